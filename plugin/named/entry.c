/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The four functions that named looks up in a plugin. They run on the thread that
 * configures named (plugin_check also in named-checkconf) and, plugin_destroy, on
 * the one that frees a view.
 *
 * Nothing that goes wrong in here but a wrong parameter keeps named from starting:
 * the plugin then stays inert and says so.
 */
#include <string.h>

#include "named.h"

#include <xfrwatch/key.h>

#define EXPORT __attribute__((visibility("default")))

/* ns/hooks.h declares their types; the functions are ours to declare. */
EXPORT ns_plugin_register_t plugin_register;
EXPORT ns_plugin_destroy_t plugin_destroy;
EXPORT ns_plugin_check_t plugin_check;
EXPORT ns_plugin_version_t plugin_version;

int
plugin_version(void) {
	return (NS_PLUGIN_VERSION);
}

isc_result_t
plugin_check(const char *parameters, const void *cfg, const char *cfg_file,
	     unsigned long cfg_line, isc_mem_t *mctx, isc_log_t *lctx,
	     void *actx) {
	xfw_params_t params;
	xfw_listeners_t listeners;
	isc_result_t result;

	(void)actx;
	if (!xfw_guard(lctx)) {
		return (ISC_R_SUCCESS); /* named would start, with us inert */
	}
	result = xfw_params_read(parameters, cfg, cfg_file, cfg_line, mctx, lctx,
				 &params, &listeners);
	xfw_listeners_free(listeners.first);
	return (result);
}

static void
inert(isc_log_t *lctx, isc_result_t result) {
	isc_log_write(lctx, DNS_LOGCATEGORY_XFER_IN, NS_LOGMODULE_HOOKS,
		      ISC_LOG_ERROR,
		      "xfrwatch: inactive: %s (named itself is not affected)",
		      isc_result_totext(result));
}

isc_result_t
plugin_register(const char *parameters, const void *cfg, const char *cfg_file,
		unsigned long cfg_line, isc_mem_t *mctx, isc_log_t *lctx,
		void *actx, ns_hooktable_t *hooktable, void **instp) {
	xfw_instance_t *instance;
	xfw_params_t params;
	xfw_listeners_t listeners = { 0 };
	const char *view;
	isc_result_t result;
	bool fits = xfw_guard(lctx);

	(void)actx;
	if (fits) {
		result = xfw_params_read(parameters, cfg, cfg_file, cfg_line,
					 mctx, lctx, &params, &listeners);
		if (result != ISC_R_SUCCESS) {
			return (result);
		}
	}
	instance = isc_mem_get(mctx, sizeof(*instance));
	memset(instance, 0, sizeof(*instance));
	isc_mem_attach(mctx, &instance->mctx);
	*instp = instance;
	if (!fits) {
		return (ISC_R_SUCCESS);
	}
	view = xfw_config_view(cfg, cfg_file, cfg_line);
	result = xfw_host_attach(instance, &params, &listeners, cfg,
				 view != NULL ? view : XFW_VIEW_DEFAULT, lctx);
	xfw_listeners_free(listeners.first); /* NULL if they were taken */
	if (result == ISC_R_SUCCESS) {
		xfw_hook_add(hooktable, mctx, instance);
	} else {
		inert(lctx, result);
	}
	return (ISC_R_SUCCESS);
}

void
plugin_destroy(void **instp) {
	xfw_instance_t *instance = *instp;

	*instp = NULL;
	if (instance->slot != NULL) {
		xfw_host_detach(instance);
	}
	isc_mem_putanddetach(&instance->mctx, instance, sizeof(*instance));
}
