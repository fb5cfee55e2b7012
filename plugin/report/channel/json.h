/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A JSON writer for streams: appends to a text, keeps nothing but what is open.
 *
 * Guarantee: what it appends is valid JSON in ASCII, whatever the strings hold, if
 * every object and array that is begun is ended. Takes no memory of its own.
 * Threads: one at a time; in practice the monitor's.
 * Source: RFC 8259.
 *
 * `key` is NULL for an element of an array, and for the outermost value. It is a
 * constant of ours and is written as it is.
 */
#ifndef XFW_JSON_H
#define XFW_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xfrwatch/report.h>

#define XFW_JSON_DEPTH_MAX 32

typedef struct xfw_json {
	xfw_text_t *text; /* may be another one for each piece */
	unsigned depth;
	uint32_t arrays; /* bit d: what is open at depth d is an array */
	uint32_t filled; /* bit d: and has a member already */
} xfw_json_t;

/*
 * Longer strings are cut, and end in "...": no answer may hang on how long a name
 * somebody gave to a view. Names of zones and lines of the log are shorter.
 */
#define XFW_JSON_STRING_MAX 2048

void
xfw_json_object(xfw_json_t *json, const char *key);

void
xfw_json_array(xfw_json_t *json, const char *key);

/* An object as an element of an array, on a line of its own. */
void
xfw_json_item(xfw_json_t *json);

/* Ends what was begun last. */
void
xfw_json_end(xfw_json_t *json);

/*
 * Bytes outside printable ASCII become \DDD, as BIND writes them; what BIND has
 * escaped stays as it is. NULL, "" and "-" are not known: nothing is written.
 */
void
xfw_json_string(xfw_json_t *json, const char *key, const char *value);

/* The same of `len` bytes, which may hold a NUL. */
void
xfw_json_bytes(xfw_json_t *json, const char *key, const char *value, size_t len);

void
xfw_json_uint(xfw_json_t *json, const char *key, uint64_t value);

void
xfw_json_int(xfw_json_t *json, const char *key, int64_t value);

void
xfw_json_true(xfw_json_t *json, const char *key);

/* Realtime milliseconds as "2026-11-21T06:00:00.000Z"; nothing if it is 0. */
void
xfw_json_time(xfw_json_t *json, const char *key, int64_t time_ms);

#endif /* XFW_JSON_H */
