/* SPDX-License-Identifier: GPL-2.0-only */
/* prefix.h - selectors, and the tables that selector.c finds them with. */
#ifndef _IPSEC_PREFIX_H
#define _IPSEC_PREFIX_H

#ifdef __KERNEL__
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#endif

struct ipsec_peer;
struct ipsec_prefix_table;

/* An address or prefix in the processor's order, left-aligned in 128 bits */
struct ipsec_prefix {
	u64 hi;
	u64 lo;
};

/* A prefix of inner addresses that is behind a peer */
struct ipsec_selector {
	struct list_head node;		/* in ipsec_peer.selectors */
	/* what the lookup reads */
	struct ipsec_selector __rcu *next[2];	/* of its bucket, in either table */
	struct ipsec_prefix prefix;	/* as key */
	struct ipsec_peer *peer;
	u8 plen;			/* bits */

	u8 family;			/* AF_INET or AF_INET6 */
	bool keep;			/* scratch of ipsec_peer_set() */
	u8 key[16];			/* network order, host bits zero */
	struct rcu_head rcu;
};

#define IPSEC_PLEN_MAX	128

/* The selectors of an interface and a family.  Written under ipsec_net.lock. */
struct ipsec_prefixes {
	/* read by the packet paths */
	struct ipsec_prefix_table __rcu *table;	/* all of them */
	struct ipsec_peer __rcu *rest;	/* who has the default route, or NULL */
	u64 lengths[2];			/* which there are, but for 0: selector.c */

	u32 n;				/* selectors */
	u32 count[IPSEC_PLEN_MAX + 1];	/* of each length */
};

#endif /* _IPSEC_PREFIX_H */
