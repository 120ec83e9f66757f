#!/bin/bash
# SPDX-License-Identifier: MIT
#
# lifetime.sh - limits of SAs in bytes, packets, seconds and sequence numbers: an event
# each, and a hard one is never exceeded, in either direction.
#
#   a  ipsec0 10.0.0.1 -- 192.0.2.1 ===== 192.0.2.2 -- 10.0.0.2 ipsec0  b
# suite: long

. "$(dirname "$0")/lib.sh"

host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
tunnel a 192.0.2.1 "10.0.0.1/24" b 192.0.2.2 "10.0.0.2/24"
for h in a b; do on $h sysctl -qw net.ipv6.conf.ipsec0.disable_ipv6=1; done
check "the tunnel is up" wait_for 5 operstate_is a ipsec0 up

ip netns exec a ipsecctl -j monitor >"$WORK/a.json" 2>"$WORK/a.err" &
ip netns exec b ipsecctl -j monitor >"$WORK/b.json" 2>"$WORK/b.err" &
listening() { grep -q listening "$WORK/a.json" && grep -q listening "$WORK/b.json"; }
must wait_for 10 listening

spi=$((0x2000))
# limited a|b OPTION...: a new SA from a to b; the limits are those of the end that is
# named, the other end has none
limited() {
	local h=$1 in=() out=()
	shift
	if [[ $h == a ]]; then out=("$@"); else in=("$@"); fi
	spi=$((spi + 1))
	KEY=$(key_file $spi 20)
	printf -v SPI '0x%08x' $spi
	must on b ipsecctl sa add ipsec0 a in spi $SPI encr aes-gcm-16 key "$KEY" "${in[@]}"
	must on a ipsecctl sa replace ipsec0 b out spi $SPI encr aes-gcm-16 key "$KEY" "${out[@]}"
}
# sent N SIZE: echo requests of SIZE bytes of IP; how many came out of b's interface?
sent() {
	local before
	before=$(on b cat /sys/class/net/ipsec0/statistics/rx_packets)
	on a ping -q -n -c "$1" -i 0.005 -W 0.3 -s $(($2 - 28)) 10.0.0.2 >/dev/null
	echo $(($(on b cat /sys/class/net/ipsec0/statistics/rx_packets) - before))
}
# the limits that were told for the last SA, in order
told() { jq -r "select(.event == \"sa_expire\" and .spi == \"$SPI\") | .expire" "$WORK/$1.json" | paste -sd' '; }
told_is() { [[ $(told "$1") == "$2" ]]; }
peer_of() { if [[ $1 == a ]]; then echo b; else echo a; fi; }
met() { on "$1" ipsecctl -j sa show | jq -r ".[] | select(.spi == \"$SPI\") | .limits_met | join(\" \")"; }

for h in a b; do
	expired=tx_sa_expired
	[[ $h == b ]] && expired=rx_sa_expired
	limited $h soft-packets 5 hard-packets 10
	before=$(drops $h ipsec0)
	is "$h: 4 packets of 5 or 10" "$(sent 4 100)" 4
	is "$h: nothing is told" "$(told $h)" ""
	is "$h: the fifth" "$(sent 1 100)" 1
	check "$h: packets, soft, is told" wait_for 5 told_is $h packets_soft
	is "$h: no more than ten" "$(sent 20 100)" 5
	check "$h: packets, hard, is told" wait_for 5 told_is $h "packets_soft packets_hard"
	drops_are "$h: the rest is counted" $h ipsec0 "$before" $expired=15
	is "$h: and shown" "$(met $h)" "packets_soft packets_hard"

	limited $h soft-bytes 1000 hard-bytes 2050
	before=$(drops $h ipsec0)
	is "$h: 9 times 100 bytes of 1000 or 2050" "$(sent 9 100)" 9
	is "$h: nothing is told" "$(told $h)" ""
	is "$h: bytes, the tenth" "$(sent 1 100)" 1
	check "$h: bytes, soft, is told" wait_for 5 told_is $h bytes_soft
	is "$h: never more bytes than the limit" "$(sent 20 100)" 10
	check "$h: bytes, hard, is told" wait_for 5 told_is $h "bytes_soft bytes_hard"
	is "$h: not even the 50 that were left" "$(sent 1 50)" 0
	drops_are "$h: bytes, the rest is counted" $h ipsec0 "$before" $expired=11

	limited $h soft-seconds 4 hard-seconds 8
	is "$h: young" "$(sent 1 100)" 1
	check "$h: seconds, both are told" wait_for 30 told_is $h "seconds_soft seconds_hard"
	before=$(drops $h ipsec0)
	is "$h: too old" "$(sent 3 100)" 0
	drops_are "$h: seconds, the rest is counted" $h ipsec0 "$before" $expired=3
done
limited a soft-packets 5
is "a soft limit alone stops nothing" "$(sent 20 100)" 20
check "but is told once" wait_for 5 told_is a packets_soft
is "an SA that may send: up" "$(on a cat /sys/class/net/ipsec0/operstate)" up
limited a hard-packets 3
is "three, and not one more" "$(sent 5 100)" 3
check "then the interface is dormant" wait_for 5 operstate_is a ipsec0 dormant
limited a
check "and up with the next SA" wait_for 5 operstate_is a ipsec0 up
is "which carries" "$(sent 2 100)" 2

# a limit that is far away holds nothing back when the SA is removed, nor the module
limited a soft-seconds 100000 hard-seconds 200000
is "far limits: a packet" "$(sent 1 100)" 1

refuse() {
	check_fails "$1" "$2" on a ipsecctl sa add ipsec0 b in spi 0x4000 encr aes-gcm-16 key "$KEY" "${@:3}"
}
refuse "a soft limit beyond the hard one" "a soft limit comes before the hard one" soft-bytes 10 hard-bytes 9
refuse "a limit of 64 bits" "a limit has at most 63 bits" hard-packets 9223372036854775808
is "no trouble with the monitors" "$(cat "$WORK/a.err" "$WORK/b.err")" ""
finish
