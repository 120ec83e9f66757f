# SPDX-License-Identifier: MIT
"""Every command, from one who may not; run by netlink_perm.sh."""
import errno
import sys

from genl import *

t = Report()
nl = Genl()
WHO = sys.argv[1]
P, S = peer_name('far'), sa_id(IN, 0x1001)
REQUESTS = {
    'DEV_GET': [dev()],
    'PEER_NEW': [dev(), peer('x', '192.0.2.3', None, ['10.9.0.0/16'])],
    'PEER_SET': [dev(), peer('far', '192.0.2.3')],
    'PEER_GET': [dev(), P],
    'PEER_DEL': [dev(), P],
    'SA_NEW': [dev(), P, sa(IN, 0x3001)],
    'SA_REPLACE': [dev(), P, sa(OUT, 0x3001)],
    'SA_SET': [dev(), P, nest(A.SA, u8(SA.DIR, IN), be32(SA.SPI, 0x1001), u64(SA.SEQ, 1 << 40))],
    'SA_GET': [dev(), P, S],
    'SA_DEL': [dev(), P, S],
    'SPI_ALLOC': [dev(), P],
    'FLUSH': [u32(A.FLUSH, 2)],
}
# new commands must be added to the list above
KNOWN = {n[len('IFIPSEC_CMD_'):] for n in K if n.startswith('IFIPSEC_CMD_') and not n.endswith('_NTF')}
t.equal('%s: the list of commands is complete' % WHO, sorted(KNOWN - {'UNSPEC', 'ALG_GET'}), sorted(REQUESTS))
for name, parts in REQUESTS.items():
    a = nl.do(K['IFIPSEC_CMD_' + name], *parts)
    t.ok('E3.1 %s: %s' % (WHO, name), a.err == errno.EPERM, a)
for name in ('DEV_GET', 'PEER_GET', 'SA_GET', 'ALG_GET'):
    a = nl.do(K['IFIPSEC_CMD_' + name], flags=DUMP)
    t.ok('E3.1 %s: dump %s' % (WHO, name), a.err == errno.EPERM and not a.messages, a)
sys.exit(t.failed > 0)
