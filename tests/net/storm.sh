#!/bin/bash
# SPDX-License-Identifier: MIT
#
# storm.sh - SAs, peers, interfaces, the underlay, a namespace and the module are taken
# away and come back, again and again, while all processors send and receive and packets
# are in ciphers that answer later (cryptd), or in the lanes that processors share.
#
#   a  ipsec0 10.0.0.1  192.0.2.1 ======= 192.0.2.2  ipsec0 10.0.0.2  b
#
# storm.py does it.  After each round a packet must find its way, and in the end nobody
# holds the cipher or the module.  TEST_ROUNDS=1000 is what docs/testing.md tells of.
# suite: long
# machine: uml

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
rounds=${TEST_ROUNDS:-24}

crypto_user() { /usr/bin/python3 "$here/crypto_user.py" "$@"; }
storm() { /usr/bin/python3 "$here/storm.py" "$@" || FAILED=$((FAILED + 1)); }

modprobe -qa crypto_user cryptd algif_aead
if ! crypto_user available 2>/dev/null; then
	skip "asynchronous ciphers" "this kernel cannot be told of algorithms (CONFIG_CRYPTO_USER)"
	finish
fi
host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"

if driver=$(crypto_user add cryptd 'gcm(aes)' 2>&1); then
	storm "cryptd" $((rounds / 2))
	check "nobody holds the cipher" wait_for 20 crypto_user del "$driver"
else
	skip "cryptd" "it takes no cipher that is asynchronous by itself: $driver"
fi
must sh -c 'echo 0 > /sys/module/ipsec/parameters/spread_busy'
storm "shared lanes" $((rounds - rounds / 2))
finish
