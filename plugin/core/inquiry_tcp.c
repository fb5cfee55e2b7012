/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A connection of an inquiry, and a question over it (inquiry.h): two bytes of length,
 * then the message (RFC 1035, 4.2.2). Only the first message is read, and one timer
 * runs for all of it, however slowly its bytes come. The loop's thread only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "inquiry_priv.h"

#define HEADER_LEN 12 /* RFC 1035, 4.1.1 */

static void
on_silence(uv_timer_t *timer) {
	xfw_inquiry_t *inquiry = timer->data;

	xfw_inquiry_timeout(inquiry);
	if (inquiry->tcp.got > 0) {
		(void)snprintf(inquiry->finding.note, sizeof(inquiry->finding.note),
			       "%zu bytes of an answer came", inquiry->tcp.got);
	}
	xfw_inquiry_ready(inquiry);
}

/*--- connecting -------------------------------------------------------------------*/

static void
on_connected(uv_poll_t *poll, int status, int events) {
	xfw_inquiry_socket_t *of = poll->data;
	xfw_inquiry_t *inquiry = of->inquiry;
	int error;

	(void)events;
	if (inquiry == NULL) {
		return;
	}
	error = xfw_inquiry_pending(inquiry);
	if (error == 0 && status < 0) {
		error = -status;
	}
	/* A reset comes to what was connected: the question will find out. */
	if (error == 0 || error == ECONNRESET || error == EPIPE) {
		(void)uv_poll_stop(poll);
		(void)xfw_inquiry_result(inquiry, XFW_RESULT_DONE, NULL);
	} else {
		(void)xfw_inquiry_failed(inquiry, error);
	}
	xfw_inquiry_ready(inquiry);
}

bool
xfw_inquiry_tcp_connect(xfw_inquiry_t *inquiry) {
	int error;

	inquiry->since_ns = uv_hrtime();
	error = xfw_inquiry_open(inquiry, SOCK_STREAM);
	if (error == 0) {
		error = xfw_inquiry_listen(inquiry, UV_WRITABLE, on_connected);
	}
	return (error == 0 ? xfw_inquiry_wait(inquiry, on_silence,
					      inquiry->times.tcp_ms)
			   : xfw_inquiry_failed(inquiry, error));
}

/*--- asking ---------------------------------------------------------------------*/

void
xfw_inquiry_tcp_forget(xfw_inquiry_t *inquiry) {
	free(inquiry->tcp.answer);
	inquiry->tcp = (xfw_inquiry_tcp_t){ 0 };
}

static bool
load(xfw_inquiry_t *inquiry) {
	xfw_inquiry_tcp_t *tcp = &inquiry->tcp;
	const xfw_query_wire_t *query = &inquiry->query[0];

	if (!xfw_inquiry_build(inquiry, 0)) {
		return (false);
	}
	xfw_inquiry_tcp_forget(inquiry);
	tcp->out[0] = (uint8_t)(query->len >> 8);
	tcp->out[1] = (uint8_t)query->len;
	memcpy(tcp->out + 2, query->data, query->len);
	tcp->out_len = 2 + query->len;
	inquiry->since_ns = inquiry->query_ns[0] = uv_hrtime();
	return (true);
}

static ssize_t
give(xfw_inquiry_t *inquiry, const void *data, size_t len) {
	return (inquiry->tls != NULL
			? xfw_inquiry_tls_send(inquiry, data, len)
			: send(inquiry->socket->fd, data, len, MSG_NOSIGNAL));
}

static ssize_t
get(xfw_inquiry_t *inquiry, void *at, size_t size) {
	return (inquiry->tls != NULL ? xfw_inquiry_tls_recv(inquiry, at, size)
				     : recv(inquiry->socket->fd, at, size, 0));
}

/* Sends what is left of the query. True: go on waiting. */
static bool
push(xfw_inquiry_t *inquiry) {
	xfw_inquiry_tcp_t *tcp = &inquiry->tcp;

	while (tcp->sent < tcp->out_len) {
		ssize_t len = give(inquiry, tcp->out + tcp->sent,
				   tcp->out_len - tcp->sent);

		if (len >= 0) {
			tcp->sent += (size_t)len;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return (true);
		} else if (errno != EINTR) {
			return (xfw_inquiry_failed(inquiry, errno));
		}
	}
	return (true);
}

static size_t
announced(const xfw_inquiry_tcp_t *tcp) {
	return ((size_t)tcp->prefix[0] << 8 | tcp->prefix[1]);
}

/* Where the next bytes of the answer go, and how many at most. */
static size_t
room(xfw_inquiry_tcp_t *tcp, uint8_t **at) {
	if (tcp->got < 2) {
		*at = tcp->prefix + tcp->got;
		return (2 - tcp->got);
	}
	*at = tcp->answer + (tcp->got - 2);
	return (2 + announced(tcp) - tcp->got);
}

/* The length is known: room for that much, and no more. */
static bool
expect(xfw_inquiry_t *inquiry) {
	xfw_inquiry_tcp_t *tcp = &inquiry->tcp;
	char note[XFW_FINDING_NOTE];

	if (announced(tcp) < HEADER_LEN) {
		(void)snprintf(note, sizeof(note), "a message of %zu bytes",
			       announced(tcp));
		return (xfw_inquiry_result(inquiry, XFW_RESULT_MALFORMED, note));
	}
	tcp->answer = malloc(announced(tcp));
	return (tcp->answer != NULL || xfw_inquiry_failed(inquiry, ENOMEM));
}

/* The answer is whole. True: go on waiting, for the one without EDNS. */
static bool
take(xfw_inquiry_t *inquiry) {
	const xfw_inquiry_tcp_t *tcp = &inquiry->tcp;

	if (!xfw_wire_is_answer(&inquiry->query[0], tcp->answer, announced(tcp))) {
		return (xfw_inquiry_result(inquiry, XFW_RESULT_MALFORMED,
					   "not an answer to this question"));
	}
	if (xfw_inquiry_read(inquiry, 0, tcp->answer, announced(tcp))) {
		return (false);
	}
	return (load(inquiry) && push(inquiry));
}

static bool
hung_up(xfw_inquiry_t *inquiry) {
	char note[XFW_FINDING_NOTE];

	(void)snprintf(note, sizeof(note), "%s", inquiry->finding.note);
	if (inquiry->tcp.got > 0) {
		(void)snprintf(note, sizeof(note), "after %zu bytes of an answer",
			       inquiry->tcp.got);
	}
	return (xfw_inquiry_result(inquiry, XFW_RESULT_CLOSED, note));
}

/* Reads what is there. True: go on waiting. */
static bool
pull(xfw_inquiry_t *inquiry) {
	xfw_inquiry_tcp_t *tcp = &inquiry->tcp;

	for (;;) {
		uint8_t *at;
		size_t size = room(tcp, &at);
		ssize_t len = get(inquiry, at, size);

		if (len == 0) {
			return (hung_up(inquiry));
		} else if (len > 0) {
			tcp->got += (size_t)len;
			if (tcp->got == 2 && !expect(inquiry)) {
				return (false);
			}
			if (tcp->got > 2 && tcp->got == 2 + announced(tcp) &&
			    !take(inquiry))
			{
				return (false);
			}
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return (true);
		} else if (errno != EINTR) {
			return (xfw_inquiry_failed(inquiry, errno));
		}
	}
}

static int
listen_on(xfw_inquiry_t *inquiry);

static void
on_ready(uv_poll_t *poll, int status, int events) {
	xfw_inquiry_socket_t *of = poll->data;
	xfw_inquiry_t *inquiry = of->inquiry;
	bool waiting;
	int error;

	(void)events;
	if (inquiry == NULL) {
		return;
	}
	waiting = push(inquiry) && pull(inquiry);
	if (waiting && status < 0 && ++inquiry->tcp.idle > XFW_INQUIRY_STRAYS) {
		waiting = xfw_inquiry_failed(inquiry, -status);
	}
	if (waiting && (error = listen_on(inquiry)) != 0) {
		waiting = xfw_inquiry_failed(inquiry, error);
	}
	if (!waiting) {
		xfw_inquiry_ready(inquiry);
	}
}

static int
listen_on(xfw_inquiry_t *inquiry) {
	bool more = inquiry->tcp.sent < inquiry->tcp.out_len ||
		    xfw_inquiry_tls_unsent(inquiry);

	return (xfw_inquiry_listen(inquiry,
				   UV_READABLE | (more ? UV_WRITABLE : 0),
				   on_ready));
}

bool
xfw_inquiry_tcp_ask(xfw_inquiry_t *inquiry) {
	int error;

	if (!load(inquiry) || !push(inquiry)) {
		return (false);
	}
	error = listen_on(inquiry);
	return (error == 0 ? xfw_inquiry_wait(inquiry, on_silence,
					      inquiry->times.soa_ms)
			   : xfw_inquiry_failed(inquiry, error));
}
