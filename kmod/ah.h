/* SPDX-License-Identifier: GPL-2.0-only */
/* ah.h - the Authentication Header around a packet (RFC 4302). */
#ifndef _IPSEC_AH_H
#define _IPSEC_AH_H

#include "crypt.h"
#include "ipsec.h"

/* The fixed part: RFC 4302 2; behind it an IV (GMAC), the ICV and its padding */
struct ipsec_ah_hdr {
	u8 nexthdr;
	u8 hdrlen;			/* of all of it in words of 4 bytes, less 2 */
	__be16 reserved;
	__be32 spi;
	__be32 seq;			/* the low half with ESN */
} __packed;

/** ipsec_ah_len() - length of the header with its ICV: bytes.  Any context. */
static inline unsigned int ipsec_ah_len(const struct ipsec_sa *sa, bool ipv6)
{
	/* RFC 4302 3.3.3.2.1 */
	return ALIGN(sizeof(struct ipsec_ah_hdr) + sa->suite.iv_len +
		     sa->suite.icv_len, ipv6 || sa->ah_align8 ? 8 : 4);
}

/**
 * ipsec_ah_build() - write a header whose ICV is still missing
 * @data: room for ipsec_ah_len() bytes
 */
static inline void ipsec_ah_build(void *data, const struct ipsec_sa *sa, bool ipv6,
				  u8 nexthdr, u64 seq)
{
	unsigned int len = ipsec_ah_len(sa, ipv6);
	struct ipsec_ah_hdr *ah = data;

	memset(ah, 0, len);
	ah->nexthdr = nexthdr;
	ah->hdrlen = len / 4 - 2;
	ah->spi = sa->id.spi;
	ah->seq = cpu_to_be32((u32)seq);
}

/**
 * ipsec_ah_sign() - calculate the ICV of a packet that is complete but for it
 * @c: as for ipsec_crypt_seal(); data of the packet is at the IP header, its
 *	transport header is AH
 *
 * Context: BH disabled.  Return: 0, and @c->done is or will be called, where
 * ipsec_ah_signed() has to be called; or a negative error and it is not.
 */
int ipsec_ah_sign(struct ipsec_crypt *c);

/** ipsec_ah_signed() - put the ICV into the packet */
void ipsec_ah_signed(struct ipsec_crypt *c);

/**
 * ipsec_ah_check() - is there a whole header of this SA at the packet's data?
 *
 * The data need not be in one piece, but for the fixed part.
 */
bool ipsec_ah_check(const struct sk_buff *skb, const struct ipsec_sa *sa,
		    bool ipv6);

/**
 * ipsec_ah_verify() - check the ICV of a packet
 * @c: as for ipsec_crypt_open(); the data of the packet is at AH, which
 *	ipsec_ah_check() has seen, its network header at the IP header
 *
 * Context and return as ipsec_ah_sign(); -EINVAL: options in front of AH are
 * malformed.
 */
int ipsec_ah_verify(struct ipsec_crypt *c);

#endif /* _IPSEC_AH_H */
