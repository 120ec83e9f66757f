/* SPDX-License-Identifier: MIT */
/*
 * conf_file.h - the configuration file of "up", "down" and "check": finding it, and
 * saying what is wrong with it.
 */
#ifndef IPSECCTL_CONF_FILE_H
#define IPSECCTL_CONF_FILE_H

#include "../iked/config.h"
#include "command.h"

/* The rest of the line, "ipsec0" (/etc/ipsec/ipsec0.conf) or a word with a '/' (that
 * file), and what the file says.  Prints "FILE:LINE: sentence" of all errors and
 * warnings.  An exit code; only with EXIT_DONE there is a configuration.
 */
int conf_take(const struct command *command, struct words *words, struct config **config);

/* What ipsec-iked is handed: the text and the files that it names, as JSON; NULL with
 * a sentence in @error.
 */
struct json_object *conf_bundle(const struct config *config,
				char error[static CONFIG_ERROR_MAX]);

#endif /* IPSECCTL_CONF_FILE_H */
