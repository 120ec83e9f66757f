/* SPDX-License-Identifier: GPL-2.0-only */
/* crypt.h - one cipher operation on one packet, without allocation. */
#ifndef _IPSEC_CRYPT_H
#define _IPSEC_CRYPT_H

#include <crypto/aead.h>
#include <linux/scatterlist.h>
#include <linux/skbuff.h>
#include "ipsec.h"

/* Of AH: a copy of the header in front of it, as the ICV sees it: bytes */
#define IPSEC_CRYPT_HDR		128

/*
 * The state of one operation.  It comes from a per-CPU cache of one; when the
 * cipher keeps it (asynchronous), or it waits for a CPU (spread.h), the next packet
 * allocates another.  References to its SAs are taken then, and only then: otherwise
 * all is over before the RCU read section ends that they were found in.
 */
struct ipsec_crypt {
	struct sk_buff *skb;		/* owned until done is called */
	struct ipsec_sa *sa;
	u64 seq;			/* full sequence number */
	void (*done)(struct ipsec_crypt *c, int err);
	bool special;			/* what is to be undone: pair, batch, kept, hdr */

	/* transmit, ESP inside AH: the other of the two */
	struct ipsec_sa *pair;
	u64 pair_seq;

	/* spread over CPUs */
	struct list_head *batch;	/* where it is collected, NULL: it is not */
	struct ipsec_lane *lane;	/* the peer's, which keeps the SA; NULL: not submitted */
	struct list_head lane_node;	/* in batch, then in lane */
	struct list_head pool_node;
	int cpu;			/* that submitted it */
	bool decrypt;			/* what the cipher does with it */
	bool over;			/* it may leave the lane */

	/* when the cipher keeps it, or another CPU */
	atomic_t state;			/* enum crypt_state */
	bool kept;			/* references are held to pair, and sa if not in a lane */
	int err;			/* its result */

	/* AH */
	u8 *hdr;			/* this or memory of its own */
	u8 hdr_buf[IPSEC_CRYPT_HDR];
	u8 icv[IPSEC_ICV_MAX];
	__be32 seq_hi;
	struct scatterlist sg[4];	/* what is authenticated, and the ICV */

	/* ESP */
	struct scatterlist esp[3];	/* aad; text; ICV */
	__be32 aad[3];			/* SPI, [high half,] low half */

	u8 nonce[IPSEC_NONCE_MAX];
	struct aead_request req;	/* last: the cipher's own state follows */
};

DECLARE_PER_CPU(struct ipsec_crypt *, ipsec_crypt_cache);

/* For the following two: what is rare */
struct ipsec_crypt *ipsec_crypt_alloc(const struct ipsec_sa *sa);
void ipsec_crypt_put_slow(struct ipsec_crypt *c);

/**
 * ipsec_crypt_get() - an operation for a packet of an SA
 * @sa: caller is in the RCU read section it was found in
 *
 * Context: BH disabled.  Return: the operation, or NULL without memory.
 */
static inline struct ipsec_crypt *ipsec_crypt_get(struct ipsec_sa *sa)
{
	struct ipsec_crypt *c = NULL;

	if (likely(sa->pooled)) {
		c = __this_cpu_read(ipsec_crypt_cache);
		__this_cpu_write(ipsec_crypt_cache, NULL);
	}
	if (unlikely(!c)) {
		c = ipsec_crypt_alloc(sa);
		if (!c)
			return NULL;
	}
	c->sa = sa;
	return c;
}

/** ipsec_crypt_set_pair() - the other SA of the packet, of the same RCU read section */
static inline void ipsec_crypt_set_pair(struct ipsec_crypt *c,
					struct ipsec_sa *pair, u64 seq)
{
	c->pair = pair;
	c->pair_seq = seq;
	c->special = true;
}

/** ipsec_crypt_collect() - it shall go to a list, for ipsec_spread_submit() */
static inline void ipsec_crypt_collect(struct ipsec_crypt *c, struct list_head *batch)
{
	c->batch = batch;
	c->special = true;
}

/** ipsec_crypt_put() - give back an operation and what references it holds */
static inline void ipsec_crypt_put(struct ipsec_crypt *c)
{
	if (likely(c->sa->pooled && !c->special &&
		   !__this_cpu_read(ipsec_crypt_cache)))
		__this_cpu_write(ipsec_crypt_cache, c);
	else
		ipsec_crypt_put_slow(c);
}

/**
 * ipsec_crypt_seal() - ESP: encrypt in place and append the ICV
 * @c: with skb, sa, seq and done set
 * @text: start of the plaintext, in the linear, unshared part of the packet; the
 *	IV is in front of it
 * @len: its length, without the ICV, for which there is room behind it
 *
 * @c->done is called exactly once, with 0 or a negative error: before this
 * returns, or later from the cipher's context; always in an RCU read section with BH
 * disabled, as this is.  After ipsec_crypt_collect() it is only added to that list.
 */
void ipsec_crypt_seal(struct ipsec_crypt *c, u8 *text, unsigned int len);

/** ipsec_crypt_open() - the reverse; @len includes the ICV; -EBADMSG: forged */
void ipsec_crypt_open(struct ipsec_crypt *c, u8 *text, unsigned int len);

/**
 * ipsec_crypt_sign() - AH: calculate an ICV
 * @c: with skb, sa, seq and done set; sg holds what is authenticated, and the ICV
 * @len: of what is authenticated, without the ICV
 * @iv: of GMAC, or NULL
 *
 * As ipsec_crypt_seal().
 */
void ipsec_crypt_sign(struct ipsec_crypt *c, unsigned int len, const u8 *iv);

/** ipsec_crypt_verify() - the reverse; -EBADMSG: forged */
void ipsec_crypt_verify(struct ipsec_crypt *c, unsigned int len, const u8 *iv);

/**
 * ipsec_crypt_hold() - it goes to a lane: keep its route, and its pair
 *
 * The lane keeps the SA.  Context: the RCU read section of their lookup.
 */
void ipsec_crypt_hold(struct ipsec_crypt *c, struct ipsec_lane *lane);

/** ipsec_crypt_run() - let the cipher do what was prepared.  BH disabled. */
void ipsec_crypt_run(struct ipsec_crypt *c);

/** ipsec_crypt_sa_init() - what is known of operations of an SA by its cipher */
void ipsec_crypt_sa_init(struct ipsec_sa *sa);

int ipsec_crypt_init(void);
void ipsec_crypt_exit(void);

#endif /* _IPSEC_CRYPT_H */
