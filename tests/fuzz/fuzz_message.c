// SPDX-License-Identifier: MIT
/*
 * fuzz_message.c - any bytes as an IKE message; what was understood of SA and TS
 * payloads is written again and must be read as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "../../tools/iked/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_thing)
{
	if (!true_thing)
		abort();
}

static void proposals_again(const struct proposals *list)
{
	static uint8_t buf[65536];
	static struct proposals again;
	struct writer w = writer_of(buf, sizeof(buf));
	char text[PROPOSAL_TEXT_MAX];

	for (unsigned int i = 0; i < list->n; i++)
		must(strlen(proposal_text(&list->list[i], text)) < sizeof(text));
	if (!list->n)
		return;
	proposals_write(&w, list);
	must(!w.full && !proposals_read(writer_view(&w), &again) && again.n == list->n);
}

static void selectors_again(const struct selectors *list)
{
	static uint8_t buf[8192];
	struct writer w = writer_of(buf, sizeof(buf));
	char text[SELECTOR_TEXT_MAX];
	struct prefix prefixes[8];
	struct selectors again;

	if (!list->n)
		return;
	for (unsigned int i = 0; i < list->n; i++) {
		must(strlen(selector_text(&list->list[i], text)) < sizeof(text));
		must(selector_prefixes(&list->list[i], prefixes, 8) <= 256);
	}
	selectors_write(&w, list);
	must(!w.full && !selectors_read(writer_view(&w), &again) &&
	     selectors_equal(list, &again) && selectors_within(list, &again));
}

static void choose(const struct proposals *offered)
{
	struct proposals ours, answer = { .n = 1 };
	struct chosen chosen;
	unsigned int index;

	for (int p = IKE_PROTO_IKE; p <= IKE_PROTO_ESP; p++) {
		proposals_default(p, &ours);
		if (proposal_select(offered, &ours, true, &chosen, &index))
			continue;
		must(index < offered->n);
		proposal_of_chosen(&chosen, bytes_of(NULL, 0), &answer.list[0]);
		must(!proposal_check_answer(&answer, &ours, true, &chosen) ||
		     answer.list[0].number != 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ike_content content;
	struct bytes message = bytes_of(data, size);
	char line[IKE_SUMMARY_MAX];
	struct ike_header header;
	uint8_t unknown;

	(void)!ike_header_read(message, &header);
	if (size < IKE_HEADER_LEN)
		return 0;
	ike_message_summary(&header, message, IKE_HEADER_LEN, header.next, line);
	must(strlen(line) < sizeof(line));
	if (ike_content_read(message, IKE_HEADER_LEN, header.next, &content, &unknown))
		return 0;
	proposals_again(&content.sa);
	selectors_again(&content.ts_i);
	selectors_again(&content.ts_r);
	choose(&content.sa);
	ike_content_notify(&content, IKE_N_COOKIE);
	ike_content_error(&content);
	return 0;
}
