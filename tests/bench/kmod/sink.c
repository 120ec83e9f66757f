// SPDX-License-Identifier: GPL-2.0-only
/*
 * sink.c - where the measured packets end: a netfilter hook that counts and drops.
 */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/udp.h>
#include <linux/wait.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include "bench.h"

#define SINK_WIREGUARD	51820	/* its port in paths.sh */

static DECLARE_WAIT_QUEUE_HEAD(sink_queue);
static atomic64_t sink_packets;
static u64 sink_expected;	/* the number of the last one of this run */
static u64 sink_awaited;	/* who sleeps wants to know of this one; or 0 */
static u64 sink_end;		/* when the last one came: ticks */
static __be16 sink_port;
static struct net *sink_net;
static struct net_device *sink_dev;

static unsigned int sink_take(void)
{
	u64 n = atomic64_inc_return(&sink_packets);

	if (unlikely(n == READ_ONCE(sink_expected)))
		WRITE_ONCE(sink_end, bench_ticks());
	if (unlikely(READ_ONCE(sink_awaited) && n >= READ_ONCE(sink_awaited)))
		wake_up(&sink_queue);
	return NF_DROP;
}

static unsigned int sink_udp(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct udphdr *udph = (const void *)iph + iph->ihl * 4;

	if (iph->protocol != IPPROTO_UDP ||
	    !pskb_may_pull(skb, iph->ihl * 4 + sizeof(*udph)) ||
	    udph->dest != sink_port)
		return NF_ACCEPT;
	return sink_take();
}

/* WireGuard's handshakes go through: its packets begin with their type, 4 is data */
static bool sink_is_handshake(struct sk_buff *skb)
{
	unsigned int off = ip_hdrlen(skb);
	const struct udphdr *udph;

	if (!pskb_may_pull(skb, off + sizeof(*udph) + 1))
		return false;
	udph = (const struct udphdr *)(skb->data + off);
	return udph->dest == htons(SINK_WIREGUARD) && *(const u8 *)(udph + 1) != 4;
}

static unsigned int sink_any(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	if (skb->protocol != htons(ETH_P_IP) ||
	    !pskb_may_pull(skb, sizeof(struct iphdr)))
		return NF_ACCEPT;
	switch (ip_hdr(skb)->protocol) {
	case IPPROTO_UDP:
		return sink_is_handshake(skb) ? NF_ACCEPT : sink_take();
	case IPPROTO_ESP:
	case IPPROTO_AH:
	case IPPROTO_IPIP:
		return sink_take();
	default:
		return NF_ACCEPT;
	}
}

static struct nf_hook_ops sink_ops;

void bench_sink_close(void)
{
	if (!sink_net)
		return;
	nf_unregister_net_hook(sink_net, &sink_ops);
	if (sink_dev)
		dev_put(sink_dev);
	put_net(sink_net);
	sink_dev = NULL;
	sink_net = NULL;
}

int bench_sink_open(struct net *net, const struct bench_args *args)
{
	int err;

	bench_sink_close();
	sink_ops = (struct nf_hook_ops){
		.hook = sink_udp,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_FIRST,
	};
	if (args->dev[0]) {
		sink_dev = dev_get_by_name(net, args->dev);
		if (!sink_dev)
			return -ENODEV;
		sink_ops.hook = sink_any;
		sink_ops.pf = NFPROTO_NETDEV;
		sink_ops.hooknum = NF_NETDEV_INGRESS;
		sink_ops.dev = sink_dev;
	}
	sink_port = htons(args->port);
	err = nf_register_net_hook(net, &sink_ops);
	if (err) {
		if (sink_dev)
			dev_put(sink_dev);
		sink_dev = NULL;
		return err;
	}
	sink_net = get_net(net);
	return 0;
}

void bench_sink_expect(u64 n)
{
	atomic64_set(&sink_packets, 0);
	sink_end = 0;
	sink_expected = n;
}

u64 bench_sink_count(void)
{
	return atomic64_read(&sink_packets);
}

u64 bench_sink_wait(u64 n)
{
	WRITE_ONCE(sink_awaited, n);
	wait_event_timeout(sink_queue, bench_sink_count() >= n, HZ);
	WRITE_ONCE(sink_awaited, 0);
	return bench_sink_count();
}

u64 bench_sink_end(void)
{
	return READ_ONCE(sink_end);
}
