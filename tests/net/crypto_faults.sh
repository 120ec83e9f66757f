#!/bin/bash
# SPDX-License-Identifier: MIT
#
# crypto_faults.sh - each call of a cipher fails, one after the other: when an SA is made,
# and for a packet on its way out and in; at once, and later, as asynchronous ciphers do.
#
#   a  ipsec0 10.0.0.1  192.0.2.1 ======= 192.0.2.2  ipsec0 10.0.0.2  b
#
# The ciphers are of tests/net/kmod/ipsec_test_cipher.c, which the kernel prefers while it
# is loaded.  A ping is four calls: a encrypts, b decrypts, b encrypts, a decrypts; and to
# 10.0.1.2, with AH around ESP, eight: a encrypts, signs, b verifies, decrypts, and back.
# suite: long

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_cipher.sh"

calls() { cat /sys/module/ipsec_test_cipher/parameters/calls; }

host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
tunnel a 192.0.2.1 "10.0.0.1/24" b 192.0.2.2 "10.0.0.2/24"
is "the cipher that can fail is used" "$(on a ipsecctl -j sa show ipsec0 | jq -r '.[].driver' | sort -u)" gcm-test
pings "and works" a 10.0.0.2

# ---- an SA -----------------------------------------------------------------

state() { on a ipsecctl -j peer show; on a ipsecctl -j sa show | jq -c '.[] | del(.age, .stats)'; }
add() { sa a ipsec0 b in 0x3001 aes-gcm-16 128; }
before=$(state)
set_ calls 0
must add
total=$(calls)
must on a ipsecctl sa del ipsec0 b in spi 0x3001
is "an SA takes some calls" "$((total >= 3))" 1
for ((n = 1; n <= total; n++)); do
	set_ fail_nth $n
	check_fails "SA, call $n of $total fails: it is refused" ipsecctl add
	is "SA, call $n of $total fails: nothing is left" "$(state)" "$before"
done
check "SA, none fails: it is there" add
must on a ipsecctl sa del ipsec0 b in spi 0x3001

# ---- a packet --------------------------------------------------------------

# both_ways HOST PEER REMOTE IN OUT: SAs of a second peer there, with ESP and AH
both_ways() {
	must on "$1" ipsecctl peer add ipsec0 "$2" remote "$3" selector 10.0.1.0/24 protect esp+ah
	local way
	for way in "in $4" "out $5"; do
		must sa "$1" ipsec0 "$2" "${way% *}" "${way#* }" aes-gcm-16 128
		must on "$1" ipsecctl sa add ipsec0 "$2" "${way% *}" spi "${way#* }" proto ah auth hmac-sha2-256-128 \
			auth-key "$(key_file "ah${way#* }" 32)"
	done
}
both_ways a pair 192.0.2.2 0x4001 0x4002
both_ways b pair 192.0.2.1 0x4002 0x4001
must ip -n a addr add 10.0.1.1/24 dev ipsec0
must ip -n b addr add 10.0.1.2/24 dev ipsec0
set_ calls 0
pings "ESP and AH" a 10.0.1.2 -c 1
is "ESP and AH: of both the ciphers that can fail are used" "$(on a ipsecctl -j sa show ipsec0 pair | jq -r '.[].driver' | sort -u | xargs)" "ah-test gcm-test"
is "ESP and AH: a ping takes eight calls" "$(calls)" 8

lost() { ! on a ping -q -n -c 1 -W 1 "$1"; }

# packet NAME ADDRESS NTH HOST REASON: the NTH call of a ping fails, and HOST counts it
packet() {
	local name=$1 to=$2 nth=$3 who=$4 reason=$5 before_a before_b
	local -A want=([a]="" [b]="")
	before_a=$(drops a ipsec0) before_b=$(drops b ipsec0)
	want[$who]=$reason=1
	set_ fail_nth "$nth"
	check "$name: the packet is lost" lost "$to"
	drops_are "$name: a counts" a ipsec0 "$before_a" ${want[a]:+"${want[a]}"}
	drops_are "$name: b counts" b ipsec0 "$before_b" ${want[b]:+"${want[b]}"}
	is "$name: the call was there" "$(cat /sys/module/ipsec_test_cipher/parameters/fail_nth)" 0
	pings "$name: the next packet passes" a "$to" -c 1
}

for defer in 0 3; do
	set_ defer $defer
	when=$( ((defer)) && echo later || echo "at once")
	for err in 5 74 12 28; do # EIO, EBADMSG, ENOMEM, ENOSPC
		set_ error -$err
		tx=tx_crypto_err rx=rx_crypto_err
		((err != 74)) || rx=rx_auth_fail
		packet "$when, error $err, a encrypts" 10.0.0.2 1 a $tx
		packet "$when, error $err, b decrypts" 10.0.0.2 2 b $rx
		packet "$when, error $err, b encrypts" 10.0.0.2 3 b $tx
		packet "$when, error $err, a decrypts" 10.0.0.2 4 a $rx
		packet "$when, error $err, a encrypts before AH" 10.0.1.2 1 a $tx
		packet "$when, error $err, a signs" 10.0.1.2 2 a $tx
		packet "$when, error $err, b verifies" 10.0.1.2 3 b $rx
		packet "$when, error $err, b decrypts behind AH" 10.0.1.2 4 b $rx
	done
done

# ---- many packets ----------------------------------------------------------

# one in 50 fails: TCP goes on, and all that was sent was received or is counted
count() { on "$1" ipsecctl -j dev show ipsec0 | jq "[.[0].stats.$2_packets, ([.[0].stats.drops | to_entries[] | select(.key | startswith(\"$2\")) | .value] | add // 0)] | add"; }
accounted() {
	(($(count b rx) - rx_b == $(total_packets a tx) - tx_a &&
		$(count a rx) - rx_a == $(total_packets b tx) - tx_b))
}
for defer in 0 3; do
	set_ defer $defer
	set_ error -5
	rx_a=$(count a rx) rx_b=$(count b rx)
	tx_a=$(total_packets a tx) tx_b=$(total_packets b tx)
	set_ fail_every 50
	iperf "one call in 50 fails, defer $defer: TCP" a b 10.0.0.2
	set_ fail_every 0
	check "one call in 50 fails, defer $defer: what was sent was received or is counted" wait_for 10 accounted
done

# ---- the end ---------------------------------------------------------------

cipher_unused
finish
