#!/bin/bash
# SPDX-License-Identifier: MIT
#
# normal_device.sh - what knows nothing of IPsec sees an ordinary interface with clear
# packets in both directions: nftables, conntrack and NAT, tc, BPF, tcpdump, a VRF.
#
#   left 10.1.0.2 --- 10.1.0.1 gwa ipsec0 -- 192.0.2.1 === 192.0.2.2 -- ipsec0 gwb 10.2.0.1 --- 10.2.0.2 right
# suite: long

. "$(dirname "$0")/lib.sh"

host left gwa gwb right
wire left eth0 "10.1.0.2/24" gwa lan "10.1.0.1/24"
wire right eth0 "10.2.0.2/24" gwb lan "10.2.0.1/24"
wire gwa wan "192.0.2.1/24" gwb wan "192.0.2.2/24"
for h in gwa gwb; do forwarding $h; done
must ip -n left route add default via 10.1.0.1
must ip -n right route add default via 10.2.0.1
tunnel gwa 192.0.2.1 "" gwb 192.0.2.2 ""
for h in gwa gwb; do on $h sysctl -qw net.ipv6.conf.ipsec0.disable_ipv6=1; done
must ip -n gwa route add 10.2.0.0/24 dev ipsec0
must ip -n gwb route add 10.1.0.0/24 dev ipsec0
pinged() { check "$1" on left ping -q -n -c 3 -i 0.01 -W 3 10.2.0.2; }
pinged "before"

# ---- nftables and conntrack ------------------------------------------------

must on gwa nft -f - <<'END'
table inet t {
	chain through {
		type filter hook forward priority filter
		oifname "ipsec0" ip daddr 10.2.0.0/24 icmp type echo-request counter comment "out"
		iifname "ipsec0" ip saddr 10.2.0.0/24 icmp type echo-reply ct state established counter comment "in"
		meta l4proto esp counter comment "esp"
	}
	chain outer {
		type filter hook output priority filter
		oifname "wan" meta l4proto esp counter comment "sent"
	}
}
END
# the packets of the rule with that comment
rule() { on gwa nft -j list ruleset | jq ".nftables[].rule | select(.comment? == \"$1\") | .expr[] | select(.counter?) | .counter.packets"; }
pinged "nftables: through"
is "nftables: clear packets into the interface" "$(rule out)" 3
is "nftables: clear packets out of it, of a connection that is known" "$(rule in)" 3
is "nftables: no ESP in the forward chain" "$(rule esp)" 0
is "nftables: ESP in the output chain of the underlay" "$(rule sent)" 3

must on gwa nft -f - <<'END'
table ip n {
	chain post {
		type nat hook postrouting priority srcnat
		oifname "ipsec0" masquerade
	}
}
END
must ip -n gwa addr add 10.9.9.1/32 dev ipsec0
must ip -n gwb route add 10.9.9.1/32 dev ipsec0
ip netns exec gwb tcpdump -n -l -i ipsec0 -c 1 icmp >"$WORK/masq" 2>"$WORK/masq.log" &
dump=$!
must wait_for 20 grep -q "listening on" "$WORK/masq.log"
pinged "NAT: masqueraded into the tunnel"
wait $dump
is "NAT: with the address of the interface" "$(grep -c '10.9.9.1 > 10.2.0.2' "$WORK/masq")" 1
must on gwa nft delete table ip n
must on gwa nft add rule inet t through iifname ipsec0 drop
check_fails "nftables: can drop what comes out" "3 packets transmitted, 0 received" \
	on left ping -q -n -c 3 -i 0.01 -W 0.2 10.2.0.2
must on gwa nft flush ruleset

# ---- tc and BPF ------------------------------------------------------------

must on gwa tc qdisc add dev ipsec0 clsact
must on gwa tc filter add dev ipsec0 egress protocol ip pref 1 flower dst_ip 10.2.0.2 action pass
must on gwa tc filter add dev ipsec0 ingress protocol ip pref 1 flower src_ip 10.2.0.2 action pass
# a program: the first byte of an IPv4 header, or it does not match
must on gwa tc filter add dev ipsec0 ingress protocol ip pref 2 \
	bpf bytecode '4,48 0 0 0,21 0 1 69,6 0 0 4294967295,6 0 0 0' action drop
pinged "tc: through"
sent() { on gwa tc -s -j filter show dev ipsec0 "$1" | jq "[.[] | select(.pref == $2) | .options.actions? // empty | .[].stats.packets] | add"; }
is "tc: egress sees clear packets" "$(sent egress 1)" 3
is "tc: ingress sees clear packets" "$(sent ingress 1)" 3
must on gwa tc filter del dev ipsec0 ingress pref 1
check_fails "BPF: a program sees the IP header, and can drop" "3 packets transmitted, 0 received" \
	on left ping -q -n -c 3 -i 0.01 -W 0.2 10.2.0.2
is "BPF: each packet" "$(sent ingress 2)" 3
must on gwa tc qdisc del dev ipsec0 clsact
must on gwa tc qdisc add dev ipsec0 root tbf rate 100mbit burst 32k latency 50ms
pinged "tc: a queueing discipline"
must on gwa tc qdisc del dev ipsec0 root

# ---- tcpdump ---------------------------------------------------------------

ip netns exec gwa tcpdump -n -l -i ipsec0 -c 6 >"$WORK/dump" 2>"$WORK/dump.log" &
dump=$!
must wait_for 20 grep -q "listening on" "$WORK/dump.log"
pinged "tcpdump: through"
wait $dump
is "tcpdump: requests" "$(grep -c '10.1.0.2 > 10.2.0.2: ICMP echo request' "$WORK/dump")" 3
is "tcpdump: replies" "$(grep -c '10.2.0.2 > 10.1.0.2: ICMP echo reply' "$WORK/dump")" 3

# ---- VRF -------------------------------------------------------------------

must ip -n gwa link add blue type vrf table 100
must ip -n gwa link set blue up
must ip -n gwa link set lan master blue
must ip -n gwa link set ipsec0 master blue
must ip -n gwa route add 10.2.0.0/24 dev ipsec0 vrf blue
pinged "VRF: interface and LAN in it, the underlay outside"
check "VRF: from the gateway itself" on gwa ping -q -n -c 2 -i 0.01 -W 3 -I blue 10.2.0.2
check_fails "VRF: not from outside of it" "" on gwa ping -q -n -c 1 -W 0.2 10.2.0.2
finish
