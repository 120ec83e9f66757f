/* SPDX-License-Identifier: GPL-2.0-only */
/* replay.h - the anti-replay window of an inbound SA and the high half of ESN. */
#ifndef _IPSEC_REPLAY_H
#define _IPSEC_REPLAY_H

#ifdef __KERNEL__
#include <linux/spinlock.h>
#include <linux/types.h>
#endif

/* RFC 4303 3.4.3; the bitmap is a ring of words as in RFC 6479 */
struct ipsec_replay {
	spinlock_t lock;	/* top and the bitmap; taken in replay.c only */
	u32 window;		/* numbers that may arrive late; 0: no check */
	u32 words;		/* of the bitmap, a power of two */
	u64 top;		/* highest number received */
	unsigned long *bitmap;	/* bit set: this number was received */
};

enum ipsec_replay_verdict {
	IPSEC_REPLAY_OK,
	IPSEC_REPLAY_DUP,	/* received before */
	IPSEC_REPLAY_OLD,	/* left of the window, or zero */
};

/**
 * ipsec_replay_init() - make an empty window
 * @r: the window
 * @window: its size in sequence numbers; 0 accepts everything
 * @top: the highest number received so far; all up to it count as received
 *
 * Context: process, may sleep.  Return: 0 or -ENOMEM.
 */
int ipsec_replay_init(struct ipsec_replay *r, u32 window, u64 top);

/** ipsec_replay_free() - give back what ipsec_replay_init() took */
void ipsec_replay_free(struct ipsec_replay *r);

/**
 * ipsec_replay_seq64() - the full sequence number of a packet on an ESN SA
 * @r: the window; must not be of size 0
 * @low: the 32 bits on the wire
 *
 * RFC 4303 appendix A2.2.  Context: any.  Takes no lock: the result is only a
 * guess until the packet is authenticated with it.
 *
 * Return: the number, or 0 if it would lie before the first or after the last.
 */
u64 ipsec_replay_seq64(const struct ipsec_replay *r, u32 low);

/**
 * ipsec_replay_check() - would this number be accepted?
 *
 * Cheap and without lock, before the cipher runs; a hint, the answer is given
 * by ipsec_replay_update().  Context: any.
 */
enum ipsec_replay_verdict ipsec_replay_check(const struct ipsec_replay *r,
					     u64 seq);

/**
 * ipsec_replay_update() - accept a number once, and move the window
 *
 * For authenticated packets only.  Context: BH disabled; takes the lock.
 */
enum ipsec_replay_verdict ipsec_replay_update(struct ipsec_replay *r, u64 seq);

/**
 * ipsec_replay_advance() - move the top forward by hand
 *
 * Everything up to @seq then counts as received.  Context: process; takes the
 * lock.  Return: false, and nothing changed, if the top is beyond @seq.
 */
bool ipsec_replay_advance(struct ipsec_replay *r, u64 seq);

#endif /* _IPSEC_REPLAY_H */
