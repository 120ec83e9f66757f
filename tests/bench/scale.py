# SPDX-License-Identifier: MIT
"""scale.py PATH ACTION ...: many peers, each with two SAs and a /24 of its own.

  ipsec: peers of tun0.  xfrmi: for each an xfrm interface, up, a route, two states, three
  policies, all with one if_id and reqid.

  add FROM TO    install the peers FROM..TO-1
  cost N         print what adding a peer to N others, and dumping an SA (ipsec), takes

A tick of the machine's clock is an instruction.  Whoever sleeps sees the clock jump, so
many requests go into one send(), in which the kernel works them off, and nobody waits.
The stock kernel's are what the kernel does for "ip -batch", without its time in user space;
what is done later, by others, is not in it.
"""
import os
import resource
import struct
import subprocess
import sys
import time

sys.path.insert(1, os.path.join(os.path.dirname(os.path.realpath(__file__)), '..', 'net'))
# pylint: disable=wrong-import-position
from genl import CMD, DUMP, IN, NLMSG_DONE, NLMSG_ERROR, OUT, REQUEST, Genl, dev, peer, peer_name, sa

LOCAL, REMOTE = '10.0.0.1', '10.0.0.2'
BATCH = 100       # peers in one send()
ADDS, DUMPS = 5, 3
DEV = dev('tun0')


def name(i):
    return 'p%d' % i


def network(i):
    return '10.%d.%d.0/24' % (64 + i // 256, i % 256)


class Stock:
    """The stock kernel's, as paths.sh has one of them.  The first if_id is 1: 0 is none."""
    TEMPLATE = 'proto esp reqid %d mode tunnel'
    STATE = TEMPLATE + ' flag esn replay-window 1024 aead rfc4106(gcm(aes)) 0x' + bytes(range(20)).hex() + ' 128'
    IN, OUT = 'src %s dst %s' % (REMOTE, LOCAL), 'src %s dst %s' % (LOCAL, REMOTE)

    def states(self, i):
        return (self.IN, 0x100000 + i), (self.OUT, 0x200000 + i)

    def policies(self, i):
        return [(ends, 'src 0.0.0.0/0 dst 0.0.0.0/0 dir %s if_id %d' % (way, i + 1))
                for way, ends in (('in', self.IN), ('fwd', self.IN), ('out', self.OUT))]

    def tunnel(self, i):
        """What makes it: lines of iproute2"""
        yield 'link add x%d type xfrm dev lo if_id %d' % (i, i + 1)
        yield 'link set x%d mtu 1440 up' % i
        yield 'route add %s dev x%d' % (network(i), i)
        for ends, spi in self.states(i):
            yield 'xfrm state add %s spi %d %s if_id %d' % (ends, spi, self.STATE % (i + 1), i + 1)
        for ends, policy in self.policies(i):
            yield 'xfrm policy add %s tmpl %s %s' % (policy, ends, self.TEMPLATE % (i + 1))

    def no_tunnel(self, i):
        yield 'link del x%d' % i
        for ends, spi in self.states(i):
            yield 'xfrm state delete %s proto esp spi %d' % (ends, spi)
        for _, policy in self.policies(i):
            yield 'xfrm policy delete ' + policy

    @staticmethod
    def work(lines):
        """Return: ticks of the kernel"""
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_stime
        subprocess.run(['ip', '-batch', '-'], input='\n'.join(lines), text=True, check=True)
        return 1e9 * (resource.getrusage(resource.RUSAGE_CHILDREN).ru_stime - before)

    def add(self, first, end):
        return self.work(line for i in range(first, end) for line in self.tunnel(i))

    def cost(self, n):
        print('result scale.install.%d.xfrmi %.0f' % (n, self.add(n, n + BATCH) / BATCH))
        self.work(line for i in range(n, n + BATCH) for line in self.no_tunnel(i))


class Control(Genl):
    """Requests that are put together first, then sent at once"""

    def silent(self, cmd, *what):
        """A request that is answered only when it fails"""
        return self.pack(self.family, REQUEST, struct.pack('=BBH', cmd, 1, 0) + DEV + b''.join(what))

    def peer_and_sas(self, i):
        """Peer i, in three requests"""
        return (self.silent(CMD.PEER_NEW, peer(name(i), REMOTE, LOCAL, [network(i)])) +
                self.silent(CMD.SA_NEW, peer_name(name(i)), sa(IN, 0x100000 + i, window=1024)) +
                self.silent(CMD.SA_NEW, peer_name(name(i)), sa(OUT, 0x200000 + i)))

    def at_once(self, requests):
        """Send them, see that none failed.  Return: ticks of the kernel's work."""
        requests = requests + [self.message(CMD.DEV_GET, DEV)]    # is answered, after all others
        data = b''.join(requests)
        start = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        self.send(data)
        ticks = time.clock_gettime_ns(time.CLOCK_MONOTONIC) - start
        done = False
        while not done:
            answer = self.sock.recv(1 << 16)
            while answer:
                length, kind, _, seq = struct.unpack_from('=IHHI', answer)
                if kind == NLMSG_ERROR and struct.unpack_from('=i', answer, 16)[0]:
                    raise OSError(-struct.unpack_from('=i', answer, 16)[0], 'request %d of a batch' % seq)
                done |= kind == NLMSG_ERROR and seq == self.seq
                answer = answer[(length + 3) & ~3:]
        return ticks

    def add(self, first, end):
        """Install peers.  Return: ticks of all."""
        return sum(self.at_once([self.peer_and_sas(i) for i in range(at, min(at + BATCH, end))])
                   for at in range(first, end, BATCH))

    def remove(self, first, end):
        self.at_once([self.silent(CMD.PEER_DEL, peer_name(name(i))) for i in range(first, end)])

    def dump_sas(self):
        """Return: ticks of a dump of all SAs, and how many bytes it was"""
        request = self.message(CMD.SA_GET, flags=DUMP)
        answer, size = bytearray(1 << 16), 0
        start = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        self.send(request)
        while True:
            n = self.sock.recv_into(answer)
            size += n
            # what ends it: a header and a number, at the end of a datagram
            if n >= 20 and struct.unpack_from('=IH', answer, n - 20) == (20, NLMSG_DONE):
                return time.clock_gettime_ns(time.CLOCK_MONOTONIC) - start, size


    def cost(self, n):
        sas = len(self.dump(CMD.SA_GET, DEV))
        if sas != 2 * n:
            sys.exit('bench: scale: %d SAs, of %d peers' % (sas, n))
        ticks = min(self.dump_sas()[0] for _ in range(DUMPS))
        print('result scale.dump.%d.ipsec %.0f' % (n, ticks / sas))
        ticks = [self.add(n + at, n + at + BATCH) for at in range(0, BATCH * ADDS, BATCH)]
        print('result scale.install.%d.ipsec %.0f' % (n, sorted(ticks)[ADDS // 2] / BATCH))
        self.remove(n, n + BATCH * ADDS)


def main():
    path, action, *numbers = sys.argv[1:]
    getattr({'ipsec': Control, 'xfrmi': Stock}[path](), action)(*map(int, numbers))


main()
