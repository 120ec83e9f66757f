#!/bin/bash
# SPDX-License-Identifier: MIT
#
# faults.sh - every allocation of every request fails once, and so does every one of a
# packet on its way out and on its way in: nothing half-applied, nothing uncounted.
#
#   a  ipsec0 10.0.0.1  192.0.2.1 ======= 192.0.2.2  ipsec0 10.0.0.2  b
#      ipsec2           fd00::1 ======== fd00::2
#      ipsec1 10.0.1.1  198.51.100.1 --- tun0, which is faults.py
#
# Only the debug kernel can make an allocation fail (CONFIG_FAULT_INJECTION); leaks are
# found by tests/vm/run --kmemleak.
# machine: uml
# timeout: 900

. "$(dirname "$0")/lib.sh"

if [[ ! -e /proc/self/fail-nth ]]; then
	skip "allocations that fail" "this kernel cannot make them (CONFIG_FAULT_INJECTION)"
	finish
fi
allocations_may_fail

host a b
wire a wan "192.0.2.1/24 fd00::1/64" b wan "192.0.2.2/24 fd00::2/64"
tunnel a 192.0.2.1 "10.0.0.1/24" b 192.0.2.2 "10.0.0.2/24"
pings "the tunnel works" a 10.0.0.2
on a /usr/bin/python3 "${0%.sh}.py" "$@" || FAILED=$((FAILED + 1))
pings "and it still does" a 10.0.0.2
finish
