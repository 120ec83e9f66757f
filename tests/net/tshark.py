# SPDX-License-Identifier: MIT
"""tshark.py DIRECTORY - packets that the module has sent, written to a capture, and what
tshark finds in them when it has the keys: are those the packets that were given to send,
and does the ICV fit (where tshark 4.0 checks it: AES-GCM and the HMACs, without ESN).
"""
import os
import struct
import subprocess
import sys

import wire
from wire import ATK4, ATK6, GW4, GW6, IN4, IN6, filler, same, test

WORK = sys.argv[1]
# our name, bytes of the key with its salt, tshark's name
GCM = [(f"aes-gcm-{icv}", n, f"AES-GCM with {icv} octet ICV [RFC4106]") for icv in (8, 12, 16) for n in (20, 28, 36)]
CIPHERS = [("aes-cbc", 16, "AES-CBC [RFC3602]"), ("aes-cbc", 24, "AES-CBC [RFC3602]"),
           ("aes-cbc", 32, "AES-CBC [RFC3602]"), ("aes-ctr", 20, "AES-CTR [RFC3686]"),
           ("aes-ctr", 36, "AES-CTR [RFC3686]"), ("3des-cbc", 24, "TripleDES-CBC [RFC2451]"), ("null", 0, "NULL")]
# our name, bytes of the key, tshark's name, does it check
HMACS = [("hmac-sha2-256-128", 32, "HMAC-SHA-256-128 [RFC4868]", True),
         ("hmac-sha2-256-96", 32, "HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]", True),
         ("hmac-sha2-384-192", 48, "HMAC-SHA-384-192 [RFC4868]", True),
         ("hmac-sha2-512-256", 64, "HMAC-SHA-512-256 [RFC4868]", True),
         ("hmac-sha1-96", 20, "HMAC-SHA-1-96 [RFC2404]", True), ("hmac-md5-96", 16, "HMAC-MD5-96 [RFC2403]", True),
         ("aes-xcbc-96", 16, "ANY 96 bit authentication [no checking]", False),
         ("aes-cmac-96", 16, "ANY 96 bit authentication [no checking]", False)]
WEAK = "3des-cbc", "hmac-sha1-96", "hmac-md5-96"
FIELDS = ("esp.spi", "esp.sequence", "esp.icv_good", "esp.icv_bad", "ah.spi", "ah.sequence", "ip.src", "ip.dst",
          "ip.len", "ip.id", "ip.ttl", "ip.proto", "ip.checksum.status", "ipv6.src", "ipv6.dst", "ipv6.plen",
          "ipv6.nxt", "ipv6.hlim", "udp.srcport", "udp.dstport", "udp.length", "udp.checksum.status", "udp.payload")


class Suite:
    spi = 0x7000

    def __init__(self, family, mode, encr, auth, in_udp=False):
        Suite.spi += 1
        self.spi, self.family, self.mode, self.encr, self.auth, self.in_udp = Suite.spi, family, mode, encr, auth, in_udp
        self.dev = f"ipsec{(0 if encr else 2) + (family == 6)}"
        self.key = self.material(encr[1] if encr else 0, 17)
        self.auth_key = self.material(auth[1] if auth else 0, 23)

    def material(self, n, step):
        return bytes((self.spi * 31 + i * step + (i * i >> 2)) & 0xFF for i in range(n)).hex()

    def __str__(self):
        names = [f"{self.encr[0]}-{8 * self.encr[1]}"] if self.encr else ["AH"]
        names += [self.auth[0]] if self.auth else []
        return f"{' '.join(names)} {self.mode}{' in UDP' if self.in_udp else ''} over IPv{self.family}"

    def install(self):
        def key_file(label, text):
            name = os.path.join(WORK, f"{label}.{self.spi}")
            with open(name, "w", opener=lambda p, f: os.open(p, f, 0o600)) as f:
                f.write(text)
            return name
        words = ["encr", self.encr[0]] if self.encr else ["proto", "ah"]
        if self.key:
            words += ["key", key_file("key", self.key)]
        if self.auth:
            words += ["auth", self.auth[0], "auth-key", key_file("auth", self.auth_key)]
        if self.encr and self.encr[0] in WEAK or self.auth and self.auth[0] in WEAK:
            words.append("insecure")
        wire.ipsecctl("sa", "replace", self.dev, "peer", "out", "spi", hex(self.spi), "mode", self.mode,
                      "esn", "off", *words)

    def packets(self):
        """UDP of every padding, that nothing answers to"""
        if self.mode == "transport":
            ends = [(GW4, ATK4) if self.family == 4 else (GW6, ATK6)]
        else:
            ends = [IN4, IN6]
        return [wire.udp(*e, 40000, 40001, filler(n, self.spi & 0xFF)) for e in ends for n in (1, 2, 3, 4, 17, 700)]

    def line(self):
        """For tshark's table esp_sa"""
        ends = (GW4, ATK4) if self.family == 4 else (GW6, ATK6)
        words = (f"IPv{self.family}", *ends, f"0x{self.spi:08x}", self.encr[2], f"0x{self.key}" if self.key else "",
                 self.auth[2] if self.auth else "NULL", f"0x{self.auth_key}" if self.auth and self.auth[3] else "")
        return ",".join(f'"{word}"' for word in words)

    def checked(self):
        return bool(self.encr) and (not self.auth or self.auth[3])


def suites():
    for family in 4, 6:
        for mode in "tunnel", "transport":
            for encr in GCM:
                yield Suite(family, mode, encr, None)
            # every cipher with one hash, every hash with one cipher, and with none
            for encr in CIPHERS:
                yield Suite(family, mode, encr, HMACS[0])
            for auth in HMACS[1:]:
                yield Suite(family, mode, CIPHERS[0], auth)
                yield Suite(family, mode, CIPHERS[-1], auth)
            for encr, auth in ((GCM[6], None), (CIPHERS[0], HMACS[0])):
                yield Suite(family, mode, encr, auth, True)
            for auth in HMACS:
                yield Suite(family, mode, None, auth)


def capture(name, packets):
    """Raw IP packets"""
    with open(name, "wb") as f:
        f.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for i, p in enumerate(packets):
            f.write(struct.pack("=IIII", i, 0, len(p), len(p)) + p)


def innermost(p):
    """What tshark's fields say of a UDP packet"""
    if p[0] >> 4 == 4:
        length, ident = struct.unpack("!HH", p[2:6])
        head = {"ip.len": str(length), "ip.id": f"0x{ident:04x}", "ip.ttl": str(p[8]), "ip.proto": "17",
                "ip.src": ".".join(map(str, p[12:16])), "ip.dst": ".".join(map(str, p[16:20])),
                "ip.checksum.status": "1"}
        seg = p[20:]
    else:
        head = {"ipv6.plen": str(struct.unpack("!H", p[4:6])[0]), "ipv6.nxt": "17", "ipv6.hlim": str(p[7]),
                "ipv6.src": wire.socket.inet_ntop(wire.socket.AF_INET6, p[8:24]),
                "ipv6.dst": wire.socket.inet_ntop(wire.socket.AF_INET6, p[24:40])}
        seg = p[40:]
    return dict(head, **{"udp.srcport": "40000", "udp.dstport": "40001", "udp.length": str(len(seg)),
                         "udp.checksum.status": "1", "udp.payload": seg[8:].hex()})


def read(name, lines):
    """[the fields of a packet, those of the innermost header where there are several]"""
    options = ["esp.enable_encryption_decode:TRUE", "esp.enable_authentication_check:TRUE",
               "udp.check_checksum:TRUE", "ip.check_checksum:TRUE", "ip.defragment:FALSE"]
    options += [f"uat:esp_sa:{line}" for line in lines]
    argv = ["tshark", "-n", "-r", name, "-T", "fields", "-E", "separator=|", "-E", "occurrence=l"]
    for option in options:
        argv += ["-o", option]
    for field in FIELDS:
        argv += ["-e", field]
    p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, close_fds=False)
    if p.returncode:
        raise RuntimeError(f"tshark gave {p.returncode}: {p.stderr}")
    return [dict(zip(FIELDS, row.split("|"))) for row in p.stdout.splitlines()]


def send(w, suite, out):
    """Add (suite, number, inner, outer packet)"""
    suite.install()
    if suite.encr:
        wire.ipsecctl("peer", "set", suite.dev, "peer", "encap", *(["4500", "4500"] if suite.in_udp else ["off"]))
    packets = suite.packets()
    got = w.tx(str(suite), packets, suite.dev)
    same(f"{suite}: packets", len(got), len(packets))
    out += [(suite, i + 1, p, g) for i, (p, g) in enumerate(zip(packets, got))]


def compare(suite, number, p, fields):
    layer = "esp" if suite.encr else "ah"
    same("SPI", fields[f"{layer}.spi"], f"0x{suite.spi:08x}")
    same("number", fields[f"{layer}.sequence"], str(number))
    if suite.checked():
        same("ICV good, bad", (fields["esp.icv_good"], fields["esp.icv_bad"]), ("1", "0"))
    want = innermost(p)
    if suite.mode == "transport":
        # the header is the outer one, and its length and protocol are those of ESP or AH
        for name in "ip.len", "ip.proto", "ipv6.plen", "ipv6.nxt", "ip.checksum.status":
            want.pop(name, None)
    same("inner packet", {k: fields[k] for k in want}, want)


def scenario():
    w = wire.Wire()
    for dev, family, protect in ("ipsec0", 4, "esp"), ("ipsec1", 6, "esp"), ("ipsec2", 4, "ah"), ("ipsec3", 6, "ah"):
        w.tunnel(dev, family)
        wire.ipsecctl("peer", "set", dev, "peer", "protect", protect)
    some, out = list(suites()), []
    with test("tshark: all is sent"):
        for suite in some:
            send(w, suite, out)
    name = os.path.join(WORK, "sent.pcap")
    capture(name, [packet for _, _, _, packet in out])
    with test("tshark reads the capture"):
        seen = read(name, [suite.line() for suite in some if suite.encr])
        same("packets", len(seen), len(out))
    for suite in some:
        with test(f"tshark opens {suite}: the packets that were sent{', ICV good' if suite.checked() else ''}"):
            mine = [(number, p, fields) for (one, number, p, _), fields in zip(out, seen) if one is suite]
            same("packets", len(mine), len(suite.packets()))
            for number, p, fields in mine:
                compare(suite, number, p, fields)
    with test("tshark would see a wrong ICV, and a wrong key"):
        forged = [packet[:-1] + bytes([packet[-1] ^ 1]) for suite, _, _, packet in out if suite.checked()]
        capture(name, forged)
        seen = read(name, [suite.line() for suite in some if suite.encr])
        same("ICV good, bad", {(f["esp.icv_good"], f["esp.icv_bad"]) for f in seen}, {("0", "1")})


wire.main(scenario)
