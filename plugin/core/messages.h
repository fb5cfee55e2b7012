/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The tables of messages and results, searched: from a text to the row that
 * knows it, and to the parts that the row's template names.
 *
 * Guarantee: never blocks, allocates, logs or aborts; reads only the bytes
 * given; time is linear in the length of the text.
 * Threads: named's, below xfw_classify(); and tests.
 */
#ifndef XFW_CORE_MESSAGES_H
#define XFW_CORE_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xfrwatch/cause.h>
#include <xfrwatch/event.h>

/* A piece of a line; not NUL-terminated. */
typedef struct xfw_span {
	const char *at;
	size_t len;
} xfw_span_t;

/* Which column of results.tbl.h tells the cause. */
typedef enum xfw_place {
	XFW_PLACE_FIXED = 0,
	XFW_PLACE_SOA,
	XFW_PLACE_CONNECT,
	XFW_PLACE_TRANSFER,
	XFW_PLACE_COUNT
} xfw_place_t;

typedef enum xfw_table {
	XFW_TABLE_ZONE = 0, /* behind "zone ...: " */
	XFW_TABLE_TRANSFER, /* behind "transfer of ... from ...: " */
	XFW_TABLE_BARE,	    /* no zone in front */
	XFW_TABLE_COUNT
} xfw_table_t;

/* One row of messages.tbl.h. */
typedef struct xfw_message {
	const char *lead;
	const char *rest;
	uint8_t lead_len;
	uint8_t kind;  /* xfw_kind_t */
	uint8_t phase; /* xfw_phase_t */
	uint8_t place; /* xfw_place_t */
	uint8_t cause; /* xfw_cause_t */
} xfw_message_t;

/* What the template found; `flags` are XFW_EVENT_HAS_SERIAL and _OLD_SERIAL. */
typedef struct xfw_found {
	xfw_span_t primary;
	xfw_span_t result;
	uint32_t serial;
	uint32_t old_serial;
	uint8_t flags;
} xfw_found_t;

/* Returns: NULL if no row of the table knows the text. */
const xfw_message_t *
xfw_message_find(xfw_table_t table, xfw_span_t text, xfw_found_t *found);

/* What a result's text says at a place. */
typedef enum xfw_outcome {
	XFW_OUTCOME_UNKNOWN = 0, /* no such text, or never seen at that place */
	XFW_OUTCOME_OK,
	XFW_OUTCOME_SAME,     /* "up to date" */
	XFW_OUTCOME_SHUTDOWN, /* never a failure */
	XFW_OUTCOME_FAILED    /* *cause is set */
} xfw_outcome_t;

/* Requires: place is not XFW_PLACE_FIXED. */
xfw_outcome_t
xfw_result_outcome(xfw_place_t place, xfw_span_t text, xfw_cause_t *cause);

/*
 * Length of the "address#port" at the beginning of `text`, 0 if there is none:
 * isc_sockaddr_format(), an IPv6 address may carry "%scope".
 */
size_t
xfw_primary_length(xfw_span_t text);

/* Where `what` begins in `text`; NULL if it does not occur. */
const char *
xfw_span_search(xfw_span_t text, const char *what, size_t what_len);

static inline bool
xfw_span_starts(xfw_span_t text, const char *with, size_t with_len) {
	return (text.len >= with_len &&
		__builtin_memcmp(text.at, with, with_len) == 0);
}

/* For a `with` that is a string literal. */
#define XFW_STARTS(text, with) xfw_span_starts((text), "" with, sizeof(with) - 1)
#define XFW_SEARCH(text, what) xfw_span_search((text), "" what, sizeof(what) - 1)

static inline xfw_span_t
xfw_span_from(xfw_span_t text, size_t skip) {
	return ((xfw_span_t){ text.at + skip, text.len - skip });
}

#endif /* XFW_CORE_MESSAGES_H */
