/* SPDX-License-Identifier: MIT */
/*
 * selector.h - traffic selectors (RFC 7296 2.9, 3.13.1): which addresses, protocol and
 * ports a child SA carries.
 */
#ifndef IKED_SELECTOR_H
#define IKED_SELECTOR_H

#include "../lib/addr.h"
#include "bytes.h"

#define SELECTORS_MAX		64	/* of one payload; more are not looked at */
#define SELECTOR_TEXT_MAX	128

struct selector {
	uint8_t protocol;		/* 0: any */
	uint16_t port_start, port_end;	/* 0..65535: any; 65535..0: opaque */
	struct addr start, end;		/* of one family, start <= end */
};

struct selectors {
	uint8_t n;
	struct selector list[SELECTORS_MAX];
};

/* "10.0.0.0/8", "192.0.2.1", "2001:db8::/32", each with "[PROTO/PORT]" behind it */
int selector_parse_text(const char *text, struct selector *selector);
const char *selector_text(const struct selector *selector,
			  char buf[static SELECTOR_TEXT_MAX]);
void selector_of_prefix(const struct prefix *prefix, struct selector *selector);
void selectors_any(struct selectors *list);		/* 0.0.0.0/0 and ::/0 */

/* What both allow.  False: nothing */
bool selector_intersect(const struct selector *a, const struct selector *b,
			struct selector *both);
/**
 * selectors_narrow() - the responder's answer: all that both lists allow, the
 * initiator's first (a packet's) selector first.
 * Return: 0, or -ENOENT when that is nothing.
 */
int selectors_narrow(const struct selectors *proposed, const struct selectors *ours,
		     struct selectors *narrowed);
/* Every one of @part lies within one of @whole */
bool selectors_within(const struct selectors *part, const struct selectors *whole);
bool selectors_equal(const struct selectors *a, const struct selectors *b);

/* The prefixes that cover a range exactly; how many there are (at most 2 * 128), of
 * which the first @max are written.
 */
size_t selector_prefixes(const struct selector *selector, struct prefix *list,
			 size_t max);

/* TS payload's body.  0, or -EINVAL: malformed (an unknown type is skipped) */
int selectors_read(struct bytes body, struct selectors *list);
void selectors_write(struct writer *w, const struct selectors *list);

#endif /* IKED_SELECTOR_H */
