#!/bin/bash
# SPDX-License-Identifier: MIT
#
# netns_delete.sh - namespaces go while traffic flows: the one the interface lives
# in, the one its underlay is in, both, and two that hold each other's.
#
#   c  ipsec0 10.0.0.1 --- a 192.0.2.1 ===== 192.0.2.2 b --- 10.0.0.2 ipsec0  e
#
# A namespace is really gone when the other end of its cable is.
# kernel: every

. "$(dirname "$0")/lib.sh"

# fresh: all five of them, a tunnel whose interfaces are in containers, a flood
fresh() {
	host a b c e
	wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
	tunnel a 192.0.2.1 "" b 192.0.2.2 ""
	must ip -n a link set ipsec0 netns c
	must ip -n b link set ipsec0 netns e
	must ip -n c addr add 10.0.0.1/24 dev ipsec0
	must ip -n e addr add 10.0.0.2/24 dev ipsec0
	must ip -n c link set ipsec0 up
	must ip -n e link set ipsec0 up
	flood c 10.0.0.2
	flood e 10.0.0.1
	wait_for 5 flowing || not_ok "$1" "no traffic before"
}
FLOODS=()
flood() {
	ip netns exec "$1" ping -q -f -W 5 "$2" >/dev/null 2>&1 &
	FLOODS+=($!)
}
rx() { traffic b ipsec0 | cut -d' ' -f1; }
flowing() { local n; n=$(rx); sleep 0.05; (($(rx) > n + 2)); }
wan_gone() { ! ip -n "$1" link show wan; }
ended() { kill "${FLOODS[@]}"; wait "${FLOODS[@]}"; FLOODS=(); } 2>/dev/null
clear_all() { # the rest of the hosts
	local h
	for h in a b c e; do ip netns del $h 2>/dev/null; done
	HOSTS=()
}
no_devs() { [[ $(on "$1" ipsecctl -j dev show | jq length) == 0 ]]; }
log_clean() {
	is "$1: nothing waits for a device" "$(dmesg | grep -c "waiting for .* to become free")" 0
}

name="T16 the container is deleted under traffic"
fresh "$name"
# what holds the namespace itself must go first
must ip netns del c
kill "${FLOODS[0]}"; wait "${FLOODS[0]}" 2>/dev/null
check "$name: its interface goes" wait_for 10 no_devs a
check "$name: the underlay is as good as new" on a ipsecctl dev add ipsec0
ended
log_clean "$name"
clear_all

name="T16 the underlay is deleted under traffic"
fresh "$name"
must ip netns del a
check "$name: it is gone" wait_for 10 wan_gone b
check "$name: so is the interface in the container" eval '! ip -n c link show ipsec0'
check "$name: the container's dump is empty" no_devs c
ended
log_clean "$name"
clear_all

name="T16 both are deleted under traffic"
fresh "$name"
must ip netns del a
must ip netns del c
check "$name: they are gone" wait_for 10 wan_gone b
ended
log_clean "$name"
clear_all

# ipsec0 of a lives in b, ipsec1 of b lives in a, and they carry traffic
name="T17 two namespaces with each other's interfaces"
host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
wire a left "198.51.100.1/24" b right "198.51.100.2/24"
must on a ipsecctl dev add ipsec0
must on b ipsecctl dev add ipsec1
must on a ipsecctl peer add ipsec0 p remote 192.0.2.2
must on b ipsecctl peer add ipsec1 p remote 192.0.2.1
must sa a ipsec0 p in 0x1001 aes-gcm-16 128
must sa a ipsec0 p out 0x1002 aes-gcm-16 128
must sa b ipsec1 p in 0x1002 aes-gcm-16 128
must sa b ipsec1 p out 0x1001 aes-gcm-16 128
must ip -n a link set ipsec0 netns b
must ip -n b link set ipsec1 netns a
must ip -n b addr add 10.0.0.1/24 dev ipsec0
must ip -n a addr add 10.0.0.2/24 dev ipsec1
must ip -n b link set ipsec0 up
must ip -n a link set ipsec1 up
pings "$name: traffic" b 10.0.0.2
flood b 10.0.0.2
flood a 10.0.0.1
must ip netns del a
must ip netns del b
ended
HOSTS=()
host a
no_more() { [[ ! -e /run/netns/b && $(cat /sys/module/ipsec/refcnt) == 0 ]]; }
check "$name: both are gone" wait_for 10 no_more
log_clean "$name"

# a cable's end in a third one tells that they really are
name="T17 the same, with a witness"
host b w
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
wire a wa "" w wa ""
wire b wb "" w wb ""
must on a ipsecctl dev add ipsec0
must on b ipsecctl dev add ipsec1
must ip -n a link set ipsec0 netns b
must ip -n b link set ipsec1 netns a
must ip netns del a
must ip netns del b
gone() { ! ip -n w link show wa && ! ip -n w link show wb; }
check "$name: both are gone" wait_for 10 gone
log_clean "$name"
finish
