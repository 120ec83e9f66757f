// SPDX-License-Identifier: MIT
/*
 * print_json.c - objects as JSON, whose names and types ipsecctl(8) promises.
 */
#include <json-c/json.h>
#include <string.h>

#include "../lib/names.h"
#include "../lib/safe.h"
#include "print.h"

static void add(json_object *object, const char *name, json_object *value)
{
	json_object_object_add(object, name, value);
}

static void add_uint(json_object *object, const char *name, uint64_t value)
{
	add(object, name, json_object_new_uint64(value));
}

static void add_bool(json_object *object, const char *name, bool value)
{
	add(object, name, json_object_new_boolean(value));
}

/* JSON must be UTF-8, and names may be any bytes */
static void add_text(json_object *object, const char *name, const char *text)
{
	struct safe_text safe;

	add(object, name, json_object_new_string(safe_text(text, &safe)));
}

static void add_text_or_null(json_object *object, const char *name,
			     const char *text)
{
	if (text[0])
		add_text(object, name, text);
	else
		add(object, name, NULL);
}

/* A number, or @word where it is @special */
static void add_uint_or_word(json_object *object, const char *name,
			     uint32_t value, uint32_t special,
			     const char *word)
{
	if (value == special)
		add_text(object, name, word);
	else
		add_uint(object, name, value);
}

static void add_spi(json_object *object, const char *name, uint32_t spi)
{
	char buf[16];

	snprintf(buf, sizeof(buf), "0x%08x", spi);
	add_text(object, name, buf);
}

static void add_addr(json_object *object, const char *name,
		     const struct addr *addr)
{
	char buf[ADDR_TEXT_MAX];

	if (addr->len)
		add_text(object, name, addr_text(addr, buf));
}

static void add_home(json_object *object, const struct home *home)
{
	add_text(object, "ifname", home->ifname);
	add_uint(object, "ifindex", home->ifindex);
	if (home->has_netnsid)
		add(object, "netnsid", json_object_new_int(home->netnsid));
}

static void add_stats(json_object *object, const struct stats *stats)
{
	json_object *inner = json_object_new_object();
	json_object *drops = json_object_new_object();
	char buf[NAME_TEXT_MAX];

	add_uint(inner, "rx_packets", stats->rx_packets);
	add_uint(inner, "rx_bytes", stats->rx_bytes);
	add_uint(inner, "tx_packets", stats->tx_packets);
	add_uint(inner, "tx_bytes", stats->tx_bytes);
	for (size_t i = 0; i < stats->n_drops; i++)
		add_uint(drops, name_drop(stats->drops[i].reason, buf),
			 stats->drops[i].packets);
	add(inner, "drops", drops);
	add(object, "stats", inner);
}

/* How the outer headers are made */
static void add_outer(json_object *object, const struct dev *dev)
{
	char buf[NAME_TEXT_MAX];

	add_text(object, "df", name_df(dev->df, buf));
	add_uint_or_word(object, "dscp", dev->dscp, IFIPSEC_DSCP_COPY, "copy");
	add_bool(object, "decap_dscp", dev->decap_dscp);
	add_uint_or_word(object, "ttl", dev->ttl, 0, "auto");
	add_uint_or_word(object, "flowlabel", dev->flowlabel,
			 IFIPSEC_FLOWLABEL_AUTO, "auto");
}

static void add_dev(json_object *object, const struct dev *dev)
{
	char buf[NAME_TEXT_MAX];

	add_home(object, &dev->home);
	add_text_or_null(object, "link", dev->link_name);
	add_uint(object, "fwmark", dev->fwmark);
	add_uint(object, "mtu", dev->mtu);
	add_bool(object, "mtu_auto", dev->mtu_auto);
	add_text(object, "operstate", name_operstate(dev->operstate, buf));
	add_uint(object, "peer_count", dev->peers);
	add_uint(object, "sa_count", dev->sas);
	add_outer(object, dev);
	add_bool(object, "spread", dev->spread);
	add_stats(object, &dev->stats);
}

/* How the packets pass a NAT */
static void add_nat(json_object *object, const struct peer *peer)
{
	json_object *encap = NULL;

	if (peer->encap_local || peer->encap_remote) {
		encap = json_object_new_object();
		add_uint(encap, "local", peer->encap_local);
		add_uint(encap, "remote", peer->encap_remote);
	}
	add(object, "encap", encap);
	add_uint(object, "keepalive", peer->keepalive);
}

/* What a peer is, without the interface it belongs to */
static void add_peer(json_object *object, const struct peer *peer)
{
	json_object *selectors = json_object_new_array();
	char buf[PREFIX_TEXT_MAX], name[NAME_TEXT_MAX];

	add_text(object, "name", peer->name);
	add_addr(object, "remote", &peer->remote);
	add_addr(object, "local", &peer->local);
	for (size_t i = 0; i < peer->n_selectors; i++)
		json_object_array_add(selectors, json_object_new_string(
				      prefix_text(&peer->selectors[i], buf)));
	add(object, "selectors", selectors);
	add_text(object, "protect", name_protect(peer->protect, name));
	add_nat(object, peer);
	add(object, "mtu", peer->mtu ? json_object_new_uint64(peer->mtu) : NULL);
	if (peer->has_tx_spi)
		add_spi(object, "tx_spi", peer->tx_spi);
	if (peer->has_tx_ah_spi)
		add_spi(object, "tx_ah_spi", peer->tx_ah_spi);
	add_uint(object, "rx_sas", peer->rx_sas);
	add_uint(object, "held", peer->held);
}

/* "soft_bytes" is called "soft-bytes" where it is set */
static void add_life(json_object *object, const struct sa *sa)
{
	json_object *life = json_object_new_object();
	char buf[NAME_TEXT_MAX], key[NAME_TEXT_MAX];

	for_each_life(attr) {
		snprintf(key, sizeof(key), "%s", name_life(attr, buf));
		for (char *dash = key; (dash = strchr(dash, '-')); )
			*dash = '_';
		add_uint(life, key, sa->life[attr]);
	}
	add(object, "life", life);
}

static void add_limits_met(json_object *object, const struct sa *sa)
{
	json_object *met = json_object_new_array();
	char buf[NAME_TEXT_MAX];

	for (uint32_t limit = 0; limit < 32; limit++) {
		if (sa->limits_met & 1U << limit)
			json_object_array_add(met, json_object_new_string(
					      name_expire(limit, buf)));
	}
	add(object, "limits_met", met);
}

/* What an SA is, without the peer it belongs to */
static void add_sa(json_object *object, const struct sa *sa)
{
	char buf[NAME_TEXT_MAX];

	add_text(object, "dir", name_dir(sa->dir, buf));
	add_spi(object, "spi", sa->spi);
	add_text(object, "proto", name_proto(sa->proto, buf));
	add_text(object, "mode", name_mode(sa->mode, buf));
	add_text_or_null(object, "encr",
			 sa->encr ? name_encr(sa->encr, buf) : "");
	add_uint(object, "key_bits", sa->key_bits);
	add_text_or_null(object, "auth",
			 sa->auth ? name_auth(sa->auth, buf) : "");
	add_bool(object, "esn", sa->flags & IFIPSEC_SA_F_ESN);
	add_bool(object, "insecure", sa->flags & IFIPSEC_SA_F_INSECURE);
	add_bool(object, "ah_align8", sa->flags & IFIPSEC_SA_F_AH_ALIGN8);
	if (sa->dir == IFIPSEC_DIR_IN)
		add_uint(object, "replay_window", sa->replay_window);
	if (sa->dir == IFIPSEC_DIR_OUT)
		add_uint(object, "tfc", sa->tfc);
	add_uint(object, "seq", sa->seq);
	add_life(object, sa);
	add_uint(object, "age", sa->age);
	add_limits_met(object, sa);
	add_text_or_null(object, "driver", sa->driver);
	add_stats(object, &sa->stats);
}

/* A list for a reader */
static void finish(FILE *out, json_object *root)
{
	const int flags = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			  JSON_C_TO_STRING_NOSLASHESCAPE;

	fputs(json_object_to_json_string_ext(root, flags), out);
	fputc('\n', out);
	json_object_put(root);
}

/* A line of a stream */
static void finish_line(FILE *out, json_object *root)
{
	const int flags = JSON_C_TO_STRING_PLAIN |
			  JSON_C_TO_STRING_NOSLASHESCAPE;

	fputs(json_object_to_json_string_ext(root, flags), out);
	fputc('\n', out);
	json_object_put(root);
}

static json_object *sas_of_peer(const struct sa *sas, size_t n)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		json_object *object = json_object_new_object();

		add_sa(object, &sas[i]);
		json_object_array_add(array, object);
	}
	return array;
}

/* The peers of @home; @peer and @sa advance behind them in the sorted lists */
static json_object *peers_of_dev(const struct overview *overview,
				 const struct home *home, size_t *peer,
				 size_t *sa)
{
	json_object *array = json_object_new_array();
	size_t end;

	*peer = print_skip_peers(&overview->peers, *peer, home);
	end = *peer + print_peers_of(&overview->peers, *peer, home);
	for (; *peer < end; (*peer)++) {
		const struct peer *p = &overview->peers.items[*peer];
		json_object *object = json_object_new_object();
		size_t n;

		add_peer(object, p);
		*sa = print_skip_sas(&overview->sas, *sa, p);
		n = print_sas_of(&overview->sas, *sa, p);
		add(object, "sas", sas_of_peer(overview->sas.items + *sa, n));
		*sa += n;
		json_object_array_add(array, object);
	}
	return array;
}

static void json_overview(FILE *out, const struct overview *overview)
{
	json_object *root = json_object_new_object();
	json_object *array = json_object_new_array();
	size_t peer = 0, sa = 0;

	for (size_t i = 0; i < overview->devs.n; i++) {
		const struct dev *dev = &overview->devs.items[i];
		json_object *object = json_object_new_object();

		add_dev(object, dev);
		add(object, "peers",
		    peers_of_dev(overview, &dev->home, &peer, &sa));
		json_object_array_add(array, object);
	}
	add(root, "interfaces", array);
	finish(out, root);
}

static void json_devs(FILE *out, const struct dev_list *list)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->n; i++) {
		json_object *object = json_object_new_object();

		add_dev(object, &list->items[i]);
		json_object_array_add(array, object);
	}
	finish(out, array);
}

static void json_peers(FILE *out, const struct peer_list *list)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->n; i++) {
		json_object *object = json_object_new_object();

		add_home(object, &list->items[i].home);
		add_peer(object, &list->items[i]);
		json_object_array_add(array, object);
	}
	finish(out, array);
}

static void add_sa_with_peer(json_object *object, const struct sa *sa)
{
	add_home(object, &sa->home);
	add_text(object, "peer", sa->peer);
	add_sa(object, sa);
}

static void json_sas(FILE *out, const struct sa_list *list)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->n; i++) {
		json_object *object = json_object_new_object();

		add_sa_with_peer(object, &list->items[i]);
		json_object_array_add(array, object);
	}
	finish(out, array);
}

/* The member that holds the name is called as the type */
static void add_alg(json_object *object, const struct alg *alg)
{
	const char *type = alg->auth ? "auth" : "encr";
	json_object *sizes = json_object_new_array();

	add_text(object, "type", type);
	add_text(object, type, alg->name);
	add_uint(object, "number", alg->auth ? alg->auth : alg->encr);
	for (size_t i = 0; i < alg->n_key_bits; i++)
		json_object_array_add(sizes, json_object_new_uint64(
				      alg->key_bits[i]));
	add(object, "key_bits", sizes);
	add_uint(object, "salt_bits", alg->salt_bits);
	add_uint(object, "iv_len", alg->iv_len);
	add_uint(object, "icv_len", alg->icv_len);
	add_bool(object, "insecure", alg->flags & IFIPSEC_ALG_F_INSECURE);
	add_bool(object, "needs_auth", alg->flags & IFIPSEC_ALG_F_NEEDS_AUTH);
	add_bool(object, "ah_only", alg->flags & IFIPSEC_ALG_F_AH_ONLY);
	add_text_or_null(object, "driver", alg->driver);
}

static void json_algs(FILE *out, const struct alg_list *list)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->n; i++) {
		json_object *object = json_object_new_object();

		add_alg(object, &list->items[i]);
		json_object_array_add(array, object);
	}
	finish(out, array);
}

static void json_spi(FILE *out, const struct spi *spi)
{
	json_object *object = json_object_new_object();
	char buf[NAME_TEXT_MAX];

	add_home(object, &spi->home);
	add_text(object, "peer", spi->peer);
	add_spi(object, "spi", spi->spi);
	add_text(object, "proto", name_proto(spi->proto, buf));
	add_uint(object, "seconds", spi->seconds);
	finish(out, object);
}

static json_object *stamped(const struct timespec *when, const char *event)
{
	json_object *object = json_object_new_object();
	char stamp[TIMESTAMP_MAX];

	add_text(object, "timestamp", print_timestamp(when, stamp));
	add_text(object, "event", event);
	return object;
}

static void add_acquire(json_object *object, const struct acquire *acquire)
{
	json_object *inner = json_object_new_object();

	add_addr(inner, "src", &acquire->src);
	add_addr(inner, "dst", &acquire->dst);
	add_uint(inner, "proto", acquire->proto);
	add(object, "acquire", inner);
}

static void add_mapping(json_object *object, const struct mapping *mapping)
{
	json_object *inner = json_object_new_object();

	add_addr(inner, "addr", &mapping->addr);
	add_uint(inner, "port", mapping->port);
	add(object, "mapping", inner);
}

static void add_addrs(json_object *object, const char *name,
		      const struct addr *src, const struct addr *dst,
		      const uint8_t *proto)
{
	json_object *inner;

	if (!dst->len)
		return;
	inner = json_object_new_object();
	add_addr(inner, "src", src);
	add_addr(inner, "dst", dst);
	if (proto)
		add_uint(inner, "proto", *proto);
	add(object, name, inner);
}

static void add_audit(json_object *object, const struct audit *audit)
{
	char buf[NAME_TEXT_MAX];

	if (audit->home.ifname[0])
		add_home(object, &audit->home);
	if (audit->peer[0])
		add_text(object, "peer", audit->peer);
	add_text(object, "reason",
		 name_audit(audit->unknown_spi, audit->reason, buf));
	if (audit->dir)
		add_text(object, "dir", name_dir(audit->dir, buf));
	if (audit->proto) {
		add_spi(object, "spi", audit->spi);
		add_text(object, "proto", name_proto(audit->proto, buf));
	}
	if (audit->seq)
		add_uint(object, "seq", audit->seq);
	add_addrs(object, "outer", &audit->outer_src, &audit->outer_dst, NULL);
	add_addrs(object, "inner", &audit->inner_src, &audit->inner_dst,
		  &audit->inner_proto);
	if (audit->has_flowlabel)
		add_uint(object, "flowlabel", audit->flowlabel);
	add_uint(object, "packets", audit->count);
}

static void json_event(FILE *out, const struct timespec *when,
		       const struct event *event)
{
	char buf[NAME_TEXT_MAX];
	json_object *object = stamped(when, name_event(event->cmd, buf));

	switch (event->kind) {
	case OBJECT_DEV:
		add_dev(object, &event->dev);
		break;
	case OBJECT_PEER:
		add_home(object, &event->peer.home);
		add_peer(object, &event->peer);
		break;
	case OBJECT_SA:
		add_sa_with_peer(object, &event->sa);
		break;
	case OBJECT_AUDIT:
		add_audit(object, &event->audit);
		break;
	}
	if (event->expire)
		add_text(object, "expire", name_expire(event->expire, buf));
	if (event->cmd == IFIPSEC_CMD_PEER_ACQUIRE_NTF)
		add_acquire(object, &event->acquire);
	if (event->cmd == IFIPSEC_CMD_SA_MAPPING_NTF)
		add_mapping(object, &event->mapping);
	finish_line(out, object);
}

static void json_notice(FILE *out, const struct timespec *when,
			const char *what)
{
	finish_line(out, stamped(when, what));
}

const struct printer printer_json = {
	.overview = json_overview,
	.devs = json_devs,
	.peers = json_peers,
	.sas = json_sas,
	.algs = json_algs,
	.spi = json_spi,
	.event = json_event,
	.notice = json_notice,
};
