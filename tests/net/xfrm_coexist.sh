#!/bin/bash
# SPDX-License-Identifier: MIT
#
# xfrm_coexist.sh - living beside the kernel's own IPsec: stock xfrm SAs of three kinds
# and our SAs between the same two addresses, all in use at once, over IPv4 and IPv6;
# our module coming and going while stock SAs carry traffic.
#
#        ours                                  stock (no module of ours in use)
#   ipsecN  10.N.1.1 fd0N:1::1 ------------------ 10.N.1.2 fd0N:1::2  xfN
#   host   192.0.2.1 2001:db8::1 -- transport -- 192.0.2.2 2001:db8::2
#   lo       10.50.N.1 --------- policies -------- 10.50.N.2          lo
#   xgN      10.51.N.1 ------ xfrm interface ----- 10.51.N.2          xgN
# kernel: every

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/lib_xfrm.sh
. "$(dirname "$0")/lib_xfrm.sh"

TUNNELS=("4 1 aes-gcm-16 128 on" "6 1 chacha20-poly1305 256 off")
# SPIs of the stock SAs between the hosts: N, kind (a, b, c), towards ours (1) or stock (2)
stock_spi() { printf '0x00%d%s000%d' "$1" "$2" "$3"; }

# pair N KIND OPTION...: the two states, the same lines for both hosts
pair() {
	local n=$1 kind=$2
	shift 2
	stock_sa "${OUTER_STOCK[n]}" "${OUTER_OURS[n]}" "$(stock_spi $n $kind 1)" \
		aes-gcm-16 128 off reqid "5$n" "$@"
	stock_sa "${OUTER_OURS[n]}" "${OUTER_STOCK[n]}" "$(stock_spi $n $kind 2)" \
		aes-gcm-16 128 off reqid "5$n" "$@"
}

# stock_side HOST NUMBER: everything of stock IPsec between the two
stock_side() {
	local me=$2 peer=$((3 - $2)) n len here there
	for n in 4 6; do
		if [[ $1 == ours ]]; then
			here=${OUTER_OURS[n]} there=${OUTER_STOCK[n]}
		else
			here=${OUTER_STOCK[n]} there=${OUTER_OURS[n]}
		fi
		len=$((n == 4 ? 32 : 128))
		# all traffic between the hosts themselves
		pair $n a mode transport
		stock_policies $here $there $here/$len $there/$len mode transport reqid 5$n
		# between two addresses behind them
		pair $n b mode tunnel
		stock_policies $here $there 10.50.$n.$me/32 10.50.$n.$peer/32 mode tunnel reqid 5$n
		echo "addr add 10.50.$n.$me/32 dev lo"
		echo "route add 10.50.$n.$peer/32 via 192.0.2.$peer src 10.50.$n.$me"
		# and through an interface
		echo "link add xg$n type xfrm dev eth0 if_id 10$n"
		echo "link set xg$n up"
		echo "addr add 10.51.$n.$me/24 dev xg$n"
		pair $n c mode tunnel if_id 10$n
		WHICH="if_id 10$n" stock_policies $here $there 10.51.$n.0/24 10.51.$n.0/24 mode tunnel reqid 5$n
	done
}

# "ADDR" of everything that can be pinged from host 1 (ours) or 2 (stock)
targets() {
	local peer=$((3 - $1)) n
	for n in 4 6; do
		echo "10.$n.1.$peer fd0$n:1::$peer 10.50.$n.$peer 10.51.$n.$peer"
	done
	if (($1 == 1)); then
		echo "192.0.2.2 2001:db8::2"
	else
		echo "192.0.2.1 2001:db8::1"
	fi
}

# interleaved NAME: twenty echoes on each SA of both kinds, both ways, all at once
interleaved() {
	local name=$1 drops4 drops6 errors_ours errors_stock n
	our_sas >"$WORK/sas.0"; states ours >"$WORK/ours.0"; states stock >"$WORK/stock.0"
	drops4=$(drops ours ipsec4) drops6=$(drops ours ipsec6)
	errors_ours=$(xfrm_stat ours) errors_stock=$(xfrm_stat stock)
	# shellcheck disable=SC2046
	on stock bash -c "$ALL_AT_ONCE" ping $(targets 2) >"$WORK/echo.stock" &
	# shellcheck disable=SC2046
	on ours bash -c "$ALL_AT_ONCE" ping $(targets 1) >"$WORK/echo.ours"
	wait
	is "A8 $name, echoes from ours: none lost" "$(cat "$WORK/echo.ours")" ""
	is "A8 $name, echoes from stock: none lost" "$(cat "$WORK/echo.stock")" ""
	drops_are "A8 $name, no drop of ours over v4" ours ipsec4 "$drops4"
	drops_are "A8 $name, no drop of ours over v6" ours ipsec6 "$drops6"
	xfrm_stat_are "A8 $name, no error of stock xfrm beside us" ours "$errors_ours"
	xfrm_stat_are "A8 $name, no error of stock xfrm at the other end" stock "$errors_stock"
	our_sas >"$WORK/sas.1"; states ours >"$WORK/ours.1"; states stock >"$WORK/stock.1"
	# 20 requests and 20 answers each way; ours carry both inner families
	is "A8 $name, our SAs: exact packets" "$(moved sas)" \
		"$(for n in 4 6; do echo "$(spi_in $n 1) 80"; echo "$(spi_out $n 1) 80"; done)"
	is "A8 $name, stock SAs beside them: exact packets" "$(moved ours)" "$(stock_moved)"
	is "A8 $name, stock SAs at the other end: exact packets" "$(moved stock | grep -v '^0x0000')" \
		"$(stock_moved)"
}
moved() { join <(cut -d" " -f1,2 "$WORK/$1.0") <(cut -d" " -f1,2 "$WORK/$1.1") | awk '$2 != $3 { print $1, $3 - $2 }'; }
stock_moved() {
	local n kind
	for n in 4 6; do
		for kind in a b c; do echo "$(stock_spi $n $kind 1) 40"; echo "$(stock_spi $n $kind 2) 40"; done
	done
}

# under_traffic NAME COMMAND...: while echoes go over all stock SAs
under_traffic() {
	local name=$1 a errors_ours errors_stock rc=0
	shift
	errors_ours=$(xfrm_stat ours) errors_stock=$(xfrm_stat stock)
	for a in $(targets 1 | tr ' ' '\n' | grep -v -e :1:: -e '\.1\.2$'); do
		ip netns exec ours ping -q -n -i 0.02 "$a" >/dev/null 2>&1 &
	done
	for a in $(targets 2 | tr ' ' '\n' | grep -v -e :1:: -e '\.1\.1$'); do
		ip netns exec stock ping -q -n -i 0.02 "$a" >/dev/null 2>&1 &
	done
	flows 20 || not_ok "A8 $name" "no traffic before"
	"$@" || rc=$?
	is "A8 $name: done" $rc 0
	check "A8 $name: traffic goes on" flows 20
	# shellcheck disable=SC2046
	kill -INT $(ip netns pids ours) $(ip netns pids stock)
	wait
	wait_for 5 same_states
	is "A8 $name: every packet arrived" "$(stock_packets ours)" "$(stock_packets stock)"
	xfrm_stat_are "A8 $name: no error beside us" ours "$errors_ours"
	xfrm_stat_are "A8 $name: no error at the other end" stock "$errors_stock"
}
stock_packets() { states "$1" | grep -v '^0x0000' | cut -d" " -f1,2; }
same_states() { [[ $(stock_packets ours) == "$(stock_packets stock)" ]]; }
# flows N: each SA of both hosts carries N packets more
flows() {
	stock_packets ours >"$WORK/flow.0"
	wait_for 20 flown "$1"
}
flown() {
	[[ $(join "$WORK/flow.0" <(stock_packets ours) | awk -v n="$1" '$3 - $2 >= n' | wc -l) == 12 ]]
}

stock_ipsec() {
	stock_side ours 1 | batch ours
	stock_side stock 2 | batch stock
}

coexist_hosts
if [[ ${IPSEC_VM:-} != qemu ]]; then
	note "esp4 and esp6 are built in here; on Debian's kernel they are loaded after and before our module"
	xfrm_tunnels
	stock_ipsec
	interleaved "together"
	under_traffic "our module unloaded under stock traffic" rmmod ipsec
	finish
fi

is "A8.1 esp4 is not loaded yet" "$(ls -d /sys/module/esp4 2>&1)" \
	"ls: cannot access '/sys/module/esp4': No such file or directory"
xfrm_tunnels
stock_ipsec
check "A8.1 esp4 is loaded now" [ -d /sys/module/esp4 ]
interleaved "esp4 and esp6 loaded after our module"
under_traffic "our module unloaded under stock traffic" rmmod ipsec
under_traffic "our module loaded under stock traffic" modprobe ipsec
# the other side goes on where it was, so do our sequence numbers
xfrm_tunnels_ours seq 1000
interleaved "our module loaded after esp4 and esp6"
finish
