#!/bin/bash
# SPDX-License-Identifier: MIT
#
# hostile_ah.sh - what an attacker may send to us as AH.
#
#   gw  wan 192.0.2.1, .3 ---- veth ---- wan  atk
#       2001:db8::1, ::3                 the other side is hostile_ah.py
#   ipsec0 (outer IPv4), ipsec1 (outer IPv6): AH
#   ipsec2, ipsec3: ESP inside AH
# suite: long

. "$(dirname "$0")/lib.sh"

host gw atk
on atk sysctl -qw net.ipv6.conf.default.disable_ipv6=1
wire gw wan "192.0.2.1/24 192.0.2.3/24 2001:db8::1/64 2001:db8::3/64" atk wan ""
must ip -n gw link set wan mtu 65535
must ip -n atk link set wan mtu 65535

/usr/bin/python3 "${0%.sh}.py" || FAILED=$((FAILED + 1))
finish
