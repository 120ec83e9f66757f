#!/bin/bash
# SPDX-License-Identifier: MIT
#
# soak.sh - mixed traffic over tunnels that are rekeyed every two seconds, while several
# processes keep asking for and changing other things: no packet is lost, none arrives
# changed, the counters of both ends agree to the packet, and memory does not grow.
#
#   s1  lan 192.168.1.1 --- 192.168.1.254 nat 203.0.113.9 --- wan4 203.0.113.1  hub
#   s2  wan 2001:db8::2 ------------------------------------- wan6 2001:db8::1
#
#   ipsec0  hub 10.0.0.1 fd00::1   s1 10.0.0.2 fd00::2 (ESP in UDP)   s2 10.0.0.3 fd00::3
#
# TEST_SECONDS=3600 is what docs/testing.md tells of.
# suite: long

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
seconds=${TEST_SECONDS:-30}

must sysctl -qw net.core.rmem_max=8388608 net.core.wmem_max=8388608
host hub nat s1 s2
wire hub wan4 "203.0.113.1/24" nat wan "203.0.113.9/24"
wire s1 lan "192.168.1.1/24" nat lan "192.168.1.254/24"
wire s2 wan "2001:db8::2/64" hub wan6 "2001:db8::1/64"
must ip -n s1 route add default via 192.168.1.254
forwarding nat
must on nat nft -f - <<-'NFT'
	table inet t {
		chain post {
			type nat hook postrouting priority srcnat
			oifname "wan" udp sport 4500 snat ip to 203.0.113.9:20000
		}
		chain pre {
			type nat hook prerouting priority dstnat
			iifname "wan" udp dport 20000 dnat ip to 192.168.1.1:4500
		}
	}
NFT
# fragments of 9000 bytes wait for each other in a queue of their own
for h in hub s1 s2; do
	on $h sysctl -qw net.ipv4.ipfrag_high_thresh=33554432 net.ipv6.ip6frag_high_thresh=33554432
	must on $h ipsecctl dev add ipsec0
	# nothing is sent that nobody asked for
	on $h sysctl -qw net.ipv6.conf.ipsec0.addr_gen_mode=1
	must ip -n $h link set ipsec0 multicast off
done
must on s1 ipsecctl peer add ipsec0 hub remote 203.0.113.1 encap 4500 4500
must on s2 ipsecctl peer add ipsec0 hub remote 2001:db8::1
must on hub ipsecctl peer add ipsec0 s1 remote 203.0.113.9 encap 4500 20000 selector 10.0.0.2/32 selector fd00::2/128
must on hub ipsecctl peer add ipsec0 s2 remote 2001:db8::2 selector 10.0.0.3/32 selector fd00::3/128
n=1
for h in hub s1 s2; do
	must ip -n $h addr add 10.0.0.$n/24 dev ipsec0
	must ip -n $h addr add fd00::$n/64 dev ipsec0
	must ip -n $h link set ipsec0 up
	n=$((n + 1))
done
# the socket of a key daemon, which the stock reception of ESP in UDP needs
for h in hub s1; do
	(ip netns exec $h ipsecctl encap 4500 >"$WORK/encap.$h" &)
	must wait_for 10 grep -q listening "$WORK/encap.$h"
done
/usr/bin/python3 "$here/soak.py" "$seconds" || FAILED=$((FAILED + 1))
finish
