/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Notices that somebody connects to named's control channel (rndc), so that what
 * rndc changes without a word (`rndc trace`) is followed at once and not at the
 * next pulse. The channel's listening sockets belong to this very process: they
 * are only looked at, never accepted from.
 *
 * Guarantee: never blocks; bounded (XFW_CONTROL_SOCKETS).
 * Threads: the monitor's only.
 */
#ifndef XFRWATCH_CONTROL_H
#define XFRWATCH_CONTROL_H

#include <stdbool.h>

#define XFW_CONTROL_SOCKETS 8

struct uv_loop_s;
typedef struct xfw_control xfw_control_t;

/* `knocked`: a connection is waiting at one of the sockets. Returns NULL on lack
 * of memory. */
xfw_control_t *
xfw_control_open(struct uv_loop_s *loop, void (*knocked)(void *arg), void *arg);

/* Closes the handles; memory is freed by the loop's next turns. */
void
xfw_control_close(xfw_control_t *control);

/* Looks for the sockets anew. */
void
xfw_control_discover(xfw_control_t *control);

/* Whether there is a socket to be watched, so that `knocked` can be relied on. */
bool
xfw_control_known(const xfw_control_t *control);

/* Watches again what was reported; to be called some time after `knocked`. */
void
xfw_control_rearm(xfw_control_t *control);

#endif /* XFRWATCH_CONTROL_H */
