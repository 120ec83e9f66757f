// SPDX-License-Identifier: MIT
/*
 * cmd_dummy.c - ipsecctl dummy: packets that the peer discards.
 */
#include "command.h"
#include "request.h"

int cmd_dummy(const struct command *command, struct words *words)
{
	struct dummy_args args;
	struct netlink nl;
	int code;

	if (parse_dummy(words, &args))
		return command_usage(command, words);
	code = command_open(command, &args.target, &nl);
	if (code)
		return code;
	code = command_request(command, &args.target, &nl,
			       request_dummy(&nl, &args));
	netlink_close(&nl);
	return code;
}
