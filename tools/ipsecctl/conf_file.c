// SPDX-License-Identifier: MIT
/*
 * conf_file.c - configuration files, for the commands that take one.
 */
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "../iked/cert_file.h"
#include "../lib/safe.h"
#include "conf_file.h"
#include "control_client.h"

#define CONF_PATH_MAX	4096

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

/* Directories: what the daemon would take of the same one, all in PEM */

static int copy_certs(BIO *in, BIO *out)
{
	X509 *cert;
	int n = 0;

	while ((cert = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
		n += PEM_write_bio_X509(out, cert);
		X509_free(cert);
	}
	return n;
}

static int copy_lists(BIO *in, BIO *out)
{
	X509_CRL *crl;
	int n = 0;

	while ((crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL))) {
		n += PEM_write_bio_X509_CRL(out, crl);
		X509_CRL_free(crl);
	}
	return n;
}

static int copy_der(struct bytes file, BIO *out)
{
	const unsigned char *p = file.p, *q = file.p;
	X509 *cert = d2i_X509(NULL, &p, file.len);
	X509_CRL *crl = cert ? NULL : d2i_X509_CRL(NULL, &q, file.len);
	int n = cert ? PEM_write_bio_X509(out, cert) :
		crl ? PEM_write_bio_X509_CRL(out, crl) : 0;

	X509_free(cert);
	X509_CRL_free(crl);
	return n;
}

static int take_file(struct bytes file, void *out, char error[static AUTH_ERROR_MAX])
{
	BIO *certs = BIO_new_mem_buf(file.p, file.len);
	BIO *lists = BIO_new_mem_buf(file.p, file.len);
	int n = certs && lists ? copy_certs(certs, out) + copy_lists(lists, out) : 0;

	BIO_free(certs);
	BIO_free(lists);
	if (!n)
		n = copy_der(file, out);
	ERR_clear_error();
	if (!n)
		snprintf(error, AUTH_ERROR_MAX,
			 "holds neither a certificate nor a revocation list, in PEM or DER");
	return n;
}

static int read_directory(const char *path, struct blob *blob, char *error)
{
	BIO *out = BIO_new(BIO_s_mem());
	int err = -ENOMEM;
	BUF_MEM *all;

	snprintf(error, AUTH_ERROR_MAX, "out of memory");
	if (out)
		err = cert_file_each(path, take_file, out, error);
	if (!err) {
		BIO_get_mem_ptr(out, &all);
		err = blob_copy(blob, bytes_of(all->data, all->length));
	}
	BIO_free(out);
	return err;
}

static int read_any(const char *path, struct blob *blob, char *error)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return read_directory(path, blob, error);
	return cert_file_read(path, false, blob, error);
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

		if (read_any(config->files[i], &blob, error)) {
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

	if (!files)
		return NULL;
	if (cert_file_read(config->path, false, &text, error)) {
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
