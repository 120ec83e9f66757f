/* SPDX-License-Identifier: MIT */
/*
 * messages.h - messages as the kernel sends them, for the tests of what reads
 * them.  The caller frees them with nlmsg_free().
 */
#ifndef TESTS_UNIT_TOOLS_MESSAGES_H
#define TESTS_UNIT_TOOLS_MESSAGES_H

#include <netlink/msg.h>

#define MESSAGES_FAMILY	0x1c

/* ipsec0, with counters and two drops, and nothing at its default */
struct nl_msg *message_dev(int cmd);

/* "branch" of ipsec0, with two selectors, SAs of both protocols to send on, and in UDP */
struct nl_msg *message_peer(int cmd);

/* An SA of "branch", of the direction and with this SPI */
struct nl_msg *message_sa(int cmd, int dir, uint32_t spi);

/* The same of AH, outbound, in transport mode, with all flags and limits */
struct nl_msg *message_sa_ah(int cmd, uint32_t spi);

/* An SPI that "branch" reserved for AH */
struct nl_msg *message_spi(void);

/* A packet for "branch", and a packet of an SA of it, from elsewhere */
struct nl_msg *message_acquire(void);
struct nl_msg *message_mapping(void);
struct nl_msg *message_drop(void);
struct nl_msg *message_drop_summary(void);

/* What an older kernel may say of ipsec0, of "branch" and of an SA of it */
struct nl_msg *message_bare(int cmd);

/* aes-gcm-16 with three sizes of keys */
struct nl_msg *message_alg(void);

/* hmac-md5-96, with all flags */
struct nl_msg *message_auth(void);

/* NLMSG_ERROR with a sentence, with the request copied or not */
struct nl_msg *message_error(int code, const char *text, int capped);

/* NLMSG_DONE */
struct nl_msg *message_done(int code);

#endif /* TESTS_UNIT_TOOLS_MESSAGES_H */
