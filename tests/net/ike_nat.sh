#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ike_nat.sh: ipsec-iked and strongSwan charon with NAT on either side and on both.
#
#   a1 192.168.1.1 -- lan1 +----+ wan                wan +----+ lan
#                          | na | 203.0.113.1 ========== | nb | 192.0.2.254 -- 192.0.2.1  b
#   a2 192.168.2.1 -- lan2 +----+            203.0.113.2 +----+               (charon)
#   (ours)
#   behind them: a1 10.1.1.1, a2 10.1.2.1, b 10.2.0.1.  na and nb are plain routers until
#   "masquerade" makes them change addresses and ports.
#
# suite: long
# machine: uml

# shellcheck disable=SC2317
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_ike.sh"

host a1 a2 na nb b
for n in 1 2; do
	wire a$n eth0 192.168.$n.1/24 na lan$n 192.168.$n.254/24
	must ip -n a$n route add default via 192.168.$n.254
	must ip -n a$n addr add 10.1.$n.1/32 dev lo
done
wire na wan 203.0.113.1/24 nb wan 203.0.113.2/24
wire b eth0 192.0.2.1/24 nb lan 192.0.2.254/24
must ip -n b addr add 10.2.0.1/24 dev lo
must ip -n b route add default via 192.0.2.254
must ip -n na route add 192.0.2.0/24 via 203.0.113.2
must ip -n nb route add 192.168.0.0/16 via 203.0.113.1
forwarding na
forwarding nb

# What passes na: ESP, ESP in UDP by direction, keepalives by direction, and what must not
must on na nft -f - << 'NFT'
table ip count {
	counter bare { }
	counter udp_a { }
	counter udp_b { }
	counter alive_a { }
	counter alive_b { }
	counter clear_a { }
	chain forward {
		type filter hook forward priority 0;
		ip protocol esp counter name bare
		iifname "lan*" ip saddr 10.0.0.0/8 counter name clear_a
		iifname "lan*" ip daddr 10.0.0.0/8 counter name clear_a
		iifname "lan*" udp length 9 counter name alive_a
		iifname "wan" udp length 9 counter name alive_b
		udp sport 500 accept
		udp dport 500 accept
		iifname "lan*" udp length > 9 @th,64,32 != 0 counter name udp_a
		iifname "wan" udp length > 9 @th,64,32 != 0 counter name udp_b
	}
}
NFT
packets() { nft_packets na "$1"; }
at_least() { (($(packets "$1") >= $2)); }
fresh() { CLEAR=$((${CLEAR:-0} + $(packets clear_a))); must on na nft reset counters table ip count; }

# masquerade ROUTER PORTS; nb also lets in who calls it
masquerade() {
	on "$1" nft delete table ip nat 2> /dev/null
	must on "$1" nft -f - <<- NFT
		table ip nat {
			chain pre {
				type nat hook prerouting priority dstnat;
				iifname "wan" ip daddr 203.0.113.2 udp dport { 500, 4500 } dnat to 192.0.2.1
			}
			chain post {
				type nat hook postrouting priority srcnat;
				oifname "wan" meta l4proto udp masquerade to :$2
			}
		}
	NFT
	on "$1" conntrack -F 2> /dev/null
}
route_plainly() {
	local router
	for router; do
		on "$router" nft delete table ip nat
		on "$router" conntrack -F 2> /dev/null
	done
}

CHARON_OPTIONS="keep_alive = 1s" charon b < <(swanctl_conf \
	"$(connection one "$(psk b.example.org)" "$(psk a1.example.org)" "remote_addrs = 192.168.1.1" \
		"local_ts = 10.2.0.0/24
		remote_ts = 10.1.1.1/32")" \
	"$(connection other "$(psk b.example.org)" "$(psk %any)" "remote_addrs = %any" \
		"local_ts = 10.2.0.0/24
		remote_ts = 10.1.1.1/32,10.1.2.1/32")")

# a_is HOST N REMOTE [LINE...]
a_is() {
	local h=$1 n=$2 remote=$3
	shift 3
	conf "$h" ipsec0 <<- E
		[interface]
		id = a$n.example.org

		[peer b]
		remote = $remote
		id = b.example.org
		psk = $SECRET
		networks = 10.2.0.0/24
		local-networks = 10.1.$n.1/32
		keepalive = 1s
		$(printf '%s\n' "$@")
	E
}
start_over() {
	ctl_on a1 ike down ipsec0 b &> /dev/null
	swan b --terminate --ike one &> /dev/null
	swan b --terminate --ike other &> /dev/null
	must wait_for 10 sas_are a1 0
	mark a1; mark b
}
# status NAME NAT_LOCAL NAT_REMOTE: of a1's one IKE SA; in UDP either way
status() {
	is "$1: status" "$(sa_of a1 b 's[0]["nat_local"], s[0]["nat_remote"], s[0]["encap"]')" "$2 $3 True"
}
# both_ways NAME HOST N: and only in UDP
both_ways() {
	fresh
	pings "$1: from ours" "$2" 10.2.0.1 -I "10.1.$3.1"
	pings "$1: from charon's" b "10.1.$3.1" -I 10.2.0.1
	is "$1: ESP in UDP, both ways, no other" "$(packets bare) $(packets udp_a) $(packets udp_b)" "0 6 6"
}

a_is a1 1 192.0.2.1
ours a1

# ---- we are behind a NAT --------------------------------------------------------

masquerade na 20000-20999
must up a1 ipsec0
check "B3.8 ours behind NAT: ike up" ctl_on a1 ike up ipsec0 b
comes_up "B3.8 ours behind NAT: one IKE SA, one pair" a1 b
status "B3.7 ours behind NAT" True False
is "B3.8 ours behind NAT: floats to 4500" "$(sa_of a1 b 's[0]["local"], s[0]["remote"]')" "192.168.1.1:4500 192.0.2.1:4500"
both_ways "B3.8 ours behind NAT" a1 1
fresh
check "B3.7 ours behind NAT: our keepalives" wait_for 10 at_least alive_a 3
is "B3.7 ours behind NAT: none of charon" "$(packets alive_b)" 0

# ---- the NAT forgets us: charon follows -------------------------------------------

masquerade na 30000-30999
pings "B3.8 the NAT gives us another port: from ours" a1 10.2.0.1 -I 10.1.1.1
pings "B3.8 the NAT gives us another port: from charon's" b 10.1.1.1 -I 10.2.0.1

# ---- two of ours behind one NAT ----------------------------------------------------

a_is a2 2 192.0.2.1 "start = now"
ours a2
check "two behind one NAT: up" up a2 ipsec0
comes_up "two behind one NAT: one IKE SA, one pair" a2 b
both_ways "two behind one NAT, the second" a2 2
both_ways "two behind one NAT, the first" a1 1
ctl_on a2 ike down ipsec0 b
must wait_for 10 sas_are a2 0

# ---- both ------------------------------------------------------------------------

start_over
masquerade nb 40000-40999
a_is a1 1 203.0.113.2
must up a1 ipsec0
check "B3.8 both behind NAT: ike up" ctl_on a1 ike up ipsec0 b
comes_up "B3.8 both behind NAT: one IKE SA, one pair" a1 b
status "B3.7 both behind NAT" True True
both_ways "B3.8 both behind NAT" a1 1
fresh
check "B3.7 both behind NAT: our keepalives" wait_for 10 at_least alive_a 3
check "B3.7 both behind NAT: charon's keepalives" wait_for 10 at_least alive_b 3

# ---- charon is --------------------------------------------------------------------

start_over
route_plainly na
masquerade nb 21000-21999
a_is a1 1 %any
must up a1 ipsec0
check "B3.8 charon behind NAT: it calls" swan b --initiate --timeout 20 --child one
check "B3.8 charon behind NAT: up" wait_for 10 sa_up a1 b
status "B3.7 charon behind NAT" False True
is "B3.8 charon behind NAT: at the NAT's port" "$(sa_of a1 b 's[0]["local"], s[0]["remote"][:14]')" "192.168.1.1:4500 203.0.113.2:21"
both_ways "B3.8 charon behind NAT" a1 1
fresh
check "B3.7 charon behind NAT: its keepalives" wait_for 10 at_least alive_b 3
is "B3.7 charon behind NAT: none of ours" "$(packets alive_a)" 0

# ---- the NAT forgets charon: we follow ----------------------------------------------

masquerade nb 31000-31999
pings "B3.8 the NAT gives charon another port: from charon's" b 10.1.1.1 -I 10.2.0.1
followed() { [[ $(sa_of a1 b 's[0]["remote"][:14]') == 203.0.113.2:31 ]]; }
check "B3.8 the NAT gives charon another port: ours knows" wait_for 5 followed
both_ways "B3.8 the NAT gives charon another port" a1 1
mark b
check "B3.8 the NAT gives charon another port: IKE goes there too" ctl_on a1 ike rekey ipsec0 b
check "B3.8 the NAT gives charon another port: rekeyed" wait_for 10 logged b "CREATE_CHILD_SA request"
check "B3.8 the NAT gives charon another port: one pair" wait_for 15 sa_up a1 b

# ---- none, but UDP is wanted -----------------------------------------------------

start_over
route_plainly nb
a_is a1 1 192.0.2.1 "encap = yes"
must up a1 ipsec0
check "encap = yes: ike up" ctl_on a1 ike up ipsec0 b
comes_up "encap = yes: one IKE SA, one pair" a1 b
both_ways "encap = yes" a1 1
start_over
a_is a1 1 192.0.2.1
must up a1 ipsec0
check "no NAT: ike up" ctl_on a1 ike up ipsec0 b
comes_up "no NAT: one IKE SA, one pair" a1 b
fresh
pings "no NAT: traffic" a1 10.2.0.1 -I 10.1.1.1
is "no NAT: ESP without UDP" "$(packets bare) $(packets udp_a) $(packets udp_b)" "6 0 0"
fresh
is "nothing of ours in clear" "$CLEAR" 0
finish
