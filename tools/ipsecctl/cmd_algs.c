// SPDX-License-Identifier: MIT
/*
 * cmd_algs.c - ipsecctl algs: the algorithms, and who computes them here.
 */
#include <stdio.h>

#include "command.h"
#include "query.h"

int cmd_algs(const struct command *command, struct words *words)
{
	struct alg_list list = { 0 };
	bool consistent = true;
	struct netlink nl;
	int code;

	if (parse_none(words))
		return command_usage(command, words);
	code = command_open(command, NULL, &nl);
	if (code)
		return code;
	if (query_algs(&nl, &list, &consistent))
		code = command_fail(command, NULL, nl.error);
	else
		command_printer->algs(stdout, &list);
	alg_list_clear(&list);
	netlink_close(&nl);
	return code;
}
