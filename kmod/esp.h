/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * esp.h - the Encapsulating Security Payload around a packet (RFC 4303 2), for whatever
 * is inside:
 *
 *   SPI | sequence number | IV | payload | 0 0 .. | 1 2 3 .. | pad length | next header | ICV
 *                              |         \- TFC -/\-- pad --/                          |
 *                              \---------------- what the cipher gets ----------------/
 */
#ifndef _IPSEC_ESP_H
#define _IPSEC_ESP_H

#include <linux/random.h>
#include <linux/skbuff.h>
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
static inline void ipsec_esp_build(void *data, const struct ipsec_sa *sa, u64 seq)
{
	struct ipsec_esp_hdr *esp = data;
	__be64 counter = cpu_to_be64(seq);

	esp->spi = sa->id.spi;
	esp->seq = cpu_to_be32((u32)seq);
	if (sa->suite.random_iv)
		get_random_bytes(esp + 1, sa->suite.iv_len);
	else if (likely(sa->suite.iv_len))
		memcpy(esp + 1, &counter, sizeof(counter));
}

/* RFC 4303 2.4: 1 2 3 ..  Where that is at most three, four bytes have room. */
static inline u8 *ipsec_esp_write_pad(u8 *tail, unsigned int pad)
{
	static const u8 few[4] = { 1, 2, 3 };
	unsigned int i;

	if (likely(pad <= 3))
		memcpy(tail, few, sizeof(few));
	else
		for (i = 0; i < pad; i++)
			tail[i] = i + 1;
	return tail + pad;
}

/**
 * ipsec_esp_trailer() - put padding, trailer and room for the ICV behind a packet
 * @tfc: of the padding of RFC 4303 2.7: bytes
 * @pad: of the padding of RFC 4303 2.4: bytes
 *
 * There must be room for them.
 */
static inline void ipsec_esp_trailer(struct sk_buff *skb, const struct ipsec_sa *sa,
				     unsigned int tfc, unsigned int pad,
				     u8 nexthdr)
{
	unsigned int len = pad + IPSEC_ESP_TRAILER + sa->suite.icv_len;
	u8 *tail;

	if (unlikely(tfc))
		skb_put_zero(skb, tfc);
	tail = ipsec_esp_write_pad(__skb_put(skb, len), pad);
	*tail++ = pad;
	*tail = nexthdr;
}

/**
 * ipsec_esp_strip() - take off what surrounds the payload of an authentic packet
 * @skb: data at the ESP header; afterwards at the payload, which ends the packet
 * @nexthdr: what it is
 * @reason: why not
 *
 * Return: false if the trailer is malformed.
 */
static inline bool ipsec_esp_strip(struct sk_buff *skb, const struct ipsec_sa *sa,
				   u8 *nexthdr, enum ifipsec_drop *reason)
{
	unsigned int clear = skb->len - ipsec_esp_len(sa) - sa->suite.icv_len;
	const u8 *trailer;
	unsigned int pad, i;

	__skb_pull(skb, ipsec_esp_len(sa));
	/* the receive path saw to it that a trailer is there */
	trailer = skb->data + clear - IPSEC_ESP_TRAILER;
	pad = trailer[0];
	*nexthdr = trailer[1];
	*reason = IFIPSEC_DROP_RX_BAD_TRAILER;
	if (unlikely(pad + IPSEC_ESP_TRAILER > clear))
		return false;
	*reason = IFIPSEC_DROP_RX_BAD_PAD;
	for (i = 0; i < pad; i++)
		if (unlikely(trailer[(int)i - (int)pad] != i + 1))
			return false;
	skb_trim(skb, clear - pad - IPSEC_ESP_TRAILER);
	return true;
}

#endif /* _IPSEC_ESP_H */
