// SPDX-License-Identifier: MIT
/*
 * nat_test.c - a NAT in front of one side or both: found, ports moved, UDP in the
 * kernel, and followed when it forgets (RFC 7296 2.23).
 *
 *	a 192.0.2.1 --- NAT 198.51.100.1 --- b 192.0.2.2
 */
#include <stdio.h>

#include "pair.h"

#define A_CONFIG	"[interface]\nid = a.example\n"				\
			"[peer b]\nremote = 192.0.2.2\nid = b.example\nstart = now\n"	\
			"keepalive = 20s\n" PSK
#define B_CONFIG	"[interface]\nid = b.example\n"				\
			"[peer a]\nremote = %any\nid = a.example\n" PSK
#define NAT		"198.51.100.1"

static struct pair p;
static unsigned int nat_base;		/* outer port = inner port + this */

/* In front of a: it has one outer address, and other ports */
static bool nat_a(struct pair *pair, struct side *from, struct endpoint *src,
		  struct endpoint *dst)
{
	struct addr nat;

	addr_parse(NAT, &nat);
	if (from == &pair->a) {
		src->addr = nat;
		src->port = (uint16_t)(src->port + nat_base);
		return true;
	}
	if (dst->addr.bytes[0] != nat.bytes[0] || dst->port != 500 + nat_base) {
		if (dst->addr.bytes[0] != nat.bytes[0] || dst->port != 4500 + nat_base)
			return false;		/* to nobody */
	}
	addr_parse(A_ADDR, &dst->addr);
	dst->port = (uint16_t)(dst->port - nat_base);
	return true;
}

/* In front of b: a calls an address that is not b's own */
static bool nat_b(struct pair *pair, struct side *from, struct endpoint *src,
		  struct endpoint *dst)
{
	struct addr nat;

	addr_parse(NAT, &nat);
	if (from == &pair->b)
		src->addr = nat;
	else if (dst->addr.bytes[0] == nat.bytes[0])
		addr_parse(B_ADDR, &dst->addr);
	else
		return false;
	return true;
}

static void start(pair_nat nat, const char *a, const char *b)
{
	pair_init(&p);
	nat_base = 10000;
	p.nat = nat;
	pair_config(&p.b, b);
	pair_config(&p.a, a);
}

static void test_a_behind(void)
{
	const struct fake_peer *peer;

	start(nat_a, A_CONFIG, B_CONFIG);
	PASSED(&p, a, "IKE_SA_INIT request",
	       "N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)");
	PASSED(&p, b, "IKE_SA_INIT response",
	       "N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP)");
	CHECK("B3.8 from port 4500 to port 4500", p.queue[0].to_at.port == 4500 &&
	      p.queue[0].from_at.port == 14500);
	pair_run(&p);
	CHECK("B3.7 the initiator is behind a NAT", pair_settled(&p) &&
	      pair_sa(&p.a)->nat_local && !pair_sa(&p.a)->nat_remote &&
	      pair_sa(&p.b)->nat_remote && !pair_sa(&p.b)->nat_local);
	peer = kernel_fake_peer(&p.a.f, "b");
	CHECK("its kernel sends UDP, and keeps the NAT awake", peer->put.encap_local == 4500 &&
	      peer->put.encap_remote == 4500 && peer->put.keepalive_s == 20);
	peer = kernel_fake_peer(&p.b.f, "a");
	CHECK("the other's sends UDP to where the NAT is", peer->put.encap_local == 4500 &&
	      peer->put.encap_remote == 14500 && !peer->put.keepalive_s &&
	      peer->put.remote.bytes[0] == 198);
	CHECK("the log says it", pair_logged("behind a NAT"));
	daemon_rekey(&p.a.d, "ipsec0", "b", true);
	pair_run_for(&p, 5000);
	daemon_rekey(&p.b.d, "ipsec0", "a", false);
	pair_run_for(&p, 9000);
	CHECK("rekeyed, both", pair_settled(&p) && pair_sa(&p.b)->nat_remote);

	/* The NAT forgets, and gives another port: by a message ... */
	nat_base = 20000;
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	pair_run_for(&p, 9000);
	CHECK("B3.8 followed by an authentic message", pair_settled(&p) &&
	      kernel_fake_peer(&p.b.f, "a")->put.encap_remote == 24500);
	/* ... or by packets */
	nat_base = 30000;
	{
		struct kernel_event e = { .type = KERNEL_MAPPING, .ifname = "ipsec0",
					  .peer = "a", .proto = 50,
					  .spi = pair_child(&p.b)->spi_in };

		addr_parse(NAT, &e.from.addr);
		e.from.port = 34500;
		kernel_fake_event(&p.b.f, &e);
	}
	CHECK("B3.8 followed by the kernel's MAPPING",
	      kernel_fake_peer(&p.b.f, "a")->put.encap_remote == 34500);
	daemon_rekey(&p.b.d, "ipsec0", "a", false);
	pair_run_for(&p, 9000);
	CHECK("and the IKE SA with it", pair_settled(&p));
	pair_end(&p);
}

/* A message that came before, or is not authentic, moves nobody */
static void test_not_followed(void)
{
	struct blob old = { 0 }, copy = { 0 };

	start(nat_a, A_CONFIG, B_CONFIG);
	pair_run(&p);
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	blob_copy(&old, blob_view(&p.queue[0].bytes));
	blob_copy(&copy, blob_view(&p.queue[0].bytes));
	copy.p[copy.len - 1] ^= 1;
	pair_inject(&p.b, "203.0.113.9", 4500, blob_view(&copy));
	CHECK("E4.15 not authentic: not followed",
	      pair_counter(&p.b, IKE_COUNT_RX_ICV) == 1 &&
	      pair_sa(&p.b)->remote.port == 14500);
	pair_run_for(&p, 9000);
	pair_inject(&p.b, "203.0.113.9", 4500, blob_view(&old));
	CHECK("an old one from elsewhere: not followed", pair_sa(&p.b)->remote.port == 14500 &&
	      pair_settled(&p));
	blob_free(&old);
	blob_free(&copy);
	pair_end(&p);
}

static void test_b_behind(void)
{
	start(nat_b, "[interface]\nid = a.example\n[peer b]\nremote = 198.51.100.1\n"
	      "id = b.example\nstart = now\n" PSK, B_CONFIG "keepalive = 15s\n");
	pair_run(&p);
	CHECK("B3.7 the responder is behind a NAT", pair_settled(&p) &&
	      pair_sa(&p.a)->nat_remote && pair_sa(&p.b)->nat_local &&
	      kernel_fake_peer(&p.b.f, "a")->put.keepalive_s == 15 &&
	      kernel_fake_peer(&p.a.f, "b")->put.encap_remote == 4500);
	pair_end(&p);
}

static void test_none(void)
{
	start(NULL, A_CONFIG, B_CONFIG);
	pair_run(&p);
	CHECK("no NAT: no UDP, port 500", pair_settled(&p) && !pair_sa(&p.a)->nat &&
	      pair_sa(&p.a)->local.port == 500 &&
	      !kernel_fake_peer(&p.a.f, "b")->put.encap_local &&
	      !kernel_fake_peer(&p.b.f, "a")->put.encap_local);
	pair_end(&p);
	start(NULL, A_CONFIG "encap = yes\n", B_CONFIG);
	pair_run(&p);
	CHECK("encap = yes: UDP without a NAT", pair_settled(&p) && pair_sa(&p.a)->nat &&
	      kernel_fake_peer(&p.a.f, "b")->put.encap_local == 4500 &&
	      kernel_fake_peer(&p.b.f, "a")->put.encap_local == 4500);
	pair_end(&p);
	start(NULL, A_CONFIG, B_CONFIG "encap = yes\n");
	pair_run(&p);
	CHECK("encap = yes at the responder", pair_settled(&p) &&
	      kernel_fake_peer(&p.a.f, "b")->put.encap_local == 4500 &&
	      kernel_fake_peer(&p.b.f, "a")->put.encap_local == 4500);
	pair_end(&p);
	start(NULL, A_CONFIG "port = 4500\n", B_CONFIG);
	PASSED(&p, a, "IKE_SA_INIT request", "");
	pair_run(&p);
	CHECK("starting on 4500 without a NAT: ESP as it is", pair_settled(&p) &&
	      pair_sa(&p.b)->local.port == 4500 &&
	      !kernel_fake_peer(&p.b.f, "a")->put.encap_local);
	pair_end(&p);
}

static void test_transport(void)
{
	start(nat_a, A_CONFIG "mode = transport\n", B_CONFIG "mode = transport\n");
	pair_run(&p);
	CHECK("transport mode behind a NAT (RFC 7296 2.23.1)", pair_child(&p.a) &&
	      pair_child(&p.b) && pair_child(&p.b)->remote_ts.list[0].start.bytes[0] == 198);
	pair_end(&p);
}

int main(void)
{
	test_a_behind();
	test_not_followed();
	test_b_behind();
	test_none();
	test_transport();
	return check_status();
}
