// SPDX-License-Identifier: MIT
/*
 * mac.c - keyed hashes over parts, through libcrypto.
 */
#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "mac.h"

/* A pointer that is not NULL, which libcrypto would take for "no key" */
static const uint8_t *key_pointer(struct bytes key)
{
	return key.len ? key.p : (const uint8_t *)"";
}

static bool mac_parts(EVP_MAC_CTX *ctx, struct bytes key, const OSSL_PARAM *params,
		      const struct bytes *parts, size_t n, uint8_t *out, size_t *len)
{
	if (EVP_MAC_init(ctx, key_pointer(key), key.len, params) != 1)
		return false;
	for (size_t i = 0; i < n; i++)
		if (parts[i].len &&
		    EVP_MAC_update(ctx, parts[i].p, parts[i].len) != 1)
			return false;
	return EVP_MAC_final(ctx, out, len, EVP_MAX_MD_SIZE) == 1;
}

static int mac_evp(const char *name, const OSSL_PARAM *params, struct bytes key,
		   const struct bytes *parts, size_t n, uint8_t *out, size_t len)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, name, NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	uint8_t full[EVP_MAX_MD_SIZE];
	size_t full_len = 0;
	int err = -EINVAL;

	if (ctx && mac_parts(ctx, key, params, parts, n, full, &full_len) &&
	    len <= full_len) {
		memcpy(out, full, len);
		err = 0;
	}
	OPENSSL_cleanse(full, sizeof(full));
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return err;
}

int mac_hmac(const char *digest, struct bytes key, const struct bytes *parts,
	     size_t n, uint8_t *out, size_t len)
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						 (char *)digest, 0),
		OSSL_PARAM_construct_end(),
	};

	return mac_evp("HMAC", params, key, parts, n, out, len);
}

int mac_cmac(struct bytes key, const struct bytes *parts, size_t n, uint8_t *out,
	     size_t len)
{
	char cipher[] = "AES-128-CBC";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
		OSSL_PARAM_construct_end(),
	};

	if (key.len != MAC_AES_LEN)
		return -EINVAL;
	return mac_evp("CMAC", params, key, parts, n, out, len);
}

/* XCBC in work: E is the running block, last holds what may be the final one */
struct xcbc {
	EVP_CIPHER_CTX *aes;
	uint8_t k1[MAC_AES_LEN], k2[MAC_AES_LEN], k3[MAC_AES_LEN];
	uint8_t e[MAC_AES_LEN], last[MAC_AES_LEN];
	size_t fill;
};

static bool aes_set_key(EVP_CIPHER_CTX *aes, const uint8_t *key)
{
	return EVP_EncryptInit_ex2(aes, EVP_aes_128_ecb(), key, NULL, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(aes, 0) == 1;
}

static bool aes_block(EVP_CIPHER_CTX *aes, uint8_t *out, const uint8_t *in)
{
	int len = 0;

	return EVP_EncryptUpdate(aes, out, &len, in, MAC_AES_LEN) == 1 &&
	       len == MAC_AES_LEN;
}

/* RFC 3566 4: three keys of one; the cipher goes on with K1 */
static bool xcbc_keys(struct xcbc *x, const uint8_t *key)
{
	uint8_t *const keys[] = { x->k1, x->k2, x->k3 };
	uint8_t block[MAC_AES_LEN];

	if (!aes_set_key(x->aes, key))
		return false;
	for (size_t i = 0; i < 3; i++) {
		memset(block, i + 1, sizeof(block));
		if (!aes_block(x->aes, keys[i], block))
			return false;
	}
	return aes_set_key(x->aes, x->k1);
}

static bool xcbc_block(struct xcbc *x)
{
	for (size_t i = 0; i < MAC_AES_LEN; i++)
		x->e[i] ^= x->last[i];
	x->fill = 0;
	return aes_block(x->aes, x->e, x->e);
}

/* A full block waits for the next byte: it may be the last */
static bool xcbc_update(struct xcbc *x, struct bytes part)
{
	while (part.len) {
		size_t n = MAC_AES_LEN - x->fill;

		if (!n) {
			if (!xcbc_block(x))
				return false;
			continue;
		}
		n = part.len < n ? part.len : n;
		memcpy(x->last + x->fill, part.p, n);
		x->fill += n;
		part.p += n;
		part.len -= n;
	}
	return true;
}

static bool xcbc_final(struct xcbc *x)
{
	const uint8_t *mask = x->k2;

	if (x->fill < MAC_AES_LEN) {
		mask = x->k3;
		memset(x->last + x->fill, 0, MAC_AES_LEN - x->fill);
		x->last[x->fill] = 0x80;
	}
	for (size_t i = 0; i < MAC_AES_LEN; i++)
		x->last[i] ^= mask[i];
	return xcbc_block(x);
}

int mac_xcbc(struct bytes key, const struct bytes *parts, size_t n, uint8_t *out,
	     size_t len)
{
	struct xcbc x = { .aes = EVP_CIPHER_CTX_new() };
	bool good = x.aes && key.len == MAC_AES_LEN && len <= MAC_AES_LEN &&
		    xcbc_keys(&x, key.p);

	for (size_t i = 0; good && i < n; i++)
		good = xcbc_update(&x, parts[i]);
	good = good && xcbc_final(&x);
	if (good)
		memcpy(out, x.e, len);
	EVP_CIPHER_CTX_free(x.aes);
	OPENSSL_cleanse(&x, sizeof(x));
	return good ? 0 : -EINVAL;
}
