// SPDX-License-Identifier: MIT
/*
 * parse_dummy.c - the words behind "dummy" into a struct.
 */
#include <string.h>

#include "parse_target.h"

static int option_count(struct words *words, const struct option_word *option,
			const char *value, void *out)
{
	struct dummy_args *args = out;

	args->has_count = true;
	return words_u32(words, option->word, value, 1,
			 IFIPSEC_DUMMY_COUNT_MAX, &args->count);
}

static int option_length(struct words *words, const struct option_word *option,
			 const char *value, void *out)
{
	struct dummy_args *args = out;

	args->has_length = true;
	return words_u32(words, option->word, value, 0, UINT32_MAX,
			 &args->length);
}

int parse_dummy(struct words *words, struct dummy_args *args)
{
	static const struct option_word options[] = {
		{ "count", option_count, 0 },
		{ "length", option_length, 0 },
		{ "netnsid", option_netnsid, 0 },
		{ 0 }
	};
	int err;

	memset(args, 0, sizeof(*args));
	err = target_take_peer(words, &args->target);
	return err ? err : words_options(words, options, args);
}
