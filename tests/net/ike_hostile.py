#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What ike_hostile.sh does to ipsec-iked: the cases of conformance.md E4 that a peer can
try who speaks IKE and, most of them, knows the key (ike_peer.py).

ike_hostile.py GW PID PART      GW: the daemon's address, PID: its process

A case is a row of a table: a name, what is sent, what comes back ("" is an answer
without payloads, None silence), the counters of "ipsecctl ike status" that move, and
whether the IKE SA is there afterwards.  No other counter may move, and no other
datagram may come.
"""
import json
import os
import socket
import struct
import subprocess
import sys
import traceback

from ike_peer import *      # pylint: disable=wildcard-import,unused-wildcard-import

PSK = b"a secret that somebody evil has got hold of"
US, STRICT, CALLED = "192.0.2.66", "192.0.2.67", "192.0.2.68"
SLOW = os.environ.get("IPSEC_VM_DEBUG") == "1"
UP, GONE = True, False
MALFORMED = "N(INVALID_SYNTAX)"
SYNTAX = {"rx_syntax": 1}
failed = 0
gw = pid = None


# ---- results and the daemon --------------------------------------------------------

def result(name, problem):
    global failed
    failed += bool(problem)
    print(f"not ok - {name}: {problem}" if problem else f"ok - {name}", flush=True)


def check(name, good, problem="no"):
    result(name, "" if good else problem)


def ctl(*words, host=()):
    return subprocess.run([*host, "ipsecctl", *words], text=True, capture_output=True,
                          check=False)


def ask(what, **more):
    """The question of "ipsecctl ike", without its process: there are a thousand.  The answer is
    what it prints with -j, which run_shown() sees to."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect("/run/ipsec/iked.sock")
        s.sendall(json.dumps({"do": what, **more}).encode())
        s.shutdown(socket.SHUT_WR)
        return json.load(s.makefile(errors="replace"))


def status():
    return ask("status")


def operate(what, name="called"):
    answer = ask(what, ifname="ipsec0", peer=name)
    return answer.get("error", "")


class Counters:
    """What has moved since it was made; the fences are left out"""

    def __init__(self, net):
        self.net, self.sent, self.fences = net, net.sent, net.fences
        self.before = self.read()

    @staticmethod
    def read():
        return {c["name"]: c["value"] for c in status()["counters"]}

    def moved(self):
        """All but what was sent: answers are looked at themselves"""
        diff = {name: value - self.before[name] for name, value in self.read().items()}
        diff["rx_version"] -= self.net.fences - self.fences
        diff["rx"] -= self.net.sent - self.sent
        return {name: n for name, n in diff.items() if n and name not in ("tx", "retransmit")}


def compare(name, got, want, moved, counters):
    want = [] if want is None else [want] if isinstance(want, str) else list(want)
    if got != want:
        result(name, f"answered {got}, not {want}")
    elif moved != counters:
        result(name, f"counters moved by {moved}, not {counters}")
    else:
        result(name, "")


def rss():
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


def alive(ike):
    """Whether the IKE SA is still there"""
    ike.net.send(ike.seal(INFORMATIONAL, []))
    got = ike.net.fence()
    ike.mid += bool(got)
    return [ike.describe(datagram) for datagram in got] == [""]


# ---- pieces ---------------------------------------------------------------------------

def init_sa(*transforms, **how):
    return sa(proposal(1, IKE, b"", transforms or IKE_SUITE, **how))


def esp(spi=b"\x7f\0\0\1", transforms=None, **how):
    return sa(proposal(1, ESP, spi, transforms or ESP_SUITE, **how))


def child(replace=None, extra=()):
    """CREATE_CHILD_SA for one more pair"""
    parts = {SA: esp(), NONCE: nonce(), TSI: ts(TSI, CHILD_US), TSR: ts(TSR, CHILD_THEM)}
    parts.update(replace or {})
    return list(extra) + [part for part in parts.values() if part]


def rekey_ike(public, group=X25519):
    return [sa(proposal(1, IKE, os.urandom(8), IKE_SUITE)), nonce(), ke(group, public)]


def vendors(n):
    return [(VENDOR, b"x")] * n


def raw(first, hexa):
    return first, bytes.fromhex(hexa)


def other_spi():
    """What the genuine peer's child SA is called by that peer"""
    child_sa = next(s for s in status()["sas"] if s["peer"] == "good")["children"][0]
    return bytes.fromhex(child_sa["spi_out"][2:]), bytes.fromhex(child_sa["spi_in"][2:])


# ---- IKE_SA_INIT, from outside ----------------------------------------------------------

def init_cases(net):
    """(name, datagram, what comes back, counters)"""
    def request(*args, **kwargs):
        return IkeSa(net, PSK).init_request(*args, **kwargs)

    def public(group, value):
        suite = [AES, transform(PRF, 5), transform(GROUP, group)]
        return request({SA: init_sa(*suite), KE: ke(group, value)})

    good = request()
    bad_ke = ("plain N(INVALID_SYNTAX)", {"fail_ke": 1})
    malformed = (None, {"rx_malformed": 1})
    p = MODP2048_P
    yield "E4.1 27 bytes", good[:27], *malformed
    yield "E4.1 a length that is less than the datagram", request(length=40), *malformed
    yield "E4.1 28 bytes that promise payloads", request(content=(SA, b"")), *malformed
    yield ("E4.1 65507 bytes", request(content=(VENDOR, bytes(65507 - 28))), *malformed)
    yield "E4.2 version 1", request(version=0x10), None, {"rx_version": 1}
    yield ("E4.2 version 15: told which we speak", request(version=0xf0),
           "plain N(INVALID_MAJOR_VERSION)", {"rx_version": 1})
    yield "E4.3 no SPI", request(spis=(bytes(8), bytes(8))), None, {"rx_unexpected": 1}
    yield ("E4.3 a responder's SPI", request(spis=(b"12345678", b"12345678")), None,
           {"rx_unexpected": 1})
    yield ("E4.5 unknown and critical", request(extra=[(200, b"x", 0x80)]),
           "plain N(UNSUPPORTED_CRITICAL_PAYLOAD c8)", {})
    for name, body in broken_proposals(IKE, b""):
        yield "E4.6 " + name, request({SA: (SA, body)}), *malformed
    many = b"".join(proposal(i, IKE, b"", [transform(ENCR, 99)] * 20, last=i == 255)
                    for i in range(1, 256))
    yield ("E4.6 255 proposals of 20 transforms", request({SA: (SA, many)}),
           "plain N(NO_PROPOSAL_CHOSEN)", {"fail_proposal": 1})
    yield ("E4.6 255 transforms", request({SA: init_sa(*[transform(ENCR, 99)] * 255)}),
           "plain N(NO_PROPOSAL_CHOSEN)", {"fail_proposal": 1})
    yield ("E4.8 a key of another group than it says", request({KE: ke(ECP256, bytes(64))}),
           "plain N(INVALID_KE_PAYLOAD 001f)", {})
    yield "E4.8 a key of no bytes", request({KE: ke(X25519, b"")}), *malformed
    yield "E4.8 X25519, 31 bytes", public(X25519, bytes(31)), *bad_ke
    yield "E4.8 X25519, zero", public(X25519, bytes(32)), *bad_ke
    for name, value in (("0", 0), ("1", 1), ("p - 1", p - 1), ("p", p), ("p + 1", p + 1)):
        yield f"E4.8 MODP, {name}", public(MODP2048, value.to_bytes(256, "big")), *bad_ke
    yield "E4.8 MODP, a byte short", public(MODP2048, bytes(255)), *bad_ke
    yield "E4.8 ECP, off the curve", public(ECP256, bytes(63) + b"\1"), *bad_ke
    yield "E4.8 ECP, infinity", public(ECP256, bytes(64)), *bad_ke
    for n in (0, 15, 257):
        yield f"E4.12 a nonce of {n} bytes", request({NONCE: nonce(bytes(n))}), *malformed


def broken_proposals(protocol, spi):
    """Bodies of SA payloads that cannot be read (E4.6)"""
    suite = IKE_SUITE if protocol == IKE else ESP_SUITE
    good = proposal(1, protocol, spi, suite)
    yield "no proposal", b""
    yield "a proposal beyond the end", good[:2] + b"\xff\xff" + good[4:]
    yield "a last proposal that says more", b"\2" + good[1:]
    yield "a mark of 3 between proposals", b"\3" + good[1:] + good
    yield "more transforms than there are", proposal(1, protocol, spi, suite, count=9)
    yield "fewer transforms than there are", proposal(1, protocol, spi, suite, count=1)
    yield "an SPI of 255 bytes", proposal(1, protocol, spi, suite, spi_len=255)
    at = 8 + len(spi)
    yield "a transform of 7 bytes", good[:at + 2] + b"\0\7" + good[at + 4:]
    yield ("an attribute beyond its transform",
           proposal(1, protocol, spi, [transform(ENCR, 20, attr=b"\0\x0e\xff\xff")]))


def run_init(net):
    for name, datagram, want, counters in init_cases(net):
        before = Counters(net)
        net.send(datagram)
        ike = IkeSa(net, PSK)
        got = [ike.describe(d) for d in net.fence()]
        compare(name, got, want, before.moved(), counters)
    check("nothing is left half-open", status()["half_open"] == 0)
    before = Counters(net)
    ike = IkeSa(net, PSK)
    first = ike.open_half()
    net.send(ike.init_r)
    net.send(ike.init_i)
    got = net.fence()
    compare("E4.3 its own answer back; E4.17 IKE_SA_INIT again",
            [ike.describe(d) for d in got], "plain " + summary(first), before.moved(),
            {"rx_unknown_spi": 1, "rx_repeated": 1})
    check("E4.17 the same answer again", got == [ike.init_r])
    ike.ask(AUTH, [nonce(b"")])       # over


# ---- IKE_AUTH ---------------------------------------------------------------------------

REFUSED = "N(AUTHENTICATION_FAILED)"
HALF = "half-open"


def auth_cases():
    """(name, message of an IKE SA that is half-open, what comes back, counters, then)"""
    bad_auth = (REFUSED, {"fail_auth": 1}, GONE)
    malformed = (MALFORMED, SYNTAX, GONE)
    ignored = (None, {"rx_unexpected": 1}, HALF)

    def auth(**how):
        return lambda s: s.seal(AUTH, s.auth_payloads(**how))

    def method(number, data=None):
        def build(s):
            payloads = s.auth_payloads()
            data_now = find(payloads, AUTHP)[4:] if data is None else data
            return s.seal(AUTH, s.auth_payloads({AUTHP: (AUTHP, bytes([number, 0, 0, 0]) +
                                                         data_now)}))
        return build

    def ident(kind, data):
        return auth(replace={IDI: identity(kind, data)})

    yield ("E4.14 CREATE_CHILD_SA before IKE_AUTH", lambda s: s.seal(CREATE_CHILD, child()),
           *ignored)
    yield ("E4.14 INFORMATIONAL before IKE_AUTH",
           lambda s: s.seal(INFORMATIONAL, [delete(IKE)]), *ignored)
    yield ("E4.14 IKE_INTERMEDIATE, not negotiated", lambda s: s.seal(43, [nonce()]),
           *ignored)
    yield ("E4.14 a deletion that is not protected",
           lambda s: message((s.spi_i, s.spi_r), INFORMATIONAL, INITIATOR, 1,
                             *chain([delete(IKE)])), *ignored)
    yield ("E4.14 IKE_AUTH that is not protected",
           lambda s: message((s.spi_i, s.spi_r), AUTH, INITIATOR, 1,
                             *chain(s.auth_payloads())), *ignored)
    yield ("E4.15 a forged IKE_AUTH", lambda s: s.seal(AUTH, s.auth_payloads(), spoil=True),
           None, {"rx_icv": 1}, HALF)
    yield ("E4.15 IKE_AUTH by the wrong side's key",
           lambda s: s.seal(AUTH, s.auth_payloads(), by_initiator=False),
           None, {"rx_icv": 1}, HALF)
    yield ("E4.17 IKE_AUTH with message ID 2",
           lambda s: s.seal(AUTH, s.auth_payloads(), mid=2), *ignored)
    yield "E4.18 another key", auth(psk=b"a key that is not that"), *bad_auth
    yield "E4.18 an empty key", auth(psk=b"\0"), *bad_auth
    yield "E4.18 AUTH of no length", method(PSK_METHOD, b""), *malformed
    yield "E4.18 AUTH of one byte", method(PSK_METHOD, b"x"), *bad_auth
    yield "E4.18 AUTH with a byte more", method(PSK_METHOD, bytes(33)), *bad_auth
    yield "E4.18 AUTH of 60,000 bytes", method(PSK_METHOD, bytes(60000)), *bad_auth
    for number in (0, 1, 9, 14, 255):
        yield f"E4.18 the right key, method {number}", method(number), *bad_auth
    yield "E4.18 no AUTH", auth(replace={AUTHP: None}), *bad_auth
    yield ("E4.34 EAP is wanted", auth(replace={AUTHP: None}, extra=[(EAP, b"\1\1\0\4")]),
           *bad_auth)
    yield "E4.20 no identity", lambda s: s.seal(AUTH, s.auth_payloads()[1:]), *bad_auth
    yield "E4.20 type 0", ident(0, b"x"), *malformed
    yield "E4.20 type 255", ident(255, b"x"), *bad_auth
    yield "E4.20 of no bytes", ident(2, b""), *malformed
    yield "E4.20 an IPv4 address of 3 bytes", ident(1, b"\1\2\3"), *bad_auth
    yield "E4.20 an IPv6 address of 4 bytes", ident(5, b"\1\2\3\4"), *bad_auth
    yield "E4.20 a name with NUL", ident(2, b"evil\0.example.org"), *bad_auth
    yield "E4.20 a name of 60,000 bytes", ident(2, b"x" * 60000), *bad_auth
    yield "E4.20 a DN that is none", ident(9, b"\x30\x84\xff\xff\xff\xff"), *bad_auth
    yield "E4.20 a second identity", auth(extra=[identity(2, b"b")]), *malformed
    yield ("E4.20 it calls somebody else",
           auth(extra=[identity(2, b"else.example.org", IDR)]), *bad_auth)
    yield "E4.4 IKE_AUTH of nothing", lambda s: s.seal(AUTH, []), *bad_auth
    yield ("E4.5 unknown and critical", auth(extra=[(200, b"", 0x80)]),
           "N(UNSUPPORTED_CRITICAL_PAYLOAD c8)", SYNTAX, GONE)
    yield "E4.19 CERT of 60,000 bytes", auth(extra=[(37, b"\4" + bytes(60000))]), \
        CAME_UP, {"ike_sa_up": 1, "child_sa_up": 1}, UP
    yield "E4.19 CERT with a URL (nothing is fetched)", \
        auth(extra=[(37, b"\x0c" + bytes(20) + b"http://192.0.2.66/c")]), \
        CAME_UP, {"ike_sa_up": 1, "child_sa_up": 1}, UP
    # the IKE SA is fine, the child SA is not
    up = {"ike_sa_up": 1}
    yield ("E4.21 IKE_AUTH, no selector", auth(replace={TSI: ts(TSI)}), *malformed)
    yield ("E4.21 IKE_AUTH, another network", auth(replace={TSI: ts(TSI, ELSEWHERE)}),
           "IDr AUTH N(TS_UNACCEPTABLE)", {**up, "fail_ts": 1}, UP)
    yield ("E4.6 IKE_AUTH, a child of what we have not",
           auth(replace={SA: esp(transforms=[transform(ENCR, 3), transform(ESN, 0)])}),
           "IDr AUTH N(NO_PROPOSAL_CHOSEN)", {**up, "fail_proposal": 1}, UP)
    yield ("E4.6 IKE_AUTH, a reserved SPI", auth(replace={SA: esp(spi=b"\0\0\0\xff")}),
           "IDr AUTH N(NO_PROPOSAL_CHOSEN)", {**up, "fail_proposal": 1}, UP)
    yield ("no child is asked for", auth(replace={SA: None, TSI: None, TSR: None}),
           "IDr AUTH", up, UP)


ELSEWHERE = selector("172.16.0.0", "172.16.0.255")
CAME_UP = "IDr AUTH SA TSi TSr"


def run_auth(net):
    for name, build, want, counters, then in auth_cases():
        ike = IkeSa(net, PSK)
        ike.open_half()
        before = Counters(net)
        net.send(build(ike))
        got = [ike.describe(d) for d in net.fence()]
        moved = before.moved()
        compare(name, got, want, moved, counters)
        half = status()["half_open"]
        check(name + ": then", half == (then == HALF), f"{half} half-open")
        if then == HALF:
            answer = ike.ask(AUTH, ike.auth_payloads())
            check(name + ": the real one gets through", summary(answer) == CAME_UP,
                  summary(answer))
            ike.close()
        else:
            ike.mid = 2
            check(name + ": it is " + ("up" if then else "gone"), alive(ike) == then)
            if then:
                ike.close()
    strict = Network(STRICT, gw)
    for name, who in (("E4.18 the right key, another identity", b"evil.example.org"),
                      ("E4.42 a pattern as identity", b"*.example.org")):
        ike = IkeSa(strict, PSK, (2, who))
        ike.open_half()
        before = Counters(strict)
        strict.send(ike.seal(AUTH, ike.auth_payloads()))
        got = [ike.describe(d) for d in strict.fence()]
        compare(name, got, REFUSED, before.moved(), {"fail_auth": 1})


# ---- an IKE SA that is up ----------------------------------------------------------------

def up_cases():
    """(name, message or messages of an IKE SA that is up, what comes back, counters,
    then).  The messages may be (exchange, payloads)"""
    malformed = (MALFORMED, SYNTAX, GONE)
    fine = ("", {}, UP)
    made = ("SA Nonce TSi TSr", {"child_sa_up": 1}, UP)
    dropped = (None, {"rx_unexpected": 1}, UP)

    def info(*payloads):
        return INFORMATIONAL, list(payloads)

    def new(*args, **kwargs):
        return CREATE_CHILD, child(*args, **kwargs)

    # payloads
    for name, hexa in (("length 0", "00000000"), ("length 3", "00000003"),
                       ("past the end", "000000ff"), ("that follows itself", "2b000000"),
                       ("cut", "2b0000")):
        yield "E4.4 payload, " + name, (INFORMATIONAL, raw(VENDOR, hexa)), *malformed
    yield "E4.4 64 payloads", info(*vendors(64)), *fine
    yield "E4.4 65 payloads", info(*vendors(65)), *malformed
    yield "E4.4 1000 payloads", info(*vendors(1000)), *malformed
    yield ("E4.5 unknown and critical", info((200, b"", 0x80)),
           "N(UNSUPPORTED_CRITICAL_PAYLOAD c8)", SYNTAX, UP)
    yield "E4.5 unknown and not critical", info((200, b"")), *fine
    yield "E4.5 known and critical", info((VENDOR, b"x", 0x80)), *fine
    for name, body in broken_proposals(ESP, b"\x7f\0\0\1"):
        yield "E4.6 " + name, new({SA: (SA, body)}), *malformed
    for name, suite in (
            ("a key length twice", [transform(ENCR, 20, attr=AES[2] * 2), transform(ESN, 0)]),
            ("no key length", [transform(ENCR, 20), transform(ESN, 0)]),
            ("integrity beside a combined cipher", ESP_SUITE + [transform(INTEG, 12)]),
            ("an unknown type", ESP_SUITE + [transform(99, 1)])):
        yield ("E4.6 " + name, new({SA: esp(transforms=suite)}), "N(NO_PROPOSAL_CHOSEN)",
               {"fail_proposal": 1}, UP)
    yield ("E4.6 an SPI of 8 bytes", new({SA: esp(spi=bytes(range(8)))}),
           "N(NO_PROPOSAL_CHOSEN)", {"fail_proposal": 1}, UP)
    # keys and nonces
    pfs = esp(transforms=ESP_PFS)
    bad_ke = (MALFORMED, {"fail_ke": 1}, GONE)
    yield ("E4.8 a child's key of another group", new({SA: pfs, KE: ke(ECP256, bytes(64))}),
           "N(INVALID_KE_PAYLOAD 001f)", {}, UP)
    yield "E4.8 no child's key", new({SA: pfs}), "N(INVALID_KE_PAYLOAD 001f)", {}, UP
    yield "E4.8 a child's key of zeros", new({SA: pfs, KE: ke(X25519, bytes(32))}), *bad_ke
    yield "E4.8 a child's key of 31 bytes", new({SA: pfs, KE: ke(X25519, bytes(31))}), *bad_ke
    yield "E4.8 a child's key of no bytes", new({SA: pfs, KE: ke(X25519, b"")}), *malformed
    yield "E4.8 an IKE SA's key of zeros", (CREATE_CHILD, rekey_ike(bytes(32))), *bad_ke
    yield ("E4.8 an IKE SA's key of another group",
           (CREATE_CHILD, rekey_ike(bytes(64), ECP256)), "N(INVALID_KE_PAYLOAD 001f)", {}, UP)
    yield ("E4.6 a new IKE SA whose SPI is 0",
           (CREATE_CHILD, [sa(proposal(1, IKE, bytes(8), IKE_SUITE)), nonce(),
                           ke(X25519, Exchange().public)]),
           "N(NO_PROPOSAL_CHOSEN)", {"fail_proposal": 1}, UP)
    for n in (0, 15, 257):
        yield f"E4.12 a nonce of {n} bytes", new({NONCE: nonce(bytes(n))}), *malformed
    yield "E4.12 no nonce", new({NONCE: None}), *malformed
    # the SK payload
    yield ("E4.13 padding longer than the content",
           lambda s: s.seal(INFORMATIONAL, [(VENDOR, b"x")], padding=b"\xff"), *malformed)
    yield ("E4.13 padding of 255 bytes",
           lambda s: s.seal(INFORMATIONAL, [], padding=bytes(255) + b"\xff"), *fine)
    yield ("E4.13 a wrong ICV", lambda s: s.seal(INFORMATIONAL, [delete(IKE)], spoil=True),
           None, {"rx_icv": 1}, UP)
    for n in (0, 8, 23, 24):
        yield (f"E4.13 SK of {n} bytes",
               lambda s, n=n: message((s.spi_i, s.spi_r), INFORMATIONAL, INITIATOR, s.mid, SK,
                                      struct.pack(">BBH", 0, 0, 4 + n) + bytes(n)),
               None, {"rx_icv": 1}, UP)
    yield ("E4.13 bytes behind SK", lambda s: s.seal(INFORMATIONAL, [], behind=b"\0\0\0\4"),
           None, {"rx_malformed": 1}, UP)
    yield ("E4.13 a payload in front of SK",
           lambda s: s.seal(INFORMATIONAL, [], before=[delete(IKE)]), *fine)
    yield ("E4.13 SK in SK", (INFORMATIONAL, [(SK, bytes(40))]), *malformed)
    yield "E4.13 no payloads at all", info(), *fine
    # exchanges and message IDs
    yield "E4.14 CREATE_CHILD_SA of nothing", (CREATE_CHILD, []), *malformed
    yield "E4.14 a second IKE_AUTH", lambda s: s.seal(AUTH, s.auth_payloads()), *dropped
    for number in (38, 43, 99):
        yield (f"E4.14 exchange {number}", lambda s, n=number: s.seal(n, [nonce()]), *dropped)
    yield ("E4.14 IKE_SA_INIT inside", lambda s: s.seal(SA_INIT, [nonce()]), *dropped)
    yield ("E4.14 a deletion that is not protected",
           lambda s: message((s.spi_i, s.spi_r), INFORMATIONAL, INITIATOR, s.mid,
                             *chain([delete(IKE)])), *dropped)
    yield ("E4.16 an answer to nothing", lambda s: s.seal(INFORMATIONAL, [], response=True),
           *dropped)
    yield ("E4.16 the other side's I flag", lambda s: s.seal(INFORMATIONAL, [], flags=0),
           None, {"rx_unknown_spi": 1}, UP)
    yield ("E4.17 a message ID too high", lambda s: s.seal(INFORMATIONAL, [], mid=s.mid + 1),
           *dropped)
    yield ("E4.17 message ID 0xffffffff",
           lambda s: s.seal(INFORMATIONAL, [], mid=0xffffffff), *dropped)
    yield ("E4.17 the ID before, another exchange",
           lambda s: s.seal(INFORMATIONAL, [delete(IKE)], mid=s.mid - 1), *dropped)
    yield ("E4.17 the ID before, another content: the old answer, nothing is done",
           lambda s: s.seal(AUTH, [delete(IKE)], mid=s.mid - 1), CAME_UP,
           {"rx_repeated": 1}, UP)
    # traffic selectors
    for role, who in ((TSI, "TSi"), (TSR, "TSr")):
        one = CHILD_US if role == TSI else CHILD_THEM
        v6, v4 = selector("fd00::", "fd00::ff"), one[8:16]
        for name, payload in (
                ("count 0", ts(role, one, count=0)),
                ("count 255 and one there", ts(role, one, count=255)),
                ("no selector", ts(role)),
                ("of 15 bytes", (role, b"\1\0\0\0" + one[:2] + b"\0\x0f" + one[4:15])),
                ("length beyond the end", (role, b"\1\0\0\0" + one[:2] + b"\xff\xff" + one[4:])),
                ("length 0", (role, b"\1\0\0\0" + one[:2] + b"\0\0" + one[4:])),
                ("start beyond end", ts(role, one[:8] + v4[4:] + v4[:4])),
                ("ports in the wrong order", ts(role, one[:4] + b"\0\2\0\1" + v4)),
                ("IPv6 addresses as IPv4", ts(role, b"\7" + v6[1:])),
                ("IPv4 addresses as IPv6", ts(role, b"\x08" + one[1:]))):
            yield f"E4.21 {who}, {name}", new({role: payload}), *malformed
        for name, payload in (("of an unknown type", ts(role, b"\x63" + one[1:])),
                              ("of the other family", ts(role, v6)),
                              ("of another network", ts(role, ELSEWHERE))):
            yield (f"E4.21 {who} {name}", new({role: payload}), "N(TS_UNACCEPTABLE)",
                   {"fail_ts": 1}, UP)
        yield (f"E4.21 {who}, both families and unknown ones: what fits",
               new({role: ts(role, v6, b"\x63" + one[1:], one)}), *made)
        yield f"E4.21 {who}, 255 of them", new({role: ts(role, *[one] * 255)}), *made
    yield "E4.21 no TSr", new({TSR: None}), *malformed
    yield "E4.21 two TSi", new(extra=[ts(TSI, CHILD_US)]), *malformed
    # notifies and deletions
    yield "E4.24 an unknown status", info(notify(40000, b"x")), *fine
    yield "E4.24 an unknown error", info(notify(8191, b"x")), *fine
    yield "E4.24 protocol 9", info(notify(40001, b"x", protocol=9, spi=b"1234")), *fine
    yield "E4.24 data of 60,000 bytes", info(notify(40002, bytes(60000))), *fine
    yield "E4.24 an SPI longer than the notify", info(notify(40003, spi_len=9)), *malformed
    for n in (3, 8):
        spi = bytes(range(n))
        yield (f"E4.24 REKEY_SA, an SPI of {n} bytes",
               new(extra=[notify(N["REKEY_SA"], protocol=ESP, spi=spi)]),
               f"N(CHILD_SA_NOT_FOUND {spi.hex()})", {}, UP)
    yield "E4.25 more SPIs than it says", info(delete(ESP, b"1234", b"5678", count=1)), *malformed
    yield "E4.25 fewer SPIs than it says", info(delete(ESP, b"1234", count=2)), *malformed
    yield ("E4.25 16,000 unknown SPIs",
           info(delete(ESP, *[struct.pack(">I", i) for i in range(1 << 20, (1 << 20) + 16000)])),
           *fine)
    yield "E4.25 SPIs of 3 bytes", info(delete(ESP, b"123")), *fine
    yield "E4.25 SPIs of no bytes", info(delete(ESP, b"", count=65535)), *fine
    theirs, ours = other_spi()
    yield "E4.25 another peer's child SA", info(delete(ESP, theirs)), *fine
    yield "E4.25 another peer's, by our SPI", info(delete(ESP, ours)), *fine
    yield "E4.25 protocol 9", info(delete(9, b"1234")), *fine
    yield ("E4.25 another protocol's SPI",
           lambda s: s.seal(INFORMATIONAL, [delete(AH, s.child_spi)]), *fine)
    yield ("E4.25 the same twice: gone once",
           lambda s: s.seal(INFORMATIONAL, [delete(ESP, s.child_spi, s.child_spi)]),
           "D(3 1)", {}, UP)
    yield ("E4.25 again: it is gone",
           lambda s: [s.seal(INFORMATIONAL, [delete(ESP, s.child_spi)]),
                      s.seal(INFORMATIONAL, [delete(ESP, s.child_spi)], mid=s.mid + 1)],
           ["D(3 1)", ""], {}, UP)
    yield ("E4.25 an IKE SA's deletion with an SPI: its own only", info(delete(IKE, b"12345678")),
           "", {}, GONE)
    for name, protocol, spi in (("an unknown SPI", ESP, b"1234"), ("of another peer", ESP, theirs),
                                ("of another peer, our SPI", ESP, ours),
                                ("the IKE SA", IKE, b"12345678")):
        yield (f"E4.26 rekey: {name}",
               new(extra=[notify(N["REKEY_SA"], protocol=protocol, spi=spi)]),
               f"N(CHILD_SA_NOT_FOUND {spi.hex()})", {}, UP)
    yield ("E4.26 rekey: protocol AH",
           lambda s: s.seal(CREATE_CHILD, child(extra=[notify(N["REKEY_SA"], protocol=AH,
                                                              spi=s.child_spi)])),
           lambda s: f"N(CHILD_SA_NOT_FOUND {s.child_spi.hex()})", {}, UP)
    # extensions that are not there
    yield "E4.23 CFG_SET", info((CP, b"\3\0\0\0\0\1\0\4\n\1\0\1")), *fine
    yield ("E4.23 CFG_REQUEST, an address of 3 bytes", info((CP, b"\1\0\0\0\0\1\0\3\n\1\0")),
           *fine)
    yield "E4.31 UPDATE_SA_ADDRESSES, not negotiated", info(notify(16400)), *fine
    for n in (7, 65):
        yield f"E4.31 COOKIE2 of {n} bytes", info(notify(16401, bytes(n))), *fine
    yield "E4.31 60 ADDITIONAL_IP4_ADDRESS", info(*[notify(16397, b"\x7f\0\0\1")] * 60), *fine
    yield "E4.31 1000 of them", info(*[notify(16397, b"\xe0\0\0\1")] * 1000), *malformed
    for name, kind, data in (
            ("USE_TRANSPORT_MODE", 16391, b""), ("IPCOMP_SUPPORTED", 16387, b"\0\1\2"),
            ("USE_AGGFRAG", 16442, b"\0"), ("SA_RESOURCE_INFO", 16444, b"\0")):
        yield f"E4.35 {name}: answered without", new(extra=[notify(kind, data)]), *made
    # hints that anybody can send
    for number in (4, 11, 24):
        yield (f"E4.33 unprotected {NOTIFIES[number]}: asked once",
               lambda s, n=number: [message((s.spi_i, s.spi_r), INFORMATIONAL,
                                            INITIATOR | RESPONSE, 0, *chain([notify(n)]))] * 2,
               "INFORMATIONAL: ", {"rx_unexpected": 2, "dpd_sent": 1}, UP)
    yield ("E4.33 unprotected, in a request", lambda s: message(
        (s.spi_i, s.spi_r), INFORMATIONAL, INITIATOR, s.mid, *chain([notify(4)])), *dropped)


def run_up(net):
    for name, build, want, counters, then in up_cases():
        ike = IkeSa(net, PSK).connect()
        datagrams = build(ike) if callable(build) else ike.seal(*build)
        want = want(ike) if callable(want) else want
        before = Counters(net)
        for datagram in datagrams if isinstance(datagrams, list) else [datagrams]:
            net.send(datagram)
        answers = net.fence()
        got = [ike.describe(d) for d in answers]
        compare(name, got, want, before.moved(), counters)
        ike.mid += sum(bool(d[19] & RESPONSE and d[20:24] == struct.pack(">I", ike.mid + i))
                       for i, d in enumerate(answers))
        there = alive(ike)
        check(name + ": then it is " + ("up" if then else "gone"), there == then)
        if there:
            ike.close()
    run_replay(net)


def run_replay(net):
    ike = IkeSa(net, PSK).connect()
    before = Counters(net)
    datagram = ike.seal(CREATE_CHILD, child())
    net.send(datagram)
    first = net.fence()
    for _ in range(50):
        net.send(datagram)
    again = net.fence()
    check("E4.17 a request 51 times: the same answer, byte by byte", again == first * 50)
    compare("E4.17 it was done once", [ike.describe(d) for d in first], "SA Nonce TSi TSr",
            before.moved(), {"child_sa_up": 1, "rx_repeated": 50})
    ike.mid += 1
    ike.close()


# ---- fragments and NAT detection -----------------------------------------------------------

SUPPORTED = notify(N["FRAGMENTATION_SUPPORTED"])
PLAIN = chain([notify(40000, b"abcd"), (VENDOR, b"efgh")])


def skf(s, number, total, data=None, first=None, **how):
    """A fragment of a request; the content is cut in two"""
    kind, plain = PLAIN
    part = plain[:9] if number == 1 else plain[9:]
    kind = (kind if number == 1 else 0) if first is None else first
    return s.seal(INFORMATIONAL, (kind, part if data is None else data),
                  fragment=(number, total), **how)


def run_fragments(net):
    def fresh():
        return IkeSa(net, PSK).connect(init_extra=[SUPPORTED])

    # (name, messages before, what they count, the messages of the end, what these count)
    both = lambda s: [skf(s, 1, 2), skf(s, 2, 2)]       # noqa: E731
    bad = {"rx_fragment": 1}
    cases = [
        ("two fragments", lambda s: [], {}, both, {}),
        ("the second first", lambda s: [skf(s, 2, 2)], {}, lambda s: [skf(s, 1, 2)], {}),
        ("number 0", lambda s: [skf(s, 0, 2)], bad, both, {}),
        ("number > total", lambda s: [skf(s, 3, 2)], bad, both, {}),
        ("total 0", lambda s: [skf(s, 1, 0)], bad, both, {}),
        ("total 65535", lambda s: [skf(s, 1, 65535)], bad, both, {}),
        ("no bytes", lambda s: [skf(s, 1, 2, data=b"")], bad, both, {}),
        ("fragment 1 of no payload", lambda s: [skf(s, 1, 2, first=0)], bad, both, {}),
        ("a wrong ICV", lambda s: [skf(s, 1, 2, spoil=True)], {"rx_icv": 1}, both, {}),
        ("the same twice", lambda s: [skf(s, 1, 2)] * 2, bad, lambda s: [skf(s, 2, 2)], {}),
        ("total goes down", lambda s: [skf(s, 1, 3), skf(s, 1, 2)], bad,
         lambda s: [skf(s, 2, 3, data=b""), skf(s, 2, 3, data=PLAIN[1][9:10]),
                    skf(s, 3, 3, data=PLAIN[1][10:])], bad),
        ("total goes up: it begins anew", lambda s: [skf(s, 1, 2), skf(s, 1, 3)], {},
         lambda s: [skf(s, 2, 3, data=PLAIN[1][9:10]), skf(s, 3, 3, data=PLAIN[1][10:])], {}),
        ("total goes up, a wrong ICV", lambda s: [skf(s, 1, 2), skf(s, 1, 9, spoil=True)],
         {"rx_icv": 1}, lambda s: [skf(s, 2, 2)], {}),
        ("fragment 2 says a payload", lambda s: [skf(s, 1, 2)], {},
         lambda s: [skf(s, 2, 2, first=DELETE)], {}),
        ("SK and SKF of one ID", lambda s: [skf(s, 1, 2)], {},
         lambda s: [s.seal(INFORMATIONAL, PLAIN)], {}),
    ]
    for name, before_it, counted, end, at_end in cases:
        ike = fresh()
        before = Counters(net)
        for datagram in before_it(ike):
            net.send(datagram)
        compare(f"E4.29 {name}", [ike.describe(d) for d in net.fence()], None, before.moved(),
                counted)
        before = Counters(net)
        for datagram in end(ike):
            net.send(datagram)
        compare(f"E4.29 {name}: then it is whole", [ike.describe(d) for d in net.fence()], "",
                before.moved(), at_end)
        ike.mid += 1
        ike.close()
    ike = IkeSa(net, PSK).connect()
    before = Counters(net)
    net.send(skf(ike, 1, 2))
    compare("E4.29 not negotiated", [ike.describe(d) for d in net.fence()], None,
            before.moved(), bad)
    ike.close()

    ike = fresh()
    before = Counters(net)
    for number in range(1, 65):
        net.send(skf(ike, number, 64, data=bytes(1100), first=VENDOR if number == 1 else 0))
    # 59 of 1100 bytes are less than 65535; none of the others is kept
    compare("E4.29 more than 64 KiB", [ike.describe(d) for d in net.fence()], None,
            before.moved(), {"rx_fragment": 64 - 65535 // 1100})
    check("E4.29 more than 64 KiB: then it is up", alive(ike))
    ike.close()

    source, destination = N["NAT_DETECTION_SOURCE_IP"], N["NAT_DETECTION_DESTINATION_IP"]
    for name, extra in (
            ("of 0, 19 and 21 bytes", [notify(kind, bytes(n)) for kind in (source, destination)
                                       for n in (0, 19, 21)]),
            ("of 10,000 bytes", [notify(source, bytes(10000))]), ("missing", [])):
        ike = IkeSa(net, PSK).connect(init_extra=extra)
        sas = [s for s in status()["sas"] if s["peer"] == "evil"]
        check(f"E4.30 NAT detection {name}: no NAT", len(sas) == 1 and not sas[0]["nat_local"] and
              not sas[0]["nat_remote"] and not sas[0]["encap"], sas)
        ike.close()
    before = Counters(net)
    net.send(IkeSa(net, PSK).init_request(extra=[notify(source, bytes(20))] * 100))
    compare("E4.30 100 of them", net.fence(), None, before.moved(), {"rx_malformed": 1})


# ---- the daemon calls us ---------------------------------------------------------------------

def offered_spi(payloads):
    return find(payloads, SA)[8:12]


def called(net):
    """The daemon calls: its IKE_SA_INIT"""
    ike = IkeSa(net, PSK, (2, b"called.example.org"))
    error = operate("up")
    got = net.fence()
    assert not error and len(got) == 1, (error, got)
    ike.take_init_request(got[0])
    return ike


def called_auth(net):
    """Until its IKE_AUTH is here"""
    ike = called(net)
    net.send(ike.init_response())
    ike.derive(ike.their_ke)
    ike.spi = offered_spi(ike.open(net.receive()))
    return ike


def state():
    return [s["state"] for s in status()["sas"] if s["peer"] == "called"]


def children():
    return sum(c["state"] == "up" for s in status()["sas"] if s["peer"] == "called"
               for c in s["children"])


def spi_is_free(spi):
    """Nobody has it, not even as a reservation"""
    on_gw = ("ip", "netns", "exec", "gw")
    number = "0x" + spi.hex()
    out = ctl("spi", "add", "ipsec0", "good", "min", number, "max", number, host=on_gw)
    if not out.returncode:
        ctl("sa", "del", "ipsec0", "good", "in", "spi", number, host=on_gw)
    return not out.returncode


def hang_up(ike):
    """Whatever it waits for, it is over"""
    if state() == ["up"]:
        ike.net.send(ike.seal(INFORMATIONAL, [delete(IKE)], mid=ike.mid))
        ike.mid += 1
    else:
        operate("down")
    ike.net.fence()
    if state():
        result("it hangs up", f"it is {state()}")


def called_init_cases():
    """(name, our answer, counters, whether it still waits for a real one)"""
    malformed = ({"rx_malformed": 1}, UP)
    no = ({"fail_proposal": 1}, GONE)
    bad_ke = ({"fail_ke": 1}, GONE)

    def suite(*transforms, **how):
        return lambda s: s.init_response({SA: sa(proposal(how.pop("number", 1), how.pop(
            "protocol", IKE), b"", transforms, **how))})

    def answer(*args, **kwargs):
        return lambda s: s.init_response(*args, **kwargs)

    def only(*payloads):
        return lambda s: s.init_response(content=chain(list(payloads)))

    group, five = transform(GROUP, X25519), transform(PRF, 5)
    yield "E4.7 a cipher that was not offered", suite(transform(ENCR, 12, 128), five, group), *no
    yield ("E4.7 a key length that was not offered",
           suite(transform(ENCR, 20, 256), five, group), *no)
    yield "E4.7 no key length", suite(transform(ENCR, 20), five, group), *no
    yield "E4.7 two ciphers", suite(AES, AES, five, group), *no
    yield "E4.7 two PRFs", suite(AES, five, five, group), *no
    yield "E4.7 two groups", suite(AES, five, group, transform(GROUP, ECP256)), *no
    yield "E4.7 no PRF", suite(AES, group), *no
    yield "E4.7 no group", suite(AES, five), *no
    yield ("E4.7 integrity beside a combined cipher",
           suite(AES, five, group, transform(INTEG, 12)), *no)
    yield "E4.7 another proposal's number", suite(AES, five, group, number=7), *no
    yield "E4.7 another protocol", suite(AES, five, group, protocol=ESP), *no
    yield ("E4.7 two proposals",
           answer({SA: sa(proposal(1, IKE, b"", IKE_SUITE, last=False),
                          proposal(2, IKE, b"", IKE_SUITE))}), *no)
    for name, body in broken_proposals(IKE, b""):
        yield "E4.6 " + name, answer({SA: (SA, body)}), *malformed
    yield ("E4.8 another group than its key",
           suite(AES, five, transform(GROUP, ECP256)), *bad_ke)
    yield "E4.8 a key of another group", answer({KE: ke(ECP256, bytes(64))}), *bad_ke
    yield "E4.8 a key of zeros", answer({KE: ke(X25519, bytes(32))}), *bad_ke
    yield "E4.8 a key of 31 bytes", answer({KE: ke(X25519, bytes(31))}), *bad_ke
    yield "E4.8 a key of no bytes", answer({KE: ke(X25519, b"")}), *malformed
    yield "E4.8 no key", answer({KE: None}), *malformed
    for n in (0, 15, 257):
        yield f"E4.12 a nonce of {n} bytes", answer({NONCE: nonce(bytes(n))}), *malformed
    yield ("E4.12 its own nonce", lambda s: s.init_response({NONCE: nonce(s.nonce_i)}),
           *malformed)
    yield "E4.3 no SPI of the responder", answer(spi_r=bytes(8)), *malformed
    yield "E4.2 version 3", answer(version=0x30), {"rx_version": 1}, UP
    yield "E4.4 1000 payloads", answer(extra=vendors(1000)), *malformed
    yield "E4.5 unknown and critical", answer(extra=[(200, b"", 0x80)]), *malformed
    for name, data in (("never offered", b"\0\2"), ("of 1 byte", b"\0"),
                       ("of 3 bytes", b"\0\x13\0"),
                       ("the one it has", b"\0\x1f")):
        yield f"E4.9 a group {name}", only(notify(N["INVALID_KE_PAYLOAD"], data)), {}, UP
    for n in (0, 65, 1000):
        yield f"E4.10 a cookie of {n} bytes", only(notify(N["COOKIE"], bytes(n))), {}, UP
    yield "E4.32 REDIRECT", only(notify(16407, b"\1\4\x7f\0\0\1")), *malformed
    yield ("E4.33 NO_PROPOSAL_CHOSEN", only(notify(14)), {"rx_unexpected": 1, "fail_proposal": 1},
           UP)
    yield "E4.33 AUTHENTICATION_FAILED", only(notify(24)), {"rx_unexpected": 1}, UP
    yield "E4.33 an unknown error", only(notify(8191)), {"rx_unexpected": 1}, UP


def run_called_init(net):
    for name, build, counters, waits in called_init_cases():
        ike = called(net)
        before = Counters(net)
        net.send(build(ike))
        got = [ike.describe(d) for d in net.fence()]
        compare("called: " + name, got, None, before.moved(), counters)
        want = ["connecting"] if waits else []
        check(f"called: {name}: then", state() == want, state())
        if waits:
            net.send(ike.init_response())
            ike.derive(ike.their_ke)
            check(f"called: {name}: the real one is believed", ike.describe(net.receive()) ==
                  "IKE_AUTH: IDi N(INITIAL_CONTACT) IDr AUTH SA TSi TSr")
        hang_up(ike)
    for name, kind, data, times, in (
            ("E4.9 two groups in turn, 100 times", "INVALID_KE_PAYLOAD",
             lambda i: b"\0\x1f" if i % 2 else b"\0\x13", 3),
            ("E4.10 a new cookie, 100 times", "COOKIE", lambda i: b"%d" % i, 5)):
        ike = called(net)
        n = 0
        for i in range(100):
            net.send(ike.init_response(content=chain([notify(N[kind], data(i))])))
            n += len(net.fence())
        check(f"called: {name}: {times} tries", n == times, f"{n} tries")
        hang_up(ike)


def called_auth_cases():
    """(name, our answer, what it says, counters, its state or None, child SAs that are up)"""
    came_up = {"ike_sa_up": 1}
    given_up = ("INFORMATIONAL: D(3 1)", {**came_up, "fail_other": 1}, "up", 0)
    waits = (None, {"rx_unexpected": 1}, "authenticating", 0)
    liar = ("INFORMATIONAL: N(AUTHENTICATION_FAILED)", {"fail_auth": 1}, None, 0)
    malformed = (None, SYNTAX, None, 0)

    def answer(*args, **kwargs):
        return lambda s: s.seal(AUTH, s.auth_payloads(*args, **kwargs), response=True)

    def as_it_is(**how):
        return lambda s: s.seal(AUTH, s.auth_payloads(), response=True, **how)

    yield "E4.16 message ID 2", as_it_is(mid=2), *waits
    yield "E4.16 no R flag", lambda s: s.seal(AUTH, s.auth_payloads(), mid=1, flags=0), *waits
    yield ("E4.16 the I flag", as_it_is(flags=RESPONSE | INITIATOR), None,
           {"rx_unknown_spi": 1}, "authenticating", 0)
    yield ("E4.16 another exchange", lambda s: s.seal(INFORMATIONAL, [], response=True), *waits)
    yield ("E4.16 IKE_SA_INIT again", lambda s: s.init_r, *waits)
    yield ("E4.14 an error that is not protected",
           lambda s: message((s.spi_i, s.spi_r), AUTH, RESPONSE, 1, *chain([notify(24)])), *waits)
    yield "E4.15 forged", as_it_is(spoil=True), None, {"rx_icv": 1}, "authenticating", 0
    yield ("E4.18 another key", answer(psk=b"not that key"), *liar)
    yield ("E4.18 a signature", answer({AUTHP: (AUTHP, b"\x0e\0\0\0" + bytes(64))}), *liar)
    yield ("E4.18 no AUTH", answer({AUTHP: None}), *liar)
    yield ("E4.18 its own AUTH back",
           lambda s: s.seal(AUTH, s.auth_payloads({AUTHP: (AUTHP, b"\2\0\0\0" + s.auth_data(
               True, identity(2, b"gw.example.org")[1]))}), response=True), *liar)
    yield "E4.20 another identity", answer({IDR: identity(2, b"evil.example.org", IDR)}), *liar
    yield "E4.20 an identity of type 255", answer({IDR: identity(255, b"x", IDR)}), *liar
    yield "E4.20 an identity of type 0", answer({IDR: identity(0, b"x", IDR)}), *malformed
    yield ("E4.24 an unknown error", lambda s: s.seal(AUTH, [notify(8191)], response=True), None,
           {"fail_other": 1}, None, 0)
    yield ("AUTHENTICATION_FAILED", lambda s: s.seal(AUTH, [notify(24)], response=True), None,
           {"fail_auth": 1}, None, 0)
    yield "E4.5 unknown and critical", answer(extra=[(200, b"", 0x80)]), *malformed
    yield "E4.4 1000 payloads", answer(extra=vendors(1000)), *malformed
    yield "E4.21 no selector", answer({TSI: ts(TSI)}), *malformed
    yield "E4.22 a second SA payload", answer(extra=[esp()]), *malformed
    yield ("E4.22 wider selectors of its side",
           answer({TSI: ts(TSI, selector("0.0.0.0", "255.255.255.255"))}), *given_up)
    yield ("E4.22 wider selectors of ours",
           answer({TSR: ts(TSR, selector("10.68.0.0", "10.69.255.255"))}), *given_up)
    yield ("E4.22 a second selector that is wider",
           answer({TSR: ts(TSR, CALLED_US, ELSEWHERE)}), *given_up)
    yield ("E4.22 the other family", answer({TSR: ts(TSR, selector("::", "ffff::"))}), *given_up)
    yield "E4.22 no selectors", answer({TSI: None, TSR: None}), *given_up
    yield ("E4.22 two proposals",
           answer({SA: sa(proposal(1, ESP, b"\x7f\0\0\1", ESP_SUITE, last=False),
                          proposal(2, ESP, b"\x7f\0\0\2", ESP_SUITE))}), *given_up)
    for name, transforms in (
            ("a cipher that was not offered", [transform(ENCR, 3), transform(ESN, 0)]),
            ("a key length that was not offered", [transform(ENCR, 20, 256), transform(ESN, 0)]),
            ("ESN both", [AES, transform(ESN, 0), transform(ESN, 1)]),
            ("ESN that was not offered", [AES, transform(ESN, 1)]),
            ("integrity beside a combined cipher", ESP_SUITE + [transform(INTEG, 12)]),
            ("a key exchange in IKE_AUTH", ESP_PFS)):
        yield "E4.7 " + name, answer({SA: esp(transforms=transforms)}), *given_up
    yield ("E4.7 another protocol",
           answer({SA: sa(proposal(1, AH, b"\x7f\0\0\1",
                                   [transform(INTEG, 12), transform(ESN, 0)]))}), *given_up)
    for spi in (b"\0\0\0\0", b"\0\0\0\xff", b"123"):
        yield f"E4.7 SPI {spi.hex()}", answer({SA: esp(spi=spi)}), *given_up
    yield "E4.35 transport mode, not asked for", answer(extra=[notify(16391)]), *given_up
    yield ("TS_UNACCEPTABLE", answer({SA: None, TSI: None, TSR: None}, extra=[notify(38)]), None,
           {**came_up, "fail_ts": 1}, "up", 0)
    fine = (None, {**came_up, "child_sa_up": 1}, "up", 1)
    yield ("E4.23 a CP payload: an address of 3 bytes, 1000 DNS servers",
           answer(extra=[(CP, b"\2\0\0\0\0\1\0\3\n\1\0" + b"\0\3\0\4\n\1\0\1" * 1000)]), *fine)
    yield ("E4.35 IPCOMP_SUPPORTED, not asked for", answer(extra=[notify(16387, b"\0\1\2")]), *fine)


def run_called_auth(net):
    for name, build, want, counters, then, n_children in called_auth_cases():
        ike = called_auth(net)
        before = Counters(net)
        net.send(build(ike))
        got = [ike.describe(d) for d in net.fence()]
        compare("called: " + name, got, want, before.moved(), counters)
        want_state = [then] if then else []
        check(f"called: {name}: then", (state(), children()) == (want_state, n_children),
              f"{state()}, {children()} children")
        if then == "authenticating":
            net.send(ike.seal(AUTH, ike.auth_payloads(), response=True))
            net.fence()
            check(f"called: {name}: the real one is believed", (state(), children()) == (["up"], 1),
                  f"{state()}, {children()} children")
            n_children = 1
        ike.mid = 0
        hang_up(ike)
        if not n_children:
            check(f"called: {name}: its SPI is given back", spi_is_free(ike.spi))


def called_up(net):
    ike = called_auth(net)
    net.send(ike.seal(AUTH, ike.auth_payloads(), response=True))
    ike.their_mid = 2
    net.fence()
    ike.mid = 0
    return ike


def rekey_cases():
    """(name, what to rekey, payloads of our answer, what it says then, counters)"""
    own = Exchange()
    good = {SA: esp(transforms=ESP_PFS), NONCE: nonce(), KE: ke(X25519, own.public),
            TSI: ts(TSI, CHILD_THEM), TSR: ts(TSR, CALLED_US)}
    ike_good = {SA: sa(proposal(1, IKE, b"12345678", IKE_SUITE)), NONCE: nonce(),
                KE: ke(X25519, own.public)}

    def parts(base, replace=None, extra=()):
        return [p for p in {**base, **(replace or {})}.values() if p] + list(extra)

    dropped = ("INFORMATIONAL: D(3 1)", {"fail_other": 1}, "up")
    closed = ("INFORMATIONAL: D(1 0)", {"fail_other": 1}, "closing")
    malformed = (None, SYNTAX, None)
    yield "E4.24 an unknown error", "rekey", [notify(8191)], None, {"fail_other": 1}, "up"
    yield ("NO_PROPOSAL_CHOSEN", "rekey", [notify(14)], None, {"fail_proposal": 1}, "up")
    yield ("E4.22 wider selectors", "rekey",
           parts(good, {TSR: ts(TSR, selector("10.68.0.0", "10.69.255.255"))}), *dropped)
    yield ("E4.7 what was not offered", "rekey",
           parts(good, {SA: esp(transforms=[transform(ENCR, 3), transform(ESN, 0)])}), *dropped)
    yield "E4.8 no key", "rekey", parts(good, {KE: None}), *dropped
    yield "E4.8 a key of zeros", "rekey", parts(good, {KE: ke(X25519, bytes(32))}), *dropped
    yield "E4.8 a key of another group", "rekey", parts(good, {KE: ke(ECP256, bytes(64))}), *dropped
    yield "E4.12 no nonce", "rekey", parts(good, {NONCE: None}), *malformed
    yield "E4.12 a nonce of 15 bytes", "rekey", parts(good, {NONCE: nonce(bytes(15))}), *malformed
    yield "E4.4 nothing at all", "rekey", [], *malformed
    yield ("E4.24 an unknown error for an IKE SA", "rekey-ike", [notify(8191)], None,
           {"fail_other": 1}, "up")
    yield ("E4.7 an IKE SA of what was not offered", "rekey-ike",
           parts(ike_good, {SA: sa(proposal(1, IKE, b"12345678", IKE_SUITE[1:]))}), *closed)
    yield ("E4.7 an IKE SA with SPI 0", "rekey-ike",
           parts(ike_good, {SA: sa(proposal(1, IKE, bytes(8), IKE_SUITE))}), *closed)
    yield ("E4.8 an IKE SA's key of zeros", "rekey-ike",
           parts(ike_good, {KE: ke(X25519, bytes(32))}), *closed)
    yield "E4.12 an IKE SA without nonce", "rekey-ike", parts(ike_good, {NONCE: None}), *closed


def run_called_rekey(net):
    for name, what, payloads, want, counters, then in rekey_cases():
        ike = called_up(net)
        operate(what)
        request = net.receive()
        asked = ike.open(request)
        before = Counters(net)
        ike.answer(payloads, CREATE_CHILD)
        got = [ike.describe(d) for d in net.fence()]
        compare(f"called, rekey: {name}", got, want, before.moved(), counters)
        check(f"called, rekey: {name}: then", state() == ([then] if then else []), state())
        if then == "closing":
            ike.answer()
            net.fence()
        else:
            hang_up(ike)
        if what == "rekey":
            check(f"called, rekey: {name}: its SPI is given back", spi_is_free(offered_spi(asked)))


# ---- thousands -------------------------------------------------------------------------------

def no_growth(name, before):
    more = rss() - before
    check(f"{name}: memory", more < 2048, f"{more} kB more")
    print(f"# {name}: {more} kB more")


def repeat(net, name, n, once, counters):
    """once(i); twice, and the second time memory must not grow"""
    for i in range(n // 4):
        once(i)
    start, before = rss(), Counters(net)
    for i in range(n):
        once(i)
    net.fence()
    moved = before.moved()
    check(f"{name}: counters", moved == {k: n * v for k, v in counters.items()}, moved)
    no_growth(name, start)


def run_loops(net):
    many = 400 if SLOW else 2000

    def wrong_key(_):
        ike = IkeSa(net, b"a wrong key")
        ike.open_half()
        got = ike.ask(AUTH, ike.auth_payloads())
        assert summary(got) == REFUSED, summary(got)

    repeat(net, "E4.18 a wrong key, again and again", many // 3, wrong_key, {"fail_auth": 1})

    ike = IkeSa(net, PSK).connect(init_extra=[SUPPORTED])

    def forged(_):
        net.send(ike.seal(INFORMATIONAL, [delete(IKE)], spoil=True))

    def spam(once, every):
        def run(i):
            once(i)
            if not i % every:
                assert net.fence() == []
        return run

    repeat(net, "E4.13 forged messages", many, spam(forged, 50), {"rx_icv": 1})

    def never_whole(i):
        net.send(skf(ike, i % 63 + 1, 64, data=bytes(1000), first=VENDOR, mid=ike.mid))

    before, start = Counters(net), rss()
    for i in range(many):
        spam(never_whole, 50)(i)
    net.fence()
    check("E4.29 fragments that are never whole: counters",
          before.moved() == {"rx_fragment": many - 63}, before.moved())
    no_growth("E4.29 fragments that are never whole", start)

    def elsewhere(_):
        got = ike.ask(CREATE_CHILD, child({TSI: ts(TSI, ELSEWHERE)}))
        assert summary(got) == "N(TS_UNACCEPTABLE)", summary(got)

    repeat(net, "E4.21 selectors that are not ours", many, elsewhere, {"fail_ts": 1})

    before, answers = Counters(net), {}
    for i in range(1000):
        got = summary(ike.ask(CREATE_CHILD, child({SA: esp(spi=struct.pack(">I", (1 << 24) + i))})))
        answers[got] = answers.get(got, 0) + 1
    compare("E4.27 1000 pairs for the same: 31 beside the first", [answers],
            [{"SA Nonce TSi TSr": 31, "N(NO_ADDITIONAL_SAS)": 969}], before.moved(),
            {"child_sa_up": 31})
    sas = json.loads(ctl("-j", "sa", "show", "ipsec0", "evil",
                         host=("ip", "netns", "exec", "gw")).stdout)
    check("E4.27 the kernel has 32 of them, and one to send on", len(sas) == 33, len(sas))
    ike.close()
    run_many_sas(net, many)


def run_many_sas(net, many):
    """An authentic peer that never closes what it has"""
    def again(_):
        IkeSa(net, PSK).connect()

    def sas():
        return len([s for s in status()["sas"] if s["peer"] == "evil"])

    n = many // 3
    repeat(net, "E4.27 IKE SAs without end", n, again, {"ike_sa_up": 1, "child_sa_up": 1})
    check("E4.27 IKE SAs without end: few are kept", sas() <= 16, f"{sas()} are there")
    ike = IkeSa(net, PSK).connect(extra=[notify(N["INITIAL_CONTACT"])])
    check("INITIAL_CONTACT: one is left", sas() == 1, f"{sas()} are there")

    start, before, all_of_them = rss(), Counters(net), [ike]
    for _ in range(n):
        all_of_them.append(rekeyed(all_of_them[-1]))
    net.fence()
    moved = before.moved()
    check("E4.28 IKE SA rekeyed without end: counters", moved == {"ike_rekeyed": n}, moved)
    check("E4.28 IKE SA rekeyed without end: few are kept", sas() <= 16, f"{sas()} are there")
    no_growth("E4.28 IKE SA rekeyed without end", start)
    check("E4.28 IKE SA rekeyed without end: the last one works", alive(all_of_them[-1]))
    check("E4.28 IKE SA rekeyed without end: the first one is gone", not alive(all_of_them[0]))
    for ike in all_of_them[-20:]:
        if alive(ike):
            ike.close()


def rekeyed(old):
    """The IKE SA that takes the place of another, which we do not delete"""
    ike = IkeSa(old.net, old.psk, old.ident)
    ike.nonce_i = os.urandom(32)
    answer = old.ask(CREATE_CHILD, [sa(proposal(1, IKE, ike.spi_i, IKE_SUITE)),
                                    nonce(ike.nonce_i), ke(X25519, ike.exchange.public)])
    assert summary(answer) == "SA Nonce KE", summary(answer)
    ike.spi_r, ike.nonce_r = find(answer, SA)[8:16], find(answer, NONCE)
    ike.derive_from(prf(old.sk_d, ike.exchange.shared(find(answer, KE)[4:]) + ike.nonce_i +
                        ike.nonce_r))
    return ike


# ---- what is shown ----------------------------------------------------------------------------

HOSTILE = b"\x1b]0;owned\x07\x1b[2J\r\nJan  1 00:00:00 gw sshd: root\x9b31m\x00%s%n\xff\xfe\x7f"


def clean(name, text):
    """Nothing in it that a terminal or another program would take for a command"""
    bad = sorted({byte for byte in text if (byte < 0x20 and byte != 0x0a) or byte >= 0x7f})
    lines = [line for line in text.split(b"\n") if line.startswith(b"Jan  1 00:00:00 gw")]
    check(name, text and not bad and not lines, f"bytes {bytes(bad).hex()}, lines {lines}")


def shown(name, log):
    for words in (("ike", "status"), ("-j", "ike", "status"), ("ike", "log"), ("-j", "ike", "log")):
        out = subprocess.run(["ipsecctl", *words], capture_output=True, check=True).stdout
        clean(f"E4.42 {name}: ipsecctl {' '.join(words)}", out)
    with open(log, "rb") as f:
        clean(f"E4.42 {name}: what the daemon logs", f.read())


def run_shown(net, log):
    strict = Network(STRICT, gw)
    text = HOSTILE.replace(b"\0", b"")
    common = b"\x06\x03\x55\x04\x03\x14" + bytes([len(text)]) + text
    dn = b"\x30" + bytes([len(common) + 4]) + b"\x31" + bytes([len(common) + 2]) + b"\x30" + \
        bytes([len(common)]) + common
    vendor = [(VENDOR, HOSTILE)]
    for name, kind, data in (("a name", 2, text), ("a mail address", 3, b"x@" + text),
                             ("a key ID", 11, HOSTILE), ("a DN", 9, dn)):
        ike = IkeSa(net, PSK, (kind, data)).connect(extra=vendor, init_extra=vendor)
        sas = [s for s in status()["sas"] if s["peer"] == "evil"]
        check(f"E4.42 {name}: it is shown", len(sas) == 1 and "remote_id" in sas[0], sas)
        shown(name, log)
        ike.ask(INFORMATIONAL, [notify(8191, HOSTILE), notify(40000, HOSTILE), *vendor])
        ike.ask(CREATE_CHILD, child(extra=[notify(N["REKEY_SA"], HOSTILE, ESP, HOSTILE[:4])]))
        ike.close()
        other = IkeSa(strict, PSK, (kind, data))
        other.open_half()
        answer = other.ask(AUTH, other.auth_payloads(extra=[identity(kind, data, IDR)]))
        check(f"E4.42 {name}: refused", summary(answer) == REFUSED, summary(answer))
        shown(name + ", refused", log)
    told = json.loads(ctl("-j", "ike", "status").stdout)
    check("ipsecctl -j ike status has the counters that were asked for here",
          {c["name"]: c["value"] for c in told["counters"]} == Counters.read())
    out = ctl("ike", "log").stdout
    check("E4.42 what is refused is told, escaped",
          "\\x1b]0;owned\\x07\\x1b[2J\\x0d\\x0aJan" in out and " is refused: " in out, out[-2000:])


def main():
    global gw, pid
    gw, pid, part, *more = sys.argv[1:]
    address = CALLED if part.startswith("called") else US
    parts = {"init": run_init, "auth": run_auth, "up": run_up, "fragments": run_fragments,
             "called-init": run_called_init, "called-auth": run_called_auth,
             "called-rekey": run_called_rekey, "loops": run_loops, "shown": run_shown}
    try:
        parts[part](Network(address, gw), *more)
    except Exception:       # pylint: disable=broad-except
        result(f"part {part}", "stopped: " + traceback.format_exc().replace("\n", " | "))
    sys.exit(failed > 0)


main()
