/* SPDX-License-Identifier: GPL-2.0-only */
/* selector.h - which peer is an inner address behind?  Prefix tries. */
#ifndef _IPSEC_SELECTOR_H
#define _IPSEC_SELECTOR_H

#include "ipsec.h"

/* For the following two, where there is more than one selector */
struct ipsec_peer *ipsec_selector_walk4(const struct ipsec_dev *idev, __be32 addr);
struct ipsec_peer *ipsec_selector_walk6(const struct ipsec_dev *idev,
					const struct in6_addr *addr);

/**
 * ipsec_selector_lookup4() - the peer with the longest prefix over an address
 *
 * Context: RCU read section.  Return: the peer, valid in that section, or NULL.
 */
static inline struct ipsec_peer *
ipsec_selector_lookup4(const struct ipsec_dev *idev, __be32 addr)
{
	return rcu_dereference(idev->selectors.all4) ?:
	       ipsec_selector_walk4(idev, addr);
}

/** ipsec_selector_lookup6() - the same for IPv6 */
static inline struct ipsec_peer *
ipsec_selector_lookup6(const struct ipsec_dev *idev, const struct in6_addr *addr)
{
	return rcu_dereference(idev->selectors.all6) ?:
	       ipsec_selector_walk6(idev, addr);
}

/**
 * ipsec_selector_alloc() - a selector that can be added without failure
 * @family: AF_INET or AF_INET6
 * @addr: 4 or 16 bytes, host bits zero
 * @plen: prefix length
 *
 * Context: may sleep.  Return: the selector, to be freed or added; or NULL.
 */
struct ipsec_selector *ipsec_selector_alloc(u8 family, const void *addr,
					    u8 plen);

/** ipsec_selector_free() - free one that is in no trie */
void ipsec_selector_free(struct ipsec_selector *sel);

/**
 * ipsec_selector_owner() - the selector with exactly this prefix, or NULL
 *
 * Context: ipsec_net.lock held.
 */
struct ipsec_selector *ipsec_selector_owner(struct ipsec_dev *idev,
					    const struct ipsec_selector *sel);

/**
 * ipsec_selector_add() - enter a selector into the trie
 *
 * Its prefix must have no owner.  Context: ipsec_net.lock held.
 */
void ipsec_selector_add(struct ipsec_dev *idev, struct ipsec_selector *sel);

/** ipsec_selector_del() - take a selector out and free it after a grace period */
void ipsec_selector_del(struct ipsec_dev *idev, struct ipsec_selector *sel);

#endif /* _IPSEC_SELECTOR_H */
