// SPDX-License-Identifier: MIT
/*
 * hostile_test.c - what a hostile network or peer sends (conformance.md E4): the counter
 * that moves, the answer, and that nothing else changes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../../tools/iked/cookie.h"
#include "pair.h"

#define A_CONFIG	"[interface]\nid = a.example\n"				\
			"[peer b]\nremote = 192.0.2.2\nid = b.example\nstart = now\n" PSK
#define B_CONFIG	"[interface]\nid = b.example\n"				\
			"[peer a]\nremote = %any\nid = a.example\n" PSK
#define ATTACKER	"203.0.113.66"

static struct pair p;
static const struct bytes none;

static void up(void)
{
	pair_up(&p, A_CONFIG, B_CONFIG);
}

/* Exactly this counter moves by one (and "received"), nothing is sent */
static struct ike_counters before;
static unsigned int sent_before;

static void watch(struct side *s)
{
	before = s->d.counters;
	sent_before = s->sent;
}

static void moved(struct side *s, const char *name, int counter, unsigned int answers)
{
	unsigned int i;

	for (i = 0; i < IKE_COUNTERS_N; i++) {
		uint64_t want = before.n[i] + (i == IKE_COUNT_RX || (int)i == counter);

		if (i == IKE_COUNT_TX)
			continue;
		if (s->d.counters.n[i] != want) {
			check(false, name, "%s moved by %lld", ike_counter_name(i),
			      (long long)(s->d.counters.n[i] - before.n[i]));
			return;
		}
	}
	check(s->sent - sent_before == answers, name, "%u datagrams sent, not %u",
	      s->sent - sent_before, answers);
}

static void hit(const char *name, int counter, unsigned int answers, struct bytes message)
{
	watch(&p.b);
	pair_inject(&p.b, ATTACKER, 500, message);
	moved(&p.b, name, counter, answers);
}

/* An IKE_SA_INIT request, with parts of it wrong */
struct init {
	uint64_t spi_i;
	struct bytes ke, nonce, cookie;
	uint16_t group;
	uint8_t version;
	bool odd_natd, cookie_last;
};

static uint8_t buf[IKE_MESSAGE_MAX];

static struct bytes init_message(const struct init *i)
{
	struct ike_header header = { .spi_i = i->spi_i ? i->spi_i : 7,
				     .version = i->version ? i->version : IKE_VERSION,
				     .exchange = IKE_EXCHANGE_IKE_SA_INIT,
				     .flags = IKE_FLAG_INITIATOR };
	static uint8_t fine[32] = { 1, 2, 3 }, key[32] = { 9 };
	struct proposals sa;
	struct outgoing out;
	struct ike_builder *b = outgoing_begin(&out);
	struct writer w = writer_of(buf, sizeof(buf));
	struct bytes chain;
	unsigned int n;

	proposals_default(IKE_PROTO_IKE, &sa);
	if (i->cookie.p && !i->cookie_last)
		ike_build_notify(b, 0, none, IKE_N_COOKIE, i->cookie);
	ike_build_sa(b, &sa);
	ike_build_ke(b, i->group ? i->group : IKE_GROUP_X25519, i->ke.p ? i->ke : BYTES(key));
	ike_build_nonce(b, i->nonce.p ? i->nonce : BYTES(fine));
	if (i->cookie.p && i->cookie_last)
		ike_build_notify(b, 0, none, IKE_N_COOKIE, i->cookie);
	for (n = 0; i->odd_natd && n < 20; n++)
		ike_build_notify(b, 0, none, IKE_N_NAT_DETECTION_SOURCE_IP,
				 bytes_of(fine, n));
	ike_build_end(b, &chain);
	ike_message_write(&header, b->first, chain, &w);
	return writer_view(&w);
}

/* The next request of a's IKE SA, with what @out holds */
static struct bytes next_request(uint8_t exchange, struct outgoing *out)
{
	struct ike_sa *sa = pair_sa(&p.a);
	struct bytes chain = none;

	ike_build_end(&out->b, &chain);
	return pair_sealed(sa, exchange, false, sa->window.send_id++, out->b.first, chain);
}

static const char *answer(void)
{
	static char text[IKE_SUMMARY_MAX];
	struct packet *packet = pair_next(&p, &p.a);

	snprintf(text, sizeof(text), "%s", packet ? pair_summary(packet) : "nothing");
	while (p.n)
		pair_lose(&p, &p.queue[0]);
	return text;
}

static void answered(const char *name, const char *want)
{
	const char *got = answer();

	check(want ? !!strstr(got, want) : !strcmp(got, "nothing"), name, "is %s", got);
}

static void put16(uint8_t *at, unsigned int v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void test_header(void)
{
	struct init fine = { 0 };
	uint8_t copy[2048];
	struct bytes m;
	size_t len;

	pair_start(&p, NULL, B_CONFIG);
	m = init_message(&fine);
	len = m.len;
	memcpy(copy, m.p, len);
	hit("E4.1 empty", IKE_COUNT_RX_MALFORMED, 0, bytes_of(copy, 0));
	hit("E4.1 27 bytes", IKE_COUNT_RX_MALFORMED, 0, bytes_of(copy, 27));
	hit("E4.1 shorter than its length", IKE_COUNT_RX_MALFORMED, 0, bytes_of(copy, len - 1));
	hit("E4.1 longer than its length", IKE_COUNT_RX_MALFORMED, 0, bytes_of(copy, len + 1));
	copy[27] = 28;
	copy[26] = copy[25] = 0;
	hit("E4.1 a header that promises payloads", IKE_COUNT_RX_MALFORMED, 0,
	    bytes_of(copy, 28));
	memcpy(copy, m.p, len);
	copy[17] = 0x10;
	hit("E4.2 version 1", IKE_COUNT_RX_VERSION, 0, bytes_of(copy, len));
	copy[17] = 0x30;
	hit("E4.2 version 3: told which we speak", IKE_COUNT_RX_VERSION, 1, bytes_of(copy, len));
	answered("E4.2 INVALID_MAJOR_VERSION", "N(INVALID_MAJOR_VERSION)");
	copy[19] |= IKE_FLAG_RESPONSE;
	hit("E4.2 version 3, an answer", IKE_COUNT_RX_VERSION, 0, bytes_of(copy, len));
	memcpy(copy, m.p, len);
	memset(copy, 0, 8);
	hit("E4.3 no SPI", IKE_COUNT_RX_UNEXPECTED, 0, bytes_of(copy, len));
	memcpy(copy, m.p, len);
	copy[15] = 1;
	hit("E4.3 a responder's SPI in a first request", IKE_COUNT_RX_UNEXPECTED, 0,
	    bytes_of(copy, len));
	memcpy(copy, m.p, len);
	copy[23] = 1;
	hit("B2.3 a first request with message ID 1", IKE_COUNT_RX_UNEXPECTED, 0,
	    bytes_of(copy, len));
	memcpy(copy, m.p, len);
	copy[18] = 35;
	hit("E4.14 IKE_AUTH before IKE_SA_INIT", IKE_COUNT_RX_UNKNOWN_SPI, 0,
	    bytes_of(copy, len));
	copy[18] = 99;
	hit("E4.14 exchange 99", IKE_COUNT_RX_UNKNOWN_SPI, 0, bytes_of(copy, len));
	memcpy(copy, m.p, len);
	put16(copy + 30, 0);
	hit("E4.4 payload of length 0", IKE_COUNT_RX_MALFORMED, 0, bytes_of(copy, len));
	put16(copy + 30, 60000);
	hit("E4.4 payload past the end", IKE_COUNT_RX_MALFORMED, 0, bytes_of(copy, len));
	CHECK("none of it is remembered", !p.b.d.n_sas);
	pair_end(&p);
}

static void test_init(void)
{
	static const uint8_t zero[32], odd[256], nonce[257];
	struct init i;
	uint8_t copy[2048];
	struct bytes m;

	pair_start(&p, NULL, B_CONFIG);
	i = (struct init){ .ke = BYTES(zero) };
	watch(&p.b);
	pair_inject(&p.b, ATTACKER, 500, init_message(&i));
	moved(&p.b, "E4.8 X25519 of zeros", IKE_COUNT_FAIL_KE, 1);
	answered("E4.8 INVALID_SYNTAX", "N(INVALID_SYNTAX)");
	i = (struct init){ .ke = bytes_of(odd, 31) };
	hit("E4.8 a public value of another length", IKE_COUNT_FAIL_KE, 1, init_message(&i));
	answered("E4.8 INVALID_SYNTAX", "N(INVALID_SYNTAX)");
	i = (struct init){ .group = IKE_GROUP_ECP_256, .ke = bytes_of(odd, 64) };
	pair_inject(&p.b, ATTACKER, 500, init_message(&i));
	answered("B3.3 another group", "N(INVALID_KE_PAYLOAD)");
	i = (struct init){ .nonce = bytes_of(nonce, 15) };
	hit("E4.12 nonce of 15 bytes", IKE_COUNT_RX_MALFORMED, 0, init_message(&i));
	i = (struct init){ .nonce = bytes_of(nonce, 257) };
	hit("E4.12 nonce of 257 bytes", IKE_COUNT_RX_MALFORMED, 0, init_message(&i));
	m = init_message(&(struct init){ 0 });
	memcpy(copy, m.p, m.len);
	copy[16] = 199;
	copy[29] = 0x80;
	hit("E4.5 an unknown payload that is critical", -1, 1, bytes_of(copy, m.len));
	answered("E4.5 UNSUPPORTED_CRITICAL_PAYLOAD", "N(UNSUPPORTED_CRITICAL_PAYLOAD)");
	memcpy(copy, m.p, m.len);
	copy[29] = 0x80;
	CHECK("nothing is remembered", !p.b.d.n_sas);
	hit("E4.5 a known one with the critical bit is fine", -1, 1, bytes_of(copy, m.len));
	answered("E4.5 answered", "SA KE Nonce");
	hit("B6.2 the same again: the same answer", IKE_COUNT_RX_REPEATED, 1,
	    bytes_of(copy, m.len));
	answered("B6.2 answered", "SA KE Nonce");
	i = (struct init){ .nonce = bytes_of(odd, 40) };
	hit("the same SPI, another request: one of them is forged", -1, 1, init_message(&i));
	CHECK("both are half-open", p.b.d.n_half_open == 2);
	i = (struct init){ .spi_i = 99, .odd_natd = true };
	hit("E4.30 NAT detection of odd lengths is no NAT detection", -1, 1, init_message(&i));
	CHECK("E4.30 no NAT", p.b.d.n_half_open == 3 && !p.b.d.half_open->nat_remote);
	pair_run_for(&p, HALF_OPEN_MS + 1000);
	CHECK("half-open for 30 seconds, no longer", !p.b.d.n_sas && !p.b.d.n_half_open);
	pair_end(&p);
}

static void test_cookies(void)
{
	static const uint8_t long_one[1000];
	uint8_t cookie[COOKIE_LEN], fine[32] = { 1, 2, 3 };
	struct init i = { .spi_i = 5 };
	struct addr from, other;

	pair_start(&p, NULL, B_CONFIG);
	p.b.d.always_cookie = true;
	addr_parse(ATTACKER, &from);
	addr_parse("203.0.113.67", &other);
	i.cookie = bytes_of(long_one, 0);
	pair_inject(&p.b, ATTACKER, 500, init_message(&i));
	answered("E4.10 no bytes: a fresh one", "N(COOKIE)");
	i.cookie = bytes_of(long_one, 65);
	pair_inject(&p.b, ATTACKER, 500, init_message(&i));
	answered("E4.10 65 bytes: a fresh one", "N(COOKIE)");
	i.cookie = bytes_of(long_one, 1000);
	pair_inject(&p.b, ATTACKER, 500, init_message(&i));
	answered("E4.10 1000 bytes: a fresh one", "N(COOKIE)");
	cookie_make(&p.b.d, &other, 5, BYTES(fine), cookie);
	i.cookie = BYTES(cookie);
	pair_inject(&p.b, ATTACKER, 500, init_message(&i));
	answered("E4.10 of another address: a fresh one", "N(COOKIE)");
	CHECK("B3.5 counted", pair_counter(&p.b, IKE_COUNT_COOKIE_BAD) == 4 &&
	      pair_counter(&p.b, IKE_COUNT_COOKIE_SENT) == 4);
	cookie_make(&p.b.d, &from, 5, BYTES(fine), cookie);
	i.cookie_last = true;
	pair_inject(&p.b, ATTACKER, 500, init_message(&i));
	answered("E4.10 not the first payload: a fresh one", "N(COOKIE)");
	i.cookie_last = false;
	pair_sleep(&p, COOKIE_NEW_MS);
	pair_sleep(&p, COOKIE_NEW_MS);
	pair_inject(&p.b, ATTACKER, 500, init_message(&i));
	answered("E4.10 stale: a fresh one", "N(COOKIE)");
	CHECK("nothing is remembered", !p.b.d.n_sas);
	cookie_make(&p.b.d, &from, 5, BYTES(fine), cookie);
	pair_sleep(&p, COOKIE_NEW_MS);
	pair_inject(&p.b, ATTACKER, 500, init_message(&i));
	answered("B3.5 of the secret before: good", "SA KE Nonce");
	pair_end(&p);
}

static void test_flood(void)
{
	struct init i = { 0 };
	char from[32];
	unsigned int n;

	pair_start(&p, NULL, B_CONFIG);
	for (n = 0; n < 20000; n++) {
		i.spi_i = n + 1;
		snprintf(from, sizeof(from), "10.%u.%u.%u", n >> 16, n >> 8 & 255, n & 255);
		pair_inject(&p.b, from, 500, init_message(&i));
		while (p.n)
			pair_lose(&p, &p.queue[0]);
	}
	check(p.b.d.n_sas == HALF_OPEN_COOKIE && pair_counter(&p.b, IKE_COUNT_COOKIE_SENT) ==
	      20000 - HALF_OPEN_COOKIE, "E4.11 a flood costs no more than the threshold", "%u",
	      p.b.d.n_sas);
	/* A real one gets through */
	pair_config(&p.a, A_CONFIG);
	PASSED(&p, a, "IKE_SA_INIT request", "");
	PASSED(&p, b, "IKE_SA_INIT response", "N(COOKIE)");
	pair_run(&p);
	CHECK("E4.11 who receives where he sends from gets through", pair_child(&p.a));
	pair_end(&p);

	pair_start(&p, NULL, B_CONFIG);
	for (n = 0; n < HALF_OPEN_PER_ADDR + 1; n++) {
		i.spi_i = n + 1;
		pair_inject(&p.b, ATTACKER, 500, init_message(&i));
	}
	CHECK("E4.11 fewer from one address", p.b.d.n_half_open == HALF_OPEN_PER_ADDR &&
	      pair_counter(&p.b, IKE_COUNT_COOKIE_SENT) == 1);
	pair_end(&p);
}

/* What a's IKE_SA_INIT is answered with by somebody */
static void forged_answer(const char *name, void (*build)(struct ike_builder *b), bool dies)
{
	struct ike_header header = { .version = IKE_VERSION, .spi_r = 77,
				     .exchange = IKE_EXCHANGE_IKE_SA_INIT,
				     .flags = IKE_FLAG_RESPONSE };
	struct writer w = writer_of(buf, sizeof(buf));
	struct outgoing out;
	struct bytes chain;

	pair_start(&p, A_CONFIG, B_CONFIG);
	header.spi_i = p.a.d.sas->spi_i;
	build(outgoing_begin(&out));
	ike_build_end(&out.b, &chain);
	ike_message_write(&header, out.b.first, chain, &w);
	pair_inject(&p.a, B_ADDR, 500, writer_view(&w));
	CHECK(name, pair_count_sas(&p.a, IKE_INIT_SENT) == !dies);
	pair_run_for(&p, 4000);
	CHECK("the real one is believed", pair_child(&p.a));
	pair_end(&p);
}

static void build_kes(struct ike_builder *b, uint16_t group, size_t len)
{
	uint8_t data[4] = { (uint8_t)(group >> 8), (uint8_t)group };

	ike_build_notify(b, 0, none, IKE_N_INVALID_KE_PAYLOAD, bytes_of(data, len));
}

static void not_offered(struct ike_builder *b)
{
	build_kes(b, 2, 2);
}

static void ke_of_3(struct ike_builder *b)
{
	build_kes(b, IKE_GROUP_ECP_256, 3);
}

static void no_proposal(struct ike_builder *b)
{
	build_status(b, IKE_N_NO_PROPOSAL_CHOSEN);
}

static void cookie_of_65(struct ike_builder *b)
{
	static const uint8_t data[65];

	ike_build_notify(b, 0, none, IKE_N_COOKIE, BYTES(data));
}

static void short_nonce(struct ike_builder *b)
{
	static const uint8_t data[65];
	struct proposals sa;

	proposals_default(IKE_PROTO_IKE, &sa);
	ike_build_sa(b, &sa);
	ike_build_ke(b, IKE_GROUP_X25519, bytes_of(data, 32));
	ike_build_nonce(b, bytes_of(data, 15));
}

static void many_proposals(struct ike_builder *b)
{
	static const uint8_t data[65];
	struct proposals sa;

	proposals_default(IKE_PROTO_IKE, &sa);
	ike_build_sa(b, &sa);
	ike_build_ke(b, IKE_GROUP_X25519, bytes_of(data, 32));
	ike_build_nonce(b, bytes_of(data, 32));
}

static void test_answers(void)
{
	forged_answer("E4.9 a group that was not offered is ignored", not_offered, false);
	forged_answer("E4.9 a group of 3 bytes is ignored", ke_of_3, false);
	forged_answer("E4.33 an error is a hint", no_proposal, false);
	forged_answer("E4.10 a cookie of 65 bytes is ignored", cookie_of_65, false);
	forged_answer("E4.12 an answer with a short nonce is ignored", short_nonce, false);
	forged_answer("E4.7 an answer that chooses everything ends the try", many_proposals, true);
}

/* The other groups, again and again */
static void test_ke_loop(void)
{
	static const uint16_t groups[] = { IKE_GROUP_ECP_256, IKE_GROUP_X25519 };
	struct ike_header header = { .version = IKE_VERSION,
				     .exchange = IKE_EXCHANGE_IKE_SA_INIT,
				     .flags = IKE_FLAG_RESPONSE };
	struct outgoing out;
	struct bytes chain;
	unsigned int i;

	pair_start(&p, A_CONFIG, NULL);
	header.spi_i = p.a.d.sas->spi_i;
	for (i = 0; i < 100; i++) {
		struct writer w = writer_of(buf, sizeof(buf));

		build_kes(outgoing_begin(&out), groups[i % 2], 2);
		ike_build_end(&out.b, &chain);
		ike_message_write(&header, out.b.first, chain, &w);
		pair_inject(&p.a, B_ADDR, 500, writer_view(&w));
	}
	check(p.a.sent == 1 + KE_TRIES, "E4.9 not for ever", "%u sent", p.a.sent);
	pair_end(&p);
}

static void test_half_open(void)
{
	struct outgoing out;
	struct ike_sa *a, *b;
	struct bytes chain = none;
	uint8_t copy[4096];
	size_t len;

	pair_start(&p, A_CONFIG, B_CONFIG);
	PASSED(&p, a, "IKE_SA_INIT request", "");
	PASSED(&p, b, "IKE_SA_INIT response", "");
	a = p.a.d.sas;
	b = p.b.d.sas;
	hit("E4.14 CREATE_CHILD_SA before IKE_AUTH", IKE_COUNT_RX_UNEXPECTED, 0,
	    pair_sealed(a, IKE_EXCHANGE_CREATE_CHILD_SA, false, 1, 0, none));
	hit("E4.14 INFORMATIONAL before IKE_AUTH", IKE_COUNT_RX_UNEXPECTED, 0,
	    pair_sealed(a, IKE_EXCHANGE_INFORMATIONAL, false, 1, 0, none));
	hit("E4.14 exchange 43, not negotiated", IKE_COUNT_RX_UNEXPECTED, 0,
	    pair_sealed(a, 43, false, 1, 0, none));
	hit("E4.17 message ID 2 where 1 is due", IKE_COUNT_RX_UNEXPECTED, 0,
	    pair_sealed(a, IKE_EXCHANGE_IKE_AUTH, false, 2, 0, none));
	hit("E4.17 message ID 0xffffffff", IKE_COUNT_RX_UNEXPECTED, 0,
	    pair_sealed(a, IKE_EXCHANGE_IKE_AUTH, false, 0xffffffff, 0, none));
	len = p.queue[0].bytes.len;
	memcpy(copy, p.queue[0].bytes.p, len);
	copy[len - 1] ^= 1;
	hit("E4.15 forged IKE_AUTH while the real one is on its way", IKE_COUNT_RX_ICV, 0,
	    bytes_of(copy, len));
	memcpy(copy, p.queue[0].bytes.p, len);
	put16(copy + 30, 8);
	copy[27] = 36;
	copy[26] = 0;
	watch(&p.b);
	pair_inject(&p.b, ATTACKER, 500, bytes_of(copy, 36));
	CHECK("E4.13 shorter than IV and ICV", p.b.sent == sent_before && p.b.d.n_sas == 1);
	CHECK("half-open still", b->state == IKE_HALF_OPEN);
	pair_run(&p);
	CHECK("E4.15 the real one gets through", pair_child(&p.b));
	(void)out;
	(void)chain;
	pair_end(&p);
}

/* IKE_AUTH with an identity or AUTH that cannot be: one answer, and it is over */
static void bad_auth(const char *name, uint8_t type, const char *id, size_t id_len,
		     uint8_t method, size_t auth_len)
{
	uint8_t body[64] = { type }, auth[64] = { 0 };
	struct outgoing out;
	struct ike_builder *b = outgoing_begin(&out);
	struct bytes chain;

	memcpy(body + 4, id, id_len);
	pair_start(&p, A_CONFIG, B_CONFIG);
	PASSED(&p, a, "IKE_SA_INIT request", "");
	PASSED(&p, b, "IKE_SA_INIT response", "");
	ike_build_id(b, IKE_PAYLOAD_ID_I, bytes_of(body, 4 + id_len));
	ike_build_auth(b, method, bytes_of(auth, auth_len));
	ike_build_end(b, &chain);
	pair_inject(&p.b, A_ADDR, 500, pair_sealed(p.a.d.sas, IKE_EXCHANGE_IKE_AUTH, false, 1,
					      b->first, chain));
	check(!pair_sas(&p.b) && pair_counter(&p.b, IKE_COUNT_FAIL_AUTH) +
	      pair_counter(&p.b, IKE_COUNT_RX_SYNTAX) == 1 && p.b.sent == 2 &&
	      !kernel_fake_peer(&p.b.f, "a"), name, "%u IKE SAs, %u sent", pair_sas(&p.b),
	      p.b.sent);
	pair_end(&p);
}

static void test_bad_auth(void)
{
	bad_auth("E4.20 identity of type 0", 0, "a.example", 9, IKE_AUTH_PSK, 32);
	bad_auth("E4.20 identity of type 255", 255, "a.example", 9, IKE_AUTH_PSK, 32);
	bad_auth("E4.20 empty identity", IKE_ID_FQDN, "", 0, IKE_AUTH_PSK, 32);
	bad_auth("E4.20 IPv4 address of 3 bytes", IKE_ID_IPV4, "\300\0\2", 3, IKE_AUTH_PSK, 32);
	bad_auth("E4.20 name with a NUL", IKE_ID_FQDN, "a.example\0x", 11, IKE_AUTH_PSK, 32);
	bad_auth("E4.20 a name that is no DN", IKE_ID_DN, "a.example", 9, IKE_AUTH_PSK, 32);
	bad_auth("E4.18 AUTH of zeros", IKE_ID_FQDN, "a.example", 9, IKE_AUTH_PSK, 32);
	bad_auth("E4.18 AUTH of another length", IKE_ID_FQDN, "a.example", 9, IKE_AUTH_PSK, 31);
	bad_auth("E4.18 AUTH of no length", IKE_ID_FQDN, "a.example", 9, IKE_AUTH_PSK, 0);
	bad_auth("E4.18 a method that is not wanted", IKE_ID_FQDN, "a.example", 9,
		 IKE_AUTH_SIGNATURE, 32);
	bad_auth("E4.18 method 0", IKE_ID_FQDN, "a.example", 9, 0, 32);
}

static void test_established(void)
{
	struct outgoing out;
	struct ike_sa *a, *b;
	uint8_t copy[512];
	struct bytes m;

	up();
	a = pair_sa(&p.a);
	b = pair_sa(&p.b);
	hit("E4.14 a second IKE_AUTH", IKE_COUNT_RX_UNEXPECTED, 0,
	    pair_sealed(a, IKE_EXCHANGE_IKE_AUTH, false, 2, 0, none));
	hit("E4.14 exchange 38", IKE_COUNT_RX_UNEXPECTED, 0, pair_sealed(a, 38, false, 2, 0, none));
	hit("E4.16 an answer to nothing", IKE_COUNT_RX_UNEXPECTED, 0,
	    pair_sealed(a, IKE_EXCHANGE_INFORMATIONAL, true, 0, 0, none));
	hit("E4.16 its own message back", IKE_COUNT_RX_UNKNOWN_SPI, 0,
	    pair_sealed(b, IKE_EXCHANGE_INFORMATIONAL, false, 0, 0, none));
	m = pair_sealed(a, IKE_EXCHANGE_INFORMATIONAL, false, 2, 0, none);
	memcpy(copy, m.p, m.len);
	copy[0] ^= 1;
	hit("B2.2 another SPI of the peer", IKE_COUNT_RX_UNEXPECTED, 0, bytes_of(copy, m.len));
	copy[0] ^= 1;
	copy[m.len - 1] ^= 1;
	hit("E4.13 wrong ICV", IKE_COUNT_RX_ICV, 0, bytes_of(copy, m.len));

	/* An unprotected error: at most a question, not too often (E4.33) */
	{
		struct ike_header header = {
			.spi_i = a->spi_i, .spi_r = a->spi_r, .version = IKE_VERSION,
			.exchange = IKE_EXCHANGE_INFORMATIONAL, .id = 5,
			.flags = IKE_FLAG_INITIATOR | IKE_FLAG_RESPONSE,
		};
		unsigned int i;

		for (i = 0; i < 10; i++) {
			struct writer w = writer_of(buf, sizeof(buf));
			struct bytes chain;

			build_status(outgoing_begin(&out), IKE_N_INVALID_IKE_SPI);
			ike_build_end(&out.b, &chain);
			ike_message_write(&header, out.b.first, chain, &w);
			watch(&p.b);
			pair_inject(&p.b, A_ADDR, 500, writer_view(&w));
			if (i)
				moved(&p.b, "E4.33 once", IKE_COUNT_RX_UNEXPECTED, 0);
		}
		CHECK("E4.33 one question", p.n == 1 &&
		      pair_counter(&p.b, IKE_COUNT_DPD_SENT) == 1);
		pair_run(&p);
		CHECK("E4.33 nothing lost", pair_settled(&p));
	}
	build_status(outgoing_begin(&out), 9999);
	pair_inject(&p.b, A_ADDR, 500, next_request(IKE_EXCHANGE_INFORMATIONAL, &out));
	answered("E4.24 an unknown error in a request", "INFORMATIONAL response 2 [ ]");
	ike_build_notify(outgoing_begin(&out), 9, BYTES(copy), 40000, none);
	pair_inject(&p.b, A_ADDR, 500, next_request(IKE_EXCHANGE_INFORMATIONAL, &out));
	answered("E4.24 an unknown status", "INFORMATIONAL response 3 [ ]");
	CHECK("nothing changed", pair_settled(&p));
	pair_end(&p);
}

static void test_deletes(void)
{
	static uint8_t spis[16000 * 4];
	struct outgoing out;
	struct ike_builder *b;
	struct child_sa *child;

	up();
	memset(spis, 0x55, sizeof(spis));
	child = pair_child(&p.a);
	b = outgoing_begin(&out);
	ike_build_delete(b, IKE_PROTO_ESP, 4, bytes_of(spis, 4 * 4000));
	pair_inject(&p.b, A_ADDR, 500, next_request(IKE_EXCHANGE_INFORMATIONAL, &out));
	answered("E4.25 4000 unknown SPIs", "INFORMATIONAL response 2 [ ]");
	ike_build_delete(outgoing_begin(&out), IKE_PROTO_ESP, 3, bytes_of(spis, 3));
	pair_inject(&p.b, A_ADDR, 500, next_request(IKE_EXCHANGE_INFORMATIONAL, &out));
	answered("E4.25 SPIs of 3 bytes", "INFORMATIONAL response 3");
	CHECK("E4.25 nothing is gone", pair_child(&p.b));
	pair_end(&p);

	up();
	child = pair_child(&p.a);
	spis[0] = (uint8_t)(child->spi_in >> 24);
	spis[1] = (uint8_t)(child->spi_in >> 16);
	spis[2] = (uint8_t)(child->spi_in >> 8);
	spis[3] = (uint8_t)child->spi_in;
	memcpy(spis + 4, spis, 4);
	ike_build_delete(outgoing_begin(&out), IKE_PROTO_AH, 4, bytes_of(spis, 8));
	pair_inject(&p.b, A_ADDR, 500, next_request(IKE_EXCHANGE_INFORMATIONAL, &out));
	answered("E4.25 the SPI with another protocol", "INFORMATIONAL response 2 [ ]");
	ike_build_delete(outgoing_begin(&out), IKE_PROTO_ESP, 4, bytes_of(spis, 8));
	pair_inject(&p.b, A_ADDR, 500, next_request(IKE_EXCHANGE_INFORMATIONAL, &out));
	answered("E4.25 the same twice: gone once", "INFORMATIONAL response 3 [ D ]");
	CHECK("E4.25 it is gone", !pair_child(&p.b));
	pair_end(&p);
}

static void build_child(struct ike_builder *b, uint32_t spi, uint8_t protocol)
{
	static const uint8_t nonce[32] = { 3 };
	uint8_t bytes[4] = { (uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8),
			     (uint8_t)spi };
	struct proposals sa;
	struct selectors any;

	proposals_default(IKE_PROTO_ESP, &sa);
	proposals_drop_groups(&sa);
	proposals_set_spi(&sa, BYTES(bytes));
	selectors_any(&any);
	if (protocol)
		ike_build_notify(b, protocol, BYTES(bytes), IKE_N_REKEY_SA, none);
	ike_build_sa(b, &sa);
	ike_build_nonce(b, BYTES(nonce));
	ike_build_ts(b, IKE_PAYLOAD_TS_I, &any);
	ike_build_ts(b, IKE_PAYLOAD_TS_R, &any);
}

static void test_children(void)
{
	struct outgoing out;
	unsigned int i;

	up();
	build_child(outgoing_begin(&out), 0x99999999, IKE_PROTO_ESP);
	pair_inject(&p.b, A_ADDR, 500, next_request(IKE_EXCHANGE_CREATE_CHILD_SA, &out));
	answered("E4.26 rekey of an unknown SPI", "[ N(CHILD_SA_NOT_FOUND) ]");
	build_child(outgoing_begin(&out), pair_child(&p.a)->spi_in, IKE_PROTO_AH);
	pair_inject(&p.b, A_ADDR, 500, next_request(IKE_EXCHANGE_CREATE_CHILD_SA, &out));
	answered("E4.26 rekey with another protocol", "[ N(CHILD_SA_NOT_FOUND) ]");
	build_child(outgoing_begin(&out), 77, 0);
	pair_inject(&p.b, A_ADDR, 500, next_request(IKE_EXCHANGE_CREATE_CHILD_SA, &out));
	answered("a reserved SPI", "[ N(NO_PROPOSAL_CHOSEN) ]");
	CHECK("nothing changed", pair_settled(&p));
	for (i = 0; i < 1000; i++) {
		build_child(outgoing_begin(&out), 0x1000 + i, 0);
		pair_inject(&p.b, A_ADDR, 500, next_request(IKE_EXCHANGE_CREATE_CHILD_SA, &out));
		if (i == 998)
			answer();
		else if (i < 998)
			while (p.n)
				pair_lose(&p, &p.queue[0]);
	}
	answered("E4.27 a thousand pairs: refused beyond the limit", "[ N(NO_ADDITIONAL_SAS) ]");
	CHECK("E4.27 the kernel's table is bounded",
	      kernel_fake_count(&p.b.f, IFIPSEC_DIR_IN, false) == CHILDREN_MAX &&
	      kernel_fake_count(&p.b.f, IFIPSEC_DIR_OUT, false) == 1);
	pair_end(&p);
}

/* The peer calls anew, has forgotten what it had, and does not say so */
static uint64_t call_again(void)
{
	struct daemon old = p.a.d;

	daemon_free(&p.a.d, false);
	daemon_init(&p.a.d, &p.a.f.k, old.send, old.send_arg);
	timers_run(&p.a.d.timers, p.now_ms);
	pair_config(&p.a, A_CONFIG "initial-contact = no\n");
	pair_run(&p);
	return pair_sa(&p.a)->spi_r;
}

static void test_ike_sas(void)
{
	uint64_t spis[3 * PEER_IKE_SAS_MAX];
	unsigned int i, n = 0, wrong = 0;

	pair_start(&p, NULL, B_CONFIG);
	for (i = 0; i < PEER_IKE_SAS_MAX; i++)
		spis[n++] = call_again();
	CHECK("E4.27 a peer has as many IKE SAs as it may", p.b.d.n_sas == PEER_IKE_SAS_MAX &&
	      !pair_logged("the peer has more than 16 IKE SAs"));
	while (n < 3 * PEER_IKE_SAS_MAX) {
		spis[n++] = call_again();
		wrong += pair_sas(&p.b) != PEER_IKE_SAS_MAX || !pair_passes(&p) ||
			 ike_sa_find(&p.b.d, spis[n - 1 - PEER_IKE_SAS_MAX]) ||
			 !ike_sa_find(&p.b.d, spis[n - PEER_IKE_SAS_MAX]);
	}
	check(!wrong, "E4.27 for one more the oldest goes, and packets pass", "%u times not",
	      wrong);
	CHECK("E4.27 that is logged", pair_logged("the peer has more than 16 IKE SAs"));
	check(kernel_fake_count(&p.b.f, IFIPSEC_DIR_IN, false) == PEER_IKE_SAS_MAX,
	      "E4.27 and the kernel has no more pairs than that", "%u",
	      kernel_fake_count(&p.b.f, IFIPSEC_DIR_IN, false));
	pair_end(&p);
}

static void test_syntax(void)
{
	static const uint8_t garbage[40] = { 0, 0, 0, 3 };
	static const uint8_t critical[8] = { 0, 0x80, 0, 8 };
	struct outgoing out;
	struct ike_sa *a;

	up();
	a = pair_sa(&p.a);
	pair_inject(&p.b, A_ADDR, 500, pair_sealed(a, IKE_EXCHANGE_INFORMATIONAL, false, 2, 200,
					      BYTES(critical)));
	answered("E4.5 protected, unknown and critical", "[ N(UNSUPPORTED_CRITICAL_PAYLOAD) ]");
	a->window.send_id = 3;
	CHECK("the IKE SA stays", pair_settled(&p));
	pair_inject(&p.b, A_ADDR, 500, pair_sealed(a, IKE_EXCHANGE_INFORMATIONAL, false, 3,
					      IKE_PAYLOAD_NOTIFY, BYTES(garbage)));
	answered("E4.4 protected and malformed", "[ N(INVALID_SYNTAX) ]");
	CHECK("E4.4 that is fatal", !pair_sas(&p.b) &&
	      pair_counter(&p.b, IKE_COUNT_RX_SYNTAX) == 2 &&
	      !kernel_fake_count(&p.b.f, IFIPSEC_DIR_OUT, false));
	pair_end(&p);

	/* A malformed answer */
	up();
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	pair_inject(&p.a, B_ADDR, 500, pair_sealed(pair_sa(&p.b), IKE_EXCHANGE_CREATE_CHILD_SA, true,
					      2, IKE_PAYLOAD_SA, BYTES(garbage)));
	CHECK("E4.4 a malformed answer is fatal too", !pair_sa(&p.a));
	(void)out;
	pair_end(&p);
}

static void test_wide_answer(void)
{
	struct selector one;

	up();
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	/* As if a had asked for less than b answers */
	selector_parse_text("10.0.0.0/8", &one);
	pair_sa(&p.a)->request.remote_ts = (struct selectors){ .n = 1, .list = { one } };
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "N(REKEY_SA)");
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "SA");
	PASSED(&p, a, "INFORMATIONAL request 3", "D");
	CHECK("E4.22 wider selectors than asked for: deleted, not installed",
	      kernel_fake_count(&p.a.f, IFIPSEC_DIR_IN, false) == 1 && pair_passes(&p) &&
	      pair_logged("wider than offered"));
	pair_run_for(&p, 100000);
	CHECK("E4.22 later it is rekeyed", pair_settled(&p));
	pair_end(&p);

	/* Another cipher than offered */
	up();
	daemon_rekey(&p.a.d, "ipsec0", "b", false);
	pair_sa(&p.a)->request.offered->list[0].n = 0;
	pair_sa(&p.a)->request.offered->n = 1;
	PASSED(&p, a, "CREATE_CHILD_SA request 2", "N(REKEY_SA)");
	PASSED(&p, b, "CREATE_CHILD_SA response 2", "SA");
	PASSED(&p, a, "INFORMATIONAL request 3", "D");
	CHECK("E4.7 a child SA of what was not offered", pair_passes(&p) &&
	      kernel_fake_count(&p.a.f, IFIPSEC_DIR_IN, false) == 1);
	pair_end(&p);
}

/* Every message of a life, damaged: nobody crashes, and the real ones get through */
static void test_damage(void)
{
	unsigned int i, n = 0;

	up();
	pair_seed(4711);
	for (i = 0; i < 4000 && p.now_ms < 3600000; i++) {
		struct packet *packet;
		struct packet copy;
		unsigned int k;

		pair_sleep(&p, 50);
		if (!pair_random(40))
			daemon_rekey(&p.a.d, "ipsec0", "b", pair_random(2));
		if (!p.n)
			continue;
		packet = &p.queue[0];
		for (k = 0; k < 6; k++, n++) {
			unsigned int flips = 1 + pair_random(4);

			copy = *packet;
			copy.bytes = (struct blob){ 0 };
			blob_copy(&copy.bytes, blob_view(&packet->bytes));
			while (flips--)
				copy.bytes.p[pair_random((uint32_t)copy.bytes.len)] ^=
					(uint8_t)(1 << pair_random(8));
			if (!pair_random(3) && copy.bytes.len > 40) {
				size_t len = 28 + pair_random((uint32_t)copy.bytes.len - 28);

				copy.bytes.len = len;
				put16(copy.bytes.p + 26, (unsigned int)len);
			}
			pair_deliver_copy(&p, &copy);
			blob_free(&copy.bytes);
		}
		pair_deliver(&p, packet);
	}
	pair_run_for(&p, 200000);
	check(pair_settled(&p) && n > 1000, "damaged messages change nothing (E4)", "%u of them", n);
	pair_end(&p);
}

int main(void)
{
	test_header();
	test_init();
	test_cookies();
	test_flood();
	test_answers();
	test_ke_loop();
	test_half_open();
	test_bad_auth();
	test_established();
	test_deletes();
	test_children();
	test_ike_sas();
	test_syntax();
	test_wide_answer();
	test_damage();
	return check_status();
}
