/* SPDX-License-Identifier: MIT */
/*
 * cert_file.h - certificates, lists and keys in files and directories.
 */
#ifndef IKED_CERT_FILE_H
#define IKED_CERT_FILE_H

#include "auth.h"

#define CERT_FILE_MAX	(16 << 20)	/* bytes; lists can be long */

/* A whole regular file; @secret: readable by its owner only.  0 or -errno, @error */
int cert_file_read(const char *path, bool secret, struct blob *file,
		   char error[static AUTH_ERROR_MAX]);

/* Something in PEM or DER; how many were taken, or -errno with @error */
typedef int (*cert_file_take)(struct bytes file, void *arg,
			      char error[static AUTH_ERROR_MAX]);

/* Calls @take with the file, or with each file of the directory whose name ends as
 * certificates' and lists' do.  0 or -errno, @error: it names the file.
 */
int cert_file_each(const char *path, cert_file_take take, void *arg,
		   char error[static AUTH_ERROR_MAX]);

#endif /* IKED_CERT_FILE_H */
