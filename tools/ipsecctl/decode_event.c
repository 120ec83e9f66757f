// SPDX-License-Identifier: MIT
/*
 * decode_event.c - events of the kernel into structs: the object that an event
 * is about, and what some say beside it.
 */
#include <errno.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "attr.h"
#include "decode.h"

static struct nla_policy acquire_policy[IFIPSEC_ACQUIRE_A_MAX + 1] = {
	[IFIPSEC_ACQUIRE_A_PROTO] = { .type = NLA_U8 },
};

static struct nla_policy mapping_policy[IFIPSEC_MAPPING_A_MAX + 1] = {
	[IFIPSEC_MAPPING_A_PORT] = { .type = NLA_U16 },
};

static int decode_acquire(struct nlattr *nest, struct acquire *acquire)
{
	struct nlattr *in[IFIPSEC_ACQUIRE_A_MAX + 1];
	int err;

	err = attr_nest(in, IFIPSEC_ACQUIRE_A_MAX, nest, acquire_policy);
	if (!err)
		err = attr_addr(in[IFIPSEC_ACQUIRE_A_SRC], &acquire->src);
	if (!err)
		err = attr_addr(in[IFIPSEC_ACQUIRE_A_DST], &acquire->dst);
	if (!err)
		acquire->proto = attr_u8(in[IFIPSEC_ACQUIRE_A_PROTO]);
	return err;
}

static int decode_mapping(struct nlattr *nest, struct mapping *mapping)
{
	struct nlattr *in[IFIPSEC_MAPPING_A_MAX + 1];
	int err;

	err = attr_nest(in, IFIPSEC_MAPPING_A_MAX, nest, mapping_policy);
	if (!err)
		err = attr_addr(in[IFIPSEC_MAPPING_A_ADDR], &mapping->addr);
	if (!err)
		mapping->port = attr_u16(in[IFIPSEC_MAPPING_A_PORT]);
	return err;
}

/* What an event says beside its object; most say nothing */
static int decode_detail(struct nlmsghdr *nlh, struct event *event)
{
	struct nlattr *top[IFIPSEC_A_MAX + 1];
	int err = attr_top(nlh, top);

	if (err)
		return err;
	switch (event->cmd) {
	case IFIPSEC_CMD_SA_EXPIRE_NTF:
		event->expire = attr_u32(top[IFIPSEC_A_EXPIRE]);
		break;
	case IFIPSEC_CMD_PEER_ACQUIRE_NTF:
		return decode_acquire(top[IFIPSEC_A_ACQUIRE],
				      &event->acquire);
	case IFIPSEC_CMD_SA_MAPPING_NTF:
		return decode_mapping(top[IFIPSEC_A_MAPPING],
				      &event->mapping);
	}
	return 0;
}

/* What an event is about; false: it is not known */
static bool find_kind(uint8_t cmd, enum object_kind *kind)
{
	switch (cmd) {
	case IFIPSEC_CMD_DEV_NEW_NTF:
	case IFIPSEC_CMD_DEV_SET_NTF:
	case IFIPSEC_CMD_DEV_DEL_NTF:
		*kind = OBJECT_DEV;
		return true;
	case IFIPSEC_CMD_PEER_NEW_NTF:
	case IFIPSEC_CMD_PEER_SET_NTF:
	case IFIPSEC_CMD_PEER_DEL_NTF:
	case IFIPSEC_CMD_PEER_ACQUIRE_NTF:
		*kind = OBJECT_PEER;
		return true;
	case IFIPSEC_CMD_SA_NEW_NTF:
	case IFIPSEC_CMD_SA_DEL_NTF:
	case IFIPSEC_CMD_SA_EXPIRE_NTF:
	case IFIPSEC_CMD_SA_MAPPING_NTF:
		*kind = OBJECT_SA;
		return true;
	}
	return false;
}

int decode_event(struct nlmsghdr *nlh, struct event *event)
{
	int err;

	memset(event, 0, sizeof(*event));
	if (!genlmsg_valid_hdr(nlh, 0))
		return -EBADMSG;
	event->cmd = genlmsg_hdr(nlh)->cmd;
	if (!find_kind(event->cmd, &event->kind))
		return -ENOMSG;
	err = decode_detail(nlh, event);
	if (err)
		return err;
	switch (event->kind) {
	case OBJECT_DEV:
		return decode_dev(nlh, &event->dev);
	case OBJECT_PEER:
		return decode_peer(nlh, &event->peer);
	case OBJECT_SA:
		return decode_sa(nlh, &event->sa);
	}
	return -ENOMSG;
}
