/* SPDX-License-Identifier: MPL-2.0 */
/*
 * /metrics: Prometheus text 0.0.4 or OpenMetrics 1.0, written family by family.
 * Runs in the monitor's thread.
 *
 * What the server as a whole has to say is written when the request comes. Then the
 * zones that are not ok are gathered (metrics_gather.c), and after that come their
 * series, out of what was gathered; or, with all zones, one walk over the table of
 * zones for each family. A walk goes on from piece to piece: a zone that is there
 * all the time is in each family once, one that comes or goes may be in some.
 */
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "metrics.h"

/*
 * Every piece must bring something, but a walk may pass many zones without a
 * sample. So some text is kept back, and while nothing comes a byte of it is given
 * out for each piece; it never runs out, because a walk of which nothing comes at
 * all has fewer pieces than the head of a family has bytes.
 */
#define KEEP_BACK    1024
#define STOCK	     (XFW_PIECE_GOAL + KEEP_BACK) /* that is enough for a piece */
#define GATHER_PARTS 512 /* of the zones that are not ok */
#define SILENT_PARTS 128 /* of all zones */

typedef struct stream {
	xfw_body_t body;
	const xfw_state_t *state;
	bool openmetrics;
	bool all_zones;
	bool complete;	       /* nothing will be added to `pending` any more */
	xfw_gather_t gather;
	xfw_text_t pending;    /* written, not yet given out */
	xfw_metric_t metric;   /* family that is being written */
	size_t index;	       /* in gather.zones, or */
	uint64_t cursor;       /* of the walk over all zones */
	xfw_text_t labels;     /* of the sample that is being written */
} stream_t;

/*--- the server as a whole ----------------------------------------------------*/

static const char *
label(stream_t *stream, const char *name, const char *value) {
	if (value != NULL) {
		xfw_metrics_label(&stream->labels, name, value, strlen(value), false);
	}
	if (stream->labels.failed) {
		stream->pending.failed = true; /* a sample without it is another one */
	}
	return (stream->labels.data);
}

static const char *
only_label(stream_t *stream, const char *name, const char *value) {
	xfw_text_reset(&stream->labels);
	return (label(stream, name, value));
}

static void
head(stream_t *stream, xfw_metric_t metric) {
	xfw_metrics_head(&stream->pending, metric, stream->openmetrics);
}

/* A family of one sample without labels. */
static void
put_single(stream_t *stream, xfw_metric_t metric, uint64_t count) {
	head(stream, metric);
	xfw_metrics_count(&stream->pending, metric, NULL, count);
}

static void
put_info(stream_t *stream, const xfw_source_t *source) {
	head(stream, XFW_METRIC_INFO);
	(void)only_label(stream, "version", source->version);
	xfw_metrics_count(&stream->pending, XFW_METRIC_INFO,
			  label(stream, "bind_version", source->bind_version), 1);
}

static void
put_zones(stream_t *stream) {
	head(stream, XFW_METRIC_ZONES);
	for (const xfw_view_t *view = xfw_state_views(stream->state); view != NULL;
	     view = view->next)
	{
		for (unsigned int i = 0; i < XFW_ZONE_STATES; i++) {
			(void)only_label(stream, "view", view->name);
			xfw_metrics_count(
				&stream->pending, XFW_METRIC_ZONES,
				label(stream, "state",
				      xfw_zone_state_name((xfw_zone_state_t)i)),
				view->states[i]);
		}
	}
}

/* From the start all of them: a counter that appears with its first failure has
 * no increase in that moment. */
static void
put_failures(stream_t *stream, const xfw_counters_t *counters) {
	head(stream, XFW_METRIC_FAILURES);
	for (unsigned int i = XFW_CAUSE_NONE + 1; i < XFW_CAUSE_COUNT; i++) {
		xfw_metrics_count(&stream->pending, XFW_METRIC_FAILURES,
				  only_label(stream, "cause",
					     xfw_cause_info((xfw_cause_t)i)->name),
				  counters->causes[i]);
	}
}

/*--- lists with a limit -------------------------------------------------------*/

/* Keeps in `list` the first `max` of what it is given, in order. */
static void
keep_first(const void **list, size_t *count, size_t max, const void *item,
	   bool (*before)(const void *a, const void *b)) {
	size_t at = *count;

	if (at == max && !before(item, list[at - 1])) {
		return;
	}
	*count += (at < max);
	for (at = *count - 1; at > 0 && before(item, list[at - 1]); at--) {
		list[at] = list[at - 1];
	}
	list[at] = item;
}

static bool
primary_before(const void *a, const void *b) {
	const xfw_primary_t *x = a, *y = b;

	return (x->failing != y->failing ? x->failing > y->failing
					 : strcmp(x->address, y->address) < 0);
}

static void
put_primaries(stream_t *stream) {
	const void *list[XFW_METRICS_PRIMARIES_MAX];
	size_t count = 0, all = 0;
	uint64_t others = 0;

	head(stream, XFW_METRIC_PRIMARY_FAILING);
	for (const xfw_primary_t *primary = xfw_state_primaries(stream->state);
	     primary != NULL; primary = primary->next)
	{
		if (primary->zones > 0) {
			keep_first(list, &count, XFW_METRICS_PRIMARIES_MAX, primary,
				   primary_before);
			others += primary->failing;
			all++;
		}
	}
	for (size_t i = 0; i < count; i++) {
		const xfw_primary_t *primary = list[i];

		others -= primary->failing;
		xfw_metrics_count(&stream->pending, XFW_METRIC_PRIMARY_FAILING,
				  only_label(stream, "primary", primary->address),
				  primary->failing);
	}
	if (all > count) {
		xfw_metrics_count(&stream->pending, XFW_METRIC_PRIMARY_FAILING,
				  only_label(stream, "primary", "other"), others);
	}
}

/* There is one for a cause and a primary at a time. */
static bool
incident_before(const void *a, const void *b) {
	const xfw_incident_t *x = a, *y = b;

	if (x->severity != y->severity) {
		return (x->severity > y->severity);
	}
	return (x->zones != y->zones ? x->zones > y->zones : x->id < y->id);
}

static void
put_incident(stream_t *stream, unsigned int cause, const char *primary,
	     uint64_t count) {
	(void)only_label(stream, "cause", xfw_line_cause((xfw_cause_t)cause));
	xfw_metrics_count(&stream->pending, XFW_METRIC_INCIDENTS,
			  label(stream, "primary", primary), count);
}

static void
put_incidents(stream_t *stream) {
	const void *list[XFW_METRICS_INCIDENTS_MAX];
	uint64_t others[XFW_CAUSE_COUNT] = { 0 };
	size_t count = 0;

	head(stream, XFW_METRIC_INCIDENTS);
	for (const xfw_incident_t *incident = xfw_state_incidents(stream->state);
	     incident != NULL; incident = incident->next)
	{
		keep_first(list, &count, XFW_METRICS_INCIDENTS_MAX, incident,
			   incident_before);
		others[incident->cause]++;
	}
	for (size_t i = 0; i < count; i++) {
		const xfw_incident_t *incident = list[i];

		others[incident->cause]--;
		put_incident(stream, incident->cause, incident->primary->address, 1);
	}
	for (unsigned int i = 0; i < XFW_CAUSE_COUNT; i++) {
		if (others[i] > 0) {
			put_incident(stream, i, "other", others[i]);
		}
	}
}

/* All that does not need the zones that are not ok. */
static void
put_server(stream_t *stream, const xfw_source_t *source) {
	const xfw_counters_t *counters = xfw_state_counters(stream->state);
	xfw_intake_counters_t intake;

	xfw_intake_counters(source->intake, &intake);
	put_info(stream, source);
	put_single(stream, XFW_METRIC_REDUCED, source->mode != XFW_MODE_FULL);
	put_zones(stream);
	put_single(stream, XFW_METRIC_ATTEMPTS, counters->attempts);
	put_failures(stream, counters);
	put_single(stream, XFW_METRIC_TRANSFERS, counters->transferred);
	put_primaries(stream);
	put_incidents(stream);
	put_single(stream, XFW_METRIC_EVENTS_RECORDED, intake.recorded);
	put_single(stream, XFW_METRIC_EVENTS_LOST, intake.lost);
	put_single(stream, XFW_METRIC_UNCLASSIFIED, counters->unclassified);
}

/*--- what was gathered --------------------------------------------------------*/

static void
put_deadlines(stream_t *stream) {
	const xfw_gather_t *gather = &stream->gather;

	head(stream, XFW_METRIC_NEXT_DEADLINE);
	for (size_t i = 0; i < gather->views_count; i++) {
		xfw_metrics_sample(&stream->pending, XFW_METRIC_NEXT_DEADLINE,
				   only_label(stream, "view", gather->views[i].name),
				   gather->views[i].deadline_s * 1000);
	}
	head(stream, XFW_METRIC_ZONES_DEADLINE);
	for (size_t i = 0; i < XFW_GATHER_WITHIN; i++) {
		xfw_metrics_count(&stream->pending, XFW_METRIC_ZONES_DEADLINE,
				  only_label(stream, "within",
					     xfw_gather_within[i].name),
				  gather->within[i]);
	}
	put_single(stream, XFW_METRIC_TRUNCATED, gather->left_out);
}

/* The next sample out of what was gathered; false: there are no more. */
static bool
put_gathered(stream_t *stream) {
	const xfw_gathered_t *zone = NULL;
	unsigned int i = stream->metric - XFW_METRIC_ZONE_FIRST;

	if (stream->index == stream->gather.zones_count) {
		return (false);
	}
	zone = stream->gather.zones[stream->index++];
	if ((zone->known & (1U << i)) != 0) {
		xfw_metrics_sample(&stream->pending, stream->metric, zone->labels,
				   zone->thousandths[i]);
	}
	return (true);
}

/* The same out of the table of all zones. */
static bool
put_walked(stream_t *stream) {
	const xfw_zone_t *zone = xfw_state_next_zone(stream->state, &stream->cursor);
	int64_t thousandths = 0;

	if (zone == NULL) {
		return (false);
	}
	if (xfw_metrics_zone_value(zone, stream->metric, &thousandths) &&
	    xfw_metrics_zone_labels(&stream->labels, zone))
	{
		xfw_metrics_sample(&stream->pending, stream->metric,
				   stream->labels.data, thousandths);
	}
	if (stream->labels.failed) {
		stream->pending.failed = true;
	}
	return (true);
}

/* Begins the family `metric`; behind the last one it is the end. */
static void
begin(stream_t *stream, xfw_metric_t metric) {
	stream->metric = metric;
	stream->index = 0;
	stream->cursor = 0;
	if (metric < XFW_METRICS) {
		head(stream, metric);
		return;
	}
	if (stream->openmetrics) {
		xfw_text_printf(&stream->pending, "# EOF\n");
	}
	stream->complete = true;
}

/*--- the stream ---------------------------------------------------------------*/

static size_t
larger(size_t a, size_t b) {
	return (a > b ? a : b);
}

/* Writes more, until there is a piece of it or enough was done for one. */
static void
write_more(stream_t *stream) {
	size_t bad = xfw_state_failing(stream->state, NULL, 0);
	size_t zones = bad + xfw_state_counters(stream->state)->zones[XFW_ZONE_OK];
	size_t most = larger(XFW_PIECE_ZONES, zones / SILENT_PARTS);
	size_t met = 0;

	if (!stream->gather.done) {
		xfw_gather_more(&stream->gather,
				larger(XFW_PIECE_ZONES, bad / GATHER_PARTS));
		if (!stream->gather.done) {
			return;
		}
		put_deadlines(stream);
		begin(stream, XFW_METRIC_ZONE_FIRST);
	}
	while (!stream->complete && !stream->pending.failed &&
	       stream->pending.used < STOCK &&
	       met < (stream->pending.used > KEEP_BACK ? XFW_PIECE_ZONES : most))
	{
		met++;
		if (!(stream->all_zones ? put_walked(stream) : put_gathered(stream))) {
			begin(stream, (xfw_metric_t)(stream->metric + 1));
		}
	}
}

/* How many bytes of `pending` are for this piece; at least one. */
static size_t
piece_of(const stream_t *stream) {
	size_t used = stream->pending.used;

	if (stream->complete || used > STOCK) {
		return (used < XFW_PIECE_GOAL ? used : XFW_PIECE_GOAL);
	}
	return (used > KEEP_BACK ? used - KEEP_BACK : 1);
}

static bool
next(xfw_body_t *body, xfw_text_t *text) {
	stream_t *stream = (stream_t *)body;
	xfw_text_t *pending = &stream->pending;
	size_t len = 0;

	if (!stream->complete && pending->used < STOCK) {
		do {
			write_more(stream);
		} while (pending->used == 0 && !pending->failed && !stream->complete);
	}
	if (pending->failed) {
		text->failed = true; /* half a sample must not go out */
		return (false);
	}
	len = piece_of(stream);
	xfw_text_printf(text, "%.*s", (int)len, pending->data);
	memmove(pending->data, pending->data + len, pending->used - len + 1);
	pending->used -= len;
	return (!stream->complete || pending->used > 0);
}

static void
end(xfw_body_t *body) {
	stream_t *stream = (stream_t *)body;

	xfw_gather_end(&stream->gather);
	xfw_text_free(&stream->pending);
	xfw_text_free(&stream->labels);
	free(stream);
}

void
xfw_answer_metrics(const xfw_source_t *source, bool openmetrics, bool all_zones,
		   xfw_answer_t *answer) {
	stream_t *stream = calloc(1, sizeof(*stream));

	if (stream == NULL) {
		xfw_answer_error(answer, 500, "out of memory");
		return;
	}
	stream->body = (xfw_body_t){ .next = next, .end = end };
	stream->state = source->state;
	stream->openmetrics = openmetrics;
	stream->all_zones = all_zones;
	put_server(stream, source);
	if (!xfw_gather_begin(&stream->gather, source->state, source->now_ms(),
			      !all_zones) ||
	    stream->pending.failed)
	{
		end(&stream->body);
		xfw_answer_error(answer, 500, "out of memory");
		return;
	}
	if (stream->gather.done) {
		put_deadlines(stream);
		begin(stream, XFW_METRIC_ZONE_FIRST);
	}
	answer->body = &stream->body;
}
