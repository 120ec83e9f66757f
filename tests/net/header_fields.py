# SPDX-License-Identifier: MIT
"""header_fields.py - the fields of outer headers, one by one: what the interface's options
make of them, RFC 6040 (ECN), RFC 2983 (DSCP), RFC 4301 8.1 (DF), RFC 6437 (flow label), and
that nothing else of the inner packet changes.

Conformance A4.1 is the IPv4 header, A4.2 the IPv6 header, A4.3 the inner header, A4.4 the
mix of families, A5 the congestion marks, A4.9 and E2.5 what is too big.
"""
import contextlib
import struct

import wire
from wire import ATK4, ATK6, GW4, GW6, IN4, IN6, IPPROTO_ESP, Sa, addr, checksum, filler, same, test

from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import (HBHOptUnknown, ICMPv6PacketTooBig, IPv6, IPv6ExtHdrDestOpt,
                                IPv6ExtHdrHopByHop)
from scapy.packet import Raw

NAMES = ("Not-ECT", "ECT(1)", "ECT(0)", "CE")              # by their bits
NOT_ECT, ECT1, ECT0, CE = range(4)
# RFC 6040, figure 4: (inner, outer) -> what the inner becomes; None: dropped
DECAPSULATED = {
    (NOT_ECT, NOT_ECT): NOT_ECT, (NOT_ECT, ECT0): NOT_ECT, (NOT_ECT, ECT1): NOT_ECT, (NOT_ECT, CE): None,
    (ECT0, NOT_ECT): ECT0, (ECT0, ECT0): ECT0, (ECT0, ECT1): ECT1, (ECT0, CE): CE,
    (ECT1, NOT_ECT): ECT1, (ECT1, ECT0): ECT1, (ECT1, ECT1): ECT1, (ECT1, CE): CE,
    (CE, NOT_ECT): CE, (CE, ECT0): CE, (CE, ECT1): CE, (CE, CE): CE}
FAMILIES = [(v, f) for f in (4, 6) for v in (4, 6)]
DEFAULTS = {"df": "copy", "dscp": "copy", "decap-dscp": "off", "ttl": "auto", "flowlabel": "0"}


def dev_of(family):
    return "ipsec0" if family == 4 else "ipsec1"


def title(version, family):
    return f"v{version} in v{family}"


@contextlib.contextmanager
def options(**values):
    """Options of both interfaces, for a while"""
    values = {k.replace("_", "-"): str(v) for k, v in values.items()}
    for f in 4, 6:
        wire.ipsecctl("dev", "set", dev_of(f), *[word for item in values.items() for word in item])
    try:
        yield
    finally:
        for f in 4, 6:
            wire.ipsecctl("dev", "set", dev_of(f), *[w for k in values for w in (k, DEFAULTS[k])])


# ---- packets ---------------------------------------------------------------

def inner(version, size=100, tos=0, ttl=64, df=False, flow=0, sport=1000, proto=None, **over):
    """An inner packet, by scapy; its length is size"""
    if version == 4:
        p = IP(src=IN4[0], dst=IN4[1], tos=tos, ttl=ttl, flags="DF" if df else 0, id=over.pop("ident", 0), **over)
    else:
        p = IPv6(src=IN6[0], dst=IN6[1], tc=tos, hlim=ttl, fl=flow, **over)
    p /= UDP(sport=sport, dport=2000)
    return bytes(p / Raw(filler(size - len(p))))


def tos_of(packet):
    return packet[1] if packet[0] >> 4 == 4 else struct.unpack("!H", packet[:2])[0] >> 4 & 0xFF


def with_tos(packet, tos):
    """The same packet with another DSCP and ECN; the checksum is a new one"""
    if packet[0] >> 4 == 6:
        return struct.pack("!I", struct.unpack("!I", packet[:4])[0] & 0xF00FFFFF | tos << 20) + packet[4:]
    n = (packet[0] & 15) * 4
    p = packet[:1] + bytes([tos]) + packet[2:10] + b"\0\0" + packet[12:]
    return p[:10] + struct.pack("!H", checksum(p[:n])) + p[12:]


def hop(packet):
    """The packet one hop later"""
    if packet[0] >> 4 == 6:
        return packet[:7] + bytes([packet[7] - 1]) + packet[8:]
    return with_tos(packet[:8] + bytes([packet[8] - 1]) + packet[9:], packet[1])


class Outer:
    """The fields of an outer header, and what is behind it"""

    def __init__(self, raw):
        self.version, self.raw = raw[0] >> 4, raw
        if self.version == 4:
            (vhl, self.tos, length, self.ident, frag, self.ttl, self.proto, _,
             self.src, self.dst) = struct.unpack("!BBHHHBBH4s4s", raw[:20])
            same("outer IHL", vhl & 15, 5)
            same("outer checksum", checksum(raw[:20]), 0)
            same("outer length", length, len(raw))
            self.df, self.frag, self.esp = bool(frag & 0x4000), frag & 0xBFFF, raw[20:]
            self.flow = None
        else:
            first, length, self.proto, self.ttl, self.src, self.dst = struct.unpack("!IHBB16s16s", raw[:40])
            same("outer length", length, len(raw) - 40)
            self.tos, self.flow, self.esp = first >> 20 & 0xFF, first & 0xFFFFF, raw[40:]
            self.frag = 0
        same("outer addresses", (self.src, self.dst), (addr(GW4), addr(ATK4)) if self.version == 4
             else (addr(GW6), addr(ATK6)))


def joined(raws):
    """The outer packet of these fragments"""
    if raws[0][0] >> 4 == 4:
        def place(p):
            return struct.unpack("!H", p[6:8])[0] & 0x1FFF
        raws = sorted(raws, key=place)
        p = raws[0][:2] + struct.pack("!H", 20 + sum(len(r) - 20 for r in raws)) + raws[0][4:6] + b"\0\0" \
            + raws[0][8:20] + b"".join(r[20:] for r in raws)
        return with_tos(p, p[1])
    raws = sorted(raws, key=lambda p: struct.unpack("!H", p[42:44])[0])
    text = b"".join(p[48:] for p in raws)
    return raws[0][:4] + struct.pack("!H", len(text)) + raws[0][40:41] + raws[0][7:40] + text


class Ends:
    """The adversary's ends of the SAs of both interfaces"""

    def __init__(self, w):
        self.w = w
        self.rx = {f: Sa(0x8000 + f).install(dev_of(f), "peer", "in") for f in (4, 6)}
        self.tx = {f: Sa(0x8010 + f).install(dev_of(f), "peer", "out") for f in (4, 6)}

    def opened(self, family, raw, packet):
        """The outer header of a packet that must carry this one, untouched"""
        out = Outer(raw)
        self.tx[family].seq += 1
        same("outer protocol", out.proto, IPPROTO_ESP)
        seq, clear, _, nh = self.tx[family].open(out.esp)
        same("number", seq, self.tx[family].seq)
        same("inner packet", (nh, clear), (4 if packet[0] >> 4 == 4 else 41, packet))
        return out

    def send(self, family, packet):
        """Into the interface, out of the underlay"""
        raws = self.w.tx("packet", packet, dev_of(family))
        same("packets", len(raws), 1)
        return self.opened(family, raws[0], packet)

    def receive(self, family, packets, tos, **what):
        """From the underlay with this outer TOS, out of the interface as "out" says"""
        if isinstance(packets, bytes):
            packets = [packets]
        self.w.rx(f"outer TOS {tos:#04x}", [wire.outer(family, self.rx[family].seal(p), tos=tos) for p in packets],
                  dev_of(family), **what)


# ---- what is sent ----------------------------------------------------------

def headers(e):
    for v, f in FAMILIES:
        with test(f"A4.4 {title(v, f)}: every size has its length, checksum and addresses"):
            for size in range(60, 76):
                out = e.send(f, inner(v, size))
                same("fragment", out.frag, 0)
    with test("A4.1 v4 in v4: inner options are not copied"):
        e.send(4, inner(4, 100, options=[b"\x94\x04\0\0"]))
    with test("A4.1 v4 in v4: no identification with DF, different ones without"):
        same("with DF", [e.send(4, inner(4, df=True, ident=77)).ident for _ in range(3)], [0] * 3)
        idents = [e.send(4, inner(4, ident=77)).ident for _ in range(8)]
        same("different ones without DF", len(set(idents)), 8)
        same("zeros among them", 0 in idents, False)
    with test("A4.2 v6 in v6, v6 in v4: inner extension headers are not copied"):
        for f in 4, 6:
            p = IPv6(src=IN6[0], dst=IN6[1]) / IPv6ExtHdrHopByHop(options=[HBHOptUnknown(otype=0x1E, optdata=b"abcd")])
            e.send(f, bytes(p / IPv6ExtHdrDestOpt() / UDP(sport=1, dport=2)))


def encapsulate_marks(e):
    for v, f in FAMILIES:
        for ecn in range(4):
            with test(f"A5.1 {title(v, f)}, {NAMES[ecn]} is copied"):
                for dscp in 0, 46:
                    same("outer TOS", e.send(f, inner(v, tos=dscp << 2 | ecn)).tos, dscp << 2 | ecn)
        with test(f"A5.3 {title(v, f)}, dscp copy: every DSCP is copied"):
            for dscp in range(64):
                same("outer DSCP", e.send(f, inner(v, tos=dscp << 2)).tos, dscp << 2)
    for fixed in 46, 0, 63:
        with options(dscp=fixed):
            for v, f in FAMILIES:
                with test(f"A5.3 {title(v, f)}, dscp {fixed}: this outside, the inner one stays, ECN is copied"):
                    for dscp in 0, 10, 46, 63:
                        for ecn in range(4):
                            same("outer TOS", e.send(f, inner(v, tos=dscp << 2 | ecn)).tos, fixed << 2 | ecn)
    with test("A5.3 dscp copy again"):
        for v, f in FAMILIES:
            same("outer TOS", e.send(f, inner(v, tos=0x28)).tos, 0x28)


def hop_limits(e):
    def all_families(name, ttl4, ttl6):
        for v, f in FAMILIES:
            ttl = ttl4 if f == 4 else ttl6
            with test(f"A4.1 A4.3 {title(v, f)}, {name}: {ttl} outside, the inner one stays"):
                same("outer", [e.send(f, inner(v, ttl=t)).ttl for t in (1, 64, 255)], [ttl] * 3)
    all_families("ttl auto", 64, 64)
    wire.sysctl("net/ipv4/ip_default_ttl", 77)
    wire.sysctl("net/ipv6/conf/wan/hop_limit", 99)
    all_families("ttl auto, other defaults of the host", 77, 99)
    wire.run("ip", "route", "add", ATK4 + "/32", "dev", "wan", "hoplimit", "11")
    wire.run("ip", "-6", "route", "add", ATK6 + "/128", "dev", "wan", "hoplimit", "12")
    all_families("ttl auto, the route has one", 11, 12)
    for ttl in 1, 33, 255:
        with options(ttl=ttl):
            all_families(f"ttl {ttl}", ttl, ttl)
    all_families("ttl auto again", 11, 12)
    wire.run("ip", "route", "del", ATK4 + "/32")
    wire.run("ip", "-6", "route", "del", ATK6 + "/128", "dev", "wan")
    wire.sysctl("net/ipv4/ip_default_ttl", 64)
    wire.sysctl("net/ipv6/conf/wan/hop_limit", 64)


def flow_labels(e):
    with test("A4.2 flowlabel 0: whatever the inner label is"):
        for v in 4, 6:
            for label in 0, 0x12345:
                for port in range(1000, 1008):
                    same(f"v{v}", e.send(6, inner(v, flow=label, sport=port)).flow, 0)
    for fixed in 1, 0xABCDE, 0xFFFFF:
        with options(flowlabel=fixed):
            with test(f"A4.2 flowlabel {fixed:#x}: this, and the inner label stays"):
                for v in 4, 6:
                    for label in 0, 0x12345:
                        out = e.send(6, inner(v, flow=label, tos=0xFF))
                        same(f"v{v}", (out.flow, out.tos), (fixed, 0xFF))
    with options(flowlabel="auto"):
        for v in 4, 6:
            labels = {}
            with test(f"A4.2 flowlabel auto, v{v} in v6: one for each flow"):
                for _ in range(3):
                    for port in range(1000, 1032):
                        out = e.send(6, inner(v, sport=port, tos=0x29))
                        same("class", out.tos, 0x29)
                        labels.setdefault(port, set()).add(out.flow)
                same("labels of one flow", max(map(len, labels.values())), 1)
            with test(f"A4.2 flowlabel auto, v{v} in v6: flows have different ones"):
                seen = set.union(*labels.values())
                # two of 32 may have the same of 2^20 by chance, three pairs will not
                same("enough of them", len(seen) > 29, True)
                same("no label among them", 0 in seen, False)
                same("they use the upper bits, too", max(seen) > 0xFFFF, True)
        with test("A4.2 flowlabel auto: nothing of it in an outer IPv4 header"):
            e.send(4, inner(6))
    with test("A4.2 flowlabel 0 again"):
        same("label", e.send(6, inner(4)).flow, 0)


DF = {"copy": {"v4": False, "v4 with DF": True, "v6": True},
      "set": {"v4": True, "v4 with DF": True, "v6": True},
      "clear": {"v4": False, "v4 with DF": False, "v6": False}}


def df_packet(kind, size=100):
    return inner(6 if kind == "v6" else 4, size, df=kind == "v4 with DF")


def df_bits(e):
    for df, kinds in DF.items():
        with options(df=df):
            for kind, want in kinds.items():
                with test(f"A4.1 {kind} in v4, df {df}: {'set' if want else 'not set'}"):
                    for _ in range(2):
                        out = e.send(4, df_packet(kind))
                        same("DF and identification", (out.df, out.ident == 0), (want, want))
            with test(f"A4.2 df {df}: nothing of it over IPv6"):
                for kind in kinds:
                    e.send(6, df_packet(kind))


# ---- what is too big -------------------------------------------------------

PATH = 1400                                     # narrower than the interface knows
FITS = {4: (PATH - 20 - 32) // 4 * 4 - 2, 6: (PATH - 40 - 32) // 4 * 4 - 2}


def lan_setup(w):
    """A host behind the gateway, whose packets are forwarded into the tunnels"""
    with wire.inside("atk"):
        w.lan = wire.packet_socket("lan")
        w.lan_mac = wire.mac("lan")
    w.lan_gw_mac = wire.mac("lan")
    for a in IN4[0], IN6[0]:
        wire.run("ip", "neigh", "replace", a, "lladdr", ":".join(f"{b:02x}" for b in w.lan_mac),
                 "nud", "permanent", "dev", "lan")


def lan_route(dev):
    # no address, and nothing that it says of its own accord
    wire.sysctl(f"net/ipv6/conf/{dev}/addr_gen_mode", 1)
    wire.sysctl(f"net/ipv6/conf/{dev}/disable_ipv6", 0)
    for words in ("route", "replace", "10.9.0.0/24"), ("-6", "route", "replace", "fd09::/64"):
        wire.run("ip", *words, "dev", dev)
    for family in "-4", "-6":
        wire.run("ip", family, "route", "flush", "cache")


def forward(w, packet, dev, drop, sent):
    """(what left on the underlay, what the host was told); the counters are exact"""
    before = w.snapshot()
    wire.drain(w.lan)
    w.lan.send(w.lan_gw_mac + w.lan_mac + (b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00") + packet)
    frames = w.tx_fence()
    for t in w.taps.values():
        wire.drain(t)
    w.compare("forwarded", before, dev, {drop: 1} if drop else {}, tx=sent)
    return [f[14:] for f in frames], [f[14:] for f in wire.drain(w.lan) if not wire.noise(f)]


def told(answers, packet, mtu):
    """One ICMP error with this MTU, about this packet"""
    same("ICMP errors", len(answers), 1)
    if packet[0] >> 4 == 4:
        p = IP(answers[0])
        same("ICMP", (p[ICMP].type, p[ICMP].code, p[ICMP].nexthopmtu), (3, 4, mtu))
        same("quoted", bytes(p[ICMP].payload)[:28], packet[:28])
    else:
        p = IPv6(answers[0])
        same("ICMP", (p[ICMPv6PacketTooBig].code, p[ICMPv6PacketTooBig].mtu), (0, mtu))
        same("quoted", bytes(p[ICMPv6PacketTooBig].payload)[:48], packet[:48])
    same("to", p.dst, IN4[0] if packet[0] >> 4 == 4 else IN6[0])


def too_big(w, e):
    lan_setup(w)
    wire.run("ip", "route", "add", ATK4 + "/32", "dev", "wan", "mtu", str(PATH))
    wire.run("ip", "-6", "route", "add", ATK6 + "/128", "dev", "wan", "mtu", str(PATH))
    for f in 4, 6:
        dev = dev_of(f)
        # larger than it is: the IP layer does not split, the path decides
        wire.run("ip", "link", "set", dev, "mtu", "3000")
        for df, kinds in DF.items():
            with options(df=df):
                for kind, set_ in kinds.items():
                    too_big_case(w, e, f, dev, df, kind, set_ if f == 4 else None)
        wire.ipsecctl("dev", "set", dev, "mtu", "auto")
    wire.run("ip", "route", "del", ATK4 + "/32")
    wire.run("ip", "-6", "route", "del", ATK6 + "/128", "dev", "wan")


def split(packet, mtu):
    """RFC 791 3.2: the fragments; what is not copied of the options is in the first alone"""
    n = (packet[0] & 15) * 4
    ident, frag = struct.unpack("!HH", packet[4:8])
    step, out = (mtu - n) // 8 * 8, []
    if len(packet) <= mtu:
        return [packet]
    for at in range(0, len(packet) - n, step):
        text = packet[n + at:][:step]
        more = 0x2000 if n + at + len(text) < len(packet) else frag & 0x2000
        # all options in here are of 4 bytes
        options = [packet[i:i + 4] for i in range(20, n, 4)]
        if at:
            options = [o if o[0] & 0x80 or not o[0] else b"\1" * 4 for o in options]
        p = packet[:2] + struct.pack("!HHH", n + len(text), ident, (frag & 0x1FFF) + at // 8 | more) + \
            packet[8:20] + b"".join(options)
        out.append(with_tos(p, p[1]) + text)
    return out


def inner_fragments(w, e):
    """df set, and an IPv4 packet without DF: it is fragmented before it is encrypted"""
    wire.run("ip", "route", "add", ATK4 + "/32", "dev", "wan", "mtu", str(PATH))
    wire.run("ip", "-6", "route", "add", ATK6 + "/128", "dev", "wan", "mtu", str(PATH))
    for ns in "gw", "atk":
        with wire.inside(ns):
            wire.run("ip", "link", "set", "lan", "mtu", "3000")
    alert, route = b"\x94\4\0\0", b"\7\3\4\1"     # copied; a full record route, not copied
    cases = [("one byte too many", dict(size=0)), ("three fragments", dict(size=1500)),
             ("with options", dict(size=1500, options=[alert, route, alert])),
             ("that is a fragment", dict(size=1500, frag=0x2000 | 100)),
             ("that is the last fragment", dict(size=1501, frag=500)),
             ("marked", dict(size=100, tos=0xB9))]
    for f in 4, 6:
        dev = dev_of(f)
        wire.run("ip", "link", "set", dev, "mtu", "3000")
        with options(df="set"):
            lan_route(dev)
            for name, what in cases:
                with test(f"A4.9 E2.5 v4 in v{f}, df set, {name}: fragments inside, and nobody is told"):
                    what = dict(what)
                    opts, frag = b"".join(what.pop("options", [])), what.pop("frag", 0)
                    p = inner(4, FITS[f] + 1 + what.pop("size"), ident=0x4242, **what)
                    p = bytes([p[0] + len(opts) // 4]) + p[1:2] + struct.pack("!H", len(p) + len(opts)) + p[4:6] + \
                        struct.pack("!H", frag) + p[8:20] + opts + p[20:]
                    p = with_tos(p, p[1])
                    want = split(hop(p), FITS[f])
                    raws, answers = forward(w, p, dev, None, (len(want), sum(map(len, want))))
                    same("answers", answers, [])
                    same("packets", len(raws), len(want))
                    for raw, fragment in zip(raws, want):
                        out = e.opened(f, raw, fragment)
                        same("none is too large", len(raw) <= PATH, True)
                        if f == 4:
                            same("DF", out.df, True)
        wire.ipsecctl("dev", "set", dev, "mtu", "auto")
    wire.run("ip", "route", "del", ATK4 + "/32")
    wire.run("ip", "-6", "route", "del", ATK6 + "/128", "dev", "wan")


def too_big_case(w, e, f, dev, df, kind, df_set):
    """df_set: is DF set outside?  Over IPv6 there is none, but the option means the same."""
    kept = DF[df][kind] if df_set is None else df_set
    lan_route(dev)
    p = df_packet(kind, FITS[f])
    with test(f"E2.5 {kind} in v{f}, df {df}, {FITS[f]} bytes: fit a path of {PATH}"):
        raws, answers = forward(w, p, dev, None, (1, len(p)))
        same("answers", answers, [])
        same("packets", len(raws), 1)
        out = e.opened(f, raws[0], hop(p))
        same("outer length", PATH - len(raws[0]) < 4, True)
        if f == 4:
            same("DF", out.df, df_set)
    p = df_packet(kind, FITS[f] + 1)
    if df == "set" and kind == "v4":
        return          # inner_fragments()
    if kept:
        with test(f"E2.5 {kind} in v{f}, df {df}, {FITS[f] + 1} bytes: tx_too_big, and the sender is told"):
            raws, answers = forward(w, p, dev, "tx_too_big", (0, 0))
            same("sent", raws, [])
            told(answers, hop(p), FITS[f])
    else:
        with test(f"E2.5 {kind} in v{f}, df {df}, {FITS[f] + 1} bytes: encrypted whole, fragmented outside"):
            raws, answers = forward(w, p, dev, None, (1, len(p)))
            same("answers", answers, [])
            same("fragments", len(raws), 2)
            same("none is too large", max(map(len, raws)) <= PATH, True)
            out = e.opened(f, joined(raws), hop(p))
            if f == 4:
                same("DF of the fragments", [r[6] >> 6 & 1 for r in raws], [0, 0])
                same("identification", out.ident != 0, True)


# ---- what is received ------------------------------------------------------

def decapsulate_marks(e):
    for v, f in FAMILIES:
        for (i, o), want in DECAPSULATED.items():
            name = f"A5.2 {title(v, f)}, {NAMES[i]} inside, {NAMES[o]} outside: "
            if want is None:
                with test("E1.27 " + name + "rx_ecn_drop"):
                    e.receive(f, [inner(v, size, tos=46 << 2 | i) for size in (60, 61, 100)], 10 << 2 | o,
                              drop="rx_ecn_drop")
                continue
            with test(name + NAMES[want]):
                # the DSCP, which the outer header has, too, is not for the inner one
                for dscp in 0, 46:
                    p = [inner(v, size, tos=dscp << 2 | i, flow=0x12345 if v == 6 else 0, ttl=7)
                         for size in (60, 61, 100)]
                    e.receive(f, p, 10 << 2 | o, out=[with_tos(q, dscp << 2 | want) for q in p])
        with test(f"A5.2 {title(v, f)}: the inner checksum is right for every inner packet"):
            # also where the sum of ones' complements is at its ends
            p = [inner(v, 60, tos=ECT0, **({"ident": n} if v == 4 else {"flow": n}))
                 for n in list(range(0, 65536, 517)) + list(range(0xFF00, 0x10000, 3))]
            e.receive(f, p, CE, out=[with_tos(q, CE) for q in p])


def decapsulate_dscp(e):
    def every(name, want):
        for v, f in FAMILIES:
            with test(f"A5.3 A4.3 {title(v, f)}, {name}"):
                for i in 0, 10, 46, 63:
                    for o in 0, 12, 46, 63:
                        p = inner(v, tos=i << 2, flow=0xFFFFF if v == 6 else 0)
                        e.receive(f, p, o << 2, out=[with_tos(p, want(i, o) << 2)])
    every("decap-dscp off: the inner one stays", lambda i, o: i)
    with options(decap_dscp="on"):
        every("decap-dscp on: the outer one", lambda i, o: o)
        for v, f in FAMILIES:
            with test(f"A5.3 {title(v, f)}, decap-dscp on: ECN as without"):
                for (i, o), want in DECAPSULATED.items():
                    p = inner(v, tos=46 << 2 | i)
                    if want is None:
                        e.receive(f, p, 10 << 2 | o, drop="rx_ecn_drop")
                    else:
                        e.receive(f, p, 10 << 2 | o, out=[with_tos(p, 10 << 2 | want)])
    every("decap-dscp off again", lambda i, o: i)


def untouched(e):
    with test("A4.3 received: TTL, options and all the rest of the inner header stay"):
        for f in 4, 6:
            for ttl in 1, 2, 64, 255:
                p = [inner(4, 100, ttl=ttl, df=True), inner(4, 100, ttl=ttl, options=[b"\x94\x04\0\0"]),
                     inner(4, 100, ttl=ttl, ident=0x1234), inner(6, 100, ttl=ttl, flow=0xABCDE)]
                e.receive(f, p, 0, out=p)
    with test("A4.3 received: the outer TTL, DF, label and identification do not matter"):
        for v, f in FAMILIES:
            p = inner(v)
            for over in ({"ttl": 1}, {"frag": 0x4000}, {"ident": 9}) if f == 4 else ({"hops": 1}, {"flow": 0x777}):
                e.w.rx(str(over), wire.outer(f, e.rx[f].seal(p), **over), dev_of(f), out=[p])


def scenario():
    w = wire.Wire()
    for f in 4, 6:
        w.tunnel(dev_of(f), f)
    e = Ends(w)
    headers(e)
    encapsulate_marks(e)
    hop_limits(e)
    flow_labels(e)
    df_bits(e)
    decapsulate_marks(e)
    decapsulate_dscp(e)
    untouched(e)
    too_big(w, e)
    inner_fragments(w, e)


wire.main(scenario)
