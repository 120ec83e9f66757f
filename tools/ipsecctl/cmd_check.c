// SPDX-License-Identifier: MIT
/* cmd_check.c - "check": is a configuration file right? */
#include "conf_file.h"

int cmd_check(const struct command *command, struct words *words)
{
	struct config *config;
	int code = conf_take(command, words, &config);

	if (code)
		return code;
	printf("%s: %u peer%s, no errors\n", config->path, config->n_peers,
	       config->n_peers == 1 ? "" : "s");
	config_free(config);
	return EXIT_DONE;
}
