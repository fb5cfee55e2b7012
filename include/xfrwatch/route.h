/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Routes: how named reaches the primaries of a zone, as named.conf says it: port,
 * source address, TSIG key, TLS, what `server` statements add. Written by
 * plugin/named as text, one line a primary, so that a million zones with the same
 * primaries hold one copy; read when a primary is to be asked.
 *
 *   10.0.0.53#53 from=10.0.0.9 key=xfr.example tls=name tcp noedns
 *
 * What the tls statement of that name says follows in tls-ca=, tls-host=, tls-cert=,
 * tls-key=, tls-ciphers=, tls-suites= and tls-protocols= (TLSv1.2,TLSv1.3), the values
 * with \DDD for spaces, backslashes and what is not printable ASCII; tls-ca= and
 * tls-host= may be empty. "tls-unread" stands for one that is too long for that.
 *
 * Fields behind the address are optional, in any order, separated by one space; key
 * is a name as BIND prints it (a space in it is \032).
 *
 * The text for zones that named.conf does not list (addzone, members of catalog
 * zones) may also have lines that stand for more than one primary, most particular
 * first: an address without a port (a `server` statement) matches any port, a prefix
 * any address in it ("10.0.0.0/8 key=xfr", "::/0 from=2001:db8::9").
 *
 * Guarantee: never blocks or aborts.
 * Threads: the text is made on named's configuring thread, the table is the
 * monitor's.
 */
#ifndef XFRWATCH_ROUTE_H
#define XFRWATCH_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <xfrwatch/event.h>
#include <xfrwatch/tls.h>

#define XFW_ROUTE_NAME_MAX 1024 /* of a key or tls statement, as text */

/* One line of a route. */
typedef struct xfw_route_entry {
	char address[XFW_EVENT_PRIMARY_MAX]; /* "10.0.0.53#53" as BIND prints it */
	struct sockaddr_storage to;
	struct sockaddr_storage from; /* AF_UNSPEC: any */
	char key[XFW_ROUTE_NAME_MAX]; /* "": none */
	char tls[XFW_ROUTE_NAME_MAX]; /* "": none */
	xfw_tls_t secure; /* what that tls statement says */
	bool tcp_only;
	bool no_edns;
	bool named; /* the line names this very primary, not several */
} xfw_route_entry_t;

/*
 * Reads the entry for `address` out of a route's text, the first line that matches;
 * address and `to` in it are those asked for. `address` NULL or "-": the first line
 * that names one primary. False if there is none or it is malformed.
 */
bool
xfw_route_find(const char *route, const char *address, xfw_route_entry_t *out);

/* An entry from the address alone, as BIND prints it; false if it is malformed
 * (names a host by something else than an address, has no port). */
bool
xfw_route_bare(const char *address, xfw_route_entry_t *out);

/*--- the table ----------------------------------------------------------------*/

typedef struct xfw_routes xfw_routes_t;

#define XFW_ROUTE_NONE 0

xfw_routes_t *
xfw_routes_create(void);

void
xfw_routes_destroy(xfw_routes_t *routes);

/* The number of that text, counted as used once more; XFW_ROUTE_NONE on lack of
 * memory, or for "". Numbers are dense: the first is 1, and those of texts that went
 * are given again. */
uint32_t
xfw_routes_add(xfw_routes_t *routes, const char *text, size_t len);

/* The same by number, without a look at the text: one use more. */
void
xfw_routes_use(xfw_routes_t *routes, uint32_t number);

/* One use less; the text goes with the last. XFW_ROUTE_NONE is left alone. */
void
xfw_routes_drop(xfw_routes_t *routes, uint32_t number);

/* NULL for XFW_ROUTE_NONE. */
const char *
xfw_routes_text(const xfw_routes_t *routes, uint32_t number);

#endif /* XFRWATCH_ROUTE_H */
