// SPDX-License-Identifier: MIT
/*
 * fuzz_certificate.c - any bytes as a peer's certificates and AUTH.
 *
 *   | identity (1) | length (2) | DER | ... | length (2) | AUTH data |
 *
 * The last certificate is trusted as an authority when it can be one.
 */
#define _GNU_SOURCE	/* memfd_create() */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../tools/iked/auth_method.h"
#include "../../tools/iked/cert.h"

#define NOW	1767225600	/* 2026-01-01 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const identities[] = {
	"gw.example.org", "192.0.2.1", "2001:db8::1", "user@example.org", "key:a",
	"C=CH, O=Example\\, Inc., CN=names", "rsa.example.org", "ec.example.org",
};

static void must(bool true_thing)
{
	if (!true_thing)
		abort();
}

/* A trusted file without a file */
static void trust_der(struct trust *trust, struct bytes der)
{
	char path[64], error[AUTH_ERROR_MAX];
	int fd = memfd_create("ca", 0);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, der.p, der.len) == (ssize_t)der.len) {
		trust_add_ca(trust, path, error);
		trust_add_crl(trust, path, error);
	}
	close(fd);
}

static void check_auth(const struct public_key *key, struct bytes auth)
{
	static const struct ike_keys keys = { .prf = IKE_PRF_HMAC_SHA2_256, .p_len = 32 };
	static const uint8_t octet[32];
	const struct auth_octets octets = { BYTES(octet), BYTES(octet), BYTES(octet) };
	char error[AUTH_ERROR_MAX] = "";

	if (auth.len)
		must(auth_verify(&keys, true, key, auth.p[0],
				 bytes_of(auth.p + 1, auth.len - 1), &octets, error) &&
		     error[0]);
}

static void check_algorithm(struct bytes der)
{
	struct signature_scheme s, again;
	uint8_t buf[AUTH_ALGORITHM_MAX];
	struct writer w = writer_of(buf, sizeof(buf));

	auth_hashes_read(der);
	if (algorithm_read(der, &s))
		return;
	algorithm_write(&w, &s);
	must(!w.full && !algorithm_read(writer_view(&w), &again) && s.kind == again.kind &&
	     s.hash == again.hash && s.pss == again.pss && s.salt_len == again.salt_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(bytes_of(data, size));
	struct bytes parts[CERT_DEPTH_MAX + 1];
	struct trust *trust = trust_new();
	struct public_key *key = NULL;
	char error[AUTH_ERROR_MAX] = "";
	struct identity id;
	unsigned int n = 0;

	must(trust && !identity_parse_text(identities[read_u8(&r) & 7], &id));
	while (r.left && n < CERT_DEPTH_MAX + 1) {
		size_t len = read_u16(&r);

		parts[n++] = read_bytes(&r, len < r.left ? len : r.left);
	}
	if (n)
		check_algorithm(parts[n - 1]);
	if (n > 1)
		trust_der(trust, parts[n - 2]);
	if (n > 1 && !cert_verify(trust, parts, n - 1, &id, NOW, &key, error))
		check_auth(key, parts[n - 1]);
	else
		must(n < 2 || error[0]);
	public_key_free(key);
	trust_free(trust);
	return 0;
}
