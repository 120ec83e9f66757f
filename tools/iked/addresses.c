// SPDX-License-Identifier: MIT
/* addresses.c - that addresses of this host came or went. */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addresses.h"

int addresses_open(void)
{
	const struct sockaddr_nl sa = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};
	int fd, err;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	if (!bind(fd, (const struct sockaddr *)&sa, sizeof(sa)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

bool addresses_read(int fd)
{
	struct sockaddr_nl from = { 0 };
	bool changed = false;
	char buf[8192];
	socklen_t len;
	ssize_t n;

	for (;;) {
		len = sizeof(from);
		n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);
		if (n < 0 && errno == EINTR)
			continue;
		/* some were lost: perhaps ours */
		if (n < 0 && errno == ENOBUFS)
			changed = true;
		else if (n < 0)
			return changed;
		else if (!from.nl_pid)
			changed = true;
	}
}
