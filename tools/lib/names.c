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
	{ IFIPSEC_ENCR_AES_GCM_16, "aes-gcm-16" },
	{ IFIPSEC_ENCR_CHACHA20_POLY1305, "chacha20-poly1305" },
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
NAME_FUNCTION(proto, proto_names)
NAME_FUNCTION(dir, dir_names)
NAME_FUNCTION(expire, expire_names)
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

int name_parse_encr(const char *name, uint32_t *value)
{
	return find_value(encr_names, COUNT(encr_names), name, value);
}

int name_parse_dir(const char *name, uint32_t *value)
{
	return find_value(dir_names, COUNT(dir_names), name, value);
}

int name_parse_flush(const char *name, uint32_t *value)
{
	return find_value(flush_names, COUNT(flush_names), name, value);
}

const char *name_encr_choices(void)
{
	static char choices[128];
	size_t len = 0;

	for (size_t i = 0; i < COUNT(encr_names); i++) {
		const char *joint = !i ? "" :
			i + 1 < COUNT(encr_names) ? ", " : " or ";

		len += snprintf(choices + len, sizeof(choices) - len, "%s%s",
				joint, encr_names[i].text);
		if (len >= sizeof(choices))
			break;
	}
	return choices;
}
