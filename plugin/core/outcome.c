/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the outcome of an attempt does to its zone and feeds: when a zone fails,
 * when it is fed again, and which primaries are then still broken.
 * Runs in the monitor's thread only.
 *
 * named asks the primaries of a zone in their order. It goes on to the next one
 * when one fails, and also when one has the serial that is served already; it
 * stops at the first that it transfers from. So after a transfer the others were
 * not asked, and after a silent success they all were, one after the other.
 */
#include "state_priv.h"

bool
xfw_cause_degraded(xfw_cause_t cause) {
	return (cause == XFW_CAUSE_UDP_BLOCKED || cause == XFW_CAUSE_SERIAL_UNCHANGED ||
		cause == XFW_CAUSE_NOTIFY_REFUSED || cause == XFW_CAUSE_LOCAL_STORAGE ||
		xfw_cause_standing(cause));
}

/* A cause that is about the zone as a whole, not about one of its primaries. */
static bool
whole_zone(xfw_cause_t cause) {
	return (cause == XFW_CAUSE_NEVER_ATTEMPTED ||
		cause == XFW_CAUSE_QUOTA_DEFERRED || cause == XFW_CAUSE_NO_PRIMARIES);
}

unsigned
xfw_zone_primaries(const xfw_zone_t *zone) {
	unsigned named = 0;

	if (zone->primaries != 0) {
		return (zone->primaries);
	}
	for (const xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		named += !f->primary->transient && !xfw_primary_none(f->primary);
	}
	return (named > 0 ? named : 1);
}

/*
 * How long before or after a success a line may belong to the same round: what
 * the other primaries can take, but not so long that short refresh intervals run
 * into each other.
 */
static int64_t
round_ms(const xfw_zone_t *zone) {
	int64_t ms = (int64_t)XFW_ROUND_MS * (xfw_zone_primaries(zone) - 1);
	int64_t half = (int64_t)zone->refresh_s * 500;

	if (zone->refresh_s != 0 && ms > half) {
		ms = half;
	}
	return (ms > XFW_STATUS_WAIT_MS ? ms : XFW_STATUS_WAIT_MS);
}

static bool
feed_broken(const xfw_feed_t *feed) {
	return (feed->cause != XFW_CAUSE_NONE && !xfw_feed_degraded(feed));
}

/*--- roots ------------------------------------------------------------------*/

static bool
is_root(xfw_cause_t cause) {
	return (cause == XFW_CAUSE_CONNECT_REFUSED ||
		cause == XFW_CAUSE_CONNECT_TIMEOUT ||
		cause == XFW_CAUSE_CONNECT_DENIED || cause == XFW_CAUSE_UNREACHABLE);
}

void
xfw_primary_broken(xfw_state_t *state, xfw_primary_t *primary, xfw_cause_t cause,
		   xfw_cause_t soa_cause, int64_t now_ms) {
	if (!is_root(cause)) {
		return;
	}
	primary->network_cause = (uint8_t)cause;
	primary->network_ms = now_ms;
	xfw_incident_absorb(state, primary, XFW_CAUSE_UNREACHABLE_CACHED, cause, now_ms);
	if (soa_cause == XFW_CAUSE_SOA_TIMEOUT) {
		xfw_incident_absorb(state, primary, XFW_CAUSE_SOA_TIMEOUT, cause,
				    now_ms);
	}
}

xfw_cause_t
xfw_primary_root(const xfw_primary_t *primary, xfw_cause_t cause, int64_t now_ms) {
	if (primary != NULL && primary->network_cause != XFW_CAUSE_NONE &&
	    now_ms - primary->network_ms <= XFW_ROOT_KEEP_MS &&
	    (cause == XFW_CAUSE_UNREACHABLE_CACHED || cause == XFW_CAUSE_SOA_TIMEOUT))
	{
		return (primary->network_cause);
	}
	return (cause);
}

/*--- judgement --------------------------------------------------------------*/

static xfw_zone_state_t
state_of(const xfw_zone_t *zone) {
	if (zone->state == XFW_ZONE_EXPIRED) {
		return (XFW_ZONE_EXPIRED); /* until a success */
	}
	if ((zone->flags & XFW_ZONE_HAS_TIMERS) != 0 &&
	    (zone->flags & XFW_ZONE_LOADED) == 0)
	{
		return (XFW_ZONE_NEVER_LOADED);
	}
	return (zone->trouble != NULL && zone->trouble->failing ? XFW_ZONE_FAILING
								: XFW_ZONE_OK);
}

/* The feed that failed last stands for the zone; a broken one before others. */
static xfw_feed_t *
last_broken(const xfw_zone_t *zone) {
	xfw_feed_t *last = NULL;

	for (xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (feed_broken(f) && (last == NULL || f->last_ms > last->last_ms)) {
			last = f;
		}
	}
	return (last);
}

static void
hold_judge(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms);

void
xfw_zone_judge(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	xfw_zone_state_t is = state_of(zone);
	const xfw_escalation_t *policy = &state->policy.escalation;
	int64_t now_s = now_ms / 1000;

	if (is != XFW_ZONE_OK && xfw_trouble_get(state, zone) == NULL) {
		return; /* no memory; the next input tries again */
	}
	xfw_zone_enter(state, zone, is, now_ms);
	zone->cause = XFW_CAUSE_NONE;
	zone->severity = XFW_SEVERITY_NONE;
	if (is != XFW_ZONE_OK) {
		const xfw_feed_t *last = last_broken(zone);
		zone->cause = (last != NULL) ? last->cause : XFW_CAUSE_NONE;
		zone->severity = XFW_SEVERITY_ALERT;
	}
	if (is == XFW_ZONE_FAILING) {
		int64_t deadline_s = xfw_zone_deadline_s(zone);
		int64_t next_s = xfw_escalation_next(policy, now_s, deadline_s,
						     zone->expire_s);
		zone->severity = (uint8_t)xfw_escalation_severity(
			policy, now_s, deadline_s, zone->expire_s);
		if (next_s != INT64_MAX) {
			xfw_zone_due(state, zone, next_s * 1000);
		}
	}
	hold_judge(state, zone, now_ms);
	xfw_standing_judge(state, zone, now_ms);
	for (xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		xfw_incident_touch(state, f, now_ms);
	}
	xfw_trouble_update(state, zone);
}

/*--- failures ---------------------------------------------------------------*/

static bool
all_broken(const xfw_zone_t *zone, xfw_cause_t cause) {
	unsigned broken = 0;

	if (whole_zone(cause)) {
		return (true);
	}
	for (const xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		broken += feed_broken(f) && f->last_ms >= zone->last_success_ms;
	}
	return (broken >= xfw_zone_primaries(zone));
}

/*
 * It failed again and again, and the timers, read meanwhile, tell of no success. Then
 * the primaries that are said to feed it do not, or are configured no more (modzone,
 * a catalog zone: how many there are is not known then).
 */
static bool
keeps_failing(const xfw_zone_t *zone) {
	const xfw_trouble_t *trouble = zone->trouble;

	return (zone->failures > 2 * xfw_zone_primaries(zone) &&
		trouble->read_ms > trouble->first_fail_ms &&
		zone->last_success_ms < trouble->first_fail_ms);
}

/*
 * A zone with one primary has one reason to fail, the last one; and what kept
 * named from trying is over when it tried.
 */
static void
clear_obsolete(xfw_state_t *state, xfw_zone_t *zone, const xfw_feed_t *failed,
	       int64_t now_ms) {
	bool single = xfw_zone_primaries(zone) <= 1;

	for (xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (f != failed && feed_broken(f) &&
		    (single || (whole_zone(f->cause) && !whole_zone(failed->cause))))
		{
			xfw_feed_clear(state, f, now_ms);
		}
	}
}

void
xfw_outcome_failed(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
		   xfw_cause_t cause, int64_t now_ms) {
	xfw_trouble_t *trouble = xfw_trouble_get(state, zone);
	xfw_feed_t *feed = NULL;

	if (primary == NULL) {
		primary = xfw_primary_get(state, NULL);
	}
	if (cause == XFW_CAUSE_LOCAL_STORAGE) {
		state->storage_ms = 0; /* the line that named no zone was of it */
	}
	state->counters.attempts++;
	state->counters.failed++;
	state->counters.causes[cause]++;
	zone->last_attempt_ms = now_ms;
	zone->failures += (zone->failures < UINT32_MAX);
	if (primary == NULL) {
		return;
	}
	primary->failed++;
	primary->causes[cause]++;
	feed = xfw_feed_get(state, zone, primary);
	if (feed == NULL || trouble == NULL) {
		return;
	}
	if (trouble->first_fail_ms == 0) {
		trouble->first_fail_ms = now_ms;
		trouble->stale_from_ms = 0;
		if (xfw_zone_primaries(zone) > 1) {
			trouble->stuck_ms = now_ms + XFW_STUCK_MS;
		}
	}
	trouble->last_fail_ms = now_ms;
	xfw_feed_fail(state, feed, cause, now_ms);
	clear_obsolete(state, zone, feed, now_ms);
	trouble->failing = trouble->failing || all_broken(zone, cause) ||
			   keeps_failing(zone);
	zone->probing &= (uint8_t)~XFW_PROBE_REFRESH;
	xfw_zone_judge(state, zone, now_ms);
	xfw_zone_due(state, zone, now_ms + XFW_PROBE_AFTER_MS);
}

/*
 * Some primaries failed and of the others nothing is heard. Whether one of them
 * feeds the zone is told by the timers: they moved in this round, or not.
 */
void
xfw_outcome_stuck(xfw_state_t *state, xfw_zone_t *zone, int64_t read_ms) {
	xfw_trouble_t *trouble = zone->trouble;
	int64_t others = (int64_t)xfw_zone_primaries(zone) - 1;

	if (trouble == NULL || trouble->failing || trouble->first_fail_ms == 0 ||
	    xfw_attempts_underway(zone) ||
	    read_ms < trouble->first_fail_ms + XFW_STUCK_MS * others ||
	    zone->last_success_ms >= trouble->first_fail_ms - round_ms(zone))
	{
		return;
	}
	trouble->failing = true;
	xfw_zone_judge(state, zone, read_ms);
}

void
xfw_outcome_degraded(xfw_state_t *state, xfw_zone_t *zone,
		     xfw_primary_t *primary, xfw_cause_t cause, int64_t now_ms) {
	xfw_feed_t *feed = NULL;

	if (primary == NULL) {
		primary = xfw_primary_get(state, NULL);
	}
	state->counters.causes[cause]++;
	if (primary == NULL) {
		return;
	}
	primary->causes[cause]++;
	feed = xfw_feed_get(state, zone, primary);
	if (feed == NULL || (feed_broken(feed) && feed->cause != (uint8_t)cause) ||
	    xfw_trouble_get(state, zone) == NULL)
	{
		return; /* a failed attempt says more */
	}
	if (xfw_cause_standing(feed->cause) &&
	    xfw_cause_info(cause)->severity < xfw_cause_info(feed->cause)->severity)
	{
		return; /* and so does what stands there */
	}
	xfw_feed_fail(state, feed, cause, now_ms);
	xfw_zone_judge(state, zone, now_ms);
}

/* With the zone's own cause: the feed of the incident that it is said with. */
void
xfw_outcome_expired(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	if (zone->state == XFW_ZONE_EXPIRED || xfw_trouble_get(state, zone) == NULL) {
		return;
	}
	zone->flags &= (uint8_t)~XFW_ZONE_LOADED;
	xfw_zone_enter(state, zone, XFW_ZONE_EXPIRED, now_ms);
	xfw_zone_judge(state, zone, now_ms);
	xfw_incident_expired(state, zone, last_broken(zone), now_ms);
}

/*--- successes --------------------------------------------------------------*/

/* The zone is fed. Its feeds are the caller's business. */
static void
fed(xfw_state_t *state, xfw_zone_t *zone, int64_t success_ms, int64_t now_ms) {
	xfw_trouble_t *trouble = zone->trouble;

	zone->failures = 0;
	zone->idle_refreshes = 0;
	zone->flags |= XFW_ZONE_LOADED;
	if (success_ms > zone->last_success_ms) {
		zone->last_success_ms = success_ms;
	}
	if (success_ms > zone->last_attempt_ms) {
		zone->last_attempt_ms = success_ms;
	}
	if (zone->state != XFW_ZONE_OK) {
		zone->signature_s = 0; /* perhaps it was renewed meanwhile */
	} else if (trouble != NULL && trouble->hold_ms == 0 && trouble->settle_ms == 0) {
		trouble->stale_from_ms = 0;
	}
	if (trouble != NULL) {
		trouble->first_fail_ms = trouble->last_fail_ms = 0;
		trouble->stuck_ms = 0;
		trouble->failing = false;
	}
	xfw_serials_fed(zone, success_ms);
	xfw_zone_enter(state, zone, XFW_ZONE_OK, now_ms);
}

static void
recovered(xfw_state_t *state, xfw_feed_t *feed, int64_t now_ms) {
	xfw_serials_left(state, feed, now_ms);
	xfw_feed_clear(state, feed, now_ms);
}

/* Broken feeds that failed last before `before_ms`, or that nothing was heard of
 * for so long that the primary is hardly configured any more. `asked`: the primaries
 * were asked since, so that those of the former are back. */
static void
clear_older(xfw_state_t *state, xfw_zone_t *zone, const xfw_feed_t *but,
	    int64_t before_ms, bool asked, int64_t now_ms) {
	int64_t stale = (int64_t)zone->refresh_s * 2000;

	if (stale < XFW_STALE_MIN_MS) {
		stale = XFW_STALE_MIN_MS;
	}
	for (xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (f != but && feed_broken(f) &&
		    (f->last_ms < before_ms || f->last_ms < now_ms - stale ||
		     whole_zone(f->cause)))
		{
			bool back = asked && f->last_ms < before_ms;

			recovered(state, f, now_ms);
			if (back) {
				xfw_recover_begin(state, f->primary, now_ms);
			}
		}
	}
}

/* The feed of a primary that gave us the zone, or has it no newer. */
static void
clear_fed(xfw_state_t *state, xfw_feed_t *feed, xfw_cause_t degraded, int64_t now_ms) {
	bool back = feed_broken(feed);

	if (feed->cause != XFW_CAUSE_SERIAL_UNCHANGED &&
	    feed->cause != XFW_CAUSE_NOTIFY_REFUSED &&
	    !xfw_cause_standing(feed->cause) && feed->cause != (uint8_t)degraded)
	{
		recovered(state, feed, now_ms);
	}
	if (back) {
		xfw_recover_begin(state, feed->primary, now_ms);
	}
}

/*
 * A zone that failed is fed again, but its serial is still behind what the primary is
 * known to have: it is held where it was until a transfer brings that, or for so long
 * that the success is no recovery. What is to be cleared then is kept; that those
 * primaries are back is true at once.
 */
static bool
hold(xfw_state_t *state, xfw_zone_t *zone, bool was_ok, xfw_primary_t *primary,
     int64_t before_ms, bool asked, int64_t now_ms) {
	bool held = xfw_serials_hold_end(zone) != XFW_NEVER;

	if (!xfw_serials_hold(zone, was_ok && !held, now_ms)) {
		return (false);
	}
	zone->trouble->hold_primary = primary;
	zone->trouble->hold_before_ms = before_ms;
	for (xfw_feed_t *f = zone->feeds; !held && f != NULL; f = f->next) {
		if (feed_broken(f) &&
		    (f->primary == primary || (asked && f->last_ms < before_ms)))
		{
			xfw_recover_begin(state, f->primary, now_ms);
		}
	}
	return (true);
}

static void
hold_judge(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	xfw_trouble_t *trouble = zone->trouble;
	xfw_feed_t *feed = NULL;

	if (trouble == NULL || trouble->hold_ms == 0) {
		return;
	}
	if (zone->state != XFW_ZONE_OK) {
		trouble->hold_ms = 0; /* it failed again */
		return;
	}
	if (trouble->behind_ms != 0 && now_ms < xfw_serials_hold_end(zone)) {
		return;
	}
	xfw_serials_unheld(zone, now_ms);
	if (trouble->hold_primary != NULL) {
		feed = xfw_feed_find(zone, trouble->hold_primary);
	}
	clear_older(state, zone, feed, trouble->hold_before_ms, false, now_ms);
	if (feed != NULL && feed_broken(feed)) {
		recovered(state, feed, now_ms);
	}
}

void
xfw_outcome_success(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *primary,
		    bool transferred, xfw_cause_t degraded, int64_t begun_ms,
		    int64_t now_ms) {
	bool held = xfw_serials_hold_end(zone) != XFW_NEVER;
	bool was_ok = (zone->state == XFW_ZONE_OK && !held);
	bool single = xfw_zone_primaries(zone) <= 1;
	/* If it has but one primary, that gave it, whether it was named or not. */
	bool asked = single && primary == NULL;
	int64_t before_ms = INT64_MIN;
	xfw_feed_t *feed = NULL;

	state->counters.attempts++;
	state->counters.transferred += transferred;
	state->counters.up_to_date += !transferred;
	xfw_zone_due(state, zone, now_ms + XFW_PROBE_AFTER_MS);
	if (!transferred && (zone->state == XFW_ZONE_EXPIRED ||
			     zone->state == XFW_ZONE_NEVER_LOADED))
	{
		return; /* named asks again; there is nothing to serve yet */
	}
	fed(state, zone, now_ms, now_ms);
	zone->flags |= XFW_ZONE_COUNTED;
	if (single) {
		before_ms = INT64_MAX;
	} else if (!was_ok) {
		before_ms = begun_ms - round_ms(zone);
	}
	if (primary != NULL) {
		primary->last_success_ms = now_ms;
		primary->network_cause = XFW_CAUSE_NONE; /* TCP works */
		feed = xfw_feed_get(state, zone, primary);
	}
	held = hold(state, zone, was_ok, primary, before_ms, asked, now_ms);
	if (!held) {
		clear_older(state, zone, feed, before_ms, asked, now_ms);
	}
	if (feed != NULL) {
		if (!held) {
			clear_fed(state, feed, degraded, now_ms);
		}
		feed->last_ms = now_ms;
		if (degraded != XFW_CAUSE_NONE) {
			xfw_outcome_degraded(state, zone, primary, degraded,
					     now_ms);
		}
	}
	xfw_zone_judge(state, zone, now_ms);
}

/* A refresh over UDP went well: that it was blocked is over. */
static void
clear_udp(xfw_state_t *state, xfw_zone_t *zone, int64_t before_ms, int64_t now_ms) {
	for (xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (f->cause == XFW_CAUSE_UDP_BLOCKED && f->last_ms < before_ms) {
			xfw_feed_clear(state, f, now_ms);
		}
	}
}

/* If it has but one feed it must have been this one. */
static void
credit(xfw_zone_t *zone, int64_t success_ms) {
	xfw_feed_t *only = NULL;

	for (xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (!f->primary->transient && !xfw_primary_none(f->primary)) {
			if (only != NULL) {
				return;
			}
			only = f;
		}
	}
	if (only != NULL) {
		if (success_ms > only->primary->last_success_ms) {
			only->primary->last_success_ms = success_ms;
		}
		if (only->cause == XFW_CAUSE_NONE && success_ms > only->last_ms) {
			only->last_ms = success_ms;
		}
	}
}

/*
 * How many primaries a zone has is not known when it is not in named.conf (addzone,
 * a catalog zone). A success right behind a failure, before named could have begun
 * again (a second at the least), came from another primary.
 */
static void
learn_primaries(xfw_zone_t *zone, int64_t success_ms) {
	if (zone->primaries != 0 || xfw_zone_primaries(zone) > 1) {
		return;
	}
	for (const xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (feed_broken(f) && !xfw_primary_none(f->primary) &&
		    success_ms - f->last_ms > -100 &&
		    success_ms - f->last_ms < 900)
		{
			zone->primaries = 2;
		}
	}
}

void
xfw_outcome_silent(xfw_state_t *state, xfw_zone_t *zone, int64_t success_ms,
		   bool count, int64_t now_ms) {
	bool was_ok = (zone->state == XFW_ZONE_OK);
	int64_t before_ms = INT64_MIN;
	bool single = false;

	state->counters.attempts += count;
	state->counters.up_to_date += count;
	learn_primaries(zone, success_ms);
	fed(state, zone, success_ms, now_ms);
	single = xfw_zone_primaries(zone) <= 1;
	before_ms = single ? INT64_MAX : INT64_MIN;
	if (!hold(state, zone, was_ok, NULL, before_ms, single, now_ms)) {
		clear_older(state, zone, NULL, before_ms, single, now_ms);
	}
	if (single) {
		clear_udp(state, zone, success_ms - XFW_UDP_KEEP_MS, now_ms);
		credit(zone, success_ms);
	} else if (zone->trouble != NULL && zone->trouble->settle_ms == 0) {
		zone->trouble->success_ms = success_ms;
		zone->trouble->settle_ms = success_ms + round_ms(zone);
	}
	xfw_zone_judge(state, zone, now_ms);
}

/*--- what is kept for a while -----------------------------------------------*/

/* When a degraded cause ends by itself; XFW_NEVER: it does not. */
static int64_t
ends_ms(const xfw_feed_t *feed) {
	if (feed->cause == XFW_CAUSE_LOCAL_STORAGE) {
		return (feed->last_ms + XFW_STORAGE_KEEP_MS);
	}
	if (feed->cause == XFW_CAUSE_NOTIFY_REFUSED) {
		return (feed->last_ms + XFW_NOTIFY_KEEP_MS);
	}
	return (XFW_NEVER);
}

int64_t
xfw_outcome_due(const xfw_zone_t *zone) {
	const xfw_trouble_t *trouble = zone->trouble;
	int64_t due = XFW_NEVER;

	if (trouble->settle_ms != 0 && trouble->hold_ms == 0) {
		due = trouble->settle_ms;
	}
	if (trouble->stuck_ms != 0 && trouble->stuck_ms < due) {
		due = trouble->stuck_ms;
	}
	for (const xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (ends_ms(f) < due) {
			due = ends_ms(f);
		}
	}
	return (due);
}

void
xfw_outcome_tick(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	xfw_trouble_t *trouble = zone->trouble;

	if (trouble->settle_ms != 0 && trouble->settle_ms <= now_ms &&
	    trouble->hold_ms == 0)
	{
		int64_t before_ms = trouble->success_ms - round_ms(zone);
		trouble->settle_ms = 0;
		clear_older(state, zone, NULL, before_ms, true, now_ms);
		clear_udp(state, zone, before_ms, now_ms);
	}
	if (trouble->stuck_ms != 0 && trouble->stuck_ms <= now_ms) {
		trouble->stuck_ms = 0;
		xfw_state_probe(state, zone);
	}
	for (xfw_feed_t *f = zone->feeds, *next; f != NULL; f = next) {
		next = f->next;
		if (ends_ms(f) <= now_ms) {
			xfw_feed_clear(state, f, now_ms);
			if (f->primary->transient) {
				xfw_feed_free(state, f, now_ms);
			}
		}
	}
	xfw_zone_judge(state, zone, now_ms);
}
