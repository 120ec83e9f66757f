/* SPDX-License-Identifier: MIT */
/*
 * trust.h - what cert.c needs to know of trust anchors and revocation lists.
 */
#ifndef IKED_TRUST_H
#define IKED_TRUST_H

#include <openssl/x509.h>

#include "cert.h"

struct trust {
	X509_STORE *store;		/* authorities and lists */
	STACK_OF(X509) *authorities;	/* the same once more, for their keys */
	unsigned int lists;
	bool require_crl;
};

#endif /* IKED_TRUST_H */
