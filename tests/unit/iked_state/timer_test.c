// SPDX-License-Identifier: MIT
/* timer_test.c - timers are called in order, once, and not after they were cancelled. */
#include <stdlib.h>

#include "../../../tools/iked/timer.h"
#include "../tools/check.h"

#define MANY	2000

static struct timers timers;
static uint64_t last_at;
static unsigned int calls, disorder;

struct one {
	struct timer timer;
	uint64_t at;
	unsigned int calls;
	struct one *cancels;
};

static struct one many[MANY];

static void called(void *arg)
{
	struct one *one = arg;

	disorder += one->at < last_at;
	last_at = one->at;
	one->calls++;
	calls++;
	if (one->cancels)
		timer_cancel(&one->cancels->timer);
}

static void arm(struct one *one, uint64_t in)
{
	one->at = timers.now_ms + in;
	timer_set(&timers, &one->timer, in);
}

static void test_few(void)
{
	struct one a = { 0 }, b = { 0 };

	timer_init(&a.timer, called, &a);
	timer_init(&b.timer, called, &b);
	CHECK("none", timers_next(&timers) == UINT64_MAX);
	arm(&a, 20);
	arm(&b, 10);
	CHECK("the soonest is next", timers_next(&timers) == 10);
	timers_run(&timers, 10);
	CHECK("only what is due is called", b.calls == 1 && !a.calls &&
	      !timer_armed(&b.timer) && timer_armed(&a.timer));
	arm(&a, 30);
	timers_run(&timers, 39);
	CHECK("armed again in place of before", !a.calls);
	timers_run(&timers, 5);
	CHECK("the clock does not go back", timers.now_ms == 39);
	a.cancels = &b;
	arm(&b, 1);
	timers_run(&timers, 40);
	CHECK("one cancels another that is due too", a.calls == 1 && b.calls == 1);
	timer_cancel(&b.timer);
	timer_set(&timers, &a.timer, UINT64_MAX);
	CHECK("never is far", timers_next(&timers) > 1ULL << 62);
	timer_cancel(&a.timer);
}

static void test_many(void)
{
	unsigned int i, armed = 0, cancelled = 0;

	srand(7);
	calls = disorder = 0;
	last_at = 0;
	for (i = 0; i < MANY; i++) {
		timer_init(&many[i].timer, called, &many[i]);
		arm(&many[i], (uint64_t)(rand() % 500));
	}
	for (i = 0; i < MANY; i += 3)
		arm(&many[i], (uint64_t)(rand() % 1000));
	for (i = 0; i < MANY; i += 7, cancelled++)
		timer_cancel(&many[i].timer);
	for (i = 0; i < 1200; i++)
		timers_run(&timers, timers.now_ms + 1);
	for (i = 0; i < MANY; i++)
		armed += timer_armed(&many[i].timer);
	check(!disorder && calls == MANY - cancelled && !armed,
	      "many, each once and in order", "%u calls, %u out of order", calls, disorder);
}

int main(void)
{
	test_few();
	test_many();
	return check_status();
}
