/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The version guard: BIND's internal layouts changed within patch series before,
 * and a monitor must never be the reason that DNS is down. The file name of the
 * library that a libisc function lives in holds the exact version. Runs on named's
 * configuring thread.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "named.h"

#include <xfrwatch/report.h>

/* "libisc-9.18.49-1~deb12u3-Debian.so" -> "9.18.49-1~deb12u3-Debian" */
static bool
running(char *buf, size_t size) {
	static const char prefix[] = "libisc-";
	Dl_info info;
	const char *base, *end;

	if (dladdr((void *)(uintptr_t)isc_log_create, &info) == 0 ||
	    info.dli_fname == NULL)
	{
		return (false);
	}
	base = strrchr(info.dli_fname, '/');
	base = base != NULL ? base + 1 : info.dli_fname;
	end = strstr(base, ".so");
	if (strncmp(base, prefix, sizeof(prefix) - 1) != 0 || end == NULL) {
		return (false);
	}
	base += sizeof(prefix) - 1;
	if (end <= base || (size_t)(end - base) >= size) {
		return (false);
	}
	memcpy(buf, base, (size_t)(end - base));
	buf[end - base] = '\0';
	return (true);
}

/* The upstream version: up to the first '-'. */
static bool
same_upstream(const char *a, const char *b) {
	size_t len = strcspn(a, "-");

	return (strcspn(b, "-") == len && strncmp(a, b, len) == 0);
}

bool
xfw_guard(isc_log_t *lctx) {
	char version[128];

	if (!running(version, sizeof(version))) {
		(void)snprintf(version, sizeof(version), "of unknown version");
	} else if (same_upstream(version, XFW_BIND_BUILD)) {
		return (true);
	}
	isc_log_write(lctx, DNS_LOGCATEGORY_XFER_IN, NS_LOGMODULE_HOOKS,
		      ISC_LOG_ERROR,
		      "xfrwatch: inactive: built for BIND %s, but this is BIND "
		      "%s; rebuild xfrwatch against the installed bind9-dev and "
		      "restart named (named itself is not affected)",
		      XFW_BIND_BUILD, version);
	return (false);
}
