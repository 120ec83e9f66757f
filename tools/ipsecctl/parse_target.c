// SPDX-License-Identifier: MIT
/*
 * parse_target.c - the words that say which interface, peer and namespace a
 * command is about.
 *
 * Each command has its table of options; the values are read by the option_
 * functions, whose last argument is the struct that the command fills.
 */
#include <net/if.h>
#include <string.h>

#include "parse_target.h"

int option_netnsid(struct words *words, const struct option_word *option,
		   const char *value, void *out)
{
	struct target *target = out;	/* first member of every struct */
	uint32_t number;
	int err = words_u32(words, option->word, value, 0, INT32_MAX, &number);

	target->netnsid = number;
	target->has_netnsid = true;
	return err;
}

static const struct option_word target_options[] = {
	{ "netnsid", option_netnsid, 0 },
	{ 0 }
};

int target_check_ifname(struct words *words, const char *name)
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

int target_take_dev(struct words *words, struct target *target)
{
	int err = words_take(words, "the interface", &target->ifname);

	return err ? err : target_check_ifname(words, target->ifname);
}

int target_take_peer(struct words *words, struct target *target)
{
	int err = target_take_dev(words, target);

	return err ? err : words_take(words, "the peer", &target->peer);
}

int target_only_dev(struct words *words, struct target *target)
{
	int err;

	memset(target, 0, sizeof(*target));
	err = target_take_dev(words, target);
	return err ? err : words_options(words, target_options, target);
}

int target_only_peer(struct words *words, struct target *target)
{
	int err;

	memset(target, 0, sizeof(*target));
	err = target_take_peer(words, target);
	return err ? err : words_options(words, target_options, target);
}

int target_optional(struct words *words, struct target *target,
		    bool with_peer)
{
	int err = 0;

	memset(target, 0, sizeof(*target));
	if (!words_left(words))
		return 0;
	err = target_take_dev(words, target);
	if (!err && with_peer && words_left(words) &&
	    strcmp(*words->next, "netnsid"))
		err = words_take(words, "the peer", &target->peer);
	return err ? err : words_options(words, target_options, target);
}

int parse_none(struct words *words)
{
	return words_end(words);
}
