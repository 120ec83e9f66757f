// SPDX-License-Identifier: MIT
/*
 * object.c - life and order of the objects and their lists.
 */
#define _GNU_SOURCE	/* strverscmp() */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

static void stats_clear(struct stats *stats)
{
	free(stats->drops);
	memset(stats, 0, sizeof(*stats));
}

void dev_clear(struct dev *dev)
{
	stats_clear(&dev->stats);
	memset(dev, 0, sizeof(*dev));
}

void peer_clear(struct peer *peer)
{
	free(peer->selectors);
	memset(peer, 0, sizeof(*peer));
}

void sa_clear(struct sa *sa)
{
	stats_clear(&sa->stats);
	memset(sa, 0, sizeof(*sa));
}

void event_clear(struct event *event)
{
	switch (event->kind) {
	case OBJECT_DEV:
		dev_clear(&event->dev);
		break;
	case OBJECT_PEER:
		peer_clear(&event->peer);
		break;
	case OBJECT_SA:
		sa_clear(&event->sa);
		break;
	case OBJECT_AUDIT:
		break;
	}
}

/* An array of @n items with room for one more; it doubles at powers of two */
static void *grow(void *items, size_t n, size_t size)
{
	if (n & (n - 1))
		return items;
	return reallocarray(items, n ? 2 * n : 1, size);
}

#define LIST_ADD(list, object)						\
({									\
	void *items_ = grow((list)->items, (list)->n, sizeof(*(object)));\
	if (items_) {							\
		(list)->items = items_;					\
		(list)->items[(list)->n++] = *(object);			\
	}								\
	items_ != NULL;							\
})

bool dev_list_add(struct dev_list *list, struct dev *dev)
{
	if (!LIST_ADD(list, dev))
		return false;
	memset(dev, 0, sizeof(*dev));
	return true;
}

bool peer_list_add(struct peer_list *list, struct peer *peer)
{
	if (!LIST_ADD(list, peer))
		return false;
	memset(peer, 0, sizeof(*peer));
	return true;
}

bool sa_list_add(struct sa_list *list, struct sa *sa)
{
	if (!LIST_ADD(list, sa))
		return false;
	memset(sa, 0, sizeof(*sa));
	return true;
}

bool alg_list_add(struct alg_list *list, const struct alg *alg)
{
	return LIST_ADD(list, alg);
}

void dev_list_clear(struct dev_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		dev_clear(&list->items[i]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

void peer_list_clear(struct peer_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		peer_clear(&list->items[i]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

void sa_list_clear(struct sa_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		sa_clear(&list->items[i]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

void alg_list_clear(struct alg_list *list)
{
	free(list->items);
	memset(list, 0, sizeof(*list));
}

void dev_name_link(struct dev *dev)
{
	if (dev->link && !if_indextoname(dev->link, dev->link_name))
		snprintf(dev->link_name, sizeof(dev->link_name), "if%u",
			 dev->link);
}

int home_compare(const struct home *a, const struct home *b)
{
	int order = strverscmp(a->ifname, b->ifname);

	if (order)
		return order;
	if (a->has_netnsid != b->has_netnsid)
		return a->has_netnsid ? 1 : -1;
	return (a->netnsid > b->netnsid) - (a->netnsid < b->netnsid);
}

int sa_compare_peer(const struct sa *sa, const struct peer *peer)
{
	int order = home_compare(&sa->home, &peer->home);

	return order ? order : strverscmp(sa->peer, peer->name);
}

static int compare_devs(const void *a, const void *b)
{
	const struct dev *x = a, *y = b;

	return home_compare(&x->home, &y->home);
}

static int compare_peers(const void *a, const void *b)
{
	const struct peer *x = a, *y = b;
	int order = home_compare(&x->home, &y->home);

	return order ? order : strverscmp(x->name, y->name);
}

static int compare_sas(const void *a, const void *b)
{
	const struct sa *x = a, *y = b;
	int order = home_compare(&x->home, &y->home);

	if (!order)
		order = strverscmp(x->peer, y->peer);
	if (!order)
		order = y->dir - x->dir;	/* OUT is the larger number */
	if (!order)
		order = (x->spi > y->spi) - (x->spi < y->spi);
	if (!order)
		order = x->proto - y->proto;
	return order;
}

static int compare_algs(const void *a, const void *b)
{
	const struct alg *x = a, *y = b;

	return x->auth != y->auth ? x->auth - y->auth : x->encr - y->encr;
}

/* An empty list has no array, and qsort() must not be given NULL */
void dev_list_sort(struct dev_list *list)
{
	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), compare_devs);
}

void peer_list_sort(struct peer_list *list)
{
	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items),
		      compare_peers);
}

void sa_list_sort(struct sa_list *list)
{
	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), compare_sas);
}

void alg_list_sort(struct alg_list *list)
{
	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items),
		      compare_algs);
}
