/* SPDX-License-Identifier: MIT */
/*
 * hex.h - published vectors are hexadecimal: text to bytes and comparing.
 */
#ifndef TESTS_UNIT_IKED_CRYPTO_HEX_H
#define TESTS_UNIT_IKED_CRYPTO_HEX_H

#include <stdlib.h>

#include "../../../tools/iked/bytes.h"
#include "../tools/check.h"

/* One allocation that is never freed is reached from here: no leak */
#define HEX_MAX	64
static struct blob hex_all[HEX_MAX];
static unsigned int hex_next;

/* Valid until HEX_MAX others were made */
static inline struct bytes hex(const char *text)
{
	struct blob *b = &hex_all[hex_next++ % HEX_MAX];
	size_t len = strlen(text) / 2;

	free(b->p);
	*b = (struct blob){ malloc(len + 1), len };
	for (size_t i = 0; i < len; i++)
		sscanf(text + 2 * i, "%2hhx", &b->p[i]);
	return blob_view(b);
}

static inline void check_bytes(const char *name, struct bytes got, const char *want)
{
	char text[2 * 200 + 1] = "";

	for (size_t i = 0; i < got.len && i < 200; i++)
		sprintf(text + 2 * i, "%02x", got.p[i]);
	check(bytes_equal(got, hex(want)), name, "got %s, want %s", text, want);
}

#endif /* TESTS_UNIT_IKED_CRYPTO_HEX_H */
