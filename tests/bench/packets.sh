#!/bin/bash
# SPDX-License-Identifier: MIT
#
# packets.sh KIND PATH SIZE...: ticks per UDP packet of one path.  Run in the machine.
#
#   KIND udp      host to host: NAME "enc" until it arrives at b's wire, "both" decrypted
#   KIND forward  between two hosts behind the gateways
#
# Prints "result udp.both.64.PATH TICKS": the least of three runs.

. "$(dirname "$0")/paths.sh"
kind=$1 path=$2
shift 2
COUNT=${COUNT:-4096}

# once HOST DST SIZE: as packet_cost
once() {
	# while files were waited for, hours may have gone by: WireGuard wants other keys
	on "$1" ping -q -c 1 -W 1 "$2" > /dev/null || true
	packet_cost "$1" "$COUNT" "dst=$2" "size=$3"
}

# least HOST DST SIZE NAME
least() {
	local ticks
	once "$1" "$2" "$3" > /dev/null # everything is in its cache
	ticks=$(for _ in 1 2 3; do once "$1" "$2" "$3"; done | sort -n | head -n 1)
	result "$4" "$(tenths "$ticks")"
}

case $kind in
udp)
	two_hosts "$path"
	bench b sink dev=vb > /dev/null
	for size; do least a 10.9.0.2 "$size" "udp.enc.$size.$path"; done
	bench b sink > /dev/null
	for size; do least a 10.9.0.2 "$size" "udp.both.$size.$path"; done
	;;
forward)
	two_gateways "$path"
	bench h2 sink > /dev/null
	for size; do least h1 10.2.0.2 "$size" "forward.$size.$path"; done
	;;
esac
echo close > /proc/ipsec_bench
no_hosts
