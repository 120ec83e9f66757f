/* SPDX-License-Identifier: MIT */
/*
 * addr.h - IP addresses and prefixes, in text and in network byte order.
 *
 * Only the notation is judged here; what an address may be used for is the
 * kernel's to say.
 */
#ifndef TOOLS_LIB_ADDR_H
#define TOOLS_LIB_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDR_BYTES_MAX	16
#define ADDR_TEXT_MAX	46	/* INET6_ADDRSTRLEN */
#define PREFIX_TEXT_MAX	(ADDR_TEXT_MAX + 4)

/* The length is the family: 4 is IPv4, 16 is IPv6, 0 is no address */
struct addr {
	uint8_t len;
	uint8_t bytes[ADDR_BYTES_MAX];
};

struct prefix {
	struct addr addr;
	uint8_t bits;
};

/* 0, or -EINVAL when @text is not an address */
int addr_parse(const char *text, struct addr *addr);

/* ADDR or ADDR/BITS; 0, -EINVAL, or -ERANGE when BITS exceed the family's */
int prefix_parse(const char *text, struct prefix *prefix);

/* 0, or -EINVAL when @len is of no family */
int addr_from_bytes(const void *bytes, size_t len, struct addr *addr);

/* Two that are no address are equal */
bool addr_equal(const struct addr *a, const struct addr *b);
bool prefix_equal(const struct prefix *a, const struct prefix *b);

/* Both return @buf */
const char *addr_text(const struct addr *addr, char buf[static ADDR_TEXT_MAX]);
const char *prefix_text(const struct prefix *prefix,
			char buf[static PREFIX_TEXT_MAX]);

#endif /* TOOLS_LIB_ADDR_H */
