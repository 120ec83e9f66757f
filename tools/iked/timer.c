// SPDX-License-Identifier: MIT
/* timer.c - a pairing heap of timers. */
#include "timer.h"

#include <stddef.h>

static bool sooner(const struct timer *a, const struct timer *b)
{
	return a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->order < b->order);
}

/* Two heaps become one; either may be NULL */
static struct timer *meld(struct timer *a, struct timer *b)
{
	struct timer *t;

	if (!a || !b)
		return a ? a : b;
	if (sooner(b, a)) {
		t = a;
		a = b;
		b = t;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	return a;
}

/* Melds a list of heaps: in pairs from the left, then all from the right.  Loops, for
 * the list may be as long as there are timers.
 */
static struct timer *meld_list(struct timer *list)
{
	struct timer *pairs = NULL, *heap = NULL, *a, *b;

	while (list) {
		a = list;
		b = a->next;
		list = b ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b)
			b->next = b->prev = NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		a = pairs;
		pairs = a->next;
		a->next = NULL;
		heap = meld(heap, a);
	}
	return heap;
}

void timer_init(struct timer *timer, void (*fn)(void *arg), void *arg)
{
	*timer = (struct timer){ .fn = fn, .arg = arg };
}

void timer_set(struct timers *timers, struct timer *timer, uint64_t in_ms)
{
	uint64_t at = timers->now_ms + in_ms;

	timer_cancel(timer);
	timer->at_ms = at < in_ms ? UINT64_MAX : at;
	timer->order = timers->order++;
	timer->timers = timers;
	timer->child = timer->next = timer->prev = NULL;
	timers->head = meld(timers->head, timer);
}

void timer_cancel(struct timer *timer)
{
	struct timers *timers = timer->timers;
	struct timer *below;

	if (!timers)
		return;
	below = meld_list(timer->child);
	if (timers->head == timer) {
		timers->head = below;
	} else {
		if (timer->prev->child == timer)
			timer->prev->child = timer->next;
		else
			timer->prev->next = timer->next;
		if (timer->next)
			timer->next->prev = timer->prev;
		timers->head = meld(timers->head, below);
	}
	timer->timers = NULL;
	timer->child = timer->next = timer->prev = NULL;
}

bool timer_armed(const struct timer *timer)
{
	return timer->timers;
}

void timers_run(struct timers *timers, uint64_t now_ms)
{
	struct timer *timer;

	if (now_ms > timers->now_ms)
		timers->now_ms = now_ms;
	while ((timer = timers->head) && timer->at_ms <= timers->now_ms) {
		timer_cancel(timer);
		timer->fn(timer->arg);
	}
}

uint64_t timers_next(const struct timers *timers)
{
	if (!timers->head)
		return UINT64_MAX;
	if (timers->head->at_ms <= timers->now_ms)
		return 0;
	return timers->head->at_ms - timers->now_ms;
}
