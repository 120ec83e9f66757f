# SPDX-License-Identifier: MIT
"""hub.py - the 10,000 spokes of hub.sh, and the hub's control."""
import random
import socket
import struct
import sys
import threading

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from genl import *
from hosts import enter

N = int(sys.argv[1])
EXPERIMENT = 253     # an IP protocol of nobody, RFC 3692
t = Report()


def key(label):
    return random.Random(label).randbytes(20)


def outer(i):
    """The address of spoke i."""
    return '198.18.%d.%d' % (i // 250, i % 250 + 1)


def network(i):
    """What is behind it: a /24, and an address in the network of the next one."""
    return '10.%d.%d' % (i // 250, i % 250)


def selectors(i):
    return [network(i) + '.0/24', network((i + 1) % N) + '.77/32']


def behind(i, host):
    """An address behind spoke i: of its own network, or its one in the next's."""
    return network((i + 1) % N) + '.77' if host == 77 else '%s.%d' % (network(i), host)


def add(nl, i):
    for cmd, what in ((CMD.PEER_NEW, [peer('s%d' % i, outer(i), None, selectors(i))]),
                      (CMD.SA_NEW, [peer_name('s%d' % i), sa(IN, 0x100000 + i, key=key(2 * i))]),
                      (CMD.SA_NEW, [peer_name('s%d' % i), sa(OUT, 0x200000 + i, key=key(2 * i + 1))])):
        a = nl.do(cmd, dev(), *what)
        if a.err:
            raise OSError(a.err, a.text)


def counts(nl):
    """SPI -> packets"""
    out = {}
    for body in nl.dump(CMD.SA_GET, dev()):
        s = dict(parse(one(body, A.SA)))
        kind = STATS.RX_PACKETS if s[SA.DIR] == b'\1' else STATS.TX_PACKETS
        out[int.from_bytes(s[SA.SPI], 'big')] = int.from_bytes(one(s[SA.STATS], kind), sys.byteorder)
    return out


def ipv4(src, dst, proto, payload):
    head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), 0, 0, 64, proto, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    total = sum(struct.unpack('!10H', head))
    total = (total & 0xffff) + (total >> 16)
    total = ~(total + (total >> 16)) & 0xffff
    return head[:10] + struct.pack('!H', total) + head[12:] + payload


def seal(i, seq, inner):
    """What spoke i sends: ESP with 64-bit numbers, AES-GCM."""
    k, nonce = key(2 * i), struct.pack('!Q', seq)
    pad = -(len(inner) + 2) % 4
    text = inner + bytes(range(1, pad + 1)) + bytes([pad, 4])
    spi = struct.pack('!I', 0x100000 + i)
    return spi + struct.pack('!I', seq) + nonce + AESGCM(k[:16]).encrypt(k[16:] + nonce, text, spi + nonce)


def opened(i, esp):
    """The inner packet that the hub has sent to spoke i."""
    k = key(2 * i + 1)
    text = AESGCM(k[:16]).decrypt(k[16:] + esp[8:16], esp[16:], esp[:4] + esp[8:16])
    return text[:-2 - text[-2]]


class Wire:
    """The spokes' end: ESP packets as they come, by outer destination."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x800))
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)     # SO_RCVBUFFORCE
        self.sock.bind(('wan', 0x800))
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def esp(self, n):
        """n of them, or what comes until nothing does for five seconds."""
        out = []
        self.sock.settimeout(5)
        while len(out) < n:
            try:
                p = self.sock.recv(2048)
            except TimeoutError:
                break
            if p[9] == 50 and p[12:16] == b'\xc0\0\2\1':
                out.append(p)
        return out

    def drain(self):
        """What the hub has answered to what it was sent."""
        self.sock.settimeout(0.5)
        try:
            while True:
                self.sock.recv(2048)
        except TimeoutError:
            pass

    def send(self, i, seq, dst='10.255.255.1'):
        packet = ipv4(outer(i), '192.0.2.1', 50,
                      seal(i, seq, ipv4(behind(i, 77 if i % 2 else 5), dst, EXPERIMENT, bytes(60))))
        self.raw.sendto(packet, ('192.0.2.1', 0))


def to_all(wire, udp, order):
    """A datagram for each: it must leave to that spoke, on its SA, and be readable there."""
    index = {outer(i): i for i in range(N)}
    bad, seen = [], set()
    for at in range(0, len(order), 500):
        for i in order[at:at + 500]:
            udp.sendto(struct.pack('!I', i) + bytes(60), (behind(i, 77 if i % 2 else 9), 9))
        for p in wire.esp(len(order[at:at + 500])):
            i = index.get(socket.inet_ntoa(p[16:20]))
            esp = p[20:]
            if i is None or struct.unpack('!I', esp[:4])[0] != 0x200000 + i or \
                    opened(i, esp)[28:32] != struct.pack('!I', i):
                bad.append(p[:32])
            seen.add(i)
    return bad, len(seen)


def main():
    enter('spokes')
    wire = Wire()
    enter('hub')
    nl = Genl()
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for i in range(N):
        add(nl, i)
    info = dict(parse(one(nl.dump(CMD.DEV_GET, dev())[0], A.DEV)))
    t.equal('T14 peers and SAs', [int.from_bytes(info[k], sys.byteorder) for k in (DEV.PEERS, DEV.SAS)], [N, 2 * N])

    order = list(range(N))
    random.Random(3).shuffle(order)
    bad, seen = to_all(wire, udp, order)
    t.equal('T14 each has got its own packet, and could open it', (bad[:3], seen), ([], N))
    for i in order:
        wire.send(i, 1)
    got = counts(nl)
    t.equal('T14 each is heard', [hex(s) for s, n in got.items() if s < 0x200000 and n != 1][:5], [])
    wire.drain()

    # some come and go, the others talk
    stop = threading.Event()
    replaced = [0]

    def replace():
        control = Genl()
        while not stop.is_set():
            for i in range(0, N, N // 20):
                a = control.do(CMD.PEER_DEL, dev(), peer_name('s%d' % i))
                if a.err:
                    raise OSError(a.err, a.text)
                add(control, i)
                replaced[0] += 1
    worker = threading.Thread(target=replace)
    worker.start()
    steady = [i for i in order if i % (N // 20)]
    bad, seen = to_all(wire, udp, steady)
    stop.set()
    worker.join()
    t.equal('T14 peers replaced under traffic: the others miss nothing', (bad[:3], seen), ([], len(steady)))
    t.ok('T14 and some were replaced', replaced[0] > 20, replaced[0])
    a = nl.do(CMD.FLUSH, dev(), u32(A.FLUSH, 2))
    t.ok('T14 all are removed', a.err == 0 and not nl.dump(CMD.PEER_GET, dev()), a)
    print('# the end')


main()
sys.exit(t.failed > 0)
