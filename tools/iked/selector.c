// SPDX-License-Identifier: MIT
/*
 * selector.c - traffic selectors: words, bytes, and what two of them have in common.
 * Addresses are compared as strings of bytes; ranges have both ends in them.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "../lib/number.h"
#include "numbers.h"
#include "selector.h"

#define TS_HEADER	8	/* type, protocol, length, ports */
#define TS_TEXT_WORD	64

/* RFC 7296 3.13.1: a range that no port is in, "the port is not known" */
static bool ports_opaque(const struct selector *s)
{
	return s->port_start == UINT16_MAX && s->port_end == 0;
}

static void ports_any(struct selector *s)
{
	s->port_start = 0;
	s->port_end = UINT16_MAX;
}

void selector_of_prefix(const struct prefix *prefix, struct selector *s)
{
	unsigned int bits = prefix->bits;

	memset(s, 0, sizeof(*s));
	ports_any(s);
	s->start = s->end = prefix->addr;
	for (unsigned int i = 0; i < prefix->addr.len; i++) {
		unsigned int n = bits >= 8 ? 8 : bits;
		uint8_t host = 0xff >> n;

		s->start.bytes[i] &= ~host;
		s->end.bytes[i] |= host;
		bits -= n;
	}
}

void selectors_any(struct selectors *list)
{
	static const struct prefix any4 = { { .len = 4 }, 0 };
	static const struct prefix any6 = { { .len = 16 }, 0 };

	list->n = 2;
	selector_of_prefix(&any4, &list->list[0]);
	selector_of_prefix(&any6, &list->list[1]);
}

/* Words */

static int protocol_parse(const char *text, uint8_t *protocol)
{
	struct protoent *entry;
	uint64_t n;

	if (!number_parse_decimal(text, UINT8_MAX, &n)) {
		*protocol = n;
		return 0;
	}
	entry = getprotobyname(text);
	if (!entry)
		return -EINVAL;
	*protocol = entry->p_proto;
	return 0;
}

/* "PROTO" or "PROTO/PORT" or "PROTO/PORT-PORT" */
static int scope_parse(char *text, struct selector *s)
{
	char *ports = strchr(text, '/'), *end;
	uint64_t first, last;

	if (ports)
		*ports++ = 0;
	if (protocol_parse(text, &s->protocol))
		return -EINVAL;
	if (!ports)
		return 0;
	end = strchr(ports, '-');
	if (end)
		*end++ = 0;
	if (number_parse_decimal(ports, UINT16_MAX, &first) ||
	    number_parse_decimal(end ? end : ports, UINT16_MAX, &last) ||
	    first > last || !s->protocol)
		return -EINVAL;
	s->port_start = first;
	s->port_end = last;
	return 0;
}

int selector_parse_text(const char *text, struct selector *s)
{
	char word[TS_TEXT_WORD + PREFIX_TEXT_MAX];
	struct prefix prefix;
	char *scope, *close;

	if (strlen(text) >= sizeof(word))
		return -EINVAL;
	strcpy(word, text);
	scope = strchr(word, '[');
	if (scope) {
		close = strchr(scope, ']');
		if (!close || close[1])
			return -EINVAL;
		*scope++ = *close = 0;
	}
	if (prefix_parse(word, &prefix))
		return -EINVAL;
	selector_of_prefix(&prefix, s);
	return scope ? scope_parse(scope, s) : 0;
}

static int ranges_text(const struct selector *s, char *buf, size_t cap)
{
	char start[ADDR_TEXT_MAX], end[ADDR_TEXT_MAX], text[PREFIX_TEXT_MAX];
	struct prefix prefix;

	if (selector_prefixes(s, &prefix, 1) == 1)
		return snprintf(buf, cap, "%s", prefix_text(&prefix, text));
	return snprintf(buf, cap, "%s-%s", addr_text(&s->start, start),
			addr_text(&s->end, end));
}

const char *selector_text(const struct selector *s, char buf[static SELECTOR_TEXT_MAX])
{
	int at = ranges_text(s, buf, SELECTOR_TEXT_MAX);
	char *p = buf + at;
	size_t left = SELECTOR_TEXT_MAX - at;

	if (ports_opaque(s))
		snprintf(p, left, "[%u/opaque]", s->protocol);
	else if (s->port_start || s->port_end != UINT16_MAX)
		snprintf(p, left, s->port_start == s->port_end ? "[%u/%u]" :
			 "[%u/%u-%u]", s->protocol, s->port_start, s->port_end);
	else if (s->protocol)
		snprintf(p, left, "[%u]", s->protocol);
	return buf;
}

/* What two have in common */

static int addr_compare(const struct addr *a, const struct addr *b)
{
	return memcmp(a->bytes, b->bytes, a->len);
}

static bool protocol_intersect(uint8_t a, uint8_t b, uint8_t *both)
{
	*both = a ? a : b;
	return !a || !b || a == b;
}

static bool ports_intersect(const struct selector *a, const struct selector *b,
			    struct selector *both)
{
	if (ports_opaque(a) || ports_opaque(b)) {
		/* opaque is in "any" and in itself */
		both->port_start = UINT16_MAX;
		both->port_end = 0;
		return (ports_opaque(a) || (!a->port_start && a->port_end == UINT16_MAX)) &&
		       (ports_opaque(b) || (!b->port_start && b->port_end == UINT16_MAX));
	}
	both->port_start = a->port_start > b->port_start ? a->port_start : b->port_start;
	both->port_end = a->port_end < b->port_end ? a->port_end : b->port_end;
	return both->port_start <= both->port_end;
}

bool selector_intersect(const struct selector *a, const struct selector *b,
			struct selector *both)
{
	memset(both, 0, sizeof(*both));
	if (a->start.len != b->start.len)
		return false;
	both->start = addr_compare(&a->start, &b->start) > 0 ? a->start : b->start;
	both->end = addr_compare(&a->end, &b->end) < 0 ? a->end : b->end;
	return addr_compare(&both->start, &both->end) <= 0 &&
	       protocol_intersect(a->protocol, b->protocol, &both->protocol) &&
	       ports_intersect(a, b, both);
}

static bool selector_equal(const struct selector *a, const struct selector *b)
{
	return addr_equal(&a->start, &b->start) && addr_equal(&a->end, &b->end) &&
	       a->protocol == b->protocol &&
	       a->port_start == b->port_start && a->port_end == b->port_end;
}

static bool selector_within(const struct selector *part, const struct selector *whole)
{
	struct selector both;

	return selector_intersect(part, whole, &both) && selector_equal(&both, part);
}

bool selectors_within(const struct selectors *part, const struct selectors *whole)
{
	for (unsigned int i = 0; i < part->n; i++) {
		bool found = false;

		for (unsigned int k = 0; k < whole->n && !found; k++)
			found = selector_within(&part->list[i], &whole->list[k]);
		if (!found)
			return false;
	}
	return part->n;
}

bool selectors_equal(const struct selectors *a, const struct selectors *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned int i = 0; i < a->n; i++)
		if (!selector_equal(&a->list[i], &b->list[i]))
			return false;
	return true;
}

/* Adds what no earlier one holds already */
static void narrow_add(struct selectors *list, const struct selector *s)
{
	struct selectors one = { .n = 1 };

	one.list[0] = *s;
	if (list->n < SELECTORS_MAX && !(list->n && selectors_within(&one, list)))
		list->list[list->n++] = *s;
}

int selectors_narrow(const struct selectors *proposed, const struct selectors *ours,
		     struct selectors *narrowed)
{
	struct selector both;

	narrowed->n = 0;
	for (unsigned int i = 0; i < proposed->n; i++)
		for (unsigned int k = 0; k < ours->n; k++)
			if (selector_intersect(&proposed->list[i], &ours->list[k], &both))
				narrow_add(narrowed, &both);
	return narrowed->n ? 0 : -ENOENT;
}

/* Ranges as prefixes */

/* The end of the prefix of @bits that begins at @start */
static struct addr prefix_end(const struct addr *start, unsigned int bits)
{
	struct prefix prefix = { *start, bits };
	struct selector s;

	selector_of_prefix(&prefix, &s);
	return s.end;
}

static bool prefix_begins_at(const struct addr *start, unsigned int bits)
{
	struct prefix prefix = { *start, bits };
	struct selector s;

	selector_of_prefix(&prefix, &s);
	return !addr_compare(&s.start, start);
}

/* The next address; false: there is none */
static bool addr_next(struct addr *addr)
{
	for (unsigned int i = addr->len; i--;)
		if (++addr->bytes[i])
			return true;
	return false;
}

size_t selector_prefixes(const struct selector *s, struct prefix *list, size_t max)
{
	struct addr at = s->start, end;
	unsigned int bits;
	size_t n = 0;

	do {
		/* the widest that begins here and does not go beyond the end */
		for (bits = 0; bits < at.len * 8u; bits++) {
			end = prefix_end(&at, bits);
			if (prefix_begins_at(&at, bits) &&
			    addr_compare(&end, &s->end) <= 0)
				break;
		}
		if (n < max)
			list[n] = (struct prefix){ at, bits };
		n++;
		at = prefix_end(&at, bits);
	} while (addr_compare(&at, &s->end) < 0 && addr_next(&at));
	return n;
}

/*
 * Bytes, RFC 7296 3.13:
 *   | number | reserved (3) |, then of each:
 *   | type | protocol | length (2) | start port (2) | end port (2) | start | end |
 */
static unsigned int ts_addr_len(uint8_t type)
{
	return type == IKE_TS_IPV4 ? 4 : type == IKE_TS_IPV6 ? 16 : 0;
}

static int ts_read_addrs(struct reader *r, uint8_t type, struct selector *s)
{
	unsigned int len = ts_addr_len(type);
	struct bytes start, end;

	if (r->left != 2 * len)
		return -EINVAL;
	start = read_bytes(r, len);
	end = read_bytes(r, len);
	if (addr_from_bytes(start.p, len, &s->start) ||
	    addr_from_bytes(end.p, len, &s->end) ||
	    addr_compare(&s->start, &s->end) > 0)
		return -EINVAL;
	return s->port_start > s->port_end && !ports_opaque(s) ? -EINVAL : 0;
}

static int ts_read(struct reader *r, struct selectors *list)
{
	uint8_t type = read_u8(r), protocol = read_u8(r);
	uint16_t len = read_u16(r);
	struct selector s = { .protocol = protocol };
	struct reader one;

	if (r->bad || len < 4)
		return -EINVAL;
	one = reader_of(read_bytes(r, len - 4));
	if (r->bad)
		return -EINVAL;
	if (!ts_addr_len(type))
		return 0;
	s.port_start = read_u16(&one);
	s.port_end = read_u16(&one);
	if (one.bad || ts_read_addrs(&one, type, &s))
		return -EINVAL;
	if (list->n < SELECTORS_MAX)
		list->list[list->n++] = s;
	return 0;
}

int selectors_read(struct bytes body, struct selectors *list)
{
	struct reader r = reader_of(body);
	uint8_t n = read_u8(&r);

	list->n = 0;
	read_bytes(&r, 3);
	for (unsigned int i = 0; i < n; i++)
		if (ts_read(&r, list))
			return -EINVAL;
	return r.bad || r.left || !n ? -EINVAL : 0;
}

void selectors_write(struct writer *w, const struct selectors *list)
{
	write_u8(w, list->n);
	write_bytes(w, bytes_of("\0\0", 3));
	for (unsigned int i = 0; i < list->n; i++) {
		const struct selector *s = &list->list[i];

		write_u8(w, s->start.len == 4 ? IKE_TS_IPV4 : IKE_TS_IPV6);
		write_u8(w, s->protocol);
		write_u16(w, TS_HEADER + 2 * s->start.len);
		write_u16(w, s->port_start);
		write_u16(w, s->port_end);
		write_bytes(w, bytes_of(s->start.bytes, s->start.len));
		write_bytes(w, bytes_of(s->end.bytes, s->end.len));
	}
}
