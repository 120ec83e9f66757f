#!/bin/bash
# SPDX-License-Identifier: MIT
#
# netlink_perm.sh - who may: nobody sees or changes anything; the root of a user
# namespace rules the network namespaces that belong to it, and no other.
#
#   gw: ipsec0 - p (192.0.2.2) with its SAs, wan 192.0.2.1
#   a user namespace of nobody's, first in gw, then with a network of its own

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

host gw far
wire gw wan "192.0.2.1/24" far wan "192.0.2.2/24"
tunnel gw 192.0.2.1 "" far 192.0.2.2 ""

state() { on gw ipsecctl -j show | jq 'del(.. | .age?)'; }
as_nobody() { on gw setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

before=$(state)
as_nobody /usr/bin/python3 -B "$here/netlink_perm.py" "nobody" || FAILED=$((FAILED + 1))
check_fails "E3.1 nobody makes no interface" "not permitted" \
	as_nobody ip link add ipsec9 type ipsec
check_fails "E3.1 ipsecctl says so as well" "not permitted" as_nobody ipsecctl show

if ! as_nobody unshare -Ur true 2>/dev/null; then
	skip "E3.1 user namespaces" "nobody may not make one here"
	finish
fi
as_nobody unshare -Ur /usr/bin/python3 -B "$here/netlink_perm.py" \
	"root of a user namespace, in a network that is not its own" || FAILED=$((FAILED + 1))
is "E3.1 nothing has changed" "$(state)" "$before"

# a network of its own: everything works there, nothing of gw's is seen
out=$(as_nobody unshare -Urn bash -eu -c "
	ipsecctl -j show
	ip link set lo up
	ip link add ipsec0 type ipsec
	ipsecctl peer add ipsec0 x remote 192.0.2.2
	ipsecctl sa add ipsec0 x in spi 0x1001 encr aes-gcm-16 key - <<<$(key_hex u 20)
	ipsecctl sa add ipsec0 x out spi 0x1002 encr aes-gcm-16 key - <<<$(key_hex u 20)
	ipsecctl -j show | jq -r '.interfaces[0] | .ifname, .peers[0].name, (.peers[0].sas | length)'
	ip link set ipsec0 up
	ping -c 1 -W 1 -I ipsec0 192.0.2.7 >/dev/null 2>&1 || true
	ipsecctl flush peer
	ip link del ipsec0
	echo done" 2>&1 | tr -d ' \n')
is "E3.1 the root of a user namespace with its own network" "$out" \
	'{"interfaces":[]}ipsec0x2done'
is "E3.1 and gw has noticed nothing" "$(state)" "$before"

# the underlay is gw's: a root elsewhere may not make one interface with it
as_nobody unshare -Urn sleep 60 &
wait_for 5 eval 'inner=$(pgrep -xn sleep)'
inner=$(pgrep -xn sleep)
check_fails "E3.1 no interface from there into gw" "not permitted" \
	on gw nsenter -t "$inner" -U -- ip link add ipsec9 type ipsec
finish
