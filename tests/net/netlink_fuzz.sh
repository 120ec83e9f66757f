#!/bin/bash
# SPDX-License-Identifier: MIT
#
# netlink_fuzz.sh - thousands of requests that were right before something happened
# to them.  The kernel may take or refuse each, but the tables stay consistent and
# everything can be removed afterwards.  The seed is fixed: a failure repeats.
#
#   gw: ipsec0, ipsec1 (both down), wan 192.0.2.1

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

host gw far
wire gw wan "192.0.2.1/24" far wan "192.0.2.2/24"
must on gw ipsecctl dev add ipsec0
must on gw ipsecctl dev add ipsec1

messages=4000
[[ ${IPSEC_VM:-} == qemu || ${IPSEC_VM_DEBUG:-} == 1 ]] && messages=1500
on gw /usr/bin/python3 -B "$here/netlink_fuzz.py" "${FUZZ_SEED:-1}" "${FUZZ_MESSAGES:-$messages}" ||
	FAILED=$((FAILED + 1))

must ip -n gw link del ipsec0
must ip -n gw link del ipsec1
finish
