/* SPDX-License-Identifier: GPL-2.0-only */
/* drop.h - the end of packets that are not passed on: counted, and told (audit). */
#ifndef _IPSEC_DROP_H
#define _IPSEC_DROP_H

#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/if_ipsec.h>

struct ipsec_dev;
struct ipsec_net;
struct ipsec_peer;
struct ipsec_sa;

/* How many events of one reason may still go, and what they have left out */
struct ipsec_drop_limit {
	unsigned long filled;		/* jiffies: of the last token */
	u32 tokens;			/* 0..IFIPSEC_AUDIT_BURST */
	u32 left_out;			/* packets since the last event */
};

/* A namespace's part; the last limit is that of unknown SPIs */
struct ipsec_audit {
	spinlock_t lock;		/* of all below */
	struct ipsec_drop_limit limits[__IFIPSEC_DROP_MAX + 1];
	bool closed;			/* the namespace goes: no more work */
	struct delayed_work summary;	/* tells what was left out */
	struct net *net;
};

/* Packets that are dropped, and what is known of them; else NULL or 0 */
struct ipsec_drop {
	struct ipsec_dev *idev;
	const struct ipsec_peer *peer;	/* that of the SA need not be given */
	struct ipsec_sa *sa;
	enum ifipsec_drop reason;
	unsigned int packets;
	enum ifipsec_dir dir;
	u64 seq;
	const void *outer;		/* IP headers, complete and in one piece */
	const void *inner;
};

/**
 * ipsec_drop() - count dropped packets, and tell who listens
 *
 * Context: RCU read section, BH disabled.  The packets stay the caller's.
 */
void ipsec_drop(const struct ipsec_drop *drop);

/** ipsec_drop_heard() - does somebody listen in a namespace?  Any context. */
bool ipsec_drop_heard(struct net *net);

/**
 * ipsec_drop_unknown() - tell of an inbound packet that no SA is there for
 * @skb: network header at the outer IP header
 * @seq: as it is in the packet
 *
 * It is counted nowhere here, and stays the caller's.  Context: BH disabled.
 */
void ipsec_drop_unknown(const struct sk_buff *skb, u8 proto, __be32 spi, u32 seq);

/** ipsec_drop_init() - of a new namespace */
void ipsec_drop_init(struct ipsec_net *in, struct net *net);

/** ipsec_drop_exit() - of one that goes; may sleep */
void ipsec_drop_exit(struct ipsec_net *in);

#endif /* _IPSEC_DROP_H */
