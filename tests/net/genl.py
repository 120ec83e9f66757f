# SPDX-License-Identifier: MIT
"""Netlink by hand, for the tests of the kernel interface.

Sockets and struct only: what is sent is exactly what the test has put together,
right or wrong.  Attributes are bytes; attr(), nest() and flag() make them.  The
numbers are those of uapi/linux/if_ipsec.h, read from it, so that they cannot differ.
"""
import errno
import os
import re
import socket
import struct

HERE = os.path.dirname(os.path.realpath(__file__))
UAPI = os.path.join(HERE, '..', '..', 'uapi', 'linux', 'if_ipsec.h')

# linux/netlink.h
NETLINK_ROUTE, NETLINK_GENERIC = 0, 16
SOL_NETLINK = 270
ADD_MEMBERSHIP, EXT_ACK, CAP_ACK, GET_STRICT_CHK = 1, 11, 10, 12
REQUEST, MULTI, ACK, ECHO, DUMP_INTR, DUMP = 1, 2, 4, 8, 16, 0x300
REPLACE, EXCL, CREATE = 0x100, 0x200, 0x400
F_CAPPED, F_ACK_TLVS = 0x100, 0x200
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLA_F_NESTED, NLA_TYPE_MASK = 0x8000, 0x3fff
ERR_ATTR_MSG, ERR_ATTR_OFFS = 1, 2


def read_uapi():
    """Every enumerator and every plain number of the header, by its name."""
    text = open(UAPI).read()
    names = {}
    for name, value in re.findall(r'^#define\s+(\w+)\s+(\d+)\s', text, re.M):
        names[name] = int(value)
    drops = re.findall(r'_\((\w+), (\w+), \w+,', text)
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    for body in re.findall(r'enum\s*\w*\s*{(.*?)}', text, re.S):
        n = 0
        for item in body.split(','):
            m = re.fullmatch(r'\s*(\w+)\s*(?:=\s*(\d+))?\s*', item)
            if not m:
                continue
            n = int(m[2]) if m[2] else n
            names[m[1]] = n
            n += 1
    names['DROPS'] = [name for _, name in drops]
    return names


K = read_uapi()


def uapi(prefix):
    """The names that begin with prefix, without it, as members of an object."""
    members = {k[len(prefix):]: v for k, v in K.items() if k.startswith(prefix)}
    return type(prefix, (), members)


CMD = uapi('IFIPSEC_CMD_')
A = uapi('IFIPSEC_A_')
DEV = uapi('IFIPSEC_DEV_A_')
PEER = uapi('IFIPSEC_PEER_A_')
SELS = uapi('IFIPSEC_SELECTORS_A_')
SEL = uapi('IFIPSEC_SELECTOR_A_')
SA = uapi('IFIPSEC_SA_A_')
STATS = uapi('IFIPSEC_STATS_A_')
ALG = uapi('IFIPSEC_ALG_A_')
ACQUIRE = uapi('IFIPSEC_ACQUIRE_A_')
DUMMY = uapi('IFIPSEC_DUMMY_A_')
IN, OUT = K['IFIPSEC_DIR_IN'], K['IFIPSEC_DIR_OUT']
GCM, CHACHA = K['IFIPSEC_ENCR_AES_GCM_16'], K['IFIPSEC_ENCR_CHACHA20_POLY1305']
ESN, INSECURE, ALIGN8 = 1, 2, 4


# ---- attributes ------------------------------------------------------------

def pad4(data):
    return data + bytes(-len(data) % 4)


def attr(kind, data=b''):
    """An attribute; data may be bytes or a string, which gets its NUL."""
    if isinstance(data, str):
        data = data.encode() + b'\0'
    return pad4(struct.pack('=HH', 4 + len(data), kind) + data)


def raw(length, kind, data=b''):
    """An attribute whose length field says what it likes."""
    return pad4(struct.pack('=HH', length, kind) + data)


def u8(kind, value): return attr(kind, struct.pack('=B', value))
def u16(kind, value): return attr(kind, struct.pack('=H', value))
def u32(kind, value): return attr(kind, struct.pack('=I', value))
def s32(kind, value): return attr(kind, struct.pack('=i', value))
def u64(kind, value): return attr(kind, struct.pack('=Q', value))
def be32(kind, value): return attr(kind, struct.pack('!I', value))


def nest(kind, *parts):
    return attr(kind | NLA_F_NESTED, b''.join(parts))


def ip(text):
    return socket.inet_pton(socket.AF_INET6 if ':' in text else socket.AF_INET, text)


def parse(data):
    """Attributes as a list of (type, payload)."""
    out = []
    while len(data) >= 4:
        length, kind = struct.unpack_from('=HH', data)
        if length < 4 or length > len(data):
            raise ValueError('attribute of length %d in %d bytes' % (length, len(data)))
        out.append((kind & NLA_TYPE_MASK, data[4:length]))
        data = data[(length + 3) & ~3:]
    return out


def one(data, kind):
    """The payload of one attribute, or None."""
    return dict(parse(data)).get(kind)


# ---- sockets ---------------------------------------------------------------

class Answer:
    """What came back: the error (0: none), its sentence, and the messages."""
    def __init__(self):
        self.err, self.text, self.offset = None, '', None
        self.messages, self.interrupted, self.raw = [], False, b''

    def __repr__(self):
        return '%s "%s"' % (errno.errorcode.get(self.err, self.err), self.text)


def must(answer):
    """It succeeded, or an exception tells why not."""
    if answer.err:
        raise OSError(answer.err, answer.text)


class Netlink:
    def __init__(self, protocol=NETLINK_GENERIC, cap_ack=True, timeout=20, strict=True):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self.sock.bind((0, 0))
        self.sock.settimeout(timeout)
        self.sock.setsockopt(SOL_NETLINK, EXT_ACK, 1)
        if cap_ack:
            self.sock.setsockopt(SOL_NETLINK, CAP_ACK, 1)
        if strict:
            self.sock.setsockopt(SOL_NETLINK, GET_STRICT_CHK, 1)
        self.seq = 0

    def close(self):
        self.sock.close()

    def pack(self, kind, flags, body):
        self.seq += 1
        return struct.pack('=IHHII', 16 + len(body), kind, flags, self.seq, 0) + body

    def send(self, data):
        self.sock.sendto(data, (0, 0))

    def receive(self, answer):
        """One datagram into the answer; True when it was the last of it."""
        data = self.sock.recv(1 << 18)
        answer.raw += data
        while len(data) >= 16:
            length, kind, flags, seq, _ = struct.unpack_from('=IHHII', data)
            body, data = data[16:length], data[(length + 3) & ~3:]
            if seq != self.seq:
                continue
            answer.interrupted |= bool(flags & DUMP_INTR)
            if kind == NLMSG_ERROR or kind == NLMSG_DONE:
                self.read_ack(answer, kind, flags, body)
                return True
            answer.messages.append((kind, body))
        return False

    @staticmethod
    def read_ack(answer, kind, flags, body):
        answer.err = -struct.unpack_from('=i', body)[0]
        at = 4
        if kind == NLMSG_ERROR:
            at = 20
            if not flags & F_CAPPED:
                at = 4 + ((struct.unpack_from('=I', body, 4)[0] + 3) & ~3)
        if flags & F_ACK_TLVS:
            for what, data in parse(body[at:]):
                if what == ERR_ATTR_MSG:
                    answer.text = data.rstrip(b'\0').decode()
                elif what == ERR_ATTR_OFFS:
                    answer.offset = struct.unpack('=I', data)[0]

    def transact(self, data):
        answer = Answer()
        self.send(data)
        while not self.receive(answer):
            pass
        return answer

    def request(self, kind, body, flags=0):
        return self.transact(self.pack(kind, REQUEST | ACK | flags, body))


class Genl(Netlink):
    """A socket that speaks with the ipsec family."""
    def __init__(self, **options):
        super().__init__(NETLINK_GENERIC, **options)
        self.family, self.groups = self.resolve('ipsec')

    def resolve(self, name):
        a = self.request(16, struct.pack('=BBH', 3, 2, 0) + attr(2, name))
        if a.err:
            raise OSError(a.err, 'no generic netlink family "%s"' % name)
        attrs = dict(parse(a.messages[0][1][4:]))
        groups = {}
        for _, group in parse(attrs.get(7, b'')):
            g = dict(parse(group))
            groups[g[1].rstrip(b'\0').decode()] = struct.unpack('=I', g[2])[0]
        return struct.unpack('=H', attrs[1])[0], groups

    def message(self, cmd, *parts, flags=0, version=1, reserved=0):
        body = struct.pack('=BBH', cmd, version, reserved) + b''.join(parts)
        return self.pack(self.family, REQUEST | ACK | flags, body)

    def do(self, cmd, *parts, **options):
        return self.transact(self.message(cmd, *parts, **options))

    def counters(self, name='ipsec0'):
        """Packets received, packets sent, and the drops that are not zero, of an interface."""
        body = self.do(CMD.DEV_GET, dev(name)).messages[0][1][4:]
        stats = dict(parse(one(one(body, A.DEV), DEV.STATS)))
        drops = {K['DROPS'][kind - 1].lower(): struct.unpack('=Q', data)[0] for kind, data in parse(stats[STATS.DROPS])}
        rx, tx = (struct.unpack('=Q', stats[kind])[0] for kind in (STATS.RX_PACKETS, STATS.TX_PACKETS))
        return rx, tx, {reason: n for reason, n in drops.items() if n}

    def dump(self, cmd, *parts):
        """All objects; again until they are of one version."""
        for _ in range(200):
            a = self.transact(self.message(cmd, *parts, flags=DUMP))
            if a.err:
                raise OSError(a.err, 'dump: ' + a.text)
            if not a.interrupted:
                return [body[4:] for _, body in a.messages]
        raise TimeoutError('a dump never became consistent')

    def listen(self, group='events'):
        self.sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, self.groups[group])

    def state(self):
        """All that is configured, without counters and ages, to be compared."""
        out = []
        for cmd, nested, moving in ((CMD.DEV_GET, A.DEV, (DEV.STATS,)),
                                    (CMD.PEER_GET, A.PEER, ()),
                                    (CMD.SA_GET, A.SA, (SA.STATS, SA.AGE))):
            for body in self.dump(cmd):
                seen = []
                for kind, data in parse(body):
                    if kind == nested:
                        data = [p for p in parse(data) if p[0] not in moving]
                    seen.append((kind, data))
                out.append((cmd, seen))
        return out


# ---- requests --------------------------------------------------------------

def dev(name='ipsec0'):
    return attr(A.IFNAME, name)


def peer_name(name='p'):
    return nest(A.PEER, attr(PEER.NAME, name))


def selector(prefix):
    addr, plen = prefix.split('/')
    return nest(SELS.ITEM, attr(SEL.ADDR, ip(addr)), u8(SEL.PREFIXLEN, int(plen)))


def peer(name, remote=None, local=None, selectors=None, protect=None):
    parts = [attr(PEER.NAME, name)]
    if remote:
        parts.append(attr(PEER.REMOTE, ip(remote)))
    if local is not None:
        parts.append(attr(PEER.LOCAL, ip(local) if local else b''))
    if selectors is not None:
        parts.append(nest(PEER.SELECTORS, *map(selector, selectors)))
    if protect is not None:
        parts.append(u8(PEER.PROTECT, protect))
    return nest(A.PEER, *parts)


def sa_parts(direction=IN, spi=0x1001, encr=GCM, key=None, flags=ESN, window=None, seq=None):
    """The attributes of an SA by their names, to be changed and joined."""
    parts = {'dir': u8(SA.DIR, direction), 'spi': be32(SA.SPI, spi),
             'encr': u16(SA.ENCR, encr), 'flags': u32(SA.FLAGS, flags),
             'key': attr(SA.KEY, key if key is not None else bytes(range(20)))}
    if window is not None:
        parts['window'] = u32(SA.REPLAY_WINDOW, window)
    if seq is not None:
        parts['seq'] = u64(SA.SEQ, seq)
    return parts


def sa(*args, **kwargs):
    return nest(A.SA, *sa_parts(*args, **kwargs).values())


def sa_id(direction, spi):
    return nest(A.SA, u8(SA.DIR, direction), be32(SA.SPI, spi))


# ---- results ---------------------------------------------------------------

class Report:
    """The lines that are counted as tests."""
    def __init__(self):
        self.failed = 0

    def ok(self, name, good, detail=''):
        detail = str(detail).replace('\n', ' | ')[:2000]
        print('ok - %s' % name if good else 'not ok - %s: %s' % (name, detail), flush=True)
        self.failed += not good
        return good

    def equal(self, name, got, want):
        return self.ok(name, got == want, 'got %r, want %r' % (got, want))

    def skip(self, name, why):
        print('skip - %s: %s' % (name, why), flush=True)
