#!/bin/bash
# SPDX-License-Identifier: MIT
#
# audit.sh - events of packets that were dropped: to those who listen, with all that is
# known of the packet, so many and no more, and what they leave out is counted.
#
#   gw  wan 192.0.2.1, 2001:db8::1 ---- veth ---- wan  atk   both ends are audit.py
#   ipsec0 (outer IPv4), ipsec1 (outer IPv6): ESP; ipsec2, ipsec3: AH; ipsec4: ESP and AH
#   ipsec5 lives in inside, then in further
# suite: long

. "$(dirname "$0")/lib.sh"

host gw atk inside further
on atk sysctl -qw net.ipv6.conf.default.disable_ipv6=1
wire gw wan "192.0.2.1/24 2001:db8::1/64" atk wan ""

/usr/bin/python3 "${0%.sh}.py" || FAILED=$((FAILED + 1))
finish
