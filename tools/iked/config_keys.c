// SPDX-License-Identifier: MIT
/*
 * config_keys.c - what "name = value" means, one row of a table for each name.  A list
 * may go on in the next lines, indented; everything else is there once.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../lib/names.h"
#include "../lib/number.h"
#include "config_parse.h"

#define WORD_MAX	256		/* bytes of one word of a list */
#define NAME_MAX_	40		/* of a name, in messages */

struct key_row {
	const char *name;
	/* True, or complains and false */
	bool (*take)(struct config_parser *p, const char *value, size_t offset);
	size_t offset;			/* in struct config or config_peer */
	bool list;			/* may be continued */
	bool credential;		/* of all peers of the interface */
};

#define AT(type, p, offset)	((type *)(section_of(p) + (offset)))

static char *section_of(struct config_parser *p)
{
	return p->peer ? (char *)p->peer : (char *)p->config;
}

__attribute__((format(printf, 2, 3)))
static bool refuse(struct config_parser *p, const char *format, ...)
{
	char text[CONFIG_ERROR_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	config_complain(p, p->line, false, "%s", text);
	return false;
}

/* Values of one word */

static bool take_path(struct config_parser *p, const char *value, size_t offset)
{
	struct config_path *to = AT(struct config_path, p, offset);
	struct config_handed_file *file;
	int err;

	if (value[0] != '/' || strlen(value) >= CONFIG_PATH_MAX)
		return refuse(p, "\"%.100s\" is not a path that begins with /", value);
	if (!config_names(p, value, &file))
		return false;
	err = file ? config_handed_open(file, to->path, CONFIG_PATH_MAX) : 0;
	if (err)
		return refuse(p, "%.100s: %s", value, strerror(-err));
	if (!file)
		strcpy(to->path, value);
	to->line = p->line;
	return true;
}

/* The daemon is handed the file's bytes: whose they were is seen here only */
static bool take_private(struct config_parser *p, const char *value, size_t offset)
{
	struct config_path *to = AT(struct config_path, p, offset);

	if (!take_path(p, value, offset))
		return false;
	if (!config_exposed(p, value, to->path))
		return true;
	to->path[0] = '\0';
	return false;
}

static bool take_link(struct config_parser *p, const char *value, size_t offset)
{
	if (strlen(value) >= IFNAMSIZ || strchr(value, '/'))
		return refuse(p, "\"%.40s\" is no name of an interface", value);
	strcpy(AT(char, p, offset), value);
	return true;
}

static bool take_bool(struct config_parser *p, const char *value, size_t offset)
{
	bool yes = !strcmp(value, "yes");

	if (!yes && strcmp(value, "no"))
		return refuse(p, "\"%.40s\" is neither yes nor no", value);
	*AT(bool, p, offset) = yes;
	return true;
}

static bool take_u32(struct config_parser *p, const char *value, size_t offset)
{
	uint64_t n;

	if (number_parse(value, UINT32_MAX, &n))
		return refuse(p, "\"%.40s\" is not a number (0..%u)", value, UINT32_MAX);
	*AT(uint32_t, p, offset) = n;
	return true;
}

static bool take_port(struct config_parser *p, const char *value, size_t offset)
{
	uint64_t n;

	if (number_parse_decimal(value, UINT16_MAX, &n) || !n)
		return refuse(p, "\"%.40s\" is no UDP port (1..65535)", value);
	*AT(uint16_t, p, offset) = n;
	return true;
}

static bool take_mtu(struct config_parser *p, const char *value, size_t offset)
{
	uint64_t n = 0;

	if (strcmp(value, "auto") &&
	    (number_parse_decimal(value, UINT16_MAX, &n) || n < 68))
		return refuse(p, "\"%.40s\" is neither auto nor a number of bytes (68..65535)",
			      value);
	*AT(uint32_t, p, offset) = n;
	return true;
}

static bool take_replay(struct config_parser *p, const char *value, size_t offset)
{
	uint64_t n;

	if (number_parse_decimal(value, IFIPSEC_REPLAY_WINDOW_MAX, &n) ||
	    (n && n < IFIPSEC_REPLAY_WINDOW_MIN))
		return refuse(p, "\"%.40s\" is no replay window (0, or %d..%d)", value,
			      IFIPSEC_REPLAY_WINDOW_MIN, IFIPSEC_REPLAY_WINDOW_MAX);
	p->given[CONFIG_REPLAY] = true;
	*AT(uint32_t, p, offset) = n;
	return true;
}

static bool take_tfc(struct config_parser *p, const char *value, size_t offset)
{
	uint64_t n;

	if (number_parse_decimal(value, UINT16_MAX, &n))
		return refuse(p, "\"%.40s\" is not a number of bytes (0..65535)", value);
	*AT(uint32_t, p, offset) = n;
	return true;
}

/* Bytes or packets */
static bool take_amount(struct config_parser *p, const char *value, size_t offset)
{
	if (number_parse_scaled(value, UINT64_MAX, AT(uint64_t, p, offset)))
		return refuse(p, "\"%.40s\" is not a number, with k, m, g or t behind it", value);
	return true;
}

static bool take_time(struct config_parser *p, const char *value, size_t offset)
{
	static const struct { char unit; unsigned int seconds; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
	};
	size_t len = strlen(value);
	unsigned int factor = 1;
	char digits[16] = "";
	uint64_t n;

	for (size_t i = 0; len && i < sizeof(units) / sizeof(units[0]); i++) {
		if (value[len - 1] == units[i].unit) {
			factor = units[i].seconds;
			len--;
			break;
		}
	}
	if (len < sizeof(digits))
		memcpy(digits, value, len);
	if (number_parse_decimal(digits, UINT32_MAX / 86400, &n))
		return refuse(p, "\"%.40s\" is no time: a number with s, m, h or d behind it",
			      value);
	*AT(uint64_t, p, offset) = n * factor;
	return true;
}

static bool take_dpd_timeout(struct config_parser *p, const char *value, size_t offset)
{
	if (!take_time(p, value, offset))
		return false;
	if (*AT(uint64_t, p, offset) >= CONFIG_DPD_TIMEOUT_MIN)
		return true;
	return refuse(p, "\"%.40s\" is too short to ask more than once or twice: %ds or more",
		      value, CONFIG_DPD_TIMEOUT_MIN);
}

static bool take_addr(struct config_parser *p, const char *value, size_t offset)
{
	if (addr_parse(value, AT(struct addr, p, offset)))
		return refuse(p, "\"%.60s\" is no IP address", value);
	return true;
}

static bool take_remote(struct config_parser *p, const char *value, size_t offset)
{
	if (!strcmp(value, "%any"))
		return true;
	if (addr_parse(value, AT(struct addr, p, offset)))
		return refuse(p, "\"%.60s\" is neither an IP address nor %%any", value);
	return true;
}

static bool take_id(struct config_parser *p, const char *value, size_t offset)
{
	if (identity_parse_text(value, AT(struct identity, p, offset)))
		return refuse(p, "\"%.100s\" is no identity: an address, a name, a mail address, a distinguished name, key:..., or %%any",
			      value);
	return true;
}

static bool take_mode(struct config_parser *p, const char *value, size_t offset)
{
	uint32_t n;

	if (name_parse_mode(value, &n))
		return refuse(p, "\"%.40s\" is no mode: %s", value, name_mode_choices());
	*AT(uint8_t, p, offset) = n;
	return true;
}

static bool take_protect(struct config_parser *p, const char *value, size_t offset)
{
	uint32_t n;

	if (name_parse_protect(value, &n))
		return refuse(p, "\"%.40s\" does not protect: %s", value,
			      name_protect_choices());
	*AT(uint8_t, p, offset) = n;
	return true;
}

/* One of a few words, whose place in the list is the value of an enum */
static bool take_choice(struct config_parser *p, const char *value, int *out,
			const char *const *choices, const char *sentence)
{
	for (int i = 0; choices[i]; i++) {
		if (!strcmp(value, choices[i])) {
			*out = i;
			return true;
		}
	}
	return refuse(p, "\"%.40s\" is not %s", value, sentence);
}

static bool take_auth(struct config_parser *p, const char *value, size_t offset)
{
	static const char *const choices[] = { "psk", "cert", NULL };
	int n = 0;

	if (!take_choice(p, value, &n, choices, "psk or cert"))
		return false;
	*AT(enum config_auth, p, offset) = CONFIG_AUTH_PSK + n;
	return true;
}

static bool take_padding(struct config_parser *p, const char *value, size_t offset)
{
	static const char *const choices[] = { "pss", "pkcs1", NULL };
	int n = 0;

	if (!take_choice(p, value, &n, choices, "pss or pkcs1"))
		return false;
	*AT(bool, p, offset) = n;
	return true;
}

static bool take_start(struct config_parser *p, const char *value, size_t offset)
{
	static const char *const choices[] = { "now", "demand", "no", NULL };
	int n = 0;

	if (!take_choice(p, value, &n, choices, "now, demand or no"))
		return false;
	*AT(enum config_start, p, offset) = n;
	return true;
}

static bool take_encap(struct config_parser *p, const char *value, size_t offset)
{
	static const char *const choices[] = { "auto", "yes", NULL };
	int n = 0;

	if (!take_choice(p, value, &n, choices, "auto or yes"))
		return false;
	*AT(enum config_encap, p, offset) = n;
	return true;
}

static bool take_psk(struct config_parser *p, const char *value, size_t offset)
{
	if (p->exposed)
		return refuse(p, "others may read this file; run: chmod 600 %.150s",
			      p->config->path);
	return config_psk(p, value, AT(struct blob, p, offset));
}

static bool take_psk_file(struct config_parser *p, const char *value, size_t offset)
{
	return config_psk_file(p, value, AT(struct blob, p, offset));
}

/* Static keys */

static bool take_spi(struct config_parser *p, const char *value, size_t offset)
{
	struct config_sa *sa = AT(struct config_sa, p, offset);
	uint64_t n;

	if (number_parse(value, UINT32_MAX, &n) || n < IFIPSEC_SPI_MIN)
		return refuse(p, "\"%.40s\" is no SPI (%d..0xffffffff)", value,
			      IFIPSEC_SPI_MIN);
	sa->spi = n;
	sa->given = true;
	return true;
}

static bool take_key(struct config_parser *p, const char *value, size_t offset)
{
	return config_key_file(p, value, &AT(struct config_sa, p, offset)->key);
}

static bool take_auth_key(struct config_parser *p, const char *value, size_t offset)
{
	return config_key_file(p, value, &AT(struct config_sa, p, offset)->auth_key);
}

static bool take_encr(struct config_parser *p, const char *value, size_t offset)
{
	uint32_t n;

	(void)offset;
	if (name_parse_encr(value, &n))
		return refuse(p, "\"%.40s\" is no cipher: %s", value, name_encr_choices());
	p->peer->in.encr = p->peer->out.encr = n;
	return true;
}

static bool take_integrity(struct config_parser *p, const char *value, size_t offset)
{
	uint32_t n;

	(void)offset;
	if (name_parse_auth(value, &n))
		return refuse(p, "\"%.40s\" is no integrity algorithm: %s", value,
			      name_auth_choices());
	p->peer->in.auth = p->peer->out.auth = n;
	return true;
}

static bool take_esn(struct config_parser *p, const char *value, size_t offset)
{
	if (!take_bool(p, value, offset))
		return false;
	p->peer->out.esn = p->peer->in.esn;
	return true;
}

/* Lists: words with commas or spaces between */

static bool each_word(struct config_parser *p, const char *value, size_t offset,
		      bool (*take)(struct config_parser *p, const char *word, size_t offset))
{
	char word[WORD_MAX];
	size_t len;

	for (;; value += len) {
		value += strspn(value, ", \t");
		len = strcspn(value, ", \t");
		if (!len)
			return true;
		if (len >= sizeof(word))
			return refuse(p, "\"%.40s...\" is too long", value);
		memcpy(word, value, len);
		word[len] = '\0';
		if (!take(p, word, offset))
			return false;
	}
}

static bool add_address(struct config_parser *p, const char *word, size_t offset)
{
	struct config *c = p->config;

	(void)offset;
	if (c->n_addresses == CONFIG_ADDRESSES_MAX)
		return refuse(p, "more than %d addresses", CONFIG_ADDRESSES_MAX);
	if (prefix_parse(word, &c->addresses[c->n_addresses]))
		return refuse(p, "\"%.60s\" is no address with prefix length", word);
	c->n_addresses++;
	return true;
}

static bool take_addresses(struct config_parser *p, const char *value, size_t offset)
{
	return each_word(p, value, offset, add_address);
}

static bool add_selector(struct config_parser *p, const char *word, size_t offset)
{
	struct selectors *list = AT(struct selectors, p, offset);

	if (list->n == SELECTORS_MAX)
		return refuse(p, "more than %d networks", SELECTORS_MAX);
	if (selector_parse_text(word, &list->list[list->n]))
		return refuse(p, "\"%.60s\" is no network", word);
	list->n++;
	return true;
}

static bool take_selectors(struct config_parser *p, const char *value, size_t offset)
{
	if (offset == offsetof(struct config_peer, remote_ts))
		p->given[CONFIG_NETWORKS] = true;
	return each_word(p, value, offset, add_selector);
}

static bool add_proposal(struct config_parser *p, const char *word,
			 struct proposals *list, enum ike_protocol protocol)
{
	char error[PROPOSAL_ERROR_MAX];

	if (list->n == PROPOSALS_MAX)
		return refuse(p, "more than %d proposals", PROPOSALS_MAX);
	if (proposal_parse_text(word, protocol, &list->list[list->n], error))
		return refuse(p, "%.60s: %s", word, error);
	list->n++;
	list->list[list->n - 1].number = list->n;
	return true;
}

static bool add_ike(struct config_parser *p, const char *word, size_t offset)
{
	return add_proposal(p, word, AT(struct proposals, p, offset), IKE_PROTO_IKE);
}

static bool add_esp(struct config_parser *p, const char *word, size_t offset)
{
	return add_proposal(p, word, AT(struct proposals, p, offset), IKE_PROTO_ESP);
}

static bool add_ah(struct config_parser *p, const char *word, size_t offset)
{
	return add_proposal(p, word, AT(struct proposals, p, offset), IKE_PROTO_AH);
}

static bool take_ike(struct config_parser *p, const char *value, size_t offset)
{
	p->given[CONFIG_IKE] = true;
	return each_word(p, value, offset, add_ike);
}

static bool take_esp(struct config_parser *p, const char *value, size_t offset)
{
	p->given[CONFIG_ESP] = true;
	return each_word(p, value, offset, add_esp);
}

static bool take_ah(struct config_parser *p, const char *value, size_t offset)
{
	p->given[CONFIG_AH] = true;
	return each_word(p, value, offset, add_ah);
}

enum { ONCE = 0, LIST = 1, CREDENTIAL = 2 };

#define ROW(name, take, offset, flags)	\
	{ name, take, offset, ((flags) & LIST) != 0, ((flags) & CREDENTIAL) != 0 }
#define I(name, take, member, flags)	\
	ROW(name, take, offsetof(struct config, member), flags)
#define P(name, take, member, flags)	\
	ROW(name, take, offsetof(struct config_peer, member), flags)
#define END	ROW(NULL, NULL, 0, ONCE)

static const struct key_row interface_rows[] = {
	I("address", take_addresses, addresses, LIST),
	I("mtu", take_mtu, mtu, ONCE),
	I("link", take_link, link, ONCE),
	I("fwmark", take_u32, fwmark, ONCE),
	I("spread", take_bool, spread, ONCE),
	I("table", take_u32, table, ONCE),
	I("id", take_id, id, CREDENTIAL),
	I("cert", take_path, cert, CREDENTIAL),
	I("key", take_private, key, CREDENTIAL),
	I("ca", take_path, ca, CREDENTIAL),
	I("crl", take_path, crl, CREDENTIAL),
	I("crl-required", take_bool, crl_required, CREDENTIAL),
	END
};

static const struct key_row peer_rows[] = {
	P("remote", take_remote, remote, ONCE),
	P("local", take_addr, local, ONCE),
	P("port", take_port, port, ONCE),
	P("id", take_id, id, ONCE),
	P("local-id", take_id, local_id, ONCE),
	P("auth", take_auth, auth, ONCE),
	P("remote-auth", take_auth, remote_auth, ONCE),
	P("rsa-padding", take_padding, rsa_pkcs1, ONCE),
	P("psk", take_psk, psk, ONCE),
	P("psk-file", take_psk_file, psk, ONCE),
	P("start", take_start, start, ONCE),
	P("encap", take_encap, encap, ONCE),
	P("mode", take_mode, mode, ONCE),
	P("protect", take_protect, protect, ONCE),
	P("local-networks", take_selectors, local_ts, LIST),
	P("networks", take_selectors, remote_ts, LIST),
	P("routes", take_bool, routes, ONCE),
	P("ike", take_ike, ike, LIST),
	P("esp", take_esp, child, LIST),
	P("ah", take_ah, child, LIST),
	P("ike-rekey", take_time, ike_rekey_s, ONCE),
	P("rekey", take_time, rekey_s, ONCE),
	P("rekey-bytes", take_amount, rekey_bytes, ONCE),
	P("rekey-packets", take_amount, rekey_packets, ONCE),
	P("dpd", take_time, dpd_s, ONCE),
	P("dpd-timeout", take_dpd_timeout, dpd_timeout_s, ONCE),
	P("keepalive", take_time, keepalive_s, ONCE),
	P("replay-window", take_replay, replay_window, ONCE),
	P("tfc", take_tfc, tfc, ONCE),
	P("initial-contact", take_bool, initial_contact, ONCE),
	P("in-spi", take_spi, in, ONCE),
	P("in-key-file", take_key, in, ONCE),
	P("in-auth-key-file", take_auth_key, in, ONCE),
	P("out-spi", take_spi, out, ONCE),
	P("out-key-file", take_key, out, ONCE),
	P("out-auth-key-file", take_auth_key, out, ONCE),
	P("encr", take_encr, in, ONCE),
	P("integrity", take_integrity, in, ONCE),
	P("esn", take_esn, in.esn, ONCE),
	END
};

_Static_assert(sizeof(peer_rows) / sizeof(peer_rows[0]) <= 64, "config_seen has 64 bits");

static const struct key_row *row_find(const struct key_row *rows, const char *name)
{
	for (; rows->name; rows++)
		if (!strcmp(rows->name, name))
			return rows;
	return NULL;
}

/* What it was made from, with the secrets themselves, is what makes a peer equal */
static void digest_add(struct config_parser *p, const struct key_row *row,
		       const char *value)
{
	struct config *c = p->config;

	if (p->peer)
		config_digest(p->peer->digest, row->name, bytes_of(value, strlen(value)));
	else if (row->credential)
		config_digest(c->digest, row->name, bytes_of(value, strlen(value)));
}

void config_key(struct config_parser *p, const char *name, const char *value)
{
	const struct key_row *rows = p->peer ? peer_rows : interface_rows;
	config_seen *seen = p->peer ? &p->seen_peer : &p->seen_interface;
	const struct key_row *row = row_find(rows, name);
	config_seen bit;

	if (!row) {
		refuse(p, "\"%.*s\" is not known in [%s]", NAME_MAX_, name,
		       p->peer ? "peer" : "interface");
		return;
	}
	bit = (config_seen)1 << (row - rows);
	if (*seen & bit && !(row->list && p->continued)) {
		refuse(p, row->list ? "\"%s\" was there before; indent a line that continues" :
		       "\"%s\" was there before", name);
		return;
	}
	*seen |= bit;
	if (!*value) {
		refuse(p, "\"%s\" has no value", name);
		return;
	}
	if (row->take(p, value, row->offset))
		digest_add(p, row, value);
}
