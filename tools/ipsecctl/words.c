// SPDX-License-Identifier: MIT
/*
 * words.c - a cursor over the words of a command line.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../lib/number.h"
#include "../lib/safe.h"
#include "words.h"

#define OPTIONS_MAX	32	/* in one table: a bit each */

int words_fail(struct words *words, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(words->error, sizeof(words->error), format, args);
	va_end(args);
	return -EINVAL;
}

/* A word in quotes, fit to be printed */
static const char *quoted(const char *word, struct safe_text *safe)
{
	struct safe_text raw;

	if (safe_looks_like_key(word))
		return "(a word that looks like a key)";
	snprintf(safe->text, sizeof(safe->text), "\"%.100s\"%s",
		 safe_text(word, &raw), strlen(raw.text) > 100 ? "..." : "");
	return safe->text;
}

int words_fail_value(struct words *words, const char *what, const char *value,
		     const char *expected)
{
	struct safe_text safe;

	return words_fail(words, "%s %s is not %s", what,
			  quoted(value, &safe), expected);
}

bool words_left(const struct words *words)
{
	return *words->next;
}

int words_take(struct words *words, const char *what, const char **word)
{
	if (!words_left(words))
		return words_fail(words, "%s is missing", what);
	*word = *words->next++;
	return 0;
}

int words_end(struct words *words)
{
	struct safe_text safe;

	if (!words_left(words))
		return 0;
	return words_fail(words, "unknown word %s, expected nothing more",
			  quoted(*words->next, &safe));
}

/* The unknown word, and the words that are known: "a, b or c" */
static int fail_unknown(struct words *words, const struct option_word *options,
			const char *word)
{
	const struct option_word *option;
	struct safe_text safe;
	char known[256] = "";
	size_t len = 0;

	for (option = options; option->word && len < sizeof(known); option++) {
		const char *joint = option == options ? "" :
			option[1].word ? ", " : " or ";

		len += snprintf(known + len, sizeof(known) - len, "%s%s",
				joint, option->word);
	}
	return words_fail(words, "unknown word %s, expected %s",
			  quoted(word, &safe), known);
}

static const struct option_word *find(const struct option_word *options,
				      const char *word)
{
	for (; options->word; options++) {
		if (!strcmp(options->word, word))
			return options;
	}
	return NULL;
}

static int check_required(struct words *words,
			  const struct option_word *options, uint32_t seen)
{
	for (size_t i = 0; options[i].word; i++) {
		if (options[i].flags & OPTION_REQUIRED &&
		    !(seen & UINT32_C(1) << i))
			return words_fail(words, "%s is missing",
					  options[i].word);
	}
	return 0;
}

static int take_value(struct words *words, const struct option_word *option,
		      const char **value)
{
	if (option->flags & OPTION_ALONE)
		return 0;
	if (!words_left(words))
		return words_fail(words, "the value of %s is missing",
				  option->word);
	*value = *words->next++;
	return 0;
}

int words_options(struct words *words, const struct option_word *options,
		  void *out)
{
	uint32_t seen = 0;

	while (words_left(words)) {
		const char *word = *words->next++, *value = "";
		const struct option_word *option = find(options, word);
		uint32_t bit;
		int err;

		if (!option)
			return fail_unknown(words, options, word);
		bit = UINT32_C(1) << (option - options) % OPTIONS_MAX;
		if (seen & bit && !(option->flags & OPTION_REPEATS))
			return words_fail(words, "%s is given twice", word);
		seen |= bit;
		err = take_value(words, option, &value);
		if (!err)
			err = option->parse(words, option, value, out);
		if (err)
			return err;
	}
	return check_required(words, options, seen);
}

typedef int (*number_parser)(const char *text, uint64_t max, uint64_t *value);

static int read_number(struct words *words, const char *what,
		       const char *value, number_parser parse, uint64_t min,
		       uint64_t max, uint64_t *number)
{
	struct safe_text safe;
	int err = parse(value, max, number);

	if (err == -EINVAL)
		return words_fail_value(words, what, value, "a number");
	if (err || *number < min)
		return words_fail(words, "%s %s is out of range (%llu..%llu)",
				  what, quoted(value, &safe),
				  (unsigned long long)min,
				  (unsigned long long)max);
	return 0;
}

int words_number(struct words *words, const char *what, const char *value,
		 uint64_t min, uint64_t max, uint64_t *number)
{
	return read_number(words, what, value, number_parse, min, max, number);
}

int words_scaled(struct words *words, const char *what, const char *value,
		 uint64_t min, uint64_t max, uint64_t *number)
{
	return read_number(words, what, value, number_parse_scaled, min, max,
			   number);
}

int words_u32(struct words *words, const char *what, const char *value,
	      uint32_t min, uint32_t max, uint32_t *number)
{
	uint64_t wide;
	int err = words_number(words, what, value, min, max, &wide);

	*number = err ? 0 : wide;
	return err;
}

int words_u32_or(struct words *words, const char *what, const char *value,
		 const char *word, uint32_t special, uint32_t min,
		 uint32_t max, uint32_t *number)
{
	if (strcmp(value, word))
		return words_u32(words, what, value, min, max, number);
	*number = special;
	return 0;
}

int words_name(struct words *words, const char *what, const char *value,
	       int (*parse)(const char *name, uint32_t *number),
	       const char *choices, uint32_t *number)
{
	if (!parse(value, number))
		return 0;
	*number = 0;
	return words_fail_value(words, what, value, choices);
}

int words_switch(struct words *words, const char *what, const char *value,
		 bool *on)
{
	*on = !strcmp(value, "on");
	if (!*on && strcmp(value, "off"))
		return words_fail_value(words, what, value, "on or off");
	return 0;
}
