/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The monitor: one thread with one loop (libuv) that owns all state.
 *
 * What it needs of BIND is in xfw_host_t, given by plugin/named; with a host
 * of their own, tests run it without BIND.
 *
 * Guarantee: nothing of it runs on named's threads but xfw_intake_*() and
 * what probe.h names.
 */
#ifndef XFRWATCH_MONITOR_H
#define XFRWATCH_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xfrwatch/channel.h>
#include <xfrwatch/intake.h>
#include <xfrwatch/mode.h>
#include <xfrwatch/params.h>
#include <xfrwatch/probe.h>
#include <xfrwatch/severity.h>
#include <xfrwatch/wire.h>

/* Called on the monitor's thread only. */
typedef struct xfw_host {
	/* One line into named's own log, category xfer-in. */
	void (*log)(void *arg, xfw_severity_t severity, const char *line);
	/* Lets the tap's debug level follow named's. `settled`: the id of the newest
	 * instance, if the configuration that it came with is in force; else 0.
	 * Called often. */
	void (*follow)(void *arg, uint64_t settled);
	/* Turns a zone name as BIND prints it into wire format. */
	bool (*wire)(void *arg, const char *name, size_t len,
		     uint8_t wire[XFW_WIRE_MAX], uint8_t *wire_len);
	/* Keeps named's lines about our own queries out of its log. */
	void (*mute)(void *arg, bool on);
	/* May a client at `peer` read a channel with that address-match list? */
	bool (*allowed)(void *arg, void *acl, const struct sockaddr *peer);
	/* For diagnoses; NULL: they go unsigned. */
	xfw_hmac_fn_t hmac;
	void *arg;
	const char *greeting; /* the first line */
	const char *caution;  /* the second one, at warning; NULL: none */
	const char *version;	  /* xfrwatch's */
	const char *bind_version; /* of the named that we are in; "" if unknown */
	const char *bind_built;	  /* the one that the plugin was built for */
	/* FULL, or REDUCED: then there are no hooks, no probe is ever answered, what
	 * an attach lists is empty, and `wire`, `mute`, `hmac` may be NULL. */
	xfw_mode_t mode;
} xfw_host_t;

typedef enum xfw_message_kind {
	XFW_MESSAGE_ATTACH, /* xfw_attach_t: a view's hooks were registered */
	XFW_MESSAGE_DETACH, /* xfw_detach_t: they are gone */
	XFW_MESSAGE_PROBE,  /* xfw_probe_t: answered */
	XFW_MESSAGE_STOP    /* xfw_message_t: end the loop */
} xfw_message_kind_t;

/* Zones of named.conf, packed: type, primaries (1 byte each), length of the key
 * (2 bytes, host order), number of the route (4 bytes, host order; an index into the
 * view's routes, XFW_ZONELIST_NO_ROUTE for none), key. */
#define XFW_ZONELIST_NO_ROUTE UINT32_MAX
#define XFW_ZONELIST_HEAD     8

typedef struct xfw_zonelist {
	char *data;
	size_t used;
	size_t size;
	size_t count;
} xfw_zonelist_t;

/* The zones of one view as named.conf lists them. */
typedef struct xfw_viewlist {
	struct xfw_viewlist *next;
	char *view;
	xfw_zonelist_t zones;
	char **routes; /* texts (route.h), each malloc()ed */
	size_t routes_count;
	char *unlisted; /* text for zones that named.conf does not list; or NULL */
} xfw_viewlist_t;

/* Made by plugin_register, freed by the monitor. */
typedef struct xfw_attach {
	xfw_message_t message;
	uint64_t id;
	xfw_slot_t *slot;
	xfw_params_t params;
	xfw_listener_t *listeners; /* statistics channels */
	void (*listeners_free)(xfw_listener_t *listeners);
	char *statsfile;       /* named's statistics-file; NULL: not known */
	xfw_viewlist_t *views; /* the slot's view, and views without hooks */
	uint32_t min_retry_s;  /* named's min-retry-time, the longest of all */

	/* The monitor's own from here on. */
	struct xfw_attach *next;
	uint32_t generation; /* under which its zones were declared */
	bool committed;	     /* the configuration that it came with took effect */
} xfw_attach_t;

typedef struct xfw_detach {
	xfw_message_t message;
	uint64_t id;
} xfw_detach_t;

void
xfw_attach_free(xfw_attach_t *attach);

typedef struct xfw_monitor xfw_monitor_t;

/* Returns NULL on lack of memory or descriptors. */
xfw_monitor_t *
xfw_monitor_create(xfw_intake_t *intake, const xfw_host_t *host);

/* The thread's main function: runs until XFW_MESSAGE_STOP. */
void
xfw_monitor_run(xfw_monitor_t *monitor);

/* After xfw_monitor_run() has returned. */
void
xfw_monitor_destroy(xfw_monitor_t *monitor);

#endif /* XFRWATCH_MONITOR_H */
