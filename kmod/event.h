/* SPDX-License-Identifier: GPL-2.0-only */
/* event.h - what listeners of the netlink groups are told. */
#ifndef _IPSEC_EVENT_H
#define _IPSEC_EVENT_H

#include "ipsec.h"

/* What a key daemon has to know of an inner packet */
struct ipsec_flow {
	struct ipsec_addr src;
	struct ipsec_addr dst;
	u8 proto;			/* of its payload */
};

/** ipsec_event_flow() - of a packet whose network header is checked.  Any context. */
struct ipsec_flow ipsec_event_flow(const struct sk_buff *skb);

/** ipsec_event_key_daemon() - does somebody listen who could make SAs?  Any context. */
bool ipsec_event_key_daemon(const struct ipsec_dev *idev);

/*
 * All: process context, ipsec_net.lock held.  They cannot fail as far as the caller
 * is concerned: a listener that misses an event sees ENOBUFS.
 */
void ipsec_event_dev(struct ipsec_dev *idev, enum ifipsec_cmd cmd);
void ipsec_event_peer(struct ipsec_peer *peer, enum ifipsec_cmd cmd);
void ipsec_event_sa(struct ipsec_sa *sa, enum ifipsec_cmd cmd);
void ipsec_event_expire(struct ipsec_sa *sa, enum ifipsec_expire why);
void ipsec_event_acquire(struct ipsec_peer *peer, const struct ipsec_flow *flow);
void ipsec_event_mapping(struct ipsec_sa *sa, const struct ipsec_addr *addr,
			 __be16 port);

#endif /* _IPSEC_EVENT_H */
