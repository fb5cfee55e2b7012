/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Query strings: percent-decoding and the parameters of each route, checked.
 * Strict on purpose: a parameter that is misspelt must not give all zones.
 *
 * Guarantee: allocates nothing but in the text of an error; never blocks.
 * Threads: one at a time; in practice the monitor's.
 * Source: RFC 3986, 2.1 and 3.4; a '+' is a space, as forms and scripts write it.
 */
#ifndef XFW_QUERY_H
#define XFW_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xfrwatch/report.h>
#include <xfrwatch/state.h>

#define XFW_QUERY_VALUE_MAX 1100 /* a zone's name has 1010 characters at most */

#define XFW_ZONES_LIMIT_DEFAULT	    1000
#define XFW_ZONES_LIMIT_MAX	    1000000
#define XFW_ZONES_SORTED_MAX	    10000 /* with sort=deadline */
#define XFW_INCIDENTS_LIMIT_DEFAULT 1000
#define XFW_INCIDENTS_LIMIT_MAX	    100000
#define XFW_EVENTS_LIMIT_DEFAULT    100
#define XFW_EVENTS_LIMIT_MAX	    10000

#define XFW_STATES_ALL	     ((1U << XFW_ZONE_STATES) - 1)
#define XFW_STATES_UNHEALTHY (XFW_STATES_ALL & ~(1U << XFW_ZONE_OK))

/* What the parameters of a route said, or else their defaults. */
typedef struct xfw_query {
	uint64_t limit;
	uint8_t states;	  /* zones: bits of 1 << xfw_zone_state_t */
	bool open;	  /* incidents: those that are open */
	bool closed;	  /* and those that are closed */
	bool by_deadline; /* zones: sort=deadline; never with those that are ok */
	bool all_zones;	  /* metrics: zones=all */
	bool has_after;
	bool ranked;	  /* `after` is of a list by deadline */
	uint64_t after;	    /* events: a sequence number; zones: xfw_state_next_zone()'s
			     * cursor */
	int64_t after_rank; /* zones by deadline: before the cursor */
	xfw_cause_t cause;  /* XFW_CAUSE_NONE: any */
	bool pattern;	    /* `name` has a '*' in it */
	char name[XFW_QUERY_VALUE_MAX]; /* "": any; small letters, no last dot */
	char view[XFW_QUERY_VALUE_MAX];
	char primary[XFW_QUERY_VALUE_MAX];
} xfw_query_t;

/* Which parameters there are. */
typedef enum xfw_route {
	XFW_ROUTE_PLAIN, /* none */
	XFW_ROUTE_FREE,	 /* any: they are for others (the page's script) */
	XFW_ROUTE_ZONES,
	XFW_ROUTE_INCIDENTS,
	XFW_ROUTE_EVENTS,
	XFW_ROUTE_METRICS
} xfw_route_t;

/*
 * Takes the query string (what is behind '?', NULL if there is none) apart. Returns
 * false if anything is wrong with it: `error` then says what, and what is allowed.
 */
bool
xfw_query_parse(xfw_route_t route, const char *text, xfw_query_t *query,
		xfw_text_t *error);

/*
 * Decodes `len` bytes at `text` into `buf` of `size` bytes, NUL-terminated. Returns
 * false if it is not encoded as RFC 3986 wants it, holds a NUL, or does not fit.
 */
bool
xfw_query_decode(char *buf, size_t size, const char *text, size_t len, bool plus);

/* The token that goes on with the list of zones: what `after` takes. */
#define XFW_QUERY_TOKEN_MAX 40
void
xfw_query_token(char buf[XFW_QUERY_TOKEN_MAX], bool by_deadline, int64_t rank,
		uint64_t cursor);

#endif /* XFW_QUERY_H */
