/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Queries of our own to named's own listeners, so that the hook runs in a view
 * that no client asks. One datagram without recursion desired for a name that
 * does not exist ("xfrwatch.invalid", RFC 6761); the answer does not matter.
 *
 * named's listeners are found as what they are: UDP sockets of this very
 * process, so that -p, listen-on and interface changes need not be understood.
 *
 * Guarantee: never blocks; bounded (XFW_KNOCK_LISTENERS).
 * Threads: the monitor's, but for xfw_knock_own().
 */
#ifndef XFRWATCH_KNOCK_H
#define XFRWATCH_KNOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XFW_KNOCK_LISTENERS 8 /* addresses used, loopback first */
#define XFW_KNOCK_NAME	    "xfrwatch.invalid"

struct uv_loop_s;
typedef struct xfw_knock xfw_knock_t;

/* `answered`: named sent something back on the path that was used last. */
xfw_knock_t *
xfw_knock_open(struct uv_loop_s *loop, void (*answered)(void *arg), void *arg);

/* Closes the handles; memory is freed by the loop's next turns. */
void
xfw_knock_close(xfw_knock_t *knock);

/* Looks for the listeners anew. Returns how many paths (source, listener)
 * there are. */
size_t
xfw_knock_discover(xfw_knock_t *knock);

size_t
xfw_knock_paths(const xfw_knock_t *knock);

/* Sends one datagram by `path`. Returns false if it could not be sent. */
bool
xfw_knock(xfw_knock_t *knock, size_t path);

/* Any thread: is `port` (host order) the source port of a query of ours? */
bool
xfw_knock_own(uint16_t port);

#endif /* XFRWATCH_KNOCK_H */
