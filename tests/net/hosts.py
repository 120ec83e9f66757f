# SPDX-License-Identifier: MIT
"""hosts.py - the hosts of a scenario, which are network namespaces, from Python."""
import contextlib
import ctypes
import os

NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _enter(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        if _libc.setns(fd, NEWNET):
            raise OSError(ctypes.get_errno(), 'setns ' + path)
    finally:
        os.close(fd)


def enter(host):
    """What this thread makes from now on, sockets and processes, is in the host."""
    _enter('/run/netns/' + host)


@contextlib.contextmanager
def inside(host):
    """For a block; a socket stays in the host that it was made in."""
    home = os.open('/proc/thread-self/ns/net', os.O_RDONLY)
    try:
        enter(host)
        yield
    finally:
        _enter('/proc/self/fd/%d' % home)
        os.close(home)
