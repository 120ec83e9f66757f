#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ike_psk.sh: ipsec-iked and strongSwan charon, pre-shared keys, site to site, what either
# side proposes by itself.
#
#   10.1.0.1/24 lan-a          ours                    charon          lan-b 10.2.0.1/24
#             a: 10.1.0.1 -- ipsec0 192.0.2.1 ===== 192.0.2.2 xfrm -- 10.2.0.1

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_ike.sh"

two_gateways
charon b < <(gateway_b "proposals = default" "esp_proposals = default")
gateway_a
ours a
check "ipsecctl up" up a ipsec0
comes_up "one IKE SA, one pair" a b
charon_has_one() { [[ $(swan b --list-sas | grep -o 'ESTABLISHED\|INSTALLED' | xargs) == "ESTABLISHED INSTALLED" ]]; }
check "charon has them too" wait_for 10 charon_has_one
check "ping" on a ping -c 3 -i 0.2 -W 2 -I 10.1.0.1 10.2.0.1
((FAILED)) && ike_logs a b
finish
