/* SPDX-License-Identifier: GPL-2.0-only */
/* mtu.h - how large may an inner packet be? */
#ifndef _IPSEC_MTU_H
#define _IPSEC_MTU_H

#include "ipsec.h"

/**
 * ipsec_mtu_inner() - the largest inner packet that fits
 * @esp: outbound SA, or NULL
 * @ah: outbound SA around it, or NULL
 * @ep: the endpoint, for the outer header
 * @own_hdr: transport mode: length of the packet's own header; 0: tunnel mode
 * @outer_mtu: MTU of the route: bytes
 *
 * payload = floor((outer_mtu - headers - ICV) / align) * align - 2, RFC 4303
 * 2.4-2.7; in transport mode the packet's own header comes back to it.
 * Context: RCU read section.
 *
 * Return: bytes; 0 if the overhead alone does not fit.
 */
unsigned int ipsec_mtu_inner(const struct ipsec_sa *esp,
			     const struct ipsec_sa *ah,
			     const struct ipsec_endpoint *ep,
			     unsigned int own_hdr, unsigned int outer_mtu);

/**
 * ipsec_mtu_update_peer() - recalculate a peer from its route and tx SA
 *
 * Context: process, ipsec_net.lock held.
 */
void ipsec_mtu_update_peer(struct ipsec_peer *peer);

/** ipsec_mtu_forget_peer() - the peer goes; ipsec_net.lock held */
void ipsec_mtu_forget_peer(struct ipsec_peer *peer);

/**
 * ipsec_mtu_apply() - set the MTU of an interface to that of its peers
 *
 * Context: process, rtnl held, ipsec_net.lock not held (other interfaces listen).
 */
void ipsec_mtu_apply(struct ipsec_dev *idev);

/** ipsec_mtu_change() - ndo_change_mtu: an MTU set by hand stays */
int ipsec_mtu_change(struct net_device *dev, int mtu);

int ipsec_mtu_init(void);
void ipsec_mtu_exit(void);

#endif /* _IPSEC_MTU_H */
