#!/bin/bash
# SPDX-License-Identifier: MIT
#
# hostile_rx.sh - what an attacker may send to us.
#
#   gw   wan 192.0.2.1, .3 ------- veth ---- wan  atk
#        2001:db8::1, ::3                    the other side is hostile_rx.py
#   ipsec0 (outer IPv4), ipsec1 (outer IPv6)
#
#   gw2  wan 192.0.2.1 ----------- veth ---- wan2 atk
#        has the same address, and no tunnel
# kernel: every

. "$(dirname "$0")/lib.sh"

host gw gw2 atk
on atk sysctl -qw net.ipv6.conf.default.disable_ipv6=1
wire gw wan "192.0.2.1/24 192.0.2.3/24 2001:db8::1/64 2001:db8::3/64" atk wan ""
wire gw2 wan "192.0.2.1/24" atk wan2 ""
must ip -n gw link set wan mtu 65535
must ip -n atk link set wan mtu 65535

/usr/bin/python3 "${0%.sh}.py" || FAILED=$((FAILED + 1))
finish
