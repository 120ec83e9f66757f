// SPDX-License-Identifier: MIT
/* window.c - requests and answers that do not get lost. */
#include "window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ike_sa.h"
#include "log.h"
#include "prf.h"
#include "trace.h"

static void datagrams_clear(struct datagrams *d)
{
	unsigned int i;

	for (i = 0; i < d->n; i++)
		blob_free(&d->list[i]);
	free(d->list);
	*d = (struct datagrams){ 0 };
}

static int datagrams_add(struct datagrams *d, struct bytes datagram)
{
	struct blob *list = realloc(d->list, (d->n + 1) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	d->list = list;
	list[d->n] = (struct blob){ 0 };
	if (blob_copy(&list[d->n], datagram))
		return -ENOMEM;
	d->n++;
	return 0;
}

static void datagrams_send(const struct datagrams *d, const struct ike_sa *sa)
{
	unsigned int i;

	for (i = 0; i < d->n; i++)
		sa->d->send(sa->d->send_arg, &sa->local, &sa->remote,
			    blob_view(&d->list[i]));
}

struct collect {
	struct datagrams *to;
	int err;
};

static void collect(struct bytes datagram, void *arg)
{
	struct collect *c = arg;

	if (!c->err)
		c->err = datagrams_add(c->to, datagram);
}

static int seal(const struct ike_sa *sa, uint8_t exchange, uint32_t id, bool response,
		uint8_t first, struct bytes chain, struct datagrams *to)
{
	struct ike_header header = {
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.version = IKE_VERSION,
		.exchange = exchange,
		.flags = (sa->initiator ? IKE_FLAG_INITIATOR : 0) |
			 (response ? IKE_FLAG_RESPONSE : 0),
		.id = id,
	};
	struct collect c = { .to = to };
	int err;

	datagrams_clear(to);
	err = seal_message(&sa->keys, sa->initiator, &header, first, chain,
			   sa->fragmentation ? sa->d->fragment_mtu : 0, collect, &c);
	if (!err)
		err = c.err;
	if (err)
		ike_sa_log(sa, LOG_ERROR, "cannot protect a message: %s", strerror(-err));
	else
		trace_message("sent to", sa, &sa->remote, &header, first, chain);
	return err;
}

/* With up to a tenth more, so that many do not speak at once */
static uint64_t backoff(unsigned int tries)
{
	uint64_t ms = WINDOW_FIRST_MS;

	while (--tries && ms < WINDOW_MAX_MS)
		ms = ms * 18 / 10;
	if (ms > WINDOW_MAX_MS)
		ms = WINDOW_MAX_MS;
	return ms + random_below((uint32_t)(ms / 10));
}

static bool established(const struct ike_sa *sa)
{
	return sa->state != IKE_INIT_SENT && sa->state != IKE_AUTH_SENT;
}

/* How long yet; the number of tries is the limit until there is a peer that could be lost */
static uint64_t patience(const struct ike_sa *sa)
{
	const struct window *w = &sa->window;
	uint64_t waited = sa->d->timers.now_ms - w->first_ms;
	uint64_t ms;

	if (!established(sa))
		return w->tries < WINDOW_TRIES ? UINT64_MAX : 0;
	ms = sa->peer->config->dpd_timeout_s * 1000;
	return waited < ms ? ms - waited : 0;
}

static void send_request(struct ike_sa *sa)
{
	struct window *w = &sa->window;
	uint64_t left, ms;

	if (!w->tries)
		w->first_ms = sa->d->timers.now_ms;
	left = patience(sa);
	daemon_count(sa->d, w->tries ? IKE_COUNT_RETRANSMIT : IKE_COUNT_TX);
	if (w->tries++)
		ike_sa_log(sa, LOG_DEBUG, "no answer yet: request %u again, try %u",
			   w->send_id, w->tries);
	ms = backoff(w->tries);
	timer_set(&sa->d->timers, &w->timer, ms < left ? ms : left);
	datagrams_send(&w->request, sa);
}

/* Our address went away: nobody will ever answer to it */
static bool address_lost(struct ike_sa *sa)
{
	struct kernel *k = sa->d->kernel;
	struct endpoint now;

	if (sa->window.tries < 3 || (sa->peer && sa->peer->config->local.len) ||
	    !k->ops->source || k->ops->source(k, &sa->remote.addr, &now))
		return false;
	return !addr_equal(&now.addr, &sa->local.addr);
}

static void no_answer(void *arg)
{
	struct ike_sa *sa = arg;
	struct window *w = &sa->window;
	bool waiting = patience(sa);

	if (waiting && !address_lost(sa)) {
		send_request(sa);
		return;
	}
	if (sa->state == IKE_UP)
		daemon_count(sa->d, IKE_COUNT_PEER_DEAD);
	ike_sa_log(sa, LOG_WARN,
		   waiting ? "our address is gone after %u tries: starting again" :
		   "no answer to %u requests: the peer is unreachable, dead, or does not know us",
		   w->tries);
	ike_sa_failed(sa);
}

void window_init(struct window *w, struct ike_sa *sa)
{
	*w = (struct window){ 0 };
	timer_init(&w->timer, no_answer, sa);
}

void window_free(struct window *w)
{
	timer_cancel(&w->timer);
	datagrams_clear(&w->request);
	datagrams_clear(&w->answer);
}

int window_request(struct ike_sa *sa, uint8_t exchange, uint8_t first,
		   struct bytes chain)
{
	struct window *w = &sa->window;
	int err;

	if (w->in_flight)
		return -EBUSY;
	if (w->send_id == UINT32_MAX)
		return -ERANGE;			/* message IDs never wrap (B2.3) */
	err = seal(sa, exchange, w->send_id, false, first, chain, &w->request);
	if (err)
		return err;
	w->in_flight = true;
	w->exchange = exchange;
	w->tries = 0;
	send_request(sa);
	return 0;
}

int window_request_init(struct ike_sa *sa, struct bytes message)
{
	struct window *w = &sa->window;

	datagrams_clear(&w->request);
	if (datagrams_add(&w->request, message))
		return -ENOMEM;
	w->in_flight = true;
	w->exchange = IKE_EXCHANGE_IKE_SA_INIT;
	w->tries = 0;
	trace_plain("sent to", sa, &sa->remote, message);
	send_request(sa);
	return 0;
}

void window_done(struct ike_sa *sa)
{
	struct window *w = &sa->window;

	timer_cancel(&w->timer);
	datagrams_clear(&w->request);
	w->in_flight = false;
	w->send_id++;
}

int window_answer(struct ike_sa *sa, uint8_t exchange, uint8_t first,
		  struct bytes chain)
{
	struct window *w = &sa->window;
	int err = seal(sa, exchange, w->recv_id, true, first, chain, &w->answer);

	if (err)
		return err;
	w->recv_id++;
	w->recv_exchange = exchange;
	w->answered = true;
	daemon_count(sa->d, IKE_COUNT_TX);
	datagrams_send(&w->answer, sa);
	return 0;
}

int window_answer_init(struct ike_sa *sa, struct bytes message)
{
	struct window *w = &sa->window;

	datagrams_clear(&w->answer);
	if (datagrams_add(&w->answer, message))
		return -ENOMEM;
	w->recv_id = 1;
	w->recv_exchange = IKE_EXCHANGE_IKE_SA_INIT;
	w->answered = true;
	daemon_count(sa->d, IKE_COUNT_TX);
	trace_plain("sent to", sa, &sa->remote, message);
	datagrams_send(&w->answer, sa);
	return 0;
}

void window_answer_again(struct ike_sa *sa)
{
	daemon_count(sa->d, IKE_COUNT_RX_REPEATED);
	ike_sa_log(sa, LOG_DEBUG, "request %u came again: the same answer again",
		   sa->window.recv_id - 1);
	datagrams_send(&sa->window.answer, sa);
}

void window_send_once(struct ike_sa *sa, uint8_t exchange, uint8_t first,
		      struct bytes chain)
{
	struct datagrams once = { 0 };

	if (!seal(sa, exchange, sa->window.send_id + sa->window.in_flight, false, first,
		  chain, &once)) {
		daemon_count(sa->d, IKE_COUNT_TX);
		datagrams_send(&once, sa);
	}
	datagrams_clear(&once);
}
