#!/bin/bash
# SPDX-License-Identifier: MIT
#
# routing.sh - the way of the encrypted packets: link, mark, source address, changes
# of routes, and every kind of loop.
#
#           w1 192.0.2.1,    2001:db8:1::1 ===== 192.0.2.2,    2001:db8:1::2 w1
#   a                                                                           b
#           w2 198.51.100.1, 2001:db8:2::1 ===== 198.51.100.2, 2001:db8:2::2 w2
#
#   b's outer addresses are 203.0.113.2 and 2001:db8:f::2, on lo: both ways lead there
#   a  ipsec0 10.0.0.1 fd00::1 --- 10.0.0.2 fd00::2 ipsec0  b
# suite: long

. "$(dirname "$0")/lib.sh"

host a b
wire a w1 "192.0.2.1/24 2001:db8:1::1/64" b w1 "192.0.2.2/24 2001:db8:1::2/64"
wire a w2 "198.51.100.1/24 2001:db8:2::1/64" b w2 "198.51.100.2/24 2001:db8:2::2/64"
must ip -n b addr add 203.0.113.2/32 dev lo
must ip -n b addr add 2001:db8:f::2/128 dev lo
must ip -n a addr add 203.0.113.1/32 dev lo
must ip -n a addr add 2001:db8:f::1/128 dev lo
must ip -n b route add 203.0.113.1/32 via 192.0.2.1
must ip -n b -6 route add 2001:db8:f::1/128 via 2001:db8:1::1
for h in a b; do
	on $h sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv4.conf.all.promote_secondaries=1 net.ipv6.conf.all.keep_addr_on_down=1
done
must on a nft -f - <<'NFT'
table inet t {
	counter w1 { }
	counter w2 { }
	counter n_mark { }
	chain out {
		type filter hook postrouting priority 0
		meta l4proto esp oifname w1 counter name w1
		meta l4proto esp oifname w2 counter name w2
		meta l4proto esp meta mark 42 counter name n_mark
		udp sport 4500 oifname w1 counter name w1
		udp sport 4500 oifname w2 counter name w2
	}
}
NFT
count() { on a nft -j list counter inet t "$1" | jq '.nftables[1].counter.packets'; }

# up: the tunnel between the addresses on lo, OPTION for a's interface, LOCAL or none
up() {
	local remote=$1 other=$2 local=$3
	shift 3
	must on a ipsecctl dev add ipsec0 "$@"
	must on b ipsecctl dev add ipsec0
	# shellcheck disable=SC2086 # words
	must on a ipsecctl peer add ipsec0 b remote "$remote" ${local:+local $local}
	must on b ipsecctl peer add ipsec0 a remote "$other"
	must sa a ipsec0 b in 0x1001 aes-gcm-16 128
	must sa b ipsec0 a in 0x1002 aes-gcm-16 128
	must sa a ipsec0 b out 0x1002 aes-gcm-16 128
	must sa b ipsec0 a out 0x1001 aes-gcm-16 128
	must ip -n a addr add 10.0.0.1/24 dev ipsec0
	must ip -n b addr add 10.0.0.2/24 dev ipsec0
	for h in a b; do
		# count pings only
		on $h sysctl -qw net.ipv6.conf.ipsec0.disable_ipv6=1
		must ip -n $h link set ipsec0 up
	done
}
down() { must ip -n a link del ipsec0; must ip -n b link del ipsec0; }

# via NAME W1 W2: three pings, and so many ESP packets of them over each
via() {
	local one two
	one=$(count w1) two=$(count w2)
	on a ping -q -n -c 3 -i 0.02 -W 1 10.0.0.2 >"$WORK/ping" 2>&1
	is "$1" "$(($(count w1) - one)) $(($(count w2) - two))" "$2 $3"
}
answered() { is "$1" "$(grep -o '[0-9]* received' "$WORK/ping")" "3 received"; }

# ---- link ------------------------------------------------------------------

must ip -n a route add 203.0.113.2/32 via 198.51.100.2 metric 10
must ip -n a route add 203.0.113.2/32 via 192.0.2.2 metric 20
must ip -n a -6 route add 2001:db8:f::2/128 via 2001:db8:2::2 metric 10
must ip -n a -6 route add 2001:db8:f::2/128 via 2001:db8:1::2 metric 20

up 203.0.113.2 203.0.113.1 203.0.113.1
via "the better route is used" 0 3
answered "and carries"
must on a ipsecctl dev set ipsec0 link w1
via "link: the worse one through the link" 3 0
answered "link: and carries"
must on a ipsecctl dev set ipsec0 link none
via "no link: the better one again" 0 3
must on a ipsecctl dev set ipsec0 link w1
must ip -n a route del 203.0.113.2/32 via 192.0.2.2
must ip -n a link set w1 down
via "link: never through the other device" 0 0
must ip -n a link set w1 up
must ip -n a route add 203.0.113.2/32 via 192.0.2.2 metric 20
via "link: it is back" 3 0
wait_for 5 on a ping -q -c 1 -W 1 2001:db8:1::2
must ip -n a -6 route replace 2001:db8:f::2/128 via 2001:db8:1::2 metric 20
down

for local in "" 2001:db8:f::1; do
	up 2001:db8:f::2 2001:db8:f::1 "$local"
	[[ $local ]] || must on b ipsecctl peer set ipsec0 a remote 2001:db8:2::1
	via "IPv6, local \"$local\": the better route is used" 0 3
	must on a ipsecctl dev set ipsec0 link w1
	[[ $local ]] || must on b ipsecctl peer set ipsec0 a remote 2001:db8:1::1
	via "IPv6, local \"$local\", link: the worse one through the link" 3 0
	answered "IPv6, local \"$local\", link: and carries"
	must ip -n a -6 route del 2001:db8:f::2/128 via 2001:db8:1::2
	before=$(drops a ipsec0)
	via "IPv6, local \"$local\", link: never through the other device" 0 0
	drops_are "IPv6, local \"$local\", link: counted" a ipsec0 "$before" tx_no_route=3
	must ip -n a -6 route add 2001:db8:f::2/128 via 2001:db8:1::2 metric 20
	down
done

# ---- mark ------------------------------------------------------------------

must ip -n a route flush 203.0.113.2/32
must ip -n a route add 203.0.113.2/32 via 192.0.2.2
must ip -n a rule add fwmark 42 table 100
must ip -n a route add 203.0.113.2/32 via 198.51.100.2 table 100
up 203.0.113.2 203.0.113.1 203.0.113.1 fwmark 42
via "fwmark: its table is used" 0 3
answered "fwmark: and carries"
is "fwmark: the ESP packets have it" "$(count n_mark)" 3
must on a ipsecctl dev set ipsec0 fwmark 0
via "no fwmark: the main table" 3 0
is "no fwmark: no mark" "$(count n_mark)" 3
must on a ipsecctl dev set ipsec0 fwmark 42
via "fwmark: set later" 0 3

# a route that changes is followed, whatever was cached
must on a ipsecctl dev set ipsec0 fwmark 0
via "routes: before" 3 0
must ip -n a route replace 203.0.113.2/32 via 198.51.100.2
via "routes: a change is followed" 0 3
must ip -n a route del 203.0.113.2/32
before=$(drops a ipsec0)
check_fails "routes: none, and the sender learns it" "Destination Host Unreachable" on a ping -n -c 1 -W 1 10.0.0.2
drops_are "routes: none, counted" a ipsec0 "$before" tx_no_route=1
must ip -n a route add unreachable 203.0.113.2/32
before=$(drops a ipsec0)
via "routes: an unreachable one" 0 0
drops_are "routes: an unreachable one, counted" a ipsec0 "$before" tx_no_route=3
must ip -n a route replace 203.0.113.2/32 via 192.0.2.2
via "routes: there is one again" 3 0

# ---- the default route into the tunnel -------------------------------------

must ip -n a route del 203.0.113.2/32
must ip -n a route add default dev ipsec0 metric 1
before=$(drops a ipsec0)
check_fails "a direct loop: the sender learns it" "Destination Host Unreachable" on a ping -n -c 1 -W 1 10.0.0.2
drops_are "a direct loop: counted" a ipsec0 "$before" tx_loop=1
check_fails "A1.5 a direct loop: no dummies" "the way to the peer leads back into the tunnel" on a ipsecctl dummy ipsec0 b
is "a direct loop: the standard counter" "$(ip -n a -s -j link show ipsec0 | jq '.[0].stats64.tx.collisions')" 1
# another route, if a worse one, leads out: the outer packets take it
must ip -n a route add default via 192.0.2.2 metric 100
before=$(drops a ipsec0)
via "the default route, and one beside the tunnel: no loop" 3 0
answered "the default route, and one beside the tunnel: carries"
drops_are "the default route, and one beside the tunnel: nothing dropped" a ipsec0 "$before"
must ip -n a route add 203.0.113.2/32 dev ipsec0
must ip -n a route add 203.0.113.0/24 via 198.51.100.2
via "the peer's own route, the longer of the prefixes beside it" 0 3
must ip -n a route del 203.0.113.0/24
must ip -n a route del 203.0.113.2/32
must on a ipsecctl dev set ipsec0 link w1
before=$(drops a ipsec0)
via "the default route with a link: no loop" 3 0
answered "the default route with a link: carries"
drops_are "the default route with a link: nothing dropped" a ipsec0 "$before"
must ip -n a route del default dev ipsec0
down

# ---- rules that look at the ports ------------------------------------------

for h in a b; do
	server $h ipsecctl encap 4500
	must wait_for 10 eval "on $h ss -Hlun | grep -q :4500"
done
# ports FAMILY REMOTE PLEN OTHER VIA1 VIA2: ESP in UDP is UDP to a rule, with its ports
ports() {
	local v=$1 remote=$2 plen=$3 other=$4 one=$5 two=$6
	must ip -n a "$v" route flush "$remote/$plen"
	must ip -n a "$v" route add "$remote/$plen" via "$one"
	must ip -n a "$v" route add "$remote/$plen" via "$two" table 101
	up "$remote" "$other" "$other"
	for h in "a b" "b a"; do must on "${h% *}" ipsecctl peer set ipsec0 "${h#* }" encap 4500 4500; done
	must ip -n a "$v" rule add ipproto esp table 101
	must ip -n a "$v" rule add ipproto udp dport 4501 table 101
	must ip -n a "$v" rule add ipproto udp sport 4501 table 101
	via "IP$v rules: of ESP and of other ports are not for ESP in UDP" 3 0
	must ip -n a "$v" rule add ipproto udp sport 4500 dport 4500 table 101
	via "IP$v rules: of UDP and its ports" 0 3
	answered "IP$v rules: and carries"
	must on a ipsecctl peer set ipsec0 b encap 4500 4502
	via "IP$v rules: the peer has another port" 3 0
	must ip -n a "$v" rule del ipproto udp sport 4500 dport 4500 table 101
	must on a ipsecctl peer set ipsec0 b encap off
	via "IP$v rules: of ESP, without UDP" 0 3
	must ip -n a "$v" rule del ipproto esp table 101
	must ip -n a "$v" rule del ipproto udp dport 4501 table 101
	must ip -n a "$v" rule del ipproto udp sport 4501 table 101
	must ip -n a "$v" route del "$remote/$plen" via "$two" table 101
	must ip -n a "$v" route del "$remote/$plen" via "$one"
	down
}
ports -4 203.0.113.2 32 203.0.113.1 192.0.2.2 198.51.100.2
ports -6 2001:db8:f::2 128 2001:db8:f::1 2001:db8:1::2 2001:db8:2::2

# ---- two interfaces through each other -------------------------------------

must ip -n a rule del fwmark 42
must ip -n a route flush table 100
must ip -n a route del default
for n in 0 1; do
	must on a ipsecctl dev add ipsec$n
	on a sysctl -qw net.ipv6.conf.ipsec$n.disable_ipv6=1
	must on a ipsecctl peer add ipsec$n x remote 10.9.$n.2
	must sa a ipsec$n x out 0x200$n aes-gcm-16 128
	must ip -n a link set ipsec$n up
	must ip -n a route add 10.9.$((1 - n)).0/24 dev ipsec$n
done
must ip -n a route add 10.8.0.0/16 dev ipsec0
zero=$(drops a ipsec0)
one=$(drops a ipsec1)
trouble() { dmesg | grep -ciE 'dead loop|stack|recursion'; }
warned=$(trouble) left="$(count w1) $(count w2)"
on a ping -q -n -c 3 -i 0.02 -W 1 10.8.0.1 >"$WORK/ping" 2>&1
drops_are "T9 two through each other: counted where the way ends" a ipsec0 "$zero" tx_loop=3
drops_are "T9 two through each other: and only there" a ipsec1 "$one"
is "T9 two through each other: nothing leaves" "$(count w1) $(count w2)" "$left"
is "T9 two through each other: the kernel does not complain" "$(trouble)" "$warned"
must ip -n a link del ipsec0
must ip -n a link del ipsec1

# ---- a tunnel in a tunnel --------------------------------------------------

up 192.0.2.2 192.0.2.1 192.0.2.1
for h in a b; do must on $h ipsecctl dev add ipsec1; done
must on a ipsecctl peer add ipsec1 b remote 10.0.0.2
must on b ipsecctl peer add ipsec1 a remote 10.0.0.1
must sa a ipsec1 b in 0x3001 aes-gcm-16 128
must sa b ipsec1 a in 0x3002 aes-gcm-16 128
must sa a ipsec1 b out 0x3002 aes-gcm-16 128
must sa b ipsec1 a out 0x3001 aes-gcm-16 128
for h in a b; do
	on $h sysctl -qw net.ipv6.conf.ipsec1.disable_ipv6=1
	must ip -n $h link set ipsec1 up
done
must ip -n a addr add 10.5.0.1/24 dev ipsec1
must ip -n b addr add 10.5.0.2/24 dev ipsec1
is "T8 a tunnel in a tunnel: its MTU" "$(on a cat /sys/class/net/ipsec1/mtu)" 1390
must ip -n a link set w1 mtu 1700
is "T8 follows through both" "$(on a cat /sys/class/net/ipsec0/mtu /sys/class/net/ipsec1/mtu | tr '\n' ' ')" "1646 1590 "
must ip -n a link set w1 mtu 1500
is "T8 and back" "$(on a cat /sys/class/net/ipsec0/mtu /sys/class/net/ipsec1/mtu | tr '\n' ' ')" "1446 1390 "
inner=$(traffic a ipsec1) outer=$(traffic a ipsec0)
must on a ping -q -n -c 5 -i 0.02 -s 72 10.5.0.2
moved() { paste -d' ' <(tr ' ' '\n' <<<"$1") <(tr ' ' '\n' <<<"$2") | awk '{ printf "%d ", $2 - $1 }'; }
is "T8 a tunnel in a tunnel: inside" "$(moved "$inner" "$(traffic a ipsec1)")" "5 500 5 500 "
# 100 bytes become 20 + 8 + 8 + 104 + 16
is "T8 a tunnel in a tunnel: outside" "$(moved "$outer" "$(traffic a ipsec0)")" "5 780 5 780 "
pings "T8 a big packet" a 10.5.0.2 -s 20000
must ip -n a link del ipsec1
must ip -n b link del ipsec1
down

# ---- source addresses ------------------------------------------------------

must on b nft -f - <<'NFT'
table inet t {
	counter one { }
	counter two { }
	chain pre {
		type filter hook prerouting priority -500
		meta l4proto esp ip saddr 192.0.2.1 counter name one
		meta l4proto esp ip saddr 192.0.2.7 counter name two
		meta l4proto esp ip6 saddr 2001:db8:1::1 counter name one
		meta l4proto esp ip6 saddr 2001:db8:1::7 counter name two
	}
}
NFT
source_of() { on b nft -j list counter inet t "$1" | jq '.nftables[1].counter.packets'; }
# from NAME ONE TWO: as via, by the source address that b sees
from() {
	local one two
	one=$(source_of one) two=$(source_of two)
	on a ping -q -n -c 3 -i 0.02 -W 1 10.0.0.2 >"$WORK/ping" 2>&1
	is "$1" "$(($(source_of one) - one)) $(($(source_of two) - two))" "$2 $3"
}
must ip -n a addr add 192.0.2.7/24 dev w1
must ip -n a addr add 2001:db8:1::7/64 dev w1
# sources REMOTE ONE TWO OTHER PLEN
sources() {
	local remote=$1 one=$2 two=$3 plen=$4 v=$5
	up "$remote" "$one" "$one"
	from "$v source: as configured" 3 0
	must on a ipsecctl peer set ipsec0 b local "$two"
	from "$v source: another one" 0 3
	must ip -n a addr del "$two/$plen" dev w1
	before=$(drops a ipsec0)
	from "T13 $v source: gone, nothing is sent" 0 0
	drops_are "T13 $v source: gone, counted" a ipsec0 "$before" tx_no_route=3
	must ip -n a addr add "$two/$plen" dev w1
	from "T13 $v source: back" 0 3
	must on a ipsecctl peer set ipsec0 b local any
	must ip -n a route replace "$remote" dev w1 src "$two"
	from "$v source: the route's" 0 3
	must ip -n a route replace "$remote" dev w1 src "$one"
	from "$v source: the route's has changed" 3 0
	must ip -n a addr del "$one/$plen" dev w1
	ip -n a route replace "$remote" dev w1 2>/dev/null
	from "T13 $v source: the chosen one is gone, another is taken" 0 3
	must ip -n a addr add "$one/$plen" dev w1
	down
}
sources 192.0.2.2 192.0.2.1 192.0.2.7 24 IPv4
sources 2001:db8:1::2 2001:db8:1::1 2001:db8:1::7 64 IPv6
finish
