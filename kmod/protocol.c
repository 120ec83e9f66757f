// SPDX-License-Identifier: GPL-2.0-only
/*
 * protocol.c - inbound ESP and AH, beside the kernel's own IPsec.
 *
 * The kernel keeps a list of handlers for each, asked in order of priority.  We are
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
#include "ah.h"
#include "drop.h"
#include "esp.h"
#include "icmp.h"
#include "path.h"
#include "protocol.h"
#include "sadb.h"

/* The kernel's own handlers use 0 to 100, and ip_vti at 100 lets nothing pass */
#define PROTOCOL_PRIORITY	200

/* Where in the outer headers it is said that ESP, AH or UDP follows: bytes */
static unsigned int protocol_nexthdr_off(const struct sk_buff *skb)
{
	return ip_hdr(skb)->version == 4 ? offsetof(struct iphdr, protocol) :
					   IP6CB(skb)->nhoff;
}

/* Nobody's SPI, unless the kernel's own IPsec has it: RFC 4301 5.2, auditable */
static void protocol_unknown(const struct sk_buff *skb, u8 proto, __be32 spi,
			     __be32 seq)
{
	bool ipv4 = ip_hdr(skb)->version == 4;
	const xfrm_address_t *daddr = ipv4 ?
		(const xfrm_address_t *)&ip_hdr(skb)->daddr :
		(const xfrm_address_t *)&ipv6_hdr(skb)->daddr;
	struct xfrm_state *x;

	x = xfrm_state_lookup(dev_net(skb->dev), skb->mark, daddr, spi, proto,
			      ipv4 ? AF_INET : AF_INET6);
	if (x)
		xfrm_state_put(x);
	else
		ipsec_drop_unknown(skb, proto, spi, ntohl(seq));
}

/*
 * Nothing of the packet may change before it is known to be ours, its control
 * block included: the next handler relies on both.
 */
static int protocol_rcv(struct sk_buff *skb, u8 proto, bool udp)
{
	struct ipsec_sa *sa;
	__be32 spi, seq;

	if (proto == IPPROTO_ESP) {
		if (!pskb_may_pull(skb, sizeof(struct ipsec_esp_hdr)))
			return -EINVAL;
		spi = ((struct ipsec_esp_hdr *)skb->data)->spi;
		seq = ((struct ipsec_esp_hdr *)skb->data)->seq;
	} else {
		if (!pskb_may_pull(skb, sizeof(struct ipsec_ah_hdr)))
			return -EINVAL;
		spi = ((struct ipsec_ah_hdr *)skb->data)->spi;
		seq = ((struct ipsec_ah_hdr *)skb->data)->seq;
	}
	sa = ipsec_sadb_find_here(ipsec_net(dev_net(skb->dev)), skb, spi, proto);
	if (!sa) {
		if (unlikely(ipsec_drop_heard(dev_net(skb->dev))))
			protocol_unknown(skb, proto, spi, seq);
		return -EINVAL;
	}
	ipsec_receive(skb, sa, protocol_nexthdr_off(skb), udp);
	return 0;
}

static int protocol_rcv_esp(struct sk_buff *skb)
{
	return protocol_rcv(skb, IPPROTO_ESP, false);
}

static int protocol_rcv_ah(struct sk_buff *skb)
{
	return protocol_rcv(skb, IPPROTO_AH, false);
}

/* ESP in UDP, from the socket of an IKE daemon; the UDP header is off already */
static int protocol_rcv_encap(struct sk_buff *skb, int nexthdr, __be32 spi,
			      int encap_type)
{
	return nexthdr == IPPROTO_ESP ? protocol_rcv(skb, IPPROTO_ESP, true) :
					-EINVAL;
}

static int protocol_cb(struct sk_buff *skb, int err)
{
	return 1;
}

static int protocol_err_esp4(struct sk_buff *skb, u32 info)
{
	return ipsec_icmp4(skb, info, IPPROTO_ESP);
}

static int protocol_err_ah4(struct sk_buff *skb, u32 info)
{
	return ipsec_icmp4(skb, info, IPPROTO_AH);
}

static int protocol_err_esp6(struct sk_buff *skb, struct inet6_skb_parm *opt,
			     u8 type, u8 code, int offset, __be32 info)
{
	return ipsec_icmp6(skb, type, offset, info, IPPROTO_ESP);
}

/* Never called: see icmp_ah.c */
static int protocol_err_ah6(struct sk_buff *skb, struct inet6_skb_parm *opt,
			    u8 type, u8 code, int offset, __be32 info)
{
	return -ENOENT;
}

#define HANDLERS(_rcv, _err)						\
	{								\
		.handler = _rcv,					\
		.input_handler = protocol_rcv_encap,			\
		.cb_handler = protocol_cb,				\
		.err_handler = _err,					\
		.priority = PROTOCOL_PRIORITY,				\
	}

static struct xfrm4_protocol esp4 = HANDLERS(protocol_rcv_esp, protocol_err_esp4);
static struct xfrm4_protocol ah4 = HANDLERS(protocol_rcv_ah, protocol_err_ah4);
static struct xfrm6_protocol esp6 = HANDLERS(protocol_rcv_esp, protocol_err_esp6);
static struct xfrm6_protocol ah6 = HANDLERS(protocol_rcv_ah, protocol_err_ah6);

static int protocol_result(int err, const char *what)
{
	if (err)
		pr_err("cannot register for %s (%d): another module has priority %d\n",
		       what, err, PROTOCOL_PRIORITY);
	return err;
}

int __init ipsec_protocol_init(void)
{
	int err;

	err = protocol_result(xfrm4_protocol_register(&esp4, IPPROTO_ESP),
			      "ESP over IPv4");
	if (err)
		return err;
	err = protocol_result(xfrm6_protocol_register(&esp6, IPPROTO_ESP),
			      "ESP over IPv6");
	if (err)
		goto err_esp4;
	err = protocol_result(xfrm4_protocol_register(&ah4, IPPROTO_AH),
			      "AH over IPv4");
	if (err)
		goto err_esp6;
	err = protocol_result(xfrm6_protocol_register(&ah6, IPPROTO_AH),
			      "AH over IPv6");
	if (err)
		goto err_ah4;
	return 0;

err_ah4:
	xfrm4_protocol_deregister(&ah4, IPPROTO_AH);
err_esp6:
	xfrm6_protocol_deregister(&esp6, IPPROTO_ESP);
err_esp4:
	xfrm4_protocol_deregister(&esp4, IPPROTO_ESP);
	return err;
}

/* Afterwards no packet is in protocol_rcv() any more */
void ipsec_protocol_exit(void)
{
	xfrm6_protocol_deregister(&ah6, IPPROTO_AH);
	xfrm4_protocol_deregister(&ah4, IPPROTO_AH);
	xfrm6_protocol_deregister(&esp6, IPPROTO_ESP);
	xfrm4_protocol_deregister(&esp4, IPPROTO_ESP);
}
