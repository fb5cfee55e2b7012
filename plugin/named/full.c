/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The door to the full files (base.h): the base calls them through this table, and only
 * in the BIND that the plugin was built for. Threads: as base.h says of each.
 */
#include "named.h"

static xfw_isc_result_t
full_read(const char *text, const void *cfg, const char *file, unsigned long line,
	  isc_mem_t *mctx, isc_log_t *lctx, xfw_params_t *params,
	  xfw_listener_t **listeners) {
	xfw_listeners_t list;
	isc_result_t result = xfw_params_read(text, cfg, file, line, mctx, lctx,
					      params, &list);

	*listeners = list.first;
	return (result);
}

static const char *
full_view(const void *cfg, const char *file, unsigned long line) {
	return (xfw_config_view(cfg, file, line));
}

static void
full_fill(xfw_attach_t *attach, const void *cfg, const char *view) {
	attach->statsfile = xfw_config_statsfile(cfg);
	attach->views = xfw_config_zones(cfg, view);
	attach->min_retry_s = xfw_config_min_retry(cfg);
}

static unsigned
full_debug(const void *cfg) {
	return (xfw_config_debug(cfg));
}

static void
full_hook(void *table, isc_mem_t *mctx, xfw_slot_t *slot) {
	xfw_hook_add(table, mctx, slot);
}

static bool
full_wire(void *arg, const char *name, size_t len, uint8_t wire[XFW_WIRE_MAX],
	  uint8_t *wire_len) {
	(void)arg;
	return (xfw_census_wire(name, len, wire, wire_len));
}

static void
full_stopped(void) {
	xfw_mute(false);
	xfw_unexpected_remove();
}

const xfw_full_t xfw_full = {
	.api = NS_PLUGIN_VERSION,
	.view_apply = XFW_VIEW_APPLY,
	.read = full_read,
	.listeners_free = xfw_listeners_free,
	.view = full_view,
	.fill = full_fill,
	.debug = full_debug,
	.hook = full_hook,
	.started = xfw_unexpected_install,
	.stopped = full_stopped,
	.ended = xfw_acl_end,
	.muted = xfw_muted,
	.wire = full_wire,
	.mute = xfw_mute,
	.allowed = xfw_acl_allowed,
	.hmac = xfw_hmac_digest,
};
