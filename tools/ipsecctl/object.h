/* SPDX-License-Identifier: MIT */
/*
 * object.h - what the kernel tells about interfaces, peers, SAs and
 * algorithms, as structs.  decode.c fills them, the printers read them.
 */
#ifndef IPSECCTL_OBJECT_H
#define IPSECCTL_OBJECT_H

#include <linux/if_ipsec.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../lib/addr.h"

#define DRIVER_TEXT_MAX		128	/* CRYPTO_MAX_ALG_NAME */
#define ALG_TEXT_MAX		64
#define ALG_KEY_SIZES_MAX	8

/* The interface that an object belongs to */
struct home {
	char ifname[IFNAMSIZ];
	uint32_t ifindex;		/* in the namespace it lives in */
	int32_t netnsid;		/* that namespace, when it is another */
	bool has_netnsid;
};

struct drop {
	uint32_t reason;		/* enum ifipsec_drop */
	uint64_t packets;		/* not 0 */
};

struct stats {
	uint64_t rx_packets, rx_bytes;
	uint64_t tx_packets, tx_bytes;
	struct drop *drops;		/* owned */
	size_t n_drops;
};

struct dev {
	struct home home;
	uint32_t link;			/* ifindex of the underlay, 0 = any */
	char link_name[IFNAMSIZ];	/* of it, by dev_name_link() */
	uint32_t fwmark;		/* 0 = none */
	uint32_t mtu;
	bool mtu_auto;			/* it follows the peers */
	uint8_t operstate;		/* IF_OPER_* */
	uint32_t peers, sas;		/* how many */
	uint8_t df;			/* enum ifipsec_df */
	uint8_t dscp;			/* or IFIPSEC_DSCP_COPY */
	bool decap_dscp;		/* inner DSCP from the outer */
	uint8_t ttl;			/* 0 = of the route */
	uint32_t flowlabel;		/* or IFIPSEC_FLOWLABEL_AUTO */
	bool spread;			/* CPUs share the work of busy peers */
	struct stats stats;
};

struct peer {
	struct home home;
	char name[IFIPSEC_PEER_NAME_MAX + 1];
	struct addr remote;
	struct addr local;		/* length 0: the kernel chooses */
	struct prefix *selectors;	/* owned */
	size_t n_selectors;
	uint32_t mtu;			/* largest inner packet, 0: not known */
	uint8_t protect;		/* enum ifipsec_protect */
	uint32_t tx_spi, tx_ah_spi;
	bool has_tx_spi, has_tx_ah_spi;	/* false: there is no such SA */
	uint32_t rx_sas;		/* how many */
	uint16_t encap_local, encap_remote;	/* UDP ports, 0: not in UDP */
	uint32_t keepalive;		/* seconds, 0 = none */
	uint32_t held;			/* packets that wait for an SA */
};

struct sa {
	struct home home;
	char peer[IFIPSEC_PEER_NAME_MAX + 1];
	uint8_t dir;			/* enum ifipsec_dir */
	uint8_t proto;			/* IPPROTO_ESP or _AH */
	uint8_t mode;			/* enum ifipsec_mode */
	uint16_t encr;			/* enum ifipsec_encr, 0 = none */
	uint16_t auth;			/* enum ifipsec_auth, 0 = none */
	uint32_t spi;			/* host byte order */
	uint32_t key_bits;		/* without the salt */
	uint32_t flags;			/* IFIPSEC_SA_F_* */
	uint32_t replay_window;
	bool has_replay_window;
	uint64_t seq;			/* last sent, or highest seen */
	uint64_t life[IFIPSEC_LIFE_A_MAX + 1];	/* by attribute, 0 = none */
	uint64_t age;			/* seconds */
	uint32_t limits_met;		/* bit n: enum ifipsec_expire n */
	uint32_t tfc;			/* pad to this length, 0 = not */
	char driver[DRIVER_TEXT_MAX];
	struct stats stats;
};

/* An SPI that is reserved for an inbound SA to come */
struct spi {
	struct home home;
	char peer[IFIPSEC_PEER_NAME_MAX + 1];
	uint8_t proto;			/* IPPROTO_ESP or _AH */
	uint32_t spi;			/* host byte order */
	uint32_t seconds;		/* for so long */
};

/* A cipher, or an integrity algorithm */
struct alg {
	uint16_t encr;			/* enum ifipsec_encr, 0 = none */
	uint16_t auth;			/* enum ifipsec_auth, 0 = none */
	uint32_t flags;			/* IFIPSEC_ALG_F_* */
	char name[ALG_TEXT_MAX];
	uint32_t key_bits[ALG_KEY_SIZES_MAX];
	size_t n_key_bits;
	uint32_t salt_bits;
	uint32_t iv_len, icv_len;	/* bytes on the wire */
	char driver[DRIVER_TEXT_MAX];	/* "": the kernel does not offer it */
};

/* The first packet that waits for an SA */
struct acquire {
	struct addr src, dst;
	uint8_t proto;			/* IPPROTO_* of its payload */
};

/* Where an authentic packet came from */
struct mapping {
	struct addr addr;
	uint16_t port;			/* 0: not in UDP */
};

/* Packets that were dropped; what is not known of the last of them is 0 */
struct audit {
	struct home home;		/* no name: of no interface, or of any */
	char peer[IFIPSEC_PEER_NAME_MAX + 1];
	uint32_t reason;		/* enum ifipsec_drop */
	bool unknown_spi;		/* in place of a reason */
	uint32_t count;			/* packets */
	uint64_t time;			/* nanoseconds since 1970 */
	uint8_t dir;			/* enum ifipsec_dir */
	uint8_t proto;			/* IPPROTO_ESP or _AH; 0: no SPI either */
	uint32_t spi;			/* host byte order */
	uint64_t seq;
	struct addr outer_src, outer_dst;
	struct addr inner_src, inner_dst;
	uint8_t inner_proto;		/* IPPROTO_* of its payload */
	uint32_t flowlabel;
	bool has_flowlabel;
};

enum object_kind { OBJECT_DEV, OBJECT_PEER, OBJECT_SA, OBJECT_AUDIT };

struct event {
	uint8_t cmd;			/* IFIPSEC_CMD_*_NTF */
	enum object_kind kind;		/* which of the union */
	union {
		struct dev dev;
		struct peer peer;
		struct sa sa;
		struct audit audit;
	};
	uint32_t expire;		/* enum ifipsec_expire, 0 = none */
	struct acquire acquire;		/* of PEER_ACQUIRE_NTF */
	struct mapping mapping;		/* of SA_MAPPING_NTF */
};

struct dev_list {
	struct dev *items;
	size_t n;
};

struct peer_list {
	struct peer *items;
	size_t n;
};

struct sa_list {
	struct sa *items;
	size_t n;
};

struct alg_list {
	struct alg *items;
	size_t n;
};

/* What an object owns is freed and the object is zero again */
void dev_clear(struct dev *dev);
void peer_clear(struct peer *peer);
void sa_clear(struct sa *sa);
void event_clear(struct event *event);

void dev_list_clear(struct dev_list *list);
void peer_list_clear(struct peer_list *list);
void sa_list_clear(struct sa_list *list);
void alg_list_clear(struct alg_list *list);

/* Looks up the name of the underlay in the namespace of the process */
void dev_name_link(struct dev *dev);

/* Append an object, whose content moves into the list; false: no memory */
bool dev_list_add(struct dev_list *list, struct dev *dev);
bool peer_list_add(struct peer_list *list, struct peer *peer);
bool sa_list_add(struct sa_list *list, struct sa *sa);
bool alg_list_add(struct alg_list *list, const struct alg *alg);

/*
 * Into the order in which people read: by interface and name ("ipsec2" before
 * "ipsec10"), outbound SAs first, then by SPI; ciphers before integrity
 * algorithms, by number.
 */
void dev_list_sort(struct dev_list *list);
void peer_list_sort(struct peer_list *list);
void sa_list_sort(struct sa_list *list);
void alg_list_sort(struct alg_list *list);

/* <0, 0, >0: the order of interfaces in a sorted list */
int home_compare(const struct home *a, const struct home *b);

/* The same for the peer an SA belongs to */
int sa_compare_peer(const struct sa *sa, const struct peer *peer);

#endif /* IPSECCTL_OBJECT_H */
