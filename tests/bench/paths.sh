# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# paths.sh - the tunnels that are compared, all with the same addresses.  Sourced by the
# parts of the suite, in the machine.
#
#   tunnel_NAME A OUTER_A NET_A INNER_A  B OUTER_B NET_B INNER_B
#
# makes, between the hosts (network namespaces) A and B, whose outer addresses reach
# each other, a tunnel for what is between the networks NET_A and NET_B.  INNER is the
# address of the tunnel's own end; where there is an interface it is tun0, MTU 1440.

set -eu -o pipefail
export LC_ALL=C
umask 077
WORK=$(mktemp -d /tmp/bench.XXXXXX)
MTU=${MTU:-1440}
# 20 bytes: AES-128 and the salt; 36: ChaCha20 and the salt
GCM_KEY=000102030405060708090a0b0c0d0e0f10111213
CHACHA_KEY=${GCM_KEY}1415161718191a1b1c1d1e1f20212223

# no packet of a burst is lost on the way: all hosts share a processor and its queue
sysctl -qw net.core.netdev_max_backlog=10000

on() { ip netns exec "$@"; }

# host NAME...: with nothing that sends by itself
host() {
	local h
	for h; do
		ip netns add "$h"
		on "$h" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 \
			net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
		ip -n "$h" link set lo up
	done
}

# wire A DEV_A ADDR_A B DEV_B ADDR_B: the neighbours are known, nobody asks
wire() {
	ip -batch - <<-END
		link add $2 netns $1 address 02:00:00:00:00:0a type veth peer name $5 netns $4 address 02:00:00:00:00:0b
	END
	ip -n "$1" -batch - <<-END
		addr add $3/24 dev $2
		link set $2 up
		neigh replace $6 lladdr 02:00:00:00:00:0b dev $2
	END
	ip -n "$4" -batch - <<-END
		addr add $6/24 dev $5
		link set $5 up
		neigh replace $3 lladdr 02:00:00:00:00:0a dev $5
	END
}

# device HOST INNER NET: address, MTU and route of tun0
device() {
	ip -n "$1" -batch - <<-END
		link set tun0 mtu $MTU
		link set tun0 up
		addr add $2/32 dev tun0
		route add $3 dev tun0
	END
}

tunnel_veth() {
	ip -n "$1" -batch - <<-END
		addr add $4/32 dev lo
		route add $7 via $6 src $4 mtu $MTU
	END
	ip -n "$5" -batch - <<-END
		addr add $8/32 dev lo
		route add $3 via $2 src $8 mtu $MTU
	END
}

tunnel_ipip() {
	ip -n "$1" link add tun0 type ipip local "$2" remote "$6"
	ip -n "$5" link add tun0 type ipip local "$6" remote "$2"
	device "$1" "$4" "$7"
	device "$5" "$8" "$3"
}

# states HOST LOCAL REMOTE SPI_IN SPI_OUT AEAD KEY [OPTION...]
states() {
	local h=$1 local=$2 remote=$3 in=$4 out=$5 aead="$6 0x$7 128"
	shift 7
	ip -n "$h" -batch - <<-END
		xfrm state add src $remote dst $local proto esp spi $in mode tunnel flag esn replay-window 1024 aead $aead $*
		xfrm state add src $local dst $remote proto esp spi $out mode tunnel flag esn replay-window 1024 aead $aead $*
	END
}

# policies HOST LOCAL REMOTE NET_LOCAL NET_REMOTE [OPTION...]
policies() {
	local h=$1 local=$2 remote=$3 here=$4 there=$5
	shift 5
	ip -n "$h" -batch - <<-END
		xfrm policy add src $here dst $there dir out tmpl src $local dst $remote proto esp mode tunnel $*
		xfrm policy add src $there dst $here dir in tmpl src $remote dst $local proto esp mode tunnel $*
		xfrm policy add src $there dst $here dir fwd tmpl src $remote dst $local proto esp mode tunnel $*
	END
}

tunnel_xfrm() {
	states "$1" "$2" "$6" 0x1001 0x1002 'rfc4106(gcm(aes))' $GCM_KEY
	states "$5" "$6" "$2" 0x1002 0x1001 'rfc4106(gcm(aes))' $GCM_KEY
	policies "$1" "$2" "$6" "$3" "$7"
	policies "$5" "$6" "$2" "$7" "$3"
	tunnel_veth "$@"
}

# xfrm_end HOST LOCAL REMOTE SPI_IN SPI_OUT: AEAD and KEY are the caller's
xfrm_end() {
	states "$@" "$AEAD" "$KEY" if_id 7
	policies "$1" "$2" "$3" 0.0.0.0/0 0.0.0.0/0 if_id 7
	ip -n "$1" link add tun0 type xfrm dev lo if_id 7
}

xfrm_interface() {
	xfrm_end "$1" "$2" "$6" 0x1001 0x1002
	xfrm_end "$5" "$6" "$2" 0x1002 0x1001
	device "$1" "$4" "$7"
	device "$5" "$8" "$3"
}

tunnel_xfrmi() { AEAD='rfc4106(gcm(aes))' KEY=$GCM_KEY xfrm_interface "$@"; }
tunnel_xfrmi_chacha() { AEAD='rfc7539esp(chacha20,poly1305)' KEY=$CHACHA_KEY xfrm_interface "$@"; }

# wireguard HOST REMOTE NET PRIVATE PUBLIC
wireguard() {
	ip -n "$1" link add tun0 type wireguard
	cat > "$WORK/wg" <<-END
		[Interface]
		PrivateKey = $4
		ListenPort = 51820
		[Peer]
		PublicKey = $5
		AllowedIPs = 0.0.0.0/0
		Endpoint = $2:51820
	END
	on "$1" wg setconf tun0 "$WORK/wg"
}

tunnel_wireguard() {
	local a b
	a=$(wg genkey) b=$(wg genkey)
	wireguard "$1" "$6" "$7" "$a" "$(wg pubkey <<< "$b")"
	wireguard "$5" "$2" "$3" "$b" "$(wg pubkey <<< "$a")"
	device "$1" "$4" "$7"
	device "$5" "$8" "$3"
}

# ours HOST LOCAL REMOTE SPI_IN SPI_OUT: ALG and KEY, and ENCAP ports, are the caller's
ours() {
	echo "$KEY" > "$WORK/key"
	on "$1" bash -e <<-END
		ipsecctl dev add tun0
		ipsecctl peer add tun0 other local $2 remote $3 $ENCAP
		ipsecctl sa add tun0 other in spi $4 encr $ALG key $WORK/key replay-window 1024
		ipsecctl sa add tun0 other out spi $5 encr $ALG key $WORK/key
	END
}

ours_both() {
	ours "$1" "$2" "$6" 0x1001 0x1002
	ours "$5" "$6" "$2" 0x1002 0x1001
	device "$1" "$4" "$7"
	device "$5" "$8" "$3"
}

tunnel_ipsec() { ALG=aes-gcm-16 KEY=$GCM_KEY ENCAP='' ours_both "$@"; }
tunnel_ipsec_chacha() { ALG=chacha20-poly1305 KEY=$CHACHA_KEY ENCAP='' ours_both "$@"; }

tunnel_ipsec_udp() {
	on "$1" ipsecctl encap 4500 > /dev/null 2>&1 &
	on "$5" ipsecctl encap 4500 > /dev/null 2>&1 &
	ALG=aes-gcm-16 KEY=$GCM_KEY ENCAP='encap 4500 4500' ours_both "$@"
}

# Two hosts: a 10.0.0.1 --- 10.0.0.2 b, inside 10.9.0.1 and 10.9.0.2
two_hosts() {
	host a b
	wire a va 10.0.0.1 b vb 10.0.0.2
	"tunnel_$1" a 10.0.0.1 10.9.0.1/32 10.9.0.1 b 10.0.0.2 10.9.0.2/32 10.9.0.2
	warm a 10.9.0.2
}

# h1 10.1.0.2 --- gwa 10.0.0.1 === 10.0.0.2 gwb --- 10.2.0.2 h2
two_gateways() {
	host h1 gwa gwb h2
	wire h1 eth0 10.1.0.2 gwa lan 10.1.0.1
	wire gwa va 10.0.0.1 gwb vb 10.0.0.2
	wire h2 eth0 10.2.0.2 gwb lan 10.2.0.1
	ip -n h1 route add default via 10.1.0.1
	ip -n h2 route add default via 10.2.0.1
	"tunnel_$1" gwa 10.0.0.1 10.1.0.0/24 10.9.0.1 gwb 10.0.0.2 10.2.0.0/24 10.9.0.2
	warm h1 10.2.0.2
}

# warm HOST ADDR: routes, neighbours and keys are there
warm() {
	on "$1" ping -q -n -c 3 -i 0.02 -W 5 "$2" > /dev/null || { echo "bench: no way from $1 to $2" >&2; exit 1; }
}

# Everything of a path goes again
no_hosts() {
	local h
	# background programs hold a namespace
	jobs -p | xargs -r kill 2> /dev/null || true
	wait 2> /dev/null || true
	for h in a b h1 gwa gwb h2; do ip netns del "$h" 2> /dev/null || true; done
}

# bench HOST COMMAND...: of the module; prints its answer
bench() {
	local h=$1
	shift
	on "$h" bash -c 'echo "$*" > /proc/ipsec_bench && cat /proc/ipsec_bench' bench "$@"
}

# packet_cost HOST COUNT ARGUMENT...: sends, none may be lost; prints tenths of ticks per packet
packet_cost() {
	local h=$1 count=$2 answer
	shift 2
	answer=$(bench "$h" send "count=$count" "$@")
	[[ $answer =~ received=$count\ ticks=([0-9]+) ]] ||
		{ echo "bench: of $count packets, $*: $answer" >&2; exit 1; }
	echo $((BASH_REMATCH[1] * 10 / count))
}

listening() { on b ss -Hlnt "sport = :5201" | grep -q .; }

# while_served COMMAND...: runs it while b has a server for one run of iperf3
while_served() {
	on b iperf3 -s -1 > /dev/null 2>&1 &
	until listening; do sleep 0.01; done
	"$@"
	wait $!
}

# stream OPTION...: one run of iperf3 from a to b; prints Mbit/s
stream() {
	while_served on a iperf3 -J -c 10.9.0.2 "$@" > "$WORK/iperf"
	/usr/bin/python3 -c 'import json, sys
print("%.1f" % (json.load(open(sys.argv[1]))["end"]["sum_received"]["bits_per_second"] / 1e6))' "$WORK/iperf"
}

# insert_bench MODULE: the benchmark's own.  While the machine waits for a file its clock runs
# on to the next timer, so whatever the kernel would load by itself times out: it is loaded
# before.  ansi_cprng is what seqiv (the stock kernel's ESP) takes its salt from; the default
# looks for randomness in a clock.
insert_bench() {
	modprobe -a ansi_cprng cryptomgr chacha20poly1305 chacha_x86_64 poly1305_x86_64 gcm ccm authenc seqiv echainiv \
		esp4 xfrm_user xfrm_interface xfrm4_tunnel ipip wireguard veth
	insmod "$1"
}

# tenths N: prints N / 10
tenths() { echo "$(($1 / 10)).$(($1 % 10))"; }

# result NAME VALUE: one figure
result() { echo "result $1 $2"; }
