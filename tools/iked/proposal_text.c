// SPDX-License-Identifier: MIT
/*
 * proposal_text.c - proposals in words, "aes256gcm16-prfsha384-x25519": as in
 * configuration files, and as the log shows what each side offered.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/if_ipsec.h>

#include "proposal.h"

struct word {
	const char *text;
	struct transform t;
};

#define AES(text, id)							\
	{ "aes256" text, { IKE_TYPE_ENCR, IFIPSEC_ENCR_##id, 256 } },	\
	{ "aes192" text, { IKE_TYPE_ENCR, IFIPSEC_ENCR_##id, 192 } },	\
	{ "aes128" text, { IKE_TYPE_ENCR, IFIPSEC_ENCR_##id, 128 } }
#define PRF_WORD(NAME, n, text)		{ text, { IKE_TYPE_PRF, n, 0 } },
#define GROUP_WORD(NAME, n, text)	{ text, { IKE_TYPE_KE, n, 0 } },

/* The weak ones have no word: nobody can choose them by mistake */
static const struct word words[] = {
	AES("gcm16", AES_GCM_16),
	AES("gcm12", AES_GCM_12),
	AES("gcm8", AES_GCM_8),
	AES("ccm16", AES_CCM_16),
	AES("ccm12", AES_CCM_12),
	AES("ccm8", AES_CCM_8),
	AES("gmac", NULL_AES_GMAC),
	AES("ctr", AES_CTR),
	AES("", AES_CBC),
	{ "chacha20poly1305", { IKE_TYPE_ENCR, IFIPSEC_ENCR_CHACHA20_POLY1305, 0 } },
	{ "camellia256", { IKE_TYPE_ENCR, IFIPSEC_ENCR_CAMELLIA_CBC, 256 } },
	{ "camellia192", { IKE_TYPE_ENCR, IFIPSEC_ENCR_CAMELLIA_CBC, 192 } },
	{ "camellia128", { IKE_TYPE_ENCR, IFIPSEC_ENCR_CAMELLIA_CBC, 128 } },
	{ "null", { IKE_TYPE_ENCR, IFIPSEC_ENCR_NULL, 0 } },
	{ "sha256", { IKE_TYPE_INTEG, IFIPSEC_AUTH_HMAC_SHA2_256_128, 0 } },
	{ "sha384", { IKE_TYPE_INTEG, IFIPSEC_AUTH_HMAC_SHA2_384_192, 0 } },
	{ "sha512", { IKE_TYPE_INTEG, IFIPSEC_AUTH_HMAC_SHA2_512_256, 0 } },
	{ "sha256_96", { IKE_TYPE_INTEG, IFIPSEC_AUTH_HMAC_SHA2_256_96, 0 } },
	{ "aesxcbc", { IKE_TYPE_INTEG, IFIPSEC_AUTH_AES_XCBC_96, 0 } },
	{ "aescmac", { IKE_TYPE_INTEG, IFIPSEC_AUTH_AES_CMAC_96, 0 } },
	IKE_PRFS(PRF_WORD)
	IKE_GROUPS(GROUP_WORD)
	{ "esn", { IKE_TYPE_ESN, 1, 0 } },
	{ "noesn", { IKE_TYPE_ESN, 0, 0 } },
};

#define WORDS_N	(sizeof(words) / sizeof(words[0]))

/* GMAC is an integrity algorithm for AH, one for each size of key */
static const struct word ah_words[] = {
	{ "aes128gmac", { IKE_TYPE_INTEG, IFIPSEC_AUTH_AES_128_GMAC, 0 } },
	{ "aes192gmac", { IKE_TYPE_INTEG, IFIPSEC_AUTH_AES_192_GMAC, 0 } },
	{ "aes256gmac", { IKE_TYPE_INTEG, IFIPSEC_AUTH_AES_256_GMAC, 0 } },
};

#define AH_WORDS_N	(sizeof(ah_words) / sizeof(ah_words[0]))

__attribute__((format(printf, 2, 3)))
static int refuse(char error[static PROPOSAL_ERROR_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, PROPOSAL_ERROR_MAX, format, args);
	va_end(args);
	return -EINVAL;
}

static const struct word *word_in(const struct word *list, size_t n, const char *text,
				  size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i].text) == len && !memcmp(list[i].text, text, len))
			return &list[i];
	return NULL;
}

static const struct word *word_find(enum ike_protocol protocol, const char *text,
				    size_t len)
{
	const struct word *word = NULL;

	if (protocol == IKE_PROTO_AH)
		word = word_in(ah_words, AH_WORDS_N, text, len);
	return word ? word : word_in(words, WORDS_N, text, len);
}

static bool has_type(const struct proposal *p, uint8_t type)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (p->transforms[i].type == type)
			return true;
	return false;
}

/* What seal.c can do; the module knows more */
static bool encr_fits_ike(uint16_t id)
{
	switch (id) {
	case IFIPSEC_ENCR_NULL:
	case IFIPSEC_ENCR_NULL_AES_GMAC:
	case IFIPSEC_ENCR_AES_CCM_8:
	case IFIPSEC_ENCR_AES_CCM_12:
	case IFIPSEC_ENCR_AES_CCM_16:
	case IFIPSEC_ENCR_CAMELLIA_CBC:
		return false;
	}
	return true;
}

static bool word_fits(enum ike_protocol protocol, const struct transform *t)
{
	switch (t->type) {
	case IKE_TYPE_ENCR:
		return protocol == IKE_PROTO_IKE ? encr_fits_ike(t->id) :
		       protocol == IKE_PROTO_ESP;
	case IKE_TYPE_INTEG:
		return protocol != IKE_PROTO_IKE || t->id != IFIPSEC_AUTH_HMAC_SHA2_256_96;
	case IKE_TYPE_PRF:
		return protocol == IKE_PROTO_IKE && t->id != IKE_PRF_HMAC_SHA1;
	case IKE_TYPE_ESN:
		return protocol != IKE_PROTO_IKE;
	case IKE_TYPE_KE:
		return t->id || protocol != IKE_PROTO_IKE;
	}
	return true;
}

static int words_parse(const char *text, struct proposal *p, char *error)
{
	const struct word *word;
	size_t len;

	for (; *text; text += len + (text[len] == '-')) {
		len = strcspn(text, "-");
		word = word_find(p->protocol, text, len);
		if (!word)
			return refuse(error, "\"%.*s\" is no algorithm, or too weak",
				      (int)(len > 40 ? 40 : len), text);
		if (!word_fits(p->protocol, &word->t))
			return refuse(error, "\"%s\" cannot be used here", word->text);
		if (p->n == TRANSFORMS_MAX)
			return refuse(error, "more than %d algorithms", TRANSFORMS_MAX);
		p->transforms[p->n++] = word->t;
	}
	return 0;
}

static void add(struct proposal *p, uint8_t type, uint16_t id)
{
	if (p->n < TRANSFORMS_MAX)
		p->transforms[p->n++] = (struct transform){ type, id, 0 };
}

/* The PRF that goes with an integrity algorithm */
static uint16_t prf_of_integ(uint16_t integ)
{
	switch (integ) {
	case IFIPSEC_AUTH_HMAC_SHA2_384_192:
		return IKE_PRF_HMAC_SHA2_384;
	case IFIPSEC_AUTH_HMAC_SHA2_512_256:
		return IKE_PRF_HMAC_SHA2_512;
	case IFIPSEC_AUTH_AES_XCBC_96:
		return IKE_PRF_AES128_XCBC;
	case IFIPSEC_AUTH_AES_CMAC_96:
		return IKE_PRF_AES128_CMAC;
	}
	return IKE_PRF_HMAC_SHA2_256;
}

static void add_prfs(struct proposal *p)
{
	unsigned int n = p->n;

	if (!has_type(p, IKE_TYPE_INTEG)) {
		add(p, IKE_TYPE_PRF, IKE_PRF_HMAC_SHA2_256);
		add(p, IKE_TYPE_PRF, IKE_PRF_HMAC_SHA2_384);
		add(p, IKE_TYPE_PRF, IKE_PRF_HMAC_SHA2_512);
		return;
	}
	for (unsigned int i = 0; i < n; i++)
		if (p->transforms[i].type == IKE_TYPE_INTEG)
			add(p, IKE_TYPE_PRF, prf_of_integ(p->transforms[i].id));
}

/* Combined ciphers have integrity of their own, the others need it */
static int check_ciphers(const struct proposal *p, char *error)
{
	bool integ = has_type(p, IKE_TYPE_INTEG), aead = false, plain = false;

	for (unsigned int i = 0; i < p->n; i++) {
		if (p->transforms[i].type != IKE_TYPE_ENCR)
			continue;
		if (proposal_is_aead(p->transforms[i].id))
			aead = true;
		else
			plain = true;
	}
	if (p->protocol != IKE_PROTO_AH && !aead && !plain)
		return refuse(error, "no encryption algorithm (\"null\" for none)");
	if (aead && plain)
		return refuse(error,
			      "combined ciphers (gcm, ccm, chacha20poly1305) and others cannot be in one proposal");
	if (aead && integ)
		return refuse(error, "a combined cipher has no integrity algorithm beside it");
	if (!aead && !integ)
		return refuse(error, "no integrity algorithm, for instance sha256");
	return 0;
}

int proposal_parse_text(const char *text, enum ike_protocol protocol,
			struct proposal *p, char error[static PROPOSAL_ERROR_MAX])
{
	memset(p, 0, sizeof(*p));
	p->number = 1;
	p->protocol = protocol;
	if (!*text)
		return refuse(error, "empty proposal");
	if (words_parse(text, p, error) || check_ciphers(p, error))
		return -EINVAL;
	if (protocol == IKE_PROTO_IKE) {
		if (!has_type(p, IKE_TYPE_KE))
			return refuse(error, "no key exchange, for instance x25519");
		if (!has_type(p, IKE_TYPE_PRF))
			add_prfs(p);
	} else if (!has_type(p, IKE_TYPE_ESN)) {
		add(p, IKE_TYPE_ESN, 1);
		add(p, IKE_TYPE_ESN, 0);
	}
	return 0;
}

/* For logs */

static const char *word_of(enum ike_protocol protocol, const struct transform *t)
{
	const struct word *list = words;
	size_t n = WORDS_N;

	if (protocol == IKE_PROTO_AH && t->type == IKE_TYPE_INTEG &&
	    t->id >= IFIPSEC_AUTH_AES_128_GMAC && t->id <= IFIPSEC_AUTH_AES_256_GMAC)
		return ah_words[t->id - IFIPSEC_AUTH_AES_128_GMAC].text;
	for (size_t i = 0; i < n; i++)
		if (list[i].t.type == t->type && list[i].t.id == t->id &&
		    list[i].t.key_bits == t->key_bits)
			return list[i].text;
	return NULL;
}

static int transform_text(enum ike_protocol protocol, const struct transform *t,
			  char *buf, size_t cap)
{
	static const char *const types[IKE_TYPE_END] = {
		[IKE_TYPE_ENCR] = "encr", [IKE_TYPE_PRF] = "prf",
		[IKE_TYPE_INTEG] = "integ", [IKE_TYPE_KE] = "ke", [IKE_TYPE_ESN] = "esn",
	};
	const char *word = word_of(protocol, t);

	if (word)
		return snprintf(buf, cap, "%s", word);
	if (t->key_bits)
		return snprintf(buf, cap, "%s#%u/%u", types[t->type], t->id, t->key_bits);
	return snprintf(buf, cap, "%s#%u", types[t->type], t->id);
}

const char *proposal_text(const struct proposal *p, char buf[static PROPOSAL_TEXT_MAX])
{
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; i < p->n; i++) {
		if (at && at < PROPOSAL_TEXT_MAX - 1)
			buf[at++] = '-';
		at += transform_text(p->protocol, &p->transforms[i], buf + at,
				     PROPOSAL_TEXT_MAX - at);
		if (at >= PROPOSAL_TEXT_MAX) {
			memcpy(buf + PROPOSAL_TEXT_MAX - 4, "...", 4);
			break;
		}
	}
	return buf;
}

const char *chosen_text(const struct chosen *chosen, char buf[static PROPOSAL_TEXT_MAX])
{
	struct proposal p;

	proposal_of_chosen(chosen, bytes_of(NULL, 0), &p);
	return proposal_text(&p, buf);
}
