#!/bin/bash
# SPDX-License-Identifier: MIT
#
# regressions.sh - what others have got wrong, and has no better place (docs/regressions.md
# says where each of them is tested).
#
#   left ---- a  ipsec0 ==== 192.0.2.1, 2001:db8::1 - 192.0.2.2, 2001:db8::2 ==== ipsec0  b ---- right
#   10.1.0.2  10.1.0.1                                                         10.2.0.1  10.2.0.2
# suite: long
# timeout: 900

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

host left a b right
wire left eth0 "10.1.0.2/24 fd01::2/64" a lan "10.1.0.1/24 fd01::1/64"
wire right eth0 "10.2.0.2/24 fd02::2/64" b lan "10.2.0.1/24 fd02::1/64"
wire a wan "192.0.2.1/24 2001:db8::1/64" b wan "192.0.2.2/24 2001:db8::2/64"
forwarding a
forwarding b
must ip -n left route add default via 10.1.0.1
must ip -n right route add default via 10.2.0.1
must ip -n left -6 route add default via fd01::1
must ip -n right -6 route add default via fd02::1
log_clean() { is "$1: nothing waits for a device" "$(dmesg | grep -c "waiting for .* to become free")" 0; }

# ---- an SA on an interface that was never up --------------------------------

for family in 4 6; do
	remote=$([[ $family == 4 ]] && echo 192.0.2.2 || echo 2001:db8::2)
	name="CVE-2026-43167 SAs on an interface that is down, outer IPv$family"
	must ip -n a link add tmp0 type veth peer name tmp1
	must ip -n a link set tmp0 up
	must on a ipsecctl dev add ipsec7 link tmp0
	must on a ipsecctl peer add ipsec7 p remote "$remote"
	must sa a ipsec7 p in 0x7001 aes-gcm-16 128
	must sa a ipsec7 p out 0x7002 aes-gcm-16 128
	check "$name: the underlay's device goes" timeout 20 ip -n a link del tmp0
	check "$name: the interface goes" on a timeout 20 ipsecctl dev del ipsec7
	must ip -n a link add tmp0 type veth peer name tmp1
	must on a ipsecctl dev add ipsec7 link tmp0
	must on a ipsecctl peer add ipsec7 p remote "$remote"
	must sa a ipsec7 p in 0x7001 aes-gcm-16 128
	must sa a ipsec7 p out 0x7002 aes-gcm-16 128
	must ip -n a link set ipsec7 up
	must ip -n a route add 10.7.0.0/24 dev ipsec7
	on a ping -q -n -c 2 -i 0.02 -W 1 10.7.0.1 >/dev/null
	must ip -n a link set ipsec7 down
	check "$name: after it was up, and down again" timeout 20 ip -n a link del tmp0
	must on a ipsecctl dev del ipsec7
	log_clean "$name"
done

# ---- replay state that an SA does not have ------------------------------------

name="GHSA-7x98 replay state of an SA that has none"
must on a ipsecctl dev add ipsec7
must on a ipsecctl peer add ipsec7 p remote 192.0.2.2 protect esp+ah
akey=$(key_file auth 32)
must sa a ipsec7 p in 0x7001 aes-gcm-16 128 esn off replay-window 0
must sa a ipsec7 p out 0x7002 aes-gcm-16 128 esn off
must on a ipsecctl sa add ipsec7 p in spi 0x7004 proto ah auth hmac-sha2-256-128 auth-key "$akey" esn off replay-window 0
must on a ipsecctl sa add ipsec7 p out spi 0x7005 proto ah auth hmac-sha2-256-128 auth-key "$akey" esn off
for what in "in spi 0x7001" "out spi 0x7002" "in spi 0x7004 proto ah" "out spi 0x7005 proto ah"; do
	for seq in 1 1000 4294967294; do
		# shellcheck disable=SC2086 # words
		check "$name: $what seq $seq" on a ipsecctl sa set ipsec7 p $what seq $seq
	done
	# shellcheck disable=SC2086
	check_fails "$name: $what, beyond 32 bits" "exceeds 32 bits" on a ipsecctl sa set ipsec7 p $what seq 4294967296
done
is "$name: shown" "$(on a ipsecctl -j sa show ipsec7 | jq -c 'map(.seq) | unique')" '[4294967294]'
must on a ipsecctl dev del ipsec7

# ---- a namespace goes with packets in reassembly ------------------------------

name="CVE-2025-40215 a namespace goes with ESP fragments in reassembly, and packets that wait for an SA"
host c
wire c wan "198.51.100.1/24 2001:db8:2::1/64" b far "198.51.100.2/24 2001:db8:2::2/64"
must on c ipsecctl dev add ipsec0
must on c ipsecctl peer add ipsec0 b remote 198.51.100.2
must sa c ipsec0 b in 0x7101 aes-gcm-16 128
must ip -n c addr add 10.7.1.1/24 dev ipsec0
must ip -n c link set ipsec0 up
ip netns exec c /usr/bin/python3 -B "$here/acquires.py" >"$WORK/acquires" &
monitor=$!
wait_for 30 grep -q listening "$WORK/acquires" || not_ok "$name" "the listener does not start"
on c ping -q -n -c 3 -i 0.02 -W 1 10.7.1.2 >/dev/null
is "$name: (packets wait)" "$(on c ipsecctl -j peer show | jq '.[0].held')" 3
on b /usr/bin/python3 -B - <<-'END'
	import socket, struct
	s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
	for i in range(50):		# the first fragment of each, and never the last
	    head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + 400, i + 1, 0x2000, 64, 50, 0,
	                       socket.inet_aton('198.51.100.2'), socket.inet_aton('198.51.100.1'))
	    s.sendto(head + struct.pack('!II', 0x7101, i + 1) + bytes(392), ('198.51.100.1', 0))
	END
reassembling() { on c grep -qE '^FRAG: inuse [1-9]' /proc/net/sockstat; }
check "$name: (fragments wait)" wait_for 20 reassembling
kill $monitor; wait $monitor 2>/dev/null
far_gone() { ! ip -n b link show far; }
check "$name: deleted" ip netns del c
HOSTS=(left a b right)
# what waits is charged to its sender, whose socket holds the namespace: no longer than the
# 30 seconds that a packet may wait
check "$name: gone" wait_for 60 far_gone
log_clean "$name"

# ---- an ordinary tunnel for what follows --------------------------------------

tunnel a 192.0.2.1 "" b 192.0.2.2 ""
for h in a b; do on $h sysctl -qw net.ipv6.conf.ipsec0.router_solicitations=0; done
must ip -n a route add 10.2.0.0/24 dev ipsec0
must ip -n b route add 10.1.0.0/24 dev ipsec0
must ip -n a -6 route add fd02::/64 dev ipsec0
must ip -n b -6 route add fd01::/64 dev ipsec0
pings "the tunnel carries" left 10.2.0.2

# T12, T39: ICMP errors, from the right address, through the tunnel
ttl() { on left ping -n -c 1 -W 3 -t "$2" "$1" | sed -n 's/^From \([^ ]*\) icmp_seq=1 \(.*\)/\1 \2/p'; }
is "T12 T39 TTL exceeded before the tunnel, IPv4" "$(ttl 10.2.0.2 1)" "10.1.0.1 Time to live exceeded"
is "T12 T39 TTL exceeded before the tunnel, IPv6" "$(ttl fd02::2 1)" "fd01::1 Time exceeded: Hop limit"
must ip -n b addr add 10.2.9.1/32 dev ipsec0
must ip -n b addr add fd02:9::1/128 dev ipsec0 nodad
must ip -n a route add 10.2.9.1/32 dev ipsec0
must ip -n a -6 route add fd02:9::1/128 dev ipsec0
is "T12 T39 TTL exceeded behind the tunnel, IPv4" "$(ttl 10.2.0.2 2)" "10.2.9.1 Time to live exceeded"
is "T12 T39 TTL exceeded behind the tunnel, IPv6" "$(ttl fd02::2 2)" "fd02:9::1 Time exceeded: Hop limit"
pings "T39 one hop more arrives" left 10.2.0.2 -t 3
must on right nft -f - <<'NFT'
table inet t {
	chain in {
		type filter hook input priority 0
		icmp type echo-request icmp sequence 1 ip length 777 reject with icmp port-unreachable
	}
}
NFT
is "T39 an ICMP error of the host behind comes back" \
	"$(on left ping -n -c 1 -W 3 -s 749 10.2.0.2 | sed -n 's/^From \([^ ]*\) icmp_seq=1 //p')" "Destination Port Unreachable"
must on right nft delete table inet t

# ---- clear packets that pretend to come from behind the tunnel ------------------

name="KLIPS a clear packet with a source from behind the tunnel"
before=$(drops a ipsec0)
read -r rx _ < <(traffic a ipsec0)
on a sysctl -qw net.ipv4.conf.all.rp_filter=1
must ip -n b addr add 10.2.0.77/32 dev lo
must ip -n b route add 10.1.0.2/32 via 192.0.2.1 dev wan
filtered() { on a nstat -asz TcpExtIPReversePathFilter | awk '/ReversePath/ { print $2 }'; }
was=$(filtered)
on b ping -q -n -c 3 -i 0.02 -W 1 -I 10.2.0.77 10.1.0.2 >/dev/null
is "$name: refused by the reverse path filter" "$(($(filtered) - was))" 3
is "$name: is not seen on the interface" "$(traffic a ipsec0 | cut -d' ' -f1)" "$rx"
drops_are "$name: is not counted there" a ipsec0 "$before"
must ip -n b route del 10.1.0.2/32 via 192.0.2.1 dev wan
must ip -n b addr del 10.2.0.77/32 dev lo
on a sysctl -qw net.ipv4.conf.all.rp_filter=0

# ---- one of two tunnels goes ------------------------------------------------------

name="T48 one of two tunnels with the same routes goes"
must on a ipsecctl dev add ipsec1
must on a ipsecctl peer add ipsec1 b remote 2001:db8::2
must on b ipsecctl dev add ipsec1
must on b ipsecctl peer add ipsec1 a remote 2001:db8::1
must sa a ipsec1 b out 0x1102 aes-gcm-16 128
must sa b ipsec1 a in 0x1102 aes-gcm-16 128
must sa a ipsec1 b in 0x1101 aes-gcm-16 128
must sa b ipsec1 a out 0x1101 aes-gcm-16 128
for h in a b; do must ip -n $h link set ipsec1 up; done
must ip -n a route add 10.2.0.0/24 dev ipsec1 metric 50
must ip -n a -6 route add fd02::/64 dev ipsec1 metric 2048
must ip -n a route add 10.55.0.0/24 dev ipsec1
routes() { on a ip route show dev "$1"; on a ip -6 route show dev "$1" | grep -v fe80; }
kept=$(routes ipsec1)
must on a ipsecctl dev del ipsec0
is "$name: the other keeps all of its routes" "$(routes ipsec1)" "$kept"
must ip -n b route replace 10.1.0.0/24 dev ipsec1
pings "$name: and carries" left 10.2.0.2
must on b ipsecctl dev del ipsec0
pings "$name: on both sides" left 10.2.0.2
must on a ipsecctl dev del ipsec1
must on b ipsecctl dev del ipsec1

# ---- sixteen interfaces -----------------------------------------------------------

name="T23 sixteen interfaces in turns"
for h in a b; do
	i=$([[ $h == a ]] && echo 1 || echo 2)
	for n in {0..15}; do
		echo "ipsecctl dev add ipsec$n"
		echo "ipsecctl peer add ipsec$n p local 192.0.2.$i remote 192.0.2.$((3 - i)) selector 10.50.$n.0/24"
		for d in 1 2; do
			dir=$([[ $d == "$i" ]] && echo in || echo out)
			echo "ipsecctl sa add ipsec$n p $dir spi 0x$(printf %x $((0x8000 + 16 * n + d))) encr aes-gcm-16" \
				"key $(key_file "t23.$n.$d" 20)"
		done
		echo "sysctl -qw net.ipv6.conf.ipsec$n.disable_ipv6=1"
		echo "ip link set ipsec$n up"
		echo "ip addr add 10.50.$n.$i/24 dev ipsec$n"
	done >"$WORK/sixteen"
	must on $h bash -e "$WORK/sixteen"
done
sums() { on b ipsecctl -j dev show | jq -r '[.[] | [.ifname, .stats.rx_packets, .stats.tx_packets, ([.stats.drops[]?] | add // 0)] | join(" ")] | sort[]'; }
# shellcheck disable=SC2016 # for bash -c
check "$name: all answer" on a bash -c 'for round in {1..5}; do for n in {0..15}; do
	ping -q -n -c 1 -W 5 10.50.$n.2 >/dev/null || { echo "$n"; exit 1; }; done; done'
is "$name: each has exactly its own" "$(sums)" "$(for n in {0..15}; do echo "ipsec$n 5 5 0"; done | sort)"
for n in {0..15}; do
	must on a ipsecctl dev del ipsec$n
	must on b ipsecctl dev del ipsec$n
done

# ---- the same SPI in both directions; the UDP socket goes ----------------------------

name="T53 one SPI for both directions"
for h in a b; do
	i=$([[ $h == a ]] && echo 1 || echo 2)
	must on $h ipsecctl dev add ipsec0
	must on $h ipsecctl peer add ipsec0 p local 192.0.2.$i remote 192.0.2.$((3 - i)) encap 4500 4500
	for d in 1 2; do
		dir=$([[ $d == "$i" ]] && echo in || echo out)
		must on $h ipsecctl sa add ipsec0 p "$dir" spi 0x5353 encr aes-gcm-16 key "$(key_file "t53.$d" 20)"
	done
	must ip -n $h addr add 10.53.0.$i/24 dev ipsec0
	must ip -n $h link set ipsec0 up
done
sockets=()
for h in a b; do
	ip netns exec $h ipsecctl encap 4500 >/dev/null 2>&1 &
	sockets+=($!)
	wait_for 10 eval "on $h ss -Hlun | grep -q :4500" || not_ok "$name" "no UDP socket"
done
pings "$name: carries" a 10.53.0.2
name="T52 the UDP socket is closed under traffic"
# from another port than its peer sends to, so that packets come through the socket: encap.sh
must on b ipsecctl peer set ipsec0 p encap 4501 4500
on a ping -q -f -W 1 10.53.0.2 >"$WORK/flood" 2>&1 &
flood=$!
flowing() { local n; n=$(traffic b ipsec0 | cut -d' ' -f1); sleep 0.05; (($(traffic b ipsec0 | cut -d' ' -f1) > n + 2)); }
silent() { ! flowing; }
check "$name: traffic before" wait_for 10 flowing
for round in 1 2 3; do
	kill "${sockets[1]}"; wait "${sockets[1]}" 2>/dev/null
	check "$name: nothing arrives without it, $round" wait_for 10 silent
	ip netns exec b ipsecctl encap 4500 >/dev/null 2>&1 &
	sockets[1]=$!
	check "$name: and again with a new one, $round" wait_for 10 flowing
done
kill $flood "${sockets[@]}"; wait $flood "${sockets[@]}" 2>/dev/null
must on a ipsecctl dev del ipsec0
must on b ipsecctl dev del ipsec0

# ---- a path of 35,000 bytes --------------------------------------------------------------

name="T3 an MTU of 34 KB"
for h in a b; do must ip -n $h link set wan mtu 35000; done
tunnel a 192.0.2.1 10.3.0.1/24 b 192.0.2.2 10.3.0.2/24 chacha20-poly1305 256
is "$name: follows the underlay" "$(on a cat /sys/class/net/ipsec0/mtu)" $(((35000 - 20 - 8 - 8 - 16) / 4 * 4 - 2))
pings "$name: the largest in one piece" a 10.3.0.2 -M "do" -s $(((35000 - 52) / 4 * 4 - 2 - 28))
iperf "$name: TCP in four streams" a b 10.3.0.2 -P 4 -n 8M
iperf "$name: TCP in four streams, back" a b 10.3.0.2 -P 4 -R -n 8M
finish
