/* SPDX-License-Identifier: MIT */
/*
 * rtlink.h - makes, changes and removes interfaces of kind "ipsec".
 */
#ifndef TOOLS_LIB_RTLINK_H
#define TOOLS_LIB_RTLINK_H

#include <stdbool.h>
#include <stdint.h>

struct netlink;

/* How the outer headers are made; only what is given is sent */
struct rtlink_outer {
	bool has_df, has_dscp, has_decap_dscp, has_ttl, has_flowlabel;
	uint8_t df;			/* enum ifipsec_df */
	uint8_t dscp;			/* or IFIPSEC_DSCP_COPY */
	bool decap_dscp;		/* inner DSCP from the outer */
	uint8_t ttl;			/* 0 = of the route */
	uint32_t flowlabel;		/* or IFIPSEC_FLOWLABEL_AUTO */
};

/* What RTM_NEWLINK can say about an interface; only what is given is sent */
struct rtlink {
	const char *ifname;
	bool has_link, has_fwmark, has_mtu, has_spread;
	bool mtu_auto;
	uint32_t link;			/* ifindex of the underlay, 0 = any */
	uint32_t fwmark;
	uint32_t mtu;
	bool spread;			/* CPUs share the work of busy peers */
	struct rtlink_outer outer;
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
