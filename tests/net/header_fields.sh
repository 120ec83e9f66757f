#!/bin/bash
# SPDX-License-Identifier: MIT
#
# header_fields.sh - each field of the outer headers that we make, and what the outer
# header of a received packet does to the inner one.
#
#   gw  wan 192.0.2.1, 2001:db8::1 ---- veth ---- wan  atk   the underlay
#       lan 10.8.0.1, fd08::1 --------- veth ---- lan  atk   a host 10.8.0.2, fd08::2 behind gw
#   ipsec0 (outer IPv4), ipsec1 (outer IPv6); both ends of the cables are header_fields.py
# suite: long

. "$(dirname "$0")/lib.sh"

host gw atk
on atk sysctl -qw net.ipv6.conf.default.disable_ipv6=1
wire gw wan "192.0.2.1/24 2001:db8::1/64" atk wan ""
wire gw lan "10.8.0.1/24 fd08::1/64" atk lan ""
forwarding gw

/usr/bin/python3 -B "${0%.sh}.py" || FAILED=$((FAILED + 1))
finish
