# SPDX-License-Identifier: MIT
"""audit.py - the events of dropped packets (RFC 4301 5.2, RFC 4303 4): what is in them is
compared with what was sent, attribute by attribute; nothing else may be there."""
import errno
import json
import os
import socket
import struct
import subprocess
import time

import genl
import wire
from ah import Ah, Front, OTHER
from genl import A, K, Genl, uapi
from wire import (ATK4, ATK6, GW4, GW6, IN4, IN6, IPPROTO_AH, IPPROTO_ESP, Sa, filler, inner, ipv6,
                  outer, problem, same, test)

D = uapi('IFIPSEC_DROP_A_')
NAMES = {v: k.lower() for k, v in vars(D).items() if isinstance(v, int) and k not in ('UNSPEC', 'MAX', 'PAD')}
RATE, BURST = K['IFIPSEC_AUDIT_RATE'], K['IFIPSEC_AUDIT_BURST']
IN, OUT = 1, 2
ADDRESSES = ('outer_src', 'outer_dst', 'inner_src', 'inner_dst')
WIDTH = {'reason': '=I', 'count': '=I', 'time': '=Q', 'dir': '=B', 'proto': '=B', 'spi': '!I',
         'seq': '=Q', 'inner_proto': '=B', 'flowlabel': '=I'}
LAST32 = (1 << 32) - 1
LABEL = 0x54321
BEHIND = '10.8.0.0/16', 'fd08::/16'


def dev_of(family):
    return 'ipsec0' if family == 4 else 'ipsec1'


class Listener:
    """A socket of the group "audit": events come while the packet is dropped, so what is
    not there behind a fence does not come."""

    def __init__(self, buffer=4 << 20):
        self.nl = Genl()
        self.nl.sock.setsockopt(socket.SOL_SOCKET, wire.SO_RCVBUFFORCE, buffer)
        self.nl.sock.setsockopt(genl.SOL_NETLINK, genl.ADD_MEMBERSHIP, self.nl.groups['audit'])
        self.nl.sock.setblocking(False)
        self.raw = b''

    def close(self):
        self.nl.close()

    def take(self):
        """All events that are there, as dicts; the time is checked and left out"""
        out = []
        while True:
            try:
                data = self.nl.sock.recv(1 << 16)
            except BlockingIOError:
                return out
            self.raw += data
            out.append(self.read(data))

    @staticmethod
    def read(data):
        length, kind, _, _, _ = struct.unpack_from('=IHHII', data)
        same('one message', length, len(data))
        same('command', data[16], K['IFIPSEC_CMD_DROP_NTF'])
        event = {}
        for what, value in genl.parse(data[20:]):
            if what == A.IFNAME:
                event['ifname'] = value.rstrip(b'\0').decode()
            elif what == A.PEER:
                event['peer'] = genl.one(value, genl.PEER.NAME).rstrip(b'\0').decode()
            elif what == A.NETNSID:
                event['netnsid'] = struct.unpack('=i', value)[0]
            elif what == A.IFINDEX:
                event['ifindex'] = struct.unpack('=I', value)[0]
            elif what == A.DROP:
                for kind, part in genl.parse(value):
                    if kind == D.PAD:
                        continue
                    name = NAMES[kind]
                    if name in event:
                        problem(f'{name} is there twice')
                    if name in ADDRESSES:
                        part = socket.inet_ntop(socket.AF_INET if len(part) == 4 else socket.AF_INET6, part)
                    elif name in WIDTH:
                        part = struct.unpack(WIDTH[name], part)[0]
                    event[name] = part
            else:
                problem(f'attribute {what}')
        if abs(event.pop('time', 0) / 1e9 - time.time()) > 60:
            problem('the time of an event is not now')
        if 'reason' in event:
            event['reason'] = K['DROPS'][event['reason']]
        return event


def ifindex(dev):
    return socket.if_nametoindex(dev)


def event(dev, reason, sa=None, proto=None, seq=None, family=None, direction=IN, packet=None, count=1,
          peer='peer', label=None, **more):
    """What one event must hold"""
    e = {'ifname': dev, 'ifindex': ifindex(dev), 'reason': reason, 'count': count, 'dir': direction}
    if peer:
        e['peer'] = peer
    if sa:
        e.update(spi=sa.spi, proto=proto or (IPPROTO_AH if isinstance(sa, Ah) else IPPROTO_ESP))
    if seq is not None:
        e['seq'] = seq
    if family and direction == IN:
        e['outer_src'], e['outer_dst'] = (ATK4, GW4) if family == 4 else (ATK6, GW6)
    elif family:
        e['outer_src'], e['outer_dst'] = (GW4, ATK4) if family == 4 else (GW6, ATK6)
    if packet is not None:
        six = packet[0] >> 4 == 6
        at, n, f = (8, 16, socket.AF_INET6) if six else (12, 4, socket.AF_INET)
        e['inner_src'] = socket.inet_ntop(f, packet[at:at + n])
        e['inner_dst'] = socket.inet_ntop(f, packet[at + n:at + 2 * n])
        e['inner_proto'] = packet[6] if six else packet[9]
    if label is not None:
        e['flowlabel'] = label
    e.update(more)
    return {k: v for k, v in e.items() if v is not None}


class Rig:
    def __init__(self):
        self.w = wire.Wire()
        for family in 4, 6:
            self.w.tunnel(dev_of(family), family, *BEHIND)
        for dev, family, protect in (('ipsec2', 4, 'ah'), ('ipsec3', 6, 'ah'), ('ipsec4', 4, 'esp+ah')):
            self.w.tunnel(dev, family, *BEHIND)
            wire.ipsecctl('peer', 'set', dev, 'peer', 'protect', protect)
        self.ear = Listener()
        self.spi = 0x7000

    def new(self, dev, direction='in', *options, esn=False, seq=0):
        self.spi += 1
        sa = Sa(self.spi, esn=esn, seq=seq)
        return sa.install(dev, 'peer', direction, 'seq', seq, *options)

    def rx(self, label, packet, dev, want, drop=None, **more):
        """One packet or a list: it is dropped for that reason, and told of like that"""
        want = want if isinstance(want, list) else [want]
        self.w.rx(label, packet, dev, drop=drop if drop is not None else want[0].get('reason'), **more)
        self.told(label, want)

    def told(self, label, want):
        got = self.ear.take()
        if got != want:
            for g, w in zip(got, want):
                diff = {k: (g.get(k), w.get(k)) for k in {*g, *w} if g.get(k) != w.get(k)}
                if diff:
                    problem(f'{label}: (got, want) {diff}')
            if len(got) != len(want):
                problem(f'{label}: {len(got)} events, want {len(want)}: {got[len(want):]}')


def over(family, esp, **more):
    """With a flow label, where there is one"""
    return outer(family, esp, flow=LABEL, **more) if family == 6 else outer(family, esp, **more)


def label_of(family):
    return LABEL if family == 6 else None


# ---- received -------------------------------------------------------------------

def esp_in(r):
    for family in 4, 6:
        for esn in False, True:
            dev, name = dev_of(family), f'IPv{family}{", ESN" if esn else ""}'
            high = 3 << 32 if esn else 0
            sa = r.new(dev, esn=esn, seq=high + 5000)
            seq = high + 5001
            is_esp = dict(dev=dev, sa=sa, family=family, label=label_of(family))
            good = sa.seal(inner(4, 60), seq)
            with test(f'A1.50 integrity failure: SPI, number, addresses, flow label; {name}'):
                bad = good[:-1] + bytes([good[-1] ^ 1])
                r.rx('forged', over(family, bad), dev, event(reason='rx_auth_fail', seq=seq, **is_esp))
            with test(f'A1.50 anti-replay failure; {name}'):
                r.w.rx('good', over(family, good), dev, out=[inner(4, 60)])
                r.told('a packet that is delivered is no event', [])
                r.rx('again', over(family, good), dev, event(reason='rx_replay_dup', seq=seq, **is_esp))
                old = sa.seal(inner(4, 60), seq - 1024)
                if not esn:      # with ESN it would be taken for one of the next 2^32
                    r.rx('old', over(family, old), dev,
                         event(reason='rx_replay_old', seq=seq - 1024, **is_esp))
            with test(f'A1.50 selector mismatch: the inner packet too; {name}'):
                for p in inner(4, 60, src='203.0.113.9'), inner(6, 80, src='2001:db8:bad::1'):
                    seq += 1
                    r.rx('mismatch', over(family, sa.seal(p, seq)), dev,
                         event(reason='rx_ts_mismatch', seq=seq, packet=p, **is_esp))
            with test(f'A1.50 malformed: trailer, padding, next header, inner packet, length; {name}'):
                for clear, why in ((filler(10) + b'\xff\x04', 'rx_bad_trailer'),
                                   (inner(4, 40) + b'\0\0\2\4', 'rx_bad_pad'),
                                   (inner(4, 42) + b'\0\x11', 'rx_bad_nexthdr'),
                                   (inner(6, 62)[:42] + b'\0\x04', 'rx_bad_inner')):
                    seq += 1
                    r.rx(why, over(family, sa.seal_clear(seq, clear)), dev, event(reason=why, seq=seq, **is_esp))
                # before the number is reconstructed it is the low half
                short = sa.seal(inner(4, 60), seq + 1)[:20]
                r.rx('short', over(family, short), dev,
                     event(reason='rx_too_short', seq=(seq + 1) & LAST32, **is_esp))
            with test(f'A1.50 a dummy is a drop too, and so is a limit that is met; {name}'):
                seq += 1
                r.rx('dummy', over(family, sa.seal_clear(seq, b'\1\2\2\x3b')), dev,
                     event(reason='rx_dummy', seq=seq, **is_esp))
                short = r.new(dev, 'in', 'hard-packets', 1, esn=esn, seq=high)
                r.w.rx('the last', over(family, short.seal(inner(4, 60))), dev, out=[inner(4, 60)])
                r.rx('behind it', over(family, short.seal(inner(4, 60))), dev,
                     event(dev, 'rx_sa_expired', short, family=family, label=label_of(family),
                           seq=(high + 2) & LAST32))
                short.remove(dev, 'peer', 'in')
            sa.remove(dev, 'peer', 'in')


def transport_in(r):
    for family in 4, 6:
        dev = dev_of(family)
        with test(f'A1.50 transport mode: a packet that is no fragment, forged and malformed, IPv{family}'):
            sa = r.new(dev, 'in', 'mode', 'transport')
            is_esp = dict(dev=dev, sa=sa, family=family, label=label_of(family))
            p = sa.seal_clear(1, filler(42) + b'\0\x2c')
            r.rx('forged', over(family, p[:-1] + bytes([p[-1] ^ 1])), dev,
                 event(reason='rx_auth_fail', seq=1, **is_esp))
            nh = b'\0\x2c' if family == 6 else b'\0\0'
            r.rx('a fragment', over(family, sa.seal_clear(1, filler(42) + nh)), dev,
                 event(reason='rx_bad_nexthdr', seq=1, **is_esp))
            sa.remove(dev, 'peer', 'in')
        with test(f'A1.50 transport mode, selector mismatch: the addresses, once as outer and once as inner, IPv{family}'):
            sa = r.new(dev, 'in', 'mode', 'transport')
            packet = over(family, b'', proto=253)
            r.rx('mismatch', over(family, sa.seal_clear(1, filler(42) + bytes([0, 253]))), dev,
                 event(dev, 'rx_ts_mismatch', sa, seq=1, family=family, label=label_of(family), packet=packet))
            sa.remove(dev, 'peer', 'in')


def ah_in(r):
    for family, dev in (4, 'ipsec2'), (6, 'ipsec3'):
        for esn in False, True:
            sa = Ah(family, esn=esn).install(dev)
            front = Front(6, flow=LABEL) if family == 6 else Front(4)
            is_ah = dict(dev=dev, sa=sa, family=family, label=label_of(family))
            with test(f'A1.50 AH: integrity, anti-replay, length, selectors; IPv{family}{", ESN" if esn else ""}'):
                p = inner(4, 61)
                good = sa.seal(front, p, 4)
                r.rx('forged', good[:-1] + bytes([good[-1] ^ 1]), dev,
                     event(reason='rx_auth_fail', seq=sa.seq, **is_ah))
                r.w.rx('good', good, dev, out=[p])
                r.rx('again', good, dev, event(reason='rx_replay_dup', seq=sa.seq, **is_ah))
                r.rx('length', sa.seal(front, p, 4, seq=sa.seq + 1, words=sa.words + 1), dev,
                     event(reason='rx_bad_ah_hdr', seq=(sa.seq + 1) & LAST32, **is_ah))
                p = inner(6, 61, src='2001:db8:bad::1')
                packet = sa.seal(front, p, 41)
                r.rx('mismatch', packet, dev,
                     event(reason='rx_ts_mismatch', seq=sa.seq, packet=p, **is_ah))
            sa.remove(dev)
    with test('A1.50 one layer of two: which it was'):
        esp, ah = r.new('ipsec4'), Ah(4).install('ipsec4')
        r.rx('ESP alone', outer(4, esp.seal(inner(4, 60))), 'ipsec4',
             event('ipsec4', 'rx_bundle', esp, seq=1, family=4))
        r.rx('AH alone', ah.seal(Front(4), inner(4, 60), 4), 'ipsec4',
             event('ipsec4', 'rx_bundle', ah, seq=ah.seq, family=4))
        both = ah.seal(Front(4), esp.seal(inner(4, 60, src='203.0.113.9')), IPPROTO_ESP)
        r.rx('both, selectors', both, 'ipsec4', event(
            'ipsec4', 'rx_ts_mismatch', esp, seq=2, family=4, packet=inner(4, 60, src='203.0.113.9')))
        ah.remove('ipsec4')
        esp.remove('ipsec4', 'peer', 'in')


def unknown(family, spi, seq, proto=IPPROTO_ESP, count=1):
    e = {'unknown_spi': b'', 'count': count, 'dir': IN, 'proto': proto, 'spi': spi, 'seq': seq,
         'outer_src': ATK4 if family == 4 else ATK6, 'outer_dst': GW4 if family == 4 else GW6}
    if family == 6:
        e['flowlabel'] = LABEL
    return e


def no_sa(r):
    for family in 4, 6:
        dev = dev_of(family)
        with test(f'A1.50 A1.42 no SA: an SPI that nobody has, IPv{family}, ESP and AH; no counter of ours'):
            head = struct.pack('!II', 0xABCD0123, 77) + filler(60)
            r.rx('ESP', over(family, head), dev, unknown(family, 0xABCD0123, 77), drop={}, foreign=1)
            ah = struct.pack('!BBHII', 4, 4, 0, 0xABCD0124, 78) + filler(12) + inner(4, 40)
            before = r.w.snapshot()
            r.w.send(over(family, ah, proto=IPPROTO_AH))
            r.w.fence()
            r.w.compare('AH', before, dev, {})
            r.told('AH', [unknown(family, 0xABCD0124, 78, IPPROTO_AH)])
            wire.drain(r.w.tap)
        with test(f'A1.50 A1.42 no SA: too short to name one, IPv{family}: no event'):
            r.rx('7 bytes', over(family, head[:7]), dev, [], drop={}, foreign=1)
    with test("A1.50 A1.42 an SA of the kernel's own IPsec is not unknown"):
        wire.run('ip', 'xfrm', 'state', 'add', 'src', ATK4, 'dst', GW4, 'proto', 'esp', 'spi', '0x9999',
                 'mode', 'tunnel', 'aead', 'rfc4106(gcm(aes))', '0x' + '11' * 20, '128')
        before = r.w.snapshot()
        r.w.send(outer(4, struct.pack('!II', 0x9999, 1) + filler(60)))
        r.w.send(outer(4, struct.pack('!II', 0x9998, 1) + filler(60)))
        r.w.fence()
        r.w.compare('stock', before, 'ipsec0', {})
        r.told('only the other is told', [unknown(4, 0x9998, 1)])
        wire.drain(r.w.tap)
        wire.run('ip', 'xfrm', 'state', 'flush')


# ---- sent -----------------------------------------------------------------------

def tx(r, label, packet, dev, want, **more):
    r.w.tx(label, packet, dev, drop=want['reason'], **more)
    r.told(label, [want])


def out(r):
    six = ipv6(*IN6[::-1], filler(40), flow=0x12345)
    four = inner(4, 60, src=IN4[1], dst=IN4[0])
    for family in 4, 6:
        dev = dev_of(family)
        for p, label in (four, None), (six, 0x12345):
            kind = f'IPv{p[0] >> 4} in IPv{family}'
            common = dict(dev=dev, direction=OUT, family=family, packet=p, label=label)
            with test(f'A1.50 nothing to send on: the packet, and the peer; {kind}'):
                tx(r, 'no SA', p, dev, event(reason='tx_no_sa', **common))
            with test(f'A1.50 sequence number overflow: the SA and the packet; {kind}'):
                sa = r.new(dev, 'out', seq=LAST32 - 1)
                r.w.tx('the last', p, dev)
                tx(r, 'overflow', p, dev, event(reason='tx_seq_overflow', sa=sa, **common))
                sa.remove(dev, 'peer', 'out')
            with test(f'A1.50 a hard limit: with the number that is spent; {kind}'):
                sa = r.new(dev, 'out', 'hard-packets', 1)
                r.w.tx('the last', p, dev)
                tx(r, 'expired', p, dev, event(reason='tx_sa_expired', sa=sa, seq=2, **common))
                sa.remove(dev, 'peer', 'out')
    with test('A1.50 no policy: nobody has a selector for it, so no peer'):
        p = inner(4, 60, src=IN4[1], dst='203.0.113.9')
        tx(r, 'no peer', p, 'ipsec0', event('ipsec0', 'tx_no_peer', direction=OUT, packet=p, peer=None))
    with test('A1.50 the interface is down'):
        sa = r.new('ipsec0')
        wire.run('ip', 'link', 'set', 'ipsec0', 'down')
        r.rx('down', outer(4, sa.seal(inner(4, 60))), 'ipsec0',
             event('ipsec0', 'rx_dev_down', sa, seq=1, family=4))
        wire.run('ip', 'link', 'set', 'ipsec0', 'up')
        sa.remove('ipsec0', 'peer', 'in')
    with test('A1.50 what is no IP packet has no addresses'):
        tx(r, 'junk', b'\0' * 30, 'ipsec0',
           event('ipsec0', 'tx_not_ip', direction=OUT, peer=None), protocol=wire.ETH_P_IP)


# ---- how many -------------------------------------------------------------------

def until(what, found):
    end = time.monotonic() + 20
    while not found():
        if time.monotonic() > end:
            return problem(f'{what}: never')
        time.sleep(0.02)


def junk(sa, n, first=1):
    """Packets that no earlier test has dropped for their reason: its limit is untouched"""
    return [outer(4, struct.pack('!II', sa.spi, first + i) + filler(61)) for i in range(n)]


def total(events):
    return sum(e['count'] for e in events)


def limits(r):
    """A flood: the events are bounded, what they say is exact"""
    sa = r.new('ipsec0')
    flood = junk(sa, 1000)
    with test('A1.50 1000 bad packets: few events, and their counts are 1000'):
        start = time.monotonic()
        r.w.rx('flood', flood, 'ipsec0', drop='rx_bad_align')
        got = r.ear.take()
        most = BURST + (time.monotonic() - start + 0.5) * (RATE + 1)
        if not BURST <= len(got) <= most:
            problem(f'{len(got)} events, want {BURST} to {most:.0f}')
        until('the rest', lambda: got.extend(r.ear.take()) or total(got) >= 1000)
        same('the sum', total(got), 1000)
        same('the last one is a summary', got[-1], {'reason': 'rx_bad_align', 'count': got[-1].get('count')})
        same('all others are of it', {(e['ifname'], e['spi']) for e in got if 'spi' in e}, {('ipsec0', sa.spi)})
        same('the burst leaves out nothing', {e['count'] for e in got[:BURST]}, {1})
    with test('A1.50 a flood of one reason leaves the events of others alone'):
        r.w.rx('flood', flood[:200], 'ipsec0', drop='rx_bad_align')
        got = r.ear.take()
        r.rx('unknown', outer(4, struct.pack('!II', 0xABCD0125, 1) + filler(60)), 'ipsec0',
             unknown(4, 0xABCD0125, 1), drop={}, foreign=1)
        until('the rest', lambda: got.extend(r.ear.take()) or total(got) >= 200)
        same('the sum', total(got), 200)
    with test('A1.50 the next event tells what was left out, when it comes before the summary'):
        got, n = [], 0
        while not any(e['count'] > 1 and 'spi' in e for e in got):
            r.w.rx('more', flood[:60], 'ipsec0', drop='rx_bad_align')
            n += 60
            got += r.ear.take()
        until('the rest', lambda: got.extend(r.ear.take()) or total(got) >= n)
        same('the sum', total(got), n)
    with test('A1.50 a listener that is too slow is told so, and the others miss nothing'):
        slow = Listener(buffer=1)
        r.w.rx('burst', [outer(4, struct.pack('!II', sa.spi, 0) + filler(60))] * 40, 'ipsec0', drop='rx_replay_old')
        same('the others', [e['count'] for e in r.ear.take()], [1] * 40)
        try:
            while slow.nl.sock.recv(1 << 16):
                pass
        except OSError as e:
            same('the error', e.errno, errno.ENOBUFS)
        slow.close()
    with test('A1.50 nobody listens: nothing is kept for who comes later'):
        r.ear.close()
        r.w.rx('flood', [outer(4, struct.pack('!II', sa.spi, 1) + filler(60))] * 100, 'ipsec0', drop='rx_auth_fail')
        raw, r.ear = r.ear.raw, Listener()
        r.ear.raw = raw
        r.rx('one', outer(4, struct.pack('!II', sa.spi, 1) + filler(60)), 'ipsec0',
             event('ipsec0', 'rx_auth_fail', sa, seq=1, family=4))
    with test('A1.50 the group "events" gets none of them'):
        nl = Genl()
        nl.listen()
        nl.sock.setblocking(False)
        r.w.rx('one', outer(4, struct.pack('!II', sa.spi, 1) + filler(60)), 'ipsec0', drop='rx_auth_fail')
        same('audit', len(r.ear.take()), 1)
        try:
            problem(f'events: {nl.sock.recv(1 << 16)!r}')
        except BlockingIOError:
            pass
        nl.close()
    sa.remove('ipsec0', 'peer', 'in')


def several(r):
    """Packets that end together"""
    with test('A1.50 packets that wait for an SA: one too many, and all of them'):
        nl = Genl()
        nl.sock.setsockopt(genl.SOL_NETLINK, genl.ADD_MEMBERSHIP, nl.groups['keys'])
        n = K['IFIPSEC_HOLD_PACKETS']
        packets = [inner(4, 60, src=IN4[1], dst=IN4[0], start=i) for i in range(n + 1)]
        r.w.tx('hold', packets, 'ipsec0', drop={'tx_hold_full': 1})
        common = dict(direction=OUT, family=4, packet=packets[0])
        r.told('one too many', [event('ipsec0', 'tx_hold_full', **common)])
        before = r.w.snapshot()
        wire.ipsecctl('peer', 'del', 'ipsec0', 'peer')
        r.w.compare('all', before, 'ipsec0', {'tx_no_sa': n})
        # where they were to go is gone
        r.told('all', [event('ipsec0', 'tx_no_sa', count=n, **{**common, 'family': None})])
        nl.close()
        wire.ipsecctl('peer', 'add', 'ipsec0', 'peer', 'local', GW4, 'remote', ATK4,
                      'selector', BEHIND[0], 'selector', BEHIND[1])


# ---- who sees it ----------------------------------------------------------------

def other_namespace(r):
    with test('A1.50 an interface that lives elsewhere: the event is in the underlay, with its namespace id'):
        w = r.w
        w.tunnel('ipsec5', 4)
        sa = r.new('ipsec5')
        forged = outer(4, struct.pack('!II', sa.spi, 1) + filler(60))
        wire.run('ip', 'netns', 'set', 'inside', '5')
        wire.run('ip', 'link', 'set', 'ipsec5', 'netns', 'inside')
        wire.run('ip', '-n', 'inside', 'link', 'set', 'ipsec5', 'up')
        w.devs.pop('ipsec5')
        w.taps.pop('ipsec5').close()
        w.ins.pop('ipsec5').close()
        with wire.inside('inside'):
            other = Listener()
            index = ifindex('ipsec5')
        w.send(forged)
        w.fence()
        want = event('ipsec0', 'rx_auth_fail', sa, seq=1, family=4, ifname='ipsec5', ifindex=index, netnsid=5)
        r.told('in the underlay', [want])
        same('where it lives', other.take(), [])
        other.close()
    with test('A1.50 it moves on: from there the underlay knew no namespace id yet'):
        wire.run('ip', '-n', 'inside', 'link', 'set', 'ipsec5', 'netns', 'further')
        wire.run('ip', '-n', 'further', 'link', 'set', 'ipsec5', 'up')
        w.send(forged)
        w.fence()
        got = r.ear.take()
        same('events', [e['ifname'] for e in got], ['ipsec5'])
        if got[0].get('netnsid', -1) < 0 or got[0]['netnsid'] == 5:
            problem(f"the id is {got[0].get('netnsid')}")


def unprivileged(r):
    with test('A1.50 E3.1 who is not privileged cannot listen'):
        pid = os.fork()
        if not pid:
            os.setgid(65534)
            os.setuid(65534)
            nl = genl.Netlink()
            try:
                nl.sock.setsockopt(genl.SOL_NETLINK, genl.ADD_MEMBERSHIP, r.ear.nl.groups['audit'])
                os._exit(0)
            except PermissionError:
                os._exit(1)
        same('refused', os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 1)


class Monitor:
    def __init__(self, *words):
        self.p = subprocess.Popen(['ipsecctl', *words], stdout=subprocess.PIPE, text=True, close_fds=False)
        self.seen = self.p.stdout.readline()

    def lines(self, n):
        return [self.p.stdout.readline().rstrip('\n') for _ in range(n)]

    def close(self):
        self.p.kill()
        rest = self.p.stdout.read()
        self.p.wait()
        return rest


def monitors(r):
    """What people and programs see"""
    sa = r.new('ipsec0')
    forged = outer(4, struct.pack('!II', sa.spi, 17) + filler(60))
    text, data = Monitor('monitor', 'drops'), Monitor('-j', 'monitor', 'all')
    plain = Monitor('-j', 'monitor')
    with test('A1.50 ipsecctl monitor drops: a line for people'):
        r.w.rx('forged', forged, 'ipsec0', drop='rx_auth_fail')
        p = ipv6(*IN6[::-1], filler(40), flow=0x12345)
        r.w.tx('no SA', p, 'ipsec0', drop='tx_no_sa')
        r.w.rx('unknown', over(6, struct.pack('!II', 0xABCD0126, 9) + filler(60)), 'ipsec1', foreign=1)
        same('lines', [line.split(' ', 1)[1] for line in text.lines(3)], [
            f'drop ipsec0 peer rx_auth_fail in 0x{sa.spi:08x} esp seq 17, {ATK4} > {GW4}',
            f'drop ipsec0 peer tx_no_sa out, {GW4} > {ATK4}, flow label 0x12345, inner {IN6[1]} > {IN6[0]} protocol 253',
            f'drop no_sa in 0xabcd0126 esp seq 9, {ATK6} > {GW6}, flow label 0x{LABEL:05x}'])
    with test('A1.50 ipsecctl -j monitor all: the same as JSON'):
        got = [json.loads(line) for line in data.lines(3)]
        for e in got:
            same('event', (e.pop('event'), e.pop('timestamp')[:2]), ('drop', '20'))
        home = {'ifname': 'ipsec0', 'ifindex': ifindex('ipsec0'), 'peer': 'peer'}
        same('objects', got, [
            {**home, 'reason': 'rx_auth_fail', 'dir': 'in', 'spi': f'0x{sa.spi:08x}', 'proto': 'esp', 'seq': 17,
             'outer': {'src': ATK4, 'dst': GW4}, 'packets': 1},
            {**home, 'reason': 'tx_no_sa', 'dir': 'out', 'outer': {'src': GW4, 'dst': ATK4},
             'inner': {'src': IN6[1], 'dst': IN6[0], 'proto': 253}, 'flowlabel': 0x12345, 'packets': 1},
            {'reason': 'no_sa', 'dir': 'in', 'spi': '0xabcd0126', 'proto': 'esp', 'seq': 9,
             'outer': {'src': ATK6, 'dst': GW6}, 'flowlabel': LABEL, 'packets': 1}])
    with test('A1.50 ipsecctl monitor: changes are in "all" and not in "drops", drops not without a word'):
        sa.remove('ipsec0', 'peer', 'in')
        same('all', json.loads(data.lines(1)[0])['event'], 'sa_del')
        same('without a word', json.loads(plain.lines(1)[0])['event'], 'sa_del')
        same('drops', text.close(), '')
        same('the rest', (data.close(), plain.close()), ('', ''))
    with test('A1.50 ipsecctl monitor: what was left out'):
        sa = r.new('ipsec0')
        text = Monitor('monitor', 'drops')
        r.ear.take()
        r.w.rx('flood', junk(sa, 300), 'ipsec0', drop='rx_bad_align')
        told = r.ear.take()
        until('the rest', lambda: told.extend(r.ear.take()) or total(told) >= 300)
        last = text.lines(len(told))[-1].split(' ', 1)[1]
        same('the summary', last, f"drop rx_bad_align ({told[-1]['count']} not shown)")
        text.close()
        sa.remove('ipsec0', 'peer', 'in')


def no_keys(r):
    with test('A1.50 no key in any event'):
        for spi in range(0x7001, r.spi + 1):
            if Sa(spi).material[:6] in r.ear.raw:
                problem(f'that of 0x{spi:x}')
        if not r.ear.raw:
            problem('no event was seen')


def scenario():
    r = Rig()
    esp_in(r)
    transport_in(r)
    ah_in(r)
    no_sa(r)
    out(r)
    no_keys(r)
    several(r)
    limits(r)
    monitors(r)
    other_namespace(r)
    unprivileged(r)
    no_keys(r)


wire.main(scenario)
