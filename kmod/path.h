/* SPDX-License-Identifier: GPL-2.0-only */
/* path.h - the entries of the two packet paths. */
#ifndef _IPSEC_PATH_H
#define _IPSEC_PATH_H

#include <linux/skbuff.h>
#include "ipsec.h"

/**
 * ipsec_transmit() - ndo_start_xmit: protect and send an inner packet
 *
 * Consumes the skb on all returns.  Context: softirq, BH disabled.
 */
netdev_tx_t ipsec_transmit(struct sk_buff *skb, struct net_device *dev);

/**
 * ipsec_transmit_held() - the same for a packet that has waited for its SA
 *
 * Consumes the skb.  Context: BH disabled.
 */
void ipsec_transmit_held(struct sk_buff *skb, struct ipsec_dev *idev);

/**
 * ipsec_transmit_dummies() - send packets that the peer discards (RFC 4303 2.6)
 * @peer: whom to
 * @n: how many
 * @len: of what ESP protects: bytes
 *
 * Context: process, ipsec_net.lock held (its SAs and endpoint stay).
 * Return: 0, what went out or was dropped on the way being counted; or nothing was
 * sent: -ENETDOWN, -ENOENT (no SA), -EOPNOTSUPP (no ESP), -EKEYEXPIRED (a hard limit
 * is met), -EMSGSIZE (longer than the path lets through), -ELOOP or another error
 * (no route).
 */
int ipsec_transmit_dummies(struct ipsec_peer *peer, unsigned int n,
			   unsigned int len);

/**
 * ipsec_receive() - an ESP or AH packet of one of our SAs has arrived
 * @skb: data at the ESP or AH header, of which the fixed part is there; network
 *	header at the outer IP header; consumed
 * @sa: found in the caller's RCU read section
 * @nexthdr_off: where in the outer headers the number of ESP or AH is: bytes
 * @udp: there was a UDP header in between
 *
 * Context: softirq, BH disabled.
 */
void ipsec_receive(struct sk_buff *skb, struct ipsec_sa *sa,
		   unsigned int nexthdr_off, bool udp);

#endif /* _IPSEC_PATH_H */
