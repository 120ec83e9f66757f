// SPDX-License-Identifier: MIT
/*
 * seal_test.c - SK and SKF payloads: a published message, every suite there and back,
 * every bit of them, and what a peer must not get away with.
 */
#include <errno.h>

#include <linux/if_ipsec.h>

#include "../../../tools/iked/prf.h"
#include "../../../tools/iked/seal.h"
#include "hex.h"

#define DATAGRAMS_MAX	FRAGMENTS_MAX

/* What was sent */
static struct {
	unsigned int n;
	struct blob list[DATAGRAMS_MAX];
} sent;

static void keep(struct bytes datagram, void *arg)
{
	(void)arg;
	if (sent.n < DATAGRAMS_MAX && !blob_copy(&sent.list[sent.n], datagram))
		sent.n++;
}

static void forget(void)
{
	while (sent.n)
		blob_free(&sent.list[--sent.n]);
}

static const struct suite {
	const char *name;
	uint16_t encr, bits, integ;
} suites[] = {
	{ "aes128gcm16", IFIPSEC_ENCR_AES_GCM_16, 128, 0 },
	{ "aes192gcm16", IFIPSEC_ENCR_AES_GCM_16, 192, 0 },
	{ "aes256gcm16", IFIPSEC_ENCR_AES_GCM_16, 256, 0 },
	{ "aes256gcm12", IFIPSEC_ENCR_AES_GCM_12, 256, 0 },
	{ "aes128gcm8", IFIPSEC_ENCR_AES_GCM_8, 128, 0 },
	{ "chacha20poly1305", IFIPSEC_ENCR_CHACHA20_POLY1305, 0, 0 },
	{ "aes128-sha256", IFIPSEC_ENCR_AES_CBC, 128, IFIPSEC_AUTH_HMAC_SHA2_256_128 },
	{ "aes192-sha384", IFIPSEC_ENCR_AES_CBC, 192, IFIPSEC_AUTH_HMAC_SHA2_384_192 },
	{ "aes256-sha512", IFIPSEC_ENCR_AES_CBC, 256, IFIPSEC_AUTH_HMAC_SHA2_512_256 },
	{ "aes128-sha1", IFIPSEC_ENCR_AES_CBC, 128, IFIPSEC_AUTH_HMAC_SHA1_96 },
	{ "aes128-aesxcbc", IFIPSEC_ENCR_AES_CBC, 128, IFIPSEC_AUTH_AES_XCBC_96 },
	{ "aes128-aescmac", IFIPSEC_ENCR_AES_CBC, 128, IFIPSEC_AUTH_AES_CMAC_96 },
	{ "aes128ctr-sha256", IFIPSEC_ENCR_AES_CTR, 128, IFIPSEC_AUTH_HMAC_SHA2_256_128 },
	{ "aes192ctr-aesxcbc", IFIPSEC_ENCR_AES_CTR, 192, IFIPSEC_AUTH_AES_XCBC_96 },
	{ "aes256ctr-sha512", IFIPSEC_ENCR_AES_CTR, 256, IFIPSEC_AUTH_HMAC_SHA2_512_256 },
};

#define N_SUITES	(sizeof(suites) / sizeof(suites[0]))

static void make_keys(const struct suite *s, struct ike_keys *keys)
{
	struct chosen c = { .encr = s->encr, .encr_key_bits = s->bits,
			    .integ = s->integ, .prf = IKE_PRF_HMAC_SHA2_256,
			    .group = IKE_GROUP_X25519 };
	struct bytes secret = hex("0102030405060708");
	struct bytes nonce = hex("000102030405060708090a0b0c0d0e0f");

	CHECK(s->name, keys_suite_known(&c) &&
	      !ike_keys_derive(&c, NULL, secret, nonce, nonce, 1, 2, keys));
}

static const struct ike_header header = {
	.spi_i = 0xc0c1c2c3c4c5c6c7, .spi_r = 0xd0d1d2d3d4d5d6d7,
	.version = IKE_VERSION, .exchange = IKE_EXCHANGE_INFORMATIONAL, .id = 9,
};

static bool parse(struct bytes message, struct ike_content *content)
{
	struct ike_header h;
	uint8_t critical;

	return !ike_header_read(message, &h) &&
	       !ike_content_read(message, IKE_HEADER_LEN, h.next, content, &critical);
}

static int open_message(const struct ike_keys *keys, bool from_initiator,
			struct bytes message, struct blob *plain)
{
	struct ike_content content;

	if (!parse(message, &content))
		return -EPROTO;
	return seal_open(keys, from_initiator, message, &content, plain);
}

/* C2 V9, RFC 7634 appendix B: opened, and written byte for byte */
static const char v9[] = "c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e2025000000000900000045290000291011121314151617610394701f8d017f7c129248896b71bfe25236efd7cdc67066906315b2";
static const char v9_plain[] = "0000000c0000400100" "00000a";

static int v9_iv(void *buf, size_t len)
{
	const uint64_t iv = 0x1011121314151617;

	if (len != sizeof(iv))
		return -EIO;
	memcpy(buf, &iv, len);
	return 0;
}

static void test_v9(void)
{
	struct ike_keys keys = { .encr = IFIPSEC_ENCR_CHACHA20_POLY1305, .e_len = 36,
				 .prf = IKE_PRF_HMAC_SHA2_256 };
	struct blob plain = { NULL, 0 };
	struct ike_content content;

	for (int i = 0; i < 36; i++)
		keys.ei[i] = keys.er[i] = 0x80 + i;
	CHECK("RFC 7634 B parsed", parse(hex(v9), &content) &&
	      content.sealed_next == IKE_PAYLOAD_NOTIFY);
	CHECK("RFC 7634 B opened", !open_message(&keys, false, hex(v9), &plain));
	check_bytes("RFC 7634 B plain text", blob_view(&plain), v9_plain);
	blob_free(&plain);

	random_override(v9_iv);
	CHECK("RFC 7634 B sealed", !seal_message(&keys, false, &header, IKE_PAYLOAD_NOTIFY,
						 hex(v9_plain), 0, keep, NULL));
	random_override(NULL);
	CHECK("RFC 7634 B one datagram", sent.n == 1);
	if (sent.n)
		check_bytes("RFC 7634 B message", blob_view(&sent.list[0]), v9);
	forget();
}

/* 0 to 40 bytes, both directions; the other direction's key opens nothing */
static void test_round_trip(const struct suite *s, const struct ike_keys *keys)
{
	uint8_t content[40];
	struct blob plain = { NULL, 0 };
	bool good = true, crossed = false;

	for (size_t len = 0; len <= sizeof(content); len++) {
		bool from_initiator = len & 1;

		memset(content, len, sizeof(content));
		good = good && !seal_message(keys, from_initiator, &header,
					     IKE_PAYLOAD_NOTIFY, bytes_of(content, len), 0,
					     keep, NULL) && sent.n == 1;
		good = good && !open_message(keys, from_initiator,
					     blob_view(&sent.list[0]), &plain) &&
		       bytes_equal(blob_view(&plain), bytes_of(content, len));
		if (sent.n && open_message(keys, !from_initiator,
					   blob_view(&sent.list[0]), &plain) != -EBADMSG)
			crossed = true;
		forget();
	}
	blob_free(&plain);
	check(good, "B4 there and back", "%s", s->name);
	check(!crossed, "B4 not with the other side's keys", "%s", s->name);
}

/* Every bit counts.  Those that the parser or the header's check sees are no matter of
 * the ICV: -EPROTO here.
 */
static void test_bit_flips(const struct suite *s, const struct ike_keys *keys, size_t mtu)
{
	static const uint8_t content[60] = { 1, 2, 3 };
	struct blob plain = { NULL, 0 };
	unsigned int bad = 0;
	bool good;

	seal_message(keys, true, &header, IKE_PAYLOAD_NOTIFY, BYTES(content), mtu, keep,
		     NULL);
	good = (mtu ? sent.n > 1 : sent.n == 1) &&
	       !open_message(keys, true, blob_view(&sent.list[0]), &plain);
	for (size_t bit = 0; good && bit < sent.list[0].len * 8; bit++) {
		int err;

		sent.list[0].p[bit / 8] ^= 1 << bit % 8;
		blob_free(&plain);
		err = open_message(keys, true, blob_view(&sent.list[0]), &plain);
		if ((err != -EBADMSG && err != -EPROTO) || plain.p)
			bad++;
		sent.list[0].p[bit / 8] ^= 1 << bit % 8;
	}
	good = good && !open_message(keys, true, blob_view(&sent.list[0]), &plain);
	blob_free(&plain);
	forget();
	check(good && !bad, mtu ? "C3 SKF: each flipped bit is refused" :
	      "C3 SK: each flipped bit is refused", "%s: %u were not", s->name, bad);
}

/* All IVs differ, also where content and key are the same */
static void test_ivs(const struct suite *s, const struct ike_keys *keys)
{
	bool good = true;

	for (int i = 0; i < 8; i++)
		seal_message(keys, true, &header, 0, bytes_of(NULL, 0), 0, keep, NULL);
	for (unsigned int i = 0; i < sent.n; i++)
		for (unsigned int j = 0; j < i; j++)
			if (!memcmp(sent.list[i].p + 32, sent.list[j].p + 32, 8))
				good = false;
	check(good && sent.n == 8, "no IV comes twice", "%s", s->name);
	forget();
}

/* An SK message of @len bytes behind the generic header, with a good ICV where @s has an
 * integrity algorithm: as a peer would send that means harm
 */
static struct bytes forge(const struct ike_keys *keys, uint8_t *buf, size_t len)
{
	struct writer w = writer_of(buf, IKE_HEADER_LEN + 4 + len);
	struct bytes covered;
	uint8_t icv[PRF_MAX];

	write_u64(&w, header.spi_i);
	write_u64(&w, header.spi_r);
	write_u8(&w, IKE_PAYLOAD_SK);
	write_u8(&w, IKE_VERSION);
	write_u16(&w, IKE_EXCHANGE_INFORMATIONAL << 8);
	write_u32(&w, 9);
	write_u32(&w, IKE_HEADER_LEN + 4 + len);
	write_u16(&w, IKE_PAYLOAD_NOTIFY << 8);
	write_u16(&w, 4 + len);
	memset(buf + w.len, 0x55, len);
	covered = bytes_of(buf, w.len + (len > 16 ? len - 16 : 0));
	prf(IKE_PRF_HMAC_SHA2_256, bytes_of(keys->ai, keys->a_len), &covered, 1, icv);
	memcpy(buf + covered.len, icv, len < 16 ? len : 16);
	return bytes_of(buf, w.len + len);
}

static void test_short(const struct suite *s, const struct ike_keys *keys)
{
	uint8_t buf[256];
	struct blob plain = { NULL, 0 };
	size_t least = (s->encr == IFIPSEC_ENCR_AES_CBC ? 16 : 8) + 1 + 16;
	bool good = true;

	for (size_t len = 0; len < 100; len++) {
		int err = open_message(keys, true, forge(keys, buf, len), &plain);
		bool icv_only = s->integ == IFIPSEC_AUTH_HMAC_SHA2_256_128 && len >= least;

		/* with its ICV right: no whole blocks, or random padding */
		if (icv_only ? err != -EINVAL && err : err != -EBADMSG)
			good = false;
		if (icv_only && s->encr == IFIPSEC_ENCR_AES_CBC && len % 16 &&
		    err != -EINVAL)
			good = false;
	}
	blob_free(&plain);
	check(good, "E4.13 SK that is too short, or no whole blocks", "%s", s->name);
}

/* Padding longer than the content, in messages that are authentic: with AES-CTR the
 * last encrypted byte is the length's, whose clear text was 0
 */
static void test_padding(void)
{
	struct suite s = { "aes128ctr-sha256", IFIPSEC_ENCR_AES_CTR, 128,
			   IFIPSEC_AUTH_HMAC_SHA2_256_128 };
	struct ike_keys keys;
	struct blob plain = { NULL, 0 };
	struct bytes covered;
	uint8_t icv[PRF_MAX], *m;
	bool good = true;
	size_t len;

	make_keys(&s, &keys);
	seal_message(&keys, true, &header, IKE_PAYLOAD_NOTIFY, hex("0102030405060708"), 0,
		     keep, NULL);
	m = sent.list[0].p;
	len = sent.list[0].len;
	for (unsigned int pad = 0; pad < 256; pad++) {
		int err;

		m[len - 17] ^= pad;
		covered = bytes_of(m, len - 16);
		prf(IKE_PRF_HMAC_SHA2_256, bytes_of(keys.ai, keys.a_len), &covered, 1, icv);
		memcpy(m + len - 16, icv, 16);
		err = open_message(&keys, true, bytes_of(m, len), &plain);
		if (pad <= 8 ? err || plain.len != 8 - pad : err != -EINVAL)
			good = false;
		m[len - 17] ^= pad;
	}
	blob_free(&plain);
	forget();
	check(good, "E4.13 padding longer than the content", "0 to 255");
}

static void test_trailing(const struct ike_keys *keys)
{
	struct blob plain = { NULL, 0 };
	struct ike_content content;
	struct bytes m;

	seal_message(keys, true, &header, IKE_PAYLOAD_NOTIFY, hex("01020304"), 0, keep, NULL);
	m = blob_view(&sent.list[0]);
	CHECK("E4.13 as sent", parse(m, &content) &&
	      !seal_open(keys, true, m, &content, &plain));
	content.sealed_body.len--;
	CHECK("E4.13 something behind SK",
	      seal_open(keys, true, m, &content, &plain) == -EBADMSG);
	content.sealed_body.len++;
	content.sealed_at = m.len - 3;
	CHECK("E4.13 SK beyond the end",
	      seal_open(keys, true, m, &content, &plain) == -EBADMSG);
	content.sealed_at = SIZE_MAX;
	CHECK("E4.13 SK nowhere", seal_open(keys, true, m, &content, &plain) == -EBADMSG);
	content.sealed = 0;
	CHECK("E4.13 no SK", seal_open(keys, true, m, &content, &plain) == -EBADMSG);
	blob_free(&plain);
	forget();
}

static struct fragments f;

static int add_id(const struct ike_keys *keys, struct bytes m, uint32_t id,
		  struct blob *plain, uint8_t *first)
{
	struct ike_content content;

	if (!parse(m, &content))
		return -EPROTO;
	return fragments_add(&f, keys, true, id, m, &content, 1000, plain, first);
}

static int add(const struct ike_keys *keys, unsigned int i, struct blob *plain)
{
	uint8_t first = 0;
	int err = add_id(keys, blob_view(&sent.list[i]), 9, plain, &first);

	return err == 1 && first != IKE_PAYLOAD_NOTIFY ? -EPROTO : err;
}

static void test_fragments(const struct suite *s, const struct ike_keys *keys)
{
	uint8_t content[4000];
	struct blob plain = { NULL, 0 };
	bool good = true, small = true;

	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = i * 7;
	for (size_t len = 600; len <= sizeof(content); len += 567) {
		struct bytes want = bytes_of(content, len);

		good = good && !seal_message(keys, true, &header, IKE_PAYLOAD_NOTIFY, want,
					     576, keep, NULL) && sent.n > 1;
		for (unsigned int i = sent.n; good && i-- > 0; ) {
			struct ike_content c;

			small = small && sent.list[i].len <= 576;
			good = parse(blob_view(&sent.list[i]), &c) &&
			       fragments_number(&c) == i + 1 &&
			       c.sealed_next == (i ? 0 : IKE_PAYLOAD_NOTIFY) &&
			       add(keys, i, &plain) == (i ? 0 : 1);
		}
		good = good && bytes_equal(blob_view(&plain), want) && !f.total;
		fragments_clear(&f);
		forget();
	}
	blob_free(&plain);
	check(good, "B7.1 fragments there and back", "%s", s->name);
	check(small, "B7.3 fragments fit the MTU", "%s", s->name);
}

static void patch(struct blob *m, size_t at, uint16_t v)
{
	m->p[at] = v >> 8;
	m->p[at + 1] = v;
}

#define NUMBER_AT	32
#define TOTAL_AT	34

static void test_fragment_rules(const struct ike_keys *keys)
{
	static uint8_t content[1900];
	struct blob plain = { NULL, 0 };
	uint8_t first;

	seal_message(keys, true, &header, IKE_PAYLOAD_NOTIFY, BYTES(content), 576, keep, NULL);
	CHECK("B7.2 four fragments", sent.n == 4);
	CHECK("B7.2 kept", !add(keys, 1, &plain) && f.total == 4 && f.have == 1 &&
	      f.since_ms == 1000);
	CHECK("E4.29 duplicate", add(keys, 1, &plain) == -EALREADY && f.have == 1);
	patch(&sent.list[0], NUMBER_AT, 0);
	CHECK("E4.29 number 0", add(keys, 0, &plain) == -EINVAL);
	patch(&sent.list[0], NUMBER_AT, 5);
	CHECK("E4.29 number > total", add(keys, 0, &plain) == -EINVAL);
	patch(&sent.list[0], NUMBER_AT, 1);
	patch(&sent.list[0], TOTAL_AT, 0);
	CHECK("E4.29 total 0", add(keys, 0, &plain) == -EINVAL);
	patch(&sent.list[0], TOTAL_AT, 3);
	CHECK("E4.29 total goes down", add(keys, 0, &plain) == -EINVAL);
	patch(&sent.list[0], TOTAL_AT, 5);
	CHECK("E4.29 total goes up, not authentic",
	      add(keys, 0, &plain) == -EBADMSG && f.total == 4 && f.have == 1);
	patch(&sent.list[0], TOTAL_AT, 65535);
	CHECK("E4.29 total 65535", add(keys, 0, &plain) == -ENOSPC && f.total == 4);
	patch(&sent.list[0], TOTAL_AT, 4);
	sent.list[0].p[28] = 0;
	CHECK("E4.29 fragment 1 of no payload", add(keys, 0, &plain) == -EINVAL);
	sent.list[0].p[28] = IKE_PAYLOAD_NOTIFY;
	sent.list[0].p[100] ^= 1;
	CHECK("E4.29 ICV before it is kept",
	      add(keys, 0, &plain) == -EBADMSG && f.have == 1);
	sent.list[0].p[100] ^= 1;
	CHECK("B7.2 the others", !add(keys, 0, &plain) && !add(keys, 3, &plain) &&
	      add(keys, 2, &plain) == 1 && plain.len == sizeof(content) && !f.total);
	blob_free(&plain);

	CHECK("E4.29 another message ID starts again",
	      !add(keys, 0, &plain) &&
	      !add_id(keys, blob_view(&sent.list[1]), 10, &plain, &first) &&
	      f.id == 10 && f.have == 1);
	fragments_clear(&f);

	/* the peer sends smaller ones */
	add(keys, 0, &plain);
	add(keys, 1, &plain);
	forget();
	seal_message(keys, true, &header, IKE_PAYLOAD_NOTIFY, BYTES(content), 300, keep, NULL);
	CHECK("B7.2 a larger total starts again",
	      sent.n > 4 && !add(keys, 2, &plain) && f.total == sent.n && f.have == 1);
	fragments_clear(&f);
	CHECK("cleared", !f.total && !f.bytes && !f.parts[2].p);
	forget();
}

/* 64 fragments of 1100 bytes are beyond 64 KiB */
static void test_fragment_limits(const struct ike_keys *keys)
{
	static uint8_t content[70000];
	struct blob plain = { NULL, 0 };

	CHECK("E4.29 we do not send more than we take",
	      seal_message(keys, true, &header, IKE_PAYLOAD_NOTIFY, BYTES(content), 1280,
			   keep, NULL) == -EMSGSIZE && !sent.n);
	CHECK("B7.1 too many fragments",
	      seal_message(keys, true, &header, IKE_PAYLOAD_NOTIFY, bytes_of(content, 6500),
			   120, keep, NULL) == -EMSGSIZE && !sent.n);
	CHECK("B7.1 no room for any content",
	      seal_message(keys, true, &header, IKE_PAYLOAD_NOTIFY, bytes_of(content, 500),
			   60, keep, NULL) == -EMSGSIZE && !sent.n);
	CHECK("B7.1 too long for a datagram",
	      seal_message(keys, true, &header, IKE_PAYLOAD_NOTIFY, bytes_of(content, 65500),
			   0, keep, NULL) == -EMSGSIZE && !sent.n);
	CHECK("B7.1 an empty message is no fragment",
	      !seal_message(keys, true, &header, 0, bytes_of(NULL, 0), 40, keep, NULL) &&
	      sent.n == 1);
	forget();

	f.bytes = FRAGMENT_BYTES_MAX - 10;
	f.total = 4;
	f.id = 9;
	seal_message(keys, true, &header, IKE_PAYLOAD_NOTIFY, bytes_of(content, 1900), 576,
		     keep, NULL);
	CHECK("E4.29 more than 64 KiB", sent.n == 4 && add(keys, 0, &plain) == -ENOSPC &&
	      !f.have);
	fragments_clear(&f);
	forget();
}

/* An authentic fragment without content: nobody writes one, so it is made here */
static void test_empty_fragment(void)
{
	struct suite s = { "aes128ctr-sha256", IFIPSEC_ENCR_AES_CTR, 128,
			   IFIPSEC_AUTH_HMAC_SHA2_256_128 };
	static uint8_t content[600];
	struct ike_keys keys;
	struct blob plain = { NULL, 0 };
	struct bytes covered;
	struct blob *m = &sent.list[0];
	uint8_t icv[PRF_MAX];

	make_keys(&s, &keys);
	seal_message(&keys, true, &header, IKE_PAYLOAD_NOTIFY, BYTES(content), 576, keep, NULL);
	CHECK("E4.29 two fragments", sent.n == 2);
	/* IV, one byte of padding length, ICV; that byte was content, of value 0 */
	m->len = 28 + 8 + 8 + 1 + 16;
	patch(m, 26, m->len);
	patch(m, 30, m->len - 28);
	covered = bytes_of(m->p, m->len - 16);
	prf(IKE_PRF_HMAC_SHA2_256, bytes_of(keys.ai, keys.a_len), &covered, 1, icv);
	memcpy(m->p + covered.len, icv, 16);
	CHECK("E4.29 a fragment of 0 bytes", add(&keys, 0, &plain) == -EINVAL && !f.total);
	forget();
}

static int no_randomness(void *buf, size_t len)
{
	(void)buf;
	(void)len;
	return -EIO;
}

int main(void)
{
	struct ike_keys keys;

	test_v9();
	for (size_t i = 0; i < N_SUITES; i++) {
		make_keys(&suites[i], &keys);
		test_round_trip(&suites[i], &keys);
		test_bit_flips(&suites[i], &keys, 0);
		test_bit_flips(&suites[i], &keys, 104);
		test_ivs(&suites[i], &keys);
		test_short(&suites[i], &keys);
		test_fragments(&suites[i], &keys);
	}
	test_padding();
	test_trailing(&keys);
	test_fragment_rules(&keys);
	test_fragment_limits(&keys);
	test_empty_fragment();

	make_keys(&suites[6], &keys);
	random_override(no_randomness);
	CHECK("E4.41 nothing is sealed without randomness",
	      seal_message(&keys, true, &header, 0, bytes_of(NULL, 0), 0, keep, NULL) ==
	      -EIO && !sent.n);
	random_override(NULL);
	return check_status();
}
