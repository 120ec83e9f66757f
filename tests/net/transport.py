# SPDX-License-Identifier: MIT
"""transport.py - transport mode with an adversary at the other end: where ESP stands in
the packet, that the rest of the packet stays what it was, and what is refused.

transport.py echo ADDR, transport.py ask ADDR: a server and its client, whose packets have
hop-by-hop and destination options both ways."""
import contextlib
import socket
import struct
import sys

import wire
from wire import (ATK4, ATK6, ETH_P_IPV6, GW4, GW6, IPPROTO_ESP, Sa, addr, checksum, filler, ipv4,
                  ipv6, same, test)

from scapy.layers.inet import UDP
from scapy.layers.inet6 import (HBHOptUnknown, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop,
                                IPv6ExtHdrRouting, RouterAlert)
from scapy.packet import Raw

HOP, ROUTING, FRAGMENT, DESTOPT, UDP_NH = 0, 43, 44, 60, 17
MTU = 1466                                  # A4.11, own header outside: 1500, IV 8, ICV 16


def dev_of(family):
    return "ipsec0" if family == 4 else "ipsec1"


def noise(frame):
    """As wire.noise(), but a packet with hop-by-hop options to one host is none"""
    if frame[12:14] == b"\x86\xdd" and frame[20] == HOP:
        return frame[38] == 0xFF
    return plain_noise(frame)


plain_noise, wire.noise = wire.noise, noise


# ---- packets ---------------------------------------------------------------

def fix4(packet):
    """Length and checksum of an IPv4 header that was changed"""
    n = (packet[0] & 15) * 4
    p = packet[:2] + struct.pack("!H", len(packet)) + packet[4:10] + b"\0\0" + packet[12:]
    return p[:10] + struct.pack("!H", checksum(p[:n])) + p[12:]


def fix6(packet):
    return packet[:4] + struct.pack("!H", len(packet) - 40) + packet[6:]


def find_esp(packet):
    """Where ESP begins, where it is announced, and the headers that are in the clear"""
    if packet[0] >> 4 == 4:
        return (packet[0] & 15) * 4, 9, []
    at, said, seen = 40, 6, []
    while packet[said] in (HOP, ROUTING, DESTOPT):
        seen.append(packet[said])
        said, at = at, at + 8 * (packet[at + 1] + 1)
    return at, said, seen


def unprotect(sa, packet):
    """The packet that was protected: the header's own bytes and what was behind it"""
    at, said, seen = find_esp(packet)
    same("protocol", packet[said], IPPROTO_ESP)
    if packet[0] >> 4 == 4:
        same("header checksum", checksum(packet[:at]), 0)
        same("length", struct.unpack("!H", packet[2:4])[0], len(packet))
    else:
        same("length", struct.unpack("!H", packet[4:6])[0], len(packet) - 40)
    sa.seq += 1
    seq, data, _, nh = sa.open(packet[at:])
    same("number", seq, sa.seq)
    p = packet[:said] + bytes([nh]) + packet[said + 1:at] + data
    return (fix4(p) if p[0] >> 4 == 4 else fix6(p)), seen


def protect(sa, packet, at=None, nh=None):
    """Protect what is behind byte "at" (without it, all that follows the IP header)"""
    if packet[0] >> 4 == 4:
        at, said = (packet[0] & 15) * 4, 9
    else:
        said, end = 6, 40
        while end < (at or 40):
            said, end = end, end + 8 * (packet[end + 1] + 1)
        at = end
    p = packet[:at] + sa.seal(packet[at:], nh=packet[said] if nh is None else nh)
    p = p[:said] + bytes([IPPROTO_ESP]) + p[said + 1:]
    return fix4(p) if p[0] >> 4 == 4 else fix6(p)


def headers(*names):
    """An IPv6 packet of scapy with these extension headers, both ways"""
    made = {"hop": lambda: IPv6ExtHdrHopByHop(options=[RouterAlert(value=7)]),
            # of an experimental type, to be skipped by those who do not know it
            "dest": lambda: IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=0x1E, optdata=b"abcdefgh")]),
            # no segment is left, so it says nothing to the one who gets it
            "route": lambda: IPv6ExtHdrRouting(type=253, segleft=0, addresses=[ATK6])}

    def build(src, dst):
        p = IPv6(src=src, dst=dst, tc=0x2E, fl=0x54321, hlim=33)
        for n in names:
            p /= made[n]()
        return bytes(p / UDP(sport=1000, dport=2000) / Raw(filler(100)))
    return build


def frag6(payload, offset=0, more=0, nh=UDP_NH, ident=1, plen=None):
    ext = struct.pack("!BBHI", nh, 0, offset | more, ident)
    return ipv6(GW6, ATK6, ext + payload, nh=FRAGMENT, plen=plen)


def frag4(payload, offset=0, more=0, ident=1):
    return ipv4(GW4, ATK4, payload, proto=UDP_NH, ident=ident, frag=offset >> 3 | (more and 0x2000))


def joined(packets):
    """An outer packet of fragments in one piece"""
    packets = sorted(packets, key=lambda p: struct.unpack("!H", p[6:8] if p[0] >> 4 == 4 else p[42:44])[0]
                     & (0x1FFF if p[0] >> 4 == 4 else 0xFFF8))
    first = packets[0]
    if first[0] >> 4 == 4:
        return fix4(first[:6] + b"\0\0" + first[8:20] + b"".join(p[20:] for p in packets))
    return fix6(first[:6] + first[40:41] + first[7:40] + b"".join(p[48:] for p in packets))


# ---- cases -----------------------------------------------------------------

@contextlib.contextmanager
def transport_sas(spi):
    """One pair for each family: {family: (in, out)}"""
    sas = {}
    for f in 4, 6:
        sas[f] = (Sa(spi + f).install(dev_of(f), "peer", "in", "mode", "transport"),
                  Sa(spi + 16 + f).install(dev_of(f), "peer", "out", "mode", "transport"))
    yield sas
    for f, (inbound, outbound) in sas.items():
        inbound.remove(dev_of(f), "peer", "in")
        outbound.remove(dev_of(f), "peer", "out")


OPTIONS = b"\x94\x04\0\0" + b"\1" * 4                     # router alert, no operation
V4 = [("plain", {}), ("DF", {"frag": 0x4000}), ("DF and an identification", {"frag": 0x4000, "ident": 77}),
      ("an identification", {"ident": 0x1234}), ("options", {"options": OPTIONS}),
      ("all options", {"options": b"\1" * 40}), ("TTL 1", {"ttl": 1}), ("TTL 255", {"ttl": 255})]
V4 += [(f"TOS {tos:#x}", {"tos": tos}) for tos in (0xB8, 0x29, 0x2A, 0x2B, 0xFF)]
V6 = [("plain", {}), ("a flow label", {"flow": 0xABCDE}), ("hop limit 1", {"hops": 1}),
      ("hop limit 255", {"hops": 255})]
V6 += [(f"class {tos:#x}", {"tos": tos}) for tos in (0xB8, 0x29, 0x2A, 0x2B, 0xFF)]
EXTENSIONS = [("hop",), ("dest",), ("hop", "dest"), ("route",), ("hop", "dest", "route", "dest"),
              ("dest", "route")]


def own_header(w, sas):
    for what, over in V4:
        with test(f"transport IPv4, {what}: the header stays the packet's own"):
            for size in 1, 2, 3, 4, 100:
                p = ipv4(GW4, ATK4, filler(size), **over)
                got = w.tx(what, p)
                same("packets", len(got), 1)
                same("packet", unprotect(sas[4][1], got[0])[0], p)
                p = ipv4(ATK4, GW4, filler(size), **over)
                w.rx(what, protect(sas[4][0], p), out=[p])
    for what, over in V6:
        with test(f"transport IPv6, {what}: the header stays the packet's own"):
            for size in 1, 2, 3, 4, 100:
                p = ipv6(GW6, ATK6, filler(size), **over)
                got = w.tx(what, p, "ipsec1")
                same("packets", len(got), 1)
                same("packet", unprotect(sas[6][1], got[0])[0], p)
                p = ipv6(ATK6, GW6, filler(size), **over)
                w.rx(what, protect(sas[6][0], p), "ipsec1", out=[p])
    for nh in 1, 2, 4, 6, 17, 41, 43, 47, 50, 51, 58, 60, 132, 255:
        with test(f"transport, next header {nh}: carried both ways"):
            for f, make, here, there in (4, ipv4, GW4, ATK4), (6, ipv6, GW6, ATK6):
                if f == 6 and nh in (43, 51, 60):
                    continue                # extension headers: below
                over = {"proto": nh} if f == 4 else {"nh": nh}
                p = make(here, there, filler(60), **over)
                same(f"IPv{f}", unprotect(sas[f][1], w.tx("out", p, dev_of(f))[0])[0], p)
                p = make(there, here, filler(60), **over)
                w.rx("in", protect(sas[f][0], p), dev_of(f), out=[p])


def interface_options(w, sas):
    with test("transport: options for outer headers do not touch the packet's own"):
        for f in 4, 6:
            wire.ipsecctl("dev", "set", dev_of(f), "dscp", "46", "ttl", "9", "df", "set", "flowlabel", "5",
                          "decap-dscp", "on")
        for f, make, here, there in (4, ipv4, GW4, ATK4), (6, ipv6, GW6, ATK6):
            for tos in 0, 0x29:
                p = make(here, there, filler(60), tos=tos)
                same(f"IPv{f}", unprotect(sas[f][1], w.tx("out", p, dev_of(f))[0])[0], p)
                p = make(there, here, filler(60), tos=tos)
                w.rx("in", protect(sas[f][0], p), dev_of(f), out=[p])
        for f in 4, 6:
            wire.ipsecctl("dev", "set", dev_of(f), "dscp", "copy", "ttl", "auto", "df", "copy",
                          "flowlabel", "0", "decap-dscp", "off")


def extensions(w, sas):
    for names in EXTENSIONS:
        with test(f"transport IPv6 with {', '.join(names)}: routers can read what is for them"):
            p = headers(*names)(GW6, ATK6)
            got = w.tx("out", p, "ipsec1")
            same("packets", len(got), 1)
            back, seen = unprotect(sas[6][1], got[0])
            same("packet", back, p)
            same("hop-by-hop options in the clear", seen[:1] == [HOP], "hop" in names)
            same("routing header in the clear", ROUTING in seen, "route" in names)
        with test(f"transport IPv6 with {', '.join(names)}: received, ESP behind any of them"):
            p = headers(*names)(ATK6, GW6)
            at, said, places = 40, 6, []
            while p[said] in (HOP, ROUTING, DESTOPT):
                if p[said] != HOP:
                    places.append(at)
                said, at = at, at + 8 * (p[at + 1] + 1)
            for place in places + [at]:
                        w.rx(f"ESP at {place}", protect(sas[6][0], p, place), "ipsec1", out=[p])
    for names in ("hop",), ("hop", "dest"):
        with test(f"transport IPv6, {', '.join(names)} behind ESP: rx_bad_nexthdr"):
            p = headers(*names)(ATK6, GW6)
            w.rx("ESP in front", protect(sas[6][0], p, 40), "ipsec1", drop="rx_bad_nexthdr")


def refused(w, sas):
    for f, make, here, there in (4, ipv4, GW4, ATK4), (6, ipv6, GW6, ATK6):
        p = make(there, here, filler(64))
        for nh in 0, 44:
            with test(f"transport IPv{f}, next header {nh} received: rx_bad_nexthdr"):
                w.rx("in", [protect(sas[f][0], p, nh=nh) for _ in range(3)], dev_of(f), drop="rx_bad_nexthdr")
        with test(f"transport IPv{f}, next header 59: rx_dummy"):
            w.rx("in", protect(sas[f][0], p, nh=59), dev_of(f), drop="rx_dummy")
        with test(f"transport IPv{f}, a source that is not in the selectors: rx_ts_mismatch"):
            for other in ("192.0.2.77", "203.0.113.1") if f == 4 else ("2001:db8::77", "2001:db9::2"):
                p = make(other, here, filler(64))
                w.rx(other, protect(sas[f][0], p), dev_of(f), drop="rx_ts_mismatch")
        with test(f"transport IPv{f}, addresses that are not the peer's: tx_transport, nothing leaves"):
            other = "192.0.2.200" if f == 4 else "2001:db8::8200"
            for src, dst in (here, other), (other, there), (other, other):
                same("sent", w.tx(f"{src} to {dst}", make(src, dst, filler(64)), dev_of(f),
                                  drop="tx_transport"), [])
        with test(f"transport IPv{f}, outside of the selectors: tx_no_peer"):
            dst = "203.0.113.9" if f == 4 else "2001:db9::9"
            same("sent", w.tx("out", make(here, dst, filler(64)), dev_of(f), drop="tx_no_peer"), [])
    with test("transport, IPv6 to a peer over IPv4 and the reverse: tx_transport"):
        wire.ipsecctl("peer", "set", "ipsec0", "peer", "selector", ATK4 + "/32", "selector", ATK6 + "/128")
        same("sent", w.tx("v6", ipv6(GW6, ATK6, filler(64)), drop="tx_transport"), [])
        wire.ipsecctl("peer", "set", "ipsec0", "peer", *SELECTORS[4])
        wire.ipsecctl("peer", "set", "ipsec1", "peer", "selector", ATK4 + "/32", "selector", ATK6 + "/128")
        same("sent", w.tx("v4", ipv4(GW4, ATK4, filler(64)), "ipsec1", drop="tx_transport"), [])
        wire.ipsecctl("peer", "set", "ipsec1", "peer", *SELECTORS[6])
    with test("transport IPv6, extension headers that do not end: tx_transport"):
        for ext in b"\x3c\x40", b"\0\0", bytes([DESTOPT, 200]) + bytes(60):
            for nh in HOP, DESTOPT, ROUTING:
                same("sent", w.tx(ext.hex(), ipv6(GW6, ATK6, ext, nh=nh), "ipsec1", drop="tx_transport"), [])


def fragments_out(w, sas):
    """What the IP layer has split is put together before it is protected"""
    data = filler(4000)
    for f, make in (4, frag4), (6, frag6):
        with test(f"transport IPv{f}, fragments in any order: one packet, fragmented outside"):
            cuts = [(0, 1400), (1400, 2800), (2800, 4000)]
            for i, order in enumerate(((0, 1, 2), (2, 1, 0), (1, 2, 0))):
                parts = [make(data[a:b], a, int(b < 4000), ident=90 + i) for a, b in cuts]
                head = 20 if f == 4 else 40
                got = w.tx("parts", [parts[n] for n in order], dev_of(f), sent=(1, head + 4000))
                same("outer fragments", len(got), 3)
                back, _ = unprotect(sas[f][1], joined(got))
                same("header", back[12:20] if f == 4 else back[8:40], addr(GW4) + addr(ATK4) if f == 4
                     else addr(GW6) + addr(ATK6))
                same("not a fragment", (back[6:8], back[9]) if f == 4 else back[6],
                     (b"\0\0", UDP_NH) if f == 4 else UDP_NH)
                same("text", back[head:], data)
    with test("transport IPv6, an atomic fragment: a packet like others"):
        got = w.tx("atomic", frag6(filler(100), ident=7), "ipsec1", sent=(1, 140))
        same("packet", unprotect(sas[6][1], got[0])[0], ipv6(GW6, ATK6, filler(100), nh=UDP_NH))


def fragments_broken(w, sas):
    nested = struct.pack("!BBHI", FRAGMENT, 0, 0, 9)
    cases = [("not a multiple of 8", frag6(filler(1301), more=1, ident=11)),
             ("beyond 65535", frag6(filler(100), offset=0xFFF8, ident=12)),
             ("without a whole UDP header", frag6(filler(4), more=1, ident=13)),
             ("no text", frag6(b"", offset=800, ident=14)),
             ("a payload length of 0", frag6(filler(64), plen=0, ident=15)),
             ("a fragment in a fragment", frag6(frag6(filler(64))[40:], nh=FRAGMENT, ident=16)),
             ("150 fragments in each other", frag6(nested * 149 + filler(64), nh=FRAGMENT, ident=17))]
    for what, p in cases:
        with test(f"transport IPv6, a broken fragment ({what}): tx_fragment"):
            same("sent", w.tx(what, p, "ipsec1", drop="tx_fragment"), [])
    with test("transport IPv6, overlapping fragments: tx_fragment"):
        same("first", w.tx("first", frag6(filler(800), more=1, ident=21), "ipsec1", sent=(0, 0)), [])
        same("sent", w.tx("overlap", frag6(filler(800), offset=400, ident=21), "ipsec1", drop="tx_fragment"), [])
    with test("transport IPv4, a broken fragment: the kernel's ReasmFails, nothing leaves"):
        before = reasm_fails()
        parts = [frag4(filler(1360), at, 1, ident=22) for at in range(0, 65280, 1360)]
        parts.append(frag4(filler(800), 65280, ident=22))
        same("sent", w.tx("beyond 65535", parts, sent=(0, 0)), [])
        same("ReasmFails", reasm_fails() - before, 1)
    with test("transport: good packets still pass"):
        for f, make, here, there in (4, ipv4, GW4, ATK4), (6, ipv6, GW6, ATK6):
            p = make(here, there, filler(64))
            same(f"IPv{f}", unprotect(sas[f][1], w.tx("good", p, dev_of(f))[0])[0], p)


def reasm_fails():
    with open("/proc/net/snmp") as f:
        names, values = [line.split() for line in f if line.startswith("Ip:")]
    return int(values[names.index("ReasmFails")])


def fragments_in(w, sas):
    with test("transport: ESP that comes in fragments is received"):
        with w.form("fragments"):
            for f, make, here, there in (4, ipv4, GW4, ATK4), (6, ipv6, GW6, ATK6):
                for size in 1, 100, 1400, 4000:
                    # they share an identification, which the whole keeps
                    over = {"ident": (wire._ident + 1) & 0xFFFF} if f == 4 else {}
                    p = make(there, here, filler(size), **over)
                    w.rx(f"IPv{f}, {size}", protect(sas[f][0], p), dev_of(f), out=[p])


def largest(w, sas):
    """The length of the outer packet is a 16-bit number"""
    for f, make, most in (4, frag4, 65535 - 20), (6, frag6, 65535):
        # IV, header, trailer and ICV, with padding to 4 bytes
        fits = (most - 8 - 8 - 16) // 4 * 4 - 2
        for size in fits, fits + 1, most:
            with test(f"transport IPv{f}, {size} bytes in fragments: "
                      + ("the largest that can be sent" if size == fits else "tx_too_big")):
                data = filler(size)
                parts = [make(data[a:a + 1400], a, int(a + 1400 < size), ident=size & 0xFFFF)
                         for a in range(0, size, 1400)]
                head = 20 if f == 4 else 40
                if size == fits:
                    got = w.tx("parts", parts, dev_of(f), sent=(1, head + size))
                    same("text", unprotect(sas[f][1], joined(got))[0][head:], data)
                else:
                    before = w.snapshot()
                    for p in parts:
                        w.ins[dev_of(f)].sendto(p, (dev_of(f), ETH_P_IPV6 if f == 6 else wire.ETH_P_IP))
                    same("sent", w.tx_fence(), [])
                    w.compare("parts", before, dev_of(f), {"tx_too_big": 1})


def sizes(w, sas):
    """A4.11: the MTU is the largest packet whose outer packet has 1500 bytes"""
    for f, make, here, there in (4, ipv4, GW4, ATK4), (6, ipv6, GW6, ATK6):
        head, df = (20, {"frag": 0x4000}) if f == 4 else (40, {})
        wire.run("ip", "link", "set", dev_of(f), "mtu", "3000")
        with test(f"A4.11 transport IPv{f}, {MTU} bytes: fit exactly"):
            got = w.tx("fits", make(here, there, filler(MTU - head), **df), dev_of(f))
            same("bytes", [len(p) for p in got], [1500])
            unprotect(sas[f][1], got[0])
        with test(f"E2.5 transport IPv{f}, {MTU + 1} bytes: tx_too_big"):
            same("sent", w.tx("too big", make(here, there, filler(MTU + 1 - head), **df), dev_of(f),
                              drop="tx_too_big"), [])
        if f == 4:
            for option in "copy", "set", "clear":
                wire.ipsecctl("dev", "set", "ipsec0", "df", option)
                with test(f"E2.5 transport IPv4, {MTU + 1} bytes, df {option}: the packet's own DF says what is done"):
                    p = ipv4(GW4, ATK4, filler(MTU + 1 - head), ident=55)
                    got = w.tx("without DF", p)
                    same("packets", len(got), 2)
                    same("packet", unprotect(sas[4][1], joined(got))[0], p)
                    p = ipv4(GW4, ATK4, filler(MTU + 1 - head), frag=0x4000)
                    same("sent with DF", w.tx("with DF", p, drop="tx_too_big"), [])
            wire.ipsecctl("dev", "set", "ipsec0", "df", "copy")
            with test("E2.5 transport IPv4 with options: they count"):
                p = make(here, there, filler(MTU - 28), options=OPTIONS, **df)
                same("sent with 28 bytes", [len(q) for q in w.tx("fits", p)], [1500])
                sas[4][1].seq += 1
                p = make(here, there, filler(MTU - 27), options=OPTIONS, **df)
                same("sent", w.tx("too big", p, drop="tx_too_big"), [])
        wire.ipsecctl("dev", "set", dev_of(f), "mtu", "auto")


SELECTORS = {4: ("selector", ATK4 + "/32", "selector", "192.0.2.128/25"),
             6: ("selector", ATK6 + "/128", "selector", "2001:db8::8000/113")}


# ---- options of sockets ----------------------------------------------------

# <linux/in6.h>; each with what asks for it to be received
OPTIONS_OF = {"hop-by-hop": (socket.IPV6_HOPOPTS, socket.IPV6_RECVHOPOPTS),
              "destination": (socket.IPV6_DSTOPTS, socket.IPV6_RECVDSTOPTS)}


def option_header(letter):
    """One option, of an experimental type that is to be skipped"""
    return b"\0\0\x1e\x04" + letter * 4


def with_options(names, letter):
    """A socket that sends with these"""
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.settimeout(20)
    for name, (option, receive) in OPTIONS_OF.items():
        s.setsockopt(socket.IPPROTO_IPV6, receive, 1)
        if name in names:
            s.setsockopt(socket.IPPROTO_IPV6, option, option_header(letter))
    return s


def received(s):
    """Data, {name of the header: its bytes behind the first, which says what follows}, from"""
    data, ancillary, _, sender = s.recvmsg(65536, 1024)
    names = {option: name for name, (option, _) in OPTIONS_OF.items()}
    return data, {names[kind]: value[1:] for _, kind, value in ancillary if kind in names}, sender


def echo(here):
    s = with_options(OPTIONS_OF, b"s")
    s.settimeout(None)
    s.bind((here, 7777))
    while True:
        data, got, sender = received(s)
        s.sendto(("+".join(sorted(got)) + "|").encode() + data, sender)


def ask(there):
    for names in [], ["hop-by-hop"], ["destination"], ["hop-by-hop", "destination"]:
        with test(f"transport IPv6, {' and '.join(names) or 'no'} options from ours, both from stock"):
            s = with_options(names, b"o")
            for size in 0, 1, 1000, 1300, 8000:
                s.sendto(filler(size), (there, 7777))
                data, got, _ = received(s)
                same(f"{size}: stock got", data, "+".join(sorted(names)).encode() + b"|" + filler(size))
                same(f"{size}: we got", got, {name: option_header(b"s")[1:] for name in OPTIONS_OF})
            s.close()
    sys.exit(wire.failures > 0)


def scenario():
    w = wire.Wire()
    for f in 4, 6:
        w.tunnel(dev_of(f), f, *SELECTORS[f][1::2])
    with transport_sas(0x7000) as sas:
        own_header(w, sas)
        interface_options(w, sas)
        extensions(w, sas)
        refused(w, sas)
        fragments_out(w, sas)
        fragments_in(w, sas)
        largest(w, sas)
        sizes(w, sas)
        fragments_broken(w, sas)


if sys.argv[1:2] == ["echo"]:
    echo(sys.argv[2])
elif sys.argv[1:2] == ["ask"]:
    ask(sys.argv[2])
else:
    wire.main(scenario)
