// SPDX-License-Identifier: GPL-2.0-only
/*
 * life.c - the limits of an SA in bytes, packets and seconds (those in sequence
 * numbers are sa.c's), and the events when they are met.  A packet takes its share
 * before it is sent or delivered, so a hard limit is never exceeded, however many
 * processors send.
 */
#include <linux/slab.h>
#include "event.h"
#include "life.h"
#include "peer.h"
#include "trace.h"

bool ipsec_life_any(const struct ipsec_life_config *limits)
{
	return memchr_inv(limits, 0, sizeof(*limits));
}

/* The first limit in seconds that is not met yet, from now on: jiffies; 0: none */
static unsigned long life_next(const struct ipsec_sa *sa)
{
	const struct ipsec_limit *seconds = &sa->life->limits.seconds;
	u64 age = ktime_get_boottime_seconds() - sa->born;
	u64 next = 0;

	if (seconds->hard && !(sa->met & BIT(IFIPSEC_EXPIRE_SECONDS_HARD)))
		next = seconds->hard;
	if (seconds->soft && !(sa->met & BIT(IFIPSEC_EXPIRE_SECONDS_SOFT)) &&
	    (!next || seconds->soft < next))
		next = seconds->soft;
	if (!next)
		return 0;
	next = next > age ? next - age : 0;
	/* far away: look again in a day */
	return max_t(unsigned long, 1, min_t(u64, next, 86400) * HZ);
}

/* ipsec_net.lock held */
static void life_arm(struct ipsec_sa *sa)
{
	unsigned long delay = life_next(sa);

	if (!delay)
		return;
	percpu_ref_get(&sa->ref);
	if (!queue_delayed_work(ipsec_wq, &sa->life->timer, delay))
		percpu_ref_put(&sa->ref);
}

static void life_timer(struct work_struct *work)
{
	struct ipsec_life *life = container_of(to_delayed_work(work),
					       struct ipsec_life, timer);
	struct ipsec_sa *sa = life->sa;
	struct ipsec_net *in = ipsec_net(sa->idev->net);
	u64 age = ktime_get_boottime_seconds() - sa->born;
	const struct ipsec_limit *seconds = &life->limits.seconds;

	if (seconds->soft && age >= seconds->soft)
		ipsec_life_met(sa, IFIPSEC_EXPIRE_SECONDS_SOFT);
	if (seconds->hard && age >= seconds->hard)
		ipsec_life_met(sa, IFIPSEC_EXPIRE_SECONDS_HARD);
	/* ipsec_life_stop() runs under the lock: it finds the timer, or we find this */
	mutex_lock(&in->lock);
	if (!percpu_ref_is_dying(&sa->ref))
		life_arm(sa);
	mutex_unlock(&in->lock);
	percpu_ref_put(&sa->ref);
}

struct ipsec_life *ipsec_life_alloc(struct ipsec_sa *sa,
				    const struct ipsec_life_config *limits)
{
	struct ipsec_life *life = kzalloc(sizeof(*life), GFP_KERNEL_ACCOUNT);

	if (!life)
		return NULL;
	life->sa = sa;
	life->limits = *limits;
	INIT_DELAYED_WORK(&life->timer, life_timer);
	return life;
}

void ipsec_life_start(struct ipsec_sa *sa)
{
	if (sa->life)
		life_arm(sa);
}

void ipsec_life_stop(struct ipsec_sa *sa)
{
	/* one that runs gives its reference back itself */
	if (sa->life && cancel_delayed_work(&sa->life->timer))
		percpu_ref_put(&sa->ref);
}

/* Take @n of what is left to a hard limit; tell when a limit is met by it */
static bool life_use(struct ipsec_sa *sa, atomic64_t *used, u64 n,
		     const struct ipsec_limit *limit, enum ifipsec_expire soft,
		     enum ifipsec_expire hard)
{
	s64 old = atomic64_read(used);

	do {
		if (limit->hard && (u64)old + n > limit->hard) {
			ipsec_life_met(sa, hard);
			return false;
		}
	} while (!atomic64_try_cmpxchg(used, &old, old + n));
	if (limit->soft && (u64)old + n >= limit->soft)
		ipsec_life_met(sa, soft);
	if (limit->hard && (u64)old + n == limit->hard)
		ipsec_life_met(sa, hard);
	return true;
}

bool ipsec_life_take(struct ipsec_sa *sa, unsigned int bytes)
{
	struct ipsec_life *life = sa->life;

	if (READ_ONCE(sa->met) & IPSEC_LIFE_HARD & ~BIT(IFIPSEC_EXPIRE_SEQ_HARD))
		return false;
	return life_use(sa, &life->packets, 1, &life->limits.packets,
			IFIPSEC_EXPIRE_PACKETS_SOFT,
			IFIPSEC_EXPIRE_PACKETS_HARD) &&
	       life_use(sa, &life->bytes, bytes, &life->limits.bytes,
			IFIPSEC_EXPIRE_BYTES_SOFT, IFIPSEC_EXPIRE_BYTES_HARD);
}

void ipsec_life_met(struct ipsec_sa *sa, enum ifipsec_expire which)
{
	if (test_bit(which, &sa->met) || test_and_set_bit(which, &sa->met))
		return;
	percpu_ref_get(&sa->ref);
	if (!queue_work(ipsec_wq, &sa->expire_work))
		percpu_ref_put(&sa->ref);
}

void ipsec_life_tell(struct work_struct *work)
{
	struct ipsec_sa *sa = container_of(work, struct ipsec_sa, expire_work);
	struct ipsec_net *in = ipsec_net(sa->idev->net);
	unsigned long news;
	unsigned int which;

	mutex_lock(&in->lock);
	news = READ_ONCE(sa->met) & ~sa->told;
	sa->told |= news;
	for_each_set_bit(which, &news, BITS_PER_LONG) {
		trace_ipsec_sa(sa, "limit", which);
		ipsec_event_expire(sa, which);
	}
	ipsec_peer_update_usable(sa->peer);
	mutex_unlock(&in->lock);
	percpu_ref_put(&sa->ref);
}
