// SPDX-License-Identifier: MIT
/*
 * parse_dev.c - the words behind "dev" into structs.
 */
#include <linux/if_ipsec.h>
#include <string.h>

#include "../lib/names.h"
#include "parse_target.h"

static int option_link(struct words *words, const struct option_word *option,
		       const char *value, void *out)
{
	struct dev_args *args = out;

	(void)option;
	args->link = value;
	args->has_link = true;
	return target_check_ifname(words, value);
}

static int option_link_or_none(struct words *words,
			       const struct option_word *option,
			       const char *value, void *out)
{
	struct dev_args *args = out;
	int err = option_link(words, option, value, out);

	if (!strcmp(value, "none"))
		args->link = NULL;
	return err;
}

static int option_fwmark(struct words *words, const struct option_word *option,
			 const char *value, void *out)
{
	struct dev_args *args = out;

	args->has_fwmark = true;
	return words_u32(words, option->word, value, 0, UINT32_MAX,
			 &args->fwmark);
}

static int option_mtu(struct words *words, const struct option_word *option,
		      const char *value, void *out)
{
	struct dev_args *args = out;

	args->has_mtu = true;
	return words_u32(words, option->word, value, 0, UINT32_MAX,
			 &args->mtu);
}

static int option_mtu_or_auto(struct words *words,
			      const struct option_word *option,
			      const char *value, void *out)
{
	struct dev_args *args = out;

	if (strcmp(value, "auto"))
		return option_mtu(words, option, value, out);
	args->mtu_auto = true;
	return 0;
}

static int option_df(struct words *words, const struct option_word *option,
		     const char *value, void *out)
{
	struct dev_args *args = out;
	uint32_t df;
	int err = words_name(words, option->word, value, name_parse_df,
			     name_df_choices(), &df);

	args->outer.df = df;
	args->outer.has_df = true;
	return err;
}

static int option_dscp(struct words *words, const struct option_word *option,
		       const char *value, void *out)
{
	struct dev_args *args = out;
	uint32_t dscp;
	int err = words_u32_or(words, option->word, value, "copy",
			       IFIPSEC_DSCP_COPY, 0, 63, &dscp);

	args->outer.dscp = dscp;
	args->outer.has_dscp = true;
	return err;
}

static int option_decap_dscp(struct words *words,
			     const struct option_word *option,
			     const char *value, void *out)
{
	struct dev_args *args = out;

	args->outer.has_decap_dscp = true;
	return words_switch(words, option->word, value,
			    &args->outer.decap_dscp);
}

static int option_ttl(struct words *words, const struct option_word *option,
		      const char *value, void *out)
{
	struct dev_args *args = out;
	uint32_t ttl;
	int err = words_u32_or(words, option->word, value, "auto", 0, 1, 255,
			       &ttl);

	args->outer.ttl = ttl;
	args->outer.has_ttl = true;
	return err;
}

static int option_flowlabel(struct words *words,
			    const struct option_word *option,
			    const char *value, void *out)
{
	struct dev_args *args = out;

	args->outer.has_flowlabel = true;
	return words_u32_or(words, option->word, value, "auto",
			    IFIPSEC_FLOWLABEL_AUTO, 0, 0xfffff,
			    &args->outer.flowlabel);
}

static int option_spread(struct words *words, const struct option_word *option,
			 const char *value, void *out)
{
	struct dev_args *args = out;

	args->has_spread = true;
	return words_switch(words, option->word, value, &args->spread);
}

/* How the outer headers are made */
#define OUTER_OPTIONS							\
	{ "df", option_df, 0 },						\
	{ "dscp", option_dscp, 0 },					\
	{ "decap-dscp", option_decap_dscp, 0 },				\
	{ "ttl", option_ttl, 0 },					\
	{ "flowlabel", option_flowlabel, 0 }

int parse_dev_add(struct words *words, struct dev_args *args)
{
	static const struct option_word options[] = {
		{ "link", option_link, 0 },
		{ "fwmark", option_fwmark, 0 },
		{ "mtu", option_mtu, 0 },
		OUTER_OPTIONS,
		{ "spread", option_spread, 0 },
		{ 0 }
	};
	int err;

	memset(args, 0, sizeof(*args));
	err = target_take_dev(words, &args->target);
	return err ? err : words_options(words, options, args);
}

int parse_dev_set(struct words *words, struct dev_args *args)
{
	static const struct option_word options[] = {
		{ "link", option_link_or_none, 0 },
		{ "fwmark", option_fwmark, 0 },
		{ "mtu", option_mtu_or_auto, 0 },
		OUTER_OPTIONS,
		{ "spread", option_spread, 0 },
		{ 0 }
	};
	int err;

	memset(args, 0, sizeof(*args));
	err = target_take_dev(words, &args->target);
	if (!err && !words_left(words))
		err = words_fail(words,
				 "nothing to set, expected link, fwmark, mtu, df, dscp, decap-dscp, ttl, flowlabel or spread");
	return err ? err : words_options(words, options, args);
}

int parse_dev_del(struct words *words, struct target *target)
{
	return target_only_dev(words, target);
}

int parse_dev_show(struct words *words, struct target *target)
{
	return target_optional(words, target, false);
}
