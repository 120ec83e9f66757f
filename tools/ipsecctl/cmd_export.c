// SPDX-License-Identifier: MIT
/*
 * cmd_export.c - "export wireshark DIR": the keys of what ipsec-iked has negotiated, as
 * the tables that Wireshark and tshark read from their configuration directory:
 * ikev2_decryption_table and esp_sa.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <linux/if_ipsec.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "control_client.h"

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))

/* What Wireshark calls an algorithm; key_bits 0: any */
struct shark {
	uint16_t id;
	uint16_t key_bits;
	const char *name;
};

static const struct shark ike_encr[] = {
	{ IFIPSEC_ENCR_AES_CBC, 128, "AES-CBC-128 [RFC3602]" },
	{ IFIPSEC_ENCR_AES_CBC, 192, "AES-CBC-192 [RFC3602]" },
	{ IFIPSEC_ENCR_AES_CBC, 256, "AES-CBC-256 [RFC3602]" },
	{ IFIPSEC_ENCR_AES_CTR, 128, "AES-CTR-128 [RFC5930]" },
	{ IFIPSEC_ENCR_AES_CTR, 192, "AES-CTR-192 [RFC5930]" },
	{ IFIPSEC_ENCR_AES_CTR, 256, "AES-CTR-256 [RFC5930]" },
	{ IFIPSEC_ENCR_AES_GCM_8, 128, "AES-GCM-128 with 8 octet ICV [RFC5282]" },
	{ IFIPSEC_ENCR_AES_GCM_8, 192, "AES-GCM-192 with 8 octet ICV [RFC5282]" },
	{ IFIPSEC_ENCR_AES_GCM_8, 256, "AES-GCM-256 with 8 octet ICV [RFC5282]" },
	{ IFIPSEC_ENCR_AES_GCM_12, 128, "AES-GCM-128 with 12 octet ICV [RFC5282]" },
	{ IFIPSEC_ENCR_AES_GCM_12, 192, "AES-GCM-192 with 12 octet ICV [RFC5282]" },
	{ IFIPSEC_ENCR_AES_GCM_12, 256, "AES-GCM-256 with 12 octet ICV [RFC5282]" },
	{ IFIPSEC_ENCR_AES_GCM_16, 128, "AES-GCM-128 with 16 octet ICV [RFC5282]" },
	{ IFIPSEC_ENCR_AES_GCM_16, 192, "AES-GCM-192 with 16 octet ICV [RFC5282]" },
	{ IFIPSEC_ENCR_AES_GCM_16, 256, "AES-GCM-256 with 16 octet ICV [RFC5282]" },
};

static const struct shark ike_integ[] = {
	{ IFIPSEC_AUTH_NONE, 0, "NONE [RFC4306]" },
	{ IFIPSEC_AUTH_HMAC_SHA2_256_128, 0, "HMAC_SHA2_256_128 [RFC4868]" },
	{ IFIPSEC_AUTH_HMAC_SHA2_384_192, 0, "HMAC_SHA2_384_192 [RFC4868]" },
	{ IFIPSEC_AUTH_HMAC_SHA2_512_256, 0, "HMAC_SHA2_512_256 [RFC4868]" },
};

static const struct shark esp_encr[] = {
	{ IFIPSEC_ENCR_NULL, 0, "NULL" },
	{ IFIPSEC_ENCR_AES_CBC, 0, "AES-CBC [RFC3602]" },
	{ IFIPSEC_ENCR_AES_CTR, 0, "AES-CTR [RFC3686]" },
	{ IFIPSEC_ENCR_AES_GCM_8, 0, "AES-GCM with 8 octet ICV [RFC4106]" },
	{ IFIPSEC_ENCR_AES_GCM_12, 0, "AES-GCM with 12 octet ICV [RFC4106]" },
	{ IFIPSEC_ENCR_AES_GCM_16, 0, "AES-GCM with 16 octet ICV [RFC4106]" },
};

static const struct shark esp_integ[] = {
	{ IFIPSEC_AUTH_NONE, 0, "NULL" },
	{ IFIPSEC_AUTH_HMAC_SHA2_256_128, 0, "HMAC-SHA-256-128 [RFC4868]" },
	{ IFIPSEC_AUTH_HMAC_SHA2_384_192, 0, "HMAC-SHA-384-192 [RFC4868]" },
	{ IFIPSEC_AUTH_HMAC_SHA2_512_256, 0, "HMAC-SHA-512-256 [RFC4868]" },
	{ IFIPSEC_AUTH_HMAC_SHA2_256_96, 0, "HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]" },
	{ IFIPSEC_AUTH_AES_XCBC_96, 0, "ANY 96 bit authentication [no checking]" },
	{ IFIPSEC_AUTH_AES_CMAC_96, 0, "ANY 96 bit authentication [no checking]" },
};

/* NULL: Wireshark cannot */
static const char *shark_name(const struct shark *table, size_t n, uint64_t id,
			      uint64_t key_bits)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].id == id && (!table[i].key_bits || table[i].key_bits == key_bits))
			return table[i].name;
	return NULL;
}

/* SPIs without 0x */
static const char *bare(const char *spi)
{
	return strncmp(spi, "0x", 2) ? spi : spi + 2;
}

static bool write_ike(FILE *f, struct json_object *row)
{
	const char *encr = shark_name(ike_encr, COUNT(ike_encr), number_of(row, "encr"),
				      number_of(row, "key_bits"));
	const char *integ = shark_name(ike_integ, COUNT(ike_integ), number_of(row, "integ"), 0);

	if (!encr || !integ)
		return false;
	fprintf(f, "%s,%s,%s,%s,\"%s\",%s,%s,\"%s\"\n",
		bare(text_of(row, "spi_initiator")), bare(text_of(row, "spi_responder")),
		text_of(row, "sk_ei"), text_of(row, "sk_er"), encr, text_of(row, "sk_ai"),
		text_of(row, "sk_ar"), integ);
	return true;
}

static bool write_esp(FILE *f, struct json_object *row)
{
	const char *encr = shark_name(esp_encr, COUNT(esp_encr), number_of(row, "encr"), 0);
	const char *integ = shark_name(esp_integ, COUNT(esp_integ), number_of(row, "integ"), 0);
	const char *src = text_of(row, "src"), *key = text_of(row, "key");
	const char *auth_key = text_of(row, "auth_key");

	if (!encr || !integ || strcmp(text_of(row, "proto"), "esp"))
		return false;
	fprintf(f, "\"%s\",\"%s\",\"%s\",\"%s\",\"%s\",\"%s%s\",\"%s\",\"%s%s\"\n",
		strchr(src, ':') ? "IPv6" : "IPv4", src, text_of(row, "dst"),
		text_of(row, "spi"), encr, *key ? "0x" : "", key, integ,
		*auth_key ? "0x" : "", auth_key);
	return true;
}

/* A file that only we can read.  NULL: it was reported */
static FILE *create(const struct command *command, const char *dir, const char *name)
{
	char path[PATH_MAX], text[PATH_MAX + 64];
	FILE *f = NULL;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && !fchmod(fd, 0600))
		f = fdopen(fd, "w");
	if (f)
		return f;
	snprintf(text, sizeof(text), "%.200s: %s", path, strerror(errno));
	command_fail(command, NULL, text);
	return NULL;
}

static int write_table(const struct command *command, const char *dir, const char *name,
		       struct json_object *rows,
		       bool (*write)(FILE *f, struct json_object *row))
{
	FILE *f = create(command, dir, name);
	size_t n = rows ? json_object_array_length(rows) : 0, left_out = 0;
	char text[128];

	if (!f)
		return EXIT_FAILED;
	for (size_t i = 0; i < n; i++)
		left_out += !write(f, json_object_array_get_idx(rows, i));
	if (fclose(f))
		return command_fail(command, NULL, strerror(errno));
	if (left_out) {
		snprintf(text, sizeof(text),
			 "%s: %zu left out, Wireshark does not know the algorithm", name,
			 left_out);
		command_warn(command, NULL, text);
	}
	return EXIT_DONE;
}

static int write_tables(const struct command *command, const char *dir,
			struct json_object *answer)
{
	struct json_object *ike = NULL, *esp = NULL;
	int code;

	json_object_object_get_ex(answer, "ike", &ike);
	json_object_object_get_ex(answer, "esp", &esp);
	code = write_table(command, dir, "ikev2_decryption_table", ike, write_ike);
	return code ? code : write_table(command, dir, "esp_sa", esp, write_esp);
}

int cmd_export_wireshark(const struct command *command, struct words *words)
{
	struct json_object *request, *answer;
	char error[CONTROL_CLIENT_ERROR_MAX];
	const char *dir;
	int code, err;

	if (words_take(words, "a directory", &dir) || words_end(words))
		return command_usage(command, words);
	request = control_request("keys", NULL, NULL);
	err = control_ask(request, &answer, error);
	json_object_put(request);
	if (err)
		return command_fail(command, NULL, error);
	code = write_tables(command, dir, answer);
	json_object_put(answer);
	return code;
}
