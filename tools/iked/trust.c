// SPDX-License-Identifier: MIT
/*
 * trust.c - trust anchors and revocation lists of one interface.
 */
#include <errno.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "cert_file.h"
#include "pkey.h"
#include "trust.h"

struct trust *trust_new(void)
{
	struct trust *trust = calloc(1, sizeof(*trust));

	if (!trust)
		return NULL;
	trust->store = X509_STORE_new();
	trust->authorities = sk_X509_new_null();
	if (trust->store && trust->authorities)
		return trust;
	trust_free(trust);
	return NULL;
}

void trust_free(struct trust *trust)
{
	if (!trust)
		return;
	X509_STORE_free(trust->store);
	sk_X509_pop_free(trust->authorities, X509_free);
	free(trust);
}

void trust_require_crl(struct trust *trust, bool yes)
{
	trust->require_crl = yes;
}

/* Consumes @cert.  RFC 5280 4.2.1.9: only with basic constraints is it an authority */
static int add_authority(struct trust *trust, X509 *cert, char *error)
{
	if (X509_check_ca(cert) != 1) {
		X509_free(cert);
		return refuse(error, -EINVAL,
			      "holds a certificate that is not of an authority (CA:TRUE)");
	}
	if (X509_STORE_add_cert(trust->store, cert) != 1 ||
	    !sk_X509_push(trust->authorities, cert)) {
		X509_free(cert);
		return refuse(error, -ENOMEM, "out of memory");
	}
	return 1;
}

static int take_authorities(struct bytes file, void *arg,
			    char error[static AUTH_ERROR_MAX])
{
	BIO *bio = BIO_new_mem_buf(file.p, file.len);
	const unsigned char *p = file.p;
	int n = 0, err = 1;
	X509 *cert;

	while (err > 0 && bio && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		err = add_authority(arg, cert, error);
		n++;
	}
	BIO_free(bio);
	if (!n && (cert = d2i_X509(NULL, &p, file.len))) {
		err = add_authority(arg, cert, error);
		n++;
	}
	ERR_clear_error();
	if (!n)
		return refuse(error, -EINVAL, "holds no certificate in PEM or DER");
	return err < 0 ? err : n;
}

static int add_list(struct trust *trust, X509_CRL *crl, char *error)
{
	int good = X509_STORE_add_crl(trust->store, crl);

	X509_CRL_free(crl);
	if (good != 1)
		return refuse(error, -ENOMEM, "out of memory");
	trust->lists++;
	return 1;
}

static int take_lists(struct bytes file, void *arg, char error[static AUTH_ERROR_MAX])
{
	BIO *bio = BIO_new_mem_buf(file.p, file.len);
	const unsigned char *p = file.p;
	int n = 0, err = 1;
	X509_CRL *crl;

	while (err > 0 && bio && (crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL))) {
		err = add_list(arg, crl, error);
		n++;
	}
	BIO_free(bio);
	if (!n && (crl = d2i_X509_CRL(NULL, &p, file.len))) {
		err = add_list(arg, crl, error);
		n++;
	}
	ERR_clear_error();
	if (!n)
		return refuse(error, -EINVAL, "holds no revocation list in PEM or DER");
	return err < 0 ? err : n;
}

int trust_add_ca(struct trust *trust, const char *path,
		 char error[static AUTH_ERROR_MAX])
{
	return cert_file_each(path, take_authorities, trust, error);
}

int trust_add_crl(struct trust *trust, const char *path,
		  char error[static AUTH_ERROR_MAX])
{
	return cert_file_each(path, take_lists, trust, error);
}

/* RFC 7296 3.7: of the SubjectPublicKeyInfo */
static int key_hash(X509 *cert, uint8_t out[static SHA1_LEN])
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	struct bytes part = bytes_of(der, len > 0 ? len : 0);
	int err = len > 0 ? sha1(&part, 1, out) : -EINVAL;

	OPENSSL_free(der);
	return err;
}

int trust_key_hashes(const struct trust *trust, struct blob *hashes)
{
	int n = sk_X509_num(trust->authorities), err = 0;
	uint8_t *buf = calloc(n > 0 ? n : 1, SHA1_LEN);

	if (!buf)
		return -ENOMEM;
	for (int i = 0; !err && i < n; i++)
		err = key_hash(sk_X509_value(trust->authorities, i), buf + i * SHA1_LEN);
	if (!err)
		err = blob_copy(hashes, bytes_of(buf, n > 0 ? n * SHA1_LEN : 0));
	free(buf);
	return err;
}
