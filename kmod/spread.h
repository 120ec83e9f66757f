/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spread.h - many CPUs for one SA: the cipher operations of a peer are done by several
 * CPUs, and end in the order in which they came.
 */
#ifndef _IPSEC_SPREAD_H
#define _IPSEC_SPREAD_H

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct ipsec_crypt;
struct ipsec_dev;
struct ipsec_sa;

/*
 * The ordered queue of one peer and direction.  It is empty while one CPU is enough:
 * operations are then done where they come up.
 */
struct ipsec_lane {
	spinlock_t lock;		/* all of this but ripe; taken in spread.c only */
	bool leaving;			/* somebody takes from the front */
	int home;			/* CPU on which they leave */
	u32 len;			/* of ops, and the one that leaves just now */
	struct ipsec_sa *left;		/* of who has just left; only for who takes next */
	unsigned long used;		/* jiffies when the last one came */
	unsigned long home_used;	/* the same, from there */
	unsigned long until;		/* jiffies: it is in use so long; without the lock */
	struct list_head ops;		/* struct ipsec_crypt.lane_node, in order */
	atomic_t later;			/* operations that a cipher keeps, not of ops */
	struct list_head ripe;		/* in struct spread_cpu.ripe, under its lock */
};

/* What to do with packets of a lane */
enum ipsec_spread {
	IPSEC_SPREAD_NO,		/* encrypt or decrypt them here and now */
	IPSEC_SPREAD_MEASURE,		/* the same; then ipsec_spread_measured() */
	IPSEC_SPREAD_YES,		/* ipsec_spread_submit() */
	IPSEC_SPREAD_FULL,		/* drop them: too many are under way */
};

/** ipsec_lane_init() - make an empty lane.  Any context. */
void ipsec_lane_init(struct ipsec_lane *lane);

/* Module parameter spread_busy: per cent of a CPU's time, 0: spread always */
extern unsigned int ipsec_spread_busy;

enum ipsec_spread __ipsec_spread_choose(struct ipsec_lane *lane,
					const struct ipsec_dev *idev, unsigned int n);

/**
 * ipsec_spread_choose() - shall other CPUs help with these packets?
 * @lane: of their peer and direction
 * @n: how many they are
 *
 * Yes, if this CPU spends a good part of its time on ciphers, the interface allows it,
 * and there are other CPUs; or if earlier packets are still on their way, which must
 * not be overtaken.  Not while an asynchronous cipher keeps packets that were not
 * spread: it has an order of its own.  Context: BH disabled.
 */
static inline enum ipsec_spread ipsec_spread_choose(struct ipsec_lane *lane,
						    const struct ipsec_dev *idev,
						    unsigned int n)
{
	if (num_online_cpus() == 1 && likely(!READ_ONCE(lane->len)) &&
	    READ_ONCE(ipsec_spread_busy))
		return IPSEC_SPREAD_NO;
	return __ipsec_spread_choose(lane, idev, n);
}

/**
 * ipsec_spread_measured() - what packets cost that were not spread
 * @ns: all of them: nanoseconds
 *
 * Context: BH disabled, as since ipsec_spread_choose().
 */
void ipsec_spread_measured(u64 ns, unsigned int n);

/**
 * ipsec_spread_submit() - operations that the CPUs share
 * @batch: list of struct ipsec_crypt.lane_node, prepared, of one SA, in order; empty
 *	afterwards
 *
 * Keeps that SA.  done of each is called in the order of all that were
 * submitted to the lane, one at a time, in softirq or with BH disabled, in an RCU read
 * section.  Context: BH disabled, RCU read section in which the SAs were found.
 */
void ipsec_spread_submit(struct ipsec_lane *lane, struct list_head *batch);

/**
 * ipsec_spread_passed() - a packet of the peer leaves here that was not submitted
 *
 * Of an asynchronous cipher, which may end on any CPU: this is the lane's home now, for
 * those that are.  Context: BH disabled.
 */
void ipsec_spread_passed(struct ipsec_lane *lane);

/** ipsec_spread_over() - the cipher is done with an operation.  BH disabled. */
void ipsec_spread_over(struct ipsec_crypt *c);

int ipsec_spread_init(void);
void ipsec_spread_exit(void);

#endif /* _IPSEC_SPREAD_H */
