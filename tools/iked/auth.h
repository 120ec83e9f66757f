/* SPDX-License-Identifier: MIT */
/*
 * auth.h - the AUTH payload (RFC 7296 2.15, RFC 7427, RFC 8420): who signs what.
 */
#ifndef IKED_AUTH_H
#define IKED_AUTH_H

#include "bytes.h"
#include "keys.h"
#include "message.h"
#include "prf.h"

#define AUTH_ERROR_MAX		200
#define AUTH_PSK_MIN		1	/* bytes; shorter than 16 is warned about */

struct credentials;
struct public_key;
struct private_key;

/* What AUTH of one side covers: its IKE_SA_INIT message as sent (without non-ESP
 * marker), the other side's nonce, its own ID payload's body.
 */
struct auth_octets {
	struct bytes message;
	struct bytes nonce;
	struct bytes id_body;
};

/* Bit (1 << enum ike_hash): what SIGNATURE_HASH_ALGORITHMS lists */
uint32_t auth_hashes_read(struct bytes data);
/* What we accept and sign with, as the notify's data; returns its length */
size_t auth_hashes_write(uint8_t *buf, size_t cap);

/* AUTH with a pre-shared key; prf_len() bytes */
int auth_psk(const struct ike_keys *keys, bool by_initiator, struct bytes psk,
	     const struct auth_octets *octets, uint8_t out[static PRF_MAX]);

/**
 * auth_sign() - AUTH with a private key
 * @hashes: what the peer understands, 0: no RFC 7427, the old methods then
 * @rsa_pss: RSA keys sign with PSS, if the peer knows RFC 7427
 *
 * Return: 0 with @method and @data (the caller's), or -EINVAL, a sentence in @error.
 */
int auth_sign(const struct ike_keys *keys, bool by_initiator,
	      const struct private_key *key, uint32_t hashes, bool rsa_pss,
	      const struct auth_octets *octets, uint8_t *method,
	      struct blob *data, char error[static AUTH_ERROR_MAX]);

/* The other side's AUTH.  0, or -EACCES with a sentence in @error */
int auth_verify(const struct ike_keys *keys, bool by_initiator,
		const struct public_key *key, uint8_t method, struct bytes data,
		const struct auth_octets *octets,
		char error[static AUTH_ERROR_MAX]);
int auth_verify_psk(const struct ike_keys *keys, bool by_initiator,
		    struct bytes psk, struct bytes data,
		    const struct auth_octets *octets);

#endif /* IKED_AUTH_H */
