/* SPDX-License-Identifier: MIT */
/* endpoint.h - an address and UDP port of IKE. */
#ifndef IKED_ENDPOINT_H
#define IKED_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "../lib/addr.h"

#define ENDPOINT_TEXT_MAX	(ADDR_TEXT_MAX + 8)

struct endpoint {
	struct addr addr;		/* length 0: any */
	uint16_t port;			/* host order */
	uint32_t ifindex;		/* of ours: the device that its packets leave by,
					 * 0: by route.  Not part of equality
					 */
};

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
/* "192.0.2.1:500", "[2001:db8::1]:4500"; returns @buf */
const char *endpoint_text(const struct endpoint *endpoint,
			  char buf[static ENDPOINT_TEXT_MAX]);
socklen_t endpoint_to_sockaddr(const struct endpoint *endpoint,
			       struct sockaddr_storage *sa);
/* IPv4-mapped addresses become IPv4.  False: another family */
bool endpoint_of_sockaddr(const struct sockaddr *sa, struct endpoint *endpoint);

#endif /* IKED_ENDPOINT_H */
