#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ike_dpd.sh: one of two dies, or changes its address: ipsec-iked and strongSwan charon.
#
#   a ours   192.0.2.1 ----+---+---- 198.51.100.1  b charon
#                          | r |
#   c ours   203.0.113.1 --+---+---- 198.18.0.1    d charon
#   behind them: 10.1.0.1, 10.2.0.1, 10.3.0.1, 10.4.0.1; r counts what has such an address.
#
# It takes as long as a peer must be silent until it is dead, three minutes.
#
# suite: long
# machine: uml

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_ike.sh"

host a b c d r
n=0
for end in a:192.0.2 b:198.51.100 c:203.0.113 d:198.18.0; do
	n=$((n + 1))
	wire "${end%:*}" eth0 "${end#*:}.1/24" r "to-${end%:*}" "${end#*:}.254/24"
	must ip -n "${end%:*}" route add default via "${end#*:}.254"
	must ip -n "${end%:*}" addr add 10.$n.0.1/32 dev lo
done
forwarding r
must on r nft -f - << 'END'
table ip count {
	counter clear { }
	chain prerouting {
		type filter hook prerouting priority raw;
		ip saddr 10.0.0.0/8 counter name clear
		ip daddr 10.0.0.0/8 counter name clear
	}
}
END

# charon_end HOST NAME N PEER-N [REMOTE]
charon_end() {
	charon "$1" < <(swanctl_conf "$(connection site "$(psk "$1.example.org")" "$(psk "$2.example.org")" \
		"remote_addrs = ${5:-%any}" "local_ts = 10.$3.0.1/32
		remote_ts = 10.$4.0.1/32")")
}
# our_end HOST PEER N PEER-N REMOTE
our_end() {
	conf "$1" ipsec0 <<- END
		[interface]
		id = $1.example.org

		[peer $2]
		remote = $5
		id = $2.example.org
		psk = $SECRET
		networks = 10.$4.0.1/32
		local-networks = 10.$3.0.1/32
		start = now
		dpd = 2s
	END
	ours "$1"
	must up "$1" ipsec0
}

# Always somebody who would like to say something
talk() { (ip netns exec "$1" ping -q -i 0.1 -I "$2" "$3" &> /dev/null &); }

charon_end b a 2 1
charon_end d c 4 3 203.0.113.1,203.0.113.2
our_end a b 1 2 198.51.100.1
our_end c d 3 4 198.18.0.1
check "a and b: up" wait_for 20 sa_up a b
check "c and d: up" wait_for 20 sa_up c d
pings "a and b" a 10.2.0.1 -I 10.1.0.1
pings "c and d" c 10.4.0.1 -I 10.3.0.1

# ---- who is silent, and alive ---------------------------------------------------

n=$(counter a dpd_sent)
asked() { (($(counter a dpd_sent) > n)); }
check "B6.3 a silent peer is asked" wait_for 10 asked
check "B6.3 and answers" sa_up a b
is "B6.3 nobody is dead" "$(counter a peer_dead)" 0

# ---- b dies; what comes of it is looked at below ---------------------------------

talk a 10.1.0.1 10.2.0.1
talk c 10.3.0.1 10.4.0.1
mark a
died=$SECONDS
die b
xfrm_forgets b

# ---- our daemon is killed -----------------------------------------------------------

kernel_sas() { on "$1" ipsecctl -j sa show | jq length; }
kernel_has() { [[ $(kernel_sas "$1") == "$2" ]]; }
xfrm_has() { [[ $(ip -n "$1" xfrm state | grep -c '^src') == "$2" ]]; }
spis() { on "$1" ipsecctl -j sa show | jq -r '[.[].spi] | sort | join(" ")'; }

old=$(spis c)
mark c; mark d
die c
pings "killed: the kernel goes on without the daemon" c 10.4.0.1 -I 10.3.0.1
ours c
must up c ipsec0
check "B6.9 started again: one IKE SA" wait_for 20 sa_up c d
logs "B6.9 started again: charon drops the old one" d "destroying duplicate IKE_SA"
check "started again: two SAs in our kernel" wait_for 20 kernel_has c 2
check "started again: two SAs in charon's" wait_for 20 xfrm_has d 2
check "started again: other ones" test "$(spis c)" != "$old"
pings "started again: traffic" c 10.4.0.1 -I 10.3.0.1

# ---- charon is killed, and calls again ------------------------------------------------

mark c
die d
xfrm_forgets d
charon_end d c 4 3 203.0.113.1,203.0.113.2
check "B6.9 charon started again: initiate" swan d --initiate --timeout 20 --child site
logs "B6.9 charon started again: our log" c "the peer started again: IKE SA"
check "B6.9 charon started again: one IKE SA" wait_for 20 sa_up c d
check "B6.9 charon started again: two SAs in our kernel" wait_for 20 kernel_has c 2
pings "B6.9 charon started again: traffic" c 10.4.0.1 -I 10.3.0.1

# ---- we have another address ----------------------------------------------------------

mark c
must ip -n c addr del 203.0.113.1/24 dev eth0
must ip -n c addr add 203.0.113.2/24 dev eth0
must ip -n c route replace default via 203.0.113.254
moved() { [[ $(sa_of c d 's[0]["local"].split(":")[0], len(s[0]["children"])') == "203.0.113.2 1" ]]; }
logs "another address: our log" c "our address is gone after 3 tries: starting again" 60
check "another address: up from there" wait_for 30 moved
check "another address: one IKE SA" wait_for 20 sa_up c d
check "another address: two SAs in our kernel" wait_for 20 kernel_has c 2
pings "another address: traffic" c 10.4.0.1 -I 10.3.0.1
pings "another address: traffic from charon" d 10.3.0.1 -I 10.4.0.1

# ---- b is dead --------------------------------------------------------------------------

dead() { (($(counter a peer_dead) == 1)); }
check "B6.3 killed: the peer is dead" wait_for 260 dead
note "after $((SECONDS - died)) seconds"
logs "B6.3 killed: our log" a "no answer to 12 requests: the peer is unreachable, dead, or does not know us"
check "B6.3 killed: no SA in our kernel" wait_for 10 kernel_has a 0
check "B6.3 killed: we call again" wait_for 20 logged a "calling 198.51.100.1:"
charon_end b a 2 1
check "B6.3 killed: it is back, and so are we" wait_for 60 sa_up a b
pings "B6.3 killed: traffic" a 10.2.0.1 -I 10.1.0.1
is "nothing in clear, ever" "$(nft_packets r clear)" 0
finish
