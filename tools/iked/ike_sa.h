/* SPDX-License-Identifier: MIT */
/*
 * ike_sa.h - an IKE SA: its state, what is to be done next, and its end.
 * ike_sa_set_state() is the only writer of the state.
 */
#ifndef IKED_IKE_SA_H
#define IKED_IKE_SA_H

#include "child_sa.h"
#include "daemon.h"
#include "dh.h"
#include "peer.h"
#include "prf.h"
#include "seal.h"
#include "window.h"

#define NONCE_LEN	32		/* of ours */
#define KE_TRIES	3		/* INVALID_KE_PAYLOAD in a row */
#define COOKIE_TRIES	5
#define TEMPORARY_MS	5000		/* after TEMPORARY_FAILURE, and as much jitter */
#define TEMPORARY_TRIES	20		/* then the IKE SA is closed */
#define REKEYED_MS	60000		/* the peer should have deleted it by then */
#define CLOSED_MS	30000		/* our last answer may be lost */
#define FRAGMENTS_MS	30000

enum ike_state {
	IKE_INIT_SENT,		/* initiator: IKE_SA_INIT is out */
	IKE_HALF_OPEN,		/* responder: IKE_AUTH should come */
	IKE_AUTH_SENT,
	IKE_UP,
	IKE_REKEYED,		/* replaced, without children; to be deleted */
	IKE_DELETING,		/* our DELETE is in flight */
	IKE_CLOSED,		/* by the peer; only answers what comes again */
	IKE_DEAD,		/* freed soon; nothing may touch it */
};

/* What our request in flight is for, and what its answer needs */
enum request_kind {
	REQUEST_NONE,
	REQUEST_INIT,
	REQUEST_AUTH,
	REQUEST_CHILD,		/* a new pair */
	REQUEST_CHILD_REKEY,
	REQUEST_IKE_REKEY,
	REQUEST_CHILD_DELETE,
	REQUEST_IKE_DELETE,
	REQUEST_ALIVE,
};

struct request {
	enum request_kind kind;
	uint32_t child;			/* serial: rekeyed or deleted */
	bool known;			/* the peer had it when we asked */
	uint8_t child_proto;
	uint32_t child_spi;		/* ours of the one that is deleted */
	/* What is negotiated */
	uint8_t proto;			/* 50, 51 */
	uint32_t spi;			/* of the new child, reserved in the kernel */
	uint64_t ike_spi;		/* of the new IKE SA */
	struct dh *dh;
	uint8_t nonce[NONCE_LEN];
	struct proposals *offered;	/* NULL: nothing; large, and rarely there */
	struct selectors local_ts, remote_ts;
	bool transport;
	/* The peer did the same meanwhile (RFC 7296 2.8.1): what came of it */
	bool crossed;
	uint32_t crossed_child;		/* serial */
	struct ike_sa *crossed_sa;
	struct blob crossed_nonce;	/* the lower one of that exchange */
};

struct ike_sa {
	struct ike_sa *next, *prev;
	struct ike_sa *hash_next, *half_next, *dead_next;
	struct daemon *d;
	struct peer *peer;		/* NULL: responder, before IKE_AUTH */
	uint32_t serial;
	enum ike_state state;
	bool initiator;			/* of this IKE SA: whose keys are which */
	bool rekeyed_one;		/* came from a rekey, not from IKE_AUTH */
	uint64_t spi_i, spi_r;
	struct endpoint local, remote;
	struct identity local_id, remote_id;
	/* NAT: found at all; we are, the peer is behind one */
	bool nat, nat_local, nat_remote;
	bool pretend_nat;		/* UDP is wanted without a NAT */
	bool held;			/* made by a rekey that crossed ours: which one
					 * stays is not decided yet
					 */
	bool fragmentation;		/* both can */
	bool no_tfc;			/* the peer cannot take TFC padding */
	uint32_t peer_hashes;		/* bit 1 << enum ike_hash; 0: no RFC 7427 */
	struct chosen chosen;
	struct ike_keys keys;
	struct window window;
	struct fragments in_request, in_answer;
	struct timer fragments_timer;
	struct request request;
	struct child_sa *children;
	/* Of IKE_SA_INIT, for AUTH: both messages, both nonces */
	struct blob init_i, init_r, nonce_i, nonce_r;
	struct blob cookie;		/* to repeat with the request */
	unsigned int ke_tries, cookie_tries, temporary_tries;
	uint16_t rekey_group;		/* that the peer asked for with INVALID_KE */
	uint16_t hint;			/* an error that anybody may have sent */
	bool alone;			/* INITIAL_CONTACT: others with it are dead */
	uint32_t up_order;		/* the last serial when it came up */
	bool busy;			/* a message is being handled: nothing is sent */
	/* Wait for the window to be free */
	bool want_child, want_rekey, want_delete, want_alive;
	/* Done when the answer is out */
	bool settle;			/* other IKE SAs with the peer */
	uint32_t take_out;		/* serial of the child to send on; 0: none */
	struct ike_sa *heir;		/* gets the children */
	const char *end;		/* why this IKE SA ends; NULL: it does not */
	uint64_t born_ms, up_ms, seen_ms, rekey_at_ms;
	uint64_t hint_ms;		/* when a hint last made us ask */
	struct timer timer;		/* IKE_AUTH in time; rekey; end of a replaced one */
	struct timer alive_timer;
	struct timer wait_timer;	/* after TEMPORARY_FAILURE */
};

/* Makes one, in no state yet but INIT_SENT or HALF_OPEN, with an SPI of ours */
struct ike_sa *ike_sa_new(struct daemon *d, bool initiator);
/* SPI for one that will be: random, not in use; 0: no randomness */
uint64_t ike_sa_spi(struct daemon *d);
struct ike_sa *ike_sa_find(struct daemon *d, uint64_t our_spi);
void ike_sa_set_state(struct ike_sa *sa, enum ike_state state);
const char *ike_state_name(enum ike_state state);
uint64_t ike_sa_our_spi(const struct ike_sa *sa);

/* The end, without a word to the peer: children leave the kernel, memory goes later */
void ike_sa_kill(struct ike_sa *sa);
/* Says goodbye, once, and ends */
void ike_sa_goodbye(struct ike_sa *sa);
/* The peer is lost or refused us: kill, and the peer's policy decides what is next */
void ike_sa_failed(struct ike_sa *sa);
/* The peer has closed it: like ike_sa_failed(), but our answer may be asked for again */
void ike_sa_closed(struct ike_sa *sa);
/* The peer forgot it and has another: packets on their way are still received */
void ike_sa_superseded(struct ike_sa *sa);
void ike_sa_reap(struct daemon *d);

/* It carries children now: starts its clocks */
void ike_sa_up(struct ike_sa *sa);
/* The successor of @old, with its peer, addresses and abilities; keys come later */
struct ike_sa *ike_sa_new_rekeyed(struct ike_sa *old, bool initiator, uint64_t spi);
/* @to becomes the IKE SA of all of @from's children, and of what is wanted of it */
void ike_sa_move_children(struct ike_sa *from, struct ike_sa *to);
/* An authentic message came */
void ike_sa_seen(struct ike_sa *sa);
/* Anybody may have said that something is wrong: asks the peer, not too often */
void ike_sa_hint(struct ike_sa *sa);
/* Sends the next request that is wanted, if none is in flight */
void ike_sa_work(struct ike_sa *sa);
/* What waited for the answer to be sent */
void ike_sa_answered(struct ike_sa *sa);
/* The peer said TEMPORARY_FAILURE: waits; false when that lasts too long */
bool ike_sa_wait(struct ike_sa *sa);

void request_clear(struct ike_sa *sa);
/* "ipsec0 branch", or the address of who is not known yet */
#define IKE_SA_TEXT_MAX	(PEER_TEXT_MAX + ENDPOINT_TEXT_MAX)
const char *ike_sa_text(const struct ike_sa *sa, char buf[static IKE_SA_TEXT_MAX]);
/* A line of log about it */
#define ike_sa_log(sa, level, ...)					\
	do {								\
		char _about[IKE_SA_TEXT_MAX];				\
									\
		if (log_wanted(level))					\
			log_line(level, ike_sa_text(sa, _about), __VA_ARGS__); \
	} while (0)

/*
 * For "ipsecctl ike status": all that may be shown, no secrets.  Pointers are valid in
 * the call only.
 */
struct ike_sa_info {
	const char *ifname, *peer;	/* "" while not known */
	uint32_t serial;
	const char *state;
	bool initiator;
	uint64_t spi_i, spi_r;
	struct endpoint local, remote;
	const struct identity *local_id, *remote_id;	/* type 0: not known */
	bool nat_local, nat_remote, encap, fragmentation;
	const struct chosen *chosen;
	uint64_t age_s;
	uint64_t rekey_in_s;		/* UINT64_MAX: never */
	uint64_t idle_s;		/* since something authentic came */
	unsigned int retransmits;	/* of the request in flight */
	unsigned int n_children;
};

struct child_sa_info {
	const char *state;
	bool initiator;
	uint8_t proto, mode;
	uint32_t spi_in, spi_out;
	const struct chosen *chosen;
	const struct selectors *local_ts, *remote_ts;
	bool sends;			/* what the kernel sends on */
	uint64_t age_s, rekey_in_s;
	/* Of the kernel; 0 when it has none */
	uint64_t in_packets, in_bytes, out_packets, out_bytes;
};

struct status_visitor {
	void (*ike_sa)(const struct ike_sa_info *sa, void *arg);
	/* Of the IKE SA before it; may be NULL */
	void (*child)(const struct child_sa_info *child, void *arg);
	void *arg;
};

void daemon_each_sa(struct daemon *d, const struct status_visitor *visitor);

/*
 * For "ipsecctl export wireshark", for root only: keys.  Apart from daemon_each_sa(),
 * so that no status can show them by mistake.
 */
struct export_visitor {
	void (*ike_sa)(uint64_t spi_i, uint64_t spi_r, const struct ike_keys *keys,
		       void *arg);
	/* One direction; @key with salt, as the kernel got it */
	void (*sa)(const struct endpoint *from, const struct endpoint *to, uint8_t proto,
		   uint32_t spi, const struct chosen *chosen, struct bytes key,
		   struct bytes auth_key, void *arg);
	void *arg;
};

void daemon_export_keys(struct daemon *d, const struct export_visitor *visitor);

#endif /* IKED_IKE_SA_H */
