// SPDX-License-Identifier: MIT
/*
 * log.c - lines to standard error, each with its level as systemd reads it ("<6>"), and
 * a ring of the last ones.
 */
#define _GNU_SOURCE		/* asprintf() */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"

static enum log_level log_level = LOG_INFO;
static void (*log_sink)(enum log_level level, const char *line);
static char *kept[LOG_KEPT];
static size_t kept_next;

void log_set_level(enum log_level level)
{
	log_level = level;
}

bool log_wanted(enum log_level level)
{
	return level < LOG_DEBUG || level <= log_level;
}

void log_set_sink(void (*sink)(enum log_level level, const char *line))
{
	log_sink = sink;
}

/* Everything that a terminal or another program could take for a command */
static void escape(char *to, size_t cap, const char *from)
{
	size_t at = 0;

	for (; *from && at + 5 < cap; from++) {
		unsigned char c = *from;

		if (c >= ' ' && c < 0x7f)
			to[at++] = c;
		else
			at += snprintf(to + at, cap - at, "\\x%02x", c);
	}
	to[at] = '\0';
}

static void keep(const char *line)
{
	char stamp[32], *copy;
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
	if (asprintf(&copy, "%s %s", stamp, line) < 0)
		return;
	free(kept[kept_next]);
	kept[kept_next] = copy;
	kept_next = (kept_next + 1) % LOG_KEPT;
}

static void write_line(enum log_level level, const char *line)
{
	static const int priority[] = {
		[LOG_ERROR] = 3, [LOG_WARN] = 4, [LOG_INFO] = 6, [LOG_DEBUG] = 7,
	};

	if (log_sink)
		log_sink(level, line);
	else if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>%s\n", priority[level], line);
	else
		fprintf(stderr, "%s\n", line);
}

void log_line(enum log_level level, const char *about, const char *format, ...)
{
	char raw[LOG_LINE_MAX], line[LOG_LINE_MAX];
	va_list args;
	int at = 0;

	if (!log_wanted(level))
		return;
	if (about)
		at = snprintf(raw, sizeof(raw), "%.60s: ", about);
	va_start(args, format);
	vsnprintf(raw + at, sizeof(raw) - at, format, args);
	va_end(args);
	escape(line, sizeof(line), raw);
	if (level < LOG_DEBUG)
		keep(line);
	if (level <= log_level)
		write_line(level, line);
}

void log_each(void (*fn)(const char *line, void *arg), void *arg)
{
	for (size_t i = 0; i < LOG_KEPT; i++) {
		const char *line = kept[(kept_next + i) % LOG_KEPT];

		if (line)
			fn(line, arg);
	}
}
