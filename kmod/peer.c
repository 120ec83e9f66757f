// SPDX-License-Identifier: GPL-2.0-only
/*
 * peer.c - the life of a peer: made, changed and removed as a whole, with its
 * endpoint, its selectors and its SAs.
 */
#include <linux/netlink.h>
#include <linux/slab.h>
#include "device.h"
#include "event.h"
#include "hook.h"
#include "mtu.h"
#include "outer.h"
#include "peer.h"
#include "sa.h"
#include "selector.h"
#include "spi.h"

static u32 peer_name_hash(const void *data, u32 len, u32 seed)
{
	return jhash(data, strlen(data), seed);
}

static u32 peer_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct ipsec_peer *peer = data;

	return peer_name_hash(peer->name, 0, seed);
}

static int peer_cmp_name(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ipsec_peer *peer = obj;

	return strcmp(peer->name, arg->key);
}

static const struct rhashtable_params peer_name_params = {
	.head_offset = offsetof(struct ipsec_peer, name_node),
	.hashfn = peer_name_hash,
	.obj_hashfn = peer_obj_hash,
	.obj_cmpfn = peer_cmp_name,
	.automatic_shrinking = true,
};

int ipsec_peer_init_dev(struct ipsec_dev *idev)
{
	int err = ipsec_selector_init_dev(idev);

	if (err)
		return err;
	INIT_LIST_HEAD(&idev->peers);
	err = rhashtable_init(&idev->peer_names, &peer_name_params);
	if (err)
		ipsec_selector_exit_dev(idev);
	return err;
}

/* All peers are gone */
void ipsec_peer_exit_dev(struct ipsec_dev *idev)
{
	rhashtable_destroy(&idev->peer_names);
	ipsec_selector_exit_dev(idev);
}

static struct ipsec_net *peer_net(const struct ipsec_dev *idev)
{
	return ipsec_net(idev->net);
}

struct ipsec_peer *ipsec_peer_find(struct ipsec_dev *idev, const char *name)
{
	struct ipsec_peer *peer;

	lockdep_assert_held(&peer_net(idev)->lock);
	rcu_read_lock();
	peer = rhashtable_lookup(&idev->peer_names, name, peer_name_params);
	rcu_read_unlock();
	return peer;
}

void ipsec_peer_put(struct ipsec_peer *peer)
{
	if (refcount_dec_and_test(&peer->refs))
		kfree_rcu(peer, rcu);
}

void ipsec_peer_update_usable(struct ipsec_peer *peer)
{
	struct ipsec_dev *idev = peer->idev;
	struct ipsec_sa *sa;
	bool usable = true;
	int i;

	for (i = 0; i < IPSEC_SLOTS; i++) {
		sa = ipsec_locked(idev, peer->tx[i]);
		if (ipsec_peer_protected_by(peer, i) &&
		    (!sa || !ipsec_sa_usable(sa)))
			usable = false;
	}
	if (usable == peer->usable)
		return;
	WRITE_ONCE(peer->usable, usable);
	if (usable)
		ipsec_hold_release(peer);
	idev->n_usable += usable ? 1 : -1;
	ipsec_device_update_state(idev);
}

/* Are the prefixes free, or the peer's own?  Each one listed once? */
static int peer_check_selectors(struct ipsec_dev *idev, struct ipsec_peer *peer,
				struct ipsec_peer_config *cfg,
				struct netlink_ext_ack *extack)
{
	struct ipsec_selector *sel, *other;

	list_for_each_entry(sel, &cfg->selectors, node) {
		other = ipsec_selector_owner(idev, sel);
		if (other && other->peer != peer) {
			NL_SET_ERR_MSG(extack,
				       "a selector belongs to another peer of the interface already");
			return -EEXIST;
		}
		other = sel;
		list_for_each_entry_continue(other, &cfg->selectors, node) {
			if (other->family == sel->family &&
			    other->plen == sel->plen &&
			    !memcmp(other->key, sel->key, sizeof(sel->key))) {
				NL_SET_ERR_MSG(extack, "a selector is given twice");
				return -EINVAL;
			}
		}
	}
	return 0;
}

/* Those that the peer has already are only marked.  Return: are there others? */
static bool peer_add_selectors(struct ipsec_peer *peer, struct ipsec_peer_config *cfg)
{
	struct ipsec_selector *sel, *next, *old;
	bool added = false;

	list_for_each_entry_safe(sel, next, &cfg->selectors, node) {
		old = ipsec_selector_owner(peer->idev, sel);
		list_del(&sel->node);
		if (old) {
			old->keep = true;
			ipsec_selector_free(sel);
			continue;
		}
		sel->peer = peer;
		sel->keep = true;
		list_add_tail(&sel->node, &peer->selectors);
		ipsec_selector_add(peer->idev, sel);
		added = true;
	}
	return added;
}

/*
 * Cannot fail: the selectors brought their memory, and were checked.  First what is new,
 * then without what is old: no gap for what is both.  A lookup that has begun before must
 * not come to the old one afterwards.
 */
static void peer_replace_selectors(struct ipsec_peer *peer,
				   struct ipsec_peer_config *cfg)
{
	struct ipsec_selector *sel, *next;
	bool added;

	list_for_each_entry(sel, &peer->selectors, node)
		sel->keep = false;
	added = peer_add_selectors(peer, cfg);
	list_for_each_entry_safe(sel, next, &peer->selectors, node) {
		if (sel->keep)
			continue;
		if (added)
			synchronize_net();
		added = false;
		list_del(&sel->node);
		ipsec_selector_del(peer->idev, sel);
	}
	peer->n_selectors = cfg->n_selectors;
}

static int peer_check_families(const struct ipsec_addr *remote,
			       const struct ipsec_addr *local,
			       struct netlink_ext_ack *extack)
{
	if (local->family == AF_UNSPEC || local->family == remote->family)
		return 0;
	NL_SET_ERR_MSG(extack, "the local and the remote address differ in family");
	return -EINVAL;
}

/* RFC 3948: only ESP; a NAT would break the ICV of AH anyway */
static int peer_check_encap(__be16 encap_remote, u8 protect, u32 keepalive,
			    struct netlink_ext_ack *extack)
{
	if (encap_remote && protect > IFIPSEC_PROTECT_ESP) {
		NL_SET_ERR_MSG(extack, "AH cannot be sent in UDP, nor through a NAT");
		return -EINVAL;
	}
	if (keepalive && !encap_remote) {
		NL_SET_ERR_MSG(extack, "keepalives are sent where ESP is sent in UDP");
		return -EINVAL;
	}
	return 0;
}

/* Return: NULL without memory */
static struct ipsec_endpoint *peer_endpoint(struct ipsec_dev *idev,
					    const struct ipsec_addr *remote,
					    const struct ipsec_addr *local,
					    __be16 encap_local, __be16 encap_remote)
{
	/* that it may fail does not matter: packets come through their socket as well */
	if (encap_remote)
		ipsec_hook_need(idev->net, IPSEC_HOOK_ENCAP);
	return ipsec_endpoint_alloc(remote, local, encap_local, encap_remote);
}

int ipsec_peer_create(struct ipsec_dev *idev, struct ipsec_peer_config *cfg,
		      struct netlink_ext_ack *extack)
{
	struct ipsec_endpoint *ep = NULL;
	struct ipsec_peer *peer;
	int err;

	lockdep_assert_held(&peer_net(idev)->lock);
	err = peer_check_families(&cfg->remote, &cfg->local, extack);
	if (!err)
		err = peer_check_encap(cfg->encap_remote, cfg->protect,
				       cfg->keepalive, extack);
	if (!err)
		err = peer_check_selectors(idev, NULL, cfg, extack);
	if (err)
		return err;

	peer = kzalloc(sizeof(*peer), GFP_KERNEL_ACCOUNT);
	ep = peer_endpoint(idev, &cfg->remote, &cfg->local, cfg->encap_local,
			   cfg->encap_remote);
	if (!peer || !ep) {
		err = -ENOMEM;
		goto err_free;
	}
	peer->idev = idev;
	peer->protect = cfg->protect ?: IFIPSEC_PROTECT_ESP;
	refcount_set(&peer->refs, 1);
	INIT_LIST_HEAD(&peer->selectors);
	INIT_LIST_HEAD(&peer->rx);
	INIT_LIST_HEAD(&peer->spis);
	RCU_INIT_POINTER(peer->endpoint, ep);
	ipsec_hold_init(peer);
	ipsec_natt_init_peer(peer);
	ipsec_lane_init(&peer->tx_lane);
	ipsec_lane_init(&peer->rx_lane);
	strscpy(peer->name, cfg->name, sizeof(peer->name));

	err = rhashtable_lookup_insert_key(&idev->peer_names, peer->name,
					   &peer->name_node, peer_name_params);
	if (err) {
		if (err == -EEXIST)
			NL_SET_ERR_MSG(extack, "the interface has a peer of that name already");
		goto err_free;
	}
	list_add_tail(&peer->node, &idev->peers);
	idev->n_peers++;
	ipsec_natt_set_keepalive(peer, cfg->keepalive);
	peer_replace_selectors(peer, cfg);
	peer_net(idev)->generation++;
	ipsec_event_peer(peer, IFIPSEC_CMD_PEER_NEW_NTF);
	return 0;

err_free:
	ipsec_endpoint_free(ep);
	kfree(peer);
	return err;
}

/* Would the peer keep SAs of a protocol that it is not protected with any more? */
static int peer_check_protect(struct ipsec_peer *peer, u8 protect,
			      struct netlink_ext_ack *extack)
{
	enum ipsec_slot gone;
	struct ipsec_sa *sa;
	bool found;

	if (protect == IFIPSEC_PROTECT_ESP_AH)
		return 0;
	gone = protect == IFIPSEC_PROTECT_ESP ? IPSEC_AH : IPSEC_ESP;
	found = rcu_access_pointer(peer->tx[gone]);
	list_for_each_entry(sa, &peer->rx, node)
		found |= ipsec_slot(sa) == gone;
	if (!found)
		return 0;
	NL_SET_ERR_MSG(extack,
		       "the peer has SAs of the protocol that it would not be protected with any more; remove them first");
	return -EBUSY;
}

int ipsec_peer_set(struct ipsec_peer *peer, struct ipsec_peer_config *cfg,
		   struct netlink_ext_ack *extack)
{
	struct ipsec_endpoint *old = ipsec_locked(peer->idev, peer->endpoint);
	__be16 encap_local = cfg->has_encap ? cfg->encap_local : old->encap_local;
	__be16 encap_remote = cfg->has_encap ? cfg->encap_remote :
					       old->encap_remote;
	u32 keepalive = cfg->has_keepalive ? cfg->keepalive :
					     peer->natt.keepalive;
	const struct ipsec_addr *remote, *local;
	struct ipsec_endpoint *ep = NULL;
	int err;

	remote = cfg->has_remote ? &cfg->remote : &old->remote;
	local = cfg->has_local ? &cfg->local : &old->local;
	err = peer_check_families(remote, local, extack);
	if (!err && cfg->has_selectors)
		err = peer_check_selectors(peer->idev, peer, cfg, extack);
	if (!err && cfg->protect)
		err = peer_check_protect(peer, cfg->protect, extack);
	if (!err)
		err = peer_check_encap(encap_remote, cfg->protect ?: peer->protect,
				       keepalive, extack);
	if (err)
		return err;

	if (cfg->has_remote || cfg->has_local || cfg->has_encap) {
		ep = peer_endpoint(peer->idev, remote, local, encap_local,
				   encap_remote);
		if (!ep)
			return -ENOMEM;
		rcu_assign_pointer(peer->endpoint, ep);
		ipsec_endpoint_free(old);
	}
	if (cfg->protect) {
		WRITE_ONCE(peer->protect, cfg->protect);
		ipsec_peer_update_usable(peer);
	}
	if (cfg->has_keepalive)
		ipsec_natt_set_keepalive(peer, keepalive);
	ipsec_mtu_update_peer(peer);
	if (cfg->has_selectors)
		peer_replace_selectors(peer, cfg);
	peer_net(peer->idev)->generation++;
	ipsec_event_peer(peer, IFIPSEC_CMD_PEER_SET_NTF);
	return 0;
}

void ipsec_peer_flush_sas(struct ipsec_peer *peer)
{
	struct ipsec_sa *sa, *next;
	int i;

	for (i = 0; i < IPSEC_SLOTS; i++) {
		sa = ipsec_locked(peer->idev, peer->tx[i]);
		if (sa)
			ipsec_sa_remove(sa);
	}
	list_for_each_entry_safe(sa, next, &peer->rx, node)
		ipsec_sa_remove(sa);
	ipsec_spi_flush(peer);
}

/*
 * Who can still hold the peer?  Packets that found it through a selector, in their
 * RCU read section; and its SAs, until their last packet, each with a reference.
 */
void ipsec_peer_destroy(struct ipsec_peer *peer)
{
	struct ipsec_dev *idev = peer->idev;
	struct ipsec_selector *sel, *next;

	lockdep_assert_held(&peer_net(idev)->lock);
	ipsec_peer_flush_sas(peer);
	ipsec_event_peer(peer, IFIPSEC_CMD_PEER_DEL_NTF);
	list_for_each_entry_safe(sel, next, &peer->selectors, node) {
		list_del(&sel->node);
		ipsec_selector_del(idev, sel);
	}
	rhashtable_remove_fast(&idev->peer_names, &peer->name_node,
			       peer_name_params);
	list_del(&peer->node);
	ipsec_mtu_forget_peer(peer);
	idev->n_peers--;
	peer_net(idev)->generation++;
	ipsec_endpoint_free(ipsec_locked(peer->idev, peer->endpoint));
	RCU_INIT_POINTER(peer->endpoint, NULL);
	ipsec_hold_purge(peer);
	ipsec_natt_set_keepalive(peer, 0);
	ipsec_peer_put(peer);
}

void ipsec_peer_reset_routes(struct ipsec_dev *idev)
{
	struct ipsec_endpoint *ep;
	struct ipsec_peer *peer;

	lockdep_assert_held(&peer_net(idev)->lock);
	list_for_each_entry(peer, &idev->peers, node) {
		ep = ipsec_locked(peer->idev, peer->endpoint);
		ipsec_outer_reset(ep);
		ipsec_mtu_update_peer(peer);
	}
}
