// SPDX-License-Identifier: MIT
/*
 * rekey_ike.c - a new IKE SA for the old one's children (RFC 7296 1.3.2, 2.18).
 *
 *	SK { SA, Ni, KEi }  -->
 *	                    <--  SK { SA, Nr, KEr }
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "ike_sa.h"
#include "log.h"

static const struct bytes none;

static struct bytes spi_bytes(uint64_t spi, uint8_t buf[static IKE_SPI_LEN])
{
	struct writer w = writer_of(buf, IKE_SPI_LEN);

	write_u64(&w, spi);
	return writer_view(&w);
}

static uint64_t spi_of(const struct proposal *p)
{
	struct reader r = reader_of(bytes_of(p->spi, p->spi_len));

	return p->spi_len == IKE_SPI_LEN ? read_u64(&r) : 0;
}

/* Nonces of both stay with it: they decide when two cross */
static int make_keys(struct ike_sa *sa, const struct ike_sa *old, struct bytes secret,
		     struct bytes nonce_i, struct bytes nonce_r)
{
	if (blob_copy(&sa->nonce_i, nonce_i) || blob_copy(&sa->nonce_r, nonce_r))
		return -ENOMEM;
	return ike_keys_derive(&sa->chosen, &old->keys, secret, nonce_i, nonce_r, sa->spi_i,
			       sa->spi_r, &sa->keys);
}

static void come_up(struct ike_sa *sa)
{
	char text[PROPOSAL_TEXT_MAX];

	daemon_count(sa->d, IKE_COUNT_IKE_REKEYED);
	ike_sa_up(sa);
	ike_sa_log(sa, LOG_INFO, "IKE SA rekeyed: %016llx, %s",
		   (unsigned long long)ike_sa_our_spi(sa), chosen_text(&sa->chosen, text));
}

/*
 * The responder
 */

/* NULL: @refuse is set */
static struct ike_sa *make_heir(struct ike_sa *old, const struct chosen *chosen,
				uint64_t spi_i, const struct ike_content *c, struct dh *dh,
				struct bytes nonce, uint16_t *refuse)
{
	struct ike_sa *sa = ike_sa_new_rekeyed(old, false, ike_sa_spi(old->d));
	struct blob secret = { 0 };

	*refuse = IKE_N_TEMPORARY_FAILURE;
	if (!sa)
		return NULL;
	sa->spi_i = spi_i;
	sa->chosen = *chosen;
	if (dh_shared(dh, c->ke, &secret)) {
		daemon_count(old->d, IKE_COUNT_FAIL_KE);
		old->end = "its public value is invalid";	/* RFC 7296 2.21.3 */
		*refuse = IKE_N_INVALID_SYNTAX;
		ike_sa_kill(sa);
		sa = NULL;
	} else if (make_keys(sa, old, blob_view(&secret), c->nonce, nonce)) {
		ike_sa_kill(sa);
		sa = NULL;
	}
	blob_free(&secret);
	return sa;
}

static void build_answer(const struct ike_sa *sa, const struct dh *dh, struct bytes nonce,
			 struct ike_builder *b)
{
	struct proposals answer = { .n = 1 };
	uint8_t spi[IKE_SPI_LEN];

	proposal_of_chosen(&sa->chosen, spi_bytes(sa->spi_r, spi), &answer.list[0]);
	ike_build_sa(b, &answer);
	ike_build_nonce(b, nonce);
	ike_build_ke(b, sa->chosen.group, dh_public(dh));
}

/* 0, or the notify to refuse with */
static uint16_t choose(struct ike_sa *sa, const struct ike_content *c,
		       struct chosen *chosen, uint64_t *spi_i)
{
	unsigned int index;

	if (proposal_select(&c->sa, &sa->peer->config->ike, true, chosen, &index) ||
	    !keys_suite_known(chosen) || !spi_of(&c->sa.list[index])) {
		daemon_count(sa->d, IKE_COUNT_FAIL_PROPOSAL);
		ike_sa_log(sa, LOG_WARN, "rekey of the IKE SA: no proposal in common");
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	*spi_i = spi_of(&c->sa.list[index]);
	return c->ke_group == chosen->group ? 0 : IKE_N_INVALID_KE_PAYLOAD;
}

void rekey_ike_request(struct ike_sa *sa, const struct ike_content *c,
		       struct ike_builder *b)
{
	uint16_t refuse = collide_refuse_ike(sa);
	uint8_t nonce[NONCE_LEN], group[2];
	struct ike_sa *heir = NULL;
	struct chosen chosen = { 0 };
	struct dh *dh = NULL;
	uint64_t spi_i = 0;

	if (!refuse)
		refuse = choose(sa, c, &chosen, &spi_i);
	if (refuse == IKE_N_INVALID_KE_PAYLOAD) {
		group[0] = (uint8_t)(chosen.group >> 8);
		group[1] = (uint8_t)chosen.group;
		ike_build_notify(b, IKE_PROTO_NONE, none, refuse, BYTES(group));
		return;
	}
	if (!refuse && !random_bytes(nonce, sizeof(nonce)))
		dh = dh_new(chosen.group);
	if (dh)
		heir = make_heir(sa, &chosen, spi_i, c, dh, BYTES(nonce), &refuse);
	if (heir) {
		build_answer(heir, dh, BYTES(nonce), b);
		come_up(heir);
		if (sa->request.kind == REQUEST_IKE_REKEY)
			collide_ike(sa, heir, c->nonce, BYTES(nonce));
		else
			sa->heir = heir;
	} else {
		build_status(b, refuse ? refuse : IKE_N_TEMPORARY_FAILURE);
	}
	dh_free(dh);
}

/*
 * The initiator
 */

int rekey_ike_start(struct ike_sa *sa)
{
	struct request *r = &sa->request;
	uint8_t spi[IKE_SPI_LEN];
	struct outgoing out;
	struct ike_builder *b = outgoing_begin(&out);
	struct bytes chain;
	uint16_t group = sa->chosen.group;
	int err;

	r->kind = REQUEST_IKE_REKEY;
	r->offered = malloc(sizeof(*r->offered));
	r->ike_spi = ike_sa_spi(sa->d);
	if (!r->offered || !r->ike_spi || random_bytes(r->nonce, sizeof(r->nonce)))
		return -EIO;
	*r->offered = sa->peer->config->ike;
	proposals_set_spi(r->offered, spi_bytes(r->ike_spi, spi));
	if (sa->rekey_group)
		group = sa->rekey_group;
	if (!proposals_have_group(r->offered, group))
		group = proposals_first_group(r->offered);
	r->dh = dh_new(group);
	if (!r->dh)
		return -EIO;
	ike_build_sa(b, r->offered);
	ike_build_nonce(b, BYTES(r->nonce));
	ike_build_ke(b, group, dh_public(r->dh));
	if (!ike_build_end(b, &chain))
		return -EMSGSIZE;
	err = window_request(sa, IKE_EXCHANGE_CREATE_CHILD_SA, b->first, chain);
	sa->want_rekey = err;
	return err;
}

static struct ike_sa *take_answer(struct ike_sa *sa, const struct ike_content *c)
{
	struct request *r = &sa->request;
	struct blob secret = { 0 };
	struct ike_sa *heir = NULL;
	struct chosen chosen;

	if (!c->has_sa || proposal_check_answer(&c->sa, r->offered, true, &chosen) ||
	    !spi_of(&c->sa.list[0]) || chosen.group != dh_group(r->dh) ||
	    c->ke_group != chosen.group || c->nonce.len < IKE_NONCE_MIN ||
	    c->nonce.len > IKE_NONCE_MAX || dh_shared(r->dh, c->ke, &secret))
		return NULL;
	heir = ike_sa_new_rekeyed(sa, true, r->ike_spi);
	if (heir) {
		heir->spi_r = spi_of(&c->sa.list[0]);
		heir->chosen = chosen;
		if (make_keys(heir, sa, blob_view(&secret), BYTES(r->nonce), c->nonce)) {
			ike_sa_kill(heir);
			heir = NULL;
		}
	}
	blob_free(&secret);
	return heir;
}

static void refused(struct ike_sa *sa, const struct ike_notify_payload *n)
{
	char name[NUMBER_TEXT_MAX];
	uint16_t group;

	ike_sa_log(sa, n->type == IKE_N_TEMPORARY_FAILURE ? LOG_DEBUG : LOG_WARN,
		   "rekey of the IKE SA refused: the peer says %s",
		   ike_notify_name(n->type, name));
	collide_ike_over(sa, NULL, none);
	if (sa->state != IKE_UP)
		return;			/* the peer's rekey did it */
	if (n->type == IKE_N_INVALID_KE_PAYLOAD && n->data.len == 2 &&
	    sa->ke_tries++ < KE_TRIES) {
		group = (uint16_t)(n->data.p[0] << 8 | n->data.p[1]);
		if (proposals_have_group(&sa->peer->config->ike, group)) {
			sa->rekey_group = group;
			sa->want_rekey = true;
			return;
		}
	}
	if (n->type != IKE_N_TEMPORARY_FAILURE)
		daemon_count(sa->d, n->type == IKE_N_NO_PROPOSAL_CHOSEN ?
			     IKE_COUNT_FAIL_PROPOSAL : IKE_COUNT_FAIL_OTHER);
	if (ike_sa_wait(sa)) {
		sa->want_rekey = true;
		return;
	}
	ike_sa_log(sa, LOG_WARN, "it does not get better: closing the IKE SA");
	sa->want_delete = true;
}

void rekey_ike_response(struct ike_sa *sa, const struct ike_content *c)
{
	const struct ike_notify_payload *n = ike_content_error(c);
	struct ike_sa *heir;

	if (n) {
		refused(sa, n);
	} else {
		heir = take_answer(sa, c);
		if (heir) {
			come_up(heir);
		} else {
			daemon_count(sa->d, IKE_COUNT_FAIL_OTHER);
			ike_sa_log(sa, LOG_WARN, "rekey of the IKE SA: the peer's answer cannot be");
		}
		collide_ike_over(sa, heir, c->nonce);
		if (!heir && sa->state == IKE_UP)
			sa->want_delete = true;
	}
	request_clear(sa);
}
