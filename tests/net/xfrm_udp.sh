#!/bin/bash
# SPDX-License-Identifier: MIT
#
# xfrm_udp.sh - ESP in UDP, received: an IKE daemon's socket on port 4500 here, the stock
# kernel's encapsulation at the other end.  Every SA takes both forms (RFC 7296 2.23).
# What we send is plain ESP.
#
#   ours  ipsec4 10.4.1.1 fd04:1::1 -- 192.0.2.1 ===== 192.0.2.2 -- 10.4.1.2 fd04:1::2 xf4  stock
#         ipsec6 10.6.1.1 fd06:1::1 -- 2001:db8::1 = 2001:db8::2 -- 10.6.1.2 fd06:1::2 xf6
#         UDP 4500 <====== ESP in UDP ===========
#                  ======= ESP ==================>

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/lib_xfrm.sh
. "$(dirname "$0")/lib_xfrm.sh"

TUNNELS=("4 1 aes-gcm-16 128 off" "6 1 chacha20-poly1305 256 on")

# The stock side's outbound SA anew, with encapsulation or without, its sequence numbers
# going on from NUMBER
stock_sends() {
	local n=$1 how=$2 number=$3 alg
	read -ra alg <<<"${TUNNELS[n / 6]}"
	must ip -n stock xfrm state delete src "${OUTER_STOCK[n]}" dst "${OUTER_OURS[n]}" \
		proto esp spi "$(spi_in "$n" 1)"
	# shellcheck disable=SC2086
	stock_sa "${OUTER_STOCK[n]}" "${OUTER_OURS[n]}" "$(spi_in "$n" 1)" "${alg[@]:2}" \
		mode tunnel reqid "${n}1" if_id "$n" replay-oseq "$number" $how | batch stock
}

# echo_test NAME OUTER: both inner families, both ways: 12 packets each way, nothing else
echo_test() {
	local name=$1 n=$2 drops errors errors_ours family before
	drops=$(drops ours "ipsec$n") errors=$(xfrm_stat stock) errors_ours=$(xfrm_stat ours)
	before=$(counts ours "ipsec$n")
	for family in 4 6; do
		echo "$(inner ours "$n" 1 $family) $name: v$family ping from stock"
	done | echoes stock -c 3 -i 0.02
	for family in 4 6; do
		echo "$(inner stock "$n" 1 $family) $name: v$family ping from ours"
	done | echoes ours -c 3 -i 0.02
	is "$name: exact packets and bytes" "$(counts ours "ipsec$n")" \
		"$(awk '{ print $1 + 12, $2 + 1128, $3 + 12, $4 + 1128 }' <<<"$before")"
	drops_are "$name: no drop" ours "ipsec$n" "$drops"
	xfrm_stat_are "$name: stock xfrm beside us not asked" ours "$errors_ours"
	xfrm_stat_are "$name: no error of stock" stock "$errors"
}

# An IKE daemon as the kernel knows it: sockets that take ESP in UDP.  Prints what
# reaches them all the same: IKE messages.
cat >"$WORK/daemon" <<'EOD'
import select, socket
UDP_ENCAP, UDP_ENCAP_ESPINUDP = 100, 2
socks = []
for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    s = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.setsockopt(socket.IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)
    s.bind((address, 4500))
    socks.append(s)
print("listening", flush=True)
while True:
    for s in select.select(socks, [], [])[0]:
        print(s.recv(65536).hex(), flush=True)
EOD
# send ADDRESS HEX...: datagrams to its port 4500
cat >"$WORK/send" <<'EOD'
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
for data in sys.argv[2:]:
    s.sendto(bytes.fromhex(data), (sys.argv[1], 4500))
EOD

xfrm_hosts
xfrm_tunnels
# four zero bytes in front say that what follows is IKE's, not an SPI
ike=00000000$(printf 'a5%.0s' {1..28})
esp=$(printf '00%.0s' {1..72})
server ours /usr/bin/python3 "$WORK/daemon"
wait_for 20 grep -q listening "$WORK/server.ours.log" || must cat "$WORK/server.ours.log" /nonexistent
capture "$WORK/wire.pcap" stock eth0 "$QUIET"

for n in 4 6; do
	echo_test "A8.9 plain ESP over v$n" $n
	stock_sends $n "encap espinudp 4500 4500 0.0.0.0" 100
	echo_test "A8.8 ESP in UDP over v$n" $n
	stock_sends $n "" 200
	echo_test "A8.9 plain ESP again over v$n" $n
done

# what else comes to that port
for n in 4 6; do
	drops=$(drops ours ipsec$n) errors=$(xfrm_stat ours)
	printf -v spi %08x "$(spi_in $n 1)"
	must on stock /usr/bin/python3 "$WORK/send" "${OUTER_OURS[n]}" ff "$ike" "${spi}00001000$esp" "${spi}00001001$esp"
	check "A8.8 an IKE message gets past us over v$n" wait_for 5 grep -c "^$ike\$" "$WORK/server.ours.log"
	drops_are "A8.8 forged ESP in UDP over v$n: ours" ours ipsec$n "$drops" rx_auth_fail=2
	xfrm_stat_are "A8.8 stock xfrm beside us not asked, v$n" ours "$errors"
	drops=$(drops ours ipsec$n)
	must on stock /usr/bin/python3 "$WORK/send" "${OUTER_OURS[n]}" "0000777700000001$esp" "$ike$n$n"
	wait_for 5 grep -q "^$ike$n$n\$" "$WORK/server.ours.log"
	drops_are "A8.8 unknown SPI in UDP over v$n: not ours" ours ipsec$n "$drops"
	xfrm_stat_are "A8.8 unknown SPI in UDP over v$n: stock xfrm's" ours "$errors" XfrmInNoStates=1
done
is "the daemon got nothing but IKE messages" "$(grep -vc "^$ike" "$WORK/server.ours.log")" 1

# that it was UDP indeed, and nothing where it should not be
captured "$WORK/wire.pcap" | grep -v -e ICMP -e isakmp -e 0x00007777 |
	sed -E 's/^IP6? //; s/spi=(0x[0-9a-f]*),.*/\1)/; s/UDP-encap: //; s/2\.[0-9]{5} /2.* /' |
	sort | uniq -c | sed 's/^ *//' >"$WORK/wire"
is "A8.8 on the wire: plain and UDP as told" "$(<"$WORK/wire")" "\
36 192.0.2.1 > 192.0.2.2: ESP(0x00004102)
24 192.0.2.2 > 192.0.2.1: ESP(0x00004101)
2 192.0.2.2.* > 192.0.2.1.4500: ESP(0x00004101)
12 192.0.2.2.4500 > 192.0.2.1.4500: ESP(0x00004101)
36 2001:db8::1 > 2001:db8::2: ESP(0x00006102)
24 2001:db8::2 > 2001:db8::1: ESP(0x00006101)
2 2001:db8::2.* > 2001:db8::1.4500: ESP(0x00006101)
12 2001:db8::2.4500 > 2001:db8::1.4500: ESP(0x00006101)"
finish
