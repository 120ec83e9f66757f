/* SPDX-License-Identifier: GPL-2.0-only */
/* outer.h - the outer IP header, the route of outer packets, and their sending. */
#ifndef _IPSEC_OUTER_H
#define _IPSEC_OUTER_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/route.h>
#include "ipsec.h"

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

/* ip4_dst_hoplimit() without its RCU read section: the namespace is known here */
static inline u8 ipsec_outer_ttl4(const struct dst_entry *dst, const struct net *net)
{
	return dst_metric_raw(dst, RTAX_HOPLIMIT) ?:
	       READ_ONCE(net->ipv4.sysctl_ip_default_ttl);
}

static inline void ipsec_outer_write4(struct sk_buff *skb, struct net *net,
				      const struct ipsec_outer_hdr *h)
{
	struct iphdr *iph = (struct iphdr *)skb->data;

	skb_set_transport_header(skb, sizeof(*iph));
	skb->protocol = htons(ETH_P_IP);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = h->tos;
	iph->tot_len = htons(skb->len);
	iph->frag_off = h->df ? htons(IP_DF) : 0;
	iph->ttl = h->ttl ?: ipsec_outer_ttl4(skb_dst(skb), net);
	iph->protocol = h->proto;
	iph->saddr = h->local->v4;
	iph->daddr = h->remote->v4;
	/* RFC 6864 4.1: the identification of an atomic datagram means nothing */
	if (likely(h->df))
		iph->id = 0;
	else
		__ip_select_ident(net, iph, 1);
}

static inline void ipsec_outer_write6(struct sk_buff *skb,
				      const struct ipsec_outer_hdr *h)
{
	struct ipv6hdr *ip6h = (struct ipv6hdr *)skb->data;

	skb_set_transport_header(skb, sizeof(*ip6h));
	skb->protocol = htons(ETH_P_IPV6);
	ip6_flow_hdr(ip6h, h->tos, h->flowlabel);
	ip6h->payload_len = htons(skb->len - sizeof(*ip6h));
	ip6h->nexthdr = h->proto;
	ip6h->hop_limit = h->ttl ?: ip6_dst_hoplimit(skb_dst(skb));
	ip6h->saddr = h->local->v6;
	ip6h->daddr = h->remote->v6;
}

/**
 * ipsec_outer_write() - write the outer header of a packet, complete but for the
 *	checksum
 * @skb: data at the header; skb_dst() is the route
 *
 * Context: RCU read section, BH disabled.
 */
static inline void ipsec_outer_write(struct sk_buff *skb, struct ipsec_dev *idev,
				     const struct ipsec_outer_hdr *h)
{
	skb_reset_network_header(skb);
	if (h->remote->family == AF_INET)
		ipsec_outer_write4(skb, idev->net, h);
	else
		ipsec_outer_write6(skb, h);
}

/**
 * ipsec_outer_write_udp() - write the UDP header of @len bytes (RFC 3948)
 *
 * RFC 3948 2.1: there is no checksum over IPv4.
 */
static inline void ipsec_outer_write_udp(void *data, const struct ipsec_endpoint *ep,
					 unsigned int len)
{
	struct udphdr *udp = data;

	udp->source = ep->encap_local;
	udp->dest = ep->encap_remote;
	udp->len = htons(sizeof(*udp) + len);
	udp->check = 0;
}

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
static inline bool ipsec_outer_send(struct sk_buff *skb, struct ipsec_dev *idev,
				    bool udp, bool df)
{
	int err;

	if (idev->fwmark)
		skb->mark = idev->fwmark;
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;
	skb_clear_hash_if_not_l4(skb);
	if (skb->protocol == htons(ETH_P_IP)) {
		memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
		err = ip_local_out(idev->net, NULL, skb);
	} else {
		/* RFC 8200 8.1: over IPv6 UDP has a checksum */
		if (udp)
			udp6_set_csum(false, skb, &ipv6_hdr(skb)->saddr,
				      &ipv6_hdr(skb)->daddr,
				      skb->len - skb_transport_offset(skb));
		memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
		/* its sender may fragment an IPv6 packet, when we are told to */
		skb->ignore_df = !df;
		err = ip6_local_out(idev->net, NULL, skb);
	}
	/* congestion notification (NET_XMIT_CN) still means sent */
	return !net_xmit_eval(err);
}

#endif /* _IPSEC_OUTER_H */
