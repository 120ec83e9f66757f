/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ipsec.h - the objects of the module and how they hang together.
 *
 *   netns -- interface -- peer --(tx, RCU)--> SA      one that is sent on
 *     |          |          \---(list)------> SA ...  those that are received on
 *     |          \-- selectors (prefix -> peer)
 *     |-- SADB: (SPI, protocol) -> inbound SA
 *     \-- reserved SPIs: (SPI, protocol) -> the peer whose SA it will be
 *
 * What is configured changes under rtnl and then ipsec_net.lock; the packet paths
 * hold RCU only.  docs/locking.md has the whole story, with the order of teardown.
 */
#ifndef _IPSEC_H
#define _IPSEC_H

#include <linux/atomic.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/percpu-refcount.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>
#include <net/gro_cells.h>
#include <net/ipv6.h>
#include <linux/if_ipsec.h>
#include "drop.h"
#include "hold.h"
#include "natt.h"
#include "prefix.h"
#include "replay.h"
#include "spread.h"
#include "suite.h"

#define IPSEC_KIND	"ipsec"

struct ipsec_life;

/* An outer address; the family says which member is in use, AF_UNSPEC: none */
struct ipsec_addr {
	sa_family_t family;	/* AF_INET, AF_INET6 or AF_UNSPEC */
	union {
		__be32 v4;
		struct in6_addr v6;
	};
};

/** ipsec_addr_equal() - of two that are set.  Any context. */
static inline bool ipsec_addr_equal(const struct ipsec_addr *a,
				    const struct ipsec_addr *b)
{
	if (a->family != b->family)
		return false;
	return a->family == AF_INET ? a->v4 == b->v4 :
				      ipv6_addr_equal(&a->v6, &b->v6);
}

/* Counters of successful packets, one per CPU */
struct ipsec_traffic {
	u64_stats_t packets;
	u64_stats_t bytes;		/* of the inner IP packets */
	struct u64_stats_sync syncp;
};

/* All counters of an interface, one per CPU */
struct ipsec_dev_stats {
	struct ipsec_traffic rx;
	struct ipsec_traffic tx;
	u64_stats_t drops[__IFIPSEC_DROP_MAX];
	u64_stats_t spread;		/* packets that the CPUs shared */
	u64_stats_t helped;		/* of these, by another CPU than the packet's */
	struct u64_stats_sync drop_syncp;	/* drops, spread, helped */
};

/* What the module keeps for each network namespace that is an underlay */
struct ipsec_net {
	struct mutex lock;		/* all of the below but sadb's readers */
	struct list_head devs;		/* interfaces with this underlay */
	struct rhashtable sadb;		/* inbound SAs; RCU readers */
	struct rhltable sadb_out;	/* outbound SAs; RCU readers */
	struct rhashtable spis;		/* reserved SPIs: struct ipsec_spi */
	struct list_head spi_ages;	/* the same, the oldest first */
	u32 n_spis;			/* the same, how many */
	u32 sas;			/* inbound and outbound SAs */
	u64 generation;			/* changes with every change: dumps */
	u8 hooks;			/* bits, enum ipsec_hook: in use, or not to be */

	struct ipsec_audit audit;	/* has its own lock */
};

/* What outer headers have from the interface; each is read by itself */
struct ipsec_policy {
	u8 df;				/* enum ifipsec_df */
	u8 dscp;			/* 0..63, or IFIPSEC_DSCP_COPY */
	u8 decap_dscp;			/* inner packets get the outer DSCP */
	u8 ttl;				/* 0: of the route */
	u8 spread;			/* several CPUs may share the work */
	u32 flowlabel;			/* or IFIPSEC_FLOWLABEL_AUTO */
};

/* The interface; private data of its net_device */
struct ipsec_dev {
	/* read by the packet paths */
	struct net_device *dev;
	struct net *net;		/* underlay; its exit deletes us first */
	struct ipsec_dev_stats __percpu *stats;
	int link;			/* underlay ifindex, 0 = any */
	u32 fwmark;			/* mark of outer packets, 0 = none */
	struct ipsec_policy policy;	/* written under rtnl */
	struct gro_cells gro_cells;
	struct ipsec_prefixes prefixes4;	/* inner address -> peer */
	struct ipsec_prefixes prefixes6;

	/* configuration, under ipsec_net.lock */
	struct list_head node;		/* in ipsec_net.devs */
	struct list_head peers;
	struct rhashtable peer_names;	/* name -> peer */
	u32 n_peers;
	u32 n_sas;
	u32 n_usable;			/* peers with a usable tx SA */
	u32 mtu_least;			/* the smallest MTU of a peer: mtu.c */
	u32 n_mtu_least;		/* how many peers have it, 0: look for it */

	/* under rtnl */
	bool mtu_auto;			/* the MTU follows the peers */
	bool mtu_updating;		/* ndo_change_mtu is called by us */
};

/* The route of an endpoint, as one CPU has found it: BH disabled */
struct ipsec_route {
	struct dst_entry *dst;		/* a reference is held; NULL: none */
	struct ipsec_addr local;	/* the source that goes with it */
	u32 cookie;			/* of dst_check() */
	u32 generation;			/* ipsec_endpoint.generation then */
};

/*
 * Where a peer's packets go.  Immutable but for the routes; a change of address
 * makes a new one (RCU), so a packet sees all of the old or all of the new.
 */
struct ipsec_endpoint {
	struct ipsec_addr remote;
	struct ipsec_addr local;	/* AF_UNSPEC: the route chooses */
	__be16 encap_local;		/* UDP ports (RFC 3948) */
	__be16 encap_remote;		/* 0: no UDP */
	struct ipsec_route __percpu *routes;
	u32 generation;			/* routes of older ones are void */
	struct rcu_head rcu;
};

/* The protocols, as the index of what a peer may have one of each */
enum ipsec_slot {
	IPSEC_ESP,
	IPSEC_AH,
	IPSEC_SLOTS
};

/* A remote IPsec endpoint of an interface */
struct ipsec_peer {
	/* read by the packet paths */
	struct ipsec_dev *idev;
	u8 protect;			/* enum ifipsec_protect */
	/* written under ipsec_net.lock */
	struct ipsec_sa __rcu *tx[IPSEC_SLOTS];
	struct ipsec_endpoint __rcu *endpoint;	/* likewise */
	struct ipsec_hold hold;		/* packets without SA */
	struct ipsec_natt natt;
	struct ipsec_lane tx_lane;
	struct ipsec_lane rx_lane;

	/* under ipsec_net.lock */
	struct list_head node;		/* in ipsec_dev.peers */
	struct rhash_head name_node;	/* in ipsec_dev.peer_names */
	char name[IFIPSEC_PEER_NAME_MAX + 1];
	struct list_head selectors;	/* struct ipsec_selector.node */
	struct list_head rx;		/* struct ipsec_sa.node */
	struct list_head spis;		/* struct ipsec_spi.peer_node */
	u32 n_selectors;
	u32 n_rx;
	u32 mtu;			/* largest inner packet, 0 = unknown */
	bool usable;			/* counted in ipsec_dev.n_usable */

	refcount_t refs;		/* the interface's and one per SA */
	struct rcu_head rcu;
};

/* Key of the SADB: RFC 4301 4.1, the SPI and the protocol */
struct ipsec_sadb_key {
	__be32 spi;
	u32 proto;			/* IPPROTO_ESP or IPPROTO_AH */
};

/* A security association: one direction (RFC 4301 4.1) */
struct ipsec_sa {
	/* read by the packet paths; all but seq, replay and flags is constant */
	struct ipsec_sadb_key id;
	struct ipsec_peer *peer;	/* holds a reference */
	struct ipsec_dev *idev;		/* holds a reference to its netdev */
	struct ipsec_suite suite;
	u8 dir;				/* enum ifipsec_dir */
	u8 mode;			/* enum ifipsec_mode */
	bool esn;			/* 64-bit sequence numbers */
	bool ah_align8;			/* AH over IPv4 as over IPv6 */
	bool pooled;			/* requests fit the per-CPU ones */
	bool later;			/* the cipher answered so the last time; crypt.c only */
	u8 aad_len;			/* of ESP: 8, or 12 with ESN */
	u16 tfc;			/* pad inner packets to this length: bytes */
	u64 seq_max;			/* last usable sequence number */
	u64 seq_soft;			/* IFIPSEC_EXPIRE_SEQ_SOFT from here on */
	struct ipsec_life *life;	/* NULL: no limits but the numbers */
	struct ipsec_traffic __percpu *traffic;
	struct percpu_ref ref;		/* packets in the hands of the cipher */

	atomic64_t tx_seq ____cacheline_aligned_in_smp;	/* last one sent */
	u32 in_lane;			/* operations, all with one reference: spread.c */
	unsigned long met;		/* bits: limits, enum ifipsec_expire */
	struct ipsec_replay replay;	/* inbound */
	struct ipsec_mapping mapping;	/* inbound */

	/* under ipsec_net.lock */
	union {
		struct {		/* inbound */
			struct rhash_head sadb_node;	/* in ipsec_net.sadb */
			struct list_head node;	/* in ipsec_peer.rx */
		};
		struct rhlist_head out_node;	/* in ipsec_net.sadb_out */
	};
	netdevice_tracker tracker;
	u16 key_bits;			/* of the cipher, or of the hash in AH */
	bool insecure;			/* it was asked for in so many words */
	u32 told;			/* bits of met that were told */
	time64_t born;			/* boottime: seconds */

	atomic_long_t drops[__IFIPSEC_DROP_MAX];
	struct work_struct expire_work;	/* tells the listeners, process context */
	struct work_struct free_work;	/* the cipher may sleep when it is freed */
};

extern unsigned int ipsec_net_id;
extern struct workqueue_struct *ipsec_wq;

static inline enum ipsec_slot ipsec_slot(const struct ipsec_sa *sa)
{
	return sa->id.proto == IPPROTO_AH ? IPSEC_AH : IPSEC_ESP;
}

/* The module's part of a namespace; valid as long as the namespace is */
struct ipsec_net *ipsec_net(const struct net *net);

/* An RCU pointer of an interface or of what belongs to it; ipsec_net.lock held */
#define ipsec_locked(idev, p)						\
	rcu_dereference_protected(p,					\
		lockdep_is_held(&ipsec_net((idev)->net)->lock))

#endif /* _IPSEC_H */
