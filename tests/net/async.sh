#!/bin/bash
# SPDX-License-Identifier: MIT
#
# async.sh - ciphers that answer later: cryptd(..) has a queue for each processor,
# pcrypt(..) spreads the work and puts the answers in order again.
#
#   a  ipsec0 10.0.0.1  192.0.2.1 ======= 192.0.2.2  ipsec0 10.0.0.2  b
#
# They are set up over netlink and come before what they are made of, so that the
# module takes them for every SA that is made from then on.
# suite: long
# machine: uml
# timeout: 900

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

crypto_user() { /usr/bin/python3 "$here/crypto_user.py" "$@"; }
async() { /usr/bin/python3 "$here/async.py" "$@" || FAILED=$((FAILED + 1)); }

modprobe -qa crypto_user cryptd pcrypt algif_aead
if ! crypto_user available 2>/dev/null; then
	skip "asynchronous ciphers" "this kernel cannot be told of algorithms (CONFIG_CRYPTO_USER)"
	finish
fi

hosts() {
	host a b
	wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
}
hosts

# configure MODE PROTECT ESN SUITE: both ends, between 10.0.0.1 and 10.0.0.2
configure() {
	local mode=$1 protect=$2 esn=$3 suite=$4 seq=() options h proto
	[[ $esn == off ]] || seq=(seq 4294967200)
	for h in a b; do
		local me=1 other=2 peer=b
		[[ $h == a ]] || { me=2 other=1 peer=a; }
		must on $h ipsecctl dev add ipsec0
		must on $h ipsecctl peer add ipsec0 $peer local 192.0.2.$me remote 192.0.2.$other protect "$protect"
		must ip -n $h addr add 10.0.0.$me/24 dev ipsec0
		for proto in ${protect/+/ }; do
			options=(mode "$mode" esn "$esn" "${seq[@]}")
			case $proto-$suite in
			esp-gcm) options+=(encr aes-gcm-16 key "$(key_file gcm 20)") ;;
			esp-chacha) options+=(encr chacha20-poly1305 key "$(key_file chacha 36)") ;;
			esp-cbc) options+=(encr aes-cbc key "$(key_file cbc 16)" auth hmac-sha2-256-128 auth-key "$(key_file sha 32)") ;;
			ah-gmac) options+=(proto ah auth aes-128-gmac auth-key "$(key_file gmac 20)") ;;
			ah-*) options+=(proto ah auth hmac-sha2-256-128 auth-key "$(key_file ah 32)") ;;
			esac
			must on $h ipsecctl sa add ipsec0 $peer in spi 0x100$me "${options[@]}"
			must on $h ipsecctl sa add ipsec0 $peer out spi 0x100$other "${options[@]}"
		done
		must ip -n $h link set ipsec0 up
	done
	[[ $mode == tunnel ]] || inner_is_outer
}

# Transport mode: the addresses of the tunnel are those of the wire
inner_is_outer() {
	must ip -n a route add 192.0.2.2/32 dev ipsec0 src 192.0.2.1
	must ip -n b route add 192.0.2.1/32 dev ipsec0 src 192.0.2.2
}

drivers() { on "$1" ipsecctl -j sa show | /usr/bin/python3 -c 'import json, sys
print(*sorted({sa["driver"].split("(")[0] for sa in json.load(sys.stdin)}))'; }
packets() { traffic "$1" ipsec0 | cut -d' ' -f1,3; }

# everything that one end has sent has come to the other, and nothing else has
same_packets() {
	local rxa txa rxb txb
	read -r rxa txa < <(packets a)
	read -r rxb txb < <(packets b)
	((rxa == txb && rxb == txa))
}

# floods NAME ADDRESS-OF-B [iperf]: pings, numbered datagrams, TCP; nothing lost
floods() {
	local name=$1 to=$2 before_a before_b
	before_a=$(drops a ipsec0) before_b=$(drops b ipsec0)
	check "$name: 400 echo requests in a flood" on a ping -q -f -n -c 400 -W 20 "$to"
	check "$name: 100 of 3000 bytes" on a ping -q -f -n -c 100 -s 3000 -W 20 "$to"
	async order "$name" "$to"
	if [[ ${3:-} == iperf ]]; then
		iperf "$name: TCP" a b "$to"
		iperf "$name: TCP, the other way" a b "$to" -R
	fi
	check "$name: what was sent was received" wait_for 10 same_packets
	drops_are "$name: a dropped nothing" a ipsec0 "$before_a"
	drops_are "$name: b dropped nothing" b ipsec0 "$before_b"
}

clear() {
	must on a ipsecctl dev del ipsec0
	must on b ipsecctl dev del ipsec0
}

# ---- taken away while packets are in the cipher ------------------------------

# Only one side has the asynchronous cipher, so that its packets wait there alone
held() {
	local direction=$1 what=$2 side=a peer=b driver
	configure tunnel esp on gcm
	[[ $direction == out ]] || { side=b peer=a; }
	must on $side ipsecctl sa del ipsec0 $peer "$direction" spi 0x1002
	driver=$(crypto_user add cryptd 'gcm(aes)')
	must on $side ipsecctl sa add ipsec0 $peer "$direction" spi 0x1002 \
		esn on seq 4294967200 encr aes-gcm-16 key "$(key_file gcm 20)"
	must on a ping -q -c 1 -W 10 10.0.0.2
	async held "T31 $direction, $what" "$direction" "$what"
	if [[ $what == netns ]]; then
		must ip netns del $peer
		hosts
	else
		on a ipsecctl dev del ipsec0 2>/dev/null
		on b ipsecctl dev del ipsec0 2>/dev/null
	fi
	check "T31 $direction, $what: nobody holds the cipher" wait_for 20 crypto_user del "$driver"
}
# makes TEMPLATE: this kernel does, of its gcm(aes); or says why not
makes() {
	local out
	if ! out=$(crypto_user add "$1" 'gcm(aes)' 2>&1); then
		skip "T31 $1" "this kernel makes none of its ciphers: $out"
		return 1
	fi
	must crypto_user del "$out"
}

templates=()
if [[ $(uname -r) == 6.1.* ]]; then
	skip "T31 cryptd" "that of Linux 6.1 fails the kernel's own test of ciphers, with a warning"
elif makes cryptd; then # which takes none that is asynchronous itself
	templates+=(cryptd)
fi
! makes pcrypt || templates+=(pcrypt) # which is there with CONFIG_SMP

if [[ ${templates[*]} == cryptd* ]]; then
	must sysctl -qw kernel.sched_rt_runtime_us=-1
	for direction in out in; do
		for what in sa peer down dev overflow netns; do held $direction $what; done
	done
fi

# ---- every kind of protection ------------------------------------------------

# lockdep BOOLEAN: does it look at the order of locks?
lockdep() { [[ ! -e /proc/sys/kernel/prove_locking ]] || must sysctl -qw kernel.prove_locking="$1"; }

SHA='hmac(sha256)'
for template in "${templates[@]}"; do
	# The kernel's padata takes a reorder queue's lock inside of a serial queue's; to lockdep, which
	# reports it with two processors, they are one, since both are of one list's initialisation.
	[[ $template != pcrypt ]] || lockdep 0
	must crypto_user add $template 'gcm(aes)'
	must crypto_user add $template "authenc($SHA,cbc(aes))"
	must crypto_user add $template "authencesn($SHA,cbc(aes))"
	must crypto_user add $template "authenc($SHA,ecb(cipher_null))"
	must crypto_user add $template 'rfc7539(chacha20,poly1305)'
	while read -r mode protect esn suite iperf; do
		name="T31 $template, $protect $mode $suite, ESN $esn"
		configure "$mode" "$protect" "$esn" "$suite"
		is "$name: it is asynchronous" "$(drivers a) $(drivers b)" "$template $template"
		[[ $mode == tunnel ]] && to=10.0.0.2 || to=192.0.2.2
		floods "$name" $to "$iperf"
		clear
	done <<-END
		tunnel esp on gcm iperf
		transport esp on gcm iperf
		tunnel esp on cbc iperf
		tunnel esp off cbc
		tunnel esp on chacha
		tunnel ah on sha iperf
		transport ah off sha
		tunnel ah on gmac
		tunnel esp+ah on cbc iperf
		transport esp+ah on gcm
	END
	for driver in $(sed -n "s/^driver *: \($template(.*\)/\1/p" /proc/crypto); do
		check "$driver goes again: no SA holds it" wait_for 10 crypto_user del "$driver"
	done
	lockdep 1
done

finish
