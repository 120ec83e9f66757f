/* SPDX-License-Identifier: GPL-2.0-only */
/* suite.h - algorithms and keys of an SA, as the one AEAD that serves it. */
#ifndef _IPSEC_SUITE_H
#define _IPSEC_SUITE_H

#include <linux/types.h>

struct crypto_aead;
struct ipsec_alg;
struct ipsec_sa_config;
struct netlink_ext_ack;

#define IPSEC_IV_MAX		16	/* bytes on the wire */
#define IPSEC_NONCE_MAX		16	/* bytes that a cipher takes */
#define IPSEC_ICV_MAX		32	/* bytes on the wire */
#define IPSEC_ALIGN_MAX		16	/* of payload, padding and trailer */

/* How packets of an SA are protected; constant once the SA is made */
struct ipsec_suite {
	struct crypto_aead *tfm;
	const struct ipsec_alg *encr;	/* NULL with AH */
	const struct ipsec_alg *auth;	/* NULL with a combined cipher */
	u8 iv_len;			/* bytes on the wire */
	u8 icv_len;			/* bytes on the wire, without an IV */
	u8 align;			/* of payload, padding and trailer */
	bool random_iv;			/* else the sequence number */
	bool iv_is_ad;			/* the IV is authenticated as data */
	bool all_is_ad;			/* and all else too: nothing is encrypted */
	u8 nonce_off;			/* where in the nonce the IV has its place */
	u8 nonce[IPSEC_NONCE_MAX];	/* what is before and after the IV */
};

/**
 * ipsec_suite_init() - make the AEAD for algorithms and keys
 * @suite: filled in; ipsec_suite_exit() gives back what it holds
 *
 * Context: process, may sleep and load modules.
 * Return: 0 or a negative error; the sentence is in @extack.
 */
int ipsec_suite_init(struct ipsec_suite *suite, const struct ipsec_sa_config *cfg,
		     struct netlink_ext_ack *extack);

/** ipsec_suite_exit() - give back the AEAD; may sleep */
void ipsec_suite_exit(struct ipsec_suite *suite);

/** ipsec_suite_driver() - the name of the implementation in use */
const char *ipsec_suite_driver(const struct ipsec_suite *suite);

/**
 * ipsec_suite_alg_driver() - the implementation that an algorithm would get here
 * @name: room for CRYPTO_MAX_ALG_NAME bytes
 *
 * Context: process, may sleep and load modules.  Return: is there one?
 */
bool ipsec_suite_alg_driver(const struct ipsec_alg *alg, char *name);

#endif /* _IPSEC_SUITE_H */
