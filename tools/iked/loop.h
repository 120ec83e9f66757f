/* SPDX-License-Identifier: MIT */
/*
 * loop.h - the event loop (libev): sockets, the kernel's events, the control socket and
 * time, all brought to the daemon in one thread.
 */
#ifndef IKED_LOOP_H
#define IKED_LOOP_H

#include "daemon.h"
#include "udp.h"

/* Milliseconds of a clock that nobody sets, and that goes on in sleep */
uint64_t loop_now_ms(void);

/* Until SIGTERM or SIGINT.  0, or -errno: there is no loop */
int loop_run(struct daemon *d, struct udp *udp, int control_fd);

#endif /* IKED_LOOP_H */
