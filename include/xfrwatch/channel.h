/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The statistics channel: listeners, connections, HTTP (libmicrohttpd, driven by
 * the monitor's loop). What is said over it is answer.h's.
 *
 * Guarantee: whatever clients do, memory and descriptors stay within the limits
 * below, no call works for longer than a few milliseconds at a time, nothing here
 * aborts, and a client that is slow is no burden but its own.
 * Threads: the loop's only.
 * Units and clocks: `_s` seconds, `_ms` milliseconds.
 * Source: RFC 9112, RFC 9110.
 */
#ifndef XFRWATCH_CHANNEL_H
#define XFRWATCH_CHANNEL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include <xfrwatch/answer.h>
#include <xfrwatch/severity.h>

/* Where to listen, and to whom. */
typedef struct xfw_listener {
	struct xfw_listener *next;
	struct sockaddr_storage address; /* AF_INET or AF_INET6, with the port */
	void *acl; /* named's address-match list, for xfw_channel_ops_t.allowed */
} xfw_listener_t;

/*
 * When the places become few, whoever has waited longest makes room: connections
 * without a whole request first, then those that have taken nothing of their answer
 * for a second. A request's time does not begin anew with each byte.
 */
#define XFW_CHANNEL_CONNECTIONS_MAX 256	  /* of one listener, open at once */
#define XFW_CHANNEL_MEMORY_MAX	    16384 /* bytes of a request, and sent at a time */
#define XFW_CHANNEL_REQUEST_S	    10	  /* for a request to be complete */
#define XFW_CHANNEL_IDLE_S	    30	  /* until the next one's first line is there */
#define XFW_CHANNEL_STALL_S	    30	  /* a client that takes none of the answer */

typedef struct xfw_channel_ops {
	/* May the client at `peer` read? */
	bool (*allowed)(void *arg, void *acl, const struct sockaddr *peer);
	/* As xfw_answer(). */
	void (*answer)(void *arg, const xfw_request_t *request,
		       xfw_answer_t *answer);
	/* A line for the log: "statistics-channel 127.0.0.1#8054: ...". */
	void (*say)(void *arg, xfw_severity_t severity, const char *message);
	void *arg;
} xfw_channel_ops_t;

struct uv_loop_s;
typedef struct xfw_channel xfw_channel_t;

/* Listens nowhere yet. Returns NULL on lack of memory. */
xfw_channel_t *
xfw_channel_open(struct uv_loop_s *loop, const xfw_channel_ops_t *ops);

/*
 * Listens at `listeners` from now on, and nowhere else. A listener whose address
 * and port stay keeps its socket and its connections, and takes the new `acl`. One
 * that is closed drops its connections. What cannot be opened is said (address in
 * use, permission denied, address not available, in the words of the address) and
 * tried again by the next call, and said again if it fails again. Said at info: where
 * it listens, and where it no longer does.
 *
 * `listeners` is copied; each `acl` must stay until the next call or the end.
 */
void
xfw_channel_apply(xfw_channel_t *channel, const xfw_listener_t *listeners);

/* Closes all; memory is freed by the loop's next turns, no callback is made any more. */
void
xfw_channel_close(xfw_channel_t *channel);

/* "127.0.0.1#8054", "::1#8054" */
#define XFW_CHANNEL_NAME_MAX 64
void
xfw_channel_name(const struct sockaddr_storage *address,
		 char name[XFW_CHANNEL_NAME_MAX]);

#endif /* XFRWATCH_CHANNEL_H */
