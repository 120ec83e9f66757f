/* SPDX-License-Identifier: MIT */
/*
 * request.h - structs into requests to the kernel.
 */
#ifndef IPSECCTL_REQUEST_H
#define IPSECCTL_REQUEST_H

#include "../lib/key.h"
#include "../lib/netlink.h"
#include "parse.h"

/* The keys of a new SA; one of no length is not sent */
struct sa_keys {
	struct key encr;
	struct key auth;
};

/*
 * A request of the family, or a dump; netlink_message_free() it.  NULL: out of memory, or
 * the words do not fit a message; netlink.error says so.
 */
struct nl_msg *request_dev(struct netlink *nl, uint8_t cmd,
			   const struct target *target);
struct nl_msg *request_target(struct netlink *nl, uint8_t cmd,
			      const struct target *target);
struct nl_msg *request_peer(struct netlink *nl, uint8_t cmd,
			    const struct peer_args *args);
struct nl_msg *request_sa_new(struct netlink *nl, uint8_t cmd,
			      const struct sa_args *args,
			      const struct sa_keys *keys);
struct nl_msg *request_sa(struct netlink *nl, uint8_t cmd,
			  const struct sa_args *args);
struct nl_msg *request_spi(struct netlink *nl, const struct spi_args *args);
struct nl_msg *request_dummy(struct netlink *nl, const struct dummy_args *args);
struct nl_msg *request_flush(struct netlink *nl, const struct flush_args *args);

#endif /* IPSECCTL_REQUEST_H */
