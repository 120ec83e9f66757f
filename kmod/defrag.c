// SPDX-License-Identifier: GPL-2.0-only
/*
 * defrag.c - fragments back to packets, for transport mode, which protects whole
 * packets only (RFC 4303 3.3.4).  The kernel's reassembly does it; its limits and
 * timeouts, and its counters (IpReasmFails, Ip6ReasmFails), apply.
 */
#include <linux/ip.h>
#include <net/ip.h>
#include <net/ipv6_frag.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include "defrag.h"
#include "drop.h"
#include "ipsec.h"

/* Our fragments meet no others: "ips" */
#define DEFRAG_USER	0x69707300

static int defrag6(struct sk_buff *skb, struct ipsec_dev *idev)
{
	int err = nf_ct_frag6_gather(dev_net(idev->dev), skb, DEFRAG_USER);

	if (err && err != -EINPROGRESS) {
		ipsec_drop(&(struct ipsec_drop){
			.idev = idev,
			.reason = IFIPSEC_DROP_TX_FRAGMENT,
			.packets = 1,
			.dir = IFIPSEC_DIR_OUT,
			.inner = ipv6_hdr(skb),
		});
		kfree_skb(skb);
	}
	return err;
}

int ipsec_defrag(struct sk_buff *skb, struct ipsec_dev *idev)
{
	if (skb->protocol == htons(ETH_P_IP))
		return ip_defrag(dev_net(idev->dev), skb, DEFRAG_USER);
	return defrag6(skb, idev);
}
