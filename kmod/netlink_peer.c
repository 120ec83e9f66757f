// SPDX-License-Identifier: GPL-2.0-only
/*
 * netlink_peer.c - the PEER_ commands: the words of a request become a struct
 * ipsec_peer_config that peer.c can apply as a whole.
 */
#include <linux/ctype.h>
#include <linux/in.h>
#include <linux/inet.h>
#include <net/ipv6.h>
#include "mtu.h"
#include "netlink.h"
#include "outer.h"
#include "peer.h"
#include "selector.h"

static int parse_name(struct genl_info *info, const struct nlattr *attr,
		      char *name)
{
	const char *s;

	if (!attr)
		return ipsec_nl_refuse(info, NULL, "the request names no peer");
	strscpy(name, nla_data(attr), IFIPSEC_PEER_NAME_MAX + 1);
	if (!isalnum(name[0]) || !isascii(name[0]))
		return ipsec_nl_refuse(info, attr,
				       "a peer's name begins with a letter or a digit");
	for (s = name; *s; s++)
		if (!isascii(*s) || (!isalnum(*s) && !strchr("._:-", *s)))
			return ipsec_nl_refuse(info, attr,
					       "a peer's name consists of letters, digits and . _ : -");
	return 0;
}

static const char *check_addr4(__be32 addr)
{
	if (ipv4_is_zeronet(addr))
		return "an outer address cannot be unspecified";
	if (ipv4_is_multicast(addr) || ipv4_is_lbcast(addr))
		return "an outer address cannot be multicast or broadcast";
	if (ipv4_is_loopback(addr))
		return "an outer address cannot be a loopback address";
	return NULL;
}

static const char *check_addr6(const struct in6_addr *addr)
{
	if (ipv6_addr_any(addr))
		return "an outer address cannot be unspecified";
	if (ipv6_addr_is_multicast(addr))
		return "an outer address cannot be multicast or broadcast";
	if (ipv6_addr_loopback(addr))
		return "an outer address cannot be a loopback address";
	if (ipv6_addr_v4mapped(addr))
		return "an outer address cannot be an IPv4-mapped one; give the IPv4 address";
	return NULL;
}

static int parse_addr(struct genl_info *info, const struct nlattr *attr,
		      struct ipsec_addr *addr)
{
	const char *why;

	switch (nla_len(attr)) {
	case sizeof(addr->v4):
		addr->family = AF_INET;
		addr->v4 = nla_get_in_addr(attr);
		why = check_addr4(addr->v4);
		break;
	case sizeof(addr->v6):
		addr->family = AF_INET6;
		addr->v6 = nla_get_in6_addr(attr);
		why = check_addr6(&addr->v6);
		break;
	default:
		why = "an address has 4 or 16 bytes";
	}
	return why ? ipsec_nl_refuse(info, attr, why) : 0;
}

static int parse_endpoints(struct genl_info *info, struct nlattr **tb,
			   struct ipsec_peer_config *cfg)
{
	int err = 0;

	if (tb[IFIPSEC_PEER_A_REMOTE]) {
		cfg->has_remote = true;
		err = parse_addr(info, tb[IFIPSEC_PEER_A_REMOTE], &cfg->remote);
	}
	if (!err && tb[IFIPSEC_PEER_A_LOCAL]) {
		cfg->has_local = true;
		/* empty: the route shall choose */
		if (nla_len(tb[IFIPSEC_PEER_A_LOCAL]))
			err = parse_addr(info, tb[IFIPSEC_PEER_A_LOCAL],
					 &cfg->local);
	}
	return err;
}

static int parse_encap(struct genl_info *info, struct nlattr **tb,
		       struct ipsec_peer_config *cfg)
{
	const struct nlattr *local = tb[IFIPSEC_PEER_A_ENCAP_LOCAL];
	const struct nlattr *remote = tb[IFIPSEC_PEER_A_ENCAP_REMOTE];

	if (tb[IFIPSEC_PEER_A_KEEPALIVE]) {
		cfg->has_keepalive = true;
		cfg->keepalive = nla_get_u32(tb[IFIPSEC_PEER_A_KEEPALIVE]);
	}
	if (!local && !remote)
		return 0;
	if (!local || !remote || !nla_get_u16(local) != !nla_get_u16(remote))
		return ipsec_nl_refuse(info, local ?: remote,
				       "ESP in UDP needs both ports; none is 0 and 0");
	cfg->has_encap = true;
	cfg->encap_local = htons(nla_get_u16(local));
	cfg->encap_remote = htons(nla_get_u16(remote));
	return 0;
}

/* Are the bits of a prefix beyond its length zero? */
static bool host_bits_zero(const u8 *addr, unsigned int len, unsigned int plen)
{
	unsigned int i;

	for (i = plen; i < len * 8; i++)
		if (addr[i / 8] & (0x80 >> (i % 8)))
			return false;
	return true;
}

static int add_selector(struct ipsec_peer_config *cfg, u8 family,
			const void *addr, u8 plen)
{
	struct ipsec_selector *sel = ipsec_selector_alloc(family, addr, plen);

	if (!sel)
		return -ENOMEM;
	list_add_tail(&sel->node, &cfg->selectors);
	cfg->n_selectors++;
	return 0;
}

static int parse_selector(struct genl_info *info, const struct nlattr *item,
			  struct ipsec_peer_config *cfg)
{
	struct nlattr *tb[IFIPSEC_SELECTOR_A_MAX + 1];
	const struct nlattr *addr;
	unsigned int len;
	u8 plen;
	int err;

	/* validated with the message */
	err = nla_parse_nested(tb, IFIPSEC_SELECTOR_A_MAX, item, NULL,
			       info->extack);
	if (err)
		return err;
	addr = tb[IFIPSEC_SELECTOR_A_ADDR];
	if (!addr || !tb[IFIPSEC_SELECTOR_A_PREFIXLEN])
		return ipsec_nl_refuse(info, item,
				       "a selector needs an address and a prefix length");
	len = nla_len(addr);
	plen = nla_get_u8(tb[IFIPSEC_SELECTOR_A_PREFIXLEN]);
	if (len != 4 && len != 16)
		return ipsec_nl_refuse(info, addr, "an address has 4 or 16 bytes");
	if (plen > len * 8)
		return ipsec_nl_refuse(info, item,
				       "a selector's prefix length exceeds its address");
	if (!host_bits_zero(nla_data(addr), len, plen))
		return ipsec_nl_refuse(info, item,
				       "a selector has bits set beyond its prefix length");
	return add_selector(cfg, len == 4 ? AF_INET : AF_INET6, nla_data(addr),
			    plen);
}

static int parse_selectors(struct genl_info *info, const struct nlattr *list,
			   struct ipsec_peer_config *cfg)
{
	const struct nlattr *item;
	int err, rem;

	cfg->has_selectors = true;
	nla_for_each_nested(item, list, rem) {
		if (cfg->n_selectors == IFIPSEC_SELECTORS_MAX) {
			ipsec_nl_refuse(info, list, "a peer has at most 256 selectors");
			return -E2BIG;
		}
		err = parse_selector(info, item, cfg);
		if (err)
			return err;
	}
	return cfg->n_selectors ? 0 :
		ipsec_nl_refuse(info, list, "a peer needs at least one selector");
}

static void free_selectors(struct ipsec_peer_config *cfg)
{
	struct ipsec_selector *sel, *next;

	list_for_each_entry_safe(sel, next, &cfg->selectors, node) {
		list_del(&sel->node);
		ipsec_selector_free(sel);
	}
}

/* On an error, as after use, free_selectors() frees what is left in @cfg */
static int parse_config(struct genl_info *info, struct ipsec_peer_config *cfg)
{
	struct nlattr *tb[IFIPSEC_PEER_A_MAX + 1];
	int err;

	memset(cfg, 0, sizeof(*cfg));
	INIT_LIST_HEAD(&cfg->selectors);
	if (!info->attrs[IFIPSEC_A_PEER])
		return ipsec_nl_refuse(info, NULL, "the request names no peer");
	err = nla_parse_nested(tb, IFIPSEC_PEER_A_MAX,
			       info->attrs[IFIPSEC_A_PEER],
			       ipsec_nl_peer_policy, info->extack);
	if (!err)
		err = parse_name(info, tb[IFIPSEC_PEER_A_NAME], cfg->name);
	if (!err)
		err = parse_endpoints(info, tb, cfg);
	if (!err && tb[IFIPSEC_PEER_A_SELECTORS])
		err = parse_selectors(info, tb[IFIPSEC_PEER_A_SELECTORS], cfg);
	if (!err && tb[IFIPSEC_PEER_A_PROTECT])
		cfg->protect = nla_get_u8(tb[IFIPSEC_PEER_A_PROTECT]);
	if (!err)
		err = parse_encap(info, tb, cfg);
	return err;
}

static int default_selectors(struct ipsec_peer_config *cfg)
{
	int err = add_selector(cfg, AF_INET, &in6addr_any, 0);

	return err ?: add_selector(cfg, AF_INET6, &in6addr_any, 0);
}

int ipsec_nl_peer_new(struct sk_buff *skb, struct genl_info *info)
{
	struct ipsec_peer_config cfg;
	struct ipsec_dev *idev;
	struct ipsec_net *in;
	int err;

	err = parse_config(info, &cfg);
	if (!err && !cfg.has_remote)
		err = ipsec_nl_refuse(info, info->attrs[IFIPSEC_A_PEER],
				      "a peer needs a remote address");
	if (!err && !cfg.has_selectors)
		err = default_selectors(&cfg);
	if (!err) {
		in = ipsec_nl_lock(info);
		idev = ipsec_nl_dev(info);
		err = IS_ERR(idev) ? PTR_ERR(idev) :
				     ipsec_peer_create(idev, &cfg, info->extack);
		ipsec_nl_unlock(in);
	}
	free_selectors(&cfg);
	return err;
}

int ipsec_nl_peer_set(struct sk_buff *skb, struct genl_info *info)
{
	struct ipsec_peer_config cfg;
	struct ipsec_dev *idev;
	struct ipsec_peer *peer;
	struct ipsec_net *in;
	int err;

	err = parse_config(info, &cfg);
	if (err)
		goto out;

	in = ipsec_nl_lock(info);
	idev = ipsec_nl_dev(info);
	err = PTR_ERR_OR_ZERO(idev);
	if (!err) {
		peer = ipsec_peer_find(idev, cfg.name);
		if (peer) {
			err = ipsec_peer_set(peer, &cfg, info->extack);
		} else {
			ipsec_nl_refuse(info, NULL, "the interface has no peer of that name");
			err = -ENOENT;
		}
	}
	mutex_unlock(&in->lock);
	if (!err)
		ipsec_mtu_apply(idev);
	rtnl_unlock();
out:
	free_selectors(&cfg);
	return err;
}

int ipsec_nl_peer_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[IFIPSEC_PEER_A_MAX + 1];
	struct ipsec_dev *idev = NULL;
	struct ipsec_peer *peer;
	struct ipsec_net *in;
	int err;

	err = ipsec_nl_peer_nest(info, tb);
	if (err)
		return err;
	in = ipsec_nl_lock(info);
	peer = ipsec_nl_peer(info, tb);
	err = PTR_ERR_OR_ZERO(peer);
	if (!err) {
		idev = peer->idev;
		ipsec_peer_destroy(peer);
	}
	mutex_unlock(&in->lock);
	if (!err)
		ipsec_mtu_apply(idev);
	rtnl_unlock();
	return err;
}

int ipsec_nl_peer_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ipsec_net *in = ipsec_net(genl_info_net(info));
	struct nlattr *tb[IFIPSEC_PEER_A_MAX + 1];
	struct sk_buff *msg = NULL;
	struct ipsec_peer *peer;
	void *hdr = NULL;
	int err;

	err = ipsec_nl_peer_nest(info, tb);
	if (err)
		return err;
	mutex_lock(&in->lock);
	peer = ipsec_nl_peer(info, tb);
	if (IS_ERR(peer)) {
		err = PTR_ERR(peer);
		goto out;
	}
	msg = ipsec_nl_reply_new(info, ipsec_nl_peer_size(peer), &hdr);
	err = msg ? ipsec_nl_fill_peer(msg, peer) : -ENOMEM;
out:
	mutex_unlock(&in->lock);
	return ipsec_nl_reply_end(info, msg, hdr, err);
}
