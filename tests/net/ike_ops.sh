#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ike_ops.sh: what an operator does: ipsecctl check, up, down, up again after changes, ike
# status, up, down, rekey, log; what goes wrong, and that nothing is half done then; what
# the daemon may.
#
#   hub a: 192.0.2.1 ==== 192.0.2.2 :b   two of ours; c is at 192.0.2.3
#                    ==== 192.0.2.3 :c

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_ike.sh"

host sw a b c
on sw ip link add br0 type bridge
on sw ip link set br0 up
for h in a b c; do
	must ip link add "to-$h" netns sw type veth peer name eth0 netns "$h"
	on sw ip link set "to-$h" master br0 up
	on "$h" ip link set eth0 up
done
on a ip addr add 192.0.2.1/24 dev eth0
on b ip addr add 192.0.2.2/24 dev eth0
on c ip addr add 192.0.2.3/24 dev eth0

# spoke HOST N: the file of one that waits for the hub's call
spoke() {
	conf "$1" ipsec0 << END
[interface]
address = 10.$2.0.1/16
id = $1.example.org

[peer a]
remote = 192.0.2.1
id = a.example.org
psk = a long secret of $1
networks = 10.1.0.0/16
local-networks = 10.$2.0.0/16
start = no
END
}

# peer HOST N [LINE...]: a section of the hub's file
peer() {
	cat << END

[peer $1]
remote = 192.0.2.$2
id = $1.example.org
psk = a long secret of $1
networks = 10.$2.0.0/16
local-networks = 10.1.0.0/16
start = now
$(printf '%s\n' "${@:3}")
END
}

interface() { printf '[interface]\naddress = 10.1.0.1/16\nid = a.example.org\n'; printf '%s\n' "$@"; }

status() { ctl_on a -j ike status; }
# spis PEER: of its pair that is up
spis() { status | jq -r --arg peer "$1" '.sas[] | select(.peer == $peer) | .children[] | select(.state == "up") | .spi_in + .spi_out'; }
is_up() { [[ -n $(spis "$1") ]]; }
is_gone() { [[ -z $(spis "$1") ]]; }
routes() { on a ip -o -4 route show proto 98 | sed 's/ .*//' | sort | xargs; }
addresses() { on "$1" ip -o addr show dev ipsec0 | grep -v ' fe80' | awk '{print $4}' | sort | xargs; }
no_device() { ! on "$1" test -e "/sys/class/net/${2:-ipsec0}"; }
mtu() { on a cat /sys/class/net/ipsec0/mtu; }
spread() { on a ipsecctl -j dev show ipsec0 | jq '.[0].spread'; }

spoke b 2
spoke c 3
F=$WORK/a/ipsec0.conf

mkdir -p /run/ipsec "$WORK"/{a,b,c}/run # as after a boot

# ---- errors, before there is a daemon

{ interface; peer b 2; } | conf a ipsec0
check_fails "up without the daemon says how to start it" "ipsec-iked is not running; run: systemctl start ipsec-iked" up a ipsec0
check "and makes no interface" no_device a
check "and leaves no mark" test ! -e "$WORK/a/run/up/ipsec0"
check_fails "ike status without the daemon" "ipsec-iked is not running" ctl_on a ike status
check_fails "a file that is not there" "$WORK/a/none.conf: No such file or directory" ctl_on a up "$WORK/a/none.conf"
check_fails "an interface without a file" "/etc/ipsec/nothere0.conf: No such file or directory" ctl_on a up nothere0
check_fails "down of what is not up" "ipsec0" ctl_on a down ipsec0
is "check: a good file" "$(ctl_on a check "$F" 2>&1)" "$F: 1 peer, no errors"
chmod 644 "$F"
check_fails "a secret that others can read" "$F:9: others may read this file; run: chmod 600 $F" ctl_on a check "$F"
check_fails "and up refuses it too" "$F:9: others may read this file" up a ipsec0
chmod 600 "$F"
{ interface "mtu = many" "colour = red"; peer b 2 "dpd = soon" "esp = rot13"; echo "[pear c]"; } | conf a bad0
out=$(ctl_on a check "$WORK/a/bad0.conf" 2>&1)
for line in '4: "many" is neither auto nor a number of bytes' '5: "colour" is not known in [interface]' \
	'14: "soon" is no time' '15: rot13' '16:'; do
	check "check says file:line: $line" grep -qF "$WORK/a/bad0.conf:$line" <<< "$out"
done
check_fails "check fails then" "bad0.conf" ctl_on a check "$WORK/a/bad0.conf"
echo "psk" | conf a broken0
check_fails "a line that is none" "broken0.conf:1:" ctl_on a check "$WORK/a/broken0.conf"

# ---- the daemon, and its rights

for h in a b c; do ours "$h"; done
daemon=$(< "$WORK/a/pid")
proc() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$daemon/status" | xargs; }
nobody=$(id -u nobody)
is "it runs as another user" "$(proc Uid)" "$nobody $nobody $nobody $nobody"
is "it is in no group" "$(proc Groups)" ""
is "CAP_NET_ADMIN is all it may" "$(proc CapEff) $(proc CapPrm) $(proc CapInh) $(proc CapAmb)" \
	"0000000000001000 0000000000001000 0000000000000000 0000000000000000"
is "no new privileges" "$(proc NoNewPrivs)" 1
if grep -q ^Seccomp: "/proc/$daemon/status"; then
	is "system calls are limited" "$(proc Seccomp)" 2
else
	skip "system calls are limited" "this kernel has no seccomp"
fi
is "the socket is root's" "$(stat -c '%U %a' "$WORK/a/run/iked.sock")" "root 600"
check_fails "somebody else may not talk to it" "only root may talk to ipsec-iked" \
	ours_in a setpriv --reuid nobody --regid nogroup --clear-groups ipsecctl ike status

# ---- what it cannot be started with
check_fails "a second daemon" "UDP port 500: Address already in use; another IKE daemon, or ipsecctl encap, holds it" \
	ours_in a ipsec-iked -u nobody
check_fails "a user who is not there" "there is no user nosuchuser to run as; run: useradd --system nosuchuser" \
	on sw ipsec-iked -u nosuchuser -s "$WORK/none.sock"
check_fails "a socket that cannot be" "/none/iked.sock: No such file or directory" on sw ipsec-iked -s /none/iked.sock
check_fails "an option that it does not know" "usage: ipsec-iked" on sw ipsec-iked -x
check_fails "a word too many" '"ipsec0" is too much' on sw ipsec-iked ipsec0
is "its version" "$(ipsec-iked -V)" "ipsec-iked $(< "$IPSEC_TOP/VERSION")"
check "its usage" grep -q -- "-s SOCKET" <(ipsec-iked -h)

# systemd waits for this (sd_notify(3)), at a place where everybody may say it
/usr/bin/python3 -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
print(s.recv(100).decode(), flush=True)' /run/ipsec/notify > "$WORK/ready" &
must wait_for 10 test -S /run/ipsec/notify
NOTIFY_SOCKET=/run/ipsec/notify ip netns exec sw ipsec-iked -u nobody -s "$WORK/sw.sock" 2> /dev/null &
ready=$!
check "it tells systemd that it is ready" wait_for 20 grep -qx READY=1 "$WORK/ready"
kill $ready
wait $ready
is "and ends when it is told to" $? 0

# more that say nothing than it talks to at once: it is there again when they had their time
ours_in a /usr/bin/python3 -c '
import socket
s = [socket.socket(socket.AF_UNIX) for _ in range(16)]
for one in s:
    one.connect("/run/ipsec/iked.sock")
print("there", flush=True)
for one in s:
    one.recv(1)
print("all closed", flush=True)' > "$WORK/silent" &
must wait_for 10 grep -q there "$WORK/silent"
check_fails "no room for one more" "ipsec-iked did not answer" ctl_on a ike status
check "who says nothing is let go" wait_for 30 grep -q "all closed" "$WORK/silent"
check "then it answers" ctl_on a ike status

# lines COUNT: that say nothing, 26 bytes each
lines() { yes "# a line that says nothing" | head -n "$1"; }
{ interface; peer b 2; lines 400000; } | conf a large0
check "a file of 10 MB" up a large0
must ctl_on a down large0
for n in 1 2 3 4; do
	(umask 077; { echo "a secret in a long file $n"; lines 500000; } > "$WORK/a/secret$n")
	printf '[peer p%s]\nremote = 192.0.2.9%s\nstart = no\npsk-file = %s\n' $n $n "$WORK/a/secret$n"
done | conf a large0
check_fails "a file that names more than the daemon takes" "ipsec-iked takes 64 MB at once" up a large0
check "and nothing is made of it" no_device a large0
lines 100000 >> "$WORK/a/secret1"
lines 100000 >> "$WORK/a/secret1"
check_fails "a secret's file that is too large" "$WORK/a/secret1 is larger than 16 MB" up a large0
rm "$WORK"/a/secret* "$WORK/a/large0.conf"

# ---- up

must up b ipsec0
must up c ipsec0
{ interface "mtu = 1380"; peer b 2; peer c 3; } | conf a ipsec0
check "up" up a ipsec0
check "peer b is up" wait_for 30 is_up b
check "peer c is up" wait_for 30 is_up c
pings "traffic to b" a 10.2.0.1
pings "traffic to c" a 10.3.0.1
is "addresses as in the file" "$(addresses a)" "10.1.0.1/16"
is "routes as in the file" "$(routes)" "10.2.0.0/16 10.3.0.0/16"
is "MTU as in the file" "$(mtu)" 1380
is "CPUs share the work where the file says nothing" "$(spread)" true
is "a mark says that it is up" "$(readlink "$WORK/a/run/up/ipsec0")" "$(readlink -f "$F")"

# ---- up again

b1=$(spis b) c1=$(spis c)
check "up again, nothing changed" up a ipsec0
is "all SAs stay" "$(spis b) $(spis c)" "$b1 $c1"
{ interface "mtu = 1300" "spread = no" "address = 10.1.0.2/16"; peer b 2; peer c 3 "dpd = 77s"; } | sed '/^address = 10.1.0.1/d' | conf a ipsec0
check "up again, c changed, and address and MTU" up a ipsec0
replaced() { is_up c && [[ $(spis c) != "$c1" ]]; }
check "c has new SAs" wait_for 30 replaced
is "b has its own still" "$(spis b)" "$b1"
is "the new address" "$(addresses a)" "10.1.0.2/16"
is "the new MTU" "$(mtu)" 1300
is "CPUs do not share the work any more" "$(spread)" false
pings "traffic to b" a 10.2.0.1
pings "traffic to c" a 10.3.0.1
# a route of its own, not one that goes with its source address
{ interface "address = 10.1.0.2/16"; peer b 2; } | sed '/^address = 10.1.0.1/d' | conf a ipsec0
check "up again, without c" up a ipsec0
is "they do again" "$(spread)" true
check "c is closed" wait_for 20 is_gone c
check "c knows" wait_for 20 bash -c "! ip netns exec c ipsecctl -j sa show ipsec0 | jq -e '.[] | select(.dir == \"out\")'"
is "no route to c" "$(routes)" "10.2.0.0/16"
is "b has its own still, again" "$(spis b)" "$b1"

# ---- what fails changes nothing

before=$(on a ipsecctl -j peer show ipsec0; addresses a; routes; mtu; spis b)
{ interface "mtu = 1400"; peer b 2; peer c 3; } | sed 's/^id = a.*/&\ncert = \/none.pem\nkey = \/none.key/' | conf a ipsec0
check_fails "up with a certificate that is not there" "/none.pem" up a ipsec0
is "nothing has changed" "$(on a ipsecctl -j peer show ipsec0; addresses a; routes; mtu; spis b)" "$before"
{ interface "link = eth7"; peer b 2; } | conf a ipsec0
check_fails "a link that is not there" "eth7: there is no such interface" up a ipsec0
is "nothing has changed either" "$(on a ipsecctl -j peer show ipsec0; addresses a; routes; mtu; spis b)" "$before"
{ interface; peer b 2; } | conf a ipsec0
{ interface "cert = /none.pem" "key = /none.key"; peer z 9; } | conf a ipsec1
check_fails "a new interface that cannot be" "/none.pem" up a ipsec1
check "is not there" on a test ! -e /sys/class/net/ipsec1
check "and has no mark" test ! -e "$WORK/a/run/up/ipsec1"
must up a ipsec0

# ---- ipsecctl ike

check "status in words" grep -q "^ipsec0 b: up (initiator)" <(ctl_on a ike status)
check "status as JSON" jq -e '.sas[0] | .ifname == "ipsec0" and .peer == "b" and .remote == "192.0.2.2:500" and .remote_id == "b.example.org"
	and (.children[0] | .rx_packets >= 3 and .tx_packets >= 3 and .mode == "tunnel" and .local == ["10.1.0.0/16"])' <(status)
check "counters in it" jq -e '[.counters[] | select(.name == "ike_sa_up" and .value >= 2)] | length == 1' <(status)
check_fails "an unknown peer" "no such interface or peer" ctl_on a ike up ipsec0 nobody
check_fails "an unknown interface" "no such interface or peer" ctl_on a ike down ipsec7 b
check_fails "up of what is up" "it is so already" ctl_on a ike up ipsec0 b
b1=$(spis b)
check "ike rekey" ctl_on a ike rekey ipsec0 b
changed() { is_up b && [[ $(spis b) != "$b1" ]]; }
check "new SAs" wait_for 20 changed
ike_spi() { status | jq -r '.sas[] | select(.peer == "b" and .state == "up") | .spi_initiator'; }
ike1=$(ike_spi)
check "ike rekey of the IKE SA" ctl_on a ike rekey ipsec0 b ike
ike_changed() { [[ -n $(ike_spi) && $(ike_spi) != "$ike1" ]]; }
check "a new IKE SA" wait_for 20 ike_changed
pings "traffic goes on" a 10.2.0.1
check "ike down" ctl_on a ike down ipsec0 b
check "no SA any more" wait_for 20 no_sa a b
check "up of the interface, as nothing changed" up a ipsec0
check "leaves it so" no_sa a b
check "ike up" ctl_on a ike up ipsec0 b
check "it is up again" wait_for 20 is_up b
pings "traffic again" a 10.2.0.1
check "ike log" grep -q "ipsec0 b: IKE SA [0-9a-f]* up with b.example.org at 192.0.2.2:500" <(ctl_on a ike log)
check "ike log as JSON" jq -e '.log | length > 5' <(ctl_on a -j ike log)

# ---- a new daemon takes up what is up

stop_ours a
ours a
check "a new daemon takes up what is marked" wait_for 30 is_up b
pings "traffic with the new daemon" a 10.2.0.1
is "no SA of the old one is left" "$(on a ipsecctl -j sa show ipsec0 | jq length)" 2

# ---- down

must ctl_on a ike down ipsec0 b
check "down" ctl_on a down "$F"
check "the interface is gone" no_device a
check "the mark is gone" test ! -e "$WORK/a/run/up/ipsec0"
is "the daemon has forgotten it" "$(status | jq '.sas | map(select(.state == "up")) | length')" 0
check "up after down" up a ipsec0
check "calls the peer that was closed by hand" wait_for 30 is_up b
must ctl_on a down "$F"

# ---- static keys, without a daemon

for h in a b; do
	stop_ours "$h"
	ip -n "$h" link del ipsec0 2> /dev/null
	key_hex one 32 > "$WORK/$h/one"
	key_hex two 32 > "$WORK/$h/two"
	key_hex three 16 > "$WORK/$h/three"
	key_hex four 16 > "$WORK/$h/four"
	chmod 600 "$WORK/$h"/{one,two,three,four}
done
# static HOST N PEER M IN OUT: directions with their keys
static() {
	conf "$1" ipsec0 << END
[interface]
address = 10.$2.0.1/16

[peer $3]
remote = 192.0.2.$4
networks = 10.$4.0.0/16
encr = aes-cbc
integrity = hmac-sha2-256-128
in-spi = $5
in-key-file = $WORK/$1/$7
in-auth-key-file = $WORK/$1/$9
out-spi = $6
out-key-file = $WORK/$1/$8
out-auth-key-file = $WORK/$1/${10}
END
}
static a 1 b 2 0x1001 0x1002 three four one two
static b 2 a 1 0x1002 0x1001 four three two one
check "static keys: up of one" up a ipsec0
check "static keys: of the other" up b ipsec0
pings "static keys: traffic" a 10.2.0.1
is "static keys: routes" "$(routes)" "10.2.0.0/16"
seq() { on a ipsecctl -j sa show ipsec0 | jq "[.[] | select(.dir == \"out\")][0].seq"; }
sent=$(seq)
check "static keys: up again" up a ipsec0
check "static keys: numbers go on ($sent, then $(seq))" test "$(seq)" -ge "$sent"
pings "static keys: traffic goes on" a 10.2.0.1
check "static keys: down" ctl_on a down "$F"
check "static keys: it is gone" no_device a
((FAILED)) && ike_logs a b c
finish
