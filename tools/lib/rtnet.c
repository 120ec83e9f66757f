// SPDX-License-Identifier: MIT
/*
 * rtnet.c - addresses and routes of an interface.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "netlink.h"
#include "rtnet.h"

#define MESSAGE_SIZE	256

static int family_of(const struct prefix *prefix)
{
	return prefix->addr.len == 4 ? AF_INET : AF_INET6;
}

/* Sends @msg if it could be made, and frees it */
static int request(struct netlink *nl, struct nl_msg *msg, int err)
{
	if (!msg || err)
		err = -ENOMEM;
	else
		err = netlink_request(nl, msg, NULL, NULL);
	netlink_message_free(msg);
	return err;
}

int rtnet_set_up(struct netlink *nl, int ifindex, bool up)
{
	const struct ifinfomsg link = {
		.ifi_index = ifindex, .ifi_change = IFF_UP, .ifi_flags = up ? IFF_UP : 0,
	};
	struct nl_msg *msg = netlink_message(RTM_NEWLINK, 0, MESSAGE_SIZE);
	int err = msg ? nlmsg_append(msg, (void *)&link, sizeof(link), NLMSG_ALIGNTO) : 0;

	return request(nl, msg, err);
}

/* Addresses */

static int addr_request(struct netlink *nl, int type, int flags, int ifindex,
			const struct prefix *prefix)
{
	const struct ifaddrmsg head = {
		.ifa_family = family_of(prefix), .ifa_prefixlen = prefix->bits,
		.ifa_index = ifindex,
		/* nobody else is on this wire who could have it */
		.ifa_flags = IFA_F_NODAD,
	};
	struct nl_msg *msg = netlink_message(type, flags, MESSAGE_SIZE);
	int err = 0;

	if (msg)
		err = nlmsg_append(msg, (void *)&head, sizeof(head), NLMSG_ALIGNTO);
	if (msg && !err)
		err = nla_put(msg, IFA_LOCAL, prefix->addr.len, prefix->addr.bytes);
	if (msg && !err)
		err = nla_put(msg, IFA_ADDRESS, prefix->addr.len, prefix->addr.bytes);
	return request(nl, msg, err);
}

int rtnet_addr_add(struct netlink *nl, int ifindex, const struct prefix *prefix)
{
	int err = addr_request(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, prefix);

	return err == -EEXIST ? 0 : err;
}

int rtnet_addr_del(struct netlink *nl, int ifindex, const struct prefix *prefix)
{
	return addr_request(nl, RTM_DELADDR, 0, ifindex, prefix);
}

/* Dumps */

struct dump {
	struct rtnet_list *list;
	int ifindex;
	uint32_t table;
};

static void restart(void *arg)
{
	struct dump *dump = arg;

	rtnet_list_clear(dump->list);
}

static int list_add(struct rtnet_list *list, const void *bytes, size_t len, uint8_t bits)
{
	struct prefix prefix = { .bits = bits };
	struct prefix *items;

	if (addr_from_bytes(bytes, len, &prefix.addr))
		return 0;
	items = realloc(list->items, (list->n + 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	items[list->n++] = prefix;
	return 0;
}

static int take_addr(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *attrs[IFA_MAX + 1], *own;
	struct ifaddrmsg *head;
	struct dump *dump = arg;

	if (nlmsg_parse(nlh, sizeof(*head), attrs, IFA_MAX, NULL))
		return -EBADMSG;
	head = nlmsg_data(nlh);
	own = attrs[IFA_LOCAL] ? attrs[IFA_LOCAL] : attrs[IFA_ADDRESS];
	if ((int)head->ifa_index != dump->ifindex || head->ifa_scope == RT_SCOPE_LINK || !own)
		return 0;
	return list_add(dump->list, nla_data(own), nla_len(own), head->ifa_prefixlen);
}

static int dump(struct netlink *nl, int type, const void *head, size_t len,
		netlink_handler take, struct dump *dump)
{
	struct nl_msg *msg = netlink_message(type, 0, MESSAGE_SIZE);
	bool consistent;
	int err = -ENOMEM;

	if (msg && !nlmsg_append(msg, (void *)head, len, NLMSG_ALIGNTO))
		err = netlink_dump(nl, msg, take, restart, dump, &consistent);
	netlink_message_free(msg);
	return err;
}

int rtnet_addrs(struct netlink *nl, int ifindex, struct rtnet_list *list)
{
	const struct ifaddrmsg head = { .ifa_index = ifindex };
	struct dump of = { .list = list, .ifindex = ifindex };

	return dump(nl, RTM_GETADDR, &head, sizeof(head), take_addr, &of);
}

/* Routes */

/* @source: the preferred one, or NULL */
static int route_request(struct netlink *nl, int type, int flags, int ifindex,
			 uint32_t table, const struct prefix *prefix,
			 const struct addr *source)
{
	const struct rtmsg head = {
		.rtm_family = family_of(prefix), .rtm_dst_len = prefix->bits,
		.rtm_protocol = RTNET_PROTOCOL, .rtm_type = RTN_UNICAST,
		.rtm_scope = prefix->addr.len == 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
	};
	struct nl_msg *msg = netlink_message(type, flags, MESSAGE_SIZE);
	int err = 0;

	if (msg)
		err = nlmsg_append(msg, (void *)&head, sizeof(head), NLMSG_ALIGNTO);
	if (msg && !err)
		err = nla_put(msg, RTA_DST, prefix->addr.len, prefix->addr.bytes);
	if (msg && !err)
		err = nla_put_u32(msg, RTA_OIF, ifindex);
	if (msg && !err)
		err = nla_put_u32(msg, RTA_TABLE, table ? table : RT_TABLE_MAIN);
	if (msg && !err && source && source->len)
		err = nla_put(msg, RTA_PREFSRC, source->len, source->bytes);
	return request(nl, msg, err);
}

int rtnet_route_add(struct netlink *nl, int ifindex, uint32_t table,
		    const struct prefix *prefix, const struct addr *source)
{
	return route_request(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, ifindex, table,
			     prefix, source);
}

int rtnet_route_del(struct netlink *nl, int ifindex, uint32_t table,
		    const struct prefix *prefix)
{
	return route_request(nl, RTM_DELROUTE, 0, ifindex, table, prefix, NULL);
}

static int take_source(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *attrs[RTA_MAX + 1];

	if (nlmsg_parse(nlh, sizeof(struct rtmsg), attrs, RTA_MAX, NULL))
		return -EBADMSG;
	if (attrs[RTA_PREFSRC])
		addr_from_bytes(nla_data(attrs[RTA_PREFSRC]), nla_len(attrs[RTA_PREFSRC]), arg);
	return 0;
}

int rtnet_source(struct netlink *nl, const struct addr *remote, struct addr *source)
{
	const struct rtmsg head = {
		.rtm_family = remote->len == 4 ? AF_INET : AF_INET6,
		.rtm_dst_len = 8 * remote->len,
	};
	struct nl_msg *msg = netlink_message(RTM_GETROUTE, 0, MESSAGE_SIZE);
	int err = -ENOMEM;

	source->len = 0;
	if (msg)
		err = nlmsg_append(msg, (void *)&head, sizeof(head), NLMSG_ALIGNTO);
	if (!err)
		err = nla_put(msg, RTA_DST, remote->len, remote->bytes);
	if (!err)
		err = netlink_request(nl, msg, take_source, source);
	netlink_message_free(msg);
	return err;
}

static int take_route(struct nlmsghdr *nlh, void *arg)
{
	static const uint8_t zeros[ADDR_BYTES_MAX];
	struct nlattr *attrs[RTA_MAX + 1];
	struct dump *dump = arg;
	struct rtmsg *head;

	if (nlmsg_parse(nlh, sizeof(*head), attrs, RTA_MAX, NULL))
		return -EBADMSG;
	head = nlmsg_data(nlh);
	if (head->rtm_protocol != RTNET_PROTOCOL || !attrs[RTA_OIF] || !attrs[RTA_TABLE] ||
	    (int)nla_get_u32(attrs[RTA_OIF]) != dump->ifindex ||
	    nla_get_u32(attrs[RTA_TABLE]) != dump->table)
		return 0;
	if (!attrs[RTA_DST])
		return list_add(dump->list, zeros, head->rtm_family == AF_INET ? 4 : 16, 0);
	return list_add(dump->list, nla_data(attrs[RTA_DST]), nla_len(attrs[RTA_DST]),
			head->rtm_dst_len);
}

int rtnet_routes(struct netlink *nl, int ifindex, uint32_t table,
		 struct rtnet_list *list)
{
	struct dump of = { .list = list, .ifindex = ifindex,
			   .table = table ? table : RT_TABLE_MAIN };
	const struct rtmsg head = { .rtm_family = AF_UNSPEC };

	return dump(nl, RTM_GETROUTE, &head, sizeof(head), take_route, &of);
}

void rtnet_list_clear(struct rtnet_list *list)
{
	free(list->items);
	*list = (struct rtnet_list){ NULL, 0 };
}

bool rtnet_list_has(const struct rtnet_list *list, const struct prefix *prefix)
{
	for (size_t i = 0; i < list->n; i++)
		if (prefix_equal(&list->items[i], prefix))
			return true;
	return false;
}
