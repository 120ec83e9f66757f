#!/bin/bash
# SPDX-License-Identifier: MIT
#
# transport.sh - transport mode, host to host: a route to the other host's own address
# is all it takes.
#
# With the stock kernel's policies at the other end:
#
#   ours   eth0 192.0.2.1, 2001:db8::1 ===== 192.0.2.2, 2001:db8::2 eth0  stock
#   ipsec0      192.0.2.11 ------- clear --- 192.0.2.12
#
# and with an adversary that is transport.py:
#
#   gw  wan 192.0.2.1, 2001:db8::1 ---- veth ---- wan  atk
#   ipsec0 (IPv4), ipsec1 (IPv6)
#
# suite: long

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/lib_xfrm.sh
. "$(dirname "$0")/lib_xfrm.sh"
here=$(cd "$(dirname "$0")" && pwd)

coexist_hosts
for h in ours stock; do
	on $h sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
done
must sysctl -qw net.core.rmem_max=8388608 net.core.wmem_max=8388608
batch stock <<-END
	addr add 192.0.2.12/24 dev eth0
	neigh replace 192.0.2.11 lladdr 02:00:00:00:00:01 dev eth0
END
must ip -n ours neigh replace 192.0.2.12 lladdr 02:00:00:00:00:02 dev eth0

# ---- MTU -------------------------------------------------------------------

# mtu NAME WANT REMOTE PROTECT SA-OPTION...: with one peer
mtu() {
	local name=$1 want=$2
	must on ours ipsecctl dev add ipsec0
	must on ours ipsecctl peer add ipsec0 p remote "$3" protect "$4"
	must on ours ipsecctl sa add ipsec0 p out spi 0x3001 mode transport "${@:5}"
	is "A4.11 MTU, transport $name" "$(on ours cat /sys/class/net/ipsec0/mtu)" "$want"
	must on ours ipsecctl dev del ipsec0
}
gcm=(encr aes-gcm-16 key "$(key_file gcm 20)")
cbc=(encr aes-cbc key "$(key_file cbc 16)" auth hmac-sha2-256-128 auth-key "$(key_file sha 32)")
ah=(proto ah auth hmac-sha2-256-128 auth-key "$(key_file ah 32)")
# own header + floor((1500 - own header - 8 - IV - ICV) / align) * align - 2
mtu "IPv4 aes-gcm-16" 1466 192.0.2.2 esp "${gcm[@]}"
mtu "IPv6 aes-gcm-16" 1466 2001:db8::2 esp "${gcm[@]}"
mtu "IPv4 aes-cbc, hmac-sha2-256-128" 1458 192.0.2.2 esp "${cbc[@]}"
mtu "IPv6 aes-cbc, hmac-sha2-256-128" 1446 2001:db8::2 esp "${cbc[@]}"
mtu "IPv4 AH hmac-sha2-256-128" 1472 192.0.2.2 ah "${ah[@]}"
mtu "IPv6 AH hmac-sha2-256-128" 1468 2001:db8::2 ah "${ah[@]}"

# ---- a pair of hosts -------------------------------------------------------

# neither link nor fwmark: ESP goes to the address whose route leads into ipsec0
script ours <<-END
	ipsecctl dev add ipsec0
	ipsecctl peer add ipsec0 four local 192.0.2.1 remote 192.0.2.2 \
		selector 192.0.2.2/32 selector 192.0.2.3/32
	ipsecctl peer add ipsec0 six local 2001:db8::1 remote 2001:db8::2 \
		selector 2001:db8::2/128 selector 2001:db8::3/128
	$(ours_sa ipsec0 four in 0x4001 aes-gcm-16 128 on mode transport)
	$(ours_sa ipsec0 four out 0x4002 aes-gcm-16 128 on mode transport)
	$(ours_sa ipsec0 six in 0x6001 chacha20-poly1305 256 off mode transport)
	$(ours_sa ipsec0 six out 0x6002 chacha20-poly1305 256 off mode transport)
	sysctl -qw net.ipv6.conf.ipsec0.addr_gen_mode=1
	ip link set ipsec0 multicast off up
	ip route add 192.0.2.2/32 dev ipsec0
	ip route add 2001:db8::2/128 dev ipsec0
END
{
	stock_policies 192.0.2.2 192.0.2.1 192.0.2.2/32 192.0.2.1/32 reqid 4 mode transport
	stock_policies 2001:db8::2 2001:db8::1 2001:db8::2/128 2001:db8::1/128 reqid 6 mode transport
	stock_sa 192.0.2.2 192.0.2.1 0x4001 aes-gcm-16 128 on mode transport reqid 4
	stock_sa 192.0.2.1 192.0.2.2 0x4002 aes-gcm-16 128 on mode transport reqid 4
	stock_sa 2001:db8::2 2001:db8::1 0x6001 chacha20-poly1305 256 off mode transport reqid 6
	stock_sa 2001:db8::1 2001:db8::2 0x6002 chacha20-poly1305 256 off mode transport reqid 6
} | batch stock
is "MTU, transport, one peer of each family" "$(on ours cat /sys/class/net/ipsec0/mtu)" 1466
capture "$WORK/clear.pcap" stock eth0 "$QUIET and not ip proto 50 and not ip6 protochain 50"

declare -A OURS=([4]=192.0.2.1 [6]=2001:db8::1) STOCK=([4]=192.0.2.2 [6]=2001:db8::2)
drops=$(drops ours ipsec0)
errors=$(xfrm_stat stock)
ours_errors=$(xfrm_stat ours)

is "the kernel's choice of source, IPv4" "$(ip -n ours -j route get 192.0.2.2 | jq -r '.[0] | .dev + " " + .prefsrc')" \
	"ipsec0 192.0.2.1"
is "the kernel's choice of source, IPv6" "$(ip -n ours -j route get 2001:db8::2 | jq -r '.[0] | .dev + " " + .prefsrc')" \
	"ipsec0 2001:db8::1"

for size in 0 1 2 3 56 1438 1439 4000 65000; do
	for f in 4 6; do echo "${STOCK[$f]} transport IPv$f, ping of $size bytes from ours"; done |
		echoes ours -c 2 -i 0.02 -s $size
	for f in 4 6; do echo "${OURS[$f]} transport IPv$f, ping of $size bytes from stock"; done |
		echoes stock -c 2 -i 0.02 -s $size
done
pings "transport IPv4, the largest that fits, with DF" ours 192.0.2.2 -M do -s $((1466 - 28))
pings "transport IPv6, the largest that fits" ours 2001:db8::2 -M do -s $((1466 - 48))
check_fails "transport IPv4, one byte more, with DF" "mtu=1466" \
	on ours ping -n -c 1 -W 1 -M do -s $((1466 - 27)) 192.0.2.2
check_fails "transport IPv6, one byte more" "mtu: 1466" \
	on ours ping -n -c 1 -W 1 -M do -s $((1466 - 47)) 2001:db8::2

server stock iperf3 -s
server ours iperf3 -s
for h in ours stock; do wait_for 20 listening $h 5201 || must false "iperf3 server does not start"; done
for f in 4 6; do
	transfer "transport IPv$f TCP from ours" ours "${STOCK[$f]}" 2000000
	transfer "transport IPv$f TCP from stock" stock "${OURS[$f]}" 2000000
	transfer "transport IPv$f TCP from ours, server there" stock "${OURS[$f]}" 2000000 -R
	transfer "transport IPv$f UDP from ours" ours "${STOCK[$f]}" 400000 -u -b 10M -w 4M
	transfer "transport IPv$f UDP from stock" ours "${STOCK[$f]}" 400000 -u -b 10M -w 4M -R
	transfer "transport IPv$f UDP from ours in fragments" ours "${STOCK[$f]}" 400000 -u -b 10M -w 4M -l 9000
	transfer "transport IPv$f UDP from stock in fragments" ours "${STOCK[$f]}" 400000 -u -b 10M -w 4M -l 9000 -R
done

# ICMP errors are between the two hosts as well, so they are protected, too
closed() {
	check_fails "transport, ICMP port unreachable $1" "Connection refused" on "$2" bash -c '
		exec 3<>"/dev/udp/$1/9" && echo x >&3 && read -r -t 5 <&3' closed "$3"
}
closed "from stock, IPv4" ours 192.0.2.2
closed "from stock, IPv6" ours 2001:db8::2
closed "from ours, IPv4" stock 192.0.2.1
closed "from ours, IPv6" stock 2001:db8::1

# ---- other protocols -------------------------------------------------------

# over NAME KIND FAMILY OPTION...: a tunnel without protection of its own between the two
# hosts, its packets protected by the transport mode
over() {
	local name="transport, $1" kind=$2 f=$3 n=$((++OVER)) h ends
	shift 3
	for h in ours stock; do
		ends=(local "${OURS[$f]}" remote "${STOCK[$f]}")
		[[ $h == stock ]] && ends=(local "${STOCK[$f]}" remote "${OURS[$f]}")
		if ! ip -n $h link add "over$n" type "$kind" "${ends[@]}" "$@" 2>"$WORK/why"; then
			skip "$name" "$(<"$WORK/why")"
			return
		fi
		on $h sysctl -qw "net.ipv6.conf.over$n.addr_gen_mode=1"
		must ip -n $h link set "over$n" mtu 1380 up
		# when it splits what such a device offloads, the stock kernel (7.2) spoils some of
		# the packets, for another stock kernel as well; ours may offload
		[[ $h == stock ]] && must on $h ethtool -K "over$n" tso off gso off
		[[ $kind == sit ]] || must ip -n $h addr add "10.50.$n.$(host_number $h)/24" dev "over$n"
		[[ $kind == ipip ]] || must ip -n $h addr add "fd50:$n::$(host_number $h)/64" dev "over$n" nodad
	done
	[[ $kind == sit ]] || through "$name: IPv4" "10.50.$n."
	[[ $kind == ipip ]] || through "$name: IPv6" "fd50:$n::"
	for h in ours stock; do must ip -n $h link del "over$n"; done
}
host_number() { if [[ $1 == ours ]]; then echo 1; else echo 2; fi; }
through() {
	pings "$1 ping from ours" ours "${2}2"
	pings "$1 ping from stock" stock "${2}1"
	pings "$1 ping of 9000 bytes" ours "${2}2" -s 9000
	transfer "$1 TCP from ours" ours "${2}2" 1000000
	transfer "$1 TCP from stock" ours "${2}2" 1000000 -R
}
OVER=0
over "GRE over IPv4" gre 4
over "IPv4 in IPv4" ipip 4
over "IPv6 in IPv4" sit 4
over "GRE over IPv6" ip6gre 6 encaplimit none
over "GRE over IPv6 with a destination option" ip6gre 6
over "IP in IPv6" ip6tnl 6 mode any encaplimit none
over "IP in IPv6 with a destination option" ip6tnl 6 mode any

# ---- extension headers -----------------------------------------------------

server stock /usr/bin/python3 -B "$here/transport.py" echo 2001:db8::2
wait_for 20 eval 'on stock ss -Hlnu "sport = :7777" | grep -q .' || not_ok "echo server" "does not start"
on ours /usr/bin/python3 -B "$here/transport.py" ask 2001:db8::2 || FAILED=$((FAILED + 1))

drops_are "transport, nothing was dropped" ours ipsec0 "$drops"
xfrm_stat_are "transport, no error on the stock side" stock "$errors"
xfrm_stat_are "transport, and none of our kernel's own" ours "$ours_errors"
our_sas >"$WORK/ours"
states stock >"$WORK/stock"
for spi in 4001 4002 6001 6002; do
	# SPI packets bytes number drops
	read -ra us <<<"$(grep "0x0000$spi" "$WORK/ours")"
	read -ra them <<<"$(grep "0x0000$spi" "$WORK/stock")"
	# the stock kernel counts what it sends before it splits it
	sent=${them[3]} received=${us[1]} highest=${us[3]}
	[[ $spi == *2 ]] && sent=${us[1]} received=${them[1]} highest=${them[3]}
	is "transport, SPI 0x$spi: all that was sent was received" \
		"$received $((highest)) ${us[4]} ${them[4]}" "$((sent)) $((sent)) 0 0"
	check "transport, SPI 0x$spi: and it was much" [ "${us[1]}" -gt 1000 ]
done

# ---- what must not go ------------------------------------------------------

# refused NAME TEXT REASON COMMAND...: one packet, one drop, and its sender is told
refused() {
	local name=$1 text=$2 reason=$3 before
	shift 3
	before=$(drops ours ipsec0)
	check_fails "$name: the sender is told" "$text" on ours "$@"
	drops_are "$name: $reason once" ours ipsec0 "$before" "$reason=1"
}
batch ours <<-END
	route add 192.0.2.3/32 dev ipsec0
	route add 192.0.2.4/32 dev ipsec0
	route add 2001:db8::3/128 dev ipsec0
	route add 2001:db8::4/128 dev ipsec0
END
refused "transport, another destination, IPv4" "Destination Host Unreachable" tx_transport \
	ping -n -c 1 -W 2 192.0.2.3
refused "transport, another destination, IPv6" "Destination unreachable: Address unreachable" tx_transport \
	ping -n -c 1 -W 2 2001:db8::3
refused "transport, another source, IPv4" "Destination Host Unreachable" tx_transport \
	ping -n -c 1 -W 2 -I 192.0.2.11 192.0.2.2
refused "transport, another source, IPv6" "Destination unreachable: Address unreachable" tx_transport \
	ping -n -c 1 -W 2 -I 2001:db8::11 2001:db8::2
refused "transport, nobody's destination, IPv4" "Destination Host Unreachable" tx_no_peer \
	ping -n -c 1 -W 2 192.0.2.4
refused "transport, nobody's destination, IPv6" "Destination unreachable: Address unreachable" tx_no_peer \
	ping -n -c 1 -W 2 2001:db8::4

# no ICMP error: each fragment was small enough
before=$(drops ours ipsec0)
check_fails "transport IPv4, ping of 65507 bytes: too large with ESP" "1 packets transmitted, 0 received" \
	on ours ping -q -n -c 1 -W 1 -s 65507 192.0.2.2
drops_are "transport IPv4, ping of 65507 bytes: tx_too_big once" ours ipsec0 "$before" tx_too_big=1
before=$(drops ours ipsec0)
check_fails "transport IPv6, ping of 65527 bytes: too large with ESP" "1 packets transmitted, 0 received" \
	on ours ping -q -n -c 1 -W 1 -s 65527 2001:db8::2
drops_are "transport IPv6, ping of 65527 bytes: tx_too_big once" ours ipsec0 "$before" tx_too_big=1

# the way becomes narrower than the interface knows
batch ours <<-END
	route change 192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1 mtu 1400
	route change 2001:db8::/64 dev eth0 proto kernel metric 256 mtu 1400
END
refused "E2.5 transport IPv4, a narrow way" "mtu = 1366" tx_too_big \
	ping -n -c 1 -W 2 -M do -s $((1466 - 28)) 192.0.2.2
refused "E2.5 transport IPv6, a narrow way" "mtu=1366" tx_too_big \
	ping -n -c 1 -W 2 -M do -s $((1466 - 48)) 2001:db8::2
before=$(drops ours ipsec0)
pings "E2.5 transport IPv4, the most that fits it" ours 192.0.2.2 -M do -s $((1366 - 28))
pings "E2.5 transport IPv6, the most that fits it" ours 2001:db8::2 -M do -s $((1366 - 48))
pings "E2.5 transport IPv4, without DF" ours 192.0.2.2 -M dont -s $((1466 - 28))
drops_are "E2.5 transport, nothing more was dropped" ours ipsec0 "$before"

# the marker is between two addresses that nobody protects
check "an address without a route into ipsec0 is not protected" \
	on ours ping -q -n -c 1 -W 5 -I 192.0.2.11 192.0.2.12
wait_for 10 marker_in "$WORK/clear.pcap"
is "transport, nothing but ESP on the wire" "$(tcpdump -r "$WORK/clear.pcap" -n -t 2>/dev/null | sed 's/, id.*//')" "\
IP 192.0.2.11 > 192.0.2.12: ICMP echo request
IP 192.0.2.12 > 192.0.2.11: ICMP echo reply"

# ---- the adversary ---------------------------------------------------------

host gw atk
on atk sysctl -qw net.ipv6.conf.default.disable_ipv6=1
wire gw wan "192.0.2.1/24 2001:db8::1/64" atk wan ""
# what comes out of the interfaces is looked at, not answered
must on gw nft -f - <<-'NFT'
	table inet t {
		chain pre {
			type filter hook prerouting priority 0
			iifname "ipsec*" drop
		}
	}
NFT
/usr/bin/python3 -B "$here/transport.py" || FAILED=$((FAILED + 1))
finish
