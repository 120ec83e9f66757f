// SPDX-License-Identifier: MIT
/*
 * udp.c - the sockets of IKE.
 */
#define _GNU_SOURCE		/* struct in6_pktinfo */
#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "message.h"
#include "udp.h"

#define MARKER_LEN	4		/* RFC 3948 2.2: zeros before IKE on 4500 */
#define BATCH		64		/* datagrams at once */

/* As the kernel's header says; others define too much */
#ifndef UDP_ENCAP
#define UDP_ENCAP	100
#endif
#ifndef UDP_ENCAP_ESPINUDP
#define UDP_ENCAP_ESPINUDP	2
#endif

static const struct {
	int family;
	uint16_t port;
} sockets[UDP_SOCKETS] = {
	{ AF_INET, IKE_PORT }, { AF_INET, IKE_PORT_NATT },
	{ AF_INET6, IKE_PORT }, { AF_INET6, IKE_PORT_NATT },
};

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/* Large messages leave as fragments whatever the path MTU: IKE has its own (RFC 7383) */
static int set_options(int fd, int family, uint16_t port)
{
	if (family == AF_INET) {
		set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
		if (set(fd, IPPROTO_IP, IP_PKTINFO, 1))
			return -1;
	} else {
		set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
		if (set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) ||
		    set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1))
			return -1;
	}
	if (port != IKE_PORT_NATT)
		return 0;
	return set(fd, IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP);
}

static int open_one(int family, uint16_t port)
{
	struct sockaddr_storage sa = { .ss_family = family };
	int fd, err;

	fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* of both families the port is at the same place */
	((struct sockaddr_in *)&sa)->sin_port = htons(port);
	if (set_options(fd, family, port) ||
	    bind(fd, (struct sockaddr *)&sa, family == AF_INET ? sizeof(struct sockaddr_in) :
		 sizeof(struct sockaddr_in6))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int udp_open(struct udp *udp, char error[static UDP_ERROR_MAX])
{
	for (unsigned int i = 0; i < UDP_SOCKETS; i++)
		udp->fds[i] = -1;
	for (unsigned int i = 0; i < UDP_SOCKETS; i++) {
		int fd = open_one(sockets[i].family, sockets[i].port);

		if (fd == -EAFNOSUPPORT && sockets[i].family == AF_INET6)
			continue;
		if (fd < 0) {
			snprintf(error, UDP_ERROR_MAX, "UDP port %u: %s%s", sockets[i].port,
				 strerror(-fd), fd == -EADDRINUSE ?
				 "; another IKE daemon, or ipsecctl encap, holds it" : "");
			udp_close(udp);
			return fd;
		}
		udp->fds[i] = fd;
	}
	return 0;
}

void udp_close(struct udp *udp)
{
	for (unsigned int i = 0; i < UDP_SOCKETS; i++)
		if (udp->fds[i] >= 0)
			close(udp->fds[i]);
}

/* Our address and device, which the kernel says beside the datagram */
static void local_of(struct msghdr *msg, struct endpoint *local)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			addr_from_bytes(&info.ipi_addr, 4, &local->addr);
			local->ifindex = info.ipi_ifindex;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			addr_from_bytes(&info.ipi6_addr, 16, &local->addr);
			local->ifindex = info.ipi6_ifindex;
		}
	}
}

/* False: there was no more */
static bool read_one(struct udp *udp, unsigned int i, uint8_t *buf, size_t size)
{
	uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))
		       + CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct endpoint local = { .port = sockets[i].port }, remote = { .port = 0 };
	struct iovec iov = { buf, size };
	struct sockaddr_storage sa;
	struct msghdr msg = {
		.msg_name = &sa, .msg_namelen = sizeof(sa), .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(udp->fds[i], &msg, 0);
	struct bytes message = { buf, n };

	/* an ICMP error of an earlier datagram is read as an error: there may be more */
	if (n < 0)
		return errno != EAGAIN && errno != EINTR;
	local_of(&msg, &local);
	if (!local.addr.len || !endpoint_of_sockaddr((struct sockaddr *)&sa, &remote))
		return true;
	if (sockets[i].port == IKE_PORT_NATT) {
		/* what has no marker is ESP that nobody has a key for, or a keepalive */
		if (message.len < MARKER_LEN || memcmp(message.p, "\0\0\0", MARKER_LEN))
			return true;
		message = bytes_of(buf + MARKER_LEN, n - MARKER_LEN);
	}
	udp->receive(udp->arg, &local, &remote, message);
	return true;
}

void udp_read(struct udp *udp, unsigned int i)
{
	static uint8_t buf[IKE_MESSAGE_MAX];

	for (unsigned int n = 0; n < BATCH; n++)
		if (!read_one(udp, i, buf, sizeof(buf)))
			break;
}

/* The source that the kernel takes by that device is the one that we want */
static bool device_gives_source(const struct endpoint *local, const struct sockaddr *remote,
				socklen_t len)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 sa = { .sin6_family = AF_UNSPEC };
	socklen_t sa_len = sizeof(sa);
	int ifindex = (int)local->ifindex;
	bool same;

	if (fd < 0)
		return false;
	same = !setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &ifindex, sizeof(ifindex)) &&
	       !connect(fd, remote, len) &&
	       !getsockname(fd, (struct sockaddr *)&sa, &sa_len) &&
	       !memcmp(&sa.sin6_addr, local->addr.bytes, sizeof(sa.sin6_addr));
	close(fd);
	return same;
}

/* From which address and by which device.  For IPv6 the device is no more than a wish
 * where the source is given (ip6_route_output_flags()), and in transport mode the route
 * leads into the tunnel: so it is not given where it comes to the same.
 */
static void set_local(struct msghdr *msg, const struct endpoint *local)
{
	struct cmsghdr *c = msg->msg_control;

	if (local->addr.len == 4) {
		struct in_pktinfo info = { .ipi_ifindex = local->ifindex };

		memcpy(&info.ipi_spec_dst, local->addr.bytes, 4);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		msg->msg_controllen = CMSG_SPACE(sizeof(info));
	} else {
		struct in6_pktinfo info = { .ipi6_ifindex = local->ifindex };

		if (!local->ifindex ||
		    !device_gives_source(local, msg->msg_name, msg->msg_namelen))
			memcpy(&info.ipi6_addr, local->addr.bytes, 16);
		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		msg->msg_controllen = CMSG_SPACE(sizeof(info));
	}
}

static int socket_for(const struct udp *udp, const struct endpoint *local)
{
	int family = local->addr.len == 4 ? AF_INET : AF_INET6;

	for (unsigned int i = 0; i < UDP_SOCKETS; i++)
		if (sockets[i].family == family && sockets[i].port == local->port)
			return udp->fds[i];
	return -1;
}

void udp_send(void *arg, const struct endpoint *local, const struct endpoint *remote,
	      struct bytes message)
{
	uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = { 0 };
	char text[ENDPOINT_TEXT_MAX];
	struct sockaddr_storage sa;
	static const uint8_t marker[MARKER_LEN];
	struct iovec iov[] = {
		{ (void *)marker, local->port == IKE_PORT_NATT ? MARKER_LEN : 0 },
		{ (void *)message.p, message.len },
	};
	struct msghdr msg = {
		.msg_name = &sa, .msg_namelen = endpoint_to_sockaddr(remote, &sa),
		.msg_iov = iov, .msg_iovlen = 2, .msg_control = control,
	};

	set_local(&msg, local);
	if (sendmsg(socket_for(arg, local), &msg, 0) < 0)
		log_line(LOG_DEBUG, NULL, "to %s: %s", endpoint_text(remote, text),
			 strerror(errno));
}
