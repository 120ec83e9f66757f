/* SPDX-License-Identifier: MIT */
/*
 * rtlink.h - makes, changes and removes interfaces of kind "ipsec".
 */
#ifndef TOOLS_LIB_RTLINK_H
#define TOOLS_LIB_RTLINK_H

#include <stdbool.h>
#include <stdint.h>

struct netlink;

/* What RTM_NEWLINK can say about an interface; only what is given is sent */
struct rtlink {
	const char *ifname;
	bool has_link, has_fwmark, has_mtu;
	bool mtu_auto;
	uint32_t link;			/* ifindex of the underlay, 0 = any */
	uint32_t fwmark;
	uint32_t mtu;
};

/*
 * All take a NETLINK_ROUTE socket and return 0 or -errno.  An interface of
 * another kind is neither changed nor removed.
 */
int rtlink_add(struct netlink *nl, const struct rtlink *link);
int rtlink_set(struct netlink *nl, const struct rtlink *link);

/* @netnsid: the namespace the interface lives in, NULL for the socket's own */
int rtlink_del(struct netlink *nl, const char *ifname, const int32_t *netnsid);

#endif /* TOOLS_LIB_RTLINK_H */
