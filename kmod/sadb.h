/* SPDX-License-Identifier: GPL-2.0-only */
/* sadb.h - the tables of SAs of a namespace (RFC 4301 4.4.2). */
#ifndef _IPSEC_SADB_H
#define _IPSEC_SADB_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <linux/skbuff.h>
#include <net/ipv6.h>
#include "ipsec.h"

/** ipsec_sadb_hash() - of a struct ipsec_sadb_key, for rhashtables.  Any context. */
static inline u32 ipsec_sadb_hash(const void *data, u32 len, u32 seed)
{
	const struct ipsec_sadb_key *key = data;

	return jhash_2words((__force u32)key->spi, key->proto, seed);
}

int ipsec_sadb_init(struct ipsec_net *in);

/** ipsec_sadb_exit() - the table must be empty */
void ipsec_sadb_exit(struct ipsec_net *in);

/**
 * ipsec_sadb_find() - the inbound SA with this SPI and protocol
 *
 * Context: RCU read section.  Return: the SA, valid in that section, or NULL.
 */
struct ipsec_sa *ipsec_sadb_find(struct ipsec_net *in, __be32 spi, u8 proto);

/* Has it come to the address that the SA's peer is to send to? */
static inline bool ipsec_sadb_is_here(const struct sk_buff *skb, const struct ipsec_sa *sa)
{
	const struct ipsec_endpoint *ep = rcu_dereference(sa->peer->endpoint);

	if (unlikely(!ep))
		return false;
	switch (ep->local.family) {
	case AF_INET:
		return ip_hdr(skb)->version == 4 &&
		       ip_hdr(skb)->daddr == ep->local.v4;
	case AF_INET6:
		return ip_hdr(skb)->version == 6 &&
		       ipv6_addr_equal(&ipv6_hdr(skb)->daddr, &ep->local.v6);
	default:
		return true;
	}
}

/**
 * ipsec_sadb_find_here() - the same, of a packet that came to this address
 * @skb: its network header is the outer one
 *
 * Context and return as above.
 */
static inline struct ipsec_sa *ipsec_sadb_find_here(struct ipsec_net *in,
						    const struct sk_buff *skb,
						    __be32 spi, u8 proto)
{
	struct ipsec_sa *sa = ipsec_sadb_find(in, spi, proto);

	return likely(sa) && likely(ipsec_sadb_is_here(skb, sa)) ? sa : NULL;
}

/**
 * ipsec_sadb_find_out() - the outbound SA of an outer packet
 * @src: its addresses
 * @dst: likewise
 *
 * SPIs are the receivers' (RFC 4301 4.1): several peers may have the same.
 * Context and return as above.
 */
struct ipsec_sa *ipsec_sadb_find_out(struct ipsec_net *in, __be32 spi, u8 proto,
				     const struct ipsec_addr *src,
				     const struct ipsec_addr *dst);

/**
 * ipsec_sadb_add() - enter an SA, inbound or outbound
 *
 * Context: ipsec_net.lock held.  Return: 0, -EEXIST or -ENOMEM.
 */
int ipsec_sadb_add(struct ipsec_net *in, struct ipsec_sa *sa);

/** ipsec_sadb_del() - ipsec_net.lock held; readers may see it for a grace period */
void ipsec_sadb_del(struct ipsec_net *in, struct ipsec_sa *sa);

#endif /* _IPSEC_SADB_H */
