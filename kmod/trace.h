/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h - tracepoints: packets that were sent, received and dropped, and the life
 * of SAs.  "perf trace -e ipsec:*", "bpftrace -l tracepoint:ipsec:*".
 *
 * Addresses are network order as everywhere; SPIs are given in host order, so that
 * they read as ipsecctl shows them.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ipsec

#if !defined(_IPSEC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _IPSEC_TRACE_H

#include <linux/tracepoint.h>
#include "ipsec.h"

#define IPSEC_TRACE_TEXT	24

/* What every event says of an SA; 0 where there is none */
#define TRACE_SA_FIELDS							\
	__array(char, dev, IFNAMSIZ)					\
	__field(u32, spi)						\
	__field(u8, proto)						\
	__field(u8, dir)
#define TRACE_SA_ASSIGN(idev, sa)					\
	do {								\
		strscpy(__entry->dev, (idev)->dev->name, IFNAMSIZ);	\
		__entry->spi = (sa) ? ntohl((sa)->id.spi) : 0;		\
		__entry->proto = (sa) ? (sa)->id.proto : 0;		\
		__entry->dir = (sa) ? (sa)->dir : 0;			\
	} while (0)
#define TRACE_SA_FORMAT		"dev=%s spi=0x%08x proto=%u dir=%s"
#define TRACE_SA_PRINT							\
	__entry->dev, __entry->spi, __entry->proto,			\
	__print_symbolic(__entry->dir, { 0, "-" }, { 1, "in" }, { 2, "out" })

DECLARE_EVENT_CLASS(ipsec_packet,
	TP_PROTO(const struct ipsec_sa *sa, u64 seq, unsigned int len),
	TP_ARGS(sa, seq, len),
	TP_STRUCT__entry(
		TRACE_SA_FIELDS
		__field(u64, seq)
		__field(unsigned int, len)
	),
	TP_fast_assign(
		TRACE_SA_ASSIGN(sa->idev, sa);
		__entry->seq = seq;
		__entry->len = len;
	),
	TP_printk(TRACE_SA_FORMAT " seq=%llu len=%u", TRACE_SA_PRINT,
		  __entry->seq, __entry->len)
);

/* An inner packet of @len bytes was sent on an SA, with that number */
DEFINE_EVENT(ipsec_packet, ipsec_tx,
	TP_PROTO(const struct ipsec_sa *sa, u64 seq, unsigned int len),
	TP_ARGS(sa, seq, len)
);

/* An inner packet of @len bytes was received on an SA, with that number */
DEFINE_EVENT(ipsec_packet, ipsec_rx,
	TP_PROTO(const struct ipsec_sa *sa, u64 seq, unsigned int len),
	TP_ARGS(sa, seq, len)
);

/* Packets were dropped; the reasons are those of docs/counters.md */
TRACE_EVENT(ipsec_drop,
	TP_PROTO(const struct ipsec_dev *idev, const struct ipsec_sa *sa,
		 const char *reason, unsigned int n),
	TP_ARGS(idev, sa, reason, n),
	TP_STRUCT__entry(
		TRACE_SA_FIELDS
		__array(char, reason, IPSEC_TRACE_TEXT)
		__field(unsigned int, packets)
	),
	TP_fast_assign(
		TRACE_SA_ASSIGN(idev, sa);
		strscpy(__entry->reason, reason, IPSEC_TRACE_TEXT);
		__entry->packets = n;
	),
	TP_printk(TRACE_SA_FORMAT " reason=%s packets=%u", TRACE_SA_PRINT,
		  __entry->reason, __entry->packets)
);

/* An SA was installed, removed, or met a limit (enum ifipsec_expire) */
TRACE_EVENT(ipsec_sa,
	TP_PROTO(const struct ipsec_sa *sa, const char *what, unsigned int limit),
	TP_ARGS(sa, what, limit),
	TP_STRUCT__entry(
		TRACE_SA_FIELDS
		__array(char, peer, IFIPSEC_PEER_NAME_MAX + 1)
		__array(char, what, IPSEC_TRACE_TEXT)
		__field(unsigned int, limit)
	),
	TP_fast_assign(
		TRACE_SA_ASSIGN(sa->idev, sa);
		strscpy(__entry->peer, sa->peer->name, IFIPSEC_PEER_NAME_MAX + 1);
		strscpy(__entry->what, what, IPSEC_TRACE_TEXT);
		__entry->limit = limit;
	),
	TP_printk(TRACE_SA_FORMAT " peer=%s what=%s limit=%u", TRACE_SA_PRINT,
		  __entry->peer, __entry->what, __entry->limit)
);

#endif /* _IPSEC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
