#!/bin/bash
# SPDX-License-Identifier: MIT
#
# natt.sh - NAT traversal: two spokes behind one NAT that changes the ports of both.
#
#   s1  eth0 192.168.1.1, fd01::1 --- lan1 +-----+ wan                       wan
#                                          | nat | 203.0.113.9 =========== 203.0.113.1  hub
#   s2  eth0 192.168.2.1, fd02::1 --- lan2 +-----+ 2001:db8::9             2001:db8::1
#
#   ipsec4 (outer IPv4)  hub 10.4.0.1 fd04::1   s1 10.4.0.11 fd04::11   s2 10.4.0.12 fd04::12
#   ipsec6 (outer IPv6)  hub 10.6.0.1 fd06::1   s1 10.6.0.11 fd06::11   s2 10.6.0.12 fd06::12
#
# and with an adversary that is natt.py:
#
#   gw  wan 192.0.2.1, 2001:db8::1 ---- veth ---- wan  atk
#   ipsec0 (IPv4), ipsec1 (IPv6)
#
# suite: long

# shellcheck disable=SC2317
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/lib_xfrm.sh
. "$(dirname "$0")/lib_xfrm.sh"
here=$(cd "$(dirname "$0")" && pwd)

# a burst of UDP may wait for its reader
must sysctl -qw net.core.rmem_max=8388608 net.core.wmem_max=8388608
host hub nat s1 s2
wire hub wan "203.0.113.1/24 2001:db8::1/64" nat wan "203.0.113.9/24 2001:db8::9/64"
for n in 1 2; do
	wire s$n eth0 "192.168.$n.1/24 fd0$n::1/64" nat lan$n "192.168.$n.254/24 fd0$n::fe/64"
	must ip -n s$n route add default via 192.168.$n.254
	must ip -n s$n route add default via fd0$n::fe
	# checksums as they are on the wire; s2 leaves them to its device
	must on nat ethtool -K lan$n tx off
done
must on hub ethtool -K wan tx off
must on nat ethtool -K wan tx off
must on s1 ethtool -K eth0 tx off
forwarding nat
must on nat nft -f - <<-'NFT'
	table inet t {
		chain post {
			type nat hook postrouting priority srcnat
			oifname "wan" meta l4proto udp masquerade to :20000-20999
		}
	}
NFT
# what is not about time must not depend on it: a slow machine needs more than 30 s
must on nat sysctl -qw net.netfilter.nf_conntrack_udp_timeout=600 net.netfilter.nf_conntrack_udp_timeout_stream=600
# what an ICMP error of the NAT says is not limited to some in a second
on nat sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0

# background HOST LOG COMMAND...: until finish; "wait" does not wait for it
background() { (ip netns exec "$1" "${@:3}" >"$WORK/$2" 2>"$WORK/$2.err" &); }
for h in hub s1 s2; do background $h encap.$h ipsecctl encap 4500; done
background hub events ipsecctl -j monitor
for f in encap.hub encap.s1 encap.s2 events; do
	must wait_for 10 grep -q listening "$WORK/$f"
done

declare -A HUB=([4]=203.0.113.1 [6]=2001:db8::1) NAT=([4]=203.0.113.9 [6]=2001:db8::9)

# ---- what is refused -------------------------------------------------------

must on hub ipsecctl dev add ipsec9
add() { on hub ipsecctl peer add ipsec9 "$@"; }
set_() { on hub ipsecctl peer set ipsec9 "$@"; }
no_ah="AH cannot be sent in UDP, nor through a NAT"
no_port="ESP in UDP needs both ports; none is 0 and 0"
no_keepalive="keepalives are sent where ESP is sent in UDP"
check_fails "E1.42 AH with encap" "$no_ah" add p remote 203.0.113.9 protect ah encap 4500 4500
check_fails "E1.42 ESP in AH with encap" "$no_ah" add p remote 203.0.113.9 protect esp+ah encap 4500 4500
check_fails "A6.3 keepalive without encap" "$no_keepalive" add p remote 203.0.113.9 keepalive 20
is "a refused peer is not there" "$(on hub ipsecctl -j peer show ipsec9 | jq -c .)" "[]"
must add p remote 203.0.113.9
check_fails "A6.3 keepalive set without encap" "$no_keepalive" set_ p keepalive 20
must set_ p encap 4500 4500 keepalive 20
check_fails "E1.42 AH set on a peer with encap" "$no_ah" set_ p protect ah
check_fails "E1.42 ESP in AH set on a peer with encap" "$no_ah" set_ p protect esp+ah
check_fails "A6.3 encap off, keepalive on" "$no_keepalive" set_ p encap off
encap_of() { on hub ipsecctl -j peer show "$1" "$2" | jq -c '.[0] | [.remote, .encap, .keepalive]'; }
is "a refused change changes nothing" "$(encap_of ipsec9 p)" \
	'["203.0.113.9",{"local":4500,"remote":4500},20]'
check_fails "A6.1 encap with a port 0" "port" set_ p encap 4500 0
# by hand: the command does not send what it knows to be wrong
refused_ports() {
	PYTHONPATH="$here" ip netns exec hub /usr/bin/python3 -c '
import sys
from genl import *
P = PEER
for pair in ((P.ENCAP_LOCAL, 4500), (P.ENCAP_REMOTE, 0)), ((P.ENCAP_LOCAL, 0), (P.ENCAP_REMOTE, 4500)), \
        ((P.ENCAP_LOCAL, 4500),), ((P.ENCAP_REMOTE, 4500),), ((P.ENCAP_LOCAL, 0),):
    r = Genl().do(CMD.PEER_SET, dev("ipsec9"), nest(A.PEER, attr(P.NAME, b"p\0"),
                  *(attr(k, struct.pack("=H", v)) for k, v in pair)))
    print(r.err, r.text)'
}
is "A6.1 one port, or one that is 0" "$(refused_ports | sort | uniq -c | xargs)" "5 22 $no_port"
must set_ p encap off keepalive off
is "encap off" "$(encap_of ipsec9 p)" '["203.0.113.9",null,0]'
must on hub ipsecctl dev del ipsec9

# ---- MTU -------------------------------------------------------------------

# peer HOST F NAME WORD...: of ipsecF
peer() { must on "$1" ipsecctl peer add "ipsec$2" "$3" "${@:4}"; }
quiet_dev() {
	must on "$1" ipsecctl dev add "$2"
	on "$1" sysctl -qw "net.ipv6.conf.$2.addr_gen_mode=1"
	must ip -n "$1" link set "$2" multicast off up
}
for f in 4 6; do
	quiet_dev hub ipsec$f
	must ip -n hub addr add 10.$f.0.1/24 dev ipsec$f
	must ip -n hub addr add fd0$f::1/64 dev ipsec$f
	for n in 1 2; do
		quiet_dev s$n ipsec$f
		must ip -n s$n addr add 10.$f.0.1$n/24 dev ipsec$f
		must ip -n s$n addr add fd0$f::1$n/64 dev ipsec$f
		peer hub $f s$n remote "${NAT[$f]}" selector 10.$f.0.1$n/32 selector fd0$f::1$n/128
		peer s$n $f hub remote "${HUB[$f]}"
		must sa hub ipsec$f s$n in 0x${f}${n}01 aes-gcm-16 128
		must sa s$n ipsec$f hub in 0x${f}${n}02 aes-gcm-16 128
		must sa hub ipsec$f s$n out 0x${f}${n}02 aes-gcm-16 128
		must sa s$n ipsec$f hub out 0x${f}${n}01 aes-gcm-16 128
	done
done
mtu() { on "$1" cat "/sys/class/net/$2/mtu"; }
is "A4.11 MTU without UDP, IPv4" "$(mtu s1 ipsec4)" 1446
is "A4.11 MTU without UDP, IPv6" "$(mtu s1 ipsec6)" 1426
for f in 4 6; do
	for n in 1 2; do
		must on hub ipsecctl peer set ipsec$f s$n encap 4500 4500
		must on s$n ipsecctl peer set ipsec$f hub encap 4500 4500
	done
done
is "A4.11 MTU with UDP is 8 less, IPv4" "$(mtu s1 ipsec4)" 1438
is "A4.11 MTU with UDP is 8 less, IPv6" "$(mtu s1 ipsec6)" 1418

# ---- the mapping -----------------------------------------------------------

# mappings F NAME: those that were told of the SA of a spoke, "ADDR PORT" each
mappings() {
	jq -r "select(.event == \"mapping\" and .ifname == \"ipsec$1\" and .peer == \"$2\")
		| \"\(.mapping.addr) \(.mapping.port)\"" "$WORK/events"
}
told() { (($(mappings "$1" "$2" | wc -l) >= $3)); }
# tracked F S: the address and port that the NAT's own table has for the spoke
tracked() {
	on nat conntrack -L -f "ipv$1" -p udp 2>/dev/null |
		sed -nE "s/.* src=${SPOKE[$1$2]} dst=[^ ]* sport=4500 dport=4500 .*src=${HUB[$1]} dst=([^ ]*) sport=4500 dport=([0-9]*) .*/\1 \2/p"
}
declare -A SPOKE=([4s1]=192.168.1.1 [4s2]=192.168.2.1 [6s1]=fd01::1 [6s2]=fd02::1)
# follow F NAME: what a key daemon does
follow() {
	local addr port
	read -r addr port <<<"$(mappings "$1" "$2" | tail -n 1)"
	must on hub ipsecctl peer set "ipsec$1" "$2" remote "$addr" encap 4500 "$port"
}

for f in 4 6; do
	drops_hub=$(drops hub ipsec$f)
	# nothing comes back: it goes to the NAT's own port 4500
	start=$(date +%s%N)
	for h in s1 s2; do
		on $h ping -q -n -c 150 -i 0.01 -W 0.1 10.$f.0.1 >"$WORK/ping.$h" &
		pid[${h#s}]=$!
	done
	for n in 1 2; do wait "${pid[n]}"; done
	ms=$((($(date +%s%N) - start) / 1000000))
	for h in s1 s2; do
		check "E1.33 IPv$f $h: the mapping is told" wait_for 5 told $f $h 1
		is "E1.33 IPv$f $h: the address and the port that the NAT has given" \
			"$(mappings $f $h | sort -u)" "$(tracked $f $h)"
		check "E1.33 IPv$f $h: a port that it had not" eval \
			"((\$(mappings $f $h | tail -n 1 | cut -d' ' -f2) >= 20000))"
		count=$(mappings $f $h | wc -l)
		check "A6.4 IPv$f $h: at most once a second: $count in $ms ms" [ "$count" -le $((ms / 990 + 1)) ]
		is "A6.4 IPv$f $h: the peer was not moved" "$(encap_of ipsec$f $h)" \
			"[\"${NAT[$f]}\",{\"local\":4500,\"remote\":4500},0]"
		check "A6.4 IPv$f $h: no answer has come" grep -q "150 packets transmitted, 0 received" "$WORK/ping.$h"
		follow $f $h
	done
	is "A6.6 IPv$f: two ports for two spokes" "$(for h in s1 s2; do tracked $f $h; done | sort -u | wc -l)" 2
	drops_are "E1.33 IPv$f: all were accepted" hub ipsec$f "$drops_hub"
done

# ---- both at the same time -------------------------------------------------

capture "$WORK/wan.pcap" hub wan "$QUIET"
for p in 5201 5202; do background hub iperf.$p iperf3 -s -p $p; done
for h in s1 s2; do background $h iperf.$h iperf3 -s -p 5201; done
for p in 5201 5202; do must wait_for 20 listening hub $p; done
for h in s1 s2; do must wait_for 20 listening $h 5201; done

# streams NAME ADDR1 ADDR2 OPTION...: from both spokes to the hub at the same time
streams() {
	local n p=() rc=()
	for n in 1 2; do
		on s$n iperf3 -c "$2" -p 520$n -n 2M "${@:3}" >"$WORK/stream.$n" 2>&1 &
		p[n]=$!
	done
	for n in 1 2; do
		wait "${p[n]}"
		rc[n]=$?
	done
	is "$1" "${rc[*]} $(tail -qn 1 "$WORK/stream.1" "$WORK/stream.2" | xargs)" "0 0 iperf Done. iperf Done."
}
declare -A drops_of
told_before=$(grep -c '"mapping"' "$WORK/events")
for f in 4 6; do
	for h in hub s1 s2; do drops_of[$h]=$(drops $h ipsec$f); done
	is "A6.6 outer IPv$f: both spokes answer at the same time" \
		"$(on hub bash -c "$ALL_AT_ONCE" pings 10.$f.0.11 10.$f.0.12 fd0$f::11 fd0$f::12)" ""
	for h in s1 s2; do
		pings "outer IPv$f: ping from $h, IPv4" $h 10.$f.0.1
		pings "outer IPv$f: ping from $h, IPv6" $h fd0$f::1
		pings "outer IPv$f: ping of 20000 bytes from $h" $h 10.$f.0.1 -s 20000
	done
	pings "outer IPv$f: the largest that fits" s1 10.$f.0.1 -M "do" -s $(($(mtu s1 ipsec$f) - 28))
	streams "outer IPv$f: TCP from both, IPv4" 10.$f.0.1
	streams "outer IPv$f: TCP from both, IPv6" fd0$f::1
	streams "outer IPv$f: TCP to both, IPv4" 10.$f.0.1 -R
	streams "outer IPv$f: TCP to both, IPv6" fd0$f::1 -R
	transfer "outer IPv$f: TCP opened by the hub, IPv4" hub 10.$f.0.11 1000000
	transfer "outer IPv$f: TCP opened by the hub, IPv6" hub fd0$f::12 1000000
	for h in hub s1 s2; do
		drops_are "outer IPv$f: nothing was dropped, $h" $h ipsec$f "${drops_of[$h]}"
	done
	for h in s1 s2; do
		is "A6.4 outer IPv$f: the mapping of $h is still the same" "$(mappings $f $h | tail -n 1)" "$(tracked $f $h)"
	done
done
is "A6.4 no event for packets from where we send to" "$(grep -c '"mapping"' "$WORK/events")" "$told_before"

# the hub and the NAT, in clear: the marker
check "marker" on nat ping -q -n -c 1 -W 5 203.0.113.1
wait_for 10 marker_in "$WORK/wan.pcap"
flows() { tcpdump -r "$WORK/wan.pcap" -n -t 2>/dev/null | awk '{ print $1, $2, $3, $4, $5 }' | sort -u; }
{
	echo "IP 203.0.113.1 > 203.0.113.9: ICMP"
	echo "IP 203.0.113.9 > 203.0.113.1: ICMP"
	for f in 4 6; do
		ip=IP
		((f == 6)) && ip=IP6
		for h in s1 s2; do
			read -r addr port <<<"$(mappings $f $h | tail -n 1)"
			echo "$ip ${HUB[$f]}.4500 > $addr.$port: UDP-encap:"
			echo "$ip $addr.$port > ${HUB[$f]}.4500: UDP-encap:"
		done
	done
} | sort >"$WORK/want"
is "A6.1 on the wire to the hub: UDP 4500 and nothing else" "$(flows)" "$(<"$WORK/want")"

# ---- checksums -------------------------------------------------------------

(ip netns exec s1 tcpdump -i eth0 -n -Z root -U --immediate-mode -w "$WORK/sum.pcap" \
	"udp port 4500" >/dev/null 2>"$WORK/sum.log" &)
must wait_for 30 grep -q "listening on" "$WORK/sum.log"
for f in 4 6; do
	for size in 56 57 1000; do on s1 ping -q -n -c 1 -W 5 -s $size 10.$f.0.1 >/dev/null; done
done
sums() { tcpdump -r "$WORK/sum.pcap" -n -t -vv "$1" 2>/dev/null | grep -oE '\[(no cksum|udp sum ok|bad udp[^]]*)\]' | sort | uniq -c | xargs; }
sums_are() { [[ $(sums "$1") == "$2" ]]; }
wait_for 5 sums_are ip6 "6 [udp sum ok]"
is "A6.1 IPv4: no UDP checksum, both ways" "$(sums ip)" "6 [no cksum]"
is "A6.1 IPv6: the UDP checksum is right, both ways" "$(sums ip6)" "6 [udp sum ok]"

# ---- keepalive -------------------------------------------------------------

# keepalives are counted where they leave the spokes
for n in 1 2; do
	background s$n keepalive.s$n tcpdump -i eth0 -n -t -l -Z root -vv --immediate-mode \
		"(ip and udp dst port 4500 and udp[4:2] == 9 and udp[8] == 0xff) or
		(ip6 and ip6[6] == 17 and ip6[42:2] == 4500 and ip6[44:2] == 9 and ip6[48] == 0xff)"
	must wait_for 30 grep -q "listening on" "$WORK/keepalive.s$n.err"
done
# every datagram of one byte, whatever is in it
background s2 short tcpdump -i eth0 -n -t -l -Z root -x --immediate-mode "ip and udp[4:2] < 17"
must wait_for 30 grep -q "listening on" "$WORK/short.err"
alive() { grep -c "isakmp-nat-keep-alive" "$WORK/keepalive.$1"; }
alive_is() { (($(alive "$1") >= $2)); }
# seconds N: as many keepalives of s2, which are a clock
seconds() { wait_for 60 alive_is s2 $(($(alive s2) + $1)) || not_ok "keepalive: the clock" "s2 sends none"; }

must on nat sysctl -qw net.netfilter.nf_conntrack_udp_timeout=2 net.netfilter.nf_conntrack_udp_timeout_stream=2
forgotten() { [[ -z $(tracked 4 "$1") ]]; }
# again HOST: the spoke speaks, the hub follows
again() {
	local n
	n=$(mappings 4 "$1" | wc -l)
	on "$1" ping -q -n -c 1 -W 0.1 10.4.0.1 >/dev/null && return
	wait_for 10 eval "on $1 ping -q -n -c 1 -W 0.1 10.4.0.1; told 4 $1 $((n + 1))" && follow 4 "$1"
	on "$1" ping -q -n -c 1 -W 5 10.4.0.1 >/dev/null
}
check "A6.3 the spokes are there" eval "again s1 && again s2"
check "A6.3 without keepalive: the NAT forgets" wait_for 30 forgotten s1
check_fails "A6.3 without keepalive: the hub does not reach the spoke" "0 received" \
	on hub ping -q -n -c 2 -W 0.3 10.4.0.11
is "A6.3 no keepalive unless asked for" "$(alive s1) $(alive s2)" "0 0"
for n in 1 2; do must on s$n ipsecctl peer set ipsec4 hub keepalive 1; done
check "A6.3 the spokes speak again" eval "again s1 && again s2"
heard=$(alive s1)
check "A6.3 silence: keepalives" wait_for 60 alive_is s1 $((heard + 6))
pings "A6.3 with keepalive: the hub reaches the spoke" hub 10.4.0.11
pings "A6.3 with keepalive: and the other" hub 10.4.0.12
# the silence is measured from the last packet, and not much longer than it should be:
# each time the traffic stops just after a look
must on nat sysctl -qw net.netfilter.nf_conntrack_udp_timeout=3 net.netfilter.nf_conntrack_udp_timeout_stream=3
must on s2 ipsecctl peer set ipsec4 hub keepalive 2
seconds 1
ports=$(tracked 4 s2)
for _ in 1 2 3; do
	on s2 ping -q -n -c 1 -W 1 10.4.0.1 >/dev/null
	seconds 1
	ports+=$'\n'$(tracked 4 s2)
done
is "A6.3 with keepalive: the NAT never forgets, whenever traffic stops" "$(sort -u <<<"$ports" | wc -l)" 1
must on s2 ipsecctl peer set ipsec4 hub keepalive 1
must on nat sysctl -qw net.netfilter.nf_conntrack_udp_timeout=2 net.netfilter.nf_conntrack_udp_timeout_stream=2
is "A6.3 one byte, 0xff, between the same ports as ESP" \
	"$(grep '^IP' "$WORK/short" | sort -u; grep -o '0x0010:.*' "$WORK/short" | sort -u)" \
	"IP 192.168.2.1.4500 > 203.0.113.1.4500: isakmp-nat-keep-alive
0x0010:  cb00 7101 1194 1194 0009 0000 ff"

background s1 flow ping -n -i 0.1 10.4.0.1
must wait_for 10 grep -q "bytes from" "$WORK/flow"
heard=$(alive s1)
seconds 4
is "A6.3 no keepalive while traffic flows" "$(alive s1)" "$heard"
for p in $(ip netns pids s1); do [[ $(<"/proc/$p/comm") == ping ]] && kill "$p"; done
check "A6.3 keepalives again when it ends" wait_for 30 alive_is s1 $((heard + 2))

# silent WHY: s1 sends none while s2 sends three
silent() {
	local heard
	seconds 1
	heard=$(alive s1)
	seconds 3
	is "A6.3 none $1" "$(alive s1)" "$heard"
}
must ip -n s1 link set ipsec4 down
silent "while the interface is down"
heard=$(alive s1)
must ip -n s1 link set ipsec4 up
check "A6.3 but when it is up again" wait_for 30 alive_is s1 $((heard + 2))
must on s1 ipsecctl peer set ipsec4 hub keepalive off
silent "after \"keepalive off\""
heard=$(alive s1)
must on s1 ipsecctl peer set ipsec4 hub keepalive 1
check "A6.3 but when it is on again" wait_for 30 alive_is s1 $((heard + 2))
must on s1 ipsecctl peer del ipsec4 hub
silent "after the peer was removed"
heard=$(alive s1)
must on s1 ipsecctl peer set ipsec6 hub keepalive 1
check "A6.3 IPv6: keepalives" wait_for 30 alive_is s1 $((heard + 2))
is "A6.1 IPv6: their checksum is right" \
	"$(grep "fd01::1" "$WORK/keepalive.s1" | grep -v "udp sum ok")" ""
must on s1 ipsecctl peer set ipsec6 hub keepalive off
must on s2 ipsecctl peer set ipsec4 hub keepalive off
must on nat sysctl -qw net.netfilter.nf_conntrack_udp_timeout=600 net.netfilter.nf_conntrack_udp_timeout_stream=600

# ---- transport mode --------------------------------------------------------

# between 192.168.1.1 and the hub, as s1 sees it; between the NAT and itself, as the hub does
for f in 4 6; do
	for h in hub s1 s2; do must on $h ipsecctl dev del ipsec$f; done
done
for f in 4 6; do
	plen=32
	((f == 6)) && plen=128
	for h in hub s1; do quiet_dev $h ipsec$f; done
	peer hub $f s1 remote "${NAT[$f]}" selector "${NAT[$f]}/$plen" encap 4500 4500
	peer s1 $f hub remote "${HUB[$f]}" selector "${HUB[$f]}/$plen" encap 4500 4500
	must sa hub ipsec$f s1 in 0x${f}301 aes-gcm-16 128 mode transport
	must sa s1 ipsec$f hub in 0x${f}302 aes-gcm-16 128 mode transport
	must sa hub ipsec$f s1 out 0x${f}302 aes-gcm-16 128 mode transport
	must sa s1 ipsec$f hub out 0x${f}301 aes-gcm-16 128 mode transport
	must ip -n hub route add "${NAT[$f]}/$plen" dev ipsec$f
	must ip -n s1 route add "${HUB[$f]}/$plen" dev ipsec$f
	is "A4.11 transport IPv$f: MTU" "$(mtu s1 ipsec$f)" 1458
	n=$(mappings $f s1 | wc -l)
	check "transport IPv$f: the mapping is told" wait_for 10 eval \
		"on s1 ping -q -n -c 1 -W 0.1 ${HUB[$f]}; told $f s1 $((n + 1))"
	follow $f s1
	drops_hub=$(drops hub ipsec$f) drops_s1=$(drops s1 ipsec$f)
	pings "transport IPv$f: ping from the spoke" s1 "${HUB[$f]}"
	# with a checksum of the ICMPv6 message, which has the wrong addresses as well
	pings "transport IPv$f: ping from the hub" hub "${NAT[$f]}"
	for size in 1000 2000000; do
		transfer "A6.5 transport IPv$f: TCP from the spoke, $size bytes" s1 "${HUB[$f]}" 2000000
		transfer "A6.5 transport IPv$f: TCP to the spoke" s1 "${HUB[$f]}" 2000000 -R
	done
	transfer "A6.5 transport IPv$f: TCP opened by the hub" hub "${NAT[$f]}" 2000000
	transfer "A6.5 transport IPv$f: UDP from the spoke" s1 "${HUB[$f]}" 400000 -u -b 10M -w 1M
	drops_are "transport IPv$f: nothing was dropped, hub" hub ipsec$f "$drops_hub"
	drops_are "transport IPv$f: nothing was dropped, s1" s1 ipsec$f "$drops_s1"
done
is "the monitor, and who holds the ports, have no complaint" "$(cat "$WORK"/events.err "$WORK"/encap.*.err)" ""

# ---- the adversary ---------------------------------------------------------

host gw atk
on atk sysctl -qw net.ipv6.conf.default.disable_ipv6=1
wire gw wan "192.0.2.1/24 2001:db8::1/64" atk wan ""
must on gw ethtool -K wan tx off
background gw encap.gw ipsecctl encap 4500
background gw gw.events ipsecctl -j monitor
for f in encap.gw gw.events; do must wait_for 10 grep -q listening "$WORK/$f"; done
/usr/bin/python3 -B "$here/natt.py" "$WORK/gw.events" || FAILED=$((FAILED + 1))
finish
