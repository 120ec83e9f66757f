# SPDX-License-Identifier: MIT
"""ike_peer.py - an IKEv2 peer made by hand (RFC 7296), which can say anything.

It does IKE_SA_INIT with X25519, derives keys with HMAC-SHA-256, protects with AES-GCM-16
(128 bits) and authenticates with a pre-shared key, in both roles.  Every part of a message
can be replaced by another.  Nothing here sends again, and nothing waits for time to pass:
behind the messages of a case follows a "fence", an IKE_SA_INIT request of version 3, which
the daemon answers at once and without state.  When its answer has come, all that was sent
before it has been handled, and what was not answered never will be.
"""
import os
import socket
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SA_INIT, AUTH, CREATE_CHILD, INFORMATIONAL = 34, 35, 36, 37
SA, KE, IDI, IDR, AUTHP, NONCE, NOTIFY = 33, 34, 35, 36, 39, 40, 41
DELETE, VENDOR, TSI, TSR, SK, CP, EAP, SKF = 42, 43, 44, 45, 46, 47, 48, 53
INITIATOR, RESPONSE = 0x08, 0x20
IKE, AH, ESP = 1, 2, 3
ENCR, PRF, INTEG, GROUP, ESN = 1, 2, 3, 4, 5
X25519, ECP256, MODP2048 = 31, 19, 14
PSK_METHOD = 2
MODP2048_P = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05"
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB"
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF", 16)

PAYLOADS = {SA: "SA", KE: "KE", IDI: "IDi", IDR: "IDr", AUTHP: "AUTH", NONCE: "Nonce",
            TSI: "TSi", TSR: "TSr", VENDOR: "V", CP: "CP"}
EXCHANGES = {SA_INIT: "IKE_SA_INIT", AUTH: "IKE_AUTH", CREATE_CHILD: "CREATE_CHILD_SA",
             INFORMATIONAL: "INFORMATIONAL"}
NOTIFIES = {1: "UNSUPPORTED_CRITICAL_PAYLOAD", 4: "INVALID_IKE_SPI",
            5: "INVALID_MAJOR_VERSION", 7: "INVALID_SYNTAX", 11: "INVALID_SPI",
            14: "NO_PROPOSAL_CHOSEN", 17: "INVALID_KE_PAYLOAD", 24: "AUTHENTICATION_FAILED",
            35: "NO_ADDITIONAL_SAS", 38: "TS_UNACCEPTABLE", 43: "TEMPORARY_FAILURE",
            44: "CHILD_SA_NOT_FOUND", 16384: "INITIAL_CONTACT", 16387: "IPCOMP_SUPPORTED",
            16388: "NAT_DETECTION_SOURCE_IP", 16389: "NAT_DETECTION_DESTINATION_IP",
            16390: "COOKIE", 16391: "USE_TRANSPORT_MODE", 16393: "REKEY_SA",
            16430: "FRAGMENTATION_SUPPORTED", 16431: "SIGNATURE_HASH_ALGORITHMS"}
N = {name: number for number, name in NOTIFIES.items()}
SECONDS = 60    # without an answer to a fence: the daemon is dead


# ---- bytes of payloads: each function makes one (type, body) -----------------------

def transform(kind, ident, bits=0, attr=None):
    """(kind, id, attributes); the mark of the last is set by proposal()"""
    if attr is None:
        attr = struct.pack(">HH", 0x800E, bits) if bits else b""
    return kind, ident, attr


def proposal(number, protocol, spi, transforms, last=True, count=None, spi_len=None):
    body = b""
    for i, (kind, ident, attr) in enumerate(transforms):
        body += struct.pack(">BBHBBH", 3 if i + 1 < len(transforms) else 0, 0, 8 + len(attr),
                            kind, 0, ident) + attr
    return struct.pack(">BBHBBBB", 0 if last else 2, 0, 8 + len(spi) + len(body), number,
                       protocol, len(spi) if spi_len is None else spi_len,
                       len(transforms) if count is None else count) + spi + body


AES = transform(ENCR, 20, 128)
IKE_SUITE = [AES, transform(PRF, 5), transform(GROUP, X25519)]
ESP_SUITE = [AES, transform(ESN, 0)]
ESP_PFS = [AES, transform(GROUP, X25519), transform(ESN, 0)]


def sa(*proposals):
    return SA, b"".join(proposals)


def ke(group, public):
    return KE, struct.pack(">HH", group, 0) + public


def nonce(data=None):
    return NONCE, os.urandom(32) if data is None else data


def notify(kind, data=b"", protocol=0, spi=b"", spi_len=None):
    return NOTIFY, struct.pack(">BBH", protocol, len(spi) if spi_len is None else spi_len,
                               kind) + spi + data


def delete(protocol, *spis, count=None, spi_len=None):
    size = len(spis[0]) if spis else 0
    return DELETE, struct.pack(">BBH", protocol, size if spi_len is None else spi_len,
                               len(spis) if count is None else count) + b"".join(spis)


def identity(kind, data, role=IDI):
    return role, struct.pack(">B3x", kind) + data


def selector(first, last, kind=None, protocol=0, ports=(0, 65535)):
    family = socket.AF_INET6 if ":" in first else socket.AF_INET
    addrs = socket.inet_pton(family, first) + socket.inet_pton(family, last)
    return struct.pack(">BBHHH", kind or (8 if family == socket.AF_INET6 else 7), protocol,
                       8 + len(addrs), *ports) + addrs


def ts(role, *selectors, count=None):
    return role, struct.pack(">B3x", len(selectors) if count is None else count) + \
        b"".join(selectors)


def chain(payloads):
    """(type of the first, bytes) of [(type, body[, flags])]"""
    out = b""
    for i, (_, body, *flags) in enumerate(payloads):
        following = payloads[i + 1][0] if i + 1 < len(payloads) else 0
        out += struct.pack(">BBH", following, flags[0] if flags else 0, 4 + len(body)) + body
    return payloads[0][0] if payloads else 0, out


def unchain(first, data):
    payloads = []
    while first:
        following, _, length = struct.unpack_from(">BBH", data)
        assert 4 <= length <= len(data), "our peer sends rubbish"
        payloads.append((first, data[4:length]))
        first, data = following, data[length:]
    assert not data, "our peer sends more than it says"
    return payloads


def find(payloads, kind):
    return next((body for what, body in payloads if what == kind), None)


def summary(payloads):
    """What a message says, in a line: "SA KE Nonce", "N(INVALID_KE_PAYLOAD 001f)", "D(3 1)"
    is a deletion of one SPI of ESP"""
    words = []
    for kind, body in payloads:
        if kind == NOTIFY:
            _, spi_len, number = struct.unpack_from(">BBH", body)
            word = NOTIFIES.get(number, str(number))
            if number < 16384 and len(body) > 4:
                word += " " + body[4:].hex()
            words.append(f"N({word})")
        elif kind == DELETE:
            words.append("D(%u %u)" % struct.unpack_from(">BxH", body))
        else:
            words.append(PAYLOADS.get(kind, str(kind)))
    return " ".join(words)


def message(spis, exchange, flags, mid, first, body, version=0x20, length=None):
    return b"".join(spis) + struct.pack(">BBBBII", first, version, exchange, flags, mid,
                                        28 + len(body) if length is None else length) + body


# what child SAs are for: ours where the daemon is called and where it calls, and its own
CHILD_US = selector("10.66.0.0", "10.66.0.255")
CALLED_US = selector("10.68.0.0", "10.68.0.255")
CHILD_THEM = selector("10.1.0.0", "10.1.0.255")


# ---- keys ----------------------------------------------------------------------------

def prf(key, data):
    h = hmac.HMAC(key, hashes.SHA256())
    h.update(data)
    return h.finalize()


def prf_plus(key, seed, length):
    out = block = b""
    while len(out) < length:
        block = prf(key, block + seed + bytes([len(out) // 32 + 1]))
        out += block
    return out[:length]


class Exchange:
    """Our half of a key exchange with X25519"""
    group = X25519

    def __init__(self):
        self.key = x25519.X25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def shared(self, public):
        return self.key.exchange(x25519.X25519PublicKey.from_public_bytes(public))


# ---- the network ------------------------------------------------------------------------

class Network:
    """One address of ours, port 500, and the daemon"""

    def __init__(self, local, remote):
        self.local, self.remote = local, remote
        self.sent = self.fences = 0
        self.seen = set()
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.bind((local, 500))
        self.sock.settimeout(SECONDS)

    def send(self, datagram):
        self.sent += 1
        self.sock.sendto(datagram, (self.remote, 500))

    def receive(self):
        """The next that is not a request that was sent again"""
        while True:
            datagram = self.sock.recv(65536)
            if datagram[19] & RESPONSE:
                return datagram
            if datagram not in self.seen:
                self.seen.add(datagram)
                return datagram

    def answer_to(self, spi_i):
        """The answer in this IKE SA; what is said in others is passed over"""
        while True:
            datagram = self.receive()
            if datagram[:8] == spi_i and datagram[19] & RESPONSE:
                return datagram

    def fence(self):
        """All that came back for what was sent until now"""
        spi, got = os.urandom(8), []
        self.fences += 1
        self.send(message((spi, bytes(8)), SA_INIT, INITIATOR, 0, 0, b"", version=0x30))
        while True:
            datagram = self.receive()
            if datagram[:8] == spi:
                return got
            got.append(datagram)


# ---- an IKE SA --------------------------------------------------------------------------

class IkeSa:
    """One IKE SA, of which we are the initiator (or, with accept(), the responder).

    mid is the message ID of our next request, their_mid that of the peer's.
    """

    def __init__(self, net, psk, ident=(2, b"evil.example.org")):
        self.net, self.psk, self.ident = net, psk, ident
        self.initiator = True
        self.spi_i, self.spi_r = os.urandom(8), bytes(8)
        self.nonce_i = self.nonce_r = None
        self.init_i = self.init_r = None
        self.exchange = Exchange()
        self.mid, self.their_mid = 0, 0
        self.child_spi = b"\x7f" + os.urandom(3)
        self.their_child_spi = None
        self.iv = 0

    # -- IKE_SA_INIT

    def init_payloads(self, replace=None, extra=()):
        """As the initiator; replace: {type: payload, or None for none}"""
        own = nonce()
        parts = {SA: sa(proposal(1, IKE, b"", IKE_SUITE)),
                 KE: ke(self.exchange.group, self.exchange.public), NONCE: own}
        parts.update(replace or {})
        self.nonce_i = parts[NONCE][1] if parts[NONCE] else None
        return [part for part in parts.values() if part] + list(extra)

    def init_request(self, replace=None, extra=(), content=None, spis=None, **header):
        first, body = content or chain(self.init_payloads(replace, extra))
        self.init_i = message(spis or (self.spi_i, bytes(8)), SA_INIT,
                              header.pop("flags", INITIATOR), header.pop("mid", 0), first,
                              body, **header)
        return self.init_i

    def take_init_response(self, datagram):
        payloads = unchain(datagram[16], datagram[28:])
        assert find(payloads, SA), summary(payloads)
        self.init_r, self.spi_r = datagram, datagram[8:16]
        self.nonce_r = find(payloads, NONCE)
        self.derive(find(payloads, KE)[4:])
        self.mid = 1
        return payloads

    def open_half(self, replace=None, extra=()):
        """IKE_SA_INIT, as it should be; what the peer said"""
        self.net.send(self.init_request(replace, extra))
        return self.take_init_response(self.net.answer_to(self.spi_i))

    def take_init_request(self, datagram):
        """As the responder: the peer called"""
        self.initiator = False
        self.spi_i, self.spi_r = datagram[:8], os.urandom(8)
        self.init_i = datagram
        payloads = unchain(datagram[16], datagram[28:])
        self.nonce_i, self.nonce_r = find(payloads, NONCE), os.urandom(32)
        self.their_ke = find(payloads, KE)[4:]
        self.their_mid = 1
        return payloads

    def init_response(self, replace=None, extra=(), content=None, **header):
        parts = {SA: sa(proposal(1, IKE, b"", IKE_SUITE)),
                 KE: ke(self.exchange.group, self.exchange.public),
                 NONCE: (NONCE, self.nonce_r)}
        parts.update(replace or {})
        first, body = content or chain([p for p in parts.values() if p] + list(extra))
        self.init_r = message((self.spi_i, header.pop("spi_r", self.spi_r)), SA_INIT,
                              RESPONSE, 0, first, body, **header)
        return self.init_r

    def derive(self, public):
        self.derive_from(prf(self.nonce_i + self.nonce_r, self.exchange.shared(public)))

    def derive_from(self, seed):
        block = prf_plus(seed, self.nonce_i + self.nonce_r + self.spi_i + self.spi_r,
                         32 + 2 * 20 + 2 * 32)
        self.sk_d, self.ei, self.er = block[:32], block[32:52], block[52:72]
        self.pi, self.pr = block[72:104], block[104:136]

    # -- protection

    def seal(self, exchange, payloads, mid=None, response=False, flags=None, padding=b"\0",
             before=(), spoil=False, spis=None, fragment=None, behind=b"", by_initiator=None):
        """A protected message.  payloads: a list, or (first, bytes) as they are.
        before: payloads in front of SK; fragment: (number, total)"""
        first, plain = payloads if isinstance(payloads, tuple) else chain(payloads)
        if mid is None:
            mid = self.their_mid if response else self.mid
        if flags is None:
            flags = (INITIATOR if self.initiator else 0) | (RESPONSE if response else 0)
        by_initiator = self.initiator if by_initiator is None else by_initiator
        key = self.ei if by_initiator else self.er
        self.iv += 1
        iv = struct.pack(">Q", self.iv)
        numbers = struct.pack(">HH", *fragment) if fragment else b""
        kind = SKF if fragment else SK
        plain += padding
        length = 4 + len(numbers) + len(iv) + len(plain) + 16
        outer_first, outer = chain(list(before) + [(kind, b"")])
        outer = outer[:-4] + struct.pack(">BBH", first, 0, length) + numbers
        aad = message(spis or (self.spi_i, self.spi_r), exchange, flags, mid, outer_first,
                      outer, length=28 + len(outer) + len(iv) + len(plain) + 16 + len(behind))
        sealed = AESGCM(key[:16]).encrypt(key[16:] + iv, plain, aad)
        if spoil:
            sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        return aad + iv + sealed + behind

    def open(self, datagram):
        """Payloads of a message that the peer has protected (fragments: none that it
        would send here)"""
        key = self.er if self.initiator else self.ei
        assert datagram[16] == SK, f"not protected: payload {datagram[16]}"
        assert datagram[:16] == self.spi_i + self.spi_r, "of another IKE SA"
        plain = AESGCM(key[:16]).decrypt(key[16:] + datagram[32:40], datagram[40:],
                                         datagram[:32])
        return unchain(datagram[28], plain[:len(plain) - 1 - plain[-1]])

    def describe(self, datagram):
        """A message of the peer in words: an answer's payloads, or "EXCHANGE: payloads" """
        head = "" if datagram[19] & RESPONSE else \
            EXCHANGES.get(datagram[18], str(datagram[18])) + ": "
        if datagram[16] in (SK, SKF):
            try:
                return head + summary(self.open(datagram))
            except InvalidTag:
                return head + "cannot be decrypted"
        return "plain " + head + summary(unchain(datagram[16], datagram[28:]))

    # -- exchanges

    def auth_data(self, by_initiator, body, psk=None):
        octets = (self.init_i + self.nonce_r + prf(self.pi, body) if by_initiator else
                  self.init_r + self.nonce_i + prf(self.pr, body))
        return prf(prf(psk or self.psk, b"Key Pad for IKEv2"), octets)

    def auth_payloads(self, replace=None, extra=(), psk=None):
        """IKE_AUTH of either role; replace: {type: payload or None}"""
        kind, data = self.ident
        role = IDI if self.initiator else IDR
        ident = (replace or {}).get(role) or identity(kind, data, role)
        sides = (CHILD_US, CHILD_THEM) if self.initiator else (CHILD_THEM, CALLED_US)
        parts = {role: ident,
                 AUTHP: (AUTHP, struct.pack(">B3x", PSK_METHOD) +
                         self.auth_data(self.initiator, ident[1], psk)),
                 SA: sa(proposal(1, ESP, self.child_spi, ESP_SUITE)),
                 TSI: ts(TSI, sides[0]), TSR: ts(TSR, sides[1])}
        parts.update(replace or {})
        return [part for part in parts.values() if part] + list(extra)

    def ask(self, exchange, payloads, **how):
        """Sends a request that will be answered; the payloads of the answer"""
        self.net.send(self.seal(exchange, payloads, **how))
        self.mid += 1
        return self.open(self.net.answer_to(self.spi_i))

    def connect(self, replace=None, extra=(), init_extra=()):
        """Until it is up, with a child SA"""
        self.open_half(extra=init_extra)
        answer = self.ask(AUTH, self.auth_payloads(replace, extra))
        body = find(answer, SA)
        assert body, "IKE_AUTH: " + summary(answer)
        self.their_child_spi = body[8:12]
        return self

    def close(self):
        return self.ask(INFORMATIONAL, [delete(IKE)])

    def answer(self, payloads=(), exchange=INFORMATIONAL, **how):
        """To the peer's request their_mid"""
        self.net.send(self.seal(exchange, list(payloads), response=True, **how))
        self.their_mid += 1
