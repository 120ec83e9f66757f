// SPDX-License-Identifier: MIT
/* counters.c - names and texts of what is counted. */
#include "counters.h"

#define NAME(NAME_, name, text)	[IKE_COUNT_##NAME_] = #name,
#define TEXT(NAME_, name, text)	[IKE_COUNT_##NAME_] = text,

const char *ike_counter_name(enum ike_counter counter)
{
	static const char *const names[IKE_COUNTERS_N] = { IKE_COUNTERS(NAME) };

	return names[counter];
}

const char *ike_counter_text(enum ike_counter counter)
{
	static const char *const texts[IKE_COUNTERS_N] = { IKE_COUNTERS(TEXT) };

	return texts[counter];
}
