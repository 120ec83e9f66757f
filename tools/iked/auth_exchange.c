// SPDX-License-Identifier: MIT
/*
 * auth_exchange.c - IKE_AUTH, both roles (RFC 7296 1.2, 2.15, 2.21.2).
 *
 *	SK { IDi, [CERT], [CERTREQ], [IDr], AUTH, SAi2, TSi, TSr }  -->
 *	                       <--  SK { IDr, [CERT], AUTH, SAr2, TSi, TSr }
 *
 * A child SA that cannot be made leaves the IKE SA as it is.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "auth.h"
#include "exchange.h"
#include "ike_sa.h"
#include "log.h"

#define ID_BODY_MAX	(4 + IDENTITY_BYTES_MAX)

static const struct bytes none;

static void id_body(struct writer *w, uint8_t *buf, size_t cap, const struct identity *id)
{
	*w = writer_of(buf, cap);
	identity_write_body(w, id);
}

/* What our AUTH covers, and what the peer's does */
static struct auth_octets octets_of(const struct ike_sa *sa, bool by_initiator,
				    struct bytes body)
{
	return (struct auth_octets){
		.message = blob_view(by_initiator ? &sa->init_i : &sa->init_r),
		.nonce = blob_view(by_initiator ? &sa->nonce_r : &sa->nonce_i),
		.id_body = body,
	};
}

/*
 * Who we are
 */

static int build_auth(struct ike_sa *sa, struct bytes body, struct ike_builder *b)
{
	const struct config_peer *config = sa->peer->config;
	struct auth_octets octets = octets_of(sa, sa->initiator, body);
	struct private_key *key = sa->peer->iface->creds.key;
	char error[AUTH_ERROR_MAX] = "no certificate is configured for us";
	uint8_t psk[PRF_MAX], method;
	struct blob data = { 0 };
	int err = -EINVAL;

	if (config->auth == CONFIG_AUTH_PSK) {
		err = auth_psk(&sa->keys, sa->initiator, blob_view(&config->psk), &octets,
			       psk);
		if (!err)
			ike_build_auth(b, IKE_AUTH_PSK, bytes_of(psk, prf_len(sa->keys.prf)));
		return err;
	}
	if (key)
		err = auth_sign(&sa->keys, sa->initiator, key, sa->peer_hashes,
				!config->rsa_pkcs1, &octets, &method, &data, error);
	if (err)
		ike_sa_log(sa, LOG_ERROR, "cannot sign: %s", error);
	else
		ike_build_auth(b, method, blob_view(&data));
	blob_free(&data);
	return err;
}

static void build_certs(const struct ike_sa *sa, struct ike_builder *b)
{
	const struct credentials *creds = &sa->peer->iface->creds;
	unsigned int i;

	if (sa->peer->config->auth != CONFIG_AUTH_CERT)
		return;
	for (i = 0; i < creds->n; i++)
		ike_build_cert(b, blob_view(&creds->chain[i]));
}

/*
 * Who the peer is
 */

static bool fail(char error[static AUTH_ERROR_MAX], const char *text)
{
	snprintf(error, AUTH_ERROR_MAX, "%s", text);
	return false;
}

static bool verify_cert(struct ike_sa *sa, const struct peer *peer,
			const struct ike_content *c, const struct identity *id,
			const struct auth_octets *octets, char error[static AUTH_ERROR_MAX])
{
	struct public_key *key = NULL;
	int err;

	if (c->auth_method == IKE_AUTH_PSK)
		return fail(error, "it uses a pre-shared key, and its certificate is wanted");
	if (!c->n_certs)
		return fail(error, "it sent no certificate");
	err = cert_verify(peer->iface->trust, c->certs, c->n_certs, id, sa->d->wall_clock(),
			  &key, error);
	if (err)
		return false;
	err = auth_verify(&sa->keys, !sa->initiator, key, c->auth_method, c->auth, octets,
			  error);
	public_key_free(key);
	return !err;
}

static bool verify(struct ike_sa *sa, const struct peer *peer,
		   const struct ike_content *c, const struct identity *id,
		   struct bytes body, char error[static AUTH_ERROR_MAX])
{
	struct auth_octets octets = octets_of(sa, !sa->initiator, body);
	const struct config_peer *config = peer->config;

	if (config->remote_auth == CONFIG_AUTH_CERT)
		return verify_cert(sa, peer, c, id, &octets, error);
	if (config->remote_auth != CONFIG_AUTH_PSK || config->psk.len < AUTH_PSK_MIN)
		return fail(error, "no pre-shared key is configured for it");
	if (c->auth_method != IKE_AUTH_PSK)
		return fail(error, "it uses a signature, and a pre-shared key is wanted");
	if (auth_verify_psk(&sa->keys, !sa->initiator, blob_view(&config->psk), c->auth,
			    &octets))
		return fail(error, "the pre-shared key is not the same on both sides");
	return true;
}

/*
 * Several IKE SAs with one peer
 */

/* Both sides called at once: both IKE SAs were in work at the same time */
static bool crossed(const struct ike_sa *sa, const struct ike_sa *other)
{
	return !other->rekeyed_one && other->initiator != sa->initiator &&
	       sa->serial <= other->up_order;
}

/* As in a rekey that crossed, the one with the lowest of the four nonces goes */
static bool loses(const struct ike_sa *sa, const struct ike_sa *other)
{
	struct bytes a = nonce_lower(blob_view(&sa->nonce_i), blob_view(&sa->nonce_r));
	struct bytes b = nonce_lower(blob_view(&other->nonce_i),
				     blob_view(&other->nonce_r));

	return nonce_compare(a, b) < 0;
}

static void close_loser(struct ike_sa *loser)
{
	daemon_count(loser->d, IKE_COUNT_COLLISION);
	if (!loser->initiator)
		return;			/* its initiator closes it */
	ike_sa_log(loser, LOG_INFO, "both sides called at once: closing one of the two");
	loser->want_delete = true;
}

bool auth_stays(const struct ike_sa *sa)
{
	const struct ike_sa *other;

	for (other = sa->d->sas; other; other = other->next)
		if (other != sa && other->peer == sa->peer && other->state == IKE_UP &&
		    crossed(sa, other) && loses(sa, other))
			return false;
	return true;
}

void auth_settle(struct ike_sa *sa)
{
	struct ike_sa *other;

	for (other = sa->d->sas; other; other = other->next) {
		if (other == sa || other->peer != sa->peer || other->state == IKE_DEAD)
			continue;
		if (other->state == IKE_INIT_SENT && !sa->initiator) {
			ike_sa_kill(other);	/* our call is not needed any more */
		} else if (other->state != IKE_UP) {
			continue;
		} else if (crossed(sa, other)) {
			close_loser(loses(sa, other) ? sa : other);
		} else if (!identity_matches(&other->remote_id, &sa->remote_id)) {
			ike_sa_log(sa, LOG_WARN, "another took the place of this peer");
			ike_sa_goodbye(other);
		} else if (sa->alone) {
			ike_sa_log(sa, LOG_INFO, "the peer started again: IKE SA %016llx is dropped",
				   (unsigned long long)ike_sa_our_spi(other));
			ike_sa_superseded(other);
		} else {
			continue;
		}
	}
}

static void log_up(const struct ike_sa *sa)
{
	char id[IDENTITY_TEXT_MAX], where[ENDPOINT_TEXT_MAX], text[PROPOSAL_TEXT_MAX];

	ike_sa_log(sa, LOG_INFO, "IKE SA %016llx up with %s at %s, %s%s",
		   (unsigned long long)ike_sa_our_spi(sa), identity_text(&sa->remote_id, id),
		   endpoint_text(&sa->remote, where), chosen_text(&sa->chosen, text),
		   sa->nat_local ? ", we are behind a NAT" :
		   sa->nat_remote ? ", the peer is behind a NAT" : "");
}

static void come_up(struct ike_sa *sa)
{
	daemon_count(sa->d, IKE_COUNT_IKE_SA_UP);
	ike_sa_up(sa);
	log_up(sa);
}

/*
 * The initiator
 */

static bool first_with_peer(const struct ike_sa *sa)
{
	const struct ike_sa *other;

	for (other = sa->d->sas; other; other = other->next)
		if (other != sa && other->peer == sa->peer && other->state == IKE_UP)
			return false;
	return true;
}

static void build_certreq(const struct ike_sa *sa, struct ike_builder *b)
{
	struct blob hashes = { 0 };

	if (sa->peer->config->remote_auth != CONFIG_AUTH_CERT)
		return;
	if (!trust_key_hashes(sa->peer->iface->trust, &hashes) && hashes.len)
		ike_build_certreq(b, blob_view(&hashes));
	blob_free(&hashes);
}

int auth_start(struct ike_sa *sa)
{
	const struct config_peer *config = sa->peer->config;
	uint8_t ours[ID_BODY_MAX], theirs[ID_BODY_MAX];
	struct outgoing out;
	struct ike_builder *b = outgoing_begin(&out);
	struct bytes chain;
	struct writer w;
	int err;

	if (!peer_local_id(sa->peer, &sa->local.addr, &sa->local_id)) {
		ike_sa_log(sa, LOG_ERROR, "who are we?  No \"id\" is configured, and there is no certificate");
		return -EINVAL;
	}
	id_body(&w, ours, sizeof(ours), &sa->local_id);
	ike_build_id(b, IKE_PAYLOAD_ID_I, writer_view(&w));
	build_certs(sa, b);
	if (config->initial_contact && first_with_peer(sa))
		build_status(b, IKE_N_INITIAL_CONTACT);
	build_certreq(sa, b);
	if (!identity_is_any(&config->id)) {
		struct writer id;

		id_body(&id, theirs, sizeof(theirs), &config->id);
		ike_build_id(b, IKE_PAYLOAD_ID_R, writer_view(&id));
	}
	err = build_auth(sa, writer_view(&w), b);
	if (!err)
		err = child_offer(sa, true);
	if (err)
		return err;
	sa->request.kind = REQUEST_AUTH;
	child_build_offer(sa, b);
	if (!ike_build_end(b, &chain))
		return -EMSGSIZE;
	return window_request(sa, IKE_EXCHANGE_IKE_AUTH, b->first, chain);
}

/* RFC 7296 2.21.2: says so in an INFORMATIONAL of its own, and it is over */
static void reject_responder(struct ike_sa *sa, const char *why)
{
	char id[IDENTITY_TEXT_MAX];
	struct outgoing out;
	struct bytes chain;

	daemon_count(sa->d, IKE_COUNT_FAIL_AUTH);
	ike_sa_log(sa, LOG_WARN, "%s is not who it should be: %s",
		   identity_text(&sa->remote_id, id), why);
	build_status(outgoing_begin(&out), IKE_N_AUTHENTICATION_FAILED);
	if (ike_build_end(&out.b, &chain))
		window_send_once(sa, IKE_EXCHANGE_INFORMATIONAL, out.b.first, chain);
	ike_sa_failed(sa);
}

/* The string says why not */
static bool responder_is_right(struct ike_sa *sa, const struct ike_content *c,
			       char error[static AUTH_ERROR_MAX])
{
	const struct config_peer *config = sa->peer->config;
	char want[IDENTITY_TEXT_MAX];

	if (!c->id_r.type || !c->auth.p)
		return fail(error, "its answer has no identity or no AUTH");
	if (identity_of_payload(&c->id_r, &sa->remote_id)) {
		sa->remote_id.type = 0;
		return fail(error, "its identity is malformed");
	}
	if (!identity_matches(&config->id, &sa->remote_id)) {
		snprintf(error, AUTH_ERROR_MAX, "expected is %.150s",
			 identity_text(&config->id, want));
		return false;
	}
	return verify(sa, sa->peer, c, &sa->remote_id, c->id_r.body, error);
}

static void child_refused(struct ike_sa *sa, const struct ike_content *c)
{
	const struct ike_notify_payload *n = ike_content_error(c);
	char name[NUMBER_TEXT_MAX];

	ike_sa_log(sa, LOG_WARN, "no child SA: the peer says %s",
		   n ? ike_notify_name(n->type, name) : "nothing about it");
	daemon_count(sa->d, n && n->type == IKE_N_TS_UNACCEPTABLE ? IKE_COUNT_FAIL_TS :
		     n && n->type == IKE_N_NO_PROPOSAL_CHOSEN ? IKE_COUNT_FAIL_PROPOSAL :
		     IKE_COUNT_FAIL_OTHER);
	child_log_offer(sa);
	request_clear(sa);
	peer_failed(sa->peer);
}

void auth_response(struct ike_sa *sa, const struct ike_content *c)
{
	const struct ike_notify_payload *error = ike_content_error(c);
	char name[NUMBER_TEXT_MAX], why[AUTH_ERROR_MAX];
	struct child_sa *child = NULL;

	if (!c->auth.p && error) {
		daemon_count(sa->d, error->type == IKE_N_AUTHENTICATION_FAILED ?
			     IKE_COUNT_FAIL_AUTH : IKE_COUNT_FAIL_OTHER);
		ike_sa_log(sa, LOG_WARN, "the peer refuses us: %s (its log says why)",
			   ike_notify_name(error->type, name));
		ike_sa_failed(sa);
		return;
	}
	if (!responder_is_right(sa, c, why)) {
		reject_responder(sa, why);
		return;
	}
	if (ike_content_notify(c, IKE_N_ESP_TFC_PADDING_NOT_SUPPORTED))
		sa->no_tfc = true;
	come_up(sa);
	if (c->has_sa)
		child = child_take_answer(sa, c, true);
	else
		child_refused(sa, c);
	if (child && auth_stays(sa))
		child_sa_begin(child);
	request_clear(sa);
	auth_settle(sa);
}

/*
 * The responder
 */

/* It must also be what we say of ourselves to that peer, if it asks for somebody */
static bool may_be_peer(struct ike_sa *sa, const struct peer *peer,
			const struct ike_content *c, const struct identity *id)
{
	struct identity ours, wanted;
	struct proposals suite = { .n = 1 };
	struct chosen chosen;
	unsigned int index;

	if (!peer_may_be(peer, &sa->local.addr, &sa->remote.addr) ||
	    !identity_matches(&peer->config->id, id))
		return false;
	if (c->id_r.type &&
	    (identity_of_payload(&c->id_r, &wanted) ||
	     !peer_local_id(peer, &sa->local.addr, &ours) ||
	     !identity_matches(&wanted, &ours)))
		return false;
	proposal_of_chosen(&sa->chosen, none, &suite.list[0]);
	return !proposal_select(&suite, &peer->config->ike, true, &chosen, &index);
}

/* Who names its identity comes first, then who names its address */
static unsigned int rank(const struct peer *peer)
{
	return (identity_is_any(&peer->config->id) ? 2 : 0) +
	       (peer_is_any(peer) ? 1 : 0);
}

static struct peer *find_peer(struct ike_sa *sa, const struct ike_content *c,
			      const struct identity *id, char error[static AUTH_ERROR_MAX])
{
	struct iface *iface;
	struct peer *peer;
	unsigned int i;

	fail(error, "no peer of that identity is configured for its address");
	for (i = 0; i < 4; i++)
		for (iface = sa->d->ifaces; iface; iface = iface->next)
			for (peer = iface->peers; peer; peer = peer->next)
				if (rank(peer) == i && may_be_peer(sa, peer, c, id) &&
				    verify(sa, peer, c, id, c->id_i.body, error))
					return peer;
	return NULL;
}

/* Whom we know at that address */
static void log_expected(const struct ike_sa *sa)
{
	char about[IKE_SA_TEXT_MAX], name[PEER_TEXT_MAX], text[IDENTITY_TEXT_MAX];
	const struct iface *iface;
	const struct peer *peer;
	struct identity ours;
	unsigned int shown = 0;

	ike_sa_text(sa, about);
	for (iface = sa->d->ifaces; iface; iface = iface->next)
		for (peer = iface->peers; peer; peer = peer->next) {
			if (!peer_may_be(peer, &sa->local.addr, &sa->remote.addr) ||
			    shown++ >= 3)
				continue;
			peer_text(peer, name);
			log_line(LOG_WARN, about, "  %s: expected is %s", name,
				 identity_text(&peer->config->id, text));
			if (peer_local_id(peer, &sa->local.addr, &ours))
				log_line(LOG_WARN, about, "  %s: we are %s", name,
					 identity_text(&ours, text));
		}
}

static void refuse_initiator(struct ike_sa *sa, const struct ike_content *c,
			     struct ike_builder *b, const char *why)
{
	char id[IDENTITY_TEXT_MAX];
	struct identity wanted;

	daemon_count(sa->d, IKE_COUNT_FAIL_AUTH);
	ike_sa_log(sa, LOG_WARN, "%s is refused: %s",
		   sa->remote_id.type ? identity_text(&sa->remote_id, id) : "who calls",
		   why);
	if (c->id_r.type && !identity_of_payload(&c->id_r, &wanted))
		ike_sa_log(sa, LOG_WARN, "  it wants to talk to %s",
			   identity_text(&wanted, id));
	log_expected(sa);
	sa->end = "authentication failed";
	build_status(b, IKE_N_AUTHENTICATION_FAILED);
}

void auth_request(struct ike_sa *sa, const struct ike_content *c, struct ike_builder *b)
{
	char why[AUTH_ERROR_MAX] = "its request has no identity or no AUTH";
	uint8_t ours[ID_BODY_MAX];
	struct peer *peer = NULL;
	struct writer w;

	if (c->id_i.type && c->auth.p) {
		if (identity_of_payload(&c->id_i, &sa->remote_id)) {
			sa->remote_id.type = 0;
			fail(why, "its identity is malformed");
		} else {
			peer = find_peer(sa, c, &sa->remote_id, why);
		}
	}
	if (!peer || !peer_local_id(peer, &sa->local.addr, &sa->local_id)) {
		refuse_initiator(sa, c, b, why);
		return;
	}
	sa->peer = peer;
	id_body(&w, ours, sizeof(ours), &sa->local_id);
	ike_build_id(b, IKE_PAYLOAD_ID_R, writer_view(&w));
	build_certs(sa, b);
	if (build_auth(sa, writer_view(&w), b)) {
		sa->peer = NULL;
		ike_build_begin(b, b->w.buf, b->w.cap);
		refuse_initiator(sa, c, b, "we cannot prove who we are");
		return;
	}
	sa->alone = ike_content_notify(c, IKE_N_INITIAL_CONTACT);
	if (ike_content_notify(c, IKE_N_ESP_TFC_PADDING_NOT_SUPPORTED))
		sa->no_tfc = true;
	sa->settle = true;
	come_up(sa);
	child_answer_auth(sa, c, b);
}
