/* SPDX-License-Identifier: GPL-2.0-only */
/* selector.h - which peer is an inner address behind?  Longest prefix first. */
#ifndef _IPSEC_SELECTOR_H
#define _IPSEC_SELECTOR_H

#include "ipsec.h"

/* For the following two, where there is more than a default route */
struct ipsec_peer *ipsec_selector_find4(const struct ipsec_prefixes *p, __be32 addr);
struct ipsec_peer *ipsec_selector_find6(const struct ipsec_prefixes *p,
					const struct in6_addr *addr);

/**
 * ipsec_selector_lookup4() - the peer with the longest prefix over an address
 *
 * Context: RCU read section.  Return: the peer, valid in that section, or NULL.
 */
static inline struct ipsec_peer *
ipsec_selector_lookup4(const struct ipsec_dev *idev, __be32 addr)
{
	const struct ipsec_prefixes *p = &idev->prefixes4;

	return READ_ONCE(p->lengths[1]) ? ipsec_selector_find4(p, addr) :
					  rcu_dereference(p->rest);
}

/** ipsec_selector_lookup6() - the same for IPv6 */
static inline struct ipsec_peer *
ipsec_selector_lookup6(const struct ipsec_dev *idev, const struct in6_addr *addr)
{
	const struct ipsec_prefixes *p = &idev->prefixes6;

	return READ_ONCE(p->lengths[0]) | READ_ONCE(p->lengths[1]) ?
		ipsec_selector_find6(p, addr) : rcu_dereference(p->rest);
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

/** ipsec_selector_free() - free one that was not added */
void ipsec_selector_free(struct ipsec_selector *sel);

/**
 * ipsec_selector_owner() - the selector with exactly this prefix, or NULL
 *
 * Context: ipsec_net.lock held.
 */
struct ipsec_selector *ipsec_selector_owner(struct ipsec_dev *idev,
					    const struct ipsec_selector *sel);

/**
 * ipsec_selector_add() - packets find a selector from here on
 *
 * Its prefix must have no owner.  Context: ipsec_net.lock held; may sleep.
 */
void ipsec_selector_add(struct ipsec_dev *idev, struct ipsec_selector *sel);

/** ipsec_selector_del() - take a selector out and free it after a grace period */
void ipsec_selector_del(struct ipsec_dev *idev, struct ipsec_selector *sel);

/** ipsec_selector_init_dev() - what an interface needs for its selectors; may sleep */
int ipsec_selector_init_dev(struct ipsec_dev *idev);

/** ipsec_selector_exit_dev() - all are gone, and nobody looks any more */
void ipsec_selector_exit_dev(struct ipsec_dev *idev);

#endif /* _IPSEC_SELECTOR_H */
