// SPDX-License-Identifier: MIT
/*
 * cert_dates.c - from when until when certificates and lists of our own files are good.
 */
#include <time.h>

#include <openssl/x509.h>

#include "trust.h"

/* @absent where there is none */
static int64_t seconds(const ASN1_TIME *t, int64_t absent)
{
	struct tm tm;

	return t && ASN1_TIME_to_tm(t, &tm) == 1 ? timegm(&tm) : absent;
}

static const char *name_text(const X509_NAME *name, char buf[static IDENTITY_TEXT_MAX])
{
	unsigned char *der = NULL;
	int len = i2d_X509_NAME(name, &der);
	struct ike_id payload = { IKE_ID_DN, { der, len > 0 ? len : 0 }, { NULL, 0 } };
	struct identity id;
	const char *text = "?";

	if (len > 0 && !identity_of_payload(&payload, &id))
		text = identity_text(&id, buf);
	OPENSSL_free(der);
	return text;
}

static void tell_cert(const X509 *cert, cert_dates fn, void *arg)
{
	char text[IDENTITY_TEXT_MAX];

	fn(name_text(X509_get_subject_name(cert), text),
	   seconds(X509_get0_notBefore(cert), INT64_MIN),
	   seconds(X509_get0_notAfter(cert), INT64_MAX), arg);
}

void credentials_dates(const struct credentials *creds, cert_dates fn, void *arg)
{
	for (unsigned int i = 0; i < creds->n; i++) {
		const unsigned char *p = creds->chain[i].p;
		X509 *cert = d2i_X509(NULL, &p, creds->chain[i].len);

		if (cert)
			tell_cert(cert, fn, arg);
		X509_free(cert);
	}
}

void trust_dates(const struct trust *trust, cert_dates fn, void *arg)
{
	for (int i = 0; i < sk_X509_num(trust->authorities); i++)
		tell_cert(sk_X509_value(trust->authorities, i), fn, arg);
}

void trust_crl_dates(const struct trust *trust, cert_dates fn, void *arg)
{
	STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(trust->store);
	char text[IDENTITY_TEXT_MAX];

	for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
		X509_CRL *crl = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(objects, i));

		if (crl)
			fn(name_text(X509_CRL_get_issuer(crl), text),
			   seconds(X509_CRL_get0_lastUpdate(crl), INT64_MIN),
			   seconds(X509_CRL_get0_nextUpdate(crl), INT64_MAX), arg);
	}
}
