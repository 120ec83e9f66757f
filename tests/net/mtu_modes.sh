#!/bin/bash
# SPDX-License-Identifier: MIT
#
# mtu_modes.sh - no size from 1 to 65,535 bytes vanishes: ESP, AH, and ESP inside AH, in
# tunnel and transport mode, IPv4 and IPv6, with DF and without.  (mtu.sh has hosts behind
# the gateway, and what they are told.)
#
#   a  wan 192.0.2.1, 2001:db8::1 ===== veth ===== wan 192.0.2.2, 2001:db8::2  b
#      ipsec0 10.0.0.1, fd00::1                    ipsec0 10.0.0.2, fd00::2
#                        both are mtu_modes.py
# suite: long
# timeout: 900

. "$(dirname "$0")/lib.sh"

host a b
wire a wan "192.0.2.1/24 2001:db8::1/64" b wan "192.0.2.2/24 2001:db8::2/64"
must sysctl -qw net.core.rmem_max=8388608

/usr/bin/python3 "${0%.sh}.py" || FAILED=$((FAILED + 1))
finish
