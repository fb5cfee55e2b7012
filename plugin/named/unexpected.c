/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Errors that the libraries report past the log: UNEXPECTED_ERROR() calls a
 * function that named has set, and that writes into named's own context. A zone
 * file that cannot be written ("master file write failed: disc full") is told that
 * way and no other, so ours takes its place and does the same before it looks.
 *
 * on_error() runs on whatever thread of named's meets the error.
 */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <isc/error.h>

#include "named.h"

#include <xfrwatch/classify.h>

static _Atomic(xfw_intake_t *) intake;

static void
record(const char *text, size_t len) {
	static const char category[] = "general";
	xfw_intake_t *to = atomic_load_explicit(&intake, memory_order_acquire);
	xfw_event_t ev;
	struct timespec now;

	if (to == NULL || xfw_classify(category, sizeof(category) - 1,
				       ISC_LOG_ERROR, text, len, &ev) ==
				  XFW_KIND_IRRELEVANT)
	{
		return;
	}
	(void)clock_gettime(CLOCK_REALTIME, &now);
	ev.time_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	xfw_intake_put(to, &ev);
}

static void
on_error(const char *file, int line, const char *func, const char *format,
	 va_list args) __attribute__((format(printf, 4, 0)));

static void
on_error(const char *file, int line, const char *func, const char *format,
	 va_list args) {
	char text[512];
	va_list again;

	va_copy(again, args);
	int len = vsnprintf(text, sizeof(text), format, again);
	va_end(again);

	/* libisc's context is named's own; it is NULL when named has closed it. */
	if (isc_lctx != NULL) {
		isc_logmodule_t *module = xfw_tap_module("main");

		if (module == NULL) {
			module = ISC_LOGMODULE_OTHER;
		}
		isc_log_write(isc_lctx, ISC_LOGCATEGORY_GENERAL, module,
			      ISC_LOG_ERROR, "%s:%d:%s(): unexpected error: ",
			      file, line, func);
		isc_log_vwrite(isc_lctx, ISC_LOGCATEGORY_GENERAL, module,
			       ISC_LOG_ERROR, format, args);
	} else {
		fprintf(stderr, "%s:%d:%s(): fatal error: ", file, line, func);
		vfprintf(stderr, format, args);
		fprintf(stderr, "\n");
		fflush(stderr);
	}
	if (len > 0) {
		record(text, (size_t)len < sizeof(text) ? (size_t)len
							: sizeof(text) - 1);
	}
}

void
xfw_unexpected_install(xfw_intake_t *to) {
	atomic_store_explicit(&intake, to, memory_order_release);
	isc_error_setunexpected(on_error);
}

void
xfw_unexpected_remove(void) {
	atomic_store_explicit(&intake, NULL, memory_order_release);
}
