/* SPDX-License-Identifier: GPL-2.0-only */
/* outer.h - the outer IP header, the route of outer packets, and their sending. */
#ifndef _IPSEC_OUTER_H
#define _IPSEC_OUTER_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/dst.h>
#include "ipsec.h"

/*
 * What a packet needs in front of it for the outer header and an Ethernet underlay's.
 * transmit.c asks for more when an underlay needs it.
 */
#define IPSEC_OUTER_HEADROOM	(sizeof(struct ipv6hdr) + HH_DATA_MOD)

/* The route of a packet; its source address */
struct ipsec_outer {
	struct dst_entry *dst;		/* the route */
	struct ipsec_addr local;	/* source address of the outer header */
};

/* What an outer header is made of */
struct ipsec_outer_hdr {
	const struct ipsec_addr *remote;
	const struct ipsec_addr *local;
	u8 proto;			/* IPPROTO_ESP, .. */
	u8 tos;				/* DSCP and ECN */
	u8 ttl;				/* 0: of the route */
	bool df;			/* forbid fragmentation */
	__be32 flowlabel;
};

/**
 * ipsec_endpoint_alloc() - make an endpoint
 *
 * Context: may sleep.  Return: the endpoint or NULL.
 */
struct ipsec_endpoint *ipsec_endpoint_alloc(const struct ipsec_addr *remote,
					    const struct ipsec_addr *local,
					    __be16 encap_local,
					    __be16 encap_remote);

/** ipsec_endpoint_free() - free it after a grace period; NULL is fine */
void ipsec_endpoint_free(struct ipsec_endpoint *ep);

/** ipsec_outer_reset() - forget the routes to an endpoint; ipsec_net.lock held */
void ipsec_outer_reset(struct ipsec_endpoint *ep);

/* For the following: the route is not known, or not valid any more */
int ipsec_outer_find(struct ipsec_dev *idev, struct ipsec_endpoint *ep);

/**
 * ipsec_outer_route_noref() - the cached route to an endpoint
 * @idev: the interface: its underlay namespace, link and mark
 * @ep: where to
 * @out: filled in; @out->dst is good until the RCU read section ends
 *
 * The CPU's cache holds a reference, which no one else can drop before that: in the
 * same section skb_dst_force() always succeeds.
 *
 * Context: RCU read section, BH disabled.
 * Return: 0, -ELOOP if the route leads back into the interface, or the error of
 * the routing lookup.
 */
static inline int ipsec_outer_route_noref(struct ipsec_dev *idev,
					  struct ipsec_endpoint *ep,
					  struct ipsec_outer *out)
{
	const struct ipsec_route *r = this_cpu_ptr(ep->routes);
	int err;

	if (unlikely(!r->dst || r->generation != READ_ONCE(ep->generation) ||
		     !dst_check(r->dst, r->cookie))) {
		err = ipsec_outer_find(idev, ep);
		if (err)
			return err;
	}
	out->dst = r->dst;
	out->local = r->local;
	return 0;
}

/** ipsec_outer_route() - the same; the caller owns a reference to @out->dst */
int ipsec_outer_route(struct ipsec_dev *idev, struct ipsec_endpoint *ep,
		      struct ipsec_outer *out);

/** ipsec_outer_len() - length of the outer IP header, without UDP: bytes */
static inline unsigned int ipsec_outer_len(const struct ipsec_endpoint *ep)
{
	return ep->remote.family == AF_INET ? sizeof(struct iphdr) :
					      sizeof(struct ipv6hdr);
}

/**
 * ipsec_outer_write() - write the outer header of a packet, complete but for the
 *	checksum
 * @skb: data at the header; skb_dst() is the route
 *
 * Context: RCU read section, BH disabled.
 */
void ipsec_outer_write(struct sk_buff *skb, struct ipsec_dev *idev,
		       const struct ipsec_outer_hdr *h);

/**
 * ipsec_outer_rewrite() - the packet's own header as the outer one (transport mode)
 * @skb: data at the header, with all extension headers that stay in front
 * @hdr_len: their length
 * @nexthdr_off: where the number of what follows is
 * @proto: that number
 */
void ipsec_outer_rewrite(struct sk_buff *skb, unsigned int hdr_len,
			 unsigned int nexthdr_off, u8 proto);

/**
 * ipsec_outer_send() - send a packet with its outer header
 * @skb: data at the header; consumed
 * @udp: what follows it is UDP, without checksum
 * @df: forbid fragmentation of IPv6, where the header does not say
 *
 * Context: RCU read section, BH disabled.  Return: true if it was sent.
 */
bool ipsec_outer_send(struct sk_buff *skb, struct ipsec_dev *idev, bool udp,
		      bool df);

#endif /* _IPSEC_OUTER_H */
