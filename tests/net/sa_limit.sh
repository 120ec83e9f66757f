#!/bin/bash
# SPDX-License-Identifier: MIT
#
# sa_limit.sh - a namespace holds 65,536 SAs, and no more: sa_limit.py adds them.
#
#   gw   ipsec0 - p 192.0.2.2        other  ipsec0 - p 192.0.2.2
# suite: long
# timeout: 900

. "$(dirname "$0")/lib.sh"

if ((IPSEC_VM_DEBUG)); then
	skip "E3.18 65536 SAs" "with all checkers on it would take minutes"
	finish
fi
host gw other
for h in gw other; do
	must on $h ipsecctl dev add ipsec0
	must on $h ipsecctl peer add ipsec0 p remote 192.0.2.2 protect esp
done
on gw /usr/bin/python3 -B "${0%.sh}.py" || FAILED=$((FAILED + 1))
check "E3.18 another namespace has a limit of its own" sa other ipsec0 p in 0x1001 aes-gcm-16 128
finish
