// SPDX-License-Identifier: MIT
/*
 * fuzz_identity.c - any bytes as the data of an ID payload, the type first, and as words;
 * printed text is short and printable, words that were understood are understood again.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/iked/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_thing)
{
	if (!true_thing)
		abort();
}

static const char *print(const struct identity *id, char buf[static IDENTITY_TEXT_MAX])
{
	must(identity_text(id, buf) == buf && strlen(buf) < IDENTITY_TEXT_MAX);
	for (const char *p = buf; *p; p++)
		must(isprint((unsigned char)*p));
	return buf;
}

static void as_payload(const uint8_t *data, size_t size)
{
	struct ike_id payload = { data[0], { data + 1, size - 1 }, { NULL, 0 } };
	char buf[IDENTITY_TEXT_MAX];
	struct identity id;

	if (identity_of_payload(&payload, &id))
		return;
	must(identity_matches(&id, &id));
	print(&id, buf);
}

static void as_words(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), buf[IDENTITY_TEXT_MAX];
	struct identity id, again;

	memcpy(text, data, size);
	text[size] = '\0';
	if (!identity_parse_text(text, &id) && !identity_is_any(&id)) {
		must(identity_matches(&id, &id));
		print(&id, buf);
		if (strlen(buf) < 200)
			must(!identity_parse_text(buf, &again) && identity_matches(&id, &again));
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	as_payload(data, size);
	as_words(data, size);
	return 0;
}
