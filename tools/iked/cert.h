/* SPDX-License-Identifier: MIT */
/*
 * cert.h - X.509 through libcrypto: our certificate and key, the authorities that we
 * trust, revocation lists, and whether a peer's chain says that it is who it claims.
 */
#ifndef IKED_CERT_H
#define IKED_CERT_H

#include "auth.h"
#include "identity.h"

#define CERT_DEPTH_MAX		8
#define CERT_BYTES_MAX		65535
#define CERT_RSA_BITS_MIN	2048
#define CERT_RSA_BITS_MAX	8192

/* Trust anchors and revocation lists of one interface */
struct trust;

struct trust *trust_new(void);
void trust_free(struct trust *trust);
/* PEM or DER, one or more authorities; a file or a directory.  0 or -errno, @error */
int trust_add_ca(struct trust *trust, const char *path,
		 char error[static AUTH_ERROR_MAX]);
int trust_add_crl(struct trust *trust, const char *path,
		  char error[static AUTH_ERROR_MAX]);
/* With it, an authority without a valid list is an error (default: no) */
void trust_require_crl(struct trust *trust, bool yes);
/* SHA-1 of each authority's public key, as CERTREQ lists them */
int trust_key_hashes(const struct trust *trust, struct blob *hashes);

/* Our own certificate chain and private key */
struct credentials {
	unsigned int n;
	struct blob chain[CERT_DEPTH_MAX];	/* DER, own certificate first */
	struct private_key *key;
};

/* @key_path may be read by its owner only.  0 or -errno, @error */
int credentials_load(struct credentials *creds, const char *cert_path,
		     const char *key_path, char error[static AUTH_ERROR_MAX]);
void credentials_free(struct credentials *creds);
/* In parts, of @creds that were zero: 0 or -errno, @error */
int credentials_load_certs(struct credentials *creds, const char *path,
			   char error[static AUTH_ERROR_MAX]);
int credentials_load_key(struct credentials *creds, const char *path,
			 char error[static AUTH_ERROR_MAX]);
/* The key is that of the certificate; both are there */
bool credentials_match(const struct credentials *creds);

/* Whose a certificate or a list is, and from when until when it is good: UNIX times,
 * INT64_MAX for ever
 */
typedef void (*cert_dates)(const char *whose, int64_t from, int64_t until, void *arg);

/* Calls @fn with each of our chain, of the authorities, of the lists */
void credentials_dates(const struct credentials *creds, cert_dates fn, void *arg);
void trust_dates(const struct trust *trust, cert_dates fn, void *arg);
void trust_crl_dates(const struct trust *trust, cert_dates fn, void *arg);

/**
 * cert_verify() - is this the certificate of @id, signed by somebody we trust?
 * @chain: DER, the peer's own certificate first, then what may help
 * @now: UNIX time
 * @key: set to its public key; public_key_free() it
 *
 * Checks signatures, validity, basic constraints, key usage and size, revocation, and
 * that a subjectAltName (or the subject, for a DN) is @id.  Fetches nothing.
 *
 * Return: 0 or -EACCES with a sentence in @error.
 */
int cert_verify(const struct trust *trust, const struct bytes *chain,
		unsigned int n, const struct identity *id, int64_t now,
		struct public_key **key, char error[static AUTH_ERROR_MAX]);
void public_key_free(struct public_key *key);

/* The subject of our certificate as identity: what is claimed when no "id" is set */
int credentials_identity(const struct credentials *creds, struct identity *id);

#endif /* IKED_CERT_H */
