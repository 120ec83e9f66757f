# SPDX-License-Identifier: MIT
"""bench.py - what the programs of the benchmark share: its module, and its machine."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
TIMEOUT = 3600    # seconds, on a busy host


def newest_kernel():
    """The one that tests/vm/run boots: Debian's newest with headers."""
    names = [n for n in os.listdir('/lib/modules') if n.endswith('-amd64') and 'cloud' not in n and
             os.path.isdir('/lib/modules/%s/build' % n)]
    return max(names, key=lambda n: [int(x) for x in n.split('-')[0].split('.')] + [int(n.split('-')[1])])


def build(kernel):
    """The benchmark's module for a kernel of this host.  Return: its file."""
    out = os.path.join(TOP, 'build', 'bench', kernel)
    os.makedirs(out, exist_ok=True)
    for name in os.listdir(os.path.join(HERE, 'kmod')):
        link = os.path.join(out, name)
        if not os.path.lexists(link):
            os.symlink(os.path.join(HERE, 'kmod', name), link)
    subprocess.run(['make', '-s', '-C', '/lib/modules/%s/build' % kernel, 'M=' + out, 'W=1',
                    'CONFIG_DEBUG_INFO_BTF_MODULES=', 'modules'], check=True, stdout=sys.stderr)
    return os.path.join(out, 'ipsec_bench.ko')


def machine(command, options=()):
    """
    Run a script of this directory in the machine whose clock counts instructions; its
    first argument is the module.  Yield: lines of its output.  Ends the program if it fails.
    """
    kernel = newest_kernel()
    # the clock runs on while the kernel's tests of ciphers wait for files
    args = [os.path.join(TOP, 'tests/vm/run'), '--icount', '--append', 'cryptomgr.notests', '--kernel', kernel,
            '--timeout', str(TIMEOUT), *options, '--', os.path.join(HERE, command[0]), build(kernel), *command[1:]]
    with subprocess.Popen(args, stdout=subprocess.PIPE, text=True) as process:
        yield from process.stdout
    if process.returncode:
        sys.exit('bench: the machine ended with status %d' % process.returncode)
