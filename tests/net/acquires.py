# SPDX-License-Identifier: MIT
"""acquires.py - listens as a key daemon does, and makes no SA: a line for each ACQUIRE,
"PEER SRC DST PROTOCOL", after a first line "listening"."""
from genl import *

nl = Genl(timeout=3600)
nl.sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, nl.groups['keys'])
print('listening', flush=True)
while True:
    data = nl.sock.recv(1 << 16)
    attrs = dict(parse(data[20:]))
    acquire = dict(parse(attrs[A.ACQUIRE]))
    src, dst = ('.'.join(map(str, acquire[k])) for k in (ACQUIRE.SRC, ACQUIRE.DST))
    print(one(attrs[A.PEER], PEER.NAME).rstrip(b'\0').decode(), src, dst, acquire[ACQUIRE.PROTO][0], flush=True)
