// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipsec_test_fault.c - does wrong what the checkers of a debug kernel are there for, as it
 * is told: tests/vm/checkers.sh wants a report of each.
 */
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

static void out_of_bounds(void)
{
	size_t size = 20;
	u8 *p = kmalloc(size, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(size);
	if (p)
		WRITE_ONCE(p[size], 1);
	kfree(p);
}

static void use_after_free(void)
{
	u8 *p = kmalloc(20, GFP_KERNEL);
	u8 *gone = p;

	OPTIMIZER_HIDE_VAR(gone);
	kfree(p);
	if (gone)
		WRITE_ONCE(gone[4], 1);
}

static void leak(void)
{
	u8 *p = kmalloc(20, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
}

static void shift(void)
{
	unsigned int by = 40;

	OPTIMIZER_HIDE_VAR(by);
	pr_info("fault: %u\n", 1u << by);
}

static DEFINE_MUTEX(a);
static DEFINE_MUTEX(b);

static void lock_order(void)
{
	mutex_lock(&a);
	mutex_lock(&b);
	mutex_unlock(&b);
	mutex_unlock(&a);
	mutex_lock(&b);
	mutex_lock(&a);
	mutex_unlock(&a);
	mutex_unlock(&b);
}

static void lock_in_softirq(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock_bh(&lock);
	spin_unlock_bh(&lock);
	/* as if it came now, and in the middle of what follows */
	local_bh_disable();
	lockdep_softirq_enter();
	spin_lock(&lock);
	spin_unlock(&lock);
	lockdep_softirq_exit();
	local_bh_enable();
	spin_lock(&lock);
	spin_unlock(&lock);
}

static void sleep_locked(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
}

static void no_rcu_lock(void)
{
	static int __rcu *p;

	pr_info("fault: %d\n", !rcu_dereference(p));
}

static void timed_out(struct timer_list *t)
{
}

static void free_active_timer(void)
{
	struct timer_list *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return;
	timer_setup(t, timed_out, 0);
	mod_timer(t, jiffies + 100 * HZ);
	kfree(t);
}

static int counted;

static int race_other(void *unused)
{
	while (!kthread_should_stop()) {
		counted++;
		cond_resched();
	}
	return 0;
}

static void race(void)
{
	unsigned long until = jiffies + 2 * HZ;
	struct task_struct *other = kthread_run(race_other, NULL, "ipsec_test_fault");

	if (IS_ERR(other))
		return;
	while (time_before(jiffies, until)) {
		counted++;
		cond_resched();
	}
	kthread_stop(other);
}

static const struct {
	const char *name;
	void (*commit)(void);
} faults[] = {
	{ "out-of-bounds", out_of_bounds },
	{ "use-after-free", use_after_free },
	{ "leak", leak },
	{ "shift", shift },
	{ "lock-order", lock_order },
	{ "lock-in-softirq", lock_in_softirq },
	{ "sleep-locked", sleep_locked },
	{ "no-rcu-lock", no_rcu_lock },
	{ "free-active-timer", free_active_timer },
	{ "race", race },
};

static int fault_set(const char *val, const struct kernel_param *kp)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (sysfs_streq(val, faults[i].name)) {
			faults[i].commit();
			return 0;
		}
	}
	return -EINVAL;
}

static const struct kernel_param_ops fault_ops = {
	.set = fault_set,
};

module_param_cb(fault, &fault_ops, NULL, 0200);
MODULE_PARM_DESC(fault, "the one to commit now");

MODULE_DESCRIPTION("what the checkers of a debug kernel are there for");
MODULE_LICENSE("GPL");
