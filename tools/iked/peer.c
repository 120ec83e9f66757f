// SPDX-License-Identifier: MIT
/* peer.c - a configured peer: when to call it, and what the kernel knows of it. */
#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "ike_sa.h"
#include "log.h"

#define MANY_PEERS	16	/* more do not all call at once */

static void retry(void *arg);
static void stale_gone(void *arg);

struct peer *peer_new(struct daemon *d, struct iface *iface,
		      const struct config_peer *config)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->d = d;
	peer->iface = iface;
	peer->config = config;
	timer_init(&peer->retry, retry, peer);
	timer_init(&peer->stale_timer, stale_gone, peer);
	return peer;
}

static void kernel_forget(struct peer *peer)
{
	struct kernel *k = peer->d->kernel;

	if (peer->in_kernel)
		k->ops->peer_del(k, peer->iface->config->ifname, peer->config->name);
	peer->in_kernel = false;
	free(peer->prefixes);
	peer->prefixes = NULL;
	peer->kernel = (struct kernel_peer){ 0 };
}

void peer_free(struct peer *peer, bool politely, bool keep)
{
	struct ike_sa *sa;

	timer_cancel(&peer->retry);
	for (sa = peer->d->sas; sa; sa = sa->next) {
		if (sa->peer != peer)
			continue;
		if (politely)
			ike_sa_goodbye(sa);
		else
			ike_sa_kill(sa);
	}
	/* The dead are logged no more, but let them not point here */
	for (sa = peer->d->dead; sa; sa = sa->dead_next)
		if (sa->peer == peer)
			sa->peer = NULL;
	if (peer->n_stale)
		stale_gone(peer);
	timer_cancel(&peer->stale_timer);
	if (!keep)
		kernel_forget(peer);
	free(peer->prefixes);
	free(peer);
}

bool peer_is_any(const struct peer *peer)
{
	return !peer->config->remote.len;
}

const char *peer_text(const struct peer *peer, char buf[static PEER_TEXT_MAX])
{
	snprintf(buf, PEER_TEXT_MAX, "%s %s", peer->iface->config->ifname,
		 peer->config->name);
	return buf;
}

static bool may_be(const struct addr *configured, const struct addr *addr)
{
	return !configured->len || addr_equal(configured, addr);
}

bool peer_may_be(const struct peer *peer, const struct addr *local,
		 const struct addr *remote)
{
	return may_be(&peer->config->remote, remote) &&
	       may_be(&peer->config->local, local);
}

bool peer_local_id(const struct peer *peer, const struct addr *local,
		   struct identity *id)
{
	const struct config *config = peer->iface->config;

	if (peer->config->local_id.type) {
		*id = peer->config->local_id;
		return true;
	}
	if (config->id.type) {
		*id = config->id;
		return true;
	}
	if (peer->config->auth == CONFIG_AUTH_CERT && peer->iface->creds.n)
		return !credentials_identity(&peer->iface->creds, id);
	if (!local->len)
		return false;
	*id = (struct identity){
		.type = local->len == 4 ? IKE_ID_IPV4 : IKE_ID_IPV6,
		.len = local->len,
	};
	memcpy(id->data, local->bytes, local->len);
	return true;
}

static void only(const struct addr *addr, struct selectors *ts)
{
	struct prefix prefix = { .addr = *addr, .bits = (uint8_t)(8 * addr->len) };

	*ts = (struct selectors){ .n = 1 };
	selector_of_prefix(&prefix, &ts->list[0]);
}

void peer_selectors(const struct peer *peer, const struct endpoint *local,
		    const struct endpoint *remote, struct selectors *local_ts,
		    struct selectors *remote_ts)
{
	const struct config_peer *config = peer->config;
	bool transport = config->mode == IFIPSEC_MODE_TRANSPORT;

	*local_ts = config->local_ts;
	*remote_ts = config->remote_ts;
	if (!local_ts->n) {
		selectors_any(local_ts);
		if (transport)
			only(&local->addr, local_ts);
	}
	if (!remote_ts->n) {
		selectors_any(remote_ts);
		if (transport)
			only(&remote->addr, remote_ts);
	}
}

struct ike_sa *peer_sa(const struct peer *peer)
{
	struct ike_sa *sa;

	for (sa = peer->d->sas; sa; sa = sa->next)
		if (sa->peer == peer && sa->state == IKE_UP)
			return sa;
	return NULL;
}

/* Up, or on its way there */
static bool in_work(const struct peer *peer)
{
	const struct ike_sa *sa;

	for (sa = peer->d->sas; sa; sa = sa->next)
		if (sa->peer == peer &&
		    (sa->state == IKE_UP || sa->state == IKE_INIT_SENT ||
		     sa->state == IKE_AUTH_SENT))
			return true;
	return false;
}

static bool in_work_child(const struct peer *peer)
{
	const struct ike_sa *sa;

	for (sa = peer->d->sas; sa; sa = sa->next)
		if (sa->peer == peer && (child_sa_live(sa) ||
					 sa->request.kind == REQUEST_CHILD))
			return true;
	return false;
}

void peer_connect(struct peer *peer)
{
	struct ike_sa *sa = peer_sa(peer);

	timer_cancel(&peer->retry);
	if (sa) {
		if (in_work_child(peer)) {
			child_sa_pass_out(sa);
			return;
		}
		sa->want_child = true;
		ike_sa_work(sa);
		return;
	}
	if (peer_is_any(peer) || in_work(peer))
		return;
	if ((!peer->in_kernel && peer_put_configured(peer)) || init_start(peer))
		peer_failed(peer);
}

static bool wants(const struct peer *peer)
{
	return !peer->down_wanted && !peer_is_any(peer) &&
	       (peer->up_wanted || peer->config->start == CONFIG_START_NOW);
}

static void retry(void *arg)
{
	struct peer *peer = arg;

	if (wants(peer))
		peer_connect(peer);
}

void peer_acquire(struct peer *peer)
{
	struct ike_sa *sa = peer_sa(peer);

	if (sa && child_sa_live(sa)) {
		child_sa_pass_out(sa);
		return;
	}
	if (peer->down_wanted || peer->config->start == CONFIG_START_NO)
		return;
	peer->up_wanted = true;
	if (!timer_armed(&peer->retry))
		peer_connect(peer);
}

void peer_begin(struct peer *peer)
{
	uint32_t many = peer->iface->config->n_peers;

	if (!wants(peer))
		return;
	if (many > MANY_PEERS)
		timer_set(&peer->d->timers, &peer->retry, random_below(many * 2));
	else
		peer_connect(peer);
}

/* Without IKE SA now: what the kernel knows of it goes back to the configuration */
static void rests(struct peer *peer)
{
	if (peer_is_any(peer))
		kernel_forget(peer);
	else if (peer->in_kernel)
		peer_put_configured(peer);
}

void peer_failed(struct peer *peer)
{
	uint64_t ms = PEER_RETRY_MS;
	unsigned int i;

	if (in_work_child(peer))
		return;
	if (!in_work(peer))
		rests(peer);
	for (i = 0; i < peer->failures && ms < PEER_RETRY_MAX_MS; i++)
		ms *= 2;
	if (ms > PEER_RETRY_MAX_MS)
		ms = PEER_RETRY_MAX_MS;
	peer->failures++;
	if (peer->config->start != CONFIG_START_NOW)
		peer->up_wanted = false;
	timer_set(&peer->d->timers, &peer->retry, ms + random_below((uint32_t)ms / 4));
}

void peer_works(struct peer *peer)
{
	peer->failures = 0;
	peer->up_wanted = false;
	timer_cancel(&peer->retry);
	if (peer->n_stale)
		timer_set(&peer->d->timers, &peer->stale_timer, CHILD_GRACE_MS);
}

static unsigned int add_prefixes(const struct selectors *ts, struct prefix *list,
				 unsigned int n)
{
	struct prefix some[2 * 128];
	unsigned int i, j, k, m;

	for (i = 0; ts && i < ts->n; i++) {
		m = (unsigned int)selector_prefixes(&ts->list[i], some, 2 * 128);
		for (j = 0; j < m && j < 2 * 128 && n < IFIPSEC_SELECTORS_MAX; j++) {
			for (k = 0; k < n; k++)
				if (prefix_equal(&list[k], &some[j]))
					break;
			if (k == n)
				list[n++] = some[j];
		}
	}
	return n;
}

static bool same(const struct kernel_peer *a, const struct kernel_peer *b)
{
	return addr_equal(&a->remote, &b->remote) && addr_equal(&a->local, &b->local) &&
	       a->n_selectors == b->n_selectors && a->protect == b->protect &&
	       a->encap_local == b->encap_local && a->encap_remote == b->encap_remote &&
	       a->keepalive_s == b->keepalive_s &&
	       (!a->n_selectors || !memcmp(a->selectors, b->selectors,
					   a->n_selectors * sizeof(*a->selectors)));
}

static int put(struct peer *peer, struct kernel_peer *kernel, const struct prefix *list)
{
	struct kernel *k = peer->d->kernel;
	struct prefix *copy = NULL;
	char buf[PEER_TEXT_MAX];
	int err;

	kernel->selectors = list;
	kernel->ifname = peer->iface->config->ifname;
	kernel->name = peer->config->name;
	kernel->protect = peer->config->protect;
	if (peer->in_kernel && same(&peer->kernel, kernel))
		return 0;
	err = k->ops->peer_put(k, kernel);
	if (err) {
		log_line(LOG_ERROR, peer_text(peer, buf), "the kernel refuses the peer: %s",
			 k->error[0] ? k->error : strerror(-err));
		return err;
	}
	peer->in_kernel = true;
	if (kernel->n_selectors)
		copy = malloc(kernel->n_selectors * sizeof(*copy));
	if (copy)
		memcpy(copy, list, kernel->n_selectors * sizeof(*copy));
	free(peer->prefixes);
	peer->prefixes = copy;
	peer->kernel = *kernel;
	peer->kernel.selectors = copy;
	if (!copy)
		peer->kernel.n_selectors = 0;
	return 0;
}

int peer_put_configured(struct peer *peer)
{
	struct endpoint remote = { .addr = peer->config->remote };
	struct prefix list[IFIPSEC_SELECTORS_MAX];
	struct selectors local_ts, remote_ts;
	struct kernel_peer kernel = {
		.remote = peer->config->remote,
		.local = peer->config->local,
	};

	peer_selectors(peer, &remote, &remote, &local_ts, &remote_ts);
	kernel.n_selectors = add_prefixes(&remote_ts, list, 0);
	return put(peer, &kernel, list);
}

int peer_put_connected(struct peer *peer, const struct ike_sa *sa,
		       const struct selectors *ts)
{
	struct prefix list[IFIPSEC_SELECTORS_MAX];
	const struct child_sa *child;
	const struct ike_sa *other;
	struct kernel_peer kernel = {
		.remote = sa->remote.addr,
		.local = sa->local.addr,
		.encap_local = sa->nat ? sa->local.port : 0,
		.encap_remote = sa->nat ? sa->remote.port : 0,
		.keepalive_s = sa->nat_local ? (uint32_t)peer->config->keepalive_s : 0,
	};
	unsigned int n = add_prefixes(ts, list, 0);

	for (other = peer->d->sas; other; other = other->next)
		for (child = other->peer == peer ? other->children : NULL; child;
		     child = child->next)
			if (child->state != CHILD_GONE)
				n = add_prefixes(&child->remote_ts, list, n);
	kernel.n_selectors = n;
	return put(peer, &kernel, list);
}

void peer_stale_add(struct peer *peer, const struct kernel_sa_state *sa)
{
	struct kernel *k = peer->d->kernel;

	if (peer->n_stale == PEER_STALE_MAX) {
		k->ops->sa_del(k, sa->ifname, sa->peer, sa->dir, sa->proto, sa->spi);
		return;
	}
	if (!peer->n_stale)
		timer_set(&peer->d->timers, &peer->stale_timer, PEER_STALE_MS);
	peer->stale[peer->n_stale++] = (struct stale_sa){
		.dir = sa->dir, .proto = sa->proto, .spi = sa->spi,
	};
}

/* What is sent on was replaced long ago, or there is nothing better than no SA */
static void stale_gone(void *arg)
{
	struct peer *peer = arg;
	struct kernel *k = peer->d->kernel;
	unsigned int i;

	for (i = 0; i < peer->n_stale; i++)
		k->ops->sa_del(k, peer->iface->config->ifname, peer->config->name,
			       peer->stale[i].dir, peer->stale[i].proto,
			       peer->stale[i].spi);
	peer->n_stale = 0;
}
