/* SPDX-License-Identifier: GPL-2.0-only */
/* path.h - the entries of the two packet paths, and what they share. */
#ifndef _IPSEC_PATH_H
#define _IPSEC_PATH_H

#include <linux/skbuff.h>
#include "ipsec.h"

/* RFC 4303 2: the header in front of the IV */
struct ipsec_esp_hdr {
	__be32 spi;
	__be32 seq;			/* the low half with ESN */
	__be64 iv;			/* all our algorithms have 8 bytes */
} __packed;

#define IPSEC_ESP_TRAILER	2	/* pad length, next header */

/**
 * ipsec_transmit() - ndo_start_xmit: protect and send an inner packet
 *
 * Consumes the skb on all returns.  Context: softirq, BH disabled.
 */
netdev_tx_t ipsec_transmit(struct sk_buff *skb, struct net_device *dev);

/**
 * ipsec_receive() - an ESP packet of one of our SAs has arrived
 * @skb: data at the ESP header, network header at the outer IP header; consumed
 * @sa: found in the caller's RCU read section
 *
 * Context: softirq, BH disabled.
 */
void ipsec_receive(struct sk_buff *skb, struct ipsec_sa *sa);

#endif /* _IPSEC_PATH_H */
