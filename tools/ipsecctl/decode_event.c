// SPDX-License-Identifier: MIT
/*
 * decode_event.c - events of the kernel into structs: the object that an event
 * is about, and what some say beside it.
 */
#include <arpa/inet.h>
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

static struct nla_policy drop_policy[IFIPSEC_DROP_A_MAX + 1] = {
	[IFIPSEC_DROP_A_REASON]	= { .type = NLA_U32 },
	[IFIPSEC_DROP_A_COUNT]	= { .type = NLA_U32 },
	[IFIPSEC_DROP_A_TIME]	= { .type = NLA_U64 },
	[IFIPSEC_DROP_A_DIR]	= { .type = NLA_U8 },
	[IFIPSEC_DROP_A_PROTO]	= { .type = NLA_U8 },
	[IFIPSEC_DROP_A_SPI]	= { .type = NLA_U32 },
	[IFIPSEC_DROP_A_SEQ]	= { .type = NLA_U64 },
	[IFIPSEC_DROP_A_INNER_PROTO] = { .type = NLA_U8 },
	[IFIPSEC_DROP_A_FLOWLABEL] = { .type = NLA_U32 },
};

static struct nla_policy peer_name_policy[IFIPSEC_PEER_A_MAX + 1] = {
	[IFIPSEC_PEER_A_NAME]	= { .minlen = 1 },
};

static int decode_drop_addrs(struct nlattr **in, struct audit *audit)
{
	int err = attr_addr(in[IFIPSEC_DROP_A_OUTER_SRC], &audit->outer_src);

	if (!err)
		err = attr_addr(in[IFIPSEC_DROP_A_OUTER_DST], &audit->outer_dst);
	if (!err)
		err = attr_addr(in[IFIPSEC_DROP_A_INNER_SRC], &audit->inner_src);
	if (!err)
		err = attr_addr(in[IFIPSEC_DROP_A_INNER_DST], &audit->inner_dst);
	return err;
}

static int decode_drop(struct nlattr *nest, struct audit *audit)
{
	struct nlattr *in[IFIPSEC_DROP_A_MAX + 1];
	int err;

	err = attr_nest(in, IFIPSEC_DROP_A_MAX, nest, drop_policy);
	if (err)
		return err;
	audit->unknown_spi = in[IFIPSEC_DROP_A_UNKNOWN_SPI];
	if (!in[IFIPSEC_DROP_A_REASON] && !audit->unknown_spi)
		return -EBADMSG;
	audit->reason = attr_u32(in[IFIPSEC_DROP_A_REASON]);
	audit->count = attr_u32(in[IFIPSEC_DROP_A_COUNT]);
	audit->time = attr_u64(in[IFIPSEC_DROP_A_TIME]);
	audit->dir = attr_u8(in[IFIPSEC_DROP_A_DIR]);
	audit->proto = attr_u8(in[IFIPSEC_DROP_A_PROTO]);
	audit->spi = ntohl(attr_u32(in[IFIPSEC_DROP_A_SPI]));
	audit->seq = attr_u64(in[IFIPSEC_DROP_A_SEQ]);
	audit->inner_proto = attr_u8(in[IFIPSEC_DROP_A_INNER_PROTO]);
	audit->flowlabel = attr_u32(in[IFIPSEC_DROP_A_FLOWLABEL]);
	audit->has_flowlabel = in[IFIPSEC_DROP_A_FLOWLABEL];
	return decode_drop_addrs(in, audit);
}

/* Unlike other objects it may have no interface and no peer */
static int decode_audit(struct nlmsghdr *nlh, struct audit *audit)
{
	struct nlattr *top[IFIPSEC_A_MAX + 1], *peer[IFIPSEC_PEER_A_MAX + 1];
	int err = attr_top(nlh, top);

	if (!err)
		err = attr_nest(peer, IFIPSEC_PEER_A_MAX, top[IFIPSEC_A_PEER],
				peer_name_policy);
	if (err)
		return err;
	if (top[IFIPSEC_A_IFNAME])
		err = decode_home(top, &audit->home);
	if (err)
		return err;
	attr_text(peer[IFIPSEC_PEER_A_NAME], audit->peer, sizeof(audit->peer));
	return decode_drop(top[IFIPSEC_A_DROP], audit);
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
	case IFIPSEC_CMD_DROP_NTF:
		*kind = OBJECT_AUDIT;
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
	case OBJECT_AUDIT:
		return decode_audit(nlh, &event->audit);
	}
	return -ENOMSG;
}
