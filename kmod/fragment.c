// SPDX-License-Identifier: GPL-2.0-only
/*
 * fragment.c - an inner IPv4 packet in fragments, where the outer packet must not be
 * fragmented instead.
 */
#include <linux/ip.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include "fragment.h"

/* RFC 791 3.1: an option that is not copied is in the first fragment alone */
static void fragment4_options(struct iphdr *iph)
{
	unsigned int len = iph->ihl * 4 - sizeof(*iph), optlen;
	u8 *opt = (u8 *)(iph + 1);

	for (; len && *opt != IPOPT_END; opt += optlen, len -= optlen) {
		optlen = 1;
		if (*opt == IPOPT_NOOP)
			continue;
		if (len < 2 || opt[1] < 2 || opt[1] > len)
			break;
		optlen = opt[1];
		if (!IPOPT_COPIED(*opt))
			memset(opt, IPOPT_NOOP, optlen);
	}
	ip_send_check(iph);
}

struct sk_buff *ipsec_fragment4(struct sk_buff *skb, unsigned int mtu,
				unsigned int head)
{
	unsigned int hlen = ip_hdr(skb)->ihl * 4;
	struct sk_buff *list = NULL, **end = &list, *frag;
	struct ip_frag_state state;

	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		goto err;
	ip_frag_init(skb, hlen, head, mtu - hlen, false, &state);
	while (state.left) {
		frag = ip_frag_next(skb, &state);
		if (IS_ERR(frag))
			goto err;
		if (hlen > sizeof(struct iphdr) && list)
			fragment4_options(ip_hdr(frag));
		*end = frag;
		end = &frag->next;
	}
	consume_skb(skb);
	return list;

err:
	kfree_skb_list(list);
	kfree_skb(skb);
	return NULL;
}
