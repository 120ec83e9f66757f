/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat/udp.h - does anything want UDP datagrams merged?
 *
 * The kernel asks two static keys, which are on while a socket has UDP_GRO or
 * encapsulation.  Linux 6.14 ("net: introduce EXPORT_IPV6_MOD()") no longer exports them
 * where IPv6 is built in; Kbuild looks for them.  Then it asks the socket that the datagram
 * is for.
 *
 * Sockets: Linux 6.2 ("udp: Access &udp_table via net.") gave each namespace a
 * pointer to the table of its own; Kbuild looks for that, or for the exported table.
 * Linux 6.7 ("udp: move udp->gro_enabled to udp->udp_flags") is needed as well.
 */
#ifndef _IPSEC_COMPAT_UDP_H
#define _IPSEC_COMPAT_UDP_H

#include <linux/netdevice.h>
#include <net/udp.h>

#ifdef IPSEC_COMPAT_UDP_NET_TABLE
#define IPSEC_COMPAT_UDP_TABLE(net) ((net)->ipv4.udp_table)
#else
#define IPSEC_COMPAT_UDP_TABLE(net) (&udp_table)
#endif

/*
 * Is there a socket on the port that wants them, or one that shares its place in the
 * table?  IPv6 sockets are in the same.  RCU read section.
 */
static inline bool ipsec_compat_udp_gro_socket(struct net *net, __be16 port)
{
#ifdef IPSEC_COMPAT_UDP_GRO_FLAG
	struct udp_hslot *slot = udp_hashslot(IPSEC_COMPAT_UDP_TABLE(net), net,
					      ntohs(port));
	struct sock *sk;

	sk_for_each_rcu(sk, &slot->head)
		if (udp_test_bit(GRO_ENABLED, sk) || READ_ONCE(udp_sk(sk)->gro_receive))
			return true;
	return false;
#else
	return true;
#endif
}

/*
 * On @dev, a datagram over IPv6 or IPv4 to @port?  When in doubt, yes.  RCU read
 * section.
 */
static inline bool ipsec_compat_udp_wants_gro(const struct net_device *dev, bool ipv6,
					      __be16 port)
{
	if (dev->features & (NETIF_F_GRO_FRAGLIST | NETIF_F_GRO_UDP_FWD))
		return true;
#ifdef IPSEC_COMPAT_UDP_ENCAP_KEY
	if (ipv6 ? !static_branch_unlikely(&udpv6_encap_needed_key) :
		   !static_branch_unlikely(&udp_encap_needed_key))
		return false;
#endif
	return ipsec_compat_udp_gro_socket(dev_net(dev), port);
}

#endif /* _IPSEC_COMPAT_UDP_H */
