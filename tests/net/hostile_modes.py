# SPDX-License-Identifier: MIT
"""hostile_modes.py - the list of hostile input (E1, E2) in every mode that hostile_rx.py,
hostile_tx.py and hostile_ah.py do not have it in: each packet ends in the counter that
names what is wrong with it, and in no other.

A Way is how packets reach the interface: ESP or ESP in UDP or ESP inside AH or AH, in tunnel or
transport mode, over IPv4 or IPv6.  What is wrong is always in the innermost of the headers.
"""
import hashlib
import hmac
import socket
import struct
import tempfile

import wire
from ah import GMAC, HIGH, OTHER, SHA256, Ah, Front, new_spi, take
from hostile_rx import TITLES, inner_cases, nexthdr_cases, pad_cases, tfc_cases, DELIVER
from wire import (ATK4, ATK6, GW4, GW6, IPPROTO_AH, IPPROTO_ESP, NH_IPV4, NH_IPV6, NH_NONE, Sa, filler, inner,
                  ipv4, ipv6, outer, same, test, trailer)

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

GCM, CHACHA, CBC = "aes-gcm-16", "chacha20-poly1305", "aes-cbc"
LAST32, LAST64 = (1 << 32) - 1, (1 << 64) - 1


class Cbc(Sa):
    """AES-CBC and HMAC-SHA-256-128: a block of 16, a random IV"""

    def __init__(self, spi, esn=False, seq=0):
        self.spi, self.alg, self.bits, self.esn, self.seq = spi, CBC, 128, esn, seq
        self.key = bytes((spi * 41 + i * 23) & 0xFF for i in range(16))
        self.auth_key = bytes((spi * 43 + i * 29) & 0xFF for i in range(32))

    def icv(self, seq, data):
        if self.esn:
            data += struct.pack("!I", seq >> 32)
        return hmac.new(self.auth_key, data, hashlib.sha256).digest()[:16]

    def seal_clear(self, seq, clear, iv=None, aad_seq=None):
        """What is no multiple of the block is there as it is"""
        iv = hashlib.sha256(struct.pack("!Q", seq)).digest()[:16]
        if len(clear) % 16 == 0:
            clear = Cipher(algorithms.AES(self.key), modes.CBC(iv)).encryptor().update(clear)
        data = struct.pack("!II", self.spi, seq & 0xFFFFFFFF) + iv + clear
        return data + self.icv(seq if aad_seq is None else aad_seq, data)

    def install(self, dev, peer, direction, *options):
        with tempfile.NamedTemporaryFile("w") as f:         # 0600
            f.write(self.auth_key.hex())
            f.flush()
            wire.ipsecctl("sa", "add", dev, peer, direction, "spi", hex(self.spi), "encr", CBC, "key", "-",
                          "auth", SHA256, "auth-key", f.name, "esn", "on" if self.esn else "off",
                          *map(str, options), input=self.key.hex())
        return self


class Way:
    """One way in, with an SA of an algorithm"""

    def __init__(self, kind, family, mode, alg=GCM, esn=False):
        self.kind, self.family, self.mode, self.alg, self.esn = kind, family, mode, alg, esn
        self.dev = f"ipsec{dict(esp=0, udp=0, bundle=2, ah=4)[kind] + (family == 6)}"
        self.ah = Ah(family, GMAC if alg == CHACHA else SHA256, esn, mode) if kind in ("bundle", "ah") else None
        if kind == "ah":
            self.sa, self.align = self.ah, 1
        elif alg == CBC:
            self.sa, self.align = Cbc(new_spi(), esn), 16
        else:
            self.sa, self.align = Sa(new_spi(), alg, 256 if alg == CHACHA else 128, esn), 4
        self.base = self.sa.seq = HIGH + 40 if esn else 0

    def __str__(self):
        return f"{self.kind_name()}, {self.mode} mode over IPv{self.family}"

    def kind_name(self):
        return dict(esp="ESP", udp="ESP in UDP", bundle="ESP inside AH", ah="AH")[self.kind]

    def install(self, *options):
        if self.ah:
            self.ah.install(self.dev, "in", *options if self.kind == "ah" else ())
        if self.kind != "ah":
            self.sa.install(self.dev, "peer", "in", "mode", self.mode, "seq", self.sa.seq, *options)
        return self

    def remove(self):
        if self.kind != "ah":
            self.sa.remove(self.dev, "peer", "in")
        if self.ah:
            self.ah.remove(self.dev)

    def next(self):
        self.sa.seq += 1
        return self.sa.seq

    def number(self):
        return wire.show_sa(self.dev, self.sa.spi)["seq"]

    def wrap(self, body, **fields):
        """The innermost of ESP and AH, as it is sent"""
        if self.kind == "bundle":
            return self.ah.seal(Front(self.family, **fields), body, IPPROTO_ESP)
        if self.kind == "udp":
            ends = (ATK4, GW4) if self.family == 4 else (ATK6, GW6)
            return wire.udp(*ends, 4500, 4500, body, **fields)
        return outer(self.family, body, proto=IPPROTO_AH if self.kind == "ah" else IPPROTO_ESP, **fields)

    def body(self, payload, nh, seq=None, high=None, **fields):
        """ESP or AH around it; high: another high half than that of the number"""
        seq = self.next() if seq is None else seq
        if self.kind == "ah":
            return self.ah.body(Front(self.family, **fields), payload, nh, seq=seq, high=high)
        return self.sa.seal_clear(seq, payload + trailer(len(payload), nh, self.align),
                                  aad_seq=None if high is None else high << 32 | seq & 0xFFFFFFFF)

    def seal(self, payload, nh, seq=None, high=None, **fields):
        return self.wrap(self.body(payload, nh, seq, high, **fields), **fields)

    def arrives(self, packet):
        """The kernel itself throws away ESP in UDP that is shorter than its IP header"""
        head = 20 if self.family == 4 else 40
        return self.kind != "udp" or len(packet) - head - 8 >= head

    def rx(self, w, name, packet, drop=None, out=()):
        if not self.arrives(packet):
            drop, out = None, ()
        w.rx(name, packet, self.dev, drop=drop, out=out)

    def good(self, size=60, seq=None):
        """(a packet, what it delivers)"""
        if self.mode == "tunnel":
            p = inner(4, size)
            return self.seal(p, NH_IPV4, seq), p
        p = filler(size - 20)
        return self.seal(p, OTHER, seq), self.around(p)

    def around(self, payload):
        return outer(self.family, payload, proto=OTHER)

    def icv_at(self):
        """Where in its body AH's ICV begins, or what ESP protects beside its header"""
        return 12 if self.kind == "ah" else 8


def ways():
    for kind, family_modes in (("esp", ("transport",)), ("udp", ("tunnel", "transport")),
                               ("bundle", ("tunnel", "transport")), ("ah", ("tunnel", "transport"))):
        for mode in family_modes:
            for family in 4, 6:
                yield kind, family, mode


# ---- E1: received ------------------------------------------------------------

def lengths(w, way):
    """Garbage of every length: the length alone decides which counter it is"""
    drop, foreign, packets, seq = {}, 0, [], way.sa.seq + 5
    for n in range(9 if way.kind == "udp" else 0, 129):
        if way.kind == "ah":
            junk = (struct.pack("!BBHII", NH_IPV4, way.ah.words, 0, way.sa.spi, seq & 0xFFFFFFFF) + filler(120))[:n]
            why = None if n < 12 else "rx_bad_ah_hdr" if n < 4 * (way.ah.words + 2) else "rx_auth_fail"
        else:
            junk = (struct.pack("!II", way.sa.spi, seq & 0xFFFFFFFF) + filler(120))[:n]
            fixed = 8 + (16 if way.alg == CBC else 8) + 16
            why = (("rx_bundle" if way.kind == "bundle" else None) if n < 8 else
                   "rx_too_short" if n < fixed + 2 else
                   "rx_bad_align" if (n - fixed) % way.align else "rx_auth_fail")
        packets.append(way.wrap(junk))
        if not way.arrives(packets[-1]):
            continue
        if why:
            drop[why] = drop.get(why, 0) + 1
        else:
            foreign += 1
    w.rx(way.alg, packets, way.dev, drop=drop, foreign=foreign)


def flips(w, way):
    seq, bad = way.sa.seq + 1, []
    payload, nh = (inner(4, 60), NH_IPV4) if way.mode == "tunnel" else (filler(40), OTHER)
    body = way.body(payload, nh, seq)
    for bit in range(way.icv_at() * 8, len(body) * 8, 13):
        b = bytearray(body)
        b[bit >> 3] ^= 0x80 >> (bit & 7)
        bad.append(way.wrap(bytes(b)))
    w.rx(way.alg, bad, way.dev, drop="rx_auth_fail")
    same("number", way.number(), way.sa.seq)


def replays(w, way):
    for _ in range(70):
        way.next()
    top = way.sa.seq
    packet, out = way.good()        # top + 1
    w.rx("first", packet, way.dev, out=[out])
    # AH of a bundle has a new number: it is ESP inside that is a copy
    again = way.wrap(way.body(*(inner(4, 60), NH_IPV4) if way.mode == "tunnel" else (filler(40), OTHER), top + 1))
    w.rx("again", again, way.dev, drop="rx_replay_dup")
    w.rx("the left edge", way.good(seq=top + 1 - 63)[0], way.dev, out=[out])
    w.rx("again", way.good(seq=top + 1 - 63)[0], way.dev, drop="rx_replay_dup")
    if not way.esn:
        w.rx("one more to the left", way.good(seq=top + 1 - 64)[0], way.dev, drop="rx_replay_old")
        w.rx("number 0", way.good(seq=0)[0], way.dev, drop="rx_replay_old")
    return top + 1


def poison(w, way):
    payload, nh = (inner(4, 60), NH_IPV4) if way.mode == "tunnel" else (filler(40), OTHER)
    bad = bytearray(way.body(payload, nh, way.sa.seq + (1 << 31) - 100))
    bad[-1] ^= 1
    w.rx("forged", way.wrap(bytes(bad)), way.dev, drop="rx_auth_fail")
    packet, out = way.good()
    w.rx("the window has not moved", packet, way.dev, out=[out])


def other_high(w, way):
    payload, nh = (inner(4, 60), NH_IPV4) if way.mode == "tunnel" else (filler(40), OTHER)
    for what, high in ("the next", 1), ("the one before", -1):
        w.rx(f"{what} high half", way.seal(payload, nh, way.sa.seq + 1, (way.sa.seq >> 32) + high), way.dev,
             drop="rx_auth_fail")
    packet, out = way.good()
    w.rx("the right one", packet, way.dev, out=[out])


def alignment(w, way):
    """Authentic, and no multiple of the block"""
    for n in 17, 18, 20, 24, 28, 31, 33, 47:
        w.rx(f"{n} bytes", way.wrap(way.sa.seal_clear(way.sa.seq + 1, filler(n))), way.dev, drop="rx_bad_align")
    same("number", way.number(), way.sa.seq)


def trailers(w, way):
    """The table of hostile_rx.py; in transport mode what is left is the payload"""
    groups = {}
    for what, name, clear, verdict in pad_cases():
        groups.setdefault(what, []).append((name, clear, verdict))
    for what, name, clear, verdict in nexthdr_cases():
        if what == "E1.16":
            groups.setdefault(what, []).append((name, clear, verdict))
    for what, cases in groups.items():
        with test(f"{what} {TITLES[what]}, {way}"):
            for name, clear, verdict in cases:
                out = [verdict] if isinstance(verdict, bytes) else []
                if way.mode == "transport" and clear[-1] == NH_IPV4:
                    clear = clear[:-1] + bytes([OTHER])
                    if out or verdict == "rx_bad_inner":
                        out = [way.around(clear[:len(clear) - 2 - clear[-2]])]
                way.rx(w, name, way.wrap(way.sa.seal_clear(way.next(), clear)), None if out else verdict, out)


def trailers_cbc(w, way):
    """A block of 16: the same in other lengths"""
    for name, clear, verdict in (
            ("pad length 255 in a block", filler(14) + b"\xff\x04", "rx_bad_trailer"),
            ("pad length 15 in a block", filler(14) + b"\x0f\x04", "rx_bad_trailer"),
            ("padding of zeros", filler(26) + bytes(4) + b"\4\4", "rx_bad_pad"),
            ("padding from 0", filler(26) + b"\0\1\2\3\4\4", "rx_bad_pad"),
            ("a dummy of nothing", trailer(0, NH_NONE, 16), "rx_dummy"),
            ("a dummy", filler(30) + b"\0\x3b", "rx_dummy")):
        w.rx(name, way.wrap(way.sa.seal_clear(way.next(), clear)), way.dev, drop=verdict)


def next_headers(w, way):
    if way.mode == "transport":
        for nh in 0, 44:
            w.rx(f"next header {nh}", way.seal(filler(40), nh), way.dev, drop="rx_bad_nexthdr")
        return
    for what, name, clear, verdict in nexthdr_cases():
        if verdict == "rx_bad_nexthdr":
            w.rx(name, way.seal(inner(4, 42), clear[-1]), way.dev, drop=verdict)


def inners(w, way):
    groups = {}
    for what, name, packet, nh, verdict in inner_cases():
        groups.setdefault(what, []).append((name, packet, nh, verdict))
    for what, cases in groups.items():
        with test(f"{what} {TITLES[what]}, {way}"):
            for name, packet, nh, verdict in cases:
                out = [packet] if verdict is DELIVER else []
                way.rx(w, name, way.seal(packet, nh), None if out else verdict, out)
    with test(f"E1.22 more than the inner packet is cut off, {way}"):
        for _, name, family, n in tfc_cases():
            p = inner(family, 61)
            w.rx(name, way.seal(p + filler(n), NH_IPV4 if family == 4 else NH_IPV6), way.dev, out=[p])


def sources(w, way):
    for src in "10.7.255.255", "192.0.2.9", "0.0.0.0":
        w.rx(src, way.seal(inner(4, 60, src=src), NH_IPV4), way.dev, drop="rx_ts_mismatch")
    for src in "fd07::1", "2001:db8::9", "::":
        w.rx(src, way.seal(inner(6, 60, src=src), NH_IPV6), way.dev, drop="rx_ts_mismatch")


def marks(w, way):
    for version in 4, 6:
        nh = NH_IPV4 if version == 4 else NH_IPV6
        w.rx(f"CE, IPv{version} that is not capable", way.seal(inner(version, 60), nh, tos=3), way.dev,
             drop="rx_ecn_drop")
        w.rx(f"CE, IPv{version} with ECT(0)", way.seal(inner(version, 60, tos=2), nh, tos=3), way.dev,
             out=[inner(version, 60, tos=3)])


def states(w, way):
    with test(f"E1.35 interface down: rx_dev_down, and the number is not spent, {way}"):
        wire.run("ip", "link", "set", way.dev, "down")
        seq = way.next()
        w.rx("down", way.good(seq=seq)[0], way.dev, drop="rx_dev_down")
        wire.run("ip", "link", "set", way.dev, "up")
        packet, out = way.good(seq=seq)
        w.rx("up", packet, way.dev, out=[out])
    with test(f"E1.35 a hard limit is met: rx_sa_expired, {way}"):
        last = Way(way.kind, way.family, way.mode).install("hard-packets", 1)
        packet, out = last.good()
        w.rx("the last", packet, way.dev, out=[out])
        w.rx("one more", last.good()[0], way.dev, drop="rx_sa_expired")
        last.remove()
    with test(f"E1.35 SA removed: not ours, {way}"):
        way.remove()
        if way.kind == "bundle":        # AH is there, and what is inside is of nobody
            way.ah.install(way.dev)
            w.rx("removed", way.good()[0], way.dev, drop="rx_bundle")
            way.ah.remove(way.dev)
        else:
            w.rx("removed", way.good()[0], way.dev, foreign=1)


def received(w):
    for kind, family, mode in ways():
        algs = ((GCM, False), (CHACHA, True), (CBC, False), (CBC, True)) if kind != "ah" else \
            ((GCM, False), (CHACHA, True))
        some = [Way(kind, family, mode, alg, esn).install("replay-window", 64) for alg, esn in algs]
        way = some[0]

        def each(title, case, chosen=some):
            with test(f"{title}, {way}"):
                for one in chosen:
                    case(w, one)
        each("E1.1 E1.2 every length from 0 to 128", lengths)
        each("E1.8 bits of IV, text and ICV", flips)
        each("E1.9 replayed, left of the window, number 0", replays)
        each("E1.10 a forged number far on the right moves nothing", poison)
        each("E1.12 another high half of the number", other_high, [one for one in some if one.esn])
        if kind != "ah":
            each("E1.13 encrypted part is no multiple of 16", alignment, some[2:])
            trailers(w, way)
            each("E1.14 E1.15 E1.16 pad length, padding, dummies with a block of 16", trailers_cbc, some[2:])
        each("E1.17 next header that the SA does not carry: rx_bad_nexthdr", next_headers)
        if mode == "tunnel":
            inners(w, way)
            each("E1.23 inner source not behind the peer: rx_ts_mismatch", sources)
            each("E1.27 outer congestion mark", marks)
        for one in some[1:]:
            one.remove()
        states(w, way)


# ---- E2: sent ------------------------------------------------------------------

class Out(Way):
    """One way out"""

    def install(self, seq=None, ah_seq=None):
        if self.kind != "ah":
            self.sa.install(self.dev, "peer", "out", "mode", self.mode)
            if seq is not None:
                self.sa.set_seq(self.dev, "peer", "out", seq)
        if self.ah:
            self.ah.install(self.dev, "out")
            if ah_seq is not None:
                wire.ipsecctl("sa", "set", self.dev, "peer", "out", "spi", hex(self.ah.spi), "proto", "ah",
                              "seq", str(ah_seq))
        wire.ipsecctl("peer", "set", self.dev, "peer", "encap", *(["4500", "4500"] if self.kind == "udp" else ["off"]))
        return self

    def remove(self):
        if self.kind != "ah":
            self.sa.remove(self.dev, "peer", "out")
        if self.ah:
            self.ah.remove(self.dev, "out")
        if self.kind == "udp":
            wire.ipsecctl("peer", "set", self.dev, "peer", "encap", "off")

    def packet(self, size=60, df=True):
        """Something to send"""
        if self.mode == "tunnel":
            return ipv4("10.8.0.9", "10.8.0.2", filler(size - 20), frag=0x4000 if df else 0)
        if self.family == 4:
            return ipv4(GW4, ATK4, filler(size - 20), proto=OTHER, frag=0x4000 if df else 0)
        return ipv6(GW6, ATK6, filler(size - 40), nh=OTHER)


def numbers_end(w, way, layer):
    """layer: whose numbers end, of two"""
    last = LAST64 if way.esn else LAST32
    way.install(**{layer: last - 1})
    p = way.packet()
    same("the last one: packets", len(w.tx("the last", p, way.dev)), 1)
    for _ in range(2):
        same("sent", w.tx("beyond", p, way.dev, drop="tx_seq_overflow"), [])
    way.remove()


def too_big(w, way):
    way.install()
    for size in 1480, 3000:
        same("sent", w.tx(f"{size} bytes", way.packet(size), way.dev, drop="tx_too_big"), [])
    same("packets", len(w.tx("1300 bytes", way.packet(1300), way.dev)), 1)
    if way.family == 4 or way.mode == "tunnel":
        same("fragments", len(w.tx("without DF", way.packet(1480, False), way.dev)), 2)
    way.remove()
    wire.drain(w.tap)


def no_way(w, way):
    remote, ip = (ATK4, "-4") if way.family == 4 else (ATK6, "-6")
    way.install()
    same("before", len(w.tx("before", way.packet(), way.dev)), 1)
    for kind in "blackhole", "unreachable", "prohibit":
        wire.run("ip", ip, "route", "add", kind, remote)
        same("sent", w.tx(kind, way.packet(), way.dev, drop="tx_no_route"), [])
        wire.run("ip", ip, "route", "del", kind, remote)
    same("after", len(w.tx("after", way.packet(), way.dev)), 1)
    way.remove()


def nothing_to_send_on(w, way):
    same("sent", w.tx("none", way.packet(), way.dev, drop="tx_no_sa"), [])
    way.install().remove()
    same("sent", w.tx("removed", way.packet(), way.dev, drop="tx_no_sa"), [])


def no_ip(w, way):
    way.install()
    p = way.packet()
    for name, proto, frame in (("EtherType 0x0806", 0x0806, p), ("EtherType 0x88b5", 0x88B5, p),
                               ("1 byte", wire.ETH_P_IP, p[:1]), ("the other family", wire.ETH_P_IPV6, ipv4(GW4, ATK4, filler(40))),
                               ("version 5", wire.ETH_P_IP, b"\x55" + p[1:]), ("ihl 15", wire.ETH_P_IP, b"\x4f" + p[1:59])):
        same(name, w.tx(name, frame, way.dev, drop="tx_not_ip", protocol=proto), [])
    way.remove()


def tiny(w, way):
    """The underlay has not even room for the headers.  In tunnel mode what IPv4 always carries
    (68 bytes) is sent in outer fragments; in transport mode the header with DF is the packet's own."""
    way.install()
    wire.run("ip", "link", "set", "wan", "mtu", "68")
    try:
        if way.mode == "tunnel":
            frames = w.tx("60 bytes", way.packet(), way.dev)
            same("the largest", max(map(len, frames)) <= 68, True)
        else:
            same("sent", w.tx("60 bytes", way.packet(), way.dev, drop="tx_output"), [])
        same("sent", w.tx("69 bytes", way.packet(69), way.dev, drop="tx_too_big"), [])
        frames = w.tx("1300 bytes without DF", way.packet(1300, False), way.dev)
        same("fragments", (len(frames) > 20, max(map(len, frames)) <= 68), (True, True))
    finally:
        wire.run("ip", "link", "set", "wan", "mtu", "1500")
        # IPv6 was gone with so small an MTU, and its addresses with it
        wire.run("ip", "addr", "replace", f"{GW6}/64", "dev", "wan", "nodad")
        neighbours(w)
        # the kernel has told itself
        wire.run("ip", "route", "flush", "cache")
    way.remove()


def neighbours(w):
    lladdr = ":".join(f"{b:02x}" for b in w.atk_mac)
    for a in ATK4, ATK6, "192.0.2.254":
        wire.run("ip", "neigh", "replace", a, "lladdr", lladdr, "nud", "permanent", "dev", "wan")


def sent(w):
    for dev in w.devs:
        wire.run("ip", "link", "set", dev, "mtu", "9000")
    for kind, family, mode in ways():
        way = Out(kind, family, mode)
        for layer, name in (("seq", "ESP"), ("ah_seq", "AH")):
            if layer == "seq" and kind == "ah" or layer == "ah_seq" and not way.ah:
                continue
            for esn in False, True:
                with test(f"E2.1 the numbers of {name} end{', ESN' if esn else ''}: tx_seq_overflow, {way}"):
                    numbers_end(w, Out(kind, family, mode, esn=esn), layer)
        for title, case in (("E2.2 no IP: tx_not_ip", no_ip), ("E2.5 too big: tx_too_big", too_big),
                            ("E2.7 no SA: tx_no_sa", nothing_to_send_on), ("E2.9 no route: tx_no_route", no_way),
                            ("E2.10 an underlay of 68 bytes", tiny)):
            if case is tiny and family == 6:        # IPv6 goes away on such a device
                continue
            with test(f"{title}, {way}"):
                case(w, Out(kind, family, mode))


def scenario():
    w = wire.Wire()
    for dev, family, protect in (("ipsec0", 4, "esp"), ("ipsec1", 6, "esp"), ("ipsec2", 4, "esp+ah"),
                                 ("ipsec3", 6, "esp+ah"), ("ipsec4", 4, "ah"), ("ipsec5", 6, "ah")):
        w.tunnel(dev, family, "10.8.0.0/16", "fd08::/32", f"{ATK4}/32", f"{ATK6}/128")
        wire.ipsecctl("peer", "set", dev, "peer", "protect", protect)
    w.quiet = [take(4), take(6)]
    for family, address in (socket.AF_INET, GW4), (socket.AF_INET6, GW6):
        s = socket.socket(family, socket.SOCK_DGRAM)
        s.bind((address, 4500))
        s.setsockopt(socket.IPPROTO_UDP, 100, 2)            # UDP_ENCAP, UDP_ENCAP_ESPINUDP
        w.quiet.append(s)
    received(w)
    sent(w)


wire.main(scenario)
