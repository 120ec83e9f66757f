# SPDX-License-Identifier: MIT
"""Reserved SPIs; run by spi_alloc.sh.

ipsec0 has the peers p and q, ipsec1 has r.  Every test begins and ends without SAs and
without reservations; SA_NEW by another peer shows whose an SPI is.
"""
import errno as E
import select
import sys

from genl import *

KEY = bytes(range(20))
TAKEN = (E.EBUSY, 'the SPI is reserved for another peer')
USED = (E.EEXIST, 'the SPI is already in use by an inbound SA of this namespace')
EXHAUSTED = (E.ENOSPC, 'all SPIs of the range are in use')
NO_SA = (E.ENOENT, 'the peer has no inbound SA with that SPI')
COUNT = int(sys.argv[1])

t = Report()
nl = Genl()
events = Genl()


def where(peer):
    return [dev('ipsec1' if peer == 'r' else 'ipsec0'), peer_name(peer)]


def request(peer, low=None, high=None, proto=None):
    parts = [] if low is None else [be32(SA.SPI_MIN, low), be32(SA.SPI_MAX, high or low)]
    if proto:
        parts.append(u8(SA.PROTO, proto))
    return where(peer) + ([nest(A.SA, *parts)] if parts else [])


def reserve(*args):
    """The SPI, or the error and its sentence."""
    a = nl.do(CMD.SPI_ALLOC, *request(*args))
    if a.err:
        return a.err, a.text
    return int.from_bytes(one(one(a.messages[0][1][4:], A.SA), SA.SPI), 'big')


def add(peer, spi, **parts):
    a = nl.do(CMD.SA_NEW, *where(peer), nest(A.SA, *dict(sa_parts(IN, spi, key=KEY), **parts).values()))
    return (a.err, a.text) if a.err else 0


def delete(peer, spi, proto=50):
    a = nl.do(CMD.SA_DEL, *where(peer), nest(A.SA, u8(SA.DIR, IN), be32(SA.SPI, spi), u8(SA.PROTO, proto)))
    return (a.err, a.text) if a.err else 0


def flush(*parts, what='SAS'):
    assert not nl.do(CMD.FLUSH, *parts, u32(A.FLUSH, K['IFIPSEC_FLUSH_' + what])).err


def answer():
    before = nl.state()
    a = nl.do(CMD.SPI_ALLOC, *request('p', 0x3001, None, 51))
    body = a.messages[0][1]
    t.equal('E3.23 the answer: command, interface, peer',
            (body[0], one(body[4:], A.IFNAME), one(one(body[4:], A.PEER), PEER.NAME)), (CMD.SPI_ALLOC, b'ipsec0\0', b'p\0'))
    t.equal('E3.23 the answer: the SPI', sorted(parse(one(body[4:], A.SA))), sorted([
        (SA.DIR, bytes([IN])), (SA.SPI, (0x3001).to_bytes(4, 'big')), (SA.PROTO, bytes([51])),
        (SA.RESERVED, K['IFIPSEC_SPI_SECONDS'].to_bytes(4, sys.byteorder))]))
    t.equal('a reservation is in no dump and in no count', nl.state(), before)
    t.ok('and in no event', not select.select([events.sock], [], [], 0)[0])
    flush()


def many():
    """Several requests in one datagram: what it costs is Python."""
    nl.sock.setsockopt(1, 33, 1 << 22)	# SO_RCVBUFFORCE
    body = struct.pack('=BBH', CMD.SPI_ALLOC, 1, 0) + b''.join(request('p'))
    spis = []
    while len(spis) < COUNT:
        quiet = nl.pack(nl.family, REQUEST, body)
        nl.seq -= 1	# one transaction
        a = nl.transact(quiet * 49 + nl.pack(nl.family, REQUEST | ACK, body))
        assert not a.err, a
        spis += [one(one(m[4:], A.SA), SA.SPI) for _, m in a.messages]
    return spis


def unique():
    spis = [int.from_bytes(s, 'big') for s in many()]
    t.equal('A6.6 E3.23 %d SPIs, no two the same' % COUNT, (len(spis) >= COUNT, len(set(spis))), (True, len(spis)))
    t.ok('A1.1 none is reserved by IANA', min(spis) >= 256, min(spis))
    eighths = [sum(s >> 29 == i for s in spis) * 8 / len(spis) for i in range(8)]
    t.ok('they are spread over all of the space', min(eighths) > 0.5 and max(eighths) < 1.5, eighths)
    steps = [b - a for a, b in zip(spis, spis[1:])]
    t.ok('and none follows from the one before', len(set(steps)) > len(steps) * 0.9 and
         0.3 < sum(s > 0 for s in steps) / len(steps) < 0.7, steps[:10])
    flush()


def ranges():
    t.equal('E3.23 a range of one', reserve('p', 0x3001), 0x3001)
    t.equal('A1.40 a range of one, for AH: another space', reserve('p', 0x3001, None, 51), 0x3001)
    t.equal('E3.23 the range is full', reserve('p', 0x3001), EXHAUSTED)
    t.equal('A6.6 for another peer, too', reserve('q', 0x3001), EXHAUSTED)
    t.equal('A6.6 and for a peer of another interface', reserve('r', 0x3001), EXHAUSTED)
    t.equal('the lowest SPI', reserve('p', 256), 256)
    t.equal('the highest SPI', reserve('p', 0xffffffff), 0xffffffff)
    flush()
    assert not add('q', 0x3010) and not add('r', 0x3020)
    got = {reserve(who, 0x3000, 0x303f) for who in 'pqr' * 21}
    t.equal('E3.23 of 64 SPIs with two SAs the other 62 are found', len(got - {EXHAUSTED}), 62)
    t.equal('and they are those', got - {EXHAUSTED}, set(range(0x3000, 0x3040)) - {0x3010, 0x3020})
    t.equal('E3.23 the range is full of SAs and reservations', reserve('p', 0x3000, 0x303f), EXHAUSTED)
    delete('q', 0x3010)
    t.equal('the SPI of an SA that was removed is the one that is free', reserve('r', 0x3000, 0x303f), 0x3010)
    flush()


def consumed():
    assert reserve('p', 0x3001) == 0x3001
    for who in 'qr':
        t.equal('A6.6 %s does not get what p has reserved' % who, add(who, 0x3001), TAKEN)
    a = add('p', 0x3001, key=attr(SA.KEY, KEY[:19]))
    t.equal('p is refused for its key', a[0], E.EINVAL)
    assert reserve('p', 0x3002, None, 51) == 0x3002
    t.equal('an SA of ESP with what is reserved for AH', add('p', 0x3002), 0)
    t.equal('A1.40 the SPI is reserved for AH still', delete('p', 0x3002, 51), 0)
    t.equal('p has its reservation after all that', add('q', 0x3001), TAKEN)
    t.equal('E3.23 p gets its SA', add('p', 0x3001), 0)
    t.equal('E3.6 which it has now', [add(who, 0x3001) for who in 'pqr'], [USED] * 3)
    t.equal('one SPI, one SA: the range is full', reserve('p', 0x3001), EXHAUSTED)
    t.equal('and is free when that is removed', (delete('p', 0x3001), delete('p', 0x3001), add('q', 0x3001)), (0, NO_SA, 0))
    assert reserve('p', 0x3003) == 0x3003
    a = nl.do(CMD.SA_NEW, *where('q'), sa(OUT, 0x3003, key=KEY))
    t.equal('an outbound SA has its SPI of the peer: no conflict', a.err, 0)
    t.equal('nor does p\'s use up what it reserved', (nl.do(CMD.SA_NEW, *where('p'), sa(OUT, 0x3003, key=KEY)).err,
                                                     add('q', 0x3003)), (0, TAKEN))
    flush()


def ended():
    def is_free(name, *who):
        t.equal('E3.23 ' + name, [add(w, spi) for w, spi in who], [0] * len(who))
        flush()

    assert reserve('p', 0x3001) == 0x3001
    t.equal('q does not give back what p has', delete('q', 0x3001), NO_SA)
    t.equal('p does not give it back as AH', delete('p', 0x3001, 51), NO_SA)
    t.equal('p gives it back', (delete('p', 0x3001), delete('p', 0x3001)), (0, NO_SA))
    is_free('it is free after SA_DEL', ('q', 0x3001))

    assert [reserve('p', 0x3001), reserve('q', 0x3002), reserve('r', 0x3003)] == [0x3001, 0x3002, 0x3003]
    flush(dev())
    t.equal('a flush of ipsec0 leaves those of ipsec1', add('p', 0x3003), TAKEN)
    is_free('the others are free after it', ('q', 0x3001), ('p', 0x3002))
    is_free('all are free after a flush of everything', ('p', 0x3003))

    assert [reserve('p', 0x3001), reserve('q', 0x3002)] == [0x3001, 0x3002]
    assert not nl.do(CMD.PEER_DEL, *where('p')).err
    t.equal('p is removed: q has its reservation', add('r', 0x3002), TAKEN)
    is_free('the one of p is free', ('r', 0x3001))
    assert not nl.do(CMD.PEER_NEW, dev(), peer('p', '192.0.2.2', None, ['10.1.0.0/16'])).err

    assert [reserve('p', 0x3001), reserve('q', 0x3002)] == [0x3001, 0x3002]
    flush(dev(), what='PEERS')
    is_free('free after a flush of peers', ('r', 0x3001), ('r', 0x3002))


for who, prefix in (('p', '10.1.0.0/16'), ('q', '10.2.0.0/16'), ('r', '10.3.0.0/16')):
    assert not nl.do(CMD.PEER_NEW, where(who)[0], peer(who, '192.0.2.2', None, [prefix])).err
events.listen()
for test in (answer, unique, ranges, consumed, ended):
    test()
sys.exit(t.failed > 0)
