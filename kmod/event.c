// SPDX-License-Identifier: GPL-2.0-only
/*
 * event.c - messages to the listeners of the netlink groups, in the underlay
 * namespace of the object.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include "event.h"
#include "netlink.h"

static bool event_wanted(const struct ipsec_dev *idev)
{
	return genl_has_listeners(&ipsec_genl_family, idev->net,
				  IPSEC_NL_EVENTS);
}

bool ipsec_event_key_daemon(const struct ipsec_dev *idev)
{
	return genl_has_listeners(&ipsec_genl_family, idev->net, IPSEC_NL_KEYS);
}

static struct sk_buff *event_begin(size_t size, enum ifipsec_cmd cmd, void **hdr)
{
	struct sk_buff *msg = genlmsg_new(size, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put(msg, 0, 0, &ipsec_genl_family, 0, cmd);
	return msg;
}

/* A message that could not be made is a lost one: listeners see ENOBUFS */
static void event_send_to(struct ipsec_dev *idev, enum ipsec_nl_group group,
			  struct sk_buff *msg, void *hdr, int err)
{
	if (!msg || err) {
		nlmsg_free(msg);
		genl_set_err(&ipsec_genl_family, idev->net, 0, group, ENOBUFS);
		return;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(&ipsec_genl_family, idev->net, msg, 0, group,
				GFP_KERNEL);
}

static void event_send(struct ipsec_dev *idev, struct sk_buff *msg, void *hdr,
		       int err)
{
	event_send_to(idev, IPSEC_NL_EVENTS, msg, hdr, err);
}

void ipsec_event_dev(struct ipsec_dev *idev, enum ifipsec_cmd cmd)
{
	struct sk_buff *msg;
	void *hdr;

	if (!event_wanted(idev))
		return;
	msg = event_begin(ipsec_nl_dev_size(), cmd, &hdr);
	event_send(idev, msg, hdr, msg ? ipsec_nl_fill_dev(msg, idev) : 0);
}

void ipsec_event_peer(struct ipsec_peer *peer, enum ifipsec_cmd cmd)
{
	struct sk_buff *msg;
	void *hdr;

	if (!event_wanted(peer->idev))
		return;
	msg = event_begin(ipsec_nl_peer_size(peer), cmd, &hdr);
	event_send(peer->idev, msg, hdr,
		   msg ? ipsec_nl_fill_peer(msg, peer) : 0);
}

void ipsec_event_sa(struct ipsec_sa *sa, enum ifipsec_cmd cmd)
{
	struct sk_buff *msg;
	void *hdr;

	if (!event_wanted(sa->idev))
		return;
	msg = event_begin(ipsec_nl_sa_size(), cmd, &hdr);
	event_send(sa->idev, msg, hdr, msg ? ipsec_nl_fill_sa(msg, sa) : 0);
}

void ipsec_event_expire(struct ipsec_sa *sa, enum ifipsec_expire why)
{
	struct sk_buff *msg;
	int err = 0;
	void *hdr;

	if (!event_wanted(sa->idev))
		return;
	msg = event_begin(ipsec_nl_sa_size(), IFIPSEC_CMD_SA_EXPIRE_NTF, &hdr);
	if (msg) {
		err = ipsec_nl_fill_sa(msg, sa);
		if (!err)
			err = nla_put_u32(msg, IFIPSEC_A_EXPIRE, why);
	}
	event_send(sa->idev, msg, hdr, err);
}

struct ipsec_flow ipsec_event_flow(const struct sk_buff *skb)
{
	struct ipsec_flow flow = { };

	if (skb->protocol == htons(ETH_P_IP)) {
		flow.src.family = AF_INET;
		flow.src.v4 = ip_hdr(skb)->saddr;
		flow.dst.family = AF_INET;
		flow.dst.v4 = ip_hdr(skb)->daddr;
		flow.proto = ip_hdr(skb)->protocol;
	} else {
		flow.src.family = AF_INET6;
		flow.src.v6 = ipv6_hdr(skb)->saddr;
		flow.dst.family = AF_INET6;
		flow.dst.v6 = ipv6_hdr(skb)->daddr;
		flow.proto = ipv6_hdr(skb)->nexthdr;
	}
	return flow;
}

static int event_put_acquire(struct sk_buff *msg, struct ipsec_peer *peer,
			     const struct ipsec_flow *flow)
{
	struct nlattr *nest;

	if (ipsec_nl_fill_peer(msg, peer))
		return -EMSGSIZE;
	nest = nla_nest_start(msg, IFIPSEC_A_ACQUIRE);
	if (!nest ||
	    ipsec_nl_put_addr(msg, IFIPSEC_ACQUIRE_A_SRC, &flow->src) ||
	    ipsec_nl_put_addr(msg, IFIPSEC_ACQUIRE_A_DST, &flow->dst) ||
	    nla_put_u8(msg, IFIPSEC_ACQUIRE_A_PROTO, flow->proto))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static void event_acquire_to(struct ipsec_peer *peer, enum ipsec_nl_group group,
			     const struct ipsec_flow *flow)
{
	struct sk_buff *msg;
	void *hdr;

	msg = event_begin(ipsec_nl_peer_size(peer), IFIPSEC_CMD_PEER_ACQUIRE_NTF,
			  &hdr);
	event_send_to(peer->idev, group, msg, hdr,
		      msg ? event_put_acquire(msg, peer, flow) : 0);
}

/* The key daemon is to act; others may want to know */
void ipsec_event_acquire(struct ipsec_peer *peer, const struct ipsec_flow *flow)
{
	event_acquire_to(peer, IPSEC_NL_KEYS, flow);
	if (event_wanted(peer->idev))
		event_acquire_to(peer, IPSEC_NL_EVENTS, flow);
}

static int event_put_mapping(struct sk_buff *msg, struct ipsec_sa *sa,
			     const struct ipsec_addr *addr, __be16 port)
{
	struct nlattr *nest;

	if (ipsec_nl_fill_sa(msg, sa))
		return -EMSGSIZE;
	nest = nla_nest_start(msg, IFIPSEC_A_MAPPING);
	if (!nest || ipsec_nl_put_addr(msg, IFIPSEC_MAPPING_A_ADDR, addr) ||
	    nla_put_u16(msg, IFIPSEC_MAPPING_A_PORT, ntohs(port)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

void ipsec_event_mapping(struct ipsec_sa *sa, const struct ipsec_addr *addr,
			 __be16 port)
{
	struct sk_buff *msg;
	void *hdr;

	if (!event_wanted(sa->idev))
		return;
	msg = event_begin(ipsec_nl_sa_size(), IFIPSEC_CMD_SA_MAPPING_NTF, &hdr);
	event_send(sa->idev, msg, hdr,
		   msg ? event_put_mapping(msg, sa, addr, port) : 0);
}
