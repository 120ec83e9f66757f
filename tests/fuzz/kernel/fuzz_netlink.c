// SPDX-License-Identifier: MIT
/*
 * fuzz_netlink.c - requests to the module's netlink family and to its kind of rtnetlink.
 *
 * An input is a list of requests, each a list of instructions that build attributes, so
 * that any bytes make nests and lengths that fit (and, where BYTES says so, that do not).
 * After each input all peers and SAs are flushed.  The kernel answers in the context of
 * the thread that sends, which is where target.c sees the path.
 *
 * A request:      command, flags, instructions up to END
 * An instruction: one of enum op in the upper bits, a number (mostly an attribute's type)
 *                 in the lower five, and what it takes
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "target.h"
#include "linux/if_ipsec.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM	8192
#define DEPTH	6
#define REQUESTS 8	/* of one input */

enum op {
	NUMBER,		/* an attribute of 1, 2, 4 or 8 bytes, host order; the size, the bytes */
	NEST,		/* begins a nest */
	CLOSE,		/* ends the last one that was begun */
	WORD,		/* an attribute with a string of WORDS; which */
	ADDRESS,	/* an attribute with an address of ADDRESSES; which */
	FILL,		/* an attribute of so many zero bytes; how many */
	BYTES,		/* no attribute: so many bytes as they are (the lower bits) */
	END,		/* of the request; lower bits: the kernel shall say it, cut by so many */
};

#define ROUTE	0x80	/* in the command: RTM_NEWLINK, the attributes are INFO_DATA */

static const char *const WORDS[] = { "ipsec0", "ipsec1", "a", "b", "c", "nobody", "", "lo",
	"a.b:c-d_e", "0123456789012345678901234567890123456789", "a b", "\xff\xfe" };
static const char *const ADDRESSES[] = { "192.0.2.2", "192.0.2.3", "10.0.0.0", "0.0.0.0", "127.0.0.1",
	"224.0.0.1", "255.255.255.255", "2001:db8::2", "fd00::", "::", "ff02::1", "::1", "::ffff:192.0.2.2" };

struct input {
	const uint8_t *p;
	size_t left;
};

struct request {
	size_t len;
	uint8_t data[ROOM];
	size_t nests[DEPTH];	/* where they began */
	unsigned int depth;
};

static int genl, route;
static uint16_t family;

static uint8_t take(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

/* ---- requests ------------------------------------------------------------- */

static void *add(struct request *r, const void *data, size_t len)
{
	uint8_t *at = r->data + r->len;

	if (r->len + NLMSG_ALIGN(len) > ROOM)
		return NULL;
	memset(at, 0, NLMSG_ALIGN(len));
	if (data)
		memcpy(at, data, len);
	r->len += NLMSG_ALIGN(len);
	return at;
}

static struct nlattr *attribute(struct request *r, uint16_t type, const void *data, size_t len)
{
	struct nlattr head = { NLA_HDRLEN + len, type }, *attr;

	if (r->len + NLA_HDRLEN + NLMSG_ALIGN(len) > ROOM)
		return NULL;
	attr = add(r, &head, sizeof(head));
	add(r, data, len);
	return attr;
}

static void begin_nest(struct request *r, uint16_t type)
{
	if (r->depth < DEPTH && r->len + NLA_HDRLEN <= ROOM) {
		r->nests[r->depth++] = r->len;
		attribute(r, type | NLA_F_NESTED, NULL, 0);
	}
}

static void end_nest(struct request *r)
{
	struct nlattr *attr;

	if (!r->depth)
		return;
	attr = (void *)(r->data + r->nests[--r->depth]);
	attr->nla_len = r->len - r->nests[r->depth];
}

static void add_number(struct request *r, uint16_t type, struct input *in)
{
	size_t size = 1u << (take(in) & 3), i;
	uint8_t bytes[8];

	for (i = 0; i < size; i++)
		bytes[i] = take(in);
	attribute(r, type, bytes, size);
}

static void add_address(struct request *r, uint16_t type, struct input *in)
{
	const char *text = ADDRESSES[take(in) % (sizeof(ADDRESSES) / sizeof(*ADDRESSES))];
	bool six = strchr(text, ':');
	uint8_t bytes[16];

	inet_pton(six ? AF_INET6 : AF_INET, text, bytes);
	attribute(r, type, bytes, six ? 16 : 4);
}

/* Instructions up to the end of the request.  Return: how many bytes shall be missing. */
static unsigned int add_attributes(struct request *r, struct input *in)
{
	uint8_t bytes[32];
	const char *word;
	unsigned int i;

	while (in->left) {
		uint8_t op = take(in), type = op & 31;

		switch ((enum op)(op >> 5)) {
		case NUMBER:
			add_number(r, type, in);
			break;
		case NEST:
			begin_nest(r, type);
			break;
		case CLOSE:
			end_nest(r);
			break;
		case WORD:
			word = WORDS[take(in) % (sizeof(WORDS) / sizeof(*WORDS))];
			attribute(r, type, word, strlen(word) + 1);
			break;
		case ADDRESS:
			add_address(r, type, in);
			break;
		case FILL:
			attribute(r, type, NULL, take(in));
			break;
		case BYTES:
			for (i = 0; i < type; i++)
				bytes[i] = take(in);
			add(r, bytes, type);
			break;
		case END:
			return type;
		}
	}
	return 0;
}

static void transact(int fd, struct request *r)
{
	uint8_t answer[16384];

	target_start();
	send(fd, r->data, r->len, 0);
	while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0)
		;	/* a dump goes on in here */
	target_stop();
}

static void begin(struct request *r, uint16_t type, uint16_t flags)
{
	struct nlmsghdr head = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = 1 };

	memset(r, 0, sizeof(*r));
	add(r, &head, sizeof(head));
}

static void finish(struct request *r, int fd, unsigned int missing)
{
	while (r->depth)
		end_nest(r);
	r->len -= missing < r->len - NLMSG_HDRLEN ? missing : 0;
	((struct nlmsghdr *)r->data)->nlmsg_len = r->len;
	transact(fd, r);
}

static void begin_genl(struct request *r, uint8_t command, uint16_t flags)
{
	struct genlmsghdr head = { .cmd = command, .version = IFIPSEC_GENL_VERSION };

	begin(r, family, flags);
	add(r, &head, sizeof(head));
}

static void one_genl(struct input *in, uint8_t command)
{
	static const uint16_t flags[] = { NLM_F_ACK, NLM_F_ACK, NLM_F_ACK | NLM_F_ECHO, NLM_F_DUMP, NLM_F_ACK | NLM_F_DUMP };
	struct request r;

	begin_genl(&r, command % (IFIPSEC_CMD_MAX + 2), flags[take(in) % (sizeof(flags) / sizeof(*flags))]);
	finish(&r, genl, add_attributes(&r, in));
}

static void one_link(struct input *in)
{
	struct ifinfomsg info = { 0 };
	struct request r;
	uint8_t flags = take(in);
	unsigned int missing;

	begin(&r, RTM_NEWLINK, NLM_F_ACK | (flags & 1 ? NLM_F_CREATE | NLM_F_EXCL : 0));
	add(&r, &info, sizeof(info));
	attribute(&r, IFLA_IFNAME, flags & 1 ? "ipsec2" : "ipsec1", 7);
	begin_nest(&r, IFLA_LINKINFO);
	attribute(&r, IFLA_INFO_KIND, "ipsec", 6);
	begin_nest(&r, IFLA_INFO_DATA);
	missing = add_attributes(&r, in);
	finish(&r, route, missing);
	if (flags & 1) {
		begin(&r, RTM_DELLINK, NLM_F_ACK);
		add(&r, &info, sizeof(info));
		attribute(&r, IFLA_IFNAME, "ipsec2", 7);
		finish(&r, route, 0);
	}
}

static void flush(void)
{
	uint32_t what = IFIPSEC_FLUSH_PEERS;
	struct request r;

	begin_genl(&r, IFIPSEC_CMD_FLUSH, NLM_F_ACK);
	attribute(&r, IFIPSEC_A_FLUSH, &what, sizeof(what));
	finish(&r, genl, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	int n;

	target_keep(data, size);
	for (n = 0; n < REQUESTS && in.left; n++) {
		uint8_t command = take(&in);

		if (command & ROUTE)
			one_link(&in);
		else
			one_genl(&in, command);
	}
	flush();
	return 0;
}

/* ---- the world ------------------------------------------------------------ */

static int open_socket(int protocol)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), one = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one)))
		err(1, "netlink");
	return fd;
}

/* What generic netlink calls our family. */
static uint16_t find_family(void)
{
	struct genlmsghdr head = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	struct nlattr *attr;
	struct request r;
	ssize_t len;
	size_t at;

	begin(&r, GENL_ID_CTRL, 0);
	add(&r, &head, sizeof(head));
	attribute(&r, CTRL_ATTR_FAMILY_NAME, IFIPSEC_GENL_NAME, sizeof(IFIPSEC_GENL_NAME));
	((struct nlmsghdr *)r.data)->nlmsg_len = r.len;
	if (send(genl, r.data, r.len, 0) < 0)
		err(1, "netlink");
	len = recv(genl, r.data, ROOM, 0);
	for (at = NLMSG_HDRLEN + GENL_HDRLEN; len > 0 && at < (size_t)len; at += NLA_ALIGN(attr->nla_len)) {
		attr = (void *)(r.data + at);
		if (attr->nla_type == CTRL_ATTR_FAMILY_ID)
			return *(uint16_t *)(attr + 1);
	}
	errx(1, "the module is not loaded");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	target_open();
	target_run("for d in ipsec0 ipsec1; do ip link add $d type ipsec && ip link set $d up || exit; done;"
		   "ip addr add 192.0.2.1/24 dev lo; ip addr add 2001:db8::1/64 dev lo");
	genl = open_socket(NETLINK_GENERIC);
	route = open_socket(NETLINK_ROUTE);
	family = find_family();
	return 0;
}
