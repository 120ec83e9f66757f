// SPDX-License-Identifier: MIT
/*
 * decode.c - interfaces, peers, SAs and algorithms, as the kernel tells of them,
 * into structs.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/names.h"
#include "attr.h"
#include "decode.h"

/* One slot per attribute that this version knows */
struct attrs {
	struct nlattr *top[IFIPSEC_A_MAX + 1];
	struct nlattr *dev[IFIPSEC_DEV_A_MAX + 1];
	struct nlattr *peer[IFIPSEC_PEER_A_MAX + 1];
	struct nlattr *sa[IFIPSEC_SA_A_MAX + 1];
};

static struct nla_policy dev_policy[IFIPSEC_DEV_A_MAX + 1] = {
	[IFIPSEC_DEV_A_LINK]	= { .type = NLA_U32 },
	[IFIPSEC_DEV_A_FWMARK]	= { .type = NLA_U32 },
	[IFIPSEC_DEV_A_MTU]	= { .type = NLA_U32 },
	[IFIPSEC_DEV_A_OPERSTATE] = { .type = NLA_U8 },
	[IFIPSEC_DEV_A_PEERS]	= { .type = NLA_U32 },
	[IFIPSEC_DEV_A_SAS]	= { .type = NLA_U32 },
	[IFIPSEC_DEV_A_DF]	= { .type = NLA_U8 },
	[IFIPSEC_DEV_A_DSCP]	= { .type = NLA_U8 },
	[IFIPSEC_DEV_A_DECAP_DSCP] = { .type = NLA_U8 },
	[IFIPSEC_DEV_A_TTL]	= { .type = NLA_U8 },
	[IFIPSEC_DEV_A_FLOWLABEL] = { .type = NLA_U32 },
	[IFIPSEC_DEV_A_SPREAD]	= { .type = NLA_U8 },
};

static struct nla_policy peer_policy[IFIPSEC_PEER_A_MAX + 1] = {
	[IFIPSEC_PEER_A_NAME]	= { .minlen = 1 },
	[IFIPSEC_PEER_A_MTU]	= { .type = NLA_U32 },
	[IFIPSEC_PEER_A_TX_SPI]	= { .type = NLA_U32 },
	[IFIPSEC_PEER_A_RX_SAS]	= { .type = NLA_U32 },
	[IFIPSEC_PEER_A_PROTECT] = { .type = NLA_U8 },
	[IFIPSEC_PEER_A_TX_AH_SPI] = { .type = NLA_U32 },
	[IFIPSEC_PEER_A_ENCAP_LOCAL] = { .type = NLA_U16 },
	[IFIPSEC_PEER_A_ENCAP_REMOTE] = { .type = NLA_U16 },
	[IFIPSEC_PEER_A_KEEPALIVE] = { .type = NLA_U32 },
	[IFIPSEC_PEER_A_HELD]	= { .type = NLA_U32 },
};

static struct nla_policy selector_policy[IFIPSEC_SELECTOR_A_MAX + 1] = {
	[IFIPSEC_SELECTOR_A_PREFIXLEN] = { .type = NLA_U8 },
};

static struct nla_policy sa_policy[IFIPSEC_SA_A_MAX + 1] = {
	[IFIPSEC_SA_A_DIR]	= { .type = NLA_U8 },
	[IFIPSEC_SA_A_SPI]	= { .type = NLA_U32 },
	[IFIPSEC_SA_A_PROTO]	= { .type = NLA_U8 },
	[IFIPSEC_SA_A_ENCR]	= { .type = NLA_U16 },
	[IFIPSEC_SA_A_KEY_BITS]	= { .type = NLA_U32 },
	[IFIPSEC_SA_A_FLAGS]	= { .type = NLA_U32 },
	[IFIPSEC_SA_A_REPLAY_WINDOW] = { .type = NLA_U32 },
	[IFIPSEC_SA_A_SEQ]	= { .type = NLA_U64 },
	[IFIPSEC_SA_A_DRIVER]	= { .minlen = 1 },
	[IFIPSEC_SA_A_AUTH]	= { .type = NLA_U16 },
	[IFIPSEC_SA_A_MODE]	= { .type = NLA_U8 },
	[IFIPSEC_SA_A_AGE]	= { .type = NLA_U64 },
	[IFIPSEC_SA_A_LIMITS_MET] = { .type = NLA_U32 },
	[IFIPSEC_SA_A_RESERVED]	= { .type = NLA_U32 },
	[IFIPSEC_SA_A_TFC] = { .type = NLA_U32 },
};

static struct nla_policy life_policy[IFIPSEC_LIFE_A_MAX + 1] = {
	[IFIPSEC_LIFE_A_SOFT_BYTES] = { .type = NLA_U64 },
	[IFIPSEC_LIFE_A_HARD_BYTES] = { .type = NLA_U64 },
	[IFIPSEC_LIFE_A_SOFT_PACKETS] = { .type = NLA_U64 },
	[IFIPSEC_LIFE_A_HARD_PACKETS] = { .type = NLA_U64 },
	[IFIPSEC_LIFE_A_SOFT_SECONDS] = { .type = NLA_U64 },
	[IFIPSEC_LIFE_A_HARD_SECONDS] = { .type = NLA_U64 },
};

static struct nla_policy stats_policy[IFIPSEC_STATS_A_MAX + 1] = {
	[IFIPSEC_STATS_A_RX_PACKETS] = { .type = NLA_U64 },
	[IFIPSEC_STATS_A_RX_BYTES] = { .type = NLA_U64 },
	[IFIPSEC_STATS_A_TX_PACKETS] = { .type = NLA_U64 },
	[IFIPSEC_STATS_A_TX_BYTES] = { .type = NLA_U64 },
};

static struct nla_policy alg_policy[IFIPSEC_ALG_A_MAX + 1] = {
	[IFIPSEC_ALG_A_ENCR]	= { .type = NLA_U16 },
	[IFIPSEC_ALG_A_NAME]	= { .minlen = 1 },
	[IFIPSEC_ALG_A_KEY_BITS] = { .type = NLA_U32 },
	[IFIPSEC_ALG_A_SALT_BITS] = { .type = NLA_U32 },
	[IFIPSEC_ALG_A_IV_LEN]	= { .type = NLA_U32 },
	[IFIPSEC_ALG_A_ICV_LEN]	= { .type = NLA_U32 },
	[IFIPSEC_ALG_A_DRIVER]	= { .minlen = 1 },
	[IFIPSEC_ALG_A_AUTH]	= { .type = NLA_U16 },
	[IFIPSEC_ALG_A_FLAGS]	= { .type = NLA_U32 },
};

int decode_home(struct nlattr *const top[IFIPSEC_A_MAX + 1], struct home *home)
{
	struct nlattr *netnsid = top[IFIPSEC_A_NETNSID];

	if (!top[IFIPSEC_A_IFNAME])
		return -EBADMSG;
	attr_text(top[IFIPSEC_A_IFNAME], home->ifname, sizeof(home->ifname));
	home->ifindex = attr_u32(top[IFIPSEC_A_IFINDEX]);
	if (netnsid) {
		home->has_netnsid = true;
		home->netnsid = nla_get_s32(netnsid);
	}
	return 0;
}

/* One u64 per reason, the attribute type being 1 + the reason */
static int decode_drops(struct nlattr *nest, struct stats *stats)
{
	struct nlattr *attr;
	size_t n = 0;
	int rest;

	nla_for_each_nested(attr, nest, rest)
		n++;
	if (!n)
		return 0;
	stats->drops = calloc(n, sizeof(*stats->drops));
	if (!stats->drops)
		return -ENOMEM;
	nla_for_each_nested(attr, nest, rest) {
		struct drop *drop = &stats->drops[stats->n_drops];

		if (!nla_type(attr) || nla_len(attr) < (int)sizeof(uint64_t))
			continue;
		drop->reason = nla_type(attr) - 1;
		drop->packets = nla_get_u64(attr);
		stats->n_drops += drop->packets != 0;
	}
	return 0;
}

static int decode_stats(struct nlattr *nest, struct stats *stats)
{
	struct nlattr *attrs[IFIPSEC_STATS_A_MAX + 1];
	int err;

	err = attr_nest(attrs, IFIPSEC_STATS_A_MAX, nest, stats_policy);
	if (err)
		return err;
	stats->rx_packets = attr_u64(attrs[IFIPSEC_STATS_A_RX_PACKETS]);
	stats->rx_bytes = attr_u64(attrs[IFIPSEC_STATS_A_RX_BYTES]);
	stats->tx_packets = attr_u64(attrs[IFIPSEC_STATS_A_TX_PACKETS]);
	stats->tx_bytes = attr_u64(attrs[IFIPSEC_STATS_A_TX_BYTES]);
	if (!attrs[IFIPSEC_STATS_A_DROPS])
		return 0;
	return decode_drops(attrs[IFIPSEC_STATS_A_DROPS], stats);
}

static void fill_outer(struct nlattr **in, struct dev *dev)
{
	dev->df = attr_u8_or(in[IFIPSEC_DEV_A_DF], IFIPSEC_DF_COPY);
	dev->dscp = attr_u8_or(in[IFIPSEC_DEV_A_DSCP], IFIPSEC_DSCP_COPY);
	dev->decap_dscp = attr_u8(in[IFIPSEC_DEV_A_DECAP_DSCP]);
	dev->ttl = attr_u8(in[IFIPSEC_DEV_A_TTL]);
	dev->flowlabel = attr_u32(in[IFIPSEC_DEV_A_FLOWLABEL]);
}

static int fill_dev(struct attrs *attrs, struct dev *dev)
{
	struct nlattr **in = attrs->dev;
	int err;

	err = decode_home(attrs->top, &dev->home);
	if (err)
		return err;
	err = attr_nest(in, IFIPSEC_DEV_A_MAX, attrs->top[IFIPSEC_A_DEV],
			dev_policy);
	if (err)
		return err;
	dev->link = attr_u32(in[IFIPSEC_DEV_A_LINK]);
	dev->fwmark = attr_u32(in[IFIPSEC_DEV_A_FWMARK]);
	dev->mtu = attr_u32(in[IFIPSEC_DEV_A_MTU]);
	dev->mtu_auto = in[IFIPSEC_DEV_A_MTU_AUTO];
	dev->operstate = attr_u8(in[IFIPSEC_DEV_A_OPERSTATE]);
	dev->peers = attr_u32(in[IFIPSEC_DEV_A_PEERS]);
	dev->sas = attr_u32(in[IFIPSEC_DEV_A_SAS]);
	fill_outer(in, dev);
	dev->spread = attr_u8(in[IFIPSEC_DEV_A_SPREAD]);
	return decode_stats(in[IFIPSEC_DEV_A_STATS], &dev->stats);
}

static int decode_selector(struct nlattr *item, struct prefix *prefix)
{
	struct nlattr *attrs[IFIPSEC_SELECTOR_A_MAX + 1];

	if (attr_nest(attrs, IFIPSEC_SELECTOR_A_MAX, item, selector_policy))
		return -EBADMSG;
	if (!attrs[IFIPSEC_SELECTOR_A_ADDR])
		return -EBADMSG;
	prefix->bits = attr_u8(attrs[IFIPSEC_SELECTOR_A_PREFIXLEN]);
	return attr_addr(attrs[IFIPSEC_SELECTOR_A_ADDR], &prefix->addr);
}

static int decode_selectors(struct nlattr *nest, struct peer *peer)
{
	struct nlattr *item;
	size_t n = 0;
	int rest;

	nla_for_each_nested(item, nest, rest)
		n++;
	if (!n)
		return 0;
	peer->selectors = calloc(n, sizeof(*peer->selectors));
	if (!peer->selectors)
		return -ENOMEM;
	nla_for_each_nested(item, nest, rest) {
		int err;

		if (nla_type(item) != IFIPSEC_SELECTORS_A_ITEM)
			continue;
		err = decode_selector(item,
				      &peer->selectors[peer->n_selectors++]);
		if (err)
			return err;
	}
	return 0;
}

static int parse_peer(struct attrs *attrs, char *name, size_t size)
{
	int err;

	err = attr_nest(attrs->peer, IFIPSEC_PEER_A_MAX,
			attrs->top[IFIPSEC_A_PEER], peer_policy);
	if (!err && !attrs->peer[IFIPSEC_PEER_A_NAME])
		err = -EBADMSG;
	if (!err)
		attr_text(attrs->peer[IFIPSEC_PEER_A_NAME], name, size);
	return err;
}

static void fill_nat(struct nlattr **in, struct peer *peer)
{
	peer->encap_local = attr_u16(in[IFIPSEC_PEER_A_ENCAP_LOCAL]);
	peer->encap_remote = attr_u16(in[IFIPSEC_PEER_A_ENCAP_REMOTE]);
	peer->keepalive = attr_u32(in[IFIPSEC_PEER_A_KEEPALIVE]);
}

static int fill_peer(struct attrs *attrs, struct peer *peer)
{
	struct nlattr **in = attrs->peer;
	int err;

	err = decode_home(attrs->top, &peer->home);
	if (!err)
		err = parse_peer(attrs, peer->name, sizeof(peer->name));
	if (!err)
		err = attr_addr(in[IFIPSEC_PEER_A_REMOTE], &peer->remote);
	if (!err)
		err = attr_addr(in[IFIPSEC_PEER_A_LOCAL], &peer->local);
	if (err)
		return err;
	peer->mtu = attr_u32(in[IFIPSEC_PEER_A_MTU]);
	peer->has_tx_spi = in[IFIPSEC_PEER_A_TX_SPI];
	peer->tx_spi = ntohl(attr_u32(in[IFIPSEC_PEER_A_TX_SPI]));
	peer->has_tx_ah_spi = in[IFIPSEC_PEER_A_TX_AH_SPI];
	peer->tx_ah_spi = ntohl(attr_u32(in[IFIPSEC_PEER_A_TX_AH_SPI]));
	peer->rx_sas = attr_u32(in[IFIPSEC_PEER_A_RX_SAS]);
	peer->protect = attr_u8_or(in[IFIPSEC_PEER_A_PROTECT],
				   IFIPSEC_PROTECT_ESP);
	peer->held = attr_u32(in[IFIPSEC_PEER_A_HELD]);
	fill_nat(in, peer);
	if (!in[IFIPSEC_PEER_A_SELECTORS])
		return 0;
	return decode_selectors(in[IFIPSEC_PEER_A_SELECTORS], peer);
}

static int decode_life(struct nlattr *nest, struct sa *sa)
{
	struct nlattr *attrs[IFIPSEC_LIFE_A_MAX + 1];
	int err;

	err = attr_nest(attrs, IFIPSEC_LIFE_A_MAX, nest, life_policy);
	if (err)
		return err;
	for_each_life(attr)
		sa->life[attr] = attr_u64(attrs[attr]);
	return 0;
}

/* What is known of an SA beside its name */
static void fill_sa_facts(struct nlattr **in, struct sa *sa)
{
	sa->proto = attr_u8_or(in[IFIPSEC_SA_A_PROTO], IPPROTO_ESP);
	sa->mode = attr_u8_or(in[IFIPSEC_SA_A_MODE], IFIPSEC_MODE_TUNNEL);
	sa->encr = attr_u16(in[IFIPSEC_SA_A_ENCR]);
	sa->auth = attr_u16(in[IFIPSEC_SA_A_AUTH]);
	sa->key_bits = attr_u32(in[IFIPSEC_SA_A_KEY_BITS]);
	sa->flags = attr_u32(in[IFIPSEC_SA_A_FLAGS]);
	sa->has_replay_window = in[IFIPSEC_SA_A_REPLAY_WINDOW];
	sa->replay_window = attr_u32(in[IFIPSEC_SA_A_REPLAY_WINDOW]);
	sa->seq = attr_u64(in[IFIPSEC_SA_A_SEQ]);
	sa->age = attr_u64(in[IFIPSEC_SA_A_AGE]);
	sa->limits_met = attr_u32(in[IFIPSEC_SA_A_LIMITS_MET]);
	sa->tfc = attr_u32(in[IFIPSEC_SA_A_TFC]);
	attr_text(in[IFIPSEC_SA_A_DRIVER], sa->driver, sizeof(sa->driver));
}

static int fill_sa(struct attrs *attrs, struct sa *sa)
{
	struct nlattr **in = attrs->sa;
	int err;

	err = decode_home(attrs->top, &sa->home);
	if (!err)
		err = parse_peer(attrs, sa->peer, sizeof(sa->peer));
	if (!err)
		err = attr_nest(in, IFIPSEC_SA_A_MAX,
				attrs->top[IFIPSEC_A_SA], sa_policy);
	if (err)
		return err;
	if (!in[IFIPSEC_SA_A_DIR] || !in[IFIPSEC_SA_A_SPI])
		return -EBADMSG;
	sa->dir = attr_u8(in[IFIPSEC_SA_A_DIR]);
	sa->spi = ntohl(attr_u32(in[IFIPSEC_SA_A_SPI]));
	fill_sa_facts(in, sa);
	err = decode_life(in[IFIPSEC_SA_A_LIFE], sa);
	if (err)
		return err;
	return decode_stats(in[IFIPSEC_SA_A_STATS], &sa->stats);
}

/* KEY_BITS comes once per size, so the nest is walked */
static void decode_key_sizes(struct nlattr *nest, struct alg *alg)
{
	struct nlattr *attr;
	int rest;

	nla_for_each_nested(attr, nest, rest) {
		if (nla_type(attr) == IFIPSEC_ALG_A_KEY_BITS &&
		    nla_len(attr) >= (int)sizeof(uint32_t) &&
		    alg->n_key_bits < ALG_KEY_SIZES_MAX)
			alg->key_bits[alg->n_key_bits++] = nla_get_u32(attr);
	}
}

int decode_dev(struct nlmsghdr *nlh, struct dev *dev)
{
	struct attrs attrs;
	int err = attr_top(nlh, attrs.top);

	memset(dev, 0, sizeof(*dev));
	if (!err)
		err = fill_dev(&attrs, dev);
	if (err)
		dev_clear(dev);
	return err;
}

int decode_peer(struct nlmsghdr *nlh, struct peer *peer)
{
	struct attrs attrs;
	int err = attr_top(nlh, attrs.top);

	memset(peer, 0, sizeof(*peer));
	if (!err)
		err = fill_peer(&attrs, peer);
	if (err)
		peer_clear(peer);
	return err;
}

int decode_sa(struct nlmsghdr *nlh, struct sa *sa)
{
	struct attrs attrs;
	int err = attr_top(nlh, attrs.top);

	memset(sa, 0, sizeof(*sa));
	if (!err)
		err = fill_sa(&attrs, sa);
	if (err)
		sa_clear(sa);
	return err;
}

int decode_spi(struct nlmsghdr *nlh, struct spi *spi)
{
	struct attrs attrs;
	struct nlattr **in = attrs.sa;
	int err = attr_top(nlh, attrs.top);

	memset(spi, 0, sizeof(*spi));
	if (!err)
		err = decode_home(attrs.top, &spi->home);
	if (!err)
		err = parse_peer(&attrs, spi->peer, sizeof(spi->peer));
	if (!err)
		err = attr_nest(in, IFIPSEC_SA_A_MAX, attrs.top[IFIPSEC_A_SA],
				sa_policy);
	if (!err && !in[IFIPSEC_SA_A_SPI])
		err = -EBADMSG;
	if (err)
		return err;
	spi->spi = ntohl(attr_u32(in[IFIPSEC_SA_A_SPI]));
	spi->proto = attr_u8_or(in[IFIPSEC_SA_A_PROTO], IPPROTO_ESP);
	spi->seconds = attr_u32(in[IFIPSEC_SA_A_RESERVED]);
	return 0;
}

int decode_alg(struct nlmsghdr *nlh, struct alg *alg)
{
	struct nlattr *in[IFIPSEC_ALG_A_MAX + 1];
	struct attrs attrs;
	int err = attr_top(nlh, attrs.top);

	memset(alg, 0, sizeof(*alg));
	if (!err && !attrs.top[IFIPSEC_A_ALG])
		err = -EBADMSG;
	if (!err)
		err = attr_nest(in, IFIPSEC_ALG_A_MAX,
				attrs.top[IFIPSEC_A_ALG], alg_policy);
	if (err)
		return err;
	alg->encr = attr_u16(in[IFIPSEC_ALG_A_ENCR]);
	alg->auth = attr_u16(in[IFIPSEC_ALG_A_AUTH]);
	alg->flags = attr_u32(in[IFIPSEC_ALG_A_FLAGS]);
	attr_text(in[IFIPSEC_ALG_A_NAME], alg->name, sizeof(alg->name));
	alg->salt_bits = attr_u32(in[IFIPSEC_ALG_A_SALT_BITS]);
	alg->iv_len = attr_u32(in[IFIPSEC_ALG_A_IV_LEN]);
	alg->icv_len = attr_u32(in[IFIPSEC_ALG_A_ICV_LEN]);
	attr_text(in[IFIPSEC_ALG_A_DRIVER], alg->driver, sizeof(alg->driver));
	decode_key_sizes(attrs.top[IFIPSEC_A_ALG], alg);
	return 0;
}
