// SPDX-License-Identifier: MIT
/*
 * parse.c - the words behind each command into structs.
 *
 * Each command has its table of options; the values are read by the option_
 * functions, whose last argument is the struct that the command fills.
 */
#include <errno.h>
#include <linux/if_ipsec.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/names.h"
#include "parse.h"

/* Options of every command that names an interface */

static int option_netnsid(struct words *words, const struct option_word *option,
			  const char *value, void *out)
{
	struct target *target = out;	/* first member of every struct */
	uint64_t number;
	int err = words_number(words, option->word, value, 0, INT32_MAX,
			       &number);

	target->netnsid = err ? 0 : number;
	target->has_netnsid = true;
	return err;
}

static const struct option_word target_options[] = {
	{ "netnsid", option_netnsid, 0 },
	{ 0 }
};

/* Names that rtnetlink refuses without a sentence */
static int check_ifname(struct words *words, const char *name)
{
	if (!*name)
		return words_fail(words, "the interface name is empty");
	if (strlen(name) >= IFNAMSIZ)
		return words_fail(words,
				  "the interface name is longer than %d characters",
				  IFNAMSIZ - 1);
	if (!strcmp(name, ".") || !strcmp(name, "..") ||
	    strpbrk(name, "/: \t\n\v\f\r"))
		return words_fail_value(words, "interface", name,
					"an interface name");
	return 0;
}

static int take_dev(struct words *words, struct target *target)
{
	int err = words_take(words, "the interface", &target->ifname);

	return err ? err : check_ifname(words, target->ifname);
}

static int take_dev_peer(struct words *words, struct target *target)
{
	int err = take_dev(words, target);

	return err ? err : words_take(words, "the peer", &target->peer);
}

/* [DEV [PEER]] [netnsid ID]: an interface called netnsid must be named first */
static int take_optional(struct words *words, struct target *target,
			 bool with_peer)
{
	int err = 0;

	memset(target, 0, sizeof(*target));
	if (!words_left(words))
		return 0;
	err = take_dev(words, target);
	if (!err && with_peer && words_left(words) &&
	    strcmp(*words->next, "netnsid"))
		err = words_take(words, "the peer", &target->peer);
	return err ? err : words_options(words, target_options, target);
}

int parse_none(struct words *words)
{
	return words_end(words);
}

/* dev */

static int option_link(struct words *words, const struct option_word *option,
		       const char *value, void *out)
{
	struct dev_args *args = out;

	(void)option;
	args->link = value;
	args->has_link = true;
	return check_ifname(words, value);
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
	uint64_t number;
	int err = words_number(words, option->word, value, 0, UINT32_MAX,
			       &number);

	args->fwmark = err ? 0 : number;
	args->has_fwmark = true;
	return err;
}

static int option_mtu(struct words *words, const struct option_word *option,
		      const char *value, void *out)
{
	struct dev_args *args = out;
	uint64_t number;
	int err = words_number(words, option->word, value, 0, UINT32_MAX,
			       &number);

	args->mtu = err ? 0 : number;
	args->has_mtu = true;
	return err;
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

int parse_dev_add(struct words *words, struct dev_args *args)
{
	static const struct option_word options[] = {
		{ "link", option_link, 0 },
		{ "fwmark", option_fwmark, 0 },
		{ "mtu", option_mtu, 0 },
		{ 0 }
	};
	int err;

	memset(args, 0, sizeof(*args));
	err = take_dev(words, &args->target);
	return err ? err : words_options(words, options, args);
}

int parse_dev_set(struct words *words, struct dev_args *args)
{
	static const struct option_word options[] = {
		{ "link", option_link_or_none, 0 },
		{ "fwmark", option_fwmark, 0 },
		{ "mtu", option_mtu_or_auto, 0 },
		{ 0 }
	};
	int err;

	memset(args, 0, sizeof(*args));
	err = take_dev(words, &args->target);
	if (!err && !words_left(words))
		err = words_fail(words,
				 "nothing to set, expected link, fwmark or mtu");
	return err ? err : words_options(words, options, args);
}

int parse_dev_del(struct words *words, struct target *target)
{
	int err;

	memset(target, 0, sizeof(*target));
	err = take_dev(words, target);
	return err ? err : words_options(words, target_options, target);
}

int parse_dev_show(struct words *words, struct target *target)
{
	return take_optional(words, target, false);
}

/* peer */

static int parse_address(struct words *words, const struct option_word *option,
			 const char *value, struct addr *addr)
{
	if (addr_parse(value, addr))
		return words_fail_value(words, option->word, value,
					"an IPv4 or IPv6 address");
	return 0;
}

static int option_remote(struct words *words, const struct option_word *option,
			 const char *value, void *out)
{
	struct peer_args *args = out;

	args->has_remote = true;
	return parse_address(words, option, value, &args->remote);
}

static int option_local(struct words *words, const struct option_word *option,
			const char *value, void *out)
{
	struct peer_args *args = out;

	args->has_local = true;
	return parse_address(words, option, value, &args->local);
}

static int option_local_or_any(struct words *words,
			       const struct option_word *option,
			       const char *value, void *out)
{
	struct peer_args *args = out;

	if (strcmp(value, "any"))
		return option_local(words, option, value, out);
	args->has_local = true;
	memset(&args->local, 0, sizeof(args->local));
	return 0;
}

static int option_selector(struct words *words,
			   const struct option_word *option, const char *value,
			   void *out)
{
	struct peer_args *args = out;
	struct prefix *grown;
	int err;

	if (args->n_selectors == PARSE_SELECTORS_MAX)
		return words_fail(words, "more than %d selectors",
				  PARSE_SELECTORS_MAX);
	grown = reallocarray(args->selectors, args->n_selectors + 1,
			     sizeof(*grown));
	if (!grown)
		return words_fail(words, "out of memory");
	args->selectors = grown;
	err = prefix_parse(value, &grown[args->n_selectors]);
	if (err == -ERANGE)
		return words_fail_value(words, option->word, value,
					"a prefix: its length is out of range (IPv4 0..32, IPv6 0..128)");
	if (err)
		return words_fail_value(words, option->word, value,
					"an IPv4 or IPv6 prefix");
	args->n_selectors++;
	return 0;
}

int parse_peer_add(struct words *words, struct peer_args *args)
{
	static const struct option_word options[] = {
		{ "remote", option_remote, OPTION_REQUIRED },
		{ "local", option_local, 0 },
		{ "selector", option_selector, OPTION_REPEATS },
		{ "netnsid", option_netnsid, 0 },
		{ 0 }
	};
	int err;

	memset(args, 0, sizeof(*args));
	err = take_dev_peer(words, &args->target);
	return err ? err : words_options(words, options, args);
}

int parse_peer_set(struct words *words, struct peer_args *args)
{
	static const struct option_word options[] = {
		{ "remote", option_remote, 0 },
		{ "local", option_local_or_any, 0 },
		{ "selector", option_selector, OPTION_REPEATS },
		{ "netnsid", option_netnsid, 0 },
		{ 0 }
	};
	int err;

	memset(args, 0, sizeof(*args));
	err = take_dev_peer(words, &args->target);
	if (!err)
		err = words_options(words, options, args);
	if (!err && !args->has_remote && !args->has_local && !args->n_selectors)
		err = words_fail(words,
				 "nothing to set, expected remote, local or selector");
	return err;
}

void parse_peer_clear(struct peer_args *args)
{
	free(args->selectors);
	memset(args, 0, sizeof(*args));
}

int parse_peer_del(struct words *words, struct target *target)
{
	int err;

	memset(target, 0, sizeof(*target));
	err = take_dev_peer(words, target);
	return err ? err : words_options(words, target_options, target);
}

int parse_peer_show(struct words *words, struct target *target)
{
	return take_optional(words, target, true);
}

/* sa */

static int option_spi(struct words *words, const struct option_word *option,
		      const char *value, void *out)
{
	struct sa_args *args = out;
	uint64_t number;
	int err = words_number(words, option->word, value, 0, UINT32_MAX,
			       &number);

	args->spi = err ? 0 : number;
	return err;
}

static int option_encr(struct words *words, const struct option_word *option,
		       const char *value, void *out)
{
	struct sa_args *args = out;
	uint32_t encr;

	if (name_parse_encr(value, &encr))
		return words_fail_value(words, option->word, value,
					name_encr_choices());
	args->encr = encr;
	return 0;
}

static int option_key(struct words *words, const struct option_word *option,
		      const char *value, void *out)
{
	struct sa_args *args = out;

	args->key_file = value;
	if (!*value)
		return words_fail(words, "%s: the file name is empty",
				  option->word);
	return 0;
}

static int option_esn(struct words *words, const struct option_word *option,
		      const char *value, void *out)
{
	struct sa_args *args = out;

	args->esn = !strcmp(value, "on");
	if (!args->esn && strcmp(value, "off"))
		return words_fail_value(words, option->word, value,
					"on or off");
	return 0;
}

static int option_replay_window(struct words *words,
				const struct option_word *option,
				const char *value, void *out)
{
	struct sa_args *args = out;
	uint64_t number;
	int err = words_number(words, option->word, value, 0, UINT32_MAX,
			       &number);

	args->replay_window = err ? 0 : number;
	args->has_replay_window = true;
	return err;
}

static int option_seq(struct words *words, const struct option_word *option,
		      const char *value, void *out)
{
	struct sa_args *args = out;

	args->has_seq = true;
	return words_number(words, option->word, value, 0, UINT64_MAX,
			    &args->seq);
}

/* DEV PEER in|out OPTIONS */
static int parse_sa(struct words *words, const struct option_word *options,
		    struct sa_args *args)
{
	const char *word;
	uint32_t dir;
	int err;

	memset(args, 0, sizeof(*args));
	args->esn = true;
	err = take_dev_peer(words, &args->target);
	if (!err)
		err = words_take(words, "the direction (in or out)", &word);
	if (err)
		return err;
	if (name_parse_dir(word, &dir))
		return words_fail_value(words, "direction", word, "in or out");
	args->dir = dir;
	return words_options(words, options, args);
}

int parse_sa_add(struct words *words, struct sa_args *args)
{
	static const struct option_word options[] = {
		{ "spi", option_spi, OPTION_REQUIRED },
		{ "encr", option_encr, OPTION_REQUIRED },
		{ "key", option_key, OPTION_REQUIRED },
		{ "esn", option_esn, 0 },
		{ "replay-window", option_replay_window, 0 },
		{ "seq", option_seq, 0 },
		{ "netnsid", option_netnsid, 0 },
		{ 0 }
	};

	return parse_sa(words, options, args);
}

int parse_sa_replace(struct words *words, struct sa_args *args)
{
	static const struct option_word options[] = {
		{ "spi", option_spi, OPTION_REQUIRED },
		{ "encr", option_encr, OPTION_REQUIRED },
		{ "key", option_key, OPTION_REQUIRED },
		{ "esn", option_esn, 0 },
		{ "seq", option_seq, 0 },
		{ "netnsid", option_netnsid, 0 },
		{ 0 }
	};
	int err = parse_sa(words, options, args);

	if (!err && args->dir != IFIPSEC_DIR_OUT)
		err = words_fail(words,
				 "only the SA that is sent on can be replaced, expected out; add inbound SAs with \"sa add\"");
	return err;
}

int parse_sa_set(struct words *words, struct sa_args *args)
{
	static const struct option_word options[] = {
		{ "spi", option_spi, OPTION_REQUIRED },
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
		{ "netnsid", option_netnsid, 0 },
		{ 0 }
	};

	return parse_sa(words, options, args);
}

int parse_sa_show(struct words *words, struct target *target)
{
	return take_optional(words, target, true);
}

/* flush */

int parse_flush(struct words *words, struct flush_args *args)
{
	const char *word;
	int err;

	memset(args, 0, sizeof(*args));
	err = words_take(words, "what to flush (sa or peer)", &word);
	if (err)
		return err;
	if (name_parse_flush(word, &args->what))
		return words_fail_value(words, "flush", word, "sa or peer");
	return take_optional(words, &args->target, false);
}
