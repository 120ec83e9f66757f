#!/bin/bash
# SPDX-License-Identifier: MIT
#
# drops_rare.sh - drops that come from outside the module: a firewall on the
# underlay, a receive queue that is full.
#
#   a ======== ipsec0 ======== b
#   10.0.0.1               10.0.0.2
#   192.0.2.1 --- veth --- 192.0.2.2

. "$(dirname "$0")/lib.sh"

host a b
wire a eth0 "192.0.2.1/24" b eth0 "192.0.2.2/24"
tunnel a 192.0.2.1 10.0.0.1/24 b 192.0.2.2 10.0.0.2/24
pings "the tunnel works" a 10.0.0.2
# nothing but what is sent here
on a sysctl -qw net.ipv6.conf.ipsec0.disable_ipv6=1
on b sysctl -qw net.ipv6.conf.ipsec0.disable_ipv6=1

# ---- a firewall on the way out ----------------------------------------------

must on a nft -f - <<'NFT'
table inet t {
	chain out {
		type filter hook output priority 0
		meta l4proto esp drop
	}
}
NFT
before=$(drops a ipsec0) b_before=$(drops b ipsec0)
read -r _ _ tx_packets tx_bytes < <(traffic a ipsec0)
check_fails "nothing comes through" "100% packet loss" on a ping -q -c 3 -i 0.05 -W 1 10.0.0.2
drops_are "tx_output counts what the firewall took" a ipsec0 "$before" tx_output=3
drops_are "and b got nothing" b ipsec0 "$b_before"
is "what did not leave is not counted as sent" "$(traffic a ipsec0 | cut -d' ' -f3,4)" "$tx_packets $tx_bytes"
is "and is dropped for everybody" "$(on a cat /sys/class/net/ipsec0/statistics/tx_dropped)" \
	"$(drops a ipsec0 | awk -F= '/^tx_(no_peer|no_sa|nomem|output)=/ { n += $2 } END { print n }')"
must on a nft delete table inet t
pings "without it they come through again" a 10.0.0.2

# ---- a full queue on the way in ---------------------------------------------

# One burst of 40 packets is received in one go by the NAPI of the veth; without GRO
# on ipsec0 the clear packets wait in the CPU's queue, which has room for 4.
# (A veth hands packets to NAPI only if its other end does no TSO.)
must on a ethtool -K eth0 tso off
must on b ethtool -K eth0 gro on
must on b ethtool -K ipsec0 gro off
before=$(drops b ipsec0)
read -r rx_packets _ < <(traffic b ipsec0)
backlog=$(sysctl -n net.core.netdev_max_backlog)
sysctl -qw net.core.netdev_max_backlog=4
check "a burst of 40 packets" on a taskset -c 0 /usr/bin/python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, 103, 500)  # UDP_SEGMENT
s.sendto(bytes(40 * 500), ("10.0.0.2", 9))'
came() {
	local rx
	read -r rx _ < <(traffic b ipsec0)
	lost=$(($(drops b ipsec0 | sed -n 's/^rx_backlog=//p')))
	((rx - rx_packets + lost == 40))
}
check "each is received or counted" wait_for 5 came
came
sysctl -qw net.core.netdev_max_backlog="$backlog"
check "most of them found the queue full ($lost)" test "$lost" -gt 10
drops_are "rx_backlog counts them, and nothing else" b ipsec0 "$before" rx_backlog="$lost"

finish
