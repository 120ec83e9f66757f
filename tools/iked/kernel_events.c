// SPDX-License-Identifier: MIT
/*
 * kernel_events.c - what the module tells by itself, as events of the seam.
 */
#include <errno.h>
#include <netlink/genl/genl.h>
#include <netlink/socket.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "../ipsecctl/decode.h"
#include "kernel_module.h"

int kernel_module_fd(struct kernel *k)
{
	struct kernel_module *m = (struct kernel_module *)k;

	return nl_socket_get_fd(m->listener.sock);
}

static void of_peer(const struct event *event, struct kernel_event *out)
{
	memcpy(out->ifname, event->peer.home.ifname, sizeof(out->ifname));
	memcpy(out->peer, event->peer.name, sizeof(out->peer));
}

static void of_sa(const struct event *event, struct kernel_event *out)
{
	memcpy(out->ifname, event->sa.home.ifname, sizeof(out->ifname));
	memcpy(out->peer, event->sa.peer, sizeof(out->peer));
	out->dir = event->sa.dir;
	out->proto = event->sa.proto;
	out->spi = event->sa.spi;
}

/* False: none of the daemon's business */
static bool translate(const struct event *event, struct kernel_event *out)
{
	memset(out, 0, sizeof(*out));
	switch (event->cmd) {
	case IFIPSEC_CMD_PEER_ACQUIRE_NTF:
		out->type = KERNEL_ACQUIRE;
		of_peer(event, out);
		out->flow_src = event->acquire.src;
		out->flow_dst = event->acquire.dst;
		out->flow_proto = event->acquire.proto;
		return true;
	case IFIPSEC_CMD_SA_EXPIRE_NTF:
		out->type = KERNEL_EXPIRE;
		of_sa(event, out);
		out->limit = event->expire;
		return true;
	case IFIPSEC_CMD_SA_MAPPING_NTF:
		out->type = KERNEL_MAPPING;
		of_sa(event, out);
		out->from.addr = event->mapping.addr;
		out->from.port = event->mapping.port;
		return true;
	case IFIPSEC_CMD_DEV_DEL_NTF:
		out->type = KERNEL_DEV_DEL;
		memcpy(out->ifname, event->dev.home.ifname, sizeof(out->ifname));
		return true;
	}
	return false;
}

/* An ACQUIRE comes twice, to both groups; the second finds its work begun */
static int take(struct nlmsghdr *nlh, void *arg)
{
	struct kernel *k = arg;
	struct kernel_event out;
	struct event event;
	int err = decode_event(nlh, &event);

	if (err == -ENOMSG)
		return 0;
	if (err)
		return err;
	if (translate(&event, &out) && k->on_event)
		k->on_event(&out, k->arg);
	event_clear(&event);
	return 0;
}

int kernel_module_events(struct kernel *k)
{
	struct kernel_module *m = (struct kernel_module *)k;
	const struct kernel_event overrun = { .type = KERNEL_OVERRUN };
	struct pollfd wait = { kernel_module_fd(k), POLLIN, 0 };
	int err = 0;

	while (!err && poll(&wait, 1, 0) > 0) {
		err = netlink_listen(&m->listener, take, k);
		if (err != -ENOBUFS)
			continue;
		if (k->on_event)
			k->on_event(&overrun, k->arg);
		err = 0;
	}
	if (err)
		snprintf(k->error, sizeof(k->error), "%s", m->listener.error);
	return err;
}
