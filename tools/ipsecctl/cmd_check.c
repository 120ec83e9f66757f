// SPDX-License-Identifier: MIT
/* cmd_check.c - "check": is a configuration file right? */
#include "conf_file.h"

int cmd_check(const struct command *command, struct words *words)
{
	char path[CONF_PATH_MAX];
	struct config *config;
	const char *word;

	if (words_take(words, "a file or an interface", &word) || words_end(words))
		return command_usage(command, words);
	if (!conf_path(command, word, path))
		return EXIT_FAILED;
	config = conf_load(path);
	if (!config)
		return EXIT_FAILED;
	printf("%s: %u peer%s, no errors\n", path, config->n_peers,
	       config->n_peers == 1 ? "" : "s");
	config_free(config);
	return EXIT_DONE;
}
