# SPDX-License-Identifier: MIT
"""pmtu.py - forged ICMP errors about ESP or AH packets of gwa: one for each line of
standard input, which is answered when it is sent.

    esp|ah SPI MTU|unreachable SRC DST [short|checksum|fragment]

short       cut off in the SPI
checksum    of ICMPv6: wrong
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


def error4(what, about):
    kind = (3, 1, 0) if what == "unreachable" else (3, 4, int(what))
    body = struct.pack("!BBHI", kind[0], kind[1], 0, kind[2]) + about
    body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    return ipv4(ROUTER4, GW4, body, proto=socket.IPPROTO_ICMP)


def error6(what, about, wrong):
    kind = (1, 3, 0) if what == "unreachable" else (2, 0, int(what))
    body = struct.pack("!BBHI", kind[0], kind[1], 0, kind[2]) + about
    pseudo = addr(ROUTER6) + addr(GW6) + struct.pack("!II", len(body), socket.IPPROTO_ICMPV6)
    body = body[:2] + struct.pack("!H", checksum(pseudo + body) ^ wrong) + body[4:]
    return ipv6(ROUTER6, GW6, body, nh=socket.IPPROTO_ICMPV6)


def forge(proto, spi, what, src, dst, how=""):
    number = {"esp": IPPROTO_ESP, "ah": IPPROTO_AH}[proto]
    behind = protected(proto, int(spi, 0), how == "short")
    if ":" not in src:
        about = ipv4(src, dst, behind, proto=number, frag=0x4000, tot_len=1400)
        family, to, packet = socket.AF_INET, GW4, error4(what, about)
    else:
        if how == "fragment":
            behind = struct.pack("!BBHI", number, 0, 1, 7) + behind
            number = NH_FRAGMENT
        about = ipv6(src, dst, behind, nh=number, plen=1360)
        family, to, packet = socket.AF_INET6, GW6, error6(what, about, how == "checksum")
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
        s.sendto(packet, (to, 0))


for line in sys.stdin:
    forge(*line.split())
    print("sent", flush=True)
