#!/bin/bash
# SPDX-License-Identifier: MIT
#
# spi_alloc.sh - SPIs are reserved before there are keys: random, no two the same, for
# one peer, until they are used or given back or their owner goes.  That they expire is
# seen in spi_expire.sh.
#
#   ours   ipsec0 - p, q; ipsec1 - r   192.0.2.1 ===== 192.0.2.2  stock
#   third  ipsec0 - p                  a cable to stock tells when it is gone

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/lib_xfrm.sh
. "$(dirname "$0")/lib_xfrm.sh"
here=$(cd "$(dirname "$0")" && pwd)
raw_esp=$here/raw_esp.py

coexist_hosts
must on ours ipsecctl dev add ipsec0
must on ours ipsecctl dev add ipsec1
ctl() { on ours ipsecctl "$@"; }
reserve() { ctl spi add "$1" "$2" min "$3" max "${4:-$3}"; }

count=10000
[[ ${IPSEC_VM:-} == qemu || ${IPSEC_VM_DEBUG:-} == 1 ]] && count=2000
on ours /usr/bin/python3 -B "$here/spi_alloc.py" "$count" || FAILED=$((FAILED + 1))

# ---- who may ---------------------------------------------------------------

must ctl peer add ipsec0 p remote 192.0.2.2 selector 10.1.0.0/16
check_fails "E3.1 nobody reserves an SPI" "not permitted" \
	on ours setpriv --reuid 65534 --regid 65534 --clear-groups ipsecctl spi add ipsec0 p

# ---- a packet with a reserved SPI is the stock kernel's ----------------------

# stock_carries NAME N: three echo requests, and the stock SA has seen N packets
stock_carries() {
	pings "$1" stock 192.0.2.1
	is "$1: they were the stock SA's" "$(states ours | cut -d" " -f1,2)" "0x00003001 $2"
}
must ip -n ours link set ipsec0 up
is "an SPI is reserved" "$(reserve ipsec0 p 0x3001)" 0x00003001
stock_sa 192.0.2.2 192.0.2.1 0x3001 aes-gcm-16 128 off reqid 7 mode transport >"$WORK/same"
batch ours <"$WORK/same"
echo "xfrm policy add src 192.0.2.2 dst 192.0.2.1 dir out tmpl src 192.0.2.2 dst 192.0.2.1" \
	"proto esp reqid 7 mode transport" >>"$WORK/same"
batch stock <"$WORK/same"
before=$(drops ours ipsec0)
stock_carries "A8.6 a stock SA with a reserved SPI" 3
drops_are "A8.6 none of them was ours" ours ipsec0 "$before"
ours_sa ipsec0 p in 0x3001 aes-gcm-16 128 off | script ours
# in transport mode by the policy: authentic, and what is inside is no IP packet
must on stock "$raw_esp" 192.0.2.1 0x7777 2
drops_are "A8.7 with the SA, the SPI is ours" ours ipsec0 "$before" rx_bad_nexthdr=2
must ctl sa del ipsec0 p in spi 0x3001
is "an SPI is reserved again" "$(reserve ipsec0 p 0x3001)" 0x00003001
stock_carries "A8.6 and when it is only reserved again" 6
must ip -n ours xfrm state flush
must ip -n stock xfrm state flush
must ip -n stock xfrm policy flush

# ---- the owner goes ----------------------------------------------------------

must ctl flush peer
must ctl peer add ipsec0 p remote 192.0.2.2
must ctl peer add ipsec1 r remote 192.0.2.2
for i in 1 2 3 4; do must reserve ipsec0 p 0x4001 0x4004; done
check_fails "E3.23 four of four are reserved" "all SPIs of the range are in use" reserve ipsec1 r 0x4001 0x4004
must ip -n ours link del ipsec0
got=$(for i in 1 2 3 4; do reserve ipsec1 r 0x4001 0x4004; done | sort | tr '\n' ' ')
is "E3.23 the interface is removed: they are free" "$got" "0x00004001 0x00004002 0x00004003 0x00004004 "

host third
wire third eth0 "" stock witness ""
must on third ipsecctl dev add ipsec0
must on third ipsecctl peer add ipsec0 p remote 192.0.2.2
is "each namespace has its SPIs" "$(on third ipsecctl spi add ipsec0 p min 0x4001 max 0x4001)" 0x00004001
for i in 1 2 3; do must on third ipsecctl spi add ipsec0 p; done
must ip netns del third
gone() { ! ip -n stock link show witness; }
check "E3.23 a namespace goes with its reservations" wait_for 10 gone

must ctl dev add ipsec0
must ctl peer add ipsec0 p remote 192.0.2.2
for i in 1 2 3; do must ctl spi add ipsec0 p; done
check "E3.23 the module goes with reservations" rmmod ipsec
finish
