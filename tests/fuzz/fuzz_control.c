// SPDX-License-Identifier: MIT
/* fuzz_control.c - any bytes as a request of the control socket, to a daemon with one peer
 * over a fake kernel; there is always an answer, in JSON.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/iked/control.h"
#include "../../tools/iked/log.h"
#include "../unit/iked_state/kernel_fake.c" /* "run" compiles one file */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char loaded[] =
	"{\"do\":\"load\",\"path\":\"/x\",\"ifname\":\"ipsec0\",\"text\":"
	"\"[peer b]\\nremote = 192.0.2.2\\nid = b\\nstart = no\\npsk-file = /psk\\n\","
	"\"files\":{\"/psk\":\"YSBsb25nIGFuZCBzZWNyZXQgc2VjcmV0Cg==\"}}";

static void must(bool true_thing)
{
	if (!true_thing)
		abort();
}

static void net_send(void *arg, const struct endpoint *local,
		     const struct endpoint *remote, struct bytes message)
{
	(void)arg;
	(void)local;
	(void)remote;
	(void)message;
}

static void silent(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

static void ask(struct daemon *d, const char *text, size_t len)
{
	struct json_object *parsed;
	char *answer = NULL;

	must(!control_answer(d, text, len, &answer));
	parsed = json_tokener_parse(answer);
	must(json_object_is_type(parsed, json_type_object));
	json_object_put(parsed);
	free(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kernel_fake kernel;
	static struct daemon d;

	log_set_sink(silent);
	kernel_fake_init(&kernel, "192.0.2.1", 0x1000);
	daemon_init(&d, &kernel.k, net_send, NULL);
	timers_run(&d.timers, 1000);
	ask(&d, loaded, strlen(loaded));
	ask(&d, (const char *)data, size);
	daemon_free(&d, false);
	return 0;
}
