/* SPDX-License-Identifier: MIT */
/*
 * dh.h - key exchange methods, through libcrypto: MODP (RFC 3526), ECP (RFC 5903),
 * X25519 and X448 (RFC 8031).
 */
#ifndef IKED_DH_H
#define IKED_DH_H

#include "bytes.h"
#include "numbers.h"

#define DH_PUBLIC_MAX	1024	/* bytes, modp8192 */

struct dh;

bool dh_known(uint16_t group);
size_t dh_public_len(uint16_t group);

/* A fresh key pair; NULL when the group is not known or there is no randomness */
struct dh *dh_new(uint16_t group);
/* A key pair from elsewhere, for tests with published vectors; NULL: impossible */
struct dh *dh_new_known(uint16_t group, struct bytes private, struct bytes public);
void dh_free(struct dh *dh);			/* wipes; NULL is fine */
uint16_t dh_group(const struct dh *dh);
struct bytes dh_public(const struct dh *dh);	/* as in a KE payload */

/**
 * dh_shared() - the shared secret, padded to the length that RFC 7296 2.14 wants
 * @peer: the other side's public value
 *
 * Refuses values of another length, 0, 1, p-1 and beyond (RFC 6989), points off the
 * curve and all-zero results.  Return: 0 with @secret (the caller's), or -EINVAL.
 */
int dh_shared(struct dh *dh, struct bytes peer, struct blob *secret);

#endif /* IKED_DH_H */
