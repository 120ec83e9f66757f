/* SPDX-License-Identifier: MIT */
/*
 * udp.h - the sockets of IKE: ports 500 and 4500, both families.  On 4500 the kernel
 * takes ESP in UDP for itself (RFC 3948); the non-ESP marker is put and taken here.
 */
#ifndef IKED_UDP_H
#define IKED_UDP_H

#include "bytes.h"
#include "endpoint.h"

#define UDP_SOCKETS	4
#define UDP_ERROR_MAX	160

struct udp {
	int fds[UDP_SOCKETS];		/* -1: none (no IPv6) */
	void (*receive)(void *arg, const struct endpoint *local,
			const struct endpoint *remote, struct bytes message);
	void *arg;
};

/* Binds privileged ports.  0, or -errno with a sentence in @error */
int udp_open(struct udp *udp, char error[static UDP_ERROR_MAX]);
void udp_close(struct udp *udp);

/* Reads what is there, a bounded number of datagrams, and calls receive() of each */
void udp_read(struct udp *udp, unsigned int socket);

/* Lost where it cannot be sent: whoever wants an answer sends again */
void udp_send(void *udp, const struct endpoint *local, const struct endpoint *remote,
	      struct bytes message);

#endif /* IKED_UDP_H */
