/* SPDX-License-Identifier: MIT */
/*
 * parse.h - the words behind each command into structs.
 *
 * Only the form is judged: what the kernel can refuse, the kernel refuses, in
 * its own words.  Nothing here talks to the kernel or reads a file.  Strings
 * point into the command line.
 */
#ifndef IPSECCTL_PARSE_H
#define IPSECCTL_PARSE_H

#include <linux/if_ipsec.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../lib/addr.h"
#include "../lib/rtlink.h"
#include "words.h"

/* More than the kernel takes, so that the refusal is the kernel's; more would
 * not fit a netlink attribute.
 */
#define PARSE_SELECTORS_MAX	1024

/* What a command is about */
struct target {
	const char *ifname;		/* NULL: all interfaces */
	const char *peer;		/* NULL: all peers */
	int32_t netnsid;
	bool has_netnsid;
};

/* The target is the first member of each, as the option "netnsid" requires */
struct dev_args {
	struct target target;
	const char *link;		/* name of the underlay, NULL: none */
	uint32_t fwmark;
	uint32_t mtu;
	bool has_link, has_fwmark, has_mtu, has_spread;
	bool mtu_auto;		/* back to following the peers */
	bool spread;		/* CPUs share the work of busy peers */
	struct rtlink_outer outer;
};

struct peer_args {
	struct target target;
	struct addr remote;
	struct addr local;		/* length 0: none any more */
	bool has_remote, has_local;
	struct prefix *selectors;	/* owned */
	size_t n_selectors;
	uint8_t protect;		/* enum ifipsec_protect, 0: not given */
	uint16_t encap_local, encap_remote;	/* UDP ports; 0 and 0: off */
	uint32_t keepalive;		/* seconds, 0: off */
	bool has_encap, has_keepalive;
};

struct sa_args {
	struct target target;
	uint8_t dir;			/* enum ifipsec_dir */
	uint8_t proto;			/* IPPROTO_*, 0: not given */
	uint8_t mode;			/* enum ifipsec_mode, 0: not given */
	uint16_t encr;			/* enum ifipsec_encr, 0: none */
	uint16_t auth;			/* enum ifipsec_auth, 0: none */
	uint32_t spi;
	uint32_t flags;			/* IFIPSEC_SA_F_* */
	const char *key_file;		/* "-": the standard input, NULL: none */
	const char *auth_key_file;	/* the same; not both are "-" */
	uint32_t replay_window;
	uint64_t seq;
	uint32_t tfc;
	bool has_replay_window, has_seq, has_tfc;
	uint64_t life[IFIPSEC_LIFE_A_MAX + 1];	/* by attribute, 0: none */
};

struct spi_args {
	struct target target;
	uint8_t proto;			/* IPPROTO_*, 0: not given */
	uint32_t min, max;		/* a range */
	bool has_min, has_max;
};

struct dummy_args {
	struct target target;
	uint32_t count, length;
	bool has_count, has_length;
};

struct encap_args {
	uint16_t port;			/* of UDP */
};

struct flush_args {
	struct target target;
	uint32_t what;			/* enum ifipsec_flush */
};

struct monitor_args {
	bool changes;
	bool drops;
};

/* All return 0, or -EINVAL with words.error */
int parse_none(struct words *words);

int parse_dev_add(struct words *words, struct dev_args *args);
int parse_dev_set(struct words *words, struct dev_args *args);
int parse_dev_del(struct words *words, struct target *target);
int parse_dev_show(struct words *words, struct target *target);

/* Cleared by parse_peer_clear() on every return */
int parse_peer_add(struct words *words, struct peer_args *args);
int parse_peer_set(struct words *words, struct peer_args *args);
void parse_peer_clear(struct peer_args *args);
int parse_peer_del(struct words *words, struct target *target);
int parse_peer_show(struct words *words, struct target *target);

int parse_sa_add(struct words *words, struct sa_args *args);
int parse_sa_replace(struct words *words, struct sa_args *args);
int parse_sa_set(struct words *words, struct sa_args *args);
int parse_sa_del(struct words *words, struct sa_args *args);
int parse_sa_show(struct words *words, struct target *target);

int parse_spi_add(struct words *words, struct spi_args *args);

int parse_dummy(struct words *words, struct dummy_args *args);

int parse_flush(struct words *words, struct flush_args *args);

int parse_monitor(struct words *words, struct monitor_args *args);

int parse_encap(struct words *words, struct encap_args *args);

#endif /* IPSECCTL_PARSE_H */
