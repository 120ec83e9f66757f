# SPDX-License-Identifier: MIT
"""hostile_ah.py - what an attacker, or a peer gone mad, may send as AH, and as ESP inside
AH: each packet ends in the counter that names what is wrong with it, and in no other.

What the kernel's own IP layer refuses before anybody is asked is in here too: then no
counter moves, and the test says so.
"""
import socket
import struct

import wire
from ah import (ALERT, CHANGES, DESTINATION, FRAGMENT, GMAC, HIGH, HOP, OTHER, SHA256, STAYS, Ah, Front,
                cargo, clear, dev_of, ext, new_spi, opt6, refused, routing, sent_front, start)
from wire import ATK4, GW4, IPPROTO_AH, IPPROTO_ESP, NH_IPV4, NH_IPV6, NH_NONE, Sa, filler, inner, same, test


# ---- options, extension headers ----------------------------------------------

def malformed4(w):
    with test("E1.38 malformed IPv4 options: the kernel refuses them before we are asked"):
        for mode in "tunnel", "transport":
            sa = Ah(4, mode=mode).install("ipsec0")
            for name, option in (
                    ("length 0", b"\x94\x00\0\0"), ("length 1", b"\x94\x01\0\0"),
                    ("unknown, length 0", b"\x5e\0\0\0"), ("unknown, length 1", b"\x5e\x01\0\0"),
                    ("beyond the header by one", b"\x94\x05\0\0"), ("255 bytes", b"\x5e\xff\0\0"),
                    ("a type without a length", b"\x01\x01\x01\x5e"),
                    ("behind a good one", ALERT + b"\x07\x05\x04\0"),
                    ("record route that points before itself", b"\x07\x07\x03" + bytes(5)),
                    ("router alert of 3 bytes", b"\x94\x03\0\0")):
                refused(w, name, sa.seal(Front(4, options=[(option, True)]), inner(4, 40), NH_IPV4),
                        "ipsec0", 1)
            sa.remove("ipsec0")
    with test("E1.38 source route, which the kernel does not accept: no counter of ours"):
        sa = Ah(4).install("ipsec0")
        option = b"\x83\x07\x08" + wire.addr("192.0.2.99")
        refused(w, "at its end", sa.seal(Front(4, options=[(option, False)]), inner(4, 40), NH_IPV4), "ipsec0", 0)
        sa.remove("ipsec0")
    with test("E1.38 malformed options of a packet to be sent in transport mode: tx_not_ip"):
        sa = Ah(4, mode="transport").install("ipsec0", "out")
        for option in b"\x94\x00\0\0", b"\x94\x01\0\0", b"\x94\x05\0\0", b"\x5e\xff\0\0", b"\x01\x01\x01\x5e":
            front = Front(4, options=[(option, True)], from_gw=True)
            w.tx(option.hex(), front.around(OTHER, filler(20)), drop="tx_not_ip")
        sa.remove("ipsec0", "out")


def malformed6(w):
    for mode in "tunnel", "transport":
        sa = Ah(6, mode=mode).install("ipsec1")
        payload, nh = cargo(sa)[1]

        def sealed(*exts, **more):
            return sa.seal(Front(6, exts=exts), payload, nh, **more)
        with test(f"E1.39 malformed hop-by-hop and destination options, {mode}: the kernel drops them"):
            for kind in HOP, DESTINATION:
                for name, body in (
                        ("option past the header by one", b"\0\x1e\x05stay"),
                        ("option of 255 bytes", b"\0\x1e\xffstay"),
                        ("a type without a length", b"\0\0\0\0\0\0\x1e"),
                        ("8 times Pad1", b"\1" + bytes(8) + b"\x1e\4stay")):
                    refused(w, name, sealed((kind, body, body)), "ipsec1", 0)
                refused(w, "9 options", sealed(ext(kind, *[STAYS] * 9)), "ipsec1", 0)
                storm = b"\xff" + bytes(2046)
                refused(w, "2046 times Pad1", sealed((kind, storm, storm)), "ipsec1", 0)
        with test(f"E1.39 routing header with segments left, {mode}: the kernel refuses it"):
            for kind in 0, 253:
                refused(w, f"type {kind}", sealed(routing(kind, 1, bytes(20))), "ipsec1", 1)
        with test(f"E1.39 routing header of type 0 at its end, {mode}: rx_bad_opts"):
            w.rx("alone", sealed(routing(0, 0, bytes(20))), "ipsec1", drop="rx_bad_opts")
            w.rx("the second", sealed(routing(253, 0), routing(0, 0)), "ipsec1", drop="rx_bad_opts")
            w.rx("among others", sealed(ext(HOP, CHANGES), routing(0, 0), ext(DESTINATION, STAYS)), "ipsec1",
                 drop="rx_bad_opts")
        with test(f"E1.39 what is refused has not spent its number, {mode}"):
            seq = sa.next()
            w.rx("refused", sealed(routing(0, 0, bytes(20)), seq=seq), "ipsec1", drop="rx_bad_opts")
            front = Front(6)
            w.rx("the same number", sa.seal(front, payload, nh, seq=seq), "ipsec1",
                 out=[clear(sa, front, payload, nh)])
        many_options(w, sa, mode)
        sa.remove("ipsec1")
    with test("A3.5 a packet to be sent in transport mode, with segments left or of type 0: tx_not_ip"):
        sa = Ah(6, mode="transport").install("ipsec1", "out")
        for r in routing(253, 1), routing(0, 0), routing(0, 1, bytes(20)):
            w.tx("routing header", Front(6, exts=[r], from_gw=True).around(OTHER, filler(20)), "ipsec1",
                 drop="tx_not_ip")
        sa.remove("ipsec1", "out")


def many_options(w, sa, mode):
    """With the kernel's limits lifted: what reaches the module"""
    limits = "hbh_opts_number", "dst_opts_number"
    was = {}
    for limit in limits:
        with open(f"/proc/sys/net/ipv6/max_{limit}") as f:
            was[limit] = f.read()
        wire.sysctl(f"net/ipv6/max_{limit}", 5000)
    tiny = [opt6(0x1E, b"", True), opt6(0x3E, b"", False)]
    data = [opt6(0x1E, b"abc", True), opt6(0x3E, b"def", False)]
    payload, nh = cargo(sa)[1]
    with test(f"E1.39 1000 options and all that fits the limit of 2048 bytes, {mode}: accepted"):
        for name, exts in (("400 with data", [ext(HOP, *data * 190)]),
                           ("1000 without", [ext(HOP, *tiny * 497)]),
                           ("in two headers", [ext(HOP, *tiny * 250), ext(DESTINATION, *tiny * 240)])):
            front = Front(6, exts=exts)
            w.rx(name, sa.seal(front, payload, nh), "ipsec1", out=[clear(sa, front, payload, nh)])
    with test(f"E1.39 2000 options, {mode}: rx_bad_opts"):
        for name, exts in (("2000 options", [ext(HOP, *tiny * 500), ext(DESTINATION, *tiny * 500)]),
                           ("8 bytes more than the limit", [ext(HOP, *tiny * 503)])):
            w.rx(name, sa.seal(Front(6, exts=exts), payload, nh), "ipsec1", drop="rx_bad_opts")
    for limit in limits:
        wire.sysctl(f"net/ipv6/max_{limit}", was[limit])


# ---- the header --------------------------------------------------------------

def bits(w):
    """Every bit of AH and of what is inside"""
    for family in 4, 6:
        dev, front = dev_of(family), Front(family)
        for auth in SHA256, GMAC:
            with test(f"E1.41 every bit of AH and of the packet, {auth} over IPv{family}"):
                sa = Ah(family, auth).install(dev, "in", "replay-window", 64)
                w.rx("one before", sa.seal(front, inner(4, 40), NH_IPV4, seq=100), dev, out=[inner(4, 40)])
                packet = sa.seal(front, inner(4, 40), NH_IPV4, seq=101)
                head, drop, some, foreign = len(packet) - 40 - 4 * (sa.words + 2), {}, [], 0
                for bit in range(8 * head, 8 * len(packet)):
                    b = bytearray(packet)
                    b[bit >> 3] ^= 0x80 >> (bit & 7)
                    at = (bit >> 3) - head
                    why = "rx_auth_fail"
                    if at == 1:
                        why = "rx_bad_ah_hdr"
                    elif 4 <= at < 8:
                        foreign += 1
                        why = None
                    elif 8 <= at < 12:
                        seq = struct.unpack("!I", b[head + 8:head + 12])[0]
                        why = "rx_auth_fail" if seq > 100 else "rx_replay_dup" if seq == 100 else \
                            "rx_auth_fail" if seq > 36 else "rx_replay_old"
                    if why:
                        drop[why] = drop.get(why, 0) + 1
                    some.append(bytes(b))
                w.rx("flipped", some, dev, drop=drop, foreign=foreign)
                w.rx("the true one", packet, dev, out=[inner(4, 40)])
                same("number", wire.show_sa(dev, sa.spi)["seq"], 101)
                sa.remove(dev)


def lengths(w):
    for family in 4, 6:
        for auth in SHA256, "hmac-sha1-96", GMAC:
            dev, front = dev_of(family), Front(family)
            sa = Ah(family, auth).install(dev)
            size = 4 * (sa.words + 2)
            with test(f"E1.37 PayloadLen 0, 1, all others, {auth} over IPv{family}: rx_bad_ah_hdr"):
                some = [sa.seal(front, inner(4, 200), NH_IPV4, seq=1, words=n) for n in range(256)
                        if n != sa.words]
                w.rx("PayloadLen", some, dev, drop="rx_bad_ah_hdr")
                w.rx("the right one", sa.seal(front, inner(4, 200), NH_IPV4), dev, out=[inner(4, 200)])
            with test(f"E1.37 0 to 11 bytes behind the header, {auth} over IPv{family}: not ours"):
                body = sa.body(front, inner(4, 40), NH_IPV4, seq=2)
                for n in range(12):
                    w.rx(f"{n} bytes", front.around(IPPROTO_AH, body[:n]), dev, foreign=1)
            with test(f"E1.37 AH longer than the packet, {auth} over IPv{family}: rx_bad_ah_hdr"):
                w.rx("cut", [front.around(IPPROTO_AH, body[:n]) for n in range(12, size)], dev,
                     drop="rx_bad_ah_hdr")
                for words in 255, 63, sa.words + 2:
                    w.rx(f"PayloadLen {words}", sa.seal(front, b"", NH_IPV4, seq=2, words=words), dev,
                         drop="rx_bad_ah_hdr")
            with test(f"E1.37 AH and nothing behind it, {auth} over IPv{family}"):
                w.rx("cut there", front.around(IPPROTO_AH, body[:size]), dev, drop="rx_auth_fail")
                w.rx("authentic, IPv4", sa.seal(front, b"", NH_IPV4), dev, drop="rx_bad_inner")
                w.rx("authentic, IPv6", sa.seal(front, b"", NH_IPV6), dev, drop="rx_bad_inner")
                w.rx("authentic, a dummy", sa.seal(front, b"", NH_NONE), dev, drop="rx_dummy")
            with test(f"E1.37 reserved field not zero, {auth} over IPv{family}: accepted, if authentic"):
                p = inner(6, 60)
                for reserved in 1, 0x8000, 0xFFFF:
                    w.rx(f"{reserved:#x}", sa.seal(front, p, NH_IPV6, reserved=reserved), dev, out=[p])
            sa.remove(dev)


def next_headers(w):
    for family in 4, 6:
        dev, front = dev_of(family), Front(family)
        sa = Ah(family).install(dev)
        with test(f"E1.17 next header in tunnel mode over IPv{family}: rx_bad_nexthdr"):
            for nh in 0, 1, 2, 3, 5, 6, 17, 43, 44, 47, 50, 51, 58, 60, 108, 253, 255:
                w.rx(f"{nh}", sa.seal(front, inner(4, 40), nh), dev, drop="rx_bad_nexthdr")
        with test(f"E1.18 inner packet of the other version over IPv{family}: rx_bad_inner"):
            w.rx("IPv6 under 4", sa.seal(front, inner(6, 60), NH_IPV4), dev, drop="rx_bad_inner")
            w.rx("IPv4 under 41", sa.seal(front, inner(4, 60), NH_IPV6), dev, drop="rx_bad_inner")
            w.rx("cut", sa.seal(front, inner(4, 60)[:-1], NH_IPV4), dev, drop="rx_bad_inner")
        with test(f"E1.16 a dummy over IPv{family} spends its number"):
            packet = sa.seal(front, filler(100), NH_NONE)
            w.rx("first", packet, dev, drop="rx_dummy")
            w.rx("again", packet, dev, drop="rx_replay_dup")
        with test(f"A1.11 so does what is authentic and nonsense, over IPv{family}"):
            packet = sa.seal(front, filler(100), 17)
            w.rx("first", packet, dev, drop="rx_bad_nexthdr")
            w.rx("again", packet, dev, drop="rx_replay_dup")
        sa.remove(dev)
        sa = Ah(family, mode="transport").install(dev)
        with test(f"E1.17 next header in transport mode over IPv{family}"):
            for nh in HOP, FRAGMENT:
                w.rx(f"{nh}", sa.seal(front, filler(40), nh), dev, drop="rx_bad_nexthdr")
            w.rx("dummy", sa.seal(front, filler(40), NH_NONE), dev, drop="rx_dummy")
            w.rx("another", sa.seal(front, filler(40), OTHER), dev, out=[front.around(OTHER, filler(40))])
        sa.remove(dev)


def replay(w):
    for family in 4, 6:
        for esn_on in False, True:
            dev, front, p = dev_of(family), Front(family), inner(4, 40)
            with test(f"E1.9 replay, ESN {'on' if esn_on else 'off'}, over IPv{family}"):
                sa = Ah(family, SHA256, esn_on)
                base = sa.seq = HIGH if esn_on else 0
                sa.install(dev, "in", "replay-window", 64)

                def at(n):
                    return sa.seal(front, p, NH_IPV4, seq=base + n)
                if not esn_on:
                    w.rx("number 0", at(0), dev, drop="rx_replay_old")
                w.rx("some", [at(1), at(3), at(2), at(100)], dev, out=[p] * 4)
                w.rx("again", [at(100), at(37 + 63)], dev, drop="rx_replay_dup")
                w.rx("the left edge", at(37), dev, out=[p])
                w.rx("again, and one more", [at(37)], dev, drop="rx_replay_dup")
                bad = bytearray(at(5000))
                bad[-1] ^= 1
                w.rx("forged, far on the right", bytes(bad), dev, drop="rx_auth_fail")
                w.rx("the window has not moved", at(38), dev, out=[p])
                if not esn_on:      # with ESN it stands for a number of the next 2^32
                    w.rx("left of the window", [at(36), at(1)], dev, drop="rx_replay_old")
                same("number", wire.show_sa(dev, sa.spi)["seq"], base + 100)
                sa.remove(dev)


def udp(w):
    with test("E1.42 AH inside UDP 4500: not ours"):
        sa = Ah(4).install("ipsec0")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((GW4, 4500))
            s.setsockopt(17, 100, 2)            # UDP_ENCAP, UDP_ENCAP_ESPINUDP
            front = Front(4)
            packet = wire.udp(ATK4, GW4, 4500, 4500, sa.body(front, inner(4, 40), NH_IPV4))
            w.rx("AH", packet, "ipsec0", foreign=1)
        sa.remove("ipsec0")


def selectors(w):
    w.tunnel("ipsec5", 4, "10.8.0.0/16")
    wire.ipsecctl("peer", "set", "ipsec5", "peer", "protect", "ah")
    with test("E1.23 inner source not behind the peer: rx_ts_mismatch, and the number is spent"):
        sa = Ah(4).install("ipsec5")
        front = Front(4)
        packet = sa.seal(front, inner(4, 40, src="10.7.0.1"), NH_IPV4)
        w.rx("first", packet, "ipsec5", drop="rx_ts_mismatch")
        w.rx("again", packet, "ipsec5", drop="rx_replay_dup")
        w.rx("behind it", sa.seal(front, inner(4, 40), NH_IPV4), "ipsec5", out=[inner(4, 40)])
        sa.remove("ipsec5")
        sa = Ah(4, mode="transport").install("ipsec5")
        w.rx("transport mode", sa.seal(front, filler(40), OTHER), "ipsec5", drop="rx_ts_mismatch")
        sa.remove("ipsec5")
    with test("E1.35 interface down: rx_dev_down, and the number is not spent"):
        sa = Ah(4).install("ipsec5")
        packet = sa.seal(front, inner(4, 40), NH_IPV4)
        wire.run("ip", "link", "set", "ipsec5", "down")
        w.rx("down", packet, "ipsec5", drop="rx_dev_down")
        wire.run("ip", "link", "set", "ipsec5", "up")
        w.rx("up", packet, "ipsec5", out=[inner(4, 40)])
    with test("E1.35 SA removed: not ours"):
        sa.remove("ipsec5")
        w.rx("removed", sa.seal(front, inner(4, 40), NH_IPV4), "ipsec5", foreign=1)
    w.forget("ipsec5")
    wire.ipsecctl("dev", "del", "ipsec5")


# ---- ESP inside AH -----------------------------------------------------------

def esp_install(sa, dev, direction, mode):
    return sa.install(dev, "peer", direction, "mode", mode)


def bundle(w, family, mode):
    dev, other, front = f"ipsec{family // 2}", dev_of(family), Front(family)
    ah, esp = Ah(family, SHA256, True, mode).install(dev), Sa(new_spi())
    esp_install(esp, dev, "in", mode)
    payload, nh = cargo(ah)[1]
    want = clear(ah, front, payload, nh)
    title = f"{mode} over IPv{family}"

    def inside(sa=esp):
        return sa.seal(payload, nh=nh)

    with test(f"A3.10 ESP inside AH, {title}: accepted, both SAs count"):
        w.rx("some", [ah.seal(front, inside(), IPPROTO_ESP) for _ in range(3)], dev, out=[want] * 3)
        for spi in ah.spi, esp.spi:
            stats = wire.show_sa(dev, spi)["stats"]
            same(f"SA {spi:#x}", (stats["rx_packets"], stats["rx_bytes"], stats["drops"]), (3, 3 * len(want), {}))
    with test(f"A3.10 AH without ESP, {title}: rx_bundle"):
        w.rx("AH", ah.seal(front, payload, nh), dev, drop="rx_bundle")
        w.rx("AH in AH", ah.seal(front, ah.body(front, inside(), IPPROTO_ESP), IPPROTO_AH), dev, drop="rx_bundle")
        w.rx("AH, forged", ah.seal(front, payload, nh)[:-1] + b"?", dev, drop="rx_auth_fail")
        w.rx("AH, a dummy", ah.seal(front, payload, NH_NONE), dev, drop="rx_bundle")
    with test(f"A3.10 ESP without AH, {title}: rx_bundle"):
        packet = front.around(IPPROTO_ESP, inside())
        w.rx("ESP", packet, dev, drop="rx_bundle")
        w.rx("ESP, too short", front.around(IPPROTO_ESP, inside()[:20]), dev, drop="rx_bundle")
        esp.seq -= 2
        w.rx("the number is not spent", ah.seal(front, inside(), IPPROTO_ESP), dev, out=[want])
    with test(f"A3.10 ESP of nobody, of another peer, or none at all inside AH, {title}: rx_bundle"):
        w.rx("unknown SPI", ah.seal(front, Sa(0x7777).seal(payload, nh=nh), IPPROTO_ESP), dev, drop="rx_bundle")
        others = Sa(new_spi())
        esp_install(others, "ipsec4", "in", "tunnel")
        w.rx("another peer's", ah.seal(front, inside(others), IPPROTO_ESP), dev, drop="rx_bundle")
        others.remove("ipsec4", "peer", "in")
        for n in 0, 4, 7:
            w.rx(f"{n} bytes", ah.seal(front, inside()[:n], IPPROTO_ESP), dev, drop="rx_bundle")
    with test(f"A3.10 what is wrong with ESP inside an authentic AH counts once, {title}"):
        w.rx("too short", ah.seal(front, inside()[:20], IPPROTO_ESP), dev, drop="rx_too_short")
        bad = bytearray(inside())
        bad[-1] ^= 1
        w.rx("forged", ah.seal(front, bytes(bad), IPPROTO_ESP), dev, drop="rx_auth_fail")
        again = inside()
        w.rx("first", ah.seal(front, again, IPPROTO_ESP), dev, out=[want])
        w.rx("again, in a new AH", ah.seal(front, again, IPPROTO_ESP), dev, drop="rx_replay_dup")
        same("the SA that it was", wire.show_sa(dev, esp.spi)["stats"]["drops"],
             {"rx_bundle": 2, "rx_too_short": 1, "rx_auth_fail": 1, "rx_replay_dup": 1})
    with test(f"A3.10 AH replayed around ESP, {title}: rx_replay_dup of AH"):
        packet = ah.seal(front, inside(), IPPROTO_ESP)
        w.rx("first", packet, dev, out=[want])
        w.rx("again", packet, dev, drop="rx_replay_dup")
        same("AH counts", wire.show_sa(dev, ah.spi)["stats"]["drops"].get("rx_replay_dup"), 1)
    if mode == "tunnel":
        with test(f"A3.10 ESP inside AH of a peer of AH alone, {title}: rx_bad_nexthdr"):
            alone = Ah(family).install(other)
            w.rx("ESP", alone.seal(front, inside(), IPPROTO_ESP), other, drop="rx_bad_nexthdr")
            alone.remove(other)
    ah.remove(dev)
    esp.remove(dev, "peer", "in")
    bundle_out(w, family, mode, dev)


def bundle_out(w, family, mode, dev):
    ah, esp = Ah(family, SHA256, True, mode), Sa(new_spi())
    with test(f"A3.10 ESP inside AH, {mode} over IPv{family}: sent"):
        payload, nh = cargo(ah)[1]
        front = Front(family, from_gw=True) if family == 6 else Front(4, from_gw=True, ident=0x77)
        packet = clear(ah, front, payload, nh)
        esp_install(esp, dev, "out", mode)
        w.tx("without AH", packet, dev, drop="tx_no_sa")
        wire.drain(w.tap)
        ah.install(dev, "out")
        for _ in range(3):
            got = w.tx("ESP inside AH", packet, dev)
            same("packets on the wire", len(got), 1)
            if mode == "tunnel":
                front = sent_front(ah, packet, got[0])
            same("on the wire", got[0], ah.seal(front, esp.seal(payload, nh=nh), IPPROTO_ESP))
        for spi in ah.spi, esp.spi:
            stats = wire.show_sa(dev, spi, "out")["stats"]
            same(f"SA {spi:#x}", (stats["tx_packets"], stats["tx_bytes"]), (3, 3 * len(packet)))
        ah.remove(dev, "out")
        esp.remove(dev, "peer", "out")


def scenario():
    w = start()
    malformed4(w)
    malformed6(w)
    bits(w)
    lengths(w)
    next_headers(w)
    replay(w)
    udp(w)
    selectors(w)
    for family in 4, 6:
        for mode in "tunnel", "transport":
            bundle(w, family, mode)


wire.main(scenario)
