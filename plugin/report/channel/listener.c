/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One listener: its socket, its connections and the limits that they live under.
 * libmicrohttpd reads and writes; who is let in, and who has to go when, is decided
 * here. Runs in the monitor's thread.
 *
 * We accept the connections ourselves: libmicrohttpd stops to accept at its limit,
 * so that a few hundred idle clients would shut out everybody else, tries again at
 * once when there are no descriptors left, and starts a client's time anew with each
 * byte. So each connection stands in one of a few queues by what it is at, in the
 * order in which it came there; the first of a queue is the one whose time runs out
 * first, and the one that has to make room.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel_priv.h"

/* Taken in one turn of the loop. */
#define ARRIVALS_A_TURN 32
#define RESUMED_A_TURN	16

/* A client that has taken nothing of its answer for so long may have to make room. */
#define PATIENCE_MS 1000

/* The turns in which the end of a connection is looked for: libmicrohttpd 1.0 makes
 * one in the first and reads from it in the next. */
#define LOOKS 2

/* When nobody can be let in. */
#define FULL_MS	      100
#define NO_RESOURCE_MS 1000

static uint64_t
now_ms(const xfw_endpoint_t *endpoint) {
	return (uv_now(endpoint->channel->loop));
}

static void
turn(xfw_endpoint_t *endpoint);

static void
on_arrivals(uv_poll_t *poll, int status, int events);

/*--- connections ------------------------------------------------------------------*/

void
xfw_connection_stands(xfw_connection_t *connection, xfw_standing_t standing) {
	xfw_endpoint_t *endpoint = connection->endpoint;

	TAILQ_REMOVE(&endpoint->standing[connection->standing], connection,
		     link);
	connection->standing = standing;
	connection->since_ms = now_ms(endpoint);
	connection->looks = LOOKS;
	TAILQ_INSERT_TAIL(&endpoint->standing[standing], connection, link);
}

bool
xfw_endpoint_tired(xfw_endpoint_t *endpoint) {
	if (endpoint->turn_end_ns == 0) {
		/* What is asked for first is done in any case. */
		endpoint->turn_end_ns = uv_hrtime() +
					endpoint->channel->limits.turn_ns;
		return (false);
	}
	return (uv_hrtime() >= endpoint->turn_end_ns);
}

void
xfw_connection_postpone(xfw_connection_t *connection) {
	MHD_suspend_connection(connection->http);
	connection->is_postponed = true;
	TAILQ_INSERT_TAIL(&connection->endpoint->postponed, connection,
			  postponed);
}

static void
resume(xfw_connection_t *connection) {
	TAILQ_REMOVE(&connection->endpoint->postponed, connection, postponed);
	connection->is_postponed = false;
	MHD_resume_connection(connection->http);
}

/* Closed by libmicrohttpd in its next turn, as the connection has come to an end. */
static void
doom(xfw_connection_t *connection) {
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (connection->standing == XFW_STANDING_ANSWERING) {
		/* What it does not take would stay in the kernel for minutes. */
		(void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &now,
				 sizeof(now));
	}
	xfw_connection_stands(connection, XFW_STANDING_DOOMED);
	connection->endpoint->doomed++;
	(void)shutdown(connection->fd, SHUT_RDWR);
	if (connection->is_postponed) {
		resume(connection);
	}
}

/*
 * Takes the one with that descriptor out of those that arrive; NULL if there is none.
 * libmicrohttpd 0.9 speaks of a new connection within MHD_add_connection(), 1.0 in one
 * of the next MHD_run(), and never if it fails there and closes the socket.
 */
static xfw_connection_t *
take_arriving(xfw_endpoint_t *endpoint, int fd) {
	xfw_connection_t *connection;

	TAILQ_FOREACH(connection, &endpoint->arriving, link) {
		if (connection->fd == fd) {
			TAILQ_REMOVE(&endpoint->arriving, connection, link);
			break;
		}
	}
	return (connection);
}

static int
descriptor_of(struct MHD_Connection *http) {
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		http, MHD_CONNECTION_INFO_CONNECTION_FD);

	return (info != NULL ? info->connect_fd : -1);
}

/* libmicrohttpd has taken a connection, or is about to close it. */
static void
on_connection(void *arg, struct MHD_Connection *http, void **context,
	      enum MHD_ConnectionNotificationCode code) {
	xfw_endpoint_t *endpoint = arg;
	xfw_connection_t *connection = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		connection = take_arriving(endpoint, descriptor_of(http));
		*context = connection;
		if (connection == NULL) {
			return; /* none of ours: http.c answers it nothing */
		}
		connection->http = http;
		connection->standing = XFW_STANDING_ASKING;
		connection->since_ms = now_ms(endpoint);
		connection->looks = LOOKS;
		TAILQ_INSERT_TAIL(&endpoint->standing[XFW_STANDING_ASKING],
				  connection, link);
		endpoint->open++;
		return;
	}
	if (connection == NULL) {
		return;
	}
	*context = NULL;
	endpoint->open--;
	endpoint->doomed -= (connection->standing == XFW_STANDING_DOOMED);
	TAILQ_REMOVE(&endpoint->standing[connection->standing], connection,
		     link);
	if (connection->is_postponed) {
		TAILQ_REMOVE(&endpoint->postponed, connection, postponed);
	}
	free(connection->target);
	free(connection);
}

/*--- limits -----------------------------------------------------------------------*/

static uint64_t
limit_ms(const xfw_endpoint_t *endpoint, xfw_standing_t standing) {
	const xfw_channel_limits_t *limits = &endpoint->channel->limits;

	switch (standing) {
	case XFW_STANDING_ASKING:
		return (limits->request_ms);
	case XFW_STANDING_IDLE:
		return (limits->idle_ms);
	default:
		return (limits->stall_ms);
	}
}

/* Dooms all whose time has run out. */
static void
sweep(xfw_endpoint_t *endpoint) {
	for (xfw_standing_t s = 0; s < XFW_STANDING_DOOMED; s++) {
		uint64_t limit = limit_ms(endpoint, s);
		xfw_connection_t *first;

		while ((first = TAILQ_FIRST(&endpoint->standing[s])) != NULL &&
		       now_ms(endpoint) - first->since_ms >= limit)
		{
			doom(first);
		}
	}
}

/* Who is to go so that another may come; NULL if all are busy. */
static xfw_connection_t *
dispensable(const xfw_endpoint_t *endpoint) {
	xfw_connection_t *asking =
		TAILQ_FIRST(&endpoint->standing[XFW_STANDING_ASKING]);
	xfw_connection_t *idle =
		TAILQ_FIRST(&endpoint->standing[XFW_STANDING_IDLE]);
	xfw_connection_t *answering =
		TAILQ_FIRST(&endpoint->standing[XFW_STANDING_ANSWERING]);

	if (asking != NULL && idle != NULL) {
		return (asking->since_ms <= idle->since_ms ? asking : idle);
	}
	if (asking != NULL || idle != NULL) {
		return (asking != NULL ? asking : idle);
	}
	if (answering != NULL && !answering->is_postponed &&
	    now_ms(endpoint) - answering->since_ms >= PATIENCE_MS)
	{
		return (answering);
	}
	return (NULL);
}

/*
 * The last few places are kept for those who come next. Whoever is sent away has had
 * a turn of the loop for its request to be read. Returns how many may come now.
 */
static unsigned
make_room(xfw_endpoint_t *endpoint) {
	unsigned max = endpoint->channel->limits.connections;
	unsigned spare = (max / 8 < ARRIVALS_A_TURN) ? max / 8 : ARRIVALS_A_TURN;
	xfw_connection_t *goes;

	while (endpoint->open - endpoint->doomed > max - spare &&
	       (goes = dispensable(endpoint)) != NULL)
	{
		doom(goes);
	}
	if (endpoint->doomed > 0) {
		turn(endpoint); /* closes them */
	}
	return (endpoint->open < max ? max - endpoint->open : 0);
}

/*
 * Of data and the end behind them the kernel tells at once, and libmicrohttpd 0.9.75
 * then reads the data only: a client that has sent its request and its end would get
 * an answer, and not our end before its time is over. Looks at all in the queue that
 * came there in the last turns; returns true if there were such.
 */
static bool
close_ended(xfw_connections_t *queue) {
	xfw_connection_t *connection, *before;
	bool found = false;

	for (connection = TAILQ_LAST(queue, xfw_connections);
	     connection != NULL && connection->looks > 0; connection = before)
	{
		char byte;

		before = TAILQ_PREV(connection, xfw_connections, link);
		connection->looks--;
		if (recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
			doom(connection);
			found = true;
		}
	}
	return (found);
}

/*--- a turn -----------------------------------------------------------------------*/

static void
on_timer(uv_timer_t *timer) {
	xfw_endpoint_t *endpoint = timer->data;

	if (endpoint->waits && now_ms(endpoint) >= endpoint->again_ms) {
		endpoint->waits = uv_poll_start(&endpoint->arrivals, UV_READABLE,
						on_arrivals) != 0;
		endpoint->again_ms = now_ms(endpoint) + NO_RESOURCE_MS;
	}
	sweep(endpoint);
	turn(endpoint);
}

static void
on_more(uv_idle_t *more) {
	(void)uv_idle_stop(more);
	turn(more->data);
}

/* Wakes us when something is due that no socket tells of; in the next turn of the
 * loop if we are to go on. */
static void
arm(xfw_endpoint_t *endpoint, bool go_on) {
	uint64_t due = UINT64_MAX, now = now_ms(endpoint);
	MHD_UNSIGNED_LONG_LONG wait;

	/* Not by a timer: libuv runs one that is due at once again and again. */
	if (go_on ||
	    (MHD_get_timeout(endpoint->http, &wait) == MHD_YES && wait == 0))
	{
		(void)uv_idle_start(&endpoint->more, on_more);
	}
	for (xfw_standing_t s = 0; s < XFW_STANDING_DOOMED; s++) {
		xfw_connection_t *first = TAILQ_FIRST(&endpoint->standing[s]);

		if (first != NULL &&
		    first->since_ms + limit_ms(endpoint, s) < due)
		{
			due = first->since_ms + limit_ms(endpoint, s);
		}
	}
	if (endpoint->waits && endpoint->again_ms < due) {
		due = endpoint->again_ms;
	}
	if (due == UINT64_MAX) {
		(void)uv_timer_stop(&endpoint->timer);
	} else {
		(void)uv_timer_start(&endpoint->timer, on_timer,
				     due > now ? due - now : 1, 0);
	}
}

/*
 * Lets libmicrohttpd do what is to be done. It goes through all connections that can
 * go on; those that would take too long are put off to the next turns, a few at a
 * time and in order.
 */
static void
turn(xfw_endpoint_t *endpoint) {
	unsigned resumed = 0;
	bool ended;

	endpoint->turn_end_ns = 0;
	(void)MHD_run(endpoint->http);
	ended = close_ended(&endpoint->standing[XFW_STANDING_ASKING]);
	ended = close_ended(&endpoint->standing[XFW_STANDING_IDLE]) || ended;
	while (resumed < RESUMED_A_TURN && !TAILQ_EMPTY(&endpoint->postponed)) {
		resume(TAILQ_FIRST(&endpoint->postponed));
		resumed++;
	}
	arm(endpoint, resumed > 0 || ended);
}

static void
on_traffic(uv_poll_t *poll, int status, int events) {
	(void)status;
	(void)events;
	turn(poll->data);
}

/*--- arrivals ---------------------------------------------------------------------*/

static void
wait_with_arrivals(xfw_endpoint_t *endpoint, uint64_t ms) {
	(void)uv_poll_stop(&endpoint->arrivals);
	endpoint->waits = true;
	endpoint->again_ms = now_ms(endpoint) + ms;
}

static void
no_resource(xfw_endpoint_t *endpoint, int error) {
	if (!endpoint->said_full) {
		endpoint->said_full = true;
		xfw_channel_say(endpoint->channel, &endpoint->address,
				XFW_SEVERITY_WARNING,
				"%s; clients have to wait",
				(error == EMFILE || error == ENFILE)
					? "too many open files"
					: strerror(error));
	}
	wait_with_arrivals(endpoint, NO_RESOURCE_MS);
}

/* Returns true if the next one may be accepted all the same. */
static bool
not_accepted(xfw_endpoint_t *endpoint, int error) {
	switch (error) {
	case EAGAIN: /* there was none */
		return (false);
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		no_resource(endpoint, error);
		return (false);
	case EINTR:
	case ECONNABORTED:
		return (true);
	default:
		/* It may be the same in the next turn: not at full speed. */
		wait_with_arrivals(endpoint, FULL_MS);
		return (false);
	}
}

/* Returns false if no more can come now. */
static bool
arrive(xfw_endpoint_t *endpoint) {
	xfw_connection_t *connection;
	socklen_t len = sizeof(connection->peer);
	int fd;

	connection = calloc(1, sizeof(*connection));
	if (connection == NULL) {
		no_resource(endpoint, ENOMEM);
		return (false);
	}
	connection->endpoint = endpoint;
	connection->fd = accept4(endpoint->fd,
				 (struct sockaddr *)&connection->peer, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (connection->fd < 0) {
		int error = errno;

		free(connection);
		return (not_accepted(endpoint, error));
	}
	endpoint->said_full = false;
	fd = connection->fd;
	free(take_arriving(endpoint, fd)); /* closed, as its number is free again */
	TAILQ_INSERT_TAIL(&endpoint->arriving, connection, link);
	if (MHD_add_connection(endpoint->http, fd,
			       (struct sockaddr *)&connection->peer,
			       len) != MHD_YES)
	{
		/* It has closed the socket, and mostly never spoke of it. */
		free(take_arriving(endpoint, fd));
	}
	return (true);
}

static void
on_arrivals(uv_poll_t *poll, int status, int events) {
	xfw_endpoint_t *endpoint = poll->data;
	unsigned room = make_room(endpoint);

	(void)status;
	(void)events;
	if (room == 0) {
		wait_with_arrivals(endpoint, FULL_MS);
	}
	room = (room < ARRIVALS_A_TURN) ? room : ARRIVALS_A_TURN;
	while (room > 0 && arrive(endpoint)) {
		room--;
	}
	turn(endpoint);
}

/*--- begin and end ----------------------------------------------------------------*/

static bool
set(int fd, int level, int option, int value) {
	return (setsockopt(fd, level, option, &value, sizeof(value)) == 0);
}

/* Returns the socket, or -1 with errno. */
static int
open_socket(const xfw_channel_t *channel, const struct sockaddr_storage *address) {
	bool v6 = address->ss_family == AF_INET6;
	socklen_t len = v6 ? sizeof(struct sockaddr_in6)
			   : sizeof(struct sockaddr_in);
	int fd = socket(address->ss_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0) {
		return (-1);
	}
	/* What clients do not take must not fill the kernel's memory. */
	(void)set(fd, SOL_SOCKET, SO_SNDBUF, channel->limits.send_buffer);
	(void)set(fd, SOL_SOCKET, SO_RCVBUF, XFW_CHANNEL_RECEIVE_BUFFER);
	if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
	    (!v6 || set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) &&
	    bind(fd, (const struct sockaddr *)address, len) == 0 &&
	    listen(fd, XFW_CHANNEL_BACKLOG) == 0)
	{
		return (fd);
	}
	error = errno;
	(void)close(fd);
	errno = error;
	return (-1);
}

/* Says nothing and starts no thread; time is ours to measure. */
static struct MHD_Daemon *
start_http(xfw_endpoint_t *endpoint) {
	return (MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET |
			MHD_ALLOW_SUSPEND_RESUME,
		0, NULL, NULL, xfw_http_handle, endpoint,
		MHD_OPTION_CONNECTION_LIMIT,
		endpoint->channel->limits.connections,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)XFW_CHANNEL_MEMORY_MAX, MHD_OPTION_CONNECTION_TIMEOUT, 0U,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
		xfw_http_begin, endpoint, MHD_OPTION_NOTIFY_COMPLETED,
		xfw_http_end, endpoint, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, endpoint, MHD_OPTION_END));
}

static void
on_handle_closed(uv_handle_t *handle) {
	xfw_endpoint_t *endpoint = handle->data;
	xfw_channel_t *channel = endpoint->channel;

	if (--endpoint->handles == 0) {
		free(endpoint);
		xfw_channel_closed(channel);
	}
}

/* Returns 0 or an errno value. */
static int
start_poll(xfw_endpoint_t *endpoint, uv_poll_t *poll, int fd, uv_poll_cb on) {
	int error = uv_poll_init(endpoint->channel->loop, poll, fd);

	if (error == 0) {
		poll->data = endpoint;
		endpoint->handles++;
		error = uv_poll_start(poll, UV_READABLE, on);
	}
	return (-error);
}

static int
start(xfw_endpoint_t *endpoint) {
	const union MHD_DaemonInfo *info;
	int error;

	endpoint->fd = open_socket(endpoint->channel, &endpoint->address);
	if (endpoint->fd < 0) {
		return (errno);
	}
	errno = 0;
	endpoint->http = start_http(endpoint);
	if (endpoint->http == NULL) {
		return (errno != 0 ? errno : ENOMEM);
	}
	info = MHD_get_daemon_info(endpoint->http, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL || info->listen_fd < 0) {
		return (ENOMEM);
	}
	error = start_poll(endpoint, &endpoint->arrivals, endpoint->fd,
			   on_arrivals);
	if (error == 0) {
		error = start_poll(endpoint, &endpoint->traffic, info->listen_fd,
				   on_traffic);
	}
	return (error);
}

xfw_endpoint_t *
xfw_endpoint_open(xfw_channel_t *channel, const xfw_listener_t *listener,
		  int *error) {
	xfw_endpoint_t *endpoint = calloc(1, sizeof(*endpoint));

	if (endpoint == NULL) {
		*error = ENOMEM;
		return (NULL);
	}
	endpoint->fd = -1;
	endpoint->channel = channel;
	endpoint->address = listener->address;
	endpoint->acl = listener->acl;
	TAILQ_INIT(&endpoint->arriving);
	TAILQ_INIT(&endpoint->postponed);
	for (xfw_standing_t s = 0; s < XFW_STANDINGS; s++) {
		TAILQ_INIT(&endpoint->standing[s]);
	}
	(void)uv_timer_init(channel->loop, &endpoint->timer);
	endpoint->timer.data = endpoint;
	(void)uv_idle_init(channel->loop, &endpoint->more);
	endpoint->more.data = endpoint;
	endpoint->handles = 2;
	*error = start(endpoint);
	if (*error != 0) {
		xfw_endpoint_close(endpoint);
		return (NULL);
	}
	return (endpoint);
}

void
xfw_endpoint_close(xfw_endpoint_t *endpoint) {
	xfw_connection_t *connection;
	uv_handle_t *handles[] = { (uv_handle_t *)&endpoint->timer,
				   (uv_handle_t *)&endpoint->more,
				   (uv_handle_t *)&endpoint->arrivals,
				   (uv_handle_t *)&endpoint->traffic };
	unsigned count = endpoint->handles;

	/* A descriptor is closed after libuv has let go of it. */
	endpoint->channel->closing++;
	for (unsigned i = 0; i < count; i++) {
		uv_close(handles[i], on_handle_closed);
	}
	/* libmicrohttpd panics if any are suspended. */
	while (!TAILQ_EMPTY(&endpoint->postponed)) {
		resume(TAILQ_FIRST(&endpoint->postponed));
	}
	if (endpoint->http != NULL) {
		MHD_stop_daemon(endpoint->http);
		endpoint->http = NULL;
	}
	while ((connection = TAILQ_FIRST(&endpoint->arriving)) != NULL) {
		TAILQ_REMOVE(&endpoint->arriving, connection, link);
		free(connection);
	}
	if (endpoint->fd >= 0) {
		(void)close(endpoint->fd);
		endpoint->fd = -1;
	}
}
