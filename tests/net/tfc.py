# SPDX-License-Identifier: MIT
"""tfc.py - TFC padding and dummy packets as they are on the wire: the other end opens them
with python-cryptography and looks at every byte behind the inner packet."""
import contextlib
import hashlib
import hmac
import os
import socket
import struct

import wire
from wire import (ATK4, ATK6, GW4, GW6, IPPROTO_ESP, NH_IPV4, NH_IPV6, NH_NONE, SLOW, Sa, addr,
                  checksum, filler, inner, ipsecctl, problem, same, show_sa, test)

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SOL_UDP, UDP_SEGMENT = 17, 103
IV8 = 8 + 8 + 16                        # ESP header, IV, ICV of the AEADs
KEYS = "/dev/shm/tfc-key"
TOO_LONG = "the dummy packet is longer than the path to the peer lets through"


class CbcSa:
    """AES-CBC with HMAC-SHA2-256-128, 32-bit numbers, as the other side holds it"""
    overhead, align = 8 + 16 + 16, 16

    def __init__(self, spi):
        self.spi = spi
        self.key = hashlib.sha256(b"encr%d" % spi).digest()[:16]
        self.auth = hashlib.sha256(b"auth%d" % spi).digest()

    def __str__(self):
        return "aes-cbc/128 hmac-sha2-256-128"

    def open(self, esp):
        spi, seq = struct.unpack("!II", esp[:8])
        same("SPI", spi, self.spi)
        icv = hmac.new(self.auth, esp[:-16], hashlib.sha256).digest()[:16]
        if icv != esp[-16:]:
            raise ValueError("wrong ICV")
        d = Cipher(algorithms.AES(self.key), modes.CBC(esp[8:24])).decryptor()
        clear = d.update(esp[24:-16]) + d.finalize()
        pad, nh = clear[-2], clear[-1]
        return seq, clear[:-2 - pad], clear[len(clear) - 2 - pad:-2], nh

    def install(self, dev, peer, direction, *options):
        for name, data in ((KEYS, self.key), (KEYS + "2", self.auth)):
            with open(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
                f.write(data.hex())
        ipsecctl("sa", "add", dev, peer, direction, "spi", hex(self.spi), "encr", "aes-cbc",
                 "key", KEYS, "auth", "hmac-sha2-256-128", "auth-key", KEYS + "2", "esn", "off",
                 *map(str, options))
        return self

    def remove(self, dev, peer, direction):
        ipsecctl("sa", "del", dev, peer, direction, "spi", hex(self.spi))


class AeadSa(Sa):
    overhead, align = IV8, 4


_spi = 0x7000


def new(cls, *args):
    global _spi
    _spi += 1
    return cls(_spi, *args)


# where each program takes long to start: the two alignments, the ends of the lengths
FEW = SLOW or os.environ.get("IPSEC_VM") == "qemu"
SUITES = [lambda: new(AeadSa), lambda: new(CbcSa)]
if not FEW:
    SUITES.append(lambda: new(AeadSa, "chacha20-poly1305", 256))


def dev_of(family):
    return "ipsec0" if family == 4 else "ipsec1"


def head_of(family):
    return 20 if family == 4 else 40


def cap_of(sa, family, mtu=1500, more=0):
    """The largest inner packet: RFC 4303 2.4, the text and its trailer are aligned"""
    return (mtu - head_of(family) - more - sa.overhead) // sa.align * sa.align - 2


def esp_of(packet):
    """Behind the outer header, whose length and protocol must be right"""
    if packet[0] >> 4 == 4:
        same("outer length", struct.unpack("!H", packet[2:4])[0], len(packet))
        same("outer checksum", checksum(packet[:20]), 0)
        same("no fragment", packet[6] & 0x3F, 0)
        same("protocol", packet[9], IPPROTO_ESP)
        return packet[20:]
    same("outer length", struct.unpack("!H", packet[4:6])[0] + 40, len(packet))
    same("protocol", packet[6], IPPROTO_ESP)
    return packet[40:]


def check_text(label, sa, esp, seq, text, length, nh):
    """The packet seq carries text, zeros up to length, the padding and the next header"""
    got = sa.open(esp)
    same(f"{label}: number", got[0], seq)
    same(f"{label}: length behind the IV", len(got[1]), length)
    same(f"{label}: inner packet", got[1][:len(text)], text)
    same(f"{label}: zeros behind it", got[1][len(text):], bytes(length - len(text)))
    n = -(length + 2) % sa.align
    same(f"{label}: padding", got[2], bytes(range(1, n + 1)))
    same(f"{label}: next header", got[3], nh)


def nh_of(packet):
    return NH_IPV4 if packet[0] >> 4 == 4 else NH_IPV6


@contextlib.contextmanager
def sending(sa, family, *options):
    dev = dev_of(family)
    sa.install(dev, "peer", "out", *options)
    try:
        yield dev
    finally:
        sa.remove(dev, "peer", "out")


# ---- TFC padding -----------------------------------------------------------

def every_length(w):
    """Inner packets of all sorts of lengths, to all sorts of lengths"""
    for family in 4, 6:
        for make in SUITES:
            for tfc in (100, 65535) if FEW else (0, 1, 100, 1000, 1401, 65535):
                sa = make()
                cap = cap_of(sa, family)
                sizes = sorted({20, 21, 40, 63, 99, 100, 101, 102, 103, 104, 700, 999, 1000, 1001, 1400,
                                1401, cap - 1, cap})
                with test(f"A1.6 IPv{family}, {sa}, tfc {tfc}: exact lengths, zeros, padding"), \
                        sending(sa, family, "tfc", tfc) as dev:
                    packets = [inner(v, n, start=n) for v in (4, 6) for n in sizes if n >= head_of(v)]
                    got = w.tx("lengths", packets, dev)
                    same("packets on the wire", len(got), len(packets))
                    for i, (p, packet) in enumerate(zip(got, packets)):
                        n = max(len(packet), min(tfc, cap))
                        check_text(f"{len(packet)}", sa, esp_of(p), i + 1, packet, n, nh_of(packet))
                    if tfc == 65535:
                        same("lengths on the wire", {len(p) for p in got},
                             {cap + 2 + sa.overhead + head_of(family)})
                    stats = show_sa(dev, sa.spi, "out")["stats"]
                    same("counted", (stats["tx_packets"], stats["tx_bytes"]),
                         (len(packets), sum(map(len, packets))))


@contextlib.contextmanager
def narrow(family, mtu):
    """The route to the peer has this MTU, and the interface does not know"""
    host = [*(["-6"] if family == 6 else []), "route"]
    dst = ATK4 + "/32" if family == 4 else ATK6 + "/128"
    wire.run("ip", *host, "add", dst, "dev", "wan", "mtu", str(mtu))
    try:
        yield
    finally:
        wire.run("ip", *host, "del", dst, "dev", "wan")


def joined(packets):
    """The payload of fragments, put together"""
    parts = {}
    for p in packets:
        if p[0] >> 4 == 4:
            off = struct.unpack("!H", p[6:8])[0]
            parts[(off & 0x1FFF) * 8] = p[20:]
        else:
            parts[struct.unpack("!H", p[42:44])[0] & 0xFFF8] = p[48:]
    data = b""
    for at in sorted(parts):
        same("the fragments meet", at, len(data))
        data += parts[at]
    return data


def path_mtu(w):
    """Never beyond what the path lets through; what is larger goes in fragments as it is"""
    for family in 4, 6:
        for mtu in 1300, 1403:
            sa = new(AeadSa)
            cap = cap_of(sa, family, mtu)
            with test(f"A1.6 IPv{family}, path MTU {mtu}: padded up to it, and no further"), \
                    sending(sa, family, "tfc", 1430) as dev, narrow(family, mtu):
                sizes = (20, 600, cap - 1, cap)
                packets = [inner(4, n, start=n) for n in sizes]
                got = w.tx("up to the MTU", packets, dev)
                same("packets on the wire", len(got), len(packets))
                for i, (p, packet) in enumerate(zip(got, packets)):
                    check_text(f"{len(packet)}", sa, esp_of(p), i + 1, packet, cap, NH_IPV4)
                    problem(f"{len(p)} bytes") if len(p) > mtu else None
                packet = inner(4, cap + 1)
                got = w.tx("beyond the MTU", packet, dev)
                same("fragments", len(got), 2)
                check_text("beyond the MTU", sa, joined(got), len(sizes) + 1, packet, cap + 1, NH_IPV4)


def in_udp(w):
    sa = new(AeadSa)
    ipsecctl("peer", "set", "ipsec0", "peer", "encap", "4500", "4500")
    cap = cap_of(sa, 4, more=8)
    with test("A1.6 ESP in UDP: the UDP header has its room"), sending(sa, 4, "tfc", 65535) as dev:
        packet = inner(4, 50)
        p = w.tx("one", packet, dev)[0]
        same("on the wire", len(p), 20 + 8 + IV8 + cap + 2)
        same("UDP length", struct.unpack("!H", p[24:26])[0], len(p) - 20)
        check_text("in UDP", sa, p[28:], 1, packet, cap, NH_IPV4)
        p = dummies(w, dev, 1, "length", cap)[0]
        check_text("a dummy in UDP", sa, p[28:], 2, bytes(cap), cap, NH_NONE)
        refused(w, dev, TOO_LONG, "length", cap + 1)
    ipsecctl("peer", "set", "ipsec0", "peer", "encap", "off")


def gso(w):
    for family in 4, 6:
        sa = new(AeadSa)
        with test(f"A1.6 IPv{family}, UDP GSO: each segment is padded"), sending(sa, family, "tfc", 900) as dev:
            here, there = "10.77.0.1", "10.77.0.2"
            wire.run("ip", "addr", "add", here + "/24", "dev", dev)
            seq = 0
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.bind((here, 5000))
                for size, total in (300, 2500), (872, 4360), (1100, 5000), (1, 40):
                    s.setsockopt(SOL_UDP, UDP_SEGMENT, size)
                    data, before = filler(total), w.snapshot()
                    s.sendto(data, (there, 6000))
                    frames = [f[14:] for f in w.tx_fence()]
                    n = -(-total // size)
                    w.compare(f"{total} in {size}", before, dev, {}, tx=(n, total + n * 28))
                    same("packets", len(frames), n)
                    for i, f in enumerate(frames):
                        seq += 1
                        part = data[i * size:(i + 1) * size]
                        number, text, pad, nh = sa.open(esp_of(f))
                        length = max(900, len(part) + 28)
                        same("number", number, seq)
                        same("inner length", struct.unpack("!H", text[2:4])[0], len(part) + 28)
                        same("text", text[28:28 + len(part)], part)
                        same("zeros", text[28 + len(part):], bytes(length - 28 - len(part)))
                        same("padding", pad, bytes(range(1, 1 + -(length + 2) % 4)))
                        same("next header", nh, NH_IPV4)
            wire.run("ip", "addr", "del", here + "/24", "dev", dev)


def lifetime(w):
    sa = new(AeadSa)
    with test("A1.6 limits count the inner packets, without padding"), \
            sending(sa, 4, "tfc", 1400, "hard-bytes", 1000) as dev:
        same("sent", len(w.tx("ten", [inner(4, 100)] * 10, dev)), 10)
        same("and no more", w.tx("one more", inner(4, 20), dev, drop="tx_sa_expired"), [])


# ---- dummy packets ---------------------------------------------------------

def dummies(w, dev, n, *options, drop=None):
    """Ask for dummies; they are sent, and counted as such alone.  Return outer packets."""
    before = w.snapshot()
    ipsecctl("dummy", dev, "peer", *map(str, options))
    frames = [f[14:] for f in w.tx_fence()]
    w.compare(f"dummy {options}", before, dev, {"tx_dummy": n, **(drop or {})})
    same("dummies on the wire", len(frames), n)
    return frames


def refused(w, dev, text, *options):
    before = w.snapshot()
    said = wire.run("ipsecctl", "dummy", dev, "peer", *map(str, options), check=False)
    same("what it says", said.strip(), f"ipsecctl: dummy {dev} peer: {text}")
    same("on the wire", w.tx_fence(), [])
    w.compare(text, before, dev, {})


def dummy_lengths(w):
    for family in 4, 6:
        for make in SUITES:
            for tfc in (500,) if FEW else (0, 500):
                sa = make()
                cap = cap_of(sa, family)
                with test(f"A1.5 IPv{family}, {sa}, tfc {tfc}: dummies of every length"), \
                        sending(sa, family, "tfc", tfc) as dev:
                    seq, sent = 0, []
                    for n in None, 0, 1, 500, 501, cap:
                        seq += 1
                        options = [] if n is None else ["length", n]
                        n = 64 if n is None else n
                        p = dummies(w, dev, 1, *options)[0]
                        check_text(f"{n}", sa, esp_of(p), seq, bytes(n), max(n, tfc), NH_NONE)
                        sent.append(p)
                    refused(w, dev, TOO_LONG, "length", cap + 1)
                    refused(w, dev, TOO_LONG, "length", 0xFFFFFFFF)
                    # a packet in between has the next number, and the same outside
                    packet = inner(6, 500)
                    p = w.tx("a packet", packet, dev)[0]
                    check_text("a packet", sa, esp_of(p), seq + 1, packet, 500, NH_IPV6)
                    same("outer header of a dummy", sent[3][:head_of(family)], p[:head_of(family)])
                    many = 100 if FEW else 1000
                    frames = dummies(w, dev, many, "count", many, "length", 40)
                    for i, p in enumerate(frames):
                        check_text("many", sa, esp_of(p), seq + 2 + i, bytes(40), max(40, tfc), NH_NONE)
                    shown = show_sa(dev, sa.spi, "out")
                    same("the SA", (shown["stats"]["tx_packets"], shown["stats"]["tx_bytes"],
                                    shown["stats"]["drops"], shown["seq"]),
                         (1, 500, {"tx_dummy": seq + many}, seq + 1 + many))


def dummy_transport(w):
    for family in 4, 6:
        sa = new(AeadSa)
        with test(f"A1.5 IPv{family}, transport mode: a dummy behind a header of ours"), \
                sending(sa, family, "mode", "transport") as dev:
            cap = cap_of(sa, family)
            for i, n in enumerate((0, 1, 64, 1000, cap)):
                p = dummies(w, dev, 1, "length", n)[0]
                ends = (GW4, ATK4) if family == 4 else (GW6, ATK6)
                at = 12 if family == 4 else 8
                same("addresses", p[at:head_of(family)], b"".join(map(addr, ends)))
                check_text(f"{n}", sa, esp_of(p), i + 1, bytes(n), n, NH_NONE)
                problem("larger than the link") if len(p) > 1500 else None
            refused(w, dev, TOO_LONG, "length", cap + 1)


def dummy_path(w):
    for family in 4, 6:
        sa = new(AeadSa)
        with test(f"A1.5 IPv{family}, path MTU 1300: no longer dummies"), \
                sending(sa, family) as dev, narrow(family, 1300):
            cap = cap_of(sa, family, 1300)
            p = dummies(w, dev, 1, "length", cap)[0]
            check_text("the longest", sa, esp_of(p), 1, bytes(cap), cap, NH_NONE)
            refused(w, dev, TOO_LONG, "length", cap + 1)


def dummy_outer(w):
    sa = new(AeadSa)
    with test("A1.5 the outer header has what the interface says"), sending(sa, 4) as dev:
        same("DF by default", dummies(w, dev, 1)[0][6] & 0x40, 0x40)
        ipsecctl("dev", "set", dev, "df", "clear", "dscp", "46", "ttl", "9")
        p = dummies(w, dev, 1)[0]
        same("DF, TOS, TTL", (p[6] & 0x40, p[1], p[8]), (0, 46 << 2, 9))
        ipsecctl("dev", "set", dev, "df", "copy", "dscp", "copy", "ttl", "auto")


def dummy_limits(w):
    sa = new(AeadSa)
    with test("A1.5 dummies count against the limits of the SA"), \
            sending(sa, 4, "hard-packets", 5) as dev:
        dummies(w, dev, 5, "count", 8, drop={"tx_sa_expired": 3})
        refused(w, dev, "a hard limit of the SA is met")
    sa = new(AeadSa)
    with test("A1.5 the numbers end among dummies"), \
            sending(sa, 4, "seq", (1 << 32) - 4) as dev:
        frames = dummies(w, dev, 3, "count", 5, drop={"tx_seq_overflow": 2})
        same("numbers", [sa.open(esp_of(p))[0] for p in frames], [(1 << 32) - 3 + i for i in range(3)])
        refused(w, dev, "a hard limit of the SA is met")


def dummy_refused(w):
    dev, sa = "ipsec0", new(AeadSa)
    with test("A1.5 a peer without SA"):
        refused(w, dev, "the peer has no SA to send on")
        sa.install(dev, "peer", "in")
        refused(w, dev, "the peer has no SA to send on")
        sa.remove(dev, "peer", "in")
    with test("A1.5 a peer that needs AH as well, and has none"), sending(sa, 4):
        ipsecctl("peer", "set", dev, "peer", "protect", "esp+ah")
        refused(w, dev, "the peer has no SA to send on")
        ipsecctl("peer", "set", dev, "peer", "protect", "esp")
    with test("A1.5 AH alone has no dummies"):
        ipsecctl("peer", "set", dev, "peer", "protect", "ah")
        ipsecctl("sa", "add", dev, "peer", "out", "spi", "0x7fff", "proto", "ah",
                 "auth", "hmac-sha2-256-128", "auth-key", "-", input="5a" * 32)
        refused(w, dev, "dummy packets need ESP: AH hides nothing")
        ipsecctl("sa", "del", dev, "peer", "out", "spi", "0x7fff", "proto", "ah")
        ipsecctl("peer", "set", dev, "peer", "protect", "esp")
    with test("A1.5 no route to the peer"), sending(sa, 4):
        wire.run("ip", "route", "add", "unreachable", ATK4 + "/32")
        refused(w, dev, "there is no route to the peer")
        wire.run("ip", "route", "del", "unreachable", ATK4 + "/32")
    with test("A1.5 an interface that is down"), sending(sa, 4):
        wire.run("ip", "link", "set", dev, "down")
        refused(w, dev, "the interface is down")
        wire.run("ip", "link", "set", dev, "up")
        check_text("up again", sa, esp_of(dummies(w, dev, 1)[0]), 1, bytes(64), 64, NH_NONE)


def scenario():
    # the counters do not say what a wrong key would make of it: this must be able to fail
    with test("the other end refuses what is damaged"):
        sa = new(CbcSa)
        try:
            sa.open(struct.pack("!II", sa.spi, 1) + bytes(64))
            problem("it opened noise")
        except ValueError:
            pass
    w = wire.Wire()
    w.tunnel("ipsec0", 4)
    w.tunnel("ipsec1", 6)
    for part in (every_length, path_mtu, in_udp, gso, lifetime, dummy_lengths, dummy_transport, dummy_path,
                 dummy_outer, dummy_limits, dummy_refused):
        part(w)


wire.main(scenario)
