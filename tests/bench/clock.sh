#!/bin/bash
# SPDX-License-Identifier: MIT
#
# clock.sh MODULE KIND CPUS: by the clock on the wall.  Run in the machine, which has CPUS
# processors.
#
#   KIND native    user-mode Linux, at this host's own speed: ChaCha20-Poly1305 in portable C
#   KIND emulated  Debian's kernel in QEMU, each processor a thread of the host
#
# Prints, once each; whoever calls it does so several times, as everything else on the host
# disturbs them,
#
#   result KIND.tcp.FLOWS.CPUS.PATH MBIT/S     iperf3, all flows on one SA
#   result native.udp.both.64.PATH TICKS       of the time-stamp counter, a packet

here=$(cd "$(dirname "$0")" && pwd)
module=$1 kind=$2 cpus=$3
. "$here/paths.sh"
SECONDS_EACH=3

case $kind in
native)
	PATHS="xfrmi_chacha wireguard ipsec_chacha"
	insmod "$module" ;;
emulated)
	PATHS="xfrmi wireguard ipsec ipsec_chacha"
	insert_bench "$module" ;;
esac
for path in $PATHS; do
	MTU=1400 two_hosts "$path"
	result "$kind.tcp.1flow.${cpus}cpu.$path" "$(stream -P 1 -t $SECONDS_EACH)"
	result "$kind.tcp.8flows.${cpus}cpu.$path" "$(stream -P 8 -t $SECONDS_EACH)"
	no_hosts
	[ "$kind$cpus" = native1 ] || continue
	COUNT=20000 "$here/packets.sh" udp "$path" 64 | sed -n 's/^result udp.both/result native.udp.both/p'
done
rmmod ipsec_bench
