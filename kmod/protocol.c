// SPDX-License-Identifier: GPL-2.0-only
/*
 * protocol.c - inbound ESP, beside the kernel's own IPsec.
 *
 * The kernel keeps a list of handlers for ESP, asked in order of priority.  We are
 * asked first, take the packets of our SAs, and hand on all others exactly as they
 * were.  What the callbacks may return:
 *
 *   handler, input_handler  0: the packet is consumed; -EINVAL: not ours, ask the
 *                           next.  Anything else would make the IP layer look at
 *                           a packet that is gone.
 *   cb_handler              1: not ours.  It is called for every packet that the
 *                           kernel's own IPsec has decrypted.
 *   err_handler             0: the ICMP error was about our packet; -ENOENT: not.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ipv6.h>
#include <net/xfrm.h>
#include "path.h"
#include "protocol.h"
#include "sadb.h"

/* The kernel's own handlers use 0 to 100, and ip_vti at 100 lets nothing pass */
#define PROTOCOL_PRIORITY	200

static bool protocol_local_ok(const struct sk_buff *skb,
			      const struct ipsec_sa *sa)
{
	const struct ipsec_endpoint *ep = rcu_dereference(sa->peer->endpoint);

	if (unlikely(!ep))
		return false;
	switch (ep->local.family) {
	case AF_INET:
		return ip_hdr(skb)->version == 4 &&
		       ip_hdr(skb)->daddr == ep->local.v4;
	case AF_INET6:
		return ip_hdr(skb)->version == 6 &&
		       ipv6_addr_equal(&ipv6_hdr(skb)->daddr, &ep->local.v6);
	default:
		return true;
	}
}

/*
 * Nothing of the packet may change before it is known to be ours, its control
 * block included: the next handler relies on both.
 */
static int protocol_rcv(struct sk_buff *skb)
{
	const struct ip_esp_hdr *esp;
	struct ipsec_sa *sa;

	if (!pskb_may_pull(skb, sizeof(*esp)))
		return -EINVAL;
	esp = (const struct ip_esp_hdr *)skb->data;
	sa = ipsec_sadb_find(ipsec_net(dev_net(skb->dev)), esp->spi,
			     IPPROTO_ESP);
	if (!sa || !protocol_local_ok(skb, sa))
		return -EINVAL;
	ipsec_receive(skb, sa);
	return 0;
}

/* ESP in UDP, from the socket of an IKE daemon; the UDP header is off already */
static int protocol_rcv_encap(struct sk_buff *skb, int nexthdr, __be32 spi,
			      int encap_type)
{
	return nexthdr == IPPROTO_ESP ? protocol_rcv(skb) : -EINVAL;
}

static int protocol_cb(struct sk_buff *skb, int err)
{
	return 1;
}

static int protocol_err4(struct sk_buff *skb, u32 info)
{
	return -ENOENT;
}

static int protocol_err6(struct sk_buff *skb, struct inet6_skb_parm *opt,
			 u8 type, u8 code, int offset, __be32 info)
{
	return -ENOENT;
}

static struct xfrm4_protocol esp4 = {
	.handler	= protocol_rcv,
	.input_handler	= protocol_rcv_encap,
	.cb_handler	= protocol_cb,
	.err_handler	= protocol_err4,
	.priority	= PROTOCOL_PRIORITY,
};

static struct xfrm6_protocol esp6 = {
	.handler	= protocol_rcv,
	.input_handler	= protocol_rcv_encap,
	.cb_handler	= protocol_cb,
	.err_handler	= protocol_err6,
	.priority	= PROTOCOL_PRIORITY,
};

int __init ipsec_protocol_init(void)
{
	int err;

	err = xfrm4_protocol_register(&esp4, IPPROTO_ESP);
	if (err) {
		pr_err("cannot register for ESP over IPv4 (%d): another module has priority %d\n",
		       err, PROTOCOL_PRIORITY);
		return err;
	}
	err = xfrm6_protocol_register(&esp6, IPPROTO_ESP);
	if (err) {
		pr_err("cannot register for ESP over IPv6 (%d): another module has priority %d\n",
		       err, PROTOCOL_PRIORITY);
		xfrm4_protocol_deregister(&esp4, IPPROTO_ESP);
	}
	return err;
}

/* Afterwards no packet is in protocol_rcv() any more */
void ipsec_protocol_exit(void)
{
	xfrm6_protocol_deregister(&esp6, IPPROTO_ESP);
	xfrm4_protocol_deregister(&esp4, IPPROTO_ESP);
}
