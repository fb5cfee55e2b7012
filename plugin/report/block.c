/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The block that follows each dump in named's statistics file, in that file's
 * own layout: headings, subheads, counts right-aligned in 20 columns.
 * Runs in the monitor's thread.
 *
 * A heading with nothing below it is not printed; the counts of a heading that
 * has some are printed whole, zeros too, where they are of a fixed set (zones,
 * attempts, recorder). Times are seconds. Lines of an incident that hold no count
 * begin where the words of the others do, with a word: who looks for "number,
 * words" passes over them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <xfrwatch/key.h>
#include <xfrwatch/report.h>

static void
put_count(xfw_text_t *text, uint64_t count, const char *what) {
	xfw_text_printf(text, "%20" PRIu64 " %s\n", count, what);
}

static void
put_zones(xfw_text_t *text, const xfw_counters_t *counters) {
	const uint32_t *zones = counters->zones;

	if (zones[XFW_ZONE_OK] == 0 && zones[XFW_ZONE_FAILING] == 0 &&
	    zones[XFW_ZONE_EXPIRED] == 0 && zones[XFW_ZONE_NEVER_LOADED] == 0)
	{
		return;
	}
	xfw_text_printf(text, "++ Secondary Zones ++\n");
	put_count(text, zones[XFW_ZONE_FAILING], "failing");
	put_count(text, zones[XFW_ZONE_EXPIRED], "expired");
	put_count(text, zones[XFW_ZONE_NEVER_LOADED], "never loaded");
	put_count(text, zones[XFW_ZONE_OK], "ok");
}

static void
put_attempts(xfw_text_t *text, const xfw_counters_t *counters) {
	if (counters->attempts == 0) {
		return;
	}
	xfw_text_printf(text, "++ Refresh and Transfer Attempts ++\n");
	put_count(text, counters->attempts, "attempts");
	put_count(text, counters->up_to_date, "zone up to date");
	put_count(text, counters->transferred, "zone transferred");
	put_count(text, counters->failed, "failed");
}

static void
put_causes(xfw_text_t *text, const xfw_counters_t *counters) {
	bool headed = false;

	for (unsigned int i = XFW_CAUSE_NONE + 1; i < XFW_CAUSE_COUNT; i++) {
		const xfw_cause_info_t *info = xfw_cause_info((xfw_cause_t)i);

		if (counters->causes[i] == 0) {
			continue;
		}
		if (!headed) {
			xfw_text_printf(text, "++ Failures by Cause ++\n");
			headed = true;
		}
		xfw_text_printf(text, "%20" PRIu64 " %s: %s\n",
				counters->causes[i], info->name, info->line);
	}
}

static void
put_primaries(xfw_text_t *text, const xfw_state_t *state) {
	bool headed = false;

	for (const xfw_primary_t *primary = xfw_state_primaries(state);
	     primary != NULL; primary = primary->next)
	{
		bool subheaded = false;

		for (unsigned int i = XFW_CAUSE_NONE + 1; i < XFW_CAUSE_COUNT; i++) {
			if (primary->causes[i] == 0) {
				continue;
			}
			if (!headed) {
				xfw_text_printf(text,
						"++ Failures by Primary ++\n");
				headed = true;
			}
			if (!subheaded) {
				xfw_text_printf(text, "[primary ");
				xfw_text_word(text, primary->address);
				xfw_text_printf(text, "]\n");
				subheaded = true;
			}
			put_count(text, primary->causes[i],
				  xfw_cause_info((xfw_cause_t)i)->name);
		}
	}
}

/*--- incidents --------------------------------------------------------------*/

static int64_t
seconds_since(int64_t then_ms, int64_t now_ms) {
	/* The clock may have been set back since. */
	return (now_ms > then_ms ? (now_ms - then_ms) / 1000 : 0);
}

static void
put_note(xfw_text_t *text, const char *what, const char *prose) {
	xfw_text_printf(text, "%21s%s: ", "", what);
	xfw_text_prose(text, prose);
	xfw_text_printf(text, "\n");
}

/* What was found by asking the primary. */
static void
put_diagnosis(xfw_text_t *text, const xfw_incident_t *incident) {
	const xfw_diagnosis_t *diagnosis = xfw_line_diagnosis(incident);

	if (incident->heard != incident->cause && incident->heard != XFW_CAUSE_NONE) {
		put_note(text, "heard as",
			 xfw_line_cause((xfw_cause_t)incident->heard));
	}
	if (diagnosis == NULL) {
		return;
	}
	if (diagnosis->zone != NULL) {
		put_note(text, "checked zone", diagnosis->zone);
	}
	for (size_t i = 0; i < diagnosis->findings.count; i++) {
		char finding[XFW_LINE_EVIDENCE_MAX];

		(void)xfw_line_evidence(finding, sizeof(finding), diagnosis, i);
		xfw_text_printf(text, "%21scheck %s\n", "", finding);
	}
	if (diagnosis->verdict.why[0] != '\0') {
		put_note(text, "why", diagnosis->verdict.why);
	}
}

static void
put_plan(xfw_text_t *text, const xfw_incident_t *incident, const xfw_zone_t *zone) {
	xfw_cause_t cause = (xfw_cause_t)incident->cause;
	xfw_plan_context_t context;

	if (cause == XFW_CAUSE_NONE) {
		return;
	}
	xfw_line_context(&context, incident, zone);
	for (unsigned int i = 0; i < xfw_plan_steps(cause); i++) {
		char step[XFW_PLAN_STEP_MAX];
		char name[16];

		(void)xfw_plan_step(step, sizeof(step), cause, i, &context);
		snprintf(name, sizeof(name), "step %u", i + 1);
		put_note(text, name, step);
	}
}

static void
put_incident(xfw_text_t *text, const xfw_incident_t *incident, bool whole,
	     int64_t now_ms) {
	const xfw_zone_t *zone = xfw_line_nearest(incident, now_ms);
	int64_t left_s = (zone != NULL) ? xfw_line_left(zone, now_ms) : -1;

	xfw_text_printf(text, "[incident %" PRIu64 "] %s %s primary ", incident->id,
			xfw_severity_name((xfw_severity_t)incident->severity),
			xfw_line_cause((xfw_cause_t)incident->cause));
	xfw_text_word(text, incident->primary != NULL ? incident->primary->address
						      : NULL);
	xfw_text_printf(text, "\n");
	put_count(text, incident->zones, "zones");
	if (incident->expired > 0) {
		put_count(text, incident->expired, "zones expired");
	}
	if (incident->opened_ms != 0) {
		put_count(text,
			  (uint64_t)seconds_since(incident->opened_ms, now_ms),
			  "seconds failing");
	}
	if (left_s >= 0) {
		xfw_text_printf(text,
				"%20" PRId64 " seconds to the nearest deadline (",
				left_s);
		xfw_text_word(text, zone->key);
		xfw_text_printf(text, xfw_line_deadline_by(zone) != NULL
					      ? ") by signature\n"
					      : ")\n");
	}
	if (incident->confidence > 0) {
		put_count(text, incident->confidence, "percent sure");
	}
	if (incident->cascade != 0) {
		xfw_text_printf(text, "%21scascade: %" PRIu64 "\n", "",
				incident->cascade);
	}
	if (whole) {
		put_diagnosis(text, incident);
		put_plan(text, incident, zone);
	}
}

/*
 * How many incidents of each severity are told whole, so that the block keeps to a
 * bounded size: the worst, and of those that are alike the newest.
 */
static void
share_out(uint32_t room[XFW_SEVERITY_COUNT], const xfw_incident_t *incident) {
	uint32_t left = XFW_BLOCK_WHOLE_MAX;

	memset(room, 0, XFW_SEVERITY_COUNT * sizeof(room[0]));
	for (; incident != NULL; incident = incident->next) {
		room[incident->severity]++;
	}
	for (size_t severity = XFW_SEVERITY_COUNT; severity-- > 0;) {
		if (room[severity] > left) {
			room[severity] = left;
		}
		left -= room[severity];
	}
}

static void
put_incidents(xfw_text_t *text, const xfw_state_t *state, int64_t now_ms) {
	const xfw_incident_t *incident = xfw_state_incidents(state);
	uint32_t room[XFW_SEVERITY_COUNT];

	if (incident == NULL) {
		return;
	}
	xfw_text_printf(text, "++ Open Incidents ++\n");
	share_out(room, incident);
	for (; incident != NULL; incident = incident->next) {
		bool whole = room[incident->severity] > 0;

		put_incident(text, incident, whole, now_ms);
		room[incident->severity] -= whole;
	}
}

/*--- failing zones ----------------------------------------------------------*/

static void
put_number(xfw_text_t *text, const char *key, bool known, int64_t value) {
	if (known) {
		xfw_text_printf(text, " %s %" PRId64, key, value);
	} else {
		xfw_text_printf(text, " %s -", key);
	}
}

static void
put_zone(xfw_text_t *text, const xfw_zone_t *zone, int64_t now_ms) {
	int64_t left_s = xfw_line_left(zone, now_ms);
	uint32_t offered = 0;
	int64_t offered_ms = 0, behind_ms = 0;
	int32_t lag = 0;
	bool known = xfw_zone_offer(zone, &offered, &offered_ms);

	xfw_text_word(text, zone->key);
	xfw_text_printf(text, " %s primary ",
			xfw_line_cause((xfw_cause_t)zone->cause));
	xfw_text_word(text, xfw_line_primary(zone));
	put_number(text, "failures", true, zone->failures);
	put_number(text, "failing-for", zone->since_ms != 0,
		   seconds_since(zone->since_ms, now_ms));
	put_number(text, "deadline-in", left_s >= 0, left_s);
	put_number(text, "serving", xfw_line_serving(zone), zone->serial);
	put_number(text, "offered", known, offered);
	xfw_text_printf(text, " severity %s state %s",
			xfw_severity_name((xfw_severity_t)zone->severity),
			xfw_zone_state_name((xfw_zone_state_t)zone->state));
	if (xfw_zone_lag(zone, &lag, &behind_ms)) {
		put_number(text, "lag", true, lag);
	}
	if (xfw_line_deadline_by(zone) != NULL) {
		xfw_text_printf(text, " deadline-by %s", xfw_line_deadline_by(zone));
	}
	xfw_text_printf(text, "\n");
}

/* The zones of the view of zones[from], and none that was printed before. */
static void
put_view(xfw_text_t *text, const xfw_zone_t **zones, size_t count, size_t from,
	 int64_t now_ms) {
	const xfw_view_t *view = zones[from]->view;
	const char *name = (view != NULL) ? view->name : XFW_VIEW_DEFAULT;

	xfw_text_printf(text, "[View: ");
	xfw_text_prose(text, strcmp(name, XFW_VIEW_DEFAULT) == 0 ? "default"
								 : name);
	xfw_text_printf(text, "]\n");
	for (size_t i = from; i < count; i++) {
		if (zones[i] != NULL && zones[i]->view == view) {
			put_zone(text, zones[i], now_ms);
			zones[i] = NULL;
		}
	}
}

/* Views in the order of their most pressing zone. */
static void
put_failing(xfw_text_t *text, const xfw_state_t *state, int64_t now_ms) {
	const xfw_zone_t *zones[XFW_BLOCK_ZONES_MAX];
	size_t all = xfw_state_failing(state, zones, XFW_BLOCK_ZONES_MAX);
	size_t count = (all < XFW_BLOCK_ZONES_MAX) ? all : XFW_BLOCK_ZONES_MAX;

	if (count == 0) {
		return;
	}
	xfw_text_printf(text, "++ Failing Zones ++\n");
	for (size_t i = 0; i < count; i++) {
		if (zones[i] != NULL) {
			put_view(text, zones, count, i, now_ms);
		}
	}
	if (all > count) {
		put_count(text, all - count, "more failing zones");
	}
}

/*--- the whole --------------------------------------------------------------*/

/* Nothing in full mode: the numbers below are then all that there is to know. */
static void
put_mode(xfw_text_t *text, const xfw_recorder_t *recorder) {
	if (recorder->mode == XFW_MODE_FULL) {
		return;
	}
	xfw_text_printf(text, "%21smode: %s, built for BIND ", "",
			xfw_mode_name(recorder->mode));
	xfw_text_word(text, recorder->bind_built);
	xfw_text_printf(text, ", running in BIND ");
	xfw_text_word(text, recorder->bind_version);
	xfw_text_printf(text, "\n");
}

static void
put_recorder(xfw_text_t *text, const xfw_state_t *state,
	     const xfw_recorder_t *recorder, int64_t now_ms) {
	const xfw_unknown_t *unknown[XFW_UNKNOWN_KEEP];
	size_t count = xfw_state_unknown(state, unknown, XFW_UNKNOWN_KEEP);

	xfw_text_printf(text, "++ Recorder ++\n");
	put_mode(text, recorder);
	put_count(text, recorder->recorded, "events recorded");
	put_count(text, recorder->lost, "events lost");
	put_count(text, recorder->unclassified, "messages unclassified");
	for (size_t i = 0; i < count && i < XFW_UNKNOWN_KEEP; i++) {
		xfw_text_printf(text, "%20" PRId64 " seconds since unclassified: ",
				seconds_since(unknown[i]->time_ms, now_ms));
		xfw_text_prose(text, unknown[i]->text);
		xfw_text_printf(text, "\n");
	}
}

void
xfw_block(xfw_text_t *text, const xfw_state_t *state,
	  const xfw_recorder_t *recorder, int64_t now_ms) {
	const xfw_counters_t *counters = xfw_state_counters(state);

	xfw_text_printf(text, XFW_BLOCK_BEGIN " (%" PRId64 ")\n", now_ms / 1000);
	put_zones(text, counters);
	put_attempts(text, counters);
	put_causes(text, counters);
	put_primaries(text, state);
	put_incidents(text, state, now_ms);
	put_failing(text, state, now_ms);
	put_recorder(text, state, recorder, now_ms);
	xfw_text_printf(text, XFW_BLOCK_END " (%" PRId64 ")\n", now_ms / 1000);
}
