/* SPDX-License-Identifier: GPL-2.0-only */
/* sadb.h - the tables of SAs of a namespace (RFC 4301 4.4.2). */
#ifndef _IPSEC_SADB_H
#define _IPSEC_SADB_H

#include <linux/jhash.h>
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
