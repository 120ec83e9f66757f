// SPDX-License-Identifier: MIT
/*
 * query.c - asks the kernel for objects and returns sorted lists of them.
 */
#include <errno.h>
#include <string.h>

#include "../lib/netlink.h"
#include "decode.h"
#include "query.h"
#include "request.h"

static int take_dev(struct nlmsghdr *nlh, void *arg)
{
	struct dev dev;
	int err = decode_dev(nlh, &dev);

	if (!err)
		dev_name_link(&dev);
	if (!err && !dev_list_add(arg, &dev))
		err = -ENOMEM;
	if (err)
		dev_clear(&dev);
	return err;
}

static int take_peer(struct nlmsghdr *nlh, void *arg)
{
	struct peer peer;
	int err = decode_peer(nlh, &peer);

	if (!err && !peer_list_add(arg, &peer))
		err = -ENOMEM;
	if (err)
		peer_clear(&peer);
	return err;
}

/* SAs are dumped by interface; those of other peers are left out here */
struct sa_filter {
	struct sa_list *list;
	const char *peer;		/* NULL: all */
};

static int take_sa(struct nlmsghdr *nlh, void *arg)
{
	struct sa_filter *filter = arg;
	struct sa sa;
	int err = decode_sa(nlh, &sa);

	if (err)
		return err;
	if (filter->peer && strcmp(filter->peer, sa.peer))
		sa_clear(&sa);
	else if (!sa_list_add(filter->list, &sa))
		err = -ENOMEM;
	if (err)
		sa_clear(&sa);
	return err;
}

static int take_alg(struct nlmsghdr *nlh, void *arg)
{
	struct alg alg;
	int err = decode_alg(nlh, &alg);

	if (!err && !alg_list_add(arg, &alg))
		err = -ENOMEM;
	return err;
}

static int take_spi(struct nlmsghdr *nlh, void *arg)
{
	return decode_spi(nlh, arg);
}

static void restart_devs(void *arg)
{
	dev_list_clear(arg);
}

static void restart_peers(void *arg)
{
	peer_list_clear(arg);
}

static void restart_sas(void *arg)
{
	struct sa_filter *filter = arg;

	sa_list_clear(filter->list);
}

static void restart_algs(void *arg)
{
	alg_list_clear(arg);
}

/* Sends @msg and frees it; NULL: there was no memory for it */
static int get(struct netlink *nl, struct nl_msg *msg, netlink_handler handler,
	       void *arg)
{
	int err = msg ? netlink_request(nl, msg, handler, arg) : -ENOMEM;

	netlink_message_free(msg);
	return err;
}

static int get_dev(struct netlink *nl, const struct target *target,
		   netlink_handler handler, void *arg)
{
	return get(nl, request_dev(nl, IFIPSEC_CMD_DEV_GET, target), handler,
		   arg);
}

static int get_peer(struct netlink *nl, const struct target *target,
		    netlink_handler handler, void *arg)
{
	return get(nl, request_target(nl, IFIPSEC_CMD_PEER_GET, target),
		   handler, arg);
}

static int dump(struct netlink *nl, uint8_t cmd, const struct target *target,
		netlink_handler handler, netlink_restart restart, void *arg,
		bool *consistent)
{
	struct nl_msg *msg = request_dev(nl, cmd, target);
	bool sound = true;
	int err = msg ? 0 : -ENOMEM;

	/* An empty list is right for an interface that exists, not for another */
	if (!err && target->ifname)
		err = get_dev(nl, target, NULL, NULL);
	if (!err)
		err = netlink_dump(nl, msg, handler, restart, arg, &sound);
	netlink_message_free(msg);
	*consistent = *consistent && sound;
	return err;
}

int query_devs(struct netlink *nl, const struct target *target,
	       struct dev_list *list, bool *consistent)
{
	int err;

	if (target->ifname)
		return get_dev(nl, target, take_dev, list);
	err = dump(nl, IFIPSEC_CMD_DEV_GET, target, take_dev, restart_devs,
		   list, consistent);
	dev_list_sort(list);
	return err;
}

int query_peers(struct netlink *nl, const struct target *target,
		struct peer_list *list, bool *consistent)
{
	int err;

	if (target->peer)
		return get_peer(nl, target, take_peer, list);
	err = dump(nl, IFIPSEC_CMD_PEER_GET, target, take_peer, restart_peers,
		   list, consistent);
	peer_list_sort(list);
	return err;
}

int query_sas(struct netlink *nl, const struct target *target,
	      struct sa_list *list, bool *consistent)
{
	struct sa_filter filter = { .list = list, .peer = target->peer };
	int err = 0;

	/* The same for a peer */
	if (target->peer)
		err = get_peer(nl, target, NULL, NULL);
	if (!err)
		err = dump(nl, IFIPSEC_CMD_SA_GET, target, take_sa,
			   restart_sas, &filter, consistent);
	sa_list_sort(list);
	return err;
}

int query_algs(struct netlink *nl, struct alg_list *list, bool *consistent)
{
	struct target all = { 0 };
	int err;

	err = dump(nl, IFIPSEC_CMD_ALG_GET, &all, take_alg, restart_algs,
		   list, consistent);
	alg_list_sort(list);
	return err;
}

int query_spi(struct netlink *nl, const struct spi_args *args, struct spi *spi)
{
	memset(spi, 0, sizeof(*spi));
	return get(nl, request_spi(nl, args), take_spi, spi);
}
