#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tfc.sh - TFC padding and dummy packets (RFC 4303 2.6, 2.7): every byte of them on the
# wire, and what our own receiver and the stock kernel's make of them.
#
#   gw  wan 192.0.2.1 ---- veth ---- wan  atk
#       2001:db8::1                  the other side is tfc.py
#   ipsec0 (outer IPv4), ipsec1 (outer IPv6)
#
#   a  ipsec0 10.0.0.1 -- 192.0.2.1 ===== 192.0.2.2 -- 10.0.0.2 ipsec0  b
#
#   ours, stock: see lib_xfrm.sh
# suite: long
# timeout: 900

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/lib_xfrm.sh
. "$(dirname "$0")/lib_xfrm.sh"

host gw atk
on atk sysctl -qw net.ipv6.conf.default.disable_ipv6=1
wire gw wan "192.0.2.1/24 2001:db8::1/64" atk wan ""
/usr/bin/python3 -B "${0%.sh}.py" || FAILED=$((FAILED + 1))

# ---- our own receiver ------------------------------------------------------

host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
tunnel a 192.0.2.1 "10.0.0.1/24" b 192.0.2.2 "10.0.0.2/24"
for h in a b; do on $h sysctl -qw net.ipv6.conf.ipsec0.disable_ipv6=1; done
# replaced [OPTION...]: new SAs both ways, the outbound ones with these options
spi=0x3000
replaced() {
	local h p
	spi=$(printf 0x%x $((spi + 1)))
	for h in a b; do
		if [[ $h == a ]]; then p=b; else p=a; fi
		must on $p ipsecctl sa add ipsec0 $h in spi $spi encr aes-gcm-16 key "$(key_file $spi 20)"
		must on $h ipsecctl sa replace ipsec0 $p out spi $spi encr aes-gcm-16 \
			key "$(key_file $spi 20)" "$@"
		spi=$(printf 0x%x $((spi + 1)))
	done
}
# exchange NAME: packets of all lengths, and dummies between them, counted at both ends
exchange() {
	local name=$1 before_a before_b was_a was_b size n=0 bytes=0
	before_a=$(drops a ipsec0) before_b=$(drops b ipsec0)
	was_a=$(traffic a ipsec0) was_b=$(traffic b ipsec0)
	for size in 0 1 100 1000 1300; do
		check "A1.6 $name: $size bytes" on a ping -q -n -c 2 -i 0.01 -W 5 -s $size 10.0.0.2
		check "A1.5 $name: dummies of $size bytes" on a ipsecctl dummy ipsec0 b count 10 length $size
		n=$((n + 2)) bytes=$((bytes + 2 * (size + 28)))
	done
	# they are on the way to b in front of this
	must on a ping -q -n -c 1 -W 5 10.0.0.2
	n=$((n + 1)) bytes=$((bytes + 84))
	drops_are "A1.5 $name: a has sent dummies" a ipsec0 "$before_a" tx_dummy=50
	drops_are "A1.5 $name: b has discarded them" b ipsec0 "$before_b" rx_dummy=50
	is "A1.6 $name: a counts inner packets" "$(moved "$was_a" "$(traffic a ipsec0)")" "$n $bytes $n $bytes"
	is "A1.6 $name: b gets inner packets" "$(moved "$was_b" "$(traffic b ipsec0)")" "$n $bytes $n $bytes"
}
moved() { paste -d' ' <(tr ' ' '\n' <<<"$2") <(tr ' ' '\n' <<<"$1") | awk '{ print $1 - $2 }' | paste -sd' '; }

replaced
exchange "no padding"
replaced tfc 500
exchange "tfc 500"
replaced tfc 65535
exchange "tfc 65535"
before_a=$(drops a ipsec0) before_b=$(drops b ipsec0)
iperf "A1.6 tfc 65535, TCP" a b 10.0.0.2
iperf "A1.6 tfc 65535, TCP the other way" a b 10.0.0.2 -R
drops_are "A1.6 tfc 65535, TCP: a drops nothing" a ipsec0 "$before_a"
drops_are "A1.6 tfc 65535, TCP: b drops nothing" b ipsec0 "$before_b"

# ESP inside AH: the cap leaves room for both
for h in a b; do
	if [[ $h == a ]]; then p=b; else p=a; fi
	must on $h ipsecctl peer set ipsec0 $p protect esp+ah
done
for h in a b; do
	if [[ $h == a ]]; then p=b; else p=a; fi
	must on $p ipsecctl sa add ipsec0 $h in spi $spi proto ah auth hmac-sha2-256-128 \
		auth-key "$(key_file $spi 32)"
	must on $h ipsecctl sa add ipsec0 $p out spi $spi proto ah auth hmac-sha2-256-128 \
		auth-key "$(key_file $spi 32)"
	spi=$(printf 0x%x $((spi + 1)))
done
# "packets bytes dummies" of a's SAs out, ESP first
sas_of_a() {
	on a ipsecctl -j sa show | jq -r '[.[] | select(.dir == "out")] | sort_by(.proto != "esp") | .[] |
		"\(.stats.tx_packets) \(.stats.tx_bytes) \(.stats.drops.tx_dummy // 0)"' | paste -sd' '
}
was=$(sas_of_a)
exchange "ESP inside AH"
is "A1.5 ESP inside AH: the SA of ESP counts the dummies, both the packets" \
	"$(moved "$was" "$(sas_of_a)")" "11 5166 50 11 5166 0"
# 1500 - 20 - (12 + 16) - (8 + 8 + 16), to a multiple of 4 less 2
check "A1.5 ESP inside AH: the longest dummy" on a ipsecctl dummy ipsec0 b length 1418
check_fails "A1.5 ESP inside AH: longer than the path" "longer than the path to the peer lets through" \
	on a ipsecctl dummy ipsec0 b length 1419

# ---- the stock kernel's receiver -------------------------------------------

TUNNELS=("4 1 aes-gcm-16 256 on" "4 2 chacha20-poly1305 256 off" "6 1 aes-gcm-16 128 off" "6 2 chacha20-poly1305 256 on")
xfrm_hosts
xfrm_tunnels_ours tfc 65535
xfrm_tunnels_stock
errors=$(xfrm_stat stock)
for line in "${TUNNELS[@]}"; do
	read -r n k alg bits esn <<<"$line"
	for family in 4 6; do
		echo "$(inner stock "$n" "$k" $family) A1.6 stock: v$family-in-v$n $(tunnel_name "$n" "$k" "$alg" "$bits" "$esn")"
	done
done >"$WORK/echoes"
was4=$(counts stock xf4) was6=$(counts stock xf6)
for size in 0 100 1300; do
	sed "s/\$/, $size bytes/" "$WORK/echoes" | echoes ours -c 2 -i 0.01 -s $size
done
xfrm_stat_are "A1.6 stock: no error" stock "$errors"
bytes=$((2 * (0 + 100 + 1300) * 4 + 2 * 3 * 2 * (28 + 48)))
# it takes the padding off behind the counters of its interface: the answers have the
# lengths of the requests
is "A1.6 stock: exact inner packets, IPv4 outside" \
	"$(moved "$was4" "$(counts stock xf4)")" "24 $((24 * 1446)) 24 $bytes"
is "A1.6 stock: exact inner packets, IPv6 outside" \
	"$(moved "$was6" "$(counts stock xf6)")" "24 $((24 * 1426)) 24 $bytes"
for n in 4 6; do
	for length in 0 64 1300; do
		must on ours ipsecctl dummy ipsec$n t1 count 5 length $length
	done
done
echoes ours -c 1 <"$WORK/echoes"
# it drops each, but calls that an error
xfrm_stat_are "A1.5 stock: discards dummies" stock "$errors" XfrmInStateProtoError=30
finish
