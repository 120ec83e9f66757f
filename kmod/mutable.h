/* SPDX-License-Identifier: GPL-2.0-only */
/* mutable.h - IP headers as the ICV of AH sees them (RFC 4302 3.3.3.1). */
#ifndef _IPSEC_MUTABLE_H
#define _IPSEC_MUTABLE_H

#ifdef __KERNEL__
#include <linux/types.h>
#endif

/**
 * ipsec_mutable4() - set to zero what may change on the way: IPv4
 * @hdr: a copy of the header with its options
 * @len: its length, at least 20 bytes
 *
 * The destination of a packet with a source route becomes the last one.
 *
 * Context: any.  Return: false if the options are malformed.
 */
bool ipsec_mutable4(u8 *hdr, unsigned int len);

/**
 * ipsec_mutable6() - the same for IPv6
 * @hdr: a copy of the header and of the extension headers in front of AH
 * @len: of all of them, at least 40 bytes
 *
 * The header of a fragment that is the whole packet is taken out: AH was there
 * before it.
 *
 * Context: any.  Return: the length that is left, or 0 if they are malformed, or
 * such that the receiver cannot know what the sender has seen.
 */
unsigned int ipsec_mutable6(u8 *hdr, unsigned int len);

#endif /* _IPSEC_MUTABLE_H */
