// SPDX-License-Identifier: MIT
/*
 * cmd_monitor.c - ipsecctl monitor: events, a line each, until interrupted.
 *
 * The module may be unloaded under the listener, whose socket then stays
 * silent for ever: the controller's events tell of that end.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/if_ipsec.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <time.h>

#include "command.h"
#include "decode.h"

#define NSEC_PER_SEC	1000000000

/* True when @nlh says that the family with the id @family is gone */
static bool family_is_gone(struct nlmsghdr *nlh, int family)
{
	struct nlattr *attr;

	if (!genlmsg_valid_hdr(nlh, 0) ||
	    genlmsg_hdr(nlh)->cmd != CTRL_CMD_DELFAMILY)
		return false;
	attr = nla_find(genlmsg_attrdata(genlmsg_hdr(nlh), 0),
			genlmsg_attrlen(genlmsg_hdr(nlh), 0),
			CTRL_ATTR_FAMILY_ID);
	return attr && nla_len(attr) >= (int)sizeof(uint16_t) &&
	       nla_get_u16(attr) == family;
}

static int take_event(struct nlmsghdr *nlh, void *arg)
{
	const struct netlink *nl = arg;
	struct timespec now;
	struct event event;
	int err;

	if (nlh->nlmsg_type == GENL_ID_CTRL)
		return family_is_gone(nlh, nl->family) ? -ESHUTDOWN : 0;
	if (nlh->nlmsg_type != nl->family)
		return 0;
	err = decode_event(nlh, &event);
	if (err == -ENOMSG)
		return 0;	/* of a newer kernel */
	if (err)
		return err;
	if (event.kind == OBJECT_DEV)
		dev_name_link(&event.dev);
	clock_gettime(CLOCK_REALTIME, &now);
	if (event.kind == OBJECT_AUDIT && event.audit.time) {
		now.tv_sec = event.audit.time / NSEC_PER_SEC;
		now.tv_nsec = event.audit.time % NSEC_PER_SEC;
	}
	command_printer->event(stdout, &now, &event);
	event_clear(&event);
	return 0;
}

/* Until a failure, or nobody reads our output; an exit code */
static int listen_forever(const struct command *command, struct netlink *nl)
{
	command_notice("listening");
	while (!fflush(stdout)) {
		int err = netlink_listen(nl, take_event, nl);

		if (err == -ENOBUFS)
			command_notice("lost");
		else if (err == -ESHUTDOWN)
			return command_fail(command, NULL,
					    "the ipsec module was unloaded");
		else if (err == -EBADMSG)
			command_warn(command, NULL, nl->error);
		else if (err)
			return command_fail(command, NULL, nl->error);
	}
	return EXIT_FAILED;
}

int cmd_monitor(const struct command *command, struct words *words)
{
	struct monitor_args args;
	struct netlink nl;
	int code;

	if (parse_monitor(words, &args))
		return command_usage(command, words);
	code = command_open(command, NULL, &nl);
	if (code)
		return code;
	nl_socket_disable_seq_check(nl.sock);
	if ((args.changes &&
	     netlink_join(&nl, IFIPSEC_GENL_NAME, IFIPSEC_MCGRP_EVENTS)) ||
	    (args.drops &&
	     netlink_join(&nl, IFIPSEC_GENL_NAME, IFIPSEC_MCGRP_AUDIT)) ||
	    netlink_join(&nl, "nlctrl", "notify"))
		code = command_fail(command, NULL, nl.error);
	else
		code = listen_forever(command, &nl);
	netlink_close(&nl);
	return code;
}
