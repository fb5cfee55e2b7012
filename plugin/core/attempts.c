/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lines into attempts: one refresh of a zone against one primary prints several
 * lines and counts once, and the pair of its SOA phase and its transfer phase
 * decides the cause.
 * Runs in the monitor's thread only.
 *
 * The order in which named prints (zone.c, xfrin.c):
 *
 *   zone x: refresh: ... primary P ...      SOA phase failed
 *   zone x: zone transfer deferred ...      perhaps
 *   zone x: Transfer started.               names no primary
 *   transfer of x from P: connected ...
 *   transfer of x from P: <why>: <result>   failed
 *   zone x: transferred serial N            or succeeded
 *   transfer of x from P: Transfer status: ...
 *   transfer of x from P: Transfer completed: ...   in both cases
 *
 * Before the last two, the next attempt may already have begun.
 */
#include <stdlib.h>

#include "state_priv.h"

#define OPEN(a) (((a)->flags & XFW_ATTEMPT_DONE) == 0)
/* The SOA phase failed and nothing of a transfer was heard. */
#define SOA_ONLY(a)                                                           \
	(((a)->flags & (XFW_ATTEMPT_SOA | XFW_ATTEMPT_STARTED |                \
			XFW_ATTEMPT_CONNECTED | XFW_ATTEMPT_DEFERRED |         \
			XFW_ATTEMPT_ERROR | XFW_ATTEMPT_SUCCESS |              \
			XFW_ATTEMPT_DONE)) == XFW_ATTEMPT_SOA)

/*--- the list ---------------------------------------------------------------*/

static void
attempt_free(xfw_trouble_t *trouble, xfw_attempt_t *attempt) {
	xfw_attempt_t **at = &trouble->attempts;

	while (*at != attempt) {
		at = &(*at)->next;
	}
	*at = attempt->next;
	free(attempt);
}

void
xfw_attempts_free(xfw_trouble_t *trouble) {
	while (trouble->attempts != NULL) {
		attempt_free(trouble, trouble->attempts);
	}
}

static xfw_attempt_t *
attempt_new(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
	    uint64_t id, int64_t now_ms) {
	xfw_trouble_t *trouble = xfw_trouble_get(state, zone);
	xfw_attempt_t *attempt = NULL;
	xfw_attempt_t *last = NULL;
	unsigned count = 0;

	if (trouble == NULL) {
		return (NULL);
	}
	attempt = xfw_state_alloc(state, sizeof(*attempt));
	if (attempt == NULL) {
		return (NULL);
	}
	for (xfw_attempt_t *a = trouble->attempts; a != NULL; a = a->next) {
		last = a;
		count++;
	}
	if (count >= XFW_ATTEMPTS_MAX) {
		attempt_free(trouble, last);
	}
	attempt->primary = primary;
	attempt->id = id;
	attempt->started_ms = now_ms;
	attempt->due_ms = now_ms + XFW_TRANSFER_WAIT_MS;
	attempt->next = trouble->attempts;
	trouble->attempts = attempt;
	return (attempt);
}

static xfw_attempt_t *
list(const xfw_zone_t *zone) {
	return (zone->trouble != NULL ? zone->trouble->attempts : NULL);
}

/* The newest that is not over, for lines that name no primary. */
static xfw_attempt_t *
newest(const xfw_zone_t *zone) {
	xfw_attempt_t *a = list(zone);

	while (a != NULL && !OPEN(a)) {
		a = a->next;
	}
	return (a);
}

/* The open attempt that a line about a transfer from `primary` belongs to. */
static xfw_attempt_t *
match(const xfw_zone_t *zone, xfw_primary_t *primary, uint64_t id) {
	for (xfw_attempt_t *a = list(zone); id != 0 && a != NULL; a = a->next) {
		if (a->id == id) {
			return (a);
		}
	}
	if (primary == NULL) {
		return (newest(zone));
	}
	for (xfw_attempt_t *a = list(zone); a != NULL; a = a->next) {
		if (OPEN(a) && a->primary == primary && (id == 0 || a->id == 0)) {
			a->id = id;
			return (a);
		}
	}
	for (xfw_attempt_t *a = list(zone); a != NULL; a = a->next) {
		if (OPEN(a) && a->primary == NULL) {
			a->primary = primary;
			a->id = id;
			return (a);
		}
	}
	return (NULL);
}

/* The one that a closing line is about: it may be over already, and another one
 * with the same primary under way. `done`: what it must have seen. */
static xfw_attempt_t *
match_closing(const xfw_zone_t *zone, xfw_primary_t *primary, uint64_t id,
	      bool status) {
	xfw_attempt_t *over = NULL;

	for (xfw_attempt_t *a = list(zone); id == 0 && a != NULL; a = a->next) {
		bool seen = (a->flags & XFW_ATTEMPT_STATUS) != 0;
		if (a->primary != primary) {
			continue;
		}
		if (OPEN(a) && (a->flags & XFW_ATTEMPT_ERROR) != 0) {
			return (a);
		}
		if (!OPEN(a) && seen == !status) {
			over = a; /* the oldest such */
		}
	}
	return (over != NULL ? over : match(zone, primary, id));
}

bool
xfw_attempts_underway(const xfw_zone_t *zone) {
	for (const xfw_attempt_t *a = list(zone); a != NULL; a = a->next) {
		if (OPEN(a)) {
			return (true);
		}
	}
	return (false);
}

/*--- causes -----------------------------------------------------------------*/

/* Says little: what was or will be heard besides it counts more. */
static bool
is_vague(uint8_t cause) {
	return (cause == XFW_CAUSE_NONE || cause == XFW_CAUSE_PROTOCOL ||
		cause == XFW_CAUSE_UNCLASSIFIED || cause == XFW_CAUSE_RCODE_OTHER ||
		cause == XFW_CAUSE_IXFR_BROKEN);
}

/* The first error wins, unless it is vague and the later one is not. */
static void
add_cause(xfw_attempt_t *attempt, uint8_t cause) {
	if (attempt->xfr_cause == XFW_CAUSE_NONE ||
	    (is_vague(attempt->xfr_cause) && !is_vague(cause)))
	{
		attempt->xfr_cause = cause;
	}
}

/*
 * "IXFR failed" as status hides the reason, which was said before. Where that
 * was but a mismatch of contents, that the transfer was incremental is the point.
 */
static xfw_cause_t
final_cause(xfw_attempt_t *attempt, uint8_t status_cause) {
	uint8_t cause = attempt->xfr_cause;

	if (status_cause == XFW_CAUSE_IXFR_BROKEN &&
	    (is_vague(cause) || cause == XFW_CAUSE_ZONE_DATA) &&
	    cause != XFW_CAUSE_RCODE_OTHER)
	{
		return (XFW_CAUSE_IXFR_BROKEN);
	}
	add_cause(attempt, status_cause);
	cause = attempt->xfr_cause;
	if (cause == XFW_CAUSE_NONE) {
		return (XFW_CAUSE_UNCLASSIFIED);
	}
	if (cause == XFW_CAUSE_REFUSED_TRANSFER &&
	    attempt->soa_cause == XFW_CAUSE_REFUSED_QUERY)
	{
		return (XFW_CAUSE_REFUSED_QUERY); /* closed to us altogether */
	}
	return ((xfw_cause_t)cause);
}

/*--- ends -------------------------------------------------------------------*/

/* Over, and counted; what its last lines belong to is kept for a moment. */
static void
done(xfw_attempt_t *attempt, int64_t now_ms) {
	attempt->flags |= XFW_ATTEMPT_DONE;
	attempt->due_ms = now_ms + XFW_STATUS_WAIT_MS;
}

static void
end_failed(xfw_state_t *state, xfw_zone_t *zone, xfw_attempt_t *attempt,
	   uint8_t status_cause, int64_t now_ms) {
	xfw_cause_t cause = final_cause(attempt, status_cause);

	done(attempt, now_ms);
	if (attempt->primary != NULL) {
		xfw_primary_broken(state, attempt->primary, cause,
				   attempt->soa_cause, now_ms);
	}
	xfw_outcome_failed(state, zone, attempt->primary, cause, now_ms);
}

static void
end_success(xfw_state_t *state, xfw_zone_t *zone, xfw_attempt_t *attempt,
	    bool transferred, int64_t now_ms) {
	xfw_cause_t degraded = XFW_CAUSE_NONE;

	/* The transfer helped where the SOA query did not; that may end. */
	if (attempt->soa_cause == XFW_CAUSE_SOA_TIMEOUT) {
		degraded = XFW_CAUSE_UDP_BLOCKED;
	} else if (attempt->soa_cause == XFW_CAUSE_REFUSED_QUERY) {
		degraded = XFW_CAUSE_REFUSED_QUERY;
	}
	done(attempt, now_ms);
	xfw_outcome_success(state, zone, attempt->primary, transferred, degraded,
			    attempt->started_ms, now_ms);
}

/*
 * No transfer followed a failed SOA query. named is silent at INFO when it skips
 * the transfer because the primary is in its cache of unreachable ones; then the
 * reason for that is the reason.
 */
static void
end_soa(xfw_state_t *state, xfw_zone_t *zone, xfw_attempt_t *attempt,
	int64_t now_ms) {
	xfw_cause_t cause = xfw_primary_root(attempt->primary, attempt->soa_cause,
					     now_ms);

	attempt->flags |= XFW_ATTEMPT_DONE;
	xfw_outcome_failed(state, zone, attempt->primary, cause, now_ms);
	attempt_free(zone->trouble, attempt);
}

/* named goes on to the next query: what only waited for a transfer is over. */
static void
supersede(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	for (xfw_attempt_t *a = list(zone), *next; a != NULL; a = next) {
		next = a->next;
		if (SOA_ONLY(a)) {
			end_soa(state, zone, a, now_ms);
		}
	}
}

/*--- lines ------------------------------------------------------------------*/

static void
soa_failed(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
	   const xfw_event_t *ev, int64_t now_ms) {
	xfw_attempt_t *attempt = NULL;

	supersede(state, zone, now_ms);
	if (ev->kind == XFW_KIND_SOA_FAILED) {
		xfw_outcome_failed(state, zone, primary, ev->cause, now_ms);
		return;
	}
	attempt = attempt_new(state, zone, primary, 0, now_ms);
	if (attempt == NULL) {
		xfw_outcome_failed(state, zone, primary, ev->cause, now_ms);
		return;
	}
	attempt->flags = XFW_ATTEMPT_SOA;
	attempt->soa_cause = ev->cause;
	attempt->due_ms = now_ms + XFW_SOA_WAIT_MS;
}

static void
setup_failed(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
	     const xfw_event_t *ev, int64_t now_ms) {
	xfw_attempt_t *attempt = NULL;

	if (ev->phase == XFW_PHASE_TRANSFER) {
		attempt = match(zone, primary, ev->attempt_id);
	}
	if (attempt != NULL && OPEN(attempt)) {
		add_cause(attempt, ev->cause);
		end_failed(state, zone, attempt, XFW_CAUSE_NONE, now_ms);
		return;
	}
	supersede(state, zone, now_ms);
	xfw_outcome_failed(state, zone, primary, ev->cause, now_ms);
}

/* The attempt whose transfer begins now, or has to wait. */
static xfw_attempt_t *
beginning(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	for (xfw_attempt_t *a = list(zone); a != NULL; a = a->next) {
		if (SOA_ONLY(a) ||
		    (OPEN(a) && (a->flags & XFW_ATTEMPT_DEFERRED) != 0))
		{
			return (a);
		}
	}
	return (attempt_new(state, zone, NULL, 0, now_ms));
}

static void
deferred(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	xfw_attempt_t *attempt = beginning(state, zone, now_ms);
	int64_t wait_ms = (int64_t)zone->retry_s * 1000;

	if (attempt != NULL && (attempt->flags & XFW_ATTEMPT_DEFERRED) == 0) {
		attempt->flags |= XFW_ATTEMPT_DEFERRED;
		attempt->due_ms = now_ms + (wait_ms > XFW_DEFERRED_MIN_MS
						    ? wait_ms
						    : XFW_DEFERRED_MIN_MS);
	}
}

static void
started(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	xfw_attempt_t *attempt = beginning(state, zone, now_ms);

	if (attempt != NULL) {
		attempt->flags &= (uint16_t)~(XFW_ATTEMPT_DEFERRED |
					      XFW_ATTEMPT_OVERDUE);
		attempt->flags |= XFW_ATTEMPT_STARTED;
		attempt->due_ms = now_ms + XFW_TRANSFER_WAIT_MS;
	}
}

/*
 * A new attempt for a line about a transfer from `primary` that belongs to none:
 * lines were lost, or the plugin came in between. Or "Transfer started." was not
 * about the primary whose SOA query had failed but about this next one.
 */
static xfw_attempt_t *
attempt_late(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
	     uint64_t id, int64_t now_ms) {
	for (xfw_attempt_t *a = list(zone), *next; a != NULL; a = next) {
		next = a->next;
		a->flags &= (uint16_t)((a->flags & XFW_ATTEMPT_CONNECTED) != 0
					       ? UINT16_MAX
					       : ~XFW_ATTEMPT_STARTED);
		if (SOA_ONLY(a) && primary != NULL && a->primary != primary) {
			end_soa(state, zone, a, now_ms);
		}
	}
	return (attempt_new(state, zone, primary, id, now_ms));
}

static xfw_attempt_t *
match_or_new(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
	     uint64_t id, int64_t now_ms) {
	xfw_attempt_t *attempt = match(zone, primary, id);

	return (attempt != NULL ? attempt
				: attempt_late(state, zone, primary, id, now_ms));
}

/* Pointers are used again: the id of one that is over names a new transfer. */
static void
forget_id(const xfw_zone_t *zone, uint64_t id) {
	for (xfw_attempt_t *a = list(zone); id != 0 && a != NULL; a = a->next) {
		if (!OPEN(a) && a->id == id) {
			a->id = 0;
		}
	}
}

static void
connected(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
	  uint64_t id, int64_t now_ms) {
	xfw_attempt_t *attempt = NULL;

	forget_id(zone, id);
	attempt = match(zone, primary, id);
	if (attempt != NULL && (attempt->flags & XFW_ATTEMPT_ERROR) != 0) {
		/* The next transfer is faster than the last one's status. */
		end_failed(state, zone, attempt, XFW_CAUSE_NONE, now_ms);
		forget_id(zone, id);
		attempt = match(zone, primary, id);
	}
	if (attempt == NULL) {
		attempt = attempt_late(state, zone, primary, id, now_ms);
	}
	if (attempt != NULL) {
		attempt->flags &= (uint16_t)~XFW_ATTEMPT_DEFERRED;
		attempt->flags |= XFW_ATTEMPT_STARTED | XFW_ATTEMPT_CONNECTED;
		attempt->due_ms = now_ms + XFW_TRANSFER_WAIT_MS;
	}
}

static void
detail(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
       const xfw_event_t *ev, int64_t now_ms) {
	xfw_attempt_t *attempt = match(zone, primary, ev->attempt_id);

	/* A zone line without a transfer is about something else. */
	if (attempt == NULL && primary != NULL) {
		attempt = attempt_late(state, zone, primary, ev->attempt_id,
				       now_ms);
	}
	if (attempt != NULL && OPEN(attempt)) {
		add_cause(attempt, ev->cause);
		if ((attempt->flags & XFW_ATTEMPT_CONNECTED) == 0 &&
		    attempt->due_ms > now_ms + XFW_CONNECT_WAIT_MS)
		{
			attempt->due_ms = now_ms + XFW_CONNECT_WAIT_MS;
		}
		if ((attempt->flags & XFW_ATTEMPT_SUCCESS) != 0) {
			/* "has no NS records" came behind the status. */
			end_failed(state, zone, attempt, XFW_CAUSE_NONE, now_ms);
		}
	}
}

static void
xfr_failed(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
	   const xfw_event_t *ev, int64_t now_ms) {
	xfw_attempt_t *attempt = NULL;

	forget_id(zone, ev->attempt_id);
	attempt = match_or_new(state, zone, primary, ev->attempt_id, now_ms);
	if (attempt == NULL) {
		xfw_outcome_failed(state, zone, primary, ev->cause, now_ms);
	} else {
		add_cause(attempt, ev->cause);
		attempt->flags |= XFW_ATTEMPT_ERROR;
		attempt->due_ms = now_ms + XFW_STATUS_WAIT_MS;
	}
}

static void
unreachable(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
	    const xfw_event_t *ev, int64_t now_ms) {
	xfw_attempt_t *attempt = match_or_new(state, zone, primary, ev->attempt_id,
					      now_ms);

	if (primary == NULL && attempt != NULL) {
		primary = attempt->primary;
	}
	if (attempt != NULL && OPEN(attempt)) {
		done(attempt, now_ms);
	}
	xfw_outcome_failed(state, zone, primary,
			   xfw_primary_root(primary, XFW_CAUSE_UNREACHABLE_CACHED,
					    now_ms),
			   now_ms);
}

/* "transferred serial N" names no primary; the transfer under way does. */
static void
xfr_serial(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	xfw_attempt_t *attempt = newest(zone);

	for (xfw_attempt_t *a = list(zone); a != NULL; a = a->next) {
		if (OPEN(a) && (a->flags & XFW_ATTEMPT_CONNECTED) != 0) {
			attempt = a;
			break;
		}
	}
	if (attempt != NULL) {
		end_success(state, zone, attempt, true, now_ms);
	} else {
		xfw_outcome_success(state, zone, NULL, true, false, now_ms, now_ms);
	}
}

/* The line "transferred serial" did not know the primary; the status does. */
static void
name_primary(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
	     int64_t now_ms) {
	xfw_feed_t *feed = xfw_feed_get(state, zone, primary);

	primary->last_success_ms = now_ms;
	if (feed != NULL) {
		if (!xfw_cause_degraded(feed->cause)) {
			xfw_feed_clear(state, feed, now_ms);
		}
		feed->last_ms = now_ms;
	}
}

static void
status_ok(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
	  const xfw_event_t *ev, int64_t now_ms) {
	xfw_attempt_t *attempt =
		match_closing(zone, primary, ev->attempt_id, true);

	if (attempt == NULL) {
		/* Success without a primary was counted under no attempt. */
		for (attempt = list(zone); attempt != NULL; attempt = attempt->next) {
			if (!OPEN(attempt) && attempt->primary == NULL) {
				attempt->primary = primary;
				name_primary(state, zone, primary, now_ms);
				break;
			}
		}
	}
	if (attempt == NULL) {
		attempt = attempt_late(state, zone, primary, ev->attempt_id,
				       now_ms);
	}
	if (attempt == NULL) {
		return;
	}
	attempt->flags |= XFW_ATTEMPT_STATUS;
	if (!OPEN(attempt)) {
		return;
	}
	if (attempt->xfr_cause != XFW_CAUSE_NONE) {
		/* Taken over the wire, but refused by zone_xfrdone(). */
		end_failed(state, zone, attempt, XFW_CAUSE_NONE, now_ms);
		return;
	}
	attempt->flags |= XFW_ATTEMPT_SUCCESS;
	attempt->due_ms = now_ms + XFW_SUCCESS_WAIT_MS;
}

static void
status_same(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
	    const xfw_event_t *ev, int64_t now_ms) {
	xfw_attempt_t *attempt = match_closing(zone, primary, ev->attempt_id, true);

	if (attempt == NULL) {
		attempt = attempt_late(state, zone, primary, ev->attempt_id,
				       now_ms);
	}
	if (attempt == NULL) {
		return;
	}
	attempt->flags |= XFW_ATTEMPT_STATUS;
	if (OPEN(attempt)) {
		end_success(state, zone, attempt, false, now_ms);
	}
}

static void
status_failed(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
	      const xfw_event_t *ev, int64_t now_ms) {
	xfw_attempt_t *attempt = match_closing(zone, primary, ev->attempt_id, true);

	if (attempt == NULL) {
		attempt = attempt_late(state, zone, primary, ev->attempt_id,
				       now_ms);
	}
	if (attempt == NULL) {
		xfw_outcome_failed(state, zone, primary, ev->cause, now_ms);
		return;
	}
	attempt->flags |= XFW_ATTEMPT_STATUS;
	if (OPEN(attempt)) {
		end_failed(state, zone, attempt, ev->cause, now_ms);
	}
}

static void
ended(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
      const xfw_event_t *ev, int64_t now_ms) {
	xfw_attempt_t *attempt = match_closing(zone, primary, ev->attempt_id, false);

	if (attempt == NULL || (attempt->flags & XFW_ATTEMPT_SUCCESS) != 0) {
		return;
	}
	if (OPEN(attempt) && (attempt->flags & XFW_ATTEMPT_ERROR) != 0) {
		end_failed(state, zone, attempt, XFW_CAUSE_NONE, now_ms);
	}
	/* If it is open still its status was lost: the timers tell. */
	xfw_zone_due(state, zone, now_ms + XFW_PROBE_AFTER_MS);
	attempt_free(zone->trouble, attempt);
}

/* named ends transfers when it stops or is configured anew. Their status may
 * still say "IXFR failed", and that is no failure either. */
static void
shut_down(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
	  uint64_t id, int64_t now_ms) {
	bool any = false;

	for (xfw_attempt_t *a = list(zone); a != NULL; a = a->next) {
		if ((primary == NULL || a->primary == NULL || a->primary == primary) &&
		    (id == 0 || a->id == 0 || a->id == id))
		{
			done(a, now_ms);
			any = true;
		}
	}
	if (!any && primary != NULL) {
		xfw_attempt_t *a = attempt_new(state, zone, primary, id, now_ms);
		if (a != NULL) {
			done(a, now_ms);
		}
	}
}

void
xfw_attempt_event(xfw_state_t *state, xfw_zone_t *zone, const xfw_event_t *ev,
		  int64_t now_ms) {
	xfw_primary_t *primary = NULL;

	if (xfw_event_primary(ev)[0] != '\0') {
		primary = xfw_primary_get(state, xfw_event_primary(ev));
	}
	switch ((xfw_kind_t)ev->kind) {
	case XFW_KIND_SOA_FAILED:
	case XFW_KIND_SOA_FAILED_XFR:
		soa_failed(state, zone, primary, ev, now_ms);
		break;
	case XFW_KIND_SETUP_FAILED:
		setup_failed(state, zone, primary, ev, now_ms);
		break;
	case XFW_KIND_XFR_DEFERRED:
		deferred(state, zone, now_ms);
		break;
	case XFW_KIND_XFR_STARTED:
		started(state, zone, now_ms);
		break;
	case XFW_KIND_XFR_CONNECTED:
		connected(state, zone, primary, ev->attempt_id, now_ms);
		break;
	case XFW_KIND_XFR_DETAIL:
		detail(state, zone, primary, ev, now_ms);
		break;
	case XFW_KIND_XFR_FAILED:
		xfr_failed(state, zone, primary, ev, now_ms);
		break;
	case XFW_KIND_UNREACHABLE:
		unreachable(state, zone, primary, ev, now_ms);
		break;
	case XFW_KIND_XFR_SERIAL:
		xfr_serial(state, zone, now_ms);
		break;
	case XFW_KIND_XFR_STATUS_OK:
		status_ok(state, zone, primary, ev, now_ms);
		break;
	case XFW_KIND_XFR_STATUS_SAME:
		status_same(state, zone, primary, ev, now_ms);
		break;
	case XFW_KIND_XFR_STATUS_FAILED:
		status_failed(state, zone, primary, ev, now_ms);
		break;
	case XFW_KIND_XFR_ENDED:
		ended(state, zone, primary, ev, now_ms);
		break;
	case XFW_KIND_SHUTDOWN:
		shut_down(state, zone, primary, ev->attempt_id, now_ms);
		break;
	default:
		break;
	}
	xfw_trouble_update(state, zone);
}

/*--- time -------------------------------------------------------------------*/

int64_t
xfw_attempts_due(const xfw_zone_t *zone) {
	int64_t due = XFW_NEVER;

	for (const xfw_attempt_t *a = list(zone); a != NULL; a = a->next) {
		if (a->due_ms < due) {
			due = a->due_ms;
		}
	}
	return (due);
}

static void
expired(xfw_state_t *state, xfw_zone_t *zone, xfw_attempt_t *attempt,
	int64_t now_ms) {
	if (SOA_ONLY(attempt)) {
		end_soa(state, zone, attempt, now_ms);
		return;
	}
	if (!OPEN(attempt) || (attempt->flags & XFW_ATTEMPT_OVERDUE) != 0) {
		attempt_free(zone->trouble, attempt);
		return;
	}
	if ((attempt->flags & XFW_ATTEMPT_DEFERRED) != 0) {
		attempt->flags |= XFW_ATTEMPT_OVERDUE;
		attempt->due_ms = now_ms + XFW_STALE_MIN_MS;
		xfw_outcome_failed(state, zone, NULL, XFW_CAUSE_QUOTA_DEFERRED,
				   now_ms);
		return;
	}
	if ((attempt->flags & XFW_ATTEMPT_SUCCESS) != 0) {
		end_success(state, zone, attempt, true, now_ms);
	} else if (attempt->xfr_cause != XFW_CAUSE_NONE) {
		end_failed(state, zone, attempt, XFW_CAUSE_NONE, now_ms);
	} else if ((attempt->flags & XFW_ATTEMPT_SOA) != 0) {
		add_cause(attempt, attempt->soa_cause);
		end_failed(state, zone, attempt, XFW_CAUSE_NONE, now_ms);
	} else {
		xfw_state_probe(state, zone); /* its end was lost */
	}
	attempt_free(zone->trouble, attempt);
}

void
xfw_attempts_tick(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	for (xfw_attempt_t *a = list(zone), *next; a != NULL; a = next) {
		next = a->next;
		if (a->due_ms <= now_ms) {
			expired(state, zone, a, now_ms);
		}
	}
}
