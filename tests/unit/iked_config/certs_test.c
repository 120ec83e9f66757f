// SPDX-License-Identifier: MIT
/*
 * certs_test.c - what "ipsecctl check" says of the certificates, keys and lists that a
 * configuration names: files of make_certs.py, in $IKED_CERTS.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../../tools/iked/config.h"
#include "../tools/check.h"

#define NOW	1767225600	/* 2026-01-01, when the certificates are valid */

static struct config_errors errors;
static const char *certs;

/* Lines 2 to 5 are cert, key, ca and crl */
static struct config *load(const char *cert, const char *key, const char *ca,
			   const char *crl, const char *more)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/ipsec7.conf", certs);
	f = fopen(path, "w");
	if (!f)
		exit(2);
	fprintf(f, "[interface]\ncert = %s/%s\nkey = %s/%s\nca = %s/%s\ncrl = %s/%s\n"
		"[peer b]\nremote = 192.0.2.2\nid = ec.example.org\n%s", certs, cert, certs,
		key, certs, ca, certs, crl, more);
	fclose(f);
	return config_load_all(path, NOW, &errors);
}

static bool said(unsigned int line, bool warning, const char *sentence)
{
	for (unsigned int i = 0; i < errors.n; i++)
		if (errors.list[i].line == line && errors.list[i].warning == warning &&
		    strstr(errors.list[i].text, sentence))
			return true;
	return false;
}

static void check_one(const char *name, struct config *c, unsigned int line, bool warning,
		      const char *sentence)
{
	check(!c == !warning && errors.n == 1 && said(line, warning, sentence), name,
	      "%s, %u lines, %u: %s", c ? "accepted" : "refused", errors.n,
	      errors.list[0].line, errors.list[0].text);
	config_free(c);
}

#define CERT	"p256.pem", "p256.key"
#define CA	"ca.pem", "ca.crl"

static void test_good(void)
{
	struct config *c = load(CERT, CA, "");

	check(c && !errors.n, "files that are as they should be", "%u lines: %s", errors.n,
	      errors.list[0].text);
	config_free(c);
	c = load("gw_chain.pem", "gw.key", "cas", "ca.crl", "");
	check(c && !errors.n, "a chain, and a directory", "%u lines: %s", errors.n,
	      errors.list[0].text);
	config_free(c);
}

static void test_errors(void)
{
	check_one("no certificate", load("none.pem", "p256.key", CA, ""), 2, false,
		  "none.pem: No such file or directory; wanted is our certificate");
	check_one("a certificate that is none", load("garbage.pem", "p256.key", CA, ""), 2,
		  false, "garbage.pem: holds no certificate");
	check_one("no key", load("p256.pem", "none.key", CA, ""), 3, false,
		  "none.key: No such file or directory");
	check_one("a key with a password", load("p256.pem", "locked.key", CA, ""), 3, false,
		  "without a password");
	check_one("E4.40 a key that others can read", load("p256.pem", "open.key", CA, ""), 3,
		  false, "chmod 600");
	check_one("another's key", load("p256.pem", "p384.key", CA, ""), 3, false,
		  "p384.key is not that of ");
	check_one("an authority that is none", load(CERT, "p384.pem", "ca.crl", ""), 4, false,
		  "not of an authority");
	check_one("a directory without authorities", load(CERT, "none", "ca.crl", ""), 4, false,
		  "no file whose name ends in");
	check_one("a directory without lists", load(CERT, "ca.pem", "none", ""), 5, false,
		  "no file whose name ends in");
	check_one("no list", load(CERT, "ca.pem", "ca.pem", ""), 5, false,
		  "holds no revocation list");
}

static void test_dates(void)
{
	check_one("E4.19 expired", load("expired.pem", "expired.key", CA, ""), 2, true,
		  "expired on 2025-01-01 00:00 UTC: renew it");
	check_one("E4.19 not yet valid", load("future.pem", "future.key", CA, ""), 2, true,
		  "is not valid before 20");
	check_one("E4.19 an authority that expired", load(CERT, "old_middle.pem", "ca.crl", ""),
		  4, true, "expired on 2025-01-01 00:00 UTC");
	check_one("E4.19 an old list", load(CERT, "ca.pem", "ca_old.crl", ""), 5, true,
		  "the list of ");
}

static void test_several(void)
{
	struct config *c = load("garbage.pem", "none.key", "p384.pem", "garbage.crl",
				"colour = red\n");

	CHECK("everything that is wrong, a line for each", !c && errors.n == 5 &&
	      said(2, false, "garbage.pem") && said(3, false, "none.key") &&
	      said(4, false, "p384.pem") && said(5, false, "garbage.crl") &&
	      said(9, false, "colour"));
	config_free(c);
}

int main(void)
{
	certs = getenv("IKED_CERTS");
	if (!certs)
		return 2;
	test_good();
	test_errors();
	test_dates();
	test_several();
	return check_status();
}
