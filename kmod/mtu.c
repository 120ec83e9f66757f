// SPDX-License-Identifier: GPL-2.0-only
/*
 * mtu.c - the MTU of an interface follows its peers: the MTU of the route to each,
 * less the overhead of its SA.  Per packet it is transmit.c that compares and
 * tells the sender, and length.c that does the arithmetic; here is what makes it run.
 */
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <net/dst.h>
#include "event.h"
#include "length.h"
#include "mtu.h"
#include "outer.h"

/* Of packets without options and extension headers; 0: not known */
static unsigned int mtu_of_peer(const struct ipsec_peer *peer)
{
	const struct ipsec_sa *esp = rcu_dereference(peer->tx[IPSEC_ESP]);
	const struct ipsec_sa *ah = rcu_dereference(peer->tx[IPSEC_AH]);
	struct ipsec_endpoint *ep = rcu_dereference(peer->endpoint);
	unsigned int own_hdr = 0, mtu;
	struct ipsec_outer out;

	if (!peer->usable || ipsec_outer_route(peer->idev, ep, &out))
		return 0;
	if ((esp ?: ah)->mode == IFIPSEC_MODE_TRANSPORT)
		own_hdr = ipsec_outer_len(ep);
	mtu = ipsec_length_inner(esp, ah, ep, own_hdr, dst_mtu(out.dst));
	dst_release(out.dst);
	return mtu;
}

/* One more peer that is listed and has this MTU: is it the smallest, or as small? */
static void mtu_count(struct ipsec_dev *idev, u32 mtu)
{
	if (!idev->n_mtu_least || mtu < idev->mtu_least) {
		idev->mtu_least = mtu;
		idev->n_mtu_least = 0;
	}
	if (mtu == idev->mtu_least)
		idev->n_mtu_least++;
}

/*
 * As long as some peer has the MTU that was the smallest, it is.  When the last of them
 * goes it has to be looked for: mtu_least().
 */
static void mtu_change_peer(struct ipsec_peer *peer, u32 mtu)
{
	struct ipsec_dev *idev = peer->idev;

	if (mtu == peer->mtu)
		return;
	if (idev->n_mtu_least && peer->mtu == idev->mtu_least)
		idev->n_mtu_least--;
	peer->mtu = mtu;
	if (idev->n_mtu_least && mtu)
		mtu_count(idev, mtu);
}

/* The smallest MTU of a peer; 0: of none it is known */
static u32 mtu_least(struct ipsec_dev *idev)
{
	struct ipsec_peer *peer;

	if (!idev->n_mtu_least)
		list_for_each_entry(peer, &idev->peers, node)
			if (peer->mtu)
				mtu_count(idev, peer->mtu);
	return idev->n_mtu_least ? idev->mtu_least : 0;
}

void ipsec_mtu_forget_peer(struct ipsec_peer *peer)
{
	mtu_change_peer(peer, 0);
}

void ipsec_mtu_update_peer(struct ipsec_peer *peer)
{
	unsigned int mtu;

	lockdep_assert_held(&ipsec_net(peer->idev->net)->lock);
	local_bh_disable();
	rcu_read_lock();
	mtu = mtu_of_peer(peer);
	rcu_read_unlock();
	local_bh_enable();
	/* without SA or route the last value is the best guess */
	if (mtu)
		mtu_change_peer(peer, mtu);
}

void ipsec_mtu_apply(struct ipsec_dev *idev)
{
	struct ipsec_net *in = ipsec_net(idev->net);
	unsigned int mtu;

	ASSERT_RTNL();
	if (!idev->mtu_auto)
		return;

	mutex_lock(&in->lock);
	mtu = mtu_least(idev);
	mutex_unlock(&in->lock);
	if (!mtu)
		return;

	/* smaller would switch IPv6 off; what is larger is fragmented outside */
	mtu = clamp_t(unsigned int, mtu, IPV6_MIN_MTU, idev->dev->max_mtu);
	if (mtu == idev->dev->mtu)
		return;
	idev->mtu_updating = true;
	dev_set_mtu(idev->dev, mtu);
	idev->mtu_updating = false;
}

int ipsec_mtu_change(struct net_device *dev, int mtu)
{
	struct ipsec_dev *idev = netdev_priv(dev);
	struct ipsec_net *in = ipsec_net(idev->net);

	mutex_lock(&in->lock);
	if (!idev->mtu_updating)
		idev->mtu_auto = false;
	WRITE_ONCE(dev->mtu, mtu);
	in->generation++;
	ipsec_event_dev(idev, IFIPSEC_CMD_DEV_SET_NTF);
	mutex_unlock(&in->lock);
	return 0;
}

static void mtu_update_dev(struct ipsec_dev *idev)
{
	struct ipsec_net *in = ipsec_net(idev->net);
	struct ipsec_peer *peer;

	mutex_lock(&in->lock);
	list_for_each_entry(peer, &idev->peers, node)
		ipsec_mtu_update_peer(peer);
	mutex_unlock(&in->lock);
	ipsec_mtu_apply(idev);
}

/* Something happened to a device: is it the underlay of some of our interfaces? */
static int mtu_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct ipsec_net *in = ipsec_net(dev_net(dev));
	struct ipsec_dev *idev;

	if (event != NETDEV_CHANGEMTU && event != NETDEV_UP)
		return NOTIFY_DONE;

	/* under rtnl no interface is added or removed */
	list_for_each_entry(idev, &in->devs, node)
		if (idev->dev != dev && idev->mtu_auto && !idev->mtu_updating &&
		    (!idev->link || idev->link == dev->ifindex))
			mtu_update_dev(idev);
	return NOTIFY_DONE;
}

static struct notifier_block mtu_notifier = {
	.notifier_call = mtu_event,
};

int __init ipsec_mtu_init(void)
{
	return register_netdevice_notifier(&mtu_notifier);
}

void ipsec_mtu_exit(void)
{
	unregister_netdevice_notifier(&mtu_notifier);
}
