# SPDX-License-Identifier: MIT
"""200 peers beside those that are there; run by peers.sh on the hub."""
import os
import random
import socket
import sys
import time

from genl import *

N = 200
t = Report()
nl = Genl()
before = nl.state()
bad = []
for i in range(N):
    for cmd, parts in ((CMD.PEER_NEW, peer('n%d' % i, '192.0.2.%d' % (20 + i), None,
                                           ['10.64.%d.0/24' % i, '10.64.%d.7/32' % i, 'fd64:%x::/48' % i])),
                       (CMD.SA_NEW, sa(IN, 0x10000 + i)), (CMD.SA_NEW, sa(OUT, 0x20000 + i))):
        a = nl.do(cmd, dev(), *([parts] if cmd == CMD.PEER_NEW else [peer_name('n%d' % i), parts]))
        if a.err:
            bad.append((i, a))
t.ok('T14 %d peers with two SAs each' % N, not bad, bad[:3])

# one packet for each, in any order: it must go out on that peer's SA
order = list(range(N))
random.Random(3).shuffle(order)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in order:
    udp.sendto(bytes(100), ('10.64.%d.%d' % (i, 7 if i % 2 else 99), 9))
time.sleep(0.05)
wrong = []
for body in nl.dump(CMD.SA_GET, dev()):
    s = dict(parse(one(body, A.SA)))
    spi = int.from_bytes(s[SA.SPI], 'big')
    n = int.from_bytes(one(s[SA.STATS], STATS.TX_PACKETS), sys.byteorder)
    if 0x20000 <= spi < 0x20000 + N and n != 1:
        wrong.append((hex(spi), n))
t.ok('each of them got its packet', not wrong, wrong[:5])

for i in order:
    a = nl.do(CMD.PEER_DEL, dev(), peer_name('n%d' % i))
    if a.err:
        bad.append((i, a))
t.ok('all are removed again', not bad and nl.state() == before, bad[:3])
sys.exit(t.failed > 0)
