// SPDX-License-Identifier: GPL-2.0-only
/*
 * netlink_sa.c - the SA_ commands and FLUSH: the words of a request become a struct
 * ipsec_sa_config, from which sa.c makes the SA before any lock is taken.
 */
#include <linux/in.h>
#include "alg.h"
#include "mtu.h"
#include "netlink.h"
#include "path.h"
#include "peer.h"
#include "sa.h"
#include "spi.h"

static int parse_nest(struct genl_info *info, struct nlattr **tb,
		      const struct nla_policy *policy)
{
	if (!info->attrs[IFIPSEC_A_SA])
		return ipsec_nl_refuse(info, NULL, "the request names no SA");
	return nla_parse_nested(tb, IFIPSEC_SA_A_MAX, info->attrs[IFIPSEC_A_SA],
				policy, info->extack);
}

/* What every command names an SA by: direction, SPI, protocol */
static int parse_id(struct genl_info *info, struct nlattr **tb,
		    struct ipsec_sa_config *cfg)
{
	if (!tb[IFIPSEC_SA_A_DIR])
		return ipsec_nl_refuse(info, NULL, "an SA needs a direction, in or out");
	if (!tb[IFIPSEC_SA_A_SPI])
		return ipsec_nl_refuse(info, NULL, "an SA needs an SPI");
	cfg->dir = nla_get_u8(tb[IFIPSEC_SA_A_DIR]);
	cfg->spi = nla_get_be32(tb[IFIPSEC_SA_A_SPI]);
	cfg->proto = IPPROTO_ESP;
	if (tb[IFIPSEC_SA_A_PROTO])
		cfg->proto = nla_get_u8(tb[IFIPSEC_SA_A_PROTO]);
	if (ntohl(cfg->spi) < IFIPSEC_SPI_MIN)
		return ipsec_nl_refuse(info, tb[IFIPSEC_SA_A_SPI],
				       "SPIs 0 to 255 are reserved (RFC 4303); use 256 or more");
	if (cfg->proto != IPPROTO_ESP && cfg->proto != IPPROTO_AH)
		return ipsec_nl_refuse(info, tb[IFIPSEC_SA_A_PROTO],
				       "the protocol of an SA is ESP (50) or AH (51)");
	return 0;
}

/* An algorithm of one of the two lists, and its key */
static int parse_alg(struct genl_info *info, enum ipsec_alg_type type,
		     const struct nlattr *id, const struct nlattr *key,
		     const struct ipsec_alg **alg, const void **data,
		     unsigned int *len)
{
	*alg = ipsec_alg_find(type, nla_get_u16(id));
	if (!*alg) {
		ipsec_nl_refuse(info, id, type == IPSEC_ALG_ENCR ?
				"the module does not know the encryption algorithm" :
				"the module does not know the integrity algorithm");
		return -EOPNOTSUPP;
	}
	if (key) {
		*data = nla_data(key);
		*len = nla_len(key);
	} else if ((*alg)->key_bits[0]) {
		return ipsec_nl_refuse(info, id, type == IPSEC_ALG_ENCR ?
				       "an SA needs a key" :
				       "an integrity algorithm needs a key");
	}
	if (!ipsec_alg_takes(*alg, *len))
		return ipsec_nl_refuse(info, key, (*alg)->key_error);
	return 0;
}

static int parse_encr(struct genl_info *info, struct nlattr **tb,
		      struct ipsec_sa_config *cfg)
{
	const struct nlattr *id = tb[IFIPSEC_SA_A_ENCR];
	const struct nlattr *key = tb[IFIPSEC_SA_A_KEY];

	if (cfg->proto == IPPROTO_AH)
		return id || key ?
			ipsec_nl_refuse(info, id ?: key, "AH does not encrypt") : 0;
	if (!id)
		return ipsec_nl_refuse(info, NULL, "an SA needs an encryption algorithm");
	return parse_alg(info, IPSEC_ALG_ENCR, id, key, &cfg->encr, &cfg->key,
			 &cfg->key_len);
}

static int parse_auth(struct genl_info *info, struct nlattr **tb,
		      struct ipsec_sa_config *cfg)
{
	const struct nlattr *id = tb[IFIPSEC_SA_A_AUTH];
	const struct nlattr *key = tb[IFIPSEC_SA_A_AUTH_KEY];
	int err;

	if (!id || nla_get_u16(id) == IFIPSEC_AUTH_NONE)
		return key ? ipsec_nl_refuse(info, key,
					     "there is no algorithm for the integrity key") : 0;
	err = parse_alg(info, IPSEC_ALG_AUTH, id, key, &cfg->auth, &cfg->auth_key,
			&cfg->auth_key_len);
	if (err)
		return err;
	if (cfg->encr && cfg->encr->icv_len)
		return ipsec_nl_refuse(info, id,
				       "the encryption algorithm brings its own integrity");
	if (cfg->encr && cfg->auth->flags & IPSEC_ALG_GMAC)
		return ipsec_nl_refuse(info, id,
				       "with ESP, GMAC is the encryption algorithm null-aes-gmac");
	return 0;
}

/* RFC 8221: what is too weak, and what is no protection at all */
static int check_strength(struct genl_info *info,
			  const struct ipsec_sa_config *cfg)
{
	bool integrity = cfg->auth || (cfg->encr && cfg->encr->icv_len);

	if (!integrity && cfg->proto == IPPROTO_AH)
		return ipsec_nl_refuse(info, NULL, "AH needs an integrity algorithm");
	if (!integrity && !cfg->encr->key_bits[0])
		return ipsec_nl_refuse(info, NULL,
				       "neither encryption nor integrity: that protects nothing");
	if (!integrity && !cfg->insecure)
		return ipsec_nl_refuse(info, NULL,
				       "encryption without integrity can be altered on the way; add an integrity algorithm, or say insecure");
	if (cfg->insecure)
		return 0;
	if (cfg->encr && cfg->encr->flags & IPSEC_ALG_INSECURE)
		return ipsec_nl_refuse(info, NULL,
				       "the encryption algorithm is too weak (RFC 8221); choose another, or say insecure");
	if (cfg->auth && cfg->auth->flags & IPSEC_ALG_INSECURE)
		return ipsec_nl_refuse(info, NULL,
				       "the integrity algorithm is too weak (RFC 8221); choose another, or say insecure");
	return 0;
}

static int parse_flags(struct genl_info *info, struct nlattr **tb,
		       struct ipsec_sa_config *cfg)
{
	u32 flags;

	if (!tb[IFIPSEC_SA_A_FLAGS])
		return 0;
	flags = nla_get_u32(tb[IFIPSEC_SA_A_FLAGS]);
	if (flags & ~(IFIPSEC_SA_F_ESN | IFIPSEC_SA_F_INSECURE |
		      IFIPSEC_SA_F_AH_ALIGN8)) {
		ipsec_nl_refuse(info, tb[IFIPSEC_SA_A_FLAGS], "an SA has no such flag");
		return -EOPNOTSUPP;
	}
	cfg->esn = flags & IFIPSEC_SA_F_ESN;
	cfg->insecure = flags & IFIPSEC_SA_F_INSECURE;
	cfg->ah_align8 = flags & IFIPSEC_SA_F_AH_ALIGN8;
	if (cfg->ah_align8 && cfg->proto != IPPROTO_AH)
		return ipsec_nl_refuse(info, tb[IFIPSEC_SA_A_FLAGS],
				       "only AH has an alignment to choose");
	return 0;
}

static int parse_replay(struct genl_info *info, struct nlattr **tb,
			struct ipsec_sa_config *cfg)
{
	const struct nlattr *attr = tb[IFIPSEC_SA_A_REPLAY_WINDOW];
	bool integrity = cfg->auth || cfg->encr->icv_len;
	u32 window;

	/* RFC 4303 2.2.1, 3.4.3: a number that can be forged says nothing */
	if (!integrity && cfg->esn)
		return ipsec_nl_refuse(info, tb[IFIPSEC_SA_A_FLAGS],
				       "extended sequence numbers need an integrity algorithm");
	if (cfg->dir == IFIPSEC_DIR_OUT)
		return attr ? ipsec_nl_refuse(info, attr,
					      "an outbound SA has no replay window") : 0;
	if (attr)
		window = nla_get_u32(attr);
	else
		window = integrity ? IFIPSEC_REPLAY_WINDOW_DEFAULT : 0;
	if (window && !integrity)
		return ipsec_nl_refuse(info, attr,
				       "a replay window needs an integrity algorithm");
	if (window && (window < IFIPSEC_REPLAY_WINDOW_MIN ||
		       window > IFIPSEC_REPLAY_WINDOW_MAX)) {
		ipsec_nl_refuse(info, attr,
				"a replay window has 32 to 8192 packets, or 0 for none");
		return -ERANGE;
	}
	if (!window && cfg->esn)
		return ipsec_nl_refuse(info, attr,
				       "extended sequence numbers need a replay window");
	cfg->replay_window = window;
	return 0;
}

static const char *check_seq(u64 seq, bool esn)
{
	if (!esn && seq > U32_MAX)
		return "the sequence number exceeds 32 bits, and the SA has no extended ones";
	if (seq == (esn ? U64_MAX : U32_MAX))
		return "the sequence number is the last one: the SA could do nothing";
	return NULL;
}

static int parse_seq(struct genl_info *info, struct nlattr **tb,
		     struct ipsec_sa_config *cfg)
{
	const char *why;

	if (!tb[IFIPSEC_SA_A_SEQ])
		return 0;
	cfg->seq = nla_get_u64(tb[IFIPSEC_SA_A_SEQ]);
	why = check_seq(cfg->seq, cfg->esn);
	return why ? ipsec_nl_refuse(info, tb[IFIPSEC_SA_A_SEQ], why) : 0;
}

static int parse_limit(struct genl_info *info, struct nlattr **tb, int soft,
		       int hard, struct ipsec_limit *limit)
{
	if (tb[soft])
		limit->soft = nla_get_u64(tb[soft]);
	if (tb[hard])
		limit->hard = nla_get_u64(tb[hard]);
	if (limit->soft > S64_MAX || limit->hard > S64_MAX)
		return ipsec_nl_refuse(info, tb[soft] ?: tb[hard],
				       "a limit has at most 63 bits");
	if (limit->hard && limit->soft > limit->hard)
		return ipsec_nl_refuse(info, tb[soft],
				       "a soft limit comes before the hard one");
	return 0;
}

static int parse_life(struct genl_info *info, struct nlattr **sa_tb,
		      struct ipsec_life_config *life)
{
	struct nlattr *tb[IFIPSEC_LIFE_A_MAX + 1];
	int err;

	if (!sa_tb[IFIPSEC_SA_A_LIFE])
		return 0;
	/* validated with the message */
	err = nla_parse_nested(tb, IFIPSEC_LIFE_A_MAX, sa_tb[IFIPSEC_SA_A_LIFE],
			       NULL, info->extack);
	if (!err)
		err = parse_limit(info, tb, IFIPSEC_LIFE_A_SOFT_BYTES,
				  IFIPSEC_LIFE_A_HARD_BYTES, &life->bytes);
	if (!err)
		err = parse_limit(info, tb, IFIPSEC_LIFE_A_SOFT_PACKETS,
				  IFIPSEC_LIFE_A_HARD_PACKETS, &life->packets);
	if (!err)
		err = parse_limit(info, tb, IFIPSEC_LIFE_A_SOFT_SECONDS,
				  IFIPSEC_LIFE_A_HARD_SECONDS, &life->seconds);
	return err;
}

/* RFC 4303 2.7: only where the inner length says where the packet ends */
static int parse_tfc(struct genl_info *info, struct nlattr **tb,
		     struct ipsec_sa_config *cfg)
{
	const struct nlattr *attr = tb[IFIPSEC_SA_A_TFC];

	if (!attr)
		return 0;
	if (cfg->dir == IFIPSEC_DIR_IN)
		return ipsec_nl_refuse(info, attr,
				       "an inbound SA does not pad: TFC padding is the sender's");
	if (cfg->proto != IPPROTO_ESP)
		return ipsec_nl_refuse(info, attr, "AH has no TFC padding");
	if (cfg->mode != IFIPSEC_MODE_TUNNEL)
		return ipsec_nl_refuse(info, attr,
				       "TFC padding needs tunnel mode: there the inner length says where the packet ends");
	if (nla_get_u32(attr) > IFIPSEC_TFC_MAX) {
		ipsec_nl_refuse(info, attr,
				"TFC padding is to at most 65535 bytes, or 0 for none");
		return -ERANGE;
	}
	cfg->tfc = nla_get_u32(attr);
	return 0;
}

static int parse_config(struct genl_info *info, struct nlattr **tb,
			struct ipsec_sa_config *cfg)
{
	int err;

	cfg->mode = IFIPSEC_MODE_TUNNEL;
	if (tb[IFIPSEC_SA_A_MODE])
		cfg->mode = nla_get_u8(tb[IFIPSEC_SA_A_MODE]);
	err = parse_id(info, tb, cfg);
	if (!err)
		err = parse_encr(info, tb, cfg);
	if (!err)
		err = parse_auth(info, tb, cfg);
	if (!err)
		err = parse_flags(info, tb, cfg);
	if (!err)
		err = check_strength(info, cfg);
	if (!err)
		err = parse_replay(info, tb, cfg);
	if (!err)
		err = parse_seq(info, tb, cfg);
	if (!err)
		err = parse_life(info, tb, &cfg->life);
	if (!err)
		err = parse_tfc(info, tb, cfg);
	cfg->replace = info->genlhdr->cmd == IFIPSEC_CMD_SA_REPLACE;
	if (!err && cfg->replace && cfg->dir == IFIPSEC_DIR_IN)
		err = ipsec_nl_refuse(info, tb[IFIPSEC_SA_A_DIR],
				      "only an outbound SA is replaced; add the inbound one beside the old");
	return err;
}

static int sa_new(struct genl_info *info, const struct ipsec_sa_config *cfg,
		  struct nlattr **peer_tb)
{
	struct ipsec_peer *peer;
	struct ipsec_net *in;
	struct ipsec_sa *sa;
	int err;

	sa = ipsec_sa_create(cfg, info->extack);
	if (IS_ERR(sa))
		return PTR_ERR(sa);

	in = ipsec_nl_lock(info);
	peer = ipsec_nl_peer(info, peer_tb);
	err = IS_ERR(peer) ? PTR_ERR(peer) :
			     ipsec_sa_install(peer, sa, cfg->replace,
					      info->extack);
	mutex_unlock(&in->lock);
	if (!err)
		ipsec_mtu_apply(peer->idev);
	rtnl_unlock();
	if (err)
		ipsec_sa_free(sa);
	return err;
}

/* The keys have no business in the message any more, however many it had */
static void wipe_keys(const struct genl_info *info)
{
	const struct nlattr *attr;
	int rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem)
		if (nla_type(attr) == IFIPSEC_A_SA)
			memzero_explicit(nla_data(attr), nla_len(attr));
}

/* SA_NEW and SA_REPLACE */
int ipsec_nl_sa_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *peer_tb[IFIPSEC_PEER_A_MAX + 1];
	struct nlattr *tb[IFIPSEC_SA_A_MAX + 1];
	struct ipsec_sa_config cfg = { };
	int err;

	err = parse_nest(info, tb, ipsec_nl_sa_new_policy);
	if (!err)
		err = parse_config(info, tb, &cfg);
	if (!err)
		err = ipsec_nl_peer_nest(info, peer_tb);
	if (!err)
		err = sa_new(info, &cfg, peer_tb);
	wipe_keys(info);
	return err;
}

static bool is_named(const struct ipsec_sa *sa, const struct ipsec_sa_config *cfg)
{
	return sa->id.spi == cfg->spi && sa->id.proto == cfg->proto;
}

/* The SA of a peer with this direction, SPI and protocol; ipsec_net.lock held */
static struct ipsec_sa *find_sa(struct ipsec_peer *peer,
				const struct ipsec_sa_config *cfg)
{
	struct ipsec_sa *sa;
	int i;

	if (cfg->dir == IFIPSEC_DIR_OUT) {
		for (i = 0; i < IPSEC_SLOTS; i++) {
			sa = ipsec_locked(peer->idev, peer->tx[i]);
			if (sa && is_named(sa, cfg))
				return sa;
		}
		return NULL;
	}
	list_for_each_entry(sa, &peer->rx, node)
		if (is_named(sa, cfg))
			return sa;
	return NULL;
}

/* The SA that a request names, or ERR_PTR; ipsec_net.lock held */
static struct ipsec_sa *named_sa(struct genl_info *info,
				 struct nlattr **peer_tb,
				 const struct ipsec_sa_config *cfg)
{
	struct ipsec_peer *peer = ipsec_nl_peer(info, peer_tb);
	struct ipsec_sa *sa;

	if (IS_ERR(peer))
		return ERR_CAST(peer);
	sa = find_sa(peer, cfg);
	if (sa)
		return sa;
	ipsec_nl_refuse(info, NULL, cfg->dir == IFIPSEC_DIR_OUT ?
			"the peer has no outbound SA with that SPI" :
			"the peer has no inbound SA with that SPI");
	return ERR_PTR(-ENOENT);
}

static int parse_named(struct genl_info *info, struct nlattr **peer_tb,
		       struct nlattr **tb, const struct nla_policy *policy,
		       struct ipsec_sa_config *cfg)
{
	int err;

	err = parse_nest(info, tb, policy);
	if (!err)
		err = parse_id(info, tb, cfg);
	if (!err)
		err = ipsec_nl_peer_nest(info, peer_tb);
	return err;
}

static int sa_set_seq(struct genl_info *info, struct ipsec_sa *sa,
		      const struct nlattr *attr)
{
	u64 seq = nla_get_u64(attr);
	const char *why = check_seq(seq, sa->esn);

	if (why)
		return ipsec_nl_refuse(info, attr, why);
	if (!ipsec_sa_seq_advance(sa, seq))
		return ipsec_nl_refuse(info, attr, "a sequence number moves forward only");
	return 0;
}

int ipsec_nl_sa_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *peer_tb[IFIPSEC_PEER_A_MAX + 1];
	struct nlattr *tb[IFIPSEC_SA_A_MAX + 1];
	struct ipsec_sa_config cfg = { };
	struct ipsec_net *in;
	struct ipsec_sa *sa;
	int err;

	err = parse_named(info, peer_tb, tb, ipsec_nl_sa_set_policy, &cfg);
	if (err)
		return err;
	if (!tb[IFIPSEC_SA_A_SEQ])
		return ipsec_nl_refuse(info, info->attrs[IFIPSEC_A_SA],
				       "there is nothing to set: give a sequence number");
	in = ipsec_nl_lock(info);
	sa = named_sa(info, peer_tb, &cfg);
	err = IS_ERR(sa) ? PTR_ERR(sa) :
			   sa_set_seq(info, sa, tb[IFIPSEC_SA_A_SEQ]);
	ipsec_nl_unlock(in);
	return err;
}

/* Is it an SPI that the peer reserved?  Then no more; ipsec_net.lock held */
static bool cancel_spi(struct ipsec_net *in, struct genl_info *info,
		       struct nlattr **peer_tb, const struct ipsec_sa_config *cfg)
{
	struct ipsec_sadb_key id = { .spi = cfg->spi, .proto = cfg->proto };
	struct ipsec_peer *peer = ipsec_nl_peer(info, peer_tb);
	struct ipsec_spi *spi;

	if (IS_ERR(peer) || cfg->dir != IFIPSEC_DIR_IN)
		return false;
	spi = ipsec_spi_find(in, &id);
	if (!spi || spi->peer != peer)
		return false;
	ipsec_spi_release(spi);
	return true;
}

int ipsec_nl_sa_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *peer_tb[IFIPSEC_PEER_A_MAX + 1];
	struct nlattr *tb[IFIPSEC_SA_A_MAX + 1];
	struct ipsec_sa_config cfg = { };
	struct ipsec_net *in;
	struct ipsec_sa *sa;
	int err;

	err = parse_named(info, peer_tb, tb, ipsec_nl_sa_id_policy, &cfg);
	if (err)
		return err;
	in = ipsec_nl_lock(info);
	if (cancel_spi(in, info, peer_tb, &cfg))
		goto out;
	sa = named_sa(info, peer_tb, &cfg);
	if (IS_ERR(sa))
		err = PTR_ERR(sa);
	else
		ipsec_sa_remove(sa);
out:
	ipsec_nl_unlock(in);
	return err;
}

int ipsec_nl_sa_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ipsec_net *in = ipsec_net(genl_info_net(info));
	struct nlattr *peer_tb[IFIPSEC_PEER_A_MAX + 1];
	struct nlattr *tb[IFIPSEC_SA_A_MAX + 1];
	struct ipsec_sa_config cfg = { };
	struct sk_buff *msg;
	struct ipsec_sa *sa;
	void *hdr;
	int err;

	err = parse_named(info, peer_tb, tb, ipsec_nl_sa_id_policy, &cfg);
	if (err)
		return err;
	msg = ipsec_nl_reply_new(info, ipsec_nl_sa_size(), &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&in->lock);
	sa = named_sa(info, peer_tb, &cfg);
	err = IS_ERR(sa) ? PTR_ERR(sa) : ipsec_nl_fill_sa(msg, sa);
	mutex_unlock(&in->lock);
	return ipsec_nl_reply_end(info, msg, hdr, err);
}

/* What to send: how many, how long */
static int parse_dummy(struct genl_info *info, u32 *count, u32 *len)
{
	struct nlattr *tb[IFIPSEC_DUMMY_A_MAX + 1];
	int err;

	*count = 1;
	*len = IFIPSEC_DUMMY_LEN_DEFAULT;
	if (!info->attrs[IFIPSEC_A_DUMMY])
		return 0;
	err = nla_parse_nested(tb, IFIPSEC_DUMMY_A_MAX,
			       info->attrs[IFIPSEC_A_DUMMY],
			       ipsec_nl_dummy_policy, info->extack);
	if (err)
		return err;
	if (tb[IFIPSEC_DUMMY_A_LEN])
		*len = nla_get_u32(tb[IFIPSEC_DUMMY_A_LEN]);
	if (!tb[IFIPSEC_DUMMY_A_COUNT])
		return 0;
	*count = nla_get_u32(tb[IFIPSEC_DUMMY_A_COUNT]);
	if (*count && *count <= IFIPSEC_DUMMY_COUNT_MAX)
		return 0;
	ipsec_nl_refuse(info, tb[IFIPSEC_DUMMY_A_COUNT],
			"a request sends 1 to 1000 dummy packets");
	return -ERANGE;
}

static const char *dummy_error(int err)
{
	switch (err) {
	case -ENETDOWN:
		return "the interface is down";
	case -ENOENT:
		return "the peer has no SA to send on";
	case -EOPNOTSUPP:
		return "dummy packets need ESP: AH hides nothing";
	case -EKEYEXPIRED:
		return "a hard limit of the SA is met";
	case -EMSGSIZE:
		return "the dummy packet is longer than the path to the peer lets through";
	case -ELOOP:
		return "the way to the peer leads back into the tunnel";
	default:
		return "there is no route to the peer";
	}
}

int ipsec_nl_sa_dummy(struct sk_buff *skb, struct genl_info *info)
{
	struct ipsec_net *in = ipsec_net(genl_info_net(info));
	struct nlattr *peer_tb[IFIPSEC_PEER_A_MAX + 1];
	struct ipsec_peer *peer;
	u32 count, len;
	int err;

	err = parse_dummy(info, &count, &len);
	if (!err)
		err = ipsec_nl_peer_nest(info, peer_tb);
	if (err)
		return err;
	mutex_lock(&in->lock);
	peer = ipsec_nl_peer(info, peer_tb);
	if (IS_ERR(peer)) {
		err = PTR_ERR(peer);
	} else {
		err = ipsec_transmit_dummies(peer, count, len);
		if (err)
			ipsec_nl_refuse(info, NULL, dummy_error(err));
	}
	mutex_unlock(&in->lock);
	return err;
}

/* rtnl held, ipsec_net.lock not */
static void flush_dev(struct ipsec_net *in, struct ipsec_dev *idev, u32 what)
{
	struct ipsec_peer *peer, *next;

	mutex_lock(&in->lock);
	list_for_each_entry_safe(peer, next, &idev->peers, node) {
		if (what == IFIPSEC_FLUSH_PEERS)
			ipsec_peer_destroy(peer);
		else
			ipsec_peer_flush_sas(peer);
	}
	mutex_unlock(&in->lock);
	ipsec_mtu_apply(idev);
}

int ipsec_nl_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct ipsec_net *in = ipsec_net(genl_info_net(info));
	struct ipsec_dev *idev;
	int err = 0;
	u32 what;

	if (!info->attrs[IFIPSEC_A_FLUSH])
		return ipsec_nl_refuse(info, NULL, "say what to flush, SAs or peers");
	what = nla_get_u32(info->attrs[IFIPSEC_A_FLUSH]);
	rtnl_lock();
	if (!info->attrs[IFIPSEC_A_IFNAME] && !info->attrs[IFIPSEC_A_NETNSID]) {
		/* under rtnl no interface is added or removed */
		list_for_each_entry(idev, &in->devs, node)
			flush_dev(in, idev, what);
	} else {
		mutex_lock(&in->lock);
		idev = ipsec_nl_dev(info);
		mutex_unlock(&in->lock);
		err = PTR_ERR_OR_ZERO(idev);
		if (!err)
			flush_dev(in, idev, what);
	}
	rtnl_unlock();
	return err;
}
