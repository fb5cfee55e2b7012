/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Notices connections to named's control channel (control.h). Monitor's thread
 * only.
 *
 * Stream sockets that listen on a port on which no UDP socket listens are taken for
 * the control channel; a statistics channel is taken along, which does no harm. A
 * descriptor that named closes leaves the poll set by itself.
 */
#include <stdlib.h>
#include <uv.h>

#include <xfrwatch/control.h>

#include "sockets.h"

#define UDP_PORTS_MAX 64

typedef struct watch {
	uv_poll_t poll;
	xfw_control_t *control;
	int fd;
} watch_t;

struct xfw_control {
	uv_loop_t *loop;
	void (*knocked)(void *arg);
	void *arg;
	size_t count;
	watch_t *watches[XFW_CONTROL_SOCKETS];
	unsigned closing; /* handles still to be closed */
	bool ended;
};

/* What a look at all descriptors finds. */
typedef struct found {
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

static void
find_stream(void *arg, int fd) {
	found_t *found = arg;
	struct sockaddr_storage address;

	if (found->fd_count == XFW_CONTROL_SOCKETS ||
	    !xfw_sockets_stream_listener(fd, &address))
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

static void
release(xfw_control_t *control) {
	if (control->ended && control->closing == 0) {
		free(control);
	}
}

static void
closed(uv_handle_t *handle) {
	watch_t *watch = handle->data;
	xfw_control_t *control = watch->control;

	free(watch);
	control->closing--;
	release(control);
}

static void
drop(xfw_control_t *control) {
	for (size_t i = 0; i < control->count; i++) {
		control->closing++;
		uv_close((uv_handle_t *)&control->watches[i]->poll, closed);
	}
	control->count = 0;
}

/* The connection stays in the queue until named takes it, so looking on would
 * only keep the loop busy. */
static void
readable(uv_poll_t *poll, int status, int events) {
	watch_t *watch = poll->data;

	(void)status;
	(void)events;
	(void)uv_poll_stop(poll);
	if (!watch->control->ended) {
		watch->control->knocked(watch->control->arg);
	}
}

static void
add(xfw_control_t *control, int fd) {
	watch_t *watch = calloc(1, sizeof(*watch));

	if (watch == NULL) {
		return;
	}
	watch->control = control;
	watch->fd = fd;
	if (uv_poll_init(control->loop, &watch->poll, fd) != 0) {
		free(watch);
		return;
	}
	watch->poll.data = watch;
	(void)uv_poll_start(&watch->poll, UV_READABLE, readable);
	control->watches[control->count++] = watch;
}

xfw_control_t *
xfw_control_open(struct uv_loop_s *loop, void (*knocked)(void *arg),
		 void *arg) {
	xfw_control_t *control = calloc(1, sizeof(*control));

	if (control != NULL) {
		control->loop = loop;
		control->knocked = knocked;
		control->arg = arg;
	}
	return (control);
}

void
xfw_control_close(xfw_control_t *control) {
	if (control != NULL) {
		drop(control);
		control->ended = true;
		release(control);
	}
}

void
xfw_control_discover(xfw_control_t *control) {
	found_t found = { .udp_count = 0 };
	bool changed;

	xfw_sockets_each(find_udp, &found);
	xfw_sockets_each(find_stream, &found);
	changed = found.fd_count != control->count;
	for (size_t i = 0; i < found.fd_count && !changed; i++) {
		changed = found.fds[i] != control->watches[i]->fd;
	}
	if (changed) {
		drop(control);
		for (size_t i = 0; i < found.fd_count; i++) {
			add(control, found.fds[i]);
		}
	}
}

void
xfw_control_rearm(xfw_control_t *control) {
	for (size_t i = 0; i < control->count; i++) {
		if (!uv_is_active((uv_handle_t *)&control->watches[i]->poll)) {
			(void)uv_poll_start(&control->watches[i]->poll,
					    UV_READABLE, readable);
		}
	}
}
