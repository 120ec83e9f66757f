/* SPDX-License-Identifier: MIT */
/*
 * config_handed.h - files that a configuration names, as bytes: for the daemon, which may
 * not open them itself.
 */
#ifndef IKED_CONFIG_HANDED_H
#define IKED_CONFIG_HANDED_H

#include <stddef.h>

#include "bytes.h"

struct config_handed_file {
	char *path;			/* owned: as it is called in the configuration */
	struct blob content;
	int fd;				/* of a file without a name that holds it, or -1 */
};

struct config_handed {
	unsigned int n;
	unsigned int next;		/* after the one that was found last */
	struct config_handed_file *list;	/* owned */
};

/* @base64 is what the file holds.  0, -EINVAL: it is not base64, or -ENOMEM. */
int config_handed_add(struct config_handed *handed, const char *path, const char *base64);
/* NULL: it was not handed over.  Quick in the order in which they were added. */
struct config_handed_file *config_handed_find(struct config_handed *handed, const char *path);
/* Makes the content a file, until config_handed_free().  0 with its path, or -errno. */
int config_handed_open(struct config_handed_file *file, char *path, size_t size);
/* Replaces that path in a sentence by what the operator calls the file */
void config_handed_translate(const struct config_handed *handed, const char *from, char *to,
			    size_t size);
void config_handed_free(struct config_handed *handed);	/* wipes them */

#endif /* IKED_CONFIG_HANDED_H */
