// SPDX-License-Identifier: MIT
/*
 * cert_file.c - certificates, lists and keys in files and directories.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "cert_file.h"
#include "pkey.h"

static int check_file(const char *path, int fd, bool secret, struct stat *st,
		      char *error)
{
	if (fstat(fd, st))
		return refuse(error, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st->st_mode))
		return refuse(error, -EINVAL, "%s is no file", path);
	if (secret && (st->st_mode & (S_IRWXG | S_IRWXO)))
		return refuse(error, -EPERM,
			      "%s can be used by others than its owner: chmod 600 it",
			      path);
	if (!st->st_size)
		return refuse(error, -EINVAL, "%s is empty", path);
	if (st->st_size > CERT_FILE_MAX)
		return refuse(error, -EINVAL, "%s is larger than %d MB", path,
			      CERT_FILE_MAX >> 20);
	return 0;
}

/* No stdio: its buffers cannot be wiped */
static int read_fd(int fd, uint8_t *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, buf + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		done += n;
	}
	return 0;
}

int cert_file_read(const char *path, bool secret, struct blob *file,
		   char error[static AUTH_ERROR_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct blob read = { NULL, 0 };
	struct stat st;
	int err;

	if (fd < 0)
		return refuse(error, -errno, "%s: %s", path, strerror(errno));
	err = check_file(path, fd, secret, &st, error);
	if (!err) {
		read.p = malloc(st.st_size);
		read.len = read.p ? st.st_size : 0;
		err = read.p ? read_fd(fd, read.p, read.len) : -ENOMEM;
		if (err)
			refuse(error, err, "%s: %s", path, strerror(-err));
	}
	close(fd);
	if (err) {
		blob_free(&read);
		return err;
	}
	blob_free(file);
	*file = read;
	return 0;
}

static int take_file(const char *path, cert_file_take take, void *arg, char *error)
{
	char sentence[AUTH_ERROR_MAX] = "holds nothing of the kind";
	struct blob file = { NULL, 0 };
	int n, err;

	err = cert_file_read(path, false, &file, error);
	if (err)
		return err;
	n = take(blob_view(&file), arg, sentence);
	blob_free(&file);
	if (n > 0)
		return 0;
	return refuse(error, n ? n : -EINVAL, "%s: %s", path, sentence);
}

static bool name_counts(const char *name)
{
	static const char *const endings[] = { ".pem", ".crt", ".cer", ".der", ".crl" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(endings) / sizeof(endings[0]); i++)
		if (name[0] != '.' && !strcmp(dot, endings[i]))
			return true;
	return false;
}

static int take_directory(const char *path, DIR *dir, cert_file_take take, void *arg,
			  char *error)
{
	struct dirent *entry;
	char name[PATH_MAX];
	int err = 0;

	while (!err && (entry = readdir(dir))) {
		int n = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);

		if (!name_counts(entry->d_name) || n < 0 || (size_t)n >= sizeof(name))
			continue;
		err = take_file(name, take, arg, error);
	}
	return err;
}

int cert_file_each(const char *path, cert_file_take take, void *arg,
		   char error[static AUTH_ERROR_MAX])
{
	DIR *dir = opendir(path);
	int err;

	if (!dir)
		return take_file(path, take, arg, error);
	err = take_directory(path, dir, take, arg, error);
	closedir(dir);
	return err;
}
