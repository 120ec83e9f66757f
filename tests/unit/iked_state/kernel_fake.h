/* SPDX-License-Identifier: MIT */
/*
 * kernel_fake.h - the kernel seam without a kernel: what was put is kept, so that a
 * test can say whether a packet would get through; calls can be made to fail.
 */
#ifndef TESTS_UNIT_IKED_STATE_KERNEL_FAKE_H
#define TESTS_UNIT_IKED_STATE_KERNEL_FAKE_H

#include "../../../tools/iked/kernel.h"

#define FAKE_SAS	512
#define FAKE_PEERS	16
#define FAKE_KEYS	4096

struct fake_peer {
	bool used;
	char ifname[IFNAMSIZ];
	char name[IFIPSEC_PEER_NAME_MAX + 1];
	struct kernel_peer put;
	struct prefix selectors[IFIPSEC_SELECTORS_MAX];
};

struct fake_sa {
	bool used, larval;		/* the latter: only the SPI is taken */
	struct kernel_sa_state state;
	uint16_t encr, auth;
	uint8_t mode;
	bool esn;
	uint8_t key[160];
	size_t key_len;
	uint64_t soft_bytes, hard_seconds;
	uint32_t tfc;
};

struct kernel_fake {
	struct kernel k;		/* first */
	struct fake_peer peers[FAKE_PEERS];
	struct fake_sa sas[FAKE_SAS];
	uint32_t spi;
	struct addr source;		/* of everything */
	/* Calls that fail, counted down: 1 is the next */
	unsigned int fail_peer_put, fail_spi, fail_in, fail_out;
	/* What must never be */
	unsigned int key_again;		/* OUT with a key that was OUT before */
	unsigned int bad_calls;		/* for a peer or SA that there is not */
	uint64_t out_keys[FAKE_KEYS];	/* digests of those that were OUT */
	unsigned int n_out_keys;
	unsigned int sa_puts;
};

void kernel_fake_init(struct kernel_fake *f, const char *source, uint32_t first_spi);
unsigned int kernel_fake_count(const struct kernel_fake *f, uint8_t dir, bool larval);
const struct fake_sa *kernel_fake_out(const struct kernel_fake *f, const char *peer);
struct fake_sa *kernel_fake_in(struct kernel_fake *f, uint32_t spi);
const struct fake_peer *kernel_fake_peer(const struct kernel_fake *f, const char *name);
/* Would a packet that @from sends to @peer be understood by @to? */
bool kernel_fake_passes(const struct kernel_fake *from, const char *peer,
			const struct kernel_fake *to);
/* An event of the kernel */
void kernel_fake_event(struct kernel_fake *f, const struct kernel_event *event);
/* An SA of somebody else, from before */
void kernel_fake_add(struct kernel_fake *f, const char *ifname, const char *peer,
		     uint8_t dir, uint32_t spi);

#endif /* TESTS_UNIT_IKED_STATE_KERNEL_FAKE_H */
