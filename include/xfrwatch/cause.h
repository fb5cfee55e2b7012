/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Causes of failed refreshes and transfers: one append-only table
 * (causes.tbl.h) feeds the enum, the names on every surface, the severity and the
 * manual. What to do about each: plan.h.
 *
 * Guarantee: lookups in constant tables; never block, allocate or log.
 * Threads: any.
 */
#ifndef XFRWATCH_CAUSE_H
#define XFRWATCH_CAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xfrwatch/severity.h>

typedef enum xfw_cause {
	XFW_CAUSE_NONE = 0, /* no failure */
#define XFW_CAUSE(id, name, family, severity, line) XFW_CAUSE_##id,
#include <xfrwatch/causes.tbl.h>
#undef XFW_CAUSE
	XFW_CAUSE_COUNT
} xfw_cause_t;

typedef enum xfw_family {
	XFW_FAMILY_NONE = 0,
	XFW_FAMILY_ACCESS,
	XFW_FAMILY_NETWORK,
	XFW_FAMILY_TSIG,
	XFW_FAMILY_SERIAL,
	XFW_FAMILY_DATA,
	XFW_FAMILY_LOCAL,
	XFW_FAMILY_OTHER,
	XFW_FAMILY_COUNT
} xfw_family_t;

typedef struct xfw_cause_info {
	const char *name;	 /* "connect-refused": stable, on all surfaces */
	xfw_family_t family;
	xfw_severity_t severity; /* the least an incident of it is said at */
	const char *line;	 /* "TCP connection refused by the primary" */
} xfw_cause_info_t;

/* Requires: cause < XFW_CAUSE_COUNT. Returns: never NULL. */
const xfw_cause_info_t *
xfw_cause_info(xfw_cause_t cause);

/* Returns "network", ...; never NULL. */
const char *
xfw_family_name(xfw_family_t family);

/* Returns XFW_CAUSE_NONE for a name that is not in the table. */
xfw_cause_t
xfw_cause_byname(const char *name);

#endif /* XFRWATCH_CAUSE_H */
