/* SPDX-License-Identifier: MIT */
/*
 * command.h - what main.c and the commands know of each other.
 */
#ifndef IPSECCTL_COMMAND_H
#define IPSECCTL_COMMAND_H

#include "../lib/netlink.h"
#include "parse.h"
#include "print.h"
#include "words.h"

/* Exit codes */
#define EXIT_DONE	0
#define EXIT_FAILED	1	/* the kernel refused, or a file could not be read */
#define EXIT_USAGE	2	/* the command line is wrong */

struct command {
	const char *name;		/* "sa add" */
	const char *syntax;		/* what follows the name */
	const char *summary;		/* for help */
	/* Takes the words behind the name, returns an exit code */
	int (*run)(const struct command *command, struct words *words);
};

/* The printer that the options ask for */
extern const struct printer *command_printer;

/* Reports the mistake in words.error and the syntax; returns EXIT_USAGE */
int command_usage(const struct command *command, const struct words *words);

/*
 * Reports a failure as "ipsecctl: sa add ipsec0 branch: TEXT" and returns
 * EXIT_FAILED.  @target may be NULL.
 */
int command_fail(const struct command *command, const struct target *target,
		 const char *text);
void command_warn(const struct command *command, const struct target *target,
		  const char *text);

/* Opens the family; on failure it is reported and EXIT_FAILED is returned */
int command_open(const struct command *command, const struct target *target,
		 struct netlink *nl);

/* Sends a request (which it frees; NULL: fails) and reports; an exit code */
int command_request(const struct command *command,
		    const struct target *target, struct netlink *nl,
		    struct nl_msg *msg);

/* Prints that the command, which goes on, is in this state */
void command_notice(const char *what);

/* Says that a list may be incomplete */
void command_warn_inconsistent(const struct command *command,
			       const struct target *target);

int cmd_dev_add(const struct command *command, struct words *words);
int cmd_dev_set(const struct command *command, struct words *words);
int cmd_dev_del(const struct command *command, struct words *words);
int cmd_dev_show(const struct command *command, struct words *words);
int cmd_peer_add(const struct command *command, struct words *words);
int cmd_peer_set(const struct command *command, struct words *words);
int cmd_peer_del(const struct command *command, struct words *words);
int cmd_peer_show(const struct command *command, struct words *words);
int cmd_sa_add(const struct command *command, struct words *words);
int cmd_sa_replace(const struct command *command, struct words *words);
int cmd_sa_set(const struct command *command, struct words *words);
int cmd_sa_del(const struct command *command, struct words *words);
int cmd_sa_show(const struct command *command, struct words *words);
int cmd_spi_add(const struct command *command, struct words *words);
int cmd_show(const struct command *command, struct words *words);
int cmd_monitor(const struct command *command, struct words *words);
int cmd_dummy(const struct command *command, struct words *words);
int cmd_flush(const struct command *command, struct words *words);
int cmd_encap(const struct command *command, struct words *words);
int cmd_algs(const struct command *command, struct words *words);
int cmd_up(const struct command *command, struct words *words);
int cmd_down(const struct command *command, struct words *words);
int cmd_check(const struct command *command, struct words *words);
int cmd_ike_status(const struct command *command, struct words *words);
int cmd_ike_log(const struct command *command, struct words *words);
int cmd_ike_up(const struct command *command, struct words *words);
int cmd_ike_down(const struct command *command, struct words *words);
int cmd_ike_rekey(const struct command *command, struct words *words);
int cmd_export_wireshark(const struct command *command, struct words *words);

#endif /* IPSECCTL_COMMAND_H */
