#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ike_rekey.sh: keys are changed under traffic, and not one packet is lost: child SAs every
# 2 seconds, asked for by us and by strongSwan's charon; IKE SAs; both sides at once; by
# packets and bytes.  Numbered datagrams both ways are counted.
#
#   a: 10.1.0.1 -- ipsec0 192.0.2.1 ===== 192.0.2.2 xfrm -- 10.2.0.1 :b
#      ipsec-iked                                   charon
#
# TEST_REKEY_SECONDS is how long each of the first two goes on; the promise is 600.
# suite: long
# machine: uml
# timeout: 1500

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_ike.sh"

SECONDS_EACH=${TEST_REKEY_SECONDS:-$( ((IPSEC_VM_DEBUG)) && echo 30 || echo 120)}
RATE=${TEST_REKEY_RATE:-$( ((IPSEC_VM_DEBUG)) && echo 100 || echo 500)}
# with all checkers on, there are too few packets in a second for the others
PARTS=${TEST_REKEY_PARTS:-$( ((IPSEC_VM_DEBUG)) && echo ours theirs || echo ours theirs ike both collide amounts)}

# theirs IKE CHILD: charon's file, with these times
theirs() {
	gateway_b "proposals = aes128gcm16-prfsha256-x25519
		rekey_time = $1
		over_time = 600s
		rand_time = 0s" "esp_proposals = aes128gcm16
		rekey_time = $2
		life_time = 600s
		rand_time = 0s"
}

# ours_is IKE CHILD [LINE...]: our file
ours_is() {
	gateway_a "ike = aes128gcm16-prfsha256-x25519" "esp = aes128gcm16" \
		"ike-rekey = $1" "rekey = $2" "${@:3}"
}

status() { ctl_on a -j ike status; }
spis_here() { ctl_on a -j sa show ipsec0 | jq -r '.[].spi' | sort -u; }
spis_there() { on b ip xfrm state | sed -n 's/.*spi \(0x[0-9a-f]*\).*/\1/p' | sort -u; }
# SPIs of pairs that both have deleted (DELETED is charon's word for that) and that charon
# receives on for ever: it removes the inbound SA some seconds later, so that nothing is lost
# that was on its way, by a job that does not find the pair when its IKE SA was rekeyed
# in between.  Only those that this job has named.
lost_there() {
	local id spi
	swan b --list-sas |
		awk '/ #[0-9]+, reqid / { id = $2; deleted = /, DELETED, / } $1 == "in" && deleted { print id, $2 }' |
		tr -d '#,' | while read -r id spi; do
		! grep -qF "CHILD_SA {$id} not found for delete" "$WORK/b/log" || echo "0x$spi"
	done | sort -u
}
# One IKE SA, one pair, also in both kernels, and both mean the same
one_pair() {
	[[ $(status | jq -c '[.sas[] | select(.state == "up")] | length, ([.[].children[] | select(.state == "up")] | length)' | xargs) == "1 1" ]] &&
		[[ $(swan b --list-sas | grep -o 'ESTABLISHED\|INSTALLED\|[A-Z]*ING\|REKEYED' | sort | xargs) == "ESTABLISHED INSTALLED" ]] &&
		[[ $(spis_here | wc -l) == 2 && $(spis_here) == "$(comm -23 <(spis_there) <(lost_there))" ]]
}
one_chain() { [[ $(status | jq '[.sas[].children[] | select(.state == "up")] | length') == 1 ]]; }
# Drops of the stock kernel.  It refuses a packet to the sender, who sends it again, when
# an SA is deleted after it was chosen for it: that is XfrmOutStateInvalid.
xfrm_errors() { on b awk '$2 { n += $2; if ($1 != "XfrmOutStateInvalid") printf "%s ", $1 } END { print n + 0 }' /proc/net/xfrm_stat; }
refused=0
no_state() { [[ -z $(on b ip xfrm state) ]]; }
began() { (($(counter a child_sa_up) > began)) && [[ $(spis_there | wc -l) -ge 2 ]]; }

# reset IKE CHILD THEIR_IKE THEIR_CHILD [LINE...]: both begin anew with these times
reset() {
	theirs "$3" "$4" > "$WORK/b/swanctl/swanctl.conf"
	must swan b --load-all --noprompt
	ours_is "$1" "$2" "${@:5}"
	ctl_on a down "$WORK/a/ipsec0.conf" &> /dev/null
	must wait_for 20 no_state
	began=$(counter a child_sa_up)
	must up a ipsec0
	wait_for 30 began && return
	not_ok "a pair with these times" "$*"
	ike_logs a b
}

talk_begin() {
	rm -f "$WORK"/{start,stop}
	before=$(drops a ipsec0)
	on a "$PYTHON" "${0%/*}/udp_count.py" 10.1.0.1 10.2.0.1 7000 "$RATE" "$WORK" > "$WORK/count.a" 2>&1 &
	talker_a=$!
	on b "$PYTHON" "${0%/*}/udp_count.py" 10.2.0.1 10.1.0.1 7000 "$RATE" "$WORK" > "$WORK/count.b" 2>&1 &
	talker_b=$!
	must wait_for 20 bound a
	must wait_for 20 bound b
	touch "$WORK/start"
}
bound() { on "$1" ss -Hlnu "sport = :7000" | grep -q .; }

# talk_end NAME: equal numbers on both sides, no drop counted anywhere
talk_end() {
	local a b
	touch "$WORK/stop"
	wait "$talker_a" "$talker_b"
	a=$(cat "$WORK/count.a") b=$(cat "$WORK/count.b")
	note "$1: a ${a//$'\n'/ }; b ${b//$'\n'/ }"
	is "$1: each packet of ours arrived once" "$(head -n 1 <<< "$b" | cut -d' ' -f5-)" \
		"received $(head -n 1 <<< "$a" | cut -d' ' -f2) lost 0 doubled 0"
	is "$1: each packet of charon's host arrived once" "$(head -n 1 <<< "$a" | cut -d' ' -f5-)" \
		"received $(head -n 1 <<< "$b" | cut -d' ' -f2) lost 0 doubled 0"
	is "$1: our kernel refused none to the sender" "$(cut -d' ' -f4 <<< "$a" | head -n 1)" 0
	drops_are "$1: no drop here" a ipsec0 "$before"
	refused=$((refused + $(cut -d' ' -f4 <<< "$b" | head -n 1)))
	is "$1: no drop there" "$(xfrm_errors)" "$refused"
}

settles() {
	wait_for 40 one_pair && ok "$1: one pair is left, the same on both sides" &&
		note "charon lost$(lost_there | sed 's/^/ /' | tr -d '\n')" && return
	not_ok "$1: one pair is left, the same on both sides" \
		"$(spis_here) here, $(spis_there) there, of them lost by charon: $(lost_there)"
	ctl_on a ike status
	swan b --list-sas
	ike_logs a b
}

# at_least NAME GOT WANT
at_least() { check "$1 ($2)" test "$2" -ge "$3"; }

# complaints LINES: what charon says behind these when something does not go as it should
complaints() { sed "1,$1d" "$WORK/b/log" | grep -E 'failed|unable|NO_PROP|invalid|giving up'; }

# only_crossing NAME LINES RETRANSMITS: no complaint since then, but about requests that cross
# (RFC 7296 2.25): one is refused with TEMPORARY_FAILURE, and made again later.  A pair that
# charon does not have is named only by a request that we had to send again, when charon
# has deleted the pair meanwhile.
only_crossing() {
	local unknown again
	is "$1: no complaint of charon, but about what crossed" "$(complaints "$2" | grep -vE \
		-e '(CHILD|IKE)_SA rekeying failed, trying again' \
		-e 'unable to rekey, (we are deleting the CHILD_SA|CHILD_SA not found)' \
		-e 'unable to create CHILD_SA while (rekeying|deleting) IKE_SA' | head -n 3)" ""
	unknown=$(sed "1,$2d" "$WORK/b/log" | grep -c 'generating .*N(NO_CHILD_SA)')
	again=$(($(counter a retransmit) - $3))
	note "$1: $unknown about unknown pairs, $again of our requests sent again"
	check "$1: unknown pairs are named only when we send again" test "$unknown" -le "$again"
}

rekeyed() { (($(counter a child_rekeyed) >= $1)); }

# zero_loss NAME OUR_IKE OUR_CHILD THEIR_IKE THEIR_CHILD SECONDS CHILDREN IKES [LINE...]:
# with these lines in our file too, under traffic for SECONDS, at least so many new SAs of each kind
zero_loss() {
	local name=$1 seconds=$6 children ikes lines again
	reset "$2" "$3" "$4" "$5" "${@:9}"
	children=$(counter a child_rekeyed) ikes=$(counter a ike_rekeyed) lines=$(wc -l < "$WORK/b/log")
	again=$(counter a retransmit)
	talk_begin
	sleep "$seconds" # is what is asked for, it waits for nothing
	# amounts are a matter of what the machine sends in that time
	[[ $name != by* ]] || wait_for 120 rekeyed $((children + $7))
	at_least "$name: child SAs rekeyed" $(($(counter a child_rekeyed) - children)) "$7"
	at_least "$name: IKE SAs rekeyed" $(($(counter a ike_rekeyed) - ikes)) "$8"
	talk_end "$name"
	check "$name: one pair is up" wait_for 10 one_chain
	if [[ $name == both* ]]; then
		only_crossing "$name" "$lines" "$again"
	else
		is "$name: no complaint of charon" "$(complaints "$lines" | head -n 3)" ""
	fi
	note "$(status | jq -c '[.counters[] | select(.value > 0) | {(.name): .value}] | add')"
}

collisions() {
	local i lines again
	reset 4h 1h 4h 1h
	lines=$(wc -l < "$WORK/b/log") again=$(counter a retransmit)
	talk_begin
	for ((i = 0; i < 20; i++)); do
		ctl_on a ike rekey ipsec0 b &> "$WORK/rekey.a" &
		swan b --rekey --child site &> "$WORK/rekey.b"
		wait $!
	done
	settles "both rekey the child SA"
	for ((i = 0; i < 10; i++)); do
		ctl_on a ike rekey ipsec0 b ike &> "$WORK/rekey.a" &
		swan b --rekey --ike site &> "$WORK/rekey.b"
		wait $!
	done
	settles "both rekey the IKE SA"
	for ((i = 0; i < 10; i++)); do
		ctl_on a ike rekey ipsec0 b ike &> "$WORK/rekey.a" &
		swan b --rekey --child site &> "$WORK/rekey.b"
		wait $!
		ctl_on a ike rekey ipsec0 b &> "$WORK/rekey.a" &
		swan b --rekey --ike site &> "$WORK/rekey.b"
		wait $!
	done
	settles "one the IKE SA, the other the child SA"
	talk_end "collisions"
	only_crossing collisions "$lines" "$again"
}

PYTHON=/usr/bin/python3
two_gateways
charon b < <(theirs 4h 1h)
ours a
for part in $PARTS; do
	case $part in
	ours) zero_loss "we rekey" 4h 2s 4h 1h "$SECONDS_EACH" $((SECONDS_EACH / 4)) 0 ;;
	theirs) zero_loss "charon rekeys" 4h 1h 4h 2s "$SECONDS_EACH" $((SECONDS_EACH / 4)) 0 ;;
	ike)
		zero_loss "we rekey the IKE SA" 3s 1h 4h 1h 30 0 6
		zero_loss "charon rekeys the IKE SA" 4h 1h 3s 1h 30 0 6
		;;
	both) zero_loss "both rekey all" 5s 2s 5s 2s 40 8 3 ;;
	collide) collisions ;;
	amounts)
		zero_loss "by packets" 4h 1h 4h 1h 20 4 0 "rekey-packets = 2k"
		zero_loss "by bytes" 4h 1h 4h 1h 20 4 0 "rekey-bytes = 300k"
		;;
	esac
done
finish
