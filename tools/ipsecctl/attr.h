/* SPDX-License-Identifier: MIT */
/*
 * attr.h - reads attributes of the kernel's messages, which are not trusted.
 *
 * The policies name the least length of each attribute (libnl has one for each
 * unsigned type, but none for NLA_S32); a string may lack its NUL, so strings
 * are copied, never pointed to.
 */
#ifndef IPSECCTL_ATTR_H
#define IPSECCTL_ATTR_H

#include <linux/if_ipsec.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stddef.h>
#include <stdint.h>

#include "../lib/addr.h"

/* All that return int return 0 or -EBADMSG */

/* The attributes of a message of the family */
int attr_top(struct nlmsghdr *nlh, struct nlattr *top[IFIPSEC_A_MAX + 1]);

/* Those of a nest; an absent nest is an empty one */
int attr_nest(struct nlattr **attrs, int max, struct nlattr *nest,
	      struct nla_policy *policy);

/* The value of an attribute, 0 or "" when it is absent */
uint8_t attr_u8(struct nlattr *attr);
uint16_t attr_u16(struct nlattr *attr);
uint32_t attr_u32(struct nlattr *attr);
uint64_t attr_u64(struct nlattr *attr);
void attr_text(struct nlattr *attr, char *text, size_t size);

/* An older kernel does not say what it does not know: it does @missing */
uint8_t attr_u8_or(struct nlattr *attr, uint8_t missing);

/* An address of 4 or 16 bytes; @addr stays as it is when it is absent */
int attr_addr(struct nlattr *attr, struct addr *addr);

#endif /* IPSECCTL_ATTR_H */
