// SPDX-License-Identifier: GPL-2.0-only
/*
 * alg.c - the table of ESP algorithms: what is negotiated, what it is called in
 * the crypto API, and its lengths.  A new algorithm is a row here and a number in
 * uapi/linux/if_ipsec.h; no packet path looks at an algorithm's number.
 */
#include <linux/kernel.h>
#include "alg.h"
#include <linux/if_ipsec.h>

/*
 * The ciphers are called without an IV generator: the 12-byte nonce is the salt
 * and the 8-byte IV that goes over the wire, and the IV is the 64-bit sequence
 * number, which never repeats under a key.
 */
static const struct ipsec_alg algs[] = {
	{	/* RFC 4106 */
		.encr = IFIPSEC_ENCR_AES_GCM_16,
		.name = "aes-gcm-16",
		.driver = "gcm(aes)",
		.key_error =
			"aes-gcm-16 takes 20, 28 or 36 bytes: a key of 16, 24 or 32 and 4 of salt",
		.key_bits = { 128, 192, 256 },
		.salt_len = 4,
		.iv_len = 8,
		.icv_len = 16,
		.align = 4,
	},
	{	/* RFC 7634 */
		.encr = IFIPSEC_ENCR_CHACHA20_POLY1305,
		.name = "chacha20-poly1305",
		.driver = "rfc7539(chacha20,poly1305)",
		.key_error = "chacha20-poly1305 takes 36 bytes: a key of 32 and 4 of salt",
		.key_bits = { 256 },
		.salt_len = 4,
		.iv_len = 8,
		.icv_len = 16,
		.align = 4,
	},
};

const struct ipsec_alg *ipsec_alg_at(unsigned int n)
{
	return n < ARRAY_SIZE(algs) ? &algs[n] : NULL;
}

const struct ipsec_alg *ipsec_alg_find(u16 encr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(algs); i++)
		if (algs[i].encr == encr)
			return &algs[i];
	return NULL;
}

unsigned int ipsec_alg_key_bits(const struct ipsec_alg *alg, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < IPSEC_ALG_KEY_SIZES && alg->key_bits[i]; i++)
		if (len == alg->key_bits[i] / 8 + alg->salt_len)
			return alg->key_bits[i];
	return 0;
}
