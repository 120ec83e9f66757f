/* SPDX-License-Identifier: MIT */
/*
 * peer.h - a configured peer at work: whether it has a tunnel, wants one, when to try
 * again; and its entry in the kernel.
 */
#ifndef IKED_PEER_H
#define IKED_PEER_H

#include "daemon.h"

#define PEER_RETRY_MS		1000	/* doubled each time */
#define PEER_RETRY_MAX_MS	60000
#define PEER_STALE_MS		60000	/* SAs of before a restart stay so long */
#define PEER_STALE_MAX		64

struct ike_sa;

/* An SA that was in the kernel before we were */
struct stale_sa {
	uint8_t dir, proto;
	uint32_t spi;
};

struct peer {
	struct peer *next;
	struct daemon *d;
	struct iface *iface;
	const struct config_peer *config;
	bool in_kernel;
	struct kernel_peer kernel;	/* as it is there */
	struct prefix *prefixes;	/* those of it, owned */
	bool up_wanted;			/* by the operator, or a packet waits */
	bool down_wanted;		/* by the operator */
	unsigned int failures;		/* one after the other */
	uint16_t child_group;		/* that the peer asked for with INVALID_KE */
	uint32_t out_owner;		/* serial of the child SA that is sent on */
	struct timer retry;
	struct timer stale_timer;
	unsigned int n_stale;
	struct stale_sa stale[PEER_STALE_MAX];
};

struct peer *peer_new(struct daemon *d, struct iface *iface,
		      const struct config_peer *config);
/* Its IKE SAs end, with a goodbye if @politely.  @keep: stays in the kernel */
void peer_free(struct peer *peer, bool politely, bool keep);

bool peer_is_any(const struct peer *peer);
/* "ipsec0 branch", for logs */
#define PEER_TEXT_MAX	(IFNAMSIZ + IFIPSEC_PEER_NAME_MAX + 2)
const char *peer_text(const struct peer *peer, char buf[static PEER_TEXT_MAX]);

/* May an IKE_SA_INIT between these addresses be this peer's? */
bool peer_may_be(const struct peer *peer, const struct addr *local,
		 const struct addr *remote);
/* Who we are to it.  False: there is nothing that says so */
bool peer_local_id(const struct peer *peer, const struct addr *local,
		   struct identity *id);
/* What may be inside, as configured; in transport mode without configuration the two
 * addresses
 */
void peer_selectors(const struct peer *peer, const struct endpoint *local,
		    const struct endpoint *remote, struct selectors *local_ts,
		    struct selectors *remote_ts);

/* Its IKE SA that is up, or NULL */
struct ike_sa *peer_sa(const struct peer *peer);
/* Makes a tunnel unless there is one or one is in work */
void peer_connect(struct peer *peer);
/* A packet waits for it */
void peer_acquire(struct peer *peer);
/* Starts as configured */
void peer_begin(struct peer *peer);
/* An attempt failed, or the peer was lost: try again as configured */
void peer_failed(struct peer *peer);
/* It has a child SA that works */
void peer_works(struct peer *peer);

/* Puts it into the kernel as configured (a fixed address) */
int peer_put_configured(struct peer *peer);
/* As @sa says: addresses, NAT, and behind it @ts (NULL: no more than its children
 * have); nothing when the kernel knows
 */
int peer_put_connected(struct peer *peer, const struct ike_sa *sa,
		       const struct selectors *ts);
/* SAs that the kernel has and we do not know: they go when others are there */
void peer_stale_add(struct peer *peer, const struct kernel_sa_state *sa);

#endif /* IKED_PEER_H */
