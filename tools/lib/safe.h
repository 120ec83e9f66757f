/* SPDX-License-Identifier: MIT */
/*
 * safe.h - text of others (interface names, kernel messages, arguments) made
 * fit for a terminal.
 */
#ifndef TOOLS_LIB_SAFE_H
#define TOOLS_LIB_SAFE_H

#include <stdbool.h>
#include <stddef.h>

#define SAFE_TEXT_MAX	512

struct safe_text {
	char text[SAFE_TEXT_MAX];
};

/*
 * A copy in which every byte that is not printable ASCII is \xNN, cut with
 * "..." where it does not fit.  The text lives as long as @safe.
 */
const char *safe_text(const char *raw, struct safe_text *safe);

/* A long word of hexadecimal digits: must not be printed, it may be a key */
bool safe_looks_like_key(const char *word);

#endif /* TOOLS_LIB_SAFE_H */
