// SPDX-License-Identifier: MIT
/*
 * collide_test.c - exchanges that cross, every pair of RFC 7296 2.25 and 2.8.1, as
 * traces of messages.  In each of them packets pass at every moment, and at the end
 * there is one pair (B6.5, E4.28).
 */
#include <stdio.h>

#include "pair.h"

#define A_CONFIG	"[interface]\nid = a.example\n"				\
			"[peer b]\nremote = 192.0.2.2\nid = b.example\nstart = now\n" PSK
#define B_CONFIG	"[interface]\nid = b.example\n"				\
			"[peer a]\nremote = 192.0.2.1\nid = a.example\nstart = no\n" PSK

static struct pair p;

static void up(void)
{
	pair_up(&p, A_CONFIG, B_CONFIG);
}

static void passes(const char *when)
{
	check(pair_passes(&p), "packets pass (E4.28)", "%s", when);
}

static void settle(const char *name)
{
	unsigned int i;

	for (i = 0; i < 1200; i++) {
		pair_sleep(&p, 100);
		while (p.n) {
			pair_deliver(&p, &p.queue[0]);
			if (!pair_passes(&p))
				passes(name);
		}
	}
	check(pair_settled(&p), name, "%u and %u inbound SAs",
	      kernel_fake_count(&p.a.f, IFIPSEC_DIR_IN, false),
	      kernel_fake_count(&p.b.f, IFIPSEC_DIR_IN, false));
	pair_end(&p);
}

/* Both begin, with nonces that begin with these bytes */
static void both(bool ike, int a_first, int b_first)
{
	up();
	pair_nonce_first = a_first;
	daemon_rekey(&p.a.d, "ipsec0", "b", ike);
	pair_nonce_first = b_first;
	daemon_rekey(&p.b.d, "ipsec0", "a", ike);
	pair_nonce_first = 0xff;
}

static void child_child(int a_first, int b_first)
{
	uint32_t a_new, b_new;

	both(false, a_first, b_first);
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "N(REKEY_SA)");
	b_new = pair_sa(&p.b)->children->spi_in;
	PASSED(&p, b, "CREATE_CHILD_SA request 0", "N(REKEY_SA)");
	a_new = pair_sa(&p.a)->children->spi_in;
	passes("both have answered");
	PASSED(&p, a, "CREATE_CHILD_SA response 0", "SA");
	passes("b knows");
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "SA");
	passes("a knows");
	CHECK("B6.5 the collision was seen", pair_counter(&p.a, IKE_COUNT_COLLISION) == 1 &&
	      pair_counter(&p.b, IKE_COUNT_COLLISION) == 1);
	/* Who won deletes the old pair, who lost its own new one: each of them one */
	PASSED(&p, b, "INFORMATIONAL request 1", "D");
	PASSED(&p, a, "INFORMATIONAL request 3", "D");
	passes("both deleted");
	PASSED(&p, a, "INFORMATIONAL response 1", "D");
	PASSED(&p, b, "INFORMATIONAL response 3", "D");
	passes("both answered");
	/* a's exchange made the pair that b calls b_new */
	if (a_first < b_first)
		CHECK("B6.5 the lowest nonce goes: b's stays",
		      pair_child(&p.a)->spi_in == a_new && !pair_child(&p.a)->initiator);
	else
		CHECK("B6.5 the lowest nonce goes: a's stays",
		      pair_child(&p.b)->spi_in == b_new && pair_child(&p.a)->initiator);
	settle("B6.5 rekey x rekey of a child SA");
}

/* b loses and deletes its own before the other knows that there were two */
static void child_child_early_delete(void)
{
	both(false, 0x80, 0x10);
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "N(REKEY_SA)");
	PASSED(&p, b, "CREATE_CHILD_SA request 0", "N(REKEY_SA)");
	PASSED(&p, a, "CREATE_CHILD_SA response 0", "SA");
	LOST(&p, b, "CREATE_CHILD_SA response 2", "SA");
	PASSED(&p, b, "INFORMATIONAL request 1", "D");
	passes("the loser is deleted while a waits for its answer");
	settle("B6.5 rekey x rekey, the loser's delete overtakes");
}

/* a wins and deletes the old pair before b has its answer */
static void child_child_early_winner(void)
{
	both(false, 0x80, 0x10);
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "N(REKEY_SA)");
	PASSED(&p, b, "CREATE_CHILD_SA request 0", "N(REKEY_SA)");
	LOST(&p, a, "CREATE_CHILD_SA response 0", "SA");
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "SA");
	passes("a knows");
	PASSED(&p, a, "INFORMATIONAL request 3", "D");
	passes("the old pair is deleted while b waits for its answer");
	settle("B6.5 rekey x rekey, the winner's delete overtakes");
}

/* a does not see b's request before it is done (RFC 7296 2.8.1) */
static void child_child_late(void)
{
	struct packet *late;

	both(false, 0x10, 0x80);
	LOST(&p, b, "CREATE_CHILD_SA request 0", "N(REKEY_SA)");
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "N(REKEY_SA)");
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "SA");
	passes("a is done");
	LOST(&p, a, "INFORMATIONAL request 3", "D");
	/* b tries again: a is deleting the pair that it wants to rekey */
	for (late = NULL; !late; late = pair_next(&p, &p.a))
		pair_sleep(&p, 100);
	while (pair_next(&p, &p.b))
		pair_lose(&p, pair_next(&p, &p.b));
	PASSED(&p, b, "CREATE_CHILD_SA request 0", "N(REKEY_SA)");
	PASSED(&p, a, "CREATE_CHILD_SA response 0", "N(TEMPORARY_FAILURE)");
	passes("refused for now");
	settle("B6.5 rekey of what is being deleted");
}

static void child_child_gone(void)
{
	both(false, 0x10, 0x80);
	LOST(&p, b, "CREATE_CHILD_SA request 0", "N(REKEY_SA)");
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "N(REKEY_SA)");
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "SA");
	PASSED(&p, a, "INFORMATIONAL request 3", "D");
	PASSED(&p, b, "INFORMATIONAL response 3", "D");
	while (!pair_next(&p, &p.a))
		pair_sleep(&p, 100);
	PASSED(&p, b, "CREATE_CHILD_SA request 0", "N(REKEY_SA)");
	PASSED(&p, a, "CREATE_CHILD_SA response 0", "N(CHILD_SA_NOT_FOUND)");
	settle("B6.5 rekey of what is gone");
}

static void delete_now(struct side *s)
{
	struct child_sa *child = pair_child(s);

	child->want_delete = true;
	child->sa->want_child = true;
	ike_sa_work(child->sa);
}

static void delete_delete(void)
{
	up();
	delete_now(&p.a);
	delete_now(&p.b);
	PASSED(&p, a, "INFORMATIONAL request 2", "D");
	PASSED(&p, b, "INFORMATIONAL request 0", "D");
	PASSED(&p, a, "INFORMATIONAL response 0", "!D");
	PASSED(&p, b, "INFORMATIONAL response 2", "!D");
	pair_run_for(&p, 30000);
	CHECK("B6.7 delete x delete: not named twice", pair_passes(&p));
	pair_end(&p);
}

static void rekey_delete(void)
{
	up();
	delete_now(&p.a);
	daemon_rekey(&p.b.d, "ipsec0", "a", false);
	PASSED(&p, b, "CREATE_CHILD_SA request 0", "N(REKEY_SA)");
	PASSED(&p, a, "INFORMATIONAL request 2", "D");
	PASSED(&p, a, "CREATE_CHILD_SA response 0", "N(TEMPORARY_FAILURE)");
	PASSED(&p, b, "INFORMATIONAL response 2", "D");
	pair_run_for(&p, 30000);
	CHECK("B6.5 rekey x delete of one child SA", pair_passes(&p));
	pair_end(&p);
}

static void ike_ike(int a_first, int b_first)
{
	both(true, a_first, b_first);
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "SA Nonce KE !TSi");
	PASSED(&p, b, "CREATE_CHILD_SA request 0", "SA Nonce KE !TSi");
	PASSED(&p, a, "CREATE_CHILD_SA response 0", "SA");
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "SA");
	CHECK("B6.5 the collision was seen", pair_counter(&p.a, IKE_COUNT_COLLISION) == 1 &&
	      pair_counter(&p.b, IKE_COUNT_COLLISION) == 1);
	PASSED(&p, b, "INFORMATIONAL request", "D");
	PASSED(&p, a, "INFORMATIONAL request", "D");
	pair_run(&p);
	CHECK("B6.5 the lowest nonce goes", pair_sa(&p.a)->initiator == (a_first > b_first) &&
	      pair_child(&p.a) && pair_child(&p.b));
	settle("B6.5 rekey x rekey of the IKE SA");
}

static void ike_ike_lost(int a_first, int b_first, bool lose_a)
{
	both(true, a_first, b_first);
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "SA");
	PASSED(&p, b, "CREATE_CHILD_SA request 0", "SA");
	if (lose_a)
		LOST(&p, a, "CREATE_CHILD_SA response 0", "SA");
	else
		PASSED(&p, a, "CREATE_CHILD_SA response 0", "SA");
	if (lose_a)
		PASSED(&p, b, "CREATE_CHILD_SA response 2", "SA");
	else
		LOST(&p, b, "CREATE_CHILD_SA response 2", "SA");
	pair_run_for(&p, 400000);
	settle("B6.5 rekey x rekey of the IKE SA, an answer lost");
}

static void ike_child(void)
{
	up();
	daemon_rekey(&p.a.d, "ipsec0", "b", true);
	daemon_rekey(&p.b.d, "ipsec0", "a", false);
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "!TSi");
	PASSED(&p, b, "CREATE_CHILD_SA request 0", "N(REKEY_SA)");
	PASSED(&p, a, "CREATE_CHILD_SA response 0", "N(TEMPORARY_FAILURE)");
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "N(TEMPORARY_FAILURE)");
	CHECK("not at once again", !p.n);
	pair_run_for(&p, 60000);
	CHECK("B6.5 IKE rekey x child rekey: both, later",
	      pair_counter(&p.a, IKE_COUNT_IKE_REKEYED) == 1 &&
	      pair_counter(&p.b, IKE_COUNT_CHILD_REKEYED) == 1);
	settle("B6.5 IKE rekey x child rekey");
}

static void ike_child_delete(void)
{
	up();
	daemon_rekey(&p.a.d, "ipsec0", "b", true);
	delete_now(&p.b);
	PASSED(&p, b, "INFORMATIONAL request 0", "D");
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "!TSi");
	PASSED(&p, a, "INFORMATIONAL response 0", "D");
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "N(TEMPORARY_FAILURE)");
	pair_run_for(&p, 40000);
	CHECK("B6.5 IKE rekey x child delete", pair_passes(&p) &&
	      pair_counter(&p.a, IKE_COUNT_IKE_REKEYED) == 1);
	pair_end(&p);
}

static void ike_delete(bool both_delete)
{
	up();
	if (both_delete)
		daemon_down(&p.a.d, "ipsec0", "b");
	else
		daemon_rekey(&p.a.d, "ipsec0", "b", true);
	daemon_down(&p.b.d, "ipsec0", "a");
	PASSED(&p, a, both_delete ? "INFORMATIONAL request 2" : "CREATE_CHILD_SA request 2", "");
	PASSED(&p, b, "INFORMATIONAL request 0", "D");
	pair_run(&p);
	CHECK("B6.7 IKE SA deleted while something was in flight", !pair_sas(&p.a) &&
	      !pair_sas(&p.b) && !kernel_fake_count(&p.a.f, IFIPSEC_DIR_OUT, false));
	pair_end(&p);
}

/* TEMPORARY_FAILURE for ever: some minutes, then the IKE SA goes (B6.5) */
static void temporary_for_ever(void)
{
	struct ike_sa *sa;
	unsigned int i;

	up();
	sa = pair_sa(&p.b);
	sa->held = true;		/* as if b could never decide */
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	for (i = 0; i < 40 && pair_sa(&p.b) == sa; i++)
		pair_run_for(&p, 10000);
	check(i > 9 && i < 30, "B6.5 TEMPORARY_FAILURE for minutes closes the IKE SA",
	      "%u0 seconds", i);
	pair_run_for(&p, 10000);
	CHECK("and there is another", pair_settled(&p));
	pair_end(&p);
}

static void nonces(void)
{
	static const uint8_t low[] = { 1, 2 }, longer[] = { 1, 2, 0 }, high[] = { 1, 3 };

	CHECK("B6.5 nonces are compared octet by octet, the shorter is lower",
	      nonce_compare(BYTES(low), BYTES(longer)) < 0 &&
	      nonce_compare(BYTES(longer), BYTES(high)) < 0 &&
	      nonce_compare(BYTES(high), BYTES(low)) > 0 &&
	      !nonce_compare(BYTES(low), BYTES(low)));
}

int main(void)
{
	nonces();
	child_child(0x10, 0x80);
	child_child(0x80, 0x10);
	child_child_early_delete();
	child_child_early_winner();
	child_child_late();
	child_child_gone();
	delete_delete();
	rekey_delete();
	ike_ike(0x10, 0x80);
	ike_ike(0x80, 0x10);
	ike_ike_lost(0x10, 0x80, true);
	ike_ike_lost(0x10, 0x80, false);
	ike_ike_lost(0x80, 0x10, true);
	ike_ike_lost(0x80, 0x10, false);
	ike_child();
	ike_child_delete();
	ike_delete(false);
	ike_delete(true);
	temporary_for_ever();
	return check_status();
}
