/* SPDX-License-Identifier: GPL-2.0-only */
/* hook.h - what the module asks netfilter for, in a namespace that needs it. */
#ifndef _IPSEC_HOOK_H
#define _IPSEC_HOOK_H

struct net;

enum ipsec_hook {
	IPSEC_HOOK_ENCAP,	/* encap.c: ESP in UDP */
	IPSEC_HOOK_AH_ERROR,	/* icmp_ah.c: errors about AH over IPv6 */
	IPSEC_HOOKS
};

#ifdef CONFIG_NETFILTER

/**
 * ipsec_hook_need() - packets of this kind are looked at from now on
 *
 * Until the end of the namespace.  Context: ipsec_net.lock held; sleeps.
 * Return: 0 or -ENOMEM.
 */
int ipsec_hook_need(struct net *net, enum ipsec_hook what);

/**
 * ipsec_hook_stop() - the namespace ends
 *
 * After a grace period no packet is looked at any more.  Context: sleeps.
 */
void ipsec_hook_stop(struct net *net);

#else

static inline int ipsec_hook_need(struct net *net, enum ipsec_hook what)
{
	return 0;
}

static inline void ipsec_hook_stop(struct net *net) { }

#endif

#endif /* _IPSEC_HOOK_H */
