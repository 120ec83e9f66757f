/* SPDX-License-Identifier: GPL-2.0-only */
/* life.h - the limits of an SA, and what happens when they are met (RFC 4301 4.4.2.1). */
#ifndef _IPSEC_LIFE_H
#define _IPSEC_LIFE_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/if_ipsec.h>

struct ipsec_sa;

/* One limit: 0 is none */
struct ipsec_limit {
	u64 soft;
	u64 hard;
};

/* The limits of an SA, constant once it is made */
struct ipsec_life_config {
	struct ipsec_limit bytes;	/* of inner packets */
	struct ipsec_limit packets;
	struct ipsec_limit seconds;	/* since it was made */
};

/* What an SA has that has limits; most have none */
struct ipsec_life {
	struct ipsec_sa *sa;
	struct ipsec_life_config limits;
	atomic64_t bytes;		/* used so far */
	atomic64_t packets;
	struct delayed_work timer;	/* the next limit in seconds */
};

/* Bits of ipsec_sa.met: enum ifipsec_expire.  The even ones are the hard limits. */
#define IPSEC_LIFE_HARD							\
	(BIT(IFIPSEC_EXPIRE_SEQ_HARD) | BIT(IFIPSEC_EXPIRE_BYTES_HARD) |	\
	 BIT(IFIPSEC_EXPIRE_PACKETS_HARD) | BIT(IFIPSEC_EXPIRE_SECONDS_HARD))

/** ipsec_life_any() - is there any limit? */
bool ipsec_life_any(const struct ipsec_life_config *limits);

/**
 * ipsec_life_alloc() - what an SA with limits needs
 *
 * Context: may sleep.  Return: it, to be freed with kfree(); or NULL.
 */
struct ipsec_life *ipsec_life_alloc(struct ipsec_sa *sa,
				    const struct ipsec_life_config *limits);

/** ipsec_life_start() - the SA is installed: its time runs.  ipsec_net.lock held. */
void ipsec_life_start(struct ipsec_sa *sa);

/** ipsec_life_stop() - the SA is removed, its reference killed; ipsec_net.lock held */
void ipsec_life_stop(struct ipsec_sa *sa);

/**
 * ipsec_life_take() - may a packet be sent or delivered?
 * @sa: an SA with limits
 * @bytes: length of the inner packet
 *
 * Counts the packet if so: no hard limit is ever exceeded.  Context: BH disabled.
 */
bool ipsec_life_take(struct ipsec_sa *sa, unsigned int bytes);

/** ipsec_life_met() - note that a limit was met, and tell it once.  Any context. */
void ipsec_life_met(struct ipsec_sa *sa, enum ifipsec_expire which);

/** ipsec_life_tell() - work: the events for the limits that were met */
void ipsec_life_tell(struct work_struct *work);

#endif /* _IPSEC_LIFE_H */
