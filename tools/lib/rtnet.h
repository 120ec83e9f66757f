/* SPDX-License-Identifier: MIT */
/*
 * rtnet.h - addresses and routes of an interface, through rtnetlink.
 *
 * All return 0 or -errno with nl->error; @nl is a socket of NETLINK_ROUTE.
 */
#ifndef TOOLS_LIB_RTNET_H
#define TOOLS_LIB_RTNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

struct netlink;

/* Who set a route, as "ip route" shows it: those that we may take away again */
#define RTNET_PROTOCOL		98

struct rtnet_list {
	struct prefix *items;		/* owned */
	size_t n;
};

int rtnet_set_up(struct netlink *nl, int ifindex, bool up);

/* Host bits are kept.  That it is there already is no error */
int rtnet_addr_add(struct netlink *nl, int ifindex, const struct prefix *prefix);
int rtnet_addr_del(struct netlink *nl, int ifindex, const struct prefix *prefix);
/* Of both families; not those that the kernel made (link-local) */
int rtnet_addrs(struct netlink *nl, int ifindex, struct rtnet_list *list);

/* @table 0: main.  @source: the preferred one, or of length 0.  -EEXIST: there is one to
 * the same prefix, perhaps to elsewhere
 */
int rtnet_route_add(struct netlink *nl, int ifindex, uint32_t table,
		    const struct prefix *prefix, const struct addr *source);
/* The one that packets to @remote have now */
int rtnet_source(struct netlink *nl, const struct addr *remote, struct addr *source);
int rtnet_route_del(struct netlink *nl, int ifindex, uint32_t table,
		    const struct prefix *prefix);
/* Those of RTNET_PROTOCOL */
int rtnet_routes(struct netlink *nl, int ifindex, uint32_t table,
		 struct rtnet_list *list);

void rtnet_list_clear(struct rtnet_list *list);
bool rtnet_list_has(const struct rtnet_list *list, const struct prefix *prefix);

#endif /* TOOLS_LIB_RTNET_H */
