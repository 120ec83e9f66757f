// SPDX-License-Identifier: MIT
/*
 * key_test.c - key files: what is a key, what is not, and that no error ever
 * repeats what was read.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../tools/lib/key.h"
#include "check.h"

/* Every character of a wrong file would be one of these */
#define MARK	"Zq"

static bool is_wiped(const struct key *key)
{
	static const struct key zero;

	return !memcmp(key, &zero, sizeof(*key));
}

static void good(const char *name, const char *text, const char *bytes,
		 size_t len)
{
	char error[KEY_ERROR_MAX] = "";
	struct key key;
	int err = key_parse(text, strlen(text), &key, error);

	check(!err && key.len == len && !memcmp(key.bytes, bytes, len), name,
	      "err %d (%s), length %zu", err, error, key.len);
}

static void bad(const char *name, const char *text, size_t len,
		const char *want)
{
	char error[KEY_ERROR_MAX] = "";
	struct key key;
	int err = key_parse(text, len, &key, error);

	check(err == -EINVAL && is_wiped(&key), name, "err %d", err);
	check_text(name, error, want);
}

static void test_parse(void)
{
	char text[4 * IFIPSEC_KEY_MAX];
	struct key key;

	good("key digits", "00ff10aB", "\x00\xff\x10\xab", 4);
	good("key with 0x", "0x00ff", "\x00\xff", 2);
	good("key with 0X behind white space", " \n0X00ff", "\x00\xff", 2);
	good("key in lines", "00 11\n22\t33\r\n4\n4\n", "\x00\x11\x22\x33\x44",
	     5);
	bad("key empty", "", 0, "there is no key in it");
	bad("key white space", " \n\t", 3, "there is no key in it");
	bad("key only 0x", "0x\n", 3, "there is no key in it");
	bad("key odd", "001", 3, "an odd number of hexadecimal digits (3)");
	bad("key bad character", "00" MARK, 4,
	    "character 3 is not a hexadecimal digit");
	bad("key two prefixes", "0x000x00", 8,
	    "character 6 is not a hexadecimal digit");
	bad("key NUL", "00\00000", 5, "character 3 is not a hexadecimal digit");

	memset(text, 'a', sizeof(text));
	CHECK("key longest", !key_parse(text, 2 * IFIPSEC_KEY_MAX, &key,
					(char [KEY_ERROR_MAX]){ 0 }) &&
	      key.len == IFIPSEC_KEY_MAX);
	bad("key too long", text, 2 * IFIPSEC_KEY_MAX + 1,
	    "the key is longer than 128 bytes");
}

static int read_error(const char *path, char *error)
{
	struct key key;
	int err = key_read(path, &key, error);

	CHECK("key wiped after an error", !err || is_wiped(&key));
	key_wipe(&key);
	return err;
}

static void test_files(const char *dir)
{
	char path[512], error[KEY_ERROR_MAX];
	struct key key;
	FILE *file;

	snprintf(path, sizeof(path), "%s/key", dir);
	file = fopen(path, "w");
	fputs("00112233\n", file);
	fclose(file);
	CHECK("key file", !key_read(path, &key, error) && key.len == 4);
	key_wipe(&key);
	CHECK("key wipe", is_wiped(&key));

	chmod(path, 0600);
	CHECK("key file private", !key_file_exposed(path));
	chmod(path, 0640);
	CHECK("key file exposed to group", key_file_exposed(path));
	chmod(path, 0604);
	CHECK("key file exposed to others", key_file_exposed(path));
	CHECK("standard input is not exposed", !key_file_exposed("-"));

	CHECK("key file missing",
	      read_error("/nonexistent/key", error) == -ENOENT);
	CHECK("key file is a directory", read_error(dir, error) == -EISDIR);
	CHECK("key file is endless",
	      read_error("/dev/zero", error) == -EINVAL);
	check_text("key file is endless", error,
		   "not a key file: more than 4096 bytes");
}

static void test_key_as_name(void)
{
	char error[KEY_ERROR_MAX];

	CHECK("key in place of a file",
	      read_error("00112233445566778899aabbccddeeff00112233", error) ==
	      -EDOM);
	CHECK("key in place of a file is not repeated",
	      !strstr(error, "0011"));
	check_text("key in place of a file", error,
		   "keys are read from a file or standard input, never from the command line");
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	test_parse();
	test_files(argv[1]);
	test_key_as_name();
	return check_status();
}
