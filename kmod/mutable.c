// SPDX-License-Identifier: GPL-2.0-only
/*
 * mutable.c - IP headers as the ICV of AH sees them: what routers may change is
 * zero, RFC 4302 3.3.3.1 and appendix A.  Plain bytes in, plain bytes out; the
 * unit tests compile it as well.
 */
#ifdef __KERNEL__
#include <linux/in6.h>
#include <linux/string.h>
#endif
#include "mutable.h"

/* RFC 4302 appendix A1: the options that stay as they are; type bytes */
#define OPT4_END		0
#define OPT4_NOP		1
#define OPT4_SECURITY		130
#define OPT4_EXT_SECURITY	133
#define OPT4_CIPSO		134
#define OPT4_LSRR		131	/* loose, */
#define OPT4_SSRR		137	/* strict source route */
#define OPT4_ROUTER_ALERT	148
#define OPT4_DIRECTED		149	/* selective directed broadcast */

static bool opt4_immutable(u8 type)
{
	switch (type) {
	case OPT4_SECURITY:
	case OPT4_EXT_SECURITY:
	case OPT4_CIPSO:
	case OPT4_ROUTER_ALERT:
	case OPT4_DIRECTED:
		return true;
	default:
		return false;
	}
}

/*
 * RFC 4302 3.3.3.1.1: the destination is what it will be when the packet arrives,
 * the last of a source route's addresses, if it is on its way to another yet.  Of
 * the option (RFC 791 3.1):
 *
 *   type | length | pointer, from 4 | addresses
 */
static bool source_route4(u8 *daddr, const u8 *opt, unsigned int optlen)
{
	if (optlen < 3)
		return false;
	if (opt[2] > optlen)
		return true;		/* it has come to its end */
	if (opt[2] < 4 || opt[2] % 4 || optlen % 4 != 3)
		return false;
	memcpy(daddr, opt + optlen - 4, 4);
	return true;
}

/* Each option is kept or zeroed as a unit */
static bool mutable_opts4(u8 *daddr, u8 *opt, unsigned int len)
{
	unsigned int optlen;

	for (; len; opt += optlen, len -= optlen) {
		if (*opt == OPT4_END)
			return true;
		optlen = 1;
		if (*opt == OPT4_NOP)
			continue;
		if (len < 2 || opt[1] < 2 || opt[1] > len)
			return false;
		optlen = opt[1];
		if ((*opt == OPT4_LSRR || *opt == OPT4_SSRR) &&
		    !source_route4(daddr, opt, optlen))
			return false;
		if (!opt4_immutable(*opt))
			memset(opt, 0, optlen);
	}
	return true;
}

bool ipsec_mutable4(u8 *hdr, unsigned int len)
{
	hdr[1] = 0;			/* DSCP, ECN */
	hdr[6] = 0;			/* flags, fragment offset */
	hdr[7] = 0;
	hdr[8] = 0;			/* TTL */
	hdr[10] = 0;			/* header checksum */
	hdr[11] = 0;
	return mutable_opts4(hdr + 16, hdr + 20, len - 20);
}

#define OPT6_PAD1		0
#define OPT6_MUTABLE		0x20	/* the data may change en route */

/* The options of a hop-by-hop or destination header: their data is zeroed */
static bool mutable_opts6(u8 *opt, unsigned int len)
{
	unsigned int optlen;

	for (; len; opt += optlen, len -= optlen) {
		optlen = 1;
		if (*opt == OPT6_PAD1)
			continue;
		if (len < 2 || opt[1] + 2u > len)
			return false;
		optlen = opt[1] + 2;
		if (*opt & OPT6_MUTABLE)
			memset(opt + 2, 0, opt[1]);
	}
	return true;
}

/* RFC 4302 3.3.3.1.2.2: a routing header is what it will be at the destination */
static bool routing6_final(const u8 *hdr)
{
	return hdr[2] != 0 && hdr[3] == 0;	/* not type 0; no segments left */
}

#define FRAGMENT6_LEN		8

/* RFC 6946: a fragment that is the whole packet */
static bool fragment6_atomic(const u8 *hdr)
{
	return hdr[2] == 0 && (hdr[3] & 0xf9) == 0;	/* offset, more fragments */
}

/* Fragments are made after AH: the header was not there.  @len: from it on */
static void fragment6_remove(u8 *ip6h, u8 *nexthdr, u8 *hdr, unsigned int len)
{
	unsigned int payload = (ip6h[4] << 8 | ip6h[5]) - FRAGMENT6_LEN;

	*nexthdr = hdr[0];
	memmove(hdr, hdr + FRAGMENT6_LEN, len - FRAGMENT6_LEN);
	ip6h[4] = payload >> 8;
	ip6h[5] = payload;
}

unsigned int ipsec_mutable6(u8 *hdr, unsigned int len)
{
	u8 *ip6h = hdr, *nexthdr = &hdr[6];
	unsigned int extlen;

	hdr[0] &= 0xf0;			/* traffic class, flow label */
	hdr[1] = 0;
	hdr[2] = 0;
	hdr[3] = 0;
	hdr[7] = 0;			/* hop limit */

	for (hdr += 40, len -= 40; len; hdr += extlen, len -= extlen) {
		if (len < 8)
			return 0;
		extlen = 8 * (hdr[1] + 1u);
		switch (*nexthdr) {
		case IPPROTO_FRAGMENT:
			if (!fragment6_atomic(hdr))
				return 0;
			fragment6_remove(ip6h, nexthdr, hdr, len);
			len -= FRAGMENT6_LEN;
			extlen = 0;
			continue;
		case IPPROTO_HOPOPTS:
		case IPPROTO_DSTOPTS:
			if (extlen > len || !mutable_opts6(hdr + 2, extlen - 2))
				return 0;
			break;
		case IPPROTO_ROUTING:
			if (extlen > len || !routing6_final(hdr))
				return 0;
			break;
		default:
			return 0;
		}
		nexthdr = hdr;
	}
	return hdr - ip6h;
}
