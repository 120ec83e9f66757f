#!/bin/bash
# SPDX-License-Identifier: MIT
#
# encap.sh - ESP in UDP for an SA of ours is taken in front of its socket, behind the
# firewall: what the firewall, conntrack and the counters make of it stays the same.  It
# goes on without a socket; everything else needs one.
#
#   a  ipsec0 10.0.0.1 fd00::1 -- 192.0.2.1   ====== 192.0.2.2   -- 10.0.0.2 fd00::2  ipsec0  b
#                              or 2001:db8::1 ====== 2001:db8::2
# kernel: every

. "$(dirname "$0")/lib.sh"

declare -A A=([4]=192.0.2.1 [6]=2001:db8::1) B=([4]=192.0.2.2 [6]=2001:db8::2) UDP=([4]=Udp [6]=Udp6)

# udp FAMILY NAME: a's counter
udp() { tcp_counter a "${UDP[$1]}$2"; }

# passes NAME FAMILY: 5 echoes arrive, each is a datagram for UDP too, nothing is dropped
passes() {
	local name=$1 f=$2 drops datagrams
	drops=$(drops a ipsec0) datagrams=$(udp "$f" InDatagrams)
	pings "$name" b 10.0.0.1 -c 5
	is "$name: UDP has counted them" $(($(udp "$f" InDatagrams) - datagrams)) 5
	drops_are "$name: nothing was dropped" a ipsec0 "$drops"
}

rules() { must on a nft -f - <<<"flush ruleset; table inet t { chain in { type filter hook input priority 0; $1 }; }"; }
# counted COMMENT: packets that met this rule
counted() { on a nft -j list ruleset | jq "[.nftables[].rule? | select(.comment? == \"$1\") | .expr[].counter?.packets // 0] | add"; }

filtered() {
	local f=$1 before
	rules 'udp dport 4500 counter drop comment "all";'
	before=$(traffic a ipsec0)
	on b ping -q -c 3 -i 0.05 -W 1 10.0.0.1 >/dev/null
	is "v$f: a rule of the firewall gets all" "$(counted all)" 3
	is "v$f: behind which nothing arrives" "$(traffic a ipsec0)" "$before"
	rules 'iifname "ipsec0" accept; meta l4proto icmpv6 accept; ct state established counter accept comment "known"; udp dport 4500 ct state new counter accept comment "new"; drop;'
	passes "v$f: through conntrack" "$f"
	is "v$f: which knows the connection after its first packet" "$(counted new) $(counted known)" "1 4"
	must on a nft flush ruleset
}

# A packet goes on in the context of the program that was asked about it
asked() {
	local f=$1 program
	: >"$WORK/asked"
	ip netns exec a /usr/bin/python3 -B "${0%/*}/nfqueue.py" >"$WORK/asked" &
	program=$!
	must wait_for 20 grep -q listening "$WORK/asked"
	rules 'udp dport 4500 queue num 0;'
	passes "v$f: after a program was asked" "$f"
	is "v$f: about all of them" "$(grep -c packet "$WORK/asked")" 5
	must on a nft flush ruleset
	kill $program
	wait $program 2>/dev/null
}

# A device that merges datagrams has several ESP packets in what looks like one
merged() {
	local f=$1 drops
	must on a ethtool -K wan gro on rx-gro-list on
	must on b ethtool -K wan tso off # or veth leaves GRO out
	drops=$(drops a ipsec0)
	iperf "v$f: merged by the device" b a 10.0.0.1
	drops_are "v$f: merged by the device: nothing was dropped" a ipsec0 "$drops"
	must on a ethtool -K wan gro off rx-gro-list off
	must on b ethtool -K wan tso on
}

without_socket() {
	local f=$1 nobody
	kill "${SOCKETS[@]}"
	wait "${SOCKETS[@]}" 2>/dev/null
	passes "v$f: without a socket" "$f"
	must on b ipsecctl sa replace ipsec0 a out spi 0x7777 encr aes-gcm-16 key "$(key_file 0x7777 20)"
	nobody=$(udp "$f" NoPorts)
	on b ping -q -c 3 -i 0.05 -W 1 10.0.0.1 >/dev/null
	is "v$f: but what is nobody's needs one" $(($(udp "$f" NoPorts) - nobody)) 3
}

host a b
wire a wan "192.0.2.1/24 2001:db8::1/64" b wan "192.0.2.2/24 2001:db8::2/64"
for f in 4 6; do
	tunnel a "${A[$f]}" 10.0.0.1/24 b "${B[$f]}" 10.0.0.2/24
	must on a ipsecctl peer set ipsec0 b encap 4500 4500
	must on b ipsecctl peer set ipsec0 a encap 4500 4500
	SOCKETS=()
	for h in a b; do
		server $h ipsecctl encap 4500
		SOCKETS+=($!)
		must wait_for 10 grep -q listening "$WORK/server.$h.log"
	done
	passes "v$f: ESP in UDP" $f
	filtered $f
	asked $f
	merged $f
	without_socket $f
	for h in a b; do must on $h ipsecctl dev del ipsec0; done
done
finish
