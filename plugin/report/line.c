/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lines for the log and syslog: what is said about an incident or a zone.
 * Runs in the monitor's thread. Allocates nothing, so that it can still speak
 * when there is no memory left.
 *
 * All lines are put together here and nowhere else, so that none can forget a
 * field: who reads them finds the same keys in the same order.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <xfrwatch/plan.h>
#include <xfrwatch/report.h>

#define CUT "..."

static const char *const events[] = {
	[XFW_NOTICE_OPENED] = "opened",
	[XFW_NOTICE_ESCALATED] = "escalated",
	[XFW_NOTICE_REMINDER] = "reminder",
	[XFW_NOTICE_RESOLVED] = "resolved",
	[XFW_NOTICE_EXPIRED] = "expired",
	[XFW_NOTICE_EXPIRED_MORE] = "expired",
};

/* The feed that tells why a zone fails: the last one with the zone's cause. */
static const xfw_feed_t *
failing_feed(const xfw_zone_t *zone) {
	const xfw_feed_t *found = NULL;

	for (const xfw_feed_t *feed = zone->feeds; feed != NULL; feed = feed->next) {
		if (feed->cause != XFW_CAUSE_NONE && feed->cause == zone->cause &&
		    (found == NULL || feed->last_ms > found->last_ms))
		{
			found = feed;
		}
	}
	return (found);
}

const char *
xfw_line_primary(const xfw_zone_t *zone) {
	const xfw_feed_t *feed = failing_feed(zone);

	return (feed != NULL && feed->primary != NULL ? feed->primary->address
						      : NULL);
}

static const char *
notice_primary(const xfw_notice_t *notice) {
	if (notice->incident != NULL) {
		return (notice->incident->primary != NULL
				? notice->incident->primary->address
				: NULL);
	}
	return (notice->zone != NULL ? xfw_line_primary(notice->zone) : NULL);
}

static xfw_cause_t
notice_cause(const xfw_notice_t *notice) {
	if (notice->incident != NULL) {
		return ((xfw_cause_t)notice->incident->cause);
	}
	return (notice->zone != NULL ? (xfw_cause_t)notice->zone->cause
				     : XFW_CAUSE_NONE);
}

const char *
xfw_line_cause(xfw_cause_t cause) {
	return (cause == XFW_CAUSE_NONE ? "-" : xfw_cause_info(cause)->name);
}

bool
xfw_line_serving(const xfw_zone_t *zone) {
	return ((zone->flags & XFW_ZONE_HAS_SERIAL) != 0 &&
		zone->state != XFW_ZONE_EXPIRED &&
		zone->state != XFW_ZONE_NEVER_LOADED);
}

static void
put(xfw_text_t *line, const char *key, const char *value) {
	xfw_text_printf(line, " %s=", key);
	xfw_text_value(line, value);
}

static void
put_number(xfw_text_t *line, const char *key, bool known, int64_t value,
	   const char *unit) {
	if (known) {
		xfw_text_printf(line, " %s=%" PRId64 "%s", key, value, unit);
	} else {
		xfw_text_printf(line, " %s=-", key);
	}
}

static void
put_head(xfw_text_t *line, const xfw_notice_t *notice) {
	xfw_text_printf(line, "xfrwatch:");
	if (notice->kind == XFW_NOTICE_EXPIRED) {
		put(line, "zone",
		    notice->zone != NULL ? notice->zone->key : NULL);
	} else {
		put_number(line, "incident", notice->incident != NULL,
			   notice->incident != NULL
				   ? (int64_t)notice->incident->id
				   : 0,
			   "");
	}
	put(line, "event", events[notice->kind]);
	put(line, "severity", xfw_severity_name(notice->severity));
	put(line, "cause", xfw_line_cause(notice_cause(notice)));
	put(line, "primary", notice_primary(notice));
}

static void
put_failing_for(xfw_text_t *line, const xfw_notice_t *notice) {
	int64_t opened_ms = notice->incident->opened_ms;
	int64_t for_ms = notice->now_ms - opened_ms;

	/* The clock may have been set back since. */
	put_number(line, "failing-for", opened_ms != 0,
		   for_ms > 0 ? for_ms / 1000 : 0, "s");
}

int64_t
xfw_line_left(const xfw_zone_t *zone, int64_t now_ms) {
	int64_t deadline_s = xfw_zone_deadline_s(zone);
	int64_t left_ms = deadline_s * 1000 - now_ms;

	if (deadline_s == 0) {
		return (-1);
	}
	/* Rounded up: nothing is lost before 0 is said. */
	return (left_ms > 0 ? (left_ms + 999) / 1000 : 0);
}

const xfw_zone_t *
xfw_line_nearest(const xfw_incident_t *incident, int64_t now_ms) {
	const xfw_zone_t *nearest = NULL;
	int64_t nearest_s = 0;

	for (size_t i = 0; i < incident->heap_size; i++) {
		const xfw_zone_t *zone = incident->heap[i]->zone;
		int64_t left_s = xfw_line_left(zone, now_ms);

		if (left_s > 0 && (nearest_s == 0 || left_s < nearest_s)) {
			nearest = zone;
			nearest_s = left_s;
		}
		if (i == 0 && nearest != NULL) {
			return (nearest);
		}
	}
	if (nearest == NULL && incident->heap_size > 0) {
		nearest = incident->heap[0]->zone;
	}
	return (nearest);
}

/* The zone of which the line tells the deadline and the serials. */
static const xfw_zone_t *
notice_zone(const xfw_notice_t *notice) {
	const xfw_zone_t *zone = notice->zone;

	if (zone == NULL || xfw_line_left(zone, notice->now_ms) <= 0) {
		const xfw_zone_t *nearest = xfw_line_nearest(notice->incident,
							     notice->now_ms);

		zone = (nearest != NULL) ? nearest : zone;
	}
	return (zone);
}

/* The zone that is lost next, and what it is served with until then. */
static void
put_deadline(xfw_text_t *line, const xfw_notice_t *notice) {
	const xfw_zone_t *zone = notice_zone(notice);
	int64_t left_s = (zone != NULL) ? xfw_line_left(zone, notice->now_ms) : -1;
	uint32_t offered = 0;
	int64_t offered_ms = 0;
	bool known = (zone != NULL) && xfw_zone_offer(zone, &offered, &offered_ms);

	put_number(line, "deadline-in", left_s >= 0, left_s, "s");
	put(line, "deadline-zone", zone != NULL ? zone->key : NULL);
	put_number(line, "serving", zone != NULL && xfw_line_serving(zone),
		   zone != NULL ? zone->serial : 0, "");
	put_number(line, "offered", known, offered, "");
}

static void
put_advice(xfw_text_t *line, const xfw_notice_t *notice) {
	char action[XFW_LINE_MAX];
	const xfw_zone_t *zone = notice_zone(notice);

	put_number(line, "confidence", true, notice->incident->confidence, "");
	if (xfw_line_action(action, sizeof(action), notice_cause(notice),
			    notice_primary(notice),
			    zone != NULL ? zone->key
					 : notice->incident->first_zone) == 0)
	{
		put(line, "action", NULL);
		return;
	}
	xfw_text_printf(line, " action=\"");
	xfw_text_prose(line, action);
	xfw_text_printf(line, "\"");
}

static void
put_incident(xfw_text_t *line, const xfw_notice_t *notice) {
	const xfw_incident_t *incident = notice->incident;

	if (notice->kind == XFW_NOTICE_EXPIRED_MORE) {
		put_number(line, "zones", true, notice->count, "");
		return;
	}
	if (incident == NULL) {
		return;
	}
	switch (notice->kind) {
	case XFW_NOTICE_OPENED:
		put_number(line, "zones", true, incident->zones, "");
		put(line, "first-zone", incident->first_zone);
		put_deadline(line, notice);
		put_advice(line, notice);
		break;
	case XFW_NOTICE_RESOLVED:
		put_number(line, "zones", true, incident->zones_peak, "");
		put_failing_for(line, notice);
		break;
	default:
		put_number(line, "zones", true, incident->zones, "");
		put_failing_for(line, notice);
		put_deadline(line, notice);
		put_advice(line, notice);
		break;
	}
}

size_t
xfw_line(char *buf, size_t size, const xfw_notice_t *notice) {
	xfw_text_t line = XFW_TEXT_FIXED(buf, size);

	if (size == 0) {
		return (0);
	}
	buf[0] = '\0';
	put_head(&line, notice);
	if (notice->kind == XFW_NOTICE_EXPIRED) {
		/* An expired zone is served with nothing. */
		put(&line, "serving", NULL);
	} else {
		put_incident(&line, notice);
	}
	if (line.failed && line.used >= strlen(CUT)) {
		memcpy(buf + line.used - strlen(CUT), CUT, strlen(CUT));
	}
	return (line.used);
}

/*--- the action -------------------------------------------------------------*/

size_t
xfw_line_action(char *buf, size_t size, xfw_cause_t cause, const char *primary,
		const char *zone_key) {
	xfw_plan_context_t context = { .primary = primary, .zone = zone_key };

	if (size == 0 || cause == XFW_CAUSE_NONE) {
		if (size > 0) {
			buf[0] = '\0';
		}
		return (0);
	}
	return (xfw_plan_step(buf, size, cause, 0, &context));
}
