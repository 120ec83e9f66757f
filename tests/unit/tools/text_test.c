// SPDX-License-Identifier: MIT
/*
 * text_test.c - numbers, addresses, prefixes, names and safe text.
 */
#include <errno.h>

#include "../../../tools/lib/addr.h"
#include "../../../tools/lib/names.h"
#include "../../../tools/lib/number.h"
#include "../../../tools/lib/safe.h"
#include "check.h"

static void test_numbers(void)
{
	static const struct {
		const char *text;
		uint64_t max;
		int err;
		uint64_t value;
	} cases[] = {
		{ "0", 10, 0, 0 },
		{ "10", 10, 0, 10 },
		{ "11", 10, -ERANGE, 0 },
		{ "010", 10, 0, 10 },
		{ "0x10", 16, 0, 16 },
		{ "0XfF", 255, 0, 255 },
		{ "0x100", 255, -ERANGE, 0 },
		{ "4294967295", UINT32_MAX, 0, UINT32_MAX },
		{ "4294967296", UINT32_MAX, -ERANGE, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, -ERANGE, 0 },
		{ "0xffffffffffffffff", UINT64_MAX, 0, UINT64_MAX },
		{ "0x10000000000000000", UINT64_MAX, -ERANGE, 0 },
		{ "", 10, -EINVAL, 0 },
		{ "0x", 10, -EINVAL, 0 },
		{ "-1", 10, -EINVAL, 0 },
		{ "+1", 10, -EINVAL, 0 },
		{ " 1", 10, -EINVAL, 0 },
		{ "1 ", 10, -EINVAL, 0 },
		{ "1k", 10, -EINVAL, 0 },
		{ "0x1g", 100, -EINVAL, 0 },
		{ "0x0x1", 100, -EINVAL, 0 },
		{ "1.0", 10, -EINVAL, 0 },
	};
	char name[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t value = 0;
		int err = number_parse(cases[i].text, cases[i].max, &value);

		snprintf(name, sizeof(name), "number \"%s\"", cases[i].text);
		check(err == cases[i].err && value == cases[i].value, name,
		      "err %d, value %llu", err, (unsigned long long)value);
	}
}

static void test_scaled(const char *text, int want_err, uint64_t want)
{
	uint64_t value = 0;
	int err = number_parse_scaled(text, UINT64_MAX, &value);
	char name[64];

	snprintf(name, sizeof(name), "scaled number \"%.40s\"", text);
	check(err == want_err && value == want, name, "err %d, value %llu",
	      err, (unsigned long long)value);
}

static void test_scaled_numbers(void)
{
	test_scaled("0", 0, 0);
	test_scaled("0x1f", 0, 31);
	test_scaled("18446744073709551615", 0, UINT64_MAX);
	test_scaled("1k", 0, 1024);
	test_scaled("2m", 0, 2 << 20);
	test_scaled("3g", 0, UINT64_C(3) << 30);
	test_scaled("16777215t", 0, UINT64_C(16777215) << 40);
	test_scaled("16777216t", -ERANGE, 0);
	test_scaled("18446744073709551615k", -ERANGE, 0);
	test_scaled("", -EINVAL, 0);
	test_scaled("k", -EINVAL, 0);
	test_scaled("-1k", -EINVAL, 0);
	test_scaled("1kk", -EINVAL, 0);
	test_scaled("1K", -EINVAL, 0);
	test_scaled("1 k", -EINVAL, 0);
	test_scaled("0x1k", -EINVAL, 0);
	test_scaled("0000000000000000000000000000000000000001k", -EINVAL, 0);
}

static void test_prefix(const char *text, int want_err, const char *want)
{
	struct prefix prefix;
	char buf[PREFIX_TEXT_MAX], name[128];
	int err = prefix_parse(text, &prefix);

	snprintf(name, sizeof(name), "prefix \"%.60s\"", text);
	check(err == want_err, name, "err %d", err);
	if (!err && !want_err)
		check_text(name, prefix_text(&prefix, buf), want);
}

static void test_prefixes(void)
{
	test_prefix("10.0.0.0/8", 0, "10.0.0.0/8");
	test_prefix("10.1.2.3", 0, "10.1.2.3/32");
	test_prefix("0.0.0.0/0", 0, "0.0.0.0/0");
	test_prefix("::/0", 0, "::/0");
	test_prefix("fd00:0:0::/48", 0, "fd00::/48");
	test_prefix("2001:DB8::1", 0, "2001:db8::1/128");
	test_prefix("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128", 0,
		    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
	test_prefix("10.0.0.1/8", 0, "10.0.0.1/8");	/* the kernel refuses */
	test_prefix("10.0.0.0/33", -ERANGE, NULL);
	test_prefix("::/129", -ERANGE, NULL);
	test_prefix("10.0.0.0/", -EINVAL, NULL);
	test_prefix("10.0.0.0/x", -EINVAL, NULL);
	test_prefix("10.0.0.0/-1", -EINVAL, NULL);
	test_prefix("10.0.0.0/0x8", -EINVAL, NULL);
	test_prefix("10.0.0.0/8/8", -EINVAL, NULL);
	test_prefix("/8", -EINVAL, NULL);
	test_prefix("", -EINVAL, NULL);
	test_prefix("10.0.0/8", -EINVAL, NULL);
	test_prefix("10.0.0.256/8", -EINVAL, NULL);
	test_prefix("fe80::1%eth0/64", -EINVAL, NULL);
	test_prefix("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255.255/128",
		    -EINVAL, NULL);
	test_prefix("any", -EINVAL, NULL);
}

static void test_addresses(void)
{
	struct addr addr, other;
	char buf[ADDR_TEXT_MAX];

	addr_parse("192.0.2.1", &addr);
	addr_parse("192.0.2.1", &other);
	CHECK("the same address", addr_equal(&addr, &other));
	addr_parse("192.0.2.2", &other);
	CHECK("another address", !addr_equal(&addr, &other));
	addr_parse("c000:201::", &other);
	CHECK("the same bytes in another family", !addr_equal(&addr, &other));
	CHECK("address IPv4", !addr_parse("192.0.2.1", &addr) && addr.len == 4);
	check_text("address IPv4 text", addr_text(&addr, buf), "192.0.2.1");
	CHECK("address IPv6",
	      !addr_parse("2001:db8::1", &addr) && addr.len == 16);
	check_text("address IPv6 text", addr_text(&addr, buf), "2001:db8::1");
	CHECK("address short", addr_parse("192.0.2", &addr) == -EINVAL);
	CHECK("address junk", addr_parse("192.0.2.1 ", &addr) == -EINVAL);
	CHECK("address with length",
	      addr_parse("192.0.2.1/24", &addr) == -EINVAL);
	CHECK("address empty", addr_parse("", &addr) == -EINVAL);
	CHECK("address name", addr_parse("localhost", &addr) == -EINVAL);
	CHECK("address bytes 4", !addr_from_bytes("\1\2\3\4", 4, &addr));
	CHECK("address bytes 5",
	      addr_from_bytes("\1\2\3\4\5", 5, &addr) == -EINVAL);
	CHECK("address bytes 0", addr_from_bytes("", 0, &addr) == -EINVAL);
}

static void test_names(void)
{
	char buf[NAME_TEXT_MAX];
	uint32_t value;

	CHECK("name aes-gcm-16",
	      !name_parse_encr("aes-gcm-16", &value) && value == 20);
	CHECK("name chacha20-poly1305",
	      !name_parse_encr("chacha20-poly1305", &value) && value == 28);
	CHECK("name unknown algorithm",
	      name_parse_encr("AES-GCM-16", &value) == -EINVAL);
	check_text("name of algorithm", name_encr(20, buf), "aes-gcm-16");
	check_text("name of unknown algorithm", name_encr(999, buf), "999");
	check_text("name of drop", name_drop(IFIPSEC_DROP_RX_AUTH_FAIL, buf),
		   "rx_auth_fail");
	check_text("name of unknown drop", name_drop(9999, buf),
		   "reason_9999");
	check_text("name of state", name_operstate(5, buf), "dormant");
	check_text("name of event",
		   name_event(IFIPSEC_CMD_SA_EXPIRE_NTF, buf), "sa_expire");
	check_text("name of limit",
		   name_life(IFIPSEC_LIFE_A_SOFT_BYTES, buf), "soft-bytes");
	check_text("name of mapping",
		   name_event(IFIPSEC_CMD_SA_MAPPING_NTF, buf), "mapping");
	check_text("choices of two", name_mode_choices(),
		   "tunnel or transport");
	check_text("choices of three", name_df_choices(),
		   "copy, set or clear");
}

/* Every number that is negotiated has a name, and the name is the number */
static void test_algorithms(void)
{
	static const uint32_t encr[] = { 3, 11, 12, 13, 14, 15, 16, 18, 19, 20,
					 21, 23, 28 };
	static const uint32_t auth[] = { 1, 2, 5, 8, 9, 10, 11, 12, 13, 14,
					 1036 };
	char buf[NAME_TEXT_MAX];
	uint32_t value;

	for (size_t i = 0; i < sizeof(encr) / sizeof(encr[0]); i++)
		check(!name_parse_encr(name_encr(encr[i], buf), &value) &&
		      value == encr[i], "name of a cipher", "%u", encr[i]);
	for (size_t i = 0; i < sizeof(auth) / sizeof(auth[0]); i++)
		check(!name_parse_auth(name_auth(auth[i], buf), &value) &&
		      value == auth[i], "name of an integrity algorithm", "%u",
		      auth[i]);
	CHECK("all names of ciphers fit",
	      strstr(name_encr_choices(), " or chacha20-poly1305"));
	CHECK("all names of integrity algorithms fit",
	      strstr(name_auth_choices(), " or hmac-sha2-256-96"));
}

/* All limits that the kernel tells of */
static void test_expire(void)
{
	static const char *const names[] = {
		"seq_soft", "seq_hard", "bytes_soft", "bytes_hard",
		"packets_soft", "packets_hard", "seconds_soft", "seconds_hard",
		"9"
	};
	char buf[NAME_TEXT_MAX];

	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_text("name of a limit that was met",
			   name_expire(i + 1, buf), names[i]);
}

static void test_drop_texts(void)
{
	char buf[NAME_TEXT_MAX], first[NAME_TEXT_MAX + 1];

	for (uint32_t i = 0; i < __IFIPSEC_DROP_MAX; i++) {
		snprintf(first, sizeof(first), "%s", name_drop(i, buf));
		check(strncmp(first, "reason_", 7) && *name_drop_text(i),
		      "every drop reason has a name and a text", "%u", i);
	}
}

static void test_safe(void)
{
	struct safe_text safe;
	char huge[2 * SAFE_TEXT_MAX];

	check_text("safe plain", safe_text("ipsec0", &safe), "ipsec0");
	check_text("safe escape", safe_text("a\033[31mb\n\xff", &safe),
		   "a\\x1b[31mb\\x0a\\xff");
	memset(huge, '\1', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	CHECK("safe cut", strlen(safe_text(huge, &safe)) < SAFE_TEXT_MAX);

	CHECK("key-like hex", safe_looks_like_key("00112233445566778899aabb"));
	CHECK("key-like 0x", safe_looks_like_key("0x0011223344556677"));
	CHECK("key-like colons", safe_looks_like_key("00:11:22:33:44:55:66:77"));
	CHECK("not key-like short", !safe_looks_like_key("00112233"));
	CHECK("not key-like word", !safe_looks_like_key("selectorselector"));
	CHECK("not key-like path", !safe_looks_like_key("/etc/ipsec/aabbcc.key"));
}

int main(void)
{
	test_numbers();
	test_scaled_numbers();
	test_addresses();
	test_prefixes();
	test_names();
	test_algorithms();
	test_expire();
	test_drop_texts();
	test_safe();
	return check_status();
}
