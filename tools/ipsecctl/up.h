/* SPDX-License-Identifier: MIT */
/*
 * up.h - an interface as its configuration file says: made, or changed to that.
 *
 * Functions return 0 or -errno with a sentence in @error.
 */
#ifndef IPSECCTL_UP_H
#define IPSECCTL_UP_H

#include "../iked/config.h"

#define UP_ERROR_MAX	400

bool up_exists(const char *ifname);
/* What can be known to fail before anything was changed */
int up_check(const struct config *config, char error[static UP_ERROR_MAX]);
/* Device, addresses, static peers, routes.  @made: there was no such device before */
int up_interface(const struct config *config, bool *made,
		 char error[static UP_ERROR_MAX]);
int up_delete(const char *ifname, char error[static UP_ERROR_MAX]);

/* For a daemon that starts later */
int up_remember(const struct config *config, char error[static UP_ERROR_MAX]);
void up_forget(const char *ifname);

/* Peers that use IKE */
bool up_needs_daemon(const struct config *config);

#endif /* IPSECCTL_UP_H */
