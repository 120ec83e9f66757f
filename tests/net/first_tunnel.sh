#!/bin/bash
# SPDX-License-Identifier: MIT
#
# first_tunnel.sh - two gateways, a host behind each, both ends ours.
#
#   left ---- gwa ======================== gwb ---- right
#   10.1.0.2  10.1.0.1                10.2.0.1  10.2.0.2
#             192.0.2.1 --- veth --- 192.0.2.2
# kernel: every

. "$(dirname "$0")/lib.sh"

host left gwa gwb right
wire left eth0 "10.1.0.2/24 fd01::2/64" gwa lan "10.1.0.1/24 fd01::1/64"
wire right eth0 "10.2.0.2/24 fd02::2/64" gwb lan "10.2.0.1/24 fd02::1/64"
wire gwa wan "192.0.2.1/24" gwb wan "192.0.2.2/24"
forwarding gwa
forwarding gwb
must ip -n left route add default via 10.1.0.1
must ip -n right route add default via 10.2.0.1
must ip -n left -6 route add default via fd01::1
must ip -n right -6 route add default via fd02::1
tunnel gwa 192.0.2.1 "" gwb 192.0.2.2 ""
must ip -n gwa route add 10.2.0.0/24 dev ipsec0
must ip -n gwb route add 10.1.0.0/24 dev ipsec0
must ip -n gwa -6 route add fd02::/64 dev ipsec0
must ip -n gwb -6 route add fd01::/64 dev ipsec0

check "interface comes up with its SA" wait_for 5 operstate_is gwa ipsec0 up
is "MTU follows underlay and SA" "$(on gwa cat /sys/class/net/ipsec0/mtu)" 1446

before=$(drops gwb ipsec0)
pings "IPv4 through the tunnel" left 10.2.0.2
pings "IPv6 through the tunnel" left fd02::2
pings "64 KiB through the tunnel" left 10.2.0.2 -s 65000
drops_are "nothing was dropped" gwb ipsec0 "$before"

read -r rxp rxb txp txb < <(traffic gwa ipsec0)
must on left ping -q -c 5 -i 0.01 -s 100 10.2.0.2
is "exact packets and bytes" "$(traffic gwa ipsec0)" \
	"$((rxp + 5)) $((rxb + 5 * 128)) $((txp + 5)) $((txb + 5 * 128))"

iperf "TCP left to right" left right 10.2.0.2
iperf "TCP right to left" left right 10.2.0.2 -R
iperf "UDP left to right" left right 10.2.0.2 -u -b 10M

finish
