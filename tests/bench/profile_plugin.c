// SPDX-License-Identifier: MIT
/*
 * profile_plugin.c - a plugin for QEMU's translator (TCG) that counts, block by block,
 * the instructions between two instructions that the benchmark's module marks its loops
 * with.  At each end it appends a "window" to the file named by out=: a line with its
 * number, then "ADDRESS INSTRUCTIONS" for each block that ran.
 *
 * One processor only.  Debian has no header for plugins: what is used of version 1 of
 * the interface is declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;
enum { INLINE_ADD_U64 };
enum { CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
					   void (*cb)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *ptr,
					      uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int, void *), int flags,
					    void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = 1;

/* nopl 0x1b5ec001(%rax) and nopl 0x1b5ec002(%rax): bench.h has them */
static const uint8_t mark_start[] = { 0x0f, 0x1f, 0x80, 0x01, 0xc0, 0x5e, 0x1b };
static const uint8_t mark_stop[] = { 0x0f, 0x1f, 0x80, 0x02, 0xc0, 0x5e, 0x1b };

struct block {
	struct block *next;
	uint64_t address;
	uint64_t instructions;	/* that were executed, ever */
	uint64_t before;	/* when the window opened */
};

static struct block *blocks;
static FILE *out;
static unsigned int windows;

static void window_open(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	for (struct block *b = blocks; b; b = b->next)
		b->before = b->instructions;
}

static void window_close(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	fprintf(out, "window %u\n", ++windows);
	for (struct block *b = blocks; b; b = b->next)
		if (b->instructions != b->before)
			fprintf(out, "%" PRIx64 " %" PRIu64 "\n", b->address,
				b->instructions - b->before);
	fflush(out);
}

static bool is_mark(const struct qemu_plugin_insn *insn, const uint8_t *mark, size_t len)
{
	return qemu_plugin_insn_size(insn) == len &&
	       !memcmp(qemu_plugin_insn_data(insn), mark, len);
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct block *b = calloc(1, sizeof(*b));

	(void)id;
	if (!b)
		abort();
	b->address = qemu_plugin_tb_vaddr(tb);
	b->next = blocks;
	blocks = b;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, &b->instructions, n);
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (is_mark(insn, mark_start, sizeof(mark_start)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, window_open, CB_NO_REGS, NULL);
		if (is_mark(insn, mark_stop, sizeof(mark_stop)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, window_close, CB_NO_REGS, NULL);
	}
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	out = fopen(argv[0] + 4, "w");
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
