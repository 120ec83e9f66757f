#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ipsecctl_monitor.sh - ipsecctl monitor prints each kind of event once, for people
# and as JSON, and keys in none.
#
#   gw: ipsec0, wan 192.0.2.1 ===== 192.0.2.2 far

. "$(dirname "$0")/lib.sh"

host gw far
wire gw wan "192.0.2.1/24" far wan "192.0.2.2/24"
ctl() { on gw ipsecctl "$@"; }

ip netns exec gw env --default-signal=INT ipsecctl monitor >"$WORK/text" 2>"$WORK/text.err" &
text=$!
ip netns exec gw ipsecctl -j monitor >"$WORK/json" 2>"$WORK/json.err" &
json=$!
# a first event, again until both have seen it
both() {
	ctl dev add probe0 && ctl dev del probe0
	grep -q probe0 "$WORK/text" && grep -q probe0 "$WORK/json"
}
check "both monitors listen" wait_for 10 both
settled() { local n; n=$(wc -l <"$WORK/json"); sleep 0.2; [[ $(wc -l <"$WORK/json") == "$n" ]]; }
wait_for 5 settled
skip_text=$(wc -l <"$WORK/text") skip_json=$(wc -l <"$WORK/json")

want=()
event() { # KINDS COMMAND...
	# shellcheck disable=SC2206 # several kinds in one word
	want+=($1)
	shift
	must "$@"
}
event "dev_new" ctl dev add ipsec0
event "dev_set" ctl dev set ipsec0 fwmark 5
event "peer_new" ctl peer add ipsec0 p remote 192.0.2.2
event "peer_set" ctl peer set ipsec0 p selector 10.0.0.0/8
event "sa_new" sa gw ipsec0 p in 0x1001 aes-gcm-16 128
# it becomes usable, and the MTU of the interface is known
event "dev_set sa_new dev_set" sa gw ipsec0 p out 0x1002 aes-gcm-16 128 esn off seq 4294967290
event "" ip -n gw addr add 10.0.0.1/24 dev ipsec0
on gw sysctl -qw net.ipv6.conf.ipsec0.disable_ipv6=1
event "" ip -n gw link set ipsec0 up
on gw ping -q -n -c 5 -i 0.02 -W 0.1 10.0.0.2 >/dev/null
# beyond three quarters already, then the last number: it is not usable any more
want+=(sa_expire sa_expire dev_set)
wait_for 5 eval '(($(grep -c sa_expire "$WORK/json") == 2))' || not_ok "sa_expire" "$(cat "$WORK/json")"
event "sa_del sa_new dev_set" on gw ipsecctl sa replace ipsec0 p out spi 0x1003 encr aes-gcm-16 key "$(key_file 0x1003 20)"
event "" ctl sa set ipsec0 p in spi 0x1001 seq 5
event "sa_del" ctl sa del ipsec0 p in spi 0x1001
event "dev_set sa_del" ctl flush sa
# a packet for a peer without SA, when somebody is there who could make one
ip netns exec gw /usr/bin/python3 "$(dirname "$0")/acquires.py" >"$WORK/acquires" &
acquires=$!
must wait_for 10 grep -q listening "$WORK/acquires"
on gw ping -q -n -c 1 -W 0.1 10.0.0.2 >/dev/null
want+=(acquire)
wait_for 5 grep -q '"acquire"' "$WORK/json" || not_ok "acquire" "$(tail -n 1 "$WORK/json")"
event "peer_del" ctl peer del ipsec0 p
event "peer_new" ctl peer add ipsec0 p remote 192.0.2.2
event "peer_del" ctl flush peer ipsec0
event "dev_del" ctl dev del ipsec0
wait_for 5 settled
sorted() { tr ' ' '\n' <<<"$*" | sort | tr '\n' ' '; }
check "each line of JSON is an object" eval 'jq -e type "$WORK/json" | sort -u | grep -qx "\"object\""'
got=$(tail -n +$((skip_json + 1)) "$WORK/json" | jq -r .event)
is "each event once, as JSON" "$(sorted $got)" "$(sorted "${want[@]}")"
is "every kind was there" "$(tr ' ' '\n' <<<"$got" | sort -u | tr '\n' ' ')" \
	"acquire dev_del dev_new dev_set peer_del peer_new peer_set sa_del sa_expire sa_new "
is "as many lines for people" "$(($(wc -l <"$WORK/text") - skip_text))" "$(wc -w <<<"$got")"
check "JSON: a time stamp each" eval '[[ -z $(jq -r .timestamp "$WORK/json" | grep -vE "^20[0-9-]+T[0-9:.]+") ]]'
is "JSON: the limits" "$(jq -rs '[.[] | select(.event == "sa_expire") | [.spi, .expire] | join(" ")] | join(", ")' "$WORK/json")" \
	"0x00001002 seq_soft, 0x00001002 seq_hard"
is "JSON: an SA with its peer" "$(jq -cs '[.[] | select(.event == "sa_new")][0] | [.ifname, .peer, .dir, .spi]' "$WORK/json")" \
	'["ipsec0","p","in","0x00001001"]'
is "JSON: a peer with its selectors" "$(jq -cs '[.[] | select(.event == "peer_set")][0].selectors' "$WORK/json")" '["10.0.0.0/8"]'
is "JSON: the packet that has no SA" "$(jq -cs '[.[] | select(.event == "acquire")][0] | [.name, .acquire]' "$WORK/json")" \
	'["p",{"src":"10.0.0.1","dst":"10.0.0.2","proto":1}]'
keys=$(for l in 0x1001 0x1002 0x1003; do key_hex $l 20 | cut -c1-12; done | tr '\n' '|')
is "no key in any event" "$(cat "$WORK/text" "$WORK/json" | grep -ciE "${keys%|}")" 0
is "nothing went wrong" "$(cat "$WORK/text.err" "$WORK/json.err")" ""

# an interruption ends it, and so does the end of its reader
kill -INT $text
wait $text
is "an interruption ends it" $? 130
kill $json $acquires
wait $json $acquires 2>/dev/null

# events while a monitor starts are not taken for answers to its questions
must ctl dev add storm0
must ctl peer add storm0 p remote 192.0.2.2
storm() {
	PYTHONPATH=$(dirname "$0") exec ip netns exec gw /usr/bin/python3 -c '
from genl import *
nl, host = Genl(), 2
while not nl.do(CMD.PEER_SET, dev("storm0"), peer("p", "192.0.2.%d" % host)).err:
    host ^= 1'
}
listens() { grep -q listening "$WORK/start" || ! kill -0 $start 2>/dev/null; }
storm &
storm=$!
started=0
for ((i = 0; i < 20; i++)); do
	ip netns exec gw ipsecctl monitor >"$WORK/start" 2>>"$WORK/start.err" &
	start=$!
	wait_for 5 listens
	kill $start && started=$((started + 1))
	wait $start 2>/dev/null
done
is "a monitor starts amid events" "$started, $(cat "$WORK/start.err")" "20, "
# more than it takes while it is stopped: it says so, and goes on
ip netns exec gw ipsecctl monitor >"$WORK/start" 2>>"$WORK/start.err" &
start=$!
wait_for 5 listens
kill -STOP $start
# libnl's port: the process, and which of its sockets above 2^22
overrun() { awk -v pid=$start '$3 % 4194304 == pid && $9 > 0 { n++ } END { exit !n }' <(on gw cat /proc/net/netlink); }
check "events are lost while a monitor is stopped" wait_for 200 overrun
kill -CONT $start
told() { grep -q lost "$WORK/start" && [[ $(tail -n 1 "$WORK/start") != *lost* ]]; }
check "it says so, and goes on" wait_for 30 told
kill $start
wait $start 2>/dev/null
is "and nothing else" "$(cat "$WORK/start.err")" ""
check "the events came to the end" kill $storm
wait $storm 2>/dev/null
finish
