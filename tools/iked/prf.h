/* SPDX-License-Identifier: MIT */
/*
 * prf.h - pseudo-random functions and random bytes, through libcrypto.
 */
#ifndef IKED_PRF_H
#define IKED_PRF_H

#include "bytes.h"
#include "numbers.h"

#define PRF_MAX		64		/* bytes of the longest output */

bool prf_known(uint16_t prf);
size_t prf_len(uint16_t prf);		/* of output and preferred key, bytes */
/* AES-XCBC and AES-CMAC: of nonces, 8 bytes each make the key (RFC 7296 2.14) */
bool prf_key_fixed(uint16_t prf);

/**
 * prf() - prf(key, parts[0] | parts[1] | ...)
 * @out: prf_len() bytes
 *
 * Keys of any length: AES PRFs with another length than 16 as RFC 4434 and 4615 say.
 * Return: 0 or -EINVAL (libcrypto refused).
 */
int prf(uint16_t prf, struct bytes key, const struct bytes *parts, size_t n,
	uint8_t out[static PRF_MAX]);

/* prf+ of RFC 7296 2.13, seed = parts[0] | parts[1] | ...  At most 255 rounds */
int prf_plus(uint16_t prf, struct bytes key, const struct bytes *parts, size_t n,
	     uint8_t *out, size_t len);

/* SHA-1 as NAT detection and CERTREQ use it */
#define SHA1_LEN	20
int sha1(const struct bytes *parts, size_t n, uint8_t out[static SHA1_LEN]);

/* Cryptographic randomness; 0 or -EIO, and then nothing may go on (E4.41) */
int random_bytes(void *buf, size_t len);
/* 0 .. below - 1, for jitter, where randomness need not be good */
uint32_t random_below(uint32_t below);

/* Replaces the source of random_bytes() for tests and fuzzing; NULL: back */
void random_override(int (*source)(void *buf, size_t len));

#endif /* IKED_PRF_H */
