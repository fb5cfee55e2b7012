/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The version guard: BIND's internal layouts changed within patch series before, and a
 * monitor must never be the reason that DNS is down. The file name of the library that
 * libisc's functions live in holds the exact version; in a named that its libraries are
 * linked into, there is none. Runs on named's configuring thread and in named-checkconf.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "arrays.h"
#include "base.h"

#include <xfrwatch/plain.h>
#include <xfrwatch/report.h>
#include <xfrwatch/series.h>

/* The newest BIND whose number of the plugin API is known. */
#define NEWEST "9.21.26"

/* The last such number with plugin_register() and a logging as opaque.h has them. */
#define API_LAST_FAMILIAR 2

enum { BASE, FULL, VIEW_APPLY, ZT_APPLY };

static const struct {
	const char *name;
	int group;
} symbols[] = {
#define XFW_SYMBOL(group, name) { #name, group },
#include "symbols.tbl.h"
#undef XFW_SYMBOL
};

/* Whether this build refers to the group's symbols; or its base, if that is asked. */
static bool
needed(int group, bool base) {
	switch (group) {
	case BASE:
		return (true);
	case VIEW_APPLY:
		return (!base && xfw_full.view_apply);
	case ZT_APPLY:
		return (!base && !xfw_full.view_apply);
	default:
		return (!base);
	}
}

/* The first symbol that is not there, of the base or of all; NULL if none lacks. */
static const char *
lacking(bool base) {
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		if (needed(symbols[i].group, base) &&
		    dlsym(RTLD_DEFAULT, symbols[i].name) == NULL)
		{
			return (symbols[i].name);
		}
	}
	return (NULL);
}

/* Found out once: libraries do not change under a process. */
static struct {
	bool known;
	char version[XFW_SERIES_VERSION_MAX]; /* "" if it tells none */
	int api;
	const char *lacks_base; /* a symbol */
	const char *lacks_full;
} running;

/* Any symbol of libisc's does: one of them may be what it lacks. */
static void
find_version(void) {
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]) &&
			   running.version[0] == '\0';
	     i++)
	{
		void *symbol = symbols[i].group == BASE
				       ? dlsym(RTLD_DEFAULT, symbols[i].name)
				       : NULL;
		Dl_info info;

		if (symbol != NULL && dladdr(symbol, &info) != 0 &&
		    info.dli_fname != NULL)
		{
			(void)xfw_series_of_path(info.dli_fname, running.version);
		}
	}
}

/*
 * A BIND without dns_log_setcontext() is newer than 9.20, whatever its version: 9.21 is
 * linked into one program, and tells none.
 */
static void
find_out(void) {
	if (running.known) {
		return;
	}
	find_version();
	running.api = xfw_series_api(running.version, xfw_full.api);
	if (running.version[0] == '\0' &&
	    dlsym(RTLD_DEFAULT, "dns_log_setcontext") == NULL)
	{
		running.api = xfw_series_api(NEWEST, xfw_full.api);
	}
	running.lacks_base = lacking(true);
	running.lacks_full = lacking(false);
	running.known = true;
}

const char *
xfw_guard_running(void) {
	find_out();
	return (running.version);
}

int
xfw_guard_api(void) {
	find_out();
	return (running.api);
}

bool
xfw_guard_familiar(void) {
	find_out();
	return (running.version[0] != '\0' &&
		xfw_series_api(running.version, API_LAST_FAMILIAR + 1) <=
			API_LAST_FAMILIAR);
}

/* Whether named's log can be written to. */
static bool
can_log(void) {
	return (xfw_guard_familiar() &&
		dlsym(RTLD_DEFAULT, "isc_log_write") != NULL &&
		xfw_arrays_find(xfw_isc_categories, "general") != NULL &&
		xfw_arrays_find(xfw_isc_modules, "other") != NULL);
}

xfw_mode_t
xfw_guard(const char *text) {
	bool strict = xfw_plain_strict(text);
	xfw_mode_t mode;

	find_out();
	mode = xfw_series_mode(XFW_BIND_BUILD, running.version, strict);
	if (mode == XFW_MODE_FULL && running.lacks_full != NULL) {
		mode = strict ? XFW_MODE_INERT : XFW_MODE_REDUCED;
	}
	if (running.lacks_base != NULL || !can_log()) {
		mode = XFW_MODE_INERT;
	}
	return (mode);
}

/*--- what it says ---------------------------------------------------------------*/

/* What is in the way, where the versions alone do not tell. */
static void
reason(bool strict, char *buf, size_t size) {
	xfw_mode_t by_version = xfw_series_mode(XFW_BIND_BUILD, running.version,
						false);
	const char *lacks = by_version == XFW_MODE_FULL ? running.lacks_full
							: running.lacks_base;

	buf[0] = '\0';
	if (by_version == XFW_MODE_INERT) {
		return;
	}
	if (lacks != NULL) {
		(void)snprintf(buf, size, ", whose libraries lack %s", lacks);
	} else if (!can_log()) {
		(void)snprintf(buf, size, ", whose logging is another");
	}
	if (strict) {
		(void)snprintf(buf + strlen(buf), size - strlen(buf),
			       " (strict-version yes)");
	}
}

bool
xfw_guard_line(const char *text, char line[XFW_GUARD_LINE_MAX]) {
	xfw_mode_t mode = xfw_guard(text);
	char why[128];

	if (mode == XFW_MODE_FULL) {
		return (false);
	}
	reason(xfw_plain_strict(text), why, sizeof(why));
	(void)snprintf(
		line, XFW_GUARD_LINE_MAX,
		"xfrwatch: %s: built for BIND %s, but this is BIND %s%s%s; rebuild "
		"xfrwatch against the installed bind9-dev and restart named (named "
		"itself is not affected)",
		mode == XFW_MODE_REDUCED ? "reduced" : "inactive", XFW_BIND_BUILD,
		running.version[0] != '\0' ? running.version
					   : "of unknown version",
		why,
		mode == XFW_MODE_REDUCED
			? ": failures and their causes are shown, deadlines as far "
			  "as named's answers tell them"
			: "");
	return (true);
}

static void
write_log(struct isc_log *lctx, int level, const char *line) {
	struct isc_logcategory *category =
		xfw_arrays_find(xfw_isc_categories, "xfer-in");
	struct isc_logmodule *module = xfw_arrays_find(xfw_isc_modules, "ns/hooks");

	if (category == NULL) { /* named-checkconf does not know it */
		category = xfw_arrays_find(xfw_isc_categories, "general");
	}
	if (module == NULL) {
		module = xfw_arrays_find(xfw_isc_modules, "other");
	}
	isc_log_write(lctx, category, module, level, "%s", line);
}

void
xfw_guard_say(struct isc_log *lctx, xfw_mode_t mode, const char *line, bool check) {
	if (can_log()) {
		write_log(lctx,
			  mode == XFW_MODE_REDUCED ? XFW_LOG_WARNING
						   : XFW_LOG_ERROR,
			  line);
		return;
	}
	(void)fprintf(stderr, "%s\n", line);
	if (!check) {
		xfw_syslog(LOG_DAEMON, XFW_SEVERITY_ERR, line);
	}
}

void
xfw_complain(struct isc_log *lctx, const char *format, ...) {
	char line[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	write_log(lctx, XFW_LOG_ERROR, line);
}
