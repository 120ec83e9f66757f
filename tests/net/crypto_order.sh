#!/bin/bash
# SPDX-License-Identifier: MIT
#
# crypto_order.sh - a cipher that ends on another CPU, now and then before it has said that
# it answers later: what came in order leaves in order.
#
#   a  ipsec0 10.0.0.1  192.0.2.1 ======= 192.0.2.2  ipsec0 10.0.0.2  b
#
# The packets come up on the first CPU, the cipher (tests/net/kmod/ipsec_test_cipher.c)
# works on the last: where it ends one, all must leave.

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

if (($(nproc) == 1)); then
	skip "ciphers that end elsewhere" "this machine has one CPU"
	finish
fi
. "$(dirname "$0")/lib_cipher.sh"

host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
tunnel a 192.0.2.1 "10.0.0.1/24" b 192.0.2.2 "10.0.0.2/24"
pings "the tunnel" a 10.0.0.2

for defer in 3 2; do # both sides, the receiver
	set_ defer $defer
	for early in 0 3; do
		set_ early $early
		/usr/bin/python3 "$here/async.py" order "defer $defer, one in $early is over at once" 10.0.0.2 ||
			FAILED=$((FAILED + 1))
	done
done

cipher_unused
finish
