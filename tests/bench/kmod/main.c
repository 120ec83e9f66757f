// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - /proc/ipsec_bench: a command is written, its result is read.
 *
 *   sink [dev=NAME] [port=N]		in the network namespace of who writes
 *   close
 *   send dst=ADDR size=N count=N [burst=N] [dsts=N step=N] [lookup=1] [port=N]
 *   cipher alg=NAME key=N icv=N aad=N size=N count=N
 *   mark start|stop			for a profile of something else
 */
#include <linux/inet.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nsproxy.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include "bench.h"

static DEFINE_MUTEX(bench_lock);
static char bench_result[256];

static const struct {
	const char *name;
	size_t offset;
} numbers[] = {
	{ "dsts", offsetof(struct bench_args, dsts) },
	{ "step", offsetof(struct bench_args, step) },
	{ "lookup", offsetof(struct bench_args, lookup) },
	{ "port", offsetof(struct bench_args, port) },
	{ "size", offsetof(struct bench_args, size) },
	{ "count", offsetof(struct bench_args, count) },
	{ "burst", offsetof(struct bench_args, burst) },
	{ "key", offsetof(struct bench_args, key) },
	{ "icv", offsetof(struct bench_args, icv) },
	{ "aad", offsetof(struct bench_args, aad) },
};

static int parse_number(struct bench_args *args, const char *name,
			const char *value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!strcmp(name, numbers[i].name))
			return kstrtouint(value, 0,
					  (void *)args + numbers[i].offset);
	return -EINVAL;
}

static int parse_word(struct bench_args *args, char *word)
{
	char *value = strchr(word, '=');

	if (!value)
		return -EINVAL;
	*value++ = '\0';
	if (!strcmp(word, "alg"))
		return strscpy(args->alg, value, sizeof(args->alg)) < 0 ? -EINVAL : 0;
	if (!strcmp(word, "dev"))
		return strscpy(args->dev, value, sizeof(args->dev)) < 0 ? -EINVAL : 0;
	if (!strcmp(word, "dst"))
		return in4_pton(value, -1, (u8 *)&args->dst, -1, NULL) ? 0 : -EINVAL;
	return parse_number(args, word, value);
}

static int run(char *line)
{
	struct bench_args args = {
		.dsts = 1, .step = 1, .port = 9999, .size = 64, .count = 1000,
		.burst = 64,
	};
	struct net *net = current->nsproxy->net_ns;
	char *command = strsep(&line, " "), *word;
	int err;

	bench_result[0] = '\0';
	if (!strcmp(command, "mark")) {
		if (line && !strcmp(line, "start"))
			bench_mark_start();
		else
			bench_mark_stop();
		return 0;
	}
	while ((word = strsep(&line, " "))) {
		err = *word ? parse_word(&args, word) : 0;
		if (err)
			return err;
	}
	if (!args.count || !args.burst || !args.dsts)
		return -EINVAL;
	if (!strcmp(command, "sink"))
		return bench_sink_open(net, &args);
	if (!strcmp(command, "send"))
		return bench_send(net, &args, bench_result, sizeof(bench_result));
	if (!strcmp(command, "cipher"))
		return bench_cipher(&args, bench_result, sizeof(bench_result));
	if (strcmp(command, "close"))
		return -EINVAL;
	bench_sink_close();
	return 0;
}

static ssize_t bench_write(struct file *file, const char __user *from, size_t len,
			   loff_t *pos)
{
	char *line = memdup_user_nul(from, min_t(size_t, len, 1000));
	int err;

	if (IS_ERR(line))
		return PTR_ERR(line);
	mutex_lock(&bench_lock);
	err = run(strim(line));
	mutex_unlock(&bench_lock);
	kfree(line);
	return err ?: len;
}

static ssize_t bench_read(struct file *file, char __user *to, size_t len,
			  loff_t *pos)
{
	char text[sizeof(bench_result) + 1];
	int n;

	mutex_lock(&bench_lock);
	n = scnprintf(text, sizeof(text), "%s\n", bench_result);
	mutex_unlock(&bench_lock);
	return simple_read_from_buffer(to, len, pos, text, n);
}

static const struct proc_ops bench_ops = {
	.proc_write = bench_write,
	.proc_read = bench_read,
};

static int __init bench_init(void)
{
	return proc_create("ipsec_bench", 0600, NULL, &bench_ops) ? 0 : -ENOMEM;
}

static void __exit bench_exit(void)
{
	remove_proc_entry("ipsec_bench", NULL);
	bench_sink_close();
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_DESCRIPTION("Packet generator and sink of the ipsec module's benchmark");
MODULE_LICENSE("GPL");
