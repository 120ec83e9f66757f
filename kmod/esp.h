/* SPDX-License-Identifier: GPL-2.0-only */
/* esp.h - the Encapsulating Security Payload around a packet (RFC 4303). */
#ifndef _IPSEC_ESP_H
#define _IPSEC_ESP_H

#include "ipsec.h"

/* RFC 4303 2: the header; behind it is the IV */
struct ipsec_esp_hdr {
	__be32 spi;
	__be32 seq;			/* the low half with ESN */
} __packed;

#define IPSEC_ESP_TRAILER	2	/* pad length, next header */

/** ipsec_esp_len() - length of the header with its IV: bytes.  Any context. */
static inline unsigned int ipsec_esp_len(const struct ipsec_sa *sa)
{
	return sizeof(struct ipsec_esp_hdr) + sa->suite.iv_len;
}

/** ipsec_esp_pad() - how much padding @len bytes of payload need: bytes */
static inline unsigned int ipsec_esp_pad(const struct ipsec_sa *sa,
					 unsigned int len)
{
	return -(len + IPSEC_ESP_TRAILER) & (sa->suite.align - 1);
}

/** ipsec_esp_build() - write the header and the IV, ipsec_esp_len() bytes */
void ipsec_esp_build(void *esp, const struct ipsec_sa *sa, u64 seq);

/**
 * ipsec_esp_trailer() - put padding, trailer and room for the ICV behind a packet
 * @tfc: of the padding of RFC 4303 2.7: bytes
 * @pad: of the padding of RFC 4303 2.4: bytes
 *
 * There must be room for them.
 */
void ipsec_esp_trailer(struct sk_buff *skb, const struct ipsec_sa *sa,
		       unsigned int tfc, unsigned int pad, u8 nexthdr);

/**
 * ipsec_esp_strip() - take off what surrounds the payload of an authentic packet
 * @skb: data at the ESP header; afterwards at the payload, which ends the packet
 * @nexthdr: what it is
 * @reason: why not
 *
 * Return: false if the trailer is malformed.
 */
bool ipsec_esp_strip(struct sk_buff *skb, const struct ipsec_sa *sa, u8 *nexthdr,
		     enum ifipsec_drop *reason);

#endif /* _IPSEC_ESP_H */
