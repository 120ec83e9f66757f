// SPDX-License-Identifier: MIT
/*
 * parse_spi.c - the words behind "spi" into structs.
 */
#include <string.h>

#include "../lib/names.h"
#include "parse_target.h"

static int option_proto(struct words *words, const struct option_word *option,
			const char *value, void *out)
{
	struct spi_args *args = out;
	uint32_t proto;
	int err = words_name(words, option->word, value, name_parse_proto,
			     name_proto_choices(), &proto);

	args->proto = proto;
	return err;
}

static int option_min(struct words *words, const struct option_word *option,
		      const char *value, void *out)
{
	struct spi_args *args = out;

	args->has_min = true;
	return words_u32(words, option->word, value, 0, UINT32_MAX, &args->min);
}

static int option_max(struct words *words, const struct option_word *option,
		      const char *value, void *out)
{
	struct spi_args *args = out;

	args->has_max = true;
	return words_u32(words, option->word, value, 0, UINT32_MAX, &args->max);
}

int parse_spi_add(struct words *words, struct spi_args *args)
{
	static const struct option_word options[] = {
		{ "proto", option_proto, 0 },
		{ "min", option_min, 0 },
		{ "max", option_max, 0 },
		{ "netnsid", option_netnsid, 0 },
		{ 0 }
	};
	int err;

	memset(args, 0, sizeof(*args));
	err = target_take_peer(words, &args->target);
	return err ? err : words_options(words, options, args);
}
