/* SPDX-License-Identifier: GPL-2.0-only */
/* encap.h - ESP in UDP, taken before the kernel looks for its socket (RFC 3948). */
#ifndef _IPSEC_ENCAP_H
#define _IPSEC_ENCAP_H

#include <linux/netfilter.h>

/* One for each family; see hook.c.  Without them packets come through their socket. */
extern const struct nf_hook_ops ipsec_encap_hooks[2];

#endif /* _IPSEC_ENCAP_H */
