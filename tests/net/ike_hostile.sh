#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ike_hostile.sh: ipsec-iked and a peer that knows IKE and the key, and means harm.
#
#   evil  192.0.2.66, .67, .68 ======== 192.0.2.1     gw  ipsec0 -- 10.1.0.1
#   good  198.51.100.2         ======== 198.51.100.1  |
#         10.2.0.1 -- ipsec0                ours, too
#
# evil is ike_hostile.py: at .66 a peer with any identity, at .67 one that must have
# another, and .68 is called by the daemon.  good's tunnel stands beside it all.
#
# suite: long
# machine: uml

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_ike.sh"
here=$(cd "$(dirname "$0")" && pwd)

host gw good evil
wire gw good 198.51.100.1/24 good eth0 198.51.100.2/24
wire gw evil 192.0.2.1/24 evil eth0 "192.0.2.66/24 192.0.2.67/24 192.0.2.68/24"
must ip -n gw addr add 10.1.0.1/24 dev lo
must ip -n good addr add 10.2.0.1/24 dev lo

# quiet PEER: what a peer is configured with so that no message comes by itself
quiet() {
	cat <<- END
		[peer $1]
		rekey = 0
		ike-rekey = 0
		dpd = 0
		ike = aes128gcm16-prfsha256-x25519-ecp256-modp2048
		esp = aes128gcm16-x25519-noesn aes128gcm16-noesn
	END
}
{
	printf '[interface]\nid = gw.example.org\n'
	quiet good
	printf '%s = %s\n' remote 198.51.100.2 id good.example.org psk "a secret that only these two know well" \
		networks 10.2.0.0/24 local-networks 10.1.0.0/24
	for peer in evil:66 strict:67 called:68; do
		quiet "${peer%:*}"
		printf '%s = %s\n' remote "192.0.2.${peer#*:}" psk "a secret that somebody evil has got hold of" \
			local-networks 10.1.0.0/24 networks "10.${peer#*:}.0.0/24" start no
		[[ $peer == evil:* ]] || echo "id = ${peer%:*}.example.org"
	done
} | conf gw ipsec0
{
	printf '[interface]\nid = good.example.org\n'
	quiet gw
	printf '%s = %s\n' remote 198.51.100.1 id gw.example.org psk "a secret that only these two know well" \
		networks 10.1.0.0/24 local-networks 10.2.0.0/24 start now
} | conf good ipsec0
ours gw
ours good
check "gw: up" up gw ipsec0
check "good: up" up good ipsec0
check "the genuine tunnel is up" wait_for 30 sa_up gw good
pid=$(< "$WORK/gw/pid")
genuine=$(sa_of gw good 's[0]["spi_initiator"], s[0]["children"][0]["spi_in"]')

# part NAME [ARGUMENT...]: cases of ike_hostile.py, and the genuine tunnel afterwards
part() {
	local start=$SECONDS
	# shellcheck disable=SC2016 # expanded inside
	unshare -m bash -c 'mount --bind "$1/run" /run/ipsec; shift; exec ip netns exec evil "$@"' - \
		"$WORK/gw" /usr/bin/python3 -B "$here/ike_hostile.py" 192.0.2.1 "$pid" "$@" ||
		FAILED=$((FAILED + 1))
	note "$1: $((SECONDS - start)) s"
	pings "$1: the genuine tunnel carries packets" good 10.1.0.1 -I 10.2.0.1
	is "$1: it is the same" "$genuine" \
		"$(sa_of gw good 's[0]["spi_initiator"], s[0]["children"][0]["spi_in"]')"
	check "$1: the daemon is the same process" test "$(readlink "/proc/$pid/exe")" -ef "$(command -v ipsec-iked)"
}
# What the kernel has of ipsec0: peers of SAs
kernel_sas() { on gw ipsecctl -j sa show ipsec0 | /usr/bin/python3 -c 'import json,sys
print(*sorted(sa["peer"] + "/" + sa["dir"] for sa in json.load(sys.stdin)))'; }
only_genuine() { [[ $(kernel_sas) == "good/in good/out" ]] && sas_are gw 1; }

for name in ${PARTS:-init auth up fragments called-init called-auth called-rekey loops}; do
	part "$name"
done
part shown "$WORK/gw/log"
check "no SA is left but the genuine ones" wait_for 30 only_genuine
is "the SAs of the kernel" "$(kernel_sas)" "good/in good/out"
is "half-open" "$(ctl_on gw -j ike status | python3_json 'd["half_open"]')" 0
no_keys_logged gw
((FAILED)) && ike_logs gw
stop_ours gw
stop_ours good
finish
