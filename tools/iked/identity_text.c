// SPDX-License-Identifier: MIT
/*
 * identity_text.c - identities in words.  A distinguished name is a list of NAME=VALUE
 * as in RFC 4514, but in the order of the bytes: "C=CH, O=Example, CN=gw".
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "identity.h"

#define KEY_PREFIX	"key:"
#define FQDN_MAX	255
#define DN_FLAGS	(XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN | ASN1_STRFLGS_RFC2253)

static int set(struct identity *id, uint8_t type, const void *data, size_t len)
{
	if (!len || len > sizeof(id->data))
		return -EINVAL;
	id->type = type;
	id->len = len;
	memcpy(id->data, data, len);
	return 0;
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return at ? at - digits : -1;
}

static int parse_key_id(const char *text, struct identity *id)
{
	uint8_t data[IDENTITY_BYTES_MAX];
	size_t n = 0;

	if (strncmp(text, "0x", 2))
		return set(id, IKE_ID_KEY_ID, text, strlen(text));
	for (text += 2; *text; text += 2) {
		int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);

		if (low < 0 || n == sizeof(data))
			return -EINVAL;
		data[n++] = high << 4 | low;
	}
	return set(id, IKE_ID_KEY_ID, data, n);
}

/* No '*': a name that looks like a pattern would match nothing but itself.  No '\\':
 * what is printed has escapes.
 */
static int parse_name(const char *text, uint8_t type, struct identity *id)
{
	for (const char *p = text; *p; p++)
		if (!isgraph((unsigned char)*p) || *p == '*' || *p == '\\')
			return -EINVAL;
	if (strlen(text) > FQDN_MAX)
		return -EINVAL;
	return set(id, type, text, strlen(text));
}

static int parse_mail(const char *text, struct identity *id)
{
	const char *at = strrchr(text, '@');

	return at == text || !at[1] ? -EINVAL : parse_name(text, IKE_ID_RFC822, id);
}

/* One NAME=VALUE in work, from @p up to an unescaped ',' or '+' */
struct rdn {
	char name[64];
	char value[IDENTITY_BYTES_MAX];
	size_t len;
	char end;
};

static const char *parse_rdn_name(const char *p, struct rdn *rdn)
{
	size_t n = 0;

	p += strspn(p, " ");
	while (*p && *p != '=' && n < sizeof(rdn->name) - 1)
		rdn->name[n++] = *p++;
	while (n && rdn->name[n - 1] == ' ')
		n--;
	rdn->name[n] = '\0';
	return n && *p == '=' ? p + 1 : NULL;
}

/* What follows a backslash: two hexadecimal digits, or the character itself */
static const char *parse_escape(const char *p, char *c)
{
	int high = digit(p[0]), low = high < 0 ? -1 : digit(p[1]);

	if (low >= 0) {
		*c = high * 16 + low;
		return p + 2;
	}
	*c = *p;
	return *p ? p + 1 : NULL;
}

static const char *parse_rdn_value(const char *p, struct rdn *rdn)
{
	size_t keep = 0;		/* spaces behind are no part of it */

	rdn->len = 0;
	p += strspn(p, " ");
	while (*p && *p != ',' && *p != '+') {
		char c = *p++;
		bool escaped = c == '\\';

		if (escaped && !(p = parse_escape(p, &c)))
			return NULL;
		if (rdn->len == sizeof(rdn->value) || !c)
			return NULL;
		rdn->value[rdn->len++] = c;
		if (escaped || c != ' ')
			keep = rdn->len;
	}
	rdn->len = keep;
	rdn->end = *p;
	return keep ? p : NULL;
}

static bool add_rdns(X509_NAME *name, const char *text)
{
	struct rdn rdn;
	int same = 0;			/* -1: in the same RDN as the one before */

	do {
		text = parse_rdn_name(text, &rdn);
		text = text ? parse_rdn_value(text, &rdn) : NULL;
		if (!text)
			return false;
		if (!strcasecmp(rdn.name, "E"))
			strcpy(rdn.name, "emailAddress");
		if (X509_NAME_add_entry_by_txt(name, rdn.name, MBSTRING_UTF8,
					       (unsigned char *)rdn.value, rdn.len,
					       -1, same) != 1)
			return false;
		same = rdn.end == '+' ? -1 : 0;
		text++;
	} while (rdn.end);
	return true;
}

static int parse_dn(const char *text, struct identity *id)
{
	X509_NAME *name = X509_NAME_new();
	unsigned char *der = NULL;
	int len = name && add_rdns(name, text) ? i2d_X509_NAME(name, &der) : -1;
	int err = len > 0 ? set(id, IKE_ID_DN, der, len) : -EINVAL;

	OPENSSL_free(der);
	X509_NAME_free(name);
	ERR_clear_error();
	return err;
}

static int parse_any_kind(const char *text, struct identity *id)
{
	uint8_t addr[16];

	if (!strcmp(text, "%any"))
		return 0;
	if (!strncmp(text, KEY_PREFIX, strlen(KEY_PREFIX)))
		return parse_key_id(text + strlen(KEY_PREFIX), id);
	if (text[0] == '@')
		return parse_name(text + 1, IKE_ID_FQDN, id);
	if (strchr(text, '='))
		return parse_dn(text, id);
	if (inet_pton(AF_INET, text, addr) == 1)
		return set(id, IKE_ID_IPV4, addr, 4);
	if (inet_pton(AF_INET6, text, addr) == 1)
		return set(id, IKE_ID_IPV6, addr, 16);
	if (strchr(text, '@'))
		return parse_mail(text, id);
	/* An address with a mistake is no name */
	if (strchr(text, ':') || text[strspn(text, "0123456789./")] == '\0')
		return -EINVAL;
	return parse_name(text, IKE_ID_FQDN, id);
}

int identity_parse_text(const char *text, struct identity *id)
{
	int err;

	memset(id, 0, sizeof(*id));
	err = parse_any_kind(text, id);
	if (err)
		memset(id, 0, sizeof(*id));
	return err;
}

/* Text in work; what does not fit ends in "..." */
struct text {
	char *buf;
	size_t len;
	bool full;
};

__attribute__((format(printf, 2, 3)))
static void put(struct text *t, const char *format, ...)
{
	size_t room = IDENTITY_TEXT_MAX - sizeof("...") - t->len;
	va_list args;
	int n;

	if (t->full)
		return;
	va_start(args, format);
	n = vsnprintf(t->buf + t->len, room + 1, format, args);
	va_end(args);
	t->full = n < 0 || (size_t)n > room;
	if (t->full)
		strcpy(t->buf + t->len, "...");
	else
		t->len += n;
}

static void put_escaped(struct text *t, struct bytes data)
{
	for (size_t i = 0; i < data.len; i++)
		put(t, isgraph(data.p[i]) && data.p[i] != '\\' ? "%c" : "\\x%02x",
		    data.p[i]);
}

static void put_hex(struct text *t, struct bytes data)
{
	put(t, "0x");
	for (size_t i = 0; i < data.len; i++)
		put(t, "%02x", data.p[i]);
}

static void put_dn(struct text *t, struct bytes der)
{
	const unsigned char *p = der.p;
	X509_NAME *name = d2i_X509_NAME(NULL, &p, der.len);
	BIO *bio = BIO_new(BIO_s_mem());
	char *printed = NULL;
	long len = 0;

	if (name && bio && X509_NAME_print_ex(bio, name, 0, DN_FLAGS) >= 0)
		len = BIO_get_mem_data(bio, &printed);
	/* RFC 4514 escapes leave nothing but printable ASCII; see to it all the same */
	for (long i = 0; i < len; i++)
		put(t, isprint((unsigned char)printed[i]) ? "%c" : "\\%02X",
		    (unsigned char)printed[i]);
	if (!len)
		put_hex(t, der);
	BIO_free(bio);
	X509_NAME_free(name);
	ERR_clear_error();
}

static void put_key_id(struct text *t, struct bytes data)
{
	bool plain = data.len < 2 || memcmp(data.p, "0x", 2);

	for (size_t i = 0; i < data.len; i++)
		plain = plain && isgraph(data.p[i]) && data.p[i] != '\\';
	put(t, KEY_PREFIX);
	if (plain)
		put_escaped(t, data);
	else
		put_hex(t, data);
}

/* A name that reads like something else gets the prefix that forces a name */
static void put_fqdn(struct text *t, struct bytes data)
{
	struct identity again;

	put_escaped(t, data);
	if (!t->full && !identity_parse_text(t->buf, &again) &&
	    again.type == IKE_ID_FQDN && t->buf[0] != '@')
		return;
	*t = (struct text){ t->buf, 0, false };
	put(t, "@");
	put_escaped(t, data);
}

const char *identity_text(const struct identity *id, char buf[static IDENTITY_TEXT_MAX])
{
	struct text t = { buf, 0, false };
	struct bytes data = bytes_of(id->data, id->len);

	buf[0] = '\0';
	switch (id->type) {
	case 0:
		put(&t, "%%any");
		break;
	case IKE_ID_IPV4:
		inet_ntop(AF_INET, id->data, buf, IDENTITY_TEXT_MAX);
		break;
	case IKE_ID_IPV6:
		inet_ntop(AF_INET6, id->data, buf, IDENTITY_TEXT_MAX);
		break;
	case IKE_ID_FQDN:
		put_fqdn(&t, data);
		break;
	case IKE_ID_RFC822:
		put_escaped(&t, data);
		break;
	case IKE_ID_DN:
		put_dn(&t, data);
		break;
	default:
		put_key_id(&t, data);
	}
	return buf;
}
