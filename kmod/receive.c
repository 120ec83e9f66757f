// SPDX-License-Identifier: GPL-2.0-only
/*
 * receive.c - the receive path, from an ESP or AH packet of one of our SAs to the
 * clear packet that comes out of the interface.  Read it from the bottom upward;
 * docs/architecture.md has its steps in a table.  The order is RFC 4303 3.4's: what
 * is cheap first, and nothing is believed, or changed, before the ICV is verified.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/timekeeping.h>
#include <linux/udp.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "ah.h"
#include "compat/udp.h"
#include "crypt.h"
#include "drop.h"
#include "esp.h"
#include "natt.h"
#include "path.h"
#include "peer.h"
#include "sa.h"
#include "sadb.h"
#include "selector.h"
#include "spread.h"
#include "stats.h"
#include "trace.h"

/* What the end of the path needs to know, while the cipher has the packet */
struct rx_cb {
	u16 hdr_len;			/* outer IP header, without UDP: bytes */
	u16 nexthdr_off;		/* where in it is said what follows */
	u16 outer;			/* it is so far from the head of the skb */
	u8 tos;				/* DSCP and ECN of the outer header */
	bool ipv6;			/* the outer header is */
	bool udp;			/* there was a UDP header behind it */
};

static struct rx_cb *rx_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct rx_cb) > sizeof(skb->cb));
	return (struct rx_cb *)skb->cb;
}

/*
 * Count it, tell who listens, free it.  The outer header is where it was, in front of
 * the data: nothing on this path changes the headroom.  Transport mode moves it.
 */
static noinline void rx_drop(struct sk_buff *skb, struct ipsec_sa *sa,
			     enum ifipsec_drop reason, u64 seq)
{
	const u8 *outer = skb->head + rx_cb(skb)->outer;
	const u8 *hdr = skb_network_header(skb);

	ipsec_drop(&(struct ipsec_drop){
		.idev = sa->idev,
		.sa = sa,
		.reason = reason,
		.packets = 1,
		.dir = IFIPSEC_DIR_IN,
		.seq = seq,
		.outer = sa->mode == IFIPSEC_MODE_TUNNEL ? outer : hdr,
		.inner = hdr != outer ? hdr : NULL,
	});
	kfree_skb(skb);
}

/* No drop: the answer of a step that lets the packet pass */
#define RX_OK	__IFIPSEC_DROP_MAX

/* Is the inner source address behind the peer (RFC 4301 5.2 step 4)? */
static inline bool rx_selector_ok(const struct sk_buff *skb, const struct ipsec_sa *sa)
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

/* RFC 2983: the inner packet gets the DSCP of the outer one, where that is wanted */
static noinline void rx_dscp(struct sk_buff *skb, bool ipv4)
{
	u8 outer = rx_cb(skb)->tos & ~INET_ECN_MASK;

	if (ipv4)
		ipv4_change_dsfield(ip_hdr(skb), INET_ECN_MASK, outer);
	else
		ipv6_change_dsfield(ipv6_hdr(skb), INET_ECN_MASK, outer);
}

/* RFC 6040 4.2: the congestion marks of both headers */
static bool rx_marks(struct sk_buff *skb, const struct ipsec_sa *sa, bool ipv4)
{
	u8 outer = rx_cb(skb)->tos, inner;

	inner = ipv4 ? ip_hdr(skb)->tos : ipv6_get_dsfield(ipv6_hdr(skb));
	if (unlikely(INET_ECN_decapsulate(skb, outer, inner) > 1))
		return false;
	if (unlikely(READ_ONCE(sa->idev->policy.decap_dscp)))
		rx_dscp(skb, ipv4);
	return true;
}

/*
 * Tunnel mode: the inner packet, by its next header, its own length (what is behind
 * it is TFC padding, RFC 4303 2.7), its source, and its marks.
 */
static enum ifipsec_drop rx_tunnel(struct sk_buff *skb, const struct ipsec_sa *sa,
				   u8 nexthdr)
{
	unsigned int len;

	switch (nexthdr) {
	case IPPROTO_IPIP:
		skb->protocol = htons(ETH_P_IP);
		len = rx_len4(skb);
		break;
	case IPPROTO_IPV6:
		skb->protocol = htons(ETH_P_IPV6);
		len = rx_len6(skb);
		break;
	default:
		return IFIPSEC_DROP_RX_BAD_NEXTHDR;
	}
	if (unlikely(!len))
		return IFIPSEC_DROP_RX_BAD_INNER;
	if (unlikely(len != skb->len))
		skb_trim(skb, len);
	skb_reset_network_header(skb);

	if (unlikely(!rx_selector_ok(skb, sa)))
		return IFIPSEC_DROP_RX_TS_MISMATCH;
	if (unlikely(!rx_marks(skb, sa, nexthdr == IPPROTO_IPIP)))
		return IFIPSEC_DROP_RX_ECN_DROP;
	return RX_OK;
}

/*
 * Transport mode: the outer header belongs to the payload again, without what was
 * between them.  Fragments are made after the protection, not before (RFC 4303
 * 3.1.1), and so are hop-by-hop options.
 */
static noinline enum ifipsec_drop rx_transport(struct sk_buff *skb,
					       const struct ipsec_sa *sa, u8 nexthdr)
{
	const struct rx_cb *cb = rx_cb(skb);
	const u8 *hdr = skb_network_header(skb);

	if (nexthdr == NEXTHDR_HOP || nexthdr == NEXTHDR_FRAGMENT)
		return IFIPSEC_DROP_RX_BAD_NEXTHDR;
	memmove(skb_push(skb, cb->hdr_len), hdr, cb->hdr_len);
	skb_reset_network_header(skb);
	skb->data[cb->nexthdr_off] = nexthdr;
	if (cb->ipv6) {
		ipv6_hdr(skb)->payload_len =
			htons(skb->len - sizeof(struct ipv6hdr));
		skb->protocol = htons(ETH_P_IPV6);
	} else {
		ip_hdr(skb)->tot_len = htons(skb->len);
		ip_send_check(ip_hdr(skb));
		skb->protocol = htons(ETH_P_IP);
	}
	return rx_selector_ok(skb, sa) ? RX_OK : IFIPSEC_DROP_RX_TS_MISMATCH;
}

/* The data is what was protected: make it the packet that the interface delivers */
static enum ifipsec_drop rx_clear(struct sk_buff *skb, const struct ipsec_sa *sa,
				  u8 nexthdr)
{
	enum ifipsec_drop reason;

	if (unlikely(nexthdr == IPPROTO_NONE))
		return IFIPSEC_DROP_RX_DUMMY;
	reason = likely(sa->mode == IFIPSEC_MODE_TUNNEL) ?
		rx_tunnel(skb, sa, nexthdr) : rx_transport(skb, sa, nexthdr);
	if (unlikely(reason != RX_OK))
		return reason;
	/* it may have gone down while the cipher was at work */
	return sa->idev->dev->flags & IFF_UP ? RX_OK :
					       IFIPSEC_DROP_RX_DEV_DOWN;
}

/* Is there a chance that GRO merges the datagram, which has no options in front? */
static bool rx_wants_gro_udp(const struct sk_buff *skb, bool ipv6)
{
	unsigned int off = ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	const struct udphdr *uh = (const struct udphdr *)(skb->data + off);

	return skb->len >= off + sizeof(*uh) &&
	       ipsec_compat_udp_wants_gro(skb->dev, ipv6, uh->dest);
}

/*
 * Is there a chance that GRO merges it with others?  Not ICMP, and not UDP while no
 * socket of its port and no feature of the interface asks for it.  IPv4 options are
 * never merged, nor are fragments: for them the answer does not matter.
 */
static bool rx_wants_gro(const struct sk_buff *skb)
{
	bool ipv6 = skb->protocol == htons(ETH_P_IPV6);
	u8 proto = ipv6 ? ipv6_hdr(skb)->nexthdr : ip_hdr(skb)->protocol;

	switch (proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return false;
	case IPPROTO_UDP:
		return rx_wants_gro_udp(skb, ipv6);
	default:
		return true;
	}
}

/* Out of the interface.  Return: false, and there was no room; consumes the packet. */
static bool rx_up(struct ipsec_dev *idev, struct sk_buff *skb)
{
	int result = rx_wants_gro(skb) ? gro_cells_receive(&idev->gro_cells, skb) :
					 __netif_rx(skb);

	return result == NET_RX_SUCCESS;
}

/* The queue of the CPU is full, and the packet is gone */
static noinline void rx_lost(const struct ipsec_crypt *c)
{
	ipsec_drop(&(struct ipsec_drop){
		.idev = c->sa->idev,
		.sa = c->sa,
		.reason = IFIPSEC_DROP_RX_BACKLOG,
		.packets = 1,
		.dir = IFIPSEC_DIR_IN,
		.seq = c->seq,
	});
}

/* The packet that was protected; consumes it */
static void rx_deliver(struct ipsec_crypt *c)
{
	struct ipsec_dev *idev = c->sa->idev;
	struct sk_buff *skb = c->skb;
	unsigned int len = skb->len;
	bool nat = rx_cb(skb)->udp && c->sa->mode == IFIPSEC_MODE_TRANSPORT;

	trace_ipsec_rx(c->sa, c->seq, len);
	if (unlikely(c->pair))
		trace_ipsec_rx(c->pair, c->pair_seq, len);
	skb->dev = idev->dev;
	skb_scrub_packet(skb, !net_eq(idev->net, dev_net(idev->dev)));
	skb_clear_hash(skb);
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	skb->encapsulation = 0;
	/*
	 * The peer vouches for who sent it, not for what happened before.  But with
	 * a NAT on the way the checksum has the wrong addresses: RFC 3948 3.1.2.
	 */
	skb->ip_summed = nat ? CHECKSUM_UNNECESSARY : CHECKSUM_NONE;

	if (unlikely(!rx_up(idev, skb))) {
		rx_lost(c);
		return;
	}
	ipsec_stats_rx(c->sa, len);
	if (unlikely(c->pair))
		ipsec_stats_count(this_cpu_ptr(c->pair->traffic), len);
}

static inline enum ifipsec_drop rx_verdict(enum ipsec_replay_verdict verdict)
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

/* Does the peer, where there is UDP, still send from where we send to? */
static inline void rx_source(const struct ipsec_crypt *c)
{
	const struct ipsec_endpoint *ep = rcu_dereference(c->sa->peer->endpoint);
	bool udp = rx_cb(c->skb)->udp;

	if (likely(ep) && unlikely(udp || ep->encap_remote))
		ipsec_natt_compare(c->sa, ep, c->skb, udp);
}

/* What every packet has to pass when it has left the cipher, before it is believed */
static inline enum ifipsec_drop rx_authentic(struct ipsec_crypt *c, int err)
{
	enum ifipsec_drop reason;

	if (unlikely(err))
		return err == -EBADMSG ? IFIPSEC_DROP_RX_AUTH_FAIL :
					 IFIPSEC_DROP_RX_CRYPTO_ERR;
	/* authentic: now, and only now, the window may move */
	reason = rx_verdict(ipsec_replay_update(&c->sa->replay, c->seq));
	if (likely(reason == RX_OK))
		rx_source(c);
	return reason;
}

/* The end of the path; consumes the packet and the operation */
static void rx_end(struct ipsec_crypt *c, enum ifipsec_drop reason)
{
	if (likely(reason == RX_OK) &&
	    unlikely(!ipsec_sa_alive(c->sa, c->skb->len) ||
		     !ipsec_sa_alive(c->pair, c->skb->len)))
		reason = IFIPSEC_DROP_RX_SA_EXPIRED;
	if (likely(reason == RX_OK))
		rx_deliver(c);
	else
		rx_drop(c->skb, c->sa, reason, c->seq);
	ipsec_crypt_put(c);
}

/* The packet has left the cipher of ESP, at once or later */
static void rx_esp_done(struct ipsec_crypt *c, int err)
{
	enum ifipsec_drop reason;
	u8 nexthdr;

	reason = rx_authentic(c, err);
	if (likely(reason == RX_OK) &&
	    likely(ipsec_esp_strip(c->skb, c->sa, &nexthdr, &reason)))
		reason = rx_clear(c->skb, c->sa, nexthdr);
	rx_end(c, reason);
}

static void rx_start(struct sk_buff *skb, struct ipsec_sa *sa,
		     const struct ipsec_crypt *outer);

/*
 * ESP inside AH: the SA must be the same peer's, and it must be ESP.  Return: the
 * SA, or NULL.
 */
static struct ipsec_sa *rx_bundled(const struct sk_buff *skb,
				   const struct ipsec_sa *ah, u8 nexthdr)
{
	const struct ipsec_esp_hdr *esp = (const struct ipsec_esp_hdr *)skb->data;
	struct ipsec_sa *sa;

	if (nexthdr != IPPROTO_ESP || skb->len < sizeof(*esp))
		return NULL;
	sa = ipsec_sadb_find(ipsec_net(ah->idev->net), esp->spi, IPPROTO_ESP);
	return sa && sa->peer == ah->peer ? sa : NULL;
}

/* The ICV of AH was checked, at once or later */
static void rx_ah_done(struct ipsec_crypt *c, int err)
{
	enum ifipsec_drop reason;
	struct ipsec_sa *inner;
	u8 nexthdr;

	reason = rx_authentic(c, err);
	if (unlikely(reason != RX_OK))
		goto end;
	nexthdr = *c->skb->data;
	__skb_pull(c->skb, ipsec_ah_len(c->sa, rx_cb(c->skb)->ipv6));
	if (!ipsec_peer_protected_by(c->sa->peer, IPSEC_ESP)) {
		reason = rx_clear(c->skb, c->sa, nexthdr);
		goto end;
	}
	inner = rx_bundled(c->skb, c->sa, nexthdr);
	if (likely(inner)) {
		rx_start(c->skb, inner, c);
		ipsec_crypt_put(c);
		return;
	}
	reason = IFIPSEC_DROP_RX_BUNDLE;
end:
	rx_end(c, reason);
}

static enum ifipsec_drop rx_check_esp(const struct sk_buff *skb,
				      const struct ipsec_sa *sa)
{
	unsigned int fixed = ipsec_esp_len(sa) + sa->suite.icv_len;

	if (unlikely(skb->len < fixed + IPSEC_ESP_TRAILER))
		return IFIPSEC_DROP_RX_TOO_SHORT;
	if (unlikely((skb->len - fixed) & (sa->suite.align - 1)))
		return IFIPSEC_DROP_RX_BAD_ALIGN;
	return RX_OK;
}

static enum ifipsec_drop rx_check_ah(const struct sk_buff *skb,
				     const struct ipsec_sa *sa)
{
	return ipsec_ah_check(skb, sa, rx_cb((struct sk_buff *)skb)->ipv6) ?
		RX_OK : IFIPSEC_DROP_RX_BAD_AH_HDR;
}

/* The sequence number, or the low half of it, as it is in the packet */
static u32 rx_seq(const struct sk_buff *skb, const struct ipsec_sa *sa)
{
	return ipsec_slot(sa) == IPSEC_AH ?
		ntohl(((struct ipsec_ah_hdr *)skb->data)->seq) :
		ntohl(((struct ipsec_esp_hdr *)skb->data)->seq);
}

/*
 * Is the packet worth the cipher's time?  @outer: the AH that it came in, or NULL.
 * @seq gets its full sequence number.
 */
static enum ifipsec_drop rx_begin(struct sk_buff *skb, struct ipsec_sa *sa,
				  const struct ipsec_crypt *outer, u64 *seq)
{
	bool ah = ipsec_slot(sa) == IPSEC_AH;
	enum ifipsec_drop reason;

	if (unlikely(!(sa->idev->dev->flags & IFF_UP)))
		return IFIPSEC_DROP_RX_DEV_DOWN;
	if (unlikely(!ipsec_sa_usable(sa)))
		return IFIPSEC_DROP_RX_SA_EXPIRED;
	if (unlikely(!ah && !outer && ipsec_peer_protected_by(sa->peer, IPSEC_AH)))
		return IFIPSEC_DROP_RX_BUNDLE;
	reason = ah ? rx_check_ah(skb, sa) : rx_check_esp(skb, sa);
	if (unlikely(reason != RX_OK))
		return reason;

	/*
	 * The cipher works in place, so all of the packet must be ours: what it
	 * shares with others (clones, pages of files and sockets, fragment lists)
	 * is copied, never written.
	 */
	if (unlikely(skb_linearize_cow(skb)))
		return IFIPSEC_DROP_RX_NOMEM;

	*seq = rx_seq(skb, sa);
	if (sa->esn)
		*seq = ipsec_replay_seq64(&sa->replay, *seq);
	return rx_verdict(ipsec_replay_check(&sa->replay, *seq));
}

static void rx_verify(struct ipsec_crypt *c)
{
	int err;

	c->done = rx_ah_done;
	err = ipsec_ah_verify(c);
	if (unlikely(err))
		rx_end(c, err == -ENOMEM ? IFIPSEC_DROP_RX_NOMEM :
					   IFIPSEC_DROP_RX_BAD_OPTS);
}

/* To the cipher */
static void rx_open(struct ipsec_crypt *c)
{
	unsigned int len = ipsec_esp_len(c->sa);

	if (unlikely(ipsec_slot(c->sa) == IPSEC_AH)) {
		rx_verify(c);
		return;
	}
	c->done = rx_esp_done;
	ipsec_crypt_open(c, c->skb->data + len, c->skb->len - len);
}

/* The same, and the CPUs share the work */
static noinline void rx_spread(struct ipsec_crypt *c)
{
	struct ipsec_lane *lane = &c->sa->peer->rx_lane;
	LIST_HEAD(batch);

	ipsec_crypt_collect(c, &batch);
	rx_open(c);
	ipsec_spread_submit(lane, &batch);
}

static noinline void rx_measure(struct ipsec_crypt *c)
{
	u64 start = ktime_get_mono_fast_ns();

	rx_open(c);
	ipsec_spread_measured(ktime_get_mono_fast_ns() - start, 1);
}

/* ESP inside AH is for who has the AH: it is in its place already */
static enum ipsec_spread rx_choose(const struct ipsec_sa *sa,
				   const struct ipsec_crypt *outer)
{
	return unlikely(outer) ? IPSEC_SPREAD_NO :
		ipsec_spread_choose(&sa->peer->rx_lane, sa->idev, 1);
}

/* To the cipher, or not; consumes the packet */
static void rx_start(struct sk_buff *skb, struct ipsec_sa *sa,
		     const struct ipsec_crypt *outer)
{
	enum ipsec_spread spread = IPSEC_SPREAD_NO;
	struct ipsec_crypt *c = NULL;
	enum ifipsec_drop reason;
	u64 seq = 0;

	reason = rx_begin(skb, sa, outer, &seq);
	if (likely(reason == RX_OK)) {
		spread = rx_choose(sa, outer);
		if (unlikely(spread == IPSEC_SPREAD_FULL))
			reason = IFIPSEC_DROP_RX_CPU_BACKLOG;
		else
			c = ipsec_crypt_get(sa);
	}
	if (unlikely(!c)) {
		rx_drop(skb, sa, reason == RX_OK ? IFIPSEC_DROP_RX_NOMEM : reason,
			seq ?: rx_seq(skb, sa));
		return;
	}

	c->skb = skb;
	c->seq = seq;
	if (unlikely(outer))
		ipsec_crypt_set_pair(c, outer->sa, outer->seq);
	if (likely(spread == IPSEC_SPREAD_NO))
		rx_open(c);
	else if (spread == IPSEC_SPREAD_MEASURE)
		rx_measure(c);
	else
		rx_spread(c);
}

void ipsec_receive(struct sk_buff *skb, struct ipsec_sa *sa,
		   unsigned int nexthdr_off, bool udp)
{
	bool ipv6 = ip_hdr(skb)->version == 6;

	*rx_cb(skb) = (struct rx_cb){
		.hdr_len = -skb_network_offset(skb) -
			   (udp ? sizeof(struct udphdr) : 0),
		.nexthdr_off = nexthdr_off,
		.outer = skb_network_header(skb) - skb->head,
		.tos = ipv6 ? ipv6_get_dsfield(ipv6_hdr(skb)) : ip_hdr(skb)->tos,
		.ipv6 = ipv6,
		.udp = udp,
	};
	rx_start(skb, sa, NULL);
}
