// SPDX-License-Identifier: GPL-2.0-only
/*
 * selector.c - the longest selector over an inner address.
 *
 * A hash table for each family, with all prefixes.  A lookup takes the lengths that
 * there are, the longest first, and looks for the address cut to that length: mostly
 * there are few lengths, however many prefixes.  The default route needs no look.
 *
 * The table follows the number of selectors.  Each selector has two links, one for the
 * table in use and one for the next, so a table can be put together while readers are in
 * the other, and without memory for each selector; but not before the last reader has
 * left the one before, which had the same link.
 */
#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#endif
#include "selector.h"

#define TABLE_BITS_MIN	4
#define TABLE_BITS_MAX	20

struct ipsec_prefix_table {
	u64 seed[2];		/* odd: nobody knows what shares a bucket */
	u8 shift;		/* 2^(64 - shift) buckets */
	u8 link;		/* which of ipsec_selector.next is of this table */
	unsigned long drained;	/* cookie: the readers of the one before have left */
	struct rcu_head rcu;
	struct ipsec_selector __rcu *bucket[];
};

static struct ipsec_prefix prefix_from4(__be32 addr)
{
	return (struct ipsec_prefix){ .hi = (u64)be32_to_cpu(addr) << 32 };
}

static struct ipsec_prefix prefix_from6(const struct in6_addr *addr)
{
	return (struct ipsec_prefix){
		.hi = (u64)be32_to_cpu(addr->s6_addr32[0]) << 32 |
		      be32_to_cpu(addr->s6_addr32[1]),
		.lo = (u64)be32_to_cpu(addr->s6_addr32[2]) << 32 |
		      be32_to_cpu(addr->s6_addr32[3]),
	};
}

/*
 * Multiply and take the upper bits.  Of IPv4, all of which is in the upper half, the
 * compiler knows that the other product is zero.
 */
static __always_inline u32 table_hash(const struct ipsec_prefix_table *t,
				      struct ipsec_prefix prefix, u8 plen)
{
	u64 h = (prefix.hi ^ plen) * t->seed[0] + prefix.lo * t->seed[1];

	return h >> t->shift;
}

/* The selector with exactly this prefix, or NULL */
static __always_inline struct ipsec_selector *
table_find(const struct ipsec_prefix_table *t, struct ipsec_prefix prefix, u8 plen)
{
	struct ipsec_selector *sel;

	for (sel = rcu_dereference_check(t->bucket[table_hash(t, prefix, plen)], true);
	     sel; sel = rcu_dereference_check(sel->next[t->link], true))
		if (sel->prefix.hi == prefix.hi && sel->prefix.lo == prefix.lo &&
		    sel->plen == plen)
			break;
	return sel;
}

/*
 * The longest selector of those whose lengths end in one half of the prefix.  Bit n of
 * @lengths stands for the length at which n bits of that half are cut off, of @bits up
 * to its end; so the longest is the first bit.
 */
static __always_inline struct ipsec_selector *
table_search(const struct ipsec_prefix_table *t, struct ipsec_prefix *prefix, u64 *half,
	     u64 lengths, u8 bits)
{
	struct ipsec_selector *sel;
	unsigned int n;

	for (; lengths; lengths &= lengths - 1) {
		n = __ffs64(lengths);
		*half = *half >> n << n;
		sel = table_find(t, *prefix, bits - n);
		if (sel)
			return sel;
	}
	return NULL;
}

struct ipsec_peer *ipsec_selector_find4(const struct ipsec_prefixes *p, __be32 addr)
{
	const struct ipsec_prefix_table *t = rcu_dereference(p->table);
	struct ipsec_prefix prefix = prefix_from4(addr);
	const struct ipsec_selector *sel;

	sel = table_search(t, &prefix, &prefix.hi, READ_ONCE(p->lengths[1]), 64);
	return sel ? sel->peer : rcu_dereference(p->rest);
}

struct ipsec_peer *ipsec_selector_find6(const struct ipsec_prefixes *p,
					const struct in6_addr *addr)
{
	const struct ipsec_prefix_table *t = rcu_dereference(p->table);
	struct ipsec_prefix prefix = prefix_from6(addr);
	const struct ipsec_selector *sel;

	sel = table_search(t, &prefix, &prefix.lo, READ_ONCE(p->lengths[0]), 128);
	if (!sel) {
		prefix.lo = 0;
		sel = table_search(t, &prefix, &prefix.hi, READ_ONCE(p->lengths[1]), 64);
	}
	return sel ? sel->peer : rcu_dereference(p->rest);
}

void ipsec_selector_free(struct ipsec_selector *sel)
{
	kfree(sel);
}

struct ipsec_selector *ipsec_selector_alloc(u8 family, const void *addr, u8 plen)
{
	struct ipsec_selector *sel;
	struct in6_addr v6;
	__be32 v4;

	sel = kzalloc(sizeof(*sel), GFP_KERNEL_ACCOUNT);
	if (!sel)
		return NULL;
	sel->family = family;
	sel->plen = plen;
	if (family == AF_INET) {
		memcpy(sel->key, addr, sizeof(v4));
		memcpy(&v4, addr, sizeof(v4));
		sel->prefix = prefix_from4(v4);
	} else {
		memcpy(sel->key, addr, sizeof(v6));
		memcpy(&v6, addr, sizeof(v6));
		sel->prefix = prefix_from6(&v6);
	}
	return sel;
}

static struct ipsec_prefixes *prefixes_of(struct ipsec_dev *idev,
					  const struct ipsec_selector *sel)
{
	return sel->family == AF_INET ? &idev->prefixes4 : &idev->prefixes6;
}

struct ipsec_selector *ipsec_selector_owner(struct ipsec_dev *idev,
					    const struct ipsec_selector *sel)
{
	const struct ipsec_prefixes *p = prefixes_of(idev, sel);

	return table_find(ipsec_locked(idev, p->table), sel->prefix, sel->plen);
}

static struct ipsec_prefix_table *table_alloc(u8 bits, u8 link)
{
	struct ipsec_prefix_table *t;

	/* in vain is no failure: the one in use only gets slower */
	t = kvzalloc(struct_size(t, bucket, 1UL << bits),
		     GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!t)
		return NULL;
	get_random_bytes(t->seed, sizeof(t->seed));
	t->seed[0] |= 1;
	t->seed[1] |= 1;
	t->shift = 64 - bits;
	t->link = link;
	return t;
}

static void table_publish(struct ipsec_prefixes *p, struct ipsec_prefix_table *t)
{
	rcu_assign_pointer(p->table, t);
	t->drained = start_poll_synchronize_rcu();
}

/* Into a table that has no readers yet, or with those of others in the bucket */
static void table_enter(struct ipsec_dev *idev, struct ipsec_prefix_table *t,
			struct ipsec_selector *sel)
{
	struct ipsec_selector __rcu **head;

	head = &t->bucket[table_hash(t, sel->prefix, sel->plen)];
	RCU_INIT_POINTER(sel->next[t->link], ipsec_locked(idev, *head));
	rcu_assign_pointer(*head, sel);
}

static void table_leave(struct ipsec_dev *idev, struct ipsec_prefix_table *t,
			struct ipsec_selector *sel)
{
	struct ipsec_selector __rcu **place;
	struct ipsec_selector *at;

	place = &t->bucket[table_hash(t, sel->prefix, sel->plen)];
	while ((at = ipsec_locked(idev, *place)) != sel)
		place = &at->next[t->link];
	/* who is at it goes on from there */
	rcu_assign_pointer(*place, ipsec_locked(idev, sel->next[t->link]));
}

static void table_enter_all(struct ipsec_dev *idev, struct ipsec_prefix_table *t,
			    struct ipsec_prefix_table *from)
{
	struct ipsec_selector *sel;
	u64 i;

	for (i = 0; i < 1ULL << (64 - from->shift); i++)
		for (sel = ipsec_locked(idev, from->bucket[i]); sel;
		     sel = ipsec_locked(idev, sel->next[from->link]))
			table_enter(idev, t, sel);
}

/* After each change: at least as many buckets as selectors, and not many times more */
static void prefixes_resize(struct ipsec_dev *idev, struct ipsec_prefixes *p)
{
	struct ipsec_prefix_table *new, *old = ipsec_locked(idev, p->table);
	int bits = clamp(order_base_2(p->n), TABLE_BITS_MIN, TABLE_BITS_MAX);
	int now = 64 - old->shift;

	if (bits <= now && bits + 3 >= now)
		return;
	/* there may be readers yet on the link that is needed: at a later change */
	if (!poll_state_synchronize_rcu(old->drained))
		return;
	new = table_alloc(bits, !old->link);
	if (!new)
		return;
	table_enter_all(idev, new, old);
	table_publish(p, new);
	kvfree_rcu(old, rcu);
}

static void prefixes_count(struct ipsec_prefixes *p, u8 plen, int change)
{
	u64 *word = &p->lengths[plen <= 64], bit = 1ULL << (-plen & 63);

	p->n += change;
	p->count[plen] += change;
	if (plen)
		WRITE_ONCE(*word, p->count[plen] ? *word | bit : *word & ~bit);
}

void ipsec_selector_add(struct ipsec_dev *idev, struct ipsec_selector *sel)
{
	struct ipsec_prefixes *p = prefixes_of(idev, sel);

	table_enter(idev, ipsec_locked(idev, p->table), sel);
	prefixes_count(p, sel->plen, 1);
	if (!sel->plen)
		rcu_assign_pointer(p->rest, sel->peer);
	prefixes_resize(idev, p);
}

void ipsec_selector_del(struct ipsec_dev *idev, struct ipsec_selector *sel)
{
	struct ipsec_prefixes *p = prefixes_of(idev, sel);

	table_leave(idev, ipsec_locked(idev, p->table), sel);
	prefixes_count(p, sel->plen, -1);
	if (!sel->plen)
		RCU_INIT_POINTER(p->rest, NULL);
	prefixes_resize(idev, p);
	kfree_rcu(sel, rcu);
}

int ipsec_selector_init_dev(struct ipsec_dev *idev)
{
	struct ipsec_prefix_table *t4 = table_alloc(TABLE_BITS_MIN, 0);
	struct ipsec_prefix_table *t6 = table_alloc(TABLE_BITS_MIN, 0);

	if (!t4 || !t6) {
		kvfree(t4);
		kvfree(t6);
		return -ENOMEM;
	}
	table_publish(&idev->prefixes4, t4);
	table_publish(&idev->prefixes6, t6);
	return 0;
}

void ipsec_selector_exit_dev(struct ipsec_dev *idev)
{
	kvfree(rcu_dereference_protected(idev->prefixes4.table, true));
	kvfree(rcu_dereference_protected(idev->prefixes6.table, true));
}
