/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The tap: how libdns's log lines come to us, and on to where they went before. One file
 * of these is built, by what configure finds in BIND's headers:
 *
 *   tap.c	where libdns logs to a context that can be set (9.18, 9.20)
 *
 * Guarantee: every line of libdns's is classified and, if it is about refresh or
 * transfer, put into the intake; each goes unchanged to where the operator's `logging {}`
 * sends it. On named's threads nothing blocks, allocates or logs anything else.
 */
#ifndef XFRWATCH_TAP_H
#define XFRWATCH_TAP_H

#include "opaque.h"

#include <xfrwatch/intake.h>

/*
 * Puts our logging context between libdns and named's `lctx`: from here on each
 * line of libdns is classified, put into `intake`, and handed on unchanged, but for
 * those that `muted` (may be NULL) is true of. The context is made once per process,
 * and tried before libdns gets it. named's configuring thread.
 */
bool
xfw_tap_install(struct isc_log *lctx, xfw_intake_t *intake,
		bool (*muted)(const char *text, size_t len));

/* libdns logs to named directly again. named's configuring thread. */
void
xfw_tap_remove(void);

/*
 * Takes libdns's lines down to debug level `debug`, or named's present one if that
 * is higher, until xfw_tap_follow(true). named puts a new `logging {}` in force
 * some time after plugin_register, and logs at its levels at once. Too many lines
 * do no harm: named's own context drops them.
 */
void
xfw_tap_raise(unsigned debug);

/*
 * Follows named's debug level: down as well, if the configuration has `settled`.
 * Not at the same time as xfw_tap_install() and xfw_tap_raise().
 */
void
xfw_tap_follow(bool settled);

/* Our context, for mute.c; NULL until the tap was installed once. */
struct isc_log *
xfw_tap_context(void);

/* named's context, as given to xfw_tap_install(). */
struct isc_log *
xfw_tap_named(void);

/* A category or module of the libraries or of named itself, by name; NULL if there is
 * none. After xfw_tap_install(). Any thread. */
struct isc_logcategory *
xfw_tap_category(const char *name);

struct isc_logmodule *
xfw_tap_module(const char *name);

/* For atexit(): frees the context. */
void
xfw_tap_free(void);

#endif /* XFRWATCH_TAP_H */
