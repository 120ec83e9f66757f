// SPDX-License-Identifier: MIT
/*
 * cmd_peer.c - ipsecctl peer: the remote endpoints of an interface.
 */
#include <linux/if_ipsec.h>
#include <stdio.h>

#include "command.h"
#include "query.h"
#include "request.h"

static int change(const struct command *command, uint8_t cmd,
		  const struct peer_args *args)
{
	struct netlink nl;
	int code = command_open(command, &args->target, &nl);

	if (code)
		return code;
	code = command_request(command, &args->target, &nl,
			       request_peer(&nl, cmd, args));
	netlink_close(&nl);
	return code;
}

int cmd_peer_add(const struct command *command, struct words *words)
{
	struct peer_args args;
	int code;

	if (parse_peer_add(words, &args))
		code = command_usage(command, words);
	else
		code = change(command, IFIPSEC_CMD_PEER_NEW, &args);
	parse_peer_clear(&args);
	return code;
}

int cmd_peer_set(const struct command *command, struct words *words)
{
	struct peer_args args;
	int code;

	if (parse_peer_set(words, &args))
		code = command_usage(command, words);
	else
		code = change(command, IFIPSEC_CMD_PEER_SET, &args);
	parse_peer_clear(&args);
	return code;
}

int cmd_peer_del(const struct command *command, struct words *words)
{
	struct target target;
	struct netlink nl;
	int code;

	if (parse_peer_del(words, &target))
		return command_usage(command, words);
	code = command_open(command, &target, &nl);
	if (code)
		return code;
	code = command_request(command, &target, &nl,
			       request_target(&nl, IFIPSEC_CMD_PEER_DEL,
					      &target));
	netlink_close(&nl);
	return code;
}

int cmd_peer_show(const struct command *command, struct words *words)
{
	struct peer_list list = { 0 };
	bool consistent = true;
	struct target target;
	struct netlink nl;
	int code;

	if (parse_peer_show(words, &target))
		return command_usage(command, words);
	code = command_open(command, &target, &nl);
	if (code)
		return code;
	if (query_peers(&nl, &target, &list, &consistent))
		code = command_fail(command, &target, nl.error);
	else
		command_printer->peers(stdout, &list);
	if (!consistent)
		command_warn_inconsistent(command, &target);
	peer_list_clear(&list);
	netlink_close(&nl);
	return code;
}
