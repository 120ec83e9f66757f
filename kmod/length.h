/* SPDX-License-Identifier: GPL-2.0-only */
/* length.h - how long a packet may be so that it fits when it is protected. */
#ifndef _IPSEC_LENGTH_H
#define _IPSEC_LENGTH_H

#include "ipsec.h"

/**
 * ipsec_length_inner() - the largest inner packet that fits
 * @esp: outbound SA, or NULL
 * @ah: outbound SA around it, or NULL
 * @ep: the endpoint, for the outer header
 * @own_hdr: transport mode: length of the packet's own header; 0: tunnel mode
 * @outer_mtu: MTU of the route: bytes
 *
 * payload = floor((outer_mtu - headers - ICV) / align) * align - 2, RFC 4303
 * 2.4-2.7; in transport mode the packet's own header comes back to it.
 * Context: RCU read section.
 *
 * Return: bytes; 0 if the overhead alone does not fit.
 */
unsigned int ipsec_length_inner(const struct ipsec_sa *esp,
				const struct ipsec_sa *ah,
				const struct ipsec_endpoint *ep,
				unsigned int own_hdr, unsigned int outer_mtu);

#endif /* _IPSEC_LENGTH_H */
