// SPDX-License-Identifier: MIT
/*
 * parse_monitor.c - the word behind "monitor" into a struct.
 */
#include <string.h>

#include "parse.h"

int parse_monitor(struct words *words, struct monitor_args *args)
{
	const char *word = "changes";
	int err = 0;

	if (words_left(words)) {
		err = words_take(words, "what to print", &word);
		if (err)
			return err;
		if (strcmp(word, "drops") && strcmp(word, "all"))
			return words_fail_value(words, "the kind of events",
						word, "drops or all");
	}
	args->changes = strcmp(word, "drops");
	args->drops = strcmp(word, "changes");
	return words_end(words);
}
