/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat/netdevice.h - registration of a network device.
 *
 * newlink: Linux 6.15 ("rtnetlink: Pack newlink() params into
 * struct") passes struct rtnl_newlink_params; Kbuild looks for it.
 *
 * lltx: Linux 6.12 ("netdev_features: convert NETIF_F_LLTX to
 * dev->lltx") made the feature bit a member of the device.
 *
 * dummy: Linux 6.10 ("net: create a dummy net_device allocator") allocates the device that
 * NAPI needs; before, the caller did.
 */
#ifndef _IPSEC_COMPAT_NETDEVICE_H
#define _IPSEC_COMPAT_NETDEVICE_H

#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/rtnetlink.h>

#ifdef IPSEC_COMPAT_NEWLINK_PARAMS
#define IPSEC_COMPAT_NEWLINK(fn)					\
static int fn##_compat(struct net_device *dev,				\
		       struct rtnl_newlink_params *params,		\
		       struct netlink_ext_ack *extack)			\
{									\
	return fn(rtnl_newlink_link_net(params), dev, params->tb,	\
		  params->data, extack);				\
}									\
static_assert(1)
#define IPSEC_COMPAT_NEWLINK_OP(fn) fn##_compat
#else
#define IPSEC_COMPAT_NEWLINK(fn) static_assert(1)
#define IPSEC_COMPAT_NEWLINK_OP(fn) fn
#endif

static inline void ipsec_compat_set_lltx(struct net_device *dev)
{
#ifdef IPSEC_COMPAT_DEV_LLTX
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

/* A device that exists for NAPI only, or NULL.  Sleeps. */
static inline struct net_device *ipsec_compat_alloc_dummy(void)
{
#ifdef IPSEC_COMPAT_ALLOC_DUMMY
	return alloc_netdev_dummy(0);
#else
	struct net_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (dev)
		init_dummy_netdev(dev);
	return dev;
#endif
}

static inline void ipsec_compat_free_dummy(struct net_device *dev)
{
#ifdef IPSEC_COMPAT_ALLOC_DUMMY
	free_netdev(dev);
#else
	kfree(dev);
#endif
}

#endif /* _IPSEC_COMPAT_NETDEVICE_H */
