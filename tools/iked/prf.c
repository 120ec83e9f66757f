// SPDX-License-Identifier: MIT
/*
 * prf.c - pseudo-random functions and random bytes, through libcrypto.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "mac.h"
#include "prf.h"

#define PRF_PARTS_MAX	8	/* of one call */
#define PRF_ROUNDS_MAX	255	/* RFC 7296 2.13: one byte counts them */

_Static_assert(PRF_MAX >= MAC_MAX, "outputs of MACs fit");

static const struct prf_algorithm {
	uint16_t id;
	uint16_t len;
	const char *digest;		/* NULL: of AES */
} algorithms[] = {
	{ IKE_PRF_HMAC_SHA1, 20, "SHA1" },
	{ IKE_PRF_AES128_XCBC, MAC_AES_LEN, NULL },
	{ IKE_PRF_HMAC_SHA2_256, 32, "SHA2-256" },
	{ IKE_PRF_HMAC_SHA2_384, 48, "SHA2-384" },
	{ IKE_PRF_HMAC_SHA2_512, 64, "SHA2-512" },
	{ IKE_PRF_AES128_CMAC, MAC_AES_LEN, NULL },
};

static const struct prf_algorithm *find(uint16_t id)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		if (algorithms[i].id == id)
			return &algorithms[i];
	return NULL;
}

bool prf_known(uint16_t id)
{
	return find(id);
}

size_t prf_len(uint16_t id)
{
	const struct prf_algorithm *a = find(id);

	return a ? a->len : 0;
}

bool prf_key_fixed(uint16_t id)
{
	const struct prf_algorithm *a = find(id);

	return a && !a->digest;
}

/* A key of another length than AES has: RFC 4434 2 pads short ones with zeros and
 * hashes long ones, RFC 4615 3 hashes both, each with a key of zeros.
 */
static int fit_aes_key(bool xcbc, struct bytes key, uint8_t out[static MAC_AES_LEN])
{
	static const uint8_t zero[MAC_AES_LEN];

	memset(out, 0, MAC_AES_LEN);
	if (key.len == MAC_AES_LEN || (xcbc && key.len < MAC_AES_LEN)) {
		if (key.len)
			memcpy(out, key.p, key.len);
		return 0;
	}
	return xcbc ? mac_xcbc(BYTES(zero), &key, 1, out, MAC_AES_LEN) :
		      mac_cmac(BYTES(zero), &key, 1, out, MAC_AES_LEN);
}

static int prf_aes(bool xcbc, struct bytes key, const struct bytes *parts, size_t n,
		   uint8_t *out)
{
	uint8_t fit[MAC_AES_LEN];
	int err = fit_aes_key(xcbc, key, fit);

	if (!err)
		err = xcbc ? mac_xcbc(BYTES(fit), parts, n, out, MAC_AES_LEN) :
			     mac_cmac(BYTES(fit), parts, n, out, MAC_AES_LEN);
	OPENSSL_cleanse(fit, sizeof(fit));
	return err;
}

int prf(uint16_t id, struct bytes key, const struct bytes *parts, size_t n,
	uint8_t out[static PRF_MAX])
{
	const struct prf_algorithm *a = find(id);

	if (!a)
		return -EINVAL;
	if (!a->digest)
		return prf_aes(id == IKE_PRF_AES128_XCBC, key, parts, n, out);
	return mac_hmac(a->digest, key, parts, n, out, a->len);
}

/* T1 = prf(K, S | 1), T2 = prf(K, T1 | S | 2), ... */
int prf_plus(uint16_t id, struct bytes key, const struct bytes *parts, size_t n,
	     uint8_t *out, size_t len)
{
	struct bytes all[PRF_PARTS_MAX + 2];
	size_t step = prf_len(id), done = 0;
	uint8_t t[PRF_MAX], round = 0;
	int err = 0;

	if (!step || n > PRF_PARTS_MAX || len > step * PRF_ROUNDS_MAX)
		return -EINVAL;
	all[0] = bytes_of(NULL, 0);
	if (n)
		memcpy(all + 1, parts, n * sizeof(*parts));
	all[n + 1] = bytes_of(&round, 1);
	while (done < len && !err) {
		size_t take = len - done < step ? len - done : step;

		round++;
		err = prf(id, key, all, n + 2, t);
		if (!err)
			memcpy(out + done, t, take);
		all[0] = bytes_of(t, step);
		done += take;
	}
	if (err)
		OPENSSL_cleanse(out, len);
	OPENSSL_cleanse(t, sizeof(t));
	return err;
}

int sha1(const struct bytes *parts, size_t n, uint8_t out[static SHA1_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && EVP_DigestInit_ex2(ctx, EVP_sha1(), NULL) == 1;

	for (size_t i = 0; good && i < n; i++)
		good = !parts[i].len ||
		       EVP_DigestUpdate(ctx, parts[i].p, parts[i].len) == 1;
	good = good && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return good ? 0 : -EINVAL;
}

static int (*source_override)(void *buf, size_t len);

void random_override(int (*source)(void *buf, size_t len))
{
	source_override = source;
}

int random_bytes(void *buf, size_t len)
{
	if (source_override)
		return source_override(buf, len);
	return len <= INT_MAX && RAND_bytes(buf, len) == 1 ? 0 : -EIO;
}

uint32_t random_below(uint32_t below)
{
	uint64_t value;

	/* Jitter only: without randomness its middle is as good as any */
	if (random_bytes(&value, sizeof(value)))
		return below / 2;
	return below ? value % below : 0;
}
