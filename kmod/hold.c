// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold.c - the first packets of a peer that has no SA yet wait, bounded in number,
 * bytes and time, while a key daemon that was told (ACQUIRE) negotiates one; then
 * they are sent in the order in which they came, and others behind them.  Where no
 * key daemon listens nothing waits.
 *
 * Each work that is queued holds a reference to the peer and to its netdevice.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include "drop.h"
#include "event.h"
#include "hold.h"
#include "ipsec.h"
#include "path.h"
#include "peer.h"

static void hold_queue_work(struct ipsec_peer *peer, struct work_struct *work)
{
	ipsec_peer_hold(peer);
	if (!queue_work(ipsec_wq, work))
		ipsec_peer_unhold(peer);
}

/* Count packets of which @skb is the first, and tell who listens */
static void hold_count_drop(struct ipsec_peer *peer, const struct sk_buff *skb,
			    enum ifipsec_drop reason, unsigned int n)
{
	rcu_read_lock();
	ipsec_drop(&(struct ipsec_drop){
		.idev = peer->idev,
		.peer = peer,
		.reason = reason,
		.packets = n,
		.dir = IFIPSEC_DIR_OUT,
		.inner = skb_network_header(skb),
	});
	rcu_read_unlock();
}

/* Drop all that waits */
static void hold_drop(struct ipsec_peer *peer, enum ifipsec_drop reason)
{
	struct ipsec_hold *hold = &peer->hold;
	struct sk_buff_head queue;
	unsigned int n;

	__skb_queue_head_init(&queue);
	spin_lock_bh(&hold->queue.lock);
	skb_queue_splice_init(&hold->queue, &queue);
	hold->bytes = 0;
	WRITE_ONCE(hold->active, false);
	n = skb_queue_len(&queue);
	if (n)
		hold_count_drop(peer, skb_peek(&queue), reason, n);
	spin_unlock_bh(&hold->queue.lock);
	__skb_queue_purge(&queue);
}

static void hold_acquire(struct work_struct *work)
{
	struct ipsec_peer *peer = container_of(work, struct ipsec_peer,
					       hold.acquire);
	struct ipsec_net *in = ipsec_net(peer->idev->net);
	struct ipsec_flow flow;
	bool waits = false;
	struct sk_buff *skb;

	mutex_lock(&in->lock);
	spin_lock_bh(&peer->hold.queue.lock);
	skb = skb_peek(&peer->hold.queue);
	if (skb) {
		waits = true;
		flow = ipsec_event_flow(skb);
	}
	spin_unlock_bh(&peer->hold.queue.lock);
	if (waits)
		ipsec_event_acquire(peer, &flow);
	mutex_unlock(&in->lock);
	ipsec_peer_unhold(peer);
}

/* One after the other; what comes meanwhile queues behind them */
static void hold_send(struct ipsec_peer *peer)
{
	struct ipsec_hold *hold = &peer->hold;
	struct sk_buff *skb;

	for (;;) {
		spin_lock(&hold->queue.lock);
		skb = __skb_dequeue(&hold->queue);
		if (skb)
			hold->bytes -= skb->len;
		else
			WRITE_ONCE(hold->active, false);
		spin_unlock(&hold->queue.lock);
		if (!skb)
			return;
		ipsec_transmit_held(skb, peer->idev);
	}
}

static void hold_release(struct work_struct *work)
{
	struct ipsec_peer *peer = container_of(work, struct ipsec_peer,
					       hold.release);

	local_bh_disable();
	hold_send(peer);
	local_bh_enable();
	ipsec_peer_unhold(peer);
}

static void hold_timeout(struct work_struct *work)
{
	struct ipsec_peer *peer = container_of(to_delayed_work(work),
					       struct ipsec_peer, hold.timeout);

	hold_drop(peer, IFIPSEC_DROP_TX_HOLD_TIMEOUT);
	ipsec_peer_unhold(peer);
}

void ipsec_hold_init(struct ipsec_peer *peer)
{
	struct ipsec_hold *hold = &peer->hold;

	skb_queue_head_init(&hold->queue);
	INIT_WORK(&hold->acquire, hold_acquire);
	INIT_WORK(&hold->release, hold_release);
	INIT_DELAYED_WORK(&hold->timeout, hold_timeout);
}

/*
 * Its route may go while it waits.  Its sender must not wait as well, with all that
 * it has to say to others; nor keep its socket and its namespace when it is gone.
 * How much waits is bounded here.  Not under the lock: a socket may do anything.
 */
static void hold_detach(struct sk_buff *skb)
{
	skb_dst_force(skb);
	skb_orphan(skb);
}

/* Under the lock: append, if there is room.  Consumes the packet. */
static void hold_append(struct ipsec_peer *peer, struct sk_buff *skb)
{
	struct ipsec_hold *hold = &peer->hold;

	if (skb_queue_len(&hold->queue) >= IFIPSEC_HOLD_PACKETS ||
	    hold->bytes + skb->len > IFIPSEC_HOLD_BYTES) {
		hold_count_drop(peer, skb, IFIPSEC_DROP_TX_HOLD_FULL, 1);
		kfree_skb(skb);
		return;
	}
	hold->bytes += skb->len;
	__skb_queue_tail(&hold->queue, skb);
}

/* Under the lock: is it time to tell the key daemon (again)? */
static bool hold_wants_acquire(struct ipsec_hold *hold)
{
	if (hold->acquired && time_before(jiffies, hold->acquired + HZ))
		return false;
	hold->acquired = jiffies ?: 1;
	return true;
}

/* Under the lock: the first packet that waits sets the clock */
static void hold_begin(struct ipsec_peer *peer)
{
	struct ipsec_hold *hold = &peer->hold;

	WRITE_ONCE(hold->active, true);
	ipsec_peer_hold(peer);
	if (!queue_delayed_work(ipsec_wq, &hold->timeout,
				IFIPSEC_HOLD_SECONDS * HZ))
		ipsec_peer_unhold(peer);
	/* it may have become usable before this was seen */
	if (READ_ONCE(peer->usable))
		hold_queue_work(peer, &hold->release);
}

bool ipsec_hold_packet(struct ipsec_peer *peer, struct sk_buff *skb)
{
	struct ipsec_hold *hold = &peer->hold;
	bool held = false;

	if (!ipsec_event_key_daemon(peer->idev))
		return false;
	hold_detach(skb);
	spin_lock(&hold->queue.lock);
	if (!hold->closed) {
		if (!hold->active)
			hold_begin(peer);
		hold_append(peer, skb);
		if (hold_wants_acquire(hold))
			hold_queue_work(peer, &hold->acquire);
		held = true;
	}
	spin_unlock(&hold->queue.lock);
	return held;
}

bool ipsec_hold_behind(struct ipsec_peer *peer, struct sk_buff *skb)
{
	struct ipsec_hold *hold = &peer->hold;
	bool waits;

	hold_detach(skb);
	spin_lock(&hold->queue.lock);
	waits = hold->active;
	if (waits)
		hold_append(peer, skb);
	spin_unlock(&hold->queue.lock);
	return waits;
}

void ipsec_hold_release(struct ipsec_peer *peer)
{
	if (!ipsec_hold_waits(&peer->hold))
		return;
	/* one that runs gives its references back itself */
	if (cancel_delayed_work(&peer->hold.timeout))
		ipsec_peer_unhold(peer);
	hold_queue_work(peer, &peer->hold.release);
}

void ipsec_hold_purge(struct ipsec_peer *peer)
{
	spin_lock_bh(&peer->hold.queue.lock);
	peer->hold.closed = true;
	spin_unlock_bh(&peer->hold.queue.lock);
	if (cancel_delayed_work(&peer->hold.timeout))
		ipsec_peer_unhold(peer);
	hold_drop(peer, IFIPSEC_DROP_TX_NO_SA);
}
