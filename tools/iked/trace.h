/* SPDX-License-Identifier: MIT */
/*
 * trace.h - a line of the log for each message, for "ipsec-iked -v": the names of its
 * payloads and notifies, nothing of what is in them.  Where debug lines are not written
 * no text is made.
 */
#ifndef IKED_TRACE_H
#define IKED_TRACE_H

#include "endpoint.h"
#include "message.h"

struct ike_sa;

/* @what: "sent to" or "received from" @remote; @sa: NULL where there is none yet */
void trace_message(const char *what, const struct ike_sa *sa,
		   const struct endpoint *remote, const struct ike_header *header,
		   uint8_t first, struct bytes chain);
/* The same, of a whole message that is not protected */
void trace_plain(const char *what, const struct ike_sa *sa,
		 const struct endpoint *remote, struct bytes message);

#endif /* IKED_TRACE_H */
