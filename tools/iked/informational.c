// SPDX-License-Identifier: MIT
/*
 * informational.c - INFORMATIONAL (RFC 7296 1.4): deletions, and whether the other side
 * is alive.  Both directions of a child SA go together; each side names the SPI that it
 * receives on.
 */
#include <errno.h>

#include "exchange.h"
#include "ike_sa.h"
#include "log.h"

#define SPIS_MAX	CHILDREN_MAX

static const struct bytes none;

static int send_request(struct ike_sa *sa, enum request_kind kind, struct ike_builder *b)
{
	struct bytes chain;

	sa->request.kind = kind;
	if (!ike_build_end(b, &chain))
		return -EMSGSIZE;
	return window_request(sa, IKE_EXCHANGE_INFORMATIONAL, b->first, chain);
}

int delete_child_start(struct ike_sa *sa, struct child_sa *child)
{
	struct outgoing out;
	struct ike_builder *b = outgoing_begin(&out);
	uint8_t spi[4];
	struct writer w = writer_of(spi, sizeof(spi));
	int err;

	write_u32(&w, child->spi_in);
	ike_build_delete(b, child_sa_protocol(child), 4, writer_view(&w));
	sa->request.child = child->serial;
	err = send_request(sa, REQUEST_CHILD_DELETE, b);
	if (err)
		return err;
	child->want_delete = false;
	child->state = CHILD_DELETING;
	timer_cancel(&child->timer);
	return 0;
}

int delete_ike_start(struct ike_sa *sa)
{
	struct outgoing out;
	struct ike_builder *b = outgoing_begin(&out);
	int err;

	ike_build_delete(b, IKE_PROTO_IKE, 0, none);
	err = send_request(sa, REQUEST_IKE_DELETE, b);
	if (err)
		return err;
	sa->want_delete = false;
	ike_sa_set_state(sa, IKE_DELETING);
	while (sa->children)
		child_sa_free(sa->children);
	return 0;
}

int alive_start(struct ike_sa *sa)
{
	struct outgoing out;

	sa->want_alive = false;
	daemon_count(sa->d, IKE_COUNT_DPD_SENT);
	return send_request(sa, REQUEST_ALIVE, outgoing_begin(&out));
}

/* What our answer lists: our SPIs of those that the peer deletes */
struct deleted {
	struct writer w;
	uint8_t buf[4 * SPIS_MAX];
};

static void delete_one(struct ike_sa *sa, struct child_sa *child, struct deleted *answer)
{
	/* Both sides delete it: it is not named twice */
	if (child->state == CHILD_DELETING)
		return;
	ike_sa_log(sa, child->state == CHILD_REKEYED ? LOG_DEBUG : LOG_INFO,
		   "child SA %08x/%08x closed by the peer", child->spi_in, child->spi_out);
	write_u32(&answer->w, child->spi_in);
	child_sa_gone(child);
}

static void delete_children(struct ike_sa *sa, const struct ike_delete_payload *d,
			    struct ike_builder *b)
{
	uint8_t proto = d->protocol == IKE_PROTO_AH ? IPPROTO_AH : IPPROTO_ESP;
	struct reader r = reader_of(d->spis);
	struct deleted answer;
	struct child_sa *child;
	unsigned int i;

	if (d->spi_len != 4)
		return;
	answer.w = writer_of(answer.buf, sizeof(answer.buf));
	/* Each is found once: those that are gone are not found again */
	for (i = 0; i < d->n && answer.w.len < sizeof(answer.buf); i++) {
		child = child_sa_by_out(sa, proto, read_u32(&r));
		if (r.bad)
			break;
		if (child)
			delete_one(sa, child, &answer);
	}
	if (answer.w.len)
		ike_build_delete(b, d->protocol, 4, writer_view(&answer.w));
}

static void peer_wants_end(struct ike_sa *sa, const char *why)
{
	struct ike_sa *heir = sa->request.crossed_sa;

	/* It rekeyed this one, and we did not know yet that its rekey stays */
	if (heir) {
		collide_ike_over(sa, NULL, none);
		ike_sa_work(heir);
	}
	sa->end = why;
}

void informational_request(struct ike_sa *sa, const struct ike_content *c,
			   struct ike_builder *b)
{
	const struct ike_notify_payload *n = ike_content_error(c);
	char name[NUMBER_TEXT_MAX];
	bool had_child = child_sa_live(sa);
	unsigned int i;

	for (i = 0; i < c->n_deletes; i++) {
		const struct ike_delete_payload *d = &c->deletes[i];

		if (d->protocol == IKE_PROTO_IKE)
			peer_wants_end(sa, "deleted by the peer");
		else if (d->protocol == IKE_PROTO_ESP || d->protocol == IKE_PROTO_AH)
			delete_children(sa, d, b);
	}
	if (n) {
		ike_sa_log(sa, LOG_WARN, "the peer says %s", ike_notify_name(n->type, name));
		/* The initiator did not believe our AUTH (RFC 7296 2.21.2) */
		if (n->type == IKE_N_AUTHENTICATION_FAILED || n->type == IKE_N_INVALID_SYNTAX)
			peer_wants_end(sa, "the peer refuses it");
	}
	if (had_child && !sa->end && sa->state == IKE_UP && !child_sa_live(sa))
		peer_failed(sa->peer);
}

void informational_response(struct ike_sa *sa, const struct ike_content *c)
{
	enum request_kind kind = sa->request.kind;
	struct child_sa *child = child_sa_find(sa, sa->request.child);

	(void)c;
	request_clear(sa);
	switch (kind) {
	case REQUEST_CHILD_DELETE:
		if (child && child->state == CHILD_DELETING)
			child_sa_gone(child);
		break;
	case REQUEST_IKE_DELETE:
		ike_sa_log(sa, LOG_INFO, "IKE SA %016llx closed",
			   (unsigned long long)ike_sa_our_spi(sa));
		ike_sa_failed(sa);
		break;
	default:
		break;
	}
}
