/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The sockets of this process (sockets.h). Monitor's thread only.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "sockets.h"

/* Descriptors looked at where /proc is not to be had. */
#define FDS_MAX 65536

void
xfw_sockets_each(void (*each)(void *arg, int fd), void *arg) {
	DIR *dir = opendir("/proc/self/fd");

	if (dir == NULL) {
		for (int fd = 0; fd < FDS_MAX; fd++) {
			each(arg, fd);
		}
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		char *end;
		long fd = strtol(entry->d_name, &end, 10);

		if (end != entry->d_name && *end == '\0') {
			each(arg, (int)fd);
		}
	}
	(void)closedir(dir);
}

unsigned
xfw_sockets_port(const struct sockaddr_storage *address) {
	if (address->ss_family == AF_INET) {
		return (ntohs(((const struct sockaddr_in *)address)->sin_port));
	} else if (address->ss_family == AF_INET6) {
		return (ntohs(
			((const struct sockaddr_in6 *)address)->sin6_port));
	}
	return (0);
}

static bool
is_type(int fd, int wanted) {
	int type = 0;
	socklen_t len = sizeof(type);

	return (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
		type == wanted);
}

/* named's own queries go out by connected sockets; those have a peer. */
bool
xfw_sockets_udp_listener(int fd, struct sockaddr_storage *address) {
	struct sockaddr_storage peer;
	socklen_t len = sizeof(*address), peer_len = sizeof(peer);

	if (!is_type(fd, SOCK_DGRAM)) {
		return (false);
	}
	memset(address, 0, sizeof(*address));
	return (getsockname(fd, (struct sockaddr *)address, &len) == 0 &&
		xfw_sockets_port(address) != 0 &&
		getpeername(fd, (struct sockaddr *)&peer, &peer_len) != 0);
}

bool
xfw_sockets_stream_listener(int fd, struct sockaddr_storage *address) {
	int listening = 0;
	socklen_t len = sizeof(listening), address_len = sizeof(*address);

	if (!is_type(fd, SOCK_STREAM) ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 ||
	    listening == 0)
	{
		return (false);
	}
	memset(address, 0, sizeof(*address));
	return (getsockname(fd, (struct sockaddr *)address, &address_len) == 0);
}

/*--- addresses ----------------------------------------------------------------*/

in_port_t *
xfw_sockets_port_of(struct sockaddr_storage *address) {
	return (address->ss_family == AF_INET
			? &((struct sockaddr_in *)address)->sin_port
			: &((struct sockaddr_in6 *)address)->sin6_port);
}

socklen_t
xfw_sockets_size(const struct sockaddr_storage *address) {
	return (address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
					      : sizeof(struct sockaddr_in6));
}

bool
xfw_sockets_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b) {
	if (a->ss_family != b->ss_family) {
		return (false);
	}
	if (a->ss_family == AF_INET) {
		const struct sockaddr_in *a4 = (const void *)a;
		const struct sockaddr_in *b4 = (const void *)b;

		return (a4->sin_port == b4->sin_port &&
			a4->sin_addr.s_addr == b4->sin_addr.s_addr);
	}
	const struct sockaddr_in6 *a6 = (const void *)a;
	const struct sockaddr_in6 *b6 = (const void *)b;

	return (a6->sin6_port == b6->sin6_port &&
		a6->sin6_scope_id == b6->sin6_scope_id &&
		memcmp(&a6->sin6_addr, &b6->sin6_addr, 16) == 0);
}

static bool
loopback(const struct sockaddr_storage *address) {
	if (address->ss_family == AF_INET) {
		return (ntohl(((const struct sockaddr_in *)address)
				      ->sin_addr.s_addr) >> 24 == 127);
	}
	return (IN6_IS_ADDR_LOOPBACK(
		&((const struct sockaddr_in6 *)address)->sin6_addr));
}

/* A wildcard is reached by loopback. */
static void
specific(struct sockaddr_storage *address) {
	if (address->ss_family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)address;

		if (in->sin_addr.s_addr == htonl(INADDR_ANY)) {
			in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		}
	} else {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;

		if (IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr)) {
			in6->sin6_addr = in6addr_loopback;
		}
	}
}

/*--- listeners ----------------------------------------------------------------*/

typedef struct search {
	struct sockaddr_storage *found;
	size_t max;
	size_t count;
	bool (*ours)(void *arg, int fd);
	void *arg;
} search_t;

/* Adds `address` unless it is known; loopback addresses come first. */
static void
add(search_t *search, const struct sockaddr_storage *address) {
	size_t at = search->count;

	for (size_t i = 0; i < search->count; i++) {
		if (xfw_sockets_same(&search->found[i], address)) {
			return;
		}
	}
	if (search->count == search->max) {
		if (!loopback(address)) {
			return;
		}
		search->count--; /* for the last one */
		at--;
	}
	if (loopback(address)) {
		for (at = 0; at < search->count && loopback(&search->found[at]); at++) {
		}
	}
	memmove(&search->found[at + 1], &search->found[at],
		(search->count - at) * sizeof(*search->found));
	search->found[at] = *address;
	search->count++;
}

static void
consider(void *arg, int fd) {
	search_t *search = arg;
	struct sockaddr_storage address;

	if (!search->ours(search->arg, fd) && xfw_sockets_udp_listener(fd, &address)) {
		specific(&address);
		add(search, &address);
	}
}

size_t
xfw_sockets_dns(struct sockaddr_storage *found, size_t max,
		bool (*ours)(void *arg, int fd), void *arg) {
	search_t search = { found, max, 0, ours, arg };

	xfw_sockets_each(consider, &search);
	return (search.count);
}
