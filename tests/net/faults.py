# SPDX-License-Identifier: MIT
"""The Nth allocation of a request or of a packet fails; run by faults.sh in a.

Those of this thread, so a packet is sent, or written into a tun device, by a system call
that takes it through the whole path.
"""
import errno
import fcntl
import gc
import hmac
import os
import socket
import struct
import subprocess
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fail_nth import nth
from genl import *
from hosts import inside
from wire import IPPROTO_ESP, ipv4, ipv6

t = Report()
NOTHING_HALF = 'T46 nothing half-applied, a request that fails at any step leaves no trace: '
MOST = 5000         # more allocations than any request has
ROUNDS = 8          # through the allocations of one packet
SOME = 7            # of very many each so manieth is enough
CBC, SHA, GMAC = K['IFIPSEC_ENCR_AES_CBC'], K['IFIPSEC_AUTH_HMAC_SHA2_256_128'], K['IFIPSEC_AUTH_AES_128_GMAC']
NEWLINK = 16
IFNAME, MTU, LINKINFO = 3, 4, 18


class Request:
    """A netlink request whose allocations fail, each once."""
    def __init__(self, nl, message):
        self.nl, self.message = nl, message
        self.sentences = set()      # that came with ENOMEM

    def attempt(self, n):
        """Return: errno; -1: it went through or not, but the answer got lost; and: was there a fault?"""
        data, answer = self.message(), Answer()
        sent, self.left = nth(n, self.nl.send, data)
        hit = not self.left
        if isinstance(sent, OSError):
            return sent.errno, hit
        try:
            while not self.nl.receive(answer):
                pass
        except OSError as e:
            if e.errno != errno.ENOBUFS:
                raise
            return -1, hit
        if answer.err == errno.ENOMEM and answer.text:
            self.sentences.add(answer.text)
        return answer.err, hit


genl, route = Genl(), Netlink(NETLINK_ROUTE)
events = Genl()
events.listen()
events.sock.setblocking(False)


def heard():
    """What a listener got: messages, and whether it knows that it lost some."""
    count, lost = 0, False
    while True:
        try:
            events.sock.recv(1 << 16)
            count += 1
        except BlockingIOError:
            return count, lost
        except OSError as e:
            if e.errno != errno.ENOBUFS:
                raise
            lost = True


def now():
    return genl.state(), socket.if_nameindex()


def sweep(name, nl, message, undo, tells=True, says=()):
    """Until no allocation is left to fail."""
    name = NOTHING_HALF + name
    request = Request(nl, message)
    before, tried, wrong, errors, deaf = now(), 0, [], {}, []
    # as it should be
    err, _ = request.attempt(MOST)
    after, total = now(), MOST - request.left
    if err:
        t.ok(name, False, 'it fails anyway: %s' % errno.errorcode.get(err, err))
        return
    undo()
    if now() != before:
        t.ok(name, False, 'the test cannot undo it')
        return
    for n in range(1, MOST):
        # the selectors of a long list are all alike
        if total > 200 and 40 < n < total - 40 and n % SOME:
            continue
        tried += 1
        heard()
        err, hit = request.attempt(n)
        state = now()
        told, lost = heard()
        if not hit:
            if err or state != after:
                wrong.append((n, 'without a fault', err))
            undo()
            break
        errors[err] = errors.get(err, 0) + 1
        if err > 0 and state != before or err == 0 and state != after or \
                err < 0 and state not in (before, after):
            wrong.append((n, errno.errorcode.get(err, err), [x for x in state[0] if x not in before[0]][:2]))
        if tells and state == after and after != before and not told and not lost:
            deaf.append(n)
        if state != before:
            undo()
            if now() != before:
                wrong.append((n, 'cannot be undone'))
                break
    names = {errno.errorcode.get(k, k): v for k, v in errors.items()}
    print('# %s: %d of %d allocations: %s' % (name.split(': ')[1], tried - 1, n - 1, names), flush=True)
    t.ok(name, not wrong and n > 1 and n < MOST - 1, wrong[:4])
    t.ok('T46 it says why, and no other reason: ' + name.split(': ')[1],
         set(errors) <= {-1, 0, errno.ENOMEM, errno.ENOBUFS, *says} and not request.sentences, (names, request.sentences))
    if tells:
        t.ok('T46 who listens hears of it or of the loss: ' + name.split(': ')[1], not deaf, deaf)


def do(cmd, *parts):
    must(genl.do(cmd, *parts))


def ip_cmd(*args):
    subprocess.check_call(['ip', *args])


# ---- SAs -------------------------------------------------------------------

def suite(direction, spi, *parts):
    return nest(A.SA, u8(SA.DIR, direction), be32(SA.SPI, spi), *parts)


AH = u8(SA.PROTO, 51)
SUITES = {
    'gcm': [u16(SA.ENCR, GCM), attr(SA.KEY, bytes(20)), u32(SA.FLAGS, ESN)],
    'chacha20-poly1305': [u16(SA.ENCR, CHACHA), attr(SA.KEY, bytes(36))],
    'authenc': [u16(SA.ENCR, CBC), attr(SA.KEY, bytes(16)), u16(SA.AUTH, SHA), attr(SA.AUTH_KEY, bytes(32))],
    'authencesn': [u16(SA.ENCR, CBC), attr(SA.KEY, bytes(16)), u16(SA.AUTH, SHA), attr(SA.AUTH_KEY, bytes(32)),
                   u32(SA.FLAGS, ESN)],
    'AH': [AH, u16(SA.AUTH, SHA), attr(SA.AUTH_KEY, bytes(32)), u32(SA.FLAGS, ESN)],
    'GMAC': [AH, u16(SA.AUTH, GMAC), attr(SA.AUTH_KEY, bytes(20))],
}
LIFE = nest(SA.LIFE, u64(K['IFIPSEC_LIFE_A_HARD_SECONDS'], 100000))


def sas():
    where = (dev('ipsec9'), peer_name('q'))
    ip_cmd('link', 'add', 'ipsec9', 'type', 'ipsec')
    do(CMD.PEER_NEW, dev('ipsec9'), peer('q', '198.51.100.9', protect=K['IFIPSEC_PROTECT_ESP_AH']))
    for label, parts in SUITES.items():
        proto = [AH] if AH in parts else []
        for direction, word in ((IN, 'in'), (OUT, 'out')):
            identity = nest(A.SA, u8(SA.DIR, direction), be32(SA.SPI, 0x7001), *proto)
            more = [u32(SA.REPLAY_WINDOW, 8192)] if direction == IN else []
            sweep('SA_NEW %s %s' % (label, word), genl,
                  lambda: genl.message(CMD.SA_NEW, *where, suite(direction, 0x7001, *parts, LIFE, *more)),
                  lambda: do(CMD.SA_DEL, *where, identity))
        old = suite(OUT, 0x7002, *parts)
        do(CMD.SA_NEW, *where, old)
        sweep('SA_REPLACE %s' % label, genl,
              lambda: genl.message(CMD.SA_REPLACE, *where, suite(OUT, 0x7003, *parts)),
              lambda: do(CMD.SA_REPLACE, *where, old))
        if label == 'gcm':
            sweep('FLUSH', genl, lambda: genl.message(CMD.FLUSH, dev('ipsec9'), u32(A.FLUSH, K['IFIPSEC_FLUSH_SAS'])),
                  lambda: do(CMD.SA_NEW, *where, old))
        do(CMD.SA_DEL, *where, nest(A.SA, u8(SA.DIR, OUT), be32(SA.SPI, 0x7002), *proto))
    ip_cmd('link', 'del', 'ipsec9')


# ---- peers -----------------------------------------------------------------

def peers():
    many = ['10.%d.%d.0/24' % (i // 100, i) for i in range(128)] + ['fd00:%x::/32' % i for i in range(128)]
    ip_cmd('link', 'add', 'ipsec9', 'type', 'ipsec')
    others = many[64:] + ['172.16.%d.0/24' % i for i in range(64)]
    for label, selectors in (('1 selector', many[:1]), ('256 selectors', many)):
        sweep('PEER_NEW with %s' % label, genl,
              lambda: genl.message(CMD.PEER_NEW, dev('ipsec9'), peer('r', '198.51.100.8', '198.51.100.1', selectors)),
              lambda: do(CMD.PEER_DEL, dev('ipsec9'), peer_name('r')))
    first = peer('r', '198.51.100.8', '198.51.100.1', many)
    do(CMD.PEER_NEW, dev('ipsec9'), first)

    # the order of the list is that of the requests: made again, it is as it was
    def again():
        do(CMD.PEER_DEL, dev('ipsec9'), peer_name('r'))
        do(CMD.PEER_NEW, dev('ipsec9'), first)
    sweep('PEER_SET with other selectors and another address', genl,
          lambda: genl.message(CMD.PEER_SET, dev('ipsec9'), peer('r', '198.51.100.7', '', others)), again)
    sweep('FLUSH of peers', genl, lambda: genl.message(CMD.FLUSH, dev('ipsec9'), u32(A.FLUSH, K['IFIPSEC_FLUSH_PEERS'])),
          lambda: do(CMD.PEER_NEW, dev('ipsec9'), first))
    for label, cmd in (('interfaces', CMD.DEV_GET), ('peers', CMD.PEER_GET), ('SAs', CMD.SA_GET), ('algorithms', CMD.ALG_GET)):
        sweep('dump of %s' % label, genl, lambda: genl.message(cmd, flags=DUMP), lambda: None, tells=False)
    for label, cmd, what in (('DEV_GET', CMD.DEV_GET, b''), ('PEER_GET', CMD.PEER_GET, peer_name('r'))):
        sweep(label, genl, lambda: genl.message(cmd, dev('ipsec9'), what), lambda: None, tells=False)
    do(CMD.PEER_DEL, dev('ipsec9'), peer_name('r'))
    ip_cmd('link', 'del', 'ipsec9')


# ---- interfaces ------------------------------------------------------------

def link(name, index, flags, *data, more=b''):
    body = struct.pack('=BxHiII', 0, 0, index, 0, 0) + (attr(IFNAME, name) if name else b'') + more
    if data:
        body += nest(LINKINFO, attr(1, 'ipsec'), nest(2, *data))
    return route.pack(NEWLINK, REQUEST | ACK | flags, body)


def links():
    index = 900
    options = [u32(K['IFLA_IPSEC_FWMARK'], 7), u8(K['IFLA_IPSEC_DSCP'], 3), u8(K['IFLA_IPSEC_DF'], 1)]

    def make(*extra):
        ip_cmd('link', 'add', 'ipsec9', 'index', str(index), 'type', 'ipsec', *extra)

    sweep('ip link add', route, lambda: link('ipsec9', index, CREATE | EXCL, *options),
          lambda: ip_cmd('link', 'del', 'ipsec9'), says=[errno.EINVAL])    # of the core, once
    make()

    def again():
        ip_cmd('link', 'del', 'ipsec9')
        make()
    sweep('ip link set with options', route, lambda: link('', index, 0, *options), again)
    sweep('ip link set mtu', route, lambda: link('', index, 0, u32(K['IFLA_IPSEC_FWMARK'], 9), more=u32(MTU, 1300)), again)
    ip_cmd('link', 'del', 'ipsec9')


def flows(name):
    t.ok('T46 traffic flows after %s' % name,
         subprocess.call(['ping', '-q', '-c', '2', '-i', '0.05', '-W', '5', '10.0.0.2'], stdout=subprocess.DEVNULL) == 0)


# ---- packets ---------------------------------------------------------------

def counters(name):
    """Packets received, packets sent, drops, by their names."""
    rx, tx, drops = genl.counters(name)
    return dict(drops, rx=rx, tx=tx)


def listener(name):
    """Somebody who listens on the device shares the packets, so they must be copied."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.bind((name, 0))
    return sock


def packets(name, device, call, segments, passed, reason):
    """The system call is worth so many segments; one of its allocations fails, and one drop is counted, of all or
    of those that did not pass.  Several rounds: the allocator needs memory itself now and then (slabs, and what it
    keeps them in), and those count, so that the number of one of ours is not the same in every call."""
    call()
    seen, wrong, ends = {}, [], []
    for _ in range(ROUNDS):
        n = 0
        while n < MOST:
            n += 1
            before = counters(device)
            result, left = nth(n, call)
            hit, after = not left, counters(device)
            moved = {k: after[k] - before.get(k, 0) for k in after if after[k] != before.get(k, 0)}
            # the stack in front of us has no memory either, and says so
            refused = isinstance(result, OSError) and result.errno in (errno.ENOMEM, errno.ENOBUFS)
            if not hit and moved == {passed: segments}:
                break
            what = 'refused' if refused and not moved else 'passed' if moved == {passed: segments} else \
                   reason if moved in ({reason: 1}, {reason: 1, passed: segments - 1}) else None
            if not hit or not what:
                wrong.append((n, moved, result))
            seen[what] = seen.get(what, 0) + 1
        ends.append(n - 1)
    print('# %s: %s allocations: %s' % (name, ends, seen), flush=True)
    t.ok('%s: a packet whose memory fails is refused, passes or is counted, once' % name,
         not wrong and min(ends) > 0 and max(ends) < MOST - 1, wrong[:4])
    t.ok('%s: %s moves by exactly one' % (name, reason), seen.get(reason, 0) > 0, seen)


def sink(host, address, port):
    """Somebody who takes the datagrams, so that no ICMP error comes back."""
    with inside(host):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((address, port))
    return sock


def out():
    far = sink('b', '10.0.0.2', 7777)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(('10.0.0.2', 7777))
    tap = listener('ipsec0')
    packets('tx', 'ipsec0', lambda: sock.send(bytes(600)), 1, 'tx', 'tx_nomem')
    sock.setsockopt(socket.IPPROTO_UDP, 103, 500)       # UDP_SEGMENT
    packets('tx, GSO', 'ipsec0', lambda: sock.send(bytes(5000)), 10, 'tx', 'tx_gso_err')
    sock.setsockopt(socket.IPPROTO_UDP, 103, 0)
    # inner packets that are longer than the way, behind whose outer ones no fragment may be
    subprocess.check_call(['ipsecctl', 'dev', 'set', 'ipsec0', 'mtu', '4000', 'df', 'set'])
    sock.setsockopt(socket.IPPROTO_IP, 10, 0)           # IP_MTU_DISCOVER: no DF
    packets('tx, fragments', 'ipsec0', lambda: sock.send(bytes(3000)), 3, 'tx', 'tx_nomem')
    subprocess.check_call(['ipsecctl', 'dev', 'set', 'ipsec0', 'mtu', 'auto', 'df', 'copy'])
    tap.close()
    far.close()


def signed():
    """Transport mode, AH around ESP, of packets whose header is longer than there is room for without memory."""
    ip_cmd('link', 'add', 'ipsec2', 'type', 'ipsec')
    both = K['IFIPSEC_PROTECT_ESP_AH']
    do(CMD.PEER_NEW, dev('ipsec2'), peer('v6', 'fd00::2', 'fd00::1', ['fd00::2/128'], protect=both))
    for label in ('gcm', 'AH'):
        do(CMD.SA_NEW, dev('ipsec2'), peer_name('v6'),
           suite(OUT, 0x8001, *SUITES[label], u8(SA.MODE, K['IFIPSEC_MODE_TRANSPORT'])))
    ip_cmd('link', 'set', 'ipsec2', 'up')
    ip_cmd('route', 'add', 'fd00::2/128', 'dev', 'ipsec2', 'src', 'fd00::1')
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    options = bytes([0, 24, 30, 196]) + bytes(196)      # of an experimental type
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, options)
    sock.connect(('fd00::2', 7777))
    packets('tx, AH over 240 bytes of header', 'ipsec2', lambda: sock.send(bytes(600)), 1, 'tx', 'tx_nomem')
    sock.close()
    ip_cmd('link', 'del', 'ipsec2')


class Tun:
    """A device whose wire is a file."""
    def __init__(self, name):
        self.fd = os.open('/dev/net/tun', os.O_RDWR)
        fcntl.ioctl(self.fd, 0x400454ca, struct.pack('16sH22x', name.encode(), 0x1001))     # IFF_TUN | IFF_NO_PI


def into_ah(tun):
    """AH, tunnel mode, behind 200 bytes of options."""
    key = bytes(32)
    ip_cmd('addr', 'add', 'fd00:2::1/64', 'dev', 'tun0', 'nodad')
    do(CMD.PEER_NEW, dev('ipsec1'), peer('t6', 'fd00:2::2', selectors=['10.0.3.0/24'], protect=K['IFIPSEC_PROTECT_AH']))
    do(CMD.SA_NEW, dev('ipsec1'), peer_name('t6'), suite(IN, 0x9002, AH, u16(SA.AUTH, SHA), attr(SA.AUTH_KEY, key)))
    text = ipv4('10.0.3.2', '10.0.1.1', struct.pack('!HHHH', 1, 9, 108, 0) + bytes(100), 17)
    number = [0]

    def packet():
        number[0] += 1
        options = bytes([51, 24, 30, 196]) + bytes(196)
        ah = struct.pack('!BBHII', 4, 6, 0, 0x9002, number[0])

        def whole(icv, hops):
            return ipv6('fd00:2::2', 'fd00:2::1', options + ah + icv + bytes(4) + text, 60, hops=hops)
        return whole(hmac.digest(key, whole(bytes(16), 0), 'sha256')[:16], 64)

    prepared = [packet() for _ in range(300)]
    packets('rx, AH over 240 bytes of header', 'ipsec1', lambda: os.write(tun.fd, prepared.pop(0)), 1, 'rx', 'rx_nomem')


def into():
    tun = Tun('tun0')
    ip_cmd('addr', 'add', '198.51.100.1/24', 'dev', 'tun0')
    ip_cmd('link', 'set', 'tun0', 'up')
    ip_cmd('link', 'add', 'ipsec1', 'type', 'ipsec')
    ip_cmd('addr', 'add', '10.0.1.1/24', 'dev', 'ipsec1')
    ip_cmd('link', 'set', 'ipsec1', 'up')
    key = bytes(range(20))
    do(CMD.PEER_NEW, dev('ipsec1'), peer('t', '198.51.100.2'))
    do(CMD.SA_NEW, dev('ipsec1'), peer_name('t'), suite(IN, 0x9001, u16(SA.ENCR, GCM), attr(SA.KEY, key)))
    cipher, number = AESGCM(key[:16]), [0]
    inner = ipv4('10.0.1.2', '10.0.1.1', struct.pack('!HHHH', 1, 9, 108, 0) + bytes(100), 17)
    text = inner + bytes([1, 2, 2, 4])      # 128 bytes, two of padding, IPv4

    def packet():
        number[0] += 1
        esp, iv = struct.pack('!II', 0x9001, number[0]), struct.pack('!Q', number[0])
        return ipv4('198.51.100.2', '198.51.100.1', esp + iv + cipher.encrypt(key[16:] + iv, text, esp), IPPROTO_ESP)

    near = sink('a', '10.0.1.1', 9)
    tap = listener('tun0')
    prepared = [packet() for _ in range(300)]
    packets('rx', 'ipsec1', lambda: os.write(tun.fd, prepared.pop(0)), 1, 'rx', 'rx_nomem')
    into_ah(tun)
    tap.close()
    near.close()
    ip_cmd('link', 'del', 'ipsec1')


PARTS = {'sas': sas, 'peers': peers, 'links': links, 'out': out, 'signed': signed, 'into': into}
gc.disable()
for part in sys.argv[1:] or PARTS:
    PARTS[part]()
    flows(part)
sys.exit(t.failed > 0)
