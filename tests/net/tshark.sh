#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tshark.sh - what we send, read by Wireshark with the keys: every suite that tshark 4.0
# knows, in tunnel and transport mode, in UDP, over IPv4 and IPv6; and AH.
#
#   gw   wan 192.0.2.1 ----------- veth ---- wan  atk
#        2001:db8::1                         the other side is tshark.py
#   ipsec0 (outer IPv4), ipsec1 (IPv6): ESP;  ipsec2, ipsec3: AH
# suite: long

. "$(dirname "$0")/lib.sh"

host gw atk
on atk sysctl -qw net.ipv6.conf.default.disable_ipv6=1
wire gw wan "192.0.2.1/24 2001:db8::1/64" atk wan ""

/usr/bin/python3 "${0%.sh}.py" "$WORK" || FAILED=$((FAILED + 1))
finish
