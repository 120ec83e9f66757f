// SPDX-License-Identifier: MIT
/*
 * pkey.c - public and private keys, and which of them we take at all.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "cert.h"
#include "pkey.h"

#define RSA_EXPONENT_BITS_MAX	64

int refuse(char error[static AUTH_ERROR_MAX], int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, AUTH_ERROR_MAX, format, args);
	va_end(args);
	ERR_clear_error();
	return err;
}

/* An exponent of 1 signs everything; a huge one costs the verifier */
static bool exponent_good(const EVP_PKEY *evp)
{
	BIGNUM *e = NULL;
	bool good = EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
		    BN_is_odd(e) && !BN_is_one(e) && !BN_is_negative(e) &&
		    BN_num_bits(e) <= RSA_EXPONENT_BITS_MAX;

	BN_free(e);
	return good;
}

static int check_rsa(const EVP_PKEY *evp, unsigned int bits, char *error)
{
	if (bits < CERT_RSA_BITS_MIN || bits > CERT_RSA_BITS_MAX)
		return refuse(error, -EACCES,
			      "the RSA key has %u bits, of %d to %d that are accepted",
			      bits, CERT_RSA_BITS_MIN, CERT_RSA_BITS_MAX);
	if (!exponent_good(evp))
		return refuse(error, -EACCES,
			      "the RSA key's public exponent is not acceptable");
	return 0;
}

static int check_ec(const EVP_PKEY *evp, char *error)
{
	char name[64] = "";

	EVP_PKEY_get_group_name(evp, name, sizeof(name), NULL);
	switch (OBJ_txt2nid(name)) {
	case NID_X9_62_prime256v1:
	case NID_secp384r1:
	case NID_secp521r1:
		return 0;
	}
	return refuse(error, -EACCES,
		      "the ECDSA key is on another curve than P-256, P-384 and P-521");
}

int pkey_init(struct public_key *key, EVP_PKEY *evp, char error[static AUTH_ERROR_MAX])
{
	enum pkey_kind kind = PKEY_NONE;
	int bits = EVP_PKEY_get_bits(evp);
	int err = 0;

	if (EVP_PKEY_is_a(evp, "RSA"))
		kind = PKEY_RSA;
	else if (EVP_PKEY_is_a(evp, "EC"))
		kind = PKEY_EC;
	else if (EVP_PKEY_is_a(evp, "ED25519"))
		kind = PKEY_ED25519;
	else
		err = refuse(error, -EACCES,
			     "the key is not of a kind that is known here: use RSA, ECDSA or Ed25519");
	if (kind == PKEY_RSA)
		err = check_rsa(evp, bits > 0 ? bits : 0, error);
	if (kind == PKEY_EC)
		err = check_ec(evp, error);
	if (!err)
		*key = (struct public_key){ evp, kind, bits };
	return err;
}

void public_key_free(struct public_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->key);
	free(key);
}

/* libcrypto would ask at the terminal */
static int no_password(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

/* Passwords end in the same error as garbage: both are no key that we can use */
static EVP_PKEY *parse_private(struct bytes file)
{
	BIO *bio = BIO_new_mem_buf(file.p, file.len);
	const unsigned char *p = file.p;
	EVP_PKEY *evp;

	evp = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
	if (!evp)
		evp = d2i_AutoPrivateKey(NULL, &p, file.len);
	BIO_free(bio);
	return evp;
}

struct private_key *private_key_read(struct bytes file,
				     char error[static AUTH_ERROR_MAX])
{
	struct private_key *key = calloc(1, sizeof(*key));
	EVP_PKEY *evp = key ? parse_private(file) : NULL;

	if (!evp) {
		refuse(error, -EINVAL,
		       "is no private key in PEM or DER without a password");
	} else if (pkey_init(&key->public, evp, error)) {
		EVP_PKEY_free(evp);
		evp = NULL;
	}
	if (evp)
		return key;
	free(key);
	return NULL;
}

void private_key_free(struct private_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->public.key);		/* clears private parts */
	free(key);
}
