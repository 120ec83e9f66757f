# SPDX-License-Identifier: MIT
"""ah_wire.py - AH as it should be: what is sealed here we must accept, what we send must
be the same byte for byte, and of the header in front what may change en route may.

The other end is ah.py; where scapy knows the algorithm it calculates the ICV once more,
from the packet alone.
"""
import socket
import struct

import wire
from ah import (ALERT, AUTHS, CHANGES, DESTINATION, FRAGMENT, GMAC, HIGH, HOP, OTHER, ROUTING, SHA256,
                STAYS, Ah, Front, cargo, clear, dev_of, ext, icmp4, opt6, refused, routing,
                sent_front, some_suites, start, suites)
from wire import ATK4, GW4, GW6, IPPROTO_AH, NH_IPV4, filler, inner, same, test

from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6
from scapy.layers.ipsec import AH, SecurityAssociation


def scapy_ip(packet):
    return IP(packet) if packet[0] >> 4 == 4 else IPv6(packet)


def scapy_sa(sa):
    return SecurityAssociation(AH, spi=sa.spi, auth_algo=sa.scapy_name, auth_key=sa.key)


def scapy_seal(sa, packet, seq):
    """packet: what would be sent without AH"""
    peer = scapy_sa(sa)
    peer.seq_num = seq & 0xFFFFFFFF
    return bytes(peer.encrypt(scapy_ip(packet), esn_en=sa.esn, esn=seq >> 32))


def receive(w, sa, front=None, scapy=True, **more):
    """Sealed here, and by scapy: accepted.  A damaged one is not."""
    dev = dev_of(sa.family)
    front = front or (Front(4, ident=0x1234) if sa.family == 4 else Front(6))
    sa.install(dev)
    packets, want = [], []
    for payload, nh in cargo(sa):
        packets.append(sa.seal(front, payload, nh, **more))
        want.append(clear(sa, front, payload, nh))
        if scapy and sa.scapy_name:
            same(f"{sa}: scapy's packet", scapy_seal(sa, front.around(nh, payload), sa.seq), packets[-1])
    w.rx(f"{sa}", packets, dev, out=want)
    bad = bytearray(sa.seal(front, *cargo(sa)[1], **more))
    bad[-1] ^= 0x40
    w.rx(f"{sa}, damaged", bytes(bad), dev, drop="rx_auth_fail")
    stats = wire.show_sa(dev, sa.spi)["stats"]
    same(f"{sa}: counted", (stats["rx_packets"], stats["rx_bytes"], stats["drops"]),
         (len(want), sum(map(len, want)), {"rx_auth_fail": 1}))
    sa.remove(dev)


def transmit(w, sa):
    dev = dev_of(sa.family)
    sa.install(dev, "out")
    for payload, nh in cargo(sa):
        front = Front(sa.family, from_gw=True) if sa.family == 6 else Front(4, from_gw=True, ident=0x77)
        got = w.tx(f"{sa}", clear(sa, front, payload, nh), dev)
        same(f"{sa}: packets on the wire", len(got), 1)
        if sa.mode == "tunnel":
            front = sent_front(sa, payload, got[0])
        want = sa.seal(front, payload, nh)
        same(f"{sa}: on the wire", got[0], want)
        if sa.scapy_name:
            opened = scapy_sa(sa).decrypt(scapy_ip(got[0]), esn_en=sa.esn, esn=sa.seq >> 32)
            same(f"{sa}: opened by scapy", bytes(opened), front.around(nh, payload))
    sa.remove(dev, "out")


def every_suite(w):
    for auth in AUTHS:
        for family in 4, 6:
            with test(f"A3.1 A3.2 {auth} over IPv{family}, both modes, ESN on and off: accepted"):
                for sa in suites(family, auth):
                    receive(w, sa)
            with test(f"A3.1 A3.2 {auth} over IPv{family}, both modes, ESN on and off: sent"):
                for sa in suites(family, auth):
                    transmit(w, sa)


def esn(w):
    for family in 4, 6:
        for auth in SHA256, GMAC:
            with test(f"A3.2 ESN: the high half, {auth} over IPv{family}"):
                dev, front, p = dev_of(family), Front(family), inner(4, 40)
                sa = Ah(family, auth, True)
                sa.seq = HIGH - 3
                sa.install(dev)
                # both sides of the border, and back
                packets = [sa.seal(front, p, NH_IPV4, seq=HIGH + n) for n in (-2, -1, 1, 0, 2)]
                w.rx("across the border", packets, dev, out=[p] * 5)
                for high in 6, 8, 0:
                    w.rx(f"the high half is {high}", sa.seal(front, p, NH_IPV4, seq=HIGH + 3, high=high), dev,
                         drop="rx_auth_fail")
                sa.esn = False
                w.rx("a peer without ESN", sa.seal(front, p, NH_IPV4, seq=HIGH + 3), dev, drop="rx_auth_fail")
                sa.esn = True
                w.rx("the true one", sa.seal(front, p, NH_IPV4, seq=HIGH + 3), dev, out=[p])
                same("number", wire.show_sa(dev, sa.spi)["seq"], HIGH + 3)
                sa.remove(dev)
            with test(f"A3.2 no ESN, and a peer with it, {auth} over IPv{family}"):
                sa = Ah(family, auth).install(dev_of(family))
                sa.esn = True
                w.rx("a peer with ESN", sa.seal(Front(family), inner(4, 40), NH_IPV4, seq=1), dev_of(family),
                     drop="rx_auth_fail")
                sa.remove(dev_of(family))


def padding(w):
    """The padding of the ICV, where there is some"""
    for mode in "tunnel", "transport":
        with test(f"A3.1 align8 over IPv4, {mode}"):
            for auth in AUTHS:
                if AUTHS[auth][3] == AUTHS[auth][5]:
                    continue
                receive(w, Ah(4, auth, False, mode, align8=True), scapy=False)
                sa = Ah(4, auth, True, mode, align8=True)
                sa.scapy_name = None        # pads to 4 bytes alone
                transmit(w, sa)
        for family, align8 in (4, True), (6, False):
            with test(f"A3.1 nonzero padding over IPv{family} is authenticated, {mode}"):
                sa = Ah(family, SHA256, False, mode, align8).install(dev_of(family))
                front, (payload, nh) = Front(family), cargo(sa)[1]
                same("padding", sa.pad, 4)
                w.rx("nonzero", sa.seal(front, payload, nh, pad=b"\xde\xad\xbe\xef"), dev_of(family),
                     out=[clear(sa, front, payload, nh)])
                bad = bytearray(sa.seal(front, payload, nh, pad=b"\xde\xad\xbe\xef"))
                bad[(20 if family == 4 else 40) + 31] ^= 1
                w.rx("changed", bytes(bad), dev_of(family), drop="rx_auth_fail")
                sa.remove(dev_of(family))
    with test("A3.1 the other padding than the SA has: rx_bad_ah_hdr"):
        for family, align8, words in (4, False, 6), (4, True, 5), (6, False, 5):
            sa = Ah(family, SHA256, align8=align8).install(dev_of(family))
            sa.words, sa.pad = words, 4 * words - 20
            w.rx(f"{words} words over IPv{family}", sa.seal(Front(family), inner(4, 40), NH_IPV4), dev_of(family),
                 drop="rx_bad_ah_hdr")
            sa.remove(dev_of(family))


def gmac_iv(w):
    with test("A3.2 AES-GMAC: any IV is accepted, a changed one is not"):
        for family in 4, 6:
            sa = Ah(family, "aes-256-gmac").install(dev_of(family))
            front, p = Front(family), inner(4, 60)
            for iv in bytes(8), b"\xff" * 8, b"whatever":
                w.rx("IV", sa.seal(front, p, NH_IPV4, iv=iv), dev_of(family), out=[p])
            bad = bytearray(sa.seal(front, p, NH_IPV4))
            bad[(20 if family == 4 else 40) + 12] ^= 1
            w.rx("changed IV", bytes(bad), dev_of(family), drop="rx_auth_fail")
            # not RFC 4543: the ICV field with the IV in it
            right = sa.field

            def iv_not_zero(seq, data, iv):
                at = data.index(struct.pack("!I", sa.spi)) + 8
                return right(seq, data[:at] + struct.pack("!Q", seq) + data[at + 8:], iv)
            sa.field = iv_not_zero
            w.rx("IV not zero while it is calculated", sa.seal(front, p, NH_IPV4), dev_of(family),
                 drop="rx_auth_fail")
            sa.remove(dev_of(family))


# ---- options, extension headers ----------------------------------------------

ROUTE = b"\x07\x0b\x0c" + filler(8, 1)             # full: nobody adds to it
STAMP = b"\x44\x0c\x0d\x01" + filler(8, 9)          # full, one address missed, and timestamps
NOP = b"\x01"
OPTIONS = {
    "A3.4 router alert": [(ALERT, True)],
    "A3.4 no operation": [(NOP * 4, True)],
    "A3.4 security": [(b"\x82\x0b" + filler(9, 5), True)],
    "A3.4 extended security": [(b"\x85\x06" + filler(4, 5), True)],
    "A3.4 selective directed broadcast": [(b"\x95\x06" + filler(4, 5), True)],
    "A3.4 record route": [(ROUTE, False)],
    "A3.4 traceroute": [(b"\x52\x0c" + filler(10, 5), False)],
    "A3.4 an unknown option": [(b"\x5e\x06" + filler(4, 5), False)],
    "A3.4 unknown, not copied, the number of router alert": [(b"\x14\x04ab", False)],
    "A3.4 40 bytes of many": [(ALERT, True), (NOP, True), (ROUTE, False), (NOP, True),
                              (b"\x85\x06" + filler(4, 5), True), (b"\x5e\x06" + filler(4, 5), False),
                              (b"\x95\x06" + filler(4, 5), True), (NOP, True)],
    "A3.4 40 times no operation": [(NOP * 40, True)],
    "A3.4 an end and nothing": [(b"\x5e\x03x", False), (b"\0", True), (bytes(20), True)],
}
CIPSO = [(b"\x86\x10" + struct.pack("!I", 3) + b"\x01\x0a" + filler(8, 5), True)]

EXTS = {
    "A3.6 hop-by-hop": [ext(HOP, STAYS)],
    "A3.6 hop-by-hop, router alert": [ext(HOP, opt6(5, b"\0\0", True))],
    "A3.6 hop-by-hop that changes": [ext(HOP, CHANGES)],
    "A3.6 destination": [ext(DESTINATION, STAYS)],
    "A3.6 destination that changes": [ext(DESTINATION, CHANGES)],
    "A3.6 both, with both": [ext(HOP, STAYS, CHANGES), ext(DESTINATION, CHANGES, STAYS)],
    "A3.6 no data to change": [ext(HOP, opt6(0x3E, b"", False), opt6(0x1E, b"", True))],
    "A3.6 PadN and Pad1": [ext(HOP, opt6(1, b"", True), (b"\0\0", b"\0\0"))],
    "A3.6 255 bytes of data": [ext(HOP, opt6(0x3E, filler(255), False))],
    "A3.6 8 options in each of two headers": [ext(HOP, *[STAYS, CHANGES] * 4),
                                              ext(DESTINATION, *[CHANGES, STAYS] * 4)],
}
ROUTINGS = {
    "A3.5 a routing header at its end": [routing(253, 0, filler(20))],
    "E1.39 two routing headers, and others": [
        ext(HOP, CHANGES), routing(253, 0, filler(20)), routing(254, 0), ext(DESTINATION, CHANGES)],
}


def fronts():
    for name, options in OPTIONS.items():
        # scapy looks at five bits of the type alone
        yield name, Front(4, options=options, ident=5), b"\x14\x04ab" not in options[0]
    for name, exts in EXTS.items():
        yield name, Front(6, exts=exts), True
    for name, exts in ROUTINGS.items():
        # scapy thinks that there are addresses in it
        yield name, Front(6, exts=exts), False


def in_front(w):
    for name, front, scapy in fronts():
        with test(f"{name}, in front of AH over IPv{front.family}: accepted"):
            for auth in SHA256, GMAC:
                for sa in some_suites(front.family, auth):
                    receive(w, sa, front, scapy and auth == SHA256)
        with test(f"{name}, of a packet in transport mode over IPv{front.family}: sent"):
            send_in_front(w, front, scapy)


def send_in_front(w, front, scapy):
    dev, nh, p = dev_of(front.family), OTHER, filler(50)
    front = front.but(src=front.dst, dst=front.src)
    packet = front.around(nh, p)
    kinds = [e[0] for e in front.exts]
    if ROUTING in kinds and kinds[-1] == DESTINATION:
        # RFC 4302 3.1.1: for the last of all destinations, so inside
        nh, p, front = DESTINATION, bytes([nh]) + front.exts[-1][1] + p, front.but(exts=front.exts[:-1])
    for auth in SHA256, GMAC:
        sa = Ah(front.family, auth, True, "transport").install(dev, "out")
        got = w.tx(f"{sa}", packet, dev)
        same(f"{sa}: on the wire", got, [sa.seal(front, p, nh)])
        if scapy and sa.scapy_name:
            opened = scapy_sa(sa).decrypt(scapy_ip(got[0]), esn_en=True, esn=sa.seq >> 32)
            same(f"{sa}: opened by scapy", bytes(opened), packet)
        sa.remove(dev, "out")


def cipso(w):
    """A kernel with NetLabel refuses what it has no domain for, before we are asked"""
    front = Front(4, options=CIPSO)
    w.send(front.around(OTHER, b"is it refused?"))
    w.fence()
    told = [f for f in wire.drain(w.tap) if not wire.noise(f) and icmp4(f) == (1, 12)]
    with test("A3.4 CIPSO, in front of AH: accepted, or refused by the kernel's NetLabel"):
        sa = Ah(4)
        if told:
            sa.install("ipsec0")
            refused(w, "NetLabel", sa.seal(front, inner(4, 40), NH_IPV4), "ipsec0", 1)
            sa.remove("ipsec0")
        else:
            for sa in some_suites(4):
                receive(w, sa, front)
    with test("A3.4 CIPSO, of a packet in transport mode: sent"):
        send_in_front(w, front, True)


def source_route(w):
    """RFC 4302 3.3.3.1.1: the destination is that of the packet when it arrives"""
    for name, kind in ("loose", 0x83), ("strict", 0x89):
        for hops in ("192.0.2.99",), ("192.0.2.98", "192.0.2.99"):
            for done in range(len(hops) + 1):
                option = bytes([kind, 3 + 4 * len(hops), 4 + 4 * done]) + b"".join(map(wire.addr, hops))
                front = Front(4, options=[(ALERT, True), (option, False)],
                              final=hops[-1] if done < len(hops) else None)
                with test(f"A3.3 {name} source route, {done} of {len(hops)} hops done, of a packet in "
                          "transport mode: sent"):
                    # send_in_front() turns it around
                    send_in_front(w, front, False)
    wire.sysctl("net/ipv4/conf/all/accept_source_route", 1)
    for name, kind in ("loose", 0x83), ("strict", 0x89):
        with test(f"A3.3 {name} source route with a hop left, to another address of the receiver: accepted"):
            for sa in [Ah(4), Ah(4, GMAC, True)]:
                sa.install("ipsec0")
                option = bytes([kind, 7, 4]) + wire.addr(GW4)
                front = Front(4, options=[(option, False)], dst="192.0.2.3", final=GW4)
                p = inner(4, 40)
                w.rx("an ICV over the last", sa.seal(front, p, NH_IPV4), out=[p])
                w.rx("an ICV over the first", front.around(IPPROTO_AH, sa.body(front.but(final=None), p, NH_IPV4)),
                     drop="rx_auth_fail")
                sa.remove("ipsec0")
    wire.sysctl("net/ipv4/conf/all/accept_source_route", 0)


def kernel_writes(w):
    """Options in which the kernel of the receiver itself writes, before the module sees them"""
    sa = Ah(4).install("ipsec0")
    p = inner(4, 40)
    for name, option in (("record route, with room", b"\x07\x0b\x04" + bytes(8)),
                         ("timestamps, with room", b"\x44\x0c\x05\0" + bytes(8)),
                         ("timestamps, full: one more is missed", STAMP)):
        with test(f"A3.4 {name}: the receiver's own entry does not matter"):
            w.rx(name, sa.seal(Front(4, options=[(option, False)]), p, NH_IPV4), out=[p])
    with test("A3.4 a source route at its end"):
        wire.sysctl("net/ipv4/conf/all/accept_source_route", 1)
        for kind in 0x83, 0x89:
            option = bytes([kind, 7, 8]) + wire.addr("192.0.2.99")
            w.rx(f"type {kind}", sa.seal(Front(4, options=[(option, False)]), p, NH_IPV4), out=[p])
        wire.sysctl("net/ipv4/conf/all/accept_source_route", 0)
    with test("E1.38 junk behind the end of the options: the kernel makes zeros of it"):
        junk = Front(4, options=[(b"\0", True), (b"\x07\x09\xff", True)])
        zeros = Front(4, options=[(b"\0", True), (b"\0\0\0", True)])
        w.rx("an ICV over the junk", sa.seal(junk, p, NH_IPV4), drop="rx_auth_fail")
        sa.seq -= 1
        w.rx("an ICV over the zeros", junk.around(IPPROTO_AH, sa.body(zeros, p, NH_IPV4)), out=[p])
    sa.remove("ipsec0")


# ---- changed on the way ------------------------------------------------------

def en_route(w):
    # in tunnel mode the inner packet stays what it was; in transport mode the header is the packet's
    ROUTE2, STAYS2 = b"\x07\x0b\x0c" + filler(8, 77), opt6(0x3E, b"differ", False)
    changes = {4: [("TTL", dict(ttl=1)), ("TOS", dict(tos=0xB8)), ("DF", dict(frag=0x4000)),
                   ("the reserved flag", dict(frag=0x8000)), ("all of them", dict(ttl=255, tos=0xFC, frag=0x4000)),
                   ("the recorded route", dict(options=[(ROUTE2, False), (ALERT, True)]))],
               6: [("hop limit", dict(hops=1)), ("traffic class", dict(tos=0xB8)),
                   ("flow label", dict(flow=0xFFFFF)),
                   ("all of them", dict(hops=255, tos=0xFC, flow=1)),
                   ("an option's data", dict(exts=[ext(HOP, STAYS2, STAYS)]))]}
    for family, some in changes.items():
        front = Front(4, options=[(ROUTE, False), (ALERT, True)], ident=9) if family == 4 else \
            Front(6, exts=[ext(HOP, CHANGES, STAYS)])
        for name, what in some:
            with test(f"E1.40 {name} changed on the way over IPv{family}: accepted"):
                for sa in some_suites(family):
                    sa.install(dev_of(family))
                    payload, nh = cargo(sa)[1]
                    after = front.but(**what)
                    w.rx(f"{sa}", after.around(IPPROTO_AH, sa.body(front, payload, nh)), dev_of(family),
                         out=[clear(sa, after, payload, nh)])
                    sa.remove(dev_of(family))
    with test("E1.40 the IPv4 checksum is the kernel's business: a wrong one reaches nobody"):
        sa = Ah(4).install("ipsec0")
        bad = bytearray(sa.seal(Front(4), inner(4, 40), NH_IPV4))
        bad[10] ^= 1
        refused(w, "checksum", bytes(bad), "ipsec0", 0)
        sa.remove("ipsec0")


def immutable(w):
    kept = (b"\x85\x06" + filler(4, 5), True)
    fronts4 = Front(4, options=[kept, (b"\x5e\x06" + filler(4, 5), False)], ident=0x1234)
    fronts6 = Front(6, exts=[ext(HOP, STAYS, CHANGES), ext(DESTINATION, STAYS)])
    first, last = fronts6.exts
    cases = {4: [("identification", dict(ident=0x1235)), ("source", dict(src="192.0.2.4")),
                 ("a kept option", dict(options=[(b"\x85\x06" + filler(4, 6), True), fronts4.options[1]])),
                 ("the order of options", dict(options=fronts4.options[::-1])),
                 ("an option taken away", dict(options=[kept, (NOP * 6, True)]))],
             6: [("source", dict(src="2001:db8::77")),
                 ("a kept option's data", dict(exts=[ext(HOP, opt6(0x1E, b"stah", True), CHANGES), last])),
                 ("an option's type", dict(exts=[ext(HOP, STAYS, opt6(0x3D, b"change", False)), last])),
                 ("an option's length", dict(exts=[ext(HOP, STAYS, opt6(0x3E, b"chang", False)), last])),
                 ("the order of options", dict(exts=[ext(HOP, CHANGES, STAYS), last])),
                 ("a header taken away", dict(exts=[first])),
                 ("the order of headers", dict(exts=[first, routing(253, 0)]))]}
    for family, front in (4, fronts4), (6, fronts6):
        dev = dev_of(family)
        for name, what in cases[family]:
            with test(f"E1.41 {name} changed on the way over IPv{family}: rx_auth_fail"):
                for sa in some_suites(family):
                    sa.install(dev)
                    payload, nh = cargo(sa)[1]
                    seq = sa.next()
                    body = sa.body(front, payload, nh, seq=seq)
                    w.rx(f"{sa}", front.but(**what).around(IPPROTO_AH, body), dev, drop="rx_auth_fail")
                    w.rx(f"{sa}, as it was", front.around(IPPROTO_AH, body), dev,
                         out=[clear(sa, front, payload, nh)])
                    sa.remove(dev)
        with test(f"E1.41 length changed over IPv{family}: rx_auth_fail"):
            sa = Ah(family).install(dev)
            body = sa.body(front, inner(4, 40), NH_IPV4)
            for other in body + b"\0", body + bytes(4), body[:-1], body[:-40]:
                w.rx(f"{len(other)} for {len(body)}", front.around(IPPROTO_AH, other), dev, drop="rx_auth_fail")
            sa.remove(dev)
        with test(f"E1.41 destination changed over IPv{family}: not ours, or rx_auth_fail"):
            sa = Ah(family).install(dev)
            elsewhere = front.but(dst="192.0.2.3" if family == 4 else "2001:db8::3")
            body = sa.body(front, inner(4, 40), NH_IPV4)
            w.rx("the peer has a local address", elsewhere.around(IPPROTO_AH, body), dev, foreign=1)
            wire.ipsecctl("peer", "set", dev, "peer", "local", "any")
            w.rx("it has none", elsewhere.around(IPPROTO_AH, body), dev, drop="rx_auth_fail")
            wire.ipsecctl("peer", "set", dev, "peer", "local", GW4 if family == 4 else GW6)
            sa.remove(dev)


# ---- buffers, fragments ------------------------------------------------------

def forms(w):
    """The packet is worked on in place: never on what others hold"""
    for form, text in (("cloned", "cloned"), ("paged", "in foreign pages"), ("fragments", "in fragments")):
        for mode in "tunnel", "transport":
            with test(f"A3.7 E1.28 {mode} packets, {text}"), w.form(form):
                if form == "fragments":
                    w.send = lambda packet: in_fragments(w, packet)
                for family in 4, 6:
                    for auth in SHA256, GMAC:
                        sa = Ah(family, auth, True, mode).install(dev_of(family))
                        for payload, nh in cargo(sa):
                            front = Front(4, ident=0x4321) if family == 4 else Front(6)
                            if form == "fragments" and family == 4:
                                packet, front = reassembled(sa, payload, nh)
                            else:
                                packet = sa.seal(front, payload, nh)
                            w.rx(f"{sa}", packet, dev_of(family), out=[clear(sa, front, payload, nh)])
                        sa.remove(dev_of(family))


def in_fragments(w, packet):
    """The kernel wants all headers of an IPv6 packet, AH too, in the first fragment"""
    head, first = (40, 48) if packet[0] >> 4 == 6 else (20, 8)
    body = len(packet) - head
    for f in [packet] if body <= first else wire.fragments(packet, [first, 16, max(8, body // 24 * 8)]):
        w.send_plain(f)


def reassembled(sa, payload, nh):
    """fragments() gives a new identification, which AH covers: know it before"""
    front = Front(4, ident=(wire._ident + 1) & 0xFFFF)
    return sa.seal(front, payload, nh), front


def atomic(w):
    """RFC 6946: a fragment that is all of the packet, made after AH"""
    body = b"\0\0\0" + struct.pack("!I", 99)
    for mode in "tunnel", "transport":
        with test(f"E1.39 A3.7 fragment header with offset 0 and no more fragments, {mode}: skipped"):
            for exts in [], [ext(HOP, CHANGES)], [ext(HOP, STAYS), routing(253, 0)]:
                for auth in SHA256, GMAC:
                    sa = Ah(6, auth, True, mode).install("ipsec1")
                    payload, nh = cargo(sa)[1]
                    front = Front(6, exts=exts)
                    whole = front.but(exts=[*exts, (FRAGMENT, body, body)])
                    w.rx(f"{len(exts)} others", whole.around(IPPROTO_AH, sa.body(front, payload, nh)), "ipsec1",
                         out=[clear(sa, whole, payload, nh)])
                    w.rx("an ICV over the fragment header", sa.seal(whole, payload, nh), "ipsec1",
                         drop="rx_auth_fail")
                    sa.remove("ipsec1")


def ecn(w):
    with test("E1.27 the outer congestion mark, which AH does not cover, over both"):
        for family in 4, 6:
            sa = Ah(family).install(dev_of(family))
            front = Front(family, tos=3)
            w.rx("CE, ECT(0) inside", sa.seal(front, inner(4, 40, tos=2), NH_IPV4), dev_of(family),
                 out=[inner(4, 40, tos=3)])
            w.rx("CE, not ECT inside", sa.seal(front, inner(4, 40), NH_IPV4), dev_of(family), drop="rx_ecn_drop")
            sa.remove(dev_of(family))


def gso(w):
    """The lengths that AH covers are those of the segments, and each has its number"""
    for family, mode in (4, "tunnel"), (6, "tunnel"), (4, "transport"):
        with test(f"A3.9 UDP GSO, {mode} over IPv{family}: each segment is a packet of its own"):
            dev, head = dev_of(family), 20 if family == 4 else 40
            here, there = ("10.77.0.1", "10.77.0.2") if mode == "tunnel" else (GW4, ATK4)
            if mode == "tunnel":
                wire.run("ip", "addr", "add", here + "/24", "dev", dev)
            else:
                wire.run("ip", "route", "add", there, "dev", dev, "src", here)
            sa = Ah(family, SHA256, True, mode).install(dev, "out")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.bind((here, 5000))
                for size, total in (100, 4321), (1000, 30000):
                    s.setsockopt(17, 103, size)             # UDP_SEGMENT
                    data, before, text = filler(total), w.snapshot(), b""
                    s.sendto(data, (there, 6000))
                    frames = w.tx_fence()
                    n = -(-total // size)
                    same("packets", len(frames), n)
                    w.compare(f"{total} in {size}", before, dev, {}, tx=(n, total + 28 * n))
                    for got in (f[14:] for f in frames):
                        payload = got[head + 4 * (sa.words + 2):]
                        front = Front(family, from_gw=True)
                        if family == 4:
                            ident, frag = struct.unpack("!HH", got[4:8])
                            front = Front(4, from_gw=True, ident=ident, frag=frag)
                        same("on the wire", got, sa.seal(front, payload, NH_IPV4 if mode == "tunnel" else 17))
                        text += payload[28 if mode == "tunnel" else 8:]
                    same(f"{total} in {size}: text", text, data)
            sa.remove(dev, "out")
            if mode == "tunnel":
                wire.run("ip", "addr", "del", here + "/24", "dev", dev)
            else:
                wire.run("ip", "route", "del", there, "dev", dev)


def scenario():
    w = start()
    every_suite(w)
    esn(w)
    padding(w)
    gmac_iv(w)
    in_front(w)
    cipso(w)
    source_route(w)
    kernel_writes(w)
    en_route(w)
    immutable(w)
    forms(w)
    atomic(w)
    ecn(w)
    gso(w)


wire.main(scenario)
