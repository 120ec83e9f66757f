#!/bin/bash
# SPDX-License-Identifier: MIT
#
# xfrm_bulk_v4.sh - our tunnels against the stock kernel's xfrm over IPv4: full packets,
# TCP and UDP, both directions, each algorithm, with what arrived compared packet by
# packet with what was sent.
#
#   ours  ipsec4 10.4.K.1 fd04:K::1 -- 192.0.2.1 ===== 192.0.2.2 -- 10.4.K.2 fd04:K::2 xf4  stock
# kernel: every

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/lib_xfrm.sh
. "$(dirname "$0")/lib_xfrm.sh"

xfrm_bulk 4
finish
