// SPDX-License-Identifier: GPL-2.0-only
/*
 * outer.c - the outside of the tunnel: route to a peer, outer IP header, sending.
 * It does not know what it carries.
 *
 * Routes are looked up in the underlay namespace with the interface's link and
 * mark, and never through the kernel's own IPsec policies: those could capture our
 * packets, or send them around once more.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/route.h>
#include "outer.h"

struct ipsec_endpoint *ipsec_endpoint_alloc(const struct ipsec_addr *remote,
					    const struct ipsec_addr *local)
{
	struct ipsec_endpoint *ep;

	ep = kzalloc(sizeof(*ep), GFP_KERNEL_ACCOUNT);
	if (!ep)
		return NULL;
	if (dst_cache_init(&ep->cache, GFP_KERNEL_ACCOUNT)) {
		kfree(ep);
		return NULL;
	}
	ep->remote = *remote;
	ep->local = *local;
	return ep;
}

static void endpoint_free_rcu(struct rcu_head *head)
{
	struct ipsec_endpoint *ep = container_of(head, struct ipsec_endpoint, rcu);

	dst_cache_destroy(&ep->cache);
	kfree(ep);
}

void ipsec_endpoint_free(struct ipsec_endpoint *ep)
{
	if (ep)
		call_rcu(&ep->rcu, endpoint_free_rcu);
}

unsigned int ipsec_outer_len(const struct ipsec_endpoint *ep)
{
	return ep->remote.family == AF_INET ? sizeof(struct iphdr) :
					      sizeof(struct ipv6hdr);
}

static int outer_route4(struct ipsec_dev *idev, struct ipsec_endpoint *ep,
			struct ipsec_outer *out)
{
	struct flowi4 fl4 = {
		.flowi4_oif	= idev->link,
		.flowi4_mark	= idev->fwmark,
		.flowi4_proto	= IPPROTO_ESP,
		.daddr		= ep->remote.v4,
		.saddr		= ep->local.v4,
	};
	struct rtable *rt;

	out->local.family = AF_INET;
	rt = dst_cache_get_ip4(&ep->cache, &out->local.v4);
	if (likely(rt)) {
		out->dst = &rt->dst;
		return 0;
	}

	/* not ip_route_output_key(): that asks the IPsec policies */
	rt = __ip_route_output_key(idev->net, &fl4);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	if (rt->dst.dev == idev->dev) {
		ip_rt_put(rt);
		return -ELOOP;
	}
	dst_cache_set_ip4(&ep->cache, &rt->dst, fl4.saddr);
	out->local.v4 = fl4.saddr;
	out->dst = &rt->dst;
	return 0;
}

/* A route, and the source that goes with it, as a socket would get them */
static int outer_lookup6_any(struct ipsec_dev *idev, struct flowi6 *fl6,
			     struct dst_entry **dst)
{
	return ip6_dst_lookup(idev->net, NULL, dst, fl6);
}

/* A route for a configured source, which must still be ours */
static int outer_lookup6_from(struct ipsec_dev *idev, struct flowi6 *fl6,
			      struct dst_entry **dst)
{
	int err;

	if (!ipv6_chk_addr(idev->net, &fl6->saddr, NULL, 0))
		return -EADDRNOTAVAIL;
	/* strict: with a source the lookup would only prefer the link */
	*dst = ip6_route_output_flags(idev->net, NULL, fl6,
				      idev->link ? RT6_LOOKUP_F_IFACE : 0);
	err = (*dst)->error;
	if (err)
		dst_release(*dst);
	return err;
}

static int outer_route6(struct ipsec_dev *idev, struct ipsec_endpoint *ep,
			struct ipsec_outer *out)
{
	struct flowi6 fl6 = {
		.flowi6_oif	= idev->link,
		.flowi6_mark	= idev->fwmark,
		.flowi6_proto	= IPPROTO_ESP,
		.daddr		= ep->remote.v6,
		.saddr		= ep->local.v6,
	};
	struct dst_entry *dst;
	int err;

	out->local.family = AF_INET6;
	dst = dst_cache_get_ip6(&ep->cache, &out->local.v6);
	if (likely(dst)) {
		out->dst = dst;
		return 0;
	}

	err = ep->local.family == AF_UNSPEC ?
		outer_lookup6_any(idev, &fl6, &dst) :
		outer_lookup6_from(idev, &fl6, &dst);
	if (err)
		return err;
	if (dst->dev == idev->dev) {
		dst_release(dst);
		return -ELOOP;
	}
	dst_cache_set_ip6(&ep->cache, dst, &fl6.saddr);
	out->local.v6 = fl6.saddr;
	out->dst = dst;
	return 0;
}

int ipsec_outer_route(struct ipsec_dev *idev, struct ipsec_endpoint *ep,
		      struct ipsec_outer *out)
{
	return ep->remote.family == AF_INET ? outer_route4(idev, ep, out) :
					      outer_route6(idev, ep, out);
}

static int outer_send4(struct sk_buff *skb, struct ipsec_dev *idev,
		       const struct ipsec_addr *remote,
		       const struct ipsec_addr *local, u8 tos, bool df)
{
	struct iphdr *iph;

	skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, sizeof(*iph));
	skb->protocol = htons(ETH_P_IP);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));

	iph = ip_hdr(skb);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = tos;
	iph->frag_off = df ? htons(IP_DF) : 0;
	iph->ttl = ip4_dst_hoplimit(skb_dst(skb));
	iph->protocol = IPPROTO_ESP;
	iph->saddr = local->v4;
	iph->daddr = remote->v4;
	/* RFC 6864 4.1: the identification of an atomic datagram means nothing */
	if (df)
		iph->id = 0;
	else
		__ip_select_ident(idev->net, iph, 1);
	return ip_local_out(idev->net, NULL, skb);
}

static int outer_send6(struct sk_buff *skb, struct ipsec_dev *idev,
		       const struct ipsec_addr *remote,
		       const struct ipsec_addr *local, u8 tos, bool df)
{
	struct ipv6hdr *ip6h;

	skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, sizeof(*ip6h));
	skb->protocol = htons(ETH_P_IPV6);
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	/* the sender of an IPv6 packet may fragment it, when we are told to */
	skb->ignore_df = !df;

	ip6h = ipv6_hdr(skb);
	ip6_flow_hdr(ip6h, tos, 0);
	ip6h->nexthdr = IPPROTO_ESP;
	ip6h->hop_limit = ip6_dst_hoplimit(skb_dst(skb));
	ip6h->saddr = local->v6;
	ip6h->daddr = remote->v6;
	return ip6_local_out(idev->net, NULL, skb);
}

bool ipsec_outer_xmit(struct sk_buff *skb, struct ipsec_dev *idev,
		      const struct ipsec_addr *remote,
		      const struct ipsec_addr *local, u8 tos, bool df)
{
	int err;

	if (idev->fwmark)
		skb->mark = idev->fwmark;
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;
	skb_clear_hash_if_not_l4(skb);
	err = remote->family == AF_INET ?
		outer_send4(skb, idev, remote, local, tos, df) :
		outer_send6(skb, idev, remote, local, tos, df);
	/* congestion notification (NET_XMIT_CN) still means sent */
	return !net_xmit_eval(err);
}
