// SPDX-License-Identifier: MIT
/*
 * loop.c - the event loop.  Clients of the control socket get CLIENT_SECONDS for their
 * request; there are CLIENTS_MAX at a time.
 */
#define _GNU_SOURCE		/* accept4() */
#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "addresses.h"
#include "control.h"
#include "log.h"
#include "loop.h"

#define CLIENT_SECONDS	10
#define CLIENTS_MAX	16
#define ROOM_FIRST	65536		/* bytes for a request */

struct loop {
	struct ev_loop *ev;
	struct daemon *d;
	struct udp *udp;
	ev_io sockets[UDP_SOCKETS], kernel, control, addresses;
	ev_timer timer;
	ev_signal terminate, interrupt;
	ev_prepare prepare;
	unsigned int n_clients;
};

/* A connection of the control socket: a request is read, then its answer written */
struct client {
	struct loop *loop;
	ev_io io;
	ev_timer patience;
	char *buf;
	size_t room;			/* for the request */
	size_t len, at;			/* of the request; of the answer, and written */
	bool answering;
};

uint64_t loop_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static void run_timers(struct loop *loop)
{
	timers_run(&loop->d->timers, loop_now_ms());
}

static void on_socket(struct ev_loop *ev, ev_io *io, int events)
{
	struct loop *loop = io->data;

	(void)ev;
	(void)events;
	run_timers(loop);
	udp_read(loop->udp, io - loop->sockets);
}

static void on_kernel(struct ev_loop *ev, ev_io *io, int events)
{
	struct loop *loop = io->data;
	struct kernel *k = loop->d->kernel;

	(void)ev;
	(void)events;
	run_timers(loop);
	if (k->ops->events(k))
		log_line(LOG_ERROR, NULL, "events of the kernel: %s", k->error);
}

static void on_addresses(struct ev_loop *ev, ev_io *io, int events)
{
	struct loop *loop = io->data;

	(void)ev;
	(void)events;
	run_timers(loop);
	if (addresses_read(io->fd))
		daemon_addresses_changed(loop->d);
}

static void on_timer(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev;
	(void)events;
	run_timers(timer->data);
}

/* Before each wait: until the next timer at most */
static void on_prepare(struct ev_loop *ev, ev_prepare *prepare, int events)
{
	struct loop *loop = prepare->data;
	uint64_t wait = timers_next(&loop->d->timers);

	(void)events;
	ev_timer_stop(ev, &loop->timer);
	if (wait == UINT64_MAX)
		return;
	/* the clock may have gone on since the timers last ran; early is no harm */
	ev_timer_set(&loop->timer, wait / 1000. + 0.001, 0.);
	ev_timer_start(ev, &loop->timer);
}

static void on_signal(struct ev_loop *ev, ev_signal *signal, int events)
{
	(void)signal;
	(void)events;
	ev_break(ev, EVBREAK_ALL);
}

/* Clients */

static void client_free(struct client *c)
{
	ev_io_stop(c->loop->ev, &c->io);
	ev_timer_stop(c->loop->ev, &c->patience);
	close(c->io.fd);
	if (c->buf)
		OPENSSL_cleanse(c->buf, c->len);
	free(c->buf);
	c->loop->n_clients--;
	free(c);
}

static void client_answer(struct client *c)
{
	char *answer;
	int err;

	run_timers(c->loop);
	err = control_answer(c->loop->d, c->buf ? c->buf : "", c->len, &answer);
	if (c->buf)
		OPENSSL_cleanse(c->buf, c->len);
	free(c->buf);
	c->buf = err ? NULL : answer;
	c->len = err ? 0 : strlen(answer);
	c->answering = true;
	ev_io_stop(c->loop->ev, &c->io);
	ev_io_set(&c->io, c->io.fd, EV_WRITE);
	ev_io_start(c->loop->ev, &c->io);
}

/* Room for more, without leaving a copy of secrets behind.  False: too much */
static bool client_room(struct client *c)
{
	size_t room = c->room ? 2 * c->room : ROOM_FIRST;
	char *buf;

	if (c->len < c->room)
		return true;
	if (c->len > CONTROL_REQUEST_MAX)
		return false;
	buf = malloc(room);
	if (!buf)
		return false;
	if (c->buf) {
		memcpy(buf, c->buf, c->len);
		OPENSSL_cleanse(c->buf, c->len);
		free(c->buf);
	}
	c->buf = buf;
	c->room = room;
	return true;
}

/* False: the client is to go */
static bool client_read(struct client *c)
{
	ssize_t n;

	if (!client_room(c))
		return false;
	n = read(c->io.fd, c->buf + c->len, c->room - c->len);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->len += n;
	if (!n)
		client_answer(c);
	return true;
}

static bool client_write(struct client *c)
{
	ssize_t n = send(c->io.fd, c->buf + c->at, c->len - c->at, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->at += n;
	return c->at < c->len;
}

static void on_client(struct ev_loop *ev, ev_io *io, int events)
{
	struct client *c = io->data;

	(void)ev;
	(void)events;
	if (!(c->answering ? client_write(c) : client_read(c)))
		client_free(c);
}

static void on_impatience(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev;
	(void)events;
	client_free(timer->data);
}

/* The socket's mode says so already; a descriptor may have been handed on */
static bool may_connect(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) && !who.uid;
}

static void on_control(struct ev_loop *ev, ev_io *io, int events)
{
	struct loop *loop = io->data;
	int fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c = NULL;

	(void)events;
	if (fd < 0)
		return;
	if (loop->n_clients < CLIENTS_MAX && may_connect(fd))
		c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return;
	}
	loop->n_clients++;
	c->loop = loop;
	ev_io_init(&c->io, on_client, fd, EV_READ);
	c->io.data = c;
	ev_io_start(ev, &c->io);
	ev_timer_init(&c->patience, on_impatience, CLIENT_SECONDS, 0.);
	c->patience.data = c;
	ev_timer_start(ev, &c->patience);
}

static void watch(struct loop *loop, ev_io *io,
		  void (*fn)(struct ev_loop *ev, ev_io *io, int events), int fd)
{
	ev_io_init(io, fn, fd, EV_READ);
	io->data = loop;
	if (fd >= 0)
		ev_io_start(loop->ev, io);
}

static void watch_signal(struct loop *loop, ev_signal *watcher, int number)
{
	ev_signal_init(watcher, on_signal, number);
	ev_signal_start(loop->ev, watcher);
}

int loop_run(struct daemon *d, struct udp *udp, int control_fd)
{
	struct loop loop = { .ev = ev_default_loop(0), .d = d, .udp = udp };

	if (!loop.ev)
		return -ENOSYS;
	signal(SIGPIPE, SIG_IGN);
	for (unsigned int i = 0; i < UDP_SOCKETS; i++)
		watch(&loop, &loop.sockets[i], on_socket, udp->fds[i]);
	watch(&loop, &loop.kernel, on_kernel, d->kernel->ops->fd(d->kernel));
	watch(&loop, &loop.control, on_control, control_fd);
	watch(&loop, &loop.addresses, on_addresses, addresses_open());
	ev_timer_init(&loop.timer, on_timer, 0., 0.);
	loop.timer.data = &loop;
	ev_prepare_init(&loop.prepare, on_prepare);
	loop.prepare.data = &loop;
	ev_prepare_start(loop.ev, &loop.prepare);
	watch_signal(&loop, &loop.terminate, SIGTERM);
	watch_signal(&loop, &loop.interrupt, SIGINT);
	ev_run(loop.ev, 0);
	if (loop.addresses.fd >= 0)
		close(loop.addresses.fd);
	ev_loop_destroy(loop.ev);
	return 0;
}
