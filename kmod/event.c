// SPDX-License-Identifier: GPL-2.0-only
/*
 * event.c - messages to the listeners of the netlink group "events", in the
 * underlay namespace of the object.
 */
#include "event.h"
#include "netlink.h"

static bool event_wanted(const struct ipsec_dev *idev)
{
	return genl_has_listeners(&ipsec_genl_family, idev->net, 0);
}

static struct sk_buff *event_begin(size_t size, enum ifipsec_cmd cmd, void **hdr)
{
	struct sk_buff *msg = genlmsg_new(size, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put(msg, 0, 0, &ipsec_genl_family, 0, cmd);
	return msg;
}

/* A message that could not be made is a lost one: listeners see ENOBUFS */
static void event_send(struct ipsec_dev *idev, struct sk_buff *msg, void *hdr,
		       int err)
{
	if (!msg || err) {
		nlmsg_free(msg);
		genl_set_err(&ipsec_genl_family, idev->net, 0, 0, ENOBUFS);
		return;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(&ipsec_genl_family, idev->net, msg, 0, 0,
				GFP_KERNEL);
}

void ipsec_event_dev(struct ipsec_dev *idev, enum ifipsec_cmd cmd)
{
	struct sk_buff *msg;
	void *hdr;

	if (!event_wanted(idev))
		return;
	msg = event_begin(ipsec_nl_dev_size(), cmd, &hdr);
	event_send(idev, msg, hdr, msg ? ipsec_nl_fill_dev(msg, idev) : 0);
}

void ipsec_event_peer(struct ipsec_peer *peer, enum ifipsec_cmd cmd)
{
	struct sk_buff *msg;
	void *hdr;

	if (!event_wanted(peer->idev))
		return;
	msg = event_begin(ipsec_nl_peer_size(peer), cmd, &hdr);
	event_send(peer->idev, msg, hdr,
		   msg ? ipsec_nl_fill_peer(msg, peer) : 0);
}

void ipsec_event_sa(struct ipsec_sa *sa, enum ifipsec_cmd cmd)
{
	struct sk_buff *msg;
	void *hdr;

	if (!event_wanted(sa->idev))
		return;
	msg = event_begin(ipsec_nl_sa_size(), cmd, &hdr);
	event_send(sa->idev, msg, hdr, msg ? ipsec_nl_fill_sa(msg, sa) : 0);
}

void ipsec_event_expire(struct ipsec_sa *sa, enum ifipsec_expire why)
{
	struct sk_buff *msg;
	int err = 0;
	void *hdr;

	if (!event_wanted(sa->idev))
		return;
	msg = event_begin(ipsec_nl_sa_size(), IFIPSEC_CMD_SA_EXPIRE_NTF, &hdr);
	if (msg) {
		err = ipsec_nl_fill_sa(msg, sa);
		if (!err)
			err = nla_put_u32(msg, IFIPSEC_A_EXPIRE, why);
	}
	event_send(sa->idev, msg, hdr, err);
}
