// SPDX-License-Identifier: GPL-2.0-only
/*
 * replay.c - anti-replay window (RFC 4303 3.4.3) and the high half of extended
 * sequence numbers (RFC 4303 appendix A).
 *
 * Pure arithmetic: no packet, no SA.  tests/unit compiles this file in user space.
 */
#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include "replay.h"
#endif

/*
 * The bitmap is a ring: number s has bit s % BITS_PER_LONG of word
 * (s / BITS_PER_LONG) % words.  It has at least one word more than the window
 * needs, so the word that the top enters next holds nothing but history and is
 * cleared as a whole (RFC 6479).
 *
 *      top - window + 1            top
 *           |<----- window -------->|
 *   ..|..old..|........|........|...|....|  redundant word, next to be cleared
 */
static u32 replay_word(const struct ipsec_replay *r, u64 seq)
{
	return (seq / BITS_PER_LONG) & (r->words - 1);
}

static bool replay_seen(const struct ipsec_replay *r, u64 seq)
{
	return READ_ONCE(r->bitmap[replay_word(r, seq)]) &
	       (1UL << (seq % BITS_PER_LONG));
}

int ipsec_replay_init(struct ipsec_replay *r, u32 window, u64 top)
{
	spin_lock_init(&r->lock);
	r->window = window;
	r->top = top;
	r->words = 0;
	r->bitmap = NULL;
	if (!window)
		return 0;

	r->words = roundup_pow_of_two(DIV_ROUND_UP(window, BITS_PER_LONG) + 1);
	r->bitmap = kcalloc(r->words, sizeof(*r->bitmap), GFP_KERNEL_ACCOUNT);
	if (!r->bitmap)
		return -ENOMEM;
	/* what was received before us is not known: all of it counts */
	if (top)
		memset(r->bitmap, 0xff, r->words * sizeof(*r->bitmap));
	/* numbers above the top, in the word of the top, are still free */
	if (top)
		r->bitmap[replay_word(r, top)] =
			~0UL >> (BITS_PER_LONG - 1 - top % BITS_PER_LONG);
	return 0;
}

void ipsec_replay_free(struct ipsec_replay *r)
{
	kfree(r->bitmap);
	r->bitmap = NULL;
}

u64 ipsec_replay_seq64(const struct ipsec_replay *r, u32 low)
{
	u64 top = READ_ONCE(r->top);
	u32 top_low = (u32)top;
	u32 high = top >> 32;
	/* left edge of the window, modulo 2^32 */
	u32 left = top_low - r->window + 1;

	if (top_low >= r->window - 1) {
		/* the window is within one subspace: below it means the next */
		if (low < left && ++high == 0)
			return 0;
	} else if (low >= left) {
		/* the window reaches back into the subspace before */
		if (high-- == 0)
			return 0;
	}
	return (u64)high << 32 | low;
}

enum ipsec_replay_verdict ipsec_replay_check(const struct ipsec_replay *r,
					     u64 seq)
{
	u64 top;

	if (!r->window)
		return IPSEC_REPLAY_OK;
	if (!seq)
		return IPSEC_REPLAY_OLD;
	top = READ_ONCE(r->top);
	if (seq > top)
		return IPSEC_REPLAY_OK;
	if (top - seq >= r->window)
		return IPSEC_REPLAY_OLD;
	return replay_seen(r, seq) ? IPSEC_REPLAY_DUP : IPSEC_REPLAY_OK;
}

/* Caller holds r->lock; seq is right of the top */
static void replay_slide(struct ipsec_replay *r, u64 seq)
{
	u64 from = r->top / BITS_PER_LONG;
	u64 steps = min_t(u64, seq / BITS_PER_LONG - from, r->words);

	while (steps--)
		WRITE_ONCE(r->bitmap[++from & (r->words - 1)], 0);
	WRITE_ONCE(r->top, seq);
}

enum ipsec_replay_verdict ipsec_replay_update(struct ipsec_replay *r, u64 seq)
{
	enum ipsec_replay_verdict verdict;
	unsigned long *word;

	if (!r->window) {
		/* no check, but the highest number is worth showing */
		if (seq > READ_ONCE(r->top))
			WRITE_ONCE(r->top, seq);
		return IPSEC_REPLAY_OK;
	}

	spin_lock(&r->lock);
	/* again: another CPU may have moved the window meanwhile */
	verdict = ipsec_replay_check(r, seq);
	if (verdict == IPSEC_REPLAY_OK) {
		if (seq > r->top)
			replay_slide(r, seq);
		word = &r->bitmap[replay_word(r, seq)];
		WRITE_ONCE(*word, *word | 1UL << (seq % BITS_PER_LONG));
	}
	spin_unlock(&r->lock);
	return verdict;
}

bool ipsec_replay_advance(struct ipsec_replay *r, u64 seq)
{
	bool ok;

	spin_lock_bh(&r->lock);
	ok = seq >= r->top;
	if (ok && !r->window) {
		WRITE_ONCE(r->top, seq);
	} else if (ok) {
		memset(r->bitmap, 0xff, r->words * sizeof(*r->bitmap));
		r->bitmap[replay_word(r, seq)] =
			~0UL >> (BITS_PER_LONG - 1 - seq % BITS_PER_LONG);
		WRITE_ONCE(r->top, seq);
	}
	spin_unlock_bh(&r->lock);
	return ok;
}
