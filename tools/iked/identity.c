// SPDX-License-Identifier: MIT
/*
 * identity.c - who a side claims to be: bytes, and comparing them.  identity_text.c has
 * the words.
 */
#define _GNU_SOURCE	/* memrchr() */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "identity.h"

/* A whole DER Name and nothing behind it; X509_NAME_free() it */
static X509_NAME *name_of(struct bytes der)
{
	const unsigned char *p = der.p;
	X509_NAME *name = d2i_X509_NAME(NULL, &p, der.len);

	if (name && p != der.p + der.len) {
		X509_NAME_free(name);
		name = NULL;
	}
	ERR_clear_error();
	return name;
}

static bool is_name(struct bytes der)
{
	X509_NAME *name = name_of(der);

	X509_NAME_free(name);
	return name;
}

static bool data_possible(uint8_t type, struct bytes data)
{
	if (!data.len || data.len > IDENTITY_BYTES_MAX)
		return false;
	switch (type) {
	case IKE_ID_IPV4:
		return data.len == 4;
	case IKE_ID_IPV6:
		return data.len == 16;
	case IKE_ID_FQDN:
	case IKE_ID_RFC822:
		return !memchr(data.p, '\0', data.len);
	case IKE_ID_DN:
		return is_name(data);
	case IKE_ID_KEY_ID:
		return true;
	}
	return false;
}

int identity_of_payload(const struct ike_id *payload, struct identity *id)
{
	memset(id, 0, sizeof(*id));
	if (!data_possible(payload->type, payload->data))
		return -EINVAL;
	id->type = payload->type;
	id->len = payload->data.len;
	memcpy(id->data, payload->data.p, payload->data.len);
	return 0;
}

void identity_write_body(struct writer *w, const struct identity *id)
{
	write_u8(w, id->type);
	write_u8(w, 0);
	write_u16(w, 0);
	write_bytes(w, bytes_of(id->data, id->len));
}

bool identity_is_any(const struct identity *id)
{
	return !id->type;
}

static bool same_name(struct bytes a, struct bytes b)
{
	return a.len == b.len &&
	       !strncasecmp((const char *)a.p, (const char *)b.p, a.len);
}

/* user@host: who a user is depends on case, a host does not (RFC 5321 2.4) */
static bool same_mail(struct bytes a, struct bytes b)
{
	const uint8_t *at = memrchr(a.p, '@', a.len);
	size_t user = at ? (size_t)(at - a.p) : 0;

	return a.len == b.len && !memcmp(a.p, b.p, user) &&
	       same_name(bytes_of(a.p + user, a.len - user),
			 bytes_of(b.p + user, b.len - user));
}

static bool same_dn(struct bytes a, struct bytes b)
{
	X509_NAME *first = name_of(a), *second = name_of(b);
	bool same = first && second && !X509_NAME_cmp(first, second);

	X509_NAME_free(first);
	X509_NAME_free(second);
	return same;
}

bool identity_same_data(uint8_t type, struct bytes a, struct bytes b)
{
	if (!a.len || !b.len)
		return false;
	switch (type) {
	case IKE_ID_FQDN:
		return same_name(a, b);
	case IKE_ID_RFC822:
		return same_mail(a, b);
	case IKE_ID_DN:
		return same_dn(a, b);
	default:
		return bytes_equal(a, b);
	}
}

bool identity_matches(const struct identity *pattern, const struct identity *id)
{
	if (identity_is_any(pattern))
		return true;
	return pattern->type == id->type &&
	       identity_same_data(id->type, bytes_of(pattern->data, pattern->len),
				  bytes_of(id->data, id->len));
}
