// SPDX-License-Identifier: GPL-2.0-only
/*
 * netlink.c - the generic netlink family "ipsec": its operations, policies and
 * locks, and how a request names an interface and a peer.  What each command does
 * is in netlink_peer.c, netlink_sa.c, netlink_spi.c and netlink_dump.c;
 * uapi/linux/if_ipsec.h is the manual.
 */
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include "natt.h"
#include "netlink.h"
#include "peer.h"

struct ipsec_net *ipsec_nl_lock(struct genl_info *info)
{
	struct ipsec_net *in = ipsec_net(genl_info_net(info));

	/* rtnl: a peer or an SA changes the MTU of the interface */
	rtnl_lock();
	mutex_lock(&in->lock);
	return in;
}

void ipsec_nl_unlock(struct ipsec_net *in)
{
	mutex_unlock(&in->lock);
	rtnl_unlock();
}

int ipsec_nl_refuse(struct genl_info *info, const struct nlattr *attr,
		    const char *why)
{
	NL_SET_BAD_ATTR(info->extack, attr);
	info->extack->_msg = why;
	return -EINVAL;
}

struct sk_buff *ipsec_nl_reply_new(struct genl_info *info, size_t size,
				   void **hdr)
{
	struct sk_buff *msg = genlmsg_new(size, GFP_KERNEL);

	if (msg)
		*hdr = genlmsg_put_reply(msg, info, &ipsec_genl_family, 0,
					 info->genlhdr->cmd);
	return msg;
}

int ipsec_nl_reply_end(struct genl_info *info, struct sk_buff *msg, void *hdr,
		       int err)
{
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

void ipsec_nl_name(struct nlattr **attrs, struct ipsec_nl_name *name)
{
	memset(name, 0, sizeof(*name));
	if (attrs[IFIPSEC_A_IFNAME])
		name->ifname = nla_data(attrs[IFIPSEC_A_IFNAME]);
	if (attrs[IFIPSEC_A_NETNSID]) {
		name->has_nsid = true;
		name->nsid = nla_get_s32(attrs[IFIPSEC_A_NETNSID]);
	}
}

bool ipsec_nl_matches(const struct ipsec_dev *idev,
		      const struct ipsec_nl_name *name)
{
	struct net *lives = dev_net(idev->dev);

	if (name->ifname && strcmp(name->ifname, idev->dev->name))
		return false;
	if (name->has_nsid)
		return !net_eq(lives, idev->net) &&
		       peernet2id(idev->net, lives) == name->nsid;
	return true;
}

struct ipsec_dev *ipsec_nl_dev(struct genl_info *info)
{
	struct ipsec_net *in = ipsec_net(genl_info_net(info));
	struct ipsec_dev *idev, *found = NULL;
	struct ipsec_nl_name name;
	unsigned int n = 0;

	lockdep_assert_held(&in->lock);
	ipsec_nl_name(info->attrs, &name);
	if (!name.ifname) {
		NL_SET_ERR_MSG(info->extack, "the request names no interface");
		return ERR_PTR(-EINVAL);
	}
	list_for_each_entry(idev, &in->devs, node) {
		if (!ipsec_nl_matches(idev, &name))
			continue;
		/* one in the request's own namespace is meant before others */
		if (!name.has_nsid && net_eq(dev_net(idev->dev), idev->net))
			return idev;
		found = idev;
		n++;
	}
	if (n == 1)
		return found;
	if (n) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[IFIPSEC_A_IFNAME],
				    "several interfaces in other namespaces have this name; say which with the namespace id");
		return ERR_PTR(-ENOTUNIQ);
	}
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[IFIPSEC_A_IFNAME],
			    "there is no ipsec interface of that name with its underlay in this namespace");
	return ERR_PTR(-ENODEV);
}

int ipsec_nl_peer_nest(struct genl_info *info, struct nlattr **tb)
{
	if (!info->attrs[IFIPSEC_A_PEER]) {
		NL_SET_ERR_MSG(info->extack, "the request names no peer");
		return -EINVAL;
	}
	return nla_parse_nested(tb, IFIPSEC_PEER_A_MAX,
				info->attrs[IFIPSEC_A_PEER],
				ipsec_nl_peer_name_policy, info->extack);
}

struct ipsec_peer *ipsec_nl_peer(struct genl_info *info, struct nlattr **tb)
{
	struct ipsec_dev *idev = ipsec_nl_dev(info);
	struct ipsec_peer *peer;

	if (IS_ERR(idev))
		return ERR_CAST(idev);
	if (!tb[IFIPSEC_PEER_A_NAME]) {
		NL_SET_ERR_MSG(info->extack, "the request names no peer");
		return ERR_PTR(-EINVAL);
	}
	peer = ipsec_peer_find(idev, nla_data(tb[IFIPSEC_PEER_A_NAME]));
	if (!peer) {
		NL_SET_ERR_MSG_ATTR(info->extack, tb[IFIPSEC_PEER_A_NAME],
				    "the interface has no peer of that name");
		return ERR_PTR(-ENOENT);
	}
	return peer;
}

/* Policies: one per command, so that what a command does not know is refused */

const struct nla_policy ipsec_nl_peer_name_policy[IFIPSEC_PEER_A_MAX + 1] = {
	[IFIPSEC_PEER_A_NAME] = { .type = NLA_NUL_STRING,
				  .len = IFIPSEC_PEER_NAME_MAX },
};

static const struct nla_policy selector_policy[IFIPSEC_SELECTOR_A_MAX + 1] = {
	[IFIPSEC_SELECTOR_A_ADDR] = { .type = NLA_BINARY, .len = 16 },
	[IFIPSEC_SELECTOR_A_PREFIXLEN] = NLA_POLICY_MAX(NLA_U8, 128),
};

static const struct nla_policy selectors_policy[IFIPSEC_SELECTORS_A_MAX + 1] = {
	[IFIPSEC_SELECTORS_A_ITEM] = NLA_POLICY_NESTED(selector_policy),
};

const struct nla_policy ipsec_nl_peer_policy[IFIPSEC_PEER_A_MAX + 1] = {
	[IFIPSEC_PEER_A_NAME] = { .type = NLA_NUL_STRING,
				  .len = IFIPSEC_PEER_NAME_MAX },
	[IFIPSEC_PEER_A_REMOTE] = { .type = NLA_BINARY, .len = 16 },
	[IFIPSEC_PEER_A_LOCAL] = { .type = NLA_BINARY, .len = 16 },
	[IFIPSEC_PEER_A_SELECTORS] = NLA_POLICY_NESTED(selectors_policy),
	[IFIPSEC_PEER_A_PROTECT] = NLA_POLICY_RANGE(NLA_U8, IFIPSEC_PROTECT_ESP,
						    IFIPSEC_PROTECT_ESP_AH),
	[IFIPSEC_PEER_A_ENCAP_LOCAL] = { .type = NLA_U16 },
	[IFIPSEC_PEER_A_ENCAP_REMOTE] = { .type = NLA_U16 },
	[IFIPSEC_PEER_A_KEEPALIVE] = NLA_POLICY_MAX(NLA_U32, IPSEC_KEEPALIVE_MAX),
};

#define SA_ID_POLICY							\
	[IFIPSEC_SA_A_DIR] = NLA_POLICY_RANGE(NLA_U8, IFIPSEC_DIR_IN,	\
					      IFIPSEC_DIR_OUT),		\
	[IFIPSEC_SA_A_SPI] = { .type = NLA_BE32 },			\
	[IFIPSEC_SA_A_PROTO] = { .type = NLA_U8 }

const struct nla_policy ipsec_nl_sa_id_policy[IFIPSEC_SA_A_MAX + 1] = {
	SA_ID_POLICY,
};

const struct nla_policy ipsec_nl_sa_set_policy[IFIPSEC_SA_A_MAX + 1] = {
	SA_ID_POLICY,
	[IFIPSEC_SA_A_SEQ] = { .type = NLA_U64 },
};

const struct nla_policy ipsec_nl_spi_policy[IFIPSEC_SA_A_MAX + 1] = {
	[IFIPSEC_SA_A_PROTO] = { .type = NLA_U8 },
	[IFIPSEC_SA_A_SPI_MIN] = { .type = NLA_BE32 },
	[IFIPSEC_SA_A_SPI_MAX] = { .type = NLA_BE32 },
};

static const struct nla_policy life_policy[IFIPSEC_LIFE_A_MAX + 1] = {
	[IFIPSEC_LIFE_A_SOFT_BYTES] = { .type = NLA_U64 },
	[IFIPSEC_LIFE_A_HARD_BYTES] = { .type = NLA_U64 },
	[IFIPSEC_LIFE_A_SOFT_PACKETS] = { .type = NLA_U64 },
	[IFIPSEC_LIFE_A_HARD_PACKETS] = { .type = NLA_U64 },
	[IFIPSEC_LIFE_A_SOFT_SECONDS] = { .type = NLA_U64 },
	[IFIPSEC_LIFE_A_HARD_SECONDS] = { .type = NLA_U64 },
};

const struct nla_policy ipsec_nl_sa_new_policy[IFIPSEC_SA_A_MAX + 1] = {
	SA_ID_POLICY,
	[IFIPSEC_SA_A_ENCR] = { .type = NLA_U16 },
	[IFIPSEC_SA_A_KEY] = { .type = NLA_BINARY,
				.len = IFIPSEC_KEY_MAX },
	[IFIPSEC_SA_A_FLAGS] = { .type = NLA_U32 },
	[IFIPSEC_SA_A_REPLAY_WINDOW] = { .type = NLA_U32 },
	[IFIPSEC_SA_A_SEQ] = { .type = NLA_U64 },
	[IFIPSEC_SA_A_AUTH] = { .type = NLA_U16 },
	[IFIPSEC_SA_A_AUTH_KEY] = { .type = NLA_BINARY,
				     .len = IFIPSEC_KEY_MAX },
	[IFIPSEC_SA_A_MODE] = NLA_POLICY_RANGE(NLA_U8, IFIPSEC_MODE_TUNNEL,
					       IFIPSEC_MODE_TRANSPORT),
	[IFIPSEC_SA_A_LIFE] = NLA_POLICY_NESTED(life_policy),
	[IFIPSEC_SA_A_TFC] = { .type = NLA_U32 },
};

const struct nla_policy ipsec_nl_dummy_policy[IFIPSEC_DUMMY_A_MAX + 1] = {
	[IFIPSEC_DUMMY_A_COUNT] = { .type = NLA_U32 },
	[IFIPSEC_DUMMY_A_LEN] = { .type = NLA_U32 },
};

#define IFACE_POLICY							\
	[IFIPSEC_A_IFNAME] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 }, \
	[IFIPSEC_A_NETNSID] = { .type = NLA_S32 }

#define OP_POLICY(name, ...)						\
static const struct nla_policy name[IFIPSEC_A_MAX + 1] = { IFACE_POLICY, ##__VA_ARGS__ }

OP_POLICY(dev_get_policy);
OP_POLICY(peer_policy,
	  [IFIPSEC_A_PEER] = NLA_POLICY_NESTED(ipsec_nl_peer_policy));
OP_POLICY(peer_name_policy,
	  [IFIPSEC_A_PEER] = NLA_POLICY_NESTED(ipsec_nl_peer_name_policy));
OP_POLICY(sa_new_policy,
	  [IFIPSEC_A_PEER] = NLA_POLICY_NESTED(ipsec_nl_peer_name_policy),
	  [IFIPSEC_A_SA] = NLA_POLICY_NESTED(ipsec_nl_sa_new_policy));
OP_POLICY(sa_set_policy,
	  [IFIPSEC_A_PEER] = NLA_POLICY_NESTED(ipsec_nl_peer_name_policy),
	  [IFIPSEC_A_SA] = NLA_POLICY_NESTED(ipsec_nl_sa_set_policy));
OP_POLICY(sa_id_policy,
	  [IFIPSEC_A_PEER] = NLA_POLICY_NESTED(ipsec_nl_peer_name_policy),
	  [IFIPSEC_A_SA] = NLA_POLICY_NESTED(ipsec_nl_sa_id_policy));
OP_POLICY(spi_policy,
	  [IFIPSEC_A_PEER] = NLA_POLICY_NESTED(ipsec_nl_peer_name_policy),
	  [IFIPSEC_A_SA] = NLA_POLICY_NESTED(ipsec_nl_spi_policy));
OP_POLICY(dummy_policy,
	  [IFIPSEC_A_PEER] = NLA_POLICY_NESTED(ipsec_nl_peer_name_policy),
	  [IFIPSEC_A_DUMMY] = NLA_POLICY_NESTED(ipsec_nl_dummy_policy));
OP_POLICY(flush_policy,
	  [IFIPSEC_A_FLUSH] = NLA_POLICY_RANGE(NLA_U32, IFIPSEC_FLUSH_SAS,
					       IFIPSEC_FLUSH_PEERS));
/* takes no attribute at all */
static const struct nla_policy alg_policy[IFIPSEC_A_MAX + 1];

#define OP(_cmd, _policy, ...)						\
	{								\
		.cmd = IFIPSEC_CMD_##_cmd,				\
		.flags = GENL_UNS_ADMIN_PERM,				\
		.policy = _policy,					\
		.maxattr = IFIPSEC_A_MAX,				\
		__VA_ARGS__						\
	}

static const struct genl_ops netlink_ops[] = {
	OP(DEV_GET, dev_get_policy, .doit = ipsec_nl_dev_get,
	   .start = ipsec_nl_dump_start, .dumpit = ipsec_nl_dev_dump),
	OP(PEER_NEW, peer_policy, .doit = ipsec_nl_peer_new),
	OP(PEER_SET, peer_policy, .doit = ipsec_nl_peer_set),
	OP(PEER_GET, peer_name_policy, .doit = ipsec_nl_peer_get,
	   .start = ipsec_nl_dump_start, .dumpit = ipsec_nl_peer_dump),
	OP(PEER_DEL, peer_name_policy, .doit = ipsec_nl_peer_del),
	OP(SA_NEW, sa_new_policy, .doit = ipsec_nl_sa_new),
	OP(SA_REPLACE, sa_new_policy, .doit = ipsec_nl_sa_new),
	OP(SA_SET, sa_set_policy, .doit = ipsec_nl_sa_set),
	OP(SA_GET, sa_id_policy, .doit = ipsec_nl_sa_get,
	   .start = ipsec_nl_dump_start, .dumpit = ipsec_nl_sa_dump),
	OP(SA_DEL, sa_id_policy, .doit = ipsec_nl_sa_del),
	OP(SA_DUMMY, dummy_policy, .doit = ipsec_nl_sa_dummy),
	OP(FLUSH, flush_policy, .doit = ipsec_nl_flush),
	OP(ALG_GET, alg_policy, .dumpit = ipsec_nl_alg_dump),
	OP(SPI_ALLOC, spi_policy, .doit = ipsec_nl_spi_alloc),
};

#define GROUP(_name) { .name = (_name), .flags = GENL_MCAST_CAP_NET_ADMIN }

static const struct genl_multicast_group netlink_groups[] = {
	[IPSEC_NL_EVENTS] = GROUP(IFIPSEC_MCGRP_EVENTS),
	[IPSEC_NL_KEYS] = GROUP(IFIPSEC_MCGRP_KEYS),
	[IPSEC_NL_AUDIT] = GROUP(IFIPSEC_MCGRP_AUDIT),
};

struct genl_family ipsec_genl_family __ro_after_init = {
	.name		= IFIPSEC_GENL_NAME,
	.version	= IFIPSEC_GENL_VERSION,
	.module		= THIS_MODULE,
	.netnsok	= true,
	.parallel_ops	= true,		/* ipsec_nl_lock() serializes */
	.maxattr	= IFIPSEC_A_MAX,
	.ops		= netlink_ops,
	.n_ops		= ARRAY_SIZE(netlink_ops),
	.mcgrps		= netlink_groups,
	.n_mcgrps	= ARRAY_SIZE(netlink_groups),
};

int __init ipsec_netlink_init(void)
{
	return genl_register_family(&ipsec_genl_family);
}

void ipsec_netlink_exit(void)
{
	genl_unregister_family(&ipsec_genl_family);
}

MODULE_ALIAS_GENL_FAMILY(IFIPSEC_GENL_NAME);
