// SPDX-License-Identifier: GPL-2.0-only
/*
 * natt.c - NAT traversal (RFC 3948): keepalives towards the NAT, and
 * the event when a peer's packets come from elsewhere.  What arrives in UDP comes
 * through the kernel's UDP_ENCAP_ESPINUDP sockets: protocol.c.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/ipv6.h>
#include "event.h"
#include "ipsec.h"
#include "natt.h"
#include "outer.h"
#include "peer.h"

/* RFC 3948 2.3: one byte */
#define KEEPALIVE	0xff

/*
 * How often in the interval it is looked whether something was sent: a silence of
 * one interval and a quarter is the longest
 */
#define NATT_LOOKS	4

/* The packet; the route is its dst.  Return: NULL without memory. */
static struct sk_buff *keepalive_build(struct ipsec_dev *idev,
				       const struct ipsec_endpoint *ep,
				       const struct ipsec_outer *out)
{
	const struct ipsec_outer_hdr h = {
		.remote = &ep->remote,
		.local = &out->local,
		.proto = IPPROTO_UDP,
	};
	unsigned int head = LL_RESERVED_SPACE(out->dst->dev) +
			    sizeof(struct ipv6hdr) + sizeof(struct udphdr);
	struct sk_buff *skb = alloc_skb(head + 1, GFP_ATOMIC);

	if (!skb)
		return NULL;
	skb_reserve(skb, head);
	*(u8 *)skb_put(skb, 1) = KEEPALIVE;
	ipsec_outer_write_udp(skb_push(skb, sizeof(struct udphdr)), ep, 1);
	skb_dst_set(skb, dst_clone(out->dst));
	skb->dev = idev->dev;
	skb_push(skb, ipsec_outer_len(ep));
	ipsec_outer_write(skb, idev, &h);
	return skb;
}

static void keepalive_send(struct ipsec_peer *peer)
{
	struct ipsec_endpoint *ep;
	struct ipsec_outer out;
	struct sk_buff *skb;

	local_bh_disable();
	rcu_read_lock();
	ep = rcu_dereference(peer->endpoint);
	if (ep && ep->encap_remote && !ipsec_outer_route(peer->idev, ep, &out)) {
		skb = keepalive_build(peer->idev, ep, &out);
		if (skb)
			ipsec_outer_send(skb, peer->idev, true, true);
		dst_release(out.dst);
	}
	rcu_read_unlock();
	local_bh_enable();
}

static void natt_arm(struct ipsec_peer *peer)
{
	ipsec_peer_hold(peer);
	if (!queue_delayed_work(ipsec_wq, &peer->natt.timer,
				peer->natt.keepalive * HZ / NATT_LOOKS))
		ipsec_peer_unhold(peer);
}

/* If nothing was sent for the whole interval, the NAT is reminded */
static void natt_timer(struct work_struct *work)
{
	struct ipsec_peer *peer = container_of(to_delayed_work(work),
					       struct ipsec_peer, natt.timer);
	struct ipsec_net *in = ipsec_net(peer->idev->net);
	struct ipsec_sa *sa;
	u64 seq;

	mutex_lock(&in->lock);
	if (peer->natt.keepalive) {
		sa = ipsec_locked(peer->idev, peer->tx[IPSEC_ESP]);
		seq = sa ? atomic64_read(&sa->tx_seq) : 0;
		if (seq != peer->natt.last_seq)
			peer->natt.silent = 0;
		else
			peer->natt.silent++;
		if (peer->natt.silent == NATT_LOOKS) {
			peer->natt.silent = 0;
			if (peer->idev->dev->flags & IFF_UP)
				keepalive_send(peer);
		}
		peer->natt.last_seq = seq;
		natt_arm(peer);
	}
	mutex_unlock(&in->lock);
	ipsec_peer_unhold(peer);
}

void ipsec_natt_set_keepalive(struct ipsec_peer *peer, u32 seconds)
{
	peer->natt.keepalive = seconds;
	peer->natt.silent = 0;
	if (cancel_delayed_work(&peer->natt.timer))
		ipsec_peer_unhold(peer);
	if (seconds)
		natt_arm(peer);
}

void ipsec_natt_init_peer(struct ipsec_peer *peer)
{
	INIT_DELAYED_WORK(&peer->natt.timer, natt_timer);
}

/* Process context: the source that natt_note() has kept */
static void natt_tell(struct work_struct *work)
{
	struct ipsec_sa *sa = container_of(work, struct ipsec_sa, mapping.work);
	struct ipsec_net *in = ipsec_net(sa->idev->net);
	struct ipsec_addr addr = { .family = sa->mapping.family };

	memcpy(&addr.v6, sa->mapping.addr, sizeof(addr.v6));
	mutex_lock(&in->lock);
	ipsec_event_mapping(sa, &addr, sa->mapping.port);
	mutex_unlock(&in->lock);
	percpu_ref_put(&sa->ref);
}

void ipsec_natt_init_sa(struct ipsec_sa *sa)
{
	INIT_WORK(&sa->mapping.work, natt_tell);
}

/* At most once a second, however many packets come and from wherever */
static void natt_note(struct ipsec_sa *sa, const struct ipsec_addr *addr,
		      __be16 port)
{
	struct ipsec_mapping *m = &sa->mapping;
	unsigned long next = READ_ONCE(m->next);

	if ((next && time_before(jiffies, next)) || work_pending(&m->work) ||
	    cmpxchg(&m->next, next, (jiffies + HZ) ?: 1) != next)
		return;
	m->family = addr->family;
	m->port = port;
	memcpy(m->addr, &addr->v6, sizeof(m->addr));
	percpu_ref_get(&sa->ref);
	if (!queue_work(ipsec_wq, &m->work))
		percpu_ref_put(&sa->ref);
}

void ipsec_natt_compare(struct ipsec_sa *sa, const struct ipsec_endpoint *ep,
			const struct sk_buff *skb, bool udp)
{
	const struct udphdr *uh = (const struct udphdr *)(skb->data - sizeof(*uh));
	__be16 port = udp ? uh->source : 0;
	struct ipsec_addr addr = { };

	if (ip_hdr(skb)->version == 4) {
		addr.family = AF_INET;
		addr.v4 = ip_hdr(skb)->saddr;
	} else {
		addr.family = AF_INET6;
		addr.v6 = ipv6_hdr(skb)->saddr;
	}
	if (port != ep->encap_remote || !ipsec_addr_equal(&addr, &ep->remote))
		natt_note(sa, &addr, port);
}
