/* SPDX-License-Identifier: MIT */
/* natd.h - NAT detection (RFC 7296 2.23): hashes of what each side believes. */
#ifndef IKED_NATD_H
#define IKED_NATD_H

#include "endpoint.h"
#include "message.h"

/* Our two notifies.  @pretend: as if we were behind a NAT, to get UDP */
int natd_build(struct ike_builder *b, uint64_t spi_i, uint64_t spi_r,
	       const struct endpoint *local, const struct endpoint *remote, bool pretend);
/* What the peer's say.  False: it does not know about NAT at all */
bool natd_read(const struct ike_content *c, uint64_t spi_i, uint64_t spi_r,
	       const struct endpoint *local, const struct endpoint *remote,
	       bool *local_behind, bool *remote_behind);

#endif /* IKED_NATD_H */
