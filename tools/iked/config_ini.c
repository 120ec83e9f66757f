// SPDX-License-Identifier: MIT
/*
 * config_ini.c - lines and sections of a configuration file.  The syntax is libinih's;
 * this counts lines for its messages, refuses those that it would cut, and sees
 * sections that are empty.
 */
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "config_parse.h"

/* libinih reads into a buffer of this size, the end of line and the text's included */
#define LINE_MAX_	(INI_MAX_LINE - 2)

struct source {
	struct config_parser *parser;
	const char *at;
};

static const char *skip_space(const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	return text;
}

/* libinih tells of a section with its first line only */
static void begin_section(struct config_parser *p, const char *line, size_t len)
{
	const char *end = memchr(line, ']', len);
	char name[INI_MAX_LINE];

	if (!end)
		return;
	memcpy(name, line + 1, end - line - 1);
	name[end - line - 1] = '\0';
	config_section_end(p);
	config_section_begin(p, name);
}

static void look_at_line(struct config_parser *p, const char *line, size_t len)
{
	const char *text = skip_space(line);

	p->line++;
	p->continued = text != line;
	if (len > LINE_MAX_) {
		config_complain(p, p->line, false,
				"longer than %d bytes; go on in the next line, indented",
				LINE_MAX_);
		return;
	}
	if (*text == '[')
		begin_section(p, text, len - (text - line));
}

/* What libinih reads lines with */
static char *next_line(char *buf, int size, void *arg)
{
	struct source *source = arg;
	size_t len;

	if (!*source->at)
		return NULL;
	len = strcspn(source->at, "\n");
	look_at_line(source->parser, source->at, len);
	/* one that is too long was complained about, and is left out */
	snprintf(buf, size, "%.*s\n", len > LINE_MAX_ ? 0 : (int)len, source->at);
	source->at += len + (source->at[len] == '\n');
	return buf;
}

static int take_key(void *arg, const char *section, const char *name,
		    const char *value)
{
	struct config_parser *p = arg;

	(void)section;
	if (p->skipped)
		return 1;
	if (!p->in_section)
		config_complain(p, p->line, false,
				"\"%.40s\" is in front of the first [section]", name);
	else
		config_key(p, name, value);
	return 1;
}

bool config_read_ini(struct config_parser *p, const char *text)
{
	struct source source = { p, text };
	int bad = ini_parse_stream(next_line, &source, take_key, p);

	config_section_end(p);
	if (bad > 0)
		config_complain(p, bad, false, "neither \"name = value\" nor [section]");
	else if (bad < 0)
		config_complain(p, 0, false, "out of memory");
	return !bad;
}
