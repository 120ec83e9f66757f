#!/bin/bash
# SPDX-License-Identifier: MIT
#
# netem.sh - a network that loses, doubles and reorders a quarter of all packets: every
# packet that arrives is delivered or counted as a replay, none is delivered twice, and
# the protocols inside go on.
#
#   a  ipsec0 10.0.0.1  192.0.2.1 ===(netem)=== 192.0.2.2  ipsec0 10.0.0.2  b
#
# nftables of b counts what arrives, in front of the module; netem.py the datagrams.
# suite: long
# timeout: 900

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

modprobe -q sch_netem
host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
tunnel a 192.0.2.1 "10.0.0.1/24" b 192.0.2.2 "10.0.0.2/24"
must on b nft -f - <<-END
	table inet count {
		counter arrived { }
		chain before { type filter hook prerouting priority raw; meta l4proto { esp, ah } counter name arrived; }
	}
END
arrived() { on b nft -j list counter inet count arrived | jq '.nftables[] | .counter? // empty | .packets'; }
drop() { drops b ipsec0 | sed -n "s/^$1=//p"; }
# since BEFORE REASON: by how much it has moved since BEFORE (output of drops)
since() { echo $(($(drop "$2") - $(sed -n "s/^$2=//p" <<<"$1"))); }

# everything that is under way has arrived
settled() {
	local backlog
	backlog=$(for h in a b; do on $h tc -s qdisc show dev wan; done | sed -n 's/.*backlog [^ ]* \([0-9]*\)p.*/\1/p')
	[[ $backlog == $'0\n0' ]]
}

impair() {
	local h
	for h in a b; do must on $h tc qdisc replace dev wan root netem limit 100000 "$@"; done
}

# accounted NAME: what has arrived at b is what it received and what was a replay
accounted() {
	local name=$1 before_arrived=$2 before_received=$3 before=$4 n in dup old moved=()
	wait_for 20 settled || not_ok "$name: the network is quiet again" "$(on a tc -s qdisc show dev wan)"
	n=$(($(arrived) - before_arrived)) in=$(($(total_packets b rx) - before_received))
	dup=$(since "$before" rx_replay_dup) old=$(since "$before" rx_replay_old)
	note "$name: $n arrived, $in received, $dup were duplicates, $old too old"
	is "$name: each was received or is a replay" $((in + dup + old)) "$n"
	((dup == 0)) || moved+=("rx_replay_dup=$dup")
	((old == 0)) || moved+=("rx_replay_old=$old")
	drops_are "$name: and nothing else is counted" b ipsec0 "$before" "${moved[@]}"
}

# datagrams NAME COUNT
datagrams() {
	local n r before
	n=$(arrived) r=$(total_packets b rx) before=$(drops b ipsec0)
	/usr/bin/python3 "$here/netem.py" "$1" "$2" || FAILED=$((FAILED + 1))
	accounted "$1" "$n" "$r" "$before"
}

# tcp NAME
tcp() {
	local n r before
	n=$(arrived) r=$(total_packets b rx) before=$(drops b ipsec0)
	iperf "$1: TCP goes on" a b 10.0.0.2
	accounted "$1, TCP" "$n" "$r" "$before"
}

impair duplicate 25%
datagrams "a quarter doubled" 4000
is "a quarter doubled: duplicates were seen" "$(($(drop rx_replay_dup) > 700))" 1
tcp "a quarter doubled"
impair delay 4ms reorder 25%
datagrams "a quarter reordered" 4000
tcp "a quarter reordered"
impair loss 25%
datagrams "a quarter lost" 4000
impair delay 2ms 2ms loss 25% duplicate 25% reorder 25%
datagrams "all of it" 4000
pings "all of it: a ping comes back now and then" a 10.0.0.2 -c 40 -i 0.05 -W 1

# A window that is smaller than the disorder.  What is late beyond it is old; with ESN its
# number is taken for one of the next 2^32 (RFC 4303 A2.2), for which the ICV is wrong; but
# for what became too old while it was decrypted.
late() {
	local esn=$1 spi=$2 name="late beyond a window of 32, ESN $1" n r before old moved=()
	must sa b ipsec0 a in "$spi" aes-gcm-16 128 replay-window 32 esn "$esn"
	must on a ipsecctl sa replace ipsec0 b out spi "$spi" encr aes-gcm-16 key "$(key_file "$spi" 20)" esn "$esn"
	n=$(arrived) before=$(drops b ipsec0) r=$(total_packets b rx)
	/usr/bin/python3 "$here/netem.py" "$name" 4000 || FAILED=$((FAILED + 1))
	check "$name: the network is quiet again" wait_for 20 settled
	n=$(($(arrived) - n - $(total_packets b rx) + r))
	old=$(since "$before" rx_replay_old)
	note "$name: $n of them, $old of those old"
	if [[ $esn == off ]]; then
		drops_are "$name: they are counted as old" b ipsec0 "$before" "rx_replay_old=$n"
	else
		((old == 0)) || moved+=("rx_replay_old=$old")
		drops_are "$name: they fail their check" b ipsec0 "$before" "rx_auth_fail=$((n - old))" "${moved[@]}"
	fi
	is "$name: some are" "$((n > 100 && (old == n || old * 10 < n)))" 1
}
impair delay 20ms 20ms
late off 0x1003
late on 0x1004
impair
pings "the network is well again" a 10.0.0.2
finish
