/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat/udp.h - does anything want UDP datagrams merged?
 *
 * The kernel asks two static keys, which are on while a socket has UDP_GRO or
 * encapsulation.  Linux 6.14 ("net: introduce EXPORT_IPV6_MOD()") no longer exports them
 * where IPv6 is built in; Kbuild looks for them.
 */
#ifndef _IPSEC_COMPAT_UDP_H
#define _IPSEC_COMPAT_UDP_H

#include <linux/netdevice.h>
#include <net/udp.h>

/* On @dev, a datagram over IPv6 or IPv4.  When in doubt, yes. */
static inline bool ipsec_compat_udp_wants_gro(const struct net_device *dev, bool ipv6)
{
#ifdef IPSEC_COMPAT_UDP_ENCAP_KEY
	if (dev->features & (NETIF_F_GRO_FRAGLIST | NETIF_F_GRO_UDP_FWD))
		return true;
	if (ipv6)
		return static_branch_unlikely(&udpv6_encap_needed_key);
	return static_branch_unlikely(&udp_encap_needed_key);
#else
	return true;
#endif
}

#endif /* _IPSEC_COMPAT_UDP_H */
