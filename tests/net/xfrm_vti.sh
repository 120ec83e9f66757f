#!/bin/bash
# SPDX-License-Identifier: MIT
#
# xfrm_vti.sh - beside a vti interface between the same two addresses: it takes every ESP
# packet between its endpoints that gets as far as to it.
#
#   ours  ipsecN 10.N.1.1 fd0N:1::1 -- 192.0.2.1 === 192.0.2.2 -- 10.N.1.2 fd0N:1::2 xfN  stock
#         vt4    10.52.4.1                                             10.52.4.2 lo
#         vt6    fd52::1 ---------- 2001:db8::1 == 2001:db8::2 --------- fd52::2 lo

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/lib_xfrm.sh
. "$(dirname "$0")/lib_xfrm.sh"

TUNNELS=("4 1 aes-gcm-16 128 on" "6 1 chacha20-poly1305 256 off")

# vti_states N OPTION...: lines for batch, the same on both hosts
vti_states() {
	local n=$1
	stock_sa "${OUTER_STOCK[n]}" "${OUTER_OURS[n]}" "0x007${n}0001" aes-gcm-16 128 off \
		mode tunnel reqid "7$n" "${@:2}"
	stock_sa "${OUTER_OURS[n]}" "${OUTER_STOCK[n]}" "0x007${n}0002" aes-gcm-16 128 off \
		mode tunnel reqid "7$n" "${@:2}"
}

# vti_ours N TYPE ADDR/LEN ALL: lines for batch: an interface
vti_ours() {
	local n=$1 mark="mark 77 mask 0xffffffff"
	echo "link add vt$n type $2 local ${OUTER_OURS[n]} remote ${OUTER_STOCK[n]} key 77"
	# no more than fits: the outer packets are never fragments
	echo "link set vt$n mtu 1400 up"
	echo "addr add $3 dev vt$n nodad"
	# shellcheck disable=SC2086
	vti_states "$n" $mark
	WHICH=$mark stock_policies "${OUTER_OURS[n]}" "${OUTER_STOCK[n]}" "$4" "$4" reqid "7$n" mode tunnel
}

# vti_stock N ADDR PEER LEN: lines for batch: policies between two addresses.  A vti at
# this end, too, would take the packets of xfN.
vti_stock() {
	local n=$1
	echo "addr add $2/$4 dev lo nodad"
	echo "route add $3/$4 via ${OUTER_OURS[n]} src $2"
	vti_states "$n"
	stock_policies "${OUTER_STOCK[n]}" "${OUTER_OURS[n]}" "$2/$4" "$3/$4" reqid "7$n" mode tunnel
}

coexist_hosts
xfrm_tunnels
{
	vti_ours 4 vti 10.52.4.1/24 0.0.0.0/0
	vti_ours 6 vti6 fd52::1/64 ::/0
} | batch ours
{
	vti_stock 4 10.52.4.2 10.52.4.1 32
	vti_stock 6 fd52::2 fd52::1 128
} | batch stock
drops4=$(drops ours ipsec4) drops6=$(drops ours ipsec6)
errors_ours=$(xfrm_stat ours) errors_stock=$(xfrm_stat stock)

on stock bash -c "$ALL_AT_ONCE" ping 10.52.4.1 fd52::1 10.{4,6}.1.1 fd0{4,6}:1::1 >"$WORK/echo.stock" &
on ours bash -c "$ALL_AT_ONCE" ping 10.52.4.2 fd52::2 10.{4,6}.1.2 fd0{4,6}:1::2 >"$WORK/echo.ours"
wait
is "A8.1 vti and ours, echoes from ours: none lost" "$(<"$WORK/echo.ours")" ""
is "A8.1 vti and ours, echoes from stock: none lost" "$(<"$WORK/echo.stock")" ""
# 20 requests and 20 answers each way; ours carry both inner families
is "A8.1 our SAs beside vti: exact packets" "$(our_sas | cut -d" " -f1,2)" \
	"$(for n in 4 6; do echo "$(spi_in $n 1) 80"; echo "$(spi_out $n 1) 80"; done)"
is "A8.1 vti's SAs beside ours: exact packets" "$(states ours | cut -d" " -f1,2)" "\
0x00740001 40
0x00740002 40
0x00760001 40
0x00760002 40"
is "A8.1 out of vti came what it should" "$(on ours cat /sys/class/net/vt{4,6}/statistics/rx_packets | paste -sd' ')" "40 40"
drops_are "A8.1 vti and ours, no drop of ours over v4" ours ipsec4 "$drops4"
drops_are "A8.1 vti and ours, no drop of ours over v6" ours ipsec6 "$drops6"
xfrm_stat_are "A8.1 vti and ours, no error of stock xfrm beside us" ours "$errors_ours"
xfrm_stat_are "A8.1 vti and ours, no error of stock xfrm at the other end" stock "$errors_stock"
finish
