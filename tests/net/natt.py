# SPDX-License-Identifier: MIT
"""natt.py EVENTS - ESP in UDP with an adversary at the other end: what is taken for ESP,
what is told, and what is sent.  EVENTS is what "ipsecctl -j monitor" writes."""
import json
import socket
import struct
import sys
import time

import wire
from wire import (ATK4, ATK6, GW4, GW6, Sa, checksum, filler, inner, ipsecctl, outer,
                  problem, same, test)

PORT = 4500
UDP_ENCAP, UDP_ENCAP_ESPINUDP = 100, 2
FORMS = "plain", "cloned", "paged", "fragments"


def dev_of(family):
    return "ipsec0" if family == 4 else "ipsec1"


def datagram(family, payload, sport=PORT, dport=PORT, check=None, ulen=None, src=None):
    """From the adversary.  check: the field; None: as the RFC wants it, or "full": also over
    IPv4 the right one"""
    ends = (src or ATK4, GW4) if family == 4 else (src or ATK6, GW6)
    p = wire.udp(*ends, sport, dport, payload)
    at = 20 if family == 4 else 40
    if check is None and family == 4:
        check = 0
    if check is not None and check != "full":
        p = p[:at + 6] + struct.pack("!H", check) + p[at + 8:]
    if ulen is not None:
        # the checksum is that of the length that is said
        head = p[at:at + 4] + struct.pack("!HH", ulen, 0)
        seg = head + p[at + 8:]
        if p[at + 6:at + 8] != b"\0\0":
            pseudo = b"".join(map(wire.addr, ends)) + struct.pack("!HBB" if family == 4 else "!IHBB", *(
                (ulen, 0, 17) if family == 4 else (ulen, 0, 0, 17)))
            seg = head[:6] + struct.pack("!H", checksum(pseudo + seg[:ulen]) or 0xFFFF) + seg[8:]
        p = p[:at] + seg
    return p


class Events:
    def __init__(self, name):
        self.name = name

    def mappings(self, spi):
        """[(address, port)] that were told of an SA"""
        with open(self.name) as f:
            lines = [json.loads(line) for line in f.read().splitlines() if line.endswith("}")]
        return [(e["mapping"]["addr"], e["mapping"]["port"]) for e in lines
                if e["event"] == "mapping" and int(e["spi"], 0) == spi]

    def wait(self, spi, n):
        end = time.monotonic() + 20
        while len(self.mappings(spi)) < n:
            if time.monotonic() > end:
                raise RuntimeError(f"no event for {spi:#x}: {self.mappings(spi)}")
            time.sleep(0.01)
        return self.mappings(spi)


def encap_socket(family, port):
    """A socket that takes ESP out, and what else has come to it"""
    s = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)
    s.bind((GW4 if family == 4 else GW6, port))
    s.setblocking(False)
    return s


def came(sock):
    got = []
    while True:
        try:
            got.append(sock.recv(65536))
        except BlockingIOError:
            return got


def accepted(w, family, sa, encap):
    """A8.9: with UDP and without, on the same SA, in turns, whatever is sent"""
    dev, how = dev_of(family), "UDP" if encap else "plain ESP"
    for form in FORMS:
        with test(f"A8.9 IPv{family}: ESP in UDP and plain ESP, {form}, to a peer that gets {how}"), w.form(form):
            for size in 64, 65, 1400:
                ins = [inner(v, size, start=i) for i, v in enumerate((4, 6, 4, 6))]
                outs = [datagram(family, sa.seal(ins[0])), outer(family, sa.seal(ins[1])),
                        datagram(family, sa.seal(ins[2]), check="full"), outer(family, sa.seal(ins[3]))]
                # fragments of plain ESP are another matter, and tested elsewhere
                w.rx(f"{size} bytes", outs, dev, out=ins)


def short(w, family, sa):
    """E1.31: what is not ESP"""
    sock = encap_socket(family, 4510)
    spi = struct.pack("!I", sa.spi)
    to_socket = [b"", b"\0", b"\1", b"\xfe", b"\0" * 4, b"\0" * 4 + filler(40), b"\0" * 4 + spi + filler(60), b"\xff\xff"]
    to_socket += [(spi + filler(4))[:n] for n in range(1, 9)]
    with test(f"E1.31 IPv{family}: not ESP, which the socket gets as it was"):
        for port in PORT, 4510:
            w.rx(f"port {port}", [datagram(family, p, dport=port) for p in to_socket], dev_of(family))
        same("the socket got", came(sock), to_socket)
    with test(f"E1.31 IPv{family}: a keepalive, which nobody gets"):
        for port in PORT, 4510:
            w.rx(f"port {port}", [datagram(family, b"\xff", dport=port)] * 3, dev_of(family))
        same("the socket got", came(sock), [])
    # the kernel itself throws away what is shorter than its IP header
    few = 20 if family == 4 else 40
    with test(f"E1.31 IPv{family}: 9 bytes and more with our SPI, too short to be ESP"):
        for n in 9, 12, 16, few - 1:
            w.rx(f"{n} bytes", datagram(family, (spi + filler(40))[:n]), dev_of(family))
        for n in range(few, 34):
            w.rx(f"{n} bytes", datagram(family, (spi + filler(40))[:n]), dev_of(family), drop="rx_too_short")
        # the shortest that could be ESP
        w.rx("40 bytes", datagram(family, spi + filler(36)), dev_of(family), drop="rx_auth_fail")
        same("the socket got", came(sock), [])
    with test(f"E1.31 IPv{family}: good packets, to the other port and after all that"):
        for port in PORT, 4510:
            p = inner(4, 100)
            w.rx(f"port {port}", datagram(family, sa.seal(p), dport=port), dev_of(family), out=[p])
    sock.close()


def foreign(w, family, sa):
    with test(f"E1.31 IPv{family}: an SPI that is not ours is the kernel's own"):
        w.rx("unknown SPI", datagram(family, struct.pack("!II", 0x99999999, 1) + filler(60)), dev_of(family), foreign=1)
    with test(f"E1.42 IPv{family}: AH in UDP is an SPI that nobody has"):
        ah = struct.pack("!BBHII", 4, 5, 0, sa.spi, 1) + filler(16) + inner(4, 64)
        w.rx("AH", datagram(family, ah), dev_of(family), foreign=1)
    with test(f"E1.32 IPv{family}: ESP in UDP to a closed port is refused"):
        w.rx("4501", datagram(family, sa.seal(inner(4, 64)), dport=4501), dev_of(family), foreign=1)
    with test(f"E1.32 IPv{family}: ESP in UDP to a socket without encapsulation is its data"):
        s = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
        s.bind((GW4 if family == 4 else GW6, 500))
        s.setblocking(False)
        esp = sa.seal(inner(4, 64))
        w.rx("500", datagram(family, esp, dport=500), dev_of(family))
        same("the socket got", came(s), [esp])
        s.close()
    with test(f"E1.32 IPv{family}: and that very packet is good on the right port"):
        w.rx("4500", datagram(family, esp), dev_of(family), out=[inner(4, 64)])


def malformed(w, family, sa):
    dev = dev_of(family)
    p = inner(4, 200)

    def one():
        return sa.seal(p)
    esp = one()
    with test(f"E1.30 IPv{family}: a wrong UDP checksum"):
        bad = bytearray(datagram(family, esp, check="full"))
        bad[27 if family == 4 else 47] ^= 1
        w.rx("wrong", bytes(bad), dev)
    with test(f"E1.30 IPv{family}: no UDP checksum"):
        w.rx("zero", datagram(family, esp, check=0), dev, out=[p] if family == 4 else [])
    with test(f"E1.30 IPv{family}: the right UDP checksum"):
        w.rx("right", datagram(family, one(), check="full"), dev, out=[p])
    esp = one()
    with test(f"E1.30 IPv{family}: more UDP than IP"):
        w.rx("longer", datagram(family, esp, ulen=8 + len(esp) + 1), dev)
    with test(f"E1.30 IPv{family}: less UDP than a UDP header"):
        w.rx("shorter", datagram(family, esp, ulen=7), dev)
    with test(f"E1.30 IPv{family}: less UDP than IP: the rest is none of it"):
        w.rx("padded", datagram(family, esp + b"rest", ulen=8 + len(esp)), dev, out=[p])


def mapping(w, family, events):
    """A6.4"""
    dev, sa = dev_of(family), Sa(0x7000 + family)
    here = ATK4 if family == 4 else ATK6
    other = "192.0.2.77" if family == 4 else "2001:db8::77"
    p = inner(6, 80)
    sa.install(dev, "peer", "in")
    remote = json.loads(ipsecctl("-j", "peer", "show", dev))[0]["remote"]
    with test(f"A6.4 IPv{family}: no event while packets come from where we send to"):
        w.rx("the same", [datagram(family, sa.seal(p)) for _ in range(20)], dev, out=[p] * 20)
        same("events", events.mappings(sa.spi), [])
    with test(f"E1.34 IPv{family}: a wrong ICV and a replay from elsewhere are not told"):
        esp = sa.seal(p)
        bad = esp[:-1] + bytes([esp[-1] ^ 1])
        w.rx("wrong ICV", [datagram(family, bad, sport=5555)] * 5, dev, drop="rx_auth_fail")
        w.rx("wrong ICV", [datagram(family, bad, src=other)] * 5, dev, drop="rx_auth_fail")
        w.rx("good", datagram(family, esp), dev, out=[p])
        w.rx("again", datagram(family, esp, sport=5556), dev, drop="rx_replay_dup")
        # if one of them had been told, this would not be for a second
        w.rx("good", datagram(family, sa.seal(p), sport=6666), dev, out=[p])
        same("events", events.wait(sa.spi, 1), [(here, 6666)])
    with test(f"A6.4 IPv{family}: at most one event a second"):
        start = time.monotonic()
        n = 0
        while len(events.mappings(sa.spi)) < 3:
            ins = [inner(6, 80, start=i) for i in range(16)]
            w.rx("elsewhere", [datagram(family, sa.seal(x), sport=7000 + (n + i) % 500) for i, x in enumerate(ins)],
                 dev, out=ins)
            n += 16
            if time.monotonic() - start > 20:
                problem("no event any more")
                break
        got = events.mappings(sa.spi)
        # 1 before, and each of the others a second after the last
        if len(got) - 1 > (time.monotonic() - start) / 0.98 + 1:
            problem(f"{got} in {time.monotonic() - start:.2f} s")
        if not all(a == here and 7000 <= port < 7500 for a, port in got[1:]):
            problem(f"where from: {got}")
    sa.remove(dev, "peer", "in")
    # another SA of the peer has a second of its own
    for what, spi, packet, want in (
            ("another address", 0x7100, lambda s: datagram(family, s, src=other), (other, PORT)),
            ("another port", 0x7200, lambda s: datagram(family, s, sport=65535), (here, 65535)),
            ("without UDP", 0x7300, lambda s: outer(family, s), (here, 0)),
            ("another address without UDP", 0x7400, lambda s: outer(family, s, src=other), (other, 0))):
        sa = Sa(spi + family).install(dev, "peer", "in")
        with test(f"E1.33 IPv{family}: {what} is told"):
            w.rx(what, packet(sa.seal(p)), dev, out=[p])
            same("events", events.wait(sa.spi, 1), [want])
        sa.remove(dev, "peer", "in")
    with test(f"A6.4 IPv{family}: the peer stays where it is"):
        now = json.loads(ipsecctl("-j", "peer", "show", dev))[0]
        same("peer", (now["remote"], now["encap"]), (remote, {"local": PORT, "remote": PORT}))


def transmit(w, family, sa):
    """A6.1: the UDP header, its checksum, and what is in it"""
    dev = dev_of(family)
    ipsecctl("peer", "set", dev, "peer", "encap", "4500", "61234")
    with test(f"A6.1 IPv{family}: UDP header and checksum of what is sent"):
        biggest = 1438 if family == 4 else 1418
        for size in 60, 61, 62, 63, 64, 1001, biggest - 1, biggest:
            p = inner(4, size)
            got = w.tx(f"{size} bytes", p, dev)
            same("packets", len(got), 1)
            at = 20 if family == 4 else 40
            seg = got[0][at:]
            same("protocol", got[0][9 if family == 4 else 6], 17)
            sport, dport, ulen, check = struct.unpack("!HHHH", seg[:8])
            same("ports and length", (sport, dport, ulen), (4500, 61234, len(seg)))
            if family == 4:
                same("checksum", check, 0)
                same("IP checksum", checksum(got[0][:20]), 0)
            else:
                pseudo = got[0][8:40] + struct.pack("!IHBB", len(seg), 0, 0, 17)
                same("checksum", (check != 0, checksum(pseudo + seg)), (True, 0))
            same("inner packet", sa.open(seg[8:])[1], p)
    ipsecctl("peer", "set", dev, "peer", "encap", "4500", "4500")


def scenario():
    w = wire.Wire()
    events = Events(sys.argv[1])
    for family in 4, 6:
        dev = dev_of(family)
        w.tunnel(dev, family)
        other = "192.0.2.77" if family == 4 else "2001:db8::77"
        lladdr = ":".join(f"{b:02x}" for b in w.atk_mac)
        wire.run("ip", "neigh", "replace", other, "lladdr", lladdr, "nud", "permanent", "dev", "wan")
        sa = Sa(0x5000 + family).install(dev, "peer", "in")
        out = Sa(0x6000 + family).install(dev, "peer", "out")
        accepted(w, family, sa, False)
        ipsecctl("peer", "set", dev, "peer", "encap", "4500", "4500")
        accepted(w, family, sa, True)
        short(w, family, sa)
        foreign(w, family, sa)
        malformed(w, family, sa)
        mapping(w, family, events)
        transmit(w, family, out)


wire.main(scenario)
