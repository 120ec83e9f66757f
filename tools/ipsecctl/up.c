// SPDX-License-Identifier: MIT
/*
 * up.c - makes the kernel be as a configuration says, and takes away what it no longer
 * says.  What IKE negotiates is the daemon's.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../iked/kernel.h"
#include "../lib/rtlink.h"
#include "../lib/rtnet.h"
#include "../lib/netlink.h"
#include "up.h"

#define PREFIXES_MAX	(SELECTORS_MAX * 64)	/* of one peer's networks */
#define LINK_MAX_	64	/* bytes of UP_DIR and a name */

static int fail(char *error, int err, const char *what, const char *why)
{
	snprintf(error, UP_ERROR_MAX, "%.160s: %.200s", what, why);
	return err;
}

bool up_needs_daemon(const struct config *config)
{
	for (unsigned int i = 0; i < config->n_peers; i++)
		if (config_peer_is_ike(&config->peers[i]))
			return true;
	return false;
}

bool up_exists(const char *ifname)
{
	return if_nametoindex(ifname);
}

int up_check(const struct config *c, char error[static UP_ERROR_MAX])
{
	if (c->link[0] && !if_nametoindex(c->link))
		return fail(error, -ENODEV, c->link, "there is no such interface");
	return 0;
}

/* The device */

static int up_device(struct netlink *nl, const struct config *c, bool *made, char *error)
{
	struct rtlink link = {
		.ifname = c->ifname,
		.has_link = true, .link = c->link[0] ? if_nametoindex(c->link) : 0,
		.has_fwmark = true, .fwmark = c->fwmark,
		.has_mtu = c->mtu, .mtu = c->mtu, .mtu_auto = false,
		.has_spread = true, .spread = c->spread,
	};
	int err;

	*made = !if_nametoindex(c->ifname);
	if (!*made && !c->mtu)
		link.mtu_auto = true;
	err = *made ? rtlink_add(nl, &link) : rtlink_set(nl, &link);
	return err ? fail(error, err, c->ifname, nl->error) : 0;
}

static bool address_wanted(const struct config *c, const struct prefix *prefix)
{
	const struct rtnet_list wanted = { (struct prefix *)c->addresses, c->n_addresses };

	return rtnet_list_has(&wanted, prefix);
}

static int up_addresses(struct netlink *nl, const struct config *c, int ifindex, char *error)
{
	struct rtnet_list have = { NULL, 0 };
	int err = rtnet_addrs(nl, ifindex, &have);

	for (size_t i = 0; !err && i < have.n; i++)
		if (!address_wanted(c, &have.items[i]))
			err = rtnet_addr_del(nl, ifindex, &have.items[i]);
	for (unsigned int i = 0; !err && i < c->n_addresses; i++)
		err = rtnet_addr_add(nl, ifindex, &c->addresses[i]);
	rtnet_list_clear(&have);
	return err ? fail(error, err, "addresses", nl->error) : 0;
}

/* Routes: to what is behind the peers */

static int want_prefixes(struct rtnet_list *list, const struct selector *s)
{
	struct prefix *items = realloc(list->items, (list->n + PREFIXES_MAX) * sizeof(*items));
	size_t n;

	if (!items)
		return -ENOMEM;
	list->items = items;
	n = selector_prefixes(s, items + list->n, PREFIXES_MAX);
	list->n += n < PREFIXES_MAX ? n : PREFIXES_MAX;
	return 0;
}

static int want_peer(struct rtnet_list *list, const struct config_peer *peer)
{
	struct prefix host = { peer->remote, peer->remote.len * 8 };
	struct selector s;
	int err = 0;

	if (!peer->routes)
		return 0;
	if (!peer->remote_ts.n && peer->remote.len &&
	    peer->mode == IFIPSEC_MODE_TRANSPORT) {
		selector_of_prefix(&host, &s);
		return want_prefixes(list, &s);
	}
	for (unsigned int i = 0; !err && i < peer->remote_ts.n; i++)
		err = want_prefixes(list, &peer->remote_ts.list[i]);
	return err;
}

/* In transport mode the SA is for just one pair of addresses: packets that go into the
 * tunnel now must have the source that they had before
 */
static void route_source(struct netlink *nl, const struct config *c,
			 const struct prefix *to, struct addr *source)
{
	source->len = 0;
	for (unsigned int i = 0; i < c->n_peers; i++) {
		const struct config_peer *peer = &c->peers[i];

		if (peer->mode != IFIPSEC_MODE_TRANSPORT || to->bits != 8 * to->addr.len ||
		    !addr_equal(&peer->remote, &to->addr))
			continue;
		if (peer->local.len)
			*source = peer->local;
		else if (rtnet_source(nl, &peer->remote, source))
			source->len = 0;	/* no route yet: the kernel's choice */
		return;
	}
}

/* What is not routed into the tunnel would leave in clear: no half measures */
static int add_route(struct netlink *nl, const struct config *c, int ifindex,
		     const struct prefix *prefix, char *error)
{
	char text[PREFIX_TEXT_MAX];
	struct addr source;
	int err;

	route_source(nl, c, prefix, &source);
	err = rtnet_route_add(nl, ifindex, c->table, prefix, &source);
	if (err == -EEXIST)
		snprintf(error, UP_ERROR_MAX,
			 "there is a route to %s already, past the tunnel; remove it, or say \"routes = no\" and set your own",
			 prefix_text(prefix, text));
	else if (err)
		fail(error, err, prefix_text(prefix, text), nl->error);
	return err;
}

static int up_routes(struct netlink *nl, const struct config *c, int ifindex, char *error)
{
	struct rtnet_list have = { NULL, 0 }, want = { NULL, 0 };
	int err = rtnet_routes(nl, ifindex, c->table, &have);

	for (unsigned int i = 0; !err && i < c->n_peers; i++)
		err = want_peer(&want, &c->peers[i]);
	if (err)
		fail(error, err, "routes", nl->error);
	for (size_t i = 0; !err && i < want.n; i++)
		if (!rtnet_list_has(&have, &want.items[i]))
			err = add_route(nl, c, ifindex, &want.items[i], error);
	for (size_t i = 0; !err && i < have.n; i++)
		if (!rtnet_list_has(&want, &have.items[i]) &&
		    rtnet_route_del(nl, ifindex, c->table, &have.items[i]))
			err = fail(error, -EIO, "routes", nl->error);
	rtnet_list_clear(&have);
	rtnet_list_clear(&want);
	return err;
}

/* Peers with static keys */

static int put_static_peer(struct kernel *k, const struct config *c,
			   const struct config_peer *peer)
{
	static struct prefix prefixes[PREFIXES_MAX];
	struct kernel_peer out = {
		.ifname = c->ifname, .name = peer->name, .remote = peer->remote,
		.local = peer->local, .selectors = prefixes, .protect = peer->protect,
		.encap_local = peer->encap == CONFIG_ENCAP_YES ? 4500 : 0,
		.encap_remote = peer->encap == CONFIG_ENCAP_YES ? 4500 : 0,
	};
	size_t n = 0;

	for (unsigned int i = 0; i < peer->remote_ts.n; i++)
		n += selector_prefixes(&peer->remote_ts.list[i], prefixes + n,
				       n < PREFIXES_MAX ? PREFIXES_MAX - n : 0);
	if (n > IFIPSEC_SELECTORS_MAX) {
		snprintf(k->error, sizeof(k->error), "its networks are more than %d prefixes",
			 IFIPSEC_SELECTORS_MAX);
		return -E2BIG;
	}
	out.n_selectors = n;
	return k->ops->peer_put(k, &out);
}

/* One that is there keeps its sequence numbers */
static int put_static_sa(struct kernel *k, const struct config *c,
			 const struct config_peer *peer, uint8_t dir)
{
	const struct config_sa *sa = dir == IFIPSEC_DIR_IN ? &peer->in : &peer->out;
	const struct kernel_sa out = {
		.ifname = c->ifname, .peer = peer->name, .dir = dir,
		.proto = peer->protect == IFIPSEC_PROTECT_AH ? 51 : 50,
		.mode = peer->mode, .spi = sa->spi, .encr = sa->encr, .auth = sa->auth,
		.key = bytes_of(sa->key.bytes, sa->key.len),
		.auth_key = bytes_of(sa->auth_key.bytes, sa->auth_key.len),
		.esn = sa->esn, .replay_window = peer->replay_window,
		.tfc = dir == IFIPSEC_DIR_OUT ? peer->tfc : 0,
	};
	struct kernel_sa_state state;

	if (!k->ops->sa_get(k, c->ifname, peer->name, dir, out.proto, out.spi, &state))
		return 0;
	return k->ops->sa_put(k, &out);
}

static int up_static_peer(struct kernel *k, const struct config *c,
			  const struct config_peer *peer)
{
	int err = put_static_peer(k, c, peer);

	if (!err)
		err = put_static_sa(k, c, peer, IFIPSEC_DIR_IN);
	if (!err)
		err = put_static_sa(k, c, peer, IFIPSEC_DIR_OUT);
	return err;
}

static int up_static(const struct config *c, char *error)
{
	char sentence[KERNEL_ERROR_MAX];
	struct kernel *k = NULL;
	int err = 0;

	for (unsigned int i = 0; !err && i < c->n_peers; i++) {
		if (config_peer_is_ike(&c->peers[i]))
			continue;
		if (!k)
			k = kernel_netlink_open(false, sentence);
		if (!k)
			return fail(error, -EIO, c->ifname, sentence);
		err = up_static_peer(k, c, &c->peers[i]);
		if (err)
			fail(error, err, c->peers[i].name, k->error);
	}
	if (k)
		kernel_netlink_close(k);
	return err;
}

static int up_with(struct netlink *nl, const struct config *c, bool *made, char *error)
{
	int err = up_device(nl, c, made, error), ifindex;

	if (err)
		return err;
	ifindex = if_nametoindex(c->ifname);
	err = up_static(c, error);
	if (!err)
		err = up_addresses(nl, c, ifindex, error);
	if (!err && rtnet_set_up(nl, ifindex, true))
		err = fail(error, -EIO, c->ifname, nl->error);
	if (!err)
		err = up_routes(nl, c, ifindex, error);
	return err;
}

int up_interface(const struct config *config, bool *made, char error[static UP_ERROR_MAX])
{
	struct netlink nl;
	char ignored[UP_ERROR_MAX];
	int err;

	*made = false;
	if (netlink_open(&nl, NETLINK_ROUTE))
		return fail(error, -EIO, config->ifname, nl.error);
	err = up_with(&nl, config, made, error);
	netlink_close(&nl);
	if (err && *made)
		up_delete(config->ifname, ignored);
	return err;
}

int up_delete(const char *ifname, char error[static UP_ERROR_MAX])
{
	struct netlink nl;
	int err;

	if (netlink_open(&nl, NETLINK_ROUTE))
		return fail(error, -EIO, ifname, nl.error);
	err = rtlink_del(&nl, ifname, NULL);
	if (err)
		fail(error, err, ifname, nl.error);
	netlink_close(&nl);
	return err;
}

/* Which are up */

static void link_path(const char *ifname, char path[static LINK_MAX_])
{
	snprintf(path, LINK_MAX_, UP_DIR "/%s", ifname);
}

int up_remember(const struct config *config, char error[static UP_ERROR_MAX])
{
	char path[LINK_MAX_];

	mkdir(RUN_DIR, 0755);
	mkdir(UP_DIR, 0755);
	link_path(config->ifname, path);
	unlink(path);
	if (symlink(config->path, path))
		return fail(error, -errno, path, strerror(errno));
	return 0;
}

void up_forget(const char *ifname)
{
	char path[LINK_MAX_];

	link_path(ifname, path);
	unlink(path);
}
