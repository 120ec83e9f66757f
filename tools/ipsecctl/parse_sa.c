// SPDX-License-Identifier: MIT
/*
 * parse_sa.c - the words behind "sa" into structs.
 */
#include <linux/if_ipsec.h>
#include <netinet/in.h>
#include <string.h>

#include "../lib/names.h"
#include "parse_target.h"

static int option_spi(struct words *words, const struct option_word *option,
		      const char *value, void *out)
{
	struct sa_args *args = out;

	return words_u32(words, option->word, value, 0, UINT32_MAX,
			 &args->spi);
}

static int option_proto(struct words *words, const struct option_word *option,
			const char *value, void *out)
{
	struct sa_args *args = out;
	uint32_t proto;
	int err = words_name(words, option->word, value, name_parse_proto,
			     name_proto_choices(), &proto);

	args->proto = proto;
	return err;
}

static int option_mode(struct words *words, const struct option_word *option,
		       const char *value, void *out)
{
	struct sa_args *args = out;
	uint32_t mode;
	int err = words_name(words, option->word, value, name_parse_mode,
			     name_mode_choices(), &mode);

	args->mode = mode;
	return err;
}

static int option_encr(struct words *words, const struct option_word *option,
		       const char *value, void *out)
{
	struct sa_args *args = out;
	uint32_t encr;
	int err = words_name(words, option->word, value, name_parse_encr,
			     name_encr_choices(), &encr);

	args->encr = encr;
	return err;
}

static int option_auth(struct words *words, const struct option_word *option,
		       const char *value, void *out)
{
	struct sa_args *args = out;
	uint32_t auth;
	int err = words_name(words, option->word, value, name_parse_auth,
			     name_auth_choices(), &auth);

	args->auth = auth;
	return err;
}

static int take_file(struct words *words, const struct option_word *option,
		     const char *value, const char **file)
{
	*file = value;
	if (!*value)
		return words_fail(words, "%s: the file name is empty",
				  option->word);
	return 0;
}

static int option_key(struct words *words, const struct option_word *option,
		      const char *value, void *out)
{
	struct sa_args *args = out;

	return take_file(words, option, value, &args->key_file);
}

static int option_auth_key(struct words *words,
			   const struct option_word *option, const char *value,
			   void *out)
{
	struct sa_args *args = out;

	return take_file(words, option, value, &args->auth_key_file);
}

static int option_esn(struct words *words, const struct option_word *option,
		      const char *value, void *out)
{
	struct sa_args *args = out;
	bool on;
	int err = words_switch(words, option->word, value, &on);

	if (!on)
		args->flags &= ~IFIPSEC_SA_F_ESN;
	return err;
}

static int option_insecure(struct words *words,
			   const struct option_word *option, const char *value,
			   void *out)
{
	struct sa_args *args = out;

	(void)words;
	(void)option;
	(void)value;
	args->flags |= IFIPSEC_SA_F_INSECURE;
	return 0;
}

static int option_ah_align8(struct words *words,
			    const struct option_word *option,
			    const char *value, void *out)
{
	struct sa_args *args = out;

	(void)words;
	(void)option;
	(void)value;
	args->flags |= IFIPSEC_SA_F_AH_ALIGN8;
	return 0;
}

static int option_replay_window(struct words *words,
				const struct option_word *option,
				const char *value, void *out)
{
	struct sa_args *args = out;

	args->has_replay_window = true;
	return words_u32(words, option->word, value, 0, UINT32_MAX,
			 &args->replay_window);
}

static int option_seq(struct words *words, const struct option_word *option,
		      const char *value, void *out)
{
	struct sa_args *args = out;

	args->has_seq = true;
	return words_number(words, option->word, value, 0, UINT64_MAX,
			    &args->seq);
}

/* The kernel says what is too much */
static int option_tfc(struct words *words, const struct option_word *option,
		      const char *value, void *out)
{
	struct sa_args *args = out;

	args->has_tfc = true;
	return words_u32(words, option->word, value, 0, UINT32_MAX, &args->tfc);
}

/* The word of a limit is its name */
static uint64_t *limit_of(const struct option_word *option,
			  struct sa_args *args)
{
	uint32_t attr = 0;

	name_parse_life(option->word, &attr);
	return &args->life[attr];
}

static int option_limit(struct words *words, const struct option_word *option,
			const char *value, void *out)
{
	return words_number(words, option->word, value, 0, UINT64_MAX,
			    limit_of(option, out));
}

static int option_limit_bytes(struct words *words,
			      const struct option_word *option,
			      const char *value, void *out)
{
	return words_scaled(words, option->word, value, 0, UINT64_MAX,
			    limit_of(option, out));
}

/* DEV PEER in|out OPTIONS */
static int parse_sa(struct words *words, const struct option_word *options,
		    struct sa_args *args)
{
	const char *word;
	uint32_t dir;
	int err;

	memset(args, 0, sizeof(*args));
	args->flags = IFIPSEC_SA_F_ESN;
	err = target_take_peer(words, &args->target);
	if (!err)
		err = words_take(words, "the direction (in or out)", &word);
	if (!err)
		err = words_name(words, "direction", word, name_parse_dir,
				 name_dir_choices(), &dir);
	if (err)
		return err;
	args->dir = dir;
	return words_options(words, options, args);
}

static bool is_stdin(const char *file)
{
	return file && !strcmp(file, "-");
}

/*
 * What is missing for the algorithm, the kernel says.  But nobody who asks for
 * a cipher may get an SA that does not encrypt, and there is one standard input.
 */
static int check_new(struct words *words, const struct sa_args *args)
{
	if (args->proto == IPPROTO_AH && (args->encr || args->key_file))
		return words_fail(words,
				  "ah does not encrypt: it has no encr and key, expected auth and auth-key");
	if (is_stdin(args->key_file) && is_stdin(args->auth_key_file))
		return words_fail(words,
				  "key and auth-key cannot both be the standard input");
	return 0;
}

/* What a new SA does, and with what */
#define SUITE_OPTIONS							\
	{ "proto", option_proto, 0 },					\
	{ "mode", option_mode, 0 },					\
	{ "encr", option_encr, 0 },					\
	{ "key", option_key, 0 },					\
	{ "auth", option_auth, 0 },					\
	{ "auth-key", option_auth_key, 0 },				\
	{ "esn", option_esn, 0 },					\
	{ "insecure", option_insecure, OPTION_ALONE },			\
	{ "ah-align8", option_ah_align8, OPTION_ALONE }

/* When a new SA expires */
#define LIFE_OPTIONS							\
	{ "soft-bytes", option_limit_bytes, 0 },			\
	{ "hard-bytes", option_limit_bytes, 0 },			\
	{ "soft-packets", option_limit, 0 },				\
	{ "hard-packets", option_limit, 0 },				\
	{ "soft-seconds", option_limit, 0 },				\
	{ "hard-seconds", option_limit, 0 }

int parse_sa_add(struct words *words, struct sa_args *args)
{
	static const struct option_word options[] = {
		{ "spi", option_spi, OPTION_REQUIRED },
		SUITE_OPTIONS,
		{ "replay-window", option_replay_window, 0 },
		{ "seq", option_seq, 0 },
		{ "tfc", option_tfc, 0 },
		LIFE_OPTIONS,
		{ "netnsid", option_netnsid, 0 },
		{ 0 }
	};
	int err = parse_sa(words, options, args);

	return err ? err : check_new(words, args);
}

int parse_sa_replace(struct words *words, struct sa_args *args)
{
	static const struct option_word options[] = {
		{ "spi", option_spi, OPTION_REQUIRED },
		SUITE_OPTIONS,
		{ "seq", option_seq, 0 },
		{ "tfc", option_tfc, 0 },
		LIFE_OPTIONS,
		{ "netnsid", option_netnsid, 0 },
		{ 0 }
	};
	int err = parse_sa(words, options, args);

	if (!err && args->dir != IFIPSEC_DIR_OUT)
		err = words_fail(words,
				 "only the SA that is sent on can be replaced, expected out; add inbound SAs with \"sa add\"");
	return err ? err : check_new(words, args);
}

int parse_sa_set(struct words *words, struct sa_args *args)
{
	static const struct option_word options[] = {
		{ "spi", option_spi, OPTION_REQUIRED },
		{ "proto", option_proto, 0 },
		{ "seq", option_seq, OPTION_REQUIRED },
		{ "netnsid", option_netnsid, 0 },
		{ 0 }
	};

	return parse_sa(words, options, args);
}

int parse_sa_del(struct words *words, struct sa_args *args)
{
	static const struct option_word options[] = {
		{ "spi", option_spi, OPTION_REQUIRED },
		{ "proto", option_proto, 0 },
		{ "netnsid", option_netnsid, 0 },
		{ 0 }
	};

	return parse_sa(words, options, args);
}

int parse_sa_show(struct words *words, struct target *target)
{
	return target_optional(words, target, true);
}
