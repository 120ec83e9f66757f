/* SPDX-License-Identifier: MIT */
/*
 * ack.h - the last message of a netlink answer: its code and its sentence.
 */
#ifndef TOOLS_LIB_ACK_H
#define TOOLS_LIB_ACK_H

#include <linux/netlink.h>

#define ACK_TEXT_MAX	256

struct ack {
	int code;			/* 0 or -errno */
	char text[ACK_TEXT_MAX];	/* the kernel's words, "" for none */
};

/*
 * Reads an NLMSG_ERROR or NLMSG_DONE message, whose whole length the caller
 * has checked.  Returns 0, or -EBADMSG when it is too short for its type.
 */
int ack_read(struct nlmsghdr *nlh, struct ack *ack);

#endif /* TOOLS_LIB_ACK_H */
