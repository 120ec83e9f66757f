/* SPDX-License-Identifier: MIT */
/*
 * query.h - asks the kernel for objects and returns sorted lists of them.
 */
#ifndef IPSECCTL_QUERY_H
#define IPSECCTL_QUERY_H

#include "object.h"
#include "parse.h"

struct netlink;

/*
 * All objects of the target: of one peer, of one interface, or of the
 * namespace.  A target that does not exist is an error.  Return 0, or -errno
 * with netlink.error; the list is the caller's to clear in any case.
 *
 * @consistent becomes false when the objects changed while they were read and
 * the list may therefore miss some; it is left alone otherwise.
 */
int query_devs(struct netlink *nl, const struct target *target,
	       struct dev_list *list, bool *consistent);
int query_peers(struct netlink *nl, const struct target *target,
		struct peer_list *list, bool *consistent);
int query_sas(struct netlink *nl, const struct target *target,
	      struct sa_list *list, bool *consistent);

/* Reserves an SPI: an answer to a request, and no list */
int query_spi(struct netlink *nl, const struct spi_args *args, struct spi *spi);
int query_algs(struct netlink *nl, struct alg_list *list, bool *consistent);

#endif /* IPSECCTL_QUERY_H */
