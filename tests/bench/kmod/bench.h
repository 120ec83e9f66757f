/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench.h - the benchmark's module: a generator and a sink of packets, and a loop
 * around a cipher, each between two readings of the time-stamp counter.  For
 * throw-away machines: it trusts who writes its commands.
 */
#ifndef _IPSEC_BENCH_H
#define _IPSEC_BENCH_H

#include <linux/types.h>

struct net;

/*
 * The clock: time-stamp counter.  Under QEMU's -icount shift=0 a tick is an
 * instruction; natively it is a reference cycle of the processor.
 */
static inline u64 bench_ticks(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high) : : "memory");
	return (u64)high << 32 | low;
}

/*
 * What an exact profile is started and stopped by: an instruction that does nothing
 * and that nothing else has.
 */
static inline void bench_mark_start(void)
{
	asm volatile("nopl 0x1b5ec001(%%rax)" : : : "memory");
}

static inline void bench_mark_stop(void)
{
	asm volatile("nopl 0x1b5ec002(%%rax)" : : : "memory");
}

/* A command's "name=value" words; what is not given has the default of main.c */
struct bench_args {
	char alg[64];		/* name of an AEAD of the crypto API */
	char dev[16];		/* interface */
	__be32 dst;		/* IPv4 address; the first of them */
	unsigned int dsts;	/* how many addresses, in turn, one behind the other */
	unsigned int step;	/* from one address to the next */
	unsigned int lookup;	/* 1: a route lookup for each packet, as without connect() */
	unsigned int port;	/* UDP destination */
	unsigned int size;	/* payload of UDP, or the cipher's text: bytes */
	unsigned int count;	/* packets, or operations */
	unsigned int burst;	/* packets sent with bottom halves disabled */
	unsigned int key;	/* bytes, salt included */
	unsigned int icv;	/* bytes */
	unsigned int aad;	/* bytes, IV included where the AEAD wants it there */
};

/*
 * Each writes its result, "name=value" words, to @out.  Process context; may sleep.
 * Return: 0 or a negative error.
 */
int bench_send(struct net *net, const struct bench_args *args, char *out,
	       size_t size);
int bench_cipher(const struct bench_args *args, char *out, size_t size);

/*
 * The sink takes packets away: UDP to @args->port in @net's PRE_ROUTING, that is
 * after decapsulation; or, with @args->dev, whatever carries a tunnel or UDP, as it
 * arrives at that interface, before the IP layer.  There is one sink at a time.
 */
int bench_sink_open(struct net *net, const struct bench_args *args);
void bench_sink_close(void);

/* From now on @n packets are expected */
void bench_sink_expect(u64 n);

/* Sleep until it has @n packets, or a second is over.  Return: how many it has. */
u64 bench_sink_wait(u64 n);
u64 bench_sink_count(void);

/* When the last of the expected ones came: ticks */
u64 bench_sink_end(void);

#endif
