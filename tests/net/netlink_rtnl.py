# SPDX-License-Identifier: MIT
"""RTM_NEWLINK by hand; run by netlink_rtnl.sh in a namespace with ipsec0."""
import errno as E
import socket
import struct
import sys

from genl import *

NEWLINK, GETLINK = 16, 18
IFNAME, MTU, LINKINFO = 3, 4, 18
KIND, DATA = 1, 2
LINK, FWMARK, AUTO = K['IFLA_IPSEC_LINK'], K['IFLA_IPSEC_FWMARK'], K['IFLA_IPSEC_MTU_AUTO']
NO_LINK = 'there is no such underlay device in the namespace'
NO_OPTION = 'an ipsec interface has no such option'
t = Report()
nl = Netlink(NETLINK_ROUTE)


def newlink(name, *data, flags=CREATE | EXCL, more=b'', index=0):
    info = attr(KIND, 'ipsec') + (nest(DATA, *data) if data else b'')
    body = struct.pack('=BxHiII', 0, 0, index, 0, 0) + attr(IFNAME, name) + more + nest(LINKINFO, info)
    return nl.request(NEWLINK, body, flags)


def interfaces():
    return sorted(n for _, n in socket.if_nameindex())


def refused(name, err, text, *data, dev='ipsec1', **options):
    before = interfaces()
    a = newlink(dev, *data, **options)
    t.ok(name, a.err == err and a.text == text and interfaces() == before,
         '%r, %r' % (a, interfaces()))


def settings():
    """Link, mark, MTU and whether it is automatic."""
    body = Genl().do(CMD.DEV_GET, dev('ipsec0')).messages[0][1][4:]
    d = dict(parse(one(body, A.DEV)))
    return [d.get(k) for k in (DEV.LINK, DEV.FWMARK, DEV.MTU, DEV.MTU_AUTO)]


def told(name):
    """IFLA_INFO_DATA of an interface, by its numbers."""
    a = nl.request(GETLINK, struct.pack('=BxHiII', 0, 0, 0, 0, 0) + attr(IFNAME, name))
    return dict(parse(one(one(a.messages[0][1][16:], LINKINFO), DATA)))


def change(name, err, text, *data, more=b''):
    before = settings()
    refused(name, err, text, *data, dev='ipsec0', flags=0, more=more)
    t.equal(name + ': nothing has changed', settings(), before)


mine = socket.if_nametoindex('ipsec0')
for make in (refused, change):
    for index in (4711, 0x7fffffff, 0x80000000, 0xffffffff):
        make('E3.19 %s: link to index %#x' % (make.__name__, index), E.ENODEV, NO_LINK, u32(LINK, index))
    make('E3.19 %s: a good mark with a bad link' % make.__name__, E.ENODEV, NO_LINK, u32(FWMARK, 9), u32(LINK, 4711))
    make('E3.19 %s: link of 2 bytes' % make.__name__, E.ERANGE, 'Attribute failed policy validation', u16(LINK, 1))
    make('E3.19 %s: mark of 3 bytes' % make.__name__, E.ERANGE, 'Attribute failed policy validation',
         attr(FWMARK, b'abc'))
    for kind in (K['__IFLA_IPSEC_MAX'], 20, 31):
        make('E3.3 %s: unknown option %d' % (make.__name__, kind), E.EINVAL, NO_OPTION, u32(kind, 1))
    for kind, values, text in (
            ('DSCP', (64, 254), 'a DSCP is 0 to 63, or 255 to copy that of the inner header'),
            ('DF', (3, 255), 'integer out of range'), ('DECAP_DSCP', (2, 255), 'integer out of range'),
            ('SPREAD', (2, 255), 'integer out of range')):
        for value in values:
            make('E3.4 %s: %s %d' % (make.__name__, kind, value), E.ERANGE, text, u8(K['IFLA_IPSEC_' + kind], value))
    for value in (0x100000, 0x80000001, 0xffffffff):
        make('E3.4 %s: flow label %#x' % (make.__name__, value), E.ERANGE, 'a flow label has 20 bits',
             u32(K['IFLA_IPSEC_FLOWLABEL'], value))
    make('E3.19 %s: an MTU that is both' % make.__name__, E.EINVAL, 'the MTU is either a number or automatic',
         attr(AUTO), more=u32(MTU, 1400))
change('E3.19 its own index as link', E.ELOOP, 'an interface cannot be its own underlay', u32(LINK, mine))
for mtu in (0, 67, 65363, 70000, 0xffffffff):
    change('E3.19 a good mark with MTU %d' % mtu, E.EINVAL, 'the MTU is out of range', u32(FWMARK, 9), more=u32(MTU, mtu))
refused('E3.19 mtu 0', E.EINVAL, 'mtu less than device minimum', more=u32(MTU, 0))
refused('E3.19 mtu 70000', E.EINVAL, 'mtu greater than device maximum', more=u32(MTU, 70000))
refused('E3.19 mtu 2^32 - 1', E.EINVAL, 'mtu less than device minimum', more=u32(MTU, 0xffffffff))
refused('E3.19 a taken name', E.EEXIST, '', dev='ipsec0')
for name in ('.', '..', '../x', 'a/b', 'a b', 'a:b', 'a\n', 'abcdefghijklmnop', 'a' * 300):
    before = interfaces()
    a = newlink(name)
    t.ok('E3.14 interface name %.20r' % name, a.err in (E.EINVAL, E.ERANGE) and interfaces() == before, a)
a = newlink('ipsec1', u32(LINK, 0), u32(FWMARK, 0xffffffff))
t.ok('no link and every bit of the mark', a.err == 0, a)
a = newlink('ipsec1', u32(FWMARK, 0), flags=0)
t.ok('no mark', a.err == 0, a)
spread = K['IFLA_IPSEC_SPREAD']
t.equal('CPUs share the work', told('ipsec1')[spread], b'\1')
a = newlink('ipsec1', u8(spread, 0), flags=0)
t.ok('they shall not', a.err == 0, a)
t.equal('they do not share it', told('ipsec1')[spread], b'\0')
a = newlink('ipsec3', u8(spread, 0))
t.ok('from the beginning', a.err == 0 and told('ipsec3')[spread] == b'\0', a)
sys.exit(t.failed > 0)
