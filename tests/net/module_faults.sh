#!/bin/bash
# SPDX-License-Identifier: MIT
#
# module_faults.sh - every allocation while the module is loaded fails once: it says so, is
# not there, and can be loaded again.  Leaks are found by tests/vm/run --kmemleak.
#
# Needs a kernel that can make an allocation fail, and load a module a second time: the
# debug kernel in the emulator.
# suite: long
# machine: uml
# vm: --no-load
# timeout: 900

. "$(dirname "$0")/lib.sh"

if [[ ! -e /proc/self/fail-nth || ${IPSEC_VM:-} == uml ]]; then
	skip "loading the module without memory" "this kernel has no CONFIG_FAULT_INJECTION, or loads a module once"
	exit 0
fi
host a b
allocations_may_fail
# a buffer that vmalloc() cannot give is told of with a trace, as a warning
must dmesg -n 4
/usr/bin/python3 "$(dirname "$0")/module_faults.py" "$(modinfo -n ipsec)" || FAILED=$((FAILED + 1))
must dmesg -n 8

must modprobe ipsec
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
tunnel a 192.0.2.1 10.0.0.1/24 b 192.0.2.2 10.0.0.2/24
check "and then it carries" wait_for 10 on a ping -q -n -c 1 -W 1 10.0.0.2
finish
