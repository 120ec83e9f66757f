#!/bin/bash
# SPDX-License-Identifier: MIT
#
# native.sh MODULE CPUS: by the clock on the wall, in user-mode Linux at this host's own
# speed, ChaCha20-Poly1305 in portable C.  Run in the machine, which has CPUS processors.
#
# Prints, once each; whoever calls it does so several times, as everything else on the host
# disturbs them,
#
#   result native.tcp.FLOWS.CPUS.PATH MBIT/S   iperf3, all flows on one SA
#   result native.udp.both.64.PATH TICKS       of the time-stamp counter, a packet

here=$(cd "$(dirname "$0")" && pwd)
module=$1 cpus=$2
. "$here/paths.sh"
PATHS="xfrmi_chacha wireguard ipsec_chacha"
SECONDS_EACH=3

insmod "$module"
for path in $PATHS; do
	MTU=1400 two_hosts "$path"
	result "native.tcp.1flow.${cpus}cpu.$path" "$(stream -P 1 -t $SECONDS_EACH)"
	result "native.tcp.8flows.${cpus}cpu.$path" "$(stream -P 8 -t $SECONDS_EACH)"
	no_hosts
	[ "$cpus" = 1 ] || continue
	COUNT=20000 "$here/packets.sh" udp "$path" 64 | sed -n 's/^result udp.both/result native.udp.both/p'
done
rmmod ipsec_bench
