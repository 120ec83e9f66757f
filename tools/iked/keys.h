/* SPDX-License-Identifier: MIT */
/*
 * keys.h - from shared secrets to keys (RFC 7296 2.14, 2.17, 2.18).
 */
#ifndef IKED_KEYS_H
#define IKED_KEYS_H

#include "bytes.h"
#include "proposal.h"

#define IKE_KEY_MAX	72		/* bytes, salt included */

/* SK_*, of an IKE SA.  Wiped by ike_keys_wipe() */
struct ike_keys {
	uint16_t encr, encr_key_bits, integ, prf;
	size_t d_len, a_len, e_len, p_len;
	uint8_t d[IKE_KEY_MAX];
	uint8_t ai[IKE_KEY_MAX], ar[IKE_KEY_MAX];
	uint8_t ei[IKE_KEY_MAX], er[IKE_KEY_MAX];
	uint8_t pi[IKE_KEY_MAX], pr[IKE_KEY_MAX];
};

/* Keys of a child SA pair, as SA_NEW wants them: salt behind the key */
struct child_keys {
	size_t encr_len, integ_len;
	uint8_t encr_i[IKE_KEY_MAX], integ_i[IKE_KEY_MAX];	/* initiator sends */
	uint8_t encr_r[IKE_KEY_MAX], integ_r[IKE_KEY_MAX];	/* responder sends */
};

/* Lengths in bytes that follow from algorithms: key with salt; 0: not known */
size_t keys_encr_len(uint16_t encr, uint16_t key_bits);
size_t keys_integ_len(uint16_t integ);

/* True when we can protect an IKE SA with it */
bool keys_suite_known(const struct chosen *chosen);

/**
 * ike_keys_derive() - SKEYSEED and SK_* of a new IKE SA
 * @old: keys of the IKE SA that is rekeyed, or NULL for a first one
 *
 * Return: 0 or -EINVAL.
 */
int ike_keys_derive(const struct chosen *chosen, const struct ike_keys *old,
		    struct bytes secret, struct bytes nonce_i, struct bytes nonce_r,
		    uint64_t spi_i, uint64_t spi_r, struct ike_keys *keys);
void ike_keys_wipe(struct ike_keys *keys);

/* KEYMAT of a child SA; @secret is empty where there was no key exchange */
int child_keys_derive(const struct chosen *chosen, const struct ike_keys *ike,
		      struct bytes secret, struct bytes nonce_i,
		      struct bytes nonce_r, struct child_keys *keys);
void child_keys_wipe(struct child_keys *keys);

#endif /* IKED_KEYS_H */
