/* SPDX-License-Identifier: MIT */
/* kernel_module.h - what kernel_netlink.c and kernel_events.c share. */
#ifndef IKED_KERNEL_MODULE_H
#define IKED_KERNEL_MODULE_H

#include "../lib/netlink.h"
#include "kernel.h"

struct kernel_module {
	struct kernel kernel;		/* first, it is what others hold */
	struct netlink nl;		/* requests */
	struct netlink listener;	/* groups "events" and "keys" */
};

int kernel_module_source(struct kernel *k, const struct addr *remote,
			 struct endpoint *local);
int kernel_module_fd(struct kernel *k);
int kernel_module_events(struct kernel *k);

#endif /* IKED_KERNEL_MODULE_H */
