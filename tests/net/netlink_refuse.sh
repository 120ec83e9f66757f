#!/bin/bash
# SPDX-License-Identifier: MIT
#
# netlink_refuse.sh - requests that the module must refuse: the error, its sentence,
# and that nothing has changed.  netlink_refuse.py sends them.
#
#   gw:  ipsec0 --- p  192.0.2.2   10.1.0.0/16 fd01::/32   in 0x1001, out 0x1002
#               \-- q  2001:db8::2 10.2.0.0/16             in 0x1003
#        ipsec1 --- r  192.0.2.9   everything
#        wan 192.0.2.1, 2001:db8::1

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

host gw far
wire gw wan "192.0.2.1/24 2001:db8::1/64" far wan "192.0.2.2/24 2001:db8::2/64"
must on gw ipsecctl dev add ipsec0
must on gw ipsecctl dev add ipsec1

on gw /usr/bin/python3 -B "$here/netlink_refuse.py" || FAILED=$((FAILED + 1))

# the key that every request carried, as text and as bytes
key=6b65792d6d6174657269616c2d3132330badc0de
is "E3.17 no key in the kernel's log" \
	"$(dmesg | tr -d ' ' | grep -ciE "$key|6b65792d6d617465|key-material")" 0

finish
