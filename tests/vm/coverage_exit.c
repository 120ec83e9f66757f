// SPDX-License-Identifier: MIT
/*
 * Linked into the tools of tests/coverage: a program that a signal ends writes what it
 * has run, as one that returns does.  What handles a signal itself is not changed.
 */
#include <signal.h>
#include <stddef.h>

void __gcov_dump(void); /* libgcov */

static void write_and_end(int signal)
{
	__gcov_dump();
	raise(signal); /* SA_RESETHAND: now it ends the process */
}

__attribute__((constructor)) static void handle_signals(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM };
	struct sigaction action = { .sa_handler = write_and_end, .sa_flags = SA_RESETHAND | SA_NODEFER };
	struct sigaction old;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(signals[i], &action, NULL);
	}
}
