/* SPDX-License-Identifier: MIT */
/*
 * target.h - what a fuzz target of the module knows of the module: the code that this
 * thread's system calls have reached (CONFIG_KCOV), as counters of libFuzzer.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stddef.h>
#include <stdint.h>

/*
 * Begins: a network namespace of this process's own, and the kernel's coverage for this
 * thread.  Exits, with a word why, where that cannot be.  Code that runs in a softirq of
 * its own is not seen; what a system call does with bottom halves disabled, as write()
 * into a tun device, is.
 */
void target_open(void);

/* Runs a command of the shell, printf()'s way; exits if it fails. */
__attribute__((format(printf, 1, 2)))
void target_run(const char *format, ...);

/*
 * Leaves the input in the file that TEST_FUZZ_LAST names, if it does, so that it survives
 * the machine: for a second run of one that has killed it.
 */
void target_keep(const uint8_t *data, size_t size);

/* From here on this thread's path is recorded; forgets what was recorded before. */
void target_start(void);

/* Ends the recording and tells libFuzzer. */
void target_stop(void);

#endif
