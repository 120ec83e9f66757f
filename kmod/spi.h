/* SPDX-License-Identifier: GPL-2.0-only */
/* spi.h - SPIs that are reserved for SAs to come. */
#ifndef _IPSEC_SPI_H
#define _IPSEC_SPI_H

#include "ipsec.h"

struct netlink_ext_ack;

/*
 * An inbound SPI that was given away before there are keys: the peer's IKE daemon
 * has told it to the other side.  No packet finds it.  All under ipsec_net.lock.
 */
struct ipsec_spi {
	struct ipsec_sadb_key id;
	struct ipsec_peer *peer;	/* takes it along when it goes */
	time64_t expires;		/* boottime: last second of its life */
	struct rhash_head hash_node;	/* in ipsec_net.spis */
	struct list_head age_node;	/* in ipsec_net.spi_ages */
	struct list_head peer_node;	/* in ipsec_peer.spis */
};

int ipsec_spi_init(struct ipsec_net *in);

/** ipsec_spi_exit() - all reservations must be gone */
void ipsec_spi_exit(struct ipsec_net *in);

/**
 * ipsec_spi_reserve() - give a random SPI that is free to a peer
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @min: of the range to choose from, IFIPSEC_SPI_MIN or more
 * @max: its end, included
 *
 * It is the peer's for IFIPSEC_SPI_SECONDS, or until an SA has it.
 * Context: process, ipsec_net.lock held.
 * Return: the reservation, valid as long as the lock is held, or ERR_PTR(-ENOSPC or
 * -ENOMEM); the sentence is in @extack.
 */
struct ipsec_spi *ipsec_spi_reserve(struct ipsec_peer *peer, u8 proto, u32 min,
				    u32 max, struct netlink_ext_ack *extack);

/**
 * ipsec_spi_find() - the reservation of an SPI, or NULL
 *
 * What has expired goes first: in->n_spis is right afterwards.
 * Context: ipsec_net.lock held.
 */
struct ipsec_spi *ipsec_spi_find(struct ipsec_net *in,
				 const struct ipsec_sadb_key *id);

/** ipsec_spi_release() - end a reservation.  ipsec_net.lock held. */
void ipsec_spi_release(struct ipsec_spi *spi);

/** ipsec_spi_flush() - end all reservations of a peer.  ipsec_net.lock held. */
void ipsec_spi_flush(struct ipsec_peer *peer);

#endif /* _IPSEC_SPI_H */
