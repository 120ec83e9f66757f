/* SPDX-License-Identifier: GPL-2.0-only */
/* encap.h - ESP in UDP, taken before the kernel looks for its socket (RFC 3948). */
#ifndef _IPSEC_ENCAP_H
#define _IPSEC_ENCAP_H

struct net;

#ifdef CONFIG_NETFILTER

/**
 * ipsec_encap_prepare() - a peer of this underlay is reached through UDP
 *
 * From now on, until the end of the namespace.  That it may fail does not matter: the
 * packets come through their socket as well.  Context: ipsec_net.lock held; sleeps.
 */
void ipsec_encap_prepare(struct net *net);

/**
 * ipsec_encap_stop() - the namespace ends
 *
 * After a grace period no packet is taken any more.  Context: sleeps.
 */
void ipsec_encap_stop(struct net *net);

#else

static inline void ipsec_encap_prepare(struct net *net) { }
static inline void ipsec_encap_stop(struct net *net) { }

#endif

#endif /* _IPSEC_ENCAP_H */
