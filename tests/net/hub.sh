#!/bin/bash
# SPDX-License-Identifier: MIT
#
# hub.sh - one interface with 10,000 peers and 20,000 SAs: each gets its own packets, and
# is heard; nested prefixes; peers that are replaced under the traffic of others.
#
#   hub  ipsec0, wan 192.0.2.1 ===== 192.0.2.2 wan  spokes (hub.py is all 10,000 of them,
#                                                   198.18.0.0/15)
# suite: long

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

must sysctl -qw net.core.netdev_max_backlog=100000
must sysctl -qw net.core.rmem_max=67108864 net.core.wmem_max=67108864
host hub spokes
wire hub wan "192.0.2.1/24" spokes wan "192.0.2.2/24"
must ip -n hub route add 198.18.0.0/15 via 192.0.2.2
must on hub ipsecctl dev add ipsec0
must ip -n hub link set ipsec0 up
on hub sysctl -qw net.ipv6.conf.ipsec0.disable_ipv6=1
must ip -n hub addr add 10.255.255.1/32 dev lo
must ip -n hub route add 10.0.0.0/8 dev ipsec0 src 10.255.255.1
on hub ping -q -n -c 1 -W 3 192.0.2.2 >/dev/null
before=$(drops hub ipsec0)
# (with all checkers on it would take minutes)
/usr/bin/python3 -B "$here/hub.py" $((IPSEC_VM_DEBUG ? 1000 : 10000)) | tee "$WORK/out"
FAILED=$((FAILED + $(grep -c '^not ok' "$WORK/out")))
check "all was tried" grep -q '^# the end' "$WORK/out"
drops_are "nothing was dropped" hub ipsec0 "$before"
finish
