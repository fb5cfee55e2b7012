/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reduced mode: what full.c does in the BIND that the plugin was built for, as far as
 * that goes without its structures. Runs on named's configuring thread, and
 * xfw_reduced_allowed() on the monitor's.
 */
#include <stdlib.h>
#include <string.h>

#include "base.h"

#include <xfrwatch/plain.h>

#define STATSFILE_DEFAULT "named.stats"

typedef struct place {
	struct isc_log *lctx;
	const char *file;
	unsigned long line;
} place_t;

static void
complain(void *arg, unsigned long line, const char *message) {
	const place_t *place = arg;

	xfw_complain(place->lctx, "%s:%lu: xfrwatch: %s", place->file,
		     place->line + line, message);
}

void
xfw_reduced_read(const char *text, const char *file, unsigned long line,
		 struct isc_log *lctx, xfw_params_t *params,
		 xfw_listener_t **listeners) {
	place_t place = { lctx, file, xfw_first_line(text, line) };

	(void)xfw_plain_read(text, complain, &place, params, listeners);
}

void
xfw_reduced_check(const char *text, const char *file, unsigned long line,
		  struct isc_log *lctx) {
	xfw_listener_t *listeners = NULL;
	xfw_params_t params;

	xfw_reduced_read(text, file, line, lctx, &params, &listeners);
	xfw_reduced_free(listeners);
}

/* By functions of libisccfg's that take opaque objects. */
static const char *
statsfile_of(const struct cfg_obj *cfg) {
	const struct cfg_obj *options = NULL, *file = NULL;

	if (cfg == NULL ||
	    cfg_map_get(cfg, "options", &options) != XFW_ISC_SUCCESS ||
	    cfg_map_get(options, "statistics-file", &file) != XFW_ISC_SUCCESS ||
	    !cfg_obj_isstring(file))
	{
		return (STATSFILE_DEFAULT);
	}
	return (cfg_obj_asstring(file));
}

void
xfw_reduced_fill(xfw_attach_t *attach, const void *cfg) {
	attach->statsfile = strdup(statsfile_of(cfg));
	attach->min_retry_s = XFW_MIN_RETRY_DEFAULT;
}

void
xfw_reduced_free(xfw_listener_t *listeners) {
	xfw_plain_free(listeners);
}

bool
xfw_reduced_allowed(void *acl, const struct sockaddr *peer) {
	return (xfw_plain_allowed(acl, peer));
}
