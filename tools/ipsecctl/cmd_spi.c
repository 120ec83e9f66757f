// SPDX-License-Identifier: MIT
/*
 * cmd_spi.c - ipsecctl spi: numbers for SAs to come.
 */
#include <stdio.h>

#include "command.h"
#include "query.h"

int cmd_spi_add(const struct command *command, struct words *words)
{
	struct spi_args args;
	struct netlink nl;
	struct spi spi;
	int code;

	if (parse_spi_add(words, &args))
		return command_usage(command, words);
	code = command_open(command, &args.target, &nl);
	if (code)
		return code;
	if (query_spi(&nl, &args, &spi))
		code = command_fail(command, &args.target, nl.error);
	else
		command_printer->spi(stdout, &spi);
	netlink_close(&nl);
	return code;
}
