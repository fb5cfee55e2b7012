/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Content negotiation for /metrics.
 *
 * Guarantee: a pure function; never blocks, allocates or logs.
 * Threads: any; in practice the monitor's.
 * Source: RFC 9110, 12.4.2 and 12.5.1; the OpenMetrics specification 1.0.
 */
#ifndef XFW_ACCEPT_H
#define XFW_ACCEPT_H

#include <stdbool.h>

/*
 * Whether a client with this Accept field (NULL: none) is to get OpenMetrics 1.0:
 * it names it, and wants it no less than Prometheus's text format. One that takes
 * anything, or neither, gets text, which all of them read.
 */
bool
xfw_accept_openmetrics(const char *accept);

#endif /* XFW_ACCEPT_H */
