/* SPDX-License-Identifier: GPL-2.0-only */
/* crypt.h - one cipher operation on one packet, without allocation. */
#ifndef _IPSEC_CRYPT_H
#define _IPSEC_CRYPT_H

#include <crypto/aead.h>
#include <linux/scatterlist.h>
#include <linux/skbuff.h>
#include "ipsec.h"

#define IPSEC_NONCE_LEN		12	/* salt and IV */

/*
 * The state of one operation.  It comes from a per-CPU cache of one; when the
 * cipher keeps it (asynchronous), the next packet allocates another.
 */
struct ipsec_crypt {
	struct sk_buff *skb;		/* owned until done is called */
	struct ipsec_sa *sa;		/* a reference is held */
	u64 seq;			/* full sequence number */
	void (*done)(struct ipsec_crypt *c, int err);
	struct scatterlist sg[2];	/* AAD; text and ICV */
	__be32 aad[3];			/* SPI, [high half,] low half */
	u8 nonce[IPSEC_NONCE_LEN];
	struct aead_request req;	/* last: the cipher's own state follows */
};

/**
 * ipsec_crypt_get() - an operation for a packet of an SA
 * @sa: caller is in the RCU read section it was found in; a reference is taken
 *
 * Context: BH disabled.  Return: the operation, or NULL without memory.
 */
struct ipsec_crypt *ipsec_crypt_get(struct ipsec_sa *sa);

/** ipsec_crypt_put() - give back an operation and its reference to the SA */
void ipsec_crypt_put(struct ipsec_crypt *c);

/**
 * ipsec_crypt_seal() - encrypt in place and append the ICV
 * @c: with skb, sa, seq and done set
 * @text: start of the plaintext, in the linear, unshared part of the packet
 * @len: its length, without the ICV, for which there is room behind it
 * @iv: the 8-byte IV of the packet
 *
 * @c->done is called exactly once, with 0 or a negative error: before this
 * returns, or later from the cipher's context (BH disabled).
 */
void ipsec_crypt_seal(struct ipsec_crypt *c, u8 *text, unsigned int len,
		      const void *iv);

/** ipsec_crypt_open() - the reverse; @len includes the ICV; -EBADMSG: forged */
void ipsec_crypt_open(struct ipsec_crypt *c, u8 *text, unsigned int len,
		      const void *iv);

/** ipsec_crypt_fits() - do operations of this cipher fit the per-CPU cache? */
bool ipsec_crypt_fits(struct crypto_aead *tfm);

int ipsec_crypt_init(void);
void ipsec_crypt_exit(void);

#endif /* _IPSEC_CRYPT_H */
