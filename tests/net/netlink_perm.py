# SPDX-License-Identifier: MIT
"""Every command, from one who may not; run by netlink_perm.sh.  WHO "container" is root where the
interface is and its underlay is not (netns_move.sh): for him there is nothing to be seen or changed."""
import errno
import sys

from genl import *

t = Report()
nl = Genl()
WHO, PEER_NAME, SPI = sys.argv[1], *(sys.argv[2:] or ['far', '0x1001'])
CONTAINER = WHO == 'container'
P, S = peer_name(PEER_NAME), sa_id(IN, int(SPI, 0))
REQUESTS = {
    'DEV_GET': [dev()],
    'PEER_NEW': [dev(), peer('x', '192.0.2.3', None, ['10.9.0.0/16'])],
    'PEER_SET': [dev(), peer(PEER_NAME, '192.0.2.3')],
    'PEER_GET': [dev(), P],
    'PEER_DEL': [dev(), P],
    'SA_NEW': [dev(), P, sa(IN, 0x3001)],
    'SA_REPLACE': [dev(), P, sa(OUT, 0x3001)],
    'SA_SET': [dev(), P, nest(A.SA, u8(SA.DIR, IN), be32(SA.SPI, int(SPI, 0)), u64(SA.SEQ, 1 << 40))],
    'SA_GET': [dev(), P, S],
    'SA_DEL': [dev(), P, S],
    'SPI_ALLOC': [dev(), P],
    'SA_DUMMY': [dev(), P, nest(A.DUMMY, u32(DUMMY.COUNT, 1), u32(DUMMY.LEN, 64))],
    'FLUSH': [dev(), u32(A.FLUSH, 2)],
}
# new commands must be added to the list above
KNOWN = {n[len('IFIPSEC_CMD_'):] for n in K if n.startswith('IFIPSEC_CMD_') and not n.endswith('_NTF')}
t.equal('%s: the list of commands is complete' % WHO, sorted(KNOWN - {'UNSPEC', 'ALG_GET'}), sorted(REQUESTS))
for name, parts in REQUESTS.items():
    a = nl.do(K['IFIPSEC_CMD_' + name], *parts)
    t.ok('E3.1 %s: %s' % (WHO, name), a.err == (errno.ENODEV if CONTAINER else errno.EPERM) and not a.messages, a)
for name in ('DEV_GET', 'PEER_GET', 'SA_GET', 'ALG_GET'):
    a = nl.do(K['IFIPSEC_CMD_' + name], flags=DUMP)
    if CONTAINER:
        t.ok('E3.17 %s: dump %s has nothing of the interface, its SAs and their keys' % (WHO, name),
             a.err == 0 and (name == 'ALG_GET') == bool(a.messages), a)
    else:
        t.ok('E3.1 %s: dump %s' % (WHO, name), a.err == errno.EPERM and not a.messages, a)
for group in () if CONTAINER else sorted(nl.groups):
    listener = Genl()
    try:
        listener.listen(group)
        refused = False
    except PermissionError:
        refused = True
    t.ok('E3.1 %s: events of the group "%s"' % (WHO, group), refused)
t.equal('%s: the list of groups is complete' % WHO, sorted(nl.groups), ['audit', 'events', 'keys'])
sys.exit(t.failed > 0)
