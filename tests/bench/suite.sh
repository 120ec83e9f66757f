#!/bin/bash
# SPDX-License-Identifier: MIT
#
# suite.sh MODULE PART…: the parts of the benchmark, one after the other in this machine.
#
# Prints lines "result NAME VALUE".  MODULE is the file of the benchmark's module.

here=$(cd "$(dirname "$0")" && pwd)
module=$1
shift

. "$here/paths.sh"
insert_bench "$module"

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
	scale)
		"$here/scale.sh" ipsec 1 100 1000 10000
		"$here/scale.sh" xfrmi 1 100 1000 ;;
	*) echo "bench: no part is called $part" >&2; exit 1 ;;
	esac
done
rmmod ipsec_bench
