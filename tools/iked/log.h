/* SPDX-License-Identifier: MIT */
/*
 * log.h - lines for the operator: to standard error (systemd takes it), and the last
 * ones kept for "ipsecctl ike log".  Peers' bytes are escaped.  Keys are never logged.
 */
#ifndef IKED_LOG_H
#define IKED_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

#define LOG_LINE_MAX	640
#define LOG_KEPT	1000		/* lines */

/* Lines above @level are not written; all but debug lines are kept anyway */
void log_set_level(enum log_level level);
/* False: a line of this level goes nowhere, and needs no text */
bool log_wanted(enum log_level level);
/* Where lines go instead, for tests; NULL: standard error */
void log_set_sink(void (*sink)(enum log_level level, const char *line));

/* @about: "ipsec0 branch", or NULL.  Non-printable bytes are escaped */
void log_line(enum log_level level, const char *about, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Calls @fn with each kept line, oldest first */
void log_each(void (*fn)(const char *line, void *arg), void *arg);

#endif /* IKED_LOG_H */
