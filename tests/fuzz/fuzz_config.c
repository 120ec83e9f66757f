// SPDX-License-Identifier: MIT
/* fuzz_config.c - any bytes as a configuration file; one that is understood is freed, and
 * is equal to itself.  Files that it names are not there.
 */
#include <stdlib.h>
#include <string.h>

#include "../../tools/iked/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_thing)
{
	if (!true_thing)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config_errors errors;
	char *text = malloc(size + 1);
	struct config *config;

	memcpy(text, data, size);
	text[size] = '\0';
	config = config_parse_with(text, size, "ipsec0", "/dev/null/x", NULL, &errors);
	free(text);
	must(!config == errors.failed);
	must(errors.n <= CONFIG_ERRORS_MAX);
	for (unsigned int i = 0; i < errors.n; i++)
		must(memchr(errors.list[i].text, 0, CONFIG_ERROR_MAX));
	for (unsigned int i = 0; config && i < config->n_peers; i++)
		must(config_peer_equal(&config->peers[i], &config->peers[i]));
	config_free(config);
	return 0;
}
