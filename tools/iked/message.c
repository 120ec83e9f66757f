// SPDX-License-Identifier: MIT
/*
 * message.c - IKE messages: the header and the chain of payloads, read and written
 * (RFC 7296 3.1, 3.2).  The bodies of SA and TS payloads are read by proposal.c and
 * selector.c.
 *
 * Each payload begins with:  | next payload | C, reserved | length (2 bytes, with these) |
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "message.h"

#define CRITICAL	0x80
#define PAYLOAD_HEADER	4

int ike_header_read(struct bytes message, struct ike_header *h)
{
	struct reader r = reader_of(message);

	h->spi_i = read_u64(&r);
	h->spi_r = read_u64(&r);
	h->next = read_u8(&r);
	h->version = read_u8(&r);
	h->exchange = read_u8(&r);
	h->flags = read_u8(&r);
	h->id = read_u32(&r);
	h->length = read_u32(&r);
	return r.bad || h->length != message.len ? -EINVAL : 0;
}

static int content_sa(struct bytes body, struct ike_content *c)
{
	if (c->has_sa)
		return -EINVAL;
	c->has_sa = true;
	return proposals_read(body, &c->sa);
}

static int content_ke(struct bytes body, struct ike_content *c)
{
	struct reader r = reader_of(body);

	if (c->ke.p)
		return -EINVAL;
	c->ke_group = read_u16(&r);
	read_u16(&r);
	c->ke = read_rest(&r);
	return r.bad || !c->ke.len ? -EINVAL : 0;
}

static int content_nonce(struct bytes body, struct ike_content *c)
{
	if (c->nonce.p || body.len < IKE_NONCE_MIN || body.len > IKE_NONCE_MAX)
		return -EINVAL;
	c->nonce = body;
	return 0;
}

static int content_id(struct bytes body, struct ike_id *id)
{
	struct reader r = reader_of(body);

	if (id->body.p)
		return -EINVAL;
	id->body = body;
	id->type = read_u8(&r);
	read_bytes(&r, 3);
	id->data = read_rest(&r);
	/* an ID of no bytes has no type that we know */
	return r.bad || !id->type || !id->data.len ? -EINVAL : 0;
}

/* CERT and CERTREQ: an encoding, and data that depends on it */
static int content_cert(struct bytes body, struct bytes *list, unsigned int *n)
{
	struct reader r = reader_of(body);
	uint8_t encoding = read_u8(&r);
	struct bytes data = read_rest(&r);

	if (r.bad)
		return -EINVAL;
	/* URLs are an encoding too: nothing is ever fetched for a peer */
	if (encoding == IKE_CERT_X509 && *n < IKE_CERTS_MAX)
		list[(*n)++] = data;
	return 0;
}

static int content_auth(struct bytes body, struct ike_content *c)
{
	struct reader r = reader_of(body);

	if (c->auth.p)
		return -EINVAL;
	c->auth_method = read_u8(&r);
	read_bytes(&r, 3);
	c->auth = read_rest(&r);
	return r.bad || !c->auth.len ? -EINVAL : 0;
}

static int content_notify(struct bytes body, struct ike_content *c)
{
	struct reader r = reader_of(body);
	struct ike_notify_payload n = { };
	uint8_t spi_len;

	n.protocol = read_u8(&r);
	spi_len = read_u8(&r);
	n.type = read_u16(&r);
	n.spi = read_bytes(&r, spi_len);
	n.data = read_rest(&r);
	if (r.bad)
		return -EINVAL;
	if (c->n_notifies < IKE_NOTIFIES_MAX)
		c->notifies[c->n_notifies++] = n;
	return 0;
}

static int content_delete(struct bytes body, struct ike_content *c)
{
	struct reader r = reader_of(body);
	struct ike_delete_payload d = { };

	d.protocol = read_u8(&r);
	d.spi_len = read_u8(&r);
	d.n = read_u16(&r);
	d.spis = read_rest(&r);
	if (r.bad || d.spis.len != (size_t)d.n * d.spi_len)
		return -EINVAL;
	if (c->n_deletes < IKE_DELETES_MAX)
		c->deletes[c->n_deletes++] = d;
	return 0;
}

static int content_ts(struct bytes body, bool *has, struct selectors *ts)
{
	if (*has)
		return -EINVAL;
	*has = true;
	return selectors_read(body, ts);
}

/* One payload; -ENOENT: a type that we do not know */
static int content_payload(uint8_t type, struct bytes body, struct ike_content *c)
{
	switch (type) {
	case IKE_PAYLOAD_SA:
		return content_sa(body, c);
	case IKE_PAYLOAD_KE:
		return content_ke(body, c);
	case IKE_PAYLOAD_ID_I:
		return content_id(body, &c->id_i);
	case IKE_PAYLOAD_ID_R:
		return content_id(body, &c->id_r);
	case IKE_PAYLOAD_CERT:
		return content_cert(body, c->certs, &c->n_certs);
	case IKE_PAYLOAD_CERTREQ:
		return content_cert(body, c->certreqs, &c->n_certreqs);
	case IKE_PAYLOAD_AUTH:
		return content_auth(body, c);
	case IKE_PAYLOAD_NONCE:
		return content_nonce(body, c);
	case IKE_PAYLOAD_NOTIFY:
		return content_notify(body, c);
	case IKE_PAYLOAD_DELETE:
		return content_delete(body, c);
	case IKE_PAYLOAD_TS_I:
		return content_ts(body, &c->has_ts_i, &c->ts_i);
	case IKE_PAYLOAD_TS_R:
		return content_ts(body, &c->has_ts_r, &c->ts_r);
	case IKE_PAYLOAD_VENDOR:
	case IKE_PAYLOAD_CP:
	case IKE_PAYLOAD_EAP:
		return 0;
	}
	return -ENOENT;
}

/* A generic header at the reader.  False: malformed */
static bool payload_next(struct reader *r, uint8_t *next, bool *critical,
			 struct bytes *body)
{
	uint16_t len;

	*next = read_u8(r);
	*critical = read_u8(r) & CRITICAL;
	len = read_u16(r);
	if (r->bad || len < PAYLOAD_HEADER)
		return false;
	*body = read_bytes(r, len - PAYLOAD_HEADER);
	return !r->bad;
}

int ike_content_read(struct bytes message, size_t at, uint8_t first,
		     struct ike_content *c, uint8_t *unknown)
{
	struct reader r = reader_of(message);
	unsigned int count = 0;
	struct bytes body;
	uint8_t type, next;
	bool critical;
	size_t start;
	int err;

	memset(c, 0, sizeof(*c));
	read_bytes(&r, at);
	for (type = first; type != IKE_PAYLOAD_NONE; type = next) {
		start = message.len - r.left;
		if (count++ == IKE_PAYLOADS_MAX ||
		    !payload_next(&r, &next, &critical, &body))
			return -EINVAL;
		if (type == IKE_PAYLOAD_SK || type == IKE_PAYLOAD_SKF) {
			c->sealed = type;
			c->sealed_next = next;
			c->sealed_at = start;
			c->sealed_body = body;
			break;	/* RFC 7296 3.14: it is the last one */
		}
		err = content_payload(type, body, c);
		if (err == -ENOENT && critical) {
			*unknown = type;
			return -ENOTSUP;
		}
		if (err && err != -ENOENT)
			return err;
	}
	return r.bad || r.left ? -EINVAL : 0;
}

const struct ike_notify_payload *
ike_content_notify(const struct ike_content *c, uint16_t type)
{
	for (unsigned int i = 0; i < c->n_notifies; i++)
		if (c->notifies[i].type == type)
			return &c->notifies[i];
	return NULL;
}

const struct ike_notify_payload *ike_content_error(const struct ike_content *c)
{
	for (unsigned int i = 0; i < c->n_notifies; i++)
		if (c->notifies[i].type < IKE_NOTIFY_STATUS)
			return &c->notifies[i];
	return NULL;
}

/* Writing */

void ike_build_begin(struct ike_builder *b, void *buf, size_t cap)
{
	*b = (struct ike_builder){ .w = writer_of(buf, cap) };
}

static void build_start(struct ike_builder *b, uint8_t type)
{
	if (!b->first)
		b->first = type;
	else if (!b->w.full)
		b->w.buf[b->next_at] = type;
	b->start_at = b->w.len;
	b->next_at = b->w.len;
	write_u8(&b->w, IKE_PAYLOAD_NONE);
	write_u8(&b->w, 0);
	write_u16(&b->w, 0);
}

static void build_stop(struct ike_builder *b)
{
	size_t len = b->w.len - b->start_at;

	if (len > UINT16_MAX)
		b->w.full = true;
	write_u16_at(&b->w, b->start_at + 2, len);
}

void ike_build_sa(struct ike_builder *b, const struct proposals *sa)
{
	build_start(b, IKE_PAYLOAD_SA);
	proposals_write(&b->w, sa);
	build_stop(b);
}

void ike_build_ke(struct ike_builder *b, uint16_t group, struct bytes ke)
{
	build_start(b, IKE_PAYLOAD_KE);
	write_u16(&b->w, group);
	write_u16(&b->w, 0);
	write_bytes(&b->w, ke);
	build_stop(b);
}

static void build_plain(struct ike_builder *b, uint8_t type, struct bytes body)
{
	build_start(b, type);
	write_bytes(&b->w, body);
	build_stop(b);
}

void ike_build_nonce(struct ike_builder *b, struct bytes nonce)
{
	build_plain(b, IKE_PAYLOAD_NONCE, nonce);
}

void ike_build_id(struct ike_builder *b, uint8_t type, struct bytes body)
{
	build_plain(b, type, body);
}

static void build_encoded(struct ike_builder *b, uint8_t type, struct bytes data)
{
	build_start(b, type);
	write_u8(&b->w, IKE_CERT_X509);
	write_bytes(&b->w, data);
	build_stop(b);
}

void ike_build_cert(struct ike_builder *b, struct bytes der)
{
	build_encoded(b, IKE_PAYLOAD_CERT, der);
}

void ike_build_certreq(struct ike_builder *b, struct bytes hashes)
{
	build_encoded(b, IKE_PAYLOAD_CERTREQ, hashes);
}

void ike_build_auth(struct ike_builder *b, uint8_t method, struct bytes data)
{
	build_start(b, IKE_PAYLOAD_AUTH);
	write_u8(&b->w, method);
	write_bytes(&b->w, bytes_of("\0\0", 3));
	write_bytes(&b->w, data);
	build_stop(b);
}

void ike_build_ts(struct ike_builder *b, uint8_t type, const struct selectors *ts)
{
	build_start(b, type);
	selectors_write(&b->w, ts);
	build_stop(b);
}

void ike_build_notify(struct ike_builder *b, uint8_t protocol, struct bytes spi,
		      uint16_t type, struct bytes data)
{
	build_start(b, IKE_PAYLOAD_NOTIFY);
	write_u8(&b->w, protocol);
	write_u8(&b->w, spi.len);
	write_u16(&b->w, type);
	write_bytes(&b->w, spi);
	write_bytes(&b->w, data);
	build_stop(b);
}

void ike_build_delete(struct ike_builder *b, uint8_t protocol, uint8_t spi_len,
		      struct bytes spis)
{
	build_start(b, IKE_PAYLOAD_DELETE);
	write_u8(&b->w, protocol);
	write_u8(&b->w, spi_len);
	write_u16(&b->w, spi_len ? spis.len / spi_len : 0);
	write_bytes(&b->w, spis);
	build_stop(b);
}

bool ike_build_end(const struct ike_builder *b, struct bytes *chain)
{
	*chain = writer_view(&b->w);
	return !b->w.full;
}

int ike_message_write(const struct ike_header *h, uint8_t first, struct bytes chain,
		      struct writer *w)
{
	write_u64(w, h->spi_i);
	write_u64(w, h->spi_r);
	write_u8(w, first);
	write_u8(w, h->version);
	write_u8(w, h->exchange);
	write_u8(w, h->flags);
	write_u32(w, h->id);
	write_u32(w, IKE_HEADER_LEN + chain.len);
	write_bytes(w, chain);
	return w->full ? -EMSGSIZE : 0;
}

/* A line for logs */

static void summary_payload(char *buf, size_t *at, uint8_t type, struct bytes body)
{
	char number[NUMBER_TEXT_MAX];
	struct reader r = reader_of(body);
	int n;

	if (*at >= IKE_SUMMARY_MAX)
		return;
	if (type == IKE_PAYLOAD_NOTIFY) {
		read_u16(&r);
		n = snprintf(buf + *at, IKE_SUMMARY_MAX - *at, " N(%s)",
			     ike_notify_name(read_u16(&r), number));
	} else {
		n = snprintf(buf + *at, IKE_SUMMARY_MAX - *at, " %s",
			     ike_payload_name(type, number));
	}
	*at += n;
}

const char *ike_message_summary(const struct ike_header *h, struct bytes message,
				size_t from, uint8_t first,
				char buf[static IKE_SUMMARY_MAX])
{
	struct reader r = reader_of(message);
	char number[NUMBER_TEXT_MAX];
	unsigned int count = 0;
	struct bytes body;
	uint8_t type, next;
	bool critical;
	size_t at;

	at = snprintf(buf, IKE_SUMMARY_MAX, "%s %s %u [",
		      ike_exchange_name(h->exchange, number),
		      h->flags & IKE_FLAG_RESPONSE ? "response" : "request", h->id);
	read_bytes(&r, from);
	for (type = first; type && count++ < IKE_PAYLOADS_MAX; type = next) {
		if (!payload_next(&r, &next, &critical, &body))
			break;
		summary_payload(buf, &at, type, body);
		if (type == IKE_PAYLOAD_SK || type == IKE_PAYLOAD_SKF)
			break;
	}
	if (at < IKE_SUMMARY_MAX)
		snprintf(buf + at, IKE_SUMMARY_MAX - at, " ]");
	return buf;
}
