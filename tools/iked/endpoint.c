// SPDX-License-Identifier: MIT
/* endpoint.c - an address and UDP port, in words and for sockets. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "endpoint.h"

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && addr_equal(&a->addr, &b->addr);
}

const char *endpoint_text(const struct endpoint *e, char buf[static ENDPOINT_TEXT_MAX])
{
	char addr[ADDR_TEXT_MAX];

	if (!e->addr.len)
		snprintf(buf, ENDPOINT_TEXT_MAX, "*:%u", e->port);
	else
		snprintf(buf, ENDPOINT_TEXT_MAX, e->addr.len == 4 ? "%s:%u" : "[%s]:%u",
			 addr_text(&e->addr, addr), e->port);
	return buf;
}

socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *sa)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)sa;
	struct sockaddr_in *in = (struct sockaddr_in *)sa;

	memset(sa, 0, sizeof(*sa));
	if (e->addr.len == 4) {
		in->sin_family = AF_INET;
		in->sin_port = htons(e->port);
		memcpy(&in->sin_addr, e->addr.bytes, 4);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(e->port);
	memcpy(&in6->sin6_addr, e->addr.bytes, 16);
	return sizeof(*in6);
}

static void endpoint_of_in6(const struct sockaddr_in6 *in6, struct endpoint *e)
{
	const uint8_t *bytes = in6->sin6_addr.s6_addr;

	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		addr_from_bytes(bytes + 12, 4, &e->addr);
	else
		addr_from_bytes(bytes, 16, &e->addr);
	e->port = ntohs(in6->sin6_port);
}

bool endpoint_of_sockaddr(const struct sockaddr *sa, struct endpoint *e)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)sa;

	switch (sa->sa_family) {
	case AF_INET:
		addr_from_bytes(&in->sin_addr, 4, &e->addr);
		e->port = ntohs(in->sin_port);
		return true;
	case AF_INET6:
		endpoint_of_in6((const struct sockaddr_in6 *)sa, e);
		return true;
	}
	return false;
}
