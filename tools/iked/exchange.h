/* SPDX-License-Identifier: MIT */
/*
 * exchange.h - the four exchanges.  Requests write their answer with the builder that
 * they get; everything that arrives here was parsed, and but for IKE_SA_INIT it is
 * authentic.
 */
#ifndef IKED_EXCHANGE_H
#define IKED_EXCHANGE_H

#include "ike_sa.h"
#include "message.h"

/* A message in work; too large for a small stack, but there is only one thread */
struct outgoing {
	struct ike_builder b;
	uint8_t buf[IKE_MESSAGE_MAX];
};

/* init.c: IKE_SA_INIT */
int init_start(struct peer *peer);
void init_request(struct daemon *d, const struct endpoint *local,
		  const struct endpoint *remote, const struct ike_header *header,
		  struct bytes message);
void init_response(struct ike_sa *sa, const struct ike_header *header,
		   struct bytes message);

/* auth_exchange.c: IKE_AUTH */
int auth_start(struct ike_sa *sa);
void auth_request(struct ike_sa *sa, const struct ike_content *c,
		  struct ike_builder *b);
void auth_response(struct ike_sa *sa, const struct ike_content *c);

/*
 * @sa is up, and there may be others with the same peer: what the peer has lost, what
 * crossed it, or somebody else's who used the peer's place.  False: @sa itself goes.
 */
bool auth_stays(const struct ike_sa *sa);
/* Closes those that go; @sa sends by now */
void auth_settle(struct ike_sa *sa);

/* create_child.c: what IKE_AUTH and CREATE_CHILD_SA have in common, and the latter */
/* SA, TSi, TSr and USE_TRANSPORT_MODE as the initiator; reserves the SPI */
int child_offer(struct ike_sa *sa, bool in_auth);
void child_log_offer(const struct ike_sa *sa);
void child_build_offer(struct ike_sa *sa, struct ike_builder *b);
/* The responder's child of IKE_AUTH, or the notify that says why not */
void child_answer_auth(struct ike_sa *sa, const struct ike_content *c,
		       struct ike_builder *b);
/* The initiator's: takes the answer's child.  NULL: logged, and undone */
struct child_sa *child_take_answer(struct ike_sa *sa, const struct ike_content *c,
				   bool in_auth);

int create_child_start(struct ike_sa *sa);
int rekey_child_start(struct ike_sa *sa, struct child_sa *child);
int rekey_ike_start(struct ike_sa *sa);
void create_child_request(struct ike_sa *sa, const struct ike_content *c,
			  struct ike_builder *b);
void create_child_response(struct ike_sa *sa, const struct ike_content *c);

/* rekey_ike.c */
void rekey_ike_request(struct ike_sa *sa, const struct ike_content *c,
		       struct ike_builder *b);
void rekey_ike_response(struct ike_sa *sa, const struct ike_content *c);

/* collide.c: RFC 7296 2.8.1, 2.25 */
/* The lower of two nonces: octet by octet, a prefix is lower */
int nonce_compare(struct bytes a, struct bytes b);
struct bytes nonce_lower(struct bytes a, struct bytes b);
/* The notify with which to refuse a request now, 0: none */
uint16_t collide_refuse_child(const struct ike_sa *sa);
uint16_t collide_refuse_rekey(const struct ike_sa *sa, const struct child_sa *child);
uint16_t collide_refuse_ike(const struct ike_sa *sa);
/* The peer's exchange succeeded while ours for the same is in flight: remember it */
void collide_child(struct ike_sa *sa, const struct child_sa *theirs, struct bytes ni,
		   struct bytes nr);
/* Ours is over, with @ours or without: who sends, who is deleted */
void collide_child_over(struct ike_sa *sa, struct child_sa *ours, struct bytes nr);
void collide_ike(struct ike_sa *sa, struct ike_sa *theirs, struct bytes ni,
		 struct bytes nr);
void collide_ike_over(struct ike_sa *sa, struct ike_sa *ours, struct bytes nr);

/* informational.c: INFORMATIONAL */
int delete_child_start(struct ike_sa *sa, struct child_sa *child);
int delete_ike_start(struct ike_sa *sa);
int alive_start(struct ike_sa *sa);
void informational_request(struct ike_sa *sa, const struct ike_content *c,
			   struct ike_builder *b);
void informational_response(struct ike_sa *sa, const struct ike_content *c);

/* receive.c: sends what @b holds as an unprotected answer to @header */
void receive_answer_plain(struct daemon *d, const struct endpoint *local,
			  const struct endpoint *remote,
			  const struct ike_header *header,
			  const struct ike_builder *b);

/* Starts @b in @out */
static inline struct ike_builder *outgoing_begin(struct outgoing *out)
{
	ike_build_begin(&out->b, out->buf, sizeof(out->buf));
	return &out->b;
}

static inline void build_status(struct ike_builder *b, uint16_t type)
{
	ike_build_notify(b, IKE_PROTO_NONE, (struct bytes){ 0 }, type,
			 (struct bytes){ 0 });
}

#endif /* IKED_EXCHANGE_H */
