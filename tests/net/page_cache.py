# SPDX-License-Identifier: MIT
"""page_cache.py - files and foreign memory through the tunnel (see page_cache.sh).

splice() and sendfile() hand pages of a file to the network without a copy; so do
vmsplice() and MSG_ZEROCOPY with a program's memory.  A cipher that works in place would
write into them: on transmit the file would turn into ciphertext, on receive an attacker
who may only read a file could write it (CVE-2026-43284).

Every case proves first that no copy was made on the way to the module: the socket is
corked, the page is handed over, and only then gets the content that the receiver must see.
"""
import ctypes
import fcntl
import hashlib
import mmap
import os
import select
import socket
import struct
import time

import wire
from wire import Sa, filler, problem, same, skip, test, udp

UDP_CORK, UDP_ENCAP, UDP_ENCAP_ESPINUDP, SO_NO_CHECK = 1, 100, 2, 11
SO_ZEROCOPY, MSG_ZEROCOPY = 60, 0x4000000
UDP_NO_CHECK6_TX, UDP_NO_CHECK6_RX = 101, 102
HERE = {4: "10.77.0.1", 6: "fd77::1"}
THERE = {4: "10.77.0.2", 6: "fd77::2"}

_libc = ctypes.CDLL(None, use_errno=True)


class iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


def vmsplice(pipe, memory, length):
    at = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    done = 0
    while done < length:
        iov = iovec(at + done, length - done)
        n = _libc.vmsplice(pipe, ctypes.byref(iov), ctypes.c_ulong(1), ctypes.c_uint(0))
        if n < 0:
            raise OSError(ctypes.get_errno(), "vmsplice")
        done += n


class File:
    """A file whose pages are handed around; in memory (tmpfs), so they are the file"""

    def __init__(self, content):
        self.path = f"/tmp/page_cache.{os.getpid()}"
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.unlink(self.path)
        self.write(content)

    def write(self, content):
        os.pwrite(self.fd, content, 0)
        self.content = content

    def unchanged(self, what):
        same(f"{what}: the file", os.pread(self.fd, 1 << 24, 0), self.content)

    def splice_to(self, sock, length):
        r, w = os.pipe()
        done = 0
        while done < length:
            n = os.splice(self.fd, w, length - done, offset_src=done)
            sent = 0
            while sent < n:
                sent += os.splice(r, sock.fileno(), n - sent)
            done += n
        os.close(r)
        os.close(w)


class Memory:
    """Pages of this program"""

    def __init__(self, content):
        self.mem = mmap.mmap(-1, -(-len(content) // 4096) * 4096)
        self.write(content)

    def write(self, content):
        self.mem[:len(content)] = content
        self.content = content

    def unchanged(self, what):
        same(f"{what}: the memory", self.mem[:len(self.content)], self.content)

    def splice_to(self, sock, length):
        r, w = os.pipe()
        fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, 1 << 20)
        vmsplice(w, self.mem, length)
        sent = 0
        while sent < length:
            sent += os.splice(r, sock.fileno(), length - sent)
        os.close(r)
        os.close(w)


def kind_of(family, proto):
    return socket.AF_INET if family == 4 else socket.AF_INET6, proto


def receive(sock, what):
    if not select.select([sock], [], [], 10)[0]:
        raise RuntimeError(f"{what}: nothing arrives")
    return sock.recv(1 << 17)


def kernel_copies():
    """Does this kernel copy what is spliced into a UDP socket?  (Debian's 6.1 does.)"""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 7003))
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
    s.connect(("127.0.0.1", 7003))
    store = File(b"old")
    s.setsockopt(17, UDP_CORK, 1)
    store.splice_to(s, 3)
    store.write(b"new")
    s.setsockopt(17, UDP_CORK, 0)
    got = server.recv(100)
    s.close()
    server.close()
    return got == b"old"


COPIES = False
WHY = "this kernel copies what is spliced into a UDP socket"


# ---- transmit --------------------------------------------------------------

def tx_udp(store_class, family, what):
    length = 8000
    old, new = filler(length, 1), filler(length, 99)
    name = f"page cache: {what} into a UDP socket, IPv{family}: sent from its pages, unchanged"
    if COPIES:
        return skip(name, WHY)
    with test(name):
        with wire.inside("gwb"):
            server = socket.socket(*kind_of(family, socket.SOCK_DGRAM))
            server.bind((THERE[family], 7001))
        s = socket.socket(*kind_of(family, socket.SOCK_DGRAM))
        if family == 4:
            # the checksum was made when the page was handed over
            s.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        else:
            s.setsockopt(17, UDP_NO_CHECK6_TX, 1)
            server.setsockopt(17, UDP_NO_CHECK6_RX, 1)
        s.connect((THERE[family], 7001))
        store = store_class(old)
        for i in range(3):
            s.setsockopt(17, UDP_CORK, 1)
            store.splice_to(s, length)
            store.write(new if i % 2 == 0 else old)
            s.setsockopt(17, UDP_CORK, 0)
            got = receive(server, "datagram")
            if got == (old if i % 2 == 0 else new):
                problem("a copy was made on the way: this test proves nothing")
            same("datagram", got, store.content)
            store.unchanged("after it")
        s.close()
        server.close()


def tx_tcp_corked(store_class, what):
    length = 3000
    old, new = filler(length, 1), filler(length, 99)
    with test(f"page cache: {what} into a TCP socket: sent from its pages, unchanged"):
        client, server = tcp_pair(4)
        store = store_class(old)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        store.splice_to(client, length)
        store.write(new)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
        got = b""
        while len(got) < length:
            got += receive(server, "stream")
        if got == old:
            problem("a copy was made on the way: this test proves nothing")
        same("stream", got, new)
        store.unchanged("after it")
        client.close()
        server.close()


def tcp_pair(family):
    with wire.inside("gwb"):
        listener = socket.socket(*kind_of(family, socket.SOCK_STREAM))
        listener.bind((THERE[family], 0))
        listener.listen(1)
    client = socket.create_connection((THERE[family], listener.getsockname()[1]), timeout=20)
    server, _ = listener.accept()
    listener.close()
    return client, server


def tx_sendfile(family, alg):
    """Much of it, offloaded: many pages in each packet, several packets from each page"""
    size = 256 << 10 if wire.SLOW else 1 << 20
    with test(f"page cache: {alg}: sendfile of {size >> 10} KiB into a TCP socket, IPv{family}: the file is unchanged"):
        store = File(hashlib.shake_256(b"page cache").digest(size))
        client, server = tcp_pair(family)
        pump(client, server, lambda sent: os.sendfile(client.fileno(), store.fd, sent, size - sent),
             size, store.content)
        store.unchanged("after it")


def tx_zerocopy(family, alg):
    size = 256 << 10 if wire.SLOW else 1 << 20
    with test(f"page cache: {alg}: MSG_ZEROCOPY of {size >> 10} KiB into a TCP socket, IPv{family}: the memory is unchanged"):
        store = Memory(hashlib.shake_256(b"zerocopy").digest(size))
        client, server = tcp_pair(family)
        client.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
        view = memoryview(store.mem)
        pump(client, server, lambda sent: client.send(view[sent:sent + 65536], MSG_ZEROCOPY), size, store.content)
        store.unchanged("after it")
        view.release()


def pump(client, server, send, size, content):
    client.setblocking(False)
    sent, got, end = 0, bytearray(), time.monotonic() + 60
    while len(got) < size:
        if time.monotonic() > end:
            raise RuntimeError(f"only {len(got)} bytes of {size} arrive")
        ready_r, ready_w, _ = select.select([server], [client] if sent < size else [], [], 1)
        if ready_w:
            try:
                sent += send(sent)
            except (BlockingIOError, OSError) as e:
                if getattr(e, "errno", 0) not in (11, 105):     # EAGAIN, ENOBUFS
                    raise
        if ready_r:
            got += server.recv(1 << 20)
    same("received", bytes(got), content)
    client.close()
    server.close()


# ---- receive ---------------------------------------------------------------

class Inbox:
    """What gwb has received out of its tunnel"""

    def __init__(self):
        with wire.inside("gwb"):
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sock.bind(("10.77.0.2", 7002))
            self.dev = wire.Device("ipsec0")
            # an IKE daemon's socket: the kernel hands us the ESP in it
            self.encap = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.encap.setsockopt(17, UDP_ENCAP, UDP_ENCAP_ESPINUDP)
            self.encap.bind(("192.0.2.2", 4500))

    def wait_drop(self, before, reason):
        end = time.monotonic() + 10
        while True:
            now = self.dev.drops()
            moved = {k: v - before[k] for k, v in now.items() if v != before[k]}
            if moved or time.monotonic() > end:
                return same("drops", moved, {reason: 1})
            time.sleep(0.01)


def attacker():
    """The way that spliced pages can take to our cipher.  (A raw socket copies them;
    hostile_rx.py sends plain ESP out of pages that it keeps mapped.)"""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
    s.connect(("192.0.2.2", 4500))
    return s


def rx_authentic(inbox, sa, store_class, what):
    name = f"page cache: {what} received as ESP in UDP: decrypted, and unchanged"
    if COPIES:
        return skip(name, WHY)
    with test(name):
        s, data = attacker(), filler(7000)
        esp = sa.seal(udp("10.77.0.1", "10.77.0.2", 9, 7002, data))
        store = store_class(b"X" * len(esp))
        s.setsockopt(17, UDP_CORK, 1)
        store.splice_to(s, len(esp))
        store.write(esp)
        s.setsockopt(17, UDP_CORK, 0)
        same("inner packet", receive(inbox.sock, "the packet (or a copy was made of the pages on "
                                                 "the way, and this test proves nothing)"), data)
        store.unchanged("after it")
        s.close()


def rx_forged(inbox, sa, store_class, what):
    """No key is needed to make the module decrypt: GCM verifies last"""
    name = f"page cache: {what} forged as ESP in UDP: refused, and unchanged"
    if COPIES:
        return skip(name, WHY)
    with test(name):
        s, esp = attacker(), struct.pack("!II", sa.spi, sa.seq + 100) + filler(8000)
        store, before = store_class(esp), inbox.dev.drops()
        s.setsockopt(17, UDP_CORK, 1)
        store.splice_to(s, len(esp))
        s.setsockopt(17, UDP_CORK, 0)
        inbox.wait_drop(before, "rx_auth_fail")
        store.unchanged("after it")
        s.close()


def rx_program(inbox):
    """The attack as it would be: a file that we may only read, whose first four bytes
    happen to be an SPI in use"""
    path, length = os.path.realpath("/bin/bash"), 8000
    name = f"page cache: {path} forged as ESP in UDP: unchanged, in memory and on disk"
    if COPIES:
        return skip(name, WHY)
    sa = Sa(0x7F454C46)                                 # 7f 'E' 'L' 'F'
    with wire.inside("gwb"):
        sa.install("ipsec0", "peer", "in", "replay-window", 0)

    def digest():
        with open(path, "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()

    with test(name):
        was, before, s = digest(), inbox.dev.drops(), attacker()
        store = File.__new__(File)
        store.fd = os.open(path, os.O_RDONLY)
        s.setsockopt(17, UDP_CORK, 1)
        store.splice_to(s, length)
        s.setsockopt(17, UDP_CORK, 0)
        inbox.wait_drop(before, "rx_auth_fail")
        same("in memory", digest(), was)
        os.close(store.fd)
        with open("/proc/sys/vm/drop_caches", "w") as f:
            f.write("3")
        same("on disk", digest(), was)


def scenario():
    wire.enter("gwa")
    inbox = Inbox()
    global COPIES
    COPIES = kernel_copies()
    for n, (alg, bits) in enumerate((("aes-gcm-16", 256), ("chacha20-poly1305", 256))):
        there, here = Sa(0x8000 + n, alg, bits), Sa(0x8100 + n, alg, bits)
        attack = Sa(0x8200 + n, alg, bits)
        there.install("ipsec0", "peer", "out")
        here.install("ipsec0", "peer", "in")
        with wire.inside("gwb"):
            there.install("ipsec0", "peer", "in")
            attack.install("ipsec0", "peer", "in")
            here.install("ipsec0", "peer", "out")
        for store, what in ((File, f"{alg}: a file"), (Memory, f"{alg}: foreign memory")):
            for family in 4, 6:
                tx_udp(store, family, what)
            tx_tcp_corked(store, what)
            rx_authentic(inbox, attack, store, what)
            rx_forged(inbox, attack, store, what)
        for family in 4, 6:
            tx_sendfile(family, alg)
            tx_zerocopy(family, alg)
        there.remove("ipsec0", "peer", "out")
        here.remove("ipsec0", "peer", "in")
        with wire.inside("gwb"):
            here.remove("ipsec0", "peer", "out")
            there.remove("ipsec0", "peer", "in")
    rx_program(inbox)


wire.main(scenario)
