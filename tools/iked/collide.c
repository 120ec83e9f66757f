// SPDX-License-Identifier: MIT
/*
 * collide.c - exchanges that cross (RFC 7296 2.8.1, 2.25): which requests are refused
 * while something else is in work, and which of two rekeys stays.
 *
 *	          our request in flight is ...
 *	peer's    child new/rekey  child rekey   child delete  IKE rekey      IKE delete
 *	request                    of the same   of the same
 *	-------   ---------------  ------------  ------------  -------------  ----------
 *	child     fine             -             -             TEMPORARY      TEMPORARY
 *	rekey     fine             both; lowest  TEMPORARY     TEMPORARY      TEMPORARY
 *	                           nonce goes
 *	delete    fine             fine          without our   fine           fine
 *	                                         SPI
 *	rekey IKE TEMPORARY        TEMPORARY     TEMPORARY     both; lowest   TEMPORARY
 *	                                                       nonce goes
 *	del. IKE  fine, and it is over, whatever was in flight
 */
#include <string.h>

#include "exchange.h"
#include "ike_sa.h"
#include "log.h"

int nonce_compare(struct bytes a, struct bytes b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	if (order)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

struct bytes nonce_lower(struct bytes a, struct bytes b)
{
	return nonce_compare(a, b) <= 0 ? a : b;
}

uint16_t collide_refuse_child(const struct ike_sa *sa)
{
	if (sa->state != IKE_UP || sa->held || sa->request.kind == REQUEST_IKE_REKEY)
		return IKE_N_TEMPORARY_FAILURE;
	return 0;
}

uint16_t collide_refuse_rekey(const struct ike_sa *sa, const struct child_sa *child)
{
	(void)sa;
	/* It is being closed, or was rekeyed and will be */
	if (child->state != CHILD_UP || child->want_delete)
		return IKE_N_TEMPORARY_FAILURE;
	return 0;
}

uint16_t collide_refuse_ike(const struct ike_sa *sa)
{
	if (sa->state != IKE_UP || sa->held || sa->want_delete)
		return IKE_N_TEMPORARY_FAILURE;
	switch (sa->request.kind) {
	case REQUEST_CHILD:
	case REQUEST_CHILD_REKEY:
	case REQUEST_CHILD_DELETE:
	case REQUEST_IKE_DELETE:
		return IKE_N_TEMPORARY_FAILURE;
	default:
		/* Twice in one IKE SA cannot be */
		return sa->heir || sa->request.crossed_sa ? IKE_N_TEMPORARY_FAILURE : 0;
	}
}

static void remember(struct ike_sa *sa, struct bytes ni, struct bytes nr)
{
	daemon_count(sa->d, IKE_COUNT_COLLISION);
	sa->request.crossed = true;
	blob_copy(&sa->request.crossed_nonce, nonce_lower(ni, nr));
}

/* True: ours has the lowest of the four nonces, so it goes */
static bool ours_goes(const struct ike_sa *sa, struct bytes nr)
{
	struct bytes ours = nonce_lower(BYTES(sa->request.nonce), nr);

	return nonce_compare(ours, blob_view(&sa->request.crossed_nonce)) < 0;
}

void collide_child(struct ike_sa *sa, const struct child_sa *theirs, struct bytes ni,
		   struct bytes nr)
{
	ike_sa_log(sa, LOG_INFO, "both sides rekey child SA at once");
	remember(sa, ni, nr);
	sa->request.crossed_child = theirs->serial;
}

void collide_child_over(struct ike_sa *sa, struct child_sa *ours, struct bytes nr)
{
	struct child_sa *old = child_sa_find(sa, sa->request.child);
	struct child_sa *theirs = child_sa_find(sa, sa->request.crossed_child);

	/* When the peer has deleted its pair already, it lost */
	if (theirs && (theirs->state != CHILD_UP || theirs->want_delete))
		theirs = NULL;
	if (theirs && (!ours || ours_goes(sa, nr))) {
		/* Its initiator may not have our answer yet: sent on when it deletes the
		 * old one
		 */
		child_sa_take_out_later(theirs);
		if (ours)
			ours->want_delete = true;
		if (old && old->state == CHILD_UP)
			child_sa_replaced(old);		/* by the peer's request */
		return;
	}
	if (!ours)
		return;
	child_sa_begin(ours);
	if (theirs)
		child_sa_replaced(theirs);		/* the peer deletes it */
	if (old && old->state == CHILD_UP) {
		child_sa_replaced(old);
		old->want_delete = true;
	}
}

void collide_ike(struct ike_sa *sa, struct ike_sa *theirs, struct bytes ni,
		 struct bytes nr)
{
	ike_sa_log(sa, LOG_INFO, "both sides rekey the IKE SA at once");
	remember(sa, ni, nr);
	sa->request.crossed_sa = theirs;
	theirs->held = true;
}

/* @heir goes on; @sa is deleted by us or by the peer */
static void succeed(struct ike_sa *sa, struct ike_sa *heir, bool we_delete)
{
	heir->held = false;
	ike_sa_move_children(sa, heir);
	ike_sa_set_state(sa, IKE_REKEYED);
	sa->want_delete = we_delete;
	ike_sa_work(heir);
}

void collide_ike_over(struct ike_sa *sa, struct ike_sa *ours, struct bytes nr)
{
	struct ike_sa *theirs = sa->request.crossed_sa;

	sa->request.crossed_sa = NULL;
	if (theirs && (!ours || ours_goes(sa, nr))) {
		succeed(sa, theirs, false);
		if (ours) {
			ike_sa_set_state(ours, IKE_REKEYED);
			ours->want_delete = true;
			ike_sa_work(ours);
		}
		return;
	}
	if (!ours)
		return;
	succeed(sa, ours, true);
	if (theirs) {
		theirs->held = false;
		ike_sa_set_state(theirs, IKE_REKEYED);	/* the peer deletes it */
	}
}
