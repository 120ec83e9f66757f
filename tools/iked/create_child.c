// SPDX-License-Identifier: MIT
/*
 * create_child.c - child SAs, in IKE_AUTH and CREATE_CHILD_SA (RFC 7296 1.3, 2.8, 2.9).
 *
 *	SK { [N(REKEY_SA)], SA, Ni, [KEi], TSi, TSr }  -->
 *	                                <--  SK { SA, Nr, [KEr], TSi, TSr }
 *
 * collide.c decides what happens when both sides do it at once.
 */
#include <errno.h>
#include <stdlib.h>

#include "exchange.h"
#include "ike_sa.h"
#include "log.h"

static const struct bytes none;

/* What the responder chose */
struct offer {
	struct selectors local_ts, remote_ts;
	bool transport;
	uint8_t proto;
	uint32_t spi;
};

static uint8_t proto_of(const struct config_peer *config)
{
	return config->protect == IFIPSEC_PROTECT_AH ? IPPROTO_AH : IPPROTO_ESP;
}

static struct bytes spi_bytes(uint32_t spi, uint8_t buf[static 4])
{
	struct writer w = writer_of(buf, 4);

	write_u32(&w, spi);
	return writer_view(&w);
}

static uint32_t spi_of(struct bytes spi)
{
	struct reader r = reader_of(spi);
	uint32_t value = read_u32(&r);

	return r.bad || r.left ? 0 : value;
}

static void log_selectors(const struct ike_sa *sa, const char *what,
			  const struct selectors *list)
{
	char text[SELECTOR_TEXT_MAX];
	unsigned int i;

	for (i = 0; i < list->n; i++)
		ike_sa_log(sa, LOG_WARN, "  %s: %s", what,
			   selector_text(&list->list[i], text));
}

static void log_proposals(const struct ike_sa *sa, const char *what,
			  const struct proposals *list)
{
	char text[PROPOSAL_TEXT_MAX];
	unsigned int i;

	for (i = 0; i < list->n; i++)
		ike_sa_log(sa, LOG_WARN, "  %s: %s", what,
			   proposal_text(&list->list[i], text));
}

/*
 * The initiator's offer
 */

int child_offer(struct ike_sa *sa, bool in_auth)
{
	const struct config_peer *config = sa->peer->config;
	struct request *r = &sa->request;
	uint8_t buf[4];
	int err;

	r->proto = proto_of(config);
	err = child_sa_spi(sa, r->proto, &r->spi);
	if (err) {
		r->spi = 0;
		return err;
	}
	r->offered = malloc(sizeof(*r->offered));
	if (!r->offered)
		return -ENOMEM;
	*r->offered = config->child;
	if (in_auth)
		proposals_drop_groups(r->offered);
	proposals_set_spi(r->offered, spi_bytes(r->spi, buf));
	r->transport = config->mode == IFIPSEC_MODE_TRANSPORT;
	peer_selectors(sa->peer, &sa->local, &sa->remote, &r->local_ts, &r->remote_ts);
	return 0;
}

void child_log_offer(const struct ike_sa *sa)
{
	if (!sa->request.offered)
		return;
	log_proposals(sa, "we offered", sa->request.offered);
	log_selectors(sa, "our side", &sa->request.local_ts);
	log_selectors(sa, "its side", &sa->request.remote_ts);
}

void child_build_offer(struct ike_sa *sa, struct ike_builder *b)
{
	const struct request *r = &sa->request;

	if (r->transport)
		build_status(b, IKE_N_USE_TRANSPORT_MODE);
	ike_build_sa(b, r->offered);
	if (r->kind != REQUEST_AUTH)
		ike_build_nonce(b, BYTES(r->nonce));
	if (r->dh)
		ike_build_ke(b, dh_group(r->dh), dh_public(r->dh));
	ike_build_ts(b, IKE_PAYLOAD_TS_I, &r->local_ts);
	ike_build_ts(b, IKE_PAYLOAD_TS_R, &r->remote_ts);
}

/*
 * Both roles
 */

static void log_child(const struct child_sa *child)
{
	char text[PROPOSAL_TEXT_MAX], local[SELECTOR_TEXT_MAX], remote[SELECTOR_TEXT_MAX];

	ike_sa_log(child->sa, LOG_INFO, "child SA %08x/%08x, %s, %s, %s%s === %s%s",
		   child->spi_in, child->spi_out,
		   child->mode == IFIPSEC_MODE_TRANSPORT ? "transport" : "tunnel",
		   chosen_text(&child->chosen, text),
		   selector_text(&child->local_ts.list[0], local),
		   child->local_ts.n > 1 ? " ..." : "",
		   selector_text(&child->remote_ts.list[0], remote),
		   child->remote_ts.n > 1 ? " ..." : "");
}

/* Both roles: keys, and receiving.  NULL: logged */
static struct child_sa *make(struct ike_sa *sa, bool initiator, uint8_t proto,
			     uint32_t spi_in, uint32_t spi_out,
			     const struct chosen *chosen, bool transport,
			     const struct selectors *local_ts,
			     const struct selectors *remote_ts, struct bytes secret,
			     struct bytes nonce_i, struct bytes nonce_r)
{
	struct child_sa *child = child_sa_new(sa, initiator, proto);

	if (!child)
		return NULL;
	child->spi_in = spi_in;
	child->spi_out = spi_out;
	child->chosen = *chosen;
	child->mode = transport ? IFIPSEC_MODE_TRANSPORT : IFIPSEC_MODE_TUNNEL;
	child->local_ts = *local_ts;
	child->remote_ts = *remote_ts;
	if (child_keys_derive(chosen, &sa->keys, secret, nonce_i, nonce_r, &child->keys) ||
	    peer_put_connected(sa->peer, sa, remote_ts) || child_sa_install_in(child)) {
		child_sa_free(child);
		return NULL;
	}
	daemon_count(sa->d, IKE_COUNT_CHILD_SA_UP);
	log_child(child);
	return child;
}

/*
 * The responder
 */

static uint16_t no_proposal(struct ike_sa *sa, const struct proposals *offered)
{
	daemon_count(sa->d, IKE_COUNT_FAIL_PROPOSAL);
	ike_sa_log(sa, LOG_WARN, "no proposal for the child SA in common");
	log_proposals(sa, "the peer offers", offered);
	log_proposals(sa, "we allow", &sa->peer->config->child);
	return IKE_N_NO_PROPOSAL_CHOSEN;
}

static uint16_t no_selectors(struct ike_sa *sa, const struct ike_content *c,
			     const struct selectors *local_ts,
			     const struct selectors *remote_ts)
{
	daemon_count(sa->d, IKE_COUNT_FAIL_TS);
	ike_sa_log(sa, LOG_WARN, "no traffic selectors in common");
	log_selectors(sa, "the peer wants of our side", &c->ts_r);
	log_selectors(sa, "we allow", local_ts);
	log_selectors(sa, "the peer wants of its side", &c->ts_i);
	log_selectors(sa, "we allow", remote_ts);
	return IKE_N_TS_UNACCEPTABLE;
}

/* RFC 7296 2.23.1: in transport mode a NAT has changed what the peer believes to be the
 * addresses; they are the ones that its messages have.
 */
static void substitute(const struct addr *real, struct selectors *ts)
{
	unsigned int i;

	for (i = 0; i < ts->n; i++)
		if (ts->list[i].start.len == real->len &&
		    addr_equal(&ts->list[i].start, &ts->list[i].end))
			ts->list[i].start = ts->list[i].end = *real;
}

/* The responder's decisions, nothing done yet.  0, or the notify to answer with (and
 * @group for INVALID_KE_PAYLOAD).
 */
static uint16_t choose(struct ike_sa *sa, const struct ike_content *c, bool in_auth,
		       struct offer *answer, struct chosen *chosen, uint16_t *group)
{
	const struct config_peer *config = sa->peer->config;
	struct selectors ours_local, ours_remote, ts_i = c->ts_i, ts_r = c->ts_r;
	struct proposals ours = config->child;
	unsigned int index;

	if (in_auth)
		proposals_drop_groups(&ours);
	if (proposal_select(&c->sa, &ours, !in_auth, chosen, &index) ||
	    spi_of(bytes_of(c->sa.list[index].spi, c->sa.list[index].spi_len)) <
	    IFIPSEC_SPI_MIN)
		return no_proposal(sa, &c->sa);
	answer->spi = spi_of(bytes_of(c->sa.list[index].spi, 4));
	answer->proto = proto_of(config);
	if (!in_auth && chosen->group && c->ke_group != chosen->group) {
		*group = chosen->group;
		return IKE_N_INVALID_KE_PAYLOAD;
	}
	answer->transport = config->mode == IFIPSEC_MODE_TRANSPORT &&
			    ike_content_notify(c, IKE_N_USE_TRANSPORT_MODE);
	if (answer->transport && sa->nat_remote)
		substitute(&sa->remote.addr, &ts_i);
	if (answer->transport && sa->nat_local)
		substitute(&sa->local.addr, &ts_r);
	peer_selectors(sa->peer, &sa->local, &sa->remote, &ours_local, &ours_remote);
	if (selectors_narrow(&ts_r, &ours_local, &answer->local_ts) ||
	    selectors_narrow(&ts_i, &ours_remote, &answer->remote_ts))
		return no_selectors(sa, c, &ours_local, &ours_remote);
	if (config->mode == IFIPSEC_MODE_TRANSPORT && !answer->transport)
		ike_sa_log(sa, LOG_WARN, "the peer does not want transport mode: tunnel mode it is");
	return 0;
}

/* SA, [Nr, KEr], TSi, TSr */
static void build_answer(const struct offer *answer, const struct chosen *chosen,
			 struct bytes nonce, struct bytes ke, struct ike_builder *b)
{
	struct proposals list = { .n = 1 };
	uint8_t buf[4];

	if (answer->transport)
		build_status(b, IKE_N_USE_TRANSPORT_MODE);
	proposal_of_chosen(chosen, spi_bytes(answer->spi, buf), &list.list[0]);
	ike_build_sa(b, &list);
	if (nonce.p)
		ike_build_nonce(b, nonce);
	if (ke.p)
		ike_build_ke(b, chosen->group, ke);
	ike_build_ts(b, IKE_PAYLOAD_TS_I, &answer->remote_ts);
	ike_build_ts(b, IKE_PAYLOAD_TS_R, &answer->local_ts);
}

/* Makes what was chosen; answer->spi becomes ours.  NULL: the kernel does not want it */
static struct child_sa *make_chosen(struct ike_sa *sa, struct offer *answer,
				    const struct chosen *chosen, struct bytes secret,
				    struct bytes nonce_i, struct bytes nonce_r)
{
	uint32_t spi_out = answer->spi;
	struct child_sa *child;

	/* Before the SPI: a peer with any address is not in the kernel yet */
	if (peer_put_connected(sa->peer, sa, &answer->remote_ts) ||
	    child_sa_spi(sa, answer->proto, &answer->spi))
		return NULL;
	child = make(sa, false, answer->proto, answer->spi, spi_out, chosen,
		     answer->transport, &answer->local_ts, &answer->remote_ts,
		     secret, nonce_i, nonce_r);
	if (!child)
		child_sa_spi_back(sa, answer->proto, answer->spi);
	return child;
}

void child_answer_auth(struct ike_sa *sa, const struct ike_content *c,
		       struct ike_builder *b)
{
	struct offer answer;
	struct child_sa *child;
	struct chosen chosen;
	uint16_t refuse, group;

	if (!c->has_sa || !c->has_ts_i || !c->has_ts_r) {
		ike_sa_log(sa, LOG_INFO, "the peer asks for no child SA yet");
		return;
	}
	refuse = choose(sa, c, true, &answer, &chosen, &group);
	if (!refuse) {
		child = make_chosen(sa, &answer, &chosen, none, blob_view(&sa->nonce_i),
				    blob_view(&sa->nonce_r));
		if (child) {
			sa->take_out = child->serial;
			build_answer(&answer, &chosen, none, none, b);
			return;
		}
		refuse = IKE_N_NO_PROPOSAL_CHOSEN;
	}
	build_status(b, refuse);
}

static void refuse_child(struct ike_builder *b, uint16_t type, uint16_t group)
{
	uint8_t data[2] = { (uint8_t)(group >> 8), (uint8_t)group };

	if (type == IKE_N_INVALID_KE_PAYLOAD)
		ike_build_notify(b, IKE_PROTO_NONE, none, type, BYTES(data));
	else
		build_status(b, type);
}

/* Nonce and key exchange of the answer; 0 or the notify to refuse with */
static uint16_t answer_ke(struct ike_sa *sa, const struct ike_content *c, uint16_t group,
			  uint8_t nonce[static NONCE_LEN], struct dh **dh,
			  struct blob *secret)
{
	if (random_bytes(nonce, NONCE_LEN))
		return IKE_N_TEMPORARY_FAILURE;		/* E4.41 */
	if (!group)
		return 0;
	*dh = dh_new(group);
	if (!*dh)
		return IKE_N_TEMPORARY_FAILURE;
	if (dh_shared(*dh, c->ke, secret)) {
		daemon_count(sa->d, IKE_COUNT_FAIL_KE);
		sa->end = "its public value is invalid";	/* RFC 7296 2.21.3 */
		return IKE_N_INVALID_SYNTAX;
	}
	return 0;
}

/* What comes of a new pair at the responder (collide.c when both sides rekeyed) */
static void answered_child(struct ike_sa *sa, struct child_sa *child,
			   struct child_sa *old, const struct ike_content *c,
			   struct bytes nonce_r)
{
	if (!old) {
		sa->take_out = child->serial;
		return;
	}
	daemon_count(sa->d, IKE_COUNT_CHILD_REKEYED);
	child->replaces = old->serial;
	if (sa->request.kind == REQUEST_CHILD_REKEY && sa->request.child == old->serial) {
		collide_child(sa, child, c->nonce, nonce_r);
		return;
	}
	child_sa_replaced(old);
	child_sa_take_out_later(child);
}

static uint16_t answer_child(struct ike_sa *sa, const struct ike_content *c,
			     struct child_sa *old, struct ike_builder *b, uint16_t *group)
{
	struct child_sa *child = NULL;
	uint8_t nonce[NONCE_LEN];
	struct offer answer;
	struct blob secret = { 0 };
	struct chosen chosen;
	struct dh *dh = NULL;
	uint16_t refuse;

	refuse = choose(sa, c, false, &answer, &chosen, group);
	if (!refuse)
		refuse = answer_ke(sa, c, chosen.group, nonce, &dh, &secret);
	if (!refuse) {
		child = make_chosen(sa, &answer, &chosen, blob_view(&secret), c->nonce,
				    BYTES(nonce));
		refuse = child ? 0 : IKE_N_NO_PROPOSAL_CHOSEN;
	}
	if (!refuse) {
		build_answer(&answer, &chosen, BYTES(nonce), dh ? dh_public(dh) : none, b);
		answered_child(sa, child, old, c, BYTES(nonce));
	}
	blob_free(&secret);
	dh_free(dh);
	return refuse;
}

static void malformed(struct ike_sa *sa, struct ike_builder *b)
{
	daemon_count(sa->d, IKE_COUNT_RX_SYNTAX);
	sa->end = "its request is malformed";
	build_status(b, IKE_N_INVALID_SYNTAX);
}

/* The pair that it wants to rekey, or false: refused */
static bool find_rekeyed(struct ike_sa *sa, const struct ike_content *c,
			 struct child_sa **old, struct ike_builder *b)
{
	const struct ike_notify_payload *n = ike_content_notify(c, IKE_N_REKEY_SA);
	uint8_t proto;
	uint16_t refuse;

	*old = NULL;
	if (!n)
		return true;
	proto = n->protocol == IKE_PROTO_AH ? IPPROTO_AH : IPPROTO_ESP;
	if (n->protocol == IKE_PROTO_AH || n->protocol == IKE_PROTO_ESP)
		*old = child_sa_by_out(sa, proto, spi_of(n->spi));
	if (!*old) {
		ike_build_notify(b, n->protocol, n->spi, IKE_N_CHILD_SA_NOT_FOUND, none);
		return false;
	}
	refuse = collide_refuse_rekey(sa, *old);
	if (refuse)
		build_status(b, refuse);
	return !refuse;
}

void create_child_request(struct ike_sa *sa, const struct ike_content *c,
			  struct ike_builder *b)
{
	uint16_t refuse, group = 0;
	struct child_sa *old;

	if (!c->has_sa || c->nonce.len < IKE_NONCE_MIN || c->nonce.len > IKE_NONCE_MAX) {
		malformed(sa, b);
		return;
	}
	if (c->sa.n && c->sa.list[0].protocol == IKE_PROTO_IKE) {
		rekey_ike_request(sa, c, b);
		return;
	}
	if (!c->has_ts_i || !c->has_ts_r) {
		malformed(sa, b);
		return;
	}
	refuse = collide_refuse_child(sa);
	if (refuse) {
		build_status(b, refuse);
		return;
	}
	if (!find_rekeyed(sa, c, &old, b))
		return;
	if (child_sa_count(sa) >= CHILDREN_MAX) {
		ike_sa_log(sa, LOG_WARN, "the peer wants more than %u child SAs", CHILDREN_MAX);
		build_status(b, IKE_N_NO_ADDITIONAL_SAS);
		return;
	}
	refuse = answer_child(sa, c, old, b, &group);
	if (refuse)
		refuse_child(b, refuse, group);
}

/*
 * The initiator
 */

static int start(struct ike_sa *sa, enum request_kind kind, const struct child_sa *old)
{
	struct request *r = &sa->request;
	struct outgoing out;
	struct ike_builder *b = outgoing_begin(&out);
	struct bytes chain;
	uint8_t spi[4];
	uint16_t group;
	int err;

	r->kind = kind;
	err = child_offer(sa, false);
	if (!err)
		err = random_bytes(r->nonce, sizeof(r->nonce));
	if (err)
		return err;
	group = sa->peer->child_group;
	if (!group || !proposals_have_group(r->offered, group))
		group = proposals_first_group(r->offered);
	if (group != IKE_GROUP_NONE) {
		r->dh = dh_new(group);
		if (!r->dh)
			return -EIO;
	}
	if (old) {
		r->child = old->serial;
		r->known = old->known ||
			   sa->d->timers.now_ms - old->born_ms >= CHILD_KNOWN_MS;
		ike_build_notify(b, child_sa_protocol(old), spi_bytes(old->spi_in, spi),
				 IKE_N_REKEY_SA, none);
	}
	child_build_offer(sa, b);
	if (!ike_build_end(b, &chain))
		return -EMSGSIZE;
	return window_request(sa, IKE_EXCHANGE_CREATE_CHILD_SA, b->first, chain);
}

int create_child_start(struct ike_sa *sa)
{
	int err = start(sa, REQUEST_CHILD, NULL);

	sa->want_child = err;
	return err;
}

int rekey_child_start(struct ike_sa *sa, struct child_sa *child)
{
	int err = start(sa, REQUEST_CHILD_REKEY, child);

	child->want_rekey = err;
	return err;
}

/* The peer has made it, and we cannot use it: it must be told (E4.22, E4.39) */
static void delete_unused(struct ike_sa *sa, uint32_t spi_in, uint32_t spi_out,
			  uint8_t proto)
{
	struct child_sa *child = child_sa_new(sa, true, proto);

	if (!child)
		return;
	child->spi_in = spi_in;
	child->spi_out = spi_out;
	child->out_done = true;
	child->want_delete = true;
}

/* The string says what is wrong with the answer */
static const char *check_answer(struct ike_sa *sa, const struct ike_content *c,
				const struct selectors *ts_i, const struct selectors *ts_r,
				bool in_auth, struct chosen *chosen)
{
	const struct request *r = &sa->request;
	bool transport = ike_content_notify(c, IKE_N_USE_TRANSPORT_MODE);

	if (proposal_check_answer(&c->sa, r->offered, !in_auth, chosen))
		return "the peer chose what we did not offer";
	if (!in_auth && chosen->group &&
	    (!r->dh || chosen->group != dh_group(r->dh) || c->ke_group != chosen->group))
		return "the peer answered with another key exchange group";
	if (!c->has_ts_i || !c->has_ts_r || !c->ts_i.n || !c->ts_r.n)
		return "the peer's answer has no traffic selectors";
	if (r->transport && !transport)
		return "the peer wants tunnel mode, and transport mode is configured";
	if (!r->transport && transport)
		return "the peer wants transport mode, which was not offered";
	if (!selectors_within(ts_i, &r->local_ts) ||
	    !selectors_within(ts_r, &r->remote_ts))
		return "the peer's traffic selectors are wider than offered";
	return NULL;
}

struct child_sa *child_take_answer(struct ike_sa *sa, const struct ike_content *c,
				   bool in_auth)
{
	struct request *r = &sa->request;
	struct selectors ts_i = c->ts_i, ts_r = c->ts_r;
	struct child_sa *child = NULL;
	struct blob secret = { 0 };
	struct chosen chosen;
	uint32_t spi_out = 0;
	const char *wrong;

	if (r->transport && sa->nat_local)
		substitute(&sa->local.addr, &ts_i);
	if (r->transport && sa->nat_remote)
		substitute(&sa->remote.addr, &ts_r);

	if (c->sa.n)
		spi_out = spi_of(bytes_of(c->sa.list[0].spi, c->sa.list[0].spi_len));
	wrong = check_answer(sa, c, &ts_i, &ts_r, in_auth, &chosen);
	if (!wrong && spi_out < IFIPSEC_SPI_MIN)
		wrong = "the peer's SPI is reserved";
	if (!wrong && !in_auth && chosen.group && dh_shared(r->dh, c->ke, &secret))
		wrong = "the key exchange failed: the peer's public value is invalid";
	if (!wrong) {
		child = make(sa, true, r->proto, r->spi, spi_out, &chosen,
			     r->transport, &ts_i, &ts_r, blob_view(&secret),
			     in_auth ? blob_view(&sa->nonce_i) : BYTES(r->nonce),
			     in_auth ? blob_view(&sa->nonce_r) : c->nonce);
		if (!child)
			wrong = "it cannot be installed";
	}
	if (!child) {
		daemon_count(sa->d, IKE_COUNT_FAIL_OTHER);
		ike_sa_log(sa, LOG_WARN, "child SA given up: %s", wrong);
		log_selectors(sa, "the peer's answer, our side", &c->ts_i);
		log_selectors(sa, "the peer's answer, its side", &c->ts_r);
		child_log_offer(sa);
		delete_unused(sa, r->spi, spi_out, r->proto);
		peer_failed(sa->peer);
	} else {
		r->spi = 0;		/* in use now */
	}
	blob_free(&secret);
	return child;
}

/* The peer wants another group; true: it will be asked again with that */
static bool other_group(struct ike_sa *sa, const struct ike_notify_payload *n)
{
	uint16_t group;

	if (n->data.len != 2 || sa->ke_tries++ >= KE_TRIES)
		return false;
	group = (uint16_t)(n->data.p[0] << 8 | n->data.p[1]);
	if (!proposals_have_group(&sa->peer->config->child, group))
		return false;
	sa->peer->child_group = group;
	return true;
}

/* What is wanted of us is wanted again */
static void want_again(struct ike_sa *sa, struct child_sa *old)
{
	if (sa->request.kind == REQUEST_CHILD)
		sa->want_child = !child_sa_live(sa);
	else if (old && old->state == CHILD_UP)
		old->want_rekey = true;
}

/* A pair that the peer does not know any more; or not yet, when our answer is late */
static void old_not_found(struct ike_sa *sa, struct child_sa *old)
{
	if (old && old->state == CHILD_UP && !sa->request.known && ike_sa_wait(sa)) {
		old->want_rekey = true;
		return;
	}
	if (old && old->state == CHILD_UP)
		child_sa_gone(old);
	if (!child_sa_live(sa))
		sa->want_child = true;
}

static void refused(struct ike_sa *sa, const struct ike_notify_payload *n,
		    struct child_sa *old)
{
	char name[NUMBER_TEXT_MAX];
	bool closing = false;

	ike_sa_log(sa, n->type == IKE_N_TEMPORARY_FAILURE ? LOG_DEBUG : LOG_WARN,
		   "%s: the peer says %s", old ? "rekey refused" : "no child SA",
		   ike_notify_name(n->type, name));
	switch (n->type) {
	case IKE_N_INVALID_KE_PAYLOAD:
		if (other_group(sa, n))
			want_again(sa, old);
		return;
	case IKE_N_CHILD_SA_NOT_FOUND:
		old_not_found(sa, old);
		return;
	case IKE_N_TEMPORARY_FAILURE:
		break;
	case IKE_N_NO_ADDITIONAL_SAS:
		/* It cannot rekey: new keys come with a new IKE SA */
		daemon_count(sa->d, IKE_COUNT_FAIL_OTHER);
		closing = old && old->state == CHILD_UP;
		break;
	default:
		daemon_count(sa->d, n->type == IKE_N_TS_UNACCEPTABLE ? IKE_COUNT_FAIL_TS :
			     n->type == IKE_N_NO_PROPOSAL_CHOSEN ?
			     IKE_COUNT_FAIL_PROPOSAL : IKE_COUNT_FAIL_OTHER);
		child_log_offer(sa);
	}
	if (!closing && ike_sa_wait(sa)) {
		want_again(sa, old);
		return;
	}
	ike_sa_log(sa, LOG_WARN, "it does not get better: closing the IKE SA");
	sa->want_delete = true;
}

static void take_child(struct ike_sa *sa, const struct ike_content *c)
{
	bool rekey = sa->request.kind == REQUEST_CHILD_REKEY;
	struct child_sa *child = child_take_answer(sa, c, false);

	sa->ke_tries = sa->temporary_tries = 0;
	if (rekey) {
		if (child) {
			daemon_count(sa->d, IKE_COUNT_CHILD_REKEYED);
			child->replaces = sa->request.child;
		}
		collide_child_over(sa, child, c->nonce);
		if (!child && ike_sa_wait(sa))
			want_again(sa, child_sa_find(sa, sa->request.child));
	} else if (child) {
		child_sa_begin(child);
	}
}

void create_child_response(struct ike_sa *sa, const struct ike_content *c)
{
	const struct ike_notify_payload *n = ike_content_error(c);

	if (sa->request.kind == REQUEST_IKE_REKEY) {
		rekey_ike_response(sa, c);
		return;
	}
	if (n) {
		if (sa->request.kind == REQUEST_CHILD_REKEY)
			collide_child_over(sa, NULL, none);
		refused(sa, n, child_sa_find(sa, sa->request.child));
	} else if (!c->has_sa || c->nonce.len < IKE_NONCE_MIN ||
		   c->nonce.len > IKE_NONCE_MAX) {
		ike_sa_log(sa, LOG_WARN, "the peer's answer is malformed: closed");
		daemon_count(sa->d, IKE_COUNT_RX_SYNTAX);
		ike_sa_failed(sa);
		return;
	} else {
		take_child(sa, c);
	}
	request_clear(sa);
}
