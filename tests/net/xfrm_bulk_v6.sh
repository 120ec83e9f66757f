#!/bin/bash
# SPDX-License-Identifier: MIT
#
# xfrm_bulk_v6.sh - our tunnels against the stock kernel's xfrm over IPv6: full packets,
# TCP and UDP, both directions, each algorithm, with what arrived compared packet by
# packet with what was sent.
#
#   ours  ipsec6 10.6.K.1 fd06:K::1 -- 2001:db8::1 = 2001:db8::2 -- 10.6.K.2 fd06:K::2 xf6  stock
# suite: long

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/lib_xfrm.sh
. "$(dirname "$0")/lib_xfrm.sh"

xfrm_bulk 6
finish
