#!/bin/bash
# SPDX-License-Identifier: MIT
#
# esp_wire.sh - packets that scapy builds are accepted, packets that we send are opened by it.
#
#   gw  wan 192.0.2.1 ---- veth ---- wan  atk
#       2001:db8::1                  the other side is esp_wire.py
#   ipsec0 (outer IPv4), ipsec1 (outer IPv6)

. "$(dirname "$0")/lib.sh"

host gw atk
on atk sysctl -qw net.ipv6.conf.default.disable_ipv6=1
wire gw wan "192.0.2.1/24 2001:db8::1/64" atk wan ""

/usr/bin/python3 "${0%.sh}.py" || FAILED=$((FAILED + 1))
finish
