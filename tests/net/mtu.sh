#!/bin/bash
# SPDX-License-Identifier: MIT
#
# mtu.sh - the MTU of the interface, exactly; and who is told what when a packet is
# too big for the way to one peer.
#
#   left --- gwa ===== 192.0.2.1, 2001:db8::1 - 192.0.2.2, 2001:db8::2 ===== gwb --- right
#   10.1.0.2 10.1.0.1                                                  10.2.0.1 10.2.0.2
#   fd01::2  fd01::1          (192.0.2.3, 2001:db8::3 are gwb's too)    fd02::1  fd02::2
# kernel: every

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

host left gwa gwb right
wire left eth0 "10.1.0.2/24 fd01::2/64" gwa lan "10.1.0.1/24 fd01::1/64"
wire right eth0 "10.2.0.2/24 10.2.0.3/24 10.2.0.4/24 fd02::2/64 fd02::3/64 fd02::4/64" gwb lan "10.2.0.1/24 fd02::1/64"
wire gwa wan "192.0.2.1/24 2001:db8::1/64" gwb wan "192.0.2.2/24 192.0.2.3/24 2001:db8::2/64 2001:db8::3/64"
forwarding gwa
forwarding gwb
must ip -n left route add default via 10.1.0.1
must ip -n right route add default via 10.2.0.1
must ip -n left -6 route add default via fd01::1
must ip -n right -6 route add default via fd02::1
mtu() { on gwa cat /sys/class/net/ipsec0/mtu; }
mtu_is() { [[ $(mtu) == "$1" ]]; }

# inner PMTU OUTER: conformance A4.11, with IV 8, ICV 16 and 4-byte alignment
inner() {
	local n=$((($1 - $2 - 8 - 8 - 16) / 4 * 4 - 2))
	echo $((n < 1280 ? 1280 : n))
}

# ---- automatic -------------------------------------------------------------

# outer ADDRESSES HEADER-SIZE: each algorithm, each MTU of the underlay
outer() {
	local what=$1 size=$2 alg bits pmtu
	for alg in "aes-gcm-16 128" "aes-gcm-16 192" "aes-gcm-16 256" "chacha20-poly1305 256"; do
		bits=${alg#* }
		must on gwa ipsecctl dev add ipsec0
		is "an MTU before there is a peer, IPv$what" "$(mtu)" 1400
		must on gwa ipsecctl peer add ipsec0 b remote "$3"
		# shellcheck disable=SC2086 # two words
		must sa gwa ipsec0 b out 0x1002 $alg
		is "A4.11 IPv$what, ${alg% *} $bits, 1500" "$(mtu)" "$(inner 1500 "$size")"
		[[ $alg == "aes-gcm-16 128" || $alg == chacha* ]] &&
			for pmtu in 1501 1502 1503 1504 9000 1400 1280 1500; do
				must ip -n gwa link set wan mtu $pmtu
				is "A4.11 IPv$what, ${alg% *} $bits, the underlay becomes $pmtu" \
					"$(mtu)" "$(inner $pmtu "$size")"
			done
		must on gwa ipsecctl dev del ipsec0
	done
}
is "A4.11 the worked examples" "$(inner 1500 20) $(inner 1500 40)" "1446 1426"
outer 4 20 192.0.2.2
outer 6 40 2001:db8::2

must on gwa ipsecctl dev add ipsec0
must on gwa ipsecctl peer add ipsec0 b remote 192.0.2.2 selector 10.2.0.0/16 selector fd02::/16
must on gwa ipsecctl peer add ipsec0 c remote 2001:db8::3 selector 10.3.0.0/16
must sa gwa ipsec0 b out 0x1002 aes-gcm-16 128
is "one peer has an SA" "$(mtu)" 1446
must sa gwa ipsec0 c out 0x1003 aes-gcm-16 128
is "the smaller of two peers" "$(mtu)" 1426
is "each peer has its own" "$(on gwa ipsecctl -j peer show ipsec0 | jq -c 'map({(.name): .mtu}) | add')" \
	'{"b":1446,"c":1426}'
must on gwa ipsecctl peer set ipsec0 c remote 192.0.2.3
is "an address of the other family" "$(mtu)" 1446
must on gwa ipsecctl peer set ipsec0 c remote 2001:db8::3
is "and back" "$(mtu)" 1426
must on gwa ipsecctl peer add ipsec0 d remote 2001:db8::4 selector 10.4.0.0/16
must sa gwa ipsec0 d out 0x1004 aes-gcm-16 128
must on gwa ipsecctl peer del ipsec0 d
is "one of two that are as small goes" "$(mtu)" 1426
must on gwa ipsecctl peer del ipsec0 c
is "the smaller one goes" "$(mtu)" 1446

must ip -n gwa link set ipsec0 mtu 1300
is "an MTU by hand" "$(on gwa ipsecctl -j dev show ipsec0 | jq -c '.[0] | [.mtu, .mtu_auto]')" '[1300,false]'
must ip -n gwa link set wan mtu 1400
must ip -n gwa link set wan mtu 1500
must on gwa ipsecctl sa del ipsec0 b out spi 0x1002
must sa gwa ipsec0 b out 0x1002 aes-gcm-16 128
is "stays" "$(mtu)" 1300
must on gwa ipsecctl dev set ipsec0 mtu auto
is "until it is automatic again" "$(on gwa ipsecctl -j dev show ipsec0 | jq -c '.[0] | [.mtu, .mtu_auto]')" '[1446,true]'
must ip -n gwa link set wan mtu 1400
is "and follows" "$(mtu)" "$(inner 1400 20)"
must ip -n gwa link set wan mtu 1500
must on gwa ipsecctl dev del ipsec0
must on gwa ipsecctl dev add ipsec0 mtu 9000
must on gwa ipsecctl peer add ipsec0 b remote 192.0.2.2
must sa gwa ipsec0 b out 0x1002 aes-gcm-16 128
is "so does one given when it was made" "$(mtu)" 9000
must on gwa ipsecctl dev del ipsec0

# a link of its own decides, not the other devices
must ip -n gwa link add other type dummy
must ip -n gwa link set other up
must on gwa ipsecctl dev add ipsec0 link wan
must on gwa ipsecctl peer add ipsec0 b remote 192.0.2.2
must sa gwa ipsec0 b out 0x1002 aes-gcm-16 128
must ip -n gwa link set other mtu 1300
is "another device's MTU does not matter" "$(mtu)" 1446
must ip -n gwa link set wan mtu 1400
is "the link's does" "$(mtu)" "$(inner 1400 20)"
must ip -n gwa link set wan mtu 1500
must on gwa ipsecctl dev del ipsec0

# ---- too big ---------------------------------------------------------------

tunnel gwa 192.0.2.1 "" gwb 192.0.2.2 ""
for h in gwa gwb; do on $h sysctl -qw net.ipv6.conf.ipsec0.router_solicitations=0; done
must ip -n gwa addr add 10.0.0.1/32 dev ipsec0
must ip -n gwa addr add fd00::1/128 dev ipsec0
must ip -n gwa route add 10.2.0.0/24 dev ipsec0 src 10.0.0.1
must ip -n gwa -6 route add fd02::/64 dev ipsec0 src fd00::1
must ip -n gwb route add 10.0.0.0/15 dev ipsec0
must ip -n gwb -6 route add fd00::/15 dev ipsec0
# the way to gwb is narrower than the cable: the interface does not know
must ip -n gwa link set ipsec0 mtu 1446
must ip -n gwa route add 192.0.2.2/32 dev wan mtu 1400
small=$(inner 1400 20)
quiet() {
	local one
	one=$(drops gwa ipsec0; traffic gwa ipsec0)
	sleep 0.4
	[[ $(drops gwa ipsec0; traffic gwa ipsec0) == "$one" ]]
}
check "the tunnel becomes quiet" wait_for 10 quiet

# told NAME HOST ADDR TEXT: one packet of 1446 bytes that must not be fragmented
told() {
	local name=$1 h=$2 addr=$3 text=$4 before size=1418
	[[ $addr == *:* ]] && size=1398
	before=$(drops gwa ipsec0)
	check_fails "$name" "$text" on "$h" ping -n -M do -c 1 -W 2 -s $size "$addr"
	drops_are "$name: counted once" gwa ipsec0 "$before" tx_too_big=1
	before=$(drops gwa ipsec0)
	check_fails "$name: the sender remembers" "mtu" on "$h" ping -n -M do -c 1 -W 1 -s $size "$addr"
	drops_are "$name: and does not send" gwa ipsec0 "$before"
	pings "$name: what fits arrives" "$h" "$addr" -M do -s $((small - (1446 - size)))
	check_fails "$name: one byte more does not" "mtu" \
		on "$h" ping -n -M do -c 1 -W 1 -s $((small - (1446 - size) + 1)) "$addr"
}
told "PTB IPv4, a host behind the gateway" left 10.2.0.2 "Frag needed and DF set (mtu = $small)"
told "PTB IPv6, a host behind the gateway" left fd02::2 "Packet too big: mtu=$small"
# the gateway has learned that of its own route as well: other addresses
told "PTB IPv4, the gateway itself" gwa 10.2.0.3 "mtu"
told "PTB IPv6, the gateway itself" gwa fd02::3 "mtu"
is "PTB the route of the host has the MTU" \
	"$(ip -n left -j route get 10.2.0.2 | jq '.[0].metrics[0].mtu')" "$small"
is "PTB and the IPv6 one" "$(ip -n left -j -6 route get fd02::2 | jq '.[0].metrics[0].mtu')" "$small"

# without DF: encrypted whole, fragmented outside
must on gwb nft -f - <<'NFT'
table ip t {
	counter n_frag { }
	chain pre {
		type filter hook prerouting priority -500
		ip protocol 50 ip frag-off & 0x3fff != 0 counter name n_frag
	}
}
NFT
frags() { on gwb nft -j list counter ip t n_frag | jq '.nftables[1].counter.packets'; }
must ip -n left route flush cache
before=$(drops gwa ipsec0)
before_b=$(drops gwb ipsec0)
pings "without DF a big packet arrives" left 10.2.0.2 -M dont -s 1418
is "in outer fragments" "$(frags)" 6
pings "a small one" left 10.2.0.2 -M dont -s 100
is "in no fragments" "$(frags)" 6
drops_are "and nobody is told" gwa ipsec0 "$before"
drops_are "gwb takes all of them" gwb ipsec0 "$before_b"

# df set: the outer packet must not be fragmented, so the inner one is, before
must on gwa ipsecctl dev set ipsec0 df set
must ip -n gwa link set ipsec0 mtu 1446
ip netns exec right /usr/bin/python3 -u -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.2.0.3", 7002))
while True:
    data = s.recv(65535)
    print(len(data), len(set(data)), flush=True)' >"$WORK/segments" &
must wait_for 10 eval 'on right ss -Hlun | grep -q :7002'
must ip -n gwa route flush cache
sent=$(traffic gwa ipsec0 | cut -d' ' -f3)
before=$(drops gwa ipsec0)
before_b=$(drops gwb ipsec0)
pings "A4.9 df set, without DF a big packet arrives" left 10.2.0.2 -M dont -s 1418
count=$(($(traffic gwa ipsec0 | cut -d' ' -f3) - sent))
check "A4.9 df set: in two packets each: $count" [ $((count % 2)) = 0 -a "$count" -gt 0 ]
sent=$(traffic gwa ipsec0 | cut -d' ' -f3)
check "A4.9 df set: a GSO packet" ip netns exec gwa /usr/bin/python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(0, 10, 4)              # IP_MTU_DISCOVER: without DF, up to the MTU of the interface
s.setsockopt(17, 103, 1400)         # UDP_SEGMENT
s.sendto(b"".join(bytes([n]) * 1400 for n in range(10)), ("10.2.0.3", 7002))'
segments_are() { [[ $(sort "$WORK/segments" | uniq -c | xargs) == "$1" ]]; }
check "A4.9 df set: its segments arrive" wait_for 5 segments_are "10 1400 1"
is "A4.9 df set: each in two fragments" "$(($(traffic gwa ipsec0 | cut -d' ' -f3) - sent))" 20
is "A4.9 df set: no outer fragments" "$(frags)" 6
drops_are "A4.9 df set: nobody is told" gwa ipsec0 "$before"
drops_are "A4.9 df set: gwb takes all of them" gwb ipsec0 "$before_b"
must on gwa ipsecctl dev set ipsec0 df copy

# below the minimum of IPv6: 1280 is always carried, at last in outer fragments
must ip -n gwa route replace 192.0.2.2/32 dev wan mtu 1200
must ip -n left -6 route flush cache
pings "1280 bytes of IPv6 over a path of 1200" left fd02::2 -M do -s 1232
check_fails "1281 are too many" "Packet too big: mtu=1280" on left ping -n -M do -c 1 -W 2 -s 1233 fd02::2
must ip -n gwa route replace 192.0.2.2/32 dev wan mtu 1400

# ---- every size ------------------------------------------------------------

server right /usr/bin/python3 -B "$here/mtu_sizes.py" serve 10.2.0.4
server right /usr/bin/python3 -B "$here/mtu_sizes.py" serve fd02::4
wait_for 10 eval '(($(on right ss -Hlnu "sport = :7777" | wc -l) == 2))' || not_ok "echo server" "does not start"
for who in left gwa; do
	on $who /usr/bin/python3 -B "$here/mtu_sizes.py" $who 10.2.0.4 $((small - 28)) || FAILED=$((FAILED + 1))
	on $who /usr/bin/python3 -B "$here/mtu_sizes.py" $who fd02::4 $((small - 48)) || FAILED=$((FAILED + 1))
done
finish
