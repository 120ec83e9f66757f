#!/bin/bash
# SPDX-License-Identifier: MIT
#
# netlink_rtnl.sh - the interface through rtnetlink: what RTM_NEWLINK refuses, with
# which sentence, and what it reports.
#
#   gw: wan 192.0.2.1, ipsec0; other: dummy d0, whose index gw does not have
# kernel: every

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

host gw far other
wire gw wan "192.0.2.1/24" far wan "192.0.2.2/24"
links() { on gw ip -o link show type ipsec | wc -l; }

check "add without a name" ip -n gw link add type ipsec
is "it is called ipsec0" "$(on gw ls /sys/class/net | grep ipsec)" ipsec0
check_fails "E3.19 the same name" "File exists" ip -n gw link add ipsec0 type ipsec
check_fails "E3.19 the same name with ipsecctl" "File exists" on gw ipsecctl dev add ipsec0
check_fails "E3.19 add with MTU 67" "mtu less than device minimum" ip -n gw link add ipsec1 mtu 67 type ipsec
check_fails "E3.19 add with MTU 0" "mtu less than device minimum" ip -n gw link add ipsec1 mtu 0 type ipsec
check_fails "E3.19 add with MTU 70000" "mtu greater than device maximum" ip -n gw link add ipsec1 mtu 70000 type ipsec
check_fails "E3.19 MTU 0" "mtu less than device minimum" ip -n gw link set ipsec0 mtu 0
check_fails "E3.19 MTU 67" "mtu less than device minimum" ip -n gw link set ipsec0 mtu 67
check_fails "E3.19 MTU 65363" "mtu greater than device maximum" ip -n gw link set ipsec0 mtu 65363
check_fails "E3.19 MTU 70000" "mtu greater than device maximum" ip -n gw link set ipsec0 mtu 70000
check "MTU 68" ip -n gw link set ipsec0 mtu 68
check "MTU 65362" ip -n gw link set ipsec0 mtu 65362
is "E3.19 only one interface was made" "$(links)" 1

on gw /usr/bin/python3 -B "$here/netlink_rtnl.py" || FAILED=$((FAILED + 1))

# an index of another namespace means nothing here
must ip -n other link add d0 index 4711 type dummy
check_fails "E3.19 the underlay device is of another namespace" "" on gw ipsecctl dev add ipsec5 link d0
check "a link and a mark" on gw ipsecctl dev add ipsec2 link wan fwmark 0x2a
is "are reported" "$(on gw ipsecctl -j dev show ipsec2 | jq -c '.[0] | [.link, .fwmark]')" '["wan",42]'
is "ip link shows the underlay" "$(ip -n gw -j link show ipsec2 | jq -r '.[0].link')" wan
check_fails "E3.19 its own underlay" "an interface cannot be its own underlay" \
	on gw ipsecctl dev set ipsec2 link ipsec2
check "the mark alone is changed" on gw ipsecctl dev set ipsec2 fwmark 7
is "and the link stays" "$(on gw ipsecctl -j dev show ipsec2 | jq -c '.[0] | [.link, .fwmark]')" '["wan",7]'
check "the link is taken away" on gw ipsecctl dev set ipsec2 link none
is "and the mark stays" "$(on gw ipsecctl -j dev show ipsec2 | jq -c '.[0] | [.link, .fwmark]')" '[null,7]'
# the underlay device goes: the interface keeps an index that nobody has
must on gw ipsecctl dev set ipsec2 link wan
must ip -n gw link del wan
check "the underlay device goes, the interface does not" on gw ipsecctl dev show ipsec2
check_fails "what is no ipsec interface is not removed by ipsecctl" "" on gw ipsecctl dev del lo
check "remove" on gw ipsecctl dev del ipsec2
check_fails "remove twice" "" on gw ipsecctl dev del ipsec2
finish
