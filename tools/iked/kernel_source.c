// SPDX-License-Identifier: MIT
/*
 * kernel_source.c - which of our addresses, and which device, reaches a peer.
 *
 * In transport mode the route to the peer leads into the tunnel: what is to negotiate
 * the tunnel must not go there.  So, like the module for its own packets, we ask for
 * the best route that does not: through each other device, longest prefix first.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../ipsecctl/decode.h"
#include "../ipsecctl/request.h"
#include "kernel_module.h"

#define MESSAGE_SIZE	256

struct route {
	uint32_t oif;
	uint8_t bits;			/* of the prefix that matched */
	struct addr source;		/* length 0: not said */
};

static int take_route(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *attrs[RTA_MAX + 1], *src;
	struct route *route = arg;
	struct rtmsg *head;

	if (nlmsg_parse(nlh, sizeof(*head), attrs, RTA_MAX, NULL))
		return -EBADMSG;
	head = nlmsg_data(nlh);
	route->bits = head->rtm_dst_len;
	if (attrs[RTA_OIF])
		route->oif = nla_get_u32(attrs[RTA_OIF]);
	src = attrs[RTA_PREFSRC];
	if (src)
		addr_from_bytes(nla_data(src), nla_len(src), &route->source);
	return 0;
}

/* @flags: RTM_F_FIB_MATCH: the entry of the table; 0: the route, with its source */
static int ask(struct netlink *nl, const struct addr *remote, uint32_t oif,
	       unsigned int flags, struct route *route)
{
	const struct rtmsg head = {
		.rtm_family = remote->len == 4 ? AF_INET : AF_INET6,
		.rtm_dst_len = remote->len * 8, .rtm_flags = flags,
	};
	struct nl_msg *msg = netlink_message(RTM_GETROUTE, 0, MESSAGE_SIZE);
	int err = -ENOMEM;

	memset(route, 0, sizeof(*route));
	if (msg && !nlmsg_append(msg, (void *)&head, sizeof(head), NLMSG_ALIGNTO) &&
	    !nla_put(msg, RTA_DST, remote->len, remote->bytes) &&
	    (!oif || !nla_put_u32(msg, RTA_OIF, oif)))
		err = netlink_request(nl, msg, take_route, route);
	netlink_message_free(msg);
	return err;
}

/* Devices of ours: never the way to a peer */
struct tunnels {
	uint32_t *ifindex;		/* owned */
	size_t n;
};

static int add_tunnel(struct tunnels *tunnels, uint32_t ifindex)
{
	uint32_t *list = realloc(tunnels->ifindex, (tunnels->n + 1) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	tunnels->ifindex = list;
	list[tunnels->n++] = ifindex;
	return 0;
}

static int take_tunnel(struct nlmsghdr *nlh, void *arg)
{
	struct tunnels *tunnels = arg;
	struct dev dev;
	int err = decode_dev(nlh, &dev);

	if (err)
		return err;
	if (!dev.home.has_netnsid)
		err = add_tunnel(tunnels, dev.home.ifindex);
	dev_clear(&dev);
	return err;
}

static void restart(void *arg)
{
	struct tunnels *tunnels = arg;

	tunnels->n = 0;
}

static int find_tunnels(struct netlink *nl, struct tunnels *tunnels)
{
	const struct target all = { .ifname = NULL };
	struct nl_msg *msg = request_dev(nl, IFIPSEC_CMD_DEV_GET, &all);
	bool consistent;
	int err = -ENOMEM;

	if (msg)
		err = netlink_dump(nl, msg, take_tunnel, restart, tunnels, &consistent);
	netlink_message_free(msg);
	return err;
}

static bool is_tunnel(const struct tunnels *tunnels, uint32_t ifindex)
{
	for (size_t i = 0; i < tunnels->n; i++)
		if (tunnels->ifindex[i] == ifindex)
			return true;
	return false;
}

/* Through the device whose route is the most exact.  0: none has one */
static uint32_t best_device(struct netlink *nl, const struct addr *remote,
			    const struct tunnels *tunnels)
{
	struct if_nameindex *list = if_nameindex(), *dev;
	struct route route;
	uint32_t best = 0;
	int bits = -1;

	for (dev = list; dev && dev->if_index; dev++) {
		if (is_tunnel(tunnels, dev->if_index) ||
		    ask(nl, remote, dev->if_index, RTM_F_FIB_MATCH, &route) ||
		    route.oif != dev->if_index || route.bits <= bits)
			continue;
		best = dev->if_index;
		bits = route.bits;
	}
	if (list)
		if_freenameindex(list);
	return best;
}

static int find_source(struct netlink *nl, const struct addr *remote,
		       const struct tunnels *tunnels, struct endpoint *local)
{
	struct route route;
	int err = ask(nl, remote, 0, 0, &route);

	local->ifindex = 0;
	if (!err && is_tunnel(tunnels, route.oif)) {
		local->ifindex = best_device(nl, remote, tunnels);
		err = local->ifindex ? ask(nl, remote, local->ifindex, 0, &route) :
		      -ENETUNREACH;
	}
	if (!err && !route.source.len)
		err = -EADDRNOTAVAIL;
	if (!err)
		local->addr = route.source;
	return err;
}

int kernel_module_source(struct kernel *k, const struct addr *remote,
			 struct endpoint *local)
{
	struct kernel_module *m = (struct kernel_module *)k;
	struct tunnels tunnels = { 0 };
	struct netlink nl;
	int err = find_tunnels(&m->nl, &tunnels);

	if (!err)
		err = netlink_open(&nl, NETLINK_ROUTE);
	if (!err) {
		err = find_source(&nl, remote, &tunnels, local);
		netlink_close(&nl);
	}
	free(tunnels.ifindex);
	if (err)
		snprintf(k->error, sizeof(k->error), "no way to the peer: %s", strerror(-err));
	return err;
}
