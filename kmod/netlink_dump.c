// SPDX-License-Identifier: GPL-2.0-only
/*
 * netlink_dump.c - what there is: the interface query, and the dumps of all tables.
 *
 * A dump goes on in a later call at the object that had no room.  When the tables have
 * changed between, that one may be gone: it goes on after as many as it has sent, and the
 * generation tells the reader (NLM_F_DUMP_INTR).
 */
#include <linux/crypto.h>
#include "alg.h"
#include "compat/genetlink.h"
#include "netlink.h"

/* A message must be able to hold a peer with all its selectors */
#define DUMP_ALLOC_MIN	16384

/* Between two calls, in netlink_callback.ctx */
struct dump_at {
	u64 generation;			/* while it is this, the objects are there */
	struct ipsec_dev *idev;		/* which had no room; NULL: from the first on */
	struct ipsec_peer *peer;	/* likewise */
	struct ipsec_sa *sa;		/* likewise */
	unsigned long sent;		/* objects */
};

struct dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	struct dump_at *at;
	enum ifipsec_cmd cmd;
	struct ipsec_nl_name name;	/* which interfaces */
	unsigned long skip;		/* objects that were sent already */
};

int ipsec_nl_dump_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = DUMP_ALLOC_MIN;
	return 0;
}

static struct dump_at *dump_at(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dump_at) > sizeof(cb->ctx));
	return (struct dump_at *)cb->ctx;
}

/* Begin the message of the next object; NULL: it was sent by an earlier call */
static void *dump_begin(struct dump *d, int *err)
{
	void *hdr;

	*err = 0;
	if (d->skip) {
		d->skip--;
		return NULL;
	}
	hdr = genlmsg_put(d->skb, NETLINK_CB(d->cb->skb).portid,
			  d->cb->nlh->nlmsg_seq, &ipsec_genl_family,
			  NLM_F_MULTI, d->cmd);
	if (hdr)
		genl_dump_check_consistent(d->cb, hdr);
	else
		*err = -EMSGSIZE;
	return hdr;
}

static int dump_end(struct dump *d, void *hdr, int err)
{
	if (err) {
		genlmsg_cancel(d->skb, hdr);
		return err;
	}
	genlmsg_end(d->skb, hdr);
	d->at->sent++;
	return 0;
}

static int dump_dev(struct dump *d, struct ipsec_dev *idev)
{
	int err;
	void *hdr = dump_begin(d, &err);

	return hdr ? dump_end(d, hdr, ipsec_nl_fill_dev(d->skb, idev)) : err;
}

static int dump_peer(struct dump *d, struct ipsec_peer *peer)
{
	int err;
	void *hdr = dump_begin(d, &err);

	return hdr ? dump_end(d, hdr, ipsec_nl_fill_peer(d->skb, peer)) : err;
}

static int dump_sa(struct dump *d, struct ipsec_sa *sa)
{
	int err;
	void *hdr;

	d->at->sa = sa;
	hdr = dump_begin(d, &err);
	return hdr ? dump_end(d, hdr, ipsec_nl_fill_sa(d->skb, sa)) : err;
}

/* The SAs that are sent on, then those that are received on */
static int dump_peer_sas(struct dump *d, struct ipsec_peer *peer)
{
	struct ipsec_sa *tx, *sa = d->at->sa;
	bool in_rx = sa && sa->dir == IFIPSEC_DIR_IN;
	int i, err;

	for (i = sa ? ipsec_slot(sa) : 0; i < IPSEC_SLOTS && !in_rx; i++) {
		tx = ipsec_locked(peer->idev, peer->tx[i]);
		err = tx ? dump_sa(d, tx) : 0;
		if (err)
			return err;
	}
	if (!in_rx)
		sa = list_first_entry(&peer->rx, struct ipsec_sa, node);
	list_for_each_entry_from(sa, &peer->rx, node) {
		err = dump_sa(d, sa);
		if (err)
			return err;
	}
	d->at->sa = NULL;
	return 0;
}

static int dump_peers(struct dump *d, struct ipsec_dev *idev)
{
	struct ipsec_peer *peer = d->at->peer ?:
		list_first_entry(&idev->peers, struct ipsec_peer, node);
	int err;

	list_for_each_entry_from(peer, &idev->peers, node) {
		d->at->peer = peer;
		err = d->cmd == IFIPSEC_CMD_PEER_GET ? dump_peer(d, peer) :
						       dump_peer_sas(d, peer);
		if (err)
			return err;
	}
	d->at->peer = NULL;
	return 0;
}

static int dump_all(struct dump *d, struct ipsec_net *in)
{
	struct ipsec_dev *idev = d->at->idev ?:
		list_first_entry(&in->devs, struct ipsec_dev, node);
	bool found = false;
	int err = 0;

	list_for_each_entry_from(idev, &in->devs, node) {
		if (!ipsec_nl_matches(idev, &d->name))
			continue;
		found = true;
		d->at->idev = idev;
		err = d->cmd == IFIPSEC_CMD_DEV_GET ? dump_dev(d, idev) :
						      dump_peers(d, idev);
		if (err)
			return err;
	}
	d->at->idev = NULL;
	if (found || !d->name.ifname)
		return 0;
	/* not an empty list: the interface that was named is not there */
	NL_SET_ERR_MSG(d->cb->extack,
		       "there is no ipsec interface of that name with its underlay in this namespace");
	return -ENODEV;
}

/*
 * Where to begin.  What a pointer of another generation points to may be freed; and to
 * rename an interface is no change of ours.
 */
static void dump_resume(struct dump *d, struct ipsec_net *in)
{
	struct dump_at *at = d->at;

	if (at->generation != in->generation ||
	    (at->idev && !ipsec_nl_matches(at->idev, &d->name))) {
		at->idev = NULL;
		at->peer = NULL;
		at->sa = NULL;
	}
	at->generation = in->generation;
	if (!at->idev)
		d->skip = at->sent;
}

static int dump(struct sk_buff *skb, struct netlink_callback *cb,
		enum ifipsec_cmd cmd)
{
	struct ipsec_net *in = ipsec_net(sock_net(cb->skb->sk));
	struct dump d = { .skb = skb, .cb = cb, .at = dump_at(cb), .cmd = cmd };
	int err;

	ipsec_nl_name(ipsec_compat_dump_attrs(cb), &d.name);
	mutex_lock(&in->lock);
	cb->seq = in->generation;
	dump_resume(&d, in);
	err = dump_all(&d, in);
	mutex_unlock(&in->lock);
	/* full: the rest in the next call */
	return skb->len ?: err;
}

int ipsec_nl_dev_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, IFIPSEC_CMD_DEV_GET);
}

int ipsec_nl_peer_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, IFIPSEC_CMD_PEER_GET);
}

int ipsec_nl_sa_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, IFIPSEC_CMD_SA_GET);
}

int ipsec_nl_dev_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ipsec_net *in = ipsec_net(genl_info_net(info));
	struct ipsec_dev *idev;
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = ipsec_nl_reply_new(info, ipsec_nl_dev_size(), &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&in->lock);
	idev = ipsec_nl_dev(info);
	err = IS_ERR(idev) ? PTR_ERR(idev) : ipsec_nl_fill_dev(msg, idev);
	mutex_unlock(&in->lock);
	return ipsec_nl_reply_end(info, msg, hdr, err);
}

static u32 alg_flags(const struct ipsec_alg *alg)
{
	bool encr = alg->type == IPSEC_ALG_ENCR;

	return (alg->flags & IPSEC_ALG_INSECURE ? IFIPSEC_ALG_F_INSECURE : 0) |
	       (encr && !alg->icv_len ? IFIPSEC_ALG_F_NEEDS_AUTH : 0) |
	       (!encr && alg->flags & IPSEC_ALG_GMAC ? IFIPSEC_ALG_F_AH_ONLY : 0);
}

static int alg_fill(struct sk_buff *skb, const struct ipsec_alg *alg)
{
	struct nlattr *nest = nla_nest_start(skb, IFIPSEC_A_ALG);
	char driver[CRYPTO_MAX_ALG_NAME];
	unsigned int i;

	if (!nest ||
	    nla_put_u16(skb, alg->type == IPSEC_ALG_ENCR ? IFIPSEC_ALG_A_ENCR :
							   IFIPSEC_ALG_A_AUTH,
			alg->id) ||
	    nla_put_string(skb, IFIPSEC_ALG_A_NAME, alg->name) ||
	    nla_put_u32(skb, IFIPSEC_ALG_A_SALT_BITS, alg->salt_len * 8) ||
	    nla_put_u32(skb, IFIPSEC_ALG_A_IV_LEN, alg->iv_len) ||
	    nla_put_u32(skb, IFIPSEC_ALG_A_ICV_LEN, alg->icv_len) ||
	    nla_put_u32(skb, IFIPSEC_ALG_A_FLAGS, alg_flags(alg)))
		return -EMSGSIZE;
	for (i = 0; i < IPSEC_ALG_KEY_SIZES && alg->key_bits[i]; i++)
		if (nla_put_u32(skb, IFIPSEC_ALG_A_KEY_BITS, alg->key_bits[i]))
			return -EMSGSIZE;
	if (ipsec_suite_alg_driver(alg, driver) &&
	    nla_put_string(skb, IFIPSEC_ALG_A_DRIVER, driver))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int ipsec_nl_alg_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump d = { .skb = skb, .cb = cb, .at = dump_at(cb),
			  .cmd = IFIPSEC_CMD_ALG_GET };
	const struct ipsec_alg *alg;
	int err = 0;
	void *hdr;

	while (!err && (alg = ipsec_alg_at(d.at->sent))) {
		hdr = dump_begin(&d, &err);
		if (hdr)
			err = dump_end(&d, hdr, alg_fill(skb, alg));
	}
	return skb->len ?: err;
}
