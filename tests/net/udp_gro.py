# SPDX-License-Identifier: MIT
"""udp_gro.py: sockets of b read what a sends as one packet of ten datagrams; run by udp_gro.sh"""
import socket
import sys

from wire import enter

UDP_SEGMENT, UDP_GRO = 103, 104
SIZE, COUNT = 1000, 10
PATIENCE = 10  # seconds


def open_in(host, family):
    enter(host)
    return socket.socket(family, socket.SOCK_DGRAM)


def sender(family):
    s = open_in('a', family)
    s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, SIZE)
    return s


def reader(family, address, merged):
    s = open_in('b', family)
    if merged:
        s.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)
    s.bind(address)
    s.settimeout(PATIENCE)
    return s


def lengths(s):
    got = []
    while sum(got) < SIZE * COUNT:
        got.append(len(s.recv(65536)))
    return got


def try_it(name, family, to, bound=None, merged=True):
    """Return: it is as it should be, and was said so."""
    bound = bound or (family, to)
    with reader(*bound, merged) as rx, sender(family) as tx:
        tx.sendto(bytes(SIZE * COUNT), to)
        got = lengths(rx)
    ok = max(got) > SIZE if merged else got == [SIZE] * COUNT
    print('ok - %s' % name if ok else 'not ok - %s: lengths %s' % (name, got))
    return ok


def main():
    results = []
    for family, address in ((socket.AF_INET, '10.0.0.2'), (socket.AF_INET6, 'fd00::2')):
        # beside one that asks for it, and whose port is another
        with reader(family, (address, 7009), True):
            results.append(try_it(f'UDP to {address}: single, as sent', family, (address, 7001), merged=False))
        results.append(try_it(f'UDP to {address}: merged for UDP_GRO', family, (address, 7002)))
        results.append(try_it(f'UDP to {address}: single again', family, (address, 7002), merged=False))
    results.append(try_it('UDP over IPv4: merged for an IPv6 socket', socket.AF_INET, ('10.0.0.2', 7005),
                          (socket.AF_INET6, ('::', 7005))))
    sys.exit(not all(results))


main()
