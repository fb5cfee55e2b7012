/* SPDX-License-Identifier: MPL-2.0 */
/*
 * /json/v1/incidents: the open ones, newest first, then those that were closed
 * last. Which ones is settled when the answer begins: each is told once, as it is
 * when its turn comes, although others open and close meanwhile.
 * Runs in the monitor's thread.
 */
#include <stdlib.h>

#include "answers.h"
#include "stream.h"

/* Of an incident's zones looked at for its nearest deadline: all but always. They
 * are a heap, so what is found in more is near as well. */
#define LOOKED_MAX 8192

typedef struct incidents {
	xfw_stream_t stream; /* first */
	uint64_t *ids;	     /* to be told */
	size_t size;
	size_t next;
	uint64_t half; /* the one of which the second half is due; 0: none */
	/* Where the last open one was found, within the same piece. */
	const xfw_incident_t *hint;
	uint64_t hint_piece;
} incidents_t;

static size_t
count(const xfw_incident_t *incident) {
	size_t n = 0;

	for (; incident != NULL; incident = incident->next) {
		n++;
	}
	return (n);
}

static void
collect(incidents_t *list, const xfw_incident_t *incident, uint64_t limit) {
	for (; incident != NULL && list->size < limit; incident = incident->next) {
		list->ids[list->size++] = incident->id;
	}
}

/* Open ones are in falling order of their numbers; closed ones are few. */
static const xfw_incident_t *
find(incidents_t *list, uint64_t id) {
	const xfw_state_t *state = list->stream.source.state;
	const xfw_incident_t *incident = xfw_state_incidents(state);

	if (list->hint != NULL && list->hint_piece == list->stream.pieces) {
		incident = list->hint;
	}
	while (incident != NULL && incident->id > id) {
		incident = incident->next;
	}
	if (incident != NULL && incident->id == id) {
		list->hint = incident;
		list->hint_piece = list->stream.pieces;
		return (incident);
	}
	incident = xfw_state_closed(state);
	while (incident != NULL && incident->id != id) {
		incident = incident->next;
	}
	return (incident);
}

/* As xfw_line_nearest(), which looks at all zones if some are lost already. */
static const xfw_zone_t *
nearest(xfw_stream_t *stream, const xfw_incident_t *incident) {
	xfw_incident_t part = *incident;

	if (part.heap_size > LOOKED_MAX) {
		part.heap_size = LOOKED_MAX;
	}
	if (part.heap_size > 0 &&
	    xfw_line_left(part.heap[0]->zone, stream->begun_ms) <= 0)
	{
		stream->work += part.heap_size;
	}
	return (xfw_line_nearest(&part, stream->begun_ms));
}

static void
put_deadline(xfw_json_t *json, const xfw_zone_t *zone, int64_t now_ms) {
	int64_t left_s = (zone != NULL) ? xfw_line_left(zone, now_ms) : -1;

	if (left_s >= 0) {
		xfw_json_time(json, "deadline", xfw_zone_deadline_s(zone) * 1000);
		xfw_json_uint(json, "deadline-in", (uint64_t)left_s);
		xfw_json_string(json, "deadline-by", xfw_zone_deadline_name(zone));
		xfw_json_string(json, "deadline-zone", zone->key);
	}
}

static void
put_times(xfw_json_t *json, const xfw_incident_t *incident, int64_t now_ms) {
	int64_t end_ms = incident->open ? now_ms : incident->closed_ms;

	xfw_json_time(json, "opened", incident->opened_ms);
	if (!incident->open) {
		xfw_json_time(json, "closed", incident->closed_ms);
	}
	/* The clock may have been set back since. */
	xfw_json_uint(json, "failing-for",
		      end_ms > incident->opened_ms
			      ? (uint64_t)(end_ms - incident->opened_ms) / 1000
			      : 0);
	if (incident->stale_ms >= 0) {
		xfw_json_uint(json, "stale-for", (uint64_t)incident->stale_ms / 1000);
	}
}

/* Who the incident is, and how it stands. */
static void
put_first_half(xfw_stream_t *stream, const xfw_incident_t *incident) {
	const xfw_cause_info_t *info = xfw_cause_info((xfw_cause_t)incident->cause);
	xfw_json_t *json = &stream->json;

	xfw_json_uint(json, "id", incident->id);
	xfw_json_string(json, "state", incident->open ? "open" : "closed");
	if (incident->severity != XFW_SEVERITY_NONE) {
		xfw_json_string(json, "severity",
				xfw_severity_name(
					(xfw_severity_t)incident->severity));
	}
	xfw_json_string(json, "cause", info->name);
	if (incident->heard != XFW_CAUSE_NONE && incident->heard != incident->cause) {
		xfw_json_string(json, "heard",
				xfw_line_cause((xfw_cause_t)incident->heard));
	}
	xfw_json_string(json, "family", xfw_family_name(info->family));
	xfw_json_string(json, "primary", incident->primary->address);
	if (incident->cascade != 0) {
		xfw_json_uint(json, "cascade", incident->cascade);
	}
	if (incident->recovering) {
		xfw_json_true(json, "recovering");
	}
	xfw_json_uint(json, "zones", incident->zones);
	xfw_json_uint(json, "zones-peak", incident->zones_peak);
	xfw_json_uint(json, "expired", incident->expired);
	put_times(json, incident, stream->begun_ms);
	xfw_json_string(json, "first-zone", incident->first_zone);
	xfw_json_string(json, "last-zone", incident->last_zone);
	put_deadline(json, nearest(stream, incident), stream->begun_ms);
	xfw_json_uint(json, "confidence", incident->confidence);
}

/*--- diagnosis and plan -------------------------------------------------------*/

static void
put_finding(xfw_json_t *json, const xfw_diagnosis_t *diagnosis, size_t i) {
	const xfw_finding_t *finding = &diagnosis->findings.item[i];
	xfw_stance_t stance = (xfw_stance_t)diagnosis->verdict.stance[i];
	char result[XFW_LINE_RESULT_MAX];

	(void)xfw_finding_text(result, sizeof(result), finding);
	xfw_json_object(json, NULL);
	xfw_json_time(json, "at", finding->at_ms);
	xfw_json_string(json, "check", xfw_check_name((xfw_check_t)finding->check));
	xfw_json_string(json, "result", result);
	if (stance != XFW_STANCE_NONE) {
		xfw_json_string(json, "stance", xfw_stance_name(stance));
	}
	xfw_json_end(json);
}

static void
put_diagnosis(xfw_json_t *json, const xfw_incident_t *incident) {
	const xfw_diagnosis_t *diagnosis = xfw_line_diagnosis(incident);

	if (diagnosis == NULL) {
		return;
	}
	xfw_json_string(json, "verdict", diagnosis->verdict.why);
	xfw_json_time(json, "diagnosed-at", diagnosis->at_ms);
	xfw_json_uint(json, "diagnoses", diagnosis->rounds);
	if (incident->open) {
		xfw_json_time(json, "next-diagnosis", diagnosis->next_ms);
	}
	xfw_json_string(json, "checked-zone", diagnosis->zone);
	xfw_json_string(json, "key", diagnosis->key);
	xfw_json_string(json, "source", diagnosis->source);
	xfw_json_array(json, "evidence");
	for (size_t i = 0; i < diagnosis->findings.count; i++) {
		put_finding(json, diagnosis, i);
	}
	xfw_json_end(json);
}

static void
put_plan(xfw_json_t *json, const xfw_incident_t *incident, const xfw_zone_t *zone) {
	xfw_cause_t cause = (xfw_cause_t)incident->cause;
	unsigned int count = (cause != XFW_CAUSE_NONE) ? xfw_plan_steps(cause) : 0;
	xfw_plan_context_t context;
	char step[XFW_PLAN_STEP_MAX];

	xfw_line_context(&context, incident, zone);
	for (unsigned int i = 0; i < count; i++) {
		(void)xfw_plan_step(step, sizeof(step), cause, i, &context);
		if (i == 0) {
			xfw_json_string(json, "action", step);
			xfw_json_array(json, "steps");
		}
		xfw_json_string(json, NULL, step);
	}
	if (count > 0) {
		xfw_json_end(json);
	}
}

/*
 * An incident is told in two steps, as one with long names would be more than a
 * piece has room for. In between it may close, and then be forgotten.
 */
static bool
step(xfw_stream_t *stream) {
	incidents_t *list = (incidents_t *)stream;
	const xfw_incident_t *incident = NULL;
	uint64_t half = list->half;

	if (half == 0 && list->next == list->size) {
		return (false);
	}
	incident = find(list, half != 0 ? half : list->ids[list->next++]);
	list->half = 0;
	if (half != 0) {
		if (incident != NULL) {
			put_diagnosis(&stream->json, incident);
			put_plan(&stream->json, incident, nearest(stream, incident));
		}
		xfw_json_end(&stream->json);
	} else if (incident != NULL) {
		/* Else: closed, and so many after it that it is no longer known. */
		xfw_json_item(&stream->json);
		put_first_half(stream, incident);
		list->half = incident->id;
	}
	return (true);
}

static void
done(xfw_stream_t *stream) {
	free(((incidents_t *)stream)->ids);
}

static const xfw_stream_ops_t ops = { "incidents", NULL, step, NULL, done };

void
xfw_answer_incidents(const xfw_source_t *source, const xfw_query_t *query,
		     xfw_answer_t *answer) {
	const xfw_incident_t *open = NULL, *closed = NULL;
	incidents_t *list = calloc(1, sizeof(*list));

	if (query->open) {
		open = xfw_state_incidents(source->state);
	}
	if (query->closed) {
		closed = xfw_state_closed(source->state);
	}
	if (list != NULL) {
		/* One more than there are: none is not to look like no memory. */
		list->ids = calloc(count(open) + count(closed) + 1,
				   sizeof(*list->ids));
		if (list->ids == NULL) {
			free(list);
			list = NULL;
		} else {
			collect(list, open, query->limit);
			collect(list, closed, query->limit);
		}
	}
	xfw_stream_answer((xfw_stream_t *)list, &ops, source, answer);
}
