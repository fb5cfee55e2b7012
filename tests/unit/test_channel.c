/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The server of the statistics channel: what clients get over real sockets, and what
 * they cannot do to it. The answers are this file's own. Client and server take
 * turns in one thread; nothing waits without a bound.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>
#include <zlib.h>

#include "../../plugin/report/channel/channel_priv.h"

#define WAIT_MS 20000

/*--- the server: its answers, and what it says ------------------------------------*/

static uv_loop_t loop;
static xfw_channel_t *channel;
static xfw_listener_t listener; /* 127.0.0.1, a free port */
static char said[4096];
static pthread_mutex_t said_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t said_more = PTHREAD_COND_INITIALIZER;
static unsigned begun, ended, answered;
static size_t produced;
static char last_method[32], last_target[256], last_accept[64];

static int acl_all, acl_none; /* only their addresses matter */

typedef struct stream {
	xfw_body_t body;
	size_t left;
	size_t at;
} stream_t;

/* What stands at a place of the stream: letters that compress, lines to look at. */
static char
letter(size_t at) {
	return (at % 64 == 63 ? '\n' : (char)('a' + (at / 64 + at % 7) % 26));
}

static bool
stream_next(xfw_body_t *body, xfw_text_t *text) {
	stream_t *stream = (stream_t *)body;
	char piece[1025];

	while (stream->left > 0 && text->used < XFW_PIECE_GOAL) {
		size_t len = stream->left < 1024 ? stream->left : 1024;

		for (size_t i = 0; i < len; i++) {
			piece[i] = letter(stream->at++);
		}
		piece[len] = '\0';
		xfw_text_printf(text, "%s", piece);
		stream->left -= len;
		produced += len;
	}
	return (stream->left > 0);
}

static void
stream_end(xfw_body_t *body) {
	ended++;
	free(body);
}

static xfw_body_t *
stream_begin(size_t size) {
	stream_t *stream = calloc(1, sizeof(*stream));

	ck_assert_ptr_nonnull(stream);
	stream->body.next = stream_next;
	stream->body.end = stream_end;
	stream->left = size;
	begun++;
	return (&stream->body);
}

static bool
may_read(void *arg, void *acl, const struct sockaddr *peer) {
	(void)arg;
	ck_assert(peer->sa_family == AF_INET || peer->sa_family == AF_INET6);
	return (acl == &acl_all);
}

static void
give_answer(void *arg, const xfw_request_t *request, xfw_answer_t *answer) {
	static char page[5000];
	size_t size;

	(void)arg;
	answered++;
	(void)snprintf(last_method, sizeof(last_method), "%s", request->method);
	(void)snprintf(last_target, sizeof(last_target), "%s", request->target);
	(void)snprintf(last_accept, sizeof(last_accept), "%s",
		       request->accept != NULL ? request->accept : "-");
	*answer = (xfw_answer_t){ .status = 200, .type = "text/plain" };
	if (strcmp(request->method, "GET") != 0 &&
	    strcmp(request->method, "HEAD") != 0)
	{
		xfw_answer_error(answer, 405, "only GET and HEAD");
		answer->fields[0][0] = "Allow";
		answer->fields[0][1] = "GET, HEAD";
	} else if (sscanf(request->target, "/stream?%zu", &size) == 1) {
		answer->body = stream_begin(size);
	} else if (strcmp(request->target, "/page") == 0) {
		for (size_t i = 0; i < sizeof(page); i++) {
			page[i] = letter(i);
		}
		answer->fixed = page;
		answer->fixed_len = sizeof(page);
		answer->fields[0][0] = "Cache-Control";
		answer->fields[0][1] = "max-age=60";
	} else {
		xfw_text_printf(&answer->text, "you asked for %s\n",
				request->target);
	}
}

static void
say(void *arg, xfw_severity_t severity, const char *message) {
	size_t used;

	(void)arg;
	(void)pthread_mutex_lock(&said_lock);
	used = strlen(said);
	(void)snprintf(said + used, sizeof(said) - used, "%s: %s\n",
		       xfw_severity_name(severity), message);
	(void)pthread_cond_signal(&said_more);
	(void)pthread_mutex_unlock(&said_lock);
}

static void
turn_once(void) {
	(void)uv_run(&loop, UV_RUN_NOWAIT);
}

/* Turns the loop until `done` or the time is over; returns whether it is. */
#define TURN_UNTIL(done)                                          \
	for (uint64_t end_ = uv_hrtime() + WAIT_MS * 1000000ULL;; \
	     (void)poll(NULL, 0, 1))                              \
	{                                                         \
		turn_once();                                      \
		if (done) {                                       \
			break;                                    \
		}                                                 \
		ck_assert_msg(uv_hrtime() < end_, "not within the time: %s", #done); \
	}

static void
turn_for(unsigned ms) {
	uint64_t end = uv_hrtime() + ms * 1000000ULL;

	while (uv_hrtime() < end) {
		turn_once();
		(void)poll(NULL, 0, 1);
	}
}

/* A port that is free at this address, or 0 if the address is not there. */
static unsigned
free_port(const struct sockaddr_storage *address) {
	struct sockaddr_storage got = *address;
	socklen_t len = sizeof(got);
	int fd = socket(address->ss_family, SOCK_STREAM, 0);
	unsigned port = 0;

	if (fd >= 0 &&
	    bind(fd, (const struct sockaddr *)address,
		 address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
					       : sizeof(struct sockaddr_in6)) ==
		    0 &&
	    getsockname(fd, (struct sockaddr *)&got, &len) == 0)
	{
		port = ((struct sockaddr_in *)&got)->sin_port;
	}
	if (fd >= 0) {
		(void)close(fd);
	}
	return (port);
}

/* The port of both families stands at the same place. */
static bool
set_address(xfw_listener_t *l, const char *text) {
	struct sockaddr_in *v4 = (struct sockaddr_in *)&l->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&l->address;

	*l = (xfw_listener_t){ .acl = &acl_all };
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
	} else {
		ck_assert_int_eq(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
		v6->sin6_family = AF_INET6;
	}
	v4->sin_port = (in_port_t)free_port(&l->address);
	return (v4->sin_port != 0);
}

static void
setup(void) {
	const xfw_channel_ops_t ops = { .allowed = may_read,
					.answer = give_answer,
					.say = say };

	said[0] = '\0';
	begun = ended = answered = 0;
	produced = 0;
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	channel = xfw_channel_open(&loop, &ops);
	ck_assert_ptr_nonnull(channel);
	ck_assert(set_address(&listener, "127.0.0.1"));
}

static void
close_channel(void) {
	xfw_channel_close(channel);
	channel = NULL;
	(void)uv_run(&loop, UV_RUN_DEFAULT);
}

static void
teardown(void) {
	if (channel != NULL) {
		close_channel();
	}
	/* Nothing is left of it: no handle, no body. */
	ck_assert_int_eq(uv_loop_close(&loop), 0);
	ck_assert_uint_eq(begun, ended);
}

static void
listen_here(void) {
	char name[XFW_CHANNEL_NAME_MAX];

	xfw_channel_apply(channel, &listener);
	xfw_channel_name(&listener.address, name);
	ck_assert_ptr_nonnull(strstr(said, name));
	ck_assert_msg(strstr(said, "err:") == NULL, "%s", said);
}

/*--- the client -------------------------------------------------------------------*/

typedef struct client {
	int fd;
	char *data; /* all that came and was not taken */
	size_t used, size;
	size_t looked; /* `used` when it was no reply yet */
	bool closed;   /* by the server */
} client_t;

static void
client_open(client_t *client, const xfw_listener_t *to) {
	*client = (client_t){ .fd = socket(to->address.ss_family, SOCK_STREAM, 0) };
	ck_assert_int_ge(client->fd, 0);
	ck_assert_int_eq(connect(client->fd, (const struct sockaddr *)&to->address,
				 to->address.ss_family == AF_INET
					 ? sizeof(struct sockaddr_in)
					 : sizeof(struct sockaddr_in6)),
			 0);
	ck_assert_int_eq(fcntl(client->fd, F_SETFL, O_NONBLOCK), 0);
}

static void
client_close(client_t *client) {
	if (client->fd >= 0) {
		(void)close(client->fd);
	}
	free(client->data);
	*client = (client_t){ .fd = -1 };
}

/* Sends all of it, unless the server closes. */
static void
client_send(client_t *client, const char *data, size_t len) {
	uint64_t end = uv_hrtime() + WAIT_MS * 1000000ULL;

	while (len > 0) {
		ssize_t sent = send(client->fd, data, len, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN) {
			return;
		}
		if (sent > 0) {
			data += sent;
			len -= (size_t)sent;
		}
		turn_once();
		ck_assert(uv_hrtime() < end);
	}
}

static void
client_say(client_t *client, const char *text) {
	client_send(client, text, strlen(text));
}

/* Takes what is there; returns true when something was, or the server closed. */
static bool
client_take(client_t *client) {
	ssize_t len;

	if (client->size - client->used < 65536) {
		client->size = client->size * 2 + 65536 * 2;
		client->data = realloc(client->data, client->size);
		ck_assert_ptr_nonnull(client->data);
	}
	len = recv(client->fd, client->data + client->used,
		   client->size - client->used - 1, 0);
	if (len > 0) {
		client->used += (size_t)len;
	} else if (len == 0 || (errno != EAGAIN && errno != EINTR)) {
		client->closed = true;
	}
	client->data[client->used] = '\0';
	return (len > 0 || client->closed);
}

static bool
client_is_closed(client_t *client) {
	(void)client_take(client);
	return (client->closed);
}

typedef struct reply {
	unsigned status;
	char head[4096]; /* status line and header, with the last CRLF */
	char *body;	 /* without chunks; of `len` bytes and a NUL */
	size_t len;
	bool ended; /* by the last chunk or the length, not by the end of all */
} reply_t;

static void
reply_done(reply_t *reply) {
	free(reply->body);
	*reply = (reply_t){ 0 };
}

/* The value of a header field, "" if there is none. */
static const char *
field(const reply_t *reply, const char *name) {
	static char value[256];

	value[0] = '\0';
	for (const char *line = strstr(reply->head, "\r\n"); line != NULL;
	     line = strstr(line, "\r\n"))
	{
		line += 2;
		if (strncasecmp(line, name, strlen(name)) == 0 &&
		    line[strlen(name)] == ':')
		{
			line += strlen(name) + 1;
			line += strspn(line, " ");
			(void)snprintf(value, sizeof(value), "%.*s",
				       (int)strcspn(line, "\r"), line);
			break;
		}
	}
	return (value);
}

/* Takes chunks apart in place; returns what follows them, NULL if not all is here. */
static char *
unchunk(reply_t *reply, char *from, const char *end) {
	for (;;) {
		char *rest;
		size_t len;
		char *line = memchr(from, '\n', (size_t)(end - from));

		if (line == NULL) {
			return (NULL);
		}
		len = strtoul(from, &rest, 16);
		ck_assert_msg(rest != from && *rest == '\r', "no chunk: %.20s",
			      from);
		from = line + 1;
		if ((size_t)(end - from) < len + 2) {
			return (NULL);
		}
		memcpy(reply->body + reply->len, from, len);
		reply->len += len;
		ck_assert_int_eq(strncmp(from + len, "\r\n", 2), 0);
		from += len + 2;
		if (len == 0) {
			return (from);
		}
	}
}

/* One reply out of what came; false if it is not complete. */
static bool
parse(client_t *client, reply_t *reply, bool head) {
	char *body, *rest, *end = client->data + client->used;
	size_t len;

	*reply = (reply_t){ 0 };
	body = client->used > 0 ? strstr(client->data, "\r\n\r\n") : NULL;
	if (body == NULL) {
		return (false);
	}
	len = (size_t)(body - client->data) + 2;
	ck_assert_uint_lt(len, sizeof(reply->head));
	memcpy(reply->head, client->data, len);
	ck_assert_int_eq(sscanf(reply->head, "HTTP/1.%*d %u ", &reply->status), 1);
	body += 4;
	reply->body = calloc(1, (size_t)(end - body) + 1);
	reply->ended = true;
	if (head) {
		rest = body;
	} else if (strcasecmp(field(reply, "Transfer-Encoding"), "chunked") == 0) {
		rest = unchunk(reply, body, end);
	} else if (field(reply, "Content-Length")[0] != '\0') {
		reply->len = strtoul(field(reply, "Content-Length"), NULL, 10);
		rest = (size_t)(end - body) >= reply->len ? body + reply->len
							   : NULL;
	} else {
		reply->ended = false;
		reply->len = (size_t)(end - body);
		rest = client->closed ? end : NULL;
	}
	if (rest == NULL) {
		reply_done(reply);
		return (false);
	}
	if (!head && reply->body[0] == '\0') {
		memcpy(reply->body, body, reply->len);
	}
	client->used = (size_t)(end - rest);
	memmove(client->data, rest, client->used + 1);
	return (true);
}

static bool
client_got(client_t *client, reply_t *reply, bool head) {
	while (client_take(client) && !client->closed) {
	}
	if (client->used == client->looked && !client->closed) {
		return (false);
	}
	if (parse(client, reply, head)) {
		client->looked = 0;
		return (true);
	}
	client->looked = client->used;
	return (false);
}

static void
ask(client_t *client, const char *request, reply_t *reply) {
	client_say(client, request);
	TURN_UNTIL(client_got(client, reply, strncmp(request, "HEAD", 4) == 0));
}

#define GET(target) "GET " target " HTTP/1.1\r\nHost: x\r\n\r\n"

static void
check_letters(const char *data, size_t len, size_t wanted) {
	ck_assert_uint_eq(len, wanted);
	for (size_t i = 0; i < len; i++) {
		if (data[i] != letter(i)) {
			ck_abort_msg("byte %zu is wrong", i);
		}
	}
}

static void
serves(const xfw_listener_t *at) {
	client_t client;
	reply_t reply;

	client_open(&client, at);
	ask(&client, GET("/x"), &reply);
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_str_eq(reply.body, "you asked for /x\n");
	reply_done(&reply);
	client_close(&client);
}

/*--- listening --------------------------------------------------------------------*/

START_TEST(names_of_addresses) {
	xfw_listener_t l;
	char name[XFW_CHANNEL_NAME_MAX];
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&l.address;

	(void)set_address(&l, "127.0.0.1");
	((struct sockaddr_in *)&l.address)->sin_port = htons(8054);
	xfw_channel_name(&l.address, name);
	ck_assert_str_eq(name, "127.0.0.1#8054");
	(void)set_address(&l, "::1");
	v6->sin6_port = htons(80);
	xfw_channel_name(&l.address, name);
	ck_assert_str_eq(name, "::1#80");
	(void)set_address(&l, "fe80::1");
	v6->sin6_port = htons(80);
	v6->sin6_scope_id = 3;
	xfw_channel_name(&l.address, name);
	ck_assert_str_eq(name, "fe80::1%3#80");
}
END_TEST

START_TEST(both_families) {
	xfw_listener_t v6;

	if (!set_address(&v6, "::")) {
		listen_here();
		serves(&listener);
		return; /* there is no IPv6 here */
	}
	/* The same port for both: the second does not take the first's. */
	ck_assert(set_address(&listener, "0.0.0.0"));
	((struct sockaddr_in6 *)&v6.address)->sin6_port =
		((struct sockaddr_in *)&listener.address)->sin_port;
	listener.next = &v6;
	listen_here();
	serves(&listener);
	serves(&v6);
	ck_assert_ptr_nonnull(strstr(said, "info: statistics-channel ::#"));
}
END_TEST

START_TEST(port_in_use) {
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&listener.address,
			      sizeof(struct sockaddr_in)),
			 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	xfw_channel_apply(channel, &listener);
	ck_assert_ptr_nonnull(strstr(said, "err: statistics-channel 127.0.0.1#"));
	ck_assert_ptr_nonnull(strstr(said, "address in use"));
	ck_assert_ptr_nonnull(strstr(said, "next reconfig"));
	/* The next reconfig finds the same. */
	said[0] = '\0';
	xfw_channel_apply(channel, &listener);
	ck_assert_ptr_nonnull(strstr(said, "address in use"));
	/* It is free now. */
	(void)close(fd);
	said[0] = '\0';
	listen_here();
	serves(&listener);
}
END_TEST

START_TEST(address_not_there) {
	xfw_listener_t far;

	(void)set_address(&far, "192.0.2.1");
	((struct sockaddr_in *)&far.address)->sin_port = htons(8054);
	listener.next = &far;
	xfw_channel_apply(channel, &listener);
	ck_assert_ptr_nonnull(strstr(
		said, "err: statistics-channel 192.0.2.1#8054: cannot listen: "
		      "address not available"));
	serves(&listener); /* the other one does */
}
END_TEST

START_TEST(what_stays_keeps_its_connections) {
	xfw_listener_t other;
	client_t kept, dropped;
	reply_t reply;

	ck_assert(set_address(&other, "127.0.0.1"));
	listener.next = &other;
	listen_here();
	client_open(&kept, &listener);
	client_open(&dropped, &other);
	ask(&kept, GET("/1"), &reply);
	reply_done(&reply);
	ask(&dropped, GET("/1"), &reply);
	reply_done(&reply);
	/* The same listener again, with another list; the other one is gone. */
	said[0] = '\0';
	listener.next = NULL;
	listener.acl = &acl_none;
	xfw_channel_apply(channel, &listener);
	ck_assert_ptr_nonnull(strstr(said, "no longer listening"));
	ck_assert_ptr_null(strstr(said, ": listening"));
	TURN_UNTIL(client_is_closed(&dropped));
	ask(&kept, GET("/2"), &reply);
	ck_assert_uint_eq(reply.status, 403);
	ck_assert_ptr_nonnull(strstr(reply.body, "\"error\""));
	reply_done(&reply);
	listener.acl = &acl_all;
	xfw_channel_apply(channel, &listener);
	ask(&kept, GET("/3"), &reply);
	ck_assert_uint_eq(reply.status, 200);
	reply_done(&reply);
	/* Nobody listens at the other one's port. */
	client_close(&dropped);
	dropped.fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_ne(connect(dropped.fd, (struct sockaddr *)&other.address,
				 sizeof(struct sockaddr_in)),
			 0);
	client_close(&dropped);
	xfw_channel_apply(channel, NULL);
	TURN_UNTIL(client_is_closed(&kept));
	client_close(&kept);
}
END_TEST

START_TEST(wildcard_after_address) {
	xfw_listener_t all;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&all.address;

	listen_here();
	(void)set_address(&all, "0.0.0.0");
	v4->sin_port = ((struct sockaddr_in *)&listener.address)->sin_port;
	xfw_channel_apply(channel, &all);
	ck_assert_msg(strstr(said, "err:") == NULL, "%s", said);
	serves(&listener);
}
END_TEST

/*--- requests and answers ---------------------------------------------------------*/

START_TEST(request_as_the_client_wrote_it) {
	client_t client;
	reply_t reply;

	listen_here();
	client_open(&client, &listener);
	ask(&client,
	    "GET /a%2fb%zz%00?x=%26&y=+ HTTP/1.1\r\nHost: x\r\n"
	    "Accept: application/openmetrics-text\r\nRange: bytes=0-3\r\n\r\n",
	    &reply);
	ck_assert_str_eq(last_target, "/a%2fb%zz%00?x=%26&y=+");
	ck_assert_str_eq(last_accept, "application/openmetrics-text");
	/* A range is not served. */
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_str_eq(reply.body, "you asked for /a%2fb%zz%00?x=%26&y=+\n");
	ck_assert_str_eq(field(&reply, "X-Content-Type-Options"), "nosniff");
	ck_assert_str_eq(field(&reply, "Cache-Control"), "no-store");
	ck_assert_str_eq(field(&reply, "Content-Type"), "text/plain");
	ck_assert_str_eq(field(&reply, "Server"), "");
	ck_assert_str_ne(field(&reply, "Date"), "");
	reply_done(&reply);
	ask(&client, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", &reply);
	ck_assert_uint_eq(reply.status, 405);
	ck_assert_str_eq(field(&reply, "Allow"), "GET, HEAD");
	ck_assert_str_eq(last_method, "OPTIONS");
	ck_assert_str_eq(last_target, "*");
	reply_done(&reply);
	ask(&client, GET("/page"), &reply);
	check_letters(reply.body, reply.len, 5000);
	ck_assert_str_eq(field(&reply, "Cache-Control"), "max-age=60");
	reply_done(&reply);
	client_close(&client);
}
END_TEST

START_TEST(head_is_get_without_the_body) {
	static const char *const targets[] = { "/x", "/page", "/stream?100",
					       "/stream?100000" };
	static const char *const same[] = { "Content-Type", "Content-Length",
					    "Content-Encoding", "Vary",
					    "Cache-Control" };
	char request[128], want[64];
	reply_t get, head;

	listen_here();
	for (size_t i = 0; i < 2 * sizeof(targets) / sizeof(targets[0]); i++) {
		client_t client;
		const char *target = targets[i / 2];
		const char *accept = (i % 2) ? "Accept-Encoding: gzip\r\n" : "";

		client_open(&client, &listener);
		(void)snprintf(request, sizeof(request),
			       "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", target,
			       accept);
		ask(&client, request, &get);
		(void)snprintf(request, sizeof(request),
			       "HEAD %s HTTP/1.1\r\nHost: x\r\n%s\r\n", target,
			       accept);
		ask(&client, request, &head);
		ck_assert_uint_eq(head.status, 200);
		for (size_t f = 0; f < sizeof(same) / sizeof(same[0]); f++) {
			(void)snprintf(want, sizeof(want), "%s",
				       field(&get, same[f]));
			ck_assert_str_eq(field(&head, same[f]), want);
		}
		/* Nothing follows the header: the next answer is whole. */
		if (strcasecmp(field(&head, "Connection"), "close") != 0) {
			reply_done(&head);
			ask(&client, GET("/after"), &head);
			ck_assert_str_eq(head.body, "you asked for /after\n");
		} else {
			TURN_UNTIL(client_is_closed(&client));
			ck_assert_uint_eq(client.used, 0);
		}
		reply_done(&get);
		reply_done(&head);
		client_close(&client);
	}
}
END_TEST

START_TEST(http_1_0) {
	client_t client;
	reply_t reply;

	listen_here();
	client_open(&client, &listener);
	ask(&client, "GET /stream?300000 HTTP/1.0\r\n\r\n", &reply);
	ck_assert_uint_eq(reply.status, 200);
	ck_assert_str_eq(field(&reply, "Transfer-Encoding"), "");
	ck_assert(!reply.ended); /* the end of the connection tells it */
	check_letters(reply.body, reply.len, 300000);
	reply_done(&reply);
	client_close(&client);
	client_open(&client, &listener);
	ask(&client, "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", &reply);
	ck_assert_str_eq(reply.body, "you asked for /x\n");
	reply_done(&reply);
	ask(&client, "GET /y HTTP/1.0\r\n\r\n", &reply);
	ck_assert_str_eq(reply.body, "you asked for /y\n");
	reply_done(&reply);
	TURN_UNTIL(client_is_closed(&client));
	client_close(&client);
}
END_TEST

START_TEST(client_that_ends_with_its_request) {
	static const char *const texts[] = { GET("/x"), GET("/x") GET("/y"),
					     "GET /half", "" };
	static const unsigned replies[] = { 1, 2, 0, 0 };

	listen_here();
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint64_t begin = uv_hrtime();
		client_t client;
		reply_t reply;

		client_open(&client, &listener);
		(void)send(client.fd, texts[i], strlen(texts[i]), 0);
		(void)shutdown(client.fd, SHUT_WR);
		for (unsigned n = 0; n < replies[i]; n++) {
			TURN_UNTIL(client_got(&client, &reply, false));
			reply_done(&reply);
		}
		TURN_UNTIL(client_is_closed(&client));
		ck_assert_uint_eq(client.used, 0);
		ck_assert_uint_lt((uv_hrtime() - begin) / 1000000, 5000);
		client_close(&client);
	}
}
END_TEST

START_TEST(pipelining) {
	client_t client;
	reply_t reply;
	char requests[8192] = "", want[64];

	listen_here();
	client_open(&client, &listener);
	for (unsigned i = 0; i < 50; i++) {
		size_t used = strlen(requests);

		(void)snprintf(requests + used, sizeof(requests) - used,
			       i % 5 == 4 ? GET("/stream?%u")
					  : GET("/number/%u"),
			       i % 5 == 4 ? i * 1000 : i);
	}
	client_say(&client, requests);
	for (unsigned i = 0; i < 50; i++) {
		TURN_UNTIL(client_got(&client, &reply, false));
		if (i % 5 == 4) {
			check_letters(reply.body, reply.len, i * 1000);
		} else {
			(void)snprintf(want, sizeof(want),
				       "you asked for /number/%u\n", i);
			ck_assert_str_eq(reply.body, want);
		}
		reply_done(&reply);
	}
	client_close(&client);
}
END_TEST

/*--- gzip -------------------------------------------------------------------------*/

START_TEST(who_wants_gzip) {
	static const struct {
		const char *field;
		bool wanted;
	} cases[] = {
		{ NULL, false },
		{ "", false },
		{ "gzip", true },
		{ "GZIP", true },
		{ "x-gzip", true },
		{ "deflate, gzip;q=1.0, *;q=0.5", true },
		{ "deflate,gzip", true },
		{ "gzip;q=0", false },
		{ "gzip;q=0.000", false },
		{ "gzip ; q = 0", false },
		{ "gzip;q=0.001", true },
		{ "gzip;Q=0.5", true },
		{ "gzip;q=0, *", false },
		{ "*", true },
		{ "*;q=0", false },
		{ "*;q=0, gzip", true },
		{ "identity", false },
		{ "gzipped", false },
		{ "br, zstd", false },
		{ ",,, gzip", true },
		{ "gzip;q=", false },
		{ "gzip;", true },
		{ ";;;", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(xfw_gzip_wanted(cases[i].field) == cases[i].wanted,
			      "%s", cases[i].field);
	}
}
END_TEST

static void
check_inflated(const reply_t *reply, size_t wanted) {
	z_stream stream = { 0 };
	char *plain = malloc(wanted + 1);

	ck_assert_ptr_nonnull(plain);
	ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
	stream.next_in = (Bytef *)reply->body;
	stream.avail_in = (uInt)reply->len;
	stream.next_out = (Bytef *)plain;
	stream.avail_out = (uInt)wanted + 1;
	ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(stream.avail_in, 0);
	check_letters(plain, stream.total_out, wanted);
	(void)inflateEnd(&stream);
	free(plain);
}

START_TEST(gzip_when_asked_for) {
	static const struct {
		const char *target;
		size_t size;
		bool zipped; /* if asked for */
	} cases[] = {
		{ "/page", 5000, true },	     { "/stream?100", 100, false },
		{ "/stream?1023", 1023, false },     { "/stream?1024", 1024, true },
		{ "/stream?3000000", 3000000, true }, { "/stream?0", 0, false },
	};
	char request[128];
	client_t client;
	reply_t reply;

	listen_here();
	client_open(&client, &listener);
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		bool zipped = cases[i / 2].zipped && i % 2;

		(void)snprintf(request, sizeof(request),
			       "GET %s HTTP/1.1\r\nHost: x\r\n"
			       "Accept-Encoding: %s\r\n\r\n",
			       cases[i / 2].target, i % 2 ? "gzip" : "gzip;q=0");
		ask(&client, request, &reply);
		ck_assert_str_eq(field(&reply, "Content-Encoding"),
				 zipped ? "gzip" : "");
		ck_assert_str_eq(field(&reply, "Vary"),
				 cases[i / 2].zipped ? "Accept-Encoding" : "");
		if (zipped) {
			check_inflated(&reply, cases[i / 2].size);
		} else {
			check_letters(reply.body, reply.len, cases[i / 2].size);
		}
		reply_done(&reply);
	}
	client_close(&client);
}
END_TEST

/*--- long bodies ------------------------------------------------------------------*/

START_TEST(long_body_is_made_as_it_is_read) {
	const size_t size = 50 * 1000 * 1000;
	client_t client;
	size_t received = 0, ahead = 0;

	listen_here();
	client_open(&client, &listener);
	client_say(&client, GET("/stream?50000000"));
	/* Nobody reads: no more is made than the sockets hold. */
	turn_for(200);
	ck_assert_uint_gt(produced, 0);
	ck_assert_uint_lt(produced, 16 * 1000 * 1000);
	while (ended == 0 || client.used > 0) {
		TURN_UNTIL(client_take(&client));
		ck_assert(!client.closed);
		received += client.used;
		client.used = 0;
		ahead = produced > received && produced - received > ahead
				? produced - received
				: ahead;
		if (received > size && ended == 1 && recv(client.fd, (char[1]){ 0 }, 1, MSG_PEEK) < 0) {
			break;
		}
	}
	ck_assert_uint_eq(produced, size);
	ck_assert_uint_gt(received, size);
	ck_assert_uint_lt(ahead, 16 * 1000 * 1000);
	client_close(&client);
}
END_TEST

START_TEST(client_goes_away) {
	client_t client;

	listen_here();
	for (unsigned i = 1; i <= 3; i++) {
		client_open(&client, &listener);
		client_say(&client, i == 2 ? "GET /stream?50000000 HTTP/1.0\r\n\r\n"
					   : GET("/stream?50000000"));
		TURN_UNTIL(client_take(&client));
		ck_assert_uint_eq(begun, i);
		ck_assert_uint_eq(ended, i - 1);
		client_close(&client); /* SIGPIPE is not ignored here */
		TURN_UNTIL(ended == i);
	}
	turn_for(20);
	ck_assert_uint_eq(ended, 3);
}
END_TEST

/* So many clients, all let in, that then send at once. */
static void
crowd(client_t *clients, unsigned count, const char *const texts[], unsigned kinds) {
	const xfw_endpoint_t *endpoint = TAILQ_FIRST(&channel->endpoints);

	for (unsigned i = 0; i < count; i++) {
		client_open(&clients[i], &listener);
	}
	TURN_UNTIL(endpoint->open == count);
	for (unsigned i = 0; i < count; i++) {
		const char *text = texts[i % kinds];

		ck_assert_int_eq(send(clients[i].fd, text, strlen(text), 0),
				 (ssize_t)strlen(text));
	}
}

START_TEST(the_end_of_the_channel) {
	static const char *const texts[] = { "", "GET /half",
					     GET("/stream?50000000"),
					     GET("/stream?50000000") };
	client_t clients[80];

	xfw_channel_limits(channel)->turn_ns = 1; /* so that some are put off */
	listen_here();
	crowd(clients, 80, texts, 4);
	TURN_UNTIL(begun == 3);
	ck_assert(!TAILQ_EMPTY(&TAILQ_FIRST(&channel->endpoints)->postponed));
	close_channel();
	ck_assert_uint_eq(ended, begun);
	for (unsigned i = 0; i < 80; i++) {
		while (!client_is_closed(&clients[i])) {
			clients[i].used = 0;
		}
		client_close(&clients[i]);
	}
}
END_TEST

static unsigned ticks;

static void
on_tick(uv_timer_t *timer) {
	(void)timer;
	ticks++;
}

START_TEST(work_is_spread_over_turns) {
	static const char *const texts[] = {
		GET("/stream?200000"), "GET /stream?200000 HTTP/1.1\r\nHost: x\r\n"
				       "Accept-Encoding: gzip\r\n\r\n"
	};
	client_t clients[40];
	reply_t reply;
	uv_timer_t timer;
	unsigned done = 0;

	xfw_channel_limits(channel)->turn_ns = 1; /* one piece a turn */
	listen_here();
	ticks = 0;
	(void)uv_timer_init(&loop, &timer);
	(void)uv_timer_start(&timer, on_tick, 0, 1);
	crowd(clients, 40, texts, 2);
	for (unsigned turns = 0; done < 40; turns++) {
		size_t before = produced;

		ck_assert_uint_lt(turns, 1000000);
		turn_once();
		/* No turn makes more than a few pieces. */
		ck_assert_uint_lt(produced - before, 5 * XFW_PIECE_GOAL);
		for (unsigned i = 0; i < 40; i++) {
			if (clients[i].fd >= 0 &&
			    client_got(&clients[i], &reply, false))
			{
				if (i % 2) {
					check_inflated(&reply, 200000);
				} else {
					check_letters(reply.body, reply.len,
						      200000);
				}
				reply_done(&reply);
				client_close(&clients[i]);
				done++;
			}
		}
	}
	ck_assert_uint_gt(ticks, 3);
	uv_close((uv_handle_t *)&timer, NULL);
	turn_once(); /* it is on the stack */
}
END_TEST

/*--- clients that mean no good -----------------------------------------------------*/

static uint64_t
ms_since(uint64_t begin) {
	return ((uv_hrtime() - begin) / 1000000);
}

START_TEST(slow_sender) {
	client_t silent, slow;
	uint64_t begin;

	xfw_channel_limits(channel)->request_ms = 300;
	listen_here();
	begin = uv_hrtime();
	client_open(&silent, &listener);
	client_open(&slow, &listener);
	client_say(&slow, "GET / HTTP/1.1\r\nX: ");
	/* A byte now and then does not help. */
	while (!client_is_closed(&slow)) {
		ck_assert_uint_lt(ms_since(begin), WAIT_MS);
		client_say(&slow, "x");
		turn_for(10);
	}
	ck_assert_uint_ge(ms_since(begin), 290);
	TURN_UNTIL(client_is_closed(&silent));
	ck_assert_uint_eq(answered, 0);
	client_close(&silent);
	client_close(&slow);
}
END_TEST

START_TEST(idle_connection) {
	client_t client;
	reply_t reply;
	uint64_t begin;

	xfw_channel_limits(channel)->request_ms = 100;
	xfw_channel_limits(channel)->idle_ms = 400;
	listen_here();
	client_open(&client, &listener);
	for (unsigned i = 0; i < 2; i++) {
		ask(&client, GET("/x"), &reply);
		reply_done(&reply);
		turn_for(200);
		ck_assert(!client_is_closed(&client));
	}
	begin = uv_hrtime();
	TURN_UNTIL(client_is_closed(&client));
	ck_assert_uint_lt(ms_since(begin), WAIT_MS / 2);
	client_close(&client);
	/* The next request has its time from when it begins. */
	client_open(&client, &listener);
	ask(&client, GET("/x"), &reply);
	reply_done(&reply);
	begin = uv_hrtime();
	client_say(&client, "GET /y HTTP/1.1\r\n");
	TURN_UNTIL(client_is_closed(&client));
	ck_assert_uint_ge(ms_since(begin), 90); /* the loop counts from its turn */
	client_close(&client);
}
END_TEST

START_TEST(stalled_reader) {
	client_t client;
	uint64_t begin;

	xfw_channel_limits(channel)->stall_ms = 300;
	listen_here();
	client_open(&client, &listener);
	client_say(&client, GET("/stream?50000000"));
	/* It reads for longer than that: nothing happens to it. */
	begin = uv_hrtime();
	while (ms_since(begin) < 600) {
		for (int i = 0; i < 3 && client_take(&client); i++) {
			client.used = 0;
		}
		turn_for(5);
		ck_assert(!client.closed);
		ck_assert_uint_eq(ended, 0);
	}
	begin = uv_hrtime();
	TURN_UNTIL(ended == 1);
	ck_assert_uint_lt(ms_since(begin), WAIT_MS / 2);
	client_close(&client);
}
END_TEST

START_TEST(more_connections_than_there_are_places) {
	client_t held[60], client;
	reply_t reply;
	unsigned open = 0;

	xfw_channel_limits(channel)->connections = 16;
	listen_here();
	for (unsigned i = 0; i < 60; i++) {
		client_open(&held[i], &listener);
		if (i % 2) {
			client_say(&held[i], "GET /half HTTP/1.1\r\nHost:");
		}
	}
	turn_for(20);
	for (unsigned i = 0; i < 5; i++) {
		serves(&listener);
	}
	for (unsigned i = 0; i < 60; i++) {
		open += !client_is_closed(&held[i]);
	}
	ck_assert_uint_le(open, 16);
	ck_assert_uint_ge(open, 8);
	ck_assert(client_is_closed(&held[0])); /* the oldest went first */
	ck_assert(!client_is_closed(&held[59]));
	/* One who has asked and reads is not pushed out by those who wait. */
	client_open(&client, &listener);
	client_say(&client, GET("/stream?3000000"));
	TURN_UNTIL(begun == 1);
	for (unsigned i = 0; i < 60; i++) {
		client_close(&held[i]);
		client_open(&held[i], &listener);
		turn_once();
	}
	TURN_UNTIL(client_got(&client, &reply, false));
	check_letters(reply.body, reply.len, 3000000);
	reply_done(&reply);
	client_close(&client);
	for (unsigned i = 0; i < 60; i++) {
		client_close(&held[i]);
	}
}
END_TEST

START_TEST(who_has_waited_longest_goes_first) {
	client_t held[14], more[3];
	reply_t reply;

	xfw_channel_limits(channel)->connections = 16;
	listen_here();
	for (unsigned first_idle = 0; first_idle < 2; first_idle++) {
		for (unsigned i = 0; i < 14; i++) {
			client_open(&held[i], &listener);
			if (i % 2 != first_idle) {
				ask(&held[i], GET("/x"), &reply);
				reply_done(&reply);
			}
			turn_for(5);
		}
		for (unsigned i = 0; i < 3; i++) {
			client_open(&more[i], &listener);
			turn_for(5);
		}
		for (unsigned i = 0; i < 14; i++) {
			ck_assert_int_eq(client_is_closed(&held[i]), i < 2);
			client_close(&held[i]);
		}
		for (unsigned i = 0; i < 3; i++) {
			client_close(&more[i]);
		}
		TURN_UNTIL(TAILQ_FIRST(&channel->endpoints)->open == 0);
	}
}
END_TEST

START_TEST(all_places_held_by_readers_who_do_not_read) {
	client_t held[16];

	xfw_channel_limits(channel)->connections = 16;
	listen_here();
	for (unsigned i = 0; i < 16; i++) {
		client_open(&held[i], &listener);
		client_say(&held[i], GET("/stream?50000000"));
	}
	TURN_UNTIL(begun == 16);
	serves(&listener); /* after a second */
	ck_assert_uint_ge(ended, 1);
	for (unsigned i = 0; i < 16; i++) {
		client_close(&held[i]);
	}
}
END_TEST

static unsigned turns;

static void
on_turn(uv_prepare_t *prepare) {
	(void)prepare;
	turns++;
}

START_TEST(no_descriptors_left) {
	struct rlimit all, few;
	uv_prepare_t prepare;
	client_t client;
	reply_t reply;
	int fd;

	listen_here();
	client_open(&client, &listener);
	client_say(&client, GET("/x"));
	fd = dup(client.fd);
	(void)close(fd);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
	/* The next one that is opened would be `fd`. */
	serves(&listener);
	TURN_UNTIL(client_got(&client, &reply, false));
	reply_done(&reply);
	client_close(&client);
	turn_for(20);
	client_open(&client, &listener);
	few = all;
	few.rlim_cur = (rlim_t)client.fd + 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	client_say(&client, "");
	(void)uv_prepare_init(&loop, &prepare);
	(void)uv_prepare_start(&prepare, on_turn);
	turns = 0;
	for (uint64_t begin = uv_hrtime(); ms_since(begin) < 300;) {
		/* Sleeps while there is nothing to do, for 100 ms at most. */
		uv_timer_t bound;

		(void)uv_timer_init(&loop, &bound);
		(void)uv_timer_start(&bound, on_tick, 100, 0);
		(void)uv_run(&loop, UV_RUN_ONCE);
		uv_close((uv_handle_t *)&bound, NULL);
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	}
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
	ck_assert_ptr_nonnull(strstr(said, "too many open files"));
	ck_assert_uint_lt(turns, 30);
	uv_close((uv_handle_t *)&prepare, NULL);
	/* There are some again. (The one that waited is lost under valgrind.) */
	serves(&listener);
	client_close(&client);
}
END_TEST

/* Sends it, and gives the reply's status; 0 if the connection was only closed. */
static unsigned
status_of_bytes(const char *data, size_t len) {
	client_t client;
	reply_t reply;
	unsigned status = 0;

	client_open(&client, &listener);
	client_send(&client, data, len);
	TURN_UNTIL(client_is_closed(&client));
	if (parse(&client, &reply, false)) {
		status = reply.status;
		reply_done(&reply);
	}
	client_close(&client);
	return (status);
}

static unsigned
status_of(const char *text) {
	return (status_of_bytes(text, strlen(text)));
}

START_TEST(requests_that_are_none) {
	static const char *const garbage[] = {
		"GET / HTTP/9.9\r\n\r\n",
		"GET / HTTP/0.9\r\n\r\n",
		"GET /\r\n\r\n",
		"GET / FTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n", /* no Host */
		"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
		"GET / x HTTP/1.1\r\nHost: x\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"nonsense\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
		"\x01\x02\x03 \x04\x05\x06 \x07\r\n\r\n",
	};
	char *large = malloc(100000);

	xfw_channel_limits(channel)->request_ms = 500;
	listen_here();
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		unsigned status = status_of(garbage[i]);

		ck_assert_msg(status == 0 || status == 400 || status == 505,
			      "%u: %s", status, garbage[i]);
	}
	ck_assert_uint_eq(status_of("GET / FTP/1.1\r\n\r\n"), 400);
	ck_assert_uint_eq(answered, 0);
	ck_assert_ptr_nonnull(large);
	memset(large, 'x', 100000);
	memcpy(large, "GET /", 5);
	ck_assert_uint_eq(status_of_bytes(large, 100000), 414);
	memcpy(large, "GET / HTTP/1.1\r\nHost: x\r\nX: ", 28);
	ck_assert_uint_eq(status_of_bytes(large, 100000), 431);
	for (size_t i = 0; i < 100000; i += 5) {
		memcpy(large + i, "a:b\r\n", 5);
	}
	memcpy(large, "GET / HTTP/1.1\r\nHost: x\r\na:b\r\n", 30);
	ck_assert_uint_eq(status_of_bytes(large, 99000), 431);
	memset(large, '\0', 100000);
	unsigned status = status_of_bytes(large, 100000);

	/* 1.0 closes on bytes that are no HTTP at all. */
	ck_assert_uint_eq(status,
			  strncmp(MHD_get_version(), "0.9.", 4) == 0 ? 414 : 0);
	ck_assert_uint_eq(answered, 0);
	free(large);
	serves(&listener);
}
END_TEST

START_TEST(uploads) {
	static const char endless[] = "POST / HTTP/1.1\r\nHost: x\r\n"
				      "Content-Length: 999999999\r\n\r\n";
	char *large = malloc(5000000);

	ck_assert_ptr_nonnull(large);
	memset(large, 'x', 5000000);
	listen_here();
	ck_assert_uint_eq(status_of("POST / HTTP/1.1\r\nHost: x\r\n"
				    "Content-Length: 5\r\n\r\nhello"),
			  405);
	ck_assert_uint_eq(
		status_of("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
			  "chunked\r\n\r\n5\r\nhello\r\n"),
		405);
	/* One that would never end is not read to its end. */
	memcpy(large, endless, strlen(endless));
	(void)status_of_bytes(large, 5000000);
	ck_assert_uint_eq(answered, 3);
	/* None comes: the connection stays. */
	client_t client;
	reply_t reply;

	client_open(&client, &listener);
	ask(&client, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
	    &reply);
	ck_assert_uint_eq(reply.status, 405);
	reply_done(&reply);
	ask(&client, GET("/x"), &reply);
	ck_assert_uint_eq(reply.status, 200);
	reply_done(&reply);
	client_close(&client);
	free(large);
}
END_TEST

/*--- when libmicrohttpd gives up -----------------------------------------------------*/

static struct MHD_Daemon *broken;
static int broken_fds[2];

static enum MHD_Result
misuse(void *arg, struct MHD_Connection *http, const char *url, const char *method,
       const char *version, const char *upload, size_t *upload_len, void **context) {
	(void)arg;
	(void)url;
	(void)method;
	(void)version;
	(void)upload;
	(void)upload_len;
	(void)context;
	MHD_suspend_connection(http); /* without having said that it would */
	return (MHD_YES);
}

static void *
run_broken(void *arg) {
	struct sockaddr_in peer = { .sin_family = AF_INET };

	(void)arg;
	(void)MHD_add_connection(broken, broken_fds[1], (struct sockaddr *)&peer,
				 sizeof(peer));
	for (;;) {
		(void)MHD_run(broken);
	}
	return (NULL);
}

START_TEST(panic_does_not_abort) {
	static const char get[] = GET("/");
	pthread_t thread;

	broken = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL,
				  NULL, misuse, NULL, MHD_OPTION_END);
	ck_assert_ptr_nonnull(broken);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, broken_fds), 0);
	ck_assert_int_eq(send(broken_fds[0], get, sizeof(get) - 1, 0),
			 sizeof(get) - 1);
	ck_assert_int_eq(pthread_create(&thread, NULL, run_broken, NULL), 0);
	(void)pthread_mutex_lock(&said_lock);
	while (strstr(said, "crit: statistics-channel: libmicrohttpd gave up") ==
	       NULL)
	{
		(void)pthread_cond_wait(&said_more, &said_lock);
	}
	(void)pthread_mutex_unlock(&said_lock);
	/* The thread stands still for good; we go on. */
	ck_assert_int_eq(pthread_cancel(thread), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	listen_here();
	serves(&listener);
	(void)close(broken_fds[0]);
}
END_TEST

int
main(void) {
	Suite *suite = suite_create("channel");
	TCase *tcase = tcase_create("channel");
	SRunner *runner = srunner_create(suite);

	(void)signal(SIGPIPE, SIG_DFL);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, names_of_addresses);
	tcase_add_test(tcase, both_families);
	tcase_add_test(tcase, port_in_use);
	tcase_add_test(tcase, address_not_there);
	tcase_add_test(tcase, what_stays_keeps_its_connections);
	tcase_add_test(tcase, wildcard_after_address);
	tcase_add_test(tcase, request_as_the_client_wrote_it);
	tcase_add_test(tcase, head_is_get_without_the_body);
	tcase_add_test(tcase, http_1_0);
	tcase_add_test(tcase, client_that_ends_with_its_request);
	tcase_add_test(tcase, pipelining);
	tcase_add_test(tcase, who_wants_gzip);
	tcase_add_test(tcase, gzip_when_asked_for);
	tcase_add_test(tcase, long_body_is_made_as_it_is_read);
	tcase_add_test(tcase, client_goes_away);
	tcase_add_test(tcase, the_end_of_the_channel);
	tcase_add_test(tcase, work_is_spread_over_turns);
	tcase_add_test(tcase, slow_sender);
	tcase_add_test(tcase, idle_connection);
	tcase_add_test(tcase, stalled_reader);
	tcase_add_test(tcase, more_connections_than_there_are_places);
	tcase_add_test(tcase, who_has_waited_longest_goes_first);
	tcase_add_test(tcase, all_places_held_by_readers_who_do_not_read);
	tcase_add_test(tcase, no_descriptors_left);
	tcase_add_test(tcase, requests_that_are_none);
	tcase_add_test(tcase, uploads);
	tcase_add_test(tcase, panic_does_not_abort);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);

	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
