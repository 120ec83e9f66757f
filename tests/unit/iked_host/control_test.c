// SPDX-License-Identifier: MIT
/*
 * control_test.c - requests of the control socket, to a daemon over a fake kernel.
 */
#include <stdlib.h>
#include <string.h>

#include "../../../tools/iked/control.h"
#include "../../../tools/iked/log.h"
#include "../iked_state/kernel_fake.h"
#include "../tools/check.h"

static struct kernel_fake kernel;
static struct daemon d;
static unsigned int sent;

static void net_send(void *arg, const struct endpoint *local,
		     const struct endpoint *remote, struct bytes message)
{
	(void)arg;
	(void)local;
	(void)remote;
	(void)message;
	sent++;
}

static void silent(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

/* True when the answer to @request has @text in it */
static bool answers(const char *request, const char *text)
{
	char *answer = NULL;
	bool has;

	if (control_answer(&d, request, strlen(request), &answer))
		return false;
	has = strstr(answer, text);
	free(answer);
	return has;
}

static void test_malformed(void)
{
	static const char *const requests[] = {
		"", " ", "{", "null", "[]", "\"up\"", "1", "{}", "{\"do\":1}", "{\"do\":null}",
		"{\"do\":\"\"}", "{\"do\":\"UP\"}", "{\"do\":[\"up\"]}", "{\"up\":\"do\"}",
		"{\"do\":\"load\"}", "{\"do\":\"load\",\"path\":1,\"ifname\":\"a\",\"text\":\"\"}",
		"{\"do\":\"load\",\"path\":\"/a\",\"ifname\":\"sixteen-bytes-xx\",\"text\":\"\"}",
		"{\"do\":\"unload\"}", "{\"do\":\"unload\",\"ifname\":{}}", "{\"do\":\"up\"}",
		"{\"do\":\"down\",\"ifname\":\"ipsec0\"}", "{\"do\":\"rekey\",\"peer\":\"b\"}",
		"{\"do\":\"rekey-ike\",\"ifname\":\"ipsec0\",\"peer\":7}",
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		check(answers(requests[i], "{\"error\":\""), "a malformed request is refused",
		      "%s", requests[i]);
	CHECK("no JSON", answers("{\"do\":", "the request is not JSON"));
	CHECK("whether we are here", answers("{\"do\":\"hello\"}", "{}"));
	CHECK("an unknown request", answers("{\"do\":\"dance\"}", "no such request"));
	CHECK("nothing was sent", !sent);
}

#define LOAD(text, files)						\
	"{\"do\":\"load\",\"path\":\"/etc/ipsec/ipsec0.conf\",\"ifname\":\"ipsec0\",\"text\":\"" \
	text "\",\"files\":" files "}"
#define PEER	"[peer b]\\nremote = 192.0.2.2\\nid = b.example.org\\n"

static void test_load(void)
{
	CHECK("an error has its line", answers(LOAD("[peer b]\\ncolour = red\\n", "{}"), "line 2: "));
	CHECK("files that are no object", answers(LOAD(PEER, "[]"), "\"error\""));
	CHECK("files that are no text", answers(LOAD(PEER, "{\"/a\":1}"), "not names with base64"));
	CHECK("files that are not base64",
	      answers(LOAD(PEER, "{\"/a\":\"***\"}"), "not names with base64"));
	CHECK("a file that was not handed over",
	      answers(LOAD(PEER "psk-file = /nowhere/b.psk\\n", "{}"), "b.psk: No such file"));
	CHECK("a certificate that is none, as it is called in the configuration",
	      answers(LOAD("[interface]\\ncert = /x/a.pem\\nkey = /x/a.key\\n",
			   "{\"/x/a.pem\":\"Zm9v\",\"/x/a.key\":\"Zm9v\"}"), "a.pem: holds no certificate"));
	CHECK("nothing of it was taken", !daemon_iface(&d, "ipsec0"));
	CHECK("load", answers(LOAD(PEER "psk-file = /x/b.psk\\nstart = now\\n",
				   "{\"/x/b.psk\":\"YSBsb25nIGFuZCBzZWNyZXQgc2VjcmV0Cg==\"}"),
			      "{}"));
	CHECK("the peer is called", daemon_iface(&d, "ipsec0") && sent == 1);
	CHECK("its line in the status",
	      answers("{\"do\":\"status\"}", "\"peer\":\"b\""));
	CHECK("it is on its way", answers("{\"do\":\"up\",\"ifname\":\"ipsec0\",\"peer\":\"b\"}",
					  "{}") && sent == 1);
	CHECK("an unknown peer", answers("{\"do\":\"down\",\"ifname\":\"ipsec0\",\"peer\":\"c\"}",
					 "no such interface or peer"));
	CHECK("nothing to rekey yet",
	      answers("{\"do\":\"rekey\",\"ifname\":\"ipsec0\",\"peer\":\"b\"}", "\"error\""));
	CHECK("no secret in the status or the log",
	      !answers("{\"do\":\"status\"}", "long and secret") &&
	      !answers("{\"do\":\"log\"}", "long and secret"));
	CHECK("a bad file leaves what is there",
	      answers(LOAD("nonsense", "{}"), "\"error\"") && daemon_iface(&d, "ipsec0"));
	CHECK("unload", answers("{\"do\":\"unload\",\"ifname\":\"ipsec0\"}", "{}"));
	CHECK("it is gone", !daemon_iface(&d, "ipsec0"));
	CHECK("unload again", answers("{\"do\":\"unload\",\"ifname\":\"ipsec0\"}",
				      "the daemon knows no such interface"));
}

/* A hub: a file with the secret of each spoke, more than files can be open */
#define SPOKES	3000

static void test_many_files(void)
{
	char *request = malloc(SPOKES * 256), *p = request;

	p += sprintf(p, "{\"do\":\"load\",\"path\":\"/etc/ipsec/ipsec0.conf\",\"ifname\":\"ipsec0\",\"text\":\"");
	for (int i = 0; i < SPOKES; i++)
		p += sprintf(p, "[peer s%d]\\nid = s%d.example.org\\npsk-file = /x/%d.psk\\n"
			     "networks = 10.%d.%d.0/24\\n", i, i, i, i >> 8, i & 255);
	p += sprintf(p, "\",\"files\":{\"/x/other\":\"Zm9v\"");
	for (int i = 0; i < SPOKES; i++)
		p += sprintf(p, ",\"/x/%d.psk\":\"YSBsb25nIGFuZCBzZWNyZXQgc2VjcmV0Cg==\"", i);
	sprintf(p, "}}");
	CHECK("secrets of 3,000 spokes, each in a file", answers(request, "{}"));
	CHECK("they are there", daemon_iface(&d, "ipsec0"));
	CHECK("and go", answers("{\"do\":\"unload\",\"ifname\":\"ipsec0\"}", "{}"));
	free(request);
}

static void test_questions(void)
{
	CHECK("status of nothing", answers("{\"do\":\"status\"}", "\"half_open\":0"));
	CHECK("keys of nothing", answers("{\"do\":\"keys\"}", "\"esp\":[]"));
	CHECK("handing out keys is logged", answers("{\"do\":\"log\"}", "keys were handed out"));
}

int main(void)
{
	log_set_sink(silent);
	kernel_fake_init(&kernel, "192.0.2.1", 0x1000);
	daemon_init(&d, &kernel.k, net_send, NULL);
	timers_run(&d.timers, 1000);
	test_malformed();
	test_load();
	test_many_files();
	test_questions();
	daemon_free(&d, false);
	return check_status();
}
