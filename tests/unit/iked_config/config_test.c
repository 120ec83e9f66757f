// SPDX-License-Identifier: MIT
/*
 * config_test.c - configuration files: what they mean, and the sentence and line of
 * everything that is wrong.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../tools/iked/config.h"
#include "../tools/check.h"

#define GATEWAY								\
	"[interface]\n"							\
	"address = 10.0.0.1/24, 2001:db8::1/64\n"			\
	"mtu = 1400\n"							\
	"spread = no\n"							\
	"id = gw-a.example.org\n"					\
	"\n"								\
	"[peer branch]\n"						\
	"remote = 192.0.2.2\n"						\
	"psk = 0x000102030405060708090a0b0c0d0e0f\n"			\
	"networks = 10.1.0.0/16,\n"					\
	"   10.2.0.0/16\n"						\
	"local-networks = 10.0.0.0/24\n"				\
	"ike = aes256gcm16-prfsha384-ecp384\n"				\
	"esp = aes256gcm16-esn\n"					\
	"rekey = 10m   ; often\n"					\
	"rekey-bytes = 10g\n"						\
	"start = now\n"

static struct config_errors errors;

static struct config *parse(const char *text)
{
	return config_parse(text, strlen(text), "ipsec0", &errors);
}

static void test_gateway(void)
{
	struct config *c = parse(GATEWAY);
	const struct config_peer *p = c ? &c->peers[0] : NULL;

	CHECK("a gateway is understood, without a word", c && !errors.n);
	if (!c)
		return;
	CHECK("its interface", c->n_addresses == 2 && c->addresses[0].bits == 24 &&
	      c->mtu == 1400 && !c->spread && c->id.type == IKE_ID_FQDN && c->n_peers == 1);
	CHECK("its peer", !strcmp(p->name, "branch") && p->remote.len == 4 &&
	      p->psk.len == 16 && p->psk.p[15] == 15 && p->auth == CONFIG_AUTH_PSK &&
	      p->remote_auth == CONFIG_AUTH_PSK && config_peer_is_ike(p));
	CHECK("a list goes on in the next line", p->remote_ts.n == 2 && p->local_ts.n == 1 &&
	      p->routes);
	CHECK("proposals, times and amounts", p->ike.n == 1 && p->child.n == 1 &&
	      p->rekey_s == 600 && p->ike_rekey_s == 14400 && p->rekey_bytes == 10ULL << 30 &&
	      p->start == CONFIG_START_NOW);
	config_free(c);
}

static void test_defaults(void)
{
	struct config *c = parse("[peer a]\nremote = 192.0.2.2\npsk = a secret of some length\n"
				 "[peer hosts]\nremote = 2001:db8::2\nmode = transport\n"
				 "psk = 0sAAECAwQFBgcICQoLDA0ODw==\n"
				 "[peer spokes]\nremote = %any\npsk = a secret of some length\n"
				 "networks = 10.0.0.0/8\nprotect = ah\n");

	CHECK("defaults", c && c->spread && c->peers[0].remote_ts.n == 2 && !c->peers[0].routes &&
	      c->peers[0].start == CONFIG_START_DEMAND && c->peers[0].child.n == 4 &&
	      c->peers[0].ike.n == 2 && c->peers[0].dpd_s == 30 &&
	      c->peers[0].dpd_timeout_s == 180);
	CHECK("transport mode: the outer addresses, routed", c && !c->peers[1].remote_ts.n &&
	      c->peers[1].routes && c->peers[1].psk.len == 16);
	CHECK("anybody: the other side starts", c && !c->peers[2].remote.len &&
	      c->peers[2].start == CONFIG_START_NO && c->peers[2].routes &&
	      c->peers[2].child.list[0].protocol == IKE_PROTO_AH);
	config_free(c);
}

/* A peer of these lines, behind "[peer a]" and a good address and secret */
/* @n lines are printed; the first of them is about @line */
static void bad_n(const char *text, unsigned int n, unsigned int line, const char *sentence)
{
	struct config *c = parse(text);
	char name[256];

	snprintf(name, sizeof(name), "line %u: %.120s", line, sentence);
	check(!c && errors.n == n && errors.list[0].line == line &&
	      strstr(errors.list[0].text, sentence), name, "%s: %u lines, %u: %s",
	      c ? "accepted" : "refused", errors.n, errors.n ? errors.list[0].line : 0,
	      errors.n ? errors.list[0].text : "without a word");
	config_free(c);
}

/* Nothing is said that only follows */
static void bad(const char *text, unsigned int line, const char *sentence)
{
	bad_n(text, 1, line, sentence);
}

static void bad_peer_n(const char *lines, unsigned int n, unsigned int line,
		       const char *sentence)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "[peer a]\nremote = 192.0.2.2\npsk = a secret of some length\n%s", lines);
	bad_n(text, n, line, sentence);
}

static void bad_peer(const char *lines, unsigned int line, const char *sentence)
{
	bad_peer_n(lines, 1, line, sentence);
}

static void test_refusals(void)
{
	bad_peer("remote = 192.0.2.3\n", 4, "\"remote\" was there before");
	bad_peer("networks = 10.0.0.0/8\nnetworks = 11.0.0.0/8\n", 5, "indent a line that continues");
	bad_peer("colour = blue\n", 4, "\"colour\" is not known in [peer]");
	bad_peer("mtu = 1400\n", 4, "\"mtu\" is not known in [peer]");
	bad_peer("networks = 10.0.0/8\n", 4, "\"10.0.0/8\" is no network");
	bad_peer("networks = 10.0.0.0/33\n", 4, "is no network");
	bad_peer("ike = aes256-sha256-modp1024\n", 4, "\"modp1024\" is no algorithm, or too weak");
	bad_peer("ike = aes256gcm16\n", 4, "no key exchange");
	bad_peer("esp = aes256\n", 4, "no integrity algorithm");
	bad_peer("rekey = soon\n", 4, "is no time");
	bad_peer("rekey = 99999999999d\n", 4, "is no time");
	bad_peer("dpd-timeout = 4s\n", 4, "5s or more");
	bad_peer("dpd-timeout = 0\n", 4, "5s or more");
	bad_peer("port = 0\n", 4, "is no UDP port");
	bad_peer("replay-window = 31\n", 4, "is no replay window");
	bad_peer("start = perhaps\n", 4, "is not now, demand or no");
	bad_peer("auth = none\n", 4, "is not psk or cert");
	bad_peer("rsa-padding = oaep\n", 4, "is not pss or pkcs1");
	bad_peer("mode = tunel\n", 4, "is no mode");
	bad_peer("routes =\n", 4, "\"routes\" has no value");
	bad_peer("local = 2001:db8::1\n", 1, "of different families");
	bad_peer_n("auth = cert\n", 3, 1, "[interface] has no cert and key");
	bad_peer_n("remote-auth = cert\n", 2, 1, "[interface] names no ca");
	bad_peer("protect = esp+ah\n", 1, "IKE negotiates esp or ah, not both");
	bad_peer("protect = ah\nencap = yes\n", 1, "AH cannot be in UDP");
	bad_peer("protect = ah\nesp = aes256gcm16\n", 1, "it is protected with ah");
	bad_peer("psk-file = /nowhere/at/all\n", 4, "No such file");
	bad_peer("in-spi = 0x1000\n", 1, "static keys need in-spi and out-spi");
	bad_peer("in-spi = 255\n", 4, "is no SPI (256..0xffffffff)");
	bad_peer("[peer a]\n", 4, "peer a was there before");
	bad_peer("[peer -x]\n", 4, "is no name of a peer");
	bad_peer("[something]\n", 4, "is neither [interface] nor [peer NAME]");
	bad("[pear a]\nremote = 192.0.2.2\n", 1, "is neither [interface] nor [peer NAME]");
	bad("[peer a]\nremote = 192.0.2.2\n", 1, "no psk, no psk-file");
	bad("[peer a]\nremote = 192.0.2.2\npsk-file = /nowhere\n", 3, "No such file");
	bad("[peer a]\nremote = 192.0.2.2\npsk_file = /nowhere\n", 3, "is not known in [peer]");
	bad("[peer a]\nremote = 192.0.2.2\npsk a secret of some length\n", 3, "neither");
	bad("[peer a]\nremote = 192.0.2.256\npsk = a secret of some length\nstart = now\n",
	    2, "is neither an IP address");
	bad_peer("protect = ha\nah = sha256\n", 4, "does not protect");
	bad("[interface]\ncert = hub.pem\nkey = /hub.key\n[peer a]\nauth = cert\n", 2,
	    "is not a path");
	bad_n("[peer a]\nremote = nonsense\n[peer b]\nremote = 192.0.2.3\n", 2, 2,
	      "is neither an IP address");
	bad("[peer a]\npsk = a secret of some length\nstart = now\n", 1,
	    "nobody to start with");
	bad("remote = 192.0.2.2\n", 1, "in front of the first [section]");
	bad("[interface]\n[interface]\n", 2, "[interface] was there before");
	bad("[interface]\naddress = 10.0.0.1/24\nnonsense\n", 3,
	    "neither \"name = value\" nor [section]");
	bad("[interface]\ncert = a.pem\n", 2, "is not a path that begins with /");
	bad("[interface]\ncert = /a.pem\n", 2, "needs both cert and key");
	bad("[interface]\nlink = an-interface-with-a-name\n", 2, "is no name of an interface");
	bad("[interface]\nspread = often\n", 2, "is neither yes nor no");
	bad("[interface]\nfwmark = blue\n", 2, "is not a number (0..");
	bad("[interface]\naddress = 10.0.0.1/33\n", 2, "is no address with prefix length");
	bad_peer("ah = sha256\n", 1, "it is not protected with ah");
	bad_peer("mode = transport\ntfc = 1000\n", 1, "tfc is for tunnel mode");
	bad_peer("tfc = 65536\n", 4, "is not a number of bytes");
	bad_peer("rekey-bytes = much\n", 4, "is not a number, with k, m, g or t behind it");
	bad_peer("local = here\n", 4, "is no IP address");
	bad_peer("id = key:0x0\n", 4, "is no identity");
	bad("[peer a]\nremote = 192.0.2.2\nauth = psk\n", 1, "neither psk nor psk-file");
	bad("[peer a]\nremote = 192.0.2.2\npsk = 0xabc\n", 3, "nor 0x and hexadecimal digits");
}

/* A list of one word too many */
static void test_long_lists(void)
{
	static const struct {
		const char *section, *name, *word;
		unsigned int words;
		const char *sentence;
	} lists[] = {
		{ "[interface]", "address", "10.0.0.1/24", CONFIG_ADDRESSES_MAX, "more than 16 addresses" },
		{ "[peer a]", "networks", "10.0.0.0/8", SELECTORS_MAX, "more than 64 networks" },
		{ "[peer a]", "esp", "aes256gcm16", PROPOSALS_MAX, "more than 16 proposals" },
	};
	char text[4096];

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		int n = sprintf(text, "%s\n%s = %s", lists[i].section, lists[i].name, lists[i].word);

		for (unsigned int k = 0; k < lists[i].words; k++)
			n += sprintf(text + n, ",\n %s", lists[i].word);
		strcpy(text + n, "\n");
		bad(text, 2 + lists[i].words, lists[i].sentence);
	}
}

static void test_long_line(void)
{
	char text[1024] = "[peer a]\nremote = 192.0.2.2\n#";

	memset(text + strlen(text), 'x', 300);
	strcat(text, "\npsk = a secret of some length\n");
	bad(text, 3, "longer than");
}

static void test_warnings(void)
{
	struct config *c = parse("[peer a]\nremote = 192.0.2.2\npsk = short\n");

	CHECK("a short secret is warned about", c && errors.n == 1 && errors.list[0].warning &&
	      errors.list[0].line == 3 && !strstr(errors.list[0].text, "\"short\""));
	config_free(c);
}

static void test_many_errors(void)
{
	char *text = malloc(1 << 20), *at = text;
	struct config *c;

	at += sprintf(at, "[interface]\n");
	for (int i = 0; i < 20000; i++)
		at += sprintf(at, "wrong%d = 1\n", i);
	c = parse(text);
	CHECK("E4.40 20,000 errors: the first 32 are told", !c && errors.n == CONFIG_ERRORS_MAX &&
	      errors.failed);
	free(text);
}

static void test_equal(void)
{
	struct config *a = parse(GATEWAY), *b = parse(GATEWAY "dpd = 10s\n");
	struct config *c = parse("[peer other]\nremote = 192.0.2.9\npsk = a secret of some length\n"
				 GATEWAY);

	CHECK("a peer that is configured the same", a && c &&
	      config_peer_equal(&a->peers[0], &c->peers[1]));
	CHECK("a peer that is configured otherwise", a && b &&
	      !config_peer_equal(&a->peers[0], &b->peers[0]));
	config_free(a);
	config_free(b);
	config_free(c);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	chmod(path, mode);
}

/* Of a peer with static keys that is otherwise complete */
static void bad_static(const char *dir, const char *lines, unsigned int line,
		       const char *sentence)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "[peer a]\nin-spi = 0x1000\nout-spi = 0x1001\nin-key-file = %s/key\n"
		 "out-key-file = %s/key\n%s", dir, dir, lines);
	bad(text, line, sentence);
}

static void test_static(const char *dir)
{
	char path[256], lines[1024], auth[600];
	struct config *c;

	snprintf(path, sizeof(path), "%s/key", dir);
	write_file(path, "000102030405060708090a0b0c0d0e0f\n", 0600);
	snprintf(path, sizeof(path), "%s/auth", dir);
	write_file(path, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 0600);
	snprintf(auth, sizeof(auth), "in-auth-key-file = %s\nout-auth-key-file = %s\n"
		 "integrity = hmac-sha2-256-128\n", path, path);
	bad_static(dir, "remote = 192.0.2.2\nencr = aes-cbc\n", 1, "static keys need integrity");
	bad_static(dir, "remote = 192.0.2.2\nencr = rot13\n", 7, "is no cipher");
	bad_static(dir, "remote = 192.0.2.2\nencr = aes-cbc\nintegrity = md4\n", 8, "is no integrity algorithm");
	bad_static(dir, "remote = 192.0.2.2\nesn = perhaps\n", 7, "is neither yes nor no");
	snprintf(lines, sizeof(lines), "remote = 192.0.2.2\nencr = aes-gcm-16\n%s", auth);
	bad_static(dir, lines, 1, "a cipher that a restart does not break");
	snprintf(lines, sizeof(lines), "remote = 192.0.2.2\nencr = aes-cbc\nprotect = esp+ah\n%s", auth);
	bad_static(dir, lines, 1, "static keys are for esp or ah");
	snprintf(lines, sizeof(lines), "remote = 192.0.2.2\nencr = aes-cbc\npsk = a secret of some length\n%s", auth);
	bad_static(dir, lines, 1, "both static keys and IKE");
	snprintf(lines, sizeof(lines), "encr = aes-cbc\n%s", auth);
	bad_static(dir, lines, 1, "static keys need an address");
	snprintf(lines, sizeof(lines), "[peer a]\nremote = 192.0.2.2\nin-spi = 0x1000\nout-spi = 0x1001\n"
		 "in-key-file = %s/key\nout-key-file = %s/key\nencr = aes-cbc\nesn = yes\nreplay-window = 64\n%s",
		 dir, dir, auth);
	c = parse(lines);
	CHECK("static keys", c && c->peers[0].in.key.len == 16 && c->peers[0].out.auth_key.len == 32 &&
	      c->peers[0].in.esn && c->peers[0].out.esn);
	config_free(c);
	snprintf(path, sizeof(path), "%s/key", dir);
	write_file(path, "00010203x\n", 0600);
	snprintf(lines, sizeof(lines), "[peer a]\nin-spi = 0x1000\nout-spi = 0x1001\n"
		 "in-key-file = %s/key\nremote = 192.0.2.2\n", dir);
	bad(lines, 4, "is not a hexadecimal digit");
}

static void test_files(const char *dir)
{
	char path[256], psk[256], text[1024];
	struct config *c;

	snprintf(path, sizeof(path), "%s/ipsec7.conf", dir);
	snprintf(psk, sizeof(psk), "%s/psk", dir);
	write_file(path, GATEWAY, 0644);
	c = config_load(path, &errors);
	CHECK("E4.40 others may read the secret in the file", !c && errors.list[0].line == 9 &&
	      strstr(errors.list[0].text, "chmod 600"));
	chmod(path, 0600);
	c = config_load(path, &errors);
	CHECK("the file's name is the interface's", c && !strcmp(c->ifname, "ipsec7"));
	config_free(c);
	snprintf(text, sizeof(text), "[peer a]\nremote = 192.0.2.2\npsk-file = %s\n", psk);
	write_file(path, text, 0644);
	write_file(psk, "0x000102030405060708090a0b0c0d0e0f\n", 0640);
	c = config_load(path, &errors);
	CHECK("E4.40 others may read the file of the secret", !c && errors.n == 1 &&
	      errors.list[0].line == 3 &&
	      strstr(errors.list[0].text, "chmod 600"));
	chmod(psk, 0600);
	c = config_load(path, &errors);
	CHECK("a secret in a file", c && c->peers[0].psk.len == 16);
	config_free(c);
	write_file(psk, "", 0600);
	c = config_load(path, &errors);
	CHECK("a file of the secret that is empty", !c && errors.n == 1 &&
	      errors.list[0].line == 3 && strstr(errors.list[0].text, "psk: the file is empty"));
	write_file(psk, "\na secret of some length\n", 0600);
	c = config_load(path, &errors);
	CHECK("one that begins with an empty line", !c && errors.n == 1 &&
	      strstr(errors.list[0].text, "psk: its first line is empty"));
	snprintf(path, sizeof(path), "%s/ipsec7", dir);
	c = config_load(path, &errors);
	CHECK("a file that is named otherwise", !c && strstr(errors.list[0].text, "ipsec0.conf"));
}

int main(int argc, char **argv)
{
	test_gateway();
	test_defaults();
	test_refusals();
	test_long_line();
	test_warnings();
	test_many_errors();
	test_equal();
	test_long_lists();
	test_static(argc > 1 ? argv[1] : "/tmp");
	test_files(argc > 1 ? argv[1] : "/tmp");
	return check_status();
}
