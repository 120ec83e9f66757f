// SPDX-License-Identifier: MIT
/* bytes.c - views of bytes, and reading and writing with bounds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "bytes.h"

struct bytes bytes_of(const void *p, size_t len)
{
	return (struct bytes){ p, len };
}

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

bool bytes_equal_secret(struct bytes a, struct bytes b)
{
	return a.len == b.len && (!a.len || !CRYPTO_memcmp(a.p, b.p, a.len));
}

bool bytes_from_base64(const char *text, uint8_t *out, size_t *len)
{
	size_t n = strlen(text), padding = 0;
	int got;

	while (padding < 2 && padding < n && text[n - 1 - padding] == '=')
		padding++;
	got = n % 4 ? -1 : EVP_DecodeBlock(out, (const unsigned char *)text, n);
	if (got < 0)
		return false;
	*len = got - padding;
	return true;
}

int blob_copy(struct blob *blob, struct bytes from)
{
	/* never NULL, so that an empty blob differs from none */
	uint8_t *p = malloc(from.len ? from.len : 1);

	if (!p)
		return -ENOMEM;
	if (from.len)
		memcpy(p, from.p, from.len);
	blob_free(blob);
	*blob = (struct blob){ p, from.len };
	return 0;
}

void blob_free(struct blob *blob)
{
	if (blob->p) {
		OPENSSL_cleanse(blob->p, blob->len);
		free(blob->p);
	}
	*blob = (struct blob){ NULL, 0 };
}

struct bytes blob_view(const struct blob *blob)
{
	return (struct bytes){ blob->p, blob->len };
}

struct reader reader_of(struct bytes from)
{
	return (struct reader){ from.p, from.len, false };
}

struct bytes read_bytes(struct reader *r, size_t n)
{
	struct bytes taken = { r->p, n };

	if (r->bad || n > r->left) {
		r->bad = true;
		r->left = 0;
		return (struct bytes){ NULL, 0 };
	}
	if (n)
		r->p += n;
	r->left -= n;
	return taken;
}

struct bytes read_rest(struct reader *r)
{
	return read_bytes(r, r->left);
}

static uint64_t read_number(struct reader *r, size_t n)
{
	struct bytes b = read_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < b.len; i++)
		v = v << 8 | b.p[i];
	return v;
}

uint8_t read_u8(struct reader *r)
{
	return read_number(r, 1);
}

uint16_t read_u16(struct reader *r)
{
	return read_number(r, 2);
}

uint32_t read_u32(struct reader *r)
{
	return read_number(r, 4);
}

uint64_t read_u64(struct reader *r)
{
	return read_number(r, 8);
}

struct writer writer_of(void *buf, size_t cap)
{
	return (struct writer){ buf, 0, cap, false };
}

void write_bytes(struct writer *w, struct bytes b)
{
	if (w->full || b.len > w->cap - w->len) {
		w->full = true;
		return;
	}
	if (b.len)
		memcpy(w->buf + w->len, b.p, b.len);
	w->len += b.len;
}

static void write_number(struct writer *w, uint64_t v, size_t n)
{
	uint8_t bytes[8];

	for (size_t i = n; i--; v >>= 8)
		bytes[i] = v;
	write_bytes(w, bytes_of(bytes, n));
}

void write_u8(struct writer *w, uint8_t v)
{
	write_number(w, v, 1);
}

void write_u16(struct writer *w, uint16_t v)
{
	write_number(w, v, 2);
}

void write_u32(struct writer *w, uint32_t v)
{
	write_number(w, v, 4);
}

void write_u64(struct writer *w, uint64_t v)
{
	write_number(w, v, 8);
}

void write_u16_at(struct writer *w, size_t at, uint16_t v)
{
	if (w->full || w->len < 2 || at > w->len - 2)
		return;
	w->buf[at] = v >> 8;
	w->buf[at + 1] = v;
}

struct bytes writer_view(const struct writer *w)
{
	return (struct bytes){ w->buf, w->len };
}
