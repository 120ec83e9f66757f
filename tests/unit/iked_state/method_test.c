// SPDX-License-Identifier: MIT
/*
 * method_test.c - IKE_AUTH with each way to prove an identity, both ways and mixed; and
 * messages that are so long that they go in fragments.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../../tools/iked/auth_method.h"
#include "pair.h"

#define NOW	1767225600	/* 2026-01-01, when the certificates are valid */

static struct pair p;
static const char *certs;

static int64_t now(void)
{
	return NOW;
}

/* One side: "[interface]" with a certificate, "[peer]" with these lines */
static const char *config(char *buf, size_t cap, const char *cert, const char *peer,
			  const char *remote, const char *lines)
{
	bool any = strncmp(lines, "id = ", 5) && !strstr(lines, "\nid = ");

	if (any)
		remote = "%any";
	if (cert)
		snprintf(buf, cap, "[interface]\ncert = %s/%s.pem\nkey = %s/%s.key\n"
			 "ca = %s/ca.pem\n[peer %s]\nremote = %s\n%s", certs, cert, certs,
			 !strcmp(cert, "gw_chain") ? "gw" : cert, certs, peer, remote, lines);
	else
		snprintf(buf, cap, "[interface]\nid = psk.example\nca = %s/ca.pem\n"
			 "[peer %s]\nremote = %s\n%s", certs, peer, remote, lines);
	return buf;
}

static void start(const char *cert_a, const char *lines_a, const char *cert_b,
		  const char *lines_b)
{
	char a[2048], b[2048];

	pair_init(&p);
	p.a.d.wall_clock = p.b.d.wall_clock = now;
	pair_config(&p.b, config(b, sizeof(b), cert_b, "a", A_ADDR, lines_b));
	pair_config(&p.a, config(a, sizeof(a), cert_a, "b", B_ADDR, lines_a));
}

static void good(const char *name, const char *cert_a, const char *lines_a,
		 const char *cert_b, const char *lines_b)
{
	char all[1024];

	snprintf(all, sizeof(all), "%sstart = now\n", lines_a);
	start(cert_a, all, cert_b, lines_b);
	pair_run(&p);
	CHECK(name, pair_settled(&p));
	pair_end(&p);
}

static void bad(const char *name, const char *cert_a, const char *lines_a,
		const char *cert_b, const char *lines_b, const char *why)
{
	char all[1024];

	snprintf(all, sizeof(all), "%sstart = now\n", lines_a);
	start(cert_a, all, cert_b, lines_b);
	pair_run(&p);
	check(!pair_sa(&p.a) && !pair_sa(&p.b) && pair_logged(why), name,
	      "it is up, or the log does not say \"%s\"", why);
	CHECK("nothing is in the kernel", !kernel_fake_count(&p.a.f, IFIPSEC_DIR_OUT, false) &&
	      !kernel_fake_count(&p.b.f, IFIPSEC_DIR_IN, false) &&
	      !kernel_fake_count(&p.a.f, IFIPSEC_DIR_IN, true));
	pair_end(&p);
}

#define CERT	"auth = cert\nremote-auth = cert\n"
#define LOCAL(id)	"local-id = " id "\n"
#define REMOTE(id)	"id = " id "\n"

static void test_certs(void)
{
	good("B4.4 RSA, chosen hash, PSS", "rsa2048", CERT LOCAL("rsa.example.org")
	     REMOTE("rsa.example.org"),
	     "rsa3072", CERT LOCAL("rsa.example.org"));
	good("B4.4 ECDSA P-256 with P-384", "p256", CERT LOCAL("ec.example.org")
	     REMOTE("ec.example.org"), "p384", CERT LOCAL("ec.example.org"));
	good("B4.4 ECDSA P-521 with Ed25519", "p521", CERT LOCAL("ec.example.org")
	     REMOTE("ed.example.org"), "ed25519", CERT LOCAL("ed.example.org"));
	good("the subject is the identity when none is configured", "p256",
	     CERT REMOTE("ec.example.org"), "p384", CERT LOCAL("ec.example.org"));
	good("mixed: the initiator by secret, the responder by certificate", NULL,
	     "auth = psk\nremote-auth = cert\nid = ec.example.org\n" PSK, "p256",
	     "auth = cert\nremote-auth = psk\nlocal-id = ec.example.org\nid = psk.example\n" PSK);
	good("mixed: the other way round", "p256",
	     "auth = cert\nremote-auth = psk\nlocal-id = ec.example.org\nid = psk.example\n" PSK,
	     NULL, "auth = psk\nremote-auth = cert\nid = ec.example.org\n" PSK);
	good("a chain", "gw_chain", CERT LOCAL("gw.example.org") REMOTE("ec.example.org"),
	     "p256", CERT LOCAL("ec.example.org") REMOTE("gw.example.org"));
}

/* Neither side sees that the other knows RFC 7427; see run */
static bool old_peers;
uint32_t __real_auth_hashes_read(struct bytes data);
uint32_t __wrap_auth_hashes_read(struct bytes data);

uint32_t __wrap_auth_hashes_read(struct bytes data)
{
	return old_peers ? 0 : __real_auth_hashes_read(data);
}

/* How the AUTH on its way from @from is made; @scheme: what method 14 names */
static uint8_t auth_method(struct side *from, struct signature_scheme *scheme)
{
	struct side *to = pair_other(from);
	struct packet *packet = pair_next(&p, to);
	struct ike_content outer, c = { 0 };
	struct blob plain = { 0 };
	struct ike_header h;
	uint8_t unknown;

	*scheme = (struct signature_scheme){ 0 };
	if (packet && !ike_header_read(blob_view(&packet->bytes), &h) &&
	    !ike_content_read(blob_view(&packet->bytes), IKE_HEADER_LEN, h.next, &outer, &unknown) &&
	    !seal_open(&to->d.sas->keys, h.flags & IKE_FLAG_INITIATOR,
		       blob_view(&packet->bytes), &outer, &plain) &&
	    !ike_content_read(blob_view(&plain), 0, outer.sealed_next, &c, &unknown) &&
	    c.auth_method == IKE_AUTH_SIGNATURE)
		algorithm_read(bytes_of(c.auth.p + 1, c.auth.p[0]), scheme);
	blob_free(&plain);
	return c.auth_method;
}

/* Both sides sign so, and believe each other */
static void check_methods(const char *name, const char *cert_a, const char *lines_a,
			  const char *cert_b, const char *lines_b, uint8_t want_a,
			  uint8_t want_b, bool pss_a, bool pss_b)
{
	struct signature_scheme of_a, of_b;
	char all[1024];
	uint8_t a, b;

	snprintf(all, sizeof(all), CERT "%sstart = now\n", lines_a);
	start(cert_a, all, cert_b, lines_b);
	p.a.d.fragment_mtu = p.b.d.fragment_mtu = 0;
	PASSED(&p, a, "IKE_SA_INIT request", "");
	PASSED(&p, b, "IKE_SA_INIT response", "");
	a = auth_method(&p.a, &of_a);
	PASSED(&p, a, "IKE_AUTH request 1", "CERT AUTH");
	b = auth_method(&p.b, &of_b);
	check(a == want_a && of_a.pss == pss_a, name, "the initiator: method %u, PSS %u", a, of_a.pss);
	check(b == want_b && of_b.pss == pss_b, name, "the responder: method %u, PSS %u", b, of_b.pss);
	pair_run(&p);
	CHECK(name, pair_settled(&p));
	pair_end(&p);
}

#define RSA	LOCAL("rsa.example.org")
#define TO_RSA	REMOTE("rsa.example.org")
#define TO_EC	REMOTE("ec.example.org")

static void test_padding(void)
{
	check_methods("B4.4 PSS unless something else is said", "rsa2048", RSA TO_RSA,
		      "rsa3072", CERT RSA "rsa-padding = pss\n", 14, 14, true, true);
	check_methods("B4.4 rsa-padding = pkcs1, the initiator's", "rsa2048",
		      RSA TO_RSA "rsa-padding = pkcs1\n", "rsa3072", CERT RSA,
		      14, 14, false, true);
	check_methods("B4.4 rsa-padding = pkcs1, the responder's", "rsa2048", RSA TO_RSA,
		      "rsa3072", CERT RSA "rsa-padding = pkcs1\n", 14, 14, true, false);
}

static void test_old_peers(void)
{
	old_peers = true;
	check_methods("B4.4 without RFC 7427: RSA and P-384", "rsa2048", RSA TO_EC, "p384",
		      CERT LOCAL("ec.example.org"), 1, 10, false, false);
	check_methods("B4.4 without RFC 7427: P-256 and RSA", "p256",
		      LOCAL("ec.example.org") TO_RSA, "rsa3072", CERT RSA, 9, 1, false, false);
	check_methods("B4.4 without RFC 7427: P-521 and P-256", "p521",
		      LOCAL("ec.example.org") TO_EC, "p256", CERT LOCAL("ec.example.org"),
		      11, 9, false, false);
	bad("B4.4 without RFC 7427: not with Ed25519", "ed25519",
	    CERT LOCAL("ed.example.org") TO_EC, "p256", CERT LOCAL("ec.example.org"),
	    "the peer does not know RFC 7427");
	old_peers = false;
}

static void test_refused(void)
{
	bad("E4.18 another's certificate", "of_other", CERT LOCAL("gw.example.org")
	    REMOTE("ec.example.org"), "p256",
	    CERT LOCAL("ec.example.org"), "gw.example.org");
	bad("B5.3 an identity that the certificate does not have", "p256",
	    CERT LOCAL("boss.example.org") REMOTE("ec.example.org"), "p384", CERT LOCAL("ec.example.org"),
	    "boss.example.org");
	bad("B5.3 the responder is not who is configured", "p256",
	    CERT LOCAL("ec.example.org") REMOTE("gw.example.org"), "p384",
	    CERT LOCAL("ec.example.org"), "gw.example.org");
	bad("E4.18 a secret where a certificate is wanted", NULL,
	    "auth = psk\nremote-auth = cert\nid = ec.example.org\n" PSK, "p256",
	    CERT LOCAL("ec.example.org"), "its certificate is wanted");
	bad("E4.18 a certificate where a secret is wanted", "p256",
	    CERT LOCAL("ec.example.org") REMOTE("psk.example"), NULL, PSK, "a pre-shared key is wanted");
	bad("E4.19 expired", "expired", CERT LOCAL("gw.example.org")
	    REMOTE("ec.example.org"), "p256",
	    CERT LOCAL("ec.example.org"), "gw.example.org is refused");
	/* Found out by the initiator, who says so (RFC 7296 2.21.2) */
	start("p256", CERT LOCAL("ec.example.org") REMOTE("gw.example.org") "start = now\n", "expired",
	      CERT LOCAL("gw.example.org"));
	PASSED(&p, a, "IKE_SA_INIT request", "");
	PASSED(&p, b, "IKE_SA_INIT response", "");
	PASSED(&p, a, "IKE_AUTH request 1", "CERT AUTH");
	PASSED(&p, b, "IKE_AUTH response 1", "CERT AUTH SA");
	CHECK("B the responder believes that it is up", pair_sa(&p.b));
	PASSED(&p, a, "INFORMATIONAL request 2", "N(AUTHENTICATION_FAILED)");
	pair_run(&p);
	CHECK("E4.19 until the initiator refuses", !pair_sa(&p.a) && !pair_sa(&p.b) &&
	      !kernel_fake_count(&p.b.f, IFIPSEC_DIR_OUT, false));
	pair_end(&p);
}

static void start_long(size_t mtu, const char *rest_b)
{
	char b[512];

	snprintf(b, sizeof(b), CERT LOCAL("rsa.example.org") "%s", rest_b);
	start("gw_chain", CERT LOCAL("gw.example.org") REMOTE("rsa.example.org") "start = now\n",
	      "rsa3072", b);
	p.a.d.fragment_mtu = p.b.d.fragment_mtu = mtu;
}

static void test_fragments(void)
{
	struct blob first = { 0 };
	unsigned int i, n;

	start_long(548, "");
	PASSED(&p, a, "IKE_SA_INIT request", "");
	PASSED(&p, b, "IKE_SA_INIT response", "");
	n = p.n;
	check(n > 2, "B7.1 a long chain goes in fragments", "%u", n);
	for (i = 0; i < n; i++)
		if (p.queue[i].bytes.len > 548)
			break;
	CHECK("B7.3 none is longer than allowed", i == n);
	blob_copy(&first, blob_view(&p.queue[0].bytes));
	/* In any order, some of them twice (B7.2) */
	pair_deliver_copy(&p, &p.queue[n - 1]);
	pair_deliver_copy(&p, &p.queue[n - 1]);
	CHECK("B7.2 a fragment twice", pair_counter(&p.b, IKE_COUNT_RX_FRAGMENT) == 1);
	for (i = n - 1; i && i < n; i--)
		pair_deliver(&p, &p.queue[i]);
	CHECK("nothing before all are there", !pair_sa(&p.b));
	pair_deliver(&p, &p.queue[0]);
	CHECK("B7.1 whole, in any order", pair_sa(&p.b));
	n = p.n;
	CHECK("the answer too", n > 2);
	/* The request again: each fragment is one, the answer comes once (2.6.1) */
	pair_inject(&p.b, A_ADDR, 500, blob_view(&first));
	CHECK("B7.2 the first one again: the answer again", p.n == 2 * n &&
	      pair_counter(&p.b, IKE_COUNT_RX_REPEATED) == 1);
	pair_run(&p);
	CHECK("B7.1 up", pair_settled(&p));
	blob_free(&first);
	pair_end(&p);

	start_long(548, "");
	PASSED(&p, a, "IKE_SA_INIT request", "");
	PASSED(&p, b, "IKE_SA_INIT response", "");
	pair_lose(&p, &p.queue[1]);
	pair_run_for(&p, 1000);
	CHECK("one lost: not yet", !pair_sa(&p.b));
	pair_run_for(&p, 3000);
	CHECK("B7.2 with the next try it is whole", pair_settled(&p) &&
	      pair_counter(&p.a, IKE_COUNT_RETRANSMIT) == 1);
	pair_end(&p);

	/* Half a message for ever holds no memory for ever */
	start_long(548, "");
	PASSED(&p, a, "IKE_SA_INIT request", "");
	PASSED(&p, b, "IKE_SA_INIT response", "");
	pair_deliver(&p, &p.queue[0]);
	CHECK("kept", p.b.d.sas->in_request.have == 1);
	while (p.n)
		pair_lose(&p, &p.queue[0]);
	for (i = 0; i < 29; i++) {
		pair_sleep(&p, 1000);
		while (p.n)
			pair_lose(&p, &p.queue[0]);
	}
	CHECK("kept still", p.b.d.sas && p.b.d.sas->in_request.have == 1);
	pair_sleep(&p, 1500);
	CHECK("E4.29 30 seconds, then not", !p.b.d.sas || !p.b.d.sas->in_request.have);
	pair_end(&p);
}

int main(void)
{
	certs = getenv("IKED_CERTS");
	if (!certs)
		return 2;
	test_certs();
	test_padding();
	test_old_peers();
	test_refused();
	test_fragments();
	return check_status();
}
