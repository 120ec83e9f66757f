// SPDX-License-Identifier: MIT
/*
 * print_human.c - objects for people: what is wrong must catch the eye.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>

#include "../lib/names.h"
#include "../lib/safe.h"
#include "print.h"

#define SELECTORS_SHOWN	8	/* of a peer in the overview */

static void print_text(FILE *out, const char *text)
{
	struct safe_text safe;

	fputs(safe_text(text, &safe), out);
}

static void print_home(FILE *out, const struct home *home)
{
	print_text(out, home->ifname);
	if (home->has_netnsid)
		fprintf(out, " (netnsid %d)", home->netnsid);
}

/* A fact of a list, behind *@joint, which is a comma from then on */
__attribute__((format(printf, 3, 4)))
static void print_fact(FILE *out, const char **joint, const char *format, ...)
{
	va_list args;

	fputs(*joint, out);
	*joint = ", ";
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
}

/* "1536 bytes (1.5 KiB)" */
static void print_bytes(FILE *out, uint64_t bytes)
{
	static const char *const units[] = {
		"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"
	};
	double scaled = bytes / 1024.0;
	size_t unit = 0;

	fprintf(out, "%" PRIu64 " byte%s", bytes, bytes == 1 ? "" : "s");
	if (bytes < 1024)
		return;
	for (; scaled >= 1024 && unit < 5; unit++)
		scaled /= 1024;
	fprintf(out, " (%.1f %s)", scaled, units[unit]);
}

static void print_traffic(FILE *out, const char *indent, const char *verb,
			  uint64_t packets, uint64_t bytes)
{
	fprintf(out, "%s%-8s %" PRIu64 " packet%s, ", indent, verb, packets,
		packets == 1 ? "" : "s");
	print_bytes(out, bytes);
	fputc('\n', out);
}

static void print_drops(FILE *out, const char *indent,
			const struct stats *stats)
{
	char buf[NAME_TEXT_MAX];

	for (size_t i = 0; i < stats->n_drops; i++) {
		const struct drop *drop = &stats->drops[i];

		fprintf(out, "%sdropped  %" PRIu64 " %s: %s\n", indent,
			drop->packets, name_drop(drop->reason, buf),
			name_drop_text(drop->reason));
	}
}

/* @why: what follows the state */
static void print_dev_facts(FILE *out, const struct dev *dev, const char *why)
{
	char buf[NAME_TEXT_MAX];

	fprintf(out, "%s%s, mtu %u%s", name_operstate(dev->operstate, buf),
		why, dev->mtu, dev->mtu_auto ? " (auto)" : "");
	if (dev->link) {
		fputs(", link ", out);
		print_text(out, dev->link_name);
	}
	if (dev->fwmark)
		fprintf(out, ", fwmark %#x", dev->fwmark);
	if (!dev->spread)
		fputs(", spread off", out);
}

/* How the outer headers are made, where that is not the default */
static void print_outer(FILE *out, const char **joint, const struct dev *dev)
{
	char buf[NAME_TEXT_MAX];

	if (dev->df != IFIPSEC_DF_COPY)
		print_fact(out, joint, "df %s", name_df(dev->df, buf));
	if (dev->dscp != IFIPSEC_DSCP_COPY)
		print_fact(out, joint, "dscp %u", dev->dscp);
	if (dev->decap_dscp)
		print_fact(out, joint, "decap-dscp on");
	if (dev->ttl)
		print_fact(out, joint, "ttl %u", dev->ttl);
	if (dev->flowlabel == IFIPSEC_FLOWLABEL_AUTO)
		print_fact(out, joint, "flowlabel auto");
	else if (dev->flowlabel)
		print_fact(out, joint, "flowlabel 0x%05x", dev->flowlabel);
}

static void print_outer_line(FILE *out, const struct dev *dev)
{
	const char *const begin = "  outer headers: ";
	const char *joint = begin;

	print_outer(out, &joint, dev);
	if (joint != begin)
		fputc('\n', out);
}

static void print_dev(FILE *out, const struct dev *dev)
{
	print_home(out, &dev->home);
	fputs(": ", out);
	print_dev_facts(out, dev, name_operstate_text(dev->operstate));
	fprintf(out, ", %u peer%s, %u SA%s\n", dev->peers,
		dev->peers == 1 ? "" : "s", dev->sas, dev->sas == 1 ? "" : "s");
	print_outer_line(out, dev);
	print_traffic(out, "  ", "received", dev->stats.rx_packets,
		      dev->stats.rx_bytes);
	print_traffic(out, "  ", "sent", dev->stats.tx_packets,
		      dev->stats.tx_bytes);
	print_drops(out, "  ", &dev->stats);
}

static void print_nat(FILE *out, const struct peer *peer)
{
	if (peer->encap_local || peer->encap_remote)
		fprintf(out, ", in UDP, ports %u to %u", peer->encap_local,
			peer->encap_remote);
	if (peer->keepalive)
		fprintf(out, ", keepalive %u s", peer->keepalive);
}

static void print_peer_facts(FILE *out, const struct peer *peer)
{
	char buf[ADDR_TEXT_MAX], name[NAME_TEXT_MAX];

	fprintf(out, "remote %s", addr_text(&peer->remote, buf));
	if (peer->local.len)
		fprintf(out, ", local %s", addr_text(&peer->local, buf));
	if (peer->mtu)
		fprintf(out, ", mtu %u", peer->mtu);
	if (peer->protect != IFIPSEC_PROTECT_ESP)
		fprintf(out, ", protect %s",
			name_protect(peer->protect, name));
	print_nat(out, peer);
}

/* At most @max of the selectors, 0 for all */
static void print_selectors(FILE *out, const char *indent,
			    const struct peer *peer, size_t max)
{
	size_t n = max && peer->n_selectors > max ? max : peer->n_selectors;
	char buf[PREFIX_TEXT_MAX];

	fprintf(out, "%sbehind it: ", indent);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%s", i ? ", " : "",
			prefix_text(&peer->selectors[i], buf));
	if (n < peer->n_selectors)
		fprintf(out, " and %zu more (see: ipsecctl peer show)",
			peer->n_selectors - n);
	fputs(peer->n_selectors ? "\n" : "nothing\n", out);
}

/* @proto: the protocol and a space, or nothing for ESP */
static void print_tx_sa(FILE *out, const char *proto, bool is_there,
			uint32_t spi)
{
	if (is_there)
		fprintf(out, "sends on %s0x%08x, ", proto, spi);
	else
		fprintf(out, "no %sSA to send on, ", proto);
}

static void print_tx_sas(FILE *out, const struct peer *peer)
{
	if (peer->protect & IFIPSEC_PROTECT_ESP || peer->has_tx_spi)
		print_tx_sa(out, "", peer->has_tx_spi, peer->tx_spi);
	if (peer->protect & IFIPSEC_PROTECT_AH || peer->has_tx_ah_spi)
		print_tx_sa(out, "ah ", peer->has_tx_ah_spi, peer->tx_ah_spi);
}

static void print_held(FILE *out, const char *indent, const struct peer *peer)
{
	if (peer->held)
		fprintf(out, "%s%u packet%s for an SA\n", indent, peer->held,
			peer->held == 1 ? " waits" : "s wait");
}

static void print_peer(FILE *out, const struct peer *peer)
{
	print_home(out, &peer->home);
	fputc(' ', out);
	print_text(out, peer->name);
	fputs(": ", out);
	print_peer_facts(out, peer);
	fputc('\n', out);
	print_selectors(out, "  ", peer, 0);
	fputs("  ", out);
	print_tx_sas(out, peer);
	fprintf(out, "receives on %u SA%s\n", peer->rx_sas,
		peer->rx_sas == 1 ? "" : "s");
	print_held(out, "  ", peer);
}

static void print_seq(FILE *out, const struct sa *sa)
{
	fprintf(out, ", seq %" PRIu64, sa->seq);
	if (!(sa->flags & IFIPSEC_SA_F_ESN))
		fprintf(out, " (%.0f%% of 32 bits)",
			sa->seq * 100.0 / UINT32_MAX);
}

/* " aes-cbc, 256 bit, hmac-sha2-256-128": either algorithm may be absent */
static void print_sa_algs(FILE *out, const struct sa *sa)
{
	char buf[NAME_TEXT_MAX];
	const char *joint = " ";

	if (sa->encr)
		print_fact(out, &joint, "%s", name_encr(sa->encr, buf));
	if (sa->encr && sa->key_bits)
		print_fact(out, &joint, "%u bit", sa->key_bits);
	if (sa->auth)
		print_fact(out, &joint, "%s", name_auth(sa->auth, buf));
	if (!sa->encr && sa->key_bits)
		print_fact(out, &joint, "%u bit", sa->key_bits);
}

static void print_sa_facts(FILE *out, const struct sa *sa)
{
	char buf[NAME_TEXT_MAX], buf2[NAME_TEXT_MAX];

	fprintf(out, "%-3s 0x%08x %s", name_dir(sa->dir, buf), sa->spi,
		name_proto(sa->proto, buf2));
	if (sa->mode != IFIPSEC_MODE_TUNNEL)
		fprintf(out, " %s", name_mode(sa->mode, buf));
	print_sa_algs(out, sa);
	fprintf(out, ", esn %s", sa->flags & IFIPSEC_SA_F_ESN ? "on" : "off");
	if (sa->flags & IFIPSEC_SA_F_INSECURE)
		fputs(", insecure", out);
	if (sa->flags & IFIPSEC_SA_F_AH_ALIGN8)
		fputs(", ah-align8", out);
	if (sa->has_replay_window && sa->dir == IFIPSEC_DIR_IN)
		fprintf(out, ", replay-window %u", sa->replay_window);
	if (sa->tfc)
		fprintf(out, ", tfc %u", sa->tfc);
	print_seq(out, sa);
	if (sa->driver[0]) {
		fputs(", ", out);
		print_text(out, sa->driver);
	}
}

static void print_limits(FILE *out, const char *indent, const struct sa *sa)
{
	char buf[NAME_TEXT_MAX];
	const char *const begin = "limits: ";
	const char *joint = begin;

	for_each_life(attr) {
		if (!sa->life[attr])
			continue;
		if (joint == begin)
			fputs(indent, out);
		print_fact(out, &joint, "%s %" PRIu64, name_life(attr, buf),
			   sa->life[attr]);
	}
	if (joint != begin)
		fprintf(out, "; age %" PRIu64 " s\n", sa->age);
}

/* The hard limits that are met: the SA is of no use any more */
static void print_expired(FILE *out, const char *indent, const struct sa *sa)
{
	static const uint8_t hard[] = {
		IFIPSEC_EXPIRE_SEQ_HARD, IFIPSEC_EXPIRE_BYTES_HARD,
		IFIPSEC_EXPIRE_PACKETS_HARD, IFIPSEC_EXPIRE_SECONDS_HARD
	};
	char buf[NAME_TEXT_MAX];
	const char *const begin = "EXPIRED: ";
	const char *joint = begin;

	for (size_t i = 0; i < sizeof(hard); i++) {
		if (!(sa->limits_met & 1U << hard[i]))
			continue;
		if (joint == begin)
			fputs(indent, out);
		print_fact(out, &joint, "%s", name_expire(hard[i], buf));
	}
	if (joint != begin)
		fputc('\n', out);
}

/*
 * The lines below that of the facts.  An SA carries traffic in one direction; a
 * drop may be of either.
 */
static void print_sa_details(FILE *out, const char *indent,
			     const struct sa *sa)
{
	const struct stats *stats = &sa->stats;

	print_limits(out, indent, sa);
	print_expired(out, indent, sa);
	if (sa->dir == IFIPSEC_DIR_IN)
		print_traffic(out, indent, "received", stats->rx_packets,
			      stats->rx_bytes);
	else
		print_traffic(out, indent, "sent", stats->tx_packets,
			      stats->tx_bytes);
	print_drops(out, indent, stats);
}

static void print_sa(FILE *out, const struct sa *sa)
{
	print_home(out, &sa->home);
	fputc(' ', out);
	print_text(out, sa->peer);
	fputc(' ', out);
	print_sa_facts(out, sa);
	fputc('\n', out);
	print_sa_details(out, "  ", sa);
}

/* The protocol of an SA as a bit of enum ifipsec_protect */
static unsigned int protect_of(const struct sa *sa)
{
	return sa->proto == IPPROTO_AH ? IFIPSEC_PROTECT_AH :
		IFIPSEC_PROTECT_ESP;
}

/* What the peer's traffic is to be protected with, and no SA of it was seen */
static void print_missing_sas(FILE *out, const struct peer *peer,
			      const char *dir, const char *verb,
			      unsigned int seen)
{
	unsigned int missing = peer->protect & ~seen;

	if (missing & IFIPSEC_PROTECT_ESP)
		fprintf(out, "    %-3s none: no SA to %s on\n", dir, verb);
	if (missing & IFIPSEC_PROTECT_AH)
		fprintf(out, "    %-3s none: no ah SA to %s on\n", dir, verb);
}

static void print_peer_with_sas(FILE *out, const struct peer *peer,
				const struct sa *sas, size_t n)
{
	unsigned int out_seen = 0, in_seen = 0;

	fputs("  peer ", out);
	print_text(out, peer->name);
	fputs(": ", out);
	print_peer_facts(out, peer);
	fputc('\n', out);
	print_selectors(out, "    ", peer, SELECTORS_SHOWN);
	for (size_t i = 0; i < n; i++) {
		fputs("    ", out);
		print_sa_facts(out, &sas[i]);
		fputc('\n', out);
		print_sa_details(out, "      ", &sas[i]);
		if (sas[i].dir == IFIPSEC_DIR_OUT)
			out_seen |= protect_of(&sas[i]);
		else
			in_seen |= protect_of(&sas[i]);
	}
	print_missing_sas(out, peer, "out", "send", out_seen);
	print_missing_sas(out, peer, "in", "receive", in_seen);
	print_held(out, "    ", peer);
}

static void human_overview(FILE *out, const struct overview *overview)
{
	size_t peer = 0, sa = 0;

	if (!overview->devs.n)
		fputs("no ipsec interface has its underlay in this namespace\n",
		      out);
	for (size_t i = 0; i < overview->devs.n; i++) {
		const struct dev *dev = &overview->devs.items[i];
		size_t end;

		if (i)
			fputc('\n', out);
		print_dev(out, dev);
		peer = print_skip_peers(&overview->peers, peer, &dev->home);
		end = peer + print_peers_of(&overview->peers, peer, &dev->home);
		for (; peer < end; peer++) {
			const struct peer *p = &overview->peers.items[peer];
			size_t n;

			sa = print_skip_sas(&overview->sas, sa, p);
			n = print_sas_of(&overview->sas, sa, p);
			print_peer_with_sas(out, p,
					    overview->sas.items + sa, n);
			sa += n;
		}
	}
}

static void human_devs(FILE *out, const struct dev_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		print_dev(out, &list->items[i]);
}

static void human_peers(FILE *out, const struct peer_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		print_peer(out, &list->items[i]);
}

static void human_sas(FILE *out, const struct sa_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		print_sa(out, &list->items[i]);
}

/* "key 128/192/256 bits + salt 32 bits"; a size of 0 is no key */
static void print_key_sizes(FILE *out, const struct alg *alg)
{
	if (!alg->n_key_bits || !alg->key_bits[0]) {
		fputs("no key", out);
		return;
	}
	fputs("key ", out);
	for (size_t i = 0; i < alg->n_key_bits; i++)
		fprintf(out, "%s%u", i ? "/" : "", alg->key_bits[i]);
	fputs(" bits", out);
	if (alg->salt_bits)
		fprintf(out, " + salt %u bits", alg->salt_bits);
}

static void print_alg_remarks(FILE *out, const struct alg *alg)
{
	if (alg->flags & IFIPSEC_ALG_F_INSECURE)
		fputs(", insecure", out);
	if (alg->flags & IFIPSEC_ALG_F_NEEDS_AUTH)
		fputs(", needs an integrity algorithm", out);
	if (alg->flags & IFIPSEC_ALG_F_AH_ONLY)
		fputs(", ah only", out);
}

static void print_alg(FILE *out, const struct alg *alg)
{
	fputs("  ", out);
	print_text(out, alg->name);
	fputs(": ", out);
	print_key_sizes(out, alg);
	if (alg->iv_len)
		fprintf(out, ", IV %u bytes", alg->iv_len);
	if (alg->icv_len)
		fprintf(out, ", ICV %u bytes", alg->icv_len);
	print_alg_remarks(out, alg);
	fputs(", ", out);
	print_text(out, alg->driver[0] ? alg->driver :
		   "not offered by this kernel");
	fputc('\n', out);
}

static void human_algs(FILE *out, const struct alg_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct alg *alg = &list->items[i];

		if (!i || !alg->auth != !alg[-1].auth)
			fputs(alg->auth ? "integrity (auth):\n" :
			      "ciphers (encr):\n", out);
		print_alg(out, alg);
	}
}

/* The number alone: for a script */
static void human_spi(FILE *out, const struct spi *spi)
{
	fprintf(out, "0x%08x\n", spi->spi);
}

static void print_acquire(FILE *out, const struct acquire *acquire)
{
	char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];

	fprintf(out, ", %s to %s, protocol %u", addr_text(&acquire->src, src),
		addr_text(&acquire->dst, dst), acquire->proto);
}

static void print_mapping(FILE *out, const struct mapping *mapping)
{
	char buf[ADDR_TEXT_MAX];

	fprintf(out, ", came from %s", addr_text(&mapping->addr, buf));
	if (mapping->port)
		fprintf(out, ", port %u", mapping->port);
	else
		fputs(", not in UDP", out);
}

static void print_addrs(FILE *out, const char *what, const struct addr *src,
			const struct addr *dst)
{
	char buf[ADDR_TEXT_MAX], buf2[ADDR_TEXT_MAX];

	fprintf(out, ", %s%s > %s", what, src->len ? addr_text(src, buf) : "?",
		addr_text(dst, buf2));
}

/* " in  0x00001001 esp seq 17, 192.0.2.1 > 192.0.2.2": what is known of a packet */
static void print_audit_packet(FILE *out, const struct audit *audit)
{
	char buf[NAME_TEXT_MAX], buf2[NAME_TEXT_MAX];

	fprintf(out, " %s", name_dir(audit->dir, buf));
	if (audit->proto)
		fprintf(out, " 0x%08x %s", audit->spi,
			name_proto(audit->proto, buf2));
	if (audit->seq)
		fprintf(out, " seq %llu", (unsigned long long)audit->seq);
	if (audit->outer_dst.len)
		print_addrs(out, "", &audit->outer_src, &audit->outer_dst);
	if (audit->has_flowlabel)
		fprintf(out, ", flow label 0x%05x", audit->flowlabel);
	if (audit->inner_dst.len) {
		print_addrs(out, "inner ", &audit->inner_src, &audit->inner_dst);
		fprintf(out, " protocol %u", audit->inner_proto);
	}
}

static void print_audit(FILE *out, const struct audit *audit)
{
	uint32_t more = audit->dir ? audit->count - 1 : audit->count;
	char buf[NAME_TEXT_MAX];

	if (audit->home.ifname[0]) {
		print_home(out, &audit->home);
		fputc(' ', out);
	}
	if (audit->peer[0]) {
		print_text(out, audit->peer);
		fputc(' ', out);
	}
	fputs(name_audit(audit->unknown_spi, audit->reason, buf), out);
	if (audit->dir)
		print_audit_packet(out, audit);
	if (more)
		fprintf(out, " (%u %snot shown)", more, audit->dir ? "more " : "");
}

static void print_peer_event(FILE *out, const struct event *event)
{
	fputc(' ', out);
	print_text(out, event->peer.name);
	fputc(' ', out);
	print_peer_facts(out, &event->peer);
	if (event->cmd == IFIPSEC_CMD_PEER_ACQUIRE_NTF)
		print_acquire(out, &event->acquire);
}

static void print_sa_event(FILE *out, const struct event *event)
{
	char buf[NAME_TEXT_MAX];

	fputc(' ', out);
	print_text(out, event->sa.peer);
	fputc(' ', out);
	print_sa_facts(out, &event->sa);
	if (event->expire)
		fprintf(out, ", %s", name_expire(event->expire, buf));
	if (event->cmd == IFIPSEC_CMD_SA_MAPPING_NTF)
		print_mapping(out, &event->mapping);
}

static void human_event(FILE *out, const struct timespec *when,
			const struct event *event)
{
	char stamp[TIMESTAMP_MAX], buf[NAME_TEXT_MAX];
	const char *joint = ", ";

	fprintf(out, "%s %s ", print_timestamp(when, stamp),
		name_event(event->cmd, buf));
	switch (event->kind) {
	case OBJECT_DEV:
		print_home(out, &event->dev.home);
		fputc(' ', out);
		print_dev_facts(out, &event->dev, "");
		print_outer(out, &joint, &event->dev);
		break;
	case OBJECT_PEER:
		print_home(out, &event->peer.home);
		print_peer_event(out, event);
		break;
	case OBJECT_SA:
		print_home(out, &event->sa.home);
		print_sa_event(out, event);
		break;
	case OBJECT_AUDIT:
		print_audit(out, &event->audit);
		break;
	}
	fputc('\n', out);
}

static void human_notice(FILE *out, const struct timespec *when,
			 const char *what)
{
	char stamp[TIMESTAMP_MAX];

	fprintf(out, "%s %s\n", print_timestamp(when, stamp), what);
}

const struct printer printer_human = {
	.overview = human_overview,
	.devs = human_devs,
	.peers = human_peers,
	.sas = human_sas,
	.algs = human_algs,
	.spi = human_spi,
	.event = human_event,
	.notice = human_notice,
};
