// SPDX-License-Identifier: MIT
/*
 * cmd_show.c - ipsecctl show: everything, on one page.
 *
 * Three dumps make the page.  An object that appears or goes between two of
 * them is shown with what is known, or left out; nothing is shown twice.
 */
#include <stdio.h>

#include "command.h"
#include "query.h"

static int read_overview(struct netlink *nl, struct overview *overview,
			 bool *consistent)
{
	struct target all = { 0 };
	int err;

	err = query_devs(nl, &all, &overview->devs, consistent);
	if (!err)
		err = query_peers(nl, &all, &overview->peers, consistent);
	if (!err)
		err = query_sas(nl, &all, &overview->sas, consistent);
	return err;
}

int cmd_show(const struct command *command, struct words *words)
{
	struct overview overview = { 0 };
	bool consistent = true;
	struct netlink nl;
	int code;

	if (parse_none(words))
		return command_usage(command, words);
	code = command_open(command, NULL, &nl);
	if (code)
		return code;
	if (read_overview(&nl, &overview, &consistent))
		code = command_fail(command, NULL, nl.error);
	else
		command_printer->overview(stdout, &overview);
	if (!consistent)
		command_warn_inconsistent(command, NULL);
	dev_list_clear(&overview.devs);
	peer_list_clear(&overview.peers);
	sa_list_clear(&overview.sas);
	netlink_close(&nl);
	return code;
}
