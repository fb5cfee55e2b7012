/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The libraries' arrays of log categories and modules (arrays.h). Runs on named's
 * configuring thread.
 */
#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <string.h>

#include "arrays.h"
#include "opaque.h"

/* Whether the pointer leads into a file that is mapped: the program or a library. */
static bool
mapped(const void *pointer) {
	Dl_info info;

	return (pointer != NULL && dladdr((void *)(uintptr_t)pointer, &info) != 0);
}

/* Whether the array there has entries of our size, as far as the library tells. */
static bool
fits(const void *first) {
#ifdef __GLIBC__ /* RTLD_DL_SYMENT */
	Dl_info info;
	const ElfW(Sym) *symbol = NULL;

	if (dladdr1((void *)(uintptr_t)first, &info, (void **)&symbol,
		    RTLD_DL_SYMENT) != 0 &&
	    symbol != NULL && info.dli_saddr == first)
	{
		return (symbol->st_size >= 2 * sizeof(xfw_array_entry_t) &&
			symbol->st_size % sizeof(xfw_array_entry_t) == 0);
	}
#endif
	(void)first;
	return (true);
}

/* The terminator of the array that begins at `at`, all of whose names and ids are as
 * they must be; NULL if they are not. */
static xfw_array_entry_t *
end_of(xfw_array_entry_t *at, unsigned *next) {
	while (at->name != NULL && at->id != UINT_MAX) {
		if (*next == XFW_ARRAY_MAX || at->id != *next || !mapped(at->name)) {
			return (NULL);
		}
		(*next)++;
		at++;
	}
	return (at);
}

bool
xfw_arrays_read(void *first, xfw_arrays_t *out,
		void (*each)(void *arg, const char *name, void *entry), void *arg) {
	xfw_array_entry_t *at = first;
	unsigned next = 0;

	out->count = 0;
	while (at != NULL) {
		xfw_array_entry_t *end = NULL;

		if (out->count < XFW_ARRAYS_MAX && mapped(at) && fits(at)) {
			end = end_of(at, &next);
		}
		if (end == NULL) {
			return (false);
		}
		out->first[out->count] = at;
		out->end[out->count++] = end;
		memcpy(&at, &end->name, sizeof(at)); /* NULL at the last one */
	}
	for (size_t i = 0; each != NULL && i < out->count; i++) {
		for (at = out->first[i]; at != out->end[i]; at++) {
			each(arg, at->name, at);
		}
	}
	return (out->count > 0);
}

typedef struct search {
	const char *name;
	void *found;
} search_t;

static void
compare(void *arg, const char *name, void *entry) {
	search_t *search = arg;

	if (strcmp(name, search->name) == 0) {
		search->found = entry;
	}
}

void *
xfw_arrays_find(void *first, const char *name) {
	search_t search = { name, NULL };
	xfw_arrays_t arrays;

	(void)xfw_arrays_read(first, &arrays, compare, &search);
	return (search.found);
}

void
xfw_arrays_unchain(const xfw_arrays_t *arrays) {
	for (size_t i = 0; i < arrays->count; i++) {
		*arrays->end[i] = (xfw_array_entry_t){ 0 };
	}
}
