// SPDX-License-Identifier: GPL-2.0-only
/*
 * icmp.c - ICMP errors about our outer packets: the path MTU is learned from them
 * (RFC 4301 8.2.1), everything else in them is ignored.  They are not authenticated:
 * believed is what names an SPI that we send on, and the addresses that go with it.
 *
 * What is learned becomes an exception of the route, with the kernel's limits
 * (net.ipv4.route.min_pmtu, 1280 for IPv6) and ageing (net.ipv4.route.mtu_expires);
 * the transmit path sees it with the next packet.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include "ah.h"
#include "esp.h"
#include "icmp.h"
#include "ipsec.h"
#include "outer.h"
#include "sadb.h"

/* The SA of an outer packet of which at least 8 bytes follow the IP header */
static struct ipsec_sa *icmp_find(const struct sk_buff *skb, unsigned int offset,
				  u8 proto, const struct ipsec_addr *src,
				  const struct ipsec_addr *dst)
{
	struct ipsec_net *in = ipsec_net(dev_net(skb->dev));
	const void *hdr = skb->data + offset;
	__be32 spi;

	BUILD_BUG_ON(offsetofend(struct ipsec_ah_hdr, spi) > 8);
	if (skb_headlen(skb) < offset + 8)
		return NULL;
	spi = proto == IPPROTO_AH ? ((const struct ipsec_ah_hdr *)hdr)->spi :
				    ((const struct ipsec_esp_hdr *)hdr)->spi;
	return ipsec_sadb_find_out(in, spi, proto, src, dst);
}

/* Through which device do the packets of an SA leave?  0: none */
static int icmp_link(const struct ipsec_sa *sa)
{
	struct ipsec_endpoint *ep = rcu_dereference(sa->peer->endpoint);
	struct ipsec_outer out;
	int link;

	if (!ep || ipsec_outer_route(sa->idev, ep, &out))
		return 0;
	link = out.dst->dev->ifindex;
	dst_release(out.dst);
	return link;
}

int ipsec_icmp4(struct sk_buff *skb, u32 info, u8 proto)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct ipsec_addr src = { .family = AF_INET, .v4 = iph->saddr };
	const struct ipsec_addr dst = { .family = AF_INET, .v4 = iph->daddr };
	struct ipsec_sa *sa = icmp_find(skb, iph->ihl * 4, proto, &src, &dst);
	int link;

	if (!sa)
		return -ENOENT;
	if (icmp_hdr(skb)->type != ICMP_DEST_UNREACH ||
	    icmp_hdr(skb)->code != ICMP_FRAG_NEEDED)
		return 0;
	link = icmp_link(sa);
	if (link)
		ipv4_update_pmtu(skb, dev_net(skb->dev), info, link, proto);
	return 0;
}

int ipsec_icmp6(struct sk_buff *skb, u8 type, int offset, __be32 info, u8 proto)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct ipsec_addr src = { .family = AF_INET6, .v6 = ip6h->saddr };
	const struct ipsec_addr dst = { .family = AF_INET6, .v6 = ip6h->daddr };
	struct ipsec_sa *sa = icmp_find(skb, offset, proto, &src, &dst);
	struct net *net = dev_net(skb->dev);
	int link;

	if (!sa)
		return -ENOENT;
	if (type != ICMPV6_PKT_TOOBIG)
		return 0;
	link = icmp_link(sa);
	if (link)
		ip6_update_pmtu(skb, net, info, link, sa->idev->fwmark,
				sock_net_uid(net, NULL));
	return 0;
}
