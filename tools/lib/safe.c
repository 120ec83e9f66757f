// SPDX-License-Identifier: MIT
/*
 * safe.c - text of others made fit for a terminal.
 */
#include <stdio.h>
#include <string.h>

#include "safe.h"

/* The shortest key is 16 bytes; half of one is suspicious enough */
#define KEY_DIGITS_MIN	16

const char *safe_text(const char *raw, struct safe_text *safe)
{
	const size_t room = sizeof(safe->text) - sizeof("\\xNN...");
	char *out = safe->text;

	for (; *raw; raw++) {
		unsigned char byte = *raw;

		if ((size_t)(out - safe->text) >= room) {
			strcpy(out, "...");
			return safe->text;
		}
		if (byte >= 0x20 && byte < 0x7f)
			*out++ = byte;
		else
			out += sprintf(out, "\\x%02x", byte);
	}
	*out = '\0';
	return safe->text;
}

bool safe_looks_like_key(const char *word)
{
	size_t digits = 0;

	if (word[0] == '0' && (word[1] == 'x' || word[1] == 'X'))
		word += 2;
	for (; *word; word++) {
		if (strchr("0123456789abcdefABCDEF", *word))
			digits++;
		else if (!strchr(":- \t\n", *word))
			return false;
	}
	return digits >= KEY_DIGITS_MIN;
}
