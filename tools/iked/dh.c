// SPDX-License-Identifier: MIT
/*
 * dh.c - key exchange methods, through libcrypto.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include "dh.h"

#define EC_UNCOMPRESSED	0x04	/* SEC 1 2.3.3; IKE sends x | y without it */

static const struct method {
	uint16_t group;
	uint16_t public_len;
	const char *type;		/* libcrypto's names */
	const char *name;		/* NULL: the type says it all */
} methods[] = {
	{ IKE_GROUP_MODP_2048, 256, "DH", "modp_2048" },
	{ IKE_GROUP_MODP_3072, 384, "DH", "modp_3072" },
	{ IKE_GROUP_MODP_4096, 512, "DH", "modp_4096" },
	{ IKE_GROUP_MODP_6144, 768, "DH", "modp_6144" },
	{ IKE_GROUP_MODP_8192, 1024, "DH", "modp_8192" },
	{ IKE_GROUP_ECP_256, 64, "EC", "P-256" },
	{ IKE_GROUP_ECP_384, 96, "EC", "P-384" },
	{ IKE_GROUP_ECP_521, 132, "EC", "P-521" },
	{ IKE_GROUP_X25519, 32, "X25519", NULL },
	{ IKE_GROUP_X448, 56, "X448", NULL },
};

struct dh {
	const struct method *method;
	EVP_PKEY *pair;
	uint8_t public[DH_PUBLIC_MAX];
};

static const struct method *find(uint16_t group)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (methods[i].group == group)
			return &methods[i];
	return NULL;
}

static bool is_modp(const struct method *m)
{
	return !strcmp(m->type, "DH");
}

static bool is_ecp(const struct method *m)
{
	return !strcmp(m->type, "EC");
}

bool dh_known(uint16_t group)
{
	return find(group);
}

size_t dh_public_len(uint16_t group)
{
	const struct method *m = find(group);

	return m ? m->public_len : 0;
}

static EVP_PKEY *generate(const struct method *m)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, m->type, NULL);
	OSSL_PARAM params[] = { OSSL_PARAM_construct_end(),
				OSSL_PARAM_construct_end() };
	EVP_PKEY *pair = NULL;

	if (m->name)
		params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
							     (char *)m->name, 0);
	if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_params(ctx, params) != 1 ||
	    EVP_PKEY_generate(ctx, &pair) != 1)
		pair = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pair;
}

/* A key of given parts; @private may be empty */
static EVP_PKEY *build(const struct method *m, struct bytes private,
		       struct bytes public)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, m->type, NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	int selection = private.len ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
	uint8_t point[1 + DH_PUBLIC_MAX] = { EC_UNCOMPRESSED };
	BIGNUM *x = NULL, *y = NULL;
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	bool good = ctx && bld;

	memcpy(point + 1, public.p, public.len);
	if (good && m->name)
		good = OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
						       m->name, 0) == 1;
	if (good && is_modp(m))
		good = (y = BN_bin2bn(public.p, public.len, NULL)) &&
		       OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PUB_KEY, y) == 1;
	else if (good)
		good = OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
				is_ecp(m) ? point : public.p,
				is_ecp(m) ? public.len + 1 : public.len) == 1;
	if (good && private.len && m->name)
		good = (x = BN_secure_new()) && BN_bin2bn(private.p, private.len, x) &&
		       OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, x) == 1;
	else if (good && private.len)
		good = OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PRIV_KEY,
							private.p, private.len) == 1;
	if (!good || !(params = OSSL_PARAM_BLD_to_param(bld)) ||
	    EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, selection, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_clear_free(x);
	BN_free(y);
	return key;
}

/* Our own public value, of the fixed length that the group has */
static bool take_public(struct dh *dh)
{
	unsigned char *encoded = NULL;
	size_t len = EVP_PKEY_get1_encoded_public_key(dh->pair, &encoded);
	size_t skip = is_ecp(dh->method);
	bool good = len == dh->method->public_len + skip;

	if (good)
		memcpy(dh->public, encoded + skip, dh->method->public_len);
	OPENSSL_free(encoded);
	return good;
}

static struct dh *wrap(const struct method *m, EVP_PKEY *pair)
{
	struct dh *dh = pair ? calloc(1, sizeof(*dh)) : NULL;

	if (!dh) {
		EVP_PKEY_free(pair);
		return NULL;
	}
	dh->method = m;
	dh->pair = pair;
	if (take_public(dh))
		return dh;
	dh_free(dh);
	return NULL;
}

struct dh *dh_new(uint16_t group)
{
	const struct method *m = find(group);

	return m ? wrap(m, generate(m)) : NULL;
}

struct dh *dh_new_known(uint16_t group, struct bytes private, struct bytes public)
{
	const struct method *m = find(group);

	if (!m || !private.len || public.len != m->public_len)
		return NULL;
	return wrap(m, build(m, private, public));
}

void dh_free(struct dh *dh)
{
	if (!dh)
		return;
	EVP_PKEY_free(dh->pair);	/* clears private parts */
	OPENSSL_cleanse(dh, sizeof(*dh));
	free(dh);
}

uint16_t dh_group(const struct dh *dh)
{
	return dh->method->group;
}

struct bytes dh_public(const struct dh *dh)
{
	return bytes_of(dh->public, dh->method->public_len);
}

/* RFC 6989 2.1: 1 < y < p - 1 is enough where (p - 1) / 2 is prime (libcrypto goes on to
 * check the subgroup before it derives); 2.3: on the curve.  RFC 7748 has no bad inputs,
 * only bad results.
 */
static bool peer_good(const struct method *m, EVP_PKEY *peer)
{
	EVP_PKEY_CTX *ctx;
	bool good;

	if (!m->name)
		return true;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, peer, NULL);
	good = ctx && EVP_PKEY_public_check_quick(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* Full length with leading zeros (RFC 7296 2.14); x only (RFC 5903 9).  X25519 and
 * X448 fail where all is zero (RFC 8031 3.2).
 */
static int derive(struct dh *dh, EVP_PKEY *peer, struct blob *secret)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, dh->pair, NULL);
	uint8_t buf[DH_PUBLIC_MAX];
	size_t len = sizeof(buf);
	int err = -EINVAL;

	if (ctx && EVP_PKEY_derive_init(ctx) == 1 &&
	    (!is_modp(dh->method) || EVP_PKEY_CTX_set_dh_pad(ctx, 1) == 1) &&
	    EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 &&
	    EVP_PKEY_derive(ctx, buf, &len) == 1)
		err = blob_copy(secret, bytes_of(buf, len)) ? -EINVAL : 0;
	OPENSSL_cleanse(buf, sizeof(buf));
	EVP_PKEY_CTX_free(ctx);
	return err;
}

int dh_shared(struct dh *dh, struct bytes peer, struct blob *secret)
{
	EVP_PKEY *key = NULL;
	int err = -EINVAL;

	if (peer.len == dh->method->public_len)
		key = build(dh->method, bytes_of(NULL, 0), peer);
	if (key && peer_good(dh->method, key))
		err = derive(dh, key, secret);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return err;
}
