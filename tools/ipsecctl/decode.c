// SPDX-License-Identifier: MIT
/*
 * decode.c - replies and events of the kernel into structs.
 *
 * The policies name the least length of each attribute (libnl has one for each
 * unsigned type, but none for NLA_S32); a string may lack its NUL, so strings
 * are copied, never pointed to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"

/* One slot per attribute that this version knows */
struct attrs {
	struct nlattr *top[IFIPSEC_A_MAX + 1];
	struct nlattr *dev[IFIPSEC_DEV_A_MAX + 1];
	struct nlattr *peer[IFIPSEC_PEER_A_MAX + 1];
	struct nlattr *sa[IFIPSEC_SA_A_MAX + 1];
};

static struct nla_policy top_policy[IFIPSEC_A_MAX + 1] = {
	[IFIPSEC_A_IFNAME]	= { .minlen = 1 },
	[IFIPSEC_A_IFINDEX]	= { .type = NLA_U32 },
	[IFIPSEC_A_NETNSID]	= { .minlen = sizeof(int32_t) },
	[IFIPSEC_A_EXPIRE]	= { .type = NLA_U32 },
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
};

static struct nla_policy peer_policy[IFIPSEC_PEER_A_MAX + 1] = {
	[IFIPSEC_PEER_A_NAME]	= { .minlen = 1 },
	[IFIPSEC_PEER_A_MTU]	= { .type = NLA_U32 },
	[IFIPSEC_PEER_A_TX_SPI]	= { .type = NLA_U32 },
	[IFIPSEC_PEER_A_RX_SAS]	= { .type = NLA_U32 },
	[IFIPSEC_PEER_A_PROTECT] = { .type = NLA_U8 },
	[IFIPSEC_PEER_A_TX_AH_SPI] = { .type = NLA_U32 },
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

static uint8_t get_u8(struct nlattr *attr)
{
	return attr ? nla_get_u8(attr) : 0;
}

/* An older kernel does not say what it does not know: it does @missing */
static uint8_t get_u8_or(struct nlattr *attr, uint8_t missing)
{
	return attr ? nla_get_u8(attr) : missing;
}

static uint16_t get_u16(struct nlattr *attr)
{
	return attr ? nla_get_u16(attr) : 0;
}

static uint32_t get_u32(struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static uint64_t get_u64(struct nlattr *attr)
{
	return attr ? nla_get_u64(attr) : 0;
}

static void get_text(struct nlattr *attr, char *text, size_t size)
{
	text[0] = '\0';
	if (attr)
		nla_strlcpy(text, attr, size);
}

/* An absent nest is an empty one */
static int parse_nest(struct nlattr **attrs, int max, struct nlattr *nest,
		      struct nla_policy *policy)
{
	if (!nest) {
		memset(attrs, 0, (max + 1) * sizeof(*attrs));
		return 0;
	}
	return nla_parse_nested(attrs, max, nest, policy) ? -EBADMSG : 0;
}

static int parse_top(struct nlmsghdr *nlh, struct attrs *attrs)
{
	if (!genlmsg_valid_hdr(nlh, 0))
		return -EBADMSG;
	if (genlmsg_parse(nlh, 0, attrs->top, IFIPSEC_A_MAX, top_policy))
		return -EBADMSG;
	return 0;
}

static int decode_home(const struct attrs *attrs, struct home *home)
{
	struct nlattr *netnsid = attrs->top[IFIPSEC_A_NETNSID];

	if (!attrs->top[IFIPSEC_A_IFNAME])
		return -EBADMSG;
	get_text(attrs->top[IFIPSEC_A_IFNAME], home->ifname,
		 sizeof(home->ifname));
	home->ifindex = get_u32(attrs->top[IFIPSEC_A_IFINDEX]);
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

	err = parse_nest(attrs, IFIPSEC_STATS_A_MAX, nest, stats_policy);
	if (err)
		return err;
	stats->rx_packets = get_u64(attrs[IFIPSEC_STATS_A_RX_PACKETS]);
	stats->rx_bytes = get_u64(attrs[IFIPSEC_STATS_A_RX_BYTES]);
	stats->tx_packets = get_u64(attrs[IFIPSEC_STATS_A_TX_PACKETS]);
	stats->tx_bytes = get_u64(attrs[IFIPSEC_STATS_A_TX_BYTES]);
	if (!attrs[IFIPSEC_STATS_A_DROPS])
		return 0;
	return decode_drops(attrs[IFIPSEC_STATS_A_DROPS], stats);
}

static void fill_outer(struct nlattr **in, struct dev *dev)
{
	dev->df = get_u8_or(in[IFIPSEC_DEV_A_DF], IFIPSEC_DF_COPY);
	dev->dscp = get_u8_or(in[IFIPSEC_DEV_A_DSCP], IFIPSEC_DSCP_COPY);
	dev->decap_dscp = get_u8(in[IFIPSEC_DEV_A_DECAP_DSCP]);
	dev->ttl = get_u8(in[IFIPSEC_DEV_A_TTL]);
	dev->flowlabel = get_u32(in[IFIPSEC_DEV_A_FLOWLABEL]);
}

static int fill_dev(struct attrs *attrs, struct dev *dev)
{
	struct nlattr **in = attrs->dev;
	int err;

	err = decode_home(attrs, &dev->home);
	if (err)
		return err;
	err = parse_nest(in, IFIPSEC_DEV_A_MAX, attrs->top[IFIPSEC_A_DEV],
			 dev_policy);
	if (err)
		return err;
	dev->link = get_u32(in[IFIPSEC_DEV_A_LINK]);
	dev->fwmark = get_u32(in[IFIPSEC_DEV_A_FWMARK]);
	dev->mtu = get_u32(in[IFIPSEC_DEV_A_MTU]);
	dev->mtu_auto = in[IFIPSEC_DEV_A_MTU_AUTO];
	dev->operstate = get_u8(in[IFIPSEC_DEV_A_OPERSTATE]);
	dev->peers = get_u32(in[IFIPSEC_DEV_A_PEERS]);
	dev->sas = get_u32(in[IFIPSEC_DEV_A_SAS]);
	fill_outer(in, dev);
	return decode_stats(in[IFIPSEC_DEV_A_STATS], &dev->stats);
}

static int decode_addr(struct nlattr *attr, struct addr *addr)
{
	if (!attr)
		return 0;
	return addr_from_bytes(nla_data(attr), nla_len(attr), addr) ?
		-EBADMSG : 0;
}

static int decode_selector(struct nlattr *item, struct prefix *prefix)
{
	struct nlattr *attrs[IFIPSEC_SELECTOR_A_MAX + 1];

	if (parse_nest(attrs, IFIPSEC_SELECTOR_A_MAX, item, selector_policy))
		return -EBADMSG;
	if (!attrs[IFIPSEC_SELECTOR_A_ADDR])
		return -EBADMSG;
	prefix->bits = get_u8(attrs[IFIPSEC_SELECTOR_A_PREFIXLEN]);
	return decode_addr(attrs[IFIPSEC_SELECTOR_A_ADDR], &prefix->addr);
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

	err = parse_nest(attrs->peer, IFIPSEC_PEER_A_MAX,
			 attrs->top[IFIPSEC_A_PEER], peer_policy);
	if (!err && !attrs->peer[IFIPSEC_PEER_A_NAME])
		err = -EBADMSG;
	if (!err)
		get_text(attrs->peer[IFIPSEC_PEER_A_NAME], name, size);
	return err;
}

static int fill_peer(struct attrs *attrs, struct peer *peer)
{
	struct nlattr **in = attrs->peer;
	int err;

	err = decode_home(attrs, &peer->home);
	if (!err)
		err = parse_peer(attrs, peer->name, sizeof(peer->name));
	if (!err)
		err = decode_addr(in[IFIPSEC_PEER_A_REMOTE], &peer->remote);
	if (!err)
		err = decode_addr(in[IFIPSEC_PEER_A_LOCAL], &peer->local);
	if (err)
		return err;
	peer->mtu = get_u32(in[IFIPSEC_PEER_A_MTU]);
	peer->has_tx_spi = in[IFIPSEC_PEER_A_TX_SPI];
	peer->tx_spi = ntohl(get_u32(in[IFIPSEC_PEER_A_TX_SPI]));
	peer->has_tx_ah_spi = in[IFIPSEC_PEER_A_TX_AH_SPI];
	peer->tx_ah_spi = ntohl(get_u32(in[IFIPSEC_PEER_A_TX_AH_SPI]));
	peer->rx_sas = get_u32(in[IFIPSEC_PEER_A_RX_SAS]);
	peer->protect = get_u8_or(in[IFIPSEC_PEER_A_PROTECT],
				  IFIPSEC_PROTECT_ESP);
	if (!in[IFIPSEC_PEER_A_SELECTORS])
		return 0;
	return decode_selectors(in[IFIPSEC_PEER_A_SELECTORS], peer);
}

static int fill_sa(struct attrs *attrs, struct sa *sa)
{
	struct nlattr **in = attrs->sa;
	int err;

	err = decode_home(attrs, &sa->home);
	if (!err)
		err = parse_peer(attrs, sa->peer, sizeof(sa->peer));
	if (!err)
		err = parse_nest(in, IFIPSEC_SA_A_MAX,
				 attrs->top[IFIPSEC_A_SA], sa_policy);
	if (err)
		return err;
	if (!in[IFIPSEC_SA_A_DIR] || !in[IFIPSEC_SA_A_SPI])
		return -EBADMSG;
	sa->dir = get_u8(in[IFIPSEC_SA_A_DIR]);
	sa->spi = ntohl(get_u32(in[IFIPSEC_SA_A_SPI]));
	sa->proto = get_u8_or(in[IFIPSEC_SA_A_PROTO], IPPROTO_ESP);
	sa->mode = get_u8_or(in[IFIPSEC_SA_A_MODE], IFIPSEC_MODE_TUNNEL);
	sa->encr = get_u16(in[IFIPSEC_SA_A_ENCR]);
	sa->auth = get_u16(in[IFIPSEC_SA_A_AUTH]);
	sa->key_bits = get_u32(in[IFIPSEC_SA_A_KEY_BITS]);
	sa->flags = get_u32(in[IFIPSEC_SA_A_FLAGS]);
	sa->has_replay_window = in[IFIPSEC_SA_A_REPLAY_WINDOW];
	sa->replay_window = get_u32(in[IFIPSEC_SA_A_REPLAY_WINDOW]);
	sa->seq = get_u64(in[IFIPSEC_SA_A_SEQ]);
	get_text(in[IFIPSEC_SA_A_DRIVER], sa->driver, sizeof(sa->driver));
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
	int err = parse_top(nlh, &attrs);

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
	int err = parse_top(nlh, &attrs);

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
	int err = parse_top(nlh, &attrs);

	memset(sa, 0, sizeof(*sa));
	if (!err)
		err = fill_sa(&attrs, sa);
	if (err)
		sa_clear(sa);
	return err;
}

int decode_alg(struct nlmsghdr *nlh, struct alg *alg)
{
	struct nlattr *in[IFIPSEC_ALG_A_MAX + 1];
	struct attrs attrs;
	int err = parse_top(nlh, &attrs);

	memset(alg, 0, sizeof(*alg));
	if (!err && !attrs.top[IFIPSEC_A_ALG])
		err = -EBADMSG;
	if (!err)
		err = parse_nest(in, IFIPSEC_ALG_A_MAX,
				 attrs.top[IFIPSEC_A_ALG], alg_policy);
	if (err)
		return err;
	alg->encr = get_u16(in[IFIPSEC_ALG_A_ENCR]);
	alg->auth = get_u16(in[IFIPSEC_ALG_A_AUTH]);
	alg->flags = get_u32(in[IFIPSEC_ALG_A_FLAGS]);
	get_text(in[IFIPSEC_ALG_A_NAME], alg->name, sizeof(alg->name));
	alg->salt_bits = get_u32(in[IFIPSEC_ALG_A_SALT_BITS]);
	alg->iv_len = get_u32(in[IFIPSEC_ALG_A_IV_LEN]);
	alg->icv_len = get_u32(in[IFIPSEC_ALG_A_ICV_LEN]);
	get_text(in[IFIPSEC_ALG_A_DRIVER], alg->driver, sizeof(alg->driver));
	decode_key_sizes(attrs.top[IFIPSEC_A_ALG], alg);
	return 0;
}

static int decode_expire(struct nlmsghdr *nlh, struct event *event)
{
	struct attrs attrs;
	int err = parse_top(nlh, &attrs);

	if (!err)
		event->expire = get_u32(attrs.top[IFIPSEC_A_EXPIRE]);
	return err;
}

int decode_event(struct nlmsghdr *nlh, struct event *event)
{
	memset(event, 0, sizeof(*event));
	if (!genlmsg_valid_hdr(nlh, 0))
		return -EBADMSG;
	event->cmd = genlmsg_hdr(nlh)->cmd;
	switch (event->cmd) {
	case IFIPSEC_CMD_DEV_NEW_NTF:
	case IFIPSEC_CMD_DEV_SET_NTF:
	case IFIPSEC_CMD_DEV_DEL_NTF:
		event->kind = OBJECT_DEV;
		return decode_dev(nlh, &event->dev);
	case IFIPSEC_CMD_PEER_NEW_NTF:
	case IFIPSEC_CMD_PEER_SET_NTF:
	case IFIPSEC_CMD_PEER_DEL_NTF:
		event->kind = OBJECT_PEER;
		return decode_peer(nlh, &event->peer);
	case IFIPSEC_CMD_SA_EXPIRE_NTF:
		if (decode_expire(nlh, event))
			return -EBADMSG;
		/* fall through */
	case IFIPSEC_CMD_SA_NEW_NTF:
	case IFIPSEC_CMD_SA_DEL_NTF:
		event->kind = OBJECT_SA;
		return decode_sa(nlh, &event->sa);
	}
	return -ENOMSG;
}
