// SPDX-License-Identifier: MIT
/* log_test.c - lines of the log: peers' bytes can do nothing there. */
#include <string.h>

#include "../../../tools/iked/log.h"
#include "../tools/check.h"

static char last[LOG_LINE_MAX];
static unsigned int written, kept;

static void sink(enum log_level level, const char *line)
{
	(void)level;
	written++;
	snprintf(last, sizeof(last), "%s", line);
}

static bool is(const char *want)
{
	return !strcmp(last, want);
}

static void count(const char *line, void *arg)
{
	(void)arg;
	kept++;
	snprintf(last, sizeof(last), "%s", line);
}

int main(void)
{
	char all[256], endless[2 * LOG_LINE_MAX];

	log_set_sink(sink);
	log_line(LOG_INFO, NULL, "plain");
	CHECK("a line", is("plain"));
	log_line(LOG_INFO, "ipsec0 b", "%d", 7);
	CHECK("what it is about", is("ipsec0 b: 7"));
	log_line(LOG_INFO, NULL, "identity %s", "\x1b[2J\r\nfake line\x7f\xff");
	CHECK("escape codes are shown, not done",
	      is("identity \\x1b[2J\\x0d\\x0afake line\\x7f\\xff"));
	for (int i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	all[255] = '\0';
	log_line(LOG_WARN, all, "%s", all);
	for (const char *p = last; *p; p++)
		if (*p < ' ' || *p > '~')
			CHECK("every byte is printable", false);
	memset(endless, '\n', sizeof(endless));
	endless[sizeof(endless) - 1] = '\0';
	log_line(LOG_ERROR, endless, "%s", endless);
	CHECK("endless lines are cut, between escapes",
	      strlen(last) < LOG_LINE_MAX && !strcmp(last + strlen(last) - 4, "\\x0a"));
	written = 0;
	log_line(LOG_DEBUG, NULL, "debug");
	CHECK("debug lines only when asked for", !written);
	log_set_level(LOG_DEBUG);
	log_line(LOG_DEBUG, NULL, "debug");
	CHECK("and then they are", written == 1 && is("debug"));
	for (int i = 0; i < 2 * LOG_KEPT; i++)
		log_line(LOG_INFO, NULL, "line %d", i);
	log_each(count, NULL);
	CHECK("so many are kept, the last ones", kept == LOG_KEPT && strstr(last, " line 1999"));
	return check_status();
}
