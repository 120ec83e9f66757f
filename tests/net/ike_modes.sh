#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ike_modes.sh: ipsec-iked and strongSwan's charon: tunnel and transport mode, ESP and AH,
# both families inside and outside, and traffic selectors that the two do not have alike.
#
#   ipsec0 10.1.N.1 fd01:N::1 -- ours 198.18.1.N ===== 198.18.2.N charon -- 10.2.N.1 fd02:N::1
#                                  192.168.1.10 ====== 192.168.1.20
#                               2001:db8:6::1 ====== 2001:db8:6::2
#                                2001:db8::1:N ====== 2001:db8::2:N
# suite: long
# machine: uml
# timeout: 600

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_ike.sh"

# theirs NAME N LINE...: charon's, lines of the child
theirs() { numbered_connection "$1" "$2" aes128gcm16-prfsha256-x25519 "${@:3}"; }
# The same with other addresses outside
outside() { sed "s/198\.18\.1\.$1\$/$2/; s/198\.18\.2\.$1\$/$3/"; }

# calls NAME PEER CHECK...: with each as the initiator, CHECK ROLE PEER...
calls() {
	local name=$1 peer=$2
	shift 2
	ctl_on a ike up ipsec0 "$peer"
	check "$name: we call" wait_for 30 has_pair "$peer"
	"$@" "$name, initiator" "$peer"
	close "$peer"
	check "$name: charon calls" swan b --initiate --child "$peer" --timeout 30
	is "$name: role" "$(pair_of "$peer" 's["role"]')" responder
	"$@" "$name, responder" "$peer"
	close "$peer"
}
# counted NAME PEER N: so many packets in the pair, both ways and on both sides
counted() {
	is "$1: packets" "$(pair_of "$2" 'c["rx_packets"], c["tx_packets"]')" "$3 $3"
	is "$1: charon's packets" "$(swan b --list-sas --ike "$2" --raw |
		grep -oE 'packets-(in|out)=[0-9]+' | sort | tr '\n' ' ')" "packets-in=$3 packets-out=$3 "
}
selectors_are() { is "$1: selectors" "$(pair_of "$2" '*c["local"], "=", *c["remote"]')" "$3"; }

numbered_hosts {1..13}
must ip -n a addr add 192.168.1.10/24 dev eth0
must ip -n b addr add 192.168.1.20/24 dev eth0
must ip -n a addr add 2001:db8:6::1/64 dev eth0
must ip -n b addr add 2001:db8:6::2/64 dev eth0
# the policies for all between two hosts protect neighbour discovery as well: none is
# needed when the two know each other
must ip -n a neigh replace 2001:db8:6::2 dev eth0 lladdr "$(on b cat /sys/class/net/eth0/address)"
must ip -n b neigh replace 2001:db8:6::1 dev eth0 lladdr "$(on a cat /sys/class/net/eth0/address)"
for h in "a 1" "b 2"; do
	name=${h% *} side=${h#* }
	for n in {1..13}; do
		printf 'addr add %s dev %s\n' "2001:db8::$side:$n/64" eth0 \
			"10.$side.$n.129/32" lo "fd0$side:$n::1/128" lo
	done | must ip -n "$name" -batch -
done
for n in {1..13}; do must on b ip route add "fd01:$n::/64" via 2001:db8::1:1; done

{
	numbered_peer both4 1 "networks = 10.2.1.0/24, fd02:1::/64" "local-networks = 10.1.1.0/24, fd01:1::/64"
	numbered_peer both6 2 "networks = 10.2.2.0/24, fd02:2::/64" "local-networks = 10.1.2.0/24, fd01:2::/64" |
		outside 2 2001:db8::1:2 2001:db8::2:2
	numbered_peer transport6 3 "mode = transport" | outside 3 2001:db8:6::1 2001:db8:6::2
	numbered_peer ah 4 "protect = ah" "ah = sha256" "networks = 10.2.4.0/24" "local-networks = 10.1.4.0/24"
	numbered_peer ah-transport 5 "protect = ah" "ah = sha512" "mode = transport"
	numbered_peer narrow 6 "networks = 10.2.6.0/24" "local-networks = 10.1.6.0/24"
	numbered_peer narrow-us 7 "networks = 10.2.7.0/25" "local-networks = 10.1.7.0/25"
	numbered_peer several 8 "networks = 10.2.8.0/25, 10.2.8.128/25, fd02:8::/64" "local-networks = 10.1.8.1, 10.1.8.129, fd01:8::/64" "routes = yes"
	numbered_peer ports 9 "networks = 10.2.9.0/24[tcp/7777]" "local-networks = 10.1.9.0/24[tcp]"
	numbered_peer none 10 "networks = 10.2.10.0/24" "local-networks = 10.1.10.0/24"
	numbered_peer demand 11 "networks = 10.2.11.0/24" "local-networks = 10.1.11.0/24"
	numbered_peer now 12 "networks = 10.2.12.0/24" "local-networks = 10.1.12.0/24"
	numbered_peer wide 13
} | awk '/^\[peer/ { if (p) print "start = " p; p = "no" }
	/^\[peer demand/ { p = "demand" } /^\[peer now/ { p = "now" } { print } END { print "start = " p }' > "$WORK/peers"

# The way to a server in transport mode is none of our interfaces, however many they are
printf 'link add other%s type ipsec\n' {1..300} | must ip -n a -batch -

(umask 077 && echo "what the two servers know" > "$WORK/other.psk")
# README.md's example
cat >> "$WORK/peers" <<- END
	[peer other]
	remote = 192.168.1.20
	psk-file = $WORK/other.psk
	mode = transport
	esp = aes256gcm16
	start = no
END
conf a ipsec0 < "$WORK/peers"
charon b <<- END
	connections {
	$(theirs both4 1 "local_ts = 10.2.1.0/24, fd02:1::/64" "remote_ts = 10.1.1.0/24, fd01:1::/64")
	$(theirs both6 2 "local_ts = 10.2.2.0/24, fd02:2::/64" "remote_ts = 10.1.2.0/24, fd01:2::/64" |
		outside 2 2001:db8::1:2 2001:db8::2:2)
	$(theirs transport6 3 "mode = transport" | outside 3 2001:db8:6::1 2001:db8:6::2)
	$(theirs ah 4 "ah_proposals = sha256" "local_ts = 10.2.4.0/24" "remote_ts = 10.1.4.0/24")
	$(theirs ah-transport 5 "ah_proposals = sha512" "mode = transport")
	$(theirs narrow 6 "local_ts = 10.2.6.0/25" "remote_ts = 10.1.6.0/25")
	$(theirs narrow-us 7 "local_ts = 10.2.0.0/16" "remote_ts = 10.1.0.0/16")
	$(theirs several 8 "local_ts = 10.2.8.0/25, 10.2.8.128/25, fd02:8::/64" "remote_ts = 10.1.8.1/32, 10.1.8.129/32, fd01:8::/64")
	$(theirs ports 9 "local_ts = 10.2.9.0/24[tcp/7777]" "remote_ts = 10.1.9.0/24[tcp]")
	$(theirs none 10 "local_ts = 10.2.99.0/24" "remote_ts = 10.1.10.0/24")
	$(theirs demand 11 "local_ts = 10.2.11.0/24" "remote_ts = 10.1.11.0/24")
	$(theirs now 12 "local_ts = 10.2.12.0/24" "remote_ts = 10.1.12.0/24")
	$(theirs wide 13 "local_ts = 10.2.13.0/24" "remote_ts = 10.1.13.0/24")
	other { version = 2
		local_addrs = 192.168.1.20
		remote_addrs = 192.168.1.10
		local { auth = psk }
		remote { auth = psk
			id = 192.168.1.10 }
		children { other { mode = transport
			esp_proposals = aes256gcm16 } } }
	}
	secrets {
		ike { secret = "$SECRET" }
		ike-other { id = 192.168.1.10
			secret = "what the two servers know" }
	}
END
ours a
check "ipsecctl up" up a ipsec0

note "$SECONDS s: start"
check "B1 start = now: up by itself" wait_for 30 has_pair now
pings "B1 start = now" a 10.2.12.1 -I 10.1.12.1
is "B1 start = demand: not before the first packet" "$(pair_of demand 1)" ""
check "B1 start = demand: the first packet is not lost" on a ping -q -n -c 1 -W 20 -I 10.1.11.1 10.2.11.1
counted "B1 start = demand" demand 1
is "B1 nobody else was called" "$(counter a ike_sa_up)" 2

note "$SECONDS s: families"
both() {
	pings "$1: IPv4" a "10.2.$3.1" -I "10.1.$3.1"
	pings "$1: IPv6" a "fd02:$3::1" -I "fd01:$3::1"
	counted "$1" "$2" 6
	selectors_are "$1" "$2" "10.1.$3.0/24 fd01:$3::/64 = 10.2.$3.0/24 fd02:$3::/64"
}
both4() { both "$1" "$2" 1; }
both6() { both "$1" "$2" 2; }
calls "B5.5 IPv4 and IPv6 in IPv4" both4 both4
calls "B5.5 IPv4 and IPv6 in IPv6" both6 both6

note "$SECONDS s: modes"
mode_is() {
	pings "$1" a "$4"
	counted "$1" "$2" 3
	is "$1: mode" "$(pair_of "$2" 'c["proto"], c["mode"]')" "$3"
}
other() {
	mode_is "$1" "$2" "esp transport" 192.168.1.20
	selectors_are "$1" "$2" "192.168.1.10/32 = 192.168.1.20/32"
	is "$1: algorithms" "$(pair_of "$2" 'c["algorithms"]')" aes256gcm16-noesn
	# new keys, though the route to the peer leads into the tunnel
	must ctl_on a ike rekey ipsec0 other ike
	must swan b --rekey --child other
	pings "$1: rekeyed" a 192.168.1.20
}
transport6() { mode_is "$1" "$2" "esp transport" 2001:db8:6::2; }
ah() {
	pings "$1" a 10.2.4.1 -I 10.1.4.1
	counted "$1" "$2" 3
	is "$1: mode" "$(pair_of "$2" 'c["proto"], c["mode"]')" "ah tunnel"
}
ah-transport() { mode_is "$1" "$2" "ah transport" 198.18.2.5; }
is "B5.6 the route to the other server" \
	"$(on a ip route get 192.168.1.20 | head -1)" "192.168.1.20 dev ipsec0 src 192.168.1.10 uid 0 "
calls "B5.6 two servers, transport mode" other other
calls "B5.6 transport mode, IPv6" transport6 transport6
calls "B5.6 AH, tunnel mode" ah ah
calls "B5.6 AH, transport mode" ah-transport ah-transport

note "$SECONDS s: selectors"
narrow() {
	selectors_are "$1" "$2" "10.1.6.0/25 = 10.2.6.0/25"
	pings "$1" a 10.2.6.1 -I 10.1.6.1
	counted "$1" "$2" 3
	check_fails "$1: nothing else" "100% packet loss" on a ping -q -n -c 1 -W 1 -I 10.1.6.1 10.2.6.129
	counted "$1, still" "$2" 3
}
narrow-us() {
	selectors_are "$1" "$2" "10.1.7.0/25 = 10.2.7.0/25"
	pings "$1" a 10.2.7.1 -I 10.1.7.1
	counted "$1" "$2" 3
}
several() {
	local us them
	selectors_are "$1" "$2" "10.1.8.1/32 10.1.8.129/32 fd01:8::/64 = 10.2.8.0/25 10.2.8.128/25 fd02:8::/64"
	for us in 1 129; do
		for them in 1 129; do
			pings "$1: 10.1.8.$us to 10.2.8.$them" a "10.2.8.$them" -I "10.1.8.$us"
		done
	done
	pings "$1: IPv6" a fd02:8::1 -I fd01:8::1
	counted "$1" "$2" 15
}
ports() {
	selectors_are "$1" "$2" "10.1.9.0/24[6] = 10.2.9.0/24[6/7777]"
	server b /usr/bin/python3 -c 'import socket
s = socket.create_server(("10.2.9.1", 7777))
c, _ = s.accept()
c.sendall(b"from 7777")'
	wait_for 20 listening b 7777
	is "$1: TCP to that port" "$(on a /usr/bin/python3 -c 'import socket
c = socket.create_connection(("10.2.9.1", 7777), 20, ("10.1.9.1", 0))
print(c.recv(100).decode())')" "from 7777"
	check_fails "$1: no ICMP" "100% packet loss" on a ping -q -n -c 1 -W 1 -I 10.1.9.1 10.2.9.1
	check_fails "$1: no other port" "Error" on a timeout 5 /usr/bin/python3 -c 'import socket
socket.create_connection(("10.2.9.1", 7778), 1, ("10.1.9.1", 0))'
}
wide() {
	selectors_are "$1" "$2" "10.1.13.0/24 = 10.2.13.0/24"
	must on a ip route add 10.2.13.0/24 dev ipsec0
	pings "$1" a 10.2.13.1 -I 10.1.13.1
	must on a ip route del 10.2.13.0/24 dev ipsec0
	counted "$1" "$2" 3
}
calls "B5.5 charon narrows" narrow narrow
calls "B5.5 we narrow" narrow-us narrow-us
calls "B5.5 several selectors" several several
calls "B5.5 protocol and port" ports ports
is "B5.5 no routes to everything" "$(on a ip route show dev ipsec0 198.18.2.13)" ""
calls "B5.5 everything, narrowed" wide wide

note "$SECONDS s: refused selectors"
is "B5.4 none was refused so far" "$(counter a fail_ts)" 0
ctl_on a ike up ipsec0 none
check "B5.4 TS_UNACCEPTABLE: what we wanted" log_has a \
	"ipsec0 none: no child SA: the peer says TS_UNACCEPTABLE
ipsec0 none:   we offered: "
check "B5.4 TS_UNACCEPTABLE: selectors" log_has a \
	"ipsec0 none:   our side: 10.1.10.0/24
ipsec0 none:   its side: 10.2.10.0/24"
is "B5.4 TS_UNACCEPTABLE counts" "$(counter a fail_ts)" 1
close none
check_fails "B5.4 charon wants other selectors" "TS_UNACCEPTABLE" \
	swan b --initiate --child none --timeout 30
check "B5.4 which selector was refused" log_has a \
	"ipsec0 none: no traffic selectors in common
ipsec0 none:   the peer wants of our side: 10.1.10.0/24
ipsec0 none:   we allow: 10.1.10.0/24
ipsec0 none:   the peer wants of its side: 10.2.99.0/24
ipsec0 none:   we allow: 10.2.10.0/24"
is "B5.4 a refused selector counts" "$(counter a fail_ts)" 2
is "B5.4 the IKE SA stays" "$(ctl_on a -j ike status | python3_json \
	'[s["state"] for s in d["sas"] if s["peer"] == "none"]')" "['up']"
no_keys_logged a
((FAILED)) && ike_logs a
note "$SECONDS s"
finish
