#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scenario.sh: the demonstration itself, in a machine with the module loaded.
# Started by tests/demo/run.
#
#   left ------ gwa ------- underlay ------- gwb ------ right
#   10.1.0.2    192.0.2.1              192.0.2.2        10.2.0.2
#   fd01::2                                             fd02::2
#
# Each claim is checked before it is printed; the first that is not true ends the
# demonstration with a failure.

set -u -o pipefail
export LC_ALL=C
work=$(mktemp -d /tmp/demo.XXXXXX)
cd "$work" || exit 1
sentence="The treasure is buried under the old oak."

. "${IPSEC_TOP:?}/tests/demo/words.sh"

# quiet HOST COMMAND…: preparation that nobody wants to read
quiet() {
	local host=$1 out
	shift
	out=$(ip netns exec "$host" "$@" 2>&1) || fail "$host: \"$*\": $out"
}

# at HOST COMMAND…: show the command, run it there, show what it prints (kept in
# the file "printed")
at() {
	local host=$1
	shift
	command_line "$host" "$*"
	ip netns exec "$host" "$@" 2>&1 | tee "$work/printed" | output ||
		fail "$host: \"$*\" did not work"
}

# wait_for COMMAND…: until it succeeds
wait_for() {
	local end=$((SECONDS + 90))
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "waited in vain for: $*"
		sleep 0.05
	done
}

# ---- watching --------------------------------------------------------------

# watch NAME HOST DEVICE [FILTER]: tcpdump in the background, packets to NAME.pcap
watch() {
	local name=$1 host=$2 device=$3
	shift 3
	ip netns exec "$host" tcpdump -Z root -B 16384 --immediate-mode -U -n -i "$device" -w "$name.pcap" "$@" 2> "$name.log" &
	watcher[$name]=$!
	wait_for grep -q 'listening on' "$name.log"
}

# watched NAME: stop it; a packet that tcpdump was too slow for would prove nothing
watched() {
	local captured received
	kill -INT "${watcher[$1]}"
	wait "${watcher[$1]}"
	captured=$(sed -n 's/ packets\{0,1\} captured//p' "$1.log")
	received=$(sed -n 's/ packets\{0,1\} received by filter//p' "$1.log")
	[ "$captured" = "$received" ] && grep -q '^0 packets dropped by kernel' "$1.log" ||
		fail "tcpdump missed packets: $(tail -n 3 "$1.log" | tr '\n' ' ')"
}

# packets NAME FILTER: how many of them there are
packets() { tcpdump -n -r "$1.pcap" "$2" 2> /dev/null | wc -l; }

connection_ends() { [ "$(packets "$1" 'tcp[tcpflags] & tcp-fin != 0')" = 2 ]; }

# ---- the hosts -------------------------------------------------------------

# cable HOST1 DEVICE1 ADDRESSES HOST2 DEVICE2 ADDRESSES
cable() {
	local address
	ip link add "$2" netns "$1" type veth peer name "$5" netns "$4" || fail "no cable from $1 to $4"
	for address in $3; do quiet "$1" ip addr add "$address" dev "$2"; done
	for address in $6; do quiet "$4" ip addr add "$address" dev "$5"; done
	quiet "$1" ip link set "$2" up
	quiet "$4" ip link set "$5" up
}

ipv6_for_new_devices() {
	quiet gwa sysctl -qw net.ipv6.conf.default.disable_ipv6=$((!$1))
	quiet gwb sysctl -qw net.ipv6.conf.default.disable_ipv6=$((!$1))
}

build_network() {
	local host
	# what a burst may fill before it is read; an emulated processor is slow
	sysctl -qw net.core.netdev_max_backlog=20000
	for host in left gwa gwb right; do
		ip netns add "$host" || fail "no network namespace"
		quiet "$host" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
		quiet "$host" ip link set lo up
	done
	# the underlay is IPv4 only, so that nothing else talks there
	ipv6_for_new_devices 0
	cable gwa wan 192.0.2.1/24 gwb wan 192.0.2.2/24
	ipv6_for_new_devices 1
	cable left eth0 "10.1.0.2/24 fd01::2/64" gwa lan "10.1.0.1/24 fd01::1/64"
	cable right eth0 "10.2.0.2/24 fd02::2/64" gwb lan "10.2.0.1/24 fd02::1/64"
	for host in gwa gwb; do
		quiet $host sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	done
	quiet left ip route add default via 10.1.0.1
	quiet left ip -6 route add default via fd01::1
	quiet right ip route add default via 10.2.0.1
	quiet right ip -6 route add default via fd02::1
	quiet gwa ip route add 10.2.0.0/24 via 192.0.2.2
	quiet gwb ip route add 10.1.0.0/24 via 192.0.2.1
}

listening() { ip netns exec "$1" ss -Hlnt "sport = :$2" | grep -q .; }

# send_sentence: left says it, right hears it
send_sentence() {
	local listener
	ip netns exec right busybox nc -l -p 7000 > heard &
	listener=$!
	wait_for listening right 7000
	command_line left "echo \"$sentence\" | nc 10.2.0.2 7000"
	echo "$sentence" | ip netns exec left busybox nc 10.2.0.2 7000 || fail "nothing is sent"
	wait "$listener"
	[ "$(< heard)" = "$sentence" ] || fail "right heard \"$(< heard)\""
}

# ---- the tunnel ------------------------------------------------------------

# What both must know: a secret
make_secret() { (umask 077 && openssl rand -hex 32 > secret); }

# gwa is ours: one file
our_file() {
	cat > ipsec0.conf <<- END
		[interface]
		id = gwa.example.org

		[peer gwb]
		remote = 192.0.2.2
		id = gwb.example.org
		psk-file = $work/secret
		local-networks = 10.1.0.0/24, fd01::/64
		networks = 10.2.0.0/24, fd02::/64
		start = now
	END
}

# gwb is strongSwan's charon, with the kernel's own IPsec and its xfrm interface
charon_files() {
	mkdir -p swanctl
	cat > swanctl/swanctl.conf <<- END
		connections { gwa {
			version = 2
			local_addrs = 192.0.2.2
			remote_addrs = 192.0.2.1
			local { auth = psk
				id = gwb.example.org }
			remote { auth = psk
				id = gwa.example.org }
			children { net {
				local_ts = 10.2.0.0/24, fd02::/64
				remote_ts = 10.1.0.0/24, fd01::/64
				esp_proposals = aes256gcm16
				replay_window = 1024
				if_id_in = 42
				if_id_out = 42 } } } }
		secrets { ike {
			id = gwa.example.org
			secret = $(< secret) } }
	END
	cat > strongswan.conf <<- END
		charon-systemd { load = random nonce openssl hmac kdf curve25519 kernel-netlink socket-default vici
			install_routes = no
			plugins { vici { socket = unix://$work/vici } }
			filelog { log { path = $work/charon.log
				flush_line = yes } }
			journal { default = -1 } }
	END
}

swan() {
	SWANCTL_DIR=$work/swanctl STRONGSWAN_CONF=$work/strongswan.conf \
		ip netns exec gwb swanctl "$@" --uri "unix://$work/vici"
}

start_charon() {
	quiet gwb ip link add ipsec42 type xfrm if_id 42
	quiet gwb ip link set ipsec42 up
	quiet gwb ip route replace 10.1.0.0/24 dev ipsec42
	quiet gwb ip route replace fd01::/64 dev ipsec42
	STRONGSWAN_CONF=$work/strongswan.conf ip netns exec gwb charon-systemd > charon.out 2>&1 &
	wait_for test -S vici
	swan --load-all --noprompt > charon.out 2>&1 || fail "charon: $(< charon.out)"
}

start_iked() {
	command_line gwa "ipsec-iked &"
	ip netns exec gwa ipsec-iked -u nobody 2> iked.log &
	wait_for test -S /run/ipsec/iked.sock
}

is_up() { [ "$(ip netns exec "$1" cat /sys/class/net/ipsec0/operstate)" = up ]; }

# counter HOST NAME: of ipsec0, as ipsecctl tells it
counter() {
	ip netns exec "$1" ipsecctl -j dev show ipsec0 | sed -n "s/.*\"$2\": \([0-9]*\).*/\1/p" | head -n 1
}

# counter_ike NAME: of ipsec-iked
counter_ike() {
	ip netns exec gwa ipsecctl -j ike status |
		grep -A 2 "\"name\":\"$1\"" | sed -n 's/.*"value":\([0-9]*\).*/\1/p'
}

# What ipsec0 of HOST dropped: "name": count.  What IPv6 says to all its neighbours
# when an interface comes up is for no peer: that is no loss.
dropped() {
	ip netns exec "$1" ipsecctl -j dev show ipsec0 | sed -n '/"drops"/,/}/p' |
		grep -oE '"[rt]x_[a-z_]+": [0-9]+' | grep -v -e ': 0$' -e '"tx_no_peer"'
}

# What the kernel of gwb counted on the SA from one address to the other
stock_packets() {
	ip -n gwb -s xfrm state list src "$1" dst "$2" | sed -n 's/.* \([0-9]*\)(packets).*/\1/p' |
		sort -n | tail -n 1
}

same_counters() {
	[ "$(counter gwa tx_packets)" = "$(stock_packets 192.0.2.1 192.0.2.2)" ] &&
		[ "$(counter gwa rx_packets)" = "$(stock_packets 192.0.2.2 192.0.2.1)" ]
}

# The sniffer on the underlay has every packet that gwa says it sent or received.
all_seen() { [ "$(packets "$1" esp)" = $(($(counter gwa tx_packets) + $(counter gwa rx_packets))) ]; }

# ---- the story -------------------------------------------------------------

declare -A watcher=()

heading "1. Four hosts"
say "Booted: Linux $(uname -r), module ipsec $(cat /sys/module/ipsec/version) loaded.
Four network namespaces play the hosts; virtual cables connect them:

    left ------ gwa ------- underlay ------- gwb ------ right
    10.1.0.2    192.0.2.1              192.0.2.2        10.2.0.2
    fd01::2                                             fd02::2

The underlay is the network between the gateways that nobody should trust."
build_network

heading "2. Before: no tunnel"
say "left sends right a sentence, while tcpdump listens on the underlay:"
watch before gwa wan
command_line underlay "tcpdump -i wan -w before.pcap &"
send_sentence
wait_for grep -q treasure before.pcap
wait_for connection_ends before
watched before
say "What the listener got of it:"
command_line underlay "grep -a 'treasure' before.pcap"
grep -a -o 'The treasure.*' before.pcap | output || fail "the listener on the underlay does not see it"
shown "without a tunnel the underlay can read everything ($(packets before tcp) packets in clear)"

heading "3. Two gateways negotiate a tunnel"
make_secret
our_file
charon_files
say "gwa is ours.  One file says all of it:"
at gwa cat ipsec0.conf
say "
gwb is another implementation: strongSwan's daemon charon, and the kernel's own
IPsec.  It knows the same secret, and waits to be called."
start_charon
# from here on everything on the underlay that is neither ESP, IKE nor ARP is caught
watch clear gwa wan not esp and not arp and not udp port 500
watch after gwa wan
say "
What crossed the underlay in clear has no route any more:"
at gwa ip route del 10.2.0.0/24
gap
start_iked
at gwa ipsecctl up ./ipsec0.conf
wait_for is_up gwa
output < iked.log
say "
They have agreed on keys; nobody typed one:"
at gwa ipsecctl ike status
say "
An interface with a tunnel that can carry traffic says so, and the routes are there:"
at gwa ip -brief link show ipsec0
at gwa ip route show dev ipsec0
shown "the tunnel is up; its MTU of $(ip netns exec gwa cat /sys/class/net/ipsec0/mtu) leaves room for ESP in a packet of 1500"

heading "4. After: traffic through the tunnel"
at left ping -n -c 3 -i 0.2 10.2.0.2
grep -q ' 0% packet loss' printed || fail "ping loses packets"
say "
And IPv6, over the underlay that has IPv4 only:"
at left ping -n -c 3 -i 0.2 fd02::2
grep -q ' 0% packet loss' printed || fail "ping loses packets"
say "
The sentence again:"
send_sentence
shown "IPv4 and IPv6 arrive, no packet lost, and so does the sentence"
wait_for all_seen after
watched after
say "
What tcpdump saw on the underlay this time:"
command_line underlay "tcpdump -n -r after.pcap"
tcpdump -n -r after.pcap esp 2> /dev/null | head -n 6 | output
output <<< "... $(packets after esp) ESP packets in all"
command_line underlay "grep -a 'treasure' after.pcap"
if grep -a -q treasure after.pcap; then fail "the sentence crossed the underlay in clear"; fi
output <<< "(nothing)"
[ "$(packets after esp)" -ge 12 ] || fail "there are no ESP packets on the underlay"
[ "$(packets after 'not esp and not arp and not udp port 500')" = 0 ] || {
	tcpdump -n -r after.pcap not esp and not arp and not udp port 500
	fail "something else than ESP was on the underlay"
}
shown "the underlay sees ESP packets and nothing of what is in them"

heading "5. A real load"
ip netns exec right iperf3 -s -1 > iperf.log 2>&1 &
wait_for listening right 5201
say "TCP as fast as this machine can, for five seconds:"
at left iperf3 -c 10.2.0.2 -t 5 -i 0 -f m
bitrate=$(sed -n 's/.* \([0-9.]* Mbits\/sec\).*receiver.*/\1/p' printed)
[ "${bitrate%%.*}" != 0 ] && [ -n "$bitrate" ] || fail "iperf3 carried nothing"
# The last acknowledgements
wait_for same_counters
watched clear
clear=$(packets clear '')
output <<< ""
shown "$bitrate (an emulated processor encrypts and decrypts: a real one is far faster)"

heading "6. The counters"
at gwa ipsecctl show
gap
command_line gwb "swanctl --list-sas"
swan --list-sas | output
gap
if dropped gwa > drops; then fail "gwa dropped packets: $(tr '\n' ' ' < drops)"; fi
encrypted=$(($(counter gwa tx_packets) + $(counter gwa rx_packets)))
[ $encrypted -gt 100 ] || fail "only $encrypted packets were encrypted"
shown "what one gateway sent the other received, to the packet; none was dropped"

heading "7. New keys, while it runs"
at gwa ipsecctl ike rekey ipsec0 gwb
rekeyed() { [ "$(counter_ike child_rekeyed)" = 1 ]; }
wait_for rekeyed
at gwa ipsecctl ike log
at left ping -n -c 3 -i 0.2 10.2.0.2
grep -q ' 0% packet loss' printed || fail "ping loses packets"
shown "the keys were changed, and nobody noticed"
[ "$clear" = 0 ] || fail "$clear packets crossed the underlay in clear"

heading "Summary"
say "  left and right talk through two gateways, and the network between sees ESP only.

    $encrypted packets encrypted, sent as ESP, decrypted, checked and delivered
    0 packets lost in the tunnel
    $clear packets in clear on the underlay
    $bitrate of TCP through the tunnel, on an emulated processor
    AES-GCM with 256-bit keys that IKEv2 negotiated, and changed, by itself
"
for namespace in left gwa gwb right; do ip netns del $namespace; done
rm -rf "$work"
