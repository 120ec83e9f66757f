#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ciphers.sh: ticks per operation of the AEADs alone, at the lengths that ESP has for
# 64, 512 and 1400 bytes of UDP payload.  Run in the machine.
#
# Prints "result cipher.seal.64.NAME TICKS", and "open".

. "$(dirname "$0")/paths.sh"
COUNT=${COUNT:-2048}
ip netns add a

# cipher NAME ALGORITHM KEY ADDITIONAL-DATA
cipher() {
	local size text answer
	for size in 64 512 1400; do
		# the inner headers, the trailer, to a multiple of 4
		text=$(((size + 28 + 2 + 3) / 4 * 4))
		answer=$(bench a cipher "alg=$2" "key=$3" icv=16 "aad=$4" "size=$text" "count=$COUNT")
		[[ $answer =~ seal=([0-9]+)\ open=([0-9]+) ]]
		result "cipher.seal.$size.$1" $((BASH_REMATCH[1] / COUNT))
		result "cipher.open.$size.$1" $((BASH_REMATCH[2] / COUNT))
	done
}

cipher gcm 'gcm(aes)' 16 12
cipher rfc4106 'rfc4106(gcm(aes))' 20 20
cipher rfc7539 'rfc7539(chacha20,poly1305)' 32 12
ip netns del a
