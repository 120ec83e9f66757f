# SPDX-License-Identifier: MIT
"""pmtu.py - forged ICMP errors about ESP or AH packets of gwa: one for each line of
standard input, which is answered when it is sent.

    esp|ah SPI MTU|unreachable SRC DST [short|checksum|fragment]

short       cut off in the SPI
checksum    wrong
fragment    IPv6: about a first fragment
"""
import socket
import struct
import sys
from wire import IPPROTO_AH, IPPROTO_ESP, addr, checksum, filler, ipv4, ipv6

ROUTER4, GW4 = "192.0.2.254", "192.0.2.1"
ROUTER6, GW6 = "2001:db8:1::ff", "2001:db8:1::1"
NH_TCP, NH_FRAGMENT = 6, 44


def protected(proto, spi, short):
    """What follows the outer header of the packet that the error is about."""
    head = struct.pack("!II", spi, 77)
    if proto == "ah":
        # in transport mode, with TCP behind it
        head = struct.pack("!BBH", NH_TCP, 6, 0) + head + filler(40)
    if short:
        head = head[:6 if proto == "ah" else 2]
    return head


def error(six, what, about, wrong):
    """To gwa, whoever the packet that it is about claims to be from."""
    unreachable, too_big = ((1, 3), (2, 0)) if six else ((3, 1), (3, 4))
    kind, mtu = (unreachable, 0) if what == "unreachable" else (too_big, int(what))
    body = struct.pack("!BBHI", *kind, 0, mtu) + about
    pseudo = b""
    if six:
        pseudo = addr(ROUTER6) + addr(GW6) + struct.pack("!II", len(body), socket.IPPROTO_ICMPV6)
    body = body[:2] + struct.pack("!H", checksum(pseudo + body) ^ wrong) + body[4:]
    if six:
        return ipv6(ROUTER6, GW6, body, nh=socket.IPPROTO_ICMPV6)
    return ipv4(ROUTER4, GW4, body, proto=socket.IPPROTO_ICMP)


def forge(proto, spi, what, src, dst, how=""):
    six = ":" in src
    number = {"esp": IPPROTO_ESP, "ah": IPPROTO_AH}[proto]
    behind = protected(proto, int(spi, 0), how == "short")
    if how == "fragment":
        behind = struct.pack("!BBHI", number, 0, 1, 7) + behind
        number = NH_FRAGMENT
    if six:
        about = ipv6(src, dst, behind, nh=number, plen=1360)
    else:
        about = ipv4(src, dst, behind, proto=number, frag=0x4000, tot_len=1400)
    with socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
        s.sendto(error(six, what, about, how == "checksum"), (GW6 if six else GW4, 0))


for line in sys.stdin:
    forge(*line.split())
    print("sent", flush=True)
