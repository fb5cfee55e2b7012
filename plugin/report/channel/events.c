/* SPDX-License-Identifier: MPL-2.0 */
/*
 * /json/v1/events: the ring from a sequence number on.
 * Runs in the monitor's thread.
 *
 * Always: events told + "lost" == "next" - "after". The answer ends at what was the
 * newest event when it began, so that it does end while others come in.
 */
#include <stdlib.h>
#include <string.h>

#include <xfrwatch/key.h>

#include "answers.h"
#include "stream.h"

typedef struct events {
	xfw_stream_t stream; /* first */
	uint64_t after;	     /* where it began */
	uint64_t next;	     /* where it is */
	uint64_t end;
	uint64_t lost;
	uint64_t left; /* of the limit */
	bool restarted;
} events_t;

/* "name/class", and the view, which is told beside it. */
static void
put_zone(xfw_json_t *json, const char *zone) {
	xfw_key_t key;

	if (xfw_key_split(zone, strlen(zone), &key)) {
		xfw_json_bytes(json, "zone", zone,
			       (size_t)(key.class_ + key.class_len - zone));
		xfw_json_bytes(json, "view", key.view, key.view_len);
	} else {
		xfw_json_string(json, "zone", zone);
	}
}

static void
put_event(xfw_json_t *json, const xfw_event_t *ev, uint64_t seq) {
	xfw_json_item(json);
	xfw_json_uint(json, "seq", seq);
	xfw_json_time(json, "time", ev->time_ns / 1000000);
	put_zone(json, xfw_event_zone(ev));
	xfw_json_string(json, "primary", xfw_event_primary(ev));
	xfw_json_string(json, "kind", xfw_kind_name((xfw_kind_t)ev->kind));
	xfw_json_string(json, "phase", xfw_phase_name((xfw_phase_t)ev->phase));
	if (ev->cause != XFW_CAUSE_NONE) {
		xfw_json_string(json, "cause",
				xfw_cause_info((xfw_cause_t)ev->cause)->name);
	}
	xfw_json_string(json, "text", xfw_event_text(ev));
	xfw_json_end(json);
}

static void
head(xfw_stream_t *stream) {
	const events_t *events = (const events_t *)stream;

	/* Of which life of named the numbers are. */
	xfw_json_time(&stream->json, "boot-time", stream->source.boot_ms);
	if (events->restarted) {
		xfw_json_true(&stream->json, "restarted");
	}
	xfw_json_uint(&stream->json, "after", events->after);
}

static bool
step(xfw_stream_t *stream) {
	events_t *events = (events_t *)stream;
	xfw_event_t ev;

	if (events->left == 0 || events->next >= events->end ||
	    !xfw_intake_read(stream->source.intake, &events->next, &ev,
			     &events->lost))
	{
		return (false);
	}
	put_event(&stream->json, &ev, events->next);
	events->left--;
	return (true);
}

static void
tail(xfw_stream_t *stream) {
	const events_t *events = (const events_t *)stream;

	xfw_json_uint(&stream->json, "next", events->next);
	xfw_json_uint(&stream->json, "lost", events->lost);
}

static const xfw_stream_ops_t ops = { "events", head, step, tail, NULL };

/*
 * Where to begin. One who asks for what is behind an event that there was not yet
 * has talked to a named before this one, and begins anew.
 */
static void
begin(events_t *events, const xfw_intake_t *intake, const xfw_query_t *query) {
	uint64_t oldest = xfw_intake_oldest(intake);

	events->end = xfw_intake_newest(intake);
	events->left = query->limit;
	if (!query->has_after) {
		events->after = (events->end > query->limit)
					? events->end - query->limit
					: 0;
		/* What was gone before anybody asked is no loss. */
		if (events->after < oldest) {
			events->after = oldest;
		}
	} else if (query->after > events->end) {
		events->restarted = true;
	} else {
		events->after = query->after;
	}
	events->next = events->after;
}

void
xfw_answer_events(const xfw_source_t *source, const xfw_query_t *query,
		  xfw_answer_t *answer) {
	events_t *events = calloc(1, sizeof(*events));

	if (events != NULL) {
		begin(events, source->intake, query);
	}
	xfw_stream_answer((xfw_stream_t *)events, &ops, source, answer);
}
