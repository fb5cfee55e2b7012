/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One zone in JSON, and the filters of a query (zone.h).
 * Runs in the monitor's thread.
 */
#include <string.h>
#include <strings.h>

#include <xfrwatch/key.h>

#include "zone.h"

#define STEPS_OF_A_ZONE 256 /* of a search: take about as long as a zone does */

/*--- filters ----------------------------------------------------------------*/

static char
lower(char c) {
	return (c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
}

/*
 * `pattern` is in small letters already. Where it fails behind a '*', that one
 * takes a byte more: steps are no more than the product of the lengths.
 */
static bool
matches(const char *pattern, const char *name, size_t len, size_t *work) {
	const char *star = NULL;
	size_t at = 0, taken = 0, steps = 0;

	while (at < len) {
		steps++;
		if (*pattern == '*') {
			star = ++pattern;
			taken = at;
		} else if (*pattern != '\0' && *pattern == lower(name[at])) {
			pattern++;
			at++;
		} else if (star != NULL) {
			pattern = star;
			at = ++taken;
		} else {
			break;
		}
	}
	while (*pattern == '*') {
		pattern++;
	}
	*work += steps / STEPS_OF_A_ZONE;
	return (at == len && *pattern == '\0');
}

static bool
is_fed_by(const xfw_zone_t *zone, const char *primary) {
	for (const xfw_feed_t *feed = zone->feeds; feed != NULL; feed = feed->next) {
		if (strcasecmp(feed->primary->address, primary) == 0) {
			return (true);
		}
	}
	return (false);
}

static bool
is_named(const xfw_zone_t *zone, const xfw_query_t *query, size_t *work) {
	xfw_key_t key;

	return (xfw_key_split(zone->key, zone->key_len, &key) &&
		matches(query->name, key.name, key.name_len, work));
}

bool
xfw_zone_asked(const xfw_zone_t *zone, const xfw_query_t *query, size_t *work) {
	if ((query->states & 1U << zone->state) == 0) {
		return (false);
	}
	if (query->cause != XFW_CAUSE_NONE &&
	    (zone->state == XFW_ZONE_OK || zone->cause != (uint8_t)query->cause))
	{
		return (false);
	}
	if (query->view[0] != '\0' && strcmp(zone->view->name, query->view) != 0) {
		return (false);
	}
	if (query->primary[0] != '\0' && !is_fed_by(zone, query->primary)) {
		return (false);
	}
	return (query->name[0] == '\0' || is_named(zone, query, work));
}

/*--- JSON -------------------------------------------------------------------*/

static void
put_some(xfw_json_t *json, const char *key, uint64_t value) {
	if (value != 0) {
		xfw_json_uint(json, key, value);
	}
}

static void
put_name(xfw_json_t *json, const xfw_zone_t *zone) {
	xfw_key_t key;

	if (xfw_key_split(zone->key, zone->key_len, &key)) {
		xfw_json_bytes(json, "name", key.name, key.name_len);
		xfw_json_bytes(json, "class", key.class_, key.class_len);
	} else {
		xfw_json_string(json, "name", zone->key);
	}
	xfw_json_string(json, "view", zone->view->name);
	if (zone->type != XFW_ZONE_TYPE_UNKNOWN) {
		xfw_json_string(json, "type",
				xfw_zone_type_name((xfw_zone_type_t)zone->type));
	}
}

static void
put_trouble(xfw_json_t *json, const xfw_zone_t *zone, int64_t now_ms) {
	const xfw_incident_t *incident = xfw_zone_incident(zone);

	if (zone->state == XFW_ZONE_OK) {
		return;
	}
	/* The clock may have been set back since. */
	xfw_json_uint(json, "failing-for",
		      now_ms > zone->since_ms
			      ? (uint64_t)(now_ms - zone->since_ms) / 1000
			      : 0);
	if (zone->severity != XFW_SEVERITY_NONE) {
		xfw_json_string(json, "severity",
				xfw_severity_name((xfw_severity_t)zone->severity));
	}
	if (zone->cause != XFW_CAUSE_NONE) {
		xfw_json_string(json, "cause",
				xfw_cause_info((xfw_cause_t)zone->cause)->name);
	}
	if (incident != NULL) {
		xfw_json_uint(json, "incident", incident->id);
	}
}

/* Three serials, each with what tells how old it is, and how far apart they are. */
static void
put_serials(xfw_json_t *json, const xfw_zone_t *zone) {
	int32_t lag = 0;
	int64_t since_ms = 0;

	if (xfw_line_serving(zone)) {
		xfw_json_uint(json, "serial", zone->serial);
	}
	if ((zone->flags & XFW_ZONE_HAS_OFFERED) != 0) {
		xfw_json_uint(json, "serial-offered", zone->offered);
		xfw_json_time(json, "serial-offered-at", (int64_t)zone->offered_s * 1000);
	}
	if ((zone->flags & XFW_ZONE_HAS_NOTIFIED) != 0) {
		xfw_json_uint(json, "serial-notified", zone->notified);
		xfw_json_time(json, "serial-notified-at", (int64_t)zone->notified_s * 1000);
	}
	if (xfw_zone_lag(zone, &lag, &since_ms)) {
		xfw_json_int(json, "serial-lag", lag);
		xfw_json_time(json, "behind-since", since_ms);
	}
}

static void
put_times(xfw_json_t *json, const xfw_zone_t *zone, int64_t now_ms) {
	int64_t left_s = xfw_line_left(zone, now_ms);

	xfw_json_time(json, "last-attempt", zone->last_attempt_ms);
	xfw_json_time(json, "last-success", zone->last_success_ms);
	xfw_json_time(json, "last-transfer", zone->last_transfer_ms);
	put_some(json, "refresh", zone->refresh_s);
	put_some(json, "retry", zone->retry_s);
	put_some(json, "expire", zone->expire_s);
	xfw_json_time(json, "next-refresh", (int64_t)zone->refresh_at_s * 1000);
	xfw_json_time(json, "expires", (int64_t)zone->expires_s * 1000);
	xfw_json_time(json, "signature-expires", (int64_t)zone->signature_s * 1000);
	if (left_s >= 0) {
		xfw_json_time(json, "deadline", xfw_zone_deadline_s(zone) * 1000);
		xfw_json_uint(json, "deadline-in", (uint64_t)left_s);
		xfw_json_string(json, "deadline-by", xfw_zone_deadline_name(zone));
	}
}

static void
put_feed(xfw_json_t *json, const xfw_feed_t *feed) {
	bool failed = feed->cause != XFW_CAUSE_NONE;

	xfw_json_object(json, NULL);
	xfw_json_string(json, "address", feed->primary->address);
	if (failed || feed->last_ms != 0) {
		xfw_json_string(json, "outcome", failed ? "failed" : "ok");
	}
	if (failed) {
		xfw_json_string(json, "cause",
				xfw_cause_info((xfw_cause_t)feed->cause)->name);
	}
	xfw_json_uint(json, "failures", feed->failures);
	xfw_json_time(json, "last", feed->last_ms);
	xfw_json_end(json);
}

void
xfw_zone_json(xfw_json_t *json, const xfw_zone_t *zone, int64_t now_ms) {
	xfw_json_item(json);
	put_name(json, zone);
	xfw_json_string(json, "state",
			xfw_zone_state_name((xfw_zone_state_t)zone->state));
	xfw_json_time(json, "since", zone->since_ms);
	put_trouble(json, zone, now_ms);
	xfw_json_uint(json, "failures", zone->failures);
	put_serials(json, zone);
	put_times(json, zone, now_ms);
	xfw_json_array(json, "primaries");
	for (const xfw_feed_t *feed = zone->feeds; feed != NULL; feed = feed->next) {
		put_feed(json, feed);
	}
	xfw_json_end(json);
	xfw_json_end(json);
}
