# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lib_cipher.sh - tests/net/kmod/ipsec_test_cipher.c, loaded: sourced behind lib.sh.

if ! modinfo ipsec_test_cipher >/dev/null 2>&1; then
	skip "the cipher of the tests" "the module ipsec_test_cipher is not here"
	finish
fi
must modprobe ipsec_test_cipher

# set_ PARAMETER VALUE: of that module
set_() { echo "$2" >"/sys/module/ipsec_test_cipher/parameters/$1"; }

# Interfaces and module go
cipher_unused() {
	local h
	for h in "${HOSTS[@]}"; do must on "$h" ipsecctl dev del ipsec0; done
	check "nobody holds the cipher" wait_for 20 rmmod ipsec_test_cipher
}
