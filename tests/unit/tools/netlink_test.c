// SPDX-License-Identifier: MIT
/*
 * netlink_test.c - requests, dumps and acknowledgements against a scripted
 * kernel: the linker puts our nl_send() and nl_recv() in place of libnl's.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdlib.h>

#include <linux/if_ipsec.h>

#include "../../../tools/ipsecctl/request.h"
#include "../../../tools/lib/netlink.h"
#include "../../../tools/lib/rtlink.h"
#include "check.h"
#include "messages.h"

/* What the kernel does next */
struct step {
	struct nl_msg *msg;	/* answers this, unless error */
	int error;		/* of nl_recv() */
	int flags;		/* added to those of msg */
	uint32_t from;		/* sender's port; the kernel is 0 */
	bool stale;		/* of another sequence number */
};

static struct step script[16];
static size_t script_len, script_pos;
static uint32_t last_seq;
static int sent;
static _Alignas(struct nlmsghdr) unsigned char last_sent[4096];

int __wrap_nl_send(struct nl_sock *sock, struct nl_msg *msg);
int __wrap_nl_recv(struct nl_sock *sock, struct sockaddr_nl *from,
		   unsigned char **buf, struct ucred **creds);

int __wrap_nl_send(struct nl_sock *sock, struct nl_msg *msg)
{
	(void)sock;
	last_seq = nlmsg_hdr(msg)->nlmsg_seq;
	if (nlmsg_hdr(msg)->nlmsg_len <= sizeof(last_sent))
		memcpy(last_sent, nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len);
	sent++;
	return nlmsg_hdr(msg)->nlmsg_len;
}

int __wrap_nl_recv(struct nl_sock *sock, struct sockaddr_nl *from,
		   unsigned char **buf, struct ucred **creds)
{
	struct step *step = &script[script_pos++];
	struct nlmsghdr *nlh;

	(void)sock;
	(void)creds;
	if (script_pos > script_len)
		return -NLE_BAD_SOCK;
	if (step->error)
		return step->error;
	nlh = nlmsg_hdr(step->msg);
	nlh->nlmsg_seq = step->stale ? last_seq - 1 : last_seq;
	nlh->nlmsg_flags |= step->flags;
	*buf = malloc(nlh->nlmsg_len);
	memcpy(*buf, nlh, nlh->nlmsg_len);
	memset(from, 0, sizeof(*from));
	from->nl_pid = step->from;
	return nlh->nlmsg_len;
}

static void start(void)
{
	for (size_t i = 0; i < script_len; i++) {
		if (script[i].msg)
			nlmsg_free(script[i].msg);
	}
	memset(script, 0, sizeof(script));
	script_len = script_pos = 0;
	sent = 0;
}

static struct step *then(struct nl_msg *msg)
{
	script[script_len].msg = msg;
	return &script[script_len++];
}

static int count(struct nlmsghdr *nlh, void *arg)
{
	(void)nlh;
	++*(int *)arg;
	return 0;
}

static void forget(void *arg)
{
	*(int *)arg = 0;
}

static struct nl_msg *request(struct netlink *nl)
{
	nl->family = MESSAGES_FAMILY;
	return netlink_genl_message(nl, IFIPSEC_CMD_DEV_GET, 1, 0, 256);
}

static int ask(struct netlink *nl, int *n)
{
	struct nl_msg *msg = request(nl);
	int err;

	*n = 0;
	err = netlink_request(nl, msg, count, n);
	netlink_message_free(msg);
	return err;
}

static int dump(struct netlink *nl, int *n, bool *consistent)
{
	struct nl_msg *msg = request(nl);
	int err;

	err = netlink_dump(nl, msg, count, forget, n, consistent);
	netlink_message_free(msg);
	return err;
}

static void test_request(struct netlink *nl)
{
	int n;

	start();
	then(message_dev(IFIPSEC_CMD_DEV_GET));
	then(message_error(0, NULL, 1));
	CHECK("request", !ask(nl, &n) && n == 1 && !nl->warning[0]);

	start();
	then(message_error(0, "this is slow", 1));
	CHECK("request with a warning", !ask(nl, &n));
	check_text("request with a warning", nl->warning, "this is slow");

	start();
	then(message_error(-EEXIST, "the name is taken", 1));
	CHECK("refusal", ask(nl, &n) == -EEXIST);
	check_text("refusal", nl->error, "the name is taken");

	start();
	then(message_error(-EEXIST, "the name is taken", 0));
	CHECK("refusal, request copied", ask(nl, &n) == -EEXIST);
	check_text("refusal, request copied", nl->error, "the name is taken");

	start();
	then(message_error(-EPERM, NULL, 1));
	CHECK("refusal without words", ask(nl, &n) == -EPERM);
	check_text("refusal without words", nl->error,
		   "Operation not permitted");

	start();
	then(message_error(-EEXIST, "forged", 1))->from = 4711;
	then(message_error(-EEXIST, "of before", 1))->stale = true;
	then(message_error(0, NULL, 1));
	CHECK("answers of others are ignored", !ask(nl, &n));
}

static void test_dump(struct netlink *nl)
{
	bool consistent;
	int n = 0;

	start();
	then(message_dev(IFIPSEC_CMD_DEV_GET));
	then(message_dev(IFIPSEC_CMD_DEV_GET));
	then(message_done(0));
	CHECK("dump", !dump(nl, &n, &consistent) && n == 2 && consistent);

	start();
	then(message_dev(IFIPSEC_CMD_DEV_GET));
	then(message_done(0))->flags = NLM_F_DUMP_INTR;
	then(message_dev(IFIPSEC_CMD_DEV_GET));
	then(message_dev(IFIPSEC_CMD_DEV_GET));
	then(message_dev(IFIPSEC_CMD_DEV_GET));
	then(message_done(0));
	CHECK("interrupted dump is repeated", !dump(nl, &n, &consistent) &&
	      n == 3 && consistent && sent == 2);

	start();
	then(message_dev(IFIPSEC_CMD_DEV_GET));
	then(NULL)->error = -NLE_NOMEM;
	then(message_done(0))->stale = true;
	then(message_dev(IFIPSEC_CMD_DEV_GET));
	then(message_done(0));
	CHECK("lost dump is repeated", !dump(nl, &n, &consistent) && n == 1 &&
	      consistent && sent == 2);

	start();
	for (int i = 0; i < 10; i++)
		then(message_done(0))->flags = NLM_F_DUMP_INTR;
	CHECK("restless dump ends", !dump(nl, &n, &consistent) &&
	      !consistent && sent == 10);

	start();
	then(message_done(-ENODEV));
	CHECK("dump refused at its end",
	      dump(nl, &n, &consistent) == -ENODEV && sent == 1);
	start();
	then(message_error(-ENODEV, "no such interface", 1));
	CHECK("dump refused", dump(nl, &n, &consistent) == -ENODEV &&
	      consistent);
	check_text("dump refused", nl->error, "no such interface");
}

static void test_listen(struct netlink *nl)
{
	int n = 0;

	start();
	then(message_dev(IFIPSEC_CMD_DEV_NEW_NTF));
	then(NULL)->error = -NLE_NOMEM;
	CHECK("event", !netlink_listen(nl, count, &n) && n == 1);
	CHECK("lost events", netlink_listen(nl, count, &n) == -ENOBUFS);
	start();
}

static struct nlattr *nested(struct nlattr *nest, int type)
{
	return nla_find(nla_data(nest), nla_len(nest), type);
}

static void test_sa_request(struct netlink *nl)
{
	struct sa_args args = {
		.target = { .ifname = "ipsec0", .peer = "branch" },
		.dir = IFIPSEC_DIR_OUT, .encr = 28, .spi = 0x01020304,
		.flags = IFIPSEC_SA_F_ESN,
	};
	struct sa_keys keys = { .encr = { .len = 3, .bytes = { 1, 2, 3 } } };
	struct nlattr *attrs[IFIPSEC_A_MAX + 1], *sa;
	struct nl_msg *msg;

	msg = request_sa_new(nl, IFIPSEC_CMD_SA_REPLACE, &args, &keys);
	genlmsg_parse(nlmsg_hdr(msg), 0, attrs, IFIPSEC_A_MAX, NULL);
	sa = attrs[IFIPSEC_A_SA];
	CHECK("SA request command",
	      genlmsg_hdr(nlmsg_hdr(msg))->cmd == IFIPSEC_CMD_SA_REPLACE &&
	      nlmsg_hdr(msg)->nlmsg_flags == NLM_F_REQUEST);
	CHECK("SA request names", attrs[IFIPSEC_A_PEER] &&
	      !strcmp(nla_get_string(attrs[IFIPSEC_A_IFNAME]), "ipsec0") &&
	      !attrs[IFIPSEC_A_NETNSID]);
	CHECK("SA request SPI is big endian",
	      !memcmp(nla_data(nested(sa, IFIPSEC_SA_A_SPI)), "\1\2\3\4", 4));
	CHECK("SA request key",
	      nla_len(nested(sa, IFIPSEC_SA_A_KEY)) == 3 &&
	      !memcmp(nla_data(nested(sa, IFIPSEC_SA_A_KEY)), "\1\2\3", 3));
	CHECK("SA request flags",
	      nla_get_u32(nested(sa, IFIPSEC_SA_A_FLAGS)) == 1);
	CHECK("SA request defaults are the kernel's",
	      !nested(sa, IFIPSEC_SA_A_REPLAY_WINDOW) &&
	      !nested(sa, IFIPSEC_SA_A_SEQ) && !nested(sa, IFIPSEC_SA_A_PROTO) &&
	      !nested(sa, IFIPSEC_SA_A_MODE) && !nested(sa, IFIPSEC_SA_A_AUTH) &&
	      !nested(sa, IFIPSEC_SA_A_AUTH_KEY) &&
	      !nested(sa, IFIPSEC_SA_A_LIFE) && !nested(sa, IFIPSEC_SA_A_TFC));
	netlink_message_free(msg);
}

static void test_dummy_request(struct netlink *nl)
{
	struct dummy_args args = {
		.target = { .ifname = "ipsec0", .peer = "branch" },
		.count = 7, .has_count = true,
	};
	struct nlattr *attrs[IFIPSEC_A_MAX + 1], *nest;
	struct nl_msg *msg = request_dummy(nl, &args);

	genlmsg_parse(nlmsg_hdr(msg), 0, attrs, IFIPSEC_A_MAX, NULL);
	nest = attrs[IFIPSEC_A_DUMMY];
	CHECK("dummy request", nest && attrs[IFIPSEC_A_PEER] &&
	      genlmsg_hdr(nlmsg_hdr(msg))->cmd == IFIPSEC_CMD_SA_DUMMY &&
	      nla_get_u32(nested(nest, IFIPSEC_DUMMY_A_COUNT)) == 7 &&
	      !nested(nest, IFIPSEC_DUMMY_A_LEN));
	netlink_message_free(msg);
	args.has_count = false;
	msg = request_dummy(nl, &args);
	genlmsg_parse(nlmsg_hdr(msg), 0, attrs, IFIPSEC_A_MAX, NULL);
	CHECK("dummy request without options", !attrs[IFIPSEC_A_DUMMY]);
	netlink_message_free(msg);
}

static void test_ah_request(struct netlink *nl)
{
	struct sa_args args = {
		.target = { .ifname = "ipsec0", .peer = "branch" },
		.dir = IFIPSEC_DIR_OUT, .proto = IPPROTO_AH, .spi = 1,
		.mode = IFIPSEC_MODE_TRANSPORT, .auth = 1036,
		.flags = IFIPSEC_SA_F_INSECURE | IFIPSEC_SA_F_AH_ALIGN8,
		.life[IFIPSEC_LIFE_A_HARD_BYTES] = UINT64_MAX,
	};
	struct sa_keys keys = { .auth = { .len = 2, .bytes = { 4, 5 } } };
	struct nlattr *attrs[IFIPSEC_A_MAX + 1], *sa;
	struct nl_msg *msg;

	msg = request_sa_new(nl, IFIPSEC_CMD_SA_NEW, &args, &keys);
	genlmsg_parse(nlmsg_hdr(msg), 0, attrs, IFIPSEC_A_MAX, NULL);
	sa = attrs[IFIPSEC_A_SA];
	CHECK("AH request",
	      nla_get_u8(nested(sa, IFIPSEC_SA_A_PROTO)) == 51 &&
	      nla_get_u8(nested(sa, IFIPSEC_SA_A_MODE)) == 2 &&
	      nla_get_u16(nested(sa, IFIPSEC_SA_A_AUTH)) == 1036 &&
	      nla_get_u32(nested(sa, IFIPSEC_SA_A_FLAGS)) == 6);
	CHECK("AH request key",
	      nla_len(nested(sa, IFIPSEC_SA_A_AUTH_KEY)) == 2 &&
	      !memcmp(nla_data(nested(sa, IFIPSEC_SA_A_AUTH_KEY)), "\4\5", 2));
	CHECK("AH request has no cipher", !nested(sa, IFIPSEC_SA_A_ENCR) &&
	      !nested(sa, IFIPSEC_SA_A_KEY));
	sa = nested(sa, IFIPSEC_SA_A_LIFE);
	CHECK("AH request limits",
	      nla_get_u64(nested(sa, IFIPSEC_LIFE_A_HARD_BYTES)) == UINT64_MAX &&
	      !nested(sa, IFIPSEC_LIFE_A_SOFT_BYTES));
	netlink_message_free(msg);
	msg = request_sa(nl, IFIPSEC_CMD_SA_DEL, &args);
	genlmsg_parse(nlmsg_hdr(msg), 0, attrs, IFIPSEC_A_MAX, NULL);
	sa = attrs[IFIPSEC_A_SA];
	CHECK("an AH SA is named by its protocol",
	      nla_get_u8(nested(sa, IFIPSEC_SA_A_PROTO)) == 51 &&
	      !nested(sa, IFIPSEC_SA_A_FLAGS));
	netlink_message_free(msg);
}

/* IFLA_INFO_DATA of the request that was sent last */
static struct nlattr *sent_link_data(void)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)last_sent;
	struct nlattr *info = nlmsg_find_attr(nlh, sizeof(struct ifinfomsg),
					      IFLA_LINKINFO);

	return nested(info, IFLA_INFO_DATA);
}

static void test_link_request(struct netlink *nl)
{
	struct rtlink link = {
		.ifname = "ipsec0",
		.outer = {
			.has_df = true, .df = IFIPSEC_DF_COPY,
			.has_dscp = true, .dscp = IFIPSEC_DSCP_COPY,
			.has_decap_dscp = true, .decap_dscp = true,
			.has_ttl = true, .ttl = 0,
			.has_flowlabel = true,
			.flowlabel = IFIPSEC_FLOWLABEL_AUTO,
		},
		.has_spread = true, .spread = false,
	};
	struct nlattr *data;

	start();
	then(message_error(0, NULL, 1));
	CHECK("interface request", !rtlink_add(nl, &link));
	data = sent_link_data();
	CHECK("outer headers",
	      nla_get_u8(nested(data, IFLA_IPSEC_DF)) == 0 &&
	      nla_get_u8(nested(data, IFLA_IPSEC_DSCP)) == 255 &&
	      nla_get_u8(nested(data, IFLA_IPSEC_DECAP_DSCP)) == 1 &&
	      nla_get_u8(nested(data, IFLA_IPSEC_TTL)) == 0 &&
	      nla_get_u32(nested(data, IFLA_IPSEC_FLOWLABEL)) == 0x80000000);
	CHECK("spread off is sent",
	      nla_len(nested(data, IFLA_IPSEC_SPREAD)) == 1 &&
	      nla_get_u8(nested(data, IFLA_IPSEC_SPREAD)) == 0);
	start();
	then(message_error(0, NULL, 1));
	link.outer = (struct rtlink_outer){ 0 };
	link.has_spread = false;
	CHECK("interface request, defaults", !rtlink_add(nl, &link));
	CHECK("interface defaults are the kernel's",
	      nla_len(sent_link_data()) == 0);
	start();
}

static void test_peer_request(struct netlink *nl)
{
	struct peer_args args = {
		.target = { .ifname = "ipsec0", .peer = "branch",
			    .has_netnsid = true, .netnsid = 0 },
		.has_local = true,
		.protect = IFIPSEC_PROTECT_ESP_AH,
		.has_encap = true, .encap_local = 4500, .encap_remote = 61234,
		.has_keepalive = true,
	};
	struct nlattr *attrs[IFIPSEC_A_MAX + 1], *nest;
	struct nl_msg *msg;

	args.n_selectors = PARSE_SELECTORS_MAX;
	args.selectors = calloc(args.n_selectors, sizeof(*args.selectors));
	for (size_t i = 0; i < args.n_selectors; i++)
		prefix_parse("2001:db8::/32", &args.selectors[i]);
	msg = request_peer(nl, IFIPSEC_CMD_PEER_SET, &args);
	CHECK("the most selectors fit", msg);
	genlmsg_parse(nlmsg_hdr(msg), 0, attrs, IFIPSEC_A_MAX, NULL);
	nest = attrs[IFIPSEC_A_PEER];
	CHECK("netnsid 0 is sent", attrs[IFIPSEC_A_NETNSID] &&
	      nla_get_s32(attrs[IFIPSEC_A_NETNSID]) == 0);
	CHECK("local any is an empty address",
	      nla_len(nested(nest, IFIPSEC_PEER_A_LOCAL)) == 0);
	CHECK("remote is not sent", !nested(nest, IFIPSEC_PEER_A_REMOTE));
	CHECK("protection",
	      nla_get_u8(nested(nest, IFIPSEC_PEER_A_PROTECT)) == 3);
	CHECK("ports",
	      nla_get_u16(nested(nest, IFIPSEC_PEER_A_ENCAP_LOCAL)) == 4500 &&
	      nla_get_u16(nested(nest, IFIPSEC_PEER_A_ENCAP_REMOTE)) == 61234);
	CHECK("keepalive off is 0",
	      nla_len(nested(nest, IFIPSEC_PEER_A_KEEPALIVE)) == 4 &&
	      !nla_get_u32(nested(nest, IFIPSEC_PEER_A_KEEPALIVE)));
	CHECK("selectors",
	      nla_len(nested(nest, IFIPSEC_PEER_A_SELECTORS)) ==
	      PARSE_SELECTORS_MAX * 32);
	netlink_message_free(msg);
	free(args.selectors);
}

/* An argument may be as long as 128 KiB, a message may not */
static void test_huge_request(struct netlink *nl)
{
	char *name = malloc(100001);
	struct target target = { .ifname = "ipsec0", .peer = name };

	memset(name, 'x', 100000);
	name[100000] = '\0';
	CHECK("a name that fits no message",
	      !request_target(nl, IFIPSEC_CMD_PEER_DEL, &target));
	check_text("a name that fits no message", nl->error,
		   "the request does not fit a message");
	free(name);
}

int main(void)
{
	struct netlink nl;

	if (netlink_open(&nl, NETLINK_GENERIC)) {
		check(false, "netlink socket", "%s", nl.error);
		return check_status();
	}
	test_request(&nl);
	test_dump(&nl);
	test_listen(&nl);
	test_dummy_request(&nl);
	test_sa_request(&nl);
	test_ah_request(&nl);
	test_link_request(&nl);
	test_peer_request(&nl);
	test_huge_request(&nl);
	netlink_close(&nl);
	return check_status();
}
