// SPDX-License-Identifier: MIT
/* status.c - what may be shown of IKE SAs; and, apart from it, their keys. */
#include "ike_sa.h"

static const char *child_state_name(enum child_state state)
{
	static const char *const names[] = {
		[CHILD_UP] = "up",
		[CHILD_REKEYED] = "rekeyed",
		[CHILD_DELETING] = "closing",
		[CHILD_GONE] = "closed",
	};

	return names[state];
}

static uint64_t seconds_until(const struct daemon *d, uint64_t at_ms)
{
	uint64_t now = d->timers.now_ms;

	if (!at_ms)
		return UINT64_MAX;
	return at_ms > now ? (at_ms - now) / 1000 : 0;
}

static void counters(const struct child_sa *child, uint8_t dir, uint32_t spi,
		     uint64_t *packets, uint64_t *bytes)
{
	const struct peer *peer = child->sa->peer;
	struct kernel *k = peer->d->kernel;
	struct kernel_sa_state state;

	if (k->ops->sa_get(k, peer->iface->config->ifname, peer->config->name, dir,
			   child->proto, spi, &state))
		return;
	*packets = state.packets;
	*bytes = state.bytes;
}

static void show_child(const struct child_sa *child, const struct status_visitor *v)
{
	const struct daemon *d = child->sa->d;
	struct child_sa_info info = {
		.state = child_state_name(child->state),
		.initiator = child->initiator,
		.proto = child->proto,
		.mode = child->mode,
		.spi_in = child->spi_in,
		.spi_out = child->spi_out,
		.chosen = &child->chosen,
		.local_ts = &child->local_ts,
		.remote_ts = &child->remote_ts,
		.sends = child->out_kernel,
		.age_s = (d->timers.now_ms - child->born_ms) / 1000,
		.rekey_in_s = seconds_until(d, child->rekey_at_ms),
	};

	if (child->in_kernel)
		counters(child, IFIPSEC_DIR_IN, child->spi_in, &info.in_packets,
			 &info.in_bytes);
	if (child->out_kernel)
		counters(child, IFIPSEC_DIR_OUT, child->spi_out, &info.out_packets,
			 &info.out_bytes);
	v->child(&info, v->arg);
}

static void show(const struct ike_sa *sa, const struct status_visitor *v)
{
	const struct daemon *d = sa->d;
	const struct child_sa *child;
	struct ike_sa_info info = {
		.ifname = sa->peer ? sa->peer->iface->config->ifname : "",
		.peer = sa->peer ? sa->peer->config->name : "",
		.serial = sa->serial,
		.state = ike_state_name(sa->state),
		.initiator = sa->initiator,
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.local = sa->local,
		.remote = sa->remote,
		.local_id = &sa->local_id,
		.remote_id = &sa->remote_id,
		.nat_local = sa->nat_local,
		.nat_remote = sa->nat_remote,
		.encap = sa->nat,
		.fragmentation = sa->fragmentation,
		.chosen = &sa->chosen,
		.age_s = (d->timers.now_ms - sa->born_ms) / 1000,
		.rekey_in_s = seconds_until(d, sa->rekey_at_ms),
		.idle_s = (d->timers.now_ms - sa->seen_ms) / 1000,
		.retransmits = sa->window.in_flight && sa->window.tries ?
			       sa->window.tries - 1 : 0,
		.n_children = child_sa_count(sa),
	};

	v->ike_sa(&info, v->arg);
	for (child = v->child ? sa->children : NULL; child; child = child->next)
		show_child(child, v);
}

void daemon_each_sa(struct daemon *d, const struct status_visitor *visitor)
{
	const struct ike_sa *sa;

	for (sa = d->sas; sa; sa = sa->next)
		if (sa->state != IKE_CLOSED)
			show(sa, visitor);
}

static void export_child(const struct child_sa *child, const struct export_visitor *v)
{
	const struct endpoint *local = &child->sa->local, *remote = &child->sa->remote;
	const struct child_keys *keys = &child->keys;
	struct bytes encr_i = bytes_of(keys->encr_i, keys->encr_len);
	struct bytes encr_r = bytes_of(keys->encr_r, keys->encr_len);
	struct bytes integ_i = bytes_of(keys->integ_i, keys->integ_len);
	struct bytes integ_r = bytes_of(keys->integ_r, keys->integ_len);

	v->sa(local, remote, child->proto, child->spi_out, &child->chosen,
	      child->initiator ? encr_i : encr_r, child->initiator ? integ_i : integ_r,
	      v->arg);
	v->sa(remote, local, child->proto, child->spi_in, &child->chosen,
	      child->initiator ? encr_r : encr_i, child->initiator ? integ_r : integ_i,
	      v->arg);
}

void daemon_export_keys(struct daemon *d, const struct export_visitor *v)
{
	const struct child_sa *child;
	const struct ike_sa *sa;

	for (sa = d->sas; sa; sa = sa->next) {
		if (sa->state == IKE_INIT_SENT)
			continue;
		v->ike_sa(sa->spi_i, sa->spi_r, &sa->keys, v->arg);
		for (child = sa->children; child; child = child->next)
			v->sa ? export_child(child, v) : (void)0;
	}
}
