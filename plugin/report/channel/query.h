/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Query strings: percent-decoding and the parameters of each route, checked.
 * Strict on purpose: a parameter that is misspelt must not give all zones.
 * Runs in the monitor's thread. Allocates nothing.
 * Source: RFC 3986, 2.1 and 3.4.
 */
#ifndef XFW_QUERY_H
#define XFW_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xfrwatch/report.h>
#include <xfrwatch/state.h>

#define XFW_QUERY_VALUE_MAX 1100 /* a zone name is 1010 characters at most */

#define XFW_ZONES_LIMIT_DEFAULT	  1000
#define XFW_ZONES_LIMIT_MAX	  1000000
#define XFW_ZONES_SORTED_MAX	  10000 /* with sort=deadline */
#define XFW_INCIDENTS_LIMIT_DEFAULT 1000
#define XFW_INCIDENTS_LIMIT_MAX	  100000
#define XFW_EVENTS_LIMIT_DEFAULT  100
#define XFW_EVENTS_LIMIT_MAX	  10000

/* What the parameters of a route said. */
typedef struct xfw_query {
	uint64_t limit;
	uint8_t states;	  /* bits of 1 << xfw_zone_state_t; all if not given */
	bool open;	  /* incidents: those that are open */
	bool closed;	  /* and those that are closed */
	bool by_deadline; /* sort=deadline */
	bool all_zones;	  /* metrics: zones=all */
	bool has_after;
	uint64_t after;	       /* events: sequence; zones: place in the table */
	int64_t after_rank;    /* zones by deadline: rank, then place */
	xfw_cause_t cause;     /* XFW_CAUSE_NONE: any */
	char name[XFW_QUERY_VALUE_MAX]; /* "": any; else without the last dot */
	char view[XFW_QUERY_VALUE_MAX];
	char primary[XFW_QUERY_VALUE_MAX];
} xfw_query_t;

#endif /* XFW_QUERY_H */
