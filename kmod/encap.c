// SPDX-License-Identifier: GPL-2.0-only
/*
 * encap.c - ESP in UDP (RFC 3948), taken before the kernel looks for its socket.
 *
 * That way costs as much as our own: two lookups of sockets, what stands before a
 * socket's queue, the list of the kernel's IPsec handlers.  So behind the firewall, where a
 * packet is already the host's own, those that an SA of ours waits for on this port
 * go to it at once.  Everything else takes the kernel's way, which must do without us:
 * IKE, keepalives, unknown SPIs, connections that conntrack has not confirmed yet,
 * checksums that nobody has verified.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack.h>
#include "encap.h"
#include "esp.h"
#include "ipsec.h"
#include "path.h"
#include "sadb.h"

/*
 * With an IP packet inside, ESP is no shorter: bytes.  What is less may be meant for the
 * socket, or is too short for the kernel.
 */
#define ENCAP_LEAST	40

/*
 * The rest of its way would do something with it: a proxy's socket, conntrack; or cut up
 * what a device has merged
 */
static bool encap_is_awaited(const struct sk_buff *skb)
{
	enum ip_conntrack_info info;
	const struct nf_conn *ct = nf_ct_get(skb, &info);

	return skb->sk || skb_is_gso(skb) || (ct && !nf_ct_is_confirmed(ct));
}

/* Over IPv4 it may have none (RFC 3948 2.1), over IPv6 it must have one (RFC 8200 8.1) */
static bool encap_checksum_ok(const struct sk_buff *skb, const struct udphdr *udp)
{
	return udp->check ? skb_csum_unnecessary(skb) : ip_hdr(skb)->version == 4;
}

/*
 * The SA of a datagram whose IP header is @hdr_len bytes, or NULL.  Nothing of the
 * packet changes.
 */
static struct ipsec_sa *encap_find(struct sk_buff *skb, struct net *net,
				   unsigned int hdr_len)
{
	const struct ipsec_endpoint *ep;
	const struct ipsec_esp_hdr *esp;
	const struct udphdr *udp;
	struct ipsec_sa *sa;

	if (!pskb_may_pull(skb, hdr_len + sizeof(*udp) + ENCAP_LEAST))
		return NULL;
	udp = (const struct udphdr *)(skb->data + hdr_len);
	esp = (const struct ipsec_esp_hdr *)(udp + 1);
	if (ntohs(udp->len) != skb->len - hdr_len ||
	    !encap_checksum_ok(skb, udp))
		return NULL;
	sa = ipsec_sadb_find_here(ipsec_net(net), skb, esp->spi, IPPROTO_ESP);
	if (!sa)
		return NULL;
	ep = rcu_dereference(sa->peer->endpoint);
	return ep && ep->encap_local == udp->dest ? sa : NULL;
}

/*
 * To the SA, without the UDP header.  A packet that was queued to a program on the way
 * (NFQUEUE) comes here in the context of its verdict.
 */
static void encap_take(struct sk_buff *skb, struct ipsec_sa *sa, unsigned int hdr_len,
		       unsigned int nexthdr_off)
{
	skb_clear_delivery_time(skb);
	__skb_pull(skb, hdr_len + sizeof(struct udphdr));
	skb_reset_transport_header(skb);
	local_bh_disable();
	ipsec_receive(skb, sa, nexthdr_off, true);
	local_bh_enable();
}

/* @nexthdr_off: where in the IP header it is said that UDP follows: bytes */
static inline unsigned int encap_hook(struct sk_buff *skb, struct net *net,
				      struct udp_mib __percpu *mib,
				      unsigned int hdr_len, unsigned int nexthdr_off)
{
	struct ipsec_sa *sa;

	if (skb_network_header(skb)[nexthdr_off] != IPPROTO_UDP || encap_is_awaited(skb))
		return NF_ACCEPT;
	sa = encap_find(skb, net, hdr_len);
	if (!sa)
		return NF_ACCEPT;
	SNMP_INC_STATS(mib, UDP_MIB_INDATAGRAMS);
	encap_take(skb, sa, hdr_len, nexthdr_off);
	return NF_STOLEN;
}

static unsigned int encap_hook4(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	return encap_hook(skb, state->net, state->net->mib.udp_statistics,
			  ip_hdrlen(skb), offsetof(struct iphdr, protocol));
}

/* Only without extension headers: they are the kernel's to look at */
static unsigned int encap_hook6(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	return encap_hook(skb, state->net, state->net->mib.udp_stats_in6,
			  sizeof(struct ipv6hdr), offsetof(struct ipv6hdr, nexthdr));
}

/* Behind all others, so that whatever is filtered, marked or counted still is */
const struct nf_hook_ops ipsec_encap_hooks[] = {
	{
		.hook = encap_hook4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = INT_MAX,
	}, {
		.hook = encap_hook6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = INT_MAX,
	},
};
