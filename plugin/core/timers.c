/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The timers of named's zones: when they are read, and what they tell. They are
 * the only trace of a refresh that found the serial unchanged, and of one that
 * named could not even begin.
 * Runs in the monitor's thread only.
 *
 * named (zone.c of 9.18, zone_refresh()) moves the refresh time to now + retry as
 * it begins, as if it had failed already; success moves it to now + refresh, less
 * up to a quarter, and the expire time to now + expire. With EDNS EXPIRE
 * (RFC 7314) the expire time may move by less, or not at all.
 */
#include "state_priv.h"

/*--- the list of zones to be read -------------------------------------------*/

static uint8_t
where(const xfw_zone_t *zone) {
	return (zone->probing & XFW_PROBE_WHERE);
}

static void
set_where(xfw_zone_t *zone, uint8_t place) {
	zone->probing = (uint8_t)((zone->probing & ~XFW_PROBE_WHERE) | place);
}

void
xfw_state_probe(xfw_state_t *state, xfw_zone_t *zone) {
	(void)state;
	if (where(zone) == XFW_PROBE_ASKED) {
		zone->probing |= XFW_PROBE_AGAIN;
	} else if (where(zone) == 0) {
		xfw_probe_list(zone);
	}
}

void
xfw_probe_list(xfw_zone_t *zone) {
	xfw_view_t *view = zone->view;

	zone->probe_next = NULL;
	if (view->probe_tail != NULL) {
		view->probe_tail->probe_next = zone;
	} else {
		view->probe_head = zone;
	}
	view->probe_tail = zone;
	view->probe_count++;
	set_where(zone, XFW_PROBE_LISTED);
}

/* Off the head; NULL if it was removed meanwhile. */
static xfw_zone_t *
take_first(xfw_state_t *state, xfw_view_t *view) {
	xfw_zone_t *zone = view->probe_head;

	view->probe_head = zone->probe_next;
	if (view->probe_head == NULL) {
		view->probe_tail = NULL;
	}
	zone->probe_next = NULL;
	if (where(zone) == XFW_PROBE_GONE) {
		xfw_zone_free(state, zone);
		return (NULL);
	}
	view->probe_count--;
	return (zone);
}

size_t
xfw_state_take_probes(xfw_state_t *state, xfw_view_t *view, xfw_zone_t **out,
		      size_t max) {
	size_t n = 0;

	for (size_t left = max + XFW_TICK_BATCH;
	     n < max && left > 0 && view->probe_head != NULL; left--)
	{
		xfw_zone_t *zone = take_first(state, view);

		if (zone != NULL) {
			set_where(zone, XFW_PROBE_ASKED);
			zone->probing &= (uint8_t)~XFW_PROBE_AGAIN;
			out[n++] = zone;
		}
	}
	return (n);
}

bool
xfw_probes_weed(xfw_state_t *state, xfw_view_t *view, size_t *left) {
	while (view->probe_count == 0 && view->probe_head != NULL && *left > 0) {
		(void)take_first(state, view);
		(*left)--;
	}
	return (view->probe_count == 0 && view->probe_head != NULL);
}

void
xfw_probes_clear(xfw_state_t *state, xfw_view_t *view) {
	while (view->probe_head != NULL) {
		xfw_zone_t *zone = take_first(state, view);

		if (zone != NULL) {
			set_where(zone, 0);
		}
	}
}

void
xfw_state_unprobed(xfw_state_t *state, xfw_zone_t *zone) {
	xfw_view_t *view = zone->view;

	if (where(zone) == XFW_PROBE_GONE) {
		xfw_zone_release(state, zone);
		return;
	}
	if (where(zone) != XFW_PROBE_ASKED) {
		return;
	}
	zone->probe_next = view->probe_head;
	view->probe_head = zone;
	if (view->probe_tail == NULL) {
		view->probe_tail = zone;
	}
	view->probe_count++;
	set_where(zone, XFW_PROBE_LISTED);
}

/*--- new zones ----------------------------------------------------------------*/

/*
 * When named starts it gets all its zones at once, and while it fetches them, what can be
 * read of them changes soon: read all at once, most would be read again and again, at the
 * cost of the transfers. The line of a zone's own transfer or failure has it read earlier:
 * while there are many, few others are read. They stand in no list until then, so that it
 * costs nothing to have them wait.
 */
static bool
is_planned(const xfw_zone_t *zone) {
	return ((zone->flags & XFW_ZONE_HAS_TIMERS) != 0 || where(zone) != 0 ||
		zone->due_slot != XFW_NO_SLOT);
}

/* No more at once than the burst, whatever time went by; nor waits a clock set back. */
static void
first_clock(xfw_state_t *state, int64_t now_us) {
	int64_t least_us = now_us - XFW_FIRST_BURST * XFW_FIRST_US;

	if (state->first_us < least_us || state->first_us > now_us + XFW_FIRST_BUSY_US) {
		state->first_us = least_us;
	}
}

/* Reads the zone, which comes off what may be read now. */
static void
read_first(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	bool busy = state->busy_ms <= now_ms &&
		    now_ms - state->busy_ms < XFW_FIRST_BUSY_MS;

	state->first_us += busy ? XFW_FIRST_BUSY_US : XFW_FIRST_US;
	xfw_state_probe(state, zone);
}

void
xfw_probe_first(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	first_clock(state, now_ms * 1000);
	if (state->first_us < now_ms * 1000) {
		read_first(state, zone, now_ms);
	} else if (state->firsts) {
		state->firsts_more = true; /* the walk may be past it */
	} else {
		state->firsts = true;
		state->first = 0;
	}
}

void
xfw_probe_busy(xfw_state_t *state, int64_t now_ms) {
	int64_t now_s = now_ms / 1000;

	if (state->busy_s != now_s) {
		state->busy_s = now_s;
		state->busy = 0;
	}
	if (++state->busy >= XFW_FIRST_BUSY) {
		state->busy_ms = now_ms;
	}
}

/* The next one that nothing is planned for; NULL at the end. */
static xfw_zone_t *
next_first(xfw_state_t *state, size_t *left) {
	while (*left > 0) {
		xfw_zone_t *zone = xfw_state_next_zone(state, &state->first);

		(*left)--;
		if (zone != NULL && !is_planned(zone)) {
			return (zone);
		}
		if (zone == NULL) {
			state->firsts = state->firsts_more;
			state->firsts_more = false;
			state->first = 0;
			return (NULL);
		}
	}
	return (NULL);
}

int64_t
xfw_probes_first(xfw_state_t *state, int64_t now_ms) {
	size_t left = XFW_TICK_BATCH;
	xfw_zone_t *zone;

	if (!state->firsts) {
		return (XFW_NEVER);
	}
	first_clock(state, now_ms * 1000);
	while (state->first_us < now_ms * 1000 &&
	       (zone = next_first(state, &left)) != NULL)
	{
		read_first(state, zone, now_ms);
	}
	return (!state->firsts			      ? XFW_NEVER
		: state->first_us < now_ms * 1000 ? now_ms
						  : state->first_us / 1000 + 1);
}

/*--- when to read next ------------------------------------------------------*/

void
xfw_probe_due(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	xfw_zone_set_due(state, zone, XFW_NEVER);
	if (zone->state != XFW_ZONE_OK || zone->signature_s != 0) {
		xfw_zone_judge(state, zone, now_ms); /* plans the next step */
	}
	xfw_state_probe(state, zone);
}

static int64_t
backoff_ms(xfw_zone_t *zone, unsigned max) {
	unsigned stage = zone->probing >> XFW_PROBE_STAGE_SHIFT;
	unsigned shift = (stage > 0) ? stage - 1 : 0; /* 1, 1, 2, 4 ... */

	if (stage < XFW_PROBE_STAGE_MAX) {
		zone->probing += 1 << XFW_PROBE_STAGE_SHIFT;
	}
	return (shift >= max ? XFW_NEVER : (int64_t)1000 << shift);
}

/*
 * When named will refresh it is not known, as it was asked by a query: a zone that fails
 * is looked at now and then, to see it recover, others for how they fare.
 */
static int64_t
undated_ms(const xfw_zone_t *zone) {
	bool ok = (zone->state == XFW_ZONE_OK);
	int64_t wait_ms = (int64_t)(ok ? zone->refresh_s : zone->retry_s) * 1000;
	int64_t min_ms = ok ? XFW_LOOK_MS : XFW_LOOK_MIN_MS;
	int64_t max_ms = ok ? XFW_LOOK_MAX_MS : XFW_LOOK_MS;

	return (wait_ms < min_ms ? min_ms : wait_ms > max_ms ? max_ms : wait_ms);
}

/* For what very many zones may wait for at once: the more there are the later. */
static int64_t
crowd_ms(const xfw_state_t *state) {
	int64_t wait_ms = state->zones / 2;

	return (wait_ms < XFW_PENDING_MAX_MS ? wait_ms : XFW_PENDING_MAX_MS);
}

/* It never had data, and nothing was heard of it but that it is being fetched. */
static bool
awaited(const xfw_zone_t *zone) {
	return ((zone->flags & (XFW_ZONE_LOADED | XFW_ZONE_HAS_SERIAL)) == 0 &&
		zone->failures == 0 && zone->trouble == NULL);
}

static void
plan(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	int64_t refresh_ms = (int64_t)zone->refresh_at_s * 1000 + XFW_PROBE_LATE_MS;
	bool loaded = (zone->flags & XFW_ZONE_LOADED) != 0;
	int64_t wait_ms = XFW_NEVER;

	if (zone->refresh_at_s > 0 && refresh_ms > now_ms) {
		if ((zone->probing & XFW_PROBE_REFRESH) != 0 || !loaded) {
			wait_ms = backoff_ms(zone, 6);
		}
		if (wait_ms > refresh_ms - now_ms) {
			wait_ms = refresh_ms - now_ms;
		}
	} else if (zone->refresh_at_s == 0 && loaded && zone->refresh_s > 0) {
		wait_ms = undated_ms(zone);
	} else {
		wait_ms = backoff_ms(zone, 6);
		if (wait_ms == XFW_NEVER) {
			/* Overdue, waiting for named's rate limit; or without
			 * timers at all, as when it never loaded. */
			wait_ms = 60 * 1000LL;
		}
	}
	if (awaited(zone) && wait_ms < crowd_ms(state)) {
		wait_ms = crowd_ms(state);
	}
	if (zone->due_ms > now_ms && zone->due_ms - now_ms < wait_ms &&
	    zone->due_ms - now_ms <= XFW_PROBE_GAP_MS)
	{
		wait_ms = XFW_PROBE_GAP_MS; /* a line was heard meanwhile */
	}
	if ((zone->probing & XFW_PROBE_AGAIN) != 0) {
		zone->probing &= (uint8_t)~XFW_PROBE_AGAIN;
		wait_ms = XFW_PROBE_GAP_MS;
	}
	xfw_zone_set_due(state, zone, wait_ms == XFW_NEVER ? XFW_NEVER
							   : now_ms + wait_ms);
}

/* Its file is being read, or waits for that: a little later, and the more zones
 * there are the later, as then they all may. */
static void
plan_pending(xfw_state_t *state, xfw_zone_t *zone, int64_t again_ms, int64_t now_ms) {
	xfw_zone_due(state, zone,
		     again_ms != 0 ? again_ms
				   : now_ms + XFW_PENDING_MS + crowd_ms(state));
}

/*--- what they tell ---------------------------------------------------------*/

static void
take_serial(xfw_state_t *state, xfw_zone_t *zone, const xfw_timers_t *t,
	    int64_t now_ms) {
	bool had = (zone->flags & XFW_ZONE_HAS_SERIAL) != 0;
	bool moved = false;

	if (!t->has_serial || !t->loaded || t->read_ms < zone->last_transfer_ms) {
		return; /* the line "transferred serial" is newer */
	}
	moved = had && zone->serial != t->serial;
	zone->serial = t->serial;
	zone->flags |= XFW_ZONE_HAS_SERIAL;
	if (moved) {
		if (zone->last_transfer_ms < zone->last_success_ms) {
			zone->last_transfer_ms = now_ms;
		}
		xfw_notify_moved(state, zone, now_ms);
		xfw_serials_moved(zone, now_ms);
	}
	xfw_serials_known(state, zone, now_ms);
}

/* How many hours, at the most that fits. */
static uint16_t
hours(int64_t seconds) {
	int64_t h = (seconds + 1800) / 3600;

	return ((uint16_t)(h < 0 ? 0 : h > UINT16_MAX ? UINT16_MAX : h));
}

/*
 * The signature in the copy that we serve. What was left of the old one when a new one
 * came tells when this primary renews; but not after it lapsed, which is nobody's
 * custom, and not after an outage (outcome.c forgets the old one then).
 */
static void
take_signature(xfw_zone_t *zone, const xfw_timers_t *t) {
	int64_t left_s = (int64_t)zone->signature_s - t->read_ms / 1000;

	if (t->read_ms < zone->last_transfer_ms) {
		return; /* it is of the copy before that */
	}
	if (!t->loaded || t->signature_s == 0) {
		zone->signature_s = 0;
		zone->validity_h = 0;
		return;
	}
	if (zone->signature_s != 0 && t->signature_s > zone->signature_s && left_s > 0) {
		uint16_t left = hours(left_s);
		left = (left == 0) ? 1 : left;
		if (zone->renewed_h == 0 || left < zone->renewed_h) {
			zone->renewed_h = left;
		}
	}
	zone->signature_s = t->signature_s;
	zone->validity_h = t->inception_s == 0
				   ? 0
				   : hours((int64_t)t->signature_s - t->inception_s);
}

/* When the success was that the expire time tells of; 0 if that is not sure. */
static int64_t
told_by_expire(const xfw_zone_t *zone, const xfw_timers_t *t) {
	int64_t at_ms = (t->expires_s - (int64_t)zone->expire_s) * 1000 +
			t->expires_ms;

	if (zone->expire_s == 0 || t->expires_s == 0 || at_ms <= 0 ||
	    at_ms > t->read_ms + 1000)
	{
		return (0); /* named raises expire to refresh + retry */
	}
	return (at_ms);
}

/*
 * A failure was heard since the last reading, of the kind after which named waits
 * for a whole refresh interval ("too many records", "verify failure").
 */
static bool
long_wait(const xfw_zone_t *zone) {
	for (const xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if ((f->cause == XFW_CAUSE_TOO_MANY_RECORDS ||
		     f->cause == XFW_CAUSE_ZONE_DATA) &&
		    f->last_ms >= zone->trouble->read_ms)
		{
			return (true);
		}
	}
	return (false);
}

/* The longest that named waits after a failure, but for what max-retry-time cuts. */
static int64_t
longest_retry_s(const xfw_state_t *state, const xfw_zone_t *zone) {
	return (zone->retry_s > state->policy.min_retry_s
			? zone->retry_s
			: state->policy.min_retry_s);
}

/* By how much the expire time moved since the reading that `old` holds. */
static int64_t
expire_moved_ms(const xfw_zone_t *old, const xfw_timers_t *t) {
	return ((t->expires_s - old->expires_s) * 1000 + t->expires_ms -
		old->expires_ms);
}

/* A failure was heard since the last reading. */
static bool
failed_since(const xfw_zone_t *zone) {
	return (zone->trouble != NULL && zone->trouble->last_fail_ms > 0 &&
		zone->trouble->last_fail_ms >= zone->trouble->read_ms);
}

/*
 * Whether a refresh succeeded between the last reading (in `old`) and this one.
 * Any move of the expire time means that. When EDNS EXPIRE holds it in place, the
 * refresh time tells: named sets it further ahead than a failure would.
 */
static bool
succeeded(const xfw_state_t *state, const xfw_zone_t *old, const xfw_timers_t *t) {
	int64_t ahead_s = t->refresh_at_s - t->read_ms / 1000;

	if (!t->loaded) {
		return (false);
	}
	if (old->expires_s == 0) {
		/* The lines of its first transfer were lost. */
		return (old->failures > 0 &&
			told_by_expire(old, t) >= old->last_attempt_ms - 1000);
	}
	if (expire_moved_ms(old, t) != 0) {
		return (true);
	}
	return (t->refresh_at_s != old->refresh_at_s && old->retry_s > 0 &&
		ahead_s > longest_retry_s(state, old) + 1 &&
		!failed_since(old) && !long_wait(old));
}

/*
 * Which came last: the failure that was heard, or the success at `at_ms`? The expire
 * time tells to the millisecond, but for the tick of named's clock (XFW_TICK_MS), and to
 * the second only if it is from a file; then, if both were in the same one, the refresh
 * time tells, as a failure sets it to retry. Where refresh is no longer than that, the
 * failure was another primary's, which named asked before. The refresh time alone is
 * left when the success seems to lie ahead: named raises an expire interval that is
 * shorter than refresh and retry together.
 */
static bool
failed_after(const xfw_state_t *state, const xfw_zone_t *zone,
	     const xfw_timers_t *t, int64_t at_ms) {
	int64_t ahead_s = t->refresh_at_s - t->read_ms / 1000;
	bool retries = t->refresh_at_s != 0 &&
		       ahead_s <= longest_retry_s(state, zone) + 1;

	if (t->refresh_at_s == 0 && !failed_since(zone)) {
		return (false); /* it was heard before the expire time moved */
	}
	if (at_ms == 0 || at_ms > t->read_ms) {
		return (retries);
	}
	if (t->expires_ms != 0) {
		/* named shortens a refresh by up to a quarter. */
		bool tells = (int64_t)zone->refresh_s * 3 / 4 >
			     longest_retry_s(state, zone) + 1;

		return (zone->last_attempt_ms > at_ms + XFW_TICK_MS ||
			(zone->last_attempt_ms > at_ms && retries && tells));
	}
	return (zone->last_attempt_ms > at_ms + 999 ||
		(zone->last_attempt_ms >= at_ms && retries));
}

/* A success that was over before the failure which is known already. */
static void
take_old_success(xfw_state_t *state, xfw_zone_t *zone, int64_t at_ms) {
	state->counters.attempts++;
	state->counters.up_to_date++;
	zone->last_success_ms = at_ms;
}

static void
take_success(xfw_state_t *state, xfw_zone_t *zone, const xfw_timers_t *t,
	     bool expire_moved, int64_t now_ms) {
	int64_t at_ms = expire_moved ? told_by_expire(zone, t) : 0;
	bool failed = zone->failures > 0 && expire_moved &&
		      zone->last_attempt_ms > zone->last_success_ms &&
		      (zone->flags & XFW_ZONE_COUNTED) == 0;
	bool count = true;

	if (failed && failed_after(state, zone, t, at_ms)) {
		if (at_ms == 0 || at_ms > zone->last_success_ms + 1500) {
			take_old_success(state, zone,
					 zone->last_attempt_ms - 1);
		}
		return;
	}
	if (at_ms > t->read_ms) {
		at_ms = t->read_ms;
	}
	if (failed && at_ms > 0) {
		int64_t slack_ms = t->refresh_at_s == 0 ? 999 : XFW_TICK_MS;

		if ((t->refresh_at_s == 0 || t->expires_ms != 0) &&
		    at_ms <= zone->last_attempt_ms &&
		    at_ms + slack_ms >= zone->last_attempt_ms)
		{
			at_ms = zone->last_attempt_ms + 1; /* right behind it */
		} else if (t->expires_ms == 0) {
			at_ms = t->read_ms < at_ms + 999 ? t->read_ms
							 : at_ms + 999;
		}
	} else if (at_ms <= zone->last_success_ms + 1500) {
		/* A transfer that its lines told of; else EDNS EXPIRE, and
		 * the exact time is not to be had. */
		count = (zone->flags & XFW_ZONE_COUNTED) == 0 &&
			at_ms < zone->last_success_ms - 1500;
		at_ms = count ? t->read_ms : zone->last_success_ms;
	}
	if (count || zone->state == XFW_ZONE_EXPIRED) {
		xfw_outcome_silent(state, zone, at_ms, count, now_ms);
	}
}

/* A feed without an address that names a reason of its own. */
static bool
has_local_reason(const xfw_zone_t *zone) {
	for (const xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (xfw_primary_none(f->primary) && f->cause != XFW_CAUSE_NONE &&
		    f->cause != XFW_CAUSE_NEVER_ATTEMPTED &&
		    !xfw_cause_degraded(f->cause))
		{
			return (true);
		}
	}
	return (false);
}

/*
 * Whether something was heard of the zone since the refresh began that set the
 * refresh time which `zone` still holds. The SOA's retry does not tell when that
 * was: min-retry-time and max-retry-time may have changed it.
 */
static bool
was_tried(const xfw_zone_t *zone) {
	for (const xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (f->cause == XFW_CAUSE_NEVER_ATTEMPTED &&
		    f->last_ms == zone->last_attempt_ms)
		{
			return (false); /* that was our own finding */
		}
	}
	return (zone->begun_s != 0 &&
		zone->last_attempt_ms >= (int64_t)zone->begun_s * 1000);
}

/*
 * named did not try: the refresh time was passed, or set anew, again and again
 * and no line came. (dns_request_create() failed: that is said at debug level
 * only.) SOA queries are sent at a limited rate, 20 a second, so with many zones
 * a refresh may wait long.
 *
 * Only a refresh that was due counts: one that xfrwatch or `rndc refresh` asked for
 * may end well soon after the success before it, and looks like none where EDNS EXPIRE,
 * which is in whole seconds, held the expire time in place.
 */
static void
take_idle(xfw_state_t *state, xfw_zone_t *zone, bool moved, bool tried, bool was_due,
	  int64_t read_ms, int64_t now_ms) {
	int64_t limit_ms = (int64_t)zone->retry_s * 1000;
	int64_t since_ms = (int64_t)zone->refresh_at_s * 1000;
	/* Read often enough: the clock may just have been set. */
	bool watched = (zone->probing >> XFW_PROBE_STAGE_SHIFT) == XFW_PROBE_STAGE_MAX;

	if (limit_ms < XFW_OVERDUE_MIN_MS) {
		limit_ms = XFW_OVERDUE_MIN_MS;
	}
	limit_ms += (int64_t)state->zones * 100;
	if (since_ms < zone->last_attempt_ms) {
		since_ms = zone->last_attempt_ms;
	}
	if (moved && tried) {
		zone->idle_refreshes = 0;
	} else if (moved && was_due && zone->idle_refreshes < UINT16_MAX) {
		zone->idle_refreshes++;
	}
	if (xfw_attempts_underway(zone) || has_local_reason(zone)) {
		return;
	}
	/* Two successes with EDNS EXPIRE within one second look like none. */
	if ((moved && was_due && zone->idle_refreshes >= 2 &&
	     read_ms - zone->last_attempt_ms >= XFW_IDLE_MIN_MS) ||
	    (zone->refresh_at_s > 0 && watched && read_ms - since_ms >= limit_ms))
	{
		xfw_outcome_failed(state, zone, NULL, XFW_CAUSE_NEVER_ATTEMPTED,
				   now_ms);
	}
}

static void
take_soa(xfw_zone_t *zone, const xfw_timers_t *t) {
	if (t->type != XFW_ZONE_TYPE_UNKNOWN) {
		zone->type = t->type;
	}
	if (t->has_soa) {
		zone->refresh_s = t->refresh_s;
		zone->retry_s = t->retry_s;
		zone->expire_s = t->expire_s;
	}
}

/* Whether the zone has data. What was read before the last event is no news. */
static void
take_loaded(xfw_state_t *state, xfw_zone_t *zone, const xfw_timers_t *t,
	    int64_t now_ms) {
	bool had = (zone->flags & XFW_ZONE_LOADED) != 0;
	bool past = zone->expires_s > 0 && (int64_t)zone->expires_s * 1000 <= t->read_ms;

	if (t->loaded) {
		if (zone->state != XFW_ZONE_EXPIRED) {
			zone->flags |= XFW_ZONE_LOADED;
		} else if (t->read_ms > zone->since_ms &&
			   t->expires_s * 1000 > t->read_ms)
		{
			xfw_outcome_silent(state, zone, t->read_ms, false, now_ms);
		} else {
			return;
		}
		if (past && zone->state == XFW_ZONE_FAILING) {
			xfw_outcome_expired(state, zone, now_ms);
		}
		return;
	}
	if (zone->last_success_ms > t->read_ms) {
		return;
	}
	if (had && past) {
		xfw_outcome_expired(state, zone, now_ms);
	}
	zone->flags &= (uint8_t)~XFW_ZONE_LOADED;
}

/* named's own times end in 2106. */
static uint32_t
as_named_holds(int64_t at_s) {
	return (at_s < 0 ? 0 : at_s > UINT32_MAX ? UINT32_MAX : (uint32_t)at_s);
}

static void
take_fields(xfw_state_t *state, xfw_zone_t *zone, const xfw_timers_t *t,
	    int64_t now_ms) {
	take_soa(zone, t);
	take_serial(state, zone, t, now_ms);
	zone->expires_s = as_named_holds(t->expires_s);
	zone->expires_ms = t->expires_ms;
	zone->refresh_at_s = as_named_holds(t->refresh_at_s);
	zone->flags |= XFW_ZONE_HAS_TIMERS;
	for (xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		xfw_incident_touch(state, f, now_ms);
	}
}

/* A refresh began since, and succeeded or is under way: it is looked for anew. */
static void
new_round(xfw_zone_t *zone, bool success) {
	zone->probing &= (1 << XFW_PROBE_STAGE_SHIFT) - 1;
	zone->probing &= (uint8_t)~XFW_PROBE_REFRESH;
	if (!success) {
		zone->probing |= XFW_PROBE_REFRESH;
	}
}

/* For how long the zone must be silent, for that to mean that it does not fail. */
static int64_t
quiet_ms(const xfw_state_t *state, const xfw_zone_t *zone) {
	const xfw_trouble_t *trouble = zone->trouble;
	int64_t primaries = xfw_zone_primaries(zone);
	int64_t more = (int64_t)zone->failures - primaries; /* after the first round */
	int64_t round_ms = 0;

	if (zone->retry_s != 0) {
		round_ms = longest_retry_s(state, zone) * 1000;
	} else if (more > 0) {
		round_ms = (trouble->last_fail_ms - trouble->first_fail_ms) *
			   primaries / more;
	} else {
		return (XFW_QUIET_MAX_MS);
	}
	return (round_ms * 3 > XFW_QUIET_MS ? round_ms * 3 : XFW_QUIET_MS);
}

/*
 * Reduced mode, and an expire time that is not to be had: nothing tells of a refresh that
 * found the serial unchanged, but that named should have said by now that it failed
 * again.
 */
static void
take_quiet(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	const xfw_trouble_t *trouble = zone->trouble;

	if (zone->state == XFW_ZONE_FAILING && zone->expires_s == 0 &&
	    trouble->last_fail_ms != 0 && !xfw_attempts_underway(zone) &&
	    now_ms - trouble->last_fail_ms >= quiet_ms(state, zone))
	{
		xfw_outcome_silent(state, zone, now_ms, true, now_ms);
		xfw_incidents_say(state, now_ms);
	}
}

void
xfw_state_timers(xfw_state_t *state, xfw_zone_t *zone, const xfw_timers_t *t,
		 int64_t now_ms) {
	bool first = (zone->flags & XFW_ZONE_HAS_TIMERS) == 0;
	xfw_zone_t old;
	bool moved = false;
	bool success = false;
	bool was_due = false;
	bool tried = was_tried(zone);

	if (where(zone) == XFW_PROBE_GONE) {
		xfw_zone_release(state, zone);
		return;
	}
	if (where(zone) == XFW_PROBE_ASKED) {
		set_where(zone, 0);
	}
	if (t->pending) {
		if (t->again_ms != 0) {
			take_quiet(state, zone, now_ms);
		}
		plan_pending(state, zone, t->again_ms, now_ms);
		return;
	}
	if (!t->found || t->type == XFW_ZONE_TYPE_UNKNOWN) {
		xfw_zone_remove(state, zone, now_ms);
		xfw_incidents_say(state, now_ms);
		return;
	}
	old = *zone;
	take_fields(state, zone, t, now_ms);
	success = !first && succeeded(state, &old, t);
	moved = !first && t->refresh_at_s > old.refresh_at_s;
	if (success) {
		take_success(state, zone, t, expire_moved_ms(&old, t) != 0, now_ms);
	} else if (first && t->loaded && zone->last_success_ms == 0) {
		zone->last_success_ms = told_by_expire(zone, t);
	}
	take_loaded(state, zone, t, now_ms);
	take_signature(zone, t);
	if (t->read_ms > zone->last_success_ms) {
		zone->flags &= (uint8_t)~XFW_ZONE_COUNTED;
	}
	if (zone->trouble != NULL) {
		zone->trouble->read_ms = t->read_ms;
	}
	was_due = (int64_t)old.refresh_at_s * 1000 <= t->read_ms;
	if (moved) {
		/* It began when it was due, or somebody made named begin early. */
		zone->begun_s = was_due ? old.refresh_at_s : 0;
	}
	if (moved || success) {
		new_round(zone, success);
	}
	plan(state, zone, now_ms);
	if (!success && !first) {
		take_idle(state, zone, moved, tried, was_due, t->read_ms, now_ms);
		xfw_outcome_stuck(state, zone, t->read_ms);
	}
	if (t->refresh_at_s == 0 && t->loaded) {
		take_quiet(state, zone, now_ms);
	}
	xfw_zone_judge(state, zone, now_ms);
	xfw_incidents_say(state, now_ms);
}
