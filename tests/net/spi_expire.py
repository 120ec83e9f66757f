# SPDX-License-Identifier: MIT
"""Reserved SPIs end with their time, and there are not more than SAs; run by spi_expire.sh."""
import errno as E
import sys
import time

from genl import *

KEY = bytes(range(20))
SECONDS = K['IFIPSEC_SPI_SECONDS']
FULL = (E.ENOSPC, 'the namespace has its 65536 SAs and reserved SPIs')
EXHAUSTED = (E.ENOSPC, 'all SPIs of the range are in use')
TAKEN = (E.EBUSY, 'the SPI is reserved for another peer')

t = Report()
nl = Genl()
nl.sock.setsockopt(1, 33, 1 << 22)	# SO_RCVBUFFORCE


def now():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def span(low, high):
    return nest(A.SA, be32(SA.SPI_MIN, low), be32(SA.SPI_MAX, high))


def result(cmd, who, *parts):
    a = nl.do(cmd, dev(), peer_name(who), *parts)
    return (a.err, a.text) if a.err else 0


def reserve(who, spi):
    return result(CMD.SPI_ALLOC, who, span(spi, spi))


def add(who, spi):
    return result(CMD.SA_NEW, who, sa(IN, spi, key=KEY))


def until(condition, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.25)
    return True


def expire():
    """The first goes; what was reserved later stays."""
    start = now()
    assert reserve('p', 0x3001) == 0 and reserve('p', 0x3002) == 0
    both = now()
    t.ok('half of the time goes by', until(lambda: now() > start + SECONDS / 2))
    t.equal('q does not get what p has reserved', add('q', 0x3001), TAKEN)
    assert reserve('p', 0x3003) == 0
    t.ok('E3.23 the SPI is free again', until(lambda: add('q', 0x3001) == 0))
    t.ok('and was not before its time', now() - start >= SECONDS, now() - start)
    # the module counts whole seconds, and the second may have been reserved in the next
    t.ok('so is its second one soon', until(lambda: now() > both + SECONDS + 1))
    t.equal('p cannot give back what has expired', result(CMD.SA_DEL, 'p', sa_id(IN, 0x3002)),
            (E.ENOENT, 'the peer has no inbound SA with that SPI'))
    t.equal('q gets that one too', add('q', 0x3002), 0)
    t.equal('its third one has not', add('q', 0x3003), TAKEN)
    assert nl.do(CMD.FLUSH, u32(A.FLUSH, K['IFIPSEC_FLUSH_SAS'])).err == 0


def fill(*parts):
    """All that there may be, in one datagram many; the end is an error."""
    body = struct.pack('=BBH', CMD.SPI_ALLOC, 1, 0) + dev() + peer_name('p') + b''.join(parts)
    n, start = 0, now()
    while now() < start + SECONDS:
        quiet = nl.pack(nl.family, REQUEST, body)
        nl.seq -= 1	# one transaction, which ends with the first error
        a = nl.transact(quiet * 63 + nl.pack(nl.family, REQUEST | ACK, body))
        n += len(a.messages)
        if a.err:
            return n, (a.err, a.text)
    return n, None


def full():
    """Nobody fills the memory, and the last one of a range is found."""
    start = now()
    most = K['IFIPSEC_SAS_MAX']
    t.equal('E3.23 a range of 4096', fill(span(0x10000, 0x10fff)), (4096, EXHAUSTED))
    assert result(CMD.SA_DEL, 'p', sa_id(IN, 0x10abc)) == 0
    t.equal('E3.23 one of them is free, and found', result(CMD.SPI_ALLOC, 'p', span(0x10000, 0x10fff)), 0)
    assert add('q', 0x3000) == 0
    n, why = fill()
    if now() - start > SECONDS:
        t.skip('E3.23 as many reservations as there may be', 'this machine takes longer than they last')
        return
    t.equal('E3.23 an SA, and as many reservations as there may be', (n + 4096, why), (most - 1, FULL))
    t.equal('E3.23 no SA with another SPI', add('p', 0x3001), FULL)
    assert result(CMD.SA_DEL, 'q', sa_id(IN, 0x3000)) == 0
    t.equal('E3.23 there is room for one', reserve('q', 0x3001), 0)
    t.equal('E3.23 full again', reserve('q', 0x3002), FULL)
    t.equal('E3.23 a reservation becomes an SA', add('p', 0x10000), 0)
    t.equal('E3.23 and there is no more room for it', reserve('q', 0x3002), FULL)
    t.ok('E3.23 they expire, and there is', until(lambda: reserve('q', 0x3002) == 0))
    t.equal('the SA has stayed', [one(one(b, A.SA), SA.SPI).hex() for b in nl.dump(CMD.SA_GET)], ['00010000'])


for who, prefix in (('p', '10.1.0.0/16'), ('q', '10.2.0.0/16')):
    assert not nl.do(CMD.PEER_NEW, dev(), peer(who, '192.0.2.2', None, [prefix])).err
expire()
if sys.argv[1] == 'full':
    full()
sys.exit(t.failed > 0)
