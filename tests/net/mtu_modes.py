# SPDX-License-Identifier: MIT
"""mtu_modes.py - a datagram of each size through a tunnel between a and b: it arrives, or its
sender is told (EMSGSIZE), or exactly one counter of one side has moved by one.

After each datagram goes a small one, on the same way: when it is there, the first has
arrived as well, or it never will.
"""
import errno
import json
import os
import socket
import struct

import wire
from wire import filler, problem, run, same, test

SLOW = os.environ.get("IPSEC_VM") == "qemu" or wire.SLOW
OUTER = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8::1", "2001:db8::2")}
INNER = {4: ("10.0.0.1", "10.0.0.2"), 6: ("fd00::1", "fd00::2")}
DONT, DO, PROBE = 0, 2, 3
SPIS = 0x9001, 0x9002           # towards a, towards b


def at(host):
    return wire.inside(host)


class End:
    """One of the two hosts"""

    def __init__(self, host):
        self.host = host
        self.me = "ab".index(host)

    def add(self, protect, mode, family):
        outer = OUTER[family]
        with at(self.host):
            wire.ipsecctl("dev", "add", "ipsec0")
            # fragments are sent by itself, and no chatter
            for name, value in (("disable_ipv6", 0), ("addr_gen_mode", 1), ("router_solicitations", 0)):
                wire.sysctl(f"net/ipv6/conf/ipsec0/{name}", value)
            wire.ipsecctl("peer", "add", "ipsec0", "peer", "local", outer[self.me], "remote", outer[1 - self.me],
                          "protect", protect)
            for i, spi in enumerate(SPIS):
                for kind in protect.split("+"):
                    algorithm = ["encr", "aes-gcm-16", "key", "-"] if kind == "esp" else \
                        ["proto", "ah", "auth", "hmac-sha2-256-128", "auth-key", "-"]
                    wire.ipsecctl("sa", "add", "ipsec0", "peer", "in" if i == self.me else "out", "spi", hex(spi),
                                  "mode", mode, *algorithm, input=(b"%032d" % spi).hex()[:40 if kind == "esp" else 64])
            run("ip", "link", "set", "ipsec0", "up")
            if mode == "transport":
                to = f"{outer[1 - self.me]}/{32 if family == 4 else 128}"
                run("ip", "route", "add", to, "dev", "ipsec0", "src", outer[self.me])
            else:
                run("ip", "addr", "add", f"{INNER[4][self.me]}/24", "dev", "ipsec0")
                run("ip", "addr", "add", f"{INNER[6][self.me]}/64", "dev", "ipsec0", "nodad")
            self.device = wire.Device("ipsec0")

    def delete(self):
        with at(self.host):
            wire.ipsecctl("dev", "del", "ipsec0")

    def drops(self):
        return self.device.drops()


def bound(family, address, port, size=0):
    s = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
    if size:
        s.setsockopt(socket.SOL_SOCKET, wire.SO_RCVBUFFORCE, size)
    s.bind((address, port))
    return s


class Flow:
    """From a to b, IPv4 or IPv6, in transport mode between the outer addresses"""

    def __init__(self, a, b, version, addresses, discover):
        self.a, self.b, self.count = a, b, 0
        with at("b"):
            self.there, self.mark_there = bound(version, addresses[1], 7777, 4 << 20), bound(version, addresses[1], 7778)
        self.there.setblocking(False)
        self.mark_there.settimeout(20)
        self.to = addresses[1]
        self.here, self.mark = bound(version, addresses[0], 0), bound(version, addresses[0], 0)
        level, option = (socket.IPPROTO_IP, 10) if version == 4 else (socket.IPPROTO_IPV6, 23)
        self.here.setsockopt(level, option, discover)       # IP_MTU_DISCOVER
        self.fence()

    def close(self):
        for s in self.here, self.there, self.mark, self.mark_there:
            s.close()

    def fence(self):
        self.count += 1
        self.mark.sendto(struct.pack("!I", self.count), (self.to, 7778))
        while struct.unpack("!I", self.mark_there.recv(64))[0] != self.count:
            pass

    def moved(self, before):
        out = {}
        for end, old in zip((self.a, self.b), before):
            for name, value in end.drops().items():
                if value != old[name]:
                    out[name] = out.get(name, 0) + value - old[name]
        return out

    def send(self, size):
        """What became of it: "there", "told", or the counters that moved"""
        before = self.a.drops(), self.b.drops()
        data, told = filler(size, size & 0xFF), False
        try:
            self.here.sendto(data, (self.to, 7777))
        except OSError as e:
            if e.errno != errno.EMSGSIZE:
                raise
            told = True
        self.fence()
        try:
            got = self.there.recv(1 << 17)
        except BlockingIOError:
            got = None
        moved = self.moved(before)
        if got is not None:
            if got != data or moved:
                return f"{len(got)} bytes arrived, {'other' if got != data else 'the same'} bytes, counted {moved}"
            return "there"
        if told:
            return "told" if not moved else f"told, and counted {moved}"
        return moved


def sizes(last):
    """All up to 1600, some of those above, and the last ones"""
    step = 97 if SLOW else 1
    out = set(range(1, 1600, step)) | set(range(1360, 1490, 26 if SLOW else 1)) | set(range(1600, last, 8009 if SLOW else 397))
    return sorted(out | set(range(last - (1 if SLOW else 60), last + 1)))


def each_size(flow, last, verdict, pieces):
    """verdict(size): what is right; pieces: how many packets its sender makes of a datagram at most"""
    seen, bad = {}, 0
    for size in sizes(last):
        got = flow.send(size)
        if isinstance(got, dict):
            n = sum(got.values())
            kind = next(iter(got)) if len(got) == 1 and 1 <= n <= pieces(size) else f"vanished: {got}"
        else:
            kind = got
        seen.setdefault(kind, []).append(size)
        if kind not in verdict(size):
            bad += 1
            if bad < 4:
                problem(f"{size} bytes: {kind}, want {' or '.join(verdict(size))}")
    return seen


def fits(protect, mode, family, version, mtu):
    """The largest UDP payload of one packet with DF through a path of mtu bytes"""
    outer = 0 if mode == "transport" else 20 if family == 4 else 40
    inner = 20 if version == 4 else 40
    room = mtu - outer - (inner if mode == "transport" else 0)
    if "ah" in protect:
        room -= 28 if family == 4 else 32
    if "esp" in protect:
        room = (room - 8 - 8 - 16) // 4 * 4 - 2
    return room - 8 - (0 if mode == "transport" else inner)


def flush(host):
    with at(host):
        run("ip", "route", "flush", "cache")
        run("ip", "-6", "route", "flush", "cache")


def largest():
    return json.loads(run("ip", "-d", "-j", "link", "show", "ipsec0"))[0]["max_mtu"]


def combination(a, b, protect, mode, family, version):
    addresses = OUTER[family] if mode == "transport" else INNER[version]
    head = 28 if version == 4 else 48
    fit = fits(protect, mode, family, version, 1500)
    last = 65507 if version == 4 else 65527
    name = f"{dict(esp='ESP', ah='AH')[protect] if protect != 'esp+ah' else 'ESP inside AH'} {mode}, " + \
        (f"IPv{version}" if mode == "transport" else f"IPv{version} in IPv{family}")

    def run_one(title, discover, verdict, mtu=None, wanted=()):
        with test(f"no size vanishes, {name}: {title}"):
            for end in "a", "b":
                with at(end):
                    wire.ipsecctl("dev", "set", "ipsec0", "mtu", str(mtu or "auto"))
                flush(end)
            link = mtu or fit + head
            flow = Flow(a, b, version, addresses, discover)
            try:
                seen = each_size(flow, last, verdict, lambda size: 1 if size + head <= link else
                                 -(-size // ((link - head) // 8 * 8)) + 1)
                same("kinds", set(wanted) <= set(seen), True)
            finally:
                flow.close()

    # transport mode: the fragments are put together, and the whole has no room for more headers
    whole = 65535 - 20 if version == 4 else 65535
    over = {"tx_too_big"} if mode == "transport" else set()
    room = whole - 8 - 128 if mode == "transport" else last

    def fragments(size):
        return {"there"} if size <= room else {"there"} | over
    run_one("what may be fragmented is, and arrives", DONT, fragments, wanted=["there", *over])
    run_one("what may not is told", DO, lambda size: {"there"} if size <= fit else {"told"}, wanted=["there", "told"])

    def probe(size):
        return {"there"} if size <= fit else {"tx_too_big"} if size + head <= 9000 else {"told"}
    run_one("what does not fit the path is counted", PROBE, probe, 9000, ["there", "tx_too_big", "told"])
    if version == 4:
        run_one("fragments of 9000 bytes", DONT, fragments, 9000, ["there", *over])
        run_one("packets as large as the interface takes", DONT, fragments, largest(), ["there", *over])


def scenario():
    os.sched_setaffinity(0, {0})
    wire.enter("a")
    for name in "icmp_msgs_per_sec", "icmp_msgs_burst":
        if os.path.exists(f"/proc/sys/net/ipv4/{name}"):
            wire.sysctl(f"net/ipv4/{name}", 1000000)
    for protect in "esp", "ah", "esp+ah":
        for mode in "tunnel", "transport":
            for family in 4, 6:
                a, b = End("a"), End("b")
                a.add(protect, mode, family)
                b.add(protect, mode, family)
                for version in (4, 6) if mode == "tunnel" else (family,):
                    combination(a, b, protect, mode, family, version)
                a.delete()
                b.delete()


wire.main(scenario)
