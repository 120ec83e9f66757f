// SPDX-License-Identifier: GPL-2.0-only
/*
 * receive.c - the receive path, from an ESP packet of one of our SAs to the clear
 * packet that comes out of the interface.  Read it from the bottom upward;
 * docs/architecture.md has its steps in a table.  The order is RFC 4303 3.4's: what
 * is cheap first, and nothing is believed, or changed, before the ICV is verified.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "alg.h"
#include "crypt.h"
#include "path.h"
#include "selector.h"
#include "stats.h"

/* What the end of the path needs to know, while the cipher has the packet */
struct rx_cb {
	u8 tos;				/* DSCP and ECN of the outer header */
};

static struct rx_cb *rx_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct rx_cb) > sizeof(skb->cb));
	return (struct rx_cb *)skb->cb;
}

/* No drop: the answer of a step that lets the packet pass */
#define RX_OK	__IFIPSEC_DROP_MAX

/* Is the inner source address behind the peer (RFC 4301 5.2 step 4)? */
static bool rx_selector_ok(const struct sk_buff *skb, const struct ipsec_sa *sa)
{
	const struct ipsec_peer *peer;

	peer = skb->protocol == htons(ETH_P_IP) ?
		ipsec_selector_lookup4(sa->idev, ip_hdr(skb)->saddr) :
		ipsec_selector_lookup6(sa->idev, &ipv6_hdr(skb)->saddr);
	return peer == sa->peer;
}

/* Length of a well-formed IPv4 packet at the start of the data, or 0 */
static unsigned int rx_len4(const struct sk_buff *skb)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	unsigned int len;

	if (skb->len < sizeof(*iph) || iph->version != 4 || iph->ihl < 5)
		return 0;
	len = ntohs(iph->tot_len);
	return len >= iph->ihl * 4 && len <= skb->len ? len : 0;
}

/* The same for IPv6; jumbograms (length 0 and more to come) are not for tunnels */
static unsigned int rx_len6(const struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	unsigned int len;

	if (skb->len < sizeof(*ip6h) || ip6h->version != 6)
		return 0;
	len = ntohs(ip6h->payload_len);
	if (!len && ip6h->nexthdr != NEXTHDR_NONE)
		return 0;
	len += sizeof(*ip6h);
	return len <= skb->len ? len : 0;
}

/*
 * The inner packet: by its next header, its own length (what is behind it is TFC
 * padding, RFC 4303 2.7), its source, and the congestion marks of both headers
 * (RFC 6040 4.2).  Afterwards the skb is that packet.
 */
static enum ifipsec_drop rx_inner(struct sk_buff *skb, const struct ipsec_sa *sa,
				  u8 nexthdr)
{
	unsigned int len;
	u8 tos;

	switch (nexthdr) {
	case IPPROTO_IPIP:
		skb->protocol = htons(ETH_P_IP);
		len = rx_len4(skb);
		break;
	case IPPROTO_IPV6:
		skb->protocol = htons(ETH_P_IPV6);
		len = rx_len6(skb);
		break;
	case IPPROTO_NONE:
		return IFIPSEC_DROP_RX_DUMMY;
	default:
		return IFIPSEC_DROP_RX_BAD_NEXTHDR;
	}
	if (unlikely(!len))
		return IFIPSEC_DROP_RX_BAD_INNER;
	skb_trim(skb, len);
	skb_reset_network_header(skb);

	if (unlikely(!rx_selector_ok(skb, sa)))
		return IFIPSEC_DROP_RX_TS_MISMATCH;
	tos = nexthdr == IPPROTO_IPIP ? ip_hdr(skb)->tos :
					ipv6_get_dsfield(ipv6_hdr(skb));
	if (unlikely(INET_ECN_decapsulate(skb, rx_cb(skb)->tos, tos) > 1))
		return IFIPSEC_DROP_RX_ECN_DROP;
	return RX_OK;
}

/*
 * RFC 4303 2.4-2.6: take off what surrounds the inner packet
 *
 *   ESP header and IV | inner packet | pad | pad length | next header | ICV
 */
static enum ifipsec_drop rx_strip(struct sk_buff *skb, const struct ipsec_sa *sa,
				  u8 *nexthdr)
{
	unsigned int clear = skb->len - sizeof(struct ipsec_esp_hdr) -
			     sa->alg->icv_len;
	const u8 *trailer;
	unsigned int pad, i;

	__skb_pull(skb, sizeof(struct ipsec_esp_hdr));
	trailer = skb->data + clear - IPSEC_ESP_TRAILER;
	pad = trailer[0];
	*nexthdr = trailer[1];
	/* rx_begin() saw to it that a trailer is there */
	if (unlikely(pad + IPSEC_ESP_TRAILER > clear))
		return IFIPSEC_DROP_RX_BAD_TRAILER;
	for (i = 0; i < pad; i++)
		if (unlikely(trailer[(int)i - (int)pad] != i + 1))
			return IFIPSEC_DROP_RX_BAD_PAD;
	skb_trim(skb, clear - pad - IPSEC_ESP_TRAILER);
	return RX_OK;
}

/* Out of the interface, through GRO; consumes the packet */
static void rx_deliver(struct sk_buff *skb, struct ipsec_sa *sa)
{
	struct ipsec_dev *idev = sa->idev;
	unsigned int len = skb->len;

	skb->dev = idev->dev;
	skb_scrub_packet(skb, !net_eq(idev->net, dev_net(idev->dev)));
	skb_clear_hash(skb);
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	skb->encapsulation = 0;
	/* the peer vouches for who sent it, not for what happened before */
	skb->ip_summed = CHECKSUM_NONE;

	if (likely(gro_cells_receive(&idev->gro_cells, skb) == NET_RX_SUCCESS))
		ipsec_stats_rx(sa, len);
	else
		ipsec_stats_drop(idev, sa, IFIPSEC_DROP_RX_BACKLOG, 1);
}

static enum ifipsec_drop rx_verdict(enum ipsec_replay_verdict verdict)
{
	switch (verdict) {
	case IPSEC_REPLAY_OK:
		return RX_OK;
	case IPSEC_REPLAY_DUP:
		return IFIPSEC_DROP_RX_REPLAY_DUP;
	default:
		return IFIPSEC_DROP_RX_REPLAY_OLD;
	}
}

/* All that follows the cipher, in order */
static enum ifipsec_drop rx_finish(struct sk_buff *skb, struct ipsec_sa *sa,
				   u64 seq, int err)
{
	enum ifipsec_drop reason;
	u8 nexthdr;

	if (unlikely(err))
		return err == -EBADMSG ? IFIPSEC_DROP_RX_AUTH_FAIL :
					 IFIPSEC_DROP_RX_CRYPTO_ERR;
	/* authentic: now, and only now, the window may move */
	reason = rx_verdict(ipsec_replay_update(&sa->replay, seq));
	if (unlikely(reason != RX_OK))
		return reason;
	reason = rx_strip(skb, sa, &nexthdr);
	if (unlikely(reason != RX_OK))
		return reason;
	reason = rx_inner(skb, sa, nexthdr);
	if (unlikely(reason != RX_OK))
		return reason;
	/* it may have gone down while the cipher was at work */
	return sa->idev->dev->flags & IFF_UP ? RX_OK :
					       IFIPSEC_DROP_RX_DEV_DOWN;
}

/*
 * The packet has left the cipher, at once or later.  The only place that lets go
 * of the operation and the SA; consumes the packet.
 */
static void rx_done(struct ipsec_crypt *c, int err)
{
	struct sk_buff *skb = c->skb;
	struct ipsec_sa *sa = c->sa;
	enum ifipsec_drop reason;

	rcu_read_lock();
	reason = rx_finish(skb, sa, c->seq, err);
	if (likely(reason == RX_OK)) {
		rx_deliver(skb, sa);
	} else {
		ipsec_stats_drop(sa->idev, sa, reason, 1);
		kfree_skb(skb);
	}
	rcu_read_unlock();
	ipsec_crypt_put(c);
}

/* Is the packet worth the cipher's time?  @seq gets its full sequence number. */
static enum ifipsec_drop rx_begin(struct sk_buff *skb, struct ipsec_sa *sa,
				  u64 *seq)
{
	const struct ipsec_alg *alg = sa->alg;
	const struct ipsec_esp_hdr *esp;
	unsigned int fixed = sizeof(*esp) + alg->icv_len;

	if (unlikely(!(sa->idev->dev->flags & IFF_UP)))
		return IFIPSEC_DROP_RX_DEV_DOWN;
	if (unlikely(skb->len < fixed + IPSEC_ESP_TRAILER))
		return IFIPSEC_DROP_RX_TOO_SHORT;
	if (unlikely((skb->len - fixed) & (alg->align - 1)))
		return IFIPSEC_DROP_RX_BAD_ALIGN;

	/*
	 * The cipher works in place, so all of the packet must be ours: what it
	 * shares with others (clones, pages of files and sockets, fragment lists)
	 * is copied, never written.
	 */
	if (unlikely(skb_linearize_cow(skb)))
		return IFIPSEC_DROP_RX_NOMEM;

	esp = (const struct ipsec_esp_hdr *)skb->data;
	*seq = ntohl(esp->seq);
	if (sa->esn)
		*seq = ipsec_replay_seq64(&sa->replay, *seq);
	return rx_verdict(ipsec_replay_check(&sa->replay, *seq));
}

static u8 rx_outer_tos(const struct sk_buff *skb)
{
	return ip_hdr(skb)->version == 4 ? ip_hdr(skb)->tos :
					   ipv6_get_dsfield(ipv6_hdr(skb));
}

void ipsec_receive(struct sk_buff *skb, struct ipsec_sa *sa)
{
	struct ipsec_crypt *c = NULL;
	struct ipsec_esp_hdr *esp;
	enum ifipsec_drop reason;
	u64 seq;

	reason = rx_begin(skb, sa, &seq);
	if (likely(reason == RX_OK)) {
		c = ipsec_crypt_get(sa);
		if (unlikely(!c))
			reason = IFIPSEC_DROP_RX_NOMEM;
	}
	if (unlikely(!c)) {
		ipsec_stats_drop(sa->idev, sa, reason, 1);
		kfree_skb(skb);
		return;
	}

	rx_cb(skb)->tos = rx_outer_tos(skb);
	esp = (struct ipsec_esp_hdr *)skb->data;
	c->skb = skb;
	c->seq = seq;
	c->done = rx_done;
	ipsec_crypt_open(c, (u8 *)(esp + 1), skb->len - sizeof(*esp), &esp->iv);
}
