// SPDX-License-Identifier: MIT
/*
 * main.c - ipsec-iked: opens what only root may open, gives up its rights, and runs.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "confine.h"
#include "control.h"
#include "log.h"
#include "loop.h"

struct options {
	const char *user;
	const char *control;
};

static const char usage[] =
	"usage: ipsec-iked [-v] [-u USER] [-s SOCKET]\n"
	"\n"
	"  -v         say more: each message\n"
	"  -u USER    run as this user (default ipsec)\n"
	"  -s SOCKET  where ipsecctl finds it (default " CONTROL_PATH ")\n"
	"  -V         the version\n";

static int options_parse(int argc, char **argv, struct options *options)
{
	int c;

	*options = (struct options){ CONFINE_USER, CONTROL_PATH };
	while ((c = getopt(argc, argv, "vu:s:Vh")) != -1) {
		switch (c) {
		case 'v':
			log_set_level(LOG_DEBUG);
			break;
		case 'u':
			options->user = optarg;
			break;
		case 's':
			options->control = optarg;
			break;
		case 'V':
			puts("ipsec-iked " IPSEC_VERSION);
			exit(0);
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			return -EINVAL;
		}
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "ipsec-iked: \"%s\" is too much\n%s", argv[optind], usage);
	return -EINVAL;
}

static void receive(void *arg, const struct endpoint *local,
		    const struct endpoint *remote, struct bytes message)
{
	daemon_receive(arg, local, remote, message);
}

/* Interfaces that were up when an earlier daemon ended */
static void take_up(struct daemon *d)
{
	DIR *dir = opendir(UP_DIR);
	char path[PATH_MAX], error[CONTROL_ERROR_MAX];
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char ifname[IFNAMSIZ], *link;
		size_t len = strcspn(entry->d_name, ".");

		if (!len || len >= sizeof(ifname))
			continue;
		memcpy(ifname, entry->d_name, len);
		ifname[len] = '\0';
		snprintf(path, sizeof(path), UP_DIR "/%s", entry->d_name);
		link = realpath(path, NULL);
		if (link && if_nametoindex(ifname) && control_load_file(d, link, error))
			log_line(LOG_ERROR, ifname, "%s: %s", link, error);
		free(link);
	}
	if (dir)
		closedir(dir);
}

/* To a systemd that waits for it (sd_notify(3)): ipsecctl is answered from now on */
static void tell_ready(void)
{
	static const char ready[] = "READY=1";
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (!path || path[0] != '/' || strlen(path) >= sizeof(sa.sun_path))
		return;
	strcpy(sa.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    sendto(fd, ready, sizeof(ready) - 1, MSG_NOSIGNAL, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		log_line(LOG_WARN, NULL, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static int complain(const char *sentence)
{
	log_line(LOG_ERROR, NULL, "%s", sentence);
	return EXIT_FAILURE;
}

/* With everything open: until somebody says that it is enough */
static int run(const struct options *options, struct kernel *kernel, struct udp *udp,
	       int control)
{
	char error[CONFINE_ERROR_MAX];
	static struct daemon d;
	int err;

	daemon_init(&d, kernel, udp_send, udp);
	timers_run(&d.timers, loop_now_ms());
	udp->receive = receive;
	udp->arg = &d;
	kernel->on_event = daemon_kernel_event;
	kernel->arg = &d;
	take_up(&d);
	if (confine(options->user, error))
		return complain(error);
	log_line(LOG_INFO, NULL, "ipsec-iked " IPSEC_VERSION " is ready");
	tell_ready();
	err = loop_run(&d, udp, control);
	daemon_free(&d, true);
	return err ? complain(strerror(-err)) : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	char error[KERNEL_ERROR_MAX];
	struct options options;
	struct kernel *kernel;
	int control, code;
	struct udp udp;

	if (options_parse(argc, argv, &options))
		return 2;
	kernel = kernel_netlink_open(true, error);
	if (!kernel)
		return complain(error);
	if (udp_open(&udp, error))
		return complain(error);
	mkdir(RUN_DIR, 0755);
	control = control_listen(options.control);
	if (control < 0) {
		snprintf(error, sizeof(error), "%s: %s", options.control, strerror(-control));
		return complain(error);
	}
	code = run(&options, kernel, &udp, control);
	close(control);
	udp_close(&udp);
	kernel_netlink_close(kernel);
	return code;
}
