/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Holds what the base files believe of BIND (opaque.h, arrays.h, entry.c) against its
 * headers: a declaration that differs does not compile. Nothing of it runs.
 */
#include <stddef.h>

#include "arrays.h"
#include "compat.h"
#include "opaque.h"

#define SAME_TYPE(a, b) __builtin_types_compatible_p(a, b)

_Static_assert(XFW_ISC_SUCCESS == ISC_R_SUCCESS &&
		       XFW_ISC_FAILURE == ISC_R_FAILURE &&
		       sizeof(xfw_isc_result_t) == sizeof(isc_result_t),
	       "results");
_Static_assert(XFW_LOG_DYNAMIC == ISC_LOG_DYNAMIC &&
		       XFW_LOG_INFO == ISC_LOG_INFO &&
		       XFW_LOG_NOTICE == ISC_LOG_NOTICE &&
		       XFW_LOG_WARNING == ISC_LOG_WARNING &&
		       XFW_LOG_ERROR == ISC_LOG_ERROR &&
		       XFW_LOG_CRITICAL == ISC_LOG_CRITICAL,
	       "levels");
_Static_assert(XFW_LOG_TOFILEDESC == ISC_LOG_TOFILEDESC &&
		       XFW_LOG_PRINTLEVEL == ISC_LOG_PRINTLEVEL &&
		       XFW_LOG_PRINTCATEGORY == ISC_LOG_PRINTCATEGORY &&
		       XFW_LOG_PRINTMODULE == ISC_LOG_PRINTMODULE,
	       "channels");

/* What arrays.c reads, once it has made sure. */
_Static_assert(sizeof(xfw_array_entry_t) == sizeof(isc_logcategory_t) &&
		       offsetof(xfw_array_entry_t, name) ==
			       offsetof(isc_logcategory_t, name) &&
		       offsetof(xfw_array_entry_t, id) ==
			       offsetof(isc_logcategory_t, id),
	       "categories");
_Static_assert(sizeof(xfw_array_entry_t) == sizeof(isc_logmodule_t) &&
		       offsetof(xfw_array_entry_t, name) ==
			       offsetof(isc_logmodule_t, name) &&
		       offsetof(xfw_array_entry_t, id) ==
			       offsetof(isc_logmodule_t, id),
	       "modules");
_Static_assert(sizeof(isc_logdestination_t) <= XFW_DESTINATION_SIZE, "channels");

/* The entry points: entry.c's `void *` in place of the hook table is as good. */
_Static_assert(
	SAME_TYPE(ns_plugin_register_t,
		  isc_result_t(const char *, const void *, const char *,
			       unsigned long, isc_mem_t *, isc_log_t *, void *,
			       ns_hooktable_t *, void **)) &&
		SAME_TYPE(ns_plugin_check_t,
			  isc_result_t(const char *, const void *, const char *,
				       unsigned long, isc_mem_t *, isc_log_t *,
				       void *)) &&
		SAME_TYPE(ns_plugin_destroy_t, void(void **)) &&
		SAME_TYPE(ns_plugin_version_t, int(void)),
	"entry points");
