# SPDX-License-Identifier: MIT
"""Dumps and events of the module; run by netlink_dump.sh."""
import errno
import os
import select
import signal
import socket
import sys
import threading
import time

from genl import *

t = Report()
SLOW = os.environ.get('IPSEC_VM') == 'qemu' or os.environ.get('IPSEC_VM_DEBUG') == '1'
PEERS = 60 if SLOW else 200
nl, nl2 = Genl(), Genl()


def must(answer):
    if answer.err:
        t.ok('setup', False, answer)
        sys.exit(1)


def new_peer(name, n, interface='ipsec0', sock=None):
    return (sock or nl).do(CMD.PEER_NEW, dev(interface),
                           peer(name, '192.0.2.2', None, ['10.%d.%d.0/24' % (n >> 8, n & 255)]))


def fill(interface='ipsec0'):
    for i in range(PEERS):
        must(new_peer('p%d' % i, i, interface))
        must(nl.do(CMD.SA_NEW, dev(interface), peer_name('p%d' % i),
                   sa(IN, 0x1000 + i + (0x8000 if interface == 'ipsec1' else 0))))


def names(bodies):
    return [one(one(b, A.PEER), PEER.NAME)[:-1].decode() for b in bodies]


# ---- dumps under change ----------------------------------------------------

def change(stop):
    """x1 appears, x0 goes, x2 appears, x1 goes, ...: one or two at any moment."""
    sock, n = Genl(), 0
    must(new_peer('x0', 0x4000, sock=sock))
    while not stop.is_set():
        n += 1
        must(new_peer('x%d' % n, 0x4000 + n % 1000, sock=sock))
        must(sock.do(CMD.PEER_DEL, dev(), peer_name('x%d' % (n - 1))))
        if n % 4 == 0:
            time.sleep(0.01)
    must(sock.do(CMD.PEER_DEL, dev(), peer_name('x%d' % n)))
    sock.close()


def one_dump(pause):
    """All of a dump, with a pause between its first part and the others."""
    a = Answer()
    nl.send(nl.message(CMD.PEER_GET, dev(), flags=DUMP))
    time.sleep(pause)
    while not nl.receive(a):
        pass
    return names(b[4:] for _, b in a.messages), a.interrupted


def consistent(seen):
    xs = sorted(int(n[1:]) for n in seen if n[0] == 'x')
    fixed = sorted(n for n in seen if n[0] == 'p')
    return (len(xs) == 1 or len(xs) == 2 and xs[1] == xs[0] + 1) and \
        fixed == sorted('p%d' % i for i in range(PEERS))


def dumps_under_change():
    stop = threading.Event()
    writer = threading.Thread(target=change, args=(stop,))
    writer.start()
    time.sleep(0.05)
    whole = interrupted = 0
    wrong = []
    end = time.monotonic() + 30
    while time.monotonic() < end and (whole < 20 or interrupted < 20):
        seen, intr = one_dump(0.02 if interrupted < 20 else 0)
        whole += not intr
        interrupted += intr
        if not intr and not consistent(seen):
            wrong.append([n for n in seen if n[0] == 'x'] + [len(seen)])
    stop.set()
    writer.join()
    t.ok('E3.16 a dump is consistent or says that it is not', not wrong, wrong[:5])
    t.ok('E3.16 both kinds were seen', whole >= 20 and interrupted >= 20, (whole, interrupted))
    seen, intr = one_dump(0)
    t.ok('E3.16 and then one is whole', not intr and len(seen) == PEERS, (len(seen), intr))


MANY = 300         # SAs of one peer: several messages


def spis(bodies):
    return [int.from_bytes(one(one(b, A.SA), SA.SPI), 'big') for b in bodies]


def dump_parts(cmd, between, *what):
    """A dump with something done after its first message.  Return: bodies, was it interrupted, the error."""
    a = Answer()
    nl.send(nl.message(cmd, *what, flags=DUMP))
    nl.receive(a)
    between()
    while not nl.receive(a):
        pass
    return [b[4:] for _, b in a.messages], a.interrupted, a.err


def names_change(first, other, then):
    """first is called other, and then is called first."""
    if os.system('ip link set %s name %s && ip link set %s name %s' % (first, other, then, first)):
        sys.exit('ip link')


def goes_on():
    """Where a dump of SAs goes on: inside of a peer, behind it, in a table that has changed, nowhere."""
    must(new_peer('many', 0x5000))
    for i in range(MANY):
        must(nl.do(CMD.SA_NEW, dev(), peer_name('many'), sa(IN, 0x20000 + i)))
    must(nl.do(CMD.SA_NEW, dev(), peer_name('many'), sa(OUT, 0x30000)))
    must(new_peer('last', 0x5001))
    for spi in (0x40000, 0x40001):
        must(nl.do(CMD.SA_NEW, dev(), peer_name('last'), sa(OUT if spi & 1 else IN, spi)))
    want = [0x1000 + i for i in range(PEERS)] + [0x30000] + [0x20000 + i for i in range(MANY)] + [0x40001, 0x40000]
    bodies, intr, _ = dump_parts(CMD.SA_GET, lambda: None, dev())
    t.ok('E3.16 each SA is in a dump once, in order', spis(bodies) == want and not intr, len(bodies))

    bodies, intr, _ = dump_parts(
        CMD.SA_GET, lambda: must(nl2.do(CMD.PEER_DEL, dev(), peer_name('many'))), dev())
    left = [s for s in spis(bodies) if not 0x20000 <= s <= 0x30000]
    t.ok('E3.16 the peer is removed that a dump is in: that is said', intr and len(bodies) < len(want), len(bodies))
    t.ok('E3.16 and nothing is in it twice', len(set(left)) == len(left), left[:5])
    must(nl.do(CMD.PEER_DEL, dev(), peer_name('last')))

    must(new_peer('many', 0x5000))
    for i in range(MANY):
        must(nl.do(CMD.SA_NEW, dev(), peer_name('many'), sa(IN, 0x20000 + i)))
    bodies, _, err = dump_parts(CMD.SA_GET, lambda: names_change('ipsec0', 'ipsec7', 'ipsec1'), dev())
    names_change('ipsec0', 'ipsec1', 'ipsec7')
    t.ok('E3.16 the interface gives its name to another: a dump by that name ends', err in (0, errno.ENODEV) and
         len(bodies) < PEERS + MANY, (err, len(bodies)))
    bodies, intr, _ = dump_parts(CMD.SA_GET, lambda: None, dev())
    t.ok('E3.16 and the next one is whole', len(bodies) == PEERS + MANY and not intr, (len(bodies), intr))
    must(nl.do(CMD.PEER_DEL, dev(), peer_name('many')))


def tiny_buffers():
    nl.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    before = time.monotonic()
    for cmd, n in ((CMD.PEER_GET, PEERS), (CMD.SA_GET, PEERS), (CMD.DEV_GET, 2)):
        a = nl.transact(nl.message(cmd, flags=DUMP))
        t.ok('E3.16 command %d with the smallest receive buffer' % cmd,
             a.err == 0 and len(a.messages) == n and not a.interrupted, (a, len(a.messages)))
    t.ok('E3.16 in reasonable time', time.monotonic() - before < 10)
    nl.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 212992)


def abandoned():
    """Many dumps begin, and their sockets are closed half way."""
    socks = []
    for i in range(200):
        s = Genl()
        s.send(s.message((CMD.PEER_GET, CMD.SA_GET, CMD.DEV_GET)[i % 3], flags=DUMP))
        if i % 2:
            s.sock.recv(20000)
        socks.append(s)
    for s in socks:
        s.close()
    t.equal('E3.16 200 abandoned dumps change nothing', sorted(names(nl.dump(CMD.PEER_GET))),
            sorted('p%d' % i for i in range(PEERS)))


def big_peer():
    """A peer with all selectors among the others: it needs a message of its own."""
    sels = ['fd%02x:%x::/32' % (i >> 4, i) for i in range(256, 512)]
    must(nl.do(CMD.PEER_NEW, dev(), peer('big', '192.0.2.2', None, sels)))
    bodies = {one(one(b, A.PEER), PEER.NAME): b for b in nl.dump(CMD.PEER_GET, dev())}
    t.equal('T14 a dump with a peer of 256 selectors', len(bodies), PEERS + 1)
    t.equal('T14 which are all there',
            len(set(parse(one(one(bodies[b'big\0'], A.PEER), PEER.SELECTORS))[i][1] for i in range(256))), 256)
    must(nl.do(CMD.PEER_DEL, dev(), peer_name('big')))


def selection():
    """A dump of one interface has nothing of the other."""
    must(new_peer('other', 9, 'ipsec1'))
    for cmd, n in ((CMD.DEV_GET, 1), (CMD.PEER_GET, 1), (CMD.SA_GET, 0)):
        t.equal('command %d of one interface' % cmd, len(nl.dump(cmd, dev('ipsec1'))), n)
        a = nl.transact(nl.message(cmd, dev('ipsec9'), flags=DUMP))
        t.ok('command %d of no interface' % cmd, a.err == errno.ENODEV and not a.messages, a)
    must(nl.do(CMD.PEER_DEL, dev('ipsec1'), peer_name('other')))


# ---- events ----------------------------------------------------------------

def received(sock):
    """Commands of the events that wait, and "lost" where some were."""
    out = []
    while select.select([sock.sock], [], [], 0.05)[0]:
        try:
            out.append(sock.sock.recv(1 << 18)[16])
        except OSError as e:
            out.append(errno.errorcode[e.errno])
    return out


def events():
    """Each change is told once, to each listener, as the query would answer it."""
    first, second = Genl(), Genl()
    first.listen()
    second.listen()
    must(new_peer('e', 0x3000))
    data = first.sock.recv(1 << 18)
    body = nl.do(CMD.PEER_GET, dev(), peer_name('e')).messages[0][1]
    t.equal('an event carries what the query answers', data[20:], body[4:])
    must(nl.do(CMD.SA_NEW, dev(), peer_name('e'), sa(IN, 0x7000)))
    data = first.sock.recv(1 << 18)
    body = nl.do(CMD.SA_GET, dev(), peer_name('e'), sa_id(IN, 0x7000)).messages[0][1]
    t.equal('so does that of an SA', data[20:], body[4:])
    must(nl.do(CMD.SA_NEW, dev(), peer_name('e'), sa(OUT, 0x7001)))
    must(nl.do(CMD.PEER_SET, dev(), peer('e', '192.0.2.3')))
    must(nl.do(CMD.PEER_DEL, dev(), peer_name('e')))
    rest = sorted(received(first))
    # the interface comes up with the SA, gets its MTU, and goes dormant again
    want = sorted([CMD.SA_NEW_NTF, CMD.DEV_SET_NTF, CMD.DEV_SET_NTF, CMD.PEER_SET_NTF, CMD.SA_DEL_NTF, CMD.SA_DEL_NTF,
                   CMD.DEV_SET_NTF, CMD.PEER_DEL_NTF])
    t.equal('each change is told once', rest, want)
    t.equal('and to the other listener as well', sorted(received(second)),
            sorted(want + [CMD.PEER_NEW_NTF, CMD.SA_NEW_NTF]))
    first.close()
    second.close()


def slow_listener():
    """One never reads, one does: the first loses events and learns it, nobody waits."""
    slow, fast = Genl(), Genl()
    slow.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    fast.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    slow.listen()
    fast.listen()
    longest, n = 0, 100
    for i in range(n):
        for cmd, part in ((CMD.PEER_NEW, peer('s', '192.0.2.2', None, ['10.99.0.0/16'])), (CMD.PEER_DEL, peer_name('s'))):
            before = time.monotonic()
            must(nl.do(cmd, dev(), part))
            longest = max(longest, time.monotonic() - before)
    t.ok('E3.22 no request waits for a slow listener', longest < 1, longest)
    t.equal('E3.22 a fast listener sees everything', received(fast), [CMD.PEER_NEW_NTF, CMD.PEER_DEL_NTF] * n)
    got = received(slow)
    t.ok('E3.22 the slow one sees ENOBUFS', 'ENOBUFS' in got and len(got) < 2 * n, got[:5])
    must(nl.do(CMD.PEER_NEW, dev(), peer('s', '192.0.2.2', None, ['10.99.0.0/16'])))
    t.equal('E3.22 and hears again afterwards', received(slow), [CMD.PEER_NEW_NTF])
    must(nl.do(CMD.PEER_DEL, dev(), peer_name('s')))
    slow.close()
    fast.close()


# ---- flush -----------------------------------------------------------------

def counts():
    return [len(nl.dump(cmd, dev(d))) for d in ('ipsec0', 'ipsec1') for cmd in (CMD.PEER_GET, CMD.SA_GET)]


def flushes():
    sas, peers = K['IFIPSEC_FLUSH_SAS'], K['IFIPSEC_FLUSH_PEERS']
    fill('ipsec1')
    ears = Genl()
    ears.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    ears.listen()
    for what, parts, want in (
            ('the SAs of one interface', [dev('ipsec1'), u32(A.FLUSH, sas)], [PEERS, PEERS, PEERS, 0]),
            ('the peers of one interface', [dev('ipsec1'), u32(A.FLUSH, peers)], [PEERS, PEERS, 0, 0]),
            ('all SAs', [u32(A.FLUSH, sas)], [PEERS, 0, 0, 0]),
            ('all peers', [u32(A.FLUSH, peers)], [0, 0, 0, 0]),
            ('nothing', [u32(A.FLUSH, peers)], [0, 0, 0, 0])):
        must(nl.do(CMD.FLUSH, *parts))
        t.equal('flush %s' % what, counts(), want)
    got = received(ears)
    t.equal('flush tells each SA and each peer', (got.count(CMD.SA_DEL_NTF), got.count(CMD.PEER_DEL_NTF)),
            (2 * PEERS, 2 * PEERS))


def hold():
    """In a namespace that is about to go: a listener, and a dump half read."""
    socks = [Genl() for _ in range(3)]
    socks[0].listen()
    for s in socks:
        for i in range(0 if s is not socks[0] else 60):
            s.do(CMD.PEER_NEW, dev(), peer('p%d' % i, '192.0.2.2', None, ['10.%d.0.0/16' % i]))
        s.send(s.message(CMD.PEER_GET, flags=DUMP))
    open(sys.argv[2], 'w').close()
    signal.pause()


if sys.argv[1:2] == ['hold']:
    hold()
fill()
for test in (dumps_under_change, tiny_buffers, abandoned, big_peer, selection, events, slow_listener, goes_on, flushes):
    test()
sys.exit(t.failed > 0)
