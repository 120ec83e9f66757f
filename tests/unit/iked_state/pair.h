/* SPDX-License-Identifier: MIT */
/*
 * pair.h - two daemons in one process, "a" and "b", with fake kernels; the messages
 * between them wait in a queue until the test passes, loses, doubles or delays them.
 * Time is virtual.
 */
#ifndef TESTS_UNIT_IKED_STATE_PAIR_H
#define TESTS_UNIT_IKED_STATE_PAIR_H

#include "../../../tools/iked/exchange.h"
#include "../../../tools/iked/ike_sa.h"
#include "../../../tools/iked/log.h"
#include "../tools/check.h"
#include "kernel_fake.h"

#define QUEUE_MAX	4096
#define LOG_BYTES	262144

struct pair;

struct side {
	struct daemon d;
	struct kernel_fake f;
	struct pair *pair;
	const char *addr;
	char name;			/* 'a', 'b' */
	unsigned int sent;		/* datagrams */
};

/* A datagram on its way */
struct packet {
	struct side *to;
	struct endpoint from_at, to_at;	/* as the receiver sees them */
	struct blob bytes;
	uint64_t at_ms;			/* for schedules */
};

/* Changes the endpoints of a datagram on its way; false: it is lost */
typedef bool (*pair_nat)(struct pair *p, struct side *from, struct endpoint *src,
			 struct endpoint *dst);

struct pair {
	struct side a, b;
	uint64_t now_ms;
	struct packet queue[QUEUE_MAX];
	unsigned int n;
	pair_nat nat;
	uint32_t delay_ms;		/* up to so much, for schedules */
	bool started;
};

#define PSK	"psk = two daemons in one process\n"
#define A_ADDR	"192.0.2.1"
#define B_ADDR	"192.0.2.2"

/* Peers are called "b" at a and "a" at b; NULL: none */
void pair_start(struct pair *p, const char *config_a, const char *config_b);
void pair_init(struct pair *p);
/* And four seconds later: they have negotiated, and nothing of that is on its way */
void pair_up(struct pair *p, const char *config_a, const char *config_b);
bool pair_config(struct side *s, const char *text);
void pair_end(struct pair *p);		/* checks what must hold always */

/* Time: timers of both run, nothing is passed on */
void pair_sleep(struct pair *p, uint64_t ms);
/* Passes everything on until nothing is on its way */
void pair_run(struct pair *p);
/* Runs and sleeps in turn, in steps of 100 ms */
void pair_run_for(struct pair *p, uint64_t ms);

/* The next datagram to @to; NULL: there is none.  It stays in the queue */
struct packet *pair_next(struct pair *p, struct side *to);
void pair_deliver(struct pair *p, struct packet *packet);	/* and forgets it */
void pair_deliver_copy(struct pair *p, const struct packet *packet);
void pair_lose(struct pair *p, struct packet *packet);
void pair_inject(struct side *to, const char *from, uint16_t port, struct bytes message);
/* A protected message in @from's name, valid until the next one */
struct bytes pair_sealed(const struct ike_sa *from, uint8_t exchange, bool response,
			 uint32_t id, uint8_t first, struct bytes chain);
/* What is in it, decrypted: "IKE_AUTH request 1 [ IDi AUTH SA TSi TSr ]" */
const char *pair_summary(struct packet *packet);

/*
 * A line of a trace: the next message must be this one, and is passed on.  The message
 * names exchange, direction and payloads that must be there:
 *	TRACE(p, a, "CREATE_CHILD_SA request", "SA Nonce KE");
 */
bool pair_trace(struct pair *p, struct side *from, const char *head, const char *payloads,
		bool deliver);
#define PASSED(p, from, head, payloads)					\
	check(pair_trace(p, &(p)->from, head, payloads, true), head,	\
	      "%s:%d: is %s", __FILE__, __LINE__, pair_last)
#define LOST(p, from, head, payloads)					\
	check(pair_trace(p, &(p)->from, head, payloads, false), head,	\
	      "%s:%d: is %s", __FILE__, __LINE__, pair_last)
extern char pair_last[IKE_SUMMARY_MAX];

struct side *pair_other(struct side *s);
struct ike_sa *pair_sa(struct side *s);		/* its IKE SA that is up */
struct child_sa *pair_child(struct side *s);	/* its live child */
unsigned int pair_count_sas(struct side *s, enum ike_state state);
unsigned int pair_sas(struct side *s);		/* all but those closed */
bool pair_passes(struct pair *p);		/* packets, both ways */
/* Exactly one IKE SA and one pair, at both, the same, and nothing else */
bool pair_settled(struct pair *p);
bool pair_logged(const char *text);
void pair_log_clear(void);
uint64_t pair_counter(struct side *s, enum ike_counter counter);

/* First byte of nonces, -1: as it comes */
extern int pair_nonce_first;
/* Randomness that repeats */
void pair_seed(uint64_t seed);
uint32_t pair_random(uint32_t below);

#endif /* TESTS_UNIT_IKED_STATE_PAIR_H */
