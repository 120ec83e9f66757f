// SPDX-License-Identifier: GPL-2.0-only
/*
 * drop.c - the end of packets that are not passed on: they are counted, and while
 * somebody listens to the group "audit" there are events of them (RFC 4301 5.2,
 * RFC 4302 and 4303 4).  Anybody can make us drop packets, so the events of each
 * reason are limited; what they leave out is counted and told by the next, or by a
 * summary a moment later.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/timekeeping.h>
#include <net/ipv6.h>
#include "drop.h"
#include "ipsec.h"
#include "netlink.h"
#include "stats.h"

/* The reason of what is no drop: in the place behind the last of them */
#define DROP_UNKNOWN_SPI	__IFIPSEC_DROP_MAX

/* Between two tokens of a limit, and until a summary: jiffies */
#define DROP_INTERVAL		(HZ / IFIPSEC_AUDIT_RATE)
#define DROP_SUMMARY		HZ

/* Upper bound of a message, but for the interface */
#define DROP_SIZE	(2 * nla_total_size(0) +			\
			 nla_total_size(IFIPSEC_PEER_NAME_MAX + 1) +	\
			 8 * nla_total_size(4) + 4 * nla_total_size(16) + \
			 2 * nla_total_size_64bit(8))

/* What an event says */
struct drop_event {
	const struct ipsec_drop *drop;	/* NULL: a summary */
	unsigned int reason;		/* enum ifipsec_drop, DROP_UNKNOWN_SPI */
	u8 proto;			/* IPPROTO_ESP, .. */
	__be32 spi;			/* 0: none */
	u32 count;			/* packets */
};

bool ipsec_drop_heard(struct net *net)
{
	return genl_has_listeners(&ipsec_genl_family, net, IPSEC_NL_AUDIT);
}

/* Source and destination of an IP header, as the attribute @src and the next one */
static int drop_put_addrs(struct sk_buff *msg, int src, const void *hdr)
{
	const struct ipv6hdr *ip6h = hdr;
	const struct iphdr *iph = hdr;

	if (iph->version == 4 ?
	    nla_put_in_addr(msg, src, iph->saddr) ||
	    nla_put_in_addr(msg, src + 1, iph->daddr) :
	    nla_put_in6_addr(msg, src, &ip6h->saddr) ||
	    nla_put_in6_addr(msg, src + 1, &ip6h->daddr))
		return -EMSGSIZE;
	return 0;
}

static int drop_put_flowlabel(struct sk_buff *msg, const void *hdr)
{
	if (!hdr || ((const struct iphdr *)hdr)->version != 6)
		return 0;
	return nla_put_u32(msg, IFIPSEC_DROP_A_FLOWLABEL,
			   ntohl(ip6_flowlabel(hdr)));
}

static int drop_put_inner(struct sk_buff *msg, const void *hdr)
{
	const struct iphdr *iph = hdr;
	u8 proto = iph->version == 4 ? iph->protocol :
				       ((const struct ipv6hdr *)hdr)->nexthdr;

	if (drop_put_addrs(msg, IFIPSEC_DROP_A_INNER_SRC, hdr) ||
	    nla_put_u8(msg, IFIPSEC_DROP_A_INNER_PROTO, proto))
		return -EMSGSIZE;
	return 0;
}

/* What we send has no outer header yet: where it was to go */
static int drop_put_endpoint(struct sk_buff *msg, const struct ipsec_peer *peer)
{
	const struct ipsec_endpoint *ep = rcu_dereference(peer->endpoint);

	if (ep && (ipsec_nl_put_addr(msg, IFIPSEC_DROP_A_OUTER_SRC, &ep->local) ||
		   ipsec_nl_put_addr(msg, IFIPSEC_DROP_A_OUTER_DST, &ep->remote)))
		return -EMSGSIZE;
	return 0;
}

static const struct ipsec_peer *drop_peer(const struct ipsec_drop *drop)
{
	return drop->sa ? drop->sa->peer : drop->peer;
}

static int drop_put_packet(struct sk_buff *msg, const struct ipsec_drop *drop)
{
	const struct ipsec_peer *peer = drop_peer(drop);
	int err = 0;

	if (drop->outer)
		err = drop_put_addrs(msg, IFIPSEC_DROP_A_OUTER_SRC, drop->outer);
	else if (peer && drop->dir == IFIPSEC_DIR_OUT)
		err = drop_put_endpoint(msg, peer);
	if (!err && drop->inner)
		err = drop_put_inner(msg, drop->inner);
	if (!err)
		err = drop_put_flowlabel(msg, drop->outer ?: drop->inner);
	if (err || nla_put_u8(msg, IFIPSEC_DROP_A_DIR, drop->dir) ||
	    (drop->seq && nla_put_u64_64bit(msg, IFIPSEC_DROP_A_SEQ, drop->seq,
					    IFIPSEC_DROP_A_PAD)))
		return -EMSGSIZE;
	return 0;
}

static int drop_put_nest(struct sk_buff *msg, const struct drop_event *event)
{
	struct nlattr *nest = nla_nest_start(msg, IFIPSEC_A_DROP);

	if (!nest ||
	    (event->reason == DROP_UNKNOWN_SPI ?
	     nla_put_flag(msg, IFIPSEC_DROP_A_UNKNOWN_SPI) :
	     nla_put_u32(msg, IFIPSEC_DROP_A_REASON, event->reason)) ||
	    nla_put_u32(msg, IFIPSEC_DROP_A_COUNT, event->count) ||
	    nla_put_u64_64bit(msg, IFIPSEC_DROP_A_TIME, ktime_get_real_ns(),
			      IFIPSEC_DROP_A_PAD) ||
	    (event->proto &&
	     (nla_put_u8(msg, IFIPSEC_DROP_A_PROTO, event->proto) ||
	      nla_put_be32(msg, IFIPSEC_DROP_A_SPI, event->spi))) ||
	    (event->drop && drop_put_packet(msg, event->drop)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int drop_put(struct sk_buff *msg, const struct drop_event *event)
{
	const struct ipsec_drop *drop = event->drop;
	const struct ipsec_peer *peer = drop ? drop_peer(drop) : NULL;

	if ((drop && drop->idev && ipsec_nl_fill_name(msg, drop->idev)) ||
	    (peer && ipsec_nl_fill_peer_name(msg, peer)))
		return -EMSGSIZE;
	return drop_put_nest(msg, event);
}

/* Return: false when there was no memory for it */
static bool drop_send(struct net *net, const struct drop_event *event, gfp_t gfp)
{
	struct sk_buff *msg = genlmsg_new(ipsec_nl_name_size() + DROP_SIZE, gfp);
	void *hdr;

	if (!msg)
		return false;
	hdr = genlmsg_put(msg, 0, 0, &ipsec_genl_family, 0, IFIPSEC_CMD_DROP_NTF);
	if (!hdr || drop_put(msg, event)) {
		nlmsg_free(msg);
		return false;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(&ipsec_genl_family, net, msg, 0, IPSEC_NL_AUDIT,
				gfp);
	return true;
}

/* Under the lock: packets that no event tells of, until the next one or a summary */
static void drop_leave_out(struct ipsec_audit *audit, unsigned int reason, u32 n)
{
	audit->limits[reason].left_out += n;
	if (!audit->closed)
		queue_delayed_work(ipsec_wq, &audit->summary, DROP_SUMMARY);
}

/* Under the lock: what was left out, and now is told */
static u32 drop_take(struct ipsec_audit *audit, unsigned int reason)
{
	u32 n = audit->limits[reason].left_out;

	audit->limits[reason].left_out = 0;
	return n;
}

/* Under the lock: may there be one more event? */
static bool drop_token(struct ipsec_drop_limit *limit)
{
	unsigned long n = (jiffies - limit->filled) / DROP_INTERVAL;

	if (n >= IFIPSEC_AUDIT_BURST - limit->tokens) {
		limit->tokens = IFIPSEC_AUDIT_BURST;
		limit->filled = jiffies;
	} else {
		limit->tokens += n;
		limit->filled += n * DROP_INTERVAL;
	}
	if (!limit->tokens)
		return false;
	limit->tokens--;
	return true;
}

/* @event->count is that of the packets; those that were left out come to it */
static void drop_tell(struct net *net, struct drop_event *event)
{
	struct ipsec_audit *audit = &ipsec_net(net)->audit;
	bool tell;

	spin_lock(&audit->lock);
	tell = drop_token(&audit->limits[event->reason]);
	if (tell)
		event->count += drop_take(audit, event->reason);
	else
		drop_leave_out(audit, event->reason, event->count);
	spin_unlock(&audit->lock);
	if (!tell || drop_send(net, event, GFP_ATOMIC))
		return;
	spin_lock(&audit->lock);
	drop_leave_out(audit, event->reason, event->count);
	spin_unlock(&audit->lock);
}

void ipsec_drop(const struct ipsec_drop *drop)
{
	struct drop_event event = {
		.drop = drop,
		.reason = drop->reason,
		.count = drop->packets,
	};
	struct net *net = drop->idev->net;

	ipsec_stats_drop(drop->idev, drop->sa, drop->reason, drop->packets);
	if (likely(!ipsec_drop_heard(net)))
		return;
	if (drop->sa) {
		event.proto = drop->sa->id.proto;
		event.spi = drop->sa->id.spi;
	}
	drop_tell(net, &event);
}

void ipsec_drop_unknown(const struct sk_buff *skb, u8 proto, __be32 spi, u32 seq)
{
	const struct ipsec_drop drop = {
		.dir = IFIPSEC_DIR_IN,
		.seq = seq,
		.outer = skb_network_header(skb),
	};
	struct drop_event event = {
		.drop = &drop,
		.reason = DROP_UNKNOWN_SPI,
		.proto = proto,
		.spi = spi,
		.count = 1,
	};

	drop_tell(dev_net(skb->dev), &event);
}

static void drop_summary(struct work_struct *work)
{
	struct ipsec_audit *audit = container_of(to_delayed_work(work),
						 struct ipsec_audit, summary);
	struct drop_event event = { };

	for (; event.reason <= DROP_UNKNOWN_SPI; event.reason++) {
		spin_lock_bh(&audit->lock);
		event.count = drop_take(audit, event.reason);
		spin_unlock_bh(&audit->lock);
		if (!event.count || drop_send(audit->net, &event, GFP_KERNEL))
			continue;
		spin_lock_bh(&audit->lock);
		drop_leave_out(audit, event.reason, event.count);
		spin_unlock_bh(&audit->lock);
	}
}

void ipsec_drop_init(struct ipsec_net *in, struct net *net)
{
	struct ipsec_audit *audit = &in->audit;
	unsigned int i;

	spin_lock_init(&audit->lock);
	INIT_DELAYED_WORK(&audit->summary, drop_summary);
	audit->net = net;
	for (i = 0; i <= DROP_UNKNOWN_SPI; i++) {
		audit->limits[i].tokens = IFIPSEC_AUDIT_BURST;
		audit->limits[i].filled = jiffies;
	}
}

/* Packets for unknown SPIs may still come, as long as there are devices */
void ipsec_drop_exit(struct ipsec_net *in)
{
	spin_lock_bh(&in->audit.lock);
	in->audit.closed = true;
	spin_unlock_bh(&in->audit.lock);
	cancel_delayed_work_sync(&in->audit.summary);
}
