// SPDX-License-Identifier: MIT
/*
 * exchange_test.c - each exchange as a trace of messages: who says what, in which order,
 * and what the kernels of both have then.
 */
#include "pair.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define A_CONFIG	"[interface]\nid = a.example\n"				\
			"[peer b]\nremote = 192.0.2.2\nid = b.example\nstart = now\n"	\
			"initial-contact = yes\n" PSK
#define B_CONFIG	"[interface]\nid = b.example\n"				\
			"[peer a]\nremote = 192.0.2.1\nid = a.example\nstart = no\n" PSK

static struct pair p;

static void up(const char *a, const char *b)
{
	pair_up(&p, a, b);
	pair_log_clear();
}

/* An event of the kernel of @s about its peer */
static struct kernel_event event(struct side *s, enum kernel_event_type type)
{
	struct kernel_event e = { .type = type, .ifname = "ipsec0", .proto = 50 };

	snprintf(e.peer, sizeof(e.peer), "%c", pair_other(s)->name);
	return e;
}

static void test_first(void)
{
	pair_start(&p, A_CONFIG, B_CONFIG);
	PASSED(&p, a, "IKE_SA_INIT request 0", "SA KE Nonce");
	PASSED(&p, b, "IKE_SA_INIT response 0", "SA KE Nonce");
	CHECK("nothing is in the kernel before the peer is known",
	      !kernel_fake_count(&p.b.f, IFIPSEC_DIR_IN, false));
	PASSED(&p, a, "IKE_AUTH request 1", "IDi IDr AUTH SA TSi TSr N(INITIAL_CONTACT)");
	CHECK("the responder has both directions",
	      kernel_fake_count(&p.b.f, IFIPSEC_DIR_IN, false) == 1 &&
	      kernel_fake_count(&p.b.f, IFIPSEC_DIR_OUT, false) == 1);
	PASSED(&p, b, "IKE_AUTH response 1", "IDr AUTH SA TSi TSr");
	CHECK("one IKE SA, one pair, packets pass", pair_settled(&p));
	CHECK("counted", pair_counter(&p.a, IKE_COUNT_IKE_SA_UP) == 1 &&
	      pair_counter(&p.b, IKE_COUNT_CHILD_SA_UP) == 1 &&
	      pair_counter(&p.b, IKE_COUNT_RX) == 2);
	CHECK("nothing is half-open", !p.b.d.n_half_open);
	pair_run_for(&p, 100000);
	CHECK("it stays", pair_settled(&p));
	pair_end(&p);
}

/* "ipsec-iked -v" */
static void test_messages_logged(void)
{
	pair_start(&p, A_CONFIG, B_CONFIG);
	pair_run(&p);
	CHECK("messages are not logged", pair_settled(&p) && !pair_logged("IKE_AUTH re"));
	pair_end(&p);

	pair_init(&p);
	log_set_level(LOG_DEBUG);
	pair_config(&p.b, B_CONFIG);
	pair_config(&p.a, A_CONFIG);
	LOST(&p, a, "IKE_SA_INIT request 0", "SA KE Nonce");
	pair_run_for(&p, 4000);
	CHECK("with -v they are, before there is a peer",
	      pair_logged("\nreceived from 192.0.2.1:500: IKE_SA_INIT request 0 [ SA KE Nonce "));
	CHECK("what was sent", pair_logged("\nipsec0 b: sent to 192.0.2.2:500: IKE_AUTH request 1 "
					   "[ IDi N(INITIAL_CONTACT) IDr AUTH SA TSi TSr "));
	CHECK("and what it held when it was opened",
	      pair_logged("\nipsec0 b: received from 192.0.2.2:500: IKE_AUTH response 1 [ IDr AUTH SA TSi TSr"));
	CHECK("and sent again",
	      pair_logged("\nipsec0 b: no answer yet: request 0 again, try 2\n"));
	CHECK("no secret is in them", !pair_logged("two daemons in one process"));
	pair_end(&p);
}

static void test_acquire(void)
{
	struct kernel_event e;

	/* "demand" is the default: a's kernel knows the peer, so that packets wait */
	pair_start(&p, "[interface]\nid = a.example\n[peer b]\nremote = 192.0.2.2\n" PSK,
		   B_CONFIG);
	pair_run(&p);
	CHECK("on demand: quiet, but the kernel has the peer",
	      !p.a.sent && kernel_fake_peer(&p.a.f, "b"));
	e = event(&p.a, KERNEL_ACQUIRE);
	kernel_fake_event(&p.a.f, &e);
	kernel_fake_event(&p.a.f, &e);
	PASSED(&p, a, "IKE_SA_INIT request 0", "SA");
	CHECK("a second packet does not call again", !pair_next(&p, &p.b));
	pair_run(&p);
	CHECK("a packet waits: the tunnel comes (ACQUIRE)", pair_settled(&p));
	kernel_fake_event(&p.a.f, &e);
	CHECK("nothing to do for one who has a tunnel", !p.n);
	pair_end(&p);
}

static void test_rekey_child(void)
{
	uint32_t old_in;

	up(A_CONFIG, B_CONFIG);
	old_in = pair_child(&p.a)->spi_in;
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "N(REKEY_SA) SA Nonce KE TSi TSr");
	CHECK("the responder receives on both, and sends on the old one",
	      kernel_fake_count(&p.b.f, IFIPSEC_DIR_IN, false) == 2 &&
	      kernel_fake_out(&p.b.f, "a")->state.spi == old_in && pair_passes(&p));
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "SA Nonce KE TSi TSr");
	CHECK("the initiator sends on the new one",
	      kernel_fake_out(&p.a.f, "b")->state.spi == pair_child(&p.b)->spi_in &&
	      pair_passes(&p));
	PASSED(&p, a, "INFORMATIONAL request 3", "D");
	CHECK("now so does the responder",
	      kernel_fake_out(&p.b.f, "a")->state.spi != old_in && pair_passes(&p));
	PASSED(&p, b, "INFORMATIONAL response 3", "D");
	CHECK("both still receive on the old one (grace)",
	      kernel_fake_count(&p.a.f, IFIPSEC_DIR_IN, false) == 2 &&
	      kernel_fake_count(&p.b.f, IFIPSEC_DIR_IN, false) == 2);
	pair_run_for(&p, CHILD_GRACE_MS);
	CHECK("B6.4 rekey of a child SA", pair_settled(&p) && pair_passes(&p));
	pair_end(&p);
}

/* Our answer is late (RFC 7296 2.1: the peer asks again): charon 5.9.8 ignores it when it
 * is just answering a request of ours with the same ID
 */
static void test_rekey_child_answer_late(void)
{
	uint32_t old_in;

	up(A_CONFIG, B_CONFIG);
	old_in = pair_child(&p.a)->spi_in;
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "N(REKEY_SA)");
	LOST(&p, b, "CREATE_CHILD_SA response 2", "SA");
	for (int i = 0; i < 10; i++) {
		while (p.n)
			pair_lose(&p, &p.queue[0]);
		pair_sleep(&p, 1000);
	}
	CHECK("B6.4 nothing is sent on a pair that the peer may not have yet",
	      kernel_fake_out(&p.b.f, "a")->state.spi == old_in && pair_passes(&p));
	pair_run_for(&p, 60000);
	CHECK("settled", pair_settled(&p) && pair_passes(&p));
	pair_end(&p);
}

/* The delete of the old pair does not come: the responder takes the new one anyway */
static void test_rekey_child_no_delete(void)
{
	up(A_CONFIG, B_CONFIG);
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "N(REKEY_SA)");
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "SA");
	LOST(&p, a, "INFORMATIONAL request 3", "D");
	pair_sleep(&p, CHILD_TAKE_MS / 2);
	CHECK("it waits", kernel_fake_out(&p.b.f, "a")->state.spi != pair_child(&p.a)->spi_in);
	while (p.n)
		pair_lose(&p, &p.queue[0]);
	pair_sleep(&p, CHILD_TAKE_MS);
	CHECK("it waits until the peer is known to have it",
	      kernel_fake_out(&p.b.f, "a")->state.spi != pair_child(&p.a)->spi_in);
	while (p.n)
		pair_lose(&p, &p.queue[0]);
	kernel_fake_in(&p.b.f, kernel_fake_out(&p.a.f, "b")->state.spi)->state.packets = 1;
	pair_sleep(&p, CHILD_TAKE_AGAIN_MS);
	CHECK("B6.4 without a delete the responder sends on the new pair",
	      kernel_fake_out(&p.b.f, "a")->state.spi == pair_child(&p.a)->spi_in &&
	      pair_passes(&p));
	pair_run_for(&p, 60000);
	CHECK("settled", pair_settled(&p));
	pair_end(&p);
}

static void test_rekey_ike(void)
{
	uint64_t old;

	up(A_CONFIG, B_CONFIG);
	old = pair_sa(&p.a)->spi_i;
	daemon_rekey(&p.a.d, "ipsec0", "b", true);
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "SA Nonce KE !TSi");
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "SA Nonce KE !TSi");
	CHECK("the children moved", pair_child(&p.a) && pair_child(&p.b) &&
	      pair_sa(&p.a)->spi_i != old);
	PASSED(&p, a, "INFORMATIONAL request 3", "D");
	PASSED(&p, b, "INFORMATIONAL response 3", "!D");
	CHECK("B6.6 rekey of the IKE SA", pair_settled(&p) &&
	      pair_counter(&p.b, IKE_COUNT_IKE_REKEYED) == 1);
	CHECK("its message IDs begin at 0", !pair_sa(&p.a)->window.send_id);
	/* The responder of the rekey rekeys the next */
	daemon_rekey(&p.b.d, "ipsec0", "a", true);
	PASSED(&p, b, "CREATE_CHILD_SA request 0", "SA Nonce KE");
	pair_run(&p);
	daemon_rekey(&p.b.d, "ipsec0", "a", false);
	PASSED(&p, b, "CREATE_CHILD_SA request 0", "N(REKEY_SA)");
	pair_run_for(&p, 10000);
	CHECK("and again, by the other side", pair_settled(&p));
	pair_end(&p);
}

/* What the configuration says happens by itself */
static void test_timers(void)
{
	up(A_CONFIG "rekey = 100s\nike-rekey = 350s\ndpd = 0s\n", B_CONFIG "dpd = 0s\n");
	pair_run_for(&p, 86000);
	CHECK("B6.8 not before nine tenths", !pair_counter(&p.a, IKE_COUNT_CHILD_REKEYED));
	pair_run_for(&p, 16000);
	CHECK("B6.8 child SA rekeyed in time", pair_counter(&p.a, IKE_COUNT_CHILD_REKEYED) == 1 &&
	      pair_counter(&p.b, IKE_COUNT_CHILD_REKEYED) == 1);
	pair_run_for(&p, 400000);
	CHECK("B6.8 IKE SA too, and all goes on",
	      pair_counter(&p.a, IKE_COUNT_IKE_REKEYED) == 1 &&
	      pair_counter(&p.a, IKE_COUNT_CHILD_REKEYED) >= 4);
	pair_run_for(&p, 7000);
	CHECK("one pair", pair_child(&p.a) && pair_passes(&p));
	CHECK("the hard limit is the kernel's, and leaves time to rekey",
	      kernel_fake_out(&p.a.f, "b")->hard_seconds == 160);
	pair_end(&p);
}

static void test_expire(void)
{
	struct kernel_event e;

	up(A_CONFIG, B_CONFIG "rekey-bytes = 1m\n");
	CHECK("a soft limit in bytes, and less than it",
	      kernel_fake_out(&p.b.f, "a")->soft_bytes > 900000 &&
	      kernel_fake_out(&p.b.f, "a")->soft_bytes <= 1048576);
	e = event(&p.b, KERNEL_EXPIRE);
	e.dir = IFIPSEC_DIR_OUT;
	e.spi = pair_child(&p.b)->spi_out;
	e.limit = IFIPSEC_EXPIRE_BYTES_SOFT;
	kernel_fake_event(&p.b.f, &e);
	kernel_fake_event(&p.b.f, &e);
	PASSED(&p, b, "CREATE_CHILD_SA request 0", "N(REKEY_SA)");
	pair_run_for(&p, 6000);
	CHECK("B6.8 a soft limit of the kernel rekeys, once", pair_settled(&p) &&
	      pair_counter(&p.b, IKE_COUNT_CHILD_REKEYED) == 1);
	e.spi = pair_child(&p.b)->spi_out;
	e.limit = IFIPSEC_EXPIRE_SECONDS_HARD;
	kernel_fake_event(&p.b.f, &e);
	PASSED(&p, b, "INFORMATIONAL request 2", "D");
	pair_run_for(&p, 8000);
	CHECK("B6.8 a hard limit closes, and a new pair comes", pair_settled(&p));
	pair_end(&p);
}

static void test_delete(void)
{
	up(A_CONFIG, B_CONFIG);
	daemon_down(&p.b.d, "ipsec0", "a");
	PASSED(&p, b, "INFORMATIONAL request 0", "D");
	PASSED(&p, a, "INFORMATIONAL response 0", "!D");
	CHECK("B6.7 an IKE SA is deleted with all it has",
	      !pair_sas(&p.b) && !kernel_fake_count(&p.a.f, IFIPSEC_DIR_IN, false) &&
	      !kernel_fake_count(&p.b.f, IFIPSEC_DIR_OUT, false));
	CHECK("the peer stays in the kernel: no clear text", kernel_fake_peer(&p.a.f, "b"));
	pair_run_for(&p, 3000);
	CHECK("who starts by itself calls again", pair_settled(&p));
	daemon_down(&p.a.d, "ipsec0", "b");
	pair_run_for(&p, 300000);
	CHECK("taken down by the operator it stays down", !pair_sas(&p.a) && !pair_sas(&p.b));
	CHECK("down of what is down", daemon_down(&p.a.d, "ipsec0", "b") == -EALREADY);
	CHECK("of whom nobody knows", daemon_down(&p.a.d, "ipsec0", "x") == -ENOENT);
	CHECK("up again", !daemon_up(&p.a.d, "ipsec0", "b"));
	pair_run(&p);
	CHECK("is up", pair_settled(&p) && daemon_up(&p.a.d, "ipsec0", "b") == -EALREADY);
	pair_end(&p);
}

static void test_alive(void)
{
	struct fake_sa *in;

	up(A_CONFIG "dpd = 10s\n", B_CONFIG "dpd = 0s\n");
	pair_sleep(&p, 10000);
	PASSED(&p, a, "INFORMATIONAL request 2", "");
	PASSED(&p, b, "INFORMATIONAL response 2", "");
	CHECK("B6.3 idle: asked whether it is alive", pair_counter(&p.a, IKE_COUNT_DPD_SENT) == 1);
	/* Packets that come count as life */
	in = NULL;
	for (unsigned int i = 0; i < FAKE_SAS; i++)
		if (p.a.f.sas[i].used && p.a.f.sas[i].state.dir == IFIPSEC_DIR_IN)
			in = &p.a.f.sas[i];
	in->state.packets = 7;
	pair_sleep(&p, 10000);
	CHECK("B6.3 traffic counts as life", !p.n);
	pair_sleep(&p, 10000);
	CHECK("B6.3 and when it ends it is asked again", p.n == 1);
	/* The other side is dead: nothing arrives any more */
	for (unsigned int i = 0; i < 3000 && pair_sa(&p.a); i++) {
		while (p.n)
			pair_lose(&p, &p.queue[0]);
		pair_sleep(&p, 100);
	}
	CHECK("B6.3 a dead peer is noticed", !pair_sa(&p.a) &&
	      pair_counter(&p.a, IKE_COUNT_PEER_DEAD) == 1 && pair_logged("no answer to 12"));
	CHECK("its SAs are gone", !kernel_fake_count(&p.a.f, IFIPSEC_DIR_OUT, false) &&
	      kernel_fake_peer(&p.a.f, "b"));
	pair_run_for(&p, 9000);
	CHECK("B6.9 back again, what b had is dropped", pair_settled(&p) &&
	      pair_logged("started again"));
	pair_end(&p);
}

/* The other side is dead from now on.  How long until that is noticed, and @asked how often */
static uint64_t dead_after(unsigned int *asked)
{
	uint64_t start = p.now_ms;

	*asked = 0;
	while (pair_sa(&p.a) && p.now_ms - start < 3600000) {
		for (; p.n; pair_lose(&p, &p.queue[0]))
			(*asked)++;
		pair_sleep(&p, 100);
	}
	return p.now_ms - start;
}

static void test_dpd_timeout(void)
{
	unsigned int asked;
	uint64_t ms;

	up(A_CONFIG "dpd = 10s\n", B_CONFIG "dpd = 0s\n");
	ms = dead_after(&asked);
	check(asked == 12 && ms == 190000 - 4000, "B6.1 dpd-timeout: three minutes, a dozen times",
	      "%u times, %llu ms", asked, (unsigned long long)ms);
	pair_end(&p);

	up(A_CONFIG "dpd = 10s\ndpd-timeout = 15s\n", B_CONFIG "dpd = 0s\n");
	ms = dead_after(&asked);
	check(asked == 4 && ms == 25000 - 4000, "B6.3 dpd-timeout = 15s", "%u times, %llu ms",
	      asked, (unsigned long long)ms);
	CHECK("counted", pair_counter(&p.a, IKE_COUNT_PEER_DEAD) == 1);
	pair_end(&p);

	up(A_CONFIG "dpd = 10s\ndpd-timeout = 10m\n", B_CONFIG "dpd = 0s\n");
	ms = dead_after(&asked);
	check(asked > 25 && ms == 610000 - 4000, "B6.3 dpd-timeout = 10m", "%u times, %llu ms",
	      asked, (unsigned long long)ms);
	pair_end(&p);

	/* Whatever is asked, and whether or not it would be asked for nothing */
	up(A_CONFIG "dpd = 0s\ndpd-timeout = 15s\n", B_CONFIG "dpd = 0s\n");
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	ms = dead_after(&asked);
	check(asked == 4 && ms == 15000, "B6.3 a rekey without an answer", "%u times, %llu ms",
	      asked, (unsigned long long)ms);
	pair_end(&p);

	/* An answer ends it: the next question has its own time */
	up(A_CONFIG "dpd = 10s\ndpd-timeout = 15s\n", B_CONFIG "dpd = 0s\n");
	pair_sleep(&p, 6000);
	LOST(&p, a, "INFORMATIONAL request 2", "");
	pair_sleep(&p, 12000);
	CHECK("B6.3 asked again", p.n);
	pair_run(&p);
	pair_run_for(&p, 60000);
	CHECK("B6.3 who answers late is not dead", pair_settled(&p) &&
	      !pair_counter(&p.a, IKE_COUNT_PEER_DEAD));
	pair_end(&p);
}

static void test_retransmission(void)
{
	struct blob first = { 0 };
	struct packet *packet;
	uint64_t start;
	unsigned int n;

	pair_start(&p, A_CONFIG, B_CONFIG);
	PASSED(&p, a, "IKE_SA_INIT request 0", "");
	PASSED(&p, b, "IKE_SA_INIT response 0", "");
	start = p.now_ms;
	packet = pair_next(&p, &p.b);
	blob_copy(&first, blob_view(&packet->bytes));
	pair_lose(&p, packet);
	for (n = 1; pair_count_sas(&p.a, IKE_AUTH_SENT) && p.now_ms - start < 600000;) {
		pair_sleep(&p, 100);
		packet = pair_next(&p, &p.b);
		if (!packet || !pair_count_sas(&p.a, IKE_AUTH_SENT))
			continue;
		if (!bytes_equal(blob_view(&packet->bytes), blob_view(&first)))
			break;
		n++;
		pair_lose(&p, packet);
	}
	check(n == WINDOW_TRIES && p.now_ms - start > 165000,
	      "B6.1 bit by bit the same, a dozen times, for 165 seconds", "%u times, %llu ms",
	      n, (unsigned long long)(p.now_ms - start));
	CHECK("counted", pair_counter(&p.a, IKE_COUNT_RETRANSMIT) == WINDOW_TRIES - 1);
	blob_free(&first);
	pair_run_for(&p, 10000);
	CHECK("then everything from the start", pair_settled(&p));
	pair_end(&p);
}

/* The same request twice: the answer twice, the deed once (B6.2, E4.17) */
static void test_repeated(void)
{
	struct blob request = { 0 }, answer = { 0 };
	struct packet *packet;
	unsigned int puts;

	up(A_CONFIG, B_CONFIG);
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	packet = pair_next(&p, &p.b);
	blob_copy(&request, blob_view(&packet->bytes));
	pair_deliver(&p, packet);
	packet = pair_next(&p, &p.a);
	blob_copy(&answer, blob_view(&packet->bytes));
	puts = p.b.f.sa_puts;
	pair_inject(&p.b, A_ADDR, 500, blob_view(&request));
	pair_lose(&p, packet);
	packet = pair_next(&p, &p.a);
	CHECK("B6.2 the answer again, bit by bit", packet && p.b.f.sa_puts == puts &&
	      bytes_equal(blob_view(&packet->bytes), blob_view(&answer)) &&
	      pair_counter(&p.b, IKE_COUNT_RX_REPEATED) == 1);
	pair_run_for(&p, 8000);
	CHECK("settled", pair_settled(&p));
	pair_inject(&p.b, A_ADDR, 500, blob_view(&request));
	pair_inject(&p.a, B_ADDR, 500, blob_view(&answer));
	CHECK("B6.2 what is long past is dropped", !p.n && pair_settled(&p) &&
	      pair_counter(&p.b, IKE_COUNT_RX_UNEXPECTED) == 1 &&
	      pair_counter(&p.a, IKE_COUNT_RX_UNEXPECTED) == 1);
	blob_free(&request);
	blob_free(&answer);
	pair_end(&p);
}

static void test_cookie(void)
{
	pair_init(&p);
	p.b.d.always_cookie = true;
	pair_config(&p.b, B_CONFIG);
	pair_config(&p.a, A_CONFIG);
	PASSED(&p, a, "IKE_SA_INIT request 0", "SA !N(COOKIE)");
	CHECK("B3.5 nothing is kept for it", !pair_sas(&p.b));
	PASSED(&p, b, "IKE_SA_INIT response 0", "N(COOKIE) !SA");
	PASSED(&p, a, "IKE_SA_INIT request 0", "N(COOKIE) SA KE Nonce");
	PASSED(&p, b, "IKE_SA_INIT response 0", "SA !N(COOKIE)");
	pair_run(&p);
	CHECK("B3.5 with a cookie", pair_settled(&p) &&
	      pair_counter(&p.b, IKE_COUNT_COOKIE_SENT) == 1 &&
	      !pair_counter(&p.b, IKE_COUNT_COOKIE_BAD));
	pair_end(&p);
}

#define A_GROUPS	A_CONFIG "ike = aes128gcm16-prfsha256-x25519-ecp256\n"	\
			"esp = aes128gcm16-x25519-ecp256-noesn\n"
#define B_GROUPS	B_CONFIG "ike = aes128gcm16-prfsha256-ecp256\n"		\
			"esp = aes128gcm16-ecp256-noesn\n"

static void test_invalid_ke(void)
{
	pair_init(&p);
	p.b.d.always_cookie = true;
	pair_config(&p.b, B_GROUPS);
	pair_config(&p.a, A_GROUPS);
	PASSED(&p, a, "IKE_SA_INIT request 0", "SA");
	PASSED(&p, b, "IKE_SA_INIT response 0", "N(COOKIE)");
	PASSED(&p, a, "IKE_SA_INIT request 0", "N(COOKIE) SA");
	PASSED(&p, b, "IKE_SA_INIT response 0", "N(INVALID_KE_PAYLOAD)");
	PASSED(&p, a, "IKE_SA_INIT request 0", "N(COOKIE) SA");
	PASSED(&p, b, "IKE_SA_INIT response 0", "SA");
	pair_run_for(&p, 5000);
	CHECK("B3.3 another group, with a cookie", pair_settled(&p) &&
	      pair_sa(&p.a)->chosen.group == IKE_GROUP_ECP_256);
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "N(REKEY_SA) KE");
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "N(INVALID_KE_PAYLOAD) !SA");
	PASSED(&p, a, "CREATE_CHILD_SA request 3", "N(REKEY_SA) KE");
	PASSED(&p, b, "CREATE_CHILD_SA response 3", "SA KE");
	pair_run_for(&p, 8000);
	CHECK("B3.3 so for a child SA, and it is remembered", pair_settled(&p) &&
	      p.a.d.ifaces->peers->child_group == IKE_GROUP_ECP_256);
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	PASSED(&p, a, "CREATE_CHILD_SA request 5", "N(REKEY_SA)");
	PASSED(&p, b, "CREATE_CHILD_SA response 5", "SA KE");
	pair_end(&p);
}

static void test_no_proposal(void)
{
	pair_start(&p, A_CONFIG "ike = aes256gcm16-prfsha384-x25519\n",
		   B_CONFIG "ike = aes128-sha256-ecp256\n");
	PASSED(&p, a, "IKE_SA_INIT request 0", "SA");
	PASSED(&p, b, "IKE_SA_INIT response 0", "N(NO_PROPOSAL_CHOSEN)");
	CHECK("the log says what both offer", pair_logged("the peer offers: aes256gcm16") &&
	      pair_logged("aes128-") && pair_counter(&p.b, IKE_COUNT_FAIL_PROPOSAL) == 1);
	CHECK("B3.6 it is a hint: no failure yet", pair_count_sas(&p.a, IKE_INIT_SENT) == 1 &&
	      pair_logged("anybody could"));
	pair_end(&p);
}

static void test_child_refused(void)
{
	/* B5.4: the IKE SA stays */
	up(A_CONFIG "networks = 10.2.0.0/16\nlocal-networks = 10.1.0.0/16\n",
	   B_CONFIG "networks = 10.9.0.0/16\n");
	CHECK("B5.4 no child SA, the IKE SA stays", pair_sa(&p.a) && pair_sa(&p.b) &&
	      !pair_child(&p.a) && pair_counter(&p.b, IKE_COUNT_FAIL_TS));
	/* it is asked again, some time later */
	pair_run_for(&p, 10000);
	CHECK("the log says what is refused", pair_logged("10.1.0.0/16") &&
	      pair_logged("10.9.0.0/16"));
	CHECK("asked again, not too often", pair_counter(&p.b, IKE_COUNT_FAIL_TS) < 8);
	pair_end(&p);
	up(A_CONFIG "esp = aes256gcm16\n", B_CONFIG "esp = aes128-sha256\n");
	CHECK("B5.4 so without a proposal", pair_sa(&p.a) && !pair_child(&p.b));
	pair_end(&p);
}

static void test_narrow(void)
{
	up(A_CONFIG "networks = 10.2.0.0/16\nlocal-networks = 0.0.0.0/0\n",
	   B_CONFIG "networks = 10.1.0.0/16\nlocal-networks = 10.2.3.0/24, 10.2.4.0/24\n");
	CHECK("B5.5 the responder narrows, and both know it", pair_settled(&p) &&
	      pair_child(&p.a)->remote_ts.n == 2 && pair_child(&p.b)->local_ts.n == 2 &&
	      pair_child(&p.a)->local_ts.n == 1);
	CHECK("B5.5 so does the kernel", kernel_fake_peer(&p.a.f, "b")->put.n_selectors == 2 &&
	      kernel_fake_peer(&p.a.f, "b")->selectors[0].bits == 24);
	pair_end(&p);
}

static void test_transport(void)
{
	up(A_CONFIG "mode = transport\n", B_CONFIG "mode = transport\n");
	CHECK("B5.6 transport mode", pair_settled(&p) &&
	      kernel_fake_out(&p.a.f, "b")->mode == IFIPSEC_MODE_TRANSPORT &&
	      pair_child(&p.a)->remote_ts.n == 1 &&
	      kernel_fake_peer(&p.a.f, "b")->selectors[0].bits == 32);
	pair_end(&p);
	up(A_CONFIG "mode = transport\n", B_CONFIG);
	CHECK("B5.6 the other side wants a tunnel: no child SA", !pair_child(&p.a) &&
	      !pair_child(&p.b) && pair_sa(&p.a) &&
	      !kernel_fake_count(&p.b.f, IFIPSEC_DIR_OUT, false));
	pair_end(&p);
	up(A_CONFIG, B_CONFIG "mode = transport\n");
	CHECK("B5.6 tunnel mode is accepted", pair_settled(&p) &&
	      kernel_fake_out(&p.b.f, "a")->mode == IFIPSEC_MODE_TUNNEL);
	pair_end(&p);
}

static void test_ah(void)
{
	up(A_CONFIG "protect = ah\n", B_CONFIG "protect = ah\n");
	CHECK("AH", pair_settled(&p) && kernel_fake_out(&p.a.f, "b")->state.proto == 51 &&
	      !kernel_fake_out(&p.a.f, "b")->encr);
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	pair_run_for(&p, 9000);
	CHECK("AH rekeyed", pair_settled(&p) && pair_counter(&p.b, IKE_COUNT_CHILD_REKEYED) == 1);
	pair_end(&p);
	up(A_CONFIG "protect = ah\n", B_CONFIG);
	CHECK("AH and ESP do not meet", !pair_child(&p.a) && pair_sa(&p.a));
	pair_end(&p);
}

static void test_esn(void)
{
	up(A_CONFIG "esp = aes128gcm16-esn-noesn\n", B_CONFIG "esp = aes128gcm16-noesn\n");
	CHECK("B3.10 without ESN where the other cannot", pair_settled(&p) &&
	      !kernel_fake_out(&p.a.f, "b")->esn);
	pair_end(&p);
	up(A_CONFIG "esp = aes128gcm16-esn-noesn\n", B_CONFIG);
	CHECK("B3.10 with it where it can", pair_settled(&p) &&
	      kernel_fake_out(&p.a.f, "b")->esn);
	pair_end(&p);
}

static void test_wrong_psk(void)
{
	pair_start(&p, A_CONFIG, "[interface]\nid = b.example\n"
		   "[peer a]\nremote = 192.0.2.1\nid = a.example\npsk = another secret, quite long\n");
	PASSED(&p, a, "IKE_SA_INIT request 0", "");
	PASSED(&p, b, "IKE_SA_INIT response 0", "");
	PASSED(&p, a, "IKE_AUTH request 1", "AUTH");
	PASSED(&p, b, "IKE_AUTH response 1", "N(AUTHENTICATION_FAILED) !AUTH");
	CHECK("B4.3 another secret: refused, nothing left", !pair_sas(&p.a) && !pair_sas(&p.b) &&
	      pair_counter(&p.a, IKE_COUNT_FAIL_AUTH) == 1 &&
	      pair_counter(&p.b, IKE_COUNT_FAIL_AUTH) == 1 &&
	      !kernel_fake_count(&p.b.f, IFIPSEC_DIR_IN, false));
	CHECK("the log says why, on the side that knows", pair_logged("pre-shared key is not the same"));
	pair_sleep(&p, 500);
	CHECK("not at once again", !p.n);
	pair_end(&p);
}

static void test_identities(void)
{
	/* b is somebody else than a expects */
	pair_start(&p, "[interface]\nid = a.example\n[peer b]\nremote = 192.0.2.2\n"
		   "id = c.example\nstart = now\n" PSK, B_CONFIG);
	pair_run(&p);
	CHECK("B5.3 we are not who it asks for", !pair_sa(&p.b) && pair_logged("c.example"));
	pair_end(&p);
	pair_start(&p, "[interface]\nid = x.example\n[peer b]\nremote = 192.0.2.2\n"
		   "start = now\n" PSK, B_CONFIG);
	pair_run(&p);
	CHECK("B5.3 who calls is not configured", !pair_sa(&p.b) &&
	      pair_logged("x.example is refused"));
	pair_end(&p);
}

/* A hub: many peers with any address, told apart by their identity */
static void test_any(void)
{
	up(A_CONFIG "local-networks = 10.1.0.0/16\n",
	   "[interface]\nid = b.example\n"
	   "[peer c]\nremote = %any\nid = c.example\npsk = the secret of c, not of a\n"
	   "networks = 10.3.0.0/16\n"
	   "[peer a]\nremote = %any\nid = a.example\nnetworks = 10.1.0.0/16\n" PSK);
	CHECK("a peer of any address is found by its identity", pair_settled(&p));
	CHECK("the kernel learns of it then", kernel_fake_peer(&p.b.f, "a") &&
	      !kernel_fake_peer(&p.b.f, "c") &&
	      kernel_fake_peer(&p.b.f, "a")->put.remote.bytes[3] == 1 &&
	      kernel_fake_peer(&p.b.f, "a")->put.n_selectors == 1);
	daemon_down(&p.a.d, "ipsec0", "b");
	pair_run(&p);
	CHECK("and forgets it", !kernel_fake_peer(&p.b.f, "a"));
	pair_end(&p);
}

static void test_both_call(void)
{
	const char *b = "[interface]\nid = b.example\n"
			"[peer a]\nremote = 192.0.2.1\nid = a.example\nstart = now\n" PSK;

	pair_start(&p, A_CONFIG, b);
	PASSED(&p, a, "IKE_SA_INIT request 0", "");
	PASSED(&p, b, "IKE_SA_INIT request 0", "");
	PASSED(&p, a, "IKE_SA_INIT response 0", "");
	PASSED(&p, b, "IKE_SA_INIT response 0", "");
	PASSED(&p, a, "IKE_AUTH request 1", "N(INITIAL_CONTACT)");
	PASSED(&p, b, "IKE_AUTH request 1", "N(INITIAL_CONTACT)");
	PASSED(&p, a, "IKE_AUTH response 1", "AUTH");
	PASSED(&p, b, "IKE_AUTH response 1", "AUTH");
	pair_run_for(&p, 8000);
	CHECK("both call at once: one stays (B6.9, E4.28)", pair_settled(&p));
	pair_end(&p);
}

int main(void)
{
	test_first();
	test_messages_logged();
	test_acquire();
	test_rekey_child();
	test_rekey_child_answer_late();
	test_rekey_child_no_delete();
	test_rekey_ike();
	test_timers();
	test_expire();
	test_delete();
	test_alive();
	test_dpd_timeout();
	test_retransmission();
	test_repeated();
	test_cookie();
	test_invalid_ke();
	test_no_proposal();
	test_child_refused();
	test_narrow();
	test_transport();
	test_ah();
	test_esn();
	test_wrong_psk();
	test_identities();
	test_any();
	test_both_call();
	return check_status();
}
