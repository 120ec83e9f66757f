#!/bin/bash
# SPDX-License-Identifier: MIT
#
# xfrm_policy.sh - policies of the kernel's own IPsec that cover our traffic: what is
# routed into ipsecN, what comes out of it, and our outer packets.
#
#   lan ------------ ours =================== stock
#   10.N.1.130   10.N.1.1 ipsecN  192.0.2.1   10.N.1.2 xfN
#   fd0N:1:0:0:8000::2            2001:db8::1

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/lib_xfrm.sh
. "$(dirname "$0")/lib_xfrm.sh"

TUNNELS=("4 1 aes-gcm-16 128 on" "6 1 chacha20-poly1305 256 off")

coexist_hosts
# forwarding, but no interface is a router: no multicast reports
forwarding ours
must on ours sysctl -qw net.ipv6.conf.default.forwarding=0
xfrm_tunnels
host lan
wire ours lan "10.4.1.129/25 10.6.1.129/25 fd04:1:0:0:8000::1/65 fd06:1:0:0:8000::1/65" \
	lan eth0 "10.4.1.130/25 10.6.1.130/25 fd04:1:0:0:8000::2/65 fd06:1:0:0:8000::2/65"
for n in 4 6; do
	echo "route add 10.$n.1.0/25 via 10.$n.1.129"
	echo "route add fd0$n:1::/65 via fd0$n:1:0:0:8000::1"
done | batch lan

# an IPv6 address that is there before the interface is up
script ours <<-END
	ipsecctl dev add ipsec9
	ip addr add fd04:1::9/128 dev ipsec9
	ip link set ipsec9 up
END

# cover DIR...: policies of the directions for all inner traffic from (out: to) the other
# end; they want what POLICY says
cover() {
	local n dir way
	for dir; do
		for n in 4 6; do
			for way in "10.$n.1.2/32 10.$n.1.0/24" "fd0$n:1::2/128 fd0$n:1::/64"; do
				if [[ $dir == out ]]; then
					echo "xfrm policy add dst ${way% *} src ${way#* } dir $dir $POLICY"
				else
					echo "xfrm policy add src ${way% *} dst ${way#* } dir $dir $POLICY"
				fi
			done
		done
	done | batch ours
}

# to_stock NAME, to_us NAME: echoes' input, for all that is asked from this side or that
to_stock() {
	local n family
	for n in 4 6; do
		for family in $FAMILIES; do
			echo "$(inner stock $n 1 $family) $1, v$family-in-v$n"
		done
	done
}
to_us() {
	local n family
	for n in 4 6; do
		for family in $FAMILIES; do
			echo "$(inner ours $n 1 $family) $1 to us, v$family-in-v$n"
			if [[ $family == 4 ]]; then
				echo "10.$n.1.129 $1 to another address of us, v4-in-v$n"
				echo "10.$n.1.130 $1 through us, v4-in-v$n"
			else
				echo "fd0$n:1:0:0:8000::2 $1 through us, v6-in-v$n"
			fi
		done
	done
}

drops4=$(drops ours ipsec4) drops6=$(drops ours ipsec6)
errors=$(xfrm_stat ours)
FAMILIES="4 6"
for POLICY in "action block" "tmpl proto esp reqid 99 mode tunnel"; do
	what="A8.12 in and fwd policies (${POLICY%% proto*})"
	cover in fwd
	to_us "$what, from the tunnel" | echoes stock -c 2 -i 0.02
	pings "$what, address given before up" stock fd04:1::9
	to_stock "$what, answers to us" | echoes ours -c 2 -i 0.02
	to_stock "$what, answers through us" | echoes lan -c 2 -i 0.02
	must ip -n ours xfrm policy flush

	what="A8.13 out policies (${POLICY%% proto*})"
	cover out
	FAMILIES=4 to_stock "$what, from us" | echoes ours -c 2 -i 0.02
	FAMILIES=4 to_stock "$what, through us" | echoes lan -c 2 -i 0.02
	xfrm_stat_are "$what, nothing counted" ours "$errors"
	# IPv6 has no "disable_xfrm" that we could set: a policy of better priority does it
	for n in 4 6; do
		echo "xfrm policy add dst fd0$n:1::2/128 dir out priority 0 action allow"
		echo "xfrm policy update dst fd0$n:1::2/128 src fd0$n:1::/64 dir out priority 9 $POLICY"
	done | batch ours
	FAMILIES=6 to_stock "$what, from us, with one that allows" | echoes ours -c 2 -i 0.02
	FAMILIES=6 to_stock "$what, through us, with one that allows" | echoes lan -c 2 -i 0.02
	must ip -n ours xfrm policy flush
done
xfrm_stat_are "no policy has dropped anything" ours "$errors"
drops_are "no drop of ours over v4" ours ipsec4 "$drops4"
drops_are "no drop of ours over v6" ours ipsec6 "$drops6"

# Nothing but ours between the two outer addresses
for way in "src 192.0.2.1/32 dst 192.0.2.2/32" "src 2001:db8::1/128 dst 2001:db8::2/128"; do
	back=${way/src/DST} back=${back/dst/src} back=${back/DST/dst}
	printf 'xfrm policy add %s action block\n' "$way dir out" "$back dir in" "$back dir fwd"
done | batch ours
check_fails "outer block: the hosts themselves cannot talk, v4" "Operation not permitted" \
	on ours ping -q -n -c 1 -W 1 192.0.2.2
check_fails "outer block: the hosts themselves cannot talk, v6" "Operation not permitted" \
	on ours ping -q -n -c 1 -W 1 2001:db8::2
errors=$(xfrm_stat ours)
to_stock "A8.13 outer block, from us" | echoes ours -c 2 -i 0.02
to_us "A8.13 outer block, from the tunnel" | echoes stock -c 2 -i 0.02
xfrm_stat_are "A8.13 outer block, nothing counted" ours "$errors"
must ip -n ours xfrm policy flush

# The administrator can have it otherwise; and so it is known that the policies would drop
POLICY="action block"
settings() { on ours sysctl -n net.ipv4.conf.ipsec4.disable_policy net.ipv4.conf.ipsec4.disable_xfrm \
	net.ipv6.conf.ipsec4.disable_policy | paste -sd' '; }
is "A8.12 what the interface is made with" "$(settings)" "1 1 1"
must on ours sysctl -qw net.ipv4.conf.ipsec4.disable_policy=0 net.ipv4.conf.ipsec4.disable_xfrm=0
cover in
errors=$(xfrm_stat ours)
check_fails "A8.12 turned back: in policies drop" "2 packets transmitted, 0 received" \
	on stock ping -q -n -c 2 -i 0.02 -W 0.3 10.4.1.1
xfrm_stat_are "A8.12 turned back: it was the policy" ours "$errors" XfrmInPolBlock=2
must ip -n ours xfrm policy flush
cover out
check_fails "A8.13 turned back: out policies block" "Operation not permitted" \
	on ours ping -q -n -c 1 -W 1 10.4.1.2
must ip -n ours xfrm policy flush
must ip -n ours link set ipsec4 down
must ip -n ours link set ipsec4 up
is "A8.12 administrator's settings survive down and up" "$(settings)" "0 0 1"

finish
