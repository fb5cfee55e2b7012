/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What is wrong with a zone that is fed and that no line of named tells: its serial
 * stays behind, its signature nears its end. Such a finding stands as the cause of one
 * of the zone's feeds for as long as it is true.
 * Runs in the monitor's thread only.
 *
 * A feed has one cause. The graver one stays; of equals the one that was there first.
 * What finds no room at its primary stands at "-".
 */
#include <stdlib.h>

#include "state_priv.h"

bool
xfw_cause_standing(xfw_cause_t cause) {
	return (cause == XFW_CAUSE_SERIAL_BEHIND || cause == XFW_CAUSE_SIGNATURES_EXPIRING);
}

/* A diagnosis may have given it another name; but a failure that it had taken for the
 * same is none of these. */
bool
xfw_standing_is(const xfw_feed_t *feed, xfw_cause_t cause) {
	return (feed->cause == (uint8_t)cause ||
		(feed->incident != NULL && feed->incident->heard == (uint8_t)cause &&
		 xfw_cause_degraded(feed->cause)));
}

xfw_feed_t *
xfw_standing_find(const xfw_zone_t *zone, xfw_cause_t cause) {
	xfw_feed_t *f = zone->feeds;

	while (f != NULL && !xfw_standing_is(f, cause)) {
		f = f->next;
	}
	return (f);
}

bool
xfw_standing_room(const xfw_feed_t *feed) {
	return (!feed->primary->transient &&
		(feed->cause == XFW_CAUSE_NONE ||
		 (xfw_feed_degraded(feed) &&
		  xfw_cause_info(feed->cause)->severity < XFW_SEVERITY_WARNING)));
}

/* The one with room that the zone last had something from. */
xfw_primary_t *
xfw_standing_primary(const xfw_zone_t *zone) {
	const xfw_feed_t *last = NULL;

	for (const xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (!xfw_primary_none(f->primary) && xfw_standing_room(f) &&
		    (last == NULL || f->last_ms > last->last_ms))
		{
			last = f;
		}
	}
	return (last != NULL ? last->primary : NULL);
}

/* Nothing was heard from any: the one that named.conf has first. */
static xfw_primary_t *
configured(xfw_state_t *state, const xfw_zone_t *zone) {
	const char *route = xfw_zone_route(state, zone);
	xfw_route_entry_t *entry = NULL;
	xfw_primary_t *primary = NULL;

	for (const xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (!xfw_primary_none(f->primary) && !f->primary->transient) {
			return (NULL);
		}
	}
	if (route == NULL) {
		return (NULL);
	}
	entry = xfw_state_alloc(state, sizeof(*entry));
	if (entry != NULL && xfw_route_find(route, NULL, entry)) {
		primary = xfw_primary_get(state, entry->address);
	}
	free(entry);
	return (primary);
}

static bool
set_at(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary, xfw_cause_t cause,
       int64_t now_ms) {
	xfw_feed_t *feed = (primary != NULL) ? xfw_feed_get(state, zone, primary) : NULL;
	int64_t last_ms = 0;

	if (feed == NULL || !xfw_standing_room(feed)) {
		return (false);
	}
	last_ms = feed->last_ms;
	state->counters.causes[cause]++;
	primary->causes[cause]++;
	xfw_feed_fail(state, feed, cause, now_ms);
	if (last_ms != 0) {
		feed->last_ms = last_ms; /* it was not heard from now */
	}
	return (true);
}

bool
xfw_standing_set(xfw_state_t *state, xfw_zone_t *zone, xfw_cause_t cause,
		 xfw_primary_t *primary, int64_t now_ms) {
	if (xfw_standing_find(zone, cause) != NULL) {
		return (true);
	}
	if (xfw_trouble_get(state, zone) == NULL) {
		return (false);
	}
	if (primary == NULL) {
		primary = configured(state, zone);
	}
	return (set_at(state, zone, primary, cause, now_ms) ||
		set_at(state, zone, xfw_primary_get(state, NULL), cause, now_ms));
}

void
xfw_standing_clear(xfw_state_t *state, xfw_zone_t *zone, xfw_cause_t cause,
		   int64_t now_ms) {
	for (xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (xfw_standing_is(f, cause)) {
			xfw_feed_clear(state, f, now_ms);
		}
	}
}

void
xfw_standing_judge(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	int64_t next_s = INT64_MAX;
	xfw_severity_t severity = XFW_SEVERITY_NONE;

	xfw_serials_judge(state, zone, now_ms);
	if (zone->state == XFW_ZONE_OK && zone->signature_s != 0) {
		severity = xfw_signature_severity(zone, &state->policy, now_ms / 1000,
						  &next_s);
	}
	if (severity == XFW_SEVERITY_NONE) {
		if (zone->feeds != NULL) {
			xfw_standing_clear(state, zone, XFW_CAUSE_SIGNATURES_EXPIRING,
					   now_ms);
		}
	} else {
		(void)xfw_standing_set(state, zone, XFW_CAUSE_SIGNATURES_EXPIRING,
				       xfw_standing_primary(zone), now_ms);
	}
	if (next_s != INT64_MAX) {
		xfw_zone_due(state, zone, next_s * 1000);
	}
}
