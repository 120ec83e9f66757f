# SPDX-License-Identifier: MIT
"""Mutated requests; run by netlink_fuzz.sh with a seed and a number of messages.

A message is made right, from a small world of names, addresses and SPIs, so that
many hit something; then, mostly, some of its bytes, attributes or lengths change.
The netlink header stays: everything goes to our family, and is acknowledged.
"""
import random
import struct
import sys

from genl import *

rnd = random.Random(int(sys.argv[1]))
COUNT = int(sys.argv[2])
t = Report()
nl = Genl(timeout=10)
events = Genl()

DEVS = ['ipsec0', 'ipsec1'] * 8 + ['wan']
PEERS = ['a', 'b', 'c', 'd']
REMOTES = ['192.0.2.2', '192.0.2.3', '2001:db8::2'] * 4 + ['127.0.0.1']
PREFIXES = ['10.0.0.0/8', '10.1.0.0/16', '10.1.1.0/24', '10.1.1.1/32', '0.0.0.0/0', '::/0',
            'fd00::/8', 'fd01::/64', 'fd01::1/128', '128.0.0.0/1', '10.2.0.0/15'] + \
    ['10.%d.0.0/16' % i for i in range(16)] + ['fd%02d::/16' % i for i in range(16)]
SPIS = [0x100, 0x101, 0xffffffff, 5] + list(range(0x1000, 0x1020))


def some(items, most):
    return rnd.sample(items, rnd.randint(0, most))


def peer_new():
    return [dev(rnd.choice(DEVS)),
            peer(rnd.choice(PEERS), rnd.choice(REMOTES), rnd.choice([None, None, '', '192.0.2.1']),
                 some(PREFIXES, 3) or None)]


def sa_new():
    encr, key = rnd.choice([(GCM, 20), (GCM, 36), (CHACHA, 36)])
    direction = rnd.choice([IN, OUT])
    window = rnd.choice([None, 32, 100, 8192]) if direction == IN else None
    return [dev(rnd.choice(DEVS)), peer_name(rnd.choice(PEERS)),
            sa(direction, rnd.choice(SPIS), encr, rnd.randbytes(key), rnd.choice([0, ESN]),
               window, rnd.choice([None, 1, 1 << 31, 1 << 63]))]


def sa_named():
    return [dev(rnd.choice(DEVS)), peer_name(rnd.choice(PEERS)),
            sa_id(rnd.choice([IN, OUT]), rnd.choice(SPIS))]


def sa_set():
    return [dev(rnd.choice(DEVS)), peer_name(rnd.choice(PEERS)),
            nest(A.SA, u8(SA.DIR, rnd.choice([IN, OUT])), be32(SA.SPI, rnd.choice(SPIS)),
                 u64(SA.SEQ, rnd.getrandbits(rnd.choice([8, 32, 64]))))]


def spi_alloc():
    parts = [u8(SA.PROTO, rnd.choice([50, 50, 51, 7]))] if rnd.random() < 0.3 else []
    if rnd.random() < 0.8:
        parts += [be32(SA.SPI_MIN, rnd.choice(SPIS)), be32(SA.SPI_MAX, rnd.choice(SPIS))]
    return [dev(rnd.choice(DEVS)), peer_name(rnd.choice(PEERS))] + \
        ([nest(A.SA, *parts)] if parts else [])


def sa_tfc():
    direction = rnd.choice([IN, OUT, OUT, OUT])
    parts = sa_parts(direction, rnd.choice(SPIS), GCM, rnd.randbytes(20))
    return [dev(rnd.choice(DEVS)), peer_name(rnd.choice(PEERS)),
            nest(A.SA, *parts.values(), u32(SA.TFC, rnd.choice([0, 100, 1400, 65535, 65536])))]


def dummy():
    return [dev(rnd.choice(DEVS)), peer_name(rnd.choice(PEERS)),
            nest(A.DUMMY, *some([u32(DUMMY.COUNT, rnd.choice([0, 1, 3, 1001])),
                                 u32(DUMMY.LEN, rnd.choice([0, 1, 64, 1400, 1500, 0xffffffff]))], 2))]


def named():
    return [dev(rnd.choice(DEVS)), peer_name(rnd.choice(PEERS))]


def flush():
    return ([dev(rnd.choice(DEVS))] if rnd.random() < 0.7 else []) + [u32(A.FLUSH, rnd.choice([1, 2]))]


# how often, command, what makes its attributes
KINDS = [(8, CMD.PEER_NEW, peer_new), (5, CMD.PEER_SET, peer_new), (2, CMD.PEER_DEL, named),
         (2, CMD.PEER_GET, named), (12, CMD.SA_NEW, sa_new), (3, CMD.SA_REPLACE, sa_new),
         (3, CMD.SA_SET, sa_set), (3, CMD.SPI_ALLOC, spi_alloc), (2, CMD.SA_REPLACE, sa_tfc), (3, CMD.SA_DUMMY, dummy),
         (2, CMD.SA_GET, sa_named), (2, CMD.SA_DEL, sa_named), (0.3, CMD.FLUSH, flush),
         (1, CMD.DEV_GET, lambda: [dev(rnd.choice(DEVS))]), (0.5, CMD.ALG_GET, lambda: [])]


# ---- what happens to a message ---------------------------------------------

def flip(data):
    if data:
        data[rnd.randrange(len(data))] ^= 1 << rnd.randrange(8)


def overwrite(data):
    if data:
        data[rnd.randrange(len(data))] = rnd.choice([0, 1, 3, 4, 0x7f, 0x80, 0xff])


def cut(data):
    del data[rnd.randrange(len(data) + 1):]


def remove(data):
    if data:
        at = rnd.randrange(len(data)) & ~3
        del data[at:at + rnd.choice([4, 8, 12])]


def insert(data):
    at = rnd.randrange(len(data) + 1) & ~3
    data[at:at] = rnd.choice([bytes(4), rnd.randbytes(8), attr(rnd.randrange(16), rnd.randbytes(4)),
                              nest(rnd.randrange(16), u32(rnd.randrange(16), rnd.getrandbits(32)))])


def repeat(data):
    at = rnd.randrange(len(data) + 1) & ~3
    data[at:at] = data[at:at + rnd.choice([8, 16, 40, 200])] * rnd.choice([1, 2, 30])


def relength(data):
    """The length of some attribute lies."""
    if len(data) >= 4:
        at = rnd.randrange(len(data) - 3) & ~3
        struct.pack_into('=H', data, at, rnd.choice([0, 1, 3, 4, 5, 8, 100, 0xffff, len(data) - at]))


def grow(data):
    data += attr(rnd.randrange(16), rnd.randbytes(rnd.choice([1, 128, 4096, 60000])))


MUTATIONS = [flip, flip, overwrite, overwrite, cut, remove, insert, repeat, relength, relength, grow]


def one_message():
    weights = [k[0] for k in KINDS]
    _, cmd, make = rnd.choices(KINDS, weights)[0]
    data = bytearray(b''.join(make()))
    if rnd.random() < 0.65:
        for _ in range(rnd.choice([1, 1, 1, 2, 4])):
            rnd.choice(MUTATIONS)(data)
    if rnd.random() < 0.03:
        cmd = rnd.randrange(256)
    flags = rnd.choice([DUMP, REPLACE, DUMP]) if rnd.random() < 0.1 else 0
    return cmd, bytes(data[:65000]), flags


# ---- are the tables consistent? --------------------------------------------

def number(data):
    return int.from_bytes(data, sys.byteorder)


def problems():
    """What the three dumps say of one another."""
    devs, peers, sas = (nl.dump(c) for c in (CMD.DEV_GET, CMD.PEER_GET, CMD.SA_GET))
    out, owner, spis = [], {}, set()
    n_peers, n_sas, n_rx, tx = {}, {}, {}, {}
    for body in peers:
        name, p = one(body, A.IFNAME), dict(parse(one(body, A.PEER)))
        key = (name, p[PEER.NAME])
        n_peers[name] = n_peers.get(name, 0) + 1
        n_rx[key], tx[key] = number(p[PEER.RX_SAS]), p.get(PEER.TX_SPI)
        for _, item in parse(p[PEER.SELECTORS]):
            s = (name, one(item, SEL.ADDR), one(item, SEL.PREFIXLEN))
            if s in owner:
                out.append('selector %r twice' % (s,))
            owner[s] = key
    for body in sas:
        name, s = one(body, A.IFNAME), dict(parse(one(body, A.SA)))
        key = (name, one(one(body, A.PEER), PEER.NAME))
        n_sas[name] = n_sas.get(name, 0) + 1
        if number(s[SA.DIR]) == OUT:
            if tx.pop(key, None) != s[SA.SPI]:
                out.append('outbound SA %r is not the peer\'s' % (key,))
            continue
        n_rx[key] = n_rx.get(key, 0) - 1
        if s[SA.SPI] in spis:
            out.append('SPI %s twice' % s[SA.SPI].hex())
        spis.add(s[SA.SPI])
    out += ['%r: inbound SAs differ by %d' % i for i in n_rx.items() if i[1]]
    out += ['%r: no outbound SA %r' % i for i in tx.items() if i[1]]
    for body in devs:
        name, d = one(body, A.IFNAME), dict(parse(one(body, A.DEV)))
        if number(d[DEV.PEERS]) != n_peers.get(name, 0) or number(d[DEV.SAS]) != n_sas.get(name, 0):
            out.append('%r counts other peers or SAs than there are' % name)
    return out


def drain():
    events.sock.settimeout(0)
    try:
        while True:
            parse(events.sock.recv(1 << 18)[20:])
    except (BlockingIOError, OSError):
        pass


events.listen()
taken = refused = 0
bad = []
for i in range(COUNT):
    cmd, body, flags = one_message()
    try:
        a = nl.do(cmd, body, flags=flags)
    except TimeoutError:
        bad.append('message %d: no answer' % i)
        break
    taken += not a.err
    refused += bool(a.err)
    if i % 250 == 249:
        drain()
        bad += ['after message %d: %s' % (i, p) for p in problems()]
t.ok('E3.14 every request of %d was answered, and the tables stayed consistent' % COUNT, not bad, bad[:5])
t.ok('the requests were a mixture', taken > COUNT / 10 and refused > COUNT / 4, (taken, refused))
left = len(nl.dump(CMD.PEER_GET)), len(nl.dump(CMD.SA_GET))
t.ok('and left something behind', left[0] > 0, left)
a = nl.do(CMD.FLUSH, u32(A.FLUSH, K['IFIPSEC_FLUSH_PEERS']))
t.equal('everything can be removed', (a.err, nl.dump(CMD.PEER_GET), nl.dump(CMD.SA_GET), problems()),
        (0, [], [], []))
sys.exit(t.failed > 0)
