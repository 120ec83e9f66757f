// SPDX-License-Identifier: MIT
/* daemon.c - configurations and IKE SAs, and what the operator and the kernel want. */
#include "daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "cookie.h"
#include "ike_sa.h"
#include "log.h"

#define FRAGMENT_MTU	1232	/* in IPv6's 1280 with UDP */

static int64_t wall_clock(void)
{
	return time(NULL);
}

static void reap(void *arg)
{
	ike_sa_reap(arg);
}

void daemon_init(struct daemon *d, struct kernel *kernel, daemon_send send,
		 void *send_arg)
{
	*d = (struct daemon){
		.kernel = kernel,
		.send = send,
		.send_arg = send_arg,
		.fragment_mtu = FRAGMENT_MTU,
		.wall_clock = wall_clock,
	};
	timer_init(&d->reap_timer, reap, d);
	if (cookie_init(d))
		log_line(LOG_ERROR, NULL, "no randomness: nothing can be negotiated");
}

static void peers_free(struct peer **list, bool politely)
{
	struct peer *peer;

	while ((peer = *list)) {
		*list = peer->next;
		peer_free(peer, politely, false);
	}
}

static void creds_free(struct trust *trust, struct credentials *creds)
{
	if (trust)
		trust_free(trust);
	credentials_free(creds);
}

static void iface_free(struct daemon *d, struct iface *iface, bool politely)
{
	struct iface **p = &d->ifaces;

	peers_free(&iface->peers, politely);
	while (*p != iface)
		p = &(*p)->next;
	*p = iface->next;
	creds_free(iface->trust, &iface->creds);
	config_free(iface->config);
	free(iface);
}

void daemon_free(struct daemon *d, bool politely)
{
	while (d->ifaces)
		iface_free(d, d->ifaces, politely);
	while (d->sas)
		ike_sa_kill(d->sas);
	ike_sa_reap(d);
	timer_cancel(&d->reap_timer);
	timer_cancel(&d->cookie_timer);
	OPENSSL_cleanse(d->cookie_secret, sizeof(d->cookie_secret));
}

void daemon_count(struct daemon *d, enum ike_counter counter)
{
	d->counters.n[counter]++;
}

struct iface *daemon_iface(struct daemon *d, const char *ifname)
{
	struct iface *iface;

	for (iface = d->ifaces; iface; iface = iface->next)
		if (!strcmp(iface->config->ifname, ifname))
			return iface;
	return NULL;
}

static struct peer *find_peer(struct daemon *d, const char *ifname, const char *name)
{
	struct iface *iface = daemon_iface(d, ifname);
	struct peer *peer;

	for (peer = iface ? iface->peers : NULL; peer; peer = peer->next)
		if (!strcmp(peer->config->name, name))
			return peer;
	return NULL;
}

/*
 * Configurations
 */

static int load_creds(const struct config *config, struct trust **trust,
		      struct credentials *creds, char error[static AUTH_ERROR_MAX])
{
	int err = 0;

	*creds = (struct credentials){ 0 };
	*trust = trust_new();
	if (!*trust) {
		snprintf(error, AUTH_ERROR_MAX, "out of memory");
		return -ENOMEM;
	}
	if (config->ca.path[0])
		err = trust_add_ca(*trust, config->ca.path, error);
	if (!err && config->crl.path[0])
		err = trust_add_crl(*trust, config->crl.path, error);
	trust_require_crl(*trust, config->crl_required);
	if (!err && config->cert.path[0])
		err = credentials_load(creds, config->cert.path, config->key.path, error);
	if (err)
		creds_free(*trust, creds);
	return err;
}

/*
 * What all peers of an interface are authenticated with.  The digest has the names of the
 * files; those here are of descriptors, and other ones each time.
 */
static bool same_identity(const struct config *a, const struct config *b)
{
	return !memcmp(a->digest, b->digest, sizeof(a->digest)) &&
	       a->id.type == b->id.type && a->id.len == b->id.len &&
	       !memcmp(a->id.data, b->id.data, a->id.len) &&
	       a->crl_required == b->crl_required;
}

/* Peers that stay move to the new list; those left behind are changed or gone */
static int take_peers(struct daemon *d, struct iface *iface, struct config *config,
		      struct peer **kept)
{
	bool same = same_identity(iface->config, config);
	struct peer **end = kept, **p, *peer;
	unsigned int i;

	for (i = 0; i < config->n_peers; i++) {
		const struct config_peer *now = &config->peers[i];

		if (!config_peer_is_ike(now))
			continue;
		for (p = &iface->peers; *p; p = &(*p)->next)
			if (same && !strcmp((*p)->config->name, now->name) &&
			    config_peer_equal((*p)->config, now))
				break;
		peer = *p;
		if (peer) {
			*p = peer->next;
		} else {
			peer = peer_new(d, iface, now);
			if (!peer)
				return -ENOMEM;
		}
		peer->next = NULL;
		*end = peer;
		end = &peer->next;
	}
	return 0;
}

/* Its entry in the kernel is about to be used again by the same name */
static bool name_stays(const struct config *config, const char *name)
{
	unsigned int i;

	for (i = 0; i < config->n_peers; i++)
		if (!strcmp(config->peers[i].name, name))
			return true;
	return false;
}

static void leave_peers(struct iface *iface, const struct config *config)
{
	struct peer *peer;

	while ((peer = iface->peers)) {
		char about[PEER_TEXT_MAX];

		iface->peers = peer->next;
		log_line(LOG_INFO, peer_text(peer, about), "%s",
			 name_stays(config, peer->config->name) ?
			 "configured otherwise now: starting again" :
			 "not configured any more: closed");
		peer_free(peer, true, name_stays(config, peer->config->name));
	}
}

static bool known_sa(struct daemon *d, const struct peer *peer,
		     const struct kernel_sa_state *state)
{
	struct child_sa *child;
	struct ike_sa *sa;

	for (sa = d->sas; sa; sa = sa->next) {
		if (sa->peer != peer)
			continue;
		if (state->dir == IFIPSEC_DIR_IN && sa->request.spi == state->spi)
			return true;
		for (child = sa->children; child; child = child->next)
			if (child->proto == state->proto &&
			    (state->dir == IFIPSEC_DIR_IN ?
			     child->in_kernel && child->spi_in == state->spi :
			     child->out_kernel && child->spi_out == state->spi))
				return true;
	}
	return false;
}

static bool stale_sa(const struct peer *peer, const struct kernel_sa_state *state)
{
	unsigned int i;

	for (i = 0; i < peer->n_stale; i++)
		if (peer->stale[i].spi == state->spi && peer->stale[i].dir == state->dir &&
		    peer->stale[i].proto == state->proto)
			return true;
	return false;
}

/* SAs that the kernel has of our peers and nobody here knows: from before a restart */
static void find_stale(const struct kernel_sa_state *state, void *arg)
{
	struct daemon *d = arg;
	struct peer *peer = find_peer(d, state->ifname, state->peer);

	if (peer && !known_sa(d, peer, state) && !stale_sa(peer, state))
		peer_stale_add(peer, state);
}

static void start_peers(struct daemon *d, struct iface *iface)
{
	struct kernel *k = d->kernel;
	struct peer *peer;

	/* Before they are put: the put may change what is there */
	k->ops->sa_each(k, iface->config->ifname, find_stale, d);
	for (peer = iface->peers; peer; peer = peer->next)
		if (!peer_is_any(peer) && !peer->in_kernel)
			peer_put_configured(peer);
	for (peer = iface->peers; peer; peer = peer->next)
		peer_begin(peer);
}

static struct iface *iface_new(struct daemon *d, struct config *config)
{
	struct iface *iface = calloc(1, sizeof(*iface));

	if (!iface)
		return NULL;
	iface->config = config;
	iface->next = d->ifaces;
	d->ifaces = iface;
	return iface;
}

/* The old list is whole again, and what was made for the new one is gone */
static void untake(struct iface *iface, const struct config *config, struct peer *kept)
{
	struct peer *peer;

	while ((peer = kept)) {
		kept = peer->next;
		if (peer->config >= config->peers &&
		    peer->config < config->peers + config->n_peers) {
			peer_free(peer, false, true);
			continue;
		}
		peer->next = iface->peers;
		iface->peers = peer;
	}
}

static void point_to(struct peer *list, struct config *config)
{
	unsigned int i = 0;
	struct peer *peer;

	/* The list is in the order of the configuration */
	for (peer = list; peer; peer = peer->next) {
		while (!config_peer_is_ike(&config->peers[i]))
			i++;
		peer->config = &config->peers[i++];
	}
}

int daemon_put(struct daemon *d, struct config *config,
	       char error[static AUTH_ERROR_MAX])
{
	struct iface *iface = daemon_iface(d, config->ifname);
	struct config *old = iface ? iface->config : NULL;
	struct peer *kept = NULL;
	struct credentials creds;
	struct trust *trust;
	int err;

	err = load_creds(config, &trust, &creds, error);
	if (err)
		return err;
	if (!iface)
		iface = iface_new(d, config);
	err = iface ? take_peers(d, iface, config, &kept) : -ENOMEM;
	if (err) {
		snprintf(error, AUTH_ERROR_MAX, "out of memory");
		if (iface)
			untake(iface, config, kept);
		if (iface && !old) {
			d->ifaces = iface->next;
			free(iface);
		}
		creds_free(trust, &creds);
		return err;
	}
	leave_peers(iface, config);
	iface->peers = kept;
	point_to(kept, config);
	iface->config = config;
	if (old && old != config)
		config_free(old);
	creds_free(iface->trust, &iface->creds);
	iface->trust = trust;
	iface->creds = creds;
	start_peers(d, iface);
	return 0;
}

int daemon_del(struct daemon *d, const char *ifname)
{
	struct iface *iface = daemon_iface(d, ifname);

	if (!iface)
		return -ENOENT;
	iface_free(d, iface, true);
	return 0;
}

/*
 * The operator
 */

int daemon_up(struct daemon *d, const char *ifname, const char *name)
{
	struct peer *peer = find_peer(d, ifname, name);
	struct ike_sa *sa;

	if (!peer || peer_is_any(peer))
		return -ENOENT;
	sa = peer_sa(peer);
	if (sa && child_sa_live(sa))
		return -EALREADY;
	peer->down_wanted = false;
	peer->up_wanted = true;
	peer_connect(peer);
	return 0;
}

int daemon_down(struct daemon *d, const char *ifname, const char *name)
{
	struct peer *peer = find_peer(d, ifname, name);
	struct ike_sa *sa;
	bool any = false;

	if (!peer)
		return -ENOENT;
	peer->down_wanted = true;
	peer->up_wanted = false;
	timer_cancel(&peer->retry);
	for (sa = d->sas; sa; sa = sa->next) {
		if (sa->peer != peer || sa->state == IKE_DELETING)
			continue;
		any = true;
		if (sa->state == IKE_INIT_SENT || sa->state == IKE_AUTH_SENT) {
			ike_sa_failed(sa);
			continue;
		}
		sa->want_delete = true;
		ike_sa_work(sa);
	}
	return any ? 0 : -EALREADY;
}

int daemon_rekey(struct daemon *d, const char *ifname, const char *name, bool ike)
{
	struct peer *peer = find_peer(d, ifname, name);
	struct ike_sa *sa = peer ? peer_sa(peer) : NULL;
	struct child_sa *child;

	if (!sa)
		return -ENOENT;
	child = child_sa_live(sa);
	if (!ike && !child)
		return -ENOENT;
	if (ike ? sa->want_rekey || sa->request.kind == REQUEST_IKE_REKEY :
		  child->want_rekey || sa->request.child == child->serial)
		return -EALREADY;
	if (ike)
		sa->want_rekey = true;
	else
		child->want_rekey = true;
	ike_sa_work(sa);
	return 0;
}

/*
 * The kernel
 */

static struct child_sa *find_child(struct peer *peer, uint8_t dir, uint8_t proto,
				   uint32_t spi)
{
	struct child_sa *child;
	struct ike_sa *sa;

	for (sa = peer->d->sas; sa; sa = sa->next)
		for (child = sa->peer == peer ? sa->children : NULL; child;
		     child = child->next)
			if (child->proto == proto &&
			    (dir == IFIPSEC_DIR_IN ? child->spi_in : child->spi_out) == spi)
				return child;
	return NULL;
}

static void expire(struct peer *peer, const struct kernel_event *e)
{
	struct child_sa *child = find_child(peer, e->dir, e->proto, e->spi);
	bool hard = e->limit == IFIPSEC_EXPIRE_SEQ_HARD ||
		    e->limit == IFIPSEC_EXPIRE_BYTES_HARD ||
		    e->limit == IFIPSEC_EXPIRE_PACKETS_HARD ||
		    e->limit == IFIPSEC_EXPIRE_SECONDS_HARD;

	if (!child || child->state != CHILD_UP)
		return;
	ike_sa_log(child->sa, LOG_INFO, "child SA %08x: a %s limit is met, %s",
		   child->spi_in, hard ? "hard" : "soft",
		   hard ? "closing it" : "rekeying it");
	if (hard) {
		child->want_delete = true;
		child->sa->want_child = true;
	} else {
		child->want_rekey = true;
	}
	ike_sa_work(child->sa);
}

/* RFC 7296 2.23: follow one who is behind a NAT, while we are not */
static void mapping(struct peer *peer, const struct kernel_event *e)
{
	struct child_sa *child = find_child(peer, IFIPSEC_DIR_IN, e->proto, e->spi);
	char buf[ENDPOINT_TEXT_MAX];
	struct ike_sa *sa;

	if (!child || !child->sa->nat_remote || child->sa->nat_local ||
	    !e->from.port || child->sa->remote.addr.len != e->from.addr.len)
		return;
	sa = child->sa;
	sa->remote = e->from;
	ike_sa_log(sa, LOG_INFO, "the NAT in front of the peer moved it to %s",
		   endpoint_text(&sa->remote, buf));
	peer_put_connected(peer, sa, NULL);
}

static void mark_seen(const struct kernel_sa_state *state, void *arg)
{
	struct daemon *d = arg;
	struct peer *peer = find_peer(d, state->ifname, state->peer);
	struct child_sa *child;
	struct kernel *k = d->kernel;

	if (!peer)
		return;
	child = find_child(peer, state->dir, state->proto, state->spi);
	if (child) {
		if (state->dir == IFIPSEC_DIR_IN)
			child->in_seen = true;
		else
			child->out_seen = true;
		if (child->state == CHILD_UP && peer->config->rekey_bytes &&
		    state->bytes >= peer->config->rekey_bytes)
			child->want_rekey = true;
		if (child->state == CHILD_UP && peer->config->rekey_packets &&
		    state->packets >= peer->config->rekey_packets)
			child->want_rekey = true;
	} else if (!known_sa(d, peer, state) && !stale_sa(peer, state)) {
		k->ops->sa_del(k, state->ifname, state->peer, state->dir, state->proto,
			       state->spi);
	}
}

/* Events were lost: what the kernel has, and what we think it has (E.g. an SA was
 * removed by hand)
 */
static void resync(struct daemon *d)
{
	struct kernel *k = d->kernel;
	struct child_sa *child;
	struct iface *iface;
	struct peer *peer;
	struct ike_sa *sa;

	for (sa = d->sas; sa; sa = sa->next)
		for (child = sa->children; child; child = child->next)
			child->in_seen = child->out_seen = false;
	for (iface = d->ifaces; iface; iface = iface->next) {
		if (k->ops->sa_each(k, iface->config->ifname, mark_seen, d))
			return;
	}
	for (sa = d->sas; sa; sa = sa->next) {
		for (child = sa->children; child; child = child->next) {
			if (child->state != CHILD_UP ||
			    (child->in_seen == child->in_kernel &&
			     child->out_seen == child->out_kernel))
				continue;
			ike_sa_log(sa, LOG_WARN, "child SA %08x is gone from the kernel: new keys",
				   child->spi_in);
			child->want_rekey = true;
		}
	}
	for (iface = d->ifaces; iface; iface = iface->next)
		for (peer = iface->peers; peer; peer = peer->next) {
			sa = peer_sa(peer);
			if (sa)
				ike_sa_work(sa);
		}
}

void daemon_kernel_event(const struct kernel_event *e, void *daemon)
{
	struct daemon *d = daemon;
	struct peer *peer;

	if (e->type == KERNEL_OVERRUN) {
		log_line(LOG_WARN, NULL, "the kernel's events overran: looking at all SAs");
		resync(d);
		return;
	}
	if (e->type == KERNEL_DEV_DEL) {
		if (!daemon_del(d, e->ifname))
			log_line(LOG_INFO, e->ifname, "the interface is gone: closed");
		return;
	}
	peer = find_peer(d, e->ifname, e->peer);
	if (!peer)
		return;
	if (e->type == KERNEL_ACQUIRE)
		peer_acquire(peer);
	else if (e->type == KERNEL_EXPIRE)
		expire(peer, e);
	else if (e->type == KERNEL_MAPPING)
		mapping(peer, e);
}

void daemon_addresses_changed(struct daemon *d)
{
	struct kernel *k = d->kernel;
	struct endpoint now;
	struct ike_sa *sa;

	for (sa = d->sas; sa; sa = sa->next) {
		if (sa->state != IKE_UP || k->ops->source(k, &sa->remote.addr, &now))
			continue;
		if (addr_equal(&now.addr, &sa->local.addr))
			continue;
		/* Asks; when the third try has no answer it starts again from the new
		 * address (window.c)
		 */
		sa->want_alive = true;
		ike_sa_work(sa);
	}
}
