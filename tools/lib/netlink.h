/* SPDX-License-Identifier: MIT */
/*
 * netlink.h - a netlink socket, requests that are acknowledged, dumps and
 * events.  It knows nothing of what the messages mean.
 *
 * Every function that returns -errno leaves a sentence in netlink.error.
 */
#ifndef TOOLS_LIB_NETLINK_H
#define TOOLS_LIB_NETLINK_H

#include <netlink/msg.h>
#include <stdbool.h>

#include "ack.h"

struct nl_sock;

struct netlink {
	struct nl_sock *sock;
	int family;			/* of generic netlink, once resolved */
	char error[ACK_TEXT_MAX];	/* why the last call failed */
	char warning[ACK_TEXT_MAX];	/* a sentence that came with a success */
};

/*
 * Takes one message of an answer, 0 or -errno.  The message is complete (its
 * length lies within what was received) and of the right sequence number.
 */
typedef int (*netlink_handler)(struct nlmsghdr *nlh, void *arg);

/* Forgets what was taken: a dump starts over */
typedef void (*netlink_restart)(void *arg);

/* A socket of NETLINK_ROUTE or NETLINK_GENERIC */
int netlink_open(struct netlink *nl, int protocol);
void netlink_close(struct netlink *nl);

/* Finds the generic netlink family; the kernel loads its module if it can */
int netlink_resolve(struct netlink *nl, const char *family);

/* A message with room for @size bytes of attributes; NULL: out of memory */
struct nl_msg *netlink_message(int type, int flags, size_t size);
struct nl_msg *netlink_genl_message(struct netlink *nl, uint8_t cmd,
				    uint8_t version, int flags, size_t size);

/* Frees a message and wipes its content, which may hold a key */
void netlink_message_free(struct nl_msg *msg);

/* Sends @msg, which stays the caller's, and waits for the acknowledgement */
int netlink_request(struct netlink *nl, struct nl_msg *msg,
		    netlink_handler handler, void *arg);

/*
 * Sends the dump request @msg.  A dump that the kernel marks as inconsistent,
 * or that was lost, is repeated after @restart.  When the tables change faster
 * than they can be read, the last dump is kept and @consistent is false.
 */
int netlink_dump(struct netlink *nl, struct nl_msg *msg,
		 netlink_handler handler, netlink_restart restart, void *arg,
		 bool *consistent);

/* Joins a multicast group of a generic netlink family */
int netlink_join(struct netlink *nl, const char *family, const char *group);

/*
 * Waits for events and hands on all that came at once.  Returns 0, -ENOBUFS
 * when the kernel dropped some, or another -errno.
 */
int netlink_listen(struct netlink *nl, netlink_handler handler, void *arg);

#endif /* TOOLS_LIB_NETLINK_H */
