/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the files of an inquiry share: the sequence of checks (inquiry.c), the
 * sockets (inquiry_socket.c) and what is said over them (inquiry_udp.c,
 * inquiry_tcp.c, inquiry_tls.c). The loop's thread only.
 *
 * One check is under way at a time. A transport either fails at once (its function
 * returns false, the finding says why) or calls xfw_inquiry_ready() later, once.
 */
#ifndef INQUIRY_PRIV_H
#define INQUIRY_PRIV_H

#include <sys/types.h>
#include <uv.h>

#include <xfrwatch/inquiry.h>

#define XFW_INQUIRY_TRIES 2 /* over UDP */

/* How long an inquiry waits; tests have less time. NULL: the times of inquiry.h.
 * Inquiries take what holds when they start. */
typedef struct xfw_inquiry_times {
	uint32_t udp_ms;
	uint32_t tcp_ms;
	uint32_t soa_ms;
} xfw_inquiry_times_t;

void
xfw_inquiry_set_times(const xfw_inquiry_times_t *times);

/* A socket and its handle. Freed when the handle has closed, by then the inquiry may
 * be gone. */
typedef struct xfw_inquiry_socket {
	uv_poll_t poll;
	xfw_inquiry_t *inquiry; /* NULL: closing */
	int fd;
} xfw_inquiry_socket_t;

/* The TCP connection of the check under way. */
typedef struct xfw_inquiry_tcp {
	uint8_t out[2 + XFW_WIRE_QUERY_MAX]; /* length and query */
	size_t out_len;
	size_t sent;
	uint8_t prefix[2]; /* length of the answer */
	size_t got;	   /* bytes of length and answer */
	uint8_t *answer;   /* NULL until its first byte is due */
	unsigned idle;	   /* times that we were woken for nothing */
} xfw_inquiry_tcp_t;

/* The TLS session on it (inquiry_tls.c). */
typedef struct xfw_inquiry_tls xfw_inquiry_tls_t;

struct xfw_inquiry {
	uv_loop_t *loop;
	uv_timer_t deadline; /* of the whole */
	uv_timer_t timer;    /* of what is waited for now */
	unsigned handles;    /* of these two, not closed yet */
	bool ended;

	xfw_inquiry_spec_t spec;
	xfw_hmac_fn_t hmac;
	xfw_inquiry_done_t done;
	void *arg;
	xfw_inquiry_times_t times;

	xfw_findings_t findings;
	size_t step;	/* the next one */
	bool plain;	/* the primary does not understand EDNS */

	/* The check under way. */
	bool asking;
	xfw_inquiry_socket_t *socket;
	xfw_finding_t finding;
	uint64_t since_ns; /* monotonic, of the question that gets answered */
	uint16_t type;
	uint32_t serial;   /* IXFR: what we say to have */
	bool is_signed;
	unsigned tries;	   /* queries sent */
	unsigned strays;
	xfw_query_wire_t query[XFW_INQUIRY_TRIES];
	uint64_t query_ns[XFW_INQUIRY_TRIES];
	bool has_refusal;  /* of EDNS: stands if nothing better comes */
	xfw_finding_t refusal;
	xfw_inquiry_tcp_t tcp;
	xfw_inquiry_tls_t *tls; /* NULL: none, or not yet */
};

/*--- inquiry.c ------------------------------------------------------------------*/

/* The check under way is over; inquiry->finding has its result. */
void
xfw_inquiry_ready(xfw_inquiry_t *inquiry);

/* The time for something to come is over; `wait_ms` from now. */
bool
xfw_inquiry_wait(xfw_inquiry_t *inquiry, uv_timer_cb over, uint32_t wait_ms);

/* Builds the query of the check under way, with a new id, as query[`which`]. False:
 * it failed, the finding says so. */
bool
xfw_inquiry_build(xfw_inquiry_t *inquiry, unsigned which);

/* Reads the answer to query[`which`] into the finding. True: this is it. False: the
 * primary does not understand EDNS, and is to be asked again without. */
bool
xfw_inquiry_read(xfw_inquiry_t *inquiry, unsigned which, const uint8_t *data,
		 size_t len);

/* The check under way failed with that errno. Returns false. */
bool
xfw_inquiry_failed(xfw_inquiry_t *inquiry, int error);

/* It failed with that result; `note` may be NULL. Returns false. */
bool
xfw_inquiry_result(xfw_inquiry_t *inquiry, xfw_result_t result, const char *note);

/* It got no answer in time. */
void
xfw_inquiry_timeout(xfw_inquiry_t *inquiry);

/*--- inquiry_socket.c -------------------------------------------------------------*/

/* Whether the source address is on this host: 0 or an errno. */
int
xfw_inquiry_source(const struct sockaddr_storage *from);

/* Opens a socket of that type (SOCK_DGRAM, SOCK_STREAM), bound to the source address
 * and connected, or about to be. 0 or an errno. */
int
xfw_inquiry_open(xfw_inquiry_t *inquiry, int type);

/* Tells `ready` of `events` (UV_READABLE, UV_WRITABLE). 0 or an errno. */
int
xfw_inquiry_listen(xfw_inquiry_t *inquiry, int events, uv_poll_cb ready);

/* The socket's pending error; 0: none. */
int
xfw_inquiry_pending(const xfw_inquiry_t *inquiry);

/* No harm if there is none. */
void
xfw_inquiry_close(xfw_inquiry_t *inquiry);

/* What an errno of a socket's call says. */
xfw_result_t
xfw_inquiry_meaning(int error);

/*--- inquiry_udp.c, inquiry_tcp.c ---------------------------------------------------*/

/* Asks over UDP. */
bool
xfw_inquiry_udp(xfw_inquiry_t *inquiry);

/* Connects; xfw_inquiry_ready() with the result DONE when connected. */
bool
xfw_inquiry_tcp_connect(xfw_inquiry_t *inquiry);

/* Asks over the connection. */
bool
xfw_inquiry_tcp_ask(xfw_inquiry_t *inquiry);

/* Frees what a connection held. No harm if there was none. */
void
xfw_inquiry_tcp_forget(xfw_inquiry_t *inquiry);

/*--- inquiry_tls.c; inquiry_notls.c without libssl ---------------------------------*/

/* Whether a handshake can be made as the tls statement says. */
bool
xfw_inquiry_tls_able(const xfw_inquiry_t *inquiry);

/* Makes it over the connection; xfw_inquiry_ready() with the result DONE when made. */
bool
xfw_inquiry_tls_shake(xfw_inquiry_t *inquiry);

/* As send() and recv() on a socket that does not block; recv may leave the reason for
 * the end in the finding's note. */
ssize_t
xfw_inquiry_tls_send(xfw_inquiry_t *inquiry, const void *data, size_t len);

ssize_t
xfw_inquiry_tls_recv(xfw_inquiry_t *inquiry, void *at, size_t size);

/* Whether the socket has not taken all yet. */
bool
xfw_inquiry_tls_unsent(const xfw_inquiry_t *inquiry);

/* No harm if there is none. */
void
xfw_inquiry_tls_forget(xfw_inquiry_t *inquiry);

#endif /* INQUIRY_PRIV_H */
