/* SPDX-License-Identifier: MIT */
/*
 * counters.h - what happened, and why messages and exchanges failed; shown by
 * "ipsecctl ike status".  Append only.
 */
#ifndef IKED_COUNTERS_H
#define IKED_COUNTERS_H

#include <stdint.h>

#define IKE_COUNTERS(_)							\
	_(RX, rx, "messages received")					\
	_(TX, tx, "messages sent, retransmissions not counted")		\
	_(RETRANSMIT, retransmit, "requests sent again")		\
	_(RX_REPEATED, rx_repeated, "requests received again; the answer was sent again") \
	_(RX_MALFORMED, rx_malformed, "not an IKE message, dropped")	\
	_(RX_VERSION, rx_version, "another major version, dropped")	\
	_(RX_UNKNOWN_SPI, rx_unknown_spi, "for no IKE SA of ours, dropped") \
	_(RX_UNEXPECTED, rx_unexpected, "exchange, direction or message ID that cannot be, dropped") \
	_(RX_ICV, rx_icv, "integrity check failed, dropped")		\
	_(RX_SYNTAX, rx_syntax, "authentic, but malformed")		\
	_(RX_FRAGMENT, rx_fragment, "fragment that cannot be, dropped")	\
	_(RX_NO_CONFIG, rx_no_config, "from somebody that no peer is configured for") \
	_(COOKIE_SENT, cookie_sent, "answered with a cookie")		\
	_(COOKIE_BAD, cookie_bad, "came with a wrong cookie")		\
	_(HALF_OPEN_FULL, half_open_full, "refused, too many half-open IKE SAs") \
	_(IKE_SA_UP, ike_sa_up, "IKE SAs established")			\
	_(CHILD_SA_UP, child_sa_up, "child SAs established")		\
	_(IKE_REKEYED, ike_rekeyed, "IKE SAs rekeyed")			\
	_(CHILD_REKEYED, child_rekeyed, "child SAs rekeyed")		\
	_(COLLISION, collision, "exchanges that crossed")		\
	_(DPD_SENT, dpd_sent, "checks whether a peer is alive")		\
	_(PEER_DEAD, peer_dead, "peers that did not answer any more")	\
	_(FAIL_AUTH, fail_auth, "authentication failed")		\
	_(FAIL_PROPOSAL, fail_proposal, "no proposal in common")	\
	_(FAIL_TS, fail_ts, "no traffic selector in common")		\
	_(FAIL_KE, fail_ke, "key exchange failed")			\
	_(FAIL_KERNEL, fail_kernel, "the kernel refused an SA")		\
	_(FAIL_OTHER, fail_other, "exchanges that failed otherwise")

#define _IKE_COUNTER(NAME, name, text)	IKE_COUNT_##NAME,
enum ike_counter {
	IKE_COUNTERS(_IKE_COUNTER)
	IKE_COUNTERS_N
};

struct ike_counters {
	uint64_t n[IKE_COUNTERS_N];
};

const char *ike_counter_name(enum ike_counter counter);
const char *ike_counter_text(enum ike_counter counter);

#endif /* IKED_COUNTERS_H */
