// SPDX-License-Identifier: MIT
/* child_sa.c - pairs of SAs, and the only caller of the kernel for them. */
#include "child_sa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ike_sa.h"
#include "log.h"
#include "prf.h"

/* The kernel's own limits come when a rekeying was not done in spite of all tries: a
 * busy peer, and what it has sent meanwhile, must not meet them
 */
#define HARD_PERCENT	120	/* of the time after which a pair is rekeyed */
#define HARD_SECONDS	60	/* longer than that at least */
#define HARD_AMOUNT	2	/* times bytes and packets: these can be fast */

static void child_timer(void *arg)
{
	struct child_sa *child = arg;

	child->then(child);
}

static void set_timer(struct child_sa *child, uint64_t in_ms,
		      void (*then)(struct child_sa *child))
{
	child->then = then;
	timer_set(&child->sa->d->timers, &child->timer, in_ms);
}

struct child_sa *child_sa_new(struct ike_sa *sa, bool initiator, uint8_t proto)
{
	struct child_sa *child = calloc(1, sizeof(*child));

	if (!child)
		return NULL;
	child->sa = sa;
	child->serial = ++sa->d->serial;
	child->initiator = child->known = initiator;
	child->proto = proto;
	child->born_ms = sa->d->timers.now_ms;
	child->made_by = sa->serial;
	child->made_id = sa->window.recv_id;
	timer_init(&child->timer, child_timer, child);
	child->next = sa->children;
	sa->children = child;
	return child;
}

static bool owns_out(const struct child_sa *child)
{
	return child->out_kernel && child->sa->peer &&
	       child->sa->peer->out_owner == child->serial;
}

static void kernel_del(struct ike_sa *sa, uint8_t dir, uint8_t proto, uint32_t spi)
{
	struct kernel *k = sa->d->kernel;

	k->ops->sa_del(k, sa->peer->iface->config->ifname, sa->peer->config->name, dir,
		       proto, spi);
}

static void remove_out(struct child_sa *child)
{
	if (!child->out_kernel)
		return;
	if (owns_out(child)) {
		kernel_del(child->sa, IFIPSEC_DIR_OUT, child->proto, child->spi_out);
		child->sa->peer->out_owner = 0;
	}
	child->out_kernel = false;
}

static void remove_in(struct child_sa *child)
{
	if (child->in_kernel)
		kernel_del(child->sa, IFIPSEC_DIR_IN, child->proto, child->spi_in);
	child->in_kernel = false;
}

void child_sa_free(struct child_sa *child)
{
	struct child_sa **p = &child->sa->children;

	timer_cancel(&child->timer);
	remove_out(child);
	remove_in(child);
	while (*p != child)
		p = &(*p)->next;
	*p = child->next;
	child_keys_wipe(&child->keys);
	free(child);
}

struct child_sa *child_sa_find(struct ike_sa *sa, uint32_t serial)
{
	struct child_sa *child;

	for (child = serial ? sa->children : NULL; child; child = child->next)
		if (child->serial == serial)
			return child;
	return NULL;
}

struct child_sa *child_sa_by_out(struct ike_sa *sa, uint8_t proto, uint32_t spi)
{
	struct child_sa *child;

	for (child = sa->children; child; child = child->next)
		if (child->state != CHILD_GONE && child->proto == proto &&
		    child->spi_out == spi)
			return child;
	return NULL;
}

uint8_t child_sa_protocol(const struct child_sa *child)
{
	return child->proto == IPPROTO_AH ? IKE_PROTO_AH : IKE_PROTO_ESP;
}

unsigned int child_sa_count(const struct ike_sa *sa)
{
	const struct child_sa *child;
	unsigned int n = 0;

	for (child = sa->children; child; child = child->next)
		n++;
	return n;
}

struct child_sa *child_sa_live(const struct ike_sa *sa)
{
	struct child_sa *child;

	for (child = sa->children; child; child = child->next)
		if (child->state == CHILD_UP && !child->want_delete)
			return child;
	return NULL;
}

int child_sa_spi(struct ike_sa *sa, uint8_t proto, uint32_t *spi)
{
	struct kernel *k = sa->d->kernel;
	int err = k->ops->spi_alloc(k, sa->peer->iface->config->ifname,
				    sa->peer->config->name, proto, spi);

	if (err)
		ike_sa_log(sa, LOG_ERROR, "the kernel gives no SPI: %s",
			   k->error[0] ? k->error : strerror(-err));
	return err;
}

void child_sa_spi_back(struct ike_sa *sa, uint8_t proto, uint32_t spi)
{
	kernel_del(sa, IFIPSEC_DIR_IN, proto, spi);
}

/* A limit of the configuration, up to a tenth less for the soft one (B6.8) */
static uint64_t soft(uint64_t limit)
{
	return limit ? limit - limit / 1000 * random_below(100) : 0;
}

static uint64_t hard_seconds(uint64_t limit)
{
	uint64_t part, least = limit + HARD_SECONDS;

	if (!limit || limit > UINT64_MAX / HARD_PERCENT)
		return limit;
	part = limit * HARD_PERCENT / 100;
	return part > least ? part : least;
}

static uint64_t hard_amount(uint64_t limit)
{
	return limit > UINT64_MAX / HARD_AMOUNT ? limit : limit * HARD_AMOUNT;
}

static int install(struct child_sa *child, uint8_t dir)
{
	const struct peer *peer = child->sa->peer;
	const struct config_peer *config = peer->config;
	const struct child_keys *keys = &child->keys;
	/* What the initiator of its exchange sends is protected with the _i keys */
	bool by_initiator = child->initiator == (dir == IFIPSEC_DIR_OUT);
	struct kernel *k = peer->d->kernel;
	struct kernel_sa sa = {
		.ifname = peer->iface->config->ifname,
		.peer = config->name,
		.dir = dir,
		.proto = child->proto,
		.mode = child->mode,
		.spi = dir == IFIPSEC_DIR_IN ? child->spi_in : child->spi_out,
		.encr = child->proto == IPPROTO_AH ? 0 : child->chosen.encr,
		.auth = child->chosen.integ,
		.key = bytes_of(by_initiator ? keys->encr_i : keys->encr_r,
				keys->encr_len),
		.auth_key = bytes_of(by_initiator ? keys->integ_i : keys->integ_r,
				     keys->integ_len),
		.esn = child->chosen.esn,
		.replay_window = dir == IFIPSEC_DIR_IN ? config->replay_window : 0,
		.tfc = dir == IFIPSEC_DIR_OUT && !child->sa->no_tfc ? config->tfc : 0,
		.soft_bytes = soft(config->rekey_bytes),
		.soft_packets = soft(config->rekey_packets),
		.hard_bytes = hard_amount(config->rekey_bytes),
		.hard_packets = hard_amount(config->rekey_packets),
		.hard_seconds = hard_seconds(config->rekey_s),
	};
	int err = k->ops->sa_put(k, &sa);

	if (err) {
		daemon_count(peer->d, IKE_COUNT_FAIL_KERNEL);
		ike_sa_log(child->sa, LOG_ERROR, "the kernel refuses the %s SA %08x: %s",
			   dir == IFIPSEC_DIR_IN ? "inbound" : "outbound", sa.spi,
			   k->error[0] ? k->error : strerror(-err));
	}
	return err;
}

int child_sa_install_in(struct child_sa *child)
{
	int err = install(child, IFIPSEC_DIR_IN);

	child->in_kernel = !err;
	return err;
}

/* The pair that the kernel sends on, of whichever IKE SA with the peer */
static struct child_sa *out_owner(const struct peer *peer)
{
	struct child_sa *child = NULL;
	struct ike_sa *sa;

	for (sa = peer->d->sas; sa && !child; sa = sa->next)
		if (sa->peer == peer)
			child = child_sa_find(sa, peer->out_owner);
	return child;
}

static void rekey_now(struct child_sa *child)
{
	child->want_rekey = true;
	ike_sa_work(child->sa);
}

/* Its clock: jittered time until it is rekeyed */
static void start(struct child_sa *child)
{
	uint64_t ms = child->sa->peer->config->rekey_s * 1000;
	uint64_t age = child->sa->d->timers.now_ms - child->born_ms;

	timer_cancel(&child->timer);
	if (!ms)
		return;
	ms -= random_below((uint32_t)(ms / 10 > UINT32_MAX ? UINT32_MAX : ms / 10));
	child->rekey_at_ms = child->born_ms + ms;
	set_timer(child, ms > age ? ms - age : 0, rekey_now);
}

/*
 * Answers that were lost can leave two pairs for the same.  A side deletes the one that
 * it does not send on; the responder of the IKE SA only when the initiator did not.
 */
static void redundant(struct child_sa *child)
{
	const struct child_sa *owner = out_owner(child->sa->peer);
	struct ike_sa *sa = child->sa;

	if (owner && owner != child && owner->state == CHILD_UP &&
	    selectors_equal(&owner->local_ts, &child->local_ts) &&
	    selectors_equal(&owner->remote_ts, &child->remote_ts)) {
		child->want_delete = true;
		/* The IKE SA too when it was for this only */
		if (owner->sa != sa && !child_sa_live(sa))
			sa->want_delete = true;
	} else {
		start(child);
	}
	ike_sa_work(sa);
}

/* The one that was sent on is replaced in the kernel: it must not be removed there */
static void disown(struct peer *peer)
{
	struct child_sa *child = out_owner(peer);

	peer->out_owner = 0;
	if (!child)
		return;
	child->out_kernel = false;
	/* If nobody deletes it, it is one too many */
	if (child->state == CHILD_UP)
		set_timer(child, (child->sa->initiator ? 1 : 3) * CHILD_ABANDONED_MS,
			  redundant);
}

static int take_out(struct child_sa *child)
{
	struct peer *peer = child->sa->peer;
	int err;

	/* Once more with the same key would be the same nonces again */
	if (child->out_done)
		return owns_out(child) ? 0 : -EALREADY;
	err = install(child, IFIPSEC_DIR_OUT);
	if (err)
		return err;
	disown(peer);
	child->out_kernel = child->out_done = true;
	peer->out_owner = child->serial;
	peer_works(peer);
	return 0;
}

int child_sa_begin(struct child_sa *child)
{
	int err = take_out(child);

	if (err) {
		/* Half a pair is none (E4.39) */
		child->want_delete = true;
		child->sa->want_child = true;
		return err;
	}
	start(child);
	return 0;
}

/* The peer has our answer, and so the pair: it sends on it, or has asked for something
 * else since (its window is one)
 */
static bool peer_has(const struct child_sa *child)
{
	const struct ike_sa *sa = child->sa;
	struct kernel *k = sa->d->kernel;
	struct kernel_sa_state state;

	if (sa->serial == child->made_by && sa->window.recv_id > child->made_id + 1)
		return true;
	return !k->ops->sa_get(k, sa->peer->iface->config->ifname, sa->peer->config->name,
			       IFIPSEC_DIR_IN, child->proto, child->spi_in, &state) &&
	       state.packets;
}

/* An answer that is lost comes with the peer's next try; it sends and receives on the old
 * pair until then
 */
static void take_now(struct child_sa *child)
{
	struct ike_sa *sa = child->sa;
	uint64_t age = sa->d->timers.now_ms - child->born_ms;

	if (age < CHILD_KNOWN_MS && !peer_has(child)) {
		set_timer(child, CHILD_TAKE_AGAIN_MS, take_now);
		return;
	}
	child->known = true;
	child_sa_begin(child);
	ike_sa_work(sa);
}

void child_sa_take_out_later(struct child_sa *child)
{
	set_timer(child, CHILD_TAKE_MS, take_now);
}

static void abandoned(struct child_sa *child)
{
	child->want_delete = true;
	ike_sa_work(child->sa);
}

void child_sa_replaced(struct child_sa *child)
{
	child->state = CHILD_REKEYED;
	child->want_rekey = false;
	set_timer(child, CHILD_ABANDONED_MS, abandoned);
}

/* The way out of a peer: who may have it, freshest first; never one that had it */
static struct child_sa *next_out(struct peer *peer, bool fresh)
{
	struct child_sa *child, *best = NULL;
	struct ike_sa *sa;

	for (sa = peer->d->sas; sa; sa = sa->next) {
		if (sa->peer != peer || sa->state != IKE_UP)
			continue;
		for (child = sa->children; child; child = child->next)
			if (child->state == CHILD_UP && !child->want_delete &&
			    child->out_done != fresh &&
			    (!best || child->serial > best->serial))
				best = child;
	}
	return best;
}

void child_sa_pass_out(struct ike_sa *sa)
{
	struct peer *peer = sa->peer;
	struct child_sa *next;

	if (!peer || peer->out_owner)
		return;
	next = next_out(peer, true);
	if (next && !child_sa_begin(next))
		return;
	next = next_out(peer, false);
	if (next) {
		/* Its keys were used: it needs new ones */
		next->want_rekey = true;
		ike_sa_work(next->sa);
	}
}

void child_sa_gone(struct child_sa *child)
{
	struct ike_sa *sa = child->sa;
	bool owned = owns_out(child);
	struct child_sa *next;

	child->state = CHILD_GONE;
	child->want_rekey = child->want_delete = false;
	set_timer(child, CHILD_GRACE_MS, child_sa_free);
	if (!owned)
		return;
	/* In one step, where there is one: no packet finds no SA */
	next = next_out(sa->peer, true);
	if (next && !child_sa_begin(next))
		return;
	remove_out(child);
	child_sa_pass_out(sa);
}
