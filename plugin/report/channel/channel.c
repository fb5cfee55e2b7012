/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The set of listeners (channel.h): opened, kept or closed as the configuration
 * wants, and what is said of them. Runs in the monitor's thread.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel_priv.h"

#define SAY_MAX 512

/*--- addresses --------------------------------------------------------------------*/

void
xfw_channel_name(const struct sockaddr_storage *address,
		 char name[XFW_CHANNEL_NAME_MAX]) {
	char text[INET6_ADDRSTRLEN] = "?", scope[12] = "";
	unsigned port = 0;

	if (address->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)address;

		(void)inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
		port = ntohs(v4->sin_port);
	} else if (address->ss_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const void *)address;

		(void)inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
		port = ntohs(v6->sin6_port);
		if (v6->sin6_scope_id != 0) {
			(void)snprintf(scope, sizeof(scope), "%%%u",
				       (unsigned)v6->sin6_scope_id);
		}
	}
	(void)snprintf(name, XFW_CHANNEL_NAME_MAX, "%s%s#%u", text, scope, port);
}

static bool
is_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b) {
	char a_name[XFW_CHANNEL_NAME_MAX], b_name[XFW_CHANNEL_NAME_MAX];

	xfw_channel_name(a, a_name);
	xfw_channel_name(b, b_name);
	return (a->ss_family == b->ss_family && strcmp(a_name, b_name) == 0);
}

/*--- what is said -----------------------------------------------------------------*/

void
xfw_channel_say(xfw_channel_t *channel, const struct sockaddr_storage *address,
		xfw_severity_t severity, const char *format, ...) {
	char name[XFW_CHANNEL_NAME_MAX], text[SAY_MAX], line[SAY_MAX + 128];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	xfw_channel_name(address, name);
	(void)snprintf(line, sizeof(line), "statistics-channel %s: %s", name,
		       text);
	channel->ops.say(channel->ops.arg, severity, line);
}

static const char *
what_to_do(int error) {
	switch (error) {
	case EADDRINUSE:
		return ("address in use: something else listens there (\"ss -ltnp\" "
			"tells what); stop that, or choose another port");
	case EACCES:
	case EPERM:
		return ("permission denied: ports below 1024 are for the "
			"privileged; choose a higher one");
	case EADDRNOTAVAIL:
		return ("address not available: no interface of this host has "
			"it; correct it, or configure the interface");
	case EAFNOSUPPORT:
		return ("address family not supported by this host; choose an "
			"address of the other one");
	case EMFILE:
	case ENFILE:
		return ("too many open files: raise the limit of named");
	default:
		return (strerror(error));
	}
}

/*--- the set ----------------------------------------------------------------------*/

static xfw_channel_t *current; /* for on_panic(), which is told nothing */

/*
 * libmicrohttpd found itself in a state that cannot be, and would abort. named is
 * not to go down with it: what runs the channel stops here for good, the rest of the
 * process does not need it.
 */
static void
on_panic(void *arg, const char *file, unsigned line, const char *reason) {
	char text[SAY_MAX];

	(void)arg;
	if (current != NULL) {
		(void)snprintf(text, sizeof(text),
			       "statistics-channel: libmicrohttpd gave up (%s, "
			       "%s:%u); xfrwatch stops, named goes on",
			       reason != NULL ? reason : "-", file, line);
		current->ops.say(current->ops.arg, XFW_SEVERITY_CRIT, text);
	}
	for (;;) {
		(void)pause();
	}
}

xfw_channel_t *
xfw_channel_open(struct uv_loop_s *loop, const xfw_channel_ops_t *ops) {
	xfw_channel_t *channel = calloc(1, sizeof(*channel));

	if (channel == NULL) {
		return (NULL);
	}
	channel->ops = *ops;
	channel->loop = loop;
	channel->limits = (xfw_channel_limits_t){
		.connections = XFW_CHANNEL_CONNECTIONS_MAX,
		.request_ms = XFW_CHANNEL_REQUEST_S * 1000,
		.idle_ms = XFW_CHANNEL_IDLE_S * 1000,
		.stall_ms = XFW_CHANNEL_STALL_S * 1000,
		.turn_ns = XFW_CHANNEL_TURN_NS,
		.send_buffer = XFW_CHANNEL_SEND_BUFFER,
	};
	TAILQ_INIT(&channel->endpoints);
	current = channel;
	MHD_set_panic_func(on_panic, NULL);
	return (channel);
}

xfw_channel_limits_t *
xfw_channel_limits(xfw_channel_t *channel) {
	return (&channel->limits);
}

static xfw_endpoint_t *
find(const xfw_channel_t *channel, const struct sockaddr_storage *address) {
	xfw_endpoint_t *endpoint;

	TAILQ_FOREACH(endpoint, &channel->endpoints, link) {
		if (is_same(&endpoint->address, address)) {
			return (endpoint);
		}
	}
	return (NULL);
}

static void
drop(xfw_channel_t *channel, xfw_endpoint_t *endpoint) {
	TAILQ_REMOVE(&channel->endpoints, endpoint, link);
	xfw_endpoint_close(endpoint);
}

static void
add(xfw_channel_t *channel, const xfw_listener_t *listener) {
	int error = 0;
	xfw_endpoint_t *endpoint = xfw_endpoint_open(channel, listener, &error);

	if (endpoint != NULL) {
		endpoint->wanted = true;
		TAILQ_INSERT_TAIL(&channel->endpoints, endpoint, link);
		xfw_channel_say(channel, &listener->address, XFW_SEVERITY_INFO,
				"listening");
	} else {
		xfw_channel_say(channel, &listener->address, XFW_SEVERITY_ERR,
				"cannot listen: %s; the next reconfig tries "
				"again",
				what_to_do(error));
	}
}

/* Those that are no longer wanted go first: another address may need their port. */
void
xfw_channel_apply(xfw_channel_t *channel, const xfw_listener_t *listeners) {
	xfw_endpoint_t *endpoint, *next;

	TAILQ_FOREACH(endpoint, &channel->endpoints, link) {
		endpoint->wanted = false;
	}
	for (const xfw_listener_t *l = listeners; l != NULL; l = l->next) {
		endpoint = find(channel, &l->address);
		if (endpoint != NULL && !endpoint->wanted) {
			endpoint->wanted = true;
			endpoint->acl = l->acl;
		}
	}
	for (endpoint = TAILQ_FIRST(&channel->endpoints); endpoint != NULL;
	     endpoint = next)
	{
		next = TAILQ_NEXT(endpoint, link);
		if (!endpoint->wanted) {
			xfw_channel_say(channel, &endpoint->address,
					XFW_SEVERITY_INFO, "no longer listening");
			drop(channel, endpoint);
		}
	}
	for (const xfw_listener_t *l = listeners; l != NULL; l = l->next) {
		if (find(channel, &l->address) == NULL) {
			add(channel, l);
		}
	}
}

void
xfw_channel_closed(xfw_channel_t *channel) {
	channel->closing--;
	if (channel->closed && channel->closing == 0) {
		free(channel);
	}
}

void
xfw_channel_close(xfw_channel_t *channel) {
	if (channel == NULL) {
		return;
	}
	while (!TAILQ_EMPTY(&channel->endpoints)) {
		drop(channel, TAILQ_FIRST(&channel->endpoints));
	}
	if (current == channel) {
		current = NULL;
	}
	channel->closed = true;
	if (channel->closing == 0) {
		free(channel);
	}
}
