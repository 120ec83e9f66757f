/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - all that the daemon wants of the kernel, as a table of functions: the
 * module behind generic netlink (kernel_netlink.c), or a fake (tests).  Calls are
 * synchronous; each returns 0 or -errno and logs nothing.
 */
#ifndef IKED_KERNEL_H
#define IKED_KERNEL_H

#include <linux/if_ipsec.h>
#include <net/if.h>

#include "../lib/addr.h"
#include "bytes.h"
#include "endpoint.h"
#include "selector.h"

#define KERNEL_ERROR_MAX	256

struct kernel_peer {
	const char *ifname, *name;
	struct addr remote;
	struct addr local;			/* length 0: by route */
	const struct prefix *selectors;		/* behind the peer */
	unsigned int n_selectors;		/* 0: everything */
	uint8_t protect;			/* enum ifipsec_protect */
	uint16_t encap_local, encap_remote;	/* 0: not in UDP */
	uint32_t keepalive_s;
};

struct kernel_sa {
	const char *ifname, *peer;
	uint8_t dir;				/* enum ifipsec_dir */
	uint8_t proto;				/* 50 or 51 */
	uint8_t mode;				/* enum ifipsec_mode */
	uint32_t spi;				/* host order */
	uint16_t encr, auth;			/* 0: none */
	struct bytes key, auth_key;
	bool esn;
	uint32_t replay_window;			/* IN */
	uint32_t tfc;				/* OUT */
	/* limits, 0: none */
	uint64_t soft_bytes, soft_packets, soft_seconds;
	uint64_t hard_bytes, hard_packets, hard_seconds;
};

/* What is there after a restart, or what an SA has done */
struct kernel_sa_state {
	char ifname[IFNAMSIZ];
	char peer[IFIPSEC_PEER_NAME_MAX + 1];
	uint8_t dir, proto;
	uint32_t spi;
	uint64_t packets, bytes;
};

enum kernel_event_type {
	KERNEL_ACQUIRE,			/* a packet waits: flow_* are its addresses */
	KERNEL_EXPIRE,			/* limit: enum ifipsec_expire */
	KERNEL_MAPPING,			/* authentic packets come from @from now */
	KERNEL_DEV_DEL,			/* the interface is gone */
	KERNEL_OVERRUN,			/* events were lost: ask for everything */
};

struct kernel_event {
	enum kernel_event_type type;
	char ifname[IFNAMSIZ];
	char peer[IFIPSEC_PEER_NAME_MAX + 1];
	uint32_t spi;
	uint8_t dir, proto;
	uint32_t limit;
	struct addr flow_src, flow_dst;
	uint8_t flow_proto;
	struct endpoint from;
};

struct kernel;

struct kernel_ops {
	/* A new peer, or (-EEXIST is no answer) the same name changed to this */
	int (*peer_put)(struct kernel *k, const struct kernel_peer *peer);
	int (*peer_del)(struct kernel *k, const char *ifname, const char *name);
	/* A free SPI that is ours for 30 seconds, or until sa_put() takes it */
	int (*spi_alloc)(struct kernel *k, const char *ifname, const char *peer,
			 uint8_t proto, uint32_t *spi);
	/* IN: one more; OUT: in place of the one that was sent on */
	int (*sa_put)(struct kernel *k, const struct kernel_sa *sa);
	/* Also gives back what spi_alloc() gave */
	int (*sa_del)(struct kernel *k, const char *ifname, const char *peer,
		      uint8_t dir, uint8_t proto, uint32_t spi);
	int (*sa_get)(struct kernel *k, const char *ifname, const char *peer,
		      uint8_t dir, uint8_t proto, uint32_t spi,
		      struct kernel_sa_state *state);
	/* Every SA of an interface */
	int (*sa_each)(struct kernel *k, const char *ifname,
		       void (*fn)(const struct kernel_sa_state *sa, void *arg),
		       void *arg);
	/* Which of our addresses reaches @remote; the device too where routes lead
	 * into the tunnel that is to be negotiated (transport mode).  Not the port.
	 */
	int (*source)(struct kernel *k, const struct addr *remote,
		      struct endpoint *local);
	/* File descriptor to wait for; then events(), which calls on_event */
	int (*fd)(struct kernel *k);
	int (*events)(struct kernel *k);
};

struct kernel {
	const struct kernel_ops *ops;
	void (*on_event)(const struct kernel_event *event, void *arg);
	void *arg;
	char error[KERNEL_ERROR_MAX];	/* the sentence of the last call that failed */
};

/* The module; NULL with a sentence in @error.  @listen: for its events, and packets
 * without SA wait for us from now on.
 */
struct kernel *kernel_netlink_open(bool listen, char error[static KERNEL_ERROR_MAX]);
void kernel_netlink_close(struct kernel *k);

#endif /* IKED_KERNEL_H */
