/* SPDX-License-Identifier: MIT */
/*
 * certs.h - what make_certs.py wrote to $IKED_CERTS.
 */
#ifndef TESTS_UNIT_IKED_CRYPTO_CERTS_H
#define TESTS_UNIT_IKED_CRYPTO_CERTS_H

#include <stdlib.h>

#include "../../../tools/iked/cert.h"
#include "hex.h"

#define CERTS_NOW	1767225600	/* 2026-01-01, as in make_certs.py */

/* Two may be used at once */
static inline const char *certs_path(const char *name)
{
	static char path[2][4096];
	static unsigned int next;
	const char *dir = getenv("IKED_CERTS");

	next ^= 1;
	snprintf(path[next], sizeof(path[next]), "%s/%s", dir ? dir : ".", name);
	return path[next];
}

/* A whole file, valid as long as hex()'s are */
static inline struct bytes certs_file(const char *name)
{
	struct blob *b = &hex_all[hex_next++ % HEX_MAX];
	FILE *file = fopen(certs_path(name), "rb");

	free(b->p);
	*b = (struct blob){ malloc(200000), 0 };
	if (file) {
		b->len = fread(b->p, 1, 200000, file);
		fclose(file);
	}
	return blob_view(b);
}

#endif /* TESTS_UNIT_IKED_CRYPTO_CERTS_H */
