#!/bin/bash
# SPDX-License-Identifier: MIT
#
# xfrm_ping.sh - our tunnels against the stock kernel's xfrm: every combination of
# families, algorithms and sequence number sizes, with packets counted one by one.
#
#   ours  ipsec4 10.4.K.1 fd04:K::1 -- 192.0.2.1 ===== 192.0.2.2 -- 10.4.K.2 fd04:K::2 xf4  stock
#         ipsec6 10.6.K.1 fd06:K::1 -- 2001:db8::1 = 2001:db8::2 -- 10.6.K.2 fd06:K::2 xf6
#
# Tunnels K = 1 to 8 are the combinations; in tunnel 9 the two ends have different keys.
# kernel: every

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/lib_xfrm.sh
. "$(dirname "$0")/lib_xfrm.sh"

# lines of tcpdump on standard input -> "NUMBER SRC > DST ESP SPI" or what it is
wire_summary() {
	sed -E 's/^IP6? //; s/: ESP\(spi=(0x[0-9a-f]*),.*/ ESP \1/; s/: (ICMP echo [a-z]*),.*/ \1/' |
		sort | uniq -c | sed 's/^ *//'
}

# Every packet of the AES-GCM tunnels without ESN (tshark 4.0 knows no more), whichever
# side has sent it: its ICV is good and the inner packet is an echo
tshark_test() {
	local line n k alg bits esn spi KEY sas=() want='' protocol
	for line in "${TUNNELS[@]}"; do
		read -r n k alg bits esn <<<"$line"
		[[ $k != "$WRONG_KEY" && $alg == aes-gcm-16 && $esn == off ]] || continue
		for spi in "0x0000$n${k}01" "0x0000$n${k}02"; do
			xfrm_key "$spi" "$bits"
			protocol=IPv$n
			sas+=(-o "uat:esp_sa:\"$protocol\",\"*\",\"*\",\"$spi\",\"AES-GCM with 16 octet ICV [RFC4106]\",\"0x$KEY\",\"NULL\",\"\"")
			want+="3 $spi 1 0 echo"$'\n'"3 $spi 1 0 echo6"$'\n'
			want+="3 $spi 1 0 reply"$'\n'"3 $spi 1 0 reply6"$'\n'
		done
	done
	tshark -r "$WORK/wire.pcap" -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE "${sas[@]}" -Y 'esp.icv_good or esp.icv_bad' \
		-T fields -E separator=' ' -e esp.spi -e esp.icv_good -e esp.icv_bad \
		-e icmp.type -e icmpv6.type 2>"$WORK/tshark.log" >"$WORK/tshark"
	sed -E 's/ 8 $/ echo/; s/ 0 $/ reply/; s/  128$/ echo6/; s/  129$/ reply6/' "$WORK/tshark" |
		sort | uniq -c | sed 's/^ *//' >"$WORK/decoded"
	is "D2 tshark: icv_good and an echo inside, every packet" "$(<"$WORK/decoded")" "${want%$'\n'}"
}

WRONG_KEY=9
for outer in 4 6; do
	k=1
	for alg in "${ALGS[@]}"; do
		for esn in on off; do TUNNELS+=("$outer $((k++)) $alg $esn"); done
	done
done
TUNNELS+=("4 9 aes-gcm-16 128 on" "6 9 chacha20-poly1305 256 off")

xfrm_hosts
xfrm_tunnels
capture "$WORK/wire.pcap" stock eth0 "$QUIET"
drops4=$(drops ours ipsec4)
drops6=$(drops ours ipsec6)
errors=$(xfrm_stat stock)

# three echoes each way, both inner families
to_from() {
	local line n k alg bits esn host=1
	[[ $1 == stock ]] && host=2
	for line in "${TUNNELS[@]}"; do
		read -r n k alg bits esn <<<"$line"
		[[ $k == "$WRONG_KEY" ]] && continue
		echo "10.$n.$k.$host xfrm v4-in-v$n $alg-$bits esn $esn ping from $2"
		echo "fd0$n:$k::$host xfrm v6-in-v$n $alg-$bits esn $esn ping from $2"
	done
}
to_from stock ours | echoes ours -c 3 -i 0.01
to_from ours stock | echoes stock -c 3 -i 0.01

# which makes, each way, 6 packets of 84 and 6 of 104 bytes
drops_are "xfrm v4 no drop on our side" ours ipsec4 "$drops4"
drops_are "xfrm v6 no drop on our side" ours ipsec6 "$drops6"
xfrm_stat_are "xfrm no error on the stock side" stock "$errors"
# what each saw of an SPI
declare -A ours stock wire
while read -r spi rest; do ours[$spi]=$rest; done < <(our_sas)
while read -r spi rest; do stock[$spi]=$rest; done < <(states stock)
captured "$WORK/wire.pcap" | wire_summary >"$WORK/wire"
while read -r number from _ to esp spi; do
	[[ $esp != ESP ]] || wire[$spi]+="$number from $from to $to"
done <"$WORK/wire"
for line in "${TUNNELS[@]}"; do
	read -r n k alg bits esn <<<"$line"
	[[ $k == "$WRONG_KEY" ]] && continue
	name="xfrm v$n $alg-$bits esn $esn"
	to_us=0x0000$n${k}01 to_stock=0x0000$n${k}02
	is "$name to us exact counters, ours" "${ours[$to_us]:-nothing}" "12 1128 12 0"
	is "$name to stock exact counters, ours" "${ours[$to_stock]:-nothing}" "12 1128 12 0"
	is "$name to us exact counters, stock" "${stock[$to_us]:-nothing}" "12 1128 0xc 0"
	is "$name to stock exact counters, stock" "${stock[$to_stock]:-nothing}" "12 1128 0xc 0"
	is "$name to us on the wire" "${wire[$to_us]:-nothing}" "12 from ${OUTER_STOCK[n]} to ${OUTER_OURS[n]}"
	is "$name to stock on the wire" "${wire[$to_stock]:-nothing}" "12 from ${OUTER_OURS[n]} to ${OUTER_STOCK[n]}"
done
# (the marker, which "captured" sends, shows that clear packets are seen)
is "nothing but ESP on the wire" "$(grep -v ESP "$WORK/wire")" "\
1 192.0.2.1 > 192.0.2.2 ICMP echo request
1 192.0.2.2 > 192.0.2.1 ICMP echo reply"

# A decoder that is neither of the two kernels' code
tshark_test

# The same with keys that differ, so that it is known that all this can fail
for outer in 4 6; do
	drops=$(drops ours ipsec$outer)
	errors=$(xfrm_stat stock)
	check_fails "xfrm v$outer wrong key, no answer to ours" "3 packets transmitted, 0 received" \
		on ours ping -q -n -c 3 -i 0.01 -W 0.2 "$(inner stock $outer $WRONG_KEY 6)"
	drops_are "xfrm v$outer wrong key, ours has sent" ours ipsec$outer "$drops"
	xfrm_stat_are "xfrm v$outer wrong key, refused by stock" stock "$errors" XfrmInStateProtoError=3
	errors=$(xfrm_stat stock)
	check_fails "xfrm v$outer wrong key, no answer to stock" "4 packets transmitted, 0 received" \
		on stock ping -q -n -c 4 -i 0.01 -W 0.2 "$(inner ours $outer $WRONG_KEY 4)"
	drops_are "xfrm v$outer wrong key, refused by ours" ours ipsec$outer "$drops" rx_auth_fail=4
	xfrm_stat_are "xfrm v$outer wrong key, stock has sent" stock "$errors"
done

finish
