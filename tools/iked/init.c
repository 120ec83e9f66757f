// SPDX-License-Identifier: MIT
/*
 * init.c - IKE_SA_INIT, both roles (RFC 7296 1.2, 2.6, 2.7, 2.23).
 *
 *	SA, KEi, Ni, N(NAT_DETECTION_*), ...  -->
 *	                                      <--  SA, KEr, Nr, N(NAT_DETECTION_*), ...
 *
 * Nothing in it is authenticated yet: an error that comes back is a hint, but for those
 * that say how to ask again.
 */
#include <errno.h>
#include <string.h>

#include "auth.h"
#include "cookie.h"
#include "exchange.h"
#include "ike_sa.h"
#include "log.h"
#include "natd.h"

#define HASHES_MAX	32	/* bytes of SIGNATURE_HASH_ALGORITHMS */

static const struct bytes none;

static void log_proposals(const char *about, const char *whose,
			  const struct proposals *list)
{
	char text[PROPOSAL_TEXT_MAX];
	unsigned int i;

	for (i = 0; i < list->n; i++)
		log_line(LOG_WARN, about, "  %s: %s", whose,
			 proposal_text(&list->list[i], text));
	if (!list->n)
		log_line(LOG_WARN, about, "  %s: nothing that we know", whose);
}

/* What both sides say about themselves */
static int build_abilities(struct ike_builder *b, const struct ike_sa *sa)
{
	uint8_t hashes[HASHES_MAX];
	size_t len;

	if (natd_build(b, sa->spi_i, sa->spi_r, &sa->local, &sa->remote, sa->pretend_nat))
		return -EIO;
	len = auth_hashes_write(hashes, sizeof(hashes));
	if (sa->initiator || sa->fragmentation)
		build_status(b, IKE_N_FRAGMENTATION_SUPPORTED);
	if (sa->initiator || sa->peer_hashes)
		ike_build_notify(b, IKE_PROTO_NONE, none,
				 IKE_N_SIGNATURE_HASH_ALGORITHMS, bytes_of(hashes, len));
	return 0;
}

static void read_abilities(struct ike_sa *sa, const struct ike_content *c)
{
	const struct ike_notify_payload *n;

	sa->fragmentation = ike_content_notify(c, IKE_N_FRAGMENTATION_SUPPORTED);
	n = ike_content_notify(c, IKE_N_SIGNATURE_HASH_ALGORITHMS);
	sa->peer_hashes = n ? auth_hashes_read(n->data) : 0;
}

static int write_message(struct ike_sa *sa, struct outgoing *out, struct blob *to)
{
	struct ike_header header = {
		.spi_i = sa->spi_i,
		.spi_r = sa->initiator ? 0 : sa->spi_r,
		.version = IKE_VERSION,
		.exchange = IKE_EXCHANGE_IKE_SA_INIT,
		.flags = sa->initiator ? IKE_FLAG_INITIATOR : IKE_FLAG_RESPONSE,
	};
	uint8_t buf[8192];
	struct writer w = writer_of(buf, sizeof(buf));
	struct bytes chain;

	if (!ike_build_end(&out->b, &chain) ||
	    ike_message_write(&header, out->b.first, chain, &w))
		return -EMSGSIZE;
	return blob_copy(to, writer_view(&w));
}

/*
 * The initiator
 */

static int send_request(struct ike_sa *sa)
{
	struct proposals offered = sa->peer->config->ike;
	struct outgoing out;
	struct ike_builder *b = outgoing_begin(&out);
	int err;

	if (sa->cookie.len)
		ike_build_notify(b, IKE_PROTO_NONE, none, IKE_N_COOKIE,
				 blob_view(&sa->cookie));
	proposals_set_spi(&offered, none);
	ike_build_sa(b, &offered);
	ike_build_ke(b, dh_group(sa->request.dh), dh_public(sa->request.dh));
	ike_build_nonce(b, blob_view(&sa->nonce_i));
	err = build_abilities(b, sa);
	if (!err)
		err = write_message(sa, &out, &sa->init_i);
	if (!err)
		err = window_request_init(sa, blob_view(&sa->init_i));
	return err;
}

static int find_local(struct ike_sa *sa, const struct config_peer *config)
{
	struct kernel *k = sa->d->kernel;
	int err;

	sa->remote.addr = config->remote;
	sa->remote.port = config->port ? config->port : IKE_PORT;
	/* The device matters too, when the route leads into the tunnel */
	err = k->ops->source(k, &config->remote, &sa->local);
	if (config->local.len) {
		sa->local.addr = config->local;
		err = 0;
	}
	if (err)
		ike_sa_log(sa, LOG_WARN, "no route to the peer");
	/* The marker is there when the local port is not 500, and it is ours to choose */
	sa->local.port = sa->remote.port == IKE_PORT ? IKE_PORT : IKE_PORT_NATT;
	return err;
}

int init_start(struct peer *peer)
{
	const struct config_peer *config = peer->config;
	struct ike_sa *sa = ike_sa_new(peer->d, true);
	uint8_t nonce[NONCE_LEN];
	char buf[ENDPOINT_TEXT_MAX];
	int err;

	if (!sa)
		return -ENOMEM;
	sa->peer = peer;
	sa->request.kind = REQUEST_INIT;
	sa->pretend_nat = config->encap == CONFIG_ENCAP_YES;
	err = find_local(sa, config);
	if (!err)
		err = random_bytes(nonce, sizeof(nonce));
	if (!err)
		err = blob_copy(&sa->nonce_i, BYTES(nonce));
	if (!err) {
		sa->request.dh = dh_new(proposals_first_group(&config->ike));
		err = sa->request.dh ? send_request(sa) : -EIO;
	}
	if (err) {
		ike_sa_kill(sa);
		return err;
	}
	ike_sa_log(sa, LOG_INFO, "calling %s", endpoint_text(&sa->remote, buf));
	return 0;
}

/* COOKIE and INVALID_KE_PAYLOAD say how to ask again.  True: it was one of them */
static bool ask_again(struct ike_sa *sa, const struct ike_content *c)
{
	const struct ike_notify_payload *n;
	struct dh *dh;
	uint16_t group;

	n = ike_content_notify(c, IKE_N_COOKIE);
	if (n && !c->has_sa) {
		if (n->data.len && n->data.len <= COOKIE_MAX &&
		    sa->cookie_tries++ < COOKIE_TRIES &&
		    !blob_copy(&sa->cookie, n->data))
			send_request(sa);
		return true;
	}
	n = ike_content_notify(c, IKE_N_INVALID_KE_PAYLOAD);
	if (!n || c->has_sa)
		return false;
	if (n->data.len != 2)
		return true;
	group = (uint16_t)(n->data.p[0] << 8 | n->data.p[1]);
	if (group == dh_group(sa->request.dh) ||
	    !proposals_have_group(&sa->peer->config->ike, group) ||
	    sa->ke_tries++ >= KE_TRIES)
		return true;		/* E4.9 */
	dh = dh_new(group);
	if (!dh)
		return true;
	dh_free(sa->request.dh);
	sa->request.dh = dh;
	send_request(sa);
	return true;
}

static void hint(struct ike_sa *sa, const struct ike_notify_payload *n)
{
	char name[NUMBER_TEXT_MAX], about[IKE_SA_TEXT_MAX];

	daemon_count(sa->d, IKE_COUNT_RX_UNEXPECTED);
	if (sa->hint == n->type)
		return;
	sa->hint = n->type;
	ike_sa_log(sa, LOG_WARN, "the peer says %s (which anybody could); still trying",
		   ike_notify_name(n->type, name));
	if (n->type != IKE_N_NO_PROPOSAL_CHOSEN)
		return;
	daemon_count(sa->d, IKE_COUNT_FAIL_PROPOSAL);
	log_proposals(ike_sa_text(sa, about), "we offered", &sa->peer->config->ike);
}

static bool nonce_ok(struct bytes nonce, struct bytes ours)
{
	return nonce.len >= IKE_NONCE_MIN && nonce.len <= IKE_NONCE_MAX &&
	       !bytes_equal(nonce, ours);
}

static int derive(struct ike_sa *sa, struct dh *dh, struct bytes ke)
{
	struct blob secret = { 0 };
	int err = dh_shared(dh, ke, &secret);

	if (err)
		daemon_count(sa->d, IKE_COUNT_FAIL_KE);
	else
		err = ike_keys_derive(&sa->chosen, NULL, blob_view(&secret),
				      blob_view(&sa->nonce_i), blob_view(&sa->nonce_r),
				      sa->spi_i, sa->spi_r, &sa->keys);
	blob_free(&secret);
	return err;
}

static void log_nat(const struct ike_sa *sa)
{
	if (sa->nat)
		ike_sa_log(sa, LOG_INFO, "%s: ESP goes in UDP, from port %u",
			   sa->nat_local && sa->nat_remote ? "both sides are behind a NAT" :
			   sa->nat_local ? "we are behind a NAT" :
			   sa->nat_remote ? "the peer is behind a NAT" : "as configured",
			   sa->local.port);
}

/* Takes the answer; the string says what is wrong with it */
static const char *take_response(struct ike_sa *sa, const struct ike_header *header,
				 struct bytes message, const struct ike_content *c)
{
	const struct config_peer *config = sa->peer->config;

	if (proposal_check_answer(&c->sa, &config->ike, true, &sa->chosen) ||
	    !keys_suite_known(&sa->chosen)) {
		daemon_count(sa->d, IKE_COUNT_FAIL_PROPOSAL);
		return "the peer chose what we did not offer";
	}
	if (sa->chosen.group != dh_group(sa->request.dh) || c->ke_group != sa->chosen.group) {
		daemon_count(sa->d, IKE_COUNT_FAIL_KE);
		return "the peer answered with another key exchange group";
	}
	sa->spi_r = header->spi_r;
	if (blob_copy(&sa->nonce_r, c->nonce) || blob_copy(&sa->init_r, message))
		return "out of memory";
	if (derive(sa, sa->request.dh, c->ke))
		return "the key exchange failed: the peer's public value is invalid";
	natd_read(c, sa->spi_i, sa->spi_r, &sa->local, &sa->remote, &sa->nat_local,
		  &sa->nat_remote);
	read_abilities(sa, c);
	return NULL;
}

void init_response(struct ike_sa *sa, const struct ike_header *header,
		   struct bytes message)
{
	const struct ike_notify_payload *error;
	struct ike_content c;
	const char *wrong;
	uint8_t critical;

	if (ike_content_read(message, IKE_HEADER_LEN, header->next, &c, &critical) ||
	    c.sealed) {
		daemon_count(sa->d, IKE_COUNT_RX_MALFORMED);
		return;
	}
	if (ask_again(sa, &c))
		return;
	error = ike_content_error(&c);
	if (error) {
		hint(sa, error);
		return;
	}
	/* The real answer may still come */
	if (!header->spi_r || !c.has_sa || !c.ke.p ||
	    !nonce_ok(c.nonce, blob_view(&sa->nonce_i))) {
		daemon_count(sa->d, IKE_COUNT_RX_MALFORMED);
		return;
	}
	wrong = take_response(sa, header, message, &c);
	if (wrong) {
		char about[IKE_SA_TEXT_MAX];

		ike_sa_log(sa, LOG_WARN, "%s", wrong);
		log_proposals(ike_sa_text(sa, about), "we offered",
			      &sa->peer->config->ike);
		log_proposals(about, "the peer chose", &c.sa);
		ike_sa_failed(sa);
		return;
	}
	sa->nat = sa->nat_local || sa->nat_remote || sa->pretend_nat;
	if (sa->nat && sa->local.port == IKE_PORT) {
		sa->local.port = IKE_PORT_NATT;
		sa->remote.port = IKE_PORT_NATT;
	}
	log_nat(sa);
	window_done(sa);
	request_clear(sa);
	ike_sa_set_state(sa, IKE_AUTH_SENT);
	if (auth_start(sa))
		ike_sa_failed(sa);
}

/*
 * The responder
 */

static void refuse(struct daemon *d, const struct endpoint *local,
		   const struct endpoint *remote, const struct ike_header *header,
		   uint16_t type, struct bytes data)
{
	struct outgoing out;

	ike_build_notify(outgoing_begin(&out), IKE_PROTO_NONE, none, type, data);
	receive_answer_plain(d, local, remote, header, &out.b);
}

/* The same request again, while its IKE_AUTH has not come */
static bool seen_before(struct daemon *d, const struct endpoint *remote,
			const struct ike_header *header, struct bytes message)
{
	struct ike_sa *sa;

	for (sa = d->half_open; sa; sa = sa->half_next) {
		/* Another message with that SPI may be the forgery, or this is */
		if (sa->spi_i != header->spi_i || !endpoint_equal(&sa->remote, remote) ||
		    !bytes_equal(blob_view(&sa->init_i), message))
			continue;
		window_answer_again(sa);
		return true;
	}
	return false;
}

static bool cookie_passes(struct daemon *d, const struct endpoint *local,
			  const struct endpoint *remote, const struct ike_header *header,
			  const struct ike_content *c)
{
	uint8_t cookie[COOKIE_LEN];

	if (!cookie_needed(d, &remote->addr))
		return true;
	if (header->next == IKE_PAYLOAD_NOTIFY && c->n_notifies &&
	    c->notifies[0].type == IKE_N_COOKIE) {
		if (cookie_valid(d, &remote->addr, header->spi_i, c->nonce,
				 c->notifies[0].data))
			return true;
		daemon_count(d, IKE_COUNT_COOKIE_BAD);
	}
	if (!cookie_make(d, &remote->addr, header->spi_i, c->nonce, cookie)) {
		daemon_count(d, IKE_COUNT_COOKIE_SENT);
		refuse(d, local, remote, header, IKE_N_COOKIE, BYTES(cookie));
	}
	return false;
}

/* Which of those that it may be can agree with it; those with just that address first */
static const struct peer *choose_peer(struct daemon *d, const struct addr *local,
				      const struct addr *remote,
				      const struct proposals *offered, bool *any,
				      struct chosen *chosen)
{
	const struct iface *iface;
	const struct peer *peer;
	unsigned int index, round;

	*any = false;
	for (round = 0; round < 2; round++)
		for (iface = d->ifaces; iface; iface = iface->next)
			for (peer = iface->peers; peer; peer = peer->next) {
				if (peer_is_any(peer) != (round == 1) ||
				    !peer_may_be(peer, local, remote))
					continue;
				*any = true;
				if (!proposal_select(offered, &peer->config->ike, true,
						     chosen, &index) &&
				    keys_suite_known(chosen))
					return peer;
			}
	return NULL;
}

static void log_no_proposal(struct daemon *d, const struct addr *local,
			    const struct endpoint *remote,
			    const struct proposals *offered)
{
	char about[ENDPOINT_TEXT_MAX], name[PEER_TEXT_MAX];
	const struct iface *iface;
	const struct peer *peer;
	unsigned int shown = 0;

	endpoint_text(remote, about);
	log_line(LOG_WARN, about, "no proposal for the IKE SA in common");
	log_proposals(about, "the peer offers", offered);
	for (iface = d->ifaces; iface; iface = iface->next)
		for (peer = iface->peers; peer; peer = peer->next)
			if (peer_may_be(peer, local, &remote->addr) && shown++ < 3)
				log_proposals(about, peer_text(peer, name),
					      &peer->config->ike);
}

/* Hashes of the authorities that may have signed the peer's certificate */
static void build_certreqs(struct daemon *d, const struct ike_sa *sa,
			   struct ike_builder *b)
{
	const struct iface *iface;
	const struct peer *peer;
	struct blob hashes = { 0 };

	for (iface = d->ifaces; iface; iface = iface->next) {
		for (peer = iface->peers; peer; peer = peer->next)
			if (peer->config->remote_auth == CONFIG_AUTH_CERT &&
			    peer_may_be(peer, &sa->local.addr, &sa->remote.addr))
				break;
		if (!peer)
			continue;
		if (!trust_key_hashes(iface->trust, &hashes) && hashes.len)
			ike_build_certreq(b, blob_view(&hashes));
		blob_free(&hashes);
	}
}

static int send_response(struct ike_sa *sa, const struct dh *dh)
{
	struct proposals answer = { .n = 1 };
	struct outgoing out;
	struct ike_builder *b = outgoing_begin(&out);
	int err;

	proposal_of_chosen(&sa->chosen, none, &answer.list[0]);
	ike_build_sa(b, &answer);
	ike_build_ke(b, sa->chosen.group, dh_public(dh));
	ike_build_nonce(b, blob_view(&sa->nonce_r));
	err = build_abilities(b, sa);
	if (err)
		return err;
	build_certreqs(sa->d, sa, b);
	err = write_message(sa, &out, &sa->init_r);
	if (err)
		return err;
	return window_answer_init(sa, blob_view(&sa->init_r));
}

static int respond(struct ike_sa *sa, const struct ike_header *header,
		   const struct ike_content *c, struct bytes message)
{
	uint8_t nonce[NONCE_LEN];
	struct dh *dh;
	int err;

	sa->spi_i = header->spi_i;
	err = random_bytes(nonce, sizeof(nonce));
	if (err || blob_copy(&sa->nonce_i, c->nonce) ||
	    blob_copy(&sa->nonce_r, BYTES(nonce)) || blob_copy(&sa->init_i, message))
		return -ENOMEM;
	dh = dh_new(sa->chosen.group);
	err = dh ? derive(sa, dh, c->ke) : -EIO;
	if (!err) {
		natd_read(c, sa->spi_i, 0, &sa->local, &sa->remote, &sa->nat_local,
			  &sa->nat_remote);
		read_abilities(sa, c);
		ike_sa_set_state(sa, IKE_HALF_OPEN);
		err = send_response(sa, dh);
	}
	dh_free(dh);
	return err;
}

/* A request that is worth an IKE SA */
static void take_request(struct daemon *d, const struct endpoint *local,
			 const struct endpoint *remote, const struct ike_header *header,
			 const struct ike_content *c, struct bytes message,
			 const struct peer *peer, const struct chosen *chosen)
{
	struct ike_sa *sa;
	int err;

	if (d->n_half_open >= HALF_OPEN_MAX) {
		daemon_count(d, IKE_COUNT_HALF_OPEN_FULL);
		return;
	}
	sa = ike_sa_new(d, false);
	if (!sa)
		return;
	sa->local = *local;
	sa->remote = *remote;
	sa->chosen = *chosen;
	sa->pretend_nat = peer->config->encap == CONFIG_ENCAP_YES;
	err = respond(sa, header, c, message);
	if (!err)
		return;
	ike_sa_log(sa, LOG_WARN, "its IKE_SA_INIT cannot be answered: %s",
		   err == -EINVAL ? "the public value is invalid" : strerror(-err));
	ike_sa_kill(sa);
	if (err == -EINVAL)
		refuse(d, local, remote, header, IKE_N_INVALID_SYNTAX, none);
}

void init_request(struct daemon *d, const struct endpoint *local,
		  const struct endpoint *remote, const struct ike_header *header,
		  struct bytes message)
{
	const struct peer *peer;
	struct ike_content c;
	struct chosen chosen;
	uint8_t critical, group[2];
	bool any;
	int err;

	if (seen_before(d, remote, header, message))
		return;
	err = ike_content_read(message, IKE_HEADER_LEN, header->next, &c, &critical);
	if (err == -ENOTSUP) {
		refuse(d, local, remote, header, IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD,
		       bytes_of(&critical, 1));
		return;
	}
	if (err || c.sealed || !c.has_sa || !c.ke.p || !c.nonce.p) {
		daemon_count(d, IKE_COUNT_RX_MALFORMED);
		return;
	}
	if (!nonce_ok(c.nonce, none)) {
		daemon_count(d, IKE_COUNT_RX_MALFORMED);
		refuse(d, local, remote, header, IKE_N_INVALID_SYNTAX, none);
		return;
	}
	if (!cookie_passes(d, local, remote, header, &c))
		return;
	peer = choose_peer(d, &local->addr, &remote->addr, &c.sa, &any, &chosen);
	if (!peer) {
		daemon_count(d, any ? IKE_COUNT_FAIL_PROPOSAL : IKE_COUNT_RX_NO_CONFIG);
		if (any)
			log_no_proposal(d, &local->addr, remote, &c.sa);
		refuse(d, local, remote, header, IKE_N_NO_PROPOSAL_CHOSEN, none);
		return;
	}
	if (c.ke_group != chosen.group) {
		group[0] = (uint8_t)(chosen.group >> 8);
		group[1] = (uint8_t)chosen.group;
		refuse(d, local, remote, header, IKE_N_INVALID_KE_PAYLOAD, BYTES(group));
		return;
	}
	take_request(d, local, remote, header, &c, message, peer, &chosen);
}
