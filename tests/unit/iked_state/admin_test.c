// SPDX-License-Identifier: MIT
/*
 * admin_test.c - what is around the exchanges: restarts, changed configurations, kernels
 * that refuse or lose events, address changes, status and keys for the operator.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "pair.h"

#define A_HEAD		"[interface]\nid = a.example\n"
#define A_PEER		"[peer b]\nremote = 192.0.2.2\nid = b.example\nstart = now\n" PSK
#define A_CONFIG	A_HEAD A_PEER
#define B_CONFIG	"[interface]\nid = b.example\n"				\
			"[peer a]\nremote = 192.0.2.1\nid = a.example\nstart = no\n" PSK
#define OTHER		"[peer c]\nremote = 192.0.2.77\nid = c.example\nstart = no\n" PSK

static struct pair p;

static void up(const char *a, const char *b)
{
	pair_up(&p, a, b);
}

/* Ends without a word; what the kernel has, stays */
static void crash(struct side *s)
{
	struct kernel_fake *f = malloc(sizeof(*f));
	struct daemon old;

	if (!f)
		return;
	*f = s->f;
	old = s->d;
	daemon_free(&s->d, false);
	s->f = *f;
	free(f);
	daemon_init(&s->d, &s->f.k, old.send, old.send_arg);
	timers_run(&s->d.timers, p.now_ms);
	s->f.k.arg = &s->d;
}

static void test_restart(void)
{
	uint32_t out;
	unsigned int i;

	up(A_CONFIG, B_CONFIG);
	out = kernel_fake_out(&p.a.f, "b")->state.spi;
	crash(&p.a);
	CHECK("what was there still is", kernel_fake_out(&p.a.f, "b")->state.spi == out);
	pair_config(&p.a, A_CONFIG);
	for (i = 0; p.n && kernel_fake_passes(&p.a.f, "b", &p.b.f); i++)
		pair_deliver(&p, &p.queue[0]);
	CHECK("after a restart the old SAs work until there are new ones", i == 4 &&
	      pair_passes(&p) && kernel_fake_out(&p.a.f, "b")->state.spi != out);
	pair_run_for(&p, 8000);
	CHECK("B6.9 then they are gone: no orphan", pair_settled(&p) &&
	      !p.a.f.key_again);
	pair_end(&p);

	/* Nobody calls: they go after a while, and the peer stays, so no clear text */
	up(A_CONFIG, B_CONFIG);
	crash(&p.b);
	p.nat = NULL;
	pair_config(&p.b, B_CONFIG);
	CHECK("the responder restarts: SAs are kept", pair_passes(&p));
	for (i = 0; i < 610; i++) {
		pair_sleep(&p, 100);
		while (p.n)
			pair_lose(&p, &p.queue[0]);
	}
	CHECK("a minute later they are gone, the peer is not",
	      !kernel_fake_count(&p.b.f, IFIPSEC_DIR_IN, false) &&
	      !kernel_fake_out(&p.b.f, "a") && kernel_fake_peer(&p.b.f, "a"));
	pair_run_for(&p, 300000);
	CHECK("and the initiator notices", pair_settled(&p));
	pair_end(&p);
}

static void test_reload(void)
{
	uint64_t spi;
	char text[1024];

	up(A_CONFIG, B_CONFIG);
	spi = pair_sa(&p.a)->spi_i;
	pair_config(&p.a, A_CONFIG OTHER);
	pair_run(&p);
	CHECK("a reload leaves an unchanged tunnel alone", pair_settled(&p) &&
	      pair_sa(&p.a)->spi_i == spi && kernel_fake_peer(&p.a.f, "c"));
	pair_config(&p.a, A_CONFIG);
	CHECK("a peer that is not configured any more leaves the kernel",
	      !kernel_fake_peer(&p.a.f, "c") && pair_settled(&p));
	CHECK("a wrong file changes nothing",
	      !pair_config(&p.a, "[interface]\nid = a.example\ncert = /nowhere/x.pem\n"
			   "key = /nowhere/x.key\n" A_PEER) &&
	      pair_settled(&p) && pair_sa(&p.a)->spi_i == spi);
	snprintf(text, sizeof(text), "%srekey = 1000s\n", A_CONFIG);
	pair_config(&p.a, text);
	PASSED(&p, a, "INFORMATIONAL request 2", "D");
	pair_run_for(&p, 3000);
	CHECK("a changed one starts again", pair_settled(&p) && pair_sa(&p.a)->spi_i != spi);
	daemon_del(&p.a.d, "ipsec0");
	pair_run(&p);
	CHECK("an interface without configuration has nothing", !pair_sas(&p.b) &&
	      !kernel_fake_peer(&p.a.f, "b") && daemon_del(&p.a.d, "ipsec0") == -ENOENT);
	pair_end(&p);
}

static void test_down(void)
{
	struct kernel_event e = { .type = KERNEL_ACQUIRE, .ifname = "ipsec0", .peer = "b" };
	unsigned int sent;

	up(A_CONFIG, B_CONFIG);
	daemon_down(&p.a.d, "ipsec0", "b");
	pair_run_for(&p, 1000);
	sent = p.a.sent;
	pair_config(&p.a, A_CONFIG OTHER);
	pair_run_for(&p, 300000);
	kernel_fake_event(&p.a.f, &e);
	pair_run_for(&p, 1000);
	CHECK("closed by the operator: neither a packet nor a reload calls the peer",
	      p.a.sent == sent && !pair_sas(&p.a));
	daemon_up(&p.b.d, "ipsec0", "a");
	pair_run_for(&p, 4000);
	CHECK("it may call us", pair_settled(&p));
	daemon_down(&p.a.d, "ipsec0", "b");
	pair_run_for(&p, 1000);
	daemon_up(&p.a.d, "ipsec0", "b");
	pair_run_for(&p, 4000);
	CHECK("and is called when the operator wants it", pair_settled(&p));
	daemon_down(&p.a.d, "ipsec0", "b");
	pair_run_for(&p, 1000);
	daemon_del(&p.a.d, "ipsec0");
	pair_config(&p.a, A_CONFIG);
	pair_run_for(&p, 4000);
	CHECK("or when its interface was down and is up", pair_settled(&p));
	pair_end(&p);
}

static void test_dev_del(void)
{
	struct kernel_event e = { .type = KERNEL_DEV_DEL, .ifname = "ipsec0" };

	up(A_CONFIG, B_CONFIG);
	kernel_fake_event(&p.a.f, &e);
	PASSED(&p, a, "INFORMATIONAL request 2", "D");
	pair_run(&p);
	CHECK("the interface is deleted: the peer is told", !pair_sas(&p.b) && !p.a.d.ifaces);
	pair_end(&p);
}

static void test_overrun(void)
{
	struct kernel_event e = { .type = KERNEL_OVERRUN };
	unsigned int i;

	up(A_CONFIG, B_CONFIG);
	kernel_fake_event(&p.a.f, &e);
	CHECK("an overrun, and all is as it should be: nothing", !p.n && pair_settled(&p));
	/* Somebody removed the outbound SA, and an unknown one is there */
	for (i = 0; i < FAKE_SAS; i++)
		if (p.a.f.sas[i].used && p.a.f.sas[i].state.dir == IFIPSEC_DIR_OUT)
			p.a.f.sas[i].used = false;
	kernel_fake_add(&p.a.f, "ipsec0", "b", IFIPSEC_DIR_IN, 0x77777777);
	kernel_fake_event(&p.a.f, &e);
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "N(REKEY_SA)");
	pair_run_for(&p, 9000);
	CHECK("an overrun resynchronises", pair_settled(&p));
	pair_end(&p);
}

static void test_kernel_refuses(void)
{
	pair_start(&p, A_CONFIG, B_CONFIG);
	p.a.f.fail_out = 1;
	pair_run(&p);
	CHECK("E4.39 the second direction fails: both are undone, the peer is told",
	      pair_logged("refuses the outbound SA") &&
	      pair_counter(&p.a, IKE_COUNT_FAIL_KERNEL) == 1);
	pair_run_for(&p, 70000);
	CHECK("E4.39 and it is tried again", pair_settled(&p));
	pair_end(&p);

	pair_start(&p, A_CONFIG, B_CONFIG);
	p.a.f.fail_in = 1;
	pair_run(&p);
	CHECK("E4.39 the first direction fails at the initiator", !pair_child(&p.b) &&
	      pair_sa(&p.b) && !kernel_fake_count(&p.a.f, IFIPSEC_DIR_IN, true));
	pair_run_for(&p, 30000);
	CHECK("tried again", pair_settled(&p));
	pair_end(&p);

	pair_start(&p, A_CONFIG, B_CONFIG);
	p.b.f.fail_in = 1;
	pair_run(&p);
	CHECK("at the responder", !pair_child(&p.a) && pair_sa(&p.a) &&
	      !kernel_fake_count(&p.b.f, IFIPSEC_DIR_IN, true));
	pair_run_for(&p, 30000);
	CHECK("tried again", pair_settled(&p));
	pair_end(&p);

	pair_start(&p, A_CONFIG, B_CONFIG);
	p.b.f.fail_out = 1;
	pair_run(&p);
	pair_run_for(&p, 70000);
	CHECK("E4.39 the second direction at the responder", pair_settled(&p) &&
	      pair_counter(&p.b, IKE_COUNT_FAIL_KERNEL) == 1);
	pair_end(&p);

	/* During a rekey the old pair goes on */
	up(A_CONFIG, B_CONFIG);
	p.a.f.fail_in = 1;
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	pair_run(&p);
	CHECK("E4.39 in a rekey: the old pair stays", pair_passes(&p));
	pair_run_for(&p, 100000);
	CHECK("and is rekeyed later", pair_settled(&p));
	pair_end(&p);

	pair_start(&p, A_CONFIG, B_CONFIG);
	p.a.f.fail_spi = 1;
	pair_run(&p);
	pair_run_for(&p, 40000);
	CHECK("no SPI: tried again", pair_settled(&p));
	pair_end(&p);

	pair_start(&p, NULL, B_CONFIG);
	p.a.f.fail_peer_put = 1;
	pair_config(&p.a, A_CONFIG);
	pair_run_for(&p, 10000);
	CHECK("no peer: tried again", pair_settled(&p));
	pair_end(&p);
}

static int no_random(void *buf, size_t len)
{
	(void)buf;
	(void)len;
	return -EIO;
}

static void test_no_randomness(void)
{
	uint64_t sent;

	up(A_CONFIG, B_CONFIG);
	sent = p.a.sent;
	random_override(no_random);
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	daemon_rekey(&p.a.d, "ipsec0", "b", true);
	CHECK("E4.41 without randomness nothing is sent, and all stays",
	      p.a.sent == sent && pair_settled(&p));
	daemon_down(&p.a.d, "ipsec0", "b");
	pair_run(&p);
	daemon_up(&p.a.d, "ipsec0", "b");
	CHECK("E4.41 no IKE SA either", !pair_count_sas(&p.a, IKE_INIT_SENT));
	pair_end(&p);
	random_override(NULL);
}

static void test_address(void)
{
	up(A_CONFIG, B_CONFIG);
	addr_parse("192.0.2.99", &p.a.f.source);
	p.a.addr = "192.0.2.99";
	daemon_addresses_changed(&p.a.d);
	PASSED(&p, a, "INFORMATIONAL request 2", "!D");
	while (p.n)
		pair_lose(&p, &p.queue[0]);
	for (unsigned int i = 0; i < 300 && pair_sa(&p.a); i++) {
		pair_sleep(&p, 100);
		while (p.n && pair_sa(&p.a))
			pair_lose(&p, &p.queue[0]);
	}
	CHECK("our address is gone: soon from the new one", !pair_sa(&p.a) &&
	      pair_logged("address is gone"));
	pair_end(&p);
}

struct shown {
	unsigned int sas, children, keys, sa_keys;
	char state[32], peer[32], id[IDENTITY_TEXT_MAX];
	uint64_t rekey_in, packets;
	bool sends;
};

static void see_sa(const struct ike_sa_info *sa, void *arg)
{
	struct shown *s = arg;

	s->sas++;
	snprintf(s->state, sizeof(s->state), "%s", sa->state);
	snprintf(s->peer, sizeof(s->peer), "%s", sa->peer);
	identity_text(sa->remote_id, s->id);
	s->rekey_in = sa->rekey_in_s;
}

static void see_child(const struct child_sa_info *child, void *arg)
{
	struct shown *s = arg;

	s->children++;
	s->packets += child->in_packets;
	s->sends = child->sends;
}

static void see_keys(uint64_t spi_i, uint64_t spi_r, const struct ike_keys *keys, void *arg)
{
	struct shown *s = arg;

	s->keys += spi_i && spi_r && keys->e_len;
}

static void see_sa_key(const struct endpoint *from, const struct endpoint *to,
		       uint8_t proto, uint32_t spi, const struct chosen *chosen,
		       struct bytes key, struct bytes auth_key, void *arg)
{
	const struct fake_sa *out = kernel_fake_out(&p.a.f, "b");
	struct shown *s = arg;

	(void)from;
	(void)to;
	(void)auth_key;
	if (spi == out->state.spi && proto == 50 && chosen->encr == out->encr &&
	    bytes_equal(key, bytes_of(out->key, out->key_len)))
		s->sa_keys++;
}

static void test_status(void)
{
	struct shown shown = { 0 };
	struct status_visitor visitor = { see_sa, see_child, &shown };
	struct export_visitor export = { see_keys, see_sa_key, &shown };

	up(A_CONFIG, B_CONFIG);
	for (unsigned int i = 0; i < FAKE_SAS; i++)
		if (p.a.f.sas[i].used && p.a.f.sas[i].state.dir == IFIPSEC_DIR_IN)
			p.a.f.sas[i].state.packets = 42;
	daemon_each_sa(&p.a.d, &visitor);
	check(shown.sas == 1 && shown.children == 1 && shown.packets == 42 && shown.sends &&
	      !strcmp(shown.state, "up") && !strcmp(shown.peer, "b") &&
	      !strcmp(shown.id, "b.example") && shown.rekey_in > 12000 &&
	      shown.rekey_in < 14400, "status shows what there is", "%u %u %s %s %s",
	      shown.sas, shown.children, shown.state, shown.peer, shown.id);
	daemon_export_keys(&p.a.d, &export);
	CHECK("keys, for who asks for them", shown.keys == 1 && shown.sa_keys == 1);
	pair_end(&p);
}

int main(void)
{
	test_restart();
	test_reload();
	test_down();
	test_dev_del();
	test_overrun();
	test_kernel_refuses();
	test_address();
	test_status();
	test_no_randomness();
	return check_status();
}
