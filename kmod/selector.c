// SPDX-License-Identifier: GPL-2.0-only
/*
 * selector.c - prefix tries: the longest selector over an inner address.
 *
 * A path-compressed binary trie for each family.  A node stands for a prefix; its
 * two children are longer prefixes that differ in the bit after it.  A node with a
 * selector is a configured prefix; one without only joins its two children, and
 * goes when it has no longer two.  Readers walk it under RCU; a writer publishes a
 * complete node with one pointer.
 */
#include <linux/bitops.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include "selector.h"

/* An address or prefix, left-aligned in 128 bits */
struct trie_key {
	u64 hi;
	u64 lo;
};

/* The lookup reads what is first, of one cache line */
struct ipsec_trie_node {
	struct ipsec_trie_node __rcu *child[2];
	struct ipsec_selector __rcu *sel;	/* NULL: joins its children */
	u8 plen;			/* bits */
	struct trie_key key;		/* bits beyond plen are zero */
	struct rcu_head rcu;
};

static struct trie_key key_from4(__be32 addr)
{
	return (struct trie_key){ .hi = (u64)be32_to_cpu(addr) << 32 };
}

static struct trie_key key_from6(const struct in6_addr *addr)
{
	return (struct trie_key){
		.hi = (u64)be32_to_cpu(addr->s6_addr32[0]) << 32 |
		      be32_to_cpu(addr->s6_addr32[1]),
		.lo = (u64)be32_to_cpu(addr->s6_addr32[2]) << 32 |
		      be32_to_cpu(addr->s6_addr32[3]),
	};
}

static struct trie_key key_of(const struct ipsec_selector *sel)
{
	struct in6_addr v6;
	__be32 v4;

	if (sel->family == AF_INET) {
		memcpy(&v4, sel->key, sizeof(v4));
		return key_from4(v4);
	}
	memcpy(&v6, sel->key, sizeof(v6));
	return key_from6(&v6);
}

/* How many leading bits two keys share: 0..128 */
static unsigned int key_common(struct trie_key a, struct trie_key b)
{
	if (a.hi != b.hi)
		return 64 - fls64(a.hi ^ b.hi);
	return 128 - fls64(a.lo ^ b.lo);
}

/* Are the first bits of two keys the same?  @plen: how many */
static bool key_match(struct trie_key a, struct trie_key b, unsigned int plen)
{
	if (plen <= 64)
		return !plen || !((a.hi ^ b.hi) >> (64 - plen));
	return a.hi == b.hi && !((a.lo ^ b.lo) >> (128 - plen));
}

/* Bit @n of 128; of a whole address, which has no children, anything */
static unsigned int key_bit(struct trie_key k, unsigned int n)
{
	return (n & 64 ? k.lo : k.hi) >> (~n & 63) & 1;
}

static struct trie_key key_truncate(struct trie_key k, unsigned int plen)
{
	if (plen <= 64) {
		k.hi = plen ? k.hi & ~0ULL << (64 - plen) : 0;
		k.lo = 0;
	} else if (plen < 128) {
		k.lo &= ~0ULL << (128 - plen);
	}
	return k;
}

/* Node by node, as long as they are above the address */
static noinline struct ipsec_peer *
trie_walk(struct ipsec_trie_node __rcu *const *root, struct trie_key key)
{
	struct ipsec_trie_node *n = rcu_dereference(*root);
	struct ipsec_selector *sel, *found = NULL;

	while (n && key_match(n->key, key, n->plen)) {
		sel = rcu_dereference(n->sel);
		if (sel)
			found = sel;
		n = rcu_dereference(n->child[key_bit(key, n->plen)]);
	}
	return found ? found->peer : NULL;
}

/*
 * The nodes above an address are those on the way down its bits, until one differs.  So
 * go all the way and compare once, with the last selector that was met: mostly it is
 * the one.  Inlined, so that the word is known that the bits of IPv4 are in.
 */
static __always_inline struct ipsec_peer *
trie_lookup(struct ipsec_trie_node __rcu *const *root, struct trie_key key, bool v6)
{
	struct ipsec_trie_node *n, *last = NULL;
	const struct ipsec_selector *sel;
	u64 word = key.hi;

	for (n = rcu_dereference(*root); n;
	     n = rcu_dereference(n->child[word >> (~n->plen & 63) & 1])) {
		if (rcu_access_pointer(n->sel))
			last = n;
		if (v6)
			word = n->plen & 64 ? key.lo : key.hi;
	}
	if (!last)
		return NULL;
	sel = rcu_dereference(last->sel);
	if (likely(sel && key_match(last->key, key, last->plen)))
		return sel->peer;
	return trie_walk(root, key);
}

struct ipsec_peer *ipsec_selector_walk4(const struct ipsec_dev *idev, __be32 addr)
{
	return trie_lookup(&idev->selectors.root4, key_from4(addr), false);
}

struct ipsec_peer *ipsec_selector_walk6(const struct ipsec_dev *idev,
					const struct in6_addr *addr)
{
	return trie_lookup(&idev->selectors.root6, key_from6(addr), true);
}

void ipsec_selector_free(struct ipsec_selector *sel)
{
	kfree(sel->leaf);
	kfree(sel->branch);
	kfree(sel);
}

struct ipsec_selector *ipsec_selector_alloc(u8 family, const void *addr, u8 plen)
{
	struct ipsec_selector *sel;

	sel = kzalloc(sizeof(*sel), GFP_KERNEL_ACCOUNT);
	if (!sel)
		return NULL;
	sel->leaf = kzalloc(sizeof(*sel->leaf), GFP_KERNEL_ACCOUNT);
	sel->branch = kzalloc(sizeof(*sel->branch), GFP_KERNEL_ACCOUNT);
	if (!sel->leaf || !sel->branch) {
		ipsec_selector_free(sel);
		return NULL;
	}
	sel->family = family;
	sel->plen = plen;
	memcpy(sel->key, addr, family == AF_INET ? 4 : 16);
	return sel;
}

static struct ipsec_trie_node __rcu **trie_root(struct ipsec_dev *idev,
						const struct ipsec_selector *sel)
{
	return sel->family == AF_INET ? &idev->selectors.root4 :
					&idev->selectors.root6;
}

/*
 * Walk towards a prefix.  Returns the place of the node with that prefix, or the
 * place where it has to be entered: empty, or held by a node that is not above it.
 * @up gets the place of the node above, NULL at the root.
 */
static struct ipsec_trie_node __rcu **
trie_place(struct ipsec_dev *idev, const struct ipsec_selector *sel,
	   struct trie_key key, struct ipsec_trie_node __rcu ***up)
{
	struct ipsec_trie_node __rcu **place = trie_root(idev, sel);
	struct ipsec_trie_node *n;

	*up = NULL;
	while ((n = ipsec_locked(idev, *place)) && n->plen < sel->plen &&
	       key_common(n->key, key) >= n->plen) {
		*up = place;
		place = &n->child[key_bit(key, n->plen)];
	}
	return place;
}

static bool node_is(const struct ipsec_trie_node *n, struct trie_key key,
		    unsigned int plen)
{
	return n && n->plen == plen && key_common(n->key, key) >= plen;
}

struct ipsec_selector *ipsec_selector_owner(struct ipsec_dev *idev,
					    const struct ipsec_selector *sel)
{
	struct trie_key key = key_of(sel);
	struct ipsec_trie_node __rcu **up;
	struct ipsec_trie_node *n;

	n = ipsec_locked(idev, *trie_place(idev, sel, key, &up));
	return node_is(n, key, sel->plen) ? ipsec_locked(idev, n->sel) : NULL;
}

/* The peer of a trie that is one default route, or NULL */
static struct ipsec_peer *trie_all(struct ipsec_dev *idev,
				   struct ipsec_trie_node __rcu *const *root)
{
	const struct ipsec_trie_node *n = ipsec_locked(idev, *root);

	const struct ipsec_selector *sel;

	if (!n || n->plen || rcu_access_pointer(n->child[0]) ||
	    rcu_access_pointer(n->child[1]))
		return NULL;
	sel = ipsec_locked(idev, n->sel);
	return sel ? sel->peer : NULL;
}

/* After each change of a trie */
static void trie_changed(struct ipsec_dev *idev)
{
	struct ipsec_trie *t = &idev->selectors;

	rcu_assign_pointer(t->all4, trie_all(idev, &t->root4));
	rcu_assign_pointer(t->all6, trie_all(idev, &t->root6));
}

static void trie_add(struct ipsec_dev *idev, struct ipsec_selector *sel)
{
	struct ipsec_trie_node *n, *leaf = sel->leaf, *branch = sel->branch;
	struct trie_key key = key_of(sel);
	struct ipsec_trie_node __rcu **place, **up;
	unsigned int common;

	place = trie_place(idev, sel, key, &up);
	n = ipsec_locked(idev, *place);
	if (node_is(n, key, sel->plen)) {
		rcu_assign_pointer(n->sel, sel);
		return;		/* leaf and branch stay spare */
	}

	leaf->key = key;
	leaf->plen = sel->plen;
	RCU_INIT_POINTER(leaf->sel, sel);
	sel->leaf = NULL;
	if (!n) {
		rcu_assign_pointer(*place, leaf);
		return;
	}

	common = key_common(n->key, key);
	if (common >= sel->plen) {	/* above n */
		RCU_INIT_POINTER(leaf->child[key_bit(n->key, sel->plen)], n);
		rcu_assign_pointer(*place, leaf);
		return;
	}

	/* beside n: a new node joins the two */
	branch->key = key_truncate(key, common);
	branch->plen = common;
	RCU_INIT_POINTER(branch->child[key_bit(key, common)], leaf);
	RCU_INIT_POINTER(branch->child[key_bit(n->key, common)], n);
	sel->branch = NULL;
	rcu_assign_pointer(*place, branch);
}

void ipsec_selector_add(struct ipsec_dev *idev, struct ipsec_selector *sel)
{
	trie_add(idev, sel);
	trie_changed(idev);
}

/* Take the node at a place out if nothing needs it; true if it went */
static bool node_prune(struct ipsec_dev *idev,
		       struct ipsec_trie_node __rcu **place)
{
	struct ipsec_trie_node *n = ipsec_locked(idev, *place);
	struct ipsec_trie_node *zero = ipsec_locked(idev, n->child[0]);
	struct ipsec_trie_node *one = ipsec_locked(idev, n->child[1]);

	if (rcu_access_pointer(n->sel) || (zero && one))
		return false;
	rcu_assign_pointer(*place, zero ?: one);
	kfree_rcu(n, rcu);
	return true;
}

void ipsec_selector_del(struct ipsec_dev *idev, struct ipsec_selector *sel)
{
	struct trie_key key = key_of(sel);
	struct ipsec_trie_node __rcu **place, **up;
	struct ipsec_trie_node *n;

	place = trie_place(idev, sel, key, &up);
	n = ipsec_locked(idev, *place);
	RCU_INIT_POINTER(n->sel, NULL);
	if (node_prune(idev, place) && up)
		node_prune(idev, up);
	trie_changed(idev);

	kfree(sel->leaf);
	kfree(sel->branch);
	kfree_rcu(sel, rcu);
}
