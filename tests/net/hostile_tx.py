# SPDX-License-Identifier: MIT
"""hostile_tx.py - the way out when something is wrong: no more sequence numbers, frames
that are no IP packets, offloaded packets, packets that are too big, no SA, no route.
Whatever happens, nothing leaves in clear, and no number is used twice."""
import json
import socket
import struct
import subprocess
import time

import wire
from wire import (ATK4, ATK6, ETH_P_IP, ETH_P_IPV6, GW4, GW6, Sa, checksum, filler, inner, ipv4,
                  problem, same, test)

SOL_UDP, UDP_SEGMENT = 17, 103
LAST32, LAST64 = (1 << 32) - 1, (1 << 64) - 1


def dev_of(family):
    return "ipsec0" if family == 4 else "ipsec1"


def esp_of(packet):
    return packet[20:] if packet[0] >> 4 == 4 else packet[40:]


def operstate(dev):
    return json.loads(wire.run("ip", "-j", "link", "show", dev))[0]["operstate"].lower()


def until(condition, what):
    end = time.monotonic() + 20
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: never")
        time.sleep(0.02)


# ---- sequence numbers ------------------------------------------------------

class Monitor:
    """ipsecctl -j monitor"""

    def __enter__(self):
        self.p = subprocess.Popen(["ipsecctl", "-j", "monitor"], stdout=subprocess.PIPE, text=True,
                                  close_fds=False)
        self.wait(lambda e: e["event"] == "listening")
        return self

    def wait(self, wanted):
        """The events up to the one that is wanted"""
        seen = []
        for line in self.p.stdout:
            seen.append(json.loads(line))
            if wanted(seen[-1]):
                return seen
        raise RuntimeError(f"the monitor ended after {seen}")

    def __exit__(self, *unused):
        self.p.kill()
        self.p.wait()


def is_expire(event, limit):
    return "expire" in event["event"] and limit in json.dumps(event)


def sequence_end(w):
    for family in 4, 6:
        for esn in False, True:
            dev, last = dev_of(family), LAST64 if esn else LAST32
            name = f"{'2^64' if esn else '2^32'} - 1, over IPv{family}"
            sa = Sa(0x6000 + family + 16 * esn, esn=esn).install(dev, "peer", "out")
            sa.set_seq(dev, "peer", "out", last - 3)
            with Monitor() as monitor:
                p = [inner(4, 40, start=i) for i in range(3)]
                with test(f"E2.1 two before {name}: sent, and the soft limit is told"):
                    got = w.tx("one before", p[0], dev)
                    same("number", sa.open(esp_of(got[0]), (last - 2) >> 32)[:2], (last - 2, p[0]))
                    events = monitor.wait(lambda e: is_expire(e, "soft"))
                    same("events", len(events), 1)
                    same("operstate", operstate(dev), "up")
                with test(f"E2.1 {name}: sent once, and the hard limit is told"):
                    got = w.tx("the last two", p[1:], dev)
                    same("packets", len(got), 2)
                    same("number", sa.open(esp_of(got[0]), (last - 1) >> 32)[:2], (last - 1, p[1]))
                    same("number", sa.open(esp_of(got[1]), last >> 32)[:2], (last, p[2]))
                    events = monitor.wait(lambda e: is_expire(e, "hard"))
                    same("SPI in the event", hex(sa.spi)[2:] in json.dumps(events[-1]), True)
                with test(f"E2.1 after {name}: tx_seq_overflow, and nothing leaves"):
                    same("sent", w.tx("beyond", p, dev, drop="tx_seq_overflow"), [])
                    shown = wire.show_sa(dev, sa.spi, "out")
                    same("number shown", shown["seq"], last)
                    same("SA counts it", shown["stats"]["drops"], {"tx_seq_overflow": 3})
            with test(f"E2.1 after {name}: the interface is dormant"):
                until(lambda: operstate(dev) == "dormant", "dormant")
            with test(f"E2.1 after {name}: a new SA brings it back"):
                new = Sa(0x6100 + family + 16 * esn, esn=esn)
                wire.ipsecctl("sa", "replace", dev, "peer", "out", "spi", hex(new.spi), "encr", new.alg,
                              "key", "-", "esn", "on" if esn else "off", input=new.material.hex())
                until(lambda: operstate(dev) == "up", "up")
                got = w.tx("again", p[0], dev)
                same("number", new.open(esp_of(got[0]))[:2], (1, p[0]))
            new.remove(dev, "peer", "out")


# ---- no IP -----------------------------------------------------------------

def not_ip(w):
    sas = {f: Sa(0x6200 + f).install(dev_of(f), "peer", "out") for f in (4, 6)}
    good4, good6 = inner(4, 60), inner(6, 60)
    cases = [(f"EtherType {proto:#06x}", proto, p)
             for proto in (0x0806, 0x8100, 0x88CC, 0x88B5, 0x8847, 0x0004, 0x0001)
             for p in (filler(46), good4, filler(1), filler(19))]
    for proto, good, other in (ETH_P_IP, good4, good6), (ETH_P_IPV6, good6, good4):
        head = 20 if proto == ETH_P_IP else 40
        cases += [(f"{proto:#06x}, the other family", proto, other),
                  (f"{proto:#06x}, 1 byte", proto, good[:1]),
                  (f"{proto:#06x}, a byte less than a header", proto, good[:head - 1])]
        cases += [(f"{proto:#06x}, version {v}", proto, bytes([v << 4 | good[0] & 15]) + good[1:])
                  for v in (0, 5, 7, 15)]
    cases += [("ihl 0", ETH_P_IP, b"\x40" + good4[1:]), ("ihl 4", ETH_P_IP, b"\x44" + good4[1:]),
              ("ihl 15 of 59 bytes", ETH_P_IP, b"\x4f" + good4[1:59]),
              ("ihl 6 of 20 bytes", ETH_P_IP, b"\x46" + good4[1:20])]
    for form in "in one piece", "cloned", "in pages":
        with test(f"E2.2 frames that are no IP packets, {form}: tx_not_ip"):
            for name, proto, p in cases:
                for family in 4, 6:
                    got = send_form(w, form, name, p, dev_of(family), "tx_not_ip", proto)
                    same(f"{name}: sent", got, [])
    with test("E2.2 a frame of no bytes: refused by the socket, or tx_not_ip"):
        for proto in ETH_P_IP, ETH_P_IPV6, 0x0806:
            before = w.snapshot()
            try:
                w.ins["ipsec0"].sendto(b"", ("ipsec0", proto))
                want = {"tx_not_ip": 1}
            except OSError:
                want = {}
            same("sent", w.tx_fence(), [])
            w.compare(f"{proto:#06x}", before, "ipsec0", want)
    with test("E2.2 the shortest packets that are: sent"):
        for family in 4, 6:
            for p in inner(4, 20), inner(6, 40), ipv4(*wire.IN4, b"", options=b"\1" * 40):
                got = w.tx("short", p, dev_of(family))
                sas[family].seq += 1
                same("inner", sas[family].open(esp_of(got[0]))[:2], (sas[family].seq, p))
    for family, sa in sas.items():
        sa.remove(dev_of(family), "peer", "out")


def send_form(w, form, name, p, dev, drop, proto):
    if form == "in one piece":
        return w.tx(name, p, dev, drop=drop, protocol=proto)
    if form == "cloned":
        with listening(dev) as tap:
            got = w.tx(name, p, dev, drop=drop, protocol=proto)
            seen = wire.drain(tap, outgoing=True)
            same(f"{name}: what a listener keeps", seen, [p])
            return got
    before = w.snapshot()
    ring = rings.get(dev) or rings.setdefault(dev, wire.Ring(dev))
    ring.send(p, proto)
    got = w.tx_fence()
    w.compare(name, before, dev, {drop: 1} if drop else {}, tx=(0, 0) if drop else (1, len(p)))
    ring.check()
    same(f"{name}: packets changed in the sender's memory", ring.changed, 0)
    return [f[14:] for f in got]


rings = {}


class listening:
    def __init__(self, dev):
        self.dev = dev

    def __enter__(self):
        self.tap = wire.packet_socket(self.dev, outgoing=True)
        return self.tap

    def __exit__(self, *unused):
        self.tap.close()


def shared_memory(w):
    """What is sealed must be a copy when somebody else can see the packet"""
    for family in 4, 6:
        dev = dev_of(family)
        sa = Sa(0x6280 + family).install(dev, "peer", "out")
        for form in "cloned", "in pages":
            with test(f"E1.29 good packets {form} are sent over IPv{family}, and stay what they are"):
                for size in 40, 41, 42, 43, 1280, 1400:
                    for version in 4, 6:
                        p = inner(version, size)
                        got = send_form(w, form, f"{size} bytes", p, dev, None,
                                        ETH_P_IP if version == 4 else ETH_P_IPV6)
                        sa.seq += 1
                        same("packets", len(got), 1)
                        same("inner", sa.open(esp_of(got[0]))[:2], (sa.seq, p))
        sa.remove(dev, "peer", "out")


# ---- offloaded packets -----------------------------------------------------

def gso_udp(w):
    """One system call, one packet in the stack, many segments: each has its number"""
    for family in 4, 6:
        dev, sa = dev_of(family), Sa(0x6300 + family, esn=True)
        sa.install(dev, "peer", "out", "seq", (1 << 32) - 10)
        seq = (1 << 32) - 10
        for version in 4, 6:
            with test(f"E2.3 UDP GSO, IPv{version} in IPv{family}: each segment has its number"):
                here, there = ("10.77.0.1", "10.77.0.2") if version == 4 else ("fd77::1", "fd77::2")
                plen = 24 if version == 4 else 64
                quiet_ipv6(dev)
                wire.run("ip", "addr", "add", f"{here}/{plen}", "dev", dev, *nodad(version))
                s = socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
                s.bind((here, 5000))
                for size, total in (100, 4321), (1000, 30000), (1, 64), (1172, 1172 * 20):
                    s.setsockopt(SOL_UDP, UDP_SEGMENT, size)
                    data, before = filler(total), w.snapshot()
                    s.sendto(data, (there, 6000))
                    frames = [f[14:] for f in w.tx_fence()]
                    n = -(-total // size)
                    head = 28 if version == 4 else 48
                    w.compare(f"{total} in {size}", before, dev, {}, tx=(n, total + n * head))
                    same(f"{total} in {size}: packets", len(frames), n)
                    text, numbers = b"", []
                    for f in frames:
                        seq += 1
                        number, p, _, _ = sa.open(esp_of(f), seq >> 32)
                        numbers.append(number)
                        check_udp(p, version)
                        text += p[head:]
                    same(f"{total} in {size}: text", text, data)
                s.close()
                wire.run("ip", "addr", "del", f"{here}/{plen}", "dev", dev)
                wire.sysctl(f"net/ipv6/conf/{dev}/disable_ipv6", 1)
        sa.remove(dev, "peer", "out")


def quiet_ipv6(dev):
    """IPv6 without an address of its own: no chatter (there are no multicast groups)"""
    wire.sysctl(f"net/ipv6/conf/{dev}/addr_gen_mode", 1)
    wire.sysctl(f"net/ipv6/conf/{dev}/disable_ipv6", 0)


def nodad(family):
    return ["nodad"] if family == 6 else []


def gso_end(w):
    """The numbers end in the middle of an offloaded packet"""
    sa = Sa(0x6310).install("ipsec0", "peer", "out")
    wire.run("ip", "addr", "add", "10.77.0.1/24", "dev", "ipsec0")
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(SOL_UDP, UDP_SEGMENT, 1000)
    with test("E2.3 the numbers end in the middle of a GSO packet: the rest is dropped"):
        sa.set_seq("ipsec0", "peer", "out", LAST32 - 5)
        data, before = filler(8500), w.snapshot()
        s.sendto(data, ("10.77.0.2", 6000))
        frames = [f[14:] for f in w.tx_fence()]
        w.compare("half", before, "ipsec0", {"tx_seq_overflow": 4}, tx=(5, 5 * 1028))
        opened = [sa.open(esp_of(f)) for f in frames]
        same("numbers", [o[0] for o in opened], [LAST32 - 4 + i for i in range(5)])
        same("text", b"".join(o[1][28:] for o in opened), data[:5000])
    s.close()
    wire.run("ip", "addr", "del", "10.77.0.1/24", "dev", "ipsec0")
    sa.remove("ipsec0", "peer", "out")


def check_udp(p, version):
    """Its checksums are those of a packet of its own"""
    if version == 4:
        same("header checksum", checksum(p[:20]), 0)
        same("length", struct.unpack("!H", p[2:4])[0], len(p))
        pseudo = p[12:20] + struct.pack("!HH", 17, len(p) - 20)
        seg = p[20:]
    else:
        same("length", struct.unpack("!H", p[4:6])[0], len(p) - 40)
        pseudo = p[8:40] + struct.pack("!II", len(p) - 40, 17)
        seg = p[40:]
    same("UDP length", struct.unpack("!H", seg[4:6])[0], len(seg))
    same("UDP checksum", checksum(pseudo + seg), 0)


def tcp_gso(src, dst, size, mss):
    """A TCP packet of this many bytes of text as the stack hands it over: one header, the
    checksum of the pseudo header only"""
    seg = struct.pack("!HHIIBBHHH", 1000, 2000, 0x11223344, 0x55667788, 0x50, 0x18, 1000, 0, 0)
    pseudo = wire.addr(src) + wire.addr(dst) + struct.pack("!HH", 6, (20 + size) & 0xFFFF)
    partial = ~checksum(pseudo) & 0xFFFF
    seg = seg[:16] + struct.pack("!H", partial) + seg[18:]
    p = ipv4(src, dst, seg + filler(size), proto=6, frag=0x4000, ident=100)
    # struct virtio_net_hdr: NEEDS_CSUM, GSO_TCPV4, hdr_len, gso_size, csum_start, csum_offset
    return struct.pack("=BBHHHH", 1, 1, 40, mss, 20, 16) + p, p


def gso_tcp(w):
    """From a packet socket: such packets are not trusted, and the core splits them before
    we see them.  (The offloaded TCP packets of real sockets are iperf3's, in the matrix.)"""
    sa = Sa(0x6400).install("ipsec0", "peer", "out")
    sock = wire.packet_socket("ipsec0", 0)
    sock.setsockopt(wire.SOL_PACKET, 15, 1)                 # PACKET_VNET_HDR
    with test("E2.3 TCP GSO: each segment has its number, its checksum, its place"):
        for size, mss in (30000, 1400), (1401, 1400), (60000, 1000), (5000, 100):
            data, whole = tcp_gso("10.8.0.2", "10.9.0.1", size, mss)
            before = w.snapshot()
            sock.sendto(data, ("ipsec0", ETH_P_IP))
            frames = [f[14:] for f in w.tx_fence()]
            n = -(-size // mss)
            w.compare(f"{size} in {mss}", before, "ipsec0", {}, tx=(n, size + 40 * n))
            same(f"{size} in {mss}: packets", len(frames), n)
            text = b""
            for i, f in enumerate(frames):
                sa.seq += 1
                _, p, _, _ = sa.open(esp_of(f))
                same("header checksum", checksum(p[:20]), 0)
                same("TCP checksum", checksum(p[12:20] + struct.pack("!HH", 6, len(p) - 20) + p[20:]), 0)
                same("TCP number", struct.unpack("!I", p[24:28])[0], 0x11223344 + i * mss)
                same("PSH", p[33] & 8, 8 if i == n - 1 else 0)
                text += p[40:]
            same(f"{size} in {mss}: text", text, whole[40:])
    sock.close()
    sa.remove("ipsec0", "peer", "out")


# ---- too big ---------------------------------------------------------------

def from_lan(w, packet):
    """A packet from the host behind the gateway"""
    w.lan.send(w.lan_gw_mac + w.lan_mac + (b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00") + packet)


def answers(w):
    """What that host got (without chatter)"""
    return [f[14:] for f in wire.drain(w.lan) if not wire.noise(f)]


def forward_setup(w):
    with wire.inside("atk"):
        w.lan = wire.packet_socket("lan")
        w.lan_mac = wire.mac("lan")
    w.lan_gw_mac = wire.mac("lan")
    lladdr = ":".join(f"{b:02x}" for b in w.lan_mac)
    for a in "10.8.0.2", "fd08::2":
        wire.run("ip", "neigh", "replace", a, "lladdr", lladdr, "nud", "permanent", "dev", "lan")


def route_to(dev):
    quiet_ipv6(dev)
    wire.run("ip", "route", "replace", "10.9.0.0/24", "dev", dev)
    wire.run("ip", "-6", "route", "replace", "fd09::/64", "dev", dev)
    # what was learned about the path is forgotten
    wire.run("ip", "route", "flush", "cache")
    wire.run("ip", "-6", "route", "flush", "cache")


def forwarded(w, label, packet, dev, drop=None, sent=(0, 0)):
    """Return (what left on the underlay, what the sender was told)"""
    before = w.snapshot()
    wire.drain(w.lan)
    from_lan(w, packet)
    frames = w.tx_fence()
    for t in w.taps.values():
        wire.drain(t)
    w.compare(label, before, dev, {drop: 1} if drop else {}, tx=sent)
    return [f[14:] for f in frames], answers(w)


def with_df(p):
    p = p[:6] + b"\x40\0" + p[8:10] + b"\0\0" + p[12:]
    return p[:10] + struct.pack("!H", checksum(p[:20])) + p[12:]


def hop(p):
    """The packet one hop later"""
    if p[0] >> 4 == 6:
        return p[:7] + bytes([p[7] - 1]) + p[8:]
    p = p[:8] + bytes([p[8] - 1]) + p[9:10] + b"\0\0" + p[12:]
    return p[:10] + struct.pack("!H", checksum(p[:20])) + p[12:]


def reassemble(packets):
    """The payload of an outer packet in fragments"""
    parts = []
    for p in packets:
        if p[0] >> 4 == 6:
            off = struct.unpack("!H", p[42:44])[0]
            parts.append((off & ~7, off & 1, p[48:]))
        else:
            off = struct.unpack("!H", p[6:8])[0]
            parts.append(((off & 0x1FFF) * 8, off >> 13 & 1, p[20:]))
    parts.sort()
    data = b""
    for off, more, part in parts:
        same("offset of a fragment", off, len(data))
        data += part
    same("more fragments", [m for _, m, _ in parts], [1] * (len(parts) - 1) + [0])
    return data


def too_big(w):
    for family in 4, 6:
        dev = dev_of(family)
        sa = Sa(0x6500 + family).install(dev, "peer", "out")
        mtu = 1446 if family == 4 else 1426
        route_to(dev)
        # larger than it is: what the route says decides
        wire.run("ip", "link", "set", dev, "mtu", "3000")
        for version, p, told in ((4, with_df(inner(4, mtu + 1)), 3), (6, inner(6, mtu + 1), 2)):
            what = "with DF" if version == 4 else "IPv6"
            with test(f"E2.5 one byte too big, {what}, over IPv{family}: the sender is told {mtu}"):
                sent, got = forwarded(w, "too big", p, dev, drop="tx_too_big")
                same("sent", sent, [])
                same("answers", len(got), 1)
                if version == 4:
                    same("ICMP", (got[0][20:22], struct.unpack("!H", got[0][26:28])[0]), (b"\3\4", mtu))
                    same("to", got[0][16:20], wire.addr("10.8.0.2"))
                    same("quotes", got[0][28:48], hop(p)[:20])
                else:
                    same("ICMPv6", (got[0][40:42], struct.unpack("!I", got[0][44:48])[0]), (b"\2\0", mtu))
                    same("to", got[0][24:40], wire.addr("fd08::2"))
                    same("quotes", got[0][48:88], hop(p)[:40])
            with test(f"E2.5 as big as may be, {what}, over IPv{family}: sent in one packet"):
                p = with_df(inner(4, mtu)) if version == 4 else inner(6, mtu)
                sent, got = forwarded(w, "fits", p, dev, sent=(1, mtu))
                sa.seq += 1
                same("packets, answers", (len(sent), len(got)), (1, 0))
                same("inner", sa.open(esp_of(sent[0]))[:2], (sa.seq, hop(p)))
        with test(f"E2.5 too big, without DF, over IPv{family}: outer fragments, nobody is told"):
            p = inner(4, mtu + 1)
            sent, got = forwarded(w, "fragments", p, dev, sent=(1, mtu + 1))
            sa.seq += 1
            same("packets, answers", (len(sent), len(got)), (2, 0))
            same("inner", sa.open(reassemble(sent))[:2], (sa.seq, hop(p)))
        wire.run("ip", "link", "set", dev, "mtu", str(mtu))
        sa.remove(dev, "peer", "out")


def tiny_underlay(w):
    """E2.10: an underlay with an MTU below the overhead"""
    sa = Sa(0x6600).install("ipsec0", "peer", "out")
    route_to("ipsec0")
    wire.run("ip", "link", "set", "wan", "mtu", "68")
    try:
        for size, df in (20, False), (20, True), (68, True), (200, False), (1280, False):
            p = with_df(inner(4, size)) if df else inner(4, size)
            with test(f"E2.10 underlay MTU 68: {size} bytes{' with DF' if df else ''}: sent in outer fragments"):
                sent, got = forwarded(w, "small", p, "ipsec0", sent=(1, size))
                sa.seq += 1
                same("answers", got, [])
                same("largest", max(map(len, sent)) <= 68, True)
                esp = reassemble(sent) if len(sent) > 1 else esp_of(sent[0])
                same("inner", sa.open(esp)[:2], (sa.seq, hop(p)))
        with test("E2.10 underlay MTU 68: 69 bytes with DF: the sender is told 68"):
            p = with_df(inner(4, 69))
            sent, got = forwarded(w, "DF", p, "ipsec0", drop="tx_too_big")
            same("sent", sent, [])
            same("answers", len(got), 1)
            same("ICMP", (got[0][20:22], struct.unpack("!H", got[0][26:28])[0]), (b"\3\4", 68))
        with test("E2.10 underlay MTU 68: IPv6 of 1280 bytes is sent, of more is not"):
            p = inner(6, 1280)
            sent, got = forwarded(w, "least", p, "ipsec0", sent=(1, 1280))
            sa.seq += 1
            same("inner", sa.open(reassemble(sent))[:2], (sa.seq, hop(p)))
            wire.run("ip", "link", "set", "ipsec0", "mtu", "1400")
            sent, got = forwarded(w, "more", inner(6, 1281), "ipsec0", drop="tx_too_big")
            same("sent", sent, [])
            same("ICMPv6", [(a[40:42], struct.unpack("!I", a[44:48])[0]) for a in got], [(b"\2\0", 1280)])
    finally:
        wire.run("ip", "link", "set", "wan", "mtu", "1500")
        wire.run("ip", "link", "set", "ipsec0", "mtu", "1446")
        # IPv6 was gone with so small an MTU, and its addresses with it
        wire.run("ip", "addr", "replace", "2001:db8::1/64", "dev", "wan", "nodad")
        neighbours(w)
        sa.remove("ipsec0", "peer", "out")


# ---- no SA, no route -------------------------------------------------------

def no_clear_text(w, label, dev, drop):
    """All kinds of packets: dropped for this reason, the sender of the forwarded ones is
    told that the host is unreachable, and nothing whatever is seen on the underlay"""
    for p in inner(4, 100), inner(6, 100), with_df(inner(4, 1300)):
        # everything on the wire, chatter included: no byte of the packet may be there
        before = w.snapshot()
        wire.drain(w.lan)
        from_lan(w, p)
        w.fence_no += 1
        mark = w.atk_mac + w.gw_mac + struct.pack("!HQ", wire.ETH_P_FENCE, w.fence_no)
        w.gw_out.send(mark)
        frames = w._await(w.tap, lambda f: f == mark, "fence")
        for f in frames:
            if not wire.noise(f) or p[-40:] in f:
                problem(f"{label}: on the underlay: {wire.brief(f)}")
        w.compare(label, before, dev, {drop: 1})
        got = answers(w)
        want = [b"\3\1"] if p[0] >> 4 == 4 else [b"\1\3"]
        same(f"{label}: told", [a[20:22] if a[0] >> 4 == 4 else a[40:42] for a in got], want)
        same(f"{label}: directly", w.tx(label, p, dev, drop=drop), [])


def no_sa(w):
    for family in 4, 6:
        dev = dev_of(family)
        route_to(dev)
        with test(f"E2.7 no SA, peer over IPv{family}: tx_no_sa, never clear text"):
            no_clear_text(w, "never had one", dev, "tx_no_sa")
            sa = Sa(0x6700 + family).install(dev, "peer", "out")
            got = w.tx("with it", inner(4, 60), dev)
            same("sent", [sa.open(esp_of(g))[1] for g in got], [inner(4, 60)])
            sa.remove(dev, "peer", "out")
            no_clear_text(w, "removed", dev, "tx_no_sa")
            same("operstate", operstate(dev), "dormant")
        with test(f"E2.7 only an inbound SA, peer over IPv{family}: tx_no_sa"):
            sa.install(dev, "peer", "in")
            no_clear_text(w, "inbound only", dev, "tx_no_sa")
            sa.remove(dev, "peer", "in")


def no_route(w):
    wire.sysctl("net/ipv4/conf/wan/promote_secondaries", 1)
    for family in 4, 6:
        dev = dev_of(family)
        remote, local = (ATK4, GW4) if family == 4 else (ATK6, GW6)
        ip, plen = ("-4", 24) if family == 4 else ("-6", 64)
        other = f"192.0.2.9/{plen}" if family == 4 else f"2001:db8::9/{plen}"
        sa = Sa(0x6800 + family).install(dev, "peer", "out")
        route_to(dev)
        with test(f"E2.9 the local address is not there, IPv{family}: tx_no_route"):
            w.tx("before", inner(4, 60), dev)
            wire.run("ip", "addr", "add", other, "dev", "wan", *nodad(family))
            wire.run("ip", "addr", "del", f"{local}/{plen}", "dev", "wan")
            no_clear_text(w, "address gone", dev, "tx_no_route")
            wire.run("ip", "addr", "add", f"{local}/{plen}", "dev", "wan", *nodad(family))
            neighbours(w)
            same("back", len(w.tx("back", inner(4, 60), dev)), 1)
            wire.run("ip", "addr", "del", other, "dev", "wan")
            neighbours(w)
        for kind in "blackhole", "unreachable", "prohibit":
            with test(f"E2.9 {kind} route to the peer, IPv{family}: tx_no_route"):
                wire.run("ip", ip, "route", "add", kind, remote)
                no_clear_text(w, kind, dev, "tx_no_route")
                wire.run("ip", ip, "route", "del", kind, remote)
                same("back", len(w.tx("back", inner(4, 60), dev)), 1)
        with test(f"E2.9 no route at all, IPv{family}: tx_no_route"):
            wire.ipsecctl("peer", "set", dev, "peer", "remote",
                          "198.51.100.1" if family == 4 else "2001:db8:ffff::1")
            no_clear_text(w, "no route", dev, "tx_no_route")
            wire.ipsecctl("peer", "set", dev, "peer", "remote", remote)
            same("back", len(w.tx("back", inner(4, 60), dev)), 1)
        sa.remove(dev, "peer", "out")


def neighbours(w):
    lladdr = ":".join(f"{b:02x}" for b in w.atk_mac)
    for a in ATK4, ATK6:
        wire.run("ip", "neigh", "replace", a, "lladdr", lladdr, "nud", "permanent", "dev", "wan")


def scenario():
    w = wire.Wire()
    w.tunnel("ipsec0", 4)
    w.tunnel("ipsec1", 6)
    forward_setup(w)
    sequence_end(w)
    not_ip(w)
    shared_memory(w)
    gso_udp(w)
    gso_end(w)
    gso_tcp(w)
    no_sa(w)
    no_route(w)
    too_big(w)
    tiny_underlay(w)


wire.main(scenario)
