// SPDX-License-Identifier: MIT
/*
 * mutable_test.c - kmod/mutable.c in user space.  Well-formed headers are put together
 * from parts, and each part says which of its bytes are kept: what is expected grows
 * beside the header, and nothing here takes headers apart.  Malformed headers must be
 * refused.  All of it, and random bytes, is in memory of exactly its length, so that
 * the address sanitizer sees the first byte that is touched outside.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "mutable.h"

static unsigned int failures;

static void result(const char *name, bool good, const char *detail)
{
	if (good)
		printf("ok - mutable: %s\n", name);
	else
		printf("not ok - mutable: %s: %s\n", name, detail);
	failures += !good;
}

static u64 random_state;

static u64 rnd(void)
{
	/* xorshift64: the same numbers in every run */
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* ---- headers from parts -------------------------------------------------- */

#define SIZE_MAX_HDR	8192

struct hdr {
	unsigned int len;
	u8 data[SIZE_MAX_HDR];
	u8 want[SIZE_MAX_HDR];	/* the same, what may change en route zero */
	unsigned int ext;	/* where the extension header began that is open */
	unsigned int nexthdr;	/* where it is said what follows, */
	unsigned int want_nexthdr;	/* and where in what is wanted */
	unsigned int gone;	/* how many bytes so far are not wanted */
	bool route;		/* IPv4: there is a source route */
};

static void put(struct hdr *h, u8 byte, bool kept)
{
	if (h->len == SIZE_MAX_HDR)
		abort();
	h->data[h->len] = byte;
	h->want[h->len++ - h->gone] = kept ? byte : 0;
}

/* n bytes, none of which is zero */
static void fill(struct hdr *h, unsigned int n, bool kept)
{
	while (n--)
		put(h, 1 + rnd() % 255, kept);
}

/* RFC 4302 3.3.3.1.1.1; the options follow, then end4() */
static void begin4(struct hdr *h)
{
	h->len = 0;
	h->gone = 0;
	h->route = false;
	put(h, 0x45, true);		/* version, length */
	fill(h, 1, false);		/* DSCP, ECN */
	fill(h, 4, true);		/* total length, identification */
	fill(h, 3, false);		/* flags, fragment offset, TTL */
	fill(h, 1, true);		/* protocol */
	fill(h, 2, false);		/* checksum */
	fill(h, 8, true);		/* addresses */
}

static void end4(struct hdr *h)
{
	while (h->len % 4)
		put(h, 0, true);
	h->data[0] = 0x40 | h->len / 4;
	h->want[0] = h->data[0];
}

/* An option of len bytes, kept or zero as a unit */
static void opt4(struct hdr *h, u8 type, u8 len, bool kept)
{
	put(h, type, kept);
	put(h, len, kept);
	fill(h, len - 2, kept);
}

/* RFC 4302 3.3.3.1.2.1 */
static void begin6(struct hdr *h, u8 nexthdr)
{
	h->len = 0;
	h->gone = 0;
	put(h, 0x60 | rnd() % 16, false);	/* version, traffic class */
	h->want[0] = 0x60;
	fill(h, 3, false);			/* and flow label */
	fill(h, 2, true);			/* payload length */
	h->nexthdr = h->len;
	h->want_nexthdr = h->len;
	put(h, nexthdr, true);
	fill(h, 1, false);			/* hop limit */
	fill(h, 32, true);			/* addresses */
}

/* Another extension header; the one before says so */
static void ext6(struct hdr *h, u8 type)
{
	h->data[h->nexthdr] = type;
	h->want[h->want_nexthdr] = type;
	h->nexthdr = h->len;
	h->want_nexthdr = h->len - h->gone;
	h->ext = h->len;
	put(h, IPPROTO_AH, true);
	put(h, 0, true);
}

/* Its options are complete: Pad1 to a multiple of 8 bytes */
static void ext6_end(struct hdr *h)
{
	while ((h->len - h->ext) % 8)
		put(h, 0, true);
	h->data[h->ext + 1] = (h->len - h->ext) / 8 - 1;
	h->want[h->ext + 1 - h->gone] = h->data[h->ext + 1];
}

static void opt6(struct hdr *h, u8 type, u8 len)
{
	put(h, type, true);
	put(h, len, true);
	fill(h, len, !(type & 0x20));
}

/* A routing header without segments, and some bytes */
static void routing6(struct hdr *h, u8 type, u8 left, unsigned int len)
{
	ext6(h, IPPROTO_ROUTING);
	put(h, type, true);
	put(h, left, true);
	fill(h, len, true);
	ext6_end(h);
}

/*
 * A fragment header, which was put in after AH: to the ICV it is not there, and the
 * payload is shorter by it
 */
static void fragment6(struct hdr *h, unsigned int offset, u8 flags)
{
	unsigned int payload;

	h->data[h->nexthdr] = IPPROTO_FRAGMENT;
	h->nexthdr = h->len;
	put(h, IPPROTO_AH, true);
	fill(h, 1, true);
	put(h, offset >> 8, true);
	put(h, offset | flags, true);
	fill(h, 4, true);
	h->gone += 8;
	payload = (h->want[4] << 8 | h->want[5]) - 8;
	h->want[4] = payload >> 8;
	h->want[5] = payload;
}

/*
 * What became of the first len bytes of a header, in memory that has no more; return:
 * how many are left, 0 if it is refused
 */
static unsigned int run(const u8 *data, unsigned int len, bool six, u8 *after)
{
	u8 *copy = malloc(len);
	unsigned int left;

	if (!copy)
		abort();
	memcpy(copy, data, len);
	if (six)
		left = ipsec_mutable6(copy, len);
	else
		left = ipsec_mutable4(copy, len) ? len : 0;
	memcpy(after, copy, len);
	free(copy);
	return left;
}

/* The header is well-formed, and becomes what is wanted; false: detail says why */
static bool becomes(const struct hdr *h, bool six, char *detail, size_t size)
{
	unsigned int i, left, want = h->len - h->gone;
	static u8 after[SIZE_MAX_HDR];

	left = run(h->data, h->len, six, after);
	if (left != want) {
		snprintf(detail, size, "%u bytes of %u are left, want %u", left, h->len, want);
		return false;
	}
	for (i = 0; i < want; i++) {
		if (after[i] == h->want[i])
			continue;
		snprintf(detail, size, "byte %u of %u, %#x: got %#x, want %#x",
			 i, want, h->data[i], after[i], h->want[i]);
		return false;
	}
	return true;
}

static void accepted(const char *name, const struct hdr *h, bool six)
{
	char detail[200] = "";
	bool good = becomes(h, six, detail, sizeof(detail));

	result(name, good, detail);
}

static void refused(const char *name, const struct hdr *h, bool six)
{
	static u8 after[SIZE_MAX_HDR];

	result(name, !run(h->data, h->len, six, after), "it is accepted");
}

/* Many headers, one verdict: the first that is wrong is its detail */
struct many {
	const char *name;
	char detail[300];
	bool bad;
};

static void many_wrong(struct many *m, unsigned int type, unsigned int n, const char *detail)
{
	if (!m->bad)
		snprintf(m->detail, sizeof(m->detail), "type %u, %u: %s", type, n, detail);
	m->bad = true;
}

static void many_end(const struct many *m)
{
	result(m->name, !m->bad, m->detail);
}

/* ---- IPv4 ---------------------------------------------------------------- */

/* RFC 4302 appendix A1, all of its table, and some that are not in it */
static const struct {
	u8 type;
	u8 len;
	bool kept;
	const char *name;
} options4[] = {
	{ 130, 11, true, "security" },
	{ 133, 6, true, "extended security" },
	{ 134, 10, true, "commercial security" },
	{ 148, 4, true, "router alert" },
	{ 149, 6, true, "sender directed multi-destination delivery" },
	{ 7, 7, false, "record route" },
	{ 68, 8, false, "time stamp" },
	{ 82, 12, false, "traceroute" },
	{ 136, 4, false, "stream identifier" },
	{ 151, 2, false, "type 151, with nothing in it" },
	{ 94, 6, false, "experiment" },
	{ 255, 40, false, "type 255, 40 bytes" },
	/* the number of one that is kept, but another class or copied flag */
	{ 2, 11, false, "type 2" },
	{ 20, 4, false, "type 20" },
	{ 128, 4, false, "type 128, whose number is that of the end" },
	{ 129, 4, false, "type 129, whose number is that of no operation" },
};

static void options4_run(void)
{
	struct many m = { .name = "A3.4 IPv4 options of all types and lengths, between two others" };
	unsigned int i, type, len, kept;
	char name[100], detail[200];
	struct hdr h;

	begin4(&h);
	end4(&h);
	accepted("A3.3 IPv4 without options", &h, false);
	for (i = 0; i < sizeof(options4) / sizeof(options4[0]); i++) {
		begin4(&h);
		opt4(&h, options4[i].type, options4[i].len, options4[i].kept);
		end4(&h);
		snprintf(name, sizeof(name), "A3.4 IPv4 option %s: %s", options4[i].name,
			 options4[i].kept ? "kept" : "zero");
		accepted(name, &h, false);
	}

	/* every type there is, between two others, of every length */
	for (type = 2; type < 256; type++) {
		if (type == 131 || type == 137)
			continue;	/* source_route_run() */
		kept = 0;
		for (i = 0; i < 5; i++)
			kept |= options4[i].type == type;
		for (len = 2; len <= 30; len++) {
			begin4(&h);
			opt4(&h, 148, 4, true);
			opt4(&h, type, len, kept);
			opt4(&h, 7, 4, false);
			end4(&h);
			if (!becomes(&h, false, detail, sizeof(detail)))
				many_wrong(&m, type, len, detail);
		}
	}
	many_end(&m);
}

/* n addresses, of which the pointer says how many are done; the last is the destination */
static void route4(struct hdr *h, u8 type, u8 n, u8 done)
{
	u8 pointer = 4 + 4 * done;

	put(h, type, false);
	put(h, 3 + 4 * n, false);
	put(h, pointer, false);
	fill(h, 4 * n, false);
	if (done < n)
		memcpy(h->want + 16, h->data + h->len - 4, 4);
}

static void source_route_run(void)
{
	static const u8 types[] = { 131, 137 };
	unsigned int i, n, done, len, pointer;
	static u8 after[SIZE_MAX_HDR];
	char detail[200];
	struct hdr h;

	for (i = 0; i < 2; i++) {
		struct many m = { .name = i ?
			"A3.3 strict source routes: zero, and the destination is the last" :
			"A3.3 loose source routes: zero, and the destination is the last" };
		struct many bad = { .name = i ?
			"E1.38 strict source routes with hops left and no whole address: refused" :
			"E1.38 loose source routes with hops left and no whole address: refused" };

		for (n = 0; n <= 8; n++) {
			for (done = 0; done <= n + 1; done++) {
				begin4(&h);
				opt4(&h, 148, 4, true);
				route4(&h, types[i], n, done);
				put(&h, 1, true);
				end4(&h);
				if (!becomes(&h, false, detail, sizeof(detail)))
					many_wrong(&m, n, done, detail);
			}
		}
		many_end(&m);

		for (len = 2; len <= 39; len++) {
			for (pointer = 0; pointer < 256; pointer++) {
				bool end = len > 2 && pointer > len;
				bool whole = len % 4 == 3 && pointer >= 4 && pointer % 4 == 0;

				begin4(&h);
				put(&h, types[i], false);
				put(&h, len, false);
				if (len > 2) {
					put(&h, pointer, false);
					fill(&h, len - 3, false);
				}
				end4(&h);
				if (!!run(h.data, h.len, false, after) != (end || whole))
					many_wrong(&bad, len, pointer, end || whole ?
						   "it is refused" : "it is accepted");
			}
		}
		many_end(&bad);
	}
}

static void malformed4_run(void)
{
	static const u8 types[] = { 148, 7, 134, 255 };
	char name[100];
	struct hdr h;
	unsigned int i, len;

	for (i = 0; i < sizeof(types); i++) {
		for (len = 0; len < 2; len++) {
			/* whoever believes it finds nothing else that is wrong */
			begin4(&h);
			put(&h, types[i], true);
			put(&h, len, true);
			put(&h, 1, true);
			put(&h, 1, true);
			snprintf(name, sizeof(name), "E1.38 IPv4 option %u of length %u: refused",
				 types[i], len);
			end4(&h);
			refused(name, &h, false);
		}
		begin4(&h);
		opt4(&h, types[i], 8, true);
		h.data[21] = 9;
		end4(&h);
		snprintf(name, sizeof(name), "E1.38 IPv4 option %u beyond the header by one: refused",
			 types[i]);
		refused(name, &h, false);
		h.data[21] = 255;
		snprintf(name, sizeof(name), "E1.38 IPv4 option %u of 255 bytes: refused", types[i]);
		refused(name, &h, false);

		/* a type, and the header ends */
		begin4(&h);
		put(&h, 1, true);
		put(&h, 1, true);
		put(&h, 1, true);
		put(&h, types[i], true);
		end4(&h);
		snprintf(name, sizeof(name), "E1.38 IPv4 option %u without a length: refused", types[i]);
		refused(name, &h, false);
	}

	begin4(&h);
	opt4(&h, 7, 4, false);
	put(&h, 0, true);
	put(&h, 7, true);
	put(&h, 0, true);
	put(&h, 255, true);
	end4(&h);
	accepted("E1.38 IPv4 end of options, then junk: it is not looked at", &h, false);

	begin4(&h);
	put(&h, 0, true);
	fill(&h, 39, true);
	end4(&h);
	accepted("E1.38 IPv4 nothing but an end and 39 bytes of junk", &h, false);

	begin4(&h);
	for (i = 0; i < 40; i++)
		put(&h, 1, true);
	end4(&h);
	accepted("E1.38 IPv4 40 times no operation", &h, false);

	begin4(&h);
	for (i = 0; i < 36; i++)
		put(&h, 1, true);
	opt4(&h, 7, 4, false);
	end4(&h);
	accepted("E1.38 IPv4 36 times no operation and an option", &h, false);

	begin4(&h);
	for (i = 0; i < 20; i++)
		opt4(&h, 7, 2, false);
	end4(&h);
	accepted("E1.38 IPv4 20 options without data", &h, false);
}

/* ---- IPv6 ---------------------------------------------------------------- */

static void options6_run(void)
{
	static const u8 kinds[] = { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS };
	char name[100], detail[200];
	unsigned int i, type, len;
	struct hdr h;

	begin6(&h, IPPROTO_AH);
	accepted("A3.5 IPv6 without extension headers", &h, true);

	for (i = 0; i < 2; i++) {
		struct many m = { .name = i ?
			"A3.6 destination options of all types: bit 0x20 zeroes the data alone" :
			"A3.6 hop-by-hop options of all types: bit 0x20 zeroes the data alone" };
		const char *what = i ? "destination" : "hop-by-hop";

		for (type = 1; type < 256; type++) {
			for (len = 0; len < 256; len += len < 20 ? 1 : 47) {
				begin6(&h, IPPROTO_AH);
				ext6(&h, kinds[i]);
				opt6(&h, 5, 2);
				opt6(&h, type, len);
				opt6(&h, 0x3e, 1);
				ext6_end(&h);
				if (!becomes(&h, true, detail, sizeof(detail)))
					many_wrong(&m, type, len, detail);
			}
		}
		many_end(&m);

		begin6(&h, IPPROTO_AH);
		ext6(&h, kinds[i]);
		while (h.len < 40 + 2048)
			put(&h, 0, true);
		ext6_end(&h);
		snprintf(name, sizeof(name), "E1.39 %s header with 2046 times Pad1", what);
		accepted(name, &h, true);

		begin6(&h, IPPROTO_AH);
		ext6(&h, kinds[i]);
		while (h.len < 40 + 2048)
			opt6(&h, h.len & 2 ? 0x3e : 0x1e, 0);
		ext6_end(&h);
		snprintf(name, sizeof(name), "E1.39 %s header with 1023 options without data", what);
		accepted(name, &h, true);

		begin6(&h, IPPROTO_AH);
		ext6(&h, kinds[i]);
		for (len = 0; len < 400; len++)
			opt6(&h, len & 1 ? 0x3e : 0x1e, 3);
		ext6_end(&h);
		snprintf(name, sizeof(name), "E1.39 %s header with 400 options of 3 bytes", what);
		accepted(name, &h, true);
	}

	begin6(&h, IPPROTO_AH);
	for (i = 0; i < 2; i++) {
		ext6(&h, kinds[i]);
		for (len = 0; len < 1000; len++)
			opt6(&h, len & 1 ? 0x3e : 0x1e, 0);
		ext6_end(&h);
	}
	accepted("E1.39 2000 options in two headers", &h, true);

	begin6(&h, IPPROTO_AH);
	for (i = 0; i < 500; i++) {
		ext6(&h, IPPROTO_DSTOPTS);
		opt6(&h, 0x3e, 4);
		ext6_end(&h);
	}
	accepted("E1.39 500 headers of 8 bytes", &h, true);
}

static void malformed6_run(void)
{
	static const u8 kinds[] = { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING };
	struct many m = { .name = "A3.6 other extension headers: refused" };
	static u8 after[SIZE_MAX_HDR];
	char name[100];
	struct hdr h;
	unsigned int i, n;

	for (i = 0; i < 2; i++) {
		begin6(&h, IPPROTO_AH);
		ext6(&h, kinds[i]);
		opt6(&h, 0x1e, 4);
		ext6_end(&h);
		h.data[43] = 5;
		snprintf(name, sizeof(name), "E1.39 option data past header %u by one: refused", kinds[i]);
		refused(name, &h, true);
		h.data[43] = 255;
		snprintf(name, sizeof(name), "E1.39 option of 255 bytes in header %u: refused", kinds[i]);
		refused(name, &h, true);

		/* the data would still be in the packet, but in the next header */
		begin6(&h, IPPROTO_AH);
		ext6(&h, kinds[i]);
		opt6(&h, 0x3e, 4);
		ext6_end(&h);
		ext6(&h, IPPROTO_DSTOPTS);
		opt6(&h, 0x1e, 12);
		ext6_end(&h);
		h.data[43] = 8;
		snprintf(name, sizeof(name), "E1.39 option data into the header behind %u: refused", kinds[i]);
		refused(name, &h, true);

		begin6(&h, IPPROTO_AH);
		ext6(&h, kinds[i]);
		for (n = 0; n < 5; n++)
			put(&h, 0, true);
		put(&h, 0x1e, true);
		ext6_end(&h);
		snprintf(name, sizeof(name), "E1.39 an option type is the last byte of header %u: refused",
			 kinds[i]);
		refused(name, &h, true);
	}
	for (i = 0; i < 3; i++) {
		begin6(&h, IPPROTO_AH);
		if (kinds[i] == IPPROTO_ROUTING) {
			routing6(&h, 253, 0, 4);
		} else {
			ext6(&h, kinds[i]);
			ext6_end(&h);
		}
		for (n = 1; n < 8; n++) {
			h.len = 40 + n;
			snprintf(name, sizeof(name), "E1.39 %u bytes of header %u: refused", n, kinds[i]);
			refused(name, &h, true);
		}
		h.len = 48;
		h.data[41] = 1;
		snprintf(name, sizeof(name), "E1.39 header %u longer than the packet by 8: refused", kinds[i]);
		refused(name, &h, true);
		h.data[41] = 255;
		snprintf(name, sizeof(name), "E1.39 header %u of 2048 bytes in 8: refused", kinds[i]);
		refused(name, &h, true);
	}

	for (i = 0; i < 256; i++) {
		if (i == IPPROTO_HOPOPTS || i == IPPROTO_DSTOPTS || i == IPPROTO_ROUTING ||
		    i == IPPROTO_FRAGMENT)
			continue;
		begin6(&h, IPPROTO_AH);
		ext6(&h, i);
		ext6_end(&h);
		if (run(h.data, h.len, true, after))
			many_wrong(&m, i, 8, "it is accepted");
	}
	many_end(&m);
}

static void routing6_run(void)
{
	struct many m = { .name =
		"A3.5 routing headers at their end: kept; with segments left: refused" };
	static u8 after[SIZE_MAX_HDR];
	char name[100], detail[200];
	unsigned int type, left;
	struct hdr h;

	for (left = 0; left < 2; left++) {
		begin6(&h, IPPROTO_AH);
		routing6(&h, 0, left, 20);
		snprintf(name, sizeof(name), "E1.39 routing header type 0, segments left %u: refused", left);
		refused(name, &h, true);
	}
	for (type = 1; type < 256; type++) {
		begin6(&h, IPPROTO_AH);
		routing6(&h, type, 0, 20);
		if (!becomes(&h, true, detail, sizeof(detail)))
			many_wrong(&m, type, 0, detail);
		for (left = 1; left < 256; left++) {
			h.data[43] = left;
			if (run(h.data, h.len, true, after))
				many_wrong(&m, type, left, "it is accepted");
		}
	}
	many_end(&m);

	begin6(&h, IPPROTO_AH);
	ext6(&h, IPPROTO_HOPOPTS);
	opt6(&h, 0x3e, 4);
	ext6_end(&h);
	routing6(&h, 4, 0, 20);
	routing6(&h, 253, 0, 4);
	ext6(&h, IPPROTO_DSTOPTS);
	opt6(&h, 0x3e, 12);
	ext6_end(&h);
	accepted("E1.39 two routing headers among others", &h, true);

	begin6(&h, IPPROTO_AH);
	routing6(&h, 253, 0, 4);
	routing6(&h, 0, 0, 20);
	refused("E1.39 the second routing header is of type 0: refused", &h, true);
}

static void fragment6_run(void)
{
	struct many m = { .name = "A3.7 fragment headers that are no whole packet: refused" };
	static u8 after[SIZE_MAX_HDR];
	unsigned int offset, flags;
	struct hdr h;

	begin6(&h, IPPROTO_AH);
	fragment6(&h, 0, 0);
	accepted("A3.7 fragment header of a whole packet: taken out", &h, true);

	begin6(&h, IPPROTO_AH);
	fragment6(&h, 0, 6);
	accepted("A3.7 its reserved bits do not matter", &h, true);

	begin6(&h, IPPROTO_AH);
	ext6(&h, IPPROTO_HOPOPTS);
	opt6(&h, 0x3e, 4);
	ext6_end(&h);
	fragment6(&h, 0, 0);
	accepted("A3.7 behind another header", &h, true);

	begin6(&h, IPPROTO_AH);
	fragment6(&h, 0, 0);
	h.len = 47;
	refused("A3.7 7 bytes of a fragment header: refused", &h, true);

	for (offset = 0; offset < 0x10000; offset += 8) {
		for (flags = 0; flags < 8; flags++) {
			if (!offset && !(flags & 1))
				continue;
			begin6(&h, IPPROTO_AH);
			fragment6(&h, offset, flags);
			if (run(h.data, h.len, true, after))
				many_wrong(&m, offset, flags, "it is accepted");
		}
	}
	many_end(&m);
}

/* ---- random -------------------------------------------------------------- */

static const u8 kept4[] = { 130, 133, 134, 148, 149 };

static void random4(struct hdr *h)
{
	unsigned int room = rnd() % 41;
	unsigned int type, len, i;
	bool kept;

	begin4(h);
	while (room) {
		type = rnd() % 4 ? rnd() % 256 : kept4[rnd() % sizeof(kept4)];
		if (!type) {
			put(h, 0, true);
			fill(h, room - 1, true);
			break;
		}
		len = 2 + rnd() % 8;
		if (type == 1 || len > room) {
			put(h, 1, true);
			room--;
			continue;
		}
		if (type == 131 || type == 137) {
			i = rnd() % 9;
			if (3 + 4 * i > room)
				i = 0;
			if (room < 3 || h->route)
				continue;
			h->route = true;
			route4(h, type, i, rnd() % 10);
			room -= 3 + 4 * i;
			continue;
		}
		kept = false;
		for (i = 0; i < sizeof(kept4); i++)
			kept |= kept4[i] == type;
		opt4(h, type, len, kept);
		room -= len;
	}
	while (h->len % 4)
		put(h, 1, true);
	/* junk behind an end is not to be followed by anything else */
	if (h->len > 60)
		abort();
	end4(h);
}

static void random6(struct hdr *h)
{
	unsigned int n = rnd() % 5, opts;

	begin6(h, IPPROTO_AH);
	while (n--) {
		if (rnd() % 8 == 0 && !h->gone) {
			fragment6(h, 0, rnd() & 6);
			continue;
		}
		if (rnd() % 4 == 0) {
			routing6(h, 1 + rnd() % 255, 0, 4 + 8 * (rnd() % 8));
			continue;
		}
		ext6(h, rnd() & 1 ? IPPROTO_HOPOPTS : IPPROTO_DSTOPTS);
		for (opts = rnd() % 6; opts; opts--) {
			if (rnd() % 4 == 0)
				put(h, 0, true);
			else
				opt6(h, 1 + rnd() % 255, rnd() % 4 ? rnd() % 9 : rnd() % 256);
		}
		ext6_end(h);
	}
}

static void well_formed_run(unsigned int count, bool six)
{
	char name[100], detail[200] = "";
	bool good = true;
	struct hdr h;
	unsigned int i;

	for (i = 0; i < count && good; i++) {
		if (six)
			random6(&h);
		else
			random4(&h);
		good = becomes(&h, six, detail, sizeof(detail));
	}
	snprintf(name, sizeof(name), "%u random well-formed IPv%d headers", count, six ? 6 : 4);
	result(name, good, detail);
}

/*
 * Random bytes, half of them a well-formed header with some damage: nothing outside is
 * touched (that is the sanitizer's part), and where it is accepted a byte is what it
 * was, or zero, or the version without the traffic class.
 */
static void junk_run(unsigned int count, bool six)
{
	unsigned int i, j, left, said[2] = { 0, 0 }, least = six ? 40 : 20;
	static u8 after[SIZE_MAX_HDR];
	char name[100], detail[200] = "";
	bool good = true;
	struct hdr h;

	for (i = 0; i < count && good; i++) {
		if (rnd() & 1) {
			if (six)
				random6(&h);
			else
				random4(&h);
			for (j = rnd() % 4; j && h.len > least; j--)
				h.data[least + rnd() % (h.len - least)] = rnd();
			if (rnd() & 1)
				h.len = least + rnd() % (h.len - least + 1);
		} else {
			h.len = least + rnd() % (six ? 200 : 41);
			for (j = 0; j < h.len; j++)
				h.data[j] = rnd() % 3 ? rnd() : rnd() % 4;
		}
		if (six)
			h.data[6] = (const u8[]){ 0, 43, 60, 60 }[rnd() % 4];
		left = run(h.data, h.len, six, after);
		said[!!left]++;
		/* a fragment header that is gone moves the others */
		if (left && left != h.len)
			continue;
		for (j = 0; left && j < h.len && good; j++) {
			good = after[j] == h.data[j] || !after[j] ||
			       /* the destination, of a source route */
			       (!six && j >= 16 && j < 20) ||
			       (six && !j && after[j] == (h.data[j] & 0xf0));
			if (!good)
				snprintf(detail, sizeof(detail), "byte %u of %u, %#x, became %#x",
					 j, h.len, h.data[j], after[j]);
		}
	}
	if (good && (said[0] < count / 50 || said[1] < count / 50)) {
		good = false;
		snprintf(detail, sizeof(detail), "%u refused, %u accepted: the test is worth nothing",
			 said[0], said[1]);
	}
	snprintf(name, sizeof(name), "%u times random bytes as IPv%d", count, six ? 6 : 4);
	result(name, good, detail);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	random_state = 0x13198a2e03707344ULL;
	options4_run();
	source_route_run();
	malformed4_run();
	options6_run();
	malformed6_run();
	routing6_run();
	fragment6_run();
	well_formed_run(500000, false);
	well_formed_run(200000, true);
	junk_run(1000000, false);
	junk_run(500000, true);
	return failures != 0;
}
