/* SPDX-License-Identifier: MIT */
/*
 * parse_target.h - what the parsers of the commands share: the words that say
 * which interface, peer and namespace a command is about.
 */
#ifndef IPSECCTL_PARSE_TARGET_H
#define IPSECCTL_PARSE_TARGET_H

#include "parse.h"

/* All return 0, or -EINVAL with words.error */

/* "netnsid ID", into a struct whose first member is the target */
int option_netnsid(struct words *words, const struct option_word *option,
		   const char *value, void *out);

/* Names that rtnetlink refuses without a sentence */
int target_check_ifname(struct words *words, const char *name);

/* DEV */
int target_take_dev(struct words *words, struct target *target);

/* DEV PEER */
int target_take_peer(struct words *words, struct target *target);

/* DEV [netnsid ID] and DEV PEER [netnsid ID], and no more */
int target_only_dev(struct words *words, struct target *target);
int target_only_peer(struct words *words, struct target *target);

/* [DEV [PEER]] [netnsid ID]: an interface called netnsid must be named first */
int target_optional(struct words *words, struct target *target,
		    bool with_peer);

#endif /* IPSECCTL_PARSE_TARGET_H */
