# SPDX-License-Identifier: MIT
"""Traffic and changes, side by side, for so many seconds; run by soak.sh.

    soak.py SECONDS

Each flow has a few datagrams under way, of 1 to 9000 bytes, and each must come back as it
was: nothing may be lost, as nothing here overruns a queue.  TCP echoes what it gets.
Meanwhile SAs are replaced, everything is dumped, other peers and SAs come and go, and the
interface's options change.  Each of these is a process.
"""
import hashlib
import itertools
import os
import random
import select
import signal
import socket
import struct
import sys
import time
import traceback

from genl import *
from hosts import enter

t = Report()
SECONDS = int(sys.argv[1])
END = time.monotonic() + SECONDS
SPOKES = {'s1': 2, 's2': 3}
HUB = {4: '10.0.0.1', 6: 'fd00::1'}
PORT = 7
WINDOW, LARGEST, PATIENCE = 4, 9000, 20
REKEY_SECONDS, GENERATIONS = 2, 3       # an old SA in is kept for some
FLOWS = 3                               # of each spoke and family
GROWTH_KB = 4096


def udp(family):
    sock = socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET, socket.SOCK_DGRAM)
    for option in (32, 33):             # SO_SNDBUFFORCE, SO_RCVBUFFORCE
        sock.setsockopt(socket.SOL_SOCKET, option, 1 << 23)
    return sock


# ---- traffic ---------------------------------------------------------------

def echo_udp(family):
    """Sends back what comes."""
    enter('hub')
    sock = udp(family)
    sock.bind((HUB[family], PORT))
    while True:
        data, sender = sock.recvfrom(65536)
        sock.sendto(data, sender)


def payload(rnd, number):
    """Anybody can tell whether it is whole: a number, bytes, and their digest."""
    size = max(1, int(LARGEST ** rnd.random()))
    if size < 24:
        return bytes([number & 0xff]) * size
    body = struct.pack('!Q', number) + rnd.randbytes(size - 16)
    return body + hashlib.blake2b(body, digest_size=8).digest()


def flow(spoke, family, n):
    """Return: the counts of datagrams sent and come back."""
    enter(spoke)
    rnd = random.Random('%s %d %d' % (spoke, family, n))
    sock = udp(family)
    sock.connect((HUB[family], PORT))
    sock.settimeout(PATIENCE)
    sent = back = 0
    while time.monotonic() < END:
        waiting = []
        for _ in range(WINDOW):
            waiting.append(payload(rnd, sent))
            sock.send(waiting[-1])
            sent += 1
        while waiting:
            try:
                data = sock.recv(65536)
            except socket.timeout:
                raise RuntimeError('%d datagrams lost, of %s bytes' % (len(waiting), [len(d) for d in waiting]))
            waiting.remove(data)        # ValueError: it is none of them
            back += 1
    return sent, back


def echo_tcp():
    enter('hub')
    listener = socket.create_server((HUB[4], PORT))
    while True:
        sock, _ = listener.accept()
        if not os.fork():
            while True:
                data = sock.recv(65536)
                if not data:
                    os._exit(0)
                sock.sendall(data)


def stream(spoke):
    """Return: the bytes that came back, as they were."""
    enter(spoke)
    sock = socket.create_connection((HUB[4], PORT), timeout=PATIENCE)
    total = 0
    while time.monotonic() < END:
        block = os.urandom(64) * 512
        sock.sendall(block)
        got = b''
        while len(got) < len(block):
            got += sock.recv(65536)
        if got != block:
            raise RuntimeError('%d bytes came back changed' % len(got))
        total += len(got)
    return total, total


# ---- changes ---------------------------------------------------------------

def genl_of(host):
    enter(host)
    return Genl(timeout=60)


class Rekey:
    """New SAs for every direction, as a key daemon makes them: none of them is missed."""
    def __init__(self):
        self.genl = {host: genl_of(host) for host in ('hub', *SPOKES)}
        self.spis = itertools.count(0x10000)
        self.pairs = [pair for s in SPOKES for pair in (('hub', s), (s, 'hub'))]
        self.inbound = {pair: [] for pair in self.pairs}

    def once(self):
        for pair in self.pairs:
            sender, receiver = pair
            spi, key = next(self.spis), os.urandom(20)
            must(self.genl[receiver].do(CMD.SA_NEW, dev(), peer_name(sender), sa(IN, spi, GCM, key)))
            must(self.genl[sender].do(CMD.SA_REPLACE, dev(), peer_name(receiver), sa(OUT, spi, GCM, key)))
            self.inbound[pair].append(spi)
            if len(self.inbound[pair]) > GENERATIONS:
                old = self.inbound[pair].pop(0)
                must(self.genl[receiver].do(CMD.SA_DEL, dev(), peer_name(sender), sa_id(IN, old)))


def rekey(keys):
    count = 0
    while time.monotonic() < END:
        time.sleep(REKEY_SECONDS)
        keys.once()
        count += 1
    return count, count


def dump():
    """Everything, as fast as it goes."""
    genl, count = genl_of('hub'), 0
    while time.monotonic() < END:
        for cmd in (CMD.DEV_GET, CMD.PEER_GET, CMD.SA_GET, CMD.ALG_GET):
            answer = genl.transact(genl.message(cmd, flags=DUMP))
            must(answer)
            count += 1
    return count, count


def churn(n):
    """Peers that nobody speaks to, with SAs, come and go."""
    genl, count, rnd = genl_of('hub'), 0, random.Random(n)
    while time.monotonic() < END:
        names = ['x%d.%d' % (n, i) for i in range(rnd.randint(1, 8))]
        for i, name in enumerate(names):
            must(genl.do(CMD.PEER_NEW, dev(), peer(name, '198.51.100.%d' % (1 + i), None, ['172.%d.%d.0/24' % (16 + n, i)])))
            spi = 0x1000 + n * 64 + i
            must(genl.do(CMD.SA_NEW, dev(), peer_name(name), sa(IN, spi)))
            must(genl.do(CMD.SA_NEW, dev(), peer_name(name), sa(OUT, spi)))
            must(genl.do(CMD.PEER_SET, dev(), peer(name, None, None, ['172.%d.%d.0/24' % (16 + n, 100 + i)])))
        for name in names:
            must(genl.do(CMD.PEER_DEL, dev(), peer_name(name)))
        count += len(names)
    return count, count


def options():
    """Options that change nothing for who is there."""
    enter('s2')
    route, count = Netlink(NETLINK_ROUTE), 0
    index = socket.if_nametoindex('ipsec0')
    for count in itertools.count():
        if time.monotonic() > END:
            return count, count
        data = [u8(K['IFLA_IPSEC_SPREAD'], count & 1), u32(K['IFLA_IPSEC_FWMARK'], count & 7)]
        body = struct.pack('=BxHiII', 0, 0, index, 0, 0) + nest(18, attr(1, 'ipsec'), nest(2, *data))
        must(route.request(16, body))
        time.sleep(0.01)


def listen():
    """Hears every change; may lose some, and is told so."""
    genl, count = genl_of('hub'), 0
    genl.listen()
    while time.monotonic() < END:
        if select.select([genl.sock], [], [], 1)[0]:
            try:
                genl.sock.recv(1 << 16)
                count += 1
            except OSError:             # ENOBUFS
                pass
    return count, count


# ---- processes -------------------------------------------------------------

def start(name, function, *arguments):
    """In a process of its own, which says on a pipe what it was worth."""
    into, out = os.pipe()
    child = os.fork()
    if child:
        os.close(out)
        return name, child, into
    try:
        result = function(*arguments)
        os.write(out, ('%d %d' % result).encode())
    except BaseException:               # pylint: disable=broad-except
        os.write(out, traceback.format_exc().encode()[-900:])
    os._exit(0)


def result(process):
    name, child, pipe = process
    text = os.read(pipe, 1 << 16).decode()
    os.waitpid(child, 0)
    os.close(pipe)
    words = text.split()
    if len(words) == 2 and words[0] == words[1] and int(words[0]) > 0:
        return name, int(words[0]), ''
    return name, 0, text or 'it died'


def memory():
    """kB that the kernel has and does not give back by itself."""
    names = ('SUnreclaim:', 'Percpu:', 'VmallocUsed:', 'KernelStack:')
    with open('/proc/meminfo') as f:
        return sum(int(line.split()[1]) for line in f if line.startswith(names))


def watch_memory():
    """Return: at a quarter of the time, and at its end."""
    time.sleep(SECONDS / 4)
    early = memory()
    time.sleep(max(0, END - time.monotonic() - 1))
    return early, memory()


# ---- counters --------------------------------------------------------------

def softnet_drops():
    with open('/proc/net/softnet_stat') as f:
        return sum(int(line.split()[1], 16) for line in f)


def settled(keys):
    """The counters when they move no more."""
    before = None
    for _ in range(100):
        now = {host: genl.counters() for host, genl in keys.genl.items()}
        if now == before:
            break
        before = now
        time.sleep(0.2)
    return now


def main():
    keys = Rekey()
    for _ in range(2):
        keys.once()
    servers = [start('echo', echo_udp, family) for family in (4, 6)] + [start('echo', echo_tcp)]
    time.sleep(1)
    flows = [start('%s IPv%d flow %d' % (s, family, n), flow, s, family, n)
             for s in SPOKES for family in (4, 6) for n in range(FLOWS)]
    streams = [start('%s TCP' % s, stream, s) for s in SPOKES]
    hammers = [start('rekeys', rekey, keys), start('dumps', dump), start('options', options),
               start('events', listen)] + [start('other peers', churn, n) for n in range(3)]
    early, late = watch_memory()
    for group, name in ((flows, 'datagrams'), (streams, 'TCP'), (hammers, 'control plane')):
        results = [result(process) for process in group]
        print('# %s: %s' % (name, ', '.join('%s %d' % r[:2] for r in results)), flush=True)
        t.ok('%s: all of it, for %d s' % (name, SECONDS), not any(r[2] for r in results),
             [r for r in results if r[2]])
    for _, child, _ in servers:
        os.kill(child, signal.SIGKILL)
    now = settled(keys)
    sent, received = (sum(c[i] for c in now.values()) for i in (1, 0))
    print('# packets: %s; memory: %d kB, then %d kB' % (now, early, late))
    t.equal('sent is received, to the packet', received, sent)
    t.equal('nothing was dropped', ([c[2] for c in now.values()], softnet_drops()), ([{}, {}, {}], 0))
    t.ok('memory does not grow', late - early < GROWTH_KB, '%d kB, then %d kB' % (early, late))
    sys.exit(t.failed > 0)


main()
