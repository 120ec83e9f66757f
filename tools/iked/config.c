// SPDX-License-Identifier: MIT
/*
 * config.c - a whole configuration file: where it comes from, what a section starts
 * with, and what must be true of it as a whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "config_parse.h"

#define PEER_SECTION	"peer "
#define CONF_SUFFIX	".conf"

void config_complain(struct config_parser *p, unsigned int line, bool warning,
		     const char *format, ...)
{
	struct config_errors *errors = p->errors;
	struct config_error *e;
	va_list args;

	if (!warning) {
		errors->failed = true;
		if (p->peer)
			p->peer->bad = true;
		else
			p->interface_bad = true;
	}
	if (errors->n == CONFIG_ERRORS_MAX)
		return;
	e = &errors->list[errors->n++];
	e->line = line;
	e->warning = warning;
	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
}

/* Sections */

static bool name_good(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t len = strlen(name);

	return len && len <= IFIPSEC_PEER_NAME_MAX && strchr(chars, name[0]) &&
	       strspn(name, "._:-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == len;
}

static struct config_peer *peer_named(const struct config *c, const char *name)
{
	for (unsigned int i = 0; i < c->n_peers; i++)
		if (!strcmp(c->peers[i].name, name))
			return &c->peers[i];
	return NULL;
}

/* What holds where the file says nothing */
static void peer_defaults(struct config_peer *peer)
{
	peer->port = 500;
	peer->start = CONFIG_START_DEMAND;
	peer->mode = IFIPSEC_MODE_TUNNEL;
	peer->protect = IFIPSEC_PROTECT_ESP;
	peer->routes = true;
	peer->ike_rekey_s = 4 * 3600;
	peer->rekey_s = 3600;
	peer->dpd_s = 30;
	peer->dpd_timeout_s = 180;
	peer->keepalive_s = 20;
	peer->replay_window = IFIPSEC_REPLAY_WINDOW_DEFAULT;
	peer->initial_contact = true;
}

static struct config_peer *peer_add(struct config_parser *p, const char *name)
{
	struct config *c = p->config;
	struct config_peer *peers;

	if (!name_good(name))
		config_complain(p, p->line, false,
				"\"%.40s\" is no name of a peer: letters, digits, '.', '_', ':' and '-', at most %d",
				name, IFIPSEC_PEER_NAME_MAX);
	else if (peer_named(c, name))
		config_complain(p, p->line, false, "peer %s was there before", name);
	else if (c->n_peers == CONFIG_PEERS_MAX)
		config_complain(p, p->line, false, "more than %d peers", CONFIG_PEERS_MAX);
	else if (!(peers = realloc(c->peers, (c->n_peers + 1) * sizeof(*peers))))
		config_complain(p, p->line, false, "out of memory");
	else {
		c->peers = peers;
		memset(&peers[c->n_peers], 0, sizeof(*peers));
		strcpy(peers[c->n_peers].name, name);
		peers[c->n_peers].line = p->line;
		peer_defaults(&peers[c->n_peers]);
		return &peers[c->n_peers++];
	}
	return NULL;
}

void config_section_begin(struct config_parser *p, const char *name)
{
	p->peer = NULL;
	p->in_section = p->skipped = false;
	p->seen_peer = 0;
	memset(p->given, 0, sizeof(p->given));
	if (!strcmp(name, "interface")) {
		if (p->interface_given)
			config_complain(p, p->line, false, "[interface] was there before");
		p->interface_given = p->in_section = true;
		return;
	}
	if (strncmp(name, PEER_SECTION, strlen(PEER_SECTION))) {
		config_complain(p, p->line, false,
				"[%.40s] is neither [interface] nor [peer NAME]", name);
		p->skipped = true;
		return;
	}
	p->peer = peer_add(p, name + strlen(PEER_SECTION));
	p->in_section = p->peer;
	p->skipped = !p->peer;
}

/* Peers */

static void complain(struct config_parser *p, const char *text)
{
	config_complain(p, p->peer->line, false, "peer %s: %s", p->peer->name, text);
}

/* A nonce that is used twice gives the key away: counters do not survive a restart */
static bool static_cipher_good(const struct config_sa *sa)
{
	return sa->encr == IFIPSEC_ENCR_AES_CBC || sa->encr == IFIPSEC_ENCR_CAMELLIA_CBC ||
	       sa->encr == IFIPSEC_ENCR_NULL || sa->encr == IFIPSEC_ENCR_3DES;
}

static void check_static(struct config_parser *p)
{
	const struct config_peer *peer = p->peer;
	bool ah = peer->protect == IFIPSEC_PROTECT_AH;

	if (!peer->in.given || !peer->out.given)
		complain(p, "static keys need in-spi and out-spi");
	else if (peer->protect == IFIPSEC_PROTECT_ESP_AH)
		complain(p, "static keys are for esp or ah");
	else if (!peer->in.auth || !peer->in.auth_key.len || !peer->out.auth_key.len)
		complain(p, "static keys need integrity, in-auth-key-file and out-auth-key-file");
	else if (!ah && (!peer->in.encr || !static_cipher_good(&peer->in)))
		complain(p, "static keys need a cipher that a restart does not break: aes-cbc, camellia-cbc or null");
	else if (peer->psk.p || peer->auth)
		complain(p, "both static keys and IKE");
	if (!peer->remote.len)
		complain(p, "static keys need an address in \"remote\"");
}

static void check_auth(struct config_parser *p)
{
	struct config_peer *peer = p->peer;
	const struct config *c = p->config;
	bool unsaid = !peer->auth && !peer->remote_auth;

	if (!peer->auth)
		peer->auth = peer->psk.p ? CONFIG_AUTH_PSK : CONFIG_AUTH_CERT;
	if (!peer->remote_auth)
		peer->remote_auth = peer->auth;
	if ((peer->auth == CONFIG_AUTH_PSK || peer->remote_auth == CONFIG_AUTH_PSK) &&
	    !peer->psk.p)
		complain(p, "authentication by pre-shared key, and neither psk nor psk-file");
	if (peer->auth == CONFIG_AUTH_CERT && !p->interface_bad &&
	    (!c->cert.path[0] || !c->key.path[0])) {
		complain(p, "no psk, no psk-file, and [interface] has no cert and key");
		if (unsaid)
			return;
	}
	if (peer->remote_auth == CONFIG_AUTH_CERT && !p->interface_bad && !c->ca.path[0])
		complain(p, "the peer has a certificate, and [interface] names no ca");
	if (peer->remote_auth == CONFIG_AUTH_CERT && !peer->id.type && peer->remote.len)
		complain(p, "a peer with a certificate needs an id");
}

static void check_start(struct config_parser *p)
{
	struct config_peer *peer = p->peer;

	if (peer->remote.len)
		return;
	if (peer->start == CONFIG_START_NOW)
		complain(p, "nobody to start with: remote is %any");
	peer->start = CONFIG_START_NO;
}

static void check_families(struct config_parser *p)
{
	const struct config_peer *peer = p->peer;

	if (peer->remote.len && peer->local.len && peer->remote.len != peer->local.len)
		complain(p, "remote and local are of different families");
	if (peer->protect == IFIPSEC_PROTECT_ESP_AH && config_peer_is_ike(peer))
		complain(p, "IKE negotiates esp or ah, not both");
	if (peer->protect == IFIPSEC_PROTECT_AH && peer->encap == CONFIG_ENCAP_YES)
		complain(p, "AH cannot be in UDP");
	if (peer->tfc && peer->mode == IFIPSEC_MODE_TRANSPORT)
		complain(p, "tfc is for tunnel mode");
}

static void check_given(struct config_parser *p)
{
	bool ah = p->peer->protect == IFIPSEC_PROTECT_AH;

	if (p->given[CONFIG_ESP] && ah)
		complain(p, "\"esp\" is given, and it is protected with ah");
	if (p->given[CONFIG_AH] && !ah)
		complain(p, "\"ah\" is given, and it is not protected with ah");
}

/* Lists that the file did not give */
static void peer_lists(struct config_parser *p)
{
	struct config_peer *peer = p->peer;
	bool ah = peer->protect == IFIPSEC_PROTECT_AH;

	if (!p->given[CONFIG_IKE])
		proposals_default(IKE_PROTO_IKE, &peer->ike);
	if (!p->given[CONFIG_ESP] && !p->given[CONFIG_AH])
		proposals_default(ah ? IKE_PROTO_AH : IKE_PROTO_ESP, &peer->child);
	if (!p->given[CONFIG_NETWORKS])
		peer->routes = peer->mode == IFIPSEC_MODE_TRANSPORT && peer->remote.len &&
			       peer->routes;
	/* RFC 4301 4.4.2.1: numbers begin anew with each restart */
	if (!config_peer_is_ike(peer) && !p->given[CONFIG_REPLAY])
		peer->replay_window = 0;
	if (peer->mode == IFIPSEC_MODE_TRANSPORT)
		return;
	if (!peer->remote_ts.n)
		selectors_any(&peer->remote_ts);
	if (!peer->local_ts.n)
		selectors_any(&peer->local_ts);
}

void config_section_end(struct config_parser *p)
{
	struct config_peer *peer = p->peer;

	if (!peer)
		return;
	config_digest(peer->digest, "psk", blob_view(&peer->psk));
	if (!peer->bad)
		check_given(p);
	peer_lists(p);
	p->peer = NULL;
}

/* [interface] may come behind the peers, so what needs both is looked at last */
static void check_peers(struct config_parser *p)
{
	struct config *c = p->config;

	for (unsigned int i = 0; i < c->n_peers; i++) {
		p->peer = &c->peers[i];
		config_digest(p->peer->digest, "credentials", BYTES(c->digest));
		if (p->peer->bad)
			continue;
		if (config_peer_is_ike(p->peer))
			check_auth(p);
		else
			check_static(p);
		check_start(p);
		check_families(p);
	}
	p->peer = NULL;
}

static void check_interface(struct config_parser *p)
{
	struct config *c = p->config;

	if (!p->interface_bad && !c->cert.path[0] != !c->key.path[0])
		config_complain(p, c->cert.line + c->key.line, false,
				"[interface] needs both cert and key");
	if (!c->n_peers && !p->errors->failed)
		config_complain(p, 0, true, "no peer");
}

/* Files */

bool config_names(struct config_parser *p, const char *path,
		  struct config_handed_file **file)
{
	struct config *c = p->config;
	char **files = realloc(c->files, (c->n_files + 1) * sizeof(*files));
	char *copy = files ? strdup(path) : NULL;

	if (files)
		c->files = files;
	if (!copy) {
		config_complain(p, p->line, false, "out of memory");
		return false;
	}
	files[c->n_files++] = copy;
	*file = p->handed ? config_handed_find(p->handed, path) : NULL;
	return true;
}

static struct config *parse(struct config_parser *p, const char *text, size_t len,
			    const char *ifname, const char *path)
{
	memset(p->errors, 0, sizeof(*p->errors));
	p->config = calloc(1, sizeof(*p->config));
	if (!p->config) {
		config_complain(p, 0, false, "out of memory");
		return NULL;
	}
	snprintf(p->config->ifname, sizeof(p->config->ifname), "%s", ifname);
	snprintf(p->config->path, sizeof(p->config->path), "%s", path);
	p->config->spread = true;
	if (memchr(text, '\0', len)) {
		config_complain(p, 0, false, "is not a text file");
	} else if (config_read_ini(p, text)) {
		check_interface(p);
		check_peers(p);
	}
	if (p->open_certs)
		config_certs(p);
	if (!p->errors->failed)
		return p->config;
	config_free(p->config);
	return NULL;
}

struct config *config_parse(const char *text, size_t len, const char *ifname,
			    struct config_errors *errors)
{
	return config_parse_with(text, len, ifname, "", NULL, errors);
}

struct config *config_parse_with(const char *text, size_t len, const char *ifname,
				 const char *path, struct config_handed *handed,
				 struct config_errors *errors)
{
	struct config_parser p = { .errors = errors, .handed = handed };

	return parse(&p, text, len, ifname, path);
}

/* "ipsec0" of "/etc/ipsec/ipsec0.conf" */
static bool ifname_of(const char *path, char ifname[static IFNAMSIZ])
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t len = strlen(base), suffix = strlen(CONF_SUFFIX);

	if (len <= suffix || strcmp(base + len - suffix, CONF_SUFFIX) ||
	    len - suffix >= IFNAMSIZ)
		return false;
	memcpy(ifname, base, len - suffix);
	ifname[len - suffix] = '\0';
	return true;
}

/* The text, with a zero behind it; NULL: complained about */
static char *file_read(struct config_parser *p, const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st))
		config_complain(p, 0, false, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_size > CONFIG_BYTES_MAX)
		config_complain(p, 0, false, "is not a file, or larger than %d bytes",
				CONFIG_BYTES_MAX);
	else if (!(text = calloc(1, st.st_size + 1)))
		config_complain(p, 0, false, "out of memory");
	else if ((n = read(fd, text, st.st_size)) < 0)
		config_complain(p, 0, false, "%s", strerror(errno));
	else
		*len = n;
	if (fd >= 0)
		close(fd);
	if (p->errors->failed) {
		free(text);
		return NULL;
	}
	return text;
}

static struct config *load(struct config_parser *p, const char *path)
{
	struct config *config;
	char ifname[IFNAMSIZ];
	size_t len = 0;
	char *text;

	memset(p->errors, 0, sizeof(*p->errors));
	if (!ifname_of(path, ifname)) {
		config_complain(p, 0, false,
				"the file's name must be that of an interface, as in ipsec0.conf");
		return NULL;
	}
	text = file_read(p, path, &len);
	if (!text)
		return NULL;
	p->exposed = key_file_exposed(path);
	config = parse(p, text, len, ifname, path);
	OPENSSL_cleanse(text, len);
	free(text);
	return config;
}

struct config *config_load(const char *path, struct config_errors *errors)
{
	struct config_parser p = { .errors = errors };

	return load(&p, path);
}

struct config *config_load_all(const char *path, int64_t now,
			       struct config_errors *errors)
{
	struct config_parser p = { .errors = errors, .open_certs = true, .now = now };

	return load(&p, path);
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (unsigned int i = 0; i < c->n_peers; i++)
		blob_free(&c->peers[i].psk);
	for (unsigned int i = 0; i < c->n_files; i++)
		free(c->files[i]);
	free(c->files);
	if (c->peers)
		OPENSSL_cleanse(c->peers, c->n_peers * sizeof(c->peers[0]));
	free(c->peers);
	free(c);
}

bool config_peer_equal(const struct config_peer *a, const struct config_peer *b)
{
	return !strcmp(a->name, b->name) && !memcmp(a->digest, b->digest, CONFIG_DIGEST_LEN);
}

bool config_peer_is_ike(const struct config_peer *peer)
{
	return !peer->in.given && !peer->out.given;
}
