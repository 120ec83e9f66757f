#!/bin/bash
# SPDX-License-Identifier: MIT
#
# teardown.sh - interfaces, SAs and the module itself are taken away while packets
# are on their way; afterwards nothing is left.
#
#   a  ipsec0 10.0.0.1  192.0.2.1 ======= 192.0.2.2  ipsec0 10.0.0.2  b
#
# Traffic: floods in both directions, and TCP that starts again as often as it ends.
# suite: long

. "$(dirname "$0")/lib.sh"

rounds=20
[[ ${IPSEC_VM:-} == qemu || ${IPSEC_VM_DEBUG:-} == 1 ]] && rounds=8
host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
tunnel a 192.0.2.1 "10.0.0.1/24 fd00::1/64" b 192.0.2.2 "10.0.0.2/24 fd00::2/64"
must on b iperf3 -s -D

TRAFFIC=()
# repeat HOST COMMAND...: until the scenario ends
repeat() {
	local h=$1
	shift
	ip netns exec "$h" bash -c 'while :; do "$@"; sleep 0.02; done' repeat "$@" >/dev/null 2>&1 &
	TRAFFIC+=($!)
}
repeat a ping -q -f -w 100 10.0.0.2
repeat b ping -q -f -w 100 fd00::1
repeat a ping -q -f -s 3000 -w 100 10.0.0.2
repeat a iperf3 -c 10.0.0.2 -t 30

rx() { traffic "$1" ipsec0 | cut -d' ' -f1; }
flows() { local n; n=$(rx a); sleep 0.05; (($(rx a) > n + 1)) && operstate_is a ipsec0 up; }
check "traffic flows" wait_for 10 flows
log_clean() {
	is "$1: nothing waits for a device" "$(dmesg | grep -c "waiting for .* to become free")" 0
}

configure() { # a's interface, after it was made
	must on a ipsecctl peer add ipsec0 b local 192.0.2.1 remote 192.0.2.2
	must sa a ipsec0 b in 0x1001 aes-gcm-16 128
	must sa a ipsec0 b out 0x1002 aes-gcm-16 128 seq "$1"
	must ip -n a addr add 10.0.0.1/24 dev ipsec0
	must ip -n a addr add fd00::1/64 dev ipsec0
	must ip -n a link set ipsec0 up
}

# ---- SAs -------------------------------------------------------------------

for ((i = 1; i <= rounds; i++)); do
	must on a ipsecctl sa del ipsec0 b out spi 0x1002
	must sa a ipsec0 b out 0x1002 aes-gcm-16 128 seq $((i * 1000000))
	must on a ipsecctl sa del ipsec0 b in spi 0x1001
	must sa a ipsec0 b in 0x1001 aes-gcm-16 128 seq 0
done
check "traffic survives $rounds times new SAs" wait_for 10 flows
for ((i = 1; i <= rounds; i++)); do
	must on a ipsecctl flush sa
	must sa a ipsec0 b in 0x1001 aes-gcm-16 128
	must sa a ipsec0 b out 0x1002 aes-gcm-16 128 seq $(((i + rounds) * 1000000))
done
check "and $rounds times no SAs" wait_for 10 flows
for ((i = 1; i <= rounds; i++)); do
	must on a ipsecctl peer del ipsec0 b
	must on a ipsecctl peer add ipsec0 b remote 192.0.2.2
	must sa a ipsec0 b in 0x1001 aes-gcm-16 128
	must sa a ipsec0 b out 0x1002 aes-gcm-16 128 seq $(((i + 2 * rounds) * 1000000))
done
check "and $rounds times a new peer" wait_for 10 flows

# ---- down and up -----------------------------------------------------------

for ((i = 0; i < rounds; i++)); do
	must ip -n a link set ipsec0 down
	must ip -n a link set ipsec0 up
	must ip -n a addr replace fd00::1/64 dev ipsec0
done
check "traffic survives $rounds times down and up" wait_for 10 flows
must ip -n a link set ipsec0 down
counts() { drops a ipsec0 | grep '^rx_dev_down='; }
before=$(counts)
moved() { [[ $(counts) != "$before" ]]; }
check "what arrives for an interface that is down is counted" wait_for 5 moved
must ip -n a link set ipsec0 up
must ip -n a addr replace fd00::1/64 dev ipsec0
check "and then it is up again" wait_for 10 flows
must ip -n a link set wan down
must ip -n a link set wan up
check "so does the underlay" wait_for 10 flows

# ---- the interface ---------------------------------------------------------

for ((i = 1; i <= rounds; i++)); do
	must ip -n a link del ipsec0
	must on a ipsecctl dev add ipsec0
	configure $((i * 1000000 + 1000000000))
done
check "traffic survives $rounds times a new interface" wait_for 10 flows
log_clean "interfaces"

# ---- the module ------------------------------------------------------------

ip netns exec a ipsecctl monitor > "$WORK/monitor" 2> "$WORK/monitor.err" &
monitor=$!
must wait_for 10 grep -q listening "$WORK/monitor"
wait_for 10 flows || not_ok "rmmod under traffic" "no traffic before"
start=$SECONDS
check "rmmod with tunnels up and traffic flowing" rmmod ipsec
is "takes no time" "$((SECONDS - start < 10))" 1
is "the interfaces are gone" "$(ip -n a link show ipsec0 2>&1; ip -n b link show ipsec0 2>&1)" \
	"$(printf 'Device "ipsec0" does not exist.\n%.0s' 1 2)"
is "the module is gone" "$(lsmod | grep -c '^ipsec ')" 0
wait $monitor
is "a monitor ends with it, and says why" "$? $(cat "$WORK/monitor.err")" "1 ipsecctl: monitor: the ipsec module was unloaded"
kill "${TRAFFIC[@]}"
wait "${TRAFFIC[@]}" 2>/dev/null
for h in a b; do
	ip netns pids $h | xargs -r kill -9
	check "host $h is deleted" ip netns del $h
done
HOSTS=()
log_clean "module"

# ---- and back --------------------------------------------------------------

if [[ ${IPSEC_VM:-} != qemu ]]; then
	skip "the module is loaded by its aliases" "one load a boot in user-mode Linux"
	finish
fi
host a b
check "ip link add loads the module" ip -n a link add ipsec0 type ipsec
is "it is there" "$(ls -d /sys/module/ipsec)" /sys/module/ipsec
must rmmod ipsec
check "ipsecctl dev add loads it" on b ipsecctl dev add ipsec0
must rmmod ipsec
check "ipsecctl show loads it, by the family's name" on b ipsecctl show
finish
