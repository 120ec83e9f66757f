// SPDX-License-Identifier: MIT
/*
 * cmd_ike.c - "ike ...": what ipsec-iked has negotiated, and what it is to do.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "../lib/safe.h"
#include "command.h"
#include "control_client.h"

static bool true_of(struct json_object *object, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(object, name, &value) &&
	       json_object_get_boolean(value);
}

static bool has(struct json_object *object, const char *name)
{
	return json_object_object_get_ex(object, name, NULL);
}

/* Calls @fn with each item of an array */
static void each(struct json_object *object, const char *name,
		 void (*fn)(struct json_object *item))
{
	struct json_object *list;

	if (!json_object_object_get_ex(object, name, &list))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		fn(json_object_array_get_idx(list, i));
}

static void print_selector(struct json_object *item)
{
	printf(" %s", json_object_get_string(item));
}

static void print_rekey(struct json_object *object)
{
	if (has(object, "rekey_in"))
		printf(", rekeyed in %" PRIu64 " s", number_of(object, "rekey_in"));
}

static void print_child(struct json_object *child)
{
	printf("  %s %s %s, in %s, out %s: %s\n", text_of(child, "proto"),
	       text_of(child, "mode"), text_of(child, "state"), text_of(child, "spi_in"),
	       text_of(child, "spi_out"), text_of(child, "algorithms"));
	printf("    us");
	each(child, "local", print_selector);
	printf("\n    peer");
	each(child, "remote", print_selector);
	printf("\n    received %" PRIu64 " packets, %" PRIu64 " bytes; sent %" PRIu64
	       " packets, %" PRIu64 " bytes\n", number_of(child, "rx_packets"),
	       number_of(child, "rx_bytes"), number_of(child, "tx_packets"),
	       number_of(child, "tx_bytes"));
	printf("    %" PRIu64 " s old", number_of(child, "age"));
	print_rekey(child);
	printf("\n");
}

static const char *nat_text(struct json_object *sa)
{
	bool us = true_of(sa, "nat_local"), them = true_of(sa, "nat_remote");

	if (us && them)
		return ", both behind NAT";
	return us ? ", we are behind NAT" : them ? ", the peer is behind NAT" : "";
}

static void print_sa(struct json_object *sa)
{
	struct safe_text safe;

	printf("%s %s: %s (%s)\n", text_of(sa, "ifname"), text_of(sa, "peer"),
	       text_of(sa, "state"), text_of(sa, "role"));
	printf("  %s", text_of(sa, "local"));
	if (has(sa, "local_id"))
		printf(" [%s]", safe_text(text_of(sa, "local_id"), &safe));
	printf(" ... %s", text_of(sa, "remote"));
	if (has(sa, "remote_id"))
		printf(" [%s]", safe_text(text_of(sa, "remote_id"), &safe));
	printf("%s\n  IKE %s, %s: %s\n", nat_text(sa), text_of(sa, "spi_initiator"),
	       text_of(sa, "spi_responder"), text_of(sa, "algorithms"));
	printf("  %" PRIu64 " s old, heard of %" PRIu64 " s ago", number_of(sa, "age"),
	       number_of(sa, "idle"));
	print_rekey(sa);
	if (number_of(sa, "retransmits"))
		printf(", no answer to %" PRIu64 " tries", number_of(sa, "retransmits"));
	printf("\n");
	each(sa, "children", print_child);
}

static void print_counter(struct json_object *counter)
{
	if (number_of(counter, "value"))
		printf("  %-16s %8" PRIu64 "  %s\n", text_of(counter, "name"),
		       number_of(counter, "value"), text_of(counter, "text"));
}

static void print_status(struct json_object *answer)
{
	each(answer, "sas", print_sa);
	if (number_of(answer, "half_open"))
		printf("%" PRIu64 " half-open\n", number_of(answer, "half_open"));
	printf("counters\n");
	each(answer, "counters", print_counter);
}

static void print_line(struct json_object *line)
{
	struct safe_text safe;

	printf("%s\n", safe_text(json_object_get_string(line), &safe));
}

static void print_log(struct json_object *answer)
{
	each(answer, "log", print_line);
}

/* Asks, and prints the answer: as it is, or in words */
static int ask(const struct command *command, const char *what, const char *ifname,
	       const char *peer, void (*print)(struct json_object *answer))
{
	struct json_object *request = control_request(what, ifname, peer), *answer;
	const struct target target = { .ifname = ifname, .peer = peer };
	char error[CONTROL_CLIENT_ERROR_MAX];
	int err = control_ask(request, &answer, error);

	json_object_put(request);
	if (err)
		return command_fail(command, &target, error);
	if (print && command_printer == &printer_json)
		printf("%s\n", json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PRETTY));
	else if (print)
		print(answer);
	json_object_put(answer);
	return EXIT_DONE;
}

int cmd_ike_status(const struct command *command, struct words *words)
{
	if (words_end(words))
		return command_usage(command, words);
	return ask(command, "status", NULL, NULL, print_status);
}

int cmd_ike_log(const struct command *command, struct words *words)
{
	if (words_end(words))
		return command_usage(command, words);
	return ask(command, "log", NULL, NULL, print_log);
}

static int about_peer(const struct command *command, struct words *words, const char *what)
{
	const char *ifname, *peer;

	if (words_take(words, "an interface", &ifname) ||
	    words_take(words, "a peer", &peer) || words_end(words))
		return command_usage(command, words);
	return ask(command, what, ifname, peer, NULL);
}

int cmd_ike_up(const struct command *command, struct words *words)
{
	return about_peer(command, words, "up");
}

int cmd_ike_down(const struct command *command, struct words *words)
{
	return about_peer(command, words, "down");
}

/* "rekey DEV PEER [ike]" */
int cmd_ike_rekey(const struct command *command, struct words *words)
{
	const char *ifname, *peer, *what = NULL;

	if (words_take(words, "an interface", &ifname) ||
	    words_take(words, "a peer", &peer))
		return command_usage(command, words);
	if (words_left(words) && (words_take(words, "ike", &what) || strcmp(what, "ike"))) {
		words_fail_value(words, "what to rekey", what, "\"ike\", or nothing for the child SA");
		return command_usage(command, words);
	}
	if (words_end(words))
		return command_usage(command, words);
	return ask(command, what ? "rekey-ike" : "rekey", ifname, peer, NULL);
}
