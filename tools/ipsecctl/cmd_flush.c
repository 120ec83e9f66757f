// SPDX-License-Identifier: MIT
/*
 * cmd_flush.c - ipsecctl flush: removes all SAs or all peers.
 */
#include "command.h"
#include "request.h"

int cmd_flush(const struct command *command, struct words *words)
{
	struct flush_args args;
	struct netlink nl;
	int code;

	if (parse_flush(words, &args))
		return command_usage(command, words);
	code = command_open(command, &args.target, &nl);
	if (code)
		return code;
	code = command_request(command, &args.target, &nl,
			       request_flush(&nl, &args));
	netlink_close(&nl);
	return code;
}
