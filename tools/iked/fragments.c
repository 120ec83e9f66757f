// SPDX-License-Identifier: MIT
/*
 * fragments.c - fragments of one message that wait for the others (RFC 7383 2.6).
 *
 *   | generic header | number (2) | total (2) | IV | ...
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "seal.h"

static bool read_numbers(const struct ike_content *c, uint16_t *number, uint16_t *total)
{
	struct reader r = reader_of(c->sealed_body);

	*number = read_u16(&r);
	*total = read_u16(&r);
	return c->sealed == IKE_PAYLOAD_SKF && !r.bad && *number && *total &&
	       *number <= *total;
}

uint16_t fragments_number(const struct ike_content *content)
{
	uint16_t number, total;

	return read_numbers(content, &number, &total) ? number : 0;
}

void fragments_clear(struct fragments *f)
{
	for (size_t i = 0; i < FRAGMENTS_MAX; i++)
		blob_free(&f->parts[i]);
	memset(f, 0, sizeof(*f));
}

static int join(struct fragments *f, struct blob *plain, uint8_t *first)
{
	size_t len = f->bytes;
	uint8_t *buf = malloc(len);
	struct writer w = writer_of(buf, buf ? len : 0);
	int err;

	for (size_t i = 0; i < f->total; i++)
		write_bytes(&w, blob_view(&f->parts[i]));
	*first = f->first;
	err = buf ? blob_copy(plain, writer_view(&w)) : -ENOMEM;
	if (buf)
		OPENSSL_cleanse(buf, len);
	free(buf);
	fragments_clear(f);
	return err ? err : 1;
}

/* @part is authentic.  A larger total: the peer found that its path is narrower */
static int keep(struct fragments *f, uint32_t id, uint16_t number, uint16_t total,
		uint8_t next, const struct blob *part, uint64_t now_ms)
{
	if (f->total && (f->id != id || f->total != total))
		fragments_clear(f);
	if (part->len > FRAGMENT_BYTES_MAX - f->bytes)
		return -ENOSPC;
	if (!f->total) {
		f->id = id;
		f->total = total;
		f->since_ms = now_ms;
	}
	if (number == 1)
		f->first = next;
	if (blob_copy(&f->parts[number - 1], blob_view(part)))
		return -ENOMEM;
	f->bytes += part->len;
	f->have++;
	return 0;
}

int fragments_add(struct fragments *f, const struct ike_keys *keys,
		  bool from_initiator, uint32_t id, struct bytes message,
		  const struct ike_content *content, uint64_t now_ms,
		  struct blob *plain, uint8_t *first)
{
	bool ours = f->total && f->id == id;
	struct blob part = { NULL, 0 };
	uint16_t number, total;
	int err;

	if (!read_numbers(content, &number, &total) || (ours && total < f->total) ||
	    (number == 1 && content->sealed_next == IKE_PAYLOAD_NONE))
		return -EINVAL;
	if (total > FRAGMENTS_MAX)
		return -ENOSPC;
	if (ours && total == f->total && f->parts[number - 1].p)
		return -EALREADY;
	err = seal_open(keys, from_initiator, message, content, &part);
	if (!err && !part.len)
		err = -EINVAL;
	if (!err)
		err = keep(f, id, number, total, content->sealed_next, &part, now_ms);
	blob_free(&part);
	if (err)
		return err;
	return f->have == f->total ? join(f, plain, first) : 0;
}
