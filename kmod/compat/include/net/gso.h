/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * net/gso.h for kernels without it: Linux 6.5 ("net: move gso
 * declarations and functions to their own files") took it out of netdevice.h.
 */
#ifndef _IPSEC_COMPAT_NET_GSO_H
#define _IPSEC_COMPAT_NET_GSO_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>

#endif /* _IPSEC_COMPAT_NET_GSO_H */
