#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scale.sh PATH N…: N peers, in ascending order.  Run in the machine.
#
# ipsec: all of one interface.  xfrmi: an interface for each.  Each peer has two SAs and a
# /24 of its own; all are behind one outer address.  Prints, for each N,
#
#   result scale.first.N.PATH TICKS    a packet of one flow, sealed, at the wire
#   result scale.round.N.PATH TICKS    the same to each peer in turn, with a route lookup
#   result scale.install.N.PATH TICKS  one more peer with its SAs
#   result scale.dump.N.ipsec TICKS    an SA of a dump
#
# and of all "result scale.memory.PATH BYTES", of the kernel, for a peer with its SAs.

. "$(dirname "$0")/paths.sh"
here=$(cd "$(dirname "$0")" && pwd)

path=$1
shift

control() { on a /usr/bin/python3 -B "$here/scale.py" "$path" "$@"; }

# Bytes that the kernel has allocated by itself: slabs with large kmalloc(), per CPU, vmalloc.
# What is free says less: pages go there late, a processor keeps thousands for itself.
memory() {
	echo 3 > /proc/sys/vm/drop_caches
	awk '$1 ~ /^(SUnreclaim|Percpu|VmallocUsed):$/ { kib += $2 } END { print kib * 1024 }' /proc/meminfo
}

# once COUNT ARGUMENT…: as packet_cost
once() { packet_cost a "$1" dst=10.64.0.1 size=64 "${@:2}"; }

# median NAME COUNT ARGUMENT…: of three runs, after one
median() {
	local name=$1 ticks
	shift
	once "$@" > /dev/null
	ticks=$(for _ in 1 2 3; do once "$@"; done | sort -n | sed -n 2p)
	result "$name" "$(tenths "$ticks")"
}

host a b
wire a va 10.0.0.1 b vb 10.0.0.2
if [ "$path" = ipsec ]; then
	on a ipsecctl dev add tun0
	device a 10.9.0.1 10.64.0.0/10
	# as it is where nobody says anything else
	on a ipsecctl dev set tun0 mtu auto
fi
bench b sink dev=vb > /dev/null
# what is set up with the first of them is not theirs
control add 0 1
peers=1 before=$(memory)
for n; do
	control add "$peers" "$n"
	peers=$n
	after=$(memory)
	median "scale.first.$n.$path" 4096
	# each peer at least twice
	median "scale.round.$n.$path" $((n > 2048 ? 2 * n : 4096)) lookup=1 "dsts=$n" step=256
	control cost "$n"
done
result "scale.memory.$path" $(((after - before) / (peers - 1)))
echo close > /proc/ipsec_bench
no_hosts
