/* SPDX-License-Identifier: MIT */
/*
 * shim.h - as much of the kernel as kmod/selector.c needs, in user space.  A grace period
 * is over when the test says so (shim_grace_period()): what waits for it is freed then,
 * and not before.
 */
#ifndef SELECTOR_SHIM_H
#define SELECTOR_SHIM_H

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef uint32_t __be32;
typedef unsigned int gfp_t;

#define __rcu
#define __force
#define GFP_KERNEL_ACCOUNT	0
#define __GFP_NOWARN		0
#define be32_to_cpu(x)		be32toh(x)
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define clamp(x, low, high)	((int)(x) < (low) ? (low) : (int)(x) > (high) ? (high) : (int)(x))
#define struct_size(p, member, n) \
	(offsetof(__typeof__(*(p)), member) + (n) * sizeof((p)->member[0]))

static inline unsigned int __ffs64(u64 x)
{
	return __builtin_ctzll(x);
}

static inline int order_base_2(u64 n)
{
	return n > 1 ? 64 - __builtin_clzll(n - 1) : 0;
}

struct list_head {
	struct list_head *next, *prev;
};

struct in6_addr {
	__be32 s6_addr32[4];
};

/* ---- memory: the test makes it fail -------------------------------------- */

extern bool shim_no_memory;

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	(void)gfp;
	return shim_no_memory ? NULL : calloc(1, size);
}

#define kvzalloc	kzalloc
#define kfree		free
#define kvfree		free

void get_random_bytes(void *buf, size_t len);

/* ---- RCU ----------------------------------------------------------------- */

struct rcu_head {
	struct rcu_head *next;
	void *object;
};

void shim_free_later(struct rcu_head *head, void *object);
unsigned long start_poll_synchronize_rcu(void);
bool poll_state_synchronize_rcu(unsigned long cookie);

#define kfree_rcu(p, member)		shim_free_later(&(p)->member, p)
#define kvfree_rcu			kfree_rcu
#define rcu_assign_pointer(p, v)	((p) = (v))
#define RCU_INIT_POINTER(p, v)		((p) = (v))
#define rcu_dereference(p)		(p)
#define rcu_dereference_check(p, c)	(p)
#define rcu_dereference_protected(p, c)	(p)
#define ipsec_locked(idev, p)		((void)(idev), (p))

/* ---- what selector.c sees of an interface --------------------------------- */

#define _IPSEC_H
#include "prefix.h"

struct ipsec_peer {
	unsigned int id;
};

struct ipsec_dev {
	struct ipsec_prefixes prefixes4;
	struct ipsec_prefixes prefixes6;
};

#endif /* SELECTOR_SHIM_H */
