// SPDX-License-Identifier: MIT
/*
 * replay_test.c - kmod/replay.c in user space: numbered tables of single steps, then
 * millions of random numbers compared with a reference that knows nothing but the rule:
 * a number is accepted once, if it is not left of the window.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include "shim.h"

bool shim_no_memory;

static unsigned int failures;

static void result(const char *name, unsigned int bad, const char *detail)
{
	if (bad)
		printf("not ok - replay: %s: %s\n", name, detail);
	else
		printf("ok - replay: %s\n", name);
	failures += !!bad;
}

/* ---- tables ------------------------------------------------------------- */

enum step_op {
	END,
	UPDATE,		/* n arrives, authentic: the verdict is want */
	CHECK,		/* n would be accepted, or why not */
	SEQ64,		/* the low half n stands for want */
	TOP,		/* the highest is n */
	ADVANCE,	/* by hand to n: want says whether it may */
	FORWARD,	/* n numbers in a row arrive, from the top: all OK */
};

#define OK	IPSEC_REPLAY_OK
#define DUP	IPSEC_REPLAY_DUP
#define OLD	IPSEC_REPLAY_OLD

struct step {
	enum step_op op;
	u64 n;
	u64 want;
};

struct table {
	const char *name;
	u32 window;
	u64 top;
	const struct step *steps;
};

#define TWO31	(1ULL << 31)
#define TWO32	(1ULL << 32)
#define MAX	UINT64_MAX
#define STEPS(...)	(const struct step[]){ __VA_ARGS__, { END, 0, 0 } }

static const struct table tables[] = {
	{ "numbers 0 and 1, and order", 64, 0, STEPS(
		/*  0 */ { CHECK, 0, OLD },
		/*  1 */ { UPDATE, 0, OLD },
		/*  2 */ { CHECK, 1, OK },
		/*  3 */ { UPDATE, 1, OK },
		/*  4 */ { UPDATE, 1, DUP },
		/*  5 */ { CHECK, 1, DUP },
		/*  6 */ { UPDATE, 9, OK },
		/*  7 */ { UPDATE, 8, OK },
		/*  8 */ { UPDATE, 7, OK },
		/*  9 */ { UPDATE, 7, DUP },
		/* 10 */ { UPDATE, 9, DUP },
		/* 11 */ { UPDATE, 8, DUP },
		/* 12 */ { UPDATE, 0, OLD },
		/* 13 */ { TOP, 9, 0 }) },
	{ "edges of a window of 32", 32, 0, STEPS(
		/*  0 */ { UPDATE, 100, OK },
		/*  1 */ { UPDATE, 68, OLD },
		/*  2 */ { UPDATE, 69, OK },
		/*  3 */ { UPDATE, 69, DUP },
		/*  4 */ { UPDATE, 67, OLD },
		/*  5 */ { UPDATE, 101, OK },
		/*  6 */ { UPDATE, 69, OLD },
		/*  7 */ { UPDATE, 70, OK },
		/*  8 */ { UPDATE, 132, OK },
		/*  9 */ { UPDATE, 101, DUP },
		/* 10 */ { UPDATE, 100, OLD },
		/* 11 */ { UPDATE, 131, OK },
		/* 12 */ { TOP, 132, 0 }) },
	{ "edges of a window of 64, a word", 64, 0, STEPS(
		/*  0 */ { UPDATE, 64, OK },
		/*  1 */ { UPDATE, 0, OLD },
		/*  2 */ { UPDATE, 1, OK },
		/*  3 */ { UPDATE, 127, OK },
		/*  4 */ { UPDATE, 64, DUP },
		/*  5 */ { UPDATE, 63, OLD },
		/*  6 */ { UPDATE, 128, OK },
		/*  7 */ { UPDATE, 64, OLD },
		/*  8 */ { UPDATE, 65, OK },
		/*  9 */ { UPDATE, 127, DUP },
		/* 10 */ { UPDATE, 191, OK },
		/* 11 */ { UPDATE, 192, OK },
		/* 12 */ { UPDATE, 128, OLD },
		/* 13 */ { UPDATE, 129, OK }) },
	{ "edges of a window of 65, a word and a bit", 65, 0, STEPS(
		/*  0 */ { UPDATE, 65, OK },
		/*  1 */ { UPDATE, 1, OK },
		/*  2 */ { UPDATE, 1, DUP },
		/*  3 */ { UPDATE, 66, OK },
		/*  4 */ { UPDATE, 1, OLD },
		/*  5 */ { UPDATE, 2, OK },
		/*  6 */ { UPDATE, 1000, OK },
		/*  7 */ { UPDATE, 935, OLD },
		/*  8 */ { UPDATE, 936, OK }) },
	{ "edges of the largest window", 8192, 0, STEPS(
		/*  0 */ { UPDATE, 8192, OK },
		/*  1 */ { UPDATE, 1, OK },
		/*  2 */ { UPDATE, 0, OLD },
		/*  3 */ { UPDATE, 8193, OK },
		/*  4 */ { UPDATE, 1, OLD },
		/*  5 */ { UPDATE, 2, OK },
		/*  6 */ { FORWARD, 20000, 0 },
		/*  7 */ { UPDATE, 28193 - 8192, OLD },
		/*  8 */ { UPDATE, 28193 - 8191, DUP },
		/*  9 */ { TOP, 28193, 0 }) },
	{ "jumps: window, bitmap, both and one", 64, 0, STEPS(
		/*  0 */ { UPDATE, 1, OK },
		/*  1 */ { UPDATE, 65, OK },
		/*  2 */ { UPDATE, 1, OLD },
		/*  3 */ { UPDATE, 2, OK },
		/*  4 */ { UPDATE, 65 + 128, OK },
		/*  5 */ { UPDATE, 65, OLD },
		/*  6 */ { UPDATE, 192, OK },
		/*  7 */ { UPDATE, 130, OK },
		/*  8 */ { UPDATE, 193 + 127, OK },
		/*  9 */ { UPDATE, 193, OLD },
		/* 10 */ { UPDATE, 319, OK },
		/* 11 */ { UPDATE, 257, OK },
		/* 12 */ { UPDATE, 256, OLD },
		/* 13 */ { UPDATE, 320 + 129, OK },
		/* 14 */ { UPDATE, 448, OK },
		/* 15 */ { UPDATE, 386, OK },
		/* 16 */ { UPDATE, 385, OLD },
		/* 17 */ { UPDATE, 449 + TWO31, OK },
		/* 18 */ { UPDATE, 449, OLD },
		/* 19 */ { UPDATE, 448 + TWO31, OK },
		/* 20 */ { UPDATE, 448 + TWO31, DUP },
		/* 21 */ { UPDATE, 386 + TWO31, OK }) },
	{ "200, then 81", 64, 0, STEPS(
		/*  0 */ { UPDATE, 200, OK },
		/*  1 */ { UPDATE, 81, OLD },
		/*  2 */ { UPDATE, 137, OK },
		/*  3 */ { UPDATE, 136, OLD }) },
	{ "the last number of 32 bits", 64, TWO32 - 70, STEPS(
		/*  0 */ { UPDATE, TWO32 - 70, DUP },
		/*  1 */ { UPDATE, TWO32 - 1, OK },
		/*  2 */ { UPDATE, TWO32 - 64, OK },
		/*  3 */ { UPDATE, TWO32 - 65, OLD },
		/*  4 */ { UPDATE, 0, OLD },
		/*  5 */ { UPDATE, 1, OLD }) },
	{ "the last number of 64 bits", 64, MAX - 100, STEPS(
		/*  0 */ { UPDATE, MAX - 100, DUP },
		/*  1 */ { UPDATE, MAX - 99, OK },
		/*  2 */ { UPDATE, MAX, OK },
		/*  3 */ { UPDATE, MAX, DUP },
		/*  4 */ { UPDATE, MAX - 63, OK },
		/*  5 */ { UPDATE, MAX - 64, OLD },
		/*  6 */ { UPDATE, MAX - 1, OK },
		/*  7 */ { SEQ64, (u32)MAX, MAX },
		/*  8 */ { SEQ64, (u32)(MAX - 63), MAX - 63 },
		/*  9 */ { SEQ64, (u32)(MAX - 64), 0 },
		/* 10 */ { SEQ64, 0, 0 },
		/* 11 */ { SEQ64, TWO31, 0 }) },
	{ "no window: all is accepted", 0, 0, STEPS(
		/*  0 */ { UPDATE, 0, OK },
		/*  1 */ { UPDATE, 7, OK },
		/*  2 */ { UPDATE, 7, OK },
		/*  3 */ { UPDATE, 1, OK },
		/*  4 */ { TOP, 7, 0 },
		/*  5 */ { ADVANCE, 6, false },
		/*  6 */ { ADVANCE, 9, true },
		/*  7 */ { UPDATE, 8, OK },
		/*  8 */ { TOP, 9, 0 }) },
	{ "what was before counts as received", 64, 1000, STEPS(
		/*  0 */ { UPDATE, 1000, DUP },
		/*  1 */ { UPDATE, 999, DUP },
		/*  2 */ { UPDATE, 937, DUP },
		/*  3 */ { UPDATE, 936, OLD },
		/*  4 */ { UPDATE, 1002, OK },
		/*  5 */ { UPDATE, 1001, OK },
		/*  6 */ { UPDATE, 1000, DUP },
		/*  7 */ { FORWARD, 300, 0 },
		/*  8 */ { TOP, 1302, 0 }) },
	{ "what was before, at the end of a word", 32, 63, STEPS(
		/*  0 */ { UPDATE, 63, DUP },
		/*  1 */ { UPDATE, 32, DUP },
		/*  2 */ { UPDATE, 31, OLD },
		/*  3 */ { UPDATE, 65, OK },
		/*  4 */ { UPDATE, 64, OK },
		/*  5 */ { FORWARD, 200, 0 }) },
	{ "what was before, at the start of a word", 32, 64, STEPS(
		/*  0 */ { UPDATE, 64, DUP },
		/*  1 */ { UPDATE, 63, DUP },
		/*  2 */ { UPDATE, 66, OK },
		/*  3 */ { UPDATE, 65, OK },
		/*  4 */ { UPDATE, 33, OLD },
		/*  5 */ { FORWARD, 200, 0 }) },
	{ "moved by hand", 64, 0, STEPS(
		/*  0 */ { UPDATE, 3, OK },
		/*  1 */ { ADVANCE, 2, false },
		/*  2 */ { TOP, 3, 0 },
		/*  3 */ { UPDATE, 2, OK },
		/*  4 */ { ADVANCE, 3, true },
		/*  5 */ { UPDATE, 1, DUP },
		/*  6 */ { UPDATE, 3, DUP },
		/*  7 */ { UPDATE, 5, OK },
		/*  8 */ { UPDATE, 4, OK },
		/*  9 */ { ADVANCE, 1000000, true },
		/* 10 */ { TOP, 1000000, 0 },
		/* 11 */ { UPDATE, 1000000, DUP },
		/* 12 */ { UPDATE, 999937, DUP },
		/* 13 */ { UPDATE, 999936, OLD },
		/* 14 */ { UPDATE, 1000002, OK },
		/* 15 */ { UPDATE, 1000001, OK },
		/* 16 */ { FORWARD, 500, 0 },
		/* 17 */ { ADVANCE, MAX - 1, true },
		/* 18 */ { UPDATE, MAX - 1, DUP },
		/* 19 */ { UPDATE, MAX, OK },
		/* 20 */ { UPDATE, MAX, DUP }) },
	/* RFC 4303 A2.2; the window has 64 numbers, Th = 0 */
	{ "high half: before the first number", 64, 0, STEPS(
		/*  0 */ { SEQ64, 0, 0 },
		/*  1 */ { SEQ64, 1, 1 },
		/*  2 */ { SEQ64, TWO31, TWO31 },
		/*  3 */ { SEQ64, TWO32 - 64, TWO32 - 64 },
		/*  4 */ { SEQ64, TWO32 - 63, 0 },
		/*  5 */ { SEQ64, TWO32 - 1, 0 },
		/*  6 */ { UPDATE, 10, OK },
		/*  7 */ { SEQ64, TWO32 - 53, 0 },
		/*  8 */ { SEQ64, TWO32 - 54, TWO32 - 54 },
		/*  9 */ { SEQ64, 10, 10 },
		/* 10 */ { UPDATE, 63, OK },
		/* 11 */ { SEQ64, 0, 0 },
		/* 12 */ { SEQ64, TWO32 - 1, TWO32 - 1 },
		/* 13 */ { UPDATE, 64, OK },
		/* 14 */ { SEQ64, 0, TWO32 },
		/* 15 */ { SEQ64, 1, 1 }) },
	{ "high half: around 2^32", 64, TWO32 - 1, STEPS(
		/*  0 */ { SEQ64, TWO32 - 1, TWO32 - 1 },
		/*  1 */ { SEQ64, TWO32 - 64, TWO32 - 64 },
		/*  2 */ { SEQ64, TWO32 - 65, 2 * TWO32 - 65 },
		/*  3 */ { SEQ64, 0, TWO32 },
		/*  4 */ { UPDATE, TWO32, OK },
		/*  5 */ { SEQ64, 0, TWO32 },
		/*  6 */ { SEQ64, TWO32 - 63, TWO32 - 63 },
		/*  7 */ { SEQ64, TWO32 - 64, 2 * TWO32 - 64 },
		/*  8 */ { UPDATE, TWO32 + 62, OK },
		/*  9 */ { SEQ64, TWO32 - 1, TWO32 - 1 },
		/* 10 */ { SEQ64, TWO32 - 2, 2 * TWO32 - 2 },
		/* 11 */ { UPDATE, TWO32 + 63, OK },
		/* 12 */ { SEQ64, 0, TWO32 },
		/* 13 */ { SEQ64, TWO32 - 1, 2 * TWO32 - 1 },
		/* 14 */ { UPDATE, TWO32 + 64, OK },
		/* 15 */ { SEQ64, 0, 2 * TWO32 },
		/* 16 */ { UPDATE, 7 * TWO32 + TWO31, OK },
		/* 17 */ { SEQ64, TWO31, 7 * TWO32 + TWO31 },
		/* 18 */ { SEQ64, TWO31 - 63, 7 * TWO32 + TWO31 - 63 },
		/* 19 */ { SEQ64, TWO31 - 64, 8 * TWO32 + TWO31 - 64 }) },
};

static u64 step_run(struct ipsec_replay *r, const struct step *s)
{
	u64 i, top;

	switch (s->op) {
	case UPDATE:
		/* the cheap check before must not contradict, and change nothing */
		top = r->top;
		if (ipsec_replay_check(r, s->n) != s->want || r->top != top)
			return ~s->want;
		return ipsec_replay_update(r, s->n);
	case CHECK:
		return ipsec_replay_check(r, s->n);
	case SEQ64:
		return ipsec_replay_seq64(r, (u32)s->n);
	case TOP:
		return r->top - s->n;
	case ADVANCE:
		return ipsec_replay_advance(r, s->n);
	case FORWARD:
		for (i = 0; i < s->n; i++) {
			top = r->top;
			if (ipsec_replay_update(r, top + 1) != OK ||
			    ipsec_replay_update(r, top + 1) != DUP ||
			    r->top != top + 1)
				return 1;
		}
		return 0;
	default:
		return 0;
	}
}

static void table_run(const struct table *t)
{
	unsigned int bad = 0, i;
	struct ipsec_replay r;
	char detail[200] = "";
	u64 got;

	if (ipsec_replay_init(&r, t->window, t->top)) {
		result(t->name, 1, "no memory");
		return;
	}
	for (i = 0; t->steps[i].op != END && !bad; i++) {
		got = step_run(&r, &t->steps[i]);
		if (got != t->steps[i].want) {
			snprintf(detail, sizeof(detail),
				 "step %u, number %" PRIu64 ": got %" PRIu64 ", want %" PRIu64,
				 i, t->steps[i].n, got, t->steps[i].want);
			bad = 1;
		}
	}
	ipsec_replay_free(&r);
	result(t->name, bad, detail);
}

/* ---- the reference ------------------------------------------------------ */

/* The numbers that were accepted, in a table of which nothing is ever removed */
#define SEEN_SLOTS	(1U << 21)

struct reference {
	u32 window;
	u64 top;
	u64 before;		/* all up to it counts as received */
	u64 *seen;
	unsigned int n_seen;
};

static u64 *seen_slot(struct reference *ref, u64 n)
{
	u64 i = n * 0x9e3779b97f4a7c15ULL >> 43;

	while (ref->seen[i] && ref->seen[i] != n)
		i = (i + 1) % SEEN_SLOTS;
	return &ref->seen[i];
}

static enum ipsec_replay_verdict reference_update(struct reference *ref, u64 n)
{
	u64 *slot;

	if (!n || (__int128)n <= (__int128)ref->top - ref->window)
		return OLD;
	if (n <= ref->before)
		return DUP;
	slot = seen_slot(ref, n);
	if (*slot)
		return DUP;
	*slot = n;
	ref->n_seen++;
	if (n > ref->top)
		ref->top = n;
	return OK;
}

/* The one number with this low half in the 2^32 numbers from the left edge on */
static u64 reference_seq64(const struct reference *ref, u32 low)
{
	__int128 left = (__int128)ref->top - ref->window + 1;
	__int128 n = left + (u32)(low - (u32)left);

	return n > 0 && n <= (__int128)MAX ? (u64)n : 0;
}

static u64 random_state;

static u64 rnd(void)
{
	/* xorshift64: the same numbers in every run */
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* A number worth trying: most near the edges of the window and of the bitmap */
static u64 random_number(const struct reference *ref, u32 bitmap)
{
	u64 near = rnd() % 5;
	u64 n;

	switch (rnd() % 16) {
	case 0 ... 5:
		n = ref->top + near;
		break;
	case 6 ... 9:
		n = ref->top - rnd() % (ref->window + 3);
		break;
	case 10:
		n = ref->top - ref->window + near - 2;
		break;
	case 11:
		n = ref->top + ref->window + near - 2;
		break;
	case 12:
		n = ref->top + bitmap + near - 2;
		break;
	case 13:
		n = ref->top + rnd() % (4 * (u64)bitmap);
		break;
	case 14:
		n = ref->top ^ 1ULL << rnd() % 31;
		break;
	default:
		n = rnd() % 8 ? ref->top + rnd() % 128 : ref->top + TWO31;
		break;
	}
	/* around the end of all numbers the sum wraps: stay there */
	return n;
}

static unsigned int random_step(struct ipsec_replay *r, struct reference *ref,
				char *detail, size_t size)
{
	enum ipsec_replay_verdict hint, got, want;
	u64 n = random_number(ref, r->words * BITS_PER_LONG);
	u64 full = ipsec_replay_seq64(r, (u32)n);
	u64 top = ref->top;

	if (full != reference_seq64(ref, (u32)n)) {
		snprintf(detail, size, "top %" PRIu64 ", low half of %" PRIu64
			 ": got %" PRIu64 ", want %" PRIu64, top, n, full,
			 reference_seq64(ref, (u32)n));
		return 1;
	}
	/* half of them as a receiver with ESN would see them */
	if (rnd() & 1)
		n = full;
	/* the window is not to run away to the end of all numbers */
	if (n > top && n - top > (1ULL << 33))
		n = top + 1;
	hint = ipsec_replay_check(r, n);
	want = reference_update(ref, n);
	got = ipsec_replay_update(r, n);
	if (hint != want || got != want || r->top != ref->top) {
		snprintf(detail, size, "top %" PRIu64 ", number %" PRIu64
			 ": hint %d, got %d, want %d, top now %" PRIu64 ", want %" PRIu64,
			 top, n, hint, got, want, r->top, ref->top);
		return 1;
	}
	if (rnd() % 4096 == 0 && ref->top < MAX - 1000) {
		n = ref->top + rnd() % 300;
		if (!ipsec_replay_advance(r, n) ||
		    (n && ipsec_replay_advance(r, n - 1))) {
			snprintf(detail, size, "advance to %" PRIu64, n);
			return 1;
		}
		ref->top = ref->before = n;
	}
	return 0;
}

static void random_run(u32 window, u64 start, const char *where, unsigned int count)
{
	struct reference ref = { .window = window, .top = start, .before = start };
	char name[100], detail[300] = "";
	unsigned int bad = 0, i;
	struct ipsec_replay r;

	snprintf(name, sizeof(name), "%u random numbers, window %u, %s", count, window, where);
	random_state = 0x243f6a8885a308d3ULL ^ window ^ start;
	ref.seen = calloc(SEEN_SLOTS, sizeof(*ref.seen));
	if (!ref.seen || ipsec_replay_init(&r, window, start)) {
		free(ref.seen);
		result(name, 1, "no memory");
		return;
	}
	for (i = 0; i < count && !bad; i++)
		bad = random_step(&r, &ref, detail, sizeof(detail));
	if (!bad && ref.n_seen < 100) {
		snprintf(detail, sizeof(detail), "only %u were accepted: the test is worth nothing",
			 ref.n_seen);
		bad = 1;
	}
	ipsec_replay_free(&r);
	free(ref.seen);
	result(name, bad, detail);
}

/* ---- the rest ----------------------------------------------------------- */

static void memory_run(void)
{
	struct ipsec_replay r;
	int err;

	shim_no_memory = true;
	err = ipsec_replay_init(&r, 64, 0);
	shim_no_memory = false;
	result("no memory for the bitmap", err != -ENOMEM, "it did not say so");
	ipsec_replay_free(&r);

	err = ipsec_replay_init(&r, 0, 0);
	result("no window needs no bitmap", err || r.bitmap, "it has one");
	ipsec_replay_free(&r);
}

/* RFC 6479: a word of the bitmap is always out of the window */
static void size_run(void)
{
	char detail[100] = "";
	struct ipsec_replay r;
	unsigned int bad = 0;
	u32 window;

	for (window = 32; window <= 8192 && !bad; window++) {
		if (ipsec_replay_init(&r, window, 0)) {
			bad = 1;
			break;
		}
		if ((u64)r.words * BITS_PER_LONG < (u64)window + BITS_PER_LONG ||
		    r.words & (r.words - 1)) {
			snprintf(detail, sizeof(detail), "window %u has %u words", window, r.words);
			bad = 1;
		}
		ipsec_replay_free(&r);
	}
	result("a redundant word for every window", bad, detail);
}

int main(void)
{
	static const u32 windows[] = { 32, 33, 63, 64, 65, 127, 128, 1000, 1024, 8192 };
	static const struct {
		u64 start;
		const char *where;
	} starts[] = {
		{ 0, "from the first" },
		{ TWO31 - 500, "around 2^31" },
		{ TWO32 - 500, "around 2^32" },
		{ 5 * TWO32 - 20000, "around 5 * 2^32" },
		{ (1ULL << 63) - 500, "around 2^63" },
		{ MAX - (1ULL << 40), "before 2^64" },
		{ MAX - 3000, "up to 2^64" },
	};
	unsigned int i, j;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		table_run(&tables[i]);
	for (i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
		for (j = 0; j < sizeof(starts) / sizeof(starts[0]); j++)
			random_run(windows[i], starts[j].start, starts[j].where, 20000);
	random_run(1024, TWO32 - 100000, "long", 1000000);
	memory_run();
	size_run();
	return failures != 0;
}
