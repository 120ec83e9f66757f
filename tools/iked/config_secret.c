// SPDX-License-Identifier: MIT
/*
 * config_secret.c - secrets of a configuration, in words or in files.  Everything that
 * held one is wiped before the function that owned it returns.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "config_parse.h"

#define PSK_MAX		1024		/* bytes of text */
#define PSK_GOOD	16		/* bytes; fewer can be guessed */

static int hex_value(char c)
{
	const char *digits = "0123456789abcdef", *at;

	at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 'a' - 'A' : c) : NULL;
	return at ? at - digits : -1;
}

static bool from_hex(const char *text, uint8_t *out, size_t *len)
{
	size_t digits = strlen(text);

	if (!digits || digits % 2)
		return false;
	for (size_t i = 0; i < digits; i++) {
		int value = hex_value(text[i]);

		if (value < 0)
			return false;
		out[i / 2] = out[i / 2] << 4 | value;
	}
	*len = digits / 2;
	return true;
}

bool config_psk(struct config_parser *p, const char *text, struct blob *psk)
{
	uint8_t bytes[PSK_MAX + 4] = { 0 };
	size_t len = strlen(text);
	bool good = len && len <= PSK_MAX;

	if (!good)
		;
	else if (!strncmp(text, "0x", 2))
		good = from_hex(text + 2, bytes, &len);
	else if (!strncmp(text, "0s", 2))
		good = bytes_from_base64(text + 2, bytes, &len) && len;
	else
		memcpy(bytes, text, len);
	if (!good)
		config_complain(p, p->line, false,
				"the pre-shared key is neither text nor 0x and hexadecimal digits nor 0s and base64");
	else if (len < PSK_GOOD)
		config_complain(p, p->line, true,
				"the pre-shared key has %zu bytes only; make one with: openssl rand -hex 32",
				len);
	if (good && blob_copy(psk, bytes_of(bytes, len))) {
		config_complain(p, p->line, false, "out of memory");
		good = false;
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return good;
}

/* The start of a file, or -errno */
static ssize_t read_start(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size);

	if (n < 0)
		n = -errno;
	if (fd >= 0)
		close(fd);
	return n;
}

static ssize_t copy_start(const struct blob *content, char *buf, size_t size)
{
	if (size > content->len)
		size = content->len;
	memcpy(buf, content->p, size);
	return size;
}

/* The first line of a file, of which @content was handed over or NULL; false: complained about */
static bool read_secret(struct config_parser *p, const char *path,
			const struct blob *content, char *buf, size_t size)
{
	ssize_t n = content ? copy_start(content, buf, size - 1) :
			      read_start(path, buf, size - 1);

	if (n < 0) {
		config_complain(p, p->line, false, "%.100s: %s", path, strerror(-n));
		return false;
	}
	buf[n] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	if (!buf[0])
		config_complain(p, p->line, false, "%.100s: %s", path,
				n ? "its first line is empty" : "the file is empty");
	return buf[0];
}

bool config_exposed(struct config_parser *p, const char *path, const char *actual)
{
	if (!key_file_exposed(actual))
		return false;
	config_complain(p, p->line, false,
			"%.100s: others may read it; run: chmod 600 %.100s", path, path);
	return true;
}

/*
 * A file that only its owner may read, of which *@content was handed over; NULL: it is to
 * be read.  False: complained about.
 */
static bool find_secret(struct config_parser *p, const char *path,
			const struct blob **content)
{
	struct config_handed_file *file;

	if (!config_names(p, path, &file))
		return false;
	*content = file ? &file->content : NULL;
	return file || !config_exposed(p, path, path);
}

bool config_psk_file(struct config_parser *p, const char *path, struct blob *psk)
{
	const struct blob *content;
	char text[PSK_MAX + 2];
	bool good;

	if (!find_secret(p, path, &content))
		return false;
	good = read_secret(p, path, content, text, sizeof(text)) &&
	       config_psk(p, text, psk);
	OPENSSL_cleanse(text, sizeof(text));
	return good;
}

bool config_key_file(struct config_parser *p, const char *path, struct key *key)
{
	const struct blob *content;
	char error[KEY_ERROR_MAX];
	int err;

	if (!find_secret(p, path, &content))
		return false;
	err = content ? key_parse((const char *)content->p, content->len, key, error) :
			key_read(path, key, error);
	if (!err)
		return true;
	config_complain(p, p->line, false, "%.100s: %s", path, error);
	return false;
}

void config_digest(uint8_t digest[static CONFIG_DIGEST_LEN], const char *name,
		   struct bytes value)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint64_t len = value.len;

	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
	    EVP_DigestUpdate(ctx, digest, CONFIG_DIGEST_LEN) &&
	    EVP_DigestUpdate(ctx, name, strlen(name) + 1) &&
	    EVP_DigestUpdate(ctx, &len, sizeof(len)) &&
	    EVP_DigestUpdate(ctx, value.p, value.len))
		EVP_DigestFinal_ex(ctx, digest, NULL);
	EVP_MD_CTX_free(ctx);
}
