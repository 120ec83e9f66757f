// SPDX-License-Identifier: MIT
/*
 * control.c - requests of ipsecctl, one function for each.  What is shown of IKE SAs is
 * made in control_status.c.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "control.h"
#include "control_status.h"
#include "log.h"

static struct json_object *refuse(const char *sentence)
{
	struct json_object *answer = json_object_new_object();

	json_object_object_add(answer, "error", json_object_new_string(sentence));
	return answer;
}

static const char *word(struct json_object *request, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(request, name, &value) ||
	    json_object_get_type(value) != json_type_string)
		return NULL;
	return json_object_get_string(value);
}

/* The contents of files, which the daemon could not open by itself.  False: they are none */
static bool take_files(struct json_object *files, struct config_handed *handed)
{
	if (!files)
		return true;
	if (!json_object_is_type(files, json_type_object))
		return false;
	json_object_object_foreach(files, path, content) {
		if (!json_object_is_type(content, json_type_string) ||
		    config_handed_add(handed, path, json_object_get_string(content)))
			return false;
	}
	return true;
}

/* The first error, as ipsecctl has shown them all before */
static void errors_text(const struct config_errors *errors, char *text, size_t size)
{
	for (unsigned int i = 0; i < errors->n; i++) {
		if (errors->list[i].warning)
			continue;
		snprintf(text, size, "line %u: %s", errors->list[i].line,
			 errors->list[i].text);
		return;
	}
	snprintf(text, size, "not understood");
}

static int take_config(struct daemon *d, struct config *config,
		       const struct config_errors *errors, char *error)
{
	int err;

	if (!config) {
		errors_text(errors, error, AUTH_ERROR_MAX);
		return -EINVAL;
	}
	err = daemon_put(d, config, error);
	if (err)
		config_free(config);
	return err;
}

static struct json_object *do_load(struct daemon *d, struct json_object *request)
{
	const char *path = word(request, "path"), *ifname = word(request, "ifname");
	const char *text = word(request, "text");
	char error[AUTH_ERROR_MAX + CONFIG_ERROR_MAX] = "", shown[CONTROL_ERROR_MAX];
	struct json_object *files = NULL, *answer = NULL;
	static struct config_errors errors;
	struct config_handed handed = { 0 };

	json_object_object_get_ex(request, "files", &files);
	if (!path || !ifname || !text || strlen(ifname) >= IFNAMSIZ)
		return refuse("path, ifname and text are needed");
	if (!take_files(files, &handed)) {
		answer = refuse("files are not names with base64");
	} else if (take_config(d, config_parse_with(text, strlen(text), ifname, path, &handed,
						    &errors),
			       &errors, error)) {
		config_handed_translate(&handed, error, shown, sizeof(shown));
		answer = refuse(shown);
	}
	config_handed_free(&handed);
	return answer;
}

int control_load_file(struct daemon *d, const char *path,
		      char error[static CONTROL_ERROR_MAX])
{
	static struct config_errors errors;

	return take_config(d, config_load(path, &errors), &errors, error);
}

static struct json_object *do_unload(struct daemon *d, struct json_object *request)
{
	const char *ifname = word(request, "ifname");

	if (!ifname || daemon_del(d, ifname))
		return refuse("the daemon knows no such interface");
	return NULL;
}

/* up, down, rekey and rekey-ike, of one peer */
static struct json_object *do_peer(struct daemon *d, struct json_object *request)
{
	const char *ifname = word(request, "ifname"), *peer = word(request, "peer");
	const char *what = word(request, "do");
	int err;

	if (!ifname || !peer)
		return refuse("ifname and peer are needed");
	if (!strcmp(what, "up"))
		err = daemon_up(d, ifname, peer);
	else if (!strcmp(what, "down"))
		err = daemon_down(d, ifname, peer);
	else
		err = daemon_rekey(d, ifname, peer, !strcmp(what, "rekey-ike"));
	switch (err) {
	case 0:
		return NULL;
	case -ENOENT:
		return refuse("no such interface or peer, or there is no SA");
	case -EALREADY:
		return refuse("it is so already, or on its way");
	}
	return refuse(strerror(-err));
}

/* Somebody wants to know whether we are here */
static struct json_object *do_hello(struct daemon *d, struct json_object *request)
{
	(void)d;
	(void)request;
	return NULL;
}

static struct json_object *do_status(struct daemon *d, struct json_object *request)
{
	(void)request;
	return control_status(d);
}

static struct json_object *do_log(struct daemon *d, struct json_object *request)
{
	(void)d;
	(void)request;
	return control_log();
}

static struct json_object *do_keys(struct daemon *d, struct json_object *request)
{
	(void)request;
	log_line(LOG_WARN, NULL, "keys were handed out, as asked for by root");
	return control_keys(d);
}

static const struct {
	const char *name;
	/* NULL: done */
	struct json_object *(*fn)(struct daemon *d, struct json_object *request);
} requests[] = {
	{ "load", do_load },
	{ "unload", do_unload },
	{ "up", do_peer },
	{ "down", do_peer },
	{ "rekey", do_peer },
	{ "rekey-ike", do_peer },
	{ "hello", do_hello },
	{ "status", do_status },
	{ "log", do_log },
	{ "keys", do_keys },
};

static struct json_object *dispatch(struct daemon *d, struct json_object *request)
{
	const char *what = json_object_is_type(request, json_type_object) ?
			   word(request, "do") : NULL;

	for (size_t i = 0; what && i < sizeof(requests) / sizeof(requests[0]); i++)
		if (!strcmp(what, requests[i].name))
			return requests[i].fn(d, request);
	return refuse("no such request");
}

int control_answer(struct daemon *d, const char *text, size_t len, char **answer)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *request = NULL, *out;

	if (!tok)
		return -ENOMEM;
	request = json_tokener_parse_ex(tok, text, len);
	out = request ? dispatch(d, request) : refuse("the request is not JSON");
	if (!out)
		out = json_object_new_object();
	*answer = strdup(json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN));
	json_object_put(out);
	json_object_put(request);
	json_tokener_free(tok);
	return *answer ? 0 : -ENOMEM;
}

int control_listen(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, err;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	strcpy(sa.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(path);
	mask = umask(0177);
	err = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) || listen(fd, 8) ? -errno : 0;
	umask(mask);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}
