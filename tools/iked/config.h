/* SPDX-License-Identifier: MIT */
/*
 * config.h - one file per interface, /etc/ipsec/ipsec0.conf: parsed, checked, and
 * nothing else.  docs/ipsec.conf.5 is its manual.  Used by ipsec-iked and by
 * "ipsecctl up", "down" and "check".
 */
#ifndef IKED_CONFIG_H
#define IKED_CONFIG_H

#include <linux/if_ipsec.h>
#include <net/if.h>

#include "../lib/addr.h"
#include "../lib/key.h"
#include "config_handed.h"
#include "identity.h"
#include "proposal.h"
#include "selector.h"

#define CONFIG_DIR		"/etc/ipsec"
#define RUN_DIR			"/run/ipsec"
#define UP_DIR			RUN_DIR "/up"	/* a link to the file of each that is up */
#define CONFIG_ERRORS_MAX	32
#define CONFIG_ERROR_MAX	256
#define CONFIG_PATH_MAX		256
#define CONFIG_ADDRESSES_MAX	16
#define CONFIG_PEERS_MAX	10000
#define CONFIG_BYTES_MAX	(16 << 20)
#define CONFIG_DPD_TIMEOUT_MIN	5	/* seconds: three tries (window.h) */
#define CONFIG_DIGEST_LEN	32	/* SHA-256 */

enum config_auth {
	CONFIG_AUTH_NONE,		/* static keys, or not given yet */
	CONFIG_AUTH_PSK,
	CONFIG_AUTH_CERT,
};

enum config_start {
	CONFIG_START_NOW,		/* when the interface comes up, and again when
					 * the peer was lost
					 */
	CONFIG_START_DEMAND,		/* at the first packet */
	CONFIG_START_NO,		/* the other side starts */
};

enum config_encap {
	CONFIG_ENCAP_AUTO,		/* when a NAT was found */
	CONFIG_ENCAP_YES,
};

/* Static keys of one direction: an SA without IKE */
struct config_sa {
	bool given;
	uint32_t spi;			/* host order */
	uint16_t encr, auth;
	struct key key, auth_key;
	bool esn;
};

/* A file, or a directory of files, that is opened later */
struct config_path {
	char path[CONFIG_PATH_MAX];	/* "": none */
	unsigned int line;
};

struct config_peer {
	char name[IFIPSEC_PEER_NAME_MAX + 1];
	unsigned int line;		/* of its section */
	bool bad;			/* something of it was refused */
	struct addr remote;		/* length 0: %any */
	struct addr local;		/* length 0: by route */
	uint16_t port;			/* the peer's, 500 unless given */
	struct identity id;		/* the peer's; type 0: %any */
	struct identity local_id;	/* type 0: the interface's */
	enum config_auth auth;		/* how we prove ourselves */
	enum config_auth remote_auth;	/* how the peer does */
	bool rsa_pkcs1;			/* our RSA key signs with PKCS#1 v1.5, not PSS */
	struct blob psk;
	enum config_start start;
	enum config_encap encap;
	uint8_t mode;			/* enum ifipsec_mode */
	uint8_t protect;		/* enum ifipsec_protect: ESP or AH with IKE */
	/* Behind us and behind the peer.  Tunnel mode: any unless given.  Transport
	 * mode: none, what is meant are the outer addresses.
	 */
	struct selectors local_ts, remote_ts;
	bool routes;			/* routes to remote_ts are set; default: where
					 * networks are given
					 */
	struct proposals ike, child;
	/* seconds, 0: never */
	uint64_t ike_rekey_s, rekey_s, dpd_s, keepalive_s;
	uint64_t dpd_timeout_s;		/* CONFIG_DPD_TIMEOUT_MIN or more */
	uint64_t rekey_bytes, rekey_packets;	/* 0: never */
	uint32_t replay_window;
	uint32_t tfc;
	bool initial_contact;		/* sent with a first IKE_AUTH (default) */
	struct config_sa in, out;	/* static keys, where there are any */
	uint8_t digest[CONFIG_DIGEST_LEN];	/* of all that it was made from */
};

struct config {
	char ifname[IFNAMSIZ];		/* of the file's name */
	char path[CONFIG_PATH_MAX];
	/* [interface] */
	unsigned int n_addresses;
	struct prefix addresses[CONFIG_ADDRESSES_MAX];	/* host bits kept */
	uint32_t mtu;			/* 0: auto */
	char link[IFNAMSIZ];		/* "": any */
	uint32_t fwmark;
	bool spread;			/* CPUs share the work of busy peers (default) */
	uint32_t table;			/* of routes, 0: main */
	struct identity id;		/* ours; type 0: the certificate's subject, or
					 * our address
					 */
	struct config_path cert, key, ca, crl;
	bool crl_required;
	uint8_t digest[CONFIG_DIGEST_LEN];	/* of what proves our identity */
	unsigned int n_peers;
	struct config_peer *peers;	/* owned */
	unsigned int n_files;
	char **files;			/* owned: paths of what it names, in order */
};

struct config_error {
	unsigned int line;		/* 0: of the whole file */
	bool warning;
	char text[CONFIG_ERROR_MAX];
};

struct config_errors {
	bool failed;			/* more than warnings */
	unsigned int n;			/* the first CONFIG_ERRORS_MAX are kept */
	struct config_error list[CONFIG_ERRORS_MAX];
};

/**
 * config_parse() - a file's text
 * @text: @len bytes, and a zero byte behind them
 * @ifname: the interface that it is for
 *
 * Reads the files of secrets that it names ("psk-file", "key-file"), which only their
 * owner may read; certificates are not opened.
 *
 * Return: the configuration, or NULL with what is wrong, line by line.  There may be
 * warnings beside a configuration.
 */
struct config *config_parse(const char *text, size_t len, const char *ifname,
			    struct config_errors *errors);
/* The same, of the file @path.  Files that are handed over need not be there; @handed has to
 * stay until those of certificates have been read.
 */
struct config *config_parse_with(const char *text, size_t len, const char *ifname,
				 const char *path, struct config_handed *handed,
				 struct config_errors *errors);
/* The same, from a file, whose name gives the interface: "/x/ipsec0.conf" */
struct config *config_load(const char *path, struct config_errors *errors);
/* The same, and opens certificates, their key and lists; there are warnings about those
 * that are not valid @now (UNIX time)
 */
struct config *config_load_all(const char *path, int64_t now,
			       struct config_errors *errors);
void config_free(struct config *config);		/* wipes keys */

/* True when a peer is configured the same, so that its tunnel can stay */
bool config_peer_equal(const struct config_peer *a, const struct config_peer *b);
/* Uses IKE, as opposed to static keys */
bool config_peer_is_ike(const struct config_peer *peer);

#endif /* IKED_CONFIG_H */
