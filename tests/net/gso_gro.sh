#!/bin/bash
# SPDX-License-Identifier: MIT
#
# gso_gro.sh - the interface takes packets larger than its MTU from the stack and
# splits them, and puts together what it receives; filters and captures see the
# clear packets.
#
#   a  ipsec0 10.0.0.1  192.0.2.1 ======= 192.0.2.2  ipsec0 10.0.0.2  b
# kernel: every

. "$(dirname "$0")/lib.sh"

host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
tunnel a 192.0.2.1 "10.0.0.1/24 fd00::1/64" b 192.0.2.2 "10.0.0.2/24 fd00::2/64"
for h in a b; do on $h sysctl -qw net.ipv6.conf.ipsec0.router_solicitations=0; done

features=$(on a ethtool -k ipsec0)
for f in tx-checksumming scatter-gather tcp-segmentation-offload generic-segmentation-offload generic-receive-offload; do
	check "feature: $f" grep -qx "$f: on" <<<"$features"
done
is "ethtool knows the driver" "$(on a ethtool -i ipsec0 | sed -n 's/^driver: //p')" ipsec

# capture HOST FILE: lengths of the TCP packets on ipsec0, one a line
capture() {
	ip netns exec "$1" tcpdump -lnqi ipsec0 -s 64 tcp >"$2" 2>"$2.err" &
	CAPTURES+=($!)
	wait_for 10 grep -q 'listening on' "$2.err" || not_ok "tcpdump on $1" "$(cat "$2.err")"
}
CAPTURES=()
lengths() { sed -n 's/.* tcp \([0-9]*\)$/\1/p' "$1"; }
largest() { lengths "$1" | sort -n | tail -1; }
seq_of() { on "$1" ipsecctl -j sa show ipsec0 | jq '[.[] | select(.dir == "'"$2"'") | .seq] | add'; }
# what is sent again is counted beside the others
sent_segs() { echo $(($(tcp_counter a TcpOutSegs) + $(tcp_counter a TcpRetransSegs))); }

# stream NAME SERVER-ADDRESS: up to 4 MiB of TCP from a to b (iperf3 drops what is still
# in its buffer at the end)
stream() {
	local name=$1 addr=$2 seq tx rx n_out n_in before_a before_b sent given
	seq=$(seq_of a out)
	read -r _ _ tx _ < <(traffic a ipsec0)
	read -r rx _ < <(traffic b ipsec0)
	n_out=$(sent_segs) n_in=$(tcp_counter b TcpInSegs)
	before_a=$(drops a ipsec0) before_b=$(drops b ipsec0)
	capture a "$WORK/a.$name"
	capture b "$WORK/b.$name"
	server b iperf3 -s -1
	wait_for 10 listening b 5201 || not_ok "$name" "iperf3 does not start"
	check "$name: 4 MiB of TCP" on a iperf3 -c "$addr" -n 4M
	sleep 0.3
	kill "${CAPTURES[@]}"
	wait "${CAPTURES[@]}"
	CAPTURES=()
	sent=$(($(traffic a ipsec0 | cut -d' ' -f3) - tx))
	is "$name: a number for each segment" "$(($(seq_of a out) - seq))" "$sent"
	is "$name: every one of them arrives" "$(($(traffic b ipsec0 | cut -d' ' -f1) - rx))" "$sent"
	given=$(lengths "$WORK/a.$name" | grep -cvx 0)
	check "$name: they are more than the stack gave ($given, $sent)" test $((given * 2)) -lt "$sent"
	check "$name: the stack gave packets larger than the MTU ($(largest "$WORK/a.$name"))" \
		test "$(largest "$WORK/a.$name")" -gt 1446
	check "$name: and got such ones ($(largest "$WORK/b.$name"))" \
		test "$(largest "$WORK/b.$name")" -gt 1446
	is "$name: TCP counts the segments that it gave" "$sent" "$(($(sent_segs) - n_out))"
	n_in=$(($(tcp_counter b TcpInSegs) - n_in))
	check "$name: and gets fewer, as GRO has put them together ($n_in)" test $((n_in * 3)) -lt "$sent"
	drops_are "$name: a drops nothing" a ipsec0 "$before_a"
	drops_are "$name: b drops nothing" b ipsec0 "$before_b"
}
settled() {
	local one
	one=$(traffic a ipsec0; traffic b ipsec0)
	sleep 0.4
	[[ $(traffic a ipsec0; traffic b ipsec0) == "$one" ]]
}
check "the tunnel becomes quiet" wait_for 10 settled
stream IPv4 10.0.0.2
stream IPv6 fd00::2

# without the offloads the same, in single packets
must on a ethtool -K ipsec0 tso off gso off
must on b ethtool -K ipsec0 gro off
capture a "$WORK/a.off"
capture b "$WORK/b.off"
server b iperf3 -s -1
wait_for 10 listening b 5201 || not_ok "without offloads" "iperf3 does not start"
check "without offloads: 4 MiB of TCP" on a iperf3 -c 10.0.0.2 -n 4M
sleep 0.3
kill "${CAPTURES[@]}"
wait "${CAPTURES[@]}"
CAPTURES=()
is "without offloads: single packets" "$(largest "$WORK/a.off") $(largest "$WORK/b.off")" "1394 1394"
must on a ethtool -K ipsec0 tso on gso on
must on b ethtool -K ipsec0 gro on

# ---- filters see clear packets ---------------------------------------------

must on b nft -f - <<'NFT'
table inet t {
	counter seen { }
	counter refused { }
	chain in {
		type filter hook input priority 0
		iifname ipsec0 icmp type echo-request ip saddr 10.0.0.1 counter name seen
		iifname ipsec0 udp dport 5353 counter name refused drop
	}
}
NFT
nft_count() { on b nft -j list counter inet t "$1" | jq '.nftables[1].counter.packets'; }
must on a ping -q -n -c 4 -i 0.02 10.0.0.2
is "nftables on ipsec0 sees the clear packets" "$(nft_count seen)" 4
if on a tc qdisc add dev ipsec0 clsact 2>/dev/null &&
	on a tc filter add dev ipsec0 egress protocol ip flower ip_proto icmp action drop 2>/dev/null; then
	check_fails "tc on ipsec0 drops clear packets" "100% packet loss" on a ping -n -c 2 -i 0.1 -W 1 10.0.0.2
	must on a tc qdisc del dev ipsec0 clsact
	pings "and no longer" a 10.0.0.2
else
	skip "tc on ipsec0" "this kernel has no clsact or flower"
fi
ip netns exec a tcpdump -lnc 4 -i ipsec0 icmp >"$WORK/clear" 2>"$WORK/clear.err" &
dump=$!
wait_for 10 grep -q 'listening on' "$WORK/clear.err"
ip netns exec a tcpdump -lnc 4 -i wan ip >"$WORK/esp" 2>"$WORK/esp.err" &
dump2=$!
wait_for 10 grep -q 'listening on' "$WORK/esp.err"
must on a ping -q -n -c 2 -i 0.02 10.0.0.2
wait $dump $dump2
is "tcpdump on ipsec0 sees the clear packets" "$(grep -c 'IP 10.0.0.[12] > 10.0.0.[12]: ICMP echo' "$WORK/clear")" 4
is "tcpdump on the underlay sees ESP only" "$(grep -c 'IP 192.0.2.[12] > 192.0.2.[12]: ESP(spi=0x0000100[12],' "$WORK/esp")" 4
finish
