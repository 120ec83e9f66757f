/* SPDX-License-Identifier: MIT */
/*
 * child_sa.h - a pair of ESP or AH SAs: its keys, and when each direction is in the
 * kernel.  Nothing else installs or removes SAs.
 *
 * A pair receives from the moment it exists until some seconds after it was deleted.
 * What is sent on is one SA of each peer: the pair that "owns" the way out.  A
 * responder takes the way out when the initiator is known to receive: it deletes the
 * old pair (or, failing that, after CHILD_TAKE_MS something else has shown it).
 */
#ifndef IKED_CHILD_SA_H
#define IKED_CHILD_SA_H

#include <netinet/in.h>

#include "kernel.h"
#include "keys.h"
#include "timer.h"

#define CHILD_GRACE_MS		5000	/* still received on after its deletion */
#define CHILD_TAKE_MS		3000	/* a responder wants to send on a rekeyed pair */
#define CHILD_TAKE_AGAIN_MS	500	/* if the peer is not known to have it */
#define CHILD_KNOWN_MS		200000	/* our answer has arrived, or never will */
#define CHILD_ABANDONED_MS	60000	/* the peer should have deleted it by then */

struct ike_sa;

enum child_state {
	CHILD_UP,
	CHILD_REKEYED,		/* replaced; one of the two sides deletes it */
	CHILD_DELETING,		/* our DELETE is in flight */
	CHILD_GONE,		/* deleted; received on for CHILD_GRACE_MS */
};

struct child_sa {
	struct child_sa *next;
	struct ike_sa *sa;
	uint32_t serial;		/* never the same again: what others keep */
	enum child_state state;
	bool initiator;			/* of the exchange that made it */
	bool known;			/* the peer has it for certain, not only we */
	uint32_t made_by, made_id;	/* as responder: serial of the IKE SA, message ID */
	uint8_t proto;			/* 50 or 51 */
	uint8_t mode;			/* enum ifipsec_mode */
	uint32_t spi_in, spi_out;
	struct chosen chosen;
	struct child_keys keys;
	struct selectors local_ts, remote_ts;
	bool in_kernel, out_kernel;	/* directions that are in the kernel */
	bool out_done;			/* was on the way out once: never again */
	bool in_seen, out_seen;		/* by a look at all SAs of the kernel */
	uint32_t replaces;		/* serial of the pair that it replaces */
	/* Waits for the window */
	bool want_rekey, want_delete;
	uint64_t born_ms, rekey_at_ms;	/* the latter 0: never */
	uint64_t in_packets;		/* when last looked at, for DPD */
	struct timer timer;		/* rekey; take the way out; grace */
	void (*then)(struct child_sa *child);	/* what the timer does */
};

/* Makes one and links it to @sa; NULL: no memory */
struct child_sa *child_sa_new(struct ike_sa *sa, bool initiator, uint8_t proto);
/* Out of the kernel, unlinked, wiped */
void child_sa_free(struct child_sa *child);
struct child_sa *child_sa_find(struct ike_sa *sa, uint32_t serial);
/* By what the peer calls it: the SPI it receives on; gone ones are not found */
struct child_sa *child_sa_by_out(struct ike_sa *sa, uint8_t proto, uint32_t spi);
/* IKE's number of its protocol */
uint8_t child_sa_protocol(const struct child_sa *child);
unsigned int child_sa_count(const struct ike_sa *sa);	/* gone ones included */
/* One that is up and not being replaced, or NULL */
struct child_sa *child_sa_live(const struct ike_sa *sa);

int child_sa_spi(struct ike_sa *sa, uint8_t proto, uint32_t *spi);
void child_sa_spi_back(struct ike_sa *sa, uint8_t proto, uint32_t spi);

/* 0 or -errno, logged */
int child_sa_install_in(struct child_sa *child);
/* Takes the way out in place of another and starts its clock; if it cannot, the pair will
 * be deleted
 */
int child_sa_begin(struct child_sa *child);
/* Takes the way out unless somebody else gets it soon: after CHILD_TAKE_MS, when the
 * peer has it
 */
void child_sa_take_out_later(struct child_sa *child);

/* Replaced by another; the peer deletes it, or, when it forgets, we do */
void child_sa_replaced(struct child_sa *child);
/* Deleted on both sides: the way out is passed on, packets still come in for a while */
void child_sa_gone(struct child_sa *child);
/* Nothing sends on the peer's behalf?  Then one of the pairs must */
void child_sa_pass_out(struct ike_sa *sa);

#endif /* IKED_CHILD_SA_H */
