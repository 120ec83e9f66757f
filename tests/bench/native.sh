#!/bin/bash
# SPDX-License-Identifier: MIT
#
# native.sh: by the clock on the wall, in user-mode Linux at this host's own speed, with one
# processor and with two, ChaCha20-Poly1305 in portable C.
#
# Prints, several times each, as everything else on the host disturbs them,
#
#   result native.tcp.FLOWS.CPUS.PATH MBIT/S   iperf3, all flows on one SA
#   result native.udp.both.64.PATH TICKS       of the time-stamp counter, a packet
#
# In the machine it runs itself: native.sh MODULE CPUS.

set -eu -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
PATHS="xfrmi_chacha wireguard ipsec_chacha"
ROUNDS=3 SECONDS_EACH=4

# The benchmark's module for the user-mode kernel; prints its file
build() {
	local kdir=$1 out=$top/build/bench/uml
	mkdir -p "$out"
	ln -sf "$here"/kmod/* "$out"
	make -s -C "$kdir" ARCH=um "M=$out" modules >&2
	echo "$out/ipsec_bench.ko"
}

listening() { on b ss -Hlnt "sport = :5201" | grep -q .; }

# tcp NAME FLOWS
tcp() {
	on b iperf3 -s -1 > /dev/null 2>&1 &
	until listening; do sleep 0.01; done
	on a iperf3 -J -c 10.9.0.2 -P "$2" -t $SECONDS_EACH > "$WORK/iperf"
	wait $!
	result "$1" "$(/usr/bin/python3 -c 'import json, sys
print("%.1f" % (json.load(open(sys.argv[1]))["end"]["sum_received"]["bits_per_second"] / 1e6))' "$WORK/iperf")"
}

# Paths take turns, so that what disturbs disturbs them all
guest() {
	local cpus=$2 path
	insmod "$1"
	. "$here/paths.sh"
	for _ in $(seq $ROUNDS); do
		for path in $PATHS; do
			MTU=1400 two_hosts "$path"
			tcp "native.tcp.1flow.${cpus}cpu.$path" 1
			tcp "native.tcp.8flows.${cpus}cpu.$path" 8
			no_hosts
			[ "$cpus" = 1 ] || continue
			COUNT=20000 "$here/packets.sh" udp "$path" 64 | sed -n 's/^result udp.both/result native.udp.both/p'
		done
	done
	rmmod ipsec_bench
}

if [ $# -gt 0 ]; then
	guest "$@"
	exit
fi
module=$(build "$("$top/tests/vm/uml-kernel" plain)")
echo "bench: native: load of this host before: $(cut -d ' ' -f 1 /proc/loadavg); it should be idle" >&2
for cpus in 1 2; do
	"$top/tests/vm/run" --machine uml --smp $cpus --timeout 900 -- "$here/native.sh" "$module" $cpus
done
