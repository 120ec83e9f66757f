// SPDX-License-Identifier: MIT
/* kernel_fake.c - a kernel that only remembers. */
#include "kernel_fake.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct kernel_fake *fake(struct kernel *k)
{
	return (struct kernel_fake *)k;
}

static bool fails(unsigned int *countdown)
{
	return *countdown && !--*countdown;
}

static struct fake_peer *find_peer(struct kernel_fake *f, const char *ifname,
				   const char *name)
{
	unsigned int i;

	for (i = 0; i < FAKE_PEERS; i++)
		if (f->peers[i].used && !strcmp(f->peers[i].name, name) &&
		    !strcmp(f->peers[i].ifname, ifname))
			return &f->peers[i];
	return NULL;
}

static struct fake_sa *find_sa(struct kernel_fake *f, uint8_t dir, uint8_t proto,
			       uint32_t spi)
{
	unsigned int i;

	for (i = 0; i < FAKE_SAS; i++)
		if (f->sas[i].used && f->sas[i].state.dir == dir &&
		    f->sas[i].state.proto == proto && f->sas[i].state.spi == spi)
			return &f->sas[i];
	return NULL;
}

static struct fake_sa *free_sa(struct kernel_fake *f)
{
	unsigned int i;

	for (i = 0; i < FAKE_SAS; i++)
		if (!f->sas[i].used)
			return &f->sas[i];
	return NULL;
}

static int peer_put(struct kernel *k, const struct kernel_peer *peer)
{
	struct kernel_fake *f = fake(k);
	struct fake_peer *p = find_peer(f, peer->ifname, peer->name);
	unsigned int i;

	if (fails(&f->fail_peer_put)) {
		snprintf(k->error, sizeof(k->error), "the test says no");
		return -ENOMEM;
	}
	for (i = 0; !p && i < FAKE_PEERS; i++)
		if (!f->peers[i].used)
			p = &f->peers[i];
	if (!p || peer->n_selectors > IFIPSEC_SELECTORS_MAX)
		return -ENOSPC;
	p->used = true;
	snprintf(p->ifname, sizeof(p->ifname), "%s", peer->ifname);
	snprintf(p->name, sizeof(p->name), "%s", peer->name);
	p->put = *peer;
	if (peer->n_selectors)
		memcpy(p->selectors, peer->selectors,
		       peer->n_selectors * sizeof(*peer->selectors));
	p->put.selectors = p->selectors;
	return 0;
}

static int peer_del(struct kernel *k, const char *ifname, const char *name)
{
	struct kernel_fake *f = fake(k);
	struct fake_peer *p = find_peer(f, ifname, name);
	unsigned int i;

	if (!p) {
		f->bad_calls++;
		return -ENOENT;
	}
	p->used = false;
	for (i = 0; i < FAKE_SAS; i++)
		if (f->sas[i].used && !strcmp(f->sas[i].state.peer, name))
			f->sas[i].used = false;
	return 0;
}

static struct fake_sa *put(struct kernel_fake *f, const char *ifname, const char *peer,
			   uint8_t dir, uint8_t proto, uint32_t spi)
{
	struct fake_sa *sa = free_sa(f);

	if (!sa)
		return NULL;
	*sa = (struct fake_sa){ .used = true };
	snprintf(sa->state.ifname, sizeof(sa->state.ifname), "%s", ifname);
	snprintf(sa->state.peer, sizeof(sa->state.peer), "%s", peer);
	sa->state.dir = dir;
	sa->state.proto = proto;
	sa->state.spi = spi;
	return sa;
}

static int spi_alloc(struct kernel *k, const char *ifname, const char *peer,
		     uint8_t proto, uint32_t *spi)
{
	struct kernel_fake *f = fake(k);
	struct fake_sa *sa;

	if (fails(&f->fail_spi))
		return -ENOSPC;
	if (!find_peer(f, ifname, peer)) {
		f->bad_calls++;
		return -ENOENT;
	}
	*spi = ++f->spi;
	sa = put(f, ifname, peer, IFIPSEC_DIR_IN, proto, *spi);
	if (!sa)
		return -ENOSPC;
	sa->larval = true;
	return 0;
}

static uint64_t digest(const struct kernel_sa *sa)
{
	uint64_t h = 14695981039346656037ULL;
	size_t i;

	for (i = 0; i < sa->key.len; i++)
		h = (h ^ sa->key.p[i]) * 1099511628211ULL;
	for (i = 0; i < sa->auth_key.len; i++)
		h = (h ^ sa->auth_key.p[i]) * 1099511628211ULL;
	return h;
}

static void note_out(struct kernel_fake *f, const struct kernel_sa *sa)
{
	uint64_t h = digest(sa);
	unsigned int i;

	for (i = 0; i < f->n_out_keys; i++)
		f->key_again += f->out_keys[i] == h;
	if (f->n_out_keys < FAKE_KEYS)
		f->out_keys[f->n_out_keys++] = h;
}

static int sa_put(struct kernel *k, const struct kernel_sa *put_sa)
{
	struct kernel_fake *f = fake(k);
	struct fake_sa *sa = NULL;
	unsigned int i;

	f->sa_puts++;
	if (fails(put_sa->dir == IFIPSEC_DIR_IN ? &f->fail_in : &f->fail_out)) {
		snprintf(k->error, sizeof(k->error), "the test says no");
		return -ENOMEM;
	}
	if (!find_peer(f, put_sa->ifname, put_sa->peer) || put_sa->spi < IFIPSEC_SPI_MIN ||
	    put_sa->key.len + put_sa->auth_key.len > sizeof(sa->key) ||
	    (put_sa->proto == 51 && (put_sa->encr || put_sa->key.len))) {
		f->bad_calls++;
		return -EINVAL;
	}
	if (put_sa->dir == IFIPSEC_DIR_IN) {
		sa = find_sa(f, put_sa->dir, put_sa->proto, put_sa->spi);
		if (!sa || !sa->larval) {
			f->bad_calls++;
			return -EEXIST;
		}
	} else {
		note_out(f, put_sa);
		for (i = 0; i < FAKE_SAS; i++)
			if (f->sas[i].used && f->sas[i].state.dir == IFIPSEC_DIR_OUT &&
			    f->sas[i].state.proto == put_sa->proto &&
			    !strcmp(f->sas[i].state.peer, put_sa->peer))
				f->sas[i].used = false;
		sa = put(f, put_sa->ifname, put_sa->peer, put_sa->dir, put_sa->proto,
			 put_sa->spi);
		if (!sa)
			return -ENOSPC;
	}
	sa->larval = false;
	sa->encr = put_sa->encr;
	sa->auth = put_sa->auth;
	sa->mode = put_sa->mode;
	sa->esn = put_sa->esn;
	sa->soft_bytes = put_sa->soft_bytes;
	sa->hard_seconds = put_sa->hard_seconds;
	sa->tfc = put_sa->tfc;
	if (put_sa->key.len)
		memcpy(sa->key, put_sa->key.p, put_sa->key.len);
	if (put_sa->auth_key.len)
		memcpy(sa->key + put_sa->key.len, put_sa->auth_key.p, put_sa->auth_key.len);
	sa->key_len = put_sa->key.len + put_sa->auth_key.len;
	return 0;
}

static int sa_del(struct kernel *k, const char *ifname, const char *peer, uint8_t dir,
		  uint8_t proto, uint32_t spi)
{
	struct fake_sa *sa = find_sa(fake(k), dir, proto, spi);

	(void)ifname;
	if (!sa || strcmp(sa->state.peer, peer) != 0) {
		fake(k)->bad_calls++;
		return -ENOENT;
	}
	sa->used = false;
	return 0;
}

static int sa_get(struct kernel *k, const char *ifname, const char *peer, uint8_t dir,
		  uint8_t proto, uint32_t spi, struct kernel_sa_state *state)
{
	const struct fake_sa *sa = find_sa(fake(k), dir, proto, spi);

	(void)ifname;
	(void)peer;
	if (!sa || sa->larval)
		return -ENOENT;
	*state = sa->state;
	return 0;
}

static int sa_each(struct kernel *k, const char *ifname,
		   void (*fn)(const struct kernel_sa_state *sa, void *arg), void *arg)
{
	struct kernel_fake *f = fake(k);
	struct kernel_sa_state state;
	unsigned int i;

	for (i = 0; i < FAKE_SAS; i++) {
		state = f->sas[i].state;
		if (f->sas[i].used && !f->sas[i].larval && !strcmp(state.ifname, ifname))
			fn(&state, arg);
	}
	return 0;
}

static int source(struct kernel *k, const struct addr *remote, struct endpoint *local)
{
	(void)remote;
	local->addr = fake(k)->source;
	return fake(k)->source.len ? 0 : -ENETUNREACH;
}

static int fd(struct kernel *k)
{
	(void)k;
	return -1;
}

static int events(struct kernel *k)
{
	(void)k;
	return 0;
}

static const struct kernel_ops ops = {
	.peer_put = peer_put,
	.peer_del = peer_del,
	.spi_alloc = spi_alloc,
	.sa_put = sa_put,
	.sa_del = sa_del,
	.sa_get = sa_get,
	.sa_each = sa_each,
	.source = source,
	.fd = fd,
	.events = events,
};

void kernel_fake_init(struct kernel_fake *f, const char *source_text, uint32_t first_spi)
{
	*f = (struct kernel_fake){ .k.ops = &ops, .spi = first_spi };
	addr_parse(source_text, &f->source);
}

unsigned int kernel_fake_count(const struct kernel_fake *f, uint8_t dir, bool larval)
{
	unsigned int i, n = 0;

	for (i = 0; i < FAKE_SAS; i++)
		n += f->sas[i].used && f->sas[i].state.dir == dir &&
		     f->sas[i].larval == larval;
	return n;
}

const struct fake_sa *kernel_fake_out(const struct kernel_fake *f, const char *peer)
{
	unsigned int i;

	for (i = 0; i < FAKE_SAS; i++)
		if (f->sas[i].used && f->sas[i].state.dir == IFIPSEC_DIR_OUT &&
		    !strcmp(f->sas[i].state.peer, peer))
			return &f->sas[i];
	return NULL;
}

struct fake_sa *kernel_fake_in(struct kernel_fake *f, uint32_t spi)
{
	return find_sa(f, IFIPSEC_DIR_IN, 50, spi);
}

const struct fake_peer *kernel_fake_peer(const struct kernel_fake *f, const char *name)
{
	unsigned int i;

	for (i = 0; i < FAKE_PEERS; i++)
		if (f->peers[i].used && !strcmp(f->peers[i].name, name))
			return &f->peers[i];
	return NULL;
}

bool kernel_fake_passes(const struct kernel_fake *from, const char *peer,
			const struct kernel_fake *to)
{
	const struct fake_sa *out = kernel_fake_out(from, peer), *in;
	unsigned int i;

	for (i = 0; out && i < FAKE_SAS; i++) {
		in = &to->sas[i];
		if (in->used && !in->larval && in->state.dir == IFIPSEC_DIR_IN &&
		    in->state.spi == out->state.spi && in->state.proto == out->state.proto)
			return in->encr == out->encr && in->auth == out->auth &&
			       in->mode == out->mode && in->esn == out->esn &&
			       in->key_len == out->key_len &&
			       !memcmp(in->key, out->key, in->key_len);
	}
	return false;
}

void kernel_fake_event(struct kernel_fake *f, const struct kernel_event *event)
{
	f->k.on_event(event, f->k.arg);
}

void kernel_fake_add(struct kernel_fake *f, const char *ifname, const char *peer,
		     uint8_t dir, uint32_t spi)
{
	put(f, ifname, peer, dir, 50, spi);
}
