# SPDX-License-Identifier: MIT
"""As many SAs as a namespace may have; run by sa_limit.sh."""
import errno
import sys

from genl import *

MAX = K['IFIPSEC_SAS_MAX']
TEXT = 'the namespace has its 65536 SAs and reserved SPIs'
t = Report()
nl = Genl(timeout=120)


def add(spi):
    return nl.do(CMD.SA_NEW, dev(), peer_name(), sa(IN, spi))


bad = [a for a in map(add, range(256, 256 + MAX)) if a.err]
t.ok('E3.18 65536 SAs', not bad, bad[:3])
for i in range(3):
    a = add(256 + MAX + i)
    t.ok('E3.18 one more: refused, attempt %d' % (i + 1), a.err == errno.ENOSPC and a.text == TEXT, a)
a = nl.do(CMD.SA_NEW, dev(), peer_name(), sa(OUT, 0x1000000))
t.ok('E3.18 nor an outbound one', a.err == errno.ENOSPC and a.text == TEXT, a)
t.equal('E3.18 the dump has all of them', len({one(one(b, A.SA), SA.SPI) for b in nl.dump(CMD.SA_GET, dev())}), MAX)
a = nl.do(CMD.SA_DEL, dev(), peer_name(), sa_id(IN, 4711))
b = add(256 + MAX)
c = add(4711)
t.equal('E3.18 one is removed: there is room for one', (a.err, b.err, c.err), (0, 0, errno.ENOSPC))
a = nl.do(CMD.FLUSH, dev(), u32(A.FLUSH, K['IFIPSEC_FLUSH_SAS']))
t.equal('E3.18 all are flushed', (a.err, len(nl.dump(CMD.SA_GET, dev()))), (0, 0))
t.equal('E3.18 and there is room again', add(256).err, 0)
sys.exit(t.failed > 0)
