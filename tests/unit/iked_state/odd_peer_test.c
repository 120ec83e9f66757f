// SPDX-License-Identifier: MIT
/*
 * odd_peer_test.c - a peer that is not wrong, but forgets, refuses, or makes what is there
 * already: at the end there is one IKE SA, one pair, and packets pass.
 */
#include "pair.h"

#define A_CONFIG	"[interface]\nid = a.example\n"				\
			"[peer b]\nremote = 192.0.2.2\nid = b.example\nstart = now\n" PSK
#define B_CONFIG	"[interface]\nid = b.example\n"				\
			"[peer a]\nremote = 192.0.2.1\nid = a.example\nstart = no\n" PSK
#define GROUPS		"ike = aes128gcm16-prfsha256-x25519-ecp256\n"
#define ONE_GROUP	"ike = aes128gcm16-prfsha256-ecp256\n"

static struct pair p;

static void up(const char *a, const char *b)
{
	pair_up(&p, a, b);
	pair_log_clear();
}

/* b has a's request, and its answer is only this notification */
static void b_says(uint16_t type)
{
	struct outgoing out;
	struct bytes chain;

	build_status(outgoing_begin(&out), type);
	ike_build_end(&out.b, &chain);
	pair_deliver(&p, pair_next(&p, &p.b));
	while (p.n)
		pair_lose(&p, &p.queue[0]);
	pair_inject(&p.a, B_ADDR, 500,
		    pair_sealed(pair_sa(&p.b), IKE_EXCHANGE_CREATE_CHILD_SA, true,
				pair_sa(&p.a)->window.send_id, out.b.first, chain));
}

/* It chose a group once, and another now */
static void test_other_group(void)
{
	uint64_t before;

	up(A_CONFIG GROUPS, B_CONFIG ONE_GROUP);
	before = pair_sa(&p.a)->spi_i;
	pair_sa(&p.a)->chosen.group = IKE_GROUP_X25519;
	daemon_rekey(&p.a.d, "ipsec0", "b", true);
	pair_run_for(&p, 8000);
	CHECK("B3.3 rekey of the IKE SA: the group that the peer wants", pair_settled(&p) &&
	      pair_sa(&p.a)->spi_i != before &&
	      pair_sa(&p.a)->chosen.group == IKE_GROUP_ECP_256 &&
	      pair_logged("INVALID_KE_PAYLOAD"));
	pair_end(&p);
}

/* It has lost the pair, and nothing else */
static void test_forgotten_child(void)
{
	uint64_t before;

	up(A_CONFIG, B_CONFIG);
	before = pair_sa(&p.a)->spi_i;
	child_sa_free(pair_child(&p.b));
	CHECK("nothing passes", !pair_passes(&p));
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "N(REKEY_SA)");
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "N(CHILD_SA_NOT_FOUND)");
	pair_run_for(&p, 300000);
	CHECK("B6.5 CHILD_SA_NOT_FOUND: another pair, the IKE SA stays", pair_settled(&p) &&
	      pair_sa(&p.a)->spi_i == before);
	pair_end(&p);
}

/* It makes no pair after the first one */
static void test_one_child_only(void)
{
	uint64_t before;

	up(A_CONFIG, B_CONFIG);
	before = pair_sa(&p.a)->spi_i;
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	b_says(IKE_N_NO_ADDITIONAL_SAS);
	CHECK("said", pair_logged("the peer says NO_ADDITIONAL_SAS"));
	PASSED(&p, a, "INFORMATIONAL request 3", "D");
	pair_run_for(&p, 8000);
	CHECK("B6.4 NO_ADDITIONAL_SAS: new keys come with a new IKE SA", pair_settled(&p) &&
	      pair_sa(&p.a)->spi_i != before);
	pair_end(&p);
}

/* One of the two makes the same pair once more, for nothing, and sends on that */
static void test_same_pair_twice(struct side *who)
{
	struct ike_sa *sa;

	up(A_CONFIG, B_CONFIG);
	sa = pair_sa(who);
	CHECK("asked", !create_child_start(sa));
	pair_run(&p);
	CHECK("there are two", child_sa_count(sa) == 2 && pair_passes(&p));
	pair_run_for(&p, 600000);
	CHECK("one pair is enough", pair_settled(&p) && pair_sa(who) == sa);
	pair_end(&p);
}

/* We have called, and so has it, and its call was first */
static void test_call_not_needed(void)
{
	pair_start(&p, A_CONFIG,
		   "[interface]\nid = b.example\n"
		   "[peer a]\nremote = 192.0.2.1\nid = a.example\nstart = now\n" PSK);
	LOST(&p, a, "IKE_SA_INIT request 0", "SA");
	PASSED(&p, b, "IKE_SA_INIT request 0", "SA");
	PASSED(&p, a, "IKE_SA_INIT response 0", "SA");
	PASSED(&p, b, "IKE_AUTH request 1", "AUTH");
	PASSED(&p, a, "IKE_AUTH response 1", "AUTH");
	pair_sleep(&p, 0);
	CHECK("B6.9 our call is not needed any more", !pair_count_sas(&p.a, IKE_INIT_SENT));
	pair_run_for(&p, 60000);
	CHECK("one stays", pair_settled(&p));
	pair_end(&p);
}

/* The IKE SA that was rekeyed is its to delete, and it does not */
static void test_rekeyed_not_deleted(void)
{
	struct ike_sa *old;

	up(A_CONFIG, B_CONFIG);
	old = pair_sa(&p.a);
	daemon_rekey(&p.a.d, "ipsec0", "b", true);
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "SA");
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "SA");
	LOST(&p, a, "INFORMATIONAL request 3", "D");
	ike_sa_kill(old);
	pair_run_for(&p, 50000);
	CHECK("it is there for a minute", pair_count_sas(&p.b, IKE_REKEYED) == 1);
	pair_run_for(&p, 600000);
	CHECK("B6.6 a rekeyed IKE SA that nobody deletes goes", pair_settled(&p) &&
	      !pair_count_sas(&p.b, IKE_REKEYED));
	pair_end(&p);
}

/* Half of a long request, and never the rest */
static void test_half_request(void)
{
	unsigned int i;

	up(A_CONFIG, B_CONFIG);
	p.a.d.fragment_mtu = 300;
	daemon_rekey(&p.a.d, "ipsec0", "b", true);
	check(p.n > 1, "B7.1 a request that is up goes in fragments", "%u", p.n);
	pair_deliver(&p, &p.queue[0]);
	CHECK("the first one is kept", pair_sa(&p.b)->in_request.have == 1);
	for (i = 0; i < 31; i++) {
		while (p.n)
			pair_lose(&p, &p.queue[0]);
		pair_sleep(&p, 1000);
		if (i == 28)
			CHECK("for 30 seconds", pair_sa(&p.b)->in_request.have == 1);
	}
	CHECK("E4.29 then not", !pair_sa(&p.b)->in_request.have);
	pair_run_for(&p, 60000);
	CHECK("the next try is whole", pair_settled(&p) &&
	      pair_counter(&p.b, IKE_COUNT_IKE_REKEYED) == 1);
	pair_end(&p);
}

int main(void)
{
	test_other_group();
	test_forgotten_child();
	test_one_child_only();
	test_same_pair_twice(&p.a);
	test_same_pair_twice(&p.b);
	test_call_not_needed();
	test_rekeyed_not_deleted();
	test_half_request();
	return check_status();
}
