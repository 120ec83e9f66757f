/* SPDX-License-Identifier: MIT */
/*
 * conf_file.h - the configuration file of "up", "down" and "check": finding it, and
 * saying what is wrong with it.
 */
#ifndef IPSECCTL_CONF_FILE_H
#define IPSECCTL_CONF_FILE_H

#include "../iked/config.h"
#include "command.h"

#define CONF_PATH_MAX	4096

/* Of "ipsec0": /etc/ipsec/ipsec0.conf; of a word with a '/': that, absolute.  False:
 * it does not exist, and that was reported.
 */
bool conf_path(const struct command *command, const char *word,
	       char path[static CONF_PATH_MAX]);

/* Prints "FILE:LINE: sentence" of all errors and warnings; NULL: there were errors */
struct config *conf_load(const char *path);

/* What ipsec-iked is handed: the text and the files that it names, as JSON; NULL with
 * a sentence in @error.
 */
struct json_object *conf_bundle(const struct config *config,
				char error[static CONFIG_ERROR_MAX]);

#endif /* IPSECCTL_CONF_FILE_H */
