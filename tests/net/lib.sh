# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lib.sh - what the scenarios in tests/net share: hosts (network namespaces), wires
# between them, tunnels, exact counters, and the lines that are counted as tests.
#
# A scenario is a bash script that is run as root in a throw-away machine with the
# module loaded (tests/vm/run -- tests/net/NAME.sh).  It sources this file, draws
# its topology in a comment, prints "ok - NAME", "not ok - NAME: DETAIL" or
# "skip - NAME: WHY" for each thing it checks, and ends with "finish".
#
# Rules: wait for conditions with wait_for, never sleep blindly.  Assert exact
# numbers.  Say which error is expected.  Everything lives in namespaces made here.

set -u -o pipefail
export LC_ALL=C
WORK=$(mktemp -d /tmp/net.XXXXXX)
FAILED=0
HOSTS=()

# ---- results ---------------------------------------------------------------

ok()     { printf 'ok - %s\n' "$1"; }
not_ok() { printf 'not ok - %s: %s\n' "$1" "${2//$'\n'/ | }"; FAILED=$((FAILED + 1)); }
skip()   { printf 'skip - %s: %s\n' "$1" "$2"; }
note()   { printf '# %s\n' "$*"; }

# check NAME COMMAND...: the command must succeed
check() {
	local name=$1 out rc=0
	shift
	out=$("$@" 2>&1) || rc=$?
	if ((rc == 0)); then ok "$name"; else not_ok "$name" "\"$*\" gave $rc: $out"; fi
}

# check_fails NAME TEXT COMMAND...: it must fail, and say TEXT (a fixed string)
check_fails() {
	local name=$1 text=$2 out rc=0
	shift 2
	out=$("$@" 2>&1) || rc=$?
	if ((rc == 0)); then
		not_ok "$name" "\"$*\" succeeded: $out"
	elif ((rc > 125)) || [[ $out == *Sanitizer* ]]; then
		not_ok "$name" "\"$*\" crashed ($rc): $out"
	elif [[ $out != *"$text"* ]]; then
		not_ok "$name" "\"$*\" said \"$out\", not \"$text\""
	else
		ok "$name"
	fi
}

# is NAME GOT WANT: two strings must be equal
is() {
	if [[ $2 == "$3" ]]; then ok "$1"; else not_ok "$1" "got \"$2\", want \"$3\""; fi
}

# must COMMAND...: preparation; when it fails the scenario cannot go on
must() {
	local out rc=0
	out=$("$@" 2>&1) || rc=$?
	((rc == 0)) && return
	not_ok "${SCENARIO:-setup}" "\"$*\" gave $rc: $out"
	finish
}

# wait_for SECONDS COMMAND...: until it succeeds; false if it never does.  At least a
# minute: a machine that shares its processors with others can be as slow as that.
wait_for() {
	local end=$((SECONDS + ($1 < 60 ? 60 : $1)))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

# ---- hosts and wires -------------------------------------------------------

# host NAME...: make hosts, with loopback up
host() {
	local h
	for h; do
		must ip netns add "$h"
		HOSTS+=("$h")
		must ip -n "$h" link set lo up
		# addresses are usable at once; nothing is sent that nobody asked for (a
		# multicast report is repeated after up to a second, into exact counters)
		on "$h" sysctl -qw net.ipv6.conf.all.accept_dad=0 \
			net.ipv6.conf.default.accept_dad=0 \
			net.ipv6.conf.default.router_solicitations=0 \
			net.ipv6.conf.default.mldv2_unsolicited_report_interval=1000000000
	done
}

# on HOST COMMAND...
on() {
	local h=$1
	shift
	ip netns exec "$h" "$@"
}

# wire HOST1 DEV1 "ADDR..." HOST2 DEV2 "ADDR...": a cable, addresses with prefix
wire() {
	local a
	must ip link add "$2" netns "$1" type veth peer name "$5" netns "$4"
	for a in $3; do must ip -n "$1" addr add "$a" dev "$2"; done
	for a in $6; do must ip -n "$4" addr add "$a" dev "$5"; done
	must ip -n "$1" link set "$2" up
	must ip -n "$4" link set "$5" up
}

forwarding() {
	on "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

# ---- SAs -------------------------------------------------------------------

# key_hex LABEL BYTES: key material that depends on the label alone
key_hex() {
	local hex=
	while ((${#hex} < 2 * $2)); do
		hex+=$(printf '%s/%d' "$1" "${#hex}" | sha256sum | cut -c1-64)
	done
	echo "${hex:0:2*$2}"
}

# key_file LABEL BYTES: the same in a file; prints its name
key_file() {
	local f=$WORK/key.$1.$2
	[[ -e $f ]] || (umask 077 && key_hex "$1" "$2" >"$f")
	echo "$f"
}

# key_len ALG [BITS]: bytes of key material, salt included
key_len() {
	case $1 in
	aes-gcm-16) echo $((${2:-128} / 8 + 4)) ;;
	chacha20-poly1305) echo 36 ;;
	*) echo "key_len: unknown algorithm $1" >&2; return 1 ;;
	esac
}

# sa HOST DEV PEER in|out SPI ALG BITS [OPTION...]: key label is the SPI
sa() {
	local h=$1 dev=$2 peer=$3 dir=$4 spi=$5 alg=$6 bits=$7
	shift 7
	on "$h" ipsecctl sa add "$dev" "$peer" "$dir" spi "$spi" encr "$alg" \
		key "$(key_file "$spi" "$(key_len "$alg" "$bits")")" "$@"
}

# tunnel HOST1 OUTER1 INNER1 HOST2 OUTER2 INNER2 [ALG [BITS [OPTION...]]]
# ipsec0 on both, peers named after the other host, SPIs 0x1001 (towards HOST1) and
# 0x1002; INNER is "ADDR/LEN..." for ipsec0
tunnel() {
	local h1=$1 o1=$2 i1=$3 h2=$4 o2=$5 i2=$6 alg=${7:-aes-gcm-16} bits=${8:-128} a
	shift 6
	(($# > 2)) && shift 2 || shift $#
	must on "$h1" ipsecctl dev add ipsec0
	must on "$h2" ipsecctl dev add ipsec0
	must on "$h1" ipsecctl peer add ipsec0 "$h2" local "$o1" remote "$o2"
	must on "$h2" ipsecctl peer add ipsec0 "$h1" local "$o2" remote "$o1"
	must sa "$h1" ipsec0 "$h2" in 0x1001 "$alg" "$bits" "$@"
	must sa "$h2" ipsec0 "$h1" in 0x1002 "$alg" "$bits" "$@"
	must sa "$h1" ipsec0 "$h2" out 0x1002 "$alg" "$bits" "$@"
	must sa "$h2" ipsec0 "$h1" out 0x1001 "$alg" "$bits" "$@"
	for a in $i1; do must ip -n "$h1" addr add "$a" dev ipsec0; done
	for a in $i2; do must ip -n "$h2" addr add "$a" dev ipsec0; done
	must ip -n "$h1" link set ipsec0 up
	must ip -n "$h2" link set ipsec0 up
}

# ---- counters --------------------------------------------------------------

# drops HOST DEV: "name=value" for every reason, one a line
drops() {
	on "$1" ethtool -S "$2" | sed -n 's/^ *\([rt]x_[a-z0-9_]*\): \([0-9]*\)$/\1=\2/p'
}

# drops_are NAME HOST DEV BEFORE [REASON=N...]: since BEFORE (output of drops), these
# reasons have moved by exactly N, and no other has moved at all
drops_are() {
	local name=$1 got want
	got=$(join -t= <(sort <<<"$4") <(drops "$2" "$3" | sort) |
		awk -F= '$3 != $2 { printf "%s=%d ", $1, $3 - $2 }')
	shift 4
	want=$(printf '%s\n' "$@" | sort | tr '\n' ' ')
	is "$name" "${got% }" "${want% }"
}

# traffic HOST DEV: "rx_packets rx_bytes tx_packets tx_bytes"
traffic() {
	on "$1" ipsecctl -j dev show "$2" | python3_json \
		'd["stats"]["rx_packets"], d["stats"]["rx_bytes"], d["stats"]["tx_packets"], d["stats"]["tx_bytes"]'
}

# total HOST rx|tx: "[packets,bytes]" of ipsec0
total() { on "$1" ipsecctl -j dev show ipsec0 | jq -c '.[0].stats | [.'"$2"'_packets, .'"$2"'_bytes]'; }

# total_packets HOST rx|tx: the packets alone
total_packets() { total "$@" | jq '.[0]'; }

# tcp_counter HOST NAME: as the kernel's IP layers count it
tcp_counter() { on "$1" nstat -asz "$2" 2>/dev/null | awk -v n="$2" '$1 == n { print $2 }'; }

# python3_json EXPRESSION...: of the first object (d) of a JSON array on stdin
python3_json() {
	/usr/bin/python3 -c 'import json,sys
d = json.load(sys.stdin)
d = d[0] if isinstance(d, list) else d
print(*('"$1"',))'
}

# operstate HOST DEV: as the kernel tells everybody ("up", "dormant", ...)
operstate() { on "$1" cat "/sys/class/net/$2/operstate"; }
operstate_is() { [[ $(operstate "$1" "$2") == "$3" ]]; }

# ---- traffic ---------------------------------------------------------------

# pings NAME HOST ADDR [OPTION...]: a few echo requests, none lost
pings() {
	local name=$1 h=$2 addr=$3
	shift 3
	check "$name" on "$h" ping -q -n -c 3 -i 0.05 -W 5 "$@" "$addr"
}

# server HOST COMMAND...: in the background, stopped by finish
server() {
	local h=$1
	shift
	ip netns exec "$h" "$@" >"$WORK/server.$h.log" 2>&1 &
}

listening() { on "$1" ss -Hlnt "sport = :$2" | grep -q .; }

# iperf NAME CLIENT SERVER ADDR [OPTION...]: 2 MB must arrive, however long it takes
iperf() {
	local name=$1 c=$2 s=$3 addr=$4 out server window=(-w 128K)
	shift 4
	# iperf3 drops what is still in its socket's buffer at the end: keep that small
	[[ " $* " == *" -u "* ]] && window=()
	server "$s" iperf3 -s -1
	server=$!
	wait_for 10 listening "$s" 5201 || { not_ok "$name" "iperf3 server does not start"; return; }
	out=$(on "$c" iperf3 -J -c "$addr" -n 2M "${window[@]}" "$@" 2>&1) &&
		/usr/bin/python3 -c 'import json,sys
e = json.load(sys.stdin)["end"]
s = e.get("sum_received") or e["sum"]
sys.exit(0 if s["bytes"] >= 1500000 and s.get("lost_percent", 0) < 50 else 1)' <<<"$out" &&
		ok "$name" || not_ok "$name" "${out:0:2000}"
	wait $server
}

# ---- end -------------------------------------------------------------------

# For /proc/thread-self/fail-nth: also an allocation that may wait, and of any size.
allocations_may_fail() {
	local attr
	for attr in failslab fail_page_alloc; do
		must sh -c "echo 0 >/sys/kernel/debug/$attr/verbose"
		must sh -c "echo N >/sys/kernel/debug/$attr/ignore-gfp-wait"
	done
	must sh -c "echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem"
	must sh -c "echo 0 >/sys/kernel/debug/fail_page_alloc/min-order"
}

# Everything that was made goes away again, or the module has leaked a reference
finish() {
	local h
	pkill -P $$ 2>/dev/null
	wait
	for h in "${HOSTS[@]}"; do
		ip netns pids "$h" 2>/dev/null | xargs -r kill -9 2>/dev/null
		ip netns del "$h" 2>/dev/null
	done
	if [[ -d /sys/module/ipsec ]]; then
		if wait_for 20 rmmod ipsec; then
			ok "module unloads with nothing left behind"
		else
			not_ok "module unloads with nothing left behind" \
				"refcount $(cat /sys/module/ipsec/refcnt)"
		fi
	fi
	rm -rf "$WORK"
	exit $((FAILED > 0))
}
