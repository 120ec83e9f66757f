// SPDX-License-Identifier: MIT
/*
 * kernel_netlink.c - the seam to the kernel, with the module behind it: requests.  What
 * the module tells by itself is in kernel_events.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ipsecctl/decode.h"
#include "../ipsecctl/request.h"
#include "kernel_module.h"

static struct kernel_module *module_of(struct kernel *k)
{
	return (struct kernel_module *)k;
}

static int fail(struct kernel *k, int err, const char *text)
{
	snprintf(k->error, sizeof(k->error), "%s", text);
	return err;
}

/* Sends @msg, which is freed */
static int request(struct kernel *k, struct nl_msg *msg, netlink_handler handler,
		   void *arg)
{
	struct netlink *nl = &module_of(k)->nl;
	int err = msg ? netlink_request(nl, msg, handler, arg) : -ENOMEM;

	netlink_message_free(msg);
	return err ? fail(k, err, nl->error) : 0;
}

static struct target target_of(const char *ifname, const char *peer)
{
	return (struct target){ .ifname = ifname, .peer = peer };
}

/* Peers */

static struct peer_args peer_args_of(const struct kernel_peer *peer)
{
	return (struct peer_args){
		.target = target_of(peer->ifname, peer->name),
		.remote = peer->remote,
		.local = peer->local,
		.has_remote = true,
		.has_local = true,
		.selectors = (struct prefix *)peer->selectors,
		.n_selectors = peer->n_selectors,
		.protect = peer->protect,
		.encap_local = peer->encap_local,
		.encap_remote = peer->encap_remote,
		.keepalive = peer->keepalive_s,
		.has_encap = true,
		.has_keepalive = true,
	};
}

/* A new peer has no local address by not saying one */
static int peer_new(struct kernel *k, struct peer_args *args)
{
	args->has_local = args->local.len;
	return request(k, request_peer(&module_of(k)->nl, IFIPSEC_CMD_PEER_NEW, args),
		       NULL, NULL);
}

static int peer_put(struct kernel *k, const struct kernel_peer *peer)
{
	static const struct prefix any[] = { { { .len = 4 }, 0 }, { { .len = 16 }, 0 } };
	struct peer_args args = peer_args_of(peer);
	int err;

	if (!args.n_selectors) {
		args.selectors = (struct prefix *)any;
		args.n_selectors = 2;
	}
	err = request(k, request_peer(&module_of(k)->nl, IFIPSEC_CMD_PEER_SET, &args),
		      NULL, NULL);
	return err == -ENOENT ? peer_new(k, &args) : err;
}

static int peer_del(struct kernel *k, const char *ifname, const char *name)
{
	struct target target = target_of(ifname, name);

	return request(k, request_target(&module_of(k)->nl, IFIPSEC_CMD_PEER_DEL, &target),
		       NULL, NULL);
}

/* SAs */

static int take_sa(struct nlmsghdr *nlh, void *arg)
{
	return decode_sa(nlh, arg);
}

static int spi_alloc(struct kernel *k, const char *ifname, const char *peer,
		     uint8_t proto, uint32_t *spi)
{
	const struct spi_args args = { .target = target_of(ifname, peer), .proto = proto };
	struct sa sa = { 0 };
	int err;

	err = request(k, request_spi(&module_of(k)->nl, &args), take_sa, &sa);
	*spi = sa.spi;
	sa_clear(&sa);
	return err;
}

static struct sa_args sa_args_of(const struct kernel_sa *sa)
{
	struct sa_args args = {
		.target = target_of(sa->ifname, sa->peer),
		.dir = sa->dir,
		.proto = sa->proto,
		.mode = sa->mode,
		.encr = sa->encr,
		.auth = sa->auth,
		.spi = sa->spi,
		.flags = sa->esn ? IFIPSEC_SA_F_ESN : 0,
		.replay_window = sa->replay_window,
		.has_replay_window = sa->dir == IFIPSEC_DIR_IN,
		.tfc = sa->tfc,
		.has_tfc = sa->tfc,
	};

	args.life[IFIPSEC_LIFE_A_SOFT_BYTES] = sa->soft_bytes;
	args.life[IFIPSEC_LIFE_A_HARD_BYTES] = sa->hard_bytes;
	args.life[IFIPSEC_LIFE_A_SOFT_PACKETS] = sa->soft_packets;
	args.life[IFIPSEC_LIFE_A_HARD_PACKETS] = sa->hard_packets;
	args.life[IFIPSEC_LIFE_A_SOFT_SECONDS] = sa->soft_seconds;
	args.life[IFIPSEC_LIFE_A_HARD_SECONDS] = sa->hard_seconds;
	return args;
}

static bool key_of(struct bytes from, struct key *key)
{
	if (from.len > sizeof(key->bytes))
		return false;
	key->len = from.len;
	if (from.len)
		memcpy(key->bytes, from.p, from.len);
	return true;
}

static int sa_put(struct kernel *k, const struct kernel_sa *sa)
{
	uint8_t cmd = sa->dir == IFIPSEC_DIR_IN ? IFIPSEC_CMD_SA_NEW : IFIPSEC_CMD_SA_REPLACE;
	struct sa_args args = sa_args_of(sa);
	struct sa_keys keys = { 0 };
	int err = -EINVAL;

	if (key_of(sa->key, &keys.encr) && key_of(sa->auth_key, &keys.auth))
		err = request(k, request_sa_new(&module_of(k)->nl, cmd, &args, &keys),
			      NULL, NULL);
	else
		fail(k, err, "a key that is too long");
	explicit_bzero(&keys, sizeof(keys));
	return err;
}

static struct sa_args sa_name(const char *ifname, const char *peer, uint8_t dir,
			      uint8_t proto, uint32_t spi)
{
	return (struct sa_args){ .target = target_of(ifname, peer), .dir = dir,
				 .proto = proto, .spi = spi };
}

static int sa_del(struct kernel *k, const char *ifname, const char *peer, uint8_t dir,
		  uint8_t proto, uint32_t spi)
{
	struct sa_args args = sa_name(ifname, peer, dir, proto, spi);

	return request(k, request_sa(&module_of(k)->nl, IFIPSEC_CMD_SA_DEL, &args),
		       NULL, NULL);
}

static void state_of(const struct sa *sa, struct kernel_sa_state *state)
{
	bool in = sa->dir == IFIPSEC_DIR_IN;

	*state = (struct kernel_sa_state){
		.dir = sa->dir,
		.proto = sa->proto,
		.spi = sa->spi,
		.packets = in ? sa->stats.rx_packets : sa->stats.tx_packets,
		.bytes = in ? sa->stats.rx_bytes : sa->stats.tx_bytes,
	};
	memcpy(state->ifname, sa->home.ifname, sizeof(state->ifname));
	memcpy(state->peer, sa->peer, sizeof(state->peer));
}

static int sa_get(struct kernel *k, const char *ifname, const char *peer, uint8_t dir,
		  uint8_t proto, uint32_t spi, struct kernel_sa_state *state)
{
	struct sa_args args = sa_name(ifname, peer, dir, proto, spi);
	struct sa sa = { 0 };
	int err;

	err = request(k, request_sa(&module_of(k)->nl, IFIPSEC_CMD_SA_GET, &args),
		      take_sa, &sa);
	state_of(&sa, state);
	sa_clear(&sa);
	return err;
}

/* A dump is repeated when it was not consistent, so it is kept until it is complete */

static int take_listed(struct nlmsghdr *nlh, void *arg)
{
	struct sa sa;
	int err = decode_sa(nlh, &sa);

	if (!err && !sa_list_add(arg, &sa))
		err = -ENOMEM;
	if (err)
		sa_clear(&sa);
	return err;
}

static void restart(void *arg)
{
	sa_list_clear(arg);
}

static int sa_each(struct kernel *k, const char *ifname,
		   void (*fn)(const struct kernel_sa_state *sa, void *arg), void *arg)
{
	struct netlink *nl = &module_of(k)->nl;
	struct target target = target_of(ifname, NULL);
	struct nl_msg *msg = request_dev(nl, IFIPSEC_CMD_SA_GET, &target);
	struct kernel_sa_state state;
	struct sa_list list = { 0 };
	bool consistent;
	int err;

	err = msg ? netlink_dump(nl, msg, take_listed, restart, &list, &consistent) : -ENOMEM;
	netlink_message_free(msg);
	for (size_t i = 0; !err && i < list.n; i++) {
		state_of(&list.items[i], &state);
		fn(&state, arg);
	}
	sa_list_clear(&list);
	return err ? fail(k, err, nl->error) : 0;
}

static const struct kernel_ops module_ops = {
	.peer_put = peer_put,
	.peer_del = peer_del,
	.spi_alloc = spi_alloc,
	.sa_put = sa_put,
	.sa_del = sa_del,
	.sa_get = sa_get,
	.sa_each = sa_each,
	.source = kernel_module_source,
	.fd = kernel_module_fd,
	.events = kernel_module_events,
};

static int join(struct kernel_module *m)
{
	int err = netlink_open(&m->listener, NETLINK_GENERIC);

	if (!err)
		err = netlink_join(&m->listener, IFIPSEC_GENL_NAME, IFIPSEC_MCGRP_EVENTS);
	/* from now on packets without SA wait for us */
	if (!err)
		err = netlink_join(&m->listener, IFIPSEC_GENL_NAME, IFIPSEC_MCGRP_KEYS);
	if (!err)
		nl_socket_set_nonblocking(m->listener.sock);
	return err;
}

struct kernel *kernel_netlink_open(bool listen, char error[static KERNEL_ERROR_MAX])
{
	struct kernel_module *m = calloc(1, sizeof(*m));
	struct netlink *bad;
	int err;

	if (!m) {
		snprintf(error, KERNEL_ERROR_MAX, "out of memory");
		return NULL;
	}
	m->kernel.ops = &module_ops;
	bad = &m->nl;
	err = netlink_open(&m->nl, NETLINK_GENERIC);
	if (!err)
		err = netlink_resolve(&m->nl, IFIPSEC_GENL_NAME);
	if (!err && listen) {
		bad = &m->listener;
		err = join(m);
	}
	if (!err)
		return &m->kernel;
	snprintf(error, KERNEL_ERROR_MAX, "%s", bad->error);
	kernel_netlink_close(&m->kernel);
	return NULL;
}

void kernel_netlink_close(struct kernel *k)
{
	struct kernel_module *m = module_of(k);

	netlink_close(&m->nl);
	netlink_close(&m->listener);
	free(m);
}
