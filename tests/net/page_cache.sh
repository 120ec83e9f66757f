#!/bin/bash
# SPDX-License-Identifier: MIT
#
# page_cache.sh - nothing is ever written into memory that a packet does not own: pages
# of files and of other programs go through the tunnel, both ways, and stay what they are.
#
#   gwa  wan 192.0.2.1 ------- veth, MTU 9000 ------- wan  gwb
#        ipsec0 10.77.0.1, fd77::1               10.77.0.2, fd77::2 ipsec0
#
# The sender (and attacker) is page_cache.py in gwa.
# kernel: every

. "$(dirname "$0")/lib.sh"

host gwa gwb
wire gwa wan "192.0.2.1/24" gwb wan "192.0.2.2/24"
must ip -n gwa link set wan mtu 9000
must ip -n gwb link set wan mtu 9000
for h in gwa gwb; do
	n=$([[ $h == gwa ]] && echo 1 || echo 2)
	must on $h ipsecctl dev add ipsec0
	must on $h ipsecctl peer add ipsec0 peer local 192.0.2.$n remote 192.0.2.$((3 - n))
	must ip -n $h addr add 10.77.0.$n/24 dev ipsec0
	must ip -n $h addr add fd77::$n/64 dev ipsec0
	must ip -n $h link set ipsec0 up
done

/usr/bin/python3 "${0%.sh}.py" || FAILED=$((FAILED + 1))
finish
