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

#include <xfrwatch/report.h>

#define CUT	     "..."
#define EVIDENCE_MAX 600 /* bytes of what was found, in a line */

static const char *const events[] = {
	[XFW_NOTICE_OPENED] = "opened",
	[XFW_NOTICE_ESCALATED] = "escalated",
	[XFW_NOTICE_REMINDER] = "reminder",
	[XFW_NOTICE_RESOLVED] = "resolved",
	[XFW_NOTICE_EXPIRED] = "expired",
	[XFW_NOTICE_EXPIRED_MORE] = "expired",
	[XFW_NOTICE_DIAGNOSED] = "diagnosed",
	[XFW_NOTICE_CASCADE] = "cascade",
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

/* `prose` within quotes. */
static void
put_prose(xfw_text_t *line, const char *key, const char *prose) {
	xfw_text_printf(line, " %s=\"", key);
	xfw_text_prose(line, prose);
	xfw_text_printf(line, "\"");
}

static void
put_head(xfw_text_t *line, const xfw_notice_t *notice) {
	xfw_text_printf(line, "xfrwatch:");
	if (notice->kind == XFW_NOTICE_CASCADE) {
		put_number(line, "cascade", true, (int64_t)notice->cascade->id, "");
	} else if (notice->kind == XFW_NOTICE_EXPIRED) {
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
	if (notice->kind == XFW_NOTICE_CASCADE) {
		return; /* it has several causes or primaries */
	}
	put(line, "cause", xfw_line_cause(notice_cause(notice)));
	if (notice->was != XFW_CAUSE_NONE && notice->was != notice_cause(notice)) {
		put(line, "was", xfw_line_cause(notice->was));
	}
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

const char *
xfw_line_deadline_by(const xfw_zone_t *zone) {
	const char *name = xfw_zone_deadline_name(zone);

	/* The other one is what a deadline means without a word. */
	return (name != NULL && strcmp(name, "signature") == 0 ? name : NULL);
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
	if (zone != NULL && xfw_line_deadline_by(zone) != NULL) {
		put(line, "deadline-by", xfw_line_deadline_by(zone));
	}
	put_number(line, "serving", zone != NULL && xfw_line_serving(zone),
		   zone != NULL ? zone->serial : 0, "");
	put_number(line, "offered", known, offered, "");
}

void
xfw_line_context(xfw_plan_context_t *context, const xfw_incident_t *incident,
		 const xfw_zone_t *zone) {
	const xfw_diagnosis_t *diagnosis = incident->diagnosis;

	*context = (xfw_plan_context_t){
		.primary = incident->primary != NULL ? incident->primary->address : NULL,
		.zone = zone != NULL ? zone->key : incident->first_zone,
	};
	if (diagnosis != NULL) {
		/* Key and source are those for the zone that was asked about. */
		context->zone = diagnosis->zone != NULL ? diagnosis->zone : context->zone;
		context->key = diagnosis->key;
		context->source = diagnosis->source[0] != '\0' ? diagnosis->source
								: NULL;
	}
}

const xfw_diagnosis_t *
xfw_line_diagnosis(const xfw_incident_t *incident) {
	const xfw_diagnosis_t *diagnosis = incident->diagnosis;

	return (diagnosis != NULL && diagnosis->rounds > 0 ? diagnosis : NULL);
}

static void
put_advice(xfw_text_t *line, const xfw_notice_t *notice) {
	xfw_cause_t cause = notice_cause(notice);
	xfw_plan_context_t context;
	char step[XFW_PLAN_STEP_MAX];

	put_number(line, "confidence", true, notice->incident->confidence, "");
	if (cause == XFW_CAUSE_NONE) {
		put(line, "action", NULL);
		return;
	}
	xfw_line_context(&context, notice->incident, notice_zone(notice));
	(void)xfw_plan_step(step, sizeof(step), cause, 0, &context);
	put_prose(line, "action", step);
}

/* Of how many zones clients have lost, and not only soon will. */
static void
put_zones(xfw_text_t *line, const xfw_incident_t *incident) {
	put_number(line, "zones", true, incident->zones, "");
	if (incident->expired > 0) {
		put_number(line, "expired", true, incident->expired, "");
	}
}

/* Behind zones that were lost: how many there are by now, and which is the next. */
static void
put_next(xfw_text_t *line, const xfw_notice_t *notice) {
	const xfw_zone_t *next = NULL;
	int64_t left_s = -1;

	if (notice->incident == NULL) {
		return;
	}
	next = xfw_line_nearest(notice->incident, notice->now_ms);
	left_s = (next != NULL) ? xfw_line_left(next, notice->now_ms) : -1;
	if (notice->incident->expired > 0) {
		put_number(line, "expired", true, notice->incident->expired, "");
	}
	if (left_s > 0) {
		put_number(line, "next-in", true, left_s, "s");
		put(line, "next-zone", next->key);
	}
}

/*--- what was found by asking -------------------------------------------------*/

size_t
xfw_line_evidence(char *buf, size_t size, const xfw_diagnosis_t *diagnosis,
		  size_t i) {
	xfw_text_t text = XFW_TEXT_FIXED(buf, size);
	const xfw_finding_t *finding = &diagnosis->findings.item[i];
	xfw_stance_t stance = (xfw_stance_t)diagnosis->verdict.stance[i];
	char result[XFW_LINE_RESULT_MAX];

	buf[0] = '\0';
	(void)xfw_finding_text(result, sizeof(result), finding);
	xfw_text_printf(&text, "%s: ", xfw_check_name((xfw_check_t)finding->check));
	xfw_text_prose(&text, result);
	if (stance != XFW_STANCE_NONE) {
		xfw_text_printf(&text, " (%s)", xfw_stance_name(stance));
	}
	return (text.used);
}

/* As many of the findings as there is room for, each whole. */
static void
put_evidence(xfw_text_t *line, const xfw_diagnosis_t *diagnosis) {
	char buf[EVIDENCE_MAX + 1] = "";
	xfw_text_t all = XFW_TEXT_FIXED(buf, sizeof(buf));

	for (size_t i = 0; i < diagnosis->findings.count; i++) {
		char one[XFW_LINE_EVIDENCE_MAX];
		size_t len = xfw_line_evidence(one, sizeof(one), diagnosis, i);

		if (all.used + len + strlen("; " "; " CUT) > EVIDENCE_MAX) {
			xfw_text_printf(&all, "%s" CUT, i > 0 ? "; " : "");
			break;
		}
		xfw_text_printf(&all, "%s%s", i > 0 ? "; " : "", one);
	}
	put_prose(line, "evidence", buf);
}

static void
put_diagnosis(xfw_text_t *line, const xfw_notice_t *notice) {
	const xfw_diagnosis_t *diagnosis = xfw_line_diagnosis(notice->incident);

	put_zones(line, notice->incident);
	if (diagnosis != NULL) {
		put(line, "checked-zone", diagnosis->zone);
		put_evidence(line, diagnosis);
		if (diagnosis->verdict.why[0] != '\0') {
			put_prose(line, "why", diagnosis->verdict.why);
		}
	}
	put_advice(line, notice);
}

/*--- cascades -----------------------------------------------------------------*/

static void
put_cascade(xfw_text_t *line, const xfw_cascade_t *cascade) {
	const size_t room = sizeof(cascade->ids) / sizeof(cascade->ids[0]);
	const char *primary = (cascade->primary != NULL) ? cascade->primary->address
							 : NULL;
	size_t count = cascade->incidents < room ? cascade->incidents : room;

	xfw_text_printf(line, " incidents=");
	for (size_t i = 0; i < count; i++) {
		xfw_text_printf(line, "%s%" PRIu64, i > 0 ? "," : "", cascade->ids[i]);
	}
	if (cascade->incidents > count) {
		xfw_text_printf(line, "," CUT);
	}
	put_number(line, "primaries", true, cascade->primaries, "");
	put_number(line, "zones", true, cascade->zones, "");
	if (primary == NULL) {
		put_prose(line, "action",
			  "check the network, firewall rules and routes of this "
			  "server first, as several primaries fail at once");
		return;
	}
	put(line, "primary", primary);
	xfw_text_printf(line, " action=\"look at ");
	xfw_text_prose(line, strcmp(primary, "-") != 0 ? primary : "the primary");
	xfw_text_printf(line, " first, as it fails in several ways at once\"");
}

/*--- the line -----------------------------------------------------------------*/

static void
put_incident(xfw_text_t *line, const xfw_notice_t *notice) {
	const xfw_incident_t *incident = notice->incident;

	if (notice->kind == XFW_NOTICE_EXPIRED_MORE) {
		put_number(line, "zones", true, notice->count, "");
		put_next(line, notice);
		return;
	}
	if (incident == NULL) {
		return;
	}
	switch (notice->kind) {
	case XFW_NOTICE_OPENED:
		put_zones(line, incident);
		put(line, "first-zone", incident->first_zone);
		put_deadline(line, notice);
		put_advice(line, notice);
		break;
	case XFW_NOTICE_RESOLVED:
		put_number(line, "zones", true, incident->zones_peak, "");
		put_failing_for(line, notice);
		put_number(line, "stale-for", incident->stale_ms >= 0,
			   incident->stale_ms / 1000, "s");
		break;
	case XFW_NOTICE_DIAGNOSED:
		put_diagnosis(line, notice);
		break;
	default:
		put_zones(line, incident);
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
		put_next(&line, notice);
	} else if (notice->kind == XFW_NOTICE_CASCADE) {
		put_cascade(&line, notice->cascade);
	} else {
		put_incident(&line, notice);
	}
	if (line.failed && line.used >= strlen(CUT)) {
		memcpy(buf + line.used - strlen(CUT), CUT, strlen(CUT));
	}
	return (line.used);
}
