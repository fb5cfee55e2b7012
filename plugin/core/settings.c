/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The configuration as the monitor lives it: instances of the plugin that come
 * and go (attach, detach), the parameters in force, the zones that named.conf
 * lists. Monitor's thread only.
 *
 * named registers the new instances before it destroys the old ones, and a
 * configuration that fails half-way destroys the new ones instead. So zones are
 * added when an instance comes, but those that it no longer lists are removed only
 * when the instance that it replaces has gone.
 *
 * In reduced mode (mode.h) named.conf is not read and all instances share one slot: views
 * and zones are known from named's lines and stay as long as there is an instance (ask.h
 * says when a zone goes); the newest configuration is in force when named answers again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor_priv.h"

static void
free_zones(xfw_viewlist_t *list) {
	free(list->zones.data);
	list->zones = (xfw_zonelist_t){ 0 };
	for (size_t i = 0; i < list->routes_count; i++) {
		free(list->routes[i]);
	}
	free(list->routes);
	list->routes = NULL;
	list->routes_count = 0;
}

void
xfw_attach_free(xfw_attach_t *attach) {
	if (attach == NULL) {
		return;
	}
	while (attach->views != NULL) {
		xfw_viewlist_t *list = attach->views;

		attach->views = list->next;
		free_zones(list);
		free(list->unlisted);
		free(list->view);
		free(list);
	}
	if (attach->listeners != NULL) {
		attach->listeners_free(attach->listeners);
	}
	free(attach->statsfile);
	free(attach);
}

/*--- zones and their routes ---------------------------------------------------*/

/* One zone of a packed list. */
typedef struct listed_zone {
	xfw_zone_type_t type;
	unsigned primaries;
	uint32_t route; /* index into the view's routes */
	const char *key;
	uint16_t key_len;
} listed_zone_t;

/* Reads the one at `at`; returns where the next one is. */
static const char *
unpack(const char *at, listed_zone_t *out) {
	out->type = (xfw_zone_type_t)at[0];
	out->primaries = (uint8_t)at[1];
	memcpy(&out->key_len, at + 2, sizeof(out->key_len));
	memcpy(&out->route, at + 4, sizeof(out->route));
	out->key = at + XFW_ZONELIST_HEAD;
	return (out->key + out->key_len);
}

/* The numbers that the view's routes have in the state, each used once; NULL if there
 * are none, or on lack of memory. */
static uint32_t *
hold_routes(xfw_routes_t *routes, const xfw_viewlist_t *list) {
	uint32_t *numbers = list->routes_count == 0
				    ? NULL
				    : calloc(list->routes_count, sizeof(*numbers));

	for (size_t i = 0; numbers != NULL && i < list->routes_count; i++) {
		numbers[i] = xfw_routes_add(routes, list->routes[i],
					    strlen(list->routes[i]));
	}
	return (numbers);
}

static void
release_routes(xfw_routes_t *routes, const xfw_viewlist_t *list,
	       uint32_t *numbers) {
	for (size_t i = 0; numbers != NULL && i < list->routes_count; i++) {
		xfw_routes_drop(routes, numbers[i]);
	}
	free(numbers);
}

static uint32_t
number_of(const xfw_viewlist_t *list, const uint32_t *numbers, uint32_t index) {
	return (numbers != NULL && index < list->routes_count ? numbers[index]
							      : XFW_ROUTE_NONE);
}

/*
 * Declares the zones that the configuration lists; takes none away yet, and leaves
 * those that are there the routes that they have.
 */
static void
declare(xfw_monitor_t *monitor, xfw_attach_t *attach, int64_t now_ms) {
	xfw_routes_t *routes = xfw_state_routes(monitor->state);

	attach->generation = ++monitor->generation;
	for (xfw_viewlist_t *list = attach->views; list != NULL;
	     list = list->next)
	{
		xfw_view_t *view = xfw_state_view(monitor->state, list->view);
		uint32_t *numbers = hold_routes(routes, list);
		const char *at = list->zones.data;
		const char *end = at + list->zones.used;

		while (view != NULL && at < end) {
			listed_zone_t it;
			xfw_zone_t *zone;

			at = unpack(at, &it);
			zone = xfw_state_declare(monitor->state, view, it.key,
						 it.key_len, it.type,
						 XFW_ZONE_IN_CONFIG, it.primaries,
						 attach->generation, now_ms);
			if (zone != NULL && zone->route == XFW_ROUTE_NONE) {
				xfw_state_routed(monitor->state, zone,
						 number_of(list, numbers, it.route));
			}
		}
		release_routes(routes, list, numbers);
	}
}

/* The routes of the configuration in force hold for the zones that it lists. */
static void
put_routes(xfw_monitor_t *monitor, const xfw_viewlist_t *list) {
	xfw_routes_t *routes = xfw_state_routes(monitor->state);
	uint32_t *numbers = hold_routes(routes, list);
	const char *at = list->zones.data;
	const char *end = at + list->zones.used;

	while (at < end) {
		listed_zone_t it;
		xfw_zone_t *zone;

		at = unpack(at, &it);
		zone = xfw_state_find(monitor->state, it.key, it.key_len);
		if (zone != NULL) {
			xfw_state_routed(monitor->state, zone,
					 number_of(list, numbers, it.route));
		}
	}
	release_routes(routes, list, numbers);
}

/* What the configuration in force says of zones in `view` that it does not list. */
static const char *
unlisted_of(const xfw_monitor_t *monitor, const char *view) {
	for (const xfw_attach_t *attach = monitor->attaches; attach != NULL;
	     attach = attach->next)
	{
		for (const xfw_viewlist_t *list = attach->views;
		     attach->committed && list != NULL; list = list->next)
		{
			if (strcmp(list->view, view) == 0) {
				return (list->unlisted);
			}
		}
	}
	return (NULL);
}

bool
xfw_settings_route(xfw_monitor_t *monitor, const xfw_zone_t *zone,
		   const char *primary, xfw_route_entry_t *out, bool *known) {
	*known = xfw_route_find(xfw_zone_route(monitor->state, zone), primary, out);
	if (*known) {
		return (true);
	}
	if (xfw_route_find(unlisted_of(monitor, zone->view->name), primary, out)) {
		*known = out->named;
		return (true);
	}
	return (xfw_route_bare(primary, out));
}

static bool
listed(const xfw_monitor_t *monitor, const char *view) {
	for (const xfw_attach_t *attach = monitor->attaches; attach != NULL;
	     attach = attach->next)
	{
		for (const xfw_viewlist_t *list = attach->views; list != NULL;
		     list = list->next)
		{
			if (strcmp(list->view, view) == 0) {
				return (true);
			}
		}
	}
	return (false);
}

/* Views that no instance lists any more are gone, with their zones. */
static void
forget_views(xfw_monitor_t *monitor, int64_t now_ms) {
	const xfw_view_t *view = xfw_state_views(monitor->state);

	if (xfw_monitor_reduced(monitor) && monitor->attaches != NULL) {
		return; /* nothing is listed */
	}
	while (view != NULL) {
		const xfw_view_t *next = view->next;

		if (!listed(monitor, view->name)) {
			xfw_diagnose_view_gone(monitor, view);
			xfw_state_view_gone(monitor->state,
					    (xfw_view_t *)view, now_ms);
		}
		view = next;
	}
}

/* The configuration that `attach` came with is the one that named runs. */
static void
commit(xfw_monitor_t *monitor, xfw_attach_t *attach, int64_t now_ms) {
	if (attach->committed) {
		return;
	}
	attach->committed = true;
	monitor->source.config_ms = now_ms;
	for (xfw_viewlist_t *list = attach->views; list != NULL;
	     list = list->next)
	{
		xfw_view_t *view = xfw_state_view(monitor->state, list->view);

		if (view != NULL) {
			xfw_state_declared(monitor->state, view,
					   attach->generation, false, now_ms);
			put_routes(monitor, list);
		}
		free_zones(list);
	}
	forget_views(monitor, now_ms);
}

static void
render(void *arg, xfw_text_t *text) {
	xfw_monitor_t *monitor = arg;
	xfw_intake_counters_t counters;

	xfw_monitor_events(monitor);
	xfw_intake_counters(monitor->intake, &counters);
	xfw_block(text, monitor->state,
		  &(xfw_recorder_t){
			  .recorded = counters.recorded,
			  .lost = counters.lost,
			  .unclassified =
				  xfw_state_counters(monitor->state)->unclassified,
			  .capacity = counters.capacity,
			  .mode = monitor->host.mode,
			  .bind_version = monitor->host.bind_version,
			  .bind_built = monitor->host.bind_built },
		  xfw_now_ms());
}

void
xfw_settings_problem(void *arg, xfw_severity_t severity, const char *message) {
	char line[XFW_LINE_MAX];

	(void)snprintf(line, sizeof(line), "xfrwatch: %s", message);
	xfw_monitor_say_settled(arg, severity, line);
}

static void
apply_statsfile(xfw_monitor_t *monitor, const char *path) {
	xfw_statsfile_ops_t ops = { render, xfw_settings_problem, monitor };
	const char *now = monitor->statsfile == NULL
				  ? NULL
				  : xfw_statsfile_path(monitor->statsfile);

	if (now != NULL && path != NULL && strcmp(now, path) == 0) {
		return;
	}
	if (monitor->statsfile != NULL) {
		xfw_statsfile_close(monitor->statsfile);
		monitor->statsfile = NULL;
	}
	if (path != NULL) {
		monitor->statsfile = xfw_statsfile_open(&monitor->loop, path,
							&ops);
		if (monitor->statsfile == NULL) {
			xfw_settings_problem(monitor, XFW_SEVERITY_ERR,
				    "cannot watch the statistics file: out of "
				    "memory or descriptors");
		}
	}
}

/*
 * The listeners of the newest configuration that is in force: one that fails half-way
 * must not cost anybody a connection.
 */
static void
apply_channel(xfw_monitor_t *monitor) {
	const xfw_attach_t *attach = monitor->attaches;

	while (attach != NULL && !attach->committed) {
		attach = attach->next;
	}
	if (attach == NULL) {
		attach = monitor->attaches;
	}
	monitor->channel_of = attach;
	monitor->channel_due = false;
	xfw_channel_apply(monitor->channel,
			  attach != NULL ? attach->listeners : NULL);
}

void
xfw_settings_settled(xfw_monitor_t *monitor, int64_t now_ms) {
	if (monitor->channel_due && monitor->attaches != NULL) {
		commit(monitor, monitor->attaches, now_ms);
		apply_channel(monitor);
	}
}

xfw_policy_t
xfw_settings_policy(const xfw_params_t *params, uint32_t min_retry_s) {
	return ((xfw_policy_t){
		.escalation = params->escalation,
		.reminder_s = params->reminder_s,
		.min_retry_s = min_retry_s,
		.signature_warning_d = params->signature_warning_d,
		.signature_err_d = params->signature_err_d,
		.recovery = params->recovery,
	});
}

/* Parameters that cannot be followed: said once. */
static void
reduce(xfw_monitor_t *monitor, const xfw_attach_t *attach, xfw_policy_t *policy) {
	if (attach->params.recovery && !monitor->said_no_recovery) {
		monitor->said_no_recovery = true;
		xfw_settings_problem(monitor, XFW_SEVERITY_WARNING,
				     "recovery-refresh is off in reduced mode: named "
				     "cannot be made to refresh a zone");
	}
	if (attach->params.statsfile && attach->statsfile == NULL &&
	    !monitor->said_no_statsfile)
	{
		monitor->said_no_statsfile = true;
		xfw_settings_problem(monitor, XFW_SEVERITY_WARNING,
				     "statistics-file is off in reduced mode: where "
				     "named writes it is not known");
	}
	policy->recovery = false;
}

/* The parameters of the newest instance are in force. */
static void
apply(xfw_monitor_t *monitor, int64_t now_ms) {
	const xfw_attach_t *attach = monitor->attaches;
	xfw_policy_t policy;

	if (attach == NULL) {
		return;
	}
	monitor->params = attach->params;
	policy = xfw_settings_policy(&attach->params, attach->min_retry_s);
	if (xfw_monitor_reduced(monitor)) {
		reduce(monitor, attach, &policy);
	}
	xfw_state_configure(monitor->state, &policy, now_ms);
	monitor->due_ms = 0;
	if (!xfw_intake_resize(monitor->intake, attach->params.ring_size)) {
		xfw_settings_problem(monitor, XFW_SEVERITY_WARNING,
			    "ring-size stays as it was: out of memory");
	}
	apply_statsfile(monitor, attach->params.statsfile ? attach->statsfile
							   : NULL);
	xfw_diagnose_configured(monitor);
}

static xfw_attach_t *
newest_of(xfw_monitor_t *monitor, const xfw_slot_t *slot) {
	for (xfw_attach_t *attach = monitor->attaches; attach != NULL;
	     attach = attach->next)
	{
		if (attach->slot == slot) {
			return (attach);
		}
	}
	return (NULL);
}

void
xfw_settings_attach(xfw_monitor_t *monitor, xfw_attach_t *attach) {
	int64_t now_ms = xfw_now_ms();
	bool first = newest_of(monitor, attach->slot) == NULL;
	xfw_view_t *view;

	xfw_monitor_configured(monitor, now_ms);
	monitor->newest_id = attach->id;
	attach->next = monitor->attaches;
	monitor->attaches = attach;
	declare(monitor, attach, now_ms);
	apply(monitor, now_ms);
	view = xfw_state_view(monitor->state, attach->slot->view);
	if (view != NULL) {
		xfw_visit_attach(monitor, attach->slot, view);
	}
	monitor->channel_due = true;
	if (first) {
		commit(monitor, attach, now_ms);
		apply_channel(monitor);
	}
}

void
xfw_settings_detach(xfw_monitor_t *monitor, uint64_t id) {
	int64_t now_ms = xfw_now_ms();
	xfw_attach_t **at = &monitor->attaches;

	while (*at != NULL && (*at)->id != id) {
		at = &(*at)->next;
	}
	if (*at == NULL) {
		return;
	}
	xfw_monitor_configured(monitor, now_ms);

	xfw_attach_t *gone = *at;
	bool was_newest = gone == monitor->attaches;

	*at = gone->next;
	xfw_visit_detach(monitor, gone->slot);

	xfw_attach_t *left = newest_of(monitor, gone->slot);

	if (left != NULL) {
		commit(monitor, left, now_ms);
	} else {
		forget_views(monitor, now_ms);
	}
	if (was_newest) {
		apply(monitor, now_ms);
	}
	/* Before its address-match lists go. */
	if (monitor->channel_due || monitor->channel_of == gone) {
		apply_channel(monitor);
	}
	xfw_attach_free(gone);
}

void
xfw_settings_end(xfw_monitor_t *monitor) {
	apply_statsfile(monitor, NULL);
	monitor->channel_of = NULL;
	xfw_channel_close(monitor->channel);
	monitor->channel = NULL;
	while (monitor->attaches != NULL) {
		xfw_attach_t *attach = monitor->attaches;

		monitor->attaches = attach->next;
		xfw_attach_free(attach);
	}
}
