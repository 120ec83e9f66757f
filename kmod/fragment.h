/* SPDX-License-Identifier: GPL-2.0-only */
/* fragment.h - fragments of an inner IPv4 packet, before they are protected. */
#ifndef _IPSEC_FRAGMENT_H
#define _IPSEC_FRAGMENT_H

#include <linux/skbuff.h>

/**
 * ipsec_fragment4() - split a packet that may be fragmented
 * @skb: an IPv4 packet without DF, not GSO, its header linear; consumed
 * @mtu: the largest fragment: bytes, at least IPV4_MIN_MTU
 * @head: room to leave in front of each: bytes
 *
 * RFC 791 3.2.  Context: softirq.  Return: the list of fragments, or NULL without
 * memory.
 */
struct sk_buff *ipsec_fragment4(struct sk_buff *skb, unsigned int mtu,
				unsigned int head);

#endif /* _IPSEC_FRAGMENT_H */
