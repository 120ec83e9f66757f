#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ike_hub.sh: a hub that runs ipsec-iked and knows its spokes by identity only.
#
#   s1 charon, key            192.168.1.1 --+---+
#   s2 charon, certificate    192.168.2.1 --|   |
#   s3 ours, key              192.168.3.1 --| r |-- 203.0.113.254 ==== 203.0.113.1 hub
#   s4 ours, certificate      192.168.4.1 --|   |
#   s5 ours, not known        192.168.5.1 --|   |
#   flood   10.99.0.0/16      192.168.6.1 --+---+
#   behind sN: 10.N.0.1; behind the hub: 10.100.0.1, and all the others
#
# The hub knows 1,500 more that never come, and reads the key of each from a file.
#
# suite: long
# machine: uml

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_ike.sh"
here=$(cd "$(dirname "$0")" && pwd)

host hub r s1 s2 s3 s4 s5 flood
wire hub wan 203.0.113.1/24 r wan 203.0.113.254/24
must ip -n hub route add default via 203.0.113.254
must ip -n hub addr add 10.100.0.1/32 dev lo
for n in 1 2 3 4 5 6; do
	h=s$n
	((n == 6)) && h=flood
	wire $h eth0 192.168.$n.1/24 r lan$n 192.168.$n.254/24
	must ip -n $h route add default via 192.168.$n.254
	must ip -n $h addr add 10.$n.0.1/32 dev lo
done
must ip -n flood route add local 10.99.0.0/16 dev lo
must ip -n r route add 10.99.0.0/16 via 192.168.6.1
forwarding r
forwarding hub
must on r nft -f - << 'END'
table ip count {
	counter bare { }
	chain forward {
		type filter hook forward priority 0;
		ip saddr 10.99.0.0/16 accept
		ip daddr 10.99.0.0/16 accept
		ip saddr 10.0.0.0/8 counter name bare
		ip daddr 10.0.0.0/8 counter name bare
	}
}
END

PKI=$WORK/pki
must /usr/bin/python3 "$here/ike_pki.py" "$PKI"

# ---- the hub ---------------------------------------------------------------------

# secret_file NAME KEY
secret_file() { (umask 077; echo "$2" > "$WORK/keys/$1"); }
mkdir "$WORK/keys"
secret_file 3 "the key of spoke 3 and of nobody else"
{
	cat <<- END
		[interface]
		id = hub.example.org
		ca = $PKI/ca.pem
		cert = $PKI/hub.example.org.pem
		key = $PKI/hub.example.org.key
	END
	for n in 1 2 3 4; do
		cat <<- END

			[peer spoke$n]
			id = spoke$n.example.org
			networks = 10.$n.0.0/24
			local-networks = 10.0.0.0/8
		END
		((n != 1)) || echo "psk = the key of spoke $n and of nobody else"
		((n != 3)) || echo "psk-file = $WORK/keys/$n"
	done
	for n in {1..1500}; do
		secret_file "other$n" "the key of another spoke, whose number is $n"
		printf '%s\n' "[peer other$n]" "id = other$n.example.org" \
			"networks = 10.$((128 + n / 256)).$((n % 256)).0/24" "local-networks = 10.0.0.0/8" \
			"psk-file = $WORK/keys/other$n"
	done
} | conf hub ipsec0
ours hub
check "the hub: up" up hub ipsec0

# ---- spokes ------------------------------------------------------------------------

# charon_spoke N LOCAL REMOTE
charon_spoke() {
	SECRET="the key of spoke $1 and of nobody else" swanctl_conf "$(connection hub "$2" "$3" \
		"remote_addrs = 203.0.113.1" "local_ts = 10.$1.0.0/24
		remote_ts = 10.0.0.0/8")"
}
# our_spoke N [LINE...]
our_spoke() {
	local n=$1
	shift
	conf s$n ipsec0 <<- END
		[interface]
		id = ${ID:-spoke$n}.example.org
		${CERT:-}

		[peer hub]
		remote = 203.0.113.1
		id = hub.example.org
		networks = 10.0.0.0/8
		local-networks = 10.$n.0.0/24
		start = now
		$(printf '%s\n' "$@")
	END
}

hub_has() { [[ $(sa_of hub "spoke$1" 'len(s), s[0]["remote"].split(":")[0], len(s[0]["children"])') == "1 $2 1" ]]; }

spoke1() { charon s1 < <(charon_spoke 1 "$(psk spoke1.example.org)" "$(psk hub.example.org)"); }
spoke1
check "s1: initiate" swan s1 --initiate --timeout 20 --child hub
mkdir -p "$WORK/s2/swanctl"/{x509,x509ca,private}
cp "$PKI/spoke2.example.org.pem" "$WORK/s2/swanctl/x509/"
cp "$PKI/spoke2.example.org.key" "$WORK/s2/swanctl/private/"
cp "$PKI/ca.pem" "$WORK/s2/swanctl/x509ca/"
charon s2 < <(charon_spoke 2 "auth = pubkey
	id = spoke2.example.org
	certs = spoke2.example.org.pem" "auth = pubkey
	id = hub.example.org")
check "s2: initiate" swan s2 --initiate --timeout 20 --child hub
our_spoke 3 "psk = the key of spoke 3 and of nobody else"
CERT="ca = $PKI/ca.pem
cert = $PKI/spoke4.example.org.pem
key = $PKI/spoke4.example.org.key" our_spoke 4
for n in 3 4; do
	ours s$n
	check "s$n: up" up s$n ipsec0
done
for n in 1 2 3 4; do
	wait_for 20 hub_has $n 192.168.$n.1 && ok "the hub knows spoke$n by its identity" ||
		{ not_ok "the hub knows spoke$n by its identity" "$(sa_of hub spoke$n s)"; ike_logs hub s$n; }
	pings "spoke$n and the hub" s$n 10.100.0.1 -I 10.$n.0.1
	pings "the hub and spoke$n" hub 10.$n.0.1 -I 10.100.0.1
done
for n in 1 2 3 4; do
	m=$((n % 4 + 1))
	pings "spoke$n and spoke$m, through the hub" s$n 10.$m.0.1 -I 10.$n.0.1
done

# ---- strangers -------------------------------------------------------------------------

n=$(counter hub fail_auth)
mark hub
ID=intruder our_spoke 5 "psk = the key of spoke 3 and of nobody else"
ours s5
must up s5 ipsec0
logs "an unknown identity: the hub's log" hub \
	"intruder.example.org is refused: no peer of that identity is configured for its address"
logs "an unknown identity: is told" s5 "the peer refuses us: AUTHENTICATION_FAILED (its log says why)"
check "an unknown identity: fail_auth" test "$(counter hub fail_auth)" -gt "$n"
ctl_on s5 down ipsec0
mark hub
ID=spoke3 our_spoke 5 "psk = a guess, and not the key of spoke 3"
must up s5 ipsec0
logs "a wrong key: the hub's log" hub \
	"spoke3.example.org is refused: the pre-shared key is not the same on both sides"
ctl_on s5 down ipsec0
check "and spoke3 is where it was" hub_has 3 192.168.3.1
pings "spoke3 still works" s3 10.100.0.1 -I 10.3.0.1

# ---- a spoke that comes back from elsewhere, and knows nothing of before --------------------

# moves N: another address
moves() {
	must ip -n s$1 addr add 192.168.$1.2/24 dev eth0
	must ip -n s$1 addr del 192.168.$1.1/24 dev eth0
	must ip -n s$1 addr replace 192.168.$1.2/24 dev eth0
	must ip -n s$1 route replace default via 192.168.$1.254
}

mark hub
die s3
must ip -n s3 link del ipsec0
moves 3
ours s3
must up s3 ipsec0
check "B6.9 our spoke comes back with another address: one SA" wait_for 20 hub_has 3 192.168.3.2
logs "B6.9 our spoke comes back with another address: the hub's log" hub "the peer started again: IKE SA"
pings "B6.9 our spoke comes back with another address: traffic" s1 10.3.0.1 -I 10.1.0.1

mark hub
die s1
xfrm_forgets s1
moves 1
spoke1
check "B6.9 charon comes back with another address: initiate" swan s1 --initiate --timeout 20 --child hub
check "B6.9 charon comes back with another address: one SA" wait_for 20 hub_has 1 192.168.1.2
logs "B6.9 charon comes back with another address: the hub's log" hub "the peer started again: IKE SA"
pings "B6.9 charon comes back with another address: traffic" s3 10.1.0.1 -I 10.3.0.1

# ---- a flood -------------------------------------------------------------------------------

half_open() { ctl_on hub -j ike status | python3_json 'd["half_open"]'; }
rss() { awk '/VmRSS/ { print $2 }' "/proc/$(cat "$WORK/hub/pid")/status"; }
flood() { on flood "$here/ike_flood.py" 203.0.113.1 10.99 "$@"; }

forgotten() { [[ $(half_open) == 0 ]]; }
must wait_for 40 forgotten
sent=$(counter hub cookie_sent) before=$(rss)
is "B3.5 10 requests from one address: cookies, SAs, no answer" "$(flood 10 1)" "7 3 0"
is "B3.5 300 requests from 150 addresses: cookies, SAs, no answer" "$(flood 300 150)" "273 27 0"
is "B3.5 half-open IKE SAs are as many as go without cookies" "$(half_open)" 30
is "B3.5 cookies are counted" "$(counter hub cookie_sent)" $((sent + 280))
check "E4.11 memory: $before kB before, less than 2 MB more" test "$(rss)" -lt $((before + 2048))

ip netns exec flood "$here/ike_flood.py" 203.0.113.1 10.99 20000 1000 &> /dev/null &
flooder=$!
ctl_on s4 ike down ipsec0 hub
must wait_for 10 no_sa hub spoke4
sent=$(counter hub cookie_sent)
flooded() { (($(counter hub cookie_sent) > sent + 100 && $(half_open) >= 30)); }
must wait_for 20 flooded
mark s4
check "B3.5 meanwhile, a spoke: ike up" ctl_on s4 ike up ipsec0 hub
check "B3.5 meanwhile, a spoke gets in" wait_for 10 hub_has 4 192.168.4.1
pings "B3.5 meanwhile, a spoke: traffic" s4 10.100.0.1 -I 10.4.0.1
is "B3.5 half-open IKE SAs are not more" "$(half_open)" 30
check "the flood has not ended" kill -0 $flooder
kill $flooder
wait $flooder 2> /dev/null

# Who owns its addresses can do more, but not without end
full=$(counter hub half_open_full)
read -r cookies made none <<< "$(flood 600 600 cookies)"
note "with cookies: $cookies cookies, $made SAs, $none not answered; $(half_open) half open, $(rss) kB"
check "E4.11 half-open IKE SAs are bounded" test "$(half_open)" -le 500
check "E4.11 and so is memory" test "$(rss)" -lt $((before + 16384))
check "E4.11 what is beyond is counted" test "$(counter hub half_open_full)" -gt "$full"
check "E4.11 they are forgotten again" wait_for 45 forgotten

is "nothing in clear" "$(nft_packets r bare)" 0
finish
