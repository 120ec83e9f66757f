// SPDX-License-Identifier: GPL-2.0-only
/*
 * icmp_ah.c - ICMPv6 errors about AH.  To Linux AH is an extension header: it steps
 * over it and gives the error to the protocol inside, which knows nothing of our SA.  So
 * errors that a router sends for a packet that is too big are looked at here, behind
 * the firewall, before they go on their way.
 */
#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include <linux/netfilter_ipv6.h>
#include <net/ipv6.h>
#include "ah.h"
#include "icmp.h"

/* In front of the packet that an error is about: bytes */
#define ERROR_HDRS	(sizeof(struct ipv6hdr) + sizeof(struct icmp6hdr))
/* What of AH must be there: bytes */
#define ERROR_AH	offsetofend(struct ipsec_ah_hdr, spi)

/* Where AH is in the packet that a good error is about, from its IPv6 header; or -1 */
static int icmp_ah_find(struct sk_buff *skb)
{
	const struct icmp6hdr *icmp;
	unsigned int offset = ERROR_HDRS;

	if (!pskb_may_pull(skb, ERROR_HDRS))
		return -1;
	icmp = (const struct icmp6hdr *)(skb->data + sizeof(struct ipv6hdr));
	if (icmp->icmp6_type != ICMPV6_PKT_TOOBIG ||
	    ipv6_find_hdr(skb, &offset, NEXTHDR_AUTH, NULL, NULL) < 0 ||
	    !pskb_may_pull(skb, offset + ERROR_AH) ||
	    nf_ip6_checksum(skb, NF_INET_LOCAL_IN, sizeof(struct ipv6hdr),
			    IPPROTO_ICMPV6))
		return -1;
	return offset - ERROR_HDRS;
}

/* @ah: where it is in the packet that the error is about */
static void icmp_ah_error(struct sk_buff *skb, int ah)
{
	const struct icmp6hdr *icmp =
		(const struct icmp6hdr *)(skb->data + sizeof(struct ipv6hdr));

	__skb_pull(skb, ERROR_HDRS);
	/* a packet that was queued to a program comes here in the context of its verdict */
	local_bh_disable();
	ipsec_icmp6(skb, ICMPV6_PKT_TOOBIG, ah, icmp->icmp6_mtu, IPPROTO_AH);
	local_bh_enable();
	__skb_push(skb, ERROR_HDRS);
}

/* Routers send errors without extension headers of their own */
static unsigned int icmp_ah_hook(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	int ah;

	if (ipv6_hdr(skb)->nexthdr != IPPROTO_ICMPV6)
		return NF_ACCEPT;
	ah = icmp_ah_find(skb);
	if (ah >= 0)
		icmp_ah_error(skb, ah);
	return NF_ACCEPT;
}

const struct nf_hook_ops ipsec_icmp_ah_hook = {
	.hook = icmp_ah_hook,
	.pf = NFPROTO_IPV6,
	.hooknum = NF_INET_LOCAL_IN,
	.priority = INT_MAX,
};
