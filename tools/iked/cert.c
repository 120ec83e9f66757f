// SPDX-License-Identifier: MIT
/*
 * cert.c - whether a peer's chain says that it is who it claims.  Fetches nothing: no
 * lists, no issuers, no hash-and-URL.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "pkey.h"
#include "trust.h"

#define SECURITY_LEVEL	2	/* libcrypto's: 112 bits, so RSA 2048 and no SHA-1 */

/* One whole certificate and nothing behind it */
static X509 *parse(struct bytes der)
{
	const unsigned char *p = der.p;
	X509 *cert = der.len && der.len <= CERT_BYTES_MAX ?
		     d2i_X509(NULL, &p, der.len) : NULL;

	if (cert && p != der.p + der.len) {
		X509_free(cert);
		cert = NULL;
	}
	ERR_clear_error();
	return cert;
}

/* @key gets a reference of its own */
static int key_of(X509 *cert, struct public_key *key, char *error)
{
	EVP_PKEY *evp = X509_get_pubkey(cert);
	int err;

	if (!evp)
		return refuse(error, -EACCES, "the certificate's key cannot be read");
	err = pkey_init(key, evp, error);
	if (err)
		EVP_PKEY_free(evp);
	return err;
}

/* A key that is too large must not even verify somebody's signature (E4.18) */
static bool key_usable(X509 *cert)
{
	char sentence[AUTH_ERROR_MAX];
	struct public_key key = { 0 };

	if (key_of(cert, &key, sentence))
		return false;
	EVP_PKEY_free(key.key);
	return true;
}

/* What may help; what is broken does not */
static STACK_OF(X509) *parse_helpers(const struct bytes *chain, unsigned int n)
{
	STACK_OF(X509) *helpers = sk_X509_new_null();

	for (unsigned int i = 0; helpers && i < n; i++) {
		X509 *cert = parse(chain[i]);

		if (!cert || !key_usable(cert) || !sk_X509_push(helpers, cert))
			X509_free(cert);
	}
	return helpers;
}

/* Without trust_require_crl() a list is no condition, but what it revokes is revoked */
static int tolerate(int good, X509_STORE_CTX *ctx)
{
	const struct trust *trust = X509_STORE_CTX_get_app_data(ctx);

	if (good || trust->require_crl)
		return good;
	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
		return 1;
	}
	return 0;
}

static bool set_rules(X509_STORE_CTX *ctx, const struct trust *trust, int64_t now)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	/* An authority that we list is trusted whoever signed it */
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;

	if (trust->lists || trust->require_crl)
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
	X509_VERIFY_PARAM_set_depth(param, CERT_DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	X509_VERIFY_PARAM_set_time(param, now);
	X509_STORE_CTX_set_app_data(ctx, (void *)trust);
	X509_STORE_CTX_set_verify_cb(ctx, tolerate);
	return X509_VERIFY_PARAM_set_flags(param, flags) == 1;
}

static int verify_chain(const struct trust *trust, X509 *cert, STACK_OF(X509) *helpers,
			int64_t now, char *error)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int code = X509_V_ERR_OUT_OF_MEM, depth = 0;

	if (ctx && X509_STORE_CTX_init(ctx, trust->store, cert, helpers) == 1 &&
	    set_rules(ctx, trust, now)) {
		bool good = X509_verify_cert(ctx) == 1;

		depth = X509_STORE_CTX_get_error_depth(ctx);
		code = good ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
		if (!good && code == X509_V_OK)
			code = X509_V_ERR_UNSPECIFIED;
	}
	X509_STORE_CTX_free(ctx);
	if (code == X509_V_OK)
		return 0;
	return refuse(error, -EACCES, "%s: %s",
		      depth ? "an authority's certificate" : "the certificate",
		      X509_verify_cert_error_string(code));
}

/* RFC 4945 5.1.3.12, and what is usual: TLS's purposes will do */
static bool purpose_good(X509 *cert)
{
	static const int nids[] = { NID_server_auth, NID_client_auth, NID_ipsec_IKE,
				    NID_anyExtendedKeyUsage };
	int critical;
	EXTENDED_KEY_USAGE *uses = X509_get_ext_d2i(cert, NID_ext_key_usage, &critical,
						    NULL);
	bool good = !uses && critical == -1;	/* -1: there is none; -2: two */

	for (int i = 0; !good && i < sk_ASN1_OBJECT_num(uses); i++)
		for (size_t j = 0; j < sizeof(nids) / sizeof(nids[0]); j++)
			if (OBJ_obj2nid(sk_ASN1_OBJECT_value(uses, i)) == nids[j])
				good = true;
	sk_ASN1_OBJECT_pop_free(uses, ASN1_OBJECT_free);
	return good;
}

static int check_usage(X509 *cert, char *error)
{
	/* UINT32_MAX where the extension is absent */
	if (!(X509_get_key_usage(cert) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
		return refuse(error, -EACCES,
			      "the certificate's key usage does not allow signatures");
	if (!purpose_good(cert))
		return refuse(error, -EACCES,
			      "the certificate's extended key usage is for something else");
	return 0;
}

static struct bytes string_bytes(const ASN1_STRING *s)
{
	return bytes_of(ASN1_STRING_get0_data(s), ASN1_STRING_length(s));
}

/* The name's value, and the type of identity that it proves; 0: none that we know */
static uint8_t san_type(const GENERAL_NAME *san, struct bytes *value)
{
	int kind;
	const ASN1_STRING *s = GENERAL_NAME_get0_value(san, &kind);

	if (kind != GEN_DNS && kind != GEN_EMAIL && kind != GEN_IPADD)
		return 0;
	*value = string_bytes(s);
	if (kind == GEN_IPADD)
		return value->len == 4 ? IKE_ID_IPV4 :
		       value->len == 16 ? IKE_ID_IPV6 : 0;
	return kind == GEN_DNS ? IKE_ID_FQDN : IKE_ID_RFC822;
}

static bool name_holds(uint8_t type, struct bytes value, char c)
{
	return (type == IKE_ID_FQDN || type == IKE_ID_RFC822) && value.len &&
	       memchr(value.p, c, value.len);
}

/* 1: a name is @id, 0: none is, -EACCES: one holds a NUL, believe nothing */
static int match_sans(const GENERAL_NAMES *sans, const struct identity *id)
{
	int found = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(sans); i++) {
		struct bytes value = { NULL, 0 };
		uint8_t type = san_type(sk_GENERAL_NAME_value(sans, i), &value);

		if (name_holds(type, value, '\0'))
			return -EACCES;
		/* a wildcard is no name of one host */
		if (type != id->type || name_holds(type, value, '*'))
			continue;
		if (identity_same_data(type, value, bytes_of(id->data, id->len)))
			found = 1;
	}
	return found;
}

static bool subject_is(X509 *cert, const struct identity *id)
{
	unsigned char *der = NULL;
	int len = i2d_X509_NAME(X509_get_subject_name(cert), &der);
	bool same = len > 0 && identity_same_data(IKE_ID_DN, bytes_of(der, len),
						  bytes_of(id->data, id->len));

	OPENSSL_free(der);
	return same;
}

static int check_identity(X509 *cert, const struct identity *id, char *error)
{
	char text[IDENTITY_TEXT_MAX];
	GENERAL_NAMES *sans;
	int critical, found;

	sans = X509_get_ext_d2i(cert, NID_subject_alt_name, &critical, NULL);
	found = sans || critical == -1 ? match_sans(sans, id) : -EACCES;
	GENERAL_NAMES_free(sans);
	if (found < 0)
		return refuse(error, -EACCES,
			      "the certificate's alternative names are malformed");
	if (id->type == IKE_ID_KEY_ID)
		return refuse(error, -EACCES, "no certificate can prove a key ID");
	if (id->type == IKE_ID_DN)
		found = subject_is(cert, id);
	if (!found)
		return refuse(error, -EACCES, "the certificate is not that of %s",
			      identity_text(id, text));
	return 0;
}

static int check_cert(const struct trust *trust, X509 *cert, const struct bytes *helpers,
		      unsigned int n, const struct identity *id, int64_t now,
		      char *error)
{
	STACK_OF(X509) *parsed = parse_helpers(helpers, n);
	int err;

	if (!parsed)
		return refuse(error, -EACCES, "out of memory");
	err = verify_chain(trust, cert, parsed, now, error);
	sk_X509_pop_free(parsed, X509_free);
	if (!err)
		err = check_usage(cert, error);
	return err ? err : check_identity(cert, id, error);
}

static int check_sizes(const struct bytes *chain, unsigned int n, char *error)
{
	size_t total = 0;

	if (!n || n > CERT_DEPTH_MAX)
		return refuse(error, -EACCES, "the peer sent %u certificates, not 1 to %d",
			      n, CERT_DEPTH_MAX);
	for (unsigned int i = 0; i < n; i++)
		total += chain[i].len < CERT_BYTES_MAX ? chain[i].len : CERT_BYTES_MAX + 1;
	if (total > CERT_BYTES_MAX)
		return refuse(error, -EACCES, "the peer's certificates are too long");
	return 0;
}

int cert_verify(const struct trust *trust, const struct bytes *chain,
		unsigned int n, const struct identity *id, int64_t now,
		struct public_key **key, char error[static AUTH_ERROR_MAX])
{
	struct public_key *found = calloc(1, sizeof(*found));
	int err = check_sizes(chain, n, error);
	X509 *cert = err ? NULL : parse(chain[0]);

	if (!err && (!cert || !found))
		err = refuse(error, -EACCES, "the peer's certificate is malformed");
	if (!err)
		err = key_of(cert, found, error);
	if (!err)
		err = check_cert(trust, cert, chain + 1, n - 1, id, now, error);
	X509_free(cert);
	ERR_clear_error();
	if (!err) {
		*key = found;
		return 0;
	}
	public_key_free(found);
	return err;
}
