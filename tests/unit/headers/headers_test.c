// SPDX-License-Identifier: MIT
/*
 * headers_test.c - properties of the headers and lengths of protected packets.  Packets
 * are put together by the module's own functions, in memory of exactly their length, and
 * looked at byte by byte as the RFCs have them.
 */
#include <stdarg.h>
#include <stdio.h>
#include "ah.h"
#include "esp.h"
#include "length.h"
#include "outer.h"

#define LARGEST		9216

static unsigned int failures;
static char detail[256];

static void result(const char *name, bool good)
{
	if (good)
		printf("ok - headers: %s\n", name);
	else
		printf("not ok - headers: %s: %s\n", name, detail);
	failures += !good;
	detail[0] = 0;
}

#define expect(condition, ...)	((condition) || failed(#condition, __VA_ARGS__))

__attribute__((format(printf, 2, 3)))
static bool failed(const char *condition, const char *format, ...)
{
	va_list args;
	int n = snprintf(detail, sizeof(detail), "%.150s: ", condition);

	va_start(args, format);
	vsnprintf(detail + n, sizeof(detail) - n, format, args);
	va_end(args);
	return false;
}

/* xorshift64: the same numbers in every run */
static u64 rnd(void)
{
	static u64 state = 88172645463325252ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

void get_random_bytes(void *buf, size_t len)
{
	memset(buf, 0xa5, len);
}

int ipsec_outer_find(struct ipsec_dev *idev, struct ipsec_endpoint *ep)
{
	(void)idev, (void)ep;
	abort();	/* no route is looked up here */
}

/* ---- what there is to protect with ----------------------------------------------- */

static struct ipsec_sa random_esp(void)
{
	static const u8 aligns[] = { 4, 8, 16 }, ivs[] = { 0, 8, 16 }, icvs[] = { 0, 8, 12, 16, 24, 32 };

	return (struct ipsec_sa){
		.id.spi = htobe32(0x1000 + rnd() % 1000),
		.suite.align = aligns[rnd() % 3],
		.suite.iv_len = ivs[rnd() % 3],
		.suite.icv_len = icvs[rnd() % 6],
		.suite.random_iv = rnd() & 1,
	};
}

static struct ipsec_sa random_ah(void)
{
	struct ipsec_sa sa = random_esp();

	sa.suite.iv_len = rnd() & 1 ? 8 : 0;
	sa.ah_align8 = rnd() & 1;
	return sa;
}

static struct sk_buff new_packet(unsigned int room)
{
	u8 *data = malloc(room);

	return (struct sk_buff){ .data = data, .tail = data, .end = data + room };
}

/* ---- lengths ----------------------------------------------------------------------- */

/* What the module makes of a packet of @len bytes behind @own_hdr: on the wire. */
static unsigned int on_wire(const struct ipsec_sa *esp, const struct ipsec_sa *ah,
			    const struct ipsec_endpoint *ep, unsigned int own_hdr, unsigned int len)
{
	bool ipv6 = ep->remote.family == AF_INET6;
	unsigned int total = own_hdr ?: ipv6 ? 40 : 20;

	len -= own_hdr;
	if (ep->encap_remote)
		total += 8;
	if (ah)
		total += ipsec_ah_len(ah, ipv6);
	if (esp)
		len += 8 + esp->suite.iv_len + ipsec_esp_pad(esp, len) + 2 + esp->suite.icv_len;
	return total + len;
}

static bool lengths(void)
{
	unsigned int i, zero = 0;

	for (i = 0; i < 400000; i++) {
		struct ipsec_sa esp = random_esp(), ah = random_ah();
		struct ipsec_endpoint ep = { .remote.family = rnd() & 1 ? AF_INET : AF_INET6,
					     .encap_remote = rnd() % 4 ? 0 : htons(4500) };
		const struct ipsec_sa *with_ah = rnd() % 3 ? NULL : &ah;
		const struct ipsec_sa *with_esp = with_ah && rnd() & 1 ? NULL : &esp;
		unsigned int own = rnd() & 1 ? 0 : ep.remote.family == AF_INET ? 20 + rnd() % 11 * 4 : 40 + rnd() % 8 * 8;
		unsigned int mtu = rnd() % LARGEST, inner;

		inner = ipsec_length_inner(with_esp, with_ah, &ep, own, mtu);
		if (!inner) {
			zero++;
			if (!expect(on_wire(with_esp, with_ah, &ep, own, own + 1) > mtu, "mtu %u, none fits, it says", mtu))
				return false;
			continue;
		}
		if (!expect(inner > own && on_wire(with_esp, with_ah, &ep, own, inner) <= mtu, "%u in %u", inner, mtu) ||
		    !expect(on_wire(with_esp, with_ah, &ep, own, inner + 1) > mtu, "%u in %u", inner, mtu))
			return false;
	}
	return expect(zero > 100, "%u", zero);
}

/* ---- ESP --------------------------------------------------------------------------- */

static bool pads(void)
{
	unsigned int i, len;

	for (i = 0; i < 100; i++) {
		struct ipsec_sa sa = random_esp();

		for (len = 0; len < 600; len++) {
			unsigned int pad = ipsec_esp_pad(&sa, len);

			if (!expect(pad < sa.suite.align && (len + pad + 2) % sa.suite.align == 0, "%u, %u", len, pad))
				return false;
		}
	}
	return true;
}

/* A whole packet: header, IV, payload, TFC padding, padding, trailer, ICV. */
static struct sk_buff esp_packet(const struct ipsec_sa *sa, u64 seq, unsigned int len, unsigned int tfc, u8 nexthdr)
{
	unsigned int head = ipsec_esp_len(sa), pad = ipsec_esp_pad(sa, len + tfc);
	/* four bytes are written at once: there must always be so many */
	struct sk_buff skb = new_packet(head + len + tfc + pad + 2 + sa->suite.icv_len + 4);

	skb.end -= 4;
	ipsec_esp_build(__skb_put(&skb, head), sa, seq);
	memset(__skb_put(&skb, len), 0x77, len);
	ipsec_esp_trailer(&skb, sa, tfc, pad, nexthdr);
	return skb;
}

static bool esp_bytes(const struct sk_buff *skb, const struct ipsec_sa *sa, u64 seq, unsigned int len,
		      unsigned int tfc, u8 nexthdr)
{
	unsigned int at = 8 + sa->suite.iv_len, i, pad = skb->data[skb->len - sa->suite.icv_len - 2];
	u64 iv = htobe64(seq);
	u32 low = htobe32((u32)seq);

	if (!expect(!memcmp(skb->data, &sa->id.spi, 4) && !memcmp(skb->data + 4, &low, 4), "SPI, number") ||
	    !expect(!sa->suite.iv_len || (sa->suite.random_iv ? skb->data[8] == 0xa5 : !memcmp(skb->data + 8, &iv, 8)), "IV"))
		return false;
	for (i = 0; i < len + tfc + pad; i++) {
		u8 want = i < len ? 0x77 : i < len + tfc ? 0 : i - len - tfc + 1;

		if (!expect(skb->data[at + i] == want, "byte %u of %u, %u, %u", i, len, tfc, pad))
			return false;
	}
	return expect(skb->len == at + len + tfc + pad + 2 + sa->suite.icv_len, "length %u", skb->len) &&
	       expect(skb->data[at + len + tfc + pad + 1] == nexthdr, "next header");
}

static bool esp_there_and_back(void)
{
	unsigned int i;

	for (i = 0; i < 40000; i++) {
		struct ipsec_sa sa = random_esp();
		unsigned int len = rnd() % 300, tfc = rnd() & 1 ? 0 : rnd() % 100;
		u64 seq = rnd();
		u8 nexthdr = rnd(), got;
		enum ifipsec_drop reason;
		struct sk_buff skb = esp_packet(&sa, seq, len, tfc, nexthdr);
		u8 *memory = skb.data;
		bool good;

		good = esp_bytes(&skb, &sa, seq, len, tfc, nexthdr) &&
		       expect(ipsec_esp_strip(&skb, &sa, &got, &reason), "reason %d", reason) &&
		       expect(got == nexthdr && skb.len == len + tfc, "%u of %u", skb.len, len + tfc);
		free(memory);
		if (!good)
			return false;
	}
	return true;
}

/* A trailer of anything: it is refused, or what it says fits, and nothing outside is read. */
static bool esp_trailers(void)
{
	unsigned int i, refused = 0, taken = 0;

	for (i = 0; i < 200000; i++) {
		struct ipsec_sa sa = random_esp();
		unsigned int clear = 2 + rnd() % 300, head = ipsec_esp_len(&sa), pad, k;
		struct sk_buff skb = new_packet(head + clear + sa.suite.icv_len);
		u8 *memory = skb.data, *text = memory + head, nexthdr;
		enum ifipsec_drop reason;
		bool good = true;

		__skb_put(&skb, head + clear + sa.suite.icv_len);
		for (k = 0; k < skb.len; k++)
			memory[k] = rnd();
		pad = (rnd() & 1 ? rnd() : rnd() % clear) & 255;
		text[clear - 2] = pad;
		if (rnd() % 4)
			for (k = 0; k < pad && k + 2 < clear; k++)
				text[clear - 3 - k] = pad - k;
		if (ipsec_esp_strip(&skb, &sa, &nexthdr, &reason)) {
			taken++;
			good = expect(pad + 2 <= clear && skb.len == clear - pad - 2, "pad %u of %u", pad, clear);
			for (k = 0; good && k < pad; k++)
				good = expect(text[clear - 2 - pad + k] == k + 1, "pad byte %u", k);
		} else {
			refused++;
			good = expect((reason == IFIPSEC_DROP_RX_BAD_TRAILER) == (pad + 2 > clear), "pad %u of %u", pad, clear) &&
			       expect(reason == IFIPSEC_DROP_RX_BAD_TRAILER || reason == IFIPSEC_DROP_RX_BAD_PAD, "%d", reason);
		}
		free(memory);
		if (!good)
			return false;
	}
	return expect(taken > 10000 && refused > 10000, "%u taken, %u refused", taken, refused);
}

/* ---- AH ---------------------------------------------------------------------------- */

static bool ah_headers(void)
{
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		struct ipsec_sa sa = random_ah();
		bool ipv6 = rnd() & 1, good;
		unsigned int len = ipsec_ah_len(&sa, ipv6), k;
		u8 *ah = malloc(len), nexthdr = rnd();
		u64 seq = rnd();
		u32 low = htobe32((u32)seq);

		memset(ah, 0xff, len);
		ipsec_ah_build(ah, &sa, ipv6, nexthdr, seq);
		good = expect(len >= 12u + sa.suite.iv_len + sa.suite.icv_len && len % (ipv6 || sa.ah_align8 ? 8 : 4) == 0, "%u", len) &&
		       expect(ah[0] == nexthdr && (ah[1] + 2) * 4u == len && !ah[2] && !ah[3], "length %u", len) &&
		       expect(!memcmp(ah + 4, &sa.id.spi, 4) && !memcmp(ah + 8, &low, 4), "SPI, number");
		for (k = 12; good && k < len; k++)
			good = expect(!ah[k], "byte %u", k);
		free(ah);
		if (!good)
			return false;
	}
	return true;
}

/* ---- outer headers --------------------------------------------------------------------- */

static bool outer_headers(void)
{
	struct net net = { .ipv4.sysctl_ip_default_ttl = 64 };
	struct ipsec_dev idev = { .net = &net };
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		bool v6 = rnd() & 1, good;
		unsigned int head = v6 ? 40 : 20, len = head + rnd() % 1500;
		struct dst_entry dst = { .hoplimit = v6 || rnd() & 1 ? 1 + rnd() % 255 : 0 };
		struct ipsec_addr local = { .family = v6 ? AF_INET6 : AF_INET }, remote = local;
		struct ipsec_outer_hdr h = { .remote = &remote, .local = &local, .proto = rnd() & 1 ? 50 : 17, .tos = rnd(),
					     .ttl = rnd() & 1 ? rnd() : 0, .df = rnd() & 1, .flowlabel = htobe32(rnd() & 0xfffff) };
		unsigned int ttl = h.ttl ? h.ttl : dst.hoplimit ? dst.hoplimit : 64;
		struct sk_buff skb = new_packet(len);
		const u8 *p = skb.data;

		get_random_bytes(&local.v6, v6 ? 16 : 4);
		remote.v6.s6_addr[0] = 0x20;
		skb.dst = &dst;
		__skb_put(&skb, len);
		memset(skb.data, 0xee, len);
		ipsec_outer_write(&skb, &idev, &h);
		if (v6)
			good = expect(p[0] == (0x60 | h.tos >> 4) && p[1] >> 4 == (h.tos & 15), "class %02x", h.tos) &&
			       expect((be32toh(h.flowlabel) & 0xfffff) == ((p[1] & 15u) << 16 | p[2] << 8 | p[3]), "label") &&
			       expect((p[4] << 8 | p[5]) == (int)len - 40 && p[6] == h.proto && p[7] == ttl, "length, next, hops") &&
			       expect(!memcmp(p + 8, &local.v6, 16) && !memcmp(p + 24, &remote.v6, 16), "addresses") &&
			       expect(skb.protocol == htons(0x86dd), "protocol");
		else
			good = expect(p[0] == 0x45 && p[1] == h.tos && (p[2] << 8 | p[3]) == (int)len, "length") &&
			       expect((p[6] << 8 | p[7]) == (h.df ? 0x4000 : 0) && (p[4] << 8 | p[5]) == (h.df ? 0 : 0x1234), "fragments") &&
			       expect(p[8] == ttl && p[9] == h.proto, "TTL %u, not %u", p[8], ttl) &&
			       expect(!memcmp(p + 12, &local.v4, 4) && !memcmp(p + 16, &remote.v4, 4), "addresses") &&
			       expect(skb.protocol == htons(0x0800), "protocol");
		good = good && expect(skb.transport == (int)head && (len == head || p[head] == 0xee), "what follows is not touched");
		free(skb.data);
		if (!good)
			return false;
	}
	return true;
}

static bool udp_headers(void)
{
	struct ipsec_endpoint ep = { .encap_local = htons(4500), .encap_remote = htons(20001) };
	static const u8 want[8] = { 4500 >> 8, 4500 & 255, 20001 >> 8, 20001 & 255, 1408 >> 8, 1408 & 255 };
	u8 udp[8];

	ipsec_outer_write_udp(udp, &ep, 1400);
	return expect(!memcmp(udp, want, 8), "RFC 3948 2.1");
}

int main(void)
{
	result("the largest inner packet fits, and no larger one (RFC 4303 2.4 to 2.7)", lengths());
	result("padding aligns, and is the least that does", pads());
	result("ESP: each byte as RFC 4303 2 has it, and what was built is taken apart", esp_there_and_back());
	result("ESP: a trailer that lies is refused, for the right reason", esp_trailers());
	result("AH: each byte as RFC 4302 2 has it, aligned for its family", ah_headers());
	result("outer headers: each byte as RFC 791 and RFC 8200 have it", outer_headers());
	result("UDP of ESP", udp_headers());
	return failures > 0;
}
