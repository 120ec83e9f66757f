/* SPDX-License-Identifier: MIT */
/*
 * auth_method.h - how signatures of the AUTH payload name their algorithm: the methods
 * 1, 9, 10, 11 of RFC 7296 and RFC 4754, and the DER of RFC 7427 and RFC 8420.
 */
#ifndef IKED_AUTH_METHOD_H
#define IKED_AUTH_METHOD_H

#include "bytes.h"
#include "numbers.h"
#include "pkey.h"

#define AUTH_ALGORITHM_MAX	80	/* bytes of a DER AlgorithmIdentifier that we write */

/* One way to sign */
struct signature_scheme {
	enum pkey_kind kind;
	uint8_t hash;			/* enum ike_hash */
	bool pss;
	uint8_t salt_len;		/* of PSS */
};

/* libcrypto's name, NULL for the identity hash; its length in bytes */
const char *hash_name(uint8_t hash);
size_t hash_len(uint8_t hash);

void algorithm_write(struct writer *w, const struct signature_scheme *scheme);
/* One whole DER AlgorithmIdentifier; -EINVAL: not one that we verify */
int algorithm_read(struct bytes der, struct signature_scheme *scheme);

#endif /* IKED_AUTH_METHOD_H */
