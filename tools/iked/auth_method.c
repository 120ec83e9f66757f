// SPDX-License-Identifier: MIT
/*
 * auth_method.c - how signatures of the AUTH payload name their algorithm.
 */
#include <errno.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "auth_method.h"

#define PSS_SALT_MAX	64	/* bytes; the longest hash */

/* SHA-1 is none of them: what a peer offers is no reason to believe it */
static const struct hash {
	uint8_t id;
	uint8_t len;
	uint8_t rsa, ecdsa, sha;	/* last byte of the OIDs */
	int nid;
	const char *name;
} hashes[] = {
	{ IKE_HASH_SHA2_256, 32, 11, 2, 1, NID_sha256, "SHA2-256" },
	{ IKE_HASH_SHA2_384, 48, 12, 3, 2, NID_sha384, "SHA2-384" },
	{ IKE_HASH_SHA2_512, 64, 13, 4, 3, NID_sha512, "SHA2-512" },
};

#define N_HASHES	(sizeof(hashes) / sizeof(hashes[0]))

static const struct hash *find(uint8_t id)
{
	for (size_t i = 0; i < N_HASHES; i++)
		if (hashes[i].id == id)
			return &hashes[i];
	return NULL;
}

const char *hash_name(uint8_t hash)
{
	const struct hash *h = find(hash);

	if (hash == IKE_HASH_SHA1)
		return "SHA1";
	return h ? h->name : NULL;
}

size_t hash_len(uint8_t hash)
{
	const struct hash *h = find(hash);

	return h ? h->len : 0;
}

/* sha256WithRSAEncryption and its neighbours, RFC 7427 A.1, with the NULL */
static void write_rsa(struct writer *w, const struct hash *h)
{
	static const uint8_t head[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48,
					0x86, 0xf7, 0x0d, 0x01, 0x01 };

	write_bytes(w, BYTES(head));
	write_u8(w, h->rsa);
	write_u16(w, 0x0500);
}

/* ecdsa-with-SHA256 and its neighbours, RFC 7427 A.3 */
static void write_ecdsa(struct writer *w, const struct hash *h)
{
	static const uint8_t head[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48,
					0xce, 0x3d, 0x04, 0x03 };

	write_bytes(w, BYTES(head));
	write_u8(w, h->ecdsa);
}

/* id-RSASSA-PSS with hash, MGF1 of the same hash, salt; RFC 7427 A.4 */
static void write_pss(struct writer *w, const struct hash *h, uint8_t salt_len)
{
	uint8_t der[] = {
		0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
		0x0a, 0x30, 0x34,
		0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
		0x04, 0x02, h->sha, 0x05, 0x00,
		0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
		0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
		0x03, 0x04, 0x02, h->sha, 0x05, 0x00,
		0xa2, 0x03, 0x02, 0x01, salt_len,
	};

	write_bytes(w, BYTES(der));
}

/* RFC 8420 A.1 */
static const uint8_t ed25519_der[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 };

void algorithm_write(struct writer *w, const struct signature_scheme *scheme)
{
	const struct hash *h = find(scheme->hash);

	if (scheme->kind == PKEY_ED25519)
		write_bytes(w, BYTES(ed25519_der));
	else if (h && scheme->kind == PKEY_EC)
		write_ecdsa(w, h);
	else if (h && scheme->kind == PKEY_RSA && scheme->pss)
		write_pss(w, h, scheme->salt_len);
	else if (h && scheme->kind == PKEY_RSA)
		write_rsa(w, h);
	else
		w->full = true;
}

static const struct hash *hash_of_algor(const X509_ALGOR *algor)
{
	const ASN1_OBJECT *oid;
	int type;

	X509_ALGOR_get0(&oid, &type, NULL, algor);
	for (size_t i = 0; i < N_HASHES; i++)
		if (OBJ_obj2nid(oid) == hashes[i].nid &&
		    (type == V_ASN1_NULL || type == V_ASN1_UNDEF))
			return &hashes[i];
	return NULL;
}

/* MGF1's own hash; a value that is itself an AlgorithmIdentifier */
static const struct hash *hash_of_mgf(const X509_ALGOR *mgf)
{
	const ASN1_OBJECT *oid;
	const void *value;
	const struct hash *h = NULL;
	X509_ALGOR *inner;
	int type;

	X509_ALGOR_get0(&oid, &type, &value, mgf);
	if (OBJ_obj2nid(oid) != NID_mgf1 || type != V_ASN1_SEQUENCE)
		return NULL;
	inner = ASN1_item_unpack(value, ASN1_ITEM_rptr(X509_ALGOR));
	if (inner)
		h = hash_of_algor(inner);
	X509_ALGOR_free(inner);
	return h;
}

/* What is absent would be SHA-1 (RFC 8017 A.2.3), which we do not take; one hash for
 * both; a salt of no more than the longest hash.
 */
static int read_pss(const RSA_PSS_PARAMS *pss, struct signature_scheme *scheme)
{
	const struct hash *h;
	int64_t salt = 20, trailer = 1;

	if (!pss->hashAlgorithm || !pss->maskGenAlgorithm)
		return -EINVAL;
	h = hash_of_algor(pss->hashAlgorithm);
	if (!h || hash_of_mgf(pss->maskGenAlgorithm) != h)
		return -EINVAL;
	if (pss->saltLength && ASN1_INTEGER_get_int64(&salt, pss->saltLength) != 1)
		return -EINVAL;
	if (pss->trailerField && ASN1_INTEGER_get_int64(&trailer, pss->trailerField) != 1)
		return -EINVAL;
	if (salt < 0 || salt > PSS_SALT_MAX || trailer != 1)
		return -EINVAL;
	*scheme = (struct signature_scheme){ PKEY_RSA, h->id, true, salt };
	return 0;
}

static int read_algor(const X509_ALGOR *algor, struct signature_scheme *scheme)
{
	const ASN1_OBJECT *oid;
	const void *value;
	RSA_PSS_PARAMS *pss;
	int type, nid, err;

	X509_ALGOR_get0(&oid, &type, &value, algor);
	nid = OBJ_obj2nid(oid);
	if (nid == NID_rsassaPss && type == V_ASN1_SEQUENCE) {
		pss = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
		err = pss ? read_pss(pss, scheme) : -EINVAL;
		RSA_PSS_PARAMS_free(pss);
		return err;
	}
	/* NULL may be there or absent, whatever the RFCs of the algorithm say */
	if (type != V_ASN1_NULL && type != V_ASN1_UNDEF)
		return -EINVAL;
	if (nid == NID_ED25519) {
		*scheme = (struct signature_scheme){ PKEY_ED25519, IKE_HASH_IDENTITY,
						     false, 0 };
		return 0;
	}
	for (size_t i = 0; i < N_HASHES; i++) {
		int hash_nid, key_nid;

		if (!OBJ_find_sigid_algs(nid, &hash_nid, &key_nid) ||
		    hash_nid != hashes[i].nid)
			continue;
		if (key_nid != NID_rsaEncryption && key_nid != NID_X9_62_id_ecPublicKey)
			return -EINVAL;
		*scheme = (struct signature_scheme){
			key_nid == NID_rsaEncryption ? PKEY_RSA : PKEY_EC,
			hashes[i].id, false, 0 };
		return 0;
	}
	return -EINVAL;
}

int algorithm_read(struct bytes der, struct signature_scheme *scheme)
{
	const unsigned char *p = der.p;
	X509_ALGOR *algor = der.len ? d2i_X509_ALGOR(NULL, &p, der.len) : NULL;
	int err = -EINVAL;

	if (algor && p == der.p + der.len)
		err = read_algor(algor, scheme);
	X509_ALGOR_free(algor);
	ERR_clear_error();
	return err;
}
