// SPDX-License-Identifier: MIT
/*
 * parse_encap.c - the words behind "encap" into a struct.
 */
#include <string.h>

#include "parse.h"

int parse_encap(struct words *words, struct encap_args *args)
{
	const char *word;
	uint32_t port;
	int err;

	memset(args, 0, sizeof(*args));
	err = words_take(words, "the port", &word);
	if (!err)
		err = words_u32(words, "port", word, 1, UINT16_MAX, &port);
	if (err)
		return err;
	args->port = port;
	return words_end(words);
}
