/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What takes xfrwatch's place when named could not even load it, say because a library
 * of its own is gone: named refuses to start over a plugin that cannot be loaded, and
 * DNS matters more than its monitor. It takes any parameters and does nothing but say
 * what it is. Put in place by contrib/debian/in-step.
 *
 * Runs on named's configuring thread and in named-checkconf. Guarantee: it needs no
 * library (no DT_NEEDED): the few functions of the C library that it calls are in any
 * named. No BIND header is used: what named passes differs between its series and is
 * not looked at.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <xfrwatch/series.h>

#define EXPORT __attribute__((visibility("default")))

/* ISC_R_SUCCESS of all series. */
#define SUCCESS 0

/* Of a named that is not known: the latest that is. */
#define API_OTHERWISE 4

/* ns/hooks.h is for those that have BIND's headers; named looks these up by name. */
EXPORT int
plugin_version(void);
EXPORT int
plugin_check(void);
EXPORT int
plugin_register(void);
EXPORT void
plugin_destroy(void **instp);

static void
say(const char *text) {
	/* Nothing can be done about a standard error that is closed. */
	(void)!write(STDERR_FILENO, text, strlen(text));
}

/* A library of named's, by a function that all series have. */
static void
running(char version[XFW_SERIES_VERSION_MAX]) {
	static const char *const functions[] = { "isc_log_create",
						 "isc_result_totext" };
	Dl_info info;

	version[0] = '\0';
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(RTLD_DEFAULT, functions[i]);

		if (function != NULL && dladdr(function, &info) != 0 &&
		    xfw_series_of_path(info.dli_fname, version))
		{
			return;
		}
	}
}

int
plugin_version(void) {
	char version[XFW_SERIES_VERSION_MAX];

	running(version);
	return (xfw_series_api(version, API_OTHERWISE));
}

int
plugin_check(void) {
	return (SUCCESS);
}

/* The instance stays NULL, so that plugin_destroy() is never called. */
int
plugin_register(void) {
	say("xfrwatch: this is a stand-in for xfrwatch, which named could not "
	    "load: zones are not watched. To mend it, run xfrwatch-in-step as "
	    "root and do what it says, then restart named\n");
	return (SUCCESS);
}

void
plugin_destroy(void **instp) {
	*instp = NULL;
}
