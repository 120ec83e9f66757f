/* SPDX-License-Identifier: MIT */
/*
 * config_parse.h - what the files of the configuration's parser share: config.c (whole
 * files), config_ini.c (lines and sections), config_keys.c (what each line means),
 * config_secret.c (secrets in files), config_cert.c (certificates in files),
 * config_handed.c (files that come as bytes).
 */
#ifndef IKED_CONFIG_PARSE_H
#define IKED_CONFIG_PARSE_H

#include "config.h"

/* Keys of one section that were seen: bit n is row n of its table */
typedef uint64_t config_seen;

/* What a peer's section gave, where that matters */
enum config_given {
	CONFIG_IKE, CONFIG_ESP, CONFIG_AH, CONFIG_NETWORKS, CONFIG_REPLAY, CONFIG_GIVEN_N
};

struct config_parser {
	struct config *config;
	struct config_errors *errors;
	struct config_handed *handed;	/* NULL: files are where it says */
	unsigned int line;		/* in work */
	bool continued;			/* the line continues the one before */
	bool exposed;			/* others may read the file */
	bool open_certs;
	int64_t now;			/* for them */
	/* the section in work: a peer, or NULL for [interface] */
	bool in_section;
	bool skipped;			/* a section that was refused */
	struct config_peer *peer;
	config_seen seen_interface, seen_peer;
	bool interface_given;
	bool interface_bad;		/* something of it was refused */
	bool given[CONFIG_GIVEN_N];	/* enum config_given */
};

/* Notes an error, or a warning, of a line; 0 is the file.  What follows from an error of
 * the section in work is not looked for.
 */
void config_complain(struct config_parser *p, unsigned int line, bool warning,
		     const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* "name = value" of the section in work */
void config_key(struct config_parser *p, const char *name, const char *value);
/* A section has begun, or the file has ended */
void config_section_end(struct config_parser *p);
void config_section_begin(struct config_parser *p, const char *name);

/* Notes that the configuration names a file.  What was handed over of it is in @file, or
 * NULL: it is where it says.  False: complained about
 */
bool config_names(struct config_parser *p, const char *path,
		  struct config_handed_file **file);

/* Goes through the lines; errors are in p->errors.  False: there are lines of which not
 * even the section is known
 */
bool config_read_ini(struct config_parser *p, const char *text);

/*
 * Secrets.  False: complained about.  A pre-shared key in words is hexadecimal with 0x
 * before it, base64 with 0s, or what it says.
 */
bool config_psk(struct config_parser *p, const char *text, struct blob *psk);
/* Complains about a secret that others can read; true: one did */
bool config_exposed(struct config_parser *p, const char *path, const char *actual);
bool config_psk_file(struct config_parser *p, const char *path, struct blob *psk);
bool config_key_file(struct config_parser *p, const char *path, struct key *key);

/* Opens what [interface] names */
void config_certs(struct config_parser *p);

/* Adds to the digest of the peer in work, or of all of them for the interface */
void config_digest(uint8_t digest[static CONFIG_DIGEST_LEN], const char *name,
		   struct bytes value);

#endif /* IKED_CONFIG_PARSE_H */
