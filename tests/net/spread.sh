#!/bin/bash
# SPDX-License-Identifier: MIT
#
# spread.sh - several CPUs share the packets of one SA: nothing is lost, doubled or out of
# order, whatever is changed meanwhile; and it can be switched off.
#
#   a  ipsec0 10.0.0.1  192.0.2.1 ======= 192.0.2.2  ipsec0 10.0.0.2  b
#
# timeout: 600
# vm: --smp 2

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
PARAMETERS=/sys/module/ipsec/parameters

megabytes=48
[[ ${IPSEC_VM:-} == qemu || ${IPSEC_VM_DEBUG:-} == 1 ]] && megabytes=8
host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
tunnel a 192.0.2.1 10.0.0.1/24 b 192.0.2.2 10.0.0.2/24
for h in a b; do on $h sysctl -qw net.ipv6.conf.ipsec0.disable_ipv6=1; done

# spread HOST: "SHARED HELPED" so far
spread() { on "$1" ethtool -S ipsec0 | awk '/spread_packets:/ { n = $2 } /spread_helped:/ { print n, $2 }'; }

# stream NAME FLOWS: TCP from a to b
stream() {
	local bytes=$((megabytes << 20))
	# shellcheck disable=SC2086 # words, or none
	server b ${ON_CPU:-} /usr/bin/python3 -B "$here/tcp_stream.py" sink 5201 "$2" $bytes
	wait_for 10 listening b 5201 || not_ok "$1" "the sink does not start"
	# shellcheck disable=SC2086
	check "$1: TCP carries" on a ${ON_CPU:-} /usr/bin/python3 -B "$here/tcp_stream.py" source 10.0.0.2 5201 "$2" $bytes
	wait $!
	is "$1: all of it" $? 0
}

# what the following compare with
before() {
	before_a=$(drops a ipsec0) before_b=$(drops b ipsec0)
	read -r shared_a helped_a < <(spread a)
	read -r shared_b helped_b < <(spread b)
	reordered=$(tcp_counter b TcpExtTCPOFOQueue)
}
all_arrived() { [[ $(total b rx) == "$(total a tx)" && $(total a rx) == "$(total b tx)" ]]; }
nothing_lost() {
	check "$1: all that was sent was received" wait_for 10 all_arrived
	drops_are "$1: a drops nothing" a ipsec0 "$before_a"
	drops_are "$1: b drops nothing" b ipsec0 "$before_b"
	is "$1: TCP saw no packet out of order" "$(tcp_counter b TcpExtTCPOFOQueue)" "$reordered"
}
shared() { # NAME: by several CPUs, on both hosts
	local n_a n_b h_a h_b
	read -r n_a h_a < <(spread a)
	read -r n_b h_b < <(spread b)
	check "$1: the CPUs of a share packets ($((n_a - shared_a)), $((h_a - helped_a)) helped)" \
		test $((n_a - shared_a)) -gt 100 -a $((h_a - helped_a)) -ge $((10 * helpers))
	check "$1: the CPUs of b share packets ($((n_b - shared_b)), $((h_b - helped_b)) helped)" \
		test $((n_b - shared_b)) -gt 100 -a $((h_b - helped_b)) -ge $((10 * helpers))
}

# always, even on the debug kernel with its one CPU
echo 0 > $PARAMETERS/spread_busy
helpers=$(($(nproc) - 1))

# ---- in order ----------------------------------------------------------------

ip netns exec b tcpdump -nqi wan -Q in -s 60 -B 65536 -w "$WORK/esp" esp 2>"$WORK/esp.err" &
capture=$!
wait_for 10 grep -q 'listening on' "$WORK/esp.err" || not_ok "tcpdump" "$(cat "$WORK/esp.err")"
before
stream "one flow" 1
shared "one flow"
nothing_lost "one flow"
kill -INT $capture
wait $capture
is "on the wire: all was captured" "$(grep -o '^[0-9]* packets dropped by kernel' "$WORK/esp.err")" "0 packets dropped by kernel"
is "on the wire: each number after the one before" "$(tcpdump -nr "$WORK/esp" 2>/dev/null |
	sed -n 's/.*seq=\(0x[0-9a-f]*\).*/\1/p' | /usr/bin/python3 -c '
import sys
numbers = [int(line, 16) for line in sys.stdin]
wrong = [n for n, m in zip(numbers, numbers[1:]) if m != n + 1]
print("in order" if len(numbers) > 1000 and not wrong else (len(numbers), wrong[:9]))')" "in order"

# between flows, numbers are taken on one CPU and packets sent on another
before
stream "eight flows" 8
nothing_lost "eight flows"

# ---- who may help ------------------------------------------------------------

before
allowed=$(cat $PARAMETERS/spread_cpus)
echo '' > $PARAMETERS/spread_cpus
ON_CPU='taskset -c 0' stream "nobody may help" 1
is "nobody may help: and nobody did" "$(spread a | cut -d' ' -f2) $(spread b | cut -d' ' -f2)" "$helped_a $helped_b"
nothing_lost "nobody may help"
check_fails "a list of CPUs that is none" "Invalid argument" bash -c "echo 1-x > $PARAMETERS/spread_cpus"
echo "$allowed" > $PARAMETERS/spread_cpus
is "the list of CPUs is shown" "$(cat $PARAMETERS/spread_cpus)" "$allowed"

before
for h in a b; do must on $h ipsecctl dev set ipsec0 spread off; done
stream "switched off" 1
is "switched off: nothing is shared" "$(spread a) $(spread b)" "$shared_a $helped_a $shared_b $helped_b"
drops_are "switched off: a drops nothing" a ipsec0 "$before_a"
drops_are "switched off: b drops nothing" b ipsec0 "$before_b"
for h in a b; do must on $h ipsecctl dev set ipsec0 spread on; done

# ---- changes under way -------------------------------------------------------

spi_of() { on a ipsecctl -j sa show ipsec0 | jq -r '.[] | select(.dir == "'"$1"'") | .spi'; }
# beside COMMAND...: again and again while there is a stream
beside() {
	while [[ ! -e $WORK/enough ]]; do "$@" || return; done
}
rekey() { /usr/bin/python3 -B "$here/netlink_rekey.py" 10 $(($(spi_of in))) $(($(spi_of out))) >> "$WORK/rekey"; }

during() { # NAME FLOWS COMMAND...
	local name=$1 flows=$2 rc=0
	shift 2
	rm -f "$WORK/enough"
	before
	beside "$@" &
	local pid=$!
	stream "$name" "$flows"
	touch "$WORK/enough"
	wait $pid || rc=$?
	is "$name: the other thing happened" $rc 0
	nothing_lost "$name"
}
during "rekeys" 2 rekey
shared "rekeys"

cpu=/sys/devices/system/cpu/cpu1/online
unplug() { echo 0 > $cpu && sleep 0.2 && echo 1 > $cpu && sleep 0.2; }
if [[ -e $cpu ]]; then
	during "a CPU comes and goes" 2 unplug
else
	skip "a CPU comes and goes" "this kernel cannot unplug one"
fi

# ---- too many wait -----------------------------------------------------------

before
queue=$(cat $PARAMETERS/spread_queue)
echo 1 > $PARAMETERS/spread_queue
stream "a queue of one" 4
echo "$queue" > $PARAMETERS/spread_queue
count() { drops "$1" ipsec0 | sed -n "s/^$2=//p"; }
dropped() { echo $(($(count "$1" "$2") - $(sed -n "s/^$2=//p" <<<"$3"))); }
tx=$(dropped a tx_cpu_backlog "$before_a") rx=$(dropped b rx_cpu_backlog "$before_b")
check "a queue of one: some are dropped, and counted ($tx, $rx)" test "$tx" -gt 0
others() { drops "$1" ipsec0 | grep -v _cpu_backlog=; }
is "a queue of one: a drops for this alone" "$(others a)" "$(grep -v _cpu_backlog= <<<"$before_a")"
is "a queue of one: b drops for this alone" "$(others b)" "$(grep -v _cpu_backlog= <<<"$before_b")"

# ---- taken away ------------------------------------------------------------

# flood: as much as goes, until killed
flood() {
	server b iperf3 -s -1
	wait_for 10 listening b 5201 || not_ok "$1" "iperf3 does not start"
	ip netns exec a iperf3 -c 10.0.0.2 -t 100 -P 2 > "$WORK/flood" 2>&1 &
	flood=$!
	before
	check "$1: packets are shared" wait_for 20 sharing
}
sharing() { local n; read -r n _ < <(spread b); ((n > shared_b + 200)); }
end_flood() {
	kill -9 $flood
	pkill -9 iperf3
	wait $flood
} 2>/dev/null
flood "an SA goes"
must on b ipsecctl sa del ipsec0 a in spi "$(spi_of out)"
check "an SA goes: under load" [ -z "$(on b ipsecctl sa show ipsec0 a | grep -w in)" ]
end_flood
for what in "peer del ipsec0 b" "dev del ipsec0"; do
	for h in a b; do on $h ipsecctl dev del ipsec0 2>/dev/null; done
	tunnel a 192.0.2.1 10.0.0.1/24 b 192.0.2.2 10.0.0.2/24
	flood "$what"
	# shellcheck disable=SC2086 # words
	check "$what: under load" on a ipsecctl $what
	end_flood
done
must on b ipsecctl dev del ipsec0
tunnel a 192.0.2.1 10.0.0.1/24 b 192.0.2.2 10.0.0.2/24
flood "a namespace goes"
check "a namespace goes: under load" ip netns del b
end_flood
HOSTS=(a)
finish
