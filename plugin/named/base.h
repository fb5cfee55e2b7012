/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The room that touches BIND has two halves.
 *
 * The base files (entry, guard, host, tap, arrays, reduced) run in every mode. They
 * include no header of BIND's: what they know of it is in opaque.h.
 *
 * The full files (full.c and all that include named.h) know BIND's structures and run
 * in the BIND that the plugin was built for alone. The base reaches them through
 * `xfw_full` and in no other way.
 */
#ifndef XFRWATCH_BASE_H
#define XFRWATCH_BASE_H

#include "opaque.h"
#include "tap.h"

#include <xfrwatch/intake.h>
#include <xfrwatch/mode.h>
#include <xfrwatch/monitor.h>
#include <xfrwatch/params.h>
#include <xfrwatch/probe.h>

/* One plugin statement in one view; lives from register to destroy. */
typedef struct xfw_instance {
	xfw_mode_t mode;
	xfw_slot_t *slot; /* NULL: nothing was attached */
	uint64_t id;
} xfw_instance_t;

/* named gives the line that the block `text` ends on: the one that it begins on. */
unsigned long
xfw_first_line(const char *text, unsigned long last);

/*--- full.c: what only full mode has ---------------------------------------------*/

typedef struct xfw_full {
	/* What it was built for; not only in full mode. */
	int api;	 /* NS_PLUGIN_VERSION */
	bool view_apply; /* dns_view_apply() is there; else dns_zt_apply() */
	/*
	 * Reads the parameters (params.c). Every mistake is logged with file, line,
	 * value and what is allowed. named's configuring thread, and named-checkconf.
	 */
	xfw_isc_result_t (*read)(const char *text, const void *cfg, const char *file,
			     unsigned long line, struct isc_mem *mctx,
			     struct isc_log *lctx, xfw_params_t *params,
			     xfw_listener_t **listeners);
	void (*listeners_free)(xfw_listener_t *listeners);
	/* The view that holds the statement at file:line; NULL if there is none. */
	const char *(*view)(const void *cfg, const char *file, unsigned long line);
	/* What named.conf says of zones, routes, statistics file. */
	void (*fill)(xfw_attach_t *attach, const void *cfg, const char *view);
	/* The highest debug level that a channel of `logging` asks for. */
	unsigned (*debug)(const void *cfg);
	/* Puts the query hook into a view's table, an ns_hooktable_t. */
	void (*hook)(void *table, struct isc_mem *mctx, xfw_slot_t *slot);
	/* The tap was installed, and removed: what else listens for events. */
	void (*started)(xfw_intake_t *intake);
	void (*stopped)(void);
	/* For atexit(). */
	void (*ended)(void);
	/* Is it a line of named's about our own queries? named's threads. */
	bool (*muted)(const char *text, size_t len);

	/* As xfw_host_t has them. The monitor's thread. */
	bool (*wire)(void *arg, const char *name, size_t len,
		     uint8_t wire[XFW_WIRE_MAX], uint8_t *wire_len);
	void (*mute)(bool on);
	bool (*allowed)(void *acl, const struct sockaddr *peer);
	xfw_hmac_fn_t hmac;
} xfw_full_t;

extern const xfw_full_t xfw_full;

/*--- reduced.c: the same, as far as it goes without BIND --------------------------*/

/* As xfw_full.read, but for the default in place of what is wrong. */
void
xfw_reduced_read(const char *text, const char *file, unsigned long line,
		 struct isc_log *lctx, xfw_params_t *params,
		 xfw_listener_t **listeners);

/* For named-checkconf: complains, and forgets what it read. */
void
xfw_reduced_check(const char *text, const char *file, unsigned long line,
		  struct isc_log *lctx);

/* As xfw_full.fill: of named.conf, the statistics file alone. */
void
xfw_reduced_fill(xfw_attach_t *attach, const void *cfg);

/* Any thread. */
void
xfw_reduced_free(xfw_listener_t *listeners);

bool
xfw_reduced_allowed(void *acl, const struct sockaddr *peer);

/*--- guard.c: is this the BIND that we were built for? -----------------------------*/

/* The version of the BIND that is running; "" if it is not to be found out. */
const char *
xfw_guard_running(void);

/* What its named compares plugin_version() with. */
int
xfw_guard_api(void);

/* Whether it is of a series that calls the entry points, and logs, as opaque.h has it. */
bool
xfw_guard_familiar(void);

/* The mode of the statement whose block is `text`. Whatever it is, it can be called
 * again; it says nothing. named's configuring thread, and named-checkconf. */
xfw_mode_t
xfw_guard(const char *text);

/*
 * Writes why the mode is not full and what to do about it into `line`; returns false
 * if it is full.
 */
#define XFW_GUARD_LINE_MAX 512
bool
xfw_guard_line(const char *text, char line[XFW_GUARD_LINE_MAX]);

/* Says that line to named's log, if the running BIND has one that we know, else to
 * stderr and, unless it is named-checkconf that is running, to syslog. */
void
xfw_guard_say(struct isc_log *lctx, xfw_mode_t mode, const char *line, bool check);

/* A line at ERROR in named's log; not in inert mode. */
void
xfw_complain(struct isc_log *lctx, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*--- host.c: what there is once per process --------------------------------------------------*/

/* A statement in the configuration that named is reading. */
typedef struct xfw_statement {
	const char *text; /* between the braces; NULL without any */
	const void *cfg;
	const char *file;
	unsigned long line; /* of the block's end */
	struct isc_mem *mctx;
	struct isc_log *lctx;
	void *hooktable;
} xfw_statement_t;

/*
 * Starts the tap and the monitor if they do not run, and attaches the instance in its
 * mode, which is not inert. Takes the listeners. Returns NULL, or why it could not be;
 * nothing is attached then. named's configuring thread.
 */
const char *
xfw_host_attach(xfw_instance_t *instance, const xfw_statement_t *statement,
		const xfw_params_t *params, xfw_listener_t **listeners);

/* The last one stops the monitor and takes the tap out. The thread of named's that
 * frees the view. */
void
xfw_host_detach(xfw_instance_t *instance);

/* Any thread of named's: hands an answered probe to the monitor. */
void
xfw_host_answer(xfw_probe_t *probe);

#endif /* XFRWATCH_BASE_H */
