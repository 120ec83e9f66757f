// SPDX-License-Identifier: GPL-2.0-only
/*
 * sadb.c - the table of inbound SAs of a namespace, by SPI and protocol.  Lookups
 * are under RCU; what an SA is, and when it goes, is sa.c's.
 */
#include <linux/jhash.h>
#include "sadb.h"

static u32 sadb_hash(const void *data, u32 len, u32 seed)
{
	const struct ipsec_sadb_key *key = data;

	return jhash_2words((__force u32)key->spi, key->proto, seed);
}

static const struct rhashtable_params sadb_params = {
	.key_len = sizeof(struct ipsec_sadb_key),
	.key_offset = offsetof(struct ipsec_sa, id),
	.head_offset = offsetof(struct ipsec_sa, sadb_node),
	.hashfn = sadb_hash,
	.automatic_shrinking = true,
};

int ipsec_sadb_init(struct ipsec_net *in)
{
	return rhashtable_init(&in->sadb, &sadb_params);
}

void ipsec_sadb_exit(struct ipsec_net *in)
{
	rhashtable_destroy(&in->sadb);
}

struct ipsec_sa *ipsec_sadb_find(struct ipsec_net *in, __be32 spi, u8 proto)
{
	struct ipsec_sadb_key key = { .spi = spi, .proto = proto };

	return rhashtable_lookup(&in->sadb, &key, sadb_params);
}

int ipsec_sadb_add(struct ipsec_net *in, struct ipsec_sa *sa)
{
	lockdep_assert_held(&in->lock);
	return rhashtable_lookup_insert_fast(&in->sadb, &sa->sadb_node,
					     sadb_params);
}

void ipsec_sadb_del(struct ipsec_net *in, struct ipsec_sa *sa)
{
	lockdep_assert_held(&in->lock);
	rhashtable_remove_fast(&in->sadb, &sa->sadb_node, sadb_params);
}
