// SPDX-License-Identifier: MIT
/*
 * parse_peer.c - the words behind "peer" into structs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/names.h"
#include "parse_target.h"

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

static int option_protect(struct words *words, const struct option_word *option,
			  const char *value, void *out)
{
	struct peer_args *args = out;
	uint32_t protect;
	int err = words_name(words, option->word, value, name_parse_protect,
			     name_protect_choices(), &protect);

	args->protect = protect;
	return err;
}

static int parse_port(struct words *words, const char *what,
		      const char *value, uint16_t *port)
{
	uint32_t number;
	int err = words_u32(words, what, value, 1, UINT16_MAX, &number);

	*port = number;
	return err;
}

/* off, or the local port and the remote port, which is a word more */
static int option_encap(struct words *words, const struct option_word *option,
			const char *value, void *out)
{
	struct peer_args *args = out;
	const char *remote;
	int err;

	args->has_encap = true;
	if (!strcmp(value, "off"))
		return 0;
	err = parse_port(words, option->word, value, &args->encap_local);
	if (!err)
		err = words_take(words, "the remote port of encap", &remote);
	if (!err)
		err = parse_port(words, "the remote port of encap", remote,
				 &args->encap_remote);
	return err;
}

static int option_keepalive(struct words *words,
			    const struct option_word *option,
			    const char *value, void *out)
{
	struct peer_args *args = out;

	args->has_keepalive = true;
	return words_u32_or(words, option->word, value, "off", 0, 1,
			    UINT32_MAX, &args->keepalive);
}

/* How the packets pass a NAT */
#define NAT_OPTIONS							\
	{ "encap", option_encap, 0 },					\
	{ "keepalive", option_keepalive, 0 }

/* True when an option of "peer set" that sets something was given */
static bool sets_something(const struct peer_args *args)
{
	return args->has_remote || args->has_local || args->n_selectors ||
	       args->protect || args->has_encap || args->has_keepalive;
}

int parse_peer_add(struct words *words, struct peer_args *args)
{
	static const struct option_word options[] = {
		{ "remote", option_remote, OPTION_REQUIRED },
		{ "local", option_local, 0 },
		{ "selector", option_selector, OPTION_REPEATS },
		{ "protect", option_protect, 0 },
		NAT_OPTIONS,
		{ "netnsid", option_netnsid, 0 },
		{ 0 }
	};
	int err;

	memset(args, 0, sizeof(*args));
	err = target_take_peer(words, &args->target);
	return err ? err : words_options(words, options, args);
}

int parse_peer_set(struct words *words, struct peer_args *args)
{
	static const struct option_word options[] = {
		{ "remote", option_remote, 0 },
		{ "local", option_local_or_any, 0 },
		{ "selector", option_selector, OPTION_REPEATS },
		{ "protect", option_protect, 0 },
		NAT_OPTIONS,
		{ "netnsid", option_netnsid, 0 },
		{ 0 }
	};
	int err;

	memset(args, 0, sizeof(*args));
	err = target_take_peer(words, &args->target);
	if (!err)
		err = words_options(words, options, args);
	if (!err && !sets_something(args))
		err = words_fail(words,
				 "nothing to set, expected remote, local, selector, protect, encap or keepalive");
	return err;
}

void parse_peer_clear(struct peer_args *args)
{
	free(args->selectors);
	memset(args, 0, sizeof(*args));
}

int parse_peer_del(struct words *words, struct target *target)
{
	return target_only_peer(words, target);
}

int parse_peer_show(struct words *words, struct target *target)
{
	return target_optional(words, target, true);
}
