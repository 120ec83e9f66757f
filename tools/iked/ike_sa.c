// SPDX-License-Identifier: MIT
/* ike_sa.c - the life of an IKE SA, and what it does next. */
#include "ike_sa.h"

#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "log.h"

#define ALIVE_HINT_MS	10000	/* at most one check in so long for what anybody says */

static void sa_timer(void *arg);
static void alive_timer(void *arg);
static void wait_timer(void *arg);
static void fragments_timer(void *arg);

const char *ike_state_name(enum ike_state state)
{
	static const char *const names[] = {
		[IKE_INIT_SENT] = "connecting",
		[IKE_HALF_OPEN] = "half-open",
		[IKE_AUTH_SENT] = "authenticating",
		[IKE_UP] = "up",
		[IKE_REKEYED] = "rekeyed",
		[IKE_DELETING] = "closing",
		[IKE_CLOSED] = "closed",
		[IKE_DEAD] = "dead",
	};

	return names[state];
}

uint64_t ike_sa_our_spi(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi_i : sa->spi_r;
}

static struct ike_sa **bucket(struct daemon *d, uint64_t spi)
{
	return &d->by_spi[spi % IKE_SA_BUCKETS];	/* random: it is ours */
}

struct ike_sa *ike_sa_find(struct daemon *d, uint64_t our_spi)
{
	struct ike_sa *sa;

	for (sa = *bucket(d, our_spi); sa; sa = sa->hash_next)
		if (ike_sa_our_spi(sa) == our_spi)
			return sa;
	return NULL;
}

uint64_t ike_sa_spi(struct daemon *d)
{
	uint64_t spi;

	do {
		if (random_bytes(&spi, sizeof(spi)))
			return 0;
	} while (!spi || ike_sa_find(d, spi));
	return spi;
}

static struct ike_sa *new_with_spi(struct daemon *d, bool initiator, uint64_t spi)
{
	struct ike_sa *sa = spi ? calloc(1, sizeof(*sa)) : NULL;

	if (!sa)
		return NULL;
	sa->d = d;
	sa->serial = ++d->serial;
	sa->initiator = initiator;
	sa->born_ms = sa->seen_ms = d->timers.now_ms;
	if (initiator)
		sa->spi_i = spi;
	else
		sa->spi_r = spi;
	window_init(&sa->window, sa);
	timer_init(&sa->timer, sa_timer, sa);
	timer_init(&sa->alive_timer, alive_timer, sa);
	timer_init(&sa->wait_timer, wait_timer, sa);
	timer_init(&sa->fragments_timer, fragments_timer, sa);
	sa->next = d->sas;
	if (d->sas)
		d->sas->prev = sa;
	d->sas = sa;
	sa->hash_next = *bucket(d, spi);
	*bucket(d, spi) = sa;
	d->n_sas++;
	ike_sa_set_state(sa, IKE_INIT_SENT);
	return sa;
}

struct ike_sa *ike_sa_new(struct daemon *d, bool initiator)
{
	return new_with_spi(d, initiator, ike_sa_spi(d));
}

struct ike_sa *ike_sa_new_rekeyed(struct ike_sa *old, bool initiator, uint64_t spi)
{
	struct ike_sa *sa = new_with_spi(old->d, initiator, spi);

	if (!sa)
		return NULL;
	sa->peer = old->peer;
	sa->rekeyed_one = true;
	sa->local = old->local;
	sa->remote = old->remote;
	sa->local_id = old->local_id;
	sa->remote_id = old->remote_id;
	sa->nat = old->nat;
	sa->nat_local = old->nat_local;
	sa->nat_remote = old->nat_remote;
	sa->fragmentation = old->fragmentation;
	sa->no_tfc = old->no_tfc;
	sa->peer_hashes = old->peer_hashes;
	return sa;
}

static void half_open_del(struct ike_sa *sa)
{
	struct ike_sa **p = &sa->d->half_open;

	while (*p != sa)
		p = &(*p)->half_next;
	*p = sa->half_next;
	sa->d->n_half_open--;
}

void ike_sa_set_state(struct ike_sa *sa, enum ike_state state)
{
	if (sa->state == state)
		return;
	if (sa->state == IKE_HALF_OPEN)
		half_open_del(sa);
	if (state == IKE_HALF_OPEN) {
		sa->half_next = sa->d->half_open;
		sa->d->half_open = sa;
		sa->d->n_half_open++;
		timer_set(&sa->d->timers, &sa->timer, HALF_OPEN_MS);
	}
	if (state == IKE_REKEYED)
		timer_set(&sa->d->timers, &sa->timer, REKEYED_MS);
	sa->state = state;
}

const char *ike_sa_text(const struct ike_sa *sa, char buf[static IKE_SA_TEXT_MAX])
{
	if (sa->peer)
		return peer_text(sa->peer, buf);
	return endpoint_text(&sa->remote, buf);
}

void request_clear(struct ike_sa *sa)
{
	struct request *r = &sa->request;

	if (r->spi)
		child_sa_spi_back(sa, r->proto, r->spi);
	dh_free(r->dh);
	free(r->offered);
	blob_free(&r->crossed_nonce);
	*r = (struct request){ 0 };
}

static void unlink_sa(struct ike_sa *sa)
{
	struct ike_sa **p = bucket(sa->d, ike_sa_our_spi(sa));

	while (*p != sa)
		p = &(*p)->hash_next;
	*p = sa->hash_next;
	if (sa->prev)
		sa->prev->next = sa->next;
	else
		sa->d->sas = sa->next;
	if (sa->next)
		sa->next->prev = sa->prev;
	sa->d->n_sas--;
}

/* Pointers of one IKE SA to another live as long as a rekey takes */
static void forget_everywhere(struct ike_sa *gone)
{
	struct ike_sa *sa;

	for (sa = gone->d->sas; sa; sa = sa->next) {
		if (sa->request.crossed_sa == gone)
			sa->request.crossed_sa = NULL;
		if (sa->heir == gone)
			sa->heir = NULL;
	}
}

static void pass_out_of_peer(struct peer *peer)
{
	struct ike_sa *sa = peer ? peer_sa(peer) : NULL;

	if (sa)
		child_sa_pass_out(sa);
}

/* Everything goes but the window's last answer, and the keys of it */
static void strip(struct ike_sa *sa)
{
	bool had_children = sa->children;

	while (sa->children)
		child_sa_free(sa->children);
	/* A successor that nobody has confirmed ends with what it should succeed */
	if (sa->request.crossed_sa)
		ike_sa_kill(sa->request.crossed_sa);
	request_clear(sa);
	timer_cancel(&sa->window.timer);
	timer_cancel(&sa->timer);
	timer_cancel(&sa->alive_timer);
	timer_cancel(&sa->wait_timer);
	timer_cancel(&sa->fragments_timer);
	if (had_children)
		pass_out_of_peer(sa->peer);
}

void ike_sa_kill(struct ike_sa *sa)
{
	struct daemon *d = sa->d;

	if (sa->state == IKE_DEAD)
		return;
	ike_sa_set_state(sa, IKE_DEAD);
	strip(sa);
	window_free(&sa->window);
	unlink_sa(sa);
	if (sa->rekeyed_one)
		forget_everywhere(sa);
	/* next stays: somebody may be walking the list */
	sa->dead_next = d->dead;
	d->dead = sa;
	timer_set(&d->timers, &d->reap_timer, 0);
}

void ike_sa_superseded(struct ike_sa *sa)
{
	struct child_sa *child;

	ike_sa_set_state(sa, IKE_CLOSED);
	for (child = sa->children; child; child = child->next)
		if (child->state != CHILD_GONE)
			child_sa_gone(child);
	if (sa->request.crossed_sa)
		ike_sa_kill(sa->request.crossed_sa);
	request_clear(sa);
	timer_cancel(&sa->window.timer);
	timer_cancel(&sa->alive_timer);
	timer_cancel(&sa->wait_timer);
	sa->window.in_flight = false;
	forget_everywhere(sa);
	timer_set(&sa->d->timers, &sa->timer, CLOSED_MS);
}

void ike_sa_reap(struct daemon *d)
{
	struct ike_sa *sa;

	while ((sa = d->dead)) {
		d->dead = sa->dead_next;
		ike_keys_wipe(&sa->keys);
		fragments_clear(&sa->in_request);
		fragments_clear(&sa->in_answer);
		blob_free(&sa->init_i);
		blob_free(&sa->init_r);
		blob_free(&sa->nonce_i);
		blob_free(&sa->nonce_r);
		blob_free(&sa->cookie);
		free(sa);
	}
}

void ike_sa_goodbye(struct ike_sa *sa)
{
	struct outgoing out;
	struct bytes chain;

	if (sa->state == IKE_UP) {
		ike_build_delete(outgoing_begin(&out), IKE_PROTO_IKE, 0,
				 (struct bytes){ 0 });
		if (ike_build_end(&out.b, &chain))
			window_send_once(sa, IKE_EXCHANGE_INFORMATIONAL, out.b.first,
					 chain);
	}
	ike_sa_kill(sa);
}

void ike_sa_failed(struct ike_sa *sa)
{
	struct peer *peer = sa->peer;

	ike_sa_kill(sa);
	if (peer)
		peer_failed(peer);
}

void ike_sa_closed(struct ike_sa *sa)
{
	/* Who is not authenticated leaves nothing behind */
	if (!sa->peer) {
		ike_sa_kill(sa);
		return;
	}
	ike_sa_set_state(sa, IKE_CLOSED);
	strip(sa);
	forget_everywhere(sa);
	sa->window.in_flight = false;
	timer_set(&sa->d->timers, &sa->timer, CLOSED_MS);
	peer_failed(sa->peer);
}

/* IKE_AUTH did not come; it is time to rekey; the peer does not delete what it rekeyed */
static void sa_timer(void *arg)
{
	struct ike_sa *sa = arg;

	switch (sa->state) {
	case IKE_HALF_OPEN:
		ike_sa_log(sa, LOG_INFO, "no IKE_AUTH within %u seconds",
			   HALF_OPEN_MS / 1000);
		ike_sa_kill(sa);
		break;
	case IKE_CLOSED:
		ike_sa_kill(sa);
		break;
	case IKE_UP:
		sa->want_rekey = true;
		ike_sa_work(sa);
		break;
	case IKE_REKEYED:
		/* Nobody ever used it: the peer may not know of it, and would not answer */
		if (sa->rekeyed_one && !sa->window.answered && !sa->window.send_id) {
			ike_sa_kill(sa);
			break;
		}
		sa->want_delete = true;
		ike_sa_work(sa);
		break;
	default:
		break;
	}
}

static void fragments_timer(void *arg)
{
	struct ike_sa *sa = arg;

	fragments_clear(&sa->in_request);
	fragments_clear(&sa->in_answer);
}

void ike_sa_up(struct ike_sa *sa)
{
	const struct config_peer *config = sa->peer->config;
	uint64_t ms = config->ike_rekey_s * 1000;

	ike_sa_set_state(sa, IKE_UP);
	sa->up_ms = sa->d->timers.now_ms;
	sa->up_order = sa->d->serial;
	timer_cancel(&sa->timer);
	if (ms) {
		ms -= random_below((uint32_t)(ms / 10 > UINT32_MAX ? UINT32_MAX : ms / 10));
		sa->rekey_at_ms = sa->up_ms + ms;
		timer_set(&sa->d->timers, &sa->timer, ms);
	}
	if (config->dpd_s)
		timer_set(&sa->d->timers, &sa->alive_timer, config->dpd_s * 1000);
	blob_free(&sa->init_i);
	blob_free(&sa->init_r);
	blob_free(&sa->cookie);
}

void ike_sa_move_children(struct ike_sa *from, struct ike_sa *to)
{
	struct child_sa *child, **end = &to->children;

	for (child = from->children; child; child = child->next)
		child->sa = to;
	while (*end)
		end = &(*end)->next;
	*end = from->children;
	from->children = NULL;
	to->want_child |= from->want_child;
	from->want_child = from->want_rekey = from->want_alive = false;
}

void ike_sa_seen(struct ike_sa *sa)
{
	sa->seen_ms = sa->d->timers.now_ms;
}

/* Packets that came through a child SA count as life (B6.3) */
static bool traffic_came(struct ike_sa *sa)
{
	struct kernel *k = sa->d->kernel;
	struct kernel_sa_state state;
	struct child_sa *child;
	bool came = false;

	for (child = sa->children; child; child = child->next) {
		if (!child->in_kernel ||
		    k->ops->sa_get(k, sa->peer->iface->config->ifname,
				   sa->peer->config->name, IFIPSEC_DIR_IN, child->proto,
				   child->spi_in, &state))
			continue;
		came |= state.packets != child->in_packets;
		child->in_packets = state.packets;
	}
	return came;
}

static void alive_timer(void *arg)
{
	struct ike_sa *sa = arg;
	uint64_t every = sa->peer->config->dpd_s * 1000;
	uint64_t idle;

	if (sa->state != IKE_UP || !every)
		return;
	idle = sa->d->timers.now_ms - sa->seen_ms;
	if (idle >= every) {
		if (traffic_came(sa)) {
			ike_sa_seen(sa);
		} else {
			sa->want_alive = true;
			ike_sa_work(sa);
			if (sa->state != IKE_UP)
				return;
		}
		idle = 0;
	}
	timer_set(&sa->d->timers, &sa->alive_timer, every - idle);
}

void ike_sa_hint(struct ike_sa *sa)
{
	uint64_t now = sa->d->timers.now_ms;

	if (sa->state != IKE_UP || (sa->hint_ms && now - sa->hint_ms < ALIVE_HINT_MS))
		return;
	sa->hint_ms = now;
	sa->want_alive = true;
	ike_sa_work(sa);
}

static void wait_timer(void *arg)
{
	ike_sa_work(arg);
}

bool ike_sa_wait(struct ike_sa *sa)
{
	if (++sa->temporary_tries > TEMPORARY_TRIES)
		return false;
	timer_set(&sa->d->timers, &sa->wait_timer,
		  TEMPORARY_MS + random_below(TEMPORARY_MS));
	return true;
}

/*
 * A pair that we made as responder: the peer knows it when it has our answer.  Before
 * that, to rekey or delete it would be about something unknown.  A rekeyed one is sent
 * on only when the peer is known to have it (child_sa.h).
 */
static bool peer_knows(struct ike_sa *sa, const struct child_sa *child)
{
	uint64_t age = sa->d->timers.now_ms - child->born_ms;

	if (child->known || age >= CHILD_TAKE_MS)
		return true;
	if (!timer_armed(&sa->wait_timer))
		timer_set(&sa->d->timers, &sa->wait_timer, CHILD_TAKE_MS - age);
	return false;
}

/* Children first to go, then those to be made, then the IKE SA itself.  0: sent, or
 * nothing to do; else it could not be sent and is wanted still.
 */
static int next_request(struct ike_sa *sa)
{
	struct child_sa *child;

	if (sa->want_delete)
		return delete_ike_start(sa);
	if (sa->state != IKE_UP)
		return 0;
	for (child = sa->children; child; child = child->next)
		if (child->want_delete &&
		    (child->state == CHILD_UP || child->state == CHILD_REKEYED) &&
		    peer_knows(sa, child))
			return delete_child_start(sa, child);
	if (!timer_armed(&sa->wait_timer)) {
		for (child = sa->children; child; child = child->next)
			if (child->want_rekey && child->state == CHILD_UP &&
			    peer_knows(sa, child))
				return rekey_child_start(sa, child);
		/* One came meanwhile?  It is enough */
		if (sa->want_child && child_sa_live(sa))
			sa->want_child = false;
		if (sa->want_child)
			return create_child_start(sa);
		if (sa->want_rekey)
			return rekey_ike_start(sa);
	}
	if (sa->want_alive)
		return alive_start(sa);
	return 0;
}

void ike_sa_work(struct ike_sa *sa)
{
	if (sa->busy || sa->window.in_flight || (sa->state != IKE_UP && sa->state != IKE_REKEYED))
		return;
	if (!next_request(sa))
		return;
	request_clear(sa);
	if (!ike_sa_wait(sa)) {
		ike_sa_log(sa, LOG_ERROR, "requests cannot be made again and again: closing");
		ike_sa_failed(sa);
	}
}

/* In which order IKE SAs make room for a new one */
static unsigned int worth(const struct ike_sa *sa)
{
	return sa->state == IKE_CLOSED ? 0 : sa->state != IKE_UP ? 1 : 2;
}

/* A peer that calls, or rekeys, and never closes what it has: it cannot have our memory,
 * nor all SAs of the kernel (E4.27).  @sa is in work, @heir is new.
 */
static void make_room(const struct ike_sa *sa, const struct ike_sa *heir)
{
	struct ike_sa *other, *victim = NULL;
	unsigned int n = 0;

	/* The list has the newest first */
	for (other = sa->d->sas; other; other = other->next) {
		if (other->peer != sa->peer)
			continue;
		n++;
		if (other != sa && other != heir && other->state != IKE_INIT_SENT &&
		    other->state != IKE_AUTH_SENT && !other->held &&
		    (!victim || worth(other) <= worth(victim)))
			victim = other;
	}
	if (n <= PEER_IKE_SAS_MAX || !victim)
		return;
	/* A closed one, which stays a while to answer again, is missed by nobody */
	if (victim->state != IKE_CLOSED)
		ike_sa_log(victim, LOG_WARN, "the peer has more than %u IKE SAs: %016llx is dropped",
			   PEER_IKE_SAS_MAX, (unsigned long long)ike_sa_our_spi(victim));
	ike_sa_goodbye(victim);
}

void ike_sa_answered(struct ike_sa *sa)
{
	struct child_sa *child = child_sa_find(sa, sa->take_out);

	sa->take_out = 0;
	/* New first, then away with the old: there is always something to send on */
	if (child && (!sa->settle || auth_stays(sa)))
		child_sa_begin(child);
	if (sa->settle) {
		auth_settle(sa);
		make_room(sa, NULL);
	}
	sa->settle = false;
	if (sa->heir) {
		struct ike_sa *heir = sa->heir;

		sa->heir = NULL;
		ike_sa_move_children(sa, heir);
		ike_sa_set_state(sa, IKE_REKEYED);
		make_room(sa, heir);
		ike_sa_work(heir);
	}
	if (sa->end) {
		ike_sa_log(sa, LOG_INFO, "IKE SA %016llx closed: %s",
			   (unsigned long long)ike_sa_our_spi(sa), sa->end);
		ike_sa_closed(sa);
	}
}
