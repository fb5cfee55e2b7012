/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A question of an inquiry over UDP (inquiry.h). The socket is connected: the kernel
 * drops what comes from elsewhere, and tells of ICMP errors. An answer to the first
 * try still counts during the second. The loop's thread only.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "inquiry_priv.h"

#define DATAGRAM_MAX 4096 /* we ask for XFW_WIRE_UDP_SIZE; the rest is cut */

static void
on_readable(uv_poll_t *poll, int status, int events);

static void
on_silence(uv_timer_t *timer);

/* Sends query[`which`]. What the host has no room for now is as good as lost. */
static bool
send_query(xfw_inquiry_t *inquiry, unsigned which) {
	xfw_query_wire_t *query = &inquiry->query[which];

	if (!xfw_inquiry_build(inquiry, which)) {
		return (false);
	}
	inquiry->since_ns = inquiry->query_ns[which] = uv_hrtime();
	if (send(inquiry->socket->fd, query->data, query->len, MSG_NOSIGNAL) < 0 &&
	    errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS &&
	    errno != EINTR)
	{
		return (xfw_inquiry_failed(inquiry, errno));
	}
	return (true);
}

static bool
next_try(xfw_inquiry_t *inquiry) {
	return (send_query(inquiry, inquiry->tries++) &&
		xfw_inquiry_wait(inquiry, on_silence, inquiry->times.udp_ms));
}

bool
xfw_inquiry_udp(xfw_inquiry_t *inquiry) {
	int error = xfw_inquiry_open(inquiry, SOCK_DGRAM);

	if (error == 0) {
		error = xfw_inquiry_listen(inquiry, UV_READABLE, on_readable);
	}
	return (error == 0 ? next_try(inquiry)
			   : xfw_inquiry_failed(inquiry, error));
}

static void
on_silence(uv_timer_t *timer) {
	xfw_inquiry_t *inquiry = timer->data;

	if (inquiry->tries == XFW_INQUIRY_TRIES) {
		inquiry->since_ns = inquiry->query_ns[0];
		xfw_inquiry_timeout(inquiry);
	} else if (next_try(inquiry)) {
		return;
	}
	xfw_inquiry_ready(inquiry);
}

static bool
stray(xfw_inquiry_t *inquiry) {
	char note[XFW_FINDING_NOTE];

	if (++inquiry->strays < XFW_INQUIRY_STRAYS) {
		return (true);
	}
	(void)snprintf(note, sizeof(note), "%u datagrams that are not the answer",
		       inquiry->strays);
	return (xfw_inquiry_result(inquiry, XFW_RESULT_MALFORMED, note));
}

/* True: go on waiting. */
static bool
take(xfw_inquiry_t *inquiry, const uint8_t *data, size_t len) {
	for (unsigned i = 0; i < inquiry->tries; i++) {
		if (xfw_wire_is_answer(&inquiry->query[i], data, len)) {
			inquiry->since_ns = inquiry->query_ns[i];
			/* Without EDNS the same try, with what time is left. */
			return (!xfw_inquiry_read(inquiry, i, data, len) &&
				send_query(inquiry, i));
		}
	}
	return (stray(inquiry));
}

/* Reads what is there. True: go on waiting. */
static bool
drain(xfw_inquiry_t *inquiry) {
	uint8_t data[DATAGRAM_MAX];

	for (;;) {
		ssize_t len = recv(inquiry->socket->fd, data, sizeof(data), 0);

		if (len >= 0) {
			if (!take(inquiry, data, (size_t)len)) {
				return (false);
			}
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return (true);
		} else if (errno != EINTR) {
			return (xfw_inquiry_failed(inquiry, errno));
		}
	}
}

static void
on_readable(uv_poll_t *poll, int status, int events) {
	xfw_inquiry_socket_t *of = poll->data;
	xfw_inquiry_t *inquiry = of->inquiry;
	bool waiting;

	(void)events;
	if (inquiry == NULL) {
		return;
	}
	waiting = drain(inquiry);
	if (waiting && status < 0) { /* libuv stops listening with an error */
		int error = xfw_inquiry_listen(inquiry, UV_READABLE, on_readable);

		waiting = error == 0 ? stray(inquiry)
				     : xfw_inquiry_failed(inquiry, error);
	}
	if (!waiting) {
		xfw_inquiry_ready(inquiry);
	}
}
