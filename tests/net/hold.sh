#!/bin/bash
# SPDX-License-Identifier: MIT
#
# hold.sh - the first packets wait for the SA: one ACQUIRE, packets in order when the SA
# comes, bounds of number, bytes and time; and nothing waits where no key daemon listens.
#
#   a  ipsec0 10.0.0.1 -- 192.0.2.1 ===== 192.0.2.2 -- 10.0.0.2 ipsec0  b
# suite: long

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
for h in a b; do
	must on $h ipsecctl dev add ipsec0
	must ip -n $h link set ipsec0 up
done
must on a ipsecctl peer add ipsec0 b local 192.0.2.1 remote 192.0.2.2
must on b ipsecctl peer add ipsec0 a local 192.0.2.2 remote 192.0.2.1
must ip -n a addr add 10.0.0.1/24 dev ipsec0
must ip -n b addr add 10.0.0.2/24 dev ipsec0
for h in a b; do on $h sysctl -qw net.ipv6.conf.ipsec0.disable_ipv6=1; done
must sysctl -qw net.core.wmem_max=8388608 net.core.rmem_max=8388608
KEY=$(key_file hold 20)
spi=$((0x3000))
# negotiated: what a key daemon does
negotiated() {
	spi=$((spi + 1))
	must on b ipsecctl sa add ipsec0 a in spi $spi encr aes-gcm-16 key "$KEY"
	must on a ipsecctl sa add ipsec0 b out spi $spi encr aes-gcm-16 key "$KEY"
}
gone() { must on a ipsecctl flush sa; }
held() { on a ipsecctl -j peer show | jq '.[0].held'; }
held_is() { [[ $(held) == "$1" ]]; }
# numbers FIRST LAST [BYTES [poor]]: a UDP datagram for each, with its number; from a
# sender with the least of buffers that does not wait
numbers() {
	ip netns exec a /usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
# what waits is not charged to its sender
if len(sys.argv) > 4:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    s.setblocking(False)
first, last, size = map(int, sys.argv[1:4])
for n in range(first, last + 1):
    s.sendto(b"%08d" % n + bytes(size - 8), ("10.0.0.2", 7000))' "$1" "$2" "${3:-100}" "${@:4}"
}
ip netns exec b /usr/bin/python3 -u -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
s.bind(("10.0.0.2", 7000))
while True:
    print(int(s.recv(65535)[:8]))' >"$WORK/got" &
must wait_for 10 eval 'on b ss -Hlun | grep -q :7000'
got() { paste -sd' ' "$WORK/got"; }
got_is() { [[ $(got) == "$1" ]]; }

before=$(drops a ipsec0)
numbers 1 3
is "nobody listens: nothing waits" "$(held)" 0
drops_are "nobody listens: dropped and counted" a ipsec0 "$before" tx_no_sa=3

# the listener of the group "keys"
ip netns exec a /usr/bin/python3 "$here/acquires.py" >"$WORK/acquires" &
must wait_for 10 grep -q listening "$WORK/acquires"
acquires() { grep -c '^b ' "$WORK/acquires"; }
acquires_are() { (($(acquires) == $1)); }

before=$(drops a ipsec0)
numbers 1 40
check "the packets wait" wait_for 5 held_is 40
check "one ACQUIRE" wait_for 5 acquires_are 1
is "with the peer and the packet" "$(sed 1d "$WORK/acquires")" "b 10.0.0.1 10.0.0.2 17"
is "the interface still says that it has no SA" "$(on a cat /sys/class/net/ipsec0/operstate)" dormant
negotiated
check "they are sent when the SA is there, in order" wait_for 5 got_is "$(seq -s' ' 40)"
is "none waits any more" "$(held)" 0
numbers 41 60
check "and those after them" wait_for 5 got_is "$(seq -s' ' 60)"
drops_are "none was lost" a ipsec0 "$before"

gone
: >"$WORK/got"
before=$(drops a ipsec0)
numbers 1 100
check "at most 64 wait" wait_for 5 held_is 64
drops_are "the others are counted" a ipsec0 "$before" tx_hold_full=36
negotiated
check "the first 64 are sent" wait_for 5 got_is "$(seq -s' ' 64)"

gone
: >"$WORK/got"
before=$(drops a ipsec0)
check "a sender does not wait with its packets" numbers 1 30 1000 poor
check "they wait without it" wait_for 5 held_is 30
negotiated
check "and are sent" wait_for 5 got_is "$(seq -s' ' 30)"
drops_are "a sender that is gone: none was lost" a ipsec0 "$before"

gone
: >"$WORK/got"
must ip -n a link set ipsec0 mtu 9000
before=$(drops a ipsec0)
numbers 1 40 8100
check "at most 262144 bytes wait" wait_for 5 held_is 32
drops_are "bytes: the others are counted" a ipsec0 "$before" tx_hold_full=8
must on a ipsecctl peer del ipsec0 b
drops_are "the peer goes, and what waits" a ipsec0 "$before" tx_hold_full=8 tx_no_sa=32
must on a ipsecctl peer add ipsec0 b local 192.0.2.1 remote 192.0.2.2

# an ACQUIRE again after a second, as long as packets come
: >"$WORK/acquires"
numbers 1 1
check "ACQUIRE for the new peer" wait_for 5 acquires_are 1
again() { numbers 2 2; acquires_are 2; }
check "and again, while packets come" wait_for 10 again
# GSO packets wait, too, and are cut when they are sent
must on a ipsecctl flush peer
must on a ipsecctl peer add ipsec0 b local 192.0.2.1 remote 192.0.2.2
must on b ipsecctl sa add ipsec0 a out spi 0x7777 encr aes-gcm-16 key "$KEY"
must on a ipsecctl sa add ipsec0 b in spi 0x7777 encr aes-gcm-16 key "$KEY"
(server b iperf3 -s -1)
must wait_for 20 listening b 5201
ip netns exec a iperf3 -c 10.0.0.2 -n 300K >"$WORK/iperf" 2>&1 &
tcp=$!
check "a SYN waits" wait_for 20 held_is 1
negotiated
wait $tcp
is "TCP begins with a packet that was held" "$? $(tail -1 "$WORK/iperf")" "0 iperf Done."

# transport mode: fragments wait as they are; their whole, which no link takes in one
# piece, is fragmented again
must ip -n a addr add 2001:db8::1/64 dev wan nodad
must ip -n b addr add 2001:db8::2/64 dev wan nodad
for h in a b; do
	must on $h ipsecctl dev add ipsec1
	on $h sysctl -qw net.ipv6.conf.ipsec1.addr_gen_mode=1
	must ip -n $h link set ipsec1 multicast off up
done
ip netns exec b /usr/bin/python3 -u -c '
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 7001))
while True:
    print(len(s.recv(65535)))' >"$WORK/sizes" &
must wait_for 10 eval 'on b ss -Hlun | grep -q :7001'
# whole NAME PEER OURS THEIRS
whole() {
	local name=$1 peer=$2 before
	must on a ipsecctl peer add ipsec1 "$peer" local "$3" remote "$4" selector "$4"
	must on b ipsecctl peer add ipsec1 "$peer" local "$4" remote "$3" selector "$3"
	must ip -n a route add "$4" dev ipsec1 src "$3"
	before=$(drops a ipsec1)
	: >"$WORK/sizes"
	ip netns exec a /usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(bytes(4000), (sys.argv[1], 7001))' "$4"
	check "$name: its fragments wait" wait_for 5 eval \
		'[[ $(on a ipsecctl -j peer show ipsec1 "'"$peer"'" | jq ".[0].held") == 3 ]]'
	spi=$((spi + 1))
	must on b ipsecctl sa add ipsec1 "$peer" in spi $spi mode transport encr aes-gcm-16 key "$KEY"
	must on a ipsecctl sa add ipsec1 "$peer" out spi $spi mode transport encr aes-gcm-16 key "$KEY"
	check "$name: the whole arrives" wait_for 5 grep -qx 4000 "$WORK/sizes"
	is "$name: as one packet of the SA" \
		"$(on a ipsecctl -j sa show ipsec1 | jq ".[] | select(.spi == \"0x$(printf %08x $spi)\") | .stats.tx_packets")" 1
	drops_are "$name: none was lost" a ipsec1 "$before"
}
whole "transport, IPv4" four 192.0.2.1 192.0.2.2
whole "transport, IPv6" six 2001:db8::1 2001:db8::2
for h in a b; do must ip -n $h link del ipsec1; done

# the time is up
gone
before=$(drops a ipsec0)
numbers 1 5
check "five wait" wait_for 5 held_is 5
check "until 30 s are over" wait_for 60 held_is 0
drops_are "that is counted" a ipsec0 "$before" tx_hold_timeout=5
# removal with packets that wait
numbers 1 5
must ip -n a link del ipsec0
finish
