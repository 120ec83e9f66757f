// SPDX-License-Identifier: MIT
/*
 * selector_test.c - kmod/selector.c in user space: prefixes come and go at random, and
 * each answer is compared with a search through all of them.  Grace periods end, and
 * memory is missing, at random as well; what is read after it was freed, the address
 * sanitizer sees.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include "selector.c"

bool shim_no_memory;

static unsigned int failures;

__attribute__((format(printf, 3, 4)))
static void result(const char *name, bool good, const char *format, ...)
{
	va_list args;

	failures += !good;
	printf(good ? "ok - selector: %s" : "not ok - selector: %s: ", name);
	if (!good) {
		va_start(args, format);
		vprintf(format, args);
		va_end(args);
	}
	printf("\n");
}

static u64 random_state = 0x243f6a8885a308d3ULL;

static u64 rnd(void)
{
	/* xorshift64: the same numbers in every run */
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

void get_random_bytes(void *buf, size_t len)
{
	u8 *p = buf;

	while (len--)
		*p++ = rnd() >> 32;
}

/* ---- grace periods ------------------------------------------------------- */

static unsigned long grace_periods;
static struct rcu_head *later;

unsigned long start_poll_synchronize_rcu(void)
{
	return grace_periods + 1;
}

bool poll_state_synchronize_rcu(unsigned long cookie)
{
	return grace_periods >= cookie;
}

void shim_free_later(struct rcu_head *head, void *object)
{
	head->object = object;
	head->next = later;
	later = head;
}

static void grace_period(void)
{
	struct rcu_head *head;

	grace_periods++;
	while ((head = later)) {
		later = head->next;
		free(head->object);
	}
}

/* ---- the reference: all selectors, one after the other ---------------------- */

#define REFERENCE_MAX	20000

static struct ipsec_dev dev;
static struct ipsec_selector *all[REFERENCE_MAX];
static struct ipsec_peer peers[64];
static unsigned int n_all;

/* Are the first bits the same?  Byte by byte: nothing here is selector.c's. */
static bool over(const struct ipsec_selector *sel, u8 family, const u8 *addr)
{
	unsigned int i;

	if (sel->family != family)
		return false;
	for (i = 0; i < sel->plen; i++)
		if ((sel->key[i / 8] ^ addr[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

static struct ipsec_peer *reference_lookup(u8 family, const u8 *addr)
{
	const struct ipsec_selector *best = NULL;
	unsigned int i;

	for (i = 0; i < n_all; i++)
		if (over(all[i], family, addr) && (!best || all[i]->plen > best->plen))
			best = all[i];
	return best ? best->peer : NULL;
}

static int reference_owner(u8 family, const u8 *key, u8 plen)
{
	unsigned int i;

	for (i = 0; i < n_all; i++)
		if (all[i]->family == family && all[i]->plen == plen &&
		    !memcmp(all[i]->key, key, family == AF_INET ? 4 : 16))
			return i;
	return -1;
}

static struct ipsec_peer *lookup(u8 family, const u8 *addr)
{
	struct in6_addr v6;
	__be32 v4;

	if (family == AF_INET) {
		memcpy(&v4, addr, sizeof(v4));
		return ipsec_selector_lookup4(&dev, v4);
	}
	memcpy(&v6, addr, sizeof(v6));
	return ipsec_selector_lookup6(&dev, &v6);
}

/* There is memory for the selector itself; for a table only without @no_table */
static bool add_with(u8 family, const u8 *key, u8 plen, bool no_table)
{
	struct ipsec_selector *sel = ipsec_selector_alloc(family, key, plen);

	if (!sel || n_all == REFERENCE_MAX)
		abort();
	if (ipsec_selector_owner(&dev, sel)) {
		ipsec_selector_free(sel);
		return false;
	}
	sel->peer = &peers[rnd() % 64];
	all[n_all++] = sel;
	shim_no_memory = no_table;
	ipsec_selector_add(&dev, sel);
	shim_no_memory = false;
	return true;
}

static bool add(u8 family, const u8 *key, u8 plen)
{
	return add_with(family, key, plen, false);
}

static void del(unsigned int i)
{
	struct ipsec_selector *sel = all[i];

	all[i] = all[--n_all];
	ipsec_selector_del(&dev, sel);
}

static void begin(void)
{
	memset(&dev, 0, sizeof(dev));
	if (ipsec_selector_init_dev(&dev))
		abort();
}

/* Everything goes; what is left then is seen by the leak sanitizer */
static void end(const char *name)
{
	while (n_all)
		del(rnd() % n_all);
	result(name, !dev.prefixes4.n && !dev.prefixes6.n && !dev.prefixes4.rest &&
	       !dev.prefixes6.rest && !dev.prefixes4.lengths[1] &&
	       !dev.prefixes6.lengths[0] && !dev.prefixes6.lengths[1], "something is left");
	ipsec_selector_exit_dev(&dev);
	grace_period();
}

/* ---- at random ------------------------------------------------------------ */

/* Addresses that share many bits, so that prefixes nest; each bit may be the one */
static void random_address(u8 family, u8 *addr)
{
	unsigned int len = family == AF_INET ? 4 : 16, i;

	for (i = 0; i < len; i++)
		addr[i] = rnd() % 4 ? 0xa5 : 0xa4 ^ rnd() % 4;
	if (rnd() % 4 == 0) {
		i = rnd() % (8 * len);
		addr[i / 8] ^= 0x80 >> i % 8;
	}
}

static void random_prefix(u8 family, u8 *key, u8 *plen)
{
	unsigned int len = family == AF_INET ? 32 : 128, i;

	random_address(family, key);
	/* often the ends of the two words, and of all */
	switch (rnd() % 8) {
	case 0:
		*plen = rnd() % 4 ? len : 0;
		break;
	case 1:
		*plen = len / 2 - 1 + rnd() % 3;
		break;
	default:
		*plen = rnd() % (len + 1);
	}
	for (i = *plen; i < len; i++)
		key[i / 8] &= ~(0x80 >> i % 8);
}

/* Return: false if an answer is wrong */
static bool random_look(u8 family)
{
	struct ipsec_selector *sel, *owner;
	u8 addr[16] = { 0 }, plen;
	int i;

	random_address(family, addr);
	if (lookup(family, addr) != reference_lookup(family, addr))
		return false;
	random_prefix(family, addr, &plen);
	sel = ipsec_selector_alloc(family, addr, plen);
	if (!sel)
		abort();
	owner = ipsec_selector_owner(&dev, sel);
	i = reference_owner(family, addr, plen);
	ipsec_selector_free(sel);
	return owner == (i < 0 ? NULL : all[i]);
}

static void random_run(const char *name, unsigned int most, unsigned int steps)
{
	unsigned int step, good = 1, added = 0, removed = 0;
	u8 key[16] = { 0 }, plen, family;

	begin();
	for (step = 0; step < steps && good; step++) {
		family = rnd() % 2 ? AF_INET : AF_INET6;
		/* it fills, then it empties */
		if (n_all < most && (rnd() % 3) > (step / (2 * most) % 2)) {
			random_prefix(family, key, &plen);
			added += add_with(family, key, plen, rnd() % 2);
		} else if (n_all) {
			shim_no_memory = rnd() % 2;
			del(rnd() % n_all);
			shim_no_memory = false;
			removed++;
		}
		if (rnd() % 8 == 0)
			grace_period();
		good = random_look(AF_INET) && random_look(AF_INET6);
	}
	result(name, good && added > most && removed > most / 2,
	       "step %u, %u were added, %u removed", step, added, removed);
	end("and nothing is left of them");
}

/* ---- the table follows the number ------------------------------------------- */

static u64 buckets(const struct ipsec_prefixes *p)
{
	return 1ULL << (64 - p->table->shift);
}

static unsigned int longest_chain(const struct ipsec_prefix_table *t)
{
	const struct ipsec_selector *sel;
	unsigned int most = 0, n;
	u64 i;

	for (i = 0; i < 1ULL << (64 - t->shift); i++) {
		for (n = 0, sel = t->bucket[i]; sel; sel = sel->next[t->link])
			n++;
		most = n > most ? n : most;
	}
	return most;
}

/* 10.x.y.0/24, or fdxx:yy00::/64 */
static void add_network(u8 family, unsigned int i)
{
	u8 key[16] = { family == AF_INET ? 10 : 0xfd, i >> 8, i };

	add(family, key, family == AF_INET ? 24 : 64);
}

static struct ipsec_selector *find_network(const struct ipsec_prefix_table *t,
					   unsigned int i)
{
	return table_find(t, (struct ipsec_prefix){ .hi = (10ULL << 24 | i << 8) << 32 }, 24);
}

static void size_run(u8 family, const char *name)
{
	struct ipsec_prefixes *p = family == AF_INET ? &dev.prefixes4 : &dev.prefixes6;
	unsigned int i, wrong = 0, longest;

	begin();
	for (i = 0; i < 10000; i++) {
		grace_period();
		add_network(family, i);
		wrong += p->n > 16 && (buckets(p) < p->n || buckets(p) > 16 * p->n);
	}
	longest = longest_chain(p->table);
	for (i = 0; n_all; i++) {
		grace_period();
		del(rnd() % n_all);
		wrong += p->n > 16 && (buckets(p) < p->n || buckets(p) > 16 * p->n);
	}
	result(name, !wrong && longest < 12 && buckets(p) <= 128,
	       "%u times too large or small, %u in a bucket, %" PRIu64 " buckets at the end",
	       wrong, longest, buckets(p));
	end("and nothing is left of it");
}

/* Without memory the table stays, and is right; and later it grows at once */
static void no_memory_run(void)
{
	unsigned int i, found = 0;
	u8 key[4] = { 10 };

	begin();
	for (i = 0; i < 1000; i++) {
		grace_period();
		key[1] = i >> 8;
		key[2] = i;
		add_with(AF_INET, key, 24, true);
	}
	for (i = 0; i < 1000; i++)
		found += find_network(dev.prefixes4.table, i) != NULL;
	result("without memory for a table all are found", found == 1000 &&
	       buckets(&dev.prefixes4) == 16, "%u, %" PRIu64 " buckets", found, buckets(&dev.prefixes4));
	add_network(AF_INET, 5000);
	result("with memory it has the size that it should have at once",
	       buckets(&dev.prefixes4) == 1024, "%" PRIu64 " buckets", buckets(&dev.prefixes4));
	end("and nothing is left");

	memset(&dev, 0, sizeof(dev));
	shim_no_memory = true;
	i = ipsec_selector_init_dev(&dev);
	shim_no_memory = false;
	result("no memory for an interface", i == (unsigned int)-ENOMEM, "it did not say so");
}

/* ---- readers ----------------------------------------------------------------- */

/* Who began in a table that was replaced finds there what was there, and is there yet */
static void reader_run(void)
{
	struct ipsec_prefix_table *old, *next;
	unsigned int i, link, missed = 0;
	u8 key[4] = { 10 };

	begin();
	grace_period();
	for (i = 0; i < 16; i++)
		add_network(AF_INET, i);
	old = dev.prefixes4.table;		/* a reader begins */
	link = old->link;
	add_network(AF_INET, 16);
	next = dev.prefixes4.table;
	result("the 17th makes another table", next != old && next->link != link, "it is the same");
	for (i = 17; i < 1000; i++)
		add_network(AF_INET, i);
	result("which stays while there is a reader in the old one", dev.prefixes4.table == next, "it went");
	/* three of those that the reader may see go: their memory stays, and their links */
	for (i = 0; i < 3; i++) {
		key[2] = i;
		del(reference_owner(AF_INET, key, 24));
	}
	for (i = 0; i < 16; i++)
		missed += !find_network(old, i);
	result("the reader finds all that it could find when it began", !missed, "%u are missing", missed);
	grace_period();				/* it has left */
	add_network(AF_INET, 2000);
	result("then the next change makes it as large as it should be",
	       buckets(&dev.prefixes4) == 1024 && dev.prefixes4.table->link == link,
	       "%" PRIu64 " buckets", buckets(&dev.prefixes4));
	end("and nothing is left of all");
}

/* ---- single cases ------------------------------------------------------------- */

static void default_run(void)
{
	u8 any[16] = { 0 }, one[16] = { 192, 0, 2, 1 }, other[16] = { 192, 0, 2, 2 };
	bool alone, beside, after;

	begin();
	add(AF_INET, any, 0);
	alone = lookup(AF_INET, one) == all[0]->peer && !dev.prefixes4.lengths[1] &&
		!lookup(AF_INET6, one);
	add(AF_INET, one, 32);
	all[1]->peer = &peers[all[0]->peer == &peers[0]];
	beside = lookup(AF_INET, one) == all[1]->peer && lookup(AF_INET, other) == all[0]->peer;
	del(0);
	after = lookup(AF_INET, one) == all[0]->peer && !lookup(AF_INET, other);
	result("a default route alone, beside another, and gone", alone && beside && after,
	       "%d %d %d", alone, beside, after);
	end("and nothing is left of that");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	default_run();
	random_run("a few prefixes that come and go", 12, 60000);
	random_run("hundreds of prefixes that come and go", 500, 60000);
	size_run(AF_INET, "10,000 networks of IPv4: the table grows and shrinks with them");
	size_run(AF_INET6, "10,000 networks of IPv6: the table grows and shrinks with them");
	no_memory_run();
	reader_run();
	return failures != 0;
}
