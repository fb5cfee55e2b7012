/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Notices connections to named's control channel (control.h). Monitor's thread
 * only.
 *
 * Stream sockets that listen on a port on which no UDP socket listens are taken for
 * the control channel; named's statistics channel is taken along, which does no harm.
 * Ours is not: each scrape would have the debug level followed for a while.
 *
 * named may close them at any time, and libuv aborts when a descriptor that it was
 * given is gone. So they are in an epoll set of our own, whose errors do not matter
 * and which they leave by themselves, and libuv watches that set alone.
 */
#include <errno.h>
#include <stdlib.h>
#ifdef HAVE_SYS_EPOLL_H
#include <sys/epoll.h>
#endif
#include <unistd.h>
#include <uv.h>

#include <xfrwatch/control.h>

#include "sockets.h"

#define UDP_PORTS_MAX 64

struct xfw_control {
	void (*knocked)(void *arg);
	void *arg;
	uv_poll_t poll;
	int set; /* epoll; -1: not to be had */
	bool reported; /* some socket, and is not watched since */
	size_t count;
	int fds[XFW_CONTROL_SOCKETS];
};

/* What a look at all descriptors finds. */
typedef struct found {
	uv_loop_t *loop; /* ours */
	unsigned udp_ports[UDP_PORTS_MAX];
	size_t udp_count;
	int fds[XFW_CONTROL_SOCKETS];
	size_t fd_count;
} found_t;

static void
find_udp(void *arg, int fd) {
	found_t *found = arg;
	struct sockaddr_storage address;

	if (found->udp_count < UDP_PORTS_MAX &&
	    xfw_sockets_udp_listener(fd, &address))
	{
		found->udp_ports[found->udp_count++] =
			xfw_sockets_port(&address);
	}
}

/* A descriptor to compare with; found: -1 from then on. */
static void
compare(uv_handle_t *handle, void *arg) {
	uv_os_fd_t fd;
	int *wanted = arg;

	if (uv_fileno(handle, &fd) == 0 && fd == *wanted) {
		*wanted = -1;
	}
}

/* What our own loop serves is no channel of named's. */
static bool
is_ours(uv_loop_t *loop, int fd) {
	uv_walk(loop, compare, &fd);
	return (fd == -1);
}

static void
find_stream(void *arg, int fd) {
	found_t *found = arg;
	struct sockaddr_storage address;

	if (found->fd_count == XFW_CONTROL_SOCKETS ||
	    !xfw_sockets_stream_listener(fd, &address) || is_ours(found->loop, fd))
	{
		return;
	}
	for (size_t i = 0; i < found->udp_count; i++) {
		if (found->udp_ports[i] == xfw_sockets_port(&address)) {
			return;
		}
	}
	found->fds[found->fd_count++] = fd;
}

/*--- the set ------------------------------------------------------------------*/

#ifdef HAVE_SYS_EPOLL_H

static int
set_create(void) {
	return (epoll_create1(EPOLL_CLOEXEC));
}

/*
 * One report, then silence until the next call: the connection stays in the queue
 * until named takes it, and looking on would only keep the loop busy.
 */
static void
set_watch(int set, int fd) {
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT,
				     .data.fd = fd };

	if (epoll_ctl(set, EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT) {
		(void)epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
	}
}

static void
set_forget(int set, int fd) {
	(void)epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL);
}

static bool
set_take(int set) {
	struct epoll_event events[XFW_CONTROL_SOCKETS];

	return (epoll_wait(set, events, XFW_CONTROL_SOCKETS, 0) > 0);
}

#else /* the next pulse has to do */

static int
set_create(void) {
	return (-1);
}

static void
set_watch(int set, int fd) {
	(void)set;
	(void)fd;
}

static void
set_forget(int set, int fd) {
	(void)set;
	(void)fd;
}

static bool
set_take(int set) {
	(void)set;
	return (false);
}

#endif

/*--- the contract ----------------------------------------------------------------*/

static void
readable(uv_poll_t *poll, int status, int events) {
	xfw_control_t *control = poll->data;

	(void)status;
	(void)events;
	if (set_take(control->set)) {
		control->reported = true;
		control->knocked(control->arg);
	}
}

xfw_control_t *
xfw_control_open(struct uv_loop_s *loop, void (*knocked)(void *arg),
		 void *arg) {
	xfw_control_t *control = calloc(1, sizeof(*control));

	if (control == NULL) {
		return (NULL);
	}
	control->knocked = knocked;
	control->arg = arg;
	control->poll.data = control;
	control->set = set_create();
	if (control->set >= 0 &&
	    (uv_poll_init(loop, &control->poll, control->set) != 0 ||
	     uv_poll_start(&control->poll, UV_READABLE, readable) != 0))
	{
		(void)close(control->set);
		control->set = -1;
	}
	return (control);
}

static void
closed(uv_handle_t *handle) {
	xfw_control_t *control = handle->data;

	(void)close(control->set);
	free(control);
}

void
xfw_control_close(xfw_control_t *control) {
	if (control == NULL) {
		return;
	}
	if (control->set >= 0) {
		uv_close((uv_handle_t *)&control->poll, closed);
	} else {
		free(control);
	}
}

static void
watch_all(xfw_control_t *control) {
	control->reported = false;
	for (size_t i = 0; i < control->count; i++) {
		set_watch(control->set, control->fds[i]);
	}
}

void
xfw_control_discover(xfw_control_t *control) {
	found_t found = { .loop = control->poll.loop };

	if (control->set < 0) {
		return;
	}
	xfw_sockets_each(find_udp, &found);
	xfw_sockets_each(find_stream, &found);
	for (size_t i = 0; i < control->count; i++) {
		set_forget(control->set, control->fds[i]);
	}
	control->count = found.fd_count;
	for (size_t i = 0; i < found.fd_count; i++) {
		control->fds[i] = found.fds[i];
	}
	watch_all(control);
}

bool
xfw_control_known(const xfw_control_t *control) {
	return (control->set >= 0 && control->count > 0);
}

void
xfw_control_rearm(xfw_control_t *control) {
	if (control->reported) {
		watch_all(control);
	}
}
