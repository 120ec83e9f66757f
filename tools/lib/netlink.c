// SPDX-License-Identifier: MIT
/*
 * netlink.c - a netlink socket, requests that are acknowledged, dumps and
 * events.  It knows nothing of what the messages mean.
 *
 * Sockets, messages and attributes are libnl's.  The receive loop is our own,
 * because libnl's neither hands out the kernel's sentence for an error nor
 * tells a lost message from a lack of memory.
 */
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"

#define DUMP_ATTEMPTS	10
#define EVENT_BUFFER	(4 << 20)	/* bytes; the kernel may grant less */

struct answer {
	netlink_handler handler;	/* NULL: only the code matters */
	void *arg;			/* of handler */
	uint32_t seq;			/* of the request; 0: take any */
	bool complete;			/* the last message has come */
	bool interrupted;		/* NLM_F_DUMP_INTR was seen */
};

static int fail(struct netlink *nl, int err, const char *text)
{
	snprintf(nl->error, sizeof(nl->error), "%s", text);
	return err;
}

static int fail_errno(struct netlink *nl, int err)
{
	return fail(nl, err, strerror(-err));
}

static int fail_libnl(struct netlink *nl, int nlerr)
{
	return fail(nl, -EIO, nl_geterror(nlerr));
}

int netlink_open(struct netlink *nl, int protocol)
{
	int on = 1, fd, err;

	memset(nl, 0, sizeof(*nl));
	nl->sock = nl_socket_alloc();
	if (!nl->sock)
		return fail_errno(nl, -ENOMEM);
	err = nl_connect(nl->sock, protocol);
	if (err < 0) {
		netlink_close(nl);
		return fail_libnl(nl, err);
	}
	/*
	 * Sentences with errors; no copy of the request (which may hold a key)
	 * in the answer; unknown attributes of a request are refused.
	 */
	fd = nl_socket_get_fd(nl->sock);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	return 0;
}

void netlink_close(struct netlink *nl)
{
	nl_socket_free(nl->sock);
	nl->sock = NULL;
}

int netlink_resolve(struct netlink *nl, const char *family)
{
	int id = genl_ctrl_resolve(nl->sock, family);

	if (id == -NLE_OBJ_NOTFOUND) {
		snprintf(nl->error, sizeof(nl->error),
			 "the %s module is not loaded (modprobe %s)", family,
			 family);
		return -ENOENT;
	}
	if (id < 0)
		return fail_libnl(nl, id);
	nl->family = id;
	return 0;
}

struct nl_msg *netlink_message(int type, int flags, size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_size(nlmsg_total_size(size));

	if (!msg)
		return NULL;
	if (!nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, 0,
		       NLM_F_REQUEST | flags)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

struct nl_msg *netlink_genl_message(struct netlink *nl, uint8_t cmd,
				    uint8_t version, int flags, size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_size(nlmsg_total_size(GENL_HDRLEN) +
					      size);

	if (!msg)
		return NULL;
	if (!genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0,
			 NLM_F_REQUEST | flags, cmd, version)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

void netlink_message_free(struct nl_msg *msg)
{
	if (!msg)
		return;
	explicit_bzero(nlmsg_hdr(msg), nlmsg_get_max_size(msg));
	nlmsg_free(msg);
}

/* The end of an answer: its code, in the kernel's words where it has some */
static int take_ack(struct netlink *nl, struct nlmsghdr *nlh)
{
	struct ack ack;

	if (ack_read(nlh, &ack))
		return fail(nl, -EBADMSG, "the kernel's answer is malformed");
	if (!ack.code) {
		snprintf(nl->warning, sizeof(nl->warning), "%s", ack.text);
		return 0;
	}
	if (ack.code > 0)
		ack.code = -ack.code;
	if (ack.text[0])
		return fail(nl, ack.code, ack.text);
	return fail_errno(nl, ack.code);
}

static int take_message(struct netlink *nl, struct nlmsghdr *nlh,
			struct answer *answer)
{
	int err;

	if (answer->seq && nlh->nlmsg_seq != answer->seq)
		return 0;	/* of a request that was given up */
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		answer->interrupted = true;

	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
	case NLMSG_DONE:
		answer->complete = true;
		return take_ack(nl, nlh);
	case NLMSG_NOOP:
	case NLMSG_OVERRUN:
		return 0;
	}
	if (!answer->handler)
		return 0;
	err = answer->handler(nlh, answer->arg);
	if (err == -EBADMSG)
		return fail(nl, err, "the kernel sent a malformed object");
	if (err)
		return fail_errno(nl, err);
	return 0;
}

static int take_buffer(struct netlink *nl, unsigned char *buf, int len,
		       struct answer *answer)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)buf;
	int err = 0;

	for (; !err && !answer->complete && nlmsg_ok(nlh, len);
	     nlh = nlmsg_next(nlh, &len))
		err = take_message(nl, nlh, answer);
	return err;
}

/* Receives one datagram.  -ENOBUFS: the kernel had to drop some */
static int receive(struct netlink *nl, struct answer *answer)
{
	struct sockaddr_nl from = { 0 };
	unsigned char *buf = NULL;
	int len, err = 0;

	len = nl_recv(nl->sock, &from, &buf, NULL);
	if (len == -NLE_NOMEM)
		return fail_errno(nl, -ENOBUFS);
	if (len == -NLE_AGAIN || len == -NLE_INTR)
		return 0;
	if (len < 0)
		return fail_libnl(nl, len);
	if (len == 0)
		return fail(nl, -EPIPE, "the netlink socket was closed");
	if (!from.nl_pid)	/* anybody may send; only the kernel is 0 */
		err = take_buffer(nl, buf, len, answer);
	free(buf);
	return err;
}

static int transact(struct netlink *nl, struct nl_msg *msg,
		    struct answer *answer)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	int err;

	nlh->nlmsg_seq = NL_AUTO_SEQ;	/* a repeated dump is a new request */
	nl_complete_msg(nl->sock, msg);
	answer->seq = nlh->nlmsg_seq;
	nl->warning[0] = '\0';

	err = nl_send(nl->sock, msg);
	if (err < 0)
		return fail_libnl(nl, err);
	do {
		err = receive(nl, answer);
	} while (!err && !answer->complete);
	return err;
}

int netlink_request(struct netlink *nl, struct nl_msg *msg,
		    netlink_handler handler, void *arg)
{
	struct answer answer = { .handler = handler, .arg = arg };

	nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_ACK;
	return transact(nl, msg, &answer);
}

int netlink_dump(struct netlink *nl, struct nl_msg *msg,
		 netlink_handler handler, netlink_restart restart, void *arg,
		 bool *consistent)
{
	int err = 0;

	nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_DUMP;
	for (int attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
		struct answer answer = { .handler = handler, .arg = arg };

		restart(arg);
		err = transact(nl, msg, &answer);
		*consistent = !answer.interrupted;
		if (err ? err != -ENOBUFS : *consistent)
			break;
	}
	return err;
}

/*
 * The id of a group, or a negative error of libnl.  Asked on a socket of its own:
 * on one that has joined a group already, libnl may take an event for the answer.
 */
static int resolve_group(const char *family, const char *group)
{
	struct nl_sock *sock = nl_socket_alloc();
	int id = -NLE_NOMEM;

	if (sock)
		id = genl_connect(sock);
	if (!id)
		id = genl_ctrl_resolve_grp(sock, family, group);
	nl_socket_free(sock);
	return id;
}

int netlink_join(struct netlink *nl, const char *family, const char *group)
{
	int id = resolve_group(family, group);
	int err;

	if (id < 0)
		return fail_libnl(nl, id);
	err = nl_socket_add_membership(nl->sock, id);
	if (err < 0)
		return fail_libnl(nl, err);
	/* Privileged users may exceed the limit of the system */
	err = EVENT_BUFFER;
	if (setsockopt(nl_socket_get_fd(nl->sock), SOL_SOCKET, SO_RCVBUFFORCE,
		       &err, sizeof(err)))
		setsockopt(nl_socket_get_fd(nl->sock), SOL_SOCKET, SO_RCVBUF,
			   &err, sizeof(err));
	return 0;
}

int netlink_listen(struct netlink *nl, netlink_handler handler, void *arg)
{
	struct answer answer = { .handler = handler, .arg = arg };

	return receive(nl, &answer);
}
