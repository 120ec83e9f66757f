// SPDX-License-Identifier: MIT
/*
 * key.c - keys from files: the only way a key gets into the program.
 *
 * Everything that held a key is wiped before the function that owned it
 * returns.  stdio is not used: its buffers cannot be wiped.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "key.h"
#include "safe.h"

#define WHITE_SPACE	" \t\r\n\v\f"

/* The value of a hexadecimal digit, -1 for anything else */
static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool is_space(char c)
{
	return c && strchr(WHITE_SPACE, c);
}

/* Where the digits begin: behind white space and one 0x */
static size_t skip_prefix(const char *text, size_t len)
{
	size_t pos = 0;

	while (pos < len && is_space(text[pos]))
		pos++;
	if (len - pos >= 2 && text[pos] == '0' &&
	    (text[pos + 1] == 'x' || text[pos + 1] == 'X'))
		pos += 2;
	return pos;
}

/* Digits to bytes; the number of digits is in @digits when 0 is returned */
static int read_digits(const char *text, size_t len, struct key *key,
		       size_t *digits, char *error)
{
	size_t n = 0;

	for (size_t pos = skip_prefix(text, len); pos < len; pos++) {
		int value = digit_value(text[pos]);

		if (is_space(text[pos]))
			continue;
		if (value < 0) {
			snprintf(error, KEY_ERROR_MAX,
				 "character %zu is not a hexadecimal digit",
				 pos + 1);
			return -EINVAL;
		}
		if (n == 2 * sizeof(key->bytes)) {
			snprintf(error, KEY_ERROR_MAX,
				 "the key is longer than %zu bytes",
				 sizeof(key->bytes));
			return -EINVAL;
		}
		key->bytes[n / 2] = key->bytes[n / 2] << 4 | value;
		n++;
	}
	*digits = n;
	return 0;
}

int key_parse(const char *text, size_t len, struct key *key,
	      char error[static KEY_ERROR_MAX])
{
	size_t digits = 0;
	int err;

	memset(key, 0, sizeof(*key));
	err = read_digits(text, len, key, &digits, error);
	if (!err && !digits) {
		snprintf(error, KEY_ERROR_MAX, "there is no key in it");
		err = -EINVAL;
	} else if (!err && digits % 2) {
		snprintf(error, KEY_ERROR_MAX,
			 "an odd number of hexadecimal digits (%zu)", digits);
		err = -EINVAL;
	}
	if (err)
		key_wipe(key);
	else
		key->len = digits / 2;
	return err;
}

/* Reads up to @size bytes, to the end of the file; the count is in @len */
static int read_all(int fd, char *buf, size_t size, size_t *len)
{
	*len = 0;
	while (*len < size) {
		ssize_t n = read(fd, buf + *len, size - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		*len += n;
	}
	return 0;
}

static int read_fd(int fd, struct key *key, char *error)
{
	char buf[KEY_FILE_MAX + 1];
	size_t len;
	int err;

	err = read_all(fd, buf, sizeof(buf), &len);
	if (err) {
		snprintf(error, KEY_ERROR_MAX, "%s", strerror(-err));
	} else if (len > KEY_FILE_MAX) {
		snprintf(error, KEY_ERROR_MAX,
			 "not a key file: more than %d bytes", KEY_FILE_MAX);
		err = -EINVAL;
	} else {
		err = key_parse(buf, len, key, error);
	}
	explicit_bzero(buf, sizeof(buf));
	return err;
}

int key_read(const char *path, struct key *key, char error[static KEY_ERROR_MAX])
{
	int fd, err;

	memset(key, 0, sizeof(*key));
	if (!strcmp(path, "-"))
		return read_fd(STDIN_FILENO, key, error);

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && safe_looks_like_key(path)) {
		snprintf(error, KEY_ERROR_MAX,
			 "keys are read from a file or standard input, never from the command line");
		return -EDOM;
	}
	if (fd < 0) {
		err = -errno;
		snprintf(error, KEY_ERROR_MAX, "%s", strerror(errno));
		return err;
	}
	err = read_fd(fd, key, error);
	close(fd);
	return err;
}

bool key_file_exposed(const char *path)
{
	struct stat st;

	if (!strcmp(path, "-") || stat(path, &st))
		return false;
	return S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH));
}

void key_wipe(struct key *key)
{
	explicit_bzero(key, sizeof(*key));
}
