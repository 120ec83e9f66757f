/* SPDX-License-Identifier: GPL-2.0-only */
/* alg.h - the table of ESP algorithms. */
#ifndef _IPSEC_ALG_H
#define _IPSEC_ALG_H

#include <linux/types.h>

#define IPSEC_ALG_KEY_SIZES	3

/* One algorithm as it is negotiated: IKEv2 transform, lengths on the wire */
struct ipsec_alg {
	u16 encr;		/* enum ifipsec_encr */
	const char *name;	/* for people: "aes-gcm-16" */
	const char *driver;	/* crypto API template */
	const char *key_error;	/* the sentence for a key of wrong length */
	u16 key_bits[IPSEC_ALG_KEY_SIZES];	/* without salt; 0: no more */
	u8 salt_len;		/* bytes of key material after the key */
	u8 iv_len;		/* bytes on the wire */
	u8 icv_len;		/* bytes on the wire */
	u8 align;		/* of payload, padding and trailer: bytes */
};

/** ipsec_alg_find() - the algorithm with this IKEv2 number, or NULL.  Any context. */
const struct ipsec_alg *ipsec_alg_find(u16 encr);

/** ipsec_alg_at() - the n-th algorithm of the table, or NULL after the last */
const struct ipsec_alg *ipsec_alg_at(unsigned int n);

/**
 * ipsec_alg_key_bits() - size of the cipher key in key material of @len bytes
 *
 * Return: bits without the salt, or 0 when no key of the algorithm is that long.
 */
unsigned int ipsec_alg_key_bits(const struct ipsec_alg *alg, unsigned int len);

#endif /* _IPSEC_ALG_H */
