// SPDX-License-Identifier: MIT
/*
 * cmd_up.c - "up" and "down" of an interface with a configuration file.  "up" of one that
 * is up makes it as the file says now; what did not change stays as it is.
 */
#include <string.h>

#include "conf_file.h"
#include "control_client.h"
#include "up.h"

static struct target target_of(const char *ifname)
{
	return (struct target){ .ifname = ifname };
}

/* Is it there, before anything is done? */
static int find_daemon(char *error)
{
	struct json_object *request = control_request("hello", NULL, NULL);
	int err = control_ask(request, NULL, error);

	json_object_put(request);
	return err;
}

static int hand_over(const struct config *config, char *error)
{
	char sentence[CONFIG_ERROR_MAX];
	struct json_object *bundle = conf_bundle(config, sentence);
	int err;

	if (!bundle) {
		snprintf(error, CONTROL_CLIENT_ERROR_MAX, "%s", sentence);
		return -1;
	}
	err = control_ask(bundle, NULL, error);
	json_object_put(bundle);
	return err;
}

/* A new interface is there before the daemon hears of it; one that is there already is
 * changed when the daemon has not refused
 */
static int bring_up(const struct config *config, char *error)
{
	bool ike = up_needs_daemon(config), made, before = up_exists(config->ifname);
	char ignored[UP_ERROR_MAX];
	int err;

	if (up_check(config, error) || (ike && find_daemon(error)))
		return -1;
	if (ike && before && hand_over(config, error))
		return -1;
	err = up_interface(config, &made, error);
	if (!err && ike && !before)
		err = hand_over(config, error);
	if (!err)
		err = up_remember(config, error);
	if (err && made)
		up_delete(config->ifname, ignored);
	return err;
}

int cmd_up(const struct command *command, struct words *words)
{
	char error[CONTROL_CLIENT_ERROR_MAX];
	struct target target;
	struct config *config;
	int code = conf_take(command, words, &config);

	if (code)
		return code;
	target = target_of(config->ifname);
	if (bring_up(config, error))
		code = command_fail(command, &target, error);
	config_free(config);
	return code;
}

/* "ipsec0" of "ipsec0" or of "./ipsec0.conf" */
static bool name_of(const char *word, char ifname[static IFNAMSIZ])
{
	const char *slash = strrchr(word, '/'), *base = slash ? slash + 1 : word;
	const char *dot = slash ? strrchr(base, '.') : NULL;
	size_t len = dot ? (size_t)(dot - base) : strlen(base);

	if (!len || len >= IFNAMSIZ)
		return false;
	memcpy(ifname, base, len);
	ifname[len] = '\0';
	return true;
}

int cmd_down(const struct command *command, struct words *words)
{
	char ifname[IFNAMSIZ], error[CONTROL_CLIENT_ERROR_MAX];
	struct json_object *request;
	struct target target;
	const char *word;

	if (words_take(words, "an interface or a file", &word) || words_end(words))
		return command_usage(command, words);
	if (!name_of(word, ifname))
		return command_fail(command, NULL, "no name of an interface");
	/* the daemon says goodbye to the peers; it may have none, or not be there */
	request = control_request("unload", ifname, NULL);
	control_ask(request, NULL, error);
	json_object_put(request);
	up_forget(ifname);
	target = target_of(ifname);
	if (up_delete(ifname, error))
		return command_fail(command, &target, error);
	return EXIT_DONE;
}
