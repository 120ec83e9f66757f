# SPDX-License-Identifier: MIT
"""duplicate_sas.py - RFC 9611 from a peer that interleaves its SAs as it likes: all are
accepted, each has its own numbers, window and counters, and comes and goes alone."""
import random

import wire
from ah import GMAC, SHA256, Ah, Front
from wire import NH_IPV4, Sa, inner, outer, same, test

COUNT = 8


def dev_of(family, kind):
    return f"ipsec{(0 if kind == 'ESP' else 2) + (family == 6)}"


class One:
    """One of the SAs, all with the same peer and the same selectors"""

    def __init__(self, family, kind, i):
        self.family, self.kind, self.dev = family, kind, dev_of(family, kind)
        esn = bool(i & 2)
        if kind == "ESP":
            self.sa = Sa(0x8000 + 16 * family + i, *(("chacha20-poly1305", 256) if i & 1 else ("aes-gcm-16", 128)), esn)
        else:
            self.sa = Ah(family, GMAC if i & 1 else SHA256, esn)
            self.sa.seq = 0
        self.packets = self.bytes = 0
        self.drops = {}

    def install(self):
        if self.kind == "ESP":
            self.sa.install(self.dev, "peer", "in", "replay-window", 128)
        else:
            self.sa.install(self.dev, "in", "replay-window", 128)

    def remove(self):
        self.sa.remove(*(self.dev, "peer", "in") if self.kind == "ESP" else (self.dev,))

    def packet(self, seq, p):
        if self.kind == "ESP":
            return outer(self.family, self.sa.seal(p, seq))
        return self.sa.seal(Front(self.family), p, NH_IPV4, seq=seq)

    def accepted(self, p):
        self.packets += 1
        self.bytes += len(p)

    def check(self, label):
        s = wire.show_sa(self.dev, self.sa.spi)["stats"]
        same(f"{label}: SA {self.sa.spi:#x}", (s["rx_packets"], s["rx_bytes"], s["drops"]),
             (self.packets, self.bytes, self.drops))


def interleaved(w, ones, rnd, label, alive=None):
    """The next 40 numbers of each, any SA next, and neighbours of each SA out of order"""
    queue = []
    for one in ones:
        numbers = [one.sa.seq + 1 + i for i in range(40)]
        one.sa.seq += 40
        for i in range(0, 40, 8):
            part = numbers[i:i + 8]
            rnd.shuffle(part)
            numbers[i:i + 8] = part
        queue += [(rnd.random(), one)] * 40
        one.numbers = iter(numbers)
    rnd.shuffle(queue)
    packets, out, foreign = [], [], 0
    for i, (_, one) in enumerate(queue):
        p = inner(4, 60 + i % 40, start=i)
        packets.append(one.packet(next(one.numbers), p))
        if alive is None or one in alive:
            one.accepted(p)
            out.append(p)
        else:
            foreign += 1
    w.rx(label, packets, ones[0].dev, out=out, foreign=foreign)


def scenario():
    w, rnd = wire.Wire(), random.Random(9611)
    for dev, family, protect in ("ipsec0", 4, "esp"), ("ipsec1", 6, "esp"), ("ipsec2", 4, "ah"), ("ipsec3", 6, "ah"):
        w.tunnel(dev, family, "10.8.0.0/16")
        wire.ipsecctl("peer", "set", dev, "peer", "protect", protect)
    for kind in "ESP", "AH":
        for family in 4, 6:
            title = f"{kind} over IPv{family}"
            ones = [One(family, kind, i) for i in range(COUNT)]
            dev = ones[0].dev
            for one in ones:
                one.install()
            with test(f"RFC 9611 {COUNT} SAs with the same selectors, in any order: all accepted, {title}"):
                for i in range(3):
                    interleaved(w, ones, rnd, f"round {i}")
                for one in ones:
                    one.check("counters")
            with test(f"RFC 9611 each has its own replay window, {title}"):
                p = inner(4, 60)
                # the same number on all; one goes far ahead; what it leaves behind is new for the others
                ahead = ones[0]
                w.rx("far ahead", ahead.packet(5000, p), dev, out=[p])
                ahead.sa.seq = 5000
                ahead.accepted(p)
                for one in ones[1:]:
                    seq = one.sa.seq = one.sa.seq + 1
                    w.rx("new", one.packet(seq, p), dev, out=[p])
                    one.accepted(p)
                    w.rx("the same number again", one.packet(seq, p), dev, drop="rx_replay_dup")
                    one.drops["rx_replay_dup"] = 1
                if not ahead.sa.esn:
                    w.rx("left behind", ahead.packet(ones[1].sa.seq + 1, p), dev, drop="rx_replay_old")
                    ahead.drops["rx_replay_old"] = 1
                for one in ones:
                    one.check("counters")
            with test(f"RFC 9611 a forgery on one is not counted for the others, {title}"):
                bad = bytearray(ones[3].packet(ones[3].sa.seq + 1, p))
                bad[-1] ^= 1
                w.rx("forged", bytes(bad), dev, drop="rx_auth_fail")
                ones[3].drops["rx_auth_fail"] = 1
                for one in ones:
                    one.check("counters")
            with test(f"RFC 9611 one is removed while the others go on, {title}"):
                gone = ones[5]
                gone.check("before")
                gone.remove()
                interleaved(w, ones, rnd, "without it", [one for one in ones if one is not gone])
                for one in ones:
                    if one is not gone:
                        one.check("counters")
            with test(f"RFC 9611 and added again, with numbers from the beginning, {title}"):
                gone.sa.seq = 0
                gone.install()
                gone.packets, gone.bytes, gone.drops = 0, 0, {}
                interleaved(w, ones, rnd, "with it")
                for one in ones:
                    one.check("counters")
            for one in ones:
                one.remove()


wire.main(scenario)
