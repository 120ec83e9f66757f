#!/bin/bash
# SPDX-License-Identifier: MIT
#
# netlink_operstate.sh - the operational state of the interface tells whether it
# can send: up with a usable outbound SA, dormant without, down when it is.
#
#   a  ipsec0 - p 192.0.2.2   192.0.2.1 ======= 192.0.2.2  b
#             \ q 192.0.2.3

. "$(dirname "$0")/lib.sh"

host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24 192.0.2.3/24"
must on a ipsecctl dev add ipsec0
must ip -n a addr add 10.0.0.1/24 dev ipsec0
on a sysctl -qw net.ipv6.conf.ipsec0.disable_ipv6=1
ip -n a monitor link dev ipsec0 >"$WORK/link" 2>&1 &
monitor=$!
on a ipsecctl -j monitor >"$WORK/events" 2>&1 &
wait_for 5 eval 'on a ss -f netlink -H | grep -q .'

running() { # as SIOCGIFFLAGS says
	on a /usr/bin/python3 -c 'import fcntl, socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
f = struct.unpack("16xH", fcntl.ioctl(s, 0x8913, struct.pack("16s16x", b"ipsec0"))[:18])[0]
sys.exit(not f & 0x40)'
}

# state NAME OPERSTATE: sysfs, rtnetlink, the flags and ipsecctl agree on it
state() {
	local name=$1 want=$2
	check "$name: operstate $want" wait_for 5 operstate_is a ipsec0 "$want"
	is "$name: ipsecctl says so" "$(on a ipsecctl -j dev show ipsec0 | jq -r '.[0].operstate')" "$want"
	is "$name: ip link says so" "$(ip -n a -j link show ipsec0 | jq -r '.[0].operstate')" "${want^^}"
	if [[ $want == up ]]; then
		check "$name: running" running
	else
		check "$name: not running" eval '! running'
	fi
	is "$name: the flag of rtnetlink" \
		"$(ip -n a -j link show ipsec0 | jq '.[0].flags | contains(["DORMANT"])')" \
		"$([[ $want == dormant ]] && echo true || echo false)"
	[[ $want == down ]] || is "$name: the carrier is on" "$(on a cat /sys/class/net/ipsec0/carrier)" 1
}

is "a new interface is down" "$(operstate a ipsec0)" down
must ip -n a link set ipsec0 up
state "no peer" dormant
must on a ipsecctl peer add ipsec0 p remote 192.0.2.2
state "a peer without SA" dormant
must sa a ipsec0 p in 0x1001 aes-gcm-16 128
state "an inbound SA" dormant
must sa a ipsec0 p out 0x1002 aes-gcm-16 128
state "an outbound SA" up
must on a ipsecctl peer add ipsec0 q remote 192.0.2.3 selector 10.9.0.0/16
must sa a ipsec0 q out 0x1003 aes-gcm-16 128
state "two of them" up
must on a ipsecctl sa del ipsec0 p out spi 0x1002
state "one is left" up
must on a ipsecctl peer del ipsec0 q
state "the peer of the other goes" dormant
must sa a ipsec0 p out 0x1002 aes-gcm-16 128
state "an SA again" up
must on a ipsecctl flush sa
state "flushed" dormant
must sa a ipsec0 p out 0x1002 aes-gcm-16 128
must ip -n a link set ipsec0 down
state "set down" down
must ip -n a link set ipsec0 up
state "set up" up
must ip -n a link set ipsec0 down
must on a ipsecctl sa del ipsec0 p out spi 0x1002
must ip -n a link set ipsec0 up
state "set down, the SA goes, set up" dormant

# packets for a dormant interface reach it: the key daemon must learn of them
before=$(drops a ipsec0)
check_fails "dormant: the sender learns it" "Destination Host Unreachable" on a ping -n -c 1 -W 1 10.0.0.2
drops_are "dormant: counted" a ipsec0 "$before" tx_no_sa=1

# the last sequence number is as good as no SA
must sa a ipsec0 p out 0x1002 aes-gcm-16 128 esn off seq 4294967292
state "three numbers are left" up
before=$(drops a ipsec0)
on a ping -q -n -c 2 -i 0.02 -W 0.1 10.0.0.2 >/dev/null
operstate_is a ipsec0 up && ok "one number is left: up" || not_ok "one number is left: up" "$(operstate a ipsec0)"
on a ping -q -n -c 1 -W 0.1 10.0.0.2 >/dev/null
state "none is left" dormant
on a ping -q -n -c 3 -i 0.02 -W 0.1 10.0.0.2 >/dev/null
drops_are "what comes then is counted" a ipsec0 "$before" tx_seq_overflow=3
is "the last number was used" "$(on a ipsecctl -j sa show | jq -c '[.[] | select(.dir == "out") | .seq]')" '[4294967295]'
must on a ipsecctl sa replace ipsec0 p out spi 0x1004 encr aes-gcm-16 key "$(key_file 0x1004 20)"
state "replaced" up

# the events
events() { jq -r 'select(.event | test("'"$1"'")) | '"$2" "$WORK/events" 2>/dev/null; }
check "events: the limits of the SA" wait_for 5 eval \
	'[[ $(events expire "[.spi, .expire] | join(\" \")" | tr "\n" ";") == "0x00001002 seq_soft;0x00001002 seq_hard;" ]]'
must ip -n a link set ipsec0 mtu 1333
check "(the monitor was listening)" wait_for 5 grep -q 'mtu 1333' "$WORK/link"
kill $monitor
is "rtnetlink told each change of the state once" \
	"$(grep -o 'state [A-Z]*' "$WORK/link" | uniq | cut -d' ' -f2 | tr '\n' ' ')" \
	"DORMANT UP DORMANT UP DORMANT UP DOWN UP DOWN DORMANT UP DORMANT UP "
finish
