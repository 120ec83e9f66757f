#!/bin/bash
# SPDX-License-Identifier: MIT
#
# hostile_modes.sh - what is wrong with a packet moves one counter by one in every mode:
# ESP in transport mode, ESP in UDP, ESP inside AH, AH; on the way in and on the way out.
# (hostile_rx.sh and hostile_tx.sh have ESP in tunnel mode, in more detail.)
#
#   gw   wan 192.0.2.1 ----------- veth ---- wan  atk
#        2001:db8::1                         the other side is hostile_modes.py
#   ipsec0 (outer IPv4), ipsec1 (IPv6): ESP;  ipsec2, ipsec3: ESP in AH;  ipsec4, ipsec5: AH
# suite: long

. "$(dirname "$0")/lib.sh"

host gw atk
on atk sysctl -qw net.ipv6.conf.default.disable_ipv6=1
wire gw wan "192.0.2.1/24 2001:db8::1/64" atk wan ""

/usr/bin/python3 "${0%.sh}.py" || FAILED=$((FAILED + 1))
finish
