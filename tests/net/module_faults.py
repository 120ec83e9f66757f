# SPDX-License-Identifier: MIT
"""The Nth allocation of the system call that loads a module fails: see module_faults.sh.

    module_faults.py FILE

What it depends on is loaded before, and stays.  Begins where the kernel reads the
module's parameters: before that it makes the events of tracepoints, and warns if it cannot.
"""
import ctypes
import errno
import re
import subprocess
import sys

from fail_nth import nth
from genl import Report

FINIT_MODULE, DELETE_MODULE = 313, 176      # x86-64, asm/unistd_64.h
MOST = 20000                                # more allocations than loading has
LIBC = ctypes.CDLL(None, use_errno=True)
t = Report()


def syscall(number, *args):
    """Return: 0 or errno."""
    return 0 if LIBC.syscall(number, *args) == 0 else ctypes.get_errno()


def load(path, n, parameters=b''):
    """Load it with its nth allocation failing.  Return: 0 or errno, and 0 or how many were missing."""
    with open(path, 'rb') as module:
        return nth(n, syscall, FINIT_MODULE, module.fileno(), ctypes.c_char_p(parameters), 0)


def is_loaded():
    return any(line.startswith('ipsec ') for line in open('/proc/modules'))


def main():
    path = sys.argv[1]
    for line in subprocess.check_output(['modprobe', '--show-depends', 'ipsec'], text=True).splitlines():
        found = re.match(r'insmod (\S+)', line)
        if found and found.group(1) != path:
            subprocess.check_call(['insmod', found.group(1)])
    for _ in range(3):      # the first load fills caches
        err, missing = load(path, MOST, b'spread_cpus=none')
    print('# %d allocations before it reads parameters' % (MOST - missing))
    t.equal('a parameter that is none', errno.errorcode.get(err, err), 'EINVAL')
    faults, refused, wrong = 0, 0, []
    for n in range(MOST - missing + 1, MOST):
        err, missing = load(path, n)
        faults += not missing
        refused += err != 0
        if err not in (0, errno.ENOMEM) or is_loaded() != (err == 0):
            wrong.append('allocation %d: %s, %sloaded' % (
                n, errno.errorcode.get(err, err), '' if is_loaded() else 'not '))
        if err == 0 and syscall(DELETE_MODULE, ctypes.c_char_p(b'ipsec'), 0):
            wrong.append('allocation %d: it does not unload' % n)
            break
        if missing:
            break
    t.equal('the loaded module goes, the refused one is not there, for want of memory', wrong, [])
    t.ok('most of %d allocations are needed (%d)' % (faults, refused), faults > 20 and refused > faults // 2)
    return bool(t.failed)


sys.exit(main())
