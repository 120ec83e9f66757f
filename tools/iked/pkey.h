/* SPDX-License-Identifier: MIT */
/*
 * pkey.h - public and private keys, and which of them we take at all.  Shared by auth.c
 * (what is signed with them) and cert.c (where they come from).
 */
#ifndef IKED_PKEY_H
#define IKED_PKEY_H

#include <openssl/evp.h>

#include "auth.h"

enum pkey_kind { PKEY_NONE, PKEY_RSA, PKEY_EC, PKEY_ED25519 };

struct public_key {
	EVP_PKEY *key;
	enum pkey_kind kind;
	unsigned int bits;
};

struct private_key {
	struct public_key public;	/* the same EVP_PKEY, with its private part */
};

/**
 * pkey_init() - take a key if its kind and size are good for signatures
 * @evp: one reference becomes @key's when 0 is returned
 *
 * RSA of CERT_RSA_BITS_MIN to _MAX bits with an odd exponent of 3 or more and 64 bits at
 * most (what verifying costs), ECDSA on P-256, P-384 and P-521, Ed25519.
 * Return: 0 or -EACCES with a sentence.
 */
int pkey_init(struct public_key *key, EVP_PKEY *evp, char error[static AUTH_ERROR_MAX]);

/* Private keys in PEM or DER without a password; NULL and a sentence */
struct private_key *private_key_read(struct bytes file,
				     char error[static AUTH_ERROR_MAX]);
void private_key_free(struct private_key *key);		/* wipes; NULL is fine */

/* Writes the sentence, returns @err; forgets what libcrypto has to say */
__attribute__((format(printf, 3, 4)))
int refuse(char error[static AUTH_ERROR_MAX], int err, const char *format, ...);

#endif /* IKED_PKEY_H */
