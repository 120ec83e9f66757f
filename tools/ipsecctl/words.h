/* SPDX-License-Identifier: MIT */
/*
 * words.h - a cursor over the words of a command line, and options that are
 * "WORD VALUE" pairs, or a "WORD" alone, in any order.
 */
#ifndef IPSECCTL_WORDS_H
#define IPSECCTL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_ERROR_MAX	768

struct words {
	char **next;			/* NULL-terminated */
	char error[WORDS_ERROR_MAX];	/* after a failure: a sentence */
};

#define OPTION_REQUIRED	(1U << 0)	/* must be given */
#define OPTION_REPEATS	(1U << 1)	/* may be given more than once */
#define OPTION_ALONE	(1U << 2)	/* has no value: it gets "" */

struct option_word {
	const char *word;
	/* Puts @value into @out, 0 or -EINVAL with words.error */
	int (*parse)(struct words *words, const struct option_word *option,
		     const char *value, void *out);
	unsigned int flags;
};

/* All functions that return int return 0, or -EINVAL with words.error */

bool words_left(const struct words *words);

/* The next word, or an error that says that @what is missing */
int words_take(struct words *words, const char *what, const char **word);

/* There must be no further word */
int words_end(struct words *words);

/* All further words are options of the table, which ends with a NULL word */
int words_options(struct words *words, const struct option_word *options,
		  void *out);

/* Composes words.error and returns -EINVAL */
__attribute__((format(printf, 2, 3)))
int words_fail(struct words *words, const char *format, ...);

/* "WORD is not EXPECTED", without the word where it may be a key */
int words_fail_value(struct words *words, const char *what, const char *value,
		     const char *expected);

/* A number from @min to @max */
int words_number(struct words *words, const char *what, const char *value,
		 uint64_t min, uint64_t max, uint64_t *number);

/* The same, and behind the number there may be k, m, g or t */
int words_scaled(struct words *words, const char *what, const char *value,
		 uint64_t min, uint64_t max, uint64_t *number);

/* A number of at most 32 bits; @number is 0 after a failure */
int words_u32(struct words *words, const char *what, const char *value,
	      uint32_t min, uint32_t max, uint32_t *number);

/* @word, which stands for @special, or such a number */
int words_u32_or(struct words *words, const char *what, const char *value,
		 const char *word, uint32_t special, uint32_t min,
		 uint32_t max, uint32_t *number);

/* A name that @parse knows, one of @choices; @number is 0 after a failure */
int words_name(struct words *words, const char *what, const char *value,
	       int (*parse)(const char *name, uint32_t *number),
	       const char *choices, uint32_t *number);

/* "on" or "off" */
int words_switch(struct words *words, const char *what, const char *value,
		 bool *on);

#endif /* IPSECCTL_WORDS_H */
