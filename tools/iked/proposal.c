// SPDX-License-Identifier: MIT
/*
 * proposal.c - choosing among proposals (RFC 7296 2.7, 3.3).  How they are written in
 * words and in bytes is in proposal_text.c and proposal_wire.c.
 */
#include <errno.h>
#include <string.h>

#include <linux/if_ipsec.h>

#include "proposal.h"

#define ENCR(id_, bits)		{ IKE_TYPE_ENCR, IFIPSEC_ENCR_##id_, bits }
#define INTEG(id_)		{ IKE_TYPE_INTEG, IFIPSEC_AUTH_##id_, 0 }
#define PRF(id_)		{ IKE_TYPE_PRF, IKE_PRF_##id_, 0 }
#define GROUP(id_)		{ IKE_TYPE_KE, IKE_GROUP_##id_, 0 }
#define ESN(yes)		{ IKE_TYPE_ESN, yes, 0 }

#define AEADS	ENCR(AES_GCM_16, 256), ENCR(CHACHA20_POLY1305, 0), ENCR(AES_GCM_16, 128)
#define CBCS	ENCR(AES_CBC, 256), ENCR(AES_CBC, 128)
#define INTEGS	INTEG(HMAC_SHA2_256_128), INTEG(HMAC_SHA2_512_256), \
		INTEG(HMAC_SHA2_384_192)
#define PRFS	PRF(HMAC_SHA2_256), PRF(HMAC_SHA2_384), PRF(HMAC_SHA2_512)
#define GROUPS	GROUP(X25519), GROUP(ECP_256), GROUP(ECP_384), GROUP(X448), \
		GROUP(ECP_521), GROUP(MODP_3072), GROUP(MODP_4096), GROUP(MODP_2048)
#define ESNS	ESN(1), ESN(0)

struct defaults {
	uint8_t protocol;
	struct transform transforms[20];	/* ends with type 0 */
};

/* New keys of child SAs come from an exchange of their own where the peer can */
static const struct defaults defaults[] = {
	{ IKE_PROTO_IKE, { AEADS, PRFS, GROUPS } },
	{ IKE_PROTO_IKE, { CBCS, INTEGS, PRFS, GROUPS } },
	{ IKE_PROTO_ESP, { AEADS, GROUPS, ESNS } },
	{ IKE_PROTO_ESP, { CBCS, INTEGS, GROUPS, ESNS } },
	{ IKE_PROTO_ESP, { AEADS, ESNS } },
	{ IKE_PROTO_ESP, { CBCS, INTEGS, ESNS } },
	{ IKE_PROTO_AH, { INTEGS, GROUPS, ESNS } },
	{ IKE_PROTO_AH, { INTEGS, ESNS } },
};

void proposals_default(enum ike_protocol protocol, struct proposals *list)
{
	const size_t count = sizeof(defaults) / sizeof(defaults[0]);
	struct proposal *p;

	memset(list, 0, sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		if (defaults[i].protocol != protocol)
			continue;
		p = &list->list[list->n++];
		p->number = list->n;
		p->protocol = protocol;
		while (defaults[i].transforms[p->n].type) {
			p->transforms[p->n] = defaults[i].transforms[p->n];
			p->n++;
		}
	}
}

bool proposal_is_aead(uint16_t encr)
{
	switch (encr) {
	case IFIPSEC_ENCR_AES_CCM_8:
	case IFIPSEC_ENCR_AES_CCM_12:
	case IFIPSEC_ENCR_AES_CCM_16:
	case IFIPSEC_ENCR_AES_GCM_8:
	case IFIPSEC_ENCR_AES_GCM_12:
	case IFIPSEC_ENCR_AES_GCM_16:
	case IFIPSEC_ENCR_NULL_AES_GMAC:
	case IFIPSEC_ENCR_CHACHA20_POLY1305:
		return true;
	}
	return false;
}

static bool transform_equal(const struct transform *a, const struct transform *b)
{
	return a->type == b->type && a->id == b->id && a->key_bits == b->key_bits;
}

static bool proposal_has(const struct proposal *p, const struct transform *t)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (transform_equal(&p->transforms[i], t))
			return true;
	return false;
}

static unsigned int proposal_count(const struct proposal *p, uint8_t type)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < p->n; i++)
		n += p->transforms[i].type == type;
	return n;
}

/* @p allows that there is none of a type: it has none, or says NONE */
static bool proposal_allows_none(const struct proposal *p, uint8_t type)
{
	const struct transform none = { type, 0, 0 };

	return !proposal_count(p, type) || proposal_has(p, &none);
}

/* The first transform of a type in @ours that @theirs has too; 0 bytes of id: NONE */
static bool match_type(const struct proposal *theirs, const struct proposal *ours,
		       uint8_t type, struct transform *match)
{
	for (unsigned int i = 0; i < ours->n; i++) {
		if (ours->transforms[i].type == type &&
		    proposal_has(theirs, &ours->transforms[i])) {
			*match = ours->transforms[i];
			return true;
		}
	}
	*match = (struct transform){ type, 0, 0 };
	return proposal_allows_none(theirs, type) && proposal_allows_none(ours, type);
}

/* Integrity of its own, or beside the cipher: never both, never none */
static bool match_integ(const struct proposal *theirs, const struct proposal *ours,
			bool own, struct chosen *c)
{
	struct transform t;

	if (own) {
		c->integ = 0;
		return proposal_allows_none(theirs, IKE_TYPE_INTEG);
	}
	if (!match_type(theirs, ours, IKE_TYPE_INTEG, &t))
		return false;
	c->integ = t.id;
	return t.id;
}

static bool match_cipher(const struct proposal *theirs, const struct proposal *ours,
			 struct chosen *c)
{
	const struct transform *t;

	if (ours->protocol == IKE_PROTO_AH)
		return !proposal_count(theirs, IKE_TYPE_ENCR) &&
		       match_integ(theirs, ours, false, c);
	for (unsigned int i = 0; i < ours->n; i++) {
		t = &ours->transforms[i];
		if (t->type != IKE_TYPE_ENCR || !t->id || !proposal_has(theirs, t) ||
		    !match_integ(theirs, ours, proposal_is_aead(t->id), c))
			continue;
		c->encr = t->id;
		c->encr_key_bits = t->key_bits;
		return true;
	}
	return false;
}

/* RFC 7296 3.3.2: a child SA without the transform has 32-bit numbers */
static bool match_esn(const struct proposal *theirs, const struct proposal *ours,
		      struct chosen *c)
{
	struct transform t;

	if (!match_type(theirs, ours, IKE_TYPE_ESN, &t))
		return false;
	c->esn = t.id == 1;
	return true;
}

static bool match_pair(const struct proposal *theirs, const struct proposal *ours,
		       bool with_group, struct chosen *c)
{
	bool ike = ours->protocol == IKE_PROTO_IKE;
	struct transform t = { 0 };

	memset(c, 0, sizeof(*c));
	c->number = theirs->number;
	c->protocol = theirs->protocol;
	if (theirs->protocol != ours->protocol || !match_cipher(theirs, ours, c))
		return false;
	if (ike && (!match_type(theirs, ours, IKE_TYPE_PRF, &t) || !t.id))
		return false;
	c->prf = t.id;
	if (!ike && !match_esn(theirs, ours, c))
		return false;
	if (!with_group)
		return true;
	if (!match_type(theirs, ours, IKE_TYPE_KE, &t) || (ike && !t.id))
		return false;
	c->group = t.id;
	return true;
}

int proposal_select(const struct proposals *offered, const struct proposals *ours,
		    bool with_group, struct chosen *chosen, unsigned int *index)
{
	for (unsigned int i = 0; i < ours->n; i++) {
		for (unsigned int k = 0; k < offered->n; k++) {
			if (!match_pair(&offered->list[k], &ours->list[i], with_group,
					chosen))
				continue;
			*index = k;
			return 0;
		}
	}
	return -ENOENT;
}

int proposal_check_answer(const struct proposals *answer,
			  const struct proposals *offered, bool with_group,
			  struct chosen *chosen)
{
	const struct proposal *a = &answer->list[0];

	if (answer->n != 1)
		return -EINVAL;
	for (uint8_t type = IKE_TYPE_ENCR; type < IKE_TYPE_END; type++)
		if (proposal_count(a, type) > 1)
			return -EINVAL;
	for (unsigned int i = 0; i < offered->n; i++) {
		const struct proposal *o = &offered->list[i];

		if (o->number != a->number || !match_pair(o, a, with_group, chosen))
			continue;
		/* nothing in it that we did not offer, but for what says "none" */
		for (unsigned int k = 0; k < a->n; k++)
			if (a->transforms[k].id && !proposal_has(o, &a->transforms[k]))
				return -EINVAL;
		return 0;
	}
	return -EINVAL;
}

static void proposal_add(struct proposal *p, uint8_t type, uint16_t id, uint16_t bits)
{
	p->transforms[p->n++] = (struct transform){ type, id, bits };
}

void proposal_of_chosen(const struct chosen *c, struct bytes spi, struct proposal *p)
{
	memset(p, 0, sizeof(*p));
	p->number = c->number;
	p->protocol = c->protocol;
	if (spi.len && spi.len <= sizeof(p->spi)) {
		memcpy(p->spi, spi.p, spi.len);
		p->spi_len = spi.len;
	}
	if (c->protocol != IKE_PROTO_AH)
		proposal_add(p, IKE_TYPE_ENCR, c->encr, c->encr_key_bits);
	if (c->protocol == IKE_PROTO_IKE)
		proposal_add(p, IKE_TYPE_PRF, c->prf, 0);
	if (c->integ)
		proposal_add(p, IKE_TYPE_INTEG, c->integ, 0);
	if (c->group)
		proposal_add(p, IKE_TYPE_KE, c->group, 0);
	if (c->protocol != IKE_PROTO_IKE)
		proposal_add(p, IKE_TYPE_ESN, c->esn, 0);
}

bool proposals_have_group(const struct proposals *list, uint16_t group)
{
	const struct transform t = { IKE_TYPE_KE, group, 0 };

	for (unsigned int i = 0; i < list->n; i++)
		if (proposal_has(&list->list[i], &t))
			return true;
	return false;
}

uint16_t proposals_first_group(const struct proposals *list)
{
	const struct proposal *p = &list->list[0];

	for (unsigned int i = 0; list->n && i < p->n; i++)
		if (p->transforms[i].type == IKE_TYPE_KE)
			return p->transforms[i].id;
	return IKE_GROUP_NONE;
}

void proposals_set_spi(struct proposals *list, struct bytes spi)
{
	for (unsigned int i = 0; i < list->n; i++) {
		if (spi.len > sizeof(list->list[i].spi))
			continue;
		list->list[i].spi_len = spi.len;
		if (spi.len)
			memcpy(list->list[i].spi, spi.p, spi.len);
	}
}

static bool proposal_equal(const struct proposal *a, const struct proposal *b)
{
	return a->n == b->n && a->protocol == b->protocol &&
	       !memcmp(a->transforms, b->transforms, a->n * sizeof(a->transforms[0]));
}

/* What differed only in groups is there once */
static void proposals_unique(struct proposals *list)
{
	unsigned int n = 0, k;

	for (unsigned int i = 0; i < list->n; i++) {
		for (k = 0; k < n; k++)
			if (proposal_equal(&list->list[k], &list->list[i]))
				break;
		if (k == n)
			list->list[n++] = list->list[i];
	}
	list->n = n;
	for (unsigned int i = 0; i < n; i++)
		list->list[i].number = i + 1;
}

void proposals_drop_groups(struct proposals *list)
{
	for (unsigned int i = 0; i < list->n; i++) {
		struct proposal *p = &list->list[i];
		unsigned int n = 0;

		for (unsigned int k = 0; k < p->n; k++)
			if (p->transforms[k].type != IKE_TYPE_KE)
				p->transforms[n++] = p->transforms[k];
		p->n = n;
	}
	proposals_unique(list);
}
