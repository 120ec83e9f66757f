// SPDX-License-Identifier: MIT
/*
 * codec_test.c - messages, proposals and traffic selectors: what is written is read
 * again, what is malformed is refused, and the choice among proposals is the right one.
 */
#include <errno.h>
#include <stdlib.h>

#include <linux/if_ipsec.h>

#include "../../../tools/iked/message.h"
#include "../tools/check.h"

static struct proposals parsed(enum ike_protocol protocol, const char *first,
			       const char *second)
{
	char error[PROPOSAL_ERROR_MAX];
	struct proposals list = { 0 };

	if (first && !proposal_parse_text(first, protocol, &list.list[0], error))
		list.n++;
	if (second && !proposal_parse_text(second, protocol, &list.list[1], error)) {
		list.list[1].number = 2;
		list.n++;
	}
	return list;
}

/* The answer to @offered by somebody configured with @ours, or "-" */
static const char *choice(enum ike_protocol protocol, const char *offered,
			  const char *ours, bool with_group)
{
	static char text[PROPOSAL_TEXT_MAX];
	struct proposals theirs = parsed(protocol, offered, NULL);
	struct proposals mine = parsed(protocol, ours, NULL);
	struct chosen chosen, checked;
	struct proposals answer = { .n = 1 };
	unsigned int index;

	if (proposal_select(&theirs, &mine, with_group, &chosen, &index))
		return "-";
	proposal_of_chosen(&chosen, bytes_of(NULL, 0), &answer.list[0]);
	if (!with_group)
		proposals_drop_groups(&theirs);
	if (proposal_check_answer(&answer, &theirs, with_group, &checked))
		return "the answer is refused";
	if (memcmp(&chosen, &checked, sizeof(chosen)))
		return "the answer is understood otherwise";
	return chosen_text(&chosen, text);
}

static void test_choice(void)
{
	check_text("B3.9 our order wins",
		   choice(IKE_PROTO_IKE, "aes128gcm16-aes256gcm16-prfsha256-ecp256-x25519",
			  "aes256gcm16-aes128gcm16-prfsha384-prfsha256-x25519-ecp256", true),
		   "aes256gcm16-prfsha256-x25519");
	check_text("B3.9 nothing in common",
		   choice(IKE_PROTO_IKE, "aes128gcm16-prfsha256-x25519",
			  "aes256gcm16-prfsha256-x25519", true), "-");
	check_text("B3.9 a cipher with integrity beside it",
		   choice(IKE_PROTO_IKE, "aes256-aes128-sha512-sha256-modp3072",
			  "aes128-sha256-modp3072", true),
		   "aes128-prfsha256-sha256-modp3072");
	check_text("B3.9 child SA with a group", choice(IKE_PROTO_ESP,
		   "aes256gcm16-x25519-esn-noesn", "aes256gcm16-x25519-noesn", true),
		   "aes256gcm16-x25519-noesn");
	check_text("B3.9 child SA: a group that we have not", choice(IKE_PROTO_ESP,
		   "aes256gcm16-x25519", "aes256gcm16", true), "-");
	check_text("B3.9 child SA: a group that they need not", choice(IKE_PROTO_ESP,
		   "aes256gcm16-x25519-none", "aes256gcm16", true), "aes256gcm16-esn");
	check_text("B3.9 the child SA of IKE_AUTH has no group", choice(IKE_PROTO_ESP,
		   "aes256gcm16-x25519", "aes256gcm16-ecp256", false), "aes256gcm16-esn");
	check_text("the PRF that goes with an integrity algorithm", choice(IKE_PROTO_IKE,
		   "aes128-aesxcbc-x25519", "aes128-aesxcbc-prfaesxcbc-x25519", true),
		   "aes128-prfaesxcbc-aesxcbc-x25519");
	check_text("and with another", choice(IKE_PROTO_IKE, "aes128-aescmac-x25519",
		   "aes128-prfsha256-prfaescmac-aescmac-x25519", true),
		   "aes128-prfaescmac-aescmac-x25519");
	check_text("PRFs where a cipher has integrity of its own", choice(IKE_PROTO_IKE,
		   "aes256gcm16-x25519", "aes256gcm16-prfsha512-prfsha384-x25519", true),
		   "aes256gcm16-prfsha512-x25519");
	check_text("B3.9 AH", choice(IKE_PROTO_AH, "sha256-sha512-noesn",
		   "sha512-esn-noesn", false), "sha512-noesn");
	check_text("B3.9 AH with GMAC", choice(IKE_PROTO_AH, "aes256gmac-esn",
		   "aes256gmac", false), "aes256gmac-esn");
}

static int answer_check(const char *offered, const char *answer)
{
	struct proposals o = parsed(IKE_PROTO_IKE, offered, NULL);
	struct proposals a = parsed(IKE_PROTO_IKE, answer, NULL);
	struct chosen chosen;

	if (!a.n)
		return 1;
	return proposal_check_answer(&a, &o, true, &chosen);
}

static void test_answers(void)
{
	const char *offer = "aes256gcm16-aes128gcm16-prfsha256-prfsha384-x25519-ecp256";
	struct proposals o = parsed(IKE_PROTO_IKE, offer, NULL), a;
	struct chosen chosen;

	CHECK("E4.7 a good answer", !answer_check(offer, "aes128gcm16-prfsha384-ecp256"));
	CHECK("E4.7 not among those offered",
	      answer_check(offer, "aes192gcm16-prfsha384-ecp256") == -EINVAL);
	CHECK("E4.7 two transforms of a type",
	      answer_check(offer, "aes128gcm16-prfsha256-prfsha384-ecp256") == -EINVAL);
	a = parsed(IKE_PROTO_IKE, "aes128gcm16-prfsha384-ecp256", NULL);
	a.list[0].n = 1;
	CHECK("E4.7 no PRF", proposal_check_answer(&a, &o, true, &chosen) == -EINVAL);
	a = parsed(IKE_PROTO_IKE, "aes128gcm16-prfsha384-ecp256", NULL);
	a.list[0].transforms[a.list[0].n++] = (struct transform){
		IKE_TYPE_INTEG, IFIPSEC_AUTH_HMAC_SHA2_256_128, 0 };
	CHECK("E4.7 integrity beside a combined cipher",
	      proposal_check_answer(&a, &o, true, &chosen) == -EINVAL);
	a = parsed(IKE_PROTO_IKE, "aes128gcm16-prfsha384-ecp256", NULL);
	a.list[0].number = 2;
	CHECK("E4.7 another proposal's number",
	      proposal_check_answer(&a, &o, true, &chosen) == -EINVAL);
	a.n = 0;
	CHECK("E4.7 no proposal", proposal_check_answer(&a, &o, true, &chosen) == -EINVAL);
}

static void test_words(void)
{
	static const struct { const char *text; enum ike_protocol protocol; } bad[] = {
		{ "", IKE_PROTO_IKE }, { "aes256gcm16", IKE_PROTO_IKE },
		{ "aes256-x25519", IKE_PROTO_IKE }, { "des-sha256-x25519", IKE_PROTO_IKE },
		{ "3des-sha256-x25519", IKE_PROTO_IKE }, { "aes256-md5-x25519", IKE_PROTO_IKE },
		{ "aes256gcm16-sha256-x25519", IKE_PROTO_IKE },
		{ "aes256gcm16-aes256-sha256-x25519", IKE_PROTO_IKE },
		{ "aes256gcm16-modp1024", IKE_PROTO_ESP }, { "null", IKE_PROTO_ESP },
		{ "aes256", IKE_PROTO_ESP }, { "sha256", IKE_PROTO_ESP },
		{ "aes256-sha256", IKE_PROTO_AH }, { "aes256gcm16-prfsha256", IKE_PROTO_ESP },
		{ "null-sha256-x25519", IKE_PROTO_IKE }, { "aes256gcm16-x25519-esn", IKE_PROTO_IKE },
		{ "aes256gcm16-", IKE_PROTO_IKE }, { "aes256gcm16--x25519", IKE_PROTO_IKE },
	};
	char error[PROPOSAL_ERROR_MAX], name[96];
	struct proposal p;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error[0] = '\0';
		snprintf(name, sizeof(name), "words refused with a sentence: \"%s\" for %d",
			 bad[i].text, bad[i].protocol);
		check(proposal_parse_text(bad[i].text, bad[i].protocol, &p, error) == -EINVAL &&
		      error[0], name, "taken, or no sentence");
	}
}

static void test_proposals_bytes(void)
{
	uint8_t buf[8192];
	struct writer w = writer_of(buf, sizeof(buf));
	struct proposals list, again;
	size_t good = 0;

	proposals_default(IKE_PROTO_IKE, &list);
	proposals_write(&w, &list);
	CHECK("proposals are written and read",
	      !proposals_read(writer_view(&w), &again) && again.n == list.n &&
	      !memcmp(&again, &list, sizeof(list.list[0]) * list.n));
	for (size_t len = 0; len < w.len; len++)
		good += !proposals_read(bytes_of(buf, len), &again);
	CHECK("E4.6 an SA payload cut anywhere is refused", !good);
	buf[0] = 3;
	CHECK("E4.6 a wrong mark of the last proposal",
	      proposals_read(writer_view(&w), &again) == -EINVAL);
	buf[0] = 0;
	CHECK("E4.6 the first of two proposals says that it is the last",
	      proposals_read(writer_view(&w), &again) == -EINVAL);
	buf[0] = 2;
	buf[7]--;
	CHECK("E4.6 a wrong number of transforms",
	      proposals_read(writer_view(&w), &again) == -EINVAL);
	buf[7]++;
	buf[6] = 255;
	CHECK("E4.6 an SPI longer than the proposal",
	      proposals_read(writer_view(&w), &again) == -EINVAL);
}

/* One proposal for ESP with one transform, whose attributes are @attrs */
static int one_transform(struct bytes attrs, uint8_t type, struct proposals *list)
{
	uint8_t buf[256];
	struct writer w = writer_of(buf, sizeof(buf));

	write_bytes(&w, bytes_of("\0\0", 2));
	write_u16(&w, 8 + 4 + 8 + attrs.len);
	write_bytes(&w, bytes_of("\1\3\4\1\1\2\3\4", 8));
	write_bytes(&w, bytes_of("\0\0", 2));
	write_u16(&w, 8 + attrs.len);
	write_u8(&w, type);
	write_u8(&w, 0);
	write_u16(&w, IFIPSEC_ENCR_AES_GCM_16);
	write_bytes(&w, attrs);
	return proposals_read(writer_view(&w), list);
}

static void test_attributes(void)
{
	struct proposals list;

	CHECK("a key length", !one_transform(bytes_of("\x80\x0e\1\0", 4), 1, &list) &&
	      list.n == 1 && list.list[0].n == 1 &&
	      list.list[0].transforms[0].key_bits == 256);
	CHECK("B3.9 an unknown attribute: not this transform",
	      !one_transform(bytes_of("\x80\x0f\1\0", 4), 1, &list) && list.n == 1 &&
	      !list.list[0].n);
	CHECK("E4.6 a key length twice: not this transform",
	      !one_transform(bytes_of("\x80\x0e\1\0\x80\x0e\1\0", 8), 1, &list) &&
	      !list.list[0].n);
	CHECK("E4.6 a long attribute beyond its transform",
	      one_transform(bytes_of("\0\x20\0\5abcd", 8), 1, &list) == -EINVAL);
	CHECK("a transform type that we do not know: not this proposal",
	      !one_transform(bytes_of("", 0), 13, &list) && !list.n);
	CHECK("a further key exchange (RFC 9370) that must be: not this proposal",
	      !one_transform(bytes_of("", 0), 6, &list) && !list.n);
}

static struct selector sel(const char *text)
{
	struct selector s;

	if (selector_parse_text(text, &s)) {
		printf("not ok - selector %s: not understood\n", text);
		exit(1);
	}
	return s;
}

static const char *common(const char *a, const char *b)
{
	static char text[SELECTOR_TEXT_MAX];
	struct selector x = sel(a), y = sel(b), both;

	return selector_intersect(&x, &y, &both) ? selector_text(&both, text) : "-";
}

static void test_selectors(void)
{
	check_text("a prefix in a prefix", common("10.0.0.0/8", "10.1.2.0/24"), "10.1.2.0/24");
	check_text("prefixes apart", common("10.0.0.0/8", "11.0.0.0/8"), "-");
	check_text("E4.21 families apart", common("0.0.0.0/0", "::/0"), "-");
	check_text("protocol and port", common("10.0.0.0/8[tcp/80-443]", "10.1.0.0/16[6/443]"),
		   "10.1.0.0/16[6/443]");
	check_text("protocols apart", common("10.0.0.0/8[tcp]", "10.0.0.0/8[udp]"), "-");
	check_text("any port and one", common("2001:db8::/32", "2001:db8:1::/48[17/53]"),
		   "2001:db8:1::/48[17/53]");
}

/* RFC 7296 3.13.1: OPAQUE is the port of what has none to be seen, such as a fragment */
static void test_opaque(void)
{
	struct selector opaque = sel("10.0.0.0/8[tcp]"), any = opaque, both;
	struct selector one = sel("10.0.0.0/8[tcp/80]");
	char text[SELECTOR_TEXT_MAX];

	opaque.port_start = UINT16_MAX;
	opaque.port_end = 0;
	CHECK("OPAQUE ports are in any", selector_intersect(&opaque, &any, &both) &&
	      !memcmp(&both, &opaque, sizeof(both)));
	CHECK("and in themselves", selector_intersect(&opaque, &opaque, &both));
	CHECK("and in no other", !selector_intersect(&opaque, &one, &both));
	check_text("they are shown", selector_text(&opaque, text), "10.0.0.0/8[6/opaque]");
}

static void test_selector_words(void)
{
	static const char *const bad[] = {
		"", "10.0.0.0/33", "10.0.0.0/8[", "10.0.0.0/8[tcp", "10.0.0.0/8[tcp]x",
		"10.0.0.0/8[]", "10.0.0.0/8[nothing]", "10.0.0.0/8[256]", "10.0.0.0/8[tcp/]",
		"10.0.0.0/8[tcp/65536]", "10.0.0.0/8[tcp/81-80]", "10.0.0.0/8[tcp/80-]",
		"10.0.0.0/8[0/80]",
		"10.0.0.0/8[a name of a protocol that is longer than any, and longer than that, too]",
	};
	struct selector s;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check(selector_parse_text(bad[i], &s) == -EINVAL, "a selector that is none",
		      "\"%s\" is taken", bad[i]);
}

static void test_narrowing(void)
{
	struct selectors any, one = { .n = 1 }, two = { .n = 2 }, out;

	selectors_any(&any);
	one.list[0] = sel("10.1.0.0/16");
	two.list[0] = sel("10.1.2.3/32[tcp/80]");
	two.list[1] = sel("10.0.0.0/8");
	CHECK("B5.5 narrowed to what we have", !selectors_narrow(&any, &one, &out) &&
	      selectors_equal(&out, &one));
	CHECK("B5.5 the packet's selector stays first", !selectors_narrow(&two, &one, &out) &&
	      out.n == 2 && out.list[0].port_start == 80 && selectors_within(&out, &one));
	one.list[0] = sel("192.0.2.0/24");
	CHECK("B5.5 nothing in common", selectors_narrow(&two, &one, &out) == -ENOENT);
	CHECK("E4.22 wider than proposed", !selectors_within(&any, &one));
	CHECK("E4.22 no selector at all is not within", !selectors_within(&out, &one));
}

static void test_prefixes(void)
{
	struct prefix list[64];
	struct selector s = sel("10.0.0.0/8");

	CHECK("a prefix is one prefix", selector_prefixes(&s, list, 64) == 1 &&
	      list[0].bits == 8);
	addr_parse("10.0.0.1", &s.start);
	addr_parse("10.0.0.6", &s.end);
	CHECK("10.0.0.1-10.0.0.6 is .1, .2/31, .4/31, .6", selector_prefixes(&s, list, 64) == 4 &&
	      list[0].bits == 32 && list[1].bits == 31 && list[2].bits == 31 &&
	      list[3].bits == 32);
	addr_parse("0.0.0.1", &s.start);
	addr_parse("255.255.255.255", &s.end);
	CHECK("all but one address are 32 prefixes", selector_prefixes(&s, list, 2) == 32);
	s = sel("::/0");
	CHECK("all of IPv6 is one prefix", selector_prefixes(&s, list, 64) == 1 &&
	      list[0].bits == 0);
}

static void test_selector_bytes(void)
{
	uint8_t buf[256];
	struct writer w = writer_of(buf, sizeof(buf));
	struct selectors list = { .n = 2 }, again;
	size_t good = 0;

	list.list[0] = sel("10.0.0.0/8[tcp/80]");
	list.list[1] = sel("2001:db8::/32");
	selectors_write(&w, &list);
	CHECK("selectors are written and read", !selectors_read(writer_view(&w), &again) &&
	      selectors_equal(&list, &again));
	for (size_t len = 0; len < w.len; len++)
		good += !selectors_read(bytes_of(buf, len), &again);
	CHECK("E4.21 a TS payload cut anywhere is refused", !good);
	buf[12] = 11;
	CHECK("E4.21 start beyond end", selectors_read(writer_view(&w), &again) == -EINVAL);
	buf[12] = 10;
	buf[4] = 9;
	CHECK("B5.5 an unknown type is not looked at", !selectors_read(writer_view(&w), &again) &&
	      again.n == 1 && again.list[0].start.len == 16);
	buf[4] = 8;
	CHECK("E4.21 the other family's addresses",
	      selectors_read(writer_view(&w), &again) == -EINVAL);
	CHECK("E4.21 no selector", selectors_read(bytes_of("\0\0\0\0", 4), &again) == -EINVAL);
}

static size_t build_auth(uint8_t *buf, size_t cap, struct bytes *chain)
{
	static uint8_t nonce[32] = { 7 };
	struct proposals sa;
	struct selectors ts;
	struct ike_builder b;

	proposals_default(IKE_PROTO_ESP, &sa);
	proposals_set_spi(&sa, bytes_of("\1\2\3\4", 4));
	selectors_any(&ts);
	ike_build_begin(&b, buf, cap);
	ike_build_id(&b, IKE_PAYLOAD_ID_I, bytes_of("\2\0\0\0gw-a", 8));
	ike_build_cert(&b, bytes_of("certificate", 11));
	ike_build_certreq(&b, bytes_of("hash", 4));
	ike_build_auth(&b, IKE_AUTH_PSK, bytes_of("secret", 6));
	ike_build_sa(&b, &sa);
	ike_build_ke(&b, IKE_GROUP_X25519, bytes_of(nonce, 32));
	ike_build_nonce(&b, BYTES(nonce));
	ike_build_ts(&b, IKE_PAYLOAD_TS_I, &ts);
	ike_build_ts(&b, IKE_PAYLOAD_TS_R, &ts);
	ike_build_notify(&b, IKE_PROTO_ESP, bytes_of("\1\2\3\4", 4), IKE_N_REKEY_SA,
			 bytes_of(NULL, 0));
	ike_build_notify(&b, 0, bytes_of(NULL, 0), IKE_N_COOKIE, bytes_of("cookie", 6));
	ike_build_delete(&b, IKE_PROTO_ESP, 4, bytes_of("\1\2\3\4\5\6\7\10", 8));
	return ike_build_end(&b, chain) ? b.first : 0;
}

static void test_messages(void)
{
	struct ike_header h = { .spi_i = 1, .spi_r = 2, .version = IKE_VERSION,
				.exchange = IKE_EXCHANGE_IKE_AUTH, .id = 1 }, again;
	uint8_t buf[4096], out[4096], first, unknown;
	struct writer w = writer_of(out, sizeof(out));
	static struct ike_content c;
	char line[IKE_SUMMARY_MAX];
	struct bytes chain;
	size_t good = 0;

	first = build_auth(buf, sizeof(buf), &chain);
	CHECK("a message is written", !ike_message_write(&h, first, chain, &w));
	CHECK("its header is read", !ike_header_read(writer_view(&w), &again) &&
	      again.spi_i == 1 && again.spi_r == 2 && again.next == IKE_PAYLOAD_ID_I &&
	      again.exchange == IKE_EXCHANGE_IKE_AUTH && again.id == 1);
	CHECK("its payloads are read",
	      !ike_content_read(writer_view(&w), IKE_HEADER_LEN, again.next, &c, &unknown) &&
	      c.id_i.type == IKE_ID_FQDN && c.id_i.data.len == 4 && c.n_certs == 1 &&
	      c.n_certreqs == 1 && c.auth_method == IKE_AUTH_PSK && c.has_sa && c.sa.n == 4 &&
	      c.ke_group == IKE_GROUP_X25519 && c.nonce.len == 32 && c.ts_i.n == 2 &&
	      c.n_notifies == 2 && c.n_deletes == 1 && c.deletes[0].n == 2 &&
	      ike_content_notify(&c, IKE_N_COOKIE) && !ike_content_error(&c));
	check_text("it is a line of the log",
		   ike_message_summary(&again, writer_view(&w), IKE_HEADER_LEN, again.next, line),
		   "IKE_AUTH request 1 [ IDi CERT CERTREQ AUTH SA KE Nonce TSi TSr N(REKEY_SA) N(COOKIE) D ]");
	for (size_t len = IKE_HEADER_LEN; len < w.len; len++)
		good += !ike_content_read(bytes_of(out, len), IKE_HEADER_LEN, again.next, &c,
					  &unknown);
	CHECK("E4.4 a message cut anywhere is refused", !good);
	for (size_t cap = 0; cap < chain.len; cap++)
		good += build_auth(buf, cap, &chain);
	CHECK("what does not fit is said to be so", !good);
	CHECK("E4.1 fewer than 28 bytes", ike_header_read(bytes_of(out, 27), &again) == -EINVAL);
	CHECK("E4.1 the length of another datagram",
	      ike_header_read(bytes_of(out, w.len - 1), &again) == -EINVAL);
}

/* Payloads as bytes */
static int content(const char *bytes, size_t len, uint8_t first, uint8_t *unknown)
{
	static struct ike_content c;

	return ike_content_read(bytes_of(bytes, len), 0, first, &c, unknown);
}

static void test_hostile(void)
{
	char many[65 * 4];
	uint8_t unknown = 0;

	CHECK("E4.4 length 3", content("\0\0\0\3", 4, IKE_PAYLOAD_VENDOR, &unknown) == -EINVAL);
	CHECK("E4.4 length 0", content("\0\0\0\0", 4, IKE_PAYLOAD_VENDOR, &unknown) == -EINVAL);
	CHECK("E4.4 beyond the end", content("\0\0\0\5", 4, IKE_PAYLOAD_VENDOR, &unknown) == -EINVAL);
	CHECK("E4.5 unknown and critical", content("\0\x80\0\4", 4, 200, &unknown) == -ENOTSUP &&
	      unknown == 200);
	CHECK("E4.5 unknown and not critical", !content("\0\0\0\4", 4, 200, &unknown));
	CHECK("E4.5 known and critical", !content("\0\x80\0\4", 4, IKE_PAYLOAD_VENDOR, &unknown));
	CHECK("B2.7 two nonces",
	      content("\50\0\0\24aaaaaaaaaaaaaaaa\0\0\0\24aaaaaaaaaaaaaaaa", 40,
		      IKE_PAYLOAD_NONCE, &unknown) == -EINVAL);
	CHECK("E4.12 a nonce of 15 bytes",
	      content("\0\0\0\23aaaaaaaaaaaaaaa", 19, IKE_PAYLOAD_NONCE, &unknown) == -EINVAL);
	CHECK("E4.13 bytes behind SK", content("\0\0\0\5a\0", 6, IKE_PAYLOAD_SK, &unknown) == -EINVAL);
	CHECK("E4.24 an SPI longer than the notify",
	      content("\0\0\0\10\3\4\x40\0", 8, IKE_PAYLOAD_NOTIFY, &unknown) == -EINVAL);
	CHECK("E4.25 a delete whose count is not its length",
	      content("\0\0\0\14\3\4\0\2abcd", 12, IKE_PAYLOAD_DELETE, &unknown) == -EINVAL);
	CHECK("E4.20 an ID of type 0",
	      content("\0\0\0\11\0\0\0\0a", 9, IKE_PAYLOAD_ID_I, &unknown) == -EINVAL);
	CHECK("E4.20 an ID of no bytes",
	      content("\0\0\0\10\2\0\0\0", 8, IKE_PAYLOAD_ID_I, &unknown) == -EINVAL);
	for (size_t i = 0; i < sizeof(many); i += 4)
		memcpy(many + i, "\53\0\0\4", 4);
	many[sizeof(many) - 4] = 0;
	CHECK("E4.4 65 payloads", content(many, sizeof(many), IKE_PAYLOAD_VENDOR,
					  &unknown) == -EINVAL);
	CHECK("E4.4 64 payloads", !content(many + 4, sizeof(many) - 4, IKE_PAYLOAD_VENDOR,
					   &unknown));
}

static bool base64_is(const char *text, const char *want)
{
	uint8_t out[64];
	size_t len;

	return bytes_from_base64(text, out, &len) && len == strlen(want) &&
	       !memcmp(out, want, len);
}

static void test_base64(void)
{
	uint8_t out[64];
	size_t len;

	CHECK("base64, with all paddings", base64_is("Zm9v", "foo") &&
	      base64_is("Zm8=", "fo") && base64_is("Zg==", "f") && base64_is("", ""));
	CHECK("no base64", !bytes_from_base64("Zm9", out, &len) &&
	      !bytes_from_base64("****", out, &len) && !bytes_from_base64("=", out, &len));
}

int main(void)
{
	test_base64();
	test_choice();
	test_answers();
	test_words();
	test_proposals_bytes();
	test_attributes();
	test_selectors();
	test_opaque();
	test_selector_words();
	test_narrowing();
	test_prefixes();
	test_selector_bytes();
	test_messages();
	test_hostile();
	return check_status();
}
