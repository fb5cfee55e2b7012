/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Serials (RFC 1982): how far what we serve is behind what the primary is known to
 * have, since when, and whether refreshes that succeed are to be believed.
 * Runs in the monitor's thread only.
 *
 * named says of a refresh that it succeeded although the zone is not what another
 * primary has: the one that was asked is itself behind. A NOTIFY (RFC 1996) told of
 * the newer serial then; that the zone stays behind after a refresh that began later,
 * with no transfer under way, is the finding.
 */
#include "state_priv.h"

/*--- what is known ------------------------------------------------------------*/

bool
xfw_zone_lag(const xfw_zone_t *zone, int32_t *lag, int64_t *since_ms) {
	uint32_t serial = 0;
	int64_t at_ms = 0;

	if ((zone->flags & XFW_ZONE_HAS_SERIAL) == 0 ||
	    !xfw_zone_offer(zone, &serial, &at_ms))
	{
		return (false);
	}
	*lag = (int32_t)(serial - zone->serial);
	*since_ms = 0;
	if (*lag > 0) {
		bool known = zone->trouble != NULL && zone->trouble->behind_ms != 0;
		*since_ms = known ? zone->trouble->behind_ms : at_ms;
	}
	return (true);
}

static bool
newer(uint32_t a, uint32_t b) {
	return ((int32_t)(a - b) > 0);
}

static bool
is_behind(const xfw_zone_t *zone) {
	return (zone->trouble != NULL && zone->trouble->behind_ms != 0);
}

/*--- what changes it ------------------------------------------------------------*/

static void
stale_for(xfw_incident_t *inc, int64_t ms) {
	if (inc != NULL && ms > inc->stale_ms) {
		inc->stale_ms = ms;
	}
}

/* When it may be said: named tries again after `retry` at the latest. */
static void
begin(xfw_trouble_t *trouble, int64_t at_ms) {
	int64_t wait_ms = (int64_t)trouble->zone->retry_s * 1000;

	trouble->behind_ms = at_ms;
	trouble->ripe_ms = at_ms + (wait_ms > XFW_BEHIND_MIN_MS ? wait_ms
								: XFW_BEHIND_MIN_MS);
}

static void
reached(xfw_zone_t *zone, int64_t now_ms) {
	xfw_trouble_t *trouble = zone->trouble;

	for (xfw_feed_t *f = zone->feeds; f != NULL; f = f->next) {
		if (xfw_standing_is(f, XFW_CAUSE_SERIAL_BEHIND)) {
			stale_for(f->incident, now_ms - trouble->behind_ms);
		}
	}
	trouble->behind_ms = trouble->ripe_ms = 0;
	trouble->behind_from = NULL;
	trouble->owed = 0;
}

/* `from`: who announced it, NULL if that is not known; `queued`: while a refresh
 * was under way, the success of which says nothing of it. */
static void
update(xfw_state_t *state, xfw_zone_t *zone, xfw_primary_t *from, bool queued,
       int64_t now_ms) {
	xfw_trouble_t *trouble = NULL;
	int64_t since_ms = 0;
	int32_t lag = 0;

	if (!xfw_zone_lag(zone, &lag, &since_ms) || lag <= 0) {
		if (is_behind(zone)) {
			reached(zone, now_ms);
			xfw_trouble_update(state, zone);
		}
		return;
	}
	trouble = xfw_trouble_get(state, zone);
	if (trouble == NULL) {
		return;
	}
	if (from != NULL) {
		trouble->behind_from = from;
	}
	if (trouble->behind_ms == 0) {
		/* Whole seconds are known of it: it was not before them. */
		begin(trouble, since_ms / 1000 == now_ms / 1000 ? now_ms : since_ms);
		trouble->owed = queued ? 2 : 1;
	}
	xfw_trouble_update(state, zone);
}

void
xfw_serials_event(xfw_state_t *state, xfw_zone_t *zone, const xfw_event_t *ev,
		  int64_t now_ms) {
	bool notify = ev->kind == XFW_KIND_NOTIFY || ev->kind == XFW_KIND_NOTIFY_QUEUED;
	xfw_primary_t *from = NULL;
	int64_t at_ms = 0;
	uint32_t serial = 0;

	if (notify && (ev->flags & XFW_EVENT_HAS_SERIAL) != 0 &&
	    xfw_zone_offer(zone, &serial, &at_ms) && newer(serial, zone->serial) &&
	    (zone->flags & XFW_ZONE_HAS_SERIAL) != 0)
	{
		from = xfw_primary_source(state, zone, xfw_event_primary(ev));
	}
	update(state, zone, from, ev->kind == XFW_KIND_NOTIFY_QUEUED, now_ms);
}

void
xfw_serials_known(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	update(state, zone, NULL, false, now_ms);
}

void
xfw_serials_moved(xfw_zone_t *zone, int64_t now_ms) {
	xfw_trouble_t *trouble = zone->trouble;
	int64_t since_ms = 0;
	int32_t lag = 0;

	if (trouble == NULL) {
		return;
	}
	if (trouble->hold_ms == 0 || trouble->stale_from_ms == 0) {
		trouble->stale_from_ms = trouble->behind_ms != 0
						 ? trouble->behind_ms
						 : trouble->first_fail_ms;
	}
	trouble->moved_ms = now_ms;
	if (trouble->behind_ms == 0 || !xfw_zone_lag(zone, &lag, &since_ms) ||
	    lag <= 0 || xfw_standing_find(zone, XFW_CAUSE_SERIAL_BEHIND) != NULL)
	{
		return;
	}
	/* It comes nearer: time counts anew, and this success is of the older one. */
	if (since_ms > trouble->behind_ms) {
		begin(trouble, since_ms);
	}
	trouble->owed = 2;
}

/*
 * A transfer brings `serial`, which is newer than ours but not yet what was announced
 * while it was under way, or by another primary: that one does not have it for that.
 */
bool
xfw_serials_partial(const xfw_zone_t *zone, uint32_t serial) {
	const xfw_trouble_t *trouble = zone->trouble;
	const xfw_attempt_t *under_way = NULL;

	if (!is_behind(zone) || (zone->flags & XFW_ZONE_HAS_NOTIFIED) == 0 ||
	    !newer(serial, zone->serial) || !newer(zone->notified, serial))
	{
		return (false);
	}
	for (const xfw_attempt_t *a = trouble->attempts; a != NULL; a = a->next) {
		if ((a->flags & (XFW_ATTEMPT_DONE | XFW_ATTEMPT_CONNECTED)) ==
		    XFW_ATTEMPT_CONNECTED)
		{
			under_way = a;
			break;
		}
	}
	if (under_way == NULL) {
		return (false);
	}
	return ((int64_t)zone->notified_s * 1000 >= under_way->started_ms ||
		(xfw_zone_primaries(zone) > 1 && trouble->behind_from != NULL &&
		 under_way->primary != trouble->behind_from));
}

/*
 * The answer of one primary does not undo what another one announced, and of whom a
 * question was asked is told by where the finding stands.
 */
static bool
is_another(const xfw_zone_t *zone, uint32_t serial) {
	const xfw_feed_t *said = xfw_standing_find(zone, XFW_CAUSE_SERIAL_BEHIND);
	uint32_t offer = 0;
	int64_t at_ms = 0;

	return (is_behind(zone) && said != NULL && xfw_zone_primaries(zone) > 1 &&
		zone->trouble->behind_from != NULL &&
		said->primary != zone->trouble->behind_from &&
		xfw_zone_offer(zone, &offer, &at_ms) && newer(offer, serial));
}

void
xfw_state_offered(xfw_state_t *state, xfw_zone_t *zone, uint32_t serial,
		  int64_t now_ms) {
	if (is_another(zone, serial)) {
		return;
	}
	zone->offered = serial;
	zone->offered_s = (uint32_t)(now_ms / 1000);
	zone->flags |= XFW_ZONE_HAS_OFFERED;
	update(state, zone, NULL, false, now_ms);
	xfw_zone_judge(state, zone, now_ms);
	xfw_incidents_say(state, now_ms);
}

/*--- what it means --------------------------------------------------------------*/

void
xfw_serials_fed(xfw_zone_t *zone, int64_t success_ms) {
	xfw_trouble_t *trouble = zone->trouble;

	if (is_behind(zone) && trouble->owed > 0 && success_ms > trouble->behind_ms) {
		trouble->owed--;
	}
}

bool
xfw_serials_hold(xfw_zone_t *zone, bool was_ok, int64_t now_ms) {
	xfw_trouble_t *trouble = zone->trouble;

	if (!is_behind(zone)) {
		if (trouble != NULL) {
			trouble->hold_ms = 0;
		}
		return (false);
	}
	if (trouble->hold_ms == 0 && was_ok) {
		return (false);
	}
	if (trouble->hold_ms == 0) {
		trouble->hold_ms = now_ms + XFW_HOLD_MS;
		trouble->owed = 0;
	}
	return (true);
}

int64_t
xfw_serials_hold_end(const xfw_zone_t *zone) {
	const xfw_trouble_t *trouble = zone->trouble;

	if (trouble == NULL || trouble->hold_ms == 0) {
		return (XFW_NEVER);
	}
	return (trouble->hold_ms +
		(xfw_attempts_underway(zone) ? XFW_HOLD_MORE_MS : 0));
}

/* What was held for a newer serial in vain needs no more time to be a finding. */
void
xfw_serials_unheld(xfw_zone_t *zone, int64_t now_ms) {
	zone->trouble->hold_ms = 0;
	zone->trouble->ripe_ms = now_ms;
}

int64_t
xfw_serials_due(const xfw_zone_t *zone) {
	const xfw_trouble_t *trouble = zone->trouble;

	if (trouble->hold_ms != 0) {
		return (xfw_serials_hold_end(zone));
	}
	if (trouble->behind_ms == 0 || zone->state != XFW_ZONE_OK ||
	    trouble->owed > 0 || xfw_attempts_underway(zone) ||
	    xfw_standing_find(zone, XFW_CAUSE_SERIAL_BEHIND) != NULL)
	{
		return (XFW_NEVER);
	}
	return (trouble->ripe_ms);
}

/* Who is to be asked why: the one that has the newer serial, if it does answer. */
static xfw_primary_t *
whose(const xfw_zone_t *zone) {
	const xfw_trouble_t *trouble = zone->trouble;
	const xfw_feed_t *feed = NULL;

	if (trouble->behind_from != NULL) {
		feed = xfw_feed_find(zone, trouble->behind_from);
	}
	if (feed != NULL && xfw_standing_room(feed)) {
		return (feed->primary);
	}
	return (xfw_standing_primary(zone));
}

void
xfw_serials_judge(xfw_state_t *state, xfw_zone_t *zone, int64_t now_ms) {
	if (!is_behind(zone) || zone->state != XFW_ZONE_OK) {
		xfw_standing_clear(state, zone, XFW_CAUSE_SERIAL_BEHIND, now_ms);
		return;
	}
	if (xfw_serials_due(zone) <= now_ms && zone->trouble->hold_ms == 0 &&
	    !xfw_standing_set(state, zone, XFW_CAUSE_SERIAL_BEHIND, whose(zone), now_ms))
	{
		zone->trouble->ripe_ms = now_ms + XFW_MINUTE_MS; /* no room for it */
	}
}

void
xfw_serials_left(xfw_state_t *state, xfw_feed_t *feed, int64_t now_ms) {
	const xfw_trouble_t *trouble = feed->zone->trouble;
	int64_t stale_ms = 0;

	(void)state;
	if (feed->incident == NULL || xfw_feed_degraded(feed) || trouble == NULL) {
		return;
	}
	if (trouble->behind_ms != 0) {
		stale_ms = now_ms - trouble->behind_ms;
	} else if (trouble->stale_from_ms != 0) {
		stale_ms = trouble->moved_ms - trouble->stale_from_ms;
	}
	stale_for(feed->incident, stale_ms);
}
