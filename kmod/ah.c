// SPDX-License-Identifier: GPL-2.0-only
/*
 * ah.c - the Authentication Header (RFC 4302): its place, its length, and what its
 * ICV is calculated over:
 *
 *   IP header, as mutable.c leaves it | AH, ICV zero | payload | [high half]
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/slab.h>
#include "ah.h"
#include "mutable.h"

/* More extension headers than this are no honest packet's: bytes */
#define AH_HDR_MAX	2048

bool ipsec_ah_check(const struct sk_buff *skb, const struct ipsec_sa *sa,
		    bool ipv6)
{
	const struct ipsec_ah_hdr *ah = (const struct ipsec_ah_hdr *)skb->data;
	unsigned int len = ipsec_ah_len(sa, ipv6);

	return ah->hdrlen == len / 4 - 2 && skb->len >= len;
}

/* The part of the header that is the ICV field: GMAC's IV, then the ICV */
static u8 *ah_field(struct ipsec_ah_hdr *ah)
{
	return (u8 *)(ah + 1);
}

/* The header in front of AH, as the ICV sees it, into @c->hdr; return: its length */
static int ah_copy_hdr(struct ipsec_crypt *c, const u8 *hdr, unsigned int len)
{
	if (len > AH_HDR_MAX)
		return -EINVAL;
	if (len > sizeof(c->hdr_buf)) {
		c->special = true;
		c->hdr = kmalloc(len, GFP_ATOMIC);
		if (!c->hdr) {
			c->hdr = c->hdr_buf;
			return -ENOMEM;
		}
	}
	memcpy(c->hdr, hdr, len);
	if (hdr[0] >> 4 == 6)
		len = ipsec_mutable6(c->hdr, len);
	else if (!ipsec_mutable4(c->hdr, len))
		return -EINVAL;
	return len ? (int)len : -EINVAL;
}

/* What is authenticated, and behind it the ICV; return: length of the former */
static unsigned int ah_map(struct ipsec_crypt *c, unsigned int hdr_len, u8 *ah,
			   unsigned int len)
{
	unsigned int n = c->sa->esn ? 4 : 3;

	sg_init_table(c->sg, n);
	sg_set_buf(&c->sg[0], c->hdr, hdr_len);
	sg_set_buf(&c->sg[1], ah, len);
	if (c->sa->esn) {
		c->seq_hi = cpu_to_be32(c->seq >> 32);
		sg_set_buf(&c->sg[2], &c->seq_hi, sizeof(c->seq_hi));
		len += sizeof(c->seq_hi);
	}
	sg_set_buf(&c->sg[n - 1], c->icv, c->sa->suite.icv_len);
	return hdr_len + len;
}

int ipsec_ah_sign(struct ipsec_crypt *c)
{
	unsigned int hdr_len = skb_transport_offset(c->skb);
	__be64 iv = cpu_to_be64(c->seq);
	int len;

	len = ah_copy_hdr(c, c->skb->data, hdr_len);
	if (len < 0)
		return len;
	ipsec_crypt_sign(c, ah_map(c, len, skb_transport_header(c->skb),
				   c->skb->len - hdr_len),
			 c->sa->suite.iv_len ? (const u8 *)&iv : NULL);
	return 0;
}

void ipsec_ah_signed(struct ipsec_crypt *c)
{
	u8 *field = ah_field((void *)skb_transport_header(c->skb));
	__be64 iv = cpu_to_be64(c->seq);

	/* of GMAC, or nothing */
	memcpy(field, &iv, c->sa->suite.iv_len);
	memcpy(field + c->sa->suite.iv_len, c->icv, c->sa->suite.icv_len);
}

int ipsec_ah_verify(struct ipsec_crypt *c)
{
	struct ipsec_ah_hdr *ah = (struct ipsec_ah_hdr *)c->skb->data;
	const struct ipsec_suite *suite = &c->sa->suite;
	u8 iv[IPSEC_IV_MAX];
	int len;

	len = ah_copy_hdr(c, skb_network_header(c->skb),
			  -skb_network_offset(c->skb));
	if (len < 0)
		return len;
	/* the padding of the ICV, whatever it is, is authenticated: RFC 4302 3.3.3.2.1 */
	memcpy(iv, ah_field(ah), suite->iv_len);
	memcpy(c->icv, ah_field(ah) + suite->iv_len, suite->icv_len);
	memset(ah_field(ah), 0, suite->iv_len + suite->icv_len);
	ipsec_crypt_verify(c, ah_map(c, len, (u8 *)ah, c->skb->len),
			   suite->iv_len ? iv : NULL);
	return 0;
}
