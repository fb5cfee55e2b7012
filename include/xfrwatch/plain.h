/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The parameters between the plugin's braces, read without libisccfg: in a named that
 * the plugin was not built for, whose structures are not to be touched.
 *
 * The same words as params.tbl.h, the same values, the same comments (named.conf's
 * three kinds), quoted strings where named takes them. What is more than plain: an ACL
 * by name, a key, a place in `allow` (named's own are out of reach): that listener is
 * left out, and said; `localhost` and `localnets` are this machine's addresses and
 * networks, looked at again after some seconds; `include` is not followed, and said.
 *
 * Guarantee: reads no more than the text; bounded; never fails: what is wrong is
 * complained about with its line, its value and what is allowed, and its default holds.
 * Threads: xfw_plain_read(), xfw_plain_strict(): named's configuring thread and
 * named-checkconf. xfw_plain_allowed(): the monitor's. xfw_plain_free(): any.
 */
#ifndef XFRWATCH_PLAIN_H
#define XFRWATCH_PLAIN_H

#include <stdbool.h>
#include <sys/socket.h>

#include <xfrwatch/channel.h>
#include <xfrwatch/params.h>

/* What more is wrong is not said. */
#define XFW_PLAIN_COMPLAINTS_MAX 20

/* `line` counts from the first line of the text, from 0. */
typedef void (*xfw_plain_complain_t)(void *arg, unsigned long line,
				     const char *message);

/*
 * `text` may be NULL (no block). *listeners: what `statistics-channel` asks for, each
 * with an address-match list of plain.c's in `acl`; xfw_plain_free() frees it. Returns
 * false if something was wrong: then it was said (each complaint is one line), and what
 * is right holds. The default holds for a value that is wrong, and for all of
 * `escalation` or `signatures-expiring` if one of its numbers is; of a parameter that
 * is given twice, the first one holds. A listener that is wrong is left out.
 *
 * `complain` may be NULL.
 */
bool
xfw_plain_read(const char *text, xfw_plain_complain_t complain, void *arg,
	       xfw_params_t *out, xfw_listener_t **listeners);

/* Whether it says `strict-version yes`. Complains about nothing. */
bool
xfw_plain_strict(const char *text);

/* May the client at `peer` read? `acl` of a listener of xfw_plain_read()'s. */
bool
xfw_plain_allowed(const void *acl, const struct sockaddr *peer);

void
xfw_plain_free(xfw_listener_t *listeners);

#endif /* XFRWATCH_PLAIN_H */
