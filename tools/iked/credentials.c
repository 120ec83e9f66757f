// SPDX-License-Identifier: MIT
/*
 * credentials.c - our own certificate chain and private key.
 */
#include <errno.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "cert.h"
#include "cert_file.h"
#include "pkey.h"

static int add_cert(struct credentials *creds, X509 *cert, char *error)
{
	unsigned char *der = NULL;
	int len, err = -EINVAL;

	if (creds->n == CERT_DEPTH_MAX)
		return refuse(error, -EINVAL, "holds more than %d certificates",
			      CERT_DEPTH_MAX);
	len = i2d_X509(cert, &der);
	if (len > 0)
		err = blob_copy(&creds->chain[creds->n], bytes_of(der, len));
	OPENSSL_free(der);
	if (err)
		return refuse(error, err, "%s", strerror(-err));
	creds->n++;
	return 0;
}

/* PEM, one or more; else one in DER */
static int add_certs(struct credentials *creds, struct bytes file, char *error)
{
	BIO *bio = BIO_new_mem_buf(file.p, file.len);
	const unsigned char *p = file.p;
	X509 *cert;
	int err = 0;

	while (!err && bio && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		err = add_cert(creds, cert, error);
		X509_free(cert);
	}
	BIO_free(bio);
	cert = err || creds->n ? NULL : d2i_X509(NULL, &p, file.len);
	if (cert)
		err = add_cert(creds, cert, error);
	X509_free(cert);
	ERR_clear_error();
	if (!err && !creds->n)
		err = refuse(error, -EINVAL, "holds no certificate in PEM or DER");
	return err;
}

static X509 *own_cert(const struct credentials *creds)
{
	const unsigned char *p = creds->n ? creds->chain[0].p : NULL;

	return p ? d2i_X509(NULL, &p, creds->chain[0].len) : NULL;
}

bool credentials_match(const struct credentials *creds)
{
	X509 *cert = own_cert(creds);
	bool good = cert && X509_check_private_key(cert, creds->key->public.key) == 1;

	X509_free(cert);
	return good;
}

int credentials_load_certs(struct credentials *creds, const char *path,
			   char error[static AUTH_ERROR_MAX])
{
	char sentence[AUTH_ERROR_MAX] = "";
	struct blob file = { NULL, 0 };
	int err = cert_file_read(path, false, &file, error);

	if (err)
		return err;
	err = add_certs(creds, blob_view(&file), sentence);
	blob_free(&file);
	return err ? refuse(error, err, "%s: %s", path, sentence) : 0;
}

int credentials_load_key(struct credentials *creds, const char *path,
			 char error[static AUTH_ERROR_MAX])
{
	char sentence[AUTH_ERROR_MAX] = "";
	struct blob file = { NULL, 0 };
	int err = cert_file_read(path, true, &file, error);

	if (err)
		return err;
	creds->key = private_key_read(blob_view(&file), sentence);
	blob_free(&file);
	return creds->key ? 0 : refuse(error, -EINVAL, "%s: %s", path, sentence);
}

int credentials_load(struct credentials *creds, const char *cert_path,
		     const char *key_path, char error[static AUTH_ERROR_MAX])
{
	int err;

	memset(creds, 0, sizeof(*creds));
	err = credentials_load_certs(creds, cert_path, error);
	if (!err)
		err = credentials_load_key(creds, key_path, error);
	if (!err && !credentials_match(creds))
		err = refuse(error, -EINVAL, "the key in %s is not that of %s", key_path,
			     cert_path);
	if (err)
		credentials_free(creds);
	return err;
}

void credentials_free(struct credentials *creds)
{
	for (unsigned int i = 0; i < CERT_DEPTH_MAX; i++)
		blob_free(&creds->chain[i]);
	private_key_free(creds->key);
	memset(creds, 0, sizeof(*creds));
}

int credentials_identity(const struct credentials *creds, struct identity *id)
{
	X509 *cert = own_cert(creds);
	unsigned char *der = NULL;
	int len = cert ? i2d_X509_NAME(X509_get_subject_name(cert), &der) : -1;
	struct ike_id payload = { IKE_ID_DN, { der, len > 0 ? len : 0 }, { NULL, 0 } };
	int err = identity_of_payload(&payload, id);

	OPENSSL_free(der);
	X509_free(cert);
	return err;
}
