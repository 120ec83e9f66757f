#!/bin/bash
# SPDX-License-Identifier: MIT
#
# profile.sh MODULE PATH SIZE KIND: what tests/bench/profile looks at, in the machine.
#
#   KIND udp      packets of SIZE, first until they arrive at the wire of b, then decrypted:
#                 the windows of the plugin that count are the second and the fourth
#   KIND forward  packets of SIZE between two hosts behind the gateways
#   KIND tcp      one stream
#   KIND ping     echoes of SIZE; of these three, the window that counts is the second
#
# Everything is done twice, because the first time nothing is in its cache.  Prints the
# kernel's symbols as "symbol ADDRESS NAME", and "packets N": by what to divide.

here=$(cd "$(dirname "$0")" && pwd)
module=$1 path=$2 size=$3 kind=$4
. "$here/paths.sh"
insert_bench "$module"
COUNT=2048 PINGS=1000 MEGABYTES=16

mark() { echo "mark $1" > /proc/ipsec_bench; }
# marked COMMAND...: of host a, as one window
marked() { mark start; on a "$@" > /dev/null; mark stop; }

# generated HOST DST: the generator's packets; it marks them itself
generated() {
	for _ in 1 2; do bench "$1" send "dst=$2" "size=$size" count=$COUNT > /dev/null; done
}

profile_udp() {
	local sink
	two_hosts "$path"
	for sink in dev=vb port=9999; do
		bench b sink $sink > /dev/null
		generated a 10.9.0.2
	done
	echo close > /proc/ipsec_bench
	echo "packets $COUNT"
}

profile_forward() {
	two_gateways "$path"
	bench h2 sink port=9999 > /dev/null
	generated h1 10.2.0.2
	echo close > /proc/ipsec_bench
	echo "packets $COUNT"
}

# for each 1,340 bytes: about what a segment of this MTU carries
profile_tcp() {
	MTU=1400 two_hosts "$path"
	for _ in 1 2; do while_served marked iperf3 -c 10.9.0.2 -n ${MEGABYTES}M; done
	echo "packets $((MEGABYTES * 1048576 / 1340))"
}

profile_ping() {
	MTU=1400 two_hosts "$path"
	for _ in 1 2; do marked ping -q -f -c $PINGS -s "$size" 10.9.0.2; done
	echo "packets $PINGS"
}

"profile_$kind"
awk '$2 ~ /[tTwW]/ { print "symbol", $1, $3 $4 }' /proc/kallsyms
no_hosts
rmmod ipsec_bench
