// SPDX-License-Identifier: MIT
/*
 * parse_flush.c - the words behind "flush" into a struct.
 */
#include <string.h>

#include "../lib/names.h"
#include "parse_target.h"

int parse_flush(struct words *words, struct flush_args *args)
{
	const char *word;
	int err;

	memset(args, 0, sizeof(*args));
	err = words_take(words, "what to flush (sa or peer)", &word);
	if (err)
		return err;
	err = words_name(words, "flush", word, name_parse_flush,
			 name_flush_choices(), &args->what);
	return err ? err : target_optional(words, &args->target, false);
}
