// SPDX-License-Identifier: MIT
/*
 * command.c - how commands report, and how they reach the kernel.
 */
#include <linux/if_ipsec.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <time.h>

#include "../lib/safe.h"
#include "command.h"

int command_usage(const struct command *command, const struct words *words)
{
	fprintf(stderr, "ipsecctl: %s: %s\n", command->name, words->error);
	fprintf(stderr, "usage: ipsecctl %s%s%s\n", command->name,
		command->syntax[0] ? " " : "", command->syntax);
	return EXIT_USAGE;
}

/* A line on standard error: the command and what it was about, and @text */
static void report(const struct command *command, const struct target *target,
		   const char *kind, const char *text)
{
	struct safe_text safe;

	fprintf(stderr, "ipsecctl: %s", command->name);
	if (target && target->ifname)
		fprintf(stderr, " %s", safe_text(target->ifname, &safe));
	if (target && target->peer)
		fprintf(stderr, " %s", safe_looks_like_key(target->peer) ?
			"(a name that looks like a key)" :
			safe_text(target->peer, &safe));
	fprintf(stderr, ": %s%s\n", kind, safe_text(text, &safe));
}

int command_fail(const struct command *command, const struct target *target,
		 const char *text)
{
	report(command, target, "", text);
	return EXIT_FAILED;
}

void command_warn(const struct command *command, const struct target *target,
		  const char *text)
{
	report(command, target, "warning: ", text);
}

void command_warn_inconsistent(const struct command *command,
			       const struct target *target)
{
	command_warn(command, target,
		     "the objects changed while they were read, some may be missing");
}

void command_notice(const char *what)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	command_printer->notice(stdout, &now, what);
}

int command_open(const struct command *command, const struct target *target,
		 struct netlink *nl)
{
	int err = netlink_open(nl, NETLINK_GENERIC);

	if (!err)
		err = netlink_resolve(nl, IFIPSEC_GENL_NAME);
	if (!err)
		return EXIT_DONE;
	netlink_close(nl);
	return command_fail(command, target, nl->error);
}

int command_request(const struct command *command,
		    const struct target *target, struct netlink *nl,
		    struct nl_msg *msg)
{
	int err = msg ? netlink_request(nl, msg, NULL, NULL) : -1;

	netlink_message_free(msg);
	if (err)
		return command_fail(command, target, nl->error);
	if (nl->warning[0])
		command_warn(command, target, nl->warning);
	return EXIT_DONE;
}
