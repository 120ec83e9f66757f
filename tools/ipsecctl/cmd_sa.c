// SPDX-License-Identifier: MIT
/*
 * cmd_sa.c - ipsecctl sa: security associations.
 *
 * Keys live from key_read() to key_wipe() in one function here, and in the
 * request, which is wiped when it is freed.
 */
#include <errno.h>
#include <linux/if_ipsec.h>
#include <linux/netlink.h>
#include <stdio.h>

#include "../lib/safe.h"
#include "command.h"
#include "query.h"
#include "request.h"

/*
 * Reads the key in @file, or reports why not; an exit code.  Without a file the
 * key stays as it is.
 */
static int read_key(const struct command *command, const struct target *target,
		    const char *file, struct key *key)
{
	char error[KEY_ERROR_MAX], text[SAFE_TEXT_MAX];
	struct safe_text safe;
	struct words words;
	int err;

	if (!file)
		return EXIT_DONE;
	err = key_read(file, key, error);
	if (err == -EDOM) {
		words_fail(&words, "%s", error);
		return command_usage(command, &words);
	}
	if (err) {
		snprintf(text, sizeof(text), "key file %.300s: %s",
			 safe_text(file, &safe), error);
		return command_fail(command, target, text);
	}
	if (key_file_exposed(file)) {
		snprintf(text, sizeof(text),
			 "key file %.300s can be read by group or others",
			 safe_text(file, &safe));
		command_warn(command, target, text);
	}
	return EXIT_DONE;
}

static int new_sa(const struct command *command, const struct sa_args *args,
		  uint8_t cmd)
{
	const struct target *target = &args->target;
	struct sa_keys keys = { 0 };
	struct netlink nl;
	int code;

	code = read_key(command, target, args->key_file, &keys.encr);
	if (!code)
		code = read_key(command, target, args->auth_key_file,
				&keys.auth);
	if (!code)
		code = command_open(command, target, &nl);
	if (!code) {
		code = command_request(command, target, &nl,
				       request_sa_new(&nl, cmd, args, &keys));
		netlink_close(&nl);
	}
	key_wipe(&keys.encr);
	key_wipe(&keys.auth);
	return code;
}

static int change(const struct command *command, uint8_t cmd,
		  const struct sa_args *args)
{
	struct netlink nl;
	int code = command_open(command, &args->target, &nl);

	if (code)
		return code;
	code = command_request(command, &args->target, &nl,
			       request_sa(&nl, cmd, args));
	netlink_close(&nl);
	return code;
}

int cmd_sa_add(const struct command *command, struct words *words)
{
	struct sa_args args;

	if (parse_sa_add(words, &args))
		return command_usage(command, words);
	return new_sa(command, &args, IFIPSEC_CMD_SA_NEW);
}

int cmd_sa_replace(const struct command *command, struct words *words)
{
	struct sa_args args;

	if (parse_sa_replace(words, &args))
		return command_usage(command, words);
	return new_sa(command, &args, IFIPSEC_CMD_SA_REPLACE);
}

int cmd_sa_set(const struct command *command, struct words *words)
{
	struct sa_args args;

	if (parse_sa_set(words, &args))
		return command_usage(command, words);
	return change(command, IFIPSEC_CMD_SA_SET, &args);
}

int cmd_sa_del(const struct command *command, struct words *words)
{
	struct sa_args args;

	if (parse_sa_del(words, &args))
		return command_usage(command, words);
	return change(command, IFIPSEC_CMD_SA_DEL, &args);
}

int cmd_sa_show(const struct command *command, struct words *words)
{
	struct sa_list list = { 0 };
	bool consistent = true;
	struct target target;
	struct netlink nl;
	int code;

	if (parse_sa_show(words, &target))
		return command_usage(command, words);
	code = command_open(command, &target, &nl);
	if (code)
		return code;
	if (query_sas(&nl, &target, &list, &consistent))
		code = command_fail(command, &target, nl.error);
	else
		command_printer->sas(stdout, &list);
	if (!consistent)
		command_warn_inconsistent(command, &target);
	sa_list_clear(&list);
	netlink_close(&nl);
	return code;
}
