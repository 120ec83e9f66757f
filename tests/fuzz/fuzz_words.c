// SPDX-License-Identifier: MIT
/*
 * fuzz_words.c - any text as a proposal, a traffic selector; what is accepted is
 * printed, and the print is accepted and means the same.
 */
#include <stdlib.h>
#include <string.h>

#include "../../tools/iked/proposal.h"
#include "../../tools/iked/selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_thing)
{
	if (!true_thing)
		abort();
}

static void as_proposal(const char *text)
{
	char error[PROPOSAL_ERROR_MAX], print[PROPOSAL_TEXT_MAX];
	struct proposal p, again;

	for (int protocol = IKE_PROTO_IKE; protocol <= IKE_PROTO_ESP; protocol++) {
		error[0] = '\0';
		if (proposal_parse_text(text, protocol, &p, error)) {
			must(error[0]);
			continue;
		}
		proposal_text(&p, print);
		if (strlen(print) < sizeof(print) - 1 && !strstr(print, "..."))
			must(!proposal_parse_text(print, protocol, &again, error) &&
			     again.n == p.n);
	}
}

static void as_selector(const char *text)
{
	struct selectors one = { .n = 1 }, again = { .n = 1 };
	char print[SELECTOR_TEXT_MAX];

	if (selector_parse_text(text, &one.list[0]))
		return;
	selector_text(&one.list[0], print);
	must(!selector_parse_text(print, &again.list[0]) && selectors_equal(&one, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[512];

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	as_proposal(text);
	as_selector(text);
	return 0;
}
