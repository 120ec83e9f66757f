# SPDX-License-Identifier: MIT
"""Traffic for asynchronous ciphers, between the hosts a and b; run by async.sh.

    async.py order NAME ADDRESS    numbered datagrams from a to ADDRESS, which is b's
    async.py held NAME DIRECTION WHAT
        as many as HELD are in the cipher of a (DIRECTION out) or of b (in), which is
        cryptd's, when WHAT happens to its side: sa, peer, down, dev, netns, overflow

cryptd works in a thread of the processor that the packet was on.  While a real-time
process has this processor the thread cannot run: what was sent is in the queue.
"""
import os
import socket
import struct
import subprocess
import sys

from genl import *
from hosts import enter

t = Report()
PORT, BURST = 7777, 200
UDP_SEGMENT, SEGMENT, SEGMENTS = 103, 1000, 40
HELD = 300
QUEUE = 1000        # cryptd's, by default
INNER = '10.0.0.2'


def receiver(host, address):
    enter(host)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 22)     # SO_RCVBUFFORCE
    sock.bind((address, PORT))
    sock.settimeout(10)
    return sock


def sender(host):
    enter(host)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, 32, 1 << 22)     # SO_SNDBUFFORCE
    return sock


def numbers(sock, count):
    """The first number of each datagram, until there are so many or no more."""
    got = []
    try:
        while len(got) < count:
            got.append(struct.unpack_from('!I', sock.recv(2048))[0])
    except socket.timeout:
        pass
    return got


def in_order(name, got, count):
    t.ok('%s arrive in their order' % name, got == list(range(count)),
         '%d arrived, first out of order: %s' % (len(got), [(i, n) for i, n in enumerate(got) if i != n][:5]))


def order(name, address):
    """cryptd keeps the order of a processor, so there is one."""
    os.sched_setaffinity(0, {0})
    into, out = receiver('b', address), sender('a')
    got = []
    for burst in range(5):
        for n in range(BURST):
            out.sendto(struct.pack('!I', burst * BURST + n) + bytes(40 + n * 5), (address, PORT))
        got += numbers(into, BURST)
    in_order('%s: %d datagrams' % (name, 5 * BURST), got, 5 * BURST)

    # and those that one call sends, which come in one go
    out.setsockopt(socket.SOL_UDP, UDP_SEGMENT, SEGMENT)
    got = []
    for first in range(0, 5 * BURST, SEGMENTS):
        out.sendto(b''.join(struct.pack('!I', first + n) + bytes(SEGMENT - 4) for n in range(SEGMENTS)),
                   (address, PORT))
        got += numbers(into, SEGMENTS)
    in_order('%s: %d segments' % (name, 5 * BURST), got, 5 * BURST)


def happen(what, host, direction, genl):
    other, spi = ('b', 0x1002) if host == 'a' else ('a', 0x1002)
    if what == 'sa':
        return genl.do(CMD.SA_DEL, dev(), peer_name(other), sa_id(OUT if direction == 'out' else IN, spi)).err
    if what == 'peer':
        return genl.do(CMD.PEER_DEL, dev(), peer_name(other)).err
    if what == 'down':
        return subprocess.call(['ip', '-n', host, 'link', 'set', 'ipsec0', 'down'])
    if what == 'dev':
        return subprocess.call(['ip', '-n', host, 'link', 'del', 'ipsec0'])
    if what == 'netns':
        genl.close()
        enter('a' if host == 'b' else 'b')
        return subprocess.call(['ip', 'netns', 'del', host])
    return 0


def held(name, direction, what):
    """Nothing of it waits: the thread of the cipher runs only when we sleep."""
    host = 'a' if direction == 'out' else 'b'
    count = QUEUE + 100 if what == 'overflow' else HELD
    into, out = receiver('b', INNER), sender('a')
    enter(host)
    genl = Genl()
    before = genl.counters()
    if what == 'netns' and host == 'b':
        into.close()
    os.sched_setaffinity(0, {0})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    for n in range(count):
        out.sendto(struct.pack('!I', n) + bytes(100), (INNER, PORT))
    inside = genl.counters()
    if what == 'netns' and host == 'a':
        out.close()
    err = happen(what, host, direction, genl)
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    moved = [x - y for x, y in zip(inside[:2], before[:2])]
    t.equal('%s: %d are in the cipher' % (name, min(count, QUEUE)), (moved, err), ([0, 0], 0))
    if what == 'netns' and host == 'b':
        return
    # an interface is deaf some time after it was told to go down
    least, most = (0 if direction == 'in' and what in ('peer', 'down', 'dev') else min(count, QUEUE)), min(count, QUEUE)
    if what == 'peer' and direction == 'in':
        most = 0
    into.settimeout(10 if least else 1)
    got = numbers(into, most or 1)
    t.ok('%s: %s come out of it, in their order' % (name, least if least == most else 'some'),
         least <= len(got) <= most and got == list(range(len(got))),
         '%d: %s' % (len(got), [(i, n) for i, n in enumerate(got) if i != n][:5]))
    if what in ('dev', 'netns'):
        return
    after = genl.counters()
    drops = {k: v - before[2].get(k, 0) for k, v in after[2].items() if v != before[2].get(k, 0)}
    why = {('in', 'peer'): 'rx_ts_mismatch', ('in', 'down'): 'rx_dev_down',
           ('in', 'overflow'): 'rx_crypto_err', ('out', 'overflow'): 'tx_crypto_err'}.get((direction, what))
    t.equal('%s: every other one is counted' % name, drops, {why: count - len(got)} if count > len(got) else {})


if __name__ == '__main__':
    {'order': order, 'held': held}[sys.argv[1]](*sys.argv[2:])
    sys.exit(t.failed > 0)
