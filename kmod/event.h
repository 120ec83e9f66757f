/* SPDX-License-Identifier: GPL-2.0-only */
/* event.h - what listeners of the netlink group "events" are told. */
#ifndef _IPSEC_EVENT_H
#define _IPSEC_EVENT_H

#include "ipsec.h"

/*
 * All: process context, ipsec_net.lock held.  They cannot fail as far as the caller
 * is concerned: a listener that misses an event sees ENOBUFS.
 */
void ipsec_event_dev(struct ipsec_dev *idev, enum ifipsec_cmd cmd);
void ipsec_event_peer(struct ipsec_peer *peer, enum ifipsec_cmd cmd);
void ipsec_event_sa(struct ipsec_sa *sa, enum ifipsec_cmd cmd);
void ipsec_event_expire(struct ipsec_sa *sa, enum ifipsec_expire why);

#endif /* _IPSEC_EVENT_H */
