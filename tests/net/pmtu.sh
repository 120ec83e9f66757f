#!/bin/bash
# SPDX-License-Identifier: MIT
#
# pmtu.sh - the path MTU is learned from ICMP errors about our outer packets, those that
# name an SPI of ours only, within limits, and forgotten again; senders inside are told.
#
#   left --- gwa (ipsec0) === r === gwb (ipsec0) --- right
#            192.0.2.1      |       198.51.100.1
#            2001:db8:1::1  |       2001:db8:2::1    between r and gwb: MTU 1300
#   10.1.0.2 fd01::2                       10.2.0.2 fd02::2
# suite: long

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

host left gwa r gwb right
wire left eth0 "10.1.0.2/24 fd01::2/64" gwa lan "10.1.0.1/24 fd01::1/64"
wire right eth0 "10.2.0.2/24 fd02::2/64" gwb lan "10.2.0.1/24 fd02::1/64"
wire gwa wan "192.0.2.1/24 2001:db8:1::1/64" r ra "192.0.2.254/24 2001:db8:1::ff/64"
wire gwb wan "198.51.100.1/24 2001:db8:2::1/64" r rb "198.51.100.254/24 2001:db8:2::ff/64"
for h in gwa gwb r; do forwarding $h; done
for h in left right gwa gwb r; do on $h sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0; done
must ip -n left route add default via 10.1.0.1
must ip -n left -6 route add default via fd01::1
must ip -n right route add default via 10.2.0.1
must ip -n right -6 route add default via fd02::1
must ip -n gwa route add 198.51.100.0/24 via 192.0.2.254
must ip -n gwa -6 route add 2001:db8:2::/64 via 2001:db8:1::ff
must ip -n gwb route add 192.0.2.0/24 via 198.51.100.254
must ip -n gwb -6 route add 2001:db8:1::/64 via 2001:db8:2::ff

narrow() { must ip -n r link set rb mtu "$1"; must ip -n gwb link set wan mtu "$1"; }
flush() { # what was learned
	must ip -n gwa route flush cache
	must ip -n gwa -6 route flush cache
	must ip -n left route flush cache
	must ip -n left -6 route flush cache
}
# gwa's PMTU to gwb, as the kernel keeps it
learned() { ip -n gwa route get "$1" | sed -nE 's/.* mtu (lock )?([0-9]+).*/\2/p'; }
learned_is() { [[ $(learned "$1") == "$2" ]]; }
# what left has learned of the way to ADDR
inner_learned() { ip -n left route get "$1" | sed -nE 's/.* mtu (lock )?([0-9]+).*/\2/p'; }

# big NAME INNER-ADDR OUTER-ADDR PMTU INNER-PMTU: a packet that is too big for the path
# teaches gwa, the next teaches left, and then it passes
big() {
	local name=$1 inner=$2 outer=$3 pmtu=$4 mtu=$5 size=1350 before
	[[ $inner == *:* ]] && size=1330
	before=$(drops gwa ipsec0)
	is "A4.9 $name: nothing is known" "$(learned "$outer")$(inner_learned "$inner")" ""
	on left ping -q -n -M do -c 1 -W 0.3 -s $size "$inner" >/dev/null
	check "A4.9 $name: gwa learns it from r" wait_for 5 learned_is "$outer" "$pmtu"
	on left ping -q -n -M do -c 1 -W 0.3 -s $size "$inner" >/dev/null
	drops_are "A4.9 $name: the next one is too big" gwa ipsec0 "$before" tx_too_big=1
	is "A4.9 $name: and left is told" "$(inner_learned "$inner")" "$mtu"
	# what fits, exactly
	if [[ $inner == *:* ]]; then size=$((mtu - 48)); else size=$((mtu - 28)); fi
	check "A4.9 $name: as much as that passes" on left ping -q -n -M do -c 2 -i 0.01 -W 3 -s $size "$inner"
	check_fails "A4.9 $name: a byte more does not" "100% packet loss" \
		on left ping -q -n -M do -c 1 -W 0.3 -s $((size + 1)) "$inner"
	check "A4.9 $name: what may be fragmented passes" on left ping -q -n -M dont -c 2 -i 0.01 -W 3 -s 3000 "$inner"
}

# pair_sa HOST PEER DIR SPI: of $proto, esp or ah
proto=esp
pair_sa() {
	case $proto in
	esp) sa "$1" ipsec0 "$2" "$3" "$4" aes-gcm-16 128 ;;
	ah) on "$1" ipsecctl sa add ipsec0 "$2" "$3" spi "$4" proto ah auth hmac-sha2-256-128 auth-key "$(key_file "$4" 32)" ;;
	esac
}

# tunnel_pair OUTER-A OUTER-B [PEER OPTION...]
tunnel_pair() {
	local a=$1 b=$2
	shift 2
	must on gwa ipsecctl dev add ipsec0
	must on gwb ipsecctl dev add ipsec0
	must on gwa ipsecctl peer add ipsec0 b local "$a" remote "$b" "$@"
	must on gwb ipsecctl peer add ipsec0 a local "$b" remote "$a" "$@"
	must pair_sa gwa b in 0x1001
	must pair_sa gwb a in 0x1002
	must pair_sa gwa b out 0x1002
	must pair_sa gwb a out 0x1001
	must ip -n gwa link set ipsec0 up
	must ip -n gwb link set ipsec0 up
	must ip -n gwa route add 10.2.0.0/24 dev ipsec0
	must ip -n gwa -6 route add fd02::/64 dev ipsec0
	must ip -n gwb route add 10.1.0.0/24 dev ipsec0
	must ip -n gwb -6 route add fd01::/64 dev ipsec0
}
tunnel_gone() {
	must ip -n gwa link del ipsec0
	must ip -n gwb link del ipsec0
	narrow 1500
	flush
}

narrow 1400
tunnel_pair 192.0.2.1 198.51.100.1
narrow 1360
# 1360 - 20 - 16 - 16 = 1308, to a multiple of 4 less 2
big "v4 in v4" 10.2.0.2 198.51.100.1 1360 1306
flush
big "v6 in v4" fd02::2 198.51.100.1 1360 1306
flush
# an IPv6 packet of 1280 bytes must pass, whatever the path: in fragments outside
narrow 1300
on left ping -q -n -c 1 -W 0.3 -s 1232 fd02::2 >/dev/null
check "A4.9 v6 in v4: 1280 bytes through 1300" on left ping -q -n -c 2 -i 0.01 -W 3 -s 1232 fd02::2
flush

# ---- forged errors ---------------------------------------------------------

# icmp SPI MTU SRC DST [HOW]: an error about a packet of ours, as a router would send it
coproc FORGE { ip netns exec r /usr/bin/python3 -B "$here/pmtu.py"; }
icmp() {
	echo "$proto $*" >&"${FORGE[1]}"
	read -r -t 60 -u "${FORGE[0]}" || not_ok "pmtu.py" "no answer to: $*"
}
near=192.0.2.1 far=198.51.100.1
ignored() {
	local name=$1
	shift
	icmp "$@"
	# it has been there when the answer to this one is back
	on r ping -q -n -c 1 -W 3 "$near" >/dev/null
	is "E1.43 $name: ignored" "$(learned "$far")" ""
}
ignored "an SPI that is not ours" 0x1003 1000 192.0.2.1 198.51.100.1
ignored "our inbound SPI" 0x1001 1000 192.0.2.1 198.51.100.1
ignored "another source" 0x1002 1000 192.0.2.7 198.51.100.1
ignored "another destination" 0x1002 1000 192.0.2.1 198.51.100.9
ignored "more than the link has" 0x1002 9000 192.0.2.1 198.51.100.1
ignored "cut off in the SPI" 0x1002 1000 192.0.2.1 198.51.100.1 short
icmp 0x1002 1200 192.0.2.1 198.51.100.1
check "E1.43 all is right: believed" wait_for 5 learned_is 198.51.100.1 1200
flush
for mtu in 0 67 68 551; do
	icmp 0x1002 $mtu 192.0.2.1 198.51.100.1
	check "E1.43 MTU $mtu: the least that the kernel allows" wait_for 5 learned_is 198.51.100.1 552
	flush
done
before=$(drops gwa ipsec0)
icmp 0x1002 unreachable 192.0.2.1 198.51.100.1
on r ping -q -n -c 1 -W 3 192.0.2.1 >/dev/null
check "E1.44 unreachable: the tunnel goes on" on left ping -q -n -c 2 -i 0.01 -W 3 10.2.0.2
drops_are "E1.44 unreachable: nothing dropped" gwa ipsec0 "$before"

# ---- ageing ----------------------------------------------------------------

on gwa sysctl -qw net.ipv4.route.mtu_expires=2
icmp 0x1002 1200 192.0.2.1 198.51.100.1
check "A4.9 learned, for a while" wait_for 5 learned_is 198.51.100.1 1200
check "A4.9 and forgotten" wait_for 10 learned_is 198.51.100.1 ""
tunnel_gone

narrow 1400
tunnel_pair 2001:db8:1::1 2001:db8:2::1
narrow 1360
# 1360 - 40 - 16 - 16 = 1288, to a multiple of 4 less 2
big "v4 in v6" 10.2.0.2 2001:db8:2::1 1360 1286
flush
big "v6 in v6" fd02::2 2001:db8:2::1 1360 1286
tunnel_gone

proto=ah
narrow 1400
tunnel_pair 192.0.2.1 198.51.100.1 protect ah
narrow 1360
# 1360 - 20 - 12 - 16
big "v4 in AH in v4" 10.2.0.2 198.51.100.1 1360 1312
tunnel_gone

# Linux gives errors about AH over IPv6 to the protocol inside: a tunnel's, or TCP
narrow 1400
tunnel_pair 2001:db8:1::1 2001:db8:2::1 protect ah
narrow 1360
# 1360 - 40 - 12 - 4 - 16
big "v6 in AH in v6" fd02::2 2001:db8:2::1 1360 1288
flush
near=2001:db8:1::1 far=2001:db8:2::1
ignored "AH: an SPI that is not ours" 0x1003 1290 $near $far
ignored "AH: another source" 0x1002 1290 2001:db8:1::7 $far
ignored "AH: another destination" 0x1002 1290 $near 2001:db8:2::9
ignored "AH: cut off in the SPI" 0x1002 1290 $near $far short
ignored "AH: a wrong checksum" 0x1002 1290 $near $far checksum
ignored "AH: unreachable" 0x1002 unreachable $near $far
must on gwa nft add table ip6 t
must on gwa nft add chain ip6 t in '{ type filter hook input priority 0; }'
must on gwa nft add rule ip6 t in icmpv6 type packet-too-big drop
ignored "AH: what the firewall drops" 0x1002 1290 $near $far
must on gwa nft delete table ip6 t
icmp 0x1002 1290 $near $far
check "E1.43 AH: all is right: believed" wait_for 5 learned_is $far 1290
flush
icmp 0x1002 1290 $near $far fragment
check "E1.43 AH: of a fragment: believed" wait_for 5 learned_is $far 1290
flush
ignored "AH: less than IPv6 has" 0x1002 1279 $near $far
icmp 0x1002 1280 $near $far
check "E1.43 AH: what IPv6 has" wait_for 5 learned_is $far 1280
tunnel_gone
flush
proto=esp

# ESP in UDP: the error is about UDP, and reaches the socket's route
for h in gwa gwb; do
	server $h ipsecctl encap 4500
	must wait_for 10 eval "on $h ss -Hlun | grep -q :4500"
done
narrow 1400
tunnel_pair 192.0.2.1 198.51.100.1 encap 4500 4500
narrow 1360
big "v4 in UDP in v4" 10.2.0.2 198.51.100.1 1360 1298
finish
