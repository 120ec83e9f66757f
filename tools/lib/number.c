// SPDX-License-Identifier: MIT
/*
 * number.c - strict numbers: all of the text is the number, or it is none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

static int parse(const char *text, int base, const char *digits, uint64_t max,
		 uint64_t *value)
{
	unsigned long long number;

	if (!*text || text[strspn(text, digits)])
		return -EINVAL;
	errno = 0;
	number = strtoull(text, NULL, base);
	if (errno == ERANGE || number > max)
		return -ERANGE;
	*value = number;
	return 0;
}

int number_parse_decimal(const char *text, uint64_t max, uint64_t *value)
{
	return parse(text, 10, "0123456789", max, value);
}

int number_parse(const char *text, uint64_t max, uint64_t *value)
{
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return parse(text + 2, 16, "0123456789abcdefABCDEF", max,
			     value);
	return number_parse_decimal(text, max, value);
}

int number_parse_scaled(const char *text, uint64_t max, uint64_t *value)
{
	static const char units[] = "kmgt";
	size_t len = strlen(text);
	const char *unit = len ? strchr(units, text[len - 1]) : NULL;
	char digits[32];
	int shift, err;

	if (!unit)
		return number_parse(text, max, value);
	if (len > sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, len - 1);
	digits[len - 1] = '\0';
	shift = 10 * (unit - units + 1);
	err = number_parse_decimal(digits, max >> shift, value);
	if (!err)
		*value <<= shift;
	return err;
}
