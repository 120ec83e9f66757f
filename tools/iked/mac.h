/* SPDX-License-Identifier: MIT */
/*
 * mac.h - keyed hashes over parts, through libcrypto: what PRFs and integrity
 * algorithms are made of.  No lengths of protocols, no policy.
 */
#ifndef IKED_MAC_H
#define IKED_MAC_H

#include "bytes.h"

#define MAC_MAX		64	/* bytes of the longest output */
#define MAC_AES_LEN	16	/* of AES-XCBC and AES-CMAC, key and output */

/* All: @out gets the first @len bytes.  0 or -EINVAL (libcrypto refused) */

/* @digest: libcrypto's name, "SHA2-256" */
int mac_hmac(const char *digest, struct bytes key, const struct bytes *parts,
	     size_t n, uint8_t *out, size_t len);
/* @key: 16 bytes */
int mac_cmac(struct bytes key, const struct bytes *parts, size_t n, uint8_t *out,
	     size_t len);
/* RFC 3566; libcrypto has none, it is made of AES blocks here.  @key: 16 bytes */
int mac_xcbc(struct bytes key, const struct bytes *parts, size_t n, uint8_t *out,
	     size_t len);

#endif /* IKED_MAC_H */
