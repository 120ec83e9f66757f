// SPDX-License-Identifier: MIT
/*
 * receive.c - from a datagram to an exchange: header, which IKE SA, window, integrity,
 * fragments, payloads.  Until the integrity check has passed nothing changes but a
 * counter.
 */
#include <errno.h>
#include <string.h>

#include "exchange.h"
#include "ike_sa.h"
#include "log.h"
#include "trace.h"

void receive_answer_plain(struct daemon *d, const struct endpoint *local,
			  const struct endpoint *remote,
			  const struct ike_header *header,
			  const struct ike_builder *b)
{
	struct ike_header answer = {
		.spi_i = header->spi_i,
		.version = IKE_VERSION,
		.exchange = header->exchange,
		.flags = IKE_FLAG_RESPONSE,
		.id = header->id,
	};
	uint8_t buf[512];
	struct writer w = writer_of(buf, sizeof(buf));
	struct bytes chain;

	if (!ike_build_end(b, &chain) || ike_message_write(&answer, b->first, chain, &w))
		return;
	daemon_count(d, IKE_COUNT_TX);
	trace_plain("sent to", NULL, remote, writer_view(&w));
	d->send(d->send_arg, local, remote, writer_view(&w));
}

static void answer(struct ike_sa *sa, uint8_t exchange, const struct ike_builder *b)
{
	struct bytes chain;

	if (!ike_build_end(b, &chain)) {
		ike_sa_log(sa, LOG_ERROR, "an answer is too long for a message");
		ike_sa_failed(sa);
		return;
	}
	if (window_answer(sa, exchange, b->first, chain)) {
		ike_sa_failed(sa);
		return;
	}
	ike_sa_answered(sa);
}

/* One request of a higher major version tells its sender what we speak */
static void other_version(struct daemon *d, const struct endpoint *local,
			  const struct endpoint *remote, const struct ike_header *header)
{
	struct outgoing out;

	daemon_count(d, IKE_COUNT_RX_VERSION);
	if (header->version >> 4 <= IKE_VERSION >> 4 || header->flags & IKE_FLAG_RESPONSE ||
	    header->exchange != IKE_EXCHANGE_IKE_SA_INIT || header->spi_r)
		return;
	build_status(outgoing_begin(&out), IKE_N_INVALID_MAJOR_VERSION);
	receive_answer_plain(d, local, remote, header, &out.b);
}

static bool window_allows(struct ike_sa *sa, const struct ike_header *header)
{
	const struct window *w = &sa->window;

	if (header->flags & IKE_FLAG_RESPONSE)
		return w->in_flight && header->id == w->send_id &&
		       header->exchange == w->exchange;
	if (sa->state == IKE_INIT_SENT || sa->state == IKE_AUTH_SENT)
		return false;
	if (sa->state == IKE_CLOSED && header->id == w->recv_id)
		return false;
	if (header->id == w->recv_id)
		return true;
	return w->answered && header->id == w->recv_id - 1 &&
	       header->exchange == w->recv_exchange;
}

static bool repeated(const struct ike_sa *sa, const struct ike_header *header)
{
	return !(header->flags & IKE_FLAG_RESPONSE) &&
	       header->id != sa->window.recv_id;
}

/* Opens SK, or adds one SKF.  1: @plain and @first are whole; 0: not yet, or never */
static int open_sealed(struct ike_sa *sa, const struct ike_header *header,
		       struct bytes message, const struct ike_content *outer,
		       struct blob *plain, uint8_t *first)
{
	bool from_initiator = !sa->initiator;
	int err;

	*first = outer->sealed_next;
	if (outer->sealed == IKE_PAYLOAD_SK || repeated(sa, header)) {
		err = seal_open(&sa->keys, from_initiator, message, outer, plain);
		if (!err)
			return 1;
	} else if (!sa->fragmentation) {
		daemon_count(sa->d, IKE_COUNT_RX_FRAGMENT);
		return 0;
	} else {
		struct fragments *f = header->flags & IKE_FLAG_RESPONSE ?
				      &sa->in_answer : &sa->in_request;

		err = fragments_add(f, &sa->keys, from_initiator, header->id, message, outer,
				    sa->d->timers.now_ms, plain, first);
		if (!err && !timer_armed(&sa->fragments_timer))
			timer_set(&sa->d->timers, &sa->fragments_timer, FRAGMENTS_MS);
		if (err == -EINVAL || err == -EALREADY || err == -ENOSPC || err == -ENOMEM) {
			daemon_count(sa->d, IKE_COUNT_RX_FRAGMENT);
			return 0;
		}
	}
	if (err == -EBADMSG)
		daemon_count(sa->d, IKE_COUNT_RX_ICV);
	return err;
}

/* RFC 7296 2.23: who is behind a NAT is where its newest authentic message came from */
static void follow(struct ike_sa *sa, const struct endpoint *local,
		   const struct endpoint *remote)
{
	char buf[ENDPOINT_TEXT_MAX];

	if (sa->state == IKE_HALF_OPEN) {
		/* It moves to port 4500 if it found a NAT */
		sa->local = *local;
		sa->remote = *remote;
		sa->nat = local->port != IKE_PORT &&
			  (sa->nat_local || sa->nat_remote || sa->pretend_nat);
		return;
	}
	if (!sa->nat_remote || sa->nat_local || endpoint_equal(&sa->remote, remote))
		return;
	sa->remote = *remote;
	if (sa->state != IKE_UP || !sa->peer)
		return;
	ike_sa_log(sa, LOG_INFO, "the peer behind its NAT is now at %s",
		   endpoint_text(remote, buf));
	peer_put_connected(sa->peer, sa, NULL);
}

static void invalid_syntax(struct ike_sa *sa, const struct ike_header *header)
{
	struct outgoing out;

	daemon_count(sa->d, IKE_COUNT_RX_SYNTAX);
	if (header->flags & IKE_FLAG_RESPONSE) {
		ike_sa_log(sa, LOG_WARN, "the peer's answer is malformed: closed");
		ike_sa_failed(sa);
		return;
	}
	/* RFC 7296 2.21.3: fatal */
	sa->end = "its request is malformed";
	build_status(outgoing_begin(&out), IKE_N_INVALID_SYNTAX);
	answer(sa, header->exchange, &out.b);
}

static void unknown_critical(struct ike_sa *sa, const struct ike_header *header,
			     uint8_t type)
{
	struct outgoing out;

	daemon_count(sa->d, IKE_COUNT_RX_SYNTAX);
	if (header->flags & IKE_FLAG_RESPONSE) {
		ike_sa_log(sa, LOG_WARN, "the peer's answer needs payload type %u, which we do not know: closed",
			   type);
		ike_sa_failed(sa);
		return;
	}
	if (sa->state == IKE_HALF_OPEN)
		sa->end = "its request needs a payload that we do not know";
	ike_build_notify(outgoing_begin(&out), IKE_PROTO_NONE, (struct bytes){ 0 },
			 IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD, bytes_of(&type, 1));
	answer(sa, header->exchange, &out.b);
}

static void handle_request(struct ike_sa *sa, const struct ike_header *header,
			   const struct ike_content *c)
{
	struct outgoing out;
	struct ike_builder *b = outgoing_begin(&out);
	struct child_sa *child;

	/* It asks for something new, so it has our answers to all before */
	for (child = sa->children; child; child = child->next)
		child->known = true;
	if (header->exchange == IKE_EXCHANGE_IKE_AUTH)
		auth_request(sa, c, b);
	else if (header->exchange == IKE_EXCHANGE_CREATE_CHILD_SA)
		create_child_request(sa, c, b);
	else
		informational_request(sa, c, b);
	if (sa->state != IKE_DEAD)
		answer(sa, header->exchange, b);
}

static void handle_response(struct ike_sa *sa, const struct ike_header *header,
			    const struct ike_content *c)
{
	window_done(sa);
	fragments_clear(&sa->in_answer);
	if (header->exchange == IKE_EXCHANGE_IKE_AUTH)
		auth_response(sa, c);
	else if (header->exchange == IKE_EXCHANGE_CREATE_CHILD_SA)
		create_child_response(sa, c);
	else
		informational_response(sa, c);
}

/* Which exchanges there are in which state */
static bool state_allows(const struct ike_sa *sa, uint8_t exchange)
{
	switch (exchange) {
	case IKE_EXCHANGE_IKE_AUTH:
		return sa->state == IKE_HALF_OPEN || sa->state == IKE_AUTH_SENT;
	case IKE_EXCHANGE_CREATE_CHILD_SA:
	case IKE_EXCHANGE_INFORMATIONAL:
		return sa->state == IKE_UP || sa->state == IKE_REKEYED ||
		       sa->state == IKE_DELETING;
	default:
		return false;
	}
}

static void receive_plain(struct ike_sa *sa, const struct endpoint *remote,
			  const struct ike_header *header, struct bytes plain,
			  uint8_t first)
{
	struct ike_content c;
	uint8_t critical;
	int err;

	trace_message("received from", sa, remote, header, first, plain);
	err = ike_content_read(plain, 0, first, &c, &critical);
	if (!err && c.sealed)
		err = -EINVAL;
	if (err == -ENOTSUP)
		unknown_critical(sa, header, critical);
	else if (err)
		invalid_syntax(sa, header);
	else if (header->flags & IKE_FLAG_RESPONSE)
		handle_response(sa, header, &c);
	else
		handle_request(sa, header, &c);
}

static void receive_sealed(struct ike_sa *sa, const struct endpoint *local,
			   const struct endpoint *remote, const struct ike_header *header,
			   struct bytes message)
{
	struct ike_content outer;
	struct blob plain = { 0 };
	uint8_t first, critical;
	int err;

	err = ike_content_read(message, IKE_HEADER_LEN, header->next, &outer, &critical);
	if (err == -EINVAL) {
		daemon_count(sa->d, IKE_COUNT_RX_MALFORMED);
		return;
	}
	if (err || !outer.sealed) {
		/* Anybody may have sent it: at most a reason to ask (E4.33) */
		daemon_count(sa->d, IKE_COUNT_RX_UNEXPECTED);
		if (header->flags & IKE_FLAG_RESPONSE && !err && outer.n_notifies)
			ike_sa_hint(sa);
		return;
	}
	if (!window_allows(sa, header) || !state_allows(sa, header->exchange)) {
		if (!repeated(sa, header) || !window_allows(sa, header)) {
			daemon_count(sa->d, IKE_COUNT_RX_UNEXPECTED);
			return;
		}
	}
	err = open_sealed(sa, header, message, &outer, &plain, &first);
	if (err == -EINVAL && !repeated(sa, header)) {
		invalid_syntax(sa, header);
	} else if (err == 1 && repeated(sa, header)) {
		/* RFC 7383 2.6.1: fragments come again all, the answer goes once */
		if (outer.sealed != IKE_PAYLOAD_SKF || fragments_number(&outer) == 1)
			window_answer_again(sa);
	} else if (err == 1) {
		ike_sa_seen(sa);
		follow(sa, local, remote);
		sa->busy = true;
		receive_plain(sa, remote, header, blob_view(&plain), first);
		sa->busy = false;
	}
	blob_free(&plain);
	if (sa->state != IKE_DEAD)
		ike_sa_work(sa);
}

void daemon_receive(struct daemon *d, const struct endpoint *local,
		    const struct endpoint *remote, struct bytes message)
{
	struct ike_header header;
	struct ike_sa *sa;
	bool response;

	daemon_count(d, IKE_COUNT_RX);
	if (ike_header_read(message, &header)) {
		daemon_count(d, IKE_COUNT_RX_MALFORMED);
		return;
	}
	if (header.version >> 4 != IKE_VERSION >> 4) {
		other_version(d, local, remote, &header);
		return;
	}
	response = header.flags & IKE_FLAG_RESPONSE;
	if (!header.spi_i) {
		daemon_count(d, IKE_COUNT_RX_UNEXPECTED);
		return;
	}
	if (header.exchange == IKE_EXCHANGE_IKE_SA_INIT && !response) {
		trace_plain("received from", NULL, remote, message);
		if (!(header.flags & IKE_FLAG_INITIATOR) || header.spi_r || header.id)
			daemon_count(d, IKE_COUNT_RX_UNEXPECTED);
		else
			init_request(d, local, remote, &header, message);
		return;
	}
	/* By our own SPI; the flag says which that is, so nothing comes back mirrored */
	if (header.flags & IKE_FLAG_INITIATOR)
		sa = ike_sa_find(d, header.spi_r);
	else
		sa = ike_sa_find(d, header.spi_i);
	if (!sa || sa->initiator == !!(header.flags & IKE_FLAG_INITIATOR)) {
		daemon_count(d, IKE_COUNT_RX_UNKNOWN_SPI);
		return;
	}
	if (header.exchange == IKE_EXCHANGE_IKE_SA_INIT) {
		trace_plain("received from", sa, remote, message);
		if (sa->state != IKE_INIT_SENT || !sa->window.in_flight || header.id)
			daemon_count(d, IKE_COUNT_RX_UNEXPECTED);
		else
			init_response(sa, &header, message);
		return;
	}
	if (sa->state == IKE_INIT_SENT ||
	    (sa->initiator ? header.spi_r != sa->spi_r : header.spi_i != sa->spi_i)) {
		daemon_count(d, IKE_COUNT_RX_UNEXPECTED);
		return;
	}
	receive_sealed(sa, local, remote, &header, message);
}
