// SPDX-License-Identifier: MIT
/*
 * rtlink.c - makes, changes and removes interfaces of kind "ipsec".
 */
#include <errno.h>
#include <linux/if_ipsec.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>

#include "netlink.h"
#include "rtlink.h"

#define KIND		"ipsec"
#define MESSAGE_SIZE	512

struct found {
	int ifindex;
	bool is_ours;
};

static int put_outer(struct nl_msg *msg, const struct rtlink_outer *outer)
{
	int err = 0;

	if (outer->has_df)
		err = nla_put_u8(msg, IFLA_IPSEC_DF, outer->df);
	if (!err && outer->has_dscp)
		err = nla_put_u8(msg, IFLA_IPSEC_DSCP, outer->dscp);
	if (!err && outer->has_decap_dscp)
		err = nla_put_u8(msg, IFLA_IPSEC_DECAP_DSCP, outer->decap_dscp);
	if (!err && outer->has_ttl)
		err = nla_put_u8(msg, IFLA_IPSEC_TTL, outer->ttl);
	if (!err && outer->has_flowlabel)
		err = nla_put_u32(msg, IFLA_IPSEC_FLOWLABEL, outer->flowlabel);
	return err;
}

static int put_info(struct nl_msg *msg, const struct rtlink *link)
{
	struct nlattr *info, *data;
	int err;

	info = nla_nest_start(msg, IFLA_LINKINFO);
	if (!info)
		return -EMSGSIZE;
	err = nla_put_string(msg, IFLA_INFO_KIND, KIND);
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	if (err || !data)
		return -EMSGSIZE;
	if (link->has_link)
		err = nla_put_u32(msg, IFLA_IPSEC_LINK, link->link);
	if (!err && link->has_fwmark)
		err = nla_put_u32(msg, IFLA_IPSEC_FWMARK, link->fwmark);
	if (!err && link->mtu_auto)
		err = nla_put_flag(msg, IFLA_IPSEC_MTU_AUTO);
	if (!err)
		err = put_outer(msg, &link->outer);
	if (!err && link->has_spread)
		err = nla_put_u8(msg, IFLA_IPSEC_SPREAD, link->spread);
	if (err)
		return -EMSGSIZE;
	/* Unlike nla_nest_end(), keeps an empty nest */
	nla_nest_end_keep_empty(msg, data);
	nla_nest_end_keep_empty(msg, info);
	return 0;
}

/* @ifindex: the interface to change; 0: one of that name is made */
static int put_link(struct nl_msg *msg, const struct rtlink *link, int ifindex)
{
	struct ifinfomsg header = { .ifi_index = ifindex };

	if (nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO))
		return -EMSGSIZE;
	if (!ifindex && nla_put_string(msg, IFLA_IFNAME, link->ifname))
		return -EMSGSIZE;
	if (link->has_mtu && nla_put_u32(msg, IFLA_MTU, link->mtu))
		return -EMSGSIZE;
	return put_info(msg, link);
}

static int newlink(struct netlink *nl, const struct rtlink *link, int flags,
		   int ifindex)
{
	struct nl_msg *msg = netlink_message(RTM_NEWLINK, flags, MESSAGE_SIZE);
	int err = msg ? put_link(msg, link, ifindex) : -ENOMEM;

	if (err)
		snprintf(nl->error, sizeof(nl->error), "%s", strerror(-err));
	else
		err = netlink_request(nl, msg, NULL, NULL);
	netlink_message_free(msg);
	return err;
}

static int read_found(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *attrs[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	struct ifinfomsg *header = nlmsg_data(nlh);
	struct found *found = arg;
	char kind[16];

	if (nlh->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(nlh, sizeof(*header), attrs, IFLA_MAX, NULL))
		return -EBADMSG;
	found->ifindex = header->ifi_index;
	if (!attrs[IFLA_LINKINFO] ||
	    nla_parse_nested(info, IFLA_INFO_MAX, attrs[IFLA_LINKINFO], NULL) ||
	    !info[IFLA_INFO_KIND])
		return 0;
	nla_strlcpy(kind, info[IFLA_INFO_KIND], sizeof(kind));
	found->is_ours = !strcmp(kind, KIND);
	return 0;
}

/* A request about one interface, by name when @ifindex is 0 */
static int one_link(struct netlink *nl, int type, int ifindex,
		    const char *ifname, const int32_t *netnsid,
		    struct found *found)
{
	struct ifinfomsg header = { .ifi_index = ifindex };
	struct nl_msg *msg = netlink_message(type, 0, MESSAGE_SIZE);
	int err;

	err = !msg ||
	      nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO) ||
	      (!ifindex && nla_put_string(msg, IFLA_IFNAME, ifname)) ||
	      (netnsid && nla_put_s32(msg, IFLA_TARGET_NETNSID, *netnsid));
	if (err) {
		err = -ENOMEM;
		snprintf(nl->error, sizeof(nl->error), "%s", strerror(ENOMEM));
	} else {
		err = netlink_request(nl, msg, found ? read_found : NULL, found);
	}
	netlink_message_free(msg);
	return err;
}

/* The index of an interface of our kind: others are not ours to touch */
static int find(struct netlink *nl, const char *ifname, const int32_t *netnsid,
		int *ifindex)
{
	struct found found = { 0 };
	int err;

	err = one_link(nl, RTM_GETLINK, 0, ifname, netnsid, &found);
	if (err)
		return err;
	if (!found.is_ours) {
		snprintf(nl->error, sizeof(nl->error),
			 "not an interface of kind \"%s\"", KIND);
		return -EINVAL;
	}
	*ifindex = found.ifindex;
	return 0;
}

int rtlink_add(struct netlink *nl, const struct rtlink *link)
{
	return newlink(nl, link, NLM_F_CREATE | NLM_F_EXCL, 0);
}

/* By index: the name may belong to another interface by now */
int rtlink_set(struct netlink *nl, const struct rtlink *link)
{
	int ifindex, err;

	err = find(nl, link->ifname, NULL, &ifindex);
	return err ? err : newlink(nl, link, 0, ifindex);
}

int rtlink_del(struct netlink *nl, const char *ifname, const int32_t *netnsid)
{
	int ifindex, err;

	err = find(nl, ifname, netnsid, &ifindex);
	if (err)
		return err;
	return one_link(nl, RTM_DELLINK, ifindex, ifname, netnsid, NULL);
}
