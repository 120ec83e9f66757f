// SPDX-License-Identifier: MIT
/*
 * cmd_dev.c - ipsecctl dev: interfaces.
 *
 * They are made, changed and removed with rtnetlink, and read with generic
 * netlink.
 */
#include <errno.h>
#include <linux/if_ipsec.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "../lib/rtlink.h"
#include "../lib/safe.h"
#include "command.h"
#include "query.h"

/* 0, or -ENODEV with a sentence in nl.error */
static int to_rtlink(struct netlink *nl, const struct dev_args *args,
		     struct rtlink *link)
{
	struct safe_text safe;

	*link = (struct rtlink){
		.ifname = args->target.ifname,
		.has_link = args->has_link,
		.has_fwmark = args->has_fwmark,
		.fwmark = args->fwmark,
		.has_mtu = args->has_mtu,
		.mtu = args->mtu,
		.mtu_auto = args->mtu_auto,
		.outer = args->outer,
		.has_spread = args->has_spread,
		.spread = args->spread,
	};
	if (!args->link)
		return 0;
	link->link = if_nametoindex(args->link);
	if (link->link)
		return 0;
	snprintf(nl->error, sizeof(nl->error),
		 "there is no interface \"%.64s\" to be the link",
		 safe_text(args->link, &safe));
	return -ENODEV;
}

/* The kernel says "Unknown device type" when our module is not there */
static void explain_missing_module(struct netlink *route)
{
	struct netlink generic;

	if (netlink_open(&generic, NETLINK_GENERIC))
		return;
	if (netlink_resolve(&generic, IFIPSEC_GENL_NAME) == -ENOENT)
		memcpy(route->error, generic.error, sizeof(route->error));
	netlink_close(&generic);
}

static int change(const struct command *command, const struct dev_args *args,
		  int (*send)(struct netlink *, const struct rtlink *))
{
	struct rtlink link;
	struct netlink nl;
	int err;

	err = netlink_open(&nl, NETLINK_ROUTE);
	if (!err)
		err = to_rtlink(&nl, args, &link);
	if (!err)
		err = send(&nl, &link);
	if (err == -EOPNOTSUPP)
		explain_missing_module(&nl);
	netlink_close(&nl);
	if (err)
		return command_fail(command, &args->target, nl.error);
	if (nl.warning[0])
		command_warn(command, &args->target, nl.warning);
	return EXIT_DONE;
}

int cmd_dev_add(const struct command *command, struct words *words)
{
	struct dev_args args;

	if (parse_dev_add(words, &args))
		return command_usage(command, words);
	return change(command, &args, rtlink_add);
}

int cmd_dev_set(const struct command *command, struct words *words)
{
	struct dev_args args;

	if (parse_dev_set(words, &args))
		return command_usage(command, words);
	return change(command, &args, rtlink_set);
}

int cmd_dev_del(const struct command *command, struct words *words)
{
	struct target target;
	struct netlink nl;
	int err;

	if (parse_dev_del(words, &target))
		return command_usage(command, words);
	err = netlink_open(&nl, NETLINK_ROUTE);
	if (!err)
		err = rtlink_del(&nl, target.ifname,
				 target.has_netnsid ? &target.netnsid : NULL);
	netlink_close(&nl);
	return err ? command_fail(command, &target, nl.error) : EXIT_DONE;
}

int cmd_dev_show(const struct command *command, struct words *words)
{
	struct dev_list list = { 0 };
	bool consistent = true;
	struct target target;
	struct netlink nl;
	int code;

	if (parse_dev_show(words, &target))
		return command_usage(command, words);
	code = command_open(command, &target, &nl);
	if (code)
		return code;
	if (query_devs(&nl, &target, &list, &consistent))
		code = command_fail(command, &target, nl.error);
	else
		command_printer->devs(stdout, &list);
	if (!consistent)
		command_warn_inconsistent(command, &target);
	dev_list_clear(&list);
	netlink_close(&nl);
	return code;
}
