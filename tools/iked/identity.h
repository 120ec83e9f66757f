/* SPDX-License-Identifier: MIT */
/*
 * identity.h - who a side claims to be (RFC 7296 3.5), in words and in bytes.
 */
#ifndef IKED_IDENTITY_H
#define IKED_IDENTITY_H

#include "bytes.h"
#include "message.h"

#define IDENTITY_BYTES_MAX	512
#define IDENTITY_TEXT_MAX	256

struct identity {
	uint8_t type;			/* enum ike_id_type; 0: any */
	uint16_t len;
	uint8_t data[IDENTITY_BYTES_MAX];
};

/**
 * identity_parse_text() - "192.0.2.1", "2001:db8::1", "gw.example.org",
 * "user@example.org", "CN=gw, O=Example, C=CH", "key:0x0102 or text", "%any";
 * a prefix "@" forces a name, as elsewhere.
 * Return: 0 or -EINVAL.
 */
int identity_parse_text(const char *text, struct identity *id);
/* Printable, escaped: peers' strings go through here (E4.42) */
const char *identity_text(const struct identity *id,
			  char buf[static IDENTITY_TEXT_MAX]);

/* From a payload; -EINVAL: a type we do not know, or a length that cannot be */
int identity_of_payload(const struct ike_id *payload, struct identity *id);
/* Body of an ID payload: type, three zero bytes, data */
void identity_write_body(struct writer *w, const struct identity *id);

bool identity_is_any(const struct identity *id);
/* @pattern may be %any; names are compared without regard to case, DNs as DNs */
bool identity_matches(const struct identity *pattern, const struct identity *id);
/* Whether two data of one type name the same; nothing is a pattern here */
bool identity_same_data(uint8_t type, struct bytes a, struct bytes b);

#endif /* IKED_IDENTITY_H */
