// SPDX-License-Identifier: MIT
/*
 * decode_test.c - the kernel's messages become structs, and these become text
 * and JSON.
 */
#include <errno.h>
#include <json-c/json.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>

#include "../../../tools/ipsecctl/decode.h"
#include "../../../tools/ipsecctl/print.h"
#include "check.h"
#include "messages.h"

static void fill(struct overview *all)
{
	static const uint32_t spis[] = { 0x2002, 0x1001, 0x2001 };
	struct nl_msg *msg;
	struct peer peer;
	struct dev dev;
	struct sa sa;

	memset(all, 0, sizeof(*all));
	msg = message_dev(IFIPSEC_CMD_DEV_GET);
	CHECK("decode interface", !decode_dev(nlmsg_hdr(msg), &dev));
	dev_name_link(&dev);
	CHECK("list interface", dev_list_add(&all->devs, &dev));
	nlmsg_free(msg);
	msg = message_peer(IFIPSEC_CMD_PEER_GET);
	CHECK("decode peer", !decode_peer(nlmsg_hdr(msg), &peer));
	CHECK("list peer", peer_list_add(&all->peers, &peer));
	nlmsg_free(msg);
	for (int i = 0; i < 3; i++) {
		msg = message_sa(IFIPSEC_CMD_SA_GET, i == 1 ? IFIPSEC_DIR_OUT :
				 IFIPSEC_DIR_IN, spis[i]);
		CHECK("decode SA", !decode_sa(nlmsg_hdr(msg), &sa));
		CHECK("list SA", sa_list_add(&all->sas, &sa));
		nlmsg_free(msg);
	}
	dev_list_sort(&all->devs);
	peer_list_sort(&all->peers);
	sa_list_sort(&all->sas);
}

static void clear(struct overview *all)
{
	dev_list_clear(&all->devs);
	peer_list_clear(&all->peers);
	sa_list_clear(&all->sas);
}

static const char human_want[] =
"ipsec0: up, mtu 1446 (auto), link if2147483647, fwmark 0x2a, 1 peer, 2 SAs\n"
"  outer headers: df set, dscp 46, decap-dscp on, ttl 64, flowlabel 0x00012\n"
"  received 10 packets, 1536 bytes (1.5 KiB)\n"
"  sent     1 packet, 84 bytes\n"
"  dropped  3 rx_auth_fail: integrity check failed: wrong key, damage or forgery\n"
"  dropped  2 reason_4000: a reason newer than this ipsecctl\n"
"  peer branch: remote 192.0.2.2, local 192.0.2.1, mtu 1446, protect esp+ah, in UDP, ports 4500 to 61234, keepalive 20 s\n"
"    behind it: 10.2.0.0/16, fd00::/8\n"
"    out 0x00001001 esp aes-gcm-16, 256 bit, esn on, tfc 1400, seq 3221225472, gcm(aes)\n"
"      sent     1 packet, 84 bytes\n"
"      dropped  3 rx_auth_fail: integrity check failed: wrong key, damage or forgery\n"
"      dropped  2 reason_4000: a reason newer than this ipsecctl\n"
"    in  0x00002001 esp aes-gcm-16, 256 bit, esn off, replay-window 1024, seq 3221225472 (75% of 32 bits), gcm(aes)\n"
"      received 10 packets, 1536 bytes (1.5 KiB)\n"
"      dropped  3 rx_auth_fail: integrity check failed: wrong key, damage or forgery\n"
"      dropped  2 reason_4000: a reason newer than this ipsecctl\n"
"    in  0x00002002 esp aes-gcm-16, 256 bit, esn off, replay-window 1024, seq 3221225472 (75% of 32 bits), gcm(aes)\n"
"      received 10 packets, 1536 bytes (1.5 KiB)\n"
"      dropped  3 rx_auth_fail: integrity check failed: wrong key, damage or forgery\n"
"      dropped  2 reason_4000: a reason newer than this ipsecctl\n"
"    out none: no ah SA to send on\n"
"    in  none: no ah SA to receive on\n"
"    2 packets wait for an SA\n";

#define JSON_STATS							\
	"\"stats\":{\"rx_packets\":10,\"rx_bytes\":1536,"		\
	"\"tx_packets\":1,\"tx_bytes\":84,"				\
	"\"drops\":{\"rx_auth_fail\":3,\"reason_4000\":2}}"
#define JSON_NO_STATS							\
	"\"stats\":{\"rx_packets\":0,\"rx_bytes\":0,\"tx_packets\":0,"	\
	"\"tx_bytes\":0,\"drops\":{}}"
#define JSON_NO_LIFE							\
	"\"life\":{\"soft_bytes\":0,\"hard_bytes\":0,"			\
	"\"soft_packets\":0,\"hard_packets\":0,\"soft_seconds\":0,"	\
	"\"hard_seconds\":0},\"age\":0,\"limits_met\":[]"
#define JSON_LIFE							\
	"\"life\":{\"soft_bytes\":1000,\"hard_bytes\":0,"			\
	"\"soft_packets\":0,\"hard_packets\":10,\"soft_seconds\":0,"	\
	"\"hard_seconds\":3600},\"age\":77,"				\
	"\"limits_met\":[\"bytes_soft\",\"packets_hard\",\"31\"]"
#define JSON_OUTER							\
	"\"df\":\"set\",\"dscp\":46,\"decap_dscp\":true,\"ttl\":64,"	\
	"\"flowlabel\":18"
#define JSON_DEV							\
	"\"ifname\":\"ipsec0\",\"ifindex\":7,\"link\":\"if2147483647\","\
	"\"fwmark\":42,\"mtu\":1446,\"mtu_auto\":true,"			\
	"\"operstate\":\"up\",\"peer_count\":1,\"sa_count\":2,"		\
	JSON_OUTER ",\"spread\":true," JSON_STATS
#define JSON_PEER							\
	"\"name\":\"branch\",\"remote\":\"192.0.2.2\","			\
	"\"local\":\"192.0.2.1\","					\
	"\"selectors\":[\"10.2.0.0/16\",\"fd00::/8\"],"			\
	"\"protect\":\"esp+ah\","					\
	"\"encap\":{\"local\":4500,\"remote\":61234},"			\
	"\"keepalive\":20,\"mtu\":1446,"				\
	"\"tx_spi\":\"0x00001001\",\"tx_ah_spi\":\"0x00001002\","	\
	"\"rx_sas\":1,\"held\":2"
#define JSON_OUT							\
	"\"dir\":\"out\",\"spi\":\"0x00001001\",\"proto\":\"esp\","	\
	"\"mode\":\"tunnel\",\"encr\":\"aes-gcm-16\",\"key_bits\":256,"	\
	"\"auth\":null,\"esn\":true,\"insecure\":false,"		\
	"\"ah_align8\":false,"						\
	"\"tfc\":1400,\"seq\":3221225472," JSON_NO_LIFE ","			\
	"\"driver\":\"gcm(aes)\"," JSON_STATS
#define JSON_IN(spi)							\
	"\"dir\":\"in\",\"spi\":\"" spi "\",\"proto\":\"esp\","		\
	"\"mode\":\"tunnel\",\"encr\":\"aes-gcm-16\",\"key_bits\":256,"	\
	"\"auth\":null,\"esn\":false,\"insecure\":false,"		\
	"\"ah_align8\":false,"						\
	"\"replay_window\":1024,\"seq\":3221225472," JSON_NO_LIFE ","	\
	"\"driver\":\"gcm(aes)\"," JSON_STATS
#define JSON_HOME	"\"ifname\":\"ipsec0\",\"ifindex\":7"

/* Compares as JSON: spaces and lines do not matter, the order does */
static void check_json(const char *name, const char *got, const char *want)
{
	json_object *object = json_tokener_parse(got);

	check(object, name, "not JSON: %s", got);
	check_text(name, json_object_to_json_string_ext(object,
		   JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
		   want);
	json_object_put(object);
}

static void test_overview(void)
{
	struct overview all;
	char *text = NULL;
	size_t len;
	FILE *out;

	fill(&all);
	out = open_memstream(&text, &len);
	printer_human.overview(out, &all);
	fclose(out);
	check_text("overview for people", text, human_want);
	free(text);

	out = open_memstream(&text, &len);
	printer_json.overview(out, &all);
	fclose(out);
	check_json("overview in JSON", text,
		   "{\"interfaces\":[{" JSON_DEV ",\"peers\":[{" JSON_PEER
		   ",\"sas\":[{" JSON_OUT "},{" JSON_IN("0x00002001") "},{"
		   JSON_IN("0x00002002") "}]}]}]}");
	free(text);
	clear(&all);
}

static void test_lists(void)
{
	struct overview all;
	char *text = NULL;
	size_t len;
	FILE *out;

	fill(&all);
	out = open_memstream(&text, &len);
	printer_json.devs(out, &all.devs);
	fclose(out);
	check_json("interfaces in JSON", text, "[{" JSON_DEV "}]");
	free(text);
	out = open_memstream(&text, &len);
	printer_json.peers(out, &all.peers);
	fclose(out);
	check_json("peers in JSON", text,
		   "[{" JSON_HOME "," JSON_PEER "}]");
	free(text);
	out = open_memstream(&text, &len);
	printer_json.sas(out, &all.sas);
	fclose(out);
	check_json("SAs in JSON", text,
		   "[{" JSON_HOME ",\"peer\":\"branch\"," JSON_OUT "},{"
		   JSON_HOME ",\"peer\":\"branch\"," JSON_IN("0x00002001")
		   "},{" JSON_HOME ",\"peer\":\"branch\","
		   JSON_IN("0x00002002") "}]");
	free(text);
	clear(&all);
}

static void test_empty(void)
{
	struct overview all = { 0 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	printer_json.overview(out, &all);
	fclose(out);
	check_json("empty overview in JSON", text, "{\"interfaces\":[]}");
	free(text);
	out = open_memstream(&text, &len);
	printer_human.overview(out, &all);
	fclose(out);
	check_text("empty overview for people", text,
		   "no ipsec interface has its underlay in this namespace\n");
	free(text);
}

/* Objects whose owner went between two dumps are left out, in any order */
static void test_orphans(void)
{
	struct overview all;
	char *text = NULL;
	size_t len;
	FILE *out;

	fill(&all);
	strcpy(all.peers.items[0].home.ifname, "ipsec1");
	out = open_memstream(&text, &len);
	printer_json.overview(out, &all);
	fclose(out);
	check_json("overview without owners", text,
		   "{\"interfaces\":[{" JSON_DEV ",\"peers\":[]}]}");
	free(text);
	clear(&all);
}

static void test_event(struct nl_msg *msg, const char *human, const char *json)
{
	struct timespec when = { .tv_sec = 1700000000, .tv_nsec = 123456789 };
	struct event event;
	char *text = NULL;
	size_t len;
	FILE *out;

	CHECK("decode event", !decode_event(nlmsg_hdr(msg), &event));
	out = open_memstream(&text, &len);
	printer_human.event(out, &when, &event);
	fclose(out);
	check_text("event for people", text, human);
	free(text);
	out = open_memstream(&text, &len);
	printer_json.event(out, &when, &event);
	fclose(out);
	CHECK("event is one line", strchr(text, '\n') == text + len - 1);
	check_json("event in JSON", text, json);
	free(text);
	event_clear(&event);
	nlmsg_free(msg);
}

#define STAMP	"2023-11-14T22:13:20.123456+0000"

static void test_events(void)
{
	test_event(message_dev(IFIPSEC_CMD_DEV_SET_NTF),
		   STAMP " dev_set ipsec0 up, mtu 1446 (auto), link , fwmark 0x2a, df set, dscp 46, decap-dscp on, ttl 64, flowlabel 0x00012\n",
		   "{\"timestamp\":\"" STAMP "\",\"event\":\"dev_set\","
		   JSON_HOME ",\"link\":null,\"fwmark\":42,\"mtu\":1446,\"mtu_auto\":true,\"operstate\":\"up\",\"peer_count\":1,\"sa_count\":2,"
		   JSON_OUTER ",\"spread\":true," JSON_STATS "}");
	test_event(message_peer(IFIPSEC_CMD_PEER_DEL_NTF),
		   STAMP " peer_del ipsec0 branch remote 192.0.2.2, local 192.0.2.1, mtu 1446, protect esp+ah, in UDP, ports 4500 to 61234, keepalive 20 s\n",
		   "{\"timestamp\":\"" STAMP "\",\"event\":\"peer_del\","
		   JSON_HOME "," JSON_PEER "}");
	test_event(message_sa(IFIPSEC_CMD_SA_EXPIRE_NTF, IFIPSEC_DIR_OUT,
			      0x1001),
		   STAMP " sa_expire ipsec0 branch out 0x00001001 esp aes-gcm-16, 256 bit, esn on, tfc 1400, seq 3221225472, gcm(aes), seq_soft\n",
		   "{\"timestamp\":\"" STAMP "\",\"event\":\"sa_expire\","
		   JSON_HOME ",\"peer\":\"branch\"," JSON_OUT
		   ",\"expire\":\"seq_soft\"}");
	test_event(message_sa_ah(IFIPSEC_CMD_SA_NEW_NTF, 0x1002),
		   STAMP " sa_new ipsec0 branch out 0x00001002 ah transport hmac-sha1-96, esn on, insecure, ah-align8, seq 0, hmac(sha1)\n",
		   "{\"timestamp\":\"" STAMP "\",\"event\":\"sa_new\","
		   JSON_HOME ",\"peer\":\"branch\",\"dir\":\"out\",\"spi\":\"0x00001002\",\"proto\":\"ah\",\"mode\":\"transport\",\"encr\":null,\"key_bits\":0,\"auth\":\"hmac-sha1-96\",\"esn\":true,\"insecure\":true,\"ah_align8\":true,\"tfc\":0,\"seq\":0," JSON_LIFE ",\"driver\":\"hmac(sha1)\","
		   JSON_NO_STATS "}");
}

/* What was told of a packet */
static void test_packet_events(void)
{
	test_event(message_acquire(),
		   STAMP " acquire ipsec0 branch remote 192.0.2.2, local 192.0.2.1, mtu 1446, protect esp+ah, in UDP, ports 4500 to 61234, keepalive 20 s, 10.1.0.5 to 10.2.0.7, protocol 17\n",
		   "{\"timestamp\":\"" STAMP "\",\"event\":\"acquire\","
		   JSON_HOME "," JSON_PEER
		   ",\"acquire\":{\"src\":\"10.1.0.5\",\"dst\":\"10.2.0.7\",\"proto\":17}}");
	test_event(message_mapping(),
		   STAMP " mapping ipsec0 branch in  0x00002001 esp aes-gcm-16, 256 bit, esn off, replay-window 1024, seq 3221225472 (75% of 32 bits), gcm(aes), came from 203.0.113.6, port 61235\n",
		   "{\"timestamp\":\"" STAMP "\",\"event\":\"mapping\","
		   JSON_HOME ",\"peer\":\"branch\"," JSON_IN("0x00002001")
		   ",\"mapping\":{\"addr\":\"203.0.113.6\",\"port\":61235}}");
	test_event(message_bare(IFIPSEC_CMD_SA_MAPPING_NTF),
		   STAMP " mapping ipsec0 branch in  0x00002001 esp, esn off, seq 0 (0% of 32 bits), came from none, not in UDP\n",
		   "{\"timestamp\":\"" STAMP "\",\"event\":\"mapping\","
		   JSON_HOME ",\"peer\":\"branch\",\"dir\":\"in\",\"spi\":\"0x00002001\",\"proto\":\"esp\",\"mode\":\"tunnel\",\"encr\":null,\"key_bits\":0,\"auth\":null,\"esn\":false,\"insecure\":false,\"ah_align8\":false,\"replay_window\":0,\"seq\":0,"
		   JSON_NO_LIFE ",\"driver\":null," JSON_NO_STATS
		   ",\"mapping\":{\"port\":0}}");
}

/* Packets that were dropped, with and without one that is known */
static void test_drop_events(void)
{
	struct nl_msg *msg = message_bare(IFIPSEC_CMD_DROP_NTF);
	struct event event;

	test_event(message_drop(),
		   STAMP " drop ipsec0 branch rx_ts_mismatch in 0x00002001 ah seq 4294967296, 203.0.113.6 > 192.0.2.1, flow label 0x00012, inner 10.1.0.5 > 10.2.0.7 protocol 6 (3 more not shown)\n",
		   "{\"timestamp\":\"" STAMP "\",\"event\":\"drop\","
		   JSON_HOME ",\"peer\":\"branch\",\"reason\":\"rx_ts_mismatch\",\"dir\":\"in\",\"spi\":\"0x00002001\",\"proto\":\"ah\",\"seq\":4294967296,\"outer\":{\"src\":\"203.0.113.6\",\"dst\":\"192.0.2.1\"},\"inner\":{\"src\":\"10.1.0.5\",\"dst\":\"10.2.0.7\",\"proto\":6},\"flowlabel\":18,\"packets\":4}");
	test_event(message_drop_summary(),
		   STAMP " drop no_sa (950 not shown)\n",
		   "{\"timestamp\":\"" STAMP "\",\"event\":\"drop\",\"reason\":\"no_sa\",\"packets\":950}");
	CHECK("a drop without a reason is refused",
	      decode_event(nlmsg_hdr(msg), &event) == -EBADMSG);
	nlmsg_free(msg);
}

/* What an older kernel does not say is what it does */
static void test_defaults(void)
{
	test_event(message_bare(IFIPSEC_CMD_DEV_NEW_NTF),
		   STAMP " dev_new ipsec0 unknown, mtu 0, spread off\n",
		   "{\"timestamp\":\"" STAMP "\",\"event\":\"dev_new\","
		   JSON_HOME ",\"link\":null,\"fwmark\":0,\"mtu\":0,\"mtu_auto\":false,\"operstate\":\"unknown\",\"peer_count\":0,\"sa_count\":0,\"df\":\"copy\",\"dscp\":\"copy\",\"decap_dscp\":false,\"ttl\":\"auto\",\"flowlabel\":0,\"spread\":false,"
		   JSON_NO_STATS "}");
	test_event(message_bare(IFIPSEC_CMD_PEER_NEW_NTF),
		   STAMP " peer_new ipsec0 branch remote none\n",
		   "{\"timestamp\":\"" STAMP "\",\"event\":\"peer_new\","
		   JSON_HOME ",\"name\":\"branch\",\"selectors\":[],\"protect\":\"esp\",\"encap\":null,\"keepalive\":0,\"mtu\":null,\"rx_sas\":0,\"held\":0}");
	test_event(message_bare(IFIPSEC_CMD_SA_NEW_NTF),
		   STAMP " sa_new ipsec0 branch in  0x00002001 esp, esn off, seq 0 (0% of 32 bits)\n",
		   "{\"timestamp\":\"" STAMP "\",\"event\":\"sa_new\","
		   JSON_HOME ",\"peer\":\"branch\",\"dir\":\"in\",\"spi\":\"0x00002001\",\"proto\":\"esp\",\"mode\":\"tunnel\",\"encr\":null,\"key_bits\":0,\"auth\":null,\"esn\":false,\"insecure\":false,\"ah_align8\":false,\"replay_window\":0,\"seq\":0," JSON_NO_LIFE ",\"driver\":null,"
		   JSON_NO_STATS "}");
}

static void test_peer_text(const char *name, struct peer *peer,
			   const char *want)
{
	struct peer_list list = { .items = peer, .n = 1 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	printer_human.peers(out, &list);
	fclose(out);
	check_text(name, text, want);
	free(text);
}

/* The SAs that a peer sends on, as its traffic is to be protected */
static void test_tx_sas(void)
{
	struct nl_msg *msg = message_peer(IFIPSEC_CMD_PEER_GET);
	struct peer peer;

	CHECK("decode peer with AH", !decode_peer(nlmsg_hdr(msg), &peer));
	nlmsg_free(msg);
	test_peer_text("peer with ESP in AH", &peer,
		       "ipsec0 branch: remote 192.0.2.2, local 192.0.2.1, mtu 1446, protect esp+ah, in UDP, ports 4500 to 61234, keepalive 20 s\n"
		       "  behind it: 10.2.0.0/16, fd00::/8\n"
		       "  sends on 0x00001001, sends on ah 0x00001002, receives on 1 SA\n"
		       "  2 packets wait for an SA\n");
	peer.has_tx_spi = false;
	test_peer_text("peer with ESP in AH, no ESP", &peer,
		       "ipsec0 branch: remote 192.0.2.2, local 192.0.2.1, mtu 1446, protect esp+ah, in UDP, ports 4500 to 61234, keepalive 20 s\n"
		       "  behind it: 10.2.0.0/16, fd00::/8\n"
		       "  no SA to send on, sends on ah 0x00001002, receives on 1 SA\n"
		       "  2 packets wait for an SA\n");
	peer.has_tx_ah_spi = false;
	peer.protect = IFIPSEC_PROTECT_AH;
	test_peer_text("peer with AH", &peer,
		       "ipsec0 branch: remote 192.0.2.2, local 192.0.2.1, mtu 1446, protect ah, in UDP, ports 4500 to 61234, keepalive 20 s\n"
		       "  behind it: 10.2.0.0/16, fd00::/8\n"
		       "  no ah SA to send on, receives on 1 SA\n"
		       "  2 packets wait for an SA\n");
	peer_clear(&peer);
}

static void test_limits(void)
{
	struct nl_msg *msg = message_sa_ah(IFIPSEC_CMD_SA_GET, 0x1002);
	struct sa_list list = { .n = 1 };
	char *text = NULL;
	struct sa sa;
	size_t len;
	FILE *out;

	CHECK("decode SA with limits", !decode_sa(nlmsg_hdr(msg), &sa));
	nlmsg_free(msg);
	list.items = &sa;
	out = open_memstream(&text, &len);
	printer_human.sas(out, &list);
	fclose(out);
	check_text("SA with limits", text,
		   "ipsec0 branch out 0x00001002 ah transport hmac-sha1-96, esn on, insecure, ah-align8, seq 0, hmac(sha1)\n"
		   "  limits: soft-bytes 1000, hard-packets 10, hard-seconds 3600; age 77 s\n"
		   "  EXPIRED: packets_hard\n"
		   "  sent     0 packets, 0 bytes\n");
	free(text);
	sa_clear(&sa);
}

static void list_alg(struct alg_list *list, struct nl_msg *msg)
{
	struct alg alg;

	CHECK("decode algorithm", !decode_alg(nlmsg_hdr(msg), &alg));
	CHECK("list algorithm", alg_list_add(list, &alg));
	nlmsg_free(msg);
}

static void test_algs(void)
{
	struct alg_list list = { 0 };
	char *text = NULL;
	size_t len;
	FILE *out;

	list_alg(&list, message_auth());
	list_alg(&list, message_alg());
	alg_list_sort(&list);
	out = open_memstream(&text, &len);
	printer_json.algs(out, &list);
	fclose(out);
	check_json("algorithms in JSON", text,
		   "[{\"type\":\"encr\",\"encr\":\"aes-gcm-16\",\"number\":20,\"key_bits\":[128,192,256],\"salt_bits\":32,\"iv_len\":8,\"icv_len\":16,\"insecure\":false,\"needs_auth\":false,\"ah_only\":false,\"driver\":null},"
		   "{\"type\":\"auth\",\"auth\":\"hmac-md5-96\",\"number\":1,\"key_bits\":[128],\"salt_bits\":0,\"iv_len\":0,\"icv_len\":12,\"insecure\":true,\"needs_auth\":true,\"ah_only\":true,\"driver\":\"hmac(md5-generic)\"}]");
	free(text);
	out = open_memstream(&text, &len);
	printer_human.algs(out, &list);
	fclose(out);
	check_text("algorithms for people", text,
		   "ciphers (encr):\n"
		   "  aes-gcm-16: key 128/192/256 bits + salt 32 bits, IV 8 bytes, ICV 16 bytes, not offered by this kernel\n"
		   "integrity (auth):\n"
		   "  hmac-md5-96: key 128 bits, ICV 12 bytes, insecure, needs an integrity algorithm, ah only, hmac(md5-generic)\n");
	free(text);
	alg_list_clear(&list);
}

static void test_spi(void)
{
	struct nl_msg *msg = message_spi();
	char *text = NULL;
	struct spi spi;
	size_t len;
	FILE *out;

	CHECK("decode SPI", !decode_spi(nlmsg_hdr(msg), &spi));
	nlmsg_free(msg);
	out = open_memstream(&text, &len);
	printer_json.spi(out, &spi);
	fclose(out);
	check_json("an SPI in JSON", text,
		   "{\"ifname\":\"ipsec0\",\"ifindex\":7,\"peer\":\"branch\",\"spi\":\"0xc0ffee01\",\"proto\":\"ah\",\"seconds\":30}");
	free(text);
	out = open_memstream(&text, &len);
	printer_human.spi(out, &spi);
	fclose(out);
	check_text("an SPI for a script", text, "0xc0ffee01\n");
	free(text);
}

/* A message that holds only what @put puts */
static void refuse(const char *name, void (*put)(struct nl_msg *msg))
{
	struct nl_msg *msg = nlmsg_alloc_size(1024);
	struct peer peer;
	struct spi spi;
	struct sa sa;

	genlmsg_put(msg, 0, 1, MESSAGES_FAMILY, 0, 0, IFIPSEC_CMD_SA_GET, 1);
	put(msg);
	CHECK(name, decode_peer(nlmsg_hdr(msg), &peer) == -EBADMSG);
	CHECK(name, decode_sa(nlmsg_hdr(msg), &sa) == -EBADMSG);
	CHECK(name, decode_spi(nlmsg_hdr(msg), &spi) == -EBADMSG);
	nlmsg_free(msg);
}

static void put_nothing(struct nl_msg *msg)
{
	(void)msg;
}

static void put_short_index(struct nl_msg *msg)
{
	nla_put_string(msg, IFIPSEC_A_IFNAME, "ipsec0");
	nla_put_u16(msg, IFIPSEC_A_IFINDEX, 1);
}

static void put_no_peer(struct nl_msg *msg)
{
	nla_put_string(msg, IFIPSEC_A_IFNAME, "ipsec0");
}

static void put_odd_address(struct nl_msg *msg)
{
	struct nlattr *nest;

	nla_put_string(msg, IFIPSEC_A_IFNAME, "ipsec0");
	nest = nla_nest_start(msg, IFIPSEC_A_PEER);
	nla_put_string(msg, IFIPSEC_PEER_A_NAME, "x");
	nla_put(msg, IFIPSEC_PEER_A_REMOTE, 5, "12345");
	nla_nest_end(msg, nest);
}

static void test_malformed(void)
{
	struct event event;
	struct nl_msg *msg = message_dev(IFIPSEC_CMD_DEV_GET);

	refuse("malformed: empty", put_nothing);
	refuse("malformed: short number", put_short_index);
	refuse("malformed: no peer", put_no_peer);
	refuse("malformed: address of 5 bytes", put_odd_address);
	CHECK("not an event", decode_event(nlmsg_hdr(msg), &event) == -ENOMSG);
	nlmsg_free(msg);
}

int main(void)
{
	setenv("TZ", "UTC0", 1);
	test_overview();
	test_lists();
	test_empty();
	test_orphans();
	test_events();
	test_packet_events();
	test_drop_events();
	test_defaults();
	test_tx_sas();
	test_limits();
	test_algs();
	test_spi();
	test_malformed();
	return check_status();
}
