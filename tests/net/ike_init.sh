#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ike_init.sh: ipsec-iked and strongSwan's charon, and all that can be in the way of their
# first messages: cookies, another group, fragments, loss, duplicates, a wrong secret.
#
#   ipsec0 10.1.N.1 -- ours 198.18.1.N ===== 198.18.2.N charon -- 10.2.N.1
# suite: long
# machine: uml
# timeout: 600

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_ike.sh"
here=$(dirname "$0")

# peer NAME N [LINE...]: ours; theirs NAME N IKE-PROPOSALS CHILD-PROPOSALS: charon's.  With
# more networks on both sides in MORE_REMOTE and MORE_LOCAL
peer() {
	numbered_peer "$1" "$2" "networks = 10.2.$2.0/24${MORE_REMOTE:-}" \
		"local-networks = 10.1.$2.0/24${MORE_LOCAL:-}" "start = no" "${@:3}"
}
theirs() {
	local remote=${MORE_REMOTE:-} local=${MORE_LOCAL:-}	# a value of swanctl.conf is one line
	numbered_connection "$1" "$2" "$3" "local_ts = 10.2.$2.0/24${remote//$'\n'/}" \
		"remote_ts = 10.1.$2.0/24${local//$'\n'/}" "esp_proposals = $4"
}

we_call() {
	ctl_on a ike up ipsec0 "$2"
	check "$1: we call" wait_for 60 has_pair "$2"
}
charon_calls() {
	check "$1: charon calls" swan b --initiate --child "$2" --timeout 120
	wait_for 20 has_pair "$2"
}
works() { pings "$1" a "10.2.$2.1" -I "10.1.$2.1"; }
# how often charon's log has a text
charon_said() { grep -c -- "$1" "$WORK/b/log"; }

numbered_hosts {1..9}
# a message that does not fit: addresses of 32 bytes each
many() { for n in {1..20}; do printf ',\n fd0%d:5:%d::/64' "$1" "$n"; done; }

gcm=aes128gcm16-prfsha256
{
	peer plain 1
	peer group-us 2 "ike = $gcm-x25519-ecp256" "esp = aes128gcm16-x25519-ecp256-noesn"
	peer group-charon 3 "ike = $gcm-ecp256" "esp = aes128gcm16-ecp256-noesn"
	MORE_REMOTE=$(many 2) MORE_LOCAL=$(many 1) peer big 5
	peer other-secret 6 | sed 's/^psk = .*/psk = another secret of the same length/'
	peer other-them 7 | sed 's/^id = .*/id = somebody.example.org/'
	peer other-us 8
} > "$WORK/peers"
conf a ipsec0 < "$WORK/peers"
# shellcheck disable=SC2034 # lib_ike.sh
CHARON_OPTIONS="cookie_threshold = 1
			fragment_size = 500
			retransmit_timeout = 0.5
			retransmit_tries = 12
			retransmit_base = 1.2"
charon b < <(swanctl_conf \
	"$(theirs plain 1 $gcm-x25519 aes128gcm16)" \
	"$(theirs group-us 2 $gcm-ecp256 aes128gcm16-ecp256)" \
	"$(theirs group-charon 3 $gcm-x25519-ecp256 aes128gcm16-x25519-ecp256)" \
	"$(MORE_REMOTE=$(many 2) MORE_LOCAL=$(many 1) theirs big 5 $gcm-x25519 aes128gcm16)" \
	"$(theirs half-open 9 $gcm-x25519 aes128gcm16)" \
	"$(theirs other-secret 6 $gcm-x25519 aes128gcm16)" \
	"$(theirs other-them 7 $gcm-x25519 aes128gcm16)" \
	"$(theirs other-us 8 $gcm-x25519 aes128gcm16 | sed 's/id = a8\./id = who./')")
ours a
check "ipsecctl up" up a ipsec0

note "$SECONDS s: another group"
# group NAME PEER N: also for a new pair of child SAs
group() {
	is "$1: no group in IKE_AUTH" "$(pair_of "$2" 'c["algorithms"]')" aes128gcm16-noesn
	works "$1" "$3"
	must ctl_on a ike rekey ipsec0 "$2"
	check "$1: we rekey the child SA" wait_for 30 child_is "$2" aes128gcm16-ecp256-noesn
	works "$1: rekeyed" "$3"
	check "$1: charon rekeys the child SA" swan b --rekey --child "$2"
	wait_for 30 rekeyed_are $((rekeyed + 2))
	check "$1: rekeyed by charon" wait_for 30 child_is "$2" aes128gcm16-ecp256-noesn
	works "$1: rekeyed by charon" "$3"
}
child_is() { [[ $(pair_of "$1" 'c["algorithms"]') == "$2" ]]; }
rekeyed_are() { [[ $(counter a child_rekeyed) == "$1" ]]; }
for p in "group-us 2" "group-charon 3"; do
	n=${p#* } p=${p% *}
	rekeyed=$(counter a child_rekeyed)
	we_call "B3.3 $p" "$p"
	group "B3.3 $p, initiator" "$p" "$n"
	close "$p"
	rekeyed=$(counter a child_rekeyed)
	charon_calls "B3.3 $p" "$p"
	group "B3.3 $p, responder" "$p" "$n"
	close "$p"
done
check "B3.3 charon was told the group" grep -q "peer didn't accept DH group CURVE_25519, it requested ECP_256" "$WORK/b/log"
check "B3.3 charon told the group" grep -q "DH group CURVE_25519 unacceptable, requesting ECP_256" "$WORK/b/log"
is "B3.3 nothing failed" "$(counter a fail_ke) $(counter a fail_proposal) $(counter a fail_other)" "0 0 0"

note "$SECONDS s: cookies"
# charon wants them while one other is half open; twice, with the group as well
is "B3.5 charon: one half open" "$(on a "$here/ike_half_open.py" 198.18.1.9 198.18.2.9 2)" $'SA\nCOOKIE'
we_call "B3.5 cookie of charon" plain
works "B3.5 cookie of charon" 1
close plain
is "B3.5 charon: half open" "$(on a "$here/ike_half_open.py" 198.18.1.9 198.18.2.9 1)" COOKIE
we_call "B3.5 cookie of charon, then another group" group-us
works "B3.5 cookie of charon, then another group" 2
close group-us
check "B3.5 charon asked for cookies" test "$(charon_said 'No N(COOKIE)\|N(COOKIE) SA KE No\|N(COOKIE) \]')" -gt 1
# ours: three half-open from one address
is "B3.5 ours: half open" "$(on b "$here/ike_half_open.py" 198.18.2.1 198.18.1.1 5)" $'SA\nSA\nSA\nCOOKIE\nCOOKIE'
is "B3.5 cookies cost no state" "$(ctl_on a -j ike status | python3_json 'd["half_open"]') $(counter a cookie_sent)" "3 2"
charon_calls "B3.5 cookie of ours" plain
works "B3.5 cookie of ours" 1
is "B3.5 cookie of ours: sent, and good" "$(counter a cookie_sent) $(counter a cookie_bad)" "3 0"
close plain
is "B3.5 ours: half open" "$(on b "$here/ike_half_open.py" 198.18.2.3 198.18.1.3 1)" 41/14
is "B3.5 what nobody can agree with is not half open" "$(ctl_on a -j ike status | python3_json 'd["half_open"]')" 3

note "$SECONDS s: fragments"
we_call "B7.1 fragments" big
check "B7.1 ours: fragments" test "$(charon_said 'received fragment')" -ge 2
check "B7.1 charon: fragments" test "$(charon_said 'splitting IKE message')" -ge 1
works "B7.1 fragments" 5
close big
before=$(charon_said 'splitting IKE message') got=$(charon_said 'received fragment')
charon_calls "B7.1 fragments" big
check "B7.1 charon's request: fragments" test "$(charon_said 'splitting IKE message')" -gt "$before"
check "B7.1 our answer: fragments" test "$(charon_said 'received fragment')" -gt "$got"
works "B7.1 fragments, responder" 5
is "B7.2 no fragment was wrong" "$(counter a rx_fragment)" 0
close big

note "$SECONDS s: duplicates"
for h in a b; do
	server $h "$here/ike_half_open.py" twice eth0
	wait_for 20 grep -q ready "$WORK/server.$h.log"
done
before=$(counter a rx_repeated)
up=$(counter a ike_sa_up) children=$(counter a child_sa_up)
we_call "B6.1 everything twice" plain
must ctl_on a ike rekey ipsec0 plain
must swan b --rekey --child plain
works "B6.1 everything twice" 1
close plain
charon_calls "B6.1 everything twice" big
works "B6.1 everything twice, fragments" 5
close big
check "B6.1 requests that came again were answered" test "$(counter a rx_repeated)" -gt "$before"
is "B6.1 each SA was made once" "$(($(counter a ike_sa_up) - up)) $(($(counter a child_sa_up) - children))" "2 4"
pkill -f "ike_half_open.py twice"

note "$SECONDS s: loss"
# the first IKE packet in either direction for certain, and one in five of the others
must on b nft -f - <<- END
	table inet loss {
		chain in { type filter hook input priority 0
			udp dport { 500, 4500 } numgen inc mod 1000000 == 0 counter drop
			udp dport { 500, 4500 } numgen random mod 10 < 2 counter drop
		}
		chain out { type filter hook output priority 0
			udp sport { 500, 4500 } numgen inc mod 1000000 == 0 counter drop
			udp sport { 500, 4500 } numgen random mod 10 < 2 counter drop
		}
	}
END
before=$(counter a retransmit) dead=$(counter a peer_dead)
ctl_on a ike up ipsec0 plain
ctl_on a ike up ipsec0 big
check "B6.1 loss: we call" wait_for 120 has_pair plain
check "B6.1 loss: we call, fragments" wait_for 120 has_pair big
check "B6.1 loss: charon calls" swan b --initiate --child group-us --timeout 120
check "B6.1 loss: something was lost" test "$(on b nft list table inet loss | grep -o 'packets [0-9]*' | awk '{ n += $2 } END { print n }')" -ge 2
check "B6.1 loss: requests were sent again" test "$(counter a retransmit)" -gt "$before"
is "B6.1 loss: nobody was given up" "$(($(counter a peer_dead) - dead))" 0
must on b nft delete table inet loss
works "B6.1 loss" 1
works "B6.1 loss: fragments" 5
no_keys_logged a

note "$SECONDS s: who is who"
fails() { counter a fail_auth; }
is "B4.3 nobody failed so far" "$(fails)" 0
ctl_on a ike up ipsec0 other-secret
check "B4.3 wrong secret: charon refuses" log_has a \
	"ipsec0 other-secret: the peer refuses us: AUTHENTICATION_FAILED (its log says why)"
is "B4.3 wrong secret counts" "$(fails)" 1
ctl_on a ike down ipsec0 other-secret
check_fails "B4.3 wrong secret: we refuse" "received AUTHENTICATION_FAILED" \
	swan b --initiate --child other-secret --timeout 30
check "B4.3 wrong secret: why" log_has a \
	"b6.example.org is refused: the pre-shared key is not the same on both sides"
is "B4.3 wrong secret counts again" "$(fails)" 2
ctl_on a ike up ipsec0 other-them
check "B5.3 wrong identity: charon is not whom we call" log_has a \
	"ipsec0 other-them: the peer refuses us: AUTHENTICATION_FAILED (its log says why)"
is "B5.3 wrong identity counts" "$(fails)" 3
ctl_on a ike down ipsec0 other-them
check_fails "B5.3 wrong identity: we refuse" "received AUTHENTICATION_FAILED" \
	swan b --initiate --child other-them --timeout 30
check "B5.3 which identity did not match" log_has a \
	"b7.example.org is refused: no peer of that identity is configured for its address"
check "B5.3 which identity was expected" log_has a \
	"ipsec0 other-them: expected is somebody.example.org"
is "B5.3 wrong identity counts again" "$(fails)" 4
check_fails "B5.3 charon wants somebody else: we refuse" "received AUTHENTICATION_FAILED" \
	swan b --initiate --child other-us --timeout 30
check "B5.3 who is wanted" log_has a "it wants to talk to who.example.org"
check "B5.3 who we are" log_has a "ipsec0 other-us: we are a8.example.org"
is "B5.3 somebody else counts" "$(fails)" 5
is "B4.3 no secret in the log" "$(grep -c 'secret of\|secret that' "$WORK/a/log")" 0
((FAILED)) && ike_logs a b
note "$SECONDS s"
finish
