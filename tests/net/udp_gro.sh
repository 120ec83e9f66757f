#!/bin/bash
# SPDX-License-Identifier: MIT
#
# udp_gro.sh - datagrams that come out of the interface are merged for a socket that asks
# for it (UDP_GRO), and for no other; the interface looks at the port alone.
#
#   a  ipsec0 10.0.0.1  192.0.2.1 ======= 192.0.2.2  ipsec0 10.0.0.2  b
# kernel: every

. "$(dirname "$0")/lib.sh"

host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
tunnel a 192.0.2.1 "10.0.0.1/24 fd00::1/64" b 192.0.2.2 "10.0.0.2/24 fd00::2/64"
/usr/bin/python3 -B "${0%.sh}.py" || FAILED=$((FAILED + 1))
finish
