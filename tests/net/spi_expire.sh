#!/bin/bash
# SPDX-License-Identifier: MIT
#
# spi_expire.sh - a reserved SPI is its peer's for 30 seconds and no longer, and SAs and
# reservations together are not more than SAs may be.
#
#   gw: ipsec0 - p, q   192.0.2.1
# suite: long

. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

host gw far
wire gw wan "192.0.2.1/24" far wan "192.0.2.2/24"
must on gw ipsecctl dev add ipsec0
full=full
if [[ ${IPSEC_VM:-} == qemu || ${IPSEC_VM_DEBUG:-} == 1 ]]; then
	skip "E3.23 as many reservations as there may be" "this machine takes longer than they last"
	full=
fi
on gw /usr/bin/python3 -B "$here/spi_expire.py" "$full" || FAILED=$((FAILED + 1))
finish
