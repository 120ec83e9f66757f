/* SPDX-License-Identifier: MIT */
/*
 * check.h - "ok - NAME" and "not ok - NAME: DETAIL", and an exit status.
 */
#ifndef TESTS_UNIT_TOOLS_CHECK_H
#define TESTS_UNIT_TOOLS_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int check_failures;

__attribute__((format(printf, 3, 4)))
static inline void check(bool good, const char *name, const char *format, ...)
{
	va_list args;

	if (good) {
		printf("ok - %s\n", name);
		return;
	}
	check_failures++;
	printf("not ok - %s: ", name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

#define CHECK(name, condition)						\
	check(condition, name, "%s:%d: %s", __FILE__, __LINE__, #condition)

static inline void check_text(const char *name, const char *got,
			      const char *want)
{
	check(!strcmp(got, want), name, "got:\n%s\nwant:\n%s", got, want);
}

static inline int check_status(void)
{
	return check_failures != 0;
}

#endif /* TESTS_UNIT_TOOLS_CHECK_H */
