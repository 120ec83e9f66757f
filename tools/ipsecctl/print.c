// SPDX-License-Identifier: MIT
/*
 * print.c - what both printers need: time, and who owns what.
 */
#include "print.h"

const char *print_timestamp(const struct timespec *when,
			    char buf[static TIMESTAMP_MAX])
{
	char seconds[32], zone[16];
	struct tm tm;

	if (!localtime_r(&when->tv_sec, &tm) ||
	    !strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &tm) ||
	    !strftime(zone, sizeof(zone), "%z", &tm))
		seconds[0] = zone[0] = '\0';
	snprintf(buf, TIMESTAMP_MAX, "%.24s.%06ld%.8s", seconds,
		 when->tv_nsec / 1000, zone);
	return buf;
}

size_t print_skip_peers(const struct peer_list *peers, size_t start,
			const struct home *home)
{
	while (start < peers->n &&
	       home_compare(&peers->items[start].home, home) < 0)
		start++;
	return start;
}

size_t print_peers_of(const struct peer_list *peers, size_t start,
		      const struct home *home)
{
	size_t end = start;

	while (end < peers->n &&
	       !home_compare(&peers->items[end].home, home))
		end++;
	return end - start;
}

size_t print_skip_sas(const struct sa_list *sas, size_t start,
		      const struct peer *peer)
{
	while (start < sas->n && sa_compare_peer(&sas->items[start], peer) < 0)
		start++;
	return start;
}

size_t print_sas_of(const struct sa_list *sas, size_t start,
		    const struct peer *peer)
{
	size_t end = start;

	while (end < sas->n && !sa_compare_peer(&sas->items[end], peer))
		end++;
	return end - start;
}
