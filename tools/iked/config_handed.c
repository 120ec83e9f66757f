// SPDX-License-Identifier: MIT
/*
 * config_handed.c - files that a configuration names, as bytes.  There may be thousands,
 * with a secret for each peer, so only those that OpenSSL opens become files.
 */
#define _GNU_SOURCE		/* memfd_create() */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "config_handed.h"

#define ACTUAL_MAX	32		/* "/proc/self/fd/1000" */

static int content_of(const char *base64, struct blob *content)
{
	size_t size = strlen(base64), len = 0;
	uint8_t *bytes = malloc(size + 1);
	int err;

	if (!bytes)
		return -ENOMEM;
	err = bytes_from_base64(base64, bytes, &len) ?
	      blob_copy(content, bytes_of(bytes, len)) : -EINVAL;
	OPENSSL_cleanse(bytes, size);
	free(bytes);
	return err;
}

int config_handed_add(struct config_handed *handed, const char *path, const char *base64)
{
	struct config_handed_file file = { strdup(path), { NULL, 0 }, -1 }, *list = NULL;
	int err = file.path ? content_of(base64, &file.content) : -ENOMEM;

	if (!err) {
		list = realloc(handed->list, (handed->n + 1) * sizeof(*list));
		err = list ? 0 : -ENOMEM;
	}
	if (err) {
		free(file.path);
		blob_free(&file.content);
		return err;
	}
	handed->list = list;
	list[handed->n++] = file;
	return 0;
}

struct config_handed_file *config_handed_find(struct config_handed *handed, const char *path)
{
	for (unsigned int i = 0; i < handed->n; i++) {
		struct config_handed_file *file = &handed->list[(handed->next + i) % handed->n];

		if (strcmp(file->path, path))
			continue;
		handed->next = (handed->next + i + 1) % handed->n;
		return file;
	}
	return NULL;
}

static void actual_path(const struct config_handed_file *file, char *path, size_t size)
{
	snprintf(path, size, "/proc/self/fd/%d", file->fd);
}

int config_handed_open(struct config_handed_file *file, char *path, size_t size)
{
	struct blob *content = &file->content;
	ssize_t n;

	if (file->fd < 0) {
		file->fd = memfd_create("ipsec", MFD_CLOEXEC);
		if (file->fd < 0 || fchmod(file->fd, 0600))
			return -errno;
		n = write(file->fd, content->p, content->len);
		if (n < 0 || (size_t)n != content->len)
			return n < 0 ? -errno : -ENOSPC;
	}
	actual_path(file, path, size);
	return 0;
}

void config_handed_translate(const struct config_handed *handed, const char *from, char *to,
			    size_t size)
{
	char actual[ACTUAL_MAX];
	const char *at;

	snprintf(to, size, "%s", from);
	for (unsigned int i = 0; i < handed->n; i++) {
		if (handed->list[i].fd < 0)
			continue;
		actual_path(&handed->list[i], actual, sizeof(actual));
		at = strstr(from, actual);
		if (!at || isdigit((unsigned char)at[strlen(actual)]))
			continue;
		snprintf(to, size, "%.*s%s%s", (int)(at - from), from, handed->list[i].path,
			 at + strlen(actual));
		return;
	}
}

void config_handed_free(struct config_handed *handed)
{
	for (unsigned int i = 0; i < handed->n; i++) {
		if (handed->list[i].fd >= 0)
			close(handed->list[i].fd);
		blob_free(&handed->list[i].content);
		free(handed->list[i].path);
	}
	free(handed->list);
	*handed = (struct config_handed){ 0 };
}
