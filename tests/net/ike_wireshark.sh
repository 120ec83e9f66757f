#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ike_wireshark.sh: "ipsecctl export wireshark": tshark decrypts what ipsec-iked and
# charon have said to each other, and the pings in ESP, with the tables that it writes.
#
#   a: 10.1.0.1 -- ipsec0 192.0.2.1 ===== 192.0.2.2 xfrm -- 10.2.0.1 :b
#      ipsec-iked, tcpdump                          charon
# suite: long
# machine: uml

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_ike.sh"

two_gateways
charon b < <(gateway_b "proposals = aes256gcm16-prfsha384-x25519, aes128-sha256-x25519, chacha20poly1305-prfsha256-x25519" \
	"esp_proposals = aes256gcm16, aes128-sha256, chacha20poly1305")

captured() { [[ $(tcpdump -nr "$WORK/$1" esp 2> /dev/null | wc -l) == 6 ]]; }

# shark FILTER FIELD...: of the capture, with what was exported
shark() {
	local filter=$1 field fields=()
	shift
	for field; do fields+=(-e "$field"); done
	WIRESHARK_CONFIG_DIR=$WORK/keys tshark -n -r "$WORK/pcap" -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE -Y "$filter" -T fields "${fields[@]}" 2> "$WORK/tshark"
}

# talk IKE ESP: captured, exported
talk() {
	rm -rf "$WORK/pcap" "$WORK/keys"
	gateway_a "ike = $1" "esp = $2"
	on a tcpdump -i eth0 -U -w "$WORK/pcap" "udp port 500 or esp" 2> "$WORK/tcpdump" &
	dump=$!
	wait_for 10 grep -q "listening on" "$WORK/tcpdump"
	must up a ipsec0
	comes_up "$1 $2: up" a b
	must on a ping -q -c 3 -i 0.1 -W 5 -I 10.1.0.1 10.2.0.1
	wait_for 10 captured pcap
	mkdir "$WORK/keys"
	check "$1 $2: export" ctl_on a export wireshark "$WORK/keys"
	kill "$dump"
	wait "$dump"
}

# decrypts IKE ESP
decrypts() {
	local name="$1 $2"
	talk "$1" "$2"
	is "$name: the tables can be read by us only" "$(stat -c '%a %n' "$WORK"/keys/* | sed "s|$WORK/keys/||" | xargs)" \
		"600 esp_sa 600 ikev2_decryption_table"
	# request and answer of IKE_AUTH: who they say they are
	is "$name: identities of IKE_AUTH" "$(shark 'isakmp.exchangetype == 35' isakmp.id.data.fqdn | xargs)" \
		"a.example.org,b.example.org b.example.org"
	is "$name: traffic selectors" \
		"$(shark 'isakmp.exchangetype == 35' isakmp.ts.start_ipv4 | tr ',' '\n' | sort -u | xargs)" "10.1.0.0 10.2.0.0"
	is "$name: the pings inside of ESP" "$(shark 'icmp && esp' ip.src ip.dst icmp.type icmp.seq | sort | uniq -c | xargs)" \
		"1 192.0.2.1,10.1.0.1 192.0.2.2,10.2.0.1 8 1 1 192.0.2.1,10.1.0.1 192.0.2.2,10.2.0.1 8 2 1 192.0.2.1,10.1.0.1 192.0.2.2,10.2.0.1 8 3 1 192.0.2.2,10.2.0.1 192.0.2.1,10.1.0.1 0 1 1 192.0.2.2,10.2.0.1 192.0.2.1,10.1.0.1 0 2 1 192.0.2.2,10.2.0.1 192.0.2.1,10.1.0.1 0 3"
	is "$name: ICVs" "$(shark esp esp.icv_good esp.icv_bad | sort | uniq -c | xargs)" "6 1 0"
	must ctl_on a down "$WORK/a/ipsec0.conf"
}

ours a
check "a directory that is not there" test -n "$(ctl_on a export wireshark "$WORK/none" 2>&1 | grep -F "$WORK/none/ikev2_decryption_table: No such file or directory")"
decrypts aes256gcm16-prfsha384-x25519 aes256gcm16-noesn
decrypts aes128-sha256-x25519 aes128-sha256-noesn
talk aes128-sha256-x25519 chacha20poly1305-noesn
is "what Wireshark does not know is left out" "$(cat "$WORK/keys/esp_sa")" ""
check "and that is said" grep -q "esp_sa: 2 left out, Wireshark does not know the algorithm" <(ctl_on a export wireshark "$WORK/keys" 2>&1)
check "the log says that keys were handed out" grep -q "keys were handed out" "$WORK/a/log"
finish
