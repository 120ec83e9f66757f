# SPDX-License-Identifier: MIT
"""Algorithms of the kernel's crypto API, by netlink (CONFIG_CRYPTO_USER).

    crypto_user.py available               can it be done here?
    crypto_user.py add TEMPLATE NAME       TEMPLATE(what computes NAME now); prints the driver
    crypto_user.py del DRIVER
    crypto_user.py driver NAME             what computes the AEAD NAME now
"""
import errno
import os
import socket
import struct
import sys

from genl import Netlink

NETLINK_CRYPTO = 21
NEWALG, DELALG = 0x10, 0x11
TYPE_AEAD, TYPE_MASK = 3, 0xf


def algorithms():
    """/proc/crypto as a list of dictionaries."""
    out = [{}]
    for line in open('/proc/crypto'):
        if not line.strip():
            out.append({})
        else:
            key, _, value = line.partition(':')
            out[-1][key.strip()] = value.strip()
    return [a for a in out if a]


def driver(name):
    """Of all that compute an AEAD, that of the highest priority."""
    with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET) as sock:
        sock.bind(('aead', name))       # makes it, if it was not there
    found = [a for a in algorithms() if a['name'] == name and a['type'] == 'aead']
    return max(found, key=lambda a: int(a['priority']))['driver']


def request(kind, name):
    if len(name) > 63:
        raise ValueError('%s is too long for the interface' % name)
    # struct crypto_user_alg: name, driver, module, type, mask, references, flags
    body = struct.pack('=64s64s64sIIII', b'', name.encode(), b'', TYPE_AEAD, TYPE_MASK, 0, 0)
    return Netlink(NETLINK_CRYPTO).request(kind, body).err


def main():
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == 'available':
        Netlink(NETLINK_CRYPTO)
        socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)
    elif command == 'driver':
        print(driver(*arguments))
    elif command == 'add':
        template, name = arguments
        new = '%s(%s)' % (template, driver(name))
        err = request(NEWALG, new)
        if err:
            sys.exit('%s: %s' % (new, os.strerror(err)))
        print(new)
    elif command == 'del':
        err = request(DELALG, arguments[0])
        if err and err != errno.ENOENT:
            sys.exit('%s: %s' % (arguments[0], os.strerror(err)))


if __name__ == '__main__':
    main()
