#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# probe.sh KERNEL-SOURCE KERNEL-BUILD - print -D flags for what the kernel's headers have,
# and what it exports.
#
# Decided by the symbol, never by the version: distributions backport.  Each flag
# is explained in the compat header that uses it.
set -eu
include=$1/include
symvers=$2/Module.symvers

have() { # FLAG HEADER PATTERN
	if grep -Eq "$3" "$include/$2" 2>/dev/null; then
		echo "-D$1"
	fi
}

exports() { # FLAG SYMBOL
	if grep -Eq "	$2	" "$symvers" 2>/dev/null; then
		echo "-D$1"
	fi
}

have IPSEC_COMPAT_CRYPTO_REQ_CALLBACK linux/crypto.h \
	'typedef void \(\*crypto_completion_t\)\(struct crypto_async_request'
have IPSEC_COMPAT_NEWLINK_PARAMS net/rtnetlink.h 'struct rtnl_newlink_params'
have IPSEC_COMPAT_DEV_LLTX linux/netdevice.h '[[:space:]]lltx:1;'
have IPSEC_COMPAT_GENL_INFO_DUMP net/genetlink.h 'genl_info_dump\('
exports IPSEC_COMPAT_ALLOC_DUMMY alloc_netdev_dummy
exports IPSEC_COMPAT_UDP_ENCAP_KEY udpv6_encap_needed_key
have IPSEC_COMPAT_UDP_NET_TABLE net/netns/ipv4.h 'struct udp_table[[:space:]]*\*udp_table;'
have IPSEC_COMPAT_UDP_GRO_FLAG linux/udp.h 'UDP_FLAGS_GRO_ENABLED'
