// SPDX-License-Identifier: GPL-2.0-only
/*
 * esp.c - the layout of ESP (RFC 4303 2), for whatever is inside:
 *
 *   SPI | sequence number | IV | payload | 0 0 .. | 1 2 3 .. | pad length | next header | ICV
 *                              |         \- TFC -/\-- pad --/                          |
 *                              \---------------- what the cipher gets ----------------/
 */
#include <linux/skbuff.h>
#include "esp.h"

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
