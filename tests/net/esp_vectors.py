# SPDX-License-Identifier: MIT
"""esp_vectors.py - published ESP packets (tests/vectors/esp.json) sent to the module, and
all that the module sends compared byte for byte with what is sealed here.

Our IV is the sequence number, so a published packet with another IV cannot come out of
us; what does come out is opened, and its clear text sealed again with the same IV: the
result must be the same packet, outer header included.
"""
import json
import os
import struct

import wire
from wire import ATK4, ATK6, GW4, GW6, Sa, addr, checksum, inner, outer, problem, same, test


def load():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../vectors/esp.json")) as f:
        return json.load(f)["vectors"]


def receive_vector(w, v):
    """Accepted, or dropped for what it carries, and not for its seal; then again with
    every bit of it flipped."""
    packet, clear = bytes.fromhex(v["packet"]), bytes.fromhex(v["clear"])
    seq, spi = int(v["seq"], 16), int(v["spi"], 16)
    sa = Sa(spi, v["alg"], v["bits"], v["esn"], bytes.fromhex(v["material"]))
    sealed = sa.seal_clear(seq, clear, bytes.fromhex(v["iv"]))
    plain = clear[:struct.unpack("!H", clear[2:4])[0]]

    with test(f"C2 {v['name']}: the oracle seals to it"):
        same("packet", sealed, packet)

    for family in 4, 6:
        dev = "ipsec0" if family == 4 else "ipsec1"
        if family == 4 and "outer" in v:
            whole = bytes.fromhex(v["outer"]) + packet
        else:
            whole = outer(family, packet)
        sa.install(dev, "peer", "in", "seq", seq - 1)
        with test(f"C2 {v['name']}: received over IPv{family} as published"):
            if v["verdict"] == "deliver":
                w.rx("published", whole, dev, out=[plain])
            else:
                w.rx("published", whole, dev, drop=v["verdict"])
            w.rx("again", whole, dev, drop="rx_replay_dup")
            same("highest number", wire.show_sa(dev, spi)["seq"], seq)
        sa.remove(dev, "peer", "in")

        # without a window every damaged number still reaches the cipher; with ESN there
        # must be one, and it is set where none of the damaged numbers falls into it
        sa.install(dev, "peer", "in", *(("seq", seq - 5000) if v["esn"] else ("replay-window", 0)))
        head = len(whole) - len(packet)
        with test(f"C2 {v['name']}: IPv{family}, one flipped bit in the SPI"):
            w.rx("SPI", [flip(whole, head * 8 + i) for i in range(32)], dev, foreign=32)
        parts = (("sequence number", 4, 8), ("IV", 8, 16), ("ciphertext", 16, len(packet) - 16),
                 ("ICV", len(packet) - 16, len(packet)))
        for what, first, last in parts:
            with test(f"C2 {v['name']}: IPv{family}, one flipped bit in the {what}"):
                # every bit over IPv4; over IPv6 one of each byte
                bits = range((last - first) * 8) if family == 4 else \
                    [8 * i + i % 8 for i in range(last - first)]
                w.rx(what, [flip(whole, (head + first) * 8 + i) for i in bits], dev,
                     drop="rx_auth_fail")
        sa.remove(dev, "peer", "in")
        if v["esn"]:
            # the high half is not on the wire: what the receiver believes is wrong
            with test(f"C2 {v['name']}: IPv{family}, one flipped bit in the high half"):
                for bit in range(0, 32, 1 if family == 4 else 8):
                    sa.install(dev, "peer", "in", "seq", (seq ^ 1 << 32 + bit) - 1)
                    w.rx(f"high bit {bit}", whole, dev, drop="rx_auth_fail")
                    sa.remove(dev, "peer", "in")


def flip(data, bit):
    b = bytearray(data)
    b[bit >> 3] ^= 0x80 >> (bit & 7)
    return bytes(b)


def check_outer4(label, p, tos, df):
    ident = struct.unpack("!H", p[4:6])[0]
    want = bytes([0x45, tos]) + struct.pack("!H", len(p)) + p[4:6] + \
        (b"\x40\x00" if df else b"\0\0") + bytes([64, 50]) + b"\0\0" + addr(GW4) + addr(ATK4)
    want = want[:10] + struct.pack("!H", checksum(want)) + want[12:]
    same(f"{label}: outer header", p[:20], want)
    if df and ident:
        problem(f"{label}: an atomic datagram has identification {ident}")
    return ident


def check_outer6(label, p, tos):
    want = struct.pack("!IHBB", 6 << 28 | tos << 20, len(p) - 40, 50, 64) + addr(GW6) + addr(ATK6)
    same(f"{label}: outer header", p[:40], want)


def check_sent(label, family, sa, p, packet, seq, df, tos):
    """The outer packet p carries exactly this inner packet under this number."""
    ident = check_outer4(label, p, tos, df) if family == 4 else check_outer6(label, p, tos)
    esp = p[20 if family == 4 else 40:]
    got, text, pad, nh = sa.open(esp, seq >> 32)
    same(f"{label}: sequence number", got, seq)
    same(f"{label}: IV", esp[8:16], struct.pack("!Q", seq))
    same(f"{label}: inner packet", text, packet)
    same(f"{label}: next header", nh, 4 if packet[0] >> 4 == 4 else 41)
    same(f"{label}: padding", pad, bytes(range(1, 1 + (-(len(packet) + 2) % 4))))
    same(f"{label}: whole ESP packet", esp, sa.seal(packet, seq, iv=struct.pack("!Q", seq)))
    return ident


def send_all(w, family, alg, bits, esn, spi):
    """Inner IPv4 and IPv6 of every length that makes a different padding, and more."""
    dev = "ipsec0" if family == 4 else "ipsec1"
    sa = Sa(spi, alg, bits, esn)
    first = 0xFFFFFFF0 if esn else 0x7FFFFFF0       # across 2^32, across the sign bit
    sa.install(dev, "peer", "out", "seq", first)
    for version in 4, 6:
        with test(f"A1.2 {sa}: IPv{version} in IPv{family}, every length, byte for byte"):
            least = 20 if version == 4 else 40
            # the key size changes nothing around the cipher
            some = bits in (128, 256) and (alg.startswith("chacha") or bits == 128)
            sizes = [*range(least, least + (81 if some else 8)), 1279, 1280, 1400]
            packets = [inner(version, n, tos=n & 0xFF, start=n) for n in sizes]
            if version == 4:     # the DF bit of every other
                packets = [with_df(p) if i & 1 else p for i, p in enumerate(packets)]
            got = w.tx("lengths", packets, dev)
            same("packets on the wire", len(got), len(packets))
            idents = []
            for p, packet in zip(got, packets):
                first += 1
                tos = packet[1] if version == 4 else (packet[0] & 15) << 4 | packet[1] >> 4
                df = version == 6 or bool(packet[6] & 0x40)
                ident = check_sent(f"length {len(packet)}", family, sa, p, packet, first, df, tos)
                if family == 4 and not df:
                    idents.append(ident)
            same("different identifications", len(set(idents)), len(idents))
    same_seq = wire.show_sa(dev, spi, "out")["seq"]
    sa.remove(dev, "peer", "out")
    with test(f"A1.20 {sa}: over IPv{family}, the number shown is the last one sent"):
        same("seq", same_seq, first)


def with_df(p):
    p = p[:6] + b"\x40\0" + p[8:10] + b"\0\0" + p[12:]
    return p[:10] + struct.pack("!H", checksum(p[:20])) + p[12:]


def scenario():
    w = wire.Wire()
    lladdr = ":".join(f"{b:02x}" for b in w.atk_mac)
    wire.run("ip", "neigh", "replace", "203.0.113.153", "lladdr", lladdr, "nud", "permanent",
             "dev", "wan")
    w.tunnel("ipsec0", 4, local=False)      # one vector has outer addresses of its own
    w.tunnel("ipsec1", 6, local=False)
    for v in load():
        receive_vector(w, v)
    spi = 0x2000
    for alg, bits in wire.ALGS:
        for esn in False, True:
            for family in 4, 6:
                spi += 1
                send_all(w, family, alg, bits, esn, spi)


wire.main(scenario)
