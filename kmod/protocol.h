/* SPDX-License-Identifier: GPL-2.0-only */
/* protocol.h - ESP packets from the IP layers, beside the kernel's own IPsec. */
#ifndef _IPSEC_PROTOCOL_H
#define _IPSEC_PROTOCOL_H

int ipsec_protocol_init(void);
void ipsec_protocol_exit(void);

#endif /* _IPSEC_PROTOCOL_H */
