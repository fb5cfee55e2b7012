/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The sockets of this process (sockets.h). Monitor's thread only.
 */
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
