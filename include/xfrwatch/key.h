/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Zone keys: "name/class" or "name/class/view", as BIND prints a zone.
 *
 * Guarantee: pure functions; never block, allocate or log.
 * Threads: any (named's, when a line is classified; the monitor's).
 */
#ifndef XFRWATCH_KEY_H
#define XFRWATCH_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XFW_VIEW_DEFAULT "_default" /* BIND does not print this one */

/* The parts of a key; they point into it and are not NUL-terminated. */
typedef struct xfw_key {
	const char *name;
	size_t name_len;
	const char *class_;
	size_t class_len;
	const char *view; /* XFW_VIEW_DEFAULT when the key has none */
	size_t view_len;
} xfw_key_t;

/*
 * Splits `text`. A zone name may hold '/' (RFC 2317), and a view name as well,
 * so the class is searched for: the first IN, CH, HS or CLASSn between slashes
 * (a view may be named "IN").
 * Returns false if there is no class in it.
 */
bool
xfw_key_split(const char *text, size_t len, xfw_key_t *key);

/*
 * Hash of a key, the same for names that differ in the case of ASCII letters
 * (RFC 4343), in the name part and elsewhere alike.
 */
uint64_t
xfw_key_hash(const char *text, size_t len);

/* Equality in the sense of xfw_key_hash(). */
bool
xfw_key_equal(const char *a, size_t a_len, const char *b, size_t b_len);

/*
 * Writes "name/class[/view]" into `buf` (the view only if it is not
 * XFW_VIEW_DEFAULT). Returns the length, or 0 if it does not fit.
 */
size_t
xfw_key_join(char *buf, size_t size, const char *name, const char *class_,
	     const char *view);

#endif /* XFRWATCH_KEY_H */
