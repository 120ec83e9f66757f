/* SPDX-License-Identifier: GPL-2.0-only */
/* device.h - the network interface ipsecN. */
#ifndef _IPSEC_DEVICE_H
#define _IPSEC_DEVICE_H

#include "ipsec.h"

/**
 * ipsec_device_update_state() - UP while a peer can send, DORMANT otherwise
 *
 * Context: process, ipsec_net.lock held.
 */
void ipsec_device_update_state(struct ipsec_dev *idev);

int ipsec_device_init(void);
void ipsec_device_exit(void);

#endif /* _IPSEC_DEVICE_H */
