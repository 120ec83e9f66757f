// SPDX-License-Identifier: GPL-2.0-only
/*
 * stats.c - counters: what went through an interface and an SA, and why the rest
 * did not.  The reasons are the list IFIPSEC_DROPS of uapi/linux/if_ipsec.h; each
 * also moves one of the counters that every network device has.
 */
#include <linux/ethtool.h>
#include <linux/percpu.h>
#include "stats.h"
#include "trace.h"

#define DROP_NAME(NAME, name, counter, text) \
	[IFIPSEC_DROP_##NAME] = #name,
const char *const ipsec_drop_names[__IFIPSEC_DROP_MAX] = {
	IFIPSEC_DROPS(DROP_NAME)
};

/* Where in struct rtnl_link_stats64 a reason is counted as well */
#define COUNTER_NONE		(-1)
#define COUNTER_none		COUNTER_NONE
#define COUNTER_OF(field)	((int)offsetof(struct rtnl_link_stats64, field))
#define COUNTER_rx_errors	COUNTER_OF(rx_errors)
#define COUNTER_rx_dropped	COUNTER_OF(rx_dropped)
#define COUNTER_tx_errors	COUNTER_OF(tx_errors)
#define COUNTER_tx_dropped	COUNTER_OF(tx_dropped)
#define COUNTER_tx_carrier_errors	COUNTER_OF(tx_carrier_errors)
#define COUNTER_collisions	COUNTER_OF(collisions)
#define DROP_COUNTER(NAME, name, counter, text) \
	[IFIPSEC_DROP_##NAME] = COUNTER_##counter,
static const int drop_counter[__IFIPSEC_DROP_MAX] = {
	IFIPSEC_DROPS(DROP_COUNTER)
};

void ipsec_stats_drop(struct ipsec_dev *idev, struct ipsec_sa *sa,
		      enum ifipsec_drop reason, unsigned int n)
{
	struct ipsec_dev_stats *stats = this_cpu_ptr(idev->stats);

	u64_stats_update_begin(&stats->drop_syncp);
	u64_stats_add(&stats->drops[reason], n);
	u64_stats_update_end(&stats->drop_syncp);
	if (sa)
		atomic_long_add(n, &sa->drops[reason]);
	trace_ipsec_drop(idev, sa, ipsec_drop_names[reason], n);
}

void ipsec_stats_spread(struct ipsec_dev *idev, bool helped)
{
	struct ipsec_dev_stats *stats = this_cpu_ptr(idev->stats);

	u64_stats_update_begin(&stats->drop_syncp);
	u64_stats_inc(&stats->spread);
	u64_stats_add(&stats->helped, helped);
	u64_stats_update_end(&stats->drop_syncp);
}

static void traffic_add(const struct ipsec_traffic *t, u64 *packets, u64 *bytes)
{
	unsigned int start;
	u64 p, b;

	do {
		start = u64_stats_fetch_begin(&t->syncp);
		p = u64_stats_read(&t->packets);
		b = u64_stats_read(&t->bytes);
	} while (u64_stats_fetch_retry(&t->syncp, start));
	*packets += p;
	*bytes += b;
}

static void drops_add(const struct ipsec_dev_stats *stats, struct ipsec_stats_sum *sum)
{
	u64 now[__IFIPSEC_DROP_MAX], spread, helped;
	unsigned int start, i;

	do {
		start = u64_stats_fetch_begin(&stats->drop_syncp);
		for (i = 0; i < __IFIPSEC_DROP_MAX; i++)
			now[i] = u64_stats_read(&stats->drops[i]);
		spread = u64_stats_read(&stats->spread);
		helped = u64_stats_read(&stats->helped);
	} while (u64_stats_fetch_retry(&stats->drop_syncp, start));
	for (i = 0; i < __IFIPSEC_DROP_MAX; i++)
		sum->drops[i] += now[i];
	sum->spread += spread;
	sum->helped += helped;
}

void ipsec_stats_dev(const struct ipsec_dev *idev, struct ipsec_stats_sum *sum)
{
	const struct ipsec_dev_stats *stats;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(idev->stats, cpu);
		traffic_add(&stats->rx, &sum->rx_packets, &sum->rx_bytes);
		traffic_add(&stats->tx, &sum->tx_packets, &sum->tx_bytes);
		drops_add(stats, sum);
	}
}

void ipsec_stats_sa(const struct ipsec_sa *sa, struct ipsec_stats_sum *sum)
{
	bool in = sa->dir == IFIPSEC_DIR_IN;
	unsigned int i;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu)
		traffic_add(per_cpu_ptr(sa->traffic, cpu),
			    in ? &sum->rx_packets : &sum->tx_packets,
			    in ? &sum->rx_bytes : &sum->tx_bytes);
	for (i = 0; i < __IFIPSEC_DROP_MAX; i++)
		sum->drops[i] = atomic_long_read(&sa->drops[i]);
}

void ipsec_stats_get64(struct net_device *dev, struct rtnl_link_stats64 *out)
{
	const struct ipsec_dev *idev = netdev_priv(dev);
	struct ipsec_stats_sum sum;
	unsigned int i;

	ipsec_stats_dev(idev, &sum);
	out->rx_packets = sum.rx_packets;
	out->rx_bytes = sum.rx_bytes;
	out->tx_packets = sum.tx_packets;
	out->tx_bytes = sum.tx_bytes;
	for (i = 0; i < __IFIPSEC_DROP_MAX; i++)
		if (drop_counter[i] != COUNTER_NONE)
			*(u64 *)((char *)out + drop_counter[i]) += sum.drops[i];
	/* iproute2 and ifconfig show carrier errors as part of the errors */
	out->tx_errors += out->tx_carrier_errors;
}

struct ipsec_dev_stats __percpu *ipsec_stats_alloc(void)
{
	struct ipsec_dev_stats __percpu *stats;
	struct ipsec_dev_stats *s;
	int cpu;

	stats = alloc_percpu_gfp(struct ipsec_dev_stats, GFP_KERNEL_ACCOUNT);
	if (!stats)
		return NULL;
	for_each_possible_cpu(cpu) {
		s = per_cpu_ptr(stats, cpu);
		u64_stats_init(&s->rx.syncp);
		u64_stats_init(&s->tx.syncp);
		u64_stats_init(&s->drop_syncp);
	}
	return stats;
}

struct ipsec_traffic __percpu *ipsec_stats_alloc_sa(void)
{
	struct ipsec_traffic __percpu *traffic;
	int cpu;

	traffic = alloc_percpu_gfp(struct ipsec_traffic, GFP_KERNEL_ACCOUNT);
	if (!traffic)
		return NULL;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(traffic, cpu)->syncp);
	return traffic;
}

/* ethtool -S ipsecN: every reason by its name, then how the CPUs share the work */

static const char *const spread_names[] = { "spread_packets", "spread_helped" };

static int ipsec_get_sset_count(struct net_device *dev, int sset)
{
	return sset == ETH_SS_STATS ?
		__IFIPSEC_DROP_MAX + ARRAY_SIZE(spread_names) : -EOPNOTSUPP;
}

static void ipsec_get_strings(struct net_device *dev, u32 sset, u8 *data)
{
	unsigned int i;

	if (sset != ETH_SS_STATS)
		return;
	for (i = 0; i < __IFIPSEC_DROP_MAX; i++, data += ETH_GSTRING_LEN)
		strscpy(data, ipsec_drop_names[i], ETH_GSTRING_LEN);
	for (i = 0; i < ARRAY_SIZE(spread_names); i++, data += ETH_GSTRING_LEN)
		strscpy(data, spread_names[i], ETH_GSTRING_LEN);
}

static void ipsec_get_ethtool_stats(struct net_device *dev,
				    struct ethtool_stats *unused, u64 *data)
{
	struct ipsec_stats_sum sum;

	ipsec_stats_dev(netdev_priv(dev), &sum);
	memcpy(data, sum.drops, sizeof(sum.drops));
	data[__IFIPSEC_DROP_MAX] = sum.spread;
	data[__IFIPSEC_DROP_MAX + 1] = sum.helped;
}

static void ipsec_get_drvinfo(struct net_device *dev,
			      struct ethtool_drvinfo *info)
{
	strscpy(info->driver, IPSEC_KIND, sizeof(info->driver));
}

const struct ethtool_ops ipsec_ethtool_ops = {
	.get_drvinfo		= ipsec_get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_sset_count		= ipsec_get_sset_count,
	.get_strings		= ipsec_get_strings,
	.get_ethtool_stats	= ipsec_get_ethtool_stats,
};
