// SPDX-License-Identifier: MIT
/*
 * fuzz_test.c - a network that loses, doubles, reorders and delays, while both sides
 * rekey everything and operators interfere; the schedule is random and repeats.  At the
 * end, when the network is good again, there is exactly one pair; and, as long as
 * nothing but delay happened, no packet was without an SA for a moment.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pair.h"

#define A_CONFIG(rest)	"[interface]\nid = a.example\n"				\
	"[peer b]\nremote = 192.0.2.2\nid = b.example\nstart = now\n" PSK rest
#define B_CONFIG(rest)	"[interface]\nid = b.example\n"				\
	"[peer a]\nremote = 192.0.2.1\nid = a.example\n" PSK rest
#define FAST	"ike = aes128gcm16-prfsha256-x25519\nesp = aes128gcm16-x25519\n"

static struct pair p;

struct weather {
	unsigned int loss, twice;	/* percent */
	uint32_t delay_ms;
	bool disorder;
};

static const char *only;			/* part of a name */
static unsigned int blocked_a, blocked_b;

static void look(void)
{
	blocked_a += !kernel_fake_passes(&p.a.f, "b", &p.b.f);
	blocked_b += !kernel_fake_passes(&p.b.f, "a", &p.a.f);
}

/* Delivers what is due; a datagram may meet its fate */
static void network(const struct weather *w)
{
	unsigned int i = 0;

	while (i < p.n) {
		struct packet *packet = &p.queue[i];

		if (packet->at_ms > p.now_ms) {
			i++;
			if (w->disorder)
				continue;
			break;
		}
		if (pair_random(100) < w->loss) {
			pair_lose(&p, packet);
			continue;
		}
		if (pair_random(100) < w->twice)
			pair_deliver_copy(&p, packet);
		pair_deliver(&p, &p.queue[i]);
		look();
	}
}

static void interfere(struct side *s, const char *peer, bool ike_too)
{
	switch (pair_random(ike_too ? 4 : 2)) {
	case 0:
	case 1:
		daemon_rekey(&s->d, "ipsec0", peer, false);
		break;
	default:
		daemon_rekey(&s->d, "ipsec0", peer, true);
	}
}

static void run(const struct weather *w, unsigned int steps, unsigned int every,
		bool ike_too)
{
	unsigned int i;

	p.delay_ms = w->delay_ms;
	for (i = 0; i < steps; i++) {
		pair_sleep(&p, 20);
		network(w);
		if (!pair_random(every))
			interfere(&p.a, "b", ike_too);
		if (!pair_random(every))
			interfere(&p.b, "a", ike_too);
		look();
	}
}

static void dump(struct side *s)
{
	static const char *const states[] = { "up", "rekeyed", "deleting", "gone" };
	const struct child_sa *child;
	const struct ike_sa *sa;

	for (sa = s->d.sas; sa; sa = sa->next) {
		printf("# %c: IKE SA %016llx %s%s\n", s->name,
		       (unsigned long long)ike_sa_our_spi(sa), ike_state_name(sa->state),
		       sa->held ? ", held" : "");
		for (child = sa->children; child; child = child->next)
			printf("# %c:   child %08x/%08x %s%s%s%s\n", s->name, child->spi_in,
			       child->spi_out, states[child->state],
			       child->in_kernel ? " in" : "", child->out_kernel ? " out" : "",
			       child->want_delete ? " want_delete" : "");
	}
}

static void verdict(const char *name, uint64_t seed, bool no_loss)
{
	static const struct weather fine;

	if (no_loss)
		check(!blocked_a && !blocked_b, name,
		      "seed %llu: without an SA %u and %u times", (unsigned long long)seed,
		      blocked_a, blocked_b);
	run(&fine, 20000, UINT32_MAX, false);		/* 400 seconds */
	if (!pair_settled(&p)) {
		dump(&p.a);
		dump(&p.b);
	}
	check(pair_settled(&p), name, "seed %llu: %u and %u IKE SAs, %u and %u inbound SAs",
	      (unsigned long long)seed, pair_sas(&p.a), pair_sas(&p.b),
	      kernel_fake_count(&p.a.f, IFIPSEC_DIR_IN, false),
	      kernel_fake_count(&p.b.f, IFIPSEC_DIR_IN, false));
	check(!p.a.f.key_again && !p.b.f.key_again, name, "seed %llu: a key twice",
	      (unsigned long long)seed);
}

static void one(const char *name, uint64_t seed, const struct weather *w,
		unsigned int every, bool ike_too, bool no_loss, const char *a, const char *b)
{
	if (only && !strstr(name, only))
		return;
	pair_init(&p);
	pair_seed(seed);
	pair_config(&p.b, b);
	pair_config(&p.a, a);
	pair_run(&p);
	blocked_a = blocked_b = 0;
	run(w, 3000, every, ike_too);
	if (getenv("COUNT"))
		printf("# %s: %llu child rekeys, %llu of IKE SAs, %llu collisions, %llu retransmissions\n",
		       name, (unsigned long long)pair_counter(&p.a, IKE_COUNT_CHILD_REKEYED),
		       (unsigned long long)pair_counter(&p.a, IKE_COUNT_IKE_REKEYED),
		       (unsigned long long)pair_counter(&p.a, IKE_COUNT_COLLISION),
		       (unsigned long long)pair_counter(&p.a, IKE_COUNT_RETRANSMIT));
	verdict(name, seed, no_loss);
	if (getenv("STOP") && check_failures)
		exit(9);
	pair_end(&p);
}

int main(int argc, char **argv)
{
	static const struct weather slow = { .delay_ms = 200, .disorder = true };
	static const struct weather twice = { .delay_ms = 200, .disorder = true, .twice = 30 };
	static const struct weather bad = { .loss = 15, .twice = 10, .delay_ms = 150,
					    .disorder = true };
	static const struct weather awful = { .loss = 60, .twice = 20, .delay_ms = 500,
					      .disorder = true };
	unsigned int n = argc > 1 ? (unsigned int)atoi(argv[1]) : 4;
	uint64_t seed = argc > 2 ? (uint64_t)atoi(argv[2]) : 1;
	unsigned int i;

	only = argc > 3 ? argv[3] : NULL;
	for (i = 0; i < n; i++, seed++) {
		one("rekeys of both, delay: zero loss (E4.28)", seed, &slow, 60, false, true,
		    A_CONFIG(FAST), B_CONFIG(FAST "start = no\n"));
		one("rekeys of all by both, delay: zero loss (E4.28)", seed, &slow, 60, true,
		    true, A_CONFIG(FAST), B_CONFIG(FAST "start = no\n"));
		one("rekeys, everything twice (E4.17)", seed, &twice, 60, true, true,
		    A_CONFIG(FAST), B_CONFIG(FAST "start = no\n"));
		one("rekeys, losses (B6.1)", seed, &bad, 100, true, false, A_CONFIG(FAST),
		    B_CONFIG(FAST "start = no\n"));
		one("an awful network, both call", seed, &awful, 200, true, false,
		    A_CONFIG(FAST), B_CONFIG(FAST "start = now\n"));
	}
	return check_status();
}
