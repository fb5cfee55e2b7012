/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Sockets of an inquiry (inquiry.h): plain non-blocking ones under a poll handle, so
 * that each error comes as the kernel gave it. The loop's thread only.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inquiry_priv.h"

static bool
internet(const struct sockaddr_storage *address) {
	return (address->ss_family == AF_INET || address->ss_family == AF_INET6);
}

static socklen_t
size_of(const struct sockaddr_storage *address) {
	return (address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
					      : sizeof(struct sockaddr_in6));
}

static in_port_t *
port_of(struct sockaddr_storage *address) {
	return (address->ss_family == AF_INET
			? &((struct sockaddr_in *)address)->sin_port
			: &((struct sockaddr_in6 *)address)->sin6_port);
}

xfw_result_t
xfw_inquiry_meaning(int error) {
	switch (error) {
	case ECONNREFUSED:
		return (XFW_RESULT_REFUSED);
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case ENONET:
	case ENOPROTOOPT: /* ICMP protocol unreachable */
		return (XFW_RESULT_UNREACHABLE);
	case EACCES: /* also ICMPv6 "administratively prohibited" */
	case EPERM:
		return (XFW_RESULT_DENIED);
	case ETIMEDOUT:
		return (XFW_RESULT_TIMEOUT);
	case ECONNRESET:
	case EPIPE:
		return (XFW_RESULT_CLOSED);
	default:
		return (XFW_RESULT_LOCAL);
	}
}

/* `any_port`: only the address counts. */
static int
bind_to(int fd, const struct sockaddr_storage *from, bool any_port) {
	struct sockaddr_storage address = *from;

	if (!internet(from)) {
		return (EAFNOSUPPORT);
	}
	if (any_port) {
		*port_of(&address) = 0;
	}
	return (bind(fd, (struct sockaddr *)&address, size_of(&address)) == 0
			? 0
			: errno);
}

int
xfw_inquiry_source(const struct sockaddr_storage *from) {
	int fd = socket(from->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0) {
		return (errno);
	}
	error = bind_to(fd, from, true);
	(void)close(fd);
	return (error);
}

/*
 * As named does, TCP takes any port of the address. A UDP port that is given may be
 * in use by named itself; it is not shared, because its answers would come to us.
 */
static int
bind_source(int fd, int type, const struct sockaddr_storage *from) {
	int error;

	if (from->ss_family == AF_UNSPEC) {
		return (0);
	}
	error = bind_to(fd, from, type == SOCK_STREAM);
	return (error == EADDRINUSE ? bind_to(fd, from, true) : error);
}

int
xfw_inquiry_open(xfw_inquiry_t *inquiry, int type) {
	const struct sockaddr_storage *to = &inquiry->spec.to;
	xfw_inquiry_socket_t *made;
	int fd, error;

	if (!internet(to)) {
		return (EAFNOSUPPORT);
	}
	fd = socket(to->ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return (errno);
	}
	error = bind_source(fd, type, &inquiry->spec.from);
	if (error == 0 &&
	    connect(fd, (const struct sockaddr *)to, size_of(to)) != 0 &&
	    errno != EINPROGRESS)
	{
		error = errno;
	}
	made = error == 0 ? calloc(1, sizeof(*made)) : NULL;
	if (made == NULL || (error = -uv_poll_init(inquiry->loop, &made->poll, fd)) != 0)
	{
		free(made);
		(void)close(fd);
		return (error != 0 ? error : ENOMEM);
	}
	made->fd = fd;
	made->inquiry = inquiry;
	made->poll.data = made;
	inquiry->socket = made;
	return (0);
}

int
xfw_inquiry_listen(xfw_inquiry_t *inquiry, int events, uv_poll_cb ready) {
	return (-uv_poll_start(&inquiry->socket->poll, events, ready));
}

int
xfw_inquiry_pending(const xfw_inquiry_t *inquiry) {
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(inquiry->socket->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) {
		return (errno);
	}
	return (error);
}

static void
on_closed(uv_handle_t *handle) {
	free(handle->data);
}

void
xfw_inquiry_close(xfw_inquiry_t *inquiry) {
	xfw_inquiry_socket_t *gone = inquiry->socket;

	xfw_inquiry_tls_forget(inquiry);
	if (gone != NULL) {
		inquiry->socket = NULL;
		gone->inquiry = NULL;
		uv_close((uv_handle_t *)&gone->poll, on_closed);
		(void)close(gone->fd); /* the loop lets go of it at once */
	}
}
