/* SPDX-License-Identifier: GPL-2.0-only */
/* outer.h - the outer IP header, the route of outer packets, and their sending. */
#ifndef _IPSEC_OUTER_H
#define _IPSEC_OUTER_H

#include <linux/skbuff.h>
#include "ipsec.h"

/*
 * What a packet needs in front of ESP: the largest outer header, and an Ethernet
 * underlay's.  Received packets that are forwarded have this much; transmit.c asks
 * for more when an underlay needs it.
 */
#define IPSEC_OUTER_HEADROOM	(sizeof(struct ipv6hdr) + HH_DATA_MOD)

/* What the outer header takes from the inner packet, and the source address */
struct ipsec_outer {
	struct dst_entry *dst;		/* the route; a reference is held */
	struct ipsec_addr local;	/* source address of the outer header */
};

/**
 * ipsec_endpoint_alloc() - make an endpoint
 *
 * Context: may sleep.  Return: the endpoint or NULL.
 */
struct ipsec_endpoint *ipsec_endpoint_alloc(const struct ipsec_addr *remote,
					    const struct ipsec_addr *local);

/** ipsec_endpoint_free() - free it after a grace period; NULL is fine */
void ipsec_endpoint_free(struct ipsec_endpoint *ep);

/**
 * ipsec_outer_route() - the cached route to an endpoint
 * @idev: the interface: its underlay namespace, link and mark
 * @ep: where to
 * @out: filled in; the caller owns the reference to @out->dst
 *
 * Context: RCU read section, BH disabled.
 * Return: 0, -ELOOP if the route leads back into the interface, or the error of
 * the routing lookup.
 */
int ipsec_outer_route(struct ipsec_dev *idev, struct ipsec_endpoint *ep,
		      struct ipsec_outer *out);

/** ipsec_outer_len() - length of the outer IP header: bytes */
unsigned int ipsec_outer_len(const struct ipsec_endpoint *ep);

/**
 * ipsec_outer_xmit() - put the outer header before an ESP packet and send it
 * @skb: data at the ESP header, skb_dst() is the route; consumed
 * @idev: the interface, for its namespace and mark
 * @remote: the destination address
 * @local: the source address
 * @tos: DSCP and ECN, copied from the inner header (RFC 4301 5.1.2, RFC 6040)
 * @df: forbid fragmentation
 *
 * Context: RCU read section, BH disabled.  Return: true if it was sent.
 */
bool ipsec_outer_xmit(struct sk_buff *skb, struct ipsec_dev *idev,
		      const struct ipsec_addr *remote,
		      const struct ipsec_addr *local, u8 tos, bool df);

#endif /* _IPSEC_OUTER_H */
