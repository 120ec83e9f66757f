// SPDX-License-Identifier: MIT
/*
 * control_client.c - a connection to ipsec-iked's socket, for one request.
 */
#include <errno.h>
#include <json-c/json_tokener.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../iked/control.h"
#include "control_client.h"

#define ANSWER_MAX	(64 << 20)	/* bytes */

static int fail(char *error, int err, const char *sentence)
{
	snprintf(error, CONTROL_CLIENT_ERROR_MAX, "%s", sentence);
	return err;
}

static int dial(char *error)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = CONTROL_PATH };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return fail(error, -errno, strerror(errno));
	if (!connect(fd, (struct sockaddr *)&sa, sizeof(sa)))
		return fd;
	err = -errno;
	close(fd);
	if (err == -EACCES)
		return fail(error, err, "only root may talk to ipsec-iked");
	return fail(error, -ENOENT,
		    "ipsec-iked is not running; run: systemctl start ipsec-iked");
}

static bool send_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text += n;
		len -= n;
	}
	return !shutdown(fd, SHUT_WR);
}

/* Until its end; NULL: it broke off */
static char *receive_all(int fd)
{
	size_t len = 0, size = 0;
	char *text = NULL, *more;
	ssize_t n;

	for (;;) {
		if (size - len < 4096) {
			size += 65536;
			more = size > ANSWER_MAX ? NULL : realloc(text, size);
			if (!more)
				break;
			text = more;
		}
		n = read(fd, text + len, size - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		len += n;
		if (!n && len) {
			text[len] = '\0';
			return text;
		}
		if (!n)
			break;
	}
	free(text);
	return NULL;
}

/* The daemon's own sentence, if it refused */
static int take_error(struct json_object *answer, char *error)
{
	struct json_object *sentence;

	if (!json_object_object_get_ex(answer, "error", &sentence))
		return 0;
	return fail(error, -EREMOTEIO, json_object_get_string(sentence));
}

int control_ask(struct json_object *request, struct json_object **answer,
		char error[static CONTROL_CLIENT_ERROR_MAX])
{
	const char *text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
	struct json_object *object = NULL;
	char *reply = NULL;
	int fd, err;

	if (strlen(text) > CONTROL_REQUEST_MAX)
		return fail(error, -E2BIG,
			    "ipsec-iked takes 64 MB at once: the file, with all that it names, is larger");
	fd = dial(error);
	if (fd < 0)
		return fd;
	if (send_all(fd, text, strlen(text)))
		reply = receive_all(fd);
	close(fd);
	if (reply)
		object = json_tokener_parse(reply);
	if (reply)
		explicit_bzero(reply, strlen(reply));
	free(reply);
	if (!object)
		return fail(error, -EPIPE, "ipsec-iked did not answer");
	err = take_error(object, error);
	if (!err && answer)
		*answer = object;
	else
		json_object_put(object);
	return err;
}

struct json_object *control_request(const char *what, const char *ifname,
				    const char *peer)
{
	struct json_object *request = json_object_new_object();

	json_object_object_add(request, "do", json_object_new_string(what));
	if (ifname)
		json_object_object_add(request, "ifname", json_object_new_string(ifname));
	if (peer)
		json_object_object_add(request, "peer", json_object_new_string(peer));
	return request;
}

const char *text_of(struct json_object *object, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, name, &value))
		return "-";
	return json_object_get_string(value);
}

uint64_t number_of(struct json_object *object, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, name, &value))
		return 0;
	return json_object_get_uint64(value);
}
