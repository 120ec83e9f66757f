/* SPDX-License-Identifier: MIT */
/*
 * proposal.h - what one side offers and the other chooses (RFC 7296 3.3): a list of
 * proposals, each with alternatives of every transform type.  Also in words, as in
 * configuration files: "aes256gcm16-prfsha384-x25519".
 */
#ifndef IKED_PROPOSAL_H
#define IKED_PROPOSAL_H

#include "bytes.h"
#include "numbers.h"

#define PROPOSALS_MAX		16	/* of one SA payload; more are skipped */
#define TRANSFORMS_MAX		128	/* of one proposal */
#define PROPOSAL_ERROR_MAX	160
#define PROPOSAL_TEXT_MAX	160

struct transform {
	uint8_t type;			/* enum ike_transform_type */
	uint16_t id;
	uint16_t key_bits;		/* 0: no such attribute */
};

struct proposal {
	uint8_t number;			/* 1, 2, ... */
	uint8_t protocol;		/* enum ike_protocol */
	uint8_t spi_len;		/* 0, 4 or 8 */
	uint8_t spi[IKE_SPI_LEN];
	uint8_t n;
	struct transform transforms[TRANSFORMS_MAX];
};

struct proposals {
	uint8_t n;
	struct proposal list[PROPOSALS_MAX];
};

/* One transform of each type: what was chosen.  0: there is none of that type */
struct chosen {
	uint8_t number;
	uint8_t protocol;
	uint16_t encr;			/* as enum ifipsec_encr */
	uint16_t encr_key_bits;		/* 0: the cipher has one size */
	uint16_t prf;			/* enum ike_prf */
	uint16_t integ;			/* as enum ifipsec_auth */
	uint16_t group;			/* enum ike_group */
	bool esn;
};

/**
 * proposal_parse_text() - one proposal in words
 * @text: words with '-' between: ciphers (aes128gcm16, aes256, aes256ctr,
 *	chacha20poly1305, null, ...), integrity (sha256, sha384, sha512, aesxcbc,
 *	aescmac, sha256_96), PRF (prfsha256 ...; IKE without one takes those of
 *	the integrity algorithms, or of SHA-2 for a combined cipher), groups (x25519,
 *	ecp256, modp2048 ..., none), esn, noesn
 * @protocol: what it is for; decides what is missing and what is too much
 *
 * Return: 0, or -EINVAL with a sentence in @error.
 */
int proposal_parse_text(const char *text, enum ike_protocol protocol,
			struct proposal *proposal,
			char error[static PROPOSAL_ERROR_MAX]);

/* The strong defaults: all that RFC 8221 and 8247 call MUST and SHOULD, strongest
 * first, nothing weaker.
 */
void proposals_default(enum ike_protocol protocol, struct proposals *list);

/**
 * proposal_select() - the responder's choice
 * @offered: by the initiator
 * @ours: in our order of preference
 * @with_group: whether a KE transform counts (not for the child SA of IKE_AUTH)
 *
 * Return: 0 with @chosen and the index into @offered, or -ENOENT.
 */
int proposal_select(const struct proposals *offered, const struct proposals *ours,
		    bool with_group, struct chosen *chosen, unsigned int *index);

/* The initiator's check of the answer: exactly one transform of each type that we
 * offered, in one proposal.  0 or -EINVAL.
 */
int proposal_check_answer(const struct proposals *answer,
			  const struct proposals *offered, bool with_group,
			  struct chosen *chosen);

/* The answer: @chosen as a proposal with @spi */
void proposal_of_chosen(const struct chosen *chosen, struct bytes spi,
			struct proposal *proposal);

/* True when one of @list's proposals has the group */
bool proposals_have_group(const struct proposals *list, uint16_t group);
/* The first group of the first proposal, IKE_GROUP_NONE where there is none */
uint16_t proposals_first_group(const struct proposals *list);
void proposals_set_spi(struct proposals *list, struct bytes spi);
void proposals_drop_groups(struct proposals *list);

/* A combined cipher: integrity of its own */
bool proposal_is_aead(uint16_t encr);

/* SA payload's body.  0, or -EINVAL: malformed (unknown transforms are no error) */
int proposals_read(struct bytes body, struct proposals *list);
void proposals_write(struct writer *w, const struct proposals *list);

/* In words, for logs; both return @buf */
const char *proposal_text(const struct proposal *proposal,
			  char buf[static PROPOSAL_TEXT_MAX]);
const char *chosen_text(const struct chosen *chosen,
			char buf[static PROPOSAL_TEXT_MAX]);

#endif /* IKED_PROPOSAL_H */
