// SPDX-License-Identifier: MIT
/*
 * control_status.c - IKE SAs, counters, log and keys as JSON.
 */
#include <inttypes.h>
#include <stdio.h>

#include <openssl/crypto.h>

#include "../lib/names.h"
#include "control_status.h"
#include "ike_sa.h"
#include "log.h"

static void add_text(struct json_object *to, const char *name, const char *text)
{
	json_object_object_add(to, name, json_object_new_string(text));
}

static void add_number(struct json_object *to, const char *name, uint64_t n)
{
	json_object_object_add(to, name, json_object_new_uint64(n));
}

static void add_bool(struct json_object *to, const char *name, bool yes)
{
	json_object_object_add(to, name, json_object_new_boolean(yes));
}

/* Absent where it never happens */
static void add_when(struct json_object *to, const char *name, uint64_t seconds)
{
	if (seconds != UINT64_MAX)
		add_number(to, name, seconds);
}

static void add_spi(struct json_object *to, const char *name, uint64_t spi, int digits)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%0*" PRIx64, digits, spi);
	add_text(to, name, text);
}

static void add_endpoint(struct json_object *to, const char *name,
			 const struct endpoint *endpoint)
{
	char text[ENDPOINT_TEXT_MAX];

	add_text(to, name, endpoint_text(endpoint, text));
}

static void add_identity(struct json_object *to, const char *name,
			 const struct identity *id)
{
	char text[IDENTITY_TEXT_MAX];

	if (id->type)
		add_text(to, name, identity_text(id, text));
}

static void add_chosen(struct json_object *to, const struct chosen *chosen)
{
	char text[PROPOSAL_TEXT_MAX];

	if (chosen->protocol)
		add_text(to, "algorithms", chosen_text(chosen, text));
}

static void add_selectors(struct json_object *to, const char *name,
			  const struct selectors *ts)
{
	struct json_object *list = json_object_new_array();
	char text[SELECTOR_TEXT_MAX];

	for (unsigned int i = 0; i < ts->n; i++)
		json_object_array_add(list, json_object_new_string(selector_text(&ts->list[i],
										 text)));
	json_object_object_add(to, name, list);
}

/* The array of SAs, and that of the children of the one before */
struct status_walk {
	struct json_object *sas;
	struct json_object *children;
};

static void show_sa(const struct ike_sa_info *info, void *arg)
{
	struct json_object *sa = json_object_new_object();
	struct status_walk *walk = arg;

	add_text(sa, "ifname", info->ifname);
	add_text(sa, "peer", info->peer);
	add_number(sa, "serial", info->serial);
	add_text(sa, "state", info->state);
	add_text(sa, "role", info->initiator ? "initiator" : "responder");
	add_spi(sa, "spi_initiator", info->spi_i, 16);
	add_spi(sa, "spi_responder", info->spi_r, 16);
	add_endpoint(sa, "local", &info->local);
	add_endpoint(sa, "remote", &info->remote);
	add_identity(sa, "local_id", info->local_id);
	add_identity(sa, "remote_id", info->remote_id);
	add_bool(sa, "nat_local", info->nat_local);
	add_bool(sa, "nat_remote", info->nat_remote);
	add_bool(sa, "encap", info->encap);
	add_bool(sa, "fragmentation", info->fragmentation);
	add_chosen(sa, info->chosen);
	add_number(sa, "age", info->age_s);
	add_when(sa, "rekey_in", info->rekey_in_s);
	add_number(sa, "idle", info->idle_s);
	add_number(sa, "retransmits", info->retransmits);
	walk->children = json_object_new_array();
	json_object_object_add(sa, "children", walk->children);
	json_object_array_add(walk->sas, sa);
}

static void show_child(const struct child_sa_info *info, void *arg)
{
	struct json_object *child = json_object_new_object();
	struct status_walk *walk = arg;
	char name[NAME_TEXT_MAX];

	add_text(child, "state", info->state);
	add_text(child, "role", info->initiator ? "initiator" : "responder");
	add_text(child, "proto", name_proto(info->proto, name));
	add_text(child, "mode", name_mode(info->mode, name));
	add_spi(child, "spi_in", info->spi_in, 8);
	add_spi(child, "spi_out", info->spi_out, 8);
	add_chosen(child, info->chosen);
	add_selectors(child, "local", info->local_ts);
	add_selectors(child, "remote", info->remote_ts);
	add_bool(child, "sends", info->sends);
	add_number(child, "age", info->age_s);
	add_when(child, "rekey_in", info->rekey_in_s);
	add_number(child, "rx_packets", info->in_packets);
	add_number(child, "rx_bytes", info->in_bytes);
	add_number(child, "tx_packets", info->out_packets);
	add_number(child, "tx_bytes", info->out_bytes);
	json_object_array_add(walk->children, child);
}

static struct json_object *show_counters(const struct daemon *d)
{
	struct json_object *list = json_object_new_array(), *row;

	for (int i = 0; i < IKE_COUNTERS_N; i++) {
		row = json_object_new_object();
		add_text(row, "name", ike_counter_name(i));
		add_text(row, "text", ike_counter_text(i));
		add_number(row, "value", d->counters.n[i]);
		json_object_array_add(list, row);
	}
	return list;
}

struct json_object *control_status(struct daemon *d)
{
	struct json_object *status = json_object_new_object();
	struct status_walk walk = { .sas = json_object_new_array() };
	const struct status_visitor visitor = { show_sa, show_child, &walk };

	daemon_each_sa(d, &visitor);
	json_object_object_add(status, "sas", walk.sas);
	json_object_object_add(status, "counters", show_counters(d));
	add_number(status, "half_open", d->n_half_open);
	return status;
}

static void add_line(const char *line, void *arg)
{
	json_object_array_add(arg, json_object_new_string(line));
}

struct json_object *control_log(void)
{
	struct json_object *answer = json_object_new_object();
	struct json_object *lines = json_object_new_array();

	log_each(add_line, lines);
	json_object_object_add(answer, "log", lines);
	return answer;
}

/* Keys */

static void add_hex(struct json_object *to, const char *name, struct bytes key)
{
	char text[2 * IKE_KEY_MAX + 1] = "";

	for (size_t i = 0; i < key.len && i < IKE_KEY_MAX; i++)
		snprintf(text + 2 * i, 3, "%02x", key.p[i]);
	add_text(to, name, text);
	OPENSSL_cleanse(text, sizeof(text));
}

struct keys_walk {
	struct json_object *ike, *esp;
};

static void show_ike_keys(uint64_t spi_i, uint64_t spi_r, const struct ike_keys *keys,
			  void *arg)
{
	struct json_object *row = json_object_new_object();
	struct keys_walk *walk = arg;

	add_spi(row, "spi_initiator", spi_i, 16);
	add_spi(row, "spi_responder", spi_r, 16);
	add_number(row, "encr", keys->encr);
	add_number(row, "key_bits", keys->encr_key_bits);
	add_number(row, "integ", keys->integ);
	add_hex(row, "sk_ei", bytes_of(keys->ei, keys->e_len));
	add_hex(row, "sk_er", bytes_of(keys->er, keys->e_len));
	add_hex(row, "sk_ai", bytes_of(keys->ai, keys->a_len));
	add_hex(row, "sk_ar", bytes_of(keys->ar, keys->a_len));
	json_object_array_add(walk->ike, row);
}

static void show_sa_keys(const struct endpoint *from, const struct endpoint *to,
			 uint8_t proto, uint32_t spi, const struct chosen *chosen,
			 struct bytes key, struct bytes auth_key, void *arg)
{
	struct json_object *row = json_object_new_object();
	char text[ADDR_TEXT_MAX], name[NAME_TEXT_MAX];
	struct keys_walk *walk = arg;

	add_text(row, "proto", name_proto(proto, name));
	add_text(row, "src", addr_text(&from->addr, text));
	add_text(row, "dst", addr_text(&to->addr, text));
	add_spi(row, "spi", spi, 8);
	add_number(row, "encr", chosen->encr);
	add_number(row, "integ", chosen->integ);
	add_bool(row, "esn", chosen->esn);
	add_hex(row, "key", key);
	add_hex(row, "auth_key", auth_key);
	json_object_array_add(walk->esp, row);
}

struct json_object *control_keys(struct daemon *d)
{
	struct keys_walk walk = { json_object_new_array(), json_object_new_array() };
	const struct export_visitor visitor = { show_ike_keys, show_sa_keys, &walk };
	struct json_object *answer = json_object_new_object();

	daemon_export_keys(d, &visitor);
	json_object_object_add(answer, "ike", walk.ike);
	json_object_object_add(answer, "esp", walk.esp);
	return answer;
}
