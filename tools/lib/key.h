/* SPDX-License-Identifier: MIT */
/*
 * key.h - keys from files: the only way a key gets into the program.
 *
 * A key is never printed, not even the character that is wrong with it.
 */
#ifndef TOOLS_LIB_KEY_H
#define TOOLS_LIB_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/if_ipsec.h>

#define KEY_FILE_MAX	4096	/* bytes; a device may be endless */
#define KEY_ERROR_MAX	160

struct key {
	size_t len;
	uint8_t bytes[IFIPSEC_KEY_MAX];
};

/*
 * Reads hexadecimal digits, with or without 0x, white space ignored, from
 * @path, or from the standard input when it is "-".  On failure @key is wiped
 * and @error holds a sentence.
 *
 * Returns 0, -EINVAL (not a key), -EDOM (@path is no file but looks like a
 * key: the sentence does not repeat it), or another -errno of the file.
 */
int key_read(const char *path, struct key *key, char error[static KEY_ERROR_MAX]);

/* The text of a key file; the same returns and the same promises */
int key_parse(const char *text, size_t len, struct key *key,
	      char error[static KEY_ERROR_MAX]);

/* True when group or others may read the regular file behind @path */
bool key_file_exposed(const char *path);

void key_wipe(struct key *key);

#endif /* TOOLS_LIB_KEY_H */
