// SPDX-License-Identifier: GPL-2.0-only
/*
 * generate.c - UDP packets as a connected socket sends them, without the socket: room
 * as ip_append_data() leaves it, a route that is kept, and ip_local_out().
 */
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/route.h>
#include "bench.h"

/*
 * So many may be under way, then it waits for all of them: the queues of drivers and
 * workers are longer, and who works in a thread gets to work on many at once.
 */
#define GENERATE_AHEAD	256

struct generate {
	struct net *net;
	const struct bench_args *args;
	struct rtable *rt;	/* NULL: one lookup a packet */
	struct flowi4 fl4;
};

static struct rtable *generate_route(struct generate *g, unsigned int i)
{
	const struct bench_args *args = g->args;
	u32 dst = ntohl(args->dst) + i % args->dsts * args->step;

	g->fl4 = (struct flowi4){
		.daddr = htonl(dst),
		.flowi4_proto = IPPROTO_UDP,
		.fl4_sport = htons(args->port),
		.fl4_dport = htons(args->port),
	};
	return ip_route_output_flow(g->net, &g->fl4, NULL);
}

static struct sk_buff *generate_packet(const struct generate *g,
				       const struct rtable *rt)
{
	unsigned int len = sizeof(struct udphdr) + g->args->size;
	unsigned int head = LL_RESERVED_SPACE(rt->dst.dev) + rt->dst.header_len;
	struct udphdr *udph;
	struct sk_buff *skb;
	struct iphdr *iph;

	skb = alloc_skb(head + 15 + sizeof(*iph) + len + rt->dst.trailer_len,
			GFP_ATOMIC);
	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, head);
	skb_reset_network_header(skb);
	iph = skb_put(skb, sizeof(*iph));
	*iph = (struct iphdr){
		.version = 4,
		.ihl = 5,
		.frag_off = htons(IP_DF),
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.saddr = g->fl4.saddr,
		.daddr = g->fl4.daddr,
	};
	skb_set_transport_header(skb, sizeof(*iph));
	udph = skb_put_zero(skb, len);
	udph->source = htons(g->args->port);
	udph->dest = htons(g->args->port);
	udph->len = htons(len);
	skb->protocol = htons(ETH_P_IP);
	return skb;
}

static int generate_one(struct generate *g, unsigned int i)
{
	struct rtable *rt = g->rt;
	struct sk_buff *skb;

	if (rt)
		dst_hold(&rt->dst);
	else
		rt = generate_route(g, i);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	skb = generate_packet(g, rt);
	if (unlikely(!skb)) {
		ip_rt_put(rt);
		return -ENOMEM;
	}
	skb_dst_set(skb, &rt->dst);
	ip_local_out(g->net, NULL, skb);
	return 0;
}

static int generate_all(struct generate *g)
{
	unsigned int i = 0, n;
	int err = 0;

	while (i < g->args->count && !err) {
		local_bh_disable();
		for (n = min(g->args->burst, g->args->count - i); n && !err; n--)
			err = generate_one(g, i++);
		local_bh_enable();
		if (i - bench_sink_count() > GENERATE_AHEAD)
			bench_sink_wait(i);
		else
			cond_resched();
	}
	return err;
}

int bench_send(struct net *net, const struct bench_args *args, char *out,
	       size_t size)
{
	struct generate g = { .net = net, .args = args };
	u64 start, end, got;
	int err;

	if (!args->lookup) {
		g.rt = generate_route(&g, 0);
		if (IS_ERR(g.rt))
			return PTR_ERR(g.rt);
	}
	bench_sink_expect(args->count);
	bench_mark_start();
	start = bench_ticks();
	err = generate_all(&g);
	got = bench_sink_wait(args->count);
	end = bench_sink_end();
	bench_mark_stop();
	if (g.rt)
		ip_rt_put(g.rt);
	if (err)
		return err;
	/* no average without the last packet */
	if (got != args->count)
		end = start;
	snprintf(out, size, "sent=%u received=%llu ticks=%llu", args->count, got,
		 end - start);
	return 0;
}
