// SPDX-License-Identifier: MIT
/*
 * ack.c - the last message of a netlink answer: its code and its sentence.
 *
 *   nlmsghdr  type NLMSG_ERROR         nlmsghdr  type NLMSG_DONE
 *   int       code                     int       code
 *   nlmsghdr  of the request           attributes, with NLM_F_ACK_TLVS
 *   payload   of it, not NLM_F_CAPPED
 *   attributes, with NLM_F_ACK_TLVS
 */
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include "ack.h"

/* Where the attributes begin, from the start of the payload */
static size_t attrs_offset(struct nlmsghdr *nlh)
{
	struct nlmsgerr *error = nlmsg_data(nlh);

	if (nlh->nlmsg_type == NLMSG_DONE)
		return NLMSG_ALIGN(sizeof(int));
	if (nlh->nlmsg_flags & NLM_F_CAPPED)
		return sizeof(*error);
	if (error->msg.nlmsg_len < NLMSG_HDRLEN)
		return sizeof(*error);
	return sizeof(*error) +
	       NLMSG_ALIGN((size_t)error->msg.nlmsg_len - NLMSG_HDRLEN);
}

static void read_text(struct nlmsghdr *nlh, struct ack *ack)
{
	size_t offset = attrs_offset(nlh);
	struct nlattr *attr;

	if (offset >= (size_t)nlmsg_datalen(nlh))
		return;
	attr = nla_find((struct nlattr *)((char *)nlmsg_data(nlh) + offset),
			nlmsg_datalen(nlh) - offset, NLMSGERR_ATTR_MSG);
	if (attr)
		nla_strlcpy(ack->text, attr, sizeof(ack->text));
}

int ack_read(struct nlmsghdr *nlh, struct ack *ack)
{
	size_t least = sizeof(int);

	memset(ack, 0, sizeof(*ack));
	if (nlh->nlmsg_type == NLMSG_ERROR)
		least = sizeof(struct nlmsgerr);
	if ((size_t)nlmsg_datalen(nlh) < least)
		return -EBADMSG;

	memcpy(&ack->code, nlmsg_data(nlh), sizeof(ack->code));
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		read_text(nlh, ack);
	return 0;
}
