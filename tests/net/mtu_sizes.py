# SPDX-License-Identifier: MIT
"""Datagrams of every size; run by mtu.sh: "serve" ADDRESS, or WHO ADDRESS LARGEST.

What may be fragmented must be answered; what may not is answered up to LARGEST
bytes, and above it the sender is told (EMSGSIZE) and by no more than one packet.
"""
import errno
import os
import socket
import struct
import sys

SLOW = os.environ.get('IPSEC_VM') == 'qemu' or os.environ.get('IPSEC_VM_DEBUG') == '1'
STEP = 29 if SLOW else 7
MTU_DISCOVER, DONT, DO = {socket.AF_INET: 10, socket.AF_INET6: 23}, 0, 2


def serve():
    """Answers each datagram with its length."""
    addr = sys.argv[2]
    s = socket.socket(socket.AF_INET6 if ':' in addr else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((addr, 7777))
    while True:
        data, who = s.recvfrom(65536)
        s.sendto(struct.pack('!I', len(data)), who)


def open_socket(addr, discover):
    family = socket.AF_INET6 if ':' in addr else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM)
    level = socket.IPPROTO_IPV6 if family == socket.AF_INET6 else socket.IPPROTO_IP
    s.setsockopt(level, MTU_DISCOVER[family], discover)
    s.connect((addr, 7777))
    s.settimeout(2)
    return s


def ask(s, size):
    """True: answered; False: told that it is too big; a text: neither."""
    try:
        s.send(bytes(size))
        answer = s.recv(64)
    except socket.timeout:
        return 'no answer to %d' % size
    except OSError as e:
        return False if e.errno == errno.EMSGSIZE else '%d: %s' % (size, e)
    return True if struct.unpack('!I', answer)[0] == size else 'wrong answer to %d' % size


def main():
    who, addr, largest = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sizes = sorted(set(range(1, 3001, STEP)) | {largest - 1, largest, largest + 1})
    failed = 0
    for name, discover, limit in (('may be fragmented', DONT, 3000), ('must not be', DO, largest)):
        s = open_socket(addr, discover)
        # the first ones that are too big may be lost, the answers are ICMP errors: from
        # the gateway for the MTU of its interface, then for that of the way to the peer
        for _ in range(3):
            ask(s, 3000)
        bad = []
        for size in sizes:
            got = ask(s, size)
            if got != (size <= limit):
                bad.append((size, got))
                if len(bad) == 5:
                    break
        name = 'each size up to 3000, %s to %s, %s' % (who, addr, name)
        print('not ok - %s: %s' % (name, bad) if bad else 'ok - ' + name, flush=True)
        failed |= bool(bad)
    sys.exit(failed)


serve() if sys.argv[1] == 'serve' else main()
