// SPDX-License-Identifier: MIT
/*
 * proposal_wire.c - the body of an SA payload (RFC 7296 3.3):
 *
 *   proposals:   | 2 or 0: last | 0 | length (2) | number | protocol | SPI length |
 *                | transforms | SPI, then the transforms
 *   transforms:  | 3 or 0: last | 0 | length (2) | type | 0 | id (2) | attributes
 *   attributes:  | 0x8000 + type (2) | value (2) |  or  | type (2) | length (2) | value
 */
#include <errno.h>
#include <string.h>

#include "proposal.h"

#define PROPOSAL_MORE	2
#define TRANSFORM_MORE	3
#define TRANSFORM_HEADER 8
#define ATTR_SHORT	0x8000
#define TYPE_ADDKE_LAST	12		/* RFC 9370: further key exchanges, 6..12 */

/* A substructure: whether it is the last, and its bytes behind the length */
static int sub_read(struct reader *r, uint8_t more, bool *last, struct reader *body)
{
	uint8_t mark = read_u8(r);
	uint16_t len;

	read_u8(r);
	len = read_u16(r);
	if (r->bad || len < 4 || (mark && mark != more))
		return -EINVAL;
	*last = !mark;
	*body = reader_of(read_bytes(r, len - 4));
	return r->bad || *last != !r->left ? -EINVAL : 0;
}

/* False: an attribute that we do not know, so the transform cannot be chosen */
static bool attrs_read(struct reader *r, struct transform *t, int *err)
{
	bool known = true;
	uint16_t type, value;

	while (r->left) {
		type = read_u16(r);
		value = read_u16(r);
		if (!(type & ATTR_SHORT))
			read_bytes(r, value);
		if (r->bad) {
			*err = -EINVAL;
			return false;
		}
		if (type != (ATTR_SHORT | IKE_ATTR_KEY_LENGTH) || t->key_bits || !value)
			known = false;
		else
			t->key_bits = value;
	}
	return known;
}

/* What a proposal has of types that we do not know */
struct unknown_types {
	uint16_t seen;			/* bit (1 << type) of types 6..12 */
	uint16_t optional;		/* those that have NONE */
	bool other;
};

static void unknown_note(struct unknown_types *u, const struct transform *t)
{
	if (t->type > TYPE_ADDKE_LAST || !t->type) {
		u->other = true;
		return;
	}
	u->seen |= 1U << t->type;
	if (!t->id)
		u->optional |= 1U << t->type;
}

static int transform_read(struct reader *r, bool *last, struct proposal *p,
			  struct unknown_types *unknown)
{
	struct transform t = { 0 };
	struct reader body;
	int err = 0;

	if (sub_read(r, TRANSFORM_MORE, last, &body))
		return -EINVAL;
	t.type = read_u8(&body);
	read_u8(&body);
	t.id = read_u16(&body);
	if (body.bad)
		return -EINVAL;
	if (!attrs_read(&body, &t, &err))
		return err;
	if (!t.type || t.type >= IKE_TYPE_END)
		unknown_note(unknown, &t);
	else if (p->n < TRANSFORMS_MAX)
		p->transforms[p->n++] = t;
	return 0;
}

/* The proposal is well-formed; can it be chosen? */
static bool proposal_usable(const struct proposal *p, const struct unknown_types *u)
{
	if (u->other || (u->seen & ~u->optional))
		return false;
	switch (p->protocol) {
	case IKE_PROTO_IKE:
		return p->spi_len == 0 || p->spi_len == IKE_SPI_LEN;
	case IKE_PROTO_ESP:
	case IKE_PROTO_AH:
		return p->spi_len == 4;
	}
	return false;
}

static int proposal_read(struct reader *r, bool *last, struct proposal *p,
			 bool *usable)
{
	struct unknown_types unknown = { 0 };
	uint8_t spi_len, n;
	struct reader body;
	struct bytes spi;
	bool end = true;

	if (sub_read(r, PROPOSAL_MORE, last, &body))
		return -EINVAL;
	memset(p, 0, sizeof(*p));
	p->number = read_u8(&body);
	p->protocol = read_u8(&body);
	spi_len = read_u8(&body);
	n = read_u8(&body);
	spi = read_bytes(&body, spi_len);
	if (body.bad)
		return -EINVAL;
	p->spi_len = spi_len;
	if (spi_len && spi_len <= sizeof(p->spi))
		memcpy(p->spi, spi.p, spi_len);
	for (unsigned int i = 0; i < n; i++)
		if (transform_read(&body, &end, p, &unknown) || end != (i == n - 1u))
			return -EINVAL;
	*usable = proposal_usable(p, &unknown);
	return body.left ? -EINVAL : 0;
}

int proposals_read(struct bytes body, struct proposals *list)
{
	struct reader r = reader_of(body);
	struct proposal extra, *p;
	bool last, usable;

	list->n = 0;
	do {
		p = list->n < PROPOSALS_MAX ? &list->list[list->n] : &extra;
		if (proposal_read(&r, &last, p, &usable))
			return -EINVAL;
		if (usable && p != &extra)
			list->n++;
	} while (!last);
	return 0;
}

static void transform_write(struct writer *w, const struct transform *t, bool last)
{
	write_u8(w, last ? 0 : TRANSFORM_MORE);
	write_u8(w, 0);
	write_u16(w, TRANSFORM_HEADER + (t->key_bits ? 4 : 0));
	write_u8(w, t->type);
	write_u8(w, 0);
	write_u16(w, t->id);
	if (t->key_bits) {
		write_u16(w, ATTR_SHORT | IKE_ATTR_KEY_LENGTH);
		write_u16(w, t->key_bits);
	}
}

static void proposal_write(struct writer *w, const struct proposal *p, bool last)
{
	size_t start = w->len;

	write_u8(w, last ? 0 : PROPOSAL_MORE);
	write_u8(w, 0);
	write_u16(w, 0);
	write_u8(w, p->number);
	write_u8(w, p->protocol);
	write_u8(w, p->spi_len);
	write_u8(w, p->n);
	write_bytes(w, bytes_of(p->spi, p->spi_len));
	for (unsigned int i = 0; i < p->n; i++)
		transform_write(w, &p->transforms[i], i + 1u == p->n);
	write_u16_at(w, start + 2, w->len - start);
}

void proposals_write(struct writer *w, const struct proposals *list)
{
	for (unsigned int i = 0; i < list->n; i++)
		proposal_write(w, &list->list[i], i + 1u == list->n);
}
