/* SPDX-License-Identifier: MPL-2.0 */
/*
 * /json/v1/status: counts, and the primaries one by one.
 * Runs in the monitor's thread.
 */
#include <stdlib.h>

#include "answers.h"
#include "stream.h"

typedef struct status {
	xfw_stream_t stream;	      /* first */
	const xfw_primary_t *primary; /* the next one; primaries stay */
} status_t;

static void
put_zones(xfw_json_t *json, const xfw_counters_t *counters) {
	xfw_json_object(json, "zones");
	for (unsigned i = 0; i < XFW_ZONE_STATES; i++) {
		xfw_json_uint(json, xfw_zone_state_name((xfw_zone_state_t)i),
			      counters->zones[i]);
	}
	xfw_json_end(json);
}

static void
put_attempts(xfw_json_t *json, const xfw_counters_t *counters) {
	xfw_json_object(json, "attempts");
	xfw_json_uint(json, "total", counters->attempts);
	xfw_json_uint(json, "transferred", counters->transferred);
	xfw_json_uint(json, "up-to-date", counters->up_to_date);
	xfw_json_uint(json, "failed", counters->failed);
	xfw_json_end(json);
}

static void
put_causes(xfw_json_t *json, const uint64_t *causes, bool zeros) {
	xfw_json_object(json, "causes");
	for (unsigned i = XFW_CAUSE_NONE + 1; i < XFW_CAUSE_COUNT; i++) {
		if (zeros || causes[i] != 0) {
			xfw_json_uint(json, xfw_cause_info((xfw_cause_t)i)->name,
				      causes[i]);
		}
	}
	xfw_json_end(json);
}

static void
put_recorder(xfw_json_t *json, const xfw_source_t *source,
	     const xfw_counters_t *counters) {
	xfw_intake_counters_t ring;

	xfw_intake_counters(source->intake, &ring);
	xfw_json_object(json, "recorder");
	xfw_json_uint(json, "recorded", ring.recorded);
	xfw_json_uint(json, "lost", ring.lost);
	xfw_json_uint(json, "unclassified", counters->unclassified);
	xfw_json_uint(json, "capacity", ring.capacity);
	xfw_json_end(json);
}

static void
put_incidents(xfw_json_t *json, const xfw_state_t *state) {
	xfw_severity_t worst = XFW_SEVERITY_NONE;
	uint64_t count = 0;

	for (const xfw_incident_t *incident = xfw_state_incidents(state);
	     incident != NULL; incident = incident->next)
	{
		if (incident->severity > worst) {
			worst = (xfw_severity_t)incident->severity;
		}
		count++;
	}
	if (worst != XFW_SEVERITY_NONE) {
		xfw_json_string(json, "severity", xfw_severity_name(worst));
	}
	xfw_json_object(json, "incidents");
	xfw_json_uint(json, "open", count);
	xfw_json_end(json);
}

static void
head(xfw_stream_t *stream) {
	const xfw_source_t *source = &stream->source;
	const xfw_counters_t *counters = xfw_state_counters(source->state);
	xfw_json_t *json = &stream->json;

	xfw_json_string(json, "xfrwatch-version", source->version);
	xfw_json_string(json, "mode", xfw_mode_name(source->mode));
	xfw_json_string(json, "bind-version", source->bind_version);
	xfw_json_string(json, "bind-built-for", source->bind_built);
	xfw_json_time(json, "boot-time", source->boot_ms);
	xfw_json_time(json, "config-time", source->config_ms);
	put_incidents(json, source->state);
	put_zones(json, counters);
	put_attempts(json, counters);
	put_causes(json, counters->causes, true);
	put_recorder(json, source, counters);
}

static bool
step(xfw_stream_t *stream) {
	status_t *status = (status_t *)stream;
	const xfw_primary_t *primary = status->primary;
	xfw_json_t *json = &stream->json;

	if (primary == NULL) {
		return (false);
	}
	xfw_json_item(json);
	xfw_json_string(json, "address", primary->address);
	xfw_json_uint(json, "zones", primary->zones);
	xfw_json_uint(json, "failing", primary->failing);
	xfw_json_time(json, "last-success", primary->last_success_ms);
	put_causes(json, primary->causes, false);
	xfw_json_end(json);
	status->primary = primary->next;
	return (true);
}

static const xfw_stream_ops_t ops = { "primaries", head, step, NULL, NULL };

void
xfw_answer_status(const xfw_source_t *source, xfw_answer_t *answer) {
	status_t *status = calloc(1, sizeof(*status));

	if (status != NULL) {
		status->primary = xfw_state_primaries(source->state);
	}
	xfw_stream_answer((xfw_stream_t *)status, &ops, source, answer);
}
