/* SPDX-License-Identifier: GPL-2.0-only */
/* icmp.h - ICMP errors about our outer packets. */
#ifndef _IPSEC_ICMP_H
#define _IPSEC_ICMP_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>

/**
 * ipsec_icmp4() - an ICMP error came back
 * @skb: data at the IP header of the packet that it is about
 * @info: of the ICMP header: the MTU
 * @proto: IPPROTO_ESP or IPPROTO_AH
 *
 * Context: softirq, RCU read section.
 * Return: 0 if it is about a packet of ours, -ENOENT if not.
 */
int ipsec_icmp4(struct sk_buff *skb, u32 info, u8 proto);

/** ipsec_icmp6() - the same for IPv6; @offset: of ESP or AH in the data */
int ipsec_icmp6(struct sk_buff *skb, u8 type, int offset, __be32 info, u8 proto);

/* Errors about AH over IPv6; see hook.c */
extern const struct nf_hook_ops ipsec_icmp_ah_hook;

#endif /* _IPSEC_ICMP_H */
