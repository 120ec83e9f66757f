// SPDX-License-Identifier: GPL-2.0-only
/*
 * transmit.c - the transmit path, from the clear packet that was routed into the
 * interface to the ESP packet that leaves.  Read it from the bottom upward;
 * docs/architecture.md has its steps in a table.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/timekeeping.h>
#include <linux/udp.h>
#include <net/dsfield.h>
#include <net/gso.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include "ah.h"
#include "crypt.h"
#include "defrag.h"
#include "drop.h"
#include "esp.h"
#include "fragment.h"
#include "hold.h"
#include "length.h"
#include "natt.h"
#include "outer.h"
#include "path.h"
#include "sa.h"
#include "selector.h"
#include "spread.h"
#include "stats.h"
#include "trace.h"

/*
 * A tunnel may run through another one, and by mistake two of them through each
 * other: how many are on the stack of this CPU.
 */
#define TX_DEPTH_MAX	4
static DEFINE_PER_CPU(unsigned int, tx_depth);

/* A packet on its way; what all segments of a GSO packet share */
struct tx {
	struct ipsec_dev *idev;
	struct ipsec_peer *peer;
	struct ipsec_endpoint *ep;
	struct ipsec_sa *esp;		/* at least one of these */
	struct ipsec_sa *ah;
	struct ipsec_outer outer;
	struct list_head *batch;	/* where operations are collected, or NULL */
	__be32 flowlabel;
	unsigned int split;		/* largest inner fragment, 0: not split */
	u16 front;			/* between IP header and what is protected: bytes */
	u16 head;			/* room in front of the inner packet: bytes */
	u16 most;			/* all that can be added to it: bytes */
	u16 own_hdr;			/* transport mode: own IP header in front */
	u16 nexthdr_off;		/* and where it says what follows */
	u16 tfc;			/* shorter packets are padded to this: bytes */
	u8 udp_len;			/* of the header, or 0 */
	u8 ah_len;			/* with ICV: bytes */
	u8 tos;				/* DSCP and ECN of the inner header */
	u8 nexthdr;			/* what is protected: IPPROTO_IPIP, .. */
	bool whole;			/* it was put together from fragments */
	bool df;			/* the outer packet must not be fragmented */
	bool dummy;			/* there is no inner packet */
};

/* What the end of the path needs to know, while the cipher has the packet */
struct tx_cb {
	unsigned int len;		/* of the inner packet: bytes */
	u8 depth;			/* tunnels that it went through to get here */
	bool udp;			/* ESP is in UDP */
	bool df;
	bool dummy;
};

static struct tx_cb *tx_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct tx_cb) > sizeof(skb->cb));
	return (struct tx_cb *)skb->cb;
}

/* The SA that speaks for the packet */
static struct ipsec_sa *tx_sa(const struct tx *tx)
{
	return tx->esp ?: tx->ah;
}

/*
 * Count packets that have no outer header yet, and tell who listens; seq 0: none,
 * skb NULL: gone.  What is rare is kept out of line: the path's own functions stay
 * small.
 */
static noinline void tx_count_drop(const struct sk_buff *skb, const struct tx *tx,
				   enum ifipsec_drop reason, unsigned int n, u64 seq)
{
	ipsec_drop(&(struct ipsec_drop){
		.idev = tx->idev,
		.peer = tx->peer,
		.sa = tx_sa(tx),
		.reason = reason,
		.packets = n,
		.dir = IFIPSEC_DIR_OUT,
		.seq = seq,
		.inner = skb && tx->nexthdr && !tx->dummy ?
			 skb_network_header(skb) : NULL,
	});
}

/* The same where nothing is known of the packet, or that is gone */
static noinline void tx_count_lost(struct ipsec_dev *idev, const struct ipsec_crypt *c,
				   enum ifipsec_drop reason)
{
	ipsec_drop(&(struct ipsec_drop){
		.idev = idev,
		.sa = c ? c->sa : NULL,
		.reason = reason,
		.packets = 1,
		.dir = IFIPSEC_DIR_OUT,
		.seq = c ? c->seq : 0,
	});
}

/* It is on its way.  With AH around it, the pair is ESP, to which a dummy belongs. */
static void tx_count(struct ipsec_crypt *c, const struct tx_cb *cb)
{
	if (unlikely(cb->dummy)) {
		ipsec_stats_drop(c->sa->idev, c->pair ?: c->sa,
				 IFIPSEC_DROP_TX_DUMMY, 1);
		return;
	}
	ipsec_stats_tx(c->sa, cb->len);
	if (c->pair)
		ipsec_stats_count(this_cpu_ptr(c->pair->traffic), cb->len);
}

/* The packet has left its last cipher; consumes it, but not the operation */
static void tx_send(struct ipsec_crypt *c)
{
	struct sk_buff *skb = c->skb;
	struct ipsec_sa *sa = c->sa;
	struct tx_cb cb = *tx_cb(skb);	/* the IP layers reuse it */

	trace_ipsec_tx(sa, c->seq, cb.len);
	if (c->pair)
		trace_ipsec_tx(c->pair, c->pair_seq, cb.len);
	if (likely(ipsec_outer_send(skb, sa->idev, cb.udp, cb.df)))
		tx_count(c, &cb);
	else
		tx_count_lost(sa->idev, c, IFIPSEC_DROP_TX_OUTPUT);
}

/* The same for one that may come here by itself, not from ipsec_transmit() */
static noinline void tx_send_later(struct ipsec_crypt *c)
{
	unsigned int depth = __this_cpu_read(tx_depth);

	__this_cpu_write(tx_depth, tx_cb(c->skb)->depth);
	tx_send(c);
	__this_cpu_write(tx_depth, depth);
}

static noinline void tx_drop(struct ipsec_crypt *c, enum ifipsec_drop reason)
{
	tx_count_lost(c->sa->idev, c, reason);
	kfree_skb(c->skb);
}

/*
 * Has the route gone while a cipher kept the packet?  Only if the packet's own
 * sending had changed it: a tunnel through itself.
 */
static bool tx_lost_route(const struct ipsec_crypt *c)
{
	return unlikely(c->kept) && !skb_dst(c->skb);
}

/*
 * The ICV of AH is there, at once or later.  Like tx_done(), it lets go of the
 * operation and consumes the packet.
 */
static void tx_ah_done(struct ipsec_crypt *c, int err)
{
	if (unlikely(err)) {
		tx_drop(c, IFIPSEC_DROP_TX_CRYPTO_ERR);
	} else if (tx_lost_route(c)) {
		tx_drop(c, IFIPSEC_DROP_TX_NO_ROUTE);
	} else {
		ipsec_ah_signed(c);
		tx_send_later(c);
	}
	ipsec_crypt_put(c);
}

/* AH around a packet that is otherwise complete; consumes the operation */
static void tx_sign(struct ipsec_crypt *c)
{
	int err;

	c->done = tx_ah_done;
	err = ipsec_ah_sign(c);
	if (unlikely(err)) {
		tx_drop(c, err == -ENOMEM ? IFIPSEC_DROP_TX_NOMEM :
					    IFIPSEC_DROP_TX_NOT_IP);
		ipsec_crypt_put(c);
	}
}

/* AH comes after ESP: another operation with the roles of the SAs exchanged */
static noinline void tx_next(struct ipsec_crypt *c)
{
	struct ipsec_crypt *ah = ipsec_crypt_get(c->pair);

	if (unlikely(!ah)) {
		tx_drop(c, IFIPSEC_DROP_TX_NOMEM);
		return;
	}
	ipsec_crypt_set_pair(ah, c->sa, c->seq);
	ah->skb = c->skb;
	ah->seq = c->pair_seq;
	tx_sign(ah);
}

/*
 * The packet has left the cipher of ESP, at once or later.  The only place that
 * lets go of the operation; consumes the packet.
 */
static void tx_done(struct ipsec_crypt *c, int err)
{
	if (unlikely(err))
		tx_drop(c, IFIPSEC_DROP_TX_CRYPTO_ERR);
	else if (likely(!c->special))
		tx_send(c);
	else if (tx_lost_route(c))
		tx_drop(c, IFIPSEC_DROP_TX_NO_ROUTE);
	else if (c->pair)
		tx_next(c);
	else
		tx_send_later(c);
	ipsec_crypt_put(c);
}

/* Peer, SAs and route are known: what that is around each packet */
static inline void tx_measure(struct tx *tx)
{
	tx->front = tx->udp_len + tx->ah_len;
	if (tx->esp)
		tx->front += ipsec_esp_len(tx->esp);
	tx->most = tx->front + ipsec_outer_len(tx->ep);
	tx->head = tx->most + LL_RESERVED_SPACE(tx->outer.dst->dev);
	if (tx->esp)
		tx->most += tx->esp->suite.align - 1 + IPSEC_ESP_TRAILER +
			    tx->esp->suite.icv_len;
}

/*
 * There is too little room in front of a packet that is ours and in one piece, or
 * behind it.  Bytes to spare behind it do for the front: moving is cheaper than
 * allocating.
 *
 * Packets that are made here have room from the next one on.  What is forwarded comes
 * with the room that its sender made; to ask for more would make the IP layer allocate,
 * before we are asked, for packets that we only move.
 */
static noinline int tx_more_room(struct sk_buff *skb, const struct tx *tx,
				 unsigned int tail)
{
	unsigned int more = ALIGN(tx->head - min_t(unsigned int, tx->head,
						   skb_headroom(skb)), sizeof(long));

	if (!skb->skb_iif && tx->head > READ_ONCE(tx->idev->dev->needed_headroom))
		WRITE_ONCE(tx->idev->dev->needed_headroom, tx->head);
	if (skb_tailroom(skb) < more + tail)
		return pskb_expand_head(skb, SKB_DATA_ALIGN(more),
					tail - min_t(unsigned int, tail, skb_tailroom(skb)),
					GFP_ATOMIC);
	memmove(skb->data + more, skb->data, skb->len);
	skb_reserve(skb, more);
	skb_headers_offset_update(skb, more);
	return 0;
}

/*
 * Make all of the packet writable, in one piece, with room on both sides.  What it
 * shares with others (clones, pages of files and sockets) is copied, never written.
 */
static int tx_make_room(struct sk_buff *skb, const struct tx *tx,
			unsigned int tail)
{
	int err = skb_linearize_cow(skb);

	if (unlikely(err))
		return err;
	if (likely(skb_headroom(skb) >= tx->head && skb_tailroom(skb) >= tail))
		return 0;
	return tx_more_room(skb, tx, tail);
}

/*
 * The headers, from the inside: room for AH and ESP is made behind the packet's own
 * header (transport mode) or in front of it, then what is outermost is written.
 *
 *   tunnel:    outer IP | AH or UDP | ESP | inner IP | payload
 *   transport: IP | AH or UDP | ESP | payload
 */
static u8 *tx_headers(struct sk_buff *skb, const struct tx *tx, u64 esp_seq,
		      u64 ah_seq)
{
	bool ipv6 = tx->ep->remote.family == AF_INET6;
	unsigned int front = tx->front;
	const struct ipsec_outer_hdr h = {
		.remote = &tx->ep->remote,
		.local = &tx->outer.local,
		.proto = tx->ah ? IPPROTO_AH :
			 tx->udp_len ? IPPROTO_UDP : IPPROTO_ESP,
		.tos = tx->tos,
		.ttl = READ_ONCE(tx->idev->policy.ttl),
		.df = tx->df,
		.flowlabel = tx->flowlabel,
	};
	u8 *p;

	if (unlikely(tx->own_hdr)) {
		p = __skb_push(skb, front);
		memmove(p, p + front, tx->own_hdr);
		p += tx->own_hdr;
	} else {
		p = __skb_push(skb, front + ipsec_outer_len(tx->ep));
		p += ipsec_outer_len(tx->ep);
	}
	if (tx->udp_len)
		ipsec_outer_write_udp(p, tx->ep, skb_tail_pointer(skb) - p -
				      tx->udp_len);
	p += tx->udp_len;
	if (tx->ah)
		ipsec_ah_build(p, tx->ah, ipv6,
			       tx->esp ? IPPROTO_ESP : tx->nexthdr, ah_seq);
	p += tx->ah_len;
	if (tx->esp)
		ipsec_esp_build(p, tx->esp, esp_seq);
	if (tx->own_hdr)
		ipsec_outer_rewrite(skb, tx->own_hdr, tx->nexthdr_off, h.proto);
	else
		ipsec_outer_write(skb, tx->idev, &h);
	return p;
}

/* RFC 4303 2.7: how many zeros go behind an inner packet of this length: bytes */
static unsigned int tx_tfc(const struct tx *tx, unsigned int inner_len)
{
	return likely(inner_len >= tx->tfc) ? 0 : tx->tfc - inner_len;
}

/* One packet, or one segment: all around it, and to the cipher; consumes it */
static void tx_seal(struct sk_buff *skb, const struct tx *tx, u64 esp_seq, u64 ah_seq)
{
	enum ifipsec_drop reason = IFIPSEC_DROP_TX_NOMEM;
	unsigned int tfc = 0, pad = 0, tail = 0, text = 0, inner_len = skb->len;
	struct ipsec_crypt *c;
	u8 *esp;

	if (unlikely(!ipsec_sa_alive(tx->esp, inner_len) ||
		     !ipsec_sa_alive(tx->ah, inner_len))) {
		reason = IFIPSEC_DROP_TX_SA_EXPIRED;
		goto drop;
	}
	if (tx->esp) {
		tfc = tx_tfc(tx, inner_len);
		text = inner_len - tx->own_hdr + tfc;
		pad = ipsec_esp_pad(tx->esp, text);
		text += pad + IPSEC_ESP_TRAILER;
		tail = tfc + pad + IPSEC_ESP_TRAILER + tx->esp->suite.icv_len;
	}
	if (unlikely(tx_make_room(skb, tx, tail)))
		goto drop;
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		goto drop;
	c = ipsec_crypt_get(tx_sa(tx));
	if (unlikely(!c))
		goto drop;

	skb_scrub_packet(skb, !net_eq(tx->idev->net, dev_net(tx->idev->dev)));
	skb_dst_set_noref(skb, tx->outer.dst);
	*tx_cb(skb) = (struct tx_cb){
		.len = inner_len,
		.depth = __this_cpu_read(tx_depth),
		.udp = tx->udp_len,
		.df = tx->df,
		.dummy = tx->dummy,
	};
	if (tx->esp)
		ipsec_esp_trailer(skb, tx->esp, tfc, pad, tx->nexthdr);
	esp = tx_headers(skb, tx, esp_seq, ah_seq);

	c->skb = skb;
	if (unlikely(tx->batch))
		ipsec_crypt_collect(c, tx->batch);
	if (!tx->esp) {
		c->seq = ah_seq;
		tx_sign(c);
		return;
	}
	c->seq = esp_seq;
	c->done = tx_done;
	if (tx->ah)
		ipsec_crypt_set_pair(c, tx->ah, ah_seq);
	ipsec_crypt_seal(c, esp + ipsec_esp_len(tx->esp), text);
	return;

drop:
	/* the number is spent: no other packet may use it */
	tx_count_drop(skb, tx, reason, 1, tx->esp ? esp_seq : ah_seq);
	kfree_skb(skb);
}

/* There are no numbers left for @n packets like @skb */
static noinline void tx_no_numbers(const struct sk_buff *skb, const struct tx *tx,
				   struct ipsec_sa *sa, unsigned int n)
{
	ipsec_drop(&(struct ipsec_drop){
		.idev = tx->idev,
		.sa = sa,
		.reason = IFIPSEC_DROP_TX_SEQ_OVERFLOW,
		.packets = n,
		.dir = IFIPSEC_DIR_OUT,
		.inner = skb_network_header(skb),
	});
}

/*
 * Sequence numbers of one SA, if there is one, for @n packets like @skb; return: how
 * many of them may go
 */
static __always_inline unsigned int tx_reserve(const struct sk_buff *skb,
					       const struct tx *tx, struct ipsec_sa *sa,
					       unsigned int n, u64 *first)
{
	unsigned int got;

	if (!sa)
		return n;
	got = ipsec_sa_seq_reserve(sa, n, first);
	if (unlikely(got < n))
		tx_no_numbers(skb, tx, sa, n - got);
	return got;
}

/* Each of a list of packets with a number of its own; consumes all of it */
static void tx_seal_list(struct sk_buff *list, struct tx *tx, unsigned int n)
{
	u64 esp_seq = 0, ah_seq = 0;
	struct sk_buff *skb, *next;

	n = tx_reserve(list, tx, tx->esp, n, &esp_seq);
	n = tx_reserve(list, tx, tx->ah, n, &ah_seq);

	skb_list_walk_safe(list, skb, next) {
		skb_mark_not_on_list(skb);
		if (likely(n)) {
			n--;
			tx_seal(skb, tx, esp_seq++, ah_seq++);
		} else {
			kfree_skb(skb);
		}
	}
}

/* The same, and the CPUs share the work */
static noinline void tx_spread_list(struct sk_buff *list, struct tx *tx, unsigned int n)
{
	LIST_HEAD(batch);

	tx->batch = &batch;
	tx_seal_list(list, tx, n);
	ipsec_spread_submit(&tx->peer->tx_lane, &batch);
}

static noinline void tx_measure_list(struct sk_buff *list, struct tx *tx, unsigned int n)
{
	u64 start = ktime_get_mono_fast_ns();

	tx_seal_list(list, tx, n);
	ipsec_spread_measured(ktime_get_mono_fast_ns() - start, n);
}

/* A list of segments, or one packet; consumes all of it */
static void tx_list(struct sk_buff *list, struct tx *tx)
{
	struct sk_buff *skb;
	unsigned int n = 1;

	for (skb = list; unlikely(skb->next); skb = skb->next)
		n++;
	switch (ipsec_spread_choose(&tx->peer->tx_lane, tx->idev, n)) {
	case IPSEC_SPREAD_NO:
		tx_seal_list(list, tx, n);
		break;
	case IPSEC_SPREAD_MEASURE:
		tx_measure_list(list, tx, n);
		break;
	case IPSEC_SPREAD_YES:
		tx_spread_list(list, tx, n);
		break;
	case IPSEC_SPREAD_FULL:
		tx_count_drop(list, tx, IFIPSEC_DROP_TX_CPU_BACKLOG, n, 0);
		kfree_skb_list(list);
	}
}

/* Split a GSO packet.  Return: the list, or NULL and the packet is dropped. */
static noinline struct sk_buff *tx_segment(struct sk_buff *skb,
					   const struct tx *tx)
{
	struct sk_buff *segs = skb_gso_segment(skb, 0);

	if (IS_ERR(segs)) {
		tx_count_drop(skb, tx, IFIPSEC_DROP_TX_GSO_ERR, 1, 0);
		kfree_skb(skb);
		return NULL;
	}
	if (!segs) {		/* it is one packet after all */
		skb_gso_reset(skb);
		return skb;
	}
	consume_skb(skb);
	return segs;
}

/*
 * Fragments of those of the list that are too long, in their place.  Each fragment
 * is a packet of its own from here on.  Return: the list; what was dropped is not
 * in it any more.
 */
static noinline struct sk_buff *tx_split(struct sk_buff *list,
					 const struct tx *tx)
{
	struct sk_buff **link = &list, *skb, *next;

	while ((skb = *link)) {
		next = skb->next;
		if (skb->len > tx->split) {
			skb_mark_not_on_list(skb);
			*link = ipsec_fragment4(skb, tx->split, tx->head);
			if (unlikely(!*link))
				tx_count_drop(NULL, tx,
					      IFIPSEC_DROP_TX_NOMEM, 1, 0);
			while (*link)
				link = &(*link)->next;
			*link = next;
		} else {
			link = &skb->next;
		}
	}
	return list;
}

static bool tx_fits(const struct sk_buff *skb, unsigned int mtu)
{
	return skb_is_gso(skb) ? skb_gso_validate_network_len(skb, mtu) :
				 skb->len <= mtu;
}

/*
 * Can the outer header tell the length?  What was put together from fragments is
 * not bounded by the MTU of the interface.
 */
static bool tx_fits_header(const struct sk_buff *skb, const struct tx *tx)
{
	unsigned int most = tx->ep->remote.family == AF_INET ? IP_MAX_MTU :
							       IP6_MAX_MTU;

	return tx_fits(skb, ipsec_length_inner(tx->esp, tx->ah, tx->ep,
					       tx->own_hdr, most));
}

/* Tell the sender of a packet that is too big: RFC 1191, RFC 8201 */
static void tx_send_too_big(struct sk_buff *skb, const struct tx *tx,
			    unsigned int mtu)
{
	skb_dst_update_pmtu_no_confirm(skb, mtu);
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			      htonl(mtu));
	else
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
}

/* May the outer packet not be fragmented?  RFC 4301 8.1 */
static bool tx_df(const struct sk_buff *skb, const struct tx *tx)
{
	u8 df = READ_ONCE(tx->idev->policy.df);

	if (unlikely(tx->whole))
		return false;	/* as its fragments were on the way here */
	if (likely(df == IFIPSEC_DF_COPY) || tx->own_hdr)
		return skb->protocol != htons(ETH_P_IP) ||
		       ip_hdr(skb)->frag_off & htons(IP_DF);
	return df == IFIPSEC_DF_SET;
}

/* The outer packet must not be fragmented: may the inner one? */
static bool tx_may_split(const struct sk_buff *skb, const struct tx *tx)
{
	return !tx->own_hdr && skb->protocol == htons(ETH_P_IP) &&
	       !(ip_hdr(skb)->frag_off & htons(IP_DF));
}

/*
 * Does the packet fit the way to the peer?  If not, one that may be fragmented is
 * encrypted whole and the outer packet is fragmented, or it is fragmented first if
 * the outer one must not be; the sender of the others is told.  The MTUs that every
 * link must have (IPv4 68, IPv6 1280) are always offered, and made good with outer
 * fragments.  TFC padding fills the rest, but no more than that.
 */
static noinline bool tx_check_mtu(struct sk_buff *skb, struct tx *tx)
{
	unsigned int mtu = ipsec_length_inner(tx->esp, tx->ah, tx->ep, tx->own_hdr,
					      dst_mtu(tx->outer.dst));
	unsigned int least = skb->protocol == htons(ETH_P_IP) ? IPV4_MIN_MTU :
								IPV6_MIN_MTU;

	if (tx->esp)
		tx->tfc = min_t(unsigned int, tx->esp->tfc, mtu);
	if (likely(tx_fits(skb, mtu)))
		return true;
	if (!tx->df)
		return likely(tx_fits_header(skb, tx));
	if (tx_fits(skb, least)) {
		tx->df = false;
		return true;
	}
	if (tx_may_split(skb, tx)) {
		tx->split = max(mtu, least);
		tx->df = mtu >= least;
		return true;
	}
	tx_send_too_big(skb, tx, max(mtu, least));
	return false;
}

/* Most packets fit whatever their padding: the exact limit is not needed */
static bool tx_fits_easily(const struct sk_buff *skb, const struct tx *tx)
{
	return !skb_is_gso(skb) && !(tx->esp && tx->esp->tfc) &&
	       skb->len + tx->most <= dst_mtu(tx->outer.dst);
}

/* A packet that cannot be sent: its sender learns it from an ICMP error */
static noinline void tx_send_unreachable(struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	else if (skb->protocol == htons(ETH_P_IPV6))
		icmpv6_ndo_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH,
				0);
}

/* Is it an IP packet?  Whose is it, and how is it marked? */
static __always_inline bool tx_classify(struct sk_buff *skb, struct tx *tx)
{
	skb_reset_network_header(skb);
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		if (!pskb_may_pull(skb, sizeof(struct iphdr)) ||
		    ip_hdr(skb)->version != 4 || ip_hdr(skb)->ihl < 5)
			return false;
		if (unlikely(ip_hdr(skb)->ihl > 5) &&
		    !pskb_may_pull(skb, ip_hdr(skb)->ihl * 4))
			return false;
		tx->nexthdr = IPPROTO_IPIP;
		tx->tos = ip_hdr(skb)->tos;
		tx->peer = ipsec_selector_lookup4(tx->idev, ip_hdr(skb)->daddr);
		return true;
	case htons(ETH_P_IPV6):
		if (!pskb_may_pull(skb, sizeof(struct ipv6hdr)) ||
		    ipv6_hdr(skb)->version != 6)
			return false;
		tx->nexthdr = IPPROTO_IPV6;
		tx->tos = ipv6_get_dsfield(ipv6_hdr(skb));
		tx->peer = ipsec_selector_lookup6(tx->idev,
						  &ipv6_hdr(skb)->daddr);
		return true;
	default:
		return false;
	}
}

/* The SAs to send on: all that the peer is protected with, or none */
static inline bool tx_find_sas(struct tx *tx)
{
	u8 protect = READ_ONCE(tx->peer->protect);

	if (tx->ep->encap_remote)
		tx->udp_len = sizeof(struct udphdr);
	if (likely(protect != IFIPSEC_PROTECT_AH))
		tx->esp = rcu_dereference(tx->peer->tx[IPSEC_ESP]);
	if (unlikely(protect != IFIPSEC_PROTECT_ESP)) {
		tx->ah = rcu_dereference(tx->peer->tx[IPSEC_AH]);
		if (!tx->ah)
			return false;
		tx->ah_len = ipsec_ah_len(tx->ah,
					  tx->ep->remote.family == AF_INET6);
	}
	return tx->esp || protect == IFIPSEC_PROTECT_AH;
}

static bool tx_transport4(struct sk_buff *skb, struct tx *tx)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (skb->protocol != htons(ETH_P_IP) ||
	    iph->daddr != tx->ep->remote.v4 ||
	    (tx->ep->local.family && iph->saddr != tx->ep->local.v4))
		return false;
	tx->own_hdr = iph->ihl * 4;
	tx->nexthdr_off = offsetof(struct iphdr, protocol);
	tx->nexthdr = iph->protocol;
	return true;
}

/* RFC 4303 3.1.1: behind the headers that routers look at */
static bool tx_transport6(struct sk_buff *skb, struct tx *tx)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	u8 *nexthdr;
	int len;

	if (skb->protocol != htons(ETH_P_IPV6) ||
	    !ipv6_addr_equal(&ip6h->daddr, &tx->ep->remote.v6) ||
	    (tx->ep->local.family &&
	     !ipv6_addr_equal(&ip6h->saddr, &tx->ep->local.v6)))
		return false;
	len = ip6_find_1stfragopt(skb, &nexthdr);
	if (len < 0 || !pskb_may_pull(skb, len))
		return false;
	tx->own_hdr = len;
	tx->nexthdr_off = nexthdr - skb_network_header(skb);
	tx->nexthdr = *nexthdr;
	return true;
}

/*
 * Transport mode: the packet's own header becomes the outer one, so its addresses
 * must be those of the peer.
 */
static bool tx_transport(struct sk_buff *skb, struct tx *tx)
{
	return tx->ep->remote.family == AF_INET ? tx_transport4(skb, tx) :
						  tx_transport6(skb, tx);
}

static __be32 tx_flowlabel(struct sk_buff *skb, const struct ipsec_policy *policy)
{
	u32 label = READ_ONCE(policy->flowlabel);

	if (label == IFIPSEC_FLOWLABEL_AUTO)
		label = skb_get_hash(skb);
	return htonl(label) & IPV6_FLOWLABEL_MASK;
}

/* What the outer header has from the interface instead of the packet */
static inline void tx_policy(struct sk_buff *skb, struct tx *tx)
{
	const struct ipsec_policy *policy = &tx->idev->policy;
	u8 dscp = READ_ONCE(policy->dscp);

	if (dscp != IFIPSEC_DSCP_COPY)
		tx->tos = dscp << 2 | (tx->tos & INET_ECN_MASK);
	if (tx->ep->remote.family == AF_INET6)
		tx->flowlabel = tx_flowlabel(skb, policy);
}

/*
 * From the packet to the SAs and the route.  Return: true, or false with the reason
 * of the drop.
 */
static bool tx_resolve(struct sk_buff *skb, struct tx *tx,
		       enum ifipsec_drop *reason)
{
	int err;

	*reason = IFIPSEC_DROP_TX_NOT_IP;
	if (unlikely(!tx_classify(skb, tx)))
		return false;
	*reason = IFIPSEC_DROP_TX_NO_PEER;
	if (unlikely(!tx->peer))
		goto unreachable;
	*reason = IFIPSEC_DROP_TX_NO_SA;
	tx->ep = rcu_dereference(tx->peer->endpoint);
	if (unlikely(!tx->ep || !tx_find_sas(tx)))
		return false;
	*reason = IFIPSEC_DROP_TX_TRANSPORT;
	if (tx_sa(tx)->mode == IFIPSEC_MODE_TRANSPORT && !tx_transport(skb, tx))
		goto unreachable;

	err = ipsec_outer_route_noref(tx->idev, tx->ep, &tx->outer);
	*reason = err == -ELOOP ? IFIPSEC_DROP_TX_LOOP :
				  IFIPSEC_DROP_TX_NO_ROUTE;
	if (unlikely(err))
		goto unreachable;
	tx_measure(tx);
	return true;

unreachable:
	tx_send_unreachable(skb);
	return false;
}

static noinline void tx_drop_early(struct sk_buff *skb, const struct tx *tx,
				   enum ifipsec_drop reason)
{
	tx_count_drop(skb, tx, reason, 1, 0);
	kfree_skb(skb);
}

/* Which fragments does transport mode have to put together before it protects? */
static bool tx_is_fragment(const struct sk_buff *skb, const struct tx *tx)
{
	if (likely(!tx->own_hdr))
		return false;
	return skb->protocol == htons(ETH_P_IP) ? ip_is_fragment(ip_hdr(skb)) :
						  tx->nexthdr == NEXTHDR_FRAGMENT;
}

/*
 * RFC 4301 7.1: transport mode protects whole packets.  The IP layer has made
 * fragments of what exceeds the interface's MTU; the whole is fragmented again
 * after it is protected.  Its addresses are theirs, so peer, SAs and route are as
 * well; its header is not.  Return: false, and the packet is consumed.
 */
static noinline bool tx_defrag(struct sk_buff *skb, struct tx *tx)
{
	if (ipsec_defrag(skb, tx->idev))
		return false;	/* others are missing, or it is malformed */
	tx->whole = true;
	/* reassembly lets some of what is broken pass as it is */
	if (likely(tx_classify(skb, tx) && tx_transport(skb, tx) &&
		   !tx_is_fragment(skb, tx)))
		return true;
	tx_drop_early(skb, tx, IFIPSEC_DROP_TX_FRAGMENT);
	return false;
}

/* It waits for the SA, once, where there is hope for one */
static noinline void tx_no_sa(struct sk_buff *skb, const struct tx *tx, bool held)
{
	if (!held && ipsec_hold_packet(tx->peer, skb))
		return;
	tx_send_unreachable(skb);
	tx_drop_early(skb, tx, IFIPSEC_DROP_TX_NO_SA);
}

/* With SAs and a route; consumes the packet */
static void tx_protect(struct sk_buff *skb, struct tx *tx)
{
	if (unlikely(tx_is_fragment(skb, tx)) && !tx_defrag(skb, tx))
		return;
	tx->df = tx_df(skb, tx);
	if (unlikely(!tx_fits_easily(skb, tx)) && !tx_check_mtu(skb, tx)) {
		tx_drop_early(skb, tx, IFIPSEC_DROP_TX_TOO_BIG);
		return;
	}
	tx_policy(skb, tx);
	if (skb_is_gso(skb))
		skb = tx_segment(skb, tx);
	if (unlikely(tx->split))
		skb = tx_split(skb, tx);
	if (likely(skb))
		tx_list(skb, tx);
}

/* @held: it comes from the hold queue */
static void tx_packet(struct sk_buff *skb, struct ipsec_dev *idev, bool held)
{
	struct tx tx = { .idev = idev };
	enum ifipsec_drop reason;

	if (unlikely(!tx_resolve(skb, &tx, &reason))) {
		if (reason != IFIPSEC_DROP_TX_NO_SA)
			tx_drop_early(skb, &tx, reason);
		else
			tx_no_sa(skb, &tx, held);
		return;
	}
	if (likely(!ipsec_hold_waits(&tx.peer->hold)) || held ||
	    !ipsec_hold_behind(tx.peer, skb))
		tx_protect(skb, &tx);
}

netdev_tx_t ipsec_transmit(struct sk_buff *skb, struct net_device *dev)
{
	struct ipsec_dev *idev = netdev_priv(dev);

	skb = skb_share_check(skb, GFP_ATOMIC);
	rcu_read_lock();
	if (unlikely(!skb)) {
		tx_count_lost(idev, NULL, IFIPSEC_DROP_TX_NOMEM);
		goto out;
	}
	if (unlikely(__this_cpu_inc_return(tx_depth) > TX_DEPTH_MAX)) {
		tx_count_lost(idev, NULL, IFIPSEC_DROP_TX_LOOP);
		kfree_skb(skb);
	} else {
		tx_packet(skb, idev, false);
	}
	__this_cpu_dec(tx_depth);
out:
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

void ipsec_transmit_held(struct sk_buff *skb, struct ipsec_dev *idev)
{
	rcu_read_lock();
	if (likely(idev->dev->flags & IFF_UP)) {
		tx_packet(skb, idev, true);
	} else {
		tx_count_lost(idev, NULL, IFIPSEC_DROP_TX_NO_SA);
		kfree_skb(skb);
	}
	rcu_read_unlock();
}

/*
 * From the peer to the SAs, the route, of which a reference is held, and whether so
 * much fits.  As tx_resolve().
 */
static int tx_dummy_resolve(struct tx *tx, unsigned int len)
{
	unsigned int mtu;
	int err;

	tx->ep = rcu_dereference(tx->peer->endpoint);
	if (!tx->ep || !tx_find_sas(tx))
		return -ENOENT;
	if (!tx->esp)
		return -EOPNOTSUPP;
	if (!ipsec_sa_usable(tx->esp) || (tx->ah && !ipsec_sa_usable(tx->ah)))
		return -EKEYEXPIRED;
	err = ipsec_outer_route(tx->idev, tx->ep, &tx->outer);
	if (err)
		return err;
	tx_measure(tx);
	if (tx->esp->mode == IFIPSEC_MODE_TRANSPORT)
		tx->own_hdr = ipsec_outer_len(tx->ep);
	mtu = ipsec_length_inner(tx->esp, tx->ah, tx->ep, tx->own_hdr,
				 dst_mtu(tx->outer.dst));
	if (mtu < tx->own_hdr || len > mtu - tx->own_hdr) {
		dst_release(tx->outer.dst);
		return -EMSGSIZE;
	}
	tx->tfc = min_t(unsigned int, tx->esp->tfc, mtu);
	return 0;
}

/* Transport mode: the header that a packet of ours to the peer would have */
static void tx_dummy_header(struct sk_buff *skb, struct tx *tx)
{
	const struct ipsec_outer_hdr h = {
		.remote = &tx->ep->remote,
		.local = &tx->outer.local,
		.proto = IPPROTO_NONE,
		.df = true,
	};

	tx->nexthdr_off = tx->ep->remote.family == AF_INET ?
				  offsetof(struct iphdr, protocol) :
				  offsetof(struct ipv6hdr, nexthdr);
	skb_dst_set(skb, dst_clone(tx->outer.dst));
	skb_push(skb, tx->own_hdr);
	ipsec_outer_write(skb, tx->idev, &h);
}

static void tx_dummy(struct tx *tx, unsigned int len)
{
	unsigned int head = READ_ONCE(tx->idev->dev->needed_headroom) +
			    tx->own_hdr;
	struct sk_buff *skb = alloc_skb(head + len, GFP_ATOMIC);

	if (!skb) {
		tx_count_lost(tx->idev, NULL, IFIPSEC_DROP_TX_NOMEM);
		return;
	}
	skb_reserve(skb, head);
	skb_put_zero(skb, len);
	skb->dev = tx->idev->dev;
	/* one flow for all dummies of an SA */
	skb_set_hash(skb, (__force u32)tx->esp->id.spi, PKT_HASH_TYPE_L4);
	tx_policy(skb, tx);
	if (tx->own_hdr)
		tx_dummy_header(skb, tx);
	tx_list(skb, tx);
}

int ipsec_transmit_dummies(struct ipsec_peer *peer, unsigned int n,
			   unsigned int len)
{
	struct ipsec_dev *idev = peer->idev;
	struct tx tx = {
		.idev = idev,
		.peer = peer,
		.nexthdr = IPPROTO_NONE,
		.df = READ_ONCE(idev->policy.df) != IFIPSEC_DF_CLEAR,
		.dummy = true,
	};
	int err;

	lockdep_assert_held(&ipsec_net(idev->net)->lock);
	if (!(idev->dev->flags & IFF_UP))
		return -ENETDOWN;
	local_bh_disable();
	rcu_read_lock();
	err = tx_dummy_resolve(&tx, len);
	rcu_read_unlock();
	local_bh_enable();
	if (err)
		return err;

	for (; n; n--) {
		local_bh_disable();
		rcu_read_lock();
		tx_dummy(&tx, len);
		rcu_read_unlock();
		local_bh_enable();
		cond_resched();
	}
	dst_release(tx.outer.dst);
	return 0;
}
