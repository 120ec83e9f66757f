#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ike_psk.sh: ipsec-iked and strongSwan charon, pre-shared keys, site to site.
#
#   10.1.0.1/24 lan-a          ours                    charon          lan-b 10.2.0.1/24
#             a: 10.1.0.1 -- ipsec0 192.0.2.1 ===== 192.0.2.2 xfrm -- 10.2.0.1

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_ike.sh"

host a b
wire a eth0 192.0.2.1/24 b eth0 192.0.2.2/24
on a ip addr add 10.1.0.1/24 dev lo
on b ip addr add 10.2.0.1/24 dev lo
on b ip route add 10.1.0.0/24 via 192.0.2.1

charon b << 'END'
connections {
	site {
		local_addrs = 192.0.2.2
		remote_addrs = 192.0.2.1
		version = 2
		proposals = default
		local { auth = psk
			id = b.example.org }
		remote { auth = psk
			id = a.example.org }
		children { net { local_ts = 10.2.0.0/24
			remote_ts = 10.1.0.0/24
			esp_proposals = default } }
	}
}
secrets { ike { id = a.example.org
	secret = "a secret that both know well" } }
END
conf a ipsec0 << 'END'
[interface]
id = a.example.org

[peer b]
remote = 192.0.2.2
id = b.example.org
psk = a secret that both know well
networks = 10.2.0.0/24
local-networks = 10.1.0.0/24
start = now
END
ours a
check "ipsecctl up" up a ipsec0
wait_for 30 bash -c "grep -q 'CHILD_SA net.*established' $WORK/b/log" || ike_logs a b
check "ping" on a ping -c 3 -i 0.2 -W 2 -I 10.1.0.1 10.2.0.1
ctl_on a ike status
ike_logs a b
finish
