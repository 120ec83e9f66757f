/* SPDX-License-Identifier: GPL-2.0-only */
/* alg.h - the table of algorithms. */
#ifndef _IPSEC_ALG_H
#define _IPSEC_ALG_H

#include <linux/if_ipsec.h>
#include <linux/types.h>

#define IPSEC_ALG_KEY_SIZES	3

/* The two lists of numbers, of IKEv2 transform types 1 and 3 */
enum ipsec_alg_type {
	IPSEC_ALG_ENCR,		/* enum ifipsec_encr */
	IPSEC_ALG_AUTH,		/* enum ifipsec_auth */
};

#define IPSEC_ALG_INSECURE	BIT(0)	/* only for those who insist */
#define IPSEC_ALG_AEAD		BIT(1)	/* the driver is an AEAD */
#define IPSEC_ALG_GMAC		BIT(2)	/* an AEAD that encrypts nothing */
#define IPSEC_ALG_RANDOM_IV	BIT(3)	/* an IV that is a counter would be unsafe */
#define IPSEC_ALG_SALT_IN_KEY	BIT(4)	/* the driver takes key and salt as one */

/* One algorithm as it is negotiated: IKEv2 transform, lengths on the wire */
struct ipsec_alg {
	u8 type;		/* enum ipsec_alg_type */
	u8 flags;		/* IPSEC_ALG_* */
	u16 id;			/* enum ifipsec_encr or ifipsec_auth */
	const char *name;	/* for people: "aes-gcm-16" */
	const char *driver;	/* crypto API template */
	const char *key_error;	/* the sentence for a key of wrong length */
	u16 key_bits[IPSEC_ALG_KEY_SIZES];	/* without salt; 0: no more */
	u8 salt_len;		/* bytes of key material after the key */
	u8 iv_len;		/* bytes on the wire */
	u8 icv_len;		/* bytes on the wire; 0: needs one with integrity */
	u8 align;		/* of payload, padding and trailer: bytes */
	u8 nonce_prefix;	/* what comes before the salt, or 0: nothing */
};

/** ipsec_alg_find() - the algorithm with this IKEv2 number, or NULL.  Any context. */
const struct ipsec_alg *ipsec_alg_find(enum ipsec_alg_type type, u16 id);

/** ipsec_alg_at() - the n-th algorithm of the table, or NULL after the last */
const struct ipsec_alg *ipsec_alg_at(unsigned int n);

/**
 * ipsec_alg_takes() - is there a key of the algorithm in key material of @len bytes?
 *
 * @len includes the salt.
 */
bool ipsec_alg_takes(const struct ipsec_alg *alg, unsigned int len);

#endif /* _IPSEC_ALG_H */
