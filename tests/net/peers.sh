#!/bin/bash
# SPDX-License-Identifier: MIT
#
# peers.sh - several peers on one interface: who gets what, who may send what, and
# changes of a peer under traffic.
#
#         ipsec0            192.0.2.1 |-- bridge --| 192.0.2.11 a  ipsec0
#   hub   10.0.0.1                    |            | 192.0.2.12 b  ipsec0
#         fd00::1                     |            | 192.0.2.13 c  ipsec0
#
#   behind a: 10.1.0.0/16 fd01::/32   behind b: 10.1.2.0/24 fd01:2::/48
#   behind c: 10.1.2.128/25 10.1.2.3/32 fd01:2:0:3::1/128
# suite: long

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

host hub a b c
must ip -n hub link add wan type bridge
must ip -n hub addr add 192.0.2.1/24 dev wan
must ip -n hub link set wan up
n=0
for h in a b c; do
	n=$((n + 1))
	must ip link add wan netns "$h" type veth peer name "to$h" netns hub
	must ip -n hub link set "to$h" master wan
	must ip -n hub link set "to$h" up
	must ip -n "$h" addr add "192.0.2.1$n/24" dev wan
	must ip -n "$h" link set wan up
done
quiet() { on "$1" sysctl -qw net.ipv6.conf.ipsec0.router_solicitations=0; }

# shellcheck disable=SC2034 # named by $sel
behind_a="selector 10.1.0.0/16 selector fd01::/32"
behind_b="selector 10.1.2.0/24 selector fd01:2::/48"
behind_c="selector 10.1.2.128/25 selector 10.1.2.3/32 selector fd01:2:0:3::1/128"
must on hub ipsecctl dev add ipsec0
quiet hub
n=0
for h in a b c; do
	n=$((n + 1))
	sel=behind_$h
	# shellcheck disable=SC2086 # words
	must on hub ipsecctl peer add ipsec0 $h remote 192.0.2.1$n ${!sel}
	must sa hub ipsec0 $h in 0x100$n aes-gcm-16 128
	must sa hub ipsec0 $h out 0x200$n aes-gcm-16 128
	must on $h ipsecctl dev add ipsec0
	quiet $h
	must on $h ipsecctl peer add ipsec0 hub remote 192.0.2.1
	must sa $h ipsec0 hub out 0x100$n aes-gcm-16 128
	must sa $h ipsec0 hub in 0x200$n aes-gcm-16 128
	must ip -n $h link set ipsec0 up
	must ip -n $h route add default dev ipsec0
	must ip -n $h -6 route add default dev ipsec0
done
must ip -n hub addr add 10.0.0.1/32 dev ipsec0
must ip -n hub addr add fd00::1/128 dev ipsec0
must ip -n hub link set ipsec0 up
must ip -n hub route add 10.0.0.0/8 dev ipsec0
must ip -n hub -6 route add fd00::/8 dev ipsec0
for ip in 10.1.0.1 10.1.3.1 10.1.255.255 10.1.2.255; do must ip -n a addr add $ip/32 dev lo; done
for ip in 10.1.2.1 10.1.2.2 10.1.2.4 10.1.2.127; do must ip -n b addr add $ip/32 dev lo; done
for ip in 10.1.2.3 10.1.2.128 10.1.2.129 10.1.2.255; do must ip -n c addr add $ip/32 dev lo; done
must ip -n a addr add fd01::1/128 dev lo
must ip -n a addr add fd01:2:0:3::1/128 dev lo
must ip -n b addr add fd01:2::1/128 dev lo
must ip -n b addr add fd01:2:0:3::2/128 dev lo
must ip -n c addr add fd01:2:0:3::1/128 dev lo

# sent PEER: packets that the hub's SA to it has carried
sent() {
	on hub ipsecctl -j sa show ipsec0 "$1" |
		jq '[.[] | select(.dir == "out") | .stats.tx_packets] | add'
}

# goes ADDR PEER: three pings are answered, and all three went to that peer alone
goes() {
	local before got p=
	before="$(sent a) $(sent b) $(sent c)"
	on hub ping -q -n -c 3 -i 0.02 -W 5 "$1" >"$WORK/ping" 2>&1 || p=", unanswered"
	got="$(sent a) $(sent b) $(sent c)"
	got=$(paste -d' ' <(tr ' ' '\n' <<<"$before") <(tr ' ' '\n' <<<"$got") <(printf 'a\nb\nc\n') |
		awk '$2 != $1 { printf "%s %d", $3, $2 - $1 }')
	is "T37 longest match of overlapping selectors: $1 is behind $2" "$got$p" "$2 3"
}

# multicast of the interfaces themselves must be over before packets are counted
settled() {
	local one two
	one=$(for h in hub a b c; do drops $h ipsec0; done; sent a; sent b; sent c)
	sleep 0.3
	two=$(for h in hub a b c; do drops $h ipsec0; done; sent a; sent b; sent c)
	[[ $one == "$two" ]]
}
check "the interfaces become quiet" wait_for 10 settled

for to in 10.1.0.1:a 10.1.3.1:a 10.1.255.255:a 10.1.2.1:b 10.1.2.2:b 10.1.2.4:b 10.1.2.127:b \
	10.1.2.3:c 10.1.2.128:c 10.1.2.129:c 10.1.2.255:c; do
	goes "${to%:*}" "${to##*:}"
done
goes fd01::1 a
goes fd01:2::1 b
goes fd01:2:0:3::1 c
goes fd01:2:0:3::2 b

# ---- nobody's --------------------------------------------------------------

before=$(drops hub ipsec0)
check_fails "nobody's address: the sender gets an ICMP error" "Destination Host Unreachable" \
	on hub ping -n -c 1 -W 2 10.2.0.1
check_fails "nobody's IPv6 address as well" "Address unreachable" \
	on hub ping -n -c 1 -W 2 fd02::1
drops_are "and it is counted" hub ipsec0 "$before" tx_no_peer=2

# ---- sources ---------------------------------------------------------------

# may HOST SOURCE yes|no: packets from there arrive at the hub, or are refused
may() {
	local before rx want
	before=$(drops hub ipsec0)
	read -r rx _ < <(traffic hub ipsec0)
	[[ $2 == *:* ]] && dst=fd00::1 || dst=10.0.0.1
	on "$1" ping -q -n -c 4 -i 0.02 -W 1 -I "$2" $dst >"$WORK/ping" 2>&1
	[[ $3 == yes ]] && want=() || want=(rx_ts_mismatch=4)
	drops_are "T6 from $1 with source $2: $3" hub ipsec0 "$before" "${want[@]}"
	is "T6 from $1 with source $2: received" \
		"$(($(traffic hub ipsec0 | cut -d' ' -f1) - rx))" "$([[ $3 == yes ]] && echo 4 || echo 0)"
}
must ip -n a addr add 10.1.2.9/32 dev lo
must ip -n a addr add 10.2.0.9/32 dev lo
must ip -n b addr add 10.1.3.9/32 dev lo
must ip -n b addr add 10.1.2.200/32 dev lo
may a 10.1.3.1 yes
may a 10.1.2.9 no		# inside its range, but b has a longer prefix
may a 10.2.0.9 no		# nobody's
may a 10.1.2.255 no		# c has a longer one
may b 10.1.2.4 yes
may b 10.1.3.9 no
may b 10.1.2.200 no
may c 10.1.2.3 yes
may a fd01:2:0:3::1 no
may b fd01:2:0:3::2 yes

# ---- changes under traffic -------------------------------------------------

# flood ADDR: pings as fast as they are answered, until stop_flood
flood() {
	ip netns exec hub ping -q -f -W 5 "$1" >"$WORK/flood" 2>&1 &
	flood=$!
	wait_for 5 moving
}
moving() { local n; n=$(traffic hub ipsec0); sleep 0.05; [[ $(traffic hub ipsec0) != "$n" ]]; }
# stop_flood NAME: none was lost but, at most, the one that was on its way
stop_flood() {
	kill -INT $flood
	wait $flood
	is "$1" "$(awk '/packets transmitted/ { n = 1
			print ($1 - $4 <= 1 && $1 > 100 ? "none lost" : "lost " $1 - $4 " of " $1) }
		END { if (!n) print "ping said nothing" }' "$WORK/flood")" "none lost"
}

# its prefix gets longer, shorter, and moves inside other lists of selectors
before=$(drops hub ipsec0)
flood 10.1.2.1
for _ in 1 2 3 4 5; do
	must on hub ipsecctl peer set ipsec0 b selector 10.1.2.0/24 selector 10.7.0.0/16 selector fd01:2::/48
	must on hub ipsecctl peer set ipsec0 b selector 10.1.2.1/32 selector 10.1.2.0/24 selector fd01:2::/48
	must on hub ipsecctl peer set ipsec0 b selector 10.1.2.0/25 selector 10.1.2.0/24 selector 10.1.2.1/32
	# shellcheck disable=SC2086 # words
	must on hub ipsecctl peer set ipsec0 b $behind_b
done
stop_flood "selectors are replaced under a flood"
drops_are "and nothing is dropped" hub ipsec0 "$before"

# the address moves: b has a second one
must ip -n b addr add 192.0.2.22/24 dev wan
before=$(drops hub ipsec0)
flood 10.1.2.1
for _ in 1 2 3 4 5; do
	must on hub ipsecctl peer set ipsec0 b remote 192.0.2.22 local 192.0.2.1
	must on hub ipsecctl peer set ipsec0 b remote 192.0.2.12 local any
done
stop_flood "T5 addresses are replaced under a flood"
drops_are "T5 and nothing is dropped" hub ipsec0 "$before"

# another peer takes the traffic over, and gives it back
before=$(drops hub ipsec0)
must ip -n c addr add 10.1.2.1/32 dev lo
must on hub ipsecctl peer set ipsec0 c selector 10.1.2.128/25 selector 10.1.2.1/32
goes 10.1.2.1 c
# shellcheck disable=SC2086 # words
must on hub ipsecctl peer set ipsec0 c $behind_c
must ip -n c addr del 10.1.2.1/32 dev lo
goes 10.1.2.1 b
must on hub ipsecctl peer del ipsec0 b
must ip -n a addr add 10.1.2.1/32 dev lo
goes_a() { # b is not there any more
	local n
	n=$(sent a)
	on hub ping -q -n -c 3 -i 0.02 -W 5 10.1.2.1 >"$WORK/ping" 2>&1
	is "without b its range falls to a" "$(($(sent a) - n))" 3
}
goes_a
drops_are "nothing was dropped" hub ipsec0 "$before"

# ---- many ------------------------------------------------------------------

on hub /usr/bin/python3 -B "$here/netlink_peers.py" || FAILED=$((FAILED + 1))
finish
