/* SPDX-License-Identifier: MIT */
/*
 * number.h - strict numbers: all of the text is the number, or it is none.
 */
#ifndef TOOLS_LIB_NUMBER_H
#define TOOLS_LIB_NUMBER_H

#include <stdint.h>

/*
 * Digits only, or 0x and hexadecimal digits.  No sign, no spaces, no octal.
 * Returns 0, -EINVAL (not a number) or -ERANGE (more than @max).
 */
int number_parse(const char *text, uint64_t max, uint64_t *value);

/* The same, decimal only */
int number_parse_decimal(const char *text, uint64_t max, uint64_t *value);

/* As number_parse(), or decimal and behind it k, m, g or t: powers of 1024 */
int number_parse_scaled(const char *text, uint64_t max, uint64_t *value);

#endif /* TOOLS_LIB_NUMBER_H */
