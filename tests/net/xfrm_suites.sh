#!/bin/bash
# SPDX-License-Identifier: MIT
#
# xfrm_suites.sh - every mode, family, algorithm and number size that the stock kernel
# has too, each as a pair of SAs of its own, with packets counted one by one.
#
#   ours  ipsec0 -- 10.77.K.1 fd77:K::1 ===== 10.77.K.2 fd77:K::2  stock (xfrm policies)
#         inner     10.78.K.1 fd78:K::1 ----- 10.78.K.2 fd78:K::2  (tunnel mode)
# suite: long
# timeout: 1200

. "$(dirname "$0")/lib.sh"

host ours stock
wire ours eth0 "" stock eth0 ""
# all are there at once: nothing is lost for want of a neighbour or a queue
must sysctl -qw net.core.netdev_max_backlog=100000
for h in ours stock; do
	on $h sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
done
# the policies for all between two hosts protect neighbour discovery as well: none is
# needed when the two know each other's link address
must ip -n ours link set eth0 address 02:00:00:00:00:01
must ip -n stock link set eth0 address 02:00:00:00:00:02
must on ours ipsecctl dev add ipsec0 link eth0
must ip -n ours link set ipsec0 up
# who receives ESP in UDP
for h in ours stock; do
	server $h ipsecctl encap 4500
	wait_for 10 eval "on $h ss -Hlun | grep -q :4500" || must false "no UDP socket"
done
# its output is the list of results
/usr/bin/python3 "$(dirname "$0")/xfrm_suites.py" "$WORK" | tee "$WORK/out"
FAILED=$((FAILED + $(grep -c '^not ok' "$WORK/out")))
check "all combinations were tried" grep -q '^# the end' "$WORK/out"
finish
