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
#include <net/dsfield.h>
#include <net/gso.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "alg.h"
#include "crypt.h"
#include "mtu.h"
#include "outer.h"
#include "path.h"
#include "sa.h"
#include "selector.h"
#include "stats.h"

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
	struct ipsec_sa *sa;
	struct ipsec_outer outer;
	u8 tos;				/* DSCP and ECN of the inner header */
	u8 nexthdr;			/* IPPROTO_IPIP or IPPROTO_IPV6 */
	bool df;			/* the outer packet must not be fragmented */
};

/* What the end of the path needs to know, while the cipher has the packet */
struct tx_cb {
	struct ipsec_addr local;	/* outer addresses, as they were */
	struct ipsec_addr remote;
	unsigned int len;		/* of the inner packet: bytes */
	u8 tos;
	bool df;
};

static struct tx_cb *tx_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct tx_cb) > sizeof(skb->cb));
	return (struct tx_cb *)skb->cb;
}

/*
 * The packet has left the cipher, at once or later.  The only place that lets go
 * of the operation and the SA; consumes the packet.
 */
static void tx_done(struct ipsec_crypt *c, int err)
{
	struct sk_buff *skb = c->skb;
	struct ipsec_sa *sa = c->sa;
	struct ipsec_dev *idev = sa->idev;
	struct tx_cb cb = *tx_cb(skb);	/* the IP layers reuse it */

	rcu_read_lock();
	if (unlikely(err)) {
		ipsec_stats_drop(idev, sa, IFIPSEC_DROP_TX_CRYPTO_ERR, 1);
		kfree_skb(skb);
	} else if (ipsec_outer_xmit(skb, idev, &cb.remote, &cb.local, cb.tos,
				    cb.df)) {
		ipsec_stats_tx(sa, cb.len);
	} else {
		ipsec_stats_drop(idev, sa, IFIPSEC_DROP_TX_OUTPUT, 1);
	}
	rcu_read_unlock();
	ipsec_crypt_put(c);
}

/*
 * Make all of the packet writable, in one piece, with room on both sides.  What it
 * shares with others (clones, pages of files and sockets) is copied, never written.
 */
static int tx_make_room(struct sk_buff *skb, const struct tx *tx,
			unsigned int tail)
{
	unsigned int head = ipsec_outer_len(tx->ep) +
			    sizeof(struct ipsec_esp_hdr) +
			    LL_RESERVED_SPACE(tx->outer.dst->dev);
	int more_head, more_tail, err;

	err = skb_linearize_cow(skb);
	if (unlikely(err))
		return err;
	more_head = head - min(head, skb_headroom(skb));
	more_tail = tail - min_t(unsigned int, tail, skb_tailroom(skb));
	if (likely(!more_head && !more_tail))
		return 0;
	/* the next packets are made with enough room */
	if (head > READ_ONCE(tx->idev->dev->needed_headroom))
		WRITE_ONCE(tx->idev->dev->needed_headroom, head);
	return pskb_expand_head(skb, SKB_DATA_ALIGN(more_head), more_tail,
				GFP_ATOMIC);
}

/*
 * RFC 4303 2: what goes behind the inner packet
 *
 *   inner packet | 1 2 3 .. | pad length | next header | ICV
 *                  \-- pad --/
 *
 * Return: length of the text to encrypt.
 */
static unsigned int tx_trailer(struct sk_buff *skb, const struct tx *tx,
			       unsigned int pad)
{
	unsigned int len = skb->len;
	u8 *tail = skb_put(skb, pad + IPSEC_ESP_TRAILER + tx->sa->alg->icv_len);
	unsigned int i;

	for (i = 0; i < pad; i++)
		*tail++ = i + 1;
	*tail++ = pad;
	*tail = tx->nexthdr;
	return len + pad + IPSEC_ESP_TRAILER;
}

/* One packet, or one segment: ESP around it, and to the cipher; consumes it */
static void tx_seal(struct sk_buff *skb, const struct tx *tx, u64 seq)
{
	const struct ipsec_alg *alg = tx->sa->alg;
	unsigned int len, pad, inner_len = skb->len;
	struct ipsec_esp_hdr *esp;
	struct ipsec_crypt *c;

	pad = -(inner_len + IPSEC_ESP_TRAILER) & (alg->align - 1);
	if (unlikely(tx_make_room(skb, tx, pad + IPSEC_ESP_TRAILER +
				  alg->icv_len)))
		goto drop_nomem;
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		goto drop_nomem;
	c = ipsec_crypt_get(tx->sa);
	if (unlikely(!c))
		goto drop_nomem;

	skb_scrub_packet(skb, !net_eq(tx->idev->net, dev_net(tx->idev->dev)));
	skb_dst_set(skb, dst_clone(tx->outer.dst));
	*tx_cb(skb) = (struct tx_cb){
		.local = tx->outer.local,
		.remote = tx->ep->remote,
		.len = inner_len,
		.tos = tx->tos,
		.df = tx->df,
	};

	len = tx_trailer(skb, tx, pad);
	esp = skb_push(skb, sizeof(*esp));
	esp->spi = tx->sa->id.spi;
	esp->seq = cpu_to_be32((u32)seq);
	esp->iv = cpu_to_be64(seq);

	c->skb = skb;
	c->seq = seq;
	c->done = tx_done;
	ipsec_crypt_seal(c, (u8 *)(esp + 1), len, &esp->iv);
	return;

drop_nomem:
	/* the number is spent: no other packet may use it */
	ipsec_stats_drop(tx->idev, tx->sa, IFIPSEC_DROP_TX_NOMEM, 1);
	kfree_skb(skb);
}

/* A list of segments, or one packet; consumes all of it */
static void tx_list(struct sk_buff *list, const struct tx *tx)
{
	struct sk_buff *skb, *next;
	unsigned int n = 0, got;
	u64 seq = 0;

	for (skb = list; skb; skb = skb->next)
		n++;
	got = ipsec_sa_seq_reserve(tx->sa, n, &seq);
	if (unlikely(got < n))
		ipsec_stats_drop(tx->idev, tx->sa, IFIPSEC_DROP_TX_SEQ_OVERFLOW,
				 n - got);

	skb_list_walk_safe(list, skb, next) {
		skb_mark_not_on_list(skb);
		if (likely(got)) {
			got--;
			tx_seal(skb, tx, seq++);
		} else {
			kfree_skb(skb);
		}
	}
}

/* Split a GSO packet.  Return: the list, or NULL and the packet is dropped. */
static struct sk_buff *tx_segment(struct sk_buff *skb, const struct tx *tx)
{
	struct sk_buff *segs;

	if (!skb_is_gso(skb))
		return skb;
	segs = skb_gso_segment(skb, 0);
	if (IS_ERR(segs)) {
		ipsec_stats_drop(tx->idev, tx->sa, IFIPSEC_DROP_TX_GSO_ERR, 1);
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

static bool tx_fits(const struct sk_buff *skb, unsigned int mtu)
{
	return skb_is_gso(skb) ? skb_gso_validate_network_len(skb, mtu) :
				 skb->len <= mtu;
}

/* Tell the sender of a packet that is too big: RFC 1191, RFC 8201 */
static void tx_send_too_big(struct sk_buff *skb, const struct tx *tx,
			    unsigned int mtu)
{
	skb_dst_update_pmtu_no_confirm(skb, mtu);
	if (tx->nexthdr == IPPROTO_IPIP)
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			      htonl(mtu));
	else
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
}

/*
 * Does the packet fit the way to the peer?  If not, one that may be fragmented is
 * encrypted whole and the outer packet is fragmented; the sender of the others is
 * told.  The MTUs that every link must have (IPv4 68, IPv6 1280) are always
 * offered, and made good with outer fragments.
 */
static bool tx_check_mtu(struct sk_buff *skb, struct tx *tx)
{
	unsigned int mtu = ipsec_mtu_inner(tx->sa, tx->ep,
					   dst_mtu(tx->outer.dst));
	bool ipv4 = tx->nexthdr == IPPROTO_IPIP;
	unsigned int least = ipv4 ? IPV4_MIN_MTU : IPV6_MIN_MTU;

	tx->df = !ipv4 || ip_hdr(skb)->frag_off & htons(IP_DF);
	if (likely(tx_fits(skb, mtu)))
		return true;
	if (!tx->df)
		return true;
	if (tx_fits(skb, least)) {
		tx->df = false;
		return true;
	}
	tx_send_too_big(skb, tx, max(mtu, least));
	return false;
}

/* A packet that cannot be sent: its sender learns it from an ICMP error */
static void tx_send_unreachable(struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	else if (skb->protocol == htons(ETH_P_IPV6))
		icmpv6_ndo_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH,
				0);
}

/* Is it an IP packet?  Whose is it, and how is it marked? */
static bool tx_classify(struct sk_buff *skb, struct tx *tx)
{
	skb_reset_network_header(skb);
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		if (!pskb_may_pull(skb, sizeof(struct iphdr)) ||
		    ip_hdr(skb)->version != 4 || ip_hdr(skb)->ihl < 5 ||
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

/*
 * From the packet to the SA and the route.  Return: true, and a reference to the
 * route is held; or false with the reason of the drop.
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
	tx->sa = rcu_dereference(tx->peer->tx);
	tx->ep = rcu_dereference(tx->peer->endpoint);
	if (unlikely(!tx->sa || !tx->ep))
		goto unreachable;

	err = ipsec_outer_route(tx->idev, tx->ep, &tx->outer);
	*reason = err == -ELOOP ? IFIPSEC_DROP_TX_LOOP :
				  IFIPSEC_DROP_TX_NO_ROUTE;
	if (unlikely(err))
		goto unreachable;

	*reason = IFIPSEC_DROP_TX_TOO_BIG;
	if (unlikely(!tx_check_mtu(skb, tx))) {
		dst_release(tx->outer.dst);
		return false;
	}
	return true;

unreachable:
	tx_send_unreachable(skb);
	return false;
}

static void tx_packet(struct sk_buff *skb, struct ipsec_dev *idev)
{
	struct tx tx = { .idev = idev };
	enum ifipsec_drop reason;

	if (unlikely(!tx_resolve(skb, &tx, &reason))) {
		ipsec_stats_drop(idev, tx.sa, reason, 1);
		kfree_skb(skb);
		return;
	}
	skb = tx_segment(skb, &tx);
	if (likely(skb))
		tx_list(skb, &tx);
	dst_release(tx.outer.dst);
}

netdev_tx_t ipsec_transmit(struct sk_buff *skb, struct net_device *dev)
{
	struct ipsec_dev *idev = netdev_priv(dev);

	skb = skb_share_check(skb, GFP_ATOMIC);
	if (unlikely(!skb)) {
		ipsec_stats_drop(idev, NULL, IFIPSEC_DROP_TX_NOMEM, 1);
		return NETDEV_TX_OK;
	}

	if (unlikely(__this_cpu_inc_return(tx_depth) > TX_DEPTH_MAX)) {
		ipsec_stats_drop(idev, NULL, IFIPSEC_DROP_TX_LOOP, 1);
		kfree_skb(skb);
	} else {
		rcu_read_lock();
		tx_packet(skb, idev);
		rcu_read_unlock();
	}
	__this_cpu_dec(tx_depth);
	return NETDEV_TX_OK;
}
