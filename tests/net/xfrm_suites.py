# SPDX-License-Identifier: MIT
"""xfrm_suites.py - the combinations of xfrm_suites.sh: makes them, pings through
each in both directions, and compares the counters of both sides.

Run in the namespace where the hosts "ours" and "stock" are known; the argument is a
directory for files.
"""
import hashlib
import json
import os
import subprocess
import sys
from collections import namedtuple

WORK = sys.argv[1]

# our name, its key bytes; the stock kernel's words for it with the key
Encr = namedtuple('Encr', 'name bytes stock auth')
Auth = namedtuple('Auth', 'name bytes stock bits')

AUTHS = {a.name: a for a in (
    Auth('hmac-sha2-256-128', 32, 'hmac(sha256)', 128),
    Auth('hmac-sha2-256-96', 32, 'hmac(sha256)', 96),
    Auth('hmac-sha2-384-192', 48, 'hmac(sha384)', 192),
    Auth('hmac-sha2-512-256', 64, 'hmac(sha512)', 256),
    Auth('hmac-sha1-96', 20, 'hmac(sha1)', 96),
    Auth('hmac-md5-96', 16, 'hmac(md5)', 96),
    Auth('aes-xcbc-96', 16, 'xcbc(aes)', 96),
    Auth('aes-cmac-96', 16, 'cmac(aes)', 96))}
AEADS = [Encr('aes-gcm-%d' % icv, key, 'aead rfc4106(gcm(aes)) %%s %d' % (icv * 8), None)
         for icv, key in ((16, 20), (16, 28), (16, 36), (12, 20), (8, 36))]
AEADS += [Encr('aes-ccm-%d' % icv, key, 'aead rfc4309(ccm(aes)) %%s %d' % (icv * 8), None)
          for icv, key in ((16, 19), (12, 27), (8, 35))]
AEADS += [Encr('null-aes-gmac', 20, 'aead rfc4543(gcm(aes)) %s 128', None),
          Encr('null-aes-gmac', 36, 'aead rfc4543(gcm(aes)) %s 128', None),
          Encr('chacha20-poly1305', 36, 'aead rfc7539esp(chacha20,poly1305) %s 128', None)]
CIPHERS = [Encr('aes-cbc', 16, 'enc cbc(aes) %s', 'hmac-sha2-256-128'),
           Encr('aes-cbc', 24, 'enc cbc(aes) %s', 'hmac-sha2-384-192'),
           Encr('aes-cbc', 32, 'enc cbc(aes) %s', 'hmac-sha2-512-256'),
           Encr('aes-cbc', 16, 'enc cbc(aes) %s', 'hmac-sha2-256-96'),
           Encr('aes-cbc', 16, 'enc cbc(aes) %s', 'hmac-sha1-96'),
           Encr('aes-cbc', 16, 'enc cbc(aes) %s', 'aes-xcbc-96'),
           Encr('aes-cbc', 16, 'enc cbc(aes) %s', 'aes-cmac-96'),
           Encr('aes-ctr', 20, 'enc rfc3686(ctr(aes)) %s', 'hmac-sha2-256-128'),
           Encr('aes-ctr', 36, 'enc rfc3686(ctr(aes)) %s', 'hmac-sha2-512-256'),
           Encr('camellia-cbc', 16, 'enc cbc(camellia) %s', 'hmac-sha2-256-128'),
           Encr('camellia-cbc', 32, 'enc cbc(camellia) %s', 'hmac-sha2-384-192'),
           Encr('3des-cbc', 24, 'enc cbc(des3_ede) %s', 'hmac-md5-96'),
           Encr('null', 0, 'enc ecb(cipher_null) %s', 'hmac-sha2-256-128'),
           Encr('null', 0, 'enc ecb(cipher_null) %s', 'aes-cmac-96'),
           Encr('aes-cbc', 32, 'enc cbc(aes) %s', None)]
WEAK = ('3des-cbc', 'hmac-sha1-96', 'hmac-md5-96')

Combo = namedtuple('Combo', 'k mode family esn encr ah align8 udp')


def combos():
    """All of them; K is the number in addresses and SPIs."""
    out = []

    def add(encr=None, ah=None, udp=False, esns=(True, False)):
        for mode in 'tunnel', 'transport':
            for family in 4, 6:
                for esn in esns:
                    out.append(Combo(len(out) + 1, mode, family, esn, encr, ah, False, udp))
    for udp in False, True:
        for encr in AEADS:
            add(encr, udp=udp)
        for encr in CIPHERS:
            # a number that is not authenticated has no high half
            add(encr, udp=udp, esns=(True, False) if encr.auth else (False,))
    for auth in AUTHS.values():
        add(ah=auth)
    # as the stock kernel does it over IPv4 when it is not told to follow the RFC
    for mode in 'tunnel', 'transport':
        out.append(Combo(len(out) + 1, mode, 4, False, None, AUTHS['hmac-sha2-256-128'], True, False))
    add(AEADS[0], ah=AUTHS['hmac-sha2-256-128'])
    add(CIPHERS[0], ah=AUTHS['aes-cmac-96'], esns=(True,))
    return out


def title(c):
    words = []
    if c.encr:
        words.append('%s-%d' % (c.encr.name, c.encr.bytes * 8))
        if c.encr.auth:
            words.append(c.encr.auth)
    if c.ah:
        words.append(('inside ' if c.encr else '') + 'AH ' + c.ah.name + (' align8' if c.align8 else ''))
    if c.udp:
        words.append('in UDP')
    return 'v%d %s %s esn %s' % (c.family, c.mode, ' '.join(words), 'on' if c.esn else 'off')


def outer(c, host):
    return '10.%d.%d.%d' % (100 + c.k // 250, c.k % 250, host) if c.family == 4 else 'fd77:%x::%d' % (c.k, host)


def inner(c, host):
    """What is pinged: in transport mode there is nothing but the outer addresses."""
    if c.mode == 'transport':
        return outer(c, host)
    # by turns the same family inside, and the other, which the stock kernel cannot do
    # with two layers of protection
    if c.family == 4 if c.encr and c.ah else (c.k // 2 + c.family // 2) % 2:
        return '10.%d.%d.%d' % (200 + c.k // 250, c.k % 250, host)
    return 'fd78:%x::%d' % (c.k, host)


def own(addr, bits, dev):
    """An address that can be used at once, as a source too."""
    return 'addr add %s/%d dev %s%s' % (addr, bits, dev, ' nodad' if ':' in addr else '')


def neighbour(c, host):
    return 'neigh replace %s lladdr 02:00:00:00:00:0%d dev eth0' % (outer(c, host), host)


def whole(addr):
    return '%s/%d' % (addr, 128 if ':' in addr else 32)


def spi(c, direction, ah):
    """Direction "in" is towards us."""
    return 0x10000 + c.k * 16 + (direction == 'in') * 2 + ah


def key(label, length):
    return hashlib.shake_128(label.encode()).digest(length).hex()


def ip_batch(host, lines):
    path = os.path.join(WORK, 'batch')
    with open(path, 'w') as f:
        f.write('\n'.join(lines) + '\n')
    subprocess.run(['ip', '-n', host, '-batch', path], check=True)


def stock_sa(c, direction, ah):
    number = spi(c, direction, ah)
    src, dst = (outer(c, 2), outer(c, 1)) if direction == 'in' else (outer(c, 1), outer(c, 2))
    mode = 'transport' if ah and c.encr else c.mode
    flags = (['esn'] if c.esn else []) + (['af-unspec'] if mode == 'tunnel' else [])
    if ah and c.family == 4 and not c.align8:
        flags.append('align4')
    line = 'xfrm state add src %s dst %s proto %s spi 0x%x mode %s reqid %d' % (
        src, dst, 'ah' if ah else 'esp', number, mode, c.k * 2 + ah)
    if flags:
        line += ' flag ' + ' '.join(flags)
    if c.udp:
        line += ' encap espinudp 4500 4500 %s' % ('0.0.0.0' if c.family == 4 else '::')
    # a number that is not authenticated cannot be checked
    line += ' replay-window %d' % (128 if ah or c.encr.auth or c.encr.stock.startswith('aead') else 0)
    auth = c.ah if ah else c.encr.auth and AUTHS[c.encr.auth]
    if auth:
        line += ' auth-trunc %s 0x%s %d' % (auth.stock, key('auth%d' % number, auth.bytes), auth.bits)
    if not ah:
        text = key('encr%d' % number, c.encr.bytes)
        line += ' ' + c.encr.stock % ('0x' + text if text else '""')
    return line


def stock_policy(c, direction):
    hosts = (inner(c, 1), inner(c, 2)) if direction == 'in' else (inner(c, 2), inner(c, 1))
    src, dst = (outer(c, 1), outer(c, 2)) if direction == 'in' else (outer(c, 2), outer(c, 1))
    line = 'xfrm policy add src %s dst %s' % (whole(hosts[0]), whole(hosts[1]))
    if c.udp and c.mode == 'transport':
        # or it would ask for protection of the UDP datagrams themselves
        line += ' proto %s' % ('icmp' if c.family == 4 else 'ipv6-icmp')
    line += ' dir ' + direction
    layers = [(False, c.mode)] if c.encr else []
    if c.ah:
        layers.append((True, 'transport' if c.encr else c.mode))
    for ah, mode in layers:
        line += ' tmpl src %s dst %s proto %s reqid %d mode %s' % (
            src, dst, 'ah' if ah else 'esp', c.k * 2 + ah, mode)
    return line


def make_stock(all_combos):
    lines = []
    for c in all_combos:
        lines.append(own(outer(c, 2), 24 if c.family == 4 else 64, 'eth0'))
        lines.append(neighbour(c, 1))
        if c.mode == 'tunnel':
            lines.append(own(inner(c, 2), 128 if ':' in inner(c, 2) else 32, 'lo'))
            lines.append('route add %s dev eth0 src %s' % (whole(inner(c, 1)), inner(c, 2)))
        for ah in (False, True):
            if c.ah if ah else c.encr:
                lines += [stock_sa(c, 'in', ah), stock_sa(c, 'out', ah)]
        lines += [stock_policy(c, 'in'), stock_policy(c, 'out')]
    ip_batch('stock', lines)


def our_sa(c, direction, ah):
    number = spi(c, direction, ah)
    words = ['ipsecctl', 'sa', 'add', 'ipsec0', 'c%d' % c.k, direction, 'spi', '0x%x' % number,
             'mode', c.mode, 'esn', 'on' if c.esn else 'off']
    auth = c.ah if ah else c.encr.auth and AUTHS[c.encr.auth]
    names = [auth.name if auth else None]

    def key_file(label, length):
        path = os.path.join(WORK, '%s%d' % (label, number))
        with open(path, 'w', opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(key('%s%d' % (label, number), length) + '\n')
        return path
    if ah:
        words += ['proto', 'ah'] + (['ah-align8'] if c.align8 else [])
    else:
        names.append(c.encr.name)
        words += ['encr', c.encr.name]
        if c.encr.bytes:
            words += ['key', key_file('encr', c.encr.bytes)]
    if auth:
        words += ['auth', auth.name, 'auth-key', key_file('auth', auth.bytes)]
    if any(n in WEAK for n in names) or names == [None, 'aes-cbc']:
        words.append('insecure')
    return ' '.join(words)


def make_ours(all_combos):
    commands, lines = [], []
    for c in all_combos:
        lines.append(own(outer(c, 1), 24 if c.family == 4 else 64, 'eth0'))
        lines.append(neighbour(c, 2))
        if c.mode == 'tunnel':
            lines.append(own(inner(c, 1), 128 if ':' in inner(c, 1) else 32, 'lo'))
        lines.append('route add %s dev ipsec0 src %s' % (whole(inner(c, 2)), inner(c, 1)))
        protect = 'esp+ah' if c.encr and c.ah else 'ah' if c.ah else 'esp'
        commands.append('ipsecctl peer add ipsec0 c%d local %s remote %s selector %s protect %s%s' % (
            c.k, outer(c, 1), outer(c, 2), whole(inner(c, 2)), protect,
            ' encap 4500 4500' if c.udp else ''))
        for ah in (False, True):
            if c.ah if ah else c.encr:
                commands += [our_sa(c, 'in', ah), our_sa(c, 'out', ah)]
    ip_batch('ours', lines)
    path = os.path.join(WORK, 'commands')
    with open(path, 'w') as f:
        f.write('\n'.join(commands) + '\n')
    subprocess.run(['ip', 'netns', 'exec', 'ours', 'bash', '-e', path], check=True)


PINGS = '''
while read -r addr name; do
	out=$(ping -q -n -c 2 -i 0.01 -W ${PING_WAIT:-3} $addr 2>&1 </dev/null) &&
	out=$(ping -q -n -c 1 -s 4000 -W ${PING_WAIT:-3} $addr 2>&1 </dev/null) && out=fine
	echo "$name|${out//[[:space:]]/ }"
done'''


def ping(host, to, all_combos):
    text = ''.join('%s %d\n' % (inner(c, to), c.k) for c in all_combos)
    out = subprocess.run(['ip', 'netns', 'exec', host, 'bash', '-c', PINGS], input=text,
                         stdout=subprocess.PIPE, text=True, check=True).stdout
    return {int(k): what for k, what in (line.split('|', 1) for line in out.splitlines())}


def our_counts():
    out = subprocess.run(['ip', 'netns', 'exec', 'ours', 'ipsecctl', '-j', 'sa', 'show'],
                         stdout=subprocess.PIPE, text=True, check=True).stdout
    counts = {}
    for sa in json.loads(out):
        s, way = sa['stats'], 'rx' if sa['dir'] == 'in' else 'tx'
        counts[int(sa['spi'], 16)] = (s[way + '_packets'], sum(s['drops'].values()))
    return counts


def stock_counts():
    """SPI -> packets and failures."""
    out = subprocess.run(['ip', '-n', 'stock', '-s', 'xfrm', 'state'],
                         stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    counts, number = {}, None
    for i, line in enumerate(out):
        words = line.split()
        if words[:1] == ['proto']:
            number, failed = int(words[3].split('(')[0], 16), 0
        elif 'lifetime current' in line:
            packets = int(out[i + 1].split()[1].split('(')[0])
            counts[number] = (packets, 0)
        elif words[:1] == ['replay-window'] and 'replay' in words[2:]:
            failed = sum(int(words[j]) for j in (3, 5, 7)) if len(words) > 7 else 0
            counts[number] = (counts[number][0], failed)
    return counts


def main():
    all_combos = combos()
    make_stock(all_combos)
    make_ours(all_combos)
    there = ping('ours', 2, all_combos)
    back = ping('stock', 1, all_combos)
    ours, stock = our_counts(), stock_counts()
    # what a direction carries: 2 + 2 small packets, the two of 4000 bytes as they are split
    for c in all_combos:
        name = 'xfrm ' + title(c)
        problems = []
        for what, result in (('from ours', there.get(c.k)), ('from stock', back.get(c.k))):
            if result != 'fine':
                problems.append('%s: %s' % (what, result))
        for direction in 'in', 'out':
            for ah in (False, True):
                if not (c.ah if ah else c.encr):
                    continue
                number = spi(c, direction, ah)
                if ours.get(number) != stock.get(number) or ours[number][0] < 6 or ours[number][1]:
                    problems.append('SA 0x%x: ours %s, stock %s (packets, failures)' % (
                        number, ours.get(number), stock.get(number)))
        print('not ok - %s: %s' % (name, '; '.join(problems)) if problems else 'ok - ' + name)
    print('# the end of %d combinations' % len(all_combos))


main()
