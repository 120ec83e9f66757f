# SPDX-License-Identifier: MIT
"""bench.py - what the programs of the benchmark share: its module, and its machine."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
VM = os.path.join(TOP, 'tests/vm/run')
TIMEOUT = 3600    # seconds, on a busy host
# kind: machine, variables of its build, how often
CLOCKS = {'native': ('uml', ('ARCH=um',), 5), 'emulated': ('qemu', (), 2)}


def build(machine, *variables):
    """The benchmark's module, for the kernel of a machine.  Return: its file."""
    release, kdir = subprocess.run([VM, '--machine', machine, '--which-kernel'], check=True, text=True,
                                   stdout=subprocess.PIPE).stdout.split()
    out = os.path.join(TOP, 'build', 'bench', release)
    os.makedirs(out, exist_ok=True)
    for name in os.listdir(os.path.join(HERE, 'kmod')):
        link = os.path.join(out, name)
        if not os.path.lexists(link):
            os.symlink(os.path.join(HERE, 'kmod', name), link)
    subprocess.run(['make', '-s', '-C', kdir, 'M=' + out, 'W=1', 'CONFIG_DEBUG_INFO_BTF_MODULES=', *variables,
                    'modules'], check=True, stdout=sys.stderr)
    return os.path.join(out, 'ipsec_bench.ko')


def run(options, command):
    """
    A script of this directory, with its arguments, in a machine.  Yield: lines of its
    output.  Ends the program if it fails.
    """
    args = [VM, '--timeout', str(TIMEOUT), *options, '--',
            os.path.join(HERE, command[0]), *command[1:]]
    with subprocess.Popen(args, stdout=subprocess.PIPE, text=True) as process:
        yield from process.stdout
    if process.returncode:
        sys.exit('bench: the machine ended with status %d' % process.returncode)


def machine(command, options=()):
    """
    The same in the machine whose clock counts instructions; the first argument that the
    script gets is the module.
    """
    module = build('qemu')
    # the clock runs on while the kernel's tests of ciphers wait for files
    return run(['--icount', '--append', 'cryptomgr.notests', *options], [command[0], module, *command[1:]])


def by_the_clock(kind):
    """
    clock.sh with one processor and with two, in turns: the speed of a host changes from
    minute to minute.  KIND "native" is user-mode Linux, "emulated" QEMU.  Yield: lines.
    """
    machine, variables, rounds = CLOCKS[kind]
    module = build(machine, *variables)
    print('bench: %s: load of this host before: %.2f; it should be idle' % (kind, os.getloadavg()[0]), file=sys.stderr)
    for cpus in ('1', '2') * rounds:
        yield from run(['--machine', machine, '--smp', cpus], ['clock.sh', module, kind, cpus])
