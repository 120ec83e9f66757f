// SPDX-License-Identifier: MIT
/*
 * config_cert.c - certificates, their key, authorities and lists that [interface] names:
 * opened and looked at, for "ipsecctl check" and "up", and forgotten again.
 */
#include <stdio.h>
#include <time.h>

#include "config_parse.h"
#include "trust.h"

struct look {
	struct config_parser *p;
	const struct config_path *file;
	const char *what;		/* is in it */
};

/* Who is refused for it is for the peers to say, and a clock may be wrong: a warning */
static void look_at_dates(const char *whose, int64_t from, int64_t until, void *arg)
{
	const struct look *look = arg;
	int64_t now = look->p->now;
	time_t at = now < from ? from : until;
	char date[32];
	struct tm tm;

	if (from <= now && now <= until)
		return;
	gmtime_r(&at, &tm);
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", &tm);
	config_complain(look->p, look->file->line, true,
			now < from ? "%.90s: the %s of %.60s is not valid before %s: is the clock right?" :
			"%.90s: the %s of %.60s expired on %s: renew it",
			look->file->path, look->what, whose, date);
}

static void look_at_own(struct config_parser *p, const struct config *c)
{
	struct look look = { p, &c->cert, "certificate" };
	struct credentials creds = { 0 };
	char error[AUTH_ERROR_MAX];

	if (c->cert.path[0] && credentials_load_certs(&creds, c->cert.path, error))
		config_complain(p, c->cert.line, false,
				"%s; wanted is our certificate, in PEM or DER", error);
	if (c->key.path[0] && credentials_load_key(&creds, c->key.path, error))
		config_complain(p, c->key.line, false,
				"%s; wanted is the certificate's private key, in PEM or DER",
				error);
	if (creds.n && creds.key && !credentials_match(&creds))
		config_complain(p, c->key.line, false,
				"the key in %.80s is not that of %.80s: name the one that it was made with",
				c->key.path, c->cert.path);
	credentials_dates(&creds, look_at_dates, &look);
	credentials_free(&creds);
}

static void look_at_others(struct config_parser *p, const struct config *c)
{
	struct look ca = { p, &c->ca, "certificate" }, crl = { p, &c->crl, "list" };
	struct trust *trust = trust_new();
	char error[AUTH_ERROR_MAX];

	if (!trust) {
		config_complain(p, 0, false, "out of memory");
		return;
	}
	if (c->ca.path[0] && trust_add_ca(trust, c->ca.path, error))
		config_complain(p, c->ca.line, false,
				"%s; wanted are certificates of authorities, in PEM or DER",
				error);
	else if (c->ca.path[0] && !sk_X509_num(trust->authorities))
		config_complain(p, c->ca.line, false,
				"%.90s has no file whose name ends in .pem, .crt, .cer or .der",
				c->ca.path);
	if (c->crl.path[0] && trust_add_crl(trust, c->crl.path, error))
		config_complain(p, c->crl.line, false,
				"%s; wanted are revocation lists, in PEM or DER", error);
	else if (c->crl.path[0] && !trust->lists)
		config_complain(p, c->crl.line, false,
				"%.90s has no file whose name ends in .pem, .crl or .der",
				c->crl.path);
	trust_dates(trust, look_at_dates, &ca);
	trust_crl_dates(trust, look_at_dates, &crl);
	trust_free(trust);
}

void config_certs(struct config_parser *p)
{
	look_at_own(p, p->config);
	look_at_others(p, p->config);
}
