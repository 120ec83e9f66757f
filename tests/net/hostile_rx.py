# SPDX-License-Identifier: MIT
"""hostile_rx.py - what an attacker, or a peer gone mad, may send: each packet ends in the
counter that names what is wrong with it, and in no other; or it is none of ours and the
next in the kernel's list gets it, untouched.

The table of sealed packets is sent in every form that a buffer may have: in one piece;
cloned (somebody listens on the wire, and his copy must not change); in pages that belong
to the sender's memory; as IP fragments.
"""
import os
import random
import socket
import struct
import time

import wire
from wire import (ATK4, ATK6, GW4, GW6, IN4, IN6, NH_IPV4, NH_IPV6, NH_NONE, Sa, filler, fragments,
                  inner, ipv4, ipv6, outer, problem, same, test, trailer, udp)

DELIVER = "deliver"
FORMS = ("plain", "cloned", "paged", "fragments")
NAMES = {"plain": "in one piece", "cloned": "cloned", "paged": "in foreign pages",
         "fragments": "in fragments"}


class Rig:
    """The SAs: every family, two ciphers, ESN on and off"""

    def __init__(self, w):
        self.w, self.sas, spi = w, [], 0x5000
        for family in 4, 6:
            for alg in ("aes-gcm-16", 256), ("chacha20-poly1305", 256):
                for esn in False, True:
                    spi += 1
                    sa = Sa(spi, *alg, esn)
                    # the high half is not 0 where there is one
                    sa.seq = 5 << 32 if esn else 0
                    sa.install(dev_of(family), "peer", "in", "seq", sa.seq)
                    self.sas.append((family, sa))

    def get(self, family, esn=False, alg="aes-gcm-16"):
        return next(s for f, s in self.sas if f == family and s.esn == esn and s.alg == alg)

    def each(self, esn=True):
        for family, sa in self.sas:
            if sa.esn and not esn:
                continue
            yield f"{sa} over IPv{family}", dev_of(family), family, sa


def dev_of(family):
    return "ipsec0" if family == 4 else "ipsec1"


def next_seq(sa):
    sa.seq += 1
    return sa.seq


# ---- what is not ours ------------------------------------------------------

def not_ours(w, rig):
    for family in 4, 6:
        dev, sa = dev_of(family), rig.get(family)
        with test(f"E1.1 0 to 7 bytes behind the IPv{family} header: not ours"):
            head = struct.pack("!II", sa.spi, 1)
            for n in range(8):
                w.rx(f"{n} bytes", outer(family, head[:n]), dev, foreign=1)
        with test(f"E1.3 CVE-2025-39965 SPI 0 to 255 over IPv{family}: not ours"):
            w.rx("reserved SPIs", [outer(family, struct.pack("!II", spi, 1) + filler(60))
                                   for spi in range(256)], dev, foreign=256)
        with test(f"E1.4 unknown SPI over IPv{family}: not ours"):
            w.rx("unknown", outer(family, Sa(0x51234).seal(inner(4, 40))), dev, foreign=1)
        with test(f"E1.5 known SPI to another address of ours, IPv{family}: not ours"):
            other = "192.0.2.3" if family == 4 else "2001:db8::3"
            w.rx("other address", outer(family, sa.seal(inner(4, 40)), dst=other), dev, foreign=1)
            sa.seq -= 1
        with test(f"E1.5 known SPI in the other family, IPv{10 - family}: not ours"):
            w.rx("other family", outer(10 - family, sa.seal(inner(4, 40))), dev, foreign=1)
            sa.seq -= 1
        with test(f"E1.7 our own outbound SPI comes back, IPv{family}: not ours"):
            out = Sa(0x5100 + family).install(dev, "peer", "out")
            sent = w.tx("one", inner(4, 60), dev)
            same("sent", len(sent), 1)
            esp = sent[0][20 if family == 4 else 40:]
            w.rx("reflected", outer(family, esp), dev, foreign=1)
            out.remove(dev, "peer", "out")
        with test(f"E1.6 an AH packet with the SPI of an ESP SA, IPv{family}: not ours"):
            before = w.snapshot()
            ah = struct.pack("!BBHII", NH_IPV4, 4, 0, sa.spi, sa.seq + 1) + filler(12)
            w.send(outer(family, ah + inner(4, 40), proto=wire.IPPROTO_AH))
            w.fence()
            w.compare("AH", before, dev, {})
            same("came out", wire.drain(w.taps[dev]), [])
            wire.drain(w.tap)
    with test("E1.5 known SPI in another namespace: not ours"):
        sa = rig.get(4)
        before = w.snapshot()
        with wire.inside("gw2"):
            mac2 = wire.mac("wan")
        with wire.inside("atk"):
            tap2 = wire.packet_socket("wan2")
            here = wire.mac("wan2")
        tap2.send(mac2 + here + b"\x08\x00" + outer(4, sa.seal(inner(4, 40))))
        sa.seq -= 1
        w.fence()
        w.compare("other namespace", before, "ipsec0", {})
        same("came out", wire.drain(w.taps["ipsec0"]), [])
        tap2.close()


def flood(w):
    with test("E1.46 a flood of unknown SPIs: nothing in the log"):
        def log():
            return wire.run("dmesg").count("\n")
        before, lines = w.snapshot(), log()
        rnd = random.Random(46)
        junk = filler(60)
        for i in range(300 if wire.SLOW else 2000):
            w.send(outer(4, struct.pack("!II", rnd.randrange(0x10000, 1 << 32), i) + junk))
        w.fence()
        w.compare("flood", before, "ipsec0", {})
        same("lines in the kernel's log", log() - lines, 0)
        wire.drain(w.tap)


# ---- lengths ---------------------------------------------------------------

def every_length(w, rig, form):
    """Garbage of every length: the length alone decides which counter it is"""
    for family in 4, 6:
        for alg in ("aes-gcm-16", "chacha20-poly1305")[:2 if form == "plain" else 1]:
            dev, sa = dev_of(family), rig.get(family, alg=alg)
            drop, packets = {}, []
            for n in range(8, 129):
                # SPI, number, IV, pad length, next header, ICV
                why = ("rx_too_short" if n < 4 + 4 + 8 + 2 + 16 else
                       "rx_bad_align" if (n - 32) % 4 else "rx_auth_fail")
                drop[why] = drop.get(why, 0) + 1
                packets.append(outer(family, (struct.pack("!II", sa.spi, sa.seq + 5) + filler(120))[:n]))
            w.rx(f"{alg} over IPv{family}", packets, dev, drop=drop)


def boundaries(w, rig):
    for label, dev, family, sa in rig.each():
        with test(f"E1.2 too short by one, and the shortest: {label}"):
            for cut in (1, 2, 3):       # what is left is no multiple of 4, but short first
                esp = sa.seal_clear(sa.seq + 1, b"")
                w.rx(f"an ICV less {cut}", outer(family, esp[:-cut]), dev, drop="rx_too_short")
            w.rx("nothing encrypted", outer(family, sa.seal_clear(sa.seq + 1, b"")), dev,
                 drop="rx_too_short")
            w.rx("one byte encrypted", outer(family, sa.seal_clear(sa.seq + 1, b"\4")), dev,
                 drop="rx_too_short")
            w.rx("a trailer, not aligned", outer(family, sa.seal_clear(sa.seq + 1, b"\0\4")), dev,
                 drop="rx_bad_align")
            w.rx("the shortest that is aligned",
                 outer(family, sa.seal_clear(next_seq(sa), b"\1\2\2\x3b")), dev, drop="rx_dummy")
            for n in 21, 22, 23:
                w.rx(f"{n} authentic bytes",
                     outer(family, sa.seal_clear(sa.seq + 1, inner(4, 20)[:n - 2].ljust(n - 2) + b"\0\4")),
                     dev, drop="rx_bad_align")


# ---- sealed, and yet wrong -------------------------------------------------

def pad_cases():
    """Clear texts whose trailer is wrong: (name, clear text, verdict)"""
    yield "E1.14", "pad length 255 in 12 bytes", filler(10) + b"\xff\x04", "rx_bad_trailer"
    good = inner(4, 42)
    for what, pad, verdict in (
            ("all of the clear text", 44, "rx_bad_trailer"),
            ("all but one byte", 43, "rx_bad_trailer"),
            ("all but the trailer", 42, "rx_bad_inner")):
        clear = bytes(range(1, 43)) + bytes([pad, 4])
        yield "E1.14", f"pad length is {what}", clear, verdict
    clear = good + trailer(42, 4)
    yield "T27", "pad length 0xff in a packet that has so much", \
        inner(4, 40) + filler(256) + b"\x00" * 2 + b"\xff\x04", "rx_bad_pad"
    yield "E1.14", "255 bytes of padding, all right", \
        inner(4, 27) + bytes(range(1, 256)) + b"\xff\x04", inner(4, 27)
    yield "E1.15", "padding of zeros", inner(4, 40) + b"\0\0\2\4", "rx_bad_pad"
    yield "E1.15", "padding from 0", inner(4, 40) + b"\0\1\2\4", "rx_bad_pad"
    yield "E1.15", "padding backwards", inner(4, 40) + b"\2\1\2\4", "rx_bad_pad"
    yield "E1.15", "the last of 255 padding bytes", \
        inner(4, 27) + bytes(range(1, 255)) + b"\x00\xff\x04", "rx_bad_pad"
    yield "E1.15", "the first of 255 padding bytes", \
        inner(4, 27) + b"\2" + bytes(range(2, 256)) + b"\xff\x04", "rx_bad_pad"
    yield "A1.3", "no padding", clear, good
    yield "A1.3", "more padding than needed", \
        inner(4, 40) + bytes(range(1, 23)) + b"\x16\x04", inner(4, 40)


def nexthdr_cases():
    yield "E1.16", "dummy with random text", filler(98) + b"\0\x3b", "rx_dummy"
    yield "E1.16", "dummy with a packet in it", inner(4, 42) + b"\0\x3b", "rx_dummy"
    yield "E1.16", "dummy of nothing", b"\1\2\2\x3b", "rx_dummy"
    yield "E1.16", "dummy with bad padding", b"\1\1\2\x3b", "rx_bad_pad"
    for nh in 6, 17, 1, 47, 50, 51, 0, 43, 44, 255, 58, 2, 3, 5, 40, 42:
        yield "E1.17", f"next header {nh}", inner(4, 42) + bytes([0, nh]), "rx_bad_nexthdr"
    yield "E1.45", "next header 144 (IP-TFS)", inner(4, 42) + b"\0\x90", "rx_bad_nexthdr"


def inner_cases():
    """Inner packets that are none: (id, name, packet, next header, verdict)"""
    bad = "rx_bad_inner"
    yield "E1.18", "IPv6 under next header 4", inner(6, 60), 4, bad
    yield "E1.18", "IPv4 under next header 41", inner(4, 60), 41, bad
    for v in 0, 5, 6, 15:
        yield "E1.18", f"version {v} under 4", ipv4(*IN4, filler(40), version=v), 4, bad
    for v in 0, 4, 5, 15:
        yield "E1.18", f"version {v} under 41", ipv6(*IN6, filler(40), version=v), 41, bad
    for ihl in range(5):
        yield "E1.19", f"ihl {ihl}", ipv4(*IN4, filler(40), ihl=ihl), 4, bad
    yield "E1.19", "ihl 15 in 59 bytes", ipv4(*IN4, filler(39), ihl=15), 4, bad
    yield "E1.19", "ihl 15, total length 59 of 60", ipv4(*IN4, filler(40), ihl=15, tot_len=59), 4, bad
    yield "E1.19", "ihl 6, total length 20", ipv4(*IN4, filler(40), ihl=6, tot_len=20), 4, bad
    for n in 0, 1, 19, 61, 64, 1500, 65535:
        yield "E1.19", f"total length {n} of 60", ipv4(*IN4, filler(40), tot_len=n), 4, bad
    for n in 1, 10, 19:
        yield "E1.19", f"{n} bytes of IPv4", ipv4(*IN4, b"")[:n], 4, bad
    for n in 1, 20, 39:
        yield "E1.20", f"{n} bytes of IPv6", ipv6(*IN6, b"")[:n], 41, bad
    for n in 41, 64, 1500, 65535:
        yield "E1.20", f"payload length {n} of 40", ipv6(*IN6, filler(40), plen=n), 41, bad
    yield "E1.20", "payload length 0, next header 17", ipv6(*IN6, filler(40), nh=17, plen=0), 41, bad
    yield "E1.20", "jumbo payload option", ipv6(
        *IN6, b"\x3b\0\xc2\4" + struct.pack("!I", 70000) + filler(40), nh=0, plen=0), 41, bad
    yield "E1.21", "nothing, next header 4", b"", 4, bad
    yield "E1.21", "nothing, next header 41", b"", 41, bad
    yield "E1.20", "payload length 0, no next header", ipv6(*IN6, b"", nh=59), 41, DELIVER
    yield "E1.19", "a header and no more", ipv4(*IN4, b""), 4, DELIVER
    yield "E1.19", "40 bytes of options", ipv4(*IN4, filler(10), options=b"\1" * 40), 4, DELIVER


def tfc_cases():
    for family in 4, 6:
        for n in (1, 4, 100, 1000):
            yield "E1.22", f"IPv{family} and {n} bytes of TFC padding", family, n


def sealed(w, rig, form):
    """The whole table, in one form of buffers; one line for each id"""
    groups = {}
    for what, name, clear, verdict in (*pad_cases(), *nexthdr_cases()):
        out = [verdict] if isinstance(verdict, bytes) else []
        groups.setdefault(what, []).append((name, clear, {} if out else {verdict: 1}, out))
    for what, name, packet, nh, verdict in inner_cases():
        out = [packet] if verdict is DELIVER else []
        groups.setdefault(what, []).append((
            name, packet + trailer(len(packet), nh), {} if out else {verdict: 1}, out))
    for what, name, family, n in tfc_cases():
        packet = inner(family, 61)
        clear = packet + filler(n) + trailer(61 + n, NH_IPV4 if family == 4 else NH_IPV6)
        groups.setdefault(what, []).append((name, clear, {}, [packet]))
    for what, cases in groups.items():
        with test(f"{what} {TITLES[what]}, {NAMES[form]}"), w.form(form):
            for label, dev, family, sa in rig.each():
                # each by itself once a family; all at once for the others
                single = form == "plain" and sa is rig.get(family)
                for name, clear, drop, out in cases if single else [merge(cases)]:
                    clears = clear if isinstance(clear, list) else [clear]
                    w.rx(f"{name}, {label}", [outer(family, sa.seal_clear(next_seq(sa), c)) for c in clears],
                         dev, drop=drop, out=out)


TITLES = {
    "E1.14": "pad length beyond the packet", "T27": "pad length 0xff", "E1.15": "padding not 1, 2, 3",
    "A1.3": "good padding", "E1.16": "dummy packets", "E1.17": "other next headers",
    "E1.45": "IP-TFS", "E1.18": "inner version", "E1.19": "inner IPv4 header",
    "E1.20": "inner IPv6 header", "E1.21": "no inner packet", "E1.22": "TFC padding"}


def merge(cases):
    """All of a group as one case: the counters add up"""
    drop, out = {}, []
    for _, _, d, o in cases:
        for k, v in d.items():
            drop[k] = drop.get(k, 0) + v
        out += o
    return f"{len(cases)} packets", [c[1] for c in cases], drop, out


def dummies_count(w, rig):
    with test("E1.16 a dummy spends its number"):
        sa = rig.get(4)
        packet = outer(4, sa.seal_clear(next_seq(sa), b"\1\2\2\x3b"))
        w.rx("first", packet, "ipsec0", drop="rx_dummy")
        w.rx("again", packet, "ipsec0", drop="rx_replay_dup")
        same("number", wire.show_sa("ipsec0", sa.spi)["seq"], sa.seq)
    with test("A1.11 an authentic packet spends its number whatever it carries"):
        packet = outer(4, sa.seal_clear(next_seq(sa), filler(10) + b"\xff\x04"))
        w.rx("first", packet, "ipsec0", drop="rx_bad_trailer")
        w.rx("again", packet, "ipsec0", drop="rx_replay_dup")


# ---- forgeries -------------------------------------------------------------

def flips(w, rig, form):
    """Every single bit after the SPI; the window must not move"""
    for label, dev, family, sa in rig.each():
        packet = outer(family, sa.seal(inner(4, 22), sa.seq + 1))
        head = 20 if family == 4 else 40
        bits = range((head + 8) * 8, len(packet) * 8)
        if form != "plain" or sa.esn or wire.SLOW:
            bits = bits[::9]
        bad = []
        for bit in bits:
            b = bytearray(packet)
            b[bit >> 3] ^= 0x80 >> (bit & 7)
            bad.append(bytes(b))
        w.rx(label, bad, dev, drop="rx_auth_fail")
        same(f"{label}: highest number", wire.show_sa(dev, sa.spi)["seq"], sa.seq)
        w.rx(f"{label}: the true one", packet, dev, out=[inner(4, 22)])
        sa.seq += 1


def flip_seq(w, rig):
    with test("E1.8 bit flip in the sequence number: replay or forgery"):
        for label, dev, family, sa in rig.each():
            if sa.esn:
                continue
            seq = sa.seq + 3
            packet = outer(family, sa.seal(inner(4, 22), seq))
            head = 20 if family == 4 else 40
            for bit in range(32):
                b = bytearray(packet)
                b[head + 4 + (bit >> 3)] ^= 0x80 >> (bit & 7)
                wrong = struct.unpack("!I", b[head + 4:head + 8])[0]
                # right of the top it is the cipher that says no
                why = "rx_auth_fail" if wrong > sa.seq else "rx_replay_dup" if wrong else "rx_replay_old"
                w.rx(f"{label}, number {wrong}", bytes(b), dev, drop=why)
    with test("E1.8 bit flip in the SPI: not ours"):
        for label, dev, family, sa in rig.each():
            packet = outer(family, sa.seal(inner(4, 22), sa.seq + 1))
            head = 20 if family == 4 else 40
            taken = {s.spi for _, s in rig.sas}
            some = []
            for bit in range(32):
                if sa.spi ^ (1 << 31 - bit) in taken:
                    continue
                b = bytearray(packet)
                b[head + (bit >> 3)] ^= 0x80 >> (bit & 7)
                some.append(bytes(b))
            w.rx(label, some, dev, foreign=len(some))


def esn_mismatch(w, rig):
    for family in 4, 6:
        dev = dev_of(family)
        esn, plain = rig.get(family, True), rig.get(family, False)
        with test(f"E1.12 ESN: high half too early, none at all, and where none belongs, IPv{family}"):
            payload = inner(4, 40)
            clear = payload + trailer(40, 4)
            seq = esn.seq + 1
            w.rx("the next high half", outer(family, esn.seal_clear(seq, clear, aad_seq=seq + (1 << 32))),
                 dev, drop="rx_auth_fail")
            w.rx("the one before", outer(family, esn.seal_clear(seq, clear, aad_seq=seq - (1 << 32))),
                 dev, drop="rx_auth_fail")
            no = Sa(esn.spi, esn.alg, esn.bits, False, esn.material)
            w.rx("a peer without ESN", outer(family, no.seal_clear(seq, clear)), dev, drop="rx_auth_fail")
            yes = Sa(plain.spi, plain.alg, plain.bits, True, plain.material)
            w.rx("a peer with ESN on an SA without",
                 outer(family, yes.seal_clear(plain.seq + 1, clear)), dev, drop="rx_auth_fail")
            w.rx("both are well", [outer(family, esn.seal(payload)), outer(family, plain.seal(payload))],
                 dev, out=[payload, payload])


# ---- selectors, ECN --------------------------------------------------------

def selectors(w):
    w.tunnel("ipsec2", 4, "10.8.0.0/16", "fd08::/32")
    wire.ipsecctl("peer", "add", "ipsec2", "second", "local", GW4, "remote", "192.0.2.77",
                  "selector", "10.8.9.0/24", "selector", "fd08:0:9::/48")
    sa = Sa(0x5200).install("ipsec2", "peer", "in")
    second = Sa(0x5201).install("ipsec2", "second", "in")
    with test("E1.23 inner source outside the peer's selectors"):
        for src in "10.7.255.255", "10.9.0.1", "192.0.2.2", "0.0.0.0", "255.255.255.255":
            w.rx(src, outer(4, sa.seal(inner(4, 40, src=src))), "ipsec2", drop="rx_ts_mismatch")
        for src in "fd07::1", "fd09::1", "::", "2001:db8::2", "::ffff:10.8.0.2":
            w.rx(src, outer(4, sa.seal(inner(6, 60, src=src))), "ipsec2", drop="rx_ts_mismatch")
        for src in "10.8.0.0", "10.8.255.255":
            p = inner(4, 40, src=src)
            w.rx(src, outer(4, sa.seal(p)), "ipsec2", out=[p])
        w.rx("IPv6 inside", outer(4, sa.seal(inner(6, 60, src="fd08::ffff"))), "ipsec2",
             out=[inner(6, 60, src="fd08::ffff")])
    with test("E1.23 inner source belongs to another peer"):
        for family, mine, other in (4, "10.8.0.2", "10.8.9.2"), (6, "fd08::2", "fd08:0:9::2"):
            w.rx("the other's, longest match", outer(4, sa.seal(inner(family, 60, src=other))), "ipsec2",
                 drop="rx_ts_mismatch")
            w.rx("and the other way", outer(4, second.seal(inner(family, 60, src=mine))), "ipsec2",
                 drop="rx_ts_mismatch")
            p = inner(family, 60, src=other)
            w.rx("the owner's", outer(4, second.seal(p)), "ipsec2", out=[p])
    with test("E1.23 a mismatch spends the number"):
        packet = outer(4, sa.seal(inner(4, 40, src="10.1.1.1")))
        w.rx("first", packet, "ipsec2", drop="rx_ts_mismatch")
        w.rx("again", packet, "ipsec2", drop="rx_replay_dup")
    with test("E1.23 the SA counts what its interface counts"):
        same("drops", wire.show_sa("ipsec2", sa.spi)["stats"]["drops"],
             {"rx_ts_mismatch": 13, "rx_replay_dup": 1})
    w.forget("ipsec2")
    wire.ipsecctl("dev", "del", "ipsec2")


NOT, ECT1, ECT0, CE = 0, 1, 2, 3
# RFC 6040 4.2: DECAP[inner][outer] is the mark that comes out
DECAP = {NOT: {NOT: NOT, ECT0: NOT, ECT1: NOT, CE: None},
         ECT0: {NOT: ECT0, ECT0: ECT0, ECT1: ECT1, CE: CE},
         ECT1: {NOT: ECT1, ECT0: ECT1, ECT1: ECT1, CE: CE},
         CE: {NOT: CE, ECT0: CE, ECT1: CE, CE: CE}}
MARKS = ("Not-ECT", "ECT(1)", "ECT(0)", "CE")


def ecn(w, rig):
    for mark_in, row in DECAP.items():
        for mark_out, want in row.items():
            title = "dropped" if want is None else MARKS[want]
            with test(f"E1.27 ECN: inner {MARKS[mark_in]}, outer {MARKS[mark_out]}: {title}"):
                ecn_cell(w, rig, mark_in, mark_out, want)
    for form in FORMS[1:]:
        with test(f"E1.27 ECN: the mark goes into a copy, {NAMES[form]}"), w.form(form):
            ecn_cell(w, rig, ECT0, CE, CE)


def ecn_cell(w, rig, mark_in, mark_out, want):
    for family in 4, 6:
        sa = rig.get(family)
        for version in 4, 6:
            # the DSCP of both differs: the inner one stays
            p = inner(version, 60, tos=0x48 | mark_in)
            out = [] if want is None else [inner(version, 60, tos=0x48 | want)]
            w.rx(f"IPv{version} in IPv{family}", outer(family, sa.seal(p), tos=0xB8 | mark_out),
                 dev_of(family), drop={} if out else {"rx_ecn_drop": 1}, out=out)


# ---- buffers ---------------------------------------------------------------

def big_packets(w, rig):
    """More than a page, more than one buffer; the link has an MTU of 65535"""
    for form in "plain", "cloned", "fragments":
        with test(f"E1.29 packets of up to 60000 bytes, {NAMES[form]}"), w.form(form):
            for label, dev, family, sa in rig.each(esn=False):
                for n in 4000, 4096, 9000, 32768, 60001:
                    p = inner(4 if n & 1 else 6, n)
                    w.rx(f"{n} bytes, {label}", outer(family, sa.seal(p)), dev, out=[p])
                p = bytearray(outer(family, sa.seal(inner(4, 20000), sa.seq + 1)))
                p[10000] ^= 1
                w.rx(f"damaged, {label}", bytes(p), dev, drop="rx_auth_fail")


def reassembly(w, rig):
    with test("CVE-2007-6282 the first fragment ends inside the ESP header, the IV, the text"):
        for label, dev, family, sa in rig.each(esn=False):
            for first in range(8, 72, 8):
                p = inner(4, 61)
                for f in ([first, 1480], [first, 8]):
                    packets = fragments(outer(family, sa.seal(p)), f)
                    w.rx(f"{f} of {label}", packets, dev, out=[p])
    with test("E1.28 fragments in any order"):
        rnd = random.Random(28)
        for label, dev, family, sa in rig.each(esn=False):
            p = inner(6, 1000)
            packets = fragments(outer(family, sa.seal(p)), [104])
            rnd.shuffle(packets)
            w.rx(label, packets, dev, out=[p])
    with test("E1.28 the largest packet there is, from fragments"):
        for label, dev, family, sa in rig.each(esn=False):
            head = 20 if family == 4 else 0
            room = 65535 - head - 32                # what may be encrypted
            clear = room // 4 * 4
            p = inner(4, clear - 2 - (clear - 2) % 2)
            esp = sa.seal_clear(next_seq(sa), p + bytes(range(1, clear - 1 - len(p))) +
                                bytes([clear - 2 - len(p), 4]))
            w.rx(f"{len(esp)} bytes, {label}", fragments(outer(family, esp), [1480]), dev, out=[p])
            if room % 4:
                whole = struct.pack("!II", sa.spi, sa.seq + 1 & 0xFFFFFFFF) + filler(65535 - head - 8)
                w.rx(f"{len(whole)} bytes of nothing, {label}", fragments(outer(family, whole), [1480]),
                     dev, drop="rx_bad_align", n=1)
    with test("E1.28 overlapping fragments reach nobody"):
        for family in 4, 6:
            sa = rig.get(family)
            packets = fragments(outer(family, sa.seal(inner(4, 400))), [104])
            sa.seq -= 1
            other = fragments(outer(family, filler(400)), [112])
            if family == 4:
                other = [o[:4] + packets[0][4:6] + o[6:] for o in other]
                other = [o[:10] + b"\0\0" + o[12:] for o in other]
                other = [o[:10] + struct.pack("!H", wire.checksum(o[:20])) + o[12:] for o in other]
            else:
                other = [o[:44] + packets[0][44:48] + o[48:] for o in other]
            w.rx(f"IPv{family}", [packets[0], other[1], packets[2], *packets[1:]], dev_of(family))
            p = inner(4, 400)
            w.rx(f"IPv{family}, the next", fragments(outer(family, sa.seal(p)), [104]), dev_of(family), out=[p])


# ---- what the stack behind does with it ------------------------------------

def behind(w, rig):
    sa = rig.get(4)
    wire.run("ip", "addr", "add", "10.9.0.1/24", "dev", "ipsec0")
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("0.0.0.0", 7777))
    s.setblocking(False)

    def received():
        try:
            return s.recv(2000)
        except BlockingIOError:
            return None

    with test("E1.26 inner packet from a stranger: received"):
        p = udp("10.8.0.2", "10.9.0.1", 1, 7777, b"stranger")
        w.rx("UDP", outer(4, sa.seal(p)), "ipsec0", out=[p])
        same("socket", received(), b"stranger")
    for what, src, dst in (
            ("our own address", "10.9.0.1", "10.9.0.1"), ("our own outer address", GW4, "10.9.0.1"),
            ("loopback", "127.0.0.1", "10.9.0.1"), ("a multicast address", "224.0.0.5", "10.9.0.1"),
            ("the broadcast address", "255.255.255.255", "10.9.0.1")):
        with test(f"E1.26 inner source is {what}: comes out, and the stack refuses it"):
            p = udp(src, dst, 1, 7777, b"martian")
            w.rx("UDP", outer(4, sa.seal(p)), "ipsec0", out=[p])
            same("socket", received(), None)
    with test("E1.26 inner destination is loopback, or 0.0.0.0: the same"):
        for dst in "127.0.0.1", "0.0.0.0":
            p = udp("10.8.0.2", dst, 1, 7777, b"martian")
            w.rx(dst, outer(4, sa.seal(p)), "ipsec0", out=[p])
            same(f"socket, to {dst}", received(), None)
    with test("E1.26 inner UDP checksum is wrong: not believed because it was sealed"):
        p = bytearray(udp("10.8.0.2", "10.9.0.1", 1, 7777, b"damaged"))
        p[-1] ^= 1
        w.rx("UDP", outer(4, sa.seal(bytes(p))), "ipsec0", out=[bytes(p)])
        same("socket", received(), None)
    s.close()
    wire.run("ip", "addr", "del", "10.9.0.1/24", "dev", "ipsec0")


def nested(w, rig):
    """An ESP packet in an ESP packet in ... to ourselves"""
    for levels in 1, 20, 60:
        with test(f"E1.36 {levels} ESP packets in each other"):
            sa = rig.get(4)
            p = inner(4, 40)
            out = [p]
            for _ in range(levels):
                p = outer(4, sa.seal(p), ident=1)
                out.insert(0, p)
            w.rx("nested", outer(4, sa.seal(p)), "ipsec0", out=out, fences=levels + 1)


# ---- states ----------------------------------------------------------------

def states(w):
    for family in 4, 6:
        dev = f"ipsec{family}"
        w.tunnel(dev, family)
        sa = Sa(0x5300 + family).install(dev, "peer", "in")
        p = inner(4, 60)
        with test(f"E1.35 interface down, IPv{family}: rx_dev_down, and the number is not spent"):
            w.rx("up", outer(family, sa.seal(p)), dev, out=[p])
            wire.run("ip", "link", "set", dev, "down")
            packet = outer(family, sa.seal(p))
            w.rx("down", packet, dev, drop="rx_dev_down")
            wire.run("ip", "link", "set", dev, "up")
            w.rx("up again", packet, dev, out=[p])
        with test(f"E1.35 SA removed, IPv{family}: not ours"):
            sa.remove(dev, "peer", "in")
            w.rx("removed", outer(family, sa.seal(p)), dev, foreign=1)
        with test(f"E1.35 a new SA with the same SPI and another key, IPv{family}"):
            new = Sa(sa.spi, material=bytes(range(20))).install(dev, "peer", "in")
            w.rx("old key", outer(family, sa.seal(p)), dev, drop="rx_auth_fail")
            w.rx("new key", outer(family, new.seal(p)), dev, out=[p])
        with test(f"E1.35 peer removed, IPv{family}: not ours"):
            wire.ipsecctl("peer", "del", dev, "peer")
            w.rx("removed", outer(family, new.seal(p)), dev, foreign=1)
        with test(f"E1.35 interface removed, IPv{family}: not ours"):
            remote, local = (ATK4, GW4) if family == 4 else (ATK6, GW6)
            wire.ipsecctl("peer", "add", dev, "peer", "remote", remote, "local", local)
            new.install(dev, "peer", "in", "seq", 50)
            new.seq = 60
            w.rx("there", outer(family, new.seal(p)), dev, out=[p])
            w.forget(dev)
            wire.ipsecctl("dev", "del", dev)
            w.rx("gone", outer(family, new.seal(p)), foreign=1)


def removed_in_flight(w):
    """Packets keep coming from the other processor while the SA and its interface come
    and go; nothing is counted twice or lost"""
    with test("E1.35 SA and interface removed while packets arrive"):
        w.tunnel("ipsec3", 4)
        sa = Sa(0x5400)
        frames = [w.frame(outer(4, sa.seal(inner(4, 200, start=i)))) for i in range(200)]
        with wire.inside("atk"):
            sock = wire.packet_socket("wan", 0)
        sock.setblocking(True)
        child = os.fork()
        if child == 0:
            if (os.cpu_count() or 1) > 1:
                os.sched_setaffinity(0, {1})
            end = time.monotonic() + 60
            while time.monotonic() < end and os.getppid() != 1:
                for f in frames:
                    sock.send(f)
            os._exit(0)
        try:
            for i in range(10):
                sa.install("ipsec3", "peer", "in", "replay-window", 0)
                end = time.monotonic() + 10
                while not wire.show_sa("ipsec3", sa.spi)["stats"]["rx_packets"]:
                    if time.monotonic() > end:
                        raise RuntimeError("no packet arrives")
                sa.remove("ipsec3", "peer", "in")
            for i in range(5):
                sa.install("ipsec3", "peer", "in", "replay-window", 0)
                wire.ipsecctl("dev", "del", "ipsec3") if i == 4 else \
                    wire.ipsecctl("flush", "sa", "ipsec3")
        finally:
            os.kill(child, 9)
            os.waitpid(child, 0)
        w.forget("ipsec3")
        w.fence()
        wire.drain(w.tap)


def scenario():
    w = wire.Wire()
    w.tunnel("ipsec0", 4)
    w.tunnel("ipsec1", 6)
    rig = Rig(w)
    not_ours(w, rig)
    flood(w)
    for form in FORMS:
        with test(f"E1.2 every length from 8 to 128, {NAMES[form]}"), w.form(form):
            every_length(w, rig, form)
    boundaries(w, rig)
    for form in FORMS:
        sealed(w, rig, form)
        with test(f"E1.8 every bit of IV, text and ICV, {NAMES[form]}"), w.form(form):
            flips(w, rig, form)
    ecn(w, rig)
    flip_seq(w, rig)
    esn_mismatch(w, rig)
    dummies_count(w, rig)
    selectors(w)
    big_packets(w, rig)
    reassembly(w, rig)
    behind(w, rig)
    nested(w, rig)
    states(w)
    removed_in_flight(w)


if __name__ == "__main__":      # hostile_modes.py has the same cases
    wire.main(scenario)
