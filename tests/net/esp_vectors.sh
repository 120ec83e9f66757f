#!/bin/bash
# SPDX-License-Identifier: MIT
#
# esp_vectors.sh - published ESP packets, and every byte that we send.
#
#   gw  wan 192.0.2.1, 203.0.113.5 ---- veth ---- wan  atk
#       2001:db8::1                               the other side is esp_vectors.py
#   ipsec0 (outer IPv4), ipsec1 (outer IPv6)
# kernel: every

. "$(dirname "$0")/lib.sh"

host gw atk
on atk sysctl -qw net.ipv6.conf.default.disable_ipv6=1
wire gw wan "192.0.2.1/24 203.0.113.5/24 2001:db8::1/64" atk wan ""

/usr/bin/python3 "${0%.sh}.py" || FAILED=$((FAILED + 1))
finish
