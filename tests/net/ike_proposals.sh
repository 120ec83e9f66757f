#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ike_proposals.sh: each proposal for IKE and for the traffic, between ipsec-iked and
# strongSwan's charon on the stock kernel, called from either side; and none in common.
#
#   ipsec0 10.1.N.1 -- ours 198.18.1.N ===== 198.18.2.N charon -- 10.2.N.1
#
# One pair of daemons, and a peer for each proposal (ike_proposals.py has the list).
# suite: long
# machine: uml
# timeout: 900

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_ike.sh"

helper() { /usr/bin/python3 "$(dirname "$0")/ike_proposals.py" "$@"; }

# each FUNCTION: with each case's number and word, some at a time
each() {
	local n word i=0
	while read -r n word; do
		"$1" "$n" "$word" &
		((++i % 8)) || wait_jobs
	done < "$WORK/cases"
	wait_jobs
}

# The daemons are jobs of this shell as well
wait_jobs() {
	local pid
	for pid in $(jobs -pr); do
		grep -qsx "$pid" "$WORK"/*/pid || wait "$pid"
	done
}

# all of them are up, and nothing that was rekeyed is left
children() {
	ctl_on a -j ike status | python3_json \
		'*sorted({c["state"] for s in d["sas"] for c in s["children"]}), sum(len(s["children"]) for s in d["sas"])'
}
children_are() { [[ $(children) == "up $1" ]]; }
all_closed() { [[ $(children) == 0 ]] && charon_is_empty; }
rekeyed_are() { [[ $(counter a child_rekeyed) == "$1" ]] && children_are "$n_cases"; }
charon_is_empty() { [[ -z $(swan b --list-sas --raw | grep "list-sa event") ]]; }

ping_case() { on a ping -q -n -c 3 -i 0.05 -W 5 -I "10.1.$1.1" "10.2.$1.1" > /dev/null; }
ping_pfs() { [[ $2 != pfs ]] || ping_case "$@"; }
up_case() { ctl_on a ike up ipsec0 "c$1"; }
down_case() { ctl_on a ike down ipsec0 "c$1"; }
call_case() { swan b --initiate --child "c$1" --timeout 30 > /dev/null; }
rekey_case() { [[ $2 != pfs ]] || ctl_on a ike rekey ipsec0 "c$1"; }
rekey_charon() { [[ $2 != pfs ]] || swan b --rekey --child "c$1" > /dev/null; }

# results ROLE PACKETS [rekeyed]
results() {
	ctl_on a -j ike status > "$WORK/ours.json"
	swan b --list-sas --raw > "$WORK/charon.raw"
	helper check "$WORK" "$@" > "$WORK/results"
	cat "$WORK/results"
	FAILED=$((FAILED + $(grep -c '^not ok' "$WORK/results")))
}

helper config "$WORK" || must false
n_cases=$(wc -l < "$WORK/cases")
n_pfs=$(grep -c pfs "$WORK/cases")
# shellcheck disable=SC2046 # words
numbered_hosts $(seq 1 "$n_cases") 101 102
must on b sysctl -qw net.core.xfrm_acq_expires=5
conf a ipsec0 < "$WORK/ipsec0.conf"
charon b < "$WORK/swanctl.conf"
ours a
check "ipsecctl up" up a ipsec0

note "$SECONDS s: we call"
each up_case
wait_for 60 children_are "$n_cases"
each ping_case
results initiator 3

note "$SECONDS s: rekeying with new key exchanges"
before=$(counter a child_rekeyed)
each rekey_case
wait_for 60 rekeyed_are $((before + n_pfs))
each ping_pfs
results initiator 3 rekeyed
before=$(counter a child_rekeyed)
each rekey_charon
wait_for 60 rekeyed_are $((before + n_pfs))
each ping_pfs
results initiator 3 rekeyed
no_keys_logged a

each down_case
check "B6.7 both sides close all" wait_for 30 all_closed

note "$SECONDS s: charon calls"
each call_case
wait_for 60 children_are "$n_cases"
each ping_case
results responder 3
is "B3.9 no proposal was refused" "$(counter a fail_proposal)" 0

note "$SECONDS s: nothing in common"
ctl_on a ike up ipsec0 ike
check "B3.9 E4 refused IKE proposal: what we offered" log_has a \
	"ipsec0 ike: the peer says NO_PROPOSAL_CHOSEN (which anybody could); still trying
ipsec0 ike:   we offered: aes256gcm16-prfsha384-ecp384"
is "B3.9 refused IKE proposal counts" "$(counter a fail_proposal)" 1
ctl_on a ike down ipsec0 ike
check_fails "B3.9 charon calls with another IKE proposal" "NO_PROPOSAL_CHOSEN" \
	swan b --initiate --child ike --timeout 30
check "B3.9 both sides' IKE proposals" log_has a \
	"198.18.2.101:500: no proposal for the IKE SA in common
198.18.2.101:500:   the peer offers: aes128gcm16-prfsha256-x25519
198.18.2.101:500:   ipsec0 ike: aes256gcm16-prfsha384-ecp384"
is "B3.9 another IKE proposal counts" "$(counter a fail_proposal)" 2
ctl_on a ike up ipsec0 child
check "B3.9 refused child proposal: what we offered" log_has a \
	"ipsec0 child: no child SA: the peer says NO_PROPOSAL_CHOSEN
ipsec0 child:   we offered: aes256gcm16-noesn"
is "B3.9 refused child proposal counts" "$(counter a fail_proposal)" 3
ctl_on a ike down ipsec0 child
check_fails "B3.9 charon calls with another child proposal" "NO_PROPOSAL_CHOSEN" \
	swan b --initiate --child child --timeout 30
check "B3.9 both sides' child proposals" log_has a \
	"ipsec0 child: no proposal for the child SA in common
ipsec0 child:   the peer offers: chacha20poly1305-noesn
ipsec0 child:   we allow: aes256gcm16-noesn"
is "B3.9 another child proposal counts" "$(counter a fail_proposal)" 4
((FAILED)) && ike_logs a
note "$SECONDS s"
finish
