# SPDX-License-Identifier: MIT
"""Requests that the module must refuse; run by netlink_refuse.sh.

Each one is checked for its error, for the sentence (all of it), and for having
changed nothing: the dump of all tables is the same before and after, no event was
sent, and no part of the key is in what came back.
"""
import errno as E
import select
import sys

from genl import *

KEY = b'key-material-123' + bytes.fromhex('0badc0de')	# AES-128 and salt
KEY_PARTS = [KEY[i:i + 6] for i in range(len(KEY) - 5)]
POLICY = 'Attribute failed policy validation'
UNKNOWN = 'Unknown attribute type'
UNSUPPORTED = 'Unsupported attribute'
RANGE = 'integer out of range'
NO_DEV = 'there is no ipsec interface of that name with its underlay in this namespace'
NO_PEER = 'the interface has no peer of that name'
NO_NAME = 'the request names no peer'
NAME_BEGIN = "a peer's name begins with a letter or a digit"
NAME_CHARS = "a peer's name consists of letters, digits and . _ : -"
ADDR_LEN = 'an address has 4 or 16 bytes'
FAMILIES = 'the local and the remote address differ in family'
GCM_KEY = 'aes-gcm-16 takes 20, 28 or 36 bytes: a key of 16, 24 or 32 and 4 of salt'
CHACHA_KEY = 'chacha20-poly1305 takes 36 bytes: a key of 32 and 4 of salt'
RESERVED_SPI = 'SPIs 0 to 255 are reserved (RFC 4303); use 256 or more'
REPLACE_IN = 'only an outbound SA is replaced; add the inbound one beside the old'
LEFTOVER = 'bytes leftover after parsing attributes'
BAD_LEN = 'invalid attribute length'
NESTED_MISSING = 'NLA_F_NESTED is missing'

t = Report()
nl = Genl()
bare = Genl(cap_ack=False)	# errors bring the request back
events = Genl()


def has_key(data):
    return any(part in data for part in KEY_PARTS)


def must(answer):
    if answer.err:
        print('not ok - setup: %r' % answer)
        sys.exit(1)


def build():
    must(nl.do(CMD.PEER_NEW, dev(), peer('p', '192.0.2.2', '192.0.2.1',
                                         ['10.1.0.0/16', 'fd01::/32'])))
    must(nl.do(CMD.PEER_NEW, dev(), peer('q', '2001:db8::2', None, ['10.2.0.0/16'])))
    must(nl.do(CMD.PEER_NEW, dev('ipsec1'), peer('r', '192.0.2.9')))
    must(nl.do(CMD.SA_NEW, dev(), peer_name('p'), sa(IN, 0x1001, key=KEY, seq=1000)))
    must(nl.do(CMD.SA_NEW, dev(), peer_name('p'), sa(OUT, 0x1002, key=KEY, seq=500)))
    must(nl.do(CMD.SA_NEW, dev(), peer_name('q'), sa(IN, 0x1003, key=KEY, flags=0)))
    must(nl.do(CMD.PEER_NEW, dev(), peer('ah', '192.0.2.3', None, ['10.3.0.0/16'], protect=2)))


def event_waits():
    return bool(select.select([events.sock], [], [], 0)[0])


def unchanged(name, answer, err, text):
    """The judgement of one refused request."""
    global state
    problems = []
    if answer.err != err or answer.text != text:
        problems.append('got %r, want %s "%s"' % (answer, E.errorcode[err], text))
    if has_key(answer.raw):
        problems.append('the key came back')
    while event_waits():
        problems.append('an event was sent: %r' % events.sock.recv(65536))
    now = nl.state()
    if now != state:
        problems.append('the tables changed: %r' % [o for o in now if o not in state])
        state = now
    t.ok(name, not problems, '; '.join(problems))


def refused(name, err, text, cmd, *parts, **options):
    unchanged(name, nl.do(cmd, *parts, **options), err, text)


def bad_peer(name, err, text, *parts, cmd=CMD.PEER_NEW):
    refused(name, err, text, cmd, dev(), nest(A.PEER, *parts))


def bad_sa(name, err, text, peer='p', **values):
    """A request that is right but for one thing; None leaves an attribute out."""
    parts = sa_parts(spi=0x2001, key=KEY)
    parts.update(values)
    body = nest(A.SA, *[v for v in parts.values() if v is not None])
    refused(name, err, text, CMD.SA_NEW, dev(), peer_name(peer), body)
    # what the policy refuses, the kernel sends back before the module sees it
    if text not in (POLICY, UNKNOWN, UNSUPPORTED, RANGE, BAD_LEN):
        a = bare.do(CMD.SA_NEW, dev(), peer_name(peer), body)
        if has_key(a.raw):
            t.ok(name + ': no key in the echo of the request', False, a)


# ---- names -----------------------------------------------------------------

def interface_names():
    for cmd, parts in ((CMD.DEV_GET, []), (CMD.PEER_NEW, [peer('x', '192.0.2.3')]),
                       (CMD.SA_GET, [peer_name('p'), sa_id(IN, 0x1001)])):
        refused('E3.2 command %d without an interface' % cmd, E.EINVAL,
                'the request names no interface', cmd, *parts)
        for name in ('', '../x', 'ip sec0', 'ipsec0 ', 'a\x01\x02', 'lo', 'wan', 'ipsec', 'ipsec00',
                     'abcdefghijklmno'):
            refused('E3.14 command %d, interface %r' % (cmd, name), E.ENODEV, NO_DEV,
                    cmd, dev(name), *parts)
        for what, data in (('no bytes', b''), ('no NUL', b'ipsec0'),
                           ('16 characters', b'abcdefghijklmnop\0'),
                           ('16 characters, no NUL', b'abcdefghijklmnop'),
                           ('4000 characters', b'a' * 4000 + b'\0')):
            refused('E3.14 command %d, interface name of %s' % (cmd, what), E.EINVAL, POLICY,
                    cmd, attr(A.IFNAME, data), *parts)
    refused('E3.14 a netns id that is none', E.ENODEV, NO_DEV, CMD.DEV_GET, dev(), s32(A.NETNSID, 77))
    refused('E3.14 a negative netns id', E.ENODEV, NO_DEV, CMD.DEV_GET, dev(), s32(A.NETNSID, -1))


def peer_names():
    addr = attr(PEER.REMOTE, ip('192.0.2.3'))
    sels = nest(PEER.SELECTORS, selector('10.9.0.0/16'))
    for name, text in (('', NAME_BEGIN), ('../x', NAME_BEGIN), ('-a', NAME_BEGIN), ('.', NAME_BEGIN),
                       (' p', NAME_BEGIN), ('ä', NAME_BEGIN), ('_a', NAME_BEGIN),
                       ('a/b', NAME_CHARS), ('a b', NAME_CHARS), ('a\n', NAME_CHARS),
                       ('a\x01', NAME_CHARS), ('a\x7f', NAME_CHARS), ('aä', NAME_CHARS),
                       ('a%s', NAME_CHARS), ('a"', NAME_CHARS)):
        bad_peer('E3.14 peer name %r' % name, E.EINVAL, text, attr(PEER.NAME, name), addr, sels)
    for what, data in (('no bytes', b''), ('no NUL', b'x'), ('32 characters', b'a' * 32 + b'\0'),
                       ('32 characters, no NUL', b'a' * 32), ('5000 characters', b'a' * 5000 + b'\0')):
        bad_peer('E3.14 peer name of %s' % what, E.EINVAL, POLICY, attr(PEER.NAME, data), addr, sels)
    bad_peer('E3.2 a peer without a name', E.EINVAL, NO_NAME, addr, sels)
    for cmd in (CMD.PEER_SET, CMD.PEER_DEL, CMD.PEER_GET):
        refused('E3.15 command %d of an unknown peer' % cmd, E.ENOENT, NO_PEER, cmd, dev(), peer_name('nobody'))
        refused('E3.15 command %d of the peer of another interface' % cmd, E.ENOENT, NO_PEER,
                cmd, dev(), peer_name('r'))
        refused('E3.2 command %d without a peer' % cmd, E.EINVAL, NO_NAME, cmd, dev())
        refused('E3.2 command %d with an empty peer' % cmd, E.EINVAL, NO_NAME, cmd, dev(), nest(A.PEER))


# ---- peers -----------------------------------------------------------------

def endpoints():
    bad = {'unspecified': ('0.0.0.0', '::'),
           'multicast or broadcast': ('224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1', 'ff0e::5'),
           'a loopback address': ('127.0.0.1', '127.255.255.254', '::1'),
           'an IPv4-mapped one; give the IPv4 address': ('::ffff:192.0.2.3', '::ffff:0.0.0.0')}
    sels = nest(PEER.SELECTORS, selector('10.9.0.0/16'))
    for what, addrs in bad.items():
        text = 'an outer address cannot be ' + what
        for a in addrs:
            other = '192.0.2.3' if '.' in a and ':' not in a else '2001:db8::3'
            bad_peer('E3.7 remote ' + a, E.EINVAL, text, attr(PEER.NAME, 'x'),
                     attr(PEER.REMOTE, ip(a)), sels)
            bad_peer('E3.7 local ' + a, E.EINVAL, text, attr(PEER.NAME, 'x'),
                     attr(PEER.REMOTE, ip(other)), attr(PEER.LOCAL, ip(a)), sels)
            bad_peer('E3.7 set remote ' + a, E.EINVAL, text, attr(PEER.NAME, 'p'),
                     attr(PEER.REMOTE, ip(a)), cmd=CMD.PEER_SET)
    for n in (0, 1, 3, 5, 15):
        bad_peer('E3.4 remote of %d bytes' % n, E.EINVAL, ADDR_LEN, attr(PEER.NAME, 'x'),
                 attr(PEER.REMOTE, bytes([10] * n)), sels)
        if n:
            bad_peer('E3.4 local of %d bytes' % n, E.EINVAL, ADDR_LEN, attr(PEER.NAME, 'p'),
                     attr(PEER.LOCAL, bytes([10] * n)), cmd=CMD.PEER_SET)
    bad_peer('E3.4 remote of 17 bytes', E.ERANGE, POLICY, attr(PEER.NAME, 'x'),
             attr(PEER.REMOTE, bytes([10] * 17)), sels)
    bad_peer('E3.2 a peer without a remote address', E.EINVAL, 'a peer needs a remote address',
             attr(PEER.NAME, 'x'), sels)
    refused('E3.7 remote IPv4, local IPv6', E.EINVAL, FAMILIES, CMD.PEER_NEW, dev(),
            peer('x', '192.0.2.3', '2001:db8::1', ['10.9.0.0/16']))
    refused('E3.7 remote IPv6, local IPv4', E.EINVAL, FAMILIES, CMD.PEER_NEW, dev(),
            peer('x', '2001:db8::3', '192.0.2.1', ['10.9.0.0/16']))
    refused('E3.7 set remote to the other family', E.EINVAL, FAMILIES, CMD.PEER_SET, dev(),
            peer('p', '2001:db8::3'))
    refused('E3.7 set local to the other family', E.EINVAL, FAMILIES, CMD.PEER_SET, dev(),
            peer('q', None, '192.0.2.1'))


def selectors():
    def bad(name, err, text, *items, cmd=CMD.PEER_NEW, who='x'):
        bad_peer(name, err, text, attr(PEER.NAME, who), attr(PEER.REMOTE, ip('192.0.2.3')),
                 nest(PEER.SELECTORS, *items), cmd=cmd)

    def item(addr, plen):
        return nest(SELS.ITEM, attr(SEL.ADDR, addr), u8(SEL.PREFIXLEN, plen))

    good = selector('10.9.0.0/16')
    bits = 'a selector has bits set beyond its prefix length'
    bad('E3.13 prefix length 33 of IPv4', E.EINVAL, "a selector's prefix length exceeds its address",
        good, item(ip('10.9.1.0'), 33))
    bad('E3.13 prefix length 128 of IPv4', E.EINVAL, "a selector's prefix length exceeds its address",
        item(ip('10.9.1.0'), 128))
    bad('E3.13 prefix length 129', E.ERANGE, RANGE, item(ip('fd09::'), 129))
    bad('E3.13 prefix length 255', E.ERANGE, RANGE, item(ip('fd09::'), 255))
    for prefix in ('10.9.0.1/16', '10.9.0.1/31', '0.0.0.1/0', '128.0.0.0/0', 'fd09::1/64', 'fd09::1/127', '::1/0'):
        bad('E3.13 host bits set in ' + prefix, E.EINVAL, bits, good, selector(prefix))
    bad('E3.13 the same selector twice', E.EINVAL, 'a selector is given twice',
        good, selector('10.10.0.0/16'), good)
    bad('E3.13 a selector of another peer', E.EEXIST,
        'a selector belongs to another peer of the interface already', good, selector('10.1.0.0/16'))
    bad('E3.13 set: a selector of another peer', E.EEXIST,
        'a selector belongs to another peer of the interface already',
        good, selector('10.1.0.0/16'), cmd=CMD.PEER_SET, who='q')
    need = 'a selector needs an address and a prefix length'
    bad('E3.2 a selector without address', E.EINVAL, need, nest(SELS.ITEM, u8(SEL.PREFIXLEN, 8)))
    bad('E3.2 a selector without prefix length', E.EINVAL, need, nest(SELS.ITEM, attr(SEL.ADDR, ip('10.9.0.0'))))
    bad('E3.2 an empty selector', E.EINVAL, need, good, nest(SELS.ITEM))
    bad('E3.2 a list without selectors', E.EINVAL, 'a peer needs at least one selector')
    bad('E3.2 set: a list without selectors', E.EINVAL, 'a peer needs at least one selector',
        cmd=CMD.PEER_SET, who='p')
    for n in (0, 3, 5, 15):
        bad('E3.4 a selector of %d address bytes' % n, E.EINVAL, ADDR_LEN, item(bytes(n), 0))
    bad('E3.4 a selector of 17 address bytes', E.ERANGE, POLICY, item(bytes(17), 0))
    for n in (257, 300, 3000):
        many = [item(bytes([11, i >> 8, i & 255, 0]), 24) for i in range(n)]
        bad('E3.13 %d selectors' % n, E.E2BIG, 'a peer has at most 256 selectors', *many)
        bad('E3.13 set: %d selectors' % n, E.E2BIG, 'a peer has at most 256 selectors', *many,
            cmd=CMD.PEER_SET, who='p')
    bad('E3.3 an unknown attribute among the selectors', E.EINVAL, UNKNOWN, good, nest(2, u8(1, 1)))
    bad('E3.3 an unknown attribute in a selector', E.EINVAL, UNKNOWN,
        nest(SELS.ITEM, attr(SEL.ADDR, ip('10.9.0.0')), u8(SEL.PREFIXLEN, 16), u8(3, 1)))
    bad('E3.14 a selector that is not nested', E.EINVAL, NESTED_MISSING,
        attr(SELS.ITEM, attr(SEL.ADDR, ip('10.9.0.0')) + u8(SEL.PREFIXLEN, 16)))


def peers_again():
    taken = 'a selector belongs to another peer of the interface already'
    refused('E3.6 a peer of the same name', E.EEXIST, 'the interface has a peer of that name already',
            CMD.PEER_NEW, dev(), peer('p', '192.0.2.3', None, ['10.9.0.0/16']))
    refused('E3.13 everything a second time', E.EEXIST, taken, CMD.PEER_NEW, dev('ipsec1'), peer('x', '192.0.2.3'))
    refused('a bad selector leaves a good new address unused', E.EEXIST, taken, CMD.PEER_SET, dev(),
            peer('q', '2001:db8::7', None, ['10.20.0.0/16', 'fd01::/32']))


def protection():
    """What a peer is protected with does not change under its SAs"""
    text = 'the peer has SAs of the protocol that it would not be protected with any more; remove them first'
    for name, who, protect in (('ESP to AH, with both SAs', 'p', 2), ('ESP to AH, with an inbound one', 'q', 2)):
        refused('E3.12 from ' + name, E.EBUSY, text, CMD.PEER_SET, dev(), peer(who, protect=protect))


# ---- SAs -------------------------------------------------------------------

def spis():
    for spi in (0, 1, 255):            # (all 256 on the wire: hostile_rx.py)
        for direction in (IN, OUT):
            who = 'p' if direction == IN else 'q'
            bad_sa('E3.5 SPI %d, direction %d' % (spi, direction), E.EINVAL, RESERVED_SPI, peer=who,
                   spi=be32(SA.SPI, spi), dir=u8(SA.DIR, direction))
        for cmd in (CMD.SA_DEL, CMD.SA_GET):
            refused('E3.5 command %d, SPI %d' % (cmd, spi), E.EINVAL, RESERVED_SPI, cmd,
                    dev(), peer_name(), sa_id(IN, spi))
    taken = 'the SPI is already in use by an inbound SA of this namespace'
    bad_sa('E3.6 an SPI twice at one peer', E.EEXIST, taken, spi=be32(SA.SPI, 0x1001))
    bad_sa('E3.6 the SPI of another peer', E.EEXIST, taken, spi=be32(SA.SPI, 0x1003))
    body = sa(IN, 0x1001, key=KEY)
    refused('E3.6 the SPI of another interface', E.EEXIST, taken, CMD.SA_NEW,
            dev('ipsec1'), peer_name('r'), body)
    bad_sa('a second outbound SA', E.EEXIST, 'the peer has an outbound SA already; replace it',
           dir=u8(SA.DIR, OUT))
    refused('an inbound SA is not replaced', E.EINVAL, REPLACE_IN, CMD.SA_REPLACE, dev(), peer_name('p'),
            sa(IN, 0x2001, key=KEY))
    refused('nor with the SPI it has', E.EINVAL, REPLACE_IN, CMD.SA_REPLACE, dev(), peer_name('p'),
            sa(IN, 0x1001, key=KEY))
    bad_sa('a second outbound SA with the same SPI', E.EEXIST,
           'the peer has an outbound SA already; replace it', dir=u8(SA.DIR, OUT), spi=be32(SA.SPI, 0x1002))


def keys():
    for encr, lengths, text in ((GCM, (0, 1, 4, 15, 16, 17, 19, 21, 24, 27, 29, 32, 35, 37, 40, 128), GCM_KEY),
                                (CHACHA, (0, 4, 20, 28, 32, 35, 37, 128), CHACHA_KEY)):
        for n in lengths:
            bad_sa('E3.4 algorithm %d, key of %d bytes' % (encr, n), E.EINVAL, text,
                   encr=u16(SA.ENCR, encr), key=attr(SA.KEY, (KEY * 7)[:n]))
        for n in (129, 4096):
            bad_sa('E3.4 algorithm %d, key of %d bytes' % (encr, n), E.ERANGE, POLICY,
                   encr=u16(SA.ENCR, encr), key=attr(SA.KEY, (KEY * 210)[:n]))
    for encr in (0, 1, 2, 7, 17, 22, 27, 29, 65535):
        bad_sa('E3.9 algorithm %d' % encr, E.EOPNOTSUPP,
               'the module does not know the encryption algorithm', encr=u16(SA.ENCR, encr))


def suites():
    """Algorithms that do not go together, or protect too little."""
    sha256, sha1, gmac = (u16(SA.AUTH, K['IFIPSEC_AUTH_' + n]) for n in (
        'HMAC_SHA2_256_128', 'HMAC_SHA1_96', 'AES_128_GMAC'))
    cbc, null, des = (u16(SA.ENCR, K['IFIPSEC_ENCR_' + n]) for n in ('AES_CBC', 'NULL', '3DES'))
    key16, key24 = attr(SA.KEY, KEY[:16]), attr(SA.KEY, (KEY * 2)[:24])
    auth32 = attr(SA.AUTH_KEY, (KEY * 2)[:32])
    ah = {'proto': u8(SA.PROTO, 51), 'encr': None, 'key': None, 'peer': 'ah'}
    for name, text, parts in (
            ('E3.8 a cipher without integrity', 'encryption without integrity can be altered on the way; '
             'add an integrity algorithm, or say insecure', {'encr': cbc, 'key': key16, 'flags': None}),
            ('E3.8 integrity NONE', 'encryption without integrity can be altered on the way; '
             'add an integrity algorithm, or say insecure', {'encr': cbc, 'key': key16, 'flags': None,
                                                             'auth': u16(SA.AUTH, 0)}),
            ('E3.8 NULL and NULL', 'neither encryption nor integrity: that protects nothing',
             {'encr': null, 'key': None, 'flags': None}),
            ('E3.8 NULL and NULL, insecure', 'neither encryption nor integrity: that protects nothing',
             {'encr': null, 'key': None, 'flags': u32(SA.FLAGS, INSECURE)}),
            ('E3.8 an AEAD and an integrity algorithm', 'the encryption algorithm brings its own integrity',
             {'auth': sha256, 'auth_key': auth32}),
            ('E3.8 GMAC as the integrity algorithm of ESP', 'with ESP, GMAC is the encryption algorithm null-aes-gmac',
             {'encr': cbc, 'key': key16, 'auth': gmac, 'auth_key': attr(SA.AUTH_KEY, KEY[:20])}),
            ('E3.8 3DES', 'the encryption algorithm is too weak (RFC 8221); choose another, or say insecure',
             {'encr': des, 'key': key24, 'auth': sha256, 'auth_key': auth32}),
            ('E3.8 SHA-1', 'the integrity algorithm is too weak (RFC 8221); choose another, or say insecure',
             {'encr': cbc, 'key': key16, 'auth': sha1, 'auth_key': attr(SA.AUTH_KEY, KEY[:20])}),
            ('E3.8 AH without an algorithm', 'AH needs an integrity algorithm', ah),
            ('E3.8 AH with a cipher', 'AH does not encrypt', {'proto': u8(SA.PROTO, 51), 'peer': 'ah'}),
            ('E3.2 an integrity key without algorithm', 'there is no algorithm for the integrity key',
             {'auth_key': auth32}),
            ('E3.2 an integrity algorithm without key', 'an integrity algorithm needs a key',
             {'encr': cbc, 'key': key16, 'auth': sha256}),
            ('E3.4 an integrity key of 31 bytes', 'hmac-sha2-256-128 takes 32 bytes',
             {'encr': cbc, 'key': key16, 'auth': sha256, 'auth_key': attr(SA.AUTH_KEY, (KEY * 2)[:31])}),
            ('E3.4 a key for NULL', 'the null cipher takes no key', {'encr': null, 'auth': sha256, 'auth_key': auth32}),
            ('E3.10 no integrity, but large numbers', 'extended sequence numbers need an integrity algorithm',
             {'encr': cbc, 'key': key16, 'flags': u32(SA.FLAGS, INSECURE | ESN)}),
            ('E3.10 no integrity, but a window', 'a replay window needs an integrity algorithm',
             {'encr': cbc, 'key': key16, 'flags': u32(SA.FLAGS, INSECURE), 'window': u32(SA.REPLAY_WINDOW, 64)}),
            ('E3.3 the alignment of AH, with ESP', 'only AH has an alignment to choose',
             {'flags': u32(SA.FLAGS, ESN | ALIGN8)}),
            ('A3 an ESP SA of a peer with AH', 'the peer is not protected with that protocol; '
             'set what it is protected with', {'peer': 'ah'}),
            ('A3 an AH SA of a peer with ESP', 'the peer is not protected with that protocol; '
             'set what it is protected with', {**ah, 'peer': 'p', 'auth': sha256, 'auth_key': auth32})):
        bad_sa(name, E.EINVAL, text, **parts)
    bad_sa('E3.9 an unknown integrity algorithm', E.EOPNOTSUPP, 'the module does not know the integrity algorithm',
           encr=cbc, key=key16, auth=u16(SA.AUTH, 7), auth_key=auth32)
    for mode in (0, 3, 255):
        bad_sa('E3.4 mode %d' % mode, E.ERANGE, RANGE, mode=u8(SA.MODE, mode))


def windows():
    out_of_range = 'a replay window has 32 to 8192 packets, or 0 for none'
    for window in (1, 31, 8193, 65536, 0xffffffff):
        for flags in (0, ESN):
            bad_sa('E3.10 replay window %d, flags %d' % (window, flags), E.ERANGE, out_of_range,
                   window=u32(SA.REPLAY_WINDOW, window), flags=u32(SA.FLAGS, flags))
    bad_sa('E3.10 extended sequence numbers without a replay window', E.EINVAL,
           'extended sequence numbers need a replay window', window=u32(SA.REPLAY_WINDOW, 0))
    for window in (0, 32, 1024):
        bad_sa('E3.10 replay window %d of an outbound SA' % window, E.EINVAL,
               'an outbound SA has no replay window', peer='q', dir=u8(SA.DIR, OUT),
               window=u32(SA.REPLAY_WINDOW, window))


def sequence_numbers():
    last = 'the sequence number is the last one: the SA could do nothing'
    for direction, who in ((IN, 'p'), (OUT, 'q')):
        for flags, seq, text in (
                (0, 0xffffffff, last), (ESN, 0xffffffffffffffff, last),
                (0, 1 << 32, 'the sequence number exceeds 32 bits, and the SA has no extended ones'),
                (0, 0xffffffffffffffff, 'the sequence number exceeds 32 bits, and the SA has no extended ones')):
            bad_sa('E3.11 direction %d, flags %d, sequence number %#x' % (direction, flags, seq),
                   E.EINVAL, text, peer=who, dir=u8(SA.DIR, direction),
                   flags=u32(SA.FLAGS, flags), seq=u64(SA.SEQ, seq))

    def set_seq(name, text, who, direction, spi, seq, err=E.EINVAL):
        refused(name, err, text, CMD.SA_SET, dev(), peer_name(who),
                nest(A.SA, u8(SA.DIR, direction), be32(SA.SPI, spi), u64(SA.SEQ, seq)))

    back = 'a sequence number moves forward only'
    set_seq('E3.12 the inbound number goes back', back, 'p', IN, 0x1001, 999)
    set_seq('E3.12 the outbound number goes back', back, 'p', OUT, 0x1002, 499)
    set_seq('E3.12 the outbound number goes to zero', back, 'p', OUT, 0x1002, 0)
    set_seq('E3.11 the last number is set', last, 'p', OUT, 0x1002, 0xffffffffffffffff)
    set_seq('E3.11 a number beyond 32 bits is set', 'the sequence number exceeds 32 bits, and the SA has no extended ones',
            'q', IN, 0x1003, 1 << 32)
    set_seq('E3.11 the last 32-bit number is set', last, 'q', IN, 0x1003, 0xffffffff)
    set_seq('E3.15 an unknown SPI is set', 'the peer has no inbound SA with that SPI', 'p', IN, 0x9999, 5, E.ENOENT)
    refused('E3.2 nothing to set', E.EINVAL, 'there is nothing to set: give a sequence number',
            CMD.SA_SET, dev(), peer_name(), sa_id(IN, 0x1001))
    for name, part in (('key', attr(SA.KEY, KEY)), ('algorithm', u16(SA.ENCR, CHACHA)),
                       ('flags', u32(SA.FLAGS, 0)), ('replay window', u32(SA.REPLAY_WINDOW, 64))):
        refused('E3.12 the %s of an SA cannot be set' % name, E.EINVAL, UNSUPPORTED, CMD.SA_SET, dev(), peer_name(),
                nest(A.SA, u8(SA.DIR, IN), be32(SA.SPI, 0x1001), u64(SA.SEQ, 2000), part))


def sa_attributes():
    for part, text in (('dir', 'an SA needs a direction, in or out'), ('spi', 'an SA needs an SPI'),
                       ('encr', 'an SA needs an encryption algorithm'), ('key', 'an SA needs a key')):
        bad_sa('E3.2 an SA without %s' % part, E.EINVAL, text, **{part: None})
    refused('E3.2 an SA without anything', E.EINVAL, 'the request names no SA', CMD.SA_NEW, dev(), peer_name())
    refused('E3.2 an SA of no peer', E.EINVAL, NO_NAME, CMD.SA_NEW, dev(), sa(IN, 0x2001, key=KEY))
    refused('E3.2 an SA of a peer without name', E.EINVAL, NO_NAME, CMD.SA_NEW, dev(), nest(A.PEER),
            sa(IN, 0x2001, key=KEY))
    refused('E3.15 an SA of an unknown peer', E.ENOENT, NO_PEER, CMD.SA_NEW, dev(), peer_name('nobody'),
            sa(IN, 0x2001, key=KEY))
    refused('E3.2 an SA of no interface', E.EINVAL, 'the request names no interface', CMD.SA_NEW, peer_name(),
            sa(IN, 0x2001, key=KEY))
    for direction in (0, 3, 255):
        bad_sa('E3.4 direction %d' % direction, E.ERANGE, RANGE, dir=u8(SA.DIR, direction))
    for flags in (8, 9, 0x80000000, 0xfffffffe):
        bad_sa('E3.3 SA flags %#x' % flags, E.EOPNOTSUPP, 'an SA has no such flag', flags=u32(SA.FLAGS, flags))
    for proto in (0, 108, 255):
        bad_sa('E3.4 protocol %d' % proto, E.EINVAL, 'the protocol of an SA is ESP (50) or AH (51)', proto=u8(SA.PROTO, proto))
    for name, part in (('KEY_BITS', u32(SA.KEY_BITS, 128)), ('DRIVER', attr(SA.DRIVER, 'x')),
                       ('STATS', nest(SA.STATS)), ('PAD', attr(SA.PAD))):
        bad_sa('E3.3 %s, which only answers have' % name, E.EINVAL, UNSUPPORTED, more=part)
    for kind in (0, K['__IFIPSEC_SA_A_MAX'], 1000, NLA_TYPE_MASK):
        bad_sa('E3.3 SA attribute %d' % kind, E.EINVAL, UNKNOWN, more=u8(kind, 1))
    for name, kind, size in (('direction', SA.DIR, 1), ('SPI', SA.SPI, 4), ('algorithm', SA.ENCR, 2),
                             ('flags', SA.FLAGS, 4), ('window', SA.REPLAY_WINDOW, 4), ('number', SA.SEQ, 8)):
        for n in {0, size - 1, size + 1, 64}:
            bad_sa('E3.4 %s of %d bytes' % (name, n), E.EINVAL, BAD_LEN, more=attr(kind, bytes(n)))
    refused('E3.3 the address of the peer in an SA request', E.EINVAL, UNSUPPORTED, CMD.SA_NEW, dev(),
            peer('p', '192.0.2.7'), sa(IN, 0x2001, key=KEY))


def named_sas():
    for cmd in (CMD.SA_DEL, CMD.SA_GET):
        for name, who, direction, spi, text in (
                ('an unknown SPI', 'p', IN, 0x9999, 'the peer has no inbound SA with that SPI'),
                ('the SPI of another peer', 'p', IN, 0x1003, 'the peer has no inbound SA with that SPI'),
                ('an inbound SPI as outbound', 'p', OUT, 0x1001, 'the peer has no outbound SA with that SPI'),
                ('an outbound SPI as inbound', 'p', IN, 0x1002, 'the peer has no inbound SA with that SPI'),
                ('a peer without outbound SA', 'q', OUT, 0x1002, 'the peer has no outbound SA with that SPI')):
            refused('E3.15 command %d: %s' % (cmd, name), E.ENOENT, text, cmd, dev(), peer_name(who), sa_id(direction, spi))
        refused('E3.15 command %d: unknown peer' % cmd, E.ENOENT, NO_PEER, cmd, dev(), peer_name('x'), sa_id(IN, 0x1001))
        refused('E3.2 command %d: no SA' % cmd, E.EINVAL, 'the request names no SA', cmd, dev(), peer_name())
        refused('E3.2 command %d: no SPI' % cmd, E.EINVAL, 'an SA needs an SPI', cmd, dev(), peer_name(),
                nest(A.SA, u8(SA.DIR, IN)))
        refused('E3.3 command %d: a key' % cmd, E.EINVAL, UNSUPPORTED, cmd, dev(), peer_name(),
                nest(A.SA, u8(SA.DIR, IN), be32(SA.SPI, 0x1001), attr(SA.KEY, KEY)))


# ---- reserved SPIs ---------------------------------------------------------

def reserved():
    two_ends = 'a range of SPIs has two ends; give both or neither'
    backwards = 'the range of SPIs ends before it begins'

    def bad(name, err, text, *parts):
        refused(name, err, text, CMD.SPI_ALLOC, dev(), peer_name(), nest(A.SA, *parts))

    for low, high, text in ((300, 299, backwards), (0xffffffff, 256, backwards), (1, 200, RESERVED_SPI),
                            (0, 0, RESERVED_SPI), (255, 0xffffffff, RESERVED_SPI), (300, 1, backwards)):
        bad('E3.23 SPIs %d..%d' % (low, high), E.EINVAL, text, be32(SA.SPI_MIN, low), be32(SA.SPI_MAX, high))
    bad('E3.23 SPIs from 300 on', E.EINVAL, two_ends, be32(SA.SPI_MIN, 300))
    bad('E3.23 SPIs up to 300', E.EINVAL, two_ends, be32(SA.SPI_MAX, 300))
    bad('E3.23 an SPI in use', E.ENOSPC, 'all SPIs of the range are in use', be32(SA.SPI_MIN, 0x1001),
        be32(SA.SPI_MAX, 0x1001))
    for proto in (0, 17, 108, 255):
        bad('E3.23 protocol %d' % proto, E.EINVAL, 'the protocol of an SA is ESP (50) or AH (51)', u8(SA.PROTO, proto))
    for name, part in (('direction', u8(SA.DIR, IN)), ('SPI', be32(SA.SPI, 300)), ('key', attr(SA.KEY, KEY)),
                       ('time', u32(SA.RESERVED, 30))):
        bad('E3.23 a %s' % name, E.EINVAL, UNSUPPORTED, part)
    bad('E3.23 an unknown attribute', E.EINVAL, UNKNOWN, u8(K['__IFIPSEC_SA_A_MAX'], 1))
    for kind in (SA.SPI_MIN, SA.SPI_MAX):
        for n in (0, 3, 5, 64):
            bad('E3.23 end %d of a range of %d bytes' % (kind, n), E.EINVAL, BAD_LEN, attr(kind, bytes(n)))
    for n in (0, 2):
        bad('E3.23 a protocol of %d bytes' % n, E.EINVAL, BAD_LEN, attr(SA.PROTO, bytes(n)))
    refused('E3.23 of no interface', E.EINVAL, 'the request names no interface', CMD.SPI_ALLOC, peer_name())
    refused('E3.23 of an unknown interface', E.ENODEV, NO_DEV, CMD.SPI_ALLOC, dev('ipsec7'), peer_name())
    refused('E3.23 of no peer', E.EINVAL, NO_NAME, CMD.SPI_ALLOC, dev())
    refused('E3.23 of a peer without name', E.EINVAL, NO_NAME, CMD.SPI_ALLOC, dev(), nest(A.PEER))
    refused('E3.23 of an unknown peer', E.ENOENT, NO_PEER, CMD.SPI_ALLOC, dev(), peer_name('nobody'))
    refused('E3.23 of the peer of another interface', E.ENOENT, NO_PEER, CMD.SPI_ALLOC, dev(), peer_name('r'))
    refused('E3.23 the address of the peer', E.EINVAL, UNSUPPORTED, CMD.SPI_ALLOC, dev(), peer('p', '192.0.2.7'))
    refused('E3.23 a nest that is not marked', E.EINVAL, NESTED_MISSING, CMD.SPI_ALLOC, dev(), peer_name(),
            attr(A.SA, u8(SA.PROTO, 50)))
    refused('E3.23 a dump of reservations', E.EOPNOTSUPP, '', CMD.SPI_ALLOC, dev(), flags=DUMP)
    for name, part in (('SPI_MIN', be32(SA.SPI_MIN, 300)), ('SPI_MAX', be32(SA.SPI_MAX, 300)), ('RESERVED', u32(SA.RESERVED, 30))):
        bad_sa('E3.3 %s in a new SA' % name, E.EINVAL, UNSUPPORTED, more=part)

    # an SPI that another peer has: SA_NEW and SA_DEL
    a = nl.do(CMD.SPI_ALLOC, dev(), peer_name('q'), nest(A.SA, be32(SA.SPI_MIN, 0x2001), be32(SA.SPI_MAX, 0x2001)))
    must(a)
    bad_sa('E3.23 an SPI that is reserved for another peer', E.EBUSY, 'the SPI is reserved for another peer')
    refused('E3.23 the same, and a peer of another interface', E.EBUSY, 'the SPI is reserved for another peer',
            CMD.SA_NEW, dev('ipsec1'), peer_name('r'), sa(IN, 0x2001, key=KEY))
    refused('E3.23 another peer gives it back', E.ENOENT, 'the peer has no inbound SA with that SPI', CMD.SA_DEL,
            dev(), peer_name('p'), sa_id(IN, 0x2001))
    refused('E3.23 it is given back as outbound', E.ENOENT, 'the peer has no outbound SA with that SPI', CMD.SA_DEL,
            dev(), peer_name('q'), sa_id(OUT, 0x2001))
    for cmd in (CMD.SA_GET, CMD.SA_SET):
        parts = [u8(SA.DIR, IN), be32(SA.SPI, 0x2001)] + ([u64(SA.SEQ, 5)] if cmd == CMD.SA_SET else [])
        refused('E3.23 command %d of what is no SA yet' % cmd, E.ENOENT, 'the peer has no inbound SA with that SPI', cmd,
                dev(), peer_name('q'), nest(A.SA, *parts))
    must(nl.do(CMD.SA_DEL, dev(), peer_name('q'), sa_id(IN, 0x2001)))
    refused('E3.23 it is given back twice', E.ENOENT, 'the peer has no inbound SA with that SPI', CMD.SA_DEL,
            dev(), peer_name('q'), sa_id(IN, 0x2001))


# ---- traffic flow confidentiality ------------------------------------------

def tfc():
    out = {'dir': u8(SA.DIR, OUT), 'peer': 'q'}
    inbound = "an inbound SA does not pad: TFC padding is the sender's"
    large = 'TFC padding is to at most 65535 bytes, or 0 for none'
    for n in (0, 1, 1400, 65536):
        bad_sa('A1.6 TFC padding to %d bytes, inbound' % n, E.EINVAL, inbound, tfc=u32(SA.TFC, n))
    bad_sa('A1.6 TFC padding of AH', E.EINVAL, 'AH has no TFC padding', peer='ah', dir=u8(SA.DIR, OUT),
           proto=u8(SA.PROTO, 51), encr=None, key=None, auth=u16(SA.AUTH, K['IFIPSEC_AUTH_HMAC_SHA2_256_128']),
           auth_key=attr(SA.AUTH_KEY, (KEY * 2)[:32]), tfc=u32(SA.TFC, 100))
    bad_sa('A1.6 TFC padding in transport mode', E.EINVAL, 'TFC padding needs tunnel mode: '
           'there the inner length says where the packet ends', mode=u8(SA.MODE, 2), tfc=u32(SA.TFC, 100), **out)
    for n in (65536, 0x80000000, 0xffffffff):
        bad_sa('A1.6 TFC padding to %d bytes' % n, E.ERANGE, large, tfc=u32(SA.TFC, n), **out)
    for n in (0, 2, 3, 5, 8):
        bad_sa('E3.4 TFC padding of %d bytes of attribute' % n, E.EINVAL, BAD_LEN, tfc=attr(SA.TFC, bytes(n)), **out)
    refused('A1.6 TFC padding cannot be set', E.EINVAL, UNSUPPORTED, CMD.SA_SET, dev(), peer_name(),
            nest(A.SA, u8(SA.DIR, OUT), be32(SA.SPI, 0x1002), u64(SA.SEQ, 2000), u32(SA.TFC, 100)))


def dummies():
    def bad(name, err, text, *parts, who='p', ifname='ipsec0'):
        refused('A1.5 ' + name, err, text, CMD.SA_DUMMY, dev(ifname), peer_name(who), nest(A.DUMMY, *parts))

    some = '1 to 1000 dummy packets'
    for n in (0, 1001, 0xffffffff):
        bad('%d dummies' % n, E.ERANGE, 'a request sends ' + some, u32(DUMMY.COUNT, n))
    for kind, what in ((DUMMY.COUNT, 'number'), (DUMMY.LEN, 'length')):
        for n in (0, 2, 3, 5, 8):
            bad('a %s of %d bytes' % (what, n), E.EINVAL, BAD_LEN, attr(kind, bytes(n)))
    for kind in (0, K['__IFIPSEC_DUMMY_A_MAX'], 1000, NLA_TYPE_MASK):
        bad('attribute %d of a dummy' % kind, E.EINVAL, UNKNOWN, u8(kind, 1))
    refused('A1.5 the nest of a dummy is not marked', E.EINVAL, NESTED_MISSING, CMD.SA_DUMMY, dev(), peer_name(),
            attr(A.DUMMY, u32(DUMMY.COUNT, 1)))
    refused('A1.5 an SA in a request for dummies', E.EINVAL, UNSUPPORTED, CMD.SA_DUMMY, dev(), peer_name(),
            sa_id(OUT, 0x1002))
    refused('A1.5 a dummy of another command', E.EINVAL, UNSUPPORTED, CMD.SA_DEL, dev(), peer_name(),
            sa_id(OUT, 0x1002), nest(A.DUMMY))
    refused('A1.5 dummies to no peer', E.EINVAL, NO_NAME, CMD.SA_DUMMY, dev())
    refused('A1.5 dummies to a peer without name', E.EINVAL, NO_NAME, CMD.SA_DUMMY, dev(), nest(A.PEER))
    refused('A1.5 dummies of no interface', E.EINVAL, 'the request names no interface', CMD.SA_DUMMY, peer_name())
    refused('A1.5 a dump of dummies', E.EOPNOTSUPP, '', CMD.SA_DUMMY, dev(), peer_name(), flags=DUMP)
    bad('dummies to an unknown peer', E.ENOENT, NO_PEER, who='nobody')
    bad('dummies to the peer of another interface', E.ENOENT, NO_PEER, who='r')
    bad('dummies on an unknown interface', E.ENODEV, NO_DEV, ifname='ipsec7')
    # tfc.py has the refusals of an interface that is up
    bad('dummies on an interface that is down', E.ENETDOWN, 'the interface is down')


# ---- flush -----------------------------------------------------------------

def flush():
    refused('E3.2 flush nothing', E.EINVAL, 'say what to flush, SAs or peers', CMD.FLUSH, dev())
    for what in (0, 3, 0xffffffff):
        refused('E3.4 flush %d' % what, E.ERANGE, RANGE, CMD.FLUSH, u32(A.FLUSH, what))
    refused('E3.15 flush an unknown interface', E.ENODEV, NO_DEV, CMD.FLUSH, dev('ipsec7'), u32(A.FLUSH, 2))
    refused('E3.15 flush what is no ipsec interface', E.ENODEV, NO_DEV, CMD.FLUSH, dev('wan'), u32(A.FLUSH, 2))
    refused('E3.15 flush a namespace id alone', E.EINVAL, 'the request names no interface', CMD.FLUSH,
            s32(A.NETNSID, 77), u32(A.FLUSH, 2))


# ---- the form of a message -------------------------------------------------

def form():
    good = sa(IN, 0x2001, key=KEY)
    parts = b''.join(sa_parts(IN, 0x2001, key=KEY).values())
    for kind in (0, K['__IFIPSEC_A_MAX'], 500, NLA_TYPE_MASK):
        refused('E3.3 attribute %d of a message' % kind, E.EINVAL, UNKNOWN, CMD.SA_NEW, dev(), peer_name(), good, u8(kind, 1))
    refused('E3.3 an attribute that only answers have', E.EINVAL, UNSUPPORTED, CMD.SA_NEW, dev(), peer_name(),
            good, u32(A.IFINDEX, 1))
    refused('E3.3 an attribute of another command', E.EINVAL, UNSUPPORTED, CMD.PEER_DEL, dev(), peer_name(), u32(A.FLUSH, 1))
    refused('E3.3 an attribute in a request for algorithms', E.EINVAL, UNSUPPORTED, CMD.ALG_GET, dev(), flags=DUMP)
    refused('E3.3 an unknown attribute in a request for algorithms', E.EINVAL, UNKNOWN, CMD.ALG_GET, u8(77, 1), flags=DUMP)
    for cmd in (CMD.DEV_GET, CMD.PEER_GET, CMD.SA_GET):
        refused('E3.3 an unknown attribute in dump %d' % cmd, E.EINVAL, UNKNOWN, cmd, u8(77, 1), flags=DUMP)
        refused('E3.15 an unknown interface in dump %d' % cmd, E.ENODEV, NO_DEV, cmd, dev('ipsec7'), flags=DUMP)
        refused('E3.14 a bad name in dump %d' % cmd, E.EINVAL, POLICY, cmd, attr(A.IFNAME, b'ipsec0'), flags=DUMP)
    refused('E3.14 the nest of an SA is not marked', E.EINVAL, NESTED_MISSING, CMD.SA_NEW, dev(), peer_name(), attr(A.SA, parts))
    refused('E3.14 the nest of a peer is not marked', E.EINVAL, NESTED_MISSING, CMD.SA_NEW, dev(),
            attr(A.PEER, attr(PEER.NAME, 'p')), good)
    refused('E3.14 a name that is marked as a nest', E.EINVAL, 'NLA_F_NESTED not expected', CMD.SA_NEW,
            attr(A.IFNAME | NLA_F_NESTED, 'ipsec0'), peer_name(), good)
    refused('E3.14 an attribute of length 3', E.EINVAL, LEFTOVER, CMD.SA_NEW, dev(), peer_name(), good, raw(3, A.FLUSH, b'abcd'))
    refused('E3.14 an attribute of length 0', E.EINVAL, LEFTOVER, CMD.SA_NEW, dev(), peer_name(), good, raw(0, A.FLUSH))
    refused('E3.14 an attribute beyond the message', E.EINVAL, LEFTOVER, CMD.SA_NEW, dev(), peer_name(), good,
            raw(200, A.FLUSH, b'abcd'))
    refused('E3.14 three bytes behind the attributes', E.EINVAL, LEFTOVER, CMD.SA_NEW, dev(), peer_name(), good, b'abc')
    refused('E3.14 a nest cut in an attribute', E.EINVAL, LEFTOVER, CMD.SA_NEW, dev(), peer_name(),
            nest(A.SA, parts[:-6]))
    refused('E3.14 a nest with an attribute of length 3', E.EINVAL, LEFTOVER, CMD.SA_NEW, dev(), peer_name(),
            nest(A.SA, parts, raw(3, SA.SEQ, bytes(8))))
    refused('E3.14 a nest with an attribute beyond it', E.EINVAL, LEFTOVER, CMD.SA_NEW, dev(), peer_name(),
            nest(A.SA, parts, raw(60000, SA.SEQ, bytes(8))))
    refused('E3.14 a nest of two bytes', E.ERANGE, POLICY, CMD.SA_NEW, dev(), peer_name(),
            raw(6, A.SA | NLA_F_NESTED, b'ab'))
    deep = b''
    for _ in range(500):
        deep = nest(A.SA, deep)
    refused('E3.14 a nest 500 deep', E.EINVAL, UNSUPPORTED, CMD.SA_NEW, dev(), peer_name(), deep)
    for cmd in (0, CMD.DEV_NEW_NTF, CMD.SA_DEL_NTF, CMD.SA_EXPIRE_NTF, K['__IFIPSEC_CMD_MAX'], 255):
        refused('E3.3 command %d' % cmd, E.EOPNOTSUPP, '', cmd, dev())
    refused('E3.3 the algorithms without dump', E.EOPNOTSUPP, '', CMD.ALG_GET)
    refused('E3.3 a dump of what has none', E.EOPNOTSUPP, '', CMD.SA_NEW, dev(), flags=DUMP)
    for cmd, body in ((CMD.SA_NEW, good), (CMD.SA_REPLACE, good), (CMD.SA_DEL, sa_id(IN, 0x1001)), (CMD.SA_GET, sa_id(IN, 0x1001))):
        refused('E3.3 command %d, reserved bits of the header' % cmd, E.EINVAL,
                'genlmsghdr.reserved field is not 0', cmd, dev(), peer_name(), body, reserved=1)
        for flags in (0x1000, REPLACE, EXCL, CREATE, 0x8000):
            refused('E3.3 command %d, header flags %#x' % (cmd, flags), E.EINVAL,
                    'ambiguous or reserved bits set in nlmsg_flags', cmd, dev(), peer_name(), body, flags=flags)


def short():
    data = nl.pack(nl.family, REQUEST | ACK, b'\x01\x01')
    unchanged('E3.14 a message shorter than its header', nl.transact(data), E.EINVAL, '')


def echo():
    """Without NETLINK_CAP_ACK an error brings the request back, but no key."""
    taken = sa_parts(IN, 0x1001, key=KEY).values()
    for name, parts in (('one key', [nest(A.SA, *taken)]),
                        ('two keys', [nest(A.SA, attr(SA.KEY, KEY), *taken)]),
                        ('two SAs', [nest(A.SA, *taken), nest(A.SA, *taken)])):
        a = bare.do(CMD.SA_NEW, dev(), peer_name(), *parts)
        t.ok('E3.17 the answer to a request with %s holds no key' % name,
             a.err == E.EEXIST and not has_key(a.raw), a)


# ---- what is right is taken ------------------------------------------------

def accepted():
    """The neighbours of what is refused; then they are removed again."""
    global state
    sels6 = ['fd%02x:%x::/32' % (i >> 4, i) for i in range(16, 272)]
    for name, parts in (
            ('a peer name of 31 characters', [CMD.PEER_NEW, dev(), peer('a' * 31, '192.0.2.3', None, ['10.30.0.0/16'])]),
            ('a peer name with . _ : -', [CMD.PEER_NEW, dev(), peer('0._:-Z', '192.0.2.3', None, ['10.31.0.0/32'])]),
            ('256 selectors', [CMD.PEER_NEW, dev(), peer('many', '192.0.2.3', None, sels6)]),
            ('an SPI of 256', [CMD.SA_NEW, dev(), peer_name('many'), sa(IN, 256, key=KEY, window=32)]),
            ('an SPI of 2^32 - 1', [CMD.SA_NEW, dev(), peer_name('many'), sa(OUT, 0xffffffff, key=KEY, seq=(1 << 64) - 2)]),
            ('a window of 8192', [CMD.SA_NEW, dev(), peer_name('many'), sa(IN, 257, key=KEY, window=8192)]),
            ('no window', [CMD.SA_NEW, dev(), peer_name('many'), sa(IN, 258, key=KEY, window=0, flags=0)]),
            ('a replacement with the SPI of an inbound SA', [CMD.SA_REPLACE, dev(), peer_name('many'), sa(OUT, 0x1001, key=KEY)]),
            ('a replacement of nothing', [CMD.SA_REPLACE, dev(), peer_name('0._:-Z'), sa(OUT, 0x1001, key=KEY)]),
            ('AES-192', [CMD.SA_NEW, dev(), peer_name('many'), sa(IN, 259, key=(KEY * 2)[:28])]),
            ('AES-256', [CMD.SA_NEW, dev(), peer_name('many'), sa(IN, 260, key=(KEY * 2)[:36])]),
            ('TFC padding to 65535 bytes', [CMD.SA_REPLACE, dev(), peer_name('many'),
                                            nest(A.SA, *sa_parts(OUT, 0x1004, key=KEY).values(), u32(SA.TFC, 65535))]),
            ('TFC padding to 0 bytes', [CMD.SA_REPLACE, dev(), peer_name('many'),
                                        nest(A.SA, *sa_parts(OUT, 0x1005, key=KEY).values(), u32(SA.TFC, 0))]),
            ('ChaCha20', [CMD.SA_NEW, dev(), peer_name('many'), sa(IN, 261, CHACHA, (KEY * 2)[:36], seq=(1 << 64) - 2)]),
            ('the same inbound number again', [CMD.SA_SET, dev(), peer_name('p'),
                                               nest(A.SA, u8(SA.DIR, IN), be32(SA.SPI, 0x1001), u64(SA.SEQ, 1000))])):
        a = nl.do(*parts)
        t.ok('taken: ' + name, a.err == 0 and not has_key(a.raw), a)
    peers = {one(one(b, A.PEER), PEER.NAME): one(b, A.PEER) for b in nl.dump(CMD.PEER_GET, dev())}
    t.equal('all 256 selectors are dumped', len(parse(one(peers[b'many\0'], PEER.SELECTORS))), 256)
    a = nl.do(CMD.PEER_GET, dev(), peer_name('many'))
    t.equal('and answered', len(parse(one(one(a.messages[0][1][4:], A.PEER), PEER.SELECTORS))), 256)
    everything = b''.join(b''.join(nl.dump(c)) for c in (CMD.DEV_GET, CMD.PEER_GET, CMD.SA_GET))
    t.ok('E3.17 no key in any dump', not has_key(everything))
    seen = b''
    while event_waits():
        seen += events.sock.recv(1 << 18)
    t.ok('E3.17 no key in any event', seen and not has_key(seen))
    for name in ('a' * 31, '0._:-Z', 'many'):
        must(nl.do(CMD.PEER_DEL, dev(), peer_name(name)))
    while event_waits():
        events.sock.recv(1 << 18)
    t.equal('what was added is gone again', nl.state(), state)


build()
events.listen()
state = nl.state()
for test in (interface_names, peer_names, endpoints, selectors, peers_again, protection, spis, keys, suites, windows,
             sequence_numbers, sa_attributes, named_sas, reserved, tfc, dummies, flush, form, short, echo, accepted):
    test()
sys.exit(t.failed > 0)
