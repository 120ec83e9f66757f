// SPDX-License-Identifier: MIT
/*
 * fuzz_decode.c [ITERATIONS [SEED]] - damaged messages of the kernel through
 * everything that reads them and prints what was read.
 *
 * The same seed gives the same messages.  Each is copied to an allocation of
 * its exact size, so that the sanitizer sees the first byte read beyond it.
 */
#include <linux/if_ipsec.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>

#include "../../../tools/ipsecctl/decode.h"
#include "../../../tools/ipsecctl/print.h"
#include "../../../tools/lib/ack.h"
#include "check.h"
#include "messages.h"

/*
 * libnl is not built with the sanitizer, so that what it reads for us is not
 * checked: the linker puts these in place of its functions.
 */
#define WRAP(type, name)						\
type __wrap_nla_get_##name(const struct nlattr *attr);			\
type __wrap_nla_get_##name(const struct nlattr *attr)			\
{									\
	type value;							\
									\
	memcpy(&value, nla_data(attr), sizeof(value));			\
	return value;							\
}

WRAP(uint8_t, u8)
WRAP(uint16_t, u16)
WRAP(uint32_t, u32)
WRAP(int32_t, s32)
WRAP(uint64_t, u64)

static uint64_t state;

/* xorshift64* */
static uint32_t draw(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1d >> 32) % below;
}

static struct nl_msg *pick_message(void)
{
	static const int cmds[] = {
		IFIPSEC_CMD_DEV_GET, IFIPSEC_CMD_DEV_NEW_NTF,
		IFIPSEC_CMD_PEER_GET, IFIPSEC_CMD_PEER_SET_NTF,
		IFIPSEC_CMD_SA_GET, IFIPSEC_CMD_SA_EXPIRE_NTF,
	};
	uint32_t which = draw(16);

	if (which < 2)
		return message_dev(cmds[which]);
	if (which < 4)
		return message_peer(cmds[which]);
	if (which < 6)
		return message_sa(cmds[which], 1 + draw(2), draw(1 << 20));
	if (which == 6)
		return message_alg();
	if (which == 7)
		return message_auth();
	if (which == 8)
		return message_sa_ah(IFIPSEC_CMD_SA_GET, draw(1 << 20));
	if (which == 9)
		return message_acquire();
	if (which == 10)
		return message_mapping();
	if (which == 11)
		return message_drop();
	if (which == 12)
		return message_drop_summary();
	if (which == 13)
		return message_error(-1, "a sentence", draw(2));
	if (which == 14)
		return message_spi();
	return message_done(0);
}

/*
 * Shortens the last attribute, and the last within it, to what is left of a
 * message that was cut: its nesting stays sound, so that the short attribute
 * itself is read.
 */
static void clip(unsigned char *attrs, size_t len)
{
	size_t pos = 0;

	while (pos + NLA_HDRLEN <= len) {
		struct nlattr *attr = (struct nlattr *)(attrs + pos);

		if (attr->nla_len < NLA_HDRLEN)
			return;
		if (pos + NLA_ALIGN(attr->nla_len) < len) {
			pos += NLA_ALIGN(attr->nla_len);
			continue;
		}
		if (attr->nla_len > len - pos)
			attr->nla_len = len - pos;
		attrs += pos + NLA_HDRLEN;
		len = attr->nla_len - NLA_HDRLEN;
		pos = 0;
	}
}

static void cut(unsigned char *bytes, size_t *len)
{
	const size_t least = NLMSG_HDRLEN + GENL_HDRLEN;
	size_t most = *len - least;

	/* Most often near the end, where the nests are deepest */
	*len -= draw(2) && most > 48 ? draw(48) : draw(most + 1);
	if (draw(4))
		clip(bytes + least, *len - least);
	((struct nlmsghdr *)bytes)->nlmsg_len = *len;
}

/* Bits, bytes, lengths; and the end cut off */
static void damage(unsigned char *bytes, size_t *len)
{
	static const uint8_t edges[] = { 0, 1, 3, 4, 5, 0x7f, 0x80, 0xff };
	uint32_t n = draw(8);

	for (uint32_t i = 0; i < n; i++) {
		size_t pos = draw(*len);

		switch (draw(3)) {
		case 0:
			bytes[pos] ^= 1 << draw(8);
			break;
		case 1:
			bytes[pos] = edges[draw(sizeof(edges))];
			break;
		case 2:		/* most often the length of an attribute */
			bytes[pos & ~3U] = draw(64);
			break;
		}
	}
	if (draw(2) && *len > NLMSG_HDRLEN + GENL_HDRLEN)
		cut(bytes, len);
}

static void try_objects(struct nlmsghdr *nlh, FILE *out)
{
	struct overview all = { 0 };
	struct alg_list algs = { 0 };
	struct peer peer;
	struct alg alg;
	struct dev dev;
	struct spi spi;
	struct sa sa;

	if (!decode_dev(nlh, &dev) && !dev_list_add(&all.devs, &dev))
		abort();
	if (!decode_peer(nlh, &peer) && !peer_list_add(&all.peers, &peer))
		abort();
	if (!decode_sa(nlh, &sa) && !sa_list_add(&all.sas, &sa))
		abort();
	if (!decode_alg(nlh, &alg) && !alg_list_add(&algs, &alg))
		abort();
	if (!decode_spi(nlh, &spi)) {
		printer_human.spi(out, &spi);
		printer_json.spi(out, &spi);
	}
	printer_human.overview(out, &all);
	printer_human.peers(out, &all.peers);
	printer_human.sas(out, &all.sas);
	printer_human.algs(out, &algs);
	printer_json.overview(out, &all);
	printer_json.sas(out, &all.sas);
	printer_json.algs(out, &algs);
	dev_list_clear(&all.devs);
	peer_list_clear(&all.peers);
	sa_list_clear(&all.sas);
	alg_list_clear(&algs);
}

static void try_message(struct nlmsghdr *nlh, FILE *out)
{
	struct timespec when = { 0 };
	struct event event;
	struct ack ack;

	if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE)
		ack_read(nlh, &ack);
	try_objects(nlh, out);
	if (decode_event(nlh, &event))
		return;
	printer_human.event(out, &when, &event);
	printer_json.event(out, &when, &event);
	event_clear(&event);
}

static void iterate(FILE *out)
{
	struct nl_msg *msg = pick_message();
	size_t len = nlmsg_hdr(msg)->nlmsg_len;
	unsigned char *bytes = malloc(len), *exact;
	struct nlmsghdr *nlh;

	memcpy(bytes, nlmsg_hdr(msg), len);
	damage(bytes, &len);
	exact = malloc(len);
	memcpy(exact, bytes, len);
	nlh = (struct nlmsghdr *)exact;
	/* What netlink.c has checked before it hands a message on */
	if (nlh->nlmsg_len < NLMSG_HDRLEN || nlh->nlmsg_len > len)
		nlh->nlmsg_len = len;
	try_message(nlh, out);
	free(exact);
	free(bytes);
	nlmsg_free(msg);
}

int main(int argc, char **argv)
{
	long iterations = argc > 1 ? atol(argv[1]) : 20000;
	FILE *out = fopen("/dev/null", "w");
	char name[96];

	state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	if (!state || !out)
		return 2;
	for (long i = 0; i < iterations; i++)
		iterate(out);
	fclose(out);
	snprintf(name, sizeof(name), "%ld damaged messages", iterations);
	check(true, name, "%s", "");
	return check_status();
}
