# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lib_xfrm.sh - our tunnels against the kernel's own IPsec: two hosts, ipsecN on one,
# xfrm states, policies and an xfrm interface on the other.  Sourced after lib.sh.
#
#   ours  ipsec4 10.4.K.1 fd04:K::1 -- 192.0.2.1 ===== 192.0.2.2 -- 10.4.K.2 fd04:K::2 xf4  stock
#         ipsec6 10.6.K.1 fd06:K::1 -- 2001:db8::1 = 2001:db8::2 -- 10.6.K.2 fd06:K::2 xf6
#
# The number in an interface's name is the family of the outer addresses.  Through
# each go several tunnels, K = 1, 2, ..., with SAs of their own: a peer with selectors
# here, a policy with selectors there.  In an emulator it is the starting of programs
# that takes the time, so all tunnels are made, and looked at, at once.

umask 077		# keys are written to files
# "... | batch" runs here, not in a subshell: it can end the scenario
shopt -s lastpipe
OUTER_OURS=([4]=192.0.2.1 [6]=2001:db8::1)
OUTER_STOCK=([4]=192.0.2.2 [6]=2001:db8::2)
ALGS=("aes-gcm-16 128" "aes-gcm-16 192" "aes-gcm-16 256" "chacha20-poly1305 256")
TUNNELS=()		# a line "OUTER K ALG BITS ESN" each

# ---- hosts -----------------------------------------------------------------

xfrm_hosts() {
	# a burst may wait for its CPU, but is not lost: the counters are exact
	must sysctl -qw net.core.netdev_max_backlog=100000
	host ours stock
	wire ours eth0 "192.0.2.1/24 2001:db8::1/64" stock eth0 "192.0.2.2/24 2001:db8::2/64"
}

# coexist_hosts: the same, and the two know each other's link address: there is no
# neighbour discovery, which a policy for all traffic would protect, and count, too.
# Ours has a second address in each family.
coexist_hosts() {
	xfrm_hosts
	batch ours <<-END
		link set eth0 address 02:00:00:00:00:01
		addr add 192.0.2.11/24 dev eth0
		addr add 2001:db8::11/64 dev eth0 preferred_lft 0
		neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev eth0
		neigh replace 2001:db8::2 lladdr 02:00:00:00:00:02 dev eth0
	END
	batch stock <<-END
		link set eth0 address 02:00:00:00:00:02
		neigh replace 192.0.2.1 lladdr 02:00:00:00:00:01 dev eth0
		neigh replace 192.0.2.11 lladdr 02:00:00:00:00:01 dev eth0
		neigh replace 2001:db8::1 lladdr 02:00:00:00:00:01 dev eth0
		neigh replace 2001:db8::11 lladdr 02:00:00:00:00:01 dev eth0
	END
}

# batch HOST: "ip" commands from standard input, all must succeed
batch() {
	cat >"$WORK/batch"
	must ip -n "$1" -batch "$WORK/batch"
}

# script HOST: shell commands from standard input, all must succeed
script() {
	cat >"$WORK/script"
	must on "$1" bash -e "$WORK/script"
}

# ---- SAs -------------------------------------------------------------------

# The names of a tunnel's parts: inner addresses and SPIs (in and out as we see it).  The
# SPIs are 0x0000NK01 and 0x0000NK02, which is written out where there are many.
inner() {		# ours|stock OUTER K FAMILY
	local n=1
	[[ $1 == stock ]] && n=2
	if [[ $4 == 4 ]]; then echo "10.$2.$3.$n"; else echo "fd0$2:$3::$n"; fi
}
spi_in() { printf '0x0000%d%d01' "$1" "$2"; }
spi_out() { printf '0x0000%d%d02' "$1" "$2"; }
tunnel_name() { echo "$3-$4 esn $5"; }

# xfrm_key SPI BITS: sets KEY to key and salt in hex, others for each SPI
xfrm_key() {
	local i byte
	KEY=
	for ((i = 0; i < $2 / 8 + 4; i++)); do
		printf -v byte %02x $(((($1 + 1) * (2 * i + 1) * 40503 >> 7) & 255))
		KEY+=$byte
	done
}

# ours_sa DEV PEER in|out SPI ALG BITS on|off [OPTION...]: the command that adds it
ours_sa() {
	local KEY
	xfrm_key "$4" "$6"
	echo "$KEY" >"$WORK/key.$4"
	echo "ipsecctl sa add $1 $2 $3 spi $4 encr $5 key $WORK/key.$4 esn ${*:7}"
}

# stock_sa SRC DST SPI ALG BITS on|off [OPTION...]: a line for batch that adds it.  The
# options are ip-xfrm(8)'s; KEY_OF is another SPI whose key it shall have.
stock_sa() {
	local name='rfc4106(gcm(aes))' flags='' KEY
	[[ $4 == chacha20-poly1305 ]] && name='rfc7539esp(chacha20,poly1305)'
	# in tunnel mode both families may be inside
	[[ " $* " == *' mode transport '* ]] || flags+=' af-unspec'
	[[ $6 == on ]] && flags+=' esn'
	xfrm_key "${KEY_OF:-$3}" "$5"
	echo "xfrm state add src $1 dst $2 proto esp spi $3 ${flags:+flag$flags} replay-window 1024" \
		"aead $name 0x$KEY 128 ${*:7}"
}

# stock_policies LOCAL REMOTE SRC DST OPTION...: two lines for batch, for the traffic
# between SRC and DST (prefixes, SRC being on our side of it).  WHICH is more to select.
stock_policies() {
	echo "xfrm policy add src $3 dst $4 dir out ${WHICH:-} tmpl src $1 dst $2 proto esp ${*:5}"
	echo "xfrm policy add src $4 dst $3 dir in ${WHICH:-} tmpl src $2 dst $1 proto esp ${*:5}"
}

# xfrm_tunnels: interfaces, addresses, peers, policies and SAs of all TUNNELS.  With
# WRONG_KEY=K the keys of tunnel K differ.
xfrm_tunnels() {
	xfrm_tunnels_ours
	xfrm_tunnels_stock
}

# outers: the families of the outer addresses of TUNNELS
outers() { printf '%s\n' "${TUNNELS[@]}" | cut -d" " -f1 | sort -u; }

# xfrm_tunnels_ours [OPTION...]: the options are for the outbound SAs
# shellcheck disable=SC2120 # the scenarios have them
xfrm_tunnels_ours() {
	local line n k alg bits esn
	for n in $(outers); do
		echo "ipsecctl dev add ipsec$n"
		echo "ip link set ipsec$n up"
	done | script ours
	for line in "${TUNNELS[@]}"; do
		read -r n k alg bits esn <<<"$line"
		echo "ipsecctl peer add ipsec$n t$k local ${OUTER_OURS[n]} remote ${OUTER_STOCK[n]}" \
			"selector 10.$n.$k.0/24 selector fd0$n:$k::/64"
		ours_sa "ipsec$n" "t$k" in "0x0000$n${k}01" "$alg" "$bits" "$esn"
		ours_sa "ipsec$n" "t$k" out "0x0000$n${k}02" "$alg" "$bits" "$esn" "$@"
	done | script ours
	for line in "${TUNNELS[@]}"; do
		read -r n k _ <<<"$line"
		echo "addr add 10.$n.$k.1/24 dev ipsec$n"
		echo "addr add fd0$n:$k::1/64 dev ipsec$n"
	done | batch ours
}

xfrm_tunnels_stock() {
	local line n
	for n in $(outers); do
		echo "link add xf$n type xfrm dev eth0 if_id $n"
		# no more than fits: the outer packets are never fragments
		echo "link set xf$n mtu 1400 up"
	done | batch stock
	for line in "${TUNNELS[@]}"; do
		# shellcheck disable=SC2086
		xfrm_tunnel_stock $line
	done | batch stock
}

xfrm_tunnel_stock() {
	local n=$1 k=$2 net KEY_OF=''
	echo "addr add 10.$n.$k.2/24 dev xf$n"
	echo "addr add fd0$n:$k::2/64 dev xf$n"
	for net in 10.$n.$k.0/24 fd0$n:$k::/64; do
		WHICH="if_id $n" stock_policies "${OUTER_STOCK[n]}" "${OUTER_OURS[n]}" "$net" "$net" \
			reqid "$n$k" mode tunnel
	done
	[[ ${WRONG_KEY:-} == "$k" ]] && KEY_OF=0x9999
	stock_sa "${OUTER_STOCK[n]}" "${OUTER_OURS[n]}" "0x0000$n${k}01" "${@:3}" \
		mode tunnel reqid "$n$k" if_id $n
	stock_sa "${OUTER_OURS[n]}" "${OUTER_STOCK[n]}" "0x0000$n${k}02" "${@:3}" \
		mode tunnel reqid "$n$k" if_id $n
}

# ---- traffic ---------------------------------------------------------------

# echoes HOST [OPTION...]: ping the addresses of standard input, lines "ADDR NAME"
echoes() {
	local h=$1 out
	shift
	out=$(on "$h" bash -c '
		while read -r addr name; do
			if out=$(ping -q -n -W 5 "$@" "$addr" 2>&1 </dev/null); then
				echo "ok - $name"
			else
				echo "not ok - $name: ${out//[[:space:]]/ }"
			fi
		done' echoes "$@")
	echo "$out"
	FAILED=$((FAILED + $(grep -c '^not ok' <<<"$out")))
}

# for "bash -c": ping all that follow at the same time; says what was lost
export ALL_AT_ONCE='for a; do
	(out=$(ping -q -n -c 20 -i 0.02 -W 5 $a 2>&1) || echo "$a: $out") &
done
wait'

# ---- counters --------------------------------------------------------------

# counts HOST DEV: "rx_packets rx_bytes tx_packets tx_bytes"
counts() {
	on "$1" bash -c 'cd "/sys/class/net/$1/statistics" && echo $(<rx_packets) $(<rx_bytes) $(<tx_packets) $(<tx_bytes)' \
		counts "$2"
}

# our_sas: a line "SPI packets bytes sequence-number drops" for each, by SPI
our_sas() {
	on ours ipsecctl -j sa show | /usr/bin/python3 -c '
import json, sys
for sa in sorted(json.load(sys.stdin), key=lambda sa: sa["spi"]):
    s, way = sa["stats"], "rx" if sa["dir"] == "in" else "tx"
    print(sa["spi"], s[way + "_packets"], s[way + "_bytes"], sa["seq"], sum(s["drops"].values()))'
}

# states HOST: a line "SPI packets bytes sequence-number failures" for each xfrm state,
# by SPI: the number last sent or the highest received; all kinds of failures
states() {
	ip -n "$1" -s xfrm state | awk '
		function out() { if (spi) print spi, packets, bytes, seq, failed | "sort" }
		function hex(s) { gsub(/0x|,/, "", s); return s }
		$1 == "src" && $3 == "dst" && !/^\t/ { out(); spi = "" }
		$1 == "proto" && $3 == "spi" { spi = $4; sub(/\(.*/, "", spi); seq = 0 }
		/seq 0x/ {
			for (i = 1; i < NF; i++)
				if (($i == "seq" || $i == "oseq") && hex($(i + 1)) ~ /[1-9a-f]/)
					seq = "0x" hex($(i + 1))
		}
		/lifetime current/ { life = NR + 1 }
		NR == life { bytes = $1 + 0; packets = $2 + 0 }
		/replay-window [0-9]+ replay/ { failed = $2 + $4 + $6 }
		END { out() }'
}

# xfrm_stat HOST: "Name=value" for each
xfrm_stat() { on "$1" awk '{ print $1 "=" $2 }' /proc/net/xfrm_stat; }

# xfrm_stat_are NAME HOST BEFORE [COUNTER=N...]: moved by exactly N, nothing else
xfrm_stat_are() {
	local name=$1 got want
	got=$(paste -d= <(echo "$3") <(xfrm_stat "$2") |
		awk -F= '$4 != $2 { printf "%s=%d ", $1, $4 - $2 }')
	shift 3
	want=$(printf '%s\n' "$@" | sort | paste -sd' ')
	is "$name" "${got% }" "$want"
}

# ---- the wire --------------------------------------------------------------

# What may be on the wire beside ESP: ARP, neighbour discovery, multicast listeners
QUIET='not arp and not (ip6 proto 58 and ip6[40] >= 133 and ip6[40] <= 136)
	and not (ip6 proto 0 and ip6 dst net ff02::/16)'

# capture FILE HOST DEV FILTER: until finish
capture() {
	# not a child of this shell: "wait" does not wait for it
	(ip netns exec "$2" tcpdump -i "$3" -n -Z root -U --immediate-mode -s 400 -B 8192 \
		-w "$1" "$4" >/dev/null 2>"$1.log" &)
	wait_for 30 grep -q "listening on" "$1.log" || must cat "$1.log" /nonexistent
}

# captured FILE: tcpdump's words, without times, when the marker is in it: one clear
# echo request between the outer addresses, and its answer
captured() {
	on ours ping -q -c 1 -W 5 192.0.2.2 >/dev/null
	wait_for 10 marker_in "$1"
	tcpdump -r "$1" -n -t 2>/dev/null
}
marker_in() { [[ $(tcpdump -r "$1" -n -t icmp 2>/dev/null) == *"echo reply"* ]]; }

# ---- bulk ------------------------------------------------------------------

# transfer NAME HOST ADDR BYTES [OPTION...]: iperf3 between HOST and the server at ADDR.
# It ends when all is sent, and does not count what is then on its way.
transfer() {
	local name=$1 out kbytes
	out=$(on "$2" iperf3 -c "$3" -n "$4" -f K "${@:5}" 2>&1)
	kbytes=$(sed -nE '/receiver/s/^.* sec +([0-9]+)[0-9.]* ([KM])Bytes .*$/\1\2/p' <<<"$out")
	kbytes=${kbytes/%M/000}
	if [[ $out == *"iperf Done."* ]] && ((${kbytes%K} >= 20)); then
		ok "$name"
	else
		not_ok "$name" "$out"
	fi
}

# xfrm_bulk OUTER: big packets and streams through a tunnel of each algorithm, with and
# without ESN by turns
xfrm_bulk() {
	local n=$1 k=1 alg esn=on line name family errors drops h to
	for alg in "${ALGS[@]}"; do
		TUNNELS+=("$n $((k++)) $alg $esn")
		if [[ $esn == on ]]; then esn=off; else esn=on; fi
	done
	# a datagram may wait for its reader
	must sysctl -qw net.core.rmem_max=8388608 net.core.wmem_max=8388608
	xfrm_hosts
	xfrm_tunnels
	capture "$WORK/clear.pcap" stock eth0 "$QUIET and not ip proto 50 and not ip6 proto 50"
	server stock iperf3 -s
	wait_for 20 listening stock 5201 || must false "iperf3 server does not start"
	drops=$(drops ours "ipsec$n")
	errors=$(xfrm_stat stock)

	for h in ours stock; do
		if [[ $h == ours ]]; then to=stock; else to=ours; fi
		for line in "${TUNNELS[@]}"; do
			read -r _ k _ <<<"$line"
			for family in 4 6; do
				# shellcheck disable=SC2086
				echo "$(inner $to "$n" "$k" $family)" \
					"xfrm v$family-in-v$n $(tunnel_name $line) 64 KiB ping from $h"
			done
		done | echoes $h -c 2 -i 0.1 -s 65000
	done
	for line in "${TUNNELS[@]}"; do
		read -r _ k _ <<<"$line"
		for family in 4 6; do
			# shellcheck disable=SC2086
			name="xfrm v$family-in-v$n $(tunnel_name $line)"
			to=$(inner stock "$n" "$k" $family)
			transfer "$name TCP from ours" ours "$to" 1000000
			transfer "$name TCP from stock" ours "$to" 1000000 -R
			# each algorithm with one of the families
			(((k + family / 2) % 2)) && continue
			transfer "$name UDP from ours" ours "$to" 400000 -u -b 10M -w 4M
			transfer "$name UDP from stock" ours "$to" 400000 -u -b 10M -w 4M -R
		done
	done
	bulk_counters "$n" "$drops" "$errors"
}

# What one side has sent is what the other has received, and nothing was lost.  (The
# stock kernel counts the bytes that it sends before it splits them into packets.)
bulk_counters() {
	local n=$1 line k name in out
	drops_are "xfrm v$n no drop on our side" ours "ipsec$n" "$2"
	xfrm_stat_are "xfrm v$n no error on the stock side" stock "$3"
	our_sas >"$WORK/ours"
	states stock >"$WORK/stock"
	for line in "${TUNNELS[@]}"; do
		read -r _ k _ <<<"$line"
		# shellcheck disable=SC2086
		name="xfrm v$n $(tunnel_name $line)"
		# SPI packets bytes number drops
		read -ra in <<<"$(grep "0x0000$n${k}01" "$WORK/ours")"
		read -ra out <<<"$(grep "0x0000$n${k}01" "$WORK/stock")"
		is "$name received by us: all that stock has sent" \
			"${in[1]} ${in[3]} ${in[4]}" "$((out[3])) $((out[3])) 0"
		read -ra out <<<"$(grep "0x0000$n${k}02" "$WORK/ours")"
		read -ra in <<<"$(grep "0x0000$n${k}02" "$WORK/stock")"
		is "$name received by stock: all that we have sent" \
			"${in[1]} ${in[2]} $((in[3])) ${in[4]}" "${out[1]} ${out[2]} ${out[3]} 0"
		check "$name many packets went both ways" \
			[ "${in[1]}" -gt 500 -a "${out[1]}" -gt 500 ]
	done
	is "nothing but ESP on the wire" "$(captured "$WORK/clear.pcap" | sed 's/, id.*//')" "\
IP 192.0.2.1 > 192.0.2.2: ICMP echo request
IP 192.0.2.2 > 192.0.2.1: ICMP echo reply"
}
