// SPDX-License-Identifier: MIT
/*
 * cmd_encap.c - ipsecctl encap: holds a UDP port for ESP in UDP (RFC 3948).
 *
 * The kernel takes ESP in UDP from a socket that asks for it, which an IKE
 * daemon has.  Where there is none, this is the socket.
 */
#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command.h"

#define ERROR_MAX	160

enum { IPV4, IPV6, N_FAMILIES };

static const struct {
	int number;
	const char *name;
} families[N_FAMILIES] = {
	[IPV4] = { AF_INET, "IPv4" },
	[IPV6] = { AF_INET6, "IPv6" },
};

/* ESP goes to the kernel from the first packet on, so this is before bind() */
static int set_options(int fd, int family)
{
	const int on = 1, esp = UDP_ENCAP_ESPINUDP;

	if (family == IPV6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		return -errno;
	if (setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &esp, sizeof(esp)))
		return -errno;
	return 0;
}

static int bind_any(int fd, int family, uint16_t port)
{
	const struct sockaddr_in any4 = {
		.sin_family = AF_INET, .sin_port = htons(port),
	};
	const struct sockaddr_in6 any6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(port),
	};
	int err;

	if (family == IPV4)
		err = bind(fd, (const struct sockaddr *)&any4, sizeof(any4));
	else
		err = bind(fd, (const struct sockaddr *)&any6, sizeof(any6));
	return err ? -errno : 0;
}

/* A socket that holds the port, or -errno */
static int open_socket(int family, uint16_t port)
{
	int fd, err;

	fd = socket(families[family].number,
		    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	err = set_options(fd, family);
	if (!err)
		err = bind_any(fd, family, port);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int fail(const struct command *command, int family, uint16_t port,
		int err)
{
	const char *name = families[family].name;
	char text[ERROR_MAX];

	if (err == -EADDRINUSE)
		snprintf(text, sizeof(text),
			 "the UDP port %u is in use (%s): an IKE daemon that holds it receives ESP too",
			 port, name);
	else if (err == -EACCES)
		snprintf(text, sizeof(text),
			 "no permission to hold the UDP port %u (%s)", port,
			 name);
	else if (err == -ENOPROTOOPT)
		snprintf(text, sizeof(text),
			 "the kernel does not receive ESP in UDP (%s)", name);
	else
		snprintf(text, sizeof(text), "UDP port %u (%s): %s", port,
			 name, strerror(-err));
	return command_fail(command, NULL, text);
}

/*
 * Opens a socket for each family and reports; an exit code.  A host without
 * IPv6 is well without its socket, which poll() skips.
 */
static int open_all(const struct command *command, uint16_t port,
		    struct pollfd sockets[N_FAMILIES])
{
	for (int family = 0; family < N_FAMILIES; family++) {
		int fd = open_socket(family, port);

		if (fd < 0 && !(family == IPV6 && fd == -EAFNOSUPPORT))
			return fail(command, family, port, fd);
		sockets[family].fd = fd;
	}
	return EXIT_DONE;
}

static void close_all(const struct pollfd sockets[N_FAMILIES])
{
	for (int family = 0; family < N_FAMILIES; family++) {
		if (sockets[family].fd >= 0)
			close(sockets[family].fd);
	}
}

/* Reads all that is there: 0 or -errno */
static int throw_away(int fd)
{
	char byte;

	for (;;) {
		if (recv(fd, &byte, sizeof(byte), 0) >= 0 || errno == EINTR)
			continue;
		return errno == EAGAIN ? 0 : -errno;
	}
}

/* What comes here is IKE, a keepalive or noise; until a failure, an exit code */
static int hold_forever(const struct command *command, uint16_t port,
			struct pollfd sockets[N_FAMILIES])
{
	for (;;) {
		if (poll(sockets, N_FAMILIES, -1) < 0 && errno != EINTR)
			return command_fail(command, NULL, strerror(errno));
		for (int family = 0; family < N_FAMILIES; family++) {
			int err;

			if (sockets[family].fd < 0)
				continue;
			err = throw_away(sockets[family].fd);
			if (err)
				return fail(command, family, port, err);
		}
	}
}

int cmd_encap(const struct command *command, struct words *words)
{
	struct pollfd sockets[N_FAMILIES] = {
		{ .fd = -1, .events = POLLIN }, { .fd = -1, .events = POLLIN },
	};
	struct encap_args args;
	int code;

	if (parse_encap(words, &args))
		return command_usage(command, words);
	code = open_all(command, args.port, sockets);
	if (!code) {
		command_notice("listening");
		code = fflush(stdout) ? EXIT_FAILED :
			hold_forever(command, args.port, sockets);
	}
	close_all(sockets);
	return code;
}
