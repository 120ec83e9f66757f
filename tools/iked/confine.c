// SPDX-License-Identifier: MIT
/*
 * confine.c - gives up rights: user, capabilities, system calls.
 */
#define _GNU_SOURCE		/* setresuid() */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "confine.h"
#include "log.h"

static int fail(char *error, const char *what)
{
	int err = errno ? errno : EPERM;

	snprintf(error, CONFINE_ERROR_MAX, "%s: %s", what, strerror(err));
	return -err;
}

/* To be told of SAs and to make them is all that root is needed for */
static int keep_net_admin(void)
{
	const cap_value_t net_admin = CAP_NET_ADMIN;
	cap_t caps = cap_init();
	int err = -1;

	if (caps && !cap_set_flag(caps, CAP_PERMITTED, 1, &net_admin, CAP_SET) &&
	    !cap_set_flag(caps, CAP_EFFECTIVE, 1, &net_admin, CAP_SET))
		err = cap_set_proc(caps);
	cap_free(caps);
	return err;
}

static int change_user(const char *name, char *error)
{
	const struct passwd *user = getpwnam(name);

	if (!user) {
		snprintf(error, CONFINE_ERROR_MAX,
			 "there is no user %.32s to run as; run: useradd --system %.32s", name,
			 name);
		return -ENOENT;
	}
	if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, NULL) ||
	    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid))
		return fail(error, "becoming another user");
	if (keep_net_admin())
		return fail(error, "giving up capabilities");
	return 0;
}

/* What the event loop, the sockets, memory, files of configurations and libc need */
static const int calls[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
	SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(fcntl),
	SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(socket), SCMP_SYS(connect),
	SCMP_SYS(bind), SCMP_SYS(getsockname), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt), SCMP_SYS(shutdown), SCMP_SYS(ioctl),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_create), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(eventfd2),
	SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(pipe2),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
	SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(mremap),
	SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(getrandom),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(tgkill),
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(open), SCMP_SYS(openat),
	SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat), SCMP_SYS(newfstatat),
	SCMP_SYS(statx), SCMP_SYS(readlink), SCMP_SYS(getdents64), SCMP_SYS(access),
	SCMP_SYS(memfd_create), SCMP_SYS(ftruncate), SCMP_SYS(fchmod),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
	SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(uname), SCMP_SYS(sysinfo),
	SCMP_SYS(sched_yield), SCMP_SYS(getrusage), SCMP_SYS(prlimit64),
};

static int filter_calls(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err = ctx ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < sizeof(calls) / sizeof(calls[0]); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
	if (!err)
		err = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return err;
}

int confine(const char *name, char error[static CONFINE_ERROR_MAX])
{
	const struct rlimit none = { 0, 0 };
	int err = change_user(name, error);

	if (err)
		return err;
	/* a core would hold keys */
	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return fail(error, "giving up privileges");
	err = filter_calls();
	if (err)
		log_line(LOG_WARN, NULL,
			 "this kernel cannot limit the daemon's system calls: %s", strerror(-err));
	return 0;
}
