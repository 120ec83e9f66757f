// SPDX-License-Identifier: MIT
/*
 * attr.c - reads attributes of the kernel's messages.
 */
#include <errno.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "attr.h"

static struct nla_policy top_policy[IFIPSEC_A_MAX + 1] = {
	[IFIPSEC_A_IFNAME]	= { .minlen = 1 },
	[IFIPSEC_A_IFINDEX]	= { .type = NLA_U32 },
	[IFIPSEC_A_NETNSID]	= { .minlen = sizeof(int32_t) },
	[IFIPSEC_A_EXPIRE]	= { .type = NLA_U32 },
};

uint8_t attr_u8(struct nlattr *attr)
{
	return attr ? nla_get_u8(attr) : 0;
}

uint8_t attr_u8_or(struct nlattr *attr, uint8_t missing)
{
	return attr ? nla_get_u8(attr) : missing;
}

uint16_t attr_u16(struct nlattr *attr)
{
	return attr ? nla_get_u16(attr) : 0;
}

uint32_t attr_u32(struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

uint64_t attr_u64(struct nlattr *attr)
{
	return attr ? nla_get_u64(attr) : 0;
}

void attr_text(struct nlattr *attr, char *text, size_t size)
{
	text[0] = '\0';
	if (attr)
		nla_strlcpy(text, attr, size);
}

int attr_nest(struct nlattr **attrs, int max, struct nlattr *nest,
	      struct nla_policy *policy)
{
	if (!nest) {
		memset(attrs, 0, (max + 1) * sizeof(*attrs));
		return 0;
	}
	return nla_parse_nested(attrs, max, nest, policy) ? -EBADMSG : 0;
}

int attr_addr(struct nlattr *attr, struct addr *addr)
{
	if (!attr)
		return 0;
	return addr_from_bytes(nla_data(attr), nla_len(attr), addr) ?
		-EBADMSG : 0;
}

int attr_top(struct nlmsghdr *nlh, struct nlattr *top[IFIPSEC_A_MAX + 1])
{
	if (!genlmsg_valid_hdr(nlh, 0))
		return -EBADMSG;
	if (genlmsg_parse(nlh, 0, top, IFIPSEC_A_MAX, top_policy))
		return -EBADMSG;
	return 0;
}
