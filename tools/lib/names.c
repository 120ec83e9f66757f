// SPDX-License-Identifier: MIT
/*
 * names.c - every number of the kernel interface that has a text, in one place.
 */
#include <errno.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "names.h"

struct name {
	uint32_t value;
	const char *text;
};

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))

/* The IKEv2 names in the notation of ipsec.conf(5) and swanctl.conf(5) */
static const struct name encr_names[] = {
	{ IFIPSEC_ENCR_3DES, "3des-cbc" },
	{ IFIPSEC_ENCR_NULL, "null" },
	{ IFIPSEC_ENCR_AES_CBC, "aes-cbc" },
	{ IFIPSEC_ENCR_AES_CTR, "aes-ctr" },
	{ IFIPSEC_ENCR_AES_CCM_8, "aes-ccm-8" },
	{ IFIPSEC_ENCR_AES_CCM_12, "aes-ccm-12" },
	{ IFIPSEC_ENCR_AES_CCM_16, "aes-ccm-16" },
	{ IFIPSEC_ENCR_AES_GCM_8, "aes-gcm-8" },
	{ IFIPSEC_ENCR_AES_GCM_12, "aes-gcm-12" },
	{ IFIPSEC_ENCR_AES_GCM_16, "aes-gcm-16" },
	{ IFIPSEC_ENCR_NULL_AES_GMAC, "null-aes-gmac" },
	{ IFIPSEC_ENCR_CAMELLIA_CBC, "camellia-cbc" },
	{ IFIPSEC_ENCR_CHACHA20_POLY1305, "chacha20-poly1305" },
};

static const struct name auth_names[] = {
	{ IFIPSEC_AUTH_HMAC_MD5_96, "hmac-md5-96" },
	{ IFIPSEC_AUTH_HMAC_SHA1_96, "hmac-sha1-96" },
	{ IFIPSEC_AUTH_AES_XCBC_96, "aes-xcbc-96" },
	{ IFIPSEC_AUTH_AES_CMAC_96, "aes-cmac-96" },
	{ IFIPSEC_AUTH_AES_128_GMAC, "aes-128-gmac" },
	{ IFIPSEC_AUTH_AES_192_GMAC, "aes-192-gmac" },
	{ IFIPSEC_AUTH_AES_256_GMAC, "aes-256-gmac" },
	{ IFIPSEC_AUTH_HMAC_SHA2_256_128, "hmac-sha2-256-128" },
	{ IFIPSEC_AUTH_HMAC_SHA2_384_192, "hmac-sha2-384-192" },
	{ IFIPSEC_AUTH_HMAC_SHA2_512_256, "hmac-sha2-512-256" },
	{ IFIPSEC_AUTH_HMAC_SHA2_256_96, "hmac-sha2-256-96" },
};

static const struct name mode_names[] = {
	{ IFIPSEC_MODE_TUNNEL, "tunnel" },
	{ IFIPSEC_MODE_TRANSPORT, "transport" },
};

static const struct name protect_names[] = {
	{ IFIPSEC_PROTECT_ESP, "esp" },
	{ IFIPSEC_PROTECT_AH, "ah" },
	{ IFIPSEC_PROTECT_ESP_AH, "esp+ah" },
};

static const struct name df_names[] = {
	{ IFIPSEC_DF_COPY, "copy" },
	{ IFIPSEC_DF_SET, "set" },
	{ IFIPSEC_DF_CLEAR, "clear" },
};

static const struct name proto_names[] = {
	{ IPPROTO_ESP, "esp" },
	{ IPPROTO_AH, "ah" },
};

static const struct name dir_names[] = {
	{ IFIPSEC_DIR_IN, "in" },
	{ IFIPSEC_DIR_OUT, "out" },
};

static const struct name flush_names[] = {
	{ IFIPSEC_FLUSH_SAS, "sa" },
	{ IFIPSEC_FLUSH_PEERS, "peer" },
};

static const struct name expire_names[] = {
	{ IFIPSEC_EXPIRE_SEQ_SOFT, "seq_soft" },
	{ IFIPSEC_EXPIRE_SEQ_HARD, "seq_hard" },
	{ IFIPSEC_EXPIRE_BYTES_SOFT, "bytes_soft" },
	{ IFIPSEC_EXPIRE_BYTES_HARD, "bytes_hard" },
	{ IFIPSEC_EXPIRE_PACKETS_SOFT, "packets_soft" },
	{ IFIPSEC_EXPIRE_PACKETS_HARD, "packets_hard" },
	{ IFIPSEC_EXPIRE_SECONDS_SOFT, "seconds_soft" },
	{ IFIPSEC_EXPIRE_SECONDS_HARD, "seconds_hard" },
};

/* The limits of an SA, as they are set */
static const struct name life_names[] = {
	{ IFIPSEC_LIFE_A_SOFT_BYTES, "soft-bytes" },
	{ IFIPSEC_LIFE_A_HARD_BYTES, "hard-bytes" },
	{ IFIPSEC_LIFE_A_SOFT_PACKETS, "soft-packets" },
	{ IFIPSEC_LIFE_A_HARD_PACKETS, "hard-packets" },
	{ IFIPSEC_LIFE_A_SOFT_SECONDS, "soft-seconds" },
	{ IFIPSEC_LIFE_A_HARD_SECONDS, "hard-seconds" },
};

/* As in /sys/class/net/NAME/operstate */
static const struct name operstate_names[] = {
	{ IF_OPER_UNKNOWN, "unknown" },
	{ IF_OPER_NOTPRESENT, "notpresent" },
	{ IF_OPER_DOWN, "down" },
	{ IF_OPER_LOWERLAYERDOWN, "lowerlayerdown" },
	{ IF_OPER_TESTING, "testing" },
	{ IF_OPER_DORMANT, "dormant" },
	{ IF_OPER_UP, "up" },
};

static const struct name operstate_texts[] = {
	{ IF_OPER_DORMANT, " (no peer has an SA to send on)" },
	{ IF_OPER_DOWN, " (ip link set it up)" },
};

static const struct name event_names[] = {
	{ IFIPSEC_CMD_DEV_NEW_NTF, "dev_new" },
	{ IFIPSEC_CMD_DEV_SET_NTF, "dev_set" },
	{ IFIPSEC_CMD_DEV_DEL_NTF, "dev_del" },
	{ IFIPSEC_CMD_PEER_NEW_NTF, "peer_new" },
	{ IFIPSEC_CMD_PEER_SET_NTF, "peer_set" },
	{ IFIPSEC_CMD_PEER_DEL_NTF, "peer_del" },
	{ IFIPSEC_CMD_SA_NEW_NTF, "sa_new" },
	{ IFIPSEC_CMD_SA_DEL_NTF, "sa_del" },
	{ IFIPSEC_CMD_SA_EXPIRE_NTF, "sa_expire" },
	{ IFIPSEC_CMD_PEER_ACQUIRE_NTF, "acquire" },
	{ IFIPSEC_CMD_SA_MAPPING_NTF, "mapping" },
	{ IFIPSEC_CMD_DROP_NTF, "drop" },
};

#define DROP_NAME(NAME, name, counter, text) { IFIPSEC_DROP_##NAME, #name },
#define DROP_TEXT(NAME, name, counter, text) { IFIPSEC_DROP_##NAME, text },

static const struct name drop_names[] = { IFIPSEC_DROPS(DROP_NAME) };
static const struct name drop_texts[] = { IFIPSEC_DROPS(DROP_TEXT) };

static const char *find_text(const struct name *table, size_t n, uint32_t value)
{
	for (size_t i = 0; i < n; i++) {
		if (table[i].value == value)
			return table[i].text;
	}
	return NULL;
}

static int find_value(const struct name *table, size_t n, const char *text,
		      uint32_t *value)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(table[i].text, text)) {
			*value = table[i].value;
			return 0;
		}
	}
	return -EINVAL;
}

static const char *text_or_number(const char *text, uint32_t value, char *buf)
{
	if (text)
		return text;
	snprintf(buf, NAME_TEXT_MAX, "%u", value);
	return buf;
}

#define NAME_FUNCTION(kind, table)					\
const char *name_##kind(uint32_t value, char buf[static NAME_TEXT_MAX])	\
{									\
	return text_or_number(find_text(table, COUNT(table), value),	\
			      value, buf);				\
}

NAME_FUNCTION(encr, encr_names)
NAME_FUNCTION(auth, auth_names)
NAME_FUNCTION(proto, proto_names)
NAME_FUNCTION(mode, mode_names)
NAME_FUNCTION(protect, protect_names)
NAME_FUNCTION(df, df_names)
NAME_FUNCTION(dir, dir_names)
NAME_FUNCTION(expire, expire_names)
NAME_FUNCTION(life, life_names)
NAME_FUNCTION(operstate, operstate_names)
NAME_FUNCTION(event, event_names)

/* A reason is a key in JSON, so it must look like a name in any case */
const char *name_drop(uint32_t reason, char buf[static NAME_TEXT_MAX])
{
	const char *text = find_text(drop_names, COUNT(drop_names), reason);

	if (text)
		return text;
	snprintf(buf, NAME_TEXT_MAX, "reason_%u", reason);
	return buf;
}

/* What is told of, but is no drop of ours, has no number */
const char *name_audit(bool unknown_spi, uint32_t reason,
		       char buf[static NAME_TEXT_MAX])
{
	return unknown_spi ? "no_sa" : name_drop(reason, buf);
}

const char *name_drop_text(uint32_t reason)
{
	const char *text = find_text(drop_texts, COUNT(drop_texts), reason);

	return text ? text : "a reason newer than this ipsecctl";
}

const char *name_operstate_text(uint32_t state)
{
	const char *text = find_text(operstate_texts, COUNT(operstate_texts),
				     state);

	return text ? text : "";
}

int name_parse_life(const char *name, uint32_t *value)
{
	return find_value(life_names, COUNT(life_names), name, value);
}

/* All texts of a table into @choices, "a, b or c" */
static const char *list_texts(const struct name *table, size_t n,
			      char *choices, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < n && len < size; i++) {
		const char *joint = !i ? "" : i + 1 < n ? ", " : " or ";

		len += snprintf(choices + len, size - len, "%s%s", joint,
				table[i].text);
	}
	return choices;
}

/* For what a command line may name */
#define NAME_WORD_FUNCTIONS(kind, table)				\
int name_parse_##kind(const char *name, uint32_t *value)		\
{									\
	return find_value(table, COUNT(table), name, value);		\
}									\
									\
const char *name_##kind##_choices(void)					\
{									\
	static char choices[256];					\
									\
	return list_texts(table, COUNT(table), choices,			\
			  sizeof(choices));				\
}

NAME_WORD_FUNCTIONS(encr, encr_names)
NAME_WORD_FUNCTIONS(auth, auth_names)
NAME_WORD_FUNCTIONS(proto, proto_names)
NAME_WORD_FUNCTIONS(mode, mode_names)
NAME_WORD_FUNCTIONS(protect, protect_names)
NAME_WORD_FUNCTIONS(df, df_names)
NAME_WORD_FUNCTIONS(dir, dir_names)
NAME_WORD_FUNCTIONS(flush, flush_names)
