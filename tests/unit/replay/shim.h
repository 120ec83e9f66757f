/* SPDX-License-Identifier: MIT */
/* shim.h - as much of the kernel as kmod/replay.c needs, in user space. */
#ifndef REPLAY_SHIM_H
#define REPLAY_SHIM_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef unsigned int gfp_t;

#define BITS_PER_LONG		64
#define GFP_KERNEL_ACCOUNT	0
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))

/* A lock that notices when it is taken twice, or not given back */
typedef struct { int held; } spinlock_t;

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->held = 0;
}

static inline void spin_lock(spinlock_t *lock)
{
	if (lock->held++)
		abort();
}

static inline void spin_unlock(spinlock_t *lock)
{
	if (--lock->held)
		abort();
}

#define spin_lock_bh	spin_lock
#define spin_unlock_bh	spin_unlock

static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	unsigned long p = 1;

	while (p < n)
		p <<= 1;
	return p;
}

/* The test makes it fail to see what happens without memory */
extern bool shim_no_memory;

static inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	(void)gfp;
	return shim_no_memory ? NULL : calloc(n, size);
}

static inline void kfree(void *p)
{
	free(p);
}

#include "replay.h"

#endif /* REPLAY_SHIM_H */
