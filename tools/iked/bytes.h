/* SPDX-License-Identifier: MIT */
/*
 * bytes.h - views of bytes that others own, and reading and writing with bounds.
 * A reader or writer that was once asked for too much stays bad: callers check once,
 * at the end.  All numbers are big-endian on the wire, host order here.
 */
#ifndef IKED_BYTES_H
#define IKED_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A view; p is NULL where there is nothing */
struct bytes {
	const uint8_t *p;
	size_t len;
};

/* Bytes that the holder owns; wiped when they are freed */
struct blob {
	uint8_t *p;
	size_t len;
};

struct reader {
	const uint8_t *p;
	size_t left;
	bool bad;			/* more was asked for than there was */
};

struct writer {
	uint8_t *buf;
	size_t len;			/* written */
	size_t cap;
	bool full;			/* more was written than there is room for */
};

#define BYTES(array)	((struct bytes){ (array), sizeof(array) })

struct bytes bytes_of(const void *p, size_t len);
bool bytes_equal(struct bytes a, struct bytes b);	/* not in constant time */
/* In constant time for the same length */
bool bytes_equal_secret(struct bytes a, struct bytes b);

/* Base64; @out has room for strlen(@text) bytes.  False: it is not */
bool bytes_from_base64(const char *text, uint8_t *out, size_t *len);

/* 0 or -ENOMEM; what @blob held before is wiped and freed */
int blob_copy(struct blob *blob, struct bytes from);
void blob_free(struct blob *blob);
struct bytes blob_view(const struct blob *blob);

struct reader reader_of(struct bytes from);
uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
/* Empty and bad when there are not so many */
struct bytes read_bytes(struct reader *r, size_t n);
struct bytes read_rest(struct reader *r);

struct writer writer_of(void *buf, size_t cap);
void write_u8(struct writer *w, uint8_t v);
void write_u16(struct writer *w, uint16_t v);
void write_u32(struct writer *w, uint32_t v);
void write_u64(struct writer *w, uint64_t v);
void write_bytes(struct writer *w, struct bytes b);
/* Overwrites what was written at @at; nothing when that is out of bounds */
void write_u16_at(struct writer *w, size_t at, uint16_t v);
struct bytes writer_view(const struct writer *w);

#endif /* IKED_BYTES_H */
