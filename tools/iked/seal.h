/* SPDX-License-Identifier: MIT */
/*
 * seal.h - the SK payload and its fragments (RFC 7296 3.14, RFC 5282, RFC 7383): bytes
 * that only the two sides can read and write.
 */
#ifndef IKED_SEAL_H
#define IKED_SEAL_H

#include "keys.h"
#include "message.h"

#define FRAGMENTS_MAX		64	/* of one message that we take */
#define FRAGMENT_BYTES_MAX	65535	/* of all of them */

/* True when an IKE SA can be protected so: a combined cipher alone, or both */
bool seal_suite_known(uint16_t encr, uint16_t key_bits, uint16_t integ);

/* Called once for each datagram of a message; the bytes are valid in the call only */
typedef void (*seal_emit)(struct bytes datagram, void *arg);

/**
 * seal_message() - protect and write a message
 * @keys: of the IKE SA
 * @from_initiator: whether we are its original initiator (SK_ei and SK_ai)
 * @header: all but next payload and length
 * @first: type of the first payload in @chain
 * @mtu: largest datagram in bytes of the IKE message; longer messages become
 *	fragments.  0: never fragmented
 *
 * Return: 0, -EINVAL (libcrypto refused), -EMSGSIZE (more than FRAGMENTS_MAX, or @mtu
 * is too small for any content), -EIO (no randomness), -ENOMEM.  Then nothing, or a
 * part of the fragments, was emitted.
 */
int seal_message(const struct ike_keys *keys, bool from_initiator,
		 const struct ike_header *header, uint8_t first,
		 struct bytes chain, size_t mtu, seal_emit emit, void *arg);

/**
 * seal_open() - verify and decrypt an SK payload, or one SKF
 * @message: the whole message
 * @from_initiator: whether its sender is the original initiator
 * @content: as read from it; sealed must be set
 * @plain: the caller's; payloads inside, or a part of them for SKF
 *
 * Return: 0; -EBADMSG: the ICV is wrong, nothing may be believed; -EINVAL: authentic,
 * but the padding is longer than the content, or no whole cipher blocks; -ENOMEM.
 */
int seal_open(const struct ike_keys *keys, bool from_initiator,
	      struct bytes message, const struct ike_content *content,
	      struct blob *plain);

/* Fragments of one message that wait for the others */
struct fragments {
	uint32_t id;			/* message ID */
	uint16_t total;			/* 0: none wait */
	uint16_t have;
	uint8_t first;			/* type of the first payload */
	size_t bytes;
	uint64_t since_ms;		/* when the first of them came */
	struct blob parts[FRAGMENTS_MAX];
};

/**
 * fragments_add() - check, decrypt and keep one SKF (RFC 7383 2.6)
 * @plain, @first: set when it was the last that was missing
 *
 * Return: 1: complete; 0: kept; -EBADMSG: ICV; -EINVAL: numbers that cannot be, or no
 * content; -EALREADY: have it; -ENOSPC: beyond what we keep; -ENOMEM.
 * Nothing changes before the ICV was found right.
 */
int fragments_add(struct fragments *f, const struct ike_keys *keys,
		  bool from_initiator, uint32_t id, struct bytes message,
		  const struct ike_content *content, uint64_t now_ms,
		  struct blob *plain, uint8_t *first);
/* Number of the fragment, 0 when the payload is malformed; for a message seen before */
uint16_t fragments_number(const struct ike_content *content);
void fragments_clear(struct fragments *f);

#endif /* IKED_SEAL_H */
