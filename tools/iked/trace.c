// SPDX-License-Identifier: MIT
/* trace.c - a line of the log for each message. */
#include "trace.h"

#include "ike_sa.h"
#include "log.h"

void trace_message(const char *what, const struct ike_sa *sa,
		   const struct endpoint *remote, const struct ike_header *header,
		   uint8_t first, struct bytes chain)
{
	char about[IKE_SA_TEXT_MAX], where[ENDPOINT_TEXT_MAX], text[IKE_SUMMARY_MAX];

	if (!log_wanted(LOG_DEBUG))
		return;
	log_line(LOG_DEBUG, sa && sa->peer ? ike_sa_text(sa, about) : NULL, "%s %s: %s",
		 what, endpoint_text(remote, where),
		 ike_message_summary(header, chain, 0, first, text));
}

void trace_plain(const char *what, const struct ike_sa *sa,
		 const struct endpoint *remote, struct bytes message)
{
	struct ike_header header;

	if (!log_wanted(LOG_DEBUG) || ike_header_read(message, &header))
		return;
	trace_message(what, sa, remote, &header, header.next,
		      bytes_of(message.p + IKE_HEADER_LEN, message.len - IKE_HEADER_LEN));
}
