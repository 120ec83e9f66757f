/* SPDX-License-Identifier: GPL-2.0-only */
/* peer.h - the life of a peer: its name, addresses, selectors and SAs. */
#ifndef _IPSEC_PEER_H
#define _IPSEC_PEER_H

#include "ipsec.h"

struct netlink_ext_ack;

/* What a request says of a peer; addresses are checked */
struct ipsec_peer_config {
	char name[IFIPSEC_PEER_NAME_MAX + 1];
	bool has_remote;
	bool has_local;			/* AF_UNSPEC in @local removes it */
	bool has_selectors;
	bool has_encap;
	bool has_keepalive;
	u8 protect;			/* enum ifipsec_protect, 0: not given */
	__be16 encap_local;		/* UDP ports, 0: no UDP */
	__be16 encap_remote;
	u32 keepalive;			/* seconds, 0: none */
	struct ipsec_addr remote;
	struct ipsec_addr local;
	struct list_head selectors;	/* struct ipsec_selector.node */
	u32 n_selectors;
};

/**
 * ipsec_peer_find() - the peer of that name, or NULL
 *
 * Context: ipsec_net.lock held.
 */
struct ipsec_peer *ipsec_peer_find(struct ipsec_dev *idev, const char *name);

/**
 * ipsec_peer_create() - add a peer to an interface
 * @cfg: its selectors become the peer's; on an error they stay the caller's
 *
 * Context: rtnl and ipsec_net.lock held.  Return: 0 or a negative error.
 */
int ipsec_peer_create(struct ipsec_dev *idev, struct ipsec_peer_config *cfg,
		      struct netlink_ext_ack *extack);

/**
 * ipsec_peer_set() - change what @cfg says, all of it or nothing
 *
 * Context: rtnl and ipsec_net.lock held.  Return: 0; on an error nothing changed
 * and the selectors of @cfg stay the caller's.
 */
int ipsec_peer_set(struct ipsec_peer *peer, struct ipsec_peer_config *cfg,
		   struct netlink_ext_ack *extack);

/** ipsec_peer_destroy() - remove a peer and its SAs.  ipsec_net.lock held. */
void ipsec_peer_destroy(struct ipsec_peer *peer);

/**
 * ipsec_peer_flush_sas() - remove all SAs of a peer, and the SPIs that it reserved
 *
 * Context: ipsec_net.lock held.
 */
void ipsec_peer_flush_sas(struct ipsec_peer *peer);

/**
 * ipsec_peer_update_usable() - does the peer have the tx SAs that it needs?
 *
 * Keeps the operational state of the interface true.  ipsec_net.lock held.
 */
void ipsec_peer_update_usable(struct ipsec_peer *peer);

/** ipsec_peer_protected_by() - is it one of the protocols of the peer?  Any context. */
static inline bool ipsec_peer_protected_by(const struct ipsec_peer *peer,
					   enum ipsec_slot slot)
{
	u8 protect = READ_ONCE(peer->protect);

	return slot == IPSEC_AH ? protect != IFIPSEC_PROTECT_ESP :
				  protect != IFIPSEC_PROTECT_AH;
}

/** ipsec_peer_get() - take a reference; the caller has one or holds the lock */
static inline void ipsec_peer_get(struct ipsec_peer *peer)
{
	refcount_inc(&peer->refs);
}

/** ipsec_peer_put() - give a reference back.  Any context. */
void ipsec_peer_put(struct ipsec_peer *peer);

/**
 * ipsec_peer_hold() - what a work that is queued for a peer has to hold: the peer,
 *	and its netdevice
 *
 * The caller has a reference or holds the lock.  Any context.
 */
static inline void ipsec_peer_hold(struct ipsec_peer *peer)
{
	ipsec_peer_get(peer);
	dev_hold(peer->idev->dev);
}

/** ipsec_peer_unhold() - give both back.  Any context. */
static inline void ipsec_peer_unhold(struct ipsec_peer *peer)
{
	struct net_device *dev = peer->idev->dev;

	ipsec_peer_put(peer);
	dev_put(dev);
}

/** ipsec_peer_reset_routes() - forget cached routes of all peers of an interface */
void ipsec_peer_reset_routes(struct ipsec_dev *idev);

int ipsec_peer_init_dev(struct ipsec_dev *idev);
void ipsec_peer_exit_dev(struct ipsec_dev *idev);

#endif /* _IPSEC_PEER_H */
