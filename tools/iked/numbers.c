// SPDX-License-Identifier: MIT
/* numbers.c - the texts of IKEv2's numbers. */
#include <stddef.h>
#include <stdio.h>

#include "numbers.h"

struct number {
	uint32_t n;
	const char *text;
};

#define ROW(NAME, n, text)	{ n, text },

static const char *number_name(const struct number *rows, size_t count, uint32_t n,
			       char buf[static NUMBER_TEXT_MAX])
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].n == n)
			return rows[i].text;
	snprintf(buf, NUMBER_TEXT_MAX, "%u", n);
	return buf;
}

#define NAME_FUNCTION(function, LIST)					\
const char *function(uint32_t n, char buf[static NUMBER_TEXT_MAX])	\
{									\
	static const struct number rows[] = { LIST(ROW) };		\
									\
	return number_name(rows, sizeof(rows) / sizeof(rows[0]), n, buf); \
}

NAME_FUNCTION(ike_exchange_name, IKE_EXCHANGES)
NAME_FUNCTION(ike_payload_name, IKE_PAYLOADS)
NAME_FUNCTION(ike_notify_name, IKE_NOTIFIES)
