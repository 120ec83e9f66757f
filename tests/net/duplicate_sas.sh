#!/bin/bash
# SPDX-License-Identifier: MIT
#
# duplicate_sas.sh - RFC 9611: a peer sends on several SAs at once, all with the same
# selectors (one for each of its CPUs).  All are accepted, each by itself.
#
#   gw    wan 192.0.2.1, 2001:db8::1 --- veth --- wan  atk (duplicate_sas.py)
#   ours  ipsec0 10.4.0.1 -- 192.0.2.1 ====== 192.0.2.2 -- 10.4.0.2  stock
#         one peer, four SAs               a policy and an SA for each of four ports
# suite: long

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/lib_xfrm.sh
. "$(dirname "$0")/lib_xfrm.sh"

# ---- an adversary -------------------------------------------------------------

host gw atk
on atk sysctl -qw net.ipv6.conf.default.disable_ipv6=1
wire gw wan "192.0.2.1/24 2001:db8::1/64" atk wan ""
/usr/bin/python3 "${0%.sh}.py" || FAILED=$((FAILED + 1))

# ---- the stock kernel ---------------------------------------------------------

N=500
name="RFC 9611 four SAs of the stock kernel with the same selectors"
xfrm_hosts
script ours <<-END
	ipsecctl dev add ipsec0
	ipsecctl peer add ipsec0 p local 192.0.2.1 remote 192.0.2.2
	$(for k in 1 2 3 4; do ours_sa ipsec0 p in 0x000040$k$k aes-gcm-16 128 on; done)
	ip addr add 10.4.0.1/24 dev ipsec0
	sysctl -qw net.ipv4.conf.all.rp_filter=0
	ip link set ipsec0 up
END
batch stock <<-END
	addr add 10.4.0.2/32 dev lo
	route add 10.4.0.1/32 via 192.0.2.1 src 10.4.0.2
	$(for k in 1 2 3 4; do
		stock_sa 192.0.2.2 192.0.2.1 0x000040$k$k aes-gcm-16 128 on mode tunnel reqid $k
		echo "xfrm policy add src 10.4.0.2/32 dst 10.4.0.1/32 proto udp dport 700$k dir out" \
			"tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid $k mode tunnel"
	done)
END
# each port has its reader, which counts, and they write at the same time
READ='
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)		# SO_RCVBUFFORCE
s.bind(("10.4.0.1", int(sys.argv[1])))
open(sys.argv[2] + ".ready", "w")
s.settimeout(20)
got = [int(s.recv(2000)[:6]) for _ in range(int(sys.argv[3]))]
print("in order" if got == list(range(len(got))) else got, file=open(sys.argv[2], "w"))'
WRITE='
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("10.4.0.1", int(sys.argv[1])))
for i in range(int(sys.argv[2])):
	s.send(b"%06d" % i + bytes(94))'
for k in 1 2 3 4; do server ours /usr/bin/python3 -c "$READ" 700$k "$WORK/got.$k" $N; done
all_ready() { [[ $(find "$WORK" -name 'got.*.ready' | wc -l) == 4 ]]; }
wait_for 60 all_ready || not_ok "$name" "the readers do not start"
before=$(drops ours ipsec0)
pids=()
for k in 1 2 3 4; do
	on stock /usr/bin/python3 -c "$WRITE" 700$k $N &
	pids+=($!)
done
rcs=''
for pid in "${pids[@]}"; do
	wait "$pid"
	rcs+=$?
done
is "$name: sent at the same time" "$rcs" 0000
done_all() { for k in 1 2 3 4; do [[ -s $WORK/got.$k ]] || return 1; done; }
check "$name: all have arrived" wait_for 30 done_all
is "$name: each stream in its order" "$(sort "$WORK"/got.[1-4] | uniq -c | xargs)" "4 in order"
is "$name: each SA has exactly its own" "$(our_sas)" "$(for k in 1 2 3 4; do
	echo "0x000040$k$k $N $((N * 128)) $N 0"; done)"
drops_are "$name: nothing was dropped" ours ipsec0 "$before"
finish
