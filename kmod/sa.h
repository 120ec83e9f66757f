/* SPDX-License-Identifier: GPL-2.0-only */
/* sa.h - the life of a security association. */
#ifndef _IPSEC_SA_H
#define _IPSEC_SA_H

#include "ipsec.h"
#include "life.h"

struct ipsec_alg;
struct netlink_ext_ack;

/* What an SA is made of; checked by the caller but for what the cipher says */
struct ipsec_sa_config {
	__be32 spi;
	u8 proto;			/* IPPROTO_ESP or IPPROTO_AH */
	u8 dir;				/* enum ifipsec_dir */
	u8 mode;			/* enum ifipsec_mode */
	bool esn;
	bool insecure;			/* weak algorithms may be used */
	bool ah_align8;
	bool replace;			/* outbound: swap the one in use */
	const struct ipsec_alg *encr;	/* NULL with AH */
	const struct ipsec_alg *auth;	/* NULL: the cipher's, or none */
	const void *key;		/* of encr: key, then salt */
	const void *auth_key;		/* of auth: likewise */
	unsigned int key_len;		/* bytes */
	unsigned int auth_key_len;
	u32 replay_window;		/* inbound; 0: off */
	u64 seq;			/* last sent, or highest received */
	u16 tfc;			/* outbound: pad to this length, 0: not */
	struct ipsec_life_config life;
};

/**
 * ipsec_sa_create() - make an SA that belongs to no peer yet
 *
 * Context: process, may sleep and load modules; no locks needed.
 * Return: the SA or ERR_PTR; the sentence is in @extack.
 */
struct ipsec_sa *ipsec_sa_create(const struct ipsec_sa_config *cfg,
				 struct netlink_ext_ack *extack);

/** ipsec_sa_free() - free an SA that was never installed */
void ipsec_sa_free(struct ipsec_sa *sa);

/**
 * ipsec_sa_install() - give an SA to a peer; packets use it from here on
 * @replace: an outbound SA takes the place of the one in use, atomically
 *
 * Context: rtnl and ipsec_net.lock held.
 * Return: 0; on an error the SA is still the caller's.
 */
int ipsec_sa_install(struct ipsec_peer *peer, struct ipsec_sa *sa, bool replace,
		     struct netlink_ext_ack *extack);

/**
 * ipsec_sa_remove() - take an SA from its peer and let it go
 *
 * Packets in the hands of the cipher finish with it; it is freed after the last.
 * Context: ipsec_net.lock held.
 */
void ipsec_sa_remove(struct ipsec_sa *sa);

/**
 * ipsec_sa_seq_reserve() - take a range of sequence numbers
 * @sa: outbound
 * @n: how many are wanted
 * @first: the first of them
 *
 * A number is never given twice and never wraps (RFC 4303 3.3.3).
 * Context: any.  Return: how many were left, 0..n.
 */
static inline unsigned int ipsec_sa_seq_reserve(struct ipsec_sa *sa, unsigned int n,
						u64 *first)
{
	s64 old = atomic64_read(&sa->tx_seq);
	u64 left;

	do {
		left = sa->seq_max - (u64)old;
		if (unlikely(left < n))
			n = left;
		if (unlikely(!n))
			return 0;
	} while (!atomic64_try_cmpxchg(&sa->tx_seq, &old, old + n));

	*first = (u64)old + 1;
	if (unlikely(left == n))
		ipsec_life_met(sa, IFIPSEC_EXPIRE_SEQ_HARD);
	else if (unlikely((u64)old + n >= sa->seq_soft))
		ipsec_life_met(sa, IFIPSEC_EXPIRE_SEQ_SOFT);
	return n;
}

/**
 * ipsec_sa_seq_advance() - move the sequence number forward by hand
 *
 * Context: ipsec_net.lock held.  Return: false if it would go back.
 */
bool ipsec_sa_seq_advance(struct ipsec_sa *sa, u64 seq);

/** ipsec_sa_usable() - may the SA still send?  Any context. */
static inline bool ipsec_sa_usable(const struct ipsec_sa *sa)
{
	return !(READ_ONCE(sa->met) & IPSEC_LIFE_HARD);
}

/**
 * ipsec_sa_alive() - does a packet fit into what is left of an SA's life?
 * @sa: the SA or NULL
 * @bytes: length of the inner packet, which is counted if so
 *
 * Context: BH disabled.
 */
static inline bool ipsec_sa_alive(struct ipsec_sa *sa, unsigned int bytes)
{
	return !sa || likely(!sa->life) || ipsec_life_take(sa, bytes);
}

int ipsec_sa_init(void);
void ipsec_sa_exit(void);

#endif /* _IPSEC_SA_H */
