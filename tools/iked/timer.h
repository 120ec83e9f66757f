/* SPDX-License-Identifier: MIT */
/*
 * timer.h - what is to be done later.  Time is what the owner says it is: the event
 * loop passes the monotonic clock, tests pass whatever they like; so a step of the
 * wall clock moves nothing.
 *
 * A pairing heap: arming and moving a timer cost nothing however many there are, for
 * a hub has several for each of thousands of peers.
 */
#ifndef IKED_TIMER_H
#define IKED_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct timers;

struct timer {
	uint64_t at_ms;
	uint64_t order;			/* of arming: first armed, first called */
	void (*fn)(void *arg);
	void *arg;
	struct timers *timers;		/* NULL: not armed */
	/* The first of those that come later; the next with the same one before it;
	 * the one before in that list, or the parent of the first.
	 */
	struct timer *child, *next, *prev;
};

struct timers {
	uint64_t now_ms;
	uint64_t order;
	struct timer *head;		/* the soonest */
};

void timer_init(struct timer *timer, void (*fn)(void *arg), void *arg);
/* Arms it, in place of what it was armed for */
void timer_set(struct timers *timers, struct timer *timer, uint64_t in_ms);
void timer_cancel(struct timer *timer);
bool timer_armed(const struct timer *timer);

/* Moves the clock and calls what is due, in order; it may arm and cancel any timer */
void timers_run(struct timers *timers, uint64_t now_ms);
/* Milliseconds until the next, UINT64_MAX when there is none */
uint64_t timers_next(const struct timers *timers);

#endif /* IKED_TIMER_H */
