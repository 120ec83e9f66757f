#!/bin/bash
# SPDX-License-Identifier: MIT
#
# checkers.sh OPTION…: does a debug kernel report what it is there for?  Runs on the host
# and boots a machine, with these options of tests/vm/run, for each fault that a module
# commits (tests/net/kmod/ipsec_test_fault.c); prints cases for tests/run-suite --host.

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# reports FAULT TEXT: what the kernel must say about it, and make the run fail
reports() {
	local status=0
	"$here/run" "${options[@]}" -- bash -c "modprobe ipsec_test_fault && echo $1 > /sys/module/ipsec_test_fault/parameters/fault; rmmod ipsec_test_fault" \
		> "$log" 2>&1 < /dev/null || status=$?
	if [ $status = 99 ] && grep -qE "$2" "$log"; then
		echo "ok - checkers: $1 is reported"
	else
		echo "not ok - checkers: $1: \"$2\" is not reported, status $status"
		sed 's/^/# /' "$log" | tail -n 30
	fi
}

options=("$@")
case " ${options[*]} " in
*" --kcsan "*)
	reports race "KCSAN: data-race in race.*ipsec_test_fault"
	exit
	;;
*" --kmemleak "*) reports leak "unreferenced object" ;;
esac
reports out-of-bounds "KASAN: slab-out-of-bounds in out_of_bounds"
reports use-after-free "KASAN: slab-use-after-free in use_after_free"
reports shift "UBSAN: shift-out-of-bounds in .*ipsec_test_fault"
reports lock-order "possible circular locking dependency detected"
reports lock-in-softirq "inconsistent lock state"
reports sleep-locked "sleeping function called from invalid context at .*ipsec_test_fault"
reports no-rcu-lock "suspicious RCU usage"
reports free-active-timer "ODEBUG: free active .* object type: timer_list"
