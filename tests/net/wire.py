# SPDX-License-Identifier: MIT
"""wire.py - an adversary on the wire, for the scenarios that speak raw packets.

    gw (the module under test)                          atk (this program)
    ipsec0  outer IPv4 --+
                         +-- wan 192.0.2.1  ---- veth ---- wan  no address, no stack
    ipsec1  outer IPv6 --+       2001:db8::1             192.0.2.2, 2001:db8::2
    fence0  see below                                    exist in frames only

The program runs in gw's network namespace and holds packet sockets in both.  It
sends frames into the veth and looks at what comes out of ipsecN (AF_PACKET there);
or it sends packets into ipsecN and looks at what leaves on the veth.

Nothing here waits for time to pass.  All of it is pinned to one processor, so packets
keep their order; after the packets of a case a "fence" follows on the same way: a good
ESP packet of another interface (fence0) on receive, a frame of its own EtherType on
transmit.  When the fence has arrived, so has everything before it, and what has not
arrived never will.  Therefore every case can say exactly what came out, which counters
moved and by how much, and that nothing else happened.

Sealing and opening is done with python3-cryptography, directly from RFC 4106 and
RFC 7634; esp_wire.py does the same with scapy.
"""
import contextlib
import ctypes
import errno
import fcntl
import json
import mmap
import os
import re
import select
import socket
import struct
import subprocess
import sys
import time
import traceback

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from hosts import enter, inside

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6, ETH_P_FENCE = 0x0003, 0x0800, 0x86DD, 0x88B5
IPPROTO_ESP, IPPROTO_AH = 50, 51
NH_IPV4, NH_IPV6, NH_NONE = 4, 41, 59
PACKET_OUTGOING = 4
SOL_PACKET, PACKET_VERSION, PACKET_TX_RING, PACKET_IGNORE_OUTGOING = 263, 10, 13, 23
SO_RCVBUFFORCE = 33

GW4, GW6 = "192.0.2.1", "2001:db8::1"
ATK4, ATK6 = "192.0.2.2", "2001:db8::2"
# inside of the tunnel: nobody's addresses, so that the stack behind it stays silent
IN4, IN6 = ("10.8.0.2", "10.9.0.1"), ("fd08::2", "fd09::1")

# a kernel with sanitizers: fewer repetitions of the same, all cases
SLOW = os.environ.get("IPSEC_VM_DEBUG") == "1"

ALGS = [("aes-gcm-16", 128), ("aes-gcm-16", 192), ("aes-gcm-16", 256),
        ("chacha20-poly1305", 256)]

# ---- results ---------------------------------------------------------------

failures = 0
_problems = None


def problem(text):
    """Something is wrong in the test that is running."""
    if _problems is None:
        raise AssertionError(text)
    if len(_problems) < 4:
        _problems.append(text)
    elif len(_problems) == 4:
        _problems.append("and more")


@contextlib.contextmanager
def test(name):
    """One line of the result: ok if nothing in the block called problem()."""
    global failures, _problems
    _problems, start = [], time.monotonic()
    try:
        yield
    except Exception as e:
        where = traceback.extract_tb(e.__traceback__)[-1]
        _problems.append(f"{type(e).__name__}: {e} ({os.path.basename(where.filename)}:{where.lineno})")
    if _problems:
        failures += 1
        print(f"not ok - {name}: " + " | ".join(_problems).replace("\n", " | "), flush=True)
    else:
        print(f"ok - {name}", flush=True)
    if "TEST_TIMES" in os.environ:
        print(f"# {time.monotonic() - start:.2f} s", flush=True)
    _problems = None


def same(what, got, want):
    if got != want:
        problem(f"{what}: got {brief(got)}, want {brief(want)}")


def brief(value):
    if isinstance(value, (bytes, bytearray)):
        value = bytes(value)
        return value.hex() if len(value) < 80 else f"{value[:72].hex()}.. ({len(value)} bytes)"
    if isinstance(value, list):
        return f"{len(value)}: [" + ", ".join(brief(v) for v in value[:3]) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(brief, value)) + ")"
    return repr(value)


def skip(name, why):
    print(f"skip - {name}: {why}", flush=True)


def main(scenario):
    """Run it; the exit status says whether every test was ok."""
    try:
        scenario()
    except Exception:
        global failures
        failures += 1
        text = traceback.format_exc().strip().replace("\n", " | ")
        print(f"not ok - {os.path.basename(sys.argv[0])}: {text}", flush=True)
    sys.stdout.flush()
    os._exit(1 if failures else 0)


# ---- packets ---------------------------------------------------------------

def addr(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def checksum(data):
    if len(data) & 1:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(src, dst, payload, proto=253, tos=0, ident=0, frag=0, ttl=64, tot_len=None,
         ihl=5, version=4, options=b""):
    """An IPv4 packet; frag is the whole field (DF 0x4000, MF 0x2000, offset / 8)."""
    ihl += len(options) // 4
    if tot_len is None:
        tot_len = 20 + len(options) + len(payload)
    head = struct.pack("!BBHHHBBH4s4s", version << 4 | ihl, tos, tot_len & 0xFFFF, ident, frag,
                       ttl, proto, 0, addr(src), addr(dst)) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(src, dst, payload, nh=253, tos=0, hops=64, flow=0, plen=None, version=6):
    plen = len(payload) if plen is None else plen
    return struct.pack("!IHBB", version << 28 | tos << 20 | flow, plen & 0xFFFF, nh,
                       hops) + addr(src) + addr(dst) + payload


def filler(n, start=0):
    """Bytes that a shift or a swap would change."""
    return bytes((start + i * 7 + (i >> 8)) & 0xFF for i in range(n))


def inner(family, size, tos=0, start=0, src=None, dst=None, proto=253):
    """An inner packet of exactly this many bytes, that nothing answers to."""
    if family == 4:
        return ipv4(src or IN4[0], dst or IN4[1], filler(size - 20, start), tos=tos, proto=proto)
    return ipv6(src or IN6[0], dst or IN6[1], filler(size - 40, start), tos=tos, nh=proto)


def udp(src, dst, sport, dport, payload, **ip):
    """A whole UDP packet, with its checksum."""
    six = ":" in src
    seg = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload
    pseudo = addr(src) + addr(dst) + struct.pack("!IHBB" if six else "!HBB", *(
        (len(seg), 0, 0, 17) if six else (len(seg), 0, 17)))
    seg = seg[:6] + struct.pack("!H", checksum(pseudo + seg) or 0xFFFF) + seg[8:]
    return ipv6(src, dst, seg, nh=17, **ip) if six else ipv4(src, dst, seg, proto=17, **ip)


def outer(family, esp, tos=0, **over):
    """The ESP packet from the adversary to the gateway."""
    if family == 4:
        return ipv4(over.pop("src", ATK4), over.pop("dst", GW4), esp, tos=tos,
                    proto=over.pop("proto", IPPROTO_ESP), **over)
    return ipv6(over.pop("src", ATK6), over.pop("dst", GW6), esp, tos=tos,
                nh=over.pop("proto", IPPROTO_ESP), **over)


_ident = 1


def fragments(packet, sizes):
    """Cut an outer packet: payload bytes of each fragment (multiples of 8), the last
    size repeats."""
    global _ident
    _ident += 1
    six = packet[0] >> 4 == 6
    head, body = (packet[:40], packet[40:]) if six else (packet[:20], packet[20:])
    sizes, out, at = list(sizes), [], 0
    while at < len(body) or not out:
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        part, more = body[at:at + size], at + size < len(body)
        if six:
            ext = struct.pack("!BBHI", head[6], 0, at | more, _ident)
            out.append(head[:4] + struct.pack("!HB", 8 + len(part), 44) + head[7:] + ext + part)
        else:
            h = head[:2] + struct.pack("!HHH", 20 + len(part), _ident & 0xFFFF,
                                       (0x2000 if more else 0) | at >> 3) + head[8:10] + b"\0\0" + head[12:]
            out.append(h[:10] + struct.pack("!H", checksum(h)) + h[12:] + part)
        at += size
    return out


# ---- security associations -------------------------------------------------

class Sa:
    """One SA as the other side holds it."""

    def __init__(self, spi, alg="aes-gcm-16", bits=128, esn=False, material=None, seq=0):
        self.spi, self.alg, self.bits, self.esn, self.seq = spi, alg, bits, esn, seq
        n = 36 if alg.startswith("chacha") else bits // 8 + 4
        self.material = material or bytes((spi * 31 + i * 17 + (i * i >> 3)) & 0xFF for i in range(n))
        assert len(self.material) == n
        self.salt = self.material[-4:]
        self.aead = (ChaCha20Poly1305 if n == 36 and alg.startswith("chacha") else AESGCM)(self.material[:-4])

    def __str__(self):
        return f"{self.alg}/{self.bits}{' esn' if self.esn else ''}"

    def aad(self, seq):
        if self.esn:
            return struct.pack("!IQ", self.spi, seq)
        return struct.pack("!II", self.spi, seq & 0xFFFFFFFF)

    def seal_clear(self, seq, clear, iv=None, aad_seq=None):
        """Exactly this clear text, trailer and all, whatever its length."""
        iv = struct.pack("!Q", seq) if iv is None else iv
        text = self.aead.encrypt(self.salt + iv, clear, self.aad(seq if aad_seq is None else aad_seq))
        return struct.pack("!II", self.spi, seq & 0xFFFFFFFF) + iv + text

    def seal(self, packet, seq=None, nh=None, tfc=b"", iv=None):
        """An inner packet as RFC 4303 wants it; without seq, the next number."""
        if seq is None:
            self.seq += 1
            seq = self.seq
        if nh is None:
            nh = NH_IPV6 if packet[:1] and packet[0] >> 4 == 6 else NH_IPV4
        return self.seal_clear(seq, packet + tfc + trailer(len(packet) + len(tfc), nh), iv)

    def open(self, esp, high=0):
        """Return (64-bit seq, inner, pad, nh); raises InvalidTag."""
        spi, low = struct.unpack("!II", esp[:8])
        if spi != self.spi:
            raise ValueError(f"SPI {spi:#x}, not {self.spi:#x}")
        seq = high << 32 | low
        clear = self.aead.decrypt(self.salt + esp[8:16], esp[16:], self.aad(seq))
        pad, nh = clear[-2], clear[-1]
        return seq, clear[:-2 - pad], clear[len(clear) - 2 - pad:-2], nh

    def install(self, dev, peer, direction, *options):
        ipsecctl("sa", "add", dev, peer, direction, "spi", hex(self.spi), "encr", self.alg,
                 "key", "-", "esn", "on" if self.esn else "off", *map(str, options),
                 input=self.material.hex())
        return self

    def remove(self, dev, peer, direction):
        ipsecctl("sa", "del", dev, peer, direction, "spi", hex(self.spi))

    def set_seq(self, dev, peer, direction, seq):
        ipsecctl("sa", "set", dev, peer, direction, "spi", hex(self.spi), "seq", str(seq))


def trailer(length, nh, align=4):
    pad = -(length + 2) % align
    return bytes(range(1, pad + 1)) + bytes([pad, nh])


# ---- the system under test -------------------------------------------------

def run(*argv, input=None, check=True):
    p = subprocess.run(argv, input=input, text=True, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, close_fds=False)
    if check and p.returncode:
        raise RuntimeError(f"{' '.join(argv)} gave {p.returncode}: {p.stdout.strip()}")
    return p.stdout


def ipsecctl(*argv, input=None):
    return run("ipsecctl", *argv, input=input)


def show_sa(dev, spi, direction="in"):
    for sa in json.loads(ipsecctl("-j", "sa", "show", dev)):
        if int(sa["spi"], 0) == spi and sa["dir"] == direction:
            return sa
    raise KeyError(f"no SA {spi:#x} on {dev}")


def sysctl(name, value):
    with open("/proc/sys/" + name, "w") as f:
        f.write(str(value))


def reasons():
    """The list of the uapi header: {name: standard counter}"""
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../../uapi/linux/if_ipsec.h")) as f:
        return dict(re.findall(r"_\([RT]X_[A-Z_]+, ([a-z_]+), ([a-z_]+),", f.read()))


REASONS = reasons()
# what "ethtool -S" shows behind them
OTHERS = ["spread_packets", "spread_helped"]


class Device:
    """The counters of one ipsecN, read without starting a program."""
    SIOCETHTOOL, GSTRINGS, GSTATS = 0x8946, 0x1B, 0x1D

    def __init__(self, name):
        self.name = name
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.buf = ctypes.create_string_buffer(12 + 32 * 256)
        self.ifreq = struct.pack("=16sQ16x", name.encode(), ctypes.addressof(self.buf))
        data = self._ethtool(struct.pack("=III", self.GSTRINGS, 1, 0))
        n = struct.unpack_from("=I", data, 8)[0]
        self.names = [data[12 + 32 * i:44 + 32 * i].split(b"\0")[0].decode() for i in range(n)]
        assert self.names == list(REASONS) + OTHERS, self.names

    def _ethtool(self, request):
        ctypes.memmove(self.buf, request, len(request))
        fcntl.ioctl(self.sock, self.SIOCETHTOOL, self.ifreq)
        return self.buf

    def drops(self):
        """{reason: how often}"""
        data = self._ethtool(struct.pack("=II", self.GSTATS, 0))
        return dict(zip(REASONS, struct.unpack_from(f"={len(REASONS)}Q", data, 8)))


class ProcFile:
    """A file of the gateway's /proc/net, opened once"""

    def __init__(self, name):
        self.fd = os.open("/proc/net/" + name, os.O_RDONLY)

    def read(self):
        return os.pread(self.fd, 1 << 16, 0)


# which column of /proc/net/dev is which field of "ip -s link"
COLUMNS = (("rx_bytes", 0), ("rx_packets", 1), ("rx_errors", 2), ("rx_dropped", 3),
           ("tx_bytes", 8), ("tx_packets", 9), ("tx_errors", 10), ("tx_dropped", 11),
           ("collisions", 13), ("tx_carrier_errors", 14))


def standard_counters(text, name):
    for line in text.splitlines():
        dev, _, rest = line.partition(b":")
        if dev.strip() == name.encode():
            v = rest.split()
            return {field: int(v[i]) for field, i in COLUMNS}
    raise KeyError(name)


def packet_socket(dev, protocol=ETH_P_ALL, outgoing=False):
    """protocol 0: for sending only, sees nothing (and so clones nothing)"""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
    if protocol and not outgoing:
        # what is sent is not cloned for the sake of the one who listens
        s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    s.bind((dev, protocol))
    s.setblocking(False)
    return s


def drain(sock, outgoing=False):
    """Everything a packet socket has, without what went out, or only that"""
    got = []
    while True:
        try:
            data, (_, proto, kind, _, _) = sock.recvfrom(1 << 17)
        except BlockingIOError:
            return got
        except OSError as e:
            if e.errno != errno.ENETDOWN:      # told once, when the device goes down
                raise
            continue
        if (kind == PACKET_OUTGOING) == outgoing:
            got.append(data)


def mac(dev):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        return fcntl.ioctl(s, 0x8927, struct.pack("16s24x", dev.encode()))[18:24]


class Ring:
    """Sends from a ring of pages that stay mapped here (PACKET_TX_RING): the packets
    have nothing but their link-layer header in linear memory, and all the rest in
    pages that do not belong to them."""
    FRAME, FRAMES, DATA = 16384, 8, 32     # bytes, slots, sizeof(struct tpacket2_hdr)

    def __init__(self, dev):
        self.dev = dev
        self.sock = packet_socket(dev, 0)
        self.sock.setsockopt(SOL_PACKET, PACKET_VERSION, 1)   # TPACKET_V2
        self.sock.setsockopt(SOL_PACKET, PACKET_TX_RING, struct.pack(
            "IIII", self.FRAME, self.FRAMES, self.FRAME, self.FRAMES))
        self.mem = mmap.mmap(self.sock.fileno(), self.FRAME * self.FRAMES)
        # user-mode Linux 7.2 loses count of a ring's pages at a fork
        self.mem.madvise(mmap.MADV_DONTFORK)
        self.at = 0
        self.sent = []
        self.changed = 0

    def send(self, frame, protocol=None):
        """protocol: where the frame does not say"""
        if len(self.sent) == self.FRAMES:
            self.check()
        base = self.at * self.FRAME
        end = time.monotonic() + 20
        while struct.unpack_from("I", self.mem, base)[0]:
            if time.monotonic() > end:
                raise RuntimeError("a ring slot stays in use: somebody keeps the packet")
            os.sched_yield()
        # struct tpacket2_hdr: status, len, ...
        self.mem[base + self.DATA:base + self.DATA + len(frame)] = frame
        self.mem[base + 4:base + 8] = struct.pack("I", len(frame))
        self.mem[base:base + 4] = struct.pack("I", 1)        # TP_STATUS_SEND_REQUEST
        if protocol is None:
            self.sock.send(b"")
        else:
            self.sock.sendto(b"", (self.dev, protocol))
        self.sent.append((base + self.DATA, frame))
        self.at = (self.at + 1) % self.FRAMES

    def check(self):
        """Is what was sent from still what it was?"""
        for base, frame in self.sent:
            if self.mem[base:base + len(frame)] != frame:
                self.changed += 1
        self.sent = []


class Wire:
    def __init__(self):
        os.sched_setaffinity(0, {0})
        enter("gw")
        for name, value in (("net/ipv4/icmp_ratelimit", 0), ("net/ipv6/icmp/ratelimit", 0)):
            sysctl(name, value)
        for name in ("icmp_msgs_per_sec", "icmp_msgs_burst"):
            # of the whole machine before Linux 6.13
            with contextlib.suppress(OSError):
                sysctl("net/ipv4/" + name, 100000)
        with inside("atk"):
            self.atk_mac = mac("wan")
            self.tap = packet_socket("wan")
        self.gw_mac = mac("wan")
        self.gw_out = packet_socket("wan", 0)
        lladdr = ":".join(f"{b:02x}" for b in self.atk_mac)
        for a in (ATK4, ATK6, "192.0.2.254"):
            run("ip", "neigh", "replace", a, "lladdr", lladdr, "nud", "permanent", "dev", "wan")
        self.proc_dev, self.proc_xfrm = ProcFile("dev"), ProcFile("xfrm_stat")
        self.devs, self.taps, self.ins = {}, {}, {}
        self.fence_no = 0
        self.fence_sa = Sa(0xFE2CE000)
        self._device("fence0")
        ipsecctl("peer", "add", "fence0", "fence", "remote", "192.0.2.254")
        self.fence_sa.install("fence0", "fence", "in")
        self.fence_tap = packet_socket("fence0")
        self.listener = None
        self.send = self.send_plain
        self.ring = None

    # -- set-up

    def _device(self, name, *options):
        ipsecctl("dev", "add", name, *options)
        # nothing of its own accord: a router is in multicast groups, and reports them
        sysctl(f"net/ipv6/conf/{name}/forwarding", 0)
        sysctl(f"net/ipv6/conf/{name}/disable_ipv6", 1)
        run("ip", "link", "set", name, "multicast", "off", "up")

    def tunnel(self, dev, family, *selectors, options=(), local=True):
        """An interface with one peer called "peer", the adversary."""
        self._device(dev, *options)
        remote, here = (ATK4, GW4) if family == 4 else (ATK6, GW6)
        argv = ["remote", remote] + (["local", here] if local else [])
        for s in selectors:
            argv += ["selector", s]
        ipsecctl("peer", "add", dev, "peer", *argv)
        self.devs[dev] = Device(dev)
        self.taps[dev] = packet_socket(dev)
        self.ins[dev] = packet_socket(dev, 0)

    def forget(self, dev):
        self.devs.pop(dev)
        self.taps.pop(dev).close()
        self.ins.pop(dev).close()

    # -- how a packet reaches the gateway

    def frame(self, packet):
        return (self.gw_mac + self.atk_mac +
                (b"\x86\xdd" if packet[:1] and packet[0] >> 4 == 6 else b"\x08\x00") + packet)

    def send_plain(self, packet):
        self.tap.send(self.frame(packet))

    def send_ring(self, packet):
        if not self.ring:
            with inside("atk"):
                self.ring = Ring("wan")
        if len(packet) + 14 + 32 > Ring.FRAME:
            return self.send_plain(packet)
        self.ring.send(self.frame(packet))

    def send_fragments(self, packet):
        head = 40 if packet[0] >> 4 == 6 else 20
        body = len(packet) - head
        if body <= 8:
            return self.send_plain(packet)
        # the first is as short as may be; the rest makes a few more
        for f in fragments(packet, [8, 16, max(8, body // 24 * 8)]):
            self.tap.send(self.frame(f))

    @contextlib.contextmanager
    def form(self, name):
        """plain, cloned, paged, fragments: what the buffers look like"""
        try:
            if name == "cloned":
                self.listener = packet_socket("wan")
            self.send = {"paged": self.send_ring, "fragments": self.send_fragments}.get(
                name, self.send_plain)
            yield
            if name == "paged":
                self.ring.check()
                same("packets changed in the sender's memory", self.ring.changed, 0)
        finally:
            self.send = self.send_plain
            if self.listener:
                self.listener.close()
            self.listener = None

    # -- the fences

    def fence(self):
        """Wait until everything sent to the gateway has gone all its way."""
        self.fence_no += 1
        mark = ipv4("10.254.0.1", "10.254.0.2", struct.pack("!Q", self.fence_no))
        frame = self.frame(ipv4("192.0.2.254", GW4, self.fence_sa.seal(mark), proto=IPPROTO_ESP))
        self.tap.send(frame)
        self._await(self.fence_tap, lambda p: p == mark, "fence packet does not arrive")
        if self.listener:
            # what it kept must be what was sent, not what became of it
            seen = drain(self.listener)
            if frame not in seen:
                problem("the fence is not what a listener on wan saw: shared data was changed")
            return [f for f in seen if f != frame]
        return None

    def tx_fence(self):
        """Wait until everything the gateway sent is here.  Return the frames."""
        self.fence_no += 1
        mark = self.atk_mac + self.gw_mac + struct.pack("!HQ", ETH_P_FENCE, self.fence_no)
        self.gw_out.send(mark)
        got = self._await(self.tap, lambda f: f == mark, "fence frame does not arrive")
        return [f for f in got if not noise(f)]

    def _await(self, sock, found, why):
        end, before = time.monotonic() + 20, []
        while True:
            try:
                data, (_, _, kind, _, _) = sock.recvfrom(1 << 17)
            except BlockingIOError:
                left = end - time.monotonic()
                if left <= 0:
                    raise RuntimeError(why) from None
                select.select([sock], [], [], left)
                continue
            if kind == PACKET_OUTGOING:
                continue
            if found(data):
                return before
            before.append(data)

    # -- what a case asserts

    def snapshot(self):
        return {n: d.drops() for n, d in self.devs.items()}, self.proc_dev.read()

    def compare(self, label, before, dev, want, rx=(), tx=(0, 0)):
        """Since before, exactly these reasons moved on dev (and nothing on others), the
        standard counters agree, and so do packets and bytes."""
        after = self.proc_dev.read()
        for name, drops0 in before[0].items():
            if name not in self.devs:
                continue
            moved = {k: v - drops0[k] for k, v in self.devs[name].drops().items() if v != drops0[k]}
            expected = {k: v for k, v in want.items() if v} if name == dev else {}
            if moved != expected:
                problem(f"{label}: {name} counted {moved}, want {expected}")
                continue
            std0, std1 = standard_counters(before[1], name), standard_counters(after, name)
            std = dict.fromkeys(std0, 0)
            for k, v in expected.items():
                if REASONS[k] != "none":
                    std[REASONS[k]] += v
            std["tx_errors"] += std["tx_carrier_errors"]
            if name == dev:
                std["rx_packets"], std["rx_bytes"] = len(rx), sum(map(len, rx))
                std["tx_packets"], std["tx_bytes"] = tx
            got = {k: std1[k] - std0[k] for k in std0}
            if got != std:
                diff = {k: (got[k], std[k]) for k in std if got[k] != std[k]}
                problem(f"{label}: standard counters of {name} (got, want): {diff}")

    def rx(self, label, packets, dev="ipsec0", drop=None, out=(), foreign=0, n=None, fences=1):
        """Send outer packets; exactly this happens: drop (a reason, n times, or a dict
        of them), out (the packets that come out of dev), foreign (how many were handed
        on as not ours: the kernel's own ESP counts them, or where there is none, the
        sender is told that the protocol is unreachable).  A fence is passed once: what
        goes around several times needs as many of them."""
        if isinstance(packets, (bytes, bytearray)):
            packets = [packets]
        if isinstance(drop, str):
            drop = {drop: len(packets) if n is None else n}
        out = list(out)
        before, stock = self.snapshot(), self.proc_xfrm.read()
        seen = []
        for i, p in enumerate(packets):
            self.send(p)
            if i % 32 == 31 and i + 1 < len(packets):
                seen += self.fence() or []
        for _ in range(fences):
            last = self.fence()
        if last is not None:
            seen += last
            if self.send == self.send_plain and seen != [self.frame(p) for p in packets]:
                problem(f"{label}: a listener on wan did not see the packets that were sent")
        for name, tap in self.taps.items():
            got = drain(tap)
            want = out if name == dev else []
            if got != want:
                problem(f"{label}: {name} gave {brief(got)}, want {brief(want)}")
        self.compare(label, before, dev, drop or {}, out)
        answers = [f for f in drain(self.tap) if not noise(f)]
        handed_on = sum(map(is_unreachable, answers))
        if handed_on != len(answers):
            problem(f"{label}: answered with {brief(answers)}")
        now = self.proc_xfrm.read()
        if now != stock:
            handed_on += xfrm_in(now) - xfrm_in(stock)
        if handed_on != foreign:
            problem(f"{label}: {handed_on} handed on as not ours, want {foreign}")

    def tx(self, label, packets, dev="ipsec0", drop=None, sent=None, protocol=None):
        """Send inner packets into dev.  Return the outer packets; drop and sent (packets,
        bytes) are what it must count."""
        if isinstance(packets, (bytes, bytearray)):
            packets = [packets]
        if isinstance(drop, str):
            drop = {drop: len(packets)}
        if sent is None:
            sent = (0, 0) if drop else (len(packets), sum(map(len, packets)))
        before = self.snapshot()
        for p in packets:
            proto = protocol if protocol is not None else (
                ETH_P_IPV6 if p[0] >> 4 == 6 else ETH_P_IP)
            self.ins[dev].sendto(p, (dev, proto))
        frames = self.tx_fence()
        for tap in self.taps.values():
            drain(tap)
        self.compare(label, before, dev, drop or {}, tx=sent)
        return [f[14:] for f in frames]


def noise(frame):
    """Neighbour and multicast chatter of gw's own stack, and what is not IP."""
    kind = frame[12:14]
    if kind not in (b"\x08\x00", b"\x86\xdd"):
        return True
    if kind == b"\x86\xdd":
        if frame[20] == 0:                                     # hop-by-hop, ICMPv6: MLD
            return frame[54] == 58
        return frame[20] == 58 and frame[54] in (133, 134, 135, 136)
    return frame[23] == 2


def xfrm_in(stat):
    """How many packets the kernel's own IPsec has refused"""
    return sum(int(line.split()[1]) for line in stat.splitlines() if line.startswith(b"XfrmIn"))


def is_unreachable(frame):
    if frame[12:14] == b"\x08\x00":
        return frame[23] == 1 and frame[34:36] == b"\x03\x03"   # port unreachable
    return frame[20] == 58 and frame[54:56] == b"\x01\x04"
