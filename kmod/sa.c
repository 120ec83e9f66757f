// SPDX-License-Identifier: GPL-2.0-only
/*
 * sa.c - the life of a security association: made from its configuration, given to
 * a peer, removed, freed after its last packet; and its sequence numbers.
 */
#include <linux/netlink.h>
#include <linux/slab.h>
#include "alg.h"
#include "crypt.h"
#include "event.h"
#include "hook.h"
#include "mtu.h"
#include "natt.h"
#include "peer.h"
#include "sa.h"
#include "sadb.h"
#include "spi.h"
#include "stats.h"
#include "trace.h"

/* kmalloc() would round half of its size up */
static struct kmem_cache *sa_cache;

/* Process context: a cipher may sleep when it is freed, and wipes its key */
static void sa_free_work(struct work_struct *work)
{
	struct ipsec_sa *sa = container_of(work, struct ipsec_sa, free_work);
	struct ipsec_peer *peer = sa->peer;
	struct ipsec_dev *idev = sa->idev;
	netdevice_tracker tracker = sa->tracker;

	ipsec_sa_free(sa);
	ipsec_peer_put(peer);
	netdev_put(idev->dev, &tracker);
}

/* The last packet is done, and nobody can find the SA: see ipsec_sa_remove() */
static void sa_release(struct percpu_ref *ref)
{
	struct ipsec_sa *sa = container_of(ref, struct ipsec_sa, ref);

	queue_work(ipsec_wq, &sa->free_work);
}

/* What needs no memory and cannot fail */
static void sa_init(struct ipsec_sa *sa, const struct ipsec_sa_config *cfg)
{
	const struct ipsec_alg *alg = cfg->encr ?: cfg->auth;

	sa->id.spi = cfg->spi;
	sa->id.proto = cfg->proto;
	sa->dir = cfg->dir;
	sa->mode = cfg->mode;
	sa->esn = cfg->esn;
	sa->insecure = cfg->insecure;
	sa->ah_align8 = cfg->ah_align8;
	sa->aad_len = cfg->esn ? 12 : 8;
	sa->tfc = cfg->tfc;
	sa->key_bits = 8 * ((cfg->encr ? cfg->key_len : cfg->auth_key_len) -
			    alg->salt_len);
	/* RFC 4303 3.3.3: the counter must not cycle */
	sa->seq_max = cfg->esn ? U64_MAX : U32_MAX;
	sa->seq_soft = sa->seq_max / 4 * 3;
	atomic64_set(&sa->tx_seq, cfg->seq);
	sa->born = ktime_get_boottime_seconds();
	INIT_WORK(&sa->expire_work, ipsec_life_tell);
	INIT_WORK(&sa->free_work, sa_free_work);
	ipsec_natt_init_sa(sa);
}

/* The salt is in it */
static void sa_free_memory(struct ipsec_sa *sa)
{
	memzero_explicit(sa, sizeof(*sa));
	kmem_cache_free(sa_cache, sa);
}

struct ipsec_sa *ipsec_sa_create(const struct ipsec_sa_config *cfg,
				 struct netlink_ext_ack *extack)
{
	struct ipsec_sa *sa;
	int err;

	sa = kmem_cache_zalloc(sa_cache, GFP_KERNEL_ACCOUNT);
	if (!sa)
		return ERR_PTR(-ENOMEM);
	sa_init(sa, cfg);

	err = ipsec_replay_init(&sa->replay, cfg->replay_window, cfg->seq);
	if (err)
		goto err_free_sa;
	err = -ENOMEM;
	sa->traffic = ipsec_stats_alloc_sa();
	if (!sa->traffic)
		goto err_free_replay;
	err = percpu_ref_init(&sa->ref, sa_release, 0, GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_free_traffic;
	if (ipsec_life_any(&cfg->life)) {
		err = -ENOMEM;
		sa->life = ipsec_life_alloc(sa, &cfg->life);
		if (!sa->life)
			goto err_exit_ref;
	}
	err = ipsec_suite_init(&sa->suite, cfg, extack);
	if (err)
		goto err_free_life;
	ipsec_crypt_sa_init(sa);
	return sa;

err_free_life:
	kfree(sa->life);
err_exit_ref:
	percpu_ref_exit(&sa->ref);
err_free_traffic:
	free_percpu(sa->traffic);
err_free_replay:
	ipsec_replay_free(&sa->replay);
err_free_sa:
	sa_free_memory(sa);
	return ERR_PTR(err);
}

void ipsec_sa_free(struct ipsec_sa *sa)
{
	ipsec_suite_exit(&sa->suite);
	kfree(sa->life);
	percpu_ref_exit(&sa->ref);
	free_percpu(sa->traffic);
	ipsec_replay_free(&sa->replay);
	sa_free_memory(sa);
}

static void sa_attach(struct ipsec_peer *peer, struct ipsec_sa *sa)
{
	sa->peer = peer;
	sa->idev = peer->idev;
	ipsec_peer_get(peer);
	netdev_hold(sa->idev->dev, &sa->tracker, GFP_KERNEL);
	ipsec_life_start(sa);
	sa->idev->n_sas++;
	ipsec_net(sa->idev->net)->sas++;
}

/*
 * Drop the reference that installed the SA.  Who can still hold it?
 *  1) packets that found it before it was unpublished, inside their RCU read
 *     section: percpu_ref_kill() waits for a grace period before it lets the
 *     count reach zero;
 *  2) packets in the hands of an asynchronous cipher: they hold a reference;
 *  3) expire_work, the timer of its life, and natt.c's work: queued with a
 *     reference each.
 * After the last of them sa_release() queues free_work, which gives back the
 * references to the peer and to the netdevice; the interface cannot go before.
 */
static void sa_detach(struct ipsec_sa *sa)
{
	trace_ipsec_sa(sa, "remove", 0);
	sa->idev->n_sas--;
	ipsec_net(sa->idev->net)->sas--;
	percpu_ref_kill(&sa->ref);
	ipsec_life_stop(sa);
}

static int sa_install_in(struct ipsec_peer *peer, struct ipsec_sa *sa,
			 struct netlink_ext_ack *extack)
{
	struct ipsec_net *in = ipsec_net(peer->idev->net);
	int err;

	sa->peer = peer;
	sa->idev = peer->idev;
	err = ipsec_sadb_add(in, sa);
	if (err == -EEXIST)
		NL_SET_ERR_MSG(extack,
			       "the SPI is already in use by an inbound SA of this namespace");
	if (err)
		return err;
	sa_attach(peer, sa);
	list_add_tail(&sa->node, &peer->rx);
	peer->n_rx++;
	return 0;
}

static int sa_install_out(struct ipsec_peer *peer, struct ipsec_sa *sa,
			  bool replace, struct netlink_ext_ack *extack)
{
	struct ipsec_sa __rcu **slot = &peer->tx[ipsec_slot(sa)];
	struct ipsec_sa *old = ipsec_locked(peer->idev, *slot);
	struct ipsec_net *in = ipsec_net(peer->idev->net);
	int err;

	if (old && !replace) {
		NL_SET_ERR_MSG(extack, "the peer has an outbound SA already; replace it");
		return -EEXIST;
	}
	err = sa->id.proto == IPPROTO_AH ?
		ipsec_hook_need(peer->idev->net, IPSEC_HOOK_AH_ERROR) : 0;
	if (err)
		return err;
	sa->peer = peer;
	sa->idev = peer->idev;
	err = ipsec_sadb_add(in, sa);
	if (err)
		return err;
	sa_attach(peer, sa);
	rcu_assign_pointer(*slot, sa);
	if (old) {
		ipsec_sadb_del(in, old);
		ipsec_event_sa(old, IFIPSEC_CMD_SA_DEL_NTF);
		sa_detach(old);
	}
	ipsec_peer_update_usable(peer);
	ipsec_mtu_update_peer(peer);
	return 0;
}

/* The reservation of the SPI of an inbound SA, or NULL; n_spis is right afterwards */
static struct ipsec_spi *sa_reserved(struct ipsec_net *in,
				     const struct ipsec_sa *sa)
{
	struct ipsec_spi *spi = ipsec_spi_find(in, &sa->id);

	return sa->dir == IFIPSEC_DIR_IN ? spi : NULL;
}

int ipsec_sa_install(struct ipsec_peer *peer, struct ipsec_sa *sa, bool replace,
		     struct netlink_ext_ack *extack)
{
	struct ipsec_net *in = ipsec_net(peer->idev->net);
	struct ipsec_spi *spi;
	int err;

	lockdep_assert_held(&in->lock);
	if (!ipsec_peer_protected_by(peer, ipsec_slot(sa))) {
		NL_SET_ERR_MSG(extack,
			       "the peer is not protected with that protocol; set what it is protected with");
		return -EINVAL;
	}
	spi = sa_reserved(in, sa);
	if (spi && spi->peer != peer) {
		NL_SET_ERR_MSG(extack, "the SPI is reserved for another peer");
		return -EBUSY;
	}
	/* a reservation becomes an SA: one of the two is counted */
	if (!spi && in->sas + in->n_spis >= IFIPSEC_SAS_MAX) {
		NL_SET_ERR_MSG(extack,
			       "the namespace has its 65536 SAs and reserved SPIs");
		return -ENOSPC;
	}
	err = sa->dir == IFIPSEC_DIR_IN ?
		sa_install_in(peer, sa, extack) :
		sa_install_out(peer, sa, replace, extack);
	if (!err) {
		if (spi)
			ipsec_spi_release(spi);
		in->generation++;
		trace_ipsec_sa(sa, "install", 0);
		ipsec_event_sa(sa, IFIPSEC_CMD_SA_NEW_NTF);
	}
	return err;
}

void ipsec_sa_remove(struct ipsec_sa *sa)
{
	struct ipsec_net *in = ipsec_net(sa->idev->net);
	struct ipsec_peer *peer = sa->peer;

	lockdep_assert_held(&in->lock);
	in->generation++;
	ipsec_sadb_del(in, sa);
	if (sa->dir == IFIPSEC_DIR_IN) {
		list_del(&sa->node);
		peer->n_rx--;
	} else {
		RCU_INIT_POINTER(peer->tx[ipsec_slot(sa)], NULL);
		ipsec_peer_update_usable(peer);
	}
	ipsec_event_sa(sa, IFIPSEC_CMD_SA_DEL_NTF);
	sa_detach(sa);
}

bool ipsec_sa_seq_advance(struct ipsec_sa *sa, u64 seq)
{
	s64 old;

	if (sa->dir == IFIPSEC_DIR_IN)
		return ipsec_replay_advance(&sa->replay, seq);

	old = atomic64_read(&sa->tx_seq);
	do {
		if (seq < (u64)old)
			return false;
	} while (!atomic64_try_cmpxchg(&sa->tx_seq, &old, (s64)seq));
	return true;
}

int __init ipsec_sa_init(void)
{
	sa_cache = KMEM_CACHE(ipsec_sa, SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT);
	return sa_cache ? 0 : -ENOMEM;
}

/* The last SA is freed */
void ipsec_sa_exit(void)
{
	kmem_cache_destroy(sa_cache);
}
