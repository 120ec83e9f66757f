// SPDX-License-Identifier: MIT
/*
 * auth.c - the AUTH payload: who signs what.  auth_method.c names algorithms.
 *
 * SHA-1 is neither sent nor believed (RFC 8247 3.2): a collision of transcripts ("SLOTH")
 * would let somebody speak for the other side.  So method 1, all that a peer without
 * RFC 7427 knows of RSA keys, has SHA-256 inside, which RFC 7296 3.8 permits; of a peer
 * any SHA-2 will do.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "auth_method.h"
#include "cert.h"
#include "pkey.h"

#define SIGNATURE_MAX	(CERT_RSA_BITS_MAX / 8)

static const uint8_t accepted_hashes[] = {
	IKE_HASH_SHA2_256, IKE_HASH_SHA2_384, IKE_HASH_SHA2_512, IKE_HASH_IDENTITY,
};

uint32_t auth_hashes_read(struct bytes data)
{
	struct reader r = reader_of(data);
	uint32_t hashes = 0;

	while (r.left >= 2) {
		uint16_t hash = read_u16(&r);

		if (hash < 32)
			hashes |= 1U << hash;
	}
	return hashes;
}

size_t auth_hashes_write(uint8_t *buf, size_t cap)
{
	struct writer w = writer_of(buf, cap);

	for (size_t i = 0; i < sizeof(accepted_hashes); i++)
		write_u16(&w, accepted_hashes[i]);
	return w.full ? 0 : w.len;
}

/* prf(SK_p, ID body), the last part of what AUTH covers */
static int mac_id(const struct ike_keys *keys, bool by_initiator,
		  const struct auth_octets *octets, uint8_t out[static PRF_MAX])
{
	return prf(keys->prf,
		   bytes_of(by_initiator ? keys->pi : keys->pr, keys->p_len),
		   &octets->id_body, 1, out);
}

/* RFC 7296 2.15: prf(prf(secret, "Key Pad for IKEv2"), octets) */
int auth_psk(const struct ike_keys *keys, bool by_initiator, struct bytes psk,
	     const struct auth_octets *octets, uint8_t out[static PRF_MAX])
{
	static const char pad[] = "Key Pad for IKEv2";
	const struct bytes pad_part = bytes_of(pad, sizeof(pad) - 1);
	size_t len = prf_len(keys->prf);
	uint8_t id_mac[PRF_MAX], key[PRF_MAX];
	int err;

	if (psk.len < AUTH_PSK_MIN)
		return -EINVAL;
	err = mac_id(keys, by_initiator, octets, id_mac);
	if (!err)
		err = prf(keys->prf, psk, &pad_part, 1, key);
	if (!err) {
		const struct bytes parts[] = { octets->message, octets->nonce,
					       bytes_of(id_mac, len) };

		err = prf(keys->prf, bytes_of(key, len), parts, 3, out);
	}
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(id_mac, sizeof(id_mac));
	return err;
}

int auth_verify_psk(const struct ike_keys *keys, bool by_initiator,
		    struct bytes psk, struct bytes data,
		    const struct auth_octets *octets)
{
	uint8_t want[PRF_MAX];
	int err = -EACCES;

	if (!auth_psk(keys, by_initiator, psk, octets, want) &&
	    bytes_equal_secret(bytes_of(want, prf_len(keys->prf)), data))
		err = 0;
	OPENSSL_cleanse(want, sizeof(want));
	return err;
}

/* What is signed, in one piece: Ed25519 reads it twice */
static int join_octets(const struct ike_keys *keys, bool by_initiator,
		       const struct auth_octets *octets, struct blob *all)
{
	size_t id_len = prf_len(keys->prf);
	size_t len = octets->message.len + octets->nonce.len + id_len;
	uint8_t id_mac[PRF_MAX];
	uint8_t *buf = malloc(len);
	struct writer w = writer_of(buf, len);

	if (!buf || mac_id(keys, by_initiator, octets, id_mac)) {
		free(buf);
		return -EINVAL;
	}
	write_bytes(&w, octets->message);
	write_bytes(&w, octets->nonce);
	write_bytes(&w, bytes_of(id_mac, id_len));
	*all = (struct blob){ buf, w.len };
	OPENSSL_cleanse(id_mac, sizeof(id_mac));
	return 0;
}

static bool set_padding(EVP_PKEY_CTX *ctx, const struct signature_scheme *s)
{
	if (s->kind != PKEY_RSA)
		return true;
	if (!s->pss)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, hash_name(s->hash), NULL) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, s->salt_len) == 1;
}

static bool sign(EVP_PKEY *key, const struct signature_scheme *s, struct bytes octets,
		 uint8_t *sig, size_t *len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	bool good = ctx &&
		    EVP_DigestSignInit_ex(ctx, &pctx, hash_name(s->hash), NULL, NULL,
					  key, NULL) == 1 &&
		    set_padding(pctx, s) &&
		    EVP_DigestSign(ctx, sig, len, octets.p, octets.len) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

static bool verify(EVP_PKEY *key, const struct signature_scheme *s,
		   struct bytes octets, struct bytes sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	bool good = ctx &&
		    EVP_DigestVerifyInit_ex(ctx, &pctx, hash_name(s->hash), NULL, NULL,
					    key, NULL) == 1 &&
		    set_padding(pctx, s) &&
		    EVP_DigestVerify(ctx, sig.p, sig.len, octets.p, octets.len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

/* RFC 4754: one method a curve, with the hash of its size */
static const struct ecdsa_method {
	uint8_t method, hash;
	unsigned int bits;
	size_t half;			/* bytes of r, and of s */
} ecdsa_methods[] = {
	{ IKE_AUTH_ECDSA_256, IKE_HASH_SHA2_256, 256, 32 },
	{ IKE_AUTH_ECDSA_384, IKE_HASH_SHA2_384, 384, 48 },
	{ IKE_AUTH_ECDSA_521, IKE_HASH_SHA2_512, 521, 66 },
};

static const struct ecdsa_method *ecdsa_method(uint8_t method, unsigned int bits)
{
	for (size_t i = 0; i < 3; i++)
		if (ecdsa_methods[i].bits == bits &&
		    (!method || ecdsa_methods[i].method == method))
			return &ecdsa_methods[i];
	return NULL;
}

/* DER to r | s, RFC 4754 7; @sig has room for both */
static bool ecdsa_to_raw(uint8_t *sig, size_t *len, size_t half)
{
	const unsigned char *p = sig;
	ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &p, *len);
	bool good = parsed &&
		    BN_bn2binpad(ECDSA_SIG_get0_r(parsed), sig, half) > 0 &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(parsed), sig + half, half) > 0;

	*len = 2 * half;
	ECDSA_SIG_free(parsed);
	return good;
}

static int ecdsa_to_der(struct bytes raw, size_t half, unsigned char **der)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = NULL, *s = NULL;
	int len = -1;

	if (sig && raw.len == 2 * half) {
		r = BN_bin2bn(raw.p, half, NULL);
		s = BN_bin2bn(raw.p + half, half, NULL);
	}
	if (r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL;
		len = i2d_ECDSA_SIG(sig, der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return len;
}

static bool has_hash(uint32_t hashes, uint8_t hash)
{
	return hashes & 1U << hash;
}

/* A hash as strong as the key, or the nearest that the peer has; 0: none */
static uint8_t pick_hash(const struct public_key *key, uint32_t hashes)
{
	static const uint8_t orders[3][3] = {
		{ IKE_HASH_SHA2_256, IKE_HASH_SHA2_384, IKE_HASH_SHA2_512 },
		{ IKE_HASH_SHA2_384, IKE_HASH_SHA2_512, IKE_HASH_SHA2_256 },
		{ IKE_HASH_SHA2_512, IKE_HASH_SHA2_384, IKE_HASH_SHA2_256 },
	};
	bool ec = key->kind == PKEY_EC;
	unsigned int small = ec ? 256 : 3072, middle = ec ? 384 : 7680;
	const uint8_t *order = orders[(key->bits > small) + (key->bits > middle)];

	if (key->kind == PKEY_ED25519)
		return has_hash(hashes, IKE_HASH_IDENTITY) ? IKE_HASH_IDENTITY : 0;
	for (size_t i = 0; i < 3; i++)
		if (has_hash(hashes, order[i]))
			return order[i];
	return 0;
}

/* RFC 7427: length of the DER, DER, signature */
static int sign_rfc7427(const struct public_key *key, uint32_t hashes, bool rsa_pss,
			struct bytes octets, struct writer *w, char *error)
{
	struct signature_scheme s = { key->kind, pick_hash(key, hashes), rsa_pss, 0 };
	size_t len;

	if (!s.hash)
		return refuse(error, -EINVAL,
			      "the peer lists no hash that this key can sign with");
	s.salt_len = hash_len(s.hash);
	write_u8(w, 0);
	algorithm_write(w, &s);
	if (w->full)
		return refuse(error, -EINVAL, "libcrypto cannot sign with this key");
	w->buf[0] = w->len - 1;
	len = w->cap - w->len;
	if (!sign(key->key, &s, octets, w->buf + w->len, &len))
		return refuse(error, -EINVAL, "libcrypto cannot sign with this key");
	w->len += len;
	return 0;
}

static int sign_old(const struct public_key *key, struct bytes octets,
		    struct writer *w, uint8_t *method, char *error)
{
	const struct ecdsa_method *ec = NULL;
	struct signature_scheme s = { key->kind, IKE_HASH_SHA2_256, false, 0 };
	size_t len = w->cap;

	if (key->kind == PKEY_EC)
		ec = ecdsa_method(0, key->bits);
	if (ec)
		s.hash = ec->hash;
	else if (key->kind != PKEY_RSA)
		return refuse(error, -EINVAL,
			      "the peer does not know RFC 7427, which this kind of key needs");
	*method = ec ? ec->method : IKE_AUTH_RSA;
	if (!sign(key->key, &s, octets, w->buf, &len) ||
	    (ec && !ecdsa_to_raw(w->buf, &len, ec->half)))
		return refuse(error, -EINVAL, "libcrypto cannot sign with this key");
	w->len = len;
	return 0;
}

int auth_sign(const struct ike_keys *keys, bool by_initiator,
	      const struct private_key *key, uint32_t hashes, bool rsa_pss,
	      const struct auth_octets *octets, uint8_t *method,
	      struct blob *data, char error[static AUTH_ERROR_MAX])
{
	uint8_t buf[1 + AUTH_ALGORITHM_MAX + SIGNATURE_MAX];
	struct writer w = writer_of(buf, sizeof(buf));
	struct blob all = { NULL, 0 };
	int err;

	if (join_octets(keys, by_initiator, octets, &all))
		return refuse(error, -EINVAL, "libcrypto has no such PRF");
	*method = IKE_AUTH_SIGNATURE;
	if (hashes)
		err = sign_rfc7427(&key->public, hashes, rsa_pss, blob_view(&all), &w,
				   error);
	else
		err = sign_old(&key->public, blob_view(&all), &w, method, error);
	blob_free(&all);
	if (!err && blob_copy(data, writer_view(&w)))
		err = refuse(error, -EINVAL, "out of memory");
	return err;
}

static int verify_rfc7427(const struct public_key *key, struct bytes data,
			  struct bytes octets, char *error)
{
	struct reader r = reader_of(data);
	struct bytes der = read_bytes(&r, read_u8(&r));
	struct bytes sig = read_rest(&r);
	struct signature_scheme s;

	if (r.bad || !der.len || !sig.len)
		return refuse(error, -EACCES, "the AUTH payload is malformed");
	if (algorithm_read(der, &s))
		return refuse(error, -EACCES,
			      "the signature's algorithm is not one that is accepted here");
	if (s.kind != key->kind)
		return refuse(error, -EACCES,
			      "the signature's algorithm is not that of the certificate's key");
	if (!verify(key->key, &s, octets, sig))
		return refuse(error, -EACCES, "the signature is wrong");
	return 0;
}

static int verify_rsa(const struct public_key *key, struct bytes sig,
		      struct bytes octets, char *error)
{
	struct signature_scheme s = { PKEY_RSA, 0, false, 0 };

	if (key->kind != PKEY_RSA)
		return refuse(error, -EACCES,
			      "an RSA signature, but the certificate's key is not RSA");
	for (size_t i = 0; i < sizeof(accepted_hashes); i++) {
		s.hash = accepted_hashes[i];
		if (s.hash != IKE_HASH_IDENTITY && verify(key->key, &s, octets, sig))
			return 0;
	}
	s.hash = IKE_HASH_SHA1;
	if (verify(key->key, &s, octets, sig))
		return refuse(error, -EACCES,
			      "a signature with SHA-1 is not accepted: the peer needs RFC 7427");
	return refuse(error, -EACCES, "the signature is wrong");
}

static int verify_ecdsa(const struct public_key *key, uint8_t method, struct bytes raw,
			struct bytes octets, char *error)
{
	const struct ecdsa_method *ec = ecdsa_method(method, key->bits);
	struct signature_scheme s = { PKEY_EC, ec ? ec->hash : 0, false, 0 };
	unsigned char *der = NULL;
	bool good;
	int len;

	if (key->kind != PKEY_EC || !ec)
		return refuse(error, -EACCES,
			      "the signature's method is not that of the certificate's key");
	len = ecdsa_to_der(raw, ec->half, &der);
	good = len > 0 && verify(key->key, &s, octets, bytes_of(der, len));
	OPENSSL_free(der);
	return good ? 0 : refuse(error, -EACCES, "the signature is wrong");
}

static int verify_method(const struct public_key *key, uint8_t method,
			 struct bytes data, struct bytes octets, char *error)
{
	switch (method) {
	case IKE_AUTH_SIGNATURE:
		return verify_rfc7427(key, data, octets, error);
	case IKE_AUTH_RSA:
		return verify_rsa(key, data, octets, error);
	case IKE_AUTH_ECDSA_256:
	case IKE_AUTH_ECDSA_384:
	case IKE_AUTH_ECDSA_521:
		return verify_ecdsa(key, method, data, octets, error);
	}
	return refuse(error, -EACCES, "authentication method %u is not a signature's",
		      method);
}

int auth_verify(const struct ike_keys *keys, bool by_initiator,
		const struct public_key *key, uint8_t method, struct bytes data,
		const struct auth_octets *octets,
		char error[static AUTH_ERROR_MAX])
{
	struct blob all = { NULL, 0 };
	int err;

	if (!data.len)
		return refuse(error, -EACCES, "the AUTH payload is empty");
	if (join_octets(keys, by_initiator, octets, &all))
		return refuse(error, -EACCES, "libcrypto has no such PRF");
	err = verify_method(key, method, data, blob_view(&all), error);
	blob_free(&all);
	return err;
}
