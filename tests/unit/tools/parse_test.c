// SPDX-License-Identifier: MIT
/*
 * parse_test.c - the words of each command become the right struct, or the
 * right sentence.
 */
#include <errno.h>
#include <linux/if_ipsec.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "../../../tools/ipsecctl/parse.h"
#include "check.h"

#define WORDS(...)							\
	(struct words){ .next = (char *[]){ __VA_ARGS__ __VA_OPT__(,) NULL } }

#define BAD(name, parse, type, want, ...)				\
do {									\
	struct words words_ = WORDS(__VA_ARGS__);			\
	type args_;							\
	int err_ = parse(&words_, &args_);				\
	check(err_ == -EINVAL, name, "err %d", err_);			\
	check_text(name, words_.error, want);				\
} while (0)

static void test_dev(void)
{
	struct words words = WORDS("ipsec0", "mtu", "1400", "fwmark", "0x10",
				   "link", "eth0");
	struct dev_args args;
	struct target target;

	CHECK("dev add", !parse_dev_add(&words, &args) &&
	      !strcmp(args.target.ifname, "ipsec0") &&
	      args.has_link && !strcmp(args.link, "eth0") &&
	      args.has_fwmark && args.fwmark == 16 &&
	      args.has_mtu && args.mtu == 1400);
	words = WORDS("ipsec0");
	CHECK("dev add, only the name", !parse_dev_add(&words, &args) &&
	      !args.has_link && !args.has_fwmark && !args.has_mtu &&
	      !args.has_spread);
	words = WORDS("ipsec0", "link", "none");
	CHECK("dev set link none", !parse_dev_set(&words, &args) &&
	      args.has_link && !args.link);
	words = WORDS("ipsec0", "spread", "off");
	CHECK("dev add spread off", !parse_dev_add(&words, &args) &&
	      args.has_spread && !args.spread);
	words = WORDS("ipsec0", "spread", "on");
	CHECK("dev set spread on", !parse_dev_set(&words, &args) &&
	      args.has_spread && args.spread);
	words = WORDS("ipsec0", "netnsid", "0");
	CHECK("dev del", !parse_dev_del(&words, &target) &&
	      target.has_netnsid && target.netnsid == 0);
	words = WORDS(NULL);
	CHECK("dev show", !parse_dev_show(&words, &target) && !target.ifname);

	BAD("dev add nothing", parse_dev_add, struct dev_args,
	    "the interface is missing");
	BAD("dev add empty", parse_dev_add, struct dev_args,
	    "the interface name is empty", "");
	BAD("dev add long", parse_dev_add, struct dev_args,
	    "the interface name is longer than 15 characters",
	    "abcdefghijklmnop");
	BAD("dev add slash", parse_dev_add, struct dev_args,
	    "interface \"a/b\" is not an interface name", "a/b");
	BAD("dev add unknown", parse_dev_add, struct dev_args,
	    "unknown word \"color\", expected link, fwmark, mtu, df, dscp, decap-dscp, ttl, flowlabel or spread",
	    "ipsec0", "color", "red");
	BAD("dev add no value", parse_dev_add, struct dev_args,
	    "the value of mtu is missing", "ipsec0", "mtu");
	BAD("dev add twice", parse_dev_add, struct dev_args,
	    "mtu is given twice", "ipsec0", "mtu", "1", "mtu", "2");
	BAD("dev add junk number", parse_dev_add, struct dev_args,
	    "mtu \"1400x\" is not a number", "ipsec0", "mtu", "1400x");
	BAD("dev add range", parse_dev_add, struct dev_args,
	    "fwmark \"4294967296\" is out of range (0..4294967295)",
	    "ipsec0", "fwmark", "4294967296");
	BAD("dev add bad spread", parse_dev_add, struct dev_args,
	    "spread \"0\" is not on or off", "ipsec0", "spread", "0");
	BAD("dev set nothing", parse_dev_set, struct dev_args,
	    "nothing to set, expected link, fwmark, mtu, df, dscp, decap-dscp, ttl, flowlabel or spread", "ipsec0");
	BAD("dev set netnsid", parse_dev_set, struct dev_args,
	    "unknown word \"netnsid\", expected link, fwmark, mtu, df, dscp, decap-dscp, ttl, flowlabel or spread",
	    "ipsec0", "netnsid", "1");
	BAD("dev del netnsid range", parse_dev_del, struct target,
	    "netnsid \"2147483648\" is out of range (0..2147483647)",
	    "ipsec0", "netnsid", "2147483648");
}

static void test_outer(void)
{
	struct words words = WORDS("ipsec0", "df", "clear", "dscp", "63",
				   "decap-dscp", "on", "ttl", "255",
				   "flowlabel", "0xfffff");
	struct dev_args args;

	CHECK("dev add outer headers", !parse_dev_add(&words, &args) &&
	      args.outer.has_df && args.outer.df == IFIPSEC_DF_CLEAR &&
	      args.outer.has_dscp && args.outer.dscp == 63 &&
	      args.outer.has_decap_dscp && args.outer.decap_dscp &&
	      args.outer.has_ttl && args.outer.ttl == 255 &&
	      args.outer.has_flowlabel && args.outer.flowlabel == 0xfffff);
	words = WORDS("ipsec0", "df", "copy", "dscp", "copy", "decap-dscp",
		      "off", "ttl", "auto", "flowlabel", "auto");
	CHECK("dev set outer headers", !parse_dev_set(&words, &args) &&
	      args.outer.has_df && args.outer.df == IFIPSEC_DF_COPY &&
	      args.outer.has_dscp && args.outer.dscp == IFIPSEC_DSCP_COPY &&
	      args.outer.has_decap_dscp && !args.outer.decap_dscp &&
	      args.outer.has_ttl && !args.outer.ttl &&
	      args.outer.has_flowlabel &&
	      args.outer.flowlabel == IFIPSEC_FLOWLABEL_AUTO);

	BAD("dev add bad df", parse_dev_add, struct dev_args,
	    "df \"yes\" is not copy, set or clear", "ipsec0", "df", "yes");
	BAD("dev add dscp range", parse_dev_add, struct dev_args,
	    "dscp \"64\" is out of range (0..63)", "ipsec0", "dscp", "64");
	BAD("dev add bad decap-dscp", parse_dev_add, struct dev_args,
	    "decap-dscp \"1\" is not on or off", "ipsec0", "decap-dscp", "1");
	BAD("dev add ttl 0", parse_dev_add, struct dev_args,
	    "ttl \"0\" is out of range (1..255)", "ipsec0", "ttl", "0");
	BAD("dev add flowlabel range", parse_dev_add, struct dev_args,
	    "flowlabel \"0x100000\" is out of range (0..1048575)", "ipsec0",
	    "flowlabel", "0x100000");
}

static void test_peer(void)
{
	struct words words = WORDS("ipsec0", "branch", "selector", "10.0.0.0/8",
				   "remote", "192.0.2.1", "selector", "::/0",
				   "local", "192.0.2.2", "netnsid", "3");
	struct peer_args args;
	struct target target;

	CHECK("peer add", !parse_peer_add(&words, &args) &&
	      !strcmp(args.target.peer, "branch") && args.has_remote &&
	      args.has_local && args.local.len == 4 && args.n_selectors == 2 &&
	      args.selectors[1].addr.len == 16 && args.target.netnsid == 3);
	parse_peer_clear(&args);
	words = WORDS("ipsec0", "branch", "local", "any");
	CHECK("peer set local any", !parse_peer_set(&words, &args) &&
	      args.has_local && !args.local.len);
	parse_peer_clear(&args);
	words = WORDS("ipsec0", "branch", "protect", "esp+ah");
	CHECK("peer set protect", !parse_peer_set(&words, &args) &&
	      args.protect == IFIPSEC_PROTECT_ESP_AH);
	parse_peer_clear(&args);
	words = WORDS("ipsec0", "branch", "netnsid", "1");
	CHECK("peer show", !parse_peer_show(&words, &target) &&
	      !strcmp(target.peer, "branch") && target.has_netnsid);
	words = WORDS("ipsec0", "netnsid", "1");
	CHECK("peer show DEV netnsid", !parse_peer_show(&words, &target) &&
	      !target.peer && target.has_netnsid);

	BAD("peer add no name", parse_peer_add, struct peer_args,
	    "the peer is missing", "ipsec0");
	BAD("peer add no remote", parse_peer_add, struct peer_args,
	    "remote is missing", "ipsec0", "branch");
	BAD("peer add bad remote", parse_peer_add, struct peer_args,
	    "remote \"host\" is not an IPv4 or IPv6 address", "ipsec0",
	    "branch", "remote", "host");
	BAD("peer add local any", parse_peer_add, struct peer_args,
	    "local \"any\" is not an IPv4 or IPv6 address", "ipsec0",
	    "branch", "remote", "::1", "local", "any");
	BAD("peer set nothing", parse_peer_set, struct peer_args,
	    "nothing to set, expected remote, local, selector, protect, encap or keepalive",
	    "ipsec0", "branch");
	BAD("peer add bad protect", parse_peer_add, struct peer_args,
	    "protect \"ah+esp\" is not esp, ah or esp+ah", "ipsec0", "branch",
	    "protect", "ah+esp");
}

static void test_nat(void)
{
	struct words words = WORDS("ipsec0", "b", "encap", "4500", "61234",
				   "remote", "::1", "keepalive", "20");
	struct encap_args encap;
	struct peer_args args;

	CHECK("peer add encap", !parse_peer_add(&words, &args) &&
	      args.has_encap && args.encap_local == 4500 &&
	      args.encap_remote == 61234 && args.has_remote &&
	      args.has_keepalive && args.keepalive == 20);
	words = WORDS("ipsec0", "b", "encap", "off", "keepalive", "off");
	CHECK("peer set encap off", !parse_peer_set(&words, &args) &&
	      args.has_encap && !args.encap_local && !args.encap_remote &&
	      args.has_keepalive && !args.keepalive);
	words = WORDS("65535");
	CHECK("encap", !parse_encap(&words, &encap) && encap.port == 65535);

	BAD("peer set encap, one port", parse_peer_set, struct peer_args,
	    "the remote port of encap is missing", "ipsec0", "b", "encap",
	    "4500");
	BAD("peer set encap, an option for a port", parse_peer_set,
	    struct peer_args,
	    "the remote port of encap \"keepalive\" is not a number",
	    "ipsec0", "b", "encap", "4500", "keepalive", "20");
	BAD("peer set encap, port 0", parse_peer_set, struct peer_args,
	    "encap \"0\" is out of range (1..65535)", "ipsec0", "b", "encap",
	    "0", "0");
	BAD("peer set encap off and a port", parse_peer_set, struct peer_args,
	    "unknown word \"4500\", expected remote, local, selector, protect, encap, keepalive or netnsid",
	    "ipsec0", "b", "encap", "off", "4500");
	BAD("peer set keepalive 0", parse_peer_set, struct peer_args,
	    "keepalive \"0\" is out of range (1..4294967295)", "ipsec0", "b",
	    "keepalive", "0");
	BAD("encap, port too large", parse_encap, struct encap_args,
	    "port \"65536\" is out of range (1..65535)", "65536");
}

/* Selectors are kept until parse_peer_clear(), also when one of them is bad */
static void test_selectors(void)
{
	char *next[2 * (PARSE_SELECTORS_MAX + 1) + 3];
	struct words words = WORDS("ipsec0", "b", "selector", "10.0.0.0/8",
				   "selector", "10.0.0.0/40");
	struct peer_args args;
	size_t n = 0;

	CHECK("peer bad selector", parse_peer_set(&words, &args) == -EINVAL);
	parse_peer_clear(&args);

	next[n++] = "ipsec0";
	next[n++] = "b";
	for (int i = 0; i <= PARSE_SELECTORS_MAX; i++) {
		next[n++] = "selector";
		next[n++] = "10.0.0.0/8";
	}
	next[n] = NULL;
	words = (struct words){ .next = next };
	CHECK("peer too many selectors",
	      parse_peer_set(&words, &args) == -EINVAL);
	check_text("peer too many selectors", words.error,
		   "more than 1024 selectors");
	parse_peer_clear(&args);
}

static void test_sa(void)
{
	struct words words = WORDS("ipsec0", "b", "in", "spi", "0x1001", "encr",
				   "aes-gcm-16", "key", "-", "replay-window",
				   "64", "seq", "18446744073709551615", "esn",
				   "off");
	struct sa_args args;

	CHECK("sa add", !parse_sa_add(&words, &args) &&
	      args.dir == IFIPSEC_DIR_IN && args.spi == 0x1001 &&
	      args.encr == IFIPSEC_ENCR_AES_GCM_16 && !args.flags &&
	      !strcmp(args.key_file, "-") && args.replay_window == 64 &&
	      args.has_seq && args.seq == UINT64_MAX);
	words = WORDS("ipsec0", "b", "out", "spi", "4097", "encr",
		      "chacha20-poly1305", "key", "k");
	CHECK("sa add defaults", !parse_sa_add(&words, &args) &&
	      args.dir == IFIPSEC_DIR_OUT && args.spi == 4097 &&
	      args.flags == IFIPSEC_SA_F_ESN && !args.proto && !args.mode &&
	      !args.auth && !args.auth_key_file &&
	      !args.has_replay_window && !args.has_seq);
	words = WORDS("ipsec0", "b", "in", "spi", "0", "encr", "aes-gcm-16",
		      "key", "k", "replay-window", "9000");
	CHECK("sa add leaves judgement to the kernel",
	      !parse_sa_add(&words, &args));
	words = WORDS("ipsec0", "b", "out", "spi", "1", "seq", "7");
	CHECK("sa set", !parse_sa_set(&words, &args) && args.seq == 7);
	words = WORDS("ipsec0", "b", "out", "spi", "1", "proto", "ah");
	CHECK("sa del", !parse_sa_del(&words, &args) && args.spi == 1 &&
	      args.proto == IPPROTO_AH);

	BAD("sa add no direction", parse_sa_add, struct sa_args,
	    "the direction (in or out) is missing", "ipsec0", "b");
	BAD("sa add bad direction", parse_sa_add, struct sa_args,
	    "direction \"up\" is not in or out", "ipsec0", "b", "up");
	BAD("sa add bad algorithm", parse_sa_add, struct sa_args,
	    "encr \"des\" is not 3des-cbc, null, aes-cbc, aes-ctr, aes-ccm-8, aes-ccm-12, aes-ccm-16, aes-gcm-8, aes-gcm-12, aes-gcm-16, null-aes-gmac, camellia-cbc or chacha20-poly1305",
	    "ipsec0", "b", "in", "encr", "des");
	BAD("sa add bad SPI", parse_sa_add, struct sa_args,
	    "spi \"0x100000000\" is out of range (0..4294967295)",
	    "ipsec0", "b", "in", "spi", "0x100000000");
	BAD("sa add negative SPI", parse_sa_add, struct sa_args,
	    "spi \"-1\" is not a number", "ipsec0", "b", "in", "spi", "-1");
	BAD("sa add bad esn", parse_sa_add, struct sa_args,
	    "esn \"yes\" is not on or off", "ipsec0", "b", "in", "esn", "yes");
	BAD("sa add empty key file", parse_sa_add, struct sa_args,
	    "key: the file name is empty", "ipsec0", "b", "in", "key", "");
	BAD("sa add key without its word", parse_sa_add, struct sa_args,
	    "unknown word (a word that looks like a key), expected spi, proto, mode, encr, key, auth, auth-key, esn, insecure, ah-align8, replay-window, seq, tfc, soft-bytes, hard-bytes, soft-packets, hard-packets, soft-seconds, hard-seconds or netnsid",
	    "ipsec0", "b", "in", "00112233445566778899aabbccddeeff");
	BAD("sa replace in", parse_sa_replace, struct sa_args,
	    "only the SA that is sent on can be replaced, expected out; add inbound SAs with \"sa add\"",
	    "ipsec0", "b", "in", "spi", "1", "encr", "aes-gcm-16", "key", "-");
	BAD("sa replace replay-window", parse_sa_replace, struct sa_args,
	    "unknown word \"replay-window\", expected spi, proto, mode, encr, key, auth, auth-key, esn, insecure, ah-align8, seq, tfc, soft-bytes, hard-bytes, soft-packets, hard-packets, soft-seconds, hard-seconds or netnsid",
	    "ipsec0", "b", "out", "replay-window", "64");
	BAD("sa add tfc of 33 bits", parse_sa_add, struct sa_args,
	    "tfc \"4294967296\" is out of range (0..4294967295)",
	    "ipsec0", "b", "out", "spi", "256", "tfc", "4294967296");
	BAD("sa set tfc", parse_sa_set, struct sa_args,
	    "unknown word \"tfc\", expected spi, proto, seq or netnsid",
	    "ipsec0", "b", "out", "spi", "256", "tfc", "9");
	BAD("sa set no number", parse_sa_set, struct sa_args,
	    "seq is missing", "ipsec0", "b", "out", "spi", "1");
	BAD("sa del no SPI", parse_sa_del, struct sa_args, "spi is missing",
	    "ipsec0", "b", "out");
}

static void test_dummy(void)
{
	struct words words = WORDS("ipsec0", "b", "length", "1400", "netnsid",
				   "3", "count", "1000");
	struct words least = WORDS("ipsec0", "b");
	struct words tfc = WORDS("ipsec0", "b", "out", "spi", "256", "tfc", "0");
	struct dummy_args args;
	struct sa_args sa;

	CHECK("dummy", !parse_dummy(&words, &args) && args.has_count &&
	      args.count == 1000 && args.has_length && args.length == 1400 &&
	      args.target.netnsid == 3 && !strcmp(args.target.peer, "b"));
	CHECK("dummy without options", !parse_dummy(&least, &args) &&
	      !args.has_count && !args.has_length);
	BAD("dummy no peer", parse_dummy, struct dummy_args,
	    "the peer is missing", "ipsec0");
	BAD("dummy none", parse_dummy, struct dummy_args,
	    "count \"0\" is out of range (1..1000)",
	    "ipsec0", "b", "count", "0");
	BAD("dummy too many", parse_dummy, struct dummy_args,
	    "count \"1001\" is out of range (1..1000)",
	    "ipsec0", "b", "count", "1001");
	CHECK("tfc 0 is given", !parse_sa_replace(&tfc, &sa) && sa.has_tfc &&
	      !sa.tfc);
}

static void test_sa_suite(void)
{
	struct words words = WORDS("ipsec0", "b", "out", "insecure", "spi",
				   "1", "proto", "ah", "ah-align8", "mode",
				   "transport", "auth", "hmac-sha2-256-96",
				   "auth-key", "-", "esn", "off");
	struct sa_args args;

	CHECK("sa replace ah", !parse_sa_replace(&words, &args) &&
	      args.proto == IPPROTO_AH && args.mode == IFIPSEC_MODE_TRANSPORT &&
	      args.auth == 1036 && !strcmp(args.auth_key_file, "-") &&
	      !args.encr && !args.key_file && args.flags ==
	      (IFIPSEC_SA_F_INSECURE | IFIPSEC_SA_F_AH_ALIGN8));
	words = WORDS("ipsec0", "b", "in", "spi", "1", "insecure");
	CHECK("sa add leaves what is missing to the kernel",
	      !parse_sa_add(&words, &args) && !args.encr && args.flags ==
	      (IFIPSEC_SA_F_ESN | IFIPSEC_SA_F_INSECURE));

	BAD("sa add insecure twice", parse_sa_add, struct sa_args,
	    "insecure is given twice", "ipsec0", "b", "in", "insecure",
	    "insecure");
	BAD("sa add bad proto", parse_sa_add, struct sa_args,
	    "proto \"51\" is not esp or ah", "ipsec0", "b", "in", "proto",
	    "51");
	BAD("sa add bad mode", parse_sa_add, struct sa_args,
	    "mode \"beet\" is not tunnel or transport", "ipsec0", "b", "in",
	    "mode", "beet");
	BAD("sa add empty auth-key file", parse_sa_add, struct sa_args,
	    "auth-key: the file name is empty", "ipsec0", "b", "in",
	    "auth-key", "");
	BAD("sa add ah with a cipher", parse_sa_add, struct sa_args,
	    "ah does not encrypt: it has no encr and key, expected auth and auth-key",
	    "ipsec0", "b", "in", "spi", "1", "encr", "null", "proto", "ah");
	BAD("sa add both keys from the standard input", parse_sa_add,
	    struct sa_args,
	    "key and auth-key cannot both be the standard input", "ipsec0",
	    "b", "in", "spi", "1", "key", "-", "auth-key", "-");
}

static void test_sa_life(void)
{
	struct words words = WORDS("ipsec0", "b", "out", "spi", "1",
				   "soft-bytes", "3g", "hard-bytes",
				   "18446744073709551615", "soft-packets", "5",
				   "hard-packets", "6", "soft-seconds", "7",
				   "hard-seconds", "8");
	struct sa_args args;

	CHECK("sa replace with limits", !parse_sa_replace(&words, &args) &&
	      args.life[IFIPSEC_LIFE_A_SOFT_BYTES] == UINT64_C(3) << 30 &&
	      args.life[IFIPSEC_LIFE_A_HARD_BYTES] == UINT64_MAX &&
	      args.life[IFIPSEC_LIFE_A_SOFT_PACKETS] == 5 &&
	      args.life[IFIPSEC_LIFE_A_HARD_PACKETS] == 6 &&
	      args.life[IFIPSEC_LIFE_A_SOFT_SECONDS] == 7 &&
	      args.life[IFIPSEC_LIFE_A_HARD_SECONDS] == 8);
	words = WORDS("ipsec0", "b", "in", "spi", "1", "hard-seconds", "9");
	CHECK("sa add with a limit", !parse_sa_add(&words, &args) &&
	      !args.life[IFIPSEC_LIFE_A_SOFT_BYTES] &&
	      args.life[IFIPSEC_LIFE_A_HARD_SECONDS] == 9);

	BAD("sa add, bytes beyond 64 bits", parse_sa_add, struct sa_args,
	    "hard-bytes \"16777216t\" is out of range (0..18446744073709551615)",
	    "ipsec0", "b", "in", "hard-bytes", "16777216t");
	BAD("sa add, packets have no unit", parse_sa_add, struct sa_args,
	    "soft-packets \"1k\" is not a number", "ipsec0", "b", "in",
	    "soft-packets", "1k");
	BAD("sa set has no limits", parse_sa_set, struct sa_args,
	    "unknown word \"soft-bytes\", expected spi, proto, seq or netnsid",
	    "ipsec0", "b", "in", "soft-bytes", "1");
}

static void test_spi(void)
{
	struct words words = WORDS("ipsec0", "b");
	struct spi_args args;

	CHECK("spi add", !parse_spi_add(&words, &args) &&
	      !strcmp(args.target.peer, "b") && !args.proto &&
	      !args.has_min && !args.has_max);
	words = WORDS("ipsec0", "b", "min", "0x100", "max", "4294967295",
		      "proto", "ah", "netnsid", "3");
	CHECK("spi add with everything", !parse_spi_add(&words, &args) &&
	      args.proto == IPPROTO_AH && args.has_min && args.min == 256 &&
	      args.has_max && args.max == UINT32_MAX &&
	      args.target.netnsid == 3);
	BAD("spi add nothing", parse_spi_add, struct spi_args,
	    "the interface is missing");
	BAD("spi add no peer", parse_spi_add, struct spi_args,
	    "the peer is missing", "ipsec0");
	BAD("spi add bad proto", parse_spi_add, struct spi_args,
	    "proto \"udp\" is not esp or ah", "ipsec0", "b", "proto", "udp");
	BAD("spi add bad number", parse_spi_add, struct spi_args,
	    "min \"x\" is not a number", "ipsec0", "b", "min", "x");
}

static void test_flush(void)
{
	struct words words = WORDS("sa");
	struct flush_args args;

	CHECK("flush sa", !parse_flush(&words, &args) &&
	      args.what == IFIPSEC_FLUSH_SAS && !args.target.ifname);
	words = WORDS("peer", "ipsec0", "netnsid", "1");
	CHECK("flush peer DEV", !parse_flush(&words, &args) &&
	      args.what == IFIPSEC_FLUSH_PEERS && args.target.has_netnsid);
	BAD("flush nothing", parse_flush, struct flush_args,
	    "what to flush (sa or peer) is missing");
	BAD("flush unknown", parse_flush, struct flush_args,
	    "flush \"all\" is not sa or peer", "all");
	words = WORDS("x");
	CHECK("no words", parse_none(&words) == -EINVAL);
	check_text("no words", words.error,
		   "unknown word \"x\", expected nothing more");
}

int main(void)
{
	test_dev();
	test_outer();
	test_peer();
	test_nat();
	test_selectors();
	test_sa();
	test_sa_suite();
	test_dummy();
	test_sa_life();
	test_spi();
	test_flush();
	return check_status();
}
