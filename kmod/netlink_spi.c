// SPDX-License-Identifier: GPL-2.0-only
/*
 * netlink_spi.c - the command SPI_ALLOC: which range, whose, and the answer.
 */
#include <linux/in.h>
#include "netlink.h"
#include "spi.h"

/* What a request says of an SPI; without a range it may be any */
struct spi_config {
	u8 proto;
	u32 min;
	u32 max;
};

static int parse_range(struct genl_info *info, struct nlattr **tb,
		       struct spi_config *cfg)
{
	const struct nlattr *min = tb[IFIPSEC_SA_A_SPI_MIN];
	const struct nlattr *max = tb[IFIPSEC_SA_A_SPI_MAX];

	cfg->min = IFIPSEC_SPI_MIN;
	cfg->max = U32_MAX;
	if (!min && !max)
		return 0;
	if (!min || !max)
		return ipsec_nl_refuse(info, min ?: max,
				       "a range of SPIs has two ends; give both or neither");
	cfg->min = ntohl(nla_get_be32(min));
	cfg->max = ntohl(nla_get_be32(max));
	if (cfg->min < IFIPSEC_SPI_MIN)
		return ipsec_nl_refuse(info, min,
				       "SPIs 0 to 255 are reserved (RFC 4303); use 256 or more");
	if (cfg->min > cfg->max)
		return ipsec_nl_refuse(info, max,
				       "the range of SPIs ends before it begins");
	return 0;
}

static int parse_config(struct genl_info *info, struct spi_config *cfg)
{
	struct nlattr *tb[IFIPSEC_SA_A_MAX + 1] = { };
	int err = 0;

	if (info->attrs[IFIPSEC_A_SA])
		err = nla_parse_nested(tb, IFIPSEC_SA_A_MAX,
				       info->attrs[IFIPSEC_A_SA],
				       ipsec_nl_spi_policy, info->extack);
	if (err)
		return err;
	cfg->proto = IPPROTO_ESP;
	if (tb[IFIPSEC_SA_A_PROTO])
		cfg->proto = nla_get_u8(tb[IFIPSEC_SA_A_PROTO]);
	if (cfg->proto != IPPROTO_ESP && cfg->proto != IPPROTO_AH)
		return ipsec_nl_refuse(info, tb[IFIPSEC_SA_A_PROTO],
				       "the protocol of an SA is ESP (50) or AH (51)");
	return parse_range(info, tb, cfg);
}

/* Reserve it, and say so; ipsec_net.lock held */
static int spi_alloc(struct genl_info *info, struct sk_buff *msg,
		     struct nlattr **peer_tb, const struct spi_config *cfg)
{
	struct ipsec_peer *peer = ipsec_nl_peer(info, peer_tb);
	struct ipsec_spi *spi;
	int err;

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	spi = ipsec_spi_reserve(peer, cfg->proto, cfg->min, cfg->max,
				info->extack);
	if (IS_ERR(spi))
		return PTR_ERR(spi);
	err = ipsec_nl_fill_spi(msg, spi);
	if (err)
		ipsec_spi_release(spi);
	return err;
}

/* Without rtnl: no interface notices, and a daemon may ask for many */
int ipsec_nl_spi_alloc(struct sk_buff *skb, struct genl_info *info)
{
	struct ipsec_net *in = ipsec_net(genl_info_net(info));
	struct nlattr *peer_tb[IFIPSEC_PEER_A_MAX + 1];
	struct spi_config cfg;
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = parse_config(info, &cfg);
	if (!err)
		err = ipsec_nl_peer_nest(info, peer_tb);
	if (err)
		return err;
	msg = ipsec_nl_reply_new(info, ipsec_nl_sa_size(), &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&in->lock);
	err = spi_alloc(info, msg, peer_tb, &cfg);
	mutex_unlock(&in->lock);
	return ipsec_nl_reply_end(info, msg, hdr, err);
}
