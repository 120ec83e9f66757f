/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat/genetlink.h - the attributes of a dump request.
 *
 * Linux 6.6 ("genetlink: use attrs from struct genl_info")
 * moved them into a struct genl_info; Kbuild looks for genl_info_dump().
 */
#ifndef _IPSEC_COMPAT_GENETLINK_H
#define _IPSEC_COMPAT_GENETLINK_H

#include <net/genetlink.h>

static inline struct nlattr **ipsec_compat_dump_attrs(struct netlink_callback *cb)
{
#ifdef IPSEC_COMPAT_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* _IPSEC_COMPAT_GENETLINK_H */
