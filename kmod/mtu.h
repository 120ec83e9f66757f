/* SPDX-License-Identifier: GPL-2.0-only */
/* mtu.h - how large may an inner packet be? */
#ifndef _IPSEC_MTU_H
#define _IPSEC_MTU_H

#include "ipsec.h"

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
