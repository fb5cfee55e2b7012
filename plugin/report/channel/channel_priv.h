/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the files of the server share: the set of listeners (channel.c), one
 * listener with its connections (listener.c), one request (http.c) and the
 * encoding of a body (gzip.c). Monitor's thread only.
 */
#ifndef CHANNEL_PRIV_H
#define CHANNEL_PRIV_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include <xfrwatch/channel.h>

/* channel.h's limits; tests make them small. */
typedef struct xfw_channel_limits {
	unsigned connections;
	uint64_t request_ms;
	uint64_t idle_ms;
	uint64_t stall_ms;
	uint64_t turn_ns;   /* work in one turn of the loop, after which it waits */
	int send_buffer;    /* of a socket, as for SO_SNDBUF */
} xfw_channel_limits_t;

/* Work in one turn of the loop. */
#define XFW_CHANNEL_TURN_NS 3000000
/* The kernel doubles it; a client has to take a third of it within
 * XFW_CHANNEL_STALL_S. */
#define XFW_CHANNEL_SEND_BUFFER 65536
#define XFW_CHANNEL_RECEIVE_BUFFER 16384
#define XFW_CHANNEL_BACKLOG 512
/* Bodies below are not worth the work. */
#define XFW_CHANNEL_GZIP_MIN 1024

/* Before xfw_channel_apply(). */
xfw_channel_limits_t *
xfw_channel_limits(xfw_channel_t *channel);

/*--- one connection -----------------------------------------------------------*/

/* Where a connection stands; for each but the last there is a limit in time. */
typedef enum xfw_standing {
	XFW_STANDING_ASKING,	/* a request has not arrived as a whole */
	XFW_STANDING_IDLE,	/* the next one has not begun */
	XFW_STANDING_ANSWERING, /* since the last of the answer was taken */
	XFW_STANDING_DOOMED,	/* about to be closed */
	XFW_STANDINGS
} xfw_standing_t;

typedef struct xfw_connection {
	TAILQ_ENTRY(xfw_connection) link;      /* arriving, then by standing, oldest
						  first */
	TAILQ_ENTRY(xfw_connection) postponed; /* if is_postponed */
	struct xfw_endpoint *endpoint;
	struct MHD_Connection *http;
	xfw_standing_t standing;
	uint64_t since_ms;
	unsigned looks; /* turns in which its end is still looked for */
	bool is_postponed;
	bool complete; /* the header of its request is here */
	char *target;  /* of its request, NULL between requests */
	struct sockaddr_storage peer;
	int fd;
} xfw_connection_t;

typedef TAILQ_HEAD(xfw_connections, xfw_connection) xfw_connections_t;

/*--- one listener -------------------------------------------------------------*/

typedef struct xfw_endpoint {
	TAILQ_ENTRY(xfw_endpoint) link;
	xfw_channel_t *channel;
	struct sockaddr_storage address;
	void *acl;
	bool wanted; /* by the configuration being applied */

	int fd;
	struct MHD_Daemon *http;
	uv_poll_t arrivals;  /* `fd` */
	uv_poll_t traffic;   /* all that `http` waits for */
	uv_timer_t timer;
	uv_idle_t more;	     /* `http` can go on at once */
	unsigned handles;    /* of those four, not yet closed */
	bool waits;	     /* `arrivals` is stopped until `again_ms` */
	uint64_t again_ms;
	bool said_full;	     /* that there are no descriptors left */

	xfw_connections_t standing[XFW_STANDINGS];
	xfw_connections_t postponed;
	unsigned open;	 /* connections */
	unsigned doomed; /* of them */
	xfw_connections_t arriving; /* libmicrohttpd has not spoken of them yet */
	uint64_t turn_end_ns;
} xfw_endpoint_t;

typedef TAILQ_HEAD(xfw_endpoints, xfw_endpoint) xfw_endpoints_t;

struct xfw_channel {
	xfw_channel_ops_t ops;
	xfw_channel_limits_t limits;
	uv_loop_t *loop;
	xfw_endpoints_t endpoints;
	unsigned closing; /* endpoints whose handles are not closed yet */
	bool closed;
};

/* "statistics-channel ADDRESS: ..." into the log. */
void
xfw_channel_say(xfw_channel_t *channel, const struct sockaddr_storage *address,
		xfw_severity_t severity, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Returns NULL and an errno value if it cannot be; ENOMEM if the reason is not
 * known. */
xfw_endpoint_t *
xfw_endpoint_open(xfw_channel_t *channel, const xfw_listener_t *listener,
		  int *error);

/* Closes its connections at once; calls xfw_channel_closed() when it is freed. */
void
xfw_endpoint_close(xfw_endpoint_t *endpoint);

void
xfw_channel_closed(xfw_channel_t *channel);

/* The connection enters `standing` now (again, if it is in it). */
void
xfw_connection_stands(xfw_connection_t *connection, xfw_standing_t standing);

/* No more work in this turn of the loop. */
bool
xfw_endpoint_tired(xfw_endpoint_t *endpoint);

/* The connection goes on in a later turn. To be called by the callbacks of
 * libmicrohttpd that may suspend. */
void
xfw_connection_postpone(xfw_connection_t *connection);

/*--- requests (http.c), callbacks of libmicrohttpd ------------------------------*/

void *
xfw_http_begin(void *endpoint, const char *target, struct MHD_Connection *http);

enum MHD_Result
xfw_http_handle(void *endpoint, struct MHD_Connection *http, const char *url,
		const char *method, const char *version, const char *upload,
		size_t *upload_len, void **context);

void
xfw_http_end(void *endpoint, struct MHD_Connection *http, void **context,
	     enum MHD_RequestTerminationCode code);

/*--- encoding (gzip.c) ----------------------------------------------------------*/

/* Does an Accept-Encoding field (NULL if there is none) ask for gzip?
 * RFC 9110, 12.5.3. */
bool
xfw_gzip_wanted(const char *accept_encoding);

typedef struct xfw_gzip xfw_gzip_t;

/* Returns NULL on lack of memory. Takes about 70 KB. */
xfw_gzip_t *
xfw_gzip_begin(void);

/*
 * Takes from *in (*in_len bytes) as much as fits encoded into `out` (`out_len`
 * bytes), moves both forward; with `last`, after *in comes nothing more. Returns
 * the bytes written. *done: all is written.
 */
size_t
xfw_gzip(xfw_gzip_t *gzip, const char **in, size_t *in_len, bool last, char *out,
	 size_t out_len, bool *done);

void
xfw_gzip_end(xfw_gzip_t *gzip);

#endif /* CHANNEL_PRIV_H */
