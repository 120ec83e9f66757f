/* SPDX-License-Identifier: MIT */
/*
 * message.h - IKE messages as bytes: reading them into struct ike_content before
 * anything acts on them, and writing them.  No state, no keys, no decisions.
 *
 *   0               1               2               3
 *   |                  initiator's SPI (8 bytes)                    |
 *   |                  responder's SPI (8 bytes)                    |
 *   | next payload  | 0x20          | exchange      | flags         |
 *   | message ID                    ...             | length ...
 */
#ifndef IKED_MESSAGE_H
#define IKED_MESSAGE_H

#include "bytes.h"
#include "numbers.h"
#include "proposal.h"
#include "selector.h"

#define IKE_MESSAGE_MAX		65535	/* bytes, what one UDP datagram holds at most */
#define IKE_PAYLOADS_MAX	64	/* of one message */
#define IKE_NOTIFIES_MAX	32	/* all limits: further ones are not looked at */
#define IKE_CERTS_MAX		8
#define IKE_DELETES_MAX		8
#define IKE_NONCE_MIN		16
#define IKE_NONCE_MAX		256

struct ike_header {
	uint64_t spi_i, spi_r;
	uint8_t next;			/* enum ike_payload_type of the first */
	uint8_t version;
	uint8_t exchange;
	uint8_t flags;			/* IKE_FLAG_* */
	uint32_t id;			/* message ID */
	uint32_t length;		/* of the whole message */
};

struct ike_notify_payload {
	uint8_t protocol;
	struct bytes spi;
	uint16_t type;
	struct bytes data;
};

struct ike_delete_payload {
	uint8_t protocol;
	uint8_t spi_len;
	uint16_t n;
	struct bytes spis;		/* n * spi_len bytes */
};

struct ike_id {
	uint8_t type;			/* 0: there is none */
	struct bytes data;
	struct bytes body;		/* type, 3 reserved bytes, data: what AUTH covers */
};

/* All that a message says, views into it.  A view of NULL: no such payload */
struct ike_content {
	bool has_sa, has_ts_i, has_ts_r;
	struct proposals sa;
	uint16_t ke_group;
	struct bytes ke;
	struct bytes nonce;
	struct ike_id id_i, id_r;
	uint8_t auth_method;
	struct bytes auth;
	struct selectors ts_i, ts_r;
	unsigned int n_certs, n_certreqs, n_notifies, n_deletes;
	struct bytes certs[IKE_CERTS_MAX];	/* X.509 only, DER */
	struct bytes certreqs[IKE_CERTS_MAX];	/* X.509 only: SHA-1 hashes of CA keys */
	struct ike_notify_payload notifies[IKE_NOTIFIES_MAX];
	struct ike_delete_payload deletes[IKE_DELETES_MAX];
	/* The payload that holds the others: SK or SKF; must be the last */
	uint8_t sealed;			/* IKE_PAYLOAD_SK, _SKF or 0 */
	uint8_t sealed_next;		/* type of the first payload inside */
	size_t sealed_at;		/* where its generic header is in the message */
	struct bytes sealed_body;	/* behind its generic header */
};

/* 0, or -EINVAL: too short, or the length is not that of the datagram */
int ike_header_read(struct bytes message, struct ike_header *header);

/**
 * ike_content_read() - payloads of a message, or from inside of SK
 * @message: the whole message, which @chain is a part of, or the decrypted bytes
 * @first: type of the first payload
 * @at: where in @message the chain begins
 * @critical: set to the type of an unknown payload with the critical bit
 *
 * Return: 0; -EINVAL: malformed, or a payload twice that can be there once;
 * -ENOTSUP: @critical.
 */
int ike_content_read(struct bytes message, size_t at, uint8_t first,
		     struct ike_content *content, uint8_t *critical);

/* The first notify of a type, or NULL */
const struct ike_notify_payload *
ike_content_notify(const struct ike_content *content, uint16_t type);
/* The first notify that is an error, or NULL */
const struct ike_notify_payload *
ike_content_error(const struct ike_content *content);

/*
 * Writing: payloads one behind the other, each patched into the chain of "next
 * payload" fields.
 */
struct ike_builder {
	struct writer w;
	uint8_t first;			/* type of the first payload, 0: none yet */
	size_t next_at;			/* where the next payload's type goes */
	size_t start_at;		/* generic header of the payload in work */
};

void ike_build_begin(struct ike_builder *b, void *buf, size_t cap);
void ike_build_sa(struct ike_builder *b, const struct proposals *sa);
void ike_build_ke(struct ike_builder *b, uint16_t group, struct bytes ke);
void ike_build_nonce(struct ike_builder *b, struct bytes nonce);
/* @type: IKE_PAYLOAD_ID_I or _ID_R; @body: ID type, three zero bytes, data */
void ike_build_id(struct ike_builder *b, uint8_t type, struct bytes body);
void ike_build_cert(struct ike_builder *b, struct bytes der);
void ike_build_certreq(struct ike_builder *b, struct bytes hashes);
void ike_build_auth(struct ike_builder *b, uint8_t method, struct bytes data);
/* @type: IKE_PAYLOAD_TS_I or _TS_R */
void ike_build_ts(struct ike_builder *b, uint8_t type, const struct selectors *ts);
/* @protocol and @spi only of notifies about a child SA */
void ike_build_notify(struct ike_builder *b, uint8_t protocol, struct bytes spi,
		      uint16_t type, struct bytes data);
void ike_build_delete(struct ike_builder *b, uint8_t protocol, uint8_t spi_len,
		      struct bytes spis);
/* The payloads.  False: they did not fit */
bool ike_build_end(const struct ike_builder *b, struct bytes *chain);

/* An unprotected message: header, with its length and first payload, and @chain.
 * 0 or -EMSGSIZE.
 */
int ike_message_write(const struct ike_header *header, uint8_t first,
		      struct bytes chain, struct writer *w);

/* The payloads in one line, "IKE_AUTH request 1 [ IDi AUTH SA TSi TSr N(...) ]" */
#define IKE_SUMMARY_MAX	512
const char *ike_message_summary(const struct ike_header *header,
				struct bytes message, size_t at, uint8_t first,
				char buf[static IKE_SUMMARY_MAX]);

#endif /* IKED_MESSAGE_H */
