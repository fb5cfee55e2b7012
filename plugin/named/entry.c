/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The four functions that named looks up in a plugin (9.18, 9.20: ns/hooks.h, held
 * against it by opaque_check.c). They run on the thread that configures named
 * (plugin_check also in named-checkconf) and, plugin_destroy, on the one that frees a
 * view.
 *
 * Nothing that goes wrong in here but a wrong parameter in full mode keeps named from
 * starting: the plugin then stays inert and says so. In a BIND that is newer than those,
 * plugin_register() and plugin_check() get other arguments behind the fifth: inert, they
 * look at none.
 */
#include <errno.h> /* program_invocation_short_name */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"

#define EXPORT __attribute__((visibility("default")))

/* For those who look into the file: strings(1), contrib's upgrade script. */
__attribute__((used)) static const char built_for[] =
	"xfrwatch-built-for=" XFW_BIND_BUILD;

/* Instances that are inert, so that one of them says so. */
static atomic_uint inert;

EXPORT int
plugin_version(void);
EXPORT xfw_isc_result_t
plugin_check(const char *parameters, const void *cfg, const char *cfg_file,
	     unsigned long cfg_line, struct isc_mem *mctx, struct isc_log *lctx,
	     void *actx);
EXPORT xfw_isc_result_t
plugin_register(const char *parameters, const void *cfg, const char *cfg_file,
		unsigned long cfg_line, struct isc_mem *mctx, struct isc_log *lctx,
		void *actx, void *hooktable, void **instp);
EXPORT void
plugin_destroy(void **instp);

int
plugin_version(void) {
	return (xfw_guard_api());
}

unsigned long
xfw_first_line(const char *text, unsigned long last) {
	for (; text != NULL && *text != '\0'; text++) {
		if (*text == '\n' && last > 1) {
			last--;
		}
	}
	return (last);
}

static bool
in_checkconf(void) {
	static const char name[] = "named-checkconf";

	return (strncmp(program_invocation_short_name, name, sizeof(name) - 1) == 0);
}

xfw_isc_result_t
plugin_check(const char *parameters, const void *cfg, const char *cfg_file,
	     unsigned long cfg_line, struct isc_mem *mctx, struct isc_log *lctx,
	     void *actx) {
	xfw_mode_t mode = xfw_guard(parameters);
	xfw_listener_t *listeners = NULL;
	char line[XFW_GUARD_LINE_MAX];
	xfw_params_t params;
	xfw_isc_result_t result;

	(void)actx;
	if (mode == XFW_MODE_FULL) {
		result = xfw_full.read(parameters, cfg, cfg_file, cfg_line, mctx,
				       lctx, &params, &listeners);
		xfw_full.listeners_free(listeners);
		return (result);
	}
	/* named starts, whatever we think of the parameters; newer ones check them
	 * first, and are told when they register. */
	if (!in_checkconf()) {
		return (XFW_ISC_SUCCESS);
	}
	if (xfw_guard_line(parameters, line)) {
		xfw_guard_say(lctx, mode, line, true);
	}
	if (mode == XFW_MODE_REDUCED) {
		xfw_reduced_check(parameters, cfg_file, cfg_line, lctx);
	}
	return (XFW_ISC_SUCCESS);
}

/* The instance of a statement that nothing is done for. */
static void
be_inert(xfw_instance_t *instance, const char *parameters, struct isc_log *lctx) {
	char line[XFW_GUARD_LINE_MAX];

	instance->mode = XFW_MODE_INERT;
	if (atomic_fetch_add(&inert, 1) == 0 && xfw_guard_line(parameters, line)) {
		xfw_guard_say(lctx, XFW_MODE_INERT, line, false);
	}
}

static xfw_isc_result_t
attach(xfw_instance_t *instance, const xfw_statement_t *it) {
	xfw_listener_t *listeners = NULL;
	xfw_isc_result_t result = XFW_ISC_SUCCESS;
	xfw_params_t params;
	const char *problem;

	if (instance->mode == XFW_MODE_FULL) {
		result = xfw_full.read(it->text, it->cfg, it->file, it->line,
				       it->mctx, it->lctx, &params, &listeners);
	} else {
		xfw_reduced_read(it->text, it->file, it->line, it->lctx, &params,
				 &listeners);
	}
	if (result != XFW_ISC_SUCCESS) {
		return (result);
	}
	problem = xfw_host_attach(instance, it, &params, &listeners);
	if (problem != NULL) {
		xfw_complain(it->lctx,
			     "xfrwatch: inactive: %s (named itself is not affected)",
			     problem);
	}
	return (XFW_ISC_SUCCESS);
}

xfw_isc_result_t
plugin_register(const char *parameters, const void *cfg, const char *cfg_file,
		unsigned long cfg_line, struct isc_mem *mctx, struct isc_log *lctx,
		void *actx, void *hooktable, void **instp) {
	xfw_mode_t mode = xfw_guard(parameters);
	xfw_instance_t *instance = NULL;
	xfw_isc_result_t result;

	(void)actx;
	if (!xfw_guard_familiar()) {
		/* `instp` and `lctx` are not where they should be. */
		be_inert(&(xfw_instance_t){ 0 }, parameters, NULL);
		return (XFW_ISC_SUCCESS);
	}
	instance = calloc(1, sizeof(*instance));
	if (instance == NULL) {
		return (XFW_ISC_SUCCESS); /* named destroys no NULL */
	}
	instance->mode = mode;
	if (mode == XFW_MODE_INERT) {
		be_inert(instance, parameters, lctx);
		*instp = instance;
		return (XFW_ISC_SUCCESS);
	}
	result = attach(instance, &(xfw_statement_t){ parameters, cfg, cfg_file,
						      cfg_line, mctx, lctx,
						      hooktable });
	if (result != XFW_ISC_SUCCESS) {
		free(instance);
		return (result);
	}
	*instp = instance;
	return (XFW_ISC_SUCCESS);
}

void
plugin_destroy(void **instp) {
	xfw_instance_t *instance = *instp;

	*instp = NULL;
	if (instance == NULL) {
		return;
	}
	if (instance->mode == XFW_MODE_INERT) {
		(void)atomic_fetch_sub(&inert, 1);
	} else if (instance->slot != NULL) {
		xfw_host_detach(instance);
	}
	free(instance);
}
