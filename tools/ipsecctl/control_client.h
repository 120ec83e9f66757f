/* SPDX-License-Identifier: MIT */
/*
 * control_client.h - asks ipsec-iked through its socket (tools/iked/control.h says what).
 */
#ifndef IPSECCTL_CONTROL_CLIENT_H
#define IPSECCTL_CONTROL_CLIENT_H

#include <json-c/json_object.h>
#include <stdint.h>

#define CONTROL_CLIENT_ERROR_MAX	400

/**
 * control_ask() - one request
 * @request: stays the caller's
 * @answer: the caller puts it; NULL where only success matters
 *
 * Return: 0; -ENOENT: there is no daemon; -EREMOTEIO: it refused; other -errno.  There
 * is a sentence in @error then.
 */
int control_ask(struct json_object *request, struct json_object **answer,
		char error[static CONTROL_CLIENT_ERROR_MAX]);

/* A request that is one word and perhaps an interface and a peer; the caller puts it */
struct json_object *control_request(const char *what, const char *ifname,
				    const char *peer);

/* A member of an answer: "-" and 0 where there is none */
const char *text_of(struct json_object *object, const char *name);
uint64_t number_of(struct json_object *object, const char *name);

#endif /* IPSECCTL_CONTROL_CLIENT_H */
