// SPDX-License-Identifier: GPL-2.0-only
/*
 * netlink_fill.c - an interface, a peer or an SA as attributes of a message, the
 * same for answers, dumps and events.  Keys have no way in here.
 */
#include <linux/crypto.h>
#include <net/net_namespace.h>
#include "alg.h"
#include "life.h"
#include "netlink.h"
#include "spi.h"
#include "stats.h"

#define NAME_SIZE	(nla_total_size(IFNAMSIZ) + 2 * nla_total_size(4))
#define STATS_SIZE	(2 * nla_total_size(0) +			\
			 (4 + __IFIPSEC_DROP_MAX) * nla_total_size_64bit(8))
#define SELECTOR_SIZE	(nla_total_size(0) + nla_total_size(16) +	\
			 nla_total_size(1))

size_t ipsec_nl_name_size(void)
{
	return NAME_SIZE;
}

size_t ipsec_nl_dev_size(void)
{
	return NAME_SIZE + nla_total_size(0) + 13 * nla_total_size(4) +
	       STATS_SIZE;
}

size_t ipsec_nl_peer_size(const struct ipsec_peer *peer)
{
	return NAME_SIZE + 2 * nla_total_size(0) +
	       nla_total_size(IFIPSEC_PEER_NAME_MAX + 1) +
	       2 * nla_total_size(16) + 9 * nla_total_size(4) +
	       3 * nla_total_size(16) +	/* ACQUIRE of an event */
	       peer->n_selectors * SELECTOR_SIZE;
}

size_t ipsec_nl_sa_size(void)
{
	return NAME_SIZE + 2 * nla_total_size(0) +
	       nla_total_size(IFIPSEC_PEER_NAME_MAX + 1) +
	       13 * nla_total_size(4) + 8 * nla_total_size_64bit(8) +
	       nla_total_size(CRYPTO_MAX_ALG_NAME) + STATS_SIZE +
	       4 * nla_total_size(16);	/* EXPIRE or MAPPING of an event */
}

int ipsec_nl_fill_name(struct sk_buff *skb, const struct ipsec_dev *idev)
{
	struct net *lives = dev_net(idev->dev);

	if (nla_put_string(skb, IFIPSEC_A_IFNAME, idev->dev->name) ||
	    nla_put_u32(skb, IFIPSEC_A_IFINDEX, idev->dev->ifindex))
		return -EMSGSIZE;
	if (net_eq(lives, idev->net))
		return 0;
	return nla_put_s32(skb, IFIPSEC_A_NETNSID,
			   peernet2id(idev->net, lives));
}

static int fill_drops(struct sk_buff *skb, const u64 *drops)
{
	struct nlattr *nest = nla_nest_start(skb, IFIPSEC_STATS_A_DROPS);
	unsigned int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < __IFIPSEC_DROP_MAX; i++)
		if (drops[i] && nla_put_u64_64bit(skb, 1 + i, drops[i], 0))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_stats(struct sk_buff *skb, int attr,
		      const struct ipsec_stats_sum *sum)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest ||
	    nla_put_u64_64bit(skb, IFIPSEC_STATS_A_RX_PACKETS, sum->rx_packets,
			      IFIPSEC_STATS_A_PAD) ||
	    nla_put_u64_64bit(skb, IFIPSEC_STATS_A_RX_BYTES, sum->rx_bytes,
			      IFIPSEC_STATS_A_PAD) ||
	    nla_put_u64_64bit(skb, IFIPSEC_STATS_A_TX_PACKETS, sum->tx_packets,
			      IFIPSEC_STATS_A_PAD) ||
	    nla_put_u64_64bit(skb, IFIPSEC_STATS_A_TX_BYTES, sum->tx_bytes,
			      IFIPSEC_STATS_A_PAD) ||
	    fill_drops(skb, sum->drops))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* RFC 2863, as rtnetlink would say it a moment later */
static u8 dev_operstate(const struct net_device *dev)
{
	if (!(dev->flags & IFF_UP))
		return IF_OPER_DOWN;
	return netif_dormant(dev) ? IF_OPER_DORMANT : IF_OPER_UP;
}

static int fill_policy(struct sk_buff *skb, const struct ipsec_policy *policy)
{
	if (nla_put_u8(skb, IFIPSEC_DEV_A_DF, policy->df) ||
	    nla_put_u8(skb, IFIPSEC_DEV_A_DSCP, policy->dscp) ||
	    nla_put_u8(skb, IFIPSEC_DEV_A_DECAP_DSCP, policy->decap_dscp) ||
	    nla_put_u8(skb, IFIPSEC_DEV_A_TTL, policy->ttl) ||
	    nla_put_u32(skb, IFIPSEC_DEV_A_FLOWLABEL, policy->flowlabel) ||
	    nla_put_u8(skb, IFIPSEC_DEV_A_SPREAD, policy->spread))
		return -EMSGSIZE;
	return 0;
}

int ipsec_nl_fill_dev(struct sk_buff *skb, struct ipsec_dev *idev)
{
	struct ipsec_stats_sum sum;
	struct nlattr *nest;

	ipsec_stats_dev(idev, &sum);
	if (ipsec_nl_fill_name(skb, idev))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, IFIPSEC_A_DEV);
	if (!nest ||
	    nla_put_u32(skb, IFIPSEC_DEV_A_LINK, idev->link) ||
	    nla_put_u32(skb, IFIPSEC_DEV_A_FWMARK, idev->fwmark) ||
	    nla_put_u32(skb, IFIPSEC_DEV_A_MTU, READ_ONCE(idev->dev->mtu)) ||
	    (idev->mtu_auto && nla_put_flag(skb, IFIPSEC_DEV_A_MTU_AUTO)) ||
	    nla_put_u8(skb, IFIPSEC_DEV_A_OPERSTATE,
		       dev_operstate(idev->dev)) ||
	    nla_put_u32(skb, IFIPSEC_DEV_A_PEERS, idev->n_peers) ||
	    nla_put_u32(skb, IFIPSEC_DEV_A_SAS, idev->n_sas) ||
	    fill_policy(skb, &idev->policy) ||
	    fill_stats(skb, IFIPSEC_DEV_A_STATS, &sum))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int ipsec_nl_put_addr(struct sk_buff *skb, int attr, const struct ipsec_addr *addr)
{
	switch (addr->family) {
	case AF_INET:
		return nla_put_in_addr(skb, attr, addr->v4);
	case AF_INET6:
		return nla_put_in6_addr(skb, attr, &addr->v6);
	default:
		return 0;
	}
}

static int fill_selectors(struct sk_buff *skb, const struct ipsec_peer *peer)
{
	struct nlattr *nest = nla_nest_start(skb, IFIPSEC_PEER_A_SELECTORS);
	const struct ipsec_selector *sel;
	struct nlattr *item;

	if (!nest)
		return -EMSGSIZE;
	list_for_each_entry(sel, &peer->selectors, node) {
		item = nla_nest_start(skb, IFIPSEC_SELECTORS_A_ITEM);
		if (!item ||
		    nla_put(skb, IFIPSEC_SELECTOR_A_ADDR,
			    sel->family == AF_INET ? 4 : 16, sel->key) ||
		    nla_put_u8(skb, IFIPSEC_SELECTOR_A_PREFIXLEN, sel->plen))
			return -EMSGSIZE;
		nla_nest_end(skb, item);
	}
	nla_nest_end(skb, nest);
	return 0;
}

int ipsec_nl_fill_peer(struct sk_buff *skb, struct ipsec_peer *peer)
{
	const struct ipsec_endpoint *ep = ipsec_locked(peer->idev, peer->endpoint);
	const struct ipsec_sa *esp = ipsec_locked(peer->idev, peer->tx[IPSEC_ESP]);
	const struct ipsec_sa *ah = ipsec_locked(peer->idev, peer->tx[IPSEC_AH]);
	struct nlattr *nest;

	if (ipsec_nl_fill_name(skb, peer->idev))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, IFIPSEC_A_PEER);
	if (!nest ||
	    nla_put_string(skb, IFIPSEC_PEER_A_NAME, peer->name) ||
	    ipsec_nl_put_addr(skb, IFIPSEC_PEER_A_REMOTE, &ep->remote) ||
	    ipsec_nl_put_addr(skb, IFIPSEC_PEER_A_LOCAL, &ep->local) ||
	    fill_selectors(skb, peer) ||
	    nla_put_u32(skb, IFIPSEC_PEER_A_MTU, peer->mtu) ||
	    (esp && nla_put_be32(skb, IFIPSEC_PEER_A_TX_SPI, esp->id.spi)) ||
	    (ah && nla_put_be32(skb, IFIPSEC_PEER_A_TX_AH_SPI, ah->id.spi)) ||
	    nla_put_u32(skb, IFIPSEC_PEER_A_RX_SAS, peer->n_rx) ||
	    nla_put_u8(skb, IFIPSEC_PEER_A_PROTECT, peer->protect) ||
	    (ep->encap_remote &&
	     nla_put_u16(skb, IFIPSEC_PEER_A_ENCAP_LOCAL,
			 ntohs(ep->encap_local))) ||
	    (ep->encap_remote &&
	     nla_put_u16(skb, IFIPSEC_PEER_A_ENCAP_REMOTE,
			 ntohs(ep->encap_remote))) ||
	    nla_put_u32(skb, IFIPSEC_PEER_A_KEEPALIVE, peer->natt.keepalive) ||
	    nla_put_u32(skb, IFIPSEC_PEER_A_HELD,
			skb_queue_len_lockless(&peer->hold.queue)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static u32 sa_flags(const struct ipsec_sa *sa)
{
	return (sa->esn ? IFIPSEC_SA_F_ESN : 0) |
	       (sa->insecure ? IFIPSEC_SA_F_INSECURE : 0) |
	       (sa->ah_align8 ? IFIPSEC_SA_F_AH_ALIGN8 : 0);
}

static int fill_sa_algs(struct sk_buff *skb, const struct ipsec_sa *sa)
{
	const struct ipsec_suite *suite = &sa->suite;

	if ((suite->encr &&
	     nla_put_u16(skb, IFIPSEC_SA_A_ENCR, suite->encr->id)) ||
	    (suite->auth &&
	     nla_put_u16(skb, IFIPSEC_SA_A_AUTH, suite->auth->id)) ||
	    nla_put_u32(skb, IFIPSEC_SA_A_KEY_BITS, sa->key_bits) ||
	    nla_put_string(skb, IFIPSEC_SA_A_DRIVER, ipsec_suite_driver(suite)))
		return -EMSGSIZE;
	return 0;
}

static int fill_limit(struct sk_buff *skb, int soft, int hard,
		      const struct ipsec_limit *limit)
{
	if ((limit->soft && nla_put_u64_64bit(skb, soft, limit->soft,
					      IFIPSEC_LIFE_A_PAD)) ||
	    (limit->hard && nla_put_u64_64bit(skb, hard, limit->hard,
					      IFIPSEC_LIFE_A_PAD)))
		return -EMSGSIZE;
	return 0;
}

static int fill_sa_life(struct sk_buff *skb, const struct ipsec_sa *sa)
{
	const struct ipsec_life_config *limits;
	struct nlattr *nest;

	if (nla_put_u64_64bit(skb, IFIPSEC_SA_A_AGE,
			      ktime_get_boottime_seconds() - sa->born,
			      IFIPSEC_SA_A_PAD) ||
	    nla_put_u32(skb, IFIPSEC_SA_A_LIMITS_MET, READ_ONCE(sa->met)))
		return -EMSGSIZE;
	if (!sa->life)
		return 0;
	limits = &sa->life->limits;
	nest = nla_nest_start(skb, IFIPSEC_SA_A_LIFE);
	if (!nest ||
	    fill_limit(skb, IFIPSEC_LIFE_A_SOFT_BYTES,
		       IFIPSEC_LIFE_A_HARD_BYTES, &limits->bytes) ||
	    fill_limit(skb, IFIPSEC_LIFE_A_SOFT_PACKETS,
		       IFIPSEC_LIFE_A_HARD_PACKETS, &limits->packets) ||
	    fill_limit(skb, IFIPSEC_LIFE_A_SOFT_SECONDS,
		       IFIPSEC_LIFE_A_HARD_SECONDS, &limits->seconds))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_sa_nest(struct sk_buff *skb, const struct ipsec_sa *sa)
{
	bool in = sa->dir == IFIPSEC_DIR_IN;
	u64 seq = in ? READ_ONCE(sa->replay.top) :
		       (u64)atomic64_read(&sa->tx_seq);
	struct ipsec_stats_sum sum;

	ipsec_stats_sa(sa, &sum);
	if (nla_put_u8(skb, IFIPSEC_SA_A_DIR, sa->dir) ||
	    nla_put_be32(skb, IFIPSEC_SA_A_SPI, sa->id.spi) ||
	    nla_put_u8(skb, IFIPSEC_SA_A_PROTO, sa->id.proto) ||
	    nla_put_u8(skb, IFIPSEC_SA_A_MODE, sa->mode) ||
	    fill_sa_algs(skb, sa) ||
	    nla_put_u32(skb, IFIPSEC_SA_A_FLAGS, sa_flags(sa)) ||
	    (in && nla_put_u32(skb, IFIPSEC_SA_A_REPLAY_WINDOW,
			       sa->replay.window)) ||
	    nla_put_u64_64bit(skb, IFIPSEC_SA_A_SEQ, seq, IFIPSEC_SA_A_PAD) ||
	    (sa->tfc && nla_put_u32(skb, IFIPSEC_SA_A_TFC, sa->tfc)) ||
	    fill_sa_life(skb, sa) ||
	    fill_stats(skb, IFIPSEC_SA_A_STATS, &sum))
		return -EMSGSIZE;
	return 0;
}

int ipsec_nl_fill_peer_name(struct sk_buff *skb, const struct ipsec_peer *peer)
{
	struct nlattr *nest = nla_nest_start(skb, IFIPSEC_A_PEER);

	if (!nest || nla_put_string(skb, IFIPSEC_PEER_A_NAME, peer->name))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Whose it is: the interface, and the name of the peer */
static int fill_owner(struct sk_buff *skb, const struct ipsec_peer *peer)
{
	if (ipsec_nl_fill_name(skb, peer->idev) ||
	    ipsec_nl_fill_peer_name(skb, peer))
		return -EMSGSIZE;
	return 0;
}

int ipsec_nl_fill_sa(struct sk_buff *skb, struct ipsec_sa *sa)
{
	struct nlattr *nest;

	if (fill_owner(skb, sa->peer))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, IFIPSEC_A_SA);
	if (!nest || fill_sa_nest(skb, sa))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int ipsec_nl_fill_spi(struct sk_buff *skb, const struct ipsec_spi *spi)
{
	struct nlattr *nest;

	if (fill_owner(skb, spi->peer))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, IFIPSEC_A_SA);
	if (!nest ||
	    nla_put_u8(skb, IFIPSEC_SA_A_DIR, IFIPSEC_DIR_IN) ||
	    nla_put_be32(skb, IFIPSEC_SA_A_SPI, spi->id.spi) ||
	    nla_put_u8(skb, IFIPSEC_SA_A_PROTO, spi->id.proto) ||
	    nla_put_u32(skb, IFIPSEC_SA_A_RESERVED, IFIPSEC_SPI_SECONDS))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}
