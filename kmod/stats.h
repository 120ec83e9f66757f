/* SPDX-License-Identifier: GPL-2.0-only */
/* stats.h - counters of interfaces and SAs, and the names of drop reasons. */
#ifndef _IPSEC_STATS_H
#define _IPSEC_STATS_H

#include "ipsec.h"

/* Sums over all CPUs */
struct ipsec_stats_sum {
	u64 rx_packets;
	u64 rx_bytes;
	u64 tx_packets;
	u64 tx_bytes;
	u64 drops[__IFIPSEC_DROP_MAX];
	u64 spread;
	u64 helped;
};

extern const char *const ipsec_drop_names[__IFIPSEC_DROP_MAX];

/** ipsec_stats_count() - one packet of @bytes went well.  BH disabled. */
static inline void ipsec_stats_count(struct ipsec_traffic *t, unsigned int bytes)
{
	u64_stats_update_begin(&t->syncp);
	u64_stats_inc(&t->packets);
	u64_stats_add(&t->bytes, bytes);
	u64_stats_update_end(&t->syncp);
}

/** ipsec_stats_tx() - count a packet that was sent on an SA.  BH disabled. */
static inline void ipsec_stats_tx(struct ipsec_sa *sa, unsigned int bytes)
{
	ipsec_stats_count(&this_cpu_ptr(sa->idev->stats)->tx, bytes);
	ipsec_stats_count(this_cpu_ptr(sa->traffic), bytes);
}

/** ipsec_stats_rx() - count a packet that was received on an SA.  BH disabled. */
static inline void ipsec_stats_rx(struct ipsec_sa *sa, unsigned int bytes)
{
	ipsec_stats_count(&this_cpu_ptr(sa->idev->stats)->rx, bytes);
	ipsec_stats_count(this_cpu_ptr(sa->traffic), bytes);
}

/**
 * ipsec_stats_drop() - count dropped packets
 * @idev: the interface
 * @sa: the SA, where it is known, or NULL
 * @reason: why
 * @n: how many packets (segments of one GSO packet may go together)
 *
 * Context: BH disabled.  The packet stays the caller's.
 */
void ipsec_stats_drop(struct ipsec_dev *idev, struct ipsec_sa *sa,
		      enum ifipsec_drop reason, unsigned int n);

/**
 * ipsec_stats_spread() - this CPU took a packet that the CPUs shared
 * @helped: it came to another one
 *
 * Context: BH disabled.
 */
void ipsec_stats_spread(struct ipsec_dev *idev, bool helped);

/** ipsec_stats_dev() - sum up an interface.  Any context. */
void ipsec_stats_dev(const struct ipsec_dev *idev, struct ipsec_stats_sum *sum);

/** ipsec_stats_sa() - sum up an SA; its direction decides which fields move */
void ipsec_stats_sa(const struct ipsec_sa *sa, struct ipsec_stats_sum *sum);

/** ipsec_stats_get64() - ndo_get_stats64: the counters everybody looks at */
void ipsec_stats_get64(struct net_device *dev, struct rtnl_link_stats64 *out);

/** ipsec_stats_alloc() - per-CPU counters of an interface; may sleep */
struct ipsec_dev_stats __percpu *ipsec_stats_alloc(void);

/** ipsec_stats_alloc_sa() - per-CPU counters of an SA; may sleep */
struct ipsec_traffic __percpu *ipsec_stats_alloc_sa(void);

extern const struct ethtool_ops ipsec_ethtool_ops;

#endif /* _IPSEC_STATS_H */
