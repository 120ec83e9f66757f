// SPDX-License-Identifier: GPL-2.0-only
/*
 * spread.c - many CPUs for one SA.
 *
 *   submit   the lane of the peer    op 1 | op 2 | op 3 | ..   in order
 *            the pool of all CPUs    op 1 | op 2 | op 3 | ..   for whoever has time
 *   helper   takes an operation from the pool, lets the cipher work, says it is over
 *   home     takes from the front of the lane what is over, and calls done
 *
 * The CPU that submits polls (NAPI, in softirq) after what it does now, until the pool
 * is empty; others are woken by an interrupt to do the same while the pool is long.  So
 * nothing waits for a CPU that has no time, but for what it has taken.  A lane has one
 * CPU as its home, because what leaves on several is reordered by the queues behind.
 *
 * Nobody helps while one CPU is enough: each counts what its packets cost, and shares
 * them from spread_busy per cent of its time on.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/sched/isolation.h>
#include <linux/smp.h>
#include "compat/netdevice.h"
#include "crypt.h"
#include "ipsec.h"
#include "spread.h"
#include "stats.h"

/* So much work in the pool is worth an interrupt on another CPU: operations */
#define POOL_WORTH	6
/* So many are taken from it at a time */
#define POOL_TAKE	4
/* So many leave before others have their turn */
#define LEAVE_MAX	64
/* A batch of this length is worth spreading, wherever it comes from: packets */
#define BATCH_WORTH	8

/*
 * A lane stays in use for so long after the CPU was busy, and at home where it is for so
 * long after it was used: what left there may still be in a queue.  In jiffies.
 */
#define LANE_LINGER	(HZ / 10)

/* One of the CPUs that help each other */
struct spread_cpu {
	struct napi_struct napi;
	int cpu;
	bool awake;			/* it polls, or is going to */
	unsigned long called;		/* bit 0: an interrupt is on its way to it */
	call_single_data_t csd;		/* that interrupt */
	spinlock_t lock;		/* ripe */
	struct list_head ripe;		/* lanes at home here that something leaves from */

	/* how busy it is; written by this CPU only */
	unsigned long slice;		/* the jiffy that is counted */
	u32 count;			/* packets in it so far */
	u32 cost;			/* of a packet: nanoseconds */
	bool hot;			/* the jiffy before was busy */
};

static DEFINE_PER_CPU(struct spread_cpu, spread_cpus);

/* Operations that no CPU has begun */
static struct {
	spinlock_t lock;		/* the others */
	u32 len;			/* of ops; also read without the lock */
	struct list_head ops;		/* struct ipsec_crypt.pool_node */
} pool = {
	.lock = __SPIN_LOCK_UNLOCKED(pool.lock),
	.ops = LIST_HEAD_INIT(pool.ops),
};

/* NAPI belongs to a device; this one is in no namespace, and nobody sees it */
static struct net_device *spread_dev;

/* The administrator's choice of CPUs that may be asked for help */
static struct cpumask spread_allowed;

static int spread_cpus_set(const char *val, const struct kernel_param *kp)
{
	cpumask_var_t mask;
	int err;

	if (!alloc_cpumask_var(&mask, GFP_KERNEL))
		return -ENOMEM;
	err = cpulist_parse(val, mask);
	if (!err)
		cpumask_copy(&spread_allowed, mask);
	free_cpumask_var(mask);
	return err;
}

static int spread_cpus_get(char *buffer, const struct kernel_param *kp)
{
	return cpumap_print_to_pagebuf(true, buffer, &spread_allowed);
}

static const struct kernel_param_ops spread_cpus_ops = {
	.set = spread_cpus_set,
	.get = spread_cpus_get,
};

module_param_cb(spread_cpus, &spread_cpus_ops, NULL, 0644);
MODULE_PARM_DESC(spread_cpus,
		 "CPUs that may be asked to help others with encryption and decryption, as a list (default: all that are not isolated)");

unsigned int ipsec_spread_busy = 25;
module_param_named(spread_busy, ipsec_spread_busy, uint, 0644);
MODULE_PARM_DESC(spread_busy,
		 "Per cent of a CPU's time, spent on encryption and decryption, from which on others help it; 0: always, even alone (default: 25)");

static unsigned int spread_queue = 2048;
module_param(spread_queue, uint, 0644);
MODULE_PARM_DESC(spread_queue,
		 "Packets of a peer, in one direction, that are shared by CPUs at a time; others are dropped (default: 2048)");

void ipsec_lane_init(struct ipsec_lane *lane)
{
	spin_lock_init(&lane->lock);
	lane->leaving = false;
	lane->home = 0;
	lane->len = 0;
	lane->left = NULL;
	lane->used = jiffies;
	lane->home_used = jiffies;
	lane->until = jiffies;
	atomic_set(&lane->later, 0);
	INIT_LIST_HEAD(&lane->ops);
	INIT_LIST_HEAD(&lane->ripe);
}

/* May this CPU be asked for help?  It does its own work in any case. */
static bool spread_may_call(int cpu)
{
	return cpu_online(cpu) && housekeeping_cpu(cpu, HK_TYPE_DOMAIN) &&
	       housekeeping_cpu(cpu, HK_TYPE_TICK);
}

/* Is this a good part of a jiffy? */
static bool spread_is_much(const struct spread_cpu *sc)
{
	return (u64)sc->count * sc->cost >=
		(u64)READ_ONCE(ipsec_spread_busy) * (TICK_NSEC / 100);
}

/* The jiffy is over: was it a busy one? */
static void spread_next_slice(struct spread_cpu *sc, unsigned long now)
{
	WRITE_ONCE(sc->hot, now - sc->slice == 1 && spread_is_much(sc));
	WRITE_ONCE(sc->slice, now);
	sc->count = 0;
}

/* Is there more work on this CPU than one should do? */
static bool spread_is_busy(const struct spread_cpu *sc)
{
	return sc->hot || spread_is_much(sc);
}

/* Once packets are spread, all of the lane are for a while: none overtakes another */
static bool lane_in_use(const struct ipsec_lane *lane, bool may)
{
	return READ_ONCE(lane->len) ||
	       (may && time_before(jiffies, READ_ONCE(lane->until)));
}

enum ipsec_spread __ipsec_spread_choose(struct ipsec_lane *lane,
					const struct ipsec_dev *idev, unsigned int n)
{
	struct spread_cpu *sc = this_cpu_ptr(&spread_cpus);
	bool may = READ_ONCE(idev->policy.spread) && !atomic_read(&lane->later);
	bool in_use = lane_in_use(lane, may);
	unsigned long now = jiffies;
	bool first = now - sc->slice;

	if (first)
		spread_next_slice(sc, now);
	sc->count += n;
	/* a packet that a process sends by itself has nothing to share */
	if (spread_is_busy(sc) && may &&
	    (in_use || n >= BATCH_WORTH || in_serving_softirq()))
		WRITE_ONCE(lane->until, jiffies + LANE_LINGER);
	else if (likely(!in_use))
		return first ? IPSEC_SPREAD_MEASURE : IPSEC_SPREAD_NO;
	return READ_ONCE(lane->len) < READ_ONCE(spread_queue) ?
		IPSEC_SPREAD_YES : IPSEC_SPREAD_FULL;
}

void ipsec_spread_measured(u64 ns, unsigned int n)
{
	struct spread_cpu *sc = this_cpu_ptr(&spread_cpus);
	u32 cost = min_t(u64, div_u64(ns, n), NSEC_PER_MSEC);

	sc->cost = sc->cost ? (3 * sc->cost + cost) / 4 : cost;
}

/* A CPU shall poll; which one, if it is not there any more, does not matter */
static void spread_wake(struct spread_cpu *sc)
{
	/* what it is woken for is in the list before it is seen not to be awake */
	smp_mb();
	if (READ_ONCE(sc->awake) || test_and_set_bit(0, &sc->called))
		return;
	if (sc->cpu != smp_processor_id() &&
	    !smp_call_function_single_async(sc->cpu, &sc->csd))
		return;
	WRITE_ONCE(sc->awake, true);
	clear_bit(0, &sc->called);
	napi_schedule(&sc->napi);
}

/* On the CPU that was called, in hard interrupt context */
static void spread_called(void *data)
{
	struct spread_cpu *sc = data;

	WRITE_ONCE(sc->awake, true);
	clear_bit(0, &sc->called);
	napi_schedule_irqoff(&sc->napi);
}

/* Has it enough to do by itself?  Then it polls the pool anyway. */
static bool spread_has_own(const struct spread_cpu *sc)
{
	return READ_ONCE(sc->hot) &&
	       time_before_eq(jiffies, READ_ONCE(sc->slice) + 1);
}

/* As many others as the pool is worth, beginning with those behind us */
static void spread_call_help(u32 waiting)
{
	int me = smp_processor_id(), cpu;
	struct spread_cpu *sc;

	for_each_cpu_wrap(cpu, &spread_allowed, me) {
		if (waiting <= POOL_WORTH)
			break;
		if (cpu == me || !spread_may_call(cpu))
			continue;
		sc = per_cpu_ptr(&spread_cpus, cpu);
		waiting -= POOL_WORTH;
		if (!spread_has_own(sc))
			spread_wake(sc);
	}
}

/* @n operations of an SA, with one reference to it for all that are in the lane */
static void lane_add(struct ipsec_lane *lane, struct ipsec_sa *sa,
		     struct list_head *batch, u32 n)
{
	int me = smp_processor_id();

	spin_lock(&lane->lock);
	if (!lane->len && (time_after(jiffies, lane->used + LANE_LINGER) ||
			   time_after(jiffies, lane->home_used + HZ)))
		lane->home = me;
	lane->used = jiffies;
	if (lane->home == me)
		lane->home_used = jiffies;
	if (!sa->in_lane)
		percpu_ref_get(&sa->ref);
	sa->in_lane += n;
	WRITE_ONCE(lane->len, lane->len + n);
	list_splice_tail_init(batch, &lane->ops);
	spin_unlock(&lane->lock);
}

void ipsec_spread_submit(struct ipsec_lane *lane, struct list_head *batch)
{
	struct ipsec_sa *sa = NULL;
	struct ipsec_crypt *c;
	u32 waiting, n = 0;
	LIST_HEAD(ops);

	list_for_each_entry(c, batch, lane_node) {
		ipsec_crypt_hold(c, lane);
		sa = c->sa;
		c->over = false;
		c->cpu = smp_processor_id();
		list_add_tail(&c->pool_node, &ops);
		n++;
	}
	if (!n)
		return;
	lane_add(lane, sa, batch, n);

	spin_lock(&pool.lock);
	list_splice_tail(&ops, &pool.ops);
	waiting = pool.len + n;
	WRITE_ONCE(pool.len, waiting);
	spin_unlock(&pool.lock);

	spread_wake(this_cpu_ptr(&spread_cpus));
	spread_call_help(waiting);
}

/* Return: how many, up to POOL_TAKE */
static unsigned int pool_take(struct ipsec_crypt *ops[])
{
	struct ipsec_crypt *c, *next;
	unsigned int n = 0;

	if (!READ_ONCE(pool.len))
		return 0;
	spin_lock(&pool.lock);
	list_for_each_entry_safe(c, next, &pool.ops, pool_node) {
		list_del(&c->pool_node);
		ops[n] = c;
		if (++n == POOL_TAKE)
			break;
	}
	WRITE_ONCE(pool.len, pool.len - n);
	spin_unlock(&pool.lock);
	return n;
}

/* One has left.  Return: its SA if it was the last of it, for percpu_ref_put(), or NULL. */
static struct ipsec_sa *lane_left(struct ipsec_lane *lane)
{
	struct ipsec_sa *sa = lane->left;

	if (!sa)
		return NULL;
	lane->left = NULL;
	WRITE_ONCE(lane->len, lane->len - 1);
	return --sa->in_lane ? NULL : sa;
}

/*
 * The front of a lane, if its cipher is done with it; otherwise the caller takes no
 * more from it, and whoever ends the operation that is there now comes back to it.
 */
static struct ipsec_crypt *lane_take(struct ipsec_lane *lane)
{
	struct ipsec_crypt *c;
	struct ipsec_sa *last;

	spin_lock(&lane->lock);
	last = lane_left(lane);
	c = list_first_entry_or_null(&lane->ops, struct ipsec_crypt, lane_node);
	if (c && c->over)
		list_del(&c->lane_node);
	else
		c = NULL;
	lane->leaving = c;
	spin_unlock(&lane->lock);
	if (last)
		percpu_ref_put(&last->ref);
	return c;
}

/* Something may leave from a lane, and only its home says so to anybody */
static void lane_ripe(struct ipsec_lane *lane, struct spread_cpu *home)
{
	spin_lock(&home->lock);
	list_add_tail(&lane->ripe, &home->ripe);
	spin_unlock(&home->lock);
	spread_wake(home);
}

/*
 * Let go what is over, or the first of it.  The caller has made itself the one who does.
 * The last to leave may let go of the peer; RCU keeps its memory.
 */
static void lane_leave(struct ipsec_lane *lane, struct spread_cpu *home)
{
	struct ipsec_crypt *c;
	struct ipsec_sa *sa;
	unsigned int n;

	for (n = 0; n < LEAVE_MAX; n++) {
		c = lane_take(lane);
		if (!c)
			return;
		sa = c->sa;
		c->done(c, c->err);
		lane->left = sa;
	}
	lane_ripe(lane, home);
}

void ipsec_spread_passed(struct ipsec_lane *lane)
{
	spin_lock(&lane->lock);
	if (!lane->len) {
		lane->home = smp_processor_id();
		lane->used = jiffies;
		lane->home_used = jiffies;
	}
	spin_unlock(&lane->lock);
}

void ipsec_spread_over(struct ipsec_crypt *c)
{
	struct ipsec_lane *lane = c->lane;
	struct spread_cpu *home;
	bool leave;

	spin_lock(&lane->lock);
	c->over = true;
	/* from here on, unless it is the front, it is somebody else's */
	leave = !lane->leaving &&
		list_first_entry(&lane->ops, struct ipsec_crypt, lane_node) == c;
	if (leave)
		lane->leaving = true;
	home = per_cpu_ptr(&spread_cpus, lane->home);
	spin_unlock(&lane->lock);
	if (!leave)
		return;

	if (home->cpu == smp_processor_id())
		lane_leave(lane, home);
	else
		lane_ripe(lane, home);
}

static struct ipsec_lane *spread_take_ripe(struct spread_cpu *sc)
{
	struct ipsec_lane *lane;

	if (list_empty(&sc->ripe))
		return NULL;
	spin_lock(&sc->lock);
	lane = list_first_entry_or_null(&sc->ripe, struct ipsec_lane, ripe);
	if (lane)
		list_del_init(&lane->ripe);
	spin_unlock(&sc->lock);
	return lane;
}

static bool spread_has_work(const struct spread_cpu *sc)
{
	return !list_empty(&sc->ripe) || READ_ONCE(pool.len);
}

/* What is at home here leaves first; then some of whoever's.  Return: how much it was. */
static unsigned int spread_step(struct spread_cpu *sc)
{
	struct ipsec_lane *lane = spread_take_ripe(sc);
	struct ipsec_crypt *ops[POOL_TAKE];
	unsigned int i, n;

	if (lane) {
		lane_leave(lane, sc);
		return 1;
	}
	n = pool_take(ops);
	for (i = 0; i < n; i++) {
		ipsec_stats_spread(ops[i]->sa->idev,
				   ops[i]->cpu != smp_processor_id());
		ipsec_crypt_run(ops[i]);
	}
	return n;
}

static int spread_poll(struct napi_struct *napi, int budget)
{
	struct spread_cpu *sc = container_of(napi, struct spread_cpu, napi);
	int work = 0, n;

	rcu_read_lock();
	do {
		n = spread_step(sc);
		work += n;
	} while (n && work < budget);
	rcu_read_unlock();
	if (work >= budget)
		return budget;

	WRITE_ONCE(sc->awake, false);
	if (napi_complete_done(napi, work)) {
		/* who adds work now sees that we sleep, or we see the work */
		smp_mb();
		if (spread_has_work(sc))
			spread_wake(sc);
	}
	return work;
}

static void spread_init_cpu(int cpu)
{
	struct spread_cpu *sc = per_cpu_ptr(&spread_cpus, cpu);

	sc->cpu = cpu;
	spin_lock_init(&sc->lock);
	INIT_LIST_HEAD(&sc->ripe);
	INIT_CSD(&sc->csd, spread_called, sc);
	netif_napi_add(spread_dev, &sc->napi, spread_poll);
	napi_enable(&sc->napi);
}

int __init ipsec_spread_init(void)
{
	int cpu;

	spread_dev = ipsec_compat_alloc_dummy();
	if (!spread_dev)
		return -ENOMEM;
	if (cpumask_empty(&spread_allowed))
		cpumask_copy(&spread_allowed, cpu_possible_mask);
	for_each_possible_cpu(cpu)
		spread_init_cpu(cpu);
	return 0;
}

static void spread_nop(void *unused)
{
}

/* No lane is left, but somebody may have been called for work that others have done */
void ipsec_spread_exit(void)
{
	struct spread_cpu *sc;
	int cpu;

	on_each_cpu(spread_nop, NULL, 1);
	for_each_possible_cpu(cpu) {
		sc = per_cpu_ptr(&spread_cpus, cpu);
		napi_disable(&sc->napi);
		netif_napi_del(&sc->napi);
	}
	ipsec_compat_free_dummy(spread_dev);
}
