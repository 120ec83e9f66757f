// SPDX-License-Identifier: GPL-2.0-only
/*
 * suite.c - every combination of algorithms becomes one AEAD of the crypto API, so
 * that there is one way through the cipher for all of them:
 *
 *   combined ciphers	as they are: gcm(aes), ccm(aes), rfc7539(...)
 *   GMAC		gcm(aes) with all of the packet as additional data
 *   cipher and hash	authenc(hash,cipher), or with extended sequence numbers
 *			authencesn(): it appends their high half, RFC 4303 2.2.1
 *   AH			authenc(hash,ecb(cipher_null)) with all as additional data
 *   no integrity	authenc(digest_null,cipher)
 */
#include <crypto/aead.h>
#include <crypto/authenc.h>
#include <crypto/hash.h>
#include <crypto/skcipher.h>
#include <linux/in.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include "alg.h"
#include "sa.h"
#include "suite.h"

/* The name of the AEAD; 0 or -ENAMETOOLONG */
static int suite_name(const struct ipsec_suite *suite, bool esn, char *name)
{
	const struct ipsec_alg *alg = suite->encr ?: suite->auth;
	int len;

	if (alg->flags & IPSEC_ALG_AEAD)
		len = strscpy(name, alg->driver, CRYPTO_MAX_ALG_NAME);
	else
		len = snprintf(name, CRYPTO_MAX_ALG_NAME, "authenc%s(%s,%s)",
			       esn && suite->encr ? "esn" : "",
			       suite->auth ? suite->auth->driver : "digest_null",
			       suite->encr ? suite->encr->driver :
					     "ecb(cipher_null)");
	return len < 0 || len >= CRYPTO_MAX_ALG_NAME ? -ENAMETOOLONG : 0;
}

/*
 * authenc() takes both keys as one:
 *
 *   attribute with the length of the cipher's key | key of the hash | of the cipher
 */
static int suite_setkey_authenc(struct crypto_aead *tfm,
				const struct ipsec_sa_config *cfg)
{
	unsigned int len = RTA_SPACE(sizeof(struct crypto_authenc_key_param)) +
			   cfg->auth_key_len + cfg->key_len;
	struct crypto_authenc_key_param *param;
	struct rtattr *rta;
	u8 *blob, *p;
	int err;

	blob = kmalloc(len, GFP_KERNEL);
	if (!blob)
		return -ENOMEM;
	rta = (struct rtattr *)blob;
	rta->rta_type = CRYPTO_AUTHENC_KEYA_PARAM;
	rta->rta_len = RTA_LENGTH(sizeof(*param));
	param = RTA_DATA(rta);
	param->enckeylen = cpu_to_be32(cfg->key_len);
	p = blob + RTA_SPACE(sizeof(*param));
	if (cfg->auth_key_len)
		memcpy(p, cfg->auth_key, cfg->auth_key_len);
	if (cfg->key_len)
		memcpy(p + cfg->auth_key_len, cfg->key, cfg->key_len);
	err = crypto_aead_setkey(tfm, blob, len);
	kfree_sensitive(blob);
	return err;
}

/* A combined cipher, or GMAC as AH has it: key, then salt */
static int suite_setkey_aead(struct ipsec_suite *suite,
			     const struct ipsec_sa_config *cfg)
{
	const struct ipsec_alg *alg = suite->encr ?: suite->auth;
	const u8 *key = suite->encr ? cfg->key : cfg->auth_key;
	unsigned int len = suite->encr ? cfg->key_len : cfg->auth_key_len;
	u8 *nonce = suite->nonce;

	len -= alg->salt_len;
	if (alg->nonce_prefix)
		*nonce++ = alg->nonce_prefix;
	memcpy(nonce, key + len, alg->salt_len);
	suite->nonce_off = nonce + alg->salt_len - suite->nonce;
	return crypto_aead_setkey(suite->tfm, key, len);
}

static void suite_lengths(struct ipsec_suite *suite)
{
	const struct ipsec_alg *alg = suite->encr ?: suite->auth;

	suite->iv_len = alg->iv_len;
	suite->icv_len = alg->icv_len ?: suite->auth ? suite->auth->icv_len : 0;
	suite->align = alg->align;
	suite->random_iv = alg->flags & IPSEC_ALG_RANDOM_IV;
	suite->all_is_ad = !suite->encr || alg->flags & IPSEC_ALG_GMAC;
	suite->iv_is_ad = suite->all_is_ad || !(alg->flags & IPSEC_ALG_AEAD);
}

static int suite_alloc(struct ipsec_suite *suite,
		       const struct ipsec_sa_config *cfg,
		       struct netlink_ext_ack *extack)
{
	char name[CRYPTO_MAX_ALG_NAME];
	int err;

	err = suite_name(suite, cfg->esn, name);
	if (err)
		return err;
	/* Not CRYPTO_ALG_ASYNC in the mask: that selects the generic ciphers */
	suite->tfm = crypto_alloc_aead(name, 0, 0);
	err = PTR_ERR_OR_ZERO(suite->tfm);
	if (err && err != -ENOMEM)
		NL_SET_ERR_MSG(extack, "this kernel does not offer the algorithm");
	return err;
}

int ipsec_suite_init(struct ipsec_suite *suite, const struct ipsec_sa_config *cfg,
		     struct netlink_ext_ack *extack)
{
	const struct ipsec_alg *alg = cfg->encr ?: cfg->auth;
	int err;

	suite->encr = cfg->encr;
	suite->auth = cfg->auth;
	suite_lengths(suite);
	err = suite_alloc(suite, cfg, extack);
	if (err)
		return err;
	err = alg->flags & IPSEC_ALG_AEAD ?
		suite_setkey_aead(suite, cfg) :
		suite_setkey_authenc(suite->tfm, cfg);
	if (err && err != -ENOMEM)
		NL_SET_ERR_MSG(extack, "the kernel's cipher refused the key");
	if (!err)
		err = crypto_aead_setauthsize(suite->tfm, suite->icv_len);
	if (err)
		crypto_free_aead(suite->tfm);
	return err;
}

void ipsec_suite_exit(struct ipsec_suite *suite)
{
	crypto_free_aead(suite->tfm);
}

const char *ipsec_suite_driver(const struct ipsec_suite *suite)
{
	return crypto_tfm_alg_driver_name(crypto_aead_tfm(suite->tfm));
}

bool ipsec_suite_alg_driver(const struct ipsec_alg *alg, char *name)
{
	struct crypto_skcipher *cipher;
	struct crypto_ahash *hash;
	struct crypto_aead *aead;

	if (alg->flags & IPSEC_ALG_AEAD) {
		aead = crypto_alloc_aead(alg->driver, 0, 0);
		if (IS_ERR(aead))
			return false;
		strscpy(name, crypto_tfm_alg_driver_name(crypto_aead_tfm(aead)),
			CRYPTO_MAX_ALG_NAME);
		crypto_free_aead(aead);
	} else if (alg->type == IPSEC_ALG_ENCR) {
		cipher = crypto_alloc_skcipher(alg->driver, 0, 0);
		if (IS_ERR(cipher))
			return false;
		strscpy(name, crypto_skcipher_driver_name(cipher),
			CRYPTO_MAX_ALG_NAME);
		crypto_free_skcipher(cipher);
	} else {
		hash = crypto_alloc_ahash(alg->driver, 0, 0);
		if (IS_ERR(hash))
			return false;
		strscpy(name, crypto_ahash_driver_name(hash),
			CRYPTO_MAX_ALG_NAME);
		crypto_free_ahash(hash);
	}
	return true;
}
