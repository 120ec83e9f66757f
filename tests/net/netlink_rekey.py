# SPDX-License-Identifier: MIT
"""Rekeys in a row between the hosts a and b; run by rekey.sh: HOW-MANY SPI-OF-A SPI-OF-B."""
import os
import sys
import time

from genl import *
from hosts import inside

# So many old SAs still receive: on a busy machine packets may be on their way for long
OVERLAP = 40

t = Report()


def socket_in(host):
    """A socket stays in the namespace it was made in."""
    with inside(host):
        return Genl()


def remove(ends, spis):
    return [ends[n][0].do(CMD.SA_DEL, dev(), peer_name(ends[n][1]), sa_id(IN, spis[n])) for n in (0, 1)]


def main():
    count, old = int(sys.argv[1]), [int(sys.argv[2]), int(sys.argv[3])]
    ends = [(socket_in('a'), 'b'), (socket_in('b'), 'a')]
    gone = []   # SAs that are no longer sent on, oldest first
    for i in range(count):
        new = [0x8000 + (old[n] + 2) % 0x7000 for n in (0, 1)]
        keys = [os.urandom(20), os.urandom(20)]
        steps = [ends[n][0].do(CMD.SA_NEW, dev(), peer_name(ends[n][1]), sa(IN, new[n], key=keys[n])) for n in (0, 1)]
        steps += [ends[n][0].do(CMD.SA_REPLACE, dev(), peer_name(ends[n][1]), sa(OUT, new[1 - n], key=keys[1 - n]))
                  for n in (0, 1)]
        gone.append(old)
        if len(gone) > OVERLAP:
            steps += remove(ends, gone.pop(0))
        if any(s.err for s in steps):
            t.ok('T22 rekey %d' % i, False, steps)
            break
        old = new
        time.sleep(0.01)
    else:
        t.ok('T22 %d rekeys in a row' % count, True)
    # what is on its way under the old ones may arrive
    time.sleep(OVERLAP * 0.01)
    for spis in gone:
        remove(ends, spis)
    left = [len(end.dump(CMD.SA_GET)) for end, _ in ends]
    t.equal('T22 and two SAs are left on each side', left, [2, 2])
    sys.exit(t.failed > 0)


main()
