/* SPDX-License-Identifier: GPL-2.0-only */
/* netlink.h - the generic netlink family: what its files share. */
#ifndef _IPSEC_NETLINK_H
#define _IPSEC_NETLINK_H

#include <net/genetlink.h>
#include "ipsec.h"

struct ipsec_spi;

extern struct genl_family ipsec_genl_family;

/* Its multicast groups, by their place in the family */
enum ipsec_nl_group {
	IPSEC_NL_EVENTS,
	IPSEC_NL_KEYS,
	IPSEC_NL_AUDIT,
};

/* What an interface is named by in a request */
struct ipsec_nl_name {
	const char *ifname;		/* NULL: any */
	bool has_nsid;
	s32 nsid;
};

/** ipsec_nl_name() - read the interface's name from the attributes of a request */
void ipsec_nl_name(struct nlattr **attrs, struct ipsec_nl_name *name);

/** ipsec_nl_matches() - is it the interface that was named?  ipsec_net.lock held. */
bool ipsec_nl_matches(const struct ipsec_dev *idev,
		      const struct ipsec_nl_name *name);

/**
 * ipsec_nl_dev() - the interface that a request names
 *
 * Context: ipsec_net.lock of the request's namespace held.
 * Return: the interface or ERR_PTR; the sentence is in the extack.
 */
struct ipsec_dev *ipsec_nl_dev(struct genl_info *info);

/**
 * ipsec_nl_peer() - the peer that a request names
 * @tb: attributes of the PEER nest
 *
 * Context and return as ipsec_nl_dev().
 */
struct ipsec_peer *ipsec_nl_peer(struct genl_info *info, struct nlattr **tb);

/** ipsec_nl_peer_nest() - parse the PEER nest where only the name may be given */
int ipsec_nl_peer_nest(struct genl_info *info, struct nlattr **tb);

/**
 * ipsec_nl_refuse() - say why a request is refused
 * @attr: the attribute at fault, or NULL
 * @why: a constant sentence for the user
 *
 * Return: -EINVAL.
 */
int ipsec_nl_refuse(struct genl_info *info, const struct nlattr *attr,
		    const char *why);

/** ipsec_nl_reply_new() - begin the answer to a request; may sleep; or NULL */
struct sk_buff *ipsec_nl_reply_new(struct genl_info *info, size_t size,
				   void **hdr);

/** ipsec_nl_reply_end() - send the answer, or with @err free it and return that */
int ipsec_nl_reply_end(struct genl_info *info, struct sk_buff *msg, void *hdr,
		       int err);

/** ipsec_nl_lock() - the locks of every request that changes something */
struct ipsec_net *ipsec_nl_lock(struct genl_info *info);
void ipsec_nl_unlock(struct ipsec_net *in);

extern const struct nla_policy ipsec_nl_peer_policy[IFIPSEC_PEER_A_MAX + 1];
extern const struct nla_policy ipsec_nl_peer_name_policy[IFIPSEC_PEER_A_MAX + 1];
extern const struct nla_policy ipsec_nl_sa_new_policy[IFIPSEC_SA_A_MAX + 1];
extern const struct nla_policy ipsec_nl_sa_set_policy[IFIPSEC_SA_A_MAX + 1];
extern const struct nla_policy ipsec_nl_sa_id_policy[IFIPSEC_SA_A_MAX + 1];
extern const struct nla_policy ipsec_nl_spi_policy[IFIPSEC_SA_A_MAX + 1];
extern const struct nla_policy ipsec_nl_dummy_policy[IFIPSEC_DUMMY_A_MAX + 1];

/* netlink_dump.c: the _GET commands */
int ipsec_nl_dev_get(struct sk_buff *skb, struct genl_info *info);
int ipsec_nl_dump_start(struct netlink_callback *cb);
int ipsec_nl_dev_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ipsec_nl_peer_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ipsec_nl_sa_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ipsec_nl_alg_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* netlink_peer.c */
int ipsec_nl_peer_new(struct sk_buff *skb, struct genl_info *info);
int ipsec_nl_peer_set(struct sk_buff *skb, struct genl_info *info);
int ipsec_nl_peer_get(struct sk_buff *skb, struct genl_info *info);
int ipsec_nl_peer_del(struct sk_buff *skb, struct genl_info *info);

/* netlink_sa.c */
int ipsec_nl_sa_new(struct sk_buff *skb, struct genl_info *info);
int ipsec_nl_sa_set(struct sk_buff *skb, struct genl_info *info);
int ipsec_nl_sa_get(struct sk_buff *skb, struct genl_info *info);
int ipsec_nl_sa_del(struct sk_buff *skb, struct genl_info *info);
int ipsec_nl_sa_dummy(struct sk_buff *skb, struct genl_info *info);
int ipsec_nl_flush(struct sk_buff *skb, struct genl_info *info);

/* netlink_spi.c */
int ipsec_nl_spi_alloc(struct sk_buff *skb, struct genl_info *info);

/*
 * netlink_fill.c: an object as a message.  ipsec_net.lock held; 0 or -EMSGSIZE.
 * The _size functions give an upper bound for the whole message.
 */
int ipsec_nl_fill_dev(struct sk_buff *skb, struct ipsec_dev *idev);
int ipsec_nl_fill_peer(struct sk_buff *skb, struct ipsec_peer *peer);
int ipsec_nl_fill_sa(struct sk_buff *skb, struct ipsec_sa *sa);
int ipsec_nl_fill_spi(struct sk_buff *skb, const struct ipsec_spi *spi);
int ipsec_nl_put_addr(struct sk_buff *skb, int attr,
		      const struct ipsec_addr *addr);
size_t ipsec_nl_dev_size(void);
size_t ipsec_nl_peer_size(const struct ipsec_peer *peer);
size_t ipsec_nl_sa_size(void);

/* Names, for any message: no lock needed, softirq is fine */
int ipsec_nl_fill_name(struct sk_buff *skb, const struct ipsec_dev *idev);
int ipsec_nl_fill_peer_name(struct sk_buff *skb, const struct ipsec_peer *peer);
size_t ipsec_nl_name_size(void);

int ipsec_netlink_init(void);
void ipsec_netlink_exit(void);

#endif /* _IPSEC_NETLINK_H */
