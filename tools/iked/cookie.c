// SPDX-License-Identifier: MIT
/* cookie.c - HMAC over nonce, address and SPI with a secret that changes. */
#include "cookie.h"

#include <string.h>

#include "log.h"
#include "prf.h"

#include "ike_sa.h"

static void new_secret(void *arg)
{
	struct daemon *d = arg;
	uint8_t fresh[COOKIE_SECRET_LEN];

	timer_set(&d->timers, &d->cookie_timer, COOKIE_NEW_MS);
	if (random_bytes(fresh, sizeof(fresh))) {
		log_line(LOG_ERROR, NULL, "no randomness: the cookie secret stays");
		return;
	}
	memcpy(d->cookie_secret[1], d->cookie_secret[0], COOKIE_SECRET_LEN);
	memcpy(d->cookie_secret[0], fresh, COOKIE_SECRET_LEN);
	d->cookie_version++;
}

int cookie_init(struct daemon *d)
{
	timer_init(&d->cookie_timer, new_secret, d);
	timer_set(&d->timers, &d->cookie_timer, COOKIE_NEW_MS);
	return random_bytes(d->cookie_secret, sizeof(d->cookie_secret));
}

bool cookie_needed(const struct daemon *d, const struct addr *from)
{
	const struct ike_sa *sa;
	unsigned int n = 0;

	if (d->always_cookie || d->n_half_open >= HALF_OPEN_COOKIE)
		return true;
	for (sa = d->half_open; sa; sa = sa->half_next)
		n += addr_equal(&sa->remote.addr, from);
	return n >= HALF_OPEN_PER_ADDR;
}

static int make(const uint8_t *secret, uint32_t version, const struct addr *from,
		uint64_t spi_i, struct bytes nonce, uint8_t out[static COOKIE_LEN])
{
	uint8_t head[4 + IKE_SPI_LEN], mac[PRF_MAX];
	struct writer w = writer_of(head, sizeof(head));
	struct bytes parts[3];

	write_u32(&w, version);
	write_u64(&w, spi_i);
	parts[0] = writer_view(&w);
	parts[1] = bytes_of(from->bytes, from->len);
	parts[2] = nonce;
	if (prf(IKE_PRF_HMAC_SHA2_256, bytes_of(secret, COOKIE_SECRET_LEN), parts, 3, mac))
		return -1;
	memcpy(out, head, 4);
	memcpy(out + 4, mac, COOKIE_LEN - 4);
	return 0;
}

int cookie_make(const struct daemon *d, const struct addr *from, uint64_t spi_i,
		struct bytes nonce, uint8_t out[static COOKIE_LEN])
{
	return make(d->cookie_secret[0], d->cookie_version, from, spi_i, nonce, out);
}

bool cookie_valid(const struct daemon *d, const struct addr *from, uint64_t spi_i,
		  struct bytes nonce, struct bytes cookie)
{
	struct reader r = reader_of(cookie);
	uint8_t want[COOKIE_LEN];
	uint32_t version, age;

	if (cookie.len != COOKIE_LEN)
		return false;
	version = read_u32(&r);
	age = d->cookie_version - version;
	if (age > 1)
		return false;
	if (make(d->cookie_secret[age], version, from, spi_i, nonce, want))
		return false;
	return bytes_equal_secret(BYTES(want), cookie);
}
