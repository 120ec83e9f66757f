# SPDX-License-Identifier: MIT
"""esp_wire.py - scapy at the other end: what its SecurityAssociation seals we must accept,
and what we send it must open.

scapy 2.5.0 wrongs (ESN with separate HMAC, NAT-T) are out of the way here: all our suites
are AEADs, and the packets go over plain IP.
"""
import struct

import wire
from wire import ATK4, ATK6, GW4, GW6, Sa, inner, problem, same, test

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.ipsec import ESP, SecurityAssociation
from scapy.packet import Raw

NAMES = {"aes-gcm-16": "AES-GCM", "chacha20-poly1305": "CHACHA20-POLY1305"}
SIZES = (1, 2, 3, 4, 63, 512, 1300)


def scapy_sa(sa, family, to_gw):
    src4, dst4, src6, dst6 = (ATK4, GW4, ATK6, GW6) if to_gw else (GW4, ATK4, GW6, ATK6)
    header = IP(src=src4, dst=dst4) if family == 4 else IPv6(src=src6, dst=dst6)
    return SecurityAssociation(ESP, spi=sa.spi, crypt_algo=NAMES[sa.alg], crypt_key=sa.material,
                               tunnel_header=header)


def plain(version):
    """Ordinary packets, of every padding, that the gateway's stack does not answer"""
    if version == 4:
        ip = IP(src=wire.IN4[0], dst=wire.IN4[1], tos=0x28)
        some = [ip / ICMP() / Raw(b"ping"), ip / TCP(sport=1, dport=2, flags="S")]
    else:
        ip = IPv6(src=wire.IN6[0], dst=wire.IN6[1], tc=0x28, fl=0x12345)
        some = [ip / ICMPv6EchoRequest(data=b"ping"), ip / TCP(sport=1, dport=2, flags="S")]
    return some + [ip / UDP(sport=1000, dport=2000) / Raw(wire.filler(n)) for n in SIZES]


def receive(w, family, alg, bits, esn, spi):
    """scapy seals, the module opens"""
    dev = "ipsec0" if family == 4 else "ipsec1"
    sa = Sa(spi, alg, bits, esn)
    peer = scapy_sa(sa, family, True)
    start = (7 << 32) - 10 if esn else 0            # the high half changes on the way
    sa.install(dev, "peer", "in", "seq", start)
    for version in 4, 6:
        with test(f"scapy seals {sa}, IPv{version} in IPv{family}: accepted"):
            packets, want = [], []
            for p in plain(version):
                start += 1
                raw = bytes(p)
                want.append(raw)
                peer.seq_num = start & 0xFFFFFFFF    # its argument seq_num=0 means "no argument"
                packets.append(bytes(peer.encrypt(
                    p.__class__(raw), iv=struct.pack("!Q", start * 3), esn_en=esn, esn=start >> 32)))
            w.rx("packets of scapy", packets, dev, out=want)
            bad = bytearray(packets[-1])
            bad[-1] ^= 0x40
            sa_again = (start + 1) & 0xFFFFFFFF
            head = 20 if family == 4 else 40
            bad[head + 4:head + 8] = struct.pack("!I", sa_again)
            w.rx("a forgery", bytes(bad), dev, drop="rx_auth_fail")
    sa.remove(dev, "peer", "in")


def transmit(w, family, alg, bits, esn, spi):
    """The module seals, scapy opens"""
    dev = "ipsec0" if family == 4 else "ipsec1"
    sa = Sa(spi, alg, bits, esn)
    peer = scapy_sa(sa, family, False)
    start = (7 << 32) - 10 if esn else 0
    sa.install(dev, "peer", "out", "seq", start)
    for version in 4, 6:
        with test(f"scapy opens {sa}, IPv{version} in IPv{family}: the same packets"):
            packets = [bytes(p) for p in plain(version)]
            got = w.tx("packets for scapy", packets, dev)
            same("packets on the wire", len(got), len(packets))
            for raw, packet in zip(got, packets):
                start += 1
                p = IP(raw) if family == 4 else IPv6(raw)
                same("outer addresses", (p.src, p.dst), (GW4, ATK4) if family == 4 else (GW6, ATK6))
                if family == 4:
                    chksum = p.chksum
                    del p.chksum
                    same("outer checksum", IP(bytes(p)).chksum, chksum)
                esp = p[ESP]
                same("SPI and number", (esp.spi, esp.seq), (spi, start & 0xFFFFFFFF))
                opened = peer.decrypt(p, esn_en=esn, esn=start >> 32)
                same("inner packet", bytes(opened), packet)
    sa.remove(dev, "peer", "out")


def verdict_of_scapy(w):
    """scapy must be able to say no, or its yes is worth nothing"""
    with test("scapy refuses what is damaged"):
        sa = Sa(0x4FFF)
        sa.install("ipsec0", "peer", "out")
        raw = bytearray(w.tx("one", inner(4, 64))[0])
        raw[40] ^= 1
        try:
            scapy_sa(sa, 4, False).decrypt(IP(bytes(raw)))
            problem("it opened a damaged packet")
        except Exception as e:      # its own IPSecIntegrityError, or cryptography's InvalidTag
            if type(e).__name__ not in ("IPSecIntegrityError", "InvalidTag"):
                raise
        sa.remove("ipsec0", "peer", "out")


def scenario():
    w = wire.Wire()
    w.tunnel("ipsec0", 4)
    w.tunnel("ipsec1", 6)
    spi = 0x4000
    for alg, bits in wire.ALGS:
        for esn in False, True:
            for family in 4, 6:
                spi += 1
                receive(w, family, alg, bits, esn, spi)
                transmit(w, family, alg, bits, esn, spi)
    verdict_of_scapy(w)


wire.main(scenario)
