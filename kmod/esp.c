// SPDX-License-Identifier: GPL-2.0-only
/*
 * esp.c - the layout of ESP (RFC 4303 2), for whatever is inside:
 *
 *   SPI | sequence number | IV | payload | 0 0 .. | 1 2 3 .. | pad length | next header | ICV
 *                              |         \- TFC -/\-- pad --/                          |
 *                              \---------------- what the cipher gets ----------------/
 */
#include <linux/random.h>
#include <linux/skbuff.h>
#include "esp.h"

void ipsec_esp_build(void *data, const struct ipsec_sa *sa, u64 seq)
{
	struct ipsec_esp_hdr *esp = data;
	__be64 counter = cpu_to_be64(seq);

	esp->spi = sa->id.spi;
	esp->seq = cpu_to_be32((u32)seq);
	if (sa->suite.random_iv)
		get_random_bytes(esp + 1, sa->suite.iv_len);
	else	/* 8 bytes, or none */
		memcpy(esp + 1, &counter, sa->suite.iv_len);
}

void ipsec_esp_trailer(struct sk_buff *skb, const struct ipsec_sa *sa,
		       unsigned int tfc, unsigned int pad, u8 nexthdr)
{
	unsigned int len = pad + IPSEC_ESP_TRAILER + sa->suite.icv_len;
	unsigned int i;
	u8 *tail;

	if (unlikely(tfc))
		skb_put_zero(skb, tfc);
	tail = skb_put(skb, len);

	for (i = 0; i < pad; i++)
		*tail++ = i + 1;
	*tail++ = pad;
	*tail = nexthdr;
}

bool ipsec_esp_strip(struct sk_buff *skb, const struct ipsec_sa *sa, u8 *nexthdr,
		     enum ifipsec_drop *reason)
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
