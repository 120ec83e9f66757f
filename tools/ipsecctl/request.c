// SPDX-License-Identifier: MIT
/*
 * request.c - structs into requests to the kernel.
 *
 * A put_ function returns 0 or a negative number: there was no room.
 */
#include <arpa/inet.h>
#include <linux/if_ipsec.h>
#include <netlink/attr.h>
#include <stdio.h>

#include "../lib/names.h"
#include "request.h"

/*
 * A selector is a nest (4) of an address (4 + 16) and a length (4 + 4); the
 * rest of the largest request, a peer, is far below the second number.
 */
#define MESSAGE_SIZE	(PARSE_SELECTORS_MAX * 32 + 4096)

static struct nl_msg *begin(struct netlink *nl, uint8_t cmd, int flags)
{
	return netlink_genl_message(nl, cmd, IFIPSEC_GENL_VERSION, flags,
				    MESSAGE_SIZE);
}

/* The message, or NULL with a sentence when something could not be put in */
static struct nl_msg *finish(struct netlink *nl, struct nl_msg *msg, int err)
{
	if (msg && !err)
		return msg;
	snprintf(nl->error, sizeof(nl->error), "%s",
		 msg ? "the request does not fit a message" : "out of memory");
	netlink_message_free(msg);
	return NULL;
}

static int put_dev(struct nl_msg *msg, const struct target *target)
{
	int err = 0;

	if (target->ifname)
		err = nla_put_string(msg, IFIPSEC_A_IFNAME, target->ifname);
	if (!err && target->has_netnsid)
		err = nla_put_s32(msg, IFIPSEC_A_NETNSID, target->netnsid);
	return err;
}

/* The interface, and the name of the peer where there is one */
static int put_target(struct nl_msg *msg, const struct target *target)
{
	struct nlattr *nest;
	int err = put_dev(msg, target);

	if (err || !target->peer)
		return err;
	nest = nla_nest_start(msg, IFIPSEC_A_PEER);
	if (!nest || nla_put_string(msg, IFIPSEC_PEER_A_NAME, target->peer))
		return -1;
	return nla_nest_end_keep_empty(msg, nest);
}

static int put_addr(struct nl_msg *msg, int type, const struct addr *addr)
{
	return nla_put(msg, type, addr->len, addr->bytes);
}

static int put_selectors(struct nl_msg *msg, const struct peer_args *args)
{
	struct nlattr *nest = nla_nest_start(msg, IFIPSEC_PEER_A_SELECTORS);

	for (size_t i = 0; nest && i < args->n_selectors; i++) {
		const struct prefix *prefix = &args->selectors[i];
		struct nlattr *item = nla_nest_start(msg,
						     IFIPSEC_SELECTORS_A_ITEM);

		if (!item ||
		    put_addr(msg, IFIPSEC_SELECTOR_A_ADDR, &prefix->addr) ||
		    nla_put_u8(msg, IFIPSEC_SELECTOR_A_PREFIXLEN, prefix->bits))
			return -1;
		nla_nest_end_keep_empty(msg, item);
	}
	return nest ? nla_nest_end_keep_empty(msg, nest) : -1;
}

/* How the packets pass a NAT */
static int put_nat(struct nl_msg *msg, const struct peer_args *args)
{
	int err = 0;

	if (args->has_encap)
		err = nla_put_u16(msg, IFIPSEC_PEER_A_ENCAP_LOCAL,
				  args->encap_local);
	if (!err && args->has_encap)
		err = nla_put_u16(msg, IFIPSEC_PEER_A_ENCAP_REMOTE,
				  args->encap_remote);
	if (!err && args->has_keepalive)
		err = nla_put_u32(msg, IFIPSEC_PEER_A_KEEPALIVE,
				  args->keepalive);
	return err;
}

static int put_peer(struct nl_msg *msg, const struct peer_args *args)
{
	struct nlattr *nest = nla_nest_start(msg, IFIPSEC_A_PEER);
	int err;

	if (!nest)
		return -1;
	err = nla_put_string(msg, IFIPSEC_PEER_A_NAME, args->target.peer);
	if (!err && args->has_remote)
		err = put_addr(msg, IFIPSEC_PEER_A_REMOTE, &args->remote);
	if (!err && args->has_local)
		err = put_addr(msg, IFIPSEC_PEER_A_LOCAL, &args->local);
	if (!err && args->n_selectors)
		err = put_selectors(msg, args);
	if (!err && args->protect)
		err = nla_put_u8(msg, IFIPSEC_PEER_A_PROTECT, args->protect);
	if (!err)
		err = put_nat(msg, args);
	return err ? err : nla_nest_end_keep_empty(msg, nest);
}

/* What names an SA, and the number to set where there is one */
static int put_sa_id(struct nl_msg *msg, const struct sa_args *args)
{
	int err;

	err = nla_put_u8(msg, IFIPSEC_SA_A_DIR, args->dir);
	if (!err)
		err = nla_put_u32(msg, IFIPSEC_SA_A_SPI, htonl(args->spi));
	if (!err && args->proto)
		err = nla_put_u8(msg, IFIPSEC_SA_A_PROTO, args->proto);
	if (!err && args->has_seq)
		err = nla_put_u64(msg, IFIPSEC_SA_A_SEQ, args->seq);
	return err;
}

static int put_sa(struct nl_msg *msg, const struct sa_args *args)
{
	struct nlattr *nest = nla_nest_start(msg, IFIPSEC_A_SA);

	if (!nest || put_sa_id(msg, args))
		return -1;
	return nla_nest_end_keep_empty(msg, nest);
}

/* An algorithm and its key, of which either may be absent */
static int put_alg(struct nl_msg *msg, int alg_type, uint16_t alg,
		   int key_type, const struct key *key)
{
	int err = 0;

	if (alg)
		err = nla_put_u16(msg, alg_type, alg);
	if (!err && key->len)
		err = nla_put(msg, key_type, key->len, key->bytes);
	return err;
}

/* The limits that there are; without any there is no nest */
static int put_life(struct nl_msg *msg, const struct sa_args *args)
{
	struct nlattr *nest = nla_nest_start(msg, IFIPSEC_SA_A_LIFE);

	if (!nest)
		return -1;
	for_each_life(attr) {
		if (args->life[attr] &&
		    nla_put_u64(msg, attr, args->life[attr]))
			return -1;
	}
	return nla_nest_end(msg, nest);
}

static int put_sa_new(struct nl_msg *msg, const struct sa_args *args,
		      const struct sa_keys *keys)
{
	struct nlattr *nest = nla_nest_start(msg, IFIPSEC_A_SA);
	int err = 0;

	if (!nest || put_sa_id(msg, args))
		return -1;
	if (args->mode)
		err = nla_put_u8(msg, IFIPSEC_SA_A_MODE, args->mode);
	if (!err)
		err = put_alg(msg, IFIPSEC_SA_A_ENCR, args->encr,
			      IFIPSEC_SA_A_KEY, &keys->encr);
	if (!err)
		err = put_alg(msg, IFIPSEC_SA_A_AUTH, args->auth,
			      IFIPSEC_SA_A_AUTH_KEY, &keys->auth);
	if (!err)
		err = nla_put_u32(msg, IFIPSEC_SA_A_FLAGS, args->flags);
	if (!err && args->has_replay_window)
		err = nla_put_u32(msg, IFIPSEC_SA_A_REPLAY_WINDOW,
				  args->replay_window);
	if (!err && args->has_tfc)
		err = nla_put_u32(msg, IFIPSEC_SA_A_TFC, args->tfc);
	if (!err)
		err = put_life(msg, args);
	return err ? err : nla_nest_end_keep_empty(msg, nest);
}

/* About an interface, or all, whatever peer is meant */
struct nl_msg *request_dev(struct netlink *nl, uint8_t cmd,
			   const struct target *target)
{
	struct nl_msg *msg = begin(nl, cmd, 0);

	return finish(nl, msg, msg ? put_dev(msg, target) : 0);
}

struct nl_msg *request_target(struct netlink *nl, uint8_t cmd,
			      const struct target *target)
{
	struct nl_msg *msg = begin(nl, cmd, 0);

	return finish(nl, msg, msg ? put_target(msg, target) : 0);
}

struct nl_msg *request_peer(struct netlink *nl, uint8_t cmd,
			    const struct peer_args *args)
{
	struct nl_msg *msg = begin(nl, cmd, 0);
	int err = 0;

	if (msg)
		err = put_dev(msg, &args->target);
	if (msg && !err)
		err = put_peer(msg, args);
	return finish(nl, msg, err);
}

struct nl_msg *request_sa_new(struct netlink *nl, uint8_t cmd,
			      const struct sa_args *args,
			      const struct sa_keys *keys)
{
	struct nl_msg *msg = begin(nl, cmd, 0);
	int err = 0;

	if (msg)
		err = put_target(msg, &args->target);
	if (msg && !err)
		err = put_sa_new(msg, args, keys);
	return finish(nl, msg, err);
}

struct nl_msg *request_sa(struct netlink *nl, uint8_t cmd,
			  const struct sa_args *args)
{
	struct nl_msg *msg = begin(nl, cmd, 0);
	int err = 0;

	if (msg)
		err = put_target(msg, &args->target);
	if (msg && !err)
		err = put_sa(msg, args);
	return finish(nl, msg, err);
}

static int put_spi(struct nl_msg *msg, const struct spi_args *args)
{
	struct nlattr *nest = nla_nest_start(msg, IFIPSEC_A_SA);
	int err = 0;

	if (!nest)
		return -1;
	if (args->proto)
		err = nla_put_u8(msg, IFIPSEC_SA_A_PROTO, args->proto);
	if (!err && args->has_min)
		err = nla_put_u32(msg, IFIPSEC_SA_A_SPI_MIN, htonl(args->min));
	if (!err && args->has_max)
		err = nla_put_u32(msg, IFIPSEC_SA_A_SPI_MAX, htonl(args->max));
	return err ? err : nla_nest_end_keep_empty(msg, nest);
}

struct nl_msg *request_spi(struct netlink *nl, const struct spi_args *args)
{
	struct nl_msg *msg = begin(nl, IFIPSEC_CMD_SPI_ALLOC, 0);
	int err = 0;

	if (msg)
		err = put_target(msg, &args->target);
	if (msg && !err)
		err = put_spi(msg, args);
	return finish(nl, msg, err);
}

/* How many dummy packets, and how long: what is not given, the kernel knows */
static int put_dummy(struct nl_msg *msg, const struct dummy_args *args)
{
	struct nlattr *nest = nla_nest_start(msg, IFIPSEC_A_DUMMY);
	int err = nest ? 0 : -1;

	if (!err && args->has_count)
		err = nla_put_u32(msg, IFIPSEC_DUMMY_A_COUNT, args->count);
	if (!err && args->has_length)
		err = nla_put_u32(msg, IFIPSEC_DUMMY_A_LEN, args->length);
	return err ? err : nla_nest_end(msg, nest);
}

struct nl_msg *request_dummy(struct netlink *nl, const struct dummy_args *args)
{
	struct nl_msg *msg = begin(nl, IFIPSEC_CMD_SA_DUMMY, 0);
	int err = 0;

	if (msg)
		err = put_target(msg, &args->target);
	if (msg && !err)
		err = put_dummy(msg, args);
	return finish(nl, msg, err);
}

struct nl_msg *request_flush(struct netlink *nl, const struct flush_args *args)
{
	struct nl_msg *msg = begin(nl, IFIPSEC_CMD_FLUSH, 0);
	int err = 0;

	if (msg)
		err = put_dev(msg, &args->target);
	if (msg && !err)
		err = nla_put_u32(msg, IFIPSEC_A_FLUSH, args->what);
	return finish(nl, msg, err);
}
