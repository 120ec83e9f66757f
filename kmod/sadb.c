// SPDX-License-Identifier: GPL-2.0-only
/*
 * sadb.c - the tables of SAs of a namespace, by SPI and protocol: inbound ones for
 * packets, outbound ones for ICMP errors.  Lookups are under RCU; what an SA is, and
 * when it goes, is sa.c's.
 */
#include "sadb.h"

static inline int sadb_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ipsec_sadb_key *key = arg->key;
	const struct ipsec_sa *sa = obj;

	return sa->id.spi != key->spi || sa->id.proto != key->proto;
}

static const struct rhashtable_params sadb_params = {
	.key_len = sizeof(struct ipsec_sadb_key),
	.key_offset = offsetof(struct ipsec_sa, id),
	.head_offset = offsetof(struct ipsec_sa, sadb_node),
	.hashfn = ipsec_sadb_hash,
	.obj_cmpfn = sadb_cmp,
	.automatic_shrinking = true,
};

static const struct rhashtable_params out_params = {
	.key_len = sizeof(struct ipsec_sadb_key),
	.key_offset = offsetof(struct ipsec_sa, id),
	.head_offset = offsetof(struct ipsec_sa, out_node),
	.hashfn = ipsec_sadb_hash,
	.automatic_shrinking = true,
};

int ipsec_sadb_init(struct ipsec_net *in)
{
	int err = rhashtable_init(&in->sadb, &sadb_params);

	if (err)
		return err;
	err = rhltable_init(&in->sadb_out, &out_params);
	if (err)
		rhashtable_destroy(&in->sadb);
	return err;
}

void ipsec_sadb_exit(struct ipsec_net *in)
{
	rhltable_destroy(&in->sadb_out);
	rhashtable_destroy(&in->sadb);
}

struct ipsec_sa *ipsec_sadb_find(struct ipsec_net *in, __be32 spi, u8 proto)
{
	struct ipsec_sadb_key key = { .spi = spi, .proto = proto };

	return rhashtable_lookup(&in->sadb, &key, sadb_params);
}

struct ipsec_sa *ipsec_sadb_find_out(struct ipsec_net *in, __be32 spi, u8 proto,
				     const struct ipsec_addr *src,
				     const struct ipsec_addr *dst)
{
	struct ipsec_sadb_key key = { .spi = spi, .proto = proto };
	const struct ipsec_endpoint *ep;
	struct rhlist_head *list, *pos;
	struct ipsec_sa *sa;

	list = rhltable_lookup(&in->sadb_out, &key, out_params);
	rhl_for_each_entry_rcu(sa, pos, list, out_node) {
		ep = rcu_dereference(sa->peer->endpoint);
		if (ep && ipsec_addr_equal(&ep->remote, dst) &&
		    (ep->local.family == AF_UNSPEC ||
		     ipsec_addr_equal(&ep->local, src)))
			return sa;
	}
	return NULL;
}

int ipsec_sadb_add(struct ipsec_net *in, struct ipsec_sa *sa)
{
	lockdep_assert_held(&in->lock);
	if (sa->dir == IFIPSEC_DIR_OUT)
		return rhltable_insert(&in->sadb_out, &sa->out_node, out_params);
	return rhashtable_lookup_insert_fast(&in->sadb, &sa->sadb_node,
					     sadb_params);
}

void ipsec_sadb_del(struct ipsec_net *in, struct ipsec_sa *sa)
{
	lockdep_assert_held(&in->lock);
	if (sa->dir == IFIPSEC_DIR_OUT)
		rhltable_remove(&in->sadb_out, &sa->out_node, out_params);
	else
		rhashtable_remove_fast(&in->sadb, &sa->sadb_node, sadb_params);
}
