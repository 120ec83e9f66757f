# SPDX-License-Identifier: MIT
"""Numbered datagrams from a to b, through what netem does to them; run by netem.sh.

    netem.py NAME COUNT

None may arrive twice; that some are lost or late is the network's doing.
"""
import socket
import struct
import sys
import time

from genl import Report
from hosts import inside

ADDRESS, PORT = '10.0.0.2', 7777
QUIET = 2           # seconds without a datagram: the last has arrived


def in_host(host):
    with inside(host):
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def main(name, count):
    into = in_host('b')
    into.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)        # SO_RCVBUFFORCE
    into.bind((ADDRESS, PORT))
    into.settimeout(QUIET)
    out = in_host('a')
    for number in range(count):
        out.sendto(struct.pack('!I', number) + bytes(number % 1200), (ADDRESS, PORT))
        if number % 20 == 0:
            time.sleep(0.002)       # the wire has no flow control
    got = []
    try:
        while True:
            got.append(struct.unpack_from('!I', into.recv(2048))[0])
    except socket.timeout:
        pass
    late = sum(1 for before, after in zip(got, got[1:]) if after < before)
    t = Report()
    t.ok('%s: no datagram arrives twice' % name, len(got) == len(set(got)) and got,
         '%d arrived, %d of them different' % (len(got), len(set(got))))
    print('# %s: %d of %d datagrams arrived, %d late' % (name, len(got), count, late))
    sys.exit(t.failed > 0)


main(sys.argv[1], int(sys.argv[2]))
