#!/bin/bash
# SPDX-License-Identifier: MIT
#
# netns_move.sh - the underlay stays where an interface was made, the interface goes
# into containers: they see clear packets, and neither keys nor addresses of the
# underlay.
#
#   c  ipsec0 10.0.0.1 ---\
#   d  ipsec0 10.0.1.1 ---- a  192.0.2.1 ======= 192.0.2.2  b  ipsec0 10.0.0.2
#   u  (of nobody's)   ---/                                    ipsec1 10.0.1.2
# kernel: every

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

host a b c d
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
no_dev="there is no ipsec interface of that name with its underlay in this namespace"

# pair N: ipsecN of a and b with their SAs, still in a
pair() {
	local n=$1
	must on a ipsecctl dev add "ipsec$n"
	must on b ipsecctl dev add "ipsec$n"
	must on a ipsecctl peer add "ipsec$n" b remote 192.0.2.2
	must on b ipsecctl peer add "ipsec$n" a remote 192.0.2.1
	must sa a "ipsec$n" b in "0x100$n" aes-gcm-16 128
	must sa b "ipsec$n" a out "0x100$n" aes-gcm-16 128
	must sa a "ipsec$n" b out "0x200$n" aes-gcm-16 128
	must sa b "ipsec$n" a in "0x200$n" aes-gcm-16 128
	must ip -n b addr add "10.0.$n.2/24" dev "ipsec$n"
	must ip -n b link set "ipsec$n" up
}

# ---- into a container ------------------------------------------------------

pair 0
must ip -n a link set ipsec0 netns c
must ip -n c addr add 10.0.0.1/24 dev ipsec0
must ip -n c link set ipsec0 up
check "it comes up in the container" wait_for 5 operstate_is c ipsec0 up
pings "T38 traffic from the container" c 10.0.0.2
pings "T38 traffic to the container" b 10.0.0.1
is "it has the MTU of the underlay" "$(on c cat /sys/class/net/ipsec0/mtu)" 1446
read -r rxp rxb txp txb < <(on c ip -s -j link show ipsec0 | jq -r '.[0].stats64 |
	"\(.rx.packets) \(.rx.bytes) \(.tx.packets) \(.tx.bytes)"')
must on c ping -q -n -c 5 -i 0.02 -s 100 10.0.0.2
is "exact packets and bytes, seen from the container" "$(on c ip -s -j link show ipsec0 | jq -r '.[0].stats64 |
	"\(.rx.packets) \(.rx.bytes) \(.tx.packets) \(.tx.bytes)"')" \
	"$((rxp + 5)) $((rxb + 640)) $((txp + 5)) $((txb + 640))"

is "T38 the container sees no interface to configure" "$(on c ipsecctl -j show | jq -c .)" '{"interfaces":[]}'
is "T38 keys and SAs are not visible from the container" "$(on c ipsecctl -j sa show | jq -c .)" '[]'
is "T38 and no peers" "$(on c ipsecctl -j peer show | jq -c .)" '[]'
for cmd in "dev show ipsec0" "peer add ipsec0 x remote 192.0.2.9" "peer set ipsec0 b remote 192.0.2.9" \
	"peer del ipsec0 b" "sa del ipsec0 b in spi 0x1000" "sa set ipsec0 b out spi 0x2000 seq 1000000" \
	"flush sa ipsec0" "flush peer ipsec0"; do
	# shellcheck disable=SC2086 # words
	check_fails "T38 from the container: $cmd" "$no_dev" on c ipsecctl $cmd
done
state() { on a ipsecctl -j show | jq 'del(.. | .stats?, .age?, .seq?)'; }
before=$(state)
on c ipsecctl -j monitor >"$WORK/heard" 2>"$WORK/heard.log" &
wait_for 5 grep -q listening "$WORK/heard" || not_ok "T38 a listener in the container" "does not start"
on c /usr/bin/python3 -B "$here/netlink_perm.py" container b 0x1000 || FAILED=$((FAILED + 1))
is "E3.1 nothing has changed by what the container's root has tried" "$(state)" "$before"
check "T38 flushing all there is, from the container" on c ipsecctl flush peer
check_fails "T38 from the container: sa add" "$no_dev" sa c ipsec0 b in 0x3001 aes-gcm-16 128
check "T38 the container's dump does not name the underlay's address" \
	eval '[[ $(on c ip -d -j link show ipsec0) != *192.0.2* ]]'

is "the underlay sees it in the container" \
	"$(on a ipsecctl -j dev show | jq -c '.[0] | [.ifname, .peer_count, .sa_count, (.netnsid >= 0)]')" \
	'["ipsec0",1,2,true]'
check "the underlay still adds SAs" sa a ipsec0 b in 0x3001 aes-gcm-16 128
check "and removes them" on a ipsecctl sa del ipsec0 b in spi 0x3001
is "T38 the container hears no event of SAs" "$(grep -vc '"listening"' "$WORK/heard")" 0

# what the container does to its packets stays there
must on a nft -f - <<'NFT'
table inet t {
	counter n_mark { }
	counter n_esp { }
	chain out {
		type filter hook output priority 0
		meta l4proto esp counter name n_esp
		meta l4proto esp meta mark 0x77 counter name n_mark
	}
}
NFT
counter() { on a nft -j list counter inet t "$1" | jq '.nftables[1].counter.packets'; }
must on c ping -q -n -c 3 -i 0.02 -m 119 10.0.0.2
is "the container's mark does not reach the underlay" "$(counter n_esp) $(counter n_mark)" "3 0"
must on a nft delete table inet t

# ---- two containers with the same name -------------------------------------

pair 1
must ip -n a link set ipsec1 netns d
must ip -n d link set ipsec1 name ipsec0
must ip -n d addr add 10.0.1.1/24 dev ipsec0
must ip -n d link set ipsec0 up
pings "a second container" d 10.0.1.2
check_fails "the name alone is ambiguous" "several interfaces in other namespaces have this name" \
	on a ipsecctl dev show ipsec0
ids=$(on a ipsecctl -j dev show | jq -r '.[].netnsid' | tr '\n' ' ')
read -r id_c id_d <<<"$ids"
is "the first by its namespace" "$(on a ipsecctl -j sa show ipsec0 netnsid "$id_c" | jq -c '[.[].spi]')" \
	'["0x00002000","0x00001000"]'
is "the second by its namespace" "$(on a ipsecctl -j sa show ipsec0 netnsid "$id_d" | jq -c '[.[].spi]')" \
	'["0x00002001","0x00001001"]'
check "a change of the second" on a ipsecctl sa del ipsec0 b in spi 0x1001 netnsid "$id_d"
is "is one of the second" "$(on a ipsecctl -j dev show | jq -c '[.[].sa_count]')" '[2,1]'
check_fails "and not of the first" "the peer has no inbound SA with that SPI" \
	on a ipsecctl sa del ipsec0 b in spi 0x1001 netnsid "$id_c"
must on a ipsecctl dev add ipsec0
check "one in the namespace itself is meant before others" on a ipsecctl peer add ipsec0 here remote 192.0.2.7
is "and has got the peer" "$(on a ipsecctl -j peer show ipsec0 | jq -c '[.[] | select(.netnsid == null) | .name]')" '["here"]'
must on a ipsecctl dev del ipsec0
is "deleting it leaves the others" "$(on a ipsecctl -j dev show | jq length)" 2
check "an interface elsewhere is removed by its namespace" on a ipsecctl dev del ipsec0 netnsid "$id_d"
is "and that one only" "$(on a ipsecctl -j dev show | jq -c '[.[].sa_count]')" '[2]'

# ---- back ------------------------------------------------------------------

must ip -n c link set ipsec0 netns a
is "T38 moved back it is down and has its SAs" \
	"$(on a ipsecctl -j dev show ipsec0 | jq -c '.[0] | [.operstate, .sa_count, .netnsid]')" '["down",2,null]'
must ip -n a addr add 10.0.0.1/24 dev ipsec0
must ip -n a link set ipsec0 up
pings "T38 and works" a 10.0.0.2

# ---- made in a container at once -------------------------------------------

must ip -n a link set ipsec0 down
must ip -n a addr flush dev ipsec0
check "ip link add … netns" ip -n a link add ipsec5 netns c type ipsec
is "the underlay is where the request came from" "$(on a ipsecctl -j dev show ipsec5 | jq -c '[.[] | .netnsid >= 0]')" '[true]'
check_fails "not where it lives" "$no_dev" on c ipsecctl dev show ipsec5
must ip -n a link del ipsec0
must on a ipsecctl peer add ipsec5 b remote 192.0.2.2
must sa a ipsec5 b in 0x1000 aes-gcm-16 128
must sa a ipsec5 b out 0x2000 aes-gcm-16 128 seq 1000
must ip -n c addr add 10.0.0.1/24 dev ipsec5
must ip -n c link set ipsec5 up
pings "it works" c 10.0.0.2
must ip -n c link del ipsec5
is "and goes from the inside" "$(on a ipsecctl -j dev show)" "$(on c ipsecctl -j dev show)"

# ---- a container of somebody else's ----------------------------------------

if ! setpriv --reuid 65534 --regid 65534 --clear-groups unshare -Ur true 2>/dev/null; then
	skip "a container of nobody's" "nobody may not make a user namespace here"
	finish
fi
setpriv --reuid 65534 --regid 65534 --clear-groups unshare -Urn sleep 1000 &
pid=$!
own_net() { [[ $(readlink /proc/$pid/ns/net) != "$(readlink /proc/self/ns/net)" && $(cat /proc/$pid/comm) == sleep ]]; }
check "a container of nobody's" wait_for 5 own_net
inside_root() { nsenter -t $pid -U -n -S 0 -G 0 "$@"; }
must on a ipsecctl dev add ipsec0 fwmark 5
must on a ipsecctl peer add ipsec0 b remote 192.0.2.2
must sa a ipsec0 b in 0x1000 aes-gcm-16 128
must sa a ipsec0 b out 0x2000 aes-gcm-16 128 seq 2000
must ip -n a link set ipsec0 netns $pid
must inside_root ip addr add 10.0.0.1/24 dev ipsec0
must inside_root ip link set ipsec0 up
check "its root uses the interface" inside_root ping -q -n -c 2 -i 0.05 -W 5 10.0.0.2
check_fails "but changes nothing of the underlay" \
	"the underlay is in another namespace, where you are not the administrator" \
	inside_root ipsecctl dev set ipsec0 fwmark 0
is "it is as it was" "$(on a ipsecctl -j dev show ipsec0 | jq '.[0].fwmark')" 5
check "what is the interface's own is its root's" inside_root ip link set ipsec0 mtu 1300
kill $pid
wait $pid 2>/dev/null
gone() { [[ $(on a ipsecctl -j dev show | jq length) == 0 ]]; }
check "the container ends, and so does its interface" wait_for 10 gone
finish
