/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Queries of our own to named's own listeners (knock.h). Runs on the monitor's
 * thread, but for xfw_knock_own(), which the hook calls on named's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <xfrwatch/knock.h>

#include "sockets.h"

typedef struct source {
	uv_poll_t poll;
	xfw_knock_t *knock;
	struct sockaddr_storage address; /* of the listener, and our source */
	int fd;				 /* -1: not open */
	bool polled;
} source_t;

struct xfw_knock {
	uv_loop_t *loop;
	void (*answered)(void *arg);
	void *arg;
	size_t count;
	source_t *sources[XFW_KNOCK_LISTENERS];
	unsigned closing; /* handles still to be closed */
	bool ended;
	uint16_t id;
};

/* Source ports in use; read by the hook. */
static _Atomic uint16_t own_ports[XFW_KNOCK_LISTENERS];

bool
xfw_knock_own(uint16_t port) {
	for (size_t i = 0; i < XFW_KNOCK_LISTENERS; i++) {
		if (port != 0 && atomic_load_explicit(&own_ports[i],
						      memory_order_relaxed) ==
					 port)
		{
			return (true);
		}
	}
	return (false);
}

static bool
ours(void *arg, int fd) {
	const xfw_knock_t *knock = arg;

	for (size_t i = 0; i < knock->count; i++) {
		if (knock->sources[i]->fd == fd) {
			return (true);
		}
	}
	return (false);
}

static void
release(xfw_knock_t *knock) {
	if (knock->ended && knock->closing == 0) {
		free(knock);
	}
}

static void
closed(uv_handle_t *handle) {
	source_t *source = handle->data;
	xfw_knock_t *knock = source->knock;

	(void)close(source->fd);
	free(source);
	knock->closing--;
	release(knock);
}

static void
drop_sources(xfw_knock_t *knock) {
	for (size_t i = 0; i < knock->count; i++) {
		atomic_store_explicit(&own_ports[i], 0, memory_order_relaxed);
		knock->closing++;
		uv_close((uv_handle_t *)&knock->sources[i]->poll, closed);
	}
	knock->count = 0;
}

static void
readable(uv_poll_t *poll, int status, int events) {
	source_t *source = poll->data;
	char buf[512];
	bool any = false;

	(void)status;
	(void)events;
	/* ECONNREFUSED: nobody listens there any more; that is an answer too. */
	while (recv(source->fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0 ||
	       errno == ECONNREFUSED)
	{
		any = true;
	}
	if (any && !source->knock->ended) {
		source->knock->answered(source->knock->arg);
	}
}

/* A socket of our own at the listener's address, with a port of its own. */
static source_t *
open_source(xfw_knock_t *knock, const struct sockaddr_storage *listener_address,
	    size_t place) {
	struct sockaddr_storage own = *listener_address;
	socklen_t len = sizeof(own);
	source_t *source = calloc(1, sizeof(*source));

	if (source == NULL) {
		return (NULL);
	}
	source->knock = knock;
	source->address = *listener_address;
	source->fd = socket(own.ss_family,
			    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	*xfw_sockets_port_of(&own) = 0;
	if (source->fd < 0 ||
	    bind(source->fd, (struct sockaddr *)&own, xfw_sockets_size(&own)) != 0 ||
	    getsockname(source->fd, (struct sockaddr *)&own, &len) != 0 ||
	    uv_poll_init(knock->loop, &source->poll, source->fd) != 0)
	{
		if (source->fd >= 0) {
			(void)close(source->fd);
		}
		free(source);
		return (NULL);
	}
	source->poll.data = source;
	(void)uv_poll_start(&source->poll, UV_READABLE, readable);
	atomic_store_explicit(&own_ports[place], xfw_sockets_port(&own),
			      memory_order_relaxed);
	return (source);
}

xfw_knock_t *
xfw_knock_open(struct uv_loop_s *loop, void (*answered)(void *arg), void *arg) {
	xfw_knock_t *knock = calloc(1, sizeof(*knock));

	if (knock != NULL) {
		knock->loop = loop;
		knock->answered = answered;
		knock->arg = arg;
	}
	return (knock);
}

void
xfw_knock_close(xfw_knock_t *knock) {
	if (knock != NULL) {
		drop_sources(knock);
		knock->ended = true;
		release(knock);
	}
}

size_t
xfw_knock_discover(xfw_knock_t *knock) {
	struct sockaddr_storage found[XFW_KNOCK_LISTENERS];

	/* Sockets of ours that wait to be closed would look like listeners. */
	if (knock->closing > 0) {
		return (xfw_knock_paths(knock));
	}

	size_t count = xfw_sockets_dns(found, XFW_KNOCK_LISTENERS, ours, knock);
	bool changed = count != knock->count;

	for (size_t i = 0; i < count && !changed; i++) {
		changed = !xfw_sockets_same(&found[i], &knock->sources[i]->address);
	}
	if (changed) {
		drop_sources(knock);
		for (size_t i = 0; i < count; i++) {
			source_t *source = open_source(knock, &found[i],
						       knock->count);

			if (source != NULL) {
				knock->sources[knock->count++] = source;
			}
		}
	}
	return (xfw_knock_paths(knock));
}

size_t
xfw_knock_paths(const xfw_knock_t *knock) {
	return (knock->count * knock->count);
}

/* RFC 1035, 4.1: one question, RD clear, class IN, type TXT. */
static size_t
question(xfw_knock_t *knock, unsigned char *packet) {
	static const unsigned char fixed[] = {
		0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
		8, 'x', 'f', 'r', 'w', 'a', 't', 'c', 'h',
		7, 'i', 'n', 'v', 'a', 'l', 'i', 'd', 0,
		0, 16, 0, 1
	};

	memcpy(packet, fixed, sizeof(fixed));
	knock->id++;
	packet[0] = (unsigned char)(knock->id >> 8);
	packet[1] = (unsigned char)knock->id;
	return (sizeof(fixed));
}

bool
xfw_knock(xfw_knock_t *knock, size_t path) {
	unsigned char packet[64];

	if (path >= xfw_knock_paths(knock)) {
		return (false);
	}
	/* Like to like first: path k of the diagonal, then all the others. */
	size_t n = knock->count;
	size_t to = path % n;
	size_t from = (to + path / n) % n;
	const struct sockaddr_storage *address = &knock->sources[to]->address;

	if (knock->sources[from]->address.ss_family != address->ss_family) {
		return (false);
	}
	size_t len = question(knock, packet);

	return (sendto(knock->sources[from]->fd, packet, len, MSG_DONTWAIT,
		       (const struct sockaddr *)address,
		       xfw_sockets_size(address)) == (ssize_t)len);
}
