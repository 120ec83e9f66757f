// SPDX-License-Identifier: GPL-2.0-only
/*
 * length.c - how long a packet becomes, the other way round.
 *
 * Arithmetic of headers alone.  tests/unit/headers compiles this file in user space.
 */
#include "ah.h"
#include "esp.h"
#include "length.h"
#include "outer.h"

unsigned int ipsec_length_inner(const struct ipsec_sa *esp,
				const struct ipsec_sa *ah,
				const struct ipsec_endpoint *ep,
				unsigned int own_hdr, unsigned int outer_mtu)
{
	unsigned int overhead = own_hdr ?: ipsec_outer_len(ep);
	unsigned int room;

	if (ep->encap_remote)
		overhead += sizeof(struct udphdr);
	if (ah)
		overhead += ipsec_ah_len(ah, ep->remote.family == AF_INET6);
	if (esp)
		overhead += ipsec_esp_len(esp) + esp->suite.icv_len;
	if (outer_mtu <= overhead)
		return 0;
	room = outer_mtu - overhead;
	if (esp) {
		room = round_down(room, esp->suite.align);
		if (room <= IPSEC_ESP_TRAILER)
			return 0;
		room -= IPSEC_ESP_TRAILER;
	}
	return own_hdr + room;
}
