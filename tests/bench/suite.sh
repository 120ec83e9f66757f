#!/bin/bash
# SPDX-License-Identifier: MIT
#
# suite.sh MODULE PART…: the parts of the benchmark, one after the other in this machine.
#
# Prints lines "result NAME VALUE".  MODULE is the file of the benchmark's module.

set -eu -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
module=$1
shift

# While the machine waits for a file its clock runs on to the next timer, so whatever the
# kernel would load by itself times out: it is loaded before.  ansi_cprng is what seqiv (the
# stock kernel's ESP) takes its salt from; the default looks for randomness in a clock.
modprobe -a ansi_cprng cryptomgr chacha20poly1305 chacha_x86_64 poly1305_x86_64 gcm ccm authenc seqiv echainiv \
	esp4 xfrm_user xfrm_interface xfrm4_tunnel ipip wireguard veth
insmod "$module"

for part; do
	case $part in
	ciphers) "$here/ciphers.sh" ;;
	udp)
		for path in veth ipip xfrmi xfrm wireguard ipsec ipsec_udp xfrmi_chacha ipsec_chacha; do
			"$here/packets.sh" udp $path 64 512 1400
		done ;;
	forward)
		for path in veth xfrmi wireguard ipsec; do
			"$here/packets.sh" forward $path 64 1400
		done ;;
	watch)
		for path in veth xfrmi ipsec; do "$here/packets.sh" udp $path 64 1400; done
		for path in xfrmi ipsec; do "$here/packets.sh" forward $path 64; done ;;
	streams) "$here/streams.sh" veth xfrmi wireguard ipsec ipsec_chacha ;;
	scale) "$here/scale.sh" 1 100 1000 10000 ;;
	*) echo "bench: no part is called $part" >&2; exit 1 ;;
	esac
done
rmmod ipsec_bench
