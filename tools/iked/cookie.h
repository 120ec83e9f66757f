/* SPDX-License-Identifier: MIT */
/*
 * cookie.h - cookies of IKE_SA_INIT (RFC 7296 2.6): whoever sends one back receives at
 * the address that he sends from.  Nothing is kept for one.
 */
#ifndef IKED_COOKIE_H
#define IKED_COOKIE_H

#include "daemon.h"

#define COOKIE_LEN	36		/* version, HMAC-SHA-256 */
#define COOKIE_MAX	64		/* that we repeat for others */
#define COOKIE_NEW_MS	120000		/* a fresh secret so often */

int cookie_init(struct daemon *d);
/* Whether this much is going on that one must be asked for */
bool cookie_needed(const struct daemon *d, const struct addr *from);
int cookie_make(const struct daemon *d, const struct addr *from, uint64_t spi_i,
		struct bytes nonce, uint8_t out[static COOKIE_LEN]);
bool cookie_valid(const struct daemon *d, const struct addr *from, uint64_t spi_i,
		  struct bytes nonce, struct bytes cookie);

#endif /* IKED_COOKIE_H */
