/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The sockets of this process. named's listeners are found by what they are, so that
 * -p, listen-on, controls and interface changes need not be understood. Monitor's
 * thread only; descriptors of other threads may go away at any time, so they are
 * only asked what they are.
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Calls `each` for every descriptor of the process. */
void
xfw_sockets_each(void (*each)(void *arg, int fd), void *arg);

/* An unconnected UDP socket that is bound to a port, its address in `address`. */
bool
xfw_sockets_udp_listener(int fd, struct sockaddr_storage *address);

/* A stream socket that listens. */
bool
xfw_sockets_stream_listener(int fd, struct sockaddr_storage *address);

/* The port in host order; 0 for other families than IPv4 and IPv6. */
unsigned
xfw_sockets_port(const struct sockaddr_storage *address);

/* Where the port stands. Requires: IPv4 or IPv6. */
in_port_t *
xfw_sockets_port_of(struct sockaddr_storage *address);

/* Of the address in it. Requires: IPv4 or IPv6. */
socklen_t
xfw_sockets_size(const struct sockaddr_storage *address);

/* Same address, scope and port; nothing else counts. */
bool
xfw_sockets_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/*
 * Where this process takes DNS queries over UDP, as it seems: each address once,
 * loopback first, loopback in place of a wildcard. Sockets of which `ours` says so are
 * left out. Returns how many, at most `max`.
 */
size_t
xfw_sockets_dns(struct sockaddr_storage *found, size_t max,
		bool (*ours)(void *arg, int fd), void *arg);

#endif /* SOCKETS_H */
