# SPDX-License-Identifier: MIT
"""report.py - what the benchmark's figures say: the targets, then the tables.

Figures are {name: number}; names are as the parts of the suite print them.  Only what
was measured is shown.
"""

# What the module must reach, and aims at: ratios of figures of the same boot, mostly
MOST, LEAST = 'at most', 'at least'


def ratio(a, b):
    return lambda r: r[a] / r[b]


def figure(a):
    return lambda r: r[a]


def best(name, a, b):
    """Of two runs; the name says whether it is work a second or time of work"""
    return max(a, b) if '.tcp.' in '.' + name else min(a, b)


def net(a, b, base):
    """Both without what the bare wire costs"""
    return lambda r: (r[a] - r[base]) / (r[b] - r[base])


TARGETS = [
    # what, ratio, which way, must, aim
    ('UDP 64 B, both, to xfrm interface', ratio('udp.both.64.ipsec', 'udp.both.64.xfrmi'), MOST, 0.57, 0.50),
    ('UDP 64 B, encrypt, net of veth, to xfrm interface',
     net('udp.enc.64.ipsec', 'udp.enc.64.xfrmi', 'udp.enc.64.veth'), MOST, 0.36, 0.30),
    ('UDP 1400 B, both, to xfrm interface', ratio('udp.both.1400.ipsec', 'udp.both.1400.xfrmi'), MOST, 0.67, 0.62),
    ('forwarding 64 B, to xfrm interface', ratio('forward.64.ipsec', 'forward.64.xfrmi'), MOST, 0.57, 0.50),
    ('forwarding 1400 B, to xfrm interface', ratio('forward.1400.ipsec', 'forward.1400.xfrmi'), MOST, 0.64, 0.58),
    ('TCP, one stream, to xfrm interface', ratio('tcp.ipsec', 'tcp.xfrmi'), LEAST, 1.15, 1.30),
    ('ping 56 B, to xfrm interface', ratio('ping.56.ipsec', 'ping.56.xfrmi'), MOST, 0.62, 0.58),
    ('ping 1372 B, to xfrm interface', ratio('ping.1372.ipsec', 'ping.1372.xfrmi'), MOST, 0.70, 0.65),
    ('ChaCha20-Poly1305, UDP 64 B, both, to WireGuard',
     ratio('udp.both.64.ipsec_chacha', 'udp.both.64.wireguard'), MOST, 0.90, 0.80),
    ('ChaCha20-Poly1305, UDP 1400 B, both, to WireGuard',
     ratio('udp.both.1400.ipsec_chacha', 'udp.both.1400.wireguard'), MOST, 0.80, 0.72),
    ('ESP in UDP, 64 B, both, to ESP', ratio('udp.both.64.ipsec_udp', 'udp.both.64.ipsec'), MOST, 1.06, 1.03),
    ('one flow among 10,000 peers, to 1 peer', ratio('scale.first.10000.ipsec', 'scale.first.1.ipsec'),
     MOST, 1.02, 1.01),
    ('round robin over 10,000 peers, to 1 peer', ratio('scale.round.10000.ipsec', 'scale.round.1.ipsec'),
     MOST, 1.15, 1.05),
    ('bytes of memory, a peer with two SAs', figure('scale.memory.ipsec'), MOST, 8000, 4000),
    ('instructions, one more peer with two SAs at 10,000', figure('scale.install.10000.ipsec'), MOST, 250000, 100000),
    ('wall clock, noisy: one TCP flow, 2 CPUs to 1',
     ratio('native.tcp.1flow.2cpu.ipsec_chacha', 'native.tcp.1flow.1cpu.ipsec_chacha'), LEAST, 1.6, 1.85),
    ('wall clock, noisy: the same, 2 CPUs, to WireGuard',
     ratio('native.tcp.1flow.2cpu.ipsec_chacha', 'native.tcp.1flow.2cpu.wireguard'), LEAST, 1.1, 1.4),
    ('wall clock, noisy: eight TCP flows, 2 CPUs to 1',
     ratio('native.tcp.8flows.2cpu.ipsec_chacha', 'native.tcp.8flows.1cpu.ipsec_chacha'), LEAST, 1.7, 1.9),
    ('wall clock, noisy: UDP 64 B, both, to xfrm interface',
     ratio('native.udp.both.64.ipsec_chacha', 'native.udp.both.64.xfrmi_chacha'), MOST, 0.75, 0.65),
    ('wall clock, noisy: UDP 64 B, both, to WireGuard',
     ratio('native.udp.both.64.ipsec_chacha', 'native.udp.both.64.wireguard'), MOST, 0.60, 0.50),
]

TABLES = [
    # title, rows' names, columns, in what the ratio is given (its path)
    ('Instructions per packet, UDP, host to host', 'udp.%s.%s.', ('enc', 'both'), ('64', '512', '1400'), 'xfrmi'),
    ('Instructions per packet, UDP, host to host, decrypt: both less enc', 'udp.dec.%s.', ('64', '512', '1400'), None,
     'xfrmi'),
    ('Instructions per packet, UDP, forwarded by two gateways', 'forward.%s.', ('64', '1400'), None, 'xfrmi'),
    ('TCP, one stream: Mbit/s', 'tcp.', None, None, 'xfrmi'),
    ('Instructions per round trip of ping', 'ping.%s.', ('56', '1372'), None, 'xfrmi'),
    ('Native, wall clock, noisy, ChaCha20-Poly1305, TCP over one SA: Mbit/s', 'native.tcp.%s.%s.',
     ('1flow', '8flows'), ('1cpu', '2cpu'), 'xfrmi_chacha'),
    ('Emulated, wall clock, noisy, TCP over one SA: Mbit/s', 'emulated.tcp.%s.%s.', ('1flow', '8flows'),
     ('1cpu', '2cpu'), 'xfrmi'),
    ('Native, noisy, ChaCha20-Poly1305, UDP 64 B, both: ticks of the processor per packet', 'native.udp.both.64.',
     None, None, 'xfrmi_chacha'),
    ('Instructions per operation of the cipher alone', 'cipher.%s.%s.', ('seal', 'open'), ('64', '512', '1400'), None),
]


def verdict(value, way, must, aim):
    better = (lambda a, b: a <= b) if way == MOST else (lambda a, b: a >= b)
    return 'aim' if better(value, aim) else 'must' if better(value, must) else 'MISSED'


def number(value, digits):
    """A ratio with its digits, anything larger without"""
    return '%.*f' % (digits if value < 100 else 0, value)


def show_targets(results):
    print('%-52s %7s  %-8s %6s %6s  %s' % ('ratio', 'here', '', 'must', 'aim', 'reached'))
    for what, value, way, must, aim in TARGETS:
        try:
            v = value(results)
        except KeyError:
            continue
        print('%-52s %7s  %-8s %6s %6s  %s' % (what, number(v, 3), way, number(must, 2), number(aim, 2),
                                             verdict(v, way, must, aim)))


def columns(pattern, first, second):
    """The beginnings of names, one a column, with the column's title"""
    if not first:
        return [(pattern, '')]
    if not second:
        return [(pattern % a, a) for a in first]
    return [(pattern % (a, b), '%s %s' % (a, b)) for b in second for a in first]


def show_table(results, title, pattern, first, second, base):
    cols = columns(pattern, first, second)
    paths = []
    for name in results:
        path = name.rpartition('.')[2]
        if name == cols[0][0] + path and path not in paths:
            paths.append(path)
    if not paths:
        return
    print('\n%s%s' % (title, ' (ratio to %s)' % base if base else ''))
    print('%-14s' % '' + ''.join('%18s' % c[1] for c in cols))
    for path in paths:
        line = '%-14s' % path
        for prefix, _ in cols:
            value = results.get(prefix + path)
            against = results.get(prefix + base) if base else None
            cell = '' if value is None else '%.0f' % value if not against else \
                '%.2f  %7.0f' % (value / against, value)
            line += '%18s' % cell
        print(line)


def scale_sizes(results, path):
    """How many peers were measured"""
    return sorted(int(name.split('.')[2]) for name in results
                  if name.startswith('scale.first.') and name.endswith('.' + path))


def show_scale(results):
    paths = [p for p in ('ipsec', 'xfrmi') if scale_sizes(results, p)]
    if not paths:
        return
    kinds = ('first', 'round', 'install', 'dump')
    print('\nPeers of one interface, or xfrm interfaces: instructions per packet of one flow, and of each peer in turn,\n'
          'with a route lookup (ratio to one peer); to add one more with two SAs; of a dump, per SA')
    print('%-14s' % 'peers' + ''.join('%18s' % k for k in kinds))
    for path in paths:
        for n in scale_sizes(results, path):
            line = '%-6s %7d' % (path, n)
            for kind in kinds:
                value = results.get('scale.%s.%d.%s' % (kind, n, path))
                line += '%18s' % (value and '%.3f  %7.0f' % (value / results['scale.%s.1.%s' % (kind, path)], value) or '')
            print(line)
    print('bytes of memory of one more: ' +
          ', '.join('%s %.0f' % (p, results['scale.memory.' + p]) for p in paths))


def with_decrypt(results):
    """What a packet costs from the wire on is not measured by itself"""
    more = {name.replace('.both.', '.dec.', 1): value - results[name.replace('.both.', '.enc.', 1)]
            for name, value in results.items() if name.startswith('udp.both.')}
    return {**results, **more}


def show(results):
    results = with_decrypt(results)
    show_targets(results)
    for table in TABLES:
        show_table(results, *table)
    show_scale(results)


# A figure of ours is compared as a ratio to the stock kernel's of the same boot, so that
# another kernel, with another compiler, is no regression of ours.
BASE, WORSE = 'xfrmi', 1.03


def compare(results, known):
    """Print "ok - " or "not ok - " for each figure of both.  Return: the exit status."""
    failed = compared = 0
    for name in sorted(results):
        where, _, path = name.rpartition('.')
        base = '%s.%s' % (where, BASE)
        if not path.startswith('ipsec') or not {name, base} <= set(known) or base not in results:
            continue
        now, then = results[name] / results[base], known[name] / known[base]
        change = then / now if where == 'tcp' else now / then
        compared += 1
        if change <= WORSE:
            print('ok - bench: %s: %.3f of %s, was %.3f' % (name, now, BASE, then))
        else:
            failed += 1
            print('not ok - bench: %s: %.3f of %s, was %.3f: %.1f %% worse' %
                  (name, now, BASE, then, 100 * (change - 1)))
    if not compared:
        print('not ok - bench: nothing to compare')
    return int(failed > 0 or not compared)
