// SPDX-License-Identifier: MIT
/*
 * fuzz_seal.c - any bytes as sealed messages and fragments.  The first byte says with
 * which keys, and whether the rest is one datagram, or content that is sealed, damaged
 * as the content says, and opened: only what was sent may come out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_ipsec.h>

#include "../../tools/iked/prf.h"
#include "../../tools/iked/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const struct chosen suites[] = {
	{ .encr = IFIPSEC_ENCR_AES_GCM_16, .encr_key_bits = 256 },
	{ .encr = IFIPSEC_ENCR_CHACHA20_POLY1305 },
	{ .encr = IFIPSEC_ENCR_AES_CBC, .encr_key_bits = 128,
	  .integ = IFIPSEC_AUTH_HMAC_SHA2_256_128 },
	{ .encr = IFIPSEC_ENCR_AES_CTR, .encr_key_bits = 128,
	  .integ = IFIPSEC_AUTH_AES_XCBC_96 },
};

static struct ike_keys keys[4];
static struct fragments fragments;
static struct {
	unsigned int n;
	struct blob list[FRAGMENTS_MAX];
} sent;

static void must(bool true_thing)
{
	if (!true_thing)
		abort();
}

static int zeros(void *buf, size_t len)
{
	memset(buf, 0, len);
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t nonce[16];

	(void)argc;
	(void)argv;
	random_override(zeros);		/* the same input, the same run */
	for (int i = 0; i < 4; i++) {
		struct chosen c = suites[i];

		c.prf = IKE_PRF_HMAC_SHA2_256;
		must(!ike_keys_derive(&c, NULL, BYTES(nonce), BYTES(nonce), BYTES(nonce), 1,
				      2, &keys[i]));
	}
	return 0;
}

static void keep(struct bytes datagram, void *arg)
{
	(void)arg;
	must(sent.n < FRAGMENTS_MAX && !blob_copy(&sent.list[sent.n++], datagram));
}

/* What comes out of one datagram; all results are possible, crashes are not */
static int receive(const struct ike_keys *k, struct bytes datagram, struct blob *plain)
{
	static struct ike_content content;
	struct ike_header header;
	uint8_t critical, first;

	if (ike_header_read(datagram, &header) ||
	    ike_content_read(datagram, IKE_HEADER_LEN, header.next, &content, &critical))
		return -EINVAL;
	if (content.sealed == IKE_PAYLOAD_SKF)
		return fragments_add(&fragments, k, true, header.id, datagram, &content, 1,
				     plain, &first);
	return seal_open(k, true, datagram, &content, plain) ? -EBADMSG : 1;
}

/* Each datagram damaged in one byte first, then as it was, the last one first */
static void there_and_back(const struct ike_keys *k, struct bytes in)
{
	const struct ike_header header = { .spi_i = 1, .spi_r = 2, .version = IKE_VERSION,
					   .exchange = IKE_EXCHANGE_INFORMATIONAL };
	size_t mtu = in.len > 2 ? 100 + (in.p[0] << 8 | in.p[1]) % 1200 : 0;
	struct blob plain = { NULL, 0 };
	int done = 0;

	if (seal_message(k, true, &header, IKE_PAYLOAD_NOTIFY, in, mtu, keep, NULL))
		return;
	for (unsigned int i = sent.n; i-- > 0; ) {
		struct blob *m = &sent.list[i];
		size_t at = in.len ? in.p[i % in.len] * 7 % m->len : 0;

		m->p[at] ^= 1;
		must(receive(k, blob_view(m), &plain) != 1);
		m->p[at] ^= 1;
		must(!done);
		done = receive(k, blob_view(m), &plain);
	}
	must(done == 1 && bytes_equal(blob_view(&plain), in));
	blob_free(&plain);
	while (sent.n)
		blob_free(&sent.list[--sent.n]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct blob plain = { NULL, 0 };
	const struct ike_keys *k;

	if (!size)
		return 0;
	k = &keys[data[0] & 3];
	if (data[0] & 4)
		there_and_back(k, bytes_of(data + 1, size - 1));
	else
		receive(k, bytes_of(data + 1, size - 1), &plain);
	blob_free(&plain);
	fragments_clear(&fragments);
	return 0;
}
