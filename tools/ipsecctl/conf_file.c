// SPDX-License-Identifier: MIT
/*
 * conf_file.c - configuration files, for the commands that take one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../lib/safe.h"
#include "conf_file.h"
#include "control_client.h"

#define CONF_PATH_MAX	4096
#define FILE_MAX	(4 << 20)	/* bytes of one file that is named */

/* False: there is no such file, and that was reported */
static bool find(const struct command *command, const char *word,
		 char path[static CONF_PATH_MAX])
{
	char named[CONF_PATH_MAX], text[CONF_PATH_MAX + 32];

	if (strchr(word, '/'))
		snprintf(named, sizeof(named), "%s", word);
	else
		snprintf(named, sizeof(named), CONFIG_DIR "/%s.conf", word);
	if (realpath(named, path))
		return true;
	snprintf(text, sizeof(text), "%.200s: %s", named, strerror(errno));
	command_fail(command, NULL, text);
	return false;
}

static void print_errors(const char *path, const struct config_errors *errors)
{
	for (unsigned int i = 0; i < errors->n; i++) {
		const struct config_error *e = &errors->list[i];
		struct safe_text safe;

		fprintf(stderr, "%s:", path);
		if (e->line)
			fprintf(stderr, "%u:", e->line);
		fprintf(stderr, " %s%s\n", e->warning ? "warning: " : "",
			safe_text(e->text, &safe));
	}
	if (errors->n == CONFIG_ERRORS_MAX)
		fprintf(stderr, "%s: and perhaps more\n", path);
}

int conf_take(const struct command *command, struct words *words, struct config **config)
{
	static struct config_errors errors;
	char path[CONF_PATH_MAX];
	const char *word;

	if (words_take(words, "an interface or a file", &word) || words_end(words))
		return command_usage(command, words);
	if (!find(command, word, path))
		return EXIT_FAILED;
	*config = config_load_all(path, time(NULL), &errors);
	print_errors(path, &errors);
	return *config ? EXIT_DONE : EXIT_FAILED;
}

/* A file's bytes behind those in @blob.  0 or -errno */
static int append_file(const char *path, struct blob *blob)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	struct stat st;
	uint8_t *p;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
		close(fd);
		return -EFBIG;
	}
	/* one more, so that files that do not end with a line do not run together */
	p = malloc(blob->len + st.st_size + 1);
	n = p ? read(fd, p + blob->len, st.st_size) : -1;
	if (!p || n < 0)
		err = -ENOMEM;
	close(fd);
	if (err) {
		free(p);
		return err;
	}
	if (blob->len)
		memcpy(p, blob->p, blob->len);
	n += blob->len;
	blob_free(blob);
	*blob = (struct blob){ p, n };
	return 0;
}

/* A directory is its files, in PEM, one behind the other */
static int append_directory(const char *path, struct blob *blob)
{
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, alphasort), err = n < 0 ? -errno : 0;
	char name[CONF_PATH_MAX];
	struct stat st;

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (!err && !stat(name, &st) && S_ISREG(st.st_mode)) {
			err = append_file(name, blob);
			if (!err && blob->len && blob->p[blob->len - 1] != '\n')
				blob->p[blob->len++] = '\n';
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return err;
}

static int read_any(const char *path, struct blob *blob)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	return S_ISDIR(st.st_mode) ? append_directory(path, blob) : append_file(path, blob);
}

static struct json_object *base64(const struct blob *blob)
{
	size_t size = (blob->len + 2) / 3 * 4 + 1;
	unsigned char *text = malloc(size);
	struct json_object *string;

	if (!text)
		return NULL;
	EVP_EncodeBlock(text, blob->p, blob->len);
	string = json_object_new_string((char *)text);
	explicit_bzero(text, size);
	free(text);
	return string;
}

static struct json_object *bundle_files(const struct config *config, char *error)
{
	struct json_object *files = json_object_new_object();

	for (unsigned int i = 0; i < config->n_files; i++) {
		struct blob blob = { NULL, 0 };
		int err = read_any(config->files[i], &blob);

		if (err) {
			snprintf(error, CONFIG_ERROR_MAX, "%.200s: %s", config->files[i],
				 strerror(-err));
			json_object_put(files);
			return NULL;
		}
		json_object_object_add(files, config->files[i], base64(&blob));
		blob_free(&blob);
	}
	return files;
}

struct json_object *conf_bundle(const struct config *config,
				char error[static CONFIG_ERROR_MAX])
{
	struct json_object *bundle, *files = bundle_files(config, error);
	struct blob text = { NULL, 0 };
	int err;

	if (!files)
		return NULL;
	err = append_file(config->path, &text);
	if (err) {
		snprintf(error, CONFIG_ERROR_MAX, "%.200s: %s", config->path, strerror(-err));
		json_object_put(files);
		return NULL;
	}
	bundle = control_request("load", config->ifname, NULL);
	json_object_object_add(bundle, "path", json_object_new_string(config->path));
	json_object_object_add(bundle, "text",
			       json_object_new_string_len((char *)text.p, text.len));
	json_object_object_add(bundle, "files", files);
	blob_free(&text);
	return bundle;
}
