// SPDX-License-Identifier: MIT
/*
 * addr.c - IP addresses and prefixes, in text and in network byte order.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "number.h"

_Static_assert(ADDR_TEXT_MAX == INET6_ADDRSTRLEN, "room for any address");

int addr_parse(const char *text, struct addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, text, addr->bytes) == 1) {
		addr->len = 4;
		return 0;
	}
	if (inet_pton(AF_INET6, text, addr->bytes) == 1) {
		addr->len = 16;
		return 0;
	}
	return -EINVAL;
}

int prefix_parse(const char *text, struct prefix *prefix)
{
	const char *slash = strchr(text, '/');
	char buf[ADDR_TEXT_MAX];
	uint64_t bits;
	int err;

	if (!slash) {
		err = addr_parse(text, &prefix->addr);
		prefix->bits = prefix->addr.len * 8;
		return err;
	}
	if ((size_t)(slash - text) >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, text, slash - text);
	buf[slash - text] = '\0';
	err = addr_parse(buf, &prefix->addr);
	if (err)
		return err;
	err = number_parse_decimal(slash + 1, prefix->addr.len * 8, &bits);
	if (err)
		return err;
	prefix->bits = bits;
	return 0;
}

int addr_from_bytes(const void *bytes, size_t len, struct addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (len != 4 && len != 16)
		return -EINVAL;
	addr->len = len;
	memcpy(addr->bytes, bytes, len);
	return 0;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->bits == b->bits && addr_equal(&a->addr, &b->addr);
}

const char *addr_text(const struct addr *addr, char buf[static ADDR_TEXT_MAX])
{
	int family = addr->len == 4 ? AF_INET : AF_INET6;

	if (!addr->len || !inet_ntop(family, addr->bytes, buf, ADDR_TEXT_MAX))
		snprintf(buf, ADDR_TEXT_MAX, "none");
	return buf;
}

const char *prefix_text(const struct prefix *prefix,
			char buf[static PREFIX_TEXT_MAX])
{
	size_t len;

	addr_text(&prefix->addr, buf);
	len = strlen(buf);
	snprintf(buf + len, PREFIX_TEXT_MAX - len, "/%u", prefix->bits);
	return buf;
}
