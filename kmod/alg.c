// SPDX-License-Identifier: GPL-2.0-only
/*
 * alg.c - the table of algorithms: what is negotiated, what it is called in the
 * crypto API, and its lengths.  A new algorithm is a row here and a number in
 * uapi/linux/if_ipsec.h; no packet path looks at an algorithm's number.
 *
 * The ciphers are called without an IV generator.  Where the IV must only never
 * repeat it is the 64-bit sequence number; where it must be unpredictable (CBC) it
 * is random.
 */
#include <linux/kernel.h>
#include "alg.h"

#define KEYS_AES	{ 128, 192, 256 }
/* RFC 3610 2.3: the counter has four bytes */
#define CCM_FLAGS	3

/* RFC 4106, RFC 4309 */
#define AEAD_ROW(_id, _name, _driver, _salt, _icv, _prefix, _error)	\
	{								\
		.type = IPSEC_ALG_ENCR,					\
		.flags = IPSEC_ALG_AEAD,				\
		.id = _id,						\
		.name = _name,						\
		.driver = _driver,					\
		.key_error = _error,					\
		.key_bits = KEYS_AES,					\
		.salt_len = _salt,					\
		.iv_len = 8,						\
		.icv_len = _icv,					\
		.align = 4,						\
		.nonce_prefix = _prefix,				\
	}
#define GCM_ROW(icv)							\
	AEAD_ROW(IFIPSEC_ENCR_AES_GCM_##icv, "aes-gcm-" #icv, "gcm(aes)", 4,	\
		 icv, 0, "aes-gcm-" #icv				\
		 " takes 20, 28 or 36 bytes: a key of 16, 24 or 32 and 4 of salt")
#define CCM_ROW(icv)							\
	AEAD_ROW(IFIPSEC_ENCR_AES_CCM_##icv, "aes-ccm-" #icv, "ccm(aes)", 3,	\
		 icv, CCM_FLAGS, "aes-ccm-" #icv			\
		 " takes 19, 27 or 35 bytes: a key of 16, 24 or 32 and 3 of salt")

#define CBC_ROW(_id, _name, _driver, _error)				\
	{								\
		.type = IPSEC_ALG_ENCR,					\
		.flags = IPSEC_ALG_RANDOM_IV,				\
		.id = _id,						\
		.name = _name,						\
		.driver = _driver,					\
		.key_error = _error,					\
		.key_bits = KEYS_AES,					\
		.iv_len = 16,						\
		.align = 16,						\
	}

#define HASH_ROW(_id, _name, _driver, _bits, _icv, _flags, _error)	\
	{								\
		.type = IPSEC_ALG_AUTH,					\
		.flags = _flags,					\
		.id = _id,						\
		.name = _name,						\
		.driver = _driver,					\
		.key_error = _error,					\
		.key_bits = { _bits },					\
		.icv_len = _icv,					\
	}

/* RFC 4543 5.5: for AH a number for each size of key, and the IV is in the ICV */
#define GMAC_ROW(bits, bytes)						\
	{								\
		.type = IPSEC_ALG_AUTH,					\
		.flags = IPSEC_ALG_AEAD | IPSEC_ALG_GMAC,		\
		.id = IFIPSEC_AUTH_AES_##bits##_GMAC,			\
		.name = "aes-" #bits "-gmac",				\
		.driver = "gcm(aes)",					\
		.key_error = "aes-" #bits "-gmac takes " bytes " and 4 of salt", \
		.key_bits = { bits },					\
		.salt_len = 4,						\
		.iv_len = 8,						\
		.icv_len = 16,						\
	}

static const struct ipsec_alg algs[] = {
	GCM_ROW(16),
	GCM_ROW(12),
	GCM_ROW(8),
	{	/* RFC 7634 */
		.type = IPSEC_ALG_ENCR,
		.flags = IPSEC_ALG_AEAD,
		.id = IFIPSEC_ENCR_CHACHA20_POLY1305,
		.name = "chacha20-poly1305",
		.driver = "rfc7539(chacha20,poly1305)",
		.key_error = "chacha20-poly1305 takes 36 bytes: a key of 32 and 4 of salt",
		.key_bits = { 256 },
		.salt_len = 4,
		.iv_len = 8,
		.icv_len = 16,
		.align = 4,
	},
	CCM_ROW(16),
	CCM_ROW(12),
	CCM_ROW(8),
	{	/* RFC 4543: integrity alone */
		.type = IPSEC_ALG_ENCR,
		.flags = IPSEC_ALG_AEAD | IPSEC_ALG_GMAC,
		.id = IFIPSEC_ENCR_NULL_AES_GMAC,
		.name = "null-aes-gmac",
		.driver = "gcm(aes)",
		.key_error =
			"null-aes-gmac takes 20, 28 or 36 bytes: a key of 16, 24 or 32 and 4 of salt",
		.key_bits = KEYS_AES,
		.salt_len = 4,
		.iv_len = 8,
		.icv_len = 16,
		.align = 4,
	},
	CBC_ROW(IFIPSEC_ENCR_AES_CBC, "aes-cbc", "cbc(aes)",
		"aes-cbc takes 16, 24 or 32 bytes"),
	{	/* RFC 3686 */
		.type = IPSEC_ALG_ENCR,
		.flags = IPSEC_ALG_SALT_IN_KEY,
		.id = IFIPSEC_ENCR_AES_CTR,
		.name = "aes-ctr",
		.driver = "rfc3686(ctr(aes))",
		.key_error =
			"aes-ctr takes 20, 28 or 36 bytes: a key of 16, 24 or 32 and 4 of nonce",
		.key_bits = KEYS_AES,
		.salt_len = 4,
		.iv_len = 8,
		.align = 4,
	},
	CBC_ROW(IFIPSEC_ENCR_CAMELLIA_CBC, "camellia-cbc", "cbc(camellia)",
		"camellia-cbc takes 16, 24 or 32 bytes"),
	{	/* RFC 2451 */
		.type = IPSEC_ALG_ENCR,
		.flags = IPSEC_ALG_RANDOM_IV | IPSEC_ALG_INSECURE,
		.id = IFIPSEC_ENCR_3DES,
		.name = "3des-cbc",
		.driver = "cbc(des3_ede)",
		.key_error = "3des-cbc takes 24 bytes",
		.key_bits = { 192 },
		.iv_len = 8,
		.align = 8,
	},
	{	/* RFC 2410 */
		.type = IPSEC_ALG_ENCR,
		.id = IFIPSEC_ENCR_NULL,
		.name = "null",
		.driver = "ecb(cipher_null)",
		.key_error = "the null cipher takes no key",
		.align = 4,
	},
	/* RFC 4868 */
	HASH_ROW(IFIPSEC_AUTH_HMAC_SHA2_256_128, "hmac-sha2-256-128",
		 "hmac(sha256)", 256, 16, 0,
		 "hmac-sha2-256-128 takes 32 bytes"),
	HASH_ROW(IFIPSEC_AUTH_HMAC_SHA2_384_192, "hmac-sha2-384-192",
		 "hmac(sha384)", 384, 24, 0,
		 "hmac-sha2-384-192 takes 48 bytes"),
	HASH_ROW(IFIPSEC_AUTH_HMAC_SHA2_512_256, "hmac-sha2-512-256",
		 "hmac(sha512)", 512, 32, 0,
		 "hmac-sha2-512-256 takes 64 bytes"),
	HASH_ROW(IFIPSEC_AUTH_HMAC_SHA2_256_96, "hmac-sha2-256-96",
		 "hmac(sha256)", 256, 12, 0,
		 "hmac-sha2-256-96 takes 32 bytes"),
	/* RFC 4494, RFC 3566 */
	HASH_ROW(IFIPSEC_AUTH_AES_CMAC_96, "aes-cmac-96",
		 "cmac(aes)", 128, 12, 0,
		 "aes-cmac-96 takes 16 bytes"),
	HASH_ROW(IFIPSEC_AUTH_AES_XCBC_96, "aes-xcbc-96",
		 "xcbc(aes)", 128, 12, 0,
		 "aes-xcbc-96 takes 16 bytes"),
	GMAC_ROW(128, "20 bytes: a key of 16"),
	GMAC_ROW(192, "28 bytes: a key of 24"),
	GMAC_ROW(256, "36 bytes: a key of 32"),
	/* RFC 2404, RFC 2403 */
	HASH_ROW(IFIPSEC_AUTH_HMAC_SHA1_96, "hmac-sha1-96",
		 "hmac(sha1)", 160, 12, IPSEC_ALG_INSECURE,
		 "hmac-sha1-96 takes 20 bytes"),
	HASH_ROW(IFIPSEC_AUTH_HMAC_MD5_96, "hmac-md5-96",
		 "hmac(md5)", 128, 12, IPSEC_ALG_INSECURE,
		 "hmac-md5-96 takes 16 bytes"),
};

const struct ipsec_alg *ipsec_alg_at(unsigned int n)
{
	return n < ARRAY_SIZE(algs) ? &algs[n] : NULL;
}

const struct ipsec_alg *ipsec_alg_find(enum ipsec_alg_type type, u16 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(algs); i++)
		if (algs[i].type == type && algs[i].id == id)
			return &algs[i];
	return NULL;
}

bool ipsec_alg_takes(const struct ipsec_alg *alg, unsigned int len)
{
	unsigned int i;

	if (!alg->key_bits[0])
		return !len;
	for (i = 0; i < IPSEC_ALG_KEY_SIZES && alg->key_bits[i]; i++)
		if (len == alg->key_bits[i] / 8 + alg->salt_len)
			return true;
	return false;
}
