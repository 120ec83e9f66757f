// SPDX-License-Identifier: MIT
/* natd.c - SHA-1(SPIi | SPIr | address | port), twice. */
#include "natd.h"

#include <errno.h>
#include <string.h>

#include "prf.h"

static int hash(uint64_t spi_i, uint64_t spi_r, const struct endpoint *e,
		uint8_t out[static SHA1_LEN])
{
	uint8_t buf[2 * IKE_SPI_LEN + ADDR_BYTES_MAX + 2];
	struct writer w = writer_of(buf, sizeof(buf));
	struct bytes part;

	write_u64(&w, spi_i);
	write_u64(&w, spi_r);
	write_bytes(&w, bytes_of(e->addr.bytes, e->addr.len));
	write_u16(&w, e->port);
	part = writer_view(&w);
	return sha1(&part, 1, out);
}

int natd_build(struct ike_builder *b, uint64_t spi_i, uint64_t spi_r,
	       const struct endpoint *local, const struct endpoint *remote, bool pretend)
{
	uint8_t ours[SHA1_LEN], theirs[SHA1_LEN];
	struct bytes none = { 0 };

	if (hash(spi_i, spi_r, local, ours) || hash(spi_i, spi_r, remote, theirs))
		return -EIO;
	if (pretend && random_bytes(ours, sizeof(ours)))
		return -EIO;
	ike_build_notify(b, IKE_PROTO_NONE, none, IKE_N_NAT_DETECTION_SOURCE_IP,
			 BYTES(ours));
	ike_build_notify(b, IKE_PROTO_NONE, none, IKE_N_NAT_DETECTION_DESTINATION_IP,
			 BYTES(theirs));
	return 0;
}

bool natd_read(const struct ike_content *c, uint64_t spi_i, uint64_t spi_r,
	       const struct endpoint *local, const struct endpoint *remote,
	       bool *local_behind, bool *remote_behind)
{
	uint8_t ours[SHA1_LEN], theirs[SHA1_LEN];
	bool src = false, src_same = false, dst = false, dst_same = false;
	unsigned int i;

	*local_behind = *remote_behind = false;
	if (hash(spi_i, spi_r, local, ours) || hash(spi_i, spi_r, remote, theirs))
		return false;
	for (i = 0; i < c->n_notifies; i++) {
		const struct ike_notify_payload *n = &c->notifies[i];

		if (n->data.len != SHA1_LEN)
			continue;		/* E4.30 */
		if (n->type == IKE_N_NAT_DETECTION_SOURCE_IP) {
			/* Several: it does not know which address it sends from */
			src = true;
			src_same |= bytes_equal(n->data, BYTES(theirs));
		} else if (n->type == IKE_N_NAT_DETECTION_DESTINATION_IP) {
			dst = true;
			dst_same |= bytes_equal(n->data, BYTES(ours));
		}
	}
	*remote_behind = src && !src_same;
	*local_behind = dst && !dst_same;
	return src && dst;
}
