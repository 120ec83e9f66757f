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
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/route.h>
#include "outer.h"

struct ipsec_endpoint *ipsec_endpoint_alloc(const struct ipsec_addr *remote,
					    const struct ipsec_addr *local,
					    __be16 encap_local,
					    __be16 encap_remote)
{
	struct ipsec_endpoint *ep;

	ep = kzalloc(sizeof(*ep), GFP_KERNEL_ACCOUNT);
	if (!ep)
		return NULL;
	ep->routes = alloc_percpu_gfp(struct ipsec_route, GFP_KERNEL_ACCOUNT);
	if (!ep->routes) {
		kfree(ep);
		return NULL;
	}
	ep->remote = *remote;
	ep->local = *local;
	ep->encap_local = encap_local;
	ep->encap_remote = encap_remote;
	return ep;
}

static void endpoint_free_rcu(struct rcu_head *head)
{
	struct ipsec_endpoint *ep = container_of(head, struct ipsec_endpoint, rcu);

	int cpu;

	for_each_possible_cpu(cpu)
		dst_release(per_cpu_ptr(ep->routes, cpu)->dst);
	free_percpu(ep->routes);
	kfree(ep);
}

void ipsec_endpoint_free(struct ipsec_endpoint *ep)
{
	if (ep)
		call_rcu(&ep->rcu, endpoint_free_rcu);
}

/* Each CPU looks at the generation before it believes in its route */
void ipsec_outer_reset(struct ipsec_endpoint *ep)
{
	WRITE_ONCE(ep->generation, ep->generation + 1);
}

/* What routing rules see; AH, with ESP or without, passes for ESP */
static u8 outer_flow_proto(const struct ipsec_endpoint *ep)
{
	return ep->encap_remote ? IPPROTO_UDP : IPPROTO_ESP;
}

/* Could an outer packet leave through this device, and not come back to us? */
static bool outer_underlay(const struct ipsec_dev *idev,
			   const struct net_device *dev)
{
	return dev != idev->dev && dev->flags & IFF_UP &&
	       !(dev->flags & IFF_LOOPBACK);
}

/*
 * The best route leads into the interface itself, because a peer's outer address is
 * routed there (transport mode, a default route): which device has the best of the
 * others?  Return: its index or 0.
 */
static int outer_avoid4(const struct ipsec_dev *idev, const struct flowi4 *fl4)
{
	struct fib_result res;
	struct net_device *dev;
	int best = -1, link = 0;
	struct flowi4 fl;

	for_each_netdev_rcu(idev->net, dev) {
		if (!outer_underlay(idev, dev))
			continue;
		fl = *fl4;
		fl.flowi4_oif = dev->ifindex;
		if (fib_lookup(idev->net, &fl, &res, FIB_LOOKUP_NOREF) ||
		    res.type != RTN_UNICAST || res.prefixlen <= best)
			continue;
		best = res.prefixlen;
		link = dev->ifindex;
	}
	return link;
}

/* A route that does not lead into the interface itself */
static int outer_lookup4(struct ipsec_dev *idev, struct flowi4 *fl4,
			 struct rtable **rt)
{
	struct flowi4 fl = *fl4;

	/* not ip_route_output_key(): that asks the IPsec policies */
	*rt = __ip_route_output_key(idev->net, fl4);
	if (IS_ERR(*rt))
		return PTR_ERR(*rt);
	if (likely((*rt)->dst.dev != idev->dev))
		return 0;
	ip_rt_put(*rt);
	fl.flowi4_oif = outer_avoid4(idev, &fl);
	if (!fl.flowi4_oif)
		return -ELOOP;
	*fl4 = fl;
	*rt = __ip_route_output_key(idev->net, fl4);
	return PTR_ERR_OR_ZERO(*rt);
}

static int outer_find4(struct ipsec_dev *idev, const struct ipsec_endpoint *ep,
		       struct ipsec_route *r)
{
	struct flowi4 fl4 = {
		.flowi4_oif	= idev->link,
		.flowi4_mark	= idev->fwmark,
		.flowi4_proto	= outer_flow_proto(ep),
		.fl4_sport	= ep->encap_local,
		.fl4_dport	= ep->encap_remote,
		.daddr		= ep->remote.v4,
		.saddr		= ep->local.v4,
	};
	struct rtable *rt;
	int err;

	err = outer_lookup4(idev, &fl4, &rt);
	if (err)
		return err;
	r->dst = &rt->dst;
	r->cookie = 0;
	r->local.family = AF_INET;
	r->local.v4 = fl4.saddr;
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
				      fl6->flowi6_oif ? RT6_LOOKUP_F_IFACE : 0);
	err = (*dst)->error;
	if (err)
		dst_release(*dst);
	return err;
}

/* Length of the prefix that a route is for, or -1 */
static int outer_plen6(const struct dst_entry *dst)
{
	const struct rt6_info *rt = container_of(dst, struct rt6_info, dst);
	const struct fib6_info *from = rcu_dereference(rt->from);

	return from ? from->fib6_dst.plen : -1;
}

/* As outer_avoid4() */
static int outer_avoid6(const struct ipsec_dev *idev, const struct flowi6 *fl6)
{
	struct net_device *dev;
	struct dst_entry *dst;
	int best = -1, link = 0;
	struct flowi6 fl;

	for_each_netdev_rcu(idev->net, dev) {
		if (!outer_underlay(idev, dev))
			continue;
		fl = *fl6;
		fl.flowi6_oif = dev->ifindex;
		dst = ip6_route_output_flags(idev->net, NULL, &fl,
					     RT6_LOOKUP_F_IFACE);
		if (!dst->error && outer_plen6(dst) > best) {
			best = outer_plen6(dst);
			link = dev->ifindex;
		}
		dst_release(dst);
	}
	return link;
}

static int outer_lookup6(struct ipsec_dev *idev, struct flowi6 *fl6,
			 struct dst_entry **dst)
{
	int (*lookup)(struct ipsec_dev *idev, struct flowi6 *fl6,
		      struct dst_entry **dst) =
		ipv6_addr_any(&fl6->saddr) ? outer_lookup6_any :
					     outer_lookup6_from;
	struct flowi6 fl = *fl6;
	int err;

	err = lookup(idev, fl6, dst);
	if (err || likely((*dst)->dev != idev->dev))
		return err;
	dst_release(*dst);
	fl.flowi6_oif = outer_avoid6(idev, &fl);
	if (!fl.flowi6_oif)
		return -ELOOP;
	*fl6 = fl;
	return lookup(idev, fl6, dst);
}

static int outer_find6(struct ipsec_dev *idev, const struct ipsec_endpoint *ep,
		       struct ipsec_route *r)
{
	struct flowi6 fl6 = {
		.flowi6_oif	= idev->link,
		.flowi6_mark	= idev->fwmark,
		.flowi6_proto	= outer_flow_proto(ep),
		.fl6_sport	= ep->encap_local,
		.fl6_dport	= ep->encap_remote,
		.daddr		= ep->remote.v6,
		.saddr		= ep->local.v6,
	};
	struct dst_entry *dst;
	int err;

	err = outer_lookup6(idev, &fl6, &dst);
	if (err)
		return err;
	r->dst = dst;
	r->cookie = rt6_get_cookie(container_of(dst, struct rt6_info, dst));
	r->local.family = AF_INET6;
	r->local.v6 = fl6.saddr;
	return 0;
}

int ipsec_outer_find(struct ipsec_dev *idev, struct ipsec_endpoint *ep)
{
	struct ipsec_route *r = this_cpu_ptr(ep->routes);

	dst_release(r->dst);	/* who still uses it is in this RCU section */
	r->dst = NULL;
	r->generation = READ_ONCE(ep->generation);
	return ep->remote.family == AF_INET ? outer_find4(idev, ep, r) :
					      outer_find6(idev, ep, r);
}

int ipsec_outer_route(struct ipsec_dev *idev, struct ipsec_endpoint *ep,
		      struct ipsec_outer *out)
{
	int err = ipsec_outer_route_noref(idev, ep, out);

	if (!err)
		dst_hold(out->dst);
	return err;
}

void ipsec_outer_rewrite(struct sk_buff *skb, unsigned int hdr_len,
			 unsigned int nexthdr_off, u8 proto)
{
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, hdr_len);
	skb->data[nexthdr_off] = proto;
	if (skb->protocol == htons(ETH_P_IP))
		ip_hdr(skb)->tot_len = htons(skb->len);
	else
		ipv6_hdr(skb)->payload_len =
			htons(skb->len - sizeof(struct ipv6hdr));
}
