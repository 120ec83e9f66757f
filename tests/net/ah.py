# SPDX-License-Identifier: MIT
"""ah.py - the other end of AH, for ah_wire.py and hostile_ah.py.

Nothing here takes a header apart to learn what AH authenticates of it (RFC 4302 3.3.3):
every header is put together from parts that say so themselves, and comes out twice, as
it is on the wire and as the ICV sees it.  The ICV is hashlib's and python-cryptography's.
"""
import hashlib
import hmac
import socket
import struct

import wire
from wire import ATK4, ATK6, GW4, GW6, IPPROTO_AH, NH_IPV4, NH_IPV6, filler, inner, ipv4, ipv6, same

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.cmac import CMAC

HOP, ROUTING, FRAGMENT, DESTINATION = 0, 43, 44, 60
OTHER = 253                 # RFC 3692: what is inside in transport mode; a socket takes it
HIGH = 7 << 32              # numbers of ESN SAs begin here

# ---- headers in front of AH -------------------------------------------------


class Front:
    """An outer header.  options (IPv4) is a list of (bytes, kept?), exts (IPv6) a list of
    (type, bytes, bytes as the ICV sees them), without the first byte, the next header.
    final (IPv4) is where a source route ends."""

    def __init__(self, family, options=(), exts=(), src=None, dst=None, from_gw=False, final=None, **fields):
        ends = {4: (ATK4, GW4), 6: (ATK6, GW6)}[family]
        if from_gw:
            ends = ends[::-1]
        self.family, self.options, self.exts, self.fields = family, list(options), list(exts), fields
        self.src, self.dst, self.final = src or ends[0], dst or ends[1], final

    def but(self, **changes):
        """The same, changed on the way"""
        args = dict(family=self.family, options=self.options, exts=self.exts, src=self.src,
                    dst=self.dst, final=self.final, **self.fields)
        args.update(changes)
        return Front(**args)

    def both(self, nh, length):
        """In front of length bytes of nh: (on the wire, for the ICV)"""
        if self.family == 4:
            options = b"".join(o for o, _ in self.options)
            end = bytes(-len(options) % 4)
            zeroed = b"".join(o if kept else bytes(len(o)) for o, kept in self.options)
            head = ipv4(self.src, self.dst, b"", proto=nh, options=options + end,
                        tot_len=20 + len(options + end) + length, **self.fields)
            return head, (head[:1] + b"\0" + head[2:6] + b"\0\0\0" + head[9:10] + b"\0\0" +
                          head[12:16] + wire.addr(self.final or self.dst) + zeroed + end)
        types = [t for t, _, _ in self.exts] + [nh]
        exts = b"".join(bytes([t]) + e for t, (_, e, _) in zip(types[1:], self.exts))
        zeroed = b"".join(bytes([t]) + e for t, (_, _, e) in zip(types[1:], self.exts))
        head = ipv6(self.src, self.dst, b"", nh=types[0], plen=len(exts) + length, **self.fields)
        return head + exts, b"\x60\0\0\0" + head[4:7] + b"\0" + head[8:] + zeroed

    def around(self, nh, payload):
        return self.both(nh, len(payload))[0] + payload


def opt6(kind, data, kept):
    """kept: the data; the type and the length always are"""
    head = bytes([kind, len(data)])
    return head + data, head + (data if kept else bytes(len(data)))


def ext(kind, *opts):
    """An extension header with options"""
    out = []
    for i in 0, 1:
        data = b"".join(o[i] for o in opts)
        data += bytes(-(2 + len(data)) % 8)
        out.append(bytes([(2 + len(data)) // 8 - 1]) + data)
    return kind, *out


def routing(kind, left, data=bytes(4)):
    data = bytes([(4 + len(data)) // 8 - 1, kind, left]) + data
    return ROUTING, data, data


# an option of each kind, for those who want any
ALERT = b"\x94\x04\0\0"
STAYS, CHANGES = opt6(0x1E, b"stay", True), opt6(0x3E, b"change", False)


# ---- the algorithms ----------------------------------------------------------

def xcbc(key, data):
    """RFC 3566"""
    def aes(k, block):
        return Cipher(algorithms.AES(k), modes.ECB()).encryptor().update(block)

    def xor(a, b):
        return bytes(x ^ y for x, y in zip(a, b))
    k1, k2, k3 = (aes(key, bytes([n]) * 16) for n in (1, 2, 3))
    blocks = [data[i:i + 16] for i in range(0, len(data), 16)]
    e = bytes(16)
    for b in blocks[:-1]:
        e = aes(k1, xor(e, b))
    last = blocks[-1]
    k = k2 if len(last) == 16 else k3
    if len(last) < 16:
        last += b"\x80" + bytes(15 - len(last))
    return aes(k1, xor(xor(e, last), k))


def cmac(key, data):
    c = CMAC(algorithms.AES(key))
    c.update(data)
    return c.finalize()


def sha(name):
    return lambda key, data: hmac.new(key, data, getattr(hashlib, name)).digest()


# name: bytes of the key with its salt, IV, ICV; words of AH less 2 over IPv4, over IPv6
# and over IPv4 with align8 (A3.1); the hash; scapy's name
AUTHS = {
    "hmac-sha2-256-128": (32, 0, 16, 5, 6, 6, sha("sha256"), "SHA2-256-128"),
    "hmac-sha2-384-192": (48, 0, 24, 7, 8, 8, sha("sha384"), "SHA2-384-192"),
    "hmac-sha2-512-256": (64, 0, 32, 9, 10, 10, sha("sha512"), "SHA2-512-256"),
    "hmac-sha2-256-96": (32, 0, 12, 4, 4, 4, sha("sha256"), None),
    "hmac-sha1-96": (20, 0, 12, 4, 4, 4, sha("sha1"), "HMAC-SHA1-96"),
    "hmac-md5-96": (16, 0, 12, 4, 4, 4, sha("md5"), "HMAC-MD5-96"),
    "aes-cmac-96": (16, 0, 12, 4, 4, 4, cmac, "AES-CMAC-96"),
    "aes-xcbc-96": (16, 0, 12, 4, 4, 4, xcbc, None),
    "aes-128-gmac": (20, 8, 16, 7, 8, 8, None, None),
    "aes-192-gmac": (28, 8, 16, 7, 8, 8, None, None),
    "aes-256-gmac": (36, 8, 16, 7, 8, 8, None, None),
}
SHA256, GMAC = "hmac-sha2-256-128", "aes-128-gmac"
WEAK = ("hmac-sha1-96", "hmac-md5-96")
last_spi = 0x6000


def new_spi():
    global last_spi
    last_spi += 1
    return last_spi


class Ah:
    """One AH SA as the other side holds it"""

    def __init__(self, family, auth=SHA256, esn=False, mode="tunnel", align8=False):
        self.spi, self.family, self.auth, self.esn = new_spi(), family, auth, esn
        self.mode, self.align8 = mode, align8
        key, self.iv, self.icv, v4, v6, wide, self.hash, self.scapy_name = AUTHS[auth]
        self.words = v6 if family == 6 else wide if align8 else v4
        self.pad = 4 * (self.words + 2) - 12 - self.iv - self.icv
        self.key = bytes((self.spi * 29 + i * 13 + (i * i >> 2)) & 0xFF for i in range(key))
        self.seq = HIGH + 40 if esn else 0

    def __str__(self):
        return (f"{self.auth} {self.mode}{' esn' if self.esn else ''}{' align8' if self.align8 else ''}"
                f" over IPv{self.family}")

    def install(self, dev, direction="in", *options):
        # replace: the next test works when one has failed and left its SA behind
        wire.ipsecctl("sa", "replace" if direction == "out" else "add", dev, "peer", direction,
                      "spi", hex(self.spi), "proto", "ah", "mode", self.mode, "auth", self.auth,
                      "auth-key", "-", "esn", "on" if self.esn else "off", "seq", str(self.seq),
                      *(["insecure"] if self.auth in WEAK else []),
                      *(["ah-align8"] if self.align8 else []), *map(str, options),
                      input=self.key.hex())
        return self

    def remove(self, dev, direction="in"):
        wire.ipsecctl("sa", "del", dev, "peer", direction, "spi", hex(self.spi), "proto", "ah")

    def next(self):
        self.seq += 1
        return self.seq

    def field(self, seq, data, iv):
        """What stands where zeros were while it was calculated"""
        if self.esn:
            data += struct.pack("!I", seq >> 32)
        if self.hash:
            return self.hash(self.key, data)[:self.icv]
        iv = struct.pack("!Q", seq) if iv is None else iv
        return iv + AESGCM(self.key[:-4]).encrypt(self.key[-4:] + iv, b"", data)

    def body(self, front, payload, nh, seq=None, reserved=0, pad=None, words=None, iv=None, high=None):
        """AH and what it protects, behind such a header"""
        seq = self.next() if seq is None else seq
        pad = bytes(self.pad) if pad is None else pad
        words = self.words if words is None else words
        head = struct.pack("!BBHII", nh, words, reserved, self.spi, seq & 0xFFFFFFFF)
        blank = bytes(self.iv + self.icv)
        length = len(head + blank + pad + payload)
        data = front.both(IPPROTO_AH, length)[1] + head + blank + pad + payload
        # high: another high half than that of the number
        return head + self.field(seq if high is None else high << 32, data, iv) + pad + payload

    def seal(self, front, payload, nh, **more):
        return front.around(IPPROTO_AH, self.body(front, payload, nh, **more))


# ---- what the scenarios share ------------------------------------------------

def ip_nh(packet):
    return NH_IPV6 if packet[0] >> 4 == 6 else NH_IPV4


def dev_of(family):
    return "ipsec0" if family == 4 else "ipsec1"


def cargo(sa):
    """What to send on it: [(payload, next header, tunnel mode: it is the packet)]"""
    if sa.mode == "tunnel":
        return [(p, ip_nh(p)) for p in (inner(4, 20), inner(4, 61), inner(6, 41), inner(6, 1203),
                                        inner(4, 1200))]
    return [(filler(n), OTHER) for n in (0, 1, 16, 61, 1200)]


def clear(sa, front, payload, nh):
    """What the tunnel delivers, or was given to send"""
    return payload if sa.mode == "tunnel" else front.around(nh, payload)


def suites(family, auth):
    for mode in "tunnel", "transport":
        for esn in False, True:
            yield Ah(family, auth, esn, mode)


def some_suites(family, auth=SHA256):
    """Both modes, and ESN on and off, but not all four"""
    return [Ah(family, auth, auth == GMAC), Ah(family, auth, auth != GMAC, "transport")]


def sent_front(sa, packet, got):
    """The header that belongs in front; without DF, IPv4's identification is as it pleases"""
    if sa.family == 6:
        return Front(6, from_gw=True)
    if packet[0] >> 4 == 6:
        return Front(4, from_gw=True, ident=0, frag=0x4000)
    return Front(4, from_gw=True, ident=struct.unpack("!H", got[4:6])[0])


def icmp4(frame):
    """Protocol and ICMP type of a frame; the error may carry the options that it is about"""
    return frame[23], frame[14 + 4 * (frame[14] & 15)]


def refused(w, label, packet, dev, answers):
    """The kernel's own IP layer drops it before the module is asked: nothing is counted, and
    its sender is told of a parameter problem, or not"""
    before = w.snapshot()
    w.send(packet)
    w.fence()
    w.compare(label, before, dev, {})
    same(f"{label}: came out", wire.drain(w.taps[dev]), [])
    told = [f for f in wire.drain(w.tap) if not wire.noise(f)]
    same(f"{label}: parameter problems",
         [icmp4(f) if packet[0] >> 4 == 4 else (f[20], f[54]) for f in told],
         [(1, 12) if packet[0] >> 4 == 4 else (58, 4)] * answers)


def take(family):
    """So that nobody answers to what transport mode delivers"""
    s = socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET, socket.SOCK_RAW, OTHER)
    s.setsockopt(socket.SOL_SOCKET, wire.SO_RCVBUFFORCE, 32 << 20)
    return s


def start():
    """ipsec0 and ipsec1 take AH, ipsec2 and ipsec3 ESP inside AH, ipsec4 ESP"""
    w = wire.Wire()
    for dev, family, protect in (("ipsec0", 4, "ah"), ("ipsec1", 6, "ah"), ("ipsec2", 4, "esp+ah"),
                                 ("ipsec3", 6, "esp+ah"), ("ipsec4", 4, "esp")):
        w.tunnel(dev, family)
        wire.ipsecctl("peer", "set", dev, "peer", "protect", protect)
    w.quiet = [take(4), take(6)]
    return w
