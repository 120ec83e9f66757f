// SPDX-License-Identifier: GPL-2.0-only
/*
 * spi.c - reserved SPIs: an IKE daemon must tell the other side the SPI before the
 * keys exist (RFC 7296 1.2, 1.3), and nobody else may take it meanwhile.
 *
 * Nothing runs when a reservation expires: the next who asks for an SPI finds it old
 * and removes it.  All have the same life, so the oldest goes first, and together with
 * the SAs there are IFIPSEC_SAS_MAX at most.
 */
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "sadb.h"
#include "spi.h"

static const struct rhashtable_params spi_params = {
	.key_len = sizeof(struct ipsec_sadb_key),
	.key_offset = offsetof(struct ipsec_spi, id),
	.head_offset = offsetof(struct ipsec_spi, hash_node),
	.hashfn = ipsec_sadb_hash,
	.automatic_shrinking = true,
};

int ipsec_spi_init(struct ipsec_net *in)
{
	INIT_LIST_HEAD(&in->spi_ages);
	return rhashtable_init(&in->spis, &spi_params);
}

void ipsec_spi_exit(struct ipsec_net *in)
{
	rhashtable_destroy(&in->spis);
}

void ipsec_spi_release(struct ipsec_spi *spi)
{
	struct ipsec_net *in = ipsec_net(spi->peer->idev->net);

	lockdep_assert_held(&in->lock);
	rhashtable_remove_fast(&in->spis, &spi->hash_node, spi_params);
	list_del(&spi->age_node);
	list_del(&spi->peer_node);
	in->n_spis--;
	/* lookups are under the lock: no reader is left */
	kfree(spi);
}

void ipsec_spi_flush(struct ipsec_peer *peer)
{
	struct ipsec_spi *spi, *next;

	list_for_each_entry_safe(spi, next, &peer->spis, peer_node)
		ipsec_spi_release(spi);
}

static void spi_prune(struct ipsec_net *in)
{
	time64_t now = ktime_get_boottime_seconds();
	struct ipsec_spi *spi, *next;

	list_for_each_entry_safe(spi, next, &in->spi_ages, age_node) {
		if (spi->expires >= now)
			break;
		ipsec_spi_release(spi);
	}
}

static struct ipsec_spi *spi_lookup(struct ipsec_net *in,
				    const struct ipsec_sadb_key *id)
{
	struct ipsec_spi *spi;

	lockdep_assert_held(&in->lock);
	rcu_read_lock();
	spi = rhashtable_lookup(&in->spis, id, spi_params);
	rcu_read_unlock();
	return spi;
}

struct ipsec_spi *ipsec_spi_find(struct ipsec_net *in,
				 const struct ipsec_sadb_key *id)
{
	spi_prune(in);
	return spi_lookup(in, id);
}

static bool spi_is_free(struct ipsec_net *in, const struct ipsec_sadb_key *id)
{
	bool used;

	rcu_read_lock();
	used = ipsec_sadb_find(in, id->spi, id->proto);
	rcu_read_unlock();
	return !used && !spi_lookup(in, id);
}

/*
 * The first free SPI from a random one on.  No more than IFIPSEC_SAS_MAX are taken, so
 * a look at one more finds one that is free, however full the range is.
 */
static bool spi_choose(struct ipsec_net *in, struct ipsec_sadb_key *id, u32 min,
		       u32 max)
{
	u32 range = max - min + 1;
	u32 at = (u64)get_random_u32() * range >> 32;
	u32 tries = min_t(u32, range, IFIPSEC_SAS_MAX + 1);

	for (; tries; tries--) {
		id->spi = htonl(min + at);
		if (spi_is_free(in, id))
			return true;
		at = at + 1 == range ? 0 : at + 1;
		cond_resched();
	}
	return false;
}

struct ipsec_spi *ipsec_spi_reserve(struct ipsec_peer *peer, u8 proto, u32 min,
				    u32 max, struct netlink_ext_ack *extack)
{
	struct ipsec_net *in = ipsec_net(peer->idev->net);
	struct ipsec_spi *spi;

	lockdep_assert_held(&in->lock);
	spi_prune(in);
	if (in->sas + in->n_spis >= IFIPSEC_SAS_MAX) {
		NL_SET_ERR_MSG(extack,
			       "the namespace has its 65536 SAs and reserved SPIs");
		return ERR_PTR(-ENOSPC);
	}
	spi = kzalloc(sizeof(*spi), GFP_KERNEL_ACCOUNT);
	if (!spi)
		return ERR_PTR(-ENOMEM);
	spi->id.proto = proto;
	spi->peer = peer;
	spi->expires = ktime_get_boottime_seconds() + IFIPSEC_SPI_SECONDS;
	if (!spi_choose(in, &spi->id, min, max)) {
		NL_SET_ERR_MSG(extack, "all SPIs of the range are in use");
		kfree(spi);
		return ERR_PTR(-ENOSPC);
	}
	if (rhashtable_insert_fast(&in->spis, &spi->hash_node, spi_params)) {
		kfree(spi);
		return ERR_PTR(-ENOMEM);
	}
	list_add_tail(&spi->age_node, &in->spi_ages);
	list_add_tail(&spi->peer_node, &peer->spis);
	in->n_spis++;
	return spi;
}
