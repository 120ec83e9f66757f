// SPDX-License-Identifier: MIT
/*
 * keys.c - from shared secrets to keys (RFC 7296 2.14, 2.17, 2.18).
 */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include <linux/if_ipsec.h>

#include "dh.h"
#include "keys.h"
#include "prf.h"
#include "seal.h"

#define NONCE_KEY_PART	8	/* bytes of each nonce that key an AES PRF */

/* Sizes of keys: bits that may be chosen, bytes of salt (or CTR's nonce) behind */
static const struct cipher {
	uint16_t id;
	uint16_t fixed_bits;		/* 0: 128, 192 and 256, and said so */
	uint8_t salt;
} ciphers[] = {
	{ IFIPSEC_ENCR_3DES, 192, 0 },
	{ IFIPSEC_ENCR_AES_CBC, 0, 0 },
	{ IFIPSEC_ENCR_AES_CTR, 0, 4 },
	{ IFIPSEC_ENCR_AES_CCM_8, 0, 3 },
	{ IFIPSEC_ENCR_AES_CCM_12, 0, 3 },
	{ IFIPSEC_ENCR_AES_CCM_16, 0, 3 },
	{ IFIPSEC_ENCR_AES_GCM_8, 0, 4 },
	{ IFIPSEC_ENCR_AES_GCM_12, 0, 4 },
	{ IFIPSEC_ENCR_AES_GCM_16, 0, 4 },
	{ IFIPSEC_ENCR_NULL_AES_GMAC, 0, 4 },
	{ IFIPSEC_ENCR_CAMELLIA_CBC, 0, 0 },
	{ IFIPSEC_ENCR_CHACHA20_POLY1305, 256, 4 },
};

/* Bytes of key; GMAC's salt included */
static const struct {
	uint16_t id;
	uint16_t len;
} integs[] = {
	{ IFIPSEC_AUTH_HMAC_MD5_96, 16 },
	{ IFIPSEC_AUTH_HMAC_SHA1_96, 20 },
	{ IFIPSEC_AUTH_AES_XCBC_96, 16 },
	{ IFIPSEC_AUTH_AES_CMAC_96, 16 },
	{ IFIPSEC_AUTH_AES_128_GMAC, 20 },
	{ IFIPSEC_AUTH_AES_192_GMAC, 28 },
	{ IFIPSEC_AUTH_AES_256_GMAC, 36 },
	{ IFIPSEC_AUTH_HMAC_SHA2_256_128, 32 },
	{ IFIPSEC_AUTH_HMAC_SHA2_384_192, 48 },
	{ IFIPSEC_AUTH_HMAC_SHA2_512_256, 64 },
	{ IFIPSEC_AUTH_HMAC_SHA2_256_96, 32 },
};

size_t keys_encr_len(uint16_t encr, uint16_t key_bits)
{
	const struct cipher *c = NULL;

	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++)
		if (ciphers[i].id == encr)
			c = &ciphers[i];
	if (!c)
		return 0;
	if (c->fixed_bits)
		return key_bits && key_bits != c->fixed_bits ?
		       0 : c->fixed_bits / 8 + c->salt;
	if (key_bits != 128 && key_bits != 192 && key_bits != 256)
		return 0;
	return key_bits / 8 + c->salt;
}

size_t keys_integ_len(uint16_t integ)
{
	for (size_t i = 0; i < sizeof(integs) / sizeof(integs[0]); i++)
		if (integs[i].id == integ)
			return integs[i].len;
	return 0;
}

bool keys_suite_known(const struct chosen *c)
{
	return seal_suite_known(c->encr, c->encr_key_bits, c->integ) &&
	       prf_known(c->prf) && dh_known(c->group);
}

/* A row of keys to cut one key block into */
struct slice {
	uint8_t *to;
	size_t len;
};

static int expand(uint16_t id, struct bytes key, const struct bytes *seed, size_t n,
		  const struct slice *slices, size_t n_slices)
{
	uint8_t block[7 * IKE_KEY_MAX];
	size_t total = 0, at = 0;
	int err;

	for (size_t i = 0; i < n_slices; i++)
		total += slices[i].len;
	if (total > sizeof(block))
		return -EINVAL;
	err = prf_plus(id, key, seed, n, block, total);
	for (size_t i = 0; !err && i < n_slices; i++) {
		memcpy(slices[i].to, block + at, slices[i].len);
		at += slices[i].len;
	}
	OPENSSL_cleanse(block, sizeof(block));
	return err;
}

static struct bytes at_most(struct bytes b, size_t len)
{
	return bytes_of(b.p, b.len < len ? b.len : len);
}

/* RFC 7296 2.14, keyed by the nonces; AES PRFs take the first 64 bits of each.  The
 * parser refuses nonces that are shorter or longer than the RFC's (B3.2).
 */
static int first_seed(uint16_t id, struct bytes secret, struct bytes nonce_i,
		      struct bytes nonce_r, uint8_t out[static PRF_MAX])
{
	uint8_t key[2 * IKE_NONCE_MAX];
	struct writer w = writer_of(key, sizeof(key));
	size_t take = prf_key_fixed(id) ? NONCE_KEY_PART : IKE_NONCE_MAX;

	if (nonce_i.len > IKE_NONCE_MAX || nonce_r.len > IKE_NONCE_MAX)
		return -EINVAL;
	write_bytes(&w, at_most(nonce_i, take));
	write_bytes(&w, at_most(nonce_r, take));
	return prf(id, writer_view(&w), &secret, 1, out);
}

/* RFC 7296 2.18: with the old SA's PRF */
static int rekey_seed(const struct ike_keys *old, struct bytes secret,
		      struct bytes nonce_i, struct bytes nonce_r,
		      uint8_t out[static PRF_MAX])
{
	const struct bytes parts[] = { secret, nonce_i, nonce_r };

	return prf(old->prf, bytes_of(old->d, old->d_len), parts, 3, out);
}

static int set_lengths(const struct chosen *chosen, struct ike_keys *keys)
{
	*keys = (struct ike_keys){
		.encr = chosen->encr,
		.encr_key_bits = chosen->encr_key_bits,
		.integ = chosen->integ,
		.prf = chosen->prf,
		.d_len = prf_len(chosen->prf),
		.a_len = keys_integ_len(chosen->integ),
		.e_len = keys_encr_len(chosen->encr, chosen->encr_key_bits),
		.p_len = prf_len(chosen->prf),
	};
	return seal_suite_known(keys->encr, keys->encr_key_bits, keys->integ) &&
	       keys->d_len ? 0 : -EINVAL;
}

int ike_keys_derive(const struct chosen *chosen, const struct ike_keys *old,
		    struct bytes secret, struct bytes nonce_i, struct bytes nonce_r,
		    uint64_t spi_i, uint64_t spi_r, struct ike_keys *keys)
{
	uint8_t seed[PRF_MAX], spi_bytes[2 * IKE_SPI_LEN];
	struct writer spis = writer_of(spi_bytes, sizeof(spi_bytes));
	size_t seed_len = prf_len(old ? old->prf : chosen->prf);
	int err = set_lengths(chosen, keys);

	if (!err)
		err = old ? rekey_seed(old, secret, nonce_i, nonce_r, seed) :
			    first_seed(chosen->prf, secret, nonce_i, nonce_r, seed);
	write_u64(&spis, spi_i);
	write_u64(&spis, spi_r);
	if (!err) {
		const struct bytes parts[] = { nonce_i, nonce_r, writer_view(&spis) };
		const struct slice slices[] = {
			{ keys->d, keys->d_len },
			{ keys->ai, keys->a_len }, { keys->ar, keys->a_len },
			{ keys->ei, keys->e_len }, { keys->er, keys->e_len },
			{ keys->pi, keys->p_len }, { keys->pr, keys->p_len },
		};

		err = expand(chosen->prf, bytes_of(seed, seed_len), parts, 3,
			     slices, 7);
	}
	if (err)
		ike_keys_wipe(keys);
	OPENSSL_cleanse(seed, sizeof(seed));
	return err;
}

void ike_keys_wipe(struct ike_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof(*keys));
}

/* Nothing to encrypt or to authenticate with is no error, not to know it is */
static int set_child_lengths(const struct chosen *chosen, struct child_keys *keys)
{
	memset(keys, 0, sizeof(*keys));
	keys->encr_len = keys_encr_len(chosen->encr, chosen->encr_key_bits);
	keys->integ_len = keys_integ_len(chosen->integ);
	if (!keys->encr_len && chosen->protocol == IKE_PROTO_ESP &&
	    chosen->encr != IFIPSEC_ENCR_NULL)
		return -EINVAL;
	if (!keys->integ_len && chosen->integ != IFIPSEC_AUTH_NONE)
		return -EINVAL;
	return keys->encr_len || keys->integ_len ? 0 : -EINVAL;
}

/* RFC 7296 2.17: initiator's keys first, encryption before integrity */
int child_keys_derive(const struct chosen *chosen, const struct ike_keys *ike,
		      struct bytes secret, struct bytes nonce_i,
		      struct bytes nonce_r, struct child_keys *keys)
{
	const struct bytes parts[] = { secret, nonce_i, nonce_r };
	int err = set_child_lengths(chosen, keys);

	if (!err) {
		const struct slice slices[] = {
			{ keys->encr_i, keys->encr_len },
			{ keys->integ_i, keys->integ_len },
			{ keys->encr_r, keys->encr_len },
			{ keys->integ_r, keys->integ_len },
		};

		err = expand(ike->prf, bytes_of(ike->d, ike->d_len), parts, 3,
			     slices, 4);
	}
	if (err)
		child_keys_wipe(keys);
	return err;
}

void child_keys_wipe(struct child_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof(*keys));
}
