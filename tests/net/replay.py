# SPDX-License-Identifier: MIT
"""replay.py - anti-replay (RFC 4303 3.4.3) and extended sequence numbers (appendix A),
with real packets through the whole receive path.

Every packet is genuine: sealed with its true 64-bit number.  What must become of it is
written in the table of each case, or, where many packets are sent, computed by Model:
a set of numbers, and the window as the RFC defines it.  tests/unit/replay does the same
with millions of numbers.
"""
import random

import wire
from wire import Sa, inner, outer, same, test

OK, DUP, OLD, AUTH = None, "rx_replay_dup", "rx_replay_old", "rx_auth_fail"
TWO31, TWO32 = 1 << 31, 1 << 32


class Model:
    """What RFC 4303 says, with no thought of speed"""

    def __init__(self, window, esn, top=0):
        self.window, self.esn, self.top, self.before, self.seen = window, esn, top, top, set()

    def full(self, low):
        """The only number with these low bits that is not left of the window and less
        than 2^32 away"""
        if not self.esn:
            return low
        left = self.top - self.window + 1
        full = left + (low - left) % TWO32
        return full if 0 < full < 1 << 64 else 0

    def verdict(self, seq):
        """What becomes of the genuine packet with this number?"""
        if not self.window:
            return OK
        guess = self.full(seq % TWO32)
        if guess == 0 or guess <= self.top - self.window:
            return OLD
        if guess in self.seen or guess <= self.before:
            return DUP
        if guess != seq:
            return AUTH
        self.seen.add(seq)
        self.top = max(self.top, seq)
        return OK


class Case:
    """One SA, on which packets arrive"""
    spi = 0x3000

    def __init__(self, w, window, esn=False, top=0, family=4, alg=("aes-gcm-16", 128)):
        Case.spi += 1
        self.w, self.dev, self.family = w, "ipsec0" if family == 4 else "ipsec1", family
        self.sa = Sa(Case.spi, *alg, esn)
        self.sa.install(self.dev, "peer", "in", "replay-window", window, "seq", top)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.sa.remove(self.dev, "peer", "in")

    def packet(self, seq):
        payload = inner(4, 40, start=seq & 0xFF)
        return payload, outer(self.family, self.sa.seal(payload, seq))

    def send(self, *steps):
        """steps: (number, verdict) one after the other, each by itself"""
        for seq, verdict in steps:
            payload, packet = self.packet(seq)
            self.w.rx(f"number {seq} ({seq:#x})", packet, self.dev,
                      drop={verdict: 1} if verdict else {}, out=[] if verdict else [payload])

    def send_many(self, *steps):
        """The same at once: what comes out says which were accepted, but of the others
        only how many were dropped for what"""
        packets = [self.packet(seq) for seq, _ in steps]
        drop = {}
        for _, verdict in steps:
            if verdict:
                drop[verdict] = drop.get(verdict, 0) + 1
        self.w.rx(f"{len(steps)} packets up to {max(s[0] for s in steps):#x}", [p[1] for p in packets],
                  self.dev, drop=drop, out=[p[0] for p, s in zip(packets, steps) if not s[1]])

    def send_all(self, numbers, model):
        """Many at once"""
        drop, out, packets = {}, [], []
        for seq in numbers:
            payload, packet = self.packet(seq)
            packets.append(packet)
            verdict = model.verdict(seq)
            if verdict:
                drop[verdict] = drop.get(verdict, 0) + 1
            else:
                out.append(payload)
        self.w.rx(f"{len(packets)} packets", packets, self.dev, drop=drop, out=out)
        return drop

    def top(self):
        return wire.show_sa(self.dev, self.sa.spi)["seq"]

    def counted(self, **want):
        sa = wire.show_sa(self.dev, self.sa.spi)["stats"]["drops"]
        same("counters of the SA", sa, want)


def windows(w):
    for window in 32, 64, 1024, 8192:
        bitmap = bits(window)
        for esn in False, True:
            what = f"window {window}{', ESN' if esn else ''}"
            # with ESN a number left of the window is taken for one of the next 2^32: then
            # it is the ICV that tells
            gone = AUTH if esn else OLD
            with test(f"A1.35 {what}: duplicates and edges"), Case(w, window, esn) as c:
                c.send((0, OLD), (1, OK), (1, DUP), (2, OK), (1, DUP), (2, DUP),
                       (window + 10, OK),
                       (10, gone),                          # W old
                       (11, OK), (11, DUP),                 # W - 1 old
                       (window + 9, OK), (window + 9, DUP), (window + 10, DUP), (0, gone))
                same("top", c.top(), window + 10)
                c.counted(**{"rx_replay_dup": 6, "rx_replay_old": 3} if not esn else
                          {"rx_replay_dup": 6, "rx_replay_old": 1, "rx_auth_fail": 2})
            with test(f"A1.35 {what}: jumps"), Case(w, window, esn) as c:
                t = 5
                c.send((5, OK), (3, OK))
                for jump in (window - 1, window, window + 1, bitmap - 1, bitmap, bitmap + 1,
                             3 * bitmap, TWO31):
                    t += jump
                    c.send_many((t, OK), (t, DUP), (t - window, gone),
                                (t - window + 1, DUP if jump == window - 1 else OK),
                                (t - window + 1, DUP), (t - 1, OK), (t - 1, DUP))
                same("top", c.top(), t)


def no_window(w):
    with test("A1.35 window 0: everything is accepted"), Case(w, 0) as c:
        c.send((5, OK), (5, OK), (1, OK), (0, OK), (TWO32 - 1, OK), (2, OK), (TWO32 - 1, OK))
        same("highest", c.top(), TWO32 - 1)
        c.counted()


def limits(w):
    with test("T19 the last number without ESN"), Case(w, 64, top=TWO32 - 70) as c:
        c.send((TWO32 - 1, OK), (TWO32 - 1, DUP), (0, OLD), (1, OLD), (TWO32 - 64, OK),
               (TWO32 - 65, OLD))
        same("top", c.top(), TWO32 - 1)
    last = (1 << 64) - 1
    with test("T20 the last number with ESN"), Case(w, 64, True, last - 70) as c:
        c.send((last - 64, OK), (last - 2, OK), (last, OK), (last, DUP), (last - 63, OK),
               (last - 63, DUP), (last - 1, OK),
               (0, OLD), (1, OLD), (TWO31, OLD))            # there is nothing behind
        same("top", c.top(), last)
    with test("T20 200, then 81"), Case(w, 64) as c:
        c.send((200, OK), (81, OLD), (137, OK), (136, OLD))
    with test("T20 200, then 81, with ESN"), Case(w, 64, True) as c:
        c.send((200, OK), (81, AUTH), (137, OK), (136, AUTH), (201, OK))


def wrap(w):
    for family in 4, 6:
        for alg in ("aes-gcm-16", 256), ("chacha20-poly1305", 256):
            with test(f"A1.35 ESN across 2^32, forth and back, {alg[0]} over IPv{family}"), \
                    Case(w, 64, True, TWO32 - 5, family, alg) as c:
                c.send((TWO32 - 4, OK), (TWO32 + 3, OK),    # forth
                       (TWO32 - 1, OK), (TWO32 - 1, DUP),   # back
                       (TWO32, OK), (TWO32, DUP), (TWO32 + 1, OK), (TWO32 - 3, OK),
                       (TWO32 - 5, DUP),                    # counts as received
                       (TWO32 + 60, OK), (TWO32 - 3, DUP), (TWO32 - 2, OK),
                       (TWO32 - 4, AUTH),                   # W old: taken for 2^33 - 4
                       (TWO32 + 63, OK), (TWO32 - 1, AUTH), (TWO32, DUP),
                       (2 * TWO32 - 1, OK), (2 * TWO32, OK), (2 * TWO32 - 1, DUP))
                same("top", c.top(), 2 * TWO32)
    for window in 32, 1024:
        with test(f"A1.22 ESN, window {window}: the farthest jump that can be understood"), \
                Case(w, window, True, 1000000) as c:
            far = 1000000 + TWO32 - window
            # one more has the low half of the left edge of the window, and is taken for it
            c.send((1000001, OK), (far + 2, DUP), (far + 1, OK), (far + 1, DUP))
            same("top", c.top(), far + 1)
    with test("E1.11 ESN underflow: left of the window while the high half is 0"), \
            Case(w, 64, True) as c:
        # with the top at 10 these low halves mean numbers before the first
        c.send((10, OK), (TWO32 - 1, OLD), (TWO32 - 53, OLD), (TWO32 - 54, OK))
        same("top", c.top(), TWO32 - 54)


def poison(w):
    for esn in False, True:
        for family in 4, 6:
            with test(f"E1.10 forged numbers move nothing{', ESN' if esn else ''}, IPv{family}"), \
                    Case(w, 64, esn, 1000, family) as c:
                c.send((1001, OK))
                forged = []
                for seq in (1002, 1064, 1065, 1001 + TWO31, TWO32 - 1):
                    p = bytearray(c.packet(seq)[1])
                    p[-1] ^= 1
                    forged.append(bytes(p))
                c.w.rx("forged", forged, c.dev, drop=AUTH)
                same("top", c.top(), 1001)
                c.send((1002, OK), (1002, DUP), (1000, DUP))


def set_by_hand(w):
    for esn in False, True:
        with test(f"a number set by hand{', ESN' if esn else ''}"), Case(w, 128, esn) as c:
            c.send((1, OK), (90, OK))
            c.sa.set_seq(c.dev, "peer", "in", 100)
            # all up to it counts as received
            c.send((100, DUP), (99, DUP), (2, DUP), (101, OK), (101, DUP), (229, OK), (102, OK),
                   (101, AUTH if esn else OLD))
            try:
                c.sa.set_seq(c.dev, "peer", "in", 228)
                wire.problem("it went back")
            except RuntimeError as e:
                if "moves forward only" not in str(e):
                    raise
            same("top", c.top(), 229)


def random_walk(w, seed, window, esn, start, count):
    rnd = random.Random(seed)
    what = f"window {window}{', ESN' if esn else ''} from {start:#x}"
    with test(f"T19 random numbers against the RFC's rule, {what}"), Case(w, window, esn, start) as c:
        model, seqs, top = Model(window, esn, start), [], start
        for _ in range(count):
            kind = rnd.random()
            if kind < 0.5:
                seq = top + rnd.randrange(1, 4)
            elif kind < 0.6:
                seq = top + rnd.choice((window - 1, window, window + 1, bits(window), 3 * bits(window)))
            else:
                seq = top - rnd.choice((rnd.randrange(0, window + 3), rnd.randrange(0, 4),
                                        window - 1, window))
            seq = max(1, min(seq, (1 << (64 if esn else 32)) - 1))
            top = max(top, seq)
            seqs.append(seq)
        verdicts = c.send_all(seqs, model)
        same("top", c.top(), model.top)
        for reason in (DUP,) if esn else (DUP, OLD):
            if reason not in verdicts:
                wire.problem(f"the walk has no {reason}")


def bits(window):
    """Of the module's bitmap: a word more than the window, rounded up"""
    words = (window + 63) // 64 + 1
    n = 1
    while n < words:
        n *= 2
    return n * 64


def scenario():
    w = wire.Wire()
    w.tunnel("ipsec0", 4)
    w.tunnel("ipsec1", 6)
    windows(w)
    no_window(w)
    limits(w)
    wrap(w)
    poison(w)
    set_by_hand(w)
    for i, (window, esn, start) in enumerate((
            (32, False, 0), (64, False, TWO31 - 100), (1024, False, 7), (8192, False, 1 << 20),
            (32, True, 0), (32, True, TWO32 - 200), (64, True, TWO32 - 150), (64, True, 3 * TWO32 - 99),
            (1024, True, TWO32 - 1500), (8192, True, 5 * TWO32 - 90), (64, True, (1 << 64) - 20000))):
        random_walk(w, i, window, esn, start, 250)


if __name__ == "__main__":
    wire.main(scenario)
