#!/bin/bash
# SPDX-License-Identifier: MIT
#
# rekey.sh - new SAs while packets flow, in the steps of RFC 7296 2.8: the new
# inbound SA on both sides, then the outbound one is swapped, then the old inbound
# SA goes.  Not one packet is lost.
#
#   a  ipsec0 10.0.0.1  192.0.2.1 ======= 192.0.2.2  ipsec0 10.0.0.2  b
# kernel: every

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

by_hand=10 in_a_row=1000
[[ ${IPSEC_VM:-} == qemu || ${IPSEC_VM_DEBUG:-} == 1 ]] && by_hand=4 in_a_row=60
host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
tunnel a 192.0.2.1 10.0.0.1/24 b 192.0.2.2 10.0.0.2/24
for h in a b; do on $h sysctl -qw net.ipv6.conf.ipsec0.disable_ipv6=1; done

rx() { traffic b ipsec0 | cut -d' ' -f1; }
flows() { local n; n=$(rx); sleep 0.05; (($(rx) > n + 1)); }
spis() { on "$1" ipsecctl -j sa show ipsec0 | jq -c '[.[] | .dir + .spi[-4:]] | sort'; }

# every change of the state of the interface is seen here
ip -n a monitor link dev ipsec0 >"$WORK/monitor" 2>&1 &
monitor=$!
ip netns exec a ping -q -f -W 5 10.0.0.2 >"$WORK/flood.a" 2>&1 &
flood_a=$!
ip netns exec b ping -q -f -W 5 10.0.0.1 >"$WORK/flood.b" 2>&1 &
flood_b=$!
check "traffic flows" wait_for 10 flows
before_a=$(drops a ipsec0)
before_b=$(drops b ipsec0)

# ---- with ipsecctl, step by step -------------------------------------------

replace() { # HOST PEER SPI
	on "$1" ipsecctl sa replace ipsec0 "$2" out spi "$3" encr aes-gcm-16 key "$(key_file "$3" 20)"
}
old_a=0x1001 old_b=0x1002
for ((i = 1; i <= by_hand; i++)); do
	new_a=$(printf '0x%x' $((0x4000 + 2 * i)))
	new_b=$(printf '0x%x' $((0x4001 + 2 * i)))
	must sa a ipsec0 b in "$new_a" aes-gcm-16 128
	must sa b ipsec0 a in "$new_b" aes-gcm-16 128
	must replace a b "$new_b"
	must replace b a "$new_a"
	must on a ipsecctl sa del ipsec0 b in spi "$old_a"
	must on b ipsecctl sa del ipsec0 a in spi "$old_b"
	old_a=$new_a old_b=$new_b
done
is "T22 only the last SAs are left" "$(spis a) $(spis b)" \
	"[\"in${old_a/0x/}\",\"out${old_b/0x/}\"] [\"in${old_b/0x/}\",\"out${old_a/0x/}\"]"
check "T22 and carry" wait_for 5 flows

# ---- as fast as it goes ----------------------------------------------------

/usr/bin/python3 -B "$here/netlink_rekey.py" $in_a_row $((old_a)) $((old_b)) || FAILED=$((FAILED + 1))
check "T22 traffic flows after $in_a_row more" wait_for 5 flows

kill -INT $flood_a $flood_b
wait $flood_a $flood_b
for h in a b; do
	is "T22 nothing of the flood from $h is lost" "$(awk '/packets transmitted/ {
		print ($1 - $4 <= 1 && $1 > 100 ? "none lost" : "lost " $1 - $4 " of " $1) }' "$WORK/flood.$h")" "none lost"
done
drops_are "T22 a drops nothing" a ipsec0 "$before_a"
drops_are "T22 b drops nothing" b ipsec0 "$before_b"
is "T22 the interface was up all the time" "$(grep -cE 'DORMANT|DOWN' "$WORK/monitor")" 0
must ip -n a link set ipsec0 mtu 1333
check "T22 (the monitor was listening)" wait_for 5 grep -q 'mtu 1333' "$WORK/monitor"
kill $monitor

# ---- and what was in a's hands is exact ------------------------------------

is "T22 all that a sent, b received" "$(total b rx)" "$(total a tx)"
is "T22 all that b sent, a received" "$(total a rx)" "$(total b tx)"

# ---- TCP and numbered UDP --------------------------------------------------

counting() { on "$1" /usr/bin/python3 -B "$here/udp_count.py" "$2" "$3" 7000 100 "$WORK" >"$WORK/udp.$1" 2>&1; }
spi_of() { spis a | grep -o "$1...." | grep -o '....$'; }

server b iperf3 -s -1
wait_for 10 listening b 5201 || not_ok "T22 TCP" "iperf3 does not start"
ip netns exec a iperf3 -J -c 10.0.0.2 -b 20M -t $((in_a_row / 30 + 4)) >"$WORK/iperf" 2>&1 &
client=$!
counting a 10.0.0.1 10.0.0.2 & udp_a=$!
counting b 10.0.0.2 10.0.0.1 & udp_b=$!
bound() { on "$1" ss -Hlnu "sport = :7000" | grep -q .; }
for h in a b; do wait_for 10 bound $h || not_ok "T22 UDP" "$h does not start"; done
touch "$WORK/start"
check "T22 TCP flows" wait_for 10 flows
before_a=$(drops a ipsec0)
before_b=$(drops b ipsec0)
/usr/bin/python3 -B "$here/netlink_rekey.py" $in_a_row $((16#$(spi_of in))) $((16#$(spi_of out))) || FAILED=$((FAILED + 1))
touch "$WORK/stop"
wait $client $udp_a $udp_b
what="T22 TCP and UDP under $in_a_row rekeys"
check "$what: TCP carries" jq -e '.end.sum_received.bytes > 1000000' "$WORK/iperf"
for h in a b; do
	is "$what: no datagram of $h's peer is lost" "$(sed -n 's/.*received [0-9]* //p' "$WORK/udp.$h")" "lost 0 doubled 0"
	check "$what: $h counted" grep -qE 'received [0-9]{2,} ' "$WORK/udp.$h"
done
is "$what: all that a sent, b received" "$(total b rx)" "$(total a tx)"
is "$what: all that b sent, a received" "$(total a rx)" "$(total b tx)"
drops_are "$what: a drops nothing" a ipsec0 "$before_a"
drops_are "$what: b drops nothing" b ipsec0 "$before_b"
finish
