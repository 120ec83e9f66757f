/* SPDX-License-Identifier: MIT */
/*
 * print.h - two printers over the same structs: for people, and JSON.
 *
 * The lists are sorted.  The form of the JSON is promised in ipsecctl(8); the
 * other may change to be better read.
 */
#ifndef IPSECCTL_PRINT_H
#define IPSECCTL_PRINT_H

#include <stdio.h>
#include <time.h>

#include "object.h"

/* Everything that there is in one namespace */
struct overview {
	struct dev_list devs;
	struct peer_list peers;
	struct sa_list sas;
};

struct printer {
	void (*overview)(FILE *out, const struct overview *overview);
	void (*devs)(FILE *out, const struct dev_list *list);
	void (*peers)(FILE *out, const struct peer_list *list);
	void (*sas)(FILE *out, const struct sa_list *list);
	void (*algs)(FILE *out, const struct alg_list *list);
	void (*spi)(FILE *out, const struct spi *spi);

	/* One line each, of the monitor */
	void (*event)(FILE *out, const struct timespec *when,
		      const struct event *event);
	/* "listening": from here on no event is missed; "lost": some were */
	void (*notice)(FILE *out, const struct timespec *when,
		       const char *what);
};

extern const struct printer printer_human;
extern const struct printer printer_json;

#define TIMESTAMP_MAX	64

/* Local time as ISO 8601 with microseconds; returns @buf */
const char *print_timestamp(const struct timespec *when,
			    char buf[static TIMESTAMP_MAX]);

/*
 * How many items from @start on belong to @home, or to @peer: the items of
 * sorted lists are walked in step.
 */
size_t print_peers_of(const struct peer_list *peers, size_t start,
		      const struct home *home);
size_t print_sas_of(const struct sa_list *sas, size_t start,
		    const struct peer *peer);

/* Where the items of @home, or of @peer, begin: those before have no owner */
size_t print_skip_peers(const struct peer_list *peers, size_t start,
			const struct home *home);
size_t print_skip_sas(const struct sa_list *sas, size_t start,
		      const struct peer *peer);

#endif /* IPSECCTL_PRINT_H */
