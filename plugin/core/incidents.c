/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Incidents: zones that fail for one cause at one primary, and what is said of
 * them: each thing once, and never more than XFW_LINES_A_MINUTE lines in any
 * minute. What has to wait is not kept in a queue but is seen from the incident
 * itself, so that a late line tells what is true when it is said.
 * Runs in the monitor's thread only.
 */
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "state_priv.h"

#define BY_DEADLINE(a, b) (xfw_zone_rank((a)->zone) < xfw_zone_rank((b)->zone))
XFW_HEAP(deadline, xfw_feed_t, slot, BY_DEADLINE)

/*--- lists ------------------------------------------------------------------*/

static void
due_at(xfw_state_t *state, int64_t at_ms) {
	if (at_ms < state->incidents_due_ms) {
		state->incidents_due_ms = at_ms;
	}
}

_Static_assert(XFW_CAUSE_COUNT <= 64, "aliases are bits");

/* By its cause, or by one that named's lines give for it. */
static xfw_incident_t *
find(const xfw_primary_t *primary, xfw_cause_t cause) {
	xfw_incident_t *inc = primary->incidents;

	while (inc != NULL && inc->cause != (uint8_t)cause &&
	       (inc->aliases & UINT64_C(1) << cause) == 0)
	{
		inc = inc->primary_next;
	}
	return (inc);
}

static void
incident_free(xfw_incident_t *inc) {
	free(inc->heap);
	free(inc->first_zone);
	free(inc->last_zone);
	xfw_diagnosis_free(inc->diagnosis);
	free(inc);
}

static void
list_free(xfw_incident_t *inc) {
	while (inc != NULL) {
		xfw_incident_t *next = inc->next;
		incident_free(inc);
		inc = next;
	}
}

void
xfw_incidents_free(xfw_state_t *state) {
	for (xfw_incident_t *inc = state->open; inc != NULL; inc = inc->next) {
		xfw_cascade_closed(state, inc);
	}
	list_free(state->open);
	list_free(state->closed);
	list_free(state->parting);
}

const xfw_incident_t *
xfw_state_incidents(const xfw_state_t *state) {
	return (state->open);
}

const xfw_incident_t *
xfw_state_closed(const xfw_state_t *state) {
	return (state->closed);
}

const xfw_incident_t *
xfw_zone_incident(const xfw_zone_t *zone) {
	const xfw_feed_t *best = NULL;

	if (zone->state == XFW_ZONE_OK) {
		return (NULL);
	}
	for (const xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (f->incident != NULL && f->cause == zone->cause &&
		    (best == NULL || f->last_ms > best->last_ms))
		{
			best = f;
		}
	}
	return (best != NULL ? best->incident : NULL);
}

static xfw_incident_t *
incident_open(xfw_state_t *state, xfw_primary_t *primary, xfw_cause_t cause,
	      const xfw_zone_t *zone, int64_t now_ms) {
	xfw_incident_t *inc = xfw_state_alloc(state, sizeof(*inc));

	if (inc == NULL) {
		return (NULL);
	}
	inc->first_zone = xfw_state_alloc(state, (size_t)zone->key_len + 1);
	if (inc->first_zone == NULL) {
		free(inc);
		return (NULL);
	}
	memcpy(inc->first_zone, zone->key, zone->key_len);
	inc->id = ++state->last_id;
	inc->primary = primary;
	inc->cause = inc->heard = (uint8_t)cause;
	inc->aliases = UINT64_C(1) << cause;
	inc->stale_ms = -1;
	inc->open = true;
	inc->opened_ms = now_ms;
	inc->primary_next = primary->incidents;
	primary->incidents = inc;
	inc->next = state->open;
	if (inc->next != NULL) {
		inc->next->previous = inc;
	}
	state->open = inc;
	xfw_cascade_opened(state, inc, now_ms);
	return (inc);
}

/* The oldest closed one goes, but not before its end was said. */
static void
closed_trim(xfw_state_t *state) {
	xfw_incident_t **at = &state->closed;
	xfw_incident_t *last = NULL;

	if (state->closed_count <= XFW_CLOSED_KEEP) {
		return;
	}
	while ((*at)->next != NULL) {
		at = &(*at)->next;
	}
	last = *at;
	*at = NULL;
	state->closed_count--;
	if (last->parting) {
		last->next = state->parting;
		state->parting = last;
	} else {
		incident_free(last);
	}
}

static void
incident_close(xfw_state_t *state, xfw_incident_t *inc, int64_t now_ms) {
	xfw_incident_t **at = &inc->primary->incidents;

	xfw_cascade_closed(state, inc);
	while (*at != inc) {
		at = &(*at)->primary_next;
	}
	*at = inc->primary_next;
	if (inc->previous != NULL) {
		inc->previous->next = inc->next;
	} else {
		state->open = inc->next;
	}
	if (inc->next != NULL) {
		inc->next->previous = inc->previous;
	}
	inc->previous = inc->primary_next = NULL;
	free(inc->heap);
	inc->heap = NULL;
	inc->heap_room = 0;
	inc->open = false;
	inc->closed_ms = now_ms;
	/* What was never said needs no end. */
	inc->parting = (inc->said != XFW_SEVERITY_NONE);
	inc->next = state->closed;
	state->closed = inc;
	state->closed_count++;
	closed_trim(state);
	due_at(state, now_ms);
}

/*--- members ----------------------------------------------------------------*/

/* A zone that is still fed is no reason to grow louder. */
bool
xfw_feed_degraded(const xfw_feed_t *feed) {
	const xfw_incident_t *inc = feed->incident;

	/* A diagnosis that finds UDP blocked behind a failure does not feed the zone. */
	return (xfw_cause_degraded(feed->cause) &&
		(inc == NULL || xfw_cause_degraded(inc->heard)));
}

static xfw_severity_t
severity_of(const xfw_state_t *state, const xfw_feed_t *feed, int64_t now_ms) {
	const xfw_zone_t *zone = feed->zone;
	uint8_t least = (uint8_t)xfw_cause_info(feed->cause)->severity;
	uint8_t severity = XFW_SEVERITY_NOTICE;

	if (!xfw_feed_degraded(feed) && zone->state != XFW_ZONE_OK &&
	    (zone->state == XFW_ZONE_EXPIRED ||
	     (zone->trouble != NULL && zone->trouble->failing)))
	{
		severity = zone->severity;
	} else if (feed->cause == XFW_CAUSE_SIGNATURES_EXPIRING) {
		severity = (uint8_t)xfw_signature_severity(zone, &state->policy,
							   now_ms / 1000, NULL);
	}
	return ((xfw_severity_t)(severity > least ? severity : least));
}

static void
worst(xfw_state_t *state, xfw_incident_t *inc, int64_t now_ms) {
	int s = XFW_SEVERITY_ALERT;

	while (s > XFW_SEVERITY_NONE && inc->by_severity[s] == 0) {
		s--;
	}
	inc->severity = (uint8_t)s;
	if (inc->severity > inc->said) {
		due_at(state, now_ms);
	}
}

static void
remember_last(xfw_state_t *state, xfw_incident_t *inc, const xfw_zone_t *zone) {
	size_t need = (size_t)zone->key_len + 1;

	if (inc->last_zone_room < need) {
		char *grown = state->realloc(inc->last_zone, need + 32);
		if (grown == NULL) {
			state->counters.out_of_memory++;
			return;
		}
		inc->last_zone = grown;
		inc->last_zone_room = need + 32;
	}
	memcpy(inc->last_zone, zone->key, need);
}

static void
member_add(xfw_state_t *state, xfw_incident_t *inc, xfw_feed_t *feed,
	   int64_t now_ms) {
	if (!xfw_state_room(state, &inc->heap, &inc->heap_room, inc->heap_size + 1)) {
		return;
	}
	deadline_push(inc->heap, &inc->heap_size, feed);
	feed->incident = inc;
	xfw_recover_joined(feed);
	feed->severity = (uint8_t)severity_of(state, feed, now_ms);
	inc->by_severity[feed->severity]++;
	inc->zones++;
	if (inc->zones > inc->zones_peak) {
		inc->zones_peak = inc->zones;
	}
	remember_last(state, inc, feed->zone);
	xfw_diagnosis_weigh(inc);
	worst(state, inc, now_ms);
}

static void
member_remove(xfw_state_t *state, xfw_feed_t *feed, int64_t now_ms) {
	xfw_incident_t *inc = feed->incident;

	deadline_remove(inc->heap, &inc->heap_size, feed->slot);
	feed->incident = NULL;
	xfw_recover_left(state, inc, feed);
	inc->by_severity[feed->severity]--;
	inc->zones--;
	if (inc->zones > 0) {
		xfw_diagnosis_weigh(inc);
		worst(state, inc, now_ms);
	} else {
		incident_close(state, inc, now_ms);
	}
}

/* The incident is the same trouble, only better known: nothing is said. */
static void
relabel(xfw_incident_t *inc, xfw_cause_t cause) {
	inc->cause = inc->heard = (uint8_t)cause;
	inc->aliases = UINT64_C(1) << cause;
	xfw_diagnosis_stale(inc);
	xfw_diagnosis_weigh(inc);
}

static bool
is_network(xfw_cause_t cause) {
	return (xfw_cause_info(cause)->family == XFW_FAMILY_NETWORK &&
		cause != XFW_CAUSE_UDP_BLOCKED);
}

void
xfw_incident_join(xfw_state_t *state, xfw_feed_t *feed, int64_t now_ms) {
	xfw_cause_t cause = feed->cause;
	xfw_incident_t *old = feed->incident;
	xfw_incident_t *inc = find(feed->primary, cause);

	/* What it was found to be in truth is what this zone fails for, too. */
	if (inc != NULL) {
		feed->cause = inc->cause;
	}
	if (old != NULL && old != inc && inc == NULL && old->zones == 1 &&
	    is_network(cause) && is_network(old->cause))
	{
		relabel(old, cause);
		inc = old;
	}
	if (old != NULL && old == inc) {
		xfw_recover_failed(state, feed);
		xfw_incident_touch(state, feed, now_ms);
		return;
	}
	if (inc == NULL) {
		inc = incident_open(state, feed->primary, cause, feed->zone, now_ms);
	}
	if (old != NULL) {
		member_remove(state, feed, now_ms);
	}
	if (inc != NULL) {
		member_add(state, inc, feed, now_ms);
		if (inc->zones == 0) { /* no memory */
			incident_close(state, inc, now_ms);
		}
	}
}

void
xfw_incident_leave(xfw_state_t *state, xfw_feed_t *feed, int64_t now_ms) {
	if (feed->incident != NULL) {
		member_remove(state, feed, now_ms);
	}
}

void
xfw_incident_touch(xfw_state_t *state, xfw_feed_t *feed, int64_t now_ms) {
	xfw_incident_t *inc = feed->incident;
	uint8_t severity = 0;

	if (inc == NULL) {
		return;
	}
	deadline_fix(inc->heap, inc->heap_size, feed->slot);
	severity = (uint8_t)severity_of(state, feed, now_ms);
	if (severity != feed->severity) {
		inc->by_severity[feed->severity]--;
		inc->by_severity[severity]++;
		feed->severity = severity;
		worst(state, inc, now_ms);
	}
}

static void
recause(xfw_feed_t *feed, xfw_cause_t to) {
	if (feed->zone->cause == feed->cause) {
		feed->zone->cause = (uint8_t)to;
	}
	feed->cause = (uint8_t)to;
}

/* All zones of `from` fail for what `to` is: one incident. The last one that leaves
 * ends `from`. */
static void
merge(xfw_state_t *state, xfw_incident_t *from, xfw_incident_t *to, int64_t now_ms) {
	to->aliases |= from->aliases;
	from->aliases = 0;
	for (size_t n = from->heap_size; n > 0; n--) {
		xfw_feed_t *feed = from->heap[n - 1];

		recause(feed, to->cause);
		member_remove(state, feed, now_ms);
		member_add(state, to, feed, now_ms);
	}
}

void
xfw_incident_absorb(xfw_state_t *state, xfw_primary_t *primary, xfw_cause_t from,
		    xfw_cause_t to, int64_t now_ms) {
	xfw_incident_t *old = find(primary, from);
	xfw_incident_t *other = find(primary, to);

	if (old == NULL || from == to || old == other) {
		return;
	}
	if (other != NULL) {
		merge(state, old, other, now_ms);
		return;
	}
	relabel(old, to);
	for (size_t i = 0; i < old->heap_size; i++) {
		recause(old->heap[i], to);
	}
}

void
xfw_incident_refine(xfw_state_t *state, xfw_incident_t *inc, xfw_cause_t cause,
		    int64_t now_ms) {
	xfw_incident_t *other = find(inc->primary, cause);

	if (inc->cause == (uint8_t)cause) {
		return;
	}
	if (other != NULL && other != inc) {
		merge(state, inc, other, now_ms);
		return;
	}
	for (size_t i = 0; i < inc->heap_size; i++) {
		recause(inc->heap[i], cause);
	}
	inc->cause = (uint8_t)cause;
	for (size_t i = 0; i < inc->heap_size; i++) {
		xfw_incident_touch(state, inc->heap[i], now_ms);
	}
	due_at(state, now_ms);
}

void
xfw_incidents_due(xfw_state_t *state, int64_t at_ms) {
	due_at(state, at_ms);
}

/*--- lines ------------------------------------------------------------------*/

static bool
is_free(int64_t line_ms, int64_t now_ms) {
	/* A line from the future: the clock was set back. */
	return (now_ms - line_ms >= XFW_MINUTE_MS || line_ms > now_ms);
}

/*
 * When a line may be said, `now_ms` if at once. The slots in front of `line` are
 * in order of age; what is not urgent leaves the last few free.
 */
static int64_t
line_free(const xfw_state_t *state, bool urgent, int64_t now_ms) {
	unsigned skip = urgent ? 0 : XFW_LINES_KEPT;
	int64_t line_ms = state->lines_ms[(state->line + skip) % XFW_LINES_A_MINUTE];

	return (is_free(line_ms, now_ms) ? now_ms : line_ms + XFW_MINUTE_MS);
}

static void
tell(xfw_state_t *state, const xfw_notice_t *notice) {
	state->lines_ms[state->line] = notice->now_ms;
	state->line = (state->line + 1) % XFW_LINES_A_MINUTE;
	if (state->say != NULL) {
		state->say(state->say_arg, notice);
	}
}

static void
say(xfw_state_t *state, xfw_notice_kind_t kind, xfw_severity_t severity,
    const xfw_incident_t *inc, const xfw_zone_t *zone, uint32_t count,
    int64_t now_ms) {
	xfw_notice_t notice = {
		.kind = kind,
		.severity = severity,
		.now_ms = now_ms,
		.incident = inc,
		.zone = zone,
		.count = count,
	};

	if (kind == XFW_NOTICE_DIAGNOSED && inc->said_cause != inc->cause) {
		notice.was = (xfw_cause_t)inc->said_cause;
	}

	if (zone == NULL && inc != NULL && inc->heap_size > 0) {
		notice.zone = inc->heap[0]->zone;
	}
	tell(state, &notice);
}

static void
say_cascade(xfw_state_t *state, const xfw_cluster_t *cluster, int64_t now_ms) {
	xfw_cascade_t cascade;
	xfw_notice_t notice = {
		.kind = XFW_NOTICE_CASCADE,
		.now_ms = now_ms,
		.zone = xfw_cascade_said(state, cluster, &cascade),
		.cascade = &cascade,
	};

	notice.severity = cascade.severity;
	notice.count = cascade.zones;
	tell(state, &notice);
}

/* What is to be said of an incident next, and when. */
typedef struct line {
	xfw_incident_t *inc; /* NULL: expired zones without one */
	xfw_notice_kind_t kind;
	int64_t at_ms; /* XFW_NEVER: nothing */
	uint8_t severity;
	const xfw_cluster_t *cascade; /* of a cascade; then `inc` is NULL */
} line_t;

/* When expired zones that were held back may be said: at the end of their minute, but
 * at once if it was not their own number that held them back. */
static int64_t
held_until(uint32_t said, int64_t from_ms, int64_t now_ms) {
	return (said < XFW_EXPIRED_A_MINUTE ? now_ms : from_ms + XFW_MINUTE_MS);
}

static line_t
next_line(const xfw_state_t *state, xfw_incident_t *inc, int64_t now_ms) {
	line_t line = { .inc = inc, .at_ms = XFW_NEVER, .severity = inc->severity };

	if (inc->said == XFW_SEVERITY_NONE) {
		line.kind = XFW_NOTICE_OPENED;
		line.at_ms = inc->open ? now_ms : XFW_NEVER;
		return (line);
	}
	if (!inc->open) {
		line.kind = (inc->expired_held > 0) ? XFW_NOTICE_EXPIRED_MORE
						    : XFW_NOTICE_RESOLVED;
		line.severity = (inc->expired_held > 0) ? XFW_SEVERITY_ALERT
							: XFW_SEVERITY_NOTICE;
		line.at_ms = inc->parting ? now_ms : XFW_NEVER;
		return (line);
	}
	if (inc->diagnosis != NULL && (!inc->told || inc->cause != inc->said_cause)) {
		line.kind = XFW_NOTICE_DIAGNOSED;
		line.at_ms = now_ms;
		return (line);
	}
	if (state->policy.reminder_s > 0) {
		line.kind = XFW_NOTICE_REMINDER;
		line.at_ms = inc->said_ms + (int64_t)state->policy.reminder_s * 1000;
	}
	if (inc->expired_held > 0 &&
	    held_until(inc->expired_said, inc->expired_ms, now_ms) < line.at_ms)
	{
		line.kind = XFW_NOTICE_EXPIRED_MORE;
		line.severity = XFW_SEVERITY_ALERT;
		line.at_ms = held_until(inc->expired_said, inc->expired_ms, now_ms);
	}
	if (inc->severity > inc->said &&
	    inc->said_ms + XFW_ESCALATE_GAP_MS < line.at_ms)
	{
		line.kind = XFW_NOTICE_ESCALATED;
		line.severity = inc->severity;
		line.at_ms = inc->said_ms + XFW_ESCALATE_GAP_MS;
	}
	return (line);
}

static line_t
next_loose(const xfw_state_t *state, int64_t now_ms) {
	line_t line = { .kind = XFW_NOTICE_EXPIRED_MORE,
			.at_ms = XFW_NEVER,
			.severity = XFW_SEVERITY_ALERT };

	if (state->loose_held > 0) {
		line.at_ms = held_until(state->loose_said, state->loose_ms, now_ms);
	}
	return (line);
}

static line_t
next_cascade(const xfw_cluster_t *cascade, int64_t now_ms) {
	line_t line = { .kind = XFW_NOTICE_CASCADE,
			.at_ms = xfw_cascade_due(cascade),
			.cascade = cascade };

	if (line.at_ms <= now_ms) {
		line.severity = (uint8_t)xfw_cascade_severity(cascade);
	}
	return (line);
}

static bool
is_wide(const line_t *line) {
	return (line->kind == XFW_NOTICE_CASCADE && xfw_cascade_wide(line->cascade));
}

static bool
is_urgent(const line_t *line) {
	return (line->kind == XFW_NOTICE_RESOLVED || is_wide(line) ||
		(line->kind != XFW_NOTICE_REMINDER &&
		 line->severity >= XFW_SEVERITY_CRIT));
}

/* Worst first; of equals, what began first. */
static bool
goes_first(const line_t *a, const line_t *b) {
	if ((a->kind == XFW_NOTICE_REMINDER) != (b->kind == XFW_NOTICE_REMINDER)) {
		return (b->kind == XFW_NOTICE_REMINDER);
	}
	if (is_urgent(a) != is_urgent(b)) {
		return (is_urgent(a));
	}
	if (a->severity != b->severity) {
		return (a->severity > b->severity);
	}
	if ((a->cascade != NULL) != (b->cascade != NULL)) {
		return (a->cascade != NULL);
	}
	return (a->inc != NULL && b->inc != NULL && a->inc->id < b->inc->id);
}

/* Whether `line` is rather to be said than `best`. */
static bool
is_better(const line_t *line, const line_t *best, int64_t now_ms) {
	bool due = line->at_ms <= now_ms;

	return (due != (best->at_ms <= now_ms) ? due
		: due			       ? goes_first(line, best)
					       : line->at_ms < best->at_ms);
}

/* The line that is to be said now; else at_ms tells when there will be one. */
static line_t
choose(xfw_state_t *state, int64_t now_ms) {
	xfw_incident_t *lists[] = { state->open, state->closed, state->parting };
	line_t best = next_loose(state, now_ms);

	for (const xfw_cluster_t *c = NULL; (c = xfw_cascade_next(state, c)) != NULL;) {
		line_t line = next_cascade(c, now_ms);
		if (is_better(&line, &best, now_ms)) {
			best = line;
		}
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (xfw_incident_t *inc = lists[i]; inc != NULL; inc = inc->next) {
			line_t line = next_line(state, inc, now_ms);
			if (is_better(&line, &best, now_ms)) {
				best = line;
			}
		}
	}
	return (best);
}

static void
parting_done(xfw_state_t *state, xfw_incident_t *inc) {
	xfw_incident_t **at = &state->parting;

	inc->parting = false;
	while (*at != NULL && *at != inc) {
		at = &(*at)->next;
	}
	if (*at == inc) {
		*at = inc->next;
		incident_free(inc);
	}
}

static void
say_line(xfw_state_t *state, const line_t *line, int64_t now_ms) {
	xfw_incident_t *inc = line->inc;
	uint32_t count = (inc != NULL) ? inc->zones : 0;

	if (line->kind == XFW_NOTICE_CASCADE) {
		say_cascade(state, line->cascade, now_ms);
		return;
	}
	if (line->kind == XFW_NOTICE_EXPIRED_MORE) {
		count = (inc != NULL) ? inc->expired_held : state->loose_held;
		*((inc != NULL) ? &inc->expired_held : &state->loose_held) = 0;
		*((inc != NULL) ? &inc->expired_said : &state->loose_said) = 0;
		*((inc != NULL) ? &inc->expired_ms : &state->loose_ms) = now_ms;
	} else if (line->kind == XFW_NOTICE_RESOLVED) {
		count = inc->zones_peak;
	} else {
		inc->said_ms = now_ms;
		if (inc->severity > inc->said) {
			inc->said = inc->severity;
		}
	}
	say(state, line->kind, (xfw_severity_t)line->severity, inc, NULL, count, now_ms);
	if (inc != NULL) {
		inc->said_cause = inc->cause;
		inc->told = inc->told || inc->diagnosis != NULL;
	}
	if (line->kind == XFW_NOTICE_RESOLVED) {
		parting_done(state, inc);
	}
}

/* When a cascade comes that does not wait for a line that has to. */
static int64_t
next_wide(const xfw_state_t *state, int64_t now_ms) {
	int64_t at_ms = XFW_NEVER;

	for (const xfw_cluster_t *c = NULL; (c = xfw_cascade_next(state, c)) != NULL;) {
		int64_t due_ms = xfw_cascade_due(c);
		if (xfw_cascade_wide(c) && due_ms > now_ms && due_ms < at_ms) {
			at_ms = due_ms;
		}
	}
	return (at_ms);
}

void
xfw_incidents_say(xfw_state_t *state, int64_t now_ms) {
	while (state->incidents_due_ms <= now_ms) {
		line_t line = choose(state, now_ms);
		int64_t free_ms = now_ms;

		state->incidents_due_ms = line.at_ms;
		if (line.at_ms > now_ms) {
			break;
		}
		free_ms = line_free(state, is_urgent(&line), now_ms);
		state->incidents_due_ms = free_ms;
		if (free_ms <= now_ms) {
			say_line(state, &line, now_ms);
		} else {
			due_at(state, next_wide(state, now_ms));
		}
	}
}

void
xfw_incident_expired(xfw_state_t *state, const xfw_zone_t *zone,
		     xfw_feed_t *feed, int64_t now_ms) {
	xfw_incident_t *inc = (feed != NULL) ? feed->incident : NULL;
	uint32_t *said = (inc != NULL) ? &inc->expired_said : &state->loose_said;
	uint32_t *held = (inc != NULL) ? &inc->expired_held : &state->loose_held;
	int64_t *from_ms = (inc != NULL) ? &inc->expired_ms : &state->loose_ms;

	xfw_incidents_say(state, now_ms); /* first of all that it is open */
	if (inc != NULL) {
		inc->expired++;
	}
	if (*held == 0 && (*from_ms == 0 || is_free(*from_ms, now_ms))) {
		*from_ms = now_ms;
		*said = 0;
	}
	if (*held == 0 && *said < XFW_EXPIRED_A_MINUTE &&
	    (inc == NULL || inc->said != XFW_SEVERITY_NONE) &&
	    line_free(state, true, now_ms) <= now_ms)
	{
		(*said)++;
		say(state, XFW_NOTICE_EXPIRED, XFW_SEVERITY_ALERT, inc, zone, 1,
		    now_ms);
		return;
	}
	(*held)++;
	due_at(state, held_until(*said, *from_ms, now_ms));
}
