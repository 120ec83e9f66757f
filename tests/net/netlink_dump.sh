#!/bin/bash
# SPDX-License-Identifier: MIT
#
# netlink_dump.sh - dumps while the tables change, dumps that nobody reads to the
# end, listeners that are too slow, and what FLUSH leaves.
#
#   gw: ipsec0, ipsec1, wan 192.0.2.1
#   brief: a namespace that goes while its dumps are open

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

host gw far brief
wire gw wan "192.0.2.1/24" far wan "192.0.2.2/24"
must on gw ipsecctl dev add ipsec0
must on gw ipsecctl dev add ipsec1
must on brief ipsecctl dev add ipsec0

refs=$(cat /sys/module/ipsec/refcnt)
on gw /usr/bin/python3 -B "$here/netlink_dump.py" || FAILED=$((FAILED + 1))
is "E3.16 no dump keeps the module" "$(cat /sys/module/ipsec/refcnt)" "$refs"

# a namespace is deleted under the listener and the dump of a process outside
ip netns exec brief /usr/bin/python3 -B "$here/netlink_dump.py" hold "$WORK/held" &
holder=$!
if wait_for 20 test -e "$WORK/held"; then
	ip netns del brief
	is "E3.16 open dumps keep the module" \
		"$(($(cat /sys/module/ipsec/refcnt) > refs))" 1
	kill $holder
	wait $holder
	check "E3.20 a namespace goes with its dumps open" \
		wait_for 10 grep -qx "$((refs))" /sys/module/ipsec/refcnt
else
	not_ok "E3.20 a namespace goes with its dumps open" "the holder did not start"
fi
finish
