/* SPDX-License-Identifier: MIT */
/*
 * confine.h - what is left of root's rights once the daemon runs: CAP_NET_ADMIN, a user
 * of its own, and the system calls that it needs.
 */
#ifndef IKED_CONFINE_H
#define IKED_CONFINE_H

#define CONFINE_ERROR_MAX	200
#define CONFINE_USER		"ipsec"		/* unless -u says another */

/*
 * Gives up everything else, for good.  Sockets must be open, and files read.
 * 0 or -errno with a sentence in @error.  Where the kernel has no seccomp filters there
 * is a warning in the log only.
 */
int confine(const char *user, char error[static CONFINE_ERROR_MAX]);

#endif /* IKED_CONFINE_H */
