// SPDX-License-Identifier: GPL-2.0-only
/*
 * device.c - the network interface ipsecN: made and removed through rtnetlink,
 * with its underlay namespace, link and mark.  The packets are transmit.c's.
 */
#include <linux/inetdevice.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/rtnetlink.h>
#include "ah.h"
#include "compat/netdevice.h"
#include "device.h"
#include "esp.h"
#include "event.h"
#include "hook.h"
#include "mtu.h"
#include "outer.h"
#include "path.h"
#include "peer.h"
#include "sadb.h"
#include "spi.h"
#include "stats.h"

/* MTU of an interface whose peers are not known yet: fits any overhead */
#define DEVICE_MTU_DEFAULT	1400
/* What the largest outer, UDP, AH and ESP headers, padding and ICVs may take */
#define DEVICE_OVERHEAD_MAX						\
	(sizeof(struct ipv6hdr) + sizeof(struct udphdr) +		\
	 sizeof(struct ipsec_ah_hdr) + 8 + IPSEC_ICV_MAX +		\
	 sizeof(struct ipsec_esp_hdr) + IPSEC_IV_MAX +			\
	 IPSEC_ALIGN_MAX - 1 + IPSEC_ESP_TRAILER + IPSEC_ICV_MAX)
/* The same behind a packet as most have it: AES-GCM in ESP */
#define DEVICE_TAILROOM		(3 + IPSEC_ESP_TRAILER + 16)

#define DEVICE_FEATURES	(NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA | \
			 NETIF_F_HW_CSUM | NETIF_F_GSO_SOFTWARE)

unsigned int ipsec_net_id;

struct ipsec_net *ipsec_net(const struct net *net)
{
	return net_generic(net, ipsec_net_id);
}

void ipsec_device_update_state(struct ipsec_dev *idev)
{
	bool up = idev->n_usable > 0;

	lockdep_assert_held(&ipsec_net(idev->net)->lock);
	if (up == !netif_dormant(idev->dev))
		return;
	if (up)
		netif_dormant_off(idev->dev);
	else
		netif_dormant_on(idev->dev);
	ipsec_event_dev(idev, IFIPSEC_CMD_DEV_SET_NTF);
}

/*
 * What is routed into the interface is protected by it, and what comes out of it
 * was: the kernel's own IPsec policies have no say here, unless the administrator
 * turns these settings (net.ipv4.conf.ipsecN.disable_policy, ...) back.
 */
static void device_bypass_policies(struct net_device *dev)
{
	struct in_device *in4 = __in_dev_get_rtnl(dev);
	struct inet6_dev *in6 = __in6_dev_get(dev);

	if (in4) {
		IN_DEV_CONF_SET(in4, NOPOLICY, 1);
		IN_DEV_CONF_SET(in4, NOXFRM, 1);
	}
	if (in6)
		in6->cnf.disable_policy = 1;
}

/* Underlay ifindex for "ip link": ipsec0@eth0, or @NONE */
static int device_iflink(const struct net_device *dev)
{
	const struct ipsec_dev *idev = netdev_priv(dev);

	return READ_ONCE(idev->link);
}

/* Everything that device_free() gives back; newlink has set net, link and mark */
static int device_init(struct net_device *dev)
{
	struct ipsec_dev *idev = netdev_priv(dev);
	struct ipsec_net *in = ipsec_net(idev->net);
	int err;

	idev->stats = ipsec_stats_alloc();
	if (!idev->stats)
		return -ENOMEM;
	err = ipsec_peer_init_dev(idev);
	if (err)
		goto err_free_stats;
	err = gro_cells_init(&idev->gro_cells, dev);
	if (err)
		goto err_exit_peers;

	mutex_lock(&in->lock);
	list_add_tail(&idev->node, &in->devs);
	in->generation++;
	mutex_unlock(&in->lock);
	return 0;

err_exit_peers:
	ipsec_peer_exit_dev(idev);
err_free_stats:
	free_percpu(idev->stats);
	return err;
}

/*
 * The interface is down, and no packet is in ipsec_transmit() any more; inbound
 * packets of asynchronous ciphers may still come, and hold the netdevice.
 */
static void device_uninit(struct net_device *dev)
{
	struct ipsec_dev *idev = netdev_priv(dev);
	struct ipsec_net *in = ipsec_net(idev->net);
	struct ipsec_peer *peer, *next;

	mutex_lock(&in->lock);
	list_for_each_entry_safe(peer, next, &idev->peers, node)
		ipsec_peer_destroy(peer);
	ipsec_event_dev(idev, IFIPSEC_CMD_DEV_DEL_NTF);
	list_del(&idev->node);
	in->generation++;
	mutex_unlock(&in->lock);
}

/* The last reference is gone: nothing can count or receive any more */
static void device_free(struct net_device *dev)
{
	struct ipsec_dev *idev = netdev_priv(dev);

	gro_cells_destroy(&idev->gro_cells);
	ipsec_peer_exit_dev(idev);
	free_percpu(idev->stats);
}

static const struct net_device_ops device_ops = {
	.ndo_init		= device_init,
	.ndo_uninit		= device_uninit,
	.ndo_start_xmit		= ipsec_transmit,
	.ndo_get_stats64	= ipsec_stats_get64,
	.ndo_change_mtu		= ipsec_mtu_change,
	.ndo_get_iflink		= device_iflink,
};

static const struct device_type device_type = { .name = IPSEC_KIND };

static void device_setup(struct net_device *dev)
{
	dev->netdev_ops = &device_ops;
	dev->header_ops = &ip_tunnel_header_ops;
	dev->ethtool_ops = &ipsec_ethtool_ops;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->hard_header_len = 0;
	dev->addr_len = 0;
	dev->needed_headroom = 0;	/* tx_more_room() knows more */
	dev->needed_tailroom = DEVICE_TAILROOM;
	dev->mtu = DEVICE_MTU_DEFAULT;
	dev->min_mtu = IPV4_MIN_MTU;
	dev->max_mtu = IP_MAX_MTU - DEVICE_OVERHEAD_MAX;
	dev->needs_free_netdev = true;
	dev->priv_destructor = device_free;
	dev->features |= DEVICE_FEATURES;
	dev->hw_features |= DEVICE_FEATURES;
	dev->hw_enc_features |= DEVICE_FEATURES;
	ipsec_compat_set_lltx(dev);
	SET_NETDEV_DEVTYPE(dev, &device_type);
	netif_keep_dst(dev);
}

/* Options that we do not know, up to here, are refused; the core skips the rest */
#define DEVICE_OPTION_MAX	31

static const struct nla_policy device_policy[DEVICE_OPTION_MAX + 1] = {
	[IFLA_IPSEC_LINK]	= { .type = NLA_U32 },
	[IFLA_IPSEC_FWMARK]	= { .type = NLA_U32 },
	[IFLA_IPSEC_MTU_AUTO]	= { .type = NLA_FLAG },
	[IFLA_IPSEC_DF]		= NLA_POLICY_MAX(NLA_U8, IFIPSEC_DF_CLEAR),
	[IFLA_IPSEC_DSCP]	= { .type = NLA_U8 },
	[IFLA_IPSEC_DECAP_DSCP]	= NLA_POLICY_MAX(NLA_U8, 1),
	[IFLA_IPSEC_TTL]	= { .type = NLA_U8 },
	[IFLA_IPSEC_FLOWLABEL]	= { .type = NLA_U32 },
	[IFLA_IPSEC_SPREAD]	= NLA_POLICY_MAX(NLA_U8, 1),
};

/* Options that this module does not know, or that do not go together */
static int device_check_options(struct nlattr *tb[], struct nlattr *data[],
				struct netlink_ext_ack *extack)
{
	unsigned int i;

	for (i = IFLA_IPSEC_MAX + 1; data && i <= DEVICE_OPTION_MAX; i++) {
		if (data[i]) {
			NL_SET_ERR_MSG_ATTR(extack, data[i],
					    "an ipsec interface has no such option");
			return -EINVAL;
		}
	}
	if (tb[IFLA_MTU] && data && data[IFLA_IPSEC_MTU_AUTO]) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_IPSEC_MTU_AUTO],
				    "the MTU is either a number or automatic");
		return -EINVAL;
	}
	return 0;
}

/* Numbers that are neither in range nor the special one */
static int device_check_policy(struct nlattr *data[],
			       struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = data ? data[IFLA_IPSEC_DSCP] : NULL;

	if (attr && nla_get_u8(attr) > 63 &&
	    nla_get_u8(attr) != IFIPSEC_DSCP_COPY) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a DSCP is 0 to 63, or 255 to copy that of the inner header");
		return -ERANGE;
	}
	attr = data ? data[IFLA_IPSEC_FLOWLABEL] : NULL;
	if (attr && nla_get_u32(attr) > 0xfffff &&
	    nla_get_u32(attr) != IFIPSEC_FLOWLABEL_AUTO) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a flow label has 20 bits");
		return -ERANGE;
	}
	return 0;
}

/* Check what the request says of the underlay, before anything changes */
static int device_check_link(struct net *net, const struct net_device *dev,
			     struct nlattr *data[],
			     struct netlink_ext_ack *extack)
{
	u32 link;

	if (!data || !data[IFLA_IPSEC_LINK])
		return 0;
	link = nla_get_u32(data[IFLA_IPSEC_LINK]);
	if (!link)
		return 0;
	if (link > INT_MAX || !__dev_get_by_index(net, link)) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_IPSEC_LINK],
				    "there is no such underlay device in the namespace");
		return -ENODEV;
	}
	if (__dev_get_by_index(net, link) == dev) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_IPSEC_LINK],
				    "an interface cannot be its own underlay");
		return -ELOOP;
	}
	return 0;
}

static void device_set_policy(struct ipsec_policy *policy, struct nlattr *data[])
{
	if (data[IFLA_IPSEC_DF])
		WRITE_ONCE(policy->df, nla_get_u8(data[IFLA_IPSEC_DF]));
	if (data[IFLA_IPSEC_DSCP])
		WRITE_ONCE(policy->dscp, nla_get_u8(data[IFLA_IPSEC_DSCP]));
	if (data[IFLA_IPSEC_DECAP_DSCP])
		WRITE_ONCE(policy->decap_dscp,
			   nla_get_u8(data[IFLA_IPSEC_DECAP_DSCP]));
	if (data[IFLA_IPSEC_TTL])
		WRITE_ONCE(policy->ttl, nla_get_u8(data[IFLA_IPSEC_TTL]));
	if (data[IFLA_IPSEC_FLOWLABEL])
		WRITE_ONCE(policy->flowlabel,
			   nla_get_u32(data[IFLA_IPSEC_FLOWLABEL]));
	if (data[IFLA_IPSEC_SPREAD])
		WRITE_ONCE(policy->spread, nla_get_u8(data[IFLA_IPSEC_SPREAD]));
}

static void device_configure(struct ipsec_dev *idev, struct nlattr *data[])
{
	if (!data)
		return;
	if (data[IFLA_IPSEC_LINK])
		WRITE_ONCE(idev->link, nla_get_u32(data[IFLA_IPSEC_LINK]));
	if (data[IFLA_IPSEC_FWMARK])
		WRITE_ONCE(idev->fwmark, nla_get_u32(data[IFLA_IPSEC_FWMARK]));
	device_set_policy(&idev->policy, data);
}

static int device_newlink(struct net *underlay, struct net_device *dev,
			  struct nlattr *tb[], struct nlattr *data[],
			  struct netlink_ext_ack *extack)
{
	struct ipsec_net *in = ipsec_net(underlay);
	struct ipsec_dev *idev = netdev_priv(dev);
	int err;

	err = device_check_options(tb, data, extack);
	if (!err)
		err = device_check_policy(data, extack);
	if (!err)
		err = device_check_link(underlay, dev, data, extack);
	if (err)
		return err;
	idev->dev = dev;
	idev->net = underlay;
	idev->mtu_auto = !tb[IFLA_MTU];
	idev->policy.dscp = IFIPSEC_DSCP_COPY;
	idev->policy.spread = true;
	device_configure(idev, data);

	/*
	 * No peer can send yet.  Not netif_dormant_on(): its event would outlive
	 * the device if the registration fails.
	 */
	set_bit(__LINK_STATE_DORMANT, &dev->state);
	err = register_netdevice(dev);
	if (err)
		return err;

	mutex_lock(&in->lock);
	ipsec_event_dev(idev, IFIPSEC_CMD_DEV_NEW_NTF);
	mutex_unlock(&in->lock);
	return 0;
}

/* The core looks at the MTU only after our part is done; all or nothing */
static int device_check_mtu(const struct net_device *dev,
			    const struct nlattr *attr,
			    struct netlink_ext_ack *extack)
{
	u32 mtu = attr ? nla_get_u32(attr) : dev->mtu;

	if (mtu >= dev->min_mtu && mtu <= dev->max_mtu)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "the MTU is out of range");
	return -EINVAL;
}

static int device_changelink(struct net_device *dev, struct nlattr *tb[],
			     struct nlattr *data[],
			     struct netlink_ext_ack *extack)
{
	struct ipsec_dev *idev = netdev_priv(dev);
	struct ipsec_net *in = ipsec_net(idev->net);
	int err;

	/* who sees only the clear side has no say in the underlay */
	if (!net_eq(dev_net(dev), idev->net) &&
	    !ns_capable(idev->net->user_ns, CAP_NET_ADMIN)) {
		NL_SET_ERR_MSG(extack,
			       "the underlay is in another namespace, where you are not the administrator");
		return -EPERM;
	}
	err = device_check_options(tb, data, extack);
	if (!err)
		err = device_check_mtu(dev, tb[IFLA_MTU], extack);
	if (!err)
		err = device_check_policy(data, extack);
	if (!err)
		err = device_check_link(idev->net, dev, data, extack);
	if (err || !data)
		return err;
	mutex_lock(&in->lock);
	device_configure(idev, data);
	if (data[IFLA_IPSEC_MTU_AUTO])
		idev->mtu_auto = true;
	ipsec_peer_reset_routes(idev);
	in->generation++;
	ipsec_event_dev(idev, IFIPSEC_CMD_DEV_SET_NTF);
	mutex_unlock(&in->lock);
	ipsec_mtu_apply(idev);
	return 0;
}

static size_t device_get_size(const struct net_device *dev)
{
	return 3 * nla_total_size(sizeof(u32)) +	/* LINK, FWMARK, FLOWLABEL */
	       5 * nla_total_size(sizeof(u8));	/* DF, DSCP, DECAP_DSCP, TTL, SPREAD */
}

static int device_fill_info(struct sk_buff *skb, const struct net_device *dev)
{
	const struct ipsec_dev *idev = netdev_priv(dev);
	const struct ipsec_policy *policy = &idev->policy;

	if (nla_put_u32(skb, IFLA_IPSEC_LINK, READ_ONCE(idev->link)) ||
	    nla_put_u32(skb, IFLA_IPSEC_FWMARK, READ_ONCE(idev->fwmark)) ||
	    nla_put_u8(skb, IFLA_IPSEC_DF, READ_ONCE(policy->df)) ||
	    nla_put_u8(skb, IFLA_IPSEC_DSCP, READ_ONCE(policy->dscp)) ||
	    nla_put_u8(skb, IFLA_IPSEC_DECAP_DSCP,
		       READ_ONCE(policy->decap_dscp)) ||
	    nla_put_u8(skb, IFLA_IPSEC_TTL, READ_ONCE(policy->ttl)) ||
	    nla_put_u32(skb, IFLA_IPSEC_FLOWLABEL,
			READ_ONCE(policy->flowlabel)) ||
	    nla_put_u8(skb, IFLA_IPSEC_SPREAD, READ_ONCE(policy->spread)))
		return -EMSGSIZE;
	return 0;
}

static struct net *device_link_net(const struct net_device *dev)
{
	const struct ipsec_dev *idev = netdev_priv(dev);

	return idev->net;
}

IPSEC_COMPAT_NEWLINK(device_newlink);

static struct rtnl_link_ops link_ops __read_mostly = {
	.kind		= IPSEC_KIND,
	.priv_size	= sizeof(struct ipsec_dev),
	.setup		= device_setup,
	.maxtype	= DEVICE_OPTION_MAX,
	.policy		= device_policy,
	.newlink	= IPSEC_COMPAT_NEWLINK_OP(device_newlink),
	.changelink	= device_changelink,
	.get_size	= device_get_size,
	.fill_info	= device_fill_info,
	.get_link_net	= device_link_net,
};

/*
 * An event of the underlay names the namespace in which the interface lives, also
 * from softirq: there an id can only be looked up, so it is made here.
 */
static void device_name_home(struct net_device *dev)
{
	const struct ipsec_dev *idev = netdev_priv(dev);

	if (!net_eq(idev->net, dev_net(dev)))
		peernet2id_alloc(idev->net, dev_net(dev), GFP_KERNEL);
}

/*
 * The IP layers make their part of the interface when it is registered, and anew
 * when it moves to another namespace; our notifier is called after theirs.
 */
static int device_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	if (event == NETDEV_REGISTER && dev->netdev_ops == &device_ops) {
		device_bypass_policies(dev);
		device_name_home(dev);
	}
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = {
	.notifier_call = device_event,
};

static int __net_init net_init(struct net *net)
{
	struct ipsec_net *in = ipsec_net(net);
	int err;

	mutex_init(&in->lock);
	INIT_LIST_HEAD(&in->devs);
	ipsec_drop_init(in, net);
	err = ipsec_sadb_init(in);
	if (err)
		return err;
	err = ipsec_spi_init(in);
	if (err)
		ipsec_sadb_exit(in);
	return err;
}

static void __net_exit net_exit(struct net *net)
{
	struct ipsec_net *in = ipsec_net(net);

	ipsec_spi_exit(in);
	ipsec_drop_exit(in);
	ipsec_sadb_exit(in);
}

/* The underlay goes: so do its interfaces, wherever they live */
static void __net_exit devs_exit_batch(struct list_head *nets)
{
	struct ipsec_dev *idev, *next;
	struct net *net;
	LIST_HEAD(kill);

	rtnl_lock();
	list_for_each_entry(net, nets, exit_list)
		list_for_each_entry_safe(idev, next, &ipsec_net(net)->devs, node)
			unregister_netdevice_queue(idev->dev, &kill);
	unregister_netdevice_many(&kill);
	rtnl_unlock();
}

/*
 * Two parts of a namespace, because of what ends when.  Interfaces are a pernet
 * device: their exit comes before the routes' and sockets'.  The tables are a
 * subsystem: other devices, whose exit comes after ours, still receive packets, and
 * these are looked up.
 */
static struct pernet_operations net_ops = {
	.init		= net_init,
	.pre_exit	= ipsec_hook_stop,	/* a grace period before exit */
	.exit		= net_exit,
	.id		= &ipsec_net_id,
	.size		= sizeof(struct ipsec_net),
};

static struct pernet_operations devs_ops = {
	.exit_batch	= devs_exit_batch,
};

int __init ipsec_device_init(void)
{
	int err;

	err = register_pernet_subsys(&net_ops);
	if (err)
		return err;
	err = register_pernet_device(&devs_ops);
	if (err)
		goto err_unregister_net;
	err = register_netdevice_notifier(&device_notifier);
	if (err)
		goto err_unregister_devs;
	err = rtnl_link_register(&link_ops);
	if (err)
		goto err_unregister_notifier;
	return 0;

err_unregister_notifier:
	unregister_netdevice_notifier(&device_notifier);
err_unregister_devs:
	unregister_pernet_device(&devs_ops);
err_unregister_net:
	unregister_pernet_subsys(&net_ops);
	return err;
}

void ipsec_device_exit(void)
{
	rtnl_link_unregister(&link_ops);
	unregister_netdevice_notifier(&device_notifier);
	unregister_pernet_device(&devs_ops);
	unregister_pernet_subsys(&net_ops);
}

MODULE_ALIAS_RTNL_LINK(IPSEC_KIND);
