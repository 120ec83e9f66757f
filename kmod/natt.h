/* SPDX-License-Identifier: GPL-2.0-only */
/* natt.h - NAT traversal: ESP in UDP, keepalives, mappings that change (RFC 3948). */
#ifndef _IPSEC_NATT_H
#define _IPSEC_NATT_H

#include <linux/skbuff.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct ipsec_endpoint;
struct ipsec_peer;
struct ipsec_sa;

#define IPSEC_KEEPALIVE_MAX	3600	/* seconds */

/* What a peer has for its keepalives; under ipsec_net.lock */
struct ipsec_natt {
	u32 keepalive;			/* seconds, 0: none */
	u32 silent;			/* looks since something was sent */
	u64 last_seq;			/* of the tx SA, when it was last looked at */
	struct delayed_work timer;
};

/* What an inbound SA has for the event about another source */
struct ipsec_mapping {
	unsigned long next;		/* jiffies: not before that, 0: any time */
	u8 family;			/* of the source that is to be told */
	__be16 port;			/* 0: it was not in UDP */
	u8 addr[16];
	struct work_struct work;
};

void ipsec_natt_init_peer(struct ipsec_peer *peer);
void ipsec_natt_init_sa(struct ipsec_sa *sa);

/** ipsec_natt_set_keepalive() - start, change or stop; ipsec_net.lock held */
void ipsec_natt_set_keepalive(struct ipsec_peer *peer, u32 seconds);

/**
 * ipsec_natt_compare() - an authentic packet has come: from where we send to?
 * @ep: where to
 * @skb: its network header is the outer one
 * @udp: it was in UDP
 *
 * If not, listeners are told.  Context: RCU read section, BH disabled.
 */
void ipsec_natt_compare(struct ipsec_sa *sa, const struct ipsec_endpoint *ep,
			const struct sk_buff *skb, bool udp);

#endif /* _IPSEC_NATT_H */
