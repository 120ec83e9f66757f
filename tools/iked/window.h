/* SPDX-License-Identifier: MIT */
/*
 * window.h - message IDs, and that no request and no answer gets lost (RFC 7296 2.1 to
 * 2.3): one request of ours in flight, sent again bit by bit until it is answered; the
 * last answer kept, sent again when its request comes again.
 *
 * It knows no content.  Exchanges say what to send and are told what happened.
 */
#ifndef IKED_WINDOW_H
#define IKED_WINDOW_H

#include "endpoint.h"
#include "message.h"
#include "timer.h"

/* 2 s x 1.8^n, at most 20 s, 12 times: 180 seconds and more (B6.1); from an established
 * peer an answer is awaited as long as its configuration says ("dpd-timeout")
 */
#define WINDOW_FIRST_MS		2000
#define WINDOW_MAX_MS		20000
#define WINDOW_TRIES		12

struct ike_sa;

/* One message as it went out: one datagram, or fragments */
struct datagrams {
	unsigned int n;
	struct blob *list;
};

struct window {
	uint32_t send_id;		/* of our request in flight, or the next */
	uint32_t recv_id;		/* that the peer's next request must have */
	bool in_flight;
	bool answered;			/* there is a last answer: to recv_id - 1 */
	uint8_t exchange;		/* of the request in flight */
	uint8_t recv_exchange;		/* of the last request that was answered */
	unsigned int tries;
	uint64_t first_ms;		/* of the first */
	struct datagrams request, answer;
	struct timer timer;
};

void window_init(struct window *w, struct ike_sa *sa);
void window_free(struct window *w);

/* Sends a request, protected, and keeps at it; 0 or -errno (libcrypto refused) */
int window_request(struct ike_sa *sa, uint8_t exchange, uint8_t first,
		   struct bytes chain);
/* The same with an IKE_SA_INIT request as it is; replaces the one in flight */
int window_request_init(struct ike_sa *sa, struct bytes message);
/* The answer came: stops sending, moves on to the next ID */
void window_done(struct ike_sa *sa);

/* Answers the request that has just come, and expects the next */
int window_answer(struct ike_sa *sa, uint8_t exchange, uint8_t first,
		  struct bytes chain);
/* The same with an unprotected message */
int window_answer_init(struct ike_sa *sa, struct bytes message);
/* The request came again */
void window_answer_again(struct ike_sa *sa);

/* Sends a protected request once, without waiting: a goodbye */
void window_send_once(struct ike_sa *sa, uint8_t exchange, uint8_t first,
		      struct bytes chain);

#endif /* IKED_WINDOW_H */
