// SPDX-License-Identifier: MIT
/*
 * identity_test.c - identities in words and in bytes.
 */
#include <errno.h>

#include "../../../tools/iked/identity.h"
#include "hex.h"

static void check_words(const char *text, uint8_t type, const char *again)
{
	char buf[IDENTITY_TEXT_MAX];
	struct identity id, back;
	int err = identity_parse_text(text, &id);

	check(!err && id.type == type, "B5.3 parsed", "%s as type %u", text, id.type);
	check_text(text, identity_text(&id, buf), again);
	check(!identity_parse_text(buf, &back) && identity_matches(&id, &back),
	      "B5.3 printed words are parsed as the same", "%s", buf);
}

static void check_refused(const char *text)
{
	struct identity id;

	check(identity_parse_text(text, &id) == -EINVAL && !id.type && !id.len,
	      "B5.3 refused words", "%s", text);
}

static bool same(const char *pattern, const char *text)
{
	struct identity a, b;

	return !identity_parse_text(pattern, &a) && !identity_parse_text(text, &b) &&
	       identity_matches(&a, &b);
}

static int from_payload(uint8_t type, struct bytes data, struct identity *id)
{
	struct ike_id payload = { type, data, { NULL, 0 } };

	return identity_of_payload(&payload, id);
}

static void test_words(void)
{
	struct identity id;
	char buf[IDENTITY_TEXT_MAX];

	check_words("%any", 0, "%any");
	check_words("192.0.2.1", IKE_ID_IPV4, "192.0.2.1");
	check_words("2001:db8:0:0::1", IKE_ID_IPV6, "2001:db8::1");
	check_words("gw.example.org", IKE_ID_FQDN, "gw.example.org");
	check_words("@gw", IKE_ID_FQDN, "gw");
	check_words("@192.0.2.1", IKE_ID_FQDN, "@192.0.2.1");
	check_words("@a=b", IKE_ID_FQDN, "@a=b");
	check_words("user@example.org", IKE_ID_RFC822, "user@example.org");
	check_words("key:0x0102ff", IKE_ID_KEY_ID, "key:0x0102ff");
	check_words("key:spoke-7", IKE_ID_KEY_ID, "key:spoke-7");
	check_words("key:0x3078", IKE_ID_KEY_ID, "key:0x3078");
	check_words("CN=gw, O=Example, C=CH", IKE_ID_DN, "CN=gw, O=Example, C=CH");
	check_words("C=CH,O=Example\\, Inc.,CN=gw", IKE_ID_DN,
		    "C=CH, O=Example\\, Inc., CN=gw");
	check_words("CN=a+OU=b, O=c", IKE_ID_DN, "CN=a + OU=b, O=c");
	check_words("CN= gw \\ , C=CH", IKE_ID_DN, "CN=gw \\ , C=CH");
	check_words("O=Z\xc3\xbcrich", IKE_ID_DN, "O=Z\\C3\\BCrich");
	CHECK("B5.3 E is emailAddress", !identity_parse_text("E=a@example.org", &id));
	check_text("B5.3 E is emailAddress", identity_text(&id, buf),
		   "emailAddress=a@example.org");

	check_refused("");
	check_refused("@");
	check_refused("a b");
	check_refused("*.example.org");
	check_refused("a\\b");
	check_refused("user@");
	check_refused("key:");
	check_refused("key:0x1");
	check_refused("key:0xzz");
	check_refused("192.0.2.256");
	check_refused("192.0.2.0/24");
	check_refused("2001:db8::g");
	check_refused("CN=");
	check_refused("CN=a,");
	check_refused("=a");
	check_refused("NOSUCH=a");
	check_refused("C=CHE");
	check_refused("CN=a\\");
	check_refused("CN=a\\00b");
}

/* Three thousand bytes of a name, and of a DN */
static void test_long(void)
{
	static char text[3000];
	struct identity id;

	memset(text, 'a', sizeof(text) - 1);
	check(identity_parse_text(text, &id) == -EINVAL, "E4.20 a long name", " ");
	memcpy(text, "CN=", 3);
	check(identity_parse_text(text, &id) == -EINVAL, "E4.20 a long DN", " ");
	memcpy(text, "key:", 4);
	check(identity_parse_text(text, &id) == -EINVAL, "E4.20 a long key ID", " ");
}

static void test_payloads(void)
{
	static uint8_t huge[65535];
	struct identity id, dn;
	char buf[IDENTITY_TEXT_MAX];

	memset(huge, 'a', sizeof(huge));
	CHECK("E4.20 type 0", from_payload(0, hex("61"), &id) == -EINVAL);
	CHECK("E4.20 type 255", from_payload(255, hex("61"), &id) == -EINVAL);
	CHECK("E4.20 NULL identity", from_payload(13, hex("61"), &id) == -EINVAL);
	CHECK("E4.20 length 0", from_payload(IKE_ID_FQDN, bytes_of(NULL, 0), &id) == -EINVAL);
	CHECK("E4.20 IPv4 of 3 bytes", from_payload(IKE_ID_IPV4, hex("c00002"), &id) == -EINVAL);
	CHECK("E4.20 IPv4 of 5 bytes", from_payload(IKE_ID_IPV4, hex("c000020101"), &id) == -EINVAL);
	CHECK("E4.20 IPv6 of 4 bytes", from_payload(IKE_ID_IPV6, hex("c0000201"), &id) == -EINVAL);
	CHECK("E4.20 a name with NUL", from_payload(IKE_ID_FQDN, hex("610062"), &id) == -EINVAL);
	CHECK("E4.20 mail with NUL", from_payload(IKE_ID_RFC822, hex("614000"), &id) == -EINVAL);
	CHECK("E4.20 a name of 64 KiB", from_payload(IKE_ID_FQDN, BYTES(huge), &id) == -EINVAL);
	CHECK("E4.20 no DN", from_payload(IKE_ID_DN, hex("30030102"), &id) == -EINVAL);
	CHECK("E4.20 DN cut", from_payload(IKE_ID_DN, hex("300d310b3009060355040613024348").len ?
	      bytes_of(hex("300d310b3009060355040613024348").p, 14) : hex("61"), &id) == -EINVAL);
	CHECK("E4.20 DN with more behind",
	      from_payload(IKE_ID_DN, hex("300d310b300906035504061302434800"), &id) == -EINVAL);
	CHECK("B5.3 DN", !from_payload(IKE_ID_DN, hex("300d310b3009060355040613024348"), &id) &&
	      !identity_parse_text("C=ch", &dn) && identity_matches(&dn, &id));
	check_text("B5.3 DN in words", identity_text(&id, buf), "C=CH");

	CHECK("E4.42 escapes", !from_payload(IKE_ID_FQDN, hex("611b5b333120620a5c"), &id));
	check_text("E4.42 escapes", identity_text(&id, buf), "@a\\x1b[31\\x20b\\x0a\\x5c");
	CHECK("E4.42 key ID", !from_payload(IKE_ID_KEY_ID, hex("00ff1b"), &id));
	check_text("E4.42 key ID", identity_text(&id, buf), "key:0x00ff1b");
	CHECK("E4.42 long", !from_payload(IKE_ID_KEY_ID, bytes_of(huge, 512), &id) &&
	      strlen(identity_text(&id, buf)) < IDENTITY_TEXT_MAX &&
	      !strcmp(buf + strlen(buf) - 3, "..."));
}

static void test_matching(void)
{
	uint8_t buf[32];
	struct writer w = writer_of(buf, sizeof(buf));
	struct identity id;

	CHECK("B5.3 any", same("%any", "gw"));
	CHECK("B5.3 any is no answer", !same("gw", "%any"));
	CHECK("B5.3 names have no case", same("gw.EXAMPLE.org", "GW.example.org"));
	CHECK("B5.3 another name", !same("gw.example.org", "gw.example.orgs"));
	CHECK("B5.3 mail's host has no case", same("user@EXAMPLE.org", "user@example.org"));
	CHECK("B5.3 mail's user has", !same("User@example.org", "user@example.org"));
	CHECK("B5.3 a name is no mail", !same("@gw", "gw@gw"));
	CHECK("B5.3 an address", same("192.0.2.1", "192.0.2.1") && !same("192.0.2.1", "192.0.2.2"));
	CHECK("B5.3 an address is no name", !same("192.0.2.1", "@192.0.2.1"));
	CHECK("B5.3 DNs have no case", same("C=CH, CN=Gw", "C=CH, CN=gw"));
	CHECK("B5.3 DNs have an order", !same("CN=gw, C=CH", "C=CH, CN=gw"));
	CHECK("B5.3 a part of a DN", !same("C=CH", "C=CH, CN=gw"));
	CHECK("B5.3 key IDs are bytes", same("key:abc", "key:0x616263") && !same("key:ABC", "key:abc"));

	identity_parse_text("192.0.2.1", &id);
	identity_write_body(&w, &id);
	check_bytes("B5.3 body", writer_view(&w), "01000000c0000201");
}

int main(void)
{
	test_words();
	test_long();
	test_payloads();
	test_matching();
	return check_status();
}
