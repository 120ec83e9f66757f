/* SPDX-License-Identifier: GPL-2.0-only */
/* hold.h - first packets wait for the SA that a key daemon negotiates. */
#ifndef _IPSEC_HOLD_H
#define _IPSEC_HOLD_H

#include <linux/skbuff.h>
#include <linux/workqueue.h>

struct ipsec_peer;

/* The queue of a peer */
struct ipsec_hold {
	struct sk_buff_head queue;	/* its lock protects all of this */
	unsigned int bytes;
	bool active;			/* packets wait, or are being sent */
	bool closed;			/* the peer goes: nothing waits any more */
	unsigned long acquired;		/* jiffies of the last ACQUIRE, 0: none */
	struct work_struct acquire;	/* tells the key daemon */
	struct work_struct release;	/* sends what waits */
	struct delayed_work timeout;
};

/** ipsec_hold_init() - an empty queue */
void ipsec_hold_init(struct ipsec_peer *peer);

/**
 * ipsec_hold_packet() - keep a packet that has no SA
 * @skb: as it came into the interface; consumed if true is returned
 *
 * Context: RCU read section, BH disabled.  Return: false if nobody listens who
 * could make an SA.
 */
bool ipsec_hold_packet(struct ipsec_peer *peer, struct sk_buff *skb);

/**
 * ipsec_hold_behind() - queue a packet behind those that still wait
 *
 * An SA is there, but packets that came earlier are still being sent.  Context as
 * above.  Return: false, and the packet is the caller's, if there are none any more.
 */
bool ipsec_hold_behind(struct ipsec_peer *peer, struct sk_buff *skb);

/** ipsec_hold_release() - an SA is there: send what waits.  Process context. */
void ipsec_hold_release(struct ipsec_peer *peer);

/** ipsec_hold_purge() - the peer goes, and what waits.  ipsec_net.lock held. */
void ipsec_hold_purge(struct ipsec_peer *peer);

/** ipsec_hold_waits() - must packets queue?  Any context. */
static inline bool ipsec_hold_waits(const struct ipsec_hold *hold)
{
	return unlikely(READ_ONCE(hold->active));
}

#endif /* _IPSEC_HOLD_H */
