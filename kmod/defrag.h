/* SPDX-License-Identifier: GPL-2.0-only */
/* defrag.h - fragments back to packets, for transport mode. */
#ifndef _IPSEC_DEFRAG_H
#define _IPSEC_DEFRAG_H

#include <linux/skbuff.h>
#include "ipsec.h"

/**
 * ipsec_defrag() - collect a fragment
 * @skb: an IP packet that is a fragment; on 0 it has become the whole packet
 * @idev: the interface that it is sent through
 *
 * Context: softirq.  Return: 0, or a negative error and the packet is consumed:
 * -EINPROGRESS, when others are missing, or it was malformed, which is counted.
 */
int ipsec_defrag(struct sk_buff *skb, struct ipsec_dev *idev);

#endif /* _IPSEC_DEFRAG_H */
