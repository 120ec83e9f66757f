/* SPDX-License-Identifier: MIT */
/*
 * decode.h - replies and events of the kernel into structs.
 *
 * The messages are not trusted: each length is checked, and what a newer
 * kernel adds is skipped.  Each function fills a zeroed object, which the
 * caller clears on success; on failure there is nothing to clear.
 */
#ifndef IPSECCTL_DECODE_H
#define IPSECCTL_DECODE_H

#include <linux/netlink.h>

#include "object.h"

/* All return 0, -EBADMSG (malformed, or of another type) or -ENOMEM */
int decode_dev(struct nlmsghdr *nlh, struct dev *dev);
int decode_peer(struct nlmsghdr *nlh, struct peer *peer);
/* The interface that the attributes of a message name: 0 or -EBADMSG */
int decode_home(struct nlattr *const top[IFIPSEC_A_MAX + 1], struct home *home);

int decode_sa(struct nlmsghdr *nlh, struct sa *sa);
int decode_spi(struct nlmsghdr *nlh, struct spi *spi);
int decode_alg(struct nlmsghdr *nlh, struct alg *alg);

/* -ENOMSG: not an event that this version knows */
int decode_event(struct nlmsghdr *nlh, struct event *event);

#endif /* IPSECCTL_DECODE_H */
