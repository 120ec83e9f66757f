// SPDX-License-Identifier: MIT
/*
 * target.c - the kernel's coverage as counters of libFuzzer, and a world for a target.
 *
 * Only the module is instrumented (KCOV_INSTRUMENT in its Kbuild), so each address that
 * is recorded is one of its basic blocks.  A block is counted together with the one
 * before it: an edge is what may be new, or how often (libFuzzer tells 1, 2, 3, 4 to 7, ..
 * from each other).
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kcov.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "target.h"

#define RECORDS		(256 << 10)	/* of eight bytes, for one input */
#define COUNTERS	(64 << 10)

__attribute__((section("__libfuzzer_extra_counters")))
static volatile uint8_t counters[COUNTERS];	/* which nobody here reads */

static int fd;
static unsigned long *records;

void target_run(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command))
		errx(1, "cannot: %s", command);
}

/* libFuzzer starts several processes to merge corpora: each has its world. */
void target_open(void)
{
	if (unshare(CLONE_NEWNET))
		err(1, "a network namespace");
	target_run("ip link set lo up; sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 "
		   "net.ipv4.icmp_ratelimit=0 net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0");
	fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		err(1, "this kernel has no CONFIG_KCOV: /sys/kernel/debug/kcov");
	if (ioctl(fd, KCOV_INIT_TRACE, (unsigned long)RECORDS))
		err(1, "KCOV_INIT_TRACE");
	records = mmap(NULL, RECORDS * sizeof(*records), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (records == MAP_FAILED)
		err(1, "the records of kcov");
	if (ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		err(1, "KCOV_ENABLE");
}

void target_start(void)
{
	__atomic_store_n(records, 0, __ATOMIC_RELAXED);
}

void target_stop(void)
{
	unsigned long n = __atomic_load_n(records, __ATOMIC_RELAXED), i, before = 0, edge;

	__atomic_store_n(records, 0, __ATOMIC_RELAXED);
	for (i = 1; i <= n; i++) {
		edge = (before * 31 ^ records[i]) * 0x9e3779b97f4a7c15ul >> 48;
		before = records[i];
		if (counters[edge % COUNTERS] < UINT8_MAX)
			counters[edge % COUNTERS]++;
	}
}

void target_keep(const uint8_t *data, size_t size)
{
	const char *name = getenv("TEST_FUZZ_LAST");
	int file;

	if (!name)
		return;
	file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (file < 0 || write(file, data, size) != (ssize_t)size || fsync(file))
		err(1, "%s", name);
	close(file);
}
