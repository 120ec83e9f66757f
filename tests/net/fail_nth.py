# SPDX-License-Identifier: MIT
"""Allocations that fail on demand, of a kernel with CONFIG_FAULT_INJECTION.

/proc/thread-self/fail-nth counts the allocations of this thread down, also those that
it makes with bottom halves disabled, but none of a softirq.
"""
import os

FAIL = os.open('/proc/thread-self/fail-nth', os.O_RDWR)


def nth(n, call, *args):
    """call(*args) with its nth allocation failing.  Return: what it did, 0 or how many were missing."""
    os.write(FAIL, b'%d' % n)
    try:
        result = call(*args)
    except OSError as e:
        result = e
    left = int(os.pread(FAIL, 16, 0).rstrip(b'\0\n'))
    os.write(FAIL, b'0')
    return result, left
