/* SPDX-License-Identifier: MIT */
/*
 * shim.h - as much of the kernel as kmod/length.c, esp.h, ah.h and outer.h need, in user
 * space: a packet is memory of exactly its length, and of the module's objects there are
 * the members that decide about headers.
 */
#ifndef HEADERS_SHIM_H
#define HEADERS_SHIM_H

#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16, __be16, __sum16;
typedef uint32_t u32, __be32;
typedef uint64_t u64, __be64;

#define __packed		__attribute__((packed))
#define likely(x)		(x)
#define unlikely(x)		(x)
#define cpu_to_be32(x)		htobe32(x)
#define cpu_to_be64(x)		htobe64(x)
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define ALIGN(x, a)		(((x) + (a) - 1) / (a) * (a))
#define round_down(x, a)	((x) / (a) * (a))

void get_random_bytes(void *buf, size_t len);

/* ---- headers ---------------------------------------------------------------- */

#define ETH_P_IP	0x0800
#define ETH_P_IPV6	0x86dd
#define IP_DF		0x4000

struct iphdr {
	u8 ihl:4, version:4;
	u8 tos;
	__be16 tot_len, id, frag_off;
	u8 ttl, protocol;
	__sum16 check;
	__be32 saddr, daddr;
};

struct ipv6hdr {
	__be32 flow;
	__be16 payload_len;
	u8 nexthdr, hop_limit;
	struct in6_addr saddr, daddr;
};

struct udphdr {
	__be16 source, dest, len;
	__sum16 check;
};

static inline void ip6_flow_hdr(struct ipv6hdr *h, unsigned int tclass, __be32 label)
{
	h->flow = htobe32(0x60000000 | tclass << 20) | label;
}

/* ---- packets ------------------------------------------------------------------ */

struct net {
	struct {
		u8 sysctl_ip_default_ttl;
	} ipv4;
};

struct dst_entry {
	unsigned int hoplimit;
};

struct sk_buff {
	u8 *data, *tail, *end;		/* what may be touched: [data, end) */
	unsigned int len;
	__be16 protocol;
	int transport, network;
	struct dst_entry *dst;
	u32 mark;
	bool ignore_df, encapsulation;
	int ip_summed;
	u8 cb[48];
};

static inline void *__skb_put(struct sk_buff *skb, unsigned int len)
{
	u8 *tail = skb->tail;

	assert(len <= (size_t)(skb->end - skb->tail));
	skb->tail += len;
	skb->len += len;
	return tail;
}

static inline void *skb_put_zero(struct sk_buff *skb, unsigned int len)
{
	return memset(__skb_put(skb, len), 0, len);
}

static inline void *__skb_pull(struct sk_buff *skb, unsigned int len)
{
	assert(len <= skb->len);
	skb->len -= len;
	return skb->data += len;
}

static inline void skb_trim(struct sk_buff *skb, unsigned int len)
{
	assert(len <= skb->len);
	skb->len = len;
	skb->tail = skb->data + len;
}

#define skb_dst(skb)			((skb)->dst)
#define skb_set_transport_header(skb, n) ((skb)->transport = (n))
#define skb_transport_offset(skb)	((skb)->transport)
#define skb_reset_network_header(skb)	((skb)->network = 0)
#define dst_metric_raw(d, metric)	((d)->hoplimit)
#define ip6_dst_hoplimit(d)		((d)->hoplimit)
#define __ip_select_ident(net, iph, n)	((iph)->id = htons(0x1234))

/* sending is not looked at */
#define CHECKSUM_NONE			0
#define skb_clear_hash_if_not_l4(skb)	((void)(skb))
#define IPCB(skb)			(&(skb)->cb)
#define IP6CB(skb)			(&(skb)->cb)
#define ip_local_out(net, sk, skb)	((void)(net), (void)(skb), 0)
#define ip6_local_out(net, sk, skb)	((void)(net), (void)(skb), 0)
#define ipv6_hdr(skb)			((struct ipv6hdr *)(skb)->data)
#define udp6_set_csum(no, skb, s, d, n)	((void)(s), (void)(d), (void)(n))
#define net_xmit_eval(err)		(err)
#define dst_check(d, cookie)		((void)(cookie), (d))
#define this_cpu_ptr(p)			(p)

/* ---- the module's objects ------------------------------------------------------ */

#define _IPSEC_H
#define _IPSEC_CRYPT_H
#include <linux/if_ipsec.h>

struct ipsec_crypt;

struct ipsec_addr {
	u16 family;
	union {
		__be32 v4;
		struct in6_addr v6;
	};
};

struct ipsec_route {
	struct dst_entry *dst;
	u32 cookie, generation;
	struct ipsec_addr local;
};

struct ipsec_endpoint {
	struct ipsec_addr remote;
	__be16 encap_local, encap_remote;
	struct ipsec_route *routes;
	u32 generation;
};

struct ipsec_dev {
	struct net *net;
	u32 fwmark;
};

struct ipsec_sa {
	struct {
		__be32 spi;
	} id;
	struct {
		u8 iv_len, icv_len, align;
		bool random_iv;
	} suite;
	bool ah_align8;
};

#endif /* HEADERS_SHIM_H */
