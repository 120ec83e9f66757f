#!/bin/bash
# SPDX-License-Identifier: MIT
#
# xfrm_spi.sh - whose is an ESP packet?  Ours only with an SPI of ours and to the address
# of that SA; all others the kernel's own IPsec gets to see, unchanged.
#
#   ours  ipsec4 10.4.1.1 -- 192.0.2.1, .11 ========= 192.0.2.2 -- 10.4.1.2 xf4  stock
#         ipsec6 10.6.1.1 -- 2001:db8::1, ::11 ==== 2001:db8::2 -- 10.6.1.2 xf6

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/lib_xfrm.sh
. "$(dirname "$0")/lib_xfrm.sh"
raw_esp=$(dirname "$0")/raw_esp.py

TUNNELS=("4 1 aes-gcm-16 128 on" "6 1 chacha20-poly1305 256 off")

# not_ours NAME ADDR SPI COUNTER: three packets for ADDR that are none of ours
not_ours() {
	local drops4 drops6 errors
	drops4=$(drops ours ipsec4) drops6=$(drops ours ipsec6) errors=$(xfrm_stat ours)
	must on stock "$raw_esp" "$2" "$3" 3
	wait_for 5 stat_moved ours XfrmInNoStates "$errors" 3
	xfrm_stat_are "$1: stock xfrm's to answer" ours "$errors" XfrmInNoStates=3
	drops_are "$1: no drop of ours over v4" ours ipsec4 "$drops4"
	drops_are "$1: no drop of ours over v6" ours ipsec6 "$drops6"
}
stat_moved() {
	local before now
	before=$(sed -n "s/^$2=//p" <<<"$3")
	now=$(on "$1" sed -n "s/^$2[[:space:]]*//p" /proc/net/xfrm_stat)
	((now - before == $4))
}

# The same, but one of our SPIs to its own address, to see that the others were refused
# for a reason, and a stock SA that has an SPI of ours at another address
spi_tests() {
	local n addr drops errors
	for n in 4 6; do
		not_ours "A8.6 unknown SPI over v$n" "${OUTER_OURS[n]}" 0x7777
		not_ours "A8.7 an SPI of ours to the other family's address, v$n" \
			"${OUTER_OURS[n]}" "$(spi_in $((10 - n)) 1)"
	done
	for n in 4 6; do
		if [[ $n == 4 ]]; then addr=192.0.2.11; else addr=2001:db8::11; fi
		not_ours "A8.7 an SPI of ours to another address, v$n" $addr "$(spi_in $n 1)"
		drops=$(drops ours ipsec$n) errors=$(xfrm_stat ours)
		must on stock "$raw_esp" "${OUTER_OURS[n]}" "$(spi_in $n 1)" 3
		drops_are "A8.7 an SPI of ours to its address, v$n: ours" ours ipsec$n "$drops" rx_auth_fail=3
		xfrm_stat_are "A8.7 an SPI of ours to its address, v$n: not asked" ours "$errors"

		stock_sa "${OUTER_STOCK[n]}" $addr "$(spi_in $n 1)" aes-gcm-16 128 off \
			reqid 7$n mode transport >"$WORK/same"
		batch ours <"$WORK/same"
		echo "xfrm policy add src ${OUTER_STOCK[n]} dst $addr dir out tmpl src ${OUTER_STOCK[n]}" \
			"dst $addr proto esp reqid 7$n mode transport" >>"$WORK/same"
		batch stock <"$WORK/same"
		pings "A8.7 a stock SA with an SPI of ours at another address, v$n" stock $addr
		is "A8.7 it has carried the packets, v$n" \
			"$(states ours | cut -d" " -f1,2)" "$(spi_in $n 1) 3"
		drops_are "A8.7 none of them was ours, v$n" ours ipsec$n "$drops" rx_auth_fail=3
		must ip -n ours xfrm state flush
		must ip -n stock xfrm policy delete src "${OUTER_STOCK[n]}" dst $addr dir out
	done
}

# Without a handler of the kernel's own the IP layer answers what we do not take
no_handler_test() {
	local before
	before=$(unreachables)
	must on stock "$raw_esp" 192.0.2.1 0x7777 1
	must on stock "$raw_esp" 2001:db8::1 0x7777 1
	wait_for 5 unreachables_are "$before" 1
	is "A8.6 unknown SPI, esp4 and esp6 not loaded: port unreachable" "$(unreachables)" \
		"$((${before% *} + 1)) $((${before#* } + 1))"
}
unreachables() {
	on ours awk '/^Icmp: [0-9]/ { v4 = $16 } /^Icmp6OutDestUnreachs/ { v6 = $2 }
		END { print v4 + 0, v6 + 0 }' /proc/net/snmp /proc/net/snmp6
}
unreachables_are() { [[ $(unreachables) == "$((${1% *} + $2)) $((${1#* } + $2))" ]]; }

coexist_hosts
if [[ -d /sys/module/esp4 || ${IPSEC_VM:-} != qemu ]]; then
	note "esp4 is built in or loaded: what happens without it is seen on Debian's kernel"
else
	no_handler_test
fi
xfrm_tunnels
spi_tests
finish
