/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The libraries' arrays of log categories and modules: names, and the pointers that
 * isc_log_write() wants for them.
 *
 * They are chained in place: the terminator of an array that another one follows holds
 * its address. arrays.c believes nothing of them that it has not made sure of, so that it
 * can be used in a BIND that the plugin was not built for.
 *
 * Threads: named's configuring thread, as named itself changes them there only.
 */
#ifndef XFRWATCH_ARRAYS_H
#define XFRWATCH_ARRAYS_H

#include <stdbool.h>
#include <stddef.h>

#define XFW_ARRAYS_MAX 16  /* arrays that the libraries chain */
#define XFW_ARRAY_MAX  512 /* entries in all */

/* More than isc_logdestination_t; for tap.c. */
#define XFW_DESTINATION_SIZE 256

/* isc_logcategory_t and isc_logmodule_t are both like this. */
typedef struct xfw_array_entry {
	const char *name;
	unsigned int id;
} xfw_array_entry_t;

typedef struct xfw_arrays {
	size_t count;
	xfw_array_entry_t *first[XFW_ARRAYS_MAX];
	xfw_array_entry_t *end[XFW_ARRAYS_MAX]; /* terminators */
} xfw_arrays_t;

/*
 * Reads the chain that begins at `symbol` ("isc_categories"), which is at `first`, and
 * calls `each` (may be NULL) for every entry. Returns false, without having touched
 * anything, if it is not what the plugin was built for: each name must lie in a file that
 * is mapped, and the ids must be 0, 1, 2 and so on.
 */
bool
xfw_arrays_read(void *first, xfw_arrays_t *out,
		void (*each)(void *arg, const char *name, void *entry), void *arg);

/* The entry of that name, or NULL. */
void *
xfw_arrays_find(void *first, const char *name);

/* Takes the chain apart; registering the arrays again in their order mends it. */
void
xfw_arrays_unchain(const xfw_arrays_t *arrays);

#endif /* XFRWATCH_ARRAYS_H */
